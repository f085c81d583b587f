//! Real files through the sanitiser: how many each second, at what price beside other roads, and with how much memory.
//!
//! Owns: choosing the files, running the peers (qpdf, mat2, LibreOffice to pixels), the nested archive of a hundred
//! megabytes. Prints lines of JSON for `cargo xtask bench`; what is remarkable about single
//! files goes to standard error.
//! Leaves to others: the cell (`cell`), files of our own (`samples`), whether what comes out is right (the tests).
//!
//! The files are those of the folder `corpus` in `SEKISHO_SHARED`, otherwise a few that are made here; a row says which.
//! A peer that this machine does not have is skipped, and that is said. `SEKISHO_ROADS` names the rows to measure,
//! separated by commas, out of `process`, `packages`, `cells`, `cores`, `peers` and `nested`; all unless set.

mod cell;
#[path = "../prose/mod.rs"]
mod prose;
#[path = "../repack/mod.rs"]
mod repack;
mod samples;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use cell::{Cell, Ended, command};
use worker_protocol::{FilePolicy, Hint, Job, Limits};

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Files of one kind that a peer is given.
const PEER_FILES: usize = 20;
/// LibreOffice takes seconds for each.
const PIXEL_FILES: usize = 10;
/// What a cell may need besides four times the file.
const MEMORY_FREE_BYTES: u64 = 64 << 20;

struct File {
    path: PathBuf,
    name: String,
    bytes: Vec<u8>,
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn clock() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a bench is told from outside where the files are")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn main() -> Result<(), Failed> {
    let wanted =
        variable("SEKISHO_ROADS").unwrap_or_else(|| "process,packages,cells,cores,peers,nested".to_owned());
    let wants = |row: &str| wanted.split(',').any(|name| name.trim() == row);
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("roads");
    std::fs::create_dir_all(&scratch)?;
    let (files, origin) = files(&scratch)?;
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    say(&format!("{} files of {origin}, {:.1} MB", files.len(), bytes as f64 / 1e6))?;
    if wants("process") {
        in_process(&files, origin)?;
    }
    if wants("packages") {
        packages(&files)?;
    }
    if ["cells", "cores", "peers", "nested"].into_iter().any(wants) {
        let worker = cell::worker()?;
        if wants("cells") {
            through_cells(&worker, &files)?;
        }
        if wants("cores") {
            with_cores(&worker, &files)?;
        }
        if wants("peers") {
            peers(&worker, &files, &scratch)?;
        }
        if wants("nested") {
            nested(&worker)?;
        }
    }
    Ok(())
}

fn files(scratch: &Path) -> Result<(Vec<File>, &'static str), Failed> {
    let corpus = variable("SEKISHO_SHARED").map(|shared| Path::new(&shared).join("corpus"));
    let (folder, origin) = match corpus.filter(|corpus| corpus.is_dir()) {
        Some(corpus) => (corpus, "the corpus"),
        None => (samples::write(&scratch.join("samples"))?, "this bench's own"),
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.is_dir() {
            for inner in std::fs::read_dir(&path)? {
                paths.push(inner?.path());
            }
        } else if origin != "the corpus" {
            paths.push(path);
        }
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths.into_iter().filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push(File { bytes: std::fs::read(&path)?, name, path });
    }
    Ok((files, origin))
}

fn job(name: &str) -> Job {
    Job {
        hint: Hint { untrusted_name: name.to_owned(), passwords: Vec::new() },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: Default::default(),
    }
}

/// Seconds for one file without a cell, by the clock and of the processor.
fn alone(file: &File) -> (f64, f64) {
    let (job, bytes) = (job(&file.name), file.bytes.clone());
    let (begun, processor) = (clock(), processor_seconds());
    let _ = sanitize::sanitise(&job, bytes, &mut |_, _| ());
    let seconds = begun.elapsed().as_secs_f64();
    let of_processor = processor.zip(processor_seconds()).map_or(seconds, |(before, after)| after - before);
    (seconds, of_processor)
}

/// Processor time of this thread: what counts on a machine that does other things as well.
fn processor_seconds() -> Option<f64> {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    schedule.split_whitespace().next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
}

/// All files one after the other, on one core, in its own time.
fn in_process(files: &[File], origin: &str) -> Result<(), Failed> {
    // Documents nest; the cell has as much stack.
    let took = std::thread::scope(|scope| {
        let worker = std::thread::Builder::new()
            .stack_size(64 << 20)
            .spawn_scoped(scope, || files.iter().map(|file| alone(file).1).collect::<Vec<f64>>())?;
        worker.join().map_err(|_| std::io::Error::other("the sanitiser panicked"))
    })?;
    let seconds: f64 = took.iter().sum();
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    print(
        &format!("files of {origin} in a second of one core, in process"),
        files.len() as f64 / seconds,
        "files/s",
        None,
    )?;
    print(
        &format!("bytes of {origin} in a second of one core, in process"),
        bytes as f64 / 1e6 / seconds,
        "MB/s",
        None,
    )?;
    let mut slowest: Vec<(f64, &File)> = took.into_iter().zip(files).collect();
    slowest.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (seconds, file) in slowest.iter().take(12) {
        say(&format!("{:8.1} ms {:10} bytes {}", seconds * 1e3, file.bytes.len(), file.name))?;
    }
    Ok(())
}

/// Packages of Office and of OpenDocument that come out: against unpacking and packing the same bytes, in turn; the quickest
/// of some times, because the processor's own count is too coarse for a millisecond.
fn packages(files: &[File]) -> Result<(), Failed> {
    const TIMES: usize = 5;
    let kinds: [(&str, &[&str]); 4] = [
        ("Word documents", &["docx", "docm", "dotx"]),
        ("workbooks", &["xlsx", "xlsm", "xltx"]),
        ("presentations", &["pptx", "pptm", "potx"]),
        ("OpenDocument files", &["odt", "ods", "odp", "odg"]),
    ];
    let measure = |file: &File| -> Option<(f64, f64)> {
        let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
        for _ in 0..TIMES {
            let begun = clock();
            let repacked = repack::repack(&file.bytes).ok()?;
            theirs = theirs.min(begun.elapsed().as_secs_f64());
            drop(repacked);
            let (job, bytes) = (job(&file.name), file.bytes.clone());
            let begun = clock();
            let outcome = sanitize::sanitise(&job, bytes, &mut |_, _| ());
            ours = ours.min(begun.elapsed().as_secs_f64());
            outcome.clean?;
        }
        Some((ours, theirs))
    };
    for (name, extensions) in kinds {
        let chosen = files.iter().filter(|file| {
            let extension = file.name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
            extensions.contains(&extension.as_str())
        });
        let took: Vec<(f64, f64)> = std::thread::scope(|scope| {
            let worker = std::thread::Builder::new()
                .stack_size(64 << 20)
                .spawn_scoped(scope, || chosen.filter_map(measure).collect())?;
            worker.join().map_err(|_| std::io::Error::other("the sanitiser panicked"))
        })?;
        if took.is_empty() {
            say(&format!("skipped: {name}: none came out"))?;
            continue;
        }
        let count = took.len();
        let (ours, theirs): (Vec<f64>, Vec<f64>) = took.iter().copied().unzip();
        let ratios = median(took.iter().map(|(ours, theirs)| ours / theirs).collect());
        say(&format!("{name}: {count} files, the middle ratio of one file is {ratios:.2}"))?;
        let mean = |all: Vec<f64>| all.iter().sum::<f64>() / count as f64 * 1e3;
        print(
            &format!("{name}, {count} files, each"),
            mean(ours),
            "ms",
            Some((mean(theirs), "unpacked and packed")),
        )?;
    }
    Ok(())
}

fn in_cell(cell: Cell, file: &File) -> Result<Ended, Failed> {
    cell.run(&job(&file.name), &file.bytes)
}

/// What a cell adds to each file, and how much memory it takes.
fn through_cells(worker: &Path, files: &[File]) -> Result<(), Failed> {
    let (mut added, mut over) = (Vec::new(), Vec::new());
    let (mut largest, mut died) = (0u64, 0u32);
    for file in files {
        let ended = in_cell(Cell::start(worker)?, file)?;
        if file.bytes.len() < 1 << 20 {
            added.push(ended.seconds - alone_on_a_large_stack(file)?.0);
        }
        if ended.peak_bytes > 4 * file.bytes.len() as u64 + MEMORY_FREE_BYTES {
            over.push((ended.peak_bytes, file));
        }
        if ended.report.is_none() {
            died += 1;
            say(&format!("died: {}", file.name))?;
        }
        largest = largest.max(ended.peak_bytes);
    }
    print("a warm cell adds to a file below 1 MiB", median(added) * 1e3, "ms", None)?;
    print("files whose cell needs more than 4 times the file and 64 MiB", over.len() as f64, "files", None)?;
    print("the most that a cell needs", largest as f64 / f64::from(1 << 20), "MiB", None)?;
    print("cells that died", f64::from(died), "cells", None)?;
    over.sort_by_key(|(peak, file)| std::cmp::Reverse(*peak - 4 * file.bytes.len() as u64));
    for (peak, file) in over.iter().take(20) {
        say(&format!("{:6} MiB {:10} bytes {}", peak >> 20, file.bytes.len(), file.name))?;
    }
    Ok(())
}

fn alone_on_a_large_stack(file: &File) -> Result<(f64, f64), Failed> {
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, || alone(file))?;
        worker.join().map_err(|_| "the sanitiser panicked".into())
    })
}

/// The same files with one cell at work and with one for each core.
fn with_cores(worker: &Path, files: &[File]) -> Result<(), Failed> {
    let cores = std::thread::available_parallelism()?.get();
    let mut rates = Vec::new();
    for jobs in [1, cores] {
        // Every second file is enough.
        let queue: Mutex<Vec<&File>> = Mutex::new(files.iter().step_by(2).collect());
        let count = files.len().div_ceil(2) as f64;
        let work = || -> Result<(), Failed> {
            loop {
                let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
                let Some(file) = next else { return Ok(()) };
                in_cell(Cell::start(worker)?, file)?;
            }
        };
        let begun = clock();
        std::thread::scope(|scope| {
            let running: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
            running.into_iter().try_for_each(|one| one.join().map_err(|_| "a thread panicked")?)
        })?;
        rates.push(count / begun.elapsed().as_secs_f64());
    }
    if let [one, all] = rates.as_slice() {
        let peer = Some((*one, "one cell at a time"));
        print(&format!("files through {cores} cells at a time, each started for it"), *all, "files/s", peer)?;
    }
    Ok(())
}

/// Other ways to make files harmless, on the same files in the same run, each as a process of its own.
fn peers(worker: &Path, files: &[File], scratch: &Path) -> Result<(), Failed> {
    let ours = |chosen: &[&File]| -> Result<f64, Failed> {
        // Starting the process counts here, as it does for the peer.
        let begun = clock();
        for file in chosen {
            in_cell(Cell::start(worker)?, file)?;
        }
        Ok(begun.elapsed().as_secs_f64())
    };
    let of = |extensions: &[&str], most: usize| -> Vec<&File> {
        let all: Vec<&File> = files
            .iter()
            .filter(|file| {
                let extension = file.name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
                extensions.contains(&extension.as_str())
            })
            .collect();
        // Spread over the folder, so that not all are of one origin.
        let step = all.len().div_ceil(most.max(1)).max(1);
        all.into_iter().step_by(step).collect()
    };
    let output = scratch.join("out");
    let rows: [(&str, &str, Vec<&File>); 3] = [
        ("PDF, against qpdf", "qpdf", of(&["pdf"], PEER_FILES)),
        (
            "documents and pictures, against mat2",
            "mat2",
            of(&["docx", "xlsx", "pptx", "odt", "ods", "pdf", "png", "jpg"], PEER_FILES),
        ),
        (
            "documents, against LibreOffice to pixels",
            "soffice",
            of(&["docx", "xlsx", "pptx", "odt", "ods"], PIXEL_FILES),
        ),
    ];
    for (name, program, chosen) in rows {
        if command(program.as_ref())
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_err()
        {
            say(&format!("skipped: {name}: {program} is not installed"))?;
            continue;
        }
        let (mut taken, mut seconds) = (Vec::new(), 0.0);
        for file in chosen {
            let _ = std::fs::remove_dir_all(&output);
            std::fs::create_dir_all(&output)?;
            let begun = clock();
            let is_done = peer(program, file, &output)?;
            let took = begun.elapsed().as_secs_f64();
            // What the peer gives up on costs it nothing, and is no measure.
            if is_done {
                seconds += took;
                taken.push(file);
            }
        }
        if taken.is_empty() {
            say(&format!("skipped: {name}: {program} finished no file"))?;
            continue;
        }
        let (count, mine) = (taken.len() as f64, ours(&taken)?);
        print(name, mine / count * 1e3, "ms", Some((seconds / count * 1e3, program)))?;
        say(&format!("{name}: {} files", taken.len()))?;
    }
    Ok(())
}

/// Runs one peer. True when it did what it is there for.
fn peer(program: &str, file: &File, output: &Path) -> Result<bool, Failed> {
    let run = |command: &mut Command| -> Result<Option<i32>, Failed> {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(quiet.status()?.code())
    };
    Ok(match program {
        "qpdf" => {
            let to = output.join("out.pdf");
            let code =
                run(command("qpdf".as_ref()).arg("--object-streams=generate").arg(&file.path).arg(&to))?;
            // It warns with 3 and has written the file all the same.
            matches!(code, Some(0 | 3))
        }
        "mat2" => {
            // It writes beside the file.
            let extension = file.name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
            let copy = output.join(format!("in.{extension}"));
            std::fs::write(&copy, &file.bytes)?;
            run(command("mat2".as_ref()).arg(&copy))? == Some(0)
        }
        _ => {
            let profile = format!(
                "-env:UserInstallation=file://{}",
                output.parent().unwrap_or(output).join("profile").display()
            );
            let code = run(command("soffice".as_ref())
                .args([&profile, "--headless", "--convert-to", "pdf", "--outdir"])
                .arg(output)
                .arg(&file.path))?;
            let made = std::fs::read_dir(output)?.flatten().map(|entry| entry.path()).next();
            match made.filter(|_| code == Some(0)) {
                Some(pdf) => {
                    run(command("pdftoppm".as_ref())
                        .args(["-r", "100", "-png"])
                        .arg(pdf)
                        .arg(output.join("page")))?
                        == Some(0)
                }
                None => false,
            }
        }
    })
}

/// Archives in an archive, a hundred megabytes of text that hardly packs.
fn nested(worker: &Path) -> Result<(), Failed> {
    let bytes = samples::nested(100_000_000)?;
    let megabytes = bytes.len() as f64 / 1e6;
    let file = File { path: PathBuf::new(), name: "入れ子.zip".to_owned(), bytes };
    let ended = in_cell(Cell::start(worker)?, &file)?;
    match ended.report {
        Some(report) if report.hands_over() => {}
        other => return Err(format!("the nested archive did not come through: {other:?}").into()),
    }
    print(&format!("archives in an archive, {megabytes:.0} MB, in a cell"), ended.seconds, "s", None)?;
    print("memory for it", ended.peak_bytes as f64 / f64::from(1 << 20), "MiB", None)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn print(name: &str, value: f64, unit: &str, peer: Option<(f64, &str)>) -> Result<(), Failed> {
    let mut line = serde_json::json!({ "name": name, "value": value, "unit": unit });
    if let (Some((peer, peer_name)), Some(fields)) = (peer, line.as_object_mut()) {
        fields.insert("peer".to_owned(), peer.into());
        fields.insert("peer_name".to_owned(), peer_name.into());
    }
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(())
}

fn say(line: &str) -> Result<(), Failed> {
    writeln!(std::io::stderr().lock(), "{line}")?;
    Ok(())
}
