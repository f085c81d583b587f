//! ホーム and ヘルプ.

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
    site::{Site, render},
    words,
};

/// Rows that the use case gives at most for each group; as many mean that there may be more.
const ROWS_MAX: usize = 20;

/// Records whose end has come that are counted.
const RECORDS_MAX: u32 = 50;

pub(crate) async fn home(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let home = match site.app().home(&who.actor).await {
        Ok(home) => home,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let to_read = match super::editions::to_read(&site, &who.actor).await {
        Ok(to_read) => to_read,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let requests = match site.app().requests_at_home(&who.actor).await {
        Ok(requests) => requests,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let duties = match site.app().tasks_at_home(&who.actor).await {
        Ok(duties) => duties,
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
        requests: requests::at_home(&site, &requests),
        duties: super::duties::at_home(&site, &duties),
        tasks,
        to_read,
        open: rows(&home.under_way, ""),
    })
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
