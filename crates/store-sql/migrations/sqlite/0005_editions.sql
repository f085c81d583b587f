-- 方針の版: editions of the policy, whole, and who has read what changed, SQLite. Its twin is ../postgres/0005_editions.sql.

CREATE TABLE policy_edition (
    id TEXT NOT NULL PRIMARY KEY,
    pack TEXT NOT NULL,
    title TEXT NOT NULL,
    label TEXT NOT NULL,
    digest TEXT NOT NULL,
    note TEXT NOT NULL,
    needs_analysis INTEGER NOT NULL,
    stage TEXT NOT NULL,
    -- Absent for what was in force before the first proposal.
    proposed_by TEXT REFERENCES app_user (id),
    proposed_at INTEGER NOT NULL,
    -- The edition whose place it took.
    before_id TEXT REFERENCES policy_edition (id),
    -- JSON, read and written with the edition only.
    analysis TEXT,
    application TEXT,
    approved_at INTEGER,
    effective_from INTEGER,
    adopted_at INTEGER,
    superseded_at INTEGER,
    published_at INTEGER,
    withdrawn_at INTEGER,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX policy_edition_listing ON policy_edition (proposed_at, id);
CREATE INDEX policy_edition_stage ON policy_edition (stage, proposed_at, id);
CREATE INDEX policy_edition_published ON policy_edition (published_at, id);
-- One edition is in force, and one is on its way: whatever a program does.
CREATE UNIQUE INDEX policy_edition_one_in_force ON policy_edition ((1)) WHERE stage = 'in-force';
CREATE UNIQUE INDEX policy_edition_one_under_way ON policy_edition ((1)) WHERE stage IN ('applied', 'approved');

CREATE TABLE policy_edition_file (
    edition TEXT NOT NULL REFERENCES policy_edition (id),
    path TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (edition, path)
) STRICT;

CREATE TABLE policy_reading (
    edition TEXT NOT NULL REFERENCES policy_edition (id),
    user_id TEXT NOT NULL REFERENCES app_user (id),
    section TEXT NOT NULL,
    due_at INTEGER,
    confirmed_at INTEGER,
    PRIMARY KEY (edition, user_id)
) STRICT;
CREATE INDEX policy_reading_open ON policy_reading (user_id, edition) WHERE confirmed_at IS NULL;
CREATE INDEX policy_reading_sections ON policy_reading (edition, section, confirmed_at);
