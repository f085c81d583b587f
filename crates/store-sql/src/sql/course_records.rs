//! The statements about courses whose retention ends.
//!
//! A record of a course is one opening (`course_run`) or, of a course that begins by itself, a fiscal year. What belongs to an opening
//! has a period, or a key that begins as `workflow::training::opened_key` says; everything else began by itself.

use super::{Same, Sql};

statements! {
    UNRECORDED_RUNS = Same(
        "SELECT r.id FROM course_run r WHERE r.course = $1 AND r.closed_at < $2 AND r.recorded = 0 \
         AND r.closed_at IS NOT NULL ORDER BY r.closed_at, r.id LIMIT $3",
    );
    UNRECORDED_COURSE_YEARS = Same(
        "SELECT DISTINCT t.fiscal_year FROM duty_task t WHERE t.duty = $1 AND t.fiscal_year < $2 AND t.recorded = 0 \
         AND t.recurs = 0 AND t.covers_key NOT LIKE 'opened-%' ORDER BY t.fiscal_year LIMIT $3",
    );
    RECORD_RUN = Same("UPDATE course_run SET recorded = 1 WHERE id = $1 AND recorded = 0 AND closed_at IS NOT NULL");
    RECORD_COURSE_YEAR = Same(
        "UPDATE duty_task SET recorded = 1 WHERE duty = $1 AND fiscal_year = $2 AND recorded = 0 AND recurs = 0 \
         AND covers_key NOT LIKE 'opened-%'",
    );
    TASKS_OF_RUN = Same("SELECT t.id FROM duty_task t WHERE t.duty = $1 AND t.covers_key = $2 LIMIT $3");
    TASKS_OF_COURSE_YEAR = Same(
        "SELECT t.id FROM duty_task t WHERE t.duty = $1 AND t.fiscal_year = $2 AND t.recurs = 0 \
         AND t.covers_key NOT LIKE 'opened-%' LIMIT $3",
    );
    // Values: the record, the task. What was still open is never done any more.
    TALLY_TASK = Same(
        "INSERT INTO course_tally (record, section, due_month, duty, fiscal_year, asked, done, late, waived, overdue) \
         SELECT $1, t.section, t.due_month, t.duty, t.fiscal_year, 1, CASE WHEN t.state = 'done' THEN 1 ELSE 0 END, \
         CASE WHEN t.state = 'done' AND t.late = 1 THEN 1 ELSE 0 END, \
         CASE WHEN t.state IN ('waived', 'dropped') THEN 1 ELSE 0 END, \
         CASE WHEN t.open_due_at IS NOT NULL THEN 1 ELSE 0 END FROM duty_task t WHERE t.id = $2 \
         ON CONFLICT (record, section, due_month) DO UPDATE SET asked = course_tally.asked + excluded.asked, \
         done = course_tally.done + excluded.done, late = course_tally.late + excluded.late, \
         waived = course_tally.waived + excluded.waived, overdue = course_tally.overdue + excluded.overdue",
    );
    COURSE_RECORD_TALLIES = Same(
        "SELECT c.section, c.asked, c.done, c.late, c.waived, c.overdue FROM course_tally c WHERE c.record = $1 \
         ORDER BY c.record, c.section, c.due_month",
    );
    FORGET_ATTEMPTS = Same("DELETE FROM course_attempt WHERE task_id = $1");
    FORGET_PROGRESS = Same("DELETE FROM course_progress WHERE task_id = $1");
    FORGET_TASK = Same("DELETE FROM duty_task WHERE id = $1");
}
