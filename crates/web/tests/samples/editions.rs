//! Sample pages about editions of the policy.

use askama::Template;
use web::{
    screens::view::*,
    words::{self, Tone},
};
use workflow::edition::Stage;

use super::{at, frame};

fn row(stage: Stage, label: &str) -> EditionRow {
    let (word, tone, _) = words::editions::stage(stage);
    EditionRow {
        href: format!("/editions/{}", stage.id()),
        id: stage.id().into(),
        label: label.into(),
        title: "星見市情報セキュリティポリシー".into(),
        state: Chip { word: word.into(), tone },
        proposed: (stage != Stage::Superseded).then(|| at(-48)),
        effective: matches!(stage, Stage::InForce | Stage::Superseded).then(|| at(-24)),
        published: (stage == Stage::InForce).then(|| at(-12)),
    }
}

pub(super) fn problems() -> Vec<ProblemView> {
    [true, false]
        .map(|error| ProblemView {
            error,
            place: "hoshimi/zones.toml:7:1".into(),
            message: "zone「lgwan」にキー「lable」はありません。<script>alert(1)</script>".into(),
            instead: "「label」と書いてください。".into(),
        })
        .to_vec()
}

fn groups() -> Vec<ChangeGroup> {
    let change = |word: &str, tone, keys| ChangeView {
        what: Chip { word: word.into(), tone },
        label: "基2".into(),
        text: "職員は、方針とその改定を読む".into(),
        roles: "職員".into(),
        keys,
    };
    let keys = vec![KeyView {
        key: "義務の強さ".into(), before: "努力義務".into(), after: "義務".into()
    }];
    vec![ChangeGroup {
        title: "職員".into(),
        rows: vec![
            change("加わる", Tone::Good, Vec::new()),
            change("なくなる", Tone::Bad, Vec::new()),
            change("変わる", Tone::Mixed, keys),
        ],
    }]
}

fn edition(stage: Stage) -> EditionPage {
    EditionPage {
        frame: frame("方針の版 令和8年度第2版", "/clauses", "lgwan"),
        row: row(stage, "令和8年度第2版"),
        said: words::editions::stage(stage).2.into(),
        note: "年次の見直し".into(),
        proposer: "森 健一".into(),
        digest: "ab".repeat(32),
        problems: problems(),
        groups: groups(),
        same: 190,
        roles: groups(),
        compared: true,
        needs_restart: stage == Stage::Approved,
        in_use: match stage {
            Stage::Draft => vec![words::editions::in_use(&app::editions::in_use::InUse::Form {
                id: "take-out".into(),
                title: "持出しの申請".into(),
                requests: 2,
            })],
            _ => Vec::new(),
        },
        needs_analysis: true,
        analysis: (stage != Stage::Draft).then(|| ("漏えいの分析".into(), "起きにくい\n損失は小さい".into())),
        moments: vec![MomentView { what: "提案".into(), at: at(-48) }],
        request_href: (stage != Stage::Draft).then(|| "/requests/r-1".into()),
        rates: vec![RateView { section: "住民課".into(), people: 12, confirmed: 9, percent: 75 }],
        may_attach: stage == Stage::Draft,
        apply_href: (stage == Stage::Draft).then(|| "/requests/new/policy-revision?edition=draft".into()),
        publish_href: (stage == Stage::InForce).then(|| "/requests/new/policy-publication?edition=x".into()),
        may_withdraw: stage == Stage::Draft,
        errors: vec![FieldError {
            field: "analysis-text".into(),
            text: "リスク分析の内容: 入力してください。".into(),
        }],
    }
}

fn reading(confirmed: bool) -> ReadingPage {
    ReadingPage {
        frame: frame("方針の変更", "/clauses", "lgwan"),
        label: "令和8年度第2版".into(),
        href: "/editions/in-force".into(),
        confirm_href: "/readings/in-force".into(),
        effective: Some(at(-24)),
        due: Some(at(300)),
        confirmed: confirmed.then(|| at(-1)),
        roles: groups(),
    }
}

fn beside() -> BesidePage {
    let row = |word: &str, tone| BesideRow {
        what: Chip { word: word.into(), tone },
        label: "2.2(1)①".into(),
        ours: "職員は、端末を許可なく持ち出さない".into(),
        theirs: String::new(),
        roles: "職員".into(),
        keys: vec![KeyView {
            key: "義務の強さ".into(), before: "努力義務".into(), after: "義務".into()
        }],
    };
    let group = |title: &str| BesideGroup {
        title: title.into(),
        rows: vec![row("当方だけ", Tone::Good), row("違う", Tone::Mixed)],
    };
    let choice = |id: &str, title: &str| Choice { id: id.into(), title: title.into(), chosen: id == "asahi" };
    BesidePage {
        frame: frame("他団体との比較", "/clauses", "lgwan"),
        bar: PolicyBar::at("/compare"),
        ours: "星見市情報セキュリティポリシー 令和8年度第1版".into(),
        packs: vec![choice("asahi", "旭市の方針"), choice("base", "土台")],
        roles: vec![choice("staff", "職員")],
        compared: Some(Compared {
            title: "旭市の方針 令和7年版".into(),
            same: 3,
            differ: 1,
            only_ours: 120,
            only_theirs: 60,
            chapters: vec![group("第2章 職員")],
            theirs: vec![group("第3章 <機器>")],
            others: Vec::new(),
        }),
    }
}

pub(super) fn pages() -> Vec<(&'static str, String)> {
    let list = EditionsPage {
        frame: frame("方針の版", "/clauses", "lgwan"),
        rows: Stage::ALL.iter().map(|s| row(*s, "令和8年度第2版")).collect(),
        next_href: Some("/editions?after=1~a".into()),
        from_folder: true,
        running: "星見市情報セキュリティポリシー 令和8年度第1版".into(),
        may_propose: true,
    };
    let new = EditionNewPage {
        frame: frame("新しい版を提案する", "/clauses", "lgwan"),
        pack: "hoshimi".into(),
        note: "年次の見直し".into(),
        errors: vec![FieldError {
            field: "files".into(), text: "ファイル: 選んでください。".into()
        }],
        problems: problems(),
    };
    let compare = EditionComparePage {
        frame: frame("版の比較", "/clauses", "lgwan"),
        a: "星見市 第1版".into(),
        b: "星見市 第2版".into(),
        groups: groups(),
        same: 190,
        roles: Vec::new(),
    };
    vec![
        ("beside", beside().render().unwrap()),
        ("editions", list.render().unwrap()),
        ("edition-new", new.render().unwrap()),
        ("edition-draft", edition(Stage::Draft).render().unwrap()),
        ("edition-approved", edition(Stage::Approved).render().unwrap()),
        ("edition-in-force", edition(Stage::InForce).render().unwrap()),
        ("edition-compare", compare.render().unwrap()),
        ("reading", reading(false).render().unwrap()),
        ("reading-confirmed", reading(true).render().unwrap()),
    ]
}
