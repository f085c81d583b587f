//! Jobs for tests, through the whole road.
//!
//! Owns: a job that asks for nothing special, and running it with what always holds of an outcome.
//! Leaves to others: samples, which the tests of each format make.

use worker_protocol::{FilePolicy, Hint, Job, Limits, Mark, Mode, Notes, Outcome, Threat};

/// A job for a file of this name.
pub(crate) fn job(name: &str) -> Job {
    Job {
        hint: Hint { untrusted_name: name.to_owned(), passwords: Vec::new() },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: Notes::default(),
    }
}

/// The same for a mode other than the usual.
pub(crate) fn job_in(name: &str, mode: Mode) -> Job {
    let mut job = job(name);
    job.policy.modes.values_mut().for_each(|chosen| *chosen = mode);
    job
}

/// A mark with one level.
pub(crate) fn mark(label: &str, level: &str) -> Mark {
    Mark { label: label.to_owned(), levels: vec![level.to_owned()] }
}

/// Runs a job.
pub(crate) fn run(job: &Job, bytes: &[u8]) -> Outcome {
    let outcome = crate::sanitise(job, bytes.to_vec(), &mut |_, _| ());
    assert!(outcome.report.is_consistent(), "{:?}", outcome.report);
    assert_eq!(outcome.clean.is_some(), outcome.report.hands_over());
    outcome
}

/// Whether something of this sort was reported.
pub(crate) fn has(outcome: &Outcome, threat: Threat) -> bool {
    outcome.report.removals.iter().any(|removal| removal.what == threat)
}
