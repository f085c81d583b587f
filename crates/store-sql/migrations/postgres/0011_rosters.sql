-- 人事異動: plans of personnel changes, a line for each person who changes, PostgreSQL. Its twin is ../sqlite/0011_rosters.sql.
CREATE TABLE roster_plan (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    source TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    -- Its day in the calendar, and the moment at which that begins.
    day TEXT COLLATE "C" NOT NULL,
    effective_at BIGINT NOT NULL,
    lines_digest TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    stage TEXT COLLATE "C" NOT NULL,
    made_by TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    made_at BIGINT NOT NULL,
    request_id TEXT COLLATE "C",
    approved_at BIGINT,
    started_at BIGINT,
    ended_at BIGINT,
    -- Numbers of people, as JSON.
    counts TEXT COLLATE "C" NOT NULL,
    results TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX roster_plan_listing ON roster_plan (made_at, id);
-- What time has something to do with.
CREATE INDEX roster_plan_due ON roster_plan (effective_at, id) WHERE stage IN ('approved', 'running');

CREATE TABLE roster_line (
    plan_id TEXT COLLATE "C" NOT NULL REFERENCES roster_plan (id),
    -- From 1, by login.
    place BIGINT NOT NULL,
    -- The account; of somebody new the id that it will have.
    person TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    -- NULL for somebody new.
    section_from TEXT COLLATE "C",
    section_to TEXT COLLATE "C" NOT NULL,
    -- Whether what the person has in hand goes to somebody else.
    hands_over BIGINT NOT NULL,
    -- How he stands and is to stand, as JSON.
    entry TEXT COLLATE "C" NOT NULL,
    -- Who takes what is in hand, and what becomes of open requests.
    successor TEXT COLLATE "C" REFERENCES app_user (id),
    requests TEXT COLLATE "C" NOT NULL,
    -- NULL until the day has come and somebody looked at him; then a word, and why where it was not done.
    outcome TEXT COLLATE "C",
    why TEXT COLLATE "C" NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (plan_id, place)
);
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
    plan_id TEXT COLLATE "C" NOT NULL,
    place BIGINT NOT NULL,
    register_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    column_id TEXT COLLATE "C" NOT NULL,
    successor TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    PRIMARY KEY (plan_id, place, register_id, number, column_id),
    FOREIGN KEY (plan_id, place) REFERENCES roster_line (plan_id, place)
);

-- What a person applied for, whatever the zone.
CREATE INDEX request_of_applicant ON request (applicant, state, id);
