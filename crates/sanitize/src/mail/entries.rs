//! Appointments, tasks and cards as Outlook saves them (MS-OXOCAL, MS-OXOTASK, MS-OXOCNTC): what no field of a message can say of
//! them is written as a file of its own, a calendar or a card, and attached.
//!
//! Owns: which of their properties a person reads, and how a calendar or a card says them.
//! Leaves to others: reading the properties (`outlook`), what may stay of a calendar or a card (`vobject`).

use std::collections::HashMap;

use sha2::Digest as _;

use super::outlook::Moment;
use crate::Refusal;

/// Properties with names that one file may have: their numbers begin at 0x8000.
const NAMED_MAX: usize = 0x7FFF;

/// Sets of names (MS-OXPROPS, section 1.3.2), by the byte in which they differ.
const APPOINTMENT: u8 = 2;
const TASK: u8 = 3;
const ADDRESS: u8 = 4;

/// Programs write a day of the year 4501 for none.
const YEAR_MAX: u64 = 4_499;

/// The numbers of properties that have a name in one of the sets.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<(u8, u32), u16>);

impl Names {
    /// Reads the list of names and the list of their sets (MS-OXMSG, section 2.2.3.1).
    pub(super) fn read(names: &[u8], sets: &[u8]) -> Self {
        const WORD: usize = 2;
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0u32, |sum, byte| (sum << 8) | u32::from(*byte));
        let read = names.chunks_exact(8).take(NAMED_MAX).filter_map(|row| {
            let (name, row) = row.split_at_checked(4)?;
            let (kind, index) = row.split_at_checked(WORD)?;
            let (kind, index) = (number(kind), number(index));
            // Sets are counted from 3, and the lowest bit is set when the name is a word.
            let at = usize::try_from(kind >> 1).ok()?.checked_sub(3)?.checked_mul(16)?;
            let set = sets.get(at..at + 16)?;
            let is_known = set.get(1..) == Some(&[0x20, 6, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]);
            let id = u16::try_from(index.checked_add(0x8000)?).ok()?;
            (kind & 1 == 0 && is_known).then_some(((*set.first()?, number(name)), id))
        });
        Self(read.collect())
    }

    fn of(&self, set: u8, name: u32) -> Option<u16> {
        self.0.get(&(set, name)).copied()
    }
}

/// What is known of an entry.
pub(super) struct Entry<'e> {
    /// What sort of entry it is (PidTagMessageClass).
    pub(super) class: &'e str,
    pub(super) subject: &'e str,
    /// Numbers and times.
    pub(super) fixed: &'e [(u16, u64)],
    pub(super) names: &'e Names,
    /// Reads a text.
    pub(super) text: &'e mut dyn FnMut(u16) -> Result<Option<String>, Refusal>,
}

impl Entry<'_> {
    /// Whether a message of this class is an entry at all.
    pub(super) fn is_one(class: &str) -> bool {
        let class = class.to_ascii_lowercase();
        ["ipm.appointment", "ipm.schedule.meeting", "ipm.task", "ipm.contact"]
            .iter()
            .any(|of| class.starts_with(of))
    }

    /// The entry as a file: its name and its content. Nothing when the message says all of it.
    pub(super) fn written(mut self) -> Result<Option<(&'static str, String)>, Refusal> {
        let class = self.class.to_ascii_lowercase();
        let (name, root, component) = match () {
            () if class.starts_with("ipm.contact") => ("contact.vcf", "VCARD", None),
            () if class.starts_with("ipm.task") => ("task.ics", "VCALENDAR", Some("VTODO")),
            () => ("appointment.ics", "VCALENDAR", Some("VEVENT")),
        };
        let lines = match name {
            "contact.vcf" => self.card()?,
            "task.ics" => self.task()?,
            _ => self.appointment(class.contains("cancel"))?,
        };
        let Some(Lines(lines)) = lines else { return Ok(None) };
        let mut out =
            format!("BEGIN:{root}\r\nVERSION:{}\r\n", if component.is_some() { "2.0" } else { "3.0" });
        if let Some(component) = component {
            // Calendars know an entry by an identifier, and the same one has to come out each time.
            let digest = sha2::Sha256::digest(&lines);
            let id: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            out.push_str(&format!("PRODID:-//Sekisho//sanitize//JA\r\nBEGIN:{component}\r\nUID:{id}\r\n"));
            let changed = [0x3008, 0x0E06, 0x0039].into_iter().find_map(|id| self.moment(Some(id)));
            if let Some(changed) = changed {
                out.push_str(&format!("DTSTAMP:{}\r\n", stamp(&changed)));
            }
        }
        out.push_str(&lines);
        if let Some(component) = component {
            out.push_str(&format!("END:{component}\r\n"));
        }
        out.push_str(&format!("END:{root}\r\n"));
        Ok(Some((name, out)))
    }

    fn number(&self, id: Option<u16>) -> Option<u64> {
        self.fixed.iter().find(|(known, _)| Some(*known) == id).map(|(_, value)| *value)
    }

    fn moment(&self, id: Option<u16>) -> Option<Moment> {
        Moment::of(self.number(id)?).filter(|moment| moment.year <= YEAR_MAX)
    }

    fn said(&mut self, id: Option<u16>) -> Result<String, Refusal> {
        let Some(id) = id else { return Ok(String::new()) };
        Ok((self.text)(id)?.unwrap_or_default().trim().to_owned())
    }

    fn named(&mut self, set: u8, name: u32) -> Result<String, Refusal> {
        self.said(self.names.of(set, name))
    }

    fn appointment(&mut self, is_cancelled: bool) -> Result<Option<Lines>, Refusal> {
        let of = |name| self.names.of(APPOINTMENT, name);
        let begins = self.moment(of(0x820D)).or_else(|| self.moment(Some(0x0060)));
        let ends = self.moment(of(0x820E)).or_else(|| self.moment(Some(0x0061)));
        let is_whole_day = self.number(of(0x8215)).is_some_and(|whole| whole & 0xFF != 0);
        let place = self.named(APPOINTMENT, 0x8208)?;
        if begins.is_none() && place.is_empty() {
            return Ok(None);
        }
        let mut lines = Lines::default();
        lines.push("SUMMARY", self.subject);
        lines.push("DTSTART", &begins.as_ref().map(stamp).unwrap_or_default());
        lines.push("DTEND", &ends.as_ref().map(stamp).unwrap_or_default());
        lines.push("LOCATION", &place);
        // How often, in words.
        lines.push("COMMENT", &self.named(APPOINTMENT, 0x8232)?);
        lines.push("STATUS", if is_cancelled { "CANCELLED" } else { "" });
        lines.push("X-MICROSOFT-CDO-ALLDAYEVENT", if is_whole_day { "TRUE" } else { "" });
        Ok(Some(lines))
    }

    fn task(&mut self) -> Result<Option<Lines>, Refusal> {
        let of = |name| self.names.of(TASK, name);
        // Of these only the day counts.
        let day = |name| self.moment(of(name)).as_ref().map(Moment::day).unwrap_or_default();
        let (begins, due, done) = (day(0x8104), day(0x8105), self.moment(of(0x810F)));
        let status = match self.number(of(0x8101)) {
            Some(1) => "IN-PROCESS",
            Some(2) => "COMPLETED",
            Some(_) => "NEEDS-ACTION",
            None => "",
        };
        let part = self.number(of(0x8102)).map(f64::from_bits).filter(|part| (0.0..=1.0).contains(part));
        let owner = self.named(TASK, 0x811F)?;
        if begins.is_empty() && due.is_empty() && status.is_empty() && owner.is_empty() {
            return Ok(None);
        }
        let mut lines = Lines::default();
        lines.push("SUMMARY", self.subject);
        lines.push("DTSTART;VALUE=DATE", &begins);
        lines.push("DUE;VALUE=DATE", &due);
        lines.push("COMPLETED", &done.as_ref().map(stamp).unwrap_or_default());
        lines.push("STATUS", status);
        lines.push("PERCENT-COMPLETE", &part.map(|part| format!("{:.0}", part * 100.0)).unwrap_or_default());
        lines.push("CONTACT", &owner);
        Ok(Some(lines))
    }

    fn card(&mut self) -> Result<Option<Lines>, Refusal> {
        const TELEPHONES: [(u16, &str); 12] = [
            (0x3A08, "WORK,VOICE"),
            (0x3A1B, "WORK,VOICE"),
            (0x3A57, "WORK,PREF"),
            (0x3A09, "HOME,VOICE"),
            (0x3A2F, "HOME,VOICE"),
            (0x3A1C, "CELL"),
            (0x3A1E, "CAR"),
            (0x3A1A, "VOICE,PREF"),
            (0x3A1F, "VOICE"),
            (0x3A24, "WORK,FAX"),
            (0x3A25, "HOME,FAX"),
            (0x3A21, "PAGER"),
        ];
        let name = [0x3A11, 0x3A06, 0x3A44, 0x3A45, 0x3A05].map(|id| self.said(Some(id)));
        let [last, first, middle, prefix, suffix] = name;
        let whole = self.said(Some(0x3001))?;
        let shown = if whole.is_empty() { self.subject.to_owned() } else { whole };
        let mut lines = Lines::default();
        lines.push("FN", &shown);
        lines.push_several("N", &[last?, first?, middle?, prefix?, suffix?]);
        let head = lines.0.len();
        for (property, name) in
            [("X-PHONETIC-LAST-NAME", 0x802D), ("X-PHONETIC-FIRST-NAME", 0x802C), ("X-PHONETIC-ORG", 0x802E)]
        {
            lines.push(property, &self.named(ADDRESS, name)?);
        }
        lines.push("NICKNAME", &self.said(Some(0x3A4F))?);
        lines.push_several("ORG", &[self.said(Some(0x3A16))?, self.said(Some(0x3A18))?]);
        lines.push("TITLE", &self.said(Some(0x3A17))?);
        lines.push("ROLE", &self.said(Some(0x3A46))?);
        for (id, kind) in TELEPHONES {
            lines.push(&format!("TEL;TYPE={kind}"), &self.said(Some(id))?);
        }
        for name in [0x8083, 0x8093, 0x80A3] {
            lines.push("EMAIL;TYPE=INTERNET", &self.named(ADDRESS, name)?);
        }
        let work = [0x804A, 0x8045, 0x8046, 0x8047, 0x8048, 0x8049].map(|name| self.names.of(ADDRESS, name));
        let home = [0x3A5E, 0x3A5D, 0x3A59, 0x3A5C, 0x3A5B, 0x3A5A].map(Some);
        let other = [0x3A64, 0x3A63, 0x3A5F, 0x3A62, 0x3A61, 0x3A60].map(Some);
        for (kind, ids) in [(";TYPE=WORK", work), (";TYPE=HOME", home), ("", other)] {
            let [post_box, street, city, region, code, country] = ids.map(|id| self.said(id));
            let place = [post_box?, String::new(), street?, city?, region?, code?, country?];
            lines.push_several(&format!("ADR{kind}"), &place);
        }
        for id in [0x3A51, 0x3A50] {
            let address = self.said(Some(id))?;
            let is_bare = !address.is_empty() && !address.contains(':');
            lines.push("URL", &if is_bare { format!("http://{address}") } else { address });
        }
        lines.push("BDAY", &self.moment(Some(0x3A42)).as_ref().map(Moment::day).unwrap_or_default());
        Ok((lines.0.len() > head).then_some(lines))
    }
}

fn stamp(moment: &Moment) -> String {
    format!("{}T{:02}{:02}{:02}Z", moment.day(), moment.hour, moment.minute, moment.second)
}

/// Lines of a calendar or a card, of which those that say nothing are left out.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn push(&mut self, name: &str, value: &str) {
        self.push_several(name, &[value.to_owned()]);
    }

    fn push_several(&mut self, name: &str, values: &[String]) {
        if values.iter().all(String::is_empty) {
            return;
        }
        let values: Vec<String> = values.iter().map(|value| escaped(value)).collect();
        self.0.push_str(&format!("{name}:{}\r\n", values.join(";")));
    }
}

fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' | ',' | ';' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_list_of_names_is_read_to_an_end(names in prop::collection::vec(any::<u8>(), 0..200), sets in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(Names::read(&names, &sets).0.len() <= names.len() / 8);
        }

        #[test]
        fn any_words_make_one_line(value in any::<String>()) {
            let mut lines = Lines::default();
            lines.push("SUMMARY", &format!("a{value}"));
            prop_assert_eq!(lines.0.matches(['\r', '\n']).count(), 2);
        }
    }
}
