//! What a decision needs to know, as plain values, and how they are put before Cedar.
//!
//! Owns: [`Principal`], [`Resource`] and their parts; the one translation into Cedar entities ([`Names`]).
//! Leaves to others: gathering the facts. They must be read in the transaction that acts on the decision.

use std::collections::{BTreeMap, HashMap, HashSet};

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, ParseErrors, RestrictedExpression};

use crate::words::{ResourceKind, TokenScope, closed_words, role};
use crate::{Action, Undecidable};

/// Who asks, as the session and the database know him at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Id of the account.
    pub user: String,
    /// The roles held today; grants that have not begun or are over are left out by the caller.
    pub roles: Vec<Grant>,
    /// Id of the section the person belongs to.
    pub section: String,
    /// The zone of the listener that the connection came in on; never taken from the request.
    pub zone: String,
    /// How the person proved who he is.
    pub strength: Strength,
    /// Whether one of the roles demands a second factor for acts that bind the city.
    pub second_factor_required: bool,
    /// Whether the account may be used.
    pub enabled: bool,
}

/// A role held somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    /// Id of the role, of the pack or of [`crate::role`].
    pub role: String,
    /// Where it is held.
    pub scope: Scope,
}

/// The part of the city that a role is held for. A department covers its sections, the city covers all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// The whole municipality.
    City,
    /// One department, by id.
    Department(String),
    /// One section, by id.
    Section(String),
}

/// How somebody proved who he is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strength {
    /// With a password.
    Password,
    /// With a password and a second factor.
    SecondFactor,
    /// With an API token of these scopes. A token is not a second factor.
    ApiToken {
        /// What the token was made for.
        scopes: Vec<TokenScope>,
    },
}

/// Where something belongs, with everything above it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// To the municipality as a whole.
    City,
    /// To one department.
    Department {
        /// Id of the department.
        id: String,
    },
    /// To one section.
    Section {
        /// Id of the section.
        id: String,
        /// Id of its department.
        department: String,
    },
}

impl Place {
    /// The scopes whose holders answer for this place, narrowest first.
    #[must_use]
    pub fn covering(&self) -> Vec<Scope> {
        match self {
            Place::City => vec![Scope::City],
            Place::Department { id } => vec![Scope::Department(id.clone()), Scope::City],
            Place::Section { id, department } => {
                vec![Scope::Section(id.clone()), Scope::Department(department.clone()), Scope::City]
            }
        }
    }
}

/// A role that a step of a route asks for, at the place it asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Need {
    /// Id of the role.
    pub role: String,
    /// Where it must be held, or above.
    pub place: Place,
}

impl Need {
    /// The grants that fulfil it.
    #[must_use]
    pub fn fulfilled_by(&self) -> Vec<Grant> {
        self.place.covering().into_iter().map(|scope| Grant { role: self.role.clone(), scope }).collect()
    }
}

/// What is acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// A transfer.
    Transfer(Box<Transfer>),
    /// A request.
    Request(Box<Request>),
    /// A task of a duty.
    DutyTask(Box<DutyTask>),
    /// A row of a register.
    Row(Box<Row>),
    /// A record whose retention ends.
    Record(Box<Record>),
    /// An account, for those who manage accounts.
    Account(Account),
    /// The account of the person who asks. Its id is that of the user.
    OwnAccount {
        /// Id of the account.
        user: String,
    },
    /// The installation as a whole. Its id is `city`.
    City,
    /// Entries of the ledger.
    Evidence(Evidence),
    /// A clause of the policy.
    Clause {
        /// Id of the clause.
        id: String,
    },
}

impl Resource {
    /// What kind of thing it is.
    #[must_use]
    pub fn kind(&self) -> ResourceKind {
        match self {
            Resource::Transfer(_) => ResourceKind::Transfer,
            Resource::Request(_) => ResourceKind::Request,
            Resource::DutyTask(_) => ResourceKind::DutyTask,
            Resource::Row(_) => ResourceKind::Row,
            Resource::Record(_) => ResourceKind::Record,
            Resource::Account(_) => ResourceKind::Account,
            Resource::OwnAccount { .. } => ResourceKind::OwnAccount,
            Resource::City => ResourceKind::City,
            Resource::Evidence(_) => ResourceKind::Evidence,
            Resource::Clause { .. } => ResourceKind::Clause,
        }
    }

    /// The id that a proof names, unique among things of one kind.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Resource::Transfer(transfer) => &transfer.id,
            Resource::Request(request) => &request.id,
            Resource::DutyTask(task) => &task.id,
            Resource::Row(row) => &row.id,
            Resource::Record(record) => &record.id,
            Resource::Account(account) => &account.user,
            Resource::OwnAccount { user } => user,
            Resource::City => "city",
            Resource::Evidence(evidence) => &evidence.id,
            Resource::Clause { id } => id,
        }
    }
}

impl From<Transfer> for Resource {
    fn from(transfer: Transfer) -> Self {
        Resource::Transfer(Box::new(transfer))
    }
}

impl From<Request> for Resource {
    fn from(request: Request) -> Self {
        Resource::Request(Box::new(request))
    }
}

impl From<DutyTask> for Resource {
    fn from(task: DutyTask) -> Self {
        Resource::DutyTask(Box::new(task))
    }
}

/// The facts of a task of a duty that rights depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyTask {
    /// Id of the task.
    pub id: String,
    /// Whose it is: a section's, or the whole body's.
    pub place: Place,
    /// Id of the account whose own task it is, when it is one person's.
    pub person: Option<String>,
    /// The role that does it; none when it is one person's.
    pub owner: Option<String>,
    /// The role that confirms it.
    pub confirmer: Option<String>,
    /// The role that may let it go.
    pub waiver: Option<String>,
    /// Id of the account that reported it, or asked to let it go.
    pub reported_by: Option<String>,
    /// The zone of the listener at which that was done.
    pub zone: Option<String>,
    /// How far it is.
    pub stage: DutyStage,
}

closed_words! {
    /// How far a task is, as coarse as rights need it.
    DutyStage {
        /// To be done.
        Open = "open",
        /// Waits for a second person's confirmation.
        Reported = "reported",
        /// Waits for a word on whether it may be let go.
        WaiverAsked = "waiver-asked",
        /// Done, or let go.
        Ended = "ended",
    }
}

impl From<Row> for Resource {
    fn from(row: Row) -> Self {
        Resource::Row(Box::new(row))
    }
}

/// The facts of a row of a register that rights depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Id of the register, a slash, and the number of the row.
    pub id: String,
    /// Where it belongs: a section, or the city in a register of the whole body.
    pub place: Place,
    /// Ids of the roles that read it. A row of a section is read by those who hold one there or above; a row of the city by
    /// whoever holds one anywhere.
    pub readers: Vec<String>,
    /// Ids of the roles that keep it, in the same way.
    pub keepers: Vec<String>,
    /// Ids of the roles that classify what waits, in the same way.
    pub managers: Vec<String>,
    /// Ids of the zones at whose listeners it is seen.
    pub zones: Vec<String>,
}

impl From<Record> for Resource {
    fn from(record: Record) -> Self {
        Resource::Record(Box::new(record))
    }
}

/// The facts of a record whose retention ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is, a slash, and its id.
    pub id: String,
    /// Where it belongs: a section, or the city.
    pub place: Place,
    /// Id of the role that looks after it, held there or above; `None`: nobody does.
    pub manager: Option<String>,
    /// Id of the role that decides about its destruction, in the same way.
    pub decider: Option<String>,
    /// Id of the account that proposed to destroy it, while that is to be decided.
    pub proposed_by: Option<String>,
    /// The zone in which it was written; `None`: in none.
    pub zone: Option<String>,
}

/// The facts of a request that rights depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Id of the request.
    pub id: String,
    /// Id of the account that applies.
    pub submitter: String,
    /// Id of the section it is applied from.
    pub submitter_section: String,
    /// Id of that section's department.
    pub submitter_department: String,
    /// The zone of the listener at which it was handed in.
    pub zone: String,
    /// How far it is.
    pub stage: RequestStage,
    /// Who may decide the step that is open; any one of them. Empty when none is open.
    pub approvers: Vec<Need>,
    /// Ids of the accounts that may decide by 代決 now.
    pub deputies: Vec<String>,
    /// Ids of the accounts that owe a 後閲.
    pub reviewers: Vec<String>,
    /// Ids of the accounts that have decided about the present content, themselves or through a deputy.
    pub decided_by: Vec<String>,
    /// Ids of the accounts that took over what was permitted, or are to.
    pub keepers: Vec<String>,
}

impl Request {
    /// The section it is applied from, with what stands above it.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::Section { id: self.submitter_section.clone(), department: self.submitter_department.clone() }
    }
}

closed_words! {
    /// How far a request is, as coarse as rights need it.
    RequestStage {
        /// Being filled.
        Draft = "draft",
        /// 承認待ち.
        Waiting = "waiting",
        /// 差戻し or 引戻し: back with the applicant.
        Returned = "returned",
        /// 決裁済; its permit lives on.
        Approved = "approved",
        /// 否認, 取下げ or 期限切れ.
        Ended = "ended",
    }
}

/// The facts of a transfer that rights depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Id of the transfer.
    pub id: String,
    /// Id of the account that submits it.
    pub submitter: String,
    /// Id of the section it is submitted from.
    pub submitter_section: String,
    /// Id of that section's department.
    pub submitter_department: String,
    /// Ids of the accounts that are to receive it.
    pub recipients: Vec<String>,
    /// The zone it comes from.
    pub from_zone: String,
    /// The zone it goes to.
    pub to_zone: String,
    /// How far it is.
    pub stage: Stage,
    /// Who may decide the step that is open; any one of them. Empty when none is open.
    pub approvers: Vec<Need>,
    /// The zones in which the pack lets it be decided.
    pub decide_zones: Vec<String>,
    /// Ids of the accounts that may decide by 代決 now.
    pub deputies: Vec<String>,
    /// Ids of the accounts that owe a 後閲: those for whom a deputy decided.
    pub reviewers: Vec<String>,
    /// Ids of the accounts that have decided about the present content, at any step, themselves or through a deputy.
    pub decided_by: Vec<String>,
}

impl Transfer {
    /// The section it is submitted from, with what stands above it.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::Section { id: self.submitter_section.clone(), department: self.submitter_department.clone() }
    }
}

closed_words! {
    /// How far a transfer is, as coarse as rights need it.
    Stage {
        /// Being put together, or pulled back by its submitter.
        Draft = "draft",
        /// In the worker.
        Processing = "processing",
        /// 保留: cannot be decided by the worker.
        Held = "held",
        /// 承認待ち.
        Waiting = "waiting",
        /// 差戻し: back with the submitter for changes.
        Returned = "returned",
        /// Passed; the clean files can be taken.
        Ready = "ready",
        /// Every recipient has confirmed receipt; the clean files can still be taken.
        Received = "received",
        /// 却下 or 遮断: will not pass.
        Refused = "refused",
        /// 取下げ.
        Withdrawn = "withdrawn",
        /// Past its time; its files are erased.
        Expired = "expired",
    }
}

impl Stage {
    /// Whether the clean files have passed and are there to take.
    #[must_use]
    pub fn is_released(self) -> bool {
        matches!(self, Stage::Ready | Stage::Received)
    }
}

/// An account, as something that is managed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub user: String,
    /// Where the person works.
    pub place: Place,
}

/// An entry of the ledger, or a set of them that is asked for together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What is asked for: an index, a transfer, a clause; goes into the proof.
    pub id: String,
    /// Whose doings the entries record, or [`Place::City`] when they are not of one section.
    pub place: Place,
}

/// The names of the schema, parsed once, and the translation of facts into entities.
#[derive(Debug)]
pub(crate) struct Names {
    person: EntityTypeName,
    unit: EntityTypeName,
    action: EntityTypeName,
    resources: HashMap<ResourceKind, EntityTypeName>,
}

type Attributes = HashMap<String, RestrictedExpression>;

impl Names {
    pub(crate) fn new() -> Result<Self, Box<ParseErrors>> {
        let kinds = [
            ResourceKind::Transfer,
            ResourceKind::Request,
            ResourceKind::DutyTask,
            ResourceKind::Row,
            ResourceKind::Record,
            ResourceKind::Account,
            ResourceKind::OwnAccount,
            ResourceKind::City,
            ResourceKind::Evidence,
            ResourceKind::Clause,
        ];
        let name = |id: &str| id.parse().map_err(Box::<ParseErrors>::new);
        let resources = kinds
            .into_iter()
            .map(|kind| Ok((kind, name(kind.id())?)))
            .collect::<Result<_, Box<ParseErrors>>>()?;
        Ok(Self { person: name("Person")?, unit: name("Unit")?, action: name("Action")?, resources })
    }

    pub(crate) fn action(&self, action: Action) -> EntityUid {
        EntityUid::from_type_name_and_id(self.action.clone(), EntityId::new(action.id()))
    }

    pub(crate) fn person(&self, who: &Principal) -> Result<Entity, Undecidable> {
        let (strength, scopes) = match &who.strength {
            Strength::Password => ("password", &[][..]),
            Strength::SecondFactor => ("second-factor", &[][..]),
            Strength::ApiToken { scopes } => ("api-token", scopes.as_slice()),
        };
        let mut posts: BTreeMap<&str, Vec<RestrictedExpression>> =
            role::ALL.iter().map(|role| (*role, Vec::new())).collect();
        for grant in &who.roles {
            if let Some(units) = posts.get_mut(grant.role.as_str()) {
                units.push(self.unit(&grant.scope));
            }
        }
        let posts = posts
            .into_iter()
            .map(|(role, units)| (role.replace('-', "_"), RestrictedExpression::new_set(units)));
        let attributes = Attributes::from([
            ("enabled".to_owned(), RestrictedExpression::new_bool(who.enabled)),
            ("section".to_owned(), self.unit(&Scope::Section(who.section.clone()))),
            ("zone".to_owned(), word(&who.zone)),
            ("strength".to_owned(), word(strength)),
            ("token_scopes".to_owned(), words(scopes.iter().map(|scope| scope.id()))),
            ("second_factor_required".to_owned(), RestrictedExpression::new_bool(who.second_factor_required)),
            ("roles".to_owned(), words(who.roles.iter().map(|grant| grant.role.as_str()))),
            ("grants".to_owned(), self.grants(who.roles.iter().cloned())?),
            ("posts".to_owned(), RestrictedExpression::new_record(posts).map_err(|_| Undecidable)?),
        ]);
        entity(self.user_id(&who.user), attributes)
    }

    pub(crate) fn resource(&self, resource: &Resource) -> Result<Entity, Undecidable> {
        let kind = self.resources.get(&resource.kind()).ok_or(Undecidable)?.clone();
        let uid = EntityUid::from_type_name_and_id(kind, EntityId::new(resource.id()));
        let attributes = match resource {
            Resource::Transfer(transfer) => self.transfer(transfer)?,
            Resource::Request(request) => self.request(request)?,
            Resource::DutyTask(task) => self.duty_task(task)?,
            Resource::Row(row) => self.row(row)?,
            Resource::Record(record) => self.record(record)?,
            Resource::Account(account) => Attributes::from([
                ("user".to_owned(), self.user(&account.user)),
                ("units".to_owned(), self.units(&account.place)),
            ]),
            Resource::OwnAccount { user } => Attributes::from([("user".to_owned(), self.user(user))]),
            Resource::Evidence(evidence) => {
                Attributes::from([("units".to_owned(), self.units(&evidence.place))])
            }
            Resource::City | Resource::Clause { .. } => Attributes::new(),
        };
        entity(uid, attributes)
    }

    fn request(&self, request: &Request) -> Result<Attributes, Undecidable> {
        let approvers = self.grants(request.approvers.iter().flat_map(Need::fulfilled_by))?;
        Ok(Attributes::from([
            ("submitter".to_owned(), self.user(&request.submitter)),
            ("submitter_section".to_owned(), self.unit(&Scope::Section(request.submitter_section.clone()))),
            ("units".to_owned(), self.units(&request.place())),
            ("zone".to_owned(), word(&request.zone)),
            ("stage".to_owned(), word(request.stage.id())),
            ("approvers".to_owned(), approvers),
            ("deputies".to_owned(), self.users(&request.deputies)),
            ("reviewers".to_owned(), self.users(&request.reviewers)),
            ("decided_by".to_owned(), self.users(&request.decided_by)),
            ("keepers".to_owned(), self.users(&request.keepers)),
        ]))
    }

    fn duty_task(&self, task: &DutyTask) -> Result<Attributes, Undecidable> {
        let holders = |role: &Option<String>| {
            let need = role.as_ref().map(|role| Need { role: role.clone(), place: task.place.clone() });
            self.grants(need.iter().flat_map(Need::fulfilled_by))
        };
        let users = |user: &Option<String>| self.users(user.as_slice());
        Ok(Attributes::from([
            ("units".to_owned(), self.units(&task.place)),
            ("persons".to_owned(), users(&task.person)),
            ("owners".to_owned(), holders(&task.owner)?),
            ("confirmers".to_owned(), holders(&task.confirmer)?),
            ("waivers".to_owned(), holders(&task.waiver)?),
            ("reported_by".to_owned(), users(&task.reported_by)),
            ("zones".to_owned(), words(task.zone.iter().map(String::as_str))),
            ("stage".to_owned(), word(task.stage.id())),
        ]))
    }

    /// What holds for the whole city is asked by role alone, what holds for a section by role and place: of the two sets of
    /// each name one is empty.
    fn row(&self, row: &Row) -> Result<Attributes, Undecidable> {
        let mut attributes = Attributes::from([
            ("units".to_owned(), self.units(&row.place)),
            ("zones".to_owned(), words(row.zones.iter().map(String::as_str))),
        ]);
        for (name, roles) in
            [("readers", &row.readers), ("keepers", &row.keepers), ("managers", &row.managers)]
        {
            let (anywhere, here): (&[String], &[String]) =
                if row.place == Place::City { (roles, &[]) } else { (&[], roles) };
            let needs = here.iter().map(|role| Need { role: role.clone(), place: row.place.clone() });
            let grants = self.grants(needs.flat_map(|need| need.fulfilled_by()))?;
            attributes.insert(name.to_owned(), grants);
            attributes.insert(format!("{name}_anywhere"), words(anywhere.iter().map(String::as_str)));
        }
        Ok(attributes)
    }

    fn record(&self, record: &Record) -> Result<Attributes, Undecidable> {
        let holders = |role: &Option<String>| {
            let need = role.as_ref().map(|role| Need { role: role.clone(), place: record.place.clone() });
            self.grants(need.iter().flat_map(Need::fulfilled_by))
        };
        Ok(Attributes::from([
            ("units".to_owned(), self.units(&record.place)),
            ("managers".to_owned(), holders(&record.manager)?),
            ("deciders".to_owned(), holders(&record.decider)?),
            ("proposed_by".to_owned(), self.users(record.proposed_by.as_slice())),
            ("zones".to_owned(), words(record.zone.iter().map(String::as_str))),
        ]))
    }

    fn transfer(&self, transfer: &Transfer) -> Result<Attributes, Undecidable> {
        let needs = |needs: &[Need]| self.grants(needs.iter().flat_map(Need::fulfilled_by));
        Ok(Attributes::from([
            ("submitter".to_owned(), self.user(&transfer.submitter)),
            ("submitter_section".to_owned(), self.unit(&Scope::Section(transfer.submitter_section.clone()))),
            ("units".to_owned(), self.units(&transfer.place())),
            ("recipients".to_owned(), self.users(&transfer.recipients)),
            ("from_zone".to_owned(), word(&transfer.from_zone)),
            ("to_zone".to_owned(), word(&transfer.to_zone)),
            ("stage".to_owned(), word(transfer.stage.id())),
            ("approvers".to_owned(), needs(&transfer.approvers)?),
            ("decide_zones".to_owned(), words(transfer.decide_zones.iter().map(String::as_str))),
            ("deputies".to_owned(), self.users(&transfer.deputies)),
            ("reviewers".to_owned(), self.users(&transfer.reviewers)),
            ("decided_by".to_owned(), self.users(&transfer.decided_by)),
        ]))
    }

    fn user_id(&self, user: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.person.clone(), EntityId::new(user))
    }

    fn user(&self, user: &str) -> RestrictedExpression {
        RestrictedExpression::new_entity_uid(self.user_id(user))
    }

    fn users(&self, users: &[String]) -> RestrictedExpression {
        RestrictedExpression::new_set(users.iter().map(|user| self.user(user)))
    }

    /// The word before the colon is ours, so no id can be taken for another kind of unit.
    fn unit(&self, scope: &Scope) -> RestrictedExpression {
        let id = match scope {
            Scope::City => "city".to_owned(),
            Scope::Department(id) => format!("department:{id}"),
            Scope::Section(id) => format!("section:{id}"),
        };
        RestrictedExpression::new_entity_uid(EntityUid::from_type_name_and_id(
            self.unit.clone(),
            EntityId::new(id),
        ))
    }

    fn units(&self, place: &Place) -> RestrictedExpression {
        RestrictedExpression::new_set(place.covering().iter().map(|scope| self.unit(scope)))
    }

    /// Records, not joined strings: no spelling of an id can make one grant look like another.
    fn grants(&self, grants: impl Iterator<Item = Grant>) -> Result<RestrictedExpression, Undecidable> {
        let records = grants
            .map(|grant| {
                let fields =
                    [("role".to_owned(), word(&grant.role)), ("unit".to_owned(), self.unit(&grant.scope))];
                RestrictedExpression::new_record(fields).map_err(|_| Undecidable)
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(RestrictedExpression::new_set(records))
    }
}

fn entity(uid: EntityUid, attributes: Attributes) -> Result<Entity, Undecidable> {
    Entity::new(uid, attributes, HashSet::new()).map_err(|_| Undecidable)
}

fn word(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

fn words<'a>(texts: impl Iterator<Item = &'a str>) -> RestrictedExpression {
    RestrictedExpression::new_set(texts.map(word))
}
