//! What a warm cell saves: a small file through a cell that is started for it, against one that was started before.
//!
//! Both carry the same text through the whole conversation, so the difference is starting a process and taking away its
//! rights. They are measured in turns; the medians are printed as lines of JSON.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use worker_client::{CellConfig, CellPool};
use worker_protocol::{FilePolicy, Hint, Job, Limits, Verdict};

const TURNS: usize = 60;
/// A spare cell is ready long before this.
const SPARE_READY: Duration = Duration::from_millis(150);
const TEXT: &[u8] = "明日の会議は十時からです。\r\n".as_bytes();

type Failed = Box<dyn std::error::Error + Send + Sync>;

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn clock() -> Instant {
    Instant::now()
}

fn main() -> Result<(), Failed> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let pool = |spare| {
            CellPool::new(CellConfig { spare, ..CellConfig::new(env!("CARGO_BIN_EXE_sekisho-worker")) })
        };
        let (cold, warm) = (pool(0), pool(1));
        let (mut cold_ms, mut warm_ms) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            // So that it is idle, as between two files of an office.
            warm.warm()?;
            tokio::time::sleep(SPARE_READY).await;
            cold_ms.push(one(&cold).await?);
            warm_ms.push(one(&warm).await?);
        }
        print("a file through a cell that is started", median(cold_ms), median(warm_ms))
    })
}

/// Milliseconds for one file.
async fn one(pool: &CellPool) -> Result<f64, Failed> {
    let job = Job {
        hint: Hint { untrusted_name: "通知.txt".to_owned(), passwords: Vec::new() },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: Default::default(),
    };
    let mut clean = Vec::new();
    let begun = clock();
    let outcome = pool.run(&job, TEXT, &mut clean, &mut |_| {}, std::future::pending()).await?;
    let took = begun.elapsed();
    if outcome.report.verdict != Verdict::Clean || clean != TEXT {
        return Err(format!("the cell did not clean the text: {:?}", outcome.report).into());
    }
    Ok(took.as_secs_f64() * 1e3)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn print(name: &str, value: f64, peer: f64) -> Result<(), Failed> {
    let line = serde_json::json!({
        "name": name, "value": value, "unit": "ms", "peer": peer, "peer_name": "through one that waits",
    });
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(())
}
