-- Who wrote where mails for a person go, PostgreSQL. Its twin is
-- ../sqlite/0019_own_mail_address.sql.

-- 1 he himself, 0 a table of a personnel change; NULL of addresses from before this was noted.
ALTER TABLE mail_address ADD COLUMN own BIGINT;
