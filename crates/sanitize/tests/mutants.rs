//! Broken files by the thousand: no panic escapes, and what comes out clean is clean.
//!
//! `SEKISHO_MUTANTS` sets their number (10000 for a thorough run), `SEKISHO_MUTANTS_SEED` repeats a run, and with
//! `SEKISHO_SHARED` the small files of the corpus there are broken as well. Time is bounded by the limits of each job
//! and by nothing else.

#![cfg(test)]

#[path = "../src/archive/samples.rs"]
mod archives;
mod mutants_made;

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use mutants_made::samples;
use worker_protocol::{FilePolicy, Hint, Job, Limits, Notes, Outcome, Reason, Severity};
use zip::write::SimpleFileOptions;

/// How many are broken when nobody says otherwise.
const MUTANTS: u64 = 400;

#[expect(clippy::disallowed_methods, reason = "tests are told from outside how long they may take")]
fn told(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

fn sanitise(name: &str, bytes: Vec<u8>) -> Outcome {
    let job = Job {
        hint: Hint { untrusted_name: name.to_owned(), passwords: vec!["secret".to_owned()] },
        policy: FilePolicy::default(),
        limits: Limits {
            expanded_bytes_max: 32 << 20,
            entries_max: 1_000,
            pages_max: 200,
            pixels_max: 1_000_000,
            ..Limits::default()
        },
        want_preview: false,
        mark: None,
        notes: Notes::default(),
    };
    sanitize::sanitise(&job, bytes, &mut |_, _| ())
}

/// Where panics began. A library's panic holds the file; one of the house's own code is a mistake.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[test]
fn mutants_are_refused_or_come_out_clean() {
    let count = told("SEKISHO_MUTANTS").and_then(|text| text.parse().ok()).unwrap_or(MUTANTS);
    let seed = told("SEKISHO_MUTANTS_SEED").and_then(|text| text.parse().ok()).unwrap_or(20_261_121);
    eprintln!("{count} mutants, seed {seed}");
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        eprintln!("panicked at {place}");
        PANICS.lock().unwrap().push(place);
    }));
    let mut all = samples();
    if let Some(shared) = told("SEKISHO_SHARED") {
        let before = all.len();
        small_files(&Path::new(&shared).join("corpus"), &mut all);
        eprintln!("{} files of the corpus", all.len() - before);
    }
    let mut chance = Chance(seed);
    let (mut tally, mut broken) = (BTreeMap::new(), Vec::new());
    for number in 0..count {
        let (name, original) = &all[usize::try_from(number).unwrap() % all.len()];
        let other = &all[chance.below(all.len())].1;
        let mutant = mutate(original, other, &mut chance);
        let before = PANICS.lock().unwrap().len();
        let escaped = std::panic::catch_unwind(|| judge(name, &mutant));
        let panics: Vec<String> = PANICS.lock().unwrap().drain(before..).collect();
        let trouble = match escaped {
            Err(_) => Some("a panic escaped".to_owned()),
            Ok(Err(trouble)) => Some(trouble),
            Ok(Ok(ending)) => {
                *tally.entry(ending).or_insert(0u32) += 1;
                panics.iter().find(|place| place.contains("crates/sanitize/src")).cloned()
            }
        };
        for place in panics {
            *tally.entry(format!("caught panic at {place}")).or_insert(0) += 1;
        }
        if let Some(trouble) = trouble {
            eprintln!("mutant {number} of {name}: {trouble}");
            if let Some(folder) = told("SEKISHO_MUTANTS_OUT") {
                let name = name.replace('/', "_");
                std::fs::write(Path::new(&folder).join(format!("{number}-{name}")), &mutant).unwrap();
            }
            broken.push(format!("{number} of {name}: {trouble}"));
        }
    }
    for (row, count) in &tally {
        eprintln!("{count:6} {row}");
    }
    let _ = std::panic::take_hook();
    assert!(broken.is_empty(), "seed {seed}: {} broken: {broken:#?}", broken.len());
}

#[test]
fn a_file_of_which_nothing_is_left_is_held() {
    let outcome = sanitise("a.txt", vec![0x7F, 0x01]);
    assert_eq!(outcome.report.reason, Some(Reason::Empty));
    assert_eq!(outcome.clean, None);
}

#[test]
fn text_that_would_become_a_program_or_a_page_is_held() {
    for begins in
        ["\u{202E}#!/bin/sh\n", "\u{1b}[31m#!/bin/sh\n", "M\u{7}Z", "\u{202E}<html><script>x</script>"]
    {
        let outcome = sanitise("a.txt", begins.as_bytes().to_vec());
        assert_eq!(outcome.report.reason, Some(Reason::VerifyFailed), "{begins:?}");
        assert_eq!(outcome.clean, None);
    }
}

/// How a mutant ended, or what was wrong with that.
fn judge(name: &str, mutant: &[u8]) -> Result<String, String> {
    let first = sanitise(name, mutant.to_vec());
    if !first.report.is_consistent() {
        return Err(format!("the report contradicts itself: {:?}", first.report));
    }
    let Some(clean) = first.clean else {
        let reason = first.report.reason.ok_or("no bytes and no reason")?;
        return Ok(format!("{:?} {}", first.report.verdict, reason.id()));
    };
    let second = sanitise(&first.report.clean_name, clean);
    if !second.report.hands_over() {
        return Err(format!("the clean file does not pass again: {:?}", second.report));
    }
    let dirt: Vec<_> =
        second.report.removals.iter().filter(|removal| removal.what.severity() != Severity::Low).collect();
    if dirt.is_empty() {
        Ok(format!("{:?}", first.report.verdict))
    } else {
        Err(format!("the clean file is not clean: {dirt:?}"))
    }
}

fn small_files(folder: &Path, all: &mut Vec<(String, Vec<u8>)>) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            small_files(&path, all);
        } else if path.extension().is_some_and(|extension| extension != "jsonl")
            && path.metadata().unwrap().len() < 64 << 10
        {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            all.push((name, std::fs::read(&path).unwrap()));
        }
    }
}

/// A sequence that looks random and is the same for the same seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    /// A piece of something this long; most are short.
    fn piece(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let longest = if self.below(4) == 0 { length - start } else { (length - start).min(32) };
        start..start + self.below(longest + 1)
    }
}

/// Breaks a file. What is packed would only fail its checksum, so the members of a ZIP are broken inside, too.
fn mutate(original: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    if original.starts_with(b"PK")
        && chance.below(3) > 0
        && let Some(mut members) = unzip(original).filter(|members| !members.is_empty())
    {
        for _ in 0..=chance.below(2) {
            let at = chance.below(members.len());
            let donor = members[chance.below(members.len())].1.clone();
            members[at].1 = break_bytes(&members[at].1, &donor, chance);
        }
        return zip(&members);
    }
    break_bytes(original, other, chance)
}

fn break_bytes(original: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    const EDGES: [u64; 10] =
        [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF];
    let mut bytes = original.to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len().max(1));
        match chance.below(9) {
            0 | 1 if !bytes.is_empty() => bytes[at] ^= 1 << chance.below(8),
            2 if !bytes.is_empty() => bytes[at] = EDGES[chance.below(5)] as u8,
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(chance.piece(bytes.len()))),
            5 => {
                let piece = bytes[chance.piece(bytes.len())].to_vec();
                bytes.splice(at.min(bytes.len())..at.min(bytes.len()), piece);
            }
            6 => {
                let piece = other[chance.piece(other.len())].to_vec();
                let place = chance.piece(bytes.len());
                bytes.splice(place, piece);
            }
            7 => {
                let width = [2, 4, 8][chance.below(3)];
                let mut edge = EDGES[chance.below(EDGES.len())].to_le_bytes()[..width].to_vec();
                if chance.below(2) == 0 {
                    edge.reverse();
                }
                let end = (at + width).min(bytes.len());
                bytes.splice(at.min(end)..end, edge);
            }
            // Numbers in text formats.
            _ => {
                let digits: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
                if let Some(digit) = digits.get(chance.below(digits.len())) {
                    let number = [&b"-1"[..], b"0", b"65536", b"99999999999", b"1e308"][chance.below(5)];
                    bytes.splice(*digit..digit + 1, number.iter().copied());
                }
            }
        }
    }
    bytes
}

fn unzip(bytes: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    (0..archive.len())
        .map(|index| {
            let mut member = archive.by_index(index).ok()?;
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes).ok()?;
            Some((member.name().ok()?.into_owned(), bytes))
        })
        .collect()
}

fn zip(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        if writer.start_file(name, SimpleFileOptions::default()).is_ok() {
            writer.write_all(bytes).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}
