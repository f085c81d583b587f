//! What of a pack can be found, and how much a word counts in each of its texts.
//!
//! Owns: the list. Leaves to others: looking into it (`search`).

use super::{Entry, Field, ItemKind};
use crate::model::Pack;
use crate::spelling::folded;

/// The texts of an item; the first is its heading.
struct Texts(Vec<Field>);

impl Texts {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn with(mut self, key: &'static str, weight: u32, text: &str) -> Self {
        if !text.is_empty() {
            self.0.push(Field { key, weight, text: text.to_owned(), folded: folded(text) });
        }
        self
    }

    fn maybe(self, key: &'static str, weight: u32, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.with(key, weight, text),
            None => self,
        }
    }
}

/// Everything that layers for which `counts` holds wrote.
pub(super) fn of_pack(pack: &Pack, counts: impl Fn(&str) -> bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut add = |kind: ItemKind, id: &str, label: Option<&str>, texts: Texts| {
        entries.push(Entry {
            kind,
            id: id.to_owned(),
            pack: pack.id.clone(),
            label: label.map(str::to_owned),
            fields: texts.0,
        });
    };
    let roles = |ids: &[String]| ids.iter().map(|r| pack.role_title(r)).collect::<Vec<_>>().join("、");
    let clauses: std::collections::HashMap<&str, &crate::model::Clause> =
        pack.clauses.iter().map(|c| (c.id.as_str(), c)).collect();
    for term in pack.terms.iter().filter(|t| counts(&t.origin.layer)) {
        let texts = Texts::new().with("word", 8, &term.word).with("meaning", 3, &term.meaning);
        add(ItemKind::Term, &term.id, None, texts.maybe("same_as", 2, term.same_as.as_deref()));
    }
    for s in pack.statements.iter().filter(|s| counts(&s.origin.layer)) {
        let clause = clauses.get(s.clause.as_str()).map_or("", |c| c.title.as_str());
        let parameters = s.parameters.iter().filter_map(|p| pack.parameter(p)).map(|p| p.title.as_str());
        let texts = Texts::new()
            .with("gist_ja", 5, &s.gist_ja)
            .maybe("title", 6, s.title.as_deref())
            .with("label", 5, &s.label)
            .with("clause", 2, clause)
            .maybe("trigger", 2, s.trigger.as_deref())
            .maybe("evidence", 2, s.evidence.as_deref())
            .with("roles", 2, &roles(&s.roles))
            .with("parameters", 2, &parameters.collect::<Vec<_>>().join("、"))
            .maybe("note", 1, s.note.as_deref())
            .with("gist_en", 1, &s.gist_en)
            .with("id", 4, &s.id);
        add(ItemKind::Statement, &s.id, Some(&s.label), texts);
    }
    for c in pack.clauses.iter().filter(|c| counts(&c.origin.layer)) {
        let document = c.document.as_deref().and_then(|d| pack.document(d)).map(|d| d.title.as_str());
        let texts = Texts::new()
            .with("title", 6, &c.title)
            .with("label", 5, &c.section)
            .maybe("document", 1, document)
            .with("id", 3, &c.id);
        add(ItemKind::Clause, &c.id, Some(&c.section), texts);
    }
    for p in &pack.parameters {
        // What a body set is its own, whoever asked for it.
        if !counts(&p.origin.layer) && !p.value_origin.as_ref().is_some_and(|o| counts(&o.layer)) {
            continue;
        }
        let value = p.value.as_ref().map(ToString::to_string);
        let texts = Texts::new()
            .with("title", 6, &p.title)
            .maybe("value", 2, value.as_deref())
            .maybe("note", 2, p.note.as_deref())
            .maybe("decided", 1, p.decided.as_deref())
            .with("id", 3, &p.id);
        add(ItemKind::Parameter, &p.id, None, texts);
    }
    for r in pack.roles.iter().filter(|r| counts(&r.origin.layer)) {
        let posts = pack.posts.iter().filter(|p| p.roles.contains(&r.id)).map(|p| p.title.as_str());
        let texts = Texts::new()
            .with("title", 6, &r.title)
            .maybe("note", 3, r.note.as_deref())
            .with("posts", 3, &posts.collect::<Vec<_>>().join("、"))
            .with("id", 3, &r.id);
        add(ItemKind::Role, &r.id, None, texts);
    }
    for d in pack.documents.iter().filter(|d| counts(&d.origin.layer)) {
        let maker = d.maker.as_deref().and_then(|m| pack.maker(m)).map(|m| m.title.as_str());
        let texts = Texts::new()
            .with("title", 6, &d.title)
            .with("kind", 3, d.kind.title_ja())
            .maybe("maker", 3, maker)
            .maybe("legal_basis", 2, d.legal_basis.as_deref())
            .maybe("note", 1, d.note.as_deref());
        add(ItemKind::Document, &d.id, None, texts);
    }
    for a in pack.annotations.iter().filter(|a| counts(&a.origin.layer)) {
        let label = clauses.get(a.clause.as_str()).map(|c| c.section.as_str());
        let texts = Texts::new().with("note", 4, &a.note).maybe("quoted", 5, a.quoted.as_deref());
        add(ItemKind::Annotation, &a.id, label, texts);
    }
    entries
}
