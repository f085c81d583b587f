//! The words of an RTF file in reading order.
//!
//! Owns: code pages and the fonts that change them, which groups hold text of the document.
//! Leaves to others: rebuilding (`mod`). Reads both sides for the counts of the report, so it ends on anything.

use std::collections::HashMap;

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
    WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256, WINDOWS_1257, WINDOWS_1258,
};

use super::token::{Token, Tokens};
use super::vocabulary;

/// Groups that are followed; deeper ones are passed over.
const DEPTH_MAX: usize = 1_000;

/// What a reader sees.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) paragraphs: Vec<String>,
    pub(super) characters: u64,
    pub(super) pictures: u64,
}

/// The paragraphs of a clean file.
pub(crate) fn paragraphs(clean: &[u8]) -> Vec<String> {
    read(clean).paragraphs
}

#[derive(Clone, Copy)]
struct State {
    is_text: bool,
    is_font_table: bool,
    is_picture: bool,
    font: i32,
    fallback: usize,
    is_fresh: bool,
    is_starred: bool,
}

struct Reader {
    words: Words,
    line: String,
    pending: Vec<u8>,
    pending_encoding: &'static Encoding,
    high: Option<u16>,
    fonts: HashMap<i32, &'static Encoding>,
    page: &'static Encoding,
    default_font: i32,
}

pub(super) fn read(bytes: &[u8]) -> Words {
    let mut reader = Reader {
        words: Words::default(),
        line: String::new(),
        pending: Vec::new(),
        pending_encoding: WINDOWS_1252,
        high: None,
        fonts: HashMap::new(),
        page: WINDOWS_1252,
        default_font: 0,
    };
    let mut state = State {
        is_text: true,
        is_font_table: false,
        is_picture: false,
        font: 0,
        fallback: 1,
        is_fresh: true,
        is_starred: false,
    };
    let mut stack: Vec<State> = Vec::new();
    let mut skipped = 0usize;
    // Bytes that stand for a character which was read by its number.
    let mut left = 0usize;
    let mut tokens = Tokens::new(bytes);
    while let Ok(Some(token)) = tokens.next() {
        match token {
            Token::Open if stack.len() >= DEPTH_MAX => skipped += 1,
            Token::Close if skipped > 0 => skipped -= 1,
            _ if skipped > 0 => {}
            Token::Open => {
                left = 0;
                stack.push(state);
                state.is_fresh = true;
                state.is_starred = false;
            }
            Token::Close => {
                left = 0;
                match stack.pop() {
                    Some(outer) => state = outer,
                    None => break,
                }
                if stack.is_empty() {
                    break;
                }
            }
            Token::Symbol(b'*') if state.is_fresh => state.is_starred = true,
            Token::Word(word, number) => {
                let was_fresh = std::mem::replace(&mut state.is_fresh, false);
                if was_fresh
                    && state.is_starred
                    && !matches!(word, "shppict" | "shpinst" | "do" | "ud" | "nesttableprops")
                {
                    state.is_text = false;
                }
                if word != "u" {
                    left = 0;
                }
                reader.word(word, number, &mut state, &mut left);
            }
            Token::Byte(_) | Token::Symbol(b'\\' | b'{' | b'}') if left > 0 => left -= 1,
            Token::Byte(byte) => {
                state.is_fresh = false;
                reader.byte(byte, &state);
            }
            Token::Symbol(symbol) => {
                state.is_fresh = false;
                match symbol {
                    b'\\' | b'{' | b'}' => reader.byte(symbol, &state),
                    b'~' => reader.character(' ', &state),
                    b'_' => reader.character('-', &state),
                    b'\r' | b'\n' if state.is_text => reader.end_paragraph(),
                    _ => {}
                }
            }
            Token::Binary(_) => {}
        }
    }
    reader.end_paragraph();
    reader.words
}

impl Reader {
    fn word(&mut self, word: &str, number: Option<i32>, state: &mut State, left: &mut usize) {
        if vocabulary::is_aside(word) {
            if word == "pict" && state.is_text {
                self.words.pictures += 1;
            }
            // The result of an object stands in a group of its own.
            state.is_text = false;
            state.is_font_table |= word == "fonttbl";
            state.is_picture |= word == "pict";
            return;
        }
        if vocabulary::dropped(word).is_some() {
            state.is_text &= vocabulary::is_flag(word);
            return;
        }
        match word {
            "result" => state.is_text = true,
            "ansicpg" => self.page = number.map_or(self.page, code_page),
            "mac" => self.page = encoding_rs::MACINTOSH,
            "deff" => {
                self.default_font = number.unwrap_or(0);
                state.font = self.default_font;
            }
            "f" => state.font = number.unwrap_or(0),
            "plain" => state.font = self.default_font,
            "fcharset" if state.is_font_table => {
                if let Some(encoding) = number.and_then(charset) {
                    self.fonts.insert(state.font, encoding);
                }
            }
            "cpg" if state.is_font_table => {
                self.fonts.insert(state.font, number.map_or(self.page, code_page));
            }
            "uc" => {
                state.fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(super::FALLBACK_MAX)
            }
            "u" => {
                *left = state.fallback;
                self.unit(u16::try_from(number.unwrap_or(0).rem_euclid(65_536)).unwrap_or(0xfffd), state);
            }
            "par" | "sect" | "page" | "row" | "nestrow" | "line" if state.is_text => self.end_paragraph(),
            "tab" | "cell" | "nestcell" if state.is_text => self.character('\t', state),
            "emdash" => self.character('\u{2014}', state),
            "endash" => self.character('\u{2013}', state),
            "lquote" => self.character('\u{2018}', state),
            "rquote" => self.character('\u{2019}', state),
            "ldblquote" => self.character('\u{201c}', state),
            "rdblquote" => self.character('\u{201d}', state),
            "bullet" => self.character('\u{2022}', state),
            "emspace" | "enspace" | "qmspace" => self.character(' ', state),
            _ => {}
        }
    }

    fn byte(&mut self, byte: u8, state: &State) {
        if !state.is_text || byte < 0x20 && byte != b'\t' {
            return;
        }
        self.high = None;
        let encoding = self.fonts.get(&state.font).copied().unwrap_or(self.page);
        if encoding != self.pending_encoding {
            self.flush();
            self.pending_encoding = encoding;
        }
        self.pending.push(byte);
    }

    fn unit(&mut self, unit: u16, state: &State) {
        if !state.is_text {
            return;
        }
        self.flush();
        match (self.high.take(), unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                let pair = char::decode_utf16([high, unit]).next().and_then(Result::ok);
                self.character(pair.unwrap_or('\u{fffd}'), state);
            }
            (_, 0xd800..=0xdbff) => self.high = Some(unit),
            _ => self.character(char::from_u32(unit.into()).unwrap_or('\u{fffd}'), state),
        }
    }

    fn character(&mut self, character: char, state: &State) {
        if state.is_text && (!character.is_control() || character == '\t') {
            self.flush();
            self.line.push(character);
            self.words.characters += u64::from(!character.is_whitespace());
        }
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            let (text, _) = self.pending_encoding.decode_without_bom_handling(&self.pending);
            self.words.characters += text.chars().filter(|c| !c.is_whitespace()).count() as u64;
            self.line.push_str(&text);
            self.pending.clear();
        }
    }

    fn end_paragraph(&mut self) {
        self.flush();
        let line = std::mem::take(&mut self.line);
        if !line.trim().is_empty() {
            self.words.paragraphs.push(line.trim_end().to_owned());
        }
    }
}

/// The alphabet of a font of this set of characters.
pub(crate) fn charset(number: i32) -> Option<&'static Encoding> {
    Some(match number {
        128 => SHIFT_JIS,
        129 | 130 => EUC_KR,
        134 => GBK,
        136 => BIG5,
        161 => WINDOWS_1253,
        162 => WINDOWS_1254,
        163 => WINDOWS_1258,
        177 => WINDOWS_1255,
        178 => WINDOWS_1256,
        186 => WINDOWS_1257,
        204 => WINDOWS_1251,
        222 => WINDOWS_874,
        238 => WINDOWS_1250,
        0 => WINDOWS_1252,
        _ => return None,
    })
}

fn code_page(number: i32) -> &'static Encoding {
    match number {
        932 | 10_001 => SHIFT_JIS,
        936 => GBK,
        949 => EUC_KR,
        950 => BIG5,
        874 => WINDOWS_874,
        1250 => WINDOWS_1250,
        1251 => WINDOWS_1251,
        1253 => WINDOWS_1253,
        1254 => WINDOWS_1254,
        1255 => WINDOWS_1255,
        1256 => WINDOWS_1256,
        1257 => WINDOWS_1257,
        1258 => WINDOWS_1258,
        65_001 => UTF_8,
        10_000 => encoding_rs::MACINTOSH,
        _ => WINDOWS_1252,
    }
}
