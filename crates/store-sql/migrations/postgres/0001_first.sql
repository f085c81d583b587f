-- The first shape of the database, PostgreSQL. Its twin is ../sqlite/0001_first.sql: same tables, columns and indices.
-- Text is compared byte by byte (COLLATE "C"), as SQLite does, so that both sort lists alike.
-- Times are milliseconds since the Unix epoch, flags are 0 or 1, lists inside a column are JSON.

CREATE TABLE section (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    department TEXT COLLATE "C" NOT NULL
);

CREATE TABLE app_user (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    login TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    kana TEXT COLLATE "C" NOT NULL,
    section TEXT COLLATE "C" NOT NULL,
    password_hash TEXT COLLATE "C" NOT NULL,
    totp_sealed BYTEA,
    totp_last_step BIGINT,
    enabled BIGINT NOT NULL,
    must_change_password BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until BIGINT,
    created_at BIGINT NOT NULL,
    -- Name, kana and login folded for searching; derived by the program.
    search TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX app_user_listing ON app_user (section, kana, id);

CREATE TABLE post_holding (
    user_id TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    post TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C",
    from_at BIGINT NOT NULL,
    until_at BIGINT
);
CREATE UNIQUE INDEX post_holding_once ON post_holding (user_id, post, COALESCE(unit, ''), from_at);
CREATE INDEX post_holding_holders ON post_holding (post, COALESCE(unit, ''), from_at);

CREATE TABLE absence (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL
);
CREATE INDEX absence_of ON absence (user_id, until_at, id);

CREATE TABLE session (
    secret_hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    zone TEXT COLLATE "C" NOT NULL,
    strength TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_of ON session (user_id);

CREATE TABLE api_token (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    secret_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    zone TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    used_at BIGINT
);
CREATE INDEX api_token_of ON api_token (user_id, created_at, id);

CREATE TABLE counter (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE transfer (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    submission TEXT COLLATE "C" NOT NULL UNIQUE,
    channel TEXT COLLATE "C" NOT NULL,
    from_zone TEXT COLLATE "C" NOT NULL,
    to_zone TEXT COLLATE "C" NOT NULL,
    submitter TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    section TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    classification TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    round BIGINT NOT NULL,
    route TEXT COLLATE "C" NOT NULL,
    step BIGINT NOT NULL,
    form TEXT NOT NULL,
    file_count BIGINT NOT NULL,
    due_at BIGINT,
    reminded_at BIGINT,
    expires_at BIGINT,
    pack_version TEXT COLLATE "C" NOT NULL,
    submitted_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    -- Derived by the program from the columns above and the files, for the lists:
    -- the role that decides the open step and where it is looked for,
    open_role TEXT COLLATE "C",
    open_scope TEXT COLLATE "C",
    -- the next moment at which a reminder or an end is due,
    alarm_at BIGINT,
    -- and since when originals, and clean files with previews, are only waiting for their erasure.
    originals_since BIGINT,
    results_since BIGINT
);
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
    transfer_id TEXT COLLATE "C" NOT NULL REFERENCES transfer (id),
    place BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    -- Names come from outside and may hold anything, so they are bytes here.
    untrusted_name BYTEA NOT NULL,
    untrusted_folder BYTEA NOT NULL,
    original_zone TEXT COLLATE "C",
    original_blob TEXT COLLATE "C",
    original_sha256 TEXT COLLATE "C",
    original_bytes BIGINT,
    clean_zone TEXT COLLATE "C",
    clean_blob TEXT COLLATE "C",
    clean_sha256 TEXT COLLATE "C",
    clean_bytes BIGINT,
    preview_zone TEXT COLLATE "C",
    preview_blob TEXT COLLATE "C",
    preview_sha256 TEXT COLLATE "C",
    preview_bytes BIGINT,
    state TEXT COLLATE "C" NOT NULL,
    report TEXT COLLATE "C",
    attempts BIGINT NOT NULL,
    original_erased_at BIGINT,
    clean_erased_at BIGINT,
    PRIMARY KEY (transfer_id, place)
);
CREATE INDEX transfer_file_original ON transfer_file (original_blob, original_zone) WHERE original_blob IS NOT NULL;
CREATE INDEX transfer_file_clean ON transfer_file (clean_blob, clean_zone) WHERE clean_blob IS NOT NULL;
CREATE INDEX transfer_file_preview ON transfer_file (preview_blob, preview_zone) WHERE preview_blob IS NOT NULL;

CREATE TABLE transfer_recipient (
    transfer_id TEXT COLLATE "C" NOT NULL REFERENCES transfer (id),
    place BIGINT NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    received_at BIGINT,
    -- Copies of the transfer's columns, so that a person's list is one walk along an index.
    to_zone TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    submitted_at BIGINT NOT NULL,
    PRIMARY KEY (transfer_id, place)
);
CREATE INDEX transfer_recipient_list ON transfer_recipient (user_id, to_zone, state, submitted_at, transfer_id);

CREATE TABLE transfer_decision (
    transfer_id TEXT COLLATE "C" NOT NULL REFERENCES transfer (id),
    place BIGINT NOT NULL,
    round BIGINT NOT NULL,
    step BIGINT NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    on_behalf_of TEXT COLLATE "C" REFERENCES app_user (id),
    verdict TEXT COLLATE "C" NOT NULL,
    comment TEXT COLLATE "C" NOT NULL,
    content_hash TEXT COLLATE "C" NOT NULL,
    decided_at BIGINT NOT NULL,
    reviewed_at BIGINT,
    PRIMARY KEY (transfer_id, place)
);
CREATE INDEX transfer_decision_review ON transfer_decision (on_behalf_of, decided_at, transfer_id, place)
    WHERE on_behalf_of IS NOT NULL AND reviewed_at IS NULL;

CREATE TABLE sanitise_job (
    file_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    transfer_id TEXT COLLATE "C" NOT NULL REFERENCES transfer (id),
    attempts BIGINT NOT NULL,
    enqueued_at BIGINT NOT NULL,
    -- Free to be taken when this moment has passed; 0 when nobody ever took it.
    leased_until BIGINT NOT NULL
);
CREATE INDEX sanitise_job_queue ON sanitise_job (enqueued_at, file_id);

CREATE TABLE evidence (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    happened_at BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C",
    zone TEXT COLLATE "C",
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    statements TEXT COLLATE "C" NOT NULL,
    payload BYTEA,
    salt BYTEA,
    leaf BYTEA NOT NULL,
    erase_payload_at BIGINT,
    payload_erased_at BIGINT,
    -- The index in the ledger, once sealed there.
    seq BIGINT
);
CREATE UNIQUE INDEX evidence_seq ON evidence (seq) WHERE seq IS NOT NULL;
CREATE INDEX evidence_newest ON evidence (happened_at, id);
CREATE INDEX evidence_kind ON evidence (kind, happened_at, id);
CREATE INDEX evidence_actor ON evidence (actor, happened_at, id) WHERE actor IS NOT NULL;
CREATE INDEX evidence_subject ON evidence (subject_kind, subject_id, happened_at, id);
CREATE INDEX evidence_unsealed ON evidence (happened_at, id) WHERE seq IS NULL;
CREATE INDEX evidence_erasure ON evidence (erase_payload_at, id)
    WHERE erase_payload_at IS NOT NULL AND payload_erased_at IS NULL;

CREATE TABLE evidence_statement (
    statement TEXT COLLATE "C" NOT NULL,
    happened_at BIGINT NOT NULL,
    evidence_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (statement, happened_at, evidence_id)
);

-- Sealed entries by statement. Only the sealer writes it, so that writers of evidence never wait for each other.
CREATE TABLE evidence_count (
    statement TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    n BIGINT NOT NULL
);

CREATE TABLE ledger_tile (
    level BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (level, idx)
);

CREATE TABLE ledger_head (
    single BIGINT NOT NULL PRIMARY KEY CHECK (single = 1),
    size BIGINT NOT NULL,
    checkpoint TEXT COLLATE "C" NOT NULL
);
