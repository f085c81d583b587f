//! Small files made to cost much: each ends, in every mode, with a reason or with clean bytes that are not much.
//!
//! Owns: one row for every kind of bomb, with the limits as they are shipped, and a look at how much memory was needed.
//! Leaves to others: which place refuses it (the modules' own tests). Time is not judged here; a bomb that gets through
//! runs until the test runner stops it.

#![cfg(test)]

#[path = "../src/archive/samples.rs"]
mod archives;
mod bombs_made;

use worker_protocol::{FilePolicy, Hint, Job, Kind, Limits, Mode, Notes, Reason};

/// What all rows of a table may need together, in KiB. The cell is given more.
const PEAK_KIB_MAX: u64 = 1_500 << 10;

/// One bomb: what it is, its name and bytes, and how it ends when it is rebuilt: with this reason, or handed over.
struct Bomb {
    what: &'static str,
    name: &'static str,
    bytes: Vec<u8>,
    ending: Option<Reason>,
}

fn bomb(what: &'static str, name: &'static str, bytes: impl Into<Vec<u8>>, ending: Option<Reason>) -> Bomb {
    Bomb { what, name, bytes: bytes.into(), ending }
}

/// Runs every row in every mode.
fn defuse(rows: Vec<Bomb>) {
    let mut wrong = Vec::new();
    for Bomb { what, name, bytes, ending } in rows {
        assert!(bytes.len() < 16 << 20, "{what}: {} bytes are no small file", bytes.len());
        for mode in [Mode::Rebuild, Mode::Strict, Mode::TextOnly, Mode::Cells] {
            let modes = Kind::ALL.iter().map(|kind| (*kind, mode)).collect();
            let job = Job {
                hint: Hint { untrusted_name: name.to_owned(), passwords: Vec::new() },
                policy: FilePolicy { modes, ..FilePolicy::default() },
                limits: Limits::default(),
                want_preview: false,
                mark: None,
                notes: Notes::default(),
            };
            let outcome = sanitize::sanitise(&job, bytes.clone(), &mut |_, _| ());
            assert!(outcome.report.is_consistent(), "{what}");
            let clean = outcome.clean.unwrap_or_default();
            eprintln!("{what} {mode:?}: {} → {} {:?}", bytes.len(), clean.len(), outcome.report.reason);
            if clean.len() > (64 << 20) + 2 * bytes.len() {
                wrong.push(format!("{what} {mode:?}: {} bytes came out", clean.len()));
            }
            if mode == Mode::Rebuild && outcome.report.reason != ending {
                wrong.push(format!("{what}: ended with {:?}, not {ending:?}", outcome.report.reason));
            }
            if let (Some(kind), false) = (outcome.report.clean_kind, clean.is_empty()) {
                // The words that an approver sees count as well. Drawing pages may take as long as the cell lives.
                if kind != Kind::Pdf {
                    let _ = sanitize::preview(kind, &clean, &job.limits);
                }
            }
        }
        if let Some(kib) = peak_kib().filter(|kib| *kib > PEAK_KIB_MAX) {
            wrong.push(format!("{what}: {kib} KiB of memory by now"));
            break;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The most memory that this process ever had, as the kernel tells it.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse().ok()
}

#[test]
fn archives_in_archives_and_lies_about_sizes() {
    defuse(bombs_made::archives());
}

#[test]
fn markup_that_multiplies() {
    defuse(bombs_made::markup());
}

#[test]
fn documents_that_repeat() {
    defuse(bombs_made::documents());
}

#[test]
fn mail_in_mail() {
    defuse(bombs_made::mail());
}

#[test]
fn pictures_larger_than_they_are() {
    defuse(bombs_made::pictures());
}

#[test]
fn pdf_that_goes_in_circles() {
    defuse(bombs_made::pdf());
}
