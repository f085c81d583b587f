//! What the pages of 研修 show.

use askama::Template;

use super::{Chip, Downloads, DutyRate, FieldError, Frame, Tab};
use crate::dates::When;

/// One's own course in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CourseCardView {
    /// Its page.
    pub href: String,
    /// Title.
    pub title: String,
    /// How far one is.
    pub state: Chip,
    /// What to do.
    pub said: String,
    /// When it is due.
    pub due: When,
    /// Whether that is over.
    pub overdue: bool,
    /// How long it takes, and how much was read.
    pub effort: String,
    /// When somebody told one to take it.
    pub reminded: Option<When>,
    /// When it was passed.
    pub passed: Option<When>,
    /// The words of the button; empty: none.
    pub action: String,
}

/// 自分の研修.
#[derive(Debug, Template)]
#[template(path = "courses.html")]
pub struct CoursesPage {
    /// What surrounds it.
    pub frame: Frame,
    /// To be taken.
    pub open: Vec<CourseCardView>,
    /// Over.
    pub over: Vec<CourseCardView>,
    /// The rates, for who answers for somebody.
    pub overview_href: Option<String>,
}

/// A try that is over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TryView {
    /// Which.
    pub nth: u32,
    /// When.
    pub at: When,
    /// Whether it was passed.
    pub state: Chip,
    /// The mark in words; empty once it was erased.
    pub mark: String,
}

/// A question of a try that is over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MarkedView {
    /// From 1.
    pub number: usize,
    /// What was asked.
    pub text: String,
    /// Whether it was right.
    pub state: Chip,
    /// Choices: words, chosen, right.
    pub choices: Vec<(String, bool, bool)>,
    /// Why.
    pub why: String,
}

/// A file of a course.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CourseFileView {
    /// Where it is opened.
    pub href: String,
    /// What it is called.
    pub name: String,
    /// Its size in words.
    pub size: String,
    /// When it was handed in.
    pub added: When,
    /// Where it is taken away.
    pub remove: Option<String>,
}

/// The files of a course.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CourseFilesView {
    /// What the course covers; empty on one's own page.
    pub covers: String,
    /// The files.
    pub files: Vec<CourseFileView>,
    /// Other zones in which there are some; empty: none.
    pub elsewhere: String,
    /// Where more are handed in.
    pub add: Option<String>,
    /// How large each may be, in words.
    pub bytes_max: String,
}

/// One's own course.
#[derive(Debug, Template)]
#[template(path = "course.html")]
pub struct MyCoursePage {
    /// What surrounds it.
    pub frame: Frame,
    /// Its page.
    pub href: String,
    /// Title.
    pub title: String,
    /// What it is for.
    pub help: String,
    /// How far one is.
    pub state: Chip,
    /// What to do.
    pub said: String,
    /// When it is due.
    pub due: When,
    /// Whether that is over.
    pub overdue: bool,
    /// When somebody told one to take it.
    pub reminded: Option<When>,
    /// Facts: label and value.
    pub facts: Vec<(String, String)>,
    /// Pages: address, title, whether it was read.
    pub pages: Vec<(String, String, bool)>,
    /// Files as material.
    pub material: Option<CourseFilesView>,
    /// The page to read next.
    pub next_href: Option<String>,
    /// Whether a try may begin.
    pub may_begin: bool,
    /// Whether one is under way.
    pub under_way: bool,
    /// Why none may begin; empty: there is nothing to say.
    pub not_yet: String,
    /// Tries, the newest first.
    pub tries: Vec<TryView>,
    /// The newest, question by question.
    pub marked: Vec<MarkedView>,
    /// The certificate.
    pub certificate_href: Option<String>,
    /// Where one asks to be let go.
    pub excuse_action: Option<String>,
}

/// A part of a page of reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CourseBlock {
    /// `heading`, `text`, `list` or `numbered`.
    pub kind: &'static str,
    /// The words.
    pub text: String,
    /// The items of a list.
    pub items: Vec<String>,
}

/// A page of a course.
#[derive(Debug, Template)]
#[template(path = "course_page.html")]
pub struct CourseReadingPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The course's title and page.
    pub course: (String, String),
    /// The page's title.
    pub title: String,
    /// What stands on it.
    pub blocks: Vec<CourseBlock>,
    /// From 1.
    pub number: usize,
    /// Of how many.
    pub of: usize,
    /// Where having read it is confirmed.
    pub action: String,
    /// Whether it was read before.
    pub read: bool,
    /// The page before.
    pub before_href: Option<String>,
    /// The words of the button.
    pub button: String,
}

/// A question of a test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestItemView {
    /// From 1.
    pub number: usize,
    /// The field.
    pub name: String,
    /// What is asked.
    pub text: String,
    /// Whether several are right.
    pub several: bool,
    /// Choices: value, words, whether it is chosen.
    pub choices: Vec<(String, String, bool)>,
    /// Whether it has no answer.
    pub missing: bool,
}

/// A test.
#[derive(Debug, Template)]
#[template(path = "course_test.html")]
pub struct CourseTestPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The course's title and page.
    pub course: (String, String),
    /// Where it is handed in.
    pub action: String,
    /// What it takes to pass.
    pub rule: String,
    /// The questions.
    pub items: Vec<TestItemView>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// When a course was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunView {
    /// What it covers.
    pub covers: String,
    /// When it was opened.
    pub opened: When,
    /// When it is due.
    pub due: When,
    /// When it was closed.
    pub closed: Option<When>,
    /// When the records of who took it were destroyed.
    pub destroyed: Option<When>,
    /// Its id, while it can be closed.
    pub close: Option<String>,
}

/// The form in which a course is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenCourseForm {
    /// The day typed so far.
    pub due_on: String,
    /// What happened, where that is asked.
    pub what: Option<String>,
}

/// The form in which it is said who was in the room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttendanceForm {
    /// The day.
    pub on: String,
    /// Where.
    pub place: String,
    /// The user names.
    pub people: String,
    /// Whether that is enough to be done.
    pub suffices: bool,
}

/// One course in a year.
#[derive(Debug, Template)]
#[template(path = "course_year.html")]
pub struct CourseYearPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Its page.
    pub href: String,
    /// Title.
    pub title: String,
    /// What it is for.
    pub help: String,
    /// Facts: label and value.
    pub facts: Vec<(String, String)>,
    /// 令和8年度.
    pub year: String,
    /// The years beside it.
    pub years: Vec<Tab>,
    /// All of it.
    pub all: DutyRate,
    /// By section.
    pub sections: Vec<DutyRate>,
    /// By year.
    pub history: Vec<DutyRate>,
    /// When it was opened.
    pub runs: Vec<RunView>,
    /// Files as material, for who runs it.
    pub material: Vec<CourseFilesView>,
    /// The form to open it.
    pub open: Option<OpenCourseForm>,
    /// The form of attendance.
    pub attendance: Option<AttendanceForm>,
    /// The list as a file.
    pub downloads: Downloads,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// Somebody who has to take a course.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoursePersonView {
    /// The name.
    pub name: String,
    /// How far.
    pub state: Chip,
    /// When it is due.
    pub due: When,
    /// Whether that is over.
    pub overdue: bool,
    /// When it was passed.
    pub passed: Option<When>,
    /// Whether that was late.
    pub late: bool,
    /// When he was told to take it.
    pub reminded: Option<When>,
}

/// The people of a section.
#[derive(Debug, Template)]
#[template(path = "course_section.html")]
pub struct CourseSectionPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The course's title and page.
    pub course: (String, String),
    /// The section.
    pub section: String,
    /// 令和8年度.
    pub year: String,
    /// The rate.
    pub all: DutyRate,
    /// Whether who took it was destroyed at the end of its retention.
    pub gone: bool,
    /// Who.
    pub rows: Vec<CoursePersonView>,
    /// Where they are told to take it.
    pub remind_action: Option<String>,
    /// The list as a file.
    pub downloads: Downloads,
    /// When this was made, for the print.
    pub made: When,
}

/// All courses of a year.
#[derive(Debug, Template)]
#[template(path = "course_overview.html")]
pub struct CourseOverviewPage {
    /// What surrounds it.
    pub frame: Frame,
    /// 令和8年度.
    pub year: String,
    /// The years beside it.
    pub years: Vec<Tab>,
    /// Whether it is the whole body.
    pub whole_body: bool,
    /// By course.
    pub courses: Vec<DutyRate>,
    /// By audience.
    pub audiences: Vec<DutyRate>,
    /// Courses that this person opens: title and page.
    pub opens: Vec<(String, String)>,
}

/// 修了証.
#[derive(Debug, Template)]
#[template(path = "course_certificate.html")]
pub struct CertificatePage {
    /// What surrounds it.
    pub frame: Frame,
    /// The course's page.
    pub course_href: String,
    /// The body.
    pub body: String,
    /// Who.
    pub name: String,
    /// His section.
    pub section: String,
    /// The course.
    pub title: String,
    /// When.
    pub passed: When,
    /// How.
    pub how: String,
    /// Under which number evidence is found.
    pub number: String,
}
