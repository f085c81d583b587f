-- Registers: rows, what they are found by, and their history, SQLite. Its twin is ../postgres/0007_registers.sql.
CREATE TABLE register_row (
    register_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    -- NULL in a register of the whole body.
    section TEXT,
    -- The values by the column's id, as JSON. No statement looks into it.
    content TEXT NOT NULL,
    waits INTEGER NOT NULL,
    end_on TEXT,
    end_reason TEXT,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (register_id, number)
) STRICT;

-- The words of a row, apart so that a search does not read the values.
CREATE TABLE register_words (
    register_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (register_id, number),
    FOREIGN KEY (register_id, number) REFERENCES register_row (register_id, number)
) STRICT, WITHOUT ROWID;

-- One line for each condition that a row fits: the value of a column, and, under names that no column has, the stage: '@in-use',
-- '@waiting', '@ended', each with an empty value and with the section, and '@any' with an empty value. A list walks the primary key
-- from one number down. Written with its row only, so it needs no foreign key, which would cost a step for each line.
CREATE TABLE register_key (
    register_id TEXT NOT NULL,
    column_id TEXT NOT NULL,
    value TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (register_id, column_id, value, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX register_key_of_row ON register_key (register_id, number, column_id, value);

CREATE TABLE register_link (
    register_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    column_id TEXT NOT NULL,
    to_register TEXT NOT NULL,
    to_number INTEGER NOT NULL,
    PRIMARY KEY (register_id, number, column_id, to_number),
    FOREIGN KEY (register_id, number) REFERENCES register_row (register_id, number),
    FOREIGN KEY (to_register, to_number) REFERENCES register_row (register_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX register_link_to ON register_link (to_register, to_number, register_id, column_id, number);

-- Values that no two rows in use share.
CREATE TABLE register_unique (
    register_id TEXT NOT NULL,
    column_id TEXT NOT NULL,
    value TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (register_id, column_id, value),
    FOREIGN KEY (register_id, number) REFERENCES register_row (register_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX register_unique_of_row ON register_unique (register_id, number);

-- Never changed: every version that a row ever had.
CREATE TABLE register_history (
    register_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    -- NULL: the system itself.
    made_by TEXT REFERENCES app_user (id),
    -- What led to it, as JSON.
    cause TEXT NOT NULL,
    request_id TEXT REFERENCES request (id),
    reason TEXT NOT NULL,
    -- Column, old and new, as JSON.
    changes TEXT NOT NULL,
    PRIMARY KEY (register_id, number, version),
    FOREIGN KEY (register_id, number) REFERENCES register_row (register_id, number)
) STRICT, WITHOUT ROWID;

-- Conditions of a list that somebody keeps for himself.
CREATE TABLE register_filter (
    user_id TEXT NOT NULL REFERENCES app_user (id),
    register_id TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, register_id, name)
) STRICT;

-- What SQLite assumes of a city's numbers; see the first migration.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('register_row', 'sqlite_autoindex_register_row_1', '40000 4000 1'),
    ('register_words', 'register_words', '40000 4000 1'),
    ('register_key', 'register_key', '500000 50000 5000 50 1'),
    ('register_key', 'register_key_of_row', '500000 50000 12 1 1'),
    ('register_link', 'register_link', '20000 2000 2 2 1'),
    ('register_link', 'register_link_to', '20000 10000 2 2 1 1'),
    ('register_unique', 'register_unique', '40000 4000 2000 1'),
    ('register_history', 'register_history', '100000 10000 3 1');
