-- The first shape of the database, SQLite. Its twin is ../postgres/0001_first.sql: same tables, columns and indices.
-- Times are milliseconds since the Unix epoch, flags are 0 or 1, lists inside a column are JSON.

CREATE TABLE section (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    department TEXT NOT NULL
) STRICT;

CREATE TABLE app_user (
    id TEXT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kana TEXT NOT NULL,
    section TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    totp_sealed BLOB,
    totp_last_step INTEGER,
    enabled INTEGER NOT NULL,
    must_change_password INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    locked_until INTEGER,
    created_at INTEGER NOT NULL,
    -- Name, kana and login folded for searching; derived by the program.
    search TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX app_user_listing ON app_user (section, kana, id);

CREATE TABLE post_holding (
    user_id TEXT NOT NULL REFERENCES app_user (id),
    post TEXT NOT NULL,
    unit TEXT,
    from_at INTEGER NOT NULL,
    until_at INTEGER
) STRICT;
CREATE UNIQUE INDEX post_holding_once ON post_holding (user_id, post, COALESCE(unit, ''), from_at);
CREATE INDEX post_holding_holders ON post_holding (post, COALESCE(unit, ''), from_at);

CREATE TABLE absence (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES app_user (id),
    from_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX absence_of ON absence (user_id, until_at, id);

CREATE TABLE session (
    secret_hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES app_user (id),
    zone TEXT NOT NULL,
    strength TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_of ON session (user_id);

CREATE TABLE api_token (
    id TEXT NOT NULL PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES app_user (id),
    zone TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    used_at INTEGER
) STRICT;
CREATE INDEX api_token_of ON api_token (user_id, created_at, id);

CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;

CREATE TABLE transfer (
    id TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    submission TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL,
    from_zone TEXT NOT NULL,
    to_zone TEXT NOT NULL,
    submitter TEXT NOT NULL REFERENCES app_user (id),
    section TEXT NOT NULL,
    subject TEXT NOT NULL,
    purpose TEXT NOT NULL,
    classification TEXT NOT NULL,
    state TEXT NOT NULL,
    round INTEGER NOT NULL,
    route TEXT NOT NULL,
    step INTEGER NOT NULL,
    form TEXT NOT NULL,
    file_count INTEGER NOT NULL,
    due_at INTEGER,
    reminded_at INTEGER,
    expires_at INTEGER,
    pack_version TEXT NOT NULL,
    submitted_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    -- Derived by the program from the columns above and the files, for the lists:
    -- the role that decides the open step and where it is looked for,
    open_role TEXT,
    open_scope TEXT,
    -- the next moment at which a reminder or an end is due,
    alarm_at INTEGER,
    -- and since when originals, and clean files with previews, are only waiting for their erasure.
    originals_since INTEGER,
    results_since INTEGER
) STRICT;
CREATE INDEX transfer_newest ON transfer (submitted_at, id);
CREATE INDEX transfer_state ON transfer (state, submitted_at, id);
CREATE INDEX transfer_submitter ON transfer (submitter, submitted_at, id);
CREATE INDEX transfer_submitter_state ON transfer (submitter, state, submitted_at, id);
CREATE INDEX transfer_section ON transfer (section, submitted_at, id);
CREATE INDEX transfer_section_state ON transfer (section, state, submitted_at, id);
CREATE INDEX transfer_open ON transfer (open_role, open_scope, submitted_at, id) WHERE open_role IS NOT NULL;
CREATE INDEX transfer_alarm ON transfer (alarm_at, id) WHERE alarm_at IS NOT NULL;
CREATE INDEX transfer_originals ON transfer (originals_since, id) WHERE originals_since IS NOT NULL;
CREATE INDEX transfer_results ON transfer (results_since, id) WHERE results_since IS NOT NULL;

CREATE TABLE transfer_file (
    transfer_id TEXT NOT NULL REFERENCES transfer (id),
    place INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    -- Names come from outside and may hold anything, so they are bytes here.
    untrusted_name BLOB NOT NULL,
    untrusted_folder BLOB NOT NULL,
    original_zone TEXT,
    original_blob TEXT,
    original_sha256 TEXT,
    original_bytes INTEGER,
    clean_zone TEXT,
    clean_blob TEXT,
    clean_sha256 TEXT,
    clean_bytes INTEGER,
    preview_zone TEXT,
    preview_blob TEXT,
    preview_sha256 TEXT,
    preview_bytes INTEGER,
    state TEXT NOT NULL,
    report TEXT,
    attempts INTEGER NOT NULL,
    original_erased_at INTEGER,
    clean_erased_at INTEGER,
    PRIMARY KEY (transfer_id, place)
) STRICT;
CREATE INDEX transfer_file_original ON transfer_file (original_blob, original_zone) WHERE original_blob IS NOT NULL;
CREATE INDEX transfer_file_clean ON transfer_file (clean_blob, clean_zone) WHERE clean_blob IS NOT NULL;
CREATE INDEX transfer_file_preview ON transfer_file (preview_blob, preview_zone) WHERE preview_blob IS NOT NULL;

CREATE TABLE transfer_recipient (
    transfer_id TEXT NOT NULL REFERENCES transfer (id),
    place INTEGER NOT NULL,
    user_id TEXT NOT NULL REFERENCES app_user (id),
    received_at INTEGER,
    -- Copies of the transfer's columns, so that a person's list is one walk along an index.
    to_zone TEXT NOT NULL,
    state TEXT NOT NULL,
    submitted_at INTEGER NOT NULL,
    PRIMARY KEY (transfer_id, place)
) STRICT;
CREATE INDEX transfer_recipient_list ON transfer_recipient (user_id, to_zone, state, submitted_at, transfer_id);

CREATE TABLE transfer_decision (
    transfer_id TEXT NOT NULL REFERENCES transfer (id),
    place INTEGER NOT NULL,
    round INTEGER NOT NULL,
    step INTEGER NOT NULL,
    decided_by TEXT NOT NULL REFERENCES app_user (id),
    on_behalf_of TEXT REFERENCES app_user (id),
    verdict TEXT NOT NULL,
    comment TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    reviewed_at INTEGER,
    PRIMARY KEY (transfer_id, place)
) STRICT;
CREATE INDEX transfer_decision_review ON transfer_decision (on_behalf_of, decided_at, transfer_id, place)
    WHERE on_behalf_of IS NOT NULL AND reviewed_at IS NULL;

CREATE TABLE sanitise_job (
    file_id TEXT NOT NULL PRIMARY KEY,
    transfer_id TEXT NOT NULL REFERENCES transfer (id),
    attempts INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL,
    -- Free to be taken when this moment has passed; 0 when nobody ever took it.
    leased_until INTEGER NOT NULL
) STRICT;
CREATE INDEX sanitise_job_queue ON sanitise_job (enqueued_at, file_id);

CREATE TABLE evidence (
    id TEXT NOT NULL PRIMARY KEY,
    happened_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT,
    zone TEXT,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    statements TEXT NOT NULL,
    payload BLOB,
    salt BLOB,
    leaf BLOB NOT NULL,
    erase_payload_at INTEGER,
    payload_erased_at INTEGER,
    -- The index in the ledger, once sealed there.
    seq INTEGER
) STRICT;
CREATE UNIQUE INDEX evidence_seq ON evidence (seq) WHERE seq IS NOT NULL;
CREATE INDEX evidence_newest ON evidence (happened_at, id);
CREATE INDEX evidence_kind ON evidence (kind, happened_at, id);
CREATE INDEX evidence_actor ON evidence (actor, happened_at, id) WHERE actor IS NOT NULL;
CREATE INDEX evidence_subject ON evidence (subject_kind, subject_id, happened_at, id);
CREATE INDEX evidence_unsealed ON evidence (happened_at, id) WHERE seq IS NULL;
CREATE INDEX evidence_erasure ON evidence (erase_payload_at, id)
    WHERE erase_payload_at IS NOT NULL AND payload_erased_at IS NULL;

CREATE TABLE evidence_statement (
    statement TEXT NOT NULL,
    happened_at INTEGER NOT NULL,
    evidence_id TEXT NOT NULL,
    PRIMARY KEY (statement, happened_at, evidence_id)
) STRICT, WITHOUT ROWID;

-- Sealed entries by statement. Only the sealer writes it, so that writers of evidence never wait for each other.
CREATE TABLE evidence_count (
    statement TEXT NOT NULL PRIMARY KEY,
    n INTEGER NOT NULL
) STRICT;

CREATE TABLE ledger_tile (
    level INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (level, idx)
) STRICT;

CREATE TABLE ledger_head (
    single INTEGER NOT NULL PRIMARY KEY CHECK (single = 1),
    size INTEGER NOT NULL,
    checkpoint TEXT NOT NULL
) STRICT;

-- What SQLite assumes of a city's numbers when it chooses an index: rows, then rows that share the first column, the
-- first two, and so on. Without them it may walk all transfers of a state to find those of a section. They are
-- written once and ANALYZE is never run, so the plan of a list does not change from one day to the next.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('app_user', 'app_user_listing', '6500 130 1 1'),
    ('transfer', 'transfer_newest', '200000 1 1'),
    ('transfer', 'transfer_state', '200000 20000 1 1'),
    ('transfer', 'transfer_submitter', '200000 40 1 1'),
    ('transfer', 'transfer_submitter_state', '200000 40 8 1 1'),
    ('transfer', 'transfer_section', '200000 4000 1 1'),
    ('transfer', 'transfer_section_state', '200000 4000 400 1 1'),
    ('transfer', 'transfer_open', '500 50 10 1 1'),
    ('transfer', 'transfer_alarm', '1000 1 1'),
    ('transfer', 'transfer_originals', '5000 1 1'),
    ('transfer', 'transfer_results', '5000 1 1'),
    ('transfer_recipient', 'transfer_recipient_list', '400000 80 60 10 1 1'),
    ('evidence', 'evidence_newest', '2000000 1 1'),
    ('evidence', 'evidence_kind', '2000000 60000 1 1'),
    ('evidence', 'evidence_actor', '2000000 300 1 1'),
    ('evidence', 'evidence_subject', '2000000 200000 10 1 1'),
    ('evidence', 'evidence_seq', '2000000 1'),
    ('evidence', 'evidence_unsealed', '1000 1 1'),
    ('evidence', 'evidence_erasure', '2000000 1 1');
