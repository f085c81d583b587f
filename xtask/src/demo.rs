//! `cargo xtask demo`: builds the server, the sanitiser's cell and the auditor's verifier, then becomes `sekisho demo`.
//!
//! Owns: which binaries the demo needs and how they are built. The cell that prints needs a typesetter, which takes minutes, and
//! nobody prints in the first minutes: it is built while the city is open already.
//! Leaves to others: the demo itself (`bins/sekisho`).

use std::path::Path;

use anyhow::Result;
use clap::Args;

use crate::shell::{self, Tool};

/// How to build, and what `sekisho demo` is told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// First port; the zones listen on it and on the ones that follow.
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Keep the city in this directory, so that the next start finds it again.
    #[arg(long, value_name = "DIR")]
    data: Option<std::path::PathBuf>,
    /// Build optimised: takes longer to build, runs as in production.
    #[arg(long)]
    release: bool,
    /// Anything else for `sekisho demo`, after `--`.
    #[arg(last = true)]
    more: Vec<String>,
}

/// Builds and becomes the demo. Returns only when that failed.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    shell::say("building the demo (about eight minutes on a fresh machine, seconds later; Ctrl-C stops)");
    let watch = shell::stopwatch();
    if !build(root, options, &["sekisho", "sekisho-worker", "sekisho-verify"]).run()? {
        return Ok(false);
    }
    shell::say(&format!("built in {} s; starting the demo city", watch.elapsed().as_secs()));
    let target = shell::target_dir(root)?;
    let log = target.join("demo-report.log");
    build(root, options, &["sekisho-report"]).background(&log)?;
    shell::say(&format!(
        "forms are printed as PDF when the program for it is built, too (some minutes more on a fresh machine; its log is {})",
        log.display()
    ));
    let binary = target.join(if options.release { "release" } else { "debug" }).join("sekisho");
    Err(Tool::new(binary).args(arguments(options)).become_it())
}

fn build(root: &Path, options: &Options, packages: &[&str]) -> Tool {
    let packages = packages.iter().flat_map(|name| ["--package", name]);
    let cargo = Tool::cargo(root).args(["build", "--locked"]).args(packages);
    if options.release { cargo.args(["--release"]) } else { cargo }
}

fn arguments(options: &Options) -> Vec<std::ffi::OsString> {
    let mut arguments: Vec<std::ffi::OsString> = vec!["demo".into()];
    if let Some(port) = options.port {
        arguments.extend(["--port".into(), port.to_string().into()]);
    }
    if let Some(data) = &options.data {
        arguments.extend(["--data".into(), data.into()]);
    }
    arguments.extend(options.more.iter().map(Into::into));
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_passed_on_and_what_was_not_said_is_left_to_the_demo() {
        let all = Options {
            port: Some(8080),
            data: Some("a b".into()),
            release: true,
            more: vec!["--json".into()],
        };
        assert_eq!(arguments(&all), ["demo", "--port", "8080", "--data", "a b", "--json"]);
        let none = Options { port: None, data: None, release: false, more: Vec::new() };
        assert_eq!(arguments(&none), ["demo"]);
    }
}
