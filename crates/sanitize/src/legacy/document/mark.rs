//! The mark (分類の表示) in the page headers of a document.
//!
//! Owns: a paragraph at the beginning of each page header, taking an earlier one away.
//! Leaves to others: the mark as a property of the file (`properties`), writing the text (`edit`).

use std::ops::Range;

use worker_protocol::Mark;

use super::edit::Added;
use super::header::story;
use super::looks::{self, number};
use super::places::{HEADERS_OF_SECTION, SEPARATORS, Sections};
use super::text::{Text, sign};

/// Page headers of a section: of even pages, of odd ones or all, of the first.
const EVEN: usize = 0;
const ODD: usize = 1;
const FIRST: usize = 4;

/// Bold and dark red; to the right, as older and newer versions say it.
const CHARACTERS: [u8; 9] = [0x35, 0x08, 1, 0x70, 0x68, 0xC0, 0, 0, 0];
const PARAGRAPH: [u8; 6] = [0x03, 0x24, 2, 0x61, 0x24, 2];

/// The style of plain text.
const PLAIN: u16 = 0;

/// What becomes of the page headers.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Where each page header begins, from the beginning of all; nothing when there are none.
    pub(super) headers: Vec<u32>,
    pub(super) gone: Vec<Range<u32>>,
    pub(super) added: Vec<Added>,
}

/// Puts a mark into the page headers, in the place of the one that the file bears.
pub(super) fn change(
    headers: &[u32],
    text: &Text<'_>,
    sections: &Sections,
    has_even_pages: bool,
    (old, new): (Option<&Mark>, Option<&Mark>),
) -> Change {
    let mut change = Change { headers: headers.to_vec(), ..Change::default() };
    let Some(new) = new else { return change };
    let all = text.story(story::HEADERS);
    // Where the last page header ends, and a place that nobody looks at.
    let needed = SEPARATORS + sections.looks().len() * HEADERS_OF_SECTION + 2;
    let last = change.headers.pop();
    let end = change.headers.last().copied().unwrap_or(0);
    change.headers.resize(needed - 1, end);
    change.headers.push(last.unwrap_or(end).max(end));
    let label = |mark: &Mark| mark.label.encode_utf16().chain([sign::PARAGRAPH]).collect::<Vec<u16>>();
    let line = label(new);
    let old = old.map(label);
    // A section has the page headers of the one before where it has none.
    let mut covered = [false; HEADERS_OF_SECTION];
    for (section, look) in sections.looks().iter().enumerate() {
        let has_first = looks::find(look, number::FIRST_PAGE_DIFFERS).is_some_and(|value| value != 0);
        for (which, is_shown) in [(EVEN, has_even_pages), (ODD, true), (FIRST, has_first)] {
            let index = SEPARATORS + section * HEADERS_OF_SECTION + which;
            let at = |index: usize| {
                let at = change.headers.get(index).copied().unwrap_or(end);
                all.start.saturating_add(at).min(all.end)
            };
            let (mut from, to) = (at(index), at(index + 1));
            if let Some(old) = old.as_ref().filter(|old| text.slice(&(from..to)).starts_with(old)) {
                let behind = from + u32::try_from(old.len()).unwrap_or(0);
                // What is left when nothing but the mark was there is the end that every page header has.
                let is_alone = text.slice(&(behind..to)) == [sign::PARAGRAPH];
                let until = if is_alone { to } else { behind };
                change.gone.push(from..until);
                if is_alone {
                    from = to;
                }
            }
            let is_empty = from == to;
            let Some(covered) = covered.get_mut(which) else { continue };
            if !is_shown || is_empty && *covered {
                continue;
            }
            *covered = true;
            let ends: &[u16] = if is_empty { &[sign::PARAGRAPH] } else { &[] };
            let lines = [(line.as_slice(), CHARACTERS.as_slice(), PARAGRAPH.as_slice()), (ends, &[], &[])];
            for (units, characters, paragraph) in lines.into_iter().filter(|(units, ..)| !units.is_empty()) {
                change.added.push(Added {
                    at: at(index),
                    header: index,
                    units: units.to_vec(),
                    characters: characters.to_vec(),
                    style: PLAIN,
                    paragraph: paragraph.to_vec(),
                });
            }
        }
    }
    if last.is_none() {
        // Behind all of them there is the end of a paragraph.
        let (at, header) = (all.end, needed - 2);
        let units = vec![sign::PARAGRAPH];
        let (characters, paragraph) = (Vec::new(), Vec::new());
        change.added.push(Added { at, header, units, characters, style: PLAIN, paragraph });
    }
    change
}
