//! The cells of a file of values (CSV, TSV).
//!
//! Owns: what a spreadsheet would make of a value that begins like a formula.
//! Leaves to others: encodings (`text`), quotes and separators (`csv`).

use worker_protocol::Reason;
use worker_protocol::table::Value;

use super::{Tables, words};
use crate::{Refusal, Work, csv, text};

pub(super) fn read(untrusted: &[u8], table: &mut Tables, work: &mut Work<'_>) -> Result<(), Refusal> {
    let mut decoded = text::decode(untrusted).ok_or(Refusal::held(Reason::UnknownKind))?;
    decoded.drop_controls().report(work);
    table.sheet("", false)?;
    for (row, cells) in (1u32..).zip(csv::rows(&decoded.text)) {
        for (column, cell) in (1u32..).zip(cells) {
            let (value, formula) = value(&cell)?;
            table.cell(row, column, value, formula)?;
        }
    }
    Ok(())
}

/// What stands in a cell, and whether it is a formula, of which a file of values has no result.
fn value(untrusted: &str) -> Result<(Value, bool), Refusal> {
    // The usual way to keep the zeros of 0123.
    let quoted = untrusted.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    if let Some(inner) = quoted.filter(|inner| !inner.contains('"')) {
        return Ok((words(inner)?, false));
    }
    if untrusted.starts_with('=') {
        return Ok((Value::Nothing, true));
    }
    // What was written out with a guard against being run comes back without it.
    let guarded = untrusted.strip_prefix('\'');
    let inner = guarded.filter(|rest| rest.starts_with(['=', '+', '-', '@', '\t', '\r']));
    Ok((words(inner.unwrap_or(untrusted))?, false))
}
