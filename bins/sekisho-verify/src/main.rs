//! The auditor's verifier as a program. Everything is in the library beside it, which links `ledger` only.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    // Wrong arguments end here with code 2.
    sekisho_verify::run(&sekisho_verify::Arguments::parse())
}
