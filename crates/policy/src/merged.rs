//! The layers laid over each other.
//!
//! Owns: overriding key by key, adding, removing with a reason; the order of items, which is the lowest
//! layer's order with additions behind.
//! Leaves to others: which layers there are and in what order (`resolve`), and the meaning of keys.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::problem::{Code, Origin, Sink, nearest};
use crate::toml_text::Table;
use crate::written::{Item, Kind, Removal, Single, Written};

/// One item after all layers.
#[derive(Debug, Clone)]
pub(crate) struct MergedItem {
    pub(crate) id: String,
    /// Where the lowest layer wrote it.
    pub(crate) at: Origin,
    /// Keys of all layers, the highest layer's value of each.
    pub(crate) table: Arc<Table>,
    /// Where higher layers changed it, lowest first.
    pub(crate) overridden: Vec<Origin>,
}

/// All layers as one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Merged {
    items: BTreeMap<Kind, Vec<MergedItem>>,
    index: BTreeMap<Kind, HashMap<String, usize>>,
    pub(crate) retention: Option<Single>,
    pub(crate) notices: Option<Single>,
    pub(crate) removals: Vec<Removal>,
}

impl Merged {
    /// Lays `layers` over each other, the lowest first.
    pub(crate) fn new(layers: &[&Written], sink: &mut Sink) -> Self {
        let mut merged = Merged::default();
        for layer in layers {
            merged.remove(&layer.removals, sink);
            for (kind, items) in &layer.items {
                for item in &items.list {
                    merged.add(*kind, item, sink);
                }
            }
            lay_over(&mut merged.retention, layer.retention.as_ref());
            lay_over(&mut merged.notices, layer.notices.as_ref());
        }
        merged
    }

    pub(crate) fn items(&self, kind: Kind) -> &[MergedItem] {
        self.items.get(&kind).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn item(&self, kind: Kind, id: &str) -> Option<&MergedItem> {
        let position = self.index.get(&kind)?.get(id)?;
        self.items(kind).get(*position)
    }

    pub(crate) fn ids(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.items(kind).iter().map(|i| i.id.as_str())
    }

    pub(crate) fn removal(&self, kind: Kind, id: &str) -> Option<&Removal> {
        self.removals.iter().find(|r| r.kind == kind && r.id == id)
    }

    fn add(&mut self, kind: Kind, item: &Item, sink: &mut Sink) {
        let position = self.index.get(&kind).and_then(|index| index.get(&item.id)).copied();
        let lower = position.and_then(|p| self.items.get_mut(&kind)?.get_mut(p));
        match (lower, item.overrides) {
            (Some(lower), true) => {
                let upper = item.table.iter().map(|(key, entry)| (key.clone(), entry.clone()));
                Arc::make_mut(&mut lower.table).extend(upper);
                lower.overridden.push(item.at.clone());
            }
            (Some(lower), false) => sink.push(
                Code::OverrideUnsaid,
                &item.at,
                format!(
                    "{}「{}」は下の層({}:{})にもあります。",
                    kind.key(),
                    item.id,
                    lower.at.file,
                    lower.at.line
                ),
                "上書きするなら override = true を書き足し、別のものなら id を変えてください。",
            ),
            (None, true) => {
                let instead = match nearest(&item.id, self.ids(kind)) {
                    Some(near) => format!("id は「{near}」ではありませんか。"),
                    None => "新しく加えるなら override の行を消してください。".to_owned(),
                };
                sink.push(
                    Code::OverrideNothing,
                    &item.at,
                    format!("上書きする {}「{}」が下の層にありません。", kind.key(), item.id),
                    instead,
                );
            }
            (None, false) => {
                let items = self.items.entry(kind).or_default();
                self.index.entry(kind).or_default().insert(item.id.clone(), items.len());
                items.push(MergedItem {
                    id: item.id.clone(),
                    at: item.at.clone(),
                    table: Arc::clone(&item.table),
                    overridden: Vec::new(),
                });
            }
        }
    }

    fn remove(&mut self, removals: &[Removal], sink: &mut Sink) {
        for removal in removals {
            let items = self.items.entry(removal.kind).or_default();
            let before = items.len();
            items.retain(|i| i.id != removal.id);
            if items.len() == before {
                let instead = match nearest(&removal.id, items.iter().map(|i| i.id.as_str())) {
                    Some(near) => format!("id は「{near}」ではありませんか。"),
                    None => "この [[remove]] を消してください。".to_owned(),
                };
                sink.push(
                    Code::RemoveNothing,
                    &removal.origin,
                    format!("外す {}「{}」が下の層にありません。", removal.kind.key(), removal.id),
                    instead,
                );
            } else {
                let index = items.iter().enumerate().map(|(n, i)| (i.id.clone(), n)).collect();
                self.index.insert(removal.kind, index);
            }
            self.removals.push(removal.clone());
        }
    }
}

/// Lays a single table over that of the layers below, key by key.
fn lay_over(lower: &mut Option<Single>, upper: Option<&Single>) {
    match (lower, upper) {
        (Some(lower), Some(upper)) => lower.table.extend(upper.table.clone()),
        (slot @ None, upper) => *slot = upper.cloned(),
        (Some(_), None) => {}
    }
}
