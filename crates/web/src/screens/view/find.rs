//! The page for finding by words.

use askama::Template;

use super::{Chip, Choice, Frame, HitView, Link, TextPart};
use crate::dates::When;

/// Something that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindItemView {
    /// Its page.
    pub href: String,
    /// Its number; empty without one.
    pub number: String,
    /// What it is called.
    pub heading: Vec<TextPart>,
    /// Other places in which the words stand: name of the place, text.
    pub pieces: Vec<(String, Vec<TextPart>)>,
    /// Its section; empty without one.
    pub section: String,
    /// How it stands.
    pub chip: Option<Chip>,
    /// When it came about or is due.
    pub at: Option<When>,
}

/// Things of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindGroupView {
    /// For anchors.
    pub id: &'static str,
    /// What the kind is called.
    pub title: &'static str,
    /// How many are shown, or that there are more.
    pub count: String,
    /// The things, the newest first.
    pub items: Vec<FindItemView>,
    /// More of this kind; empty when there is no more.
    pub more_href: String,
}

/// さがす.
#[derive(Debug, Template)]
#[template(path = "find.html")]
pub struct FindPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The words as they were typed.
    pub typed: String,
    /// Kinds, all of them first.
    pub kinds: Vec<Choice>,
    /// Whose.
    pub whose: Vec<Choice>,
    /// Fiscal years.
    pub years: Vec<Choice>,
    /// Whether still open.
    pub stages: Vec<Choice>,
    /// What is wrong with the index: in short, and what that means.
    pub trouble: Option<(&'static str, &'static str)>,
    /// What was found.
    pub groups: Vec<FindGroupView>,
    /// What the policy says.
    pub policy: Vec<HitView>,
    /// All of that.
    pub policy_all: Option<Link>,
    /// Words of the policy that are near.
    pub suggestions: Vec<Link>,
    /// Whether the first page of these words is shown.
    pub is_first: bool,
    /// The first page, from a later one.
    pub first_href: String,
}
