-- Rows of registers among the records whose retention ends, SQLite. Its twin is
-- ../postgres/0017_row_records.sql.

-- Whether it stands among the records. Set once, as at requests and tasks.
ALTER TABLE register_row ADD COLUMN recorded INTEGER NOT NULL DEFAULT 0;
CREATE INDEX register_row_unrecorded ON register_row (register_id, end_on, number)
    WHERE recorded = 0 AND end_on IS NOT NULL;

-- What SQLite assumes of a city's numbers; see the first migration.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('register_row', 'register_row_unrecorded', '8000 800 4 1');
