//! Sample pages of personnel changes.

use askama::Template;
use web::{
    screens::view::*,
    words::{Tone, rosters},
};
use workflow::roster::{Form, Trouble, life::Stage};

use super::frame;

fn chip(word: &str, tone: Tone) -> Chip {
    Chip { word: word.into(), tone }
}

fn bar(word: &str, count: u32, percent: u32) -> CountView {
    CountView { word: word.into(), count, percent, href: Some("/personnel/p?part=move#lines".into()) }
}

/// Somebody with more in hand than a line shows at once.
fn line() -> RosterLineView {
    let permit = |n: u32| ThingView {
        kind: "許可".into(),
        title: format!("許可 {n} 外部のネットワークとの接続の申請"),
        href: format!("/requests/r{n}"),
        follows: "終わります".into(),
        permit: Some(format!("r{n}")),
        ..ThingView::default()
    };
    let line = two_things();
    RosterLineView { things: line.things.iter().cloned().chain((13..21).map(permit)).collect(), ..line }
}

fn two_things() -> RosterLineView {
    RosterLineView {
        place: 1,
        href: Some("/people/u".into()),
        login: "10234".into(),
        name: "山田<script>alert(1)</script> 花子".into(),
        kind: chip("退職", Tone::Bad),
        changes: vec![
            ("所属".into(), "市民課".into(), "福祉課".into()),
            ("職".into(), "市民課の課員".into(), String::new()),
        ],
        lines: "2・3行目".into(),
        things: vec![
            ThingView {
                kind: "台帳".into(),
                title: "機器台帳 E-0001 窓口PC".into(),
                href: "/registers/equipment/1".into(),
                follows: "引継ぎ先が決まっていません".into(),
                row: Some(("equipment".into(), 1, "user".into())),
                ..ThingView::default()
            },
            ThingView {
                kind: "許可".into(),
                title: "許可 12 持出しの申請".into(),
                href: "/requests/r".into(),
                follows: "鈴木 次郎さんが引き継ぎます。本人が受け取ったことを記録します".into(),
                row: None,
                permit: Some("r".into()),
                taker: "鈴木 <次郎>".into(),
            },
        ],
        may_choose: true,
        leaves: true,
        ..RosterLineView::default()
    }
}

pub(crate) fn pages() -> Vec<(&'static str, String)> {
    let list = RostersPage {
        frame: frame("人事異動", "/personnel", "lgwan"),
        rows: vec![RosterRowView {
            href: "/personnel/p".into(),
            day: "令和9年4月1日(木)".into(),
            state: chip("承認済・反映待ち", Tone::Good),
            changed: 1_812,
            counts: "採用 212、異動 1388、退職 212".into(),
            source: "異動<b>.xlsx".into(),
        }],
        may_prepare: true,
        next_href: Some("/personnel?after=1~p".into()),
    };
    let upload = RosterNewPage {
        frame: frame("人事異動の表を読み取る", "/personnel", "lgwan"),
        day: "令和9年4月1日".into(),
        forms: Form::ALL
            .into_iter()
            .map(|form| Choice {
                id: form.id().into(),
                title: rosters::form(form).into(),
                chosen: form == Form::Changes,
            })
            .collect(),
        columns: vec![("職員番号".into(), "利用者ID".into())],
        kinds: vec![("採用".into(), "新規採用".into())],
        file_max: "32 MB".into(),
        errors: vec![FieldError { field: "day".into(), text: "異動の日: 過ぎた日です。".into() }],
        ..RosterNewPage::default()
    };
    let problems = RosterProblemsPage {
        frame: frame("人事異動の表を確かめる", "/personnel", "lgwan"),
        file: "異動<script>.xlsx".into(),
        sheet: "異動".into(),
        other_sheets: vec!["控え".into()],
        unknown: vec!["備考".into()],
        counts: vec![bar("異動", 3, 100)],
        problems_count: 300,
        problems: vec![RosterProblemView {
            line: 4,
            title: "所属".into(),
            words: rosters::line(&Trouble::UnknownSection),
        }],
    };
    let draft = RosterPage {
        frame: frame("令和9年4月1日の人事異動", "/personnel", "lgwan"),
        href: "/personnel/p".into(),
        day: "令和9年4月1日(木)".into(),
        state: chip("作成中", Tone::Wait),
        next: rosters::next(Stage::Draft).into(),
        made: "関所 太郎 令和9年3月20日(土) 10:00".into(),
        source: "異動.xlsx sha256:0123".into(),
        whole: true,
        digest: "0123456789abcdef".into(),
        counts: vec![bar("採用", 212, 16), bar("異動", 1_388, 100)],
        unchanged: 4_688,
        vacancies: vec!["市民課の課長がいなくなり、「情報セキュリティ管理者」の承認や実施事項を受け持つ人がいなくなります。".into()],
        hand: vec![CountView { href: None, ..bar("名前がある台帳の行", 88, 100) }],
        sections: vec![RosterSectionView {
            name: "市民課".into(),
            joins: 4,
            comes: 12,
            goes: 11,
            leaves: 3,
            others: 1,
        }],
        tabs: vec![RosterTabView { href: "/personnel/p#lines".into(), label: "すべて 1812".into(), current: true }],
        lines: vec![line()],
        more_href: Some("/personnel/p?after=50#lines".into()),
        ask_href: Some("/requests/new/personnel-change?answer.plan=p".into()),
        may_withdraw: true,
        ..RosterPage::default()
    };
    let done = RosterPage {
        state: chip("反映済", Tone::Good),
        results: vec![bar("反映しました", 1_810, 100), bar("違いがあり止めました", 2, 1)],
        vacancies: Vec::new(),
        lines: vec![RosterLineView {
            may_choose: false,
            outcome: Some(chip("違いがあり止めました", Tone::Bad)),
            notes: vec![rosters::note("changed-meanwhile")],
            successor: "鈴木 次郎".into(),
            ..line()
        }],
        ask_href: None,
        request_href: Some("/requests/r".into()),
        may_withdraw: false,
        may_print: true,
        ..draft.clone()
    };
    let passwords = RosterPasswordsPage {
        frame: frame("初期パスワードの用紙", "/personnel", "lgwan"),
        href: "/personnel/p".into(),
        day: "令和9年4月1日(木)".into(),
        rows: vec![FirstLoginView {
            section: "市民課".into(),
            name: "新人 一郎".into(),
            login: "20270".into(),
            password: "abcd-efgh-jkmn-pqrs".into(),
        }],
    };
    let handover = HandoverPage {
        frame: frame("引継ぎ", "/handover", "lgwan"),
        section: "市民課".into(),
        sections: vec![
            RosterTabView { href: "/handover?section=a".into(), label: "市民課".into(), current: true },
            RosterTabView { href: "/handover?section=b".into(), label: "福祉課".into(), current: false },
        ],
        offered: vec![(
            "/requests/r".into(),
            "許可 12 持出しの申請<b>".into(),
            "佐藤 一郎さんから。令和9年4月8日(木)まで".into(),
        )],
        plans: vec![HandoverView {
            day: "令和9年4月1日(木)".into(),
            state: chip("承認済・反映待ち", Tone::Good),
            going: vec![RosterLineView { may_choose: false, ..line() }],
            coming: Vec::new(),
        }],
    };
    vec![
        ("rosters", list.render().unwrap()),
        ("roster-new", upload.render().unwrap()),
        ("roster-problems", problems.render().unwrap()),
        ("roster-draft", draft.render().unwrap()),
        ("roster-done", done.render().unwrap()),
        ("roster-passwords", passwords.render().unwrap()),
        ("handover", handover.render().unwrap()),
    ]
}
