-- What of the policy is in use: requests by their form, SQLite. Its twin is ../postgres/0009_in_use.sql.

CREATE INDEX request_form ON request (form, state);
