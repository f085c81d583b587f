//! Names that a drawing declares for pieces of text, as drawing programs do for the addresses of namespaces.
//!
//! Owns: reading such declarations when each is one plain piece of text, putting the text where the name stands.
//! Leaves to others: everything else that a declaration could say: then there is no drawing.
//!
//! A piece holds no reference and no markup, so nothing grows by nesting; how much all of them add is bounded. Pieces are put in
//! as data: quotes and angle brackets of theirs end no attribute and open no element.

use std::borrow::Cow;
use std::collections::HashMap;

use worker_protocol::Reason;

use crate::{Refusal, xml};

/// Declared pieces of one drawing.
const ENTITIES_MAX: usize = 500;

/// Bytes of one piece.
const VALUE_BYTES_MAX: usize = 2_000;

/// Bytes that all pieces together may add to a drawing.
const ADDED_BYTES_MAX: usize = 1 << 20;

/// The drawing without declarations of its own, its names replaced by what they stand for.
pub(super) fn resolved(text: &str) -> Result<Cow<'_, str>, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let Some((head, declaration, body)) = split(text) else { return Ok(Cow::Borrowed(text)) };
    let Some(subset) = subset(declaration).ok_or(damaged)? else { return Ok(Cow::Borrowed(text)) };
    let entities = declared(subset).ok_or(damaged)?;
    let mut out = String::with_capacity(text.len());
    out.push_str(head);
    let most = text.len() + ADDED_BYTES_MAX;
    let mut rest = body;
    while let Some(at) = rest.find(['&', '<']) {
        let (before, mark) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        // What stands in these is no reference, whatever it looks like.
        let verbatim = [("<![CDATA[", "]]>"), ("<!--", "-->"), ("<?", "?>")];
        let taken = if let Some((_, end)) = verbatim.iter().find(|(start, _)| mark.starts_with(start)) {
            let length = mark.find(end).ok_or(damaged)? + end.len();
            out.push_str(mark.get(..length).unwrap_or_default());
            length
        } else {
            let name = mark.strip_prefix('&').and_then(|rest| rest.split_once(';')).map(|(name, _)| name);
            match name.and_then(|name| Some((name, entities.get(name)?))) {
                Some((name, value)) => {
                    out.push_str(value);
                    name.len() + 2
                }
                None => {
                    out.push_str(mark.get(..1).unwrap_or_default());
                    1
                }
            }
        };
        if out.len() > most {
            return Err(Refusal::blocked(Reason::Bomb));
        }
        rest = mark.get(taken..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

/// What stands before a document type declaration, its inside, and what follows; none when there is no such declaration.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        let blank = rest.len() - rest.trim_start_matches(['\u{FEFF}', ' ', '\t', '\r', '\n']).len();
        at += blank;
        let rest = text.get(at..)?;
        if rest.starts_with("<?") {
            at += rest.find("?>")? + 2;
        } else if rest.starts_with("<!--") {
            at += rest.find("-->")? + 3;
        } else {
            let inside = rest.strip_prefix("<!DOCTYPE")?;
            let end = end_of(inside)?;
            return Some((text.get(..at)?, inside.get(..end)?, inside.get(end + 1..)?));
        }
    }
}

/// Where a declaration ends: its closing bracket outside of quotes, comments and its own subset.
fn end_of(inside: &str) -> Option<usize> {
    let (mut quote, mut in_subset, mut at) = (None, false, 0);
    while let Some(rest) = inside.get(at..) {
        let c = rest.chars().next()?;
        match quote {
            None if in_subset && rest.starts_with("<!--") => {
                at += 4 + rest.get(4..)?.find("-->")? + 3;
                continue;
            }
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None => match c {
                '"' | '\'' => quote = Some(c),
                '[' => in_subset = true,
                ']' => in_subset = false,
                '>' if !in_subset => return Some(at),
                _ => {}
            },
        }
        at += c.len_utf8();
    }
    None
}

/// The part of a declaration between its square brackets, if it has one. Nothing at all when more follows.
fn subset(declaration: &str) -> Option<Option<&str>> {
    let mut quote = None;
    for (at, c) in declaration.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => {
                let (inside, after) = declaration.get(at + 1..)?.rsplit_once(']')?;
                return after.trim().is_empty().then_some(Some(inside));
            }
            _ => {}
        }
    }
    Some(None)
}

/// The pieces that a subset declares, as they are put into markup; none when it declares anything else.
fn declared(subset: &str) -> Option<HashMap<&str, String>> {
    let mut entities = HashMap::new();
    let mut rest = subset.trim_start();
    while !rest.is_empty() {
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->")?.1.trim_start();
            continue;
        }
        let declaration = rest.strip_prefix("<!ENTITY")?;
        let inside = declaration.trim_start();
        if inside.len() == declaration.len() {
            return None;
        }
        let (name, inside) = inside.split_once(|c: char| c.is_ascii_whitespace())?;
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        let inside = inside.trim_start();
        let quote = inside.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, after) = inside.get(1..)?.split_once(quote)?;
        let is_plain = value.len() <= VALUE_BYTES_MAX && !value.contains(['&', '%', '<']);
        if !is_name || !is_plain || entities.len() >= ENTITIES_MAX {
            return None;
        }
        // The first declaration of a name counts; the five that XML has itself are what they are.
        if !matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") {
            entities.entry(name).or_insert_with(|| xml::escape_attribute(value).replace('\'', "&#39;"));
        }
        rest = after.trim_start().strip_prefix('>')?.trim_start();
    }
    Some(entities)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_stand_for_plain_pieces() {
        let rows = [
            ("<svg/>", "<svg/>"),
            (
                "<!DOCTYPE svg PUBLIC \"-//W3C//DTD [SVG]\" \"x\"><svg/>",
                "<!DOCTYPE svg PUBLIC \"-//W3C//DTD [SVG]\" \"x\"><svg/>",
            ),
            (
                "<?xml version='1.0'?><!-- > [ --><!DOCTYPE svg [<!ENTITY ns 'http://x/'>\n<!-- ]> --> <!ENTITY b \"a'>\">]><svg xmlns='&ns;'>&b;&ns;</svg>",
                "<?xml version='1.0'?><!-- > [ --><svg xmlns='http://x/'>a&#39;&gt;http://x/</svg>",
            ),
            // The first counts, and names of XML itself cannot be changed.
            (
                "<!DOCTYPE svg [<!ENTITY a '1'><!ENTITY a '2'><!ENTITY lt 'x'>]><svg>&a;&lt;</svg>",
                "<svg>1&lt;</svg>",
            ),
            // No reference is one inside these.
            (
                "<!DOCTYPE svg [<!ENTITY a '1'>]><svg><![CDATA[&a;]]><!--&a;--><?x &a;?>&a</svg>",
                "<svg><![CDATA[&a;]]><!--&a;--><?x &a;?>&a</svg>",
            ),
            // What was not declared is left to the parser, which refuses it.
            ("<!DOCTYPE svg [ ]><svg>&x;</svg>", "<svg>&x;</svg>"),
        ];
        for (given, expected) in rows {
            assert_eq!(resolved(given).as_deref(), Ok(expected), "{given}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for subset in [
            "<!ENTITY a SYSTEM 'http://x'>",
            "<!ENTITY a PUBLIC 'x' 'y'>",
            "<!ENTITY % a 'x'>",
            "<!ENTITY a '&b;'>",
            "<!ENTITY a '&#60;'>",
            "<!ENTITY a '<script/>'>",
            "<!ENTITY a '%b;'>",
            "<!ATTLIST svg onload CDATA 'x'>",
            "<!ELEMENT svg ANY>",
            "<!NOTATION a SYSTEM 'x'>",
            "<?x?>",
            "%a;",
            "<!ENTITY a 'x'",
            "<!ENTITY a",
            "<!ENTITYa 'x'>",
            "]<!ENTITY a 'x'>[",
        ] {
            let text = format!("<!DOCTYPE svg [{subset}]><svg>&a;</svg>");
            assert_eq!(resolved(&text).err(), Some(Refusal::held(Reason::Damaged)), "{subset}");
        }
        let long = "x".repeat(VALUE_BYTES_MAX + 1);
        assert!(resolved(&format!("<!DOCTYPE svg [<!ENTITY a '{long}'>]><svg/>")).is_err());
    }

    #[test]
    fn what_grows_is_bounded() {
        let value = "x".repeat(VALUE_BYTES_MAX);
        let text = format!("<!DOCTYPE svg [<!ENTITY a '{value}'>]><svg>{}</svg>", "&a;".repeat(2_000));
        assert_eq!(resolved(&text).err(), Some(Refusal::blocked(Reason::Bomb)));
    }

    proptest! {
        #[test]
        fn any_declaration_ends(inside in "[<>!\\[\\]'\"&;% a-cENTITY-]{0,60}") {
            if let Ok(text) = resolved(&format!("<!DOCTYPE svg [{inside}]><svg a='&a;'/>")) {
                prop_assert!(!text.contains("<!ENTITY") || text.contains("<!DOCTYPE"));
            }
        }
    }
}
