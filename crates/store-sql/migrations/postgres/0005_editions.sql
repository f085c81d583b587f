-- 方針の版: editions of the policy, whole, and who has read what changed, PostgreSQL. Its twin is ../sqlite/0005_editions.sql.

CREATE TABLE policy_edition (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    pack TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    label TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    needs_analysis BIGINT NOT NULL,
    stage TEXT COLLATE "C" NOT NULL,
    -- Absent for what was in force before the first proposal.
    proposed_by TEXT COLLATE "C" REFERENCES app_user (id),
    proposed_at BIGINT NOT NULL,
    -- The edition whose place it took.
    before_id TEXT COLLATE "C" REFERENCES policy_edition (id),
    -- JSON, read and written with the edition only.
    analysis TEXT COLLATE "C",
    application TEXT COLLATE "C",
    approved_at BIGINT,
    effective_from BIGINT,
    adopted_at BIGINT,
    superseded_at BIGINT,
    published_at BIGINT,
    withdrawn_at BIGINT,
    version BIGINT NOT NULL
);
CREATE INDEX policy_edition_listing ON policy_edition (proposed_at, id);
CREATE INDEX policy_edition_stage ON policy_edition (stage, proposed_at, id);
CREATE INDEX policy_edition_published ON policy_edition (published_at, id);
-- One edition is in force, and one is on its way: whatever a program does.
CREATE UNIQUE INDEX policy_edition_one_in_force ON policy_edition ((1)) WHERE stage = 'in-force';
CREATE UNIQUE INDEX policy_edition_one_under_way ON policy_edition ((1)) WHERE stage IN ('applied', 'approved');

CREATE TABLE policy_edition_file (
    edition TEXT COLLATE "C" NOT NULL REFERENCES policy_edition (id),
    path TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (edition, path)
);

CREATE TABLE policy_reading (
    edition TEXT COLLATE "C" NOT NULL REFERENCES policy_edition (id),
    user_id TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    section TEXT COLLATE "C" NOT NULL,
    due_at BIGINT,
    confirmed_at BIGINT,
    PRIMARY KEY (edition, user_id)
);
CREATE INDEX policy_reading_open ON policy_reading (user_id, edition) WHERE confirmed_at IS NULL;
CREATE INDEX policy_reading_sections ON policy_reading (edition, section, confirmed_at);
