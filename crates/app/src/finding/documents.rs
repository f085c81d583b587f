//! What is found of each kind: its texts, what the index holds of it, and reading it as somebody may see it.
//!
//! Owns one arm for each kind. Only what the page of a subject shows to everybody who may open it is among its texts: what a
//! page leaves out for some, such as the report of a task in another zone, is not found by anybody.

use std::collections::BTreeSet;

use authz::{Action, Resource};
use policy::{folded, search::Query};
use workflow::{
    Millis,
    calendar::{day_of, fiscal_year},
    duty::{self, Task},
    edition::{Edition, Stage},
    id::{EditionId, RequestId, SectionId, TaskId, TransferId, UserId},
    register::{Row, RowKey},
    request::{self, Request},
    route,
    transfer::{self, Transfer},
};

use super::{FoundKind, FoundState, NamedSection, ports::Document, sight};
use crate::{
    App,
    actor::Actor,
    deciding::Matter,
    error::{Error, Result},
    evidence::city_evidence,
    model::User,
};

/// What of a subject is read and looked through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// What it is called.
    pub title: String,
    /// Its number as people write it; empty without one.
    pub number: String,
    /// The names of places in it, each with its text.
    pub fields: Vec<(String, String)>,
    /// Its section.
    pub section: Option<NamedSection>,
    /// When it came about, or is due.
    pub at: Option<Millis>,
    /// How it stands.
    pub state: FoundState,
}

impl Texts {
    fn new(title: &str, number: String, state: FoundState) -> Self {
        Self { title: title.to_owned(), number, fields: Vec::new(), section: None, at: None, state }
    }

    fn field(&mut self, place: &str, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.fields.push((place.to_owned(), text));
        }
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        let section = self.section.as_ref().map(|(_, name)| name.as_str());
        let fields = self.fields.iter().map(|(_, text)| text.as_str());
        [self.title.as_str(), self.number.as_str()].into_iter().chain(section).chain(fields)
    }

    /// Whether every word stands in one of the texts.
    pub(super) fn holds(&self, query: &Query) -> bool {
        let texts: Vec<String> = self.all().map(folded).collect();
        query.folded().iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
    }
}

/// A subject of the index with the tokens that say who sees it.
struct Subject {
    texts: Texts,
    tokens: BTreeSet<String>,
    open: bool,
}

impl App {
    /// A subject as the index holds it; `None` when it is gone.
    pub(super) async fn document(&self, kind: FoundKind, id: &str) -> Result<Option<Document>> {
        let store = self.store();
        let subject = match kind {
            FoundKind::Transfer => match store.transfer(&TransferId::new(id)).await? {
                Some(transfer) => self.transfer_subject(&transfer).await?,
                None => return Ok(None),
            },
            FoundKind::Request => match store.request(&RequestId::new(id)).await? {
                Some(request) => self.request_subject(&request).await?,
                None => return Ok(None),
            },
            FoundKind::Task => match store.task(&TaskId::new(id)).await? {
                Some(task) => self.task_subject(&task).await?,
                None => return Ok(None),
            },
            FoundKind::Row => match self.row_of(id).await? {
                Some(row) => self.row_subject(row).await?,
                None => return Ok(None),
            },
            FoundKind::Person => match store.user(&UserId::new(id)).await? {
                Some(user) => self.person_subject(&user).await?,
                None => return Ok(None),
            },
            FoundKind::Edition => match store.edition(&EditionId::new(id)).await? {
                Some(edition) => edition_subject(&edition),
                None => return Ok(None),
            },
            FoundKind::Form | FoundKind::Duty | FoundKind::Evidence => return Ok(None),
        };
        let Subject { texts, mut tokens, open } = subject;
        tokens.insert(sight::open(open));
        if let Some(at) = texts.at {
            tokens.insert(sight::year(fiscal_year(day_of(at))));
        }
        if let Some((section, _)) = &texts.section {
            tokens.insert(sight::section(section));
        }
        Ok(Some(Document {
            kind: kind.subject_kind(),
            subject: id.to_owned(),
            at: texts.at.unwrap_or_default(),
            nth: match kind {
                FoundKind::Row => id.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or(0),
                _ => texts.number.parse().unwrap_or(0),
            },
            tokens: tokens.into_iter().collect(),
            texts: texts.all().map(str::to_owned).collect(),
        }))
    }

    /// A subject as this person may see it at this door.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`]: as its page.
    pub(super) async fn seen_texts(&self, actor: &Actor, kind: FoundKind, id: &str) -> Result<Texts> {
        let now = self.now();
        Ok(match kind {
            FoundKind::Transfer => {
                let (transfer, _) = self.seen_transfer(actor, &TransferId::new(id), now).await?;
                self.transfer_subject(&transfer).await?.texts
            }
            FoundKind::Request => {
                let (request, _) = self.seen_request(actor, &RequestId::new(id), now).await?;
                self.request_subject(&request).await?.texts
            }
            FoundKind::Task => {
                let task = self.task_to(actor, &TaskId::new(id), Action::ViewTask).await?;
                self.task_subject(&task).await?.texts
            }
            FoundKind::Row => {
                let row = self.row_of(id).await?.ok_or(Error::NotFound)?;
                self.row_seen(actor, &row)?;
                self.row_subject(row).await?.texts
            }
            FoundKind::Person => {
                let user = self.store().user(&UserId::new(id)).await?.ok_or(Error::NotFound)?;
                if !self.may(actor, Action::ViewUsers, &self.account(&user)) {
                    return Err(Error::NotFound);
                }
                self.person_subject(&user).await?.texts
            }
            FoundKind::Edition => edition_subject(&self.edition_for(actor, &EditionId::new(id)).await?).texts,
            FoundKind::Form | FoundKind::Duty | FoundKind::Evidence => return Err(Error::NotFound),
        })
    }

    fn named(&self, section: &SectionId) -> NamedSection {
        (section.clone(), self.section_name(section))
    }

    /// Who has a part in an approval, and where its open steps wait.
    fn approval_tokens(&self, matter: Matter<'_>, tokens: &mut BTreeSet<String>) {
        tokens.extend(matter.decided_by().iter().map(|user| sight::person(user)));
        tokens.extend(matter.decided_by().into_iter().map(|user| sight::mine(&UserId::new(user))));
        tokens.extend(matter.reviewers().iter().map(|user| sight::person(user)));
        for (_, step) in &matter.open_steps {
            tokens.extend(step.desks().map(|(role, scope)| sight::step(role, scope)));
            tokens.extend(step.deputies.iter().map(|post| sight::post(post)));
        }
        tokens.insert(sight::person(matter.submitter.as_str()));
        tokens.insert(sight::mine(matter.submitter));
    }

    async fn transfer_subject(&self, transfer: &Transfer) -> Result<Subject> {
        use transfer::State;
        let mut people: BTreeSet<&UserId> = transfer.recipients.iter().map(|r| &r.user).collect();
        people.insert(&transfer.submitter);
        let names = self.names_of(people).await?;
        let name = |user: &UserId| names.get(user).cloned().unwrap_or_default();
        let mut texts =
            Texts::new(&transfer.subject, transfer.number.to_string(), FoundState::Transfer(transfer.state));
        texts.field("目的", &transfer.purpose);
        for file in &transfer.files {
            texts.field("ファイル", &file.untrusted_name);
        }
        texts.field("送った人", name(&transfer.submitter));
        for recipient in &transfer.recipients {
            texts.field("宛先", name(&recipient.user));
        }
        texts.section = Some(self.named(&transfer.section));
        texts.at = Some(transfer.submitted_at);
        let mut tokens = BTreeSet::new();
        self.approval_tokens(transfer.into(), &mut tokens);
        if matches!(transfer.state, State::Ready | State::Received) {
            for recipient in &transfer.recipients {
                tokens.insert(sight::person(recipient.user.as_str()));
                tokens.insert(sight::mine(&recipient.user));
            }
        }
        tokens.insert(sight::zone(transfer.from_zone.as_str()));
        tokens.insert(sight::zone(transfer.to_zone.as_str()));
        let open = match transfer.state {
            State::Sanitising
            | State::Held
            | State::AwaitingApproval
            | State::Returned
            | State::PulledBack
            | State::Ready => true,
            State::Refused | State::Rejected | State::Withdrawn | State::Expired | State::Received => false,
        };
        Ok(Subject { texts, tokens, open })
    }

    async fn request_subject(&self, request: &Request) -> Result<Subject> {
        use request::State;
        let names = self.names_of(BTreeSet::from([&request.applicant])).await?;
        let mut texts =
            Texts::new(&request.title, request.number.to_string(), FoundState::Request(request.state));
        texts.field("申請した人", names.get(&request.applicant).cloned().unwrap_or_default());
        for answer in &request.content.answers {
            texts.field(&answer.title, &answer.shown);
        }
        for file in &request.content.attachments {
            texts.field("添付", &file.untrusted_name);
        }
        texts.section = Some(self.named(&request.section));
        texts.at = Some(request.submitted_at);
        let mut tokens = BTreeSet::from([sight::zone(request.zone.as_str())]);
        self.approval_tokens(request.into(), &mut tokens);
        let permit = request.permit.as_ref();
        let offered = permit.and_then(|p| p.open_handover()).and_then(|handover| handover.to.as_ref());
        tokens.extend(
            permit
                .and_then(|p| p.keeper.as_ref())
                .into_iter()
                .chain(offered)
                .map(|user| sight::person(user.as_str())),
        );
        let owes = request.permit.as_ref().is_some_and(workflow::request::Permit::owes_return);
        let open = owes || matches!(request.state, State::Waiting | State::Returned | State::PulledBack);
        Ok(Subject { texts, tokens, open })
    }

    /// Without what was reported or wished: that stays in its zone, and the task is seen in every one.
    async fn task_subject(&self, task: &Task) -> Result<Subject> {
        let mut texts = Texts::new(&task.title, String::new(), FoundState::Task(task.state));
        let mut tokens = BTreeSet::new();
        let place = task.scope.section().map_or(route::Scope::City, |s| route::Scope::Section(s.clone()));
        match task.scope.person() {
            Some(user) => {
                let names = self.names_of(BTreeSet::from([user])).await?;
                texts.field("行う人", names.get(user).cloned().unwrap_or_default());
                tokens.insert(sight::person(user.as_str()));
                tokens.insert(sight::mine(user));
            }
            None => {
                texts.field("行う役割", self.pack().role_title(&task.terms.owner));
                tokens.insert(sight::step(&task.terms.owner, &place));
            }
        }
        let others = [&task.terms.confirm_by, &task.terms.waiver_by];
        tokens.extend(others.into_iter().flatten().map(|role| sight::step(role, &place)));
        if let Some(report) = &task.report {
            tokens.insert(sight::mine(&report.by));
        }
        texts.section = task.scope.section().map(|s| self.named(s));
        texts.at = Some(task.due_at());
        let open = !matches!(task.state, duty::State::Done | duty::State::Waived);
        Ok(Subject { texts, tokens, open })
    }

    /// The row with this id, `register/number`, if its register is one of the policy in force.
    async fn row_of(&self, id: &str) -> Result<Option<Row>> {
        let Some((register, number)) = id.rsplit_once('/') else { return Ok(None) };
        let Ok(number) = number.parse() else { return Ok(None) };
        if self.pack().register(register).is_none() {
            return Ok(None);
        }
        Ok(self.store().row(&RowKey::new(register, number)).await?)
    }

    async fn row_subject(&self, row: Row) -> Result<Subject> {
        let register = self.pack().register(&row.key.register).ok_or(Error::NotFound)?;
        let open = row.end.is_none();
        let state = if open { FoundState::None } else { FoundState::Ended };
        let shown = self.row_as_read(register, row).await?;
        let mut texts = Texts::new(&shown.name, shown.number.clone(), state);
        texts.field("台帳", &register.title);
        for column in &register.columns {
            if let Some(value) = shown.shown.get(&column.id).filter(|v| v.text != shown.name) {
                texts.field(&column.title, &value.text);
            }
        }
        let section = shown.row.section.as_ref();
        texts.section = section.map(|s| self.named(s));
        texts.at = Some(shown.row.created_at);
        let mut tokens = BTreeSet::from([sight::register(&register.id, None)]);
        tokens.extend(section.map(|s| sight::register(&register.id, Some(s))));
        Ok(Subject { texts, tokens, open })
    }

    async fn person_subject(&self, user: &User) -> Result<Subject> {
        let state = if user.enabled { FoundState::None } else { FoundState::Ended };
        let mut texts = Texts::new(&user.name, String::new(), state);
        texts.field("ふりがな", &user.kana);
        texts.field("ログイン名", &user.login);
        for holding in self.store().posts_of(&user.id, self.now()).await? {
            texts.field("職", self.pack().post(&holding.post).map_or("", |p| p.title.as_str()));
        }
        texts.section = Some(self.named(&user.section));
        texts.at = Some(user.created_at);
        Ok(Subject { texts, tokens: BTreeSet::from([sight::mine(&user.id)]), open: user.enabled })
    }

    /// The forms with which this person may apply here.
    pub(super) fn forms_seen(&self, actor: &Actor) -> Vec<(String, Texts)> {
        let draft = RequestId::new("draft");
        let facts = self.bare_request(&draft, actor.id(), &actor.user().section, actor.zone().as_str());
        if !self.may(actor, Action::SubmitRequest, &Resource::from(facts)) {
            return Vec::new();
        }
        let texts = |form: &policy::RequestType| {
            let mut texts = Texts::new(&form.title, String::new(), FoundState::None);
            texts.field("内容", &form.description);
            texts.field("分類", form.group.clone().unwrap_or_default());
            for field in &form.fields {
                texts.field("項目", &field.title);
            }
            (form.id.clone(), texts)
        };
        self.forms_for(actor).map(texts).collect()
    }

    /// The duties: everybody reads what the policy asks.
    pub(super) fn duties_seen(&self, actor: &Actor) -> Vec<(String, Texts)> {
        if !self.may(actor, Action::ViewClause, &Resource::Clause { id: "all".to_owned() }) {
            return Vec::new();
        }
        let texts = |duty: &policy::DutyType| {
            let mut texts = Texts::new(&duty.title, String::new(), FoundState::None);
            texts.field("内容", &duty.help);
            texts.field("行う役割", self.pack().role_title(&duty.owner));
            (duty.id.clone(), texts)
        };
        self.pack().duty_types().iter().map(texts).collect()
    }

    /// Whether this person may open entries of evidence.
    pub(super) fn sees_evidence(&self, actor: &Actor) -> bool {
        self.may(actor, Action::ViewEvidence, &city_evidence("list"))
    }
}

fn edition_subject(edition: &Edition) -> Subject {
    let mut texts = Texts::new(&edition.label, String::new(), FoundState::None);
    texts.field("方針", &edition.title);
    texts.field("理由", &edition.note);
    texts.at = Some(edition.proposed_at);
    let mut tokens = BTreeSet::new();
    if App::is_open(edition.stage) {
        tokens.insert(sight::EVERYBODY.to_owned());
    }
    tokens.extend(edition.proposed_by.as_ref().map(sight::mine));
    let open = matches!(edition.stage, Stage::Draft | Stage::Applied | Stage::Approved);
    Subject { texts, tokens, open }
}
