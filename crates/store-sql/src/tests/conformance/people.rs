//! People, sections, posts and absences.

use app::model::{Absence, PostHolding, Section, User};
use app::ports::{Store as _, StoreError};
use workflow::id::{SectionId, UserId};

use crate::tests::samples::{T0, commit, people, section, user, user_id};
use crate::tests::{World, assert_matches, on_both};

on_both! { accounts, searching_people, posts, absences }

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
    assert_eq!(store.posts_of(&user_id(2), T0 + 5).await.unwrap(), std::slice::from_ref(&ciso));
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
    assert_eq!(store.absences_of(&user_id(1), T0 + 100).await.unwrap(), std::slice::from_ref(&second));
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
