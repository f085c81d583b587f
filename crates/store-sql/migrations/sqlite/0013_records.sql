-- Records whose retention ends. A record is listed once, some time before its end; what it was is erased with the record, and this
-- row stays: the book of what was destroyed.
CREATE TABLE record (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- What people call it: a number, or the day for which a task was due.
    label TEXT NOT NULL,
    title TEXT NOT NULL,
    -- The request type or the duty.
    form TEXT NOT NULL,
    -- NULL: of the whole body.
    section TEXT,
    -- In which it was written; empty: in none.
    zone TEXT NOT NULL,
    class TEXT NOT NULL,
    class_title TEXT NOT NULL,
    years INTEGER NOT NULL,
    begun_on TEXT NOT NULL,
    ended_on TEXT NOT NULL,
    destroyed_from TEXT NOT NULL,
    stage TEXT NOT NULL,
    hold_by TEXT REFERENCES app_user (id),
    hold_at INTEGER,
    hold_reason TEXT,
    hold_until TEXT,
    proposed_by TEXT REFERENCES app_user (id),
    proposed_at INTEGER,
    decided_by TEXT REFERENCES app_user (id),
    decided_at INTEGER,
    destroyed_at INTEGER,
    version INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT;

CREATE INDEX record_stage ON record (zone, stage, destroyed_from, kind, subject);
CREATE INDEX record_decided ON record (decided_at, kind, subject) WHERE stage = 'decided';
CREATE INDEX record_held ON record (hold_until, kind, subject) WHERE stage = 'held';
CREATE INDEX record_book ON record (zone, destroyed_at, kind, subject) WHERE stage = 'destroyed';

-- Whether it stands among the records above. Set once, so that what was listed is not looked at again.
ALTER TABLE request ADD COLUMN recorded INTEGER NOT NULL DEFAULT 0;
CREATE INDEX request_unrecorded ON request (form, changed_at, id)
    WHERE recorded = 0 AND state IN ('approved', 'rejected', 'withdrawn', 'expired');
ALTER TABLE duty_task ADD COLUMN recorded INTEGER NOT NULL DEFAULT 0;
CREATE INDEX duty_task_unrecorded ON duty_task (duty, ended_at, id) WHERE recorded = 0 AND ended_at IS NOT NULL;

-- What SQLite assumes of a city's numbers; see the first migration.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('record', 'sqlite_autoindex_record_1', '20000 10000 1'),
    ('record', 'record_stage', '20000 10000 4000 20 10 1'),
    ('record', 'record_decided', '100 2 1 1'),
    ('record', 'record_held', '100 2 1 1'),
    ('record', 'record_book', '15000 7500 2 2 1');
