//! The verifier of export bundles, on bundles that were changed and on ones that never were any.
//!
//! Holds: it ends, and with the key pinned nothing verifies but what was exported.
//!
//! The first byte chooses what happens to one file of a good bundle: a byte is changed, the file is replaced,
//! cut off, or removed; or the whole bundle is thrown away and made from the input.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use ledger::bundle::{Content, FullExport, Head, README_PATH, Record, Trust, verify};
use ledger::{Checkpoint, Commitment, Entry, EntryTime, Hash, Payload, Salt, SigningKey, append, leaf_hash};

type Files = BTreeMap<String, Vec<u8>>;

fn key() -> SigningKey {
    SigningKey::from_seed("fuzz.example.jp", &[7; 32]).expect("a key from a seed")
}

fn good() -> &'static Files {
    static GOOD: OnceLock<Files> = OnceLock::new();
    GOOD.get_or_init(|| {
        let records: Vec<Record> = (0..3_u8)
            .map(|n| {
                let salt = Salt::from_bytes([n; 32]);
                let payload = Payload::new(format!("{{\"n\":{n}}}")).expect("JSON");
                let entry = Entry {
                    id: format!("0192f1a2-0000-7000-8000-00000000000{n}").parse().expect("an id"),
                    time: EntryTime::from_unix_millis(1_700_000_000_000 + i64::from(n)).expect("a time"),
                    kind: "transfer-submitted".parse().expect("a kind"),
                    commitment: Commitment::new(&salt, &payload),
                };
                Record { leaf: entry.to_leaf(), content: Content::present(salt, payload) }
            })
            .collect();
        let hashes: Vec<Hash> = records.iter().map(|record| leaf_hash(&record.leaf)).collect();
        let grown = append(0, &BTreeMap::new(), &hashes).expect("three leaves");
        let note = Checkpoint::new(key().verifier(), grown.size, grown.root).sign(&key()).expect("signed");
        let head = Head { vkey: key().verifier().clone(), checkpoint: note.into_bytes(), previous: None };
        let (mut export, mut files) = FullExport::start(&head).expect("started");
        for record in &records {
            files.extend(export.push(record).expect("pushed"));
        }
        files.extend(export.finish().expect("finished"));
        let files: Files = files.into_iter().map(|file| (file.path, file.bytes)).collect();
        assert!(verified(&files), "the good bundle must verify");
        files
    })
}

fn verified(files: &Files) -> bool {
    let trust = Trust { vkey: Some(key().verifier().clone()), previous: None };
    verify(files, &trust).expect("memory can be read").is_verified()
}

/// Runs one input; a panic is the failure.
pub(crate) fn check(data: &[u8]) {
    let [how, which, rest @ ..] = data else { return };
    let mut files = good().clone();
    if how % 5 == 4 {
        // A bundle made of the input: paths of the good one, contents cut at zero bytes.
        let contents = rest.split(|byte| *byte == 0);
        files = files.into_keys().zip(contents).map(|(path, bytes)| (path, bytes.to_vec())).collect();
    } else {
        let paths: Vec<String> = files.keys().filter(|path| *path != README_PATH).cloned().collect();
        let path = &paths[usize::from(*which) % paths.len()];
        let file = files.get_mut(path).expect("the path comes from the map");
        match how % 5 {
            0 => {
                let [high, low, mask, ..] = rest else { return };
                let at = usize::from(u16::from_be_bytes([*high, *low])) % file.len();
                file[at] ^= mask;
            }
            1 => *file = rest.to_vec(),
            2 => {
                let [at, ..] = rest else { return };
                file.truncate(usize::from(*at));
            }
            _ => {
                files.remove(path);
            }
        }
    }
    let changed = files
        .iter()
        .filter(|(path, _)| *path != README_PATH)
        .ne(good().iter().filter(|(path, _)| *path != README_PATH));
    assert_eq!(verified(&files), !changed);
}

/// Changes to begin with: one byte, another text, a cut, a file taken away, another bundle.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    vec![
        vec![0, 0, 0, 9, 1],
        vec![1, 1, b'{', b'}'],
        vec![2, 2, 7],
        vec![3, 3],
        vec![4, 0, b'a', 0, b'b', 0, b'c'],
    ]
}
