//! The text of a policy as a reader goes through it.
//!
//! Owns: the tree of clauses, the chapters of the whole text in the order of reading, and what stands around a clause: terms
//! used, remarks, days in force, relations to other texts.
//! Leaves to others: pages and printing (`web`).

use std::collections::{HashMap, HashSet};

use crate::diff::reversed;
use crate::duties::Replacements;
use crate::model::{
    Annotation, Clause, Document, Layer, Maker, Pack, RelationKind, Revision, Statement, Term,
};
use crate::spelling::folded;

/// The deepest a tree is followed; a checked pack has no circles, and no text is as deep.
const DEPTH_MAX: usize = 64;

/// A document, or what of a layer is in none, from its first clause to its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter<'p> {
    /// The document; `None` for clauses that are in none.
    pub document: Option<&'p Document>,
    /// The layer that wrote its first clause.
    pub layer: Option<&'p Layer>,
    /// Its clauses, each before those below it.
    pub nodes: Vec<Node<'p>>,
}

/// A clause with its place in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node<'p> {
    /// The clause.
    pub clause: &'p Clause,
    /// How many clauses of the chapter stand above it.
    pub depth: usize,
    /// Its statements, those left out that the body's own text has replaced.
    pub statements: Vec<&'p Statement>,
}

/// How a statement stands to one of another text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Related<'p> {
    /// How this one stands to the other.
    pub kind: RelationKind,
    /// The other one's id.
    pub id: &'p str,
    /// The other one, when its pack is loaded.
    pub statement: Option<&'p Statement>,
}

impl Pack {
    /// The clauses above a clause, the outermost first.
    #[must_use]
    pub fn clauses_above<'p>(&'p self, clause: &'p Clause) -> Vec<&'p Clause> {
        let mut above: Vec<&Clause> = Vec::new();
        let mut at = clause;
        while let Some(parent) = at.parent.as_deref().and_then(|id| self.clause(id)) {
            if above.len() == DEPTH_MAX {
                break;
            }
            above.push(parent);
            at = parent;
        }
        above.reverse();
        above
    }

    /// The clauses right below a clause.
    pub fn clauses_below<'p>(&'p self, id: &'p str) -> impl Iterator<Item = &'p Clause> {
        self.clauses.iter().filter(move |c| c.parent.as_deref() == Some(id))
    }

    /// Remarks on slips of a clause.
    pub fn annotations_of<'p>(&'p self, clause: &'p str) -> impl Iterator<Item = &'p Annotation> {
        self.annotations.iter().filter(move |a| a.clause == clause)
    }

    /// The days on which a document came into force, the oldest first; those of no single document are everyone's.
    pub fn revisions_of<'p>(&'p self, document: Option<&'p str>) -> impl Iterator<Item = &'p Revision> {
        self.revisions.iter().filter(move |r| r.document.is_none() || r.document.as_deref() == document)
    }

    /// Who makes a document.
    #[must_use]
    pub fn maker_of(&self, document: &Document) -> Option<&Maker> {
        self.maker(document.maker.as_deref()?)
    }

    /// The defined words that a text uses, in the order of the list; of two layers' words the higher one's.
    #[must_use]
    pub fn terms_in(&self, text: &str) -> Vec<&Term> {
        let text = folded(text);
        let mut seen = HashSet::new();
        let mut used: Vec<&Term> = self
            .terms
            .iter()
            .rev()
            .filter(|term| {
                let word = folded(&term.word);
                !word.is_empty() && text.contains(&word) && seen.insert(word)
            })
            .collect();
        used.reverse();
        used
    }

    /// How a statement stands to others: by its own words, then by those of statements of this pack that name it.
    #[must_use]
    pub fn related<'p>(&'p self, statement: &'p Statement) -> Vec<Related<'p>> {
        let own = statement.relations.iter().map(|r| Related {
            kind: r.kind,
            id: r.to.as_str(),
            statement: self.statement(&r.to),
        });
        let mut related: Vec<Related<'_>> = own.collect();
        for other in &self.statements {
            let named = other.relations.iter().find(|r| r.to == statement.id);
            if let Some(relation) = named.filter(|_| related.iter().all(|r| r.id != other.id)) {
                related.push(Related {
                    kind: reversed(relation.kind),
                    id: &other.id,
                    statement: Some(other),
                });
            }
        }
        related
    }

    /// The whole text: documents of the highest layer first, of these the basic policy before the standard before procedures,
    /// then what is in no document. Clauses of which nothing is left,
    /// because the body's own text has replaced it, are left out.
    #[must_use]
    pub fn chapters(&self) -> Vec<Chapter<'_>> {
        let replacements = Replacements::of(self);
        let mut below: HashMap<&str, Vec<&Clause>> = HashMap::new();
        let by_id: HashMap<&str, &Clause> = self.clauses.iter().map(|c| (c.id.as_str(), c)).collect();
        // A clause opens its own tree where its parent is in another document.
        let parent = |c: &Clause| -> Option<&Clause> {
            by_id.get(c.parent.as_deref()?).copied().filter(|above| above.document == c.document)
        };
        let mut roots: Vec<&Clause> = Vec::new();
        for clause in &self.clauses {
            match parent(clause) {
                Some(above) => below.entry(above.id.as_str()).or_default().push(clause),
                None => roots.push(clause),
            }
        }
        let mut stated: HashMap<&str, Vec<&Statement>> = HashMap::new();
        for s in self.statements.iter().filter(|s| replacements.for_statement(&s.id).is_empty()) {
            stated.entry(s.clause.as_str()).or_default().push(s);
        }
        let height = |c: &Clause| self.layers.iter().position(|l| *l.id == *c.origin.layer);
        let mut chapters: Vec<Chapter<'_>> = Vec::new();
        for root in roots {
            let document = root.document.as_deref().and_then(|id| self.document(id));
            let layer = height(root).and_then(|n| self.layers.get(n));
            let same = |c: &Chapter<'_>| match document {
                Some(document) => c.document.is_some_and(|d| d.id == document.id),
                None => c.document.is_none() && c.layer == layer,
            };
            let nodes = nodes(root, &below, &stated);
            match chapters.iter_mut().find(|c| same(c)) {
                Some(chapter) => chapter.nodes.extend(nodes),
                None => chapters.push(Chapter { document, layer, nodes }),
            }
        }
        chapters.retain(|c| !c.nodes.is_empty());
        let rank = |c: &Chapter<'_>| c.nodes.iter().filter_map(|n| height(n.clause)).max();
        chapters
            .sort_by_key(|c| (c.document.is_none(), std::cmp::Reverse(rank(c)), c.document.map(|d| d.kind)));
        chapters
    }
}

/// A clause and all below it that have something to say.
fn nodes<'p>(
    root: &'p Clause,
    below: &HashMap<&str, Vec<&'p Clause>>,
    stated: &HashMap<&str, Vec<&'p Statement>>,
) -> Vec<Node<'p>> {
    let mut found: Vec<Node<'p>> = Vec::new();
    let mut waiting = vec![(root, 0)];
    while let Some((clause, depth)) = waiting.pop() {
        let statements = stated.get(clause.id.as_str()).cloned().unwrap_or_default();
        found.push(Node { clause, depth, statements });
        if depth < DEPTH_MAX {
            let children = below.get(clause.id.as_str()).into_iter().flatten().rev();
            waiting.extend(children.map(|child| (*child, depth + 1)));
        }
    }
    // From the end: a clause stays when it says something, or when one below it did.
    let mut kept: Vec<Node<'p>> = Vec::new();
    for node in found.into_iter().rev() {
        let parent_of_last = kept.last().is_some_and(|last| last.depth > node.depth);
        if !node.statements.is_empty() || parent_of_last {
            kept.push(node);
        }
    }
    kept.reverse();
    kept
}
