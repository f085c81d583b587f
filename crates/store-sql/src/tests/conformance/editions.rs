//! Editions of the policy, whole, and who has read what changed.

use app::{
    editions::{EditionStore as _, Reading},
    model::{PageRequest, PostHolding},
    ports::{Store as _, StoreError},
};
use policy::SourceFile;
use workflow::{
    edition::{Analysis, Application, Edition, Stage},
    id::{EditionId, SectionId},
    request::State as RequestState,
    transfer::State,
};

use crate::tests::samples::{T0, commit, people, request, transfer, user_id};
use crate::tests::{World, on_both};

on_both! { whole_and_again, one_place_each, lists, readings, under_way }

fn edition(n: u32, stage: Stage) -> Edition {
    Edition {
        id: EditionId::new(format!("ed-{n:03}")),
        pack: "hoshimi".to_owned(),
        title: "星見市の方針".to_owned(),
        label: format!("第{n}版"),
        digest: format!("{n:064x}"),
        note: "見直し\n二行目".to_owned(),
        needs_analysis: n % 2 == 1,
        stage,
        proposed_by: (n > 0).then(|| user_id(1)),
        proposed_at: T0 + i64::from(n / 2),
        before: None,
        analysis: None,
        application: None,
        approved_at: None,
        effective_from: None,
        adopted_at: None,
        superseded_at: None,
        published_at: None,
        withdrawn_at: None,
        version: 0,
    }
}

fn files() -> Vec<SourceFile> {
    ["base/a.toml", "hoshimi/B.toml", "hoshimi/b.toml"]
        .map(|path| SourceFile { path: path.to_owned(), text: format!("format = 1\n# {path} 漢字\r\n\t") })
        .to_vec()
}

async fn whole_and_again(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut kept = edition(1, Stage::Draft);
    let mut shuffled = files();
    shuffled.reverse();
    commit(store, 1, async |tx| tx.insert_edition(&kept, &shuffled).await.unwrap()).await;
    assert_eq!(store.edition(&kept.id).await.unwrap().as_ref(), Some(&kept));
    assert_eq!(store.edition_files(&kept.id).await.unwrap(), files(), "byte by byte, by path");
    assert_eq!(store.edition(&EditionId::new("nowhere")).await.unwrap(), None);
    assert_eq!(store.edition_files(&EditionId::new("nowhere")).await.unwrap(), []);

    kept.analysis =
        Some(Analysis {
            title: "分析".to_owned(), text: "大\n小".to_owned(), by: user_id(2), at: T0 + 1
        });
    kept.application = Some(Application {
        request: "r-1".to_owned(),
        by: user_id(2),
        at: T0 + 2,
        effective_from: T0 + 3,
        against: "aa".to_owned(),
    });
    kept.stage = Stage::Applied;
    kept.approved_at = Some(T0 + 4);
    kept.effective_from = Some(T0 + 5);
    kept.adopted_at = Some(T0 + 6);
    kept.superseded_at = Some(T0 + 7);
    kept.published_at = Some(T0 + 8);
    kept.withdrawn_at = Some(T0 + 9);
    commit(store, 2, async |tx| {
        assert_eq!(tx.edition(&kept.id).await.unwrap().map(|e| e.version), Some(0));
        tx.update_edition(&kept).await.unwrap();
        assert_eq!(tx.edition_at(Stage::Applied).await.unwrap().map(|e| e.version), Some(1));
    })
    .await;
    let stale = kept.clone();
    kept.version = 1;
    assert_eq!(store.edition(&kept.id).await.unwrap(), Some(kept));
    let mut tx = store.begin().await.unwrap();
    assert!(matches!(tx.update_edition(&stale).await, Err(StoreError::Conflict)));
}

async fn one_place_each(world: &World) {
    let store = &world.store;
    people(store).await;
    let first = edition(0, Stage::InForce);
    commit(store, 1, async |tx| {
        tx.insert_edition(&first, &files()).await.unwrap();
        tx.insert_edition(&edition(1, Stage::Applied), &files()).await.unwrap();
        tx.insert_edition(&edition(2, Stage::Draft), &[]).await.unwrap();
    })
    .await;
    for (n, stage, word) in [
        (3, Stage::InForce, "edition-in-force"),
        (3, Stage::Applied, "edition-under-way"),
        (3, Stage::Approved, "edition-under-way"),
        (1, Stage::Draft, "edition"),
    ] {
        let mut tx = store.begin().await.unwrap();
        let refused = tx.insert_edition(&edition(n, stage), &[]).await;
        assert!(matches!(refused, Err(StoreError::Duplicate(w)) if w == word), "{word}: {refused:?}");
    }
    let mut tx = store.begin().await.unwrap();
    let refused = tx.update_edition(&Edition { stage: Stage::Approved, ..edition(2, Stage::Draft) }).await;
    assert!(matches!(refused, Err(StoreError::Duplicate("edition-under-way"))), "{refused:?}");
    drop(tx);
    // Leaving a place first, then taking it.
    commit(store, 2, async |tx| {
        tx.update_edition(&Edition { stage: Stage::Superseded, ..first.clone() }).await.unwrap();
        tx.update_edition(&Edition {
            stage: Stage::InForce,
            before: Some(first.id.clone()),
            ..edition(1, Stage::Applied)
        })
        .await
        .unwrap();
    })
    .await;
    let now = store.edition_at(Stage::InForce).await.unwrap().unwrap();
    assert_eq!((now.id.as_str(), now.before), ("ed-001", Some(first.id)));
    assert_eq!(store.edition_at(Stage::Applied).await.unwrap(), None);
}

async fn lists(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| {
        for n in 0..7 {
            let mut one = edition(n, Stage::Draft);
            one.published_at = (n == 2 || n == 4).then_some(T0 + i64::from(10 - n));
            tx.insert_edition(&one, &[]).await.unwrap();
        }
    })
    .await;
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store.editions(&PageRequest { after, limit: 2 }).await.unwrap();
        assert!(page.rows.len() <= 2);
        seen.extend(page.rows.into_iter().map(|e| e.id.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["ed-006", "ed-005", "ed-004", "ed-003", "ed-002", "ed-001", "ed-000"]);
    let published = store.edition_published().await.unwrap().map(|e| e.id.to_string());
    assert_eq!(published.as_deref(), Some("ed-002"), "the one that was published last");
    assert_eq!(
        store.edition_at(Stage::Draft).await.unwrap().map(|e| e.id.to_string()).as_deref(),
        Some("ed-006")
    );
}

async fn readings(world: &World) {
    let store = &world.store;
    people(store).await;
    let (old, new) = (edition(1, Stage::Superseded), edition(2, Stage::InForce));
    let holding = |n, post: &str, unit: &str, until| app::model::PostHolding {
        user: user_id(n),
        post: post.to_owned(),
        unit: Some(unit.to_owned()),
        from: T0,
        until,
    };
    commit(store, 1, async |tx| {
        for e in [&old, &new] {
            tx.insert_edition(e, &[]).await.unwrap();
        }
        tx.insert_post(&holding(1, "clerk", "a", None)).await.unwrap();
        tx.insert_post(&holding(1, "clerk", "b", None)).await.unwrap();
        tx.insert_post(&holding(2, "clerk", "a", Some(T0 + 5))).await.unwrap();
        tx.insert_post(&holding(2, "head", "a", None)).await.unwrap();
    })
    .await;
    commit(store, 2, async |tx| {
        assert_eq!(tx.add_readers(&new.id, "clerk", T0 + 9, Some(T0 + 100)).await.unwrap(), 1, "once each");
        assert_eq!(tx.add_readers(&new.id, "clerk", T0 + 9, None).await.unwrap(), 0, "who is noted stays");
        assert_eq!(tx.add_readers(&old.id, "clerk", T0 + 1, None).await.unwrap(), 2);
        assert_eq!(tx.add_readers(&new.id, "nobody", T0 + 1, None).await.unwrap(), 0);
        let late = edition(3, Stage::Draft);
        tx.insert_edition(&late, &files()).await.unwrap();
        assert_eq!(tx.edition_files(&late.id).await.unwrap(), files(), "its own writes are seen");
        assert!(tx.add_reader(&late.id, &user_id(2), Some(T0 + 7)).await.unwrap());
        assert!(!tx.add_reader(&late.id, &user_id(2), None).await.unwrap(), "who is noted stays");
    })
    .await;
    let open = |e: &Edition, due_at| Reading { edition: e.id.clone(), due_at, confirmed_at: None };
    assert_eq!(
        store.readings_open(&user_id(1)).await.unwrap(),
        [open(&old, None), open(&new, Some(T0 + 100))]
    );
    assert_eq!(store.reading(&new.id, &user_id(2)).await.unwrap(), None);
    commit(store, 3, async |tx| {
        assert!(tx.confirm_reading(&new.id, &user_id(1), T0 + 20).await.unwrap());
        assert!(!tx.confirm_reading(&new.id, &user_id(1), T0 + 30).await.unwrap(), "once");
        assert!(!tx.confirm_reading(&new.id, &user_id(2), T0 + 30).await.unwrap(), "was not asked");
    })
    .await;
    let late = store.readings_open(&user_id(2)).await.unwrap();
    assert_eq!(late.last().map(|r| (r.edition.as_str(), r.due_at)), Some(("ed-003", Some(T0 + 7))));
    let read = store.reading(&new.id, &user_id(1)).await.unwrap().unwrap();
    assert_eq!(read.confirmed_at, Some(T0 + 20));
    assert_eq!(store.readings_open(&user_id(1)).await.unwrap(), [open(&old, None)]);
    let rates = store.reading_rates(&new.id).await.unwrap();
    let all: Vec<(&SectionId, u32, u32)> =
        rates.iter().map(|r| (&r.section, r.people, r.confirmed)).collect();
    let section = store.user(&user_id(1)).await.unwrap().unwrap().section;
    assert_eq!(all, [(&section, 1, 1)]);
}

async fn under_way(world: &World) {
    let store = &world.store;
    people(store).await;
    let (channel, form) = (transfer(1).channel, request(1).form);
    let mut running = 0;
    let mut waiting = 0;
    commit(store, 1, async |tx| {
        for (n, state) in (1..).zip(State::ALL) {
            let mut t = transfer(n);
            t.state = state;
            running += u32::from(!state.is_final() && state != State::Ready);
            tx.insert_transfer(&t, &format!("transfer-{n}")).await.unwrap();
        }
        for (n, state) in (1..).zip(RequestState::ALL) {
            let mut r = request(n);
            r.state = state;
            waiting += u32::from(!state.is_final());
            tx.insert_request(&r, &format!("request-{n}")).await.unwrap();
        }
        for (n, unit, until) in [(1, Some("a"), None), (2, None, None), (1, Some("b"), Some(T0 + 5))] {
            let holding = PostHolding {
                user: user_id(n),
                post: "clerk".to_owned(),
                unit: unit.map(str::to_owned),
                from: T0,
                until,
            };
            tx.insert_post(&holding).await.unwrap();
        }
    })
    .await;
    assert_eq!(store.transfers_under_way(&channel).await.unwrap(), running);
    assert_eq!(store.transfers_under_way("nowhere").await.unwrap(), 0);
    assert_eq!(store.requests_under_way(&form).await.unwrap(), waiting);
    assert_eq!(store.requests_under_way("nothing").await.unwrap(), 0);
    let units = async |at| {
        let mut units = store.post_units("clerk", at).await.unwrap();
        units.sort();
        units
    };
    assert_eq!(units(T0 + 1).await, [None, Some("a".to_owned()), Some("b".to_owned())]);
    assert_eq!(units(T0 + 9).await, [None, Some("a".to_owned())]);
    assert!(units(T0 - 1).await.is_empty());
    // Whose account is closed holds nothing that counts.
    let mut closed = store.user(&user_id(2)).await.unwrap().unwrap();
    closed.enabled = false;
    commit(store, 2, async |tx| tx.update_user(&closed).await.unwrap()).await;
    assert_eq!(units(T0 + 9).await, [Some("a".to_owned())]);
}
