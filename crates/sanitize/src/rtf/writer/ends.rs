//! What is judged when a group ends, once all of its text is known.
//!
//! Owns: instructions of fields, properties of shapes and of the file, the bookmark of a mark.
//! Leaves to others: which fields are harmless (`ooxml`, which has the same ones).

use worker_protocol::Threat;

use super::super::{COLLECTED_CHARS_MAX, MARK};
use super::{Group, Place, Writer};
use crate::ooxml;

impl Writer<'_, '_> {
    pub(super) fn end_instruction(&mut self, group: &mut Group) {
        let threat = if group.is_computed || group.collected.len() >= COLLECTED_CHARS_MAX {
            Some(Threat::DangerousField)
        } else {
            ooxml::field_danger(&group.collected, self.links, self.strict)
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

    pub(super) fn end_property(&mut self, group: &mut Group) {
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

    pub(super) fn end_user_props(&mut self) {
        let is_own = |name: &str| name == MARK || name.strip_prefix(MARK) == Some("-levels");
        if self.user_props.iter().any(|(name, _)| !is_own(name)) {
            self.report(Threat::Metadata, "userprops");
        }
        self.user_props.retain(|(name, _)| is_own(name));
    }

    /// The bookmark of an earlier mark: the group around it is that mark, and gives way to the new one.
    pub(super) fn end_bookmark(&mut self, group: &Group) {
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
