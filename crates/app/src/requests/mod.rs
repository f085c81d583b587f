//! Requests (申請) from the applicant's side.
//!
//! Owns applying, pulling back, withdrawing, applying again, giving back, and the facts that
//! rights depend on. Leaves what people see to `views`, decisions and what time brings to
//! `deciding`, reading a filled form to `forms`, what an approval brings about to `effects`, rows of registers in forms and in
//! what comes of them to `rows`, permits of those who leave a section to `handing`.

pub(crate) mod days;
mod deciding;
pub(crate) mod effects;
mod events;
pub mod forms;
mod handing;
pub mod rows;
pub mod store;
mod views;
mod waiting;

use std::collections::BTreeMap;

use authz::{Action, Need, RequestStage, Resource};
use policy::{Attachments, EffectKind, RequestType};
use workflow::{
    Millis,
    id::{FileId, RequestId, SectionId, UserId},
    request::{Application, Content, Event, Patience, Refusal, Request, State},
};

use crate::{
    App,
    actor::Actor,
    deciding::Matter,
    downloads::Download,
    error::{Error, FieldProblem, Result},
    evidence::By,
    ports::{StoreError, Tx},
    rules,
    uploads::UploadedFile,
};

pub use deciding::RequestBallot;
pub use forms::Filled;
pub use views::{RequestDetail, RequestMay, RequestTray, RequestsAtHome};
pub use waiting::{Waiting, WaitingPerson};

/// A filled form.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// Made when the form was shown: handing in the same form twice makes one request.
    pub submission: String,
    /// The request type.
    pub form: String,
    /// What was typed, by the field's id.
    pub answers: BTreeMap<String, String>,
    /// The files, stored by [`App::begin_attachment`].
    pub attachments: Vec<UploadedFile>,
}

fn changes_personnel(form: &RequestType) -> bool {
    form.effects.iter().any(|effect| effect.kind() == EffectKind::ChangePersonnel)
}

impl App {
    /// The forms that people can apply with, in the order of the pack.
    pub fn forms(&self) -> impl Iterator<Item = &RequestType> {
        self.pack().requests().iter().filter(|r| r.is_general())
    }

    /// Those of these forms that this person may apply with somewhere.
    pub fn forms_for<'a>(&'a self, actor: &'a Actor) -> impl Iterator<Item = &'a RequestType> {
        let prepares = self.may(actor, Action::PreparePersonnel, &Resource::City);
        self.forms().filter(move |form| prepares || !changes_personnel(form))
    }

    /// One of these forms.
    fn form(&self, id: &str) -> Result<&RequestType> {
        self.pack().request(id).filter(|r| r.is_general()).ok_or(Error::NotFound)
    }

    /// How long a request waits beyond its deadlines.
    pub(crate) fn patience(&self) -> Patience {
        Patience { days: self.rules().pick_up.days }
    }

    /// The form, for somebody who may apply with it here.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`].
    pub async fn permit_applying(&self, actor: &Actor, form: &str) -> Result<&RequestType> {
        let form = self.form(form)?;
        // What such a plan does, only those who may prepare one ask for.
        if changes_personnel(form) {
            self.permit_preparing(actor).await?;
        }
        let id = RequestId::new(self.entropy().id(self.now()));
        let draft = self.bare_request(&id, actor.id(), &actor.user().section, actor.zone().as_str());
        let _allowed = self.permit(actor, Action::SubmitRequest, &Resource::from(draft)).await?;
        Ok(form)
    }

    /// Hands in a filled form. The same submission key gives the same request.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`] when there is no such form, [`Error::Form`] with everything that is wrong,
    /// [`Error::NoApprover`], [`Error::Conflict`] when a file was erased meanwhile.
    pub async fn apply(&self, actor: &Actor, new: NewRequest) -> Result<RequestId> {
        let uploaded = new.attachments.clone();
        let applied = self.apply_checked(actor, new).await;
        if applied.is_err() {
            self.abandon(&uploaded).await;
        }
        applied
    }

    async fn apply_checked(&self, actor: &Actor, new: NewRequest) -> Result<RequestId> {
        let now = self.now();
        if new.submission.is_empty() || new.submission.len() > 64 {
            return Err(Error::Invalid { field: "submission", problem: "not-allowed" });
        }
        let form = self.permit_applying(actor, &new.form).await?;
        let content = self.content(actor, form, &new.answers, new.attachments, now).await?;
        let route = rules::route_of(self.pack(), form, &content.answers, &actor.user().section)?;
        self.check_approvers(actor, ("request-type", &form.id), &route).await?;
        let _open = self.house.blob_gate.read().await;
        self.check_stored(&content.attachments).await?;
        let mut tx = self.store().begin().await?;
        if let Some(earlier) = tx.request_of_submission(&new.submission).await? {
            return self.same_request(tx, actor, earlier).await;
        }
        let (request, events) = Request::apply(
            Application {
                id: RequestId::new(self.entropy().id(now)),
                number: tx.next_request_number().await?,
                form: form.id.clone(),
                title: form.title.clone(),
                zone: actor.zone().clone(),
                applicant: actor.id().clone(),
                section: actor.user().section.clone(),
                content,
                route,
                pack_version: self.pack().version().to_owned(),
            },
            self.patience(),
            now,
        )?;
        let (mut request, mut events) = (request, events);
        self.find_request_approver(&mut request, &mut events, now).await?;
        match tx.insert_request(&request, &new.submission).await {
            // Two at once, and the other one was first. A transaction in which a call failed is over.
            Err(StoreError::Duplicate("submission")) => {
                drop(tx);
                let mut tx = self.store().begin().await?;
                let earlier = tx.request_of_submission(&new.submission).await?.ok_or(Error::Conflict)?;
                return self.same_request(tx, actor, earlier).await;
            }
            other => other?,
        }
        let mut evidence = self.request_entries(By::Actor(actor), &request, &events, now)?;
        evidence.extend(self.carry_edition(&mut *tx, &request, &events).await?);
        Box::pin(self.tell_of_request(&mut *tx, &request, &events, now)).await?;
        self.commit(tx, evidence).await?;
        Ok(request.id)
    }

    /// Reads a filled form as handing it in would, and changes nothing: for the page on which it is read once more.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Form`] with everything that is wrong.
    pub async fn check_form(
        &self,
        actor: &Actor,
        form: &str,
        answers: &BTreeMap<String, String>,
    ) -> Result<Filled> {
        let form = self.permit_applying(actor, form).await?;
        self.fill(actor, form, answers, self.now()).await
    }

    /// What is handed in, checked against the form.
    async fn content(
        &self,
        actor: &Actor,
        form: &RequestType,
        answers: &BTreeMap<String, String>,
        attachments: Vec<UploadedFile>,
        now: Millis,
    ) -> Result<Content> {
        let of_files = |problem| FieldProblem {
            field: "attachments".into(),
            title: "添付ファイル".into(),
            problem,
            bounds: None,
        };
        let mut problems = Vec::new();
        match form.attachments {
            Attachments::Required if attachments.is_empty() => problems.push(of_files("empty")),
            Attachments::None if !attachments.is_empty() => problems.push(of_files("not-allowed")),
            _ => {}
        }
        // An upload belongs to the zone of the listener that took it, whatever form it is put into.
        if attachments.iter().any(|f| f.stored.zone != *actor.zone()) {
            problems.push(of_files("not-allowed"));
        }
        let filled = match self.fill(actor, form, answers, now).await {
            Ok(filled) if problems.is_empty() => filled,
            Ok(_) => return Err(Error::Form(problems)),
            Err(Error::Form(of_fields)) => {
                return Err(Error::Form(of_fields.into_iter().chain(problems).collect()));
            }
            Err(other) => return Err(other),
        };
        let attachments = attachments.into_iter().map(UploadedFile::into_attachment).collect();
        Ok(Content { answers: filled.answers, attachments, terms: filled.terms, late_by: filled.late_by })
    }

    /// The form was handed in before: the answer is the request it made then, if it was this person's.
    async fn same_request(&self, tx: Box<dyn Tx>, actor: &Actor, id: RequestId) -> Result<RequestId> {
        drop(tx);
        let request = self.store().request(&id).await?.ok_or(Error::NotFound)?;
        if request.applicant == *actor.id() { Ok(id) } else { Err(Error::NotFound) }
    }

    /// 引戻し.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::RequestRefused`], [`Error::NotFound`], [`Error::Conflict`].
    pub async fn pull_back_request(&self, actor: &Actor, id: &RequestId) -> Result<()> {
        let patience = self.patience();
        self.change_request(actor, id, Action::PullBackRequest, |r, now| r.pull_back(patience, now)).await
    }

    /// 取下げ.
    ///
    /// # Errors
    /// As [`App::pull_back_request`].
    pub async fn withdraw_request(&self, actor: &Actor, id: &RequestId) -> Result<()> {
        self.change_request(actor, id, Action::WithdrawRequest, |r, now| r.withdraw(now)).await
    }

    /// Hands a returned or pulled-back request in again. Its route starts anew. Files that were attached stay; more may be
    /// added, and `without` are taken off.
    ///
    /// # Errors
    /// As [`App::apply`], and [`Error::RequestRefused`].
    pub async fn resubmit_request(
        &self,
        actor: &Actor,
        id: &RequestId,
        answers: &BTreeMap<String, String>,
        more: Vec<UploadedFile>,
        without: &[FileId],
    ) -> Result<()> {
        let uploaded = more.clone();
        let resubmitted = self.resubmit_checked(actor, id, answers, more, without).await;
        if resubmitted.is_err() {
            self.abandon(&uploaded).await;
        }
        resubmitted
    }

    async fn resubmit_checked(
        &self,
        actor: &Actor,
        id: &RequestId,
        answers: &BTreeMap<String, String>,
        more: Vec<UploadedFile>,
        without: &[FileId],
    ) -> Result<()> {
        let now = self.now();
        let current = self.store().request(id).await?.ok_or(Error::NotFound)?;
        let form = self.form(&current.form)?;
        let (off, kept): (Vec<_>, Vec<_>) =
            current.content.attachments.into_iter().partition(|a| without.contains(&a.id));
        let kept = kept.into_iter().map(|a| UploadedFile {
            file: a.id,
            untrusted_name: a.untrusted_name,
            untrusted_folder: String::new(),
            stored: a.stored,
        });
        let content = self.content(actor, form, answers, kept.chain(more).collect(), now).await?;
        let route = rules::route_of(self.pack(), form, &content.answers, &current.section)?;
        self.check_approvers(actor, ("request-type", &form.id), &route).await?;
        let (version, patience) = (self.pack().version().to_owned(), self.patience());
        {
            let _open = self.house.blob_gate.read().await;
            self.check_stored(&content.attachments).await?;
            self.change_request(actor, id, Action::SubmitRequest, |r, now| {
                r.resubmit(content, route, version, patience, now)
            })
            .await?;
        }
        for gone in &off {
            self.erase_unused(&gone.stored).await?;
        }
        Ok(())
    }

    /// 返却: reports that what was permitted was given back.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::RequestRefused`], [`Error::NotFound`].
    pub async fn give_back(&self, actor: &Actor, id: &RequestId) -> Result<()> {
        self.change_request(actor, id, Action::ReturnPermit, |r, now| r.give_back(actor.id(), now)).await
    }

    /// 取りやめ: does without what was permitted, before its first day.
    ///
    /// # Errors
    /// As [`App::give_back`].
    pub async fn give_up_permit(&self, actor: &Actor, id: &RequestId) -> Result<()> {
        self.change_request(actor, id, Action::ReturnPermit, |r, now| r.give_up(actor.id(), now)).await
    }

    /// The one way in which a person changes a request: read it locked, decide the right on what is there now, change
    /// it, write it with its evidence and what it brings about.
    pub(crate) async fn change_request(
        &self,
        actor: &Actor,
        id: &RequestId,
        action: Action,
        command: impl FnOnce(&mut Request, Millis) -> std::result::Result<Vec<Event>, Refusal> + Send,
    ) -> Result<()> {
        self.change_request_at(actor, id, action, None, command).await
    }

    /// As [`App::change_request`], about one of the steps that are open.
    pub(crate) async fn change_request_at(
        &self,
        actor: &Actor,
        id: &RequestId,
        action: Action,
        step: Option<usize>,
        command: impl FnOnce(&mut Request, Millis) -> std::result::Result<Vec<Event>, Refusal> + Send,
    ) -> Result<()> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let mut request = tx.request(id).await?.ok_or(Error::NotFound)?;
        let resource = Resource::from(self.request_facts_at(&request, step, now).await?);
        if !self.may(actor, Action::ViewRequest, &resource) {
            return Err(Error::NotFound);
        }
        if !self.may(actor, action, &resource) {
            // The refusal is evidence, which needs the writer that this transaction holds.
            drop(tx);
            let _refused = self.permit(actor, action, &resource).await?;
            return Err(Error::Conflict);
        }
        let events = command(&mut request, now)?;
        self.save_request(tx, By::Actor(actor), request, events, now).await
    }

    /// Opens a file that belongs to a request, at the door of the zone in which it was handed in. The bytes are as they
    /// came: nothing was looked at, nothing was made safe.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for what the person may not see.
    pub async fn open_attachment(&self, actor: &Actor, id: &RequestId, file: &FileId) -> Result<Download> {
        let request = self.store().request(id).await?.ok_or(Error::NotFound)?;
        let resource = Resource::from(self.request_facts(&request, self.now()).await?);
        // The right to see it is bound to its zone, which is where the bytes are.
        if !self.may(actor, Action::ViewRequest, &resource) {
            return Err(Error::NotFound);
        }
        let attachment =
            request.content.attachments.into_iter().find(|a| a.id == *file).ok_or(Error::NotFound)?;
        self.open_attached(attachment).await
    }

    /// The facts of a request that rights depend on, at this moment.
    pub(crate) async fn request_facts(&self, request: &Request, now: Millis) -> Result<authz::Request> {
        self.request_facts_at(request, None, now).await
    }

    /// The same, with those who decide one of the open steps only.
    pub(crate) async fn request_facts_at(
        &self,
        request: &Request,
        step: Option<usize>,
        now: Millis,
    ) -> Result<authz::Request> {
        let mut facts =
            self.bare_request(&request.id, &request.applicant, &request.section, request.zone.as_str());
        facts.stage = match request.state {
            State::Waiting => RequestStage::Waiting,
            State::Returned | State::PulledBack => RequestStage::Returned,
            State::Approved => RequestStage::Approved,
            State::Rejected | State::Withdrawn | State::Expired => RequestStage::Ended,
        };
        let mut matter = Matter::from(request);
        matter.open_steps.retain(|(index, _)| step.is_none_or(|step| step == *index));
        let desks = matter.open_steps.iter().flat_map(|(_, step)| step.desks());
        let needs = desks.map(|(role, scope)| Need { role: role.to_owned(), place: self.scope_place(scope) });
        facts.approvers = needs.collect();
        facts.deputies = self.deputies_now(&matter, now).await?;
        (facts.reviewers, facts.decided_by) = (matter.reviewers(), matter.decided_by());
        let keeps = request.permit.iter().flat_map(|permit| {
            permit.keeper.iter().chain(permit.open_handover().and_then(|handover| handover.to.as_ref()))
        });
        facts.keepers = keeps.map(|user| user.as_str().to_owned()).collect();
        Ok(facts)
    }

    pub(crate) fn bare_request(
        &self,
        id: &RequestId,
        applicant: &UserId,
        section: &SectionId,
        zone: &str,
    ) -> authz::Request {
        authz::Request {
            id: id.as_str().to_owned(),
            submitter: applicant.as_str().to_owned(),
            submitter_section: section.as_str().to_owned(),
            submitter_department: self
                .pack()
                .section(section.as_str())
                .map(|s| s.department.clone())
                .unwrap_or_default(),
            zone: zone.to_owned(),
            stage: RequestStage::Draft,
            approvers: Vec::new(),
            deputies: Vec::new(),
            reviewers: Vec::new(),
            decided_by: Vec::new(),
            keepers: Vec::new(),
        }
    }
}
