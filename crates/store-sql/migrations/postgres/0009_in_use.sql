-- What of the policy is in use: requests by their form, PostgreSQL. Its twin is ../sqlite/0009_in_use.sql.

CREATE INDEX request_form ON request (form, state);
