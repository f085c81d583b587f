//! The whole body on the first screen of those who answer for it.
//!
//! Owns what is told there, each part by the right of the page behind it. Nobody else pays for it: it is asked only for holders
//! of these roles. Leaves each part's own page to its use case.

use std::collections::BTreeMap;

use authz::{Action, Reach, Resource, role};
use policy::{CoverageTotals, Mechanism};
use workflow::{
    edition::{Edition, Stage},
    id::SectionId,
    transfer::State,
};

use crate::{
    App,
    actor::Actor,
    error::Result,
    home::OverviewQuestion,
    model::{PageRequest, TransferQuery, TransferView},
    requests::store::RequestRow,
};

/// Up to how many held transfers are counted.
const HELD_MAX: u32 = 100;
/// Overdue tasks that are counted by section.
pub const OVERDUE_MAX: u32 = 2_000;
/// Permits of one form that are looked through.
const PERMITS_MAX: u32 = 1_000;

/// The whole body at a glance. A part that the person may not see is empty.
#[derive(Debug, Clone, Default)]
pub struct BodyOverview {
    /// How many statements are kept and how many are not.
    pub statements: CoverageTotals,
    /// Overdue tasks by section, the most first; those of the body itself have no section. Names and numbers.
    pub overdue: Vec<(Option<SectionId>, String, u32)>,
    /// Whether there are more than were counted.
    pub overdue_more: bool,
    /// Permitted deviations that are in force today, of those handed in at this zone, the first to end first.
    pub exceptions: Vec<RequestRow>,
    /// Held transfers, counted up to a hundred.
    pub held: u32,
    /// Registers with rows that nobody classified: id, title, how many.
    pub unclassified: Vec<(String, String, u32)>,
    /// Editions that are on their way.
    pub editions: Vec<Edition>,
}

impl App {
    /// The whole body, for whoever answers for it or looks after its systems; `None` for everybody else.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`].
    pub async fn body_overview(&self, actor: &Actor) -> Result<Option<BodyOverview>> {
        let answers = [role::CISO, role::SUPERVISING_OFFICER, role::SYSTEM_MANAGER];
        if !answers.iter().any(|r| actor.holds(r)) || !self.may(actor, Action::ViewAllTasks, &Resource::City)
        {
            return Ok(None);
        }
        let now = self.now();
        let mut overview = BodyOverview::default();
        for statement in self.pack().statements() {
            overview.statements.add(statement.coverage());
        }
        let sees_requests = self.authorizer().visible_requests(actor.principal()) == Reach::All;
        let forms = self.pack().requests().iter();
        let is_exception = |m: Option<Mechanism>| m == Some(Mechanism::RequestException);
        let question = OverviewQuestion {
            zone: actor.zone().clone(),
            now,
            overdue_max: OVERDUE_MAX,
            forms: forms
                .filter(|f| sees_requests && is_exception(f.mechanism))
                .map(|f| f.id.clone())
                .collect(),
            permits_max: PERMITS_MAX,
        };
        let found = self.store().overview(&question).await?;
        let counted = u32::try_from(found.overdue.len()).unwrap_or(u32::MAX);
        overview.overdue_more = counted >= OVERDUE_MAX;
        let mut by_section: BTreeMap<Option<SectionId>, u32> = BTreeMap::new();
        for section in found.overdue {
            *by_section.entry(section).or_default() += 1;
        }
        overview.overdue = by_section
            .into_iter()
            .map(|(section, count)| {
                let name = section.as_ref().map_or_else(|| "全庁".to_owned(), |s| self.section_name(s));
                (section, name, count)
            })
            .collect();
        overview.overdue.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.1.cmp(&b.1)));
        overview.exceptions = found
            .permits
            .into_iter()
            .filter(|row| row.permit.as_ref().is_some_and(|p| p.standing(now).permits()))
            .collect();
        overview.exceptions.sort_by_key(|row| row.permit.as_ref().map(|p| p.terms.until));
        if self.authorizer().visible_transfers(actor.principal()).reach == Reach::All {
            let page = PageRequest { after: None, limit: 1 };
            let held = TransferQuery { view: TransferView::All, states: vec![State::Held], page };
            overview.held = self.store().count_transfers(&held, HELD_MAX).await?;
        }
        let waiting = self.unclassified(actor).await?;
        overview.unclassified =
            waiting.into_iter().map(|(r, count)| (r.id.clone(), r.title.clone(), count)).collect();
        for stage in [Stage::Draft, Stage::Applied, Stage::Approved] {
            let edition = self.store().edition_at(stage).await?;
            overview.editions.extend(edition.filter(|e| Self::is_open(e.stage) || self.sees_drafts(actor)));
        }
        Ok(Some(overview))
    }
}
