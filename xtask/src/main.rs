//! Repository chores as typed, tested Rust: `cargo xtask tidy`, `test`, `demo`, `bench`, `corpus`.
//!
//! Owns: the command line of the chores.
//! Leaves to others: the house rules ([`tidy`]), what CI runs (`test`), building and starting the demo
//! ([`demo`]), measuring (`bench`), judging the sanitiser over real files (`corpus`),
//! running the fuzz targets (`fuzz`), and every process and environment variable ([`shell`]).

mod bench;
mod corpus;
mod demo;
mod fuzz;
mod shell;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Check the rules of the house: rings, manifests, what may be linked, words, paths named in documents.
    Tidy,
    /// Run everything CI runs, time each step, and end with `N passed, N failed`.
    Test(test::Options),
    /// Build and run a complete demo city; Ctrl-C stops it.
    Demo(demo::Options),
    /// Run the benches and print medians and ratios as rows of a table.
    Bench(bench::Options),
    /// Sanitise a folder of real files and print what independent programs say of the results, by format.
    Corpus(corpus::Options),
    /// Build and run the fuzz targets, and print a table of what came of it.
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    let root = shell::root();
    let done = match Arguments::parse().chore {
        Chore::Tidy => tidy::run(&root),
        Chore::Test(options) => test::run(&root, &options),
        Chore::Demo(options) => demo::run(&root, &options),
        Chore::Bench(options) => bench::run(&root, &options),
        Chore::Corpus(options) => corpus::run(&root, &options),
        Chore::Fuzz(options) => fuzz::run(&root, &options),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            shell::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
