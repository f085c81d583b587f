//! Sample values for 台帳.

use super::*;
use web::words::registers::standing;

fn card(title: &str, waiting: u32, may: bool) -> RegisterCard {
    RegisterCard {
        href: "/registers/assets".into(),
        title: title.into(),
        description: "課が扱う情報を、分類、保管場所、担当とともに載せる。".into(),
        scope: "課ごと".into(),
        manager: "情報セキュリティ管理者".into(),
        in_use: 61,
        waiting,
        waiting_href: "/registers/assets?stage=waiting".into(),
        new_href: may.then(|| "/registers/assets/new".into()),
        clauses: clauses(),
    }
}

fn choice(id: &str, title: &str, chosen: bool) -> Choice {
    Choice { id: id.into(), title: title.into(), chosen }
}

fn list(empty: bool) -> String {
    let row = |number: u32, name: &str, waits: bool| RegisterRowView {
        href: format!("/registers/assets/{number}"),
        number: format!("A-{number:04}"),
        name: name.into(),
        waits,
        cells: vec![
            ("形態".into(), "電子データ".into()),
            ("機密性".into(), if waits { String::new() } else { "機密性3".into() }),
        ],
        section: "税務課".into(),
        changed: at(-i64::from(number)),
    };
    let page = RegisterPage {
        frame: frame("情報資産台帳", "/registers", "lgwan"),
        href: "/registers/assets".into(),
        title: "情報資産台帳".into(),
        description: "課が扱う情報を載せる。".into(),
        new_href: Some("/registers/assets/new".into()),
        tabs: vec![
            Tab { href: "/registers/assets?stage=in-use".into(), label: "使用中".into(), current: true },
            Tab {
                href: "/registers/assets?stage=waiting".into(), label: "分類待ち".into(), current: false
            },
        ],
        stage: "in-use",
        words: "台帳".into(),
        sections: vec![choice("tax", "税務課", true), choice("parks", "公園課", false)],
        filters: vec![
            FilterView {
                name: "f.confidentiality".into(),
                id: "filter-confidentiality".into(),
                title: "機密性".into(),
                kind: "choice",
                choices: vec![choice("c3", "機密性3", true), choice("-", "(空欄)", false)],
                value: "c3".into(),
            },
            FilterView {
                name: "f.kept-until".into(),
                id: "filter-kept-until".into(),
                title: "保存期限".into(),
                kind: "date",
                value: "2027-03-31".into(),
                ..FilterView::default()
            },
            FilterView {
                name: "f.keeper".into(),
                id: "filter-keeper".into(),
                title: "管理担当者(ログインID)".into(),
                kind: "text",
                ..FilterView::default()
            },
        ],
        conditions: 2,
        query: "stage=in-use&f.confidentiality=c3".into(),
        saved: vec![SavedView {
            name: "重いもの".into(),
            href: "/registers/assets?f.confidentiality=c3".into(),
        }],
        heads: vec!["形態".into(), "機密性".into()],
        by_section: true,
        rows: if empty {
            Vec::new()
        } else {
            vec![row(30, "<script>alert(1)</script>", false), row(12, "面談の録音", true)]
        },
        empty: "当てはまる行はありません。条件を変えてください。".into(),
        downloads: Downloads {
            csv: "/registers/assets/rows.csv?stage=in-use".into(),
            cp932: "/registers/assets/rows.csv?encoding=cp932".into(),
            workbook: "/registers/assets/rows.xlsx".into(),
        },
        labels_href: "/registers/assets/labels".into(),
        import_href: Some("/registers/assets/import".into()),
        next_href: (!empty).then(|| "/registers/assets?stage=in-use&after=12".into()),
        first_href: "/registers/assets?stage=in-use".into(),
        later: false,
        errors: Vec::new(),
    };
    page.render().unwrap()
}

fn history() -> Vec<RowHistoryView> {
    vec![
        RowHistoryView {
            what: "つながる行の変更による更新".into(),
            at: at(-2),
            followed: Some((Some("/registers/assets/30".into()), "A-0030 窓口日誌".into())),
            version: 3,
            changes: vec![("機密性".into(), "機密性2".into(), "機密性3".into())],
            ..RowHistoryView::default()
        },
        RowHistoryView {
            what: "変更".into(),
            at: at(-20),
            who: "佐藤 一郎".into(),
            reason: "保管場所を移した".into(),
            version: 2,
            changes: vec![("保管場所".into(), String::new(), "書庫\n第2棚".into())],
            ..RowHistoryView::default()
        },
    ]
}

fn row(ended: bool) -> String {
    let cell = |title: &str, text: &str, derived: &str| CellView {
        title: title.into(),
        text: text.into(),
        derived: derived.into(),
        ..CellView::default()
    };
    let (word, tone) = standing(ended, !ended);
    RowPage {
        frame: frame("M-0012 USBメモリ", "/registers", "lgwan"),
        register: ("/registers/media".into(), "媒体台帳".into()),
        href: "/registers/media/12".into(),
        number: "M-0012".into(),
        name: "USBメモリ <12>".into(),
        standing: Chip { word: word.into(), tone },
        section: "税務課".into(),
        end: ended.then(|| ("令和8年11月24日".into(), "読めなくなった".into())),
        cells: vec![
            cell("種類", "USBメモリ", ""),
            CellView {
                links: vec![
                    (Some("/registers/assets/30".into()), "A-0030 窓口日誌".into()),
                    (None, "A-0031".into()),
                ],
                ..cell("入っている情報資産", "A-0030 窓口日誌、A-0031", "")
            },
            cell("機密性", "機密性3", "「入っている情報資産」のうち最も高い分類です"),
            CellView { waits: !ended, ..cell("完全性", "", "") },
            cell("取扱制限", "定めた者だけが扱う\n控えを取る", "分類から決まります"),
        ],
        created: at(-300),
        changed: at(-2),
        version: 3,
        history: history(),
        breaks: if ended {
            Vec::new()
        } else {
            vec!["種類: ここでは使えません。選び直してください。".into()]
        },
        out: vec![("佐藤 一郎".into(), at(-48), at(if ended { -24 } else { 24 }), ended)],
        requests: vec![super::requests::row(
            1,
            workflow::request::State::Approved,
            Some(workflow::request::Standing::InForce),
            "",
        )],
        linking: vec![(
            "機器台帳".into(),
            "保存している情報資産".into(),
            (Some("/registers/equipment/3".into()), "E-0003 ノートPC".into()),
        )],
        edit_href: (!ended).then(|| "/registers/media/12/edit".into()),
        end_action: (!ended).then(|| ("/registers/media/12/end".into(), "2026-11-24".into())),
        may_classify: !ended,
        clauses: clauses(),
        gone: ended.then(|| "5年保存が終わり、令和14年4月2日に廃棄しました。".to_owned()),
        errors: Vec::new(),
    }
    .render()
    .unwrap()
}

fn form(conflict: bool) -> String {
    let field = |id: &str, title: &str, kind: &'static str, value: &str| FormFieldView {
        name: format!("v.{id}"),
        id: id.into(),
        title: title.into(),
        kind,
        chars_max: 200,
        value: value.into(),
        ..FormFieldView::default()
    };
    RowFormPage {
        frame: frame("M-0012を変更", "/registers", "lgwan"),
        register: ("/registers/media".into(), "媒体台帳".into()),
        has_levels: true,
        title: "M-0012を変更".into(),
        back: "/registers/media/12".into(),
        action: "/registers/media/12/edit".into(),
        sections: vec![choice("tax", "税務課", true), choice("parks", "公園課", false)],
        fields: vec![
            FormFieldView {
                required: true,
                error: (!conflict).then(|| "入力してください。".into()),
                ..field("name", "名称", "text", "")
            },
            FormFieldView {
                choices: vec![("true".into(), "有".into()), ("false".into(), "無".into())],
                ..field("encrypted", "暗号化", "choice", "true")
            },
            FormFieldView {
                help: "情報資産台帳の番号(例: A-0001)。複数のときは空白で区切ります".into(),
                ..field("assets", "入っている情報資産", "link", "A-0030 A-0031")
            },
            field("bought", "取得日", "date", "2026-04-01"),
            field("note", "備考", "long-text", "金庫に\nしまう"),
        ],
        reason: "棚卸し".into(),
        seen: Some(3),
        meanwhile: if conflict { history() } else { Vec::new() },
        errors: if conflict {
            Vec::new()
        } else {
            vec![FieldError { field: "name".into(), text: "名称: 入力してください。".into() }]
        },
    }
    .render()
    .unwrap()
}

pub(super) fn pages() -> Vec<(&'static str, String)> {
    let all = |registers| {
        RegistersPage { frame: frame("台帳", "/registers", "lgwan"), registers }.render().unwrap()
    };
    vec![
        ("registers", all(vec![card("情報資産台帳", 2, true), card("機器台帳", 0, false)])),
        ("registers-none", all(Vec::new())),
        ("register", list(false)),
        ("register-empty", list(true)),
        ("register-row", row(false)),
        ("register-row-ended", row(true)),
        ("register-form", form(false)),
        ("register-form-conflict", form(true)),
    ]
}
