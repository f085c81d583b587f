//! What programs send and get about duties and their tasks.
//!
//! Owns the shapes, which are the contract of these addresses.

use std::collections::BTreeMap;

use app::duties::{DutyYear, TaskDetail, store::TaskRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use workflow::duty::{Covers, Scope, Tally, task::Word};

use crate::api::{dto::time, forms::FormFieldView};

/// A duty of the policy.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyTypeView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) help: String,
    /// The role that does it.
    pub(super) owner: String,
    /// `body`, `section`, `person` or `register`.
    pub(super) each: String,
    /// The register with a task for each row, for `register`.
    pub(super) register: Option<String>,
    /// `fiscal-year`, `half`, `quarter`, `month` or `week`, for what recurs.
    pub(super) every: Option<String>,
    /// What sets it off, for what does not.
    pub(super) on: Option<String>,
    pub(super) confirm_by: Option<String>,
    pub(super) waiver_by: Option<String>,
    pub(super) fields: Vec<FormFieldView>,
    /// `none`, `optional` or `required`.
    pub(super) note: String,
    /// The same for files.
    pub(super) files: String,
    pub(super) statements: Vec<String>,
}

/// The duties of the policy.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyTypeList {
    pub(super) duties: Vec<DutyTypeView>,
}

/// Which tasks.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskListQuery {
    /// `mine` (default), `own`, `overdue` or `units`.
    pub(super) tray: Option<String>,
    /// `next` of the page before.
    pub(super) after: Option<String>,
    /// Rows, 1 to 200.
    pub(super) limit: Option<u32>,
}

/// What a task covers. That is another thing than the day on which it is done.
#[derive(Serialize, ToSchema)]
pub(crate) struct CoversView {
    /// The first day, `2026-04-01`.
    pub(super) first: String,
    /// The last day.
    pub(super) last: String,
    /// What happened, for what was set off; empty in another zone than that in which it was written.
    pub(super) event: Option<String>,
}

impl From<&Covers> for CoversView {
    fn from(covers: &Covers) -> Self {
        let event = match covers {
            Covers::Event { what, .. } => Some(what.clone()),
            Covers::Period(_) => None,
        };
        Self { first: covers.first().to_string(), last: covers.last().to_string(), event }
    }
}

/// A row of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskRowView {
    pub(super) id: String,
    pub(super) duty: String,
    pub(super) title: String,
    /// None for the body's own.
    pub(super) section: Option<String>,
    /// The person whose own task it is.
    pub(super) person: Option<String>,
    /// The row of a register that it is about, as `register/number`.
    pub(super) row: Option<String>,
    pub(super) covers: CoversView,
    pub(super) nth: u32,
    pub(super) times: u32,
    pub(super) due_on: String,
    /// `open`, `reported`, `waiver-asked`, `done` or `waived`.
    pub(super) state: String,
    /// Whether it was reported after it was due.
    pub(super) late: bool,
    pub(super) done_on: Option<String>,
}

impl From<TaskRow> for TaskRowView {
    fn from(row: TaskRow) -> Self {
        Self {
            id: row.id.to_string(),
            duty: row.duty,
            title: row.title,
            section: row.section.map(|s| s.to_string()),
            person: row.person.map(|(id, _)| id.to_string()),
            row: row.row.map(|row| row.to_string()),
            covers: (&row.covers).into(),
            nth: row.nth,
            times: row.times,
            due_on: row.due_on.to_string(),
            state: row.state.id().to_owned(),
            late: row.late,
            done_on: row.done_on.map(|d| d.to_string()),
        }
    }
}

/// A page of tasks.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskList {
    pub(super) rows: Vec<TaskRowView>,
    pub(super) next: Option<String>,
}

/// Something that was said about a task.
#[derive(Serialize, ToSchema)]
pub(crate) struct WordView {
    pub(super) by: String,
    #[schema(format = DateTime)]
    pub(super) at: String,
    pub(super) comment: String,
}

impl From<Word> for WordView {
    fn from(word: Word) -> Self {
        Self { by: word.by.to_string(), at: time(word.at), comment: word.comment }
    }
}

/// An answer of a report.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportAnswerView {
    pub(super) field: String,
    pub(super) title: String,
    pub(super) value: String,
    pub(super) shown: String,
}

/// A file of a report.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportFileView {
    pub(super) id: String,
    pub(super) name: String,
    sha256: String,
    pub(super) bytes: u64,
}

/// What was reported. Empty but for who and when in another zone than that in which it was written.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportView {
    pub(super) by: String,
    #[schema(format = DateTime)]
    pub(super) at: String,
    pub(super) done_on: String,
    pub(super) zone: String,
    pub(super) answers: Vec<ReportAnswerView>,
    pub(super) note: String,
    pub(super) attachments: Vec<ReportFileView>,
    /// What a confirmation sends back.
    pub(super) hash: String,
}

/// What the caller may do with a task.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskMayView {
    pub(super) report: bool,
    pub(super) ask_waiver: bool,
    pub(super) confirm: bool,
    pub(super) waive: bool,
}

/// A task.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskView {
    pub(super) id: String,
    pub(super) duty: String,
    pub(super) title: String,
    /// `body`, `section`, `person` or `row`.
    pub(super) scope: String,
    pub(super) section: Option<String>,
    pub(super) person: Option<String>,
    /// The row of a register that it is about, as `register/number`.
    pub(super) row: Option<String>,
    /// Why it ended without being done, when what it was about is no more.
    pub(super) dropped: Option<String>,
    pub(super) covers: CoversView,
    pub(super) nth: u32,
    pub(super) times: u32,
    pub(super) due_on: String,
    pub(super) state: String,
    pub(super) late: bool,
    #[schema(format = DateTime)]
    pub(super) made_at: String,
    pub(super) report: Option<ReportView>,
    pub(super) returned: Option<WordView>,
    pub(super) confirmed: Option<WordView>,
    pub(super) waiver: Option<WordView>,
    pub(super) waived: Option<WordView>,
    pub(super) statements: Vec<String>,
    pub(super) may: TaskMayView,
}

impl From<TaskDetail> for TaskView {
    fn from(detail: TaskDetail) -> Self {
        let hash = detail.report_hash;
        let may = TaskMayView {
            report: detail.may.report,
            ask_waiver: detail.may.ask_waiver,
            confirm: detail.may.confirm,
            waive: detail.may.waive,
        };
        let task = detail.task;
        let late = task.is_late();
        let scope = match &task.scope {
            Scope::Body => "body",
            Scope::Section(_) => "section",
            Scope::Person(..) => "person",
            Scope::Row(_) => "row",
        };
        let person = task.scope.person().map(ToString::to_string);
        let row = task.scope.row().map(ToString::to_string);
        let (asked, granted) = task.waiver.map_or((None, None), |w| (Some(w.asked), w.granted));
        let report = task.report.map(|r| ReportView {
            by: r.by.to_string(),
            at: time(r.at),
            done_on: r.done_on.to_string(),
            zone: r.zone.to_string(),
            answers: r
                .answers
                .into_iter()
                .map(|a| ReportAnswerView { field: a.field, title: a.title, value: a.value, shown: a.shown })
                .collect(),
            note: r.note,
            attachments: r
                .attachments
                .into_iter()
                .map(|a| ReportFileView {
                    id: a.id.to_string(),
                    name: a.untrusted_name,
                    sha256: a.stored.sha256,
                    bytes: a.stored.bytes,
                })
                .collect(),
            hash,
        });
        Self {
            id: task.id.to_string(),
            duty: task.duty,
            title: task.title,
            scope: scope.to_owned(),
            section: task.scope.section().map(ToString::to_string),
            person,
            row,
            dropped: task.dropped,
            covers: (&task.covers).into(),
            nth: task.nth,
            times: task.times,
            due_on: task.due_on.to_string(),
            state: task.state.id().to_owned(),
            late,
            made_at: time(task.made_at),
            report,
            returned: task.returned.map(Into::into),
            confirmed: task.confirmed.map(Into::into),
            waiver: asked.map(Into::into),
            waived: granted.map(Into::into),
            statements: detail.statements,
            may,
        }
    }
}

/// A report.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportForm {
    /// The day on which it was done, `2026-04-01`.
    pub(super) done_on: String,
    /// By the field's id, as for requests.
    #[serde(default)]
    pub(super) answers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) note: String,
    /// Ids of files of the report that was sent back, to be left out.
    #[serde(default)]
    pub(super) without: Vec<String>,
}

/// A word on a report.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskDecisionForm {
    /// `confirm` or `return`.
    pub(super) verdict: String,
    /// The hash of the report that was seen.
    pub(super) seen_hash: String,
    #[serde(default)]
    pub(super) comment: String,
}

/// A wish to let a task go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaiverForm {
    pub(super) reason: String,
}

/// A word on it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaiverDecisionForm {
    pub(super) granted: bool,
    #[serde(default)]
    pub(super) comment: String,
}

/// Something that happened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartForm {
    /// Chosen by the caller, 1 to 64 letters, digits and hyphens: sent again, it gives the same task.
    pub(super) submission: String,
    pub(super) duty: String,
    /// What happened.
    pub(super) what: String,
    /// The day, `2026-04-01`.
    pub(super) on: String,
    /// For a duty of sections: which; absent: the caller's.
    #[serde(default)]
    pub(super) section: String,
    /// For a duty of persons: whose, by login; absent: the caller's own.
    #[serde(default)]
    pub(super) person: String,
    /// For a duty about rows of a register: the number of which.
    #[serde(default)]
    pub(super) row: String,
}

/// Which fiscal year.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct YearQuery {
    /// The year of its April; absent: the current one.
    pub(super) year: Option<i16>,
}

/// What became of tasks.
#[derive(Serialize, ToSchema)]
pub(crate) struct TallyView {
    pub(super) asked: u32,
    pub(super) done: u32,
    pub(super) late: u32,
    pub(super) waived: u32,
    pub(super) overdue: u32,
    /// Whether it was done as often as it is asked for.
    pub(super) satisfied: bool,
}

impl From<Tally> for TallyView {
    fn from(t: Tally) -> Self {
        Self {
            asked: t.asked,
            done: t.done,
            late: t.late,
            waived: t.waived,
            overdue: t.overdue,
            satisfied: t.is_satisfied(),
        }
    }
}

/// How far a section is.
#[derive(Serialize, ToSchema)]
pub(crate) struct SectionRateView {
    /// None for the body's own tasks.
    pub(super) section: Option<String>,
    pub(super) name: String,
    pub(super) tally: TallyView,
}

/// A duty in a fiscal year.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyRateView {
    pub(super) duty: String,
    pub(super) title: String,
    /// Twelve months from April; none where nothing is due.
    pub(super) months: Vec<Option<TallyView>>,
    pub(super) tally: TallyView,
}

/// A fiscal year.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyYearView {
    pub(super) year: i16,
    /// Whether it is the whole body, or only the units that the caller answers for.
    pub(super) whole_body: bool,
    pub(super) tally: TallyView,
    pub(super) sections: Vec<SectionRateView>,
    pub(super) duties: Vec<DutyRateView>,
}

impl From<DutyYear> for DutyYearView {
    fn from(year: DutyYear) -> Self {
        Self {
            year: year.year,
            whole_body: year.whole_body,
            tally: year.all.into(),
            sections: year
                .sections
                .into_iter()
                .map(|s| SectionRateView {
                    section: s.section.map(|s| s.to_string()),
                    name: s.name,
                    tally: s.tally.into(),
                })
                .collect(),
            duties: year
                .rows
                .into_iter()
                .map(|r| DutyRateView {
                    duty: r.duty,
                    title: r.title,
                    months: r.months.into_iter().map(|m| m.map(|m| m.tally.into())).collect(),
                    tally: r.all.into(),
                })
                .collect(),
        }
    }
}
