//! What of a pack anybody may read.
//!
//! Owns: which clauses, statements, values and words belong to public documents, and nothing else; refusing what is not
//! public; the JSON form.
//! Leaves to others: the page (`web`), and whether and when it is published (`app`).
//!
//! Fail closed: what stands in no document, or in one that is not public, is absent, and so is everything that points at
//! it. A value is shown only when each statement that names it is public. Notes, annotations, mechanisms, proofs and who
//! decided a value are for those who look after the pack and are in no publication.

use serde::Serialize;

use crate::model::{Clause, Document, Pack, Statement};
use crate::wareki;

/// The public part of a pack. The JSON form is this struct; docs/format-pack.md describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Publication {
    /// Version of this schema.
    pub format: u32,
    /// The body.
    pub body: Option<PublishedBody>,
    /// Title of the policy.
    pub title: String,
    /// Its version, in the body's words.
    pub version: String,
    /// From when it is in force, `YYYY-MM-DD`.
    pub effective_from: Option<String>,
    /// Who made which documents.
    pub makers: Vec<PublishedMaker>,
}

/// The body whose policy it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedBody {
    /// Its name.
    pub name: String,
    /// Its 全国地方公共団体コード.
    pub code: String,
}

/// A maker and the public documents made there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedMaker {
    /// Its title; absent where the pack names none.
    pub title: Option<String>,
    /// Its documents.
    pub documents: Vec<PublishedDocument>,
}

/// A public document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedDocument {
    /// Id.
    pub id: String,
    /// The body's own name for it.
    pub title: String,
    /// What it is, in words.
    pub kind: &'static str,
    /// What it stands on.
    pub legal_basis: Option<String>,
    /// Days on which it came into force, `YYYY-MM-DD`, the oldest first.
    pub revisions: Vec<String>,
    /// Its clauses in the order of the text.
    pub clauses: Vec<PublishedClause>,
    /// Words that it defines.
    pub terms: Vec<PublishedTerm>,
}

/// A clause of a public document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedClause {
    /// Id.
    pub id: String,
    /// Number as printed.
    pub section: String,
    /// Title.
    pub title: String,
    /// How many public clauses stand above it.
    pub depth: usize,
    /// Its statements.
    pub statements: Vec<PublishedStatement>,
}

/// A statement of a public document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedStatement {
    /// The text's number for it.
    pub label: String,
    /// What it asks for.
    pub gist: String,
    /// How binding it is, in words.
    pub modality: &'static str,
    /// Who is obliged, in words; none means the body.
    pub roles: Vec<String>,
    /// When it applies.
    pub trigger: Option<String>,
    /// Values that it leaves open and that the body has set.
    pub values: Vec<PublishedParameter>,
}

/// A value that a public statement leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedParameter {
    /// What it is.
    pub title: String,
    /// As people read it.
    pub value: String,
}

/// A word that a public document defines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedTerm {
    /// The word.
    pub word: String,
    /// What it means.
    pub meaning: String,
}

/// Why nothing is published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicationRefusal {
    /// The pack says that nobody outside may read it.
    #[error("the document `{id}` ({title}) is not public")]
    NotPublic {
        /// The document.
        id: String,
        /// Its title.
        title: String,
    },
    /// There is no such document.
    #[error("there is no document `{0}`")]
    Unknown(String),
    /// No document of the pack is public.
    #[error("no document of the pack is public")]
    Nothing,
}

impl Publication {
    /// The public part of a pack: all of it, or of these documents only.
    ///
    /// # Errors
    /// [`PublicationRefusal`] when a document that was asked for is not public, and when none is.
    pub fn new(pack: &Pack, only: &[String]) -> Result<Self, PublicationRefusal> {
        for id in only {
            let document = pack.document(id).ok_or_else(|| PublicationRefusal::Unknown(id.clone()))?;
            if !document.public {
                return Err(PublicationRefusal::NotPublic { id: id.clone(), title: document.title.clone() });
            }
        }
        let wanted = |d: &&Document| d.public && (only.is_empty() || only.contains(&d.id));
        let documents: Vec<&Document> = pack.documents.iter().filter(wanted).collect();
        if documents.is_empty() {
            return Err(PublicationRefusal::Nothing);
        }
        let of = |maker: Option<&str>| -> Vec<PublishedDocument> {
            documents.iter().filter(|d| d.maker.as_deref() == maker).map(|d| published(pack, d)).collect()
        };
        let mut makers: Vec<PublishedMaker> = pack
            .makers
            .iter()
            .map(|m| PublishedMaker { title: Some(m.title.clone()), documents: of(Some(&m.id)) })
            .collect();
        makers.push(PublishedMaker { title: None, documents: of(None) });
        makers.retain(|m| !m.documents.is_empty());
        Ok(Self {
            format: 1,
            body: pack
                .municipality
                .as_ref()
                .map(|m| PublishedBody { name: m.name.clone(), code: m.code.clone() }),
            title: pack.title.clone(),
            version: pack.version.clone(),
            effective_from: pack.effective_from.clone(),
            makers,
        })
    }

    /// For programs: this struct as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and numbers only: serialising cannot fail. An empty text would be refused by every reader.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// From when it is in force, as people read it.
    #[must_use]
    pub fn effective_ja(&self) -> Option<String> {
        self.effective_from.as_deref().map(wareki)
    }
}

impl PublishedDocument {
    /// The days on which it came into force, as people read them.
    #[must_use]
    pub fn revisions_ja(&self) -> Vec<String> {
        self.revisions.iter().map(|date| wareki(date)).collect()
    }
}

fn published(pack: &Pack, document: &Document) -> PublishedDocument {
    let mine = |clause: &&Clause| clause.document.as_deref() == Some(document.id.as_str());
    let in_mine = |id: &Option<String>| {
        id.as_deref().and_then(|id| pack.clause(id)).is_some_and(|clause| mine(&clause))
    };
    PublishedDocument {
        id: document.id.clone(),
        title: document.title.clone(),
        kind: document.kind.title_ja(),
        legal_basis: document.legal_basis.clone(),
        revisions: pack
            .revisions
            .iter()
            .filter(|r| r.document.as_deref() == Some(document.id.as_str()))
            .map(|r| r.date.clone())
            .collect(),
        clauses: pack
            .clauses
            .iter()
            .filter(mine)
            .map(|clause| PublishedClause {
                id: clause.id.clone(),
                section: clause.section.clone(),
                title: clause.title.clone(),
                depth: depth(pack, clause),
                statements: pack
                    .statements
                    .iter()
                    .filter(|s| s.clause == clause.id)
                    .map(|s| statement(pack, s))
                    .collect(),
            })
            .collect(),
        terms: pack
            .terms
            .iter()
            .filter(|t| in_mine(&t.clause))
            .map(|t| PublishedTerm { word: t.word.clone(), meaning: t.meaning.clone() })
            .collect(),
    }
}

/// How many clauses of the same document stand above it. Loops are refused when the pack is read.
fn depth(pack: &Pack, clause: &Clause) -> usize {
    let above = |c: &Clause| {
        let parent = pack.clause(c.parent.as_deref()?)?;
        (parent.document == clause.document).then_some(parent)
    };
    std::iter::successors(above(clause), |c| above(c)).count()
}

fn statement(pack: &Pack, s: &Statement) -> PublishedStatement {
    PublishedStatement {
        label: s.label.clone(),
        gist: s.gist_ja.clone(),
        modality: s.modality.title_ja(),
        roles: s.roles.iter().map(|r| pack.role_title(r).to_owned()).collect(),
        trigger: s.trigger.clone(),
        values: s
            .parameters
            .iter()
            .filter(|id| value_is_public(pack, id))
            .filter_map(|id| {
                let parameter = pack.parameter(id)?;
                let value = parameter.value.as_ref()?.to_string();
                let unit = parameter.kind.unit_ja();
                Some(PublishedParameter { title: parameter.title.clone(), value: format!("{value}{unit}") })
            })
            .collect(),
    }
}

/// A value belongs to its clause and to every statement that names it: one that is not public keeps it back.
fn value_is_public(pack: &Pack, id: &str) -> bool {
    let by_clause = pack.parameter(id).and_then(|p| p.clause.as_deref()).is_none_or(|c| in_public(pack, c));
    let naming = pack.statements.iter().filter(|s| s.parameters.iter().any(|p| p == id));
    by_clause && naming.clone().next().is_some() && naming.clone().all(|s| in_public(pack, &s.clause))
}

fn in_public(pack: &Pack, clause: &str) -> bool {
    let document = pack.clause(clause).and_then(|c| c.document.as_deref());
    document.and_then(|id| pack.document(id)).is_some_and(|d| d.public)
}
