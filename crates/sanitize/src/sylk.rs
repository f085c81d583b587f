//! SYLK workbooks: their values as a table, because everything else in the format runs.
//!
//! Owns: reading cell records and what a value is, days and times among them.
//! Leaves to others: encodings (`text`), what a spreadsheet would take for a formula (`csv`), what a number format
//! means (`format`).
//!
//! Why a table and not a workbook of values: the format is the danger, not only what stands in it. Excel runs the macros of
//! a SYLK file, for years without its protected view, so gateways and file blocks refuse the extension whatever the
//! content. A table of the same values opens everywhere and runs nowhere.

mod format;

use std::collections::{BTreeMap, HashMap};

use worker_protocol::{Fidelity, Kept, Kind, Mode, Reason, Road, Spot, Threat};

use crate::{Rebuilt, Refusal, Work, csv, text};
use format::Format;

/// The largest sheet that spreadsheets open.
const COLUMNS_MAX: u64 = 16_384;
const ROWS_MAX: u64 = 1_048_576;

/// Cells of the table that is written, empty ones between the others included.
const AREA_MAX: u64 = 4_000_000;

/// Number formats of one workbook.
const FORMATS_MAX: usize = 10_000;

/// Turns a workbook into a table of its values.
pub(crate) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if matches!(mode, Mode::ImagePdf | Mode::InspectOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let decoded = text::decode_declared(untrusted, None);
    let cells = read(&decoded.text, work);
    if cells.is_empty() {
        return Err(Refusal::held(Reason::NothingLeft));
    }
    let count = cells.len() as u64;
    let before = cells.values().map(|value| text::visible_characters(value)).sum();
    let (table, marks) = write(&cells, work)?;
    if mode == Mode::TextOnly {
        return Ok(text::written_down(table, work));
    }
    let after = text::visible_characters(&cells.values().cloned().collect::<String>());
    let fidelity = Fidelity {
        characters: Kept { before, after },
        cells: Kept { before: count, after: count },
        ..Fidelity::default()
    };
    for reference in marks {
        let spot = Spot::Cell { untrusted_sheet: String::new(), reference };
        work.findings.add_at(Threat::DangerousFormula, "", spot);
    }
    // A mark tells the spreadsheet which encoding this is; the old format knew only the machine's own.
    let clean = [b"\xef\xbb\xbf".as_slice(), table.as_bytes()].concat();
    Ok(Rebuilt {
        clean,
        kind: Kind::Csv,
        road: Road::Converted,
        members: Vec::new(),
        fidelity: Some(fidelity),
    })
}

/// What stands between the records: where the next one stands, and how numbers are shown.
#[derive(Default)]
struct Sheet {
    cells: BTreeMap<(u64, u64), String>,
    row: u64,
    column: u64,
    /// Number formats in the order in which they are declared.
    formats: Vec<Format>,
    of_cell: HashMap<(u64, u64), usize>,
    of_row: HashMap<u64, usize>,
    of_column: HashMap<u64, usize>,
    of_sheet: usize,
    /// Whether days are counted from 1904, or from a day that is not known.
    has_other_epoch: bool,
    dropped: text::Dropped,
}

/// The values by row and column, both from 1.
fn read(untrusted_text: &str, work: &mut Work<'_>) -> BTreeMap<(u64, u64), String> {
    let mut sheet = Sheet { row: 1, column: 1, ..Sheet::default() };
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
                    sheet.formats.push(Format::read(pattern));
                }
            }
            // Names may run when the workbook opens; options may make the whole sheet one of macros.
            "NN" | "NE" => work.findings.add(Threat::MacroXlm, "name"),
            "O" => {
                if fields.iter().any(|field| field == "E") {
                    work.findings.add(Threat::MacroXlm, "sheet");
                }
                sheet.has_other_epoch |= fields.iter().any(|field| field.starts_with('V') && field != "V0");
            }
            _ => {}
        }
    }
    sheet.dropped.report(work);
    sheet.cells
}

impl Sheet {
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
        let value = match value.strip_prefix('"') {
            Some(words) => {
                let (words, dropped) = text::without_controls(&said(words));
                self.dropped.join(dropped);
                words
            }
            None => self.shown(at, value),
        };
        if !value.is_empty() {
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
                _ => {}
            }
        }
        let Some(format) = format else { return };
        if is_of_sheet {
            self.of_sheet = format;
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

    /// A number as the workbook shows it, where the number alone would say nothing: a day or a time.
    fn shown(&mut self, at: (u64, u64), value: &str) -> String {
        let (value, dropped) = text::without_controls(value);
        self.dropped.join(dropped);
        let known = [self.of_cell.get(&at), self.of_row.get(&at.0), self.of_column.get(&at.1)];
        let index = known.into_iter().flatten().next().copied().unwrap_or(self.of_sheet);
        match self.formats.get(index) {
            Some(format) if !self.has_other_epoch => format.shown(&value).unwrap_or(value),
            _ => value,
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

/// The fields of a record. A doubled semicolon is one that belongs to the value.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        if c == ';' {
            if rest.peek() == Some(&';') {
                rest.next();
            } else {
                fields.push(String::new());
                continue;
            }
        }
        if let Some(last) = fields.last_mut() {
            last.push(c);
        }
    }
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

/// The table, and the cells that got an apostrophe.
fn write(
    cells: &BTreeMap<(u64, u64), String>,
    work: &mut Work<'_>,
) -> Result<(String, Vec<String>), Refusal> {
    let rows = cells.keys().map(|(row, _)| *row).max().unwrap_or_default();
    let mut out = String::new();
    let mut marks = Vec::new();
    let (mut row, mut column) = (1, 1);
    let mut area = rows;
    for ((at_row, at_column), value) in cells {
        if *at_row > row {
            area += at_row - row;
            (row..*at_row).for_each(|_| out.push_str("\r\n"));
            (row, column) = (*at_row, 1);
        }
        area += at_column - column;
        if area > AREA_MAX {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        (column..*at_column).for_each(|_| out.push(','));
        column = *at_column;
        if csv::push_cell(&mut out, value) {
            marks.push(csv::cell_reference(at_column - 1, *at_row));
        }
    }
    out.push_str("\r\n");
    work.budget.spend(out.len() as u64)?;
    Ok((out, marks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial;
    use proptest::prelude::*;
    use worker_protocol::Outcome;

    fn run(bytes: &[u8]) -> Outcome {
        trial::run(&trial::job("a.slk"), bytes)
    }

    #[test]
    fn values_become_a_table_and_macros_stay_behind() {
        let given = "ID;PWXL;N;E\r\nP;PGeneral\r\nB;Y3;X2\r\nO;E\r\nNN;NAuto_open;ER1C1\r\n\
                     C;Y1;X1;K\"氏名; 住所\"\r\nC;X3;K12.50\r\nF;Y3;X2\r\nC;K\"=cmd|' /c calc'!A0\"\r\n\
                     C;Y2;X1;ESUM(R1C3);K7\r\nC;Y3;X1;EEXEC(\"calc\");K0\r\nE\r\n"
            .replace("; 住所", ";; 住所");
        let outcome = run(&encoding_rs::SHIFT_JIS.encode(&given).0);
        let report = outcome.report;
        assert_eq!((report.clean_kind, report.road), (Some(Kind::Csv), Some(Road::Converted)));
        assert_eq!(report.clean_name, "a.csv");
        let clean = String::from_utf8(outcome.clean.unwrap()).unwrap();
        assert_eq!(clean, "\u{feff}\"氏名; 住所\",,12.50\r\n7\r\n0,'=cmd|' /c calc'!A0\r\n");
        let what: Vec<Threat> = report.removals.iter().map(|r| r.what).collect();
        assert!(what.contains(&Threat::MacroXlm) && what.contains(&Threat::DangerousFormula), "{what:?}");
    }

    #[test]
    fn days_and_times_are_written_as_such() {
        let given = "ID;PXL;N;E\nP;PGeneral\nP;Pm/d/yy\nP;Ph:mm:ss\nP;P0%\nP;FArial;M200\nF;P0;DG0G8\nF;P1;FG0C;C2\n\
                     F;P2;R3\nC;Y1;X1;K37651\nC;X2;K37651\nF;P0;X3\nC;K37651\nC;Y2;X2;K-1\nF;P1;X3;Y2\nC;K\"37651\"\n\
                     C;Y3;X1;K0.5\nF;P3;X4;Y3\nC;K0.07\nE\n";
        let expected = "\u{feff}37651,2003-01-30,37651\r\n,-1,37651\r\n12:00:00,,,0.07\r\n";
        assert_eq!(String::from_utf8(run(given.as_bytes()).clean.unwrap()).unwrap(), expected);
        // Days that are counted from elsewhere stay the numbers they are.
        let other = given.replace("F;P0;DG0G8\n", "F;P0;DG0G8\nO;L;V4\n");
        let clean = String::from_utf8(run(other.as_bytes()).clean.unwrap()).unwrap();
        assert!(clean.starts_with("\u{feff}37651,37651,37651\r\n"), "{clean}");
    }

    #[test]
    fn escapes_stand_for_characters() {
        let given =
            "ID;PXL;N;E\nC;Y1;X1;K\"one\u{1b} :two\"\nC;X2;K\"a\u{1b}\"\nC;X3;K\"b\u{1b}!0c\u{1b} 0\"\nE\n";
        let outcome = run(given.as_bytes());
        let clean = String::from_utf8(outcome.clean.unwrap()).unwrap();
        assert_eq!(clean, "\u{feff}\"one\ntwo\",a,bc\r\n");
        assert!(outcome.report.removals.iter().any(|removal| removal.what == Threat::HiddenData));
    }

    #[test]
    fn lines_may_end_in_any_way() {
        for end in ["\r", "\n", "\r\n"] {
            let given = ["ID;PXL;N;E", "C;Y1;X1;K\"a\"", "F;P0;X2", "C;K2", "E"].join(end);
            assert_eq!(run(given.as_bytes()).clean.unwrap(), b"\xef\xbb\xbfa,2\r\n", "{end:?}");
        }
    }

    #[test]
    fn a_sheet_of_nothing_and_a_sheet_too_large_end() {
        assert_eq!(run(b"ID;PWXL\nE\n").report.reason, Some(Reason::NothingLeft));
        let wide: String = (1..2000).map(|row| format!("C;Y{row};X16384;K1\n")).collect();
        assert_eq!(run(format!("ID;PWXL\n{wide}").as_bytes()).report.reason, Some(Reason::TooComplex));
        let far = "ID;PWXL\nC;Y999999999999;X1;K1\nC;Y1;X1;K2\n";
        assert_eq!(run(far.as_bytes()).clean.unwrap(), b"\xef\xbb\xbf2\r\n");
    }

    proptest! {
        #[test]
        fn any_records_end(lines in "(ID;P|C;|F;P0;|P;Pm/d|[XYKECR][0-9\"=;.\u{1b} ]{0,6};|\n|NN|O;E){0,40}") {
            run(format!("ID;PWXL\n{lines}").as_bytes());
        }
    }
}
