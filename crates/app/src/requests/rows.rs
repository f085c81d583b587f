//! Rows of registers in forms, and what approved requests bring about in registers.
//!
//! Owns finding the row that somebody means, that what is out is not taken out again, and changing rows in the transaction of a
//! decision, by the rules of their registers. Leaves those rules to [`crate::registers`], the forms to `policy`.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Resource};
use policy::{AnswerIs, Column, ColumnType, Effect, EffectAt, FormField, RegisterScope, RequestType, Taken};
use workflow::{
    Millis,
    id::{RequestId, SectionId, UserId},
    register::{Cause, Refusal, Row, RowKey},
    request::{Answer, Event, Permit, Request, Standing, Terms},
};

use super::{days, store::RequestRow};
use crate::{
    App,
    actor::Actor,
    error::{Error, FieldProblem, Result},
    evidence::By,
    model::NewEvidence,
    ports::Tx,
    registers::{
        store::RowStage,
        too_many_rows,
        views::{RowQuestion, ShownLink},
        work::{Source, Work},
    },
};

/// Rows that a search in a form shows.
const CHOICES: u32 = 20;
/// Requests that the page of a row shows.
const REQUESTS_OF_ROW: u32 = 20;

/// A row that was found for a field.
pub(crate) struct Named {
    pub(crate) value: String,
    pub(crate) shown: String,
    pub(crate) row: RowKey,
}

/// A request that names a row, as the row's page tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowRequest {
    /// The request.
    pub request: RequestRow,
    /// How its permit stands, if it gave one.
    pub standing: Option<Standing>,
}

/// Values for rows: of each the field that named it, and the columns.
type Sets<'e> = BTreeMap<RowKey, (&'e str, Vec<(&'e str, String)>)>;

/// What is asked of registers: by an approved form, or by one that is tried.
struct Asked<'a> {
    form: &'a RequestType,
    answers: &'a [Answer],
    /// The applicant's.
    section: &'a SectionId,
    at: EffectAt,
    /// What the history of the rows says.
    reason: &'a str,
}

impl Asked<'_> {
    fn answer(&self, field: &str) -> Option<&Answer> {
        self.answers.iter().find(|a| a.field == field)
    }

    fn holds(&self, when: Option<&AnswerIs>) -> bool {
        when.is_none_or(|when| self.answer(&when.field).is_some_and(|a| a.value == when.is))
    }

    /// What comes into a column, as somebody would type it. A row of a register is its number to a link, and its name besides
    /// to everything else.
    fn taken(&self, value: &Taken, column: Option<&Column>) -> String {
        let is_link = column.is_some_and(|c| c.kind == ColumnType::Link);
        match value {
            Taken::Value(text) => text.clone(),
            Taken::Field(field) => self.answer(field).map_or_else(String::new, |a| {
                if a.row.is_some() && !is_link { a.shown.clone() } else { a.value.clone() }
            }),
        }
    }

    /// The row that was named in a field, unless that was not asked.
    fn row(&self, field: &str) -> Option<&RowKey> {
        self.answer(field).and_then(|a| a.row.as_ref())
    }

    /// A problem of a register, told at the field of the form that named the row.
    fn refused(&self, field: Option<&str>, register: &str, problem: FieldProblem) -> FieldProblem {
        let title = format!("{register}の「{}」", problem.title);
        FieldProblem { field: field.unwrap_or_default().to_owned(), title, ..problem }
    }

    fn problem(&self, field: &str, problem: &'static str) -> Error {
        let title = self.form.field(field).map_or_else(|| field.to_owned(), |f| f.title.clone());
        Error::Form(vec![FieldProblem { field: field.to_owned(), title, problem, bounds: None }])
    }
}

/// Whether nothing is out any more that was: what a form lets happen on a return happens.
pub(crate) fn came_back(request: &Request, events: &[Event]) -> bool {
    let asked = request.permit.as_ref().is_some_and(|p| p.terms.return_asked && !p.owes_return());
    let ended = |e: &Event| {
        matches!(e, Event::PermitReturned { .. } | Event::PermitGivenUp { .. } | Event::PermitRevoked { .. })
    };
    asked && events.iter().any(ended)
}

impl App {
    /// The row that somebody means by what he typed into a field: by its number, or by words that only one row has. Only rows
    /// in use that he sees.
    pub(crate) async fn row_named(
        &self,
        actor: &Actor,
        field: &FormField,
        typed: &str,
    ) -> Result<std::result::Result<Named, &'static str>> {
        let Some(register) = field.register.as_deref().and_then(|id| self.pack().register(id)) else {
            return Ok(Err("unknown"));
        };
        if typed.chars().any(char::is_control) {
            return Ok(Err("unknown"));
        }
        let row = match register.number_typed(typed) {
            Some(number) => {
                let found = self.store().row(&RowKey::new(register.id.clone(), number)).await?;
                let sees = |row: &Row| {
                    let facts = self.row_facts(register, &row.key.to_string(), row.section.as_ref());
                    self.may(actor, Action::ViewRow, &Resource::from(facts))
                };
                match found.filter(sees) {
                    None => return Ok(Err("unknown")),
                    Some(row) if row.end.is_some() => return Ok(Err("ended-row")),
                    Some(row) => row,
                }
            }
            None => {
                let mut rows = self.rows_with_words(actor, &register.id, typed, 2).await?;
                match (rows.pop(), rows.is_empty()) {
                    (None, _) => return Ok(Err("unknown")),
                    (Some(_), false) => return Ok(Err("several")),
                    (Some(row), true) => row,
                }
            }
        };
        let value = register.number_shown(row.key.number);
        let shown = format!("{value} {}", crate::registers::views::name_of(register, &row));
        Ok(Ok(Named { value, shown, row: row.key }))
    }

    async fn rows_with_words(
        &self,
        actor: &Actor,
        register: &str,
        words: &str,
        limit: u32,
    ) -> Result<Vec<Row>> {
        let question = RowQuestion {
            stage: RowStage::InUse,
            section: None,
            filters: BTreeMap::new(),
            words: words.to_owned(),
            after: None,
            limit,
        };
        match self.register_rows(actor, register, &question).await {
            Ok(list) => Ok(list.rows.into_iter().map(|shown| shown.row).collect()),
            Err(Error::NotFound | Error::Invalid { .. }) => Ok(Vec::new()),
            Err(other) => Err(other),
        }
    }

    /// Rows that a field of a form could take, found by words; those with the highest numbers first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a field that takes no row.
    pub async fn row_choices(&self, actor: &Actor, field: &FormField, words: &str) -> Result<Vec<ShownLink>> {
        let register =
            field.register.as_deref().and_then(|id| self.pack().register(id)).ok_or(Error::NotFound)?;
        let rows = self.rows_with_words(actor, &register.id, words.trim(), CHOICES).await?;
        let link = |row: Row| ShownLink {
            number: register.number_shown(row.key.number),
            name: Some(crate::registers::views::name_of(register, &row)),
            key: row.key,
        };
        Ok(rows.into_iter().map(link).collect())
    }

    /// These rows as others name them, without names that the person may not see.
    pub(crate) async fn rows_named(&self, actor: &Actor, keys: BTreeSet<&RowKey>) -> Result<Vec<ShownLink>> {
        let links = self.links_to(actor, keys.into_iter().cloned().collect()).await?;
        Ok(links.into_values().collect())
    }

    /// The requests of this zone that name a row and that the person sees, the newest first.
    pub(crate) async fn requests_of_row(&self, actor: &Actor, key: &RowKey) -> Result<Vec<RowRequest>> {
        let now = self.now();
        let mut seen = Vec::new();
        for request in self.store().requests_of_row(key, REQUESTS_OF_ROW).await? {
            let Some(whole) = self.store().request(&request.id).await? else { continue };
            let facts = self.request_facts(&whole, now).await?;
            if self.may(actor, Action::ViewRequest, &Resource::from(facts)) {
                let standing = request.permit.as_ref().map(|p| p.standing(now));
                seen.push(RowRequest { request, standing });
            }
        }
        Ok(seen)
    }

    /// Who has a row along now, and until when: what a permit that is not given back says. Whoever sees the row sees that.
    pub(crate) async fn who_has(&self, key: &RowKey) -> Result<Vec<(String, Permit)>> {
        let now = self.now();
        let out = self.store().permits_of_row(key).await?;
        let is_out = |permit: &Permit| permit.owes_return() && permit.terms.from <= now;
        let mut holders = Vec::new();
        for (_, applicant, permit) in out.into_iter().filter(|(_, _, permit)| is_out(permit)) {
            let names = self.names_of(BTreeSet::from([&applicant])).await?;
            holders.push((names.into_values().next().unwrap_or_default(), permit));
        }
        Ok(holders)
    }

    /// The fields whose row is out in that time, by another request than this one.
    async fn out_in(
        &self,
        source: &mut Source<'_>,
        answers: &[Answer],
        terms: Option<Terms>,
        own: Option<&RequestId>,
        now: Millis,
    ) -> Result<Vec<FieldProblem>> {
        let Some(terms) = terms.filter(|t| t.return_asked) else { return Ok(Vec::new()) };
        let mut problems = Vec::new();
        for answer in answers {
            let Some(key) = &answer.row else { continue };
            let others = source.permits_of_row(key).await?;
            let meets = |(id, _, permit): &(RequestId, UserId, Permit)| {
                Some(id) != own && permit.holds(terms.from, terms.until, now)
            };
            if others.iter().any(meets) {
                problems.push(FieldProblem {
                    field: answer.field.clone(),
                    title: answer.title.clone(),
                    problem: "out",
                    bounds: None,
                });
            }
        }
        Ok(problems)
    }

    /// Whether what a filled form asks of registers could come about now. Everything that is wrong.
    pub(crate) async fn try_rows(
        &self,
        actor: &Actor,
        form: &RequestType,
        answers: &[Answer],
        terms: Option<Terms>,
        now: Millis,
    ) -> Result<Vec<FieldProblem>> {
        let mut source = Source::Store(self.store());
        let out = self.out_in(&mut source, answers, terms, None, now).await?;
        if !out.is_empty() {
            return Ok(out);
        }
        let section = &actor.user().section;
        let asked = Asked { form, answers, section, at: EffectAt::Approval, reason: &form.title };
        let mut work = Work::new(self, Some(actor.id()), now);
        match self.work_on_rows(&asked, &mut work, &mut source, now).await {
            Ok(()) => Ok(Vec::new()),
            Err(Error::Form(problems)) => Ok(problems),
            Err(other) => Err(other),
        }
    }

    /// Changes registers as an approved form says, in the transaction of the decision.
    pub(crate) async fn rows_approved(
        &self,
        tx: &mut dyn Tx,
        by: By<'_>,
        request: &Request,
        form: &RequestType,
        now: Millis,
    ) -> Result<Vec<NewEvidence>> {
        let answers = &request.content.answers;
        for key in request.rows() {
            // Whoever approves another request for this row at the same time waits here.
            tx.row(key).await?;
        }
        let mut source = Source::Tx(&mut *tx);
        let own = Some(&request.id);
        let out = self.out_in(&mut source, answers, request.content.terms, own, now).await?;
        if !out.is_empty() {
            return Err(Error::Form(out));
        }
        self.rows_changed(tx, by, request, form, EffectAt::Approval, now).await
    }

    /// Changes registers as the form of a request says for what came back. A form that is gone asks for nothing.
    pub(crate) async fn rows_came_back(
        &self,
        tx: &mut dyn Tx,
        by: By<'_>,
        request: &Request,
        now: Millis,
    ) -> Result<Vec<NewEvidence>> {
        let Some(form) = self.pack().request(&request.form) else { return Ok(Vec::new()) };
        self.rows_changed(tx, by, request, form, EffectAt::Return, now).await
    }

    async fn rows_changed(
        &self,
        tx: &mut dyn Tx,
        by: By<'_>,
        request: &Request,
        form: &RequestType,
        at: EffectAt,
        now: Millis,
    ) -> Result<Vec<NewEvidence>> {
        let asked = Asked {
            form,
            answers: &request.content.answers,
            section: &request.section,
            at,
            reason: &request.title,
        };
        let user = match by {
            By::Actor(actor) => Some(actor.id()),
            By::Known(_, user) => Some(&user.id),
            By::Stranger(_) | By::System => None,
        };
        let mut work = Work::new(self, user, now).for_request(&request.id);
        self.work_on_rows(&asked, &mut work, &mut Source::Tx(&mut *tx), now).await?;
        self.write_rows(tx, by, &work, now).await
    }

    /// Puts together what a form asks of registers: values first, then new rows, then ends. A row that ends takes no values
    /// before.
    async fn work_on_rows(
        &self,
        asked: &Asked<'_>,
        work: &mut Work<'_>,
        source: &mut Source<'_>,
        now: Millis,
    ) -> Result<()> {
        let now_due: Vec<&Effect> =
            asked.form.effects.iter().filter(|e| e.on_registers() == Some(asked.at)).collect();
        let mut ends: BTreeMap<RowKey, &str> = BTreeMap::new();
        let mut sets: Sets<'_> = BTreeMap::new();
        for effect in &now_due {
            match effect {
                Effect::EndRow { row, only_when, .. } if asked.holds(only_when.as_ref()) => {
                    if let Some(key) = asked.row(row) {
                        ends.insert(key.clone(), row);
                    }
                }
                Effect::SetColumn { row, column, value, .. } => {
                    if let Some(key) = asked.row(row) {
                        let (_, values) = sets.entry(key.clone()).or_insert_with(|| (row, Vec::new()));
                        let register = self.pack().register(&key.register);
                        let value = asked.taken(value, register.and_then(|r| r.column(column)));
                        values.push((column, value));
                    }
                }
                _ => {}
            }
        }
        for (key, (field, values)) in sets.iter().filter(|(key, _)| !ends.contains_key(*key)) {
            self.set_columns(asked, work, source, key, field, values).await?;
        }
        for effect in &now_due {
            if let Effect::AddRow { register, columns, only_when, .. } = effect
                && asked.holds(only_when.as_ref())
            {
                self.add_from_form(asked, work, source, register, columns).await?;
            }
        }
        for (key, field) in &ends {
            let register = self.pack().register(&key.register).ok_or(Error::FormChanged)?;
            let before = work.row(source, key).await?.ok_or_else(|| asked.problem(field, "unknown"))?;
            if before.end.is_some() {
                return Err(asked.problem(field, "ended-row"));
            }
            work.ended(register, before, &days::date_of(now), asked.reason, Cause::Requested)?;
            work.follow(source, key).await?;
        }
        Ok(())
    }

    async fn set_columns(
        &self,
        asked: &Asked<'_>,
        work: &mut Work<'_>,
        source: &mut Source<'_>,
        key: &RowKey,
        field: &str,
        values: &[(&str, String)],
    ) -> Result<()> {
        let register = self.pack().register(&key.register).ok_or(Error::FormChanged)?;
        let before = work.row(source, key).await?.ok_or_else(|| asked.problem(field, "unknown"))?;
        if before.end.is_some() {
            return Err(asked.problem(field, "ended-row"));
        }
        let mut typed = self.typed(register, &before);
        typed.extend(values.iter().map(|(column, value)| ((*column).to_owned(), value.clone())));
        let reading = self.read_row(register, &typed).await?;
        let judged = work.judge(source, register, Some(&before), reading, false).await;
        let judged = judged.map_err(|error| at_field(asked, Some(field), &register.title, error))?;
        let section = before.section.clone();
        match work.changed(register, before, section, judged, Cause::Requested, asked.reason) {
            // It says so already.
            Err(Refusal::Same) => return Ok(()),
            other => other?,
        };
        work.follow(source, key).await.map(|_| ())
    }

    async fn add_from_form(
        &self,
        asked: &Asked<'_>,
        work: &mut Work<'_>,
        source: &mut Source<'_>,
        register: &str,
        columns: &[(String, Taken)],
    ) -> Result<()> {
        let register = self.pack().register(register).ok_or(Error::FormChanged)?;
        let typed: BTreeMap<String, String> =
            columns.iter().map(|(id, value)| (id.clone(), asked.taken(value, register.column(id)))).collect();
        let reading = self.read_row(register, &typed).await?;
        let judged = work.judge(source, register, None, reading, false).await;
        let judged = judged.map_err(|error| at_field(asked, None, &register.title, error))?;
        let number = source.take_number(&register.id).await?;
        if number > workflow::register::ROWS_MAX {
            return Err(too_many_rows());
        }
        let section = (register.scope == RegisterScope::Section).then(|| asked.section.clone());
        let key = RowKey::new(register.id.clone(), number);
        work.added(register, key, section, judged, Cause::Requested, asked.reason);
        Ok(())
    }
}

/// What a register refuses, told at the field that named the row.
fn at_field(asked: &Asked<'_>, field: Option<&str>, register: &str, error: Error) -> Error {
    match error {
        Error::Form(problems) => {
            Error::Form(problems.into_iter().map(|p| asked.refused(field, register, p)).collect())
        }
        other => other,
    }
}
