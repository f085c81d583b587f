//! The test vectors of `docs/format-ledger.md`: generated here and compared with the page.
//!
//! After an intended change of the format, `UPDATE_EXPECT=1 cargo test -p ledger` writes the page anew.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect_file;
use ledger::bundle::Content;
use ledger::{
    Checkpoint, Entry, Hash, SigningKey, TilePath, append, consistency_proof, inclusion_proof, leaf_hash,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::log::{Files, Log};

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format-ledger.md"));

/// The same value with its members in the order of their names, whatever order this build of the JSON library keeps:
/// another package of the same build may have asked it to keep the order of writing.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(members.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        plain => plain,
    }
}

#[test]
fn the_page_has_the_vectors_of_the_code() {
    let (text, rest) = PAGE.split_once("```json\n").unwrap();
    let (_, after) = rest.split_once("```\n").unwrap();
    let page = format!("{text}```json\n{:#}\n```\n{after}", sorted(vectors()));
    expect_file![concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format-ledger.md")].assert_eq(&page);
}

/// The numbers that the page states are those of the code.
#[test]
fn the_page_has_the_bounds_of_the_code() {
    let thousands = |n: usize| match (n / 1000, n % 1000) {
        (0, rest) => rest.to_string(),
        (head, rest) => format!("{head},{rest:03}"),
    };
    for (words, bound) in [
        ("at most {} bytes. It is hashed", ledger::PAYLOAD_BYTES_MAX),
        ("nothing else; at most {} bytes", ledger::LEAF_BYTES_MAX),
        ("At most {} bytes. Signatures", ledger::NOTE_BYTES_MAX),
        ("signature lines (at most {})", ledger::NOTE_SIGNATURES_MAX),
        ("and `+`, at most {} bytes.", ledger::KEY_NAME_BYTES_MAX),
        ("below `size`, at most {} |", ledger::bundle::SELECTION_ENTRIES_MAX),
        ("`entries/<index>.json`, at most {} bytes", ledger::bundle::SELECTED_BYTES_MAX),
    ] {
        let words = words.replace("{}", &thousands(bound));
        assert!(PAGE.contains(&words), "{words}");
    }
}

fn vectors() -> Value {
    let log = Log::new(3, &[1]);
    json!({
        "entry": entry(&log),
        "paths": paths(),
        "tree": tree(),
        "tree_300": tree_300(),
        "checkpoint": checkpoint(),
        "bundles": {
            "full": files(log.full(Some(2))),
            "selection": files(log.selection(&[0, 1], None)),
        },
    })
}

fn entry(log: &Log) -> Value {
    let record = &log.records[0];
    let Content::Present { salt, payload } = &record.content else { panic!("the first entry is not erased") };
    json!({
        "salt_hex": hex::encode(salt.as_bytes()),
        "payload": String::from_utf8_lossy(payload),
        "commitment_hex": Entry::parse_leaf(&record.leaf).unwrap().commitment.to_string(),
        "leaf": String::from_utf8_lossy(&record.leaf),
        "leaf_hash_hex": leaf_hash(&record.leaf).to_hex(),
    })
}

fn paths() -> Value {
    let path = |(index, width)| json!([index, width, TilePath::Entries { index, width }.to_string()]);
    [(0, 256), (999, 1), (1_000, 255), (1_234_067, 256), (281_474_976_710, 112)].map(path).to_vec().into()
}

/// The eight leaves that implementations of Certificate Transparency test with.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

fn hexes(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_hex).collect()
}

fn tree() -> Value {
    let leaves: Vec<_> = LEAVES.iter().map(|leaf| leaf_hash(leaf)).collect();
    let at = |size: usize| append(0, &BTreeMap::new(), &leaves[..size]).unwrap();
    let roots: Vec<_> = (0..=8).map(|size| at(size).root.to_hex()).collect();
    let inclusion = |(index, size): (u64, u64)| {
        let proof = inclusion_proof(index, size, &at(size as usize).tiles).unwrap();
        json!({ "index": index, "size": size, "proof_hex": hexes(&proof) })
    };
    let consistency = |(old_size, size): (u64, u64)| {
        let proof = consistency_proof(old_size, size, &at(size as usize).tiles).unwrap();
        json!({ "old_size": old_size, "size": size, "proof_hex": hexes(&proof) })
    };
    let inclusions = [(0, 1), (0, 8), (5, 8), (2, 3), (1, 5), (4, 5)].map(inclusion);
    let consistencies = [(0, 8), (1, 8), (6, 8), (2, 5), (6, 7), (8, 8)].map(consistency);
    json!({
        "leaves_hex": LEAVES.map(hex::encode),
        "roots_hex": roots,
        "inclusion": inclusions,
        "consistency": consistencies,
    })
}

fn tree_300() -> Value {
    let leaves: Vec<_> = (0..300).map(|i: u32| leaf_hash(i.to_string().as_bytes())).collect();
    let done = append(0, &BTreeMap::new(), &leaves).unwrap();
    let tile = |(id, bytes): (&ledger::TileId, &Vec<u8>)| {
        let path = TilePath::Hashes { id: *id, width: (bytes.len() / 32) as u16 };
        (path.to_string(), Value::from(hex::encode(Sha256::digest(bytes))))
    };
    json!({
        "root_hex": done.root.to_hex(),
        "tiles_sha256": done.tiles.iter().map(tile).collect::<serde_json::Map<_, _>>(),
        "inclusion_260_hex": hexes(&inclusion_proof(260, 300, &done.tiles).unwrap()),
        "consistency_256_hex": hexes(&consistency_proof(256, 300, &done.tiles).unwrap()),
        "consistency_257_hex": hexes(&consistency_proof(257, 300, &done.tiles).unwrap()),
    })
}

fn checkpoint() -> Value {
    let (name, seed) = ("sekisho.example.lg.jp/ledger", [42; 32]);
    let key = SigningKey::from_seed(name, &seed).unwrap();
    let checkpoint = Checkpoint::new(key.verifier(), 0, Hash::empty_root());
    json!({
        "name": name,
        "seed_hex": hex::encode(seed),
        "vkey": key.verifier().to_string(),
        "text": checkpoint.to_text(),
        "signed": checkpoint.sign(&key).unwrap(),
    })
}

fn files(files: Files) -> Value {
    let kept = files.into_iter().filter(|(path, _)| path != "README.txt");
    kept.map(|(path, bytes)| (path, Value::from(STANDARD.encode(bytes))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
