//! The first screen: what waits for a person, asked of the store in one call.
//!
//! Owns what belongs on it and who sees which part. Nothing of it is kept from one time to the next: whoever acted and comes
//! back sees what is so now. Leaves the lists behind it to [`crate::transfers`], [`crate::requests`] and [`crate::duties`].

use std::collections::BTreeSet;

use async_trait::async_trait;
use authz::{Action, Reach, Resource};
use workflow::{
    Millis,
    id::{EditionId, SectionId, UserId, ZoneId},
    request::{self, Standing},
    transfer::State,
};

use crate::{
    App,
    actor::Actor,
    duties::{TasksAtHome, leave_out_event, store::TaskRow},
    editions::reading::ToRead,
    error::{Error, Result},
    model::{PageRequest, TransferRow},
    ports::StoreError,
    requests::{RequestTray, RequestsAtHome, store::RequestRow},
    transfers::{Home, Tray},
};

/// Rows of each group of transfers.
const TRANSFERS_MAX: u32 = 20;
/// Rows of each group of requests and of tasks.
const ROWS_MAX: u32 = 50;

/// What is asked for one person. What is left empty is not looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeQuestion {
    /// Who.
    pub user: UserId,
    /// Where he stands.
    pub zone: ZoneId,
    /// When.
    pub now: Millis,
    /// His own transfers and requests, with what he is to receive, to give back and to review; rows of each.
    pub own_transfers: Option<u32>,
    /// The same for requests.
    pub own_requests: Option<u32>,
    /// Where transfers and requests are that he may decide: (role, scope column).
    pub deciding: Vec<(String, String)>,
    /// The desks at which tasks wait for him.
    pub desks: Vec<String>,
    /// Whose overdue tasks he sees: `Some(None)` for everybody's.
    pub overdue: Option<Option<Vec<SectionId>>>,
    /// Whose held transfers he sees besides his own: `Some(None)` for everybody's.
    pub held: Option<Option<Vec<SectionId>>>,
    /// Editions that he has not read.
    pub readings: bool,
}

/// What the store found. Lists have the order of the lists behind them; each is cut after its number of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HomeRows {
    /// Transfers of his that have not ended, of each state at most the rows asked for.
    pub own: Vec<TransferRow>,
    /// Transfers that he may receive here.
    pub to_receive: Vec<TransferRow>,
    /// Decisions about transfers that he is to review.
    pub reviews: Vec<(TransferRow, usize)>,
    /// Transfers at steps of his roles, one more than asked for when there are more.
    pub to_decide: Vec<TransferRow>,
    /// Held transfers of his units.
    pub held: Vec<TransferRow>,
    /// Requests of his that wait or came back, those with a permit, and those whose permit he took over or is to.
    pub own_requests: Vec<RequestRow>,
    /// Decisions about requests that he is to review.
    pub request_reviews: Vec<(RequestRow, usize)>,
    /// Requests at steps of his roles, one more than asked for when there are more.
    pub requests_to_decide: Vec<RequestRow>,
    /// Tasks at his desks, the first due first.
    pub tasks: Vec<TaskRow>,
    /// Overdue tasks, the longest overdue first.
    pub overdue: Vec<TaskRow>,
    /// Edition, its version in the body's words, and until when it is to be read.
    pub readings: Vec<(EditionId, String, Option<Millis>)>,
}

/// What is asked about the whole body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewQuestion {
    /// Requests handed in here only.
    pub zone: ZoneId,
    /// When.
    pub now: Millis,
    /// Overdue tasks that are counted at most.
    pub overdue_max: u32,
    /// Forms whose permits are wanted.
    pub forms: Vec<String>,
    /// Permits of each at most.
    pub permits_max: u32,
}

/// What the store found of the whole body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OverviewRows {
    /// The section of each overdue task; none for the body's own.
    pub overdue: Vec<Option<SectionId>>,
    /// Approved requests of these forms that have a permit, in no order.
    pub permits: Vec<RequestRow>,
}

/// Reading the first screen.
#[async_trait]
pub trait HomeStore: Send + Sync {
    /// The whole body, over one connection.
    async fn overview(&self, question: &OverviewQuestion) -> std::result::Result<OverviewRows, StoreError>;
    /// Everything that was asked for, over one connection. What is one list is seen at one moment; two lists need not be.
    async fn home(&self, question: &HomeQuestion) -> std::result::Result<HomeRows, StoreError>;
}

/// The whole of it.
#[derive(Debug, Clone, Default)]
pub struct FirstScreen {
    /// Transfers.
    pub transfers: Home,
    /// Requests.
    pub requests: RequestsAtHome,
    /// Tasks of duties.
    pub tasks: TasksAtHome,
    /// Editions that he has not read.
    pub to_read: Vec<ToRead>,
}

/// Which parts somebody wants.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    transfers: bool,
    requests: bool,
    tasks: bool,
    readings: bool,
}

impl App {
    /// The first screen.
    ///
    /// # Errors
    /// [`Error::SessionEnded`], [`Error::Denied`].
    pub async fn first_screen(&self, actor: &Actor) -> Result<FirstScreen> {
        self.permit_home(actor).await?;
        self.waiting(actor, Parts { transfers: true, requests: true, tasks: true, readings: true }).await
    }

    /// What waits for this person among transfers.
    ///
    /// # Errors
    /// [`Error::SessionEnded`].
    pub async fn home(&self, actor: &Actor) -> Result<Home> {
        Ok(self.waiting(actor, Parts { transfers: true, ..Parts::default() }).await?.transfers)
    }

    /// What waits for this person among requests, at this door.
    ///
    /// # Errors
    /// [`Error::SessionEnded`].
    pub async fn requests_at_home(&self, actor: &Actor) -> Result<RequestsAtHome> {
        Ok(self.waiting(actor, Parts { requests: true, ..Parts::default() }).await?.requests)
    }

    /// What waits for this person among tasks.
    ///
    /// # Errors
    /// As [`App::tasks`].
    pub async fn tasks_at_home(&self, actor: &Actor) -> Result<TasksAtHome> {
        self.permit_home(actor).await?;
        Ok(self.waiting(actor, Parts { tasks: true, ..Parts::default() }).await?.tasks)
    }

    /// What this person has not confirmed yet.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Unavailable`].
    pub async fn to_read(&self, actor: &Actor) -> Result<Vec<ToRead>> {
        self.permit_home(actor).await?;
        Ok(self.waiting(actor, Parts { readings: true, ..Parts::default() }).await?.to_read)
    }

    async fn permit_home(&self, actor: &Actor) -> Result<()> {
        let own = Resource::OwnAccount { user: actor.id().as_str().to_owned() };
        self.permit(actor, Action::ViewHome, &own).await.map(|_allowed| ())
    }

    async fn waiting(&self, actor: &Actor, parts: Parts) -> Result<FirstScreen> {
        if actor.awaits_code() {
            return Err(Error::SessionEnded);
        }
        let now = self.now();
        let decides = parts.transfers || parts.requests;
        let repairs = actor.holds(authz::role::SYSTEM_MANAGER) || actor.holds(authz::role::SYSTEM_OPERATOR);
        let question = HomeQuestion {
            user: actor.id().clone(),
            zone: actor.zone().clone(),
            now,
            own_transfers: parts.transfers.then_some(TRANSFERS_MAX),
            own_requests: parts.requests.then_some(ROWS_MAX),
            deciding: if decides { self.decidable(actor, now).await? } else { Vec::new() },
            desks: if parts.tasks { self.desks(actor) } else { Vec::new() },
            overdue: if parts.tasks { self.sections_seen(actor) } else { None },
            held: if parts.transfers && repairs { self.transfers_seen(actor) } else { None },
            readings: parts.readings,
        };
        let mut found = self.store().home(&question).await?;
        Ok(FirstScreen {
            transfers: if parts.transfers {
                self.transfers_waiting(actor, &mut found, now).await?
            } else {
                Home::default()
            },
            requests: if parts.requests {
                self.requests_waiting(actor, &mut found, now).await?
            } else {
                RequestsAtHome::default()
            },
            tasks: Self::tasks_waiting(actor, &mut found),
            to_read: std::mem::take(&mut found.readings)
                .into_iter()
                .map(|(edition, label, due_at)| ToRead { edition, label, due_at })
                .collect(),
        })
    }

    /// Whose transfers this person sees besides his own: `Some(None)` for everybody's.
    fn transfers_seen(&self, actor: &Actor) -> Option<Option<Vec<SectionId>>> {
        match self.authorizer().visible_transfers(actor.principal()).reach {
            Reach::All => Some(None),
            Reach::Units { departments, sections } => Some(Some(
                self.pack()
                    .sections()
                    .iter()
                    .filter(|s| departments.contains(&s.department) || sections.contains(&s.id))
                    .map(|s| SectionId::new(s.id.clone()))
                    .collect(),
            )),
            Reach::OwnAndReceived | Reach::Nothing => None,
        }
    }

    async fn transfers_waiting(&self, actor: &Actor, found: &mut HomeRows, now: Millis) -> Result<Home> {
        let own = std::mem::take(&mut found.own);
        let of = |states: &[State]| -> Vec<TransferRow> {
            let mut rows: Vec<_> = own.iter().filter(|r| states.contains(&r.state)).cloned().collect();
            rows.sort_unstable_by(|a, b| (b.submitted_at, &b.id).cmp(&(a.submitted_at, &a.id)));
            rows.truncate(limit(TRANSFERS_MAX));
            rows
        };
        let candidates = std::mem::take(&mut found.to_decide);
        let more = candidates.len() > limit(TRANSFERS_MAX);
        let mut to_decide = Vec::new();
        for row in candidates {
            if self.awaits(actor, &row.id, now).await? {
                to_decide.push(row);
            }
        }
        if more && to_decide.len() < limit(TRANSFERS_MAX) {
            // Many of them are not for this person; the list looks further.
            let page = PageRequest { after: None, limit: TRANSFERS_MAX };
            to_decide = self.transfers(actor, Tray::ToDecide, &[State::AwaitingApproval], page).await?.rows;
        }
        to_decide.truncate(limit(TRANSFERS_MAX));
        let under_way = of(&[State::Sanitising, State::AwaitingApproval, State::Ready]);
        Ok(Home {
            to_decide,
            to_receive: std::mem::take(&mut found.to_receive),
            with_me: of(&[State::Returned, State::PulledBack]),
            held: of(&[State::Held]),
            held_of_units: std::mem::take(&mut found.held),
            reviews: std::mem::take(&mut found.reviews),
            cells_stopped: self
                .cells_stopped(actor)
                .filter(|s| s.cause.is_some() || under_way.iter().any(|r| r.state == State::Sanitising)),
            under_way,
        })
    }

    async fn requests_waiting(
        &self,
        actor: &Actor,
        found: &mut HomeRows,
        now: Millis,
    ) -> Result<RequestsAtHome> {
        // A request that came back may have a permit from before.
        let mut seen = BTreeSet::new();
        let mut own = std::mem::take(&mut found.own_requests);
        own.retain(|r| seen.insert(r.id.clone()));
        own.sort_unstable_by(|a, b| (b.submitted_at, &b.id).cmp(&(a.submitted_at, &a.id)));
        let of = |wanted: &dyn Fn(&RequestRow) -> bool| -> Vec<RequestRow> {
            own.iter().filter(|r| wanted(r)).cloned().collect()
        };
        // What another took over is his to give back; what I took over is mine.
        let owes = |r: &RequestRow| {
            let Some(permit) = r.permit.as_ref().filter(|p| p.holder(&r.applicant) == actor.id()) else {
                return false;
            };
            let called_in = permit.open_handover().is_some_and(|handover| handover.to.is_none());
            let due = matches!(permit.standing(now), Standing::ReturnDue | Standing::Overdue);
            due || (called_in && permit.owes_return())
        };
        let offered = |r: &RequestRow| r.permit.as_ref().is_some_and(|p| p.is_offered_to(actor.id(), now));
        let candidates = std::mem::take(&mut found.requests_to_decide);
        let more = candidates.len() > limit(ROWS_MAX);
        let mut to_decide = Vec::new();
        for row in candidates {
            if self.awaits_request(actor, &row.id, now).await? {
                to_decide.push(row);
            }
        }
        if more && to_decide.len() < limit(ROWS_MAX) {
            let page = PageRequest { after: None, limit: ROWS_MAX };
            to_decide = self.requests(actor, RequestTray::ToDecide, page).await?.rows;
        }
        to_decide.truncate(limit(ROWS_MAX));
        Ok(RequestsAtHome {
            to_decide,
            with_me: of(&|r| r.state.is_with_applicant()),
            under_way: of(&|r| r.state == request::State::Waiting),
            to_give_back: of(&owes),
            to_take_over: of(&offered),
            reviews: std::mem::take(&mut found.request_reviews),
        })
    }

    fn tasks_waiting(actor: &Actor, found: &mut HomeRows) -> TasksAtHome {
        let (mut mine, mut overdue) = (std::mem::take(&mut found.tasks), std::mem::take(&mut found.overdue));
        overdue.retain(|row| mine.iter().all(|m| m.id != row.id));
        mine.truncate(limit(ROWS_MAX));
        overdue.truncate(limit(ROWS_MAX));
        for row in mine.iter_mut().chain(&mut overdue) {
            leave_out_event(&mut row.covers, actor);
        }
        TasksAtHome { mine, overdue }
    }
}

fn limit(rows: u32) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}
