//! What programs send and get about courses.
//!
//! Owns the shapes, which are the contract of these addresses.

use app::training::{
    CourseCard, CourseOverview, CoursePerson, CourseSection, CourseYear, MyCourse, ShownPaper,
};
use policy::PageBlock;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use workflow::duty::Tally;

use super::materials::{CourseFileView, CourseFilesView};
use crate::api::dto::time;

/// Which fiscal year.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct CourseYearQuery {
    /// The year in which it begins; the current one unless it is said.
    pub(super) year: Option<i16>,
}

/// One's own course in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct CourseCardView {
    pub(super) id: String,
    pub(super) course: String,
    pub(super) title: String,
    pub(super) minutes: u32,
    pub(super) due_on: String,
    /// `not-begun`, `reading`, `tried`, `overdue`, `confirming`, `excuse-asked`, `passed` or `excused`.
    pub(super) standing: String,
    pub(super) pages_read: usize,
    pub(super) pages: usize,
    pub(super) passed_at: Option<String>,
    /// When somebody told one to take it.
    pub(super) reminded_at: Option<String>,
}

impl From<CourseCard> for CourseCardView {
    fn from(card: CourseCard) -> Self {
        Self {
            id: card.task.to_string(),
            course: card.course,
            title: card.title,
            minutes: card.minutes,
            due_on: card.due_on.to_string(),
            standing: card.standing.id().to_owned(),
            pages_read: card.pages.0,
            pages: card.pages.1,
            passed_at: card.passed_at.map(time),
            reminded_at: card.reminded_at.map(time),
        }
    }
}

/// One's own courses.
#[derive(Serialize, ToSchema)]
pub(crate) struct CourseList {
    pub(super) courses: Vec<CourseCardView>,
}

/// A part of a page.
#[derive(Serialize, ToSchema)]
pub(crate) struct CourseBlockView {
    /// `heading`, `text`, `list` or `numbered`.
    pub(super) kind: String,
    /// The words; of a list its items.
    pub(super) lines: Vec<String>,
}

/// A page of a course.
#[derive(Serialize, ToSchema)]
pub(crate) struct CoursePageView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) read: bool,
    pub(super) blocks: Vec<CourseBlockView>,
}

/// A question of one's last try: what was chosen and what is right.
#[derive(Serialize, ToSchema)]
pub(crate) struct MarkedItemView {
    pub(super) text: String,
    pub(super) choices: Vec<MarkedChoiceView>,
    pub(super) right: bool,
    pub(super) why: String,
}

/// A choice of such a question.
#[derive(Serialize, ToSchema)]
pub(crate) struct MarkedChoiceView {
    pub(super) text: String,
    pub(super) chosen: bool,
    pub(super) right: bool,
}

/// One's own course.
#[derive(Serialize, ToSchema)]
pub(crate) struct CourseDetailView {
    pub(super) id: String,
    pub(super) course: String,
    pub(super) title: String,
    pub(super) help: String,
    pub(super) due_on: String,
    /// As in the list.
    pub(super) standing: String,
    pub(super) pages: Vec<CoursePageView>,
    /// Questions of a paper; none where nothing is asked.
    pub(super) questions: u32,
    /// Per cent that must be right.
    pub(super) pass_percent: u32,
    pub(super) may_begin: bool,
    pub(super) under_way: bool,
    pub(super) attempts: u32,
    /// Files as material, of this zone.
    pub(super) files: Vec<CourseFileView>,
    /// Other zones in which there are some.
    pub(super) files_elsewhere: Vec<String>,
    /// The last try, until its answers are erased.
    pub(super) marked: Vec<MarkedItemView>,
    pub(super) passed_at: Option<String>,
    pub(super) statements: Vec<String>,
}

impl From<MyCourse> for CourseDetailView {
    fn from(mine: MyCourse) -> Self {
        let block = |block: &PageBlock| match block {
            PageBlock::Heading(text) => {
                CourseBlockView { kind: "heading".to_owned(), lines: vec![text.clone()] }
            }
            PageBlock::Text(text) => CourseBlockView { kind: "text".to_owned(), lines: vec![text.clone()] },
            PageBlock::List { numbered, items } => CourseBlockView {
                kind: if *numbered { "numbered" } else { "list" }.to_owned(),
                lines: items.clone(),
            },
        };
        let choice = |(text, chosen, right)| MarkedChoiceView { text, chosen, right };
        Self {
            pages: mine
                .course
                .pages
                .iter()
                .map(|page| CoursePageView {
                    id: page.id.clone(),
                    title: page.title.clone(),
                    read: mine.progress.read_at.is_some() || mine.progress.pages.contains(&page.id),
                    blocks: page.blocks.iter().map(block).collect(),
                })
                .collect(),
            marked: mine
                .marked
                .into_iter()
                .map(|item| MarkedItemView {
                    text: item.text,
                    choices: item.choices.into_iter().map(choice).collect(),
                    right: item.right,
                    why: item.why,
                })
                .collect(),
            files: mine.files.here.into_iter().map(Into::into).collect(),
            files_elsewhere: mine.files.elsewhere.into_iter().map(|zone| zone.to_string()).collect(),
            id: mine.task.id.to_string(),
            due_on: mine.task.due_on.to_string(),
            standing: mine.standing.id().to_owned(),
            questions: if mine.course.questions.is_empty() { 0 } else { mine.course.draw },
            pass_percent: mine.course.pass,
            may_begin: mine.may_begin.is_ok(),
            under_way: mine.progress.begun.is_some(),
            attempts: mine.progress.attempts,
            passed_at: mine.progress.passed.map(|(at, _)| time(at)),
            statements: mine.statements,
            course: mine.course.id,
            title: mine.course.title,
            help: mine.course.help,
        }
    }
}

/// A question of a paper. Nothing here says what is right.
#[derive(Serialize, ToSchema)]
pub(crate) struct PaperItemView {
    pub(super) text: String,
    pub(super) choices: Vec<String>,
    /// Whether several are right.
    pub(super) several: bool,
}

/// The paper of the try that is under way.
#[derive(Serialize, ToSchema)]
pub(crate) struct PaperView {
    pub(super) nth: u32,
    pub(super) begun_at: String,
    pub(super) items: Vec<PaperItemView>,
}

impl From<ShownPaper> for PaperView {
    fn from(paper: ShownPaper) -> Self {
        let items = paper.items.into_iter().map(|item| PaperItemView {
            text: item.text,
            choices: item.choices,
            several: item.several,
        });
        Self { nth: paper.nth, begun_at: time(paper.begun_at), items: items.collect() }
    }
}

/// What is chosen, for each question of the paper in its order: places of choices, from 0.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerForm {
    pub(super) chosen: Vec<Vec<usize>>,
}

/// Whether a try was passed.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnsweredView {
    pub(super) passed: bool,
}

/// How many people are how far.
#[derive(Serialize, ToSchema)]
pub(crate) struct CourseRateView {
    /// Everybody it is for.
    pub(super) people: u32,
    pub(super) passed: u32,
    pub(super) excused: u32,
    pub(super) overdue: u32,
    /// Parts in a thousand that passed, of those who are not excused.
    pub(super) permille: u32,
}

impl From<Tally> for CourseRateView {
    fn from(tally: Tally) -> Self {
        Self {
            people: tally.asked,
            passed: tally.done,
            excused: tally.waived,
            overdue: tally.overdue,
            permille: if tally.asked == 0 { 0 } else { tally.permille() },
        }
    }
}

/// A course with its rate.
#[derive(Serialize, ToSchema)]
pub(crate) struct CourseTypeView {
    pub(super) id: String,
    pub(super) title: String,
    /// `everyone`, `roles`, `managers` or `new-hires`.
    pub(super) audience: String,
    pub(super) rate: CourseRateView,
    /// Whether the caller may open it.
    pub(super) opens: bool,
}

/// All courses of a year.
#[derive(Serialize, ToSchema)]
pub(crate) struct CourseOverviewView {
    pub(super) year: i16,
    pub(super) whole_body: bool,
    pub(super) courses: Vec<CourseTypeView>,
}

impl From<CourseOverview> for CourseOverviewView {
    fn from(overview: CourseOverview) -> Self {
        let one = |(course, tally, opens): (policy::Course, Tally, bool)| CourseTypeView {
            id: course.id,
            title: course.title,
            audience: course.audience.id().to_owned(),
            rate: tally.into(),
            opens,
        };
        Self {
            year: overview.year,
            whole_body: overview.whole_body,
            courses: overview.courses.into_iter().map(one).collect(),
        }
    }
}

/// A section with its rate.
#[derive(Serialize, ToSchema)]
pub(crate) struct CourseSectionRateView {
    pub(super) section: String,
    pub(super) name: String,
    pub(super) rate: CourseRateView,
}

/// When a course was opened.
#[derive(Serialize, ToSchema)]
pub(crate) struct CourseRunView {
    pub(super) id: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) due_on: String,
    pub(super) opened_at: String,
    pub(super) closed_at: Option<String>,
}

/// One course in a year.
#[derive(Serialize, ToSchema)]
pub(crate) struct CourseYearView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) year: i16,
    pub(super) whole_body: bool,
    pub(super) all: CourseRateView,
    pub(super) sections: Vec<CourseSectionRateView>,
    pub(super) runs: Vec<CourseRunView>,
    /// For who runs it: files as material.
    pub(super) files: Vec<CourseFilesView>,
    pub(super) statements: Vec<String>,
}

impl From<CourseYear> for CourseYearView {
    fn from(of: CourseYear) -> Self {
        let section = |s: app::duties::SectionRate| CourseSectionRateView {
            section: s.section.map(|id| id.to_string()).unwrap_or_default(),
            name: s.name,
            rate: s.tally.into(),
        };
        let run = |run: app::training::store::CourseRun| CourseRunView {
            from: run.covers.first().to_string(),
            until: run.covers.last().to_string(),
            due_on: run.due_on.to_string(),
            opened_at: time(run.opened_at),
            closed_at: run.closed.map(|(at, _)| time(at)),
            id: run.id,
        };
        Self {
            id: of.course.id,
            title: of.course.title,
            year: of.year,
            whole_body: of.whole_body,
            all: of.all.into(),
            sections: of.sections.into_iter().map(section).collect(),
            runs: of.runs.into_iter().map(run).collect(),
            files: of.files.into_iter().map(Into::into).collect(),
            statements: of.statements,
        }
    }
}

/// Somebody who has to take a course. Marks are his own.
#[derive(Serialize, ToSchema)]
pub(crate) struct CoursePersonView {
    pub(super) person: String,
    pub(super) name: String,
    /// As in the list of one's own.
    pub(super) standing: String,
    pub(super) due_on: String,
    pub(super) passed_at: Option<String>,
    pub(super) late: bool,
    pub(super) reminded_at: Option<String>,
}

impl From<CoursePerson> for CoursePersonView {
    fn from(person: CoursePerson) -> Self {
        Self {
            person: person.user.to_string(),
            name: person.name,
            standing: person.standing.id().to_owned(),
            due_on: person.due_on.to_string(),
            passed_at: person.passed_at.map(time),
            late: person.late,
            reminded_at: person.reminded_at.map(time),
        }
    }
}

/// The people of a section.
#[derive(Serialize, ToSchema)]
pub(crate) struct CourseSectionView {
    pub(super) course: String,
    pub(super) year: i16,
    pub(super) section: String,
    pub(super) people: Vec<CoursePersonView>,
    pub(super) may_remind: bool,
}

impl From<CourseSection> for CourseSectionView {
    fn from(of: CourseSection) -> Self {
        Self {
            course: of.course.id,
            year: of.year,
            section: of.section.to_string(),
            people: of.people.into_iter().map(Into::into).collect(),
            may_remind: of.may_remind,
        }
    }
}

/// A course to be opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenForm {
    /// `2026-12-10`; empty: as the policy says.
    #[serde(default)]
    pub(super) due_on: String,
    /// For a course that something sets off: what happened.
    #[serde(default)]
    pub(super) what: String,
}

/// Who was in the room.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttendanceForm {
    /// The day, `2026-11-20`.
    pub(super) on: String,
    /// Where.
    #[serde(default)]
    pub(super) place: String,
    /// User names.
    pub(super) people: Vec<String>,
}

/// What became of a list of people.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttendedView {
    /// Noted.
    pub(super) noted: usize,
    /// Of them, those who are done with it now.
    pub(super) passed: usize,
    /// Who was done before.
    pub(super) before: usize,
}

/// How many people were told.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemindedView {
    pub(super) people: usize,
}
