-- Requests and the values of parameters that they set, PostgreSQL. Its twin is ../sqlite/0004_requests.sql.
CREATE TABLE request (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    submission TEXT COLLATE "C" NOT NULL UNIQUE,
    form TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    applicant TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    section TEXT COLLATE "C" NOT NULL,
    -- Answers, terms and lateness, as JSON.
    content TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    round BIGINT NOT NULL,
    route TEXT COLLATE "C" NOT NULL,
    step BIGINT NOT NULL,
    -- What became of the permit, as JSON; NULL without one.
    permit TEXT COLLATE "C",
    due_at BIGINT,
    reminded_at BIGINT,
    expires_at BIGINT,
    pack_version TEXT COLLATE "C" NOT NULL,
    submitted_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    -- Of the step that is open; NULL when none is.
    open_role TEXT COLLATE "C",
    open_scope TEXT COLLATE "C",
    -- The next moment at which time changes something.
    alarm_at BIGINT
);

-- Each list begins with the zone: what was handed in there is seen there only.
CREATE INDEX request_newest ON request (zone, submitted_at, id);
CREATE INDEX request_applicant ON request (zone, applicant, submitted_at, id);
CREATE INDEX request_section ON request (zone, section, submitted_at, id);
CREATE INDEX request_open ON request (zone, open_role, open_scope, submitted_at, id) WHERE open_role IS NOT NULL;
CREATE INDEX request_alarm ON request (alarm_at, id) WHERE alarm_at IS NOT NULL;

CREATE TABLE request_attachment (
    request_id TEXT COLLATE "C" NOT NULL REFERENCES request (id),
    place BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    -- Bytes, because a name may hold what a database's text may not.
    untrusted_name BYTEA NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    blob TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (request_id, place)
);

CREATE INDEX request_attachment_blob ON request_attachment (blob, zone);

CREATE TABLE request_decision (
    request_id TEXT COLLATE "C" NOT NULL REFERENCES request (id),
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
    vouches TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (request_id, place)
);

CREATE INDEX request_decision_review ON request_decision (on_behalf_of, decided_at, request_id, place)
    WHERE reviewed_at IS NULL AND on_behalf_of IS NOT NULL;

-- Every value that a request gave a parameter. Nothing here is ever changed: the newest that has begun holds.
CREATE TABLE parameter_value (
    parameter TEXT COLLATE "C" NOT NULL,
    from_at BIGINT NOT NULL,
    -- Later ones of the same moment win.
    number BIGINT NOT NULL,
    -- As it was typed; NULL: not set any more.
    value TEXT COLLATE "C",
    request_id TEXT COLLATE "C" NOT NULL REFERENCES request (id),
    approved_by TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    approved_at BIGINT NOT NULL,
    PRIMARY KEY (parameter, from_at, number)
);
