//! Stand-ins for the world: time that is set, randomness that repeats, a vault without a key, a cell that reads its
//! orders from the file.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
};

use app::ports::{
    BlobWriter, Clock, Entropy, Progress, SanitiseError, Sanitised, Sanitiser, Vault, VaultError,
};
use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    sync::Notify,
};
use worker_protocol::{
    Job, Kind, Member, Mode, Preview, RULES_VERSION, Reason, Removal, Report, Road, TextBlock, Threat,
    Verdict,
};
use workflow::Millis;

/// A Tuesday in November 2026.
pub const T0: Millis = 1_795_500_000_000;
/// A minute.
pub const MINUTE: Millis = 60_000;
/// An hour.
pub const HOUR: Millis = 60 * MINUTE;
/// A day.
pub const DAY: Millis = 24 * HOUR;

/// Time that is set.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl TestClock {
    /// At [`T0`].
    #[must_use]
    pub fn new() -> Self {
        Self(AtomicI64::new(T0))
    }

    /// Lets time pass.
    pub fn pass(&self, time: Millis) {
        self.0.fetch_add(time, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }
}

/// Different each time, the same in each run.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        let bytes = Sha256::digest(n.to_be_bytes());
        for (to, from) in buffer.iter_mut().zip(bytes.iter().cycle()) {
            *to = *from;
        }
    }

    fn id(&self, now: Millis) -> String {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        let time = format!("{now:012x}");
        let (high, low) = time.split_at(8);
        format!("{high}-{low}-7000-8000-{n:012x}")
    }
}

/// Hides nothing, but notices another context and a changed byte.
#[derive(Debug)]
pub struct GlassVault;

impl Vault for GlassVault {
    fn seal(&self, context: &str, secret: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut sealed = Sha256::digest([context.as_bytes(), secret].concat()).to_vec();
        sealed.extend(secret.iter().map(|b| b ^ 0x5a));
        Ok(sealed)
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (tag, hidden) = sealed.split_at_checked(32).ok_or(VaultError)?;
        let secret: Vec<u8> = hidden.iter().map(|b| b ^ 0x5a).collect();
        let right = Sha256::digest([context.as_bytes(), &secret].concat());
        if right.as_slice() == tag { Ok(secret) } else { Err(VaultError) }
    }
}

/// Does what the first word of the file says: `clean`, `partial`, `held`, `blocked`, `locked PASSWORD`, `converted` (comes
/// out under another name), `emptied` (an archive of which nothing is left), `dies`, `dies-once`, `lies` (clean without
/// bytes to the end), `words` (what follows is what it writes down), `waits` (until let go), `drawing` (of Jw_cad, passed unchanged), `drawings` (an archive with one),
/// `forged` (passed unchanged, and other bytes), `hidden` (a drawing, said to be rebuilt), `unasked` (a text, passed
/// unchanged).
#[derive(Debug, Default)]
pub struct Cell {
    /// Cannot be started while this is set, whatever the file says.
    pub absent: AtomicBool,
    /// How often it was asked.
    pub runs: AtomicUsize,
    /// The mark that each job carried, in the order they were asked.
    pub marks: Mutex<Vec<Option<String>>>,
    /// Told when a cell waits.
    pub waiting: Notify,
    /// Lets a waiting one go on.
    pub let_go: Notify,
    seen: Mutex<HashMap<Vec<u8>, u32>>,
}

/// What a cell says of a text file.
#[must_use]
pub fn report(verdict: Verdict, reason: Option<Reason>, name: &str) -> Report {
    let removals = match verdict {
        Verdict::Partial => {
            vec![Removal {
                what: Threat::MacroVba,
                untrusted_place: "vbaProject.bin".to_owned(),
                spot: None,
                count: 1,
            }]
        }
        _ => Vec::new(),
    };
    Report {
        verdict,
        kind: Some(Kind::Text),
        clean_kind: reason.is_none().then_some(Kind::Text),
        road: reason.is_none().then_some(Road::Rebuilt),
        clean_name: name.to_owned(),
        reason,
        removals,
        removals_unlisted: 0,
        members: Vec::new(),
        fidelity: None,
        rules_version: RULES_VERSION.to_owned(),
    }
}

/// The answers about what passes unchanged, true ones and lies.
async fn unchanged(job: &Job, bytes: &[u8], clean: &mut dyn BlobWriter) -> Result<Sanitised, SanitiseError> {
    let text = String::from_utf8_lossy(bytes);
    let name = &job.hint.untrusted_name;
    let of = |kind: Kind, road: Road| Report {
        kind: Some(kind),
        clean_kind: Some(kind),
        road: Some(road),
        ..report(Verdict::Clean, None, name)
    };
    let drawing = of(Kind::Jww, Road::Inspected);
    let refused = match job.policy.modes.get(&Kind::Jww) {
        Some(Mode::InspectOnly) => None,
        Some(_) => Some((Verdict::Held, Reason::NotRebuilt)),
        None => Some((Verdict::Blocked, Reason::KindNotAllowed)),
    };
    if let Some((verdict, reason)) = refused {
        let report = Report { kind: Some(Kind::Jww), ..report(verdict, Some(reason), name) };
        return Ok(Sanitised { report, clean_complete: false, preview: None, preview_pages: Vec::new() });
    }
    let word = text.split(' ').next().unwrap_or_default();
    let answer = match word {
        "drawings" => {
            let member = Member { untrusted_name: "a.jww".to_owned(), report: drawing };
            Report { members: vec![member], ..of(Kind::Zip, Road::Rebuilt) }
        }
        "hidden" => of(Kind::Jww, Road::Rebuilt),
        "unasked" => of(Kind::Text, Road::Inspected),
        _ => drawing,
    };
    if matches!(word, "drawings" | "forged") {
        clean.write(b"packed anew: ").await.map_err(SanitiseError::Sink)?;
    }
    clean.write(bytes).await.map_err(SanitiseError::Sink)?;
    Ok(Sanitised { report: answer, clean_complete: true, preview: None, preview_pages: Vec::new() })
}

#[async_trait]
impl Sanitiser for Cell {
    async fn sanitise(
        &self,
        job: Job,
        mut untrusted: Box<dyn AsyncRead + Send + Unpin>,
        clean: &mut dyn BlobWriter,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Sanitised, SanitiseError> {
        if self.absent.load(Ordering::SeqCst) {
            return Err(SanitiseError::Start(std::io::Error::other("no such program")));
        }
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.marks.lock().unwrap().push(job.mark.as_ref().map(|mark| mark.label.clone()));
        let mut bytes = Vec::new();
        untrusted.read_to_end(&mut bytes).await.map_err(SanitiseError::Source)?;
        progress(Progress { permille: 500 });
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut words = text.split(' ');
        let (verdict, reason) = match words.next().unwrap() {
            "clean" => (Verdict::Clean, None),
            "partial" => (Verdict::Partial, None),
            "held" => (Verdict::Held, Some(Reason::TooComplex)),
            "blocked" => (Verdict::Blocked, Some(Reason::Executable)),
            "locked" => {
                let password = words.next().unwrap();
                if job.hint.passwords.iter().any(|p| p == password) {
                    (Verdict::Clean, None)
                } else {
                    (Verdict::Held, Some(Reason::PasswordNeeded))
                }
            }
            "converted" => (Verdict::Clean, None),
            "emptied" => (Verdict::Held, Some(Reason::NothingLeft)),
            "dies" => (Verdict::Held, Some(Reason::WorkerDied)),
            "dies-once" => {
                let times = {
                    let mut seen = self.seen.lock().unwrap();
                    let times = seen.entry(bytes.clone()).or_default();
                    *times += 1;
                    *times
                };
                if times == 1 { (Verdict::Held, Some(Reason::WorkerDied)) } else { (Verdict::Clean, None) }
            }
            "lies" => {
                clean.write(b"half of").await.map_err(SanitiseError::Sink)?;
                return Ok(Sanitised {
                    report: report(Verdict::Clean, None, &job.hint.untrusted_name),
                    clean_complete: false,
                    preview: None,
                    preview_pages: Vec::new(),
                });
            }
            "cells" => {
                clean.write(bytes.get(6..).unwrap_or_default()).await.map_err(SanitiseError::Sink)?;
                let report = Report {
                    road: Some(Road::Cells),
                    kind: Some(Kind::Csv),
                    clean_kind: Some(Kind::Json),
                    ..report(Verdict::Clean, None, &job.hint.untrusted_name)
                };
                return Ok(Sanitised {
                    report,
                    clean_complete: true,
                    preview: None,
                    preview_pages: Vec::new(),
                });
            }
            "words" => {
                clean.write(bytes.get(6..).unwrap_or_default()).await.map_err(SanitiseError::Sink)?;
                let report = Report {
                    road: Some(Road::Text),
                    kind: Some(Kind::Docx),
                    ..report(Verdict::Clean, None, &job.hint.untrusted_name)
                };
                return Ok(Sanitised {
                    report,
                    clean_complete: true,
                    preview: None,
                    preview_pages: Vec::new(),
                });
            }
            "waits" => {
                self.waiting.notify_one();
                self.let_go.notified().await;
                (Verdict::Clean, None)
            }
            "drawing" | "drawings" | "forged" | "hidden" | "unasked" => {
                return unchanged(&job, &bytes, clean).await;
            }
            other => panic!("the cell does not know `{other}`"),
        };
        let passes = matches!(verdict, Verdict::Clean | Verdict::Partial);
        if passes {
            clean.write(b"rebuilt: ").await.map_err(SanitiseError::Sink)?;
            clean.write(&bytes).await.map_err(SanitiseError::Sink)?;
        }
        let block = TextBlock::Paragraph { text: text.clone() };
        let mut report = report(verdict, reason, &job.hint.untrusted_name);
        if text.starts_with("converted") {
            report.clean_name.push_str(".converted.txt");
        }
        if reason == Some(Reason::NothingLeft) {
            let left_out = Report::refused(Verdict::Blocked, Reason::Executable);
            report.members = vec![Member { untrusted_name: "道具.exe".to_owned(), report: left_out }];
        }
        Ok(Sanitised {
            report,
            clean_complete: passes,
            preview: passes.then(|| Preview::Text { blocks: vec![block], truncated: false }),
            preview_pages: Vec::new(),
        })
    }
}
