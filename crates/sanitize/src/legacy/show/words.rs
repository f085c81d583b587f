//! Words on slides and in the list of slides (MS-PPT 2.9.76), and what a click on them does.
//!
//! Owns: which records stand with words, jumps and links.
//! Leaves to others: how the words look (`looks`), where links lead (`document`).

use std::collections::HashSet;

use super::super::Stop;
use super::super::bytes::u32_at;
use super::super::drawn::{Node, put_node};
use super::looks::{self, Known, Sort};
use super::record;

/// What holds for all words of a presentation.
#[derive(Debug, Default)]
pub(super) struct Common {
    pub(super) known: Known,
    /// Numbers of the links that stay.
    pub(super) links: HashSet<u32>,
}

/// What a click does, by number (MS-PPT 2.13.5), as far as it stays.
mod action {
    pub(super) const NOTHING: u8 = 0;
    pub(super) const JUMP: u8 = 3;
    pub(super) const LINK: u8 = 4;
    pub(super) const SHOW: u8 = 7;
}

/// It may be shown, and the jump comes back.
const CLICK_FLAGS: u8 = 0x05;
const CLICK_BYTES: usize = 16;

/// Writes words and what stands with them; returns how many characters there are.
pub(super) fn put(nodes: &[Node<'_>], common: &Common, out: &mut Vec<u8>) -> Result<u64, Stop> {
    let mut characters = 0;
    let mut all = 0u64;
    let mut click_stays = false;
    for node in nodes {
        let body = node.body;
        let written = match node.number {
            record::WORDS_HEADER => {
                characters = 0;
                (body.len() == 4).then(|| body.to_vec())
            }
            record::WORDS if body.len().is_multiple_of(2) => {
                characters = body.len() / 2;
                all += characters as u64;
                Some(body.to_vec())
            }
            record::NARROW_WORDS => {
                characters = body.len();
                all += characters as u64;
                Some(body.to_vec())
            }
            record::LOOKS => Some(looks::of_words(body, characters, common.known)),
            record::INDENTS => body.len().is_multiple_of(6).then(|| body.to_vec()),
            record::RULER => looks::of_one(body, Sort::Ruler, common.known),
            record::LANGUAGES => Some(looks::of_languages(body, common.known)),
            record::SLIDE_NUMBER | record::USUAL_DATE | record::HEADER | record::FOOTER | record::OUTLINE => {
                (body.len() == 4).then(|| body.to_vec())
            }
            record::DATE => (body.len() == 8).then(|| body.to_vec()),
            record::OWN_DATE => (body.len() == 132).then(|| body.to_vec()),
            record::CLICK => {
                let written = click(node, common)?;
                click_stays = written.is_some();
                written
            }
            // The characters that the click before is about.
            record::CLICK_RANGE if click_stays && body.len() == 8 => Some(body.to_vec()),
            // Marks for programs, and what nobody knows.
            _ => None,
        };
        if let Some(written) = written {
            put_node(out, node.head, node.number, &written)?;
        }
    }
    Ok(all)
}

/// What a click or a passing mouse does; nothing when it does not stay.
pub(super) fn click(node: &Node<'_>, common: &Common) -> Result<Option<Vec<u8>>, Stop> {
    let Some(atom) = node.inside.iter().find(|atom| atom.number == record::CLICK_ATOM) else {
        return Ok(None);
    };
    let body = atom.body;
    if body.len() != CLICK_BYTES {
        return Ok(None);
    }
    let at = |place| body.get(place).copied().unwrap_or(0);
    let link = u32_at(body, 4).ok_or(Stop::Other)?;
    let (action, leads) = (at(8), common.links.contains(&link));
    let stays = match action {
        action::NOTHING | action::JUMP | action::SHOW => true,
        action::LINK => leads,
        _ => false,
    };
    if !stays {
        return Ok(None);
    }
    let link = if leads { link } else { 0 };
    let mut written = vec![0; 4];
    written.extend_from_slice(&link.to_le_bytes());
    // What is clicked is no object, and makes no sound.
    written.extend_from_slice(&[action, 0, at(10), at(11) & CLICK_FLAGS, at(12), 0, 0, 0]);
    let mut out = Vec::new();
    put_node(&mut out, atom.head, atom.number, &written)?;
    Ok(Some(out))
}
