//! Links of shapes and cells (MS-OSHARED 2.3.7).
//!
//! Owns: reading where a link leads and writing one that leads there and nowhere else.
//! Leaves to others: which targets may stay (`link`).

use worker_protocol::LinkPolicy;

use crate::legacy::bytes::{Reader, u16_at, wide};
use crate::link;

/// What a link has, one bit each.
mod has {
    pub(super) const TARGET: u32 = 0x01;
    pub(super) const IS_ABSOLUTE: u32 = 0x02;
    pub(super) const NAME_IS_GIVEN: u32 = 0x04;
    pub(super) const PLACE: u32 = 0x08;
    pub(super) const NAME: u32 = 0x10;
    pub(super) const FRAME: u32 = 0x80;
    pub(super) const TARGET_IS_TEXT: u32 = 0x100;
}

/// What says that a link follows, and that its target is an address.
const IS_LINK: [u8; 16] =
    [0xD0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA, 0xCE, 0x11, 0x8C, 0x82, 0x00, 0xAA, 0x00, 0x4B, 0xA9, 0x0B];
const IS_ADDRESS: [u8; 16] =
    [0xE0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA, 0xCE, 0x11, 0x8C, 0x82, 0x00, 0xAA, 0x00, 0x4B, 0xA9, 0x0B];

const VERSION: u32 = 2;

/// The longest text in a link, in characters.
const CHARS_MAX: usize = 4096;

/// The longest text that is shown beside a link, in bytes.
const TIP_BYTES_MAX: usize = 10 + 256 * 2;

/// The link of some cells; none when it may not stay.
pub(in crate::legacy) fn of_cells(body: &[u8], policy: LinkPolicy) -> Option<Vec<u8>> {
    let (cells, rest) = body.split_at_checked(8)?;
    let at = |place| u16_at(cells, place);
    let is_sound = at(0)? <= at(2)? && at(4)? <= at(6)? && at(6)? <= 0xFF;
    let rest = rest.strip_prefix(&IS_LINK).filter(|_| is_sound)?;
    Some([cells, &IS_LINK, &rebuilt(rest, policy)?].concat())
}

/// The link of a shape; none when it may not stay.
pub(in crate::legacy) fn of_shape(body: &[u8], policy: LinkPolicy) -> Option<Vec<u8>> {
    let rest = body.strip_prefix(&IS_LINK)?;
    Some([IS_LINK.as_slice(), &rebuilt(rest, policy)?].concat())
}

fn rebuilt(bytes: &[u8], policy: LinkPolicy) -> Option<Vec<u8>> {
    let mut reader = Reader::new(bytes);
    if reader.u32()? != VERSION {
        return None;
    }
    let flags = reader.u32()?;
    let name = if flags & has::NAME != 0 { Some(text(&mut reader)?) } else { None };
    let _frame = if flags & has::FRAME != 0 { Some(text(&mut reader)?) } else { None };
    let target = match flags & (has::TARGET | has::TARGET_IS_TEXT) {
        0 => None,
        has::TARGET => {
            let _address = reader.take(16).filter(|sort| *sort == IS_ADDRESS)?;
            let length = usize::try_from(reader.u32()?).ok()?;
            let address = wide(reader.take(length)?);
            Some(address.split('\0').next().unwrap_or_default().to_owned())
        }
        _ => Some(text(&mut reader)?),
    };
    let place = if flags & has::PLACE != 0 { Some(text(&mut reader)?) } else { None };
    let is_kept = match &target {
        Some(target) => link::is_kept(target, policy),
        None => place.is_some(),
    };
    if !is_kept {
        return None;
    }
    let mut out = VERSION.to_le_bytes().to_vec();
    let mut now = 0;
    if name.is_some() {
        now |= has::NAME | has::NAME_IS_GIVEN;
    }
    if target.is_some() {
        now |= has::TARGET | has::IS_ABSOLUTE;
    }
    if place.is_some() {
        now |= has::PLACE;
    }
    out.extend_from_slice(&now.to_le_bytes());
    if let Some(name) = name {
        put_text(&mut out, &name);
    }
    if let Some(target) = target {
        let bytes = with_end(&target);
        out.extend_from_slice(&IS_ADDRESS);
        out.extend_from_slice(&u32::try_from(bytes.len()).ok()?.to_le_bytes());
        out.extend_from_slice(&bytes);
    }
    if let Some(place) = place {
        put_text(&mut out, &place);
    }
    Some(out)
}

/// A text with its length in characters, of which the last is none.
fn text(reader: &mut Reader<'_>) -> Option<String> {
    let count = usize::try_from(reader.u32()?).ok().filter(|count| *count <= CHARS_MAX)?;
    let text = wide(reader.take(count * 2)?);
    Some(text.split('\0').next().unwrap_or_default().to_owned())
}

fn with_end(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    let bytes = with_end(text);
    out.extend_from_slice(&u32::try_from(bytes.len() / 2).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(&bytes);
}

/// Whether a record holds what is shown beside a link: cells, and a text to its end.
pub(in crate::legacy) fn is_tip(body: &[u8]) -> bool {
    let text = body.get(10..).unwrap_or_default();
    (12..=TIP_BYTES_MAX).contains(&body.len()) && text.len().is_multiple_of(2) && text.ends_with(&[0, 0])
}
