//! The data stream of a document (MS-DOC 2.4.1, 2.9.192, 2.9.157, 2.9.78): pictures in the text, what fields of forms know, and long looks.
//!
//! Owns: what stays of each, and where it stands afterwards.
//! Leaves to others: shapes and pixels (`drawn`), which character has which data (`fields`).

use std::collections::HashMap;

use worker_protocol::Threat;

use super::looks::{self, Known, about};
use super::shapes::Inline;
use crate::Work;
use crate::legacy::Stop;
use crate::legacy::bytes::{Reader, place_at, u16_at};
use crate::legacy::drawn::shapes::Writer;
use crate::legacy::drawn::{self, PICTURE, SHAPE, pictures, put_node};

/// The head of a picture or of the data of a field.
const HEAD_BYTES: usize = 0x44;

/// Where the head says what follows: a shape, or a name and then a shape.
const SORT_AT: usize = 6;
const IS_SHAPE: u16 = 0x64;
const IS_NAMED_SHAPE: u16 = 0x66;
const IS_FILE: u16 = 0x5E;

/// What the head says besides that may stay: sizes, scales and borders. Gaps between them and names of programs do not.
const SIZES: [std::ops::Range<usize>; 2] = [8..12, 28..62];

/// Pictures in one shape of the text.
const PICTURES_MAX: usize = 64;

/// The longest text of a field of a form, in characters, and the most lines to choose from.
const FORM_TEXT_MAX: usize = 255;
const CHOICES_MAX: usize = 255;

/// Sorts of fields of forms.
const FORM_TEXT: u16 = 0;
const FORM_CHOICE: u16 = 2;

/// A data stream that is read, and the one that is written.
pub(super) struct Data<'a> {
    old: &'a [u8],
    pub(super) out: Vec<u8>,
    /// Where pictures stood and where they stand now.
    pictures: HashMap<u32, u32>,
    /// The same of looks of rows, and whether something of them went that is not known.
    rows: HashMap<u32, (u32, bool)>,
    /// Pictures that were written.
    pub(super) count: u64,
}

impl<'a> Data<'a> {
    pub(super) fn new(old: &'a [u8]) -> Self {
        Self { old, out: Vec::new(), pictures: HashMap::new(), rows: HashMap::new(), count: 0 }
    }

    fn now(&self) -> Result<u32, Stop> {
        u32::try_from(self.out.len()).map_err(|_| Stop::Other)
    }

    /// A head, and what follows it.
    fn block(&self, place: u32) -> Option<(&'a [u8], &'a [u8])> {
        let rest = self.old.get(usize::try_from(place).ok()?..)?;
        let all = rest.get(..place_at(rest, 0)?)?;
        (u16_at(all, 4)? == HEAD_BYTES as u16).then(|| all.split_at_checked(HEAD_BYTES)).flatten()
    }

    fn put_block(&mut self, head: &[u8], sort: u16, body: &[u8]) -> Result<(), Stop> {
        let mut written = vec![0; HEAD_BYTES];
        let mut put = |range: std::ops::Range<usize>, bytes: &[u8]| {
            if let Some(place) = written.get_mut(range).filter(|place| place.len() == bytes.len()) {
                place.copy_from_slice(bytes);
            }
        };
        for range in SIZES {
            put(range.clone(), head.get(range).unwrap_or_default());
        }
        let length = u32::try_from(HEAD_BYTES + body.len()).map_err(|_| Stop::Other)?;
        put(0..4, &length.to_le_bytes());
        put(4..6, &(HEAD_BYTES as u16).to_le_bytes());
        put(SORT_AT..SORT_AT + 2, &sort.to_le_bytes());
        self.out.extend_from_slice(&written);
        self.out.extend_from_slice(body);
        Ok(())
    }

    /// The place of a picture in the new stream. Nothing where there is none to be seen.
    pub(super) fn picture(&mut self, place: u32, work: &mut Work<'_>) -> Result<Option<u32>, Stop> {
        if let Some(new) = self.pictures.get(&place) {
            return Ok(Some(*new));
        }
        let Some((head, mut body)) = self.block(place) else { return Ok(None) };
        work.budget.spend(body.len() as u64)?;
        match u16_at(head, SORT_AT) {
            Some(IS_SHAPE) => {}
            Some(IS_NAMED_SHAPE) => {
                // The name is that of a file elsewhere.
                let name = body.first().copied().map(usize::from).ok_or(Stop::Other)?;
                body = body.get(1 + name..).ok_or(Stop::Other)?;
                work.findings.add(Threat::ExternalContent, "WordDocument");
            }
            // The picture is in a file elsewhere, and nothing is here.
            Some(IS_FILE | 0x62 | 0x63) => {
                work.findings.add(Threat::ExternalContent, "WordDocument");
                let now = self.now()?;
                self.put_block(head, IS_SHAPE, &empty_frame()?)?;
                self.pictures.insert(place, now);
                return Ok(Some(now));
            }
            // What a link or another field knows.
            Some(0) => return Ok(None),
            _ => return Err(Stop::Other),
        }
        let nodes = drawn::parse(body)?;
        let Some((shape, entries)) = nodes.split_first() else { return Ok(None) };
        if shape.number != SHAPE || entries.len() > PICTURES_MAX {
            return Err(Stop::Other);
        }
        // The number by which the shape names its picture is one of a list that is elsewhere or no more.
        let pictures = if entries.is_empty() { 0 } else { usize::MAX };
        let mut writer = Writer::new(Inline, pictures, work.job.policy.links);
        writer.alone(shape)?;
        for threat in std::mem::take(&mut writer.told) {
            work.findings.add(threat, "WordDocument");
        }
        let mut written = writer.out;
        if written.is_empty() {
            return Ok(None);
        }
        for entry in entries {
            match entry.number {
                PICTURE => pictures::put_shown(&mut written, entry.body, "Data", work)?,
                _ => {
                    let mut record = Vec::new();
                    put_node(&mut record, entry.head, entry.number, entry.body)?;
                    written.extend_from_slice(&pictures::alone(&record, "Data", work)?);
                }
            }
        }
        let now = self.now()?;
        self.put_block(head, IS_SHAPE, &written)?;
        self.pictures.insert(place, now);
        self.count += 1;
        Ok(Some(now))
    }

    /// The place of what a field of a form knows. Nothing when it is none.
    pub(super) fn form(&mut self, place: u32, work: &mut Work<'_>) -> Result<Option<u32>, Stop> {
        let Some((_, body)) = self.block(place) else { return Ok(None) };
        work.budget.spend(body.len() as u64)?;
        let Some((written, has_macro)) = form(body) else { return Ok(None) };
        if has_macro {
            work.findings.add(Threat::Action, "WordDocument");
        }
        let now = self.now()?;
        self.put_block(&[], 0, &written)?;
        Ok(Some(now))
    }

    /// Looks that stand here because they are long.
    pub(super) fn looks(&self, place: u32, work: &mut Work<'_>) -> Result<&'a [u8], Stop> {
        let rest = usize::try_from(place).ok().and_then(|place| self.old.get(place..)).ok_or(Stop::Other)?;
        let length = u16_at(rest, 0).map(usize::from).ok_or(Stop::Other)?;
        work.budget.spend(length as u64)?;
        rest.get(2..2 + length).ok_or(Stop::Other)
    }

    /// The place of the looks of a row in the new stream, and whether something of them went that is not known.
    pub(super) fn row(&mut self, place: u32, known: Known, work: &mut Work<'_>) -> Result<(u32, bool), Stop> {
        if let Some(row) = self.rows.get(&place) {
            return Ok(*row);
        }
        let mut kept = Vec::new();
        let sorts = [about::PARAGRAPHS, about::TABLES];
        let is_unknown = looks::put(self.looks(place, work)?, &sorts, known, &mut kept);
        let row = (self.put_looks(&kept)?, is_unknown);
        self.rows.insert(place, row);
        Ok(row)
    }

    /// Puts looks here that are too long for a page.
    pub(super) fn put_looks(&mut self, looks: &[u8]) -> Result<u32, Stop> {
        let now = self.now()?;
        self.out.extend_from_slice(&u16::try_from(looks.len()).map_err(|_| Stop::Other)?.to_le_bytes());
        self.out.extend_from_slice(looks);
        Ok(now)
    }
}

/// A frame that shows nothing and is as large as a picture that lay elsewhere, so that the page stays as it was.
fn empty_frame() -> Result<Vec<u8>, Stop> {
    const FRAME: u16 = 75;
    const NUMBER_AND_FLAGS: [u8; 8] = [0, 4, 0, 0, 0, 0x0A, 0, 0];
    const IN_TEXT: [u8; 4] = [0, 0, 0, 0x80];
    // No line around it.
    const LOOK: [u8; 6] = [0xFF, 0x01, 0, 0, 0x08, 0];
    let mut inside = Vec::new();
    put_node(&mut inside, FRAME << 4 | 2, drawn::KIND, &NUMBER_AND_FLAGS)?;
    put_node(&mut inside, 1 << 4 | 3, drawn::PROPERTIES, &LOOK)?;
    put_node(&mut inside, 0, drawn::ANCHOR, &IN_TEXT)?;
    let mut out = Vec::new();
    put_node(&mut out, drawn::HOLDS_OTHERS, SHAPE, &inside)?;
    Ok(out)
}

/// What a field of a form knows (FFData), without macros; and whether there were any.
fn form(body: &[u8]) -> Option<(Vec<u8>, bool)> {
    let mut reader = Reader::new(body);
    let version = reader.u32().filter(|version| *version == u32::MAX)?;
    let (bits, longest, size) = (reader.u16()?, reader.u16()?, reader.u16()?);
    let sort = bits & 3;
    let mut out = version.to_le_bytes().to_vec();
    out.extend([bits, longest, size].map(u16::to_le_bytes).concat());
    let name = text(&mut reader)?;
    out.extend_from_slice(name);
    match sort {
        FORM_TEXT => out.extend_from_slice(text(&mut reader)?),
        _ => out.extend_from_slice(reader.take(2)?),
    }
    for _ in 0..3 {
        out.extend_from_slice(text(&mut reader)?);
    }
    let mut has_macro = false;
    for _ in 0..2 {
        has_macro |= text(&mut reader)?.iter().any(|byte| *byte != 0);
        out.extend_from_slice(&[0; 4]);
    }
    if sort == FORM_CHOICE {
        let (mark, count, extra) = (reader.u16()?, reader.u16()?, reader.u16()?);
        if mark != u16::MAX || extra != 0 || usize::from(count) > CHOICES_MAX {
            return None;
        }
        out.extend([mark, count, extra].map(u16::to_le_bytes).concat());
        for _ in 0..count {
            let length = reader.u16().filter(|length| usize::from(*length) <= FORM_TEXT_MAX)?;
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(reader.take(usize::from(length) * 2)?);
        }
    }
    Some((out, has_macro))
}

/// A text with its length before it and nothing behind it (Xstz).
fn text<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = usize::from(u16_at(reader.left(), 0)?);
    let bytes = reader.take(2 + length * 2 + 2)?;
    (length <= FORM_TEXT_MAX && bytes.ends_with(&[0, 0])).then_some(bytes)
}
