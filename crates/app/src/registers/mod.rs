//! 台帳: registers of the pack, their rows, and what people do with them.
//!
//! Owns who may see and keep which rows, adding, changing and ending one, and what each leaves as evidence. Leaves what may stand in
//! a row to `workflow::register`, gathering what a judgement needs to `work`, writing to `writing`, many rows at once to [`plan`], rules
//! that changed to `rules`,
//! what screens show to `views`, and what is stored to [`store`].

pub mod plan;
mod rules;
mod shown;
pub mod store;
pub mod views;
pub(crate) mod work;
mod writing;

use std::collections::BTreeMap;

use authz::{Action, Place, Reach, Resource};
use policy::{Mechanism, Readers, Register, RegisterScope, ZoneKind};
use serde_json::{Value as Json, json};
use workflow::{
    Millis,
    id::SectionId,
    register::{Cause, Change, Refusal, Row, RowKey},
};

use self::{
    store::RowSight,
    work::{Source, Work},
};
use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    evidence::{Act, By, Kind},
    model::NewEvidence,
    requests::days,
};

/// What somebody typed for a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowInput {
    /// The section it is to belong to; in a register of the whole body it is not asked for.
    pub section: Option<String>,
    /// By the column's id. What is absent is empty.
    pub values: BTreeMap<String, String>,
    /// Why, if it was said.
    pub reason: String,
}

/// Longest name and longest address of saved conditions.
const SAVED_CHARS_MAX: usize = 60;
const QUERY_CHARS_MAX: usize = 2_000;

impl App {
    /// The register with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn register(&self, id: &str) -> Result<&Register> {
        self.pack().register(id).ok_or(Error::NotFound)
    }

    /// What rights depend on of a row of this register, in this section; of any row when it has none yet.
    pub(crate) fn row_facts(&self, register: &Register, id: &str, section: Option<&SectionId>) -> authz::Row {
        let place = match (register.scope, section) {
            (RegisterScope::Section, Some(section)) => self.place(section),
            // A row of a section that nobody named: what holds for the whole body decides.
            (RegisterScope::Section, None) => Place::Section { id: String::new(), department: String::new() },
            (RegisterScope::City, _) => Place::City,
        };
        let keepers: Vec<String> =
            std::iter::once(&register.manager).chain(&register.editors).cloned().collect();
        let readers = match &register.readers {
            Readers::Everybody => self.pack().roles().iter().map(|r| r.id.clone()).collect(),
            Readers::Roles(roles) => roles.clone(),
        };
        // Those who answer for the manager classify as he does.
        let above = self.pack().roles_above(&register.manager);
        let managers = std::iter::once(register.manager.clone()).chain(above.iter().map(|r| r.id.clone()));
        let zones = if register.zones.is_empty() {
            let inner = self.pack().zones().iter().filter(|z| z.kind != ZoneKind::Internet);
            inner.map(|z| z.id.clone()).collect()
        } else {
            register.zones.clone()
        };
        authz::Row { id: id.to_owned(), place, readers, keepers, managers: managers.collect(), zones }
    }

    fn row_resource(&self, register: &Register, key: &RowKey, section: Option<&SectionId>) -> Resource {
        Resource::from(self.row_facts(register, &key.to_string(), section))
    }

    /// Which rows of a register the person sees; `None`: none.
    pub(crate) fn sight(&self, actor: &Actor, register: &Register) -> Option<RowSight> {
        if actor.awaits_code() {
            return None;
        }
        let facts = self.row_facts(register, &register.id, None);
        self.sections_in(&self.authorizer().visible_rows(actor.principal(), &facts))
    }

    /// The sections in which the person keeps rows of a register, by the pack's order; of a register of the whole body there are
    /// none to choose from. `None`: he keeps none.
    #[must_use]
    pub fn keeps(&self, actor: &Actor, register: &Register) -> Option<Vec<SectionId>> {
        let facts = self.row_facts(register, &register.id, None);
        let sight = self.sections_in(&self.authorizer().kept_rows(actor.principal(), &facts))?;
        let all = || self.pack().sections().iter().map(|s| SectionId::new(s.id.clone())).collect();
        Some(match (register.scope, sight) {
            (RegisterScope::City, _) => Vec::new(),
            (RegisterScope::Section, RowSight::All) => all(),
            (RegisterScope::Section, RowSight::Sections(sections)) => sections,
        })
    }

    fn sections_in(&self, reach: &Reach) -> Option<RowSight> {
        match reach {
            Reach::All => Some(RowSight::All),
            Reach::Units { departments, sections } => Some(RowSight::Sections(
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

    /// The section that was named for a row, as one that the pack has.
    fn section_named(&self, register: &Register, named: Option<&str>) -> Result<Option<SectionId>> {
        match (register.scope, named.map(str::trim).filter(|s| !s.is_empty())) {
            (RegisterScope::City, _) => Ok(None),
            (RegisterScope::Section, Some(named)) => {
                let is = |s: &&policy::Section| s.id == named || s.name == named || s.code == named;
                let section = self.pack().sections().iter().find(is);
                let unknown = Error::Invalid { field: "section", problem: "unknown" };
                Ok(Some(SectionId::new(section.ok_or(unknown)?.id.clone())))
            }
            (RegisterScope::Section, None) => Err(Error::Invalid { field: "section", problem: "empty" }),
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Invalid`] for the section, [`Error::Form`] with everything that is wrong,
    /// [`Error::TooMany`] when the register is full.
    pub async fn add_row(&self, actor: &Actor, register: &str, input: &RowInput) -> Result<RowKey> {
        let now = self.now();
        let register = self.register(register)?;
        if self.sight(actor, register).is_none() {
            return Err(Error::NotFound);
        }
        let section = self.section_named(register, input.section.as_deref())?;
        let place = self.row_resource(register, &RowKey::new(register.id.clone(), 0), section.as_ref());
        let _allowed = self.permit(actor, Action::KeepRow, &place).await?;
        let reading = self.read_row(register, &input.values).await?;
        let classifies = self.may(actor, Action::ClassifyRow, &place);
        let mut tx = self.store().begin().await?;
        let mut work = Work::new(self, Some(actor.id()), now);
        let judged = work.judge(&mut Source::Tx(&mut *tx), register, None, reading, classifies).await?;
        let number = tx.take_row_numbers(&register.id, 1).await?;
        if number > workflow::register::ROWS_MAX {
            return Err(too_many_rows());
        }
        let key = RowKey::new(register.id.clone(), number);
        let row = work.added(register, key.clone(), section, judged, Cause::Added, &input.reason);
        let of_tasks = self.keep_rows(&mut *tx, By::Actor(actor), &work, now).await?;
        let told = work.new.first().map(|e| e.history.changes.clone()).unwrap_or_default();
        let details = self.told(register, &row, &told, &input.reason, &[]);
        let about = AboutRows { register, key: &key, unknown: class_unknown(register, &row, &told) };
        let entry = self.row_entry(now, By::Actor(actor), Kind::RegisterRowAdded, &about, details)?;
        self.commit(tx, std::iter::once(entry).chain(of_tasks).collect()).await?;
        Ok(key)
    }

    /// Changes a row as the person saw it: version `seen`. Rows that take a value from it change with it.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody else changed it meanwhile, [`Error::Denied`], [`Error::NotFound`], [`Error::Form`],
    /// [`Error::Register`], [`Error::TooMany`] when more rows follow than change at once.
    pub async fn change_row(&self, actor: &Actor, key: &RowKey, seen: i64, input: &RowInput) -> Result<()> {
        let now = self.now();
        let register = self.register(&key.register)?;
        let reading = self.read_row(register, &input.values).await?;
        let section = match register.scope {
            RegisterScope::City => None,
            RegisterScope::Section => self.section_named(register, input.section.as_deref())?,
        };
        let mut tx = self.store().begin().await?;
        let before = tx.row(key).await?.ok_or(Error::NotFound)?;
        let Some(classifies) = self.may_change(actor, register, &before, section.as_ref())? else {
            // The refusal is evidence, which needs the writer that this transaction holds.
            drop(tx);
            for section in [before.section.as_ref(), section.as_ref()] {
                let place = self.row_resource(register, key, section);
                let _refused = self.permit(actor, Action::KeepRow, &place).await?;
            }
            return Err(Error::Conflict);
        };
        before.must_be(seen)?;
        let mut work = Work::new(self, Some(actor.id()), now);
        let mut source = Source::Tx(&mut *tx);
        let judged = work.judge(&mut source, register, Some(&before), reading, classifies).await?;
        let told = work.changed(register, before, section, judged, Cause::Changed, &input.reason)?;
        let followed = work.follow(&mut source, key).await?;
        let of_tasks = self.keep_rows(&mut *tx, By::Actor(actor), &work, now).await?;
        let row = work.changed.first().map(|e| e.row.clone()).ok_or(Error::Conflict)?;
        let details = self.told(register, &row, &told, &input.reason, &followed);
        let about = AboutRows { register, key, unknown: class_unknown(register, &row, &told) };
        let entry = self.row_entry(now, By::Actor(actor), Kind::RegisterRowChanged, &about, details)?;
        self.commit(tx, std::iter::once(entry).chain(of_tasks).collect()).await
    }

    /// Ends a row on a day, for a reason: it leaves the lists of what is in use, and stays with its history.
    ///
    /// # Errors
    /// As [`App::change_row`]; [`Error::Invalid`] for the day.
    pub async fn end_row(
        &self,
        actor: &Actor,
        key: &RowKey,
        seen: i64,
        on: &str,
        reason: &str,
    ) -> Result<()> {
        let now = self.now();
        let register = self.register(&key.register)?;
        let on = self.day_of_end(on, now)?;
        let mut tx = self.store().begin().await?;
        let before = tx.row(key).await?.ok_or(Error::NotFound)?;
        if self.may_change(actor, register, &before, before.section.as_ref())?.is_none() {
            drop(tx);
            let place = self.row_resource(register, key, before.section.as_ref());
            let _refused = self.permit(actor, Action::KeepRow, &place).await?;
            return Err(Error::Conflict);
        }
        before.must_be(seen)?;
        let mut work = Work::new(self, Some(actor.id()), now);
        let told = work.ended(register, before, &on, reason, Cause::Ended)?;
        let followed = work.follow(&mut Source::Tx(&mut *tx), key).await?;
        let of_tasks = self.keep_rows(&mut *tx, By::Actor(actor), &work, now).await?;
        let row = work.changed.first().map(|e| e.row.clone()).ok_or(Error::Conflict)?;
        let details = self.told(register, &row, &told, reason, &followed);
        let about = AboutRows { register, key, unknown: class_unknown(register, &row, &told) };
        let entry = self.row_entry(now, By::Actor(actor), Kind::RegisterRowEnded, &about, details)?;
        self.commit(tx, std::iter::once(entry).chain(of_tasks).collect()).await
    }

    /// A day on which a row may end: any day up to today.
    pub(crate) fn day_of_end(&self, untrusted: &str, now: Millis) -> Result<String> {
        let on =
            policy::day_typed(untrusted).ok_or(Error::Invalid { field: "end_on", problem: "no-date" })?;
        if on > days::date_of(now) {
            return Err(Error::Invalid { field: "end_on", problem: "future" });
        }
        Ok(on)
    }

    /// Whether the person may change the row where it is and where it is to be; then, whether he also classifies. What he may not
    /// even see is not found.
    pub(crate) fn may_change(
        &self,
        actor: &Actor,
        register: &Register,
        row: &Row,
        to: Option<&SectionId>,
    ) -> Result<Option<bool>> {
        let here = self.row_resource(register, &row.key, row.section.as_ref());
        if !self.may(actor, Action::ViewRow, &here) {
            return Err(Error::NotFound);
        }
        let there = self.row_resource(register, &row.key, to);
        let keeps = [&here, &there].into_iter().all(|place| self.may(actor, Action::KeepRow, place));
        Ok(keeps.then(|| self.may(actor, Action::ClassifyRow, &here)))
    }

    /// What a row's entry of evidence says.
    pub(crate) fn told(
        &self,
        register: &Register,
        row: &Row,
        changes: &[Change],
        reason: &str,
        followed: &[RowKey],
    ) -> Json {
        json!({
            "register": register.id,
            "title": register.title,
            "number": register.number_shown(row.key.number),
            "section": row.section.as_ref().map(SectionId::as_str),
            "version": row.version,
            "waits": row.waits,
            "end": row.end,
            "reason": reason.trim(),
            "changes": changes,
            "followed": followed.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "pack": self.pack().version(),
        })
    }

    /// Evidence about a register: of the mechanisms of registers only its own is meant.
    pub(crate) fn row_entry(
        &self,
        now: Millis,
        by: By<'_>,
        kind: Kind,
        about: &AboutRows<'_>,
        details: Json,
    ) -> Result<NewEvidence> {
        let subject = about.key.to_string();
        let statements = about.register.statements_served(about.unknown);
        let act = Act { kind, by, subject: ("register-row", &subject), details, statements: &statements };
        let mechanisms: Vec<Mechanism> = about.register.mechanism.into_iter().collect();
        self.entry_by(now, &act, Some(&statements), &mechanisms)
    }

    /// Saves the conditions of a list under a name, for the person himself.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a register that he does not see, [`Error::Invalid`].
    pub async fn save_filter(&self, actor: &Actor, register: &str, name: &str, query: &str) -> Result<()> {
        let register = self.register(register)?;
        self.sight(actor, register).ok_or(Error::NotFound)?;
        let name = crate::accounts::bounded("name", name, 1, SAVED_CHARS_MAX)?;
        if query.chars().count() > QUERY_CHARS_MAX || query.chars().any(char::is_control) {
            return Err(Error::Invalid { field: "query", problem: "not-allowed" });
        }
        let filter = store::SavedFilter {
            user: actor.id().clone(),
            register: register.id.clone(),
            name,
            query: query.to_owned(),
            saved_at: self.now(),
        };
        Ok(self.store().save_filter(&filter).await?)
    }

    /// Forgets saved conditions.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a register that the person does not see.
    pub async fn forget_filter(&self, actor: &Actor, register: &str, name: &str) -> Result<()> {
        let register = self.register(register)?;
        self.sight(actor, register).ok_or(Error::NotFound)?;
        Ok(self.store().forget_filter(actor.id(), &register.id, name).await?)
    }
}

/// What an entry of evidence about a register is about.
pub(crate) struct AboutRows<'r> {
    pub(crate) register: &'r Register,
    /// The row; number 0 for many of them.
    pub(crate) key: &'r RowKey,
    /// Whether a class was unknown: left to the manager, or given by him.
    pub(crate) unknown: bool,
}

/// Whether a class of the row is left to the manager, or was until these changes.
pub(crate) fn class_unknown(register: &Register, row: &Row, changes: &[Change]) -> bool {
    let was_open = |c: &Change| {
        c.old.is_none() && register.column(&c.column).is_some_and(|column| column.unknown_to_manager)
    };
    // Of a new row everything was open before.
    row.waits || (row.version > 1 && changes.iter().any(was_open))
}

/// The same for any of these rows that are the register's.
pub(crate) fn any_class_unknown<'e>(
    register: &Register,
    entries: impl IntoIterator<Item = &'e store::RowEntry>,
) -> bool {
    let mut own = entries.into_iter().filter(|e| e.row.key.register == register.id);
    own.any(|e| class_unknown(register, &e.row, &e.history.changes))
}

pub(crate) fn too_many_rows() -> Error {
    Error::TooMany { limit: u32::try_from(workflow::register::ROWS_MAX).unwrap_or(u32::MAX) }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Stale { .. } => Error::Conflict,
            other => Error::Register(other),
        }
    }
}
