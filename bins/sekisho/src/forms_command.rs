//! `sekisho policy print` and `sekisho policy check --forms`: print forms tried with sample data, without a house.
//!
//! Owns which data a form is tried with and how a template's faults become problems of the pack. Leaves the samples to `web`, the
//! cell to `worker-client`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use app::{
    ports::Clock as _,
    printing::{PrintFailure, Printer as _},
};
use clap::Args;
use policy::{Code, Library, Pack, PrintForm, PrintLook, Problem, Severity};
use worker_client::{Printer, PrinterConfig};
use worker_protocol::print::PrintJob;

use crate::{house, packs, policy_command, world};

/// What to print.
#[derive(Args)]
pub(crate) struct Options {
    /// 層の名前(例: hoshimi)
    id: String,
    /// 様式の id(例: request-sheet)
    form: String,
    /// 書き出すファイル
    #[arg(short, long)]
    out: PathBuf,
    /// 様式に渡すJSON。省くと見本。形は docs/print-forms.md
    #[arg(long)]
    data: Option<PathBuf>,
    /// 印刷した日(例: 2026-11-20)。省くと今日
    #[arg(long)]
    day: Option<String>,
    /// 方針パックのフォルダー
    #[arg(long, default_value = "policies")]
    policies: PathBuf,
    /// フォント(いくつでも)。省くとDebianのもの
    #[arg(long)]
    font: Vec<PathBuf>,
}

/// The most bytes of a file with data.
const DATA_BYTES_MAX: u64 = 16 << 20;

/// Prints one form as a PDF.
///
/// # Errors
/// When something named is not there, or the form cannot be printed.
pub(crate) async fn print(options: &Options) -> anyhow::Result<ExitCode> {
    let files = packs::load(&options.policies)?;
    let pack = match Library::new(&files).resolve(&options.id) {
        Ok(resolved) => resolved.pack,
        Err(problems) => return policy_command::refuse(&options.id, problems),
    };
    let Some(form) = pack.print_form(&options.form) else {
        let ids: Vec<&str> = pack.print_forms().iter().map(|f| f.id.as_str()).collect();
        bail!("様式「{}」はありません。次のどれかを書いてください: {}", options.form, ids.join("、"));
    };
    let PrintLook::Template(template) = &form.look else {
        bail!("様式「{}」はExcelの様式です。PDFの様式だけを試せます", form.id);
    };
    let data = match &options.data {
        Some(path) => read(path)?,
        None => serde_json::Value::Object(named(web::print::sample(form.of), form, &pack)),
    };
    let today = || web::dates::day_field(world::SystemClock.now());
    let day = options.day.clone().unwrap_or_else(today);
    let job = PrintJob { template: template.clone(), data, day };
    match printer(&options.font)?.print(&job).await {
        Ok(printed) => {
            std::fs::write(&options.out, &printed.pdf)
                .with_context(|| format!("書き出せません: {}", options.out.display()))?;
            for warning in &printed.warnings {
                world::note(&format!("{}行目: {}", warning.line, warning.message));
            }
            if !printed.unprintable.is_empty() {
                let all: Vec<String> =
                    printed.unprintable.iter().map(|c| format!("U+{:04X}", u32::from(*c))).collect();
                world::note(&format!("フォントにない文字を〓にしました: {}", all.join("、")));
            }
            world::say(&format!("{}({}ページ)", options.out.display(), printed.pages))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(PrintFailure::Template(problems)) => {
            for problem in &problems {
                world::note(&format!("{}行目: {}", problem.line, problem.message));
            }
            bail!("様式のひな形に誤りがあります: {}", form.id)
        }
        Err(other) => Err(other).context("様式を印刷できません"),
    }
}

fn read(path: &Path) -> anyhow::Result<serde_json::Value> {
    let about = || format!("様式に渡すJSONを読めません: {}", path.display());
    if std::fs::metadata(path).with_context(about)?.len() > DATA_BYTES_MAX {
        bail!("{}(16 MiB を超えています)", about());
    }
    serde_json::from_slice(&std::fs::read(path).with_context(about)?).with_context(about)
}

/// The sample with the form's own name and the body's.
fn named(
    mut data: serde_json::Map<String, serde_json::Value>,
    form: &PrintForm,
    pack: &Pack,
) -> serde_json::Map<String, serde_json::Value> {
    let number = form.number.clone().unwrap_or_default();
    data.insert("form".to_owned(), serde_json::json!({ "title": form.title, "number": number }));
    if let Some(body) = pack.municipality() {
        data.insert("body".to_owned(), body.name.clone().into());
    }
    data
}

fn printer(fonts: &[PathBuf]) -> anyhow::Result<Printer> {
    let config: Option<PrinterConfig> = house::printer(None, fonts)?;
    let config = config.filter(PrinterConfig::is_installed).context(
        "印刷のプログラム(sekisho-report)がこのプログラムの横にないか、日本語のフォントがありません。\
         sudo apt-get install -y fonts-morisawa-bizud-gothic fonts-noto-cjk",
    )?;
    Ok(Printer::new(config))
}

/// What is wrong with the templates of a pack: each is printed once with sample data.
///
/// # Errors
/// When nothing can be printed here.
pub(crate) async fn problems(pack: &Pack) -> anyhow::Result<Vec<Problem>> {
    let printer = printer(&[])?;
    let day = web::dates::day_field(world::SystemClock.now());
    let mut found = Vec::new();
    for form in pack.print_forms() {
        let PrintLook::Template(template) = &form.look else { continue };
        let data = serde_json::Value::Object(named(web::print::sample(form.of), form, pack));
        let job = PrintJob { template: template.clone(), data, day: day.clone() };
        let problem = |line: u32, message: String| Problem {
            code: Code::TemplateBroken,
            severity: Severity::Error,
            file: form.origin.file.to_string(),
            line: form.origin.line,
            column: form.origin.column,
            message: format!("print-form「{}」のひな形の{line}行目に誤りがあります: {message}", form.id),
            instead: "使える項目と書き方は docs/print-forms.md にあります。".to_owned(),
        };
        match printer.print(&job).await {
            Ok(_) => {}
            Err(PrintFailure::Template(problems)) => {
                found.extend(problems.into_iter().map(|p| problem(p.line, p.message)));
            }
            Err(other) => found.push(problem(0, other.to_string())),
        }
    }
    Ok(found)
}
