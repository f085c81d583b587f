//! What is known while a catalog is read.
//!
//! Owns: the layer below and how an item stands to it, ids that occur in the catalog and what they become in a pack, items
//! read so far.
//! Leaves to others: reading.

use std::collections::{BTreeMap, BTreeSet};

use super::OscalError;
use super::object::{Losses, LostKind, Object, Props};
use super::toml_item::{Item, TEXT_CHARS_MAX};
use crate::ITEMS_MAX;
use crate::import::ImportError;
use crate::import::structured::{GivenItem, Stand};
use crate::library::Library;
use crate::model::Pack;
use crate::oscal::identity::Tokens;
use crate::oscal::markup;
use crate::oscal::names::prop;
use crate::problem::Origin;
use crate::written::Kind;

/// What a parameter of the catalog is in the pack.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// Its id there.
    pub(super) id: String,
    /// What it is called, to stand in prose that takes it in.
    label: String,
}

pub(super) struct Context<'a> {
    pub(super) below: Option<&'a Pack>,
    pub(super) losses: &'a Losses,
    /// Whether what is not said may still hold below: an export for the public leaves things out.
    pub(super) partial: bool,
    parameters: BTreeMap<String, Named>,
    /// Controls that are statements of ours: id of the control → id of the statement.
    pub(super) statements: BTreeMap<String, String>,
    /// Ids of these statements.
    own_statements: BTreeSet<String>,
    /// Ids of the catalog's parameters as they are in the pack.
    own_parameters: BTreeSet<String>,
    /// Ids of clauses that are in the catalog.
    clauses: BTreeSet<String>,
    pub(super) roles: BTreeSet<String>,
    pub(super) documents: BTreeSet<String>,
    pub(super) makers: BTreeSet<String>,
    /// Clauses of the layer below by the token that they have in OSCAL, for catalogs that lost our props.
    pub(super) tokens: BTreeMap<String, String>,
    pub(super) items: Vec<GivenItem>,
    pub(super) same_below: usize,
    library: &'a Library<'a>,
    claimed: BTreeSet<(&'static str, String)>,
}

impl<'a> Context<'a> {
    /// Looks through the whole catalog for ids first, because things point at each other in any order.
    pub(super) fn new(
        catalog: &Object<'_>,
        below: Option<&'a Pack>,
        library: &'a Library<'a>,
        losses: &'a Losses,
        partial: bool,
    ) -> Result<Self, OscalError> {
        let mut context = Self {
            below,
            losses,
            partial,
            parameters: BTreeMap::new(),
            statements: BTreeMap::new(),
            own_statements: BTreeSet::new(),
            own_parameters: BTreeSet::new(),
            clauses: BTreeSet::new(),
            roles: below.map(|b| b.roles().iter().map(|r| r.id.clone()).collect()).unwrap_or_default(),
            documents: below
                .map(|b| b.documents().iter().map(|d| d.id.clone()).collect())
                .unwrap_or_default(),
            makers: below.map(|b| b.makers().iter().map(|m| m.id.clone()).collect()).unwrap_or_default(),
            tokens: BTreeMap::new(),
            items: Vec::new(),
            same_below: 0,
            library,
            claimed: BTreeSet::new(),
        };
        if let Some(below) = below {
            let tokens = Tokens::of(below);
            context.tokens = below.clauses().iter().map(|c| (tokens.clause(&c.id), c.id.clone())).collect();
        }
        let mut seen = BTreeSet::new();
        // What is lost is told when it is read; here only ids are looked for.
        let unheard = Losses::default();
        context.ids(catalog, &mut seen, &unheard)?;
        Ok(context)
    }

    fn ids(
        &mut self,
        object: &Object<'_>,
        seen: &mut BTreeSet<String>,
        unheard: &Losses,
    ) -> Result<(), OscalError> {
        for parameter in object.objects("params")? {
            self.parameter_id(&parameter, unheard)?;
        }
        for group in object.objects("groups")? {
            let props = Props::of(&group, unheard)?;
            let clause = props.one(prop::CLAUSE).filter(|id| is_free_id(id));
            self.clauses.extend(clause.map(str::to_owned));
            let document = props.one(prop::DOCUMENT).filter(|id| is_plain_id(id));
            self.documents.extend(document.map(str::to_owned));
            self.ids(&group, seen, unheard)?;
        }
        for control in object.objects("controls")? {
            let id = control.must("id")?.to_owned();
            let props = Props::of(&control, unheard)?;
            if !seen.insert(id.clone()) {
                return Err(OscalError::DuplicateId { id, place: control.place });
            }
            if let Some(statement) = props.one(prop::STATEMENT) {
                if !self.own_statements.insert(statement.to_owned()) {
                    return Err(OscalError::DuplicateId { id: statement.to_owned(), place: control.place });
                }
                self.statements.insert(id, statement.to_owned());
            }
            self.ids(&control, seen, unheard)?;
        }
        Ok(())
    }

    fn parameter_id(&mut self, parameter: &Object<'_>, unheard: &Losses) -> Result<(), OscalError> {
        // More of them are no pack anyway, and free names are looked for one after the other.
        if self.parameters.len() >= ITEMS_MAX {
            return Err(OscalError::TooLarge(ImportError::TooManyParts));
        }
        let id = parameter.must("id")?;
        if self.parameters.contains_key(id) {
            return Err(OscalError::DuplicateId { id: id.to_owned(), place: parameter.place.clone() });
        }
        let props = Props::of(parameter, unheard)?;
        let own = props.one(prop::TYPE).is_some() && is_plain_id(id);
        let wanted = plain_id(id);
        let mut name = wanted.clone();
        let mut number = 2;
        let below = |name: &str| self.below.is_some_and(|b| b.parameter(name).is_some());
        // One of somebody else's must not become one of ours by having its name.
        while self.own_parameters.contains(&name) || (!own && below(&name)) {
            name = format!("{wanted}-{number}");
            number += 1;
        }
        self.own_parameters.insert(name.clone());
        let label = parameter.text("label")?.map(|l| markup::plain(l, &|id| id.to_owned()).0);
        let label = label.filter(|l| !l.is_empty()).unwrap_or_else(|| id.to_owned());
        self.parameters.insert(id.to_owned(), Named { id: name, label });
        Ok(())
    }

    /// What a parameter of the catalog is in the pack.
    pub(super) fn parameter(&self, id: &str) -> Option<&Named> {
        self.parameters.get(id)
    }

    /// A parameter that a pack's statement may name: one of the catalog or of the layer below.
    pub(super) fn parameter_of_pack(&self, id: &str) -> bool {
        self.own_parameters.contains(id) || self.below.is_some_and(|b| b.parameter(id).is_some())
    }

    /// Prose as words, and the parameters of the pack that it takes in. Words beyond the bound of a pack are told.
    pub(super) fn words(&self, prose: &str, place: &str) -> (String, Vec<String>) {
        let (words, parameters) = self.unbound(prose, place);
        if words.chars().count() > TEXT_CHARS_MAX {
            self.losses.add(LostKind::Shortened, "prose", place);
        }
        (words, parameters)
    }

    /// Prose as words, however long.
    pub(super) fn prose(&self, prose: &str, place: &str) -> String {
        self.unbound(prose, place).0
    }

    fn unbound(&self, prose: &str, place: &str) -> (String, Vec<String>) {
        let label = |id: &str| self.parameter(id).map_or_else(|| id.to_owned(), |p| p.label.clone());
        let (words, ids) = markup::plain(prose, &label);
        let mut parameters = Vec::new();
        for id in ids {
            match self.parameter(&id) {
                Some(named) => parameters.push(named.id.clone()),
                None => self.losses.add(LostKind::Reference, &format!("param {id}"), place),
            }
        }
        (words, parameters)
    }

    /// Prose as words within the bound of a pack; `None` when nothing is left.
    pub(super) fn text(&self, prose: &str, place: &str) -> Option<String> {
        let (words, _) = self.words(prose, place);
        let words: String = words.chars().take(TEXT_CHARS_MAX).collect();
        (!words.trim().is_empty()).then_some(words)
    }

    /// Ids that something points at, without those that are not there.
    pub(super) fn known(
        &self,
        what: &str,
        ids: Vec<String>,
        place: &str,
        is: &dyn Fn(&str) -> bool,
    ) -> Vec<String> {
        let sound = |id: &String| {
            let known = is(id);
            if !known {
                self.losses.add(LostKind::Reference, &format!("{what} {id}"), place);
            }
            known
        };
        ids.into_iter().filter(sound).collect()
    }

    /// A clause of the catalog or of the layer below.
    pub(super) fn clause(&self, id: Option<&str>, place: &str) -> Option<String> {
        let id = id?;
        let known = self.clauses.contains(id) || self.below.is_some_and(|b| b.clause(id).is_some());
        if !known {
            self.losses.add(LostKind::Reference, &format!("clause {id}"), place);
        }
        known.then(|| id.to_owned())
    }

    /// Takes an id for an item of a kind; not twice, and only one that a pack takes.
    pub(super) fn claim(&mut self, kind: &'static str, id: &str, place: &str) -> bool {
        let sound = is_plain_id(id) && self.claimed.insert((kind, id.to_owned()));
        if !sound {
            self.losses.add(LostKind::Word, &format!("{kind} {id}"), place);
        }
        sound
    }

    /// Takes note of a clause; whether it is the first group that is this clause.
    pub(super) fn first_of_clause(&mut self, id: &str) -> bool {
        self.claimed.insert(("clause", id.to_owned()))
    }

    /// Whether a statement may point at this one of another text: it is there, or its folder is not.
    pub(super) fn may_relate(&self, own: &str, to: &str) -> bool {
        let Some((folder, rest)) = to.split_once('/') else { return false };
        if folder.is_empty() || rest.is_empty() || !is_free_id(to) || own == to {
            return false;
        }
        self.own_statements.contains(to)
            || self.below.is_some_and(|b| b.statement(to).is_some())
            || self.library.find(Kind::Statement, to).next().is_some()
            || self.library.read(folder).is_none()
    }

    /// How an item stands to that of the layer below, given whether it says the same.
    pub(super) fn stand<T>(lower: Option<&T>, same: impl Fn(&T) -> bool) -> Stand {
        match lower {
            None => Stand::New,
            Some(lower) if same(lower) => Stand::Below,
            Some(_) => Stand::Override,
        }
    }

    /// A word of a closed list.
    pub(super) fn word<T>(
        &self,
        what: &str,
        word: Option<&str>,
        from: fn(&str) -> Option<T>,
        place: &str,
    ) -> Option<T> {
        let word = word?;
        let value = from(word);
        if value.is_none() {
            self.losses.add(LostKind::Word, &format!("{what} {word}"), place);
        }
        value
    }

    /// Statements of the layer below that a whole catalog of a pack on it no longer has.
    pub(super) fn remove_missing(&mut self, below: &Pack) {
        for statement in below.statements().iter().filter(|s| !self.own_statements.contains(&s.id)) {
            let item = Item::removal("statement", &statement.id, "取り込んだ目録にない");
            self.items.push(item);
        }
    }
}

/// Whether it is an id of a pack's clauses and statements.
pub(super) fn is_free_id(id: &str) -> bool {
    (1..=120).contains(&id.chars().count()) && !id.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Whether it is an id of a pack's parameters and roles.
pub(super) fn is_plain_id(id: &str) -> bool {
    (1..=120).contains(&id.len())
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// An id of a pack from any token.
fn plain_id(id: &str) -> String {
    let mut out = String::new();
    for c in id.chars().take(100) {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => out.push(c),
            _ if out.ends_with('-') => {}
            _ => out.push('-'),
        }
    }
    let trimmed = out.trim_matches('-');
    if trimmed.starts_with(|c: char| c.is_ascii_lowercase()) {
        trimmed.to_owned()
    } else {
        format!("p-{trimmed}").trim_end_matches('-').to_owned()
    }
}

/// Where something that is compared with the layer below was written: nowhere.
pub(super) fn nowhere() -> Origin {
    Origin { layer: "".into(), file: "".into(), line: 0, column: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_packs_are_made_from_tokens() {
        for (token, id) in [
            ("ac-1_prm_1", "ac-1-prm-1"),
            ("AC.1..x", "ac-1-x"),
            ("_x_", "x"),
            ("1a", "p-1a"),
            ("①", "p"),
            ("password-length", "password-length"),
        ] {
            assert_eq!(plain_id(token), id);
            assert!(is_plain_id(id));
        }
        assert!(is_plain_id(&plain_id(&"x".repeat(500))));
    }
}
