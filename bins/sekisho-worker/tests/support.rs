//! What the tests share: a pool on the worker that was just built, and one way to run a file through it.

use std::time::Duration;

use worker_client::{CellConfig, CellOutcome, CellPool};
use worker_protocol::{FilePolicy, Hint, Job, Limits};

pub(crate) fn config() -> CellConfig {
    CellConfig {
        spare: 0,
        job_time_max: Duration::from_secs(60),
        ..CellConfig::new(env!("CARGO_BIN_EXE_sekisho-worker"))
    }
}

pub(crate) fn job(name: &str) -> Job {
    Job {
        hint: Hint { untrusted_name: name.to_owned(), passwords: Vec::new() },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: true,
        mark: None,
        notes: worker_protocol::Notes::default(),
    }
}

pub(crate) async fn run(pool: &CellPool, job: &Job, bytes: &[u8]) -> (CellOutcome, Vec<u8>) {
    let mut clean = Vec::new();
    let outcome = pool.run(job, bytes, &mut clean, &mut |_| (), std::future::pending()).await.unwrap();
    (outcome, clean)
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 128]));
    let mut bytes = Vec::new();
    picture.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    bytes
}
