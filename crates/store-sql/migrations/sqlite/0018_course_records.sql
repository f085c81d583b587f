-- Courses among the records whose retention ends, and files of courses, SQLite. Its twin is ../postgres/0018_course_records.sql.

-- Whether it stands among the records. Set once, as at requests, tasks and rows.
ALTER TABLE course_run ADD COLUMN recorded INTEGER NOT NULL DEFAULT 0;
CREATE INDEX course_run_unrecorded ON course_run (course, closed_at, id)
    WHERE recorded = 0 AND closed_at IS NOT NULL;
-- The years of courses that begin by themselves.
CREATE INDEX duty_task_course_year ON duty_task (duty, fiscal_year, covers_key) WHERE recorded = 0 AND recurs = 0;

-- What stays of the tasks of a course that were forgotten with its record: how many there were and what became of them.
CREATE TABLE course_tally (
    -- The record, by its subject.
    record TEXT NOT NULL,
    section TEXT NOT NULL,
    due_month TEXT NOT NULL,
    duty TEXT NOT NULL,
    fiscal_year INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    done INTEGER NOT NULL,
    late INTEGER NOT NULL,
    waived INTEGER NOT NULL,
    overdue INTEGER NOT NULL,
    PRIMARY KEY (record, section, due_month)
) STRICT;

CREATE INDEX course_tally_year ON course_tally (fiscal_year);
CREATE INDEX course_tally_section ON course_tally (section, fiscal_year);

-- Files as material of a course.
CREATE TABLE course_file (
    -- The record that they go with, by its subject.
    record TEXT NOT NULL,
    -- Bounds how many there are.
    place INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    -- Bytes, because a name may hold what a database's text may not.
    untrusted_name BLOB NOT NULL,
    zone TEXT NOT NULL,
    blob TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    added_at INTEGER NOT NULL,
    added_by TEXT NOT NULL REFERENCES app_user (id),
    PRIMARY KEY (record, place)
) STRICT;

CREATE INDEX course_file_blob ON course_file (blob, zone);

-- What SQLite assumes of a city's numbers; see the first migration.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('course_run', 'course_run_unrecorded', '40 6 2 1'),
    ('duty_task', 'duty_task_course_year', '6000 400 60 1'),
    ('course_tally', 'sqlite_autoindex_course_tally_1', '4000 80 2 1'),
    ('course_tally', 'course_tally_year', '4000 400'),
    ('course_tally', 'course_tally_section', '4000 60 6'),
    ('course_file', 'sqlite_autoindex_course_file_1', '60 1'),
    ('course_file', 'sqlite_autoindex_course_file_2', '60 3 1'),
    ('course_file', 'course_file_blob', '60 1 1');
