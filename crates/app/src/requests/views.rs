//! What people see of requests: lists, the page of one, what waits on the first screen.
//!
//! Owns who sees what. Leaves every change to its use case.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Reach, Resource};
use workflow::{
    Millis,
    id::{RequestId, SectionId, UserId},
    request::{Request, Standing},
};

use super::{
    store::{RequestQuery, RequestRow, RequestView},
    waiting::Waiting,
};
use crate::{
    App,
    actor::{Actor, Prospect},
    deciding::Matter,
    error::{Error, Result},
    evidence::EvidenceItem,
    model::{Cursor, Page, PageRequest},
    records::store::RecordKey,
    registers::views::ShownLink,
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
    /// Decide an open step.
    pub decide: bool,
    /// Which of the open steps he may decide in his own right, by their places in the route.
    pub decide_at: Vec<usize>,
    /// Once he has proven himself with a second factor he may decide an open step: what his page has to say, for it offers no decision.
    pub decide_after_factor: bool,
    /// Decide it for this absent person (代決).
    pub decide_for: Option<UserId>,
    /// At which step.
    pub decide_for_at: Option<usize>,
    /// Take it back (引戻し).
    pub pull_back: bool,
    /// Give it up (取下げ).
    pub withdraw: bool,
    /// Hand it in again.
    pub resubmit: bool,
    /// Report that what was permitted was given back (返却).
    pub give_back: bool,
    /// Say that one took it over, or did not.
    pub take_over: bool,
    /// Do without what was permitted (取りやめ), before its first day.
    pub give_up: bool,
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
    /// Who can decide the open steps now.
    pub waiting: Vec<Waiting>,
    /// The rows of registers that the form names, as far as the person sees them.
    pub rows: Vec<ShownLink>,
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
    /// Permits of others who leave their section, which I am to take over.
    pub to_take_over: Vec<RequestRow>,
    /// 後閲.
    pub reviews: Vec<(RequestRow, usize)>,
}

/// Entries of a timeline that a page shows.
const TIMELINE_MAX: u32 = 200;
/// How many pages of rows are read to fill one page of rows that may be decided.
const REFILLS_MAX: usize = 5;

impl App {
    /// A request as its page shows it.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for what the person may not see.
    pub async fn request(&self, actor: &Actor, id: &RequestId) -> Result<RequestDetail> {
        let now = self.now();
        let (request, resource) = self.seen_request(actor, id, now).await?;
        let can = |action| self.may(actor, action, &resource);
        let matter = Matter::from(&request);
        let deputised = self.deputised_holder(&matter, actor.id(), now).await?;
        let stands_in = can(Action::DeputiseRequest);
        let standing = request.permit.as_ref().map(|p| p.standing(now));
        let owes = request.permit.as_ref().is_some_and(|p| p.owes_return());
        let is_offered = request.permit.as_ref().is_some_and(|permit| permit.is_offered_to(actor.id(), now));
        let may = RequestMay {
            decide: can(Action::DecideRequest),
            decide_after_factor: self.prospect(actor, Action::DecideRequest, &resource)
                == Prospect::AfterSecondFactor,
            decide_at: self.steps_to_decide(actor, &request, now).await?,
            decide_for_at: deputised.as_ref().map(|(step, _)| *step).filter(|_| stands_in),
            decide_for: deputised.map(|(_, holder)| holder).filter(|_| stands_in),
            pull_back: can(Action::PullBackRequest),
            withdraw: can(Action::WithdrawRequest),
            resubmit: request.state.is_with_applicant() && can(Action::SubmitRequest),
            give_back: owes && standing != Some(Standing::NotYet) && can(Action::ReturnPermit),
            take_over: is_offered && can(Action::ReturnPermit),
            give_up: standing == Some(Standing::NotYet) && can(Action::ReturnPermit),
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
            waiting: self.waiting_for(&request, now).await?,
            rows: self.rows_named(actor, request.rows()).await?,
            timeline: self.timeline("request", id.as_str(), TIMELINE_MAX).await?,
            record: self.record_of(&RecordKey::request(id)).await?,
            request,
        })
    }

    /// A request that this person may see: for its page and whatever else tells of it.
    pub(crate) async fn seen_request(
        &self,
        actor: &Actor,
        id: &RequestId,
        now: Millis,
    ) -> Result<(Request, Resource)> {
        let request = self.store().request(id).await?.ok_or(Error::NotFound)?;
        let resource = Resource::from(self.request_facts(&request, now).await?);
        if self.may(actor, Action::ViewRequest, &resource) {
            Ok((request, resource))
        } else {
            Err(Error::NotFound)
        }
    }

    async fn request_names(&self, request: &Request) -> Result<BTreeMap<UserId, String>> {
        let mut ids: BTreeSet<&UserId> = BTreeSet::from([&request.applicant]);
        ids.extend(request.approval.decisions.iter().map(|d| &d.by));
        ids.extend(request.approval.decisions.iter().filter_map(|d| d.on_behalf_of.as_ref()));
        let permit = request.permit.as_ref();
        ids.extend(permit.and_then(|p| p.returned.as_ref()).map(|(_, by)| by));
        ids.extend(permit.and_then(|p| p.revoked.as_ref()).map(|(_, by)| by));
        ids.extend(super::handing::people_of(request));
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
}
