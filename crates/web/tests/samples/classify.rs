//! Sample pages of 分類をさがす.

use askama::Template;
use web::screens::view::*;

use super::frame;

fn link(id: &str, title: &str) -> ClassifierLink {
    ClassifierLink {
        href: format!("/classify/{id}"),
        title: title.into(),
        description: "迷ったときに決める。<script>alert(1)</script>".into(),
    }
}

fn step(answered: Vec<AnsweredView>) -> ClassifyPage {
    ClassifyPage {
        frame: frame("機密性をさがす", "/classify", "lgwan"),
        title: "機密性をさがす".into(),
        description: "だれに見せてよい情報かを決める。".into(),
        questions_max: 3,
        answered,
        question: None,
        found: None,
        restart_href: "/classify/confidentiality".into(),
        others: vec![link("integrity", "完全性をさがす")],
    }
}

pub(crate) fn pages() -> Vec<(&'static str, String)> {
    let answered = AnsweredView {
        question: "だれに見せてもよいものですか。".into(),
        answer: "いいえ。<script>alert(1)</script>".into(),
        back_href: "/classify/confidentiality".into(),
    };
    let question = QuestionView {
        number: 2,
        text: "秘密文書に当たりますか。".into(),
        help: Some("秘密と指定された文書など。".into()),
        answers: vec![
            ("はい。".into(), "/classify/confidentiality?a=3&a=1".into()),
            ("いいえ。".into(), "/classify/confidentiality?a=3&a=2".into()),
        ],
    };
    let found = FoundLevelView {
        level: "機密性2".into(),
        level_meaning: "そのまま公表はしない情報".into(),
        title: "公表を前提としない情報".into(),
        meaning: "内部の検討など".into(),
        handling: vec!["庁外へ出すときは承認を受ける".into()],
        also: vec![("3A・3B・3C・2・1の区分".into(), "自治体機密性3C".into())],
    };
    let list = ClassifiersPage {
        frame: frame("分類をさがす", "/classify", "lgwan"),
        items: vec![link("confidentiality", "機密性をさがす"), link("integrity", "完全性をさがす")],
    };
    vec![
        ("classifiers", list.render().unwrap()),
        ("classifiers-none", ClassifiersPage { items: Vec::new(), ..list }.render().unwrap()),
        (
            "classify",
            ClassifyPage { question: Some(question), ..step(vec![answered.clone()]) }.render().unwrap(),
        ),
        ("classify-found", ClassifyPage { found: Some(found), ..step(vec![answered]) }.render().unwrap()),
    ]
}
