-- 人事異動: plans of personnel changes, a line for each person who changes, SQLite. Its twin is ../postgres/0011_rosters.sql.
CREATE TABLE roster_plan (
    id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    form TEXT NOT NULL,
    -- Its day in the calendar, and the moment at which that begins.
    day TEXT NOT NULL,
    effective_at INTEGER NOT NULL,
    lines_digest TEXT NOT NULL,
    digest TEXT NOT NULL,
    stage TEXT NOT NULL,
    made_by TEXT NOT NULL REFERENCES app_user (id),
    made_at INTEGER NOT NULL,
    request_id TEXT,
    approved_at INTEGER,
    started_at INTEGER,
    ended_at INTEGER,
    -- Numbers of people, as JSON.
    counts TEXT NOT NULL,
    results TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX roster_plan_listing ON roster_plan (made_at, id);
-- What time has something to do with.
CREATE INDEX roster_plan_due ON roster_plan (effective_at, id) WHERE stage IN ('approved', 'running');

CREATE TABLE roster_line (
    plan_id TEXT NOT NULL REFERENCES roster_plan (id),
    -- From 1, by login.
    place INTEGER NOT NULL,
    -- The account; of somebody new the id that it will have.
    person TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- NULL for somebody new.
    section_from TEXT,
    section_to TEXT NOT NULL,
    -- Whether what the person has in hand goes to somebody else.
    hands_over INTEGER NOT NULL,
    -- How he stands and is to stand, as JSON.
    entry TEXT NOT NULL,
    -- Who takes what is in hand, and what becomes of open requests.
    successor TEXT REFERENCES app_user (id),
    requests TEXT NOT NULL,
    -- NULL until the day has come and somebody looked at him; then a word, and why where it was not done.
    outcome TEXT,
    why TEXT NOT NULL,
    ended_at INTEGER,
    PRIMARY KEY (plan_id, place)
) STRICT;
CREATE INDEX roster_line_kind ON roster_line (plan_id, kind, place);
CREATE INDEX roster_line_open ON roster_line (plan_id, place) WHERE outcome IS NULL;
CREATE INDEX roster_line_outcome ON roster_line (plan_id, outcome, place);
CREATE INDEX roster_line_from ON roster_line (plan_id, section_from, place);
CREATE INDEX roster_line_to ON roster_line (plan_id, section_to, place);
-- Counted by section without reading the lines.
CREATE INDEX roster_line_tally_from ON roster_line (plan_id, section_from, kind);
CREATE INDEX roster_line_tally_to ON roster_line (plan_id, section_to, kind);
CREATE INDEX roster_line_hands ON roster_line (plan_id, place) WHERE hands_over = 1;
CREATE INDEX roster_line_person ON roster_line (person, plan_id);

-- Rows of registers that go to somebody else than the rest of what the person has in hand.
CREATE TABLE roster_keeper (
    plan_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    register_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    column_id TEXT NOT NULL,
    successor TEXT NOT NULL REFERENCES app_user (id),
    PRIMARY KEY (plan_id, place, register_id, number, column_id),
    FOREIGN KEY (plan_id, place) REFERENCES roster_line (plan_id, place)
) STRICT, WITHOUT ROWID;

-- What a person applied for, whatever the zone.
CREATE INDEX request_of_applicant ON request (applicant, state, id);

-- What SQLite assumes of a city's numbers; see the first migration.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('roster_plan', 'roster_plan_listing', '20 1 1'),
    ('roster_plan', 'roster_plan_due', '2 1 1'),
    ('roster_line', 'sqlite_autoindex_roster_line_1', '20000 2000 1'),
    ('roster_line', 'roster_line_kind', '20000 2000 400 1'),
    ('roster_line', 'roster_line_open', '2000 2000 1'),
    ('roster_line', 'roster_line_outcome', '20000 2000 1000 1'),
    ('roster_line', 'roster_line_from', '20000 2000 20 1'),
    ('roster_line', 'roster_line_to', '20000 2000 20 1'),
    ('roster_line', 'roster_line_tally_from', '20000 2000 20 5'),
    ('roster_line', 'roster_line_tally_to', '20000 2000 20 5'),
    ('roster_line', 'roster_line_hands', '10000 1500 1'),
    ('roster_line', 'roster_line_person', '20000 3 1'),
    ('roster_keeper', 'roster_keeper', '1000 200 10 5 1 1'),
    ('request', 'request_of_applicant', '100000 15 3 1');
