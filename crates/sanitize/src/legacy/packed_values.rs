//! What a binary workbook of Excel (MS-XLSB) keeps for its cells, objects and controls to show.
//!
//! Owns: the order of its sheets, and in each the results of formulas, numbers with more digits than other programs write, and
//! the widths of columns; the usual font.
//! Leaves to others: the pictures of objects (`ooxml::objects`: they lie there as in any other workbook since 2007), and writing
//! all of it into the converted workbook (`ooxml::values`), as for the workbooks of Excel 97 (`values`, `objects`).

use std::collections::HashMap;

use worker_protocol::Reason;

use super::bytes::{place_at, u16_at, u32_at, wide};
use super::values::{SHEETS_MAX, VALUES_MAX, has_many_digits, number_at};
use crate::ooxml::{
    CellPlace, Known, KnownBook, KnownColumns, KnownFont, KnownSheet, Package, PicturesLeft, Usual, Value,
    resolve, shown,
};
use crate::{Refusal, Work};

const WORKBOOK: &str = "xl/workbook.bin";

/// Records by number (MS-XLSB, section 2.3.2).
mod record {
    pub(super) const ROW: u32 = 0;
    pub(super) const NUMBER: u32 = 5;
    pub(super) const FORMULA_TEXT: u32 = 8;
    pub(super) const FORMULA_NUMBER: u32 = 9;
    pub(super) const FORMULA_TRUTH: u32 = 10;
    pub(super) const FORMULA_ERROR: u32 = 11;
    pub(super) const FONT: u32 = 43;
    pub(super) const STYLE: u32 = 47;
    pub(super) const COLUMNS: u32 = 60;
    pub(super) const SHEET: u32 = 156;
    pub(super) const FORMAT: u32 = 485;
    pub(super) const STYLES: u32 = 626;
}

/// Records of one sheet about columns that are kept.
const COLUMNS_MAX: usize = 1_024;

/// The widest column: 255 digits. A larger number means that there is none.
const PARTS_MAX: u32 = 255 * 256;

/// Where the name of a font stands.
const FONT_NAME: usize = 21;

/// Bytes of a cell before its value: column, style, flags.
const CELL_BYTES: usize = 8;

/// What the sheets hold, in the order of the workbook. What cannot be read is as the office program has it.
///
/// # Errors
/// Blocked when a part is a bomb.
pub(super) fn read(untrusted: &[u8], work: &mut Work<'_>) -> Result<KnownBook, Refusal> {
    match sheets(untrusted, work) {
        Err(refusal) if refusal.reason != Reason::Bomb => Ok(KnownBook::default()),
        other => other,
    }
}

fn sheets(untrusted: &[u8], work: &mut Work<'_>) -> Result<KnownBook, Refusal> {
    let package = Package::open(untrusted, work)?;
    let relations = package.relations(WORKBOOK, work)?;
    let workbook = package.read(WORKBOOK, work)?;
    let mut sheets = Vec::new();
    let mut values = 0;
    let mut pictures = PicturesLeft::default();
    for (number, body) in Records(&workbook) {
        let (record::SHEET, Some((id, untrusted_name))) = (number, sheet(body)) else { continue };
        if sheets.len() >= SHEETS_MAX {
            break;
        }
        let target = relations.iter().find(|relation| relation.id == id && !relation.is_external);
        let part = target.and_then(|relation| resolve(WORKBOOK, &relation.target));
        let (cells, columns, objects) = match part.filter(|part| package.has(part)) {
            Some(part) => {
                let bytes = package.read(&part, work)?;
                (
                    cells(&bytes, VALUES_MAX - values),
                    columns(&bytes),
                    shown(&package, &part, &mut pictures, work)?,
                )
            }
            None => Default::default(),
        };
        values += cells.len();
        sheets.push(KnownSheet { untrusted_name, cells, objects, columns });
    }
    let styles = relations.iter().find(|relation| relation.kind.ends_with("/styles"));
    let styles = styles.and_then(|relation| resolve(WORKBOOK, &relation.target));
    let font = match styles.filter(|part| package.has(part)) {
        Some(part) => font(&package.read(&part, work)?),
        None => None,
    };
    Ok(KnownBook { font, sheets })
}

/// The relation and the name of a sheet.
fn sheet(body: &[u8]) -> Option<(String, String)> {
    let (id, after) = text(body, 8)?;
    Some((id, text(body, after)?.0))
}

/// A text of two bytes a character behind their number, and where it ends.
fn text(body: &[u8], at: usize) -> Option<(String, usize)> {
    let start = at.checked_add(4)?;
    let end = start.checked_add(place_at(body, at)?.checked_mul(2)?)?;
    Some((wide(body.get(start..end)?), end))
}

fn cells(untrusted: &[u8], values_max: usize) -> HashMap<CellPlace, Known> {
    let mut cells = HashMap::new();
    let mut row = None;
    for (number, body) in Records(untrusted) {
        if number == record::ROW {
            row = u32_at(body, 0);
            continue;
        }
        let (Some(row), Some(column)) = (row, u32_at(body, 0)) else { continue };
        let byte = || body.get(CELL_BYTES).copied();
        let value = match number {
            record::NUMBER => number_at(body, CELL_BYTES).filter(|n| has_many_digits(*n)).map(Value::Number),
            record::FORMULA_NUMBER => number_at(body, CELL_BYTES).map(Value::Number),
            record::FORMULA_TEXT => text(body, CELL_BYTES).map(|(text, _)| Value::Text(text)),
            record::FORMULA_TRUTH => byte().map(|truth| Value::Truth(truth != 0)),
            record::FORMULA_ERROR => byte().map(Value::Error),
            _ => None,
        };
        let Some(value) = value.filter(is_plain) else { continue };
        if cells.len() >= values_max {
            break;
        }
        cells.insert((row, column), Known { value, is_calculated: number != record::NUMBER });
    }
    cells
}

/// The widths of columns.
fn columns(untrusted: &[u8]) -> KnownColumns {
    let mut columns = KnownColumns::default();
    for (number, body) in Records(untrusted) {
        match number {
            record::COLUMNS => {
                if let (Some(first), Some(last), Some(parts)) =
                    (u32_at(body, 0), u32_at(body, 4), u32_at(body, 8))
                    && columns.own.len() < COLUMNS_MAX
                {
                    columns.own.push((first, last, parts));
                }
            }
            record::FORMAT => {
                let parts = u32_at(body, 0).filter(|parts| *parts <= PARTS_MAX).map(Usual::Parts);
                columns.usual = parts.or_else(|| Some(Usual::Base(u16_at(body, 4)?.into())));
            }
            _ => {}
        }
    }
    columns
}

/// The font whose digits measure columns, where the first font and that of the usual style are one.
fn font(untrusted: &[u8]) -> Option<KnownFont> {
    let fonts = Records(untrusted).filter(|(number, _)| *number == record::FONT);
    let mut fonts = fonts.map(|(_, body)| {
        let untrusted_name = text(body, FONT_NAME)?.0;
        Some(KnownFont { untrusted_name, height: u16_at(body, 0)?.into() })
    });
    let mut styles = Records(untrusted).skip_while(|(number, _)| *number != record::STYLES);
    let (_, style) = styles.find(|(number, _)| *number == record::STYLE)?;
    let first = fonts.next()??;
    let is_same = match usize::from(u16_at(style, 4)?).checked_sub(1) {
        Some(number) => fonts.nth(number)?? == first,
        None => true,
    };
    is_same.then_some(first)
}

/// A text that is none is left to the office program.
fn is_plain(value: &Value) -> bool {
    let strange = |c: char| c.is_control() && c != '\n' || c == char::REPLACEMENT_CHARACTER;
    !matches!(value, Value::Text(text) if text.contains(strange))
}

/// Number and body of each record, as far as they are whole (MS-XLSB, section 2.1.4).
struct Records<'a>(&'a [u8]);

impl<'a> Records<'a> {
    /// A number of up to so many bytes, seven bits each, the lowest first.
    fn number(&mut self, bytes_max: usize) -> Option<u32> {
        let mut number = 0;
        for place in 0..bytes_max {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u32::from(byte & 0x7F) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        // The last byte has no bit to spare: it ends the number in any case.
        Some(number)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.number(2)?;
        let bytes = usize::try_from(self.number(4)?).ok()?;
        let (body, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some((number, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ooxml::{Frame, KnownObject};
    use proptest::prelude::*;

    fn record(number: u32, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        if number < 0x80 {
            out.push(u8::try_from(number).unwrap());
        } else {
            out.extend([u8::try_from(number & 0x7F).unwrap() | 0x80, u8::try_from(number >> 7).unwrap()]);
        }
        assert!(body.len() < 0x80);
        out.push(u8::try_from(body.len()).unwrap());
        out.extend(body);
        out
    }

    fn text(text: &str) -> Vec<u8> {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [u32::try_from(units.len() / 2).unwrap().to_le_bytes().to_vec(), units].concat()
    }

    fn cell(number: u32, column: u32, value: &[u8]) -> Vec<u8> {
        record(number, &[&column.to_le_bytes(), [0; 4].as_slice(), value].concat())
    }

    #[test]
    fn results_of_formulas_and_long_numbers_are_read() {
        let third = (1.0f64 / 3.0).to_le_bytes();
        let sheet = [
            cell(9, 0, &third),
            record(0, &7u32.to_le_bytes()),
            cell(9, 0, &2.5f64.to_le_bytes()),
            cell(10, 1, &[1]),
            cell(11, 2, &[42]),
            cell(8, 3, &text("合計")),
            cell(5, 4, &third),
            cell(5, 5, &2.5f64.to_le_bytes()),
            cell(2, 6, &[0; 4]),
            cell(8, 7, &[9, 0, 0, 0, b'a', 0]),
            cell(8, 8, &text("a\u{1}")),
            cell(9, 9, &f64::NAN.to_le_bytes()),
            // Cut off in the middle.
            vec![9, 16, 0],
        ];
        let found = cells(&sheet.concat(), 100);
        let of = |column| found.get(&(7, column)).map(|known| (known.value.clone(), known.is_calculated));
        assert_eq!(of(0), Some((Value::Number(2.5), true)));
        assert_eq!(of(1), Some((Value::Truth(true), true)));
        assert_eq!(of(2), Some((Value::Error(42), true)));
        assert_eq!(of(3), Some((Value::Text("合計".to_owned()), true)));
        assert_eq!(of(4), Some((Value::Number(1.0 / 3.0), false)));
        assert_eq!(found.len(), 5, "the one before any row has no place");
        assert_eq!(cells(&sheet.concat(), 2).len(), 2);
    }

    #[test]
    fn sheets_have_names_and_relations() {
        let body = [[0; 8].to_vec(), text("rId2"), text("集計")].concat();
        assert_eq!(sheet(&body), Some(("rId2".to_owned(), "集計".to_owned())));
        assert_eq!(sheet(&body[..12]), None);
        let records = [record(156, &body), record(1, &[])].concat();
        assert_eq!(Records(&records).map(|(number, _)| number).collect::<Vec<_>>(), [156, 1]);
    }

    #[test]
    fn what_objects_show_lies_beside_the_sheet_and_widths_in_it() {
        let relations = |list: &[(&str, &str, &str)]| {
            let all = list.iter().map(|(id, kind, target)| {
                format!(
                    r#"<Relationship Id="{id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>"#
                )
            });
            format!("<Relationships>{}</Relationships>", all.collect::<String>())
        };
        let shape = |id: &str, object: &str| {
            format!(
                r##"<v:shape filled="t" fillcolor="#0a0B0c"><v:imagedata o:relid="{id}"/><x:ClientData ObjectType="{object}"><x:Anchor>1,2,3,4,5,6,7,8</x:Anchor></x:ClientData></v:shape>"##
            )
        };
        let shapes =
            [shape("rId1", "Pict"), shape("rId1", "Note"), shape("rId2", "Pict"), shape("rId3", "Pict")];
        let drawing = format!("<xml>{}</xml>", shapes.concat());
        let sheet = [[0; 8].to_vec(), text("rId1"), text("表")].concat();
        let widths: Vec<u8> = [0u32, 2, 2816, 0].iter().flat_map(|number| number.to_le_bytes()).collect();
        let parts = [
            ("[Content_Types].xml", "<Types/>".to_owned().into_bytes()),
            ("xl/workbook.bin", record(156, &sheet)),
            (
                "xl/_rels/workbook.bin.rels",
                relations(&[("rId1", "worksheet", "s.bin"), ("rId2", "styles", "styles.bin")]).into_bytes(),
            ),
            (
                "xl/s.bin",
                [record(485, &[[0xFF; 4].as_slice(), &[8, 0, 0, 0]].concat()), record(60, &widths)].concat(),
            ),
            (
                "xl/styles.bin",
                [
                    record(43, &[&[220, 0], [0; 19].as_slice(), &text("ＭＳ Ｐゴシック")].concat()),
                    record(626, &[]),
                    record(47, &[0; 16]),
                ]
                .concat(),
            ),
            ("xl/_rels/s.bin.rels", relations(&[("rId1", "vmlDrawing", "d.vml")]).into_bytes()),
            ("xl/d.vml", drawing.into_bytes()),
            (
                "xl/_rels/d.vml.rels",
                relations(&[("rId1", "image", "i.png"), ("rId2", "image", "http://203.0.113.1/i.png")])
                    .into_bytes(),
            ),
            ("xl/i.png", b"a picture".to_vec()),
        ];
        let parts = parts.iter().map(|(name, bytes)| (*name, bytes.as_slice()));
        let package = crate::zip_writer::write(parts).unwrap();
        let limits = worker_protocol::Limits::default();
        let (book, _) = crate::picture::tests::with_work(limits, None, |work| read(&package, work).unwrap());
        let frame = Frame { fill: Some("0a0B0c".to_owned()), line: None };
        let object = KnownObject { anchor: [1, 2, 3, 4, 5, 6, 7, 8], picture: b"a picture".to_vec(), frame };
        assert_eq!(book.sheets.len(), 1);
        assert_eq!(book.sheets[0].objects, [object]);
        let columns = KnownColumns { own: vec![(0, 2, 2816)], usual: Some(Usual::Base(8)) };
        let font = KnownFont { untrusted_name: "ＭＳ Ｐゴシック".to_owned(), height: 220 };
        assert_eq!((&book.sheets[0].columns, book.font), (&columns, Some(font)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_an_end(bytes: Vec<u8>) {
            assert!(Records(&bytes).count() <= bytes.len());
            assert!(cells(&bytes, 3).len() <= 3);
        }
    }
}
