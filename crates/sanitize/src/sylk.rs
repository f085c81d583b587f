//! SYLK workbooks: their values in a workbook of today, because everything else in the format runs.
//!
//! Owns: reading cell records, what a value is, how numbers are shown and how wide columns are.
//! Leaves to others: encodings (`text`), the package around the sheet (`workbook`), what of it may stay (`ooxml`).
//!
//! Why it does not stay what it is: the format is the danger, not only what stands in it. Excel runs the macros of a SYLK
//! file, for years without its protected view, so gateways and file blocks refuse the extension whatever the content. In
//! a workbook words stay words, also those that look like numbers or formulas, which a table of plain text cannot say.

use std::collections::{BTreeMap, HashMap};

use worker_protocol::{Kind, Mode, Reason, Road, Spot, Threat};

use crate::workbook::{self, COLUMNS_MAX, MAIN, ROWS_MAX};
use crate::xml::escape_attribute;
use crate::{Rebuilt, Refusal, Work, csv, text};

/// Number formats of one workbook.
const FORMATS_MAX: usize = 10_000;

/// Records about widths that are read; each may name every column.
const WIDTHS_MAX: usize = 1_000;

/// The longest number format that spreadsheets take, in characters.
const FORMAT_CHARS_MAX: usize = 255;

/// Turns a workbook into one of today that holds its values.
pub(crate) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if mode == Mode::InspectOnly {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let decoded = text::decode_declared(untrusted, None);
    let sheet = Sheet::read(&decoded.text, work);
    if sheet.cells.is_empty() {
        return Err(Refusal::held(Reason::NothingLeft));
    }
    let sheets = [workbook::Sheet { name: "Sheet1".to_owned(), written: sheet.written(work)? }];
    let package = workbook::package(&sheets, &sheet.styles(), sheet.is_from_1904)?;
    work.budget.spend(package.len() as u64)?;
    let rebuilt = crate::rebuild(Kind::Xlsx, mode, &package, "", work)?;
    let road = if rebuilt.road == Road::Rebuilt { Road::Converted } else { rebuilt.road };
    Ok(Rebuilt { road, ..rebuilt })
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Words(String),
    Number(String),
    Truth(bool),
    /// One of the errors that spreadsheets know.
    Error(String),
}

/// The sheet, and what stands between its records: where the next one stands, and how numbers are shown.
#[derive(Default)]
struct Sheet {
    /// By row and column, both from 1.
    cells: BTreeMap<(u64, u64), Value>,
    row: u64,
    column: u64,
    /// Number formats in the order in which they are declared.
    formats: Vec<String>,
    of_cell: HashMap<(u64, u64), usize>,
    of_row: HashMap<u64, usize>,
    of_column: HashMap<u64, usize>,
    of_sheet: Option<usize>,
    /// Widths of columns in characters, and how many records told of them.
    widths: BTreeMap<u64, u64>,
    widths_read: usize,
    /// Whether days are counted from 1904.
    is_from_1904: bool,
    dropped: text::Dropped,
}

impl Sheet {
    fn read(untrusted_text: &str, work: &mut Work<'_>) -> Self {
        let mut sheet = Self { row: 1, column: 1, ..Self::default() };
        // Some programs end lines with a carriage return alone.
        for line in untrusted_text.split(['\r', '\n']) {
            let fields = fields(line);
            let Some((record, fields)) = fields.split_first() else { continue };
            match record.as_str() {
                "C" => sheet.cell(fields, work),
                "F" => sheet.format(fields),
                "P" => {
                    let pattern = fields.iter().find_map(|field| field.strip_prefix('P'));
                    if let Some(pattern) = pattern.filter(|_| sheet.formats.len() < FORMATS_MAX) {
                        let (pattern, dropped) = text::without_controls(pattern);
                        sheet.dropped.join(dropped);
                        sheet.formats.push(pattern);
                    }
                }
                // Names may run when the workbook opens; options may make the whole sheet one of macros.
                "NN" | "NE" => work.findings.add(Threat::MacroXlm, "name"),
                "O" => {
                    if fields.iter().any(|field| field == "E") {
                        work.findings.add(Threat::MacroXlm, "sheet");
                    }
                    sheet.is_from_1904 |= fields.iter().any(|field| field == "V4");
                }
                _ => {}
            }
        }
        std::mem::take(&mut sheet.dropped).report(work);
        sheet
    }

    fn cell(&mut self, fields: &[String], work: &mut Work<'_>) {
        let (mut value, mut formula) = (None, None);
        for field in fields {
            let mut letters = field.chars();
            let (letter, rest) = (letters.next(), letters.as_str());
            match letter {
                Some('X') => self.column = rest.parse().unwrap_or(self.column),
                Some('Y') => self.row = rest.parse().unwrap_or(self.row),
                Some('K') => value = Some(rest),
                Some('E') => formula = Some(rest),
                _ => {}
            }
        }
        let at = (self.row, self.column);
        let is_inside = (1..=COLUMNS_MAX).contains(&self.column) && (1..=ROWS_MAX).contains(&self.row);
        if let Some(formula) = formula {
            let reference = csv::cell_reference(self.column.saturating_sub(1), self.row);
            let spot = Spot::Cell { untrusted_sheet: String::new(), reference };
            work.findings.add_at(threat_of(formula), "formula", spot);
        }
        let Some(value) = value.filter(|_| is_inside) else { return };
        let (said, is_words) = match value.strip_prefix('"') {
            Some(words) => (text::without_controls(&said(words)), true),
            None => (text::without_controls(value), false),
        };
        self.dropped.join(said.1);
        if !said.0.is_empty() {
            let value = if is_words { Value::Words(said.0) } else { Value::bare(said.0) };
            self.cells.insert(at, value);
        }
    }

    fn format(&mut self, fields: &[String]) {
        let (mut format, mut column, mut row) = (None, None, None);
        let (mut is_of_cell, mut is_of_sheet) = (true, false);
        for field in fields {
            let mut letters = field.chars();
            let (letter, rest) = (letters.next(), letters.as_str());
            match letter {
                Some('X') => self.column = rest.parse().unwrap_or(self.column),
                Some('Y') => self.row = rest.parse().unwrap_or(self.row),
                Some('P') => format = rest.parse().ok(),
                Some('C') => column = rest.parse().ok(),
                Some('R') => row = rest.parse().ok(),
                // The form and width of all cells.
                Some('D') => is_of_sheet = true,
                Some('W') => self.width(rest),
                _ => {}
            }
        }
        let Some(format) = format else { return };
        if is_of_sheet {
            self.of_sheet = Some(format);
            is_of_cell = false;
        }
        if let Some(column) = column {
            self.of_column.insert(column, format);
            is_of_cell = false;
        }
        if let Some(row) = row {
            self.of_row.insert(row, format);
            is_of_cell = false;
        }
        if is_of_cell {
            self.of_cell.insert((self.row, self.column), format);
        }
    }

    /// The first column, the last one and their width.
    fn width(&mut self, said: &str) {
        let numbers: Vec<u64> = said.split(' ').map_while(|number| number.parse().ok()).collect();
        if let [first, last, width] = numbers.as_slice()
            && self.widths_read < WIDTHS_MAX
            && (1..=COLUMNS_MAX).contains(first)
            && (first..=&COLUMNS_MAX).contains(&last)
            && (1..=255).contains(width)
        {
            self.widths_read += 1;
            self.widths.extend((*first..=*last).map(|column| (column, *width)));
        }
    }

    /// The style of a cell: the first is that of cells without a format, the others are the formats in their order.
    fn style(&self, at: (u64, u64)) -> usize {
        let known = [self.of_cell.get(&at), self.of_row.get(&at.0), self.of_column.get(&at.1)];
        let format = known.into_iter().flatten().next().copied().or(self.of_sheet);
        format.filter(|format| *format < self.formats.len()).map_or(0, |format| format + 1)
    }

    fn written(&self, work: &mut Work<'_>) -> Result<String, Refusal> {
        let mut out = format!("<worksheet xmlns=\"{MAIN}\">");
        if !self.widths.is_empty() {
            out.push_str("<cols>");
            let mut widths = self.widths.iter().peekable();
            while let Some((first, width)) = widths.next() {
                // Columns side by side that are as wide are told of once; a record may name all of them.
                let mut last = *first;
                while widths.next_if(|(column, next)| **column == last + 1 && *next == width).is_some() {
                    last += 1;
                }
                out.push_str(&format!(
                    "<col min=\"{first}\" max=\"{last}\" width=\"{width}\" customWidth=\"1\"/>"
                ));
            }
            out.push_str("</cols>");
        }
        out.push_str("<sheetData>");
        let mut open_row = None;
        for (at, value) in &self.cells {
            let (row, column) = *at;
            if open_row != Some(row) {
                out.push_str(if open_row.is_some() { "</row>" } else { "" });
                out.push_str(&format!("<row r=\"{row}\">"));
                open_row = Some(row);
            }
            let reference = csv::cell_reference(column - 1, row);
            let start = format!("<c r=\"{reference}\" s=\"{}\"", self.style(*at));
            match value {
                Value::Words(words) => workbook::push_words(&mut out, &start, words),
                Value::Number(number) => out.push_str(&format!("{start}><v>{number}</v></c>")),
                Value::Truth(truth) => {
                    out.push_str(&format!("{start} t=\"b\"><v>{}</v></c>", u8::from(*truth)));
                }
                Value::Error(error) => out.push_str(&format!("{start} t=\"e\"><v>{error}</v></c>")),
            }
        }
        out.push_str("</row></sheetData></worksheet>");
        work.budget.spend(out.len() as u64)?;
        Ok(out)
    }

    fn styles(&self) -> String {
        let (mut codes, mut rows) = (String::new(), String::new());
        for (at, pattern) in self.formats.iter().enumerate() {
            let is_code = !pattern.is_empty()
                && !pattern.eq_ignore_ascii_case("general")
                && pattern.chars().count() <= FORMAT_CHARS_MAX;
            let number = if is_code { 164 + at } else { 0 };
            if is_code {
                codes.push_str(&format!(
                    "<numFmt numFmtId=\"{number}\" formatCode=\"{}\"/>",
                    escape_attribute(pattern)
                ));
            }
            rows.push_str(&format!(
                "<xf numFmtId=\"{number}\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>"
            ));
        }
        let codes = if codes.is_empty() { codes } else { format!("<numFmts>{codes}</numFmts>") };
        format!(
            "<styleSheet xmlns=\"{MAIN}\">{codes}<fonts><font><sz val=\"11\"/><name val=\"Yu Gothic\"/></font></fonts>\
             <fills><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
             <borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
             <cellStyleXfs><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
             <cellXfs><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>{rows}</cellXfs>\
             <cellStyles><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>"
        )
    }
}

impl Value {
    /// A value without quotes.
    fn bare(said: String) -> Self {
        const ERRORS: [&str; 7] = ["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"];
        let upper = said.trim().to_ascii_uppercase();
        match upper.as_str() {
            "TRUE" => return Self::Truth(true),
            "FALSE" => return Self::Truth(false),
            error if ERRORS.contains(&error) => return Self::Error(upper),
            _ => {}
        }
        // What a program would read as a number, and no `inf` or `nan`.
        let is_spelled = upper.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'E'));
        match upper.parse::<f64>() {
            Ok(number) if is_spelled && number.is_finite() => Self::Number(upper),
            _ => Self::Words(said),
        }
    }
}

fn threat_of(formula: &str) -> Threat {
    let upper = formula.to_ascii_uppercase();
    const MACRO_CALLS: [&str; 9] =
        ["EXEC(", "CALL(", "REGISTER(", "HALT(", "RUN(", "FORMULA(", "RETURN(", "ALERT(", "FOPEN("];
    if MACRO_CALLS.iter().any(|call| upper.contains(call)) {
        Threat::MacroXlm
    } else if upper.contains('|') || upper.contains("HYPERLINK(") || upper.contains("WEBSERVICE(") {
        Threat::DangerousFormula
    } else {
        // Its value stays; that it was calculated is lost with the format.
        Threat::Extension
    }
}

/// The fields of a record. A doubled semicolon is one that belongs to the value, and so is any between the quotes of
/// words: some programs do not double those.
fn fields(line: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut in_words = false;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let is_doubled = c == ';' && rest.next_if_eq(&';').is_some();
        let is_closed = field.get(2..).is_some_and(|words| words.ends_with('"'));
        if c == ';' && !is_doubled && (!in_words || is_closed) {
            fields.push(std::mem::take(&mut field));
            in_words = false;
            continue;
        }
        field.push(c);
        in_words |= field == "K\"";
    }
    fields.push(field);
    fields
}

/// The words of a string whose first quote is gone: without the last one, with the characters that stand behind an
/// escape as two pieces of a byte.
fn said(value: &str) -> String {
    let inner = value.strip_suffix('"').unwrap_or(value).replace("\"\"", "\"");
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner.as_str();
    while let Some(at) = rest.find('\u{1b}') {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let mut letters = escape.chars();
        letters.next();
        let pieces = (letters.next().map(u32::from), letters.next().map(u32::from));
        match pieces {
            (Some(high @ 0x20..=0x2F), Some(low @ 0x30..=0x3F)) => {
                out.extend(char::from_u32((high - 0x20) << 4 | (low - 0x30)));
                rest = letters.as_str();
            }
            _ => rest = escape.strip_prefix('\u{1b}').unwrap_or_default(),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial;
    use proptest::prelude::*;
    use worker_protocol::{Limits, Outcome, Preview, TextBlock};

    fn run(bytes: &[u8]) -> Outcome {
        trial::run(&trial::job("a.slk"), bytes)
    }

    /// The rows that a reader of the result sees.
    fn shown(outcome: &Outcome) -> Vec<String> {
        assert_eq!(
            (outcome.report.clean_kind, outcome.report.road),
            (Some(Kind::Xlsx), Some(Road::Converted)),
            "{:?}",
            outcome.report
        );
        let clean = outcome.clean.as_ref().unwrap();
        let Some((Preview::Text { blocks, .. }, _)) = crate::preview(Kind::Xlsx, clean, &Limits::default())
        else {
            panic!("no preview")
        };
        let tables = blocks.into_iter().filter_map(|block| match block {
            TextBlock::Table { rows } => Some(rows),
            _ => None,
        });
        tables.flatten().map(|row| row.join("|")).collect()
    }

    fn part(outcome: &Outcome, name: &str) -> String {
        let clean = outcome.clean.as_ref().unwrap();
        let listing = crate::zip_reader::read(clean, &Limits::default()).unwrap();
        let entry = listing.entries.iter().find(|e| e.untrusted_name == name.as_bytes()).unwrap();
        let mut budget = crate::bounded::Budget::new(Limits::default());
        String::from_utf8(entry.expand(clean, &mut budget).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn values_become_a_workbook_and_macros_stay_behind() {
        let given = "ID;PWXL;N;E\r\nP;PGeneral\r\nB;Y3;X2\r\nO;E\r\nNN;NAuto_open;ER1C1\r\n\
                     C;Y1;X1;K\"氏名; 住所\"\r\nC;X3;K12.50\r\nF;Y3;X2\r\nC;K\"=cmd|' /c calc'!A0\"\r\n\
                     C;Y2;X1;ESUM(R1C3);K7\r\nC;Y3;X1;EEXEC(\"calc\");K0\r\nE\r\n"
            .replace("; 住所", ";; 住所");
        let outcome = run(&encoding_rs::SHIFT_JIS.encode(&given).0);
        assert_eq!(outcome.report.clean_name, "a.xlsx");
        assert_eq!(shown(&outcome), ["氏名; 住所||12.50", "7", "0|=cmd|' /c calc'!A0"]);
        // What looks like a formula is a cell of words, which no program runs.
        let sheet = part(&outcome, "xl/worksheets/sheet1.xml");
        assert!(!sheet.contains("<f>") && sheet.contains("r=\"B3\" s=\"0\" t=\"inlineStr\""), "{sheet}");
        assert!(trial::has(&outcome, Threat::MacroXlm), "{:?}", outcome.report);
        let kept = outcome.report.fidelity.unwrap();
        assert_eq!((kept.cells.before, kept.cells.after), (5, 5));
        let again = trial::run(&trial::job("a.xlsx"), outcome.clean.as_ref().unwrap());
        assert!(again.report.removals.is_empty(), "{:?}", again.report);
    }

    #[test]
    fn words_stay_words_and_values_what_they_are() {
        let given = "ID;PWXL;N;E\nC;Y1;X1;K\"007\"\nC;X2;K\"1E5\"\nC;X3;KTRUE\nC;X4;K#DIV/0!\nC;X5;Kinf\nC;X6;K+1.5e3\n\
                     C;X7;K\"TRUE\"\nC;X8;K#EVIL<\nE\n";
        let sheet = part(&run(given.as_bytes()), "xl/worksheets/sheet1.xml");
        let words = |name: &str, said: &str| {
            format!(
                "<c r=\"{name}\" s=\"0\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{said}</t></is></c>"
            )
        };
        for cell in [
            words("A1", "007"),
            words("B1", "1E5"),
            "<c r=\"C1\" s=\"0\" t=\"b\"><v>1</v></c>".to_owned(),
            "<c r=\"D1\" s=\"0\" t=\"e\"><v>#DIV/0!</v></c>".to_owned(),
            words("E1", "inf"),
            "<c r=\"F1\" s=\"0\"><v>+1.5E3</v></c>".to_owned(),
            words("G1", "TRUE"),
            words("H1", "#EVIL&lt;"),
        ] {
            assert!(sheet.contains(&cell), "{cell}\n{sheet}");
        }
    }

    #[test]
    fn days_and_times_are_shown_as_such() {
        let given = "ID;PXL;N;E\nP;PGeneral\nP;Pm/d/yy\nP;Ph:mm:ss\nP;P0%\nP;FArial;M200\nF;P0;DG0G8\nF;P1;FG0C;C2\n\
                     F;P2;R3\nF;W1 9 14\nF;W4 4 20\nC;Y1;X1;K37651\nC;X2;K37651\nF;P0;X3\nC;K37651\nC;Y2;X2;K-1\nF;P1;X3;Y2\nC;K\"37651\"\n\
                     C;Y3;X1;K0.5\nF;P3;X4;Y3\nC;K0.07\nE\n";
        let outcome = run(given.as_bytes());
        assert_eq!(shown(&outcome), ["37651|2003-01-30|37651", "|-1|37651", "12:00:00|||0.07"]);
        assert!(part(&outcome, "xl/styles.xml").contains("formatCode=\"m/d/yy\""));
        let columns = "<cols><col min=\"1\" max=\"3\" width=\"14\" customWidth=\"1\"/><col min=\"4\" max=\"4\" width=\"20\" \
                       customWidth=\"1\"/><col min=\"5\" max=\"9\" width=\"14\" customWidth=\"1\"/></cols>";
        assert!(part(&outcome, "xl/worksheets/sheet1.xml").contains(columns));
        // The same days, counted from elsewhere.
        let other = given.replace("F;P0;DG0G8\n", "F;P0;DG0G8\nO;L;V4\n").replace("X2;K37651", "X2;K36189");
        assert_eq!(shown(&run(other.as_bytes())).first().unwrap(), "37651|2003-01-30|37651");
        let text = trial::run(&trial::job_in("a.slk", Mode::TextOnly), given.as_bytes());
        assert!(String::from_utf8(text.clean.unwrap()).unwrap().contains("2003-01-30"));
    }

    #[test]
    fn semicolons_between_quotes_belong_to_the_words() {
        let rows = [
            ("C;K\"a;b\"", ["C", "K\"a;b\""].as_slice()),
            ("C;K\"a;;b\";X2", &["C", "K\"a;b\"", "X2"]),
            ("C;K\"a; \";X2", &["C", "K\"a; \"", "X2"]),
            ("C;K\";\";E1", &["C", "K\";\"", "E1"]),
            ("C;K\"\";E1", &["C", "K\"\"", "E1"]),
            ("C;K\"never closed;E1", &["C", "K\"never closed;E1"]),
            ("C;K1;ER1C1;;x", &["C", "K1", "ER1C1;x"]),
            ("", &[""]),
        ];
        for (line, expected) in rows {
            assert_eq!(fields(line), expected, "{line}");
        }
    }

    #[test]
    fn escapes_stand_for_characters() {
        let given =
            "ID;PXL;N;E\nC;Y1;X1;K\"one\u{1b} :two\"\nC;X2;K\"a\u{1b}\"\nC;X3;K\"b\u{1b}!0c\u{1b} 0\"\nE\n";
        let outcome = run(given.as_bytes());
        assert_eq!(shown(&outcome), ["one\ntwo|a|bc"]);
        assert!(trial::has(&outcome, Threat::HiddenData));
    }

    #[test]
    fn lines_may_end_in_any_way() {
        for end in ["\r", "\n", "\r\n"] {
            let given = ["ID;PXL;N;E", "C;Y1;X1;K\"a\"", "F;P0;X2", "C;K2", "E"].join(end);
            assert_eq!(shown(&run(given.as_bytes())), ["a|2"], "{end:?}");
        }
    }

    #[test]
    fn a_sheet_of_nothing_and_a_sheet_too_large_end() {
        assert_eq!(run(b"ID;PWXL\nE\n").report.reason, Some(Reason::NothingLeft));
        // Only cells that hold something take room.
        let wide: String = (1..2000).map(|row| format!("C;Y{row};X16384;K1\n")).collect();
        assert!(run(format!("ID;PWXL\n{wide}").as_bytes()).clean.is_some());
        let far = "ID;PWXL\nF;W9 99999999999 3\nF;W1 16384 300\nC;Y999999999999;X1;K1\nC;Y1;X1;K2\n";
        assert_eq!(shown(&run(far.as_bytes())), ["2"]);
    }

    proptest! {
        #[test]
        fn any_records_end(lines in "(ID;P|C;|F;P0;|P;Pm/d|F;W1 [0-9 ]{0,4}|[XYKECR][0-9\"=;.\u{1b} ]{0,6};|\n|NN|O;E){0,40}") {
            run(format!("ID;PWXL\n{lines}").as_bytes());
        }
    }
}
