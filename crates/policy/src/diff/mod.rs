//! What is different between two packs, or between two versions of one.
//!
//! Owns: which statements stand for each other, which keys differ, and the report with its two renderings (`text`).
//! Leaves to others: reading the packs, and what is done about a difference.
//!
//! Statements stand for each other when they have one id (two versions, or the layer beneath), and between bodies when a
//! relation leads from one to the other or both lead to the same third one. What a person has to know of it is in `duties`.

mod duties;
mod keys;
mod text;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::coverage::Titled;
use crate::model::{Pack, Register, RelationKind, Statement};
pub use duties::{DutyChange, RoleChange, ValueChange, role_changes};
use keys::Keys;
pub(crate) use text::key_ja;

/// A pack that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffSide {
    /// Its folder.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: String,
}

/// A key that differs. An absent value is one that is not written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyChange {
    /// The key.
    pub key: &'static str,
    /// What the first pack says.
    pub a: Option<String>,
    /// What the second says.
    pub b: Option<String>,
}

impl KeyChange {
    /// The word people read for the key, of an item under this heading of the report.
    #[must_use]
    pub fn title_ja(&self, heading: &str) -> &'static str {
        text::key_ja(heading, self.key)
    }
}

/// A statement that only one of the packs has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffStatement {
    /// Its id.
    pub id: String,
    /// The text's number for it.
    pub label: String,
    /// Its gist.
    pub gist_ja: String,
    /// How binding it is.
    pub modality: &'static str,
    /// Who is obliged; none means the body.
    pub roles: Vec<Titled>,
}

/// Two statements that stand for each other and differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementChange {
    /// The first pack's.
    pub a: DiffStatement,
    /// The second pack's.
    pub b: DiffStatement,
    /// How the second stands to the first, where a relation says it; absent when they have one id.
    pub relation: Option<&'static str>,
    /// What differs.
    pub keys: Vec<KeyChange>,
}

/// Statements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatementDiff {
    /// Only in the second.
    pub added: Vec<DiffStatement>,
    /// Only in the first.
    pub removed: Vec<DiffStatement>,
    /// In both, and different.
    pub changed: Vec<StatementChange>,
    /// How many are the same.
    pub same: usize,
}

/// An item of another kind that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemChange {
    /// Its id.
    pub id: String,
    /// Its title in the second pack.
    pub title: String,
    /// What differs.
    pub keys: Vec<KeyChange>,
}

/// Items of another kind, paired by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ItemDiff {
    /// Only in the second.
    pub added: Vec<Titled>,
    /// Only in the first.
    pub removed: Vec<Titled>,
    /// In both, and different.
    pub changed: Vec<ItemChange>,
}

/// What `sekisho policy diff` prints. The JSON form is this struct; docs/format-pack.md describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffReport {
    /// Version of this schema.
    pub format: u32,
    /// The first pack.
    pub a: DiffSide,
    /// The second.
    pub b: DiffSide,
    /// The role whose duties are asked about; absent: everything.
    pub role: Option<Titled>,
    /// Statements.
    pub statements: StatementDiff,
    /// Values that the texts leave open.
    pub parameters: ItemDiff,
    /// Zones.
    pub zones: ItemDiff,
    /// Channels.
    pub channels: ItemDiff,
    /// Request types with their routes.
    pub requests: ItemDiff,
    /// Registers with their columns.
    pub registers: ItemDiff,
    /// Questions that lead to a level.
    pub classifiers: ItemDiff,
    /// Roles, with the posts that bring them.
    pub roles: ItemDiff,
    /// Documents.
    pub documents: ItemDiff,
    /// Who makes policy.
    pub makers: ItemDiff,
    /// Whom and what the policy covers, and what it leaves out.
    pub scope: ItemDiff,
    /// Words that the texts define.
    pub terms: ItemDiff,
    /// Remarks on slips of the texts.
    pub annotations: ItemDiff,
    /// Days on which texts came into force.
    pub revisions: ItemDiff,
    /// What is to be done again and again, or when something happens.
    pub duties: ItemDiff,
    /// Days on which the body is closed.
    pub closed_days: ItemDiff,
    /// Courses that people take.
    pub courses: ItemDiff,
    /// What people are told, how urgently.
    pub notices: ItemDiff,
}

impl DiffReport {
    /// Compares two packs.
    #[must_use]
    pub fn new(a: &Pack, b: &Pack) -> Self {
        Self {
            format: 1,
            a: side(a),
            b: side(b),
            role: None,
            statements: statements(a, b, None),
            parameters: items(a, b, keys::parameters),
            zones: items(a, b, keys::zones),
            channels: items(a, b, keys::channels),
            requests: items(a, b, keys::requests),
            registers: items(a, b, keys::registers),
            classifiers: items(a, b, keys::classifiers),
            roles: items(a, b, keys::roles),
            documents: items(a, b, keys::documents),
            makers: items(a, b, keys::makers),
            scope: items(a, b, keys::scope),
            terms: items(a, b, keys::terms),
            annotations: items(a, b, keys::annotations),
            revisions: items(a, b, keys::revisions),
            duties: items(a, b, keys::duty_types),
            closed_days: items(a, b, keys::closed_days),
            courses: items(a, b, keys::courses),
            notices: items(a, b, keys::notices),
        }
    }

    /// What is different for whoever has a role: what he must do or is asked about, where he decides, and who has the role.
    /// `None` when neither pack has such a role.
    #[must_use]
    pub fn for_role(a: &Pack, b: &Pack, role: &str) -> Option<Self> {
        let found = b.role(role).or_else(|| a.role(role))?;
        let titled = Titled { id: found.id.clone(), title: found.title.clone() };
        let all = Self::new(a, b);
        let mine = |diff: ItemDiff, is: &dyn Fn(&str) -> bool| ItemDiff {
            added: diff.added.into_iter().filter(|i| is(&i.id)).collect(),
            removed: diff.removed.into_iter().filter(|i| is(&i.id)).collect(),
            changed: diff.changed.into_iter().filter(|i| is(&i.id)).collect(),
        };
        let decides = |id: &str| {
            [a, b].iter().any(|p| p.request(id).is_some_and(|r| r.steps.iter().any(|s| s.approver == role)))
        };
        let sends = |id: &str| {
            [a, b].iter().any(|p| p.channel_by_id(id).is_some_and(|c| c.senders.iter().any(|s| s == role)))
        };
        let keeps = |id: &str| {
            let kept = |r: &Register| r.manager == role || r.editors.iter().any(|e| e == role);
            [a, b].iter().any(|p| p.register(id).is_some_and(kept))
        };
        let does = |id: &str| {
            [a, b].iter().any(|p| p.duty_type(id).is_some_and(|d| d.roles().any(|(_, r)| r == role)))
        };
        let takes = |id: &str| {
            let concerns = |c: &crate::model::Course| {
                c.audience == crate::model::Audience::Everyone || c.roles_named().any(|(_, r)| r == role)
            };
            [a, b].iter().any(|p| p.course(id).is_some_and(concerns))
        };
        Some(Self {
            role: Some(titled),
            statements: statements(a, b, Some(role)),
            roles: mine(all.roles, &|id| id == role),
            requests: mine(all.requests, &decides),
            registers: mine(all.registers, &keeps),
            channels: mine(all.channels, &sends),
            duties: mine(all.duties, &does),
            closed_days: ItemDiff::default(),
            courses: mine(all.courses, &takes),
            notices: ItemDiff::default(),
            zones: ItemDiff::default(),
            documents: ItemDiff::default(),
            makers: ItemDiff::default(),
            scope: ItemDiff::default(),
            terms: ItemDiff::default(),
            annotations: ItemDiff::default(),
            revisions: ItemDiff::default(),
            parameters: ItemDiff::default(),
            ..all
        })
    }

    /// For programs: this struct as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and numbers only: serialising cannot fail. An empty text would be refused by every reader.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// For people.
    #[must_use]
    pub fn to_text(&self) -> String {
        text::text(self)
    }
}

fn side(pack: &Pack) -> DiffSide {
    DiffSide { id: pack.id.clone(), title: pack.title.clone(), version: pack.version.clone() }
}

fn concerns(statement: &Statement, role: &str) -> bool {
    let others = statement.counterparties.iter().flat_map(|c| &c.roles);
    statement.roles.iter().chain(others).any(|r| r == role)
}

/// Pairs statements and compares each pair.
fn statements(a: &Pack, b: &Pack, role: Option<&str>) -> StatementDiff {
    let wanted = |s: &Statement| role.is_none_or(|role| concerns(s, role));
    let pairs = Pairs::new(a);
    let mut matched: BTreeSet<&str> = BTreeSet::new();
    let mut diff = StatementDiff::default();
    for second in &b.statements {
        let Some((first, relation)) = pairs.of(second) else {
            if wanted(second) {
                diff.added.push(brief(b, second));
            }
            continue;
        };
        matched.extend(pairs.all_of(second).map(|s| s.id.as_str()));
        if !wanted(first) && !wanted(second) {
            continue;
        }
        let keys = changes(&keys::statement(a, first, relation), &keys::statement(b, second, relation));
        if keys.is_empty() {
            diff.same += 1;
        } else {
            let relation = relation.map(RelationKind::id);
            diff.changed.push(StatementChange { a: brief(a, first), b: brief(b, second), relation, keys });
        }
    }
    let gone = a.statements.iter().filter(|s| !matched.contains(s.id.as_str()) && wanted(s));
    diff.removed = gone.map(|s| brief(a, s)).collect();
    diff
}

fn brief(pack: &Pack, s: &Statement) -> DiffStatement {
    let role = |id: &String| Titled { id: id.clone(), title: pack.role_title(id).to_owned() };
    DiffStatement {
        id: s.id.clone(),
        label: s.label.clone(),
        gist_ja: s.gist_ja.clone(),
        modality: s.modality.id(),
        roles: s.roles.iter().map(role).collect(),
    }
}

/// The first pack's statements, by everything that the second's may be recognised by.
struct Pairs<'p> {
    by_id: HashMap<&'p str, &'p Statement>,
    /// By what they relate to.
    by_target: HashMap<&'p str, Vec<(RelationKind, &'p Statement)>>,
}

impl<'p> Pairs<'p> {
    fn new(a: &'p Pack) -> Self {
        let mut by_target: HashMap<&str, Vec<(RelationKind, &Statement)>> = HashMap::new();
        for statement in &a.statements {
            for relation in &statement.relations {
                by_target.entry(&relation.to).or_default().push((relation.kind, statement));
            }
        }
        Self { by_id: a.statements.iter().map(|s| (s.id.as_str(), s)).collect(), by_target }
    }

    /// Everything of the first pack that `second` stands for, the nearest first: the same id, then a relation of its own,
    /// then a relation of the other's, then a third one that both relate to.
    fn candidates(&self, second: &Statement) -> Vec<(&'p Statement, Option<RelationKind>)> {
        let mut found: Vec<(&Statement, Option<RelationKind>)> =
            self.by_id.get(second.id.as_str()).map(|s| (*s, None)).into_iter().collect();
        if !found.is_empty() {
            return found;
        }
        let own = second.relations.iter();
        found.extend(own.filter_map(|r| Some((*self.by_id.get(r.to.as_str())?, Some(r.kind)))));
        let others = self.by_target.get(second.id.as_str()).into_iter().flatten();
        found.extend(others.map(|(kind, s)| (*s, Some(reversed(*kind)))));
        for relation in &second.relations {
            let third = self.by_target.get(relation.to.as_str()).into_iter().flatten();
            found.extend(third.map(|(kind, s)| (*s, Some(through(*kind, relation.kind)))));
        }
        found
    }

    fn of(&self, second: &Statement) -> Option<(&'p Statement, Option<RelationKind>)> {
        self.candidates(second).into_iter().next()
    }

    fn all_of(&self, second: &Statement) -> impl Iterator<Item = &'p Statement> {
        self.candidates(second).into_iter().map(|(s, _)| s)
    }
}

/// How the second stands to the first, when the first says how it stands to the second.
pub(crate) fn reversed(kind: RelationKind) -> RelationKind {
    match kind {
        RelationKind::Stricter => RelationKind::Weaker,
        RelationKind::Weaker => RelationKind::Stricter,
        other => other,
    }
}

/// How two statements stand to each other that both stand to a third.
fn through(first: RelationKind, second: RelationKind) -> RelationKind {
    match (first, second) {
        (RelationKind::Same, second) => second,
        (first, RelationKind::Same) => reversed(first),
        _ => RelationKind::Variant,
    }
}

/// Pairs items by id and compares each pair.
fn items(a: &Pack, b: &Pack, of: fn(&Pack) -> Vec<(Titled, Keys)>) -> ItemDiff {
    let mut first: BTreeMap<String, (Titled, Keys)> =
        of(a).into_iter().map(|(titled, keys)| (titled.id.clone(), (titled, keys))).collect();
    let mut diff = ItemDiff::default();
    for (titled, keys) in of(b) {
        match first.remove(&titled.id) {
            None => diff.added.push(titled),
            Some((_, before)) => {
                let keys = changes(&before, &keys);
                if !keys.is_empty() {
                    diff.changed.push(ItemChange { id: titled.id, title: titled.title, keys });
                }
            }
        }
    }
    diff.removed = first.into_values().map(|(titled, _)| titled).collect();
    diff
}

/// Keys are listed in the same order on both sides.
fn changes(a: &Keys, b: &Keys) -> Vec<KeyChange> {
    let differ = a.iter().zip(b).filter(|((_, before), (_, after))| before != after);
    differ.map(|((key, a), (_, b))| KeyChange { key, a: a.clone(), b: b.clone() }).collect()
}
