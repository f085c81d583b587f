//! CSV and TSV: text whose cells a spreadsheet may run.
//!
//! Owns: finding the start of each cell and deciding whether a spreadsheet would take it for a formula.
//! Leaves to others: encodings and characters (`text`).
//!
//! The separators comma, semicolon and tab all count, because which one a spreadsheet uses depends on the
//! machine that opens the file.

use worker_protocol::{CsvFormulaPolicy, Fidelity, Kept, Kind, Mode, Reason, Spot, Threat};

use crate::{Rebuilt, Refusal, Work, text};

pub(crate) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if matches!(mode, Mode::ImagePdf | Mode::InspectOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let mut decoded = text::decode(untrusted).ok_or(Refusal::held(Reason::UnknownKind))?;
    let before = text::visible_characters(&decoded.text);
    decoded.drop_controls().report(work);
    if mode == Mode::TextOnly {
        return Ok(text::written_down(decoded.text, work));
    }
    let mut fidelity = Fidelity::default();
    let mut marks = 0;
    if mode == Mode::Strict || work.job.policy.csv_formulas == CsvFormulaPolicy::Neutralise {
        let neutral = neutralise(&decoded.text);
        decoded.text = neutral.text;
        marks = neutral.changed.len() as u64;
        fidelity.cells = Kept { before: neutral.cells, after: neutral.cells };
        for reference in neutral.changed {
            let spot = Spot::Cell { untrusted_sheet: String::new(), reference };
            work.findings.add_at(Threat::DangerousFormula, "", spot);
        }
    }
    if !decoded.is_writable() {
        return Err(Refusal::held(Reason::VerifyFailed));
    }
    // The apostrophes are not the document's.
    fidelity.characters =
        Kept { before, after: text::visible_characters(&decoded.text).saturating_sub(marks) };
    Ok(Rebuilt { fidelity: Some(fidelity), ..Rebuilt::same(decoded.encode(), Kind::Csv) })
}

/// A table in which no cell runs.
struct Neutral {
    text: String,
    /// The cells that got an apostrophe, such as `B12`.
    changed: Vec<String>,
    /// Cells that hold something.
    cells: u64,
}

/// Puts an apostrophe before each cell that would run.
fn neutralise(text: &str) -> Neutral {
    let mut neutral = Neutral { text: String::with_capacity(text.len() + 16), changed: Vec::new(), cells: 0 };
    let (mut row, mut column) = (1u64, 0u64);
    let main = separator_of(text);
    let mut rest = text;
    while !rest.is_empty() {
        let (cell, separator, after) = split_cell(rest);
        let (quote, content) = match cell.strip_prefix('"') {
            Some(content) => ("\"", content),
            None => ("", cell),
        };
        neutral.cells += u64::from(!content.trim_matches('"').is_empty());
        neutral.text.push_str(quote);
        if would_run(content) {
            neutral.text.push('\'');
            neutral.changed.push(cell_reference(column, row));
        }
        neutral.text.push_str(content);
        neutral.text.push_str(separator);
        if separator.contains(['\r', '\n']) {
            row += 1;
            column = 0;
        } else {
            column += u64::from(separator == main);
        }
        rest = after;
    }
    neutral
}

/// The name of a cell: columns count from 0, rows from 1.
pub(crate) fn cell_reference(column: u64, row: u64) -> String {
    let mut letters = Vec::new();
    let mut left = column.min(18_277) + 1;
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + u8::try_from(left % 26).unwrap_or_default()));
        left /= 26;
    }
    let letters: String = letters.into_iter().rev().collect();
    format!("{letters}{}", row.min(9_999_999))
}

/// The separator that the first line has most of.
fn separator_of(text: &str) -> &'static str {
    let first = text.lines().next().unwrap_or_default();
    [",", "\t", ";"].into_iter().max_by_key(|s| (first.matches(*s).count(), *s == ",")).unwrap_or(",")
}

/// The rows of a table as they are shown, for a preview. The separator is the one the first line has most of.
pub(crate) fn rows(text: &str) -> impl Iterator<Item = Vec<String>> + '_ {
    let separator = separator_of(text);
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut row = Vec::new();
        let mut cell = String::new();
        while !rest.is_empty() {
            let (piece, found, after) = split_cell(rest);
            rest = after;
            match piece.strip_prefix('"') {
                Some(inner) => cell.push_str(&inner.strip_suffix('"').unwrap_or(inner).replace("\"\"", "\"")),
                None => cell.push_str(piece),
            }
            if found.contains(['\n', '\r']) || found == separator {
                row.push(std::mem::take(&mut cell));
            } else {
                cell.push_str(found);
            }
            if found.contains(['\n', '\r']) {
                return Some(row);
            }
        }
        if !cell.is_empty() || !row.is_empty() {
            row.push(cell);
        }
        (!row.is_empty()).then_some(row)
    })
}

/// The next cell with its quotes, its separator, and the rest.
fn split_cell(text: &str) -> (&str, &str, &str) {
    let mut in_quotes = text.starts_with('"');
    let mut previous_was_start = in_quotes;
    let mut end = text.len();
    let mut separator_length = 0;
    for (at, c) in text.char_indices() {
        if c == '"' {
            if previous_was_start {
                previous_was_start = false;
                continue;
            }
            // A doubled quote closes and opens again, which comes to the same.
            if text.starts_with('"') {
                in_quotes = !in_quotes;
            }
        } else if !in_quotes && matches!(c, ',' | ';' | '\t' | '\n' | '\r') {
            end = at;
            let is_pair = c == '\r' && text.get(at..at + 2) == Some("\r\n");
            separator_length = if is_pair { 2 } else { 1 };
            break;
        }
        previous_was_start = false;
    }
    let (cell, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let (separator, rest) = rest.split_at_checked(separator_length).unwrap_or(("", rest));
    (cell, separator, rest)
}

/// Whether a spreadsheet would calculate this cell instead of showing it.
fn would_run(content: &str) -> bool {
    let content = content
        .trim_end_matches('"')
        .trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '"');
    let Some(first) = content.chars().next() else { return false };
    matches!(first, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') && !is_plain(content)
}

/// Numbers, telephone numbers, and the dashes that mean "nothing" in a table.
fn is_plain(content: &str) -> bool {
    let mut characters = content.chars();
    let signed = matches!(characters.next(), Some('+' | '-' | '＋' | '－'));
    if !signed {
        return false;
    }
    let harmless = |c: char| {
        c.is_ascii_digit()
            || ('０'..='９').contains(&c)
            || matches!(
                c,
                '.' | ',' | '-' | '－' | ' ' | '　' | '(' | ')' | '（' | '）' | '%' | '％' | '．' | '，'
            )
    };
    if characters.all(harmless) {
        return true;
    }
    content.replace(',', "").parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_are_neutralised_and_numbers_stay() {
        let rows = [
            ("1,=1+1,3", "1,'=1+1,3"),
            ("\"=cmd|'/c calc'!A0\",b", "\"'=cmd|'/c calc'!A0\",b"),
            ("a;=1+1", "a;'=1+1"),
            ("a\t@SUM(A1)", "a\t'@SUM(A1)"),
            ("＝HYPERLINK(\"x\")", "'＝HYPERLINK(\"x\")"),
            (" =1", "' =1"),
            ("-5,+81-3-1234-5678,-1.5E+10,+81 (0)3", "-5,+81-3-1234-5678,-1.5E+10,+81 (0)3"),
            ("-,－,--,-1,000", "-,－,--,-1,000"),
            ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
            ("\"a,=b\",\"c\"\"=d\"", "\"a,=b\",\"c\"\"=d\""),
            ("\"a\nb\",=x\r\n=y\n", "\"a\nb\",'=x\r\n'=y\n"),
            ("\"\",=x", "\"\",'=x"),
            ("氏名,住所\r\n山田,-", "氏名,住所\r\n山田,-"),
        ];
        for (given, expected) in rows {
            assert_eq!(neutralise(given).text, expected, "{given:?}");
        }
        assert_eq!(neutralise("a\r\n=b\r\nc\n=d,=e").changed, ["A2", "A4", "B4"]);
        assert_eq!(neutralise("a\tb\n1\tx,=y\n").changed, ["B2"]);
        assert_eq!(
            [0, 25, 26, 701, 702].map(|column| cell_reference(column, 7)),
            ["A7", "Z7", "AA7", "ZZ7", "AAA7"]
        );
    }

    proptest! {
        #[test]
        fn nothing_but_apostrophes_is_added(given in "[=+@a1,;\"\t\r\n -]{0,40}") {
            let neutral = neutralise(&given);
            prop_assert_eq!(neutral.text.len(), given.len() + neutral.changed.len());
            prop_assert_eq!(neutralise(&neutral.text).changed.len(), 0);
        }
    }
}
