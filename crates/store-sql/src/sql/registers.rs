//! The statements about registers.
//!
//! A list walks `register_key` along one condition, from a number down, and looks each further condition up by the row's number.
//! Conditions that are not asked are given as [`ANY`], which every row fits, so that one text serves all lists.

use super::{Bulk, Differing, Same, Sql};

/// The name of the condition that every row fits.
pub(crate) const ANY: &str = "@any";

macro_rules! row_columns {
    () => {
        "r.register_id, r.number, r.section, r.content, r.waits, r.end_on, r.end_reason, r.created_at, r.changed_at, r.version"
    };
}

/// The numbers of a page first, and then their rows: what does not fit is passed over without reading it. The rows come in no
/// order.
macro_rules! walk {
    ($($further:expr),*) => {
        Same(concat!(
            "SELECT ",
            row_columns!(),
            " FROM (SELECT i.number FROM register_key i WHERE i.register_id = $1 AND i.column_id = $2 AND i.value = $3 \
             AND i.number < $4",
            $($further,)*
            " ORDER BY i.number DESC LIMIT $5) AS c JOIN register_row r ON r.register_id = $1 AND r.number = c.number"
        ))
    };
}

macro_rules! fits {
    ($column:literal, $from:literal, $to:literal) => {
        concat!(
            " AND EXISTS (SELECT 1 FROM register_key k WHERE k.register_id = i.register_id AND k.number = i.number \
             AND k.column_id = ",
            $column,
            " AND k.value >= ",
            $from,
            " AND k.value <= ",
            $to,
            ")"
        )
    };
}

macro_rules! fits_four {
    () => {
        concat!(
            fits!("$6", "$7", "$8"),
            fits!("$9", "$10", "$11"),
            fits!("$12", "$13", "$14"),
            fits!("$15", "$16", "$17")
        )
    };
}

statements! {
    ROW = Same(concat!("SELECT ", row_columns!(), " FROM register_row r WHERE r.register_id = $1 AND r.number = $2"));
    ROW_TO_CHANGE = Differing {
        lite: concat!("SELECT ", row_columns!(), " FROM register_row r WHERE r.register_id = $1 AND r.number = $2"),
        pg: concat!(
            "SELECT ",
            row_columns!(),
            " FROM register_row r WHERE r.register_id = $1 AND r.number = $2 FOR UPDATE"
        ),
    };
    // Lists. Values: register, column, value, number before which, limit, then the further conditions, then words.
    ROWS = walk!();
    ROWS_NARROWED = walk!(fits_four!());
    ROWS_WITH_WORDS = walk!(
        fits_four!(),
        " AND EXISTS (SELECT 1 FROM register_words w WHERE w.register_id = i.register_id AND w.number = i.number \
         AND w.words LIKE $18 ESCAPE '!' AND w.words LIKE $19 ESCAPE '!' AND w.words LIKE $20 ESCAPE '!' \
         AND w.words LIKE $21 ESCAPE '!')"
    );
    COUNT_ROWS = Same(
        "SELECT COUNT(*) AS n FROM (SELECT 1 FROM register_key i WHERE i.register_id = $1 AND i.column_id = $2 \
         AND i.value = $3 LIMIT $4) AS c",
    );
    ROW_HISTORY = Same(
        "SELECT h.version, h.made_at, h.made_by, h.cause, h.request_id, h.reason, h.changes, u.name AS by_name \
         FROM register_history h LEFT JOIN app_user u ON u.id = h.made_by \
         WHERE h.register_id = $1 AND h.number = $2 AND h.version < $3 ORDER BY h.version DESC LIMIT $4",
    );
    ROWS_LINKING = Same(
        "SELECT l.register_id, l.number, l.column_id FROM register_link l WHERE l.to_register = $1 AND l.to_number = $2 \
         ORDER BY l.register_id, l.column_id, l.number LIMIT $3",
    );
    ROWS_LINKING_OVER = Same(
        "SELECT l.number FROM register_link l WHERE l.to_register = $1 AND l.to_number = $2 AND l.register_id = $3 \
         AND l.column_id = $4 ORDER BY l.number LIMIT $5",
    );
    UNIQUE_OWNER = Same(
        "SELECT o.number FROM register_unique o WHERE o.register_id = $1 AND o.column_id = $2 AND o.value = $3",
    );
    TAKE_ROW_NUMBERS = Same(
        "INSERT INTO counter (name, value) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET value = counter.value + $2 RETURNING value",
    );
    UPDATE_ROW = Same(
        "UPDATE register_row SET section = $3, content = $4, waits = $5, end_on = $6, end_reason = $7, created_at = $8, \
         changed_at = $9, version = $10 WHERE register_id = $1 AND number = $2 AND version = $10 - 1",
    );
    UPDATE_ROW_WORDS = Same("UPDATE register_words SET words = $3 WHERE register_id = $1 AND number = $2");
    REMOVE_ROW_KEYS = Same("DELETE FROM register_key WHERE register_id = $1 AND number = $2");
    REMOVE_ROW_LINKS = Same("DELETE FROM register_link WHERE register_id = $1 AND number = $2");
    REMOVE_ROW_UNIQUE = Same("DELETE FROM register_unique WHERE register_id = $1 AND number = $2");
    RULES_MARK = Same("SELECT m.rules, m.after_number FROM register_rules m WHERE m.register_id = $1");
    BEGIN_RULES = Same(
        "INSERT INTO register_rules (register_id, rules, after_number) VALUES ($1, $2, NULL) \
         ON CONFLICT (register_id) DO NOTHING",
    );
    SET_RULES_MARK = Same(
        "INSERT INTO register_rules (register_id, rules, after_number) VALUES ($1, $2, $3) \
         ON CONFLICT (register_id) DO UPDATE SET rules = $2, after_number = $3",
    );
    SAVED_FILTERS = Same(
        "SELECT f.name, f.query, f.saved_at FROM register_filter f WHERE f.user_id = $1 AND f.register_id = $2 \
         ORDER BY f.name LIMIT $3",
    );
    SAVE_FILTER = Same(
        "INSERT INTO register_filter (user_id, register_id, name, query, saved_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (user_id, register_id, name) DO UPDATE SET query = $4, saved_at = $5",
    );
    FORGET_FILTER = Same("DELETE FROM register_filter WHERE user_id = $1 AND register_id = $2 AND name = $3");
}

/// New rows.
pub(crate) const INSERT_ROWS: Bulk = Bulk {
    before: "INSERT INTO register_row (register_id, number, section, content, waits, end_on, end_reason, created_at, \
             changed_at, version) VALUES",
    columns: 10,
    after: "",
};

/// Their words.
pub(crate) const INSERT_WORDS: Bulk =
    Bulk { before: "INSERT INTO register_words (register_id, number, words) VALUES", columns: 3, after: "" };

/// The conditions that they fit.
pub(crate) const INSERT_KEYS: Bulk = Bulk {
    before: "INSERT INTO register_key (register_id, column_id, value, number) VALUES",
    columns: 4,
    after: "",
};

/// What they lead to.
pub(crate) const INSERT_LINKS: Bulk = Bulk {
    before: "INSERT INTO register_link (register_id, number, column_id, to_register, to_number) VALUES",
    columns: 5,
    after: "",
};

/// What nobody else may have.
pub(crate) const INSERT_UNIQUE: Bulk = Bulk {
    before: "INSERT INTO register_unique (register_id, column_id, value, number) VALUES",
    columns: 4,
    after: "",
};

/// What happened to them.
pub(crate) const INSERT_HISTORY: Bulk = Bulk {
    before: "INSERT INTO register_history (register_id, number, version, made_at, made_by, cause, request_id, reason, \
             changes) VALUES",
    columns: 9,
    after: "",
};
