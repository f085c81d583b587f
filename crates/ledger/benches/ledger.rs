//! What the ledger costs: verifying a million entries against plain SHA-256 of the same bytes, and appending.
//!
//! Run with `cargo bench -p ledger`. The ratio of `verify_full` to `plain_sha256` is the price of everything that
//! verification does besides hashing the files once: tree nodes, commitments, parsing, comparing.

#![expect(clippy::unwrap_used, reason = "a bench that cannot build its log has nothing to measure")]

use std::collections::BTreeMap;
use std::sync::OnceLock;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use ledger::bundle::{Content, FullExport, Head, Record, Trust, verify};
use ledger::{
    Appended, Checkpoint, Commitment, Entry, EntryId, EntryTime, Hash, Kind, Payload, Salt, SigningKey,
    append, inclusion_proof, leaf_hash, verify_inclusion,
};
use sha2::{Digest as _, Sha256};

const ENTRIES: u64 = 1_000_000;

fn main() {
    divan::main();
}

/// An entry of the size that a transfer leaves: a leaf of 167 bytes and a payload of about 300.
fn record(index: u64) -> Record {
    let mut salt = [0x5a; 32];
    for (to, from) in salt.iter_mut().zip(index.to_be_bytes()) {
        *to = from;
    }
    let json = format!(
        r#"{{"actor":"shokuin-{:04}","channel":"internet-lgwan","clauses":["narita-4-3-2","narita-6-1-1"],"file":{{"name":"令和8年度 起案書 {index}.docx","sha256":"{}","size":{}}},"request":"{index:032x}","verdict":"cleaned"}}"#,
        index % 750,
        leaf_hash(&index.to_be_bytes()),
        20_000 + index % 90_000,
    );
    let (salt, payload) = (Salt::from_bytes(salt), Payload::new(json).unwrap());
    let entry = Entry {
        id: EntryId::from_bytes((u128::from(index) << 64 | 0x7000_8000).to_be_bytes()),
        time: EntryTime::from_unix_millis(1_795_000_000_000 + index as i64 * 40).unwrap(),
        kind: Kind::new(
            ["transfer-submitted", "transfer-sanitised", "transfer-released"]
                .iter()
                .cycle()
                .nth(index as usize % 3)
                .copied()
                .unwrap(),
        )
        .unwrap(),
        commitment: Commitment::new(&salt, &payload),
    };
    Record { leaf: entry.to_leaf(), content: Content::present(salt, payload) }
}

struct Log {
    key: SigningKey,
    bundle: BTreeMap<String, Vec<u8>>,
    tree: Appended,
}

fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let key = SigningKey::from_seed("bench.example.lg.jp", &[1; 32]).unwrap();
        let leaves: Vec<Hash> = (0..ENTRIES).map(|i| leaf_hash(&record(i).leaf)).collect();
        let tree = append(0, &BTreeMap::new(), &leaves).unwrap();
        let checkpoint = Checkpoint::new(key.verifier(), ENTRIES, tree.root).sign(&key).unwrap().into_bytes();
        let head = Head { vkey: key.verifier().clone(), checkpoint, previous: None };
        let (mut export, mut files) = FullExport::start(&head).unwrap();
        for index in 0..ENTRIES {
            files.extend(export.push(&record(index)).unwrap());
        }
        files.extend(export.finish().unwrap());
        Log { key, bundle: files.into_iter().map(|file| (file.path, file.bytes)).collect(), tree }
    })
}

fn bundle_bytes() -> usize {
    log().bundle.values().map(Vec::len).sum()
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn verify_full(bencher: Bencher<'_, '_>) {
    let log = log();
    let trust = Trust { vkey: Some(log.key.verifier().clone()), previous: None };
    bencher.counter(ItemsCount::new(ENTRIES)).counter(BytesCount::new(bundle_bytes())).bench_local(|| {
        let out = verify(&log.bundle, &trust).unwrap();
        assert!(out.is_verified() && out.entries == ENTRIES);
    });
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn plain_sha256(bencher: Bencher<'_, '_>) {
    let log = log();
    bencher.counter(ItemsCount::new(ENTRIES)).counter(BytesCount::new(bundle_bytes())).bench_local(|| {
        for bytes in log.bundle.values() {
            black_box(Sha256::digest(bytes));
        }
    });
}

/// One group commit: load the right edge of a log of a million entries, add a batch, and get root and changed tiles.
#[divan::bench(args = [1, 16, 256, 4096], sample_count = 50)]
fn append_batch(bencher: Bencher<'_, '_>, batch: u64) {
    let log = log();
    let leaves: Vec<_> = (0..batch).map(|i| leaf_hash(&i.to_be_bytes())).collect();
    bencher
        .counter(ItemsCount::new(batch))
        .bench_local(|| append(ENTRIES, black_box(&log.tree.tiles), black_box(&leaves)).unwrap());
}

#[divan::bench]
fn sign_checkpoint(bencher: Bencher<'_, '_>) {
    let log = log();
    let checkpoint = Checkpoint::new(log.key.verifier(), ENTRIES, log.tree.root);
    bencher.bench_local(|| black_box(&checkpoint).sign(&log.key).unwrap());
}

#[divan::bench]
fn prove_and_verify_inclusion(bencher: Bencher<'_, '_>) {
    let log = log();
    let leaf = leaf_hash(&record(123_456).leaf);
    bencher.bench_local(|| {
        let proof = inclusion_proof(black_box(123_456), ENTRIES, &log.tree.tiles).unwrap();
        verify_inclusion(123_456, ENTRIES, leaf, &proof, log.tree.root).unwrap();
    });
}
