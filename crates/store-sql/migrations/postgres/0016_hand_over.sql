-- 引継ぎ of permits: who keeps what was permitted to another, or is to, and what a personnel change says about that, PostgreSQL. Its twin is ../sqlite/0016_hand_over.sql.
CREATE TABLE request_keeper (
    request_id TEXT COLLATE "C" NOT NULL REFERENCES request (id),
    person TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    -- As the request has them, so that a person's are found in one walk.
    zone TEXT COLLATE "C" NOT NULL,
    submitted_at BIGINT NOT NULL,
    PRIMARY KEY (request_id, person)
);
CREATE INDEX request_keeper_person ON request_keeper (person, zone, submitted_at, request_id);

-- Permits that somebody takes over; all others are given back.
CREATE TABLE roster_permit (
    plan_id TEXT COLLATE "C" NOT NULL,
    place BIGINT NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL REFERENCES request (id),
    successor TEXT COLLATE "C" NOT NULL REFERENCES app_user (id),
    PRIMARY KEY (plan_id, place, request_id),
    FOREIGN KEY (plan_id, place) REFERENCES roster_line (plan_id, place)
);
