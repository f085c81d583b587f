//! Doing a task: reporting it, confirming what another person reported, letting it go, and saying that something happened.
//!
//! Owns these use cases and the files of reports. Leaves which step may follow which to `workflow`, reading the fields of a
//! form to the forms of requests.

use std::collections::BTreeMap;

use authz::{Action, Resource};
use jiff::civil::Date;
use policy::{Attachments, DutyEach, Occurs};
use serde_json::json;
use workflow::{
    calendar::day_of,
    duty::{Covers, Event, Refusal, Report, Scope, State, Task, task::Word},
    id::{FileId, SectionId, TaskId, UserId},
    request::{ATTACHMENTS_MAX, Attachment},
};

use crate::{
    App,
    actor::Actor,
    downloads::Download,
    error::{Error, FieldProblem, Result},
    evidence::{By, Kind},
    requests::{days, forms::Problems},
    training::Counted,
    uploads::{Upload, UploadedFile},
};

/// What is reported.
#[derive(Debug, Clone, Default)]
pub struct NewReport {
    /// The day on which it was done, as it was typed.
    pub done_on: String,
    /// What was typed, by the field's id.
    pub answers: BTreeMap<String, String>,
    /// What else is said.
    pub note: String,
    /// The files, stored by [`App::begin_task_file`].
    pub attachments: Vec<UploadedFile>,
    /// Files of the report that was sent back which are left out of this one.
    pub without: Vec<FileId>,
}

/// That something happened which sets off a duty.
#[derive(Debug, Clone, Default)]
pub struct NewStart {
    /// Made when the form was shown: saying the same twice makes one task.
    pub submission: String,
    /// The duty.
    pub duty: String,
    /// What happened, in words.
    pub what: String,
    /// The day, as it was typed.
    pub on: String,
    /// For a duty of sections: which; empty: one's own.
    pub section: String,
    /// For a duty of persons: whose, by login; empty: one's own.
    pub person: String,
    /// For a duty about rows of a register: the number of which.
    pub row: String,
}

/// Longest word on what happened, in characters.
const WHAT_CHARS_MAX: usize = 200;

fn problem(field: &str, title: &str, problem: &'static str) -> FieldProblem {
    FieldProblem { field: field.to_owned(), title: title.to_owned(), problem, bounds: None }
}

/// The day that was typed, or what is wrong with it.
fn read_day(untrusted: &str) -> std::result::Result<Date, &'static str> {
    let typed = untrusted.trim();
    if typed.is_empty() {
        return Err("empty");
    }
    days::begin_of(typed).map(day_of).ok_or("no-date")
}

impl App {
    /// Reports that a task was done.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Form`] with everything that is wrong, [`Error::Duty`],
    /// [`Error::Conflict`] when a file was erased meanwhile.
    pub async fn report_task(&self, actor: &Actor, id: &TaskId, new: NewReport) -> Result<()> {
        let uploaded = new.attachments.clone();
        let reported = self.report_checked(actor, id, new).await;
        if reported.is_err() {
            self.abandon(&uploaded).await;
        }
        reported
    }

    async fn report_checked(&self, actor: &Actor, id: &TaskId, new: NewReport) -> Result<()> {
        let now = self.now();
        let task = self.task_to(actor, id, Action::ReportTask).await?;
        if workflow::training::course_of(&task.duty).is_some() {
            // Nobody says by himself that he passed; what was read and answered says it.
            return Err(Error::NotFound);
        }
        let duty = self.pack().duty_type(&task.duty);
        let counted = match duty {
            Some(duty) => self.counted(duty, &task).await?.unwrap_or_default(),
            None => Counted::default(),
        };
        // A duty that the pack no longer has asks for nothing but words.
        let fields = duty.map_or(&[][..], |d| d.fields.as_slice());
        let (note_asked, files_asked) =
            duty.map_or((Attachments::Optional, Attachments::Optional), |d| (d.note, d.files));
        let mut problems = Problems::of(fields);
        // What is recorded is not typed.
        let mut typed = new.answers;
        typed.extend(counted.values);
        let answers = self.read_answers(actor, fields, &typed, &mut problems).await?;
        let mut found = problems.found;
        if let Some(needed) = counted.needed
            && typed.get(&needed).is_none_or(|words| words.trim().is_empty())
            && let Some(field) = fields.iter().find(|f| f.id == needed)
            && found.iter().all(|p| p.field != needed)
        {
            found.push(problem(&field.id, &field.title, "empty"));
        }
        let done_on = match read_day(&new.done_on) {
            Ok(day) if day > day_of(now) => Err("future"),
            Ok(day) if day < task.covers.first() => Err("before-covered"),
            other => other,
        };
        if let Err(wrong) = done_on {
            found.push(problem("done-on", "実施した日", wrong));
        }
        let note = new.note.trim().to_owned();
        match note_asked {
            Attachments::Required if note.is_empty() => found.push(problem("note", "報告", "empty")),
            _ if note.chars().count() > workflow::duty::task::NOTE_CHARS_MAX => {
                found.push(problem("note", "報告", "too-long"));
            }
            _ if note.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)) => {
                found.push(problem("note", "報告", "not-allowed"));
            }
            _ => {}
        }
        let before = task.report.map(|r| r.attachments).unwrap_or_default();
        let (off, kept): (Vec<_>, Vec<_>) =
            before.into_iter().partition(|a| new.without.contains(&a.id) || a.stored.zone != *actor.zone());
        let added = new.attachments.into_iter().map(UploadedFile::into_attachment);
        let attachments: Vec<Attachment> = kept.into_iter().chain(added).collect();
        let wrong_files = match files_asked {
            Attachments::Required if attachments.is_empty() => Some("empty"),
            Attachments::None if !attachments.is_empty() => Some("not-allowed"),
            _ if attachments.len() > ATTACHMENTS_MAX => Some("too-long"),
            // An upload belongs to the zone of the listener that took it, whatever report it is put into.
            _ if attachments.iter().any(|a| a.stored.zone != *actor.zone()) => Some("not-allowed"),
            _ => None,
        };
        found.extend(wrong_files.map(|wrong| problem("attachments", "添付ファイル", wrong)));
        let (true, Ok(done_on)) = (found.is_empty(), done_on) else { return Err(Error::Form(found)) };
        {
            let _open = self.house.blob_gate.read().await;
            self.check_stored(&attachments).await?;
            let report = Report {
                by: actor.id().clone(),
                at: now,
                done_on,
                zone: actor.zone().clone(),
                answers,
                note,
                attachments,
            };
            self.change_task(actor, id, Action::ReportTask, |task| task.report(report, day_of(now))).await?;
        }
        for gone in &off {
            self.erase_unused(&gone.stored).await?;
        }
        Ok(())
    }

    /// Starts taking a file that belongs to a report; it stays in this zone.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Invalid`] when the duty takes none, [`Error::StorageFull`].
    pub async fn begin_task_file(&self, actor: &Actor, id: &TaskId, untrusted_name: &str) -> Result<Upload> {
        // Asked before the first byte: who may not report must not fill the disk either.
        let task = self.task_to(actor, id, Action::ReportTask).await?;
        if self.pack().duty_type(&task.duty).is_some_and(|d| d.files == Attachments::None) {
            return Err(Error::Invalid { field: "attachments", problem: "not-allowed" });
        }
        self.begin_upload(actor, untrusted_name).await
    }

    /// Opens a file of a report, at the door of the zone in which it was handed in. The bytes are as they came.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for what the person may not see.
    pub async fn open_task_file(&self, actor: &Actor, id: &TaskId, file: &FileId) -> Result<Download> {
        let task = self.task_to(actor, id, Action::ViewTask).await?;
        let files = task.report.map(|r| r.attachments).unwrap_or_default();
        let attachment = files
            .into_iter()
            .find(|a| a.id == *file && a.stored.zone == *actor.zone())
            .ok_or(Error::NotFound)?;
        self.open_attached(attachment).await
    }

    /// 確認: confirms what another person reported; `seen_hash` is the hash of exactly what was seen.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Duty`].
    pub async fn confirm_task(
        &self,
        actor: &Actor,
        id: &TaskId,
        seen_hash: &str,
        comment: &str,
    ) -> Result<()> {
        let word = self.word(actor, comment);
        self.change_task(actor, id, Action::ConfirmTask, |task| task.confirm(word, seen_hash)).await
    }

    /// Sends a report back to be put right.
    ///
    /// # Errors
    /// As [`App::confirm_task`].
    pub async fn send_task_back(
        &self,
        actor: &Actor,
        id: &TaskId,
        seen_hash: &str,
        comment: &str,
    ) -> Result<()> {
        let word = self.word(actor, comment);
        self.change_task(actor, id, Action::ConfirmTask, |task| task.send_back(word, seen_hash)).await
    }

    /// Asks to let a task go for a reason.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Duty`].
    pub async fn ask_waiver(&self, actor: &Actor, id: &TaskId, reason: &str) -> Result<()> {
        let word = self.word(actor, reason);
        self.change_task(actor, id, Action::ReportTask, |task| task.ask_waiver(word)).await
    }

    /// 免除: lets it go, or not.
    ///
    /// # Errors
    /// As [`App::ask_waiver`].
    pub async fn decide_waiver(
        &self,
        actor: &Actor,
        id: &TaskId,
        granted: bool,
        comment: &str,
    ) -> Result<()> {
        let word = self.word(actor, comment);
        self.change_task(actor, id, Action::WaiveTask, |task| task.decide_waiver(word, granted)).await
    }

    /// Says that something happened which sets off a duty. The same submission key gives the same task.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`] when no such duty is set off by people, [`Error::Form`].
    pub async fn start_task(&self, actor: &Actor, new: NewStart) -> Result<TaskId> {
        let now = self.now();
        if new.submission.is_empty()
            || new.submission.len() > 64
            || !new.submission.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            return Err(Error::Invalid { field: "submission", problem: "not-allowed" });
        }
        let duty = self
            .pack()
            .duty_type(&new.duty)
            .filter(|d| matches!(d.occurs, Occurs::On { .. }))
            .ok_or(Error::NotFound)?;
        let mut found = Vec::new();
        let what = new.what.trim();
        if what.is_empty() {
            found.push(problem("what", "起きたこと", "empty"));
        } else if what.chars().count() > WHAT_CHARS_MAX || what.chars().any(char::is_control) {
            found.push(problem("what", "起きたこと", "too-long"));
        }
        let on = match read_day(&new.on) {
            Ok(day) if day > day_of(now) => Err("future"),
            other => other,
        };
        if let Err(wrong) = on {
            found.push(problem("on", "起きた日", wrong));
        }
        let scope = match duty.each {
            DutyEach::Body => Some(Scope::Body),
            DutyEach::Section if new.section.is_empty() => Some(Scope::Section(actor.user().section.clone())),
            DutyEach::Section => {
                self.pack().section(&new.section).map(|s| Scope::Section(SectionId::new(s.id.clone())))
            }
            DutyEach::Person if new.person.trim().is_empty() => {
                Some(Scope::Person(actor.id().clone(), actor.user().section.clone()))
            }
            DutyEach::Register => self.row_started(actor, duty, &new.row).await?,
            DutyEach::Person => self
                .store()
                .user_by_login(new.person.trim())
                .await?
                .filter(|u| u.enabled)
                .map(|u| Scope::Person(u.id, u.section)),
        };
        if scope.is_none() {
            let (field, title) = match duty.each {
                DutyEach::Person => ("person", "職員"),
                DutyEach::Register => ("row", "台帳の番号"),
                DutyEach::Body | DutyEach::Section => ("section", "課"),
            };
            found.push(problem(field, title, "unknown"));
        }
        let (true, Ok(on), Some(scope)) = (found.is_empty(), on, scope) else {
            return Err(Error::Form(found));
        };
        let event = Covers::Event {
            key: format!("manual-{}", new.submission),
            what: what.to_owned(),
            on,
            zone: Some(actor.zone().clone()),
        };
        let tasks = self.tasks_of_event(duty, vec![scope], &event, now);
        let task = tasks.first().ok_or(Error::NotFound)?;
        let _allowed = self.permit(actor, Action::StartTask, &Resource::from(self.task_facts(task))).await?;
        let mut tx = self.store().begin().await?;
        if tx.insert_tasks(&tasks).await? > 0 {
            let trigger = match &duty.occurs {
                Occurs::On { on, .. } => on.id(),
                Occurs::Every { .. } => "",
            };
            let details = json!({ "trigger": trigger, "tasks": 1 });
            let entry = self.task_entry(now, Kind::TaskStarted, By::Actor(actor), task, details)?;
            Box::pin(self.tell_of_task(&mut *tx, task, &[], now)).await?;
            self.commit(tx, vec![entry]).await?;
        }
        Ok(task.id.clone())
    }

    fn word(&self, actor: &Actor, comment: &str) -> Word {
        Word {
            by: actor.id().clone(),
            at: self.now(),
            zone: actor.zone().clone(),
            comment: comment.trim().to_owned(),
        }
    }

    /// A task that this person may do this with. Whoever may not even see it does not learn that it exists.
    pub(crate) async fn task_to(&self, actor: &Actor, id: &TaskId, action: Action) -> Result<Task> {
        let task = self.store().task(id).await?.ok_or(Error::NotFound)?;
        let resource = Resource::from(self.task_facts(&task));
        if !self.may(actor, Action::ViewTask, &resource) {
            return Err(Error::NotFound);
        }
        let _allowed = self.permit(actor, action, &resource).await?;
        Ok(task)
    }

    /// The one way in which a person changes a task: read it locked, decide the right on what is there now, change it, write
    /// it with its evidence.
    async fn change_task(
        &self,
        actor: &Actor,
        id: &TaskId,
        action: Action,
        command: impl FnOnce(&mut Task) -> std::result::Result<Vec<Event>, Refusal> + Send,
    ) -> Result<()> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let mut task = tx.task(id).await?.ok_or(Error::NotFound)?;
        let resource = Resource::from(self.task_facts(&task));
        if !self.may(actor, Action::ViewTask, &resource) {
            return Err(Error::NotFound);
        }
        if !self.may(actor, action, &resource) {
            // The refusal is evidence, which needs the writer that this transaction holds.
            drop(tx);
            let _refused = self.permit(actor, action, &resource).await?;
            return Err(Error::Conflict);
        }
        let events = command(&mut task)?;
        let evidence = events
            .iter()
            .filter_map(|event| describe(&task, event))
            .map(|(kind, details)| self.task_entry(now, kind, By::Actor(actor), &task, details))
            .collect::<Result<Vec<_>>>()?;
        tx.update_task(&task).await?;
        Box::pin(self.tell_of_task(&mut *tx, &task, &events, now)).await?;
        self.commit(tx, evidence).await?;
        Ok(())
    }
}

/// What a person's step says in evidence.
fn describe(task: &Task, event: &Event) -> Option<(Kind, serde_json::Value)> {
    let report = task.report.as_ref();
    Some(match event {
        Event::Reported => {
            let r = report?;
            (
                Kind::TaskReported,
                json!({
                    "done_on": r.done_on.to_string(),
                    "late": task.is_late(),
                    "content_hash": r.hash(),
                    "answers": r.answers.iter().map(|a| json!({
                        "field": a.field,
                        "title": a.title,
                        "value": a.value,
                        "shown": a.shown,
                    })).collect::<Vec<_>>(),
                    "note": r.note,
                    "attachments": r.attachments.iter().map(|a| json!({
                        "id": a.id.as_str(),
                        "name": a.untrusted_name,
                        "sha256": a.stored.sha256,
                        "bytes": a.stored.bytes,
                    })).collect::<Vec<_>>(),
                    "complete": task.state == State::Done,
                }),
            )
        }
        Event::Confirmed => {
            let word = task.confirmed.as_ref()?;
            (
                Kind::TaskConfirmed,
                json!({
                    "reported_by": report.map(|r| UserId::as_str(&r.by)),
                    "content_hash": report.map(Report::hash),
                    "comment": word.comment,
                }),
            )
        }
        Event::SentBack => {
            let word = task.returned.as_ref()?;
            (Kind::TaskSentBack, json!({ "content_hash": report.map(Report::hash), "comment": word.comment }))
        }
        Event::WaiverAsked => {
            (Kind::TaskWaiverAsked, json!({ "reason": task.waiver.as_ref()?.asked.comment }))
        }
        Event::WaiverGranted => {
            let waiver = task.waiver.as_ref()?;
            (
                Kind::TaskWaived,
                json!({
                    "asked_by": UserId::as_str(&waiver.asked.by),
                    "reason": waiver.asked.comment,
                    "comment": waiver.granted.as_ref().map(|w| w.comment.as_str()),
                }),
            )
        }
        Event::WaiverRefused { comment } => (Kind::TaskWaiverRefused, json!({ "comment": comment })),
        Event::Reminded
        | Event::Overdue
        | Event::Released
        | Event::Escalated { .. }
        | Event::Dropped
        | Event::Moved => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::read_day;

    #[test]
    fn a_typed_day_is_a_day_or_says_why_not() {
        for (typed, wanted) in [
            ("2026-04-01", Ok("2026-04-01")),
            (" 2028-02-29 ", Ok("2028-02-29")),
            ("2027-02-29", Err("no-date")),
            ("令和8年4月1日", Err("no-date")),
            ("", Err("empty")),
        ] {
            assert_eq!(read_day(typed).map(|d| d.to_string()).as_deref().map_err(|e| *e), wanted, "{typed}");
        }
    }
}
