-- Rows of registers among the records whose retention ends, PostgreSQL. Its twin is
-- ../sqlite/0017_row_records.sql.

-- Whether it stands among the records. Set once, as at requests and tasks.
ALTER TABLE register_row ADD COLUMN recorded BIGINT NOT NULL DEFAULT 0;
CREATE INDEX register_row_unrecorded ON register_row (register_id, end_on, number)
    WHERE recorded = 0 AND end_on IS NOT NULL;
