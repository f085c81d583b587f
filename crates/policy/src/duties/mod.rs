//! What the policy asks of whoever has a role.
//!
//! Owns: which statements are a role's, which of a lower layer have been replaced by the body's own, and when each applies
//! (always, from time to time, when something happens).
//! Leaves to others: who has a role (`app`), where in the software a duty is done (`web`), its renderings (`report`).

mod report;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub use report::{DutyCounterparty, DutyGroup, DutyItem, DutyReport, DutyValue, ReplacedItem, RoleDuties};

use crate::model::{Assurance, Clause, Counterparty, CounterpartyAct, Pack, Role, Statement, StatementType};
use crate::spelling::folded;

/// When a duty applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// Always.
    Always,
    /// From time to time, whatever happens.
    Recurring,
    /// When something happens.
    Triggered,
    /// It says what something is and asks for nothing by itself.
    Known,
}

impl When {
    /// In the order in which they are told.
    pub const ALL: [When; 4] = [Self::Always, Self::Recurring, Self::Triggered, Self::Known];

    /// The word of programs.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Recurring => "recurring",
            Self::Triggered => "triggered",
            Self::Known => "known",
        }
    }

    /// The words people read.
    #[must_use]
    pub fn title_ja(self) -> &'static str {
        match self {
            Self::Always => "いつも守ること",
            Self::Recurring => "決まった時期に行うこと",
            Self::Triggered => "そのときに行うこと",
            Self::Known => "知っておくこと",
        }
    }

    /// When a statement applies: by what it asks for, and by the words of its trigger.
    #[must_use]
    pub fn of(statement: &Statement) -> Self {
        const TIMES: [&str; 7] = ["定期", "間隔", "毎年", "毎月", "毎日", "毎週", "年度ごと"];
        let trigger = statement.trigger.as_deref();
        if statement.assurance == Assurance::Define {
            Self::Known
        } else if statement.kind == StatementType::RecurringDuty
            || trigger.is_some_and(|t| TIMES.iter().any(|time| t.contains(time)))
        {
            Self::Recurring
        } else {
            match trigger {
                None if statement.kind == StatementType::TriggeredDuty => Self::Triggered,
                None => Self::Always,
                Some(trigger) if trigger.starts_with("常時") => Self::Always,
                Some(_) => Self::Triggered,
            }
        }
    }
}

/// One duty of the roles asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty<'p> {
    /// The statement.
    pub statement: &'p Statement,
    /// The clause it stands in.
    pub clause: Option<&'p Clause>,
    /// Which of the roles asked about it obliges.
    pub mine: Vec<&'p str>,
    /// The roles that it obliges besides.
    pub with: Vec<&'p str>,
    /// What others do about it.
    pub others: Vec<&'p Counterparty>,
}

/// Duties that apply at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<'p> {
    /// When.
    pub when: When,
    /// What triggers them, in the words of the first; `None` for what has no words of its own.
    pub trigger: Option<&'p str>,
    /// In the order of the text.
    pub duties: Vec<Duty<'p>>,
}

/// A duty of others in which a role has a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'p> {
    /// What the role does.
    pub act: CounterpartyAct,
    /// Which of the roles asked about.
    pub mine: Vec<&'p str>,
    /// The statement.
    pub statement: &'p Statement,
    /// The clause it stands in.
    pub clause: Option<&'p Clause>,
    /// A remark.
    pub note: Option<&'p str>,
}

/// Everything that the policy asks of some roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duties<'p> {
    /// The roles asked about; none means the body as a whole.
    pub roles: Vec<&'p Role>,
    /// Their duties; what triggers the most comes first.
    pub groups: Vec<Group<'p>>,
    /// Duties of others in which they have a part.
    pub parts: Vec<Part<'p>>,
    /// How many statements that would be theirs have been replaced.
    pub replaced: usize,
}

impl Duties<'_> {
    /// How many duties apply then.
    #[must_use]
    pub fn count(&self, when: When) -> usize {
        self.groups.iter().filter(|g| g.when == when).map(|g| g.duties.len()).sum()
    }
}

/// For each statement that the body's own text has replaced, what stands for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replacements<'p> {
    by: BTreeMap<&'p str, Vec<&'p Statement>>,
}

impl<'p> Replacements<'p> {
    /// A statement of a lower layer is replaced when one of a higher layer relates to it, or when the statements of one body
    /// that it was generalised from all stand in higher layers or are what those relate to. One of several is not enough:
    /// a general sentence about technical measures does not stand for a password rule.
    #[must_use]
    pub fn of(pack: &'p Pack) -> Self {
        let height: HashMap<&str, usize> =
            pack.layers.iter().enumerate().map(|(n, layer)| (layer.id.as_str(), n)).collect();
        let of = |s: &Statement| height.get(&*s.origin.layer).copied().unwrap_or(0);
        // What stands for an id: the statement itself, and those that relate to it.
        let mut standing: HashMap<&str, Vec<&Statement>> = HashMap::new();
        for s in &pack.statements {
            standing.entry(s.id.as_str()).or_default().push(s);
            for relation in &s.relations {
                standing.entry(relation.to.as_str()).or_default().push(s);
            }
        }
        let mut by = BTreeMap::new();
        for lower in &pack.statements {
            let higher = |id: &str| -> Vec<&'p Statement> {
                let all = standing.get(id).into_iter().flatten();
                all.filter(|s| of(s) > of(lower)).copied().collect()
            };
            let mut found = higher(&lower.id);
            let bodies: BTreeSet<&str> = lower.sources.iter().map(|id| body(id)).collect();
            for one in bodies {
                let each: Vec<Vec<&Statement>> =
                    lower.sources.iter().filter(|id| body(id) == one).map(|id| higher(id)).collect();
                if each.iter().all(|list| !list.is_empty()) {
                    found.extend(each.into_iter().flatten());
                }
            }
            let mut seen = HashSet::new();
            found.retain(|s| seen.insert(s.id.as_str()));
            if !found.is_empty() {
                by.insert(lower.id.as_str(), found);
            }
        }
        Self { by }
    }

    /// What stands for a statement; empty when nothing has replaced it.
    #[must_use]
    pub fn for_statement(&self, id: &str) -> &[&'p Statement] {
        self.by.get(id).map_or(&[], Vec::as_slice)
    }

    /// What a statement stands for.
    pub fn replaced_by<'r>(&'r self, id: &'r str) -> impl Iterator<Item = &'p str> + 'r {
        self.by.iter().filter(move |(_, by)| by.iter().any(|s| s.id == id)).map(|(replaced, _)| *replaced)
    }

    /// Every replaced statement with what stands for it.
    pub fn iter(&self) -> impl Iterator<Item = (&'p str, &[&'p Statement])> {
        self.by.iter().map(|(id, by)| (*id, by.as_slice()))
    }
}

/// The body that an id belongs to.
fn body(id: &str) -> &str {
    id.split_once('/').map_or(id, |(body, _)| body)
}

impl Pack {
    /// What the policy asks of whoever has these roles; of the body as a whole when there are none. Statements that the
    /// body's own text has replaced are left out.
    #[must_use]
    pub fn duties(&self, roles: &[&str]) -> Duties<'_> {
        self.duties_with(roles, &Replacements::of(self))
    }

    /// The same, with replacements that were looked up before.
    #[must_use]
    pub fn duties_with<'p>(&'p self, roles: &[&str], replacements: &Replacements<'p>) -> Duties<'p> {
        let clauses: HashMap<&str, &Clause> = self.clauses.iter().map(|c| (c.id.as_str(), c)).collect();
        let split = |ids: &'p [String]| -> (Vec<&'p str>, Vec<&'p str>) {
            ids.iter().map(String::as_str).partition(|id| roles.contains(id))
        };
        let mut groups: Vec<Group<'p>> = Vec::new();
        // By when and the folded words of the trigger.
        let mut numbers: HashMap<(When, String), usize> = HashMap::new();
        let mut parts = Vec::new();
        let mut replaced = 0;
        for statement in &self.statements {
            let (mine, with) = split(&statement.roles);
            let obliged = if roles.is_empty() { statement.roles.is_empty() } else { !mine.is_empty() };
            let is_replaced = !replacements.for_statement(&statement.id).is_empty();
            if is_replaced {
                replaced += usize::from(obliged);
                continue;
            }
            let clause = clauses.get(statement.clause.as_str()).copied();
            if obliged {
                let when = When::of(statement);
                let trigger = statement
                    .trigger
                    .as_deref()
                    .filter(|_| matches!(when, When::Recurring | When::Triggered));
                let number = *numbers.entry((when, folded(trigger.unwrap_or("")))).or_insert_with(|| {
                    groups.push(Group { when, trigger, duties: Vec::new() });
                    groups.len() - 1
                });
                let others = statement.counterparties.iter().collect();
                let duty = Duty { statement, clause, mine, with, others };
                if let Some(group) = groups.get_mut(number) {
                    group.duties.push(duty);
                }
            }
            for counterparty in &statement.counterparties {
                let (mine, _) = split(&counterparty.roles);
                if !mine.is_empty() {
                    let note = counterparty.note.as_deref();
                    parts.push(Part { act: counterparty.act, mine, statement, clause, note });
                }
            }
        }
        groups.sort_by_key(|group| (group.when, std::cmp::Reverse(group.duties.len())));
        parts.sort_by_key(|part: &Part<'_>| part.act);
        let roles = roles.iter().filter_map(|id| self.role(id)).collect();
        Duties { roles, groups, parts, replaced }
    }
}
