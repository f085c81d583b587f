//! Encodings that carry bytes through text: base64, quoted-printable, uuencode.
//!
//! Owns: reading them as forgivingly as mail programs do, writing them strictly.
//! Leaves to others: what the bytes are.
//!
//! Nothing here gets larger than its input, so it needs no bound of its own.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Bytes as base64 on one line.
pub(crate) fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Bytes as base64 in lines of 76 characters.
pub(crate) fn base64_lines(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() / 57 * 78 + 80);
    for line in bytes.chunks(57) {
        base64::engine::general_purpose::STANDARD.encode_string(line, &mut out);
        out.push_str("\r\n");
    }
    out
}

/// The bytes of a base64 text; whatever is no digit is skipped, and it ends where padding ends it.
pub(crate) fn base64_decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut digits: Vec<u8> = Vec::with_capacity(4096);
    let mut flush = |digits: &mut Vec<u8>| {
        // One digit alone carries no byte.
        if digits.len() % 4 == 1 {
            digits.pop();
        }
        out.extend(FORGIVING.decode(&digits).unwrap_or_default());
        digits.clear();
    };
    for byte in text {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {
                digits.push(*byte);
                if digits.len() == 4096 {
                    flush(&mut digits);
                }
            }
            // Some senders put several encoded pieces one after the other.
            b'=' if !digits.len().is_multiple_of(4) => flush(&mut digits),
            _ => {}
        }
    }
    flush(&mut digits);
    out
}

/// The bytes of a quoted-printable text.
pub(crate) fn quoted_printable_decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let (content, ending) = match line {
            [content @ .., b'\r', b'\n'] => (content, b"\r\n".as_slice()),
            [content @ .., b'\n'] => (content, b"\n".as_slice()),
            content => (content, b"".as_slice()),
        };
        let content = content.trim_ascii_end();
        let (content, ending) = match content {
            [content @ .., b'='] => (content, b"".as_slice()),
            content => (content, ending),
        };
        let mut rest = content;
        while let Some((first, after)) = rest.split_first() {
            let code = (*first == b'=')
                .then(|| after.get(..2))
                .flatten()
                .and_then(|hex| std::str::from_utf8(hex).ok());
            match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                Some(byte) => {
                    out.push(byte);
                    rest = after.get(2..).unwrap_or_default();
                }
                None => {
                    out.push(*first);
                    rest = after;
                }
            }
        }
        out.extend_from_slice(ending);
    }
    out
}

/// Text as quoted-printable; lines end in CR LF.
pub(crate) fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            out.push_str("\r\n");
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut width = 0;
        let count = line.len();
        for (at, byte) in line.bytes().enumerate() {
            let is_last = at + 1 == count;
            let is_plain =
                matches!(byte, b'!'..=b'<' | b'>'..=b'~') || (matches!(byte, b' ' | b'\t') && !is_last);
            // A line of its own for what mail programs take for the end or for a separator.
            let is_plain = is_plain && !(width == 0 && matches!(byte, b'.' | b'-' | b'F'));
            let length = if is_plain { 1 } else { 3 };
            if width + length > 75 {
                out.push_str("=\r\n");
                width = 0;
            }
            if is_plain {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("={byte:02X}"));
            }
            width += length;
        }
    }
    out
}

/// A file inside a uuencoded text: its name, its bytes, and the lines around it.
pub(crate) struct Uuencoded {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) before: usize,
    pub(crate) after: usize,
}

/// The first uuencoded file in a text, with the offsets where it begins and ends. A beginning without a file behind it hides
/// none that comes later.
pub(crate) fn uudecode(text: &str) -> Option<Uuencoded> {
    let mut offset = 0;
    let mut found: Option<Uuencoded> = None;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let line = line.trim_end_matches(['\r', '\n']);
        if let Some(file) = &mut found {
            if line == "end" {
                file.after = offset;
                return found;
            }
            if uudecode_line(line.as_bytes(), &mut file.bytes).is_some() {
                continue;
            }
            found = None;
        }
        let mut words = line.splitn(3, ' ');
        if words.next() == Some("begin")
            && words
                .next()
                .is_some_and(|mode| (3..=4).contains(&mode.len()) && mode.bytes().all(|b| b.is_ascii_digit()))
            && let Some(name) = words.next()
        {
            found =
                Some(Uuencoded { name: name.trim().to_owned(), bytes: Vec::new(), before: start, after: 0 });
        }
    }
    None
}

fn uudecode_line(line: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let Some((length, digits)) = line.split_first() else { return Some(()) };
    if !(0x20..=0x60).contains(length) {
        return None;
    }
    let length = usize::from((length - 0x20) & 0x3F);
    let wanted = out.len() + length;
    for four in digits.chunks(4) {
        let digit = |at: usize| u32::from(four.get(at).copied().unwrap_or(b' ').wrapping_sub(0x20) & 0x3F);
        let bits = digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3);
        for byte in bits.to_be_bytes().into_iter().skip(1) {
            if out.len() < wanted {
                out.push(byte);
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn senders_are_forgiven() {
        let rows: [(&[u8], &[u8]); 7] = [
            (b"aGVsbG8=", b"hello"),
            (b"aGVs\r\n bG8", b"hello"),
            (b"aGVsbG8=aGVsbG8=", b"hellohello"),
            (b"a*G-V!sbG8=", b"hello"),
            (b"aGVsbG8=====", b"hello"),
            (b"a", b""),
            (b"", b""),
        ];
        for (given, expected) in rows {
            assert_eq!(base64_decode(given), expected, "{}", String::from_utf8_lossy(given));
        }
        let rows: [(&[u8], &[u8]); 4] = [
            (b"a=3D=E3=81=82=\r\nb  \r\nc", "a=あb\r\nc".as_bytes()),
            (b"a=zzb=", b"a=zzb"),
            (b"=\n=\n", b""),
            (b"a\nb", b"a\nb"),
        ];
        for (given, expected) in rows {
            assert_eq!(quoted_printable_decode(given), expected);
        }
    }

    #[test]
    fn a_file_in_a_text_is_found() {
        let text = "hello\nbegin 644 a.txt\n#0V%T\n`\nend\nbye\n";
        let file = uudecode(text).unwrap();
        assert_eq!((file.name.as_str(), file.bytes.as_slice()), ("a.txt", b"Cat".as_slice()));
        assert_eq!((text.get(..file.before), text.get(file.after..)), (Some("hello\n"), Some("bye\n")));
        let hidden = format!("begin 644 of a text\nlower case\n{text}");
        assert_eq!(uudecode(&hidden).map(|file| file.name).as_deref(), Some("a.txt"));
        for broken in ["begin 644 a.txt\n#0V%T\n", "begin of a text\nend\n", "begin 644 a\n\u{7}\nend\n"] {
            assert!(uudecode(broken).is_none(), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(bytes in prop::collection::vec(any::<u8>(), 0..9000), text in any::<String>()) {
            prop_assert_eq!(base64_decode(base64_lines(&bytes).as_bytes()), bytes);
            let text = text.replace('\r', "").trim_end_matches('\n').to_owned();
            let written = quoted_printable(&text);
            prop_assert!(written.is_ascii() && written.lines().all(|line| line.len() <= 76));
            prop_assert_eq!(quoted_printable_decode(written.as_bytes()), text.replace('\n', "\r\n").into_bytes());
        }

        #[test]
        fn any_bytes_are_read_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(base64_decode(&bytes).len() <= bytes.len());
            prop_assert!(quoted_printable_decode(&bytes).len() <= bytes.len());
            uudecode(&format!("begin 644 a\n{}\nend\n", String::from_utf8_lossy(&bytes)));
        }
    }
}
