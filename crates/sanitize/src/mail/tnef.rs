//! winmail.dat: the envelope in which Outlook hides attachments from other programs (MS-OXTNEF).
//!
//! Owns: walking its attributes to the files and the words.
//! Leaves to others: whether they may stay (`mod`).

use std::borrow::Cow;

use super::properties::{self, Said};
use crate::{Refusal, Work, html, text};

const SIGNATURE: &[u8] = b"\x78\x9f\x3e\x22";

const BODY: u32 = 0x0002_800C;
const CODE_PAGE: u32 = 0x0006_9007;
const MESSAGE_PROPERTIES: u32 = 0x0006_9003;
const RENDERING: u32 = 0x0006_9002;
const TITLE: u32 = 0x0001_8010;
const DATA: u32 = 0x0006_800F;
const ATTACHMENT_PROPERTIES: u32 = 0x0006_9005;

/// What was in the envelope.
pub(super) struct Opened {
    pub(super) body: Option<String>,
    /// Names and bytes.
    pub(super) files: Vec<(String, Vec<u8>)>,
}

pub(super) fn is_tnef(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// Opens an envelope. `None` when it is damaged.
pub(super) fn open(untrusted: &[u8], work: &mut Work<'_>) -> Result<Option<Opened>, Refusal> {
    let Some(mut rest) = untrusted.strip_prefix(SIGNATURE).and_then(|rest| rest.get(2..)) else {
        return Ok(None);
    };
    let mut opened = Opened { body: None, files: Vec::new() };
    let mut code_page = None;
    while !rest.is_empty() {
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
            BODY => {
                opened.body = Some(text::decode_declared(content, code_page.and_then(properties::label)).text)
            }
            MESSAGE_PROPERTIES => {
                for (id, value) in mapi(content) {
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
    use proptest::prelude::*;
    use worker_protocol::{FilePolicy, Hint, Job, Limits};

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
