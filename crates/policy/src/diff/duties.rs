//! What changes for each role between two versions of a pack.
//!
//! Owns: which differences a person has to know of: duties that come, go, or ask for something else. Numbers of the text,
//! mechanisms and other remarks for those who look after the pack are none.
//! Leaves to others: which statements stand for each other (`diff`), who holds a role, and telling him.

use serde::Serialize;

use super::{DiffStatement, KeyChange, Pairs, brief, changes, concerns, keys};
use crate::coverage::Titled;
use crate::model::{Pack, Statement};

/// Keys of a statement that change what somebody has to do.
const TOLD: &[&str] = &["modality", "trigger", "gist_ja", "counterparty"];

/// A duty that asks for something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DutyChange {
    /// As it was.
    pub before: DiffStatement,
    /// As it is to be.
    pub after: DiffStatement,
    /// Its wording, how binding it is, when it applies, who else acts.
    pub keys: Vec<KeyChange>,
    /// Values that it leaves open and that the body sets to something else: the title, before and after.
    pub values: Vec<ValueChange>,
}

/// A value that a duty leaves open, set to something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValueChange {
    /// The parameter.
    pub parameter: Titled,
    /// As it was; absent while it was not set.
    pub a: Option<String>,
    /// As it is to be.
    pub b: Option<String>,
}

/// What changes for whoever has a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleChange {
    /// The role.
    pub role: Titled,
    /// Duties that come.
    pub added: Vec<DiffStatement>,
    /// Duties that go.
    pub removed: Vec<DiffStatement>,
    /// Duties that ask for something else.
    pub changed: Vec<DutyChange>,
}

/// The roles for which something changes, in the order of the second pack, then those that only the first has.
#[must_use]
pub fn role_changes(a: &Pack, b: &Pack) -> Vec<RoleChange> {
    let pairs = Pairs::new(a);
    let gone = a.roles.iter().filter(|r| b.role(&r.id).is_none());
    b.roles
        .iter()
        .chain(gone)
        .map(|role| {
            let titled = Titled { id: role.id.clone(), title: role.title.clone() };
            of_role(a, b, &pairs, titled)
        })
        .filter(|c| !(c.added.is_empty() && c.removed.is_empty() && c.changed.is_empty()))
        .collect()
}

fn of_role(a: &Pack, b: &Pack, pairs: &Pairs<'_>, role: Titled) -> RoleChange {
    let mut change = RoleChange { role, added: Vec::new(), removed: Vec::new(), changed: Vec::new() };
    let role = change.role.id.clone();
    let mut matched: std::collections::BTreeSet<&str> = std::collections::BTreeSet::new();
    for after in &b.statements {
        let Some((before, relation)) = pairs.of(after) else {
            if concerns(after, &role) {
                change.added.push(brief(b, after));
            }
            continue;
        };
        matched.extend(pairs.all_of(after).map(|s| s.id.as_str()));
        match (concerns(before, &role), concerns(after, &role)) {
            (false, false) => {}
            (false, true) => change.added.push(brief(b, after)),
            (true, false) => change.removed.push(brief(a, before)),
            (true, true) => {
                let mut keys =
                    changes(&keys::statement(a, before, relation), &keys::statement(b, after, relation));
                keys.retain(|k| TOLD.contains(&k.key));
                let values = values(a, before, b, after);
                if !keys.is_empty() || !values.is_empty() {
                    change.changed.push(DutyChange {
                        before: brief(a, before),
                        after: brief(b, after),
                        keys,
                        values,
                    });
                }
            }
        }
    }
    let gone = a.statements.iter().filter(|s| !matched.contains(s.id.as_str()) && concerns(s, &role));
    change.removed.extend(gone.map(|s| brief(a, s)));
    change
}

/// Values of both that are not the same. A parameter that only one of them names says nothing by itself: its wording does.
fn values(a: &Pack, before: &Statement, b: &Pack, after: &Statement) -> Vec<ValueChange> {
    let of =
        |pack: &Pack, id: &str| pack.parameter(id).and_then(|p| p.value.as_ref()).map(ToString::to_string);
    after
        .parameters
        .iter()
        .filter(|id| before.parameters.contains(id))
        .filter_map(|id| {
            let parameter = b.parameter(id)?;
            let (was, is) = (of(a, id), of(b, id));
            let titled = Titled { id: id.clone(), title: parameter.title.clone() };
            (was != is).then_some(ValueChange { parameter: titled, a: was, b: is })
        })
        .collect()
}
