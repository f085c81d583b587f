//! `sekisho sanitize` as a person types it: one file, a pipe, a folder, and everything that is typed wrong.

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

const SURVEY: &[u8] = include_bytes!("../../samples/survey.docm");

/// Runs the command in a folder, with these bytes on standard input. Nothing when the worker is not built beside.
#[expect(clippy::disallowed_methods, reason = "the program itself is what is tested")]
fn run(folder: &Path, arguments: &[&str], stdin: &[u8]) -> Option<Output> {
    let program = Path::new(env!("CARGO_BIN_EXE_sekisho"));
    if !program.with_file_name("sekisho-worker").is_file() {
        eprintln!("skipped: sekisho-worker is not built; run `cargo build -p sekisho-worker` first");
        return None;
    }
    let mut child = Command::new(program)
        .arg("sanitize")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    Some(child.wait_with_output().unwrap())
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn one_file_and_what_is_typed_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::write(root.join("a.csv"), "1,=1+1\r\n").unwrap();
    std::fs::write(root.join("a.docm"), SURVEY).unwrap();
    std::fs::write(root.join("lie.pdf"), "no").unwrap();
    std::fs::write(root.join("run.txt"), "#!/bin/sh\n").unwrap();
    let rows: [(&[&str], i32, &str); 12] = [
        (&["a.csv", "-o", "out.csv"], 0, "一部無害化"),
        (&["a.csv", "-o", "out.csv", "--json"], 0, "\"passed\":true"),
        (&["a.docm", "-o", "out.docx"], 0, "[重] マクロ"),
        (&["lie.pdf", "-o", "none"], 3, "保留"),
        (&["run.txt", "-o", "none"], 3, "遮断"),
        (&["a.csv", "-o", "-", "--json"], 2, "--json"),
        (&["a.csv"], 2, "--output"),
        (&["a.csv", "-o", "x", "--mode", "inspect-only"], 2, "何も取り除かず"),
        (&["a.csv", "-o", "x", "--mark-level", "c2"], 2, "--mark"),
        (&["a.csv", "-o", "x", "--mark", "機\n密"], 2, "--mark"),
        (&["absent", "-o", "x"], 1, "読めません: absent"),
        (&["a.csv", "-o", "no/such/place"], 1, "書けません"),
    ];
    for (arguments, code, said) in rows {
        let Some(output) = run(root, arguments, b"") else { return };
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(said), "{arguments:?}: {text}");
    }
    let left: Vec<String> = files(root).into_keys().collect();
    assert_eq!(
        left,
        ["a.csv", "a.docm", "lie.pdf", "out.csv", "out.docx", "run.txt"],
        "nothing half-written stays"
    );
}

#[test]
fn a_pipe_gets_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(clean) = run(folder.path(), &["-", "-o", "-", "--name", "a.csv"], b"a,=b\n") else { return };
    assert_eq!((clean.status.code(), clean.stdout.as_slice()), (Some(0), b"a,'=b\n".as_slice()));
    let held = run(folder.path(), &["-", "-o", "-", "--name", "a.pdf"], b"a,=b\n").unwrap();
    assert_eq!((held.status.code(), held.stdout.len()), (Some(3), 0));
    assert!(String::from_utf8_lossy(&held.stderr).contains("保留"));
}

#[test]
fn a_folder_keeps_its_shape() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir_all(root.join("in/下/深")).unwrap();
    std::fs::write(root.join("in/a.txt"), "one").unwrap();
    std::fs::write(root.join("in/下/b.docm"), SURVEY).unwrap();
    std::fs::write(root.join("in/下/b.docx"), SURVEY).unwrap();
    std::fs::write(root.join("in/下/深/c.exe"), "MZ").unwrap();
    std::os::unix::fs::symlink("/etc/hostname", root.join("in/link.txt")).unwrap();
    let Some(output) = run(root, &["in", "-o", "out", "--json"], b"") else { return };
    assert_eq!(output.status.code(), Some(3), "one was blocked");
    let lines: Vec<serde_json::Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| line["passed"].as_bool().unwrap() == line["output"].is_string()));
    let mut names: Vec<String> = files(&root.join("out")).into_keys().collect();
    names.sort();
    assert_eq!(
        names,
        ["a.txt", "下/b (2).docx", "下/b.docx"],
        "links are not followed, names do not collide"
    );

    let inside = run(root, &["in", "-o", "in/out"], b"").unwrap();
    assert_eq!(inside.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&inside.stderr).contains("出力先が入力フォルダーの中"));
    assert!(!root.join("in/out").exists());
    let said = run(root, &["in", "-o", "again"], b"").unwrap();
    assert!(String::from_utf8_lossy(&said.stdout).contains("遮断 下/深/c.exe"));
}
