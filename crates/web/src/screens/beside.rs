//! 他団体との比較: what runs beside another pack of the folder, by clause and by role.
//!
//! Owns turning a comparison into tables. Leaves comparing to `app` and `policy`.

use std::collections::HashMap;

use axum::{
    extract::{Query, State},
    response::Response,
};
use policy::{Clause, DiffReport, DiffStatement, ItemDiff, KeyChange, Mechanism, Pack};

use super::{Pairs, one, view};
use crate::{
    door::Signed,
    site::{Site, render},
    words::Tone,
};

/// Clauses stand below each other no deeper than this.
const DEPTH_MAX: usize = 20;

pub(crate) async fn page(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let app = site.app();
    let packs = match app.packs_beside(&who.actor).await {
        Ok(packs) => packs,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let (chosen, role) = (one(&query, "pack"), one(&query, "role"));
    let ours = app.pack();
    let mut roles = ours.roles().iter().map(|r| (r.id.clone(), r.title.clone())).collect::<Vec<_>>();
    let mut compared = None;
    if !chosen.is_empty() {
        let found = app.beside(&who.actor, chosen, Some(role).filter(|r| !r.is_empty())).await;
        match found {
            Ok(found) => {
                let theirs = found.other.roles().iter().filter(|r| ours.role(&r.id).is_none());
                roles.extend(theirs.map(|r| (r.id.clone(), r.title.clone())));
                compared = Some(shown(ours, &found.other, &found.diff));
            }
            Err(error) => return site.fail(Some(&who.actor), &error),
        }
    }
    let choices = |all: Vec<(String, String)>, chosen: &str| {
        all.into_iter().map(|(id, title)| view::Choice { chosen: id == chosen, id, title }).collect()
    };
    render(&view::BesidePage {
        frame: site.frame(Some(&who.actor), "他団体との比較", "/clauses", &[Mechanism::PolicyVersion], ""),
        bar: view::PolicyBar::at("/compare"),
        ours: format!("{} {}", ours.title(), ours.version()),
        packs: choices(packs, chosen),
        roles: choices(roles, role),
        compared,
    })
}

const OURS: (&str, Tone) = ("当方だけ", Tone::Good);
const THEIRS: (&str, Tone) = ("相手だけ", Tone::Plain);
const DIFFERS: (&str, Tone) = ("違う", Tone::Mixed);

fn row(what: (&str, Tone), label: &str, ours: &str, theirs: &str, roles: &str) -> view::BesideRow {
    view::BesideRow {
        what: view::Chip { word: what.0.to_owned(), tone: what.1 },
        label: label.to_owned(),
        ours: ours.to_owned(),
        theirs: theirs.to_owned(),
        roles: roles.to_owned(),
        keys: Vec::new(),
    }
}

fn roles(of: &DiffStatement) -> String {
    if of.roles.is_empty() {
        "団体全体".to_owned()
    } else {
        of.roles.iter().map(|r| r.title.as_str()).collect::<Vec<_>>().join("、")
    }
}

fn keys(heading: &str, changes: &[KeyChange]) -> Vec<view::KeyView> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "(なし)".to_owned());
    changes
        .iter()
        .map(|k| view::KeyView { key: k.title_ja(heading).to_owned(), before: text(&k.a), after: text(&k.b) })
        .collect()
}

/// Where the statements of a pack stand: the heading of the outermost clause, by statement, and the headings in the order of
/// the text.
struct Chapters<'p> {
    of: HashMap<&'p str, &'p str>,
    clauses: HashMap<&'p str, &'p Clause>,
    order: Vec<&'p str>,
}

impl<'p> Chapters<'p> {
    fn new(pack: &'p Pack) -> Self {
        let clauses: HashMap<&str, &Clause> = pack.clauses().iter().map(|c| (c.id.as_str(), c)).collect();
        let mut chapters = Self { of: HashMap::new(), clauses, order: Vec::new() };
        for statement in pack.statements() {
            let top = chapters.top(&statement.clause);
            if !chapters.order.contains(&top) {
                chapters.order.push(top);
            }
            chapters.of.insert(statement.id.as_str(), top);
        }
        chapters
    }

    fn top(&self, clause: &'p str) -> &'p str {
        let mut at = clause;
        for _ in 0..DEPTH_MAX {
            match self.clauses.get(at).and_then(|c| c.parent.as_deref()) {
                Some(above) => at = above,
                None => break,
            }
        }
        at
    }

    fn heading(&self, id: &str) -> String {
        self.clauses.get(id).map_or_else(|| id.to_owned(), |c| format!("{} {}", c.section, c.title))
    }

    /// Rows into chapters, in the order of the text.
    fn sorted(&self, rows: Vec<(&str, view::BesideRow)>) -> Vec<view::BesideGroup> {
        let mut by_chapter: HashMap<&str, Vec<view::BesideRow>> = HashMap::new();
        for (statement, row) in rows {
            by_chapter.entry(self.of.get(statement).copied().unwrap_or_default()).or_default().push(row);
        }
        let known = self.order.iter().copied().chain([""]);
        known
            .filter_map(|id| {
                let rows = by_chapter.remove(id)?;
                Some(view::BesideGroup { title: self.heading(id), rows })
            })
            .collect()
    }
}

fn shown(ours: &Pack, other: &Pack, diff: &DiffReport) -> view::Compared {
    let s = &diff.statements;
    let differ = s.changed.iter().map(|c| {
        let mut made = row(DIFFERS, &c.a.label, &c.a.gist_ja, &c.b.gist_ja, &roles(&c.a));
        made.keys = keys("遵守事項", &c.keys);
        (c.a.id.as_str(), made)
    });
    let only_ours = s.removed.iter().map(|d| (d.id.as_str(), row(OURS, &d.label, &d.gist_ja, "", &roles(d))));
    let only_theirs =
        s.added.iter().map(|d| (d.id.as_str(), row(THEIRS, &d.label, "", &d.gist_ja, &roles(d))));
    let mut others = Vec::new();
    for (title, of) in [
        ("定めるべき値", &diff.parameters),
        ("系", &diff.zones),
        ("通信路", &diff.channels),
        ("申請", &diff.requests),
        ("役割と職", &diff.roles),
        ("文書", &diff.documents),
        ("用語", &diff.terms),
    ] {
        let rows = items(title, of);
        if !rows.is_empty() {
            others.push(view::BesideGroup { title: title.to_owned(), rows });
        }
    }
    view::Compared {
        title: format!("{} {}", diff.b.title, diff.b.version),
        same: s.same,
        differ: s.changed.len(),
        only_ours: s.removed.len(),
        only_theirs: s.added.len(),
        chapters: Chapters::new(ours).sorted(differ.chain(only_ours).collect()),
        theirs: Chapters::new(other).sorted(only_theirs.collect()),
        others,
    }
}

fn items(title: &str, diff: &ItemDiff) -> Vec<view::BesideRow> {
    let ours = diff.removed.iter().map(|i| row(OURS, &i.id, &i.title, "", ""));
    let theirs = diff.added.iter().map(|i| row(THEIRS, &i.id, "", &i.title, ""));
    let differ = diff.changed.iter().map(|i| {
        let mut made = row(DIFFERS, &i.id, &i.title, &i.title, "");
        made.keys = keys(title, &i.keys);
        made
    });
    ours.chain(theirs).chain(differ).collect()
}
