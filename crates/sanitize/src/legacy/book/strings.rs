//! The texts that cells of a workbook of Excel 97 share (MS-XLS 2.4.265).
//!
//! Owns: reading all of them with their fonts and readings, writing them and the list that finds them.
//! Leaves to others: which cell shows which text (`cells`).

use super::Stop;
use super::records::{CONTINUE, Reader, Record, is_wide, put_plain};

/// Records by number.
mod record {
    pub(super) const STRINGS: u16 = 0x00FC;
    pub(super) const INDEX: u16 = 0x00FF;
}

/// Flags of a text.
mod flag {
    pub(super) const WIDE: u8 = 0x01;
    pub(super) const READING: u8 = 0x04;
    pub(super) const FONTS: u8 = 0x08;
}

/// The longest text of a cell, in characters.
pub(super) const CHARS_MAX: usize = 32_767;

const BODY_BYTES_MAX: usize = 8224;

/// Texts between two entries of the list, at least; and the most entries that it has.
const BUCKET_MIN: usize = 8;
const BUCKETS_MAX: usize = 128;

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Text {
    characters: Vec<u16>,
    /// From which character on there is which font.
    fonts: Vec<[u16; 2]>,
    /// How it is read aloud (MS-XLS 2.5.86), as it stands in the file.
    reading: Vec<u8>,
}

/// All texts of one workbook.
#[derive(Debug, Default)]
pub(super) struct Strings {
    texts: Vec<Text>,
    references: u32,
}

impl Strings {
    /// Reads them. Fonts that there are not are left out, and readings that do not fit.
    pub(super) fn read(record: &Record<'_>, font_count: usize) -> Result<Self, Stop> {
        let mut reader = Reader::of(record);
        let references = reader.u32().ok_or(Stop::Other)?;
        let count = reader.u32().ok_or(Stop::Other)?;
        let mut texts = Vec::new();
        for _ in 0..count {
            // Some writers count more than they write.
            if reader.is_at_end() {
                break;
            }
            texts.push(text(&mut reader, font_count).ok_or(Stop::Other)?);
        }
        Ok(Self { texts, references })
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The characters of one.
    pub(super) fn text(&self, number: usize) -> Option<&[u16]> {
        self.texts.get(number).map(|text| text.characters.as_slice())
    }

    /// Characters of all of them.
    pub(super) fn characters(&self) -> u64 {
        self.texts.iter().map(|text| text.characters.len() as u64).sum()
    }

    /// Adds a text, and says its number.
    pub(super) fn add(&mut self, characters: Vec<u16>) -> Option<u32> {
        let number = u32::try_from(self.texts.len()).ok()?;
        let characters = characters.into_iter().take(CHARS_MAX).collect();
        self.texts.push(Text { characters, ..Text::default() });
        self.references = self.references.saturating_add(1);
        Some(number)
    }

    /// Writes the texts, and the list that says where every so many of them stand.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let bucket = self.texts.len().div_ceil(BUCKETS_MAX).max(BUCKET_MIN);
        let mut entries = Vec::new();
        let mut writer = Writer::begin(out);
        writer.plain(&self.references.max(u32::try_from(self.texts.len()).unwrap_or(0)).to_le_bytes());
        writer.plain(&u32::try_from(self.texts.len()).unwrap_or(0).to_le_bytes());
        for (number, text) in self.texts.iter().enumerate() {
            let place = writer.text(text);
            if number % bucket == 0 {
                entries.push(place);
            }
        }
        writer.end();
        let mut list = u16::try_from(bucket).unwrap_or(u16::MAX).to_le_bytes().to_vec();
        for (in_stream, in_record) in entries {
            list.extend_from_slice(&in_stream.to_le_bytes());
            list.extend_from_slice(&in_record.to_le_bytes());
            list.extend_from_slice(&[0, 0]);
        }
        super::records::put(out, record::INDEX, &list);
    }
}

fn text(reader: &mut Reader<'_>, font_count: usize) -> Option<Text> {
    // Where a record is full to its last byte, the next one begins with a whole text.
    let count = usize::from(u16::from_le_bytes(reader.take_across(2)?.try_into().ok()?));
    let flags = *reader.take_across(1)?.first()?;
    let fonts = match flags & flag::FONTS {
        0 => 0,
        _ => usize::from(u16::from_le_bytes(reader.take_across(2)?.try_into().ok()?)),
    };
    let reading = match flags & flag::READING {
        0 => 0,
        _ => u32::from_le_bytes(reader.take_across(4)?.try_into().ok()?) as usize,
    };
    let characters = reader.characters(count, flags & flag::WIDE != 0)?;
    let mut runs = Vec::new();
    for _ in 0..fonts {
        let run = reader.take_across(4)?;
        let number = |at| crate::legacy::bytes::u16_at(&run, at);
        let run = [number(0)?, number(2)?];
        // There is no font 4, so the last one has the number that they are.
        if usize::from(run[1]) <= font_count && usize::from(run[0]) <= count {
            runs.push(run);
        }
    }
    let reading = reader.take_across(reading)?;
    let reading = if is_reading(&reading, count, font_count) { reading } else { Vec::new() };
    Some(Text { characters, fonts: runs, reading })
}

/// Whether this is a reading: how it is written, for how many characters, its text, and which belong together.
fn is_reading(bytes: &[u8], count: usize, font_count: usize) -> bool {
    let mut reader = Reader::new(bytes);
    let mut read = || {
        let (form, length) = (reader.u16()?, reader.u16()?);
        let (font, _look) = (reader.u16()?, reader.u16()?);
        let (runs, characters) = (usize::from(reader.u16()?), usize::from(reader.u16()?));
        let again = usize::from(reader.u16()?);
        let _text = reader.take(characters * 2)?;
        let mut fits = form == 1 && usize::from(length) + 4 == bytes.len() && again == characters;
        fits &= usize::from(font) <= font_count;
        for _ in 0..runs {
            let (in_reading, in_text, length) = (reader.u16()?, reader.u16()?, reader.u16()?);
            fits &= usize::from(in_reading) <= characters
                && usize::from(in_text) <= count
                && usize::from(length) <= count;
        }
        // A text of nothing still has room for one character and one run.
        Some(fits && reader.left().len() <= 8)
    };
    bytes.len() >= 14 && read().unwrap_or(false)
}

/// Writes into records, of which each is told where it begins and how long it became.
struct Writer<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
}

impl<'o> Writer<'o> {
    fn begin(out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        out.extend_from_slice(&record::STRINGS.to_le_bytes());
        out.extend_from_slice(&[0, 0]);
        Self { out, start }
    }

    fn room(&self) -> usize {
        BODY_BYTES_MAX.saturating_sub(self.out.len() - self.start - 4)
    }

    fn close(&mut self) {
        let length = u16::try_from(self.out.len() - self.start - 4).unwrap_or(0).to_le_bytes();
        if let Some(place) = self.out.get_mut(self.start + 2..self.start + 4) {
            place.copy_from_slice(&length);
        }
    }

    fn go_on(&mut self) {
        self.close();
        self.start = self.out.len();
        self.out.extend_from_slice(&CONTINUE.to_le_bytes());
        self.out.extend_from_slice(&[0, 0]);
    }

    fn end(mut self) {
        self.close();
    }

    /// Bytes that stay together.
    fn plain(&mut self, bytes: &[u8]) {
        if self.room() < bytes.len() {
            self.go_on();
        }
        self.out.extend_from_slice(bytes);
    }

    /// Writes a text, and says where it begins in the stream and in its record.
    fn text(&mut self, text: &Text) -> (u32, u16) {
        let is_wide = is_wide(&text.characters);
        let mut head = u16::try_from(text.characters.len()).unwrap_or(0).to_le_bytes().to_vec();
        let mut flags = u8::from(is_wide) * flag::WIDE;
        flags |= u8::from(!text.fonts.is_empty()) * flag::FONTS;
        flags |= u8::from(!text.reading.is_empty()) * flag::READING;
        head.push(flags);
        if !text.fonts.is_empty() {
            head.extend_from_slice(&u16::try_from(text.fonts.len()).unwrap_or(0).to_le_bytes());
        }
        if !text.reading.is_empty() {
            head.extend_from_slice(&u32::try_from(text.reading.len()).unwrap_or(0).to_le_bytes());
        }
        // A head and its first character stay together.
        if self.room() < head.len() + 2 {
            self.go_on();
        }
        let place = (
            u32::try_from(self.out.len()).unwrap_or(0),
            u16::try_from(self.out.len() - self.start).unwrap_or(0),
        );
        self.out.extend_from_slice(&head);
        let width = if is_wide { 2 } else { 1 };
        let mut rest = text.characters.as_slice();
        while !rest.is_empty() {
            if self.room() < width {
                self.go_on();
                self.out.push(u8::from(is_wide));
            }
            let (now, later) = rest.split_at((self.room() / width).min(rest.len()));
            put_plain(self.out, now, is_wide);
            rest = later;
        }
        for run in &text.fonts {
            self.plain(&run.map(u16::to_le_bytes).concat());
        }
        // A reading is made of numbers of two bytes, none of which is cut.
        let mut reading = text.reading.as_slice();
        while !reading.is_empty() {
            if self.room() < 2 {
                self.go_on();
            }
            let (now, later) = reading.split_at((self.room() & !1).min(reading.len()));
            self.out.extend_from_slice(now);
            reading = later;
        }
        place
    }
}
