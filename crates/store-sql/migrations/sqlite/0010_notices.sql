-- お知らせ: what people are told, and mails about it, SQLite. Its twin is ../postgres/0010_notices.sql.
CREATE TABLE notice (
    -- Made of kind, thing, occasion and person: none is made twice, whatever a program does.
    id TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES app_user (id),
    kind TEXT NOT NULL,
    about_kind TEXT NOT NULL,
    about TEXT NOT NULL,
    occasion TEXT NOT NULL,
    -- The zones in which it can be opened, with spaces between; empty for all.
    zones TEXT NOT NULL,
    title TEXT NOT NULL,
    unnamed INTEGER NOT NULL,
    number INTEGER,
    due_at INTEGER,
    made_at INTEGER NOT NULL,
    -- 1 while what it waits for is not done.
    waits INTEGER NOT NULL,
    -- 1 while the bell counts it.
    unread INTEGER NOT NULL,
    ended_at INTEGER,
    -- When it is to go into a mail; NULL when it is not, or did.
    mail_at INTEGER,
    -- Whether that is the digest.
    digest INTEGER NOT NULL,
    -- The mail that names it.
    mail TEXT
) STRICT;

CREATE INDEX notice_unread ON notice (person) WHERE unread = 1;
CREATE INDEX notice_waiting ON notice (person, made_at, id) WHERE waits = 1;
CREATE INDEX notice_news ON notice (person, made_at, id) WHERE waits = 0;
CREATE INDEX notice_kind ON notice (person, kind, made_at, id);
CREATE INDEX notice_about ON notice (about_kind, about, person) WHERE waits = 1;
CREATE INDEX notice_waiting_kind ON notice (kind, about_kind, about) WHERE waits = 1;
CREATE INDEX notice_mail_due ON notice (mail_at, person) WHERE mail_at IS NOT NULL;
CREATE INDEX notice_mail_person ON notice (person, mail_at) WHERE mail_at IS NOT NULL;
CREATE INDEX notice_mail ON notice (mail, made_at, id) WHERE mail IS NOT NULL;
CREATE INDEX notice_old ON notice (made_at, id) WHERE waits = 0;

-- When the notices of a thing are to be looked at again, because time changes them.
CREATE TABLE notice_look (
    about_kind TEXT NOT NULL,
    about TEXT NOT NULL,
    look_at INTEGER NOT NULL,
    PRIMARY KEY (about_kind, about)
) STRICT;

CREATE INDEX notice_look_due ON notice_look (look_at, about_kind, about);

-- What a person chose: 0 screen only, 1 digest, 2 at once.
CREATE TABLE notice_choice (
    person TEXT NOT NULL REFERENCES app_user (id),
    kind TEXT NOT NULL,
    strength INTEGER NOT NULL,
    PRIMARY KEY (person, kind)
) STRICT;

CREATE TABLE mail_address (
    person TEXT NOT NULL PRIMARY KEY REFERENCES app_user (id),
    address TEXT NOT NULL
) STRICT;

CREATE TABLE mail (
    id TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES app_user (id),
    -- The day whose digest it is; NULL for one that went at once.
    digest_day TEXT,
    made_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    -- While it is to be sent.
    next_at INTEGER,
    leased_until INTEGER NOT NULL,
    error TEXT,
    ended_at INTEGER
) STRICT;

-- One digest a day for each person, whatever a program or a clock does.
CREATE UNIQUE INDEX mail_digest ON mail (person, digest_day);
CREATE INDEX mail_next ON mail (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX mail_state ON mail (state, made_at, id);
CREATE INDEX mail_ended ON mail (ended_at, state) WHERE ended_at IS NOT NULL;

-- Days whose mails are counted in evidence.
CREATE TABLE mail_day (
    day TEXT NOT NULL PRIMARY KEY
) STRICT;

-- What SQLite assumes of a city's numbers; see the first migration.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('notice', 'notice_unread', '30000 5'),
    ('notice', 'notice_waiting', '30000 5 1 1'),
    ('notice', 'notice_news', '500000 80 1 1'),
    ('notice', 'notice_kind', '530000 85 10 1 1'),
    ('notice', 'notice_about', '30000 8000 2 1'),
    ('notice', 'notice_waiting_kind', '30000 2000 2000 2'),
    ('notice', 'notice_mail_due', '5000 100 1'),
    ('notice', 'notice_mail_person', '5000 2 1'),
    ('notice', 'notice_mail', '300000 3 1 1'),
    ('notice', 'notice_old', '500000 1 1'),
    ('notice_look', 'notice_look_due', '2000 1 1 1'),
    ('mail', 'mail_digest', '200000 30 1'),
    ('mail', 'mail_next', '500 1 1'),
    ('mail', 'mail_state', '200000 50000 1 1'),
    ('mail', 'mail_ended', '200000 1 1');
