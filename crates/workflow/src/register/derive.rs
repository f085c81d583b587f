//! What nobody types: values that come from levels and from linked rows.
//!
//! Owns: how each derivation is computed, and what waits for a manager. Leaves reading the linked rows to `app`.

use std::collections::BTreeMap;

use policy::{Axis, Column, ColumnType, Derivation, Level, Pack, Register};

use super::{Linked, RowKey, Value, Values, judge::inherits};

/// The values with every derived one as it must be now. A column whose link leads nowhere any more is left empty.
#[must_use]
pub fn derive(
    pack: &Pack,
    register: &Register,
    mut values: Values,
    linked: &BTreeMap<RowKey, Linked>,
) -> Values {
    for column in register.derived_from_rows() {
        let Some(over) = column.derived.as_ref().and_then(|d| d.over.as_deref()) else { continue };
        let Some(to) = register.column(over).and_then(|link| link.to.as_deref()) else { continue };
        let rows: Vec<i64> = values.get(over).map_or(&[][..], Value::rows).to_vec();
        let reached = rows.iter().filter_map(|n| linked.get(&RowKey::new(to, *n)));
        let value = match column.derived.as_ref().map(|d| d.how) {
            Some(Derivation::Inherited) if rows.is_empty() => continue,
            Some(Derivation::Inherited) => {
                reached.into_iter().find_map(|l| l.values.get(&column.id)).cloned()
            }
            Some(Derivation::HighestLevel) => {
                let source = pack.register(to);
                let levels =
                    reached.filter(|l| !l.ended).filter_map(|l| highest(pack, source, column.axis, l));
                levels.max_by_key(|l| l.rank).map(|l| Value::Text(l.id.clone()))
            }
            Some(Derivation::Handling) | None => continue,
        };
        match value {
            Some(value) => values.insert(column.id.clone(), value),
            None => values.remove(&column.id),
        };
    }
    values
}

/// The highest level of an axis that a linked row has. Where it should have one and has none, nobody knows, and that counts as
/// the highest there is.
fn highest<'p>(
    pack: &'p Pack,
    source: Option<&Register>,
    axis: Option<Axis>,
    linked: &Linked,
) -> Option<&'p Level> {
    let axis = axis?;
    let columns = source?.columns.iter().filter(|c| c.kind == ColumnType::Level && c.axis == Some(axis));
    let levels = columns.filter_map(|c| match linked.values.get(&c.id).and_then(Value::as_text) {
        Some(id) => pack.level(id),
        // What holds nothing has no level, and that is known.
        None if c.is_computed() => None,
        None => pack.levels_of(axis).max_by_key(|l| l.rank),
    });
    levels.max_by_key(|l| l.rank)
}

/// Whether a row waits for the manager to classify it.
#[must_use]
pub fn waits(register: &Register, values: &Values) -> bool {
    let is_open = |c: &&Column| c.unknown_to_manager && !values.contains_key(&c.id) && !inherits(c, values);
    register.columns.iter().any(|c| is_open(&c))
}

/// The restrictions of every level that the row has, the strictest axis first, each once: what a column derived by `handling` says.
#[must_use]
pub fn handling<'p>(pack: &'p Pack, register: &Register, values: &Values) -> Vec<&'p str> {
    let mut restrictions: Vec<&str> = Vec::new();
    for column in register.columns.iter().filter(|c| c.kind == ColumnType::Level) {
        let level = values.get(&column.id).and_then(Value::as_text).and_then(|id| pack.level(id));
        for restriction in level.iter().flat_map(|l| &l.handling) {
            if !restrictions.contains(&restriction.as_str()) {
                restrictions.push(restriction);
            }
        }
    }
    restrictions
}
