-- 研修: courses that were opened, how far people are, and their tries, PostgreSQL. Its twin is ../sqlite/0012_training.sql.
-- A person's course is a row of duty_task; here is what only courses have.
CREATE TABLE course_run (
    -- Made of the course and what it covers.
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    course TEXT COLLATE "C" NOT NULL,
    covers TEXT COLLATE "C" NOT NULL,
    due_on TEXT COLLATE "C" NOT NULL,
    opened_at BIGINT NOT NULL,
    opened_by TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    closed_at BIGINT,
    closed_by TEXT COLLATE "C" REFERENCES app_user (id),
    version BIGINT NOT NULL
);

CREATE INDEX course_run_course ON course_run (course, opened_at, id);
CREATE INDEX course_run_open ON course_run (opened_at, id) WHERE closed_at IS NULL;

CREATE TABLE course_progress (
    task_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES duty_task (id),
    progress TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE course_attempt (
    task_id TEXT COLLATE "C" NOT NULL REFERENCES duty_task (id),
    nth BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    passed BIGINT NOT NULL,
    -- The paper, what was chosen and what was right, as JSON; NULL once it was erased.
    answers TEXT COLLATE "C",
    erase_at BIGINT,
    PRIMARY KEY (task_id, nth)
);

CREATE INDEX course_attempt_erase ON course_attempt (erase_at, task_id, nth) WHERE erase_at IS NOT NULL;
