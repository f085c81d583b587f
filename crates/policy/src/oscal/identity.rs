//! Names that OSCAL takes: UUIDs, tokens and URIs for what packs call otherwise.
//!
//! Owns: UUIDs of version 5 from our ids, so that two exports of one thing say the same; tokens of plain Latin letters for
//! ids that carry the numbers of the text; URIs of statements of other packs.
//! Leaves to others: where they stand.

use std::collections::{BTreeMap, BTreeSet};

use sha1::{Digest as _, Sha1};
use unicode_normalization::UnicodeNormalization as _;

use super::json::Json;
use super::names::prop;
use crate::model::Pack;

/// The namespace of our properties, parts and URIs unless a body has one of its own (`oscal_namespace` of its pack). Nothing
/// is to be found there: it is a name.
pub(super) const NAMESPACE: &str = "https://sekisho.example/ns/oscal";

/// The namespace of our UUIDs: version 5 of [`NAMESPACE`] in the namespace of URLs (RFC 9562); a test holds that it is.
const ROOT: [u8; 16] = 0x0e65_3bca_81b4_58ad_84cf_ef0b_4148_c71d_u128.to_be_bytes();

/// The UUID of what the words name together.
pub(super) fn uuid(words: &[&str]) -> String {
    let mut name = String::new();
    for word in words {
        // With its length, so that no two lists of words read alike.
        name.push_str(&format!("{}:{word};", word.len()));
    }
    written(version_5(ROOT, name.as_bytes()))
}

fn version_5(space: [u8; 16], name: &[u8]) -> [u8; 16] {
    let digest = Sha1::new().chain_update(space).chain_update(name).finalize();
    let mut bytes = [0_u8; 16];
    for (to, from) in bytes.iter_mut().zip(digest.iter()) {
        *to = *from;
    }
    if let Some(byte) = bytes.get_mut(6) {
        *byte = (*byte & 0x0f) | 0x50;
    }
    if let Some(byte) = bytes.get_mut(8) {
        *byte = (*byte & 0x3f) | 0x80;
    }
    bytes
}

fn written(bytes: [u8; 16]) -> String {
    let number = format!("{:032x}", u128::from_be_bytes(bytes));
    let mut out = String::with_capacity(36);
    for (place, c) in number.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(c);
    }
    out
}

/// Romaji of the kana that number parts, so that tokens can be read aloud.
const KANA: [(char, &str); 46] = [
    ('ア', "a"),
    ('イ', "i"),
    ('ウ', "u"),
    ('エ', "e"),
    ('オ', "o"),
    ('カ', "ka"),
    ('キ', "ki"),
    ('ク', "ku"),
    ('ケ', "ke"),
    ('コ', "ko"),
    ('サ', "sa"),
    ('シ', "si"),
    ('ス', "su"),
    ('セ', "se"),
    ('ソ', "so"),
    ('タ', "ta"),
    ('チ', "ti"),
    ('ツ', "tu"),
    ('テ', "te"),
    ('ト', "to"),
    ('ナ', "na"),
    ('ニ', "ni"),
    ('ヌ', "nu"),
    ('ネ', "ne"),
    ('ノ', "no"),
    ('ハ', "ha"),
    ('ヒ', "hi"),
    ('フ', "hu"),
    ('ヘ', "he"),
    ('ホ', "ho"),
    ('マ', "ma"),
    ('ミ', "mi"),
    ('ム', "mu"),
    ('メ', "me"),
    ('モ', "mo"),
    ('ヤ', "ya"),
    ('ユ', "yu"),
    ('ヨ', "yo"),
    ('ラ', "ra"),
    ('リ', "ri"),
    ('ル', "ru"),
    ('レ', "re"),
    ('ロ', "ro"),
    ('ワ', "wa"),
    ('ヲ', "wo"),
    ('ン', "n"),
];

/// An id as a token of plain Latin letters, digits, dots and hyphens: `narita/2.2(1)①` is `narita-2.2.1.1`.
fn token(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    let part = |out: &mut String, mark: char| {
        if !out.is_empty() && !out.ends_with(['.', '-', '_']) {
            out.push(mark);
        }
    };
    // Whether the last character was a Latin letter or a digit of the usual kind; other numbers are parted from it.
    let mut plain = true;
    for original in id.chars() {
        let other_number =
            original.is_numeric() && !original.is_ascii() && !('０'..='９').contains(&original);
        let mut first = true;
        for c in original.nfkc() {
            match c {
                'a'..='z' | 'A'..='Z' | '0'..='9' => {
                    if first && (other_number || !plain) {
                        part(&mut out, '.');
                    }
                    out.push(c);
                    plain = true;
                }
                '/' | '-' | '_' | '#' | '~' | ' ' => {
                    part(&mut out, '-');
                    plain = true;
                }
                '.' | '(' | ')' | '、' | ':' | '第' | '条' | '項' | '号' | '章' | '節' => {
                    part(&mut out, '.');
                    plain = false;
                }
                c => {
                    part(&mut out, '.');
                    match KANA.iter().find(|(kana, _)| *kana == c) {
                        Some((_, latin)) => out.push_str(latin),
                        None => out.push_str(&format!("u{:x}", u32::from(c))),
                    }
                    plain = false;
                }
            }
            first = false;
        }
        plain &= !other_number;
    }
    let trimmed = out.trim_end_matches(['.', '-']);
    if trimmed.starts_with(|c: char| c.is_ascii_alphabetic()) {
        trimmed.to_owned()
    } else {
        format!("x-{trimmed}")
    }
}

/// The tokens of one pack: made from the whole of it, so that they are the same in every export of it.
#[derive(Debug)]
pub(super) struct Tokens {
    taken: BTreeSet<String>,
    clauses: BTreeMap<String, String>,
    documents: BTreeMap<String, String>,
}

impl Tokens {
    pub(super) fn of(pack: &Pack) -> Self {
        let mut tokens = Self {
            taken: pack.statements().iter().map(|s| s.ascii.clone()).collect(),
            clauses: BTreeMap::new(),
            documents: BTreeMap::new(),
        };
        for document in pack.documents() {
            let token = tokens.free(&format!("document_{}", document.id));
            tokens.documents.insert(document.id.clone(), token);
        }
        for clause in pack.clauses() {
            let token = tokens.free(&token(&clause.id));
            tokens.clauses.insert(clause.id.clone(), token);
        }
        tokens
    }

    fn free(&mut self, wanted: &str) -> String {
        let mut token = wanted.to_owned();
        let mut number = 2;
        while !self.taken.insert(token.clone()) {
            token = format!("{wanted}_{number}");
            number += 1;
        }
        token
    }

    /// The token of a clause's group.
    pub(super) fn clause(&self, id: &str) -> String {
        self.clauses.get(id).cloned().unwrap_or_else(|| token(id))
    }

    /// The token of a document's group.
    pub(super) fn document(&self, id: &str) -> String {
        self.documents.get(id).cloned().unwrap_or_else(|| token(id))
    }

    /// The token of something that belongs to what `of` names, such as a part of a control. Equal for equal words, and
    /// never that of a group or a control.
    pub(super) fn part(&self, of: &str, what: &str) -> String {
        let mut token = format!("{of}_{what}");
        while self.taken.contains(&token) {
            token.push('_');
        }
        token
    }
}

/// Puts another namespace in the place of one, where namespaces stand: in `ns`, and before the statements that links name.
/// What people wrote is not touched.
pub(super) fn rename(json: &mut Json, from: &str, to: &str) {
    let mut waiting = vec![json];
    while let Some(json) = waiting.pop() {
        match json {
            Json::List(list) => waiting.extend(list),
            Json::Object(entries) => {
                for (key, value) in entries {
                    match (key.as_str(), value) {
                        ("ns", Json::Text(text)) if text == from => to.clone_into(text),
                        ("href", Json::Text(text)) => {
                            let rest = text.strip_prefix(from).filter(|rest| rest.starts_with("/statement/"));
                            if let Some(rest) = rest {
                                *text = format!("{to}{rest}");
                            }
                        }
                        (_, value) => waiting.push(value),
                    }
                }
            }
            _ => {}
        }
    }
}

/// The namespace that a catalog of ours uses: that of the two properties that each of them has.
pub(super) fn namespace_of(catalog: &Json) -> Option<String> {
    let inside = |json: &Json, key: &str| match json {
        Json::Object(entries) => entries.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone()),
        _ => None,
    };
    let text = |json: &Json, key: &str| match inside(json, key) {
        Some(Json::Text(text)) => Some(text),
        _ => None,
    };
    let Some(Json::List(props)) = inside(&inside(&inside(catalog, "catalog")?, "metadata")?, "props") else {
        return None;
    };
    let of = |name: &str| {
        props.iter().find(|p| text(p, "name").as_deref() == Some(name)).and_then(|p| text(p, "ns"))
    };
    let namespace = of(prop::PACK)?;
    (of(prop::PUBLICATION)? == namespace).then_some(namespace)
}

/// The URI of a statement, wherever it is.
pub(super) fn statement_uri(id: &str) -> String {
    let mut uri = format!("{NAMESPACE}/statement/");
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte))
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// The statement that a URI of ours names.
pub(super) fn statement_of_uri(uri: &str) -> Option<String> {
    let path = uri.strip_prefix(NAMESPACE)?.strip_prefix("/statement/")?;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 9562, appendix A.4, and the namespace itself.
    #[test]
    fn version_5_as_the_rfc_has_it() {
        let dns = 0x6ba7_b810_9dad_11d1_80b4_00c0_4fd4_30c8_u128.to_be_bytes();
        let url = 0x6ba7_b811_9dad_11d1_80b4_00c0_4fd4_30c8_u128.to_be_bytes();
        assert_eq!(written(version_5(dns, b"www.example.com")), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
        assert_eq!(version_5(url, NAMESPACE.as_bytes()), ROOT);
    }

    #[test]
    fn different_things_have_different_uuids() {
        assert_eq!(uuid(&["a", "b"]), uuid(&["a", "b"]));
        assert_ne!(uuid(&["a", "b"]), uuid(&["ab"]));
        assert_ne!(uuid(&["a", "b"]), uuid(&["a;1:b"]));
    }

    #[test]
    fn tokens_are_latin() {
        for (id, wanted) in [
            ("narita/2.2(1)①", "narita-2.2.1.1"),
            ("narita/2.4(1)①ア", "narita-2.4.1.1.a"),
            ("asahi/6(2)", "asahi-6.2"),
            ("base/2.4", "base-2.4"),
            ("tama/第3条第2項", "tama-3.2"),
            ("x/附則", "x-u9644.u5247"),
            ("x/(10)⑩", "x-10.10"),
            ("x/１０", "x-10"),
            ("①", "x-1"),
            ("x/ｱ", "x-a"),
        ] {
            assert_eq!(token(id), wanted, "{id}");
        }
    }

    #[test]
    fn uris_of_statements_come_back() {
        for id in ["asahi/6(2)", "narita/2.2(1)①#2", "a/b%c d"] {
            let uri = statement_uri(id);
            assert!(uri.is_ascii() && !uri.contains(' '), "{uri}");
            assert_eq!(statement_of_uri(&uri).as_deref(), Some(id));
        }
        for uri in
            ["https://sekisho.example/other", "#x", "https://sekisho.example/ns/oscal/statement/%4", ""]
        {
            assert_eq!(statement_of_uri(uri), None);
        }
    }
}
