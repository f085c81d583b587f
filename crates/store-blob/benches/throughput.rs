//! What encryption and durability cost: a blob against a plain file that is written, synced and renamed as carefully.
//!
//! Compare the rows of one size; the ratio is what counts, the absolute numbers belong to the disk.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use app::ports::{BlobStore as _, Entropy};
use divan::counter::BytesCount;
use sha2::{Digest as _, Sha256};
use store_blob::{LocalBlobs, MasterSecret};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::runtime::Runtime;
use workflow::Millis;
use workflow::id::{BlobId, ZoneId};

const SIZES: [usize; 3] = [4 << 10, 1 << 20, 32 << 20];
/// As an upload comes in.
const PIECE: usize = 64 << 10;

fn main() {
    divan::main();
}

/// Distinct bytes; a benchmark needs no secret ones.
#[derive(Default)]
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        let bytes = Sha256::digest(self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        for (to, from) in buffer.iter_mut().zip(bytes.iter().cycle()) {
            *to = *from;
        }
    }

    fn id(&self, _now: Millis) -> String {
        String::new()
    }
}

struct Bench {
    dir: TempDir,
    runtime: Runtime,
    blobs: LocalBlobs,
    zone: ZoneId,
}

#[expect(clippy::expect_used, reason = "without a disk there is nothing to measure")]
impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let runtime = Runtime::new().expect("a runtime");
        let blobs = LocalBlobs::open(dir.path(), MasterSecret::new([7; 32]), Arc::new(Counter::default()))
            .expect("a store");
        Self { dir, runtime, blobs, zone: ZoneId::new("lgwan") }
    }

    fn write_blob(&self, bytes: &[u8]) -> BlobId {
        self.runtime.block_on(async {
            let mut writer = self.blobs.create(&self.zone).await.expect("created");
            for piece in bytes.chunks(PIECE) {
                writer.write(piece).await.expect("written");
            }
            writer.finish().await.expect("finished").id
        })
    }

    fn read_blob(&self, id: &BlobId, buffer: &mut [u8]) -> usize {
        self.runtime.block_on(async {
            let mut reader = self.blobs.open(&self.zone, id).await.expect("opened");
            let mut all = 0;
            loop {
                match reader.read(buffer).await.expect("read") {
                    0 => return all,
                    n => all += n,
                }
            }
        })
    }

    fn write_plain(&self, bytes: &[u8]) {
        let (tmp, name) = (self.dir.path().join("tmp"), self.dir.path().join("plain"));
        let mut file = File::create(&tmp).expect("created");
        for piece in bytes.chunks(PIECE) {
            file.write_all(piece).expect("written");
        }
        file.sync_all().expect("synced");
        fs::rename(&tmp, &name).expect("renamed");
        File::open(self.dir.path()).and_then(|dir| dir.sync_all()).expect("synced");
    }

    fn read_plain(&self, buffer: &mut [u8]) -> usize {
        let mut file = File::open(self.dir.path().join("plain")).expect("opened");
        let mut all = 0;
        loop {
            match file.read(buffer).expect("read") {
                0 => return all,
                n => all += n,
            }
        }
    }
}

fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|n| n.to_le_bytes().iter().fold(7u8, |a, b| a.wrapping_mul(31) ^ b)).collect()
}

#[divan::bench(args = SIZES, sample_count = 20, sample_size = 1)]
fn write_1_blob(bencher: divan::Bencher<'_, '_>, size: usize) {
    let (bench, bytes) = (Bench::new(), bytes(size));
    bencher.counter(BytesCount::new(size)).bench_local(|| bench.write_blob(&bytes));
}

#[divan::bench(args = SIZES, sample_count = 20, sample_size = 1)]
fn write_2_plain(bencher: divan::Bencher<'_, '_>, size: usize) {
    let (bench, bytes) = (Bench::new(), bytes(size));
    bencher.counter(BytesCount::new(size)).bench_local(|| bench.write_plain(&bytes));
}

#[divan::bench(args = SIZES, sample_count = 20, sample_size = 1)]
fn read_1_blob(bencher: divan::Bencher<'_, '_>, size: usize) {
    let bench = Bench::new();
    let id = bench.write_blob(&bytes(size));
    let mut buffer = vec![0; PIECE];
    bencher.counter(BytesCount::new(size)).bench_local(|| bench.read_blob(&id, &mut buffer));
}

#[divan::bench(args = SIZES, sample_count = 20, sample_size = 1)]
fn read_2_plain(bencher: divan::Bencher<'_, '_>, size: usize) {
    let bench = Bench::new();
    bench.write_plain(&bytes(size));
    let mut buffer = vec![0; PIECE];
    bencher.counter(BytesCount::new(size)).bench_local(|| bench.read_plain(&mut buffer));
}
