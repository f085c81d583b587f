//! What is printed above and below a sheet of a workbook of Excel 97 (MS-XLS 2.4.136, 2.4.124, 2.4.137).
//!
//! Owns: the texts, and the mark in them.
//! Leaves to others: how a text with a mark is put together (`ooxml::mark`), which is the same in all versions.

use super::Stop;
use super::records::{self, Reader, Record, put_text, shown};
use crate::ooxml::with_plain_mark;

/// Records by number.
mod record {
    pub(super) const HEADER: u16 = 0x0014;
    pub(super) const FOOTER: u16 = 0x0015;
    pub(super) const OTHERS: u16 = 0x089C;
}

/// Before its texts: the head of a later record, whose view it is, and flags.
const OTHERS_HEAD: usize = 28;
const LATER_HEAD: usize = 12;

/// Even pages and the first one have texts of their own.
const OTHER_EVEN: u16 = 0x01;
const OTHER_FIRST: u16 = 0x02;

/// The page of one sheet.
pub(super) struct Page {
    mark: Option<String>,
    is_marked: bool,
}

impl Page {
    pub(super) fn with(mark: Option<String>) -> Self {
        Self { mark, is_marked: false }
    }

    pub(super) fn owns(number: u16) -> bool {
        matches!(number, record::HEADER | record::FOOTER | record::OTHERS)
    }

    /// Writes one of its records.
    pub(super) fn put(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Result<(), Stop> {
        if record.number == record::OTHERS {
            return self.others(record.body, out);
        }
        let text = match record.body {
            [] => Vec::new(),
            body => Reader::new(body).text().ok_or(Stop::Other)?,
        };
        let is_header = record.number == record::HEADER;
        let text = if is_header { self.marked(text) } else { text };
        self.is_marked |= is_header;
        let mut body = Vec::new();
        if !text.is_empty() {
            put_text(&mut body, &text);
        }
        records::put(out, record.number, &body);
        Ok(())
    }

    /// Texts of even pages and of the first, unless they belong to how another person saw the sheet.
    fn others(&self, body: &[u8], out: &mut Vec<u8>) -> Result<(), Stop> {
        let mut reader = Reader::new(body);
        let head = reader.take(OTHERS_HEAD).ok_or(Stop::Other)?;
        if head.get(LATER_HEAD..).is_none_or(|view| view.iter().any(|byte| *byte != 0)) {
            return Ok(());
        }
        let flags = reader.u16().ok_or(Stop::Other)?;
        let mut counts = [0; 4];
        for count in &mut counts {
            *count = reader.u16().ok_or(Stop::Other)?;
        }
        let is_marked = [flags & OTHER_EVEN != 0, false, flags & OTHER_FIRST != 0, false];
        let (mut written, mut texts) = (Vec::new(), Vec::new());
        for (count, is_marked) in counts.into_iter().zip(is_marked) {
            let text = match count {
                0 => Vec::new(),
                _ => reader.text().ok_or(Stop::Other)?,
            };
            let text = if is_marked { self.marked(text) } else { text };
            written.extend_from_slice(&u16::try_from(text.len()).map_err(|_| Stop::Other)?.to_le_bytes());
            if !text.is_empty() {
                put_text(&mut texts, &text);
            }
        }
        let out_body = [head, &(flags & 0x0F).to_le_bytes(), &written, &texts].concat();
        records::put(out, record::OTHERS, &out_body);
        Ok(())
    }

    fn marked(&self, text: Vec<u16>) -> Vec<u16> {
        match &self.mark {
            Some(mark) => with_plain_mark(&shown(&text), mark).encode_utf16().collect(),
            None => text,
        }
    }

    /// The end of the sheet: a mark that was asked for must stand on it.
    pub(super) fn done(&self) -> Result<(), Stop> {
        if self.mark.is_none() || self.is_marked { Ok(()) } else { Err(Stop::Other) }
    }
}
