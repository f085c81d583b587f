//! The statements about personnel changes.
//!
//! What the people of a plan have in hand is found by walking the plan's lines along an index and, for each, the thing's own index.

use super::{Bulk, Differing, Same, Sql};

macro_rules! plan_columns {
    () => {
        "p.id, p.source, p.form, p.day, p.effective_at, p.lines_digest, p.digest, p.stage, p.made_by, p.made_at, \
         p.request_id, p.approved_at, p.started_at, p.ended_at, p.counts, p.results, p.version"
    };
}

macro_rules! line_columns {
    () => {
        "l.plan_id, l.place, l.entry, l.successor, l.requests, l.outcome, l.why"
    };
}

macro_rules! line_list {
    ($condition:literal) => {
        Same(concat!(
            "SELECT ",
            line_columns!(),
            " FROM roster_line l WHERE l.plan_id = $1 AND l.place > $2",
            $condition,
            " ORDER BY l.place LIMIT $3"
        ))
    };
}

statements! {
    // The people of a page are found first, so that those who hold several posts do not shorten it. They come in no order.
    ROSTER_PEOPLE = Same(
        "SELECT c.id, c.login, c.name, c.kana, c.section, c.enabled, p.post, p.unit, a.address, a.own \
         FROM (SELECT u.id, u.login, u.name, u.kana, u.section, u.enabled FROM app_user u WHERE u.id > $1 \
         ORDER BY u.id LIMIT $2) AS c LEFT JOIN post_holding p ON p.user_id = c.id AND p.from_at <= $3 \
         AND (p.until_at IS NULL OR p.until_at > $3) LEFT JOIN mail_address a ON a.person = c.id"
    );
    COUNT_HOLDERS = Same(
        "SELECT COUNT(*) AS n FROM post_holding p JOIN app_user u ON u.id = p.user_id \
         WHERE p.post = $1 AND COALESCE(p.unit, '') = $2 AND p.from_at <= $3 \
         AND (p.until_at IS NULL OR p.until_at > $3) AND u.enabled = 1"
    );
    POST_HISTORY = Same(
        "SELECT user_id, post, unit, from_at, until_at FROM post_holding WHERE user_id = $1 LIMIT $2"
    );
    ROSTER_PLAN = Same(concat!("SELECT ", plan_columns!(), " FROM roster_plan p WHERE p.id = $1"));
    ROSTER_PLAN_TO_CHANGE = Differing {
        lite: concat!("SELECT ", plan_columns!(), " FROM roster_plan p WHERE p.id = $1"),
        pg: concat!("SELECT ", plan_columns!(), " FROM roster_plan p WHERE p.id = $1 FOR UPDATE"),
    };
    ROSTER_PLANS = Same(concat!(
        "SELECT ", plan_columns!(),
        " FROM roster_plan p WHERE (p.made_at, p.id) < ($1, $2) ORDER BY p.made_at DESC, p.id DESC LIMIT $3"
    ));
    ROSTERS_DUE = Same(
        "SELECT p.id FROM roster_plan p WHERE p.stage IN ('approved', 'running') AND p.effective_at <= $1 \
         ORDER BY p.effective_at, p.id LIMIT $2"
    );
    INSERT_ROSTER_PLAN = Same(
        "INSERT INTO roster_plan (id, source, form, day, effective_at, lines_digest, digest, stage, made_by, made_at, \
         request_id, approved_at, started_at, ended_at, counts, results, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
    );
    UPDATE_ROSTER_PLAN = Same(
        "UPDATE roster_plan SET source = $2, form = $3, day = $4, effective_at = $5, lines_digest = $6, digest = $7, \
         stage = $8, made_by = $9, made_at = $10, request_id = $11, approved_at = $12, started_at = $13, ended_at = $14, \
         counts = $15, results = $16, version = $17 + 1 WHERE id = $1 AND version = $17"
    );
    ROSTER_LINES = line_list!("");
    ROSTER_LINES_OPEN = line_list!(" AND l.outcome IS NULL");
    ROSTER_LINES_KIND = line_list!(" AND l.kind = $4");
    ROSTER_LINES_OUTCOME = line_list!(" AND l.outcome = $4");
    ROSTER_LINES_FROM = line_list!(" AND l.section_from = $4");
    ROSTER_LINES_TO = line_list!(" AND l.section_to = $4");
    ROSTER_LINES_OF = Same(concat!(
        "SELECT ", line_columns!(), " FROM roster_line l WHERE l.person = $1 ORDER BY l.plan_id DESC LIMIT $2"
    ));
    ROSTER_SECTIONS_FROM = Same(
        "SELECT l.section_from AS section, l.kind, COUNT(*) AS n FROM roster_line l \
         WHERE l.plan_id = $1 AND l.section_from >= '' GROUP BY l.section_from, l.kind"
    );
    ROSTER_SECTIONS_TO = Same(
        "SELECT l.section_to AS section, l.kind, COUNT(*) AS n FROM roster_line l \
         WHERE l.plan_id = $1 GROUP BY l.section_to, l.kind"
    );
    ROSTER_OUTCOMES = Same(
        "SELECT l.outcome, COUNT(*) AS n FROM roster_line l WHERE l.plan_id = $1 AND l.outcome >= '' GROUP BY l.outcome"
    );
    ROSTER_CHOICES = Same(
        "SELECT l.place, l.successor, l.requests FROM roster_line l \
         WHERE l.plan_id = $1 AND l.hands_over = 1 AND l.successor IS NOT NULL ORDER BY l.place"
    );
    CHOOSE_SUCCESSOR = Same(
        "UPDATE roster_line SET successor = $3, requests = $4 WHERE plan_id = $1 AND place = $2 AND hands_over = 1"
    );
    CHOOSE_KEEPER = Same(
        "INSERT INTO roster_keeper (plan_id, place, register_id, number, column_id, successor) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (plan_id, place, register_id, number, column_id) \
         DO UPDATE SET successor = excluded.successor"
    );
    ROSTER_KEEPERS = Same(
        "SELECT k.place, k.register_id, k.number, k.column_id, k.successor FROM roster_keeper k \
         WHERE k.plan_id = $1 AND k.place >= $2 AND k.place <= $3 \
         ORDER BY k.place, k.register_id, k.number, k.column_id"
    );
    CHOOSE_PERMIT_KEEPER = Same(
        "INSERT INTO roster_permit (plan_id, place, request_id, successor) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (plan_id, place, request_id) DO UPDATE SET successor = excluded.successor"
    );
    FORGET_PERMIT_KEEPER = Same(
        "DELETE FROM roster_permit WHERE plan_id = $1 AND place = $2 AND request_id = $3"
    );
    ROSTER_PERMITS = Same(
        "SELECT k.place, k.request_id, k.successor FROM roster_permit k \
         WHERE k.plan_id = $1 AND k.place >= $2 AND k.place <= $3 ORDER BY k.place, k.request_id"
    );
    END_ROSTER_LINE = Same(
        "UPDATE roster_line SET outcome = $3, why = $4, ended_at = $5 WHERE plan_id = $1 AND place = $2"
    );
    REVOKE_TOKENS_OF = Same("UPDATE api_token SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL");

    // what is in hand
    REQUESTS_IN_HAND = Same(
        "SELECT l.place, r.id, r.number, r.title FROM roster_line l JOIN request r ON r.applicant = l.person \
         WHERE l.plan_id = $1 AND l.kind = 'leave' AND l.place >= $2 AND l.place <= $3 AND r.state = $5 \
         ORDER BY l.place LIMIT $4"
    );
    // Of movers too: what was permitted was permitted to somebody of the section that he leaves.
    PERMITS_IN_HAND = Same(
        "SELECT l.place, l.person, r.id, r.form, r.number, r.title, r.applicant, r.permit \
         FROM roster_line l JOIN request r ON r.applicant = l.person \
         WHERE l.plan_id = $1 AND l.hands_over = 1 AND (l.kind = 'leave' OR l.section_from <> l.section_to) \
         AND l.place >= $2 AND l.place <= $3 AND r.state = 'approved' AND r.permit IS NOT NULL \
         ORDER BY l.place LIMIT $4"
    );
    PERMITS_KEPT_IN_HAND = Same(
        "SELECT l.place, l.person, r.id, r.form, r.number, r.title, r.applicant, r.permit \
         FROM roster_line l JOIN request_keeper k ON k.person = l.person JOIN request r ON r.id = k.request_id \
         WHERE l.plan_id = $1 AND l.hands_over = 1 AND (l.kind = 'leave' OR l.section_from <> l.section_to) \
         AND l.place >= $2 AND l.place <= $3 AND r.state = 'approved' AND r.permit IS NOT NULL \
         ORDER BY l.place LIMIT $4"
    );
    TASKS_IN_HAND = Same(
        "SELECT l.place, t.id, t.title FROM roster_line l JOIN duty_task t ON t.person = l.person \
         WHERE l.plan_id = $1 AND l.kind = 'leave' AND l.place >= $2 AND l.place <= $3 AND t.state = 'open' \
         ORDER BY l.place LIMIT $4"
    );
    TRANSFERS_IN_HAND = Same(
        "SELECT l.place, t.id, t.number, t.subject FROM roster_line l \
         JOIN transfer_recipient c ON c.user_id = l.person JOIN transfer t ON t.id = c.transfer_id \
         WHERE l.plan_id = $1 AND l.kind = 'leave' AND l.place >= $2 AND l.place <= $3 AND c.to_zone = $5 \
         AND c.state = 'ready' AND c.received_at IS NULL ORDER BY l.place LIMIT $4"
    );
    ROWS_IN_HAND = Same(
        "SELECT l.place, k.register_id, k.number, k.column_id FROM roster_line l \
         JOIN register_key k ON k.register_id = $5 AND k.column_id = $6 AND k.value = l.person \
         WHERE l.plan_id = $1 AND l.hands_over = 1 AND l.place >= $2 AND l.place <= $3 \
         AND EXISTS (SELECT 1 FROM register_row r WHERE r.register_id = k.register_id AND r.number = k.number \
         AND r.end_on IS NULL) ORDER BY l.place, k.number LIMIT $4"
    );
}

/// The lines of a new plan.
pub(crate) const INSERT_ROSTER_LINES: Bulk = Bulk {
    before: "INSERT INTO roster_line (plan_id, place, person, kind, section_from, section_to, hands_over, entry, \
             successor, requests, outcome, why) VALUES",
    columns: 12,
    after: "",
};
