//! One file, or standard input.
//!
//! Owns where its bytes come from and go to.
//! Leaves to others: options and words (`super`).

use anyhow::Context as _;
use tokio::io::{AsyncRead, AsyncWriteExt as _};
use worker_client::CellPool;

use super::{Options, Target, in_json, in_words, job, passes};
use crate::world;

/// Sanitises one file and says how it went. Whether clean bytes were written.
pub(super) async fn run(
    options: &Options,
    pool: &CellPool,
    from_stdin: bool,
    to_stdout: bool,
) -> anyhow::Result<bool> {
    let own_name = || options.input.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let name = if from_stdin || !options.name.is_empty() { options.name.clone() } else { own_name() };
    let input: Box<dyn AsyncRead + Unpin + Send> = if from_stdin {
        Box::new(tokio::io::stdin())
    } else {
        Box::new(
            tokio::fs::File::open(&options.input)
                .await
                .with_context(|| format!("読めません: {}", options.input.display()))?,
        )
    };
    // Standard output gets its bytes once they are complete: a program behind a pipe must not see half a file.
    let target = if to_stdout {
        Target { part: Some(tempfile::NamedTempFile::new()?), path: std::path::PathBuf::new() }
    } else {
        Target::beside(&options.output)?
    };
    let mut sink = target.open()?;
    let outcome = pool
        .run(&job(options, name), input, &mut sink, &mut |_| {}, std::future::pending())
        .await
        .context("無害化できません")?;
    sink.flush().await?;
    let passed = passes(&outcome.report);
    if passed && to_stdout {
        let mut clean = target.open()?;
        let mut out = tokio::io::stdout();
        tokio::io::copy(&mut clean, &mut out).await?;
        out.flush().await?;
    } else if passed {
        target.finish(None).await?;
    }
    if to_stdout {
        world::note(&in_words(&outcome.report));
    } else if options.json {
        world::say(&in_json(&outcome.report).to_string())?;
    } else {
        world::say(&in_words(&outcome.report))?;
    }
    Ok(passed)
}
