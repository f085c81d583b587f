-- 引継ぎ of permits: who keeps what was permitted to another, or is to, and what a personnel change says about that, SQLite. Its twin is ../postgres/0016_hand_over.sql.
CREATE TABLE request_keeper (
    request_id TEXT NOT NULL REFERENCES request (id),
    person TEXT NOT NULL REFERENCES app_user (id),
    -- As the request has them, so that a person's are found in one walk.
    zone TEXT NOT NULL,
    submitted_at INTEGER NOT NULL,
    PRIMARY KEY (request_id, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_keeper_person ON request_keeper (person, zone, submitted_at, request_id);

-- Permits that somebody takes over; all others are given back.
CREATE TABLE roster_permit (
    plan_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    request_id TEXT NOT NULL REFERENCES request (id),
    successor TEXT NOT NULL REFERENCES app_user (id),
    PRIMARY KEY (plan_id, place, request_id),
    FOREIGN KEY (plan_id, place) REFERENCES roster_line (plan_id, place)
) STRICT, WITHOUT ROWID;

-- What SQLite assumes of a city's numbers; see the first migration.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('request_keeper', 'request_keeper', '1000 1 1'),
    ('request_keeper', 'request_keeper_person', '1000 5 4 1 1'),
    ('roster_permit', 'roster_permit', '500 100 3 1');
