//! The sanitiser on any bytes under any name.
//!
//! Holds: it ends within its bounds, bytes come back exactly with the verdicts that promise them, the name is one
//! safe part, and what came out goes through again: the sanitiser must know what it writes.
//!
//! The first byte chooses the extension; the rest is the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use worker_protocol::{FilePolicy, Hint, Job, Limits, Verdict};

const EXTENSIONS: [&str; 14] = [
    "docx", "docm", "dotx", "xlsx", "xlsm", "pptx", "pptm", "pdf", "png", "jpg", "txt", "csv", "zip", "",
];

fn job(untrusted_name: String) -> Job {
    Job {
        hint: Hint { untrusted_name, passwords: vec!["password".into()] },
        policy: FilePolicy::default(),
        limits: Limits {
            input_bytes_max: 1 << 20,
            expanded_bytes_max: 16 << 20,
            expansion_ratio_max: 200,
            entries_max: 200,
            depth_max: 3,
            pages_max: 100,
            pixels_max: 4_000_000,
            nesting_max: 64,
        },
        want_preview: false,
        mark: None,
        notes: worker_protocol::Notes::default(),
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, untrusted)) = data.split_first() else { return };
    let extension = EXTENSIONS[usize::from(*choice) % EXTENSIONS.len()];
    let outcome = sanitize::sanitise(&job(format!("報告.{extension}")), untrusted.to_vec(), &mut |_, _| ());

    let report = &outcome.report;
    let passes = matches!(report.verdict, Verdict::Clean | Verdict::Partial);
    assert_eq!(outcome.clean.is_some(), passes);
    assert_eq!(report.reason.is_none(), passes);
    assert!(!report.clean_name.contains(['/', '\\', '\0']) && report.clean_name != "..");

    if let Some(clean) = outcome.clean {
        let again = sanitize::sanitise(&job(report.clean_name.clone()), clean, &mut |_, _| ());
        assert!(again.clean.is_some(), "cannot read what it wrote: {:?}", again.report.reason);
    }
});
