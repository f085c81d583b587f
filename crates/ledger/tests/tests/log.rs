//! A small log for tests: deterministic, with erased payloads, exported as the server would export it.

use std::collections::BTreeMap;

use ledger::bundle::{Content, FullExport, Head, PreviousHead, Record, SelectedEntry, SelectionExport};
use ledger::{
    Checkpoint, Commitment, ERASURE_KIND, Entry, EntryId, EntryTime, Kind, Payload, Salt, SigningKey, TileId,
    append, consistency_proof, inclusion_proof, leaf_hash,
};

/// The files of a bundle.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A log with everything that a store would keep.
pub(crate) struct Log {
    pub(crate) key: SigningKey,
    pub(crate) records: Vec<Record>,
    tiles: BTreeMap<TileId, Vec<u8>>,
}

pub(crate) fn id(index: u64) -> EntryId {
    let mut bytes = [0x70; 16];
    bytes[8..].copy_from_slice(&(0x8000_0000_0000_0000 | index).to_be_bytes());
    EntryId::from_bytes(bytes)
}

pub(crate) fn record(index: u64, kind: &str, payload: &str) -> Record {
    let (salt, payload) = (Salt::from_bytes([index as u8; 32]), Payload::new(payload).unwrap());
    let entry = Entry {
        id: id(index),
        time: EntryTime::from_unix_millis(1_795_000_000_000 + index as i64 * 60_000).unwrap(),
        kind: Kind::new(kind).unwrap(),
        commitment: Commitment::new(&salt, &payload),
    };
    Record { leaf: entry.to_leaf(), content: Content::present(salt, payload) }
}

impl Log {
    /// A log of `size` entries in which the payloads at `erased` are gone and the last entry says so.
    pub(crate) fn new(size: u64, erased: &[u64]) -> Self {
        let mut records: Vec<_> = (0..size)
            .map(|i| {
                let kind = if i % 3 == 2 { "transfer-released" } else { "transfer-submitted" };
                record(i, kind, &format!(r#"{{"transfer":{i},"file":"起案書{i}.docx"}}"#))
            })
            .collect();
        for index in erased {
            records[*index as usize].content = Content::Erased;
        }
        if !erased.is_empty() {
            let ids: Vec<_> = erased.iter().map(|index| format!("\"{}\"", id(*index))).collect();
            let payload = format!(r#"{{"entries":[{}],"reason":"保存期間の満了"}}"#, ids.join(","));
            *records.last_mut().unwrap() = record(size - 1, ERASURE_KIND, &payload);
        }
        Self::of(records)
    }

    pub(crate) fn of(records: Vec<Record>) -> Self {
        let leaves: Vec<_> = records.iter().map(|r| leaf_hash(&r.leaf)).collect();
        let tiles = append(0, &BTreeMap::new(), &leaves).unwrap().tiles;
        Self {
            key: SigningKey::from_seed("sekisho.example.lg.jp/ledger", &[42; 32]).unwrap(),
            records,
            tiles,
        }
    }

    /// The signed checkpoint at this size.
    pub(crate) fn checkpoint(&self, size: u64) -> Vec<u8> {
        let leaves: Vec<_> = self.records.iter().take(size as usize).map(|r| leaf_hash(&r.leaf)).collect();
        let root = append(0, &BTreeMap::new(), &leaves).unwrap().root;
        Checkpoint::new(self.key.verifier(), size, root).sign(&self.key).unwrap().into_bytes()
    }

    pub(crate) fn head(&self, previous: Option<u64>) -> Head {
        let size = self.records.len() as u64;
        let previous = previous.map(|old| PreviousHead {
            checkpoint: self.checkpoint(old),
            proof: consistency_proof(old, size, &self.tiles).unwrap(),
        });
        Head { vkey: self.key.verifier().clone(), checkpoint: self.checkpoint(size), previous }
    }

    pub(crate) fn full(&self, previous: Option<u64>) -> Files {
        let (mut export, mut files) = FullExport::start(&self.head(previous)).unwrap();
        for record in &self.records {
            files.extend(export.push(record).unwrap());
        }
        files.extend(export.finish().unwrap());
        files.into_iter().map(|file| (file.path, file.bytes)).collect()
    }

    pub(crate) fn selected(&self, index: u64) -> SelectedEntry {
        let proof = inclusion_proof(index, self.records.len() as u64, &self.tiles).unwrap();
        SelectedEntry { index, record: self.records[index as usize].clone(), proof }
    }

    pub(crate) fn selection(&self, indexes: &[u64], previous: Option<u64>) -> Files {
        let (mut export, mut files) = SelectionExport::start(&self.head(previous), indexes).unwrap();
        files.extend(indexes.iter().map(|index| export.push(&self.selected(*index)).unwrap()));
        export.finish().unwrap();
        files.into_iter().map(|file| (file.path, file.bytes)).collect()
    }
}
