//! What an import gives.
//!
//! Owns: the types of an import and their JSON (docs/format-import.md), which can be read again, spans, and gluing pieces
//! back to the source.
//! Leaves to others: making them, and correcting them (`draft`).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::Style;
use crate::model::{Assurance, CounterpartyAct, Modality};

/// A part of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First byte of the source in UTF-8.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
    /// First character.
    pub char_start: usize,
    /// The character behind the last.
    pub char_end: usize,
}

impl Span {
    /// Its text.
    #[must_use]
    pub fn of(self, source: &str) -> &str {
        source.get(self.start..self.end).unwrap_or("")
    }
}

/// What a node of the tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// The whole text, and what stands before its first part: title, date.
    Document,
    /// A numbered part.
    Clause,
    /// A heading without a number.
    Heading,
    /// The table of contents; its lines are no clauses.
    Contents,
    /// A table; its own text is its head.
    Table,
    /// A row of a table.
    Row,
    /// An item with a mark instead of a number.
    Item,
    /// 附則.
    Supplementary,
}

/// A node of the tree. Nodes stand in the order of the text; the first is the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Number of the node that it is part of; only the document has none.
    pub parent: Option<usize>,
    /// What it is.
    pub kind: NodeKind,
    /// How it is numbered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<Style>,
    /// Its numbers, the outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<u32>,
    /// Its number as printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub printed: String,
    /// Where it stands in the text in one written form, such as `2.2(2)②ア` or 第3条第2項; may repeat in a text that
    /// numbers twice the same.
    pub label: String,
    /// Its heading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its own parts of the source, without its children's. All nodes' spans together are the source.
    pub spans: Vec<Span>,
}

/// What a piece of the source is to its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PieceKind {
    /// Blanks, and marks of Markdown.
    Layout,
    /// The number.
    Label,
    /// The heading.
    Title,
    /// Words.
    Text,
    /// A page number.
    PageNumber,
    /// A line of the table of contents.
    Contents,
}

/// A piece of the source. Pieces lie side by side without gaps from the first byte to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Where.
    pub span: Span,
    /// Number of its node.
    pub node: usize,
    /// What it is.
    pub kind: PieceKind,
}

/// How a sentence binds, as its ending says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Force {
    /// なければならない, てはならない.
    Obligation,
    /// ものとする, こととする, こと, and the plain form of a verb: the body says what it does.
    Declaration,
    /// …を…とする: the body settles what something is.
    Designation,
    /// をいう.
    Definition,
    /// ことができる, この限りでない.
    Permission,
    /// An item without a verb below a heading that makes it a duty.
    Item,
}

/// Another place that a statement speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Its words, such as 上記3 or 前項.
    pub words: String,
    /// Where they stand.
    pub span: Span,
    /// Numbers of the nodes meant; none when it leads out of the text or cannot be told.
    pub nodes: Vec<usize>,
}

/// Who else has a part in a duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// What they do.
    #[serde(serialize_with = "word_of_act", deserialize_with = "act_of_word")]
    pub act: CounterpartyAct,
    /// Ids of their roles.
    pub roles: Vec<String>,
}

/// A statement of a pack that an imported one may be the same as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// Id of the pack's statement.
    pub statement: String,
    /// 0 to 1; how the score is made is told in docs/format-import.md.
    pub score: f32,
}

/// A duty, a permission or a definition that was found in the text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Number of its node.
    pub node: usize,
    /// Label of its node, so that a program need not look it up.
    pub label: String,
    /// Where it stands. A page number may lie inside.
    pub span: Span,
    /// Its sentence with the line ends taken out; nothing else is changed.
    pub text: String,
    /// Ids of the roles obliged; none means the body.
    pub roles: Vec<String>,
    /// Whether the sentence names them itself; otherwise they are those of the sentence it leans on.
    pub roles_named: bool,
    /// How strongly.
    #[serde(serialize_with = "word_of_modality", deserialize_with = "modality_of_word")]
    pub modality: Modality,
    /// How the sentence binds.
    pub force: Force,
    /// Whether it announces a list (次の各号, 以下の) and its parts carry the duties.
    pub lead: bool,
    /// Whether it is a ただし of the statement before it.
    pub proviso: bool,
    /// Cases that it leaves out: words in brackets or before を除く, and the sentences that begin with ただし.
    pub exceptions: Vec<String>,
    /// When it applies: …場合, …とき, …に当たって.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Words that leave a value open: 必要に応じ, 速やかに, 定期的.
    pub open_words: Vec<String>,
    /// Other places that it speaks of.
    pub references: Vec<Reference>,
    /// Who permits it, is told, is asked or works along.
    pub counterparties: Vec<Counter>,
    /// The best matches in the packs compared with, best first.
    pub matches: Vec<Match>,
    /// The area of the product, as the matching statements have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
}

impl Found {
    /// How the software would serve it, before anybody decided.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        match self.force {
            Force::Definition | Force::Designation => Assurance::Define,
            _ => Assurance::Attest,
        }
    }
}

pub(super) fn word_of_modality<S: Serializer>(modality: &Modality, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(modality.id())
}

pub(super) fn modality_of_word<'de, D: Deserializer<'de>>(from: D) -> Result<Modality, D::Error> {
    let word = String::deserialize(from)?;
    Modality::from_id(&word).ok_or_else(|| D::Error::custom("no such modality"))
}

fn act_of_word<'de, D: Deserializer<'de>>(from: D) -> Result<CounterpartyAct, D::Error> {
    let word = String::deserialize(from)?;
    CounterpartyAct::from_id(&word).ok_or_else(|| D::Error::custom("no such act"))
}

fn word_of_act<S: Serializer>(act: &CounterpartyAct, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(act.id())
}

/// A word that the text gives a meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// The word.
    pub word: String,
    /// Its meaning in the text's words.
    pub meaning: String,
    /// Number of the node that says so.
    pub node: usize,
}

/// What a day in the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayKind {
    /// 施行: in force from then on.
    InForce,
    /// 改定, 改正, 制定.
    Made,
    /// A day whose meaning the text does not say.
    Other,
}

/// A day named before the first part or in 附則.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// `YYYY-MM-DD`, or `YYYY-MM` when the text names no day.
    pub date: String,
    /// As written.
    pub words: String,
    /// What it is.
    pub kind: DayKind,
    /// Number of its node.
    pub node: usize,
    /// Where it stands.
    pub span: Span,
}

/// Who of the body takes a role: 副市長を…責任者とする.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// The post as the text names it.
    pub post: String,
    /// Id of the role.
    pub role: String,
    /// Number of the node that says so.
    pub node: usize,
}

/// A role that the text obliges and the pack compared with does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalRole {
    /// The id proposed.
    pub id: String,
    /// Its name in the text.
    pub title: String,
    /// Whether its holders stand outside of the body, such as contractors.
    pub outside: bool,
}

macro_rules! findings {
    ($($(#[$doc:meta])* $variant:ident = $id:literal $words:literal),+ $(,)?) => {
        /// What is odd about a place of the text. Nothing is mended; a person looks at it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum FindingKind { $($(#[$doc])* #[serde(rename = $id)] $variant),+ }
        impl FindingKind {
            /// The word that programs read.
            #[must_use]
            pub fn id(self) -> &'static str { match self { $(FindingKind::$variant => $id),+ } }
            /// What people read.
            #[must_use]
            pub fn words_ja(self) -> &'static str { match self { $(FindingKind::$variant => $words),+ } }
        }
    };
}

findings! {
    /// A list goes on with a number that skips one.
    NumberSkipped = "number-skipped" "番号が飛んでいます",
    /// A number for the second time in one list, or a smaller one.
    NumberRepeated = "number-repeated" "番号が重なっているか、戻っています",
    /// A list that does not begin with its first number.
    NumberLate = "number-late" "番号が途中から始まっています",
    /// A part whose number says that it belongs to a part that is not there.
    ParentMissing = "parent-missing" "番号の親にあたる見出しがありません",
    /// Characters that were lost before the text came here.
    Damaged = "damaged" "文字が壊れています",
    /// Signs of a wrong encoding.
    Mojibake = "mojibake" "文字化けの疑いがあります",
    /// A sentence that stops in the middle.
    Unfinished = "unfinished" "文が途中で終わっています",
    /// A bracket without its partner.
    Bracket = "bracket" "括弧の対応がとれていません",
    /// A day that no calendar has.
    NoSuchDay = "no-such-day" "暦にない日付です",
    /// A reference within the text that leads nowhere.
    ReferenceOpen = "reference-open" "参照先が見つかりません",
    /// A subject that looks like a role and is none that the pack knows.
    RoleUnknown = "role-unknown" "パックにない役割です",
}

/// Something odd about a place of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// Number of the node.
    pub node: usize,
    /// Where.
    pub span: Span,
    /// The words in question, at most 20 characters.
    pub quoted: String,
}

/// Whether the text is a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It has parts and duties and speaks of the security of information.
    Policy,
    /// It has parts and duties, of something else.
    OtherRules,
    /// It has no duties to speak of.
    NoRules,
}

/// Numbers of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Characters of the source.
    pub chars: usize,
    /// Characters that the nodes' spans hold; the same number.
    pub chars_accounted: usize,
    /// Lines of the source.
    pub lines: usize,
    /// Nodes, the document included.
    pub nodes: usize,
    /// Sentences.
    pub sentences: usize,
    /// Statements.
    pub statements: usize,
    /// Statements with a match at or above [`super::MATCH_SCORE_MIN`].
    pub matched: usize,
    /// The other statements.
    pub unmatched: usize,
}

/// An imported text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// Version of this schema.
    pub format: u32,
    /// Whether it is a policy.
    pub verdict: Verdict,
    /// Its title, as far as it shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Numbers.
    pub totals: Totals,
    /// The tree.
    pub nodes: Vec<Node>,
    /// The source, piece by piece.
    pub pieces: Vec<Piece>,
    /// What it demands, allows and defines, in the order of the text.
    pub statements: Vec<Found>,
    /// Words that it gives a meaning.
    pub terms: Vec<Term>,
    /// Days that it names about itself.
    pub days: Vec<Day>,
    /// Posts that it gives roles.
    pub appointments: Vec<Appointment>,
    /// Roles that it obliges and the pack does not have.
    pub local_roles: Vec<LocalRole>,
    /// What is odd about it.
    pub findings: Vec<Finding>,
}

impl Import {
    /// The source, glued from the pieces. Equal to the source by construction; tests and the summary check it.
    #[must_use]
    pub fn glued(&self, source: &str) -> String {
        self.pieces.iter().map(|piece| piece.span.of(source)).collect()
    }

    /// The source, glued from the spans of the nodes in the order in which they begin.
    #[must_use]
    pub fn glued_nodes(&self, source: &str) -> String {
        let mut spans: Vec<Span> = self.nodes.iter().flat_map(|node| node.spans.iter().copied()).collect();
        spans.sort_unstable();
        spans.iter().map(|span| span.of(source)).collect()
    }

    /// Gives each node the spans of its pieces.
    pub(super) fn respan(&mut self) {
        for node in &mut self.nodes {
            node.spans.clear();
        }
        for piece in &self.pieces {
            let Some(node) = self.nodes.get_mut(piece.node) else { continue };
            match node.spans.last_mut() {
                Some(last) if last.end == piece.span.start => {
                    last.end = piece.span.end;
                    last.char_end = piece.span.char_end;
                }
                _ => node.spans.push(piece.span),
            }
        }
        self.totals.chars_accounted =
            self.nodes.iter().flat_map(|n| &n.spans).map(|s| s.char_end - s.char_start).sum();
    }
}

/// Characters before a byte, found without walking the whole text.
#[derive(Debug, Clone)]
pub(super) struct Chars<'t> {
    text: &'t str,
    /// Characters before each 256th byte (or the next boundary behind it).
    marks: Vec<(usize, usize)>,
}

impl<'t> Chars<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut marks = Vec::with_capacity(text.len() / 256 + 1);
        let mut next = 0;
        for (count, (at, _)) in text.char_indices().enumerate() {
            if at >= next {
                marks.push((at, count));
                next = at + 256;
            }
        }
        Self { text, marks }
    }

    fn before(&self, at: usize) -> usize {
        let mark = self.marks.partition_point(|(byte, _)| *byte <= at).saturating_sub(1);
        let (byte, count) = self.marks.get(mark).copied().unwrap_or((0, 0));
        count + self.text.get(byte..at).map_or(0, |t| t.chars().count())
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span { start, end, char_start: self.before(start), char_end: self.before(end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_from_any_byte() {
        let text = "あa𠮷\n".repeat(300);
        let chars = Chars::new(&text);
        for (count, (at, _)) in text.char_indices().enumerate() {
            assert_eq!(chars.before(at), count);
        }
        assert_eq!(chars.span(0, text.len()).char_end, 1_200);
    }
}
