//! Reading what somebody typed into a form.
//!
//! Owns the rules of each type of field, conditions, the period that is asked for, and whether the effects of a form could
//! come about. Everything that is wrong is told at once. Leaves the form itself to `policy`.

use std::collections::BTreeMap;

use policy::{Effect, FormField, FormFieldType, Pack, RequestType, ValueError};
use workflow::{
    Millis,
    request::{Answer, Terms},
    route::{DAY, HOUR},
};

use super::{days, effects::Wanted};
use crate::{
    App,
    actor::Actor,
    error::{Error, FieldProblem, Result},
    rosters::Meant,
    rules,
};

/// A form that was filled rightly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The answers that are kept, as an approver will read them.
    pub answers: Vec<Answer>,
    /// What is asked to be permitted.
    pub terms: Option<Terms>,
    /// What the steps of its route are called, in order.
    pub steps: Vec<String>,
    /// By how much an emergency is reported too late.
    pub late_by: Option<Millis>,
}

/// What is wrong so far.
pub(crate) struct Problems<'f> {
    fields: &'f [FormField],
    pub(crate) found: Vec<FieldProblem>,
}

impl<'f> Problems<'f> {
    pub(crate) fn of(fields: &'f [FormField]) -> Self {
        Self { fields, found: Vec::new() }
    }

    pub(crate) fn add(&mut self, field: &str, problem: &'static str) {
        self.add_bounds(field, problem, None);
    }

    fn add_bounds(&mut self, field: &str, problem: &'static str, bounds: Option<(u64, u64)>) {
        let known = self.fields.iter().find(|f| f.id == field);
        let title = known.map_or_else(|| field.to_owned(), |f| f.title.clone());
        self.found.push(FieldProblem { field: field.to_owned(), title, problem, bounds });
    }
}

/// Whether a field is asked for, given what was answered before.
#[must_use]
pub fn is_asked(fields: &[FormField], field: &FormField, answers: &BTreeMap<String, String>) -> bool {
    let Some(condition) = &field.shown_when else { return true };
    let Some(earlier) = fields.iter().find(|f| f.id == condition.field) else { return false };
    let answer = answers.get(&condition.field).map(|a| a.trim()).unwrap_or_default();
    let answer = match earlier.kind {
        FormFieldType::Flag => {
            if answer == "true" {
                "true"
            } else {
                "false"
            }
        }
        _ => answer,
    };
    // Conditions only speak of earlier fields, so this ends.
    answer == condition.is && is_asked(fields, earlier, answers)
}

impl App {
    /// Reads the answers of a form.
    ///
    /// # Errors
    /// [`Error::Form`] with everything that is wrong.
    pub(crate) async fn fill(
        &self,
        actor: &Actor,
        form: &RequestType,
        untrusted: &BTreeMap<String, String>,
        now: Millis,
    ) -> Result<Filled> {
        let mut problems = Problems::of(&form.fields);
        let mut answers = self.read_answers(actor, &form.fields, untrusted, &mut problems).await?;
        let today = days::begin_of(&days::date_of(now)).unwrap_or(now);
        let terms = self.terms(form, &answers, today, &mut problems);
        let late_by = form.afterwards.as_ref().and_then(|afterwards| {
            let done = day(&answers, &afterwards.done)?;
            if done > now {
                problems.add(&afterwards.done, "future");
            }
            let hours = Millis::try_from(afterwards.within_hours.value?).ok()?;
            // The hour of the day is not asked for: the clock starts when the day is over, in the reporter's favour.
            let end = done.saturating_add(DAY).saturating_add(hours.saturating_mul(HOUR));
            (now > end).then(|| now - end)
        });
        for effect in &form.effects {
            let (parameter, value, from) = match effect {
                Effect::SetParameter { parameter, value, from } => (parameter, value, from),
                Effect::AdoptRevision { edition, from } => {
                    if let Some(begin) = day(&answers, from) {
                        if begin < today {
                            problems.add(from, "past");
                        } else if let Some(a) = answers.iter_mut().find(|a| a.field == *edition) {
                            // What stands in its way is told as a whole: it is not this form that is wrong.
                            a.shown = Box::pin(self.edition_shown(&a.value, begin)).await?;
                        }
                    }
                    continue;
                }
                Effect::SetColumn { .. } | Effect::AddRow { .. } | Effect::EndRow { .. } => continue,
                Effect::Publish { edition } => {
                    if let Some(a) = answers.iter_mut().find(|a| a.field == *edition) {
                        a.shown = Box::pin(self.edition_to_publish(&a.value)).await?;
                    }
                    continue;
                }
                Effect::ChangePersonnel { plan } => {
                    if let Some(a) = answers.iter_mut().find(|a| a.field == *plan) {
                        a.shown = Box::pin(self.roster_shown(&a.value)).await?;
                    }
                    continue;
                }
            };
            if let Some(begin) = day(&answers, from)
                && begin < today
            {
                problems.add(from, "past");
            }
            let answer = |id: &str| answers.iter().find(|a| a.field == id).map(|a| a.value.clone());
            if let (Some(id), Some(begin)) = (answer(parameter), day(&answers, from)) {
                let wanted = Wanted { parameter: id, value: answer(value), from: begin.max(now) };
                let changes = self.store().parameter_values().await?;
                match self.check_wanted(&changes, &wanted) {
                    Ok(shown) => {
                        if let Some(a) = answers.iter_mut().find(|a| a.field == *value) {
                            a.shown = shown;
                        }
                    }
                    Err((problem, bounds)) => problems.add_bounds(value, problem, bounds),
                }
            }
        }
        if problems.found.is_empty() {
            problems.found = Box::pin(self.try_rows(actor, form, &answers, terms, now)).await?;
        }
        if problems.found.is_empty() {
            let steps = rules::steps_asked(form, &answers).map(|s| s.title.clone()).collect();
            Ok(Filled { answers, terms, steps, late_by })
        } else {
            Err(Error::Form(problems.found))
        }
    }

    /// Reads what was typed into the fields of a form that are asked for. What is wrong is added to `problems`.
    pub(crate) async fn read_answers(
        &self,
        actor: &Actor,
        fields: &[FormField],
        untrusted: &BTreeMap<String, String>,
        problems: &mut Problems<'_>,
    ) -> Result<Vec<Answer>> {
        let mut answers = Vec::new();
        for field in fields.iter().filter(|f| is_asked(fields, f, untrusted)) {
            let typed = untrusted.get(&field.id).map(|a| a.trim()).unwrap_or_default();
            if typed.chars().count() > usize::try_from(field.chars_max).unwrap_or(usize::MAX) {
                problems.add(&field.id, "too-long");
                continue;
            }
            let mut row = None;
            let read = match field.kind {
                // A tick that must be set, or says no.
                FormFieldType::Flag if typed != "true" && field.required => Err("empty"),
                FormFieldType::Flag if typed == "true" => Ok((typed.to_owned(), "はい".to_owned())),
                FormFieldType::Flag => Ok(("false".to_owned(), "いいえ".to_owned())),
                _ if typed.is_empty() && field.required => Err("empty"),
                _ if typed.is_empty() => continue,
                FormFieldType::Person => self.person_named(typed).await?,
                FormFieldType::Row => self.row_named(actor, field, typed).await?.map(|named| {
                    row = Some(named.row);
                    (named.value, named.shown)
                }),
                _ => read_field(self.pack(), field, typed),
            };
            let (id, title) = (field.id.clone(), field.title.clone());
            match read {
                Ok((value, shown)) => answers.push(Answer { field: id, title, value, shown, row }),
                Err(problem) => problems.add(&id, problem),
            }
        }
        Ok(answers)
    }

    fn terms(
        &self,
        form: &RequestType,
        answers: &[Answer],
        today: Millis,
        problems: &mut Problems<'_>,
    ) -> Option<Terms> {
        let period = form.period.as_ref()?;
        let (from, last) = (day(answers, &period.from)?, day(answers, &period.until)?);
        if from < today {
            problems.add(&period.from, "past");
        }
        if last < from {
            problems.add(&period.until, "before-from");
            return None;
        }
        let until = last.saturating_add(DAY);
        let most = period.days_max.as_ref().and_then(|s| s.value);
        if let Some(most) = most
            && (until - from) / DAY > Millis::try_from(most).unwrap_or(Millis::MAX)
        {
            problems.add_bounds(&period.until, "too-long-period", Some((1, most)));
        }
        Some(Terms { from, until, return_asked: period.return_asked })
    }

    /// Somebody of the body, by id, by login, or by a name that only one person has.
    async fn person_named(&self, typed: &str) -> Result<std::result::Result<(String, String), &'static str>> {
        Ok(match self.person_meant(typed).await? {
            Meant::One(user) if user.enabled => {
                let shown = format!("{}({})", user.name, self.section_name(&user.section));
                Ok((user.id.as_str().to_owned(), shown))
            }
            Meant::Several => Err("several"),
            Meant::One(_) | Meant::Nobody => Err("unknown"),
        })
    }
}

/// The beginning of the day that was answered to a field.
fn day(answers: &[Answer], field: &str) -> Option<Millis> {
    answers.iter().find(|a| a.field == field).and_then(|a| days::begin_of(&a.value))
}

/// Reads an answer that is there, of a type that needs nothing but the pack.
fn read_field(
    pack: &Pack,
    field: &FormField,
    typed: &str,
) -> std::result::Result<(String, String), &'static str> {
    let same = || Ok((typed.to_owned(), typed.to_owned()));
    match field.kind {
        FormFieldType::Choice if !field.choices.iter().any(|c| c == typed) => Err("not-allowed"),
        FormFieldType::Text if typed.chars().any(char::is_control) => Err("not-allowed"),
        FormFieldType::LongText if typed.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)) => {
            Err("not-allowed")
        }
        FormFieldType::Date => match days::begin_of(typed) {
            Some(_) => Ok((typed.to_owned(), policy::wareki(typed))),
            None => Err("no-date"),
        },
        FormFieldType::Number => {
            let digits: String = typed.chars().map(narrow).collect();
            match digits.parse::<u64>() {
                Ok(number) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                    Ok((number.to_string(), number.to_string()))
                }
                _ => Err("not-a-number"),
            }
        }
        FormFieldType::Parameter => match pack.parameter(typed) {
            Some(p) => {
                let now = p.value.as_ref().map_or_else(|| "定めていない".to_owned(), ToString::to_string);
                Ok((p.id.clone(), format!("{}(申請のときの値: {now})", p.title)))
            }
            None => Err("unknown"),
        },
        FormFieldType::Zone => match pack.zone(typed) {
            Some(zone) => Ok((zone.id.clone(), zone.label.clone())),
            None => Err("unknown"),
        },
        FormFieldType::Text
        | FormFieldType::LongText
        | FormFieldType::Choice
        | FormFieldType::Flag
        | FormFieldType::Edition
        | FormFieldType::RosterPlan
        | FormFieldType::Person
        | FormFieldType::Row => same(),
    }
}

/// Offices type digits in full width too.
fn narrow(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
        _ => c,
    }
}

/// The word for a value that a parameter does not take.
pub(crate) fn value_problem(error: &ValueError) -> (&'static str, Option<(u64, u64)>) {
    match error {
        ValueError::OutOfBounds { min, max } => ("out-of-bounds", Some((*min, *max))),
        other => (other.id(), None),
    }
}
