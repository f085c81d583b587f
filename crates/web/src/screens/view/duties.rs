//! What the pages of 実施事項 show.

use askama::Template;

use super::{Chip, Downloads, FieldError, FormFieldView, Frame, Happening, Tab};
use crate::dates::When;

/// A row in a list of tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskRowView {
    /// Its page.
    pub href: String,
    /// The duty's title.
    pub title: String,
    /// Which of the times, where there are several: `2回のうち1回目`.
    pub nth: String,
    /// What it covers, in words.
    pub covers: String,
    /// For whom.
    pub who: String,
    /// State.
    pub state: Chip,
    /// The day on which it is due.
    pub due: When,
    /// Whether that has passed and nothing was reported.
    pub overdue: bool,
    /// The day on which it was done.
    pub done: Option<When>,
    /// Whether it was reported late.
    pub late: bool,
    /// The words of the button beside it; empty: none.
    pub action: String,
}

/// A group of tasks on the first screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DutyGroup {
    /// The heading's id.
    pub id: &'static str,
    /// Its title.
    pub title: String,
    /// What to do with them.
    pub hint: String,
    /// The rows.
    pub rows: Vec<TaskRowView>,
    /// Where all of them are.
    pub all_href: String,
}

/// 実施事項の一覧.
#[derive(Debug, Template)]
#[template(path = "tasks.html")]
pub struct TasksPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The trays.
    pub tabs: Vec<Tab>,
    /// What the list holds.
    pub lead: String,
    /// Whether this person sees the year of units.
    pub year: bool,
    /// Whether there is something that he may set off.
    pub may_start: bool,
    /// The rows.
    pub rows: Vec<TaskRowView>,
    /// What is said when there are none.
    pub empty: String,
    /// The next part.
    pub next_href: Option<String>,
    /// The list in every format.
    pub downloads: Downloads,
    /// The first part.
    pub first_href: String,
    /// Whether this is not the first part.
    pub later: bool,
}

/// The form in which a task is reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportForm {
    /// What is recorded already and not typed: label and value.
    pub counted: Vec<(String, String)>,
    /// The fields of the duty.
    pub fields: Vec<FormFieldView>,
    /// The day typed so far.
    pub done_on: String,
    /// The words typed so far.
    pub note: String,
    /// Whether words must be given; `None`: they are not asked for.
    pub note_needed: Option<bool>,
    /// Whether a file must be given; `None`: none is taken.
    pub files_needed: Option<bool>,
    /// Files of the report that was sent back: id and name.
    pub attached: Vec<(String, String)>,
    /// The largest file, in words.
    pub bytes_max: String,
    /// Whether it may be let go.
    pub waiver: bool,
}

/// Something that was said: who, when, what.
pub type Said = (String, When, String);

/// A task.
#[derive(Debug, Template)]
#[template(path = "task.html")]
pub struct TaskPage {
    /// What surrounds it.
    pub frame: Frame,
    /// That it was destroyed when its retention had ended, in words.
    pub gone: Option<String>,
    /// Its page.
    pub href: String,
    /// The duty's title.
    pub title: String,
    /// The duty's page, if the policy still has it.
    pub duty_href: Option<String>,
    /// State.
    pub state: Chip,
    /// What that means.
    pub said: String,
    /// What is to be done.
    pub help: String,
    /// Facts: label and value.
    pub facts: Vec<(String, String)>,
    /// The row of a register that it is about.
    pub row: Option<super::RowLink>,
    /// When it is due.
    pub due: When,
    /// Whether that has passed and nothing was reported.
    pub overdue: bool,
    /// The zone in which something was written that cannot be read here.
    pub elsewhere: Option<String>,
    /// The report: its facts, its note, its files (address, name, size); `None`: nothing was reported.
    pub report: Option<ReportView>,
    /// Why it was sent back.
    pub returned: Option<Said>,
    /// Who confirmed it.
    pub confirmed: Option<Said>,
    /// The wish to let it go.
    pub waiver: Option<Said>,
    /// Who accepted it.
    pub waived: Option<Said>,
    /// The form for who reports it.
    pub form: Option<ReportForm>,
    /// The hash of the report, for who confirms it.
    pub confirm: Option<String>,
    /// Whether this person decides on letting it go.
    pub decide_waiver: bool,
    /// What happened.
    pub timeline: Vec<Happening>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// What was reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportView {
    /// Who, when he said it, the day on which it was done, the answers: label and value.
    pub facts: Vec<(String, String)>,
    /// What else was said.
    pub note: String,
    /// Files: address, name, size.
    pub files: Vec<(String, String, String)>,
    /// Whether it was reported late.
    pub late: bool,
}

/// One part of a bar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RatePart {
    /// The class of its colour.
    pub class: &'static str,
    /// Where it begins, in thousandths of the bar.
    pub start: u32,
    /// How long it is.
    pub length: u32,
}

/// How far a section or a duty is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DutyRate {
    /// Whose.
    pub name: String,
    /// Its page; empty: none.
    pub href: String,
    /// The bar.
    pub parts: Vec<RatePart>,
    /// The same in words.
    pub in_words: String,
    /// Per cent done.
    pub percent: u32,
    /// How many are done, of how many.
    pub done: u32,
    /// Of how many.
    pub asked: u32,
    /// How many are overdue.
    pub overdue: u32,
}

/// What is due in a month: words for it and the tone of its mark; empty: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonthCell {
    /// The month in words.
    pub month: String,
    /// How many are done, of how many; empty: none are there yet.
    pub count: String,
    /// What a mark says.
    pub chip: Option<Chip>,
}

/// One duty in the calendar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct YearRowView {
    /// The duty's page.
    pub href: String,
    /// Its title.
    pub title: String,
    /// From April.
    pub months: Vec<MonthCell>,
    /// The whole year.
    pub rate: DutyRate,
}

/// A fiscal year.
#[derive(Debug, Template)]
#[template(path = "duty_year.html")]
pub struct DutyYearPage {
    /// What surrounds it.
    pub frame: Frame,
    /// 令和8年度.
    pub year: String,
    /// Whether it is the whole body.
    pub whole_body: bool,
    /// The years beside it: words and address.
    pub years: Vec<Tab>,
    /// All of it.
    pub all: DutyRate,
    /// By section.
    pub sections: Vec<DutyRate>,
    /// The names of the months.
    pub months: Vec<String>,
    /// By duty.
    pub rows: Vec<YearRowView>,
}

/// A duty.
#[derive(Debug, Template)]
#[template(path = "duty.html")]
pub struct DutyPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Its title.
    pub title: String,
    /// What is to be done.
    pub help: String,
    /// Facts: label and value.
    pub facts: Vec<(String, String)>,
    /// What is reported.
    pub asked: Vec<String>,
    /// Its history.
    pub periods: Vec<DutyRate>,
    /// Its tasks.
    pub rows: Vec<TaskRowView>,
    /// Where it is set off.
    pub start_href: Option<String>,
}

/// The form in which somebody says that something happened.
#[derive(Debug, Template)]
#[template(path = "task_start.html")]
pub struct TaskStartPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The duties that can be chosen: id, title, when.
    pub duties: Vec<(String, String, String)>,
    /// The one that is chosen.
    pub chosen: String,
    /// What was typed.
    pub what: String,
    /// The day that was typed.
    pub on: String,
    /// The section that was chosen.
    pub section: String,
    /// The login that was typed.
    pub person: String,
    /// The number of a row of a register.
    pub row: String,
    /// The sections: id and name.
    pub sections: Vec<(String, String)>,
    /// Makes a repeated submission recognisable.
    pub submission: String,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}
