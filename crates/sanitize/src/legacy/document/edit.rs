//! What changes in the text of a document, and where everything else of it stands afterwards.
//!
//! Owns: writing the text without what goes and with what comes, with its looks; places before and after.
//! Leaves to others: why something goes (`fields`) or comes (`mark`).

use std::collections::HashMap;
use std::ops::Range;

use super::text::{Text, sign};
use crate::legacy::Stop;

/// Makes one of ranges that touch. They are in order.
pub(super) fn merge<Place: Ord + Copy>(ranges: &mut Vec<Range<Place>>) {
    ranges.dedup_by(|later, earlier| {
        let touches = later.start <= earlier.end;
        if touches {
            earlier.end = earlier.end.max(later.end);
        }
        touches
    });
}

/// A paragraph that comes.
#[derive(Debug, Clone)]
pub(super) struct Added {
    /// Before which character of the old text it stands.
    pub(super) at: u32,
    /// In which page header that is.
    pub(super) header: usize,
    pub(super) units: Vec<u16>,
    pub(super) characters: Vec<u8>,
    pub(super) style: u16,
    pub(super) paragraph: Vec<u8>,
}

impl Added {
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.units.len()).unwrap_or(0)
    }
}

/// Places before and after.
#[derive(Debug, Default)]
pub(super) struct Edit {
    /// What goes, in order and apart from each other, each with how much went before it.
    gone: Vec<(Range<u32>, u32)>,
    /// What comes, in order, each with how much came up to it.
    added: Vec<(u32, u32)>,
}

impl Edit {
    pub(super) fn new(gone: &[Range<u32>], added: &[Added]) -> Self {
        let mut edit = Self::default();
        let mut before = 0;
        for range in gone {
            edit.gone.push((range.clone(), before));
            before += range.end - range.start;
        }
        let mut before = 0;
        for paragraph in added {
            before += paragraph.len();
            edit.added.push((paragraph.at, before));
        }
        edit
    }

    /// Where a place is without what comes.
    pub(super) fn kept(&self, at: u32) -> u32 {
        let index = self.gone.partition_point(|(range, _)| range.start < at);
        match index.checked_sub(1).and_then(|index| self.gone.get(index)) {
            Some((range, before)) => at - before - (at.min(range.end) - range.start),
            None => at,
        }
    }

    /// Where a place is. What comes there comes before it.
    pub(super) fn place(&self, at: u32) -> u32 {
        let index = self.added.partition_point(|(place, _)| *place <= at);
        let added = index.checked_sub(1).and_then(|index| self.added.get(index)).map_or(0, |(_, sum)| *sum);
        self.kept(at) + added
    }

    /// Whether a character goes.
    pub(super) fn drops(&self, at: u32) -> bool {
        let index = self.gone.partition_point(|(range, _)| range.end <= at);
        self.gone.get(index).is_some_and(|(range, _)| range.start <= at)
    }
}

/// A text that is written: its characters, and looks by number, each up to some place.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) units: Vec<u16>,
    pub(super) characters: Vec<(u32, usize)>,
    pub(super) paragraphs: Vec<(u32, usize)>,
    pub(super) looks: Looks,
}

/// Looks of characters, and of paragraphs with the number of their style before them, each once.
#[derive(Debug, Default)]
pub(super) struct Looks {
    all: Vec<Vec<u8>>,
    numbers: HashMap<Vec<u8>, usize>,
}

impl Looks {
    pub(super) fn number(&mut self, look: Vec<u8>) -> usize {
        if let Some(number) = self.numbers.get(&look) {
            return *number;
        }
        let number = self.all.len();
        self.all.push(look.clone());
        self.numbers.insert(look, number);
        number
    }

    pub(super) fn get(&self, number: usize) -> &[u8] {
        self.all.get(number).map_or(&[], Vec::as_slice)
    }
}

/// New looks of the runs of a text, one for each.
pub(super) struct Runs {
    pub(super) characters: Vec<usize>,
    pub(super) paragraphs: Vec<usize>,
    pub(super) looks: Looks,
}

/// Writes the text anew, as far as the stories reach.
pub(super) fn write(text: &Text<'_>, runs: Runs, gone: &[Range<u32>], added: &[Added]) -> Written {
    let last = text.end();
    let mut written = Written { looks: runs.looks, ..Written::default() };
    let mut characters = text.characters.iter().map(|(end, _)| *end).zip(&runs.characters).peekable();
    let mut paragraphs = text.paragraphs.iter().map(|(end, _)| *end).zip(&runs.paragraphs).peekable();
    let mut gone = gone.iter().peekable();
    let mut added = added.iter().peekable();
    let mut at = 0;
    loop {
        while let Some(paragraph) = added.next_if(|paragraph| paragraph.at <= at) {
            written.put(paragraph);
        }
        if at >= last {
            break;
        }
        // As far as nothing goes, comes, or looks otherwise.
        let (end, look) = characters.peek().map_or((last, None), |(end, look)| (*end, Some(**look)));
        if end <= at {
            characters.next();
            continue;
        }
        let paragraph = paragraphs.peek().map_or(last, |(end, _)| *end);
        if paragraph <= at {
            paragraphs.next();
            continue;
        }
        if gone.next_if(|range| range.end <= at).is_some() {
            continue;
        }
        let next = added.peek().map_or(last, |paragraph| paragraph.at);
        let mut until = end.min(paragraph).min(next).min(last);
        match gone.peek() {
            Some(range) if range.start <= at => {
                at = until.min(range.end);
                continue;
            }
            Some(range) => until = until.min(range.start),
            None => {}
        }
        written.units.extend_from_slice(text.slice(&(at..until)));
        let now = u32::try_from(written.units.len()).unwrap_or(u32::MAX);
        let look = look.unwrap_or_else(|| written.looks.number(Vec::new()));
        push(&mut written.characters, now, look);
        if until == paragraph
            && let Some((_, look)) = paragraphs.peek()
        {
            written.paragraphs.push((now, **look));
        }
        at = until;
    }
    written
}

impl Written {
    /// Ends the text, with the end of a paragraph more where there is none behind stories of other sorts.
    pub(super) fn end(&mut self, is_missing: bool) -> Result<(), Stop> {
        if is_missing {
            self.units.push(sign::PARAGRAPH);
            let now = u32::try_from(self.units.len()).map_err(|_| Stop::Other)?;
            let (plain, of_paragraph) = (self.looks.number(Vec::new()), self.looks.number(vec![0; 2]));
            push(&mut self.characters, now, plain);
            self.paragraphs.push((now, of_paragraph));
        }
        let is_ended =
            |(end, _): &(u32, usize)| usize::try_from(*end).is_ok_and(|end| end == self.units.len());
        if self.paragraphs.last().is_some_and(is_ended) { Ok(()) } else { Err(Stop::Other) }
    }

    fn put(&mut self, paragraph: &Added) {
        self.units.extend_from_slice(&paragraph.units);
        let now = u32::try_from(self.units.len()).unwrap_or(u32::MAX);
        let look = self.looks.number(paragraph.characters.clone());
        push(&mut self.characters, now, look);
        let look = [&paragraph.style.to_le_bytes(), paragraph.paragraph.as_slice()].concat();
        let look = self.looks.number(look);
        self.paragraphs.push((now, look));
    }
}

fn push(all: &mut Vec<(u32, usize)>, end: u32, look: usize) {
    match all.last_mut() {
        Some((last, before)) if *before == look => *last = end,
        _ => all.push((end, look)),
    }
}
