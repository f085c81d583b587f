//! Where acts are decided.
//!
//! Owns: classification, zones, channels with their rules, retention.
//! Leaves to others: deciding with them (`answers`), request types (`requests`).

use worker_protocol::{CsvFormulaPolicy, Kind, LinkPolicy};

use super::text::Setting;
use super::words::{Axis, ChannelMode, RuleAction, Treatment, ZoneKind};
use crate::problem::Origin;

/// A level of classification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Id, such as `c2`.
    pub id: String,
    /// Which of the three it belongs to.
    pub axis: Axis,
    /// 1 is the least demanding; without gaps.
    pub rank: u32,
    /// Title, such as 機密性2.
    pub title: String,
    /// Which information it is for.
    pub meaning: String,
    /// 取扱制限.
    pub handling: Vec<String>,
    /// What is put on a file's name and page, if anything.
    pub mark: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A zone of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Id.
    pub id: String,
    /// The body's own name for it.
    pub label: String,
    /// Short name for narrow places, at most 8 characters.
    pub short: String,
    /// What it is for.
    pub kind: ZoneKind,
    /// Name of a colour of the screens' palette; never the only sign of a zone.
    pub colour: String,
    /// For staff.
    pub description: String,
    /// Order of its listener, from 1, without gaps.
    pub order: u32,
    /// Whether every login from this zone needs a second factor.
    pub second_factor: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// A directed way between two zones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Id.
    pub id: String,
    /// Zone id.
    pub from: String,
    /// Zone id.
    pub to: String,
    /// What it does.
    pub mode: ChannelMode,
    /// What staff are told before they use it, or why nothing passes.
    pub notice: String,
    /// Roles that may send through it.
    pub senders: Vec<String>,
    /// File kinds that may pass.
    pub kinds: Vec<Kind>,
    /// Hyperlinks.
    pub links: LinkPolicy,
    /// Formulas in CSV.
    pub csv_formulas: CsvFormulaPolicy,
    /// The request type that decides, for [`ChannelMode::Approve`].
    pub request: Option<String>,
    /// What asks more of some transfers, in the written order.
    pub rules: Vec<Rule>,
    /// Bytes of one file.
    pub file_bytes_max: Setting,
    /// Files of one transfer.
    pub files_max: Setting,
    /// Statements that a passage or a refusal here serves.
    pub statements: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A condition of a channel and what it asks for. All conditions written must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Id inside its channel.
    pub id: String,
    /// Said to the submitter and the approver.
    pub title: String,
    /// Holds when the transfer's level on the same axis ranks at least as high, for any of these.
    pub at_least: Vec<String>,
    /// Holds when any file is of one of these kinds.
    pub kinds: Vec<Kind>,
    /// Holds when there is personal data, when written.
    pub personal_data: Option<bool>,
    /// What it asks for.
    pub action: RuleAction,
    /// The request type that decides, for [`RuleAction::Approve`] and for files that a person inspects.
    pub request: Option<String>,
    /// How files of the rule's kinds are treated, for [`RuleAction::Treat`].
    pub treatment: Option<Treatment>,
    /// Statements served.
    pub statements: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// How long what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Days an original is kept.
    pub originals_days: Setting,
    /// Days a result is kept for its recipient.
    pub results_days: Setting,
    /// Years the payload of evidence is kept.
    pub evidence_years: Setting,
    /// Who looks after records whose retention ends.
    pub records: Option<super::record::RecordsOffice>,
    /// Where it was written.
    pub origin: Origin,
}
