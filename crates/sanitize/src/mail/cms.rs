//! Signed messages (CMS, RFC 5652) as far as the message inside them is concerned.
//!
//! Owns: walking the BER structure to the content that was signed.
//! Leaves to others: whether the signature holds, which nobody asks once the message is rebuilt.

/// What stands in the envelope.
pub(super) enum Content {
    /// The message that was signed.
    Signed(Vec<u8>),
    /// Signatures for a content that is elsewhere.
    OnlySignatures,
    Encrypted,
    Unknown,
}

/// Pieces in pieces of the content.
const NESTING_MAX: u32 = 8;

const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
const ENVELOPED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x03];
const AUTH_ENVELOPED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x17];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OBJECT: u8 = 0x06;
const OCTETS: u8 = 0x04;
const OCTETS_IN_PIECES: u8 = 0x24;
const EXPLICIT_0: u8 = 0xA0;

/// Whether bytes begin as an envelope does: a sequence, and in it the kind of envelope.
pub(crate) fn is_envelope(bytes: &[u8]) -> bool {
    let inside = match bytes {
        [SEQUENCE, 0..=0x80, rest @ ..] => rest,
        [SEQUENCE, count @ 0x81..=0x84, rest @ ..] => {
            rest.get(usize::from(count & 0x7F)..).unwrap_or_default()
        }
        _ => return false,
    };
    [SIGNED_DATA, ENVELOPED_DATA, AUTH_ENVELOPED_DATA].iter().any(|kind| {
        let length = u8::try_from(kind.len()).unwrap_or_default();
        inside.strip_prefix(&[OBJECT, length]).is_some_and(|rest| rest.starts_with(kind))
    })
}

/// Looks into an envelope.
pub(super) fn open(bytes: &[u8]) -> Content {
    walk(bytes).unwrap_or(Content::Unknown)
}

fn walk(bytes: &[u8]) -> Option<Content> {
    let outer = Reader { bytes }.take(SEQUENCE)?;
    let mut outer = Reader { bytes: outer };
    let kind = outer.take(OBJECT)?;
    if kind == ENVELOPED_DATA || kind == AUTH_ENVELOPED_DATA {
        return Some(Content::Encrypted);
    }
    if kind != SIGNED_DATA {
        return None;
    }
    let mut explicit = Reader { bytes: outer.take(EXPLICIT_0)? };
    let mut signed = Reader { bytes: explicit.take(SEQUENCE)? };
    signed.take(INTEGER)?;
    signed.take(SET)?;
    let mut content = Reader { bytes: signed.take(SEQUENCE)? };
    content.take(OBJECT)?;
    let Some(explicit) = content.take(EXPLICIT_0) else { return Some(Content::OnlySignatures) };
    let mut message = Vec::new();
    octets(&mut Reader { bytes: explicit }, 0, &mut message)?;
    Some(Content::Signed(message))
}

/// A string of bytes, whole or in pieces.
fn octets(reader: &mut Reader<'_>, depth: u32, out: &mut Vec<u8>) -> Option<()> {
    if depth > NESTING_MAX {
        return None;
    }
    while let Some((tag, content)) = reader.next() {
        match tag {
            OCTETS => out.extend_from_slice(content),
            OCTETS_IN_PIECES => octets(&mut Reader { bytes: content }, depth + 1, out)?,
            // The end of a length that was not told in advance.
            0 => return Some(()),
            _ => return None,
        }
    }
    Some(())
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, wanted: u8) -> Option<&'a [u8]> {
        let before = self.bytes;
        match self.next() {
            Some((tag, content)) if tag == wanted => Some(content),
            _ => {
                self.bytes = before;
                None
            }
        }
    }

    /// The next element: its tag and its content. Lengths that are not told in advance end with two zeros, which are
    /// found by walking over what is inside.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, content, rest) = element(self.bytes, 0)?;
        self.bytes = rest;
        Some((tag, content))
    }
}

fn element(bytes: &[u8], depth: u32) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    // Tags of several bytes do not occur here.
    if tag & 0x1F == 0x1F || depth > 64 {
        return None;
    }
    let (first, rest) = rest.split_first()?;
    match first {
        0x80 => {
            let mut inside = rest;
            loop {
                if let Some(after) = inside.strip_prefix(&[0, 0]) {
                    let content = rest.get(..rest.len() - inside.len())?;
                    return Some((*tag, content, after));
                }
                inside = element(inside, depth + 1)?.2;
            }
        }
        length @ 0..=0x7F => {
            let (content, rest) = rest.split_at_checked(usize::from(*length))?;
            Some((*tag, content, rest))
        }
        count @ 0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(count & 0x7F))?;
            let length = digits.iter().fold(0usize, |sum, byte| (sum << 8) | usize::from(*byte));
            let (content, rest) = rest.split_at_checked(length)?;
            Some((*tag, content, rest))
        }
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let mut out = vec![tag];
        match length {
            0..=0x7F => out.push(length as u8),
            _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
        }
        [out, content.to_vec()].concat()
    }

    fn indefinite(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, 0x80], content, &[0, 0]].concat()
    }

    /// A signed message without signatures, which is all that is looked at.
    pub(in super::super) fn signed(message: &[u8]) -> Vec<u8> {
        let data = der(OBJECT, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]);
        let content = der(SEQUENCE, &[data, der(EXPLICIT_0, &der(OCTETS, message))].concat());
        let signed = der(SEQUENCE, &[der(INTEGER, &[1]), der(SET, &[]), content].concat());
        der(SEQUENCE, &[der(OBJECT, SIGNED_DATA), der(EXPLICIT_0, &signed)].concat())
    }

    #[test]
    fn the_message_inside_is_found() {
        assert!(matches!(open(&signed(b"hello")), Content::Signed(inner) if inner == b"hello"));
        let data = der(OBJECT, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]);
        let pieces = indefinite(OCTETS_IN_PIECES, &[der(OCTETS, b"hel"), der(OCTETS, b"lo")].concat());
        let content = indefinite(SEQUENCE, &[data.clone(), indefinite(EXPLICIT_0, &pieces)].concat());
        let body = indefinite(SEQUENCE, &[der(INTEGER, &[1]), der(SET, &[]), content].concat());
        let whole = indefinite(SEQUENCE, &[der(OBJECT, SIGNED_DATA), indefinite(EXPLICIT_0, &body)].concat());
        assert!(matches!(open(&whole), Content::Signed(inner) if inner == b"hello"));
        let detached = der(SEQUENCE, &[der(INTEGER, &[1]), der(SET, &[]), der(SEQUENCE, &data)].concat());
        let detached = der(SEQUENCE, &[der(OBJECT, SIGNED_DATA), der(EXPLICIT_0, &detached)].concat());
        assert!(matches!(open(&detached), Content::OnlySignatures));
        let secret = der(SEQUENCE, &[der(OBJECT, ENVELOPED_DATA), der(EXPLICIT_0, b"x")].concat());
        assert!(matches!(open(&secret), Content::Encrypted));
        for length in 0..whole.len() {
            assert!(matches!(open(&whole[..length]), Content::Unknown));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            open(&bytes);
            open(&[&[SEQUENCE, 0x80], bytes.as_slice()].concat());
        }
    }
}
