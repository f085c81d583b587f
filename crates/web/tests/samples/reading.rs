//! Sample values for the pages on which people read the policy.

use askama::Template as _;
use web::{screens::view::*, words::Tone};

use super::frame;

fn link(href: &str, text: &str) -> Link {
    Link { href: href.into(), text: text.into() }
}

fn document() -> DocumentView {
    DocumentView {
        id: "basic".into(),
        title: "星見市情報セキュリティ基本方針".into(),
        kind: "基本方針".into(),
        public: "公開",
        maker: "市長".into(),
        legal_basis: "地方自治法第244条の6".into(),
        in_force: vec!["平成28年4月1日".into(), "令和8年4月1日".into()],
    }
}

fn terms() -> Vec<TermView> {
    vec![TermView {
        id: "clean".into(), word: "無害化".into(), meaning: "動くものを残さないこと".into()
    }]
}

fn annotations() -> Vec<(String, String)> {
    vec![("機密正２".into(), "誤記とみられる".into()), (String::new(), "番号が抜けている".into())]
}

pub(crate) fn around() -> Around {
    Around {
        above: vec![link("/policy/clauses/base/4", "4 ファイルの授受")],
        document: Some(document()),
        roles: vec![link("/policy/roles/system-manager", "情報システム管理者")],
        others: vec!["CISOが承認する".into()],
        note: "市の章".into(),
        replaced_by: vec![link("/clauses/hoshimi/1", "4の2(1) リンクの無効化")],
        replaces: vec![link("/clauses/base/2", "4(2) 授受の記録")],
        related: vec![
            RelatedView {
                kind: "同じ".into(),
                id: "hoshimi/1".into(),
                link: Some(link("/clauses/hoshimi/1", "1 同じ定め")),
            },
            RelatedView { kind: "より厳しい".into(), id: "narita/1.3".into(), link: None },
        ],
        terms: terms(),
        annotations: annotations(),
    }
}

fn values() -> Vec<OpenValue> {
    vec![
        OpenValue { title: "点検の間隔".into(), value: Some("90日".into()) },
        OpenValue { title: "報告の期限".into(), value: None },
    ]
}

fn duty(gist: &str, word: &str, tone: Tone) -> DutyView {
    DutyView {
        href: "/clauses/base/own-id-only".into(),
        gist: gist.into(),
        label: "5(3)".into(),
        clause: link("/policy/clauses/base/5", "5 利用者と権限"),
        modality: Chip { word: word.into(), tone },
        with: "情報システム管理者も同じ".into(),
        others: vec!["情報セキュリティ管理者が報告を受ける".into()],
        values: values(),
        doing: Doing {
            places: vec![link("/transfers/new", "ファイルを送る")],
            automatic: vec!["保管時の暗号化".into()],
            outside: false,
        },
    }
}

fn sections() -> Vec<DutySection> {
    let group = |trigger: &str, duties| DutyGroupView { trigger: trigger.into(), duties };
    vec![
        DutySection {
            id: "always",
            title: "いつも守ること",
            count: 2,
            groups: vec![group(
                "",
                vec![
                    duty("自分の利用者IDを他人に使わせない", "禁止", Tone::Bad),
                    duty("<script>alert(1)</script>", "義務", Tone::Plain),
                ],
            )],
        },
        DutySection {
            id: "triggered",
            title: "そのときに行うこと",
            count: 1,
            groups: vec![group(
                "持出しごと",
                vec![DutyView {
                    doing: Doing { outside: true, ..Doing::default() },
                    ..duty("持出しの許可を得る", "義務", Tone::Plain)
                }],
            )],
        },
    ]
}

fn duties(own: bool, sections: Vec<DutySection>) -> String {
    let (title, bar) = if own {
        ("自分のすべきこと", "/policy/duties")
    } else {
        ("情報セキュリティ管理者", "/policy/roles")
    };
    DutiesPage {
        frame: frame(title, "/policy/duties", "lgwan"),
        bar: PolicyBar::at(bar),
        title: title.into(),
        own,
        roles: if sections.is_empty() { vec![] } else { vec![link("/policy/roles/staff", "職員")] },
        posts: if own { vec!["課員".into()] } else { vec!["課長".into(), "所長".into()] },
        note: "課の対策に責任を持つ。".into(),
        sections,
        replaced: 3,
    }
    .render()
    .unwrap()
}

fn part(text: &str, found: bool) -> TextPart {
    TextPart { text: text.into(), found }
}

fn search(words: &str, hits: Vec<HitView>, suggestions: Vec<Link>) -> String {
    let kind = |title, count, chosen| KindView { href: "/policy/search?q=x".into(), title, count, chosen };
    SearchPage {
        frame: frame("方針の中を探す", "/clauses", "lgwan"),
        bar: PolicyBar { current: "", search: words.into() },
        total: hits.len(),
        some_words: !hits.is_empty(),
        kinds: if hits.is_empty() {
            vec![]
        } else {
            vec![kind("すべて", 2, true), kind("遵守事項", 1, false), kind("用語", 1, false)]
        },
        hits,
        suggestions,
    }
    .render()
    .unwrap()
}

fn line() -> StatementLine {
    StatementLine {
        href: "/clauses/base/sanitise-inbound".into(),
        label: "4(1)".into(),
        gist: "外部から取り込むファイルを無害化する".into(),
        roles: "情報システム管理者".into(),
        modality: Chip { word: "義務".into(), tone: Tone::Plain },
        trigger: "授受ごと".into(),
        values: values(),
        replaced_by: vec![link("/clauses/hoshimi/1", "4の2(1) リンクの無効化")],
    }
}

fn node(anchor: &str, title: &str, level: usize) -> TextNode {
    TextNode {
        anchor: anchor.into(),
        href: "/policy/clauses/base/4".into(),
        title: title.into(),
        level,
        statements: vec![line(), line()],
        annotations: annotations(),
    }
}

fn text() -> String {
    TextPage {
        frame: frame("本文", "/clauses", "lgwan"),
        bar: PolicyBar::at("/policy/text"),
        title: "星見市情報セキュリティポリシー".into(),
        version: "令和8年度第1版".into(),
        in_force: "令和8年4月1日".into(),
        total: 4,
        replaced: 1,
        documents: vec![document()],
        chapters: vec![TextChapter {
            anchor: "part-0".into(),
            title: "星見市情報セキュリティ基本方針".into(),
            document: Some(document()),
            nodes: vec![node("c-base/4", "4 ファイルの授受", 3), node("c-base/4.1", "4.1 取込み", 4)],
        }],
        scope: vec![
            ScopeView { kind: "組織", title: "市長の事務部局".into(), left_out: None },
            ScopeView {
                kind: "組織", title: "市立学校".into(), left_out: Some("別の方針があるため".into())
            },
        ],
        roles: vec![(link("/policy/roles/staff", "職員"), "課員、課長".into())],
        terms: terms(),
    }
    .render()
    .unwrap()
}

pub(crate) fn pages() -> Vec<(&'static str, String)> {
    let hits = vec![
        HitView {
            kind: "遵守事項",
            href: "/clauses/base/1".into(),
            label: "4(1)".into(),
            heading: vec![part("サーバー", true), part("の管理<script>alert(1)</script>", false)],
            fields: vec![("いつ", vec![part("常時、", false), part("サーバ", true)])],
        },
        HitView { kind: "用語", heading: vec![part("サーバ", true)], ..HitView::default() },
    ];
    let roles = RolesPage {
        frame: frame("役割ごとのすべきこと", "/clauses", "lgwan"),
        bar: PolicyBar::at("/policy/roles"),
        rows: vec![
            RoleRow {
                href: "/policy/roles/staff".into(),
                title: "職員".into(),
                own: true,
                posts: "課員、課長".into(),
                counts: [12, 3, 20],
                parts: 4,
            },
            RoleRow { href: "/policy/body".into(), title: "団体全体".into(), ..RoleRow::default() },
        ],
    };
    let node = NodePage {
        frame: frame("4 ファイルの授受", "/clauses", "lgwan"),
        bar: PolicyBar::at("/clauses"),
        above: vec![link("/policy/clauses/base/0", "0 総則")],
        title: "4 ファイルの授受".into(),
        document: Some(document()),
        below: vec![link("/policy/clauses/base/4.1", "4.1 取込み")],
        statements: vec![line()],
        values: values(),
        terms: terms(),
        annotations: annotations(),
        text_href: "/policy/text#c-base/4".into(),
    };
    let near = vec![link("/policy/search?q=%E6%A9%9F%E5%AF%86%E6%80%A7", "機密性")];
    vec![
        ("duties", duties(true, sections())),
        ("duties-nobody", duties(true, vec![])),
        ("duties-role", duties(false, sections())),
        ("roles", roles.render().unwrap()),
        ("search", search("サーバ", hits, vec![])),
        ("search-nothing", search("機蜜性", vec![], near)),
        ("search-start", search("", vec![], vec![])),
        ("node", node.render().unwrap()),
        ("text", text()),
    ]
}
