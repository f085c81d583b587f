//! Courses (研修の講座): what is read, what is asked, who takes it, and how a duty counts who did.
//!
//! Owns: the course, its pages and questions; the numbers of a duty that come from a course.
//! Leaves to others: reading the parts of a page (`material`), papers, grading and the state of a person (`workflow`).

use std::collections::BTreeSet;

use super::duties::{Escalation, Occurs};
use super::mechanism::Mechanism;
use super::text::Setting;
use super::words::words;
use crate::problem::Origin;

words! {
    /// Who takes a course.
    Audience {
        /// Everybody with an account.
        Everyone = "everyone" "全職員",
        /// Whoever holds one of some roles.
        Roles = "roles" "役割のある職員",
        /// The same, told apart in pictures of how far the body is.
        Managers = "managers" "管理職",
        /// Whoever came lately.
        NewHires = "new-hires" "新任者",
    }
}

words! {
    /// A number of a duty's report that a course knows.
    CourseCount {
        /// How many have to take it.
        Subject = "subject" "対象",
        /// How many read it to the end or were in the room.
        Attended = "attended" "受講",
        /// How many passed.
        Passed = "passed" "合格",
        /// How many of those who attended came within the fiscal year.
        Newcomers = "newcomers" "新任",
        /// How many of them hold one of the course's roles of executives.
        Executives = "executives" "幹部",
        /// How many were let go for a reason.
        Excused = "excused" "免除",
        /// The names of those who have not passed; for a field of words.
        Missing = "missing" "未修了",
    }
}

/// A course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// What it is for, for whoever takes it.
    pub help: String,
    /// Who takes it.
    pub audience: Audience,
    /// For an audience of roles: which.
    pub roles: Vec<String>,
    /// For newcomers of a recurring course: how many days ago they came at most.
    pub joined_within_days: Option<Setting>,
    /// Only people of these sections; empty: of all.
    pub sections: Vec<String>,
    /// When it is held.
    pub occurs: Occurs,
    /// How many minutes it takes.
    pub minutes: u32,
    /// What is read, a page at a time.
    pub pages: Vec<CoursePage>,
    /// The pool of questions.
    pub questions: Vec<CourseQuestion>,
    /// How many of them one paper has.
    pub draw: u32,
    /// Per cent that must be right.
    pub pass: u32,
    /// How often somebody may try; absent: as often as it takes.
    pub attempts_max: Option<u32>,
    /// Minutes between two tries.
    pub wait_minutes: u32,
    /// Whether a certificate can be printed.
    pub certificate: bool,
    /// Whether having been in the room is enough, without reading and test.
    pub lecture_suffices: bool,
    /// The role that opens it, says who was in the room, and closes it.
    pub manager: String,
    /// Roles whose holders are counted as executives.
    pub executives: Vec<String>,
    /// The role in which a second person confirms that somebody passed.
    pub confirm_by: Option<String>,
    /// The role that lets somebody go for a reason. Absent: nobody may.
    pub excuse_by: Option<String>,
    /// How many days before it is due people are reminded, the most first.
    pub remind_days: Vec<u32>,
    /// Who is told how many days after it was due, the earliest first.
    pub escalations: Vec<Escalation>,
    /// How many days answers and marks are kept; that somebody passed stays.
    pub answers_days: Setting,
    /// The record class of what is kept of those who took it; absent: the usual one.
    pub record_class: Option<String>,
    /// The mechanism that it is.
    pub mechanism: Option<Mechanism>,
    /// Statements served.
    pub statements: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A page of what is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoursePage {
    /// Id: what somebody has read is kept by it.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What stands on it.
    pub blocks: Vec<PageBlock>,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageBlock {
    /// A heading below that of the page.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A list.
    List {
        /// Whether its order matters.
        numbered: bool,
        /// What it lists.
        items: Vec<String>,
    },
}

/// A question of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseQuestion {
    /// Id.
    pub id: String,
    /// What is asked.
    pub text: String,
    /// What can be chosen.
    pub choices: Vec<String>,
    /// Which of them are right: exactly these must be chosen.
    pub answers: BTreeSet<usize>,
    /// Why, told after the try.
    pub why: String,
}

/// The numbers of a duty's report that come from a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseNumbers {
    /// The course.
    pub course: String,
    /// Fields of the form and what they count.
    pub counts: Vec<(String, CourseCount)>,
    /// The field that must be filled while fewer than [`CourseNumbers::share`] have passed.
    pub when_short: Option<String>,
    /// Per cent of those who have to, who must have passed.
    pub share: u32,
}

impl CourseNumbers {
    /// What a field counts.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<CourseCount> {
        self.counts.iter().find(|(id, _)| id == field).map(|(_, count)| *count)
    }
}

impl Course {
    /// Most pages of a course.
    pub const PAGES_MAX: usize = 40;
    /// Most choices of a question.
    pub const CHOICES_MAX: usize = 6;

    /// Every role that it names, with the key that does.
    pub(crate) fn roles_named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        std::iter::once(("manager", self.manager.as_str()))
            .chain(self.roles.iter().map(|r| ("roles", r.as_str())))
            .chain(self.confirm_by.iter().map(|r| ("confirm_by", r.as_str())))
            .chain(self.excuse_by.iter().map(|r| ("excuse_by", r.as_str())))
            .chain(self.escalations.iter().map(|e| ("escalations", e.to.as_str())))
    }

    /// Numbers that may come from a parameter, with their keys.
    pub(crate) fn settings(&self) -> Vec<(&'static str, &Setting)> {
        let mut settings = vec![("answers_days", &self.answers_days)];
        settings.extend(self.joined_within_days.iter().map(|s| ("joined_within_days", s)));
        if let Occurs::On { within_days, .. } = &self.occurs {
            settings.push(("within_days", within_days));
        }
        settings
    }

    /// The same, to be changed.
    pub(crate) fn settings_mut(&mut self) -> Vec<&mut Setting> {
        let mut settings = vec![&mut self.answers_days];
        settings.extend(self.joined_within_days.iter_mut());
        if let Occurs::On { within_days, .. } = &mut self.occurs {
            settings.push(within_days);
        }
        settings
    }
}
