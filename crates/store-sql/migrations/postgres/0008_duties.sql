-- 実施事項: tasks of duties, with what was reported, PostgreSQL. Its twin is ../sqlite/0008_duties.sql.
CREATE TABLE duty_task (
    -- Made of the duty, what it covers and for whom it is: no task is made twice, whatever a program does.
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    duty TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    -- NULL for the body's own.
    section TEXT COLLATE "C",
    person TEXT COLLATE "C" REFERENCES app_user (id),
    -- A period or an event, as JSON; its key, its days, and the fiscal year in which it begins.
    covers TEXT COLLATE "C" NOT NULL,
    covers_key TEXT COLLATE "C" NOT NULL,
    recurs BIGINT NOT NULL,
    first_on TEXT COLLATE "C" NOT NULL,
    last_on TEXT COLLATE "C" NOT NULL,
    fiscal_year BIGINT NOT NULL,
    nth BIGINT NOT NULL,
    times BIGINT NOT NULL,
    due_on TEXT COLLATE "C" NOT NULL,
    due_month TEXT COLLATE "C" NOT NULL,
    due_at BIGINT NOT NULL,
    terms TEXT COLLATE "C" NOT NULL,
    made_at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    -- What people wrote, as JSON.
    report TEXT COLLATE "C",
    returned TEXT COLLATE "C",
    confirmed TEXT COLLATE "C",
    waiver TEXT COLLATE "C",
    done_on TEXT COLLATE "C",
    late BIGINT NOT NULL,
    ended_at BIGINT,
    reminded BIGINT NOT NULL,
    overdue_at BIGINT,
    escalated BIGINT NOT NULL,
    -- Who acts next; NULL once it has ended.
    desk TEXT COLLATE "C",
    -- The moment from which it is overdue, while it is to be done.
    open_due_at BIGINT,
    -- The next moment at which time has something to say.
    alarm_at BIGINT,
    version BIGINT NOT NULL
);

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
    task_id TEXT COLLATE "C" NOT NULL REFERENCES duty_task (id),
    place BIGINT NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    blob TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (task_id, place)
);

CREATE INDEX duty_task_file_blob ON duty_task_file (blob, zone);
