//! The cell of the office program: old formats in, current ones out.
//!
//! Owns: the two processes of a conversion. The outer one ([`serve`]) speaks frames with the server, puts the file into
//! a folder, and takes the result out of it. The inner one ([`become_office`]) closes itself in and becomes the office
//! program. Both see no more of the disk than that folder and the program itself, so a result that is a link leads nowhere.
//! Leaves to others: the bars (`bars`), what the program is told (`settings`), the attempts to get out (`probe`), the
//! folder's beginning and end, the wall clock and the decision to convert at all (`worker-client`).
//!
//! The program ends with the outer process, however that ends: the kernel kills it when its parent dies.

mod bars;
mod probe;
mod settings;

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use nix::sys::{prctl, signal::Signal};
use worker_protocol::Reason;
use worker_protocol::conversion::{self, CONVERSION_BYTES_MAX, Conversion};
use worker_protocol::frame::{self, CHUNK_BYTES_MAX, FrameError, Tag};

use bars::Reach;
use settings::Desk;

pub(crate) use bars::Bounds;

/// How often the outer process looks after the program.
const PAUSE: Duration = Duration::from_millis(10);

/// All that the program may write, in bytes. Its folder usually is memory.
const FOLDER_BYTES_MAX: u64 = 1 << 30;

/// Files and folders that are counted below the folder; more is more than an office program makes.
const FOLDER_ENTRIES_MAX: usize = 10_000;

/// What the program says when it wants to be started again: it has just made its profile.
const AGAIN: i32 = 81;

/// Which program, where, and how far.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) office: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) bounds: Bounds,
}

/// Serves one conversion.
///
/// # Errors
/// When the bars cannot be had, the pipe breaks, or the server breaks the protocol.
pub(crate) fn serve(setting: &Setting) -> anyhow::Result<ExitCode> {
    let own = std::env::current_exe().context("this program does not know where it is")?;
    bars::close_files(&Reach {
        folder: setting.folder.clone(),
        office: setting.office.clone(),
        programs: vec![setting.office.clone(), own.clone()],
    })?;
    let mut to_server = std::io::BufWriter::new(std::io::stdout().lock());
    frame::write_frame(&mut to_server, Tag::Ready, &[])?;
    to_server.flush()?;
    let (desk, what) = match read_request(&setting.folder)? {
        Some(found) => found,
        None => return Ok(ExitCode::SUCCESS),
    };
    // Whoever waits for the answer holds this pipe open. When it ends, nobody waits any more.
    let abandoned = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&abandoned);
    std::thread::Builder::new().name("server".to_owned()).spawn(move || {
        // A word where none is due is as good as the end.
        let _ = std::io::stdin().read(&mut [0]);
        watched.store(true, Ordering::Relaxed);
    })?;
    match convert(setting, &own, what, &abandoned)? {
        Ok(()) => match open_result(&desk.output()) {
            Ok(file) => hand_over(file, &mut to_server)?,
            Err(reason) => refuse(&mut to_server, reason)?,
        },
        Err(reason) => refuse(&mut to_server, reason)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes in the request and the file. Nothing when the server needed no conversion after all.
fn read_request(folder: &Path) -> anyhow::Result<Option<(Desk, Conversion)>> {
    let mut from_server = std::io::stdin().lock();
    let mut payload = Vec::new();
    let what = match frame::read_frame(&mut from_server, &mut payload) {
        Ok(Tag::Convert) => Conversion::decode(&payload)?,
        Err(FrameError::Pipe(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Ok(_) => return Err(FrameError::OutOfOrder.into()),
        Err(error) => return Err(error.into()),
    };
    let desk = Desk::new(folder, what);
    desk.lay_out().context("the folder cannot be laid out")?;
    let mut input = File::create_new(desk.input()).context("the file cannot be written")?;
    let mut bytes = 0;
    loop {
        match frame::read_frame(&mut from_server, &mut payload)? {
            Tag::ConvertData => {
                bytes += payload.len() as u64;
                if bytes > CONVERSION_BYTES_MAX {
                    bail!("the file is longer than the protocol allows");
                }
                input.write_all(&payload).context("the file cannot be written")?;
            }
            Tag::ConvertEnd => return Ok(Some((desk, what))),
            _ => return Err(FrameError::OutOfOrder.into()),
        }
    }
}

/// Runs the program until it has ended by itself, or nobody waits for it, or it fills its folder.
fn convert(
    setting: &Setting,
    own: &Path,
    what: Conversion,
    abandoned: &AtomicBool,
) -> anyhow::Result<Result<(), Reason>> {
    let mut again = true;
    loop {
        let mut child = start(setting, own, &[what.from().id(), what.to().id()])?;
        let mut pauses = 0_u32;
        let status = loop {
            if let Some(status) = child.try_wait().context("the office program cannot be waited for")? {
                break status;
            }
            if abandoned.load(Ordering::Relaxed) {
                end(&mut child);
                bail!("the server went away");
            }
            if pauses.is_multiple_of(20) && !holds(&setting.folder) {
                end(&mut child);
                return Ok(Err(Reason::Bomb));
            }
            pauses = pauses.wrapping_add(1);
            std::thread::sleep(PAUSE);
        };
        match status.code() {
            Some(0) => return Ok(Ok(())),
            Some(AGAIN) if again => again = false,
            _ => {
                use std::os::unix::process::ExitStatusExt as _;
                let signal = status.signal();
                say(&format!("the office program ended with {status}"));
                return Ok(Err(if signal == Some(libc::SIGXCPU) || signal == Some(libc::SIGKILL) {
                    // The kernel's word for spent processor time; nobody else kills it.
                    Reason::TimedOut
                } else {
                    Reason::ConversionFailed
                }));
            }
        }
    }
}

/// Starts the inner process.
#[expect(clippy::disallowed_methods, reason = "this is the one place that starts the office program")]
fn start(setting: &Setting, own: &Path, which: &[&str]) -> anyhow::Result<Child> {
    let Bounds { memory_bytes_max, cpu_seconds_max, file_bytes_max } = setting.bounds;
    Command::new(own)
        .arg("office")
        .arg(&setting.office)
        .arg(&setting.folder)
        .args([memory_bytes_max, cpu_seconds_max, file_bytes_max].map(|bound| bound.to_string()))
        .arg(std::process::id().to_string())
        .args(which)
        .env_clear()
        .current_dir(&setting.folder)
        .stdin(Stdio::null())
        .stdout(if which.is_empty() { Stdio::inherit() } else { Stdio::null() })
        .stderr(if which.is_empty() { Stdio::inherit() } else { Stdio::null() })
        .spawn()
        .context("the office program cannot be started")
}

fn end(child: &mut Child) {
    // A failed kill means that it ended in between.
    let _ = child.kill();
    let _ = child.wait();
}

/// Closes this process in and makes it the office program, or the probe.
///
/// # Errors
/// Always when it comes back: what was asked for was not to be had.
pub(crate) fn become_office(mut given: impl Iterator<Item = String>) -> anyhow::Result<ExitCode> {
    let mut next = || given.next().context("an argument is missing");
    let (office, folder) = (PathBuf::from(next()?), PathBuf::from(next()?));
    let bounds = Bounds {
        memory_bytes_max: next()?.parse()?,
        cpu_seconds_max: next()?.parse()?,
        file_bytes_max: next()?.parse()?,
    };
    let parent: u32 = next()?.parse()?;
    let what = match (given.next(), given.next()) {
        (Some(from), Some(to)) => Some(Conversion::decode(format!("{from} {to}").as_bytes())?),
        _ => None,
    };
    prctl::set_pdeathsig(Signal::SIGKILL).context("the office program would outlive its cell")?;
    if std::os::unix::process::parent_id() != parent {
        bail!("the cell has gone");
    }
    let program = match what {
        Some(_) => office.clone(),
        None => std::env::current_exe().context("this program does not know where it is")?,
    };
    let programs = vec![program.clone()];
    bars::close_files(&Reach { folder: folder.clone(), office, programs })?;
    bars::close_limits(bounds)?;
    bars::close_system_calls()?;
    Err(exec(&program, &folder, what).into())
}

#[expect(clippy::disallowed_methods, reason = "this process becomes the office program")]
fn exec(program: &Path, folder: &Path, what: Option<Conversion>) -> std::io::Error {
    let mut command = Command::new(program);
    match what {
        Some(what) => {
            let desk = Desk::new(folder, what);
            command.args(desk.arguments()).env_clear().envs(desk.environment());
        }
        None => {
            command.arg("office-attempts").arg(folder);
        }
    }
    std::os::unix::process::CommandExt::exec(&mut command)
}

/// `convert --probe`: the same bars, and in them a program that tries to get out.
///
/// # Errors
/// When the bars cannot be had or the program cannot be started.
pub(crate) fn try_bars(setting: &Setting) -> anyhow::Result<ExitCode> {
    let own = std::env::current_exe().context("this program does not know where it is")?;
    bars::close_files(&Reach {
        folder: setting.folder.clone(),
        office: setting.office.clone(),
        programs: vec![own.clone()],
    })?;
    let status = start(setting, &own, &[])?.wait()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) use probe::run as attempts;

/// The result, if it is a file of bearable size.
fn open_result(path: &Path) -> Result<File, Reason> {
    // What is no plain file was not written by a program that works; what it cannot open it says by writing nothing.
    let about = std::fs::symlink_metadata(path).map_err(|_| Reason::ConversionFailed)?;
    if !about.is_file() {
        return Err(Reason::ConversionFailed);
    }
    if about.len() > CONVERSION_BYTES_MAX {
        return Err(Reason::Bomb);
    }
    File::open(path).map_err(|_| Reason::ConversionFailed)
}

fn hand_over(mut file: File, to_server: &mut impl Write) -> anyhow::Result<()> {
    let mut piece = vec![0; (CHUNK_BYTES_MAX / 4) as usize];
    loop {
        let length = file.read(&mut piece).context("the result cannot be read")?;
        if length == 0 {
            break;
        }
        frame::write_frame(to_server, Tag::Converted, piece.get(..length).unwrap_or_default())?;
    }
    frame::write_frame(to_server, Tag::ConvertedEnd, &[])?;
    to_server.flush()?;
    Ok(())
}

fn refuse(to_server: &mut impl Write, reason: Reason) -> anyhow::Result<()> {
    frame::write_frame(to_server, Tag::NotConverted, conversion::encode_refusal(reason))?;
    to_server.flush()?;
    Ok(())
}

/// Whether what lies below the folder stays in its bounds. What vanishes while it is counted does not count.
fn holds(folder: &Path) -> bool {
    let mut waiting = vec![folder.to_owned()];
    let (mut entries, mut bytes) = (0_usize, 0_u64);
    while let Some(next) = waiting.pop() {
        let Ok(listed) = std::fs::read_dir(&next) else { continue };
        for entry in listed.flatten() {
            // Of a link itself, not of what it leads to.
            let Ok(about) = entry.metadata() else { continue };
            entries += 1;
            bytes = bytes.saturating_add(about.len());
            if entries > FOLDER_ENTRIES_MAX || bytes > FOLDER_BYTES_MAX {
                return false;
            }
            if about.is_dir() {
                waiting.push(entry.path());
            }
        }
    }
    true
}

/// For the server's log. Never a word of the document.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "sekisho-worker: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_a_plain_file_or_nothing() {
        let folder = std::env::temp_dir().join(format!("sekisho-office-result-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("inner")).unwrap();
        std::fs::write(folder.join("real"), b"x").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.join("link")).unwrap();
        assert!(open_result(&folder.join("real")).is_ok());
        for name in ["link", "inner", "nothing"] {
            assert_eq!(open_result(&folder.join(name)).err(), Some(Reason::ConversionFailed), "{name}");
        }
        assert!(holds(&folder));
        let large = File::create(folder.join("inner/large")).unwrap();
        large.set_len(FOLDER_BYTES_MAX).unwrap();
        assert!(!holds(&folder));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
