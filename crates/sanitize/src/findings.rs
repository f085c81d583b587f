//! What was removed, collected while a file is rebuilt.
//!
//! Owns: merging equal findings, the bound on their number, which of them a reader of the file would miss, and the members
//! of a container that is refused as a whole.
//! Leaves to others: the words for each code (the message catalogue of the server).

use std::collections::HashMap;

use worker_protocol::{Member, PLACE_CHARS_MAX, REMOVALS_MAX, Removal, Spot, Threat};

/// Removals in the order they were first met.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    listed: Vec<Removal>,
    index: HashMap<(Threat, String, Option<Spot>), usize>,
    unlisted: u64,
    reader_would_miss: bool,
    members: Vec<Member>,
}

impl Findings {
    /// Notes that one thing was removed from this part. The part's name may hold anything; it is cut to its bound.
    pub(crate) fn add(&mut self, what: Threat, untrusted_place: &str) {
        self.note(what, untrusted_place, None);
    }

    /// Notes that one thing was removed from this part, where a reader finds it.
    pub(crate) fn add_at(&mut self, what: Threat, untrusted_place: &str, spot: Spot) {
        let spot = match spot {
            Spot::Cell { untrusted_sheet, reference } => {
                Spot::Cell { untrusted_sheet: bounded(&untrusted_sheet), reference }
            }
            other => other,
        };
        self.note(what, untrusted_place, Some(spot));
    }

    /// Takes over what was found in another form of the same file, as far as it is wanted.
    pub(crate) fn append(&mut self, other: Findings, is_wanted: impl Fn(Threat) -> bool) {
        for removal in other.listed.into_iter().filter(|removal| is_wanted(removal.what)) {
            self.note_several(removal.what, &removal.untrusted_place, removal.spot, removal.count);
        }
        self.unlisted += other.unlisted;
    }

    /// Whether something of this sort was found.
    pub(crate) fn has(&self, what: Threat) -> bool {
        self.listed.iter().any(|removal| removal.what == what)
    }

    /// The sorts of what was found.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = Threat> + '_ {
        self.listed.iter().map(|removal| removal.what)
    }

    fn note(&mut self, what: Threat, untrusted_place: &str, spot: Option<Spot>) {
        self.note_several(what, untrusted_place, spot, 1);
    }

    fn note_several(&mut self, what: Threat, untrusted_place: &str, spot: Option<Spot>, count: u32) {
        self.reader_would_miss |= is_missed(what);
        let place = bounded(untrusted_place);
        let key = (what, place, spot);
        if let Some(removal) = self.index.get(&key).and_then(|i| self.listed.get_mut(*i)) {
            removal.count = removal.count.saturating_add(count);
        } else if self.listed.len() < REMOVALS_MAX {
            let (what, untrusted_place, spot) = key.clone();
            self.index.insert(key, self.listed.len());
            self.listed.push(Removal { what, untrusted_place, spot, count });
        } else {
            self.unlisted += u64::from(count);
        }
    }

    /// Keeps what became of the members of a container that does not come out, for its report.
    pub(crate) fn keep_members(&mut self, members: Vec<Member>) {
        self.members = members;
    }

    /// The members of a container that does not come out.
    pub(crate) fn take_members(&mut self) -> Vec<Member> {
        std::mem::take(&mut self.members)
    }

    /// Whether something was removed that a person who knew the original would look for.
    pub(crate) fn reader_would_miss(&self) -> bool {
        self.reader_would_miss
    }

    /// The list for the report, and how many more there were.
    pub(crate) fn into_list(self) -> (Vec<Removal>, u64) {
        (self.listed, self.unlisted)
    }
}

fn bounded(untrusted: &str) -> String {
    untrusted.chars().filter(|c| !c.is_control()).take(PLACE_CHARS_MAX).collect()
}

/// Whether removing this changes what a reader sees or can do with the file.
fn is_missed(what: Threat) -> bool {
    match what {
        Threat::MacroVba
        | Threat::MacroXlm
        | Threat::ActiveX
        | Threat::EmbeddedObject
        | Threat::ExternalContent
        | Threat::DataConnection
        | Threat::DangerousField
        | Threat::DangerousFormula
        | Threat::Hyperlink
        | Threat::Action
        | Threat::Script
        | Threat::Attachment
        | Threat::Multimedia
        | Threat::DynamicForm
        | Threat::Signature
        | Threat::Unknown
        | Threat::ArchiveMember
        | Threat::MemberPart => true,
        Threat::ExternalTemplate
        | Threat::HiddenData
        | Threat::Extension
        | Threat::AuxiliaryPart
        | Threat::Metadata
        | Threat::FileName
        | Threat::Encryption
        | Threat::MarkNotPossible => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_findings_are_counted_and_the_list_is_bounded() {
        let mut findings = Findings::default();
        findings.add(Threat::Metadata, "a\u{7}");
        findings.add(Threat::Metadata, "a");
        assert!(!findings.reader_would_miss());
        for place in 0..REMOVALS_MAX + 10 {
            findings.add(Threat::Action, &place.to_string());
        }
        assert!(findings.reader_would_miss());
        let (listed, unlisted) = findings.into_list();
        assert_eq!((listed.len(), unlisted, listed[0].count), (REMOVALS_MAX, 11, 2));
    }
}
