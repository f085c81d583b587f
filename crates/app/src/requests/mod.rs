//! Requests (申請) from the applicant's side, and everybody's lists and views of them.
//!
//! Owns applying, pulling back, withdrawing, applying again, giving back, and what each screen about requests shows.
//! Leaves decisions and what time brings to `deciding`, reading a filled form to `forms`, what an approval brings about to
//! `effects`.

pub(crate) mod days;
mod deciding;
pub(crate) mod effects;
mod events;
pub mod forms;
pub mod store;

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Need, Reach, RequestStage, Resource};
use policy::{Attachments, RequestType};
use workflow::{
    Millis,
    id::{FileId, RequestId, SectionId, UserId},
    request::{Application, Attachment, Content, Event, Patience, Refusal, Request, Standing, State},
    transfer::Stored,
};

use self::store::{RequestQuery, RequestRow, RequestView};
use crate::{
    App,
    actor::Actor,
    deciding::Matter,
    downloads::Download,
    error::{Error, FieldProblem, Result},
    evidence::{By, EvidenceItem},
    model::{Cursor, Page, PageRequest},
    ports::{StoreError, Tx},
    rules,
    uploads::UploadedFile,
};

pub use deciding::RequestBallot;
pub use forms::Filled;

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

/// A list of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestTray {
    /// 自分の申請.
    Mine,
    /// 承認待ち: what waits for my decision.
    ToDecide,
    /// 課の申請: of my units, as far as I answer for them.
    Units,
}

impl RequestTray {
    /// Every tray.
    pub const ALL: [RequestTray; 3] = [RequestTray::Mine, RequestTray::ToDecide, RequestTray::Units];

    /// The word in addresses and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            RequestTray::Mine => "mine",
            RequestTray::ToDecide => "to-decide",
            RequestTray::Units => "units",
        }
    }

    /// The tray with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.id() == id)
    }
}

/// What the person who looks may do with a request now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestMay {
    /// Decide the open step.
    pub decide: bool,
    /// Decide it for this absent person (代決).
    pub decide_for: Option<UserId>,
    /// Take it back (引戻し).
    pub pull_back: bool,
    /// Give it up (取下げ).
    pub withdraw: bool,
    /// Hand it in again.
    pub resubmit: bool,
    /// Report that what was permitted was given back (返却).
    pub give_back: bool,
    /// Take the permit back (取消).
    pub revoke: bool,
    /// Decisions of deputies that wait for this person's review (後閲).
    pub review: Vec<usize>,
}

/// A request as its page shows it.
#[derive(Debug, Clone)]
pub struct RequestDetail {
    /// Who looks.
    pub viewer: UserId,
    /// The request.
    pub request: Request,
    /// What a decision made now would sign.
    pub content_hash: String,
    /// The names of the people in it.
    pub names: BTreeMap<UserId, String>,
    /// The name of the applicant's section.
    pub section_name: String,
    /// The statements its form and route serve.
    pub statements: Vec<String>,
    /// How its permit stands, if there is one.
    pub standing: Option<Standing>,
    /// What the person who looks may do.
    pub may: RequestMay,
    /// What happened, oldest first.
    pub timeline: Vec<EvidenceItem>,
}

/// What waits for a person among requests, for the first screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestsAtHome {
    /// 承認待ち.
    pub to_decide: Vec<RequestRow>,
    /// 差戻し and 引戻し.
    pub with_me: Vec<RequestRow>,
    /// Mine that wait for somebody's decision.
    pub under_way: Vec<RequestRow>,
    /// Permits of mine with something to give back, today or since longer.
    pub to_give_back: Vec<RequestRow>,
    /// 後閲.
    pub reviews: Vec<(RequestRow, usize)>,
}

/// Entries of a timeline that a page shows.
const TIMELINE_MAX: u32 = 200;
const HOME_ROWS: u32 = 50;
/// How many pages of rows are read to fill one page of rows that may be decided.
const REFILLS_MAX: usize = 5;

impl App {
    /// The forms that people can apply with, in the order of the pack.
    pub fn forms(&self) -> impl Iterator<Item = &RequestType> {
        self.pack().requests().iter().filter(|r| r.is_general())
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
        let route = rules::route_of(self.pack(), form, &actor.user().section)?;
        self.check_approvers(actor, ("request-type", &form.id), &route).await?;
        let _open = self.house.blob_gate.read().await;
        self.check_attachments(&content).await?;
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
        self.fill(form, answers, self.now()).await
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
        let filled = match self.fill(form, answers, now).await {
            Ok(filled) if problems.is_empty() => filled,
            Ok(_) => return Err(Error::Form(problems)),
            Err(Error::Form(of_fields)) => {
                return Err(Error::Form(of_fields.into_iter().chain(problems).collect()));
            }
            Err(other) => return Err(other),
        };
        let attachments = attachments
            .into_iter()
            .map(|f| Attachment { id: f.file, untrusted_name: f.untrusted_name, stored: f.stored })
            .collect();
        Ok(Content { answers: filled.answers, attachments, terms: filled.terms, late_by: filled.late_by })
    }

    /// An upload that waited too long for its form may be gone.
    async fn check_attachments(&self, content: &Content) -> Result<()> {
        for attachment in &content.attachments {
            let Stored { zone, blob, .. } = &attachment.stored;
            drop(self.blobs().open(zone, blob).await.map_err(|_| Error::Conflict)?);
        }
        Ok(())
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
        let route = rules::route_of(self.pack(), form, &current.section)?;
        self.check_approvers(actor, ("request-type", &form.id), &route).await?;
        let (version, patience) = (self.pack().version().to_owned(), self.patience());
        {
            let _open = self.house.blob_gate.read().await;
            self.check_attachments(&content).await?;
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

    /// The one way in which a person changes a request: read it locked, decide the right on what is there now, change
    /// it, write it with its evidence and what it brings about.
    pub(crate) async fn change_request(
        &self,
        actor: &Actor,
        id: &RequestId,
        action: Action,
        command: impl FnOnce(&mut Request, Millis) -> std::result::Result<Vec<Event>, Refusal> + Send,
    ) -> Result<()> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let mut request = tx.request(id).await?.ok_or(Error::NotFound)?;
        let resource = Resource::from(self.request_facts(&request, now).await?);
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

    /// A request as its page shows it.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for what the person may not see.
    pub async fn request(&self, actor: &Actor, id: &RequestId) -> Result<RequestDetail> {
        let now = self.now();
        let request = self.store().request(id).await?.ok_or(Error::NotFound)?;
        let resource = Resource::from(self.request_facts(&request, now).await?);
        if !self.may(actor, Action::ViewRequest, &resource) {
            return Err(Error::NotFound);
        }
        let can = |action| self.may(actor, action, &resource);
        let matter = Matter::from(&request);
        let deputised = self.deputised_holder(matter, actor.id(), now).await?;
        let standing = request.permit.as_ref().map(|p| p.standing(now));
        let owes = request.permit.as_ref().is_some_and(|p| p.owes_return());
        let may = RequestMay {
            decide: can(Action::DecideRequest),
            decide_for: deputised.filter(|_| can(Action::DeputiseRequest)),
            pull_back: can(Action::PullBackRequest),
            withdraw: can(Action::WithdrawRequest),
            resubmit: request.state.is_with_applicant() && can(Action::SubmitRequest),
            give_back: owes && can(Action::ReturnPermit),
            revoke: standing.is_some_and(|s| s.permits() || s == Standing::NotYet)
                && can(Action::RevokePermit),
            review: match can(Action::ReviewRequest) {
                true => matter.reviews_of(actor.id()),
                false => Vec::new(),
            },
        };
        let of_form = self.pack().request(&request.form).map_or(&[][..], |f| f.statements.as_slice());
        let of_route = request.approval.route.steps.iter().flat_map(|s| &s.statements);
        let mut seen = BTreeSet::new();
        let statements: Vec<String> =
            of_form.iter().chain(of_route).filter(|s| seen.insert(s.as_str())).cloned().collect();
        let names = self.request_names(&request).await?;
        Ok(RequestDetail {
            viewer: actor.id().clone(),
            content_hash: request.content_hash(),
            names,
            section_name: self.section_name(&request.section),
            statements,
            standing,
            may,
            timeline: self.timeline("request", id.as_str(), TIMELINE_MAX).await?,
            request,
        })
    }

    async fn request_names(&self, request: &Request) -> Result<BTreeMap<UserId, String>> {
        let mut ids: BTreeSet<&UserId> = BTreeSet::from([&request.applicant]);
        ids.extend(request.approval.decisions.iter().map(|d| &d.by));
        ids.extend(request.approval.decisions.iter().filter_map(|d| d.on_behalf_of.as_ref()));
        let permit = request.permit.as_ref();
        ids.extend(permit.and_then(|p| p.returned.as_ref()).map(|(_, by)| by));
        ids.extend(permit.and_then(|p| p.revoked.as_ref()).map(|(_, by)| by));
        let mut names = BTreeMap::new();
        for id in ids {
            if let Some(user) = self.store().user(id).await? {
                names.insert(id.clone(), user.name);
            }
        }
        Ok(names)
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
        let reader = self.blobs().open(&attachment.stored.zone, &attachment.stored.blob).await?;
        Ok(Download {
            name: attachment.untrusted_name,
            kind: None,
            bytes: attachment.stored.bytes,
            sha256: attachment.stored.sha256,
            reader,
        })
    }

    /// A list of requests of this zone, newest first.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] while a one-time code is still to come.
    pub async fn requests(
        &self,
        actor: &Actor,
        tray: RequestTray,
        page: PageRequest,
    ) -> Result<Page<RequestRow>> {
        if actor.awaits_code() {
            return Err(Error::SessionEnded);
        }
        let now = self.now();
        let view = match tray {
            RequestTray::Mine => RequestView::By(actor.id().clone()),
            RequestTray::ToDecide => RequestView::AwaitingRoles(self.decidable(actor, now).await?),
            RequestTray::Units => match self.authorizer().visible_requests(actor.principal()) {
                Reach::All => RequestView::All,
                Reach::Units { departments, sections } => RequestView::OfSections(
                    self.pack()
                        .sections()
                        .iter()
                        .filter(|s| departments.contains(&s.department) || sections.contains(&s.id))
                        .map(|s| SectionId::new(s.id.clone()))
                        .collect(),
                ),
                Reach::OwnAndReceived | Reach::Nothing => return Ok(Page { rows: Vec::new(), next: None }),
            },
        };
        let mut query = RequestQuery { zone: actor.zone().clone(), view, page };
        let wanted = usize::try_from(query.page.limit).unwrap_or(usize::MAX);
        let mut rows: Vec<RequestRow> = Vec::new();
        for _ in 0..REFILLS_MAX {
            let part = self.store().requests(&query).await?;
            for row in part.rows {
                if tray != RequestTray::ToDecide || self.awaits_request(actor, &row.id, now).await? {
                    rows.push(row);
                }
            }
            query.page.after = part.next;
            if rows.len() >= wanted || query.page.after.is_none() {
                break;
            }
        }
        let next = if rows.len() > wanted {
            rows.truncate(wanted);
            rows.last().map(|r| Cursor { at: r.submitted_at, id: r.id.as_str().to_owned() })
        } else {
            query.page.after
        };
        Ok(Page { rows, next })
    }

    /// What waits for this person among requests, at this door.
    ///
    /// # Errors
    /// [`Error::SessionEnded`].
    pub async fn requests_at_home(&self, actor: &Actor) -> Result<RequestsAtHome> {
        let page = || PageRequest { after: None, limit: HOME_ROWS };
        let now = self.now();
        let mine = self.requests(actor, RequestTray::Mine, page()).await?.rows;
        let of = |wanted: &dyn Fn(&RequestRow) -> bool| -> Vec<RequestRow> {
            mine.iter().filter(|r| wanted(r)).cloned().collect()
        };
        let owes = |r: &RequestRow| {
            let standing = r.permit.as_ref().map(|p| p.standing(now));
            matches!(standing, Some(Standing::ReturnDue | Standing::Overdue))
        };
        Ok(RequestsAtHome {
            to_decide: self.requests(actor, RequestTray::ToDecide, page()).await?.rows,
            with_me: of(&|r| r.state.is_with_applicant()),
            under_way: of(&|r| r.state == State::Waiting),
            to_give_back: of(&owes),
            reviews: self.store().request_reviews_due(actor.id(), actor.zone(), HOME_ROWS).await?,
        })
    }

    /// The facts of a request that rights depend on, at this moment.
    pub(crate) async fn request_facts(&self, request: &Request, now: Millis) -> Result<authz::Request> {
        let mut facts =
            self.bare_request(&request.id, &request.applicant, &request.section, request.zone.as_str());
        facts.stage = match request.state {
            State::Waiting => RequestStage::Waiting,
            State::Returned | State::PulledBack => RequestStage::Returned,
            State::Approved => RequestStage::Approved,
            State::Rejected | State::Withdrawn | State::Expired => RequestStage::Ended,
        };
        let matter = Matter::from(request);
        if let Some(step) = request.open_step() {
            facts.approvers = vec![Need { role: step.role.clone(), place: self.scope_place(&step.scope) }];
            facts.deputies = self
                .deputies_now(matter, now)
                .await?
                .map(|d| d.deputies.iter().map(|u| u.as_str().to_owned()).collect())
                .unwrap_or_default();
        }
        (facts.reviewers, facts.decided_by) = (matter.reviewers(), matter.decided_by());
        Ok(facts)
    }

    fn bare_request(
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
        }
    }
}
