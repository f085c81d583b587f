//! What a 7z archive asks for, before anything of it is expanded.
//!
//! Owns: the start header, the description of a packed table of contents, and the bounds on both: the library takes a
//! dictionary as large as it is told, and the table of contents is the first thing it expands.
//! Leaves to others: everything behind that (`seven_zip`).

use sevenz_rust2::EncoderMethod;
use worker_protocol::Reason;

use crate::Refusal;

/// The longest table of contents in bytes: ten thousand members with the longest names fit.
const TABLE_BYTES_MAX: u64 = 6 << 20;

/// Memory of all decoders of one block together, in bytes. What 7-Zip's strongest usual setting needs fits.
const MEMORY_BYTES_MAX: u64 = 400 << 20;

/// Rounds of the key derivation as a power of two. 7-Zip writes 19.
const ROUNDS_POWER_MAX: u8 = 22;

/// What expanding one block takes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Demand {
    pub(super) expanded_bytes: u64,
    pub(super) key: Option<Key>,
}

/// What a key is derived from besides the password.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) salt: Vec<u8>,
    pub(super) rounds: u64,
}

impl Demand {
    /// Adds up the coders of one block, each with its method and properties.
    ///
    /// # Errors
    /// Blocked when they ask for more than any ordinary archive does.
    pub(super) fn of<'a>(coders: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Result<Self, Refusal> {
        let too_much = Refusal::blocked(Reason::TooComplex);
        let mut memory_bytes = 0u64;
        let mut demand = Self::default();
        for (method, properties) in coders {
            memory_bytes = memory_bytes.saturating_add(memory_of(method, properties));
            if method != EncoderMethod::ID_AES256_SHA256 {
                continue;
            }
            let power = properties.first().copied().unwrap_or(0) & 0x3F;
            // The highest power stands for no derivation at all.
            if power > ROUNDS_POWER_MAX && power != 0x3F {
                return Err(too_much);
            }
            let rounds = if power == 0x3F { 0 } else { 1 << power };
            demand.key = Some(Key { salt: salt_of(properties), rounds });
        }
        if memory_bytes > MEMORY_BYTES_MAX {
            return Err(too_much);
        }
        Ok(demand)
    }
}

/// The power and the salt, without the vector that changes from block to block.
fn salt_of(properties: &[u8]) -> Vec<u8> {
    let first = properties.first().copied().unwrap_or(0);
    let second = properties.get(1).copied().unwrap_or(0);
    let salt_bytes = usize::from(first >> 7) + usize::from(second >> 4);
    let salt = properties.get(2..2 + salt_bytes).unwrap_or_default();
    [&[first & 0x3F], salt].concat()
}

fn memory_of(method: &[u8], properties: &[u8]) -> u64 {
    match method {
        EncoderMethod::ID_LZMA => match properties {
            [_, a, b, c, d, ..] => u64::from(u32::from_le_bytes([*a, *b, *c, *d])),
            _ => 0,
        },
        EncoderMethod::ID_LZMA2 => match properties {
            [bits, ..] if *bits < 40 => u64::from(2 | (bits & 1)) << (bits / 2 + 11),
            _ => u64::from(u32::MAX),
        },
        EncoderMethod::ID_BZIP2 => 8 << 20,
        _ => 1 << 20,
    }
}

/// What the start of the file says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Start {
    /// What the table of contents takes; `None` when it is not packed.
    pub(super) table: Option<Demand>,
    /// Bytes behind the table of contents, which ends the archive.
    pub(super) has_foreign_bytes: bool,
}

/// Checks the start of the file.
///
/// # Errors
/// Held when it is damaged, blocked when the table of contents is too large or asks for too much.
pub(super) fn check(untrusted: &[u8]) -> Result<Start, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let number =
        |at: usize| -> Option<u64> { Some(u64::from_le_bytes(untrusted.get(at..at + 8)?.try_into().ok()?)) };
    let (offset, length) = (number(12).ok_or(damaged)?, number(20).ok_or(damaged)?);
    // An archive that was never finished has zeros here. The library would guess where its table might be.
    if untrusted.get(8..32).is_none_or(|start| start.iter().all(|byte| *byte == 0)) {
        return Err(damaged);
    }
    if length == 0 {
        return Err(Refusal::held(Reason::Empty));
    }
    if length > TABLE_BYTES_MAX {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    let start = offset.checked_add(32).and_then(|start| usize::try_from(start).ok()).ok_or(damaged)?;
    let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length)).ok_or(damaged)?;
    let table = untrusted.get(start..end).ok_or(damaged)?;
    let table = match table.split_first() {
        Some((&PACKED_HEADER, rest)) => Some(packed_table(&mut Cursor(rest)).ok_or(damaged)??),
        _ => None,
    };
    Ok(Start { table, has_foreign_bytes: untrusted.len() > end })
}

const END: u8 = 0x00;
const PACK_INFO: u8 = 0x06;
const UNPACK_INFO: u8 = 0x07;
const SIZE: u8 = 0x09;
const CHECKSUMS: u8 = 0x0A;
const FOLDER: u8 = 0x0B;
const UNPACK_SIZE: u8 = 0x0C;
const PACKED_HEADER: u8 = 0x17;

/// Reads as far as the first folder's sizes. `None` where the structure breaks off.
fn packed_table(at: &mut Cursor<'_>) -> Option<Result<Demand, Refusal>> {
    let mut next = at.byte()?;
    if next == PACK_INFO {
        at.number()?;
        let streams = at.count()?;
        loop {
            match at.byte()? {
                END => break,
                SIZE => (0..streams).try_for_each(|_| at.number().map(drop))?,
                CHECKSUMS => at.checksums(streams)?,
                _ => return None,
            }
        }
        next = at.byte()?;
    }
    // One folder, described here and not in a stream of its own.
    if next != UNPACK_INFO || at.byte()? != FOLDER || at.number()? != 1 || at.byte()? != 0 {
        return None;
    }
    let mut coders: Vec<(&[u8], &[u8])> = Vec::new();
    let (mut inputs, mut outputs) = (0, 0);
    for _ in 0..at.count()? {
        let flags = at.byte()?;
        let method = at.take(usize::from(flags & 0x0F))?;
        let (own_inputs, own_outputs) = if flags & 0x10 == 0 { (1, 1) } else { (at.count()?, at.count()?) };
        inputs += own_inputs;
        outputs += own_outputs;
        let properties = if flags & 0x20 == 0 {
            &[]
        } else {
            let length = at.count()?;
            at.take(length)?
        };
        coders.push((method, properties));
    }
    let pairs = outputs.checked_sub(1)?;
    (0..pairs * 2).try_for_each(|_| at.number().map(drop))?;
    let packed = inputs.checked_sub(pairs)?;
    if packed > 1 {
        (0..packed).try_for_each(|_| at.number().map(drop))?;
    }
    if at.byte()? != UNPACK_SIZE {
        return None;
    }
    // Every coder's output is held to its size, so the largest is the one to bound.
    let mut expanded_bytes = 0;
    for _ in 0..outputs {
        expanded_bytes = at.number()?.max(expanded_bytes);
    }
    if expanded_bytes > TABLE_BYTES_MAX {
        return Some(Err(Refusal::blocked(Reason::TooComplex)));
    }
    Some(Demand::of(coders.into_iter()).map(|demand| Demand { expanded_bytes, ..demand }))
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// A number whose first byte tells by its leading ones how many bytes follow, lowest first.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let more = first.leading_ones() as usize;
        let mut low = [0; 8];
        low.get_mut(..more)?.copy_from_slice(self.take(more)?);
        let high = if more >= 7 { 0 } else { u64::from(first & (0x7F >> more)) << (8 * more) };
        Some(u64::from_le_bytes(low) | high)
    }

    /// A number of things that each take room behind it.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    fn checksums(&mut self, count: usize) -> Option<()> {
        let mut present = count;
        if self.byte()? == 0 {
            let bits = self.take(count.div_ceil(8))?;
            present = bits.iter().map(|byte| byte.count_ones() as usize).sum();
        }
        self.take(present.checked_mul(4)?).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn demands_are_bounded() {
        let lzma = |size: u32| [&[0x5D], size.to_le_bytes().as_slice()].concat();
        let (small, large) = (lzma(64 << 20), lzma(u32::MAX));
        let rows: [(&[u8], &[u8], bool); 8] = [
            (EncoderMethod::ID_LZMA, &small, true),
            (EncoderMethod::ID_LZMA, &large, false),
            (EncoderMethod::ID_LZMA2, &[0x1C], true),
            (EncoderMethod::ID_LZMA2, &[39], false),
            (EncoderMethod::ID_LZMA2, &[0xFF], false),
            (EncoderMethod::ID_AES256_SHA256, &[0x13, 0], true),
            (EncoderMethod::ID_AES256_SHA256, &[0x18, 0], false),
            (EncoderMethod::ID_AES256_SHA256, &[0x3F, 0], true),
        ];
        for (method, properties, passes) in rows {
            let demand = Demand::of(std::iter::once((method, properties)));
            assert_eq!(demand.is_ok(), passes, "{method:?} {properties:?}");
        }
        let chain = std::iter::repeat_n((EncoderMethod::ID_LZMA, small.as_slice()), 64);
        assert_eq!(Demand::of(chain), Err(Refusal::blocked(Reason::TooComplex)));
    }

    #[test]
    fn numbers_of_every_length() {
        let rows: [(&[u8], Option<u64>); 6] = [
            (&[0x7F], Some(0x7F)),
            (&[0x81, 0x02], Some(0x102)),
            (&[0xC0, 1, 2], Some(0x201)),
            (&[0xFF, 1, 0, 0, 0, 0, 0, 0, 0], Some(1)),
            (&[0xFF, 1], None),
            (&[], None),
        ];
        for (bytes, expected) in rows {
            assert_eq!(Cursor(bytes).number(), expected, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_start_is_read_to_an_end(rest in prop::collection::vec(any::<u8>(), 0..120)) {
            let mut file = vec![0; 32];
            file[8] = 1;
            file[20..28].copy_from_slice(&(rest.len() as u64 + 1).to_le_bytes());
            file.push(PACKED_HEADER);
            file.extend(rest);
            if let Ok(Start { table: Some(demand), .. }) = check(&file) {
                prop_assert!(demand.expanded_bytes <= TABLE_BYTES_MAX);
            }
        }
    }
}
