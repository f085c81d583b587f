-- 実施事項: tasks of duties, with what was reported, SQLite. Its twin is ../postgres/0008_duties.sql.
CREATE TABLE duty_task (
    -- Made of the duty, what it covers and for whom it is: no task is made twice, whatever a program does.
    id TEXT NOT NULL PRIMARY KEY,
    duty TEXT NOT NULL,
    title TEXT NOT NULL,
    scope TEXT NOT NULL,
    -- NULL for the body's own.
    section TEXT,
    person TEXT REFERENCES app_user (id),
    -- A period or an event, as JSON; its key, its days, and the fiscal year in which it begins.
    covers TEXT NOT NULL,
    covers_key TEXT NOT NULL,
    recurs INTEGER NOT NULL,
    first_on TEXT NOT NULL,
    last_on TEXT NOT NULL,
    fiscal_year INTEGER NOT NULL,
    nth INTEGER NOT NULL,
    times INTEGER NOT NULL,
    due_on TEXT NOT NULL,
    due_month TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    terms TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    -- What people wrote, as JSON.
    report TEXT,
    returned TEXT,
    confirmed TEXT,
    waiver TEXT,
    done_on TEXT,
    late INTEGER NOT NULL,
    ended_at INTEGER,
    reminded INTEGER NOT NULL,
    overdue_at INTEGER,
    escalated INTEGER NOT NULL,
    -- Who acts next; NULL once it has ended.
    desk TEXT,
    -- The moment from which it is overdue, while it is to be done.
    open_due_at INTEGER,
    -- The next moment at which time has something to say.
    alarm_at INTEGER,
    version INTEGER NOT NULL
) STRICT;

CREATE INDEX duty_task_desk ON duty_task (desk, due_at, id) WHERE desk IS NOT NULL;
CREATE INDEX duty_task_open ON duty_task (open_due_at, id) WHERE open_due_at IS NOT NULL;
CREATE INDEX duty_task_open_section ON duty_task (section, open_due_at, id) WHERE open_due_at IS NOT NULL;
CREATE INDEX duty_task_alarm ON duty_task (alarm_at, id) WHERE alarm_at IS NOT NULL;
CREATE INDEX duty_task_all ON duty_task (due_at, id);
CREATE INDEX duty_task_section ON duty_task (section, due_at, id);
CREATE INDEX duty_task_person ON duty_task (person, due_at, id) WHERE person IS NOT NULL;
CREATE INDEX duty_task_duty ON duty_task (duty, due_at, id);
CREATE INDEX duty_task_duty_section ON duty_task (duty, section, due_at, id);
CREATE INDEX duty_task_slot ON duty_task (duty, covers_key, nth, id);
CREATE INDEX duty_task_newest ON duty_task (duty, recurs, last_on, first_on, state, late, open_due_at);
-- Everything that a year's picture counts, so that the rows themselves are not read.
CREATE INDEX duty_task_year ON duty_task (fiscal_year, duty, section, due_month, state, late, open_due_at);
CREATE INDEX duty_task_year_section ON duty_task (section, fiscal_year, duty, due_month, state, late, open_due_at);

-- The files of reports: what keeps them from being erased. What they are called stands in the report.
CREATE TABLE duty_task_file (
    task_id TEXT NOT NULL REFERENCES duty_task (id),
    place INTEGER NOT NULL,
    zone TEXT NOT NULL,
    blob TEXT NOT NULL,
    PRIMARY KEY (task_id, place)
) STRICT;

CREATE INDEX duty_task_file_blob ON duty_task_file (blob, zone);

-- What SQLite assumes of a city's numbers; see the first migration.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('duty_task', 'duty_task_desk', '20000 3 1 1'),
    ('duty_task', 'duty_task_open', '20000 60 1'),
    ('duty_task', 'duty_task_open_section', '20000 200 3 1'),
    ('duty_task', 'duty_task_alarm', '20000 60 1'),
    ('duty_task', 'duty_task_all', '100000 500 1'),
    ('duty_task', 'duty_task_section', '100000 1000 20 1'),
    ('duty_task', 'duty_task_person', '80000 12 2 1'),
    ('duty_task', 'duty_task_duty', '100000 4000 200 1'),
    ('duty_task', 'duty_task_duty_section', '100000 4000 40 2 1'),
    ('duty_task', 'duty_task_slot', '100000 4000 300 250 1'),
    ('duty_task', 'duty_task_newest', '100000 4000 4000 300 300 100 50 20'),
    ('duty_task', 'duty_task_year', '100000 33000 1300 13 5 3 3 1'),
    ('duty_task', 'duty_task_year_section', '100000 1000 330 13 5 3 3 1');
