//! The page after an act.
//!
//! Owns that what was done leads to a page that says so, that what can be put right on the same page is told there, and that
//! anything else is an error page. Leaves each page, and which errors it has words for, to its screen.

use app::{Error, actor::Actor};
use axum::response::{IntoResponse, Redirect, Response};

use crate::site::Site;

/// Where an act leads, and the word of what was done.
pub(crate) struct Done<'a> {
    /// The page.
    pub(crate) href: &'a str,
    /// The word, as the catalogue has it.
    pub(crate) word: &'a str,
}

/// The answer to an act: on to a page that says that it was done, or `again`, the page once more with what is wrong, where the
/// error `is_told` there.
pub(crate) async fn after(
    site: &Site,
    actor: &Actor,
    done: Done<'_>,
    result: app::Result<()>,
    is_told: impl FnOnce(&Error) -> bool,
    again: impl AsyncFnOnce(&Error) -> Response,
) -> Response {
    match result {
        Ok(()) => Redirect::to(&format!("{}?done={}", done.href, done.word)).into_response(),
        Err(error) if is_told(&error) => again(&error).await,
        Err(error) => site.fail(Some(actor), &error),
    }
}
