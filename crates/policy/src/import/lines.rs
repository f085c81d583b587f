//! The source as lines.
//!
//! Owns: cutting the source into lines that cover it, taking layout and Markdown marks off each, and telling blank
//! lines, page numbers, rows of tables and lines of a table of contents from text.
//! Leaves to others: what a line of text says (`label`, `tree`).

use super::normal::{is_blank, squeezed, width};

/// What a line is by its looks alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    /// Nothing but blanks.
    Blank,
    /// A number that stands alone and belongs to the paper.
    PageNumber,
    /// `| a | b |`.
    Row,
    /// `|---|---|` and `-----`.
    Rule,
    /// Ends in a leader and a page number.
    Contents,
    /// Anything else.
    Text,
}

/// One line; all numbers are bytes of the source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Where it begins.
    pub(super) start: usize,
    /// Where its words begin: behind blanks and Markdown marks.
    pub(super) from: usize,
    /// Where its words end.
    pub(super) to: usize,
    /// Behind its terminator; the next line begins here.
    pub(super) end: usize,
    /// Number of `#`, or 0.
    pub(super) heading: u8,
    /// Whether it was an item of a Markdown list.
    pub(super) listed: bool,
    /// Columns that its words take on paper.
    pub(super) width: u32,
    pub(super) kind: LineKind,
}

impl Line {
    pub(super) fn words<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.from..self.to).unwrap_or("")
    }
}

/// Cuts the text. The lines cover it from the first byte to the last.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let ends = match c {
            '\r' => {
                // CR LF is one end.
                if chars.peek().is_some_and(|(_, c)| *c == '\n') {
                    continue;
                }
                true
            }
            '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => true,
            _ => false,
        };
        if ends {
            let end = at + c.len_utf8();
            lines.push(line(text, start, end));
            start = end;
        }
    }
    if start < text.len() {
        lines.push(line(text, start, text.len()));
    }
    lines
}

fn line(text: &str, start: usize, end: usize) -> Line {
    let whole = text.get(start..end).unwrap_or("");
    let to = start + whole.trim_end_matches(is_blank).len();
    let mut line =
        Line { start, from: to, to, end, heading: 0, listed: false, width: 0, kind: LineKind::Blank };
    let body = text.get(start..to).unwrap_or("");
    let trimmed = body.trim_start_matches(is_blank);
    if trimmed.is_empty() {
        return line;
    }
    let rest = without_marks(trimmed, &mut line);
    line.from = to - rest.len();
    line.width = width(rest);
    line.kind = kind(rest, &line);
    line
}

/// Takes `>`, `#`, list marks and the stars of bold text off the front.
fn without_marks<'t>(words: &'t str, line: &mut Line) -> &'t str {
    let mut rest = words;
    while let Some(quoted) = rest.strip_prefix('>') {
        rest = quoted.trim_start_matches(is_blank);
    }
    let hashes = rest.chars().take_while(|c| *c == '#').count();
    if let Some(heading) = rest.get(hashes..)
        && (1..=6).contains(&hashes)
        && heading.starts_with(is_blank)
    {
        line.heading = u8::try_from(hashes).unwrap_or(6);
        rest = heading.trim_start_matches(is_blank);
    }
    for mark in ["- ", "* ", "+ ", "-\t", "*\t", "+\t"] {
        if let Some(item) = rest.strip_prefix(mark) {
            line.listed = true;
            rest = item.trim_start_matches(is_blank);
            break;
        }
    }
    rest.strip_prefix("**").unwrap_or(rest)
}

fn kind(words: &str, line: &Line) -> LineKind {
    if words.starts_with('|') && words.len() > 1 {
        let only_rule = words.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '+' | '='));
        return if only_rule { LineKind::Rule } else { LineKind::Row };
    }
    if words.chars().count() >= 3 && words.chars().all(|c| matches!(c, '-' | '=' | '_' | '*' | '─' | '━'))
    {
        return LineKind::Rule;
    }
    if line.heading == 0 && !line.listed && is_page_number(words) {
        return LineKind::PageNumber;
    }
    if contents_entry(words).is_some() { LineKind::Contents } else { LineKind::Text }
}

/// `12`, `- 12 -`, `12/30`, `P.12`, `12ページ`.
pub(super) fn is_page_number(words: &str) -> bool {
    let squeezed = squeezed(words);
    let dash = |c: char| matches!(c, '-' | '‐' | '–' | '—' | '―' | '−' | '－' | '~' | '～' | '・');
    let core = squeezed.trim_matches(dash);
    let core = ["P.", "p.", "Ｐ．", "P", "p", "Ｐ", "ページ", "頁", "Page", "page"]
        .iter()
        .fold(core, |core, word| core.strip_prefix(word).unwrap_or(core));
    let core = ["ページ", "頁"].iter().fold(core, |core, word| core.strip_suffix(word).unwrap_or(core));
    let number = |part: &str| {
        let count = part.chars().count();
        (1..=4).contains(&count) && part.chars().all(|c| c.is_ascii_digit() || ('０'..='９').contains(&c))
    };
    match core.split_once(['/', '／']) {
        Some((page, all)) => number(page) && number(all),
        None => number(core),
    }
}

/// What a line of a table of contents says before its leader and page number.
pub(super) fn contents_entry(words: &str) -> Option<&str> {
    let head = words.trim_end_matches(is_blank);
    let digits = head
        .chars()
        .rev()
        .take_while(|c| c.is_ascii_digit() || ('０'..='９').contains(c) || matches!(c, '-' | '－'))
        .collect::<Vec<_>>();
    let number: usize = digits.iter().map(|c| c.len_utf8()).sum();
    if digits.is_empty() || digits.len() > 5 {
        return None;
    }
    let before = head.get(..head.len() - number)?;
    let is_dot = |c: char| matches!(c, '.' | '．' | '…' | '‥' | '・' | '･' | '·' | '⋯' | '_' | '─' | '-');
    let entry = before.trim_end_matches(|c: char| is_blank(c) || is_dot(c));
    let leader = before.get(entry.len()..)?;
    let dots: usize =
        leader.chars().map(|c| if matches!(c, '…' | '⋯') { 3 } else { usize::from(is_dot(c)) }).sum();
    // A tab leads to a page number; one blank alone may part a word from a figure of the text.
    (!entry.is_empty() && (dots >= 3 || (leader.contains('\t') && entry.chars().count() < 60)))
        .then_some(entry)
}

/// Whether a line announces the table of contents.
pub(super) fn is_contents_head(words: &str) -> bool {
    let squeezed = squeezed(words);
    let core = squeezed.trim_matches(|c| {
        matches!(c, '【' | '】' | '[' | ']' | '<' | '>' | '＜' | '＞' | '〈' | '〉' | '-' | '－' | '*')
    });
    matches!(core, "目次" | "もくじ" | "目録" | "CONTENTS" | "Contents")
}

/// The columns of a full line: most of the lines that a program broke end near it.
pub(super) fn wrap_width(lines: &[Line]) -> u32 {
    let mut widths: Vec<u32> = lines.iter().filter(|l| l.kind == LineKind::Text).map(|l| l.width).collect();
    widths.sort_unstable();
    widths.get(widths.len().saturating_sub(1) * 9 / 10).copied().unwrap_or(0).max(20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_cover_the_text() {
        for text in ["", "a", "a\n", "a\r\nb\rc\u{c}d\u{2028}\n\n", "\u{feff}　一\n", "\r"] {
            let lines = lines(text);
            let glued: String = lines.iter().filter_map(|l| text.get(l.start..l.end)).collect();
            assert_eq!(glued, text);
            assert!(lines.iter().all(|l| l.start <= l.from && l.from <= l.to && l.to <= l.end));
        }
    }

    #[test]
    fn looks() {
        for (text, kind, words) in [
            ("   \t　", LineKind::Blank, ""),
            ("12", LineKind::PageNumber, "12"),
            (" － １２ － ", LineKind::PageNumber, "－ １２ －"),
            ("3/40", LineKind::PageNumber, "3/40"),
            ("２０２６年", LineKind::Text, "２０２６年"),
            ("### (1) 範囲", LineKind::Text, "(1) 範囲"),
            ("- ア 表示", LineKind::Text, "ア 表示"),
            ("1\t目的.....\t2", LineKind::Contents, "1\t目的.....\t2"),
            ("第1章　総則 ………………… １", LineKind::Contents, "第1章　総則 ………………… １"),
            ("4 適用範囲 2", LineKind::Text, "4 適用範囲 2"),
            ("| a | b |", LineKind::Row, "| a | b |"),
            ("|---|:-:|", LineKind::Rule, "|---|:-:|"),
            ("-1234567", LineKind::Text, "-1234567"),
        ] {
            let line = line(text, 0, text.len());
            assert_eq!((line.kind, line.words(text)), (kind, words), "{text}");
        }
        assert!(
            is_contents_head("目　　次") && is_contents_head("【目次】") && !is_contents_head("目次を作る")
        );
    }
}
