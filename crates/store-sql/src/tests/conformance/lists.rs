//! Lists of transfers.

use app::model::{Cursor, DueErasure, EvidenceQuery, PageRequest, TransferQuery, TransferView};
use app::ports::Store;
use workflow::id::{BlobId, SectionId, ZoneId};
use workflow::transfer::{FileState, State};

use super::evidence::entries;
use crate::tests::samples::{
    T0, commit, decision, evidence, people, stored, transfer, transfer_id, user, user_id,
};
use crate::tests::{World, on_both};

on_both! { lists, equal_times, deadlines, retention, blobs }

/// The numbers of a list, read in pages of that size.
async fn numbers(store: &dyn Store, view: TransferView, states: &[State], limit: u32) -> Vec<i64> {
    let mut numbers = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = PageRequest { after, limit };
        let query = TransferQuery { view: view.clone(), states: states.to_vec(), page };
        let page = store.transfers(&query).await.unwrap();
        assert!(page.rows.len() <= usize::try_from(limit).unwrap());
        numbers.extend(page.rows.iter().map(|r| r.number));
        after = page.next;
        if after.is_none() {
            return numbers;
        }
        assert!(!page.rows.is_empty());
    }
}

async fn lists(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| {
        for n in 1..=24 {
            let mut t = transfer(n);
            t.submitter = user_id(1 + n % 2);
            t.section = SectionId::new(format!("s-{}", n % 3));
            t.state = State::ALL[usize::try_from(n).unwrap() % State::ALL.len()];
            t.recipients[0].user = user_id(if n % 4 == 0 { 8 } else { 2 });
            t.to_zone = ZoneId::new(if n % 5 == 0 { "my-number" } else { "lgwan" });
            t.approval.step = usize::from(n == 14);
            t.files[1].state = if n == 24 { FileState::Inspected } else { FileState::Queued };
            tx.insert_transfer(&t, &format!("key-{n}")).await.unwrap();
        }
    })
    .await;
    let state = |n: u32| State::ALL[usize::try_from(n).unwrap() % State::ALL.len()];
    let expect = |keep: &dyn Fn(u32) -> bool| -> Vec<i64> {
        (1..=24).rev().filter(|n| keep(*n)).map(i64::from).collect()
    };
    let awaiting = |n: u32| state(n) == State::AwaitingApproval;
    let released = |n: u32| matches!(state(n), State::Ready | State::Received);
    let role = |role: &str, scope: &str| (role.to_owned(), scope.to_owned());
    let both = vec![role("section-head", "s:s-1"), role("chief", "*"), role("chief", "*")];
    let some = [State::Held, State::Ready, State::Held];
    let addressed = |n, zone: &str| TransferView::AddressedTo { user: user_id(n), zone: ZoneId::new(zone) };
    let sections =
        |names: &[&str]| TransferView::OfSections(names.iter().map(|s| SectionId::new(*s)).collect());
    let cases: Vec<(TransferView, Vec<State>, Vec<i64>)> = vec![
        (TransferView::All, vec![], expect(&|_| true)),
        (TransferView::All, some.into(), expect(&|n| some.contains(&state(n)))),
        (TransferView::SubmittedBy(user_id(1)), vec![], expect(&|n| n % 2 == 0)),
        (
            TransferView::SubmittedBy(user_id(1)),
            some.into(),
            expect(&|n| n % 2 == 0 && some.contains(&state(n))),
        ),
        (TransferView::SubmittedBy(user_id(7)), vec![], vec![]),
        (sections(&["s-0", "s-2", "s-0"]), vec![], expect(&|n| n % 3 != 1)),
        (sections(&["s-0", "s-2"]), some.into(), expect(&|n| n % 3 != 1 && some.contains(&state(n)))),
        (sections(&[]), vec![], vec![]),
        // 3, 14 await; 14 is at the second step.
        (TransferView::AwaitingRoles(both.clone()), vec![], expect(&awaiting)),
        (TransferView::AwaitingRoles(both.clone()), vec![State::AwaitingApproval], expect(&awaiting)),
        (TransferView::AwaitingRoles(both), vec![State::Held], vec![]),
        (TransferView::AwaitingRoles(vec![role("chief", "*")]), vec![], vec![14]),
        (TransferView::AwaitingRoles(vec![role("section-head", "*")]), vec![], vec![]),
        (addressed(8, "lgwan"), vec![], expect(&|n| released(n) && n % 4 == 0 && n % 5 != 0)),
        (addressed(8, "my-number"), vec![], expect(&|n| released(n) && n % 4 == 0 && n % 5 == 0)),
        (addressed(3, "lgwan"), vec![], expect(&|n| released(n) && n % 5 != 0)),
        (
            addressed(3, "lgwan"),
            vec![State::Received],
            expect(&|n| state(n) == State::Received && n % 5 != 0),
        ),
        (addressed(3, "lgwan"), vec![State::Held], vec![]),
    ];
    for (view, states, expected) in cases {
        for limit in [1, 3, 50] {
            let found = numbers(store, view.clone(), &states, limit).await;
            assert_eq!(found, expected, "{view:?} {states:?} in pages of {limit}");
        }
        let query = TransferQuery { view, states, page: PageRequest::default() };
        let all = u32::try_from(expected.len()).unwrap();
        assert_eq!(store.count_transfers(&query, 1_000).await.unwrap(), all, "{query:?}");
        assert_eq!(store.count_transfers(&query, 2).await.unwrap(), all.min(2), "{query:?}");
    }

    let query = TransferQuery { view: TransferView::All, states: vec![], page: PageRequest::default() };
    let row = store.transfers(&query).await.unwrap().rows.remove(0);
    let t = store.transfer(&row.id).await.unwrap().unwrap();
    assert_eq!(
        (row.number, &row.subject, &row.from_zone, &row.to_zone, &row.classification, row.state),
        (t.number, &t.subject, &t.from_zone, &t.to_zone, &t.classification, t.state)
    );
    assert_eq!(
        (&row.submitter, row.submitter_name, &row.section, row.file_count, row.submitted_at, row.changed_at),
        (&t.submitter, user(1).name, &t.section, 2, t.submitted_at, t.changed_at)
    );
    let unchanged: Vec<_> =
        store.transfers(&query).await.unwrap().rows.iter().map(|r| r.inspected_count).collect();
    assert_eq!((unchanged[0], unchanged.iter().sum::<u32>()), (1, 1), "how many pass unchanged");

    // A list follows a change of state.
    let mut t = store.transfer(&transfer_id(3)).await.unwrap().unwrap();
    t.state = State::Ready;
    commit(store, 2, async |tx| tx.update_transfer(&t).await.unwrap()).await;
    let awaiting =
        TransferView::AwaitingRoles(vec![role("section-head", "s:s-1"), role("section-head", "s:s-0")]);
    assert_eq!(numbers(store, awaiting, &[], 10).await, [] as [i64; 0]);
    assert!(numbers(store, addressed(3, "lgwan"), &[], 10).await.contains(&3));
}

async fn equal_times(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| {
        for n in 1..=11 {
            let mut t = transfer(n);
            t.submitted_at = T0;
            t.state = [State::Held, State::Ready][usize::try_from(n % 2).unwrap()];
            tx.insert_transfer(&t, &format!("key-{n}")).await.unwrap();
        }
    })
    .await;
    for states in [vec![], vec![State::Held, State::Ready]] {
        for limit in [1, 2, 5, 11] {
            let found = numbers(store, TransferView::All, &states, limit).await;
            assert_eq!(found, (1..=11).rev().collect::<Vec<_>>(), "pages of {limit}");
        }
    }
    store
        .append((20..31).map(|n| app::model::NewEvidence { at: T0, ..evidence(n) }).collect())
        .await
        .unwrap();
    for limit in [1, 3, 10] {
        assert_eq!(entries(store, EvidenceQuery::default(), limit).await.len(), 13, "pages of {limit}");
    }
}

async fn deadlines(world: &World) {
    let store = &world.store;
    people(store).await;
    let cases = [
        // state, due, reminded, expires, listed just after
        (State::AwaitingApproval, Some(100), None, Some(200), Some(100)),
        (State::AwaitingApproval, Some(100), Some(101), Some(200), Some(200)),
        (State::Ready, Some(90), None, Some(90), Some(90)),
        (State::Held, Some(80), None, Some(80), Some(80)),
        (State::Received, Some(50), None, Some(50), None),
        (State::Sanitising, None, None, None, None),
    ];
    commit(store, 1, async |tx| {
        for (n, (state, due_at, reminded_at, expires_at, _)) in (1..).zip(cases) {
            let mut t = transfer(n);
            (t.state, t.term.due_at, t.term.reminded_at, t.term.expires_at) =
                (state, due_at, reminded_at, expires_at);
            tx.insert_transfer(&t, &format!("key-{n}")).await.unwrap();
        }
    })
    .await;
    for (n, (state, .., alarm)) in (1..).zip(cases) {
        let id = transfer_id(n);
        let listed = async |now| store.overdue(now, 100).await.unwrap().contains(&id);
        match alarm {
            Some(at) => assert_eq!((listed(at).await, listed(at + 1).await), (false, true), "{state:?}"),
            None => assert!(!listed(i64::MAX).await, "{state:?}"),
        }
    }
    assert_eq!(store.overdue(1_000, 2).await.unwrap(), [transfer_id(4), transfer_id(3)]);

    let due = |on_behalf_of, n: u32| {
        let mut t = transfer(n);
        t.approval.decisions =
            vec![decision(4, None, T0), decision(5, Some(on_behalf_of), T0 + i64::from(n))];
        t
    };
    commit(store, 2, async |tx| {
        for (principal, n) in [(6, 21), (6, 20), (7, 22)] {
            tx.insert_transfer(&due(principal, n), &format!("key-{n}")).await.unwrap();
        }
    })
    .await;
    let waiting = async |n| {
        let found = store.reviews_due(&user_id(n), 10).await.unwrap();
        found.into_iter().map(|(row, decision)| (row.number, decision)).collect::<Vec<_>>()
    };
    assert_eq!(waiting(6).await, [(20, 1), (21, 1)]);
    let mut t = due(6, 20);
    t.approval.decisions[1].reviewed_at = Some(T0);
    commit(store, 3, async |tx| tx.update_transfer(&t).await.unwrap()).await;
    assert_eq!(waiting(6).await, [(21, 1)]);
    assert_eq!(waiting(7).await, [(22, 1)]);
}

async fn retention(world: &World) {
    let store = &world.store;
    people(store).await;
    // changed at 100; which of the originals and the results are due once that is past.
    let cases = [
        (State::Withdrawn, None, true, Some(100)),
        (State::Refused, None, true, Some(100)),
        (State::Received, Some(500), true, Some(500)),
        (State::Received, None, true, Some(100)),
        (State::Returned, None, true, None),
        (State::PulledBack, None, true, None),
        (State::Held, Some(500), true, None),
        (State::Ready, Some(500), false, None),
        (State::AwaitingApproval, None, false, None),
        (State::Sanitising, None, false, None),
    ];
    let sample = |n: u32, state, expires_at| {
        let mut t = transfer(n);
        (t.state, t.term.expires_at, t.changed_at) = (state, expires_at, 100);
        t.files[0].clean = Some(stored("lgwan", 1));
        t
    };
    commit(store, 1, async |tx| {
        for (n, (state, expires_at, ..)) in (1..).zip(cases) {
            tx.insert_transfer(&sample(n, state, expires_at), &format!("key-{n}")).await.unwrap();
        }
    })
    .await;
    let due = async |originals, results| store.due_erasures(originals, results, 100).await.unwrap();
    for (n, (state, _, originals, results)) in (1..).zip(cases) {
        let entry = |originals| DueErasure { transfer: transfer_id(n), originals };
        assert!(!due(100, 0).await.contains(&entry(true)), "{state:?}");
        assert_eq!(due(101, 0).await.contains(&entry(true)), originals, "{state:?}");
        if let Some(at) = results {
            assert!(!due(0, at).await.contains(&entry(false)), "{state:?}");
        }
        let reached = results.map_or(i64::MAX, |at| at + 1);
        assert_eq!(due(0, reached).await.contains(&entry(false)), results.is_some(), "{state:?}");
    }
    assert_eq!(store.due_erasures(101, 1_000, 3).await.unwrap().len(), 3);
    assert_eq!(store.due_erasures(101, 1_000, 9).await.unwrap().iter().filter(|d| !d.originals).count(), 2);

    // Once they are erased they are due no more.
    let mut t = sample(1, State::Withdrawn, None);
    for file in &mut t.files {
        (file.original, file.original_erased_at) = (None, Some(200));
    }
    commit(store, 2, async |tx| tx.update_transfer(&t).await.unwrap()).await;
    let left = due(1_000, 1_000).await;
    assert!(!left.contains(&DueErasure { transfer: t.id.clone(), originals: true }));
    assert!(left.contains(&DueErasure { transfer: t.id.clone(), originals: false }));
}

async fn blobs(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut t = transfer(1);
    t.files[0].clean = Some(stored("lgwan", 5));
    t.files[1].preview = Some(stored("internet", 6));
    commit(store, 1, async |tx| tx.insert_transfer(&t, "key").await.unwrap()).await;
    for (zone, n, used) in [
        ("internet", 1_000, true),
        ("internet", 1_001, true),
        ("lgwan", 1_000, false),
        ("lgwan", 5, true),
        ("internet", 5, false),
        ("internet", 6, true),
        ("internet", 7, false),
    ] {
        let found = store.blob_in_use(&ZoneId::new(zone), &BlobId::new(format!("{n:064x}"))).await.unwrap();
        assert_eq!(found, used, "{zone} {n}");
    }
}
