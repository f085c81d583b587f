//! The statements about records whose retention ends.

use super::{Differing, Same, Sql};

macro_rules! record_columns {
    () => {
        "r.kind, r.subject, r.label, r.title, r.form, r.section, r.zone, r.class, r.class_title, r.years, r.begun_on, \
         r.ended_on, r.destroyed_from, r.stage, r.hold_by, r.hold_at, r.hold_reason, r.hold_until, r.proposed_by, \
         r.proposed_at, r.decided_by, r.decided_at, r.destroyed_at, r.version"
    };
}

statements! {
    UNRECORDED_REQUESTS = Same(
        "SELECT id FROM request WHERE form = $1 AND changed_at < $2 AND recorded = 0 \
         AND state IN ('approved', 'rejected', 'withdrawn', 'expired') ORDER BY changed_at, id LIMIT $3",
    );
    UNRECORDED_TASKS = Same(
        "SELECT id FROM duty_task WHERE duty = $1 AND ended_at < $2 AND recorded = 0 AND ended_at IS NOT NULL \
         ORDER BY ended_at, id LIMIT $3",
    );
    UNRECORDED_ROWS = Same(
        "SELECT number FROM register_row WHERE register_id = $1 AND end_on < $2 AND recorded = 0 AND end_on IS NOT NULL \
         ORDER BY end_on, number LIMIT $3",
    );
    RECORD_REQUEST = Same("UPDATE request SET recorded = 1 WHERE id = $1 AND recorded = 0");
    RECORD_TASK = Same("UPDATE duty_task SET recorded = 1 WHERE id = $1 AND recorded = 0");
    RECORD_ROW =
        Same("UPDATE register_row SET recorded = 1 WHERE register_id = $1 AND number = $2 AND recorded = 0");
    // The row stays, with its number, its section and the days on which it began and ended.
    EMPTY_ROW = Same(
        "UPDATE register_row SET content = '{}', end_reason = '' \
         WHERE register_id = $1 AND number = $2 AND end_on IS NOT NULL",
    );
    EMPTY_ROW_WORDS = Same("UPDATE register_words SET words = '' WHERE register_id = $1 AND number = $2");
    // Conditions of columns go; the stage and the section, by which a row is listed, begin with a mark and stay.
    EMPTY_ROW_KEYS = Same(
        "DELETE FROM register_key WHERE register_id = $1 AND number = $2 AND column_id NOT LIKE '@%'",
    );
    EMPTY_ROW_HISTORY =
        Same("UPDATE register_history SET reason = '', changes = '[]' WHERE register_id = $1 AND number = $2");
    CLEAR_EVENT = Same("UPDATE duty_task SET covers = $2 WHERE id = $1");
    RECORD = Same(concat!("SELECT ", record_columns!(), " FROM record r WHERE r.kind = $1 AND r.subject = $2"));
    RECORD_TO_CHANGE = Differing {
        lite: concat!("SELECT ", record_columns!(), " FROM record r WHERE r.kind = $1 AND r.subject = $2"),
        pg: concat!("SELECT ", record_columns!(), " FROM record r WHERE r.kind = $1 AND r.subject = $2 FOR UPDATE"),
    };
    INSERT_RECORD = Same(
        "INSERT INTO record (kind, subject, label, title, form, section, zone, class, class_title, years, begun_on, \
         ended_on, destroyed_from, stage, hold_by, hold_at, hold_reason, hold_until, proposed_by, proposed_at, \
         decided_by, decided_at, destroyed_at, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
         $23, $24)",
    );
    UPDATE_RECORD = Same(
        "UPDATE record SET destroyed_from = $3, stage = $4, hold_by = $5, hold_at = $6, hold_reason = $7, \
         hold_until = $8, proposed_by = $9, proposed_at = $10, decided_by = $11, decided_at = $12, \
         destroyed_at = $13, version = $14 + 1 WHERE kind = $1 AND subject = $2 AND version = $14",
    );
    // Of one zone and one stage, the first due first. Values: zone, stage, last day, place before, limit.
    RECORDS_ENDING = Same(concat!(
        "SELECT ",
        record_columns!(),
        " FROM record r WHERE r.zone = $1 AND r.stage = $2 AND r.destroyed_from <= $3 \
         AND (r.destroyed_from, r.kind, r.subject) > ($4, $5, $6) \
         ORDER BY r.destroyed_from, r.kind, r.subject LIMIT $7"
    ));
    RECORD_BOOK = Same(concat!(
        "SELECT ",
        record_columns!(),
        " FROM record r WHERE r.zone = $1 AND r.stage = 'destroyed' \
         AND (r.destroyed_at, r.kind, r.subject) < ($2, $3, $4) \
         ORDER BY r.destroyed_at DESC, r.kind DESC, r.subject DESC LIMIT $5"
    ));
    RECORDS_DECIDED = Same(
        "SELECT kind, subject FROM record WHERE stage = 'decided' AND decided_at > 0 \
         ORDER BY decided_at, kind, subject LIMIT $1",
    );
    HOLDS_OVER = Same(
        "SELECT kind, subject FROM record WHERE stage = 'held' AND hold_until <= $1 \
         ORDER BY hold_until, kind, subject LIMIT $2",
    );
}
