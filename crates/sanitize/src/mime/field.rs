//! The inside of header fields: encoded words (RFC 2047), parameters (RFC 2231), addresses (RFC 5322).
//!
//! Owns: reading them in the spellings that Japanese mail programs use, raw bytes included; writing them in ASCII.
//! Leaves to others: which fields stay (`mail`).

use crate::{text, transfer};

/// The longest value of a field that is written, in characters.
const VALUE_CHARS_MAX: usize = 4_000;

/// The longest encoded word that is read. The standard allows 75, and some programs write whole subjects as one.
const ENCODED_WORD_BYTES_MAX: usize = 2_000;

/// Parameters of one field.
const PARAMETERS_MAX: usize = 500;

/// The words of a field.
pub(crate) fn words(untrusted: &[u8]) -> String {
    // Encoded words of one alphabet that follow each other are one text: some programs cut in the middle of a character.
    let mut out = String::new();
    let mut pending: Option<(String, Vec<u8>)> = None;
    let mut rest = untrusted;
    let mut plain: Vec<u8> = Vec::new();
    while !rest.is_empty() {
        match encoded_word(rest) {
            Some((charset, bytes, length)) => {
                let only_blanks = plain.iter().all(u8::is_ascii_whitespace);
                match &mut pending {
                    Some((known, said)) if only_blanks && *known == charset => {
                        said.extend(bytes);
                        plain.clear();
                    }
                    _ => {
                        flush(&mut out, &mut pending);
                        if !only_blanks {
                            push_plain(&mut out, &plain);
                        }
                        plain.clear();
                        pending = Some((charset, bytes));
                    }
                }
                rest = rest.get(length..).unwrap_or_default();
            }
            None => {
                // Up to the next place where an encoded word may begin.
                let next = rest.iter().skip(1).position(|byte| *byte == b'=').map_or(rest.len(), |at| at + 1);
                let (piece, after) = rest.split_at_checked(next).unwrap_or((rest, b""));
                if pending.is_some() && !(plain.iter().chain(piece)).all(u8::is_ascii_whitespace) {
                    flush(&mut out, &mut pending);
                }
                plain.extend_from_slice(piece);
                rest = after;
            }
        }
    }
    flush(&mut out, &mut pending);
    if !plain.iter().all(u8::is_ascii_whitespace) || out.is_empty() {
        push_plain(&mut out, &plain);
    }
    visible(out.trim())
}

fn flush(out: &mut String, pending: &mut Option<(String, Vec<u8>)>) {
    if let Some((charset, bytes)) = pending.take() {
        out.push_str(&text::decode_declared(&bytes, Some(&charset)).text);
    }
}

fn push_plain(out: &mut String, plain: &[u8]) {
    if !plain.is_empty() {
        out.push_str(&text::decode_declared(plain, None).text);
    }
}

/// A text without line breaks, controls and marks of direction, within the bound.
pub(crate) fn visible(untrusted: &str) -> String {
    let (plain, _) = text::without_controls(untrusted);
    let plain = plain.chars().map(|c| if matches!(c, '\r' | '\n' | '\t' | '\u{c}') { ' ' } else { c });
    plain.take(VALUE_CHARS_MAX).collect()
}

/// An encoded word at the beginning: its alphabet, its bytes, and how long it is.
fn encoded_word(bytes: &[u8]) -> Option<(String, Vec<u8>, usize)> {
    // Without a bound each beginning would be looked for its end through the whole field.
    let inside = bytes.strip_prefix(b"=?")?;
    let inside = inside.get(..ENCODED_WORD_BYTES_MAX).unwrap_or(inside);
    let mut pieces = inside.splitn(3, |byte| *byte == b'?');
    let (charset, encoding, tail) = (pieces.next()?, pieces.next()?, pieces.next()?);
    if charset.is_empty() || charset.len() > 40 || encoding.len() != 1 {
        return None;
    }
    let end = tail.windows(2).position(|pair| pair == b"?=")?;
    let said = tail.get(..end)?;
    if said.contains(&b'\n') {
        return None;
    }
    let decoded = match encoding.first()? {
        b'B' | b'b' => transfer::base64_decode(said),
        b'Q' | b'q' => {
            let blanks: Vec<u8> = said.iter().map(|byte| if *byte == b'_' { b' ' } else { *byte }).collect();
            // A trailing blank counts here, unlike at the end of a line.
            transfer::quoted_printable_decode(&[blanks, b"x".to_vec()].concat())
                .split_last()
                .map(|(_, said)| said.to_vec())?
        }
        _ => return None,
    };
    // RFC 2231 lets a language follow the alphabet.
    let charset = String::from_utf8_lossy(charset).split('*').next().unwrap_or_default().to_ascii_lowercase();
    Some((charset, decoded, 2 + charset_length(inside) + 1 + encoding.len() + 1 + end + 2))
}

fn charset_length(inside: &[u8]) -> usize {
    inside.iter().position(|byte| *byte == b'?').unwrap_or_default()
}

/// A value with parameters, such as a content type.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Valued {
    /// Lower case.
    pub(crate) value: String,
    parameters: Vec<(String, String)>,
}

impl Valued {
    pub(crate) fn read(untrusted: &[u8]) -> Self {
        let mut pieces = split(untrusted, b';').into_iter();
        let value = words(pieces.next().unwrap_or_default()).to_ascii_lowercase();
        let mut parameters: Vec<(String, String)> = Vec::new();
        // Name, number of the piece, whether it is percent-encoded, raw value.
        let mut continued: Vec<(String, u32, bool, Vec<u8>)> = Vec::new();
        for piece in pieces.take(PARAMETERS_MAX) {
            let Some(equals) = piece.iter().position(|byte| *byte == b'=') else { continue };
            let (name, given) = piece.split_at_checked(equals).unwrap_or((piece, b""));
            let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
            let given = unquote(given.get(1..).unwrap_or_default().trim_ascii());
            match name.split_once('*') {
                None => {
                    if !parameters.iter().any(|(known, _)| *known == name) {
                        parameters.push((name, words(&given)));
                    }
                }
                Some((base, suffix)) => {
                    let is_encoded = suffix.is_empty() || suffix.ends_with('*');
                    let number = suffix.trim_end_matches('*').parse().unwrap_or(0);
                    continued.push((base.to_owned(), number, is_encoded, given));
                }
            }
        }
        continued.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        for group in continued.chunk_by(|a, b| a.0 == b.0) {
            let mut charset = None;
            let mut bytes = Vec::new();
            for (at, (_, _, is_encoded, given)) in group.iter().enumerate() {
                let mut given = given.as_slice();
                if at == 0 && *is_encoded {
                    let mut quotes = given.splitn(3, |byte| *byte == b'\'');
                    if let (Some(named), Some(_), Some(tail)) = (quotes.next(), quotes.next(), quotes.next())
                    {
                        charset = Some(String::from_utf8_lossy(named).into_owned());
                        given = tail;
                    }
                }
                if *is_encoded {
                    bytes.extend(percent_encoding::percent_decode(given));
                } else {
                    bytes.extend_from_slice(given);
                }
            }
            if let Some((name, ..)) = group.first() {
                let value = visible(&text::decode_declared(&bytes, charset.as_deref()).text);
                // The extended spelling is the one to believe (RFC 6266, section 4.3).
                parameters.retain(|(known, _)| known != name);
                parameters.push((name.clone(), value));
            }
        }
        Self { value, parameters }
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Walks over a value and tells which bytes are syntax: those of two-byte characters in CP932 and ISO-2022-JP are not,
/// although some look like quotes and backslashes.
fn syntax(bytes: &[u8]) -> Vec<bool> {
    let is_utf8 = std::str::from_utf8(bytes).is_ok();
    let mut marks = Vec::with_capacity(bytes.len());
    let mut shifted = false;
    let mut is_second = false;
    for (at, byte) in bytes.iter().enumerate() {
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.starts_with(b"\x1b$") {
            shifted = true;
        } else if rest.starts_with(b"\x1b(") {
            shifted = false;
        }
        let is_first = !is_second && !is_utf8 && matches!(byte, 0x81..=0x9F | 0xE0..=0xFC);
        marks.push(!shifted && !is_second && byte.is_ascii());
        is_second = is_first;
    }
    marks
}

/// Pieces between separators that stand in no quotes and no comment.
fn split(bytes: &[u8], separator: u8) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let (mut start, mut quoted, mut comment, mut escaped) = (0, false, 0u32, false);
    for (at, (byte, is_syntax)) in bytes.iter().zip(syntax(bytes)).enumerate() {
        if !is_syntax || std::mem::take(&mut escaped) {
            continue;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'"' if comment == 0 => quoted = !quoted,
            b'(' if !quoted => comment += 1,
            b')' if !quoted => comment = comment.saturating_sub(1),
            byte if *byte == separator && !quoted && comment == 0 => {
                pieces.push(bytes.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(bytes.get(start..).unwrap_or_default());
    pieces
}

/// A value without its quotes.
fn unquote(bytes: &[u8]) -> Vec<u8> {
    let Some(inside) = bytes.strip_prefix(b"\"") else {
        // A comment may follow what is not quoted.
        let end = bytes.iter().position(|byte| *byte == b'(' || byte.is_ascii_whitespace());
        return end.filter(|_| bytes.is_ascii()).and_then(|end| bytes.get(..end)).unwrap_or(bytes).to_vec();
    };
    let mut out = Vec::with_capacity(inside.len());
    let mut escaped = false;
    for (byte, is_syntax) in inside.iter().zip(syntax(inside)) {
        match byte {
            b'\\' if is_syntax && !escaped => escaped = true,
            b'"' if is_syntax && !escaped => return out,
            byte => {
                // Only quotes and backslashes are ever escaped; before anything else it is a path of Windows.
                if escaped && !matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                escaped = false;
                out.push(*byte);
            }
        }
    }
    out
}

/// One mailbox or group member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mailbox {
    /// With what stood in comments, which readers show beside it.
    pub(crate) name: String,
    pub(crate) address: String,
    /// Whether the name stood in quotes, or the address alone in brackets: then they do again.
    pub(crate) is_set_off: bool,
    /// The name of the group that begins with it. A group of nobody is a mailbox without name and address.
    pub(crate) opens: Option<String>,
    /// Whether the group ends with it.
    pub(crate) closes: bool,
}

/// The mailboxes of a field such as `To`.
pub(crate) fn mailboxes(untrusted: &[u8]) -> Vec<Mailbox> {
    let mut found: Vec<Mailbox> = Vec::new();
    // A colon without the end of a group stands in the name of somebody.
    let has_groups = split(untrusted, b';').len() > 1;
    let mut in_group = false;
    for piece in split(untrusted, b',') {
        let pieces = split(piece, b';');
        let ends = pieces.len().saturating_sub(1);
        for (number, piece) in pieces.into_iter().enumerate() {
            let (piece, comments) = without_comments(piece);
            let piece = piece.trim_ascii();
            let closes = number < ends && in_group;
            if piece.is_empty() {
                in_group &= !closes;
                if let Some(last) = found.last_mut().filter(|_| closes) {
                    last.closes = true;
                }
                continue;
            }
            let marks = syntax(piece);
            let open = piece.iter().zip(&marks).rposition(|(byte, is_syntax)| *byte == b'<' && *is_syntax);
            let (name, address) = match open.and_then(|at| piece.split_at_checked(at)) {
                Some((name, address)) => {
                    let address = address.get(1..).unwrap_or_default();
                    (name, address.split(|byte| *byte == b'>').next().unwrap_or_default())
                }
                None => (b"".as_slice(), piece),
            };
            let name = name.trim_ascii();
            // `undisclosed-recipients:` and the like are the name of a group.
            let (name, address, group) = if open.is_some() {
                // Behind an encoded word, in which a colon means nothing.
                let from = name.windows(2).rposition(|pair| pair == b"?=").map_or(0, |at| at + 2);
                let colon = name.get(from..).and_then(|rest| rest.iter().position(|byte| *byte == b':'));
                match colon.map(|at| from + at).filter(|_| has_groups && !name.starts_with(b"\"")) {
                    Some(colon) => (name.get(colon + 1..).unwrap_or_default(), address, name.get(..colon)),
                    None => (name, address, None),
                }
            } else {
                match address.iter().position(|byte| *byte == b':') {
                    Some(colon) => (name, address.get(colon + 1..).unwrap_or_default(), address.get(..colon)),
                    None => (name, address, None),
                }
            };
            let opens = group.map(words).filter(|group| has_groups && !in_group && !group.trim().is_empty());
            in_group |= opens.is_some();
            let closes = number < ends && in_group;
            in_group &= !closes;
            let name = name.trim_ascii();
            let is_set_off = open.is_some() && (name.is_empty() || name.starts_with(b"\""));
            let name = words(&unquote_words(name));
            let address = words(address).split_whitespace().collect::<Vec<_>>().join(" ");
            let comments: Vec<String> = comments.iter().map(|comment| words(comment)).collect();
            let comments: Vec<String> = comments.into_iter().filter(|said| !said.trim().is_empty()).collect();
            // Old programs put the name into a comment after the address.
            let name = match (name.is_empty(), open.is_none()) {
                (true, true) if !address.is_empty() => comments.join(" "),
                (false, _) => comments.iter().fold(name, |name, comment| format!("{name} ({comment})")),
                _ => name,
            };
            if !name.is_empty() || !address.is_empty() || opens.is_some() {
                found.push(Mailbox { name, address, is_set_off, opens, closes });
            } else if let Some(last) = found.last_mut().filter(|_| closes) {
                last.closes = true;
            }
        }
    }
    close_group(&mut found);
    found
}

/// Ends the group that is still open, such as one that was cut off.
pub(crate) fn close_group(mailboxes: &mut [Mailbox]) {
    let last_of = |is_there: fn(&Mailbox) -> bool| mailboxes.iter().rposition(is_there);
    let (opened, closed) = (last_of(|mailbox| mailbox.opens.is_some()), last_of(|mailbox| mailbox.closes));
    if opened.is_some_and(|opened| closed.is_none_or(|closed| closed < opened))
        && let Some(last) = mailboxes.last_mut()
    {
        last.closes = true;
    }
}

/// Comments of one mailbox that are shown.
const COMMENTS_MAX: usize = 20;

/// A value without its comments, and what they say.
fn without_comments(bytes: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let (mut out, mut comments) = (Vec::with_capacity(bytes.len()), Vec::<Vec<u8>>::new());
    let (mut quoted, mut depth, mut escaped) = (false, 0u32, false);
    for (byte, is_syntax) in bytes.iter().zip(syntax(bytes)) {
        let is_escaped = std::mem::take(&mut escaped);
        let acts = is_syntax && !is_escaped;
        match byte {
            b'\\' if acts => {
                escaped = true;
                if depth > 0 {
                    continue;
                }
            }
            b'"' if acts && depth == 0 => quoted = !quoted,
            b'(' if acts && !quoted => {
                depth += 1;
                if depth == 1 {
                    comments.push(Vec::new());
                    continue;
                }
            }
            b')' if acts && depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    continue;
                }
            }
            _ => {}
        }
        match comments.last_mut() {
            Some(comment) if depth > 0 => comment.push(*byte),
            _ => out.push(*byte),
        }
    }
    comments.truncate(COMMENTS_MAX);
    (out, comments)
}

fn unquote_words(name: &[u8]) -> Vec<u8> {
    if name.starts_with(b"\"") { unquote(name) } else { name.to_vec() }
}

/// A text as it is written in a field: encoded words where it is not plain ASCII.
pub(crate) fn encoded(text: &str) -> String {
    let is_plain = text.bytes().all(|b| matches!(b, b' '..=b'~')) && !text.contains("=?");
    if is_plain {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut piece = String::new();
    let mut put = |piece: &mut String| {
        if !piece.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str("=?UTF-8?B?");
            out.push_str(&transfer::base64(piece.as_bytes()));
            out.push_str("?=");
            piece.clear();
        }
    };
    for c in text.chars() {
        // 45 bytes are 60 digits, which leaves room for the marks in 75.
        if piece.len() + c.len_utf8() > 42 {
            put(&mut piece);
        }
        piece.push(c);
    }
    put(&mut piece);
    out
}

/// A mailbox as it is written, with the beginning and the end of its group.
pub(crate) fn written(mailbox: &Mailbox) -> String {
    let is_nobody = mailbox.name.is_empty() && mailbox.address.is_empty();
    let body = if is_nobody { String::new() } else { written_alone(mailbox) };
    let opening = mailbox.opens.as_ref().map(|group| format!("{}: ", phrase(group.trim(), false)));
    let end = if mailbox.closes { ";" } else { "" };
    format!("{}{body}{end}", opening.unwrap_or_default())
}

fn written_alone(mailbox: &Mailbox) -> String {
    let is_plain = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b',' | b';' | b'"' | b'(' | b')'))
    };
    let address = mailbox.address.trim();
    if !is_plain(address) || address.is_empty() {
        // What is no address is shown as what it is, and leads nowhere.
        let shown = format!("{} {address}", mailbox.name);
        return format!("{} <>", phrase(shown.trim(), mailbox.is_set_off && !mailbox.name.is_empty()));
    }
    match (mailbox.name.is_empty(), mailbox.is_set_off) {
        (true, false) => address.to_owned(),
        (true, true) => format!("<{address}>"),
        (false, in_quotes) => format!("{} <{address}>", phrase(&mailbox.name, in_quotes)),
    }
}

fn phrase(text: &str, in_quotes: bool) -> String {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'_' | b'.' | b'\'');
    if text.bytes().all(is_word) && !in_quotes {
        text.to_owned()
    } else if text.bytes().all(|b| matches!(b, b' '..=b'~')) && !text.contains("=?") {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        encoded(text)
    }
}

/// A parameter as it is written: plain, or in the extended form that every program of this century reads.
pub(crate) fn parameter(name: &str, value: &str) -> String {
    if value.bytes().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\')) && value.len() <= 60 {
        return format!("{name}=\"{value}\"");
    }
    let mut digits = String::from("UTF-8''");
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            digits.push(char::from(byte));
        } else {
            digits.push_str(&format!("%{byte:02X}"));
        }
    }
    if digits.len() <= 60 {
        return format!("{name}*={digits}");
    }
    let mut pieces = Vec::new();
    let mut rest = digits.as_str();
    while !rest.is_empty() {
        let mut end = rest.len().min(54);
        // Never in the middle of a percent sequence; all of this is ASCII.
        while end < rest.len() && rest.get(end.saturating_sub(2)..end).is_some_and(|tail| tail.contains('%'))
        {
            end -= 1;
        }
        let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        pieces.push(format!("{name}*{}*={piece}", pieces.len()));
        rest = after;
    }
    pieces.join(";\r\n ")
}
