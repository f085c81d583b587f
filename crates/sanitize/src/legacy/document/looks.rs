//! What says how text, paragraphs, tables and sections look (sprm, MS-DOC 2.6 and 2.9.199).
//!
//! Owns: which properties stay, and the form of each.
//! Leaves to others: where they are kept (`pages`), pictures that they lead to (`data`).

use crate::legacy::bytes::{u16_at, u32_at};

/// What a property is about, as its number says it.
pub(super) mod about {
    pub(in super::super) const PARAGRAPHS: u16 = 1;
    pub(in super::super) const CHARACTERS: u16 = 2;
    pub(in super::super) const PICTURES: u16 = 3;
    pub(in super::super) const SECTIONS: u16 = 4;
    pub(in super::super) const TABLES: u16 = 5;
}

/// Properties that are not copied: whoever writes the text writes them anew.
pub(super) mod number {
    /// Where the data of a picture or a field stand.
    pub(in super::super) const PLACE: u16 = 0x6A03;
    pub(in super::super) const IS_FIELD_DATA: u16 = 0x0806;
    /// The style of a paragraph, where a piece says it.
    pub(in super::super) const STYLE: u16 = 0x4600;
    pub(in super::super) const IS_SPECIAL: u16 = 0x0855;
    /// All looks of a paragraph stand elsewhere, as older and newer versions say it.
    pub(in super::super) const ELSEWHERE: [u16; 2] = [0x6645, MORE];
    pub(in super::super) const MORE: u16 = 0x6646;
    /// The looks of a row of a table stand elsewhere; what comes after it says the same to older versions.
    pub(in super::super) const ROW: u16 = 0x646B;
    pub(in super::super) const IS_DELETED: u16 = 0x0800;
    pub(in super::super) const IS_IN_TABLE: u16 = 0x2416;
    pub(in super::super) const ENDS_ROW: u16 = 0x2417;
    pub(in super::super) const FIRST_PAGE_DIFFERS: u16 = 0x300A;
}

/// How the operand of a property looks, besides its length where the number says it.
enum Form {
    Plain,
    /// Of varying length, one of these.
    Lengths(&'static [usize]),
    /// Of varying length, so many bytes for each of some things.
    Each(usize),
    /// The number of a font, of a style.
    Font,
    Style,
    /// Places of tabs: with a distance for those that go, or without.
    Tabs(usize),
    Columns,
    /// Other properties that hold under a condition.
    Nested,
    /// Nothing of it stays, and nobody need know.
    Silent,
    Unknown,
}

fn form(number: u16) -> Form {
    use Form::{Columns, Each, Font, Lengths, Nested, Plain, Silent, Style, Tabs, Unknown};
    match number {
        0x4A4F..=0x4A51 | 0x4A5E => Font,
        0x4A30 | 0x563A => Style,
        0xC60D => Tabs(2),
        0xC615 => Tabs(4),
        0xD608 => Columns,
        0xCA85 | 0xC666 | 0xD66A => Nested,
        // Borders, shades, widths.
        0xC64E..=0xC653 | 0xCA72 | 0xD234..=0xD237 | 0xCA76 => Lengths(&[8]),
        0xC64D | 0xCA71 => Lengths(&[10]),
        0xC66C => Lengths(&[16]),
        0xC63E => Lengths(&[84]),
        0xCA78 | 0xD632..=0xD634 | 0xD63E | 0xD67F..=0xD684 => Lengths(&[6, 8]),
        0xD605 => Lengths(&[24]),
        0xD613 => Lengths(&[48]),
        0xD609 => Each(2),
        0xD612 | 0xD616 | 0xD60C | 0xD670..=0xD672 => Each(10),
        0xD61A..=0xD61D => Each(4),
        0xD620 => Lengths(&[7]),
        0xD62B | 0xD639 | 0xD642 | 0xD62C => Lengths(&[2, 3]),
        0xD62D | 0xD62E => Lengths(&[12]),
        0xD62F => Lengths(&[11]),
        0xD635 => Lengths(&[5]),
        0xD660 | 0xD661 => Lengths(&[8, 10]),
        // What was changed when by whom.
        0xC63F | 0xCA57 | 0xD227 | 0xC66F | 0xCA89 | 0xD243 | 0xD667 => Lengths(&[7]),
        0xCA62 => Lengths(&[39]),
        0xC645 => Lengths(&[128]),
        0xD202 => Lengths(&[212]),
        // Which sitting wrote it; marks of other programs and of fields' data; looks of pages on the web; and of styles in lists.
        0x6815..=0x6817 | 0x6467 | 0x703A | 0x7479 | 0x6465 | 0x740C | 0x7645 | 0x081A | 0xC669 => Silent,
        number::PLACE
        | number::IS_FIELD_DATA
        | number::STYLE
        | 0x080A
        | 0x0856
        | 0x6645
        | number::MORE
        | number::ROW => Silent,
        _ if is_plain(number) => Plain,
        _ => Unknown,
    }
}

/// Whether it is a number of a fixed length that stays as it is.
fn is_plain(number: u16) -> bool {
    /// By what they are about and their number among those, from and to.
    const PLAIN: [(u16, u16, u16); 37] = [
        (about::PARAGRAPHS, 0x02, 0x0C),
        (about::PARAGRAPHS, 0x0E, 0x14),
        (about::PARAGRAPHS, 0x16, 0x2F),
        (about::PARAGRAPHS, 0x30, 0x31),
        (about::PARAGRAPHS, 0x33, 0x3B),
        (about::PARAGRAPHS, 0x40, 0x44),
        (about::PARAGRAPHS, 0x47, 0x4C),
        (about::PARAGRAPHS, 0x54, 0x64),
        (about::PARAGRAPHS, 0x6D, 0x6E),
        (about::PARAGRAPHS, 0x70, 0x71),
        (about::CHARACTERS, 0x00, 0x02),
        (about::CHARACTERS, 0x04, 0x05),
        (about::CHARACTERS, 0x07, 0x07),
        (about::CHARACTERS, 0x09, 0x09),
        (about::CHARACTERS, 0x0C, 0x0C),
        (about::CHARACTERS, 0x11, 0x11),
        (about::CHARACTERS, 0x18, 0x18),
        (about::CHARACTERS, 0x32, 0x48),
        (about::CHARACTERS, 0x4B, 0x55),
        (about::CHARACTERS, 0x58, 0x61),
        (about::CHARACTERS, 0x63, 0x70),
        (about::CHARACTERS, 0x73, 0x75),
        (about::CHARACTERS, 0x77, 0x88),
        (about::CHARACTERS, 0x90, 0x90),
        (about::PICTURES, 0x00, 0x05),
        (about::SECTIONS, 0x00, 0x01),
        (about::SECTIONS, 0x03, 0x26),
        (about::SECTIONS, 0x28, 0x33),
        (about::SECTIONS, 0x38, 0x44),
        (about::TABLES, 0x00, 0x04),
        (about::TABLES, 0x07, 0x0A),
        (about::TABLES, 0x0B, 0x1F),
        (about::TABLES, 0x21, 0x2A),
        (about::TABLES, 0x36, 0x36),
        (about::TABLES, 0x44, 0x44),
        (about::TABLES, 0x61, 0x6F),
        (about::TABLES, 0x88, 0x8A),
    ];
    let (sort, own) = (number >> 10 & 7, number & 0x01FF);
    number >> 13 != 6 && PLAIN.iter().any(|(about, from, to)| *about == sort && (*from..=*to).contains(&own))
}

/// What numbers in properties may lead to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    pub(super) fonts: u16,
    pub(super) styles: u16,
}

/// One property: its number, and what it says without its length.
#[derive(Debug, Clone, Copy)]
struct Property<'a> {
    number: u16,
    operand: &'a [u8],
}

/// The properties of a list, as long as they have a form.
fn properties(list: &[u8]) -> impl Iterator<Item = Property<'_>> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let number = u16_at(rest, 0).filter(|number| *number != 0)?;
        let behind = rest.get(2..)?;
        let (head, length) = match number >> 13 {
            0 | 1 => (0, 1),
            2 | 4 | 5 => (0, 2),
            3 => (0, 4),
            7 => (0, 3),
            _ if number == 0xD608 => (2, usize::from(u16_at(behind, 0)?).checked_sub(1)?),
            // When all of its length does not go into a byte, it follows from its content.
            _ if number == 0xC615 && behind.first() == Some(&0xFF) => {
                let gone = usize::from(*behind.get(1)?);
                let new = usize::from(*behind.get(2 + gone * 4)?);
                (1, 2 + gone * 4 + new * 3)
            }
            _ => (1, usize::from(*behind.first()?)),
        };
        let (operand, next) = behind.get(head..)?.split_at_checked(length)?;
        rest = next;
        Some(Property { number, operand })
    })
}

/// The last number that a list gives for this property.
pub(super) fn find(list: &[u8], number: u16) -> Option<u32> {
    let found = properties(list).filter(|property| property.number == number).last()?;
    let mut wide = [0; 4];
    wide.iter_mut().zip(found.operand).for_each(|(to, from)| *to = *from);
    u32_at(&wide, 0)
}

/// Conditions in conditions, of which there is one.
const NESTING_MAX: usize = 1;

/// Writes what stays of the properties about these things. Says whether something went that is not known.
pub(super) fn put(list: &[u8], sorts: &[u16], known: Known, out: &mut Vec<u8>) -> bool {
    put_nested(list, sorts, known, 0, out)
}

fn put_nested(list: &[u8], sorts: &[u16], known: Known, depth: usize, out: &mut Vec<u8>) -> bool {
    let mut is_unknown = false;
    for Property { number, operand } in properties(list) {
        let is_here = sorts.contains(&(number >> 10 & 7));
        let value = || u16_at(operand, 0).unwrap_or(u16::MAX);
        let written = match form(number) {
            _ if !is_here => continue,
            Form::Plain => Some(operand.to_vec()),
            Form::Lengths(lengths) => lengths.contains(&operand.len()).then(|| with_length(operand)),
            Form::Each(bytes) => operand.len().is_multiple_of(bytes).then(|| with_length(operand)),
            Form::Font => (value() < known.fonts).then(|| operand.to_vec()),
            Form::Style => (value() < known.styles).then(|| operand.to_vec()),
            Form::Tabs(bytes) => tabs(operand, bytes),
            Form::Columns => columns(operand),
            Form::Nested if depth < NESTING_MAX => operand.split_at_checked(2).map(|(condition, inside)| {
                let mut inner = condition.to_vec();
                is_unknown |= put_nested(inside, sorts, known, depth + 1, &mut inner);
                with_length(&inner)
            }),
            Form::Silent => continue,
            Form::Nested | Form::Unknown => None,
        };
        match written {
            Some(written) => {
                out.extend_from_slice(&number.to_le_bytes());
                out.extend_from_slice(&written);
            }
            None => is_unknown = true,
        }
    }
    is_unknown
}

/// What varies in length has its length before it. It came with one in a byte, and is no longer now.
fn with_length(operand: &[u8]) -> Vec<u8> {
    [&[u8::try_from(operand.len()).unwrap_or(u8::MAX)], operand].concat()
}

/// Tabs: how many go, their places (and how near), how many come, their places, what they are like.
fn tabs(operand: &[u8], bytes_gone: usize) -> Option<Vec<u8>> {
    let gone = operand.first().copied().map(usize::from)?;
    let new_at = 1 + gone * bytes_gone;
    let new = operand.get(new_at).copied().map(usize::from)?;
    let length = new_at + 1 + new * 3;
    let own = operand.get(..length)?;
    (gone <= 64 && new <= 64).then(|| [&[u8::try_from(length).unwrap_or(u8::MAX)], own].concat())
}

/// Columns of a table: how many, where each begins, and how each looks as far as it says it.
fn columns(operand: &[u8]) -> Option<Vec<u8>> {
    const EACH: usize = 20;
    let count = operand.first().copied().map(usize::from).filter(|count| *count <= 63)?;
    let places = 1 + (count + 1) * 2;
    let looks = operand.get(places..)?.len() / EACH;
    let own = operand.get(..places + looks.min(count) * EACH)?;
    let length = u16::try_from(own.len() + 1).ok()?;
    Some([&length.to_le_bytes(), own].concat())
}
