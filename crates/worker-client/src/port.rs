//! The cell behind `app`'s port.
//!
//! Owns turning the pool's stream into a blob and its stages into one bar of progress.
//! Leaves everything about the process to `pool`.

use app::ports::{BlobError, BlobWriter, Progress, SanitiseError, Sanitised, Sanitiser};
use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt};
use worker_protocol::{
    Job, Verdict,
    frame::{Progress as CellProgress, Stage},
};

use crate::{CellFailure, CellPool};

/// Bytes of clean file that wait for the disk. The cell is slowed down when the disk is slower.
const BUFFER_BYTES: usize = 1 << 20;

#[async_trait]
impl Sanitiser for CellPool {
    async fn sanitise(
        &self,
        job: Job,
        untrusted: Box<dyn AsyncRead + Send + Unpin>,
        clean: &mut dyn BlobWriter,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Sanitised, SanitiseError> {
        let (to_blob, mut from_cell) = tokio::io::duplex(BUFFER_BYTES);
        let cell = async move {
            let mut to_blob = to_blob;
            let mut report = |p: CellProgress| progress(Progress { permille: overall(p) });
            self.run(&job, untrusted, &mut to_blob, &mut report, std::future::pending()).await
            // `to_blob` ends here, which ends the blob's side.
        };
        let blob = async {
            let mut chunk = vec![0; 64 << 10];
            loop {
                match from_cell.read(&mut chunk).await {
                    Ok(0) => return Ok(()),
                    Ok(n) => clean.write(chunk.get(..n).unwrap_or_default()).await?,
                    Err(error) => return Err(BlobError::Io(error)),
                }
            }
        };
        // When the disk fails the cell's result is worthless, so it is ended at once.
        let (outcome, ()) =
            tokio::try_join!(async { Ok::<_, BlobError>(cell.await) }, blob).map_err(SanitiseError::Sink)?;
        let outcome = outcome.map_err(|failure| match failure {
            CellFailure::NotStarted(error) => SanitiseError::Start(error),
            CellFailure::Input(error) => SanitiseError::Source(error),
            CellFailure::Sink(error) => SanitiseError::Sink(BlobError::Io(error)),
            other @ (CellFailure::JobTooLong | CellFailure::Cancelled) => {
                SanitiseError::Start(std::io::Error::other(other))
            }
        })?;
        let passes = matches!(outcome.report.verdict, Verdict::Clean | Verdict::Partial);
        Ok(Sanitised {
            // The pool gives a passing report only after the last clean byte.
            clean_complete: passes,
            report: outcome.report,
            preview: outcome.preview,
            preview_pages: outcome.preview_pages,
        })
    }
}

/// One bar over all stages. Rebuilding is most of the work.
fn overall(progress: CellProgress) -> u16 {
    let (from, to): (u32, u32) = match progress.stage {
        Stage::Receive => (0, 200),
        Stage::Detect => (200, 250),
        Stage::Rebuild => (250, 850),
        Stage::Verify => (850, 950),
        Stage::Deliver => (950, 1000),
    };
    let permille = from + (to - from) * u32::from(progress.permille.min(1000)) / 1000;
    u16::try_from(permille).unwrap_or(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_goes_back() {
        let stages = [Stage::Receive, Stage::Detect, Stage::Rebuild, Stage::Verify, Stage::Deliver];
        let mut last = 0;
        for stage in stages {
            for permille in [0, 1, 500, 1000, u16::MAX] {
                let now = overall(CellProgress { stage, permille });
                assert!(now >= last && now <= 1000, "{stage:?} {permille}: {now} after {last}");
                last = now;
            }
        }
        assert_eq!(last, 1000);
    }
}
