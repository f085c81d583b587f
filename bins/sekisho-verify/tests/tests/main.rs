//! The program as an auditor starts it, on bundles written by the exporter.

#[cfg(test)]
#[path = "../../../../crates/ledger/tests/tests/log.rs"]
mod log;

#[cfg(test)]
mod program;
