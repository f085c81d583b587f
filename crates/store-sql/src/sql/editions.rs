//! The statements about editions of the policy and their readers.

use super::{Same, Sql};

macro_rules! edition_columns {
    () => {
        "e.id, e.pack, e.title, e.label, e.digest, e.note, e.needs_analysis, e.stage, e.proposed_by, e.proposed_at, \
         e.before_id, e.analysis, e.application, e.approved_at, e.effective_from, e.adopted_at, e.superseded_at, \
         e.published_at, e.withdrawn_at, e.version"
    };
}

statements! {
    EDITION = Same(concat!("SELECT ", edition_columns!(), " FROM policy_edition e WHERE e.id = $1"));
    EDITIONS = Same(concat!(
        "SELECT ",
        edition_columns!(),
        " FROM policy_edition e WHERE (e.proposed_at, e.id) < ($1, $2) ORDER BY e.proposed_at DESC, e.id DESC LIMIT $3"
    ));
    EDITION_AT_STAGE = Same(concat!(
        "SELECT ",
        edition_columns!(),
        " FROM policy_edition e WHERE e.stage = $1 ORDER BY e.proposed_at DESC, e.id DESC LIMIT 1"
    ));
    EDITION_PUBLISHED = Same(concat!(
        "SELECT ",
        edition_columns!(),
        " FROM policy_edition e WHERE e.published_at > 0 ORDER BY e.published_at DESC, e.id DESC LIMIT 1"
    ));
    INSERT_EDITION = Same(
        "INSERT INTO policy_edition (id, pack, title, label, digest, note, needs_analysis, stage, proposed_by, \
         proposed_at, before_id, analysis, application, approved_at, effective_from, adopted_at, superseded_at, \
         published_at, withdrawn_at, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
    );
    UPDATE_EDITION = Same(
        "UPDATE policy_edition SET pack = $2, title = $3, label = $4, digest = $5, note = $6, needs_analysis = $7, \
         stage = $8, proposed_by = $9, proposed_at = $10, before_id = $11, analysis = $12, application = $13, \
         approved_at = $14, effective_from = $15, adopted_at = $16, superseded_at = $17, published_at = $18, \
         withdrawn_at = $19, version = $20 + 1 WHERE id = $1 AND version = $20",
    );
    EDITION_FILES = Same("SELECT f.path, f.body FROM policy_edition_file f WHERE f.edition = $1 ORDER BY f.path");
    INSERT_EDITION_FILE = Same("INSERT INTO policy_edition_file (edition, path, body) VALUES ($1, $2, $3)");
    // People of the organisation who hold a post at a moment, each once however many posts he holds.
    ADD_READERS = Same(
        "INSERT INTO policy_reading (edition, user_id, section, due_at) \
         SELECT $1, u.id, u.section, $2 FROM post_holding h JOIN app_user u ON u.id = h.user_id \
         WHERE h.post = $3 AND h.from_at <= $4 AND (h.until_at IS NULL OR h.until_at > $4) AND u.enabled = 1 \
         ON CONFLICT (edition, user_id) DO NOTHING",
    );
    // One person who holds a post that an edition in force concerns.
    ADD_READER = Same(
        "INSERT INTO policy_reading (edition, user_id, section, due_at) \
         SELECT $1, u.id, u.section, $2 FROM app_user u WHERE u.id = $3 \
         ON CONFLICT (edition, user_id) DO NOTHING",
    );
    // What has not ended and is not only waiting to be taken: what goes by the rules of its channel still.
    TRANSFERS_UNDER_WAY = Same(
        "SELECT COUNT(*) AS n FROM transfer t \
         WHERE t.state IN ('sanitising', 'held', 'awaiting-approval', 'returned', 'pulled-back') AND t.channel = $1",
    );
    REQUESTS_UNDER_WAY = Same(
        "SELECT COUNT(*) AS n FROM request r \
         WHERE r.form = $1 AND r.state IN ('waiting', 'returned', 'pulled-back')",
    );
    POST_UNITS = Same(
        "SELECT h.unit FROM post_holding h JOIN app_user u ON u.id = h.user_id \
         WHERE h.post = $1 AND h.from_at <= $2 AND (h.until_at IS NULL OR h.until_at > $2) AND u.enabled = 1 \
         LIMIT $3",
    );
    READINGS_OPEN = Same(
        "SELECT r.edition, r.due_at, r.confirmed_at FROM policy_reading r \
         WHERE r.user_id = $1 AND r.confirmed_at IS NULL ORDER BY r.edition LIMIT $2",
    );
    READING = Same(
        "SELECT r.edition, r.due_at, r.confirmed_at FROM policy_reading r WHERE r.edition = $1 AND r.user_id = $2",
    );
    CONFIRM_READING = Same(
        "UPDATE policy_reading SET confirmed_at = $3 WHERE edition = $1 AND user_id = $2 AND confirmed_at IS NULL",
    );
    READING_RATES = Same(
        "SELECT r.section, COUNT(*) AS people, COUNT(r.confirmed_at) AS confirmed FROM policy_reading r \
         WHERE r.edition = $1 GROUP BY r.section ORDER BY r.section",
    );
}
