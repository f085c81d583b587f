//! One job over one pipe: bytes in, frames out, both at the same time.
//!
//! Owns: the order of frames as the server believes it, and the bounds on what it accepts.
//! Leaves to others: the process and the clock (`pool`).
//!
//! Everything that comes from the cell is data from outside. A frame out of order, a report that contradicts
//! itself or more clean bytes than the limits allow breaks the conversation, and the file is held.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::process::ChildStdin;
use tokio::sync::Mutex;
use worker_protocol::frame::{
    CHUNK_BYTES_MAX, FrameError, HEADER_BYTES, Header, PAGES_SHOWN_MAX, Progress, Tag,
};
use worker_protocol::{Job, Preview, Report};

use crate::office::Conversions;
use crate::pool::Cell;

/// What came back for a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellOutcome {
    /// What was found and done, or why the file is held.
    pub report: Report,
    /// How many clean bytes went to the sink. They count only if the report hands over.
    pub clean_bytes: u64,
    /// What the approver sees, when it was asked for and could be made.
    pub preview: Option<Preview>,
    /// PNG bytes of [`Preview::Pages`], in order.
    pub preview_pages: Vec<Vec<u8>>,
}

/// Why a job could not be carried through on this side of the pipe.
#[derive(Debug, thiserror::Error)]
pub enum CellFailure {
    /// The worker program could not be started.
    #[error("the sanitiser could not be started")]
    NotStarted(#[source] std::io::Error),
    /// The job itself cannot be sent: its policy or passwords are longer than the protocol carries.
    #[error("the job is too long to send")]
    JobTooLong,
    /// The input failed while it was read.
    #[error("the file could not be read")]
    Input(#[source] std::io::Error),
    /// The sink failed while clean bytes were written.
    #[error("the result could not be stored")]
    Sink(#[source] std::io::Error),
    /// The caller gave up.
    #[error("cancelled")]
    Cancelled,
}

/// How a conversation ended.
pub(crate) enum Ended {
    /// The cell said all it had to say.
    Delivered(Box<CellOutcome>),
    /// The cell died or broke the protocol before the clean bytes were complete. The text is for the log.
    Broken(String),
    /// The wall clock ran out before the clean bytes were complete.
    Late,
}

/// Why reading from the cell stopped early.
enum Stopped {
    Here(CellFailure),
    There(String),
    Late,
}

impl From<FrameError> for Stopped {
    fn from(error: FrameError) -> Self {
        Stopped::There(error.to_string())
    }
}

/// Sends the job and the file, and takes the answer.
pub(crate) async fn converse(
    cell: &mut Cell,
    job: &Job,
    input: impl AsyncRead + Unpin + Send,
    sink: &mut (dyn AsyncWrite + Unpin + Send),
    progress: &mut (dyn FnMut(Progress) + Send),
    conversions: Conversions<'_>,
    time_max: std::time::Duration,
) -> Result<Ended, CellFailure> {
    let job_json = serde_json::to_vec(job).map_err(|_| CellFailure::JobTooLong)?;
    let job_header = Header::new(Tag::Job, job_json.len()).map_err(|_| CellFailure::JobTooLong)?;
    // The bound belongs to this job, not to the archive expansion inside: rebuilding adds little to what the
    // expanded file can be.
    let clean_bytes_max = job.limits.expanded_bytes_max.saturating_add(1 << 20);
    // What a cell asks for is answered once it has been told everything; one that asks before waits for itself.
    let to_cell = Mutex::new(&mut cell.to_cell);
    let send = async {
        let sent = send_file(&mut **to_cell.lock().await, &job_header.encode(), &job_json, input).await;
        match sent {
            Err(failure) => Err(failure),
            // The cell takes what it needs: it may have refused the rest. What it says decides, so go on.
            Ok(()) => std::future::pending().await,
        }
    };
    let mut taken = Taken { clean_bytes: 0, complete: None, preview: None, preview_pages: Vec::new() };
    let asked = Asked { to_cell: &to_cell, conversions };
    let take = take_answer(&mut cell.from_cell, asked, clean_bytes_max, sink, progress, &mut taken);
    let stopped = tokio::select! {
        done = take => done,
        failed = send => failed.map_err(Stopped::Here),
        () = tokio::time::sleep(time_max) => Err(Stopped::Late),
    };
    match (stopped, taken.complete) {
        (Err(Stopped::Here(failure)), _) => Err(failure),
        (Ok(()), Some(report)) => Ok(Ended::Delivered(Box::new(CellOutcome {
            report,
            clean_bytes: taken.clean_bytes,
            preview: taken.preview,
            preview_pages: taken.preview_pages,
        }))),
        // Broken only while drawing: the result stands, the preview does not.
        (Err(_), Some(report)) => {
            tracing::info!("a preview was lost");
            Ok(Ended::Delivered(Box::new(CellOutcome {
                report,
                clean_bytes: taken.clean_bytes,
                preview: None,
                preview_pages: Vec::new(),
            })))
        }
        (Err(Stopped::There(detail)), None) => Ok(Ended::Broken(detail)),
        (Err(Stopped::Late), None) => Ok(Ended::Late),
        (Ok(()), None) => Ok(Ended::Broken("no report".to_owned())),
    }
}

/// Fails only when the input does. A closed pipe is the cell's business, and its answer tells.
async fn send_file(
    to_cell: &mut (impl AsyncWrite + Unpin),
    job_header: &[u8],
    job_json: &[u8],
    mut input: impl AsyncRead + Unpin,
) -> Result<(), CellFailure> {
    if to_cell.write_all(job_header).await.is_err() || to_cell.write_all(job_json).await.is_err() {
        return Ok(());
    }
    let mut piece = vec![0; (CHUNK_BYTES_MAX / 4) as usize];
    loop {
        let length = input.read(&mut piece).await.map_err(CellFailure::Input)?;
        let tag = if length == 0 { Tag::End } else { Tag::Data };
        let payload = piece.get(..length).unwrap_or_default();
        let Ok(header) = Header::new(tag, payload.len()) else { return Ok(()) };
        if to_cell.write_all(&header.encode()).await.is_err() || to_cell.write_all(payload).await.is_err() {
            return Ok(());
        }
        if tag == Tag::End {
            let _ = to_cell.flush().await;
            return Ok(());
        }
    }
}

/// What has arrived so far.
struct Taken {
    clean_bytes: u64,
    /// The report, once everything that belongs to it has arrived.
    complete: Option<Report>,
    preview: Option<Preview>,
    preview_pages: Vec<Vec<u8>>,
}

/// What is needed to answer a cell that asks.
struct Asked<'a, 'c> {
    to_cell: &'a Mutex<&'c mut ChildStdin>,
    conversions: Conversions<'a>,
}

async fn take_answer(
    from_cell: &mut (impl AsyncRead + Unpin),
    mut asked: Asked<'_, '_>,
    clean_bytes_max: u64,
    sink: &mut (dyn AsyncWrite + Unpin + Send),
    progress: &mut (dyn FnMut(Progress) + Send),
    taken: &mut Taken,
) -> Result<(), Stopped> {
    let out_of_order = || Err(Stopped::from(FrameError::OutOfOrder));
    let mut ready = false;
    let mut report: Option<Report> = None;
    loop {
        let (tag, payload) = read_frame(from_cell).await?;
        if !ready && tag != Tag::Ready {
            return out_of_order();
        }
        match tag {
            Tag::Ready if !ready => ready = true,
            Tag::Progress => progress(Progress::decode(&payload)?),
            Tag::Convert if report.is_none() && taken.complete.is_none() => {
                let mut to_cell = asked.to_cell.lock().await;
                asked.conversions.serve(&payload, from_cell, &mut **to_cell).await?;
            }
            Tag::Report if report.is_none() && taken.complete.is_none() => {
                let untrusted: Report =
                    serde_json::from_slice(&payload).map_err(|_| Stopped::from(FrameError::Malformed))?;
                if !untrusted.is_consistent() {
                    return Err(Stopped::There("the report contradicts itself".to_owned()));
                }
                if untrusted.hands_over() {
                    report = Some(untrusted);
                } else {
                    taken.complete = Some(untrusted);
                }
            }
            Tag::Clean if report.is_some() => {
                taken.clean_bytes += payload.len() as u64;
                if taken.clean_bytes > clean_bytes_max {
                    return Err(Stopped::There("more clean bytes than the limit".to_owned()));
                }
                sink.write_all(&payload).await.map_err(|e| Stopped::Here(CellFailure::Sink(e)))?;
            }
            Tag::CleanEnd if report.is_some() => {
                sink.flush().await.map_err(|e| Stopped::Here(CellFailure::Sink(e)))?;
                taken.complete = report.take();
            }
            Tag::Preview if taken.preview.is_none() && hands_over(taken) => {
                let preview =
                    serde_json::from_slice(&payload).map_err(|_| Stopped::from(FrameError::Malformed))?;
                if matches!(preview, Preview::Pages { shown, .. } if shown > PAGES_SHOWN_MAX) {
                    return Err(FrameError::Malformed.into());
                }
                taken.preview = Some(preview);
            }
            Tag::Page if taken.preview_pages.len() < pages_due(taken) => taken.preview_pages.push(payload),
            Tag::End if taken.complete.is_some() && taken.preview_pages.len() == pages_due(taken) => {
                return Ok(());
            }
            _ => return out_of_order(),
        }
    }
}

fn hands_over(taken: &Taken) -> bool {
    taken.complete.as_ref().is_some_and(Report::hands_over)
}

fn pages_due(taken: &Taken) -> usize {
    match taken.preview {
        Some(Preview::Pages { shown, .. }) => shown as usize,
        _ => 0,
    }
}

/// The next frame, within the bounds of its tag.
pub(crate) async fn read_frame(
    from_cell: &mut (impl AsyncRead + Unpin),
) -> Result<(Tag, Vec<u8>), FrameError> {
    let mut header = [0; HEADER_BYTES];
    from_cell.read_exact(&mut header).await?;
    let header = Header::decode(header)?;
    let mut payload = vec![0; header.length_bytes];
    from_cell.read_exact(&mut payload).await?;
    Ok((header.tag, payload))
}
