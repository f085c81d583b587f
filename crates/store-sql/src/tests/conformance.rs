//! What every store must do, asked only through [`Store`] and [`Tx`](app::ports::Tx).

use std::{collections::BTreeSet, sync::Arc};

use app::{
    model::{
        Absence, ApiToken, Cursor, DueErasure, EvidenceQuery, LedgerHead, PageRequest, PostHolding,
        SanitiseJob, Section, Session, Strength, TransferQuery, TransferView, User,
    },
    ports::{Store, StoreError},
};
use workflow::{
    id::{BlobId, EvidenceId, FileId, SectionId, TokenId, UserId, ZoneId},
    transfer::{FileState, State},
};

use super::{
    World, on_both,
    samples::{
        T0, commit, decision, evidence, people, report, section, stored, transfer, transfer_id, user, user_id,
    },
};
use crate::{append::BATCH_ENTRIES_MAX, migrate};

on_both! {
    migrations,
    accounts,
    searching_people,
    posts,
    absences,
    sessions,
    tokens,
    nothing_without_evidence,
    a_failed_call_ends_the_transaction,
    one_transfer,
    duplicates,
    stale_writers,
    two_approvers_at_once,
    lists,
    equal_times,
    deadlines,
    retention,
    blobs,
    the_queue,
    many_claimers,
    evidence_lists,
    payloads,
    group_commit,
    sealing,
    two_sealers,
    text_that_cannot_be_kept,
}

macro_rules! assert_matches {
    ($value:expr, $pattern:pat $(if $guard:expr)?) => {{
        let value = $value;
        assert!(matches!(&value, $pattern $(if $guard)?), "{value:?}");
    }};
}

async fn migrations(world: &World) {
    // The world is migrated already; this goes on from there.
    migrate::checks::check(world.db()).await;
}

async fn accounts(world: &World) {
    let store = &world.store;
    people(store).await;
    assert_eq!(store.user(&user_id(2)).await.unwrap(), Some(user(2)));
    assert_eq!(store.user_by_login("user.000003").await.unwrap(), Some(user(3)));
    assert_eq!(store.user(&user_id(99)).await.unwrap(), None);
    assert_eq!(store.user_by_login("USER.000003").await.unwrap(), None);

    let changed = User {
        name: "関所　花子".to_owned(),
        totp_sealed: None,
        totp_last_step: Some(57_000_000),
        enabled: false,
        failures: 5,
        locked_until: Some(T0 + 900_000),
        section: SectionId::new("s-3"),
        ..user(2)
    };
    commit(store, 1, async |tx| {
        tx.update_user(&changed).await.unwrap();
        // The transaction sees its own write.
        assert_eq!(tx.user(&user_id(2)).await.unwrap().unwrap().version, 2);
    })
    .await;
    assert_eq!(store.user(&user_id(2)).await.unwrap(), Some(User { version: 2, ..changed.clone() }));

    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.update_user(&changed).await, Err(StoreError::Conflict));
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    assert_matches!(
        tx.insert_user(&User { id: user_id(50), ..user(4) }).await,
        Err(StoreError::Duplicate("login"))
    );
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    let same_login = User { login: user(4).login, ..user(5) };
    assert_matches!(tx.update_user(&same_login).await, Err(StoreError::Duplicate("login")));
    drop(tx);

    commit(store, 2, async |tx| {
        tx.put_sections(&[Section { name: "新しい課".to_owned(), ..section(3) }, section(9)]).await.unwrap();
    })
    .await;
    let sections = store.sections().await.unwrap();
    assert_eq!(
        sections.iter().map(|s| (s.id.as_str(), s.name.as_str())).collect::<Vec<_>>(),
        [("s-0", "第0課"), ("s-1", "第1課"), ("s-2", "第2課"), ("s-3", "新しい課"), ("s-9", "第9課")]
    );
}

async fn searching_people(world: &World) {
    let store = &world.store;
    let named = |n: u32, section: &str, kana: &str, name: &str| User {
        section: SectionId::new(section),
        kana: kana.to_owned(),
        name: name.to_owned(),
        ..user(n)
    };
    commit(store, 1, async |tx| {
        for person in [
            named(1, "b", "やまだ　はなこ", "山田　花子"),
            named(2, "a", "やまだ　たろう", "山田　太郎"),
            named(3, "a", "さとう　はな", "佐藤　花"),
            named(4, "b", "やまだ　はなこ", "山田　花子"),
            named(5, "b", "100%_", "％＿！"),
        ] {
            tx.insert_user(&person).await.unwrap();
        }
    })
    .await;
    for (text, expected) in [
        ("", vec![3, 2, 5, 1, 4]),
        ("山田", vec![2, 1, 4]),
        ("山田 太郎", vec![2]),
        ("ヤマダ", vec![2, 1, 4]),
        ("ﾔﾏﾀﾞ", vec![2, 1, 4]),
        ("USER.000004", vec![4]),
        ("%", vec![5]),
        ("_", vec![5]),
        ("!", vec![5]),
        ("郎や", vec![]),
    ] {
        let ids: Vec<_> = expected.iter().map(|n| user_id(*n)).collect();
        let found = store.users(text, None, 100).await.unwrap();
        assert_eq!(found.iter().map(|u| u.id.clone()).collect::<Vec<_>>(), ids, "{text}");
        // The same in pages of one.
        let mut paged = Vec::<UserId>::new();
        loop {
            let page = store.users(text, paged.last(), 1).await.unwrap();
            let Some(next) = page.first() else { break };
            paged.push(next.id.clone());
        }
        assert_eq!(paged, ids, "{text}");
    }
    assert!(store.users("", Some(&user_id(77)), 10).await.unwrap().is_empty());
}

async fn posts(world: &World) {
    let store = &world.store;
    people(store).await;
    let holding = |n: u32, post: &str, unit: Option<&str>, from: i64, until: Option<i64>| PostHolding {
        user: user_id(n),
        post: post.to_owned(),
        unit: unit.map(str::to_owned),
        from,
        until,
    };
    let head = holding(1, "kacho", Some("s-1"), T0, None);
    let ciso = holding(2, "fuku-shicho", None, T0, Some(T0 + 100));
    let next = holding(3, "fuku-shicho", None, T0 + 100, None);
    commit(store, 1, async |tx| {
        for h in [&head, &ciso, &next] {
            tx.insert_post(h).await.unwrap();
        }
    })
    .await;
    let holders = async |post: &str, unit: Option<&str>, at| {
        let found = store.holders_of(post, unit, at).await.unwrap();
        found.into_iter().map(|u| u.id).collect::<Vec<_>>()
    };
    assert_eq!(holders("kacho", Some("s-1"), T0).await, [user_id(1)]);
    assert_eq!(holders("kacho", Some("s-1"), T0 - 1).await, []);
    assert_eq!(holders("kacho", Some("s-2"), T0).await, []);
    assert_eq!(holders("kacho", None, T0).await, []);
    assert_eq!(holders("fuku-shicho", None, T0 + 99).await, [user_id(2)]);
    assert_eq!(holders("fuku-shicho", None, T0 + 100).await, [user_id(3)]);
    assert_eq!(store.posts_of(&user_id(2), T0 + 5).await.unwrap(), [ciso.clone()]);
    assert_eq!(store.posts_of(&user_id(2), T0 + 100).await.unwrap(), []);

    commit(store, 2, async |tx| tx.end_post(&head, T0 + 50).await.unwrap()).await;
    assert_eq!(holders("kacho", Some("s-1"), T0 + 49).await, [user_id(1)]);
    assert_eq!(holders("kacho", Some("s-1"), T0 + 50).await, []);
    for (gone, until) in [(&head, T0 + 60), (&holding(1, "kacho", Some("s-2"), T0, None), T0)] {
        let mut tx = store.begin().await.unwrap();
        assert_matches!(tx.end_post(gone, until).await, Err(StoreError::Conflict));
    }
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.insert_post(&head).await, Err(StoreError::Duplicate("post")));
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.insert_post(&ciso).await, Err(StoreError::Duplicate("post")));
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.insert_post(&holding(99, "kacho", None, T0, None)).await, Err(StoreError::Corrupt(_)));
}

async fn absences(world: &World) {
    let store = &world.store;
    people(store).await;
    let absence = |id: &str, from, until| Absence {
        id: id.to_owned(),
        user: user_id(1),
        from,
        until,
        reason: "出張".to_owned(),
    };
    let (first, second) = (absence("a", T0, T0 + 100), absence("b", T0 + 200, T0 + 300));
    commit(store, 3, async |tx| {
        tx.insert_absence(&second).await.unwrap();
        tx.insert_absence(&first).await.unwrap();
    })
    .await;
    assert_eq!(store.absences_of(&user_id(1), T0).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(store.absences_of(&user_id(1), T0 + 100).await.unwrap(), [second.clone()]);
    commit(store, 4, async |tx| tx.end_absence("b", &user_id(1), T0 + 250).await.unwrap()).await;
    assert_eq!(
        store.absences_of(&user_id(1), T0 + 249).await.unwrap(),
        [Absence { until: T0 + 250, ..second }]
    );
    for (id, person, until) in [("b", 1, T0 + 260), ("a", 2, T0), ("c", 1, T0)] {
        let mut tx = store.begin().await.unwrap();
        assert_matches!(tx.end_absence(id, &user_id(person), until).await, Err(StoreError::Conflict));
    }
}

async fn sessions(world: &World) {
    let store = &world.store;
    people(store).await;
    let session = |hash: &str, n| Session {
        secret_hash: hash.to_owned(),
        user: user_id(n),
        zone: ZoneId::new("lgwan"),
        strength: Strength::SecondFactor,
        created_at: T0,
        seen_at: T0,
        expires_at: T0 + 1_000_000,
    };
    commit(store, 1, async |tx| {
        for (hash, n) in [("aa", 1), ("bb", 1), ("cc", 2)] {
            tx.insert_session(&session(hash, n)).await.unwrap();
        }
    })
    .await;
    assert_eq!(store.session("aa").await.unwrap(), Some(session("aa", 1)));
    assert_eq!(store.session("dd").await.unwrap(), None);
    for (now, seen) in [(T0 + 59_999, T0), (T0 + 60_000, T0 + 60_000), (T0 + 119_999, T0 + 60_000)] {
        store.touch("aa", now).await.unwrap();
        assert_eq!(store.session("aa").await.unwrap().unwrap().seen_at, seen);
    }
    store.touch("nobody", T0).await.unwrap();
    commit(store, 2, async |tx| {
        tx.remove_session("aa").await.unwrap();
        tx.remove_session("aa").await.unwrap();
    })
    .await;
    assert_eq!(store.session("aa").await.unwrap(), None);
    commit(store, 3, async |tx| tx.remove_sessions_of(&user_id(1)).await.unwrap()).await;
    assert_eq!(store.session("bb").await.unwrap(), None);
    assert_eq!(store.session("cc").await.unwrap(), Some(session("cc", 2)));
}

async fn tokens(world: &World) {
    let store = &world.store;
    people(store).await;
    let token = |id: &str, created_at| ApiToken {
        id: TokenId::new(id),
        secret_hash: format!("hash-{id}"),
        user: user_id(1),
        zone: ZoneId::new("internet"),
        name: "夜間連携".to_owned(),
        scopes: vec!["transfer:submit".to_owned(), "transfer:read".to_owned()],
        created_at,
        expires_at: T0 + 1_000_000,
        revoked_at: None,
        used_at: None,
    };
    let (old, new) = (token("a", T0), token("b", T0 + 1));
    commit(store, 1, async |tx| {
        tx.insert_token(&old).await.unwrap();
        tx.insert_token(&new).await.unwrap();
    })
    .await;
    assert_eq!(store.token("hash-a").await.unwrap(), Some(old.clone()));
    assert_eq!(store.tokens_of(&user_id(1)).await.unwrap(), [new, old.clone()]);
    for (now, used) in [(T0 + 5, T0 + 5), (T0 + 60_004, T0 + 5), (T0 + 60_005, T0 + 60_005)] {
        store.touch("hash-a", now).await.unwrap();
        assert_eq!(store.token("hash-a").await.unwrap().unwrap().used_at, Some(used));
    }
    commit(store, 2, async |tx| tx.revoke_token(&old.id, &user_id(1), T0 + 9).await.unwrap()).await;
    assert_eq!(store.token("hash-a").await.unwrap().unwrap().revoked_at, Some(T0 + 9));
    for (id, person) in [("a", 1), ("b", 2), ("c", 1)] {
        let mut tx = store.begin().await.unwrap();
        assert_matches!(
            tx.revoke_token(&TokenId::new(id), &user_id(person), T0 + 10).await,
            Err(StoreError::Conflict)
        );
    }
}

async fn nothing_without_evidence(world: &World) {
    let store = &world.store;
    let mut tx = store.begin().await.unwrap();
    tx.insert_user(&user(1)).await.unwrap();
    assert_matches!(tx.commit(Vec::new()).await, Err(StoreError::Corrupt(_)));
    assert_eq!(store.user(&user_id(1)).await.unwrap(), None, "refused");

    let mut tx = store.begin().await.unwrap();
    tx.insert_user(&user(1)).await.unwrap();
    drop(tx);
    assert_eq!(store.user(&user_id(1)).await.unwrap(), None, "dropped");

    // Evidence that cannot be written takes the state with it.
    store.append(vec![evidence(7)]).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.insert_user(&user(1)).await.unwrap();
    assert_matches!(tx.commit(vec![evidence(8), evidence(7)]).await, Err(StoreError::Duplicate("evidence")));
    assert_eq!(store.user(&user_id(1)).await.unwrap(), None, "not half");
    assert_eq!(store.evidence_by_id(&evidence(8).id).await.unwrap(), None);

    commit(store, 9, async |tx| tx.insert_user(&user(1)).await.unwrap()).await;
    assert_eq!(store.user(&user_id(1)).await.unwrap(), Some(user(1)));
    assert_eq!(store.evidence_by_id(&evidence(9).id).await.unwrap().unwrap().entry, evidence(9));
}

async fn a_failed_call_ends_the_transaction(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut tx = store.begin().await.unwrap();
    tx.insert_user(&user(20)).await.unwrap();
    let same_id = User { login: "another".to_owned(), ..user(1) };
    assert_matches!(tx.insert_user(&same_id).await, Err(StoreError::Duplicate("user")));
    assert_matches!(tx.insert_user(&user(21)).await, Err(StoreError::Corrupt(_)));
    assert_matches!(tx.commit(vec![evidence(1)]).await, Err(StoreError::Corrupt(_)));
    assert_eq!(store.user(&user_id(20)).await.unwrap(), None);
}

async fn one_transfer(world: &World) {
    let store = &world.store;
    people(store).await;
    assert_eq!(store.transfer(&transfer_id(1)).await.unwrap(), None);
    let mut t = transfer(1);
    commit(store, 1, async |tx| {
        assert_eq!(tx.transfer_of_submission("key-1").await.unwrap(), None);
        assert_eq!(tx.next_number().await.unwrap(), 1);
        assert_eq!(tx.next_number().await.unwrap(), 2);
        tx.insert_transfer(&t, "key-1").await.unwrap();
        assert_eq!(tx.transfer_of_submission("key-1").await.unwrap(), Some(t.id.clone()));
        assert_eq!(tx.transfer(&t.id).await.unwrap(), Some(t.clone()));
    })
    .await;
    assert_eq!(store.transfer(&t.id).await.unwrap(), Some(t.clone()));

    // Every part changes: a file is done, one is dropped, decisions come and are reviewed, recipients differ.
    let first = &mut t.files[0];
    first.clean = Some(stored("lgwan", 5));
    first.preview = Some(stored("internet", 6));
    first.state = FileState::Partial;
    first.report = Some(report());
    first.attempts = 1;
    t.state = State::AwaitingApproval;
    t.due_at = Some(T0 + 10);
    t.expires_at = Some(T0 + 20);
    t.decisions.push(decision(4, Some(5), T0 + 3));
    commit(store, 2, async |tx| tx.update_transfer(&t).await.unwrap()).await;
    t.version = 1;
    assert_eq!(store.transfer(&t.id).await.unwrap(), Some(t.clone()));

    t.decisions[0].reviewed_at = Some(T0 + 9);
    t.decisions.push(decision(6, None, T0 + 4));
    t.files.remove(0);
    t.recipients.pop();
    t.recipients[0].received_at = Some(T0 + 11);
    commit(store, 3, async |tx| {
        assert_eq!(tx.next_number().await.unwrap(), 3);
        tx.update_transfer(&t).await.unwrap();
        t.version = 2;
        assert_eq!(tx.transfer(&t.id).await.unwrap(), Some(t.clone()));
        // Twice in one transaction.
        t.subject = "変更後".to_owned();
        tx.update_transfer(&t).await.unwrap();
        t.version = 3;
    })
    .await;
    assert_eq!(store.transfer(&t.id).await.unwrap(), Some(t));
}

async fn duplicates(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| tx.insert_transfer(&transfer(1), "key").await.unwrap()).await;
    let mut same_number = transfer(2);
    same_number.number = 1;
    let mut same_file = transfer(2);
    same_file.files[1].id = transfer(1).files[0].id.clone();
    let mut same_id = transfer(2);
    same_id.id = transfer_id(1);
    for (t, key, word) in [
        (transfer(2), "key", "submission"),
        (same_number, "other", "number"),
        (same_file, "other", "file"),
        (same_id, "other", "transfer"),
    ] {
        let mut tx = store.begin().await.unwrap();
        assert_matches!(tx.insert_transfer(&t, key).await, Err(StoreError::Duplicate(w)) if *w == word);
    }
    let mut tx = store.begin().await.unwrap();
    let mut stranger = transfer(3);
    stranger.submitter = user_id(99);
    assert_matches!(tx.insert_transfer(&stranger, "other").await, Err(StoreError::Corrupt(_)));
}

async fn stale_writers(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| tx.insert_transfer(&transfer(1), "key").await.unwrap()).await;
    commit(store, 2, async |tx| tx.update_transfer(&transfer(1)).await.unwrap()).await;
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.update_transfer(&transfer(1)).await, Err(StoreError::Conflict));
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.update_transfer(&transfer(2)).await, Err(StoreError::Conflict));
}

async fn two_approvers_at_once(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| tx.insert_transfer(&transfer(1), "key").await.unwrap()).await;
    // Both read before either decides, as two people with the page open do; each writes what he read.
    let seen = store.transfer(&transfer_id(1)).await.unwrap().unwrap();
    let approve = |n: u32| {
        let (store, mut t) = (store.clone(), seen.clone());
        tokio::spawn(async move {
            t.decisions.push(decision(n, None, T0));
            let mut tx = store.begin().await.unwrap();
            tx.update_transfer(&t).await?;
            tx.commit(vec![evidence(n)]).await
        })
    };
    let results = [approve(4), approve(5), approve(6), approve(7)];
    let mut won = 0;
    for result in results {
        match result.await.unwrap() {
            Ok(()) => won += 1,
            Err(e) => assert!(matches!(e, StoreError::Conflict), "{e:?}"),
        }
    }
    assert_eq!(won, 1);
    let after = store.transfer(&transfer_id(1)).await.unwrap().unwrap();
    assert_eq!((after.version, after.decisions.len()), (1, 1));

    // Those who read for change inside their transaction wait for each other instead.
    let count_up = |n: u32| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let mut t = tx.transfer(&transfer_id(1)).await.unwrap().unwrap();
            t.number += 10;
            tx.update_transfer(&t).await.unwrap();
            tx.commit(vec![evidence(n)]).await.unwrap();
        })
    };
    for task in (100..110).map(count_up).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(store.transfer(&transfer_id(1)).await.unwrap().unwrap().number, 101);
}

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
            t.step = usize::from(n == 14);
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
            (t.state, t.due_at, t.reminded_at, t.expires_at) = (state, due_at, reminded_at, expires_at);
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
        t.decisions = vec![decision(4, None, T0), decision(5, Some(on_behalf_of), T0 + i64::from(n))];
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
    t.decisions[1].reviewed_at = Some(T0);
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
        (t.state, t.expires_at, t.changed_at) = (state, expires_at, 100);
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

async fn the_queue(world: &World) {
    let store = &world.store;
    people(store).await;
    let job = |n: u32, attempts| SanitiseJob {
        file: FileId::new(format!("f-{n}")),
        transfer: transfer_id(1),
        attempts,
    };
    assert_eq!(store.claim_job(T0, T0 + 10).await.unwrap(), None);
    commit(store, 1, async |tx| {
        tx.insert_transfer(&transfer(1), "key").await.unwrap();
        tx.enqueue(&job(2, 0), T0 + 1).await.unwrap();
        tx.enqueue(&job(1, 3), T0 + 2).await.unwrap();
    })
    .await;
    // The oldest first, each once.
    assert_eq!(store.claim_job(T0 + 3, T0 + 100).await.unwrap(), Some(job(2, 1)));
    assert_eq!(store.claim_job(T0 + 3, T0 + 200).await.unwrap(), Some(job(1, 4)));
    assert_eq!(store.claim_job(T0 + 99, T0 + 300).await.unwrap(), None);
    // A lease that ended is taken again; one that was given back at once too.
    assert_eq!(store.claim_job(T0 + 100, T0 + 300).await.unwrap(), Some(job(2, 2)));
    commit(store, 2, async |tx| tx.enqueue(&job(1, 4), T0 + 9).await.unwrap()).await;
    assert_eq!(store.claim_job(T0 + 101, T0 + 300).await.unwrap(), Some(job(1, 5)));
    commit(store, 3, async |tx| {
        tx.dequeue(&job(1, 0).file).await.unwrap();
        tx.dequeue(&job(1, 0).file).await.unwrap();
    })
    .await;
    assert_eq!(store.claim_job(T0 + 1_000, T0 + 2_000).await.unwrap(), Some(job(2, 3)));
    assert_eq!(store.claim_job(T0 + 1_000, T0 + 2_000).await.unwrap(), None);
}

async fn many_claimers(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| {
        tx.insert_transfer(&transfer(1), "key").await.unwrap();
        for n in 0..60 {
            let job =
                SanitiseJob { file: FileId::new(format!("f-{n}")), transfer: transfer_id(1), attempts: 0 };
            tx.enqueue(&job, T0 + n).await.unwrap();
        }
    })
    .await;
    let claim_all = |_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            // An empty answer may only mean that others hold the rows at this moment: ask until all are taken.
            let mut empty = 0;
            while empty < 5 {
                match store.claim_job(T0 + 100, T0 + 10_000).await.unwrap() {
                    Some(job) => mine.push(job),
                    None => empty += 1,
                }
            }
            mine
        })
    };
    let mut jobs = Vec::new();
    for task in (0..8).map(claim_all).collect::<Vec<_>>() {
        jobs.extend(task.await.unwrap());
    }
    assert_eq!(jobs.len(), 60);
    assert_eq!(jobs.iter().map(|j| j.file.clone()).collect::<BTreeSet<_>>().len(), 60);
    assert!(jobs.iter().all(|j| j.attempts == 1));
}

/// The ids of a list of evidence, read in pages of that size.
async fn entries(store: &dyn Store, query: EvidenceQuery, limit: u32) -> Vec<String> {
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
        e.actor = (n % 3 != 0).then(|| user_id(n % 3));
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

async fn text_that_cannot_be_kept(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut tx = store.begin().await.unwrap();
    let mut t = transfer(1);
    t.subject = "a\0b".to_owned();
    assert_matches!(tx.insert_transfer(&t, "key").await, Err(StoreError::Corrupt(_)));
    assert_eq!(
        store.user_by_login("\0").await.err().map(|e| matches!(e, StoreError::Corrupt(_))),
        Some(true)
    );
    assert!(store.users("\0", None, 10).await.is_ok(), "what is searched for is folded first");
    // Names of files are untrusted and kept as they are: the sample's holds U+0000.
    drop(tx);
    commit(store, 1, async |tx| tx.insert_transfer(&transfer(1), "key").await.unwrap()).await;
    assert!(store.transfer(&transfer_id(1)).await.unwrap().unwrap().files[0].untrusted_name.contains('\0'));
}
