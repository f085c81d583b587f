-- 方針の取込み: imported texts under review, SQLite. Its twin is ../postgres/0006_imports.sql.
-- What a list shows; the state of a review is what was read with its steps made again.
CREATE TABLE policy_import (
    id TEXT NOT NULL PRIMARY KEY,
    layer TEXT NOT NULL,
    title TEXT NOT NULL,
    file TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    read_as TEXT NOT NULL,
    damaged INTEGER NOT NULL,
    chars INTEGER NOT NULL,
    -- Ids of packs, as JSON.
    against TEXT NOT NULL,
    state TEXT NOT NULL,
    statements INTEGER NOT NULL,
    decided INTEGER NOT NULL,
    imported_by TEXT NOT NULL REFERENCES app_user (id),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    -- The number of the last step.
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX policy_import_listing ON policy_import (created_at, id) WHERE state <> 'discarded';

-- The large part, apart so that lists do not read it. Erased when the import is given up.
CREATE TABLE policy_import_text (
    import_id TEXT NOT NULL PRIMARY KEY REFERENCES policy_import (id),
    source BLOB NOT NULL,
    reading BLOB NOT NULL
) STRICT;

-- The journal of the review; never changed. Two editors cannot make the same step.
CREATE TABLE policy_import_step (
    import_id TEXT NOT NULL REFERENCES policy_import (id),
    version INTEGER NOT NULL,
    made_by TEXT NOT NULL REFERENCES app_user (id),
    made_at INTEGER NOT NULL,
    -- As JSON.
    step TEXT NOT NULL,
    PRIMARY KEY (import_id, version)
) STRICT;
