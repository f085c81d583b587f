//! The statements about what changed, for indexes of words.

use super::{Bulk, Differing, Same, Sql};

statements! {
    // Numbers for changes, larger than all before: as many rows as are asked for. SQLite has one writer; PostgreSQL gives
    // numbers to many, and `CHANGES_SHARED` keeps readers from seeing a larger one before a smaller.
    TAKE_CHANGES = Differing {
        lite: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
               SELECT n.i + (SELECT COALESCE(MAX(seq), 0) FROM search_change) AS seq FROM n",
        pg: "SELECT nextval(pg_get_serial_sequence('search_change', 'seq')) AS seq FROM generate_series(1, $1)",
    };
    // Held by writers from before they take numbers until they commit, and by a reader while it reads: alone.
    CHANGES_SHARED = Differing { lite: "SELECT 1", pg: "SELECT pg_advisory_xact_lock_shared(7307119002)" };
    CHANGES_ALONE = Differing { lite: "SELECT 1", pg: "SELECT pg_advisory_xact_lock(7307119002)" };
    CHANGE_HEAD = Same(
        "SELECT h.subject AS house, (SELECT COALESCE(MAX(s.seq), 0) FROM search_change s) AS seq \
         FROM search_change h WHERE h.kind = 'house'",
    );
    CHANGES_BEHIND = Same(
        "SELECT s.kind, s.subject, s.seq FROM search_change s WHERE s.seq > $1 ORDER BY s.seq LIMIT $2",
    );
    NAME_OF = Same("SELECT u.name FROM app_user u WHERE u.id = $1");
    THINGS_WITH_NAME = Same(
        "SELECT 'transfer' AS kind, t.id AS subject FROM transfer t WHERE t.submitter = $1 \
         UNION ALL SELECT 'transfer', r.transfer_id FROM transfer_recipient r WHERE r.user_id = $1 \
         UNION ALL SELECT 'request', q.id FROM request q WHERE q.applicant = $1",
    );
    // Everything anew, for the bulk loader, whose rows come past the transaction that notes them.
    FORGET_CHANGES = Same("DELETE FROM search_change WHERE kind <> 'house'");
    MARK_ALL = Same(
        "INSERT INTO search_change (kind, subject, seq) \
         SELECT c.kind, c.subject, ROW_NUMBER() OVER (ORDER BY c.at, c.kind, c.subject) FROM (\
         SELECT 'transfer' AS kind, id AS subject, submitted_at AS at FROM transfer \
         UNION ALL SELECT 'request', id, submitted_at FROM request \
         UNION ALL SELECT 'task', id, made_at FROM duty_task \
         UNION ALL SELECT 'register-row', register_id || '/' || CAST(number AS TEXT), created_at FROM register_row \
         UNION ALL SELECT 'user', id, created_at FROM app_user \
         UNION ALL SELECT 'edition', id, proposed_at FROM policy_edition) AS c",
    );
    CHANGES_CONTINUE = Differing {
        lite: "SELECT 1",
        pg: "SELECT setval(pg_get_serial_sequence('search_change', 'seq'), \
             (SELECT COALESCE(MAX(seq), 0) + 1 FROM search_change))",
    };
}

/// Notes changes; of a subject only the last is kept.
pub(crate) const NOTE_CHANGES: Bulk = Bulk {
    before: "INSERT INTO search_change (kind, subject, seq) VALUES",
    columns: 3,
    after: " ON CONFLICT (kind, subject) DO UPDATE SET seq = excluded.seq",
};
