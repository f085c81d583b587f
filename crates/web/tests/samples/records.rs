//! Sample pages of 文書の保存期間.

use askama::Template;
use web::{
    print::Offer,
    screens::view::*,
    words::{self, Tone},
};
use workflow::record::Stage;

use super::{at, frame};

fn row(id: &str, stage: Stage, words: &[&str]) -> RecordRowView {
    let (word, tone): (&str, Tone) = words::records::stage(stage);
    RecordRowView {
        href: format!("/requests/{id}"),
        action: format!("/records/request/{id}"),
        id: format!("request-{id}"),
        kind: "申請".into(),
        label: id.into(),
        title: "持出しの申請 <script>alert(1)</script>".into(),
        section: "市民課".into(),
        class: "5年保存".into(),
        ended: at(-50_000),
        from: at(-24),
        stage: Chip { word: word.into(), tone },
        words: words.iter().map(|w| (*w).to_owned()).collect(),
        ..RecordRowView::default()
    }
}

fn page(book: bool, rows: Vec<RecordRowView>) -> RecordsPage {
    let tab = |href: &str, label: &str, current| Tab { href: href.into(), label: label.into(), current };
    RecordsPage {
        frame: frame("文書の保存期間", "/records", "lgwan"),
        tabs: vec![tab("/records", "廃棄予定", !book), tab("/records?tray=book", "廃棄簿", book)],
        book,
        rows,
        next_href: Some("/records?after=x".into()),
        first_href: "/records".into(),
        later: true,
        downloads: Downloads {
            csv: "/records?format=csv".into(),
            cp932: "/records?format=csv-cp932".into(),
            workbook: "/records?format=xlsx".into(),
        },
        errors: Vec::new(),
    }
}

pub(crate) fn pages() -> Vec<(&'static str, String)> {
    let listed = RecordRowView { may_hold: true, may_propose: true, ..row("1", Stage::Listed, &[]) };
    let held = RecordRowView {
        may_hold: true,
        is_held: true,
        ..row(
            "2",
            Stage::Held,
            &["令和15年1月10日まで保留(若葉 明さん): 訴訟のため <script>alert(1)</script>"],
        )
    };
    let proposed = RecordRowView {
        may_decide: true,
        ..row("3", Stage::Proposed, &["若葉 明さんが廃棄を起案"])
    };
    let mut book = page(true, vec![row("4", Stage::Destroyed, &["木枯 千夏さんが廃棄を決裁"])]);
    let offer = |title: &str, format, absent| Offer {
        href: "/records/print/record-book".into(),
        title: title.into(),
        format,
        absent,
    };
    book.frame.prints = vec![
        offer("様式第20号 廃棄簿", "PDF", false),
        offer("廃棄簿 <script>alert(1)</script>", "PDF", true),
    ];
    let mistaken = RecordsPage {
        errors: vec![FieldError { field: "until".into(), text: "期限: 使えない値です。".into() }],
        ..page(false, vec![held.clone()])
    };
    vec![
        ("records", page(false, vec![listed, held, proposed]).render().unwrap()),
        ("records-none", page(false, Vec::new()).render().unwrap()),
        ("records-mistaken", mistaken.render().unwrap()),
        ("records-book", book.render().unwrap()),
    ]
}
