//! The values that a workbook of Excel 97 or 95 keeps for its cells, its usual font and the widths of its columns (MS-XLS).
//!
//! Owns: reading the results of formulas, and numbers with more digits than other programs write; font and widths since Excel 97.
//! Leaves to others: writing them into the converted workbook (`ooxml::values`). What else a cell holds, the office program
//! reads well.

use std::collections::HashMap;

use super::bytes::{u16_at, wide};
use super::sheets::SINCE_97;
use crate::ooxml::{CellPlace, Known, KnownBook, KnownFont, KnownSheet, Usual, Value};
use crate::{mail, text};

/// Records by number.
mod record {
    pub(super) const FORMULA: u16 = 0x0006;
    pub(super) const END: u16 = 0x000A;
    pub(super) const FONT: u16 = 0x0031;
    pub(super) const CODE_PAGE: u16 = 0x0042;
    pub(super) const COLUMN_DIGITS: u16 = 0x0055;
    pub(super) const COLUMNS: u16 = 0x007D;
    pub(super) const COLUMN_WIDTH: u16 = 0x0099;
    pub(super) const STYLE: u16 = 0x00E0;
    pub(super) const NUMBER: u16 = 0x0203;
    pub(super) const TEXT: u16 = 0x0207;
    pub(super) const BEGIN: u16 = 0x0809;
}

/// Values of one workbook that are kept. What is beyond is as the office program has it.
pub(super) const VALUES_MAX: usize = 500_000;

/// Sheets of one workbook that are read.
pub(super) const SHEETS_MAX: usize = 5_000;

/// Fonts of one workbook that are kept: as many as it may have.
const FONTS_MAX: usize = 1_024;

/// Records of one sheet about columns that are kept: as many as it may have columns.
const COLUMNS_MAX: usize = 256;

/// Digits that every program writes.
const DIGITS: usize = 15;

/// What is read of a workbook, record by record.
pub(super) struct Values {
    version: u16,
    sheets: Vec<KnownSheet>,
    fonts: Vec<Option<KnownFont>>,
    /// The font of the usual style, which is the first.
    style_font: Option<u16>,
    /// Where the records of a sheet begin → its number.
    starts: HashMap<usize, usize>,
    current: Option<usize>,
    /// Sheets hold charts, and those hold numbers of their own.
    depth: u32,
    /// The formula whose result is a text that follows.
    awaited: Option<CellPlace>,
    code_page: Option<u32>,
    count: usize,
}

impl Values {
    pub(super) fn of(version: u16) -> Self {
        Self {
            version,
            sheets: Vec::new(),
            fonts: Vec::new(),
            style_font: None,
            starts: HashMap::new(),
            current: None,
            depth: 0,
            awaited: None,
            code_page: None,
            count: 0,
        }
    }

    /// Notes that a sheet's records begin at this place.
    pub(super) fn sheet(&mut self, start: Option<usize>, untrusted_name: String) {
        if self.sheets.len() >= SHEETS_MAX {
            return;
        }
        self.starts.extend(start.map(|start| (start, self.sheets.len())));
        self.sheets.push(KnownSheet { untrusted_name, ..KnownSheet::default() });
    }

    /// Reads the record that begins at `at`.
    pub(super) fn record(&mut self, at: usize, number: u16, body: &[u8]) {
        match number {
            record::BEGIN => {
                if self.depth == 0 {
                    self.current = self.starts.get(&at).copied();
                }
                self.depth = self.depth.saturating_add(1);
            }
            record::END => {
                self.depth = self.depth.saturating_sub(1);
                self.awaited = None;
                if self.depth == 0 {
                    self.current = None;
                }
            }
            record::CODE_PAGE => self.code_page = u16_at(body, 0).map(u32::from),
            record::FONT if self.version >= SINCE_97 && self.fonts.len() < FONTS_MAX => {
                self.fonts.push(font(body));
            }
            record::STYLE if self.style_font.is_none() => self.style_font = u16_at(body, 0),
            _ if self.depth != 1 || self.current.is_none() => {}
            record::COLUMN_DIGITS | record::COLUMNS | record::COLUMN_WIDTH => self.columns(number, body),
            record::FORMULA => {
                self.awaited = None;
                self.formula(body);
            }
            record::NUMBER => {
                if let (Some(place), Some(number)) = (place(body), number_at(body, 6))
                    && has_many_digits(number)
                {
                    self.put(place, Value::Number(number), false);
                }
            }
            record::TEXT => {
                if let (Some(place), Some(text)) = (self.awaited.take(), self.text(body)) {
                    self.put(place, Value::Text(text), true);
                }
            }
            _ => {}
        }
    }

    /// The number of the sheet that records now belong to, and not to a chart on it.
    pub(super) fn sheet_being_read(&self) -> Option<usize> {
        self.current.filter(|_| self.depth == 1)
    }

    pub(super) fn into_book(self) -> KnownBook {
        KnownBook { font: self.usual_font(), sheets: self.sheets }
    }

    /// The font whose digits measure columns. Excel takes that of the usual style and other programs the first; where they
    /// are not the same, nobody knows which of them the author's program took.
    fn usual_font(&self) -> Option<KnownFont> {
        let number = usize::from(self.style_font?);
        // There is no font 4.
        let number = if number > 4 { number - 1 } else { number };
        let (first, of_style) = (self.fonts.first()?.as_ref()?, self.fonts.get(number)?.as_ref()?);
        (first == of_style).then(|| first.clone())
    }

    fn columns(&mut self, number: u16, body: &[u8]) {
        let Some(sheet) = self.current.and_then(|current| self.sheets.get_mut(current)) else { return };
        let at = |place| u16_at(body, place).map(u32::from);
        let columns = &mut sheet.columns;
        match number {
            _ if self.version < SINCE_97 => {}
            record::COLUMNS => {
                if let (Some(first), Some(last), Some(parts)) = (at(0), at(2), at(4))
                    && columns.own.len() < COLUMNS_MAX
                {
                    columns.own.push((first, last, parts));
                }
            }
            record::COLUMN_WIDTH => columns.usual = at(0).map(Usual::Parts),
            // The other record, where there is one, is the finer one.
            _ if columns.usual.is_none() => columns.usual = at(0).map(Usual::Digits),
            _ => {}
        }
    }

    fn formula(&mut self, body: &[u8]) {
        let (Some(place), Some(result)) = (place(body), body.get(6..14)) else { return };
        match result {
            [0, .., 0xFF, 0xFF] => self.awaited = Some(place),
            [1, _, truth, .., 0xFF, 0xFF] => self.put(place, Value::Truth(*truth != 0), true),
            [2, _, code, .., 0xFF, 0xFF] => self.put(place, Value::Error(*code), true),
            [3, .., 0xFF, 0xFF] => self.put(place, Value::Text(String::new()), true),
            _ => {
                if let Some(number) = number_at(body, 6) {
                    self.put(place, Value::Number(number), true);
                }
            }
        }
    }

    fn put(&mut self, place: CellPlace, value: Value, is_calculated: bool) {
        let Some(sheet) = self.current.and_then(|current| self.sheets.get_mut(current)) else { return };
        if self.count < VALUES_MAX {
            self.count += 1;
            sheet.cells.insert(place, Known { value, is_calculated });
        }
    }

    /// A text that stands in one record. Longer ones go on in others; they are left to the office program.
    fn text(&self, body: &[u8]) -> Option<String> {
        let chars = usize::from(u16_at(body, 0)?);
        let text = if self.version >= SINCE_97 {
            match body.get(2)? & 1 {
                1 => wide(body.get(3..3 + chars * 2)?),
                // The lower halves of characters whose upper halves are zero.
                _ => body.get(3..3 + chars)?.iter().copied().map(char::from).collect(),
            }
        } else {
            let label = mail::alphabet(self.code_page?)?;
            text::decode_declared(body.get(2..2 + chars)?, Some(label)).text
        };
        let is_plain = !text.chars().any(|c| c.is_control() && c != '\n' || c == char::REPLACEMENT_CHARACTER);
        is_plain.then_some(text)
    }
}

fn font(body: &[u8]) -> Option<KnownFont> {
    let chars = usize::from(*body.get(14)?);
    let name: String = match body.get(15)? & 1 {
        1 => wide(body.get(16..16 + chars * 2)?),
        _ => body.get(16..16 + chars)?.iter().copied().map(char::from).collect(),
    };
    Some(KnownFont { untrusted_name: name, height: u16_at(body, 0)?.into() })
        .filter(|font| !font.untrusted_name.is_empty())
}

fn place(body: &[u8]) -> Option<CellPlace> {
    Some((u32::from(u16_at(body, 0)?), u32::from(u16_at(body, 2)?)))
}

pub(super) fn number_at(body: &[u8], at: usize) -> Option<f64> {
    let bytes: [u8; 8] = body.get(at..at.checked_add(8)?)?.try_into().ok()?;
    Some(f64::from_le_bytes(bytes)).filter(|number| number.is_finite())
}

pub(super) fn has_many_digits(number: f64) -> bool {
    let written = format!("{number:e}");
    let mantissa = written.split('e').next().unwrap_or_default();
    mantissa.bytes().filter(u8::is_ascii_digit).count() > DIGITS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BEGIN: u16 = record::BEGIN;
    const END: u16 = record::END;

    fn formula(result: [u8; 8]) -> Vec<u8> {
        [&[1, 0, 2, 0, 0, 0], result.as_slice(), &[0; 8]].concat()
    }

    /// Two sheets; the records stand in the second.
    fn read(version: u16, records: &[(u16, Vec<u8>)]) -> Vec<(CellPlace, Known)> {
        let mut values = Values::of(version);
        values.record(0, BEGIN, &[]);
        values.record(10, record::CODE_PAGE, &932u16.to_le_bytes());
        values.sheet(Some(100), "甲".to_owned());
        values.sheet(Some(200), "乙".to_owned());
        values.record(90, END, &[]);
        values.record(100, BEGIN, &[]);
        values.record(190, END, &[]);
        values.record(200, BEGIN, &[]);
        for (at, (number, body)) in records.iter().enumerate() {
            values.record(210 + at, *number, body);
        }
        let mut sheets = values.into_book().sheets;
        assert!(sheets[0].cells.is_empty());
        let mut cells: Vec<_> = sheets.remove(1).cells.into_iter().collect();
        cells.sort_by_key(|(place, _)| *place);
        cells
    }

    #[test]
    fn the_first_font_and_the_widths_of_columns_are_read() {
        let font = |name: &str, form: u8| {
            let name: Vec<u8> = match form {
                1 => name.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                _ => name.bytes().collect(),
            };
            let chars = if form == 1 { name.len() / 2 } else { name.len() };
            [&[220, 0], [0; 12].as_slice(), &[u8::try_from(chars).unwrap(), form], &name].concat()
        };
        let other = [&[200], &font("Arial", 0)[1..]].concat();
        let parts = [1u16, 3, 2816, 0, 0].iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>();
        let (digits, parts_usual) = (Some(Usual::Digits(9)), Some(Usual::Parts(2200)));
        let arial = || font("Arial", 0);
        let four = || vec![arial(), other.clone(), other.clone(), other.clone()];
        for (version, fonts, style, widths, expected, usual) in [
            (
                SINCE_97,
                vec![font("ＭＳ Ｐゴシック", 1), arial()],
                0u16,
                vec![],
                Some("ＭＳ Ｐゴシック"),
                None,
            ),
            (SINCE_97, vec![arial()], 0, vec![(0x55, 9u16)], Some("Arial"), digits),
            (SINCE_97, [four(), vec![arial()]].concat(), 5, vec![(0x55, 9)], Some("Arial"), digits),
            (SINCE_97, vec![arial()], 0, vec![(0x99, 2200), (0x55, 9)], Some("Arial"), parts_usual),
            (SINCE_97, vec![arial()], 0, vec![(0x55, 9), (0x99, 2200)], Some("Arial"), parts_usual),
            // Another size, a name that is cut off, a font that is not there, and a version before.
            (SINCE_97, four(), 1, vec![(0x55, 9)], None, digits),
            (SINCE_97, vec![vec![0; 15]], 0, vec![(0x55, 9)], None, digits),
            (SINCE_97, vec![], 0, vec![(0x55, 9)], None, digits),
            (0x0500, vec![arial()], 0, vec![(0x55, 9)], None, None),
        ] {
            let mut values = Values::of(version);
            values.record(0, BEGIN, &[]);
            for font in fonts {
                values.record(1, record::FONT, &font);
            }
            values.record(2, record::STYLE, &style.to_le_bytes());
            values.record(3, record::STYLE, &[9, 0]);
            values.sheet(Some(100), "甲".to_owned());
            values.record(90, END, &[]);
            values.record(100, BEGIN, &[]);
            values.record(101, record::COLUMNS, &parts);
            for (number, width) in &widths {
                values.record(102, *number, &width.to_le_bytes());
            }
            let book = values.into_book();
            let font = book.font.as_ref().map(|font| (font.untrusted_name.as_str(), font.height));
            assert_eq!(font, expected.map(|name| (name, 220)), "{widths:?}");
            let columns = &book.sheets[0].columns;
            assert_eq!(columns.usual, usual, "{widths:?}");
            assert_eq!(columns.own(2), (version >= SINCE_97).then_some(2816));
        }
    }

    /// Version, records, and what is read of them.
    type Row = (u16, Vec<(u16, Vec<u8>)>, Option<Value>);

    #[test]
    fn results_of_formulas_are_read() {
        let text = |result: &str| Value::Text(result.to_owned());
        let special = |sort: u8, value: u8| formula([sort, 0, value, 0, 0, 0, 0xFF, 0xFF]);
        let rows: [Row; 13] = [
            (SINCE_97, vec![(6, formula(36.5f64.to_le_bytes()))], Some(Value::Number(36.5))),
            (SINCE_97, vec![(6, formula(f64::INFINITY.to_le_bytes()))], None),
            (SINCE_97, vec![(6, special(1, 1))], Some(Value::Truth(true))),
            (SINCE_97, vec![(6, special(2, 0x17))], Some(Value::Error(0x17))),
            (SINCE_97, vec![(6, special(3, 0))], Some(text(""))),
            (SINCE_97, vec![(6, special(0, 0)), (0x207, b"\x02\0\0\xE9a".to_vec())], Some(text("éa"))),
            // A shared formula stands between.
            (
                SINCE_97,
                vec![(6, special(0, 0)), (0x4BC, vec![0; 8]), (0x207, b"\x01\0\x01\x32\x75".to_vec())],
                Some(text("甲")),
            ),
            // A text that goes on elsewhere, one of nothing, and one that belongs to no formula.
            (SINCE_97, vec![(6, special(0, 0)), (0x207, b"\x09\0\0abc".to_vec())], None),
            (SINCE_97, vec![(6, special(0, 0)), (END, Vec::new()), (0x207, b"\x01\0\0a".to_vec())], None),
            (SINCE_97, vec![(0x207, b"\x01\0\0a".to_vec())], None),
            (0x0500, vec![(6, special(0, 0)), (0x207, b"\x02\0\x8D\x62".to_vec())], Some(text("甲"))),
            // The numbers of a chart in the sheet are none of its cells.
            (SINCE_97, vec![(BEGIN, Vec::new()), (6, formula(1f64.to_le_bytes())), (END, Vec::new())], None),
            (SINCE_97, vec![(6, vec![1, 0])], None),
        ];
        for (version, records, expected) in rows {
            let found = read(version, &records);
            let expected: Vec<_> =
                expected.map(|value| ((1, 2), Known { value, is_calculated: true })).into_iter().collect();
            assert_eq!(found, expected, "{records:?}");
        }
    }

    #[test]
    fn numbers_with_many_digits_are_read() {
        for (number, expected) in
            [(0.1f64 + 0.2, true), (22498.199999999997, true), (0.1, false), (1e300, false)]
        {
            let body = [&[0; 6], number.to_le_bytes().as_slice()].concat();
            assert_eq!(read(SINCE_97, &[(0x203, body)]).len(), usize::from(expected), "{number}");
        }
    }

    proptest! {
        #[test]
        fn any_records_are_read_to_an_end(
            records in prop::collection::vec(
                (prop_oneof![Just(6u16), Just(0x207), Just(0x203), Just(BEGIN), Just(END), Just(0x42)], prop::collection::vec(any::<u8>(), 0..24)),
                0..12,
            ),
            version in prop_oneof![Just(0x0500u16), Just(SINCE_97)],
        ) {
            read(version, &records);
        }
    }
}
