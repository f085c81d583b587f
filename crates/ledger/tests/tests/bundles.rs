//! Bundles: what is written verifies, what is changed does not, and the problem is named.

use ledger::bundle::{
    BundleKind, Content, ExportError, FullExport, Manifest, Previous, SelectionExport, Trust, Verification,
    verify,
};
use ledger::{Checkpoint, ERASURE_KIND, SigningKey, VerifyProofError};

use crate::log::{Files, Log, id, record};

fn judge(files: &Files, trust: &Trust) -> Verification {
    verify(files, trust).unwrap()
}

fn pinned(log: &Log) -> Trust {
    Trust { vkey: Some(log.key.verifier().clone()), previous: None }
}

fn codes(verification: &Verification) -> Vec<&'static str> {
    verification.problems.iter().map(|p| p.code()).collect()
}

#[test]
fn full_bundles_of_every_shape_verify() {
    for (size, erased, previous) in [
        (0, &[][..], None),
        (0, &[], Some(0)),
        (1, &[], Some(0)),
        (4, &[0, 2], Some(3)),
        (255, &[], None),
        (256, &[7], Some(256)),
        (257, &[255], Some(256)),
        (700, &[0, 255, 256, 698], Some(300)),
    ] {
        let log = Log::new(size, erased);
        let files = log.full(previous);
        let trust = Trust { previous: Some(log.checkpoint(size / 2)), ..pinned(&log) };
        let out = judge(&files, &trust);
        assert!(out.is_verified() && out.key_is_pinned, "{size}: {:?}", out.problems);
        assert_eq!(out.kind, Some(BundleKind::Full));
        assert_eq!(
            (out.entries, out.erased, out.erased_explained),
            (size, erased.len() as u64, erased.len() as u64)
        );
        assert_eq!(out.payloads + out.erased, size);
        assert_eq!(out.kinds.values().sum::<u64>(), size);
        assert_eq!(out.continues.len(), 1 + previous.iter().len());
        assert_eq!(out.times.is_some(), size > 0);
    }
}

#[test]
fn selections_verify() {
    let log = Log::new(700, &[3, 300]);
    for (indexes, previous, payloads, explained) in [
        (&[][..], None, 0, 0),
        (&[0], Some(1), 1, 0),
        (&[2, 3, 300, 650], Some(256), 2, 0),
        (&[3, 300, 699], None, 1, 2),
    ] {
        let out = judge(&log.selection(indexes, previous), &pinned(&log));
        assert!(out.is_verified(), "{indexes:?}: {:?}", out.problems);
        assert_eq!((out.kind, out.entries), (Some(BundleKind::Selection), indexes.len() as u64));
        assert_eq!((out.payloads, out.erased_explained), (payloads, explained));
    }
}

#[test]
fn an_unpinned_key_is_the_bundles_own_claim() {
    let log = Log::new(3, &[]);
    let out = judge(&log.full(None), &Trust::default());
    assert!(out.is_verified() && !out.key_is_pinned);
    assert_eq!(out.vkey.as_ref(), Some(log.key.verifier()));

    // Somebody else's log is consistent in itself; only the pinned key tells.
    let other = SigningKey::from_seed("sekisho.example.lg.jp/ledger", &[1; 32]).unwrap();
    let trust = Trust { vkey: Some(other.verifier().clone()), previous: None };
    assert_eq!(codes(&judge(&log.full(None), &trust)), ["key-differs", "checkpoint"]);
}

/// In every byte: the bit that turns upper into lower case, and one more in turn.
#[test]
fn a_flipped_bit_in_any_byte_is_seen() {
    let log = Log::new(3, &[1]);
    for files in [log.full(None), log.selection(&[1, 2], Some(2))] {
        assert!(judge(&files, &Trust::default()).is_verified());
        for path in files.keys().filter(|path| *path != "README.txt") {
            for at in 0..files[path].len() {
                for bit in [5, at % 8] {
                    let mut changed = files.clone();
                    changed.get_mut(path).unwrap()[at] ^= 1 << bit;
                    assert!(!judge(&changed, &Trust::default()).is_verified(), "{path} byte {at} bit {bit}");
                }
            }
        }
    }
}

#[test]
fn every_missing_longer_or_foreign_file_is_seen() {
    let log = Log::new(300, &[1]);
    for files in [log.full(Some(2)), log.selection(&[0, 1, 299], Some(2))] {
        for path in files.keys().filter(|path| *path != "README.txt") {
            let mut without = files.clone();
            without.remove(path);
            assert!(!judge(&without, &pinned(&log)).is_verified(), "{path} removed");
            let mut longer = files.clone();
            longer.get_mut(path).unwrap().push(b'\n');
            assert!(!judge(&longer, &pinned(&log)).is_verified(), "{path} longer");
        }
        let mut without_readme = files.clone();
        without_readme.remove("README.txt");
        assert!(judge(&without_readme, &pinned(&log)).is_verified());
        for path in ["entries/5.json", "tile/0/009", "note.txt"] {
            let mut more = files.clone();
            more.insert(path.to_owned(), b"{}".to_vec());
            assert_eq!(codes(&judge(&more, &pinned(&log))), ["unexpected"], "{path}");
        }
    }
}

/// Writes a log whose records were tampered with before they were signed or after: the bundle is put together from
/// an honest export and the files of another one.
#[test]
fn rewritten_histories_are_named() {
    let honest = Log::new(300, &[]);
    let mut records = honest.records.clone();
    records[5] = record(5, "transfer-submitted", r#"{"transfer":"another"}"#);
    let forged = Log::of(records);

    // The forger holds the signing key and exports a log that is consistent in itself.
    let files = forged.full(None);
    assert!(judge(&files, &pinned(&honest)).is_verified());
    // Against a checkpoint that the auditor kept, it is not.
    for (size, expected) in [(5, &[][..]), (6, &["previous-inconsistent"]), (300, &["previous-inconsistent"])]
    {
        let trust = Trust { previous: Some(honest.checkpoint(size)), ..pinned(&honest) };
        assert_eq!(codes(&judge(&files, &trust)), expected, "{size}");
    }
    // A selection says so too, or says that it cannot tell.
    for (previous, size, expected) in [
        (None, 300, &["previous-inconsistent"][..]),
        (None, 6, &["previous-not-covered"]),
        (Some(6), 6, &["previous-inconsistent"]),
        (Some(5), 5, &[]),
        (None, 0, &[]),
    ] {
        let trust = Trust { previous: Some(honest.checkpoint(size)), ..pinned(&honest) };
        assert_eq!(codes(&judge(&forged.selection(&[7], previous), &trust)), expected, "{previous:?} {size}");
    }
    // A log that became shorter.
    let longer = Log::new(301, &[]);
    let trust = Trust { previous: Some(longer.checkpoint(301)), ..pinned(&honest) };
    assert_eq!(codes(&judge(&honest.full(None), &trust)), ["previous-is-larger"]);
    // A checkpoint of another log.
    let trust = Trust { previous: Some(b"nonsense".to_vec()), ..pinned(&honest) };
    assert_eq!(codes(&judge(&honest.full(None), &trust)), ["previous"]);

    // Without the key, every mixture of files is seen for what it is.
    for (taken, expected) in [
        ("tile/entries/000", &["commitment", "tile", "tile", "root"][..]),
        ("tile/0/000", &["tile"]),
        ("payload/000", &["commitment"]),
        ("checkpoint", &["manifest-contradicts", "root"]),
        ("manifest.json", &["manifest-contradicts"]),
    ] {
        let mut mixed = honest.full(None);
        mixed.insert(taken.to_owned(), files[taken].clone());
        assert_eq!(codes(&judge(&mixed, &pinned(&honest))), expected, "{taken}");
    }
    let mut mixed = honest.selection(&[5, 7], None);
    mixed.insert("entries/5.json".into(), forged.selection(&[5, 7], None)["entries/5.json"].clone());
    let out = judge(&mixed, &pinned(&honest));
    assert_eq!((codes(&out), out.problems[0].index()), (vec!["inclusion"], Some(5)));
}

#[test]
fn erasures_and_their_entries_must_agree() {
    let erasure = |index: u64, ids: &[u64]| {
        let ids: Vec<_> = ids.iter().map(|i| format!("\"{}\"", id(*i))).collect();
        record(index, ERASURE_KIND, &format!(r#"{{"entries":[{}]}}"#, ids.join(",")))
    };
    let plain = |index| record(index, "login-failed", "{}");
    let gone = |index| ledger::bundle::Record { content: Content::Erased, ..plain(index) };
    for (records, expected) in [
        (vec![gone(0), erasure(1, &[0])], &[][..]),
        (vec![gone(0), gone(1), erasure(2, &[0]), erasure(3, &[0, 1])], &[]),
        (vec![gone(0), plain(1)], &["erased-unexplained"]),
        (vec![plain(0), erasure(1, &[0])], &["erasure-undone"]),
        (vec![plain(0), erasure(1, &[9])], &["erasure-unknown"]),
        // An erasure cannot be recorded before the entry itself.
        (vec![erasure(0, &[1]), gone(1)], &["erasure-unknown", "erased-unexplained"]),
        (vec![plain(0), record(1, ERASURE_KIND, "{}")], &["erasure"]),
        // The record of an erasure may not be erased, even if another one says so.
        (
            vec![
                gone(0),
                ledger::bundle::Record { content: Content::Erased, ..erasure(1, &[0]) },
                erasure(2, &[0, 1]),
            ],
            &["erasure-erased"],
        ),
        (vec![plain(0), plain(0)], &["duplicate-id"]),
        (vec![plain(1), plain(0)], &[]),
    ] {
        let log = Log::of(records.clone());
        let out = judge(&log.full(None), &pinned(&log));
        assert_eq!(codes(&out), expected, "{records:?}");
        let backward = u64::from(records[0] == plain(1));
        assert_eq!(out.times_backward, backward);
    }
}

#[test]
fn a_log_of_another_program_is_refused_entry_by_entry() {
    let log = Log::new(2, &[]);
    let signed = Log::of(vec![
        log.records[0].clone(),
        ledger::bundle::Record { leaf: b"not ours".to_vec(), content: Content::Erased },
    ]);
    // Our exporter does not write it, so the files are put together by hand.
    let mut files = log.full(None);
    let (mut export, _) = FullExport::start(&signed.head(None)).unwrap();
    export.push(&signed.records[0]).unwrap();
    assert!(matches!(export.push(&signed.records[1]), Err(ExportError::Leaf { index: 1, .. })));
    let bundle: Vec<u8> = signed
        .records
        .iter()
        .flat_map(|r| [&(r.leaf.len() as u16).to_be_bytes()[..], &r.leaf].concat())
        .collect();
    files.insert("tile/entries/000.p/2".into(), bundle);
    assert_eq!(codes(&judge(&files, &pinned(&log))), ["leaf", "tile", "root"]);
}

#[test]
fn what_would_not_verify_is_not_written() {
    let log = Log::new(4, &[]);
    let other = Log::new(5, &[]);
    let (mut export, _) = FullExport::start(&log.head(None)).unwrap();
    let mut wrong = log.records[0].clone();
    wrong.content = log.records[1].content.clone();
    assert_eq!(export.push(&wrong), Err(ExportError::Commitment(0)));
    for index in [0, 1, 2] {
        export.push(&log.records[index]).unwrap();
    }
    let mut swapped = FullExport::start(&log.head(None)).unwrap().0;
    for index in [1, 0, 2, 3] {
        swapped.push(&log.records[index]).unwrap();
    }
    assert!(matches!(swapped.finish(), Err(ExportError::Root { .. })));
    assert_eq!(export.push(&log.records[3]), Ok(vec![]));
    assert_eq!(export.push(&other.records[4]), Err(ExportError::Order(4)));
    let short = FullExport::start(&log.head(None)).unwrap().0;
    assert_eq!(short.finish(), Err(ExportError::Incomplete(0)));

    let (mut export, _) = SelectionExport::start(&log.head(None), &[1, 3]).unwrap();
    assert_eq!(export.push(&log.selected(3)), Err(ExportError::Order(3)));
    let mut unproved = log.selected(1);
    unproved.proof.pop();
    assert_eq!(
        export.push(&unproved),
        Err(ExportError::Inclusion { index: 1, source: VerifyProofError::Length })
    );
    export.push(&log.selected(1)).unwrap();
    assert_eq!(export.finish(), Err(ExportError::Incomplete(3)));
    assert!(matches!(SelectionExport::start(&log.head(None), &[4]), Err(ExportError::Entries(_))));

    let mut head = log.head(Some(2));
    head.previous.as_mut().unwrap().proof.clear();
    assert_eq!(FullExport::start(&head).err(), Some(ExportError::Consistency(VerifyProofError::Length)));
    head.checkpoint = other.key.sign("text\n").unwrap().into_bytes();
    assert!(matches!(FullExport::start(&head), Err(ExportError::Checkpoint(_))));
}

#[test]
fn a_signed_root_without_its_entries_is_seen() {
    // The key signed a root that is not of these entries: the export refuses, and so does the verifier.
    let log = Log::new(3, &[]);
    let lie =
        Checkpoint::new(log.key.verifier(), 3, ledger::Hash::from_bytes([1; 32])).sign(&log.key).unwrap();
    let mut files = log.full(None);
    files.insert("checkpoint".into(), lie.into_bytes());
    let out = judge(&files, &Trust { previous: Some(log.checkpoint(3)), ..pinned(&log) });
    assert_eq!(codes(&out), ["manifest-contradicts", "root"]);
    assert_eq!(out.continues, [(Previous::Given, 3)]);
}

#[test]
fn a_bundle_that_claims_to_be_endless_ends_at_its_first_missing_file() {
    let log = Log::new(300, &[]);
    let endless = Checkpoint::new(log.key.verifier(), ledger::SIZE_MAX, ledger::Hash::from_bytes([1; 32]));
    let mut files = log.full(None);
    files.insert("checkpoint".into(), endless.sign(&log.key).unwrap().into_bytes());
    files.insert("manifest.json".into(), Manifest::full(&endless, None).to_bytes());
    let out = judge(&files, &pinned(&log));
    assert!(!out.is_complete);
    assert_eq!((codes(&out), out.problems[0].path()), (vec!["missing"], Some("tile/entries/001")));
}

#[test]
fn only_the_first_problems_are_kept() {
    let log = Log::new(300, &[]);
    let mut files = log.full(None);
    for bundle in ["payload/000", "payload/001.p/44"] {
        // The first byte of each salt is the index; every salt is made wrong.
        let bytes = files.get_mut(bundle).unwrap();
        let mut at = 0;
        while at < bytes.len() {
            bytes[at + 1] ^= 1;
            at += 37 + u32::from_be_bytes(bytes[at + 33..at + 37].try_into().unwrap()) as usize;
        }
    }
    let out = judge(&files, &pinned(&log));
    assert_eq!((out.problems.len(), out.problems_total), (200, 300));
}
