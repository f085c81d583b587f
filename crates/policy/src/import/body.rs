//! The words of one node, and its sentences.
//!
//! Owns: which of a part's first words are its heading, joining broken lines, cutting sentences, and the way back from a
//! joined character to the source.
//! Leaves to others: what a sentence demands (`ending`).

use super::normal::{is_blank, is_japanese, plain, width};
use super::result::{NodeKind, PieceKind, Span};
use super::subject::Roles;
use super::tree::Tree;

/// A heading is not longer than this.
const TITLE_CHARS_MAX: usize = 80;

/// A bracket that is not closed within this many characters is a slip and does not hold a sentence together.
const BRACKET_CHARS_MAX: usize = 400;

/// No sentence is longer; what is, is cut, so that no reading of one costs more than this.
const SENTENCE_CHARS_MAX: usize = 2_000;

/// Words of a node, joined.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) text: String,
    /// (first byte in `text`, first byte in the source, bytes)
    segments: Vec<(usize, usize, usize)>,
}

/// A sentence, by its bytes in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it ends with a full stop.
    pub(super) stopped: bool,
    /// Whether a bracket in it has no partner.
    pub(super) unbalanced: bool,
}

impl Body {
    fn push(&mut self, words: &str, source: usize) {
        if words.is_empty() {
            return;
        }
        // Latin words that were broken at a blank stay two words; Japanese has no blanks to keep.
        let parted = self.text.ends_with(|c: char| c.is_ascii_alphanumeric())
            && words.starts_with(|c: char| c.is_ascii_alphanumeric());
        if parted {
            self.text.push(' ');
        }
        self.segments.push((self.text.len(), source, words.len()));
        self.text.push_str(words);
    }

    /// The byte of the source for a byte of the body.
    fn source(&self, at: usize, as_end: bool) -> usize {
        // An end belongs to the words before it, not to the line that follows.
        let probe = if as_end { at.saturating_sub(1) } else { at };
        let index = self.segments.partition_point(|(start, ..)| *start <= probe).saturating_sub(1);
        match self.segments.get(index) {
            Some((start, source, bytes)) => source + at.saturating_sub(*start).min(*bytes),
            None => 0,
        }
    }

    /// Where a part of the body stands in the source.
    pub(super) fn span(&self, tree: &Tree<'_>, start: usize, end: usize) -> Span {
        tree.chars.span(self.source(start, false), self.source(end, true))
    }

    /// Cuts it at full stops outside of brackets, and where nobody's sentence is that long.
    pub(super) fn sentences(&self) -> Vec<Sentence> {
        let (pairs, strays) = self.brackets();
        let mut pairs = pairs.into_iter().peekable();
        let mut strays = strays.into_iter().peekable();
        let mut sentences = Vec::new();
        let (mut start, mut count, mut covered) = (0, 0_usize, 0);
        let mut push = |start: usize, end: usize, stopped: bool| {
            let mut unbalanced = false;
            while strays.next_if(|at| *at < end).is_some() {
                unbalanced = true;
            }
            let raw = self.text.get(start..end).unwrap_or("");
            let from = start + raw.len() - raw.trim_start_matches(is_blank).len();
            let to = from + raw.trim_matches(is_blank).len();
            if from < to {
                sentences.push(Sentence { start: from, end: to, stopped, unbalanced });
            }
        };
        for (at, c) in self.text.char_indices() {
            while let Some((_, close)) = pairs.next_if(|(open, _)| *open <= at) {
                covered = covered.max(close);
            }
            count += 1;
            let stops = matches!(c, '。' | '｡') && at >= covered;
            if stops || count >= SENTENCE_CHARS_MAX {
                push(start, at + c.len_utf8(), stops);
                start = at + c.len_utf8();
                count = 0;
            }
        }
        push(start, self.text.len(), false);
        sentences
    }

    /// Brackets with their partners, and those without one, each in the order of the text. A partner too far off is none.
    fn brackets(&self) -> (Vec<(usize, usize)>, Vec<usize>) {
        let mut open: Vec<(char, usize, usize)> = Vec::new();
        let (mut pairs, mut strays) = (Vec::new(), Vec::new());
        for (count, (at, c)) in self.text.char_indices().enumerate() {
            let close = match c {
                '(' | '（' => ')',
                '「' => '」',
                '『' => '』',
                '【' => '】',
                _ => '\0',
            };
            if close != '\0' {
                open.push((close, at, count));
                continue;
            }
            let c = if c == '）' { ')' } else { c };
            if !matches!(c, ')' | '」' | '』' | '】') {
                continue;
            }
            match open.last() {
                Some((wanted, from, begun)) if *wanted == c && count - begun <= BRACKET_CHARS_MAX => {
                    pairs.push((*from, at));
                    open.pop();
                }
                Some((_, from, begun)) if count - begun > BRACKET_CHARS_MAX => {
                    strays.extend([*from, at]);
                    open.pop();
                }
                _ => strays.push(at),
            }
        }
        strays.extend(open.iter().map(|(_, at, _)| *at));
        pairs.sort_unstable();
        strays.sort_unstable();
        (pairs, strays)
    }
}

/// The words of every node, without headings.
pub(super) fn bodies(tree: &Tree<'_>) -> Vec<Body> {
    let mut bodies: Vec<Body> = tree.nodes.iter().map(|_| Body::default()).collect();
    for piece in &tree.pieces {
        if piece.kind != PieceKind::Text {
            continue;
        }
        let whole = piece.span.of(tree.text);
        let words = whole.trim_start_matches(is_blank);
        let source = piece.span.start + whole.len() - words.len();
        let words = words.trim_end_matches(is_blank);
        let words = words.strip_suffix("**").unwrap_or(words);
        if let Some(body) = bodies.get_mut(piece.node) {
            body.push(words, source);
        }
    }
    bodies
}

/// Finds the headings: turns the first words of a node from text into its title.
pub(super) fn titles(tree: &mut Tree<'_>, roles: &Roles) {
    let mut texts: Vec<Vec<usize>> = vec![Vec::new(); tree.nodes.len()];
    let mut has_title = vec![false; tree.nodes.len()];
    let mut label_width = vec![0_u32; tree.nodes.len()];
    for (number, piece) in tree.pieces.iter().enumerate() {
        match piece.kind {
            PieceKind::Text => {
                if let Some(list) = texts.get_mut(piece.node) {
                    list.push(number);
                }
            }
            PieceKind::Title => {
                if let Some(flag) = has_title.get_mut(piece.node) {
                    *flag = true;
                }
            }
            PieceKind::Label => {
                if let Some(columns) = label_width.get_mut(piece.node) {
                    *columns = width(piece.span.of(tree.text));
                }
            }
            _ => {}
        }
    }
    let mut parents = vec![false; tree.nodes.len()];
    for node in &tree.nodes {
        let counts = matches!(node.kind, NodeKind::Clause | NodeKind::Heading | NodeKind::Table);
        if let Some(flag) = node.parent.filter(|_| counts).and_then(|p| parents.get_mut(p)) {
            *flag = true;
        }
    }
    for (number, pieces) in texts.iter().enumerate() {
        let kind = tree.nodes.get(number).map(|n| n.kind);
        if !matches!(kind, Some(NodeKind::Clause | NodeKind::Supplementary)) {
            continue;
        }
        let words = |index: usize| {
            let piece = pieces.get(index).and_then(|p| tree.pieces.get(*p));
            piece.map_or("", |p| p.span.of(tree.text).trim_matches(is_blank))
        };
        if has_title.get(number).copied().unwrap_or(false) {
            caption(tree, number);
            continue;
        }
        let first = words(0);
        // 第1条（目的）　この基準は… : the heading stands in brackets before the words.
        if let Some(end) = leading_caption(first) {
            if let Some(piece) = pieces.first().copied() {
                split_title(tree, piece, number, end);
            }
            continue;
        }
        if first.is_empty() || first.contains('。') || first.chars().count() > TITLE_CHARS_MAX {
            continue;
        }
        let columns = width(first) + label_width.get(number).copied().unwrap_or(0) + 1;
        let next = words(1);
        let is_title = if pieces.len() < 2 {
            // Alone it is a heading only of something: an item of a list is text.
            parents.get(number).copied().unwrap_or(false) && !first.ends_with(['、', '，', ','])
        } else {
            let short = columns * 4 < tree.wrap * 3 && !first.ends_with(['、', '，', ',']);
            let topic = roles.begins(&plain(next)) && !first.contains(['は', 'を']);
            (short || topic) && !plain(first).ends_with("場合")
        };
        if is_title && let Some(index) = pieces.first().copied() {
            let span = tree.pieces.get(index).map(|p| p.span);
            if let Some(piece) = tree.pieces.get_mut(index) {
                piece.kind = PieceKind::Title;
            }
            if let (Some(node), Some(span)) = (tree.nodes.get_mut(number), span) {
                node.title = Some(title_words(span.of(tree.text)));
            }
        }
    }
}

/// The heading of a part whose title piece is known already.
fn caption(tree: &mut Tree<'_>, number: usize) {
    let found = tree.pieces.iter().find(|p| p.node == number && p.kind == PieceKind::Title).map(|p| p.span);
    if let (Some(span), Some(node)) = (found, tree.nodes.get_mut(number))
        && node.title.is_none()
    {
        node.title = Some(title_words(span.of(tree.text)));
    }
}

/// A heading without the blanks that spread its characters and without its brackets.
fn title_words(raw: &str) -> String {
    let trimmed = raw.trim_matches(is_blank);
    let trimmed = trimmed.strip_suffix("**").unwrap_or(trimmed);
    let bare = trimmed
        .strip_prefix(['（', '('])
        .and_then(|t| t.strip_suffix(['）', ')']))
        .filter(|t| !t.contains(['（', '(']))
        .unwrap_or(trimmed);
    let parts: Vec<&str> = bare.split(is_blank).filter(|p| !p.is_empty()).collect();
    let spread =
        parts.len() > 1 && parts.iter().all(|p| p.chars().count() == 1 && p.chars().all(is_japanese));
    if spread { parts.concat() } else { bare.to_owned() }
}

/// Bytes of （…） at the front when more words follow.
fn leading_caption(first: &str) -> Option<usize> {
    let inside = first.strip_prefix(['（', '('])?;
    let (caption, rest) = inside.split_once(['）', ')'])?;
    let end = first.len() - rest.len();
    ((1..=40).contains(&caption.chars().count()) && !caption.contains('。') && !caption.contains("以下"))
        .then_some(end)
}

fn split_title(tree: &mut Tree<'_>, index: usize, node: usize, end: usize) {
    let Some(piece) = tree.pieces.get(index).copied() else { return };
    let whole = piece.span.of(tree.text);
    let lead = whole.len() - whole.trim_start_matches(is_blank).len();
    let cut = piece.span.start + lead + end;
    let title = tree.chars.span(piece.span.start, cut);
    let rest = tree.chars.span(cut, piece.span.end);
    if let Some(old) = tree.pieces.get_mut(index) {
        old.span = title;
        old.kind = PieceKind::Title;
    }
    if rest.start < rest.end {
        let blank = rest.of(tree.text).chars().all(is_blank);
        let kind = if blank { PieceKind::Layout } else { PieceKind::Text };
        tree.pieces.insert(index + 1, super::Piece { span: rest, node, kind });
    }
    let words = title_words(title.of(tree.text));
    if let Some(node) = tree.nodes.get_mut(node) {
        node.title = Some(words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_cut_outside_of_brackets() {
        let cut = |text: &str| -> Vec<String> {
            let mut body = Body::default();
            body.push(text, 0);
            body.sentences().iter().map(|s| text.get(s.start..s.end).unwrap().to_owned()).collect()
        };
        for (text, parts) in [
            ("守る。守らない。", vec!["守る。", "守らない。"]),
            ("職員(以下「職員」という。)は守る。", vec!["職員(以下「職員」という。)は守る。"]),
            ("可用性)を守る。次。", vec!["可用性)を守る。", "次。"]),
            ("開いた(まま。次。", vec!["開いた(まま。", "次。"]),
            ("「公文書」をいう(以下同じ。)。ただし", vec!["「公文書」をいう(以下同じ。)。", "ただし"]),
            ("　終わらない", vec!["終わらない"]),
        ] {
            assert_eq!(cut(text), parts);
        }
    }

    #[test]
    fn joined_characters_know_their_source() {
        let mut body = Body::default();
        body.push("情報", 10);
        body.push("資産を。", 30);
        assert_eq!(body.text, "情報資産を。");
        assert_eq!((body.source(0, false), body.source(6, false), body.source(6, true)), (10, 30, 16));
        assert_eq!(body.source(body.text.len(), true), 42);
    }
}
