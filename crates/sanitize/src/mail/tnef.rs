//! winmail.dat: the envelope in which Outlook hides attachments from other programs (MS-OXTNEF).
//!
//! Owns: walking its attributes to the files and the words; an envelope that was saved by itself.
//! Leaves to others: whether they may stay (`mod`).

use std::borrow::Cow;

use worker_protocol::{Kind, Mode, Reason, Road};

use super::Sorter;
use super::envelope::Envelope;
use super::properties::{self, Said};
use crate::mime::field::Mailbox;
use crate::{Rebuilt, Refusal, Work, html, text};

const SIGNATURE: &[u8] = b"\x78\x9f\x3e\x22";

const SUBJECT: u32 = 0x0001_8004;
const BODY: u32 = 0x0002_800C;
const CODE_PAGE: u32 = 0x0006_9007;
const MESSAGE_PROPERTIES: u32 = 0x0006_9003;
const RENDERING: u32 = 0x0006_9002;
const TITLE: u32 = 0x0001_8010;
const DATA: u32 = 0x0006_800F;
const ATTACHMENT_PROPERTIES: u32 = 0x0006_9005;

/// Bytes of an attribute without content.
const ATTRIBUTE_BYTES_MIN: usize = 9;

/// What was in the envelope.
pub(super) struct Opened {
    pub(super) subject: Option<String>,
    sender: Mailbox,
    pub(super) body: Option<String>,
    /// Names and bytes.
    pub(super) files: Vec<(String, Vec<u8>)>,
}

pub(super) fn is_tnef(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// Turns an envelope that was saved by itself into mail.
pub(super) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    let opened = open(untrusted, work)?.ok_or(Refusal::held(Reason::Damaged))?;
    let mut envelope = Envelope::empty();
    if !opened.sender.name.is_empty() || !opened.sender.address.is_empty() {
        envelope.mailboxes("From", vec![opened.sender.clone()]);
    }
    if let Some(subject) = &opened.subject {
        envelope.words("Subject", subject);
    }
    envelope.mark(work.job.mark.as_ref());
    let mut sorter = Sorter::new(mode);
    let root = sorter.opened(opened, work)?;
    sorter.finish(root, &envelope, Kind::OutlookMessage, Road::Converted, work)
}

/// Opens an envelope. `None` when it is damaged.
pub(super) fn open(untrusted: &[u8], work: &mut Work<'_>) -> Result<Option<Opened>, Refusal> {
    let Some(mut rest) = untrusted.strip_prefix(SIGNATURE).and_then(|rest| rest.get(2..)) else {
        return Ok(None);
    };
    let mut opened = Opened { subject: None, sender: Mailbox::default(), body: None, files: Vec::new() };
    let mut code_page = None;
    while !rest.is_empty() {
        // Programs that save such a file alone add a few bytes.
        if rest.len() < ATTRIBUTE_BYTES_MIN {
            break;
        }
        let Some((attribute, content, after)) = attribute(rest) else { return Ok(None) };
        rest = after;
        match attribute {
            CODE_PAGE => code_page = word(content, 0),
            RENDERING => {
                work.budget.take_entries(1)?;
                opened.files.push((String::new(), Vec::new()));
            }
            TITLE => {
                let label = code_page.and_then(properties::label);
                let bytes = content.split(|byte| *byte == 0).next().unwrap_or_default();
                let title = text::decode_declared(bytes, label).text;
                if let Some((name, _)) = opened.files.last_mut().filter(|(name, _)| name.is_empty()) {
                    *name = title;
                }
            }
            DATA => {
                work.budget.spend(content.len() as u64)?;
                if let Some((_, bytes)) = opened.files.last_mut() {
                    *bytes = content.to_vec();
                }
            }
            ATTACHMENT_PROPERTIES => {
                for (id, value) in mapi(content) {
                    match (id, opened.files.last_mut()) {
                        // The long name is the one that a person gave.
                        (0x3707, Some((name, _))) => *name = value.text(code_page),
                        (0x3701, Some((_, bytes))) if bytes.is_empty() => *bytes = value.bytes.into_owned(),
                        _ => {}
                    }
                }
            }
            SUBJECT => {
                let label = code_page.and_then(properties::label);
                let bytes = content.split(|byte| *byte == 0).next().unwrap_or_default();
                let said = text::decode_declared(bytes, label).text;
                opened.subject = opened.subject.or(Some(said).filter(|said| !said.trim().is_empty()));
            }
            BODY => {
                opened.body = Some(text::decode_declared(content, code_page.and_then(properties::label)).text)
            }
            MESSAGE_PROPERTIES => {
                for (id, value) in mapi(content) {
                    match id {
                        0x0037 => opened.subject = Some(value.text(code_page)),
                        0x0C1A => opened.sender.name = value.text(code_page),
                        0x0C1F => {
                            opened.sender.address =
                                Some(value.text(code_page)).filter(|a| a.contains('@')).unwrap_or_default();
                        }
                        _ => {}
                    }
                    let said = match id {
                        0x1000 => Some(value.text(code_page)),
                        0x1013 if opened.body.is_none() => Some(html::words(
                            &html::decode(&value.bytes, code_page.and_then(properties::label)),
                            work,
                        )?),
                        0x1009 if opened.body.is_none() => {
                            match properties::unpack_rtf(&value.bytes, work)? {
                                Some(rtf) => Some(match properties::said(&rtf) {
                                    Said::Page(page) => html::words(&page, work)?,
                                    Said::Words(words) => words,
                                }),
                                None => None,
                            }
                        }
                        _ => None,
                    };
                    opened.body = said.filter(|said| !said.trim().is_empty()).or(opened.body);
                }
            }
            _ => {}
        }
    }
    for (at, (name, _)) in opened.files.iter_mut().enumerate() {
        *name = name.trim_end_matches('\0').to_owned();
        if name.is_empty() {
            *name = format!("attachment-{}", at + 1);
        }
    }
    opened.files.retain(|(_, bytes)| !bytes.is_empty());
    if opened.body.is_none() && opened.files.is_empty() {
        return Ok(None);
    }
    Ok(Some(opened))
}

/// An attribute: its number, its content, and what follows its checksum.
fn attribute(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let number = word(bytes, 1)?;
    let length = usize::try_from(word(bytes, 5)?).ok()?;
    let content = bytes.get(9..)?.get(..length)?;
    let rest = bytes.get(9 + length..)?;
    // The last checksum is often cut off.
    Some((number, content, rest.get(2..).unwrap_or_default()))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

struct Value<'a> {
    bytes: Cow<'a, [u8]>,
    is_wide: bool,
}

impl Value<'_> {
    fn text(&self, code_page: Option<u32>) -> String {
        let decoded = if self.is_wide {
            encoding_rs::UTF_16LE.decode_without_bom_handling(&self.bytes).0.into_owned()
        } else {
            text::decode_declared(&self.bytes, code_page.and_then(properties::label)).text
        };
        decoded.trim_end_matches('\0').to_owned()
    }
}

/// The properties of a list that are known, as far as it can be read.
fn mapi(list: &[u8]) -> Vec<(u16, Value<'_>)> {
    let mut found = Vec::new();
    let Some(count) = word(list, 0) else { return found };
    let mut at = 4;
    for _ in 0..count {
        if property(list, &mut at, &mut found).is_none() {
            break;
        }
    }
    found
}

fn property<'a>(list: &'a [u8], at: &mut usize, found: &mut Vec<(u16, Value<'a>)>) -> Option<()> {
    let tag = word(list, *at)?;
    *at += 4;
    let (kind, id) = (tag & 0xFFFF, u16::try_from(tag >> 16).ok()?);
    if id >= 0x8000 {
        // A name: a GUID, and a number or a string.
        let form = word(list, *at + 16)?;
        *at += 20;
        if form == 0 {
            *at += 4;
        } else {
            let length = usize::try_from(word(list, *at)?).ok()?;
            *at = at.checked_add(4)?.checked_add(length.checked_next_multiple_of(4)?)?;
        }
    }
    let is_multiple = kind & 0x1000 != 0;
    let kind = kind & 0x0FFF;
    let is_long = matches!(kind, 0x000D | 0x001E | 0x001F | 0x0102);
    let count = if is_multiple || is_long {
        let count = word(list, *at)?;
        *at += 4;
        count
    } else {
        1
    };
    for _ in 0..count {
        let length = if is_long {
            let length = usize::try_from(word(list, *at)?).ok()?;
            *at += 4;
            length
        } else {
            match kind {
                0x0002 | 0x0003 | 0x0004 | 0x000A | 0x000B => 4,
                0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => 8,
                0x0048 => 16,
                _ => return None,
            }
        };
        let bytes = list.get(*at..at.checked_add(length)?)?;
        *at = at.checked_add(length.checked_next_multiple_of(4)?)?;
        found.push((id, Value { bytes: Cow::Borrowed(bytes), is_wide: kind == 0x001F }));
        if found.len() > 10_000 {
            return None;
        }
    }
    Some(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::bounded::Budget;
    use crate::findings::Findings;
    use crate::trial;
    use proptest::prelude::*;
    use worker_protocol::{FilePolicy, Hint, Job, Limits, Verdict};

    fn with_work<T>(run: impl FnOnce(&mut Work<'_>) -> T) -> T {
        let limits = Limits::default();
        let job = Job {
            hint: Hint::default(),
            policy: FilePolicy::default(),
            limits,
            want_preview: false,
            mark: None,
            notes: Default::default(),
        };
        let mut budget = Budget::new(limits);
        run(&mut Work {
            job: &job,
            budget: &mut budget,
            findings: Findings::default(),
            depth: 0,
            converter: &mut crate::NoConverter,
            progress: &mut |_, _| (),
        })
    }

    fn put(level: u8, number: u32, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        let sum: u16 = content.iter().fold(0, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        [&[level], number.to_le_bytes().as_slice(), &length, content, &sum.to_le_bytes()].concat()
    }

    /// An envelope with words and one file, named in both ways.
    pub(in super::super) fn sample(title: &[u8], long_name: &str, bytes: &[u8]) -> Vec<u8> {
        let wide: Vec<u8> = long_name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let padded = [wide.clone(), vec![0; wide.len().next_multiple_of(4) - wide.len()]].concat();
        let length = u32::try_from(wide.len()).unwrap().to_le_bytes();
        let list = [
            &1u32.to_le_bytes(),
            &0x3707_001Fu32.to_le_bytes(),
            &1u32.to_le_bytes(),
            &length,
            padded.as_slice(),
        ]
        .concat();
        [
            [SIGNATURE, &[1, 0]].concat(),
            put(1, CODE_PAGE, &[&932u32.to_le_bytes()[..], &[0; 4]].concat()),
            put(1, BODY, &encoding_rs::SHIFT_JIS.encode("本文です").0),
            put(2, RENDERING, &[0; 14]),
            put(2, TITLE, title),
            put(2, DATA, bytes),
            put(2, ATTACHMENT_PROPERTIES, &list),
        ]
        .concat()
    }

    #[test]
    fn an_envelope_that_was_saved_by_itself_becomes_mail() {
        let inner = sample(&encoding_rs::SHIFT_JIS.encode("短い.txt\0").0, "長い名前.txt", b"hello");
        let subject = put(1, SUBJECT, &encoding_rs::SHIFT_JIS.encode("お知らせ\0").0);
        // Behind the signature, the key and the code page.
        let at = 6 + 11 + 8;
        let bytes = [&inner[..at], &subject, &inner[at..]].concat();
        let outcome = trial::run(&trial::job("winmail.dat"), &bytes);
        let report = &outcome.report;
        assert_eq!(
            (report.kind, report.clean_kind),
            (Some(Kind::OutlookMessage), Some(Kind::Mail)),
            "{report:?}"
        );
        assert_eq!((report.clean_name.as_str(), report.road), ("winmail.eml", Some(Road::Converted)));
        assert_eq!(report.members[0].untrusted_name, "長い名前.txt");
        let clean = outcome.clean.unwrap();
        let shown = crate::mail::clean_words(&clean, &Limits::default()).unwrap();
        assert!(shown.words.contains("本文です"), "{}", shown.words);
        assert_eq!(
            (shown.rows, shown.attachments),
            (vec![vec!["Subject".to_owned(), "お知らせ".to_owned()]], vec!["長い名前.txt".to_owned()])
        );
        assert_eq!(trial::run(&trial::job("winmail.eml"), &clean).report.verdict, Verdict::Clean);
        for length in 0..bytes.len() {
            trial::run(&trial::job("winmail.dat"), &bytes[..length]);
        }
        // The name alone makes no envelope of anything.
        assert_eq!(
            trial::run(&trial::job("winmail.dat"), b"words").report.reason,
            Some(Reason::NameMismatch)
        );
    }

    #[test]
    fn words_and_files_are_found() {
        let bytes = sample(&encoding_rs::SHIFT_JIS.encode("短い.txt\0").0, "長い名前.txt", b"hello");
        let opened = with_work(|work| open(&bytes, work)).unwrap().unwrap();
        assert_eq!(opened.body.as_deref(), Some("本文です"));
        assert_eq!(opened.files, [("長い名前.txt".to_owned(), b"hello".to_vec())]);
        for length in 0..bytes.len() {
            let cut = with_work(|work| open(&bytes[..length], work));
            assert!(cut.is_ok());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            mapi(&bytes);
            let whole = [SIGNATURE, &[0, 0], &put(2, ATTACHMENT_PROPERTIES, &bytes), bytes.as_slice()].concat();
            let _ = with_work(|work| open(&whole, work).is_ok());
        }
    }
}
