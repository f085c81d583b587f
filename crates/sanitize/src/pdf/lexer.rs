//! Tokens of content streams.
//!
//! Owns: what is a number, a name, a string, a word (ISO 32000-2, 7.2); no token costs more than its length.
//! Leaves to others: what tokens mean (`content`).

use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Number,
    Name,
    /// A string, with the number of bytes in it.
    Text(u64),
    Open,
    Close,
    Keyword,
    Comment,
}

/// White space as PDF counts it.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// The name behind a slash, with #xx undone.
pub(super) fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((first, tail)) = rest.split_first() {
        let code = (*first == b'#')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(byte) => {
                out.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

/// Reads one token after the other.
pub(super) struct Scan<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next token and where it stands.
    pub(super) fn next(&mut self) -> Option<(Token, Range<usize>)> {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
        let start = self.at;
        let first = self.peek()?;
        self.at += 1;
        let token = match first {
            b'%' => {
                while self.peek().is_some_and(|byte| byte != b'\n' && byte != b'\r') {
                    self.at += 1;
                }
                Token::Comment
            }
            b'/' => {
                self.run();
                Token::Name
            }
            b'(' => Token::Text(self.literal()),
            b'<' if self.peek() == Some(b'<') => {
                self.at += 1;
                Token::Open
            }
            b'<' => {
                let mut digits = 0;
                while let Some(byte) = self.peek() {
                    self.at += 1;
                    match byte {
                        b'>' => break,
                        byte if byte.is_ascii_hexdigit() => digits += 1,
                        _ => {}
                    }
                }
                Token::Text(digits / 2)
            }
            b'>' if self.peek() == Some(b'>') => {
                self.at += 1;
                Token::Close
            }
            b'[' => Token::Open,
            b']' => Token::Close,
            b'>' | b')' | b'{' | b'}' => Token::Keyword,
            b'0'..=b'9' | b'+' | b'-' | b'.' => {
                self.run();
                Token::Number
            }
            _ => {
                self.run();
                Token::Keyword
            }
        };
        Some((token, start..self.at))
    }

    fn run(&mut self) {
        while self.peek().is_some_and(|byte| !is_space(byte) && !is_delimiter(byte)) {
            self.at += 1;
        }
    }

    fn literal(&mut self) -> u64 {
        let mut depth = 1u32;
        let mut bytes = 0;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => {
                    match self.peek() {
                        Some(b'0'..=b'7') => {
                            let end = self.at + 3;
                            while self.at < end && self.peek().is_some_and(|b| (b'0'..=b'7').contains(&b)) {
                                self.at += 1;
                            }
                        }
                        Some(b'\r' | b'\n') => {
                            self.at += 1;
                            continue;
                        }
                        Some(_) => self.at += 1,
                        None => {}
                    }
                    bytes += 1;
                }
                b'(' => {
                    depth += 1;
                    bytes += 1;
                }
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                    bytes += 1;
                }
                _ => bytes += 1,
            }
        }
        bytes
    }
}
