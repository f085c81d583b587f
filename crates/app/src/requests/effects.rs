//! What an approved request brings about.
//!
//! Owns checking beforehand that it can, and doing it in the transaction of the last approval. Leaves putting values in
//! force to [`crate::in_force`].

use policy::{Effect, Mechanism};
use serde_json::json;
use workflow::{
    Millis,
    id::{EditionId, RosterPlanId},
    request::{Event, Request, State},
    route::Verdict,
};

use super::{days, forms::value_problem, store::ParameterChange};
use crate::{
    App,
    error::{Error, FieldProblem, Result},
    evidence::{Act, By, Kind},
    in_force::{self, Unfit},
    model::NewEvidence,
    ports::Tx,
};

/// A value that somebody wants a parameter to take.
pub(crate) struct Wanted {
    pub(crate) parameter: String,
    pub(crate) value: Option<String>,
    pub(crate) from: Millis,
}

/// Why a value cannot be had: the word of a field's problem, and the bounds that it is outside of.
type Unwanted = (&'static str, Option<(u64, u64)>);

impl App {
    /// Whether a value could be in force from then on beside these, and how people read it; else the word for why not, with
    /// the bounds it is outside of.
    pub(crate) fn check_wanted(
        &self,
        changes: &[ParameterChange],
        wanted: &Wanted,
    ) -> std::result::Result<String, Unwanted> {
        let written = self.written_pack();
        let parameter = written.parameter(&wanted.parameter).ok_or(("unknown", None))?;
        let value = wanted
            .value
            .as_deref()
            .map(|typed| parameter.read_value(typed))
            .transpose()
            .map_err(|error| value_problem(&error))?;
        let mut values = in_force::values_at(&written, changes, wanted.from);
        let now = values.get(&wanted.parameter).map_or(&parameter.value, |set| &set.value);
        if *now == value {
            return Err(("same", None));
        }
        let shown = value.as_ref().map_or_else(|| "定めない".to_owned(), ToString::to_string);
        values.insert(wanted.parameter.clone(), policy::SetValue { value, decided: String::new() });
        match in_force::with_values(&written, &values) {
            Ok(_) => Ok(shown),
            Err(Unfit::Value(error)) => Err(value_problem(&error)),
            Err(Unfit::Rules(_) | Unfit::Needed(_)) => Err(("needed", None)),
        }
    }

    /// What a request that was handed in, or came back, means for the edition of the policy that it carries: it is on its
    /// way, or a draft again. In the transaction of the request.
    pub(crate) async fn carry_edition(
        &self,
        tx: &mut dyn Tx,
        request: &Request,
        events: &[Event],
    ) -> Result<Vec<NewEvidence>> {
        let form = self.pack().request(&request.form);
        let mut evidence = Vec::new();
        for effect in form.map_or(&[][..], |form| &form.effects) {
            if let Effect::ChangePersonnel { plan } = effect {
                evidence.extend(self.carry_roster(tx, request, plan, events).await?);
                continue;
            }
            let Effect::AdoptRevision { edition, from } = effect else { continue };
            let Some(id) = request.answer(edition).map(EditionId::new) else { continue };
            let handed_in = events.iter().any(|e| matches!(e, Event::Submitted { .. }));
            match request.state {
                State::Waiting if handed_in => {
                    let from = request.answer(from).and_then(days::begin_of).ok_or(Error::FormChanged)?;
                    // Whole policies are held meanwhile; the future of every request should not have room for them.
                    let (by, request) = (&request.applicant, request.id.as_str());
                    evidence.push(Box::pin(self.edition_applied(tx, &id, request, by, from)).await?);
                }
                State::Waiting | State::Approved => {}
                State::Returned | State::PulledBack | State::Rejected | State::Withdrawn | State::Expired => {
                    evidence.extend(self.edition_sent_back(tx, &id, request.id.as_str()).await?);
                }
            }
        }
        Ok(evidence)
    }

    /// Brings about what the form of an approved request says: the evidence of it. The form is that of the policy in
    /// force: where it is gone, or asks for other things than were answered, nobody can approve what he was shown.
    pub(crate) async fn bring_about(
        &self,
        tx: &mut dyn Tx,
        by: By<'_>,
        request: &Request,
        now: Millis,
    ) -> Result<Vec<NewEvidence>> {
        let form = self.pack().request(&request.form).ok_or(Error::FormChanged)?;
        let mut evidence = Vec::new();
        for effect in &form.effects {
            let answered = |field: &str| request.answer(field).map(str::to_owned);
            let (parameter, value, from) = match effect {
                Effect::SetParameter { parameter, value, from } => (parameter, value, from),
                Effect::AdoptRevision { edition, .. } => {
                    let id = EditionId::new(answered(edition).ok_or(Error::FormChanged)?);
                    evidence.push(Box::pin(self.edition_approved(tx, &id, request.id.as_str())).await?);
                    continue;
                }
                // Below, all together.
                Effect::SetColumn { .. } | Effect::AddRow { .. } | Effect::EndRow { .. } => continue,
                Effect::Publish { edition } => {
                    let id = EditionId::new(answered(edition).ok_or(Error::FormChanged)?);
                    evidence.push(Box::pin(self.edition_published(tx, &id, request.id.as_str())).await?);
                    continue;
                }
                Effect::ChangePersonnel { plan } => {
                    let id = RosterPlanId::new(answered(plan).ok_or(Error::FormChanged)?);
                    evidence.push(self.roster_approved(tx, &id, request.id.as_str(), by).await?);
                    continue;
                }
            };
            let (Some(id), Some(begin)) =
                (answered(parameter), answered(from).and_then(|d| days::begin_of(&d)))
            else {
                return Err(Error::FormChanged);
            };
            // A day that passed while the approvers thought about it begins now.
            let wanted = Wanted { parameter: id, value: answered(value), from: begin.max(now) };
            let changes = tx.parameter_values().await?;
            if let Err((problem, bounds)) = self.check_wanted(&changes, &wanted)
                && problem != "same"
            {
                let title = form.field(value).map_or_else(String::new, |f| f.title.clone());
                return Err(Error::Form(vec![FieldProblem { field: value.clone(), title, problem, bounds }]));
            }
            evidence.push(self.set_parameter(tx, by, request, wanted, now).await?);
        }
        evidence.extend(Box::pin(self.rows_approved(tx, by, request, form, now)).await?);
        Ok(evidence)
    }

    async fn set_parameter(
        &self,
        tx: &mut dyn Tx,
        by: By<'_>,
        request: &Request,
        wanted: Wanted,
        now: Millis,
    ) -> Result<NewEvidence> {
        let approved = request.approval.decisions.iter().rev().find(|d| d.verdict == Verdict::Approve);
        let approved_by = approved
            .map(|d| d.by.clone())
            .ok_or_else(|| Error::Internal(format!("request {} was approved by nobody", request.id)))?;
        let change = ParameterChange {
            parameter: wanted.parameter,
            value: wanted.value,
            from: wanted.from,
            number: request.number,
            request: request.id.clone(),
            approved_by,
            approved_by_name: String::new(),
            approved_at: now,
        };
        tx.insert_parameter_value(&change).await?;
        let pack = self.pack();
        let parameter = pack.parameter(&change.parameter);
        // What it is evidence for is what leaves this value open, besides what asks for the approval of values.
        let statements: Vec<String> = pack
            .statements()
            .iter()
            .filter(|s| s.parameters.contains(&change.parameter))
            .map(|s| s.id.clone())
            .chain(pack.served_by(Mechanism::ParameterRegister).map(|s| s.id.clone()))
            .chain(pack.served_by(Mechanism::ParameterApproval).map(|s| s.id.clone()))
            .collect();
        let act = Act {
            kind: Kind::ParameterChanged,
            by,
            subject: ("parameter", &change.parameter),
            details: json!({
                "title": parameter.map(|p| p.title.as_str()),
                "before": parameter.and_then(|p| p.value.as_ref()).map(ToString::to_string),
                "after": change.value,
                "from": days::date_of(change.from),
                "request": request.id.as_str(),
                "number": request.number,
            }),
            statements: &statements,
        };
        self.entry_by(now, &act, Some(&statements), &[])
    }
}
