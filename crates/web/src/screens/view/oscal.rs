//! What the page 方針の書出し shows.

use askama::Template;

use super::Frame;

/// A model of OSCAL that can be taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OscalModel {
    /// The word in its address.
    pub id: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What is in it.
    pub about: &'static str,
    /// Whether there is one for the public.
    pub public: bool,
}

/// The page.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "oscal.html")]
pub struct OscalPage {
    /// Around it.
    pub frame: Frame,
    /// Title and version of the policy.
    pub policy: String,
    /// Titles of the documents that anybody may read.
    pub public: Vec<String>,
    /// Titles of the others.
    pub internal: Vec<String>,
    /// What can be taken.
    pub models: Vec<OscalModel>,
    /// Whether the person may take what is not public.
    pub may: bool,
    /// Whether he may once he has proven himself with a second factor.
    pub factor_needed: bool,
}
