//! Word fields: which may stay (ECMA-376 Part 1, § 17.16).
//!
//! Owns: putting a field's instruction together from its runs, nested fields included, and naming the elements
//! that have to go so that only the result text stays.
//! Leaves to others: writing the part without them (`filter`).
//!
//! An instruction can be spread over any number of runs and paragraphs, so it is known only at the field's end.
//! That is why fields are read in a pass of their own.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::Event;
use worker_protocol::{LinkPolicy, Reason, Threat};

use super::xml;
use crate::{Refusal, link};

/// Fields that only show what is in the document or the reader's own clock.
const HARMLESS: [&str; 53] = [
    "=",
    "ADVANCE",
    "AUTONUM",
    "AUTONUMLGL",
    "AUTONUMOUT",
    "BARCODE",
    "BIBLIOGRAPHY",
    "CITATION",
    "COMPARE",
    "DATE",
    "DISPLAYBARCODE",
    "EQ",
    "FILENAME",
    "FILESIZE",
    "FILLIN",
    "FORMCHECKBOX",
    "FORMDROPDOWN",
    "FORMTEXT",
    "GOTOBUTTON",
    "GREETINGLINE",
    "IF",
    "INDEX",
    "LISTNUM",
    "MERGEFIELD",
    "MERGEREC",
    "MERGESEQ",
    "NEXT",
    "NOTEREF",
    "NUMCHARS",
    "NUMPAGES",
    "NUMWORDS",
    "PAGE",
    "PAGEREF",
    "REF",
    "SECTION",
    "SECTIONPAGES",
    "SEQ",
    "SET",
    "SHAPE",
    "STYLEREF",
    "SYMBOL",
    "TA",
    "TC",
    "TIME",
    "TOA",
    "TOC",
    "USERADDRESS",
    "USERINITIALS",
    "USERNAME",
    "XE",
    "ADDRESSBLOCK",
    "ASK",
    "SKIPIF",
];

/// Fields that show a property of the file, all of which go: calculated anew they would show nothing, so what they showed
/// stands there as words.
const OF_PROPERTIES: [&str; 14] = [
    "AUTHOR",
    "COMMENTS",
    "CREATEDATE",
    "DOCPROPERTY",
    "EDITTIME",
    "INFO",
    "KEYWORDS",
    "LASTSAVEDBY",
    "PRINTDATE",
    "REVNUM",
    "SAVEDATE",
    "SUBJECT",
    "TEMPLATE",
    "TITLE",
];

/// Fields that a page cannot be read without: numbers and references, which only lay out what is there.
const NEEDED: [&str; 16] = [
    "=",
    "AUTONUM",
    "AUTONUMLGL",
    "AUTONUMOUT",
    "EQ",
    "LISTNUM",
    "NOTEREF",
    "NUMPAGES",
    "PAGE",
    "PAGEREF",
    "REF",
    "SECTION",
    "SECTIONPAGES",
    "SEQ",
    "STYLEREF",
    "SYMBOL",
];

/// Why this instruction may not stay, if so.
pub(crate) fn danger(instruction: &str, links: LinkPolicy, strict: bool) -> Option<Threat> {
    let found = acts(instruction, links);
    let name = instruction.trim().split([' ', '\t', '\n', '\r', '"', '\\']).next().unwrap_or_default();
    let name = name.to_ascii_uppercase();
    if found.is_some()
        || !strict
        || name.is_empty()
        || name.starts_with('=')
        || NEEDED.contains(&name.as_str())
    {
        return found;
    }
    let is_form = matches!(name.as_str(), "FORMTEXT" | "FORMCHECKBOX" | "FORMDROPDOWN");
    Some(if is_form { Threat::DynamicForm } else { Threat::DangerousField })
}

fn acts(instruction: &str, links: LinkPolicy) -> Option<Threat> {
    let instruction = instruction.trim();
    let name = instruction
        .split([' ', '\t', '\n', '\r', '"', '\\', '\u{3000}', '\u{a0}'])
        .next()
        .unwrap_or_default();
    let name = name.to_ascii_uppercase();
    if name.is_empty() && instruction.is_empty() || HARMLESS.contains(&name.as_str()) || name.starts_with('=')
    {
        return None;
    }
    // A reference may be written without its keyword: a bookmark's name alone.
    if name.starts_with("_REF") || name.starts_with("_TOC") {
        return None;
    }
    if OF_PROPERTIES.contains(&name.as_str()) {
        return Some(Threat::Metadata);
    }
    if name != "HYPERLINK" {
        return Some(Threat::DangerousField);
    }
    let arguments = instruction.get(name.len()..).unwrap_or_default().trim();
    let target = match arguments.strip_prefix('"') {
        Some(rest) => rest.split('"').next().unwrap_or_default(),
        None => arguments.split_whitespace().next().unwrap_or_default(),
    };
    let is_inside = target.is_empty()
        || target.starts_with("\\l")
        || target.starts_with("\\o")
        || target.starts_with('#');
    (!is_inside && !link::is_kept(target, links)).then_some(Threat::Hyperlink)
}

/// Byte positions (after the start tag) of the elements of a part that have to go, each with the reason; a
/// position that only belongs to a removed field carries `None` so that a field is reported once.
pub(crate) fn doomed_elements(
    part: &str,
    links: LinkPolicy,
    strict: bool,
) -> Result<HashMap<u64, Option<Threat>>, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let mut reader = Reader::from_str(part);
    let mut open: Vec<Field> = Vec::new();
    let mut doomed = HashMap::new();
    let mut in_instruction_text = 0u32;
    loop {
        let event = reader.read_event().map_err(|_| damaged)?;
        let position = reader.buffer_position();
        match &event {
            Event::Start(start) | Event::Empty(start) => match start.local_name().as_ref() {
                "fldChar" => {
                    let kind = start
                        .attributes()
                        .flatten()
                        .find(|a| a.key.local_name().as_ref() == "fldCharType")
                        .map(|a| a.value.to_string())
                        .unwrap_or_default();
                    match kind.as_str() {
                        "begin" => {
                            if let Some(outer) = open.last_mut().filter(|f| f.in_instruction) {
                                outer.note_nested();
                            }
                            open.push(Field { in_instruction: true, ..Field::default() });
                            remember(&mut open, position);
                        }
                        "separate" => {
                            remember(&mut open, position);
                            if let Some(field) = open.last_mut() {
                                field.in_instruction = false;
                            }
                        }
                        _ => {
                            remember(&mut open, position);
                            close(&mut open, links, strict, &mut doomed);
                        }
                    }
                }
                "instrText" | "delInstrText" => {
                    remember(&mut open, position);
                    in_instruction_text += u32::from(matches!(event, Event::Start(_)));
                }
                // Text of a nested result inside an instruction is part of that instruction.
                "t" | "sym" | "delText" | "tab" | "br" if open.iter().any(|f| f.in_instruction) => {
                    remember(&mut open, position);
                }
                _ => {}
            },
            Event::End(end) if matches!(end.local_name().as_ref(), "instrText" | "delInstrText") => {
                in_instruction_text = in_instruction_text.saturating_sub(1);
            }
            Event::Text(text) if in_instruction_text > 0 => {
                if let Some(field) = open.last_mut() {
                    field.instruction.push_str(text);
                }
            }
            Event::CData(text) if in_instruction_text > 0 => {
                if let Some(field) = open.last_mut() {
                    field.instruction.push_str(text);
                }
            }
            Event::GeneralRef(reference) if in_instruction_text > 0 => {
                let character = xml::reference(reference)?;
                if let Some(field) = open.last_mut() {
                    field.instruction.push(character);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    while !open.is_empty() {
        close(&mut open, links, strict, &mut doomed);
    }
    Ok(doomed)
}

/// A field that has begun and not ended.
#[derive(Default)]
struct Field {
    instruction: String,
    in_instruction: bool,
    /// Its name or its link target comes out of another field, so it cannot be judged.
    is_computed: bool,
    /// What belongs to the field itself: its marks and instruction.
    own: Vec<u64>,
}

impl Field {
    fn note_nested(&mut self) {
        let before = self.instruction.trim_start();
        let name_is_complete = before.contains([' ', '\u{a0}', '"', '\\']);
        let is_link = before.to_ascii_uppercase().starts_with("HYPERLINK");
        self.is_computed |= !name_is_complete || is_link;
    }
}

/// Notes an element for the innermost field, and for every field whose instruction it stands in.
fn remember(open: &mut [Field], position: u64) {
    let innermost = open.len().saturating_sub(1);
    for (index, field) in open.iter_mut().enumerate() {
        if index == innermost || field.in_instruction {
            field.own.push(position);
        }
    }
}

fn close(open: &mut Vec<Field>, links: LinkPolicy, strict: bool, doomed: &mut HashMap<u64, Option<Threat>>) {
    let Some(field) = open.pop() else { return };
    let threat = if field.is_computed {
        Some(Threat::DangerousField)
    } else {
        danger(&field.instruction, links, strict)
    };
    if let Some(threat) = threat {
        for (index, position) in field.own.into_iter().enumerate() {
            let reported = (index == 0).then_some(threat);
            doomed.entry(position).or_insert(reported);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_judged() {
        let rows = [
            (" PAGE \\* MERGEFORMAT ", None),
            ("TOC \\o \"1-3\" \\h", None),
            ("=SUM(ABOVE)", None),
            ("HYPERLINK \\l \"_Toc1\"", None),
            ("HYPERLINK \"https://a/\"", None),
            ("HYPERLINK \"file://x\"", Some(Threat::Hyperlink)),
            ("DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe \"/k calc\"", Some(Threat::DangerousField)),
            ("dde excel x", Some(Threat::DangerousField)),
            ("INCLUDEPICTURE \"http://a/x.png\"", Some(Threat::DangerousField)),
            ("QUOTE 68 68 69", Some(Threat::DangerousField)),
            (" DOCPROPERTY \"Title\" \\* MERGEFORMAT ", Some(Threat::Metadata)),
            ("title", Some(Threat::Metadata)),
            ("NUMPAGES", None),
            ("", None),
        ];
        for (instruction, expected) in rows {
            assert_eq!(danger(instruction, LinkPolicy::Keep, false), expected, "{instruction}");
        }
    }

    #[test]
    fn a_split_instruction_dooms_its_parts_and_keeps_the_result() {
        let mark = |kind: &str| format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
        let part = format!(
            "<w:p>{}<w:r><w:instrText>DD</w:instrText></w:r><w:r><w:instrText>EAUTO x</w:instrText></w:r>{}<w:r><w:t>result</w:t></w:r>{}</w:p>",
            mark("begin"),
            mark("separate"),
            mark("end")
        );
        let doomed = doomed_elements(&part, LinkPolicy::Keep, false).unwrap();
        assert_eq!(doomed.len(), 5);
        assert_eq!(doomed.values().flatten().count(), 1);
        let nested = format!(
            "<w:p>{}{}<w:r><w:instrText>QUOTE 68</w:instrText></w:r>{}<w:r><w:t>DDE</w:t></w:r>{}<w:r><w:instrText> x</w:instrText></w:r>{}</w:p>",
            mark("begin"),
            mark("begin"),
            mark("separate"),
            mark("end"),
            mark("end")
        );
        assert_eq!(doomed_elements(&nested, LinkPolicy::Keep, false).unwrap().len(), 8);
        let harmless = part.replace("DD", "PAG").replace("EAUTO x", "E");
        assert!(doomed_elements(&harmless, LinkPolicy::Keep, false).unwrap().is_empty());
    }
}
