//! Cutting RTF into tokens.
//!
//! Owns: the lexical rules, and their bounds: length of a control word, its number, and what `\bin` claims.
//! Leaves to others: what a token means.

use worker_protocol::Reason;

use crate::Refusal;

/// The longest control word (RTF 1.9, "Control word").
const WORD_CHARS_MAX: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    Word(&'a str, Option<i32>),
    /// A control symbol such as `\~`.
    Symbol(u8),
    /// A byte of text, raw or written as `\'hh`.
    Byte(u8),
    Binary(&'a [u8]),
}

pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// The next token; nothing at the end.
    ///
    /// # Errors
    /// Damaged when the file ends inside a token or `\bin` claims more than there is.
    pub(super) fn next(&mut self) -> Result<Option<Token<'a>>, Refusal> {
        while matches!(self.peek(0), Some(b'\r' | b'\n' | 0)) {
            self.at += 1;
        }
        let Some(first) = self.peek(0) else { return Ok(None) };
        self.at += 1;
        match first {
            b'{' => Ok(Some(Token::Open)),
            b'}' => Ok(Some(Token::Close)),
            b'\\' => self.control().map(Some),
            byte => Ok(Some(Token::Byte(byte))),
        }
    }

    fn control(&mut self) -> Result<Token<'a>, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let first = self.peek(0).ok_or(damaged)?;
        if !first.is_ascii_alphabetic() {
            self.at += 1;
            if first != b'\'' {
                return Ok(Token::Symbol(first));
            }
            let digit = |byte: Option<u8>| byte.and_then(|b| char::from(b).to_digit(16));
            return match (digit(self.peek(0)), digit(self.peek(1))) {
                (Some(high), Some(low)) => {
                    self.at += 2;
                    Ok(Token::Byte(u8::try_from(high * 16 + low).map_err(|_| damaged)?))
                }
                // No two readers agree on what half a byte is.
                _ => Ok(Token::Symbol(b'\'')),
            };
        }
        let letters = self.rest().iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let word = self.bytes.get(self.at..self.at + letters).and_then(|w| std::str::from_utf8(w).ok());
        let word = word.ok_or(damaged)?;
        self.at += letters;
        let is_negative = self.peek(0) == Some(b'-') && self.peek(1).is_some_and(|b| b.is_ascii_digit());
        self.at += usize::from(is_negative);
        let digits = self.rest().iter().take_while(|b| b.is_ascii_digit()).count();
        let number = self.bytes.get(self.at..self.at + digits).filter(|_| digits > 0);
        let number = number.map(|digits| {
            let value = digits.iter().fold(0i64, |sum, digit| {
                sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')).min(i64::from(i32::MAX))
            });
            i32::try_from(if is_negative { -value } else { value }).unwrap_or(i32::MAX)
        });
        self.at += digits;
        if self.peek(0) == Some(b' ') {
            self.at += 1;
        }
        if word == "bin" {
            let length = usize::try_from(number.unwrap_or(0)).map_err(|_| damaged)?;
            let bytes = self.bytes.get(self.at..self.at.saturating_add(length)).ok_or(damaged)?;
            self.at += length;
            return Ok(Token::Binary(bytes));
        }
        if letters > WORD_CHARS_MAX {
            return Ok(Token::Word("", None));
        }
        Ok(Token::Word(word, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(bytes: &[u8]) -> Result<Vec<Token<'_>>, Refusal> {
        let mut tokens = Tokens::new(bytes);
        let mut out = Vec::new();
        while let Some(token) = tokens.next()? {
            out.push(token);
        }
        Ok(out)
    }

    #[test]
    fn tokens_are_cut() {
        use Token::*;
        let long = format!("\\{} x", "a".repeat(40));
        let rows: [(&[u8], Vec<Token<'_>>); 9] = [
            (b"{\\b0 x}", vec![Open, Word("b", Some(0)), Byte(b'x'), Close]),
            (b"\\u-10179?", vec![Word("u", Some(-10179)), Byte(b'?')]),
            (b"\\li-x", vec![Word("li", None), Byte(b'-'), Byte(b'x')]),
            (b"\\'82\\'A0\\'zz", vec![Byte(0x82), Byte(0xa0), Symbol(b'\''), Byte(b'z'), Byte(b'z')]),
            (b"a\r\nb\0", vec![Byte(b'a'), Byte(b'b')]),
            (b"\\*\\~\\\\", vec![Symbol(b'*'), Symbol(b'~'), Symbol(b'\\')]),
            (b"\\bin3 }{\\}", vec![Binary(b"}{\\"), Close]),
            (b"\\fs99999999999 ", vec![Word("fs", Some(i32::MAX))]),
            (long.as_bytes(), vec![Word("", None), Byte(b'x')]),
        ];
        for (bytes, expected) in rows {
            assert_eq!(all(bytes).unwrap(), expected, "{}", String::from_utf8_lossy(bytes));
        }
        for bytes in [b"\\bin9 ab".as_slice(), b"\\bin-1 ab", b"x\\"] {
            assert_eq!(all(bytes), Err(Refusal::held(Reason::Damaged)));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(tokens) = all(&bytes) {
                prop_assert!(tokens.len() <= bytes.len());
            }
        }
    }
}
