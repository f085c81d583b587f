//! Rich Text Format: read into tokens, and written anew from those that are known.
//!
//! Owns: which groups stay, objects and their result, fields and their result, properties, where text is put.
//! What is written is plain ASCII with one spelling for each thing, so that no two readers can cut it differently.
//! Leaves to others: cutting into tokens (`token`), the lists of control words (`vocabulary`), pictures (`pict`).

mod mark;
mod pict;
mod token;
mod vocabulary;
mod words;

#[cfg(test)]
mod tests;

use worker_protocol::{Fidelity, Kept, Kind, LinkPolicy, Mode, Reason, Road, Threat};

use crate::{Rebuilt, Refusal, Work, ooxml};
use pict::Picture;
use token::{Token, Tokens};

pub(crate) use words::paragraphs;

/// The name of everything that belongs to a mark.
const MARK: &str = "SekishoMark";

/// Fallback bytes that one character may have.
const FALLBACK_MAX: usize = 32;

/// Text of a field, name or property that is looked at.
const COLLECTED_CHARS_MAX: usize = 8_192;

/// Builds a document anew.
///
/// # Errors
/// Held when its groups do not close, when it ends inside a token, or when it is no RTF after all.
pub(crate) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if !matches!(mode, Mode::Rebuild | Mode::Strict | Mode::TextOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    work.budget.spend(untrusted.len() as u64)?;
    let before = words::read(untrusted);
    let clean = {
        let strict = mode != Mode::Rebuild;
        let links = if strict { LinkPolicy::Remove } else { work.job.policy.links };
        let mut writer = Writer::new(work, strict, links);
        writer.run(untrusted)?;
        writer.finish()
    };
    let after = words::read(&clean);
    if mode == Mode::TextOnly {
        let text = after.paragraphs.join("\n") + "\n";
        return Ok(Rebuilt {
            kind: Kind::Text,
            road: Road::Text,
            ..Rebuilt::same(text.into_bytes(), Kind::Rtf)
        });
    }
    let fidelity = Fidelity {
        characters: Kept { before: before.characters, after: after.characters },
        pictures: Kept { before: before.pictures, after: after.pictures },
        ..Fidelity::default()
    };
    Ok(Rebuilt { fidelity: Some(fidelity), ..Rebuilt::same(clean, Kind::Rtf) })
}

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
    collected: String,
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
            collected: String::new(),
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

struct Writer<'w, 'j> {
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
    fn new(work: &'w mut Work<'j>, strict: bool, links: LinkPolicy) -> Self {
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

    fn run(&mut self, untrusted: &[u8]) -> Result<(), Refusal> {
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

    fn finish(mut self) -> Vec<u8> {
        if let Some(mark) = self.work.job.mark.as_ref().filter(|_| !self.strict || self.work.depth == 0) {
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
        let at = self.body_at.unwrap_or(self.out.len().saturating_sub(1));
        let tail = self.out.split_off(at.min(self.out.len()));
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(&tail);
    }

    fn report(&mut self, threat: Threat, place: &str) {
        self.work.findings.add(threat, place);
    }

    fn place(&self) -> Place {
        self.groups.last().map_or(Place::Skip, |group| group.place)
    }

    // ---- groups

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
                    if *end <= self.out.len() && start <= end {
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
        if let Some(outer) = self.groups.last_mut()
            && group.collects
            && outer.collected.len() + group.collected.len() <= COLLECTED_CHARS_MAX
        {
            outer.collected.push_str(&group.collected);
            outer.is_computed |= group.is_computed;
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

    // ---- what a group is

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
        if self.begins(word, number, was_fresh) {
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

    /// Takes a word that says what its group is. False when it is none.
    fn begins(&mut self, word: &str, number: Option<i32>, was_fresh: bool) -> bool {
        let in_info = self.place() == Place::Info;
        let is_starred = self.groups.last().is_some_and(|group| group.is_starred);
        let known_in_info = ["title", "subject", "keywords", "doccomm", "category", "upr", "ud", "u", "uc"];
        if in_info && !known_in_info.contains(&word) {
            let threat = vocabulary::dropped(word).unwrap_or(Some(Threat::Metadata));
            if was_fresh {
                self.skip(threat, true, "info");
            } else {
                self.report(threat.unwrap_or(Threat::Metadata), "info");
            }
            return true;
        }
        let is_other = !was_fresh && self.groups.last().is_some_and(|group| group.kind != Place::Normal);
        match word {
            // A group that is something already does not become something else.
            "object" | "pict" | "field" | "info" if is_other => {
                self.skip(Some(Threat::HiddenData), false, word);
                true
            }
            "object" => {
                self.set_place(Place::Object);
                true
            }
            "objlink" | "objautlink" | "objsub" | "objpub" | "objhtml" => {
                self.report(Threat::ExternalContent, word);
                true
            }
            "pict" => {
                self.set_place(Place::Pict);
                self.push_word("pict", None);
                if let Some(group) = self.groups.last_mut() {
                    group.picture = Some(Box::default());
                }
                true
            }
            "field" => {
                if let Some(outer) =
                    self.groups.iter_mut().rev().find(|group| group.kind == Place::Instruction)
                {
                    let before = outer.collected.trim_start();
                    let is_complete = before.contains([' ', '\u{a0}', '"', '\\']);
                    outer.is_computed |= !is_complete || before.to_ascii_uppercase().starts_with("HYPERLINK");
                }
                self.set_place(Place::Field);
                let start = self.out.len();
                self.push_word("field", None);
                let end = self.out.len();
                if let Some(group) = self.groups.last_mut() {
                    group.words.push((start, end));
                }
                true
            }
            "fldinst" => {
                if was_fresh {
                    self.set_place(Place::Instruction);
                    self.out.extend_from_slice(b"\\*\\fldinst");
                    self.is_open_ended = true;
                } else {
                    self.skip(Some(Threat::DangerousField), false, "fldinst");
                }
                true
            }
            "fldrslt" => {
                let start = self.out.len();
                self.push_word("fldrslt", None);
                let end = self.out.len();
                let parent = self.groups.len().checked_sub(2).and_then(|at| self.groups.get_mut(at));
                if let Some(parent) = parent.filter(|group| group.kind == Place::Field) {
                    parent.words.push((start, end));
                }
                true
            }
            "info" if self.strict => {
                self.skip(Some(Threat::Metadata), was_fresh, "info");
                true
            }
            "info" => {
                self.set_place(Place::Info);
                self.push_word("info", None);
                true
            }
            "sp" | "sn" | "sv" if !was_fresh => {
                self.skip(Some(Threat::HiddenData), false, word);
                true
            }
            "sp" => {
                self.set_place(Place::Property);
                self.push_word("sp", None);
                true
            }
            "sn" | "sv" => {
                self.set_place(if word == "sn" { Place::PropertyName } else { Place::PropertyValue });
                self.push_word(word, None);
                true
            }
            "userprops" if !was_fresh => {
                self.skip(Some(Threat::Metadata), false, word);
                true
            }
            "userprops" => {
                self.set_place(Place::UserProps);
                if let Some(group) = self.groups.last_mut() {
                    group.is_taken_back = true;
                    group.is_starred = true;
                }
                true
            }
            "bkmkstart" if was_fresh && is_starred => {
                self.set_place(Place::BookmarkStart);
                self.out.extend_from_slice(b"\\*\\bkmkstart");
                self.is_open_ended = true;
                true
            }
            "shppict" if was_fresh && is_starred => {
                self.set_place(Place::ShapePicture);
                self.out.extend_from_slice(b"\\*\\shppict");
                self.is_open_ended = true;
                true
            }
            "nonshppict" => {
                let is_copy = self.groups.iter().rev().nth(1).is_some_and(|outer| outer.has_shape_picture);
                if is_copy {
                    self.skip(Some(Threat::AuxiliaryPart), was_fresh, word);
                } else {
                    self.push_word(word, None);
                }
                true
            }
            "header" | "headerl" | "headerr" | "headerf" if was_fresh => {
                self.note_body(true);
                self.push_word(word, None);
                self.has_header = true;
                if let Some(mark) = self.work.job.mark.as_ref() {
                    let fallback = self.groups.last().map_or(1, |group| group.fallback_written);
                    let line = mark::line(&mark.label, fallback);
                    self.out.extend_from_slice(line.as_bytes());
                    self.is_open_ended = false;
                }
                true
            }
            "annotation" | "atnid" | "atnauthor" | "atndate" | "atnicn" | "atnparent" | "atnref"
            | "atntime" | "atrfend" | "atrfstart"
                if self.strict =>
            {
                self.skip((word == "annotation").then_some(Threat::HiddenData), was_fresh, word);
                true
            }
            "formfield" if self.strict => {
                self.skip(Some(Threat::DynamicForm), was_fresh, word);
                true
            }
            _ => match vocabulary::dropped(word) {
                // A word without a group of its own.
                Some(threat) if !was_fresh || vocabulary::is_flag(word) => {
                    if let Some(threat) = threat {
                        let is_rsid = word.ends_with("rsid");
                        if !is_rsid || !self.reported_rsid {
                            self.report(threat, word);
                        }
                        self.reported_rsid |= is_rsid;
                    }
                    if !vocabulary::is_flag(word) {
                        self.skip(None, false, word);
                    }
                    true
                }
                Some(threat) => {
                    self.skip(threat, true, word);
                    true
                }
                None if was_fresh && is_starred && !vocabulary::is_kept(word) => {
                    // Readers pass over what is marked like this and unknown to them, and so does this one.
                    self.skip(Some(Threat::Extension), true, word);
                    true
                }
                None => {
                    if let Some(group) = self.groups.last_mut() {
                        // The text of a form is no part of the instruction it stands in.
                        group.collects &= !matches!(word, "formfield");
                    }
                    let _ = number;
                    false
                }
            },
        }
    }

    fn set_place(&mut self, place: Place) {
        if let Some(group) = self.groups.last_mut() {
            if place == Place::Object && group.place != Place::Object {
                self.work.findings.add(Threat::EmbeddedObject, "object");
            }
            group.place = place;
            if group.kind == Place::Normal {
                group.kind = place;
            }
        }
        if matches!(
            place,
            Place::Object | Place::Pict | Place::Field | Place::BookmarkStart | Place::ShapePicture
        ) {
            self.note_body(false);
        }
    }

    /// The rest of this group is not written; neither is its beginning when nothing of it was.
    fn skip(&mut self, threat: Option<Threat>, was_fresh: bool, place: &str) {
        if let Some(threat) = threat {
            self.report(threat, place);
        }
        if let Some(group) = self.groups.last_mut().filter(|_| was_fresh) {
            group.is_taken_back = true;
        }
        if self.groups.len() > 1
            && let Some(group) = self.groups.last_mut()
        {
            group.place = Place::Skip;
        }
    }

    fn plain_word(&mut self, word: &str, number: Option<i32>, was_fresh: bool) {
        if !vocabulary::is_kept(word) {
            self.report(Threat::Extension, word);
            return;
        }
        let is_starred = self.groups.last().is_some_and(|group| group.is_starred);
        if was_fresh && is_starred {
            self.out.extend_from_slice(b"\\*");
        }
        if self.groups.len() == 1 && is_body_word(word) {
            self.note_body(false);
        } else if self.groups.len() == 2 && was_fresh && !is_table(word) {
            self.note_body(true);
        }
        self.push_word(word, number);
        if matches!(word, "tab" | "line" | "par" | "emspace" | "enspace") {
            self.collect(' ');
        }
        if word == "par" || word == "row" {
            self.out.push(b'\n');
            self.is_open_ended = false;
        }
    }

    /// Notes that the text begins here, or with the group that was just opened.
    fn note_body(&mut self, with_group: bool) {
        if self.body_at.is_none() {
            let at = match self.groups.get(1) {
                Some(group) => group.out_start,
                None => self.out.len(),
            };
            let _ = with_group;
            self.body_at = Some(at);
        }
    }

    fn push_word(&mut self, word: &str, number: Option<i32>) {
        self.out.push(b'\\');
        self.out.extend_from_slice(word.as_bytes());
        if let Some(number) = number {
            self.out.extend_from_slice(number.to_string().as_bytes());
        }
        self.is_open_ended = true;
    }

    // ---- text

    fn symbol(&mut self, symbol: u8) {
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

    fn byte(&mut self, byte: u8) {
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
            _ => {}
        }
        self.note_text();
        self.collect(char::from(byte));
        self.push_byte(byte);
    }

    fn note_text(&mut self) {
        if self.body_at.is_none() && self.groups.len() == 1 {
            self.body_at = Some(self.out.len());
        }
    }

    fn push_byte(&mut self, byte: u8) {
        match byte {
            b'\\' | b'{' | b'}' => self.out.extend_from_slice(&[b'\\', byte]),
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

    fn binary(&mut self, bytes: &[u8]) {
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
    fn character(&mut self, code: i32) {
        let left = self.groups.last().map_or(1, |group| group.fallback);
        self.waiting = Some(Waiting { code, left, bytes: Vec::new() });
        if left == 0 {
            self.end_waiting();
        }
    }

    /// Whether this token is part of what stands for a character in old readers.
    fn waits(&mut self, token: &Token<'_>) -> bool {
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

    fn end_waiting(&mut self) {
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

    fn collect(&mut self, character: char) {
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

    // ---- ends of groups

    fn end_instruction(&mut self, group: &mut Group) {
        let threat = if group.is_computed || group.collected.len() >= COLLECTED_CHARS_MAX {
            Some(Threat::DangerousField)
        } else {
            ooxml::field_danger(&group.collected, self.links)
        };
        if let Some(threat) = threat {
            self.report(threat, "field");
            group.is_taken_back = true;
            if let Some(field) = self.groups.last_mut().filter(|field| field.kind == Place::Field) {
                field.is_dangerous = true;
            }
        }
        // An instruction inside another one's is that one's own business.
        group.collected.clear();
    }

    fn end_property(&mut self, group: &mut Group) {
        let is_text = ["wzName", "wzDescription", "gtextUNICODE", "gtextFont", "gtextCSSFont"];
        let value_is_plain = group
            .collected
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '-' | ';' | ',' | '(' | ')' | '.' | ' '));
        let name = group.name.as_str();
        let is_link = name.ends_with("Flags") && (name.contains("Blip") || name.starts_with("pib"));
        let is_plain_name = name.chars().all(|c| c.is_ascii_alphanumeric());
        if !is_link && is_plain_name && (is_text.contains(&name) || value_is_plain) {
            return;
        }
        let threat = match name {
            "pihlShape" => Threat::Hyperlink,
            "pibName" | "pibPrintName" | "fillBlipName" | "lineFillBlipName" => Threat::ExternalContent,
            _ if name.starts_with("wzScript") => Threat::Script,
            _ if is_link => Threat::ExternalContent,
            _ => Threat::HiddenData,
        };
        let place: String = name.chars().take(40).collect();
        self.report(threat, &place);
        group.is_taken_back = true;
    }

    fn end_user_props(&mut self) {
        let is_own = |name: &str| name == MARK || name.strip_prefix(MARK) == Some("-levels");
        if self.user_props.iter().any(|(name, _)| !is_own(name)) {
            self.report(Threat::Metadata, "userprops");
        }
        self.user_props.retain(|(name, _)| is_own(name));
    }

    /// The bookmark of an earlier mark: the group around it is that mark, and gives way to the new one.
    fn end_bookmark(&mut self, group: &Group) {
        if group.collected.trim() == MARK
            && self.work.job.mark.is_some()
            && self.groups.len() > 1
            && let Some(outer) = self.groups.last_mut()
        {
            outer.is_taken_back = true;
            outer.place = Place::Skip;
        }
    }
}

/// Words that begin the text of a document.
fn is_body_word(word: &str) -> bool {
    matches!(word, "pard" | "plain" | "sectd" | "par" | "trowd" | "page" | "sect" | "tab" | "line" | "intbl")
}

/// Groups that stand before the text.
fn is_table(word: &str) -> bool {
    matches!(
        word,
        "fonttbl"
            | "colortbl"
            | "stylesheet"
            | "listtable"
            | "listoverridetable"
            | "revtbl"
            | "info"
            | "defchp"
            | "defpap"
            | "pgptbl"
            | "mmathPr"
            | "background"
            | "ftnsep"
            | "ftnsepc"
            | "aftnsep"
            | "aftnsepc"
            | "listpicture"
            | "upr"
            | "title"
            | "gridtbl"
    )
}
