//! Sample values for お知らせ.

use app::notices::{NoticeTray, store::MailState};

use super::*;

fn notice(title: &str, name: &str, unread: bool) -> NoticeRowView {
    NoticeRowView {
        id: "decide:request:1:1.0:u".into(),
        title: title.into(),
        wording: "内容を見て、承認するか決めてください。".into(),
        name: name.into(),
        number: "番号 12".into(),
        href: Some("/requests/1".into()),
        elsewhere: Vec::new(),
        due: Some(at(-2)),
        overdue: true,
        made: at(-30),
        unread,
        done: false,
    }
}

fn list(rows: Vec<NoticeRowView>) -> String {
    let (_, lead, empty) = words::notices::tray(NoticeTray::Waiting);
    NoticesPage {
        frame: frame("お知らせ", "/notices", "lgwan"),
        tabs: vec![
            Tab {
                href: "/notices?tray=waiting".into(), label: "待っているもの".into(), current: true
            },
            Tab { href: "/notices?tray=news".into(), label: "お知らせ".into(), current: false },
        ],
        lead: lead.into(),
        tray: "waiting".into(),
        kinds: vec![Choice { id: "decide".into(), title: "承認待ち".into(), chosen: false }],
        unread: u32::from(!rows.is_empty()),
        rows,
        empty: empty.into(),
        next_href: Some("/notices?tray=waiting&after=1.x".into()),
        first_href: "/notices?tray=waiting".into(),
        later: false,
    }
    .render()
    .unwrap()
}

fn mail(state: MailState, error: &str) -> MailRowView {
    let (word, tone) = words::notices::mail_state(state);
    MailRowView {
        id: "019".into(),
        person: "佐藤 一郎".into(),
        what: "1日1通のまとめ".into(),
        state: Chip { word: word.into(), tone },
        made: at(-30),
        tries: 3,
        next: (state == MailState::Waiting).then(|| at(1)),
        error: words::notices::mail_error(error).into(),
    }
}

pub(super) fn pages() -> Vec<(&'static str, String)> {
    let here = notice("承認待ち", "情報機器等の持出し", true);
    let elsewhere = NoticeRowView {
        name: String::new(),
        number: String::new(),
        href: None,
        elsewhere: vec![zone("internet")],
        due: None,
        overdue: false,
        unread: false,
        ..notice("ファイルが届いています", "", false)
    };
    let hostile = notice("差し戻されました", "<script>alert(1)</script>", false);
    let ways = |fixed: bool| {
        let mut ways =
            vec![Choice {
                id: "at-once".into(), title: "すぐにメール(ふつう)".into(), chosen: true
            }];
        if !fixed {
            ways.push(Choice { id: "digest".into(), title: "1日1通のメール".into(), chosen: false });
        }
        ways
    };
    let settings = |domains: &str| {
        NoticeSettingsPage {
            frame: frame("お知らせの届け方", "/account", "lgwan"),
            choices: vec![
                NoticeChoiceView {
                    id: "decide".into(),
                    title: "承認待ち".into(),
                    ways: ways(false),
                    fixed: false,
                },
                NoticeChoiceView {
                    id: "decide-late".into(),
                    title: "期限を過ぎた承認待ち".into(),
                    ways: ways(true),
                    fixed: true,
                },
            ],
            address: "\"><script>alert(1)</script>".into(),
            mails_go_to: "midori@city.hoshimi.example".into(),
            domains: domains.into(),
            meanings: vec![("画面だけ".into(), "メールは届きません。".into())],
            errors: vec![FieldError {
                field: "mail-address".into(), text: "使えないアドレスです。".into()
            }],
        }
        .render()
        .unwrap()
    };
    let mails = |road: &str, folder, down: bool, rows: bool| {
        MailsPage {
            frame: frame("メールの状況", "/mails", "lgwan"),
            road: road.into(),
            folder,
            has_domains: rows,
            down: down.then(|| ("Connection refused".into(), at(1))),
            waiting: u32::from(rows),
            waiting_rows: if rows { vec![mail(MailState::Waiting, "450 <b>later</b>")] } else { Vec::new() },
            refused_rows: if rows { vec![mail(MailState::Refused, "no-address")] } else { Vec::new() },
            today: (12, 1, 3),
            next_href: None,
            first_href: "/mails".into(),
            later: false,
        }
        .render()
        .unwrap()
    };
    vec![
        ("notices", list(vec![here, elsewhere, hostile])),
        ("notices-none", list(Vec::new())),
        ("notice-settings", settings("@city.hoshimi.example")),
        ("notice-settings-no-mail", settings("")),
        ("mails", mails("mail.city.example:587", false, true, true)),
        ("mails-folder", mails("/var/lib/sekisho/outbox", true, false, false)),
        ("mails-off", mails("", false, false, false)),
    ]
}
