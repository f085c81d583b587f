//! What an element is to the filter, and where in the document it stands.
//!
//! Owns: roles, counting rows, columns and slides, and the few elements whose fate hangs on an attribute.
//! Leaves to others: the fate of all others (`rules`).

use worker_protocol::Threat;

use super::super::MARK;
use super::super::rules::Fate;
use super::{Open, Pass, Role};

impl<'t> Pass<'t, '_, '_, '_, '_> {
    /// Keeps count of where in the document this element stands, and gives it its role.
    pub(super) fn place<'v>(
        &mut self,
        prefix: &'static str,
        local: &str,
        value_of: &impl Fn(&str, &str) -> Option<&'v str>,
        open: &mut Open<'t>,
        fate: &mut Fate,
    ) {
        let repeated =
            |name| value_of("table", name).and_then(|n: &str| n.parse::<u64>().ok()).unwrap_or(1).max(1);
        match (prefix, local) {
            ("draw", "frame") => open.role = Role::Frame,
            ("draw", "image") => open.role = Role::Image,
            ("draw", "object") => open.role = Role::Object,
            ("draw", "fill-image")
            | ("style", "background-image")
            | ("text", "list-level-style-image")
            | ("chart", "symbol-image") => open.role = Role::Background,
            ("office", "binary-data") => open.role = Role::BinaryData,
            ("config", "config-item") => {
                open.role = Role::Setting;
                let of = |name| value_of("config", name).unwrap_or_default().to_owned();
                open.setting = (of("name"), of("type"));
            }
            ("style", "master-page") => open.role = Role::MasterPage,
            ("draw", "page") if self.documents.len() == 1 => self.slide += 1,
            ("table", "table") => {
                open.role = Role::Table;
                let name = value_of("table", "name").unwrap_or_default();
                if name.starts_with('\'') && name.contains("'#") && *fate == Fate::Keep {
                    // Cells of another file, kept by the program for its own use and shown to nobody.
                    *fate = Fate::Drop(Some(Threat::ExternalContent));
                    return;
                }
                self.tables += 1;
                if self.tables == 1 {
                    self.sheet = name.to_owned();
                    self.row = 0;
                }
            }
            ("table", "table-row") => {
                open.role = Role::Row;
                open.repeated = repeated("number-rows-repeated");
                if self.tables == 1 {
                    self.column = 0;
                }
            }
            ("table", "table-cell" | "covered-table-cell") => {
                open.role = Role::Cell;
                open.repeated = repeated("number-columns-repeated");
            }
            ("text", "p" | "h") => self.paragraphs += 1,
            ("meta", "user-defined") => {
                let name = value_of("meta", "name").unwrap_or_default();
                let is_mark = name == MARK || name.strip_prefix(MARK) == Some("-levels");
                if !is_mark {
                    *fate = Fate::Drop(Some(Threat::Metadata));
                } else if self.walk.work.job.mark.is_some() {
                    *fate = Fate::Drop(None);
                }
            }
            ("field", "fieldmark-start" | "fieldmark") => {
                let kind = value_of("field", "type").unwrap_or_default();
                let kind = kind.rsplit('.').next().unwrap_or_default();
                let is_form = matches!(kind, "FORMTEXT" | "FORMCHECKBOX" | "FORMDROPDOWN" | "FORMDATE");
                let is_kept = is_form && !self.walk.strict;
                if !is_kept {
                    let threat = if is_form { Threat::DynamicForm } else { Threat::DangerousField };
                    *fate = Fate::Drop(Some(threat));
                }
                if local == "fieldmark-start" {
                    self.fieldmarks.push(is_kept);
                }
            }
            ("field", "fieldmark-end") if self.fieldmarks.pop() != Some(true) => *fate = Fate::Drop(None),
            _ => {}
        }
        // What an earlier pass wrote as a mark is replaced, not added to.
        let is_own_mark = match (prefix, local) {
            ("style", "style") => value_of("style", "name") == Some(MARK),
            ("draw", "frame") => value_of("draw", "name") == Some(MARK),
            ("text", "p") => value_of("text", "style-name") == Some(MARK),
            _ => false,
        };
        if is_own_mark && self.walk.work.job.mark.is_some() {
            *fate = Fate::Drop(None);
        }
    }

    /// An element that goes after all takes its place in the count with it.
    pub(super) fn undo_place(&mut self, open: &Open<'t>) {
        match open.role {
            Role::Cell if self.tables == 1 => self.column += open.repeated.max(1),
            Role::Row if self.tables == 1 => self.row += open.repeated.max(1),
            _ => {}
        }
        if open.prefix == "text" && matches!(open.local, "p" | "h") {
            self.paragraphs = self.paragraphs.saturating_sub(1);
        }
    }
}
