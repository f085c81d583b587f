//! A review as the page shows it: the tree, the source around a part, its statements, where things can be cut.
//!
//! Owns the bounds of the page: it is as large for a text of a thousand pages as for one of ten.
//! Leaves forms and answers to the handlers beside it.

use std::collections::BTreeSet;

use app::{
    Error,
    actor::Actor,
    imports::{
        ImportReview,
        model::{ImportHead, ImportStep},
        points::{OpenPoints, is_matched, role_is_unsure},
    },
};
use policy::{
    Modality, Pack,
    import::{Draft, Found, MATCH_SCORE_MIN, Node, NodeKind, PieceKind, Review, Verdict},
};

use super::{BASIS, Pairs, one, view};
use crate::{
    site::{Site, at_form, when},
    words::{self, Tone},
};

/// Texts with no more parts than this show their tree open.
const TREE_OPEN_MAX: usize = 150;
/// Rows of the tree at most.
const TREE_ROWS_MAX: usize = 400;
/// Bytes of source shown before and behind the part.
const AROUND_BYTES: usize = 1_800;
/// Bytes of the part itself.
const PART_BYTES_MAX: usize = 24_000;
/// Statements of one part that are shown.
const STATEMENTS_MAX: usize = 60;
/// Places to cut, and parts to move to, that a list offers.
const CHOICES_MAX: usize = 120;

/// What the list of parts is narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filter {
    All,
    Undecided,
    Unsure,
    NoRole,
    Unmatched,
}

impl Filter {
    const WORDS: [(&'static str, &'static str, Filter); 5] = [
        ("", "すべて", Filter::All),
        ("undecided", "未確認", Filter::Undecided),
        ("unsure", "役割を補った", Filter::Unsure),
        ("no-role", "役割なし", Filter::NoRole),
        ("unmatched", "近いものなし", Filter::Unmatched),
    ];

    fn of(query: &Pairs) -> Self {
        let word = one(query, "filter");
        Self::WORDS.iter().find(|(id, ..)| *id == word).map_or(Filter::All, |(.., filter)| *filter)
    }

    fn id(self) -> &'static str {
        Self::WORDS.iter().find(|(.., filter)| *filter == self).map_or("", |(id, ..)| id)
    }

    fn shows(self, draft: &Draft, number: usize, found: &Found) -> bool {
        let Some(review) = draft.reviews().get(number) else { return false };
        if matches!(review, Review::Dropped { .. }) && self != Filter::All {
            return false;
        }
        match self {
            Filter::All => true,
            Filter::Undecided => *review == Review::Open,
            Filter::Unsure => *review == Review::Open && !found.roles.is_empty() && !found.roles_named,
            Filter::NoRole => found.roles.is_empty(),
            Filter::Unmatched => !is_matched(found) && draft.same(number).is_none(),
        }
    }
}

/// The head of an import.
pub(super) fn row(head: &ImportHead) -> view::ImportRow {
    view::ImportRow {
        href: format!("/imports/{}", view::path_part(&head.id)),
        title: head.title.clone(),
        layer: head.layer.clone(),
        file: head.file.clone(),
        read_as: head.read_as.clone(),
        state: words::imports::state(head.state),
        decided: head.decided,
        statements: head.statements,
        at: when(head.created_at),
    }
}

/// A step of a review.
pub(super) fn step(step: &ImportStep) -> view::StepView {
    view::StepView {
        by: step.by_name.clone().unwrap_or_else(|| step.by.to_string()),
        at: when(step.at),
        what: step.read().map(|s| words::imports::step(&s)).unwrap_or_default(),
    }
}

/// Open points of one kind.
pub(super) fn points(href: &str, points: &OpenPoints) -> view::PointsView {
    let (title, how) = words::imports::point(points.kind);
    view::PointsView {
        title: title.to_owned(),
        how: how.to_owned(),
        count: points.count,
        rows: points
            .points
            .iter()
            .map(|p| {
                let anchor = p.statement.map(|s| format!("#s-{}", s + 1)).unwrap_or_default();
                let label = if p.label.trim().is_empty() { "前文".to_owned() } else { p.label.clone() };
                (format!("{href}?node={}{anchor}", p.node), label, short(&p.words, 80))
            })
            .collect(),
    }
}

/// Where a form leads once its step is made.
pub(super) fn next_place(id: &str, form: &Pairs, review: &ImportReview) -> String {
    let filter = Filter::of(form).id();
    let draft = &review.draft;
    let nodes = draft.import().nodes.len();
    let mut node = one(form, "node").parse::<usize>().unwrap_or(0);
    if one(form, "do") == "merge-node" {
        node = node.saturating_sub(1);
    }
    let mut statement = one(form, "statement").parse::<usize>().ok();
    let mut done = "step";
    if one(form, "do") == "confirm-next" {
        let behind = statement.map_or(0, |s| s + 1);
        match next_undecided(draft, behind) {
            Some((next, found)) => {
                node = found.node;
                statement = Some(next);
            }
            None => done = "all-decided",
        }
    }
    let anchor = statement.map(|s| format!("#s-{}", s + 1)).unwrap_or_default();
    format!(
        "/imports/{}?node={}&filter={}&done={done}{anchor}",
        view::path_part(id),
        node.min(nodes.saturating_sub(1)),
        view::query_part(filter)
    )
}

/// The first undecided statement from this number on, else from the beginning.
fn next_undecided(draft: &Draft, from: usize) -> Option<(usize, &Found)> {
    let statements = &draft.import().statements;
    let open = |n: &usize| draft.reviews().get(*n) == Some(&Review::Open);
    let number = (from..statements.len()).chain(0..from.min(statements.len())).find(open)?;
    Some((number, statements.get(number)?))
}

/// The page of a review.
pub(super) fn review(
    site: &Site,
    actor: &Actor,
    review: &ImportReview,
    query: &Pairs,
    error: Option<&Error>,
) -> app::Result<view::ImportPage> {
    let draft = &*review.draft;
    let import = draft.import();
    let base = site.app().base_pack()?;
    let filter = Filter::of(query);
    let order = order(&import.nodes);
    let wanted: BTreeSet<usize> = import
        .statements
        .iter()
        .enumerate()
        .filter(|(number, found)| filter.shows(draft, *number, found))
        .map(|(_, found)| found.node)
        .collect();
    let node = chosen(query, draft, filter, &order, &wanted);
    let head = row(&review.head);
    let href =
        |node: usize| format!("{}?node={node}&filter={}#part", head.href, view::query_part(filter.id()));
    let (tree, tree_more) = tree(draft, filter, &order, &wanted, node, &href);
    let count = |filter: Filter| {
        let shown = import.statements.iter().enumerate().filter(|(n, found)| filter.shows(draft, *n, found));
        shown.count()
    };
    let own: Vec<usize> = (0..import.statements.len())
        .filter(|n| import.statements.get(*n).is_some_and(|s| s.node == node))
        .take(STATEMENTS_MAX)
        .collect();
    let may_edit =
        site.app().may_edit_imports(actor) && review.head.state == app::imports::model::ImportState::Open;
    Ok(view::ImportPage {
        frame: site.frame(Some(actor), &review.head.title, "/imports", BASIS, one(query, "done")),
        version: review.head.version,
        may_edit,
        chars: import.totals.chars,
        chars_accounted: import.totals.chars_accounted,
        damaged: review.head.damaged,
        other_rules: import.verdict == Verdict::OtherRules,
        filters: Filter::WORDS
            .iter()
            .map(|(id, title, f)| {
                let choice =
                    view::Choice { id: (*id).to_owned(), title: (*title).to_owned(), chosen: *f == filter };
                (choice, count(*f))
            })
            .collect(),
        filter: filter.id().to_owned(),
        tree,
        tree_more,
        part: part(draft, &order, node, &href),
        source: source(draft, node, &own),
        statements: own.iter().filter_map(|n| reviewed(site, &base, draft, *n, filter)).collect(),
        known: if may_edit {
            base.statements().iter().map(|s| (s.id.clone(), short(&s.gist_ja, 40))).collect()
        } else {
            Vec::new()
        },
        next_open: next_undecided(draft, own.last().map_or(0, |n| n + 1)).map(|(number, found)| {
            format!("{}?node={}&filter={}#s-{}", head.href, found.node, filter.id(), number + 1)
        }),
        undo: review.last.as_ref().map(|(made, corrections)| {
            let what = words::imports::step(&app::imports::model::Step::Correct {
                corrections: corrections.clone(),
            });
            (made.by_name.clone().unwrap_or_else(|| made.by.to_string()), when(made.at), what)
        }),
        errors: error.and_then(at_form).into_iter().collect(),
        import: head,
    })
}

/// The part that was asked for, else the first with something to decide.
fn chosen(
    query: &Pairs,
    draft: &Draft,
    filter: Filter,
    order: &[(usize, usize)],
    wanted: &BTreeSet<usize>,
) -> usize {
    let asked = one(query, "node").parse::<usize>().ok().filter(|n| *n < draft.import().nodes.len());
    let first_wanted = || order.iter().map(|(node, _)| *node).find(|node| wanted.contains(node));
    let first_open = || next_undecided(draft, 0).map(|(_, found)| found.node);
    match (asked, filter) {
        (Some(node), _) => node,
        (None, Filter::All) => first_open().unwrap_or(0),
        (None, _) => first_wanted().unwrap_or(0),
    }
}

/// Nodes with their depth, as they are read: each before its parts.
fn order(nodes: &[Node]) -> Vec<(usize, usize)> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (number, node) in nodes.iter().enumerate() {
        if let Some(list) = node.parent.and_then(|p| children.get_mut(p)) {
            list.push(number);
        }
    }
    let mut order = Vec::with_capacity(nodes.len());
    let mut waiting = vec![(0, 0)];
    while let Some((node, depth)) = waiting.pop() {
        order.push((node, depth));
        waiting.extend(children.get(node).into_iter().flatten().rev().map(|child| (*child, depth + 1)));
    }
    order
}

/// A node and everything above it, the document first.
fn way(nodes: &[Node], node: usize) -> Vec<usize> {
    let mut way = vec![node];
    while let Some(parent) = way.last().and_then(|n| nodes.get(*n)).and_then(|n| n.parent) {
        // A circle cannot be made; should one be stored, the page still ends.
        if way.contains(&parent) {
            break;
        }
        way.push(parent);
    }
    way.reverse();
    way
}

fn tree(
    draft: &Draft,
    filter: Filter,
    order: &[(usize, usize)],
    wanted: &BTreeSet<usize>,
    shown: usize,
    href: &dyn Fn(usize) -> String,
) -> (Vec<view::TreeRow>, usize) {
    let import = draft.import();
    let nodes = &import.nodes;
    // Statements and undecided ones, of each node with everything below it.
    let mut counts = vec![(0_usize, 0_usize); nodes.len()];
    for (found, review) in import.statements.iter().zip(draft.reviews()) {
        if let Some((all, open)) = counts.get_mut(found.node) {
            *all += 1;
            *open += usize::from(*review == Review::Open);
        }
    }
    if filter == Filter::All {
        for (node, _) in order.iter().rev() {
            let own = counts.get(*node).copied().unwrap_or_default();
            let parent = nodes.get(*node).and_then(|n| n.parent);
            if let Some((all, open)) = parent.and_then(|p| counts.get_mut(p)) {
                *all += own.0;
                *open += own.1;
            }
        }
    }
    let path: BTreeSet<usize> = way(nodes, shown).into_iter().collect();
    let visible = |node: usize, depth: usize| {
        let parent = nodes.get(node).and_then(|n| n.parent);
        let open = nodes.len() <= TREE_OPEN_MAX || depth <= 1 || parent.is_some_and(|p| path.contains(&p));
        if filter == Filter::All { open } else { wanted.contains(&node) || node == shown }
    };
    let rows: Vec<view::TreeRow> = order
        .iter()
        .filter(|(node, depth)| visible(*node, *depth))
        .map(|(node, depth)| {
            let (statements, open) = counts.get(*node).copied().unwrap_or_default();
            view::TreeRow {
                depth: if filter == Filter::All { depth.saturating_sub(1).min(8) } else { 0 },
                href: href(*node),
                label: label(nodes, *node),
                title: short(&title(draft, *node), 26),
                current: *node == shown,
                open,
                statements,
            }
        })
        .collect();
    // The part that is shown is among the rows, however many there are.
    let at = rows.iter().position(|row| row.current).unwrap_or(0);
    let first = at.saturating_sub(TREE_ROWS_MAX / 2).min(rows.len().saturating_sub(TREE_ROWS_MAX));
    let hidden = rows.len().saturating_sub(TREE_ROWS_MAX);
    (rows.into_iter().skip(first).take(TREE_ROWS_MAX).collect(), hidden)
}

fn label(nodes: &[Node], node: usize) -> String {
    let Some(found) = nodes.get(node) else { return String::new() };
    match found.kind {
        NodeKind::Document => "文書".to_owned(),
        NodeKind::Contents => "目次".to_owned(),
        NodeKind::Table if found.label.trim().is_empty() => "表".to_owned(),
        _ => found.label.clone(),
    }
}

/// The heading, or the first words.
fn title(draft: &Draft, node: usize) -> String {
    let import = draft.import();
    let heading = import.nodes.get(node).and_then(|n| n.title.clone()).filter(|t| !t.trim().is_empty());
    heading.unwrap_or_else(|| {
        let own = import.pieces.iter().filter(|p| p.node == node && p.kind == PieceKind::Text);
        own.map(|p| p.span.of(draft.source()).trim()).find(|t| !t.is_empty()).unwrap_or_default().to_owned()
    })
}

fn part(
    draft: &Draft,
    order: &[(usize, usize)],
    node: usize,
    href: &dyn Fn(usize) -> String,
) -> view::PartView {
    let import = draft.import();
    let nodes = &import.nodes;
    let at = order.iter().position(|(n, _)| *n == node).unwrap_or(0);
    let beside = |at: Option<usize>| at.and_then(|at| order.get(at)).map(|(n, _)| href(*n));
    let way = way(nodes, node);
    let found = import.findings.iter().filter(|f| f.node == node);
    let found = found.map(|f| format!("「{}」 {}", f.quoted, f.kind.words_ja()));
    let noted = draft.annotations().iter().filter(|a| a.node == node);
    let noted = noted.map(|a| match a.quoted.is_empty() {
        true => format!("注記: {}", a.note),
        false => format!("注記: 「{}」 {}", a.quoted, a.note),
    });
    view::PartView {
        number: node,
        label: label(nodes, node),
        title: nodes.get(node).and_then(|n| n.title.clone()).unwrap_or_default(),
        crumbs: way.iter().rev().skip(1).rev().map(|n| (crumb(draft, *n), href(*n))).collect(),
        is_document: node == 0,
        cuts: part_cuts(draft, node),
        parents: parents(draft, order, node, &way),
        notes: found.chain(noted).collect(),
        before_href: beside(at.checked_sub(1)),
        next_href: beside(Some(at + 1)),
    }
}

fn crumb(draft: &Draft, node: usize) -> String {
    let label = label(&draft.import().nodes, node);
    if node == 0 { label } else { format!("{label} {}", short(&title(draft, node), 16)) }
}

/// Parts that this one could belong to: those above it, those before it at its own level and at its parent's.
fn parents(draft: &Draft, order: &[(usize, usize)], node: usize, way: &[usize]) -> Vec<view::Choice> {
    let nodes = &draft.import().nodes;
    let parent = nodes.get(node).and_then(|n| n.parent);
    let near = order.iter().map(|(n, _)| *n).take_while(|n| *n != node).filter(|n| {
        let of = nodes.get(*n).and_then(|n| n.parent);
        way.contains(n) || of == parent || of.is_some_and(|of| way.contains(&of))
    });
    // The nearest are the likeliest.
    let mut near: Vec<usize> = near.collect();
    let cut = near.len().saturating_sub(CHOICES_MAX);
    near.drain(..cut);
    if !near.contains(&0) {
        near.insert(0, 0);
    }
    near.into_iter()
        .map(|n| view::Choice { id: n.to_string(), title: crumb(draft, n), chosen: Some(n) == parent })
        .collect()
}

/// Where a new part can begin: at lines and sentences of the part's own words, but not at its very beginning.
fn part_cuts(draft: &Draft, node: usize) -> Vec<view::Choice> {
    let own = || draft.import().pieces.iter().filter(|p| p.node == node);
    let first = own().next().map(|p| p.span.start);
    let mut cuts = Vec::new();
    for piece in own().filter(|p| p.kind == PieceKind::Text) {
        let text = piece.span.of(draft.source());
        let mut fresh = true;
        for (at, c) in text.char_indices() {
            if fresh && !c.is_whitespace() {
                fresh = false;
                let place = piece.span.start + at;
                if Some(place) != first {
                    let words: String = text.get(at..).unwrap_or_default().chars().take(24).collect();
                    cuts.push(view::Choice {
                        id: place.to_string(),
                        title: format!("{}…", one_line(&words)),
                        chosen: false,
                    });
                }
            }
            fresh = fresh || matches!(c, '。' | '\n');
        }
        if cuts.len() > CHOICES_MAX {
            break;
        }
    }
    cuts.truncate(CHOICES_MAX);
    cuts
}

/// Where a statement can be cut: behind commas and words that join.
fn statement_cuts(draft: &Draft, found: &Found) -> Vec<view::Choice> {
    let text = found.span.of(draft.source());
    let mut cuts = Vec::new();
    for (at, c) in text.char_indices() {
        let place = at + c.len_utf8();
        let rest = text.get(place..).unwrap_or_default();
        let joins = ["及び", "並びに", "又は", "または", "かつ", "ただし"];
        let here = matches!(c, '、' | '。' | '，' | ';' | '；' | '\n' | '」' | '）' | ')')
            || joins.iter().any(|word| rest.starts_with(word));
        if here && !rest.trim().is_empty() && cuts.len() < CHOICES_MAX {
            let before: Vec<char> = text.get(..place).unwrap_or_default().chars().collect();
            let before: String = before.iter().rev().take(10).rev().collect();
            let after: String = rest.chars().take(14).collect();
            cuts.push(view::Choice {
                id: (found.span.start + place).to_string(),
                title: one_line(&format!("…{before} | {after}…")),
                chosen: false,
            });
        }
    }
    cuts
}

/// The source around a part, with the part marked and the beginnings of its statements numbered.
fn source(draft: &Draft, node: usize, statements: &[usize]) -> Vec<view::SourceRun> {
    let import = draft.import();
    let source = draft.source();
    let own = || import.pieces.iter().filter(|p| p.node == node);
    let Some(first) = own().next().map(|p| p.span.start) else {
        return vec![view::SourceRun {
            text: "(この部分に本文はありません)".to_owned(),
            ..view::SourceRun::default()
        }];
    };
    let last = own().next_back().map_or(first, |p| p.span.end).min(first + PART_BYTES_MAX);
    let from = floor(source, first.saturating_sub(AROUND_BYTES));
    let to = floor(source, (last + AROUND_BYTES).min(source.len()));
    let begins: Vec<(usize, usize)> =
        statements.iter().filter_map(|n| Some((import.statements.get(*n)?.span.start, n + 1))).collect();
    let mut runs: Vec<view::SourceRun> = Vec::new();
    let at = import.pieces.partition_point(|p| p.span.end <= from);
    for piece in import.pieces.iter().skip(at).take_while(|p| p.span.start < to) {
        let here = piece.node == node;
        let (start, end) = (piece.span.start.max(from), piece.span.end.min(to));
        let mut cuts: Vec<(usize, Option<usize>)> = vec![(start, None)];
        if here {
            for (place, number) in &begins {
                if (start..end).contains(place) {
                    cuts.retain(|(p, _)| p != place);
                    cuts.push((*place, Some(*number)));
                }
            }
            cuts.sort_unstable();
        }
        let ends = cuts.iter().skip(1).map(|(place, _)| *place).chain([end]).collect::<Vec<_>>();
        for ((place, begins), end) in cuts.into_iter().zip(ends) {
            let text = source.get(place..end).unwrap_or_default();
            match runs.last_mut().filter(|run| run.here == here && begins.is_none()) {
                Some(run) => run.text.push_str(text),
                None => runs.push(view::SourceRun { text: text.to_owned(), here, begins }),
            }
        }
    }
    runs
}

/// The nearest beginning of a character at or before a byte.
fn floor(text: &str, mut at: usize) -> usize {
    while at > 0 && !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn role_title(base: &Pack, draft: &Draft, id: &str) -> String {
    let local = draft.import().local_roles.iter().find(|r| r.id == id);
    local.map_or_else(|| base.role_title(id).to_owned(), |r| r.title.clone())
}

fn reviewed(
    site: &Site,
    base: &Pack,
    draft: &Draft,
    number: usize,
    filter: Filter,
) -> Option<view::ReviewedView> {
    let found = draft.import().statements.get(number)?;
    let review = draft.reviews().get(number)?;
    let same = draft.same(number);
    let gist_of = |id: &str| {
        let layer = id.split('/').next().unwrap_or_default();
        let own = base.statement(id).map(|s| s.gist_ja.clone());
        own.or_else(|| Some(site.app().pack_named(layer)?.statement(id)?.gist_ja.clone()))
            .unwrap_or_else(|| id.to_owned())
    };
    let mut matches: Vec<view::MatchView> = found
        .matches
        .iter()
        .map(|m| view::MatchView {
            gist: gist_of(&m.statement),
            chosen: same == Some(m.statement.as_str()),
            near: m.score >= MATCH_SCORE_MIN,
            id: m.statement.clone(),
            // Between 0 and 1 by how it is made.
            score: hundredths(m.score),
        })
        .collect();
    // What a person named and the comparison did not propose stands with the proposals.
    if let Some(other) = same.filter(|id| !matches.iter().any(|m| m.id == *id)) {
        matches.push(view::MatchView {
            gist: gist_of(other),
            id: other.to_owned(),
            score: 0,
            near: true,
            chosen: true,
        });
    }
    let (word, tone) = match review {
        Review::Open => (view::UNDECIDED, Tone::Wait),
        Review::Confirmed => ("確認済", Tone::Good),
        Review::Dropped { .. } => ("除外", Tone::Plain),
    };
    let facts = [
        ("値を決める言葉", found.open_words.join("、")),
        ("条件", found.trigger.clone().unwrap_or_default()),
        ("例外", found.exceptions.join("、")),
        ("参照", found.references.iter().map(|r| r.words.as_str()).collect::<Vec<_>>().join("、")),
    ];
    let choice = |id: &str, title: &str, chosen: bool| view::Choice {
        id: id.to_owned(),
        title: title.to_owned(),
        chosen,
    };
    let known = base.roles().iter().map(|r| (r.id.as_str(), r.title.as_str()));
    let local = draft.import().local_roles.iter().map(|r| (r.id.as_str(), r.title.as_str()));
    let next = draft.import().statements.get(number + 1);
    Some(view::ReviewedView {
        number,
        text: found.text.clone(),
        state: view::Chip { word: word.to_owned(), tone },
        dropped: match review {
            Review::Dropped { reason } => Some(reason.clone()),
            _ => None,
        },
        roles: if found.roles.is_empty() {
            "団体全体(主語の役割なし)".to_owned()
        } else {
            found.roles.iter().map(|r| role_title(base, draft, r)).collect::<Vec<_>>().join("、")
        },
        roles_unsure: role_is_unsure(found, review),
        modality: found.modality.title_ja().to_owned(),
        role_choices: known
            .chain(local)
            .map(|(id, title)| choice(id, title, found.roles.iter().any(|r| r == id)))
            .collect(),
        modality_choices: [Modality::Must, Modality::Should, Modality::May, Modality::MustNot]
            .iter()
            .map(|m| choice(m.id(), m.title_ja(), *m == found.modality))
            .collect(),
        matches,
        gist: draft.gist(number).unwrap_or_default().to_owned(),
        facts: facts.into_iter().filter(|(_, w)| !w.is_empty()).map(|(n, w)| (n.to_owned(), w)).collect(),
        cuts: statement_cuts(draft, found),
        may_merge: next.is_some_and(|n| n.node == found.node),
        wanted: filter != Filter::All && filter.shows(draft, number, found),
    })
}

fn hundredths(score: f32) -> u32 {
    let hundredths = (score * 100.0).round().clamp(0.0, 100.0);
    (0..=100_u16).find(|n| f32::from(*n) >= hundredths).map_or(0, u32::from)
}

fn short(text: &str, chars_max: usize) -> String {
    let text = one_line(text);
    if text.chars().count() <= chars_max {
        return text;
    }
    text.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect()
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
