//! A pack as a catalog.
//!
//! Owns: documents and clauses as groups, statements as controls, and where terms, scope, revisions and remarks stand.
//! Leaves to others: what goes in (`selection`), metadata, parameters.

use std::collections::{BTreeMap, BTreeSet};

use super::Options;
use super::identity::{NAMESPACE, Tokens, statement_uri};
use super::json::{Json, Writer};
use super::markup;
use super::metadata::{maker, metadata};
use super::names::{group, label, own, owns, part, prop, words};
use super::parameters::parameter;
use super::selection::Selection;
use crate::model::{Annotation, Clause, Document, Revision, ScopeItem, Statement, Term};

/// The catalog of a cut of a pack, without its outer object.
pub(super) fn catalog(selection: &Selection<'_>, options: &Options<'_>) -> Writer {
    let title = if selection.whole {
        selection.pack.title().to_owned()
    } else {
        format!("{}(この層が加えるもの)", selection.pack.title())
    };
    let catalog = Cut::new(selection);
    Writer::new()
        .put("metadata", metadata(selection, &title, options))
        .list("params", selection.parameters().into_iter().map(|p| parameter(selection, p)).collect())
        .list("groups", catalog.groups())
}

struct Cut<'s, 'p> {
    selection: &'s Selection<'p>,
    tokens: Tokens,
    children: BTreeMap<Option<&'p str>, Vec<&'p Clause>>,
    statements: BTreeMap<&'p str, Vec<&'p Statement>>,
    controls: BTreeMap<&'p str, &'p str>,
    terms: BTreeMap<Option<&'p str>, Vec<&'p Term>>,
    scope: BTreeMap<Option<&'p str>, Vec<&'p ScopeItem>>,
    annotations: BTreeMap<&'p str, Vec<&'p Annotation>>,
}

impl<'s, 'p> Cut<'s, 'p> {
    fn new(selection: &'s Selection<'p>) -> Self {
        let present: BTreeSet<&str> = selection.clauses().map(|c| c.id.as_str()).collect();
        let home = |clause: Option<&'p str>| clause.filter(|id| present.contains(id));
        let mut children: BTreeMap<Option<&str>, Vec<&Clause>> = BTreeMap::new();
        for clause in selection.clauses() {
            children.entry(home(clause.parent.as_deref())).or_default().push(clause);
        }
        let mut statements: BTreeMap<&str, Vec<&Statement>> = BTreeMap::new();
        for statement in selection.statements() {
            statements.entry(&statement.clause).or_default().push(statement);
        }
        let mut terms: BTreeMap<Option<&str>, Vec<&Term>> = BTreeMap::new();
        for term in selection.terms() {
            terms.entry(home(term.clause.as_deref())).or_default().push(term);
        }
        let mut scope: BTreeMap<Option<&str>, Vec<&ScopeItem>> = BTreeMap::new();
        for item in selection.scope() {
            scope.entry(home(item.clause.as_deref())).or_default().push(item);
        }
        let mut annotations: BTreeMap<&str, Vec<&Annotation>> = BTreeMap::new();
        for annotation in selection.annotations() {
            annotations.entry(&annotation.clause).or_default().push(annotation);
        }
        Self {
            selection,
            tokens: Tokens::of(selection.pack),
            children,
            controls: selection.statements().map(|s| (s.id.as_str(), s.ascii.as_str())).collect(),
            statements,
            terms,
            scope,
            annotations,
        }
    }

    /// The documents with their clauses, the clauses of no document, and what belongs to neither.
    fn groups(&self) -> Vec<Json> {
        let documents = self.selection.documents();
        let listed: BTreeSet<&str> = documents.iter().map(|d| d.id.as_str()).collect();
        let tops = self.children.get(&None).map_or(&[][..], Vec::as_slice);
        let mut groups: Vec<Json> = Vec::new();
        for document in documents {
            let of_it = |c: &&&Clause| c.document.as_deref() == Some(document.id.as_str());
            let clauses = tops.iter().filter(of_it).map(|c| self.clause(c, Some(&document.id)));
            groups.push(self.document(document, clauses.collect()));
        }
        let elsewhere = |c: &&&Clause| c.document.as_deref().is_none_or(|d| !listed.contains(d));
        groups.extend(tops.iter().filter(elsewhere).map(|c| self.clause(c, None)));
        groups.extend(self.context());
        groups
    }

    fn document(&self, d: &Document, clauses: Vec<Json>) -> Json {
        let id = self.tokens.document(&d.id);
        let mut props: Vec<Json> = Vec::new();
        props.extend(own(prop::DOCUMENT, &d.id));
        props.extend(own(prop::KIND, d.kind.id()));
        props.extend(own(prop::PUBLIC, if d.public { "true" } else { "false" }));
        props.extend(d.maker.as_deref().and_then(|m| own(prop::MAKER, m)));
        let links = d.maker.as_deref().map(|m| {
            Writer::new()
                .put("href", format!("#{}", maker(self.selection.pack, m)))
                .put("rel", "maker")
                .object()
        });
        let mut parts: Vec<Json> = Vec::new();
        parts.extend(
            d.legal_basis.as_deref().map(|w| words(self.tokens.part(&id, "basis"), part::LEGAL_BASIS, w)),
        );
        parts.extend(
            d.note
                .as_deref()
                .filter(|_| !self.selection.public)
                .map(|w| words(self.tokens.part(&id, "note"), part::NOTE, w)),
        );
        let revisions = self.selection.revisions();
        let of_it = revisions.iter().filter(|r| r.document.as_deref() == Some(d.id.as_str()));
        parts.extend(of_it.map(|r| self.revision(r)));
        Writer::new()
            .put("id", id)
            .put("class", group::DOCUMENT)
            .put("title", markup::line(&d.title))
            .list("props", props)
            .list("links", links.into_iter().collect())
            .list("parts", parts)
            .list("groups", clauses)
            .object()
    }

    fn clause(&self, clause: &Clause, document: Option<&str>) -> Json {
        let id = self.tokens.clause(&clause.id);
        let mut props: Vec<Json> = Vec::new();
        props.extend(label(&clause.section));
        props.extend(own(prop::CLAUSE, &clause.id));
        // Only where it is not that of the group around.
        let other = clause.document.as_deref().filter(|d| Some(*d) != document);
        props.extend(other.and_then(|d| own(prop::DOCUMENT, d)));
        if !self.selection.public {
            props.extend(own(prop::LAYER, &clause.origin.layer));
        }
        let mut parts: Vec<Json> = Vec::new();
        let key = Some(clause.id.as_str());
        parts.extend(self.terms.get(&key).into_iter().flatten().map(|t| self.term(t)));
        parts.extend(self.scope.get(&key).into_iter().flatten().map(|s| self.scope_item(s)));
        let annotations = self.annotations.get(clause.id.as_str()).into_iter().flatten();
        parts.extend(annotations.map(|a| self.annotation(a)));
        let below = self.children.get(&key).map_or(&[][..], Vec::as_slice);
        let inner: Vec<Json> = below.iter().map(|c| self.clause(c, clause.document.as_deref())).collect();
        let own: Vec<Json> =
            self.statements.get(clause.id.as_str()).into_iter().flatten().map(|s| self.control(s)).collect();
        let head = Writer::new()
            .put("id", id.as_str())
            .put("class", group::CLAUSE)
            .put("title", markup::line(&clause.title))
            .list("props", props)
            .list("parts", parts);
        if inner.is_empty() || own.is_empty() {
            return head.list("groups", inner).list("controls", own).object();
        }
        let first = Writer::new()
            .put("id", self.tokens.part(&id, "own"))
            .put("class", group::STATEMENTS)
            .put("title", markup::line(&clause.title))
            .list("controls", own)
            .object();
        head.list("groups", std::iter::once(first).chain(inner).collect()).object()
    }

    fn control(&self, s: &Statement) -> Json {
        let id = s.ascii.as_str();
        let internal = !self.selection.public;
        let mut props: Vec<Json> = Vec::new();
        props.extend(label(&s.label));
        props.extend(own(prop::STATEMENT, &s.id));
        // Resolvers of profiles keep a group's title at most.
        props.extend(own(prop::CLAUSE, &s.clause));
        props.extend(own(prop::TYPE, s.kind.id()));
        props.extend(own(prop::MODALITY, s.modality.id()));
        props.extend(owns(prop::ROLE, &s.roles));
        props.extend(s.title.as_deref().and_then(|t| own(prop::TITLE, t)));
        props.extend(owns(prop::PARAMETER, &s.parameters));
        for (number, counterparty) in s.counterparties.iter().enumerate() {
            for (place, role) in counterparty.roles.iter().enumerate() {
                let note = counterparty.note.as_deref().filter(|_| place == 0 && internal);
                props.push(
                    Writer::new()
                        .put("name", prop::COUNTERPARTY)
                        .put("ns", NAMESPACE)
                        .put("value", role.as_str())
                        .put("class", counterparty.act.id())
                        // Those of one group act together.
                        .put("group", format!("c{}", number + 1))
                        .maybe("remarks", note.map(markup::prose))
                        .object(),
                );
            }
        }
        if internal {
            props.extend(own(prop::ASSURANCE, s.assurance.id()));
            props.extend(own(prop::CAPABILITY, &s.capability));
            props.extend(s.mechanisms.iter().filter_map(|m| own(prop::MECHANISM, m.id())));
            props.extend(owns(prop::ACT, &s.acts));
            props.extend(owns(prop::SOURCE, &s.sources));
            props.extend(own(prop::LAYER, &s.origin.layer));
        }
        let links = s.relations.iter().map(|r| {
            let href = match self.controls.get(r.to.as_str()) {
                Some(control) => format!("#{control}"),
                None => statement_uri(&r.to),
            };
            Writer::new().put("href", href).put("rel", r.kind.id()).put("text", markup::line(&r.to)).object()
        });
        let tokens = &self.tokens;
        let mut parts = vec![
            Writer::new()
                .put("id", tokens.part(id, "smt"))
                .put("name", part::STATEMENT)
                .put("prose", markup::prose(&s.gist_ja))
                .object(),
            words(tokens.part(id, "en"), part::GIST_EN, &s.gist_en),
        ];
        parts.extend(s.trigger.as_deref().map(|w| words(tokens.part(id, "trigger"), part::TRIGGER, w)));
        if internal {
            parts
                .extend(s.evidence.as_deref().map(|w| words(tokens.part(id, "evidence"), part::EVIDENCE, w)));
            parts.extend(s.note.as_deref().map(|w| words(tokens.part(id, "note"), part::NOTE, w)));
        }
        // A reader of OSCAL learns from the prose alone which parameters a control takes in.
        for (number, parameter) in s.parameters.iter().enumerate() {
            parts.push(
                Writer::new()
                    .put("id", tokens.part(id, &format!("p{}", number + 1)))
                    .put("name", part::PARAMETER)
                    .put("ns", NAMESPACE)
                    .put("prose", markup::insert(parameter))
                    .object(),
            );
        }
        Writer::new()
            .put("id", id)
            .put("class", s.kind.id())
            .put("title", markup::line(s.short()))
            .list("props", props)
            .list("links", links.collect())
            .list("parts", parts)
            .object()
    }

    fn term(&self, t: &Term) -> Json {
        let mut props: Vec<Json> = Vec::new();
        props.extend(own(prop::TERM, &t.id));
        props.extend(t.same_as.as_deref().and_then(|word| own(prop::SAME_AS, word)));
        Writer::new()
            .put("id", self.tokens.part("term", &t.id))
            .put("name", part::TERM)
            .put("ns", NAMESPACE)
            .put("title", markup::line(&t.word))
            .list("props", props)
            .put("prose", markup::prose(&t.meaning))
            .object()
    }

    fn scope_item(&self, s: &ScopeItem) -> Json {
        let id = self.tokens.part("scope", &s.id);
        let mut props: Vec<Json> = Vec::new();
        props.extend(own(prop::SCOPE, &s.id));
        props.extend(own(prop::KIND, s.kind.id()));
        props.extend(own(prop::EXCLUDED, if s.excluded { "true" } else { "false" }));
        let reason = s.reason.as_deref().map(|w| words(self.tokens.part(&id, "reason"), part::REASON, w));
        let said = if s.excluded { "対象外" } else { "対象" };
        Writer::new()
            .put("id", id.as_str())
            .put("name", part::SCOPE)
            .put("ns", NAMESPACE)
            .put("title", markup::line(&s.title))
            .list("props", props)
            .put("prose", markup::prose(&format!("{said}: {}", s.title)))
            .list("parts", reason.into_iter().collect())
            .object()
    }

    fn annotation(&self, a: &Annotation) -> Json {
        let mut props: Vec<Json> = Vec::new();
        props.extend(own(prop::ANNOTATION, &a.id));
        props.extend(a.quoted.as_deref().and_then(|q| own(prop::QUOTED, q)));
        Writer::new()
            .put("id", self.tokens.part("annotation", &a.id))
            .put("name", part::ANNOTATION)
            .put("ns", NAMESPACE)
            .list("props", props)
            .put("prose", markup::prose(&a.note))
            .object()
    }

    fn revision(&self, r: &Revision) -> Json {
        let mut props: Vec<Json> = Vec::new();
        props.extend(own(prop::REVISION, &r.id));
        props.extend(own(prop::DATE, &r.date));
        let id = self.tokens.part("revision", &r.id);
        let note = r.note.as_deref().filter(|_| !self.selection.public);
        let note = note.map(|w| words(self.tokens.part(&id, "note"), part::NOTE, w));
        Writer::new()
            .put("id", id.as_str())
            .put("name", part::REVISION)
            .put("ns", NAMESPACE)
            .list("props", props)
            .put("prose", markup::prose(&format!("{} 施行", crate::wareki(&r.date))))
            .list("parts", note.into_iter().collect())
            .object()
    }

    /// What belongs to no clause and no document. An annotation always belongs to a clause, but not always to one that is
    /// in the cut.
    fn context(&self) -> Option<Json> {
        let mut parts: Vec<Json> = Vec::new();
        parts.extend(self.terms.get(&None).into_iter().flatten().map(|t| self.term(t)));
        parts.extend(self.scope.get(&None).into_iter().flatten().map(|s| self.scope_item(s)));
        let documents: BTreeSet<&str> = self.selection.documents().iter().map(|d| d.id.as_str()).collect();
        let revisions = self.selection.revisions();
        let homeless = |r: &&&Revision| r.document.as_deref().is_none_or(|d| !documents.contains(d));
        parts.extend(revisions.iter().filter(homeless).map(|r| self.revision(r)));
        if parts.is_empty() {
            return None;
        }
        Some(
            Writer::new()
                .put("id", self.tokens.part(group::CONTEXT, "terms-and-scope"))
                .put("class", group::CONTEXT)
                .put("title", "用語、適用範囲、施行日")
                .list("parts", parts)
                .object(),
        )
    }
}
