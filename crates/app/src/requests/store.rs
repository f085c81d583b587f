//! What requests and the values they set need from the store.
//!
//! Owns the contracts, whose comments are binding, and the shapes of lists. Leaves the implementation to `store-sql`.

use async_trait::async_trait;
use workflow::{
    Millis,
    id::{RequestId, SectionId, UserId, ZoneId},
    register::RowKey,
    request::{Permit, Request, State},
};

use crate::{
    model::{Page, PageRequest},
    ports::StoreError,
};

/// Which requests a list shows. Each variant is served by one index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestView {
    /// Of this person.
    By(UserId),
    /// Waiting for a decision by a holder of one of these roles (role, scope column); each request once, also where several of
    /// its steps are open side by side.
    AwaitingRoles(Vec<(String, String)>),
    /// Of one of these sections.
    OfSections(Vec<SectionId>),
    /// All.
    All,
}

/// A question for a list of requests of one zone, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestQuery {
    /// The zone in which they were handed in.
    pub zone: ZoneId,
    /// Which.
    pub view: RequestView,
    /// Which part.
    pub page: PageRequest,
}

/// A row of such a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Id.
    pub id: RequestId,
    /// Number.
    pub number: i64,
    /// The request type.
    pub form: String,
    /// Its title.
    pub title: String,
    /// What it is about ([`workflow::request::about`]); empty when it was destroyed.
    pub about: String,
    /// State.
    pub state: State,
    /// Who applied.
    pub applicant: UserId,
    /// His name.
    pub applicant_name: String,
    /// Of which section.
    pub section: SectionId,
    /// What came of it.
    pub permit: Option<Permit>,
    /// When handed in.
    pub submitted_at: Millis,
    /// When last changed.
    pub changed_at: Millis,
    /// When somebody should have acted.
    pub due_at: Option<Millis>,
}

/// A value that a request gave a parameter, from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterChange {
    /// The parameter.
    pub parameter: String,
    /// As it was typed; `None`: not set any more.
    pub value: Option<String>,
    /// From when it holds.
    pub from: Millis,
    /// The number of the request: of two that begin at one moment the higher wins.
    pub number: i64,
    /// The request.
    pub request: RequestId,
    /// Who approved it last.
    pub approved_by: UserId,
    /// His name.
    pub approved_by_name: String,
    /// When.
    pub approved_at: Millis,
}

/// Reading requests and values.
#[async_trait]
pub trait RequestStore: Send + Sync {
    /// A request with its attachments and decisions.
    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError>;
    /// A list of requests.
    async fn requests(&self, query: &RequestQuery) -> Result<Page<RequestRow>, StoreError>;
    /// Decisions by deputies about requests of this zone that wait for this person's review (後閲): request and index
    /// of the decision.
    async fn request_reviews_due(
        &self,
        user: &UserId,
        zone: &ZoneId,
        limit: u32,
    ) -> Result<Vec<(RequestRow, usize)>, StoreError>;
    /// Requests at which time changes something now: a reminder, an end, a permit that is overdue.
    async fn overdue_requests(&self, now: Millis, limit: u32) -> Result<Vec<RequestId>, StoreError>;
    /// Requests that name this row of a register, of all zones, the newest first.
    async fn requests_of_row(&self, key: &RowKey, limit: u32) -> Result<Vec<RequestRow>, StoreError>;
    /// Permits of this row under which something is still to be given back, with request and who has it, the oldest request
    /// first.
    async fn permits_of_row(&self, key: &RowKey) -> Result<Vec<(RequestId, UserId, Permit)>, StoreError>;
    /// Every value that was ever set, by parameter, the oldest first. There are few: a body changes a handful a year.
    async fn parameter_values(&self) -> Result<Vec<ParameterChange>, StoreError>;
}

/// Changing requests and values inside a transaction.
#[async_trait]
pub trait RequestTx: Send {
    /// The next number of a request.
    async fn next_request_number(&mut self) -> Result<i64, StoreError>;
    /// The request that was made from this submission key, if one was.
    async fn request_of_submission(&mut self, key: &str) -> Result<Option<RequestId>, StoreError>;
    /// Inserts a request. `submission` makes a repeated submission recognisable:
    /// [`StoreError::Duplicate`]`("submission")`.
    async fn insert_request(&mut self, request: &Request, submission: &str) -> Result<(), StoreError>;
    /// A request as it is now, to be changed: nobody else changes it before this transaction ends.
    async fn request(&mut self, id: &RequestId) -> Result<Option<Request>, StoreError>;
    /// Replaces a request with its attachments and decisions; [`StoreError::Conflict`] unless the stored version is
    /// `request.version`, which is raised.
    async fn update_request(&mut self, request: &Request) -> Result<(), StoreError>;
    /// As [`RequestStore::permits_of_row`], inside the transaction.
    async fn permits_of_row(&mut self, key: &RowKey) -> Result<Vec<(RequestId, UserId, Permit)>, StoreError>;
    /// As [`RequestStore::parameter_values`], inside the transaction.
    async fn parameter_values(&mut self) -> Result<Vec<ParameterChange>, StoreError>;
    /// Adds a value of a parameter. Nothing takes one away again.
    async fn insert_parameter_value(&mut self, change: &ParameterChange) -> Result<(), StoreError>;
}
