//! What people see of personnel changes: the list, a plan with its numbers, its lines, a section's own part, a person's history.
//!
//! Owns reading only. Leaves words and pictures to `web`.

use std::collections::{BTreeMap, BTreeSet};

use authz::Action;
use policy::Pack;
use workflow::{
    Millis,
    id::{RequestId, RosterPlanId, SectionId, UserId},
    register::RowKey,
    roster::{
        Entry, Kind, Post, Vacancy,
        life::{RosterPlan, Stage},
    },
};

use super::{
    THINGS_MAX,
    store::{EntryPart, InHand, Outcome, PermitKeeper, PlannedEntry, SectionTally, Thing, Wanted},
};
use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    model::{Page, PageRequest, PostHolding, User},
};

/// Lines of a page.
const LINES_MAX: u32 = 100;
/// Lines of one look.
const LINES_AT_ONCE: u32 = 1_000;
/// Plans that a section's page looks at.
const HANDOVER_PLANS: u32 = 5;
/// Posts and changes of one person.
const HISTORY_MAX: u32 = 100;
/// People who are looked at when one is meant.
const NAMESAKES_MAX: u32 = 20;

/// How many things are in hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HandCounts {
    /// Requests of leavers that nobody has decided.
    pub requests: usize,
    /// Permits of leavers, and of movers to another section.
    pub permits: usize,
    /// Of these, with something to give back.
    pub to_give_back: usize,
    /// Tasks of leavers' own.
    pub tasks: usize,
    /// Transfers that leavers have not taken.
    pub transfers: usize,
    /// Rows that name leavers and movers.
    pub rows: usize,
}

/// What somebody may do with a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RosterMay {
    /// Say who takes what.
    pub choose: bool,
    /// Apply for it.
    pub ask: bool,
    /// Give it up.
    pub withdraw: bool,
    /// Print first passwords.
    pub passwords: bool,
}

/// A plan as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterDetail {
    /// The plan.
    pub plan: RosterPlan,
    /// Who drew it up.
    pub made_by_name: String,
    /// By section.
    pub sections: Vec<SectionTally>,
    /// What nobody would hold any more.
    pub vacancies: Vec<Vacancy>,
    /// What is in hand.
    pub hand: HandCounts,
    /// What the person who looks may do.
    pub may: RosterMay,
}

/// Which lines of a plan are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RosterPart {
    /// All.
    All,
    /// Of one kind.
    Kind(Kind),
    /// With one outcome.
    Outcome(Outcome),
}

/// Something in hand as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownThing {
    /// The thing.
    pub thing: Thing,
    /// What it is called.
    pub title: String,
    /// Of a row and of a permit: who takes it, by name.
    pub successor: Option<String>,
    /// Of a permit: whether somebody may take it over.
    pub goes_on: bool,
}

/// A line as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterLine {
    /// The line.
    pub line: PlannedEntry,
    /// The name of the successor.
    pub successor_name: Option<String>,
    /// What the person has in hand.
    pub things: Vec<ShownThing>,
}

/// A section's part of the newest plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// The plan.
    pub plan: RosterPlan,
    /// Who goes, with what is in hand.
    pub going: Vec<RosterLine>,
    /// Who comes.
    pub coming: Vec<RosterLine>,
}

/// A permit that somebody is to take over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedPermit {
    /// The request that gave it.
    pub request: RequestId,
    /// Its number.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// Who has it.
    pub from_name: String,
    /// From when it is too late.
    pub due_at: Option<Millis>,
}

/// One change in a person's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonChange {
    /// The plan.
    pub plan: RosterPlan,
    /// His line.
    pub entry: Entry,
    /// What became of it.
    pub outcome: Option<Outcome>,
}

/// Who is meant by a text.
pub(crate) enum Meant {
    /// Him.
    One(Box<User>),
    /// Nobody is called so.
    Nobody,
    /// Several are.
    Several,
}

impl App {
    /// Plans, the newest first.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn rosters(&self, actor: &Actor, page: &PageRequest) -> Result<Page<RosterPlan>> {
        let _allowed = self.permit(actor, Action::ViewPersonnel, &authz::Resource::City).await?;
        Ok(self.store().roster_plans(page).await?)
    }

    /// A plan with its numbers.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`].
    pub async fn roster(&self, actor: &Actor, id: &RosterPlanId) -> Result<RosterDetail> {
        let _allowed = self.permit(actor, Action::ViewPersonnel, &authz::Resource::City).await?;
        let plan = self.roster_plan(id).await?;
        let sections = self.store().roster_sections(id).await?;
        let is_open = matches!(plan.stage, Stage::Draft | Stage::Asked | Stage::Approved);
        let vacancies = match is_open {
            true => {
                let entries = self.entries_giving_up(id).await?;
                self.roster_reader().vacancies(&entries).await?
            }
            false => Vec::new(),
        };
        let prepares = self.may(actor, Action::PreparePersonnel, &authz::Resource::City);
        let anybody = authz::Account { user: "new".to_owned(), place: authz::Place::City };
        let manages = self.may(actor, Action::ManageUsers, &authz::Resource::Account(anybody));
        let is_early = plan.effective_at > self.now();
        let may = RosterMay {
            choose: prepares && plan.stage == Stage::Draft,
            ask: prepares && plan.stage == Stage::Draft && self.roster_form().is_some(),
            withdraw: prepares && (plan.stage == Stage::Draft || (plan.stage == Stage::Approved && is_early)),
            passwords: prepares
                && manages
                && plan.counts.join > 0
                && matches!(plan.stage, Stage::Running | Stage::Done),
        };
        let names = self.names_of([&plan.made_by].into_iter().collect()).await?;
        let made_by_name = names.into_values().next().unwrap_or_default();
        let hand = self.hand_counts(id).await?;
        Ok(RosterDetail { made_by_name, sections, vacancies, hand, may, plan })
    }

    /// Lines of a plan, with what their people have in hand; the place of the last one asks for the next page.
    ///
    /// # Errors
    /// As [`App::roster`].
    pub async fn roster_lines(
        &self,
        actor: &Actor,
        id: &RosterPlanId,
        part: &RosterPart,
        after: u32,
        limit: u32,
    ) -> Result<Vec<RosterLine>> {
        let _allowed = self.permit(actor, Action::ViewPersonnel, &authz::Resource::City).await?;
        let part = match part {
            RosterPart::All => EntryPart::All,
            RosterPart::Kind(kind) => EntryPart::Kind(*kind),
            RosterPart::Outcome(outcome) => EntryPart::Outcome(*outcome),
        };
        let lines = self.store().roster_entries(id, &part, after, limit.clamp(1, LINES_MAX)).await?;
        self.shown_lines(id, lines).await
    }

    /// What of the newest personnel changes concerns the sections that this person answers for.
    ///
    /// # Errors
    /// [`Error::Denied`] for who answers for none.
    pub async fn handover(&self, actor: &Actor, section: Option<&SectionId>) -> Result<Vec<Handover>> {
        let mut sections = self.sections_for_handover(actor);
        if let Some(wanted) = section {
            sections.retain(|section| section == wanted);
        }
        let Some(section) = sections.iter().find(|s| **s == actor.user().section).or(sections.first()) else {
            let own = self.account(actor.user());
            let _refused = self.permit(actor, Action::ViewUsers, &own).await?;
            return Err(Error::NotFound);
        };
        let page = PageRequest { after: None, limit: HANDOVER_PLANS };
        let mut shown = Vec::new();
        for plan in self.store().roster_plans(&page).await?.rows {
            // What is only being drawn up is nobody's business yet.
            if matches!(plan.stage, Stage::Draft | Stage::Asked | Stage::Withdrawn) {
                continue;
            }
            let from = EntryPart::From(section.clone());
            let going = self.store().roster_entries(&plan.id, &from, 0, LINES_MAX).await?;
            let leaves =
                |line: &PlannedEntry| !line.entry.after.enabled || line.entry.after.section != *section;
            let going = going.into_iter().filter(leaves).collect();
            let to = EntryPart::To(section.clone());
            let coming = self.store().roster_entries(&plan.id, &to, 0, LINES_MAX).await?;
            let comes = |line: &PlannedEntry| {
                line.entry.after.enabled
                    && line.entry.before.as_ref().is_none_or(|b| b.section != *section || !b.enabled)
            };
            let coming: Vec<PlannedEntry> = coming.into_iter().filter(comes).collect();
            let going = self.shown_lines(&plan.id, going).await?;
            let coming = coming
                .into_iter()
                .map(|line| RosterLine { line, successor_name: None, things: Vec::new() })
                .collect::<Vec<_>>();
            if !going.is_empty() || !coming.is_empty() {
                shown.push(Handover { plan, going, coming });
            }
        }
        Ok(shown)
    }

    /// What this person is to take over from others who leave their section, at this door.
    ///
    /// # Errors
    /// [`Error::SessionEnded`].
    pub async fn permits_to_take_over(&self, actor: &Actor) -> Result<Vec<OfferedPermit>> {
        let mut offered = Vec::new();
        for row in self.requests_at_home(actor).await?.to_take_over {
            let Some(handover) = row.permit.as_ref().and_then(|permit| permit.open_handover()) else {
                continue;
            };
            let from = self.store().user(&handover.from).await?;
            offered.push(OfferedPermit {
                from_name: from.map_or_else(String::new, |user| user.name),
                due_at: handover.due_at,
                request: row.id,
                number: row.number,
                title: row.title,
            });
        }
        Ok(offered)
    }

    /// Every post that a person held, and the personnel changes that concerned him, the newest first.
    ///
    /// # Errors
    /// As [`App::person`].
    pub async fn person_history(
        &self,
        actor: &Actor,
        id: &UserId,
    ) -> Result<(Vec<PostHolding>, Vec<PersonChange>)> {
        let user = self.store().user(id).await?.ok_or(Error::NotFound)?;
        let _allowed = self.permit(actor, Action::ViewUsers, &self.account(&user)).await?;
        let posts = self.store().post_history(id, HISTORY_MAX).await?;
        let mut changes = Vec::new();
        for (plan, line) in self.store().roster_entries_of(id, HISTORY_MAX).await? {
            let plan = self.roster_plan(&plan).await?;
            // What nobody approved changed nobody.
            if matches!(plan.stage, Stage::Approved | Stage::Running | Stage::Done) {
                changes.push(PersonChange { plan, entry: line.entry, outcome: line.outcome });
            }
        }
        Ok((posts, changes))
    }

    /// Somebody of the body: by id, by login, or by a name that only one person with an open account has.
    pub(crate) async fn person_meant(&self, untrusted: &str) -> Result<Meant> {
        if untrusted.chars().count() > 100 {
            return Ok(Meant::Nobody);
        }
        if let Some(user) = self.store().user(&UserId::new(untrusted)).await? {
            return Ok(Meant::One(Box::new(user)));
        }
        if let Some(user) = self.store().user_by_login(&untrusted.to_ascii_lowercase()).await? {
            return Ok(Meant::One(Box::new(user)));
        }
        let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let near = self.store().users(untrusted, None, NAMESAKES_MAX).await?;
        let mut same = near.into_iter().filter(|u| u.enabled && bare(&u.name) == bare(untrusted));
        Ok(match (same.next(), same.next()) {
            (Some(user), None) => Meant::One(Box::new(user)),
            (None, _) => Meant::Nobody,
            (Some(_), Some(_)) => Meant::Several,
        })
    }

    /// Entries that could leave a post without a holder, and those that could fill it.
    async fn entries_giving_up(&self, id: &RosterPlanId) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut after = 0;
        loop {
            let lines = self.store().roster_entries(id, &EntryPart::All, after, LINES_AT_ONCE).await?;
            let Some(last) = lines.last() else { return Ok(entries) };
            after = last.place;
            entries.extend(lines.into_iter().map(|line| line.entry).filter(|e| e.kind != Kind::Rename));
        }
    }

    async fn hand_counts(&self, id: &RosterPlanId) -> Result<HandCounts> {
        let now = self.now();
        let mut counts = HandCounts::default();
        for InHand { thing, .. } in self.everything_in_hand(id, 0, u32::MAX).await? {
            match thing {
                Thing::Request(..) => counts.requests += 1,
                Thing::Permit(.., permit) => {
                    counts.permits += usize::from(permit.is_in_hand(now));
                    counts.to_give_back += usize::from(permit.owes_return());
                }
                Thing::Task(..) => counts.tasks += 1,
                Thing::Transfer(..) => counts.transfers += 1,
                Thing::Row(..) => counts.rows += 1,
            }
        }
        Ok(counts)
    }

    async fn everything_in_hand(&self, id: &RosterPlanId, first: u32, last: u32) -> Result<Vec<InHand>> {
        let mut wanted = vec![Wanted::Requests, Wanted::Permits, Wanted::Tasks];
        let zones = self.pack().zones().iter().map(|z| workflow::id::ZoneId::new(&*z.id));
        wanted.extend(zones.map(Wanted::Transfers));
        wanted.extend(
            self.person_columns().into_iter().map(|(register, column)| Wanted::Rows(register, column)),
        );
        let mut found = Vec::new();
        for wanted in &wanted {
            found.extend(self.store().in_hand(id, wanted, first, last, THINGS_MAX).await?);
        }
        Ok(found)
    }

    async fn shown_lines(&self, id: &RosterPlanId, lines: Vec<PlannedEntry>) -> Result<Vec<RosterLine>> {
        let now = self.now();
        let places: BTreeSet<u32> =
            lines.iter().filter(|l| l.entry.kind.hands_over()).map(|l| l.place).collect();
        let (found, keepers, permits) = match (places.first(), places.last()) {
            (Some(first), Some(last)) => (
                self.everything_in_hand(id, *first, *last).await?,
                self.store().roster_keepers(id, *first, *last).await?,
                self.store().roster_permits(id, *first, *last).await?,
            ),
            _ => (Vec::new(), Vec::new(), Vec::new()),
        };
        let successors = lines.iter().filter_map(|line| line.choice.successor.as_ref());
        let own = keepers.iter().map(|k| &k.successor).chain(permits.iter().map(|k| &k.successor));
        let offered = found.iter().filter_map(|found| match &found.thing {
            Thing::Permit(.., permit) => permit.open_handover()?.to.as_ref(),
            _ => None,
        });
        let people: BTreeSet<&UserId> = successors.chain(own).chain(offered).collect();
        let names = self.names_of(people).await?;
        let keys: Vec<RowKey> = found
            .iter()
            .filter(|found| places.contains(&found.place))
            .filter_map(|found| match &found.thing {
                Thing::Row(key, _) => Some(key.clone()),
                _ => None,
            })
            .collect();
        let rows = if keys.is_empty() { Vec::new() } else { self.store().rows(&keys).await? };
        let titles: BTreeMap<RowKey, String> =
            rows.iter().map(|row| (row.key.clone(), self.row_title(row))).collect();
        let mut things: BTreeMap<u32, Vec<ShownThing>> = BTreeMap::new();
        for InHand { place, thing } in found {
            let title = match &thing {
                Thing::Request(_, number, title) => format!("申請 {number} {title}"),
                Thing::Permit(_, _, number, title, permit) => {
                    if !permit.is_in_hand(now) {
                        continue;
                    }
                    format!("許可 {number} {title}")
                }
                Thing::Task(_, title) => title.clone(),
                Thing::Transfer(_, number, subject) => format!("授受 {number} {subject}"),
                Thing::Row(key, _) => titles.get(key).cloned().unwrap_or_default(),
            };
            let own = match &thing {
                Thing::Row(key, column) => keepers
                    .iter()
                    .find(|k| k.place == place && k.row == *key && k.column == *column)
                    .and_then(|k| names.get(&k.successor).cloned()),
                // Once it is offered, to whom it is says what waits.
                Thing::Permit(request, form, .., permit) => {
                    let offered = permit.open_handover().and_then(|handover| handover.to.as_ref());
                    let is_it = |k: &&PermitKeeper| k.place == place && k.request == *request;
                    let chosen = permits.iter().find(is_it).filter(|_| self.is_handed_over(form));
                    offered.or(chosen.map(|k| &k.successor)).and_then(|to| names.get(to).cloned())
                }
                _ => None,
            };
            let goes_on = matches!(&thing, Thing::Permit(_, form, ..) if self.is_handed_over(form));
            things.entry(place).or_default().push(ShownThing { thing, title, successor: own, goes_on });
        }
        Ok(lines
            .into_iter()
            .map(|line| RosterLine {
                successor_name: line.choice.successor.as_ref().and_then(|id| names.get(id).cloned()),
                things: things.remove(&line.place).unwrap_or_default(),
                line,
            })
            .collect())
    }

    fn row_title(&self, row: &workflow::register::Row) -> String {
        let Some(register) = self.pack().register(&row.key.register) else { return row.key.to_string() };
        let name = register.name_column().and_then(|column| row.values.get(&column.id)?.as_text());
        format!("{} {} {}", register.title, register.number_shown(row.key.number), name.unwrap_or_default())
    }

    /// A post as people read it: its title, with the unit that it is held for.
    #[must_use]
    pub fn post_shown(&self, post: &Post) -> String {
        post_shown(self.pack(), post)
    }
}

/// A post as people read it under this policy: its title, with the unit that it is held for.
#[must_use]
pub fn post_shown(pack: &Pack, post: &Post) -> String {
    let title = pack.post(&post.post).map_or(post.post.as_str(), |p| p.title.as_str());
    match &post.unit {
        None => title.to_owned(),
        Some(unit) => {
            let section = pack.section(unit).map(|s| s.name.clone());
            let department = || pack.departments().iter().find(|d| d.id == *unit).map(|d| d.name.clone());
            format!("{}の{title}", section.or_else(department).unwrap_or_else(|| unit.clone()))
        }
    }
}
