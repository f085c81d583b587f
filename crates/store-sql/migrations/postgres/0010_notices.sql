-- お知らせ: what people are told, and mails about it, PostgreSQL. Its twin is ../sqlite/0010_notices.sql.
CREATE TABLE notice (
    -- Made of kind, thing, occasion and person: none is made twice, whatever a program does.
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    kind TEXT COLLATE "C" NOT NULL,
    about_kind TEXT COLLATE "C" NOT NULL,
    about TEXT COLLATE "C" NOT NULL,
    occasion TEXT COLLATE "C" NOT NULL,
    -- The zones in which it can be opened, with spaces between; empty for all.
    zones TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    unnamed BIGINT NOT NULL,
    number BIGINT,
    due_at BIGINT,
    made_at BIGINT NOT NULL,
    -- 1 while what it waits for is not done.
    waits BIGINT NOT NULL,
    -- 1 while the bell counts it.
    unread BIGINT NOT NULL,
    ended_at BIGINT,
    -- When it is to go into a mail; NULL when it is not, or did.
    mail_at BIGINT,
    -- Whether that is the digest.
    digest BIGINT NOT NULL,
    -- The mail that names it.
    mail TEXT COLLATE "C"
);

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
    about_kind TEXT COLLATE "C" NOT NULL,
    about TEXT COLLATE "C" NOT NULL,
    look_at BIGINT NOT NULL,
    PRIMARY KEY (about_kind, about)
);

CREATE INDEX notice_look_due ON notice_look (look_at, about_kind, about);

-- What a person chose: 0 screen only, 1 digest, 2 at once.
CREATE TABLE notice_choice (
    person TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    kind TEXT COLLATE "C" NOT NULL,
    strength BIGINT NOT NULL,
    PRIMARY KEY (person, kind)
);

CREATE TABLE mail_address (
    person TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES app_user (id),
    address TEXT COLLATE "C" NOT NULL
);

CREATE TABLE mail (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    -- The day whose digest it is; NULL for one that went at once.
    digest_day TEXT COLLATE "C",
    made_at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    tries BIGINT NOT NULL,
    -- While it is to be sent.
    next_at BIGINT,
    leased_until BIGINT NOT NULL,
    error TEXT COLLATE "C",
    ended_at BIGINT
);

-- One digest a day for each person, whatever a program or a clock does.
CREATE UNIQUE INDEX mail_digest ON mail (person, digest_day);
CREATE INDEX mail_next ON mail (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX mail_state ON mail (state, made_at, id);
CREATE INDEX mail_ended ON mail (ended_at, state) WHERE ended_at IS NOT NULL;

-- Days whose mails are counted in evidence.
CREATE TABLE mail_day (
    day TEXT COLLATE "C" NOT NULL PRIMARY KEY
);
