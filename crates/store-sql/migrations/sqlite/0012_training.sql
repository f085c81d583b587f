-- 研修: courses that were opened, how far people are, and their tries, SQLite. Its twin is ../postgres/0012_training.sql.
-- A person's course is a row of duty_task; here is what only courses have.
CREATE TABLE course_run (
    -- Made of the course and what it covers.
    id TEXT NOT NULL PRIMARY KEY,
    course TEXT NOT NULL,
    covers TEXT NOT NULL,
    due_on TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    opened_by TEXT NOT NULL REFERENCES app_user (id),
    closed_at INTEGER,
    closed_by TEXT REFERENCES app_user (id),
    version INTEGER NOT NULL
) STRICT;

CREATE INDEX course_run_course ON course_run (course, opened_at, id);
CREATE INDEX course_run_open ON course_run (opened_at, id) WHERE closed_at IS NULL;

CREATE TABLE course_progress (
    task_id TEXT NOT NULL PRIMARY KEY REFERENCES duty_task (id),
    progress TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE course_attempt (
    task_id TEXT NOT NULL REFERENCES duty_task (id),
    nth INTEGER NOT NULL,
    begun_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    passed INTEGER NOT NULL,
    -- The paper, what was chosen and what was right, as JSON; NULL once it was erased.
    answers TEXT,
    erase_at INTEGER,
    PRIMARY KEY (task_id, nth)
) STRICT;

CREATE INDEX course_attempt_erase ON course_attempt (erase_at, task_id, nth) WHERE erase_at IS NOT NULL;

-- What SQLite assumes of a city's numbers; see the first migration.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('course_run', 'course_run_course', '60 6 1 1'),
    ('course_run', 'course_run_open', '6 1 1'),
    ('course_attempt', 'course_attempt_erase', '30000 2 1 1');
