//! Plans, lines and things as the pages show them.
//!
//! Owns words, bars and addresses. Leaves asking the use cases to the handlers.

use std::collections::BTreeMap;

use app::rosters::{
    OfferedPermit, RosterDetail, RosterLine, ShownThing,
    store::{OpenRequests, Outcome, SectionTally, Thing},
};
use workflow::{
    id::{RosterPlanId, SectionId},
    roster::{
        self, Entry, Kind,
        life::{RosterPlan, Stage},
    },
};

use super::super::view;
use crate::{
    site::Site,
    words::{Tone, rosters as said},
};

pub(super) fn chip((word, tone): (&'static str, Tone)) -> view::Chip {
    view::Chip { word: word.to_owned(), tone }
}

pub(super) fn plan_href(id: &RosterPlanId) -> String {
    format!("/personnel/{}", view::path_part(id.as_str()))
}

/// Numbers as bars beside each other: the longest is whole.
pub(super) fn bars(numbers: Vec<(String, u32, Option<String>)>) -> Vec<view::CountView> {
    let longest = numbers.iter().map(|(_, count, _)| *count).max().unwrap_or_default().max(1);
    let bar = |(word, count, href): (String, u32, Option<String>)| view::CountView {
        word,
        count,
        percent: count.saturating_mul(100).div_ceil(longest),
        href,
    };
    numbers.into_iter().map(bar).collect()
}

pub(super) fn counted(plan: &RosterPlan) -> [(Kind, u32); 6] {
    let c = &plan.counts;
    [
        (Kind::Join, c.join),
        (Kind::Move, c.moved),
        (Kind::Leave, c.leave),
        (Kind::Suspend, c.suspend),
        (Kind::Resume, c.resume),
        (Kind::Rename, c.rename),
    ]
}

pub(super) fn count_bars(plan: &RosterPlan, href: &str) -> Vec<view::CountView> {
    let numbers = counted(plan).into_iter().filter(|(_, count)| *count > 0);
    bars(
        numbers
            .map(|(kind, count)| {
                let href = format!("{href}?part={}#lines", kind.id());
                (said::kind(kind).0.to_owned(), count, Some(href))
            })
            .collect(),
    )
}

pub(super) fn result_bars(plan: &RosterPlan, href: &str) -> Vec<view::CountView> {
    if plan.stage != Stage::Done {
        return Vec::new();
    }
    let r = &plan.results;
    let numbers = [
        (Outcome::Done, r.done),
        (Outcome::Already, r.already),
        (Outcome::Differs, r.differs),
        (Outcome::Failed, r.failed),
    ];
    bars(
        numbers
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(outcome, count)| {
                let href = format!("{href}?part={}#lines", outcome.id());
                (said::outcome(outcome).0.to_owned(), count, Some(href))
            })
            .collect(),
    )
}

pub(super) fn hand_bars(detail: &RosterDetail) -> Vec<view::CountView> {
    let h = &detail.hand;
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let numbers = [
        ("退職する人の、決裁前の申請", h.requests),
        ("退職・異動する人の許可", h.permits),
        ("うち、返すものがある許可", h.to_give_back),
        ("退職する人の実施事項", h.tasks),
        ("退職する人が受け取っていない授受", h.transfers),
        ("名前がある台帳の行", h.rows),
    ];
    bars(
        numbers
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(word, n)| (word.to_owned(), count(n), None))
            .collect(),
    )
}

pub(super) fn tabs(plan: &RosterPlan, href: &str, current: &str) -> Vec<view::RosterTabView> {
    let tab = |word: &str, label: String| view::RosterTabView {
        href: match word {
            "" => format!("{href}#lines"),
            word => format!("{href}?part={word}#lines"),
        },
        label,
        current: word == current,
    };
    let mut tabs = vec![tab("", format!("すべて {}", plan.counts.changed()))];
    tabs.extend(
        counted(plan)
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(kind, count)| tab(kind.id(), format!("{} {count}", said::kind(kind).0))),
    );
    if plan.stage == Stage::Done {
        let r = &plan.results;
        let not_done =
            [(Outcome::Already, r.already), (Outcome::Differs, r.differs), (Outcome::Failed, r.failed)];
        tabs.extend(
            not_done
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .map(|(outcome, count)| tab(outcome.id(), format!("{} {count}", said::outcome(outcome).0))),
        );
    }
    tabs
}

pub(super) fn vacancy(site: &Site, vacancy: &roster::Vacancy) -> String {
    let app = site.app();
    let post = app.post_shown(&vacancy.post);
    match &vacancy.role {
        Some(role) => format!(
            "{post}がいなくなり、「{}」の承認や実施事項を受け持つ人がいなくなります。",
            app.pack().role_title(role)
        ),
        None => format!("{post}がいなくなり、代決する人が減ります。"),
    }
}

pub(super) fn sections(site: &Site, tallies: &[SectionTally]) -> Vec<view::RosterSectionView> {
    let mut rows: BTreeMap<SectionId, view::RosterSectionView> = BTreeMap::new();
    for tally in tallies {
        let row = rows.entry(tally.section.clone()).or_default();
        match tally.kind {
            Kind::Join => row.joins += tally.to,
            Kind::Leave => row.leaves += tally.from,
            Kind::Move => {
                // Who changes posts inside the section counts on both sides.
                row.comes += tally.to;
                row.goes += tally.from;
            }
            Kind::Suspend | Kind::Resume | Kind::Rename => row.others += tally.to,
        }
    }
    rows.into_iter()
        .map(|(id, row)| view::RosterSectionView { name: site.app().section_name(&id), ..row })
        .collect()
}

pub(super) fn changes(site: &Site, entry: &Entry) -> Vec<(String, String, String)> {
    let app = site.app();
    let posts = |standing: &roster::Standing| {
        standing.posts.iter().map(|post| app.post_shown(post)).collect::<Vec<_>>().join("、")
    };
    let after = &entry.after;
    let mut changes = Vec::new();
    let mut change = |title: &str, old: String, new: String| {
        if old != new {
            changes.push((title.to_owned(), old, new));
        }
    };
    let before = entry.before.as_ref();
    change("氏名", before.map(|b| b.name.clone()).unwrap_or_default(), after.name.clone());
    change(
        "所属",
        before.map(|b| app.section_name(&b.section)).unwrap_or_default(),
        app.section_name(&after.section),
    );
    change("職", before.map(&posts).unwrap_or_default(), posts(after));
    let mail_before = entry.mail_before.as_ref();
    change(
        said::mail_change(mail_before),
        mail_before.map(|before| before.address.clone()).unwrap_or_default(),
        entry.mail.clone().unwrap_or_default(),
    );
    let usable = |enabled: bool| if enabled { "使える" } else { "使えない" }.to_owned();
    change("利用者ID", before.map(|b| usable(b.enabled)).unwrap_or_default(), usable(after.enabled));
    changes
}

pub(super) fn thing_view(
    plan: &RosterPlan,
    line: &RosterLine,
    shown: &ShownThing,
    may_choose: bool,
) -> view::ThingView {
    let successor = line.successor_name.clone();
    let named = |name: &Option<String>| name.as_ref().map(|name| format!("{name}さんが引き継ぎます"));
    let hands_over = line.line.choice.requests == OpenRequests::HandOver && successor.is_some();
    let (kind, href, follows, row) = match &shown.thing {
        Thing::Request(id, ..) => (
            "申請",
            format!("/requests/{}", view::path_part(id.as_str())),
            match (hands_over, named(&successor)) {
                (true, Some(named)) => format!("{named}(初めから決裁し直します)"),
                _ => "取り下げます".to_owned(),
            },
            None,
        ),
        Thing::Permit(id, .., permit) => (
            "許可",
            format!("/requests/{}", view::path_part(id.as_str())),
            match (plan.stage == Stage::Done, named(&shown.successor), permit.owes_return()) {
                (false, Some(named), _) => format!("{named}。本人が受け取ったことを記録します"),
                (false, None, true) => "終わります。返すものは、所属長が返却を確かめます".to_owned(),
                (false, None, false) if shown.goes_on => "終わります".to_owned(),
                (false, None, false) => {
                    "終わります。本人限りの許可なので、要るなら後任が新しく申請します".to_owned()
                }
                (true, Some(_), _) => {
                    format!("{}さんの受取りを待っています", shown.successor.clone().unwrap_or_default())
                }
                (true, None, true) => "返却を待っています".to_owned(),
                (true, None, false) => "残っています".to_owned(),
            },
            None,
        ),
        Thing::Task(id, _) => (
            "実施事項",
            format!("/tasks/{}", view::path_part(id.as_str())),
            "要らなくなります".to_owned(),
            None,
        ),
        Thing::Transfer(id, ..) => (
            "授受",
            format!("/transfers/{}", view::path_part(id.as_str())),
            "受け取る人がいなくなります。送った人に知らせてください".to_owned(),
            None,
        ),
        Thing::Row(key, column) => {
            let follows = named(&shown.successor).or(named(&successor));
            (
                "台帳",
                format!("/registers/{}/{}", view::path_part(&key.register), key.number),
                follows.unwrap_or_else(|| {
                    // Who only moves may go on keeping it.
                    let stays = line.line.entry.after.enabled;
                    if stays {
                        "この人の名前のままです"
                    } else {
                        "引継ぎ先が決まっていません"
                    }
                    .to_owned()
                }),
                may_choose.then(|| (key.register.clone(), key.number, column.clone())),
            )
        }
    };
    // Once the day has come this is what is left.
    let is_left = plan.stage == Stage::Done && !matches!(shown.thing, Thing::Permit(..));
    let follows = if is_left { "残っています".to_owned() } else { follows };
    let permit = match &shown.thing {
        Thing::Permit(id, ..) if may_choose && shown.goes_on => Some(id.to_string()),
        _ => None,
    };
    let taker = permit.as_ref().and(shown.successor.clone()).unwrap_or_default();
    view::ThingView { kind: kind.to_owned(), title: shown.title.clone(), href, follows, row, permit, taker }
}

/// Whether what was told on the day still is so: a permit may have been taken over or given back since.
fn is_so_still(note: &str, things: &[ShownThing]) -> bool {
    match note.split_once(' ') {
        Some(("permit-offered" | "return-owed", id)) => things
            .iter()
            .any(|shown| matches!(&shown.thing, Thing::Permit(request, ..) if request.as_str() == id)),
        _ => true,
    }
}

pub(super) fn line_view(
    site: &Site,
    plan: &RosterPlan,
    shown: &RosterLine,
    may_choose: bool,
) -> view::RosterLineView {
    let line = &shown.line;
    let entry = &line.entry;
    let may_choose = may_choose && entry.kind.hands_over();
    let is_there = entry.before.is_some() || line.outcome == Some(Outcome::Done);
    let lines: Vec<String> = entry.lines.iter().map(ToString::to_string).collect();
    view::RosterLineView {
        place: line.place,
        href: entry
            .person
            .as_ref()
            .filter(|_| is_there)
            .map(|id| format!("/people/{}", view::path_part(id.as_str()))),
        login: entry.login.clone(),
        name: entry.after.name.clone(),
        kind: chip(said::kind(entry.kind)),
        changes: changes(site, entry),
        lines: match lines.is_empty() {
            true => "名簿にない".to_owned(),
            false => format!("{}行目", lines.join("・")),
        },
        things: shown.things.iter().map(|thing| thing_view(plan, shown, thing, may_choose)).collect(),
        may_choose,
        successor: shown.successor_name.clone().unwrap_or_default(),
        hands_over: line.choice.requests == OpenRequests::HandOver,
        leaves: entry.kind == Kind::Leave,
        outcome: line.outcome.map(|outcome| chip(said::outcome(outcome))),
        notes: line.why.lines().filter(|note| is_so_still(note, &shown.things)).map(said::note).collect(),
    }
}

pub(super) fn offered_view(of: &OfferedPermit) -> (String, String, String) {
    let until = of.due_at.map_or_else(String::new, |due| format!("。{}まで", crate::site::when(due - 1).day));
    (
        format!("/requests/{}", view::path_part(of.request.as_str())),
        format!("許可 {} {}", of.number, of.title),
        format!("{}さんから{until}", of.from_name),
    )
}
