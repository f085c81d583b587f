-- Registers: rows, what they are found by, and their history, PostgreSQL. Its twin is ../sqlite/0007_registers.sql.
CREATE TABLE register_row (
    register_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    -- NULL in a register of the whole body.
    section TEXT COLLATE "C",
    -- The values by the column's id, as JSON. No statement looks into it.
    content TEXT COLLATE "C" NOT NULL,
    waits BIGINT NOT NULL,
    end_on TEXT COLLATE "C",
    end_reason TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (register_id, number)
);

-- The words of a row, apart so that a search does not read the values.
CREATE TABLE register_words (
    register_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    words TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (register_id, number),
    FOREIGN KEY (register_id, number) REFERENCES register_row (register_id, number)
);

-- One line for each condition that a row fits: the value of a column, and, under names that no column has, the stage: '@in-use',
-- '@waiting', '@ended', each with an empty value and with the section, and '@any' with an empty value. A list walks the primary key
-- from one number down. Written with its row only, so it needs no foreign key, which would cost a step for each line.
CREATE TABLE register_key (
    register_id TEXT COLLATE "C" NOT NULL,
    column_id TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (register_id, column_id, value, number)
);
CREATE INDEX register_key_of_row ON register_key (register_id, number, column_id, value);

CREATE TABLE register_link (
    register_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    column_id TEXT COLLATE "C" NOT NULL,
    to_register TEXT COLLATE "C" NOT NULL,
    to_number BIGINT NOT NULL,
    PRIMARY KEY (register_id, number, column_id, to_number),
    FOREIGN KEY (register_id, number) REFERENCES register_row (register_id, number),
    FOREIGN KEY (to_register, to_number) REFERENCES register_row (register_id, number)
);
CREATE INDEX register_link_to ON register_link (to_register, to_number, register_id, column_id, number);

-- Values that no two rows in use share.
CREATE TABLE register_unique (
    register_id TEXT COLLATE "C" NOT NULL,
    column_id TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (register_id, column_id, value),
    FOREIGN KEY (register_id, number) REFERENCES register_row (register_id, number)
);
CREATE INDEX register_unique_of_row ON register_unique (register_id, number);

-- Never changed: every version that a row ever had.
CREATE TABLE register_history (
    register_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    -- NULL: the system itself.
    made_by TEXT COLLATE "C" REFERENCES app_user (id),
    -- What led to it, as JSON.
    cause TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" REFERENCES request (id),
    reason TEXT COLLATE "C" NOT NULL,
    -- Column, old and new, as JSON.
    changes TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (register_id, number, version),
    FOREIGN KEY (register_id, number) REFERENCES register_row (register_id, number)
);

-- Conditions of a list that somebody keeps for himself.
CREATE TABLE register_filter (
    user_id TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    register_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    query TEXT COLLATE "C" NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, register_id, name)
);

