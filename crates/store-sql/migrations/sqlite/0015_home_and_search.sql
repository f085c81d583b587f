-- The first screen and searching, SQLite. Its twin is ../postgres/0015_home_and_search.sql.

-- What a person applied for and is not decided, or came back to him; and his permits.
CREATE INDEX request_with_applicant ON request (zone, applicant, submitted_at, id)
    WHERE state IN ('waiting', 'returned', 'pulled-back');
CREATE INDEX request_permit ON request (zone, applicant, submitted_at, id) WHERE permit IS NOT NULL;

-- What can be found by words, each thing once, with the number of its last change: an index of words on a node's disk holds
-- all changes up to a number, and reads those behind it. The row of kind 'house' names this database, so that an index of
-- another one is known as foreign; its number is none.
CREATE TABLE search_change (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX search_change_seq ON search_change (seq, kind, subject);

INSERT INTO search_change (kind, subject, seq) VALUES ('house', lower(hex(randomblob(16))), 0);
INSERT INTO search_change (kind, subject, seq)
    SELECT c.kind, c.subject, ROW_NUMBER() OVER (ORDER BY c.at, c.kind, c.subject) FROM (
        SELECT 'transfer' AS kind, id AS subject, submitted_at AS at FROM transfer
        UNION ALL SELECT 'request', id, submitted_at FROM request
        UNION ALL SELECT 'task', id, made_at FROM duty_task
        UNION ALL SELECT 'register-row', register_id || '/' || CAST(number AS TEXT), created_at FROM register_row
        UNION ALL SELECT 'user', id, created_at FROM app_user
        UNION ALL SELECT 'edition', id, proposed_at FROM policy_edition
    ) AS c;

-- What SQLite assumes of a city's numbers; see the first migration.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('request', 'request_with_applicant', '1000 330 2 1 1'),
    ('request', 'request_permit', '30000 10000 5 1 1'),
    ('search_change', 'search_change_seq', '600000 1 1 1');
