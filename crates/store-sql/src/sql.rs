//! Every statement that this package runs, in one place: each is prepared on both databases by a test.
//!
//! Owns the texts. One text serves both databases; the few that cannot are written with [`differing`], and nowhere
//! else. Lists walk an index from a place that the caller gives ([`FIRST_AT`] before the first page), so no list
//! reads a whole table. What the columns mean is said in the migrations.

/// Every statement, for the tests that look at each.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = &'static Sql> {
    ALL.iter()
        .chain(duties::ALL)
        .chain(editions::ALL)
        .chain(notices::ALL)
        .chain(home::ALL)
        .chain(changes::ALL)
        .chain(course_records::ALL)
        .chain(records::ALL)
        .chain(registers::ALL)
        .chain(training::ALL)
        .chain(rosters::ALL)
}

/// A place before every row of a list that is sorted by time, newest first.
pub(crate) const FIRST_AT: i64 = i64::MAX;

/// One statement, as each database gets it.
#[derive(Debug)]
pub(crate) struct Sql {
    #[cfg_attr(not(test), expect(dead_code, reason = "named in the tests' output"))]
    pub(crate) name: &'static str,
    pub(crate) lite: &'static str,
    pub(crate) pg: &'static str,
}

/// The same text for both.
struct Same(&'static str);

/// The same text but for the end or a hint: row locks exist only in PostgreSQL, because SQLite has one writer.
struct Differing {
    lite: &'static str,
    pg: &'static str,
}

impl Same {
    const fn named(self, name: &'static str) -> Sql {
        Sql { name, lite: self.0, pg: self.0 }
    }
}

impl Differing {
    const fn named(self, name: &'static str) -> Sql {
        Sql { name, lite: self.lite, pg: self.pg }
    }
}

macro_rules! statements {
    ($($name:ident = $text:expr;)+) => {
        $(pub(crate) const $name: Sql = $text.named(stringify!($name));)+
        /// All of them, for the test that prepares each.
        #[cfg(test)]
        pub(crate) const ALL: &[Sql] = &[$($name),+];
    };
}

/// A statement over as many rows of values as there are: `before ($1, $2), ($3, $4) after`.
#[derive(Debug)]
pub(crate) struct Bulk {
    before: &'static str,
    /// Values in a row.
    columns: usize,
    after: &'static str,
}

impl Bulk {
    /// For SQLite the places of the values have no number: it looks a number up among all others, so that the cost
    /// of thousands of them would grow with their square.
    pub(crate) fn lite(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.columns].join(", "));
        format!("{} {}{}", self.before, vec![row.as_str(); rows].join(", "), self.after)
    }

    pub(crate) fn pg(&self, rows: usize) -> String {
        let row = |row: usize| {
            let places: Vec<_> = (1..=self.columns).map(|n| format!("${}", row * self.columns + n)).collect();
            format!("({})", places.join(", "))
        };
        format!("{} {}{}", self.before, (0..rows).map(row).collect::<Vec<_>>().join(", "), self.after)
    }
}

/// How many notices the person of a session has not seen, up to 100: every page shows it, and reading it apart would be one more
/// question for each page.
macro_rules! unread {
    () => {
        "(SELECT COUNT(*) FROM (SELECT 1 FROM notice n WHERE n.person = s.user_id AND n.unread = 1 LIMIT 100) AS c) AS unread"
    };
}

macro_rules! user_columns {
    () => {
        "u.id, u.login, u.name, u.kana, u.section, u.password_hash, u.totp_sealed, u.totp_last_step, u.enabled, \
         u.must_change_password, u.failures, u.locked_until, u.created_at, u.version"
    };
}

macro_rules! row_columns {
    () => {
        "t.id, t.number, t.subject, t.from_zone, t.to_zone, t.classification, t.state, t.submitter, \
         u.name AS submitter_name, t.section, t.file_count, t.inspected_count, t.submitted_at, t.changed_at, t.due_at"
    };
}

macro_rules! transfer_list {
    ($condition:literal, $at:literal, $id:literal, $limit:literal) => {
        Same(concat!(
            "SELECT ",
            row_columns!(),
            " FROM transfer t JOIN app_user u ON u.id = t.submitter WHERE ",
            $condition,
            " (t.submitted_at, t.id) < (",
            $at,
            ", ",
            $id,
            ")",
            " ORDER BY t.submitted_at DESC, t.id DESC LIMIT ",
            $limit
        ))
    };
}

macro_rules! transfer_count {
    ($condition:literal, $limit:literal) => {
        Same(concat!(
            "SELECT COUNT(*) AS n FROM (SELECT 1 FROM transfer t ",
            $condition,
            " LIMIT ",
            $limit,
            ") AS c"
        ))
    };
}

macro_rules! evidence_columns {
    () => {
        "e.id, e.happened_at, e.kind, e.actor, e.zone, e.subject_kind, e.subject_id, e.statements, e.payload, \
         e.salt, e.leaf, e.erase_payload_at, e.payload_erased_at, e.seq, u.name AS actor_name"
    };
}

macro_rules! request_row_columns {
    () => {
        "r.id, r.number, r.form, r.title, r.state, r.applicant, u.name AS applicant_name, r.section, r.content, \
         r.permit, r.submitted_at, r.changed_at, r.due_at"
    };
}

macro_rules! request_list {
    ($condition:literal, $at:literal, $id:literal, $limit:literal) => {
        Same(concat!(
            "SELECT ",
            request_row_columns!(),
            " FROM request r JOIN app_user u ON u.id = r.applicant WHERE r.zone = $1 AND",
            $condition,
            " (r.submitted_at, r.id) < (",
            $at,
            ", ",
            $id,
            ")",
            " ORDER BY r.submitted_at DESC, r.id DESC LIMIT ",
            $limit
        ))
    };
}

macro_rules! request_columns {
    () => {
        "id, number, form, title, zone, applicant, section, content, state, round, route, step, permit, due_at, \
         reminded_at, expires_at, pack_version, submitted_at, changed_at, version"
    };
}

macro_rules! import_columns {
    () => {
        "id, layer, title, file, file_sha256, read_as, damaged, chars, against, state, statements, decided, \
         imported_by, created_at, changed_at, version"
    };
}

macro_rules! transfer_columns {
    () => {
        "id, number, channel, from_zone, to_zone, submitter, section, subject, purpose, classification, state, \
         round, route, step, form, due_at, reminded_at, expires_at, pack_version, submitted_at, changed_at, version, \
         openings"
    };
}

// The condition stands in the inner and the outer query: should two claimers choose the same row, the slower one
// sees the lease of the faster and takes nothing.
macro_rules! claim_job_before {
    () => {
        "UPDATE sanitise_job SET leased_until = $2, attempts = attempts + 1 WHERE file_id = (\
         SELECT j.file_id FROM sanitise_job j WHERE j.leased_until <= $1 ORDER BY j.enqueued_at, j.file_id LIMIT 1"
    };
}
macro_rules! claim_job_after {
    () => {
        ") AND leased_until <= $1 RETURNING file_id, transfer_id, attempts"
    };
}

/// A list of evidence. The first condition names the index that is walked; the others only drop rows, and do
/// nothing when their value is NULL. All lists take the same values in the same order:
/// subject kind, subject id, actor, statement, kind, time, id, limit.
macro_rules! evidence_list {
    ($from:literal, $at:literal, $id:literal, $condition:literal) => {
        Same(concat!(
            "SELECT ",
            evidence_columns!(),
            " FROM ",
            $from,
            " LEFT JOIN app_user u ON u.id = e.actor WHERE ",
            $condition,
            " AND (CAST($1 AS TEXT) IS NULL OR e.subject_kind = $1)",
            " AND (CAST($2 AS TEXT) IS NULL OR e.subject_id = $2)",
            " AND (CAST($3 AS TEXT) IS NULL OR e.actor = $3)",
            " AND (CAST($4 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM evidence_statement f",
            " WHERE f.statement = $4 AND f.happened_at = e.happened_at AND f.evidence_id = e.id))",
            " AND (CAST($5 AS TEXT) IS NULL OR e.kind = $5)",
            " AND (",
            $at,
            ", ",
            $id,
            ") < ($6, $7) ORDER BY ",
            $at,
            " DESC, ",
            $id,
            " DESC LIMIT $8"
        ))
    };
}

pub(crate) mod changes;
pub(crate) mod course_records;
pub(crate) mod duties;
pub(crate) mod editions;
pub(crate) mod home;
pub(crate) mod notices;
pub(crate) mod records;
pub(crate) mod registers;
pub(crate) mod rosters;
pub(crate) mod training;

statements! {
    // people
    USER = Same(concat!("SELECT ", user_columns!(), " FROM app_user u WHERE u.id = $1"));
    USER_BY_LOGIN = Same(concat!("SELECT ", user_columns!(), " FROM app_user u WHERE u.login = $1"));
    USERS = Same(concat!(
        "SELECT ", user_columns!(), " FROM app_user u WHERE (u.section, u.kana, u.id) > ($1, $2, $3)",
        " ORDER BY u.section, u.kana, u.id LIMIT $4"
    ));
    USERS_WITH = Same(concat!(
        "SELECT ", user_columns!(), " FROM app_user u WHERE (u.section, u.kana, u.id) > ($1, $2, $3)",
        " AND u.search LIKE $5 ESCAPE '!' ORDER BY u.section, u.kana, u.id LIMIT $4"
    ));
    UPDATE_USER = Same(
        "UPDATE app_user SET login = $2, name = $3, kana = $4, section = $5, password_hash = $6, totp_sealed = $7, \
         totp_last_step = $8, enabled = $9, must_change_password = $10, failures = $11, locked_until = $12, \
         created_at = $13, version = version + 1, search = $15 WHERE id = $1 AND version = $14"
    );
    POSTS_OF = Same(
        "SELECT user_id, post, unit, from_at, until_at FROM post_holding \
         WHERE user_id = $1 AND from_at <= $2 AND (until_at IS NULL OR until_at > $2) \
         ORDER BY post, COALESCE(unit, ''), from_at"
    );
    HOLDERS_OF = Same(concat!(
        "SELECT DISTINCT ", user_columns!(), " FROM post_holding p JOIN app_user u ON u.id = p.user_id",
        " WHERE p.post = $1 AND COALESCE(p.unit, '') = COALESCE(CAST($2 AS TEXT), '')",
        " AND p.from_at <= $3 AND (p.until_at IS NULL OR p.until_at > $3) ORDER BY u.id LIMIT $4"
    ));
    INSERT_POST = Same(
        "INSERT INTO post_holding (user_id, post, unit, from_at, until_at) VALUES ($1, $2, $3, $4, $5)"
    );
    END_POST = Same(
        "UPDATE post_holding SET until_at = $5 WHERE user_id = $1 AND post = $2 \
         AND COALESCE(unit, '') = COALESCE(CAST($3 AS TEXT), '') AND from_at = $4 \
         AND (until_at IS NULL OR until_at > $5)"
    );
    SECTIONS = Same("SELECT id, name, department FROM section ORDER BY id");
    PUT_SECTION = Same(
        "INSERT INTO section (id, name, department) VALUES ($1, $2, $3) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, department = excluded.department"
    );
    ABSENCES_OF = Same(
        "SELECT id, user_id, from_at, until_at, reason FROM absence WHERE user_id = $1 AND until_at > $2 \
         ORDER BY until_at, id"
    );
    INSERT_ABSENCE = Same(
        "INSERT INTO absence (id, user_id, from_at, until_at, reason) VALUES ($1, $2, $3, $4, $5)"
    );
    END_ABSENCE = Same("UPDATE absence SET until_at = $3 WHERE id = $1 AND user_id = $2 AND until_at > $3");

    // sessions and tokens
    SESSION = Same(concat!(
        "SELECT s.secret_hash, s.user_id, s.zone, s.strength, s.created_at, s.seen_at, s.expires_at, ",
        unread!(),
        " FROM session s WHERE s.secret_hash = $1"
    ));
    // With whom it belongs to and what he holds: a row for each post, or one without.
    SESSION_PERSON = Same(concat!(
        "SELECT s.secret_hash, s.user_id, s.zone, s.strength, s.created_at AS opened_at, s.seen_at, s.expires_at, ",
        unread!(),
        ", ",
        user_columns!(),
        ", p.post, p.unit, p.from_at, p.until_at FROM session s JOIN app_user u ON u.id = s.user_id",
        " LEFT JOIN post_holding p ON p.user_id = s.user_id AND p.from_at <= $2",
        " AND (p.until_at IS NULL OR p.until_at > $2) WHERE s.secret_hash = $1"
    ));
    INSERT_SESSION = Same(
        "INSERT INTO session (secret_hash, user_id, zone, strength, created_at, seen_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    );
    REMOVE_SESSION = Same("DELETE FROM session WHERE secret_hash = $1");
    REMOVE_SESSIONS_OF = Same("DELETE FROM session WHERE user_id = $1");
    TOUCH_SESSION = Same("UPDATE session SET seen_at = $2 WHERE secret_hash = $1 AND seen_at <= $3");
    TOKEN = Same(
        "SELECT id, secret_hash, user_id, zone, name, scopes, created_at, expires_at, revoked_at, used_at \
         FROM api_token WHERE secret_hash = $1"
    );
    TOKENS_OF = Same(
        "SELECT id, secret_hash, user_id, zone, name, scopes, created_at, expires_at, revoked_at, used_at \
         FROM api_token WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2"
    );
    INSERT_TOKEN = Same(
        "INSERT INTO api_token (id, secret_hash, user_id, zone, name, scopes, created_at, expires_at, revoked_at, \
         used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    REVOKE_TOKEN = Same(
        "UPDATE api_token SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL"
    );
    TOUCH_TOKEN = Same(
        "UPDATE api_token SET used_at = $2 WHERE secret_hash = $1 AND (used_at IS NULL OR used_at <= $3)"
    );

    // transfers: one
    NEXT_NUMBER = Same(
        "INSERT INTO counter (name, value) VALUES ('transfer', 1) \
         ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value"
    );
    RAISE_NUMBER = Same(
        "INSERT INTO counter (name, value) VALUES ('transfer', $1) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value > counter.value"
    );
    TRANSFER_OF_SUBMISSION = Same("SELECT id FROM transfer WHERE submission = $1");
    TRANSFER = Same(concat!("SELECT ", transfer_columns!(), " FROM transfer WHERE id = $1"));
    TRANSFER_TO_CHANGE = Differing {
        lite: concat!("SELECT ", transfer_columns!(), " FROM transfer WHERE id = $1"),
        pg: concat!("SELECT ", transfer_columns!(), " FROM transfer WHERE id = $1 FOR UPDATE"),
    };
    TRANSFER_FILES = Same(
        "SELECT id, untrusted_name, untrusted_folder, original_zone, original_blob, original_sha256, \
         original_bytes, clean_zone, clean_blob, clean_sha256, clean_bytes, preview_zone, preview_blob, \
         preview_sha256, preview_bytes, state, report, attempts, original_erased_at, clean_erased_at \
         FROM transfer_file WHERE transfer_id = $1 ORDER BY place"
    );
    TRANSFER_RECIPIENTS = Same(
        "SELECT user_id, received_at FROM transfer_recipient WHERE transfer_id = $1 ORDER BY place"
    );
    TRANSFER_DECISIONS = Same(
        "SELECT round, step, decided_by, on_behalf_of, verdict, comment, content_hash, decided_at, reviewed_at, \
         vouches FROM transfer_decision WHERE transfer_id = $1 ORDER BY place"
    );
    UPDATE_TRANSFER = Same(
        "UPDATE transfer SET number = $2, channel = $3, from_zone = $4, to_zone = $5, submitter = $6, section = $7, \
         subject = $8, purpose = $9, classification = $10, state = $11, round = $12, route = $13, step = $14, \
         file_count = $15, due_at = $16, reminded_at = $17, expires_at = $18, pack_version = $19, \
         submitted_at = $20, changed_at = $21, open_role = $22, open_scope = $23, alarm_at = $24, \
         originals_since = $25, results_since = $26, form = $27, openings = $28, inspected_count = $29, \
         version = version + 1 WHERE id = $1 AND version = $30"
    );
    REMOVE_FILE = Same("DELETE FROM transfer_file WHERE transfer_id = $1 AND place = $2");
    REMOVE_RECIPIENT = Same("DELETE FROM transfer_recipient WHERE transfer_id = $1 AND place = $2");
    REMOVE_DECISION = Same("DELETE FROM transfer_decision WHERE transfer_id = $1 AND place = $2");

    // transfers: lists. Values: the view's own, time, id, limit.
    LIST_ALL = transfer_list!("", "$1", "$2", "$3");
    LIST_STATE = transfer_list!("t.state = $1 AND", "$2", "$3", "$4");
    LIST_SUBMITTER = transfer_list!("t.submitter = $1 AND", "$2", "$3", "$4");
    LIST_SUBMITTER_STATE = transfer_list!("t.submitter = $1 AND t.state = $2 AND", "$3", "$4", "$5");
    LIST_SECTION = transfer_list!("t.section = $1 AND", "$2", "$3", "$4");
    LIST_SECTION_STATE = transfer_list!("t.section = $1 AND t.state = $2 AND", "$3", "$4", "$5");
    LIST_OPEN = transfer_list!("t.open_role = $1 AND t.open_scope = $2 AND", "$3", "$4", "$5");
    LIST_RECIPIENT_STATE = Same(concat!(
        "SELECT ", row_columns!(),
        " FROM transfer_recipient r JOIN transfer t ON t.id = r.transfer_id JOIN app_user u ON u.id = t.submitter",
        " WHERE r.user_id = $1 AND r.to_zone = $2 AND r.state = $3",
        " AND (r.submitted_at, r.transfer_id) < ($4, $5)",
        " ORDER BY r.submitted_at DESC, r.transfer_id DESC LIMIT $6"
    ));
    COUNT_ALL = transfer_count!("", "$1");
    COUNT_STATE = transfer_count!("WHERE t.state = $1", "$2");
    COUNT_SUBMITTER = transfer_count!("WHERE t.submitter = $1", "$2");
    COUNT_SUBMITTER_STATE = transfer_count!("WHERE t.submitter = $1 AND t.state = $2", "$3");
    COUNT_SECTION = transfer_count!("WHERE t.section = $1", "$2");
    COUNT_SECTION_STATE = transfer_count!("WHERE t.section = $1 AND t.state = $2", "$3");
    COUNT_OPEN = transfer_count!("WHERE t.open_role = $1 AND t.open_scope = $2", "$3");
    COUNT_RECIPIENT_STATE = Same(
        "SELECT COUNT(*) AS n FROM (SELECT 1 FROM transfer_recipient r \
         WHERE r.user_id = $1 AND r.to_zone = $2 AND r.state = $3 LIMIT $4) AS c"
    );
    REVIEWS_DUE = Same(concat!(
        "SELECT ", row_columns!(), ", d.place FROM transfer_decision d JOIN transfer t ON t.id = d.transfer_id",
        " JOIN app_user u ON u.id = t.submitter WHERE d.on_behalf_of = $1 AND d.reviewed_at IS NULL",
        " ORDER BY d.decided_at, d.transfer_id, d.place LIMIT $2"
    ));
    OVERDUE = Same("SELECT id FROM transfer WHERE alarm_at < $1 ORDER BY alarm_at, id LIMIT $2");
    ORIGINALS_DUE = Same(
        "SELECT id FROM transfer WHERE originals_since < $1 ORDER BY originals_since, id LIMIT $2"
    );
    RESULTS_DUE = Same("SELECT id FROM transfer WHERE results_since < $1 ORDER BY results_since, id LIMIT $2");
    BLOB_IN_USE = Same(
        "SELECT 1 AS used WHERE \
         EXISTS (SELECT 1 FROM transfer_file WHERE original_blob = $1 AND original_zone = $2) \
         OR EXISTS (SELECT 1 FROM transfer_file WHERE clean_blob = $1 AND clean_zone = $2) \
         OR EXISTS (SELECT 1 FROM transfer_file WHERE preview_blob = $1 AND preview_zone = $2) \
         OR EXISTS (SELECT 1 FROM request_attachment WHERE blob = $1 AND zone = $2) \
         OR EXISTS (SELECT 1 FROM duty_task_file WHERE blob = $1 AND zone = $2) \
         OR EXISTS (SELECT 1 FROM course_file WHERE blob = $1 AND zone = $2)"
    );

    // requests: one
    NEXT_REQUEST_NUMBER = Same(
        "INSERT INTO counter (name, value) VALUES ('request', 1) \
         ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value"
    );
    REQUEST_OF_SUBMISSION = Same("SELECT id FROM request WHERE submission = $1");
    REQUEST = Same(concat!("SELECT ", request_columns!(), " FROM request WHERE id = $1"));
    REQUEST_TO_CHANGE = Differing {
        lite: concat!("SELECT ", request_columns!(), " FROM request WHERE id = $1"),
        pg: concat!("SELECT ", request_columns!(), " FROM request WHERE id = $1 FOR UPDATE"),
    };
    REQUEST_ATTACHMENTS = Same(
        "SELECT id, untrusted_name, zone, blob, sha256, bytes FROM request_attachment WHERE request_id = $1 \
         ORDER BY place"
    );
    REQUEST_DECISIONS = Same(
        "SELECT round, step, decided_by, on_behalf_of, verdict, comment, content_hash, decided_at, reviewed_at, \
         vouches FROM request_decision WHERE request_id = $1 ORDER BY place"
    );
    UPDATE_REQUEST = Same(
        "UPDATE request SET number = $2, form = $3, title = $4, zone = $5, applicant = $6, section = $7, \
         content = $8, state = $9, round = $10, route = $11, step = $12, permit = $13, due_at = $14, \
         reminded_at = $15, expires_at = $16, pack_version = $17, submitted_at = $18, changed_at = $19, \
         alarm_at = $20, version = version + 1 WHERE id = $1 AND version = $21"
    );
    REMOVE_ATTACHMENTS = Same("DELETE FROM request_attachment WHERE request_id = $1");
    REMOVE_REQUEST_DECISIONS = Same("DELETE FROM request_decision WHERE request_id = $1");
    REMOVE_REQUEST_DESKS = Same("DELETE FROM request_desk WHERE request_id = $1");
    REMOVE_REQUEST_ROWS = Same("DELETE FROM request_register_row WHERE request_id = $1");
    REMOVE_REQUEST_KEEPERS = Same("DELETE FROM request_keeper WHERE request_id = $1");

    // requests: lists. Values: the zone, the view's own, time, id, limit.
    REQUESTS_ALL = request_list!("", "$2", "$3", "$4");
    REQUESTS_BY = request_list!(" r.applicant = $2 AND", "$3", "$4", "$5");
    REQUESTS_OF_SECTION = request_list!(" r.section = $2 AND", "$3", "$4", "$5");
    REQUESTS_OPEN = Same(concat!(
        "SELECT ",
        request_row_columns!(),
        " FROM request_desk d JOIN request r ON r.id = d.request_id JOIN app_user u ON u.id = r.applicant",
        " WHERE d.zone = $1 AND d.role = $2 AND d.scope = $3 AND (d.submitted_at, d.request_id) < ($4, $5)",
        " ORDER BY d.submitted_at DESC, d.request_id DESC LIMIT $6"
    ));
    REQUESTS_OF_ROW = Same(concat!(
        "SELECT ",
        request_row_columns!(),
        " FROM request_register_row w JOIN request r ON r.id = w.request_id JOIN app_user u ON u.id = r.applicant",
        " WHERE w.register_id = $1 AND w.number = $2",
        " ORDER BY w.submitted_at DESC, w.request_id DESC LIMIT $3"
    ));
    PERMITS_OF_ROW = Same(
        "SELECT r.id, r.applicant, r.permit FROM request_register_row w JOIN request r ON r.id = w.request_id \
         WHERE w.register_id = $1 AND w.number = $2 AND w.owes = 1 ORDER BY w.submitted_at, w.request_id"
    );
    REQUEST_REVIEWS_DUE = Same(concat!(
        "SELECT ", request_row_columns!(), ", d.place FROM request_decision d JOIN request r ON r.id = d.request_id",
        " JOIN app_user u ON u.id = r.applicant",
        " WHERE d.on_behalf_of = $1 AND d.reviewed_at IS NULL AND r.zone = $2",
        " ORDER BY d.decided_at, d.request_id, d.place LIMIT $3"
    ));
    REQUESTS_OVERDUE = Same("SELECT id FROM request WHERE alarm_at < $1 ORDER BY alarm_at, id LIMIT $2");

    // values of parameters
    INSERT_PARAMETER_VALUE = Same(
        "INSERT INTO parameter_value (parameter, from_at, number, value, request_id, approved_by, approved_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    );
    PARAMETER_VALUES = Same(
        "SELECT v.parameter, v.from_at, v.number, v.value, v.request_id, v.approved_by, v.approved_at, \
         u.name AS approved_by_name FROM parameter_value v JOIN app_user u ON u.id = v.approved_by \
         ORDER BY v.parameter, v.from_at, v.number"
    );

    // the cell's queue
    ENQUEUE = Same(
        "INSERT INTO sanitise_job (file_id, transfer_id, attempts, enqueued_at, leased_until) \
         VALUES ($1, $2, $3, $4, 0) ON CONFLICT (file_id) DO UPDATE SET transfer_id = excluded.transfer_id, \
         attempts = excluded.attempts, enqueued_at = excluded.enqueued_at, leased_until = 0"
    );
    DEQUEUE = Same("DELETE FROM sanitise_job WHERE file_id = $1");
    POSTPONE_JOB = Same("UPDATE sanitise_job SET leased_until = $2, attempts = attempts - 1 WHERE file_id = $1");
    RELEASE_JOBS = Same("UPDATE sanitise_job SET leased_until = 0 WHERE leased_until > 0");
    JOB_WAITS = Same("SELECT 1 AS waits FROM sanitise_job WHERE leased_until <= $1 LIMIT 1");
    CLAIM_JOB = Differing {
        lite: concat!(claim_job_before!(), claim_job_after!()),
        pg: concat!(claim_job_before!(), " FOR UPDATE SKIP LOCKED", claim_job_after!()),
    };

    // imported texts
    IMPORT = Same(concat!("SELECT ", import_columns!(), " FROM policy_import WHERE id = $1"));
    IMPORTS = Same(concat!(
        "SELECT ", import_columns!(), " FROM policy_import WHERE state <> 'discarded'",
        " AND (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT $3"
    ));
    IMPORT_TEXT = Same("SELECT source, reading FROM policy_import_text WHERE import_id = $1");
    IMPORT_STEPS = Same(
        "SELECT s.import_id, s.version, s.made_by, u.name AS by_name, s.made_at, s.step \
         FROM policy_import_step s LEFT JOIN app_user u ON u.id = s.made_by \
         WHERE s.import_id = $1 AND s.version > $2 ORDER BY s.version"
    );
    INSERT_IMPORT = Same(concat!(
        "INSERT INTO policy_import (", import_columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
    ));
    INSERT_IMPORT_TEXT = Same(
        "INSERT INTO policy_import_text (import_id, source, reading) VALUES ($1, $2, $3)"
    );
    UPDATE_IMPORT = Same(
        "UPDATE policy_import SET state = $2, statements = $3, decided = $4, changed_at = $5, \
         version = version + 1 WHERE id = $1 AND version = $6"
    );
    INSERT_IMPORT_STEP = Same(
        "INSERT INTO policy_import_step (import_id, version, made_by, made_at, step) VALUES ($1, $2, $3, $4, $5)"
    );
    ERASE_IMPORT_TEXT = Same("DELETE FROM policy_import_text WHERE import_id = $1");

    // evidence. Each list names the index it walks; see `evidence_list`.
    EVIDENCE_OF_SUBJECT = evidence_list!(
        "evidence e", "e.happened_at", "e.id", "e.subject_kind = $1 AND e.subject_id = $2"
    );
    EVIDENCE_BY_ACTOR = evidence_list!("evidence e", "e.happened_at", "e.id", "e.actor = $3");
    EVIDENCE_FOR_STATEMENT = evidence_list!(
        "evidence_statement s JOIN evidence e ON e.id = s.evidence_id", "s.happened_at", "s.evidence_id",
        "s.statement = $4"
    );
    EVIDENCE_OF_KIND = evidence_list!("evidence e", "e.happened_at", "e.id", "e.kind = $5");
    EVIDENCE_ALL = evidence_list!("evidence e", "e.happened_at", "e.id", "1 = 1");
    EVIDENCE_BY_ID = Same(concat!(
        "SELECT ", evidence_columns!(), " FROM evidence e LEFT JOIN app_user u ON u.id = e.actor WHERE e.id = $1"
    ));
    EVIDENCE_RANGE = Same(concat!(
        "SELECT ", evidence_columns!(), " FROM evidence e LEFT JOIN app_user u ON u.id = e.actor",
        " WHERE e.seq >= $1 ORDER BY e.seq LIMIT $2"
    ));
    // Sealed entries are counted by the sealer; those that still wait come as their lists, with n = -1.
    EVIDENCE_COUNTS = Same(
        "SELECT statement AS what, n FROM evidence_count \
         UNION ALL SELECT statements AS what, -1 AS n FROM evidence WHERE seq IS NULL"
    );
    // As above, with the newest entry of each: one step into an index, whatever has gathered there.
    STATEMENT_TALLIES = Same(
        "SELECT c.statement AS what, c.n AS n, \
         (SELECT s.happened_at FROM evidence_statement s WHERE s.statement = c.statement \
          ORDER BY s.happened_at DESC, s.evidence_id DESC LIMIT 1) AS last_at, \
         (SELECT s.evidence_id FROM evidence_statement s WHERE s.statement = c.statement \
          ORDER BY s.happened_at DESC, s.evidence_id DESC LIMIT 1) AS last_id \
         FROM evidence_count c \
         UNION ALL SELECT statements AS what, -1 AS n, happened_at AS last_at, id AS last_id \
         FROM evidence WHERE seq IS NULL"
    );
    KIND_TALLIES = Same(
        "SELECT c.kind AS what, c.n AS n, \
         (SELECT e.happened_at FROM evidence e WHERE e.kind = c.kind \
          ORDER BY e.happened_at DESC, e.id DESC LIMIT 1) AS last_at, \
         (SELECT e.id FROM evidence e WHERE e.kind = c.kind \
          ORDER BY e.happened_at DESC, e.id DESC LIMIT 1) AS last_id \
         FROM evidence_kind_count c \
         UNION ALL SELECT kind AS what, -1 AS n, happened_at AS last_at, id AS last_id \
         FROM evidence WHERE seq IS NULL"
    );
    DUE_PAYLOADS = Same(
        "SELECT id FROM evidence WHERE erase_payload_at <= $1 AND payload_erased_at IS NULL \
         ORDER BY erase_payload_at, id LIMIT $2"
    );
    ERASE_PAYLOAD = Same(
        "UPDATE evidence SET payload = NULL, salt = NULL, payload_erased_at = $2 \
         WHERE id = $1 AND payload_erased_at IS NULL"
    );

    // the ledger
    UNSEALED = Same("SELECT id, leaf FROM evidence WHERE seq IS NULL ORDER BY happened_at, id LIMIT $1");
    LEDGER_HEAD = Same("SELECT size, checkpoint FROM ledger_head WHERE single = 1");
    MOVE_HEAD = Same("UPDATE ledger_head SET size = $1, checkpoint = $2 WHERE single = 1 AND size = $3");
    FIRST_HEAD = Same(
        "INSERT INTO ledger_head (single, size, checkpoint) VALUES (1, $1, $2) ON CONFLICT (single) DO NOTHING"
    );
    LEDGER_TILE = Same("SELECT bytes FROM ledger_tile WHERE level = $1 AND idx = $2");

    // migrations
    MIGRATION_TABLE = Same(
        "CREATE TABLE IF NOT EXISTS schema_migration (\
         version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)"
    );
    MIGRATION_LOCK = Differing {
        // BEGIN IMMEDIATE holds the file already.
        lite: "SELECT 1",
        // Any number that nothing else in this database uses.
        pg: "SELECT pg_advisory_xact_lock(7307119001)",
    };
    // Indices that are not constraints, which the bulk loader builds last.
    INDICES = Differing {
        lite: "SELECT name, sql AS definition FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
        pg: "SELECT CAST(i.indexname AS TEXT) AS name, i.indexdef AS definition FROM pg_indexes i \
             WHERE i.schemaname = current_schema() \
             AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)",
    };
    MIGRATIONS = Same("SELECT version, name, checksum FROM schema_migration ORDER BY version");
    INSERT_MIGRATION = Same("INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3)");
}

/// New transfers.
pub(crate) const INSERT_TRANSFERS: Bulk = Bulk {
    before: "INSERT INTO transfer (id, number, channel, from_zone, to_zone, submitter, section, subject, purpose, \
             classification, state, round, route, step, file_count, due_at, reminded_at, expires_at, pack_version, \
             submitted_at, changed_at, open_role, open_scope, alarm_at, originals_since, results_since, form, \
             openings, inspected_count, version, submission) VALUES",
    columns: 31,
    after: "",
};

/// Files of transfers.
pub(crate) const INSERT_FILES: Bulk = Bulk {
    before: "INSERT INTO transfer_file (transfer_id, place, id, untrusted_name, untrusted_folder, original_zone, \
             original_blob, original_sha256, original_bytes, clean_zone, clean_blob, clean_sha256, clean_bytes, \
             preview_zone, preview_blob, preview_sha256, preview_bytes, state, report, attempts, \
             original_erased_at, clean_erased_at) VALUES",
    columns: 22,
    after: "",
};

/// Recipients of transfers.
pub(crate) const INSERT_RECIPIENTS: Bulk = Bulk {
    before: "INSERT INTO transfer_recipient (transfer_id, place, user_id, received_at, to_zone, state, \
             submitted_at) VALUES",
    columns: 7,
    after: "",
};

/// Decisions on transfers.
pub(crate) const INSERT_DECISIONS: Bulk = Bulk {
    before: "INSERT INTO transfer_decision (transfer_id, place, round, step, decided_by, on_behalf_of, verdict, \
             comment, content_hash, decided_at, reviewed_at, vouches) VALUES",
    columns: 12,
    after: "",
};

/// New requests.
pub(crate) const INSERT_REQUESTS: Bulk = Bulk {
    before: "INSERT INTO request (id, number, form, title, zone, applicant, section, content, state, round, route, \
             step, permit, due_at, reminded_at, expires_at, pack_version, submitted_at, changed_at, alarm_at, \
             version, submission) VALUES",
    columns: 22,
    after: "",
};

/// Attachments of requests.
pub(crate) const INSERT_ATTACHMENTS: Bulk = Bulk {
    before: "INSERT INTO request_attachment (request_id, place, id, untrusted_name, zone, blob, sha256, bytes) VALUES",
    columns: 8,
    after: "",
};

/// Decisions about requests.
pub(crate) const INSERT_REQUEST_DECISIONS: Bulk = Bulk {
    before: "INSERT INTO request_decision (request_id, place, round, step, decided_by, on_behalf_of, verdict, \
             comment, content_hash, decided_at, reviewed_at, vouches) VALUES",
    columns: 12,
    after: "",
};

/// Who may decide requests.
pub(crate) const INSERT_REQUEST_DESKS: Bulk = Bulk {
    before: "INSERT INTO request_desk (request_id, role, scope, zone, submitted_at) VALUES",
    columns: 5,
    after: "",
};

/// Rows of registers that requests name.
pub(crate) const INSERT_REQUEST_ROWS: Bulk = Bulk {
    before: "INSERT INTO request_register_row (request_id, register_id, number, submitted_at, owes) VALUES",
    columns: 5,
    after: "",
};

/// Who keeps what was permitted to another, or is to.
pub(crate) const INSERT_REQUEST_KEEPERS: Bulk = Bulk {
    before: "INSERT INTO request_keeper (request_id, person, zone, submitted_at) VALUES",
    columns: 4,
    after: "",
};

/// New evidence. The index is given only by the bulk loader; otherwise the sealer gives it.
pub(crate) const INSERT_EVIDENCE: Bulk = Bulk {
    before: "INSERT INTO evidence (id, happened_at, kind, actor, zone, subject_kind, subject_id, statements, \
             payload, salt, leaf, erase_payload_at, seq) VALUES",
    columns: 13,
    after: "",
};

/// What new evidence is evidence for.
pub(crate) const INSERT_EVIDENCE_STATEMENTS: Bulk = Bulk {
    before: "INSERT INTO evidence_statement (statement, happened_at, evidence_id) VALUES",
    columns: 3,
    after: "",
};

/// Gives entries their index in the ledger; returns what they are evidence for. Both databases call the columns of
/// VALUES `column1` and `column2`.
pub(crate) const SEAL: Bulk = Bulk {
    before: "UPDATE evidence SET seq = v.column2 FROM (VALUES",
    columns: 2,
    after: ") AS v WHERE evidence.id = v.column1 AND evidence.seq IS NULL RETURNING kind, statements",
};

/// Adds to the counts of sealed entries.
pub(crate) const ADD_COUNTS: Bulk = Bulk {
    before: "INSERT INTO evidence_count (statement, n) VALUES",
    columns: 2,
    after: " ON CONFLICT (statement) DO UPDATE SET n = evidence_count.n + excluded.n",
};

/// The same by kind.
pub(crate) const ADD_KIND_COUNTS: Bulk = Bulk {
    before: "INSERT INTO evidence_kind_count (kind, n) VALUES",
    columns: 2,
    after: " ON CONFLICT (kind) DO UPDATE SET n = evidence_kind_count.n + excluded.n",
};

/// Stores changed tiles.
pub(crate) const PUT_TILES: Bulk = Bulk {
    before: "INSERT INTO ledger_tile (level, idx, bytes) VALUES",
    columns: 3,
    after: " ON CONFLICT (level, idx) DO UPDATE SET bytes = excluded.bytes",
};

/// New people, for the bulk loader.
pub(crate) const INSERT_USERS: Bulk = Bulk {
    before: "INSERT INTO app_user (id, login, name, kana, section, password_hash, totp_sealed, totp_last_step, \
             enabled, must_change_password, failures, locked_until, created_at, version, search) VALUES",
    columns: 15,
    after: "",
};
