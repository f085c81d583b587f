//! Where a label belongs.
//!
//! Owns: how well a label fits to the parts that are open, at which level, and what is odd about it there.
//! Leaves to others: reading labels (`label`), building the tree (`tree`).

use super::Style;
use super::label::{Label, is_first};
use super::result::FindingKind;
use super::tree::{Open, State};

/// A place for a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// How well it fits; the best reading of a line wins.
    pub(super) score: u8,
    /// Parts that stay open above it.
    pub(super) keep: usize,
    /// What a person should look at.
    pub(super) finding: Option<FindingKind>,
}

/// The exact next number.
const NEXT: u8 = 100;
/// The first of a list below.
const FIRST: u8 = 90;
/// A list goes on behind a heading that interrupted it.
const RESUMED: u8 = 80;
/// Numbers are missing.
const SKIPPED: u8 = 70;
/// A list begins again at its own level.
const AGAIN: u8 = 50;
/// A list begins late.
const LATE: u8 = 40;
/// A number that was there.
const REPEATED: u8 = 30;

/// The place of a label, or `None` when the line only looks as if it began with one. `short`: the line looks like a
/// heading.
pub(super) fn place(state: &State, label: &Label, short: bool) -> Option<Place> {
    if let Style::Decimal(depth) = label.style
        && depth >= 2
    {
        return outline(state, label);
    }
    let open = &state.open;
    let fixed = label.style.height() < u8::MAX;
    // A preface ends where the numbered text begins.
    let ends_preface = fixed || matches!(label.style, Style::Decimal(_) | Style::Kanji);
    let preface = open.iter().position(|o| o.preface).filter(|_| ends_preface);
    let at = open.iter().rposition(|o| o.style == label.style).filter(|at| preface.is_none_or(|p| p > *at));
    if let Some(at) = at
        && let Some(upper) = open.get(at)
    {
        return among(upper, label, at, short, state.finished);
    }
    let mut keep = match preface {
        Some(preface) => preface,
        None if fixed => {
            open.iter().position(|o| o.style.height() >= label.style.height()).unwrap_or(open.len())
        }
        None => open.len(),
    };
    if matches!(label.style, Style::Named | Style::Supplementary) {
        return Some(Place { score: FIRST, keep: 0, finding: None });
    }
    let resumed = state.ended.get(&label.style).is_some_and(|last| follows(last, &label.numbers));
    if is_first(label.style, label.last()) {
        if !label.sure && !state.finished {
            return None;
        }
        if !fixed {
            keep = lifted(state, label.style, keep);
        }
        return Some(Place { score: if label.sure { FIRST } else { FIRST - 5 }, keep, finding: None });
    }
    // 第1条 has its first paragraph without a number.
    let in_article = open.last().is_some_and(|o| o.style == Style::Article);
    if label.style == Style::Decimal(1) && label.last() == 2 && in_article && state.finished {
        return Some(Place { score: FIRST, keep, finding: None });
    }
    if resumed && (label.sure || (short && state.finished)) {
        return Some(Place { score: RESUMED, keep, finding: None });
    }
    if fixed && label.sure {
        // Chapters and articles run through the text: behind a heading they simply go on.
        let finding = (!open.is_empty()
            && !resumed
            && !label.numbers.is_empty()
            && state.ended.contains_key(&label.style))
        .then_some(FindingKind::NumberSkipped);
        return Some(Place { score: LATE, keep, finding });
    }
    let late = Place { score: LATE, keep, finding: Some(FindingKind::NumberLate) };
    (label.sure || (open.is_empty() && short && label.last() < 30)).then_some(late)
}

/// The place among the siblings of an open part.
fn among(upper: &Open, label: &Label, keep: usize, short: bool, finished: bool) -> Option<Place> {
    if follows(&upper.numbers, &label.numbers) {
        return Some(Place { score: NEXT, keep, finding: None });
    }
    let (last, new) = (upper.numbers.last().copied().unwrap_or(0), label.last());
    let (score, finding) = if label.numbers > upper.numbers && !(new > 100 && last <= 100) {
        if !label.sure && (new.saturating_sub(last) > 3 || !finished) {
            return None;
        }
        (SKIPPED, FindingKind::NumberSkipped)
    } else if is_first(label.style, new) && label.numbers.len() == 1 {
        if !label.sure && !(finished && (short || label.style != Style::Decimal(1))) {
            return None;
        }
        (AGAIN, FindingKind::NumberRepeated)
    } else {
        if !label.sure {
            return None;
        }
        (REPEATED, FindingKind::NumberRepeated)
    };
    // 附則 come several times, and none of them has a number.
    let unnumbered = matches!(label.style, Style::Supplementary | Style::Named);
    Some(Place { score, keep, finding: (!unnumbered).then_some(finding) })
}

/// Whether a number is the next: 3 after 2, 第3条の2 after 第3条, 第4条 after 第3条の2.
fn follows(last: &[u32], new: &[u32]) -> bool {
    match (last, new) {
        ([.., a], [.., b]) if last.len() == new.len() => {
            *b == a + 1 && last.iter().rev().skip(1).eq(new.iter().rev().skip(1))
        }
        (last, [head @ .., 2]) if head == last => true,
        ([a, ..], [b]) => *b == a + 1,
        _ => false,
    }
}

/// A list that begins: not below styles that the text has shown to stand below its own.
fn lifted(state: &State, style: Style, mut keep: usize) -> usize {
    while let Some(below) = keep.checked_sub(1).and_then(|at| state.open.get(at)) {
        let (shown, contrary) = ((style, below.style), (below.style, style));
        if !state.above.contains(&shown) || state.above.contains(&contrary) {
            break;
        }
        keep -= 1;
    }
    keep
}

/// 1.2.3: the number itself says what it is part of.
fn outline(state: &State, label: &Label) -> Option<Place> {
    let open = &state.open;
    let (_, prefix) = label.numbers.split_last()?;
    let depth = |o: &Open| match o.style {
        Style::Decimal(depth) => Some(usize::from(depth)),
        _ => None,
    };
    // The deepest open part whose numbers this one's begin with, and whether it is the parent itself.
    let upper =
        open.iter().rposition(|o| depth(o).is_some_and(|d| prefix.get(..d) == Some(o.numbers.as_slice())));
    let sibling = open.iter().position(|o| {
        o.style == label.style && o.numbers.get(..o.numbers.len().saturating_sub(1)) == Some(prefix)
    });
    if let Some(at) = sibling
        && let Some(sister) = open.get(at)
    {
        return among(sister, label, at, true, state.finished);
    }
    let keep = match upper {
        Some(at) => at + 1,
        // Below chapters and headings, above everything else.
        None => open
            .iter()
            .position(|o| {
                !(o.style.height() < Style::Article.height() || matches!(o.style, Style::Heading(_)))
            })
            .unwrap_or(open.len()),
    };
    let parent_open = upper.and_then(|at| open.get(at)).is_some_and(|o| o.numbers.as_slice() == prefix);
    let chapter =
        keep.checked_sub(1).and_then(|at| open.get(at)).is_some_and(|o| o.numbers.as_slice() == prefix);
    let first = is_first(label.style, label.last());
    let believed = label.sure || parent_open || (first && state.finished);
    if !believed {
        return None;
    }
    let finding = match (parent_open || chapter || open.is_empty(), first) {
        (false, _) => Some(FindingKind::ParentMissing),
        (true, false) => Some(FindingKind::NumberLate),
        (true, true) => None,
    };
    Some(Place { score: if first { FIRST } else { LATE }, keep, finding })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(style: Style, numbers: &[u32], sure: bool) -> Label {
        Label { style, numbers: numbers.to_vec(), length: 1, sure }
    }

    fn state(open: &[(Style, &[u32])]) -> State {
        let open = open
            .iter()
            .enumerate()
            .map(|(node, (style, numbers))| Open {
                style: *style,
                numbers: numbers.to_vec(),
                node,
                heading: 0,
                preface: false,
            })
            .collect();
        State { open, finished: true, ..State::default() }
    }

    #[test]
    fn lists_go_on_end_and_begin() {
        use FindingKind as F;
        use Style as S;
        let deep: &[(S, &[u32])] = &[
            (S::Chapter, &[2]),
            (S::Decimal(1), &[2]),
            (S::Bracketed, &[1]),
            (S::Circled, &[3]),
            (S::Katakana, &[2]),
        ];
        type Row<'r> = (&'r [(S, &'r [u32])], S, &'r [u32], bool, Option<(usize, Option<F>)>);
        let rows: &[Row<'_>] = &[
            (deep, S::Katakana, &[3], false, Some((4, None))),
            (deep, S::Circled, &[4], true, Some((3, None))),
            (deep, S::Circled, &[6], true, Some((3, Some(F::NumberSkipped)))),
            (deep, S::Bracketed, &[2], true, Some((2, None))),
            (deep, S::Decimal(1), &[3], false, Some((1, None))),
            (deep, S::Decimal(1), &[9], false, None),
            (deep, S::Chapter, &[3], true, Some((0, None))),
            (deep, S::Roman, &[1], true, Some((5, None))),
            (deep, S::Roman, &[4], true, Some((5, Some(F::NumberLate)))),
            (deep, S::Katakana, &[101], false, Some((4, Some(F::NumberRepeated)))),
            (deep, S::Supplementary, &[0], true, Some((0, None))),
            (&[(S::Article, &[3])], S::Decimal(1), &[2], false, Some((1, None))),
            (&[(S::Article, &[3])], S::Article, &[3, 2], true, Some((0, None))),
            (&[(S::Article, &[3, 2])], S::Article, &[4], true, Some((0, None))),
            (
                &[(S::Decimal(1), &[2]), (S::Decimal(2), &[2, 9]), (S::Bracketed, &[3])],
                S::Decimal(2),
                &[2, 10],
                true,
                Some((1, None)),
            ),
            (
                &[(S::Decimal(1), &[2]), (S::Decimal(2), &[2, 9])],
                S::Decimal(2),
                &[3, 1],
                true,
                Some((0, Some(F::ParentMissing))),
            ),
            (
                &[(S::Decimal(1), &[2]), (S::Decimal(2), &[2, 1])],
                S::Decimal(3),
                &[2, 1, 1],
                true,
                Some((2, None)),
            ),
            (&[], S::Decimal(2), &[1, 1], true, Some((0, None))),
        ];
        for (open, style, numbers, sure, expected) in rows {
            let place = place(&state(open), &label(*style, numbers, *sure), false);
            assert_eq!(place.map(|p| (p.keep, p.finding)), *expected, "{style:?} {numbers:?}");
        }
    }

    #[test]
    fn a_style_that_stands_above_another_is_not_put_below_it() {
        let mut state = state(&[(Style::Decimal(1), &[3]), (Style::Katakana, &[2])]);
        state.above.insert((Style::Bracketed, Style::Katakana));
        let place = place(&state, &label(Style::Bracketed, &[1], true), false);
        assert_eq!(place.map(|p| p.keep), Some(1));
    }
}
