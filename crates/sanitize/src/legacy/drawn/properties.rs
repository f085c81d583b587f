//! Properties of shapes (MS-ODRAW 2.3).
//!
//! Owns: which of them stay, and how they are written.
//! Leaves to others: links (`hyperlink`), pictures (`pictures`).

use worker_protocol::{LinkPolicy, Threat};

use super::{MORE_PROPERTIES, Node, PROPERTIES, hyperlink};
use crate::legacy::Stop;
use crate::legacy::bytes::{u16_at, u32_at};

pub(in crate::legacy) fn is_properties(number: u16) -> bool {
    number == PROPERTIES || MORE_PROPERTIES.contains(&number)
}

/// Properties by number (MS-ODRAW 2.3).
mod property {
    /// A picture shown, one that fills, one that draws lines.
    pub(super) const PICTURES: [u16; 3] = [0x0104, 0x0186, 0x01C5];
    pub(super) const PICTURE: u16 = 0x0104;
    pub(super) const PICTURE_FLAGS: u16 = 0x0106;
    pub(super) const LINK: u16 = 0x0382;
    pub(super) const NAME: u16 = 0x0380;
    /// Words in a shape, their font, what the shape is called and what it shows.
    pub(super) const TEXTS: [u16; 4] = [0x00C0, 0x00C5, 0x0380, 0x0381];
    /// Lists of points, segments, places, colours: a count, another, the bytes of each, these.
    pub(super) const LISTS: [u16; 10] =
        [0x0145, 0x0146, 0x0151, 0x0152, 0x0155, 0x0156, 0x0157, 0x0197, 0x01CF, 0x0383];
    /// No colour behind, no line around: the upper half says what is set, the lower half how.
    pub(super) const FRAME: [(u16, u32); 2] = [(0x01BF, 0x0010_0000), (0x01FF, 0x0008_0000)];
    /// Numbers of looks, from and to. What is not in here names scripts, other files, objects, or nothing that is known.
    pub(super) const NUMBERS: [(u16, u16); 27] = [
        (0x0004, 0x0004),
        (0x0077, 0x007F),
        (0x0080, 0x008F),
        (0x00BF, 0x00C4),
        (0x00F0, 0x00FF),
        (0x0100, 0x0104),
        (0x0107, 0x010A),
        (0x010C, 0x0110),
        (0x0117, 0x0120),
        (0x0139, 0x013F),
        (0x0140, 0x0144),
        (0x0147, 0x0150),
        (0x0153, 0x0154),
        (0x0158, 0x015B),
        (0x0174, 0x0186),
        (0x0189, 0x0196),
        (0x0198, 0x01BF),
        (0x01C0, 0x01C5),
        (0x01C8, 0x01CE),
        (0x01D0, 0x01FF),
        (0x0200, 0x029F),
        (0x02A0, 0x033F),
        (0x0340, 0x037F),
        (0x0384, 0x0388),
        (0x038F, 0x0396),
        (0x03BF, 0x03BF),
        (0x07C0, 0x07C5),
    ];
}

/// Property numbers are flagged when they name a picture, or when bytes follow.
const NAMES_PICTURE: u16 = 0x4000;
const HAS_BYTES: u16 = 0x8000;
const NUMBER: u16 = 0x3FFF;
const PROPERTY_BYTES: usize = 6;

/// Whether the properties of a shape name a picture that there is.
pub(super) fn names_picture(node: &Node<'_>, pictures: usize) -> bool {
    let count = usize::from(node.head >> 4);
    node.body.chunks_exact(PROPERTY_BYTES).take(count).any(|one| {
        u16_at(one, 0).is_some_and(|number| number & NUMBER == property::PICTURE && number & HAS_BYTES == 0)
            && u32_at(one, 2).is_some_and(|number| is_picture(number, pictures) && number > 0)
    })
}

fn is_picture(number: u32, pictures: usize) -> bool {
    usize::try_from(number).is_ok_and(|number| number <= pictures)
}

/// The properties that stay: the head with their number, the bytes, and what is told.
pub(in crate::legacy) fn rebuilt(
    node: &Node<'_>,
    pictures: usize,
    policy: LinkPolicy,
) -> Result<(u16, Vec<u8>, Vec<Threat>), Stop> {
    let count = usize::from(node.head >> 4);
    let (fixed, mut more) = node.body.split_at_checked(count * PROPERTY_BYTES).ok_or(Stop::Other)?;
    let (mut kept, mut bytes, mut told) = (Vec::new(), Vec::new(), Vec::new());
    let mut number_kept = 0u16;
    for one in fixed.chunks_exact(PROPERTY_BYTES) {
        let (flags, value) = u16_at(one, 0).zip(u32_at(one, 2)).ok_or(Stop::Other)?;
        let number = flags & NUMBER;
        if flags & HAS_BYTES == 0 {
            let is_known = property::NUMBERS.iter().any(|(from, to)| (*from..=*to).contains(&number));
            let is_sound = !property::PICTURES.contains(&number) || is_picture(value, pictures);
            // Nothing says with these that the picture lies in another file.
            let value = if number == property::PICTURE_FLAGS { 0 } else { value };
            if is_known && is_sound {
                kept.extend_from_slice(&(flags & (NUMBER | NAMES_PICTURE)).to_le_bytes());
                kept.extend_from_slice(&value.to_le_bytes());
                number_kept += 1;
            }
            continue;
        }
        let length = usize::try_from(value).map_err(|_| Stop::Other)?;
        let own = more.get(..length.min(more.len())).unwrap_or_default();
        // The length of a list leaves out its head in some files.
        let own = match property::LISTS.contains(&number).then(|| list_bytes(own, more)).flatten() {
            Some(list) => list,
            None if own.len() == length => own,
            None => return Err(Stop::Other),
        };
        more = more.get(own.len()..).unwrap_or_default();
        let written = match number {
            _ if property::LISTS.contains(&number) => list_bytes(own, own).map(<[u8]>::to_vec),
            _ if property::TEXTS.contains(&number) => (own.len() % 2 == 0).then(|| own.to_vec()),
            property::LINK => {
                let link = hyperlink::of_shape(own, policy);
                if link.is_none() {
                    told.push(Threat::Hyperlink);
                }
                link
            }
            _ => None,
        };
        if let Some(written) = written.filter(|written| !written.is_empty()) {
            kept.extend_from_slice(&(number | HAS_BYTES).to_le_bytes());
            kept.extend_from_slice(&u32::try_from(written.len()).map_err(|_| Stop::Other)?.to_le_bytes());
            bytes.extend_from_slice(&written);
            number_kept += 1;
        }
    }
    Ok((node.head & 0x0F | number_kept << 4, [kept, bytes].concat(), told))
}

/// The numbers of the pictures that these properties name.
pub(super) fn pictures(head: u16, body: &[u8]) -> impl Iterator<Item = u32> {
    let fixed = body.chunks_exact(PROPERTY_BYTES).take(usize::from(head >> 4));
    fixed.filter_map(|one| {
        let number = u16_at(one, 0).filter(|number| number & HAS_BYTES == 0)? & NUMBER;
        property::PICTURES.contains(&number).then(|| u32_at(one, 2)).flatten().filter(|picture| *picture > 0)
    })
}

/// Whether these properties call a shape so.
pub(in crate::legacy) fn is_called(node: &Node<'_>, name: &str) -> bool {
    let count = usize::from(node.head >> 4);
    let Some((fixed, mut more)) = node.body.split_at_checked(count * PROPERTY_BYTES) else { return false };
    for one in fixed.chunks_exact(PROPERTY_BYTES) {
        let Some((number, length)) = u16_at(one, 0).zip(u32_at(one, 2)) else { return false };
        if number & HAS_BYTES == 0 {
            continue;
        }
        let Some((own, rest)) = usize::try_from(length).ok().and_then(|length| more.split_at_checked(length))
        else {
            return false;
        };
        more = rest;
        if number & NUMBER == property::NAME {
            let characters = own.chunks_exact(2).filter_map(|character| u16_at(character, 0));
            return is_properties(node.number) && characters.eq(name.encode_utf16().chain([0]));
        }
    }
    false
}

/// Properties with those that say that there is no line around the shape and no colour behind it.
pub(super) fn without_frame(head: u16, properties: &[u8]) -> Result<(u16, Vec<u8>), Stop> {
    let count = usize::from(head >> 4);
    let (fixed, more) = properties.split_at_checked(count * PROPERTY_BYTES).ok_or(Stop::Other)?;
    let mut all: Vec<(u16, u32)> = fixed
        .chunks_exact(PROPERTY_BYTES)
        .filter_map(|one| u16_at(one, 0).zip(u32_at(one, 2)))
        .filter(|(number, _)| !property::FRAME.iter().any(|(frame, _)| number & NUMBER == *frame))
        .chain(property::FRAME)
        .collect();
    // Programs expect them in the order of their numbers; what follows them has the order of those that have it.
    all.sort_by_key(|(number, _)| number & NUMBER);
    let count = u16::try_from(all.len()).map_err(|_| Stop::Other)?;
    let fixed = all
        .iter()
        .flat_map(|(number, value)| [number.to_le_bytes().as_slice(), &value.to_le_bytes()].concat());
    let bytes: Vec<u8> = fixed.chain(more.iter().copied()).collect();
    Ok((head & 0x0F | count << 4, bytes))
}

/// The bytes of a list that begins here: its head and its elements. An element of -16 bytes has four, in halves.
fn list_bytes<'a>(own: &[u8], all: &'a [u8]) -> Option<&'a [u8]> {
    let (count, each) = (usize::from(u16_at(own, 0)?), u16_at(own, 4)?);
    let each = if each == 0xFFF0 { 4 } else { usize::from(each) };
    all.get(..6 + count * each)
}
