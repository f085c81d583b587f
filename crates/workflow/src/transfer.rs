//! A transfer: one passage of files through a channel, from submission to receipt.
//!
//! Owns the states and every permitted change between them. Each command checks first and changes afterwards: a
//! refused command leaves the transfer as it was.
//! Leaves to others: rights (`authz`), time, storage, evidence, the sanitising itself. What passes unchanged, and on
//! whose word, is in the file `inspection` beside it.

mod inspection;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use worker_protocol::{Reason, Report, Verdict as FileVerdict};

use crate::{
    Millis,
    id::{BlobId, FileId, SectionId, TransferId, UserId, ZoneId},
    route::{
        self, Approval, COMMENT_CHARS_MAX, NOTE_CHARS_MAX, Route, Scope, Step, Term, Verdict, Vote, Vouch,
    },
};

pub use inspection::Opening;

/// Where a transfer stands. The Japanese words are in the glossary; each state says who acts next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// 無害化中: the cell is at work; nobody acts.
    Sanitising,
    /// 保留: at least one file could not be decided; the submitter or a system manager acts.
    Held,
    /// 遮断: no file may pass. Final.
    Refused,
    /// 承認待ち: the holder of the current step's role acts.
    AwaitingApproval,
    /// 差戻し: the submitter changes it and submits again, or withdraws it.
    Returned,
    /// 引戻し: the submitter took it back before the last decision; as [`State::Returned`].
    PulledBack,
    /// 否認: an approver refused it. Final.
    Rejected,
    /// 取下げ: the submitter gave it up. Final.
    Withdrawn,
    /// 期限切れ: nobody decided or took it in time. Final.
    Expired,
    /// 受取可: a recipient takes the clean files.
    Ready,
    /// 受領済: every recipient took it. Final.
    Received,
}

impl State {
    /// Every state.
    pub const ALL: [State; 11] = [
        State::Sanitising,
        State::Held,
        State::Refused,
        State::AwaitingApproval,
        State::Returned,
        State::PulledBack,
        State::Rejected,
        State::Withdrawn,
        State::Expired,
        State::Ready,
        State::Received,
    ];

    /// The word used in storage, evidence and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            State::Sanitising => "sanitising",
            State::Held => "held",
            State::Refused => "refused",
            State::AwaitingApproval => "awaiting-approval",
            State::Returned => "returned",
            State::PulledBack => "pulled-back",
            State::Rejected => "rejected",
            State::Withdrawn => "withdrawn",
            State::Expired => "expired",
            State::Ready => "ready",
            State::Received => "received",
        }
    }

    /// The state with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.id() == id)
    }

    /// Whether nothing can change it any more (erasure of its files aside).
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, State::Refused | State::Rejected | State::Withdrawn | State::Expired | State::Received)
    }

    /// Whether the submitter may edit and submit again.
    #[must_use]
    pub fn is_with_submitter(self) -> bool {
        matches!(self, State::Returned | State::PulledBack)
    }
}

/// How far one file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// Waits for a cell.
    Queued,
    /// 無害化済.
    Clean,
    /// 一部無害化.
    Partial,
    /// 検査確認: unchanged, or an archive with unchanged members; passes only when those who decide vouch for it.
    Inspected,
    /// 保留.
    Held,
    /// 遮断, or refused by a system manager, or taken out by the submitter.
    Blocked,
}

impl FileState {
    /// Every state.
    pub const ALL: [FileState; 6] = [
        FileState::Queued,
        FileState::Clean,
        FileState::Partial,
        FileState::Inspected,
        FileState::Held,
        FileState::Blocked,
    ];

    /// The word used in storage, evidence and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            FileState::Queued => "queued",
            FileState::Clean => "clean",
            FileState::Partial => "partial",
            FileState::Inspected => "inspected",
            FileState::Held => "held",
            FileState::Blocked => "blocked",
        }
    }

    /// The state with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.id() == id)
    }

    /// Whether bytes for the recipients exist.
    #[must_use]
    pub fn passes(self) -> bool {
        matches!(self, FileState::Clean | FileState::Partial | FileState::Inspected)
    }
}

/// Bytes in a zone's blob store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// The zone whose store and key hold it.
    pub zone: ZoneId,
    /// Its address there.
    pub blob: BlobId,
    /// SHA-256 of the bytes, lower-case hex.
    pub sha256: String,
    /// Number of bytes.
    pub bytes: u64,
}

/// One file of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its id.
    pub id: FileId,
    /// The name as it was sent: shown escaped, never used as a path.
    pub untrusted_name: String,
    /// The folder it came from, if a whole folder was dropped: `/`-separated, shown only.
    pub untrusted_folder: String,
    /// The original, in the sender's zone. `None` once erased.
    pub original: Option<Stored>,
    /// The clean file, in the receiving zone. Present when [`FileState::passes`], until erased.
    pub clean: Option<Stored>,
    /// What the approver sees, as a blob of preview JSON and pages in the sender's zone.
    pub preview: Option<Stored>,
    /// Its state.
    pub state: FileState,
    /// What the cell said.
    pub report: Option<Report>,
    /// How often a cell was started for it.
    pub attempts: u32,
    /// When the original was erased, if it was.
    pub original_erased_at: Option<Millis>,
    /// When the clean file was erased, if it was.
    pub clean_erased_at: Option<Millis>,
}

impl File {
    /// Whether it was the cell that blocked it, and no person.
    fn is_blocked_by_cell(&self) -> bool {
        self.report.as_ref().is_some_and(|r| r.verdict == FileVerdict::Blocked)
    }
}

/// A recipient, and when he took the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// Who.
    pub user: UserId,
    /// When he first took a file.
    pub received_at: Option<Millis>,
}

/// What the submitter writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// 件名: 1 to [`SUBJECT_CHARS_MAX`] characters.
    pub subject: String,
    /// 理由・用途: at most [`PURPOSE_CHARS_MAX`] characters. Required where a route has steps.
    pub purpose: String,
    /// The level of confidentiality, as the pack names it.
    pub classification: String,
    /// Whether the submitter says that there is personal data in it.
    pub personal_data: bool,
    /// Answers to the further fields of the request type that decides, by the field's id; at most
    /// [`ANSWERS_MAX`] of at most [`PURPOSE_CHARS_MAX`] characters.
    pub answers: BTreeMap<String, String>,
    /// Who takes the files: 1 to [`RECIPIENTS_MAX`], without repetition.
    pub recipients: Vec<UserId>,
}

/// Longest subject, in characters.
pub const SUBJECT_CHARS_MAX: usize = 120;
/// Longest purpose, in characters.
pub const PURPOSE_CHARS_MAX: usize = 2_000;
/// Most answers of one transfer.
pub const ANSWERS_MAX: usize = 30;
/// Most recipients of one transfer.
pub const RECIPIENTS_MAX: usize = 50;
/// Most files of one transfer.
pub const FILES_MAX: usize = 200;

/// One passage of files through a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its id.
    pub id: TransferId,
    /// A short number that people say on the telephone, unique: `令8-000123` is made of it by the screen.
    pub number: i64,
    /// The channel of the pack it goes through.
    pub channel: String,
    /// The sender's zone.
    pub from_zone: ZoneId,
    /// The recipients' zone.
    pub to_zone: ZoneId,
    /// Who submitted it.
    pub submitter: UserId,
    /// The section the submitter belonged to at that time.
    pub section: SectionId,
    /// What the submitter wrote.
    pub subject: String,
    /// Why.
    pub purpose: String,
    /// The level of confidentiality.
    pub classification: String,
    /// Whether the submitter said that there is personal data in it.
    pub personal_data: bool,
    /// What he answered to the further fields of the request type.
    pub answers: BTreeMap<String, String>,
    /// Who takes it.
    pub recipients: Vec<Recipient>,
    /// Its files.
    pub files: Vec<File>,
    /// Where it stands.
    pub state: State,
    /// How far its decisions have come: its route, the step that is open while the state is
    /// [`State::AwaitingApproval`], and every decision so far.
    pub approval: Approval,
    /// Originals that were opened to be inspected, in this round: one for each person and file. A file that is treated
    /// again has to be opened again.
    pub openings: Vec<Opening>,
    /// Until when somebody is waited for: an approval's deadline, the end of the pick-up period. Present while somebody is
    /// (held, with the submitter, awaiting approval, ready) and once received, when the files may be taken again until
    /// then.
    pub term: Term,
    /// The version of the pack whose rules apply.
    pub pack_version: String,
    /// When it was first submitted.
    pub submitted_at: Millis,
    /// When it last changed; a review afterwards (後閲) is no change.
    pub changed_at: Millis,
    /// Raised by every change; a writer that read an older one must read again.
    pub version: i64,
}

/// Why a command was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The transfer is in a state in which this cannot be done.
    #[error("not possible while the transfer is {}", .0.id())]
    State(State),
    /// What the person saw is not what there is now; look again and decide again.
    #[error("the content has changed since it was shown")]
    ContentChanged,
    /// Nobody decides his own request.
    #[error("the submitter may not decide")]
    OwnRequest,
    /// Someone who decided an earlier step of this round may not decide this one.
    #[error("the same person decided an earlier step")]
    SamePerson,
    /// This step may not be decided by a deputy, or not by this one.
    #[error("this step has no deputies")]
    NoDeputy,
    /// A file passes unchanged, and the person who wants to let it pass has not opened exactly this original.
    #[error("the original of a file that passes unchanged was not opened")]
    NotInspected(FileId),
    /// A file passes unchanged, and the person who wants to let it pass does not vouch for exactly this original.
    #[error("a file that passes unchanged is not vouched for")]
    NotVouched(FileId),
    /// A vouch needs a note of how it was made sure, or the note is too long.
    #[error("a note of 1 to {NOTE_CHARS_MAX} characters is needed for each file that is vouched for")]
    Note(FileId),
    /// A comment is needed to return or reject, or it is too long.
    #[error("a comment of 1 to {COMMENT_CHARS_MAX} characters is needed")]
    Comment,
    /// A field of the content is out of its bounds.
    #[error("the field `{0}` is out of bounds")]
    Field(&'static str),
    /// There is no such file, or it is not in the state for this.
    #[error("no such file, or it cannot be changed in this way")]
    File,
    /// The person is not among the recipients.
    #[error("not a recipient")]
    NotRecipient,
    /// The time for this has passed.
    #[error("the deadline has passed")]
    Overdue,
}

/// What happened; `app` turns each into evidence and tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Submitted for the `round`-th time.
    Submitted {
        /// Which submission.
        round: u32,
    },
    /// A file's passage through the cell ended.
    FileDone {
        /// Which file.
        file: FileId,
        /// How.
        state: FileState,
    },
    /// A file goes through the cell again.
    FileRequeued {
        /// Which file.
        file: FileId,
    },
    /// The original of a file was handed to somebody who inspects it.
    OriginalOpened {
        /// Which file.
        file: FileId,
    },
    /// A file was refused by hand or taken out.
    FileBlocked {
        /// Which file.
        file: FileId,
    },
    /// Something of its approval.
    Approval(route::Event),
    /// The recipients may take it.
    Released {
        /// Until when.
        due_at: Millis,
    },
    /// A recipient took it for the first time.
    Received {
        /// Who.
        by: UserId,
    },
    /// The state changed without one of the above, or the change is final.
    Moved {
        /// From.
        from: State,
        /// To.
        to: State,
    },
}

/// What a new transfer starts from.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Its id.
    pub id: TransferId,
    /// Its number.
    pub number: i64,
    /// The channel.
    pub channel: String,
    /// From where.
    pub from_zone: ZoneId,
    /// To where.
    pub to_zone: ZoneId,
    /// By whom.
    pub submitter: UserId,
    /// Of which section.
    pub section: SectionId,
    /// What he wrote.
    pub content: Content,
    /// The originals, already stored: id, name, folder, bytes.
    pub files: Vec<(FileId, String, String, Stored)>,
    /// The steps the pack asks for.
    pub route: Route,
    /// The version of the pack.
    pub pack_version: String,
}

/// How long recipients have to take released files; comes from the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PickUp {
    /// Days from release.
    pub days: u32,
}

impl Transfer {
    /// Starts a transfer: its files wait for the cell.
    ///
    /// # Errors
    /// [`Refusal::Field`] when the content or the number of files is out of bounds.
    pub fn submit(new: Submission, now: Millis) -> Result<(Self, Vec<Event>), Refusal> {
        check_content(&new.content, &new.route)?;
        if new.files.is_empty() || new.files.len() > FILES_MAX {
            return Err(Refusal::Field("files"));
        }
        let files = new
            .files
            .into_iter()
            .map(|(id, untrusted_name, untrusted_folder, original)| File {
                id,
                untrusted_name,
                untrusted_folder,
                original: Some(original),
                clean: None,
                preview: None,
                state: FileState::Queued,
                report: None,
                attempts: 0,
                original_erased_at: None,
                clean_erased_at: None,
            })
            .collect();
        let transfer = Self {
            id: new.id,
            number: new.number,
            channel: new.channel,
            from_zone: new.from_zone,
            to_zone: new.to_zone,
            submitter: new.submitter,
            section: new.section,
            recipients: recipients(&new.content),
            subject: new.content.subject,
            purpose: new.content.purpose,
            classification: new.content.classification,
            personal_data: new.content.personal_data,
            answers: new.content.answers,
            files,
            state: State::Sanitising,
            approval: Approval::new(new.route),
            openings: Vec::new(),
            term: Term::default(),
            pack_version: new.pack_version,
            submitted_at: now,
            changed_at: now,
            version: 0,
        };
        Ok((transfer, vec![Event::Submitted { round: 1 }]))
    }

    /// The step that waits for a decision, if one does.
    #[must_use]
    pub fn open_step(&self) -> Option<&Step> {
        (self.state == State::AwaitingApproval).then(|| self.approval.next_step()).flatten()
    }

    /// Whether the rules leave this person free to decide: he did not submit it and decided no step of this round.
    #[must_use]
    pub fn is_free_to_decide(&self, user: &UserId) -> bool {
        self.approval.is_free_to_decide(&self.submitter, user)
    }

    /// Files that the recipients get.
    pub fn passing(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|f| f.state.passes())
    }

    /// SHA-256 over exactly what an approver is shown: the content, and of each file its name, its state, the
    /// bytes that pass and the report. A decision signs this hash, and any change makes another.
    #[must_use]
    pub fn content_hash(&self) -> String {
        #[derive(Serialize)]
        struct Seen<'a> {
            id: &'a TransferId,
            round: u32,
            channel: &'a str,
            subject: &'a str,
            purpose: &'a str,
            classification: &'a str,
            personal_data: bool,
            answers: &'a BTreeMap<String, String>,
            recipients: Vec<&'a UserId>,
            files: Vec<(&'a str, &'a str, Option<&'a str>, Option<&'a Report>)>,
        }
        let seen = Seen {
            id: &self.id,
            round: self.approval.round,
            channel: &self.channel,
            subject: &self.subject,
            purpose: &self.purpose,
            classification: &self.classification,
            personal_data: self.personal_data,
            answers: &self.answers,
            recipients: self.recipients.iter().map(|r| &r.user).collect(),
            files: self
                .files
                .iter()
                .map(|f| {
                    // The report is part of what is seen, also after the bytes were erased.
                    (
                        f.untrusted_name.as_str(),
                        f.state.id(),
                        f.clean.as_ref().map(|c| c.sha256.as_str()),
                        f.report.as_ref(),
                    )
                })
                .collect(),
        };
        // Plain structs of strings and numbers always serialise; an empty text would still only refuse decisions.
        let text = serde_json::to_vec(&seen).unwrap_or_default();
        hex::encode(Sha256::digest(&text))
    }

    /// Replaces the route while the files are still in the cell: what was found in them may ask for more.
    ///
    /// # Errors
    /// [`Refusal::State`] once the files are done.
    pub fn set_route(&mut self, route: Route) -> Result<(), Refusal> {
        self.expect_state(&[State::Sanitising, State::Held])?;
        self.approval.route = route;
        Ok(())
    }

    /// Refuses the whole transfer because the policy forbids what was found in its files. Only before anybody could
    /// take them: called in the same transaction as the last [`Transfer::file_done`].
    ///
    /// # Errors
    /// [`Refusal::State`] once the transfer has ended.
    pub fn forbid(&mut self, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Held, State::AwaitingApproval, State::Ready])?;
        for file in &mut self.files {
            file.state = FileState::Blocked;
        }
        let mut events = Vec::new();
        self.move_to(State::Refused, now, &mut events);
        Ok(events)
    }

    /// Records how a file's passage through the cell ended. When it was the last one, the transfer moves on.
    ///
    /// `clean` and `preview` are what the cell gave back, already stored.
    ///
    /// # Errors
    /// [`Refusal::State`] when the transfer is no longer being sanitised (withdrawn meanwhile): the result must be
    /// thrown away. [`Refusal::File`] when the file is unknown or already done, or the report says it passes and
    /// no clean bytes are there.
    pub fn file_done(
        &mut self,
        file: &FileId,
        report: Report,
        clean: Option<Stored>,
        preview: Option<Stored>,
        pick_up: PickUp,
        now: Millis,
    ) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Sanitising])?;
        let state = match report.verdict {
            FileVerdict::Clean | FileVerdict::Partial if report.is_inspected() => FileState::Inspected,
            FileVerdict::Clean => FileState::Clean,
            FileVerdict::Partial => FileState::Partial,
            FileVerdict::Held => FileState::Held,
            FileVerdict::Blocked => FileState::Blocked,
        };
        let entry = self
            .files
            .iter_mut()
            .find(|f| f.id == *file && f.state == FileState::Queued)
            .ok_or(Refusal::File)?;
        if state.passes() != clean.is_some() {
            return Err(Refusal::File);
        }
        entry.state = state;
        entry.report = Some(report);
        entry.clean = clean;
        entry.preview = preview;
        entry.attempts += 1;
        self.openings.retain(|o| o.file != *file);
        let mut events = vec![Event::FileDone { file: file.clone(), state }];
        self.advance(pick_up, now, &mut events);
        Ok(events)
    }

    /// Sends a held file through the cell again: a password was given, or the cell's failure was temporary.
    ///
    /// # Errors
    /// [`Refusal::State`] unless the transfer is held; [`Refusal::File`] unless that file is.
    pub fn retry_file(&mut self, file: &FileId, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Held])?;
        let entry = self
            .files
            .iter_mut()
            .find(|f| f.id == *file && f.state == FileState::Held && f.original.is_some())
            .ok_or(Refusal::File)?;
        entry.state = FileState::Queued;
        entry.report = None;
        let mut events = vec![Event::FileRequeued { file: file.clone() }];
        self.move_to(State::Sanitising, now, &mut events);
        Ok(events)
    }

    /// Takes a held file out, so that the others can go on.
    ///
    /// # Errors
    /// As [`Transfer::retry_file`].
    pub fn block_file(&mut self, file: &FileId, pick_up: PickUp, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Held])?;
        let entry = self
            .files
            .iter_mut()
            .find(|f| f.id == *file && f.state == FileState::Held)
            .ok_or(Refusal::File)?;
        entry.state = FileState::Blocked;
        let mut events = vec![Event::FileBlocked { file: file.clone() }];
        self.advance(pick_up, now, &mut events);
        Ok(events)
    }

    /// Records a decision of the open step. The caller has made sure that `by` holds the role, or is the deputy of
    /// `on_behalf_of`, who does. Whoever approves vouches for each file that passes unchanged.
    ///
    /// # Errors
    /// [`Refusal::State`] unless an approval is open, [`Refusal::ContentChanged`] when `seen_hash` is not the hash
    /// of what there is, [`Refusal::OwnRequest`], [`Refusal::SamePerson`], [`Refusal::NoDeputy`],
    /// [`Refusal::Comment`], [`Refusal::Overdue`]; when approving [`Refusal::NotInspected`],
    /// [`Refusal::NotVouched`], [`Refusal::Note`], and [`Refusal::File`] for a vouch that no file needs.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a fact of the decision; a struct would only rename them"
    )]
    pub fn decide(
        &mut self,
        by: &UserId,
        on_behalf_of: Option<&UserId>,
        verdict: Verdict,
        comment: &str,
        vouches: &[Vouch],
        seen_hash: &str,
        pick_up: PickUp,
        now: Millis,
    ) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::AwaitingApproval])?;
        let content_hash = self.content_hash();
        let vote = Vote { by, on_behalf_of, verdict, comment, seen_hash, step: None };
        self.approval
            .check(&vote, &self.submitter, &content_hash, self.term, now)
            .map_err(|refusal| self.refused(refusal))?;
        // Who sends it back or refuses it answers for nothing that passes.
        let vouches = match verdict {
            Verdict::Approve => self.check_vouches(by, vouches)?,
            Verdict::Return | Verdict::Reject => Vec::new(),
        };
        let mut events: Vec<Event> =
            self.approval.record(&vote, vouches, now).into_iter().map(Event::Approval).collect();
        self.changed_at = now;
        match verdict {
            Verdict::Approve => self.open_or_release(pick_up, now, &mut events),
            Verdict::Return => self.hand_back(State::Returned, pick_up, now, &mut events),
            Verdict::Reject => self.move_to(State::Rejected, now, &mut events),
        }
        Ok(events)
    }

    /// Puts the open step before a role above its own, because nobody in its own is free to decide. The deputies of
    /// the step stand in for its own role, not for one above.
    ///
    /// # Errors
    /// [`Refusal::State`] unless an approval is open.
    pub fn raise_step(&mut self, role: String, scope: Scope, now: Millis) -> Result<Event, Refusal> {
        self.expect_state(&[State::AwaitingApproval])?;
        let event =
            self.approval.raise(self.approval.step, role, scope).map_err(|refusal| self.refused(refusal))?;
        self.changed_at = now;
        Ok(Event::Approval(event))
    }

    /// Hands the transfer back because nobody at all is free to decide the open step: better than to wait for an end
    /// that is sure to come.
    ///
    /// # Errors
    /// [`Refusal::State`] unless an approval is open.
    pub fn return_undecidable(&mut self, pick_up: PickUp, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::AwaitingApproval])?;
        let mut events = vec![Event::Approval(route::Event::ApproverMissing { step: self.approval.step })];
        self.hand_back(State::Returned, pick_up, now, &mut events);
        Ok(events)
    }

    /// 後閲: the person deputised for has looked at the decision.
    ///
    /// # Errors
    /// [`Refusal::File`] unless that decision waits for the review of `by`.
    pub fn review(&mut self, decision: usize, by: &UserId, now: Millis) -> Result<Vec<Event>, Refusal> {
        // Not a change of the transfer: retention counts from its end, and a late review must not move that.
        let event = self.approval.review(decision, by, now).map_err(|refusal| self.refused(refusal))?;
        Ok(vec![Event::Approval(event)])
    }

    /// 引戻し: the submitter takes it back while it is held or waits for approval.
    ///
    /// # Errors
    /// [`Refusal::State`].
    pub fn pull_back(&mut self, pick_up: PickUp, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::AwaitingApproval, State::Held])?;
        let mut events = Vec::new();
        self.hand_back(State::PulledBack, pick_up, now, &mut events);
        Ok(events)
    }

    /// 取下げ: the submitter gives it up, at any time before its release.
    ///
    /// # Errors
    /// [`Refusal::State`].
    pub fn withdraw(&mut self, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[
            State::Sanitising,
            State::Held,
            State::AwaitingApproval,
            State::Returned,
            State::PulledBack,
        ])?;
        let mut events = Vec::new();
        self.move_to(State::Withdrawn, now, &mut events);
        Ok(events)
    }

    /// Submits a returned or pulled-back transfer again with a changed content; its route starts anew. With
    /// `treat_again` what the pack says about the treatment of its files changed as well, so each goes through the cell once
    /// more, but for those that a person took out.
    ///
    /// # Errors
    /// [`Refusal::State`], [`Refusal::Field`]; [`Refusal::File`] when a file must be treated again and its original was
    /// erased meanwhile.
    pub fn resubmit(
        &mut self,
        content: Content,
        route: Route,
        treat_again: bool,
        pack_version: String,
        pick_up: PickUp,
        now: Millis,
    ) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Returned, State::PulledBack])?;
        check_content(&content, &route)?;
        let is_open = |file: &File| file.state != FileState::Blocked || file.is_blocked_by_cell();
        if treat_again && self.files.iter().any(|f| is_open(f) && f.original.is_none()) {
            return Err(Refusal::File);
        }
        self.recipients = recipients(&content);
        self.subject = content.subject;
        self.purpose = content.purpose;
        self.classification = content.classification;
        self.personal_data = content.personal_data;
        self.answers = content.answers;
        self.approval.restart(route);
        self.pack_version = pack_version;
        // What was seen in an earlier round is to be seen again.
        self.openings.clear();
        self.state = State::Sanitising;
        // The time that ran was the submitter's; a cell has none.
        self.term = Term::default();
        let mut events = vec![Event::Submitted { round: self.approval.round }];
        for file in self.files.iter_mut().filter(|f| treat_again && is_open(f)) {
            file.state = FileState::Queued;
            (file.report, file.clean, file.preview) = (None, None, None);
            events.push(Event::FileRequeued { file: file.id.clone() });
        }
        self.advance(pick_up, now, &mut events);
        Ok(events)
    }

    /// A recipient takes a file. Only the first time is an event.
    ///
    /// # Errors
    /// [`Refusal::State`] unless it was released, [`Refusal::NotRecipient`], [`Refusal::Overdue`].
    pub fn receive(&mut self, by: &UserId, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Ready, State::Received])?;
        if self.term.is_over(now) {
            return Err(Refusal::Overdue);
        }
        let recipient = self.recipients.iter_mut().find(|r| r.user == *by).ok_or(Refusal::NotRecipient)?;
        if recipient.received_at.is_some() {
            return Ok(Vec::new());
        }
        recipient.received_at = Some(now);
        self.changed_at = now;
        let mut events = vec![Event::Received { by: by.clone() }];
        if self.recipients.iter().all(|r| r.received_at.is_some()) && self.state == State::Ready {
            let term = self.term;
            self.move_to(State::Received, now, &mut events);
            // Files may be taken again until the period ends.
            self.term = term;
        }
        Ok(events)
    }

    /// Ends a transfer whose time is up: an approval nobody gave, files nobody took, a return nobody took up again.
    ///
    /// # Errors
    /// [`Refusal::State`] when it is not overdue.
    pub fn expire(&mut self, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[
            State::AwaitingApproval,
            State::Held,
            State::Returned,
            State::PulledBack,
            State::Ready,
        ])?;
        if !self.term.is_over(now) {
            return Err(Refusal::State(self.state));
        }
        let mut events = Vec::new();
        self.move_to(State::Expired, now, &mut events);
        Ok(events)
    }

    /// 督促: the open step's deadline has passed; its approvers are reminded once.
    ///
    /// # Errors
    /// [`Refusal::State`] when nothing is overdue or the reminder was given.
    pub fn remind(&mut self, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::AwaitingApproval])?;
        if !self.term.remind(now) {
            return Err(Refusal::State(self.state));
        }
        self.changed_at = now;
        Ok(vec![Event::Approval(route::Event::Reminded { step: self.approval.step })])
    }

    /// Whether this file is held for a reason that a password could settle.
    #[must_use]
    pub fn wants_password(file: &File) -> bool {
        file.state == FileState::Held
            && file.report.as_ref().is_some_and(|r| r.reason == Some(Reason::PasswordNeeded))
    }

    fn expect_state(&self, allowed: &[State]) -> Result<(), Refusal> {
        if allowed.contains(&self.state) { Ok(()) } else { Err(Refusal::State(self.state)) }
    }

    fn move_to(&mut self, to: State, now: Millis, events: &mut Vec<Event>) {
        events.push(Event::Moved { from: self.state, to });
        self.state = to;
        self.term = Term::default();
        self.changed_at = now;
    }

    /// The submitter has it. Its files wait as long as released ones would, and no longer: their retention starts
    /// with an end, so a return that nobody takes up again must have one.
    fn hand_back(&mut self, to: State, pick_up: PickUp, now: Millis, events: &mut Vec<Event>) {
        self.move_to(to, now, events);
        self.term = Term::days(pick_up.days, now);
    }

    /// After a file was decided: stay, hold, refuse, or go on to approval or release.
    fn advance(&mut self, pick_up: PickUp, now: Millis, events: &mut Vec<Event>) {
        self.changed_at = now;
        if self.files.iter().any(|f| f.state == FileState::Queued) {
            if self.state != State::Sanitising {
                self.move_to(State::Sanitising, now, events);
            }
        } else if self.files.iter().any(|f| f.state == FileState::Held) {
            self.hold(pick_up, now, events);
        } else if self.files.iter().all(|f| f.state == FileState::Blocked) {
            self.move_to(State::Refused, now, events);
        } else {
            self.approval.begin();
            self.open_or_release(pick_up, now, events);
        }
    }

    /// A held file waits as long as released files would.
    fn hold(&mut self, pick_up: PickUp, now: Millis, events: &mut Vec<Event>) {
        if self.state != State::Held {
            self.move_to(State::Held, now, events);
        }
        self.term = Term::days(pick_up.days, now);
    }

    fn open_or_release(&mut self, pick_up: PickUp, now: Millis, events: &mut Vec<Event>) {
        // After the deadline comes a reminder, and only after the pick-up period on top of it the end.
        if let Some((term, opened)) = self.approval.open(pick_up.days, now) {
            if self.state != State::AwaitingApproval {
                self.move_to(State::AwaitingApproval, now, events);
            }
            self.term = term;
            events.extend(opened.into_iter().map(Event::Approval));
        } else if self.hold_unvouched(events) {
            self.hold(pick_up, now, events);
        } else {
            let term = Term::days(pick_up.days, now);
            self.move_to(State::Ready, now, events);
            self.term = term;
            events.push(Event::Released { due_at: term.due_at.unwrap_or(now) });
        }
    }

    /// The words of an approval's refusal for a transfer.
    fn refused(&self, refusal: route::Refusal) -> Refusal {
        match refusal {
            route::Refusal::NoStep => Refusal::State(self.state),
            route::Refusal::ContentChanged => Refusal::ContentChanged,
            route::Refusal::OwnRequest => Refusal::OwnRequest,
            route::Refusal::SamePerson => Refusal::SamePerson,
            route::Refusal::NoDeputy => Refusal::NoDeputy,
            route::Refusal::Comment => Refusal::Comment,
            route::Refusal::Overdue => Refusal::Overdue,
            route::Refusal::NoReview => Refusal::File,
        }
    }
}

fn recipients(content: &Content) -> Vec<Recipient> {
    content.recipients.iter().map(|user| Recipient { user: user.clone(), received_at: None }).collect()
}

fn check_content(content: &Content, route: &Route) -> Result<(), Refusal> {
    let within = |text: &str, min: usize, max: usize| (min..=max).contains(&text.trim().chars().count());
    if !within(&content.subject, 1, SUBJECT_CHARS_MAX) {
        return Err(Refusal::Field("subject"));
    }
    if !within(&content.purpose, usize::from(!route.steps.is_empty()), PURPOSE_CHARS_MAX) {
        return Err(Refusal::Field("purpose"));
    }
    if content.classification.is_empty() {
        return Err(Refusal::Field("classification"));
    }
    if content.answers.len() > ANSWERS_MAX
        || content.answers.values().any(|a| !within(a, 0, PURPOSE_CHARS_MAX))
    {
        return Err(Refusal::Field("answers"));
    }
    let mut seen = std::collections::BTreeSet::new();
    if content.recipients.is_empty()
        || content.recipients.len() > RECIPIENTS_MAX
        || !content.recipients.iter().all(|r| seen.insert(r))
    {
        return Err(Refusal::Field("recipients"));
    }
    Ok(())
}
