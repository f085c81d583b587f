//! Sample pages of tables in and out of a register.

use askama::Template;
use web::{
    screens::{label::qr, view::*},
    words::register_tables,
};

use super::frame;

fn line(line: u32, name: &str) -> PlannedLineView {
    PlannedLineView { line, name: name.into(), ..PlannedLineView::default() }
}

pub(crate) fn pages() -> Vec<(&'static str, String)> {
    let upload = RegisterImportPage {
        frame: frame("機器台帳の取込み", "/registers", "lgwan"),
        title: "機器台帳".into(),
        list_href: "/registers/equipment".into(),
        action: "/registers/equipment/import".into(),
        template_href: "/registers/equipment/table?format=xlsx".into(),
        columns: vec![("名称".into(), "100文字まで(必須)".into()), ("設置日".into(), "日付".into())],
        file_max: "32 MB".into(),
        ..RegisterImportPage::default()
    };
    let refusal =
        app::register_imports::TableRefusal::Headings { sheet: "機器".into(), problems: Vec::new() };
    let refused = RegisterImportPage {
        trouble: Some(register_tables::refusal(&refusal)),
        headings: vec!["見出し「<script>alert(1)</script>」が2つあります(A列とC列)。".into()],
        ..upload.clone()
    };
    let plan = RegisterPlanPage {
        frame: frame("機器台帳の取込み", "/registers", "lgwan"),
        title: "機器台帳".into(),
        list_href: "/registers/equipment".into(),
        again_href: "/registers/equipment/import".into(),
        file: "機器<script>alert(1)</script>.xlsx".into(),
        sheet: "機器".into(),
        other_sheets: vec!["覚え".into()],
        unknown: vec!["メモ".into()],
        absent: vec!["備考".into()],
        adds: 120,
        changes: 1,
        same: 30,
        refusals: 0,
        refused: Vec::new(),
        changed: vec![PlannedLineView {
            number: "E-0001".into(),
            changes: vec![
                ("置き場所".into(), "市民課".into(), "倉庫".into()),
                ("備考".into(), "古い".into(), String::new()),
            ],
            notes: vec![("設置日".into(), "数を日付として読みました。".into())],
            ..line(3, "窓口PC 1")
        }],
        added: vec![PlannedLineView {
            changes: vec![("種類".into(), String::new(), "ノートPC".into())],
            ..line(2, "窓口PC 2<script>alert(1)</script>")
        }],
        shown_max: 100,
        apply: Some(("/registers/equipment/import/abc".into(), "0123abcd".into())),
    };
    let not_yet = RegisterPlanPage {
        adds: 1,
        changes: 0,
        same: 0,
        refusals: 1,
        changed: Vec::new(),
        refused: vec![PlannedLineView {
            problems: vec![
                ("設置日(F列)".into(), "暦にある日付を書いてください。".into()),
                (String::new(), "行全体の文字が多すぎます。".into()),
            ],
            ..line(4, "プリンタ")
        }],
        apply: None,
        ..plan.clone()
    };
    let nothing = RegisterPlanPage {
        adds: 0,
        changes: 0,
        same: 3,
        refusals: 0,
        changed: Vec::new(),
        added: Vec::new(),
        apply: None,
        ..plan.clone()
    };
    let label = |number: &str| LabelView {
        number: number.into(),
        name: "窓口PC<script>alert(1)</script>".into(),
        section: "市民課".into(),
        classes: vec!["機密性2".into(), "可用性2".into()],
        qr: qr(number),
    };
    let labels = RegisterLabelsPage {
        frame: frame("機器台帳のラベル", "/registers", "lgwan"),
        title: "機器台帳".into(),
        body: "星見市".into(),
        list_href: "/registers/equipment".into(),
        labels: (1..=26).map(|n| label(&format!("E-{n:04}"))).collect(),
        next_href: Some("/registers/equipment/labels?section=&after=3".into()),
    };
    let no_labels = RegisterLabelsPage { labels: Vec::new(), next_href: None, ..labels.clone() };
    vec![
        ("register-import", upload.render().unwrap()),
        ("register-import-refused", refused.render().unwrap()),
        ("register-plan", plan.render().unwrap()),
        ("register-plan-refused", not_yet.render().unwrap()),
        ("register-plan-same", nothing.render().unwrap()),
        ("register-labels", labels.render().unwrap()),
        ("register-labels-none", no_labels.render().unwrap()),
    ]
}
