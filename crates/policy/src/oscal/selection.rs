//! What of a pack goes into an export.
//!
//! Owns: the three cuts (the whole pack, what a layer adds to those below, what may be public) and telling what was left out.
//! Leaves to others: writing it.
//!
//! What may be public is decided narrowly: only what stands in a clause of a public document, and of that what the document
//! says. How the body keeps it (mechanisms, evidence, remarks, who decided what) is nobody else's business.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Annotation, Clause, Document, Maker, Pack, Parameter, Revision, Role, ScopeItem, Statement, Term,
};

macro_rules! alike {
    ($($name:ident: $type:ty),+ $(,)?) => { $(
        /// Whether two say the same, wherever each was written.
        pub(super) fn $name(a: &$type, b: &$type) -> bool {
            let mut b = b.clone();
            b.origin = a.origin.clone();
            *a == b
        }
    )+ };
}

alike! {
    same_annotation: Annotation,
    same_clause: Clause,
    same_document: Document,
    same_maker: Maker,
    same_revision: Revision,
    same_role: Role,
    same_scope: ScopeItem,
    same_statement: Statement,
    same_term: Term,
}

/// Whether two parameters say the same, wherever each was written.
pub(super) fn same_parameter(a: &Parameter, b: &Parameter) -> bool {
    let mut b = b.clone();
    b.origin = a.origin.clone();
    b.value_origin.clone_from(&a.value_origin);
    *a == b
}

/// What an export does not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Titles of the documents that are not public.
    pub documents: Vec<String>,
    /// How many statements stand in those, or in no document.
    pub statements: usize,
}

/// A cut of a pack.
pub(super) struct Selection<'p> {
    pub(super) pack: &'p Pack,
    /// Whether it is for everybody.
    pub(super) public: bool,
    /// Whether it is the whole pack, not only what its own layer adds.
    pub(super) whole: bool,
    clauses: BTreeSet<&'p str>,
    statements: BTreeSet<&'p str>,
    below: Option<&'p Pack>,
    titles: BTreeMap<&'p str, &'p Document>,
}

impl<'p> Selection<'p> {
    /// Everything, or what of it may be public.
    pub(super) fn whole(pack: &'p Pack, public: bool) -> Self {
        Self::new(pack, None, public)
    }

    /// What the pack adds to the one below it, or says otherwise.
    pub(super) fn own(pack: &'p Pack, below: &'p Pack, public: bool) -> Self {
        Self::new(pack, Some(below), public)
    }

    fn new(pack: &'p Pack, below: Option<&'p Pack>, public: bool) -> Self {
        let titles: BTreeMap<&str, &Document> = pack.documents().iter().map(|d| (d.id.as_str(), d)).collect();
        let mut selection = Self {
            pack,
            public,
            whole: below.is_none(),
            clauses: BTreeSet::new(),
            statements: BTreeSet::new(),
            below,
            titles,
        };
        let known: BTreeMap<&str, &Clause> = pack.clauses().iter().map(|c| (c.id.as_str(), c)).collect();
        let shown: BTreeSet<&str> = pack
            .clauses()
            .iter()
            .filter(|c| selection.shows(c.document.as_deref()))
            .map(|c| c.id.as_str())
            .collect();
        let lower: BTreeMap<&str, &Statement> =
            below.into_iter().flat_map(|b| b.statements()).map(|s| (s.id.as_str(), s)).collect();
        for statement in pack.statements().iter().filter(|s| shown.contains(s.clause.as_str())) {
            if lower.get(statement.id.as_str()).is_none_or(|other| !same_statement(statement, other)) {
                selection.statements.insert(&statement.id);
            }
        }
        let added = |clause: &Clause| {
            below.and_then(|b| b.clause(&clause.id)).is_none_or(|other| !same_clause(clause, other))
        };
        let of_statements = pack
            .statements()
            .iter()
            .filter(|s| selection.statements.contains(s.id.as_str()))
            .map(|s| s.clause.as_str());
        let own = pack
            .clauses()
            .iter()
            .filter(|c| shown.contains(c.id.as_str()) && added(c))
            .map(|c| c.id.as_str());
        let lower_notes: BTreeMap<&str, &Annotation> =
            below.into_iter().flat_map(|b| b.annotations()).map(|a| (a.id.as_str(), a)).collect();
        let noted = pack.annotations().iter().filter(|a| {
            !public && lower_notes.get(a.id.as_str()).is_none_or(|other| !same_annotation(a, other))
        });
        let wanted: Vec<&str> = of_statements.chain(own).chain(noted.map(|a| a.clause.as_str())).collect();
        for id in wanted {
            // The way up is shown with it, unless it leads through a document that is not.
            let mut at = known.get(id).copied();
            while let Some(clause) = at.filter(|c| shown.contains(c.id.as_str())) {
                if !selection.clauses.insert(&clause.id) {
                    break;
                }
                at = clause.parent.as_deref().and_then(|parent| known.get(parent).copied());
            }
        }
        selection
    }

    /// Whether what stands in this document may be shown.
    fn shows(&self, document: Option<&str>) -> bool {
        !self.public || document.and_then(|id| self.titles.get(id)).is_some_and(|d| d.public)
    }

    /// Whether what belongs to this clause goes in. What belongs to none is not public.
    fn has_text_of(&self, clause: Option<&str>) -> bool {
        match clause {
            Some(id) => self.pack.clause(id).is_some_and(|c| self.shows(c.document.as_deref())),
            None => !self.public,
        }
    }

    pub(super) fn clauses(&self) -> impl Iterator<Item = &'p Clause> {
        self.pack.clauses().iter().filter(|c| self.clauses.contains(c.id.as_str()))
    }

    pub(super) fn statements(&self) -> impl Iterator<Item = &'p Statement> {
        self.pack.statements().iter().filter(|s| self.statements.contains(s.id.as_str()))
    }

    /// Documents that are public, when that matters, and of a layer those that it wrote or has clauses of.
    pub(super) fn documents(&self) -> Vec<&'p Document> {
        let used: BTreeSet<&str> = self.clauses().filter_map(|c| c.document.as_deref()).collect();
        let below = |d: &Document| {
            self.below.and_then(|b| b.document(&d.id)).is_some_and(|other| same_document(d, other))
        };
        let all = self.pack.documents().iter();
        all.filter(|d| self.shows(Some(&d.id)) && (used.contains(d.id.as_str()) || !below(d))).collect()
    }

    /// Parameters of the text that goes in. One without a clause belongs to the statements that leave it open.
    pub(super) fn parameters(&self) -> Vec<&'p Parameter> {
        let open: BTreeSet<&str> =
            self.statements().flat_map(|s| &s.parameters).map(String::as_str).collect();
        let below = |p: &Parameter| self.below.is_some_and(|b| b.parameter(&p.id).is_some());
        let shown = |p: &Parameter| match &p.clause {
            Some(clause) => self.has_text_of(Some(clause)),
            None => !self.public || open.contains(p.id.as_str()),
        };
        self.pack.parameters().iter().filter(|p| !below(p) && shown(p)).collect()
    }

    /// Parameters of packs below that this one settles otherwise.
    pub(super) fn settled(&self) -> Vec<&'p Parameter> {
        let changed = |p: &&Parameter| {
            self.below.and_then(|b| b.parameter(&p.id)).is_some_and(|other| !same_parameter(p, other))
        };
        let shown = |p: &&Parameter| self.has_text_of(p.clause.as_deref());
        self.pack.parameters().iter().filter(changed).filter(shown).collect()
    }

    /// Roles: all of them, or those that the public text names.
    pub(super) fn roles(&self) -> Vec<&'p Role> {
        let named: BTreeSet<&str> = self
            .statements()
            .flat_map(|s| s.roles.iter().chain(s.counterparties.iter().flat_map(|c| &c.roles)))
            .map(String::as_str)
            .collect();
        let wanted = |r: &&Role| (self.whole && !self.public) || named.contains(r.id.as_str());
        self.pack.roles().iter().filter(wanted).collect()
    }

    /// Makers: all of them, or those of public documents.
    pub(super) fn makers(&self) -> Vec<&'p Maker> {
        let used: BTreeSet<&str> = self.documents().iter().filter_map(|d| d.maker.as_deref()).collect();
        let wanted = |m: &&Maker| (self.whole && !self.public) || used.contains(m.id.as_str());
        self.pack.makers().iter().filter(wanted).collect()
    }

    pub(super) fn terms(&self) -> Vec<&'p Term> {
        let below =
            |t: &Term| self.below.and_then(|b| b.term(&t.id)).is_some_and(|other| same_term(t, other));
        self.pack.terms().iter().filter(|t| self.has_text_of(t.clause.as_deref()) && !below(t)).collect()
    }

    pub(super) fn scope(&self) -> Vec<&'p ScopeItem> {
        let below = |s: &ScopeItem| {
            self.below.and_then(|b| b.scope_item(&s.id)).is_some_and(|other| same_scope(s, other))
        };
        self.pack.scope().iter().filter(|s| self.has_text_of(s.clause.as_deref()) && !below(s)).collect()
    }

    /// Remarks on a text's slips are the house's own, never public.
    pub(super) fn annotations(&self) -> Vec<&'p Annotation> {
        let below = |a: &Annotation| {
            self.below.and_then(|b| b.annotation(&a.id)).is_some_and(|other| same_annotation(a, other))
        };
        self.pack.annotations().iter().filter(|a| !self.public && !below(a)).collect()
    }

    pub(super) fn revisions(&self) -> Vec<&'p Revision> {
        let below = |r: &Revision| {
            self.below.and_then(|b| b.revision(&r.id)).is_some_and(|other| same_revision(r, other))
        };
        let shown = |r: &Revision| match &r.document {
            Some(document) => self.shows(Some(document)),
            None => !self.public,
        };
        self.pack.revisions().iter().filter(|r| shown(r) && !below(r)).collect()
    }

    /// Documents in it that are not public; statements of no document count as such, under the pack's own title.
    pub(super) fn internal(&self) -> Vec<&'p str> {
        if self.public {
            return Vec::new();
        }
        let mut titles: Vec<&str> =
            self.documents().into_iter().filter(|d| !d.public).map(|d| d.title.as_str()).collect();
        let homeless = self.clauses().any(|c| c.document.is_none());
        if homeless {
            titles.push(self.pack.title());
        }
        titles
    }

    /// What is not in it because it is not public.
    pub(super) fn left_out(&self) -> LeftOut {
        if !self.public {
            return LeftOut::default();
        }
        let documents = self.pack.documents().iter().filter(|d| !d.public).map(|d| d.title.clone()).collect();
        let hidden = |s: &&Statement| !self.has_text_of(Some(&s.clause));
        LeftOut { documents, statements: self.pack.statements().iter().filter(hidden).count() }
    }
}
