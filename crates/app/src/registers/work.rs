//! What a change of rows needs to know, and what follows from it.
//!
//! Owns gathering linked rows, unique values and followers, for one row as for thousands, from the store for a trial and from a
//! transaction for the change itself; and what each row is found by. Leaves the judgement to `workflow::register`, rights and
//! evidence to the use cases.

use std::collections::{BTreeMap, BTreeSet};

use policy::{Column, ColumnType, Derivation, Register};
use sha2::{Digest as _, Sha256};
use workflow::{
    Millis,
    id::{RequestId, SectionId, UserId},
    register::{
        self, Cause, Change, ColumnProblem, FOLLOWERS_MAX, Facts, History, Linked, Problem, Reading, Refusal,
        Row, RowKey, Value, Values,
    },
    request::Permit,
};

use super::store::RowEntry;
use crate::{
    App,
    error::{Error, FieldProblem, Result},
    ports::{Store, Tx},
    rosters::Meant,
};

/// Longest key in bytes: both databases take it into an index.
const KEY_BYTES_MAX: usize = 240;

/// Where rows are read: of a trial the store as it is, of a change the transaction, which holds what it read.
pub(crate) enum Source<'a> {
    /// Nothing is kept from changing.
    Store(&'a dyn Store),
    /// Nobody else changes what was read.
    Tx(&'a mut dyn Tx),
}

impl Source<'_> {
    pub(crate) async fn row(&mut self, key: &RowKey) -> Result<Option<Row>> {
        Ok(match self {
            Source::Store(store) => store.row(key).await?,
            Source::Tx(tx) => tx.row(key).await?,
        })
    }

    /// A number for a new row. A trial takes none: what it adds is not kept.
    pub(crate) async fn take_number(&mut self, register: &str) -> Result<i64> {
        Ok(match self {
            Source::Store(_) => 0,
            Source::Tx(tx) => tx.take_row_numbers(register, 1).await?,
        })
    }

    /// Permits of a row under which something is still to be given back.
    pub(crate) async fn permits_of_row(&mut self, key: &RowKey) -> Result<Vec<(RequestId, UserId, Permit)>> {
        Ok(match self {
            Source::Store(store) => store.permits_of_row(key).await?,
            Source::Tx(tx) => tx.permits_of_row(key).await?,
        })
    }

    async fn unique_owner(&mut self, register: &str, column: &str, key: &str) -> Result<Option<i64>> {
        Ok(match self {
            Source::Store(store) => store.unique_owner(register, column, key).await?,
            Source::Tx(tx) => tx.unique_owner(register, column, key).await?,
        })
    }

    async fn linking(&mut self, to: &RowKey, register: &str, column: &str, limit: u32) -> Result<Vec<i64>> {
        Ok(match self {
            Source::Store(store) => store.rows_linking_over(to, register, column, limit).await?,
            Source::Tx(tx) => tx.rows_linking_over(to, register, column, limit).await?,
        })
    }
}

/// Changes that are being put together. What was read or changed once is known from then on.
pub(crate) struct Work<'a> {
    app: &'a App,
    by: Option<UserId>,
    now: Millis,
    /// The request that asks for it.
    request: Option<RequestId>,
    /// Rows as they are, or as they will be.
    known: BTreeMap<RowKey, Option<Row>>,
    /// Values that rows of this work give up: column and key, by register.
    freed: BTreeSet<(String, String, String)>,
    /// Values that rows of this work take, and the line that takes each.
    taken: BTreeMap<(String, String, String), usize>,
    /// The line of a plan that is being worked on.
    pub(crate) line: usize,
    /// Rows to add.
    pub(crate) new: Vec<RowEntry>,
    /// Rows to change; what was asked for stands before what follows.
    pub(crate) changed: Vec<RowEntry>,
}

impl<'a> Work<'a> {
    /// Changes by a person, or by the system itself.
    pub(crate) fn new(app: &'a App, by: Option<&UserId>, now: Millis) -> Self {
        Self {
            app,
            by: by.cloned(),
            now,
            request: None,
            known: BTreeMap::new(),
            freed: BTreeSet::new(),
            taken: BTreeMap::new(),
            line: 0,
            new: Vec::new(),
            changed: Vec::new(),
        }
    }

    /// The same, because of a request.
    pub(crate) fn for_request(self, request: &RequestId) -> Self {
        Self { request: Some(request.clone()), ..self }
    }

    pub(crate) async fn row(&mut self, source: &mut Source<'_>, key: &RowKey) -> Result<Option<Row>> {
        if let Some(known) = self.known.get(key) {
            return Ok(known.clone());
        }
        let row = source.row(key).await?;
        self.known.insert(key.clone(), row.clone());
        Ok(row)
    }

    async fn linked(
        &mut self,
        source: &mut Source<'_>,
        register: &Register,
        values: &Values,
    ) -> Result<BTreeMap<RowKey, Linked>> {
        let mut linked = BTreeMap::new();
        for key in register::reads(register, values) {
            if let Some(row) = self.row(source, &key).await? {
                linked.insert(key, Linked::from(&row));
            }
        }
        Ok(linked)
    }

    /// Notes that a row of this work will no longer have its unique values.
    pub(crate) fn frees(&mut self, register: &Register, row: &Row) {
        for (column, key) in unique_keys(register, &row.values) {
            self.freed.insert((register.id.clone(), column, key));
        }
    }

    /// The values of a row, derived ones too, if they may stand in it.
    pub(crate) async fn judge(
        &mut self,
        source: &mut Source<'_>,
        register: &Register,
        before: Option<&Row>,
        reading: Reading,
        classifies: bool,
    ) -> Result<Values> {
        self.judge_all(source, register, before, reading, classifies)
            .await?
            .map_err(|problems| Error::Form(form_problems(register, &problems)))
    }

    pub(crate) async fn judge_all(
        &mut self,
        source: &mut Source<'_>,
        register: &Register,
        before: Option<&Row>,
        reading: Reading,
        classifies: bool,
    ) -> Result<std::result::Result<Values, Vec<ColumnProblem>>> {
        let Reading { values, mut problems } = reading;
        let linked = self.linked(source, register, &values).await?;
        let own = before.map(|row| row.key.number);
        let (mut taken, mut twice) = (BTreeMap::new(), Vec::new());
        for (column, key) in unique_keys(register, &values) {
            let place = (register.id.clone(), column.clone(), key.clone());
            if let Some(line) = self.taken.get(&place).filter(|line| **line != self.line) {
                twice.push(ColumnProblem { column: column.clone(), problem: Problem::Twice { line: *line } });
                continue;
            }
            let owner = source.unique_owner(&register.id, &column, &key).await?;
            if let Some(by) = owner.filter(|by| Some(*by) != own)
                && !self.freed.contains(&place)
            {
                taken.insert(column, by);
            }
            self.taken.insert(place, self.line);
        }
        let mut heirs = Vec::new();
        if let Some(row) = before {
            for column in inside_links(register) {
                if !source.linking(&row.key, &register.id, column, 1).await?.is_empty() {
                    heirs.push(column.to_owned());
                }
            }
        }
        let facts = Facts {
            pack: self.app.pack(),
            register,
            key: before.map(|row| &row.key),
            before: before.map(|row| &row.values),
            linked: &linked,
            taken: &taken,
            heirs: &heirs,
            classifies,
        };
        Ok(match register::judge(facts, values) {
            Ok(judged) if problems.is_empty() && twice.is_empty() => Ok(judged),
            Ok(_) => {
                problems.extend(twice);
                Err(in_order(register, problems))
            }
            Err(found) => {
                // What could not be read is not empty.
                let unread: BTreeSet<String> = problems.iter().map(|p| p.column.clone()).collect();
                problems.extend(
                    found.into_iter().filter(|p| p.problem != Problem::Empty || !unread.contains(&p.column)),
                );
                problems.extend(twice);
                Err(in_order(register, problems))
            }
        })
    }

    pub(crate) fn added(
        &mut self,
        register: &Register,
        key: RowKey,
        section: Option<SectionId>,
        judged: Values,
        cause: Cause,
        reason: &str,
    ) -> Row {
        let waits = register::waits(register, &judged);
        let (row, told) = Row::add(key, section, judged, waits, self.now);
        let entry = self.entry(register, row.clone(), self.by.clone(), cause, reason, told);
        self.new.push(entry);
        row
    }

    pub(crate) fn changed(
        &mut self,
        register: &Register,
        mut row: Row,
        section: Option<SectionId>,
        judged: Values,
        cause: Cause,
        reason: &str,
    ) -> std::result::Result<Vec<Change>, Refusal> {
        let waits = register::waits(register, &judged);
        let told = row.change(section, judged, waits, self.now)?;
        self.changes(register, row, self.by.clone(), cause, reason, told.clone());
        Ok(told)
    }

    pub(crate) fn ended(
        &mut self,
        register: &Register,
        mut row: Row,
        on: &str,
        reason: &str,
        cause: Cause,
    ) -> std::result::Result<Vec<Change>, Refusal> {
        let told = row.end(on, reason, self.now)?;
        self.changes(register, row, self.by.clone(), cause, reason, told.clone());
        Ok(told)
    }

    fn changes(
        &mut self,
        register: &Register,
        row: Row,
        by: Option<UserId>,
        cause: Cause,
        reason: &str,
        told: Vec<Change>,
    ) {
        self.known.insert(row.key.clone(), Some(row.clone()));
        let entry = self.entry(register, row, by, cause, reason, told);
        self.changed.push(entry);
    }

    /// Rows that take a value from this one, and those that take one from them: each as it must be now. Rows that have ended stay
    /// as they were.
    pub(crate) async fn follow(&mut self, source: &mut Source<'_>, key: &RowKey) -> Result<Vec<RowKey>> {
        let mut open = vec![key.clone()];
        let mut followed: Vec<RowKey> = Vec::new();
        // A definition has no circles, so each round leads further; the bound is for a pack that changed under its rows.
        while let Some(from) = open.pop() {
            let app = self.app;
            for register in app.pack().registers() {
                for link in links_looked_over(register, &from.register) {
                    let limit = u32::try_from(FOLLOWERS_MAX + 1).unwrap_or(u32::MAX);
                    for number in source.linking(&from, &register.id, link, limit).await? {
                        let follower = RowKey::new(register.id.clone(), number);
                        if self.rederive(source, register, &follower, &from).await? {
                            open.push(follower.clone());
                            followed.push(follower);
                        }
                        if followed.len() > FOLLOWERS_MAX {
                            return Err(Error::TooMany { limit: limit.saturating_sub(1) });
                        }
                    }
                }
            }
        }
        Ok(followed)
    }

    /// Whether the row is different when its derived values are found anew, because a row that it looks at changed.
    async fn rederive(
        &mut self,
        source: &mut Source<'_>,
        register: &Register,
        key: &RowKey,
        from: &RowKey,
    ) -> Result<bool> {
        self.rederive_for(source, register, key, Cause::Followed { row: from.clone() }).await
    }

    /// The same for any cause.
    pub(crate) async fn rederive_for(
        &mut self,
        source: &mut Source<'_>,
        register: &Register,
        key: &RowKey,
        cause: Cause,
    ) -> Result<bool> {
        let Some(mut row) = self.row(source, key).await?.filter(|row| row.end.is_none()) else {
            return Ok(false);
        };
        let linked = self.linked(source, register, &row.values).await?;
        let derived = register::derive(self.app.pack(), register, row.values.clone(), &linked);
        let waits = register::waits(register, &derived);
        let Ok(told) = row.change(row.section.clone(), derived, waits, self.now) else { return Ok(false) };
        match self.changed.iter().position(|e| e.row.key == *key) {
            // Changed by this work already: one version, with all that is different.
            Some(at) => {
                row.version -= 1;
                let entry = self.changed.get(at).cloned().ok_or(Error::Conflict)?;
                let mut all = entry.history.changes;
                all.extend(told);
                self.known.insert(key.clone(), Some(row.clone()));
                let again = self.entry(
                    register,
                    row,
                    entry.history.by,
                    entry.history.cause,
                    &entry.history.reason,
                    all,
                );
                if let Some(place) = self.changed.get_mut(at) {
                    *place = again;
                }
            }
            None => self.changes(register, row, None, cause, "", told),
        }
        Ok(true)
    }

    /// What a row is found by, without a change of it.
    pub(crate) fn indexed(&self, register: &Register, row: &Row) -> RowEntry {
        self.entry(register, row.clone(), None, Cause::Changed, "", Vec::new())
    }

    fn entry(
        &self,
        register: &Register,
        row: Row,
        by: Option<UserId>,
        cause: Cause,
        reason: &str,
        changes: Vec<Change>,
    ) -> RowEntry {
        RowEntry {
            keys: keys(register, &row.values),
            links: links(register, &row.values),
            unique: unique_keys(register, &row.values),
            words: register::words(self.app.pack(), register, row.key.number, &row.values),
            history: History {
                key: row.key.clone(),
                version: row.version,
                at: self.now,
                by,
                cause,
                request: self.request.clone(),
                reason: reason.trim().to_owned(),
                changes,
            },
            row,
        }
    }
}

/// What is wrong, in the order in which people see the columns.
fn in_order(register: &Register, mut problems: Vec<ColumnProblem>) -> Vec<ColumnProblem> {
    let place = |id: &str| register.columns.iter().position(|c| c.id == id).unwrap_or(usize::MAX);
    problems.sort_by_key(|p| place(&p.column));
    problems
}

/// The problems of columns as those of a form's fields.
pub(crate) fn form_problems(register: &Register, problems: &[ColumnProblem]) -> Vec<FieldProblem> {
    problems
        .iter()
        .map(|p| FieldProblem {
            field: p.column.clone(),
            title: register.column(&p.column).map_or_else(|| p.column.clone(), |c| c.title.clone()),
            problem: p.problem.id(),
            bounds: p.problem.bounds(),
        })
        .collect()
}

/// Link columns that lead to that register and over which something is derived.
fn links_looked_over<'r>(register: &'r Register, to: &str) -> BTreeSet<&'r str> {
    register
        .derived_from_rows()
        .filter_map(|c| c.derived.as_ref()?.over.as_deref())
        .filter(|over| register.column(over).is_some_and(|link| link.to.as_deref() == Some(to)))
        .collect()
}

/// Link columns over which rows inherit inside their own register.
pub(crate) fn inside_links(register: &Register) -> BTreeSet<&str> {
    register
        .derived_from_rows()
        .filter_map(|c| c.derived.as_ref().filter(|d| d.how == Derivation::Inherited)?.over.as_deref())
        .filter(|over| register.column(over).is_some_and(|link| link.to.as_ref() == Some(&register.id)))
        .collect()
}

/// A value as the key under which lists and unique columns know it. Spellings of one text are one key, and a long one is cut short
/// so that different ones stay different.
pub(crate) fn key_of(column: &Column, key: &str) -> String {
    let key = if column.kind == ColumnType::Text { policy::folded(key) } else { key.to_owned() };
    if key.len() <= KEY_BYTES_MAX {
        return key;
    }
    let head: String = key.chars().take(40).collect();
    format!("{head}#{}", hex::encode(Sha256::digest(key.as_bytes())))
}

fn keys_of(column: &Column, values: &Values) -> Vec<String> {
    values
        .get(&column.id)
        .map(|value| value.keys().iter().map(|key| key_of(column, key)).collect())
        .unwrap_or_default()
}

fn keys(register: &Register, values: &Values) -> Vec<(String, String)> {
    let mut all = Vec::new();
    // Whoever is named is found, so that somebody else can take over what he keeps.
    let is_kept = |c: &&Column| c.filter || c.kind == ColumnType::Person;
    for column in register.columns.iter().filter(is_kept) {
        let keys = keys_of(column, values);
        // Also what is not filled can be looked for.
        let keys = if keys.is_empty() && column.filter { vec![String::new()] } else { keys };
        all.extend(keys.into_iter().map(|key| (column.id.clone(), key)));
    }
    all
}

fn unique_keys(register: &Register, values: &Values) -> Vec<(String, String)> {
    let unique = register.columns.iter().filter(|c| c.unique);
    unique.flat_map(|c| keys_of(c, values).into_iter().map(|key| (c.id.clone(), key))).collect()
}

fn links(register: &Register, values: &Values) -> Vec<(String, RowKey)> {
    let links = register.columns.iter().filter(|c| c.kind == ColumnType::Link);
    links
        .flat_map(|c| {
            let to = c.to.clone().unwrap_or_default();
            let rows = values.get(&c.id).map_or(&[][..], Value::rows).to_vec();
            rows.into_iter().map(move |number| (c.id.clone(), RowKey::new(to.clone(), number)))
        })
        .collect()
}

impl App {
    /// Reads what was typed into a row, with the people that are named in it by login or id.
    pub(crate) async fn read_row(
        &self,
        register: &Register,
        untrusted: &BTreeMap<String, String>,
    ) -> Result<Reading> {
        let mut people = BTreeMap::new();
        self.look_up_people(register, untrusted, &mut people).await?;
        Ok(register::read(self.pack(), register, &known(&people), untrusted))
    }

    /// Looks up who is meant in the columns for persons; who was looked up once is not looked up again.
    pub(crate) async fn look_up_people(
        &self,
        register: &Register,
        untrusted: &BTreeMap<String, String>,
        people: &mut BTreeMap<String, Option<String>>,
    ) -> Result<()> {
        for column in register.columns.iter().filter(|c| c.kind == ColumnType::Person) {
            let typed = untrusted.get(&column.id).map(|t| t.trim()).unwrap_or_default();
            if typed.is_empty() || typed.chars().count() > 100 || people.contains_key(typed) {
                continue;
            }
            let found = match self.person_meant(typed).await? {
                Meant::One(user) => Some(user.id.as_str().to_owned()),
                Meant::Nobody | Meant::Several => None,
            };
            people.insert(typed.to_owned(), found);
        }
        Ok(())
    }
}

/// Those who were found.
pub(crate) fn known(people: &BTreeMap<String, Option<String>>) -> BTreeMap<String, String> {
    people.iter().filter_map(|(typed, id)| Some((typed.clone(), id.clone()?))).collect()
}
