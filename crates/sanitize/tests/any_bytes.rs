//! Texts, pages and mail of any bytes: nothing panics, nothing grows without bound, every report is consistent.
//!
//! Owns: the way in as a caller sees it, with a count of panics, because the way in turns one into a held file.
//! Leaves to others: what comes out of good files (the modules' own tests).

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use worker_protocol::{FilePolicy, Hint, Job, Kind, Limits, Mode, Outcome};

static PANICS: AtomicUsize = AtomicUsize::new(0);
static HOOK: Once = Once::new();

fn run(name: &str, mode: Mode, bytes: &[u8]) -> Outcome {
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            usual(info);
        }));
    });
    let policy =
        FilePolicy { modes: Kind::ALL.iter().map(|kind| (*kind, mode)).collect(), ..FilePolicy::default() };
    let hint = Hint { untrusted_name: name.to_owned(), passwords: Vec::new() };
    let job = Job {
        hint,
        policy,
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: Default::default(),
    };
    let before = PANICS.load(Ordering::SeqCst);
    let outcome = sanitize::sanitise(&job, bytes.to_vec(), &mut |_, _| ());
    if let (Some(kind), Some(clean)) = (outcome.report.clean_kind, &outcome.clean) {
        let _ = sanitize::preview(kind, clean, &job.limits);
    }
    assert_eq!(PANICS.load(Ordering::SeqCst), before, "{name} {mode:?} {bytes:?}");
    assert!(outcome.report.is_consistent(), "{name} {mode:?} {bytes:?}");
    outcome
}

const NAMES: [&str; 14] = [
    "a.txt", "a.csv", "a.slk", "a.html", "a.mht", "a.xml", "a.json", "a.ics", "a.vcf", "a.eml", "a.msg",
    "a.doc", "a.xls", "a",
];

const MODES: [Mode; 4] = [Mode::Rebuild, Mode::Strict, Mode::TextOnly, Mode::Cells];

/// Good beginnings, so that what follows reaches further than the type detection.
const STARTS: [&str; 12] = [
    "",
    "<html><body><p>",
    "<?xml version='1.0'?><a>",
    "{\"a\":[",
    "ID;PWXL\nC;Y1;X1;K",
    "BEGIN:VCALENDAR\nBEGIN:VEVENT\n",
    "BEGIN:VCARD\nN;ENCODING=QUOTED-PRINTABLE:",
    "From: a@b\nTo: c@d\nContent-Type: multipart/mixed; boundary=b\n\n--b\n",
    "From: a@b\nTo: c@d\nContent-Type: application/ms-tnef\n\nx\u{9f}",
    "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n",
    "<w:wordDocument xmlns:w=\"http://schemas.microsoft.com/office/word/2003/wordml\"><w:body>",
    "<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet><Table>",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bytes(
        name in prop::sample::select(NAMES.to_vec()),
        mode in prop::sample::select(MODES.to_vec()),
        start in prop::sample::select(STARTS.to_vec()),
        tail in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let given = [start.as_bytes(), &tail].concat();
        let outcome = run(name, mode, &given);
        prop_assert!(outcome.clean.is_none_or(|clean| clean.len() < 64 * given.len() + 16_384));
    }

    #[test]
    fn pieces_of_syntax(
        name in prop::sample::select(NAMES.to_vec()),
        mode in prop::sample::select(MODES.to_vec()),
        start in prop::sample::select(STARTS.to_vec()),
        tail in "(<[a-z:]{1,6}( [a-z]{1,5}=['\"]?[^<>]{0,6}['\"]?)?>|</[a-z:]{1,6}>|[;:=,\"'\\\\{}\\[\\]]|\n|\r|--b\n|--b--|begin 644 a\n|end\n|=\\?utf-8\\?b\\?|\\?=|&[a-z]{2,4};|あ|\u{1b}\\$B|[0-9]{1,3}){0,40}",
    ) {
        run(name, mode, [start, &tail].concat().as_bytes());
    }
}
