-- Courses among the records whose retention ends, and files of courses, PostgreSQL. Its twin is ../sqlite/0018_course_records.sql.

-- Whether it stands among the records. Set once, as at requests, tasks and rows.
ALTER TABLE course_run ADD COLUMN recorded BIGINT NOT NULL DEFAULT 0;
CREATE INDEX course_run_unrecorded ON course_run (course, closed_at, id)
    WHERE recorded = 0 AND closed_at IS NOT NULL;
-- The years of courses that begin by themselves.
CREATE INDEX duty_task_course_year ON duty_task (duty, fiscal_year, covers_key) WHERE recorded = 0 AND recurs = 0;

-- What stays of the tasks of a course that were forgotten with its record: how many there were and what became of them.
CREATE TABLE course_tally (
    -- The record, by its subject.
    record TEXT COLLATE "C" NOT NULL,
    section TEXT COLLATE "C" NOT NULL,
    due_month TEXT COLLATE "C" NOT NULL,
    duty TEXT COLLATE "C" NOT NULL,
    fiscal_year BIGINT NOT NULL,
    asked BIGINT NOT NULL,
    done BIGINT NOT NULL,
    late BIGINT NOT NULL,
    waived BIGINT NOT NULL,
    overdue BIGINT NOT NULL,
    PRIMARY KEY (record, section, due_month)
);

CREATE INDEX course_tally_year ON course_tally (fiscal_year);
CREATE INDEX course_tally_section ON course_tally (section, fiscal_year);

-- Files as material of a course.
CREATE TABLE course_file (
    -- The record that they go with, by its subject.
    record TEXT COLLATE "C" NOT NULL,
    -- Bounds how many there are.
    place BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    -- Bytes, because a name may hold what a database's text may not.
    untrusted_name BYTEA NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    blob TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    added_by TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    PRIMARY KEY (record, place)
);

CREATE INDEX course_file_blob ON course_file (blob, zone);
