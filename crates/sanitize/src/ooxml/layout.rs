//! How a document is laid out, known better than the document tells it.
//!
//! Owns: writing it into the settings of a document that an office program made of an old one. The program leaves out how Word
//! is to lay it out where that is not the way of the newest Word.
//! Leaves to others: where it comes from (`legacy`), judging the document afterwards (`super`).

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{package, xml};
use crate::{Refusal, Work};

/// What is known of how a document is laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct KnownLayout {
    /// Whether the space below a paragraph and that above the next one add up. Otherwise the larger of both counts, as on web
    /// pages.
    pub(crate) adds_spaces: bool,
}

/// Where the office program puts the settings.
const SETTINGS: &str = "word/settings.xml";

/// The setting (ECMA-376 part 1, section 17.15.3), and what holds it and others of its sort.
const ADDS_SPACES: &str = "doNotUseHTMLParagraphAutoSpacing";
const COMPATIBLE: &str = "compat";

/// Writes what is known into a document.
///
/// # Errors
/// Held when the document is damaged; blocked when it is a bomb.
pub(crate) fn restore_layout(
    untrusted: Vec<u8>,
    known: KnownLayout,
    work: &mut Work<'_>,
) -> Result<Vec<u8>, Refusal> {
    if known == KnownLayout::default() {
        return Ok(untrusted);
    }
    let writer = package::changed(
        &untrusted,
        work,
        |_| false,
        |name, bytes, _| {
            if !name.eq_ignore_ascii_case(SETTINGS) {
                return Ok(None);
            }
            Ok(with_spaces(&xml::decode_borrowed(bytes)?))
        },
    )?;
    writer.finish()
}

/// The settings with the one that adds spaces up; none when it is there, or nothing that could hold it.
fn with_spaces(settings: &str) -> Option<String> {
    if settings.contains(ADDS_SPACES) {
        return None;
    }
    let mut reader = Reader::from_str(settings);
    loop {
        let before = usize::try_from(reader.buffer_position()).ok()?;
        let event = reader.read_event().ok()?;
        let (name, is_empty) = match &event {
            Event::Start(start) => (start.name(), false),
            Event::Empty(start) => (start.name(), true),
            Event::Eof => return None,
            _ => continue,
        };
        let name = name.as_ref().to_owned();
        let (prefix, local) =
            name.rsplit_once(':').map_or(("", name.as_str()), |(prefix, local)| (prefix, local));
        if local != COMPATIBLE {
            continue;
        }
        let colon = if prefix.is_empty() { "" } else { ":" };
        let setting = format!("<{prefix}{colon}{ADDS_SPACES}/>");
        let after = usize::try_from(reader.buffer_position()).ok()?;
        let (start, rest) = (settings.get(..before)?, settings.get(after..)?);
        // The others of its sort that the program writes come behind it.
        return Some(match is_empty {
            true => format!("{start}<{name}>{setting}</{name}>{rest}"),
            false => format!("{start}{}{setting}{rest}", settings.get(before..after)?),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_add_up_where_they_did() {
        let rows = [
            (
                "<w:settings><w:compat/></w:settings>",
                Some("<w:settings><w:compat><w:X/></w:compat></w:settings>"),
            ),
            (
                "<w:settings><w:a/><w:compat><w:compatSetting w:val=\"15\"/></w:compat></w:settings>",
                Some(
                    "<w:settings><w:a/><w:compat><w:X/><w:compatSetting w:val=\"15\"/></w:compat></w:settings>",
                ),
            ),
            ("<settings><compat></compat></settings>", Some("<settings><compat><X/></compat></settings>")),
            ("<w:settings><w:compat><w:X/></w:compat></w:settings>", None),
            ("<w:settings/>", None),
            ("<w:compat", None),
        ];
        for (settings, expected) in rows {
            let spelled = |text: &str| text.replace('X', ADDS_SPACES);
            assert_eq!(with_spaces(&spelled(settings)), expected.map(spelled), "{settings}");
        }
    }
}
