-- Requests and the values of parameters that they set, SQLite. Its twin is ../postgres/0004_requests.sql.
CREATE TABLE request (
    id TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    submission TEXT NOT NULL UNIQUE,
    form TEXT NOT NULL,
    title TEXT NOT NULL,
    zone TEXT NOT NULL,
    applicant TEXT NOT NULL REFERENCES app_user (id),
    section TEXT NOT NULL,
    -- Answers, terms and lateness, as JSON.
    content TEXT NOT NULL,
    state TEXT NOT NULL,
    round INTEGER NOT NULL,
    route TEXT NOT NULL,
    step INTEGER NOT NULL,
    -- What became of the permit, as JSON; NULL without one.
    permit TEXT,
    due_at INTEGER,
    reminded_at INTEGER,
    expires_at INTEGER,
    pack_version TEXT NOT NULL,
    submitted_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    -- Of the step that is open; NULL when none is.
    open_role TEXT,
    open_scope TEXT,
    -- The next moment at which time changes something.
    alarm_at INTEGER
) STRICT;

-- Each list begins with the zone: what was handed in there is seen there only.
CREATE INDEX request_newest ON request (zone, submitted_at, id);
CREATE INDEX request_applicant ON request (zone, applicant, submitted_at, id);
CREATE INDEX request_section ON request (zone, section, submitted_at, id);
CREATE INDEX request_open ON request (zone, open_role, open_scope, submitted_at, id) WHERE open_role IS NOT NULL;
CREATE INDEX request_alarm ON request (alarm_at, id) WHERE alarm_at IS NOT NULL;

CREATE TABLE request_attachment (
    request_id TEXT NOT NULL REFERENCES request (id),
    place INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    -- Bytes, because a name may hold what a database's text may not.
    untrusted_name BLOB NOT NULL,
    zone TEXT NOT NULL,
    blob TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (request_id, place)
) STRICT;

CREATE INDEX request_attachment_blob ON request_attachment (blob, zone);

CREATE TABLE request_decision (
    request_id TEXT NOT NULL REFERENCES request (id),
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
    vouches TEXT NOT NULL,
    PRIMARY KEY (request_id, place)
) STRICT;

CREATE INDEX request_decision_review ON request_decision (on_behalf_of, decided_at, request_id, place)
    WHERE reviewed_at IS NULL AND on_behalf_of IS NOT NULL;

-- Every value that a request gave a parameter. Nothing here is ever changed: the newest that has begun holds.
CREATE TABLE parameter_value (
    parameter TEXT NOT NULL,
    from_at INTEGER NOT NULL,
    -- Later ones of the same moment win.
    number INTEGER NOT NULL,
    -- As it was typed; NULL: not set any more.
    value TEXT,
    request_id TEXT NOT NULL REFERENCES request (id),
    approved_by TEXT NOT NULL REFERENCES app_user (id),
    approved_at INTEGER NOT NULL,
    PRIMARY KEY (parameter, from_at, number)
) STRICT;

-- What SQLite assumes of a city's numbers; see the first migration.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('request', 'request_newest', '100000 33000 1 1'),
    ('request', 'request_applicant', '100000 33000 15 1 1'),
    ('request', 'request_section', '100000 33000 1000 1 1'),
    ('request', 'request_open', '500 170 30 10 1 1'),
    ('request', 'request_alarm', '1000 1 1');
