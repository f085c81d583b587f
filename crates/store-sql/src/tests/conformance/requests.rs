//! Requests and the values they set.

use app::model::{Cursor, PageRequest};
use app::ports::{Store, StoreError};
use app::requests::store::{ParameterChange, RequestQuery, RequestStore as _, RequestView};
use workflow::id::{RequestId, SectionId, ZoneId};
use workflow::register::RowKey;
use workflow::request::{Patience, State};
use workflow::route::{Route, Verdict, Vote};

use crate::tests::samples::{
    T0, commit, decision, evidence, people, request, request_id, row_entry, stored, user_id,
};
use crate::tests::{World, assert_matches, on_both};

on_both! { one_request, duplicates, stale_writers, lists, side_by_side, rows, alarms, reviews, blobs, values }

async fn one_request(world: &World) {
    let store = &world.store;
    people(store).await;
    assert_eq!(store.request(&request_id(1)).await.unwrap(), None);
    let mut r = request(1);
    commit(store, 1, async |tx| {
        assert_eq!(tx.request_of_submission("key-1").await.unwrap(), None);
        assert_eq!(tx.next_request_number().await.unwrap(), 1);
        assert_eq!(tx.next_request_number().await.unwrap(), 2);
        assert_eq!(tx.next_number().await.unwrap(), 1, "transfers count for themselves");
        tx.insert_request(&r, "key-1").await.unwrap();
        assert_eq!(tx.request_of_submission("key-1").await.unwrap(), Some(r.id.clone()));
        assert_eq!(tx.request(&r.id).await.unwrap(), Some(r.clone()));
    })
    .await;
    assert_eq!(store.request(&r.id).await.unwrap(), Some(r.clone()));

    // Every part changes: it is approved with its permit, a file goes and another comes.
    r.content.attachments[0].stored = stored("lgwan", 9);
    r.content.attachments.truncate(1);
    r.content.attachments[0].untrusted_name = "名\u{0}前.pdf".to_owned();
    let hash = r.content_hash();
    for by in [4, 5] {
        let by = user_id(by);
        let vote = Vote {
            by: &by,
            on_behalf_of: None,
            verdict: Verdict::Approve,
            comment: "可",
            seen_hash: &hash,
            step: None,
        };
        r.decide(&vote, Patience { days: 14 }, T0 + 5).unwrap();
    }
    assert_eq!(r.state, State::Approved);
    r.give_back(&user_id(1), T0 + 6).unwrap();
    let cleaned = r.clone();
    commit(store, 2, async |tx| tx.update_request(&cleaned).await.unwrap()).await;
    r.version = 1;
    let read = store.request(&r.id).await.unwrap().unwrap();
    assert_eq!(read.permit, r.permit);
    assert_eq!(read, r);
}

async fn duplicates(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| tx.insert_request(&request(1), "key-1").await.unwrap()).await;
    let mut other = request(2);
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.insert_request(&other, "key-1").await, Err(StoreError::Duplicate("submission")));
    assert_matches!(tx.request(&request_id(1)).await, Err(StoreError::Corrupt(_)));
    drop(tx);
    other.number = 1;
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.insert_request(&other, "key-2").await, Err(StoreError::Duplicate("number")));
    drop(tx);
    assert_eq!(store.request(&request_id(2)).await.unwrap(), None);
}

async fn stale_writers(world: &World) {
    let store = &world.store;
    people(store).await;
    let r = request(1);
    commit(store, 1, async |tx| tx.insert_request(&r, "key-1").await.unwrap()).await;
    commit(store, 2, async |tx| tx.update_request(&r).await.unwrap()).await;
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.update_request(&r).await, Err(StoreError::Conflict));
    drop(tx);
    // An uncommitted change is nobody's.
    let mut now = store.request(&r.id).await.unwrap().unwrap();
    now.title = "別の題".to_owned();
    let mut tx = store.begin().await.unwrap();
    tx.update_request(&now).await.unwrap();
    drop(tx);
    assert_eq!(store.request(&r.id).await.unwrap().unwrap().title, r.title);
}

/// The numbers of a list, read in pages of that size.
async fn numbers(store: &dyn Store, zone: &str, view: RequestView, limit: u32) -> Vec<i64> {
    let mut numbers = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = PageRequest { after, limit };
        let query = RequestQuery { zone: ZoneId::new(zone), view: view.clone(), page };
        let page = store.requests(&query).await.unwrap();
        assert!(page.rows.len() <= usize::try_from(limit).unwrap());
        numbers.extend(page.rows.iter().map(|r| r.number));
        after = page.next;
        if after.is_none() {
            return numbers;
        }
        assert!(!page.rows.is_empty());
    }
}

/// A request that is open at several desks is found at each, once, and at none that decided.
async fn side_by_side(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| {
        for n in 1..=5 {
            let mut r = request(n);
            let Route { steps } = &mut r.approval.route;
            for step in steps.iter_mut() {
                step.group = Some("together".to_owned());
            }
            tx.insert_request(&r, &format!("key-{n}")).await.unwrap();
        }
    })
    .await;
    let desks: Vec<(String, String)> =
        request(1).approval.route.steps.iter().map(|step| (step.role.clone(), step.scope.column())).collect();
    assert!(desks.len() > 1, "{desks:?}");
    let at = |desks: &[(String, String)]| RequestView::AwaitingRoles(desks.to_vec());
    for limit in [1, 2, 50] {
        assert_eq!(numbers(store, "lgwan", at(&desks), limit).await, [5, 4, 3, 2, 1], "pages of {limit}");
    }
    let mut one = store.request(&request_id(3)).await.unwrap().unwrap();
    let hash = one.content_hash();
    let by = user_id(4);
    let vote = Vote {
        by: &by,
        on_behalf_of: None,
        verdict: Verdict::Approve,
        comment: "可",
        seen_hash: &hash,
        step: Some(1),
    };
    one.decide(&vote, Patience { days: 14 }, T0 + 5).unwrap();
    commit(store, 2, async |tx| tx.update_request(&one).await.unwrap()).await;
    assert_eq!(numbers(store, "lgwan", at(&desks[..1]), 50).await, [5, 4, 3, 2, 1]);
    assert_eq!(numbers(store, "lgwan", at(&desks[1..]), 50).await, [5, 4, 2, 1]);
}

async fn rows(world: &World) {
    let store = &world.store;
    people(store).await;
    let key = RowKey::new("assets", 7);
    commit(store, 1, async |tx| {
        tx.add_rows(&[row_entry(7), row_entry(8)]).await.unwrap();
        for n in 1..=3 {
            let mut r = request(n);
            r.content.answers[0].row = Some(RowKey::new("assets", if n == 2 { 8 } else { 7 }));
            tx.insert_request(&r, &format!("key-{n}")).await.unwrap();
        }
    })
    .await;
    let of = async |key: &RowKey, limit| {
        let rows = store.requests_of_row(key, limit).await.unwrap();
        rows.into_iter().map(|r| r.number).collect::<Vec<_>>()
    };
    assert_eq!((of(&key, 10).await, of(&key, 1).await), (vec![3, 1], vec![3]));
    assert!(of(&RowKey::new("media", 7), 10).await.is_empty());
    assert!(store.permits_of_row(&key).await.unwrap().is_empty(), "nothing was approved");
    let mut r = store.request(&request_id(1)).await.unwrap().unwrap();
    let hash = r.content_hash();
    for by in [4, 5] {
        let by = user_id(by);
        let vote = Vote {
            by: &by,
            on_behalf_of: None,
            verdict: Verdict::Approve,
            comment: "可",
            seen_hash: &hash,
            step: None,
        };
        r.decide(&vote, Patience { days: 14 }, T0 + 5).unwrap();
    }
    let approved = r.clone();
    commit(store, 2, async |tx| {
        tx.update_request(&approved).await.unwrap();
        let inside = tx.permits_of_row(&key).await.unwrap();
        assert_eq!(inside.len(), 1, "seen in its own transaction");
    })
    .await;
    let out = store.permits_of_row(&key).await.unwrap();
    assert_eq!(out, [(request_id(1), r.applicant.clone(), r.permit.clone().unwrap())]);
    r.version = 1;
    r.give_back(&user_id(1), T0 + 6).unwrap();
    commit(store, 3, async |tx| tx.update_request(&r).await.unwrap()).await;
    assert!(store.permits_of_row(&key).await.unwrap().is_empty(), "it is back");
    assert_eq!(of(&key, 10).await, [3, 1], "and its request is still told");
}

async fn lists(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| {
        for n in 1..=12 {
            let mut r = request(n);
            r.applicant = user_id(1 + n % 2);
            r.section = SectionId::new(format!("s-{}", n % 3));
            r.zone = ZoneId::new(if n % 4 == 0 { "internet" } else { "lgwan" });
            // Two at one moment.
            r.submitted_at = T0 + i64::from(n / 2);
            if n == 11 {
                r.withdraw(T0).unwrap();
            }
            tx.insert_request(&r, &format!("key-{n}")).await.unwrap();
        }
    })
    .await;
    let role = |role: &str, scope: &str| vec![(role.to_owned(), scope.to_owned())];
    let sections = |ids: &[&str]| RequestView::OfSections(ids.iter().copied().map(SectionId::new).collect());
    for (zone, view, expected) in [
        ("lgwan", RequestView::All, vec![11, 10, 9, 7, 6, 5, 3, 2, 1]),
        ("internet", RequestView::All, vec![12, 8, 4]),
        ("elsewhere", RequestView::All, vec![]),
        ("lgwan", RequestView::By(user_id(1)), vec![10, 6, 2]),
        ("lgwan", sections(&["s-0", "s-1"]), vec![10, 9, 7, 6, 3, 1]),
        ("lgwan", sections(&[]), vec![]),
        ("lgwan", RequestView::AwaitingRoles(role("section-head", "s:s-1")), vec![10, 9, 7, 6, 5, 3, 2, 1]),
        ("lgwan", RequestView::AwaitingRoles(role("section-head", "s:s-2")), vec![]),
        ("internet", RequestView::AwaitingRoles(role("section-head", "s:s-1")), vec![12, 8, 4]),
    ] {
        for limit in [1, 2, 5, 50] {
            assert_eq!(numbers(store, zone, view.clone(), limit).await, expected, "{zone} {view:?} {limit}");
        }
    }
    let query = RequestQuery {
        zone: ZoneId::new("lgwan"),
        view: RequestView::All,
        page: PageRequest { after: None, limit: 1 },
    };
    let row = store.requests(&query).await.unwrap().rows.remove(0);
    assert_eq!((row.title.as_str(), row.state, row.due_at), ("持出しの申請", State::Withdrawn, None));
    assert_eq!(row.applicant_name, "関所　太郎2");
}

async fn alarms(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| {
        for n in 1..=3 {
            let mut r = request(n);
            if n == 2 {
                r.withdraw(T0).unwrap();
            }
            tx.insert_request(&r, &format!("key-{n}")).await.unwrap();
        }
    })
    .await;
    let due = request(1).term.due_at.unwrap();
    let overdue = |now, limit| async move { store.overdue_requests(now, limit).await.unwrap() };
    assert_eq!(overdue(due, 9).await, Vec::<RequestId>::new());
    assert_eq!(overdue(due + 4, 9).await, [request_id(1), request_id(3)]);
    assert_eq!(overdue(due + 4, 1).await, [request_id(1)]);
}

async fn reviews(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut r = request(1);
    r.approval.decisions = vec![decision(4, None, T0), decision(5, Some(6), T0 + 1)];
    commit(store, 1, async |tx| tx.insert_request(&r, "key-1").await.unwrap()).await;
    let owed = |user, zone: &'static str| async move {
        let rows = store.request_reviews_due(&user_id(user), &ZoneId::new(zone), 9).await.unwrap();
        rows.into_iter().map(|(row, index)| (row.number, index)).collect::<Vec<_>>()
    };
    assert_eq!(owed(6, "lgwan").await, [(1, 1)]);
    assert_eq!((owed(6, "internet").await, owed(5, "lgwan").await), (vec![], vec![]));
    r.approval.decisions[1].reviewed_at = Some(T0 + 2);
    commit(store, 2, async |tx| tx.update_request(&r).await.unwrap()).await;
    assert_eq!(owed(6, "lgwan").await, []);
}

async fn blobs(world: &World) {
    let store = &world.store;
    people(store).await;
    let r = request(1);
    let kept = &r.content.attachments[0].stored;
    assert!(!store.blob_in_use(&kept.zone, &kept.blob).await.unwrap());
    commit(store, 1, async |tx| tx.insert_request(&r, "key-1").await.unwrap()).await;
    assert!(store.blob_in_use(&kept.zone, &kept.blob).await.unwrap());
    assert!(!store.blob_in_use(&ZoneId::new("internet"), &kept.blob).await.unwrap(), "of another zone");
}

async fn values(world: &World) {
    let store = &world.store;
    people(store).await;
    let change = |parameter: &str, value: Option<&str>, from: i64, number: u32| ParameterChange {
        parameter: parameter.to_owned(),
        value: value.map(str::to_owned),
        from: T0 + from,
        number: i64::from(number),
        request: request_id(number),
        approved_by: user_id(4),
        approved_by_name: "関所　太郎4".to_owned(),
        approved_at: T0 + 9,
    };
    let all = [
        change("a", Some("12"), 0, 2),
        change("a", None, 5, 1),
        change("a", Some("毎年"), 5, 3),
        change("b", Some("有"), 1, 1),
    ];
    commit(store, 1, async |tx| {
        for n in 1..=3 {
            let mut r = request(n);
            r.approval.route = Route::default();
            tx.insert_request(&r, &format!("key-{n}")).await.unwrap();
        }
        for n in [2, 0, 3, 1] {
            tx.insert_parameter_value(&all[n]).await.unwrap();
        }
    })
    .await;
    assert_eq!(store.parameter_values().await.unwrap(), all);
    // A value without its request cannot be.
    let mut tx = store.begin().await.unwrap();
    assert_matches!(
        tx.insert_parameter_value(&change("c", None, 0, 9)).await,
        Err(StoreError::Corrupt(_) | StoreError::Conflict)
    );
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    tx.insert_parameter_value(&change("c", None, 0, 1)).await.unwrap();
    drop(tx);
    assert_eq!(store.parameter_values().await.unwrap().len(), 4, "not committed");
    store.append(vec![evidence(7)]).await.unwrap();
}
