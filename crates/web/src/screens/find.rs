//! さがす: finding by words whatever one may see.
//!
//! Owns reading the address, the order of groups, and where each thing has its page. Leaves what is found, and for whom, to
//! `app`.

use app::finding::{FindQuestion, FoundAll, FoundItem, FoundKind, FoundState, ITEMS_MAX, Whose};
use axum::{
    extract::{Query as Asked, State},
    response::Response,
};
use policy::{Mechanism, search::Part};
use workflow::calendar::{day_of, fiscal_year};

use super::{Pairs, duties, one, reading, registers, requests, show, view};
use crate::{
    door::Signed,
    site::{Site, render, when},
    words::{self, Tone},
};

/// Things of each kind on the page of all kinds.
const EACH: usize = 5;
/// Fiscal years that are offered.
const YEARS: i16 = 6;
/// Characters of the words that the page gives back.
const TYPED_CHARS_MAX: usize = 200;

/// What an address asks for; what cannot be is left out, as if it were not there.
fn question(query: &Pairs) -> FindQuestion {
    let kind = FoundKind::from_id(one(query, "kind"));
    FindQuestion {
        untrusted_words: one(query, "q").trim().chars().take(TYPED_CHARS_MAX).collect(),
        kind,
        whose: Whose::from_id(one(query, "whose")).unwrap_or_default(),
        year: one(query, "year").parse().ok(),
        open: match one(query, "open") {
            "open" => Some(true),
            "closed" => Some(false),
            _ => None,
        },
        after: one(query, "after").parse().unwrap_or_default(),
        limit: if kind.is_some() { ITEMS_MAX } else { EACH },
    }
}

/// The address of this question for a kind, from a place on.
fn href(question: &FindQuestion, kind: Option<FoundKind>, after: usize) -> String {
    let mut href = format!("/find?q={}", view::query_part(&question.untrusted_words));
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            href.push_str(&format!("&{name}={value}"));
        }
    };
    add("kind", kind.map_or("", FoundKind::id));
    add("whose", Whose::WORDS.iter().find(|(_, w)| *w == question.whose).map_or("", |(word, _)| word));
    add("year", &question.year.map(|y| y.to_string()).unwrap_or_default());
    add("open", question.open.map_or("", |open| if open { "open" } else { "closed" }));
    add("after", &if after == 0 { String::new() } else { after.to_string() });
    href
}

pub(crate) async fn page(State(site): State<Site>, who: Signed, Asked(query): Asked<Pairs>) -> Response {
    let question = question(&query);
    let found = match site.app().find(&who.actor, &question).await {
        Ok(found) => found,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    render(&view_of(&site, &who, &question, &found))
}

fn view_of(site: &Site, who: &Signed, question: &FindQuestion, found: &FoundAll) -> view::FindPage {
    let typed = question.untrusted_words.clone();
    let choice = |id: &str, title: &str, chosen: bool| view::Choice {
        id: id.to_owned(),
        title: title.to_owned(),
        chosen,
    };
    let kinds = FoundKind::all().map(|k| choice(k.id(), words::find::kind(k), question.kind == Some(k)));
    let whose = [("", "見られるものすべて"), ("mine", "自分のもの"), ("section", "自分の課のもの")];
    let this_year = fiscal_year(day_of(site.app().now()));
    let year = |y: i16| choice(&y.to_string(), &format!("{y}年度"), question.year == Some(y));
    let stages =
        [("", "すべて", None), ("open", "進行中・使用中", Some(true)), ("closed", "終了", Some(false))];
    let policy = found.policy.as_ref();
    view::FindPage {
        frame: site.frame(Some(&who.actor), "さがす", "/find", &[Mechanism::PolicyVersion], ""),
        kinds: std::iter::once(choice("", "すべて", question.kind.is_none())).chain(kinds).collect(),
        whose: whose.map(|(id, title)| choice(id, title, Whose::from_id(id) == Some(question.whose))).into(),
        years: std::iter::once(choice("", "すべて", question.year.is_none()))
            .chain((0..YEARS).map(|n| year(this_year - n)))
            .collect(),
        stages: stages.map(|(id, title, open)| choice(id, title, question.open == open)).into(),
        trouble: words::find::trouble(&found.index).filter(|_| !typed.is_empty()),
        groups: found
            .groups
            .iter()
            .map(|group| view::FindGroupView {
                id: group.kind.id(),
                title: words::find::kind(group.kind),
                count: match group.next {
                    Some(_) => format!("{}件以上", group.items.len() + 1),
                    None => format!("{}件", group.items.len()),
                },
                items: group.items.iter().map(|item| item_view(site, item)).collect(),
                more_href: match (group.next, question.kind) {
                    (None, _) => String::new(),
                    // The page of all kinds shows the first few: that of the kind begins with them again.
                    (Some(_), None) => href(question, Some(group.kind), 0),
                    (Some(next), Some(_)) => href(question, Some(group.kind), next),
                },
            })
            .collect(),
        policy: policy
            .map(|p| p.hits.iter().map(|hit| reading::hit_view(site.app().pack(), hit)).collect())
            .unwrap_or_default(),
        policy_all: policy.filter(|p| p.total > p.hits.len()).map(|p| view::Link {
            href: format!("/policy/search?q={}", view::query_part(&typed)),
            text: format!("方針の {} 件を見る", p.total),
        }),
        suggestions: policy
            .filter(|p| p.total == 0 && found.groups.is_empty())
            .map(|p| p.suggestions.as_slice())
            .unwrap_or_default()
            .iter()
            .map(|word| view::Link {
                href: format!("/find?q={}", view::query_part(word)),
                text: word.clone(),
            })
            .collect(),
        is_first: question.after == 0,
        first_href: href(question, question.kind, 0),
        typed,
    }
}

/// Where the thing has its page.
fn page_of(item: &FoundItem) -> String {
    let id = view::path_part(&item.id);
    match item.kind {
        FoundKind::Form => format!("/requests/new/{id}"),
        FoundKind::Request => format!("/requests/{id}"),
        FoundKind::Task => format!("/tasks/{id}"),
        FoundKind::Duty => format!("/tasks/duties/{id}"),
        FoundKind::Row => registers::row_href(&item.id),
        FoundKind::Transfer => format!("/transfers/{id}"),
        FoundKind::Person => format!("/people/{id}"),
        FoundKind::Edition => format!("/editions/{id}"),
        FoundKind::Evidence => format!("/evidence/{id}"),
    }
}

fn item_view(site: &Site, item: &FoundItem) -> view::FindItemView {
    let parts = |parts: &[Part]| -> Vec<view::TextPart> {
        parts.iter().map(|p| view::TextPart { text: p.text.clone(), found: p.found }).collect()
    };
    let mut heading = parts(&item.title);
    if item.kind == FoundKind::Evidence {
        for part in &mut heading {
            part.text = words::evidence(&part.text).unwrap_or("記録").to_owned();
        }
    }
    if heading.iter().all(|part| part.text.trim().is_empty()) {
        heading = vec![view::TextPart { text: "(名前なし)".to_owned(), found: false }];
    }
    let now = site.app().now();
    view::FindItemView {
        href: page_of(item),
        number: match (item.kind, item.at, item.number.parse()) {
            (FoundKind::Transfer, Some(at), Ok(number)) => crate::dates::transfer_number(number, at),
            (FoundKind::Request, Some(at), Ok(number)) => requests::number_shown(number, at),
            _ => item.number.clone(),
        },
        heading,
        pieces: item.pieces.iter().map(|(place, text)| (place.clone(), parts(text))).collect(),
        section: item.section_name.clone(),
        chip: match &item.state {
            FoundState::None => None,
            FoundState::Transfer(state) => Some(show::state_chip(*state)),
            FoundState::Request(state) => Some(requests::state_chip(*state)),
            FoundState::Task(state) => Some(duties::chip(*state, item.at.is_some_and(|due| due <= now))),
            FoundState::Ended => Some(view::Chip { word: "終了".to_owned(), tone: Tone::Plain }),
        },
        at: item.at.filter(|_| item.kind != FoundKind::Person).map(when),
    }
}
