//! What a reader sees in a clean presentation of PowerPoint 97: the words of its slides and of their notes.
//!
//! Owns: reading them slide by slide.
//! Leaves to others: making the presentation clean (the modules beside this one).

use std::io::Read;

use super::super::bytes::{u32_at, wide};
use super::super::drawn::{self, Node};
use super::document::{self, list};
use super::record;
use crate::compound;

/// A slide as its reader sees it: paragraphs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ShownSlide {
    pub(crate) words: Vec<String>,
    pub(crate) notes: Vec<String>,
}

/// Reads a clean presentation, whose objects stand one after the other.
pub(crate) fn read(clean: &[u8]) -> Option<Vec<ShownSlide>> {
    let mut stream = Vec::new();
    compound::open(clean).ok()?.open_stream("/PowerPoint Document").ok()?.read_to_end(&mut stream).ok()?;
    let objects = drawn::parse(&stream).ok()?;
    let object = |number: u32| objects.get(usize::try_from(number).ok()?.checked_sub(1)?);
    let document = objects.first().filter(|node| node.number == record::DOCUMENT)?;
    let named = document::named(document).ok()?;
    let outlines =
        document.inside.iter().find(|node| node.number == record::LIST && node.head >> 4 == list::SLIDES);
    let mut outlines = outlines.map(outlines_of).unwrap_or_default().into_iter();
    let mut slides = Vec::new();
    for (number, _) in named.list(list::SLIDES) {
        let slide = object(*number)?;
        let words = words_of(slide, &outlines.next().unwrap_or_default());
        let atom = slide.inside.iter().find(|node| node.number == record::SLIDE_ATOM);
        let own = atom.and_then(|atom| u32_at(atom.body, 16)).filter(|own| *own != 0);
        let notes = named.list(list::NOTES).iter().find(|(_, number)| Some(*number) == own);
        let notes = notes.and_then(|(number, _)| object(*number));
        slides.push(ShownSlide { words, notes: notes.map(|notes| words_of(notes, &[])).unwrap_or_default() });
    }
    Some(slides)
}

/// The words that the list of slides holds for each of them.
fn outlines_of(list: &Node<'_>) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = Vec::new();
    for node in &list.inside {
        match (node.number, all.last_mut()) {
            (record::LISTED, _) => all.push(Vec::new()),
            (record::WORDS_HEADER, Some(slide)) => slide.push(String::new()),
            (_, Some(slide)) => {
                if let (Some(text), Some(last)) = (text_of(node), slide.last_mut()) {
                    *last = text;
                }
            }
            _ => {}
        }
    }
    all
}

/// The paragraphs of a page: those of its shapes, and those that no shape shows.
fn words_of(page: &Node<'_>, outline: &[String]) -> Vec<String> {
    let mut boxes = Vec::new();
    page.inside
        .iter()
        .filter(|node| node.number == record::DRAWING)
        .for_each(|node| find_boxes(node, &mut boxes));
    let mut shown = vec![false; outline.len()];
    let mut texts = Vec::new();
    for words in boxes {
        for node in &words.inside {
            let place = (node.number == record::OUTLINE)
                .then(|| u32_at(node.body, 0).and_then(|place| usize::try_from(place).ok()))
                .flatten();
            if let Some((text, shown)) = place.and_then(|place| outline.get(place).zip(shown.get_mut(place)))
            {
                *shown = true;
                texts.push(text.clone());
            }
            texts.extend(text_of(node));
        }
    }
    texts.extend(outline.iter().zip(shown).filter(|(_, shown)| !shown).map(|(text, _)| text.clone()));
    let paragraphs = texts.iter().flat_map(|text| text.split('\r'));
    // A line that is broken within a paragraph.
    let paragraphs = paragraphs.map(|text| text.replace('\u{b}', " ").trim().to_owned());
    paragraphs.filter(|text| !text.is_empty()).collect()
}

fn find_boxes<'t, 'a>(node: &'t Node<'a>, boxes: &mut Vec<&'t Node<'a>>) {
    for inside in &node.inside {
        if inside.number == drawn::TEXT {
            boxes.push(inside);
        } else {
            find_boxes(inside, boxes);
        }
    }
}

fn text_of(node: &Node<'_>) -> Option<String> {
    match node.number {
        record::WORDS => Some(wide(node.body)),
        // The lower halves of characters whose upper halves are nothing.
        record::NARROW_WORDS => Some(node.body.iter().copied().map(char::from).collect()),
        _ => None,
    }
}
