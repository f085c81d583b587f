-- 方針の取込み: imported texts under review, PostgreSQL. Its twin is ../sqlite/0006_imports.sql.
-- What a list shows; the state of a review is what was read with its steps made again.
CREATE TABLE policy_import (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    layer TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    file TEXT COLLATE "C" NOT NULL,
    file_sha256 TEXT COLLATE "C" NOT NULL,
    read_as TEXT COLLATE "C" NOT NULL,
    damaged BIGINT NOT NULL,
    chars BIGINT NOT NULL,
    -- Ids of packs, as JSON.
    against TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    statements BIGINT NOT NULL,
    decided BIGINT NOT NULL,
    imported_by TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    -- The number of the last step.
    version BIGINT NOT NULL
);
CREATE INDEX policy_import_listing ON policy_import (created_at, id) WHERE state <> 'discarded';

-- The large part, apart so that lists do not read it. Erased when the import is given up.
CREATE TABLE policy_import_text (
    import_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES policy_import (id),
    source BYTEA NOT NULL,
    reading BYTEA NOT NULL
);

-- The journal of the review; never changed. Two editors cannot make the same step.
CREATE TABLE policy_import_step (
    import_id TEXT COLLATE "C" NOT NULL REFERENCES policy_import (id),
    version BIGINT NOT NULL,
    made_by TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    made_at BIGINT NOT NULL,
    -- As JSON.
    step TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (import_id, version)
);
