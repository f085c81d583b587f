//! Sample values for the page for finding by words, and for the whole body on the first screen.

use askama::Template as _;
use web::{screens::view::*, words};
use workflow::transfer::State;

use super::{at, frame, state};

fn marked(before: &str, word: &str, behind: &str) -> Vec<TextPart> {
    let part = |text: &str, found| TextPart { text: text.into(), found };
    vec![part(before, false), part(word, true), part(behind, false)]
}

fn choice(id: &str, title: &str, chosen: bool) -> Choice {
    Choice { id: id.into(), title: title.into(), chosen }
}

fn find(typed: &str, groups: Vec<FindGroupView>, health: &app::finding::IndexHealth) -> FindPage {
    FindPage {
        frame: frame("さがす", "/find", "lgwan"),
        typed: typed.into(),
        kinds: vec![choice("", "すべて", true), choice("transfer", "授受", false)],
        whose: vec![choice("", "見られるものすべて", true), choice("mine", "自分のもの", false)],
        years: vec![choice("", "すべて", true), choice("2026", "2026年度", false)],
        stages: vec![choice("", "すべて", true), choice("open", "進行中・使用中", false)],
        trouble: words::find::trouble(health),
        groups,
        policy: vec![],
        policy_all: None,
        suggestions: vec![],
        is_first: true,
        first_href: "/find?q=x".into(),
    }
}

pub(crate) fn pages() -> Vec<(&'static str, String)> {
    use app::finding::IndexHealth;
    let item = FindItemView {
        href: "/transfers/1".into(),
        number: "令8-000001".into(),
        heading: marked("", "サーバー", "の見積書<script>alert(1)</script>"),
        pieces: vec![("ファイル".into(), marked("ファイル", "サーバ", "一覧.xlsx"))],
        section: "税務課".into(),
        chip: Some(state(State::Ready)),
        at: Some(at(-30)),
    };
    let group = FindGroupView {
        id: "transfer",
        title: "授受",
        count: "6件以上".into(),
        items: vec![item],
        more_href: "/find?q=x&kind=transfer".into(),
    };
    let found = FindPage {
        policy: vec![HitView {
            kind: "用語",
            href: "/policy/text#t-server".into(),
            label: String::new(),
            heading: marked("", "サーバ", ""),
            fields: vec![],
        }],
        policy_all: Some(Link {
            href: "/policy/search?q=x".into(), text: "方針の 12 件を見る".into()
        }),
        is_first: false,
        ..find("サーバ", vec![group], &IndexHealth::Ready)
    };
    let near = vec![Link { href: "/find?q=y".into(), text: "機密性".into() }];
    let nothing = FindPage { suggestions: near, ..find("機蜜性", vec![], &IndexHealth::Behind(7)) };
    vec![
        ("find", found.render().unwrap()),
        ("find-nothing", nothing.render().unwrap()),
        ("find-start", find("", vec![], &IndexHealth::Full).render().unwrap()),
    ]
}

pub(crate) fn overview() -> OverviewView {
    let fact = |label: &str, count: &str, act| Fact {
        label: label.into(),
        count: count.into(),
        act,
        href: "/coverage".into(),
    };
    OverviewView {
        facts: vec![fact("仕組みが担保する遵守事項", "120/520", false), fact("分類待ち", "3", true)],
        overdue: vec![
            OverdueBar { name: "税務課".into(), count: 12, length: 1_000 },
            OverdueBar { name: "福祉課".into(), count: 3, length: 250 },
        ],
        overdue_rest: 4,
        overdue_more: true,
        exceptions: vec![("/requests/1".into(), "申令8-000012 例外措置".into(), Some(at(300)))],
        editions: vec![(
            "/editions/1".into(),
            "令和9年度第1版".into(),
            Chip { word: "承認待ち".into(), tone: words::Tone::Wait },
        )],
    }
}
