//! The plan of every list in a database with a city's rows: each walks an index, and none sorts.

use std::fmt::Write as _;

use app::{
    model::{LedgerHead, NewEvidence},
    notices::store::Way,
    ports::{Store as _, StoreError},
};
use expect_test::expect_file;
use policy::{NoticeKind, Urgency};
use workflow::{
    id::{SectionId, UserId},
    register::RowKey,
    transfer::{State, Transfer},
};

use super::{
    World,
    samples::{T0, decision, evidence, request, row_entry, stored, transfer, user, user_id},
    show, show_on,
};
use crate::{
    load,
    sql::{
        self, Sql, changes, course_records, duties, editions, home, notices, records, registers, rosters,
        training,
    },
};

const USERS: u32 = 1_000;
const TRANSFERS: u32 = 4_000;
const ENTRIES: u32 = 6_000;
const ROWS: u32 = 4_000;
const NOTICES: u32 = 6_000;

/// Every statement that fills a list or looks something up among many, with values such as it gets.
const LISTS: &[(&Sql, &[&str])] = &[
    (&sql::USER, &["'u-000007'"]),
    (&sql::USER_BY_LOGIN, &["'user.000007'"]),
    (&sql::USERS, &["''", "''", "''", "51"]),
    (&sql::USERS_WITH, &["''", "''", "''", "51", "'%やまだ%'"]),
    (&sql::POSTS_OF, &["'u-000007'", "1793000000000"]),
    (&sql::HOLDERS_OF, &["'kacho'", "'s-1'", "1793000000000", "1000"]),
    (&sql::ABSENCES_OF, &["'u-000007'", "1793000000000"]),
    (&sql::SESSION, &["'aa'"]),
    (&sql::SESSION_PERSON, &["'aa'", "1793000000000"]),
    (&sql::TOKEN, &["'aa'"]),
    (&sql::TOKENS_OF, &["'u-000007'", "200"]),
    (&sql::TRANSFER, &["'t-000007'"]),
    (&sql::TRANSFER_OF_SUBMISSION, &["'key-7'"]),
    (&sql::TRANSFER_FILES, &["'t-000007'"]),
    (&sql::TRANSFER_RECIPIENTS, &["'t-000007'"]),
    (&sql::TRANSFER_DECISIONS, &["'t-000007'"]),
    (&sql::LIST_ALL, &["1793000003000", "'t-003000'", "51"]),
    (&sql::LIST_STATE, &["'held'", "1793000003000", "'t-003000'", "51"]),
    (&sql::LIST_SUBMITTER, &["'u-000007'", "1793000003000", "'t-003000'", "51"]),
    (&sql::LIST_SUBMITTER_STATE, &["'u-000007'", "'held'", "1793000003000", "'t-003000'", "51"]),
    (&sql::LIST_SECTION, &["'s-3'", "1793000003000", "'t-003000'", "51"]),
    (&sql::LIST_SECTION_STATE, &["'s-3'", "'held'", "1793000003000", "'t-003000'", "51"]),
    (&sql::LIST_OPEN, &["'section-head'", "'s-1'", "1793000003000", "'t-003000'", "51"]),
    (&sql::LIST_RECIPIENT_STATE, &["'u-000007'", "'lgwan'", "'ready'", "1793000003000", "'t-003000'", "51"]),
    (&sql::COUNT_STATE, &["'held'", "100"]),
    (&sql::COUNT_SUBMITTER, &["'u-000007'", "100"]),
    (&sql::COUNT_SUBMITTER_STATE, &["'u-000007'", "'held'", "100"]),
    (&sql::COUNT_SECTION, &["'s-3'", "100"]),
    (&sql::COUNT_SECTION_STATE, &["'s-3'", "'held'", "100"]),
    (&sql::COUNT_OPEN, &["'section-head'", "'s-1'", "100"]),
    (&sql::COUNT_RECIPIENT_STATE, &["'u-000007'", "'lgwan'", "'ready'", "100"]),
    (&sql::REVIEWS_DUE, &["'u-000007'", "50"]),
    (&sql::OVERDUE, &["1793000000100", "50"]),
    (&sql::ORIGINALS_DUE, &["1793000000100", "50"]),
    (&sql::RESULTS_DUE, &["1793000000100", "50"]),
    (&sql::BLOB_IN_USE, &["'00ff'", "'internet'"]),
    (&sql::REQUEST, &["'r-000007'"]),
    (&sql::REQUEST_OF_SUBMISSION, &["'key-7'"]),
    (&sql::REQUEST_ATTACHMENTS, &["'r-000007'"]),
    (&sql::REQUEST_DECISIONS, &["'r-000007'"]),
    (&sql::REQUESTS_ALL, &["'lgwan'", "1793000003000", "'r-003000'", "51"]),
    (&sql::REQUESTS_BY, &["'lgwan'", "'u-000007'", "1793000003000", "'r-003000'", "51"]),
    (&sql::REQUESTS_OF_SECTION, &["'lgwan'", "'s-3'", "1793000003000", "'r-003000'", "51"]),
    (&sql::REQUESTS_OPEN, &["'lgwan'", "'section-head'", "'s:s-1'", "1793000003000", "'r-003000'", "51"]),
    (&sql::REQUESTS_OF_ROW, &["'equipment'", "7", "20"]),
    (&sql::PERMITS_OF_ROW, &["'equipment'", "7"]),
    (&duties::OPEN_TASKS_OF_ROW, &["'systems'", "7"]),
    (&sql::REQUEST_REVIEWS_DUE, &["'u-000007'", "'lgwan'", "50"]),
    (&sql::REQUESTS_OVERDUE, &["1793000000100", "50"]),
    (&sql::PARAMETER_VALUES, &[]),
    (&sql::IMPORT, &["'i-000007'"]),
    (&sql::IMPORTS, &["1793000003000", "'i-003000'", "51"]),
    (&sql::IMPORT_TEXT, &["'i-000007'"]),
    (&sql::IMPORT_STEPS, &["'i-000007'", "3"]),
    (&sql::JOB_WAITS, &["1793000000100"]),
    (
        &sql::EVIDENCE_OF_SUBJECT,
        &["'transfer'", "'t-000007'", "NULL", "NULL", "NULL", "1793000003000", "'e'", "51"],
    ),
    (&sql::EVIDENCE_BY_ACTOR, &["NULL", "NULL", "'u-000007'", "NULL", "NULL", "1793000003000", "'e'", "51"]),
    (
        &sql::EVIDENCE_FOR_STATEMENT,
        &["NULL", "NULL", "NULL", "'base:4-1'", "NULL", "1793000003000", "'e'", "51"],
    ),
    (&sql::EVIDENCE_OF_KIND, &["NULL", "NULL", "NULL", "NULL", "'login'", "1793000003000", "'e'", "51"]),
    (&sql::EVIDENCE_ALL, &["NULL", "NULL", "NULL", "NULL", "NULL", "1793000003000", "'e'", "51"]),
    (&sql::EVIDENCE_BY_ID, &["'e-0000007'"]),
    (&sql::EVIDENCE_RANGE, &["5000", "256"]),
    (&sql::EVIDENCE_COUNTS, &[]),
    (&sql::STATEMENT_TALLIES, &[]),
    (&sql::KIND_TALLIES, &[]),
    (&sql::DUE_PAYLOADS, &["1793001000010", "50"]),
    (&sql::UNSEALED, &["1000"]),
    (&sql::LEDGER_TILE, &["0", "7"]),
    (&duties::TASK, &["'monthly.2026-04.1.s-s-3'"]),
    (&duties::TASKS_AT_DESK, &["'r:manager@s:s-3'", "1793000003000", "'x'", "51"]),
    (&duties::HOME_TASKS, &["'p:u-000007'", "'r:manager@s:s-3'", "''", "''", "50"]),
    (&duties::HOME_OVERDUE, &["'s-3'", "'s-4'", "''", "''", "1793000003000", "50"]),
    (&duties::HOME_OVERDUE_ALL, &["1793000003000", "50"]),
    (&duties::OVERDUE_SECTIONS, &["1793000003000", "2000"]),
    (&duties::TASKS_OVERDUE, &["1793000003000", "0", "''", "51"]),
    (&duties::TASKS_OVERDUE_OF_SECTION, &["'s-3'", "1793000003000", "0", "''", "51"]),
    (&duties::TASKS_OF_SECTION, &["'s-3'", "1793000003000", "'x'", "51"]),
    (&duties::TASKS_OF_PERSON, &["'u-000007'", "1793000003000", "'x'", "51"]),
    (&duties::TASKS_OF_DUTY, &["'monthly'", "1793000003000", "'x'", "51"]),
    (&duties::TASKS_OF_DUTY_SECTION, &["'monthly'", "'s-3'", "1793000003000", "'x'", "51"]),
    (&duties::TASKS_ALL, &["1793000003000", "'x'", "51"]),
    (&duties::TASK_MONTHS, &["2026", "1793000003000"]),
    (&duties::TASK_MONTHS_OF_SECTION, &["'s-3'", "2026", "1793000003000"]),
    (&duties::TASK_PERIODS, &["'monthly'", "1793000003000", "24"]),
    (&duties::NEWEST_PERIOD, &["'monthly'"]),
    (&duties::TASK_IDS, &["'monthly'", "'2026-04'", "1"]),
    (&duties::PEOPLE_OF_POST, &["'staff'", "1793000000000"]),
    (&duties::DUE_TASKS, &["1793000003000", "50"]),
    (&training::COURSE_RUN, &["'yearly.2026'"]),
    (&training::COURSE_RUNS, &["'yearly'", "12"]),
    (&training::OPEN_COURSE_RUNS, &["100"]),
    (&training::COURSE_PROGRESS, &["'course.yearly.2026.1.p-u-000007'"]),
    (&training::COURSE_ATTEMPTS, &["'course.yearly.2026.1.p-u-000007'", "20"]),
    (&training::COURSE_FILES, &["'yearly.2026'"]),
    (&training::DUE_ANSWERS, &["1793000003000", "200"]),
    (&notices::UNREAD_NOTICES, &["'u-000007'", "100"]),
    (&notices::NOTICES_WAITING, &["'u-000007'", "1793000003000", "'x'", "31"]),
    (&notices::NOTICES_NEWS, &["'u-000007'", "1793000003000", "'x'", "31"]),
    (&notices::NOTICES_OF_KIND, &["'u-000007'", "'decide'", "1793000003000", "'x'", "31"]),
    (&notices::NOTICES_OF_MAIL, &["'m-7'"]),
    (&notices::NOTICES_ABOUT, &["'request'", "'r-7'"]),
    (&notices::DUE_LOOKS, &["1793000003000", "50"]),
    (&notices::OVERDUE_OF_SECTION, &["'s-3'", "1793000003000"]),
    (&notices::NOTICE_CHOICES, &["'u-000007'"]),
    (&notices::NOTICE_CHOICE, &["'u-000007'", "'decide'"]),
    (&notices::MAIL_ADDRESS, &["'u-000007'"]),
    (&notices::DUE_MAIL_PEOPLE, &["1793000003000", "50"]),
    (&notices::DIGEST_DUE, &["'u-000007'", "1793000003000"]),
    (&notices::MAIL_WAITS, &["1793000003000"]),
    (&notices::MAILS, &["'refused'", "1793000003000", "'x'", "31"]),
    (&notices::MAILS_WAITING, &["1000"]),
    (&notices::MAIL_TALLY, &["1793000003000", "1793000009000"]),
    (&records::RECORD, &["'request'", "'r-000007'"]),
    (&records::UNRECORDED_REQUESTS, &["'take-out'", "1793000003000", "50"]),
    (&records::UNRECORDED_TASKS, &["'monthly'", "1793000003000", "50"]),
    (&course_records::UNRECORDED_RUNS, &["'yearly'", "1793000003000", "50"]),
    (&course_records::UNRECORDED_COURSE_YEARS, &["'course.newcomers'", "2027", "50"]),
    (&course_records::TASKS_OF_RUN, &["'course.yearly'", "'2026'", "50"]),
    (&course_records::TASKS_OF_COURSE_YEAR, &["'course.newcomers'", "2026", "50"]),
    (&course_records::COURSE_RECORD_TALLIES, &["'yearly.2026'"]),
    (&changes::NAME_OF, &["'u-000007'"]),
    (&changes::THINGS_WITH_NAME, &["'u-000007'"]),
    (&records::UNRECORDED_ROWS, &["'assets'", "'2027-04-01'", "50"]),
    (&records::EMPTY_ROW_KEYS, &["'assets'", "17"]),
    (&records::EMPTY_ROW_HISTORY, &["'assets'", "17"]),
    (
        &records::RECORDS_ENDING,
        &["'lgwan'", "'listed'", "'2032-04-01'", "'2031-04-01'", "'request'", "'r'", "51"],
    ),
    (&records::RECORD_BOOK, &["'lgwan'", "1793000003000", "'request'", "'r'", "51"]),
    (&records::RECORDS_DECIDED, &["50"]),
    (&records::HOLDS_OVER, &["'2032-04-01'", "50"]),
    (&registers::ROW, &["'assets'", "7"]),
    (&registers::ROWS, &["'assets'", "'@in-use'", "''", "3000", "51"]),
    (&registers::ROWS_NARROWED, &NARROWED),
    (&registers::ROWS_WITH_WORDS, &WITH_WORDS),
    (&registers::COUNT_ROWS, &["'assets'", "'@in-use'", "'s-3'", "1000"]),
    (&registers::ROW_HISTORY, &["'assets'", "7", "9", "50"]),
    (&registers::ROWS_LINKING, &["'assets'", "7", "50"]),
    (&registers::ROWS_LINKING_OVER, &["'assets'", "7", "'assets'", "'copy-of'", "50"]),
    (&registers::UNIQUE_OWNER, &["'assets'", "'serial'", "'x'"]),
    (&registers::RULES_MARK, &["'assets'"]),
    (&registers::SAVED_FILTERS, &["'u-000007'", "'assets'", "50"]),
    (&rosters::ROSTER_PEOPLE, &["'u-000007'", "500", "1793000000000"]),
    (&rosters::COUNT_HOLDERS, &["'kacho'", "'s-1'", "1793000000000"]),
    (&rosters::POST_HISTORY, &["'u-000007'", "100"]),
    (&rosters::ROSTER_PLAN, &["'rp-000001'"]),
    (&rosters::ROSTER_PLANS, &["1793000003000", "'rp-000001'", "51"]),
    (&rosters::ROSTERS_DUE, &["1793000003000", "10"]),
    (&rosters::ROSTER_LINES, &["'rp-000001'", "50", "51"]),
    (&rosters::ROSTER_LINES_OPEN, &["'rp-000001'", "0", "100"]),
    (&rosters::ROSTER_LINES_KIND, &["'rp-000001'", "50", "51", "'leave'"]),
    (&rosters::ROSTER_LINES_OUTCOME, &["'rp-000001'", "50", "51", "'differs'"]),
    (&rosters::ROSTER_LINES_FROM, &["'rp-000001'", "50", "51", "'s-3'"]),
    (&rosters::ROSTER_LINES_TO, &["'rp-000001'", "50", "51", "'s-3'"]),
    (&rosters::ROSTER_LINES_OF, &["'u-000007'", "20"]),
    (&rosters::ROSTER_SECTIONS_FROM, &["'rp-000001'"]),
    (&rosters::ROSTER_SECTIONS_TO, &["'rp-000001'"]),
    (&rosters::ROSTER_OUTCOMES, &["'rp-000001'"]),
    (&rosters::ROSTER_CHOICES, &["'rp-000001'"]),
    (&rosters::ROSTER_KEEPERS, &["'rp-000001'", "1", "200"]),
    (&rosters::REQUESTS_IN_HAND, &["'rp-000001'", "1", "200", "500", "'waiting'"]),
    (&rosters::ROSTER_PERMITS, &["'rp-000001'", "1", "200"]),
    (&rosters::PERMITS_IN_HAND, &["'rp-000001'", "1", "200", "500"]),
    (&rosters::PERMITS_KEPT_IN_HAND, &["'rp-000001'", "1", "200", "500"]),
    (&rosters::TASKS_IN_HAND, &["'rp-000001'", "1", "200", "500"]),
    (&rosters::TRANSFERS_IN_HAND, &["'rp-000001'", "1", "200", "500", "'lgwan'"]),
    (&rosters::ROWS_IN_HAND, &["'rp-000001'", "1", "200", "500", "'assets'", "'keeper'"]),
    (&changes::CHANGE_HEAD, &[]),
    (&changes::CHANGES_BEHIND, &["3000", "200"]),
    (&home::HOME_TRANSFERS, &["'u-000007'", "'lgwan'", "20"]),
    (&home::HOME_OPEN, &FOUR_STEPS),
    (&home::HOME_REQUESTS, &["'u-000007'", "'lgwan'", "50"]),
    (&home::HOME_OPEN_REQUESTS, &FOUR_STEPS),
    (&home::PERMITS_OF_FORM, &["'take-out'", "'lgwan'", "1000"]),
    (&home::HOME_READINGS, &["'u-000007'", "20"]),
    (&editions::EDITION, &["'ed-7'"]),
    (&editions::EDITIONS, &["1793000003000", "'ed-7'", "51"]),
    (&editions::EDITION_AT_STAGE, &["'in-force'"]),
    (&editions::EDITION_PUBLISHED, &[]),
    (&editions::EDITION_FILES, &["'ed-7'"]),
    (&editions::READINGS_OPEN, &["'u-000007'", "20"]),
    (&editions::READING, &["'ed-7'", "'u-000007'"]),
    (&editions::READING_RATES, &["'ed-7'"]),
    (&editions::TRANSFERS_UNDER_WAY, &["'internet-to-lgwan'"]),
    (&editions::REQUESTS_UNDER_WAY, &["'take-out'"]),
    (&editions::POST_UNITS, &["'kacho'", "1793000000000", "1000"]),
];

const FOUR_STEPS: [&str; 10] =
    ["'section-head'", "'s:s-1'", "'section-head'", "'s:s-2'", "''", "''", "''", "''", "'lgwan'", "21"];

const NARROWED: [&str; 17] = [
    "'assets'",
    "'kind'",
    "'k-3'",
    "3000",
    "51",
    "'@in-use'",
    "''",
    "''",
    "'kind'",
    "'k-3'",
    "'k-3'",
    "'@any'",
    "''",
    "''",
    "'@any'",
    "''",
    "''",
];
const WITH_WORDS: [&str; 21] = [
    "'assets'",
    "'kind'",
    "'k-3'",
    "3000",
    "51",
    "'@in-use'",
    "''",
    "''",
    "'kind'",
    "'k-3'",
    "'k-3'",
    "'@any'",
    "''",
    "''",
    "'@any'",
    "''",
    "''",
    "'%資産%'",
    "'%'",
    "'%'",
    "'%'",
];

/// Counting everything up to a cap reads that many rows of whatever is cheapest; there is no condition to serve.
const WITHOUT_CONDITION: &[&str] = &["COUNT_ALL"];

#[test]
fn every_select_has_a_plan() {
    let small = [
        "SECTIONS",
        "LEDGER_HEAD",
        "MIGRATIONS",
        "MIGRATION_LOCK",
        "CHANGES_SHARED",
        "CHANGES_ALONE",
        "CHANGES_CONTINUE",
        "INDICES",
        "TRANSFER_TO_CHANGE",
        "REQUEST_TO_CHANGE",
        "TASK_TO_CHANGE",
        "ROW_TO_CHANGE",
        "ROSTER_PLAN_TO_CHANGE",
        "RECORD_TO_CHANGE",
    ];
    for statement in sql::all().filter(|s| s.lite.starts_with("SELECT")) {
        let planned = LISTS.iter().any(|(s, _)| s.name == statement.name);
        let excused = small.contains(&statement.name) || WITHOUT_CONDITION.contains(&statement.name);
        assert!(planned != excused, "{}: add it to LISTS", statement.name);
    }
}

fn loaded_transfer(n: u32) -> (Transfer, String) {
    let mut t = transfer(n);
    t.submitter = user_id(1 + n % USERS);
    t.section = SectionId::new(format!("s-{}", n % 40));
    // Most have ended long ago; a few wait.
    t.state = if n.is_multiple_of(50) {
        State::ALL[usize::try_from(n / 50).unwrap() % State::ALL.len()]
    } else {
        State::Received
    };
    for (recipient, k) in t.recipients.iter_mut().zip([3, 11]) {
        recipient.user = user_id(1 + (n * k) % USERS);
    }
    for file in &mut t.files {
        file.original = None;
        file.clean = n.is_multiple_of(9).then(|| stored("lgwan", n));
    }
    if n.is_multiple_of(300) {
        t.files[0].original = Some(stored("internet", n));
        t.term.expires_at = Some(T0 + i64::from(n));
        t.approval.decisions = vec![decision(4, Some(1 + n % 9), T0)];
    }
    (t, format!("key-{n}"))
}

fn loaded_entry(n: u32) -> NewEvidence {
    let mut e = evidence(n);
    e.actor = Some(UserId::new(format!("u-{:06}", 1 + n % USERS)));
    e.kind = ["login", "transfer-submitted", "file-sanitised", "released"][usize::try_from(n % 4).unwrap()]
        .to_owned();
    e.subject_id = format!("t-{:06}", n / 4);
    e.statements = (0..3).map(|k| format!("base:4-{}", (n + k * 7) % 30)).collect();
    e
}

async fn fill(world: &World) {
    let store = &world.store;
    let loader = load::Loader::start(store).await.unwrap();
    loader.users((1..=USERS).map(user)).await.unwrap();
    loader.transfers((1..=TRANSFERS).map(loaded_transfer)).await.unwrap();
    let next = loader.sealed_evidence(0, (0..ENTRIES).map(loaded_entry)).await.unwrap();
    let head = LedgerHead { size: next, checkpoint: "loaded".to_owned() };
    loader.ledger([((0, 0), vec![1; 32]), ((0, 1), vec![2; 32])], &head).await.unwrap();
    loader.finish().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    for n in 1..=600 {
        let mut r = request(n);
        r.applicant = user_id(1 + n % USERS);
        r.section = SectionId::new(format!("s-{}", n % 40));
        if !n.is_multiple_of(50) {
            r.withdraw(T0).unwrap();
        }
        tx.insert_request(&r, &format!("key-{n}")).await.unwrap();
    }
    for n in 0..600 {
        tx.insert_tasks(&[super::conformance::duties::task(n)]).await.unwrap();
    }
    for n in 1..=300 {
        use super::conformance::training::{course_attempt, course_run, course_task};
        let task = course_task(1 + n % USERS, "yearly");
        tx.insert_tasks(std::slice::from_ref(&task)).await.unwrap();
        tx.put_progress(&task.id, &app::training::store::StoredProgress::default()).await.unwrap();
        tx.insert_attempt(&course_attempt(&task.id, 1, T0 + i64::from(n))).await.unwrap();
        let run = course_run(&format!("course-{n}"), T0 + i64::from(n));
        tx.insert_course_run(&run).await.unwrap();
    }
    let way =
        |at| Way { urgency: Urgency::AtOnce, least: Urgency::ScreenOnly, at_once_at: at, digest_at: at };
    for n in 0..NOTICES {
        let at = T0 + i64::from(n);
        let kind = if n.is_multiple_of(7) { NoticeKind::Decide } else { NoticeKind::Approved };
        let mut new =
            super::conformance::notices::notice(&user_id(1 + n % USERS), kind, n, at, Urgency::AtOnce);
        new.way = way(at);
        tx.replace_notices(&new.told.about, std::slice::from_ref(&new), Some(at), at).await.unwrap();
    }
    let rows: Vec<_> = (1..=ROWS)
        .map(|n| {
            let mut entry = row_entry(n);
            entry.unique = vec![("serial".to_owned(), n.to_string())];
            entry.links = vec![("copy-of".to_owned(), RowKey::new("assets", i64::from(ROWS + 1 - n)))];
            entry
        })
        .collect();
    tx.add_rows(&rows).await.unwrap();
    let lines = super::conformance::rosters::lines(900);
    tx.insert_roster_plan(&super::conformance::rosters::plan(1), &lines).await.unwrap();
    tx.commit(vec![loaded_entry(ENTRIES + 100)]).await.unwrap();
    store.append((ENTRIES..ENTRIES + 30).map(loaded_entry).collect()).await.unwrap();
}

/// What was loaded is there as if it had come by the ordinary road, and goes on by it.
async fn loaded(world: &World) {
    let store = &world.store;
    let (expected, _) = loaded_transfer(450);
    assert_eq!(store.transfer(&expected.id).await.unwrap(), Some(expected));
    assert_eq!(store.user(&user_id(77)).await.unwrap(), Some(user(77)));
    let entry = store.evidence_by_id(&loaded_entry(777).id).await.unwrap().unwrap();
    assert_eq!((entry.entry, entry.index), (loaded_entry(777), Some(777)));
    assert_eq!(store.ledger_head().await.unwrap().unwrap().size, u64::from(ENTRIES));
    assert_eq!(store.ledger_tiles(&[(0, 1)]).await.unwrap(), [((0, 1), vec![2; 32])]);
    let counted: u64 = store.evidence_counts().await.unwrap().iter().map(|(_, n)| n).sum();
    assert_eq!(counted, u64::from(ENTRIES + 31) * 3);
    let tallies = store.evidence_tallies().await.unwrap();
    let counted: u64 = tallies.statements.values().map(|t| t.count).sum();
    assert_eq!(counted, u64::from(ENTRIES + 31) * 3);
    let kinds: u64 = tallies.kinds.values().map(|t| t.count).sum();
    assert_eq!((tallies.kinds.len(), kinds), (4, u64::from(ENTRIES + 31)));
    // The rules of the database are in force again, and numbers go on.
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.next_number().await.unwrap(), i64::from(TRANSFERS) + 1);
    let mut stranger = transfer(TRANSFERS + 1);
    stranger.submitter = user_id(USERS + 1);
    assert!(matches!(tx.insert_transfer(&stranger, "stranger").await, Err(StoreError::Corrupt(_))));
}

/// The text with its values put in, longest number first so that `$1` does not touch `$10`.
fn with_values(text: &str, values: &[&str]) -> String {
    let mut text = text.to_owned();
    for (n, value) in values.iter().enumerate().rev() {
        text = text.replace(&format!("${}", n + 1), value);
    }
    text
}

/// What must not happen in a step of a plan.
fn problem(name: &str, step: &str) -> Option<&'static str> {
    // A count per statement; the entries that wait for the sealer, from an index of only those; and the queue, up to
    // the first that nobody holds. A body changes a handful of values a year.
    let few = [
        "SCAN v USING INDEX sqlite_autoindex_parameter_value_1",
        "SCAN evidence_count",
        "SCAN evidence USING INDEX evidence_unsealed",
        "SCAN sanitise_job",
    ];
    let few = few.contains(&step);
    if step.starts_with("SCAN") && !few && !["SCAN CONSTANT ROW", "SCAN c"].contains(&step) {
        Some("reads a whole table")
    // The holders of one post are a handful, once each.
    } else if step.contains("TEMP B-TREE") && name != "HOLDERS_OF" {
        Some("sorts")
    } else {
        None
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    let world = World::sqlite().await;
    fill(&world).await;
    loaded(&world).await;
    let (mut plans, mut problems) = (String::new(), String::new());
    for (statement, values) in LISTS {
        assert!(!with_values(statement.lite, values).contains('$'), "{}: a value is missing", statement.name);
        writeln!(plans, "{}", statement.name).unwrap();
        // With parameters, as it is prepared: the plan must not depend on a value.
        for line in show(world.db(), format!("EXPLAIN QUERY PLAN {}", statement.lite)).await {
            let step = line.rsplit('|').next().unwrap().to_owned();
            writeln!(plans, "    {step}").unwrap();
            if let Some(problem) = problem(statement.name, &step) {
                writeln!(problems, "{}: {problem}: {step}", statement.name).unwrap();
            }
        }
    }
    expect_file!["plans-sqlite.txt"].assert_eq(&plans);
    assert_eq!(problems, "");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    let Some(world) = World::postgres().await else { return };
    fill(&world).await;
    loaded(&world).await;
    // What reads a table of some thousand rows is the server's choice, by what it counted when it last liked to. Asked to
    // go without, it reads a whole table only where no index leads to the rows.
    let mut link = world.db().reader().await.unwrap();
    for way in ["seqscan", "hashjoin", "mergejoin"] {
        show_on(&mut link, format!("SELECT set_config('enable_{way}', 'off', false)")).await;
    }
    for (statement, values) in LISTS {
        let text = with_values(statement.pg, values);
        let plan = show_on(&mut link, format!("EXPLAIN {text}")).await.join("\n");
        for table in [
            "transfer",
            "transfer_file",
            "transfer_recipient",
            "evidence",
            "evidence_statement",
            "request",
            "register_row",
            "register_key",
            "register_words",
            "register_link",
            "register_history",
            "notice",
            "notice_look",
        ] {
            assert!(!plan.contains(&format!("Seq Scan on {table} ")), "{}:\n{plan}", statement.name);
        }
    }
    drop(link);
    world.end().await;
}
