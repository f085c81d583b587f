//! Text: bytes, characters by number with their fallback bytes, symbols.
//!
//! Owns: the one spelling each of them gets, and collecting the text that is judged at a group's end.
//! Leaves to others: what code page the bytes are in; they stay as they are.

use worker_protocol::Threat;

use super::super::COLLECTED_CHARS_MAX;
use super::super::token::Token;
use super::{Place, Waiting, Writer};

impl Writer<'_, '_> {
    pub(super) fn symbol(&mut self, symbol: u8) {
        let Some(group) = self.groups.last_mut() else { return };
        if symbol == b'*' && group.is_fresh {
            group.is_starred = true;
            return;
        }
        group.is_fresh = false;
        match (group.place, symbol) {
            (Place::Skip | Place::Object | Place::Pict | Place::UserProps, _) => {}
            (Place::ObjectChild, _) => {
                group.place = Place::Skip;
                group.is_taken_back = true;
            }
            (_, b'\\' | b'{' | b'}') => self.byte(symbol),
            (Place::UserPropName | Place::UserPropValue | Place::Info, _) => {}
            (_, b'~' | b'-' | b'_' | b':' | b'|') => {
                self.note_text();
                self.out.extend_from_slice(&[b'\\', symbol]);
                self.is_open_ended = false;
                if symbol == b'~' {
                    self.collect(' ');
                }
            }
            (_, b'\r' | b'\n') => self.plain_word("par", None, false),
            (_, b'\t') => self.plain_word("tab", None, false),
            _ => {}
        }
    }

    pub(super) fn byte(&mut self, byte: u8) {
        let Some(group) = self.groups.last_mut() else { return };
        group.is_fresh = false;
        match group.place {
            Place::Skip | Place::Object | Place::UserProps => return,
            Place::ObjectChild => {
                group.place = Place::Skip;
                group.is_taken_back = true;
                return;
            }
            Place::Pict => {
                if let Some(picture) = &mut group.picture {
                    picture.hex(byte);
                }
                return;
            }
            Place::UserPropName | Place::UserPropValue => {
                self.collect(char::from(byte));
                return;
            }
            // Titles have no tabs.
            Place::Info if byte < 0x20 => return,
            _ => {}
        }
        self.note_text();
        self.collect(char::from(byte));
        self.push_byte(byte);
    }

    pub(super) fn note_text(&mut self) {
        if self.body_at.is_none() && self.groups.len() == 1 {
            self.body_at = Some(self.out.len());
        }
    }

    pub(super) fn push_byte(&mut self, byte: u8) {
        match byte {
            // Written as a number, so that even a reader that looks for words without cutting tokens finds none in text.
            b'\\' => self.out.extend_from_slice(b"\\'5c"),
            b'{' | b'}' => self.out.extend_from_slice(&[b'\\', byte]),
            0..=0x1f if self.groups.last().is_some_and(|group| group.holds_numbers) => {
                self.out.extend_from_slice(format!("\\'{byte:02x}").as_bytes());
            }
            b'\t' => {
                self.out.extend_from_slice(b"\\tab");
                self.is_open_ended = true;
                return;
            }
            0x20..=0x7e => {
                let lengthens = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b' ');
                if self.is_open_ended && lengthens {
                    self.out.push(b' ');
                }
                self.out.push(byte);
            }
            0x80..=0xff => self.out.extend_from_slice(format!("\\'{byte:02x}").as_bytes()),
            // Control characters are no text.
            _ => return,
        }
        self.is_open_ended = false;
    }

    pub(super) fn binary(&mut self, bytes: &[u8]) {
        let Some(group) = self.groups.last_mut() else { return };
        group.is_fresh = false;
        match (group.place, &mut group.picture) {
            (Place::Pict, Some(picture)) => picture.bytes(bytes),
            (Place::Skip | Place::Object | Place::UserProps, _) => {}
            (Place::ObjectChild, _) => {
                group.place = Place::Skip;
                group.is_taken_back = true;
            }
            _ => self.report(Threat::HiddenData, "bin"),
        }
    }

    /// A character by its number; what stands for it in old readers follows.
    pub(super) fn character(&mut self, code: i32) {
        let left = self.groups.last().map_or(1, |group| group.fallback);
        self.waiting = Some(Waiting { code, left, bytes: Vec::new() });
        if left == 0 {
            self.end_waiting();
        }
    }

    /// Whether this token is part of what stands for a character in old readers.
    pub(super) fn waits(&mut self, token: &Token<'_>) -> bool {
        let Some(waiting) = &mut self.waiting else { return false };
        let is_fallback = match token {
            Token::Byte(byte) => {
                waiting.bytes.push(*byte);
                true
            }
            Token::Symbol(symbol @ (b'\\' | b'{' | b'}')) => {
                waiting.bytes.push(*symbol);
                true
            }
            Token::Symbol(b'*' | b'\r' | b'\n')
            | Token::Word("u" | "uc" | "par" | "cell" | "row" | "tab" | "line", _) => false,
            Token::Symbol(_) | Token::Binary(_) => true,
            Token::Word(..) | Token::Open | Token::Close => false,
        };
        if !is_fallback {
            self.end_waiting();
            return false;
        }
        waiting.left = waiting.left.saturating_sub(1);
        if waiting.left == 0 {
            self.end_waiting();
        }
        true
    }

    pub(super) fn end_waiting(&mut self) {
        let Some(Waiting { code, bytes, .. }) = self.waiting.take() else { return };
        // Numbers above 32767 are written as negative ones by most programs, and read both ways.
        let unit = u16::try_from(code.rem_euclid(65_536)).unwrap_or(0xfffd);
        match char::from_u32(u32::from(unit)) {
            Some(character) => self.collect(character),
            None => self.collect('\u{fffd}'),
        }
        if matches!(
            self.place(),
            Place::Skip | Place::Object | Place::UserPropName | Place::UserPropValue | Place::Pict
        ) || unit < 0x20
        {
            return;
        }
        self.note_text();
        let count = bytes.len();
        let changes = self.groups.last().is_some_and(|group| group.fallback_written != count);
        if changes {
            self.push_word("uc", i32::try_from(count).ok());
            if let Some(group) = self.groups.last_mut() {
                group.fallback_written = count;
            }
        }
        let signed = i16::from_ne_bytes(unit.to_ne_bytes());
        self.push_word("u", Some(signed.into()));
        for byte in bytes {
            // What does not show would be counted by one reader and not by another.
            self.push_byte(if (0x20..0x7f).contains(&byte) || byte >= 0x80 { byte } else { b'?' });
        }
        if count == 0 {
            self.out.push(b' ');
            self.is_open_ended = false;
        }
    }

    pub(super) fn collect(&mut self, character: char) {
        if let Some(group) = self.groups.last_mut()
            && group.collected.len() < COLLECTED_CHARS_MAX
        {
            let is_wanted = group.collects
                || matches!(
                    group.kind,
                    Place::Instruction
                        | Place::PropertyName
                        | Place::PropertyValue
                        | Place::UserPropName
                        | Place::UserPropValue
                        | Place::BookmarkStart
                );
            if is_wanted {
                group.collected.push(character);
            }
        }
    }
}
