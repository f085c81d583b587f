//! Lists of texts, and the fonts (STTB and FFN, MS-DOC 2.2.4 and 2.9.87).
//!
//! Owns: the form of both.
//! Leaves to others: what the texts are.

use crate::legacy::Stop;
use crate::legacy::bytes::{Reader, u16_at};

/// The longest text of a list, in characters, and the most of them.
const CHARS_MAX: usize = 4_096;
const COUNT_MAX: usize = 1 << 15;

/// What says that characters have two bytes.
const IS_WIDE: u16 = 0xFFFF;

/// Bytes of a font before its name, and the longest name with that of another font that may stand for it.
const FONT_HEAD: usize = 39;
const FONT_BYTES_MAX: usize = 255;

/// A text of a list, and what stands behind it.
pub(super) type Listed<'a> = (&'a [u8], &'a [u8]);

/// The texts of a list of characters of two bytes, each with as many bytes behind it as the list says.
pub(super) fn read(list: &[u8], extra: usize) -> Result<Vec<Listed<'_>>, Stop> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let mut reader = Reader::new(list);
    let (mark, count) = (reader.u16(), reader.u16());
    let count = count.map(usize::from).filter(|count| *count <= COUNT_MAX).ok_or(Stop::Other)?;
    if mark != Some(IS_WIDE) || reader.u16().map(usize::from) != Some(extra) {
        return Err(Stop::Other);
    }
    let mut all = Vec::new();
    for _ in 0..count {
        let length =
            reader.u16().map(usize::from).filter(|length| *length <= CHARS_MAX).ok_or(Stop::Other)?;
        let text = reader.take(length * 2).ok_or(Stop::Other)?;
        all.push((text, reader.take(extra).ok_or(Stop::Other)?));
    }
    Ok(all)
}

/// Writes a list of texts, each with what stands behind it.
pub(super) fn written(all: &[Listed<'_>], extra: usize) -> Result<Vec<u8>, Stop> {
    let number = |count: usize| u16::try_from(count).map(u16::to_le_bytes).map_err(|_| Stop::Other);
    let mut out = [IS_WIDE.to_le_bytes(), number(all.len())?, number(extra)?].concat();
    for (text, more) in all {
        out.extend_from_slice(&number(text.len() / 2)?);
        out.extend_from_slice(text);
        out.extend_from_slice(more);
    }
    Ok(out)
}

/// Fonts, and how many there are.
pub(super) fn fonts(list: &[u8]) -> Result<(Vec<u8>, u16), Stop> {
    let mut reader = Reader::new(list);
    let (count, extra) = reader.u16().zip(reader.u16()).ok_or(Stop::Other)?;
    if extra != 0 || usize::from(count) > COUNT_MAX {
        return Err(Stop::Other);
    }
    let mut out = [count.to_le_bytes(), [0; 2]].concat();
    for _ in 0..count {
        let length = reader.u8().map(usize::from).ok_or(Stop::Other)?;
        let font = reader.take(length).ok_or(Stop::Other)?;
        let (head, names) = font.split_at_checked(FONT_HEAD).ok_or(Stop::Other)?;
        let mut own = head.to_vec();
        // Where the name of the other font begins, if there is one.
        let other = head.get(4).copied().map_or(0, usize::from);
        let name = until_zero(names);
        own.extend_from_slice(name);
        own.extend_from_slice(&[0; 2]);
        let second = (other > 0).then(|| names.get(other * 2..)).flatten().map(until_zero);
        if let Some(place) = own.get_mut(4) {
            *place = if second.is_some() { u8::try_from(name.len() / 2 + 1).unwrap_or(0) } else { 0 };
        }
        if let Some(second) = second {
            own.extend_from_slice(second);
            own.extend_from_slice(&[0; 2]);
        }
        own.truncate(FONT_BYTES_MAX);
        out.push(u8::try_from(own.len()).map_err(|_| Stop::Other)?);
        out.extend_from_slice(&own);
    }
    Ok((out, count))
}

/// Characters up to the one that ends them.
fn until_zero(bytes: &[u8]) -> &[u8] {
    let count = bytes.chunks_exact(2).take_while(|unit| u16_at(unit, 0) != Some(0)).count();
    bytes.get(..count * 2).unwrap_or_default()
}
