//! A draft from a source that comes in parts already, such as a catalog in OSCAL.
//!
//! Owns: writing the parts down as one text whose pieces cover it, so that such a draft is reviewed and corrected like any
//! other; what the source said besides its words ([`Given`]), kept with the part or the statement that it is about.
//! Leaves to others: reading the source (`oscal`), and writing the pack (`pack_text`).

use std::collections::BTreeMap;

use crate::model::{Assurance, CounterpartyAct, Mechanism, Modality, Pack, Relation, StatementType};

use super::draft::{Annotation, Draft, WORDS_CHARS_MAX};
use super::ending;
use super::result::{
    Chars, Counter, Force, Found, Import, Node, NodeKind, Piece, PieceKind, Span, Totals, Verdict,
};
use super::{IMPORT_FORMAT, ImportError, NODES_MAX, matching};

/// How an item stands to the layer below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Stand {
    /// It is new.
    #[default]
    New,
    /// The layer below has one of this id that says something else.
    Override,
    /// The layer below says the same: it is not written, only pointed at.
    Below,
}

/// A part of the source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Branch {
    /// Where it stands, in one written form.
    pub(crate) label: String,
    /// Its number as printed.
    pub(crate) printed: String,
    /// Whether it is an item of the part around, whose statements stand in that part's clause.
    pub(crate) item: bool,
    pub(crate) title: Option<String>,
    pub(crate) given: GivenClause,
    pub(crate) statements: Vec<Duty>,
    /// Words of the source that are no statements, each with what it is.
    pub(crate) notes: Vec<String>,
    pub(crate) branches: Vec<Branch>,
}

/// A statement of the source.
#[derive(Debug, Clone)]
pub(crate) struct Duty {
    pub(crate) text: String,
    pub(crate) label: String,
    /// Whether it announces a list and its parts carry the duties.
    pub(crate) lead: bool,
    pub(crate) roles: Vec<String>,
    /// `None`: as its words say.
    pub(crate) modality: Option<Modality>,
    pub(crate) trigger: Option<String>,
    pub(crate) counterparties: Vec<(CounterpartyAct, Vec<String>)>,
    pub(crate) given: GivenStatement,
}

/// What the source said of a clause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GivenClause {
    /// Id in the pack; made from its label when none is given.
    pub(crate) id: Option<String>,
    /// The document, where it is not that of the part around.
    pub(crate) document: Option<String>,
    pub(crate) stand: Stand,
}

/// What the source said of a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GivenStatement {
    pub(crate) id: Option<String>,
    pub(crate) ascii: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) kind: Option<StatementType>,
    pub(crate) title: Option<String>,
    pub(crate) gist_en: Option<String>,
    pub(crate) evidence: Option<String>,
    pub(crate) assurance: Option<Assurance>,
    pub(crate) capability: Option<String>,
    pub(crate) parameters: Vec<String>,
    pub(crate) mechanisms: Vec<Mechanism>,
    pub(crate) acts: Vec<String>,
    pub(crate) sources: Vec<String>,
    /// Remarks on the counterparties, in their order.
    pub(crate) counterparty_notes: Vec<Option<String>>,
    pub(crate) relations: Vec<Relation>,
    pub(crate) note: Option<String>,
    pub(crate) stand: Stand,
}

/// An item of the pack that is neither clause nor statement, as TOML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GivenItem {
    /// Name of the file it goes to, without its end.
    pub(crate) file: &'static str,
    /// Its id.
    pub(crate) id: String,
    /// Everything but the clause.
    pub(crate) text: String,
    /// The clause that it belongs to.
    pub(crate) place: Option<Place>,
}

/// A clause that an item belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Number of its node, which corrections may change.
    Node(usize),
    /// Id of a clause of the layer below, or of the source before its node is known.
    Id(String),
}

/// What the pack says about itself, as far as the source does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GivenHead {
    pub(crate) title: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) effective_from: Option<String>,
    /// Name, kana and code.
    pub(crate) municipality: Option<(String, Option<String>, String)>,
}

/// What a structured source said besides its words.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Given {
    /// Present when the source was structured: then nothing about the pack is guessed from its words.
    pub(crate) head: Option<GivenHead>,
    pub(crate) clauses: BTreeMap<usize, GivenClause>,
    /// As many as there are statements.
    pub(crate) statements: Vec<GivenStatement>,
    pub(crate) items: Vec<GivenItem>,
}

impl Given {
    /// For a draft whose statements were found in words.
    pub(super) fn none(statements: usize) -> Self {
        Self { statements: vec![GivenStatement::default(); statements], ..Self::default() }
    }

    /// Changes every number of a node. Of two clauses that become one the first stays.
    pub(super) fn renumber(&mut self, change: &impl Fn(usize) -> usize) {
        let mut clauses = BTreeMap::new();
        for (node, clause) in std::mem::take(&mut self.clauses) {
            clauses.entry(change(node)).or_insert(clause);
        }
        self.clauses = clauses;
        for item in &mut self.items {
            if let Some(Place::Node(node)) = &mut item.place {
                *node = change(*node);
            }
        }
    }
}

/// Everything that a structured source gave.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) head: GivenHead,
    pub(crate) branches: Vec<Branch>,
    pub(crate) items: Vec<GivenItem>,
}

/// Makes a draft. Statements are compared with those of `packs`.
pub(crate) fn draft(source: Source, packs: &[&Pack]) -> Result<Draft, ImportError> {
    let mut writer = Writer::default();
    let title = source.head.title.clone().unwrap_or_else(|| "取り込んだ目録".to_owned());
    writer.node(None, NodeKind::Document, "", "");
    writer.words(0, PieceKind::Text, &title);
    writer.layout(0, "\n");
    // No recursion: a source is as deep as its writer liked.
    let mut waiting: Vec<(usize, Branch)> = source.branches.into_iter().rev().map(|b| (0, b)).collect();
    while let Some((parent, branch)) = waiting.pop() {
        if writer.nodes.len() >= NODES_MAX {
            return Err(ImportError::TooManyParts);
        }
        let node = writer.branch(parent, &branch);
        waiting.extend(branch.branches.into_iter().rev().map(|b| (node, b)));
    }
    if writer.text.chars().count() > super::CHARS_MAX {
        return Err(ImportError::TooLong);
    }
    Ok(writer.finish(title, source.head, source.items, packs))
}

#[derive(Default)]
struct Writer {
    text: String,
    nodes: Vec<Node>,
    pieces: Vec<(usize, usize, usize, PieceKind)>,
    found: Vec<(usize, usize, usize, Duty)>,
    clauses: BTreeMap<usize, GivenClause>,
    notes: Vec<Annotation>,
}

impl Writer {
    fn node(&mut self, parent: Option<usize>, kind: NodeKind, printed: &str, label: &str) -> usize {
        self.nodes.push(Node {
            parent,
            kind,
            style: None,
            numbers: Vec::new(),
            printed: printed.to_owned(),
            label: label.to_owned(),
            title: None,
            spans: Vec::new(),
        });
        self.nodes.len() - 1
    }

    fn words(&mut self, node: usize, kind: PieceKind, words: &str) -> (usize, usize) {
        let start = self.text.len();
        // One line each, so that what a person sees is what is there.
        self.text.extend(words.chars().map(|c| if c.is_control() { ' ' } else { c }));
        let end = self.text.len();
        if start < end {
            self.pieces.push((start, end, node, kind));
        }
        (start, end)
    }

    fn layout(&mut self, node: usize, blank: &str) {
        let start = self.text.len();
        self.text.push_str(blank);
        self.pieces.push((start, self.text.len(), node, PieceKind::Layout));
    }

    fn branch(&mut self, parent: usize, branch: &Branch) -> usize {
        let kind = if branch.item { NodeKind::Item } else { NodeKind::Clause };
        let node = self.node(Some(parent), kind, &branch.printed, &branch.label);
        if let Some(new) = self.nodes.get_mut(node) {
            new.title.clone_from(&branch.title);
        }
        let (start, end) = self.words(node, PieceKind::Label, &branch.printed);
        if let Some(title) = &branch.title {
            if start < end {
                self.layout(node, "　");
            }
            self.words(node, PieceKind::Title, title);
        }
        if start < end || branch.title.is_some() {
            self.layout(node, "\n");
        }
        for duty in &branch.statements {
            let (start, end) = self.words(node, PieceKind::Text, &duty.text);
            self.layout(node, "\n");
            self.found.push((node, start, end, duty.clone()));
        }
        if !branch.item {
            self.clauses.insert(node, branch.given.clone());
        }
        for note in &branch.notes {
            let chars: Vec<char> = note.chars().collect();
            for part in chars.chunks(WORDS_CHARS_MAX) {
                let note: String = part.iter().collect();
                self.notes.push(Annotation { node, quoted: String::new(), note });
            }
        }
        node
    }

    fn finish(self, title: String, head: GivenHead, mut items: Vec<GivenItem>, packs: &[&Pack]) -> Draft {
        let Self { text, nodes, pieces, found, clauses, notes } = self;
        let chars = Chars::new(&text);
        let pieces = pieces.into_iter().map(|(start, end, node, kind)| Piece {
            span: chars.span(start, end),
            node,
            kind,
        });
        let pieces: Vec<Piece> = pieces.collect();
        let mut statements = Vec::new();
        let mut given = Vec::new();
        for (node, start, end, duty) in found {
            statements.push(read(node, chars.span(start, end), &duty));
            given.push(duty.given);
        }
        matching::compare(&nodes, &mut statements, packs);
        let by_id: BTreeMap<&str, usize> =
            clauses.iter().filter_map(|(node, c)| Some((c.id.as_deref()?, *node))).collect();
        for item in &mut items {
            if let Some(Place::Id(id)) = &item.place
                && let Some(node) = by_id.get(id.as_str())
            {
                item.place = Some(Place::Node(*node));
            }
        }
        let totals = Totals {
            chars: text.chars().count(),
            lines: text.lines().count(),
            sentences: statements.len(),
            ..Totals::default()
        };
        let mut import = Import {
            format: IMPORT_FORMAT,
            verdict: Verdict::Policy,
            title: Some(title),
            totals,
            nodes,
            pieces,
            statements,
            terms: Vec::new(),
            days: Vec::new(),
            appointments: Vec::new(),
            local_roles: Vec::new(),
            findings: Vec::new(),
        };
        import.respan();
        import.count();
        let mut draft = Draft::new(text, import);
        draft.given = Given { head: Some(head), clauses, statements: given, items };
        draft.annotations = notes;
        draft
    }
}

fn read(node: usize, span: Span, duty: &Duty) -> Found {
    let sentence = ending::read(&duty.text);
    let said = ending::ending(&sentence);
    let modality = duty.modality.or_else(|| said.map(|e| e.modality)).or_else(|| english(&duty.text));
    let force = match duty.given.assurance {
        Some(Assurance::Define) => Force::Designation,
        _ => said.map_or(Force::Item, |e| e.force),
    };
    Found {
        node,
        label: duty.label.clone(),
        span,
        text: duty.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        roles: duty.roles.clone(),
        roles_named: false,
        modality: modality.unwrap_or(Modality::Must),
        force,
        lead: duty.lead,
        proviso: false,
        exceptions: Vec::new(),
        trigger: duty.trigger.clone(),
        open_words: Vec::new(),
        references: Vec::new(),
        counterparties: duty
            .counterparties
            .iter()
            .map(|(act, roles)| Counter { act: *act, roles: roles.clone() })
            .collect(),
        matches: Vec::new(),
        capability: None,
    }
}

/// The modality of an English sentence. Catalogs write the bare verb for what must be done.
fn english(text: &str) -> Option<Modality> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|w| !w.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.iter().enumerate().find_map(|(at, word)| {
        let not = words.get(at + 1).is_some_and(|next| next == "not");
        match (word.as_str(), not) {
            ("must" | "shall" | "may", true) => Some(Modality::MustNot),
            ("must" | "shall", false) => Some(Modality::Must),
            ("should", _) => Some(Modality::Should),
            ("prohibit" | "prohibits" | "prohibited", _) => Some(Modality::MustNot),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_sentences_say_how_they_bind() {
        for (text, wanted) in [
            ("The organization shall encrypt media", Some(Modality::Must)),
            ("Users must not share accounts", Some(Modality::MustNot)),
            ("Organizations should review it", Some(Modality::Should)),
            ("Prohibit the use of portable storage", Some(Modality::MustNot)),
            ("Develop and document a policy", None),
            ("Personnel may not leave", Some(Modality::MustNot)),
            ("In May, review it", None),
        ] {
            assert_eq!(english(text), wanted, "{text}");
        }
    }
}
