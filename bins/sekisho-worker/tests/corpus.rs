//! Real files, through the real cell. Skipped unless `SEKISHO_SHARED` names the folder that holds `corpus/`.
//!
//! With `SEKISHO_CORPUS_OUT` the clean files are kept there for an independent judge.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use worker_client::{CellConfig, CellPool, OfficeConfig};
use worker_protocol::{Reason, Verdict};

use crate::support::{config, job, run};

#[expect(clippy::disallowed_methods, reason = "tests are told from outside where the corpus is")]
fn folder(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_real_file_breaks_the_cell() {
    let Some(shared) = folder("SEKISHO_SHARED") else {
        eprintln!("skipped: SEKISHO_SHARED is not set");
        return;
    };
    let out = folder("SEKISHO_CORPUS_OUT");
    let office = OfficeConfig::find(OfficeConfig::place_or(&std::env::temp_dir()));
    if office.is_none() {
        eprintln!("LibreOffice is not installed: files of old formats are held");
    }
    let pool = CellPool::new(CellConfig { office, ..config() });
    let mut died = Vec::new();
    let mut tally: BTreeMap<String, u32> = BTreeMap::new();
    let corpus = shared.join("corpus");
    let mut kinds: Vec<String> = std::fs::read_dir(&corpus)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    kinds.sort();
    for kind in &kinds {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(corpus.join(kind)).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        for path in files {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let bytes = std::fs::read(&path).unwrap();
            let mut job = job(&name);
            job.want_preview = out.is_none();
            let (outcome, clean) = run(&pool, &job, &bytes).await;
            assert!(outcome.report.is_consistent(), "{name}");
            let reason = outcome.report.reason.map_or("", Reason::id);
            *tally.entry(format!("{kind} {:?} {reason}", outcome.report.verdict)).or_default() += 1;
            if outcome.report.reason.is_some_and(Reason::is_retryable) {
                died.push(format!("{name}: {reason}"));
            }
            if outcome.report.hands_over() {
                assert_eq!(outcome.clean_bytes, clean.len() as u64);
                stands_on_its_own(&pool, &outcome.report.clean_name, &clean, &name).await;
                if let Some(out) = &out {
                    keep(out, kind, &name, &outcome.report.clean_name, &clean);
                }
            } else {
                eprintln!("{kind} {name}: {:?} {reason}", outcome.report.verdict);
            }
        }
    }
    for (row, count) in tally {
        eprintln!("{count:4} {row}");
    }
    assert!(died.is_empty(), "cells died: {died:#?}");
}

/// A clean file sanitised again must pass and lose nothing more that a reader would miss.
async fn stands_on_its_own(pool: &CellPool, clean_name: &str, clean: &[u8], name: &str) {
    let mut again = job(clean_name);
    again.want_preview = false;
    let (outcome, _) = run(pool, &again, clean).await;
    if outcome.report.verdict != Verdict::Clean {
        eprintln!("not a fixed point: {name}: {:?}", outcome.report);
    }
    assert!(outcome.report.hands_over(), "{name}: {:?}", outcome.report);
}

fn keep(out: &Path, kind: &str, name: &str, clean_name: &str, clean: &[u8]) {
    let folder = out.join(kind);
    std::fs::create_dir_all(&folder).unwrap();
    let extension = clean_name.rsplit_once('.').map_or("", |(_, extension)| extension);
    std::fs::write(folder.join(format!("{name}.clean.{extension}")), clean).unwrap();
}
