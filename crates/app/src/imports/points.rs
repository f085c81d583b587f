//! What is still open about a draft: what a person has to do before it can be a policy that runs.
//!
//! Owns the list, its order and its bounds. Leaves its words to the edges.

use authz::{Action, Resource};
use policy::{
    Pack, Severity, SourceFile,
    import::{Draft, FindingKind, Found, MATCH_SCORE_MIN, Review},
};

use super::{ImportReview, files_of};
use crate::{App, actor::Actor, error::Result};

/// Most points of one kind that are listed; the count says how many there are.
pub const POINTS_LISTED_MAX: usize = 200;

/// A sort of open point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PointKind {
    /// The pack check refuses the draft as it is.
    Problem,
    /// Nobody decided about the statement.
    Undecided,
    /// The statement has no role, which means the whole body; or it leans on another for it.
    RoleUnsure,
    /// A value that the body must set.
    OpenWord,
    /// A reference that leads nowhere.
    Reference,
    /// Something odd about the text.
    Finding,
    /// No statement of the packs compared with is near.
    Unmatched,
}

impl PointKind {
    /// Every kind with its word.
    pub const WORDS: &'static [(&'static str, PointKind)] = &[
        ("problem", Self::Problem),
        ("undecided", Self::Undecided),
        ("role-unsure", Self::RoleUnsure),
        ("open-word", Self::OpenWord),
        ("reference", Self::Reference),
        ("finding", Self::Finding),
        ("unmatched", Self::Unmatched),
    ];

    /// Its word.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

/// One open point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPoint {
    /// Number of the node it is about.
    pub node: usize,
    /// Number of the statement, if it is about one.
    pub statement: Option<usize>,
    /// Where: the label of the node.
    pub label: String,
    /// What: words of the text, or of the check.
    pub words: String,
}

/// The open points of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPoints {
    /// Which kind.
    pub kind: PointKind,
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub points: Vec<OpenPoint>,
}

/// Whether the role of a statement is sure: the sentence names it, or a person set or confirmed it.
#[must_use]
pub fn role_is_unsure(found: &Found, review: &Review) -> bool {
    *review == Review::Open && (found.roles.is_empty() || !found.roles_named)
}

/// Whether the best match is one that the summary counts.
#[must_use]
pub fn is_matched(found: &Found) -> bool {
    found.matches.first().is_some_and(|best| best.score >= MATCH_SCORE_MIN)
}

impl App {
    /// What is still open about a review, by kind.
    ///
    /// # Errors
    /// [`crate::Error::Denied`], [`crate::Error::NotFound`].
    pub async fn import_points(&self, actor: &Actor, id: &str) -> Result<Vec<OpenPoints>> {
        let _allowed = self.permit(actor, Action::ViewImports, &Resource::City).await?;
        let review = self.review_of(id).await?;
        let problems = self.problems(&review)?;
        let mut all = vec![listed(PointKind::Problem, problems)];
        all.extend(of_draft(&review.draft));
        all.retain(|points| points.count > 0);
        Ok(all)
    }

    /// What the check of packs says about the draft.
    fn problems(&self, review: &ImportReview) -> Result<Vec<OpenPoint>> {
        let own = files_of(review)?;
        let folder = format!("{}/", review.head.layer);
        let mut files: Vec<SourceFile> =
            self.house.ports.policies.iter().filter(|f| !f.path.starts_with(&folder)).cloned().collect();
        files.extend(own.into_iter().map(|(path, text)| SourceFile { path, text }));
        let problems = match Pack::resolve(&files, &review.head.layer) {
            Ok(_) => return Ok(Vec::new()),
            Err(problems) => problems,
        };
        Ok(problems
            .iter()
            .filter(|p| p.severity == Severity::Error)
            .map(|p| OpenPoint {
                node: 0,
                statement: None,
                label: format!("{}:{}", p.file, p.line),
                words: format!("{} {}", p.message, p.instead),
            })
            .collect())
    }
}

fn listed(kind: PointKind, mut points: Vec<OpenPoint>) -> OpenPoints {
    let count = points.len();
    points.truncate(POINTS_LISTED_MAX);
    OpenPoints { kind, count, points }
}

/// The points that follow from the draft alone. A statement that was dropped is none.
fn of_draft(draft: &Draft) -> Vec<OpenPoints> {
    let import = draft.import();
    let kept = || {
        let all = import.statements.iter().zip(draft.reviews()).enumerate();
        all.filter(|(_, (_, review))| !matches!(review, Review::Dropped { .. }))
    };
    let about = |number: usize, found: &Found, words: String| OpenPoint {
        node: found.node,
        statement: Some(number),
        label: found.label.clone(),
        words,
    };
    let statements = |wanted: &dyn Fn(usize, &Found, &Review) -> bool| -> Vec<OpenPoint> {
        kept()
            .filter(|(number, (found, review))| wanted(*number, found, review))
            .map(|(number, (found, _))| about(number, found, found.text.clone()))
            .collect()
    };
    let open_words = kept()
        .filter(|(_, (found, _))| !found.open_words.is_empty())
        .map(|(number, (found, _))| about(number, found, found.open_words.join("、")))
        .collect();
    let references = kept()
        .flat_map(|(number, (found, _))| {
            found.references.iter().filter(|r| r.nodes.is_empty()).map(move |r| (number, found, r))
        })
        .map(|(number, found, reference)| about(number, found, reference.words.clone()))
        .collect();
    let findings = import
        .findings
        .iter()
        .filter(|finding| finding.kind != FindingKind::ReferenceOpen)
        .map(|finding| OpenPoint {
            node: finding.node,
            statement: None,
            label: import.nodes.get(finding.node).map(|n| n.label.clone()).unwrap_or_default(),
            words: format!("「{}」 {}", finding.quoted, finding.kind.words_ja()),
        })
        .collect();
    vec![
        listed(PointKind::Undecided, statements(&|_, _, review| *review == Review::Open)),
        listed(PointKind::RoleUnsure, statements(&|_, found, review| role_is_unsure(found, review))),
        listed(PointKind::OpenWord, open_words),
        listed(PointKind::Reference, references),
        listed(PointKind::Finding, findings),
        listed(
            PointKind::Unmatched,
            statements(&|number, found, _| !is_matched(found) && draft.same(number).is_none()),
        ),
    ]
}
