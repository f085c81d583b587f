//! What is found in a policy.

use policy::search::{Found, HITS_MAX, Index, ItemKind, Part, QUERY_CHARS_MAX, Query};
use policy::{Library, Pack};

use crate::support::{SMALL, everything, file, resolved, shipped};

fn find(index: &Index, words: &str) -> Found {
    index.find(&Query::new(words), None, 50)
}

fn ids(found: &Found) -> Vec<&str> {
    found.hits.iter().map(|hit| hit.id.as_str()).collect()
}

/// What is marked in a heading.
fn marks(parts: &[Part]) -> Vec<&str> {
    parts.iter().filter(|p| p.found).map(|p| p.text.as_str()).collect()
}

fn small(changes: &[(&str, &str)]) -> Pack {
    let mut text = SMALL.to_owned();
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    resolved(&[file("small/pack.toml", &text)], "small").pack
}

#[test]
fn every_kind_of_item_is_found_by_its_words() {
    let index = Index::new(&small(&[]));
    for (words, kind, id) in [
        ("無害化", ItemKind::Term, "clean"),
        ("無害化する", ItemKind::Statement, "small/one"),
        ("授受", ItemKind::Clause, "small/1"),
        ("保管期間", ItemKind::Parameter, "keep"),
        ("管理者", ItemKind::Role, "manager"),
        ("町の基準", ItemKind::Document, "standard"),
        ("条例第2条", ItemKind::Document, "standard"),
        ("町長", ItemKind::Document, "standard"),
        ("誤記", ItemKind::Annotation, "slip"),
        ("無害か", ItemKind::Annotation, "slip"),
        ("small/one", ItemKind::Statement, "small/one"),
        ("1(1)", ItemKind::Statement, "small/one"),
        ("ｓａｎｉｔｉｓｅ", ItemKind::Statement, "small/one"),
        ("課員", ItemKind::Role, "staff"),
    ] {
        let found = find(&index, words);
        assert!(found.hits.iter().any(|h| h.kind == kind && h.id == id), "{words}: {found:?}");
        let of_kind = index.find(&Query::new(words), Some(kind), 50);
        assert!(of_kind.hits.iter().all(|h| h.kind == kind) && of_kind.total >= 1, "{words}");
        assert!(index.ids(&Query::new(words), kind).contains(id), "{words}");
    }
    assert_eq!(ItemKind::from_id("statement"), Some(ItemKind::Statement));
    for (id, kind) in ItemKind::WORDS {
        assert_eq!((kind.id(), ItemKind::from_id(id)), (*id, Some(*kind)));
    }
}

#[test]
fn other_spellings_are_found_and_marked_as_they_stand() {
    let index = Index::new(&small(&[
        ("gist_ja = \"無害化する\"", "gist_ja = \"ﾌｧｲﾙｻｰﾊﾞーからの持ち出しは、強じん化した系で取り扱う\""),
        ("title = \"授受\"", "title = \"サーバーの手続き\""),
    ]));
    for (words, marked) in [
        ("サーバ", &["ｻｰﾊﾞー"][..]),
        ("ファイルサーバー", &["ﾌｧｲﾙｻｰﾊﾞー"]),
        ("持出", &["持ち出し"]),
        ("強靭", &["強じん"]),
        ("強靱化", &["強じん化"]),
        ("取扱", &["取り扱"]),
        ("強靭　取扱い　持出し", &["持ち出し", "強じん", "取り扱"]),
    ] {
        let found = index.find(&Query::new(words), Some(ItemKind::Statement), 10);
        assert_eq!(ids(&found), ["small/one"], "{words}");
        assert_eq!(marks(&found.hits[0].heading), marked, "{words}");
        let whole: String = found.hits[0].heading.iter().map(|p| p.text.as_str()).collect();
        assert_eq!(
            whole, "ﾌｧｲﾙｻｰﾊﾞーからの持ち出しは、強じん化した系で取り扱う",
            "nothing is lost or changed"
        );
    }
    let clause = index.find(&Query::new("手続"), Some(ItemKind::Clause), 10);
    assert_eq!(marks(&clause.hits[0].heading), ["手続き"]);
    // The clause's title leads to its statements too, and says that it was there.
    let statement = index.find(&Query::new("手続"), Some(ItemKind::Statement), 10);
    assert_eq!(
        statement.hits[0].fields.iter().map(|f| (f.key, f.title)).collect::<Vec<_>>(),
        [("clause", "条項")]
    );
    assert_eq!(marks(&statement.hits[0].fields[0].parts), ["手続き"]);
}

#[test]
fn the_nearest_come_first() {
    let city = resolved(&shipped(), "hoshimi").pack;
    let index = Index::new(&city);
    // The word itself before what only speaks of it.
    let found = find(&index, "無害化");
    assert_eq!((found.hits[0].kind, marks(&found.hits[0].heading)), (ItemKind::Term, vec!["無害化"]));
    assert!(found.total > 5 && found.hits.windows(2).all(|w| w[0].score >= w[1].score));
    let counted: usize = found.kinds.iter().map(|k| k.count).sum();
    assert_eq!(counted, found.total);
    // Both words, in whatever order and wherever.
    let both = find(&index, "パスワード 変え");
    assert!(!both.some_words && both.total >= 1, "{both:?}");
    assert_eq!(ids(&both), ids(&find(&index, "変え　パスワード")));
    for hit in &both.hits {
        let all: String = hit
            .heading
            .iter()
            .chain(hit.fields.iter().flat_map(|f| &f.parts))
            .map(|p| p.text.as_str())
            .collect();
        assert!(all.contains("パスワード"), "{hit:?}");
    }
}

#[test]
fn nothing_found_says_what_is_near() {
    let index = Index::new(&resolved(&shipped(), "hoshimi").pack);
    for (words, near) in [
        ("機蜜性", "機密性"),
        ("ネットーワク", "ネットワーク"),
        ("パスワド", "パスワード"),
        ("無害化装置X9", "無害化"),
    ] {
        let found = find(&index, words);
        assert_eq!(found.total, 0, "{words}");
        assert!(found.suggestions.iter().any(|s| s == near), "{words}: {:?}", found.suggestions);
        assert!(found.to_text().contains("見つかりません") && found.to_text().contains(near));
        // What is proposed leads somewhere.
        for suggestion in &found.suggestions {
            assert!(find(&index, suggestion).total > 0, "{suggestion}");
        }
    }
    // One word that is there and one that is not: what there is, and that it is not all.
    let some = find(&index, "パスワード 宇宙遊泳");
    assert!(some.some_words && some.total > 0);
    assert!(some.to_text().contains("すべてのことばを含むものはありません"));
    let none = find(&index, "鯨飲馬食");
    assert_eq!((none.total, none.suggestions.len()), (0, 0), "{:?}", none.suggestions);
}

#[test]
fn anything_can_be_typed() {
    let index = Index::new(&resolved(&shipped(), "hoshimi").pack);
    for words in ["", " ", "　\u{200b}", "\u{3099}", "ー", "、", "\u{0}", "<script>", "%", "''; --", "🈁", "ﾞﾞﾞ"]
    {
        let found = find(&index, words);
        assert!(found.hits.len() <= HITS_MAX, "{words:?}");
        serde_json::from_str::<serde_json::Value>(&found.to_json()).unwrap();
    }
    assert!(Query::new("　 ").is_empty());
    assert_eq!(find(&index, "").total, 0);
    // Long ones are cut, not refused, and many words are few.
    let long = "長い".repeat(QUERY_CHARS_MAX);
    assert_eq!(find(&index, &long).words[0].chars().count(), QUERY_CHARS_MAX);
    let many: String = ('あ'..='ん').map(|c| format!("{c} ")).collect();
    assert_eq!(find(&index, &many).words.len(), policy::search::QUERY_WORDS_MAX);
    assert_eq!(find(&index, "情報 情報　情報").words, ["情報"]);
    // One character is a word too, and results have an end.
    let one = index.find(&Query::new("情"), None, 3);
    assert!(one.total > 3 && one.hits.len() == 3);
    assert!(one.to_text().contains("ほかに"));
    assert_eq!(index.find(&Query::new("情"), None, usize::MAX).hits.len(), one.total.min(HITS_MAX));
}

#[test]
fn several_packs_at_once_have_each_thing_once() {
    let files = everything();
    let library = Library::new(&files);
    let packs: Vec<Pack> = library.packs().map(|id| library.resolve(id).unwrap().pack).collect();
    let all = Index::of_packs(&packs);
    let found = all.find(&Query::new("監査"), Some(ItemKind::Statement), HITS_MAX);
    let mut seen: Vec<&str> = ids(&found);
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count, "a statement of base is not there once for each body");
    let bodies: std::collections::BTreeSet<&str> = found.hits.iter().map(|h| h.pack.as_str()).collect();
    assert!(bodies.len() >= 5, "{bodies:?}");
    for hit in &found.hits {
        let pack = packs.iter().find(|p| p.id() == hit.pack).unwrap();
        assert_eq!(&*pack.statement(&hit.id).unwrap().origin.layer, hit.pack, "{hit:?}");
    }
    assert!(all.len() > 520 && !all.is_empty());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn any_query_ends_well(words in "\\PC{0,80}") {
        static INDEX: std::sync::LazyLock<Index> =
            std::sync::LazyLock::new(|| Index::new(&resolved(&shipped(), "hoshimi").pack));
        let found = find(&INDEX, &words);
        for hit in &found.hits {
            proptest::prop_assert!(!hit.id.is_empty() && !hit.heading.is_empty());
        }
    }
}

/// Whatever is cut out of the kanji of a gist is found, and its statement among it.
#[test]
fn what_stands_there_is_found() {
    let pack = resolved(&shipped(), "hoshimi").pack;
    let index = Index::new(&pack);
    let mut looked = 0;
    for statement in pack.statements() {
        for run in statement.gist_ja.split(|c| !('\u{4e00}'..='\u{9fff}').contains(&c)) {
            let letters: Vec<char> = run.chars().collect();
            for word in letters.windows(2).chain(letters.windows(4)) {
                let word: String = word.iter().collect();
                let ids = index.ids(&Query::new(&word), ItemKind::Statement);
                assert!(ids.contains(statement.id.as_str()), "{word} of {}", statement.gist_ja);
                looked += 1;
            }
        }
    }
    assert!(looked > 500, "{looked}");
}
