//! Evidence, group commit and the ledger.

use std::sync::Arc;

use app::model::{EvidenceQuery, EvidenceTallies, EvidenceTally, LedgerHead, PageRequest};
use app::ports::{Store, StoreError};
use workflow::id::EvidenceId;

use crate::append::BATCH_ENTRIES_MAX;
use crate::tests::samples::{T0, commit, evidence, people, user, user_id};
use crate::tests::{World, assert_matches, on_both};

on_both! { evidence_lists, tallies, payloads, group_commit, sealing, two_sealers }

/// The ids of a list of evidence, read in pages of that size.
pub(super) async fn entries(store: &dyn Store, query: EvidenceQuery, limit: u32) -> Vec<String> {
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let page = Some(PageRequest { after, limit });
        let page = store.evidence(&EvidenceQuery { page, ..query.clone() }).await.unwrap();
        ids.extend(page.rows.iter().map(|r| r.entry.id.as_str().to_owned()));
        after = page.next;
        if after.is_none() {
            return ids;
        }
        assert!(!page.rows.is_empty());
    }
}

async fn evidence_lists(world: &World) {
    let store = &world.store;
    commit(store, 1_000, async |tx| tx.insert_user(&user(1)).await.unwrap()).await;
    let sample = |n: u32| {
        let mut e = evidence(n);
        e.kind = ["login", "transfer-submitted"][usize::try_from(n % 2).unwrap()].to_owned();
        e.actor = (!n.is_multiple_of(3)).then(|| user_id(n % 3));
        e.subject_kind = ["user", "transfer"][usize::try_from(n % 2).unwrap()].to_owned();
        e.subject_id = (n % 5).to_string();
        // Statements may be named twice, and none may be named.
        e.statements = match n % 4 {
            0 => vec![],
            1 => vec!["a".to_owned(), "a".to_owned()],
            _ => vec!["a".to_owned(), "b".to_owned()],
        };
        e
    };
    let all: Vec<_> = (1..=60).map(sample).collect();
    store.append(all.clone()).await.unwrap();
    let queries = [
        EvidenceQuery { subject: Some(("user".to_owned(), "2".to_owned())), ..EvidenceQuery::default() },
        EvidenceQuery { actor: Some(user_id(2)), ..EvidenceQuery::default() },
        EvidenceQuery { statement: Some("b".to_owned()), ..EvidenceQuery::default() },
        EvidenceQuery { kind: Some("login".to_owned()), ..EvidenceQuery::default() },
    ];
    // Every combination of the four conditions.
    for mask in 1..16_u32 {
        let on = |bit: u32| mask & (1 << bit) != 0;
        let query = EvidenceQuery {
            subject: on(0).then(|| queries[0].subject.clone()).flatten(),
            actor: on(1).then(|| queries[1].actor.clone()).flatten(),
            statement: on(2).then(|| queries[2].statement.clone()).flatten(),
            kind: on(3).then(|| queries[3].kind.clone()).flatten(),
            page: None,
        };
        let expected: Vec<_> = all
            .iter()
            .rev()
            .filter(|e| {
                query.subject.as_ref().is_none_or(|(kind, id)| *kind == e.subject_kind && *id == e.subject_id)
                    && (query.actor.is_none() || query.actor == e.actor)
                    && query.statement.as_ref().is_none_or(|s| e.statements.contains(s))
                    && query.kind.as_ref().is_none_or(|k| *k == e.kind)
            })
            .map(|e| e.id.as_str().to_owned())
            .collect();
        for limit in [4, 100] {
            assert_eq!(entries(store, query.clone(), limit).await, expected, "{query:?} by {limit}");
        }
    }
    assert_eq!(entries(store, EvidenceQuery::default(), 7).await.len(), 61);

    let page = store.evidence(&EvidenceQuery::default()).await.unwrap();
    assert_eq!(page.rows.len(), 50, "the default page");
    let row = store.evidence_by_id(&all[0].id).await.unwrap().unwrap();
    assert_eq!(row.entry, all[0]);
    assert_eq!((row.index, row.payload_erased_at, row.actor_name), (None, None, Some(user(1).name)));
    let unknown = store.evidence_by_id(&all[1].id).await.unwrap().unwrap();
    assert_eq!((unknown.entry.actor, unknown.actor_name), (Some(user_id(2)), None));
    assert_eq!(store.evidence_by_id(&EvidenceId::new("none")).await.unwrap(), None);
    let counts = store.evidence_counts().await.unwrap();
    let count = |s: &str| counts.iter().find(|(statement, _)| statement == s).unwrap().1;
    assert_eq!((count("a"), count("b")), (45, 30));
}

/// Counts and newest entries, whatever is sealed, of what the lists themselves say.
async fn tallies(world: &World) {
    let store = &world.store;
    assert_eq!(store.evidence_tallies().await.unwrap(), EvidenceTallies::default());
    let entry = |n: u32| {
        let mut e = evidence(n);
        // Several share a time, so that the id decides.
        e.at = T0 + i64::from(n / 3);
        e.kind = ["login", "file-held", "step-decided"][usize::try_from(n % 3).unwrap()].to_owned();
        e.statements = (0..n % 4).map(|k| format!("base/{}", (n + k) % 7)).collect();
        // One that is named twice counts once.
        e.statements.extend(e.statements.first().cloned());
        e
    };
    let all: Vec<_> = (0..90).map(entry).collect();
    store.append(all.clone()).await.unwrap();
    let mut expected = EvidenceTallies::default();
    for e in &all {
        let last = Some((e.at, e.id.clone()));
        let statements: std::collections::BTreeSet<_> = e.statements.iter().cloned().collect();
        let tallied = |tally: &mut EvidenceTally| {
            tally.count += 1;
            tally.last = tally.last.take().max(last.clone());
        };
        statements.into_iter().for_each(|s| tallied(expected.statements.entry(s).or_default()));
        tallied(expected.kinds.entry(e.kind.clone()).or_default());
    }
    assert_eq!(store.evidence_tallies().await.unwrap(), expected, "waiting");
    let head = |size| LedgerHead { size, checkpoint: size.to_string() };
    for (from, to) in [(0, 40), (40, 90)] {
        let ids: Vec<_> = store
            .unsealed(u32::try_from(to - from).unwrap())
            .await
            .unwrap()
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        store.seal(from, &ids, &[], &head(to)).await.unwrap();
        assert_eq!(store.evidence_tallies().await.unwrap(), expected, "{to} of 90 sealed");
    }
    commit(store, 500, async |tx| tx.erase_payload(&all[89].id, T0).await.unwrap()).await;
    let after = store.evidence_tallies().await.unwrap();
    assert_eq!(
        after.statements.get("base/5"),
        expected.statements.get("base/5"),
        "an erased payload still counts"
    );
}

async fn payloads(world: &World) {
    let store = &world.store;
    people(store).await;
    store.append((1..=3).map(evidence).collect()).await.unwrap();
    let at = |n: i64| T0 + 1_000_000 + n;
    assert_eq!(store.due_payloads(at(0), 10).await.unwrap(), []);
    assert_eq!(store.due_payloads(at(2), 10).await.unwrap(), [evidence(1).id, evidence(2).id]);
    assert_eq!(store.due_payloads(at(2), 1).await.unwrap(), [evidence(1).id]);
    commit(store, 50, async |tx| tx.erase_payload(&evidence(1).id, at(5)).await.unwrap()).await;
    assert_eq!(store.due_payloads(at(2), 10).await.unwrap(), [evidence(2).id]);
    let row = store.evidence_by_id(&evidence(1).id).await.unwrap().unwrap();
    assert_eq!(row.payload_erased_at, Some(at(5)));
    assert_eq!((row.entry.payload, row.entry.salt, row.entry.leaf), (vec![], vec![], evidence(1).leaf));
    for id in [evidence(1).id, EvidenceId::new("none")] {
        let mut tx = store.begin().await.unwrap();
        assert_matches!(tx.erase_payload(&id, at(6)).await, Err(StoreError::Conflict));
    }
}

async fn group_commit(world: &World) {
    let store = &world.store;
    store.append(Vec::new()).await.unwrap();
    // While a transaction holds the writer of SQLite, calls gather; on PostgreSQL they gather behind each commit.
    let holder = store.begin().await.unwrap();
    let tasks: Vec<_> = (0..300)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.append(vec![evidence(2 * n), evidence(2 * n + 1)]).await })
        })
        .collect();
    tokio::task::yield_now().await;
    drop(holder);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(entries(store, EvidenceQuery::default(), 200).await.len(), 600);
    let commits = store.append_commits();
    assert!((1..=150).contains(&commits), "300 calls shared {commits} commits");

    // One bad call in a batch fails alone.
    let calls = (600..650).map(|n| {
        let store = store.clone();
        let id = if n == 620 { 3 } else { n };
        tokio::spawn(async move { (id, store.append(vec![evidence(id)]).await) })
    });
    for task in calls.collect::<Vec<_>>() {
        let (id, result) = task.await.unwrap();
        match id {
            3 => assert_matches!(result, Err(StoreError::Duplicate("evidence"))),
            _ => result.unwrap(),
        }
    }
    assert_eq!(entries(store, EvidenceQuery::default(), 200).await.len(), 649);

    // More than one batch holds.
    let many = u32::try_from(BATCH_ENTRIES_MAX).unwrap() * 2 + 77;
    store.append((10_000..10_000 + many).map(evidence).collect()).await.unwrap();
    assert_eq!(entries(store, EvidenceQuery::default(), 200).await.len(), 649 + 2_125);
}

async fn sealing(world: &World) {
    let store = &world.store;
    assert_eq!(store.ledger_head().await.unwrap(), None);
    store.append((0..300).map(evidence).collect()).await.unwrap();
    let waiting = store.unsealed(200).await.unwrap();
    assert_eq!(waiting.len(), 200);
    assert_eq!(waiting[7], (evidence(7).id, evidence(7).leaf));
    let before = store.evidence_counts().await.unwrap();
    assert_eq!(before.iter().find(|(s, _)| s == "base:3-1").unwrap().1, 300);

    let ids: Vec<_> = waiting.into_iter().map(|(id, _)| id).collect();
    let head = |size| LedgerHead { size, checkpoint: format!("city.example/ledger\n{size}\n") };
    let tile = |n: u8| vec![n; 64];
    // The head must count what is sealed; what is sealed must be there and wait.
    assert_matches!(store.seal(0, &ids, &[], &head(199)).await, Err(StoreError::Corrupt(_)));
    let stranger = [EvidenceId::new("none")];
    assert_matches!(store.seal(0, &stranger, &[], &head(1)).await, Err(StoreError::Corrupt(_)));
    assert_eq!(store.ledger_head().await.unwrap(), None, "nothing of it stays");
    assert_matches!(store.seal(5, &ids, &[], &head(205)).await, Err(StoreError::Conflict));

    store.seal(0, &ids, &[((0, 0), tile(1)), ((1, 0), tile(2))], &head(200)).await.unwrap();
    assert_eq!(store.ledger_head().await.unwrap(), Some(head(200)));
    assert_eq!(store.unsealed(1_000).await.unwrap().len(), 100);
    assert_eq!(store.evidence_counts().await.unwrap(), before, "sealing changes no count");
    assert_eq!(store.evidence_by_id(&ids[150]).await.unwrap().unwrap().index, Some(150));
    let range = store.evidence_range(198, 10).await.unwrap();
    assert_eq!(range.iter().map(|r| r.index).collect::<Vec<_>>(), [Some(198), Some(199)]);

    assert_matches!(store.seal(0, &[], &[], &head(0)).await, Err(StoreError::Conflict));
    assert_matches!(store.seal(200, &ids[..1], &[], &head(201)).await, Err(StoreError::Corrupt(_)));
    let rest: Vec<_> = store.unsealed(1_000).await.unwrap().into_iter().map(|(id, _)| id).collect();
    store
        .seal(200, &rest, &[((0, 0), tile(3)), ((0, 1), tile(4)), ((0, 1), tile(5))], &head(300))
        .await
        .unwrap();
    assert_eq!(
        store.ledger_tiles(&[(0, 0), (0, 1), (0, 2), (1, 0)]).await.unwrap(),
        [((0, 0), tile(3)), ((0, 1), tile(5)), ((1, 0), tile(2))]
    );
    assert_eq!(store.evidence_range(0, 1_000).await.unwrap().len(), 300);
    assert_eq!(store.evidence_counts().await.unwrap(), before);
    // A new checkpoint over the same tree.
    let again = LedgerHead { checkpoint: "signed anew".to_owned(), ..head(300) };
    store.seal(300, &[], &[], &again).await.unwrap();
    assert_eq!(store.ledger_head().await.unwrap(), Some(again));
}

async fn two_sealers(world: &World) {
    let store = &world.store;
    store.append((0..40).map(evidence).collect()).await.unwrap();
    let mut size = 0;
    for _ in 0..4 {
        // All plan from the same size, as several servers on one database would.
        let ids: Arc<Vec<_>> =
            Arc::new(store.unsealed(10).await.unwrap().into_iter().map(|(id, _)| id).collect());
        let seal = |n: u8| {
            let (store, ids) = (store.clone(), Arc::clone(&ids));
            tokio::spawn(async move {
                let head = LedgerHead { size: size + 10, checkpoint: format!("by {n}") };
                store.seal(size, &ids, &[((0, size), vec![n])], &head).await.map(|()| n)
            })
        };
        let mut winner = None;
        for task in (0..4).map(seal).collect::<Vec<_>>() {
            match task.await.unwrap() {
                Ok(n) => assert_eq!(winner.replace(n), None, "one wins"),
                Err(e) => assert!(matches!(e, StoreError::Conflict), "{e:?}"),
            }
        }
        let winner = winner.unwrap();
        assert_eq!(store.ledger_tiles(&[(0, size)]).await.unwrap(), [((0, size), vec![winner])]);
        size += 10;
    }
    let sealed = store.evidence_range(0, 100).await.unwrap();
    assert_eq!(sealed.iter().map(|r| r.index.unwrap()).collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
}
