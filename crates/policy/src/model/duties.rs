//! Duties (実施事項): what is to be done again and again, or when something happens, and what shows that it was done.
//!
//! Owns: the duty, when it falls due, what it asks for; the days on which a body is closed.
//! Leaves to others: periods, days and the course of one task (`workflow`), making and reporting tasks (`app`).

use super::courses::CourseNumbers;
use super::mechanism::Mechanism;
use super::requests::FormField;
use super::text::Setting;
use super::words::{Attachments, words};
use crate::problem::Origin;

words! {
    /// For what there is a task of its own.
    DutyEach {
        /// One for the whole body.
        Body = "body" "全庁で一つ",
        /// One for each section.
        Section = "section" "課ごと",
        /// One for each person who holds the role.
        Person = "person" "一人ずつ",
        /// One for each row of a register that has not ended.
        Register = "register" "台帳の一件ごと",
    }
}

words! {
    /// The period that a recurring duty covers.
    Every {
        /// From 1 April to 31 March.
        FiscalYear = "fiscal-year" "年度",
        /// April to September, October to March.
        Half = "half" "半期",
        /// Three months, counted from April.
        Quarter = "quarter" "四半期",
        /// A month.
        Month = "month" "月",
        /// From Monday to Sunday.
        Week = "week" "週",
    }
}

words! {
    /// What sets off a triggered duty.
    DutyTrigger {
        /// Somebody came.
        Hire = "hire" "採用",
        /// Somebody got a post in another place.
        Transfer = "transfer" "異動",
        /// Somebody left.
        Leaving = "leaving" "退職",
        /// What was permitted to somebody who leaves a section is to be taken over or given back.
        HandOver = "hand-over" "許可の引継ぎ",
        /// An accident, a fault, a violation or an attack.
        Incident = "incident" "事故や障害",
        /// An edition of the policy came into force.
        Edition = "edition" "方針の改定",
        /// Something is procured or entrusted to others.
        Contract = "contract" "調達や委託",
        /// Whatever somebody says it is.
        Manual = "manual" "必要が生じたとき",
    }
}

words! {
    /// Which days are counted.
    DayCount {
        /// All of them.
        Calendar = "calendar" "暦日",
        /// Those on which the body is open.
        Business = "business" "開庁日",
    }
}

/// A kind of task: what is to be done, by whom, how often, and what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyType {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// What is to be done, for whoever does it.
    pub help: String,
    /// The role that does it.
    pub owner: String,
    /// For what there is a task of its own.
    pub each: DutyEach,
    /// Which rows, for [`DutyEach::Register`].
    pub rows: Option<DutyRows>,
    /// When.
    pub occurs: Occurs,
    /// What is reported, as a form.
    pub fields: Vec<FormField>,
    /// Which of these come from a course.
    pub numbers: Option<CourseNumbers>,
    /// Whether words are reported besides.
    pub note: Attachments,
    /// Whether files are.
    pub files: Attachments,
    /// The role in which a second person confirms it.
    pub confirm_by: Option<String>,
    /// The role that may let it go undone for a reason. Absent: nobody may.
    pub waiver_by: Option<String>,
    /// How many days before it is due its owner is reminded, the most first.
    pub remind_days: Vec<u32>,
    /// Who is told how many days after it was due, the earliest first.
    pub escalations: Vec<Escalation>,
    /// The mechanism that it is: its tasks are evidence for the statements that name it.
    pub mechanism: Option<Mechanism>,
    /// The record class of its tasks; absent: the usual one.
    pub record_class: Option<String>,
    /// Statements served.
    pub statements: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// The rows for which a duty has tasks, and who answers for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyRows {
    /// The register.
    pub register: String,
    /// The column with the person who does it; absent: the duty's owner.
    pub person: Option<String>,
    /// The column with the section it is counted to; absent: the section that the row belongs to.
    pub section: Option<String>,
}

/// When a duty is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occurs {
    /// In each period.
    Every {
        /// How long a period is.
        every: Every,
        /// How often in it.
        times: Setting,
        /// When the last of them is due.
        due: DueRule,
    },
    /// When something happens.
    On {
        /// What.
        on: DutyTrigger,
        /// Within how many days.
        within_days: Setting,
        /// Which days count.
        days: DayCount,
    },
}

/// The day of a period on which a task is due. One on which the body is closed moves to the last open day before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueRule {
    /// The n-th open day of the period.
    BusinessDay(u32),
    /// A day of the year, for periods of a month and more.
    Date {
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// As many days before the last day; 0 is the last day itself.
    BeforeEnd(u32),
    /// The n-th open day after the period, for what looks back on it.
    AfterEnd(u32),
}

/// Who is told that a task is overdue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// Days after it was due.
    pub after_days: u32,
    /// The role.
    pub to: String,
}

/// Days on which the body is closed, besides weekends and holidays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedDay {
    /// Id.
    pub id: String,
    /// What they are.
    pub title: String,
    /// Which days.
    pub days: ClosedDays,
    /// Where it was written.
    pub origin: Origin,
}

/// Which days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClosedDays {
    /// Every year from one day to another, each as month and day; the second may lie in the next year.
    Yearly {
        /// The first.
        from: (u8, u8),
        /// The last.
        until: (u8, u8),
    },
    /// One day, `YYYY-MM-DD`.
    Once(String),
}

impl DutyType {
    /// The field of the form with this id.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&FormField> {
        self.fields.iter().find(|f| f.id == id)
    }

    /// Every role that it names, with the key that does.
    pub(crate) fn roles(&self) -> impl Iterator<Item = (&'static str, &str)> {
        std::iter::once(("owner", self.owner.as_str()))
            .chain(self.confirm_by.iter().map(|r| ("confirm_by", r.as_str())))
            .chain(self.waiver_by.iter().map(|r| ("waiver_by", r.as_str())))
            .chain(self.escalations.iter().map(|e| ("escalations", e.to.as_str())))
    }

    /// Numbers that may come from a parameter, with their keys.
    pub(crate) fn settings(&self) -> [(&'static str, &Setting); 1] {
        match &self.occurs {
            Occurs::Every { times, .. } => [("times", times)],
            Occurs::On { within_days, .. } => [("within_days", within_days)],
        }
    }

    /// The same, to be changed.
    pub(crate) fn settings_mut(&mut self) -> [&mut Setting; 1] {
        match &mut self.occurs {
            Occurs::Every { times, .. } => [times],
            Occurs::On { within_days, .. } => [within_days],
        }
    }
}
