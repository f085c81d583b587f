//! The statements about tasks of duties.

use super::{Bulk, Differing, Same, Sql};

macro_rules! task_columns {
    () => {
        "t.id, t.duty, t.title, t.scope, t.section, t.person, t.row_register, t.row_number, t.covers, t.nth, t.times, \
         t.due_on, t.terms, t.made_at, t.state, t.report, t.returned, t.confirmed, t.waiver, t.dropped, t.ended_at, t.reminded, t.overdue_at, t.escalated, \
         t.version"
    };
}

macro_rules! row_columns {
    () => {
        "SELECT t.id, t.duty, t.title, t.section, t.person, u.name AS person_name, t.row_register, t.row_number, t.covers, t.nth, t.times, t.due_on, \
         t.due_at, t.state, t.late, t.done_on FROM duty_task t LEFT JOIN app_user u ON u.id = t.person WHERE "
    };
}

/// The last due first.
macro_rules! task_list {
    ($condition:literal, $at:literal, $id:literal, $limit:literal) => {
        Same(concat!(
            row_columns!(),
            $condition,
            " (t.due_at, t.id) < (",
            $at,
            ", ",
            $id,
            ") ORDER BY t.due_at DESC, t.id DESC LIMIT ",
            $limit
        ))
    };
}

/// One walk of several in a text.
macro_rules! arm {
    ($condition:expr, $order:literal, $limit:literal) => {
        concat!(
            "SELECT * FROM (",
            row_columns!(),
            $condition,
            " ORDER BY ",
            $order,
            " LIMIT ",
            $limit,
            ") AS c"
        )
    };
}

macro_rules! at_desk {
    ($desk:literal) => {
        arm!(concat!("t.desk = ", $desk), "t.due_at, t.id", "$5")
    };
}

/// Without the tasks of courses (`workflow::training::duty_of`): what each person of a section has not passed stands on the page
/// of the course, here it would hide all else.
macro_rules! overdue_of {
    ($section:literal) => {
        arm!(
            concat!("t.section = ", $section, " AND t.open_due_at <= $5 AND t.duty NOT LIKE 'course.%'"),
            "t.open_due_at, t.id",
            "$6"
        )
    };
}

macro_rules! tally_columns {
    ($now:literal) => {
        concat!(
            "COUNT(*) AS asked, COUNT(CASE WHEN t.state = 'done' THEN 1 END) AS done, \
             COUNT(CASE WHEN t.state = 'done' AND t.late = 1 THEN 1 END) AS late, \
             COUNT(CASE WHEN t.state IN ('waived', 'dropped') THEN 1 END) AS waived, \
             COUNT(CASE WHEN t.open_due_at <= ",
            $now,
            " THEN 1 END) AS overdue"
        )
    };
}

/// What stays of tasks of courses that were forgotten with their record.
macro_rules! forgotten {
    ($condition:literal) => {
        concat!(
            "SELECT c.duty, c.section, c.due_month, c.asked, c.done, c.late, c.waived, c.overdue FROM course_tally c WHERE ",
            $condition
        )
    };
}

statements! {
    TASK = Same(concat!("SELECT ", task_columns!(), " FROM duty_task t WHERE t.id = $1"));
    TASK_TO_CHANGE = Differing {
        lite: concat!("SELECT ", task_columns!(), " FROM duty_task t WHERE t.id = $1"),
        pg: concat!("SELECT ", task_columns!(), " FROM duty_task t WHERE t.id = $1 FOR UPDATE"),
    };
    UPDATE_TASK = Same(
        "UPDATE duty_task SET state = $2, report = $3, returned = $4, confirmed = $5, waiver = $6, done_on = $7, \
         late = $8, ended_at = $9, reminded = $10, overdue_at = $11, escalated = $12, desk = $13, open_due_at = $14, \
         alarm_at = $15, dropped = $16, section = $17, person = $18, version = $19 + 1 WHERE id = $1 AND version = $19",
    );
    OPEN_TASKS_OF_ROW = Same(
        "SELECT t.id FROM duty_task t WHERE t.row_register = $1 AND t.row_number = $2 AND t.open_due_at IS NOT NULL \
         ORDER BY t.id",
    );
    REMOVE_TASK_FILES = Same("DELETE FROM duty_task_file WHERE task_id = $1");
    TASKS_AT_DESK = Same(concat!(
        row_columns!(),
        "t.desk = $1 AND (t.due_at, t.id) > ($2, $3) ORDER BY t.due_at, t.id LIMIT $4"
    ));
    TASKS_OVERDUE = Same(concat!(
        row_columns!(),
        "t.open_due_at <= $1 AND (t.open_due_at, t.id) > ($2, $3) ORDER BY t.open_due_at, t.id LIMIT $4"
    ));
    TASKS_OVERDUE_OF_SECTION = Same(concat!(
        row_columns!(),
        "t.section = $1 AND t.open_due_at <= $2 AND (t.open_due_at, t.id) > ($3, $4) \
         ORDER BY t.open_due_at, t.id LIMIT $5"
    ));
    // For the first screen: four desks, the number of rows; four sections, now, the number of rows.
    HOME_TASKS = Same(concat!(
        at_desk!("$1"), " UNION ALL ", at_desk!("$2"), " UNION ALL ", at_desk!("$3"), " UNION ALL ", at_desk!("$4")
    ));
    HOME_OVERDUE = Same(concat!(
        overdue_of!("$1"), " UNION ALL ",
        overdue_of!("$2"), " UNION ALL ",
        overdue_of!("$3"), " UNION ALL ",
        overdue_of!("$4")
    ));
    // As HOME_OVERDUE for everybody's: now, the number of rows.
    HOME_OVERDUE_ALL = Same(concat!(
        row_columns!(),
        "t.open_due_at <= $1 AND t.duty NOT LIKE 'course.%' ORDER BY t.open_due_at, t.id LIMIT $2"
    ));
    OVERDUE_SECTIONS = Same(
        "SELECT t.section FROM duty_task t WHERE t.open_due_at <= $1 ORDER BY t.open_due_at, t.id LIMIT $2",
    );
    TASKS_OF_SECTION = task_list!("t.section = $1 AND", "$2", "$3", "$4");
    TASKS_OF_PERSON = task_list!("t.person = $1 AND", "$2", "$3", "$4");
    TASKS_OF_DUTY = task_list!("t.duty = $1 AND", "$2", "$3", "$4");
    TASKS_OF_DUTY_SECTION = task_list!("t.duty = $1 AND t.section = $2 AND", "$3", "$4", "$5");
    TASKS_ALL = task_list!("", "$1", "$2", "$3");
    TASK_MONTHS = Same(concat!(
        "SELECT t.duty, t.section, t.due_month, ",
        tally_columns!("$2"),
        " FROM duty_task t WHERE t.fiscal_year = $1 GROUP BY t.duty, t.section, t.due_month UNION ALL ",
        forgotten!("c.fiscal_year = $1")
    ));
    TASK_MONTHS_OF_SECTION = Same(concat!(
        "SELECT t.duty, t.section, t.due_month, ",
        tally_columns!("$3"),
        " FROM duty_task t WHERE t.section = $1 AND t.fiscal_year = $2 GROUP BY t.duty, t.section, t.due_month \
         UNION ALL ",
        forgotten!("c.section = $1 AND c.fiscal_year = $2")
    ));
    TASK_PERIODS = Same(concat!(
        "SELECT t.first_on, t.last_on, ",
        tally_columns!("$2"),
        " FROM duty_task t WHERE t.duty = $1 AND t.recurs = 1 GROUP BY t.last_on, t.first_on \
         ORDER BY t.last_on DESC, t.first_on DESC LIMIT $3"
    ));
    NEWEST_PERIOD = Same(
        "SELECT t.last_on FROM duty_task t WHERE t.duty = $1 AND t.recurs = 1 ORDER BY t.last_on DESC LIMIT 1",
    );
    TASK_IDS = Same("SELECT t.id FROM duty_task t WHERE t.duty = $1 AND t.covers_key = $2 AND t.nth = $3");
    PEOPLE_OF_POST = Same(
        "SELECT u.id, u.section FROM post_holding h JOIN app_user u ON u.id = h.user_id \
         WHERE h.post = $1 AND h.from_at <= $2 AND (h.until_at IS NULL OR h.until_at > $2) AND u.enabled = 1",
    );
    DUE_TASKS = Same("SELECT t.id FROM duty_task t WHERE t.alarm_at <= $1 ORDER BY t.alarm_at, t.id LIMIT $2");
}

/// New tasks; those that are there stay as they are.
pub(crate) const INSERT_TASKS: Bulk = Bulk {
    before: "INSERT INTO duty_task (id, duty, title, scope, section, person, covers, covers_key, recurs, first_on, last_on, \
             fiscal_year, nth, times, due_on, due_month, due_at, terms, made_at, row_register, row_number, state, report, \
             returned, confirmed, waiver, done_on, late, ended_at, reminded, overdue_at, escalated, desk, open_due_at, \
             alarm_at, dropped, version) VALUES",
    columns: 37,
    after: " ON CONFLICT (id) DO NOTHING RETURNING id",
};

/// Files of reports.
pub(crate) const INSERT_TASK_FILES: Bulk =
    Bulk { before: "INSERT INTO duty_task_file (task_id, place, zone, blob) VALUES", columns: 4, after: "" };
