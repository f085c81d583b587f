//! A store and a blob store that are the real ones until they are told to fail.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use app::{
    duties::store::{DutyStore, DutyTx, MonthTally, PeriodTally, TaskQuery, TaskRow},
    imports::model::{ImportHead, ImportStep, ImportText},
    model::{
        Absence, ApiToken, DueErasure, EvidenceQuery, EvidenceRow, EvidenceTallies, LedgerHead, NewEvidence,
        Page, PageRequest, PostHolding, SanitiseJob, Section, Session, TransferQuery, TransferRow, User,
    },
    ports::{BlobError, BlobInfo, BlobStore, BlobWriter, Clock as _, Store, StoreError, Tx},
    records::store::{Record, RecordKey, RecordQuery, RecordStore, RecordTx},
    requests::store::{ParameterChange, RequestQuery, RequestRow, RequestStore, RequestTx},
    training::store::{Attempt, CourseFile, CourseRun, StoredProgress, TrainingStore, TrainingTx},
};
use async_trait::async_trait;
use jiff::civil::Date;
use store_blob::LocalBlobs;
use store_sql::SqlStore;
use tokio::io::AsyncRead;
use workflow::{
    Millis,
    duty::{Covers, Tally, Task},
    id::{BlobId, EvidenceId, FileId, RequestId, SectionId, TaskId, TokenId, TransferId, UserId, ZoneId},
    record::Stage as RecordStage,
    register::RowKey,
    request::{Permit, Request},
    transfer::Transfer,
};

use test_city::doubles::TestClock;

/// Which of the next calls fail.
#[derive(Default)]
pub(crate) struct Faults {
    skip: AtomicI64,
    fail: AtomicI64,
    /// How many calls there were.
    pub(crate) calls: AtomicI64,
    /// The next commit happens, and its answer is lost.
    pub(crate) lose_answer: AtomicBool,
}

impl Faults {
    /// After `skip` calls that work, `fail` calls fail.
    pub(crate) fn arm(&self, skip: i64, fail: i64) {
        self.skip.store(skip, Ordering::SeqCst);
        self.fail.store(fail, Ordering::SeqCst);
    }

    /// Stops failing and says whether a failure was still to come.
    pub(crate) fn disarm(&self) -> bool {
        self.skip.store(0, Ordering::SeqCst);
        self.lose_answer.store(false, Ordering::SeqCst);
        self.fail.swap(0, Ordering::SeqCst) > 0
    }

    fn fails(&self) -> bool {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.fail.load(Ordering::SeqCst) > 0
            && if self.skip.load(Ordering::SeqCst) > 0 {
                self.skip.fetch_sub(1, Ordering::SeqCst);
                false
            } else {
                self.fail.fetch_sub(1, Ordering::SeqCst);
                true
            }
    }

    fn store(&self) -> Result<(), StoreError> {
        if self.fails() { Err(StoreError::Unavailable("told to fail".into())) } else { Ok(()) }
    }
}

pub(crate) struct FlakyStore {
    pub(crate) real: SqlStore,
    pub(crate) faults: Arc<Faults>,
}

struct FlakyTx {
    real: Box<dyn Tx>,
    faults: Arc<Faults>,
}

macro_rules! calls {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        #[async_trait]
        impl Store for FlakyStore {
            async fn begin(&self) -> Result<Box<dyn Tx>, StoreError> {
                self.faults.store()?;
                Ok(Box::new(FlakyTx { real: self.real.begin().await?, faults: Arc::clone(&self.faults) }))
            }
            $(async fn $name(&self, $($arg: $type),*) -> Result<$result, StoreError> {
                self.faults.store()?;
                self.real.$name($($arg),*).await
            })*
        }
    };
}

calls! {
    append(evidence: Vec<NewEvidence>) -> ();
    user(id: &UserId) -> Option<User>;
    user_by_login(login: &str) -> Option<User>;
    users(text: &str, after: Option<&UserId>, limit: u32) -> Vec<User>;
    posts_of(user: &UserId, at: Millis) -> Vec<PostHolding>;
    holders_of(post: &str, unit: Option<&str>, at: Millis) -> Vec<User>;
    sections() -> Vec<Section>;
    absences_of(user: &UserId, after: Millis) -> Vec<Absence>;
    session(secret_hash: &str) -> Option<Session>;
    session_person(secret_hash: &str, at: Millis) -> Option<(Session, User, Vec<PostHolding>)>;
    token(secret_hash: &str) -> Option<ApiToken>;
    tokens_of(user: &UserId) -> Vec<ApiToken>;
    touch(secret_hash: &str, now: Millis) -> ();
    transfer(id: &TransferId) -> Option<Transfer>;
    transfers(query: &TransferQuery) -> Page<TransferRow>;
    count_transfers(query: &TransferQuery, cap: u32) -> u32;
    reviews_due(user: &UserId, limit: u32) -> Vec<(TransferRow, usize)>;
    overdue(now: Millis, limit: u32) -> Vec<TransferId>;
    due_erasures(originals_before: Millis, results_before: Millis, limit: u32) -> Vec<DueErasure>;
    blob_in_use(zone: &ZoneId, blob: &BlobId) -> bool;
    import(id: &str) -> Option<ImportHead>;
    imports(page: &PageRequest) -> Page<ImportHead>;
    import_text(id: &str) -> Option<ImportText>;
    import_steps(id: &str, behind: i64) -> Vec<ImportStep>;
    evidence(query: &EvidenceQuery) -> Page<EvidenceRow>;
    evidence_by_id(id: &EvidenceId) -> Option<EvidenceRow>;
    evidence_range(first: u64, limit: u32) -> Vec<EvidenceRow>;
    evidence_counts() -> Vec<(String, u64)>;
    evidence_tallies() -> EvidenceTallies;
    due_payloads(now: Millis, limit: u32) -> Vec<EvidenceId>;
    ledger_head() -> Option<LedgerHead>;
    ledger_tiles(wanted: &[(u8, u64)]) -> Vec<((u8, u64), Vec<u8>)>;
    unsealed(limit: u32) -> Vec<(EvidenceId, Vec<u8>)>;
    seal(
        expected_size: u64, entries: &[EvidenceId], tiles: &[((u8, u64), Vec<u8>)], head: &LedgerHead
    ) -> ();
    claim_job(now: Millis, lease_until: Millis) -> Option<SanitiseJob>;
    postpone_job(file: &FileId, until: Millis) -> ();
    release_jobs() -> u64;
}

macro_rules! duty_calls {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        #[async_trait]
        impl DutyStore for FlakyStore {
            $(async fn $name(&self, $($arg: $type),*) -> Result<$result, StoreError> {
                self.faults.store()?;
                self.real.$name($($arg),*).await
            })*
        }
    };
}

duty_calls! {
    task(id: &TaskId) -> Option<Task>;
    tasks(query: &TaskQuery) -> Page<TaskRow>;
    task_months(year: i16, sections: Option<&[SectionId]>, now: Millis) -> Vec<MonthTally>;
    task_periods(duty: &str, now: Millis, limit: u32) -> Vec<PeriodTally>;
    newest_period(duty: &str) -> Option<jiff::civil::Date>;
    task_ids(duty: &str, covers: &str, nth: u32) -> BTreeSet<TaskId>;
    people_of_post(post: &str, at: Millis) -> Vec<(UserId, SectionId)>;
    due_tasks(now: Millis, limit: u32) -> Vec<TaskId>;
}

#[async_trait]
impl DutyTx for FlakyTx {
    async fn task(&mut self, id: &TaskId) -> Result<Option<Task>, StoreError> {
        self.faults.store()?;
        DutyTx::task(self.real.as_mut(), id).await
    }

    async fn open_tasks_of_row(&mut self, row: &RowKey) -> Result<Vec<TaskId>, StoreError> {
        self.faults.store()?;
        self.real.open_tasks_of_row(row).await
    }

    async fn insert_tasks(&mut self, tasks: &[Task]) -> Result<u64, StoreError> {
        self.faults.store()?;
        self.real.insert_tasks(tasks).await
    }

    async fn update_task(&mut self, task: &Task) -> Result<(), StoreError> {
        self.faults.store()?;
        self.real.update_task(task).await
    }
}

macro_rules! training_calls {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        #[async_trait]
        impl TrainingStore for FlakyStore {
            $(async fn $name(&self, $($arg: $type),*) -> Result<$result, StoreError> {
                self.faults.store()?;
                self.real.$name($($arg),*).await
            })*
        }
    };
}

training_calls! {
    course_run(id: &str) -> Option<CourseRun>;
    course_runs(course: &str, limit: u32) -> Vec<CourseRun>;
    open_course_runs(limit: u32) -> Vec<CourseRun>;
    course_progress(tasks: &[TaskId]) -> BTreeMap<TaskId, StoredProgress>;
    course_attempts(task: &TaskId, limit: u32) -> Vec<Attempt>;
    due_answers(now: Millis, limit: u32) -> Vec<(TaskId, u32)>;
    course_files(record: &str) -> Vec<CourseFile>;
    put_bookmark(task: &TaskId, progress: &StoredProgress) -> ();
}

macro_rules! training_tx_calls {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        #[async_trait]
        impl TrainingTx for FlakyTx {
            $(async fn $name(&mut self, $($arg: $type),*) -> Result<$result, StoreError> {
                self.faults.store()?;
                TrainingTx::$name(self.real.as_mut(), $($arg),*).await
            })*
        }
    };
}

training_tx_calls! {
    course_run(id: &str) -> Option<CourseRun>;
    insert_course_run(run: &CourseRun) -> ();
    update_course_run(run: &CourseRun) -> ();
    progress_of(task: &TaskId) -> StoredProgress;
    put_progress(task: &TaskId, progress: &StoredProgress) -> ();
    insert_attempt(attempt: &Attempt) -> ();
    erase_answers(task: &TaskId, nth: u32) -> ();
    add_course_file(record: &str, file: &CourseFile) -> ();
    remove_course_file(record: &str, file: &FileId) -> ();
    move_courses(user: &UserId, section: &SectionId) -> u64;
}

macro_rules! request_calls {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        #[async_trait]
        impl RequestStore for FlakyStore {
            $(async fn $name(&self, $($arg: $type),*) -> Result<$result, StoreError> {
                self.faults.store()?;
                self.real.$name($($arg),*).await
            })*
        }
    };
}

request_calls! {
    request(id: &RequestId) -> Option<Request>;
    requests(query: &RequestQuery) -> Page<RequestRow>;
    request_reviews_due(user: &UserId, zone: &ZoneId, limit: u32) -> Vec<(RequestRow, usize)>;
    overdue_requests(now: Millis, limit: u32) -> Vec<RequestId>;
    requests_of_row(key: &RowKey, limit: u32) -> Vec<RequestRow>;
    permits_of_row(key: &RowKey) -> Vec<(RequestId, UserId, Permit)>;
    parameter_values() -> Vec<ParameterChange>;
}

macro_rules! record_calls {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        #[async_trait]
        impl RecordStore for FlakyStore {
            $(async fn $name(&self, $($arg: $type),*) -> Result<$result, StoreError> {
                self.faults.store()?;
                self.real.$name($($arg),*).await
            })*
        }
    };
}

record_calls! {
    unrecorded_requests(form: &str, before: Millis, limit: u32) -> Vec<RequestId>;
    unrecorded_tasks(duty: &str, before: Millis, limit: u32) -> Vec<TaskId>;
    unrecorded_rows(register: &str, before: jiff::civil::Date, limit: u32) -> Vec<RowKey>;
    unrecorded_runs(course: &str, before: Millis, limit: u32) -> Vec<String>;
    unrecorded_course_years(course: &str, before: i16, limit: u32) -> Vec<i16>;
    course_record_tasks(key: &RecordKey, limit: u32) -> Vec<TaskId>;
    course_record_tallies(key: &RecordKey) -> Vec<(SectionId, Tally)>;
    record(key: &RecordKey) -> Option<Record>;
    records(query: &RecordQuery) -> Vec<Record>;
    records_to_do(stage: RecordStage, today: Date, limit: u32) -> Vec<RecordKey>;
}

macro_rules! record_tx_calls {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        #[async_trait]
        impl RecordTx for FlakyTx {
            $(async fn $name(&mut self, $($arg: $type),*) -> Result<$result, StoreError> {
                self.faults.store()?;
                self.real.$name($($arg),*).await
            })*
        }
    };
}

record_tx_calls! {
    insert_record(record: &Record) -> ();
    record(key: &RecordKey) -> Option<Record>;
    update_record(record: &Record) -> ();
    empty_row(key: &RowKey) -> ();
    forget_course_tasks(key: &RecordKey, tasks: &[TaskId]) -> u64;
    replace_covers(task: &TaskId, covers: &Covers) -> ();
}

macro_rules! request_tx_calls {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        #[async_trait]
        impl RequestTx for FlakyTx {
            $(async fn $name(&mut self, $($arg: $type),*) -> Result<$result, StoreError> {
                self.faults.store()?;
                self.real.$name($($arg),*).await
            })*
        }
    };
}

request_tx_calls! {
    next_request_number() -> i64;
    request_of_submission(key: &str) -> Option<RequestId>;
    insert_request(request: &Request, submission: &str) -> ();
    request(id: &RequestId) -> Option<Request>;
    update_request(request: &Request) -> ();
    permits_of_row(key: &RowKey) -> Vec<(RequestId, UserId, Permit)>;
    parameter_values() -> Vec<ParameterChange>;
    insert_parameter_value(change: &ParameterChange) -> ();
}

macro_rules! tx_calls {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        #[async_trait]
        impl Tx for FlakyTx {
            $(async fn $name(&mut self, $($arg: $type),*) -> Result<$result, StoreError> {
                self.faults.store()?;
                self.real.$name($($arg),*).await
            })*
            async fn commit(self: Box<Self>, evidence: Vec<NewEvidence>) -> Result<Vec<UserId>, StoreError> {
                self.faults.store()?;
                let told = self.real.commit(evidence).await?;
                if self.faults.lose_answer.swap(false, Ordering::SeqCst) {
                    return Err(StoreError::Unavailable("the answer was lost".into()));
                }
                Ok(told)
            }
        }
    };
}

tx_calls! {
    user(id: &UserId) -> Option<User>;
    insert_user(user: &User) -> ();
    update_user(user: &User) -> ();
    put_sections(sections: &[Section]) -> ();
    insert_post(holding: &PostHolding) -> ();
    end_post(holding: &PostHolding, until: Millis) -> ();
    insert_absence(absence: &Absence) -> ();
    end_absence(id: &str, user: &UserId, until: Millis) -> ();
    insert_session(session: &Session) -> ();
    remove_session(secret_hash: &str) -> ();
    remove_sessions_of(user: &UserId) -> ();
    insert_token(token: &ApiToken) -> ();
    revoke_token(id: &TokenId, user: &UserId, at: Millis) -> ();
    next_number() -> i64;
    transfer_of_submission(key: &str) -> Option<TransferId>;
    insert_transfer(transfer: &Transfer, submission: &str) -> ();
    transfer(id: &TransferId) -> Option<Transfer>;
    update_transfer(transfer: &Transfer) -> ();
    enqueue(job: &SanitiseJob, now: Millis) -> ();
    dequeue(file: &FileId) -> ();
    insert_import(head: &ImportHead, text: &ImportText) -> ();
    update_import(head: &ImportHead) -> ();
    insert_import_step(step: &ImportStep) -> ();
    erase_import_text(id: &str) -> ();
    erase_payload(id: &EvidenceId, at: Millis) -> ();
}

/// Real blobs whose age follows the test's clock, on a disk that can be full.
pub(crate) struct FlakyBlobs {
    pub(crate) real: Arc<LocalBlobs>,
    /// The next blob is erased as soon as it is finished, as by another process.
    pub(crate) vanish: Arc<AtomicBool>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) finished: Arc<Mutex<HashMap<(ZoneId, BlobId), Millis>>>,
}

struct FlakyWriter {
    real: Box<dyn BlobWriter>,
    blobs: Arc<LocalBlobs>,
    vanish: Arc<AtomicBool>,
    zone: ZoneId,
    clock: Arc<TestClock>,
    faults: Arc<Faults>,
    finished: Arc<Mutex<HashMap<(ZoneId, BlobId), Millis>>>,
}

impl FlakyBlobs {
    pub(crate) async fn exists(&self, zone: &ZoneId, id: &BlobId) -> bool {
        self.real.open(zone, id).await.is_ok()
    }

    /// How many blobs there are on the disk.
    pub(crate) async fn count(&self) -> usize {
        let mut blobs = 0;
        for zone in ["internet", "lgwan", "mynumber"] {
            for shard in 0..=255 {
                blobs += self.real.list(&ZoneId::new(zone), shard).await.unwrap().len();
            }
        }
        blobs
    }
}

#[async_trait]
impl BlobStore for FlakyBlobs {
    async fn create(&self, zone: &ZoneId) -> Result<Box<dyn BlobWriter>, BlobError> {
        Ok(Box::new(FlakyWriter {
            real: self.real.create(zone).await?,
            blobs: Arc::clone(&self.real),
            vanish: Arc::clone(&self.vanish),
            zone: zone.clone(),
            clock: Arc::clone(&self.clock),
            faults: Arc::clone(&self.faults),
            finished: Arc::clone(&self.finished),
        }))
    }

    async fn open(&self, zone: &ZoneId, id: &BlobId) -> Result<Box<dyn AsyncRead + Send + Unpin>, BlobError> {
        self.real.open(zone, id).await
    }

    async fn list(&self, zone: &ZoneId, shard: u8) -> Result<Vec<(BlobId, Millis)>, BlobError> {
        let listed = self.real.list(zone, shard).await?;
        let finished = self.finished.lock().unwrap();
        Ok(listed.into_iter().map(|(id, _)| (id.clone(), finished[&(zone.clone(), id)])).collect())
    }

    async fn erase(&self, zone: &ZoneId, id: &BlobId) -> Result<(), BlobError> {
        self.real.erase(zone, id).await
    }
}

#[async_trait]
impl BlobWriter for FlakyWriter {
    async fn write(&mut self, chunk: &[u8]) -> Result<(), BlobError> {
        if self.faults.fails() {
            return Err(BlobError::Full);
        }
        self.real.write(chunk).await
    }

    async fn finish(self: Box<Self>) -> Result<BlobInfo, BlobError> {
        if self.faults.fails() {
            return Err(BlobError::Full);
        }
        let info = self.real.finish().await?;
        if self.vanish.swap(false, Ordering::SeqCst) {
            self.blobs.erase(&self.zone, &info.id).await?;
        }
        self.finished.lock().unwrap().insert((self.zone, info.id.clone()), self.clock.now());
        Ok(info)
    }
}

/// Calls about editions, registers and notices, passed on like the others.
mod editions {
    use std::collections::BTreeMap;

    use app::{
        editions::{EditionStore, EditionTx, Reading, SectionReading},
        finding::ports::{ChangeStore, SubjectChange},
        home::{HomeQuestion, HomeRows, HomeStore, OverviewQuestion, OverviewRows},
        model::{Page, PageRequest, PostHolding},
        notices::store::{
            About, Mail, MailState, MailTally, NewNotice, Notice, NoticeStore, NoticeTx, NoticeView, Told,
            Way,
        },
        ports::StoreError,
        registers::store::{
            HistoryRow, RegisterStore, RegisterTx, RowEntry, RowPage, RowQuery, RowSight, RowStage,
            RulesMark, SavedFilter,
        },
        rosters::store::{
            Choice, EntryPart, InHand, Keeper, Outcome, PermitKeeper, PlannedEntry, RosterStore, RosterTx,
            SectionTally, Wanted,
        },
    };
    use async_trait::async_trait;
    use jiff::civil::Date;
    use policy::{NoticeKind, SourceFile, Urgency};
    use workflow::{
        Millis,
        edition::{Edition, Stage},
        id::{EditionId, RequestId, RosterPlanId, SectionId, UserId},
        register::{Row, RowKey},
        roster::{Known, MailAddress, Post, life::RosterPlan},
    };

    use super::{FlakyStore, FlakyTx};

    macro_rules! passed_on {
        ($trait:ident for $type:ty; $($name:ident($($arg:ident: $arg_type:ty),*) -> $result:ty;)*) => {
            #[async_trait]
            impl $trait for $type {
                $(async fn $name(&self, $($arg: $arg_type),*) -> Result<$result, StoreError> {
                    self.faults.store()?;
                    self.real.$name($($arg),*).await
                })*
            }
        };
    }

    macro_rules! passed_on_inside {
        ($trait:ident for $type:ty; $($name:ident($($arg:ident: $arg_type:ty),*) -> $result:ty;)*) => {
            #[async_trait]
            impl $trait for $type {
                $(async fn $name(&mut self, $($arg: $arg_type),*) -> Result<$result, StoreError> {
                    self.faults.store()?;
                    self.real.$name($($arg),*).await
                })*
            }
        };
    }

    passed_on! { EditionStore for FlakyStore;
        edition(id: &EditionId) -> Option<Edition>;
        editions(page: &PageRequest) -> Page<Edition>;
        edition_at(stage: Stage) -> Option<Edition>;
        edition_published() -> Option<Edition>;
        edition_files(id: &EditionId) -> Vec<SourceFile>;
        readings_open(user: &UserId) -> Vec<Reading>;
        reading(edition: &EditionId, user: &UserId) -> Option<Reading>;
        reading_rates(edition: &EditionId) -> Vec<SectionReading>;
        transfers_under_way(channel: &str) -> u32;
        requests_under_way(form: &str) -> u32;
        post_units(post: &str, at: Millis) -> Vec<Option<String>>;
    }

    passed_on_inside! { EditionTx for FlakyTx;
        edition(id: &EditionId) -> Option<Edition>;
        edition_at(stage: Stage) -> Option<Edition>;
        edition_files(id: &EditionId) -> Vec<SourceFile>;
        insert_edition(edition: &Edition, files: &[SourceFile]) -> ();
        update_edition(edition: &Edition) -> ();
        add_readers(edition: &EditionId, post: &str, now: Millis, due_at: Option<Millis>) -> u64;
        add_reader(edition: &EditionId, user: &UserId, due_at: Option<Millis>) -> bool;
        confirm_reading(edition: &EditionId, user: &UserId, at: Millis) -> bool;
    }

    passed_on! { RosterStore for FlakyStore;
        roster_people(after: Option<&UserId>, at: Millis, limit: u32) -> Vec<(String, Known)>;
        count_holders(post: &Post, at: Millis) -> i64;
        post_history(user: &UserId, limit: u32) -> Vec<PostHolding>;
        roster_plan(id: &RosterPlanId) -> Option<RosterPlan>;
        roster_plans(page: &PageRequest) -> Page<RosterPlan>;
        rosters_due(now: Millis, limit: u32) -> Vec<RosterPlanId>;
        roster_entries(plan: &RosterPlanId, part: &EntryPart, after: u32, limit: u32) -> Vec<PlannedEntry>;
        roster_entries_of(user: &UserId, limit: u32) -> Vec<(RosterPlanId, PlannedEntry)>;
        roster_sections(plan: &RosterPlanId) -> Vec<SectionTally>;
        roster_keepers(plan: &RosterPlanId, first: u32, last: u32) -> Vec<Keeper>;
        roster_permits(plan: &RosterPlanId, first: u32, last: u32) -> Vec<PermitKeeper>;
        in_hand(plan: &RosterPlanId, wanted: &Wanted, first: u32, last: u32, limit: u32) -> Vec<InHand>;
    }

    passed_on_inside! { RosterTx for FlakyTx;
        posts_of(user: &UserId, at: Millis) -> Vec<PostHolding>;
        revoke_tokens_of(user: &UserId, at: Millis) -> u64;
        insert_roster_plan(plan: &RosterPlan, lines: &[PlannedEntry]) -> ();
        roster_plan(id: &RosterPlanId) -> Option<RosterPlan>;
        update_roster_plan(plan: &RosterPlan) -> ();
        choose_successor(plan: &RosterPlanId, place: u32, choice: &Choice) -> ();
        choose_keeper(plan: &RosterPlanId, keeper: &Keeper) -> ();
        choose_permit_keeper(plan: &RosterPlanId, place: u32, request: &RequestId, successor: Option<&UserId>) -> ();
        roster_choices(plan: &RosterPlanId) -> Vec<(u32, Choice)>;
        roster_keepers(plan: &RosterPlanId, first: u32, last: u32) -> Vec<Keeper>;
        roster_permits(plan: &RosterPlanId, first: u32, last: u32) -> Vec<PermitKeeper>;
        roster_open(plan: &RosterPlanId, limit: u32) -> Vec<PlannedEntry>;
        end_roster_line(plan: &RosterPlanId, place: u32, outcome: Outcome, why: &str, at: Millis) -> ();
        roster_outcomes(plan: &RosterPlanId) -> Vec<(Outcome, u32)>;
        in_hand(plan: &RosterPlanId, wanted: &Wanted, first: u32, last: u32, limit: u32) -> Vec<InHand>;
    }

    passed_on! { ChangeStore for FlakyStore;
        change_head() -> (String, i64);
        changes_behind(seq: i64, limit: u32) -> Vec<SubjectChange>;
    }

    passed_on! { HomeStore for FlakyStore;
        home(question: &HomeQuestion) -> HomeRows;
        overview(question: &OverviewQuestion) -> OverviewRows;
    }

    passed_on! { RegisterStore for FlakyStore;
        row(key: &RowKey) -> Option<Row>;
        rows(keys: &[RowKey]) -> Vec<Row>;
        row_list(query: &RowQuery) -> RowPage;
        count_rows(register: &str, sight: &RowSight, stage: RowStage, cap: u32) -> u32;
        row_history(key: &RowKey, before: Option<i64>, limit: u32) -> Vec<HistoryRow>;
        rows_linking(key: &RowKey, limit: u32) -> Vec<(RowKey, String)>;
        rows_linking_over(to: &RowKey, register: &str, column: &str, limit: u32) -> Vec<i64>;
        unique_owner(register: &str, column: &str, key: &str) -> Option<i64>;
        rules_mark(register: &str) -> Option<RulesMark>;
        begin_rules(register: &str, rules: &str) -> ();
        saved_filters(user: &UserId, register: &str) -> Vec<SavedFilter>;
        save_filter(filter: &SavedFilter) -> ();
        forget_filter(user: &UserId, register: &str, name: &str) -> ();
    }

    passed_on_inside! { RegisterTx for FlakyTx;
        take_row_numbers(register: &str, count: u32) -> i64;
        row(key: &RowKey) -> Option<Row>;
        rows_linking_over(to: &RowKey, register: &str, column: &str, limit: u32) -> Vec<i64>;
        unique_owner(register: &str, column: &str, key: &str) -> Option<i64>;
        rows_wait(register: &str, section: Option<&SectionId>) -> bool;
    add_rows(rows: &[RowEntry]) -> ();
        change_rows(rows: &[RowEntry]) -> ();
        index_row(row: &RowEntry, breaking: bool) -> ();
        set_rules_mark(register: &str, mark: &RulesMark) -> ();
    }

    passed_on! { NoticeStore for FlakyStore;
        unread_notices(person: &UserId, cap: u32) -> u32;
        notices(person: &UserId, view: NoticeView, page: &PageRequest) -> Page<Notice>;
        read_notices(person: &UserId, ids: &[String], now: Millis) -> u64;
        read_all_notices(person: &UserId, now: Millis) -> u64;
        renew_notices(about: &About, wanted: &[NewNotice], look_again: Option<Millis>, now: Millis) -> Vec<UserId>;
        due_notice_looks(now: Millis, limit: u32) -> Vec<About>;
        look_at_waiting(kinds: &[NoticeKind], now: Millis) -> u64;
        erase_notices(before: Millis, limit: u32) -> u64;
        overdue_of_section(section: &SectionId, now: Millis) -> u32;
        notice_choices(person: &UserId) -> BTreeMap<NoticeKind, Urgency>;
        mail_address(person: &UserId) -> Option<MailAddress>;
        due_mail_people(now: Millis, limit: u32) -> Vec<UserId>;
        make_mail(person: &UserId, id: &str, now: Millis, today: Date, next_digest: Millis) -> bool;
        forget_late_mails(before: Millis) -> u64;
        claim_mail(now: Millis, lease_until: Millis) -> Option<Mail>;
        notices_of_mail(mail: &str) -> Vec<Notice>;
        mail_done(
            mail: &str, state: MailState, next_at: Option<Millis>, error: Option<&str>, now: Millis
        ) -> ();
        postpone_mail(mail: &str, until: Millis) -> ();
        mails(state: MailState, page: &PageRequest) -> Page<Mail>;
        mails_waiting(cap: u32) -> u32;
        try_mail_again(mail: &str, now: Millis) -> bool;
        mail_tally(from: Millis, until: Millis) -> MailTally;
    }

    passed_on_inside! { NoticeTx for FlakyTx;
        add_notices(wanted: &[NewNotice]) -> ();
        replace_notices(
            about: &About, wanted: &[NewNotice], look_again: Option<Millis>, now: Millis
        ) -> ();
        look_at_waiting(kinds: &[NoticeKind], now: Millis) -> u64;
        tell_readers(edition: &EditionId, told: &Told, way: Way) -> ();
        end_notices_of(about: &About, person: &UserId, now: Millis) -> ();
        put_notice_choices(
            person: &UserId, choices: &BTreeMap<NoticeKind, Urgency>, address: Option<&str>
        ) -> ();
        put_mail_address(person: &UserId, address: &str) -> ();
        note_mail_day(day: Date) -> bool;
    }
}
