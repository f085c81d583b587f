//! Other places that a sentence speaks of.
//!
//! Owns: finding 上記3, 前項, 次の各号, 第3条第2項, （１）の, 2.2(1) in a sentence and the nodes they mean.
//! Leaves to others: laws and rules outside of the text, which have names and no node here.

use std::collections::HashMap;

use super::Style;
use super::body::{Body, Sentence};
use super::label::labels;
use super::numeral::{next_char, read_number};
use super::result::{Finding, FindingKind, Node, NodeKind, Reference};
use super::tree::{FINDINGS_MAX, Tree};

/// A sentence that speaks of more places than this says no more by them.
const REFERENCES_MAX: usize = 100;

/// The nodes as a family: what is asked for often is found at once.
pub(super) struct Family {
    children: Vec<Vec<usize>>,
    /// The first child of a node with a style and numbers.
    named: HashMap<(usize, Style, Vec<u32>), usize>,
    /// The first node of the text with a style and numbers.
    anywhere: HashMap<(Style, Vec<u32>), usize>,
}

impl Family {
    pub(super) fn new(nodes: &[Node]) -> Self {
        let mut children = vec![Vec::new(); nodes.len()];
        let (mut named, mut anywhere) = (HashMap::new(), HashMap::new());
        for (number, node) in nodes.iter().enumerate() {
            let Some(parent) = node.parent else { continue };
            if let Some(list) = children.get_mut(parent) {
                list.push(number);
            }
            if let Some(style) = node.style.filter(|_| !node.numbers.is_empty()) {
                named.entry((parent, style, node.numbers.clone())).or_insert(number);
                anywhere.entry((style, node.numbers.clone())).or_insert(number);
            }
        }
        Self { children, named, anywhere }
    }

    pub(super) fn children(&self, node: usize) -> &[usize] {
        self.children.get(node).map_or(&[], Vec::as_slice)
    }

    /// The sister of the same style before a node.
    pub(super) fn before(&self, nodes: &[Node], node: usize) -> Option<usize> {
        let own = nodes.get(node)?;
        let sisters = self.children(own.parent?);
        let earlier = sisters.get(..sisters.partition_point(|n| *n < node))?;
        // Only the nearest count: what stands further off is another list.
        let mut near = earlier.iter().rev().take(50).copied();
        near.find(|n| nodes.get(*n).is_some_and(|s| s.style == own.style))
    }

    fn child(&self, node: usize, style: Style, numbers: &[u32]) -> Option<usize> {
        self.named.get(&(node, style, numbers.to_vec())).copied()
    }

    fn anywhere(&self, style: Style, numbers: &[u32]) -> Option<usize> {
        self.anywhere.get(&(style, numbers.to_vec())).copied()
    }
}

/// Finds the references of a sentence.
pub(super) fn references(
    tree: &Tree<'_>,
    family: &Family,
    node: usize,
    body: &Body,
    sentence: Sentence,
    findings: &mut Vec<Finding>,
) -> Vec<Reference> {
    let text = body.text.get(sentence.start..sentence.end).unwrap_or("");
    let mut found: Vec<Reference> = Vec::new();
    let mut at = 0;
    while at < text.len() && found.len() < REFERENCES_MAX {
        let Some((length, nodes, inner)) = at_place(tree, family, node, text, at) else {
            at += next_char(text, at).map_or(1, char::len_utf8);
            continue;
        };
        let (start, end) = (sentence.start + at, sentence.start + at + length);
        let span = body.span(tree, start, end);
        if nodes.is_empty() && inner && findings.len() < FINDINGS_MAX {
            let quoted = text.get(at..at + length).unwrap_or("").chars().take(20).collect();
            findings.push(Finding { kind: FindingKind::ReferenceOpen, node, span, quoted });
        }
        found.push(Reference { words: text.get(at..at + length).unwrap_or("").to_owned(), span, nodes });
        at += length.max(1);
    }
    found
}

/// The reference that begins at a byte of the sentence: its length, its nodes, and whether they must be in this text.
fn at_place(
    tree: &Tree<'_>,
    family: &Family,
    node: usize,
    text: &str,
    at: usize,
) -> Option<(usize, Vec<usize>, bool)> {
    let rest = text.get(at..)?;
    let nodes = tree.nodes.as_slice();
    let mine = || nearest_numbered(nodes, node);
    for word in
        ["次の各号", "次に掲げる", "以下に掲げる", "次の事項", "以下の事項", "次のとおり", "以下のとおり"]
    {
        if rest.starts_with(word) {
            return Some((word.len(), family.children(node).to_vec(), false));
        }
    }
    for (word, style) in
        [("前条", Some(Style::Article)), ("前章", Some(Style::Chapter)), ("前項", None), ("前号", None)]
    {
        if rest.starts_with(word) {
            let from = match style {
                Some(style) => ancestors(nodes, node).find(|n| style_of(nodes, *n) == Some(style)),
                None => mine(),
            };
            let before = from.and_then(|n| family.before(nodes, n).or_else(|| article_text(nodes, n)));
            return Some((word.len(), before.into_iter().collect(), true));
        }
    }
    for word in ["上記の項番", "前記の項番", "上記", "前記", "上の"] {
        let Some(tail) = rest.strip_prefix(word) else { continue };
        let (length, numbers) = number_list(tail);
        if numbers.is_empty() {
            return None;
        }
        let nodes = numbers.iter().filter_map(|n| by_number(tree, family, node, n)).collect();
        return Some((word.len() + length, nodes, true));
    }
    if rest.starts_with('第') {
        return article(tree, family, node, rest);
    }
    // （１）の分類: a sister, or a sister of something above.
    if rest.starts_with(['(', '（', '①']) || rest.chars().next().is_some_and(|c| ('②'..='⑳').contains(&c))
    {
        let length = if rest.starts_with(['(', '（']) {
            let (at, close) = rest.char_indices().take(6).find(|(_, c)| matches!(c, ')' | '）'))?;
            at + close.len_utf8()
        } else {
            3
        };
        let tail = rest.get(length..)?;
        if !tail.starts_with(['の', 'に', 'か', '及', '又', 'と']) {
            return None;
        }
        // Read alone: behind a label that is spoken of nothing may follow.
        let label = labels(rest.get(..length)?).into_iter().next()?;
        let target = ancestors(nodes, node).find_map(|n| {
            let parent = nodes.get(n)?.parent?;
            family.child(parent, label.style, &label.numbers)
        });
        return target.map(|target| (length, vec![target], false));
    }
    None
}

/// The node and everything above it.
fn ancestors(nodes: &[Node], node: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(node), |n| nodes.get(*n).and_then(|n| n.parent))
}

fn style_of(nodes: &[Node], node: usize) -> Option<Style> {
    nodes.get(node).and_then(|n| n.style)
}

/// The numbered part that a row or an item stands in.
fn nearest_numbered(nodes: &[Node], node: usize) -> Option<usize> {
    ancestors(nodes, node)
        .find(|n| nodes.get(*n).is_some_and(|n| matches!(n.kind, NodeKind::Clause | NodeKind::Supplementary)))
}

/// Before the second paragraph of an article stands its own text.
fn article_text(nodes: &[Node], node: usize) -> Option<usize> {
    let item = nodes.get(node)?;
    let parent = item.parent?;
    let of_article = style_of(nodes, parent) == Some(Style::Article) && item.style == Some(Style::Decimal(1));
    of_article.then_some(parent)
}

/// `3`, `６、７及び８`, `2.3`: the numbers of a list and its length.
fn number_list(tail: &str) -> (usize, Vec<Vec<u32>>) {
    let mut numbers: Vec<Vec<u32>> = Vec::new();
    let mut at = 0;
    loop {
        let mut next = at;
        if !numbers.is_empty() {
            let link = ["、", "，", ",", "及び", "並びに", "又は", "・"]
                .iter()
                .find(|link| tail.get(next..).is_some_and(|t| t.starts_with(**link)));
            match link {
                Some(link) => next += link.len(),
                None => break,
            }
        }
        let Some(first) = read_number(tail, &mut next) else { break };
        let mut number = vec![first];
        while let Some(c @ ('.' | '．')) = next_char(tail, next) {
            let mut behind = next + c.len_utf8();
            let Some(part) = read_number(tail, &mut behind) else { break };
            number.push(part);
            next = behind;
        }
        numbers.push(number);
        at = next;
        if numbers.len() > 20 {
            break;
        }
    }
    (at, numbers)
}

/// The nearest part with a number: of a sister, of a sister of what stands above, or anywhere.
fn by_number(tree: &Tree<'_>, family: &Family, node: usize, numbers: &[u32]) -> Option<usize> {
    let nodes = tree.nodes.as_slice();
    let style = Style::Decimal(u8::try_from(numbers.len()).ok()?);
    ancestors(nodes, node)
        .find_map(|n| {
            let parent = nodes.get(n)?.parent?;
            family.child(parent, style, numbers)
        })
        .or_else(|| family.anywhere(style, numbers))
}

/// 第3条第2項第1号, 第2項, 第2章.
fn article(tree: &Tree<'_>, family: &Family, node: usize, rest: &str) -> Option<(usize, Vec<usize>, bool)> {
    let nodes = tree.nodes.as_slice();
    let mut at = 0;
    let mut here: Option<usize> = None;
    let mut parts = 0;
    while rest.get(at..).is_some_and(|t| t.starts_with('第')) && parts < 6 {
        let mut next = at + '第'.len_utf8();
        let Some(number) = read_number(rest, &mut next) else { break };
        let Some(unit) = next_char(rest, next) else { break };
        let mut numbers = vec![number];
        next += unit.len_utf8();
        while rest.get(next..).is_some_and(|t| t.starts_with('の')) {
            let mut behind = next + 'の'.len_utf8();
            let Some(branch) = read_number(rest, &mut behind) else { break };
            numbers.push(branch);
            next = behind;
        }
        let any = |style: Style| family.anywhere(style, &numbers);
        let found = match unit {
            '編' => any(Style::Part),
            '章' => any(Style::Chapter),
            '節' => any(Style::Section),
            '条' => any(Style::Article),
            '項' | '号' => {
                let within = here
                    .or_else(|| ancestors(nodes, node).find(|n| style_of(nodes, *n) == Some(Style::Article)));
                within.and_then(|w| paragraph(nodes, family, w, unit, &numbers))
            }
            _ => break,
        };
        here = found;
        at = next;
        parts += 1;
    }
    // A law's article is no part of this text: 地方自治法第244条, 条例第3条.
    (parts > 0).then(|| (at, here.into_iter().collect(), false))
}

fn paragraph(nodes: &[Node], family: &Family, within: usize, unit: char, numbers: &[u32]) -> Option<usize> {
    if unit == '項' && numbers == [1] && style_of(nodes, within) == Some(Style::Article) {
        return Some(within);
    }
    let styles: &[Style] = if unit == '項' {
        &[Style::Decimal(1)]
    } else {
        &[Style::Kanji, Style::Bracketed, Style::Decimal(1)]
    };
    styles.iter().find_map(|style| family.child(within, *style, numbers))
}
