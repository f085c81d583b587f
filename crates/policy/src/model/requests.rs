//! Requests: their forms, their routes, and what an approved one brings about.
//!
//! Owns: request types and their parts.
//! Leaves to others: the course of one request (`workflow`), answers to a form (`app`).

use super::duties::Escalation;
use super::mechanism::Mechanism;
use super::text::Setting;
use super::words::{Attachments, EffectAt, EffectKind, FormFieldType, Permit, Scope};
use crate::problem::Origin;

/// A kind of request: its form and its route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestType {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// The heading under which people find it.
    pub group: Option<String>,
    /// The form.
    pub fields: Vec<FormField>,
    /// Decisions in order; at least one.
    pub steps: Vec<Step>,
    /// What an approved one lets happen.
    pub permit: Permit,
    /// Where the form says from when until when, for [`Permit::Period`].
    pub period: Option<Period>,
    /// What else the last approval brings about.
    pub effects: Vec<Effect>,
    /// Whether files belong to it.
    pub attachments: Attachments,
    /// What was done before it was asked for, and how soon it must be reported: an emergency form.
    pub afterwards: Option<Afterwards>,
    /// The part of the software that this form is: its requests are evidence for the statements that name it.
    pub mechanism: Option<Mechanism>,
    /// The record class of its requests; absent: the usual one.
    pub record_class: Option<String>,
    /// Statements served.
    pub statements: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    /// Id inside its request type.
    pub id: String,
    /// Label.
    pub title: String,
    /// What it takes.
    pub kind: FormFieldType,
    /// Whether it must be filled.
    pub required: bool,
    /// Values allowed when it is a choice.
    pub choices: Vec<String>,
    /// Help under the label.
    pub help: Option<String>,
    /// Longest answer in characters.
    pub chars_max: u32,
    /// Asked only where an earlier field has this answer.
    pub shown_when: Option<AnswerIs>,
    /// The register whose rows it takes; always there for that type.
    pub register: Option<String>,
}

/// One decision of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Id inside its request type.
    pub id: String,
    /// Title.
    pub title: String,
    /// The role that decides.
    pub approver: String,
    /// Whose holders of the role: the submitter's section or department, or the whole body.
    pub scope: Scope,
    /// How many of them must agree, each a person of his own: 1 to [`Step::PERSONS_MAX`].
    pub persons: u32,
    /// Asked for only where the form was answered so; `None`: always.
    pub only_when: Option<AnswerIs>,
    /// Hours from reaching the step.
    pub deadline_hours: Setting,
    /// Posts that may decide for an absent approver (代決), the first in line first.
    pub deputies: Vec<String>,
    /// 合議: neighbours with the same word are decided side by side, and all of them must agree.
    pub parallel: Option<String>,
    /// How many days before it is due its approvers are reminded, the most first.
    pub remind_days: Vec<u32>,
    /// Which roles may decide it as well how many days after it was due, the earliest first.
    pub escalations: Vec<Escalation>,
    /// Statements served.
    pub statements: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

impl Step {
    /// Most persons that one step can ask for. More is a meeting, and a meeting's record is an attachment.
    pub const PERSONS_MAX: u32 = 5;
}

/// The answer that a later field or a step depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerIs {
    /// Id of the field, a choice or a tick.
    pub field: String,
    /// Its answer: one of its choices, or `true` or `false`.
    pub is: String,
}

/// From when until when a permit holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Id of the field with the first day.
    pub from: String,
    /// Id of the field with the last day.
    pub until: String,
    /// Most days it may last.
    pub days_max: Option<Setting>,
    /// Whether what was permitted ends with a return that is reported.
    pub return_asked: bool,
    /// Whether somebody may take it over from whoever leaves the section; otherwise it is asked for anew.
    pub hand_over: bool,
}

/// An emergency: first it is done, then it is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Afterwards {
    /// Id of the field with the day on which it was done.
    pub done: String,
    /// Hours from the end of that day within which it must be reported.
    pub within_hours: Setting,
}

/// What the last approval of a request brings about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A parameter takes a value from a day on. Ids of the fields that say which, what and from when.
    SetParameter {
        /// A field of type `parameter`.
        parameter: String,
        /// A field of type `text`: the value; empty: not set any more.
        value: String,
        /// A field of type `date`.
        from: String,
    },
    /// An edition of the policy comes into force.
    AdoptRevision {
        /// A field of type `edition`.
        edition: String,
        /// A field of type `date`: its first day.
        from: String,
    },
    /// The public part of an edition is published.
    Publish {
        /// A field of type `edition`.
        edition: String,
    },
    /// People change as a plan says, on the plan's day.
    ChangePersonnel {
        /// A field of type `roster-plan`.
        plan: String,
    },
    /// A column of the row that was named takes a value. Nothing happens where no row was asked for.
    SetColumn {
        /// When.
        at: EffectAt,
        /// A field of type `row`.
        row: String,
        /// The column.
        column: String,
        /// Its value.
        value: Taken,
    },
    /// A register gets a row; in one by section it belongs to the applicant's.
    AddRow {
        /// The register.
        register: String,
        /// Columns and their values.
        columns: Vec<(String, Taken)>,
        /// Added only where the form has this answer; `None`: always.
        only_when: Option<AnswerIs>,
        /// Where it was written.
        origin: Origin,
    },
    /// The row that was named ends. Nothing happens where no row was asked for.
    EndRow {
        /// When.
        at: EffectAt,
        /// A field of type `row`.
        row: String,
        /// Ended only where the form has this answer; `None`: always.
        only_when: Option<AnswerIs>,
    },
}

/// Where the value of a column comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// The answer to a field; empty where it was not asked or not answered.
    Field(String),
    /// Always this, as somebody would type it; empty: nothing.
    Value(String),
}

impl Effect {
    /// Its word in the pack.
    #[must_use]
    pub fn kind(&self) -> EffectKind {
        match self {
            Effect::SetParameter { .. } => EffectKind::SetParameter,
            Effect::AdoptRevision { .. } => EffectKind::AdoptRevision,
            Effect::Publish { .. } => EffectKind::Publish,
            Effect::ChangePersonnel { .. } => EffectKind::ChangePersonnel,
            Effect::SetColumn { .. } => EffectKind::SetColumn,
            Effect::AddRow { .. } => EffectKind::AddRow,
            Effect::EndRow { .. } => EffectKind::EndRow,
        }
    }

    /// When it comes about, of what concerns registers; `None` for the others.
    #[must_use]
    pub fn on_registers(&self) -> Option<EffectAt> {
        match self {
            Effect::SetParameter { .. }
            | Effect::AdoptRevision { .. }
            | Effect::Publish { .. }
            | Effect::ChangePersonnel { .. } => None,
            Effect::SetColumn { at, .. } | Effect::EndRow { at, .. } => Some(*at),
            Effect::AddRow { .. } => Some(EffectAt::Approval),
        }
    }
}

impl RequestType {
    /// The field of the form with this id.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&FormField> {
        self.fields.iter().find(|f| f.id == id)
    }

    /// Whether people apply with it by itself; the others decide about transfers.
    #[must_use]
    pub fn is_general(&self) -> bool {
        self.permit != Permit::Transfer
    }
}
