//! Writing a file anew, token by token.
//!
//! Owns: the stack of groups, and the order in which a token is asked what it is.
//! Leaves to others: what a word makes of its group (`begins`), text (`text`), what is judged at a group's end (`ends`).

mod begins;
mod ends;
mod text;

use worker_protocol::{LinkPolicy, Reason, Threat};

use super::pict::Picture;
use super::token::{Token, Tokens};
use super::{COLLECTED_CHARS_MAX, FALLBACK_MAX, MARK, mark};
use crate::{Refusal, Work};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Text of the document and the tables before it.
    Normal,
    /// Nothing in it is written.
    Skip,
    /// An embedded object: only its result is written.
    Object,
    /// A group in an object of which nothing is known yet.
    ObjectChild,
    Pict,
    Field,
    Instruction,
    /// Title, subject and the like.
    Info,
    Property,
    PropertyName,
    PropertyValue,
    UserProps,
    UserPropName,
    UserPropValue,
    BookmarkStart,
    ShapePicture,
}

struct Group {
    /// What is done with what comes next in it.
    place: Place,
    /// What it began as. Whatever comes later in it, this is what it is judged as at its end.
    kind: Place,
    out_start: usize,
    /// Nothing but `\*` was read yet.
    is_fresh: bool,
    is_starred: bool,
    /// Its opening brace was written.
    is_written: bool,
    /// What was written since the opening brace is taken back at the end.
    is_taken_back: bool,
    /// Fallback bytes after `\u`, as it came and as it is written.
    fallback: usize,
    fallback_written: usize,
    /// Text in it is part of what is collected for the group around it.
    collects: bool,
    /// It stands in the instruction of a field, where only looks of characters may change.
    in_instruction: bool,
    collected: String,
    /// Its text is lengths and places, which are bytes below the letters.
    holds_numbers: bool,
    /// For a field: where its own words stand, and whether they go.
    words: Vec<(usize, usize)>,
    is_dangerous: bool,
    is_computed: bool,
    /// For a property: its name.
    name: String,
    picture: Option<Box<Picture>>,
    has_shape_picture: bool,
}

impl Group {
    fn new(place: Place, out_start: usize) -> Self {
        Self {
            place,
            kind: place,
            out_start,
            is_fresh: true,
            is_starred: false,
            is_written: false,
            is_taken_back: false,
            fallback: 1,
            fallback_written: 1,
            collects: false,
            in_instruction: place == Place::Instruction,
            collected: String::new(),
            holds_numbers: false,
            words: Vec::new(),
            is_dangerous: false,
            is_computed: false,
            name: String::new(),
            picture: None,
            has_shape_picture: false,
        }
    }
}

/// A character that waits for its fallback bytes.
struct Waiting {
    code: i32,
    left: usize,
    bytes: Vec<u8>,
}

pub(super) struct Writer<'w, 'j> {
    work: &'w mut Work<'j>,
    strict: bool,
    links: LinkPolicy,
    out: Vec<u8>,
    groups: Vec<Group>,
    /// A control word was written that a following letter would lengthen.
    is_open_ended: bool,
    waiting: Option<Waiting>,
    /// Where the text begins, behind the tables.
    body_at: Option<usize>,
    has_header: bool,
    user_props: Vec<(String, String)>,
    reported_rsid: bool,
}

impl<'w, 'j> Writer<'w, 'j> {
    pub(super) fn new(work: &'w mut Work<'j>, strict: bool, links: LinkPolicy) -> Self {
        Self {
            work,
            strict,
            links,
            out: Vec::new(),
            groups: Vec::new(),
            is_open_ended: false,
            waiting: None,
            body_at: None,
            has_header: false,
            user_props: Vec::new(),
            reported_rsid: false,
        }
    }

    pub(super) fn run(&mut self, untrusted: &[u8]) -> Result<(), Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let mut tokens = Tokens::new(untrusted);
        if tokens.next()? != Some(Token::Open) {
            return Err(damaged);
        }
        match tokens.next()? {
            Some(Token::Word("rtf", _)) => {}
            // Programs look at three letters only, so this opens, too; scanners that look at five are blind to it.
            Some(Token::Word("rt", _)) => self.report(Threat::HiddenData, "header"),
            _ => return Err(damaged),
        }
        let mut root = Group::new(Place::Normal, 0);
        root.is_fresh = false;
        root.is_written = true;
        self.groups.push(root);
        self.out.extend_from_slice(b"{\\rtf1");
        self.is_open_ended = true;
        while let Some(token) = tokens.next()? {
            if self.waits(&token) {
                continue;
            }
            match token {
                Token::Open => self.open()?,
                Token::Close => {
                    self.close()?;
                    if self.groups.is_empty() {
                        let rest = tokens.rest();
                        if rest.iter().any(|b| !b.is_ascii_whitespace() && *b != 0) {
                            self.report(Threat::HiddenData, "trailing");
                        }
                        return Ok(());
                    }
                }
                Token::Word(word, number) => self.word(word, number),
                Token::Symbol(symbol) => self.symbol(symbol),
                Token::Byte(byte) => self.byte(byte),
                Token::Binary(bytes) => self.binary(bytes),
            }
        }
        Err(damaged)
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        if let Some(mark) = self.work.job.mark.as_ref() {
            let props =
                [(MARK.to_owned(), mark.label.clone()), (format!("{MARK}-levels"), mark.levels.join(" "))];
            let mut head = mark::properties(&props);
            if !self.has_header {
                head.push_str(&mark::header(&mark.label));
            }
            self.insert_at_body(head.as_bytes());
        } else {
            let own: Vec<(String, String)> =
                self.user_props.iter().filter(|(name, _)| name.starts_with(MARK)).cloned().collect();
            if !own.is_empty() {
                let head = mark::properties(&own);
                self.insert_at_body(head.as_bytes());
            }
        }
        self.out.push(b'\n');
        self.out
    }

    fn insert_at_body(&mut self, bytes: &[u8]) {
        // Without text at the top, it goes before the brace that ends the document.
        let end = || self.out.iter().rposition(|byte| *byte == b'}').unwrap_or(self.out.len());
        let at = self.body_at.unwrap_or_else(end);
        let tail = self.out.split_off(at.min(self.out.len()));
        // A space that ended a control word would be text behind what comes in between.
        let is_delimiter = self.ends_open() && tail.first() == Some(&b' ');
        let tail = tail.get(usize::from(is_delimiter)..).unwrap_or_default();
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(tail);
    }

    fn report(&mut self, threat: Threat, place: &str) {
        self.work.findings.add(threat, place);
    }

    fn place(&self) -> Place {
        self.groups.last().map_or(Place::Skip, |group| group.place)
    }

    fn open(&mut self) -> Result<(), Refusal> {
        if self.groups.len() >= self.work.budget.limits.nesting_max as usize {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        let at = self.out.len();
        let Some(outer) = self.groups.last_mut() else { return Ok(()) };
        outer.is_fresh = false;
        let place = match outer.place {
            Place::Skip | Place::UserPropName | Place::UserPropValue => Place::Skip,
            Place::Object | Place::ObjectChild => Place::ObjectChild,
            Place::UserProps => Place::UserProps,
            Place::Info => Place::Info,
            _ => Place::Normal,
        };
        let mut group = Group::new(place, at);
        group.fallback = outer.fallback;
        group.fallback_written = outer.fallback_written;
        group.collects = outer.collects
            || matches!(
                outer.kind,
                Place::Instruction | Place::PropertyName | Place::PropertyValue | Place::BookmarkStart
            );
        group.in_instruction = outer.in_instruction;
        group.is_written = !matches!(place, Place::Skip | Place::UserProps);
        if group.is_written {
            self.out.push(b'{');
            self.is_open_ended = false;
        }
        self.groups.push(group);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Refusal> {
        let Some(mut group) = self.groups.pop() else { return Ok(()) };
        group.is_taken_back |= group.place == Place::ObjectChild;
        match group.kind {
            Place::Pict => {
                if let Some(picture) = group.picture.take() {
                    self.out.extend_from_slice(&picture.finish(self.work)?);
                    self.is_open_ended = false;
                }
            }
            Place::Instruction => self.end_instruction(&mut group),
            Place::Field if group.is_dangerous => {
                for (start, end) in group.words.iter().rev() {
                    // What was taken back since has taken its words along.
                    let is_there = self.out.get(*start..*end).is_some_and(|word| word.starts_with(b"\\f"));
                    if is_there {
                        self.out.drain(*start..*end);
                    }
                }
                self.is_open_ended = false;
            }
            Place::Property => self.end_property(&mut group),
            Place::PropertyName => {
                let name = group.collected.trim().to_owned();
                if let Some(outer) = self.groups.iter_mut().rev().find(|g| g.kind == Place::Property) {
                    outer.name = name;
                }
            }
            Place::PropertyValue => {
                let value = std::mem::take(&mut group.collected);
                if let Some(outer) = self.groups.iter_mut().rev().find(|g| g.kind == Place::Property) {
                    outer.collected = value;
                }
            }
            Place::UserPropName => self.user_props.push((group.collected.clone(), String::new())),
            Place::UserPropValue => {
                if let Some(last) = self.user_props.last_mut() {
                    last.1.clone_from(&group.collected);
                }
            }
            Place::UserProps if group.is_starred => self.end_user_props(),
            Place::BookmarkStart => self.end_bookmark(&group),
            Place::Info
                if self.place() != Place::Info && self.out.len() == group.out_start + b"{\\info".len() =>
            {
                group.is_taken_back = true;
            }
            Place::ShapePicture => {
                if let Some(outer) = self.groups.last_mut() {
                    outer.has_shape_picture = true;
                }
            }
            _ => {}
        }
        if let Some(outer) = self.groups.last_mut().filter(|_| group.collects) {
            outer.is_computed |= group.is_computed;
            if outer.collected.len() + group.collected.len() <= COLLECTED_CHARS_MAX {
                outer.collected.push_str(&group.collected);
            } else {
                // What is too long to be looked at as a whole cannot be judged.
                outer.is_computed = true;
            }
        }
        // The whole file is no part that could go.
        if group.is_taken_back && !self.groups.is_empty() {
            self.out.truncate(group.out_start);
            // What stood before may be open ended still; a space too many would be text, so a brace decides.
            self.is_open_ended = self.ends_open();
        } else if group.is_written {
            self.out.push(b'}');
            self.is_open_ended = false;
            if self.groups.len() <= 1 {
                self.out.push(b'\n');
            }
        }
        Ok(())
    }

    /// Whether what was written last is a control word that a letter, digit or space would change.
    fn ends_open(&self) -> bool {
        let tail = self.out.iter().rev().take(48);
        let mut saw = 0usize;
        for byte in tail {
            if byte.is_ascii_alphanumeric() || *byte == b'-' {
                saw += 1;
            } else {
                return *byte == b'\\' && saw > 0;
            }
        }
        false
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        let Some(group) = self.groups.last_mut() else { return };
        let was_fresh = std::mem::replace(&mut group.is_fresh, false);
        let place = group.place;
        match place {
            Place::Skip => return,
            Place::UserProps => {
                match word {
                    "propname" => group.place = Place::UserPropName,
                    "staticval" => group.place = Place::UserPropValue,
                    _ => {}
                }
                if group.kind != Place::UserProps || !group.is_starred {
                    group.kind = group.place;
                }
                return;
            }
            Place::UserPropName | Place::UserPropValue => {
                match word {
                    "uc" => {
                        group.fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(FALLBACK_MAX)
                    }
                    "u" => self.character(number.unwrap_or(0)),
                    _ => {}
                }
                return;
            }
            Place::Object => return,
            Place::ObjectChild => {
                if word == "result" {
                    group.place = Place::Normal;
                    group.kind = Place::Normal;
                } else {
                    group.place = Place::Skip;
                    group.is_taken_back = true;
                }
                return;
            }
            _ => {}
        }
        if self.begins(word, was_fresh) {
            return;
        }
        match word {
            "uc" => {
                if let Some(group) = self.groups.last_mut() {
                    group.fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(FALLBACK_MAX);
                }
            }
            "u" => self.character(number.unwrap_or(0)),
            _ => {
                if let Some(Some(picture)) =
                    self.groups.last_mut().map(|g| g.picture.as_mut().filter(|_| g.place == Place::Pict))
                    && picture.note(word, number)
                {
                    return;
                }
                self.plain_word(word, number, was_fresh);
            }
        }
    }
}
