//! The cell that prints. Start reading here: it reads the fonts, shuts itself in, then reads one job from standard input, hands it
//! to `report`, writes what comes back to standard output and ends.
//!
//! Owns: the order of these steps, the arguments, and the answer on the pipe.
//! Leaves to others: the bars (`cell-bars`), printing (`report`), the shapes on the pipe (`worker-protocol`), starting and killing
//! this process (`worker-client`).
//!
//! Fonts are files of the machine and named by its operator, so they are read before the bars close; template and data come from
//! elsewhere and are read after. There is no clock, no file, no network and no other process then.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use cell_bars::{Bounds, shut_in};
use report::{Complaint, Fonts, Paper, PrintError, Standard};
use worker_protocol::print::{
    PRINT_JOB_BYTES_MAX, PRINT_PROBLEMS_MAX, PRINTED_BYTES_MAX, PdfStandard, PrintAnswer, PrintJob,
    PrintProblem, UNPRINTABLE_MAX,
};

const USAGE: &str = "usage: sekisho-report --font FILE [--font FILE ...] [--memory-bytes N] [--cpu-seconds N] [--probe | --families]";

/// The largest file with a font, in bytes.
const FONT_BYTES_MAX: u64 = 64 << 20;

/// Most files with fonts.
const FONTS_MAX: usize = 32;

/// The longest message of the compiler that is passed on, in characters.
const MESSAGE_CHARS_MAX: usize = 500;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            // Nobody may be reading any more; then the exit code alone has to say it.
            let _ = writeln!(std::io::stderr().lock(), "sekisho-report: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Print,
    Probe,
    Families,
}

fn run() -> anyhow::Result<ExitCode> {
    let (mut files, mut bounds, mut wanted) = (Vec::new(), Bounds::default(), Wanted::Print);
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        let mut value = || given.next().with_context(|| format!("{argument} needs a value; {USAGE}"));
        match argument.as_str() {
            "--font" => files.push(value()?),
            "--memory-bytes" => bounds.memory_bytes_max = value()?.parse()?,
            "--cpu-seconds" => bounds.cpu_seconds_max = value()?.parse()?,
            "--probe" => wanted = Wanted::Probe,
            "--families" => wanted = Wanted::Families,
            _ => anyhow::bail!("unknown argument; {USAGE}"),
        }
    }
    anyhow::ensure!(
        (1..=FONTS_MAX).contains(&files.len()),
        "between 1 and {FONTS_MAX} fonts are needed; {USAGE}"
    );
    let fonts = Fonts::read(files.iter().map(|file| font(file)).collect::<anyhow::Result<Vec<_>>>()?);
    anyhow::ensure!(!fonts.is_empty(), "none of the files holds a font");
    shut_in(bounds, one_thread, move || match wanted {
        Wanted::Print => serve(&fonts),
        Wanted::Probe => cell_bars::probe::run(),
        Wanted::Families => {
            let families: Vec<String> = fonts.families().into_iter().collect();
            writeln!(std::io::stdout().lock(), "{}", families.join("\n"))?;
            Ok(ExitCode::SUCCESS)
        }
    })
}

fn font(path: &str) -> anyhow::Result<Vec<u8>> {
    let about = || format!("the font {path} cannot be read");
    let file = std::fs::File::open(path).with_context(about)?;
    let mut bytes = Vec::new();
    file.take(FONT_BYTES_MAX + 1).read_to_end(&mut bytes).with_context(about)?;
    anyhow::ensure!(bytes.len() as u64 <= FONT_BYTES_MAX, "the font {path} is too large");
    Ok(bytes)
}

/// The compiler would start a thread for each processor, and in here there are no more threads: this one does everything.
fn one_thread() -> anyhow::Result<()> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread()
        .build_global()
        .context("the compiler cannot be told to keep to one thread")
}

/// Serves the one job of this process.
fn serve(fonts: &Fonts) -> anyhow::Result<ExitCode> {
    let mut untrusted = Vec::new();
    std::io::stdin().lock().take(PRINT_JOB_BYTES_MAX + 1).read_to_end(&mut untrusted)?;
    anyhow::ensure!(untrusted.len() as u64 <= PRINT_JOB_BYTES_MAX, "the job is too long");
    let job: PrintJob = serde_json::from_slice(&untrusted).context("the job is not readable")?;
    let (answer, pdf) = answer(job, fonts);
    let mut to_server = std::io::BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer(&mut to_server, &answer)?;
    to_server.write_all(b"\n")?;
    to_server.write_all(&pdf)?;
    to_server.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn answer(job: PrintJob, fonts: &Fonts) -> (PrintAnswer, Vec<u8>) {
    let refused = |message: &str| {
        let problems = vec![PrintProblem { line: 0, message: message.to_owned() }];
        (PrintAnswer::Refused { problems }, Vec::new())
    };
    let serde_json::Value::Object(data) = job.data else { return refused("the data is no object") };
    let Some(day) = day(&job.day) else { return refused("the day is none") };
    match report::print(Paper { template: &job.template, data, day }, fonts) {
        Ok(printed) if printed.pdf.len() as u64 > PRINTED_BYTES_MAX => refused("the PDF is too long"),
        Ok(printed) => {
            let answer = PrintAnswer::Printed {
                bytes: printed.pdf.len() as u64,
                pages: u32::try_from(printed.pages).unwrap_or(u32::MAX),
                standard: match printed.standard {
                    Standard::ArchiveAccessible => PdfStandard::ArchiveAccessible,
                    Standard::Archive => PdfStandard::Archive,
                },
                unprintable: printed.unprintable.into_iter().take(UNPRINTABLE_MAX).collect(),
                warnings: problems(printed.warnings),
            };
            (answer, printed.pdf)
        }
        Err(PrintError::Day) => refused("the day is none"),
        Err(PrintError::Template(complaints)) => {
            (PrintAnswer::Refused { problems: problems(complaints) }, Vec::new())
        }
    }
}

fn day(text: &str) -> Option<(i32, u8, u8)> {
    let mut parts = text.split('-');
    let day = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(day)
}

fn problems(complaints: Vec<Complaint>) -> Vec<PrintProblem> {
    let short = |text: String| text.chars().take(MESSAGE_CHARS_MAX).collect();
    let problem = |c: Complaint| PrintProblem { line: c.line, message: short(c.message) };
    complaints.into_iter().take(PRINT_PROBLEMS_MAX).map(problem).collect()
}
