//! Lists as CSV: UTF-8 with a mark, or CP932 for older programs.
//!
//! Owns quoting, the guard against cells that a spreadsheet would run, and saying in which rows CP932 could not hold
//! a character.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

/// Rows of one export at most; more are taken out by filtering.
pub(crate) const ROWS_MAX: usize = 20_000;

/// What stands for a character that CP932 does not have; the last row of the file says where.
const MISSING: &str = "〓";

/// A CSV file with these rows, the first being the heading.
pub(crate) fn answer(name: &str, rows: &[Vec<String>], cp932: bool) -> Response {
    let bytes =
        if cp932 { to_cp932(rows) } else { [b"\xef\xbb\xbf".as_slice(), text(rows).as_bytes()].concat() };
    let charset = if cp932 { "text/csv; charset=Shift_JIS" } else { "text/csv; charset=utf-8" };
    let mut answer = ([(header::CONTENT_TYPE, charset)], bytes).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.csv\"")) {
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    answer
}

fn text(rows: &[Vec<String>]) -> String {
    rows.iter().map(|row| row_text(row)).collect()
}

pub(crate) fn row_text(row: &[String]) -> String {
    let cells: Vec<String> = row.iter().map(|c| cell(c)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell that starts like a formula gets an apostrophe, so that no spreadsheet runs it.
fn cell(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guarded = if risky { format!("'{text}") } else { text.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

fn to_cp932(rows: &[Vec<String>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut lossy = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let mut missing = false;
        for c in row_text(row).chars() {
            // The wave dash and its like have two Unicode forms and one in CP932.
            let c = match c {
                '\u{301c}' => '\u{ff5e}',
                '\u{2212}' => '\u{ff0d}',
                '\u{2014}' => '\u{2015}',
                other => other,
            };
            let mut buffer = [0; 4];
            let (bytes, _, unmappable) = encoding_rs::SHIFT_JIS.encode(c.encode_utf8(&mut buffer));
            if unmappable {
                missing = true;
                out.extend_from_slice(&encoding_rs::SHIFT_JIS.encode(MISSING).0);
            } else {
                out.extend_from_slice(&bytes);
            }
        }
        if missing {
            lossy.push((index + 1).to_string());
        }
    }
    if !lossy.is_empty() {
        let note = format!("Shift_JISにない文字を{MISSING}に替えた行: {}\r\n", lossy.join(" "));
        out.extend_from_slice(&encoding_rs::SHIFT_JIS.encode(&note).0);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_run() {
        for (plain, quoted) in [
            ("税務課", "税務課"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("=1+1", "'=1+1"),
            ("@cmd,x", "\"'@cmd,x\""),
            ("", ""),
        ] {
            assert_eq!(cell(plain), quoted);
        }
    }

    #[test]
    fn characters_that_cp932_lacks_are_named_by_row() {
        let rows = vec![vec!["見出し".to_owned()], vec!["髙橋〜−".to_owned()], vec!["𠮷田".to_owned()]];
        let bytes = to_cp932(&rows);
        let (text, _, bad) = encoding_rs::SHIFT_JIS.decode(&bytes);
        assert!(!bad);
        assert_eq!(text, "見出し\r\n髙橋～－\r\n〓田\r\nShift_JISにない文字を〓に替えた行: 3\r\n");
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_taken_out(text in ".{0,60}") {
            let rows = vec![vec![text]];
            let _ = (to_cp932(&rows), super::text(&rows));
        }
    }
}
