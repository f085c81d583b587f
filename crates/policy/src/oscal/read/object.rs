//! Looking into JSON so that nothing is passed over unnoticed.
//!
//! Owns: objects that remember which of their keys were looked at, props that remember which were used, and the list of what
//! found no place.
//! Leaves to others: what keys and props mean.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::OscalError;
use crate::oscal::identity::NAMESPACE;
use crate::oscal::json::Json;

/// The namespace of OSCAL's own props and parts, which is meant when none is written.
const OSCAL: &str = "http://csrc.nist.gov/ns/oscal";

/// Kinds of what found no place in a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LostKind {
    /// An element of OSCAL that a pack has nothing for, or one that OSCAL does not have.
    Element,
    /// A property.
    Property,
    /// A part of a control or a group.
    Part,
    /// A link.
    Link,
    /// A reference to something that is not there.
    Reference,
    /// A word that is none of those that a pack takes there.
    Word,
    /// Words that are longer than a pack takes; the beginning is kept.
    Shortened,
    /// A key that the layer below writes and the catalog does not: an override cannot take it away.
    Kept,
}

impl LostKind {
    /// What people read.
    #[must_use]
    pub fn title_ja(self) -> &'static str {
        match self {
            LostKind::Element => "置き場のない要素",
            LostKind::Property => "置き場のない属性",
            LostKind::Part => "取り込まない部分",
            LostKind::Link => "取り込まないリンク",
            LostKind::Reference => "指す先がない",
            LostKind::Word => "パックにない語",
            LostKind::Shortened => "長いので途中まで",
            LostKind::Kept => "下の層の値のまま",
        }
    }
}

/// Something that found no place, as often as it occurred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What kind of thing.
    pub kind: LostKind,
    /// Its name, such as `assessment-objective`.
    pub what: String,
    /// How often.
    pub count: usize,
    /// Where it was first seen, as a JSON pointer.
    pub first: String,
}

/// The list of what found no place.
#[derive(Debug, Default)]
pub(super) struct Losses(RefCell<BTreeMap<(LostKind, String), (usize, String)>>);

/// Names of lost things are counted one by one up to here; the rest are counted together.
const NAMES_MAX: usize = 500;

impl Losses {
    pub(super) fn add(&self, kind: LostKind, what: &str, place: &str) {
        let mut list = self.0.borrow_mut();
        let what: String = what.chars().filter(|c| !c.is_control()).take(80).collect();
        let mut key = (kind, what);
        if list.len() >= NAMES_MAX && !list.contains_key(&key) {
            key.1 = "…".to_owned();
        }
        list.entry(key).or_insert_with(|| (0, place.to_owned())).0 += 1;
    }

    pub(super) fn list(self) -> Vec<Loss> {
        let list = self.0.into_inner().into_iter();
        list.map(|((kind, what), (count, first))| Loss { kind, what, count, first }).collect()
    }
}

/// An object that remembers which of its keys were looked at.
pub(super) struct Object<'j> {
    pub(super) place: String,
    entries: &'j [(String, Json)],
    seen: RefCell<BTreeSet<&'j str>>,
}

impl<'j> Object<'j> {
    pub(super) fn of(json: &'j Json, place: String) -> Result<Self, OscalError> {
        match json {
            Json::Object(entries) => Ok(Self { place, entries, seen: RefCell::default() }),
            _ => Err(OscalError::Broken { place, what: "an object is wanted here".to_owned() }),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'j Json> {
        let (key, value) = self.entries.iter().find(|(k, _)| k == key)?;
        self.seen.borrow_mut().insert(key);
        Some(value)
    }

    fn wrong(&self, key: &str, want: &str) -> OscalError {
        OscalError::Broken { place: format!("{}/{key}", self.place), what: want.to_owned() }
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'j str>, OscalError> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(key, "a text is wanted here")),
        }
    }

    pub(super) fn must(&self, key: &str) -> Result<&'j str, OscalError> {
        self.text(key)?
            .filter(|t| !t.trim().is_empty())
            .ok_or_else(|| self.wrong(key, "a text is missing here"))
    }

    pub(super) fn object(&self, key: &str) -> Result<Option<Object<'j>>, OscalError> {
        self.get(key).map(|json| Object::of(json, format!("{}/{key}", self.place))).transpose()
    }

    pub(super) fn objects(&self, key: &str) -> Result<Vec<Object<'j>>, OscalError> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Json::List(list)) => list
                .iter()
                .enumerate()
                .map(|(number, json)| Object::of(json, format!("{}/{key}/{number}", self.place)))
                .collect(),
            Some(_) => Err(self.wrong(key, "a list is wanted here")),
        }
    }

    pub(super) fn texts(&self, key: &str) -> Result<Vec<&'j str>, OscalError> {
        let wrong = || self.wrong(key, "a list of texts is wanted here");
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Json::List(list)) => list
                .iter()
                .map(|json| match json {
                    Json::Text(text) => Ok(text.as_str()),
                    _ => Err(wrong()),
                })
                .collect(),
            Some(_) => Err(wrong()),
        }
    }

    /// Keys that say nothing a pack would keep: names that only serve the file itself.
    pub(super) fn pass(&self, keys: &[&str]) {
        for key in keys {
            let _ = self.get(key);
        }
    }

    /// The keys that nobody looked at are lost.
    pub(super) fn finish(&self, losses: &Losses) {
        let seen = self.seen.borrow();
        for (key, _) in self.entries.iter().filter(|(key, _)| !seen.contains(key.as_str())) {
            losses.add(LostKind::Element, key, &self.place);
        }
    }
}

/// A property.
pub(super) struct Prop<'j> {
    name: &'j str,
    own: bool,
    standard: bool,
    pub(super) value: &'j str,
    pub(super) class: Option<&'j str>,
    pub(super) group: Option<&'j str>,
    pub(super) remarks: Option<&'j str>,
    used: Cell<bool>,
}

/// The properties of an object.
pub(super) struct Props<'j> {
    place: String,
    list: Vec<Prop<'j>>,
}

impl<'j> Props<'j> {
    pub(super) fn of(object: &Object<'j>, losses: &Losses) -> Result<Self, OscalError> {
        let mut list = Vec::new();
        for prop in object.objects("props")? {
            let ns = prop.text("ns")?;
            list.push(Prop {
                name: prop.must("name")?,
                own: ns == Some(NAMESPACE),
                standard: ns.is_none_or(|ns| ns == OSCAL),
                value: prop.must("value")?,
                class: prop.text("class")?,
                group: prop.text("group")?,
                remarks: prop.text("remarks")?,
                used: Cell::new(false),
            });
            prop.pass(&["uuid"]);
            prop.finish(losses);
        }
        Ok(Self { place: object.place.clone(), list })
    }

    /// Ours of this name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Prop<'j>> {
        self.list.iter().filter(move |p| p.own && p.name == name).inspect(|p| p.used.set(true))
    }

    /// The first of ours of this name.
    pub(super) fn one(&self, name: &str) -> Option<&'j str> {
        let prop = self.list.iter().find(|p| p.own && p.name == name)?;
        prop.used.set(true);
        Some(prop.value)
    }

    /// OSCAL's own of this name.
    pub(super) fn standard(&self, name: &str) -> Option<&'j str> {
        let prop = self.list.iter().find(|p| p.standard && p.name == name)?;
        prop.used.set(true);
        Some(prop.value)
    }

    /// What nobody asked for is lost.
    pub(super) fn finish(&self, losses: &Losses) {
        for prop in self.list.iter().filter(|p| !p.used.get()) {
            losses.add(LostKind::Property, prop.name, &self.place);
        }
    }
}
