//! The bars hold around the program that prints, and what it answers is whole; its words are read back in [`words`].

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

#[cfg(test)]
mod words;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use worker_protocol::print::{PdfStandard, PrintAnswer, PrintJob};

const FONTS: [&str; 2] = [
    "/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Regular.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
];

fn has_fonts() -> bool {
    let there = FONTS.iter().all(|font| std::path::Path::new(font).is_file());
    if !there {
        eprintln!("skipped: needs fonts-morisawa-bizud-gothic and fonts-noto-cjk");
    }
    there
}

#[expect(clippy::disallowed_methods, reason = "the test starts the program it tests")]
fn run(more: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho-report"));
    for font in FONTS {
        command.args(["--font", font]);
    }
    let mut child = command
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses early does not read.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn answer(output: &Output) -> (PrintAnswer, &[u8]) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let end = output.stdout.iter().position(|b| *b == b'\n').unwrap();
    (serde_json::from_slice(&output.stdout[..end]).unwrap(), &output.stdout[end + 1..])
}

fn job(template: &str, data: serde_json::Value) -> Vec<u8> {
    serde_json::to_vec(&PrintJob { template: template.to_owned(), data, day: "2026-11-20".to_owned() })
        .unwrap()
}

#[test]
fn every_attempt_to_get_out_is_denied() {
    if !has_fonts() {
        return;
    }
    let output = run(&["--probe"], b"");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let attempts = answer["attempts"].as_object().unwrap();
    assert!(attempts.len() >= 23);
    for (name, result) in attempts {
        assert_eq!(result, "denied", "{name}");
    }
    assert!(output.status.success());
}

#[test]
fn a_form_is_printed_inside_the_bars() {
    if !has_fonts() {
        return;
    }
    let template = "#set document(title: \"様式\")\n#set text(font: (\"BIZ UDPGothic\", \"Noto Sans CJK JP\"), lang: \"ja\")\n\
                    #table(columns: 2, ..sys.inputs.rows.flatten())\n#pagebreak()\n#sys.inputs.name";
    let rows: Vec<_> = (0..200).map(|n| serde_json::json!([n.to_string(), "𠮷野家"])).collect();
    let given = job(template, serde_json::json!({ "rows": rows, "name": "\u{E000}" }));
    let output = run(&[], &given);
    let (PrintAnswer::Printed { bytes, pages, standard, unprintable, .. }, pdf) = answer(&output) else {
        panic!()
    };
    assert_eq!(bytes, pdf.len() as u64);
    assert!(pages > 2 && pdf.starts_with(b"%PDF-"));
    assert_eq!((standard, unprintable), (PdfStandard::ArchiveAccessible, vec!['\u{E000}']));
    assert_eq!(run(&[], &given).stdout, output.stdout, "the same job gives the same bytes");
}

#[test]
fn bad_jobs_are_answered_or_end_the_program() {
    if !has_fonts() {
        return;
    }
    for (given, says) in [
        (job("#sys.inputs.x", serde_json::json!({})), "x"),
        (job("#read(\"/etc/passwd\")", serde_json::json!({})), "denied"),
        (job("x", serde_json::json!([])), "no object"),
        (job("x", serde_json::json!({})).iter().map(|b| if *b == b'2' { b'x' } else { *b }).collect(), "day"),
    ] {
        let output = run(&[], &given);
        let (PrintAnswer::Refused { problems }, rest) = answer(&output) else { panic!() };
        assert!(rest.is_empty() && problems[0].message.contains(says), "{problems:?}");
    }
    for given in [&b""[..], b"{", b"null"] {
        let output = run(&[], given);
        assert!(!output.status.success() && output.stdout.is_empty());
    }
    // A template that never ends is ended by the kernel.
    let endless = job("#while true { }", serde_json::json!({}));
    let output = run(&["--cpu-seconds", "2"], &endless);
    assert!(output.stdout.is_empty() || matches!(answer(&output).0, PrintAnswer::Refused { .. }));
    // Memory has a bound as well.
    let hungry =
        job("#let x = \"a\" * 100\n#for i in range(30) { x = x + x }\n#x.len()", serde_json::json!({}));
    let output = run(&["--memory-bytes", "600000000"], &hungry);
    assert!(!output.status.success() || matches!(answer(&output).0, PrintAnswer::Refused { .. }));
}
