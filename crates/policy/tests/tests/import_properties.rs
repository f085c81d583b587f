//! Whatever text and whatever corrections: every character keeps its place, and a draft is a sound pack.

use crate::import::{base, covers, head};
use policy::import::{Correction, Draft, decode, import};
use policy::{Modality, Pack};
use proptest::prelude::*;
use std::sync::LazyLock;

static BASE: LazyLock<Pack> = LazyLock::new(base);

/// Pieces that policies are made of, in any order.
fn text() -> impl Strategy<Value = String> {
    let parts = vec![
        "第1条",
        "第２章　",
        "第三条の二",
        "1 ",
        "２　",
        "1.1. ",
        "１－１　",
        "(1)",
        "（２）",
        "⑴",
        "①",
        "②",
        "ア　",
        "イ ",
        "ｳ ",
        "(ア)",
        "ⅰ ",
        "(ii)",
        "a. ",
        "一、",
        "二　",
        "・",
        "- ",
        "# ",
        "## ",
        "> ",
        "附　則",
        "別表第1",
        "目　次",
        "........ 3",
        "| a | b |",
        "|---|---|",
        "12",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\u{c}",
        "　",
        "\t",
        "\u{feff}",
        "職員は、",
        "情報システム管理者及び職員は、",
        "市は、",
        "する者は、",
        "守らなければならない。",
        "してはならない。",
        "行うものとする。",
        "することができる。",
        "この限りでない。",
        "ただし、",
        "（以下「職員」という。）",
        "をいう。",
        "令和8年3月24日",
        "R8.13.1",
        "前項の",
        "上記3",
        "第3条第2項",
        "次の各号",
        "（１）の",
        "機密性３ 文書",
        "分類 基準 制限",
        "（",
        "）",
        "「",
        "」",
        "。",
        "\u{fffd}",
        "\u{0}",
        "𠮷",
        "e\u{301}",
        "ﾈｯﾄ",
    ];
    prop::collection::vec(prop::sample::select(parts), 0..60).prop_map(|parts| parts.concat())
}

fn correction() -> impl Strategy<Value = (u8, usize, usize)> {
    (0..8_u8, 0..40_usize, 0..400_usize)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_is_lost(text in text()) {
        if let Ok(import) = import(&text, &BASE, &[&BASE]) {
            covers(&import, &text);
        }
    }

    #[test]
    fn nor_of_any_text(text in "\\PC{0,200}") {
        if let Ok(import) = import(&text, &BASE, &[&BASE]) {
            covers(&import, &text);
        }
    }

    #[test]
    fn any_bytes_are_text_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(decoded) = decode(&bytes) {
            prop_assert!(decoded.text.len() <= bytes.len() * 3 + 3);
        }
    }
}

proptest! {
    // Each draft is resolved together with the whole of base.
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever is corrected in whatever order, every character keeps its place, and the draft stays a pack.
    #[test]
    fn corrections_keep_everything(text in text(), corrections in prop::collection::vec(correction(), 0..12)) {
        let Ok(import) = import(&text, &BASE, &[&BASE]) else { return Ok(()) };
        let mut draft = Draft::new(text.clone(), import);
        for (what, number, at) in corrections {
            let correction = match what {
                0 => Correction::SplitNode { node: number, at, label: format!("新{at}") },
                1 => Correction::MergeNode { node: number },
                2 => Correction::Move { node: number, parent: at % 40 },
                3 => Correction::SplitStatement { statement: number, at },
                4 => Correction::MergeStatements { statement: number },
                5 => Correction::Drop { statement: number, reason: "理由".to_owned() },
                6 => Correction::Modality { statement: number, modality: Modality::May },
                _ => Correction::Name { node: number, label: "名".to_owned(), title: None },
            };
            let before = draft.clone();
            if draft.apply(correction).is_err() {
                prop_assert_eq!(&draft, &before);
            }
            covers(draft.import(), &text);
            prop_assert_eq!(draft.reviews().len(), draft.import().statements.len());
        }
        let files = draft.pack(&head("draft")).unwrap();
        let mut all = crate::support::shipped();
        all.retain(|f| f.path.starts_with("base/"));
        all.extend(files);
        if let Err(problems) = Pack::resolve(&all, "draft") {
            let report = policy::CheckReport::new("draft", problems);
            prop_assert!(false, "{}", report.to_text());
        }
    }
}
