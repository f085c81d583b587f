//! Programs that are not ours: the independent checker, and the readers that people use.
//!
//! Owns: finding them, and asking them about one file before and after.
//! Leaves to others: adding it up (`table`).

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::drawn::Drawing;
use super::{Case, Options, table};
use crate::shell::{self, Tool};

/// The checker and the readers that this machine has.
pub(super) struct Judge {
    python: PathBuf,
    checker: PathBuf,
    render: bool,
    drawing: Option<Drawing>,
    readers: Vec<Reader>,
}

/// A program that opens a file and complains with its exit code.
struct Reader {
    name: &'static str,
    /// Extensions it reads.
    reads: &'static [&'static str],
    /// The command; the file comes last.
    command: Vec<String>,
    /// Exit codes that are no complaint.
    fine: &'static [i32],
}

impl Judge {
    /// The checker that was named, or the one that lies beside the folder. Its Python comes from
    /// `SEKISHO_ORACLE_PYTHON`, or from the script beside it that makes one.
    pub(super) fn find(options: &Options) -> Result<Option<Self>> {
        let beside = options.folder.canonicalize()?.parent().map(|shared| shared.join("oracle.py"));
        let Some(checker) = options.judge.clone().or(beside.filter(|file| file.is_file())) else {
            return Ok(None);
        };
        let python = match shell::env("SEKISHO_ORACLE_PYTHON") {
            Some(python) => PathBuf::from(python),
            None => {
                let setup = checker.with_file_name("oracle-setup");
                ensure!(
                    setup.is_file(),
                    "set SEKISHO_ORACLE_PYTHON to a Python that can run {}",
                    checker.display()
                );
                let made = Tool::new(&setup).capture()?;
                ensure!(made.ok, "{} failed:\n{}", setup.display(), made.stderr);
                PathBuf::from(made.stdout.trim())
            }
        };
        let readers = readers(&python);
        let names: Vec<&str> = readers.iter().map(|reader| reader.name).collect();
        shell::say(&format!("judging with {} and reading with {}", checker.display(), names.join(", ")));
        Ok(Some(Self { python, checker, render: options.render, drawing: Drawing::find(), readers }))
    }

    /// Asks about every case that has a result, two at a time.
    pub(super) fn all(&self, before: &Path, after: &Path, desk: &Path, cases: &mut [Case]) {
        let done = AtomicUsize::new(0);
        let total = cases.iter().filter(|case| case.output.is_some()).count();
        let half = cases.len().div_ceil(2).max(1);
        std::thread::scope(|scope| {
            for part in cases.chunks_mut(half) {
                scope.spawn(|| {
                    for case in part.iter_mut().filter(|case| case.output.is_some()) {
                        if let Err(error) = self.one(before, after, desk, case) {
                            shell::say(&format!("{}: {error:#}", case.input));
                        }
                        let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
                        if so_far.is_multiple_of(25) {
                            shell::say(&format!("judged {so_far} of {total}"));
                        }
                    }
                });
            }
        });
    }

    fn one(&self, before: &Path, after: &Path, desk: &Path, case: &mut Case) -> Result<()> {
        let Some(output) = &case.output else { return Ok(()) };
        let (before, after) = (before.join(&case.row).join(&case.input), after.join(&case.row).join(output));
        case.judged = Some(self.ask("judge", &before, &after)?);
        if let Some(drawing) = &self.drawing
            && table::recall(case).is_some_and(|recall| recall < table::RECALL_NAMED_BELOW)
        {
            case.drawn_recall = drawing.recall(&before, &after, &desk.join(&case.input))?;
        }
        if self.render {
            let drawn = self.ask("visual", &before, &after)?;
            case.similarity = drawn.get("similarity").and_then(Value::as_f64);
            // What the program drew before and cannot draw now, it does not read.
            if drawn.get("note").and_then(Value::as_str) == Some("cannot render after") {
                case.complaints.push("the program that draws".to_owned());
            }
        }
        for reader in &self.readers {
            // Who did not like the original proves nothing about the result.
            if reader.reads(&after)
                && !reader.likes(&after)?
                && reader.reads(&before)
                && reader.likes(&before)?
            {
                case.complaints.push(reader.name.to_owned());
            }
        }
        Ok(())
    }

    fn ask(&self, what: &str, before: &Path, after: &Path) -> Result<Value> {
        let said = Tool::new(&self.python).args([&self.checker, Path::new(what), before, after]).capture()?;
        let line = said.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(line).with_context(|| format!("the checker printed no JSON:\n{}", said.stderr))
    }
}

impl Reader {
    fn reads(&self, file: &Path) -> bool {
        let extension = file.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        self.reads.contains(&extension.as_str())
    }

    fn likes(&self, file: &Path) -> Result<bool> {
        let Some((program, arguments)) = self.command.split_first() else { return Ok(true) };
        let code = Tool::new(program).args(arguments).args([file]).code()?;
        Ok(code.is_some_and(|code| self.fine.contains(&code)))
    }
}

/// The readers that are installed. Python's are asked through the checker's Python.
fn readers(python: &Path) -> Vec<Reader> {
    const WORD: &[&str] = &["docx", "docm", "dotx", "dotm"];
    const EXCEL: &[&str] = &["xlsx", "xlsm", "xltx", "xltm"];
    const POWERPOINT: &[&str] = &["pptx", "pptm", "potx", "ppsx"];
    let mut found = Vec::new();
    let mut tool = |name: &'static str, arguments: &[&str], reads, fine| {
        if let Some(path) = shell::find(name) {
            let mut command = vec![path.to_string_lossy().into_owned()];
            command.extend(arguments.iter().map(|argument| (*argument).to_owned()));
            found.push(Reader { name, reads, command, fine });
        }
    };
    // 3 is a warning about something qpdf could put right by itself.
    tool("qpdf", &["--check"], &["pdf"], &[0, 3]);
    tool("pdfinfo", &[], &["pdf"], &[0]);
    tool("mutool", &["info"], &["pdf"], &[0]);
    let modules = [
        ("openpyxl", EXCEL, "import openpyxl,sys; openpyxl.load_workbook(sys.argv[1])"),
        ("python-docx", WORD, "import docx,sys; docx.Document(sys.argv[1])"),
        ("python-pptx", POWERPOINT, "import pptx,sys; pptx.Presentation(sys.argv[1])"),
        (
            "pillow",
            &["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp"],
            "import PIL.Image,sys; PIL.Image.open(sys.argv[1]).load()",
        ),
    ];
    for (name, reads, script) in modules {
        let command = vec![python.to_string_lossy().into_owned(), "-c".to_owned(), script.to_owned()];
        found.push(Reader { name, reads, command, fine: &[0] });
    }
    found
}
