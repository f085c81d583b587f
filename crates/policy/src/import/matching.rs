//! Which statements of a pack an imported one may be the same as.
//!
//! Owns: the score. Leaves to others: what is done with it; nothing is taken over unseen.
//!
//! Both sides are folded (`normal`) and cut into pairs of characters. A pair weighs the more, the fewer statements have
//! it. The score is the mean of the cosine of the weights and the share of the pack statement's weight that the imported
//! sentence and its headings hold; agreement of roles, of modality and of capability raise it by a tenth each.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::{Modality, Pack};

use super::normal::folded;
use super::result::{Found, Match, Node};

/// The least score that the summary counts as a match. Gists are short and say things in other words than the text, so scores
/// are low; of the first proposals from here on about three in four were the ones that the analysis of the published texts
/// names.
pub const MATCH_SCORE_MIN: f32 = 0.16;

/// Matches that are kept for each statement.
const MATCHES_MAX: usize = 3;

type Pair = (char, char);

struct Entry<'p> {
    id: &'p str,
    capability: &'p str,
    modality: Modality,
    roles: BTreeSet<&'p str>,
    pairs: HashMap<Pair, f32>,
    length: f32,
    sum: f32,
}

/// The statements of one or more packs, ready to be compared with.
struct Index<'p> {
    entries: Vec<Entry<'p>>,
    holders: HashMap<Pair, Vec<usize>>,
    weight: HashMap<Pair, f32>,
    /// For each capability the weights of its statements' pairs.
    profiles: BTreeMap<&'p str, (HashMap<Pair, f32>, f32)>,
}

/// Gives each statement its matches and the capability that the packs' statements speak for.
pub(super) fn compare(nodes: &[Node], statements: &mut [Found], packs: &[&Pack]) {
    let queries: Vec<HashMap<Pair, f32>> = statements.iter().map(|s| counted(nodes, s)).collect();
    let index = Index::new(packs, &queries);
    for (statement, query) in statements.iter_mut().zip(&queries) {
        let capability = index.capability(query);
        statement.matches = index.best(statement, query, capability);
        statement.capability = statement
            .matches
            .first()
            .filter(|m| m.score >= MATCH_SCORE_MIN)
            .and_then(|m| index.entries.iter().find(|e| e.id == m.statement))
            .map(|e| e.capability)
            .or(capability)
            .map(str::to_owned);
    }
}

/// The pairs of a sentence count fully, those of the headings above it by half.
fn counted(nodes: &[Node], statement: &Found) -> HashMap<Pair, f32> {
    let mut pairs = HashMap::new();
    add(&mut pairs, &statement.text, 1.0);
    let mut at = Some(statement.node);
    for _ in 0..3 {
        let Some(node) = at.and_then(|n| nodes.get(n)) else { break };
        if let Some(title) = &node.title {
            add(&mut pairs, title, 0.5);
        }
        at = node.parent;
    }
    pairs
}

fn add(pairs: &mut HashMap<Pair, f32>, text: &str, weight: f32) {
    let folded = folded(text);
    let mut before = None;
    for c in folded.chars() {
        if matches!(c, '、' | '。' | '「' | '」' | '(' | ')' | '・') {
            before = None;
            continue;
        }
        if let Some(before) = before {
            let count = pairs.entry((before, c)).or_insert(0.0);
            *count = f32::max(*count, weight);
        }
        before = Some(c);
    }
}

impl<'p> Index<'p> {
    fn new(packs: &[&'p Pack], queries: &[HashMap<Pair, f32>]) -> Self {
        let mut entries: Vec<Entry<'p>> = Vec::new();
        let mut seen = BTreeSet::new();
        for pack in packs {
            for statement in pack.statements() {
                if !seen.insert(statement.id.as_str()) {
                    continue;
                }
                let mut pairs = HashMap::new();
                add(&mut pairs, &statement.gist_ja, 1.0);
                add(&mut pairs, statement.title.as_deref().unwrap_or(""), 1.0);
                add(&mut pairs, pack.clause(&statement.clause).map_or("", |c| c.title.as_str()), 0.5);
                entries.push(Entry {
                    id: &statement.id,
                    capability: &statement.capability,
                    modality: statement.modality,
                    roles: statement.roles.iter().map(String::as_str).collect(),
                    pairs,
                    length: 0.0,
                    sum: 0.0,
                });
            }
        }
        let mut frequency: HashMap<Pair, f32> = HashMap::new();
        for pairs in entries.iter().map(|e| &e.pairs).chain(queries) {
            for pair in pairs.keys() {
                *frequency.entry(*pair).or_insert(0.0) += 1.0;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of statements are far below the loss")]
        let all = (entries.len() + queries.len()) as f32;
        let weight: HashMap<Pair, f32> =
            frequency.into_iter().map(|(pair, f)| (pair, (1.0 + (all - f + 0.5) / (f + 0.5)).ln())).collect();
        let mut holders: HashMap<Pair, Vec<usize>> = HashMap::new();
        let mut profiles: BTreeMap<&str, (HashMap<Pair, f32>, f32)> = BTreeMap::new();
        for (number, entry) in entries.iter_mut().enumerate() {
            for (pair, count) in &mut entry.pairs {
                *count *= weight.get(pair).copied().unwrap_or(0.0);
                holders.entry(*pair).or_default().push(number);
                let profile = profiles.entry(entry.capability).or_default();
                *profile.0.entry(*pair).or_insert(0.0) += *count;
            }
            entry.length = length(entry.pairs.values());
            entry.sum = entry.pairs.values().sum();
        }
        for (pairs, norm) in profiles.values_mut() {
            *norm = length(pairs.values());
        }
        Self { entries, holders, weight, profiles }
    }

    fn weigh(&self, query: &HashMap<Pair, f32>) -> Vec<(Pair, f32)> {
        query
            .iter()
            .map(|(pair, count)| (*pair, count * self.weight.get(pair).copied().unwrap_or(0.0)))
            .collect()
    }

    fn capability(&self, query: &HashMap<Pair, f32>) -> Option<&'p str> {
        let query = self.weigh(query);
        self.profiles
            .iter()
            .map(|(name, (pairs, norm))| {
                let dot: f32 = query.iter().filter_map(|(p, w)| Some(w * pairs.get(p)?)).sum();
                (dot / norm.max(f32::EPSILON), *name)
            })
            .filter(|(score, _)| *score > 0.0)
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
            .map(|(_, name)| name)
    }

    fn best(&self, statement: &Found, query: &HashMap<Pair, f32>, capability: Option<&str>) -> Vec<Match> {
        let weighed = self.weigh(query);
        let norm = length(weighed.iter().map(|(_, w)| w));
        // (dot product, weight of the entry that the query holds)
        let mut shared: BTreeMap<usize, (f32, f32)> = BTreeMap::new();
        for (pair, weight) in &weighed {
            for number in self.holders.get(pair).into_iter().flatten() {
                let Some(of_entry) = self.entries.get(*number).and_then(|e| e.pairs.get(pair)) else {
                    continue;
                };
                let sums = shared.entry(*number).or_default();
                sums.0 += weight * of_entry;
                sums.1 += of_entry;
            }
        }
        let roles: BTreeSet<&str> = statement.roles.iter().map(String::as_str).collect();
        let mut scored: Vec<(f32, &Entry<'_>)> = shared
            .into_iter()
            .filter_map(|(number, (dot, held))| {
                let entry = self.entries.get(number)?;
                let cosine = dot / (norm * entry.length).max(f32::EPSILON);
                let share = held / entry.sum.max(f32::EPSILON);
                let text = cosine.midpoint(share);
                let of_roles = if entry.roles == roles {
                    1.0
                } else if entry.roles.is_empty() || roles.is_empty() || !entry.roles.is_disjoint(&roles) {
                    0.5
                } else {
                    0.0
                };
                let of_modality = f32::from(u8::from(entry.modality == statement.modality));
                let of_capability = f32::from(u8::from(capability == Some(entry.capability)));
                let agreement = (of_roles + of_modality + of_capability) / 3.0;
                // Agreement without common words is none.
                Some((text * (0.7 + 0.3 * agreement), entry))
            })
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.id.cmp(b.1.id)));
        scored
            .into_iter()
            .take(MATCHES_MAX)
            .map(|(score, entry)| Match {
                statement: entry.id.to_owned(),
                score: (score * 1_000.0).round() / 1_000.0,
            })
            .collect()
    }
}

fn length<'w>(weights: impl Iterator<Item = &'w f32>) -> f32 {
    weights.map(|w| w * w).sum::<f32>().sqrt()
}
