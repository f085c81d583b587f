//! Places in lists, as the API hands them out: opaque text that only comes back to us.
//!
//! Owns the text form; docs/format-api.md says what callers may rely on, which is nothing but giving it back.

use app::model::Cursor;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use workflow::id::UserId;

use super::errors::Failure;

/// Longest cursor that is looked at, in bytes.
const CURSOR_BYTES_MAX: usize = 600;

/// Rows of a page when none are asked for.
const ROWS: u32 = 50;

pub(crate) fn text(cursor: &Cursor) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{}", cursor.at, cursor.id))
}

pub(crate) fn user_text(user: &UserId) -> String {
    URL_SAFE_NO_PAD.encode(user.as_str())
}

/// Reads what [`text`] wrote.
pub(crate) fn read(untrusted: Option<&str>) -> Result<Option<Cursor>, Failure> {
    let Some(plain) = plain(untrusted)? else { return Ok(None) };
    let (at, id) = plain.split_once(':').ok_or_else(unknown)?;
    Ok(Some(Cursor { at: at.parse().map_err(|_| unknown())?, id: id.to_owned() }))
}

/// Reads what [`user_text`] wrote.
pub(crate) fn read_user(untrusted: Option<&str>) -> Result<Option<UserId>, Failure> {
    Ok(plain(untrusted)?.map(UserId::new))
}

fn plain(untrusted: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(text) = untrusted.filter(|t| !t.is_empty()) else { return Ok(None) };
    if text.len() > CURSOR_BYTES_MAX {
        return Err(unknown());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| unknown())?;
    Ok(Some(String::from_utf8(bytes).map_err(|_| unknown())?))
}

fn unknown() -> Failure {
    Failure::invalid("after", "unknown")
}

/// How many rows a page has: what is asked for, within the bounds.
pub(crate) fn limit(asked: Option<u32>, most: u32) -> u32 {
    asked.unwrap_or(ROWS).clamp(1, most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_place_survives(at in any::<i64>(), id in "[0-9a-f-]{0,36}") {
            let cursor = Cursor { at, id };
            prop_assert_eq!(read(Some(&text(&cursor))).unwrap(), Some(cursor));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,300}") {
            let _ = read(Some(&text));
            let _ = read_user(Some(&text));
        }
    }

    #[test]
    fn limits_are_clamped() {
        for (asked, expected) in [(None, 50), (Some(0), 1), (Some(7), 7), (Some(u32::MAX), 200)] {
            assert_eq!(limit(asked, 200), expected);
        }
    }
}
