-- 検査確認: files that pass unchanged on somebody's word, SQLite. Its twin is ../postgres/0003_inspection.sql.
-- Who opened which original in this round, as JSON: a handful, read and written with the transfer only.
ALTER TABLE transfer ADD COLUMN openings TEXT NOT NULL DEFAULT '[]';
-- How many of its files pass unchanged, for the lists.
ALTER TABLE transfer ADD COLUMN inspected_count INTEGER NOT NULL DEFAULT 0;
-- The words given with a decision, as JSON.
ALTER TABLE transfer_decision ADD COLUMN vouches TEXT NOT NULL DEFAULT '[]';
