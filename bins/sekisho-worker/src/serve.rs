//! The conversation on the pipe, from inside the cell.
//!
//! Owns: reading one job and its bytes, asking for conversions, and the order in which answers are written (see
//! `worker_protocol::frame`).
//! Leaves to others: what is done with the bytes (`sanitize`).

use std::cell::RefCell;
use std::io::{Read, Write};
use std::process::ExitCode;

use anyhow::Context;
use sanitize::Converter;
use worker_protocol::conversion::{self, CONVERSION_BYTES_MAX, Conversion};
use worker_protocol::frame::{self, CHUNK_BYTES_MAX, FrameError, Progress, Stage, Tag};
use worker_protocol::{Job, Outcome, Reason, Report, Road, Verdict};

/// Serves the one job of this process.
///
/// # Errors
/// When the pipe breaks or the server breaks the protocol; the server then holds the file.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let mut from_server = std::io::stdin().lock();
    let mut to_server = std::io::BufWriter::new(std::io::stdout().lock());
    frame::write_frame(&mut to_server, Tag::Ready, &[])?;
    to_server.flush()?;
    let Some(job) = read_job(&mut from_server)? else {
        // A spare cell that was never needed.
        return Ok(ExitCode::SUCCESS);
    };
    let outcome = match read_file(&mut from_server, &job)? {
        Ok(untrusted) => {
            // Progress and requests are written to the same pipe, each whole.
            let to_server = RefCell::new(&mut to_server);
            let mut server = Server { from_server: &mut from_server, to_server: &to_server, is_lost: false };
            let outcome = sanitize::sanitise_with(&job, untrusted, &mut server, &mut |stage, permille| {
                let progress = Progress { stage, permille }.encode();
                let mut to_server = to_server.borrow_mut();
                // A lost progress frame is a lost pipe, which the next write that matters reports.
                let _ = frame::write_frame(&mut **to_server, Tag::Progress, &progress);
                let _ = to_server.flush();
            });
            if server.is_lost {
                anyhow::bail!("the server broke off a conversion");
            }
            outcome
        }
        Err(reason) => Outcome {
            report: Report::refused(Verdict::Held, reason),
            clean: None,
            preview: None,
            preview_pages: Vec::new(),
        },
    };
    write_clean(&mut to_server, &outcome)?;
    // What passed unchanged is looked at in the original, and never drawn here.
    if job.want_preview
        && outcome.report.road != Some(Road::Inspected)
        && let (Some(kind), Some(clean)) = (outcome.report.clean_kind, &outcome.clean)
        && let Some((preview, pages)) = sanitize::preview(kind, clean, &job.limits)
    {
        frame::write_frame(&mut to_server, Tag::Preview, &serde_json::to_vec(&preview)?)?;
        for page in pages {
            frame::write_frame(&mut to_server, Tag::Page, &page)?;
        }
    }
    frame::write_frame(&mut to_server, Tag::End, &[])?;
    to_server.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The server, as somebody who has files converted.
struct Server<'a, R, W> {
    from_server: &'a mut R,
    to_server: &'a RefCell<&'a mut W>,
    /// Whether the pipe is out of step. Then nothing that is said on it means anything.
    is_lost: bool,
}

impl<R: Read, W: Write> Converter for Server<'_, R, W> {
    fn convert(&mut self, what: Conversion, untrusted: &[u8]) -> Result<Vec<u8>, Reason> {
        if self.is_lost {
            return Err(Reason::WorkerDied);
        }
        self.ask(what, untrusted).unwrap_or_else(|_| {
            self.is_lost = true;
            Err(Reason::WorkerDied)
        })
    }
}

impl<R: Read, W: Write> Server<'_, R, W> {
    fn ask(&mut self, what: Conversion, untrusted: &[u8]) -> Result<Result<Vec<u8>, Reason>, FrameError> {
        let mut to_server = self.to_server.borrow_mut();
        frame::write_frame(&mut **to_server, Tag::Convert, &what.encode())?;
        for piece in untrusted.chunks(CHUNK_BYTES_MAX as usize) {
            frame::write_frame(&mut **to_server, Tag::ConvertData, piece)?;
        }
        frame::write_frame(&mut **to_server, Tag::ConvertEnd, &[])?;
        to_server.flush()?;
        let (mut converted, mut payload) = (Vec::new(), Vec::new());
        loop {
            match frame::read_frame(self.from_server, &mut payload)? {
                Tag::Converted if (converted.len() + payload.len()) as u64 <= CONVERSION_BYTES_MAX => {
                    converted.extend_from_slice(&payload);
                }
                Tag::ConvertedEnd => return Ok(Ok(converted)),
                Tag::NotConverted => return Ok(Err(conversion::decode_refusal(&payload)?)),
                _ => return Err(FrameError::OutOfOrder),
            }
        }
    }
}

fn read_job(from_server: &mut impl Read) -> anyhow::Result<Option<Job>> {
    let mut payload = Vec::new();
    match frame::read_frame(from_server, &mut payload) {
        Ok(Tag::Job) => Ok(Some(serde_json::from_slice(&payload).context("the job is not readable")?)),
        Ok(_) => Err(frame::FrameError::OutOfOrder.into()),
        Err(frame::FrameError::Pipe(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The bytes of the file, or why they were not taken in.
fn read_file(from_server: &mut impl Read, job: &Job) -> anyhow::Result<Result<Vec<u8>, Reason>> {
    let mut untrusted = Vec::new();
    let mut payload = Vec::new();
    loop {
        match frame::read_frame(from_server, &mut payload)? {
            Tag::Data => {
                if (untrusted.len() + payload.len()) as u64 > job.limits.input_bytes_max {
                    return Ok(Err(Reason::TooLarge));
                }
                untrusted.extend_from_slice(&payload);
            }
            Tag::End => return Ok(Ok(untrusted)),
            _ => return Err(frame::FrameError::OutOfOrder.into()),
        }
    }
}

fn write_clean(to_server: &mut impl Write, outcome: &Outcome) -> anyhow::Result<()> {
    frame::write_frame(to_server, Tag::Report, &serde_json::to_vec(&outcome.report)?)?;
    if let Some(clean) = &outcome.clean {
        let pieces = clean.chunks(CHUNK_BYTES_MAX as usize);
        let total = pieces.len().max(1);
        for (index, piece) in pieces.enumerate() {
            frame::write_frame(to_server, Tag::Clean, piece)?;
            let permille = u16::try_from((index + 1) * 1000 / total).unwrap_or(1000);
            let progress = Progress { stage: Stage::Deliver, permille };
            frame::write_frame(to_server, Tag::Progress, &progress.encode())?;
        }
        frame::write_frame(to_server, Tag::CleanEnd, &[])?;
    }
    to_server.flush()?;
    Ok(())
}
