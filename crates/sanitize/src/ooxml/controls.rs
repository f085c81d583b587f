//! What an ActiveX control says: the words and the state that its own data keeps (MS-OFORMS, MS-OI29500).
//!
//! Owns: reading them from a bag of properties, from a stream, from a storage.
//! Leaves to others: where the words go (`words`), what is drawn (its picture, if it has one).
//!
//! Nothing of a control is kept but these words. What is not one of the plain controls of Office says nothing here.

use std::io::Read;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::objects::attribute;
use crate::compound;

/// The longest data of one control that is read, in bytes, and the longest words, in characters.
const DATA_BYTES_MAX: u64 = 1 << 20;
const WORDS_CHARS_MAX: usize = 32_767;

/// The controls of Office's own library that say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Button,
    Label,
    CheckBox,
    OptionButton,
    ToggleButton,
    /// A field: what it says is its value.
    Field,
}

impl Class {
    fn of(identifier: &str) -> Option<Self> {
        Some(match identifier.trim_matches(['{', '}']).to_ascii_uppercase().as_str() {
            "D7053240-CE69-11CD-A777-00DD01143C57" => Self::Button,
            "978C9E23-D4B0-11CE-BF2D-00AA003F40D0" => Self::Label,
            "8BD21D10-EC42-11CE-9E0D-00AA006002F3"
            | "8BD21D20-EC42-11CE-9E0D-00AA006002F3"
            | "8BD21D30-EC42-11CE-9E0D-00AA006002F3" => Self::Field,
            "8BD21D40-EC42-11CE-9E0D-00AA006002F3" => Self::CheckBox,
            "8BD21D50-EC42-11CE-9E0D-00AA006002F3" => Self::OptionButton,
            "8BD21D60-EC42-11CE-9E0D-00AA006002F3" => Self::ToggleButton,
            _ => return None,
        })
    }

    /// The width in bytes of each property in the order of the mask's bits, and the bits that matter here.
    fn layout(self) -> Layout {
        match self {
            Self::Button => {
                Layout { widths: &[4, 4, 4, 4, 4, 0, 1, 2, 2, 0, 2], size: 5, value: None, caption: 3 }
            }
            Self::Label => {
                Layout { widths: &[4, 4, 4, 4, 4, 0, 1, 4, 2, 2, 2, 2, 2], size: 5, value: None, caption: 3 }
            }
            _ => Layout {
                widths: &[
                    4, 4, 4, 4, 1, 1, 1, 1, 0, 2, 4, 2, 2, 2, 2, 2, 1, 1, 1, 0, 1, 1, 4, 4, 4, 4, 4, 2, 2, 2,
                    0, 0, 4,
                ],
                size: 8,
                value: Some(22),
                caption: 23,
            },
        }
    }
}

/// How the data of a class lies.
struct Layout {
    widths: &'static [usize],
    /// The bit that says whether the size stands behind the properties.
    size: u32,
    value: Option<u32>,
    caption: u32,
}

/// The bit of the character that a field shows in the place of what was typed.
const PASSWORD: u32 = 9;

/// What a control keeps of words.
#[derive(Debug, Default, PartialEq, Eq)]
struct Kept {
    caption: String,
    value: String,
    is_secret: bool,
}

/// What the control says that is described so; its data lies beside the description when it does not lie in it.
pub(super) fn words(description: &str, data: Option<&[u8]>) -> Option<String> {
    let (class, bag) = described(description)?;
    let kept = match data {
        Some(data) if data.starts_with(b"\xd0\xcf\x11\xe0") => stored(class, data)?,
        // A stream begins with the class once more, or with the data at once.
        Some(data) => read(class, data.get(16..).unwrap_or_default()).or_else(|| read(class, data))?,
        None => bag,
    };
    said(class, &kept)
}

/// The words with the state that is drawn beside them.
fn said(class: Class, kept: &Kept) -> Option<String> {
    let is_set = matches!(kept.value.trim(), "1" | "-1" | "True" | "true");
    let words = match class {
        Class::Field if kept.is_secret => return None,
        Class::Field => kept.value.clone(),
        Class::CheckBox => format!("{} {}", if is_set { '☑' } else { '☐' }, kept.caption),
        Class::OptionButton => format!("{} {}", if is_set { '◉' } else { '○' }, kept.caption),
        Class::Button | Class::Label | Class::ToggleButton => kept.caption.clone(),
    };
    let lines: Vec<&str> =
        words.split(['\r', '\n']).map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let words: String = lines.join("\n").chars().take(WORDS_CHARS_MAX).collect();
    (!words.is_empty()).then_some(words)
}

/// The class, and the properties as far as they stand in the description itself.
fn described(description: &str) -> Option<(Class, Kept)> {
    let mut reader = Reader::from_str(description);
    let (mut class, mut kept, mut depth) = (None, Kept::default(), 0u32);
    loop {
        let event = reader.read_event().ok()?;
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                let local = start.local_name();
                match (depth, local.as_ref()) {
                    (0, "ocx") => class = attribute(start, "classid").as_deref().and_then(Class::of),
                    // Deeper ones belong to the font.
                    (1, "ocxPr") => {
                        let value = attribute(start, "value").unwrap_or_default();
                        match attribute(start, "name").as_deref() {
                            Some("Caption") => kept.caption = value,
                            Some("Value") => kept.value = value,
                            Some("PasswordChar") => kept.is_secret = value.trim() != "0",
                            _ => {}
                        }
                    }
                    _ => {}
                }
                depth += u32::from(matches!(event, Event::Start(_)));
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Eof => break,
            _ => {}
        }
    }
    Some((class?, kept))
}

fn stored(class: Class, data: &[u8]) -> Option<Kept> {
    let mut file = compound::open(data).ok()?;
    let mut bytes = Vec::new();
    file.open_stream("/contents").ok()?.take(DATA_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    read(class, &bytes)
}

/// Reads properties that lie one behind the other, each at a multiple of its width, with the strings behind them.
fn read(class: Class, data: &[u8]) -> Option<Kept> {
    let layout = class.layout();
    let [0, 2, low, high, ..] = *data else { return None };
    let length = usize::from(u16::from_le_bytes([low, high]));
    let data = data.get(..length.checked_add(4)?)?;
    let number = |at: usize| Some(u32::from_le_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?));
    let mask_bytes: usize = if layout.widths.len() > 32 { 8 } else { 4 };
    let mask = u64::from(number(4)?) | if mask_bytes == 8 { u64::from(number(8)?) << 32 } else { 0 };
    let has = |bit: u32| mask >> bit & 1 == 1;
    let mut at = 4 + mask_bytes;
    let (mut value, mut caption, mut is_secret) = (None, None, false);
    for (bit, width) in (0u32..).zip(layout.widths).filter(|(bit, width)| has(*bit) && **width > 0) {
        at = at.next_multiple_of(*width);
        if Some(bit) == layout.value {
            value = Some(number(at)?);
        } else if bit == layout.caption {
            caption = Some(number(at)?);
        } else if bit == PASSWORD && layout.value.is_some() {
            is_secret = data.get(at..at + 2)? != [0, 0];
        }
        at += width;
    }
    at = at.next_multiple_of(4);
    // Where there is a value, the size stands before the strings; else behind them.
    if layout.value.is_some() && has(layout.size) {
        at += 8;
    }
    let mut string = |length: Option<u32>| {
        let Some(length) = length else { return Some(String::new()) };
        let bytes = usize::try_from(length & 0x7FFF_FFFF).ok()?;
        let raw = data.get(at..at.checked_add(bytes)?)?;
        at = (at + bytes).next_multiple_of(4);
        Some(if length & 0x8000_0000 != 0 {
            // The upper halves of the characters are left out; they are zero.
            raw.iter().map(|byte| char::from(*byte)).collect()
        } else {
            let units: Vec<u16> = raw
                .chunks_exact(2)
                .map(|pair| pair.iter().rev().fold(0, |sum, byte| sum << 8 | u16::from(*byte)))
                .collect();
            String::from_utf16_lossy(&units)
        })
    };
    let value = string(value)?;
    let caption = string(caption)?;
    Some(Kept { caption, value, is_secret })
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::{Cursor, Write};

    use super::*;
    use proptest::prelude::*;

    const CHECK_BOX: &str = "{8BD21D40-EC42-11CE-9E0D-00AA006002F3}";
    const FIELD: &str = "{8BD21D10-EC42-11CE-9E0D-00AA006002F3}";
    const BUTTON: &str = "{D7053240-CE69-11CD-A777-00DD01143C57}";
    const LABEL: &str = "{978C9E23-D4B0-11CE-BF2D-00AA003F40D0}";

    pub(in crate::ooxml) fn description(class: &str, inside: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><ax:ocx ax:classid=\"{class}\" ax:persistence=\"persistStorage\" r:id=\"rId1\" \
             xmlns:ax=\"http://schemas.microsoft.com/office/2006/activeX\" \
             xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">{inside}</ax:ocx>"
        )
    }

    /// A check box: colours, size, value, caption, as the program writes them.
    pub(in crate::ooxml) fn check_box(value: &str, caption: &str) -> Vec<u8> {
        let wide: Vec<u8> = caption.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mask: u64 = 1 << 0 | 1 << 1 | 1 << 6 | 1 << 8 | 1 << 22 | 1 << 23 | 1 << 31;
        let mut block = mask.to_le_bytes().to_vec();
        block.extend([0x1B, 0, 0, 0, 5, 0, 0, 0x80]);
        // The style of display takes one byte; the next property begins at a multiple of four.
        block.extend([4, 0, 0, 0]);
        block.extend((value.len() as u32 | 0x8000_0000).to_le_bytes());
        block.extend((wide.len() as u32).to_le_bytes());
        block.extend([0u8; 8]);
        for bytes in [value.as_bytes(), &wide] {
            block.extend(bytes);
            block.resize(block.len().next_multiple_of(4), 0);
        }
        let mut data = vec![0, 2];
        data.extend((block.len() as u16).to_le_bytes());
        data.extend(block);
        data
    }

    fn stored_in(stream: &str, bytes: &[u8]) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_stream(stream).unwrap().write_all(bytes).unwrap();
        file.flush().unwrap();
        file.into_inner().into_inner()
    }

    fn button(caption: &str, mask: u32, before: &[u8]) -> Vec<u8> {
        let mut block = mask.to_le_bytes().to_vec();
        block.extend(before);
        block.extend((caption.len() as u32 | 0x8000_0000).to_le_bytes());
        block.extend(caption.as_bytes());
        let mut data = vec![0, 2];
        data.extend((block.len() as u16).to_le_bytes());
        data.extend(block);
        data
    }

    #[test]
    fn captions_values_and_states_are_read() {
        let checked = check_box("1", "同意する");
        let with_class = [&[7u8; 16], checked.as_slice()].concat();
        let stored = stored_in("contents", &checked);
        type Row<'r> = (&'r str, &'r str, Option<Vec<u8>>, Option<&'r str>);
        let rows: [Row<'_>; 14] = [
            (CHECK_BOX, "", Some(checked.clone()), Some("☑ 同意する")),
            (CHECK_BOX, "", Some(with_class), Some("☑ 同意する")),
            (CHECK_BOX, "", Some(stored), Some("☑ 同意する")),
            (CHECK_BOX, "", Some(check_box("0", "はい")), Some("☐ はい")),
            ("{8bd21d50-ec42-11ce-9e0d-00aa006002f3}", "", Some(check_box("1", "男")), Some("◉ 男")),
            (FIELD, "", Some(check_box("typed", "none")), Some("typed")),
            (BUTTON, "", Some(button("Send", 1 << 3, &[])), Some("Send")),
            (LABEL, "", Some(button("a\r\n\r\nb", 1 | 1 << 3, &[0; 4])), Some("a\nb")),
            (BUTTON, "<ax:ocxPr ax:name=\"Caption\" ax:value=\"送信\"/>", None, Some("送信")),
            (
                CHECK_BOX,
                "<ax:ocxPr ax:name=\"Font\"><ax:font><ax:ocxPr ax:name=\"Caption\" ax:value=\"no\"/></ax:font></ax:ocxPr>\
                 <ax:ocxPr ax:name=\"Value\" ax:value=\"1\"/><ax:ocxPr ax:name=\"Caption\" ax:value=\"a\"/>",
                None,
                Some("☑ a"),
            ),
            (
                FIELD,
                "<ax:ocxPr ax:name=\"PasswordChar\" ax:value=\"42\"/><ax:ocxPr ax:name=\"Value\" ax:value=\"x\"/>",
                None,
                None,
            ),
            // Of another house, empty, damaged.
            (
                "{00000000-0000-0000-0000-000000000001}",
                "<ax:ocxPr ax:name=\"Caption\" ax:value=\"a\"/>",
                None,
                None,
            ),
            (BUTTON, "", None, None),
            (CHECK_BOX, "", Some(stored_in("other", &checked)), None),
        ];
        for (class, inside, data, expected) in rows {
            let found = words(&description(class, inside), data.as_deref());
            assert_eq!(found.as_deref(), expected, "{class} {inside} {data:?}");
        }
        for length in 0..checked.len() {
            assert_eq!(words(&description(CHECK_BOX, ""), checked.get(..length)), None, "{length}");
        }
        assert_eq!(words("<broken", None), None);
        assert_eq!(words("", Some(&checked)), None);
    }

    proptest! {
        #[test]
        fn any_data_ends(at in 0usize..6, data in prop::collection::vec(any::<u8>(), 0..80), is_headed in any::<bool>()) {
            let classes = [CHECK_BOX, FIELD, BUTTON, LABEL, "", "{"];
            let length = u16::try_from(data.len()).unwrap();
            let head = [&[0, 2][..], &length.to_le_bytes()].concat();
            let data = if is_headed { [head, data].concat() } else { data };
            words(&description(classes[at], ""), Some(&data));
        }
    }
}
