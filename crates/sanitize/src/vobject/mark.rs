//! The classification mark of calendars and cards.
//!
//! Owns: which properties carry it, and recognising those of an earlier pass.
//! Leaves to others: how a mark reads (`crate::mark`), where lines stand (`mod`).
//!
//! Programs read two properties of its own; people see a category, on each entry of a calendar and on each card.

use worker_protocol::{Kind, Mark};

use super::property::Property;
use crate::mark;

/// The levels, for programs.
pub(super) const LEVELS: &str = "X-CLASSIFICATION";
/// The label, for programs.
pub(super) const LABEL: &str = "X-CLASSIFICATION-LABEL";

/// A mark on its way into a file.
pub(super) struct Stamp {
    levels: String,
    label: String,
    category: String,
    /// Categories that marks of an earlier pass have put there.
    older: Vec<String>,
    is_put: bool,
}

impl Stamp {
    pub(super) fn new(mark: &Mark, lines: &[(u32, String)]) -> Self {
        let labels = lines.iter().filter_map(|(_, line)| Property::read(line)).filter(|p| p.name == LABEL);
        Self {
            levels: mark::levels(mark),
            label: escaped(&mark.label),
            category: escaped(&mark::shown(mark)),
            older: labels.map(|label| format!("【{}】", label.words())).collect(),
            is_put: false,
        }
    }

    /// Another calendar or card follows.
    pub(super) fn end_root(&mut self) {
        self.is_put = false;
    }

    /// Whether a property is what an earlier pass has put there.
    pub(super) fn is_older(&self, property: &Property) -> bool {
        match property.name.as_str() {
            LEVELS | LABEL => true,
            "CATEGORIES" => self.older.contains(&property.words()),
            _ => false,
        }
    }

    /// What is written into an entry.
    pub(super) fn of_component(&self, name: &str) -> Option<String> {
        matches!(name, "VEVENT" | "VTODO" | "VJOURNAL").then(|| format!("CATEGORIES:{}", self.category))
    }

    /// What is written into a calendar or a card, once for each.
    pub(super) fn of_root(&mut self, kind: Kind) -> Vec<String> {
        if std::mem::replace(&mut self.is_put, true) {
            return Vec::new();
        }
        let mut lines = vec![format!("{LEVELS}:{}", self.levels), format!("{LABEL}:{}", self.label)];
        if kind == Kind::Contact {
            lines.push(format!("CATEGORIES:{}", self.category));
        }
        lines
    }
}

fn escaped(words: &str) -> String {
    words.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,")
}
