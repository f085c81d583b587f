//! A body's own text as a draft of its pack.
//!
//! Owns: reading a text of any numbering into a tree that accounts for every character, finding what it demands, and
//! proposing which statements of other packs it equals.
//! Leaves to others: turning documents into text (a cell does), files and folders (the binary), and every decision: an
//! import proposes, a person confirms ([`Draft`]).
//!
//! The road: `decode` (bytes) → `lines` → `label`, `place`, `tree`, `table` (parts) → `body` (headings, sentences) → `ending`,
//! `subject`, `reference`, `days`, `read` (statements) → `matching` → `draft`, `pack_text`.
//!
//! Text is normalised where it is compared and nowhere else.

mod body;
mod correction;
mod counterparty;
mod days;
mod decode;
mod draft;
mod ending;
mod label;
mod lines;
mod matching;
mod normal;
mod numeral;
mod pack_statement;
mod pack_text;
mod place;
mod read;
mod reference;
mod result;
pub(crate) mod structured;
mod subject;
mod table;
mod tree;

pub use correction::{Correction, CorrectionError};
pub use decode::{Decoded, decode};
pub use draft::{Annotation, Draft, Review};
pub use label::Style;
pub use matching::MATCH_SCORE_MIN;
pub use pack_text::{Head, PackError};
pub use result::{
    Appointment, Counter, Day, DayKind, Finding, FindingKind, Force, Found, Import, LocalRole, Match, Node,
    NodeKind, Piece, PieceKind, Reference, Span, Term, Totals, Verdict,
};

use crate::Pack;
use body::{bodies, titles};
use normal::is_blank;
use subject::Roles;

/// The longest text that is imported, in characters: about 1,500 pages.
pub const CHARS_MAX: usize = 2_000_000;

/// The most parts of a text.
pub const NODES_MAX: usize = 50_000;

/// Version of the JSON of an [`Import`].
pub const IMPORT_FORMAT: u32 = 1;

/// Why a text is not imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Nothing but blanks.
    #[error("the text is empty")]
    Empty,
    /// The bytes are no text.
    #[error("the file is no text in an encoding known here")]
    NotText,
    /// Beyond [`CHARS_MAX`].
    #[error("the text has more than {CHARS_MAX} characters")]
    TooLong,
    /// Beyond [`NODES_MAX`].
    #[error("the text has more than {NODES_MAX} parts")]
    TooManyParts,
}

impl ImportError {
    /// What is wrong and what to do, for people.
    #[must_use]
    pub fn words_ja(self) -> (&'static str, &'static str) {
        match self {
            ImportError::Empty => (
                "文字が一つもありません。",
                "PDF が紙を写した画像のときは、OCR で文字にしてから、その結果を取り込んでください。",
            ),
            ImportError::NotText => (
                "文字のファイルとして読めません。",
                "UTF-8、Shift_JIS(CP932)、EUC-JP、ISO-2022-JP、UTF-16 のどれかで保存し直すか、Word・PDF のまま指定してください。",
            ),
            ImportError::TooLong => {
                ("長すぎます(上限 200 万文字)。", "文書ごとにファイルを分けて、一つずつ取り込んでください。")
            }
            ImportError::TooManyParts => (
                "条や項目が多すぎます(上限 5 万)。",
                "規程の文書かどうかを確かめ、文書ごとに分けて取り込んでください。",
            ),
        }
    }
}

/// The day that a text is, written in a Japanese or Western year or as `YYYY-MM-DD`; `None` unless it is one day of the
/// calendar and nothing else.
#[must_use]
pub fn one_day(text: &str) -> Option<String> {
    let text = text.trim();
    let mut parts = text.split('-');
    let western = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(year), Some(month), Some(day), None)
            if year.len() == 4
                && [year, month, day].iter().all(|p| p.bytes().all(|b| b.is_ascii_digit())) =>
        {
            format!("{year}年{month}月{day}日")
        }
        _ => text.to_owned(),
    };
    match days::days(&western).as_slice() {
        [found] if found.start == 0 && found.end == western.len() => {
            found.date.clone().filter(|date| date.len() == 10)
        }
        _ => None,
    }
}

/// Imports a text. Roles are those of `base`; statements are compared with those of all `packs`, `base` among them or
/// not as the caller wishes.
///
/// # Errors
/// When there is no text, or more of it than is read.
pub fn import(text: &str, base: &Pack, packs: &[&Pack]) -> Result<Import, ImportError> {
    if text.chars().all(is_blank) {
        return Err(ImportError::Empty);
    }
    let chars = text.chars().count();
    if chars > CHARS_MAX {
        return Err(ImportError::TooLong);
    }
    let controls = text.chars().filter(|c| c.is_control() && !is_blank(*c)).count();
    if controls > 8 && controls * 50 > chars {
        return Err(ImportError::NotText);
    }
    let roles = Roles::of(base);
    let mut tree = tree::build(text)?;
    titles(&mut tree, &roles);
    let mut result = Import {
        format: IMPORT_FORMAT,
        verdict: Verdict::NoRules,
        title: None,
        totals: Totals { chars, lines: tree.lines, ..Totals::default() },
        nodes: std::mem::take(&mut tree.nodes),
        pieces: std::mem::take(&mut tree.pieces),
        statements: Vec::new(),
        terms: Vec::new(),
        days: Vec::new(),
        appointments: Vec::new(),
        local_roles: Vec::new(),
        findings: Vec::new(),
    };
    result.respan();
    tree.nodes = std::mem::take(&mut result.nodes);
    tree.pieces = std::mem::take(&mut result.pieces);
    let bodies = bodies(&tree);
    let contents = read::read(&mut tree, &roles, &bodies);
    let broken = read::mojibake(text);
    if broken > 4 && broken * 100 > chars {
        let span =
            tree.chars.span(0, text.len().min(text.char_indices().nth(60).map_or(text.len(), |(i, _)| i)));
        tree.find(FindingKind::Mojibake, 0, span);
    }
    result.title = title(&tree);
    result.nodes = tree.nodes;
    result.pieces = tree.pieces;
    result.findings = tree.findings;
    result.findings.sort_by_key(|f| (f.span, f.kind));
    result.statements = contents.statements;
    result.terms = contents.terms;
    result.days = contents.days;
    result.appointments = contents.appointments;
    result.local_roles = contents.local_roles;
    matching::compare(&result.nodes, &mut result.statements, packs);
    result.totals.sentences = contents.sentences;
    result.count();
    result.verdict = verdict(text, &result);
    Ok(result)
}

impl Import {
    /// Counts again what corrections change.
    fn count(&mut self) {
        self.totals.nodes = self.nodes.len();
        self.totals.statements = self.statements.len();
        self.totals.matched = self
            .statements
            .iter()
            .filter(|s| s.matches.first().is_some_and(|m| m.score >= MATCH_SCORE_MIN))
            .count();
        self.totals.unmatched = self.totals.statements - self.totals.matched;
    }
}

fn verdict(text: &str, import: &Import) -> Verdict {
    let parts = import.nodes.iter().filter(|n| n.kind == NodeKind::Clause).count();
    let headings = import.nodes.iter().filter(|n| n.kind == NodeKind::Heading).count();
    let binding = import.statements.iter().filter(|s| s.force != Force::Declaration).count();
    let share = import.statements.len() * 5 >= import.totals.sentences;
    if import.statements.len() < 3 || parts + headings < 2 || (binding < 2 && !share) {
        return Verdict::NoRules;
    }
    if read::subject_words(text) >= 3 { Verdict::Policy } else { Verdict::OtherRules }
}

/// The first words of the document, up to a date or a long line.
fn title(tree: &tree::Tree<'_>) -> Option<String> {
    let first = tree.pieces.iter().filter(|p| p.node == 0 && p.kind == PieceKind::Text);
    let mut title = String::new();
    for piece in first {
        let words = piece.span.of(tree.text).trim_matches(is_blank);
        if words.contains('。') || !days::days(words).is_empty() || title.chars().count() > 40 {
            break;
        }
        title.push_str(words);
    }
    let heading = || tree.nodes.iter().find(|n| n.kind == NodeKind::Heading).and_then(|n| n.title.clone());
    let named = (!title.is_empty() && title.chars().count() <= 100).then_some(title).or_else(heading);
    named
        .map(|t| t.trim_matches(['「', '」']).chars().filter(|c| !c.is_control()).collect::<String>())
        .filter(|t| !t.trim().is_empty())
}
