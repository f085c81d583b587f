//! How the runs of a text look afterwards.
//!
//! Owns: the new look of each run of characters and of each paragraph, pictures and data that runs lead to, looks that are too
//! long for a page.
//! Leaves to others: which properties stay (`looks`), laying looks out (`pages`), the data stream (`data`).

use std::collections::HashMap;

use super::data::Data;
use super::edit::{Looks, Runs, Written};
use super::fields::Fields;
use super::looks::{self, Known, about, number};
use super::pages::PARAGRAPH_MAX;
use super::text::{Text, sign};
use crate::Work;
use crate::legacy::Stop;
use crate::legacy::bytes::u16_at;

/// New looks of all runs; characters whose picture or data is no more; and whether something went that is not known.
pub(super) fn of_text(
    text: &Text<'_>,
    judged: &Fields,
    data: &mut Data<'_>,
    known: Known,
    work: &mut Work<'_>,
) -> Result<(Runs, Vec<u32>, bool), Stop> {
    let mut runs = Runs { characters: Vec::new(), paragraphs: Vec::new(), looks: Looks::default() };
    let mut without = Vec::new();
    let mut is_unknown = false;
    let last = text.starts.last().copied().unwrap_or(0);
    let mut from = 0;
    for (end, look) in &text.characters {
        let range = from..*end;
        from = *end;
        let mut kept = Vec::new();
        for list in [look.list, look.of_piece] {
            is_unknown |= looks::put(list, &[about::CHARACTERS, about::PICTURES], known, &mut kept);
        }
        let units = text.slice(&range);
        if range.start < last && units.contains(&sign::PICTURE) {
            let pictures = (range.start..range.end).filter(|at| text.unit(*at) == Some(sign::PICTURE));
            let is_form = judged.forms.contains(&range.start);
            let place = looks::find(look.list, number::PLACE);
            let is_data = looks::find(look.list, number::IS_FIELD_DATA).is_some_and(|value| value != 0);
            let new = match place {
                Some(place) if is_form && is_data => data.form(place, work)?,
                // An instruction shows no picture.
                Some(place) if !is_form && !is_data => data.picture(place, work)?,
                _ => None,
            };
            match new {
                Some(place) if units.iter().all(|unit| *unit == sign::PICTURE) => {
                    let data: &[u8] = if is_form { &[1] } else { &[] };
                    put_place(&mut kept, place, !data.is_empty());
                }
                // Words in a run with a picture look as the picture does.
                Some(_) => return Err(Stop::Other),
                None => without.extend(pictures),
            }
        }
        runs.characters.push(runs.looks.number(kept));
    }
    for (_, look) in &text.paragraphs {
        let (style, list) = look.list.split_at_checked(2).unwrap_or((&[0, 0], &[]));
        let later = looks::find(look.of_piece, number::STYLE).and_then(|style| u16::try_from(style).ok());
        let style = later.or(u16_at(style, 0)).filter(|style| *style < known.styles).unwrap_or(0);
        let mut kept = style.to_le_bytes().to_vec();
        for list in [list, look.of_piece] {
            let sorts = [about::PARAGRAPHS, about::TABLES];
            if let Some(place) = looks::find(list, number::ROW) {
                let (place, some) = data.row(place, known, work)?;
                is_unknown |= some;
                kept.extend_from_slice(&number::ROW.to_le_bytes());
                kept.extend_from_slice(&place.to_le_bytes());
            }
            is_unknown |= looks::put(list, &sorts, known, &mut kept);
            for elsewhere in number::ELSEWHERE {
                if let Some(place) = looks::find(list, elsewhere) {
                    is_unknown |= looks::put(data.looks(place, work)?, &sorts, known, &mut kept);
                }
            }
        }
        work.budget.spend(kept.len() as u64)?;
        runs.paragraphs.push(runs.looks.number(kept));
    }
    Ok((runs, without, is_unknown))
}

/// Says where the data of a character stand.
fn put_place(look: &mut Vec<u8>, place: u32, is_data: bool) {
    // Before the place, as it stands when it is read again: what was there already comes first.
    if looks::find(look, number::IS_SPECIAL) != Some(1) {
        look.extend_from_slice(&number::IS_SPECIAL.to_le_bytes());
        look.push(1);
    }
    look.extend_from_slice(&number::PLACE.to_le_bytes());
    look.extend_from_slice(&place.to_le_bytes());
    if is_data {
        look.extend_from_slice(&number::IS_FIELD_DATA.to_le_bytes());
        look.push(1);
    }
}

/// Puts looks of paragraphs that are too long for a page into the data stream.
pub(super) fn move_long(written: &mut Written, data: &mut Data<'_>) -> Result<(), Stop> {
    let mut moved = HashMap::new();
    for (_, look) in &mut written.paragraphs {
        let long = written.looks.get(*look);
        if long.len() <= PARAGRAPH_MAX {
            continue;
        }
        let new = match moved.get(look) {
            Some(new) => *new,
            None => {
                let (style, list) = long.split_at_checked(2).ok_or(Stop::Other)?;
                let place = data.put_looks(list)?;
                let short = [style, &number::MORE.to_le_bytes(), &place.to_le_bytes()].concat();
                let new = written.looks.number(short);
                moved.insert(*look, new);
                new
            }
        };
        *look = new;
    }
    Ok(())
}
