//! Round trips, tampering, each disk call failing in turn, and a power cut at each disk call.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use app::ports::{BlobError, BlobInfo, BlobStore as _, Entropy};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;
use workflow::Millis;
use workflow::id::{BlobId, ZoneId};

use crate::disk::Disk;
use crate::format::{CHUNK_BYTES, HEADER_BYTES, Opener, Sealer};
use crate::keys::MasterSecret;
use crate::model_disk::{Fault, ModelDisk};
use crate::shelf::Shelf;
use crate::{BATCH_BYTES, LocalBlobs};

/// Different bytes each time, the same in each run.
#[derive(Default)]
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        let bytes = Sha256::digest(n.to_be_bytes());
        for (to, from) in buffer.iter_mut().zip(bytes.iter().cycle()) {
            *to = *from;
        }
    }

    fn id(&self, _now: Millis) -> String {
        unreachable!("blobs are addressed by content")
    }
}

fn secret() -> MasterSecret {
    MasterSecret::new([7; 32])
}

fn zone(id: &str) -> ZoneId {
    ZoneId::new(id)
}

fn lgwan() -> ZoneId {
    zone("lgwan")
}

fn plain(len: usize, seed: u8) -> Vec<u8> {
    (0..len).map(|n| (n as u8).wrapping_mul(31).wrapping_add(seed).wrapping_add((n >> 8) as u8)).collect()
}

fn shelf(disk: &ModelDisk) -> Result<Arc<Shelf<ModelDisk>>, BlobError> {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    // Each start has other random bytes than the one before.
    let entropy = Counter(AtomicU64::new(RUNS.fetch_add(1, Ordering::Relaxed) << 32));
    Shelf::open(disk.clone(), PathBuf::from("/"), secret(), Arc::new(entropy)).map(Arc::new)
}

/// Writes in pieces that do not fit the chunks.
fn put<D: Disk>(shelf: &Arc<Shelf<D>>, zone: &ZoneId, bytes: &[u8]) -> Result<BlobInfo, BlobError> {
    let mut writer = Shelf::create(shelf, zone)?;
    for piece in bytes.chunks(40_000) {
        writer.write(piece)?;
    }
    writer.finish()
}

/// What comes out, and how it ends.
fn get<D: Disk>(shelf: &Shelf<D>, zone: &ZoneId, id: &BlobId) -> (Vec<u8>, Result<(), BlobError>) {
    let mut all = Vec::new();
    let mut reader = match shelf.read(zone, id) {
        Ok(reader) => reader,
        Err(error) => return (all, Err(error)),
    };
    loop {
        let mut batch = Vec::new();
        if let Err(error) = reader.read_batch(&mut batch, 1) {
            return (all, Err(error));
        }
        if batch.is_empty() {
            return (all, Ok(()));
        }
        all.append(&mut batch);
    }
}

fn shard_of(id: &BlobId) -> &str {
    id.as_str().get(..2).unwrap()
}

const SIZES: [usize; 9] = [
    0,
    1,
    CHUNK_BYTES - 1,
    CHUNK_BYTES,
    CHUNK_BYTES + 1,
    2 * CHUNK_BYTES,
    BATCH_BYTES - 1,
    BATCH_BYTES,
    BATCH_BYTES + 12_345,
];

#[tokio::test]
async fn what_goes_in_comes_out() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = LocalBlobs::open(dir.path(), secret(), Arc::new(Counter::default())).unwrap();
    for size in SIZES {
        let bytes = plain(size, 1);
        let mut writer = blobs.create(&lgwan()).await.unwrap();
        for piece in bytes.chunks(99_999) {
            writer.write(piece).await.unwrap();
        }
        let info = writer.finish().await.unwrap();
        assert_eq!((info.bytes, &info.sha256), (size as u64, &hex::encode(Sha256::digest(&bytes))));
        let mut out = Vec::new();
        blobs.open(&lgwan(), &info.id).await.unwrap().read_to_end(&mut out).await.unwrap();
        assert!(out == bytes, "{size} bytes");
        assert_ne!(info.id.as_str(), info.sha256, "the address must not tell the content");

        let shard = u8::from_str_radix(shard_of(&info.id), 16).unwrap();
        let listed = blobs.list(&lgwan(), shard).await.unwrap();
        // Some day after this was written: the disk's clock is not ours.
        assert!(listed.iter().any(|(id, at)| *id == info.id && *at > 1_700_000_000_000));
        blobs.erase(&lgwan(), &info.id).await.unwrap();
        blobs.erase(&lgwan(), &info.id).await.unwrap();
        assert!(matches!(blobs.open(&lgwan(), &info.id).await.err(), Some(BlobError::Missing)));
    }
}

#[tokio::test]
async fn a_dropped_writer_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = LocalBlobs::open(dir.path(), secret(), Arc::new(Counter::default())).unwrap();
    let mut writer = blobs.create(&lgwan()).await.unwrap();
    writer.write(&plain(BATCH_BYTES * 2, 1)).await.unwrap();
    let tmp = dir.path().join("lgwan/tmp");
    assert_eq!(std::fs::read_dir(&tmp).unwrap().count(), 1);
    drop(writer);
    assert_eq!(std::fs::read_dir(&tmp).unwrap().count(), 0);
}

/// What a killed process leaves is removed at the next start; the store belongs to one process at a time.
#[test]
fn the_next_start_cleans_up_and_a_second_process_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let open = || LocalBlobs::open(dir.path(), secret(), Arc::new(Counter::default()));
    let tmp = dir.path().join("lgwan/tmp");
    std::fs::create_dir_all(&tmp).unwrap();
    std::fs::write(tmp.join("left"), b"over").unwrap();
    let first = open().unwrap();
    assert_eq!(std::fs::read_dir(&tmp).unwrap().count(), 0);
    assert!(
        matches!(open().err(), Some(BlobError::Io(error)) if error.kind() == io::ErrorKind::ResourceBusy)
    );
    drop(first);
    open().unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_look() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("blobs");
    let blobs = LocalBlobs::open(&root, secret(), Arc::new(Counter::default())).unwrap();
    let mut writer = blobs.create(&lgwan()).await.unwrap();
    writer.write(b"text").await.unwrap();
    let id = writer.finish().await.unwrap().id;
    let file = root.join("lgwan").join(shard_of(&id)).join(id.as_str());
    for path in [&root, &root.join("lgwan"), &file] {
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{path:?}");
    }
}

#[test]
fn equal_bytes_meet_within_a_zone_and_never_across() {
    let disk = ModelDisk::default();
    let shelf = shelf(&disk).unwrap();
    let bytes = plain(CHUNK_BYTES + 5, 1);
    let one = put(&shelf, &lgwan(), &bytes).unwrap();
    let again = put(&shelf, &lgwan(), &bytes).unwrap();
    let other = put(&shelf, &zone("internet"), &bytes).unwrap();
    assert_eq!(one, again);
    assert_ne!(one.id, other.id);
    let files = disk.files();
    assert_eq!(files.len(), 2, "{files:?}");
    // Not even a piece of the one is in the other, nor any plain text.
    let (a, b) = (disk.bytes(&files[0]), disk.bytes(&files[1]));
    assert_ne!(a[HEADER_BYTES..HEADER_BYTES + 32], b[HEADER_BYTES..HEADER_BYTES + 32]);
    for file in [&a, &b] {
        assert!(!file.windows(16).any(|window| window == &bytes[..16]));
    }
    // A blob does not open in another zone, even when somebody puts the file there.
    assert!(matches!(get(&shelf, &zone("internet"), &one.id).1, Err(BlobError::Missing)));
    let at_lgwan = files.iter().find(|file| file.starts_with("/lgwan")).unwrap();
    let at_internet = files.iter().find(|file| file.starts_with("/internet")).unwrap();
    disk.tamper(at_internet, disk.bytes(at_lgwan));
    assert!(
        matches!(get(&shelf, &zone("internet"), &other.id), (out, Err(BlobError::Damaged)) if out.is_empty())
    );
}

#[test]
fn writing_again_heals_a_damaged_blob() {
    let disk = ModelDisk::default();
    let shelf = shelf(&disk).unwrap();
    let bytes = plain(1_000, 1);
    let info = put(&shelf, &lgwan(), &bytes).unwrap();
    disk.tamper(&disk.files()[0], b"gone".to_vec());
    assert!(matches!(get(&shelf, &lgwan(), &info.id).1, Err(BlobError::Damaged)));
    put(&shelf, &lgwan(), &bytes).unwrap();
    assert!(matches!(get(&shelf, &lgwan(), &info.id), (out, Ok(())) if out == bytes));
}

#[test]
fn another_secret_opens_nothing() {
    let disk = ModelDisk::default();
    let info = put(&shelf(&disk).unwrap(), &lgwan(), b"text").unwrap();
    let other = MasterSecret::new([8; 32]);
    let other = Shelf::open(disk, PathBuf::from("/"), other, Arc::new(Counter::default())).unwrap();
    assert!(matches!(get(&other, &lgwan(), &info.id), (out, Err(BlobError::Damaged)) if out.is_empty()));
}

/// A file that is whole in itself, under the address of another one: found out before its last bytes are given.
#[test]
fn exchanged_files_are_found_out() {
    for size in [3, 3 * CHUNK_BYTES] {
        let disk = ModelDisk::default();
        let shelf = shelf(&disk).unwrap();
        let one = put(&shelf, &lgwan(), &plain(size, 1)).unwrap();
        let path_of_one = disk.files()[0].clone();
        let two = put(&shelf, &lgwan(), &plain(size, 2)).unwrap();
        let path_of_two = disk.files().into_iter().find(|path| *path != path_of_one).unwrap();
        disk.tamper(&path_of_one, disk.bytes(&path_of_two));
        let (out, end) = get(&shelf, &lgwan(), &one.id);
        assert!(matches!(end, Err(BlobError::Damaged)) && out.len() < size);
        assert!(get(&shelf, &lgwan(), &two.id).1.is_ok());
    }
}

#[test]
fn ids_that_are_no_ids_lead_nowhere() {
    let disk = ModelDisk::default();
    let shelf = shelf(&disk).unwrap();
    put(&shelf, &lgwan(), b"text").unwrap();
    let long = "a".repeat(64);
    for id in ["", "..", "../tmp", "0", &"A".repeat(64), &"g".repeat(64), &"あ".repeat(22), &long] {
        assert!(matches!(get(&shelf, &lgwan(), &BlobId::new(id)).1, Err(BlobError::Missing)), "{id}");
        shelf.erase(&lgwan(), &BlobId::new(id)).unwrap();
    }
    for bad in ["", ".", "..", "a/b", "LGWAN", "a.b", "lgwan\0", "系", &"a".repeat(65)] {
        let id = BlobId::new(long.clone());
        let refused = |error: Option<BlobError>| matches!(error, Some(BlobError::Io(error)) if error.kind() == io::ErrorKind::InvalidInput);
        assert!(refused(Shelf::create(&shelf, &zone(bad)).err()), "{bad}");
        assert!(refused(shelf.read(&zone(bad), &id).err()), "{bad}");
        assert!(refused(shelf.erase(&zone(bad), &id).err()), "{bad}");
    }
    assert_eq!(disk.files().len(), 1);
}

/// What somebody with access to the disk, or a failing disk, can do to a file.
#[derive(Debug, Clone)]
enum Harm {
    Flip { at: usize, bit: u8 },
    Cut { to: usize },
    Append(Vec<u8>),
    SwapChunks,
    DropChunk,
    RepeatChunk,
    Replace(Vec<u8>),
}

fn harm(file: &[u8], harm: &Harm) -> Vec<u8> {
    const SEALED: usize = CHUNK_BYTES + 16;
    let mut out = file.to_vec();
    let chunk = |n: usize| HEADER_BYTES + n * SEALED..(HEADER_BYTES + (n + 1) * SEALED).min(file.len());
    match harm {
        Harm::Flip { at, bit } => {
            let at = at % file.len();
            out[at] ^= 1 << bit;
        }
        Harm::Cut { to } => out.truncate(to % file.len()),
        Harm::Append(more) => out.extend_from_slice(more),
        Harm::SwapChunks => {
            out = [&file[..HEADER_BYTES], &file[chunk(1)], &file[chunk(0)], &file[chunk(1).end..]].concat();
        }
        Harm::DropChunk => out = [&file[..HEADER_BYTES], &file[chunk(1).start..]].concat(),
        Harm::RepeatChunk => out = [&file[..chunk(0).end], &file[chunk(0).start..]].concat(),
        Harm::Replace(bytes) => out.clone_from(bytes),
    }
    out
}

fn any_harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        (any::<usize>(), 0u8..8).prop_map(|(at, bit)| Harm::Flip { at, bit }),
        // The interesting flips are in the header.
        (0usize..HEADER_BYTES, 0u8..8).prop_map(|(at, bit)| Harm::Flip { at, bit }),
        any::<usize>().prop_map(|to| Harm::Cut { to }),
        (0usize..3).prop_map(|n| Harm::Cut { to: HEADER_BYTES + n * (CHUNK_BYTES + 16) }),
        prop::collection::vec(any::<u8>(), 1..40).prop_map(Harm::Append),
        Just(Harm::SwapChunks),
        Just(Harm::DropChunk),
        Just(Harm::RepeatChunk),
        prop::collection::vec(any::<u8>(), 0..200).prop_map(Harm::Replace),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever happens to a file: what comes out is a beginning of what went in, and it never ends cleanly.
    #[test]
    fn harmed_files_never_end_cleanly(
        size in prop::sample::select(&[0, 1, 1_000, CHUNK_BYTES, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 77][..]),
        what in any_harm(),
    ) {
        let disk = ModelDisk::default();
        let shelf = shelf(&disk).unwrap();
        let bytes = plain(size, 9);
        let info = put(&shelf, &lgwan(), &bytes).unwrap();
        let path = disk.files()[0].clone();
        let whole = disk.bytes(&path);
        let two_chunks = whole.len() > HEADER_BYTES + CHUNK_BYTES + 16;
        if matches!(what, Harm::SwapChunks | Harm::DropChunk) && !two_chunks {
            return Ok(());
        }
        let harmed = harm(&whole, &what);
        prop_assert!(harmed != whole);
        disk.tamper(&path, harmed);
        let (out, end) = get(&shelf, &lgwan(), &info.id);
        prop_assert!(matches!(end, Err(BlobError::Damaged)), "{end:?}");
        prop_assert!(bytes.starts_with(&out) && (out.len() < bytes.len() || bytes.is_empty()));
    }

    /// Outside bytes as a file: an error, never a panic.
    #[test]
    fn arbitrary_bytes_do_not_open(bytes in prop::collection::vec(any::<u8>(), 0..300), keep_header in any::<bool>()) {
        let keys = secret().zone("lgwan");
        let mut file = Vec::new();
        if keep_header {
            Sealer::start(&keys, &[1; 32], &mut file);
        }
        file.extend_from_slice(&bytes);
        let opened = Opener::start(&keys, file.as_slice()).and_then(|mut opener| opener.chunk());
        prop_assert!(opened.is_err());
    }
}

/// Through the async face a harmed file ends with an error that names the damage, and stays failed.
#[tokio::test]
async fn a_damaged_file_fails_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = LocalBlobs::open(dir.path(), secret(), Arc::new(Counter::default())).unwrap();
    let mut writer = blobs.create(&lgwan()).await.unwrap();
    writer.write(&plain(BATCH_BYTES * 2, 1)).await.unwrap();
    let id = writer.finish().await.unwrap().id;
    let file = dir.path().join("lgwan").join(shard_of(&id)).join(id.as_str());
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    let mut reader = blobs.open(&lgwan(), &id).await.unwrap();
    let mut out = Vec::new();
    let error = reader.read_to_end(&mut out).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<BlobError>());
    assert!(matches!(inner, Some(BlobError::Damaged)));
    assert!(out.len() < BATCH_BYTES * 2);
    assert!(reader.read_u8().await.is_err());
}

/// One day in the life of a store: what was finished, and what was erased, when nothing failed.
#[derive(Default)]
struct Day {
    finished: Vec<(BlobInfo, Vec<u8>)>,
    erased: Vec<BlobId>,
    error: Option<BlobError>,
}

fn day(disk: &ModelDisk) -> Day {
    let mut day = Day::default();
    if let Err(error) = try_day(disk, &mut day) {
        day.error = Some(error);
    }
    day
}

fn try_day(disk: &ModelDisk, day: &mut Day) -> Result<(), BlobError> {
    let shelf = shelf(disk)?;
    for (size, seed) in [(10, 1), (CHUNK_BYTES + 9, 2), (10, 1), (0, 3)] {
        let bytes = plain(size, seed);
        let info = put(&shelf, &lgwan(), &bytes)?;
        day.finished.push((info, bytes));
    }
    let (gone, _) = day.finished.remove(1);
    // From here on it may or may not be there.
    shelf.erase(&lgwan(), &gone.id)?;
    day.erased.push(gone.id);
    Ok(())
}

/// Every blob on the disk is whole; those that were finished are there; those that were erased are not.
fn check_store(disk: &ModelDisk, day: &Day, case: &str) {
    let shelf = shelf(disk).unwrap_or_else(|error| panic!("{case}: cannot start again: {error}"));
    for (info, bytes) in &day.finished {
        let (out, end) = get(&shelf, &lgwan(), &info.id);
        assert!(end.is_ok() && out == *bytes, "{case}: a finished blob is lost: {end:?}\n{:#?}", disk.log());
    }
    for id in &day.erased {
        assert!(
            matches!(get(&shelf, &lgwan(), id).1, Err(BlobError::Missing)),
            "{case}: an erased blob is back"
        );
    }
    for path in disk.files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert_ne!(path.parent().and_then(Path::file_name).unwrap(), "tmp", "{case}: {path:?} was left");
        let (_, end) = get(&shelf, &lgwan(), &BlobId::new(name));
        assert!(end.is_ok(), "{case}: {path:?} is torn: {end:?}\n{:#?}", disk.log());
    }
    // And the store works.
    put(&shelf, &lgwan(), b"afterwards").unwrap_or_else(|error| panic!("{case}: {error}"));
}

/// Each call fails in turn, once; the disk goes on working.
#[test]
fn any_call_may_fail() {
    let calls = {
        let disk = ModelDisk::default();
        let day = day(&disk);
        assert!(day.error.is_none());
        check_store(&disk, &day, "no fault");
        assert!(disk.calls() > 40, "the day is too short to test anything");
        disk.calls()
    };
    for n in 0..calls {
        for fault in [
            Fault::Once(io::ErrorKind::Other),
            Fault::Once(io::ErrorKind::StorageFull),
            Fault::OnceHalfWritten(io::ErrorKind::StorageFull),
        ] {
            let disk = ModelDisk::default();
            disk.arm(n, fault);
            let day = day(&disk);
            let case = format!("{fault:?} at call {n}");
            disk.disarm();
            if let Some(error) = &day.error {
                let full = matches!(error, BlobError::Full);
                assert_eq!(full, fault != Fault::Once(io::ErrorKind::Other), "{case}: {error:?}");
                // The failed writer cleaned up behind itself at once: the disk may be full.
                let left = disk.files().iter().filter(|path| path.starts_with("/lgwan/tmp")).count();
                assert_eq!(left, 0, "{case}: {:?}", disk.files());
            }
            check_store(&disk, &day, &case);
        }
    }
}

/// The power goes at each call in turn; what was not synced is lost, kept or torn in many ways.
#[test]
fn the_power_may_go_at_any_call() {
    let calls = {
        let disk = ModelDisk::default();
        day(&disk);
        disk.calls()
    };
    for n in 0..=calls {
        let disk = ModelDisk::default();
        disk.arm(n, Fault::PowerCut);
        let day = day(&disk);
        assert_eq!(day.error.is_some(), n < calls, "power cut at call {n}");
        for seed in 0..16u64 {
            let case = format!("power cut at call {n}, seed {seed}");
            let mut draws = 0u64;
            let rebooted = disk.after_power_cut(|possibilities| match seed {
                // The two extremes: nothing arrived; every name arrived and no byte did.
                0 => 0,
                1 => 1,
                _ => {
                    draws += 1;
                    let hash = Sha256::digest([seed.to_be_bytes(), draws.to_be_bytes()].concat());
                    usize::from(hash[0]) % possibilities
                }
            });
            check_store(&rebooted, &day, &case);
        }
    }
}

/// The model is sharp enough: without the syncs it does lose or tear blobs.
#[test]
fn the_model_punishes_missing_syncs() {
    let disk = ModelDisk::default();
    disk.make_dir(Path::new("/d")).unwrap();
    let mut file = disk.create(Path::new("/d/tmp")).unwrap();
    disk.write(&mut file, b"text").unwrap();
    disk.rename(Path::new("/d/tmp"), Path::new("/d/blob")).unwrap();
    assert!(disk.after_power_cut(|_| 0).files().is_empty(), "unsynced names are lost");
    let torn = disk.after_power_cut(|_| 1);
    assert_eq!(torn.bytes(Path::new("/d/blob")), [0; 4], "unsynced bytes are torn");
    disk.sync(&mut file).unwrap();
    disk.sync_dir(Path::new("/d")).unwrap();
    disk.sync_dir(Path::new("/")).unwrap();
    let safe = disk.after_power_cut(|_| 0);
    assert_eq!(safe.bytes(Path::new("/d/blob")), b"text");
}

/// The file of docs/format-blob.md. It must open for ever.
#[test]
fn the_documented_file_still_opens() {
    let keys = MasterSecret::new(std::array::from_fn(|n| n as u8)).zone("lgwan");
    let mut file = Vec::new();
    let mut sealer = Sealer::start(&keys, &[0xaa; 32], &mut file);
    sealer.update("関所".as_bytes(), &mut file).unwrap();
    sealer.finish(&mut file).unwrap();
    let mut address = keys.addressing();
    address.update("関所".as_bytes());
    let doc = include_str!("../../../docs/format-blob.md");
    let (hex, address) = (hex::encode(&file), address.finish());
    assert!(doc.contains(&hex), "{hex}");
    assert!(doc.contains(&address), "{address}");
    let mut opener = Opener::start(&keys, file.as_slice()).unwrap();
    assert_eq!(opener.chunk().unwrap().unwrap(), "関所".as_bytes());
    assert!(opener.chunk().unwrap().is_none());
}
