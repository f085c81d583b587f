//! The statements about notices and mails.

use super::{Bulk, Differing, Same, Sql};

macro_rules! notice_columns {
    () => {
        "SELECT n.id, n.person, n.kind, n.about_kind, n.about, n.occasion, n.zones, n.title, n.unnamed, n.number, \
         n.due_at, n.made_at, n.waits, n.unread, n.ended_at FROM notice n WHERE "
    };
}

/// Newest first.
macro_rules! notice_list {
    ($condition:literal, $at:literal, $id:literal, $limit:literal) => {
        Same(concat!(
            notice_columns!(),
            $condition,
            " AND (n.made_at, n.id) < (",
            $at,
            ", ",
            $id,
            ") ORDER BY n.made_at DESC, n.id DESC LIMIT ",
            $limit
        ))
    };
}

macro_rules! mail_columns {
    () => {
        "m.id, m.person, m.digest_day, m.made_at, m.state, m.tries, m.next_at, m.error"
    };
}

// The condition stands in the inner and the outer query: should two claimers choose the same row, the slower one sees the
// lease of the faster and takes nothing.
macro_rules! claim_mail_before {
    () => {
        "UPDATE mail SET leased_until = $2 WHERE id = (\
         SELECT m.id FROM mail m WHERE m.next_at <= $1 AND m.leased_until <= $1 ORDER BY m.next_at, m.id LIMIT 1"
    };
}
macro_rules! claim_mail_after {
    () => {
        ") AND leased_until <= $1 RETURNING id, person, digest_day, made_at, state, tries, next_at, error"
    };
}

statements! {
    UNREAD_NOTICES = Same(
        "SELECT COUNT(*) AS n FROM (SELECT 1 FROM notice n WHERE n.person = $1 AND n.unread = 1 LIMIT $2) AS c",
    );
    NOTICES_WAITING = notice_list!("n.person = $1 AND n.waits = 1", "$2", "$3", "$4");
    NOTICES_NEWS = notice_list!("n.person = $1 AND n.waits = 0", "$2", "$3", "$4");
    NOTICES_OF_KIND = notice_list!("n.person = $1 AND n.kind = $2", "$3", "$4", "$5");
    NOTICES_OF_MAIL = Same(concat!(notice_columns!(), "n.mail = $1 ORDER BY n.made_at, n.id"));
    // What does not wait has ended once it was read.
    READ_NOTICE = Same(
        "UPDATE notice SET unread = 0, mail_at = NULL, ended_at = CASE WHEN waits = 1 THEN ended_at ELSE $3 END \
         WHERE id = $2 AND person = $1 AND unread = 1",
    );
    READ_ALL_NOTICES = Same(
        "UPDATE notice SET unread = 0, mail_at = NULL, ended_at = CASE WHEN waits = 1 THEN ended_at ELSE $2 END \
         WHERE person = $1 AND unread = 1",
    );
    NOTICES_ABOUT =
        Same("SELECT n.id, n.person FROM notice n WHERE n.about_kind = $1 AND n.about = $2 AND n.waits = 1");
    END_NOTICE =
        Same("UPDATE notice SET waits = 0, unread = 0, ended_at = $2, mail_at = NULL WHERE id = $1 AND waits = 1");
    END_NOTICES_OF = Same(
        "UPDATE notice SET waits = 0, unread = 0, ended_at = $4, mail_at = NULL \
         WHERE about_kind = $1 AND about = $2 AND person = $3 AND waits = 1",
    );
    TELL_READERS = Same(
        "INSERT INTO notice (id, person, kind, about_kind, about, occasion, zones, title, unnamed, number, due_at, made_at, \
         waits, unread, ended_at, mail_at, digest, mail) \
         SELECT $1 || r.user_id, r.user_id, $2, $3, r.edition, '', '', $5, 0, NULL, $6, $7, 1, 1, NULL, \
         CASE WHEN COALESCE(c.strength, $8) >= 2 OR $9 >= 2 THEN CAST($10 AS BIGINT) \
         WHEN COALESCE(c.strength, $8) = 1 OR $9 = 1 THEN CAST($11 AS BIGINT) ELSE NULL END, \
         CASE WHEN COALESCE(c.strength, $8) >= 2 OR $9 >= 2 THEN 0 ELSE 1 END, NULL \
         FROM policy_reading r LEFT JOIN notice_choice c ON c.person = r.user_id AND c.kind = $2 \
         WHERE r.edition = $4 AND r.confirmed_at IS NULL ON CONFLICT (id) DO NOTHING RETURNING person",
    );
    PUT_LOOK = Same(
        "INSERT INTO notice_look (about_kind, about, look_at) VALUES ($1, $2, $3) \
         ON CONFLICT (about_kind, about) DO UPDATE SET look_at = excluded.look_at",
    );
    REMOVE_LOOK = Same("DELETE FROM notice_look WHERE about_kind = $1 AND about = $2");
    DUE_LOOKS = Same(
        "SELECT l.about_kind, l.about FROM notice_look l WHERE l.look_at <= $1 \
         ORDER BY l.look_at, l.about_kind, l.about LIMIT $2",
    );
    LOOK_AT_WAITING = Same(
        "INSERT INTO notice_look (about_kind, about, look_at) \
         SELECT DISTINCT n.about_kind, n.about, CAST($2 AS BIGINT) FROM notice n WHERE n.kind = $1 AND n.waits = 1 \
         ON CONFLICT (about_kind, about) DO UPDATE SET look_at = excluded.look_at",
    );
    ERASE_NOTICES = Same(
        "DELETE FROM notice WHERE id IN (\
         SELECT n.id FROM notice n WHERE n.waits = 0 AND n.made_at < $1 ORDER BY n.made_at, n.id LIMIT $2)",
    );
    ERASE_MAILS = Same(
        "DELETE FROM mail WHERE id IN (SELECT m.id FROM mail m WHERE m.ended_at < $1 ORDER BY m.ended_at LIMIT $2)",
    );
    OVERDUE_OF_SECTION =
        Same("SELECT COUNT(*) AS n FROM duty_task t WHERE t.section = $1 AND t.open_due_at <= $2");
    NOTICE_CHOICES = Same("SELECT c.kind, c.strength FROM notice_choice c WHERE c.person = $1");
    NOTICE_CHOICE = Same("SELECT c.strength FROM notice_choice c WHERE c.person = $1 AND c.kind = $2");
    FORGET_CHOICES = Same("DELETE FROM notice_choice WHERE person = $1");
    MAIL_ADDRESS = Same("SELECT a.address, a.own FROM mail_address a WHERE a.person = $1");
    PUT_ADDRESS = Same(
        "INSERT INTO mail_address (person, address, own) VALUES ($1, $2, $3) \
         ON CONFLICT (person) DO UPDATE SET address = excluded.address, \
         own = CASE WHEN mail_address.address = excluded.address THEN mail_address.own ELSE excluded.own END",
    );
    FORGET_ADDRESS = Same("DELETE FROM mail_address WHERE person = $1");
    DUE_MAIL_PEOPLE =
        Same("SELECT n.person FROM notice n WHERE n.mail_at <= $1 ORDER BY n.mail_at, n.person LIMIT $2");
    DIGEST_DUE = Same(
        "SELECT 1 AS due FROM notice n WHERE n.person = $1 AND n.mail_at <= $2 AND n.digest = 1 LIMIT 1",
    );
    INSERT_MAIL = Same(
        "INSERT INTO mail (id, person, digest_day, made_at, state, tries, next_at, leased_until, error, ended_at) \
         VALUES ($1, $2, $3, $4, 'waiting', 0, $4, 0, NULL, NULL) ON CONFLICT (person, digest_day) DO NOTHING",
    );
    REMOVE_MAIL = Same("DELETE FROM mail WHERE id = $1");
    DIGEST_LATER = Same(
        "UPDATE notice SET mail_at = $3 WHERE person = $1 AND mail_at <= $2 AND digest = 1",
    );
    PUT_INTO_MAIL = Same(
        "UPDATE notice SET mail = $3, mail_at = NULL \
         WHERE person = $1 AND mail_at IS NOT NULL AND (mail_at <= $2 OR digest = 0)",
    );
    FORGET_LATE_MAILS = Same("UPDATE notice SET mail_at = NULL WHERE mail_at < $1");
    MAIL_WAITS =
        Same("SELECT 1 AS waits FROM mail m WHERE m.next_at <= $1 AND m.leased_until <= $1 LIMIT 1");
    CLAIM_MAIL = Differing {
        lite: concat!(claim_mail_before!(), claim_mail_after!()),
        pg: concat!(claim_mail_before!(), " FOR UPDATE SKIP LOCKED", claim_mail_after!()),
    };
    MAIL_DONE = Same(
        "UPDATE mail SET state = $2, tries = tries + 1, next_at = $3, error = $4, ended_at = $5, leased_until = 0 \
         WHERE id = $1",
    );
    POSTPONE_MAIL =
        Same("UPDATE mail SET leased_until = 0, next_at = $2 WHERE id = $1 AND state = 'waiting'");
    MAILS = Same(concat!(
        "SELECT ",
        mail_columns!(),
        ", u.name AS person_name FROM mail m JOIN app_user u ON u.id = m.person WHERE m.state = $1 \
         AND (m.made_at, m.id) < ($2, $3) ORDER BY m.made_at DESC, m.id DESC LIMIT $4"
    ));
    MAILS_WAITING = Same(
        "SELECT COUNT(*) AS n FROM (SELECT 1 FROM mail m WHERE m.state = 'waiting' LIMIT $1) AS c",
    );
    TRY_MAIL_AGAIN = Same(
        "UPDATE mail SET state = 'waiting', next_at = $2, leased_until = 0, ended_at = NULL \
         WHERE id = $1 AND state IN ('refused', 'waiting') AND leased_until <= $2",
    );
    MAIL_TALLY = Same(
        "SELECT COUNT(CASE WHEN m.state = 'sent' THEN 1 END) AS sent, \
         COUNT(CASE WHEN m.state = 'refused' THEN 1 END) AS refused, \
         COUNT(CASE WHEN m.state = 'moot' THEN 1 END) AS moot \
         FROM mail m WHERE m.ended_at >= $1 AND m.ended_at < $2",
    );
    NOTE_MAIL_DAY = Same("INSERT INTO mail_day (day) VALUES ($1) ON CONFLICT (day) DO NOTHING");
}

/// New notices. One that is there stays as it is, unless it ended and waits again.
pub(crate) const INSERT_NOTICES: Bulk = Bulk {
    before: "INSERT INTO notice (id, person, kind, about_kind, about, occasion, zones, title, unnamed, number, due_at, made_at, \
             waits, unread, ended_at, mail_at, digest, mail) VALUES",
    columns: 18,
    after: " ON CONFLICT (id) DO UPDATE SET waits = 1, unread = 1, ended_at = NULL, made_at = excluded.made_at, \
            due_at = excluded.due_at, mail_at = excluded.mail_at, digest = excluded.digest, mail = NULL \
            WHERE notice.ended_at IS NOT NULL AND excluded.waits = 1 RETURNING person",
};

/// What a person chose.
pub(crate) const INSERT_CHOICES: Bulk =
    Bulk { before: "INSERT INTO notice_choice (person, kind, strength) VALUES", columns: 3, after: "" };
