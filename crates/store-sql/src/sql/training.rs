//! The statements about courses.

use super::{Same, Sql};

macro_rules! run_columns {
    () => {
        "r.id, r.course, r.covers, r.due_on, r.opened_at, r.opened_by, r.closed_at, r.closed_by, r.version"
    };
}

statements! {
    COURSE_RUN = Same(concat!("SELECT ", run_columns!(), " FROM course_run r WHERE r.id = $1"));
    COURSE_RUNS = Same(concat!(
        "SELECT ",
        run_columns!(),
        " FROM course_run r WHERE r.course = $1 ORDER BY r.opened_at DESC, r.id DESC LIMIT $2"
    ));
    OPEN_COURSE_RUNS = Same(concat!(
        "SELECT ",
        run_columns!(),
        " FROM course_run r WHERE r.closed_at IS NULL AND r.opened_at > 0 ORDER BY r.opened_at, r.id LIMIT $1"
    ));
    INSERT_COURSE_RUN = Same(
        "INSERT INTO course_run (id, course, covers, due_on, opened_at, opened_by, closed_at, closed_by, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1) ON CONFLICT (id) DO NOTHING",
    );
    UPDATE_COURSE_RUN = Same(
        "UPDATE course_run SET closed_at = $2, closed_by = $3, covers = $5, version = $4 + 1 WHERE id = $1 AND version = $4",
    );
    COURSE_PROGRESS = Same("SELECT p.progress, p.version FROM course_progress p WHERE p.task_id = $1");
    INSERT_COURSE_PROGRESS = Same(
        "INSERT INTO course_progress (task_id, progress, version) VALUES ($1, $2, 1) ON CONFLICT (task_id) DO NOTHING",
    );
    UPDATE_COURSE_PROGRESS =
        Same("UPDATE course_progress SET progress = $2, version = $3 + 1 WHERE task_id = $1 AND version = $3");
    COURSE_ATTEMPTS = Same(
        "SELECT a.task_id, a.nth, a.begun_at, a.ended_at, a.passed, a.answers, a.erase_at FROM course_attempt a \
         WHERE a.task_id = $1 ORDER BY a.nth DESC LIMIT $2",
    );
    DUE_ANSWERS = Same(
        "SELECT a.task_id, a.nth FROM course_attempt a WHERE a.erase_at <= $1 ORDER BY a.erase_at, a.task_id, a.nth \
         LIMIT $2",
    );
    INSERT_COURSE_ATTEMPT = Same(
        "INSERT INTO course_attempt (task_id, nth, begun_at, ended_at, passed, answers, erase_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    ERASE_ANSWERS =
        Same("UPDATE course_attempt SET answers = NULL, erase_at = NULL WHERE task_id = $1 AND nth = $2");
    COURSE_FILES = Same(
        "SELECT f.place, f.id, f.untrusted_name, f.zone, f.blob, f.sha256, f.bytes, f.added_at, f.added_by \
         FROM course_file f WHERE f.record = $1 ORDER BY f.place",
    );
    INSERT_COURSE_FILE = Same(
        "INSERT INTO course_file (record, place, id, untrusted_name, zone, blob, sha256, bytes, added_at, added_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (record, place) DO NOTHING",
    );
    REMOVE_COURSE_FILE = Same("DELETE FROM course_file WHERE record = $1 AND id = $2");
    MOVE_COURSES = Same(
        "UPDATE duty_task SET section = $2, version = version + 1 WHERE person = $1 AND ended_at IS NULL \
         AND duty >= 'course.' AND duty < 'course/' AND section <> $2",
    );
}
