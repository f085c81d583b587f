//! An import under review.
//!
//! Owns: what a person does with an import (confirm, correct, split, merge, move, annotate) as operations that keep what
//! always holds: the pieces cover the source, every number points at a node.
//! Leaves to others: screens, and writing the draft as a pack (`pack_text`).

use super::correction::{Correction, CorrectionError};
use super::result::{Chars, Import, Node, NodeKind, Piece, PieceKind, Span};
use super::structured::{Given, GivenStatement, Stand};

/// The longest title, note or gist that a correction may give, in characters.
pub(super) const WORDS_CHARS_MAX: usize = 4_000;

/// What a person decided about a statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Review {
    /// Nothing yet.
    #[default]
    Open,
    /// It is as shown.
    Confirmed,
    /// It is no statement.
    Dropped {
        /// Why, in words.
        reason: String,
    },
}

/// A note about a slip or an oddity of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Number of the node.
    pub node: usize,
    /// The words in question, at most 20 characters.
    pub quoted: String,
    /// What is odd about them.
    pub note: String,
}

/// An import with its source and what a person made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub(super) source: String,
    pub(super) import: Import,
    pub(super) reviews: Vec<Review>,
    pub(super) gists: Vec<Option<String>>,
    pub(super) same: Vec<Option<String>>,
    pub(super) annotations: Vec<Annotation>,
    pub(super) given: Given,
}

impl Draft {
    /// A draft nobody has looked at.
    #[must_use]
    pub fn new(source: String, import: Import) -> Self {
        let count = import.statements.len();
        Self {
            source,
            import,
            reviews: vec![Review::Open; count],
            gists: vec![None; count],
            same: vec![None; count],
            annotations: Vec::new(),
            given: Given::none(count),
        }
    }

    /// The text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The tree and its statements as they are now.
    #[must_use]
    pub fn import(&self) -> &Import {
        &self.import
    }

    /// What was decided about each statement.
    #[must_use]
    pub fn reviews(&self) -> &[Review] {
        &self.reviews
    }

    /// The gist a person gave a statement.
    #[must_use]
    pub fn gist(&self, statement: usize) -> Option<&str> {
        self.gists.get(statement).and_then(Option::as_deref)
    }

    /// The statement of another pack that a person said a statement is the same as.
    #[must_use]
    pub fn same(&self, statement: usize) -> Option<&str> {
        self.same.get(statement).and_then(Option::as_deref)
    }

    /// Notes about the text.
    #[must_use]
    pub fn annotations(&self) -> &[Annotation] {
        &self.annotations
    }

    /// Makes a correction, or changes nothing.
    ///
    /// # Errors
    /// When it points at nothing, or would leave something without a place.
    pub fn apply(&mut self, correction: Correction) -> Result<(), CorrectionError> {
        // Most corrections are words about a statement and leave the pieces alone: a review of thousands of them must not
        // walk the whole text for each.
        let moves_pieces = matches!(
            correction,
            Correction::SplitNode { .. } | Correction::MergeNode { .. } | Correction::Move { .. }
        );
        match correction {
            Correction::Confirm { statement } => self.review(statement, Review::Confirmed)?,
            Correction::Drop { statement, reason } => {
                self.review(statement, Review::Dropped { reason: words(reason)? })?;
            }
            Correction::Roles { statement, roles } => {
                let found =
                    self.import.statements.get_mut(statement).ok_or(CorrectionError::NoSuchStatement)?;
                found.roles = roles;
                found.roles_named = false;
            }
            Correction::Modality { statement, modality } => {
                let found =
                    self.import.statements.get_mut(statement).ok_or(CorrectionError::NoSuchStatement)?;
                found.modality = modality;
            }
            Correction::Same { statement, to } => {
                *self.same.get_mut(statement).ok_or(CorrectionError::NoSuchStatement)? = to;
            }
            Correction::Gist { statement, words: gist } => {
                let gist = words(gist)?;
                *self.gists.get_mut(statement).ok_or(CorrectionError::NoSuchStatement)? = Some(gist);
            }
            Correction::SplitStatement { statement, at } => self.split_statement(statement, at)?,
            Correction::MergeStatements { statement } => self.merge_statements(statement)?,
            Correction::SplitNode { node, at, label } => self.split_node(node, at, words(label)?)?,
            Correction::MergeNode { node } => self.merge_node(node)?,
            Correction::Move { node, parent } => self.move_node(node, parent)?,
            Correction::Name { node, label, title } => {
                let label = words(label)?;
                let title = title.map(words).transpose()?;
                let found = self.node_mut(node)?;
                found.label = label;
                found.title = title;
                self.relabel();
            }
            Correction::Annotate { node, quoted, note } => {
                if node >= self.import.nodes.len() {
                    return Err(CorrectionError::NoSuchNode);
                }
                if quoted.chars().count() > 20 {
                    return Err(CorrectionError::Words);
                }
                self.annotations.push(Annotation { node, quoted, note: words(note)? });
            }
        }
        if moves_pieces {
            self.import.respan();
        }
        self.import.count();
        Ok(())
    }

    fn review(&mut self, statement: usize, review: Review) -> Result<(), CorrectionError> {
        *self.reviews.get_mut(statement).ok_or(CorrectionError::NoSuchStatement)? = review;
        Ok(())
    }

    /// A node that is not the document.
    fn node_mut(&mut self, node: usize) -> Result<&mut Node, CorrectionError> {
        self.import.nodes.get_mut(node).filter(|_| node > 0).ok_or(CorrectionError::NoSuchNode)
    }

    fn split_statement(&mut self, statement: usize, at: usize) -> Result<(), CorrectionError> {
        let found = self.import.statements.get(statement).ok_or(CorrectionError::NoSuchStatement)?;
        let Span { start, end, .. } = found.span;
        if at <= start || at >= end || !self.source.is_char_boundary(at) {
            return Err(CorrectionError::NotInside);
        }
        let chars = Chars::new(&self.source);
        let (left, right) = (chars.span(start, at), chars.span(at, end));
        let (mut first, mut second) = (found.clone(), found.clone());
        first.text = joined(&self.import.pieces, &self.source, left);
        second.text = joined(&self.import.pieces, &self.source, right);
        first.references.retain(|r| r.span.start < at);
        second.references.retain(|r| r.span.start >= at);
        first.span = left;
        second.span = right;
        if let Some(slot) = self.import.statements.get_mut(statement) {
            *slot = first;
        }
        self.import.statements.insert(statement + 1, second);
        self.reviews.insert(statement + 1, Review::Open);
        self.gists.insert(statement + 1, None);
        self.same.insert(statement + 1, None);
        self.split_given(statement);
        self.review(statement, Review::Open)
    }

    fn merge_statements(&mut self, statement: usize) -> Result<(), CorrectionError> {
        let first = self.import.statements.get(statement).ok_or(CorrectionError::NoSuchStatement)?;
        let second = self.import.statements.get(statement + 1).filter(|s| s.node == first.node);
        let second = second.ok_or(CorrectionError::NothingNext)?.clone();
        let span = Chars::new(&self.source).span(first.span.start, second.span.end.max(first.span.end));
        let text = joined(&self.import.pieces, &self.source, span);
        if let Some(first) = self.import.statements.get_mut(statement) {
            first.span = span;
            first.text = text;
            first.references.extend(second.references);
            first.exceptions.extend(second.exceptions);
        }
        self.import.statements.remove(statement + 1);
        self.reviews.remove(statement + 1);
        self.gists.remove(statement + 1);
        self.same.remove(statement + 1);
        self.merge_given(statement);
        self.review(statement, Review::Open)
    }

    /// What a structured source said holds for both halves, but for what is one statement's alone.
    fn split_given(&mut self, statement: usize) {
        let Some(first) = self.given.statements.get(statement) else { return };
        let second = GivenStatement {
            id: None,
            ascii: None,
            title: None,
            gist_en: None,
            stand: Stand::New,
            ..first.clone()
        };
        self.given.statements.insert(statement + 1, second);
    }

    fn merge_given(&mut self, statement: usize) {
        if statement + 1 >= self.given.statements.len() {
            return;
        }
        let second = self.given.statements.remove(statement + 1);
        let Some(first) = self.given.statements.get_mut(statement) else { return };
        fn added<T: PartialEq>(to: &mut Vec<T>, from: Vec<T>) {
            for one in from {
                if !to.contains(&one) {
                    to.push(one);
                }
            }
        }
        added(&mut first.parameters, second.parameters);
        added(&mut first.mechanisms, second.mechanisms);
        added(&mut first.acts, second.acts);
        added(&mut first.sources, second.sources);
        added(&mut first.relations, second.relations);
    }

    fn split_node(&mut self, node: usize, at: usize, label: String) -> Result<(), CorrectionError> {
        if node >= self.import.nodes.len() {
            return Err(CorrectionError::NoSuchNode);
        }
        let inside = |p: &Piece| p.node == node && p.span.start <= at && at < p.span.end;
        let index = self.import.pieces.iter().position(inside).ok_or(CorrectionError::NotInside)?;
        let begins = self.import.pieces.iter().position(|p| p.node == node) == Some(index);
        let piece = self.import.pieces.get(index).copied().ok_or(CorrectionError::NotInside)?;
        let whole_moves = begins && piece.span.start == at;
        if whole_moves || !self.source.is_char_boundary(at) {
            return Err(CorrectionError::NotInside);
        }
        if piece.span.start < at {
            let chars = Chars::new(&self.source);
            let (left, right) = (chars.span(piece.span.start, at), chars.span(at, piece.span.end));
            if let Some(slot) = self.import.pieces.get_mut(index) {
                slot.span = left;
            }
            self.import.pieces.insert(index + 1, Piece { span: right, ..piece });
        }
        // Nodes stand in the order of the text: the new one before the first that begins behind it.
        let starts = |n: &Node| n.spans.first().is_some_and(|s| s.start >= at);
        let new = self.import.nodes.iter().position(starts).unwrap_or(self.import.nodes.len()).max(node + 1);
        self.renumber(|n| if n >= new { n + 1 } else { n });
        let parent = self.import.nodes.get(node).and_then(|n| n.parent).or(Some(0));
        let style = self.import.nodes.get(node).and_then(|n| n.style);
        let kind = match self.import.nodes.get(node).map(|n| n.kind) {
            Some(kind @ (NodeKind::Item | NodeKind::Row | NodeKind::Contents | NodeKind::Supplementary)) => {
                kind
            }
            _ => NodeKind::Clause,
        };
        self.import.nodes.insert(
            new,
            Node {
                parent,
                kind,
                style,
                numbers: Vec::new(),
                printed: String::new(),
                label,
                title: None,
                spans: Vec::new(),
            },
        );
        for piece in &mut self.import.pieces {
            if piece.node == node && piece.span.start >= at {
                piece.node = new;
                // What was the heading or the number of the old part is neither for the new one.
                if matches!(piece.kind, PieceKind::Title | PieceKind::Label) {
                    piece.kind = PieceKind::Text;
                }
            }
        }
        for (number, child) in self.import.nodes.iter_mut().enumerate() {
            if number > new && child.parent == Some(node) && node != 0 {
                child.parent = Some(new);
            }
        }
        for statement in &mut self.import.statements {
            if statement.node == node && statement.span.start >= at {
                statement.node = new;
            }
        }
        for place in self.import.terms.iter_mut().map(|t| &mut t.node) {
            if *place == new {
                *place = node;
            }
        }
        self.relabel();
        Ok(())
    }

    fn merge_node(&mut self, node: usize) -> Result<(), CorrectionError> {
        self.node_mut(node)?;
        let first = self.import.pieces.iter().position(|p| p.node == node);
        let before =
            first.and_then(|f| f.checked_sub(1)).and_then(|f| self.import.pieces.get(f)).map(|p| p.node);
        let parent = self.import.nodes.get(node).and_then(|n| n.parent).unwrap_or(0);
        // A node without words goes to its parent.
        let target = before.unwrap_or(parent);
        if target == node || self.is_below(target, node) {
            return Err(CorrectionError::NothingNext);
        }
        for piece in &mut self.import.pieces {
            if piece.node == node {
                piece.node = target;
                if matches!(piece.kind, PieceKind::Title | PieceKind::Label) {
                    piece.kind = PieceKind::Text;
                }
            }
        }
        for child in &mut self.import.nodes {
            if child.parent == Some(node) {
                child.parent = Some(target);
            }
        }
        self.renumber(|n| if n == node { target } else { n });
        self.import.nodes.remove(node);
        self.renumber(|n| if n > node { n - 1 } else { n });
        self.relabel();
        Ok(())
    }

    fn move_node(&mut self, node: usize, parent: usize) -> Result<(), CorrectionError> {
        if parent >= self.import.nodes.len() {
            return Err(CorrectionError::NoSuchNode);
        }
        self.node_mut(node)?;
        if parent == node || self.is_below(parent, node) {
            return Err(CorrectionError::Circle);
        }
        self.node_mut(node)?.parent = Some(parent);
        Ok(())
    }

    /// Whether `node` stands below `upper`.
    fn is_below(&self, node: usize, upper: usize) -> bool {
        let mut at = Some(node);
        for _ in 0..=self.import.nodes.len() {
            at = at.and_then(|n| self.import.nodes.get(n)).and_then(|n| n.parent);
            match at {
                Some(n) if n == upper => return true,
                Some(_) => {}
                None => return false,
            }
        }
        false
    }

    /// Changes every number of a node.
    fn renumber(&mut self, change: impl Fn(usize) -> usize) {
        let import = &mut self.import;
        for parent in import.nodes.iter_mut().filter_map(|n| n.parent.as_mut()) {
            *parent = change(*parent);
        }
        let places = import
            .pieces
            .iter_mut()
            .map(|p| &mut p.node)
            .chain(import.statements.iter_mut().map(|s| &mut s.node))
            .chain(import.terms.iter_mut().map(|t| &mut t.node))
            .chain(import.days.iter_mut().map(|d| &mut d.node))
            .chain(import.appointments.iter_mut().map(|a| &mut a.node))
            .chain(import.findings.iter_mut().map(|f| &mut f.node))
            .chain(self.annotations.iter_mut().map(|a| &mut a.node));
        for place in places {
            *place = change(*place);
        }
        self.given.renumber(&change);
        for reference in import.statements.iter_mut().flat_map(|s| &mut s.references) {
            for node in &mut reference.nodes {
                *node = change(*node);
            }
        }
    }

    fn relabel(&mut self) {
        for statement in &mut self.import.statements {
            if let Some(node) = self.import.nodes.get(statement.node) {
                statement.label.clone_from(&node.label);
            }
        }
    }
}

/// Words of a person, within bounds.
fn words(words: String) -> Result<String, CorrectionError> {
    let count = words.chars().count();
    ((1..=WORDS_CHARS_MAX).contains(&count) && !words.trim().is_empty())
        .then_some(words)
        .ok_or(CorrectionError::Words)
}

/// The words of a span without line ends and page numbers.
fn joined(pieces: &[Piece], source: &str, span: Span) -> String {
    pieces
        .iter()
        .filter(|p| p.kind == PieceKind::Text && p.span.start < span.end && span.start < p.span.end)
        .filter_map(|p| source.get(p.span.start.max(span.start)..p.span.end.min(span.end)))
        .map(|words| words.trim_matches(super::normal::is_blank))
        .collect()
}
