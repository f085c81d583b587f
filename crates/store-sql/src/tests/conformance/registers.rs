//! Registers: rows, what they are found by, and their history.

use app::ports::{Store, StoreError};
use app::registers::store::{
    RegisterStore as _, RowEntry, RowFilter, RowQuery, RowSight, RowStage, SavedFilter,
};
use workflow::id::SectionId;
use workflow::register::{Cause, Change, End, RowKey, Value};

use crate::tests::samples::{T0, commit, people, row_entry, user_id};
use crate::tests::{World, assert_matches, on_both};

on_both! { one_row, stale_writers, unique_values, links, lists, numbers_of_rows, many_rows, saved_filters }

async fn one_row(world: &World) {
    let store = &world.store;
    people(store).await;
    let key = RowKey::new("assets", 1);
    assert_eq!(store.row(&key).await.unwrap(), None);
    let first = row_entry(1);
    let wanted = first.clone();
    commit(store, 1, async |tx| {
        tx.add_rows(std::slice::from_ref(&wanted)).await.unwrap();
        assert_eq!(tx.row(&key).await.unwrap(), Some(wanted.row.clone()));
    })
    .await;
    assert_eq!(store.row(&key).await.unwrap(), Some(first.row.clone()));
    let history = store.row_history(&key, None, 10).await.unwrap();
    assert_eq!(history.iter().map(|h| &h.entry).collect::<Vec<_>>(), [&first.history]);
    assert_eq!(history[0].by_name.as_deref(), Some("関所　太郎1"));

    // Every part changes, and it ends.
    let mut second = first.clone();
    second.row.version = 2;
    second.row.waits = true;
    second.row.section = None;
    second.row.values.insert("name".to_owned(), Value::Text("別の名".to_owned()));
    second.row.end = Some(End { on: "2026-11-24".to_owned(), reason: "終わり".to_owned() });
    second.row.changed_at = T0 + 9;
    second.history.version = 2;
    second.history.by = None;
    second.history.cause = Cause::Followed { row: RowKey::new("assets", 7) };
    second.history.changes =
        vec![Change { column: "name".to_owned(), old: None, new: Some(Value::Rows(vec![1, 2])) }];
    let wanted = second.clone();
    commit(store, 2, async |tx| tx.change_rows(std::slice::from_ref(&wanted)).await.unwrap()).await;
    assert_eq!(store.row(&key).await.unwrap(), Some(second.row.clone()));
    let history = store.row_history(&key, None, 10).await.unwrap();
    assert_eq!(
        history.iter().map(|h| h.entry.clone()).collect::<Vec<_>>(),
        [second.history.clone(), first.history.clone()]
    );
    let before = store.row_history(&key, Some(2), 10).await.unwrap();
    assert_eq!(before.iter().map(|h| h.entry.version).collect::<Vec<_>>(), [1]);
    let both = store.rows(&[key.clone(), RowKey::new("assets", 99)]).await.unwrap();
    assert_eq!(both, [second.row]);
}

async fn stale_writers(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| tx.add_rows(&[row_entry(1)]).await.unwrap()).await;
    let mut second = row_entry(1);
    (second.row.version, second.history.version) = (2, 2);
    let wanted = second.clone();
    commit(store, 2, async |tx| tx.change_rows(std::slice::from_ref(&wanted)).await.unwrap()).await;
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.change_rows(&[second]).await, Err(StoreError::Conflict));
    assert_matches!(tx.row(&RowKey::new("assets", 1)).await, Err(StoreError::Corrupt(_)));
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.add_rows(&[row_entry(1)]).await, Err(StoreError::Duplicate("row")));
    drop(tx);
    // An uncommitted row is nobody's.
    let mut tx = store.begin().await.unwrap();
    tx.add_rows(&[row_entry(2)]).await.unwrap();
    drop(tx);
    assert_eq!(store.row(&RowKey::new("assets", 2)).await.unwrap(), None);
}

async fn unique_values(world: &World) {
    let store = &world.store;
    people(store).await;
    let with = |number: u32, serial: &str| {
        let mut entry = row_entry(number);
        entry.unique = vec![("serial".to_owned(), serial.to_owned())];
        entry
    };
    commit(store, 1, async |tx| tx.add_rows(&[with(1, "x"), with(2, "y")]).await.unwrap()).await;
    assert_eq!(store.unique_owner("assets", "serial", "x").await.unwrap(), Some(1));
    assert_eq!(store.unique_owner("assets", "serial", "z").await.unwrap(), None);
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.add_rows(&[with(3, "x")]).await, Err(StoreError::Duplicate("register-value")));
    drop(tx);
    // They change hands in one go.
    let swapped = [with(1, "y"), with(2, "x")].map(|mut entry| {
        (entry.row.version, entry.history.version) = (2, 2);
        entry
    });
    commit(store, 2, async |tx| {
        tx.change_rows(&swapped).await.unwrap();
        assert_eq!(tx.unique_owner("assets", "serial", "x").await.unwrap(), Some(2));
    })
    .await;
    // What ended gives its own free.
    let mut ended = with(1, "y");
    (ended.row.version, ended.history.version) = (3, 3);
    ended.row.end = Some(End { on: "2026-11-24".to_owned(), reason: "終わり".to_owned() });
    commit(store, 3, async |tx| tx.change_rows(&[ended.clone()]).await.unwrap()).await;
    assert_eq!(store.unique_owner("assets", "serial", "y").await.unwrap(), None);
}

async fn links(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut holder = row_entry(3);
    holder.links =
        vec![("copy-of".to_owned(), RowKey::new("assets", 1)), ("more".to_owned(), RowKey::new("assets", 2))];
    // Rows of one call may lead to each other, in any order.
    commit(store, 1, async |tx| {
        tx.add_rows(&[holder.clone(), row_entry(1), row_entry(2)]).await.unwrap();
        let over = tx.rows_linking_over(&RowKey::new("assets", 1), "assets", "copy-of", 9).await.unwrap();
        assert_eq!(over, [3]);
    })
    .await;
    let linking = store.rows_linking(&RowKey::new("assets", 2), 9).await.unwrap();
    assert_eq!(linking, [(RowKey::new("assets", 3), "more".to_owned())]);
    let over = store.rows_linking_over(&RowKey::new("assets", 2), "assets", "copy-of", 9).await.unwrap();
    assert_eq!(over, [0_i64; 0]);
    let mut lost = row_entry(4);
    lost.links = vec![("copy-of".to_owned(), RowKey::new("assets", 99))];
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.add_rows(&[lost]).await, Err(StoreError::Corrupt(_)));
}

fn question() -> RowQuery {
    RowQuery {
        register: "assets".to_owned(),
        sight: RowSight::All,
        stage: RowStage::InUse,
        filters: Vec::new(),
        words: Vec::new(),
        after: None,
        limit: 100,
    }
}

/// The numbers of a list, read in pages of that size.
async fn numbers(store: &dyn Store, query: &RowQuery, limit: u32) -> Vec<i64> {
    let mut query = RowQuery { limit, ..query.clone() };
    let mut numbers = Vec::new();
    loop {
        let page = store.row_list(&query).await.unwrap();
        assert!(page.rows.len() <= usize::try_from(limit).unwrap());
        numbers.extend(page.rows.iter().map(|r| r.key.number));
        query.after = page.next;
        if page.next.is_none() {
            return numbers;
        }
        assert!(!page.rows.is_empty());
    }
}

async fn lists(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut entries: Vec<RowEntry> = (1..=12).map(row_entry).collect();
    for (n, entry) in (1..).zip(&mut entries) {
        entry.row.section = Some(SectionId::new(format!("s-{}", n % 3)));
        entry.row.waits = n == 5;
        if n == 11 {
            entry.row.end = Some(End { on: "2026-11-24".to_owned(), reason: "終わり".to_owned() });
        }
        entry.keys = vec![
            ("class".to_owned(), if n % 2 == 0 { "c3" } else { "c1" }.to_owned()),
            ("day".to_owned(), if n > 6 { format!("2026-11-{n:02}") } else { String::new() }),
        ];
        entry.words = format!("a-{n:04}\nろく{}", if n == 8 { "100%の_記録" } else { "帳" });
    }
    let mut other = row_entry(1);
    other.row.key.register = "media".to_owned();
    other.history.key.register = "media".to_owned();
    entries.push(other);
    commit(store, 1, async |tx| tx.add_rows(&entries).await.unwrap()).await;

    let sections = |ids: &[&str]| RowSight::Sections(ids.iter().map(|id| SectionId::new(*id)).collect());
    let one = |column: &str, key: &str| RowFilter {
        column: column.to_owned(),
        from: key.to_owned(),
        to: key.to_owned(),
    };
    let until = |day: &str| RowFilter { column: "day".to_owned(), from: "0".to_owned(), to: day.to_owned() };
    let with = |filters: &[RowFilter]| RowQuery { filters: filters.to_vec(), ..question() };
    let words =
        |words: &[&str]| RowQuery { words: words.iter().map(|w| (*w).to_owned()).collect(), ..question() };
    for (query, expected) in [
        (question(), vec![12, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (RowQuery { stage: RowStage::Ended, ..question() }, vec![11]),
        (RowQuery { stage: RowStage::Waiting, ..question() }, vec![5]),
        (RowQuery { sight: sections(&["s-1"]), ..question() }, vec![10, 7, 4, 1]),
        (RowQuery { sight: sections(&["s-1", "s-2", "s-1"]), ..question() }, vec![10, 8, 7, 5, 4, 2, 1]),
        (RowQuery { sight: sections(&[]), ..question() }, vec![]),
        (RowQuery { sight: sections(&["s-2"]), stage: RowStage::Ended, ..question() }, vec![11]),
        (with(&[one("class", "c3")]), vec![12, 10, 8, 6, 4, 2]),
        (with(&[one("class", "c1")]), vec![9, 7, 5, 3, 1]),
        (with(&[until("2026-11-09")]), vec![9, 8, 7]),
        (with(&[one("day", "")]), vec![6, 5, 4, 3, 2, 1]),
        (with(&[until("2026-11-10"), one("class", "c3")]), vec![10, 8]),
        (RowQuery { sight: sections(&["s-0", "s-1"]), ..with(&[one("class", "c3")]) }, vec![12, 10, 6, 4]),
        (words(&["帳"]), vec![12, 10, 9, 7, 6, 5, 4, 3, 2, 1]),
        (words(&["100%の_"]), vec![8]),
        (words(&["%"]), vec![8]),
        (words(&["ろく", "a-0007"]), vec![7]),
        (RowQuery { filters: vec![one("class", "c3")], ..words(&["ろく"]) }, vec![12, 10, 8, 6, 4, 2]),
        (RowQuery { register: "nothing".to_owned(), ..question() }, vec![]),
    ] {
        for limit in [1, 4, 100] {
            assert_eq!(numbers(store, &query, limit).await, expected, "{query:?} by {limit}");
        }
    }
    for (sight, stage, cap, expected) in [
        (RowSight::All, RowStage::InUse, 100, 11),
        (RowSight::All, RowStage::InUse, 4, 4),
        (RowSight::All, RowStage::Waiting, 100, 1),
        (sections(&["s-1", "s-2"]), RowStage::InUse, 100, 7),
        (sections(&["s-1"]), RowStage::Waiting, 100, 0),
    ] {
        assert_eq!(
            store.count_rows("assets", &sight, stage, cap).await.unwrap(),
            expected,
            "{sight:?} {stage:?}"
        );
    }
}

async fn numbers_of_rows(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| {
        assert_eq!(tx.take_row_numbers("assets", 1).await.unwrap(), 1);
        assert_eq!(tx.take_row_numbers("assets", 10).await.unwrap(), 2);
        assert_eq!(tx.take_row_numbers("assets", 1).await.unwrap(), 12);
        assert_eq!(tx.take_row_numbers("media", 1).await.unwrap(), 1, "each register counts for itself");
    })
    .await;
}

/// More rows than one statement holds, with links between them, added and changed in one go.
async fn many_rows(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut entries: Vec<RowEntry> = (1..=1_100).map(row_entry).collect();
    for (n, entry) in (1_i64..).zip(&mut entries) {
        entry.links = vec![("copy-of".to_owned(), RowKey::new("assets", 1_101 - n))];
        entry.unique = vec![("serial".to_owned(), n.to_string())];
    }
    commit(store, 1, async |tx| tx.add_rows(&entries).await.unwrap()).await;
    assert_eq!(store.count_rows("assets", &RowSight::All, RowStage::InUse, 5_000).await.unwrap(), 1_100);
    assert_eq!(store.row(&RowKey::new("assets", 1_100)).await.unwrap(), Some(entries[1_099].row.clone()));
    for entry in &mut entries {
        (entry.row.version, entry.history.version) = (2, 2);
        entry.words = "次".to_owned();
        entry.links.clear();
    }
    commit(store, 2, async |tx| tx.change_rows(&entries).await.unwrap()).await;
    let query = RowQuery { words: vec!["次".to_owned()], ..question() };
    assert_eq!(numbers(store, &query, 200).await.len(), 1_100);
    assert_eq!(store.rows_linking(&RowKey::new("assets", 7), 9).await.unwrap(), []);
}

async fn saved_filters(world: &World) {
    let store = &world.store;
    people(store).await;
    let filter = |name: &str, query: &str, at| SavedFilter {
        user: user_id(1),
        register: "assets".to_owned(),
        name: name.to_owned(),
        query: query.to_owned(),
        saved_at: T0 + at,
    };
    for (name, query, at) in [("い", "a", 1), ("あ", "b", 2), ("い", "c", 3)] {
        store.save_filter(&filter(name, query, at)).await.unwrap();
    }
    let saved = store.saved_filters(&user_id(1), "assets").await.unwrap();
    assert_eq!(saved, [filter("あ", "b", 2), filter("い", "c", 3)]);
    assert_eq!(store.saved_filters(&user_id(2), "assets").await.unwrap(), []);
    store.forget_filter(&user_id(1), "assets", "い").await.unwrap();
    store.forget_filter(&user_id(1), "assets", "い").await.unwrap();
    assert_eq!(store.saved_filters(&user_id(1), "assets").await.unwrap().len(), 1);
}
