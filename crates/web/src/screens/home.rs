//! ホーム and ヘルプ.

use app::{home::FirstScreen, overview::BodyOverview};
use axum::{
    extract::{Query, State},
    response::Response,
};
use policy::{ChannelMode, Mechanism};
use worker_protocol::Reason;
use workflow::transfer::{FileState, State as Stage};

use super::{Pairs, one, requests, show, view};
use crate::{
    door::Signed,
    site::{Site, render, when},
    words,
};

/// Rows that the use case gives at most for each group; as many mean that there may be more.
const ROWS_MAX: usize = 20;

/// Records whose end has come that are counted.
const RECORDS_MAX: u32 = 50;

pub(crate) async fn home(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let FirstScreen { transfers: home, requests, tasks: duties, to_read } =
        match site.app().first_screen(&who.actor).await {
            Ok(found) => found,
            Err(error) => return site.fail(Some(&who.actor), &error),
        };
    let overview = match site.app().body_overview(&who.actor).await {
        Ok(overview) => overview.map(|o| body(&o)),
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let records = match site.app().records_at_home(&who.actor, RECORDS_MAX).await {
        Ok((to_propose, to_decide)) => to_propose + to_decide,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let rows = |rows: &[app::model::TransferRow], action: &str| -> Vec<view::RowView> {
        rows.iter().map(|r| show::row(&site, r, action)).collect()
    };
    let reviews: Vec<_> = home.reviews.iter().map(|(row, _)| show::row(&site, row, "後閲する")).collect();
    let tile = |label: &str, count: usize, href: &str, act| view::Tile {
        label: label.to_owned(),
        count: u32::try_from(count).unwrap_or(u32::MAX),
        more: count >= ROWS_MAX,
        href: href.to_owned(),
        act,
    };
    let group = |id, title: &str, hint: &str, icon, rows, all_href: &str| view::TaskGroup {
        id,
        title: title.to_owned(),
        hint: hint.to_owned(),
        icon,
        rows,
        all_href: all_href.to_owned(),
    };
    let mut to_decide = rows(&home.to_decide, "");
    for row in &mut to_decide {
        row.href.push_str("/decide");
        row.action = "見て判断する".to_owned();
    }
    let mut frame = site.frame(Some(&who.actor), "ホーム", "/", &[], one(&query, "done"));
    for item in &mut frame.menu {
        item.count = match item.href.as_str() {
            "/received" => u32::try_from(home.to_receive.len()).unwrap_or(u32::MAX),
            "/tasks" => u32::try_from(duties.mine.len()).unwrap_or(u32::MAX),
            "/requests" => u32::try_from(requests.to_decide.len()).unwrap_or(u32::MAX),
            "/transfers?tray=to-decide" => u32::try_from(home.to_decide.len()).unwrap_or(u32::MAX),
            _ => 0,
        };
    }
    let tiles = vec![
        tile("承認待ち", home.to_decide.len(), "/transfers?tray=to-decide", true),
        tile("申請の承認待ち", requests.to_decide.len(), "/requests?tray=to-decide", true),
        tile("実施事項", duties.mine.len(), "/tasks", true),
        tile("課の期限超過", duties.overdue.len(), "/tasks?tray=overdue", true),
        tile("廃棄予定の文書", records, "/records", true),
        tile("受取", home.to_receive.len(), "/received", true),
        tile("差戻し・引戻し", home.with_me.len(), "#t-returned", true),
        tile("保留", home.held.len() + home.held_of_units.len(), "#t-held", true),
        tile("後閲", reviews.len(), "#t-review", true),
    ]
    .into_iter()
    // A tile for what nobody has here would only be in the way.
    .filter(|tile| tile.count > 0 || matches!(tile.href.as_str(), "/received" | "/transfers?tray=to-decide"))
    .collect();
    let mut held = home.held.clone();
    held.extend(home.held_of_units.iter().filter(|r| home.held.iter().all(|h| h.id != r.id)).cloned());
    let tasks = vec![
        group(
            "decide",
            "承認待ち",
            "無害化の結果と除いたものを見て、承認するか決めてください。",
            "stamp",
            to_decide,
            "/transfers?tray=to-decide",
        ),
        group(
            "receive",
            "受取",
            "あなた宛てに届いています。",
            "inbox",
            rows(&home.to_receive, "受け取る"),
            "/received",
        ),
        group(
            "returned",
            "差戻し・引戻し",
            "直して再提出するか、取り下げてください。",
            "warn",
            rows(&home.with_me, "直す"),
            "",
        ),
        group(
            "held",
            "保留",
            "検査を終えられないファイルがあります。パスワードを入れるか、外すかを決めてください。",
            "hourglass",
            rows(&held, "対応する"),
            "",
        ),
        group(
            "review",
            "後閲",
            "あなたの不在中に代決されました。内容を見て、後閲を記録してください。",
            "eye",
            reviews,
            "",
        ),
    ]
    .into_iter()
    .filter(|task| !task.rows.is_empty())
    .collect();
    let may_send =
        site.app().pack().channels_from(who.actor.zone().as_str()).any(|c| c.mode != ChannelMode::Deny);
    render(&view::HomePage {
        frame,
        outage: home.cells_stopped.as_ref().map(show::outage),
        may_send,
        tiles,
        overview,
        requests: requests::at_home(&site, &requests),
        duties: super::duties::at_home(&site, &duties),
        tasks,
        to_read: super::editions::to_read(&to_read),
        open: rows(&home.under_way, ""),
    })
}

/// Sections that the picture shows; the others are told together.
const SECTIONS_SHOWN: usize = 8;

/// The whole body in numbers, and what is overdue as bars.
fn body(overview: &BodyOverview) -> view::OverviewView {
    let totals = &overview.statements;
    let many = |count: u32, more: bool| format!("{count}{}", if more { "+" } else { "" });
    let fact = |label: &str, count: String, act: bool, href: &str| view::Fact {
        label: label.to_owned(),
        count,
        act,
        href: href.to_owned(),
    };
    let unclassified: u32 = overview.unclassified.iter().map(|(.., count)| count).sum();
    let mut facts = vec![
        fact(
            "仕組みが担保する遵守事項",
            format!("{}/{}", totals.kept, totals.statements),
            false,
            "/coverage",
        ),
        fact("担保する仕組みがない遵守事項", totals.unbound.to_string(), totals.unbound > 0, "/coverage"),
        fact(
            "保留",
            many(overview.held, overview.held >= 100),
            overview.held > 0,
            "/transfers?tray=units&state=held",
        ),
    ];
    let waiting = overview.unclassified.first();
    let register =
        waiting.map_or("/registers".to_owned(), |(id, ..)| format!("/registers/{id}?stage=waiting"));
    facts.push(fact("分類待ち", unclassified.to_string(), unclassified > 0, &register));
    let longest = overview.overdue.iter().map(|(.., count)| *count).max().unwrap_or(1).max(1);
    let bar = |name: &str, count: u32| view::OverdueBar {
        name: name.to_owned(),
        count,
        length: u64::from(count).saturating_mul(1_000).div_ceil(u64::from(longest)).min(1_000),
    };
    let (shown, rest) = overview.overdue.split_at(overview.overdue.len().min(SECTIONS_SHOWN));
    view::OverviewView {
        facts,
        overdue: shown.iter().map(|(_, name, count)| bar(name, *count)).collect(),
        overdue_rest: rest.iter().map(|(.., count)| count).sum(),
        overdue_more: overview.overdue_more,
        exceptions: overview
            .exceptions
            .iter()
            .take(ROWS_MAX)
            .map(|row| {
                let until = row.permit.as_ref().map(|p| when(p.terms.until - 1));
                let title = format!("{} {}", requests::number_shown(row.number, row.submitted_at), row.title);
                (format!("/requests/{}", view::path_part(row.id.as_str())), title, until)
            })
            .collect(),
        editions: overview
            .editions
            .iter()
            .map(|e| {
                let (word, tone, _) = words::editions::stage(e.stage);
                let chip = view::Chip { word: word.to_owned(), tone };
                (format!("/editions/{}", view::path_part(e.id.as_str())), e.label.clone(), chip)
            })
            .collect(),
    }
}

pub(crate) async fn help(State(site): State<Site>, who: Signed) -> Response {
    render(&view::HelpPage {
        frame: site.frame(Some(&who.actor), "ヘルプ", "/help", &[Mechanism::ChannelSanitise], ""),
        states: Stage::ALL.into_iter().map(|s| (show::state_chip(s), words::state(s).2.to_owned())).collect(),
        file_states: FileState::ALL
            .into_iter()
            .map(|s| {
                let (word, tone, said) = words::file_state(s);
                (view::Chip { word: word.to_owned(), tone }, said.to_owned())
            })
            .collect(),
        reasons: Reason::ALL.iter().map(|r| words::reason(*r)).collect(),
    })
}
