//! Notices and mails.

use std::collections::BTreeMap;

use app::{
    model::{Page, PageRequest},
    notices::store::{
        About, MailState, MailTally, NewNotice, Notice, NoticeStore as _, NoticeView, Told, Way,
    },
    ports::Store as _,
};
use jiff::civil::{Date, date};
use policy::{
    NoticeKind, Urgency,
    Urgency::{AtOnce, Digest, ScreenOnly},
};
use workflow::{
    Millis,
    id::{SectionId, UserId},
    roster::MailAddress,
};

use crate::tests::samples::{T0, commit, people, user_id};
use crate::tests::{World, on_both};

on_both! { replaced, lists, choices, mails, one_digest, claims, looks, erased, overdue }

const MINUTE: Millis = 60_000;
const DAY: Millis = 86_400_000;
const TODAY: Date = date(2026, 10, 26);

pub(crate) fn notice(person: &UserId, kind: NoticeKind, n: u32, at: Millis, urgency: Urgency) -> NewNotice {
    NewNotice {
        person: person.clone(),
        told: Told {
            kind,
            about: About::new("request", &format!("r-{n}")),
            occasion: "1.0".to_owned(),
            zones: vec!["lgwan".to_owned(), "internet".to_owned()],
            title: format!("持出し {n}"),
            unnamed: n.is_multiple_of(2),
            number: Some(i64::from(n)),
            due_at: n.is_multiple_of(3).then_some(at + DAY),
            made_at: at,
        },
        way: Way { urgency, least: ScreenOnly, at_once_at: at + MINUTE, digest_at: at + DAY },
    }
}

fn page(limit: u32) -> PageRequest {
    PageRequest { after: None, limit }
}

async fn put(world: &World, n: u32, wanted: &[NewNotice], now: Millis) -> Vec<UserId> {
    let about =
        wanted.first().map_or_else(|| About::new("request", &format!("r-{n}")), |w| w.told.about.clone());
    world.store.renew_notices(&about, wanted, None, now).await.unwrap()
}

async fn waiting(world: &World, person: &UserId) -> Vec<Notice> {
    let Page { rows, next } = world.store.notices(person, NoticeView::Waiting, &page(100)).await.unwrap();
    assert_eq!(next, None);
    rows
}

async fn replaced(world: &World) {
    let store = &world.store;
    people(store).await;
    let (one, two) = (user_id(1), user_id(2));
    let wanted =
        [notice(&one, NoticeKind::Decide, 3, T0, AtOnce), notice(&two, NoticeKind::Decide, 3, T0, AtOnce)];
    let about = wanted[0].told.about.clone();
    let told = commit(store, 1, async |tx| {
        tx.replace_notices(&about, &wanted, Some(T0 + DAY), T0).await.unwrap();
        tx.replace_notices(&about, &wanted, Some(T0 + DAY), T0).await.unwrap();
    })
    .await;
    assert_eq!(told, [one.clone(), two.clone()], "each once, at the end of the transaction");
    // Whole and again.
    let [kept] = &waiting(world, &one).await[..] else { panic!() };
    assert_eq!(
        (&kept.told, &kept.id, kept.waits, kept.unread),
        (&wanted[0].told, &wanted[0].id(), true, true)
    );
    assert_eq!(put(world, 3, &wanted, T0 + 1).await, [], "nothing is made twice");
    assert_eq!(store.unread_notices(&one, 100).await.unwrap(), 1);
    // One is left out, and the other stays as it is, also whether it was read.
    assert_eq!(store.read_notices(&two, &[wanted[0].id(), wanted[1].id()], T0 + 2).await.unwrap(), 1);
    assert_eq!(put(world, 3, &wanted[1..], T0 + 3).await, std::slice::from_ref(&one));
    assert_eq!(waiting(world, &one).await, []);
    assert_eq!(waiting(world, &two).await.iter().map(|n| n.unread).collect::<Vec<_>>(), [false]);
    let ended = store.notices(&one, NoticeView::News, &page(9)).await.unwrap().rows;
    assert_eq!((ended[0].ended_at, ended[0].unread), (Some(T0 + 3), false));
    // It waits again, and is unread again.
    let again = [NewNotice { told: Told { made_at: T0 + 4, ..wanted[0].told.clone() }, ..wanted[0].clone() }];
    assert_eq!(put(world, 3, &again, T0 + 4).await, [one.clone(), two.clone()]);
    assert_eq!((waiting(world, &one).await.len(), waiting(world, &two).await.len()), (1, 0));
    // News do not end by being left out, and do not come back once they were read.
    let news = [notice(&one, NoticeKind::Approved, 3, T0 + 5, ScreenOnly)];
    assert_eq!(put(world, 3, &news, T0 + 5).await, std::slice::from_ref(&one));
    put(world, 3, &[], T0 + 6).await;
    assert_eq!(store.unread_notices(&one, 100).await.unwrap(), 1);
    assert_eq!(store.read_all_notices(&one, T0 + 7).await.unwrap(), 1);
    assert_eq!(put(world, 3, &news, T0 + 8).await, []);
    assert_eq!(store.unread_notices(&one, 100).await.unwrap(), 0);
    // A transaction that is not ended leaves none.
    let mut tx = store.begin().await.unwrap();
    tx.replace_notices(&about, &wanted, None, T0 + 9).await.unwrap();
    drop(tx);
    assert_eq!(waiting(world, &one).await, []);
    // For one person.
    put(world, 3, &wanted, T0 + 10).await;
    commit(store, 2, async |tx| tx.end_notices_of(&about, &one, T0 + 11).await.unwrap()).await;
    assert_eq!((waiting(world, &one).await.len(), waiting(world, &two).await.len()), (0, 1));
}

async fn lists(world: &World) {
    let store = &world.store;
    people(store).await;
    let (one, two) = (user_id(1), user_id(2));
    for n in 0..7 {
        // Equal times in twos.
        let at = T0 + i64::from(n / 2);
        put(
            world,
            n,
            &[
                notice(&one, NoticeKind::Decide, n, at, AtOnce),
                notice(&two, NoticeKind::Decide, n, at, AtOnce),
            ],
            at,
        )
        .await;
    }
    put(world, 9, &[notice(&one, NoticeKind::Review, 9, T0 + 9, Digest)], T0 + 9).await;
    for (view, all) in [
        (NoticeView::Waiting, 8),
        (NoticeView::News, 0),
        (NoticeView::OfKind(NoticeKind::Decide), 7),
        (NoticeView::OfKind(NoticeKind::Review), 1),
    ] {
        let mut seen: Vec<(Millis, String)> = Vec::new();
        let mut after = None;
        loop {
            let part = store.notices(&one, view, &PageRequest { after, limit: 2 }).await.unwrap();
            seen.extend(part.rows.into_iter().map(|n| (n.told.made_at, n.id)));
            after = part.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), all, "{view:?}");
        assert!(seen.windows(2).all(|w| w[0] > w[1]), "newest first: {seen:?}");
    }
    assert_eq!(store.unread_notices(&one, 3).await.unwrap(), 3, "up to the cap");
    assert_eq!(store.unread_notices(&user_id(3), 100).await.unwrap(), 0);
}

async fn choices(world: &World) {
    let store = &world.store;
    people(store).await;
    let one = user_id(1);
    assert_eq!(store.notice_choices(&one).await.unwrap(), BTreeMap::new());
    let chosen = BTreeMap::from([(NoticeKind::Decide, ScreenOnly), (NoticeKind::Review, AtOnce)]);
    commit(store, 1, async |tx| tx.put_notice_choices(&one, &chosen, Some("a@city.example")).await.unwrap())
        .await;
    assert_eq!(store.notice_choices(&one).await.unwrap(), chosen);
    let written = |address: &str, own| Some(MailAddress { address: address.to_owned(), own: Some(own) });
    assert_eq!(store.mail_address(&one).await.unwrap(), written("a@city.example", true));
    // The same again by a table stays his own; another one is the table's until he writes one.
    for (n, said, expected) in [
        (11, "a@city.example", written("a@city.example", true)),
        (12, "b@city.example", written("b@city.example", false)),
    ] {
        commit(store, n, async |tx| tx.put_mail_address(&one, said).await.unwrap()).await;
        assert_eq!(store.mail_address(&one).await.unwrap(), expected);
    }
    for (n, said, expected) in [
        (13, "b@city.example", written("b@city.example", false)),
        (14, "c@city.example", written("c@city.example", true)),
    ] {
        commit(store, n, async |tx| tx.put_notice_choices(&one, &chosen, Some(said)).await.unwrap()).await;
        assert_eq!(store.mail_address(&one).await.unwrap(), expected);
    }
    // What a person chose goes before what is usual, and what is binding before both.
    let binding = NewNotice {
        way: Way { least: Digest, ..notice(&one, NoticeKind::Decide, 2, T0, AtOnce).way },
        ..notice(&one, NoticeKind::Decide, 2, T0, AtOnce)
    };
    put(world, 1, &[notice(&one, NoticeKind::Decide, 1, T0, AtOnce)], T0).await;
    put(world, 2, &[binding], T0).await;
    put(world, 3, &[notice(&one, NoticeKind::Review, 3, T0, ScreenOnly)], T0).await;
    let named = async |at| {
        let id = format!("m-{at}");
        if !store.make_mail(&one, &id, at, TODAY, at + DAY).await.unwrap() {
            return Vec::new();
        }
        store.notices_of_mail(&id).await.unwrap().into_iter().map(|n| n.told.about.id).collect::<Vec<_>>()
    };
    assert_eq!(named(T0 + MINUTE).await, ["r-3"]);
    assert_eq!(named(T0 + DAY).await, ["r-2"]);
    commit(store, 2, async |tx| tx.put_notice_choices(&one, &BTreeMap::new(), None).await.unwrap()).await;
    assert_eq!(store.notice_choices(&one).await.unwrap(), BTreeMap::new());
    assert_eq!(store.mail_address(&one).await.unwrap(), None);
}

async fn mails(world: &World) {
    let store = &world.store;
    people(store).await;
    let (one, two) = (user_id(1), user_id(2));
    put(world, 1, &[notice(&one, NoticeKind::Decide, 1, T0, AtOnce)], T0).await;
    put(world, 2, &[notice(&one, NoticeKind::Decide, 2, T0 + MINUTE / 2, AtOnce)], T0).await;
    put(world, 3, &[notice(&two, NoticeKind::Decide, 3, T0, AtOnce)], T0).await;
    assert_eq!(store.due_mail_people(T0 + MINUTE - 1, 9).await.unwrap(), []);
    assert_eq!(store.due_mail_people(T0 + MINUTE, 9).await.unwrap(), [one.clone(), two.clone()]);
    assert_eq!(store.due_mail_people(T0 + MINUTE, 1).await.unwrap(), std::slice::from_ref(&one));
    let now = T0 + MINUTE;
    assert!(store.make_mail(&one, "m-1", now, TODAY, now + DAY).await.unwrap());
    assert!(!store.make_mail(&one, "m-x", now, TODAY, now + DAY).await.unwrap(), "nothing is left");
    assert_eq!(store.notices_of_mail("m-1").await.unwrap().len(), 2, "both go together");
    // Whoever looked at it needs no mail.
    store.read_all_notices(&two, now).await.unwrap();
    assert_eq!(store.due_mail_people(now, 9).await.unwrap(), []);

    let mail = store.claim_mail(now, now + 100).await.unwrap().unwrap();
    assert_eq!((mail.id.as_str(), &mail.person, mail.digest, mail.tries), ("m-1", &one, false, 0));
    assert_eq!(store.claim_mail(now, now + 100).await.unwrap(), None, "nobody else gets it");
    assert_eq!(store.claim_mail(now + 100, now + 200).await.unwrap().unwrap().id, "m-1", "its lease ended");
    store.postpone_mail("m-1", now + 150).await.unwrap();
    assert_eq!(store.claim_mail(now + 149, now + 200).await.unwrap(), None);
    assert_eq!(store.claim_mail(now + 150, now + 200).await.unwrap().unwrap().tries, 0);
    store.mail_done("m-1", MailState::Waiting, Some(now + 300), Some("450 later"), now + 160).await.unwrap();
    assert_eq!(store.mails_waiting(9).await.unwrap(), 1);
    let [row] = &store.mails(MailState::Waiting, &page(9)).await.unwrap().rows[..] else { panic!() };
    assert_eq!((row.tries, row.next_at, row.error.as_deref()), (1, Some(now + 300), Some("450 later")));
    assert!(!row.person_name.is_empty());
    assert!(store.try_mail_again("m-1", now + 170).await.unwrap());
    assert!(store.claim_mail(now + 170, now + 400).await.unwrap().is_some());
    store.mail_done("m-1", MailState::Refused, None, Some("550 no"), now + 180).await.unwrap();
    assert_eq!(store.claim_mail(now + DAY, now + 2 * DAY).await.unwrap(), None);
    assert_eq!(
        store.mail_tally(now, now + DAY).await.unwrap(),
        MailTally { refused: 1, ..MailTally::default() }
    );
    assert_eq!(store.mail_tally(now + DAY, now + 2 * DAY).await.unwrap(), MailTally::default());
    assert!(store.try_mail_again("m-1", now + 190).await.unwrap());
    store.claim_mail(now + 190, now + 400).await.unwrap().unwrap();
    store.mail_done("m-1", MailState::Sent, None, None, now + 200).await.unwrap();
    assert!(!store.try_mail_again("m-1", now + 210).await.unwrap(), "it went");
    assert_eq!(
        store.mail_tally(now, now + DAY).await.unwrap(),
        MailTally { sent: 1, ..MailTally::default() }
    );

    // What should have gone long ago does not go any more.
    put(world, 4, &[notice(&one, NoticeKind::Decide, 4, T0, AtOnce)], T0).await;
    assert_eq!(store.forget_late_mails(T0 + MINUTE).await.unwrap(), 0);
    assert_eq!(store.forget_late_mails(T0 + MINUTE + 1).await.unwrap(), 1);
    assert_eq!(store.due_mail_people(T0 + DAY, 9).await.unwrap(), []);

    commit(store, 3, async |tx| {
        assert!(tx.note_mail_day(TODAY).await.unwrap());
        assert!(!tx.note_mail_day(TODAY).await.unwrap());
    })
    .await;
}

async fn one_digest(world: &World) {
    let store = &world.store;
    people(store).await;
    let one = user_id(1);
    put(world, 1, &[notice(&one, NoticeKind::Review, 1, T0, Digest)], T0).await;
    let now = T0 + DAY;
    assert!(store.make_mail(&one, "m-1", now, TODAY, now + DAY).await.unwrap());
    assert!(store.claim_mail(now, now + 1).await.unwrap().unwrap().digest);
    // A second one on the same day is none: it waits for the next, and what goes at once goes.
    put(world, 2, &[notice(&one, NoticeKind::Review, 2, T0, Digest)], T0).await;
    assert!(!store.make_mail(&one, "m-2", now, TODAY, now + DAY).await.unwrap());
    put(world, 3, &[notice(&one, NoticeKind::Review, 3, T0, Digest)], T0).await;
    put(world, 4, &[notice(&one, NoticeKind::Decide, 4, T0, AtOnce)], T0).await;
    assert!(store.make_mail(&one, "m-3", now, TODAY, now + DAY).await.unwrap());
    let named = store.notices_of_mail("m-3").await.unwrap();
    assert_eq!(named.iter().map(|n| n.told.about.id.as_str()).collect::<Vec<_>>(), ["r-4"]);
    assert_eq!(store.due_mail_people(now, 9).await.unwrap(), []);
    assert!(store.make_mail(&one, "m-4", now + DAY, date(2026, 10, 27), now + 2 * DAY).await.unwrap());
    assert_eq!(store.notices_of_mail("m-4").await.unwrap().len(), 2);
}

/// Two programs make and send mails of the same people: each is made once and sent once.
async fn claims(world: &World) {
    let store = &world.store;
    people(store).await;
    let people: Vec<UserId> = (1..=5).map(user_id).collect();
    for (n, person) in (0..).zip(&people) {
        put(world, n, &[notice(person, NoticeKind::Decide, n, T0, AtOnce)], T0).await;
    }
    let now = T0 + MINUTE;
    let program = async |name: &str| {
        let mut sent = Vec::new();
        for person in &people {
            store.make_mail(person, &format!("{name}-{person}"), now, TODAY, now + DAY).await.unwrap();
        }
        while let Some(mail) = store.claim_mail(now, now + MINUTE).await.unwrap() {
            store.mail_done(&mail.id, MailState::Sent, None, None, now).await.unwrap();
            sent.push(mail.person);
        }
        sent
    };
    let (a, b) = futures::join!(program("a"), program("b"));
    let mut all = [a, b].concat();
    all.sort();
    assert_eq!(all, people);
}

async fn looks(world: &World) {
    let store = &world.store;
    people(store).await;
    let one = user_id(1);
    let about = |n: u32| About::new("request", &format!("r-{n}"));
    for (n, at) in [(1, Some(T0 + 5)), (2, Some(T0 + 3)), (3, None)] {
        let wanted = [notice(&one, NoticeKind::Decide, n, T0, AtOnce)];
        store.renew_notices(&about(n), &wanted, at, T0).await.unwrap();
    }
    assert_eq!(store.due_notice_looks(T0 + 4, 9).await.unwrap(), [about(2)]);
    assert_eq!(store.due_notice_looks(T0 + 5, 1).await.unwrap(), [about(2)]);
    store.renew_notices(&about(2), &[], None, T0 + 5).await.unwrap();
    assert_eq!(store.due_notice_looks(T0 + 5, 9).await.unwrap(), [about(1)]);
    // Everything that waits for a decision, once each.
    assert_eq!(
        store.look_at_waiting(&[NoticeKind::Decide, NoticeKind::DecideLate], T0 + 4).await.unwrap(),
        2
    );
    assert_eq!(store.due_notice_looks(T0 + 4, 9).await.unwrap(), [about(1), about(3)]);
}

async fn erased(world: &World) {
    let store = &world.store;
    people(store).await;
    let one = user_id(1);
    put(world, 1, &[notice(&one, NoticeKind::Decide, 1, T0, AtOnce)], T0).await;
    put(world, 2, &[notice(&one, NoticeKind::Approved, 2, T0, AtOnce)], T0).await;
    assert!(store.make_mail(&one, "m-1", T0 + MINUTE, TODAY, T0 + DAY).await.unwrap());
    store.claim_mail(T0 + MINUTE, T0 + DAY).await.unwrap().unwrap();
    store.mail_done("m-1", MailState::Sent, None, None, T0 + MINUTE).await.unwrap();
    assert_eq!(store.erase_notices(T0, 9).await.unwrap(), 0);
    assert_eq!(store.erase_notices(T0 + DAY, 9).await.unwrap(), 2, "the news and the mail");
    assert_eq!(waiting(world, &one).await.len(), 1, "what waits stays, however old");
    assert_eq!(store.mails(MailState::Sent, &page(9)).await.unwrap().rows, []);
}

async fn overdue(world: &World) {
    let store = &world.store;
    people(store).await;
    let tasks: Vec<_> = (0..8).map(super::duties::task).collect();
    commit(store, 1, async |tx| {
        tx.insert_tasks(&tasks).await.unwrap();
    })
    .await;
    for section in (0..7).map(|n| SectionId::new(format!("s-{n}"))) {
        let of = |now: Millis| {
            tasks.iter().filter(|t| t.scope.section() == Some(&section) && t.is_overdue(now)).count()
        };
        for now in [T0, T0 + 400 * DAY] {
            let counted = store.overdue_of_section(&section, now).await.unwrap();
            assert_eq!(usize::try_from(counted).unwrap(), of(now), "{section}");
        }
    }
}
