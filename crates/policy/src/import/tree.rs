//! From lines to the tree.
//!
//! Owns: which line begins a part, the level of each part by the stack of open styles, tables, lists and the table of
//! contents, and the pieces that cover the source.
//! Leaves to others: reading labels (`label`), where a label belongs (`place`), headings (`title`), sentences.
//!
//! No form is known beforehand. A style that is open goes on at its level; a style that is not open begins a level
//! below the deepest open part, unless the text has shown before that it stands above that.

use std::collections::{BTreeMap, BTreeSet};

use super::label::{Label, labels, written};
use super::lines::{Line, LineKind, is_contents_head, lines, wrap_width};
use super::normal::{is_blank, squeezed};
use super::place::{Place, place};
use super::result::{Chars, Finding, FindingKind, Node, NodeKind, Piece, PieceKind, Span};
use super::{ImportError, NODES_MAX, Style};

/// The most findings that are kept; more are no help to anybody.
pub(super) const FINDINGS_MAX: usize = 2_000;

/// A table of contents is not longer than this.
const CONTENTS_LINES_MAX: usize = 1_000;

/// A part that later lines may go on with.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) style: Style,
    pub(super) numbers: Vec<u32>,
    pub(super) node: usize,
    /// Number of `#` of its line, or 0.
    pub(super) heading: u8,
    /// Whether it is a preface, which ends where the numbered text begins.
    pub(super) preface: bool,
}

/// What is known when a line is placed.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) open: Vec<Open>,
    /// Pairs (upper, lower) of styles that the text has shown.
    pub(super) above: BTreeSet<(Style, Style)>,
    /// The last numbers of styles whose list was interrupted.
    pub(super) ended: BTreeMap<Style, Vec<u32>>,
    /// Whether the line before ended a sentence or was shorter than the paper.
    pub(super) finished: bool,
}

/// The tree before its sentences are read.
pub(super) struct Tree<'t> {
    pub(super) text: &'t str,
    pub(super) chars: Chars<'t>,
    pub(super) nodes: Vec<Node>,
    pub(super) pieces: Vec<Piece>,
    pub(super) findings: Vec<Finding>,
    pub(super) lines: usize,
    /// Columns of a full line.
    pub(super) wrap: u32,
}

impl Tree<'_> {
    pub(super) fn find(&mut self, kind: FindingKind, node: usize, span: Span) {
        if self.findings.len() < FINDINGS_MAX {
            let quoted = span.of(self.text).chars().filter(|c| !c.is_control()).take(20).collect::<String>();
            self.findings.push(Finding { kind, node, span, quoted });
        }
    }
}

pub(super) struct Builder<'t> {
    pub(super) tree: Tree<'t>,
    lines: Vec<Line>,
    pub(super) state: State,
    /// The node that words without a label belong to.
    pub(super) here: usize,
    /// The table that is open, and the first word of its rows without figures.
    pub(super) table: Option<(usize, String)>,
}

/// Builds the tree of a text.
///
/// # Errors
/// When it has more parts than any policy.
pub(super) fn build(text: &str) -> Result<Tree<'_>, ImportError> {
    let lines = lines(text);
    let document = Node {
        parent: None,
        kind: NodeKind::Document,
        style: None,
        numbers: Vec::new(),
        printed: String::new(),
        label: String::new(),
        title: None,
        spans: Vec::new(),
    };
    let tree = Tree {
        text,
        chars: Chars::new(text),
        nodes: vec![document],
        pieces: Vec::new(),
        findings: Vec::new(),
        lines: lines.len(),
        wrap: wrap_width(&lines),
    };
    let state = State { finished: true, ..State::default() };
    let mut builder = Builder { tree, lines, state, here: 0, table: None };
    let mut at = 0;
    while let Some(line) = builder.lines.get(at).copied() {
        at = builder.line(at, line);
        if builder.tree.nodes.len() > NODES_MAX {
            return Err(ImportError::TooManyParts);
        }
    }
    Ok(builder.tree)
}

impl Builder<'_> {
    /// Takes the line in; where to go on.
    fn line(&mut self, at: usize, line: Line) -> usize {
        if self.begins_contents(at, line) {
            return self.contents(at);
        }
        match line.kind {
            LineKind::Blank | LineKind::Rule => {
                self.piece(self.here, line.start, line.end, PieceKind::Layout)
            }
            LineKind::PageNumber => self.piece(self.here, line.start, line.end, PieceKind::PageNumber),
            LineKind::Row => self.piped(line),
            LineKind::Contents | LineKind::Text => return self.words(at, line),
        }
        at + 1
    }

    fn piece(&mut self, node: usize, start: usize, end: usize, kind: PieceKind) {
        if start < end {
            let span = self.tree.chars.span(start, end);
            self.tree.pieces.push(Piece { span, node, kind });
        }
    }

    /// Layout, words and the rest of a line from `from` on as pieces of one node.
    pub(super) fn words_piece(&mut self, node: usize, line: Line, from: usize, kind: PieceKind) {
        self.piece(node, line.start.max(from).min(line.from), line.from, PieceKind::Layout);
        if line.from.max(from) < line.to {
            self.piece(node, line.from.max(from), line.end, kind);
        } else {
            self.piece(node, line.from.max(from), line.end, PieceKind::Layout);
        }
    }

    pub(super) fn next_words(&self, at: usize) -> Option<(usize, Line)> {
        let rest = self.lines.get(at..)?;
        rest.iter()
            .enumerate()
            .find(|(_, l)| !matches!(l.kind, LineKind::Blank | LineKind::PageNumber))
            .map(|(n, l)| (at + n, *l))
    }

    fn begins_contents(&self, at: usize, line: Line) -> bool {
        if line.kind == LineKind::Contents {
            let mut next = at + 1;
            return (0..2).all(|_| {
                self.next_words(next).is_some_and(|(found, line)| {
                    next = found + 1;
                    line.kind == LineKind::Contents
                })
            });
        }
        line.kind == LineKind::Text && is_contents_head(line.words(self.tree.text))
    }

    fn contents(&mut self, at: usize) -> usize {
        let text = self.tree.text;
        let node = self.node(0, NodeKind::Contents, None, Vec::new(), String::new(), "目次".to_owned());
        let mut next = at;
        if let Some(head) = self.lines.get(at).copied().filter(|l| l.kind != LineKind::Contents) {
            self.words_piece(node, head, head.start, PieceKind::Title);
            next += 1;
            if let Some(node) = self.tree.nodes.get_mut(node) {
                node.title = Some(squeezed(head.words(text)));
            }
        }
        // The text itself begins where the first entry comes again.
        let mut first: Option<Vec<Label>> = None;
        let mut numbered = false;
        while let Some(line) = self.lines.get(next).copied().filter(|_| next - at < CONTENTS_LINES_MAX) {
            let words = line.words(text);
            let kind = match line.kind {
                LineKind::Blank | LineKind::Rule => PieceKind::Layout,
                LineKind::PageNumber => PieceKind::PageNumber,
                LineKind::Contents | LineKind::Row => {
                    numbered = true;
                    first.get_or_insert_with(|| labels(words));
                    PieceKind::Contents
                }
                LineKind::Text => {
                    let own = labels(words);
                    let again = first.as_ref().is_some_and(|first| begins_alike(first, &own));
                    let entry = if numbered {
                        // An entry that was broken goes on in a line with a page number.
                        self.next_words(next + 1).is_some_and(|(_, l)| l.kind == LineKind::Contents)
                    } else {
                        words.chars().count() < 50 && !words.contains('。') && !own.is_empty()
                    };
                    if again || !entry {
                        break;
                    }
                    first.get_or_insert(own);
                    PieceKind::Contents
                }
            };
            self.piece(node, line.start, line.end, kind);
            next += 1;
        }
        self.here = self.state.open.last().map_or(0, |o| o.node);
        next
    }

    pub(super) fn label_of(&self, node: usize) -> String {
        self.tree.nodes.get(node).map(|n| n.label.clone()).unwrap_or_default()
    }

    pub(super) fn node(
        &mut self,
        parent: usize,
        kind: NodeKind,
        style: Option<Style>,
        numbers: Vec<u32>,
        printed: String,
        label: String,
    ) -> usize {
        let parent = Some(parent);
        self.tree.nodes.push(Node {
            parent,
            kind,
            style,
            numbers,
            printed,
            label,
            title: None,
            spans: Vec::new(),
        });
        self.tree.nodes.len() - 1
    }

    /// A line of words: a new part, a row, an item, or more of what is open.
    fn words(&mut self, at: usize, line: Line) -> usize {
        let text = self.tree.text;
        let words = line.words(text);
        if is_caption(words)
            && let Some((next, article)) = self.next_words(at + 1)
            && let Some((label, place)) = self.choose(article, article.words(text))
            && label.style == Style::Article
        {
            // （目的） above 第1条: everything up to the article belongs to it.
            let node = self.begin(article, &label, &place);
            self.words_piece(node, line, line.start, PieceKind::Title);
            for between in at + 1..next {
                if let Some(blank) = self.lines.get(between).copied() {
                    self.piece(node, blank.start, blank.end, PieceKind::Layout);
                }
            }
            self.label_pieces(node, article, &label);
            return next + 1;
        }
        if let Some((label, place)) = self.choose(line, words) {
            let node = self.begin(line, &label, &place);
            self.label_pieces(node, line, &label);
            return at + 1;
        }
        let bullet = labels(words).into_iter().find(|l| l.style == Style::Bullet);
        if let Some(bullet) = bullet {
            let node = self.item(line, bullet.length);
            self.label_pieces(node, line, &bullet);
        } else if line.heading > 0 && !words.contains('。') {
            self.heading(line, words);
        } else if line.listed {
            let node = self.item(line, 0);
            self.words_piece(node, line, line.start, PieceKind::Text);
        } else if self.row(line, words) || self.table_head(at, line, words) {
            // Taken in.
        } else {
            self.back_from_item(line, words);
            self.words_piece(self.here, line, line.start, PieceKind::Text);
        }
        self.note_end(line, words);
        at + 1
    }

    fn note_end(&mut self, line: Line, words: &str) {
        let full = line.width * 5 >= self.tree.wrap * 4;
        self.state.finished = !full || words.ends_with(['。', '．', '.', ')', '）', '」', ':', '：']);
    }

    /// The reading of the line's front that fits best, if any does.
    fn choose(&self, line: Line, words: &str) -> Option<(Label, Place)> {
        labels(words)
            .into_iter()
            .filter(|l| l.style != Style::Bullet)
            .filter_map(|mut label| {
                label.sure |= line.heading > 0 || line.listed;
                let short = line.width * 4 < self.tree.wrap * 3 && !words.ends_with('。');
                let place = place(&self.state, &label, short)?;
                Some((label, place))
            })
            .max_by_key(|(_, place)| place.score)
    }

    fn label_pieces(&mut self, node: usize, line: Line, label: &Label) {
        self.piece(node, line.start, line.from, PieceKind::Layout);
        self.piece(node, line.from, line.from + label.length, PieceKind::Label);
        self.words_piece(node, line, line.from + label.length, PieceKind::Text);
        let words = line.words(self.tree.text);
        self.note_end(line, words);
    }

    /// Opens the part that a label begins.
    fn begin(&mut self, line: Line, label: &Label, place: &Place) -> usize {
        let text = self.tree.text;
        for closed in self.state.open.drain(place.keep.min(self.state.open.len())..) {
            self.state.ended.insert(closed.style, closed.numbers);
        }
        self.table = None;
        let parent = self.state.open.last().map_or(0, |o| o.node);
        let printed =
            text.get(line.from..line.from + label.length).unwrap_or("").trim_end_matches(is_blank).to_owned();
        let kind = match label.style {
            Style::Supplementary => NodeKind::Supplementary,
            _ => NodeKind::Clause,
        };
        let path = self.path(parent, label, &printed);
        let node = self.node(parent, kind, Some(label.style), label.numbers.clone(), printed.clone(), path);
        if let Some(finding) = place.finding {
            let span = self.tree.chars.span(line.from, line.to);
            self.tree.find(finding, node, span);
        }
        for upper in &self.state.open {
            self.state.above.insert((upper.style, label.style));
        }
        let squeezed = squeezed(&printed);
        self.state.open.push(Open {
            style: label.style,
            numbers: label.numbers.clone(),
            node,
            heading: line.heading,
            preface: label.style == Style::Named && !squeezed.starts_with(['別', '様', '付']),
        });
        self.state.ended.remove(&label.style);
        self.here = node;
        node
    }

    /// Where a part stands, in one written form.
    fn path(&self, parent: usize, label: &Label, printed: &str) -> String {
        let own = written(label.style, &label.numbers);
        let Some(above) = self.tree.nodes.get(parent) else { return own };
        let article = self.state.open.iter().any(|o| o.style == Style::Article);
        let named = match above.kind {
            NodeKind::Document => "",
            _ => above.label.as_str(),
        };
        match label.style {
            Style::Part | Style::Chapter | Style::Section | Style::Subsection => {
                let upper = matches!(
                    above.style,
                    Some(Style::Part | Style::Chapter | Style::Section | Style::Subsection)
                );
                if upper { format!("{named}{own}") } else { own }
            }
            Style::Article if above.kind == NodeKind::Supplementary => format!("{named}{own}"),
            Style::Article => own,
            Style::Supplementary => own,
            Style::Named => squeezed(printed),
            Style::Decimal(1) if matches!(above.style, Some(Style::Article | Style::Supplementary)) => {
                format!("{named}第{own}項")
            }
            Style::Decimal(1) => {
                let chapters: Vec<String> = self
                    .state
                    .open
                    .iter()
                    .filter(|o| o.style.height() < Style::Article.height() && !o.numbers.is_empty())
                    .filter(|o| !matches!(o.style, Style::Named | Style::Supplementary))
                    .map(|o| written(Style::Decimal(1), &o.numbers))
                    .collect();
                let directly = self.state.open.iter().all(|o| {
                    o.style.height() < Style::Article.height() || matches!(o.style, Style::Heading(_))
                });
                match (directly, above.style) {
                    (true, Some(Style::Named)) => format!("{named}.{own}"),
                    (true, _) => chapters.into_iter().chain([own]).collect::<Vec<_>>().join("."),
                    (false, _) => format!("{named}-{own}"),
                }
            }
            Style::Decimal(_) => own,
            Style::Kanji if article => format!("{named}第{}号", label.last()),
            _ => {
                // 第2章(1) and 2.2(1) are said alike: a chapter's number stands for it.
                format!("{named}{own}")
            }
        }
    }

    fn heading(&mut self, line: Line, words: &str) {
        let keep = self
            .state
            .open
            .iter()
            .position(|o| o.heading == 0 || o.heading >= line.heading)
            .unwrap_or(self.state.open.len());
        for closed in self.state.open.drain(keep..) {
            self.state.ended.insert(closed.style, closed.numbers);
        }
        self.table = None;
        let parent = self.state.open.last().map_or(0, |o| o.node);
        let style = Style::Heading(line.heading);
        let label: String = squeezed(words).chars().take(20).collect();
        let node = self.node(parent, NodeKind::Heading, Some(style), Vec::new(), String::new(), label);
        if let Some(node) = self.tree.nodes.get_mut(node) {
            node.title = Some(words.trim_end_matches('*').to_owned());
        }
        self.words_piece(node, line, line.start, PieceKind::Title);
        self.state.open.push(Open {
            style,
            numbers: Vec::new(),
            node,
            heading: line.heading,
            preface: false,
        });
        self.here = node;
    }

    /// An item with a mark: of the row that is open, or of the deepest numbered part.
    fn item(&mut self, line: Line, length: usize) -> usize {
        let parent = match &self.table {
            Some((table, _)) => self.last_row().unwrap_or(*table),
            None => self.state.open.last().map_or(0, |o| o.node),
        };
        let printed = self
            .tree
            .text
            .get(line.from..line.from + length)
            .unwrap_or("")
            .trim_end_matches(is_blank)
            .to_owned();
        let label = self.label_of(parent);
        let node = self.node(parent, NodeKind::Item, Some(Style::Bullet), Vec::new(), printed, label);
        self.here = node;
        node
    }

    fn last_row(&self) -> Option<usize> {
        let mut at = self.here;
        loop {
            let node = self.tree.nodes.get(at)?;
            match node.kind {
                NodeKind::Row => return Some(at),
                NodeKind::Item => at = node.parent?,
                _ => return None,
            }
        }
    }

    /// Words behind an item that is complete go on with the part, not with the item.
    fn back_from_item(&mut self, line: Line, words: &str) {
        let is_item = self.tree.nodes.get(self.here).is_some_and(|n| n.kind == NodeKind::Item);
        if is_item && self.table.is_none() && self.state.finished && (words.contains('。') || line.width > 60)
        {
            self.here = self.state.open.last().map_or(0, |o| o.node);
        }
    }
}

/// Whether two lines begin with the same number.
fn begins_alike(one: &[Label], other: &[Label]) -> bool {
    let number = |label: &Label| (label.style, label.numbers.clone());
    one.first().is_some_and(|one| other.first().is_some_and(|other| number(one) == number(other)))
}

/// （目的）
fn is_caption(words: &str) -> bool {
    let inside = words
        .strip_prefix(['（', '('])
        .and_then(|rest| rest.strip_suffix(['）', ')']))
        .filter(|inside| !inside.contains(['（', '(', '）', ')', '。']));
    inside.is_some_and(|inside| (1..=40).contains(&inside.chars().count()))
}
