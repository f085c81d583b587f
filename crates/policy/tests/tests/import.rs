//! Texts of every form as trees and statements, and what no policy is.
//!
//! The three documents are invented; they number their parts as the field does, each in another way.

use policy::import::{
    Correction, CorrectionError, DayKind, Draft, FindingKind, Force, Head, Import, ImportError, NodeKind,
    PackError, PieceKind, Verdict, decode, import,
};
use policy::{CheckReport, Modality, Pack, SourceFile};

use crate::support::{resolved, shipped};

/// 第n条, 項 from 2 on, 号 in kanji, captions above, 附則, characters spread with blanks, a page break in a sentence.
const ARTICLES: &str = "星見市情報管理規程

令和5年3月20日訓令第4号

目　次
第１章　総　則（第１条―第３条）
第２章　管　理（第４条―第６条）

第１章　総　則
（目的）
第１条　この規程は、情報資産の安全な取扱いについて定めることを目的とする。
（用語）
第２条　この規程において用いる用語の意義は、次の各号に定めるところによる。
一　端末　職員が業務に用いる電子計算機をいう。
二　台帳　情報資産を記した帳簿をいう。
（責務）
第３条　職員は、情報セキュリティの重要性を認識し、この規程を守らなければならない。
２　前項の規定は、受託者について準用するものとする。
第２章　管　理
（持出し）
第４条　職員は、端末を庁外に持ち出してはならない。ただし、情報セキュリティ管理者の許可を得たときは、この
－ 2 －
限りでない。
２　情報セキュリティ管理者は、前項ただし書の許可をしたときは、次に掲げる事項を台帳に記録しなければならない。
一　持ち出した者の氏名
二　持ち出した端末の番号
（点検）
第４条の２　情報システム管理者は、毎年度一回、端末の点検を行うものとする。
第６条　情報セキュリティ委員会は、点検の結果を調べ、最高情報セキュリティ責任者に報告しなければならない。

附　則
この規程は、令和５年４月１日から施行する。
附　則（令和7年2月30日訓令第1号）
この規程は、令和７年４月１日から施行する。
";

/// 1.1.1 with full and half width mixed, a dotted table of contents, a letter list, a table with bars.
const OUTLINE: &str = "# 月見町 情報セキュリティ対策基準

## 目次

1 総則 ........................ 1
1.1 目的 ...................... 1
2 技術的対策 .................. 2

## 1 総則

### 1.1 目的

この基準は、町が守るべき対策の水準を定める。

### １．２ 役割

1.2.1. 副町長を最高情報セキュリティ責任者とする。
1.2.2. 最高情報セキュリティ責任者は、次の各号に掲げる事務を行う。
a. 対策の計画を決定すること。
b. 事故の報告を受けること。

## 2 技術的対策

### 2.1 端末

| 区分 | 守る事項 |
|------|----------|
| 共用端末 | 利用者ごとに番号を分けること。 |
| 個人端末 | 画面を自動で閉じること。 |

1) 職員は、端末に許可なくソフトウェアを入れてはならない。
2) 職員は、離席するときは、画面を閉じなければならない。
4) 情報システム管理者は、速やかに更新を適用するよう努めるものとする。

### 2.3 記録

上記2.1に掲げる端末の操作の記録は、一定の期間保存しなければならない。
";

/// 一、二 and （ア）, イロハ, half-width kana labels, everything hard-wrapped at twenty characters.
const KANJI: &str = "花見村電子情報取扱要領

一、職員の心得
職員は、次の事項を守らなければなら
ない。
（ア）番号を他人に使わせないこと。
（イ）番号を書いた紙を机上に置かない
こと。
（ウ）忘れたときは、直ちに情報セキュ
リティ管理者に届け出ること。
二、機器の管理
イ　サーバーは、施錠した部屋に置くも
のとする。
ロ　部屋の鍵は、情報システム管理者が
管理する。
ハ　鍵を渡した者は、その日時を記録し
なければならない。
三、雑則
この要領に定めのない事項は、村長が
別に定める。
";

pub(crate) fn base() -> Pack {
    resolved(&shipped(), "base").pack
}

fn imported(source: &str) -> Import {
    let base = base();
    let import = import(source, &base, &[&base]).unwrap();
    covers(&import, source);
    import
}

/// What holds of every import: nothing is lost, nothing points nowhere.
pub(crate) fn covers(import: &Import, source: &str) {
    assert_eq!(import.glued(source), source);
    assert_eq!(import.glued_nodes(source), source);
    assert_eq!(import.totals.chars_accounted, source.chars().count());
    let mut end = (0, 0);
    for piece in &import.pieces {
        assert_eq!((piece.span.start, piece.span.char_start), end, "pieces lie side by side");
        assert!(piece.span.start < piece.span.end && piece.node < import.nodes.len());
        end = (piece.span.end, piece.span.char_end);
    }
    for (number, node) in import.nodes.iter().enumerate() {
        assert_eq!(node.parent.is_none(), number == 0);
        assert!(node.parent.is_none_or(|p| p < import.nodes.len() && p != number));
    }
    for statement in &import.statements {
        assert!(statement.node < import.nodes.len());
        assert!(source.get(statement.span.start..statement.span.end).is_some_and(|s| !s.is_empty()));
        assert!(statement.references.iter().flat_map(|r| &r.nodes).all(|n| *n < import.nodes.len()));
    }
    assert!(import.findings.iter().all(|f| f.node < import.nodes.len() && f.quoted.chars().count() <= 20));
}

/// Statements as `label modality roles`.
fn statements(import: &Import) -> Vec<String> {
    let line = |s: &policy::import::Found| format!("{} {} {}", s.label, s.modality.id(), s.roles.join("+"));
    import.statements.iter().map(|s| line(s).trim_end().to_owned()).collect()
}

fn findings(import: &Import) -> Vec<FindingKind> {
    import.findings.iter().map(|f| f.kind).collect()
}

#[test]
fn articles() {
    let import = imported(ARTICLES);
    assert_eq!(
        statements(&import),
        [
            "第1条 must",
            "第2条 must",
            "第2条第1号 must",
            "第2条第2号 must",
            "第3条 must staff",
            "第3条第2項 must",
            "第4条 must-not staff",
            "第4条 may staff",
            "第4条第2項 must security-manager",
            "第4条の2 must system-manager",
            "第6条 must local-1",
            "附則 must",
            "附則 must",
        ]
    );
    assert_eq!(import.verdict, Verdict::Policy);
    assert_eq!(import.title.as_deref(), Some("星見市情報管理規程"));
    let titles: Vec<&str> = import.nodes.iter().filter_map(|n| n.title.as_deref()).collect();
    assert_eq!(titles.get(1..5), Some(&["総則", "目的", "用語", "責務"][..]), "{titles:?}");
    assert_eq!(import.nodes.iter().filter(|n| n.kind == NodeKind::Contents).count(), 1);
    let days: Vec<(&str, DayKind)> = import.days.iter().map(|d| (d.date.as_str(), d.kind)).collect();
    assert_eq!(
        days,
        [("2023-03-20", DayKind::Made), ("2023-04-01", DayKind::InForce), ("2025-04-01", DayKind::InForce)]
    );
    assert_eq!(
        findings(&import),
        [FindingKind::NumberSkipped, FindingKind::RoleUnknown, FindingKind::NoSuchDay]
    );
    let words: Vec<&str> = import.terms.iter().map(|t| t.word.as_str()).collect();
    assert_eq!(words, ["端末", "台帳"]);
    let proviso = &import.statements[7];
    assert!(
        proviso.proviso && proviso.text.ends_with("この限りでない。"),
        "the page break is inside: {}",
        proviso.text
    );
    assert!(import.statements[6].exceptions.len() == 1);
    let pointed = |n: usize| -> Vec<&str> {
        let nodes = import.statements[n].references.iter().flat_map(|r| &r.nodes);
        nodes.map(|n| import.nodes[*n].label.as_str()).collect()
    };
    assert_eq!(pointed(5), ["第3条"], "前項 of the second paragraph is the article's own text");
    assert_eq!(pointed(8), ["第4条", "第4条第2項第1号", "第4条第2項第2号"]);
}

#[test]
fn an_outline() {
    let import = imported(OUTLINE);
    assert_eq!(
        statements(&import),
        [
            "1.1 must",
            "1.2.1 must",
            "1.2.2 must ciso",
            "1.2.2a must ciso",
            "1.2.2b must ciso",
            "2.1 must",
            "2.1 must",
            "2.11) must-not staff",
            "2.12) must staff",
            "2.14) should system-manager",
            "2.3 must",
        ]
    );
    assert!(import.statements[2].lead);
    assert_eq!(import.appointments[0].post, "副町長");
    assert_eq!(import.appointments[0].role, "ciso");
    assert_eq!(findings(&import), [FindingKind::NumberSkipped, FindingKind::NumberSkipped]);
    let last = &import.statements[10];
    assert_eq!(last.open_words, ["一定の期間"]);
    assert_eq!(import.nodes[last.references[0].nodes[0]].label, "2.1");
    let contents = import.pieces.iter().filter(|p| p.kind == PieceKind::Contents).count();
    assert_eq!(contents, 3);
}

#[test]
fn kanji_numbers() {
    let import = imported(KANJI);
    assert_eq!(
        statements(&import),
        [
            "一 must staff",
            "一(ア) must-not staff",
            "一(イ) must-not staff",
            "一(ウ) must staff",
            "二イ must",
            "二ロ must",
            "二ハ must staff",
            "三 must",
        ]
    );
    assert_eq!(import.statements[2].text, "番号を書いた紙を机上に置かないこと。", "broken lines are joined");
    assert_eq!(findings(&import), []);
}

#[test]
fn drafts_are_sound_packs() {
    for (id, source) in [
        ("hoshimi-draft", ARTICLES),
        ("tsukimi", OUTLINE),
        ("hanami", KANJI),
        ("note", "一つだけ。こう定める。"),
    ] {
        let draft = Draft::new(source.to_owned(), imported(source));
        let problems = checked(&draft, id);
        assert!(problems.ok, "{}", problems.to_text());
    }
}

pub(crate) fn head(id: &str) -> Head {
    Head {
        id: id.to_owned(), title: None, extends: "base".to_owned(), file: "元の文\n[pack].txt".to_owned()
    }
}

fn checked(draft: &Draft, id: &str) -> CheckReport {
    let mut files: Vec<SourceFile> =
        shipped().into_iter().filter(|f| !f.path.starts_with("hoshimi/")).collect();
    files.extend(draft.pack(&head(id)).unwrap());
    match Pack::resolve(&files, id) {
        Ok(resolved) => {
            let kept =
                resolved.pack.statements().iter().filter(|s| s.id.starts_with(&format!("{id}/"))).count();
            assert_eq!(kept, draft.import().statements.len());
            CheckReport::new(id, resolved.warnings)
        }
        Err(problems) => CheckReport::new(id, problems),
    }
}

#[test]
fn a_pack_needs_a_sound_name() {
    let draft = Draft::new(KANJI.to_owned(), imported(KANJI));
    for id in ["", "Big", "花見", "a/b", "../up", "1a"] {
        assert_eq!(draft.pack(&head(id)), Err(PackError::Id), "{id}");
    }
}

#[test]
fn texts_that_are_no_policy() {
    let base = base();
    let refused = |text: &str| import(text, &base, &[&base]).map(|i| i.verdict);
    assert_eq!(refused(""), Err(ImportError::Empty));
    assert_eq!(refused(" \n　\u{feff}\n"), Err(ImportError::Empty));
    assert_eq!(refused(&"\u{1}\u{2}x".repeat(50)), Err(ImportError::NotText));
    assert_eq!(refused(&"あ".repeat(2_000_001)), Err(ImportError::TooLong));
    assert_eq!(refused(&"①\n".repeat(60_000)), Err(ImportError::TooManyParts));
    for text in [
        "昔々、ある所に、おじいさんとおばあさんがいた。おじいさんは山へ出かけた。",
        "1 りんご\n2 みかん\n3 ぶどう\n",
        "Dear all,\n\nsee you on Monday.\n",
        "拝啓 秋冷の候、皆様にはお元気のことと存じます。さて、会議の日程をお知らせします。",
    ] {
        assert_eq!(refused(text), Ok(Verdict::NoRules), "{text}");
    }
    let rules = "第1条 会員は、会費を納めなければならない。\n第2条 会員は、会場で走ってはならない。\n第3条 会長は、総会を開くものとする。\n";
    assert_eq!(refused(rules), Ok(Verdict::OtherRules));
    let (what, instead) = ImportError::Empty.words_ja();
    assert!(!what.is_empty() && instead.contains("OCR"));
}

#[test]
fn damage_is_kept_and_noted() {
    let source = "1 対策\n(1) 職員は、\u{fffd}\u{fffd}を守らなければならない。\n(3) 可用性)を保つ。\n(4) 情報資産を適切に取り扱うために必要な措置を講じる職員は、\n";
    let import = imported(source);
    assert_eq!(
        findings(&import),
        [FindingKind::Damaged, FindingKind::NumberSkipped, FindingKind::Bracket, FindingKind::Unfinished]
    );
    let wrong = "縺薙ｌ縺ｯ譁�蟄怜喧縺代〒縺吶�";
    assert!(findings(&imported(&wrong.repeat(20))).contains(&FindingKind::Mojibake));
}

#[test]
fn bombs_of_depth_and_length() {
    let deep: String = (1..=3_000).map(|n| format!("{} 深い\n", vec!["1"; n % 40 + 1].join("."))).collect();
    let styles = "第1章 あ\n1 い\n(1) う\n① え\nア お\n(ア) か\nⅰ き\na. く\n一、け\n(a) こ\n".repeat(200);
    for source in [
        deep,
        styles,
        "（".repeat(50_000),
        "「（".repeat(20_000) + "。）」",
        "は".repeat(50_000),
        "責任者は".repeat(20_000),
        "第1条の1の1の1".repeat(5_000),
        "> ".repeat(20_000),
        "#".repeat(50_000),
        "|a|b|\n".repeat(5_000),
        "（１）の".repeat(20_000),
        "上記1、2、3".repeat(10_000),
    ] {
        let base = base();
        if let Ok(import) = import(&source, &base, &[&base]) {
            covers(&import, &source);
        }
    }
}

/// Where a sentence of the source begins.
fn at(source: &str, words: &str) -> usize {
    source.find(words).unwrap()
}

#[test]
fn corrections() {
    let mut draft = Draft::new(ARTICLES.to_owned(), imported(ARTICLES));
    let before = draft.clone();
    for wrong in [
        Correction::Confirm { statement: 99 },
        Correction::Drop { statement: 0, reason: "  ".to_owned() },
        Correction::SplitStatement { statement: 0, at: 0 },
        Correction::SplitStatement { statement: 0, at: draft.import().statements[0].span.start + 1 },
        Correction::MergeStatements { statement: 0 },
        Correction::SplitNode { node: 3, at: 0, label: "x".to_owned() },
        Correction::MergeNode { node: 0 },
        Correction::Move { node: 2, parent: 99 },
        Correction::Name { node: 0, label: "x".to_owned(), title: None },
        Correction::Annotate { node: 0, quoted: "あ".repeat(21), note: "長い".to_owned() },
    ] {
        assert!(draft.apply(wrong.clone()).is_err(), "{wrong:?}");
        assert_eq!(draft, before, "a correction that fails changes nothing: {wrong:?}");
    }
    let chapter = draft.import().nodes.iter().position(|n| n.label == "第2章").unwrap();
    let article = draft.import().nodes.iter().position(|n| n.label == "第4条").unwrap();
    assert_eq!(
        draft.apply(Correction::Move { node: chapter, parent: article }),
        Err(CorrectionError::Circle)
    );

    let cut = at(ARTICLES, "この規程を守ら");
    let number = draft.import().statements.iter().position(|s| s.label == "第3条").unwrap();
    draft.apply(Correction::SplitStatement { statement: number, at: cut }).unwrap();
    assert_eq!(draft.import().statements[number + 1].text, "この規程を守らなければならない。");
    draft.apply(Correction::Gist { statement: number, words: "重要さを知る".to_owned() }).unwrap();
    draft.apply(Correction::Confirm { statement: number }).unwrap();
    draft.apply(Correction::MergeStatements { statement: number }).unwrap();
    assert_eq!(draft.import().statements, before.import().statements);

    let cut = at(ARTICLES, "ただし、情報セキュリティ管理者");
    draft.apply(Correction::SplitNode { node: article, at: cut, label: "第4条ただし書".to_owned() }).unwrap();
    let proviso = draft.import().statements.iter().find(|s| s.proviso).unwrap();
    assert_eq!(proviso.label, "第4条ただし書");
    covers(draft.import(), ARTICLES);
    let new = proviso.node;
    draft.apply(Correction::MergeNode { node: new }).unwrap();
    covers(draft.import(), ARTICLES);
    assert_eq!(draft.import().nodes.len(), before.import().nodes.len());

    draft.apply(Correction::Roles { statement: 0, roles: vec!["staff".to_owned()] }).unwrap();
    draft.apply(Correction::Modality { statement: 0, modality: Modality::Should }).unwrap();
    draft.apply(Correction::Same { statement: 0, to: Some("base/roles-assigned".to_owned()) }).unwrap();
    draft
        .apply(Correction::Annotate {
            node: article,
            quoted: "端末".to_owned(),
            note: "用語と違う".to_owned(),
        })
        .unwrap();
    draft
        .apply(Correction::Name {
            node: article,
            label: "第四条".to_owned(),
            title: Some("持出し制限".to_owned()),
        })
        .unwrap();
    let report = checked(&draft, "hoshimi-draft");
    assert!(report.ok, "{}", report.to_text());
    let last = draft.import().statements.len() - 1;
    draft.apply(Correction::Drop { statement: last, reason: "施行日".to_owned() }).unwrap();
    let files = draft.pack(&head("hoshimi-draft")).unwrap();
    let text: String = files.iter().map(|f| f.text.as_str()).collect();
    for words in
        ["第四条", "持出し制限", "base/roles-assigned", "用語と違う", "modality = \"should\"", "2025-04-01"]
    {
        assert!(text.contains(words), "{words}");
    }
    assert_eq!(text.matches("[[statement]]").count(), last);
}

#[test]
fn encodings_give_one_tree() {
    let text = decode(ARTICLES.as_bytes()).unwrap();
    assert_eq!((text.text.as_str(), text.encoding), (ARTICLES, "UTF-8"));
    let dos = ARTICLES.replace('\n', "\r\n");
    assert_eq!(statements(&imported(&dos)), statements(&imported(ARTICLES)));
    let spread = ARTICLES.replace('\n', "\n\n\u{c}");
    assert_eq!(
        statements(&imported(&spread)),
        statements(&imported(ARTICLES)),
        "a page break behind every line"
    );
}

#[test]
fn the_json_holds_the_whole_tree() {
    let import = imported(OUTLINE);
    let json: serde_json::Value = serde_json::from_str(&serde_json::to_string(&import).unwrap()).unwrap();
    assert_eq!(json["format"], 1);
    assert_eq!(json["nodes"].as_array().map(Vec::len), Some(import.nodes.len()));
    let spans = json["nodes"].as_array().unwrap().iter().flat_map(|n| n["spans"].as_array().unwrap());
    let characters: u64 =
        spans.map(|s| s["char_end"].as_u64().unwrap() - s["char_start"].as_u64().unwrap()).sum();
    assert_eq!(characters, OUTLINE.chars().count() as u64);
    assert_eq!(json["statements"][0]["modality"], "must");
    assert_eq!(import.statements[1].force, Force::Designation);
    // What is kept of an import is the import.
    for source in [ARTICLES, OUTLINE, KANJI] {
        let import = imported(source);
        let kept = serde_json::to_string(&import).unwrap();
        assert_eq!(serde_json::from_str::<Import>(&kept).unwrap(), import);
        assert!(serde_json::from_str::<Import>(&kept.replace("\"must\"", "\"perhaps\"")).is_err());
    }
}

#[test]
fn corrections_are_kept_as_json() {
    for (correction, json) in [
        (Correction::Confirm { statement: 3 }, r#"{"do":"confirm","statement":3}"#),
        (
            Correction::Modality { statement: 0, modality: Modality::MustNot },
            r#"{"do":"modality","statement":0,"modality":"must-not"}"#,
        ),
        (Correction::Same { statement: 1, to: None }, r#"{"do":"same","statement":1,"to":null}"#),
        (
            Correction::SplitNode { node: 2, at: 40, label: "2.2(3)".to_owned() },
            r#"{"do":"split-node","node":2,"at":40,"label":"2.2(3)"}"#,
        ),
    ] {
        assert_eq!(serde_json::to_string(&correction).unwrap(), json);
        assert_eq!(serde_json::from_str::<Correction>(json).unwrap(), correction);
    }
    for wrong in [
        r#"{"do":"perhaps","statement":3}"#,
        r#"{"do":"confirm"}"#,
        r#"{"do":"confirm","statement":-1}"#,
        r#"{"do":"confirm","statement":1,"more":2}"#,
        r#"{"do":"modality","statement":0,"modality":"perhaps"}"#,
        "[]",
    ] {
        assert!(serde_json::from_str::<Correction>(wrong).is_err(), "{wrong}");
    }
}
