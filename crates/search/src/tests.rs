//! What is found and what is not, and indexes that are foreign, damaged or gone.

use app::finding::ports::Document;
use proptest::prelude::*;

use super::*;

fn document(subject: &str, at: i64, texts: &[&str]) -> IndexChange {
    IndexChange::Put(Document {
        kind: "transfer",
        subject: subject.to_owned(),
        at,
        nth: 0,
        tokens: vec!["z:lgwan".to_owned(), format!("u:{subject}")],
        texts: texts.iter().map(|t| (*t).to_owned()).collect(),
    })
}

fn state(seq: i64) -> IndexState {
    IndexState { house: "h".to_owned(), form: "1".to_owned(), seq }
}

fn words(typed: &str) -> IndexQuestion {
    let words = typed.split(' ').map(policy::folded).collect();
    IndexQuestion { kind: "transfer", words, any: Vec::new(), skip: 0, limit: 50 }
}

async fn found(index: &NodeIndex, typed: &str) -> Vec<String> {
    index.find(words(typed)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_found_in_any_spelling_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let index = NodeIndex::open(&folder.path().join("words")).unwrap();
    let texts = [
        ("1", "自治体情報システム強靱性向上"),
        ("2", "ファイルサーバーの管理"),
        ("3", "ﾈｯﾄﾜｰｸの図面"),
        ("4", "取り扱いを定める"),
        ("5", "人事"),
        ("6", "ＬＧＷＡＮ 接続系の申込み"),
        // Every pair of a word stands in it, but not one behind the other.
        ("7", "ファイルのシステムとイルシ"),
        ("8", "個人情報"),
    ];
    let put = texts.iter().zip(1..).map(|((id, text), at)| document(id, at, &[text])).collect();
    index.write(put, &state(8)).await.unwrap();
    for (typed, ids) in [
        ("強じん性", &["1"][..]),
        ("強靭", &["1"]),
        ("サーバ", &["2"]),
        ("ｻｰﾊﾞｰ", &["2"]),
        ("ネットワーク", &["3"]),
        ("取扱", &["4"]),
        ("人", &["8", "5"]),
        ("人事", &["5"]),
        ("lgwan接続", &["6"]),
        ("申し込み", &["6"]),
        ("ファイルシ", &[]),
        ("ファイルサーバの管", &["2"]),
        ("ファイル", &["7", "2"]),
        ("ファイル 管理", &["2"]),
        ("存在しない", &[]),
        ("(\"*", &[]),
    ] {
        assert_eq!(found(&index, typed).await, ids, "{typed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_never_stands_across_two_texts() {
    let folder = tempfile::tempdir().unwrap();
    let index = NodeIndex::open(&folder.path().join("words")).unwrap();
    let put = vec![
        document("1", 1, &["山田", "太郎"]),
        document("2", 2, &["", "山", "田太", "郎"]),
        document("3", 3, &["山田太郎"]),
    ];
    index.write(put, &state(1)).await.unwrap();
    assert_eq!(found(&index, "山田太郎").await, ["3"]);
    assert_eq!(found(&index, "山田").await, ["3", "1"]);
    assert_eq!(found(&index, "田太").await, ["3", "2"]);
    assert_eq!(found(&index, "山").await, ["3", "2", "1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_is_found_as_it_is_now() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words");
    {
        let index = NodeIndex::open(&path).unwrap();
        assert_eq!(index.state().await.unwrap(), IndexState::default());
        let put = vec![document("1", 1, &["古い件名"]), document("2", 2, &["古い件名"])];
        index.write(put, &state(2)).await.unwrap();
        let changed =
            vec![document("1", 1, &["新しい件名"]), IndexChange::Remove("transfer", "2".to_owned())];
        index.write(changed, &state(4)).await.unwrap();
        assert_eq!(found(&index, "古い").await, [""; 0]);
        assert_eq!(found(&index, "新しい").await, ["1"]);
    }
    // It is there again after a start, with what it knows of itself.
    let index = NodeIndex::open(&path).unwrap();
    assert_eq!(index.state().await.unwrap(), state(4));
    assert_eq!(found(&index, "新しい").await, ["1"]);
    index.clear().await.unwrap();
    assert_eq!(index.state().await.unwrap(), IndexState::default());
    assert_eq!(found(&index, "新しい").await, [""; 0]);
    index.write(vec![document("1", 1, &["新しい件名"])], &state(1)).await.unwrap();
    assert_eq!(found(&index, "件名").await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_narrow_and_pages_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let index = NodeIndex::open(&folder.path().join("words")).unwrap();
    let put = (0..30).map(|n| document(&n.to_string(), n, &["件名"])).collect();
    index.write(put, &state(30)).await.unwrap();
    let any = |lists: &[&[&str]]| IndexQuestion {
        any: lists.iter().map(|l| l.iter().map(|t| (*t).to_owned()).collect()).collect(),
        ..words("件名")
    };
    assert_eq!(index.find(any(&[&["z:lgwan"], &["u:3", "u:7", "u:x"]])).await.unwrap(), ["7", "3"]);
    assert_eq!(index.find(any(&[&["z:internet"]])).await.unwrap(), [""; 0]);
    assert_eq!(index.find(any(&[&[]])).await.unwrap(), [""; 0], "of nobody's tokens none fits");
    let page = |skip| IndexQuestion { skip, limit: 4, ..words("件名") };
    assert_eq!(index.find(page(0)).await.unwrap(), ["29", "28", "27", "26"]);
    assert_eq!(index.find(page(4)).await.unwrap(), ["25", "24", "23", "22"]);
    assert_eq!(index.find(page(28)).await.unwrap(), ["1", "0"]);
    assert_eq!(index.find(IndexQuestion { kind: "request", ..words("件名") }).await.unwrap(), [""; 0]);
}

/// The rows of one import have one moment: their numbers tell which is the newer.
#[tokio::test(flavor = "multi_thread")]
async fn of_one_moment_the_highest_number_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let index = NodeIndex::open(&folder.path().join("words")).unwrap();
    let numbered = |subject: &str, at: i64, nth: u32| {
        let IndexChange::Put(document) = document(subject, at, &["件名"]) else { panic!() };
        IndexChange::Put(Document { nth, ..document })
    };
    let put = vec![
        numbered("old", 1_700_000_000_000, u32::MAX),
        numbered("second", 1_793_000_000_000, 2),
        numbered("third", 1_793_000_000_000, 30),
        numbered("first", 1_793_000_000_000, 1),
        numbered("new", 1_793_000_000_001, 0),
    ];
    index.write(put, &state(5)).await.unwrap();
    assert_eq!(found(&index, "件名").await, ["new", "third", "second", "first", "old"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_cannot_be_read_is_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words");
    for damage in ["meta.json", "term", "foreign"] {
        {
            let index = NodeIndex::open(&path).unwrap();
            index.write(vec![document("1", 1, &["件名"])], &state(1)).await.unwrap();
        }
        match damage {
            "meta.json" => fs::write(path.join("meta.json"), b"{ not json").unwrap(),
            "foreign" => {
                let other = Schema::builder().build();
                fs::remove_dir_all(&path).unwrap();
                fs::create_dir(&path).unwrap();
                let directory = MmapDirectory::open(&path).unwrap();
                Index::open_or_create(directory, other).unwrap();
            }
            ending => {
                let is = |p: &PathBuf| p.extension().is_some_and(|e| e == ending);
                let file = fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()).find(is).unwrap();
                fs::remove_file(file).unwrap();
            }
        }
        let index = NodeIndex::open(&path).unwrap();
        assert_eq!(index.state().await.unwrap(), IndexState::default(), "{damage}");
        assert!(folder.path().join("words-damaged").is_dir(), "{damage}");
        index.write(vec![document("1", 1, &["件名"])], &state(1)).await.unwrap();
        assert_eq!(found(&index, "件名").await, ["1"], "{damage}");
    }
}

/// Somebody at the machine reads while the house writes, and after it ended; nothing there is nothing, and nothing is made.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_is_read_beside_its_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words");
    assert!(matches!(IndexReading::open(&path), Err(IndexError::Missing)));
    assert!(!path.exists());
    let index = NodeIndex::open(&path).unwrap();
    index.write(vec![document("1", 1, &["件名"]), document("2", 2, &["件名"])], &state(2)).await.unwrap();
    let reading = IndexReading::open(&path).unwrap();
    assert_eq!(reading.find(&words("件名")).unwrap(), ["2", "1"]);
    assert_eq!(reading.state().unwrap(), state(2));
    assert_eq!(reading.find(&IndexQuestion { words: Vec::new(), ..words("件名") }).unwrap(), [""; 0]);
    // It sees what was there when it was opened.
    index.write(vec![document("3", 3, &["件名"])], &state(3)).await.unwrap();
    assert_eq!(reading.find(&words("件名")).unwrap(), ["2", "1"]);
    drop(index);
    let again = IndexReading::open(&path).unwrap();
    assert_eq!(again.find(&words("件名")).unwrap(), ["3", "2", "1"]);
    fs::write(path.join("meta.json"), b"{ not json").unwrap();
    assert!(matches!(IndexReading::open(&path), Err(IndexError::Damaged(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_has_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words");
    let index = NodeIndex::open(&path).unwrap();
    assert!(matches!(NodeIndex::open(&path), Err(IndexError::Failed(_))));
    drop(index);
    NodeIndex::open(&path).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// A word is found exactly where the normal form of a text holds its normal form.
    #[test]
    fn words_are_found_where_they_stand(
        texts in proptest::collection::vec("[あいアサバーa1 ]{0,12}", 1..8),
        words_typed in proptest::collection::vec("[あいアサバーa1]{1,4}", 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let index = NodeIndex::open(folder.path()).unwrap();
            let put = texts.iter().zip(0..).map(|(text, n)| document(&n.to_string(), n, &[text])).collect();
            index.write(put, &state(1)).await.unwrap();
            for word in &words_typed {
                let form = policy::folded(word);
                if form.is_empty() {
                    continue;
                }
                let holds = texts.iter().enumerate().rev().filter(|(_, t)| policy::folded(t).contains(&form));
                let expected: Vec<String> = holds.map(|(n, _)| n.to_string()).collect();
                assert_eq!(found(&index, word).await, expected, "{word} in {texts:?}");
            }
        });
    }
}
