//! Which records of a workbook of Excel 97 stay as they are, and how each of them must look (MS-XLS 2.4).
//!
//! Owns: the list. A record that is not on it goes; one that is on it and looks otherwise makes the workbook go another road.
//! Leaves to others: records that are written anew (`cells`, `drawing`, `links`, `strings`, and `mod` for the rest).

use worker_protocol::Threat;

use super::super::bytes::u16_at;
use super::records::{Reader, Record};

/// How a record must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// So many bytes, from and to, none of which says how many follow.
    Bytes(usize, usize),
    /// At `at` stands how many pieces of `each` bytes follow a head.
    Counted {
        at: usize,
        head: usize,
        each: usize,
    },
    /// At `at` stands how many areas of cells follow a head.
    Areas {
        at: usize,
        head: usize,
    },
    /// So many bytes that begin with a row, its first column and the one behind its last.
    Row(usize),
    /// A head, then a text whose length has two bytes, or one.
    Text(usize),
    ShortText(usize),
    /// Properties of a look, each with its length: where they are counted, and whether their lengths count their heads.
    Properties(Properties),
}

/// Records of later versions that describe a look (MS-XLS 2.4.355, 2.4.270, 2.4.97).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Properties {
    Format,
    Style,
    Difference,
}

/// From this number on, records belong to later versions, and programs of that time leave them out.
pub(super) const LATER: u16 = 0x0800;

/// The head of a record of later versions.
const LATER_HEAD: usize = 12;

/// A record that belongs to the workbook as a whole.
pub(super) fn of_book(number: u16) -> Option<Shape> {
    use Shape::{Bytes, Counted, Properties as Look, ShortText, Text};
    Some(match number {
        // Who calculates how, what is protected, which windows there were.
        0x000E | 0x0012 | 0x0013 | 0x0019 | 0x0022 | 0x0040 | 0x0042 | 0x008D | 0x009C | 0x00C1 | 0x00DA
        | 0x00E1 | 0x0160 | 0x0161 | 0x01AF | 0x01BC => Bytes(2, 2),
        0x00E2 => Bytes(0, 0),
        0x008C => Bytes(4, 4),
        0x01C1 => Bytes(8, 8),
        0x013D => Bytes(0, 2 * 8192),
        // Looks: font, number, cell, style, colours.
        0x0031 => ShortText(14),
        0x041E => Text(2),
        0x0092 => Counted { at: 0, head: 2, each: 4 },
        0x087C => Bytes(20, 20),
        0x087D => Look(Properties::Format),
        0x0892 => Look(Properties::Style),
        0x088D => Look(Properties::Difference),
        0x088E => Bytes(16, 512),
        // What later versions add.
        0x0863 => Bytes(20, 24),
        0x088C | 0x089B | 0x08A3 => Bytes(16, 16),
        0x089A => Bytes(24, 24),
        0x105C => Bytes(14, 14),
        _ => return None,
    })
}

/// A record that belongs to a sheet.
pub(super) fn of_sheet(number: u16) -> Option<Shape> {
    use Shape::{Areas, Bytes, Counted, Row};
    Some(match number {
        0x000C | 0x000D | 0x000F | 0x0011 | 0x0012 | 0x0013 | 0x0019 | 0x002A | 0x002B | 0x0055 | 0x005E
        | 0x005F | 0x0063 | 0x0081 | 0x0082 | 0x0083 | 0x0084 | 0x0099 | 0x009D | 0x00DD => Bytes(2, 2),
        0x009B => Bytes(0, 0),
        0x0010 | 0x0026..=0x0029 | 0x0080 => Bytes(8, 8),
        0x001A | 0x001B => Counted { at: 0, head: 2, each: 6 },
        0x001D => Counted { at: 7, head: 9, each: 6 },
        0x0041 => Bytes(10, 10),
        0x00A0 | 0x0225 => Bytes(4, 4),
        0x00A1 => Bytes(34, 34),
        0x00E5 => Areas { at: 0, head: 2 },
        0x00EF => Areas { at: 4, head: 6 },
        0x0200 => Bytes(14, 14),
        0x0208 => Row(16),
        0x023E => Bytes(10, 18),
        0x0862 => Bytes(20, 40),
        0x088B => Bytes(16, 16),
        _ => return None,
    })
}

/// A record that belongs to a chart.
pub(super) fn of_chart(number: u16) -> Option<Shape> {
    use Shape::{Bytes, Counted, ShortText};
    Some(match number {
        // The page it is printed on.
        0x0012 | 0x0033 | 0x0083 | 0x0084 => Bytes(2, 2),
        0x0026..=0x0029 => Bytes(8, 8),
        0x00A0 => Bytes(4, 4),
        0x00A1 => Bytes(34, 34),
        0x0200 => Bytes(14, 14),
        0x023E => Bytes(10, 18),
        0x088B => Bytes(16, 16),
        // The values that it keeps.
        0x0201 => Bytes(6, 6),
        0x0203 => Bytes(14, 14),
        0x0204 => Shape::Text(6),
        0x0205 => Bytes(8, 8),
        // What it is made of.
        0x1033..=0x1035 => Bytes(0, 0),
        0x1001 | 0x100B | 0x100C | 0x1018 | 0x101C | 0x1021 | 0x1024 | 0x1026 | 0x103D | 0x103F | 0x1045
        | 0x1046 | 0x104A | 0x104E | 0x105D | 0x105F | 0x1063 | 0x1065 => Bytes(2, 2),
        0x101A => Bytes(2, 2),
        0x1032 | 0x103E | 0x1040 | 0x1043 | 0x1044 => Bytes(2, 4),
        0x1017 | 0x1019 | 0x101B | 0x1027 => Bytes(2, 6),
        0x1006 | 0x1020 | 0x1064 => Bytes(8, 8),
        0x1022 | 0x1060 | 0x1068 => Bytes(10, 10),
        0x1003 | 0x1007 | 0x100A => Bytes(12, 16),
        0x103A | 0x103C | 0x105B | 0x105C => Bytes(14, 14),
        0x1002 => Bytes(16, 16),
        0x101D | 0x1041 | 0x1061 | 0x1062 => Bytes(18, 18),
        0x100D => ShortText(2),
        0x1009 | 0x1014 | 0x1015 | 0x104F => Bytes(20, 20),
        0x101E => Bytes(26, 30),
        0x1025 => Bytes(26, 32),
        0x104B => Bytes(28, 28),
        0x101F => Bytes(42, 42),
        0x1016 => Counted { at: 0, head: 2, each: 2 },
        0x1050 => Counted { at: 0, head: 2, each: 4 },
        // Heads of what only later versions read, without content of their own.
        0x0850 => Bytes(20, 24),
        0x0852..=0x0857 => Bytes(12, 16),
        0x089D => Bytes(60, 60),
        0x08A7 => Bytes(68, 68),
        _ => return None,
    })
}

/// What becomes of a record that does not stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nobody would miss it, or it was told before.
    Goes,
    GoesAndIsTold(Threat),
    /// It is one of an older version or of none, and nobody knows what it would take with it.
    IsUnknown,
}

/// What becomes of a record that is on no list.
pub(super) fn fate(number: u16) -> Fate {
    match number {
        // What a printer was told.
        0x004D => Fate::GoesAndIsTold(Threat::AuxiliaryPart),
        // Other values for the same cells, labels that formulas of old used, a picture behind the cells; of later versions data
        // bars and scales of colours, tables, pictures in page headers. A reader would look for them.
        0x0094 | 0x00AE | 0x00AF | 0x00E9 | 0x015F | 0x0866 | 0x0871 | 0x0872 | 0x0877..=0x087A => {
            Fate::GoesAndIsTold(Threat::Unknown)
        }
        // A pivot table: its cells stay as they were seen, and what it was made of goes.
        0x00B0 => Fate::GoesAndIsTold(Threat::Unknown),
        0x00B1..=0x00B6
        | 0x00C5
        | 0x00D0..=0x00D2
        | 0x00F0..=0x00F2
        | 0x00F4..=0x00F9
        | 0x00FB
        | 0x0100
        | 0x0103
        | 0x0122 => Fate::Goes,
        // How later versions draw charts, and what they note about rules, sorting and errors in cells.
        0x0868 | 0x086B..=0x086D | 0x0874 | 0x087B | 0x087E | 0x0895 | 0x089E..=0x08A6 | 0x08C9..=0x08CB => {
            Fate::GoesAndIsTold(Threat::AuxiliaryPart)
        }
        // Where records were; a window of the workbook among the records of a sheet; what a project calls the sheet; who has the file open, may change it, saw what last; how it was
        // sorted; that it is a template, which its name no longer says; how wide columns would be elsewhere; how much of it was seen as an object.
        0x000B | 0x0016 | 0x003D | 0x005B | 0x0060 | 0x0061 | 0x0086 | 0x0090 | 0x00AB | 0x00D3 | 0x00D7
        | 0x00DE | 0x00ED | 0x00FF | 0x01A9 | 0x01BA | 0x01BD | 0x01C2 | 0x020B | 0x0867 | 0x0896
        | 0x0897 => Fate::Goes,
        // Connections and what is summed up from elsewhere, told as such.
        0x0050..=0x0052 | 0x00CD | 0x00D5 | 0x00DC | 0x00E3 | 0x01AD | 0x01B5 | 0x0802..=0x0807 | 0x0876 => {
            Fate::Goes
        }
        // Later versions: whatever they have besides.
        LATER.. => Fate::GoesAndIsTold(Threat::Extension),
        _ => Fate::IsUnknown,
    }
}

/// Whether a record looks as it must. It is cut to the length that programs read where it is longer.
pub(super) fn fits(record: &Record<'_>, shape: Shape) -> bool {
    let body = record.body;
    if !record.more.is_empty() {
        return false;
    }
    let fits_text = |head: usize, is_short: bool| {
        let mut reader = Reader::new(body);
        let text = reader.take(head).and_then(|_| if is_short { reader.short_text() } else { reader.text() });
        // Programs leave a byte or two behind a text.
        text.is_some() && reader.left().len() <= 2
    };
    match shape {
        Shape::Bytes(min, max) => (min..=max).contains(&body.len()),
        Shape::Counted { at, head, each } => {
            u16_at(body, at).is_some_and(|count| body.len() == head + usize::from(count) * each)
        }
        Shape::Areas { at, head } => {
            u16_at(body, at).is_some_and(|count| body.len() == head + usize::from(count) * AREA_BYTES)
                && body.get(head..).is_some_and(are_areas)
        }
        Shape::Row(bytes) => {
            let columns = u16_at(body, 2).zip(u16_at(body, 4));
            // The last column is told by the one behind it.
            body.len() == bytes && columns.is_some_and(|(first, behind)| first <= behind && behind <= COLUMNS)
        }
        Shape::Text(head) => fits_text(head, false),
        Shape::ShortText(head) => fits_text(head, true),
        Shape::Properties(sort) => fits_properties(body, sort).unwrap_or(false),
    }
}

/// The bytes of an area of cells, and the columns of a sheet.
pub(super) const AREA_BYTES: usize = 8;
const COLUMNS: u16 = 256;

/// Whether these are areas of cells: rows and columns from and to.
pub(super) fn are_areas(bytes: &[u8]) -> bool {
    bytes.chunks_exact(AREA_BYTES).all(|area| {
        let at = |place| u16_at(area, place).unwrap_or(0);
        at(0) <= at(2) && at(4) <= at(6) && at(6) < COLUMNS
    })
}

/// Whether each property of a look ends where the next begins.
fn fits_properties(body: &[u8], sort: Properties) -> Option<bool> {
    let mut reader = Reader::new(body);
    let _head = reader.take(LATER_HEAD)?;
    let count = match sort {
        Properties::Format => {
            let _which = reader.take(6)?;
            reader.u16()?
        }
        Properties::Style => {
            let _which = reader.take(4)?;
            let name = usize::from(reader.u16()?);
            let _name = reader.take(name * 2)?;
            let _reserved = reader.u16()?;
            reader.u16()?
        }
        Properties::Difference => {
            let _flags = reader.take(2)?;
            let _reserved = reader.u16()?;
            reader.u16()?
        }
    };
    for _ in 0..count {
        let (kind, length) = (reader.u16()?, usize::from(reader.u16()?));
        let _property = reader.take(length.checked_sub(4)?)?;
        if kind > 0x2B {
            return Some(false);
        }
    }
    Some(reader.left().is_empty())
}
