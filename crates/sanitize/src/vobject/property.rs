//! Lines of calendars and cards.
//!
//! Owns: unfolding them, taking a line apart into name, parameters and value.
//! Leaves to others: which of them stay (`mod`, `rules`).

use crate::{text, transfer};

/// Bytes in which name and parameters of a quoted-printable property stand.
const HEAD_BYTES: usize = 400;

/// Lines with what was folded put together again, each with the number of its first line.
pub(super) fn unfold(text: &str) -> Vec<(u32, String)> {
    let mut lines: Vec<(u32, String)> = Vec::new();
    let mut is_soft = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_end_matches('\r');
        let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
        match lines.last_mut() {
            // vCard 2.1 breaks quoted-printable values with an equals sign and no blank.
            Some((_, last)) if is_soft => {
                last.pop();
                last.push_str(line);
            }
            Some((_, last)) if line.starts_with([' ', '\t']) => {
                last.push_str(line.get(1..).unwrap_or_default())
            }
            _ => lines.push((number, line.to_owned())),
        }
        is_soft = lines.last().is_some_and(|(_, last)| last.ends_with('=') && is_quoted_printable(last));
    }
    lines
}

/// Whether a line says before its value that it is quoted-printable. It is asked for every piece of a long value, so only the
/// beginning is read; the answer is the one that the whole property gives.
fn is_quoted_printable(line: &str) -> bool {
    let head = line.get(..line.floor_char_boundary(HEAD_BYTES)).unwrap_or_default();
    Property::read(head).is_some_and(|property| property.is_quoted_printable())
}

/// One property: a name, parameters, a value.
pub(super) struct Property {
    /// Upper case, without its group.
    pub(super) name: String,
    pub(super) group: Option<String>,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) value: String,
}

impl Property {
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut quoted = false;
        let colon = line.char_indices().find(|(_, c)| {
            quoted ^= *c == '"';
            *c == ':' && !quoted
        })?;
        let (head, value) = line.split_at_checked(colon.0)?;
        let mut pieces = Vec::new();
        let (mut start, mut quoted) = (0, false);
        for (at, c) in head.char_indices() {
            quoted ^= c == '"';
            if c == ';' && !quoted {
                pieces.push(head.get(start..at)?);
                start = at + 1;
            }
        }
        pieces.push(head.get(start..)?);
        let (full_name, parameters) = pieces.split_first()?;
        let (group, name) = match full_name.rsplit_once('.') {
            Some((group, name)) => (Some(group.to_owned()), name),
            None => (None, *full_name),
        };
        let is_token = |token: &str| {
            !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if !is_token(name.trim()) || !group.as_deref().is_none_or(is_token) {
            return None;
        }
        let parameters = parameters.iter().map(|parameter| match parameter.split_once('=') {
            Some((name, value)) => (name.trim().to_ascii_uppercase(), value.trim().to_owned()),
            // vCard 2.1 leaves the name of a parameter out.
            None => (String::new(), parameter.trim().to_owned()),
        });
        Some(Self {
            name: name.trim().to_ascii_uppercase(),
            group,
            parameters: parameters.collect(),
            value: value.strip_prefix(':').unwrap_or(value).to_owned(),
        })
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let bare = |value: &str| match name {
            "ENCODING" => matches!(value.to_ascii_uppercase().as_str(), "QUOTED-PRINTABLE" | "BASE64" | "B"),
            _ => false,
        };
        self.parameters
            .iter()
            .find(|(known, value)| known == name || (known.is_empty() && bare(value)))
            .map(|(_, value)| value.trim_matches('"'))
    }

    pub(super) fn is_quoted_printable(&self) -> bool {
        self.parameter("ENCODING").is_some_and(|encoding| encoding.eq_ignore_ascii_case("QUOTED-PRINTABLE"))
    }

    /// The value without its transfer encoding.
    pub(super) fn raw(&self) -> String {
        if self.is_quoted_printable() {
            let bytes = transfer::quoted_printable_decode(self.value.as_bytes());
            text::decode_declared(&bytes, self.parameter("CHARSET")).text
        } else {
            self.value.clone()
        }
    }

    /// The value as a person reads it.
    pub(super) fn words(&self) -> String {
        let raw = self.raw();
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw.chars();
        while let Some(c) = rest.next() {
            match (c, rest.clone().next()) {
                ('\\', Some('n' | 'N')) => out.push('\n'),
                ('\\', Some(c @ (',' | ';' | '\\'))) => out.push(c),
                (c, _) => {
                    out.push(c);
                    continue;
                }
            }
            rest.next();
        }
        out
    }
}
