//! Numbers at places in old files, and one after the other; nothing where the file is too short.

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// A number that is used as a place.
pub(super) fn place_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

/// Characters of two bytes each.
pub(super) fn wide(bytes: &[u8]) -> String {
    encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned()
}

/// Characters of one byte each, as far as it matters here: instructions and addresses are ASCII.
pub(super) fn narrow(bytes: &[u8]) -> String {
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
}

/// Reads numbers one after the other, from bytes that may be cut into pieces.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    pub(in crate::legacy) piece: &'a [u8],
    pub(in crate::legacy) rest: std::vec::IntoIter<&'a [u8]>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { piece: bytes, rest: Vec::new().into_iter() }
    }

    /// So many bytes of this piece. Numbers are not cut between them.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        if self.piece.is_empty() && count > 0 {
            self.piece = self.rest.next()?;
        }
        let (taken, rest) = self.piece.split_at_checked(count)?;
        self.piece = rest;
        Some(taken)
    }

    /// So many bytes, however they are cut.
    pub(super) fn take_across(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut taken = Vec::new();
        while taken.len() < count {
            let some = (count - taken.len()).min(self.piece.len());
            if some == 0 {
                self.piece = self.rest.next()?;
                continue;
            }
            taken.extend_from_slice(self.take(some)?);
        }
        Some(taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// What is left of this piece.
    pub(super) fn left(&self) -> &'a [u8] {
        self.piece
    }

    /// Whether nothing is left at all.
    pub(super) fn is_at_end(&self) -> bool {
        self.piece.is_empty() && self.rest.as_slice().iter().all(|piece| piece.is_empty())
    }
}
