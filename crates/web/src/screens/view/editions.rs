//! What the pages about editions of the policy show.

use askama::Template;

use super::{Chip, FieldError, Frame};
use crate::dates::When;

/// A row in the list of editions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EditionRow {
    /// Its page; empty for what is in no store.
    pub href: String,
    /// Its id, to choose it for a comparison.
    pub id: String,
    /// Its version in the body's words.
    pub label: String,
    /// Title of the policy.
    pub title: String,
    /// How far it is.
    pub state: Chip,
    /// When it was proposed.
    pub proposed: Option<When>,
    /// From when it is or was in force.
    pub effective: Option<When>,
    /// When its public part was published.
    pub published: Option<When>,
}

/// 方針の版.
#[derive(Debug, Template)]
#[template(path = "editions.html")]
pub struct EditionsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The rows, newest first.
    pub rows: Vec<EditionRow>,
    /// The next part of the list.
    pub next_href: Option<String>,
    /// Whether what runs is the folder's text.
    pub from_folder: bool,
    /// What runs.
    pub running: String,
    /// Whether one may be proposed.
    pub may_propose: bool,
}

/// One thing wrong with a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProblemView {
    /// Whether it stops the text from being kept.
    pub error: bool,
    /// `file:line:column`.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub instead: String,
}

/// Proposing an edition.
#[derive(Debug, Template)]
#[template(path = "edition_new.html")]
pub struct EditionNewPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The pack's id, which is its folder's name.
    pub pack: String,
    /// Why it is proposed, as typed.
    pub note: String,
    /// What is wrong with the form.
    pub errors: Vec<FieldError>,
    /// What is wrong with the text.
    pub problems: Vec<ProblemView>,
}

/// A key that differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyView {
    /// What it is.
    pub key: String,
    /// As it was.
    pub before: String,
    /// As it is to be.
    pub after: String,
}

/// A statement or another item that comes, goes or changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeView {
    /// `加わる`, `なくなる` or `変わる`.
    pub what: Chip,
    /// The text's number for it.
    pub label: String,
    /// What it asks for, or its title.
    pub text: String,
    /// Who is obliged.
    pub roles: String,
    /// What differs.
    pub keys: Vec<KeyView>,
}

/// Changes of one kind, or for one role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeGroup {
    /// What they have in common.
    pub title: String,
    /// The changes.
    pub rows: Vec<ChangeView>,
}

/// One moment in an edition's life.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MomentView {
    /// What happened.
    pub what: String,
    /// When.
    pub at: When,
}

/// A section and how many of it have read what changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateView {
    /// The section.
    pub section: String,
    /// Who is to read it.
    pub people: u32,
    /// Who did.
    pub confirmed: u32,
    /// The same in a hundred.
    pub percent: u32,
}

/// One edition.
#[derive(Debug, Template)]
#[template(path = "edition.html")]
pub struct EditionPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The row of it.
    pub row: EditionRow,
    /// What its stage means.
    pub said: String,
    /// Why it was proposed.
    pub note: String,
    /// By whom.
    pub proposer: String,
    /// Its digest.
    pub digest: String,
    /// What is wrong with it.
    pub problems: Vec<ProblemView>,
    /// What changes by clause and kind.
    pub groups: Vec<ChangeGroup>,
    /// How many statements stay as they are.
    pub same: usize,
    /// What changes for each role.
    pub roles: Vec<ChangeGroup>,
    /// Whether it could be compared at all.
    pub compared: bool,
    /// Whether its zones are others, so that the house must be started again for it.
    pub needs_restart: bool,
    /// What is in use and would be taken away, with what to do.
    pub in_use: Vec<String>,
    /// Whether an analysis of the risks is demanded.
    pub needs_analysis: bool,
    /// The analysis: title and text.
    pub analysis: Option<(String, String)>,
    /// What happened to it.
    pub moments: Vec<MomentView>,
    /// The request that decides about it.
    pub request_href: Option<String>,
    /// Who has read it.
    pub rates: Vec<RateView>,
    /// Whether an analysis may be attached.
    pub may_attach: bool,
    /// Where it is applied for, if it may be.
    pub apply_href: Option<String>,
    /// Where its publication is applied for, if it may be.
    pub publish_href: Option<String>,
    /// Whether it may be given up.
    pub may_withdraw: bool,
    /// What is wrong with a form.
    pub errors: Vec<FieldError>,
}

/// Two editions beside each other.
#[derive(Debug, Template)]
#[template(path = "edition_compare.html")]
pub struct EditionComparePage {
    /// What surrounds it.
    pub frame: Frame,
    /// The first.
    pub a: String,
    /// The second.
    pub b: String,
    /// What differs by kind.
    pub groups: Vec<ChangeGroup>,
    /// How many statements are the same.
    pub same: usize,
    /// What differs for each role.
    pub roles: Vec<ChangeGroup>,
}

/// 方針の変更: what changed for the reader.
#[derive(Debug, Template)]
#[template(path = "reading.html")]
pub struct ReadingPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The edition.
    pub label: String,
    /// Its page.
    pub href: String,
    /// Where he confirms.
    pub confirm_href: String,
    /// From when it is in force.
    pub effective: Option<When>,
    /// Until when it is to be read.
    pub due: Option<When>,
    /// When he confirmed.
    pub confirmed: Option<When>,
    /// What changed for his roles.
    pub roles: Vec<ChangeGroup>,
}

/// The public page: the same for a listener and for a folder that is taken elsewhere.
#[derive(Debug, Template)]
#[template(path = "public.html")]
pub struct PublicPage<'p> {
    /// Where its style sheet is.
    pub css_href: &'p str,
    /// Where its JSON form is.
    pub json_href: &'p str,
    /// What is public.
    pub publication: &'p policy::Publication,
    /// When it was published.
    pub published: Option<When>,
}
