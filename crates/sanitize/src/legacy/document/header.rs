//! The head of a document's main stream (FIB, MS-DOC 2.5).
//!
//! Owns: where it says that parts stand, how long each sort of text is, and writing one that says nothing else.
//! Leaves to others: the parts.

use crate::legacy::Stop;
use crate::legacy::bytes::{place_at, u16_at, u32_at};

/// Parts by their number in the head (MS-DOC 2.5.6 to 2.5.10).
pub(super) mod part {
    pub(in super::super) const STYLES: usize = 1;
    pub(in super::super) const SECTIONS: usize = 6;
    pub(in super::super) const PAGE_HEADERS: usize = 11;
    pub(in super::super) const CHARACTERS: usize = 12;
    pub(in super::super) const PARAGRAPHS: usize = 13;
    pub(in super::super) const FONTS: usize = 15;
    pub(in super::super) const BOOKMARK_NAMES: usize = 21;
    pub(in super::super) const BOOKMARK_STARTS: usize = 22;
    pub(in super::super) const BOOKMARK_ENDS: usize = 23;
    pub(in super::super) const SETTINGS: usize = 31;
    pub(in super::super) const TITLES: usize = 32;
    pub(in super::super) const PIECES: usize = 33;
    pub(in super::super) const COMMENTERS: usize = 36;
    pub(in super::super) const COMMENT_NAMES: usize = 37;
    pub(in super::super) const SHAPES: usize = 40;
    pub(in super::super) const HEADER_SHAPES: usize = 41;
    pub(in super::super) const COMMENT_STARTS: usize = 42;
    pub(in super::super) const COMMENT_ENDS: usize = 43;
    pub(in super::super) const DRAWINGS: usize = 50;
    pub(in super::super) const REVISERS: usize = 51;
    pub(in super::super) const LISTS: usize = 73;
    pub(in super::super) const LIST_USES: usize = 74;
    pub(in super::super) const BOXES_BREAKS: usize = 75;
    pub(in super::super) const HEADER_BOXES_BREAKS: usize = 76;
    pub(in super::super) const LIST_NAMES: usize = 91;
    pub(in super::super) const COMMENT_DATES: usize = 112;
}

/// Sorts of text, one after the other in this order.
pub(super) mod story {
    pub(in super::super) const MAIN: usize = 0;
    pub(in super::super) const FOOTNOTES: usize = 1;
    pub(in super::super) const HEADERS: usize = 2;
    pub(in super::super) const COMMENTS: usize = 3;
    pub(in super::super) const ENDNOTES: usize = 4;
    pub(in super::super) const BOXES: usize = 5;
    pub(in super::super) const HEADER_BOXES: usize = 6;
    pub(in super::super) const COUNT: usize = 7;
}

/// Where the head says how long each story is.
const STORY_LENGTHS: [usize; story::COUNT] = [0x4C, 0x50, 0x54, 0x5C, 0x60, 0x64, 0x68];

/// The length of a sort of text that no program reads.
const MACRO_TEXT: usize = 0x58;

/// Where things stand in the head.
const VERSION: usize = 0x02;
const FLAGS: usize = 0x0A;
const PART_COUNT: usize = 0x98;
const PARTS: usize = 0x9A;
const LENGTHS_BYTES: usize = 0x40;

/// The lengths of its fixed parts, in the units that the head counts in.
const FIXED_WORDS: u16 = 14;
const FIXED_LONGS: u16 = 22;

/// Flags that stay: it is a template, has pictures, should be opened to be read only, has characters of two bytes, is of the Far East.
const KEPT_FLAGS: u16 = 0x0001 | 0x0008 | 0x0400 | 0x1000 | 0x4000;
const IS_IN_TABLE_1: u16 = 0x0200;
const WAS_SAVED_FAST: u16 = 0x0004;

/// The first version with this form of a head, and the versions of the longer ones with how many parts each has.
const FIRST_VERSION: u16 = 0x00C1;
const PARTS_OF_VERSIONS: [usize; 5] = [0x5D, 0x6C, 0x88, 0xA4, 0xB7];

/// Words behind the parts, at most.
const LAST_WORDS_MAX: usize = 5;

/// The head of a document that is read.
#[derive(Debug)]
pub(super) struct Header {
    version: u16,
    language: u16,
    flags: u16,
    /// What wrote it, and the language of the Far East.
    far_east: u16,
    parts: Vec<(usize, usize)>,
    /// The version of the longer forms, how often it was saved fast, languages.
    last_words: Vec<u16>,
    pub(super) lengths: [u32; story::COUNT],
}

impl Header {
    /// Reads the head of a main stream that is not locked.
    pub(super) fn read(main: &[u8]) -> Result<Self, Stop> {
        let word = |at| u16_at(main, at).ok_or(Stop::Other);
        let version = word(VERSION)?;
        let is_known = word(0)? == 0xA5EC
            && version >= FIRST_VERSION
            && word(0x20)? == FIXED_WORDS
            && word(0x3E)? == FIXED_LONGS
            && u32_at(main, MACRO_TEXT) == Some(0);
        let count = usize::from(word(PART_COUNT)?);
        // Programs write as many as their version has, and a few write more or fewer.
        if !is_known || !(0x4A..=0x200).contains(&count) {
            return Err(Stop::Other);
        }
        let mut parts = Vec::new();
        for index in 0..count {
            let at = PARTS + index * 8;
            parts.push(place_at(main, at).zip(place_at(main, at + 4)).ok_or(Stop::Other)?);
        }
        let behind = PARTS + count * 8;
        let words = u16_at(main, behind).map_or(0, usize::from).min(LAST_WORDS_MAX);
        let last_words = (0..words).filter_map(|index| u16_at(main, behind + 2 + index * 2)).collect();
        let mut lengths = [0; story::COUNT];
        for (length, at) in lengths.iter_mut().zip(STORY_LENGTHS) {
            *length = u32_at(main, at).filter(|length| *length < 1 << 30).ok_or(Stop::Other)?;
        }
        Ok(Self {
            version,
            language: word(0x06)?,
            flags: word(FLAGS)?,
            far_east: word(0x3C)?,
            parts,
            last_words,
            lengths,
        })
    }

    pub(super) fn table_name(&self) -> &'static str {
        super::super::words::table_name(self.flags)
    }

    /// Whether older text may lie between the pieces.
    pub(super) fn was_saved_fast(&self) -> bool {
        self.flags & WAS_SAVED_FAST != 0
    }

    /// A part that the table stream holds; nothing when there is none.
    pub(super) fn part<'a>(&self, number: usize, table: &'a [u8]) -> Result<&'a [u8], Stop> {
        self.part_and_more(number, table).map(|(part, _)| part)
    }

    /// A part, and what follows it in the table stream.
    pub(super) fn part_and_more<'a>(
        &self,
        number: usize,
        table: &'a [u8],
    ) -> Result<(&'a [u8], &'a [u8]), Stop> {
        match self.parts.get(number) {
            None | Some((_, 0)) => Ok((&[], &[])),
            Some((from, length)) => {
                table.get(*from..).and_then(|rest| rest.split_at_checked(*length)).ok_or(Stop::Other)
            }
        }
    }

    pub(super) fn has(&self, number: usize) -> bool {
        self.parts.get(number).is_some_and(|(_, length)| *length > 0)
    }

    /// How many bytes a head takes.
    pub(super) fn bytes(&self) -> usize {
        PARTS + self.parts_count() * 8 + 2 + self.last_words.len() * 2
    }

    /// As many as a version has that is not newer.
    fn parts_count(&self) -> usize {
        let known = PARTS_OF_VERSIONS.iter().rev().find(|count| **count <= self.parts.len());
        known.copied().unwrap_or(0x5D)
    }

    /// Writes a head: these parts of the table stream, stories of these lengths, a text that stands so, a stream of this length.
    pub(super) fn written(
        &self,
        parts: &[(usize, (usize, usize))],
        lengths: [u32; story::COUNT],
        text: (usize, usize),
        stream_bytes: usize,
    ) -> Result<Vec<u8>, Stop> {
        let long = |place: usize| u32::try_from(place).map_err(|_| Stop::Other);
        let count = self.parts_count();
        let mut out = vec![0; PARTS + count * 8];
        let mut put = |at: usize, bytes: &[u8]| {
            if let Some(place) = out.get_mut(at..at + bytes.len()) {
                place.copy_from_slice(bytes);
            }
        };
        let flags = self.flags & KEPT_FLAGS | IS_IN_TABLE_1 | 0x00F0;
        put(0, &0xA5ECu16.to_le_bytes());
        put(VERSION, &self.version.to_le_bytes());
        put(0x06, &self.language.to_le_bytes());
        put(FLAGS, &flags.to_le_bytes());
        put(0x0C, &0x00BFu16.to_le_bytes());
        put(0x18, &long(text.0)?.to_le_bytes());
        put(0x1C, &long(text.1)?.to_le_bytes());
        put(0x20, &FIXED_WORDS.to_le_bytes());
        put(0x3C, &self.far_east.to_le_bytes());
        put(0x3E, &FIXED_LONGS.to_le_bytes());
        put(LENGTHS_BYTES, &long(stream_bytes)?.to_le_bytes());
        for (length, at) in lengths.iter().zip(STORY_LENGTHS) {
            put(at, &length.to_le_bytes());
        }
        put(PART_COUNT, &u16::try_from(count).map_err(|_| Stop::Other)?.to_le_bytes());
        for (number, (from, length)) in parts {
            put(PARTS + number * 8, &long(*from)?.to_le_bytes());
            put(PARTS + number * 8 + 4, &long(*length)?.to_le_bytes());
        }
        out.extend_from_slice(&u16::try_from(self.last_words.len()).map_err(|_| Stop::Other)?.to_le_bytes());
        for (index, word) in self.last_words.iter().enumerate() {
            // The second says how often it was saved fast.
            let word = if index == 1 { 0 } else { *word };
            out.extend_from_slice(&word.to_le_bytes());
        }
        Ok(out)
    }
}
