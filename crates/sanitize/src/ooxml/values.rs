//! What is known better of a workbook than the workbook tells: values of cells, pictures of objects, font and widths.
//!
//! Owns: writing it into a workbook that an office program made of an old one. The program calculates some formulas anew, of a
//! formula that calls a macro it makes an error, it leaves objects and controls out, and puts a font of its own in the place
//! of the usual one; the old file has what people saw.
//! Leaves to others: where all this comes from (`legacy`), how Excel writes what an object shows (`objects`) and how wide
//! columns are (`measures`), and judging the workbook afterwards (`super`).

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use worker_protocol::{Kind, Reason, Spot, Threat};

use super::filter::Place;
use super::measures::{self, KnownColumns, KnownFont};
use super::objects::Frame;
use super::outline;
use super::package::{self, Package};
use super::{objects, rules, xml};
use crate::{Refusal, Work, zip_writer};

/// What a cell shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Text(String),
    Truth(bool),
    /// By the number that Excel gives it.
    Error(u8),
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    pub(crate) value: Value,
    pub(crate) is_calculated: bool,
}

/// A place in a sheet: row and column, both from 0.
pub(crate) type CellPlace = (u32, u32);

/// What an object or a control on a sheet shows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KnownObject {
    /// Column, pixels, row, pixels of the upper left corner, then of the lower right.
    pub(crate) anchor: [u32; 8],
    /// A file.
    pub(crate) picture: Vec<u8>,
    pub(crate) frame: Frame,
}

/// Pictures that may still be taken of one workbook. Many objects may show one, and each has a copy.
pub(crate) struct PicturesLeft {
    count: usize,
    bytes: usize,
}

impl Default for PicturesLeft {
    fn default() -> Self {
        Self { count: 1_000, bytes: 64 << 20 }
    }
}

impl PicturesLeft {
    /// Whether one more of this size is taken.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        match (self.count.checked_sub(1), self.bytes.checked_sub(bytes)) {
            (Some(count), Some(bytes)) => {
                *self = Self { count, bytes };
                true
            }
            _ => false,
        }
    }
}

/// What is known of one sheet.
#[derive(Debug, Default)]
pub(crate) struct KnownSheet {
    pub(crate) untrusted_name: String,
    pub(crate) cells: HashMap<CellPlace, Known>,
    pub(crate) objects: Vec<KnownObject>,
    pub(crate) columns: KnownColumns,
}

impl KnownSheet {
    fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.objects.is_empty() && self.columns == KnownColumns::default()
    }
}

/// What is known of a workbook.
#[derive(Debug, Default)]
pub(crate) struct KnownBook {
    /// Its usual font, whose digits are the measure of columns, if that can be told.
    pub(crate) font: Option<KnownFont>,
    pub(crate) sheets: Vec<KnownSheet>,
}

/// Where the office program puts the styles.
const STYLES: &str = "xl/styles.xml";

/// Two numbers this close are the same, written with fewer digits.
const SAME_WITHIN: f64 = 1e-12;

/// Writes what is known into a workbook. Formulas that cannot be calculated without what was a macro become their values.
///
/// # Errors
/// Held when the workbook is damaged; blocked when it is a bomb.
pub(crate) fn restore(
    untrusted: Vec<u8>,
    known: &KnownBook,
    work: &mut Work<'_>,
) -> Result<Vec<u8>, Refusal> {
    if known.sheets.iter().all(KnownSheet::is_empty) && known.font.is_none() {
        return Ok(untrusted);
    }
    let package = Package::open(&untrusted, work)?;
    let by_part = sheets_by_part(&package, &known.sheets, work)?;
    let shown = shown(&package, &by_part, work)?;
    let styles = styles(&package, known.font.as_ref(), work)?;
    let is_replaced = |name: &str| shown.iter().any(|(part, _)| part.eq_ignore_ascii_case(name));
    let mut writer = package::changed(&untrusted, work, is_replaced, |name, bytes, work| {
        let Some(sheet) = by_part.get(&name.to_ascii_lowercase()) else {
            return Ok(styles.clone().filter(|_| name.eq_ignore_ascii_case(STYLES)));
        };
        let text = xml::decode_borrowed(bytes)?;
        // Without the font that they are counted in, widths say nothing.
        let font = known.font.as_ref().filter(|_| styles.is_some());
        let measured = font.and_then(|font| measures::with_columns(&text, &sheet.columns, font));
        let text = measured.as_deref().unwrap_or(&text);
        let rewritten = rewritten(text, &sheet.cells, |reference| {
            let spot = Spot::Cell { untrusted_sheet: sheet.untrusted_name.clone(), reference };
            work.findings.add_at(Threat::DangerousFormula, "Workbook", spot);
        });
        Ok(rewritten.or(measured))
    })?;
    for (name, bytes) in &shown {
        writer.add(name, &zip_writer::Content::Dense(bytes))?;
    }
    writer.finish()
}

/// The styles with the usual font, where it is the one that the office program took for it.
fn styles(
    package: &Package<'_>,
    font: Option<&KnownFont>,
    work: &mut Work<'_>,
) -> Result<Option<String>, Refusal> {
    let Some(font) = font.filter(|_| package.has(STYLES)) else { return Ok(None) };
    let bytes = package.read(STYLES, work)?;
    Ok(measures::with_font(&xml::decode_borrowed(&bytes)?, font))
}

/// The parts that show what objects showed, with the relations of their sheets.
fn shown(
    package: &Package<'_>,
    by_part: &HashMap<String, &KnownSheet>,
    work: &mut Work<'_>,
) -> Result<Vec<(String, Vec<u8>)>, Refusal> {
    let mut parts = Vec::new();
    let mut sheets: Vec<_> = by_part.iter().filter(|(_, sheet)| !sheet.objects.is_empty()).collect();
    sheets.sort_unstable_by_key(|(part, _)| package.place(part));
    for (number, (part, sheet)) in sheets.into_iter().enumerate() {
        // An office program that writes objects itself knows best.
        if objects::has_objects(&package.read(part, work)?) {
            continue;
        }
        let relations = package.relations(part, work)?;
        let drawings = relations.iter().filter(|relation| relation.kind.ends_with("/drawing"));
        let drawings = drawings.filter_map(|relation| package::resolve(part, &relation.target));
        let mut pictures = Vec::new();
        for drawing in drawings.filter(|drawing| package.has(drawing)) {
            let drawing = package.read(&drawing, work)?;
            pictures.extend(objects::corners_of_pictures(&xml::decode_borrowed(&drawing)?));
        }
        // Some objects it writes as pictures.
        let is_there = |object: &KnownObject| {
            let [left, _, top, _, right, _, bottom, _] = object.anchor;
            let wanted = [left, top, right, bottom];
            let is_near = |corners: &[u32; 4]| corners.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 1);
            pictures.iter().any(is_near)
        };
        let missing: Vec<&KnownObject> = sheet.objects.iter().filter(|object| !is_there(object)).collect();
        if !missing.is_empty() {
            parts.extend(objects::parts_of_shown(number, part, relations, &missing));
        }
    }
    Ok(parts)
}

/// The sheets by the parts that they became, in lower case.
fn sheets_by_part<'k>(
    package: &Package<'_>,
    known: &'k [KnownSheet],
    work: &mut Work<'_>,
) -> Result<HashMap<String, &'k KnownSheet>, Refusal> {
    let main = package.relations("", work)?.into_iter().find(|relation| rules::is_main(&relation.kind));
    let main = main.and_then(|relation| package::resolve("", &relation.target));
    let main = main.filter(|part| package.has(part)).ok_or(Refusal::held(Reason::Damaged))?;
    let outline = outline::read(package, &main, Kind::Xlsx, work)?;
    let mut by_part = HashMap::new();
    for (part, place) in outline.parts() {
        let Place::Sheet(name) = place else { continue };
        // A name in an alphabet that was guessed wrongly is no name of a sheet here; their order is the same.
        let by_name = known.iter().find(|sheet| sheet.untrusted_name == *name);
        let by_order = || {
            let position = outline.sheets.iter().position(|sheet| sheet.untrusted_name == *name)?;
            known.get(position).filter(|_| known.len() == outline.sheets.len())
        };
        if let Some(sheet) = by_name.or_else(by_order) {
            by_part.insert(part.to_owned(), sheet);
        }
    }
    Ok(by_part)
}

/// A cell while it is read. Places are those in the text of the sheet.
struct Cell {
    start: usize,
    /// Its start tag without the sort of its value.
    tag: String,
    sort: String,
    reference: String,
    place: CellPlace,
    formula: Option<(usize, usize)>,
    value: Option<(usize, usize)>,
}

/// A sheet with the known values in it; nothing when all of them stood there, or when it cannot be read.
fn rewritten(
    text: &str,
    known: &HashMap<CellPlace, Known>,
    mut dropped_formula: impl FnMut(String),
) -> Option<String> {
    let mut reader = Reader::from_str(text);
    let mut out = String::new();
    let mut copied = 0;
    let mut cell: Option<Cell> = None;
    let mut inner_start = 0;
    let mut before = 0;
    loop {
        let event = reader.read_event().ok()?;
        let after = usize::try_from(reader.buffer_position()).ok()?;
        match event {
            Event::Start(start) => match (start.name().as_ref(), &mut cell) {
                ("c", _) => cell = Cell::begin(&start, before),
                ("f", Some(cell)) => cell.formula = Some((before, after)),
                ("v", Some(_)) => inner_start = after,
                _ => {}
            },
            Event::Empty(empty) => {
                if let ("f", Some(cell)) = (empty.name().as_ref(), &mut cell) {
                    cell.formula = Some((before, after));
                }
            }
            Event::End(end) => match (end.name().as_ref(), &mut cell) {
                ("f", Some(Cell { formula: Some(formula), .. })) => formula.1 = after,
                ("v", Some(cell)) => cell.value = Some((inner_start, before)),
                ("c", _) => {
                    let Some(cell) = cell.take() else { continue };
                    if let Some(written) = cell.written(text, known, &mut dropped_formula) {
                        out.push_str(text.get(copied..cell.start)?);
                        out.push_str(&written);
                        copied = after;
                    }
                }
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
        before = after;
    }
    if copied == 0 {
        return None;
    }
    out.push_str(text.get(copied..)?);
    Some(out)
}

impl Cell {
    fn begin(start: &BytesStart<'_>, at: usize) -> Option<Self> {
        let (mut tag, mut sort, mut reference) = ("<c".to_owned(), String::new(), String::new());
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let value = xml::attribute_value(&attribute).ok()?;
            let key = attribute.key.as_ref();
            if key == "t" {
                sort = value;
                continue;
            }
            tag.push_str(&format!(" {key}=\"{}\"", xml::escape_attribute(&value)));
            if key == "r" {
                reference = value;
            }
        }
        let place = place_of(&reference)?;
        Some(Self { start: at, tag, sort, reference, place, formula: None, value: None })
    }

    /// The cell as it should be; nothing when it is so already.
    fn written(
        &self,
        text: &str,
        known: &HashMap<CellPlace, Known>,
        dropped_formula: &mut impl FnMut(String),
    ) -> Option<String> {
        let known = known.get(&self.place)?;
        let shown = self.value.and_then(|(from, to)| text.get(from..to)).unwrap_or_default();
        let shown = xml::unescaped(shown).ok()?;
        let is_number = matches!(self.sort.as_str(), "" | "n");
        let number = || shown.trim().parse::<f64>().ok().filter(|_| is_number);
        let (sort, value) = match &known.value {
            Value::Number(wanted) => {
                if number() == Some(*wanted) {
                    return None;
                }
                ("", digits(*wanted))
            }
            Value::Text(wanted) => ("str", wanted.clone()),
            Value::Truth(wanted) => ("b", u8::from(*wanted).to_string()),
            Value::Error(code) => ("e", error(*code)?.to_owned()),
        };
        if sort == self.sort && value == shown {
            return None;
        }
        let is_worse = self.sort == "e" && !matches!(known.value, Value::Error(_));
        let is_coarser = matches!((number(), &known.value), (Some(shown), Value::Number(wanted))
            if (shown - wanted).abs() <= SAME_WITHIN * shown.abs().max(wanted.abs()));
        // Without a formula there is nothing that could have been calculated differently, so another value is another cell.
        let is_wanted = match (known.is_calculated, self.formula.is_some()) {
            (true, true) => true,
            (true, false) => is_worse || is_coarser,
            (false, true) => false,
            (false, false) => is_coarser,
        };
        if !is_wanted {
            return None;
        }
        let formula = self.formula.and_then(|(from, to)| text.get(from..to)).unwrap_or_default();
        // The name in it is that of a macro. Any program that opens the clean file would find the same error again.
        let is_lost = is_worse && shown == "#NAME?" && !formula.is_empty();
        if is_lost {
            dropped_formula(self.reference.clone());
        }
        let mut out = self.tag.clone();
        if !sort.is_empty() {
            out.push_str(&format!(" t=\"{sort}\""));
        }
        out.push('>');
        out.push_str(if is_lost { "" } else { formula });
        out.push_str("<v>");
        xml::push_text(&mut out, &value);
        out.push_str("</v></c>");
        Some(out)
    }
}

/// The shortest digits that mean exactly this number.
fn digits(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-5..1e17).contains(&size) { number.to_string() } else { format!("{number:E}") }
}

/// An error as it is written (MS-XLS, section 2.5.10).
fn error(code: u8) -> Option<&'static str> {
    Some(match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        0x2A => "#N/A",
        _ => return None,
    })
}

/// `B12` as row and column.
fn place_of(reference: &str) -> Option<CellPlace> {
    let letters = reference.bytes().take_while(u8::is_ascii_uppercase).count();
    let (letters, row) = reference.split_at_checked(letters)?;
    if letters.is_empty() || letters.len() > 3 || row.len() > 7 {
        return None;
    }
    let column = letters.bytes().fold(0, |sum, letter| sum * 26 + u32::from(letter - b'A') + 1);
    Some((row.parse::<u32>().ok()?.checked_sub(1)?, column - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn calculated(value: Value) -> Known {
        Known { value, is_calculated: true }
    }

    fn given(number: f64) -> Known {
        Known { value: Value::Number(number), is_calculated: false }
    }

    /// What becomes of a sheet with one cell in it, and whose formulas went.
    fn one(cell: &str, known: Known) -> (Option<String>, Vec<String>) {
        let sheet = format!("<worksheet><sheetData><row r=\"1\">{cell}</row></sheetData></worksheet>");
        let mut dropped = Vec::new();
        let out = rewritten(&sheet, &HashMap::from([((0, 1), known)]), |reference| dropped.push(reference));
        let inner = out.map(|out| {
            let inside = out.strip_prefix("<worksheet><sheetData><row r=\"1\">").unwrap();
            inside.strip_suffix("</row></sheetData></worksheet>").unwrap().to_owned()
        });
        (inner, dropped)
    }

    #[test]
    fn values_that_people_saw_come_back() {
        let rows = [
            // A macro's result: the value stays, the formula cannot.
            (
                r#"<c r="B1" s="2" t="e"><f aca="false">rate(A1)</f><v>#NAME?</v></c>"#,
                calculated(Value::Number(35.5)),
                Some(r#"<c r="B1" s="2"><v>35.5</v></c>"#),
            ),
            (
                r#"<c r="B1" t="e"><f>greet()</f><v>#NAME?</v></c>"#,
                calculated(Value::Text("<甲 & 乙>".to_owned())),
                Some(r#"<c r="B1" t="str"><v>&lt;甲 &amp; 乙&gt;</v></c>"#),
            ),
            // Calculated anew, such as a random number: the formula stays.
            (
                r#"<c r="B1"><f>RAND()</f><v>0.5</v></c>"#,
                calculated(Value::Number(0.25)),
                Some(r#"<c r="B1"><f>RAND()</f><v>0.25</v></c>"#),
            ),
            (
                r#"<c r="B1" t="e"><f/><v>#N/A</v></c>"#,
                calculated(Value::Error(0x17)),
                Some(r##"<c r="B1" t="e"><f/><v>#REF!</v></c>"##),
            ),
            (
                r#"<c r="B1" t="b"><f>A1</f><v>0</v></c>"#,
                calculated(Value::Truth(true)),
                Some(r#"<c r="B1" t="b"><f>A1</f><v>1</v></c>"#),
            ),
            // Fewer digits than there were.
            (
                r#"<c r="B1" t="n"><v>22498.2</v></c>"#,
                given(22498.199999999997),
                Some(r#"<c r="B1"><v>22498.199999999997</v></c>"#),
            ),
            (
                r#"<c r="B1"><v>1E300</v></c>"#,
                given(1.0000000000000003e300),
                Some(r#"<c r="B1"><v>1.0000000000000003E300</v></c>"#),
            ),
            // Nothing to do, or another cell than the one that is known.
            (r#"<c r="B1"><f>A1</f><v>36</v></c>"#, calculated(Value::Number(36.0)), None),
            (
                r#"<c r="B1" t="str"><f>A1</f><v>a&amp;b</v></c>"#,
                calculated(Value::Text("a&b".to_owned())),
                None,
            ),
            (r#"<c r="B1"><v>1</v></c>"#, given(2.000000000000001), None),
            (r#"<c r="B1" t="s"><v>1</v></c>"#, given(1.0000000000000002), None),
            (r#"<c r="B1"><f>A1</f><v>1</v></c>"#, given(1.0000000000000002), None),
            (r#"<c r="C1"><f>A1</f><v>1</v></c>"#, calculated(Value::Number(2.0)), None),
            (r#"<c r="B1"><f>A1</f><v>1</v></c>"#, calculated(Value::Error(0x99)), None),
            (r#"<c r="b1"><f>A1</f><v>1</v></c>"#, calculated(Value::Number(2.0)), None),
            (r#"<c r="B1"/>"#, calculated(Value::Number(2.0)), None),
        ];
        for (cell, known, expected) in rows {
            let (written, dropped) = one(cell, known);
            assert_eq!(written.as_deref(), expected, "{cell}");
            let has_gone = expected.is_some_and(|out| cell.contains("<f") && !out.contains("<f"));
            assert_eq!(dropped, if has_gone { vec!["B1".to_owned()] } else { Vec::new() }, "{cell}");
        }
    }

    #[test]
    fn places_are_read() {
        for (reference, expected) in [
            ("A1", Some((0, 0))),
            ("AB12", Some((11, 27))),
            ("XFD1048576", Some((1_048_575, 16_383))),
            ("A0", None),
            ("1", None),
            ("A", None),
            ("ABCD1", None),
            ("A99999999", None),
        ] {
            assert_eq!(place_of(reference), expected, "{reference}");
        }
    }

    proptest! {
        #[test]
        fn digits_mean_the_number(number in any::<f64>().prop_filter("finite", |number| number.is_finite())) {
            prop_assert_eq!(digits(number).parse::<f64>().unwrap(), number);
        }

        #[test]
        fn any_sheet_is_read_to_an_end(sheet in "(<c r=\"B1\"( t=\"(e|n|s|str|b)\")?>|</c>|<f>|</f>|<f/>|<v>|</v>|<c/>|#NAME\\?|1|&|<|>){0,12}") {
            let known = HashMap::from([((0, 1), calculated(Value::Text("x".to_owned())))]);
            rewritten(&sheet, &known, |_| ());
        }
    }
}
