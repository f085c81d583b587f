//! Tables: those with bars, and those that lost their lines on the way.
//!
//! Owns: which lines are heads and rows of one.
//! Leaves to others: items inside of rows, and what a row demands (`tree`, `read`).

use super::lines::Line;
use super::normal::{is_blank, is_japanese};
use super::result::{NodeKind, PieceKind};
use super::tree::Builder;

impl Builder<'_> {
    /// A row of a table with bars.
    pub(super) fn piped(&mut self, line: Line) {
        let table = match &self.table {
            Some((table, _)) => *table,
            None => {
                let parent = self.state.open.last().map_or(0, |o| o.node);
                let label = self.label_of(parent);
                let table = self.node(parent, NodeKind::Table, None, Vec::new(), String::new(), label);
                self.table = Some((table, String::new()));
                self.words_piece(table, line, line.start, PieceKind::Text);
                self.here = table;
                return;
            }
        };
        let label = self.label_of(table);
        let row = self.node(table, NodeKind::Row, None, Vec::new(), String::new(), label);
        self.words_piece(row, line, line.start, PieceKind::Text);
        self.here = row;
    }

    /// 分類 分類基準 取扱制限 above rows that begin with the same word: a table that lost its lines.
    pub(super) fn table_head(&mut self, at: usize, line: Line, words: &str) -> bool {
        let cells: Vec<&str> = words.split(is_blank).filter(|w| !w.is_empty()).collect();
        let cell = |w: &&str| {
            let count = w.chars().count();
            (2..=10).contains(&count) && w.chars().all(|c| is_japanese(c) && !"、。（）「」・".contains(c))
        };
        if !(2..=6).contains(&cells.len()) || !cells.iter().all(cell) || !self.state.finished {
            return false;
        }
        let Some((_, next)) = self.next_words(at + 1) else { return false };
        let Some(key) = row_key(next.words(self.tree.text)) else { return false };
        let parent = self.state.open.last().map_or(0, |o| o.node);
        let label = self.label_of(parent);
        let table = self.node(parent, NodeKind::Table, None, Vec::new(), String::new(), label);
        self.words_piece(table, line, line.start, PieceKind::Text);
        self.here = table;
        self.table = Some((table, key));
        true
    }

    pub(super) fn row(&mut self, line: Line, words: &str) -> bool {
        let Some((table, key)) = &self.table else { return false };
        if key.is_empty() || row_key(words).as_ref() != Some(key) {
            return false;
        }
        let table = *table;
        let label = self.label_of(table);
        let row = self.node(table, NodeKind::Row, None, Vec::new(), String::new(), label);
        self.words_piece(row, line, line.start, PieceKind::Text);
        self.here = row;
        true
    }
}

/// The first word of a row, numbered 機密性３ like its sisters, without the figure.
fn row_key(words: &str) -> Option<String> {
    let (first, rest) = words.split_once(is_blank)?;
    let key = first.trim_end_matches(|c: char| c.is_ascii_digit() || ('０'..='９').contains(&c));
    let count = key.chars().count();
    (key.len() < first.len()
        && (2..=8).contains(&count)
        && !rest.is_empty()
        && !key.contains(['(', '（', '第']))
    .then(|| key.to_owned())
}
