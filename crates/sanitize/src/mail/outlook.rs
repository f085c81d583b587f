//! Messages as Outlook saves them (MS-OXMSG, or its envelope by itself): turned into mail that every program reads.
//!
//! Owns: reading properties, recipients and attachments out of the compound file.
//! Leaves to others: what may stay of them (`mod`), code pages and packed RTF (`properties`), appointments and cards (`entries`).

use std::io::Read;

use worker_protocol::{Kind, Mode, Reason, Road, Threat};

use super::entries::{Entry, Names};
use super::envelope::Envelope;
use super::properties::{self, Named, Said};
use super::{Piece, Sorter, tnef};
use crate::compound::{self, Compound};
use crate::mime::Entity;
use crate::mime::field::Mailbox;
use crate::{Rebuilt, Refusal, Work, html, text};

/// Recipients of one message.
const RECIPIENTS_MAX: usize = 2_000;

/// Turns a message of Outlook into mail.
pub(crate) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if matches!(mode, Mode::ImagePdf | Mode::InspectOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    if work.depth >= work.budget.limits.depth_max {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    if tnef::is_tnef(untrusted) {
        return tnef::rebuild(untrusted, mode, work);
    }
    let mut file = compound::open(untrusted)?;
    work.budget.take_entries(file.walk().count())?;
    message(&mut file, "/", mode, work)
}

/// One message: the whole file, or one that is attached.
fn message(file: &mut Compound<'_>, at: &str, mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    let mut reader = Storage { file, at: at.to_owned(), named: Named::default() };
    let header_bytes = if at == "/" { 32 } else { 24 };
    let fixed = reader.fixed(header_bytes, work)?;
    let number = |id: u16| fixed.iter().find(|(known, _)| *known == id).map(|(_, value)| *value);
    let page = |id: u16| number(id).and_then(|page| u32::try_from(page).ok());
    // Without a word on it, a message on a Japanese machine is in that machine's own code page.
    reader.named = Named { strings: page(0x3FFD), network: page(0x3FDE), locale: page(0x3FF1) };
    let mut envelope = Envelope::empty();
    let sender = Mailbox {
        name: reader.text(0x0C1A, work)?.or(reader.text(0x0042, work)?).unwrap_or_default(),
        address: first_address([
            reader.text(0x5D01, work)?,
            reader.text(0x0C1F, work)?,
            reader.text(0x0065, work)?,
        ]),
        is_set_off: false,
        ..Mailbox::default()
    };
    if !sender.name.is_empty() || !sender.address.is_empty() {
        envelope.mailboxes("From", vec![sender]);
    }
    let recipients = reader.recipients(work)?;
    for (kind, name) in [(1, "To"), (2, "Cc")] {
        let mailboxes: Vec<Mailbox> = recipients
            .iter()
            .filter(|(known, _)| *known == kind)
            .map(|(_, mailbox)| mailbox.clone())
            .collect();
        if !mailboxes.is_empty() {
            envelope.mailboxes(name, mailboxes);
        } else if let Some(shown) =
            reader.text(if kind == 1 { 0x0E04 } else { 0x0E03 }, work)?.filter(|s| !s.trim().is_empty())
        {
            let names =
                shown.split(';').map(|name| Mailbox { name: name.trim().to_owned(), ..Mailbox::default() });
            envelope.mailboxes(name, names.collect());
        }
    }
    let subject = reader.text(0x0037, work)?;
    if let Some(subject) = &subject {
        envelope.words("Subject", subject);
    }
    let sent = number(0x0039).or_else(|| number(0x0E06)).and_then(date);
    if let Some(sent) = sent {
        envelope.push("Date", sent.clone(), sent);
    }
    for (id, name) in [(0x1035, "Message-ID"), (0x1042, "In-Reply-To"), (0x1039, "References")] {
        if let Some(value) =
            reader.text(id, work)?.filter(|value| value.bytes().all(|b| matches!(b, b' '..=b'~')))
        {
            envelope.push(name, value.clone(), value);
        }
    }
    if reader.has(0x007D) {
        work.findings.add(Threat::Metadata, "headers");
    }
    envelope.mark(work.job.mark.as_ref());
    let mut sorter = Sorter::new(mode);
    let mut attached = reader.attachments(&mut sorter, mode, work)?;
    if let Some((name, entry)) = reader.entry(subject.as_deref().unwrap_or_default(), &fixed, work)? {
        attached.extend(sorter.file(name, entry.as_bytes(), None, work)?);
    }
    let root = reader.body(&mut sorter, mode, work)?;
    let root = match (root, attached.is_empty()) {
        (root, true) => root,
        (root, false) => Some(Piece::Several("mixed", root.into_iter().chain(attached).collect())),
    };
    sorter.finish(root, &envelope, Kind::OutlookMessage, Road::Converted, work)
}

fn first_address(candidates: [Option<String>; 3]) -> String {
    let mut found = candidates.into_iter().flatten().filter(|address| address.contains('@'));
    found.next().unwrap_or_default()
}

/// A storage of the compound file that holds properties.
struct Storage<'f, 'a> {
    file: &'f mut Compound<'a>,
    at: String,
    named: Named,
}

impl Storage<'_, '_> {
    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.at.trim_end_matches('/'))
    }

    fn stream(&mut self, path: &str, work: &mut Work<'_>) -> Result<Option<Vec<u8>>, Refusal> {
        if !self.file.is_stream(path) {
            return Ok(None);
        }
        let damaged = |_| Refusal::held(Reason::Damaged);
        let mut stream = self.file.open_stream(path).map_err(damaged)?;
        // Streams may share sectors, so many small ones can be made of one.
        work.budget.spend(stream.len())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).map_err(damaged)?;
        Ok(Some(bytes))
    }

    /// Properties of a fixed size: number and value.
    fn fixed(&mut self, header_bytes: usize, work: &mut Work<'_>) -> Result<Vec<(u16, u64)>, Refusal> {
        let path = self.path("__properties_version1.0");
        let Some(bytes) = self.stream(&path, work)? else { return Ok(Vec::new()) };
        let rows = bytes.get(header_bytes..).unwrap_or_default().chunks_exact(16);
        let read = rows.filter_map(|row| {
            let id = u16::from_le_bytes(row.get(2..4)?.try_into().ok()?);
            let value = u64::from_le_bytes(row.get(8..16)?.try_into().ok()?);
            // Numbers of four bytes leave the other four undefined.
            let kind = u16::from_le_bytes(row.get(..2)?.try_into().ok()?);
            Some((id, if kind == 0x0003 { value & 0xFFFF_FFFF } else { value }))
        });
        Ok(read.collect())
    }

    fn has(&self, id: u16) -> bool {
        ["001F", "001E", "0102"]
            .iter()
            .any(|kind| self.file.is_stream(self.path(&format!("__substg1.0_{id:04X}{kind}"))))
    }

    fn text(&mut self, id: u16, work: &mut Work<'_>) -> Result<Option<String>, Refusal> {
        if let Some(said) = self.wide(id, work)? {
            return Ok(Some(said));
        }
        let labels = self.named.of_strings();
        Ok(self.narrow(id, work)?.map(|bytes| text::decode_likeliest(&bytes, &labels).text))
    }

    fn wide(&mut self, id: u16, work: &mut Work<'_>) -> Result<Option<String>, Refusal> {
        let path = self.path(&format!("__substg1.0_{id:04X}001F"));
        let bytes = self.stream(&path, work)?;
        let said =
            bytes.map(|bytes| encoding_rs::UTF_16LE.decode_without_bom_handling(&bytes).0.into_owned());
        Ok(said.map(|said| said.trim_end_matches('\0').to_owned()))
    }

    fn page(&self, untrusted: &[u8]) -> String {
        let in_page = html::label_in(untrusted);
        text::decode_likeliest(untrusted, &self.named.of_page(in_page.as_deref())).text
    }

    /// A string in some code page, without the zeros at its end.
    fn narrow(&mut self, id: u16, work: &mut Work<'_>) -> Result<Option<Vec<u8>>, Refusal> {
        let path = self.path(&format!("__substg1.0_{id:04X}001E"));
        let Some(mut bytes) = self.stream(&path, work)? else { return Ok(None) };
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
        Ok(Some(bytes))
    }

    fn bytes(&mut self, id: u16, work: &mut Work<'_>) -> Result<Option<Vec<u8>>, Refusal> {
        let path = self.path(&format!("__substg1.0_{id:04X}0102"));
        self.stream(&path, work)
    }

    /// Storages right below this one whose name begins so, in order.
    fn storages(&self, prefix: &str) -> Vec<String> {
        let Ok(entries) = self.file.read_storage(&self.at) else { return Vec::new() };
        let names = entries.filter(|entry| entry.is_storage()).map(|entry| entry.name().to_owned());
        let mut names: Vec<String> = names
            .filter(|name| name.get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix)))
            .collect();
        names.sort();
        names
    }

    fn recipients(&mut self, work: &mut Work<'_>) -> Result<Vec<(u64, Mailbox)>, Refusal> {
        let mut found = Vec::new();
        let home = self.at.clone();
        for name in self.storages("__recip_version1.0_").into_iter().take(RECIPIENTS_MAX) {
            self.at = format!("{}/{name}", home.trim_end_matches('/'));
            let kind =
                self.fixed(8, work)?.iter().find(|(id, _)| *id == 0x0C15).map_or(1, |(_, kind)| *kind & 0xF);
            let mailbox = Mailbox {
                name: self.text(0x3001, work)?.unwrap_or_default(),
                address: first_address([
                    self.text(0x39FE, work)?,
                    self.text(0x3003, work)?,
                    self.text(0x403E, work)?,
                ]),
                is_set_off: false,
                ..Mailbox::default()
            };
            self.at.clone_from(&home);
            let mailbox = if mailbox.name == mailbox.address {
                Mailbox { name: String::new(), ..mailbox }
            } else {
                mailbox
            };
            found.push((kind, mailbox));
        }
        self.at = home;
        Ok(found)
    }

    fn attachments(
        &mut self,
        sorter: &mut Sorter,
        mode: Mode,
        work: &mut Work<'_>,
    ) -> Result<Vec<Piece>, Refusal> {
        let mut pieces = Vec::new();
        let home = self.at.clone();
        for storage in self.storages("__attach_version1.0_") {
            self.at = format!("{}/{storage}", home.trim_end_matches('/'));
            let name = match self.text(0x3707, work)? {
                Some(name) if !name.trim().is_empty() => Some(name),
                _ => self.text(0x3704, work)?.or(self.text(0x3001, work)?),
            };
            let name = name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "attachment".to_owned());
            let content_id = self.text(0x3712, work)?;
            let inner = self.path("__substg1.0_3701000D");
            if let Some(bytes) = self.bytes(0x3701, work)? {
                pieces.extend(sorter.file(&name, &bytes, content_id, work)?);
            } else if self.file.is_stream(format!("{inner}/__properties_version1.0")) {
                pieces.push(self.inner_message(sorter, &inner, &name, mode, work)?);
            } else {
                // An object of another program inside the message.
                sorter.lose(&name, Reason::NotRebuilt, Threat::EmbeddedObject, work);
            }
            self.at.clone_from(&home);
        }
        Ok(pieces)
    }

    /// A message that is attached to this one lies in the same file.
    fn inner_message(
        &mut self,
        sorter: &mut Sorter,
        at: &str,
        name: &str,
        mode: Mode,
        work: &mut Work<'_>,
    ) -> Result<Piece, Refusal> {
        if work.depth + 1 >= work.budget.limits.depth_max {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        work.depth += 1;
        let rebuilt = message(self.file, at, if mode == Mode::TextOnly { Mode::Rebuild } else { mode }, work);
        work.depth -= 1;
        let rebuilt = rebuilt?;
        sorter.members.extend(rebuilt.members);
        let name = sorter.names.file("", &crate::clean_name(name, "eml"));
        Ok(Piece::Done(Entity::Message { name, bytes: rebuilt.clean }))
    }

    /// An appointment, a task or a card: what this message is beyond a message.
    fn entry(
        &mut self,
        subject: &str,
        fixed: &[(u16, u64)],
        work: &mut Work<'_>,
    ) -> Result<Option<(&'static str, String)>, Refusal> {
        let class = self.text(0x001A, work)?.unwrap_or_default();
        if !Entry::is_one(&class) {
            return Ok(None);
        }
        // Messages inside share the names of the one around them.
        let names = self.stream("/__nameid_version1.0/__substg1.0_00030102", work)?.unwrap_or_default();
        let sets = self.stream("/__nameid_version1.0/__substg1.0_00020102", work)?.unwrap_or_default();
        let names = Names::read(&names, &sets);
        let text = &mut |id: u16| self.text(id, work);
        Entry { class: &class, subject, fixed, names: &names, text }.written()
    }

    /// The words: as a page if there is one, else plain, else what packed RTF says.
    fn body(
        &mut self,
        sorter: &mut Sorter,
        mode: Mode,
        work: &mut Work<'_>,
    ) -> Result<Option<Piece>, Refusal> {
        let plain = self.text(0x1000, work)?.filter(|words| !words.trim().is_empty());
        let wide = self.wide(0x1013, work)?;
        let mut page = match self.bytes(0x1013, work)? {
            None if wide.is_some() => wide,
            None => self.narrow(0x1013, work)?.map(|bytes| self.page(&bytes)),
            Some(bytes) => Some(self.page(&bytes)),
        };
        let mut words = plain;
        if page.is_none()
            && let Some(packed) = self.bytes(0x1009, work)?
        {
            match properties::unpack_rtf(&packed, work)?.map(|rtf| properties::said(&rtf)) {
                Some(Said::Page(said)) => page = Some(said),
                // Plain words say the same.
                Some(Said::Words(said)) => {
                    words = words.or(Some(said).filter(|said| !said.trim().is_empty()))
                }
                None => work.findings.add(Threat::Unknown, "rtf"),
            }
        }
        if mode == Mode::Strict && words.is_some() {
            page = None;
        }
        let words = match words {
            Some(words) => sorter.plain(&words, work)?,
            None => None,
        };
        Ok(match (words, page.filter(|page| !page.trim().is_empty())) {
            (Some(words), Some(page)) => Some(Piece::Several("alternative", vec![words, Piece::Page(page)])),
            (None, Some(page)) => Some(Piece::Page(page)),
            (words, None) => words,
        })
    }
}

/// A moment in the calendar, in UTC.
pub(super) struct Moment {
    pub(super) year: u64,
    month: usize,
    date: u64,
    weekday: usize,
    pub(super) hour: u64,
    pub(super) minute: u64,
    pub(super) second: u64,
}

impl Moment {
    /// A time in units of 100 ns since 1601.
    pub(super) fn of(ticks: u64) -> Option<Self> {
        let seconds = ticks / 10_000_000;
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        // The first of January 1601 was a Monday.
        let weekday = usize::try_from(days % 7).ok()?;
        let (mut year, mut left) = (1601u64, days);
        let is_leap =
            |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        loop {
            let length = if is_leap(year) { 366 } else { 365 };
            if left < length {
                break;
            }
            left -= length;
            year += 1;
            if year > 9999 {
                return None;
            }
        }
        let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut month = 0;
        for length in lengths {
            if left < length {
                break;
            }
            left -= length;
            month += 1;
        }
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        (year > 1601).then_some(Self { year, month, date: left + 1, weekday, hour, minute, second })
    }

    /// Its day as digits.
    pub(super) fn day(&self) -> String {
        format!("{:04}{:02}{:02}", self.year, self.month + 1, self.date)
    }
}

/// A time as a field of a message says it (RFC 5322, section 3.3).
fn date(ticks: u64) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let Moment { year, month, date, weekday, hour, minute, second } = Moment::of(ticks)?;
    let (month, weekday) = (MONTHS.get(month)?, DAYS.get(weekday)?);
    Some(format!("{weekday}, {date} {month} {year} {hour:02}:{minute:02}:{second:02} +0000"))
}
