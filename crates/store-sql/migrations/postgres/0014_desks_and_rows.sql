-- Requests: every step that is open, and the rows of registers they name; tasks about rows, PostgreSQL. Its twin is
-- ../sqlite/0014_desks_and_rows.sql.

-- Who may decide a request now: one line for each role and place, of all steps that are open side by side.
CREATE TABLE request_desk (
    request_id TEXT COLLATE "C" NOT NULL REFERENCES request (id),
    role TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    -- The request's own, so that a list walks one index.
    zone TEXT COLLATE "C" NOT NULL,
    submitted_at BIGINT NOT NULL,
    PRIMARY KEY (request_id, role, scope)
);
CREATE INDEX request_desk_open ON request_desk (zone, role, scope, submitted_at, request_id);
INSERT INTO request_desk (request_id, role, scope, zone, submitted_at)
    SELECT id, open_role, open_scope, zone, submitted_at FROM request WHERE open_role IS NOT NULL;
DROP INDEX request_open;
ALTER TABLE request DROP COLUMN open_role;
ALTER TABLE request DROP COLUMN open_scope;

CREATE TABLE request_register_row (
    request_id TEXT COLLATE "C" NOT NULL REFERENCES request (id),
    register_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    submitted_at BIGINT NOT NULL,
    -- Whether its permit lets the row be along with somebody until it is given back.
    owes BIGINT NOT NULL,
    PRIMARY KEY (request_id, register_id, number),
    FOREIGN KEY (register_id, number) REFERENCES register_row (register_id, number)
);
CREATE INDEX request_register_row_newest ON request_register_row (register_id, number, submitted_at, request_id);
CREATE INDEX request_register_row_owes ON request_register_row (register_id, number, submitted_at, request_id)
    WHERE owes = 1;

-- The row that a task is about; both or none.
ALTER TABLE duty_task ADD COLUMN row_register TEXT COLLATE "C";
ALTER TABLE duty_task ADD COLUMN row_number BIGINT;
-- Why it ended without being done, when what it was about is no more.
ALTER TABLE duty_task ADD COLUMN dropped TEXT COLLATE "C";
CREATE INDEX duty_task_row ON duty_task (row_register, row_number, id)
    WHERE open_due_at IS NOT NULL AND row_register IS NOT NULL;

-- How far the rows of a register were brought to the rules of the policy in force.
CREATE TABLE register_rules (
    register_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- Names the rules.
    rules TEXT COLLATE "C" NOT NULL,
    -- The last row that was looked at, from the highest down; NULL: all were.
    after_number BIGINT
);
