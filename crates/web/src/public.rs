//! The public page of the policy, for a listener and for a folder that is taken elsewhere.
//!
//! Owns its rendering and its style sheet. What is public is decided by `policy`.

use askama::Template as _;
use policy::Publication;

use crate::screens::view::PublicPage;

/// The style sheet: nothing is loaded from elsewhere, and it prints on A4.
pub const CSS: &str = include_str!("../assets/public.css");

/// The page as it stands alone, beside `policy.css` and `policy.json`.
///
/// # Errors
/// None that can happen on these values.
pub fn page(publication: &Publication) -> askama::Result<String> {
    PublicPage { css_href: "policy.css", json_href: "policy.json", publication, published: None }.render()
}
