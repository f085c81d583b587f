//! What the software makes of each statement.
//!
//! Owns: the status of a statement, counts by layer, capability, type and mechanism, and the two renderings of
//! `sekisho policy coverage`.
//! Leaves to others: whether a mechanism works today and what it left as evidence (`app`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::model::{Assurance, CoverageStatus, Mechanism, Pack, Statement, StatementType};
use crate::problem::DivergenceReport;

impl Statement {
    /// What the mechanisms make of it. A definition counts as one, whatever serves it besides.
    #[must_use]
    pub fn coverage(&self) -> CoverageStatus {
        if self.assurance == Assurance::Define {
            return CoverageStatus::Defined;
        }
        let shipped = self.mechanisms.iter().filter(|m| m.ships()).count();
        match (shipped, self.mechanisms.len()) {
            (_, 0) => CoverageStatus::Unbound,
            (0, _) => CoverageStatus::Planned,
            (shipped, all) if shipped == all => CoverageStatus::Kept,
            _ => CoverageStatus::Partly,
        }
    }
}

/// How many statements have which status. The four of `kept`, `planned`, `defined` and `unbound` add up to all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CoverageTotals {
    /// All of them.
    pub statements: usize,
    /// Kept.
    pub kept: usize,
    /// Planned, those included that are kept in part.
    pub planned: usize,
    /// Of the planned ones, those that are kept in part.
    pub partly: usize,
    /// Definitions.
    pub defined: usize,
    /// Neither.
    pub unbound: usize,
}

impl CoverageTotals {
    /// Counts one more.
    pub fn add(&mut self, status: CoverageStatus) {
        self.statements += 1;
        match status {
            CoverageStatus::Kept => self.kept += 1,
            CoverageStatus::Partly => {
                self.planned += 1;
                self.partly += 1;
            }
            CoverageStatus::Planned => self.planned += 1,
            CoverageStatus::Defined => self.defined += 1,
            CoverageStatus::Unbound => self.unbound += 1,
        }
    }
}

/// The totals of statements that have something in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoverageGroup {
    /// What they have in common.
    pub id: String,
    /// The same for people.
    pub title: String,
    /// Their totals.
    #[serde(flatten)]
    pub totals: CoverageTotals,
}

/// A pack that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoveredPack {
    /// Its folder.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: String,
    /// Its values that are not what the guideline layer recommends.
    pub divergences: Vec<DivergenceReport>,
}

/// A mechanism and how many of the statements name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MechanismUse {
    /// Its id.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Whether this version has it; otherwise it is planned.
    pub ships: bool,
    /// Statements that name it.
    pub statements: usize,
}

/// A word of the pack and what people read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Titled {
    /// The id.
    pub id: String,
    /// The title.
    pub title: String,
}

/// A mechanism as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Binding {
    /// Its id.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Whether this version has it.
    pub ships: bool,
}

impl From<Mechanism> for Binding {
    fn from(mechanism: Mechanism) -> Self {
        Self { id: mechanism.id(), title: mechanism.title_ja(), ships: mechanism.ships() }
    }
}

/// A statement and what the mechanisms make of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoveredStatement {
    /// Its id.
    pub id: String,
    /// The layer that wrote it.
    pub layer: String,
    /// The text's number for it.
    pub label: String,
    /// Its title, or its gist where it has none.
    pub title: String,
    /// Its gist.
    pub gist_ja: String,
    /// What it asks for.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// How binding it is.
    pub modality: &'static str,
    /// How it is made sure.
    pub assurance: &'static str,
    /// The area of the product.
    pub capability: String,
    /// Who is obliged; none means the body.
    pub roles: Vec<Titled>,
    /// What serves it.
    pub mechanisms: Vec<Binding>,
    /// What they make of it.
    pub status: &'static str,
    /// Recommendations that values of its parameters are not in line with.
    pub divergences: Vec<String>,
}

/// What `sekisho policy coverage` prints. The JSON form is this struct; docs/format-pack.md describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoverageReport {
    /// Version of this schema.
    pub format: u32,
    /// What was looked at.
    pub packs: Vec<CoveredPack>,
    /// Over all statements.
    pub totals: CoverageTotals,
    /// By the layer that wrote them.
    pub by_layer: Vec<CoverageGroup>,
    /// By area of the product.
    pub by_capability: Vec<CoverageGroup>,
    /// By what they ask for.
    pub by_type: Vec<CoverageGroup>,
    /// Every mechanism there is, used or not.
    pub mechanisms: Vec<MechanismUse>,
    /// The statements, in the order of the text.
    pub statements: Vec<CoveredStatement>,
}

impl CoverageReport {
    /// Of one pack with all layers it stands on.
    #[must_use]
    pub fn of_pack(pack: &Pack) -> Self {
        Self::new(std::slice::from_ref(pack), |_, _| true)
    }

    /// Of several packs, each statement once: a pack counts what its own layer wrote, and the layers beneath count for
    /// themselves.
    #[must_use]
    pub fn of_all(packs: &[Pack]) -> Self {
        Self::new(packs, |pack, statement| *statement.origin.layer == *pack.id)
    }

    fn new(packs: &[Pack], counts: impl Fn(&Pack, &Statement) -> bool) -> Self {
        let mut totals = CoverageTotals::default();
        let mut groups: [BTreeMap<&str, CoverageTotals>; 3] = Default::default();
        let mut used: BTreeMap<Mechanism, usize> = BTreeMap::new();
        let mut statements = Vec::new();
        let mut titles: BTreeMap<&str, &str> = BTreeMap::new();
        for pack in packs {
            titles.extend(pack.layers.iter().map(|l| (l.id.as_str(), l.title.as_str())));
            for statement in pack.statements.iter().filter(|s| counts(pack, s)) {
                let status = statement.coverage();
                totals.add(status);
                let keys = [&*statement.origin.layer, &statement.capability, statement.kind.id()];
                for (group, key) in groups.iter_mut().zip(keys) {
                    group.entry(key).or_default().add(status);
                }
                for mechanism in &statement.mechanisms {
                    *used.entry(*mechanism).or_default() += 1;
                }
                statements.push(covered(pack, statement));
            }
        }
        let [by_layer, by_capability, by_type] = groups;
        let titled = |of: BTreeMap<&str, CoverageTotals>, title: &dyn Fn(&str) -> String| {
            of.into_iter()
                .map(|(id, totals)| CoverageGroup { id: id.to_owned(), title: title(id), totals })
                .collect()
        };
        Self {
            format: 1,
            packs: packs.iter().map(looked_at).collect(),
            totals,
            by_layer: titled(by_layer, &|id| titles.get(id).copied().unwrap_or(id).to_owned()),
            by_capability: titled(by_capability, &str::to_owned),
            by_type: titled(by_type, &|id| {
                StatementType::from_id(id).map_or_else(|| id.to_owned(), |t| t.title_ja().to_owned())
            }),
            mechanisms: Mechanism::WORDS
                .iter()
                .map(|(id, mechanism)| MechanismUse {
                    id,
                    title: mechanism.title_ja(),
                    ships: mechanism.ships(),
                    statements: used.get(mechanism).copied().unwrap_or(0),
                })
                .collect(),
            statements,
        }
    }

    /// The same with only the statements of one status; the totals stay those of all.
    #[must_use]
    pub fn only(mut self, status: CoverageStatus) -> Self {
        self.statements.retain(|s| s.status == status.id());
        self
    }

    /// For programs: this struct as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and flags only: serialising cannot fail. An empty text would be refused by every reader.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// For people: one line a statement, and the counts.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let mut layer = "";
        for s in &self.statements {
            if s.layer != layer {
                layer = &s.layer;
                let title = self.by_layer.iter().find(|g| g.id == layer).map_or("", |g| g.title.as_str());
                writeln!(out, "■ {layer} {title}")?;
            }
            let status = CoverageStatus::from_id(s.status).map_or(s.status, CoverageStatus::title_ja);
            writeln!(out, "[{status}] {} {} {}", s.id, s.label, s.title)?;
            let roles: Vec<&str> = s.roles.iter().map(|r| r.title.as_str()).collect();
            let who = if roles.is_empty() { "団体".to_owned() } else { roles.join("・") };
            let assurance = Assurance::from_id(s.assurance).map_or(s.assurance, Assurance::title_ja);
            let kind = StatementType::from_id(s.kind).map_or(s.kind, StatementType::title_ja);
            writeln!(out, "    {who} / {assurance} / {kind}")?;
            for m in &s.mechanisms {
                writeln!(out, "    {} {}({})", if m.ships { "●" } else { "○ 予定:" }, m.title, m.id)?;
            }
            if !s.divergences.is_empty() {
                writeln!(out, "    指針との違い: {}", s.divergences.join("、"))?;
            }
        }
        let line = |out: &mut String, title: &str, t: &CoverageTotals| {
            writeln!(
                out,
                "{title}: {} 件 = 仕組みあり {} + 予定 {}(うち一部あり {}) + 定義 {} + 未対応 {}",
                t.statements, t.kept, t.planned, t.partly, t.defined, t.unbound
            )
        };
        for (heading, groups) in
            [("層", &self.by_layer), ("機能の分野", &self.by_capability), ("種類", &self.by_type)]
        {
            writeln!(out, "\n{heading}ごと")?;
            for group in groups {
                line(out, &format!("  {}", group.title), &group.totals)?;
            }
        }
        writeln!(out, "\n仕組みごとの遵守事項の数")?;
        for m in self.mechanisms.iter().filter(|m| m.statements > 0) {
            let planned = if m.ships { "" } else { "(予定)" };
            writeln!(out, "  {}{planned} {} {} 件", m.title, m.id, m.statements)?;
        }
        for pack in self.packs.iter().filter(|p| !p.divergences.is_empty()) {
            writeln!(out, "\n指針との違い: {}", pack.title)?;
            for d in &pack.divergences {
                writeln!(out, "  {}は {}、指針は {}({})", d.title, d.value, d.wanted, d.source)?;
            }
        }
        line(out, "\n合計", &self.totals)
    }
}

fn looked_at(pack: &Pack) -> CoveredPack {
    CoveredPack {
        id: pack.id.clone(),
        title: pack.title.clone(),
        version: pack.version.clone(),
        divergences: pack.divergences().map(DivergenceReport::from).collect(),
    }
}

fn covered(pack: &Pack, s: &Statement) -> CoveredStatement {
    CoveredStatement {
        id: s.id.clone(),
        layer: s.origin.layer.to_string(),
        label: s.label.clone(),
        title: s.short().to_owned(),
        gist_ja: s.gist_ja.clone(),
        kind: s.kind.id(),
        modality: s.modality.id(),
        assurance: s.assurance.id(),
        capability: s.capability.clone(),
        roles: s
            .roles
            .iter()
            .map(|id| Titled { id: id.clone(), title: pack.role_title(id).to_owned() })
            .collect(),
        mechanisms: s.mechanisms.iter().map(|m| Binding::from(*m)).collect(),
        status: s.coverage().id(),
        divergences: pack.divergences_of(s).map(|d| d.guideline.id.clone()).collect(),
    }
}
