//! The text of a policy and what it leaves open.
//!
//! Owns: clauses, statements, parameters and settings.
//! Leaves to others: who is obliged (`body`) and where a checkpoint stands (`gates`).

use super::mechanism::Mechanism;
use super::words::{Assurance, CounterpartyAct, Modality, ParameterType, RelationKind, StatementType};
use crate::problem::Origin;

/// A node of the policy's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Id, such as `base/2.4`.
    pub id: String,
    /// Number as printed in the text.
    pub section: String,
    /// Title.
    pub title: String,
    /// The clause it stands below.
    pub parent: Option<String>,
    /// The document it is in: its own, or that of the nearest clause above that names one.
    pub document: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// One duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Id, such as `base/sanitise-inbound`.
    pub id: String,
    /// The clause it stands in.
    pub clause: String,
    /// The text's own number for it, such as `2.2(2)②`; several statements may share one.
    pub label: String,
    /// Its id in letters that OSCAL and file names take, such as `narita-2.2.2.2_s1`; unique in the pack.
    pub ascii: String,
    /// What it asks for.
    pub kind: StatementType,
    /// Roles obliged; empty means the body as a whole.
    pub roles: Vec<String>,
    /// How binding.
    pub modality: Modality,
    /// A few Japanese words for narrow places.
    pub title: Option<String>,
    /// Gist in Japanese.
    pub gist_ja: String,
    /// Gist in English.
    pub gist_en: String,
    /// When it applies.
    pub trigger: Option<String>,
    /// What shows that it was kept.
    pub evidence: Option<String>,
    /// How it is made sure.
    pub assurance: Assurance,
    /// The area of the product it belongs to.
    pub capability: String,
    /// Parameters it leaves open.
    pub parameters: Vec<String>,
    /// What of the software serves it.
    pub mechanisms: Vec<Mechanism>,
    /// Kinds of evidence that show it, among those of its mechanisms; empty: all of them.
    pub acts: Vec<String>,
    /// Ids of analysed source statements it generalises.
    pub sources: Vec<String>,
    /// What others than the obliged roles do.
    pub counterparties: Vec<Counterparty>,
    /// How it stands to statements of other texts.
    pub relations: Vec<Relation>,
    /// A remark of the pack's writers.
    pub note: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// What somebody other than the obliged roles does about a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterparty {
    /// What they do.
    pub act: CounterpartyAct,
    /// Roles, at least one.
    pub roles: Vec<String>,
    /// A remark.
    pub note: Option<String>,
}

/// How a statement stands to one of another text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// How.
    pub kind: RelationKind,
    /// The other statement's id; it need not be in the same pack, nor be present at all.
    pub to: String,
}

/// A value the text leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// The clause that leaves it open.
    pub clause: Option<String>,
    /// What its value is.
    pub kind: ParameterType,
    /// Smallest number allowed.
    pub min: Option<u64>,
    /// Largest number allowed.
    pub max: Option<u64>,
    /// Values allowed when it is a choice.
    pub choices: Vec<String>,
    /// The value, or `None` while the body has not set it.
    pub value: Option<ParameterValue>,
    /// What others use; never applied by itself.
    pub suggested: Option<ParameterValue>,
    /// Whether the software itself asks for it by its id, so that a municipality must set it.
    pub needed: bool,
    /// Who set the value and when, in words.
    pub decided: Option<String>,
    /// Help.
    pub note: Option<String>,
    /// Where it was written.
    pub origin: Origin,
    /// Where the value was written.
    pub value_origin: Option<Origin>,
}

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterValue {
    /// In the unit of the parameter's type.
    Number(u64),
    /// Words or a choice.
    Text(String),
    /// Yes or no.
    Flag(bool),
}

impl std::fmt::Display for ParameterValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Flag(flag) => f.write_str(if *flag { "有" } else { "無" }),
        }
    }
}

/// A number that was written in place or comes from a parameter. Numbers are never zero. The value is absent while the
/// body has not set the parameter; [`crate::Resolved::readiness`] tells, before anything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The parameter it comes from.
    pub parameter: Option<String>,
    /// The number, in the unit of the key it stands for.
    pub value: Option<u64>,
}
