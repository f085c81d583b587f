//! SYLK workbooks: their values as a table, because everything else in the format runs.
//!
//! Owns: reading cell records and what a value is.
//! Leaves to others: encodings (`text`), what a spreadsheet would take for a formula (`csv`).

use std::collections::BTreeMap;

use worker_protocol::{Fidelity, Kept, Kind, Mode, Reason, Road, Spot, Threat};

use crate::{Rebuilt, Refusal, Work, csv, text};

/// The largest sheet that spreadsheets open.
const COLUMNS_MAX: u64 = 16_384;
const ROWS_MAX: u64 = 1_048_576;

/// Cells of the table that is written, empty ones between the others included.
const AREA_MAX: u64 = 4_000_000;

/// Turns a workbook into a table of its values.
pub(crate) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if matches!(mode, Mode::ImagePdf | Mode::InspectOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let mut decoded = text::decode_declared(untrusted, None);
    decoded.drop_controls().report(work);
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

/// The values by row and column, both from 1.
fn read(untrusted_text: &str, work: &mut Work<'_>) -> BTreeMap<(u64, u64), String> {
    let mut cells = BTreeMap::new();
    let (mut row, mut column) = (1u64, 1u64);
    // Some programs end lines with a carriage return alone.
    for line in untrusted_text.split(['\r', '\n']) {
        let fields = fields(line);
        let Some((record, fields)) = fields.split_first() else { continue };
        match record.as_str() {
            "C" | "F" => {
                let mut value = None;
                let mut formula = None;
                for field in fields {
                    let mut letters = field.chars();
                    let (letter, rest) = (letters.next(), letters.as_str());
                    match letter {
                        Some('X') => column = rest.parse().unwrap_or(column),
                        Some('Y') => row = rest.parse().unwrap_or(row),
                        Some('K') if record == "C" => value = Some(shown(rest)),
                        Some('E') if record == "C" => formula = Some(rest.to_owned()),
                        _ => {}
                    }
                }
                let is_inside = (1..=COLUMNS_MAX).contains(&column) && (1..=ROWS_MAX).contains(&row);
                let spot = || Spot::Cell {
                    untrusted_sheet: String::new(),
                    reference: csv::cell_reference(column.saturating_sub(1), row),
                };
                if let Some(formula) = formula {
                    work.findings.add_at(threat_of(&formula), "formula", spot());
                }
                if let Some(value) = value.filter(|value| is_inside && !value.is_empty()) {
                    cells.insert((row, column), value);
                }
            }
            // Names may run when the workbook opens; options may make the whole sheet one of macros.
            "NN" | "NE" => work.findings.add(Threat::MacroXlm, "name"),
            "O" if fields.iter().any(|field| field == "E") => work.findings.add(Threat::MacroXlm, "sheet"),
            _ => {}
        }
    }
    cells
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

/// A value as a cell shows it: without the quotes of a string.
fn shown(value: &str) -> String {
    match value.strip_prefix('"') {
        Some(inner) => inner.strip_suffix('"').unwrap_or(inner).replace("\"\"", "\""),
        None => value.to_owned(),
    }
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
    use proptest::prelude::*;
    use worker_protocol::{FilePolicy, Hint, Job, Limits, Outcome};

    fn run(bytes: &[u8]) -> Outcome {
        let hint = Hint { untrusted_name: "a.slk".to_owned(), passwords: Vec::new() };
        let job = Job {
            hint,
            policy: FilePolicy::default(),
            limits: Limits::default(),
            want_preview: false,
            mark: None,
            notes: Default::default(),
        };
        let outcome = crate::sanitise(&job, bytes.to_vec(), &mut |_, _| ());
        assert!(outcome.report.is_consistent());
        outcome
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
        fn any_records_end(lines in "(ID;P|C;|[XYKE][0-9\"=;]{0,6};|\n|NN|O;E){0,40}") {
            run(format!("ID;PWXL\n{lines}").as_bytes());
        }
    }
}
