//! Records whose retention ends.

use app::ports::{Store, StoreError};
use app::records::store::{
    Record, RecordCursor, RecordKey, RecordKind, RecordQuery, RecordStore as _, RecordView,
};
use app::registers::store::{RegisterStore as _, RowFilter, RowQuery, RowSight, RowStage};
use jiff::civil::{Date, date};
use workflow::id::{SectionId, ZoneId};
use workflow::record::{Disposal, Stage};
use workflow::register::RowKey;

use crate::tests::samples::{T0, commit, people, request, request_id, row_entry, user_id};
use crate::tests::{World, assert_matches, on_both};

on_both! { one_record, unrecorded, lists, to_do, rows }

fn record(n: u32, zone: &str, from: Date) -> Record {
    Record {
        key: RecordKey::request(&request_id(n)),
        label: n.to_string(),
        title: "持出し".to_owned(),
        form: "take-out".to_owned(),
        section: Some(SectionId::new("s-1")),
        zone: Some(ZoneId::new(zone)).filter(|zone| !zone.as_str().is_empty()),
        class: "five-years".to_owned(),
        class_title: "5年保存".to_owned(),
        years: 5,
        begun_on: date(2026, 11, 20),
        ended_on: date(2026, 11, 25),
        disposal: Disposal::listed(from),
        version: 0,
    }
}

/// Requests that have ended, so that they can be recorded.
async fn ended(store: &impl Store, numbers: std::ops::RangeInclusive<u32>) {
    people(store).await;
    commit(store, 1, async |tx| {
        for n in numbers {
            let mut r = request(n);
            r.withdraw(T0 + i64::from(n)).unwrap();
            tx.insert_request(&r, &format!("key-{n}")).await.unwrap();
        }
    })
    .await;
}

async fn one_record(world: &World) {
    let store = &world.store;
    ended(store, 1..=1).await;
    let mut r = record(1, "lgwan", date(2032, 4, 1));
    assert_eq!(store.record(&r.key).await.unwrap(), None);
    commit(store, 2, async |tx| {
        tx.insert_record(&r).await.unwrap();
        assert_eq!(tx.record(&r.key).await.unwrap(), Some(r.clone()));
    })
    .await;
    assert_eq!(store.record(&r.key).await.unwrap(), Some(r.clone()));
    // Once only.
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.insert_record(&r).await, Err(StoreError::Conflict));
    drop(tx);
    // What is there not to be recorded.
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.insert_record(&record(2, "lgwan", date(2032, 4, 1))).await, Err(StoreError::Conflict));
    drop(tx);
    // Every part of the way out changes, and a stale writer is told.
    let today = date(2032, 4, 2);
    r.disposal.hold(user_id(4), "訴訟", date(2033, 1, 1), today, T0 + 1).unwrap();
    commit(store, 3, async |tx| tx.update_record(&r).await.unwrap()).await;
    let stale = r.clone();
    r.version = 1;
    assert_eq!(store.record(&r.key).await.unwrap(), Some(r.clone()));
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.update_record(&stale).await, Err(StoreError::Conflict));
    drop(tx);
    r.disposal.release().unwrap();
    r.disposal.propose(user_id(4), today, T0 + 2).unwrap();
    r.disposal.decide(user_id(5), today, T0 + 3).unwrap();
    r.disposal.destroy(T0 + 4).unwrap();
    commit(store, 4, async |tx| tx.update_record(&r).await.unwrap()).await;
    r.version = 2;
    assert_eq!(store.record(&r.key).await.unwrap(), Some(r));
}

async fn unrecorded(world: &World) {
    let store = &world.store;
    ended(store, 1..=3).await;
    let form = request(1).form;
    let find = async |before, limit| store.unrecorded_requests(&form, before, limit).await.unwrap();
    assert_eq!(find(T0 + 1, 10).await, []);
    assert_eq!(find(T0 + 3, 10).await, [request_id(1), request_id(2)], "what ended before");
    assert_eq!(find(T0 + 10, 1).await, [request_id(1)]);
    assert_eq!(store.unrecorded_requests("other", T0 + 10, 10).await.unwrap(), []);
    commit(store, 2, async |tx| tx.insert_record(&record(1, "lgwan", date(2032, 4, 1))).await.unwrap()).await;
    assert_eq!(find(T0 + 10, 10).await, [request_id(2), request_id(3)], "each once");
    assert_eq!(store.unrecorded_tasks("monthly", T0, 10).await.unwrap(), []);
}

async fn lists(world: &World) {
    let store = &world.store;
    ended(store, 1..=6).await;
    commit(store, 2, async |tx| {
        for (n, zone, year) in
            [(1, "lgwan", 2033), (2, "lgwan", 2032), (3, "internet", 2032), (4, "", 2032), (5, "lgwan", 2040)]
        {
            tx.insert_record(&record(n, zone, date(year, 4, 1))).await.unwrap();
        }
    })
    .await;
    let query = |view, after, limit| RecordQuery { zone: ZoneId::new("lgwan"), view, after, limit };
    let subjects = |records: &[Record]| records.iter().map(|r| r.label.clone()).collect::<Vec<_>>();
    let ending = RecordView::Ending(date(2033, 4, 1));
    let all = store.records(&query(ending, None, 10)).await.unwrap();
    assert_eq!(subjects(&all), ["2", "4", "1"], "of the zone and of none, the first due first, none later");
    let first = store.records(&query(ending, None, 1)).await.unwrap();
    assert_eq!(subjects(&first), ["2", "4"], "one more than asked for");
    let after = RecordCursor { at: "2032-04-01".to_owned(), key: all[0].key.clone() };
    assert_eq!(subjects(&store.records(&query(ending, Some(after), 10)).await.unwrap()), ["4", "1"]);
    assert_eq!(store.records(&query(RecordView::Book, None, 10)).await.unwrap(), []);
    let today = date(2033, 4, 1);
    for (n, at) in [(1, T0 + 5), (2, T0 + 7), (4, T0 + 7)] {
        let key = RecordKey { kind: RecordKind::Request, subject: request_id(n).as_str().to_owned() };
        let mut r = store.record(&key).await.unwrap().unwrap();
        r.disposal.propose(user_id(4), today, T0).unwrap();
        r.disposal.decide(user_id(5), today, T0).unwrap();
        r.disposal.destroy(at).unwrap();
        commit(store, 10 + n, async |tx| tx.update_record(&r).await.unwrap()).await;
    }
    let book = store.records(&query(RecordView::Book, None, 10)).await.unwrap();
    assert_eq!(subjects(&book), ["4", "2", "1"], "the last first");
    let after = RecordCursor { at: (T0 + 7).to_string(), key: book[0].key.clone() };
    assert_eq!(
        subjects(&store.records(&query(RecordView::Book, Some(after), 10)).await.unwrap()),
        ["2", "1"]
    );
    assert_eq!(store.records(&query(ending, None, 10)).await.unwrap(), []);
}

async fn to_do(world: &World) {
    let store = &world.store;
    ended(store, 1..=3).await;
    let today = date(2032, 4, 2);
    commit(store, 2, async |tx| {
        for n in 1..=3 {
            let mut r = record(n, "lgwan", date(2032, 4, 1));
            match n {
                1 => {
                    r.disposal.propose(user_id(4), today, T0).unwrap();
                    r.disposal.decide(user_id(5), today, T0).unwrap();
                }
                2 => r.disposal.hold(user_id(4), "訴訟", date(2032, 6, 1), today, T0).unwrap(),
                _ => {}
            }
            tx.insert_record(&r).await.unwrap();
        }
    })
    .await;
    let find = async |stage, day| {
        let keys = store.records_to_do(stage, day, 10).await.unwrap();
        keys.into_iter().map(|key| key.subject).collect::<Vec<_>>()
    };
    assert_eq!(find(Stage::Decided, today).await, [request_id(1).as_str()]);
    assert_eq!(find(Stage::Held, date(2032, 5, 31)).await, [""; 0]);
    assert_eq!(find(Stage::Held, date(2032, 6, 1)).await, [request_id(2).as_str()]);
    assert_eq!(find(Stage::Listed, today).await, [""; 0]);
}

/// A row that has ended is recorded once; emptied, it keeps its number, its section, its days, and who made which version.
async fn rows(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| tx.add_rows(&[row_entry(1), row_entry(2), row_entry(3)]).await.unwrap())
        .await;
    let ends = [(1, "2027-03-31"), (2, "2026-05-01")];
    commit(store, 2, async |tx| {
        for (n, on) in ends {
            let mut entry = row_entry(n);
            entry.links = vec![("rows".to_owned(), RowKey::new("assets", 3))];
            entry.history.changes = entry.row.end(on, "捨てた", T0 + 9).unwrap();
            (entry.history.version, entry.history.reason) = (2, "捨てた".to_owned());
            tx.change_rows(&[entry]).await.unwrap();
        }
    })
    .await;
    let find = async |before, limit| store.unrecorded_rows("assets", before, limit).await.unwrap();
    let key = |n| RowKey::new("assets", n);
    assert_eq!(find(date(2026, 5, 1), 10).await, [], "what ended on that day is not before it");
    assert_eq!(find(date(2027, 4, 1), 10).await, [key(2), key(1)], "the first ended first, and none in use");
    assert_eq!(find(date(2027, 4, 1), 1).await, [key(2)]);
    assert_eq!(store.unrecorded_rows("media", date(2027, 4, 1), 10).await.unwrap(), []);

    let of_row = |n| Record { key: RecordKey::of_row(&key(n)), ..record(1, "lgwan", date(2032, 4, 1)) };
    commit(store, 3, async |tx| tx.insert_record(&of_row(2)).await.unwrap()).await;
    assert_eq!(find(date(2027, 4, 1), 10).await, [key(1)], "each once");
    assert_eq!(store.record(&of_row(2).key).await.unwrap(), Some(of_row(2)));
    let nowhere = Record {
        key: RecordKey { kind: RecordKind::Row, subject: "assets".to_owned() },
        ..record(1, "lgwan", date(2032, 4, 1))
    };
    for wrong in [of_row(2), of_row(77)] {
        let mut tx = store.begin().await.unwrap();
        assert_matches!(tx.insert_record(&wrong).await, Err(StoreError::Conflict));
    }
    assert!(store.begin().await.unwrap().insert_record(&nowhere).await.is_err());

    // What is in use is never emptied.
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.empty_row(&key(3)).await, Err(StoreError::Conflict));
    drop(tx);
    commit(store, 4, async |tx| tx.empty_row(&key(2)).await.unwrap()).await;
    let emptied = store.row(&key(2)).await.unwrap().unwrap();
    let end = emptied.end.as_ref().map(|end| (end.on.as_str(), end.reason.as_str()));
    assert_eq!((end, emptied.values.len(), emptied.version), (Some(("2026-05-01", "")), 0, 2));
    let history = store.row_history(&key(2), None, 10).await.unwrap();
    assert_eq!(history.iter().map(|h| h.entry.version).collect::<Vec<_>>(), [2, 1]);
    assert!(history.iter().all(|h| h.entry.reason.is_empty() && h.entry.changes.is_empty()));
    assert!(history.iter().all(|h| h.by_name.is_some()), "who made them stays");
    assert_eq!(store.rows_linking(&key(3), 10).await.unwrap(), [(key(1), "rows".to_owned())]);
    // It still stands among the ended ones, and no words find it.
    let query = |filters: Vec<RowFilter>, words: &[&str]| RowQuery {
        register: "assets".to_owned(),
        sight: RowSight::All,
        stage: RowStage::Ended,
        filters,
        words: words.iter().map(|w| (*w).to_owned()).collect(),
        after: None,
        limit: 10,
    };
    let listed = async |query: RowQuery| {
        let page = store.row_list(&query).await.unwrap();
        page.rows.into_iter().map(|row| row.key.number).collect::<Vec<_>>()
    };
    assert_eq!(listed(query(Vec::new(), &[])).await, [2, 1]);
    assert_eq!(listed(query(Vec::new(), &["情報資産"])).await, [1]);
    let kind = RowFilter { column: "kind".to_owned(), from: "k-2".to_owned(), to: "k-2".to_owned() };
    assert_eq!(listed(query(vec![kind], &[])).await, Vec::<i64>::new());
}
