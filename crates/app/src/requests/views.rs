//! What people see of requests: lists, the page of one, what waits on the first screen.
//!
//! Owns who sees what. Leaves every change to its use case.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Reach, Resource};
use workflow::{
    id::{RequestId, SectionId, UserId},
    request::{Request, Standing, State},
};

use super::store::{RequestQuery, RequestRow, RequestView};
use crate::{
    App,
    actor::Actor,
    deciding::Matter,
    error::{Error, Result},
    evidence::EvidenceItem,
    model::{Cursor, Page, PageRequest},
    records::store::RecordKey,
};

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
    /// How far it is on its way out, once its retention ends.
    pub record: Option<crate::records::store::Record>,
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
            record: self.record_of(&RecordKey::request(id)).await?,
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
        self.names_of(ids).await
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
}
