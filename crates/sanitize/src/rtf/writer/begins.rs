//! What a control word makes of the group it stands in.
//!
//! Owns: objects, pictures, fields, properties, headers; what is passed over.
//! Leaves to others: the lists (`vocabulary`).

use worker_protocol::Threat;

use super::super::{mark, vocabulary};
use super::{Place, Writer};

impl Writer<'_, '_> {
    /// Takes a word that says what its group is. False when it is none.
    pub(super) fn begins(&mut self, word: &str, was_fresh: bool) -> bool {
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
        let in_instruction = self.groups.last().is_some_and(|group| group.in_instruction);
        let is_form = word == "formfield" && was_fresh && is_starred;
        if in_instruction && !is_form && !vocabulary::is_flag(word) && !vocabulary::is_look(word) {
            // A reader may leave out what this begins, and then reads another instruction than was judged.
            if was_fresh {
                self.skip(Some(Threat::HiddenData), true, word);
            } else {
                self.report(Threat::HiddenData, word);
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
                    group.in_instruction = false;
                }
                true
            }
            "fldinst" => {
                if was_fresh {
                    self.set_place(Place::Instruction);
                    if let Some(group) = self.groups.last_mut() {
                        group.in_instruction = true;
                    }
                    self.out.extend_from_slice(b"\\*\\fldinst");
                    self.is_open_ended = true;
                } else {
                    self.skip(Some(Threat::DangerousField), false, "fldinst");
                }
                true
            }
            // The field that it would be the result of is around it already.
            "fldrslt" if is_other => {
                self.report(Threat::HiddenData, word);
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
                self.note_body();
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
                        let is_form = word == "formfield";
                        group.collects &= !is_form;
                        group.in_instruction &= !is_form;
                    }
                    false
                }
            },
        }
    }

    pub(super) fn set_place(&mut self, place: Place) {
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
            self.note_body();
        }
    }

    /// The rest of this group is not written; neither is its beginning when nothing of it was.
    pub(super) fn skip(&mut self, threat: Option<Threat>, was_fresh: bool, place: &str) {
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

    pub(super) fn plain_word(&mut self, word: &str, number: Option<i32>, was_fresh: bool) {
        if !vocabulary::is_kept(word) {
            self.report(Threat::Extension, word);
            return;
        }
        let is_starred = self.groups.last().is_some_and(|group| group.is_starred);
        if was_fresh && is_starred {
            self.out.extend_from_slice(b"\\*");
        }
        let begins_text = match self.groups.len() {
            1 => is_body_word(word),
            2 => was_fresh && !is_table(word),
            _ => false,
        };
        if begins_text {
            self.note_body();
        }
        self.push_word(word, number);
        if matches!(word, "leveltext" | "levelnumbers")
            && let Some(group) = self.groups.last_mut()
        {
            group.holds_numbers = true;
        }
        match word {
            "tab" | "line" | "par" | "emspace" | "enspace" => self.collect(' '),
            "emdash" => self.collect('\u{2014}'),
            "endash" => self.collect('\u{2013}'),
            "lquote" | "rquote" => self.collect('\''),
            "ldblquote" | "rdblquote" => self.collect('"'),
            _ => {}
        }
        if word == "par" || word == "row" {
            self.out.push(b'\n');
            self.is_open_ended = false;
        }
    }

    /// Notes that the text begins here, or with the group that was just opened.
    pub(super) fn note_body(&mut self) {
        if self.body_at.is_none() {
            let at = match self.groups.get(1) {
                Some(group) => group.out_start,
                None => self.out.len(),
            };
            self.body_at = Some(at);
        }
    }

    pub(super) fn push_word(&mut self, word: &str, number: Option<i32>) {
        self.out.push(b'\\');
        self.out.extend_from_slice(word.as_bytes());
        if let Some(number) = number {
            self.out.extend_from_slice(number.to_string().as_bytes());
        }
        self.is_open_ended = true;
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
