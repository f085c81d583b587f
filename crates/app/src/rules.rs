//! What the use cases ask of the pack, as numbers and routes.
//!
//! Owns turning pack data into what the state machines take, and refusing at start a pack that asks for something
//! this version cannot do. Leaves the model and its checks to `policy`.

use std::collections::{BTreeMap, BTreeSet};

use policy::{Axis, ChannelMode, Facts, Pack, Passage, Plan, RequestType, Setting, Treatment};
use worker_protocol::{FilePolicy, Kind as FileKind, Mark, Report};
use workflow::{
    Millis,
    id::SectionId,
    request::Answer,
    route::{self, Route, Scope, Step},
    transfer::{Content, PickUp, Transfer},
};

use crate::{
    error::{Error, Result},
    evidence::Kind,
    requests::forms::Problems,
};

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;
const YEAR: Millis = 366 * DAY;

/// The pack's numbers that do not depend on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) session_idle: Millis,
    pub(crate) session_max: Millis,
    pub(crate) password_chars_min: usize,
    pub(crate) failures_max: u32,
    pub(crate) lock: Millis,
    pub(crate) token_days_max: u32,
    pub(crate) originals_kept: Millis,
    pub(crate) results_kept: Millis,
    pub(crate) evidence_kept: Millis,
    pub(crate) pick_up: PickUp,
    /// Statements that some channel, rule, request type, step or register names: an act is evidence for them only where they are
    /// in play.
    pub(crate) of_channels: BTreeSet<String>,
}

/// The pack lacks something that a checkpoint needs, or asks for something this version cannot do.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A parameter is not set.
    #[error("the policy leaves open what a checkpoint needs: {0}")]
    Parameter(#[from] policy::ParameterError),
    /// A setting of the pack has no value.
    #[error("the policy leaves open what a checkpoint needs: {0}")]
    Unset(&'static str),
    /// Something of a later version.
    #[error("the policy asks for what this version cannot do: {0}")]
    Unsupported(String),
}

/// Tokens live at most as long as an account may stay unreviewed would be too long; a quarter is what audits accept.
const TOKEN_DAYS_MAX: u32 = 90;

impl Rules {
    pub(crate) fn from_pack(pack: &Pack) -> std::result::Result<Self, RulesError> {
        for request in pack.requests() {
            for step in &request.steps {
                let at = format!("request {}, step {}", request.id, step.id);
                let city_wide = pack.role(&step.approver).is_some_and(|r| r.city_wide);
                if step.scope == policy::Scope::City && !city_wide {
                    let role = &step.approver;
                    return Err(RulesError::Unsupported(format!(
                        "{at}: scope city for role {role}, which is not city_wide"
                    )));
                }
            }
        }
        for statement in pack.statements() {
            if let Some(act) = statement.acts.iter().find(|a| Kind::from_id(a).is_none()) {
                return Err(RulesError::Unsupported(format!("statement {}: act {act}", statement.id)));
            }
        }
        let retention = pack.retention();
        let days =
            |setting: &Setting, what| setting.value.ok_or(RulesError::Unset(what)).map(|n| span(n, DAY));
        let results_kept = days(&retention.results_days, "results_days")?;
        Ok(Self {
            session_idle: span(pack.minutes("session-idle")?, MINUTE),
            session_max: span(pack.hours("session-lifetime")?, HOUR),
            password_chars_min: usize::try_from(pack.count("password-length")?).unwrap_or(usize::MAX),
            failures_max: narrow(pack.count("login-attempts")?),
            lock: span(pack.minutes("login-lock")?, MINUTE),
            token_days_max: TOKEN_DAYS_MAX,
            originals_kept: days(&retention.originals_days, "originals_days")?,
            results_kept,
            evidence_kept: span(
                retention.evidence_years.value.ok_or(RulesError::Unset("evidence_years"))?,
                YEAR,
            ),
            of_channels: of_channels(pack),
            pick_up: PickUp { days: narrow(u64::try_from(results_kept / DAY).unwrap_or(u64::MAX)) },
        })
    }

    pub(crate) fn evidence_ends(&self, at: Millis) -> Option<Millis> {
        at.checked_add(self.evidence_kept)
    }
}

fn of_channels(pack: &Pack) -> BTreeSet<String> {
    let channels = pack
        .channels()
        .iter()
        .flat_map(|c| c.statements.iter().chain(c.rules.iter().flat_map(|r| &r.statements)));
    let requests = pack
        .requests()
        .iter()
        .flat_map(|r| r.statements.iter().chain(r.steps.iter().flat_map(|s| &s.statements)));
    let registers = pack.registers().iter().flat_map(|r| r.statements.iter().chain(&r.statements_unknown));
    channels.chain(requests).chain(registers).cloned().collect()
}

/// A number of the pack in milliseconds. Packs bound their numbers; what would overflow lasts for ever instead.
fn span(number: u64, unit: Millis) -> Millis {
    Millis::try_from(number).ok().and_then(|n| n.checked_mul(unit)).unwrap_or(Millis::MAX / 4)
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// What the pack asks of a transfer with this content and these kinds of file.
pub(crate) fn passage<'p>(
    pack: &'p Pack,
    channel: &'p policy::Channel,
    content: &Content,
    kinds: BTreeSet<FileKind>,
) -> Passage<'p> {
    let levels = BTreeSet::from([content.classification.clone()]);
    pack.passage(channel, &Facts { levels, kinds, personal_data: content.personal_data })
}

/// What the pack asks the sanitiser to do with files of a transfer: how each kind is treated, and the mark.
pub(crate) fn treatment(
    pack: &Pack,
    channel: &policy::Channel,
    classification: &str,
    personal_data: bool,
) -> (FilePolicy, Option<Mark>) {
    let facts =
        Facts { levels: BTreeSet::from([classification.to_owned()]), kinds: BTreeSet::new(), personal_data };
    (pack.file_policy(channel, &facts), pack.mark(&facts))
}

/// The statements that ask for the inspection of files of these kinds on a channel.
pub(crate) fn inspection_statements(channel: &policy::Channel, kinds: &BTreeSet<FileKind>) -> Vec<String> {
    let of_channel = (channel.mode == ChannelMode::Inspect).then_some(&channel.statements);
    let rules = channel.rules.iter().filter(|r| {
        r.treatment == Some(Treatment::InspectOnly)
            && (r.kinds.is_empty() || r.kinds.iter().any(|kind| kinds.contains(kind)))
    });
    of_channel.into_iter().chain(rules.map(|r| &r.statements)).flatten().cloned().collect()
}

/// The route of a plan for a submitter of this section.
///
/// # Errors
/// [`Error::Internal`] when a deadline has no value, which checked packs do not have.
pub(crate) fn route(pack: &Pack, plan: &Plan<'_>, section: &SectionId) -> Result<Route> {
    plan.request.map_or_else(|| Ok(Route::default()), |request| route_of(pack, request, &[], section))
}

/// The route of a request type for an applicant of this section who gave these answers. A step that several persons
/// decide is as many steps one after the other: no person decides two.
///
/// # Errors
/// As [`route`].
pub(crate) fn route_of(
    pack: &Pack,
    request: &RequestType,
    answers: &[Answer],
    section: &SectionId,
) -> Result<Route> {
    let department = pack.section(section.as_str()).map(|s| s.department.clone()).unwrap_or_default();
    let mut steps = Vec::new();
    for step in steps_asked(request, answers) {
        let hours = step.deadline_hours.value.ok_or_else(|| {
            Error::Internal(format!("request {}, step {}: no deadline", request.id, step.id))
        })?;
        for person in 1..=step.persons {
            let (id, title) = match step.persons {
                1 => (step.id.clone(), step.title.clone()),
                of => (format!("{}-{person}", step.id), format!("{}({of}人の{person}人目)", step.title)),
            };
            let scope = match step.scope {
                policy::Scope::City => Scope::City,
                policy::Scope::Department => Scope::Department(department.clone()),
                policy::Scope::Section => Scope::Section(section.clone()),
            };
            let escalations = step.escalations.iter().map(|e| route::Escalation {
                after_days: e.after_days,
                role: e.to.clone(),
                // Such a role answers for the whole body, wherever the step stands.
                scope: if pack.role(&e.to).is_some_and(|r| r.city_wide) {
                    Scope::City
                } else {
                    scope.clone()
                },
            });
            let watch = route::Watch {
                remind_days: step.remind_days.clone(),
                escalations: escalations.collect(),
                ..route::Watch::default()
            };
            steps.push(Step {
                id,
                title,
                role: step.approver.clone(),
                scope,
                deadline_hours: narrow(hours),
                deputies: step.deputies.clone(),
                // What asks for the request asks for each of its steps.
                statements: BTreeSet::from_iter(step.statements.iter().chain(&request.statements).cloned())
                    .into_iter()
                    .collect(),
                raised_from: None,
                group: step.parallel.clone(),
                watch,
            });
        }
    }
    Ok(Route { steps })
}

/// The steps of a request type that are asked for where the form has these answers. An answer to a field that was not
/// asked is not among them.
pub(crate) fn steps_asked<'a>(
    request: &'a RequestType,
    answers: &'a [Answer],
) -> impl Iterator<Item = &'a policy::Step> {
    request.steps.iter().filter(|step| {
        step.only_when
            .as_ref()
            .is_none_or(|when| answers.iter().any(|a| a.field == when.field && a.value == when.is))
    })
}

/// Checks the content against the pack: the level exists, and the form of the request type that decides is filled.
/// Answers to fields that the form does not have are dropped.
///
/// # Errors
/// [`Error::Invalid`] for the level, [`Error::Form`] with everything that is wrong in the form.
pub(crate) fn check_form(pack: &Pack, request: Option<&RequestType>, content: &mut Content) -> Result<()> {
    if !pack.levels_of(Axis::Confidentiality).any(|l| l.id == content.classification) {
        return Err(Error::Invalid { field: "classification", problem: "unknown" });
    }
    let fields = request.map_or(&[][..], |r| r.fields.as_slice());
    let mut problems = Problems::of(fields);
    let mut answers = BTreeMap::new();
    for field in fields {
        // The purpose is asked of every transfer and has a place of its own.
        let is_purpose = field.id == "purpose";
        let answer = if is_purpose { Some(&content.purpose) } else { content.answers.get(&field.id) };
        let answer = answer.map(|a| a.trim()).unwrap_or_default();
        let problem = if answer.is_empty() {
            field.required.then_some("empty")
        } else if is_purpose {
            None
        } else if answer.chars().count() > usize::try_from(field.chars_max).unwrap_or(usize::MAX) {
            Some("too-long")
        } else if field.kind == policy::FormFieldType::Choice && !field.choices.iter().any(|c| c == answer) {
            Some("not-allowed")
        } else {
            answers.insert(field.id.clone(), answer.to_owned());
            None
        };
        if let Some(problem) = problem {
            problems.add(&field.id, problem);
        }
    }
    if !problems.found.is_empty() {
        return Err(Error::Form(problems.found));
    }
    content.answers = answers;
    Ok(())
}

/// The kinds found in the files of a transfer, members of archives too. A file whose kind is unknown adds none; it
/// does not pass anyway.
pub(crate) fn kinds_found(transfer: &Transfer) -> BTreeSet<FileKind> {
    transfer.files.iter().filter_map(|f| f.report.as_ref()).flat_map(kinds_in).collect()
}

/// The kinds in one file, members of an archive too.
pub(crate) fn kinds_in(report: &Report) -> BTreeSet<FileKind> {
    let members = report.members.iter().flat_map(|m| kinds_in(&m.report));
    report.kind.into_iter().chain(members).collect()
}
