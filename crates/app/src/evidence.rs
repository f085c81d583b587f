//! Evidence: what is written about every act, and reading it back.
//!
//! Owns the closed list of kinds ([`Kind`]), which mechanisms of the pack each belongs to, the form of a payload,
//! and the lists, entries and proofs that people look at.
//! Leaves the bytes of leaves, trees and proofs to `ledger`, sealing to [`crate::sealing`].

use ledger::{Entry, EntryTime, Payload, Salt};
use policy::Mechanism;
use serde::Serialize;
use serde_json::{Value, json};
use workflow::{
    Millis,
    id::{EvidenceId, UserId, ZoneId},
};

use crate::{
    App,
    actor::{Actor, Door},
    error::{Error, Result},
    model::{EvidenceQuery, EvidenceRow, NewEvidence, Page, PageRequest},
};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $id:literal [$($mechanism:ident),* $(,)?]),+ $(,)?) => {
        /// What an entry is about. The word is part of the leaf and never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $($(#[$doc])* $name),+ }
        impl Kind {
            /// Every kind, for catalogues and tests that must cover them all.
            pub const ALL: &'static [Kind] = &[$(Kind::$name),+];
            /// The word in the leaf, the payload and the API.
            #[must_use]
            pub fn id(self) -> &'static str { match self { $(Kind::$name => $id),+ } }
            /// The parts of the software that such an entry is evidence of.
            #[must_use]
            pub fn mechanisms(self) -> &'static [Mechanism] {
                match self { $(Kind::$name => &[$(Mechanism::$mechanism),*]),+ }
            }
        }
    };
}

kinds! {
    /// The server was started: with which pack and program.
    HouseOpened = "house-opened" [PolicyVersion, SessionZone],
    /// The sections of the pack were taken over.
    OrganisationLoaded = "organisation-loaded" [PostRegister],
    /// Somebody logged in.
    LoginSucceeded = "login-succeeded" [Login, SessionZone],
    /// A login failed.
    LoginFailed = "login-failed" [Login],
    /// Too many failures; the account waits.
    LoginLocked = "login-locked" [Login],
    /// A one-time code was accepted.
    SecondFactorSucceeded = "second-factor-succeeded" [SecondFactor],
    /// A one-time code was refused.
    SecondFactorFailed = "second-factor-failed" [SecondFactor],
    /// A session was ended by its owner.
    LoggedOut = "logged-out" [Login],
    /// Somebody changed his password.
    PasswordChanged = "password-changed" [PasswordRules],
    /// Somebody set up a second factor.
    SecondFactorEnrolled = "second-factor-enrolled" [SecondFactor],
    /// An administrator removed a second factor.
    SecondFactorReset = "second-factor-reset" [SecondFactor, AccountRegister],
    /// A token for the API was made.
    TokenCreated = "token-created" [AccountRegister],
    /// It was taken back.
    TokenRevoked = "token-revoked" [AccountRegister],
    /// Somebody said when he is away.
    AbsenceSet = "absence-set" [DeputyReview],
    /// Somebody is back early.
    AbsenceEnded = "absence-ended" [DeputyReview],
    /// The rights refused an act.
    AccessDenied = "access-denied" [RoleRights],
    /// An account was opened.
    UserAdded = "user-added" [AccountRegister],
    /// An account may be used again.
    UserEnabled = "user-enabled" [AccountRegister],
    /// An account may no longer be used.
    UserDisabled = "user-disabled" [AccountRegister],
    /// An administrator gave a new first password.
    PasswordReset = "password-reset" [AccountRegister, PasswordRules],
    /// A post was given.
    PostGiven = "post-given" [PostRegister],
    /// A post ended.
    PostEnded = "post-ended" [PostRegister],
    /// A person's section, posts or name were changed by a plan of the personnel office.
    PersonMoved = "person-moved" [AccountRegister, PostRegister, PersonnelChange],
    /// A person of a plan was not changed: he stood so already, or somebody had changed him meanwhile.
    PersonNotMoved = "person-not-moved" [PersonnelChange],
    /// A personnel change was drawn up from a table.
    PersonnelPlanned = "personnel-planned" [PersonnelChange],
    /// Somebody said who takes what a person of it has in hand.
    PersonnelSuccessor = "personnel-successor" [PersonnelChange],
    /// A request carries it.
    PersonnelAsked = "personnel-asked" [PersonnelChange],
    /// That request came back or ended without an approval.
    PersonnelSentBack = "personnel-sent-back" [PersonnelChange],
    /// It was approved, to be applied on its day.
    PersonnelApproved = "personnel-approved" [PersonnelChange],
    /// It was given up before that day.
    PersonnelWithdrawn = "personnel-withdrawn" [PersonnelChange],
    /// Its day came, and people began to change.
    PersonnelBegun = "personnel-begun" [PersonnelChange],
    /// Everybody of it was looked at: what was done, and what was not.
    PersonnelApplied = "personnel-applied" [PersonnelChange, AccountRegister, PostRegister],
    /// First passwords of those who joined were made, to be printed once.
    PersonnelPasswords = "personnel-passwords" [PersonnelChange, PasswordRules],
    /// A request goes on in somebody else's name.
    RequestHandedOver = "request-handed-over" [PersonnelChange],
    /// The pack let nothing pass.
    TransferDenied = "transfer-denied" [ChannelDeny],
    /// A transfer was submitted.
    TransferSubmitted = "transfer-submitted" [ClassificationMark, EncryptedStorage],
    /// A returned or pulled-back transfer was submitted again.
    TransferResubmitted = "transfer-resubmitted" [ClassificationMark],
    /// A file went through the cell.
    FileSanitised = "file-sanitised" [ChannelSanitise, MalwareFreeRebuild, NameTypeCheck],
    /// The cell found a file of a kind that passes unchanged, or an archive with such a member: it waits for somebody's
    /// word (検査確認).
    FileAwaitsInspection = "file-awaits-inspection" [ChannelInspect, NameTypeCheck],
    /// Somebody who may decide was handed the original of such a file, in the zone it came from.
    OriginalOpened = "original-opened" [ChannelInspect],
    /// Somebody who approves vouches for such a file: for exactly the original that he opened.
    FileVouched = "file-vouched" [ChannelInspect, ApprovalTwoPersons],
    /// A file could not be decided by the cell.
    FileHeld = "file-held" [HoldUndecided, NameTypeCheck],
    /// A file may not pass.
    FileRefused = "file-refused" [ChannelSanitise, NameTypeCheck],
    /// A held file goes through the cell again.
    FileRequeued = "file-requeued" [HoldUndecided],
    /// A held file was taken out by hand.
    FileBlocked = "file-blocked" [HoldUndecided],
    /// No cell could be started; files wait.
    CellsStopped = "cells-stopped" [HoldUndecided],
    /// Cells can be started again.
    CellsRestored = "cells-restored" [HoldUndecided],
    /// An approval was asked for.
    StepOpened = "step-opened" [ChannelApprove, DecisionDeadline],
    /// Nobody in the step's role may decide it; it is for the role above.
    StepRaised = "step-raised" [ApprovalAbove, ApprovalTwoPersons],
    /// Nobody at all may decide a step.
    ApproverMissing = "approver-missing" [ApprovalAbove],
    /// The approvers were reminded.
    StepReminded = "step-reminded" [DecisionDeadline],
    /// A step is overdue for so long that another role may decide it as well.
    StepEscalated = "step-escalated" [DecisionDeadline, ApprovalAbove],
    /// An approver decided.
    StepDecided = "step-decided" [ChannelApprove, ApprovalContent, ApprovalTwoPersons],
    /// A deputy decided.
    StepDecidedByDeputy = "step-decided-by-deputy" [ChannelApprove, ApprovalContent, DeputyReview],
    /// The person deputised for reviewed it.
    DeputyReviewed = "deputy-reviewed" [DeputyReview],
    /// The recipients may take the files.
    TransferReleased = "transfer-released" [ChannelSanitise, ChannelApprove],
    /// A recipient took a transfer for the first time.
    TransferReceived = "transfer-received" [ReceiptRecord],
    /// A clean file was taken.
    FileDownloaded = "file-downloaded" [ReceiptRecord],
    /// The submitter took it back to change it.
    TransferPulledBack = "transfer-pulled-back" [EvidenceLedger],
    /// The submitter gave it up.
    TransferWithdrawn = "transfer-withdrawn" [EvidenceLedger],
    /// No file of it may pass, or an approver refused it.
    TransferRefused = "transfer-refused" [ChannelSanitise],
    /// Its time was over.
    TransferExpired = "transfer-expired" [DecisionDeadline],
    /// A request was handed in.
    RequestSubmitted = "request-submitted" [
        RequestTakeOut, RequestProvision, RequestException, RequestDisposal, RequestSoftware,
        RequestHardware, RequestNetworkConnection, RequestRemoteAccess, RequestAreaEntry, RequestAccount,
        RequestSystemChange, RequestService, ProcurementChecklist, ParameterApproval,
    ],
    /// A returned or pulled-back request was handed in again.
    RequestResubmitted = "request-resubmitted" [
        RequestTakeOut, RequestProvision, RequestException, RequestDisposal, RequestSoftware,
        RequestHardware, RequestNetworkConnection, RequestRemoteAccess, RequestAreaEntry, RequestAccount,
        RequestSystemChange, RequestService, ProcurementChecklist, ParameterApproval,
    ],
    /// The last step of a request approved it.
    RequestApproved = "request-approved" [
        RequestTakeOut, RequestProvision, RequestException, RequestDisposal, RequestSoftware,
        RequestHardware, RequestNetworkConnection, RequestRemoteAccess, RequestAreaEntry, RequestAccount,
        RequestSystemChange, RequestService, ProcurementChecklist, ParameterApproval,
    ],
    /// An approver refused a request.
    RequestRejected = "request-rejected" [
        RequestTakeOut, RequestProvision, RequestException, RequestDisposal, RequestSoftware,
        RequestHardware, RequestNetworkConnection, RequestRemoteAccess, RequestAreaEntry, RequestAccount,
        RequestSystemChange, RequestService, ProcurementChecklist, ParameterApproval,
    ],
    /// The applicant took a request back to change it.
    RequestPulledBack = "request-pulled-back" [EvidenceLedger],
    /// The applicant gave a request up.
    RequestWithdrawn = "request-withdrawn" [EvidenceLedger],
    /// The time of a request was over.
    RequestExpired = "request-expired" [DecisionDeadline],
    /// What a permit allowed was given back.
    PermitReturned = "permit-returned" [RequestTakeOut],
    /// Its holder does without what a permit would have allowed.
    PermitGivenUp = "permit-given-up" [RequestTakeOut],
    /// A permit was taken back before its end.
    PermitRevoked = "permit-revoked" [
        RequestTakeOut, RequestProvision, RequestException, RequestHardware, RequestNetworkConnection,
        RequestRemoteAccess, RequestAreaEntry, RequestAccount, RequestService,
    ],
    /// The last day of a permit passed and nothing was given back.
    PermitOverdue = "permit-overdue" [RequestTakeOut],
    /// Whoever has what was permitted leaves the section: somebody is named who takes it over.
    PermitOffered = "permit-offered" [PersonnelChange],
    /// Whoever has what was permitted leaves the section: it is to be given back.
    PermitCalledIn = "permit-called-in" [PersonnelChange],
    /// Who was named took it over.
    PermitTakenOver = "permit-taken-over" [PersonnelChange],
    /// Who was named did not.
    PermitDeclined = "permit-declined" [PersonnelChange],
    /// An approved request gave a parameter a value.
    ParameterChanged = "parameter-changed" [ParameterRegister, ParameterApproval],
    /// A row was added to a register.
    RegisterRowAdded = "register-row-added" [
        RegisterAssets, RegisterMedia, RegisterSystems, RegisterSoftware, RegisterContractors,
        RegisterServices, RegisterSns, RegisterAreas, RegisterEntries, RegisterSystemDocuments,
        RegisterWork, RegisterFaults, RegisterViolations, RegisterRisks, RegisterContacts, BackupRecord,
    ],
    /// A row of a register was changed, and with it the rows that take a value from it.
    RegisterRowChanged = "register-row-changed" [
        RegisterAssets, RegisterMedia, RegisterSystems, RegisterSoftware, RegisterContractors,
        RegisterServices, RegisterSns, RegisterAreas, RegisterEntries, RegisterSystemDocuments,
        RegisterWork, RegisterFaults, RegisterViolations, RegisterRisks, RegisterContacts, BackupRecord,
    ],
    /// A row of a register ended.
    RegisterRowEnded = "register-row-ended" [
        RegisterAssets, RegisterMedia, RegisterSystems, RegisterSoftware, RegisterContractors,
        RegisterServices, RegisterSns, RegisterAreas, RegisterEntries, RegisterSystemDocuments,
        RegisterWork, RegisterFaults, RegisterViolations, RegisterRisks, RegisterContacts, BackupRecord,
    ],
    /// Many rows of a register were added, changed and ended by one plan, such as an import.
    RegisterPlanApplied = "register-plan-applied" [
        RegisterAssets, RegisterMedia, RegisterSystems, RegisterSoftware, RegisterContractors,
        RegisterServices, RegisterSns, RegisterAreas, RegisterEntries, RegisterSystemDocuments,
        RegisterWork, RegisterFaults, RegisterViolations, RegisterRisks, RegisterContacts, BackupRecord,
    ],
    /// The rules of a register changed, and rows were brought to them.
    RegisterRulesApplied = "register-rules-applied" [EvidenceLedger],
    /// Originals were erased at the end of their retention.
    OriginalsErased = "originals-erased" [RetentionErase],
    /// Clean files and previews were erased at the end of their retention.
    ResultsErased = "results-erased" [RetentionErase],
    /// Uploads and results that no transfer refers to were erased.
    UploadsSwept = "uploads-swept" [RetentionErase],
    /// Payloads of evidence were erased at the end of their retention.
    PayloadErased = "payload-erased" [RetentionErase],
    /// The retention of a record ends soon.
    RecordListed = "record-listed" [RetentionErase],
    /// 保留: a record is kept longer, for a reason.
    RecordHeld = "record-held" [RetentionErase],
    /// The hold of a record is over.
    RecordReleased = "record-released" [RetentionErase],
    /// Somebody proposed that a record be destroyed.
    RecordDestructionProposed = "record-destruction-proposed" [RetentionErase],
    /// Another one decided so.
    RecordDestructionDecided = "record-destruction-decided" [RetentionErase],
    /// Another one decided that it stays.
    RecordDestructionDeclined = "record-destruction-declined" [RetentionErase],
    /// What was written in a record, and its files, were erased.
    RecordEmptied = "record-emptied" [RetentionErase],
    /// A record was destroyed. This says so for good.
    RecordDestroyed = "record-destroyed" [RetentionErase],
    /// A text of the policy was proposed: with its digest.
    EditionProposed = "edition-proposed" [PolicyVersion],
    /// An analysis of the risks was attached to it.
    EditionAnalysed = "edition-analysed" [PolicyVersion],
    /// It was applied for.
    EditionApplied = "edition-applied" [PolicyVersion],
    /// The request that carried it came back or ended without an approval.
    EditionSentBack = "edition-sent-back" [PolicyVersion],
    /// It was approved, to be in force from a day.
    EditionApproved = "edition-approved" [PolicyApproval, PolicyVersion],
    /// It was given up before that day.
    EditionWithdrawn = "edition-withdrawn" [PolicyVersion],
    /// It came into force.
    PolicyAdopted = "policy-adopted" [PolicyVersion],
    /// Somebody read what changed for him.
    PolicyRead = "policy-read" [PolicyReading],
    /// The public part was published.
    PolicyPublished = "policy-published" [PolicyPublication],
    /// A body's own text was read for review.
    ImportMade = "policy-import-made" [EvidenceLedger],
    /// No policy came out of a file.
    ImportRefused = "policy-import-refused" [EvidenceLedger],
    /// A step of its review: corrections, or one taken back.
    ImportCorrected = "policy-import-corrected" [EvidenceLedger],
    /// Every statement was decided, and somebody stands by the whole.
    ImportConfirmed = "policy-import-confirmed" [EvidenceLedger],
    /// The review goes on after all.
    ImportReopened = "policy-import-reopened" [EvidenceLedger],
    /// The review was given up and its text erased.
    ImportDiscarded = "policy-import-discarded" [EvidenceLedger],
    /// The draft was taken out as the files of a pack.
    ImportExported = "policy-import-exported" [EvidenceLedger],
    /// Tasks of a duty were made for a period.
    TasksMade = "tasks-made" [DutyCalendar],
    /// Something happened that sets off a duty.
    TaskStarted = "task-started" [
        DutyCalendar, DutyTraining, DutyDrill, DutySelfInspection, DutyAudit, DutyReview,
        DutyRiskAnalysis, DutyAccountReview, DutyLogReview, DutyContractorCheck, DutyMaintenance,
        DutyRestoreTest
    ],
    /// A task was reported as done.
    TaskReported = "task-reported" [
        DutyCalendar, DutyTraining, DutyDrill, DutySelfInspection, DutyAudit, DutyReview,
        DutyRiskAnalysis, DutyAccountReview, DutyLogReview, DutyContractorCheck, DutyMaintenance,
        DutyRestoreTest
    ],
    /// A second person confirmed it.
    TaskConfirmed = "task-confirmed" [
        DutyCalendar, DutyTraining, DutyDrill, DutySelfInspection, DutyAudit, DutyReview,
        DutyRiskAnalysis, DutyAccountReview, DutyLogReview, DutyContractorCheck, DutyMaintenance,
        DutyRestoreTest
    ],
    /// He sent the report back.
    TaskSentBack = "task-sent-back" [DutyCalendar],
    /// Its owner asks to let a task go.
    TaskWaiverAsked = "task-waiver-asked" [DutyCalendar],
    /// A task was let go for a reason.
    TaskWaived = "task-waived" [DutyCalendar],
    /// That was not accepted.
    TaskWaiverRefused = "task-waiver-refused" [DutyCalendar],
    /// Those who have tasks were reminded.
    TasksReminded = "tasks-reminded" [DutyCalendar],
    /// Tasks were not done in time.
    TasksOverdue = "tasks-overdue" [DutyCalendar],
    /// Somebody above was told of overdue tasks.
    TasksEscalated = "tasks-escalated" [DutyCalendar],
    /// A course was opened for those it is for.
    CourseOpened = "course-opened" [TrainingCourse],
    /// Somebody read a course to its end.
    CourseRead = "course-read" [TrainingCourse],
    /// Somebody began a test.
    CourseTestBegun = "course-test-begun" [TrainingCourse],
    /// It was not enough.
    CourseTestFailed = "course-test-failed" [TrainingCourse],
    /// Somebody passed a course.
    CoursePassed = "course-passed" [TrainingCourse],
    /// People were in the room in which a course was held.
    CourseAttended = "course-attended" [TrainingCourse],
    /// The people of a section were told to take a course.
    CourseReminded = "course-reminded" [TrainingCourse],
    /// A course was closed, with how many passed.
    CourseClosed = "course-closed" [TrainingCourse],
    /// What was answered in tests was erased at the end of its retention.
    CourseAnswersErased = "course-answers-erased" [TrainingCourse],
    /// Files were handed in as material of a course.
    CourseFilesAdded = "course-files-added" [TrainingCourse],
    /// One of them was taken away.
    CourseFileRemoved = "course-file-removed" [TrainingCourse],
    /// Somebody opened one of them.
    CourseFileOpened = "course-file-opened" [TrainingCourse],
    /// Somebody chose how notices reach him, or where mails for him go.
    NoticesChosen = "notices-chosen" [NoticeMail],
    /// How many mails about notices were sent and refused on a day.
    NoticesMailed = "notices-mailed" [NoticeMail],
    /// What tasks were about is no more, so that they ended.
    TasksDropped = "tasks-dropped" [DutyCalendar],
    /// Somebody else answers for what tasks are about.
    TasksMoved = "tasks-moved" [DutyCalendar],
    /// Evidence was taken out with its proofs.
    EvidenceExported = "evidence-exported" [EvidenceExport],
    /// The policy was taken out with what is not public of it.
    PolicyExported = "policy-exported" [EvidenceLedger],
}

impl Kind {
    /// The kind with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.id() == id)
    }
}

/// Who or what acts, as evidence names it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum By<'a> {
    /// A person whose identity was proven.
    Actor(&'a Actor),
    /// A person who is known, at a door, without a session yet.
    Known(&'a Door, &'a crate::model::User),
    /// Nobody known, at a door.
    Stranger(&'a Door),
    /// The system itself.
    System,
}

/// One act, before it becomes an entry.
pub(crate) struct Act<'a> {
    pub(crate) kind: Kind,
    pub(crate) by: By<'a>,
    pub(crate) subject: (&'static str, &'a str),
    pub(crate) details: Value,
    /// Statements besides those that the pack links to the kind's mechanisms.
    pub(crate) statements: &'a [String],
}

/// What an entry's payload says. The order of fields is part of the format.
#[derive(Serialize)]
struct PayloadForm<'a> {
    kind: &'static str,
    at: Millis,
    actor: Option<Value>,
    zone: Option<&'a str>,
    address: Option<&'a str>,
    subject: Value,
    statements: &'a [String],
    details: &'a Value,
    /// Of an erasure: the erased entries, where `ledger` looks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<&'a Value>,
}

/// An entry as people read it.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceItem {
    /// Id.
    pub id: EvidenceId,
    /// When.
    pub at: Millis,
    /// The word of its [`Kind`].
    pub kind: String,
    /// Who.
    pub actor: Option<UserId>,
    /// His name.
    pub actor_name: Option<String>,
    /// In which zone.
    pub zone: Option<ZoneId>,
    /// What it is about.
    pub subject_kind: String,
    /// Which one.
    pub subject_id: String,
    /// The statements it is evidence for.
    pub statements: Vec<String>,
    /// Its index in the ledger, once sealed.
    pub index: Option<u64>,
    /// What it says; `None` once erased.
    pub payload: Option<Value>,
    /// When its payload was erased.
    pub erased_at: Option<Millis>,
}

impl From<EvidenceRow> for EvidenceItem {
    fn from(row: EvidenceRow) -> Self {
        let payload = row
            .payload_erased_at
            .is_none()
            .then(|| serde_json::from_slice(&row.entry.payload).unwrap_or(Value::Null));
        Self {
            id: row.entry.id,
            at: row.entry.at,
            kind: row.entry.kind,
            actor: row.entry.actor,
            actor_name: row.actor_name,
            zone: row.entry.zone,
            subject_kind: row.entry.subject_kind,
            subject_id: row.entry.subject_id,
            statements: row.entry.statements,
            index: row.index,
            payload,
            erased_at: row.payload_erased_at,
        }
    }
}

impl App {
    /// Turns an act into an entry that is ready to be written with the state it belongs to.
    pub(crate) fn entry(&self, now: Millis, act: &Act<'_>) -> Result<NewEvidence> {
        // An act that names statements of its own happens at a channel; others are not tied to one.
        self.entry_at(now, act, (!act.statements.is_empty()).then_some(act.statements))
    }

    /// As [`App::entry`]. For an act at a channel `in_play` are the statements of that channel and its route: what other
    /// channels and routes name is left out, whatever mechanism they share with this act.
    pub(crate) fn entry_at(
        &self,
        now: Millis,
        act: &Act<'_>,
        in_play: Option<&[String]>,
    ) -> Result<NewEvidence> {
        self.entry_by(now, act, in_play, act.kind.mechanisms())
    }

    /// As [`App::entry_at`], for an act that only some of its kind's mechanisms had a part in.
    pub(crate) fn entry_by(
        &self,
        now: Millis,
        act: &Act<'_>,
        in_play: Option<&[String]>,
        mechanisms: &[Mechanism],
    ) -> Result<NewEvidence> {
        let mut statements: Vec<String> = mechanisms
            .iter()
            .flat_map(|m| self.pack().served_by(*m))
            .filter(|s| {
                in_play.is_none_or(|named| named.contains(&s.id)) || !self.rules().of_channels.contains(&s.id)
            })
            .map(|s| s.id.clone())
            .chain(act.statements.iter().cloned())
            .filter(|id| self.pack().statement(id).is_none_or(|s| s.is_shown_by(act.kind.id())))
            .collect();
        statements.sort();
        statements.dedup();

        let (user, door) = match act.by {
            By::Actor(actor) => (Some(actor.user()), Some(actor.door())),
            By::Known(door, user) => (Some(user), Some(door)),
            By::Stranger(door) => (None, Some(door)),
            By::System => (None, None),
        };
        let (subject_kind, subject_id) = act.subject;
        let form = PayloadForm {
            kind: act.kind.id(),
            at: now,
            actor: user.map(|u| json!({ "id": u.id.as_str(), "login": u.login, "name": u.name })),
            zone: door.map(|d| d.zone.as_str()),
            address: door.map(|d| d.address.as_str()),
            subject: json!({ "kind": subject_kind, "id": subject_id }),
            statements: &statements,
            details: &act.details,
            entries: (act.kind == Kind::PayloadErased).then(|| act.details.get("entries")).flatten(),
        };
        let broken =
            |what: &str, error: &dyn std::fmt::Display| Error::Internal(format!("evidence {what}: {error}"));
        let bytes = serde_json::to_vec(&form).map_err(|e| broken("payload", &e))?;
        let payload = Payload::new(bytes).map_err(|e| broken("payload", &e))?;
        let mut salt = [0_u8; 32];
        self.entropy().fill(&mut salt);
        let id = self.entropy().id(now);
        let entry = Entry {
            id: id.parse().map_err(|e| broken("id", &e))?,
            time: EntryTime::from_unix_millis(now).map_err(|e| broken("time", &e))?,
            kind: ledger::Kind::new(act.kind.id()).map_err(|e| broken("kind", &e))?,
            commitment: ledger::Commitment::new(&Salt::from_bytes(salt), &payload),
        };
        Ok(NewEvidence {
            id: EvidenceId::new(id),
            at: now,
            kind: act.kind.id().to_owned(),
            actor: user.map(|u| u.id.clone()),
            zone: door.map(|d| d.zone.clone()),
            subject_kind: subject_kind.to_owned(),
            subject_id: subject_id.to_owned(),
            statements,
            payload: payload.into_bytes(),
            salt: salt.to_vec(),
            leaf: entry.to_leaf(),
            // What says which payloads were erased must last as long as the ledger: without it a gap that was meant
            // could not be told from one that was not. It names entries only, nobody and nothing else.
            erase_payload_at: match act.kind {
                Kind::PayloadErased => None,
                _ => self.rules().evidence_ends(now),
            },
        })
    }

    /// Writes an act that changes no other state. Durable when it returns.
    pub(crate) async fn note(&self, now: Millis, act: &Act<'_>) -> Result<()> {
        let entry = self.entry(now, act)?;
        self.store().append(vec![entry]).await?;
        self.wake_sealer();
        Ok(())
    }

    /// A list of evidence, newest first.
    ///
    /// # Errors
    /// [`Error::Denied`] unless the person may see evidence of the whole body.
    pub async fn evidence(&self, actor: &Actor, query: EvidenceQuery) -> Result<Page<EvidenceItem>> {
        let _allowed = self.permit(actor, authz::Action::ViewEvidence, &city_evidence("list")).await?;
        self.evidence_items(&query).await
    }

    pub(crate) async fn evidence_items(&self, query: &EvidenceQuery) -> Result<Page<EvidenceItem>> {
        let page = self.store().evidence(query).await?;
        Ok(Page { rows: page.rows.into_iter().map(EvidenceItem::from).collect(), next: page.next })
    }

    /// The entries about one thing, oldest first, at most `limit`.
    pub(crate) async fn timeline(
        &self,
        subject_kind: &str,
        subject_id: &str,
        limit: u32,
    ) -> Result<Vec<EvidenceItem>> {
        let query = EvidenceQuery {
            subject: Some((subject_kind.to_owned(), subject_id.to_owned())),
            page: Some(PageRequest { after: None, limit }),
            ..EvidenceQuery::default()
        };
        let mut rows = self.evidence_items(&query).await?.rows;
        rows.reverse();
        Ok(rows)
    }
}

/// Evidence that is not of one section.
pub(crate) fn city_evidence(id: &str) -> authz::Resource {
    authz::Resource::Evidence(authz::Evidence { id: id.to_owned(), place: authz::Place::City })
}
