//! The first screen in one call: what the lists behind it say.

use app::home::{HomeQuestion, HomeStore as _};
use app::ports::Store as _;
use app::requests::store::RequestStore as _;
use workflow::id::{SectionId, ZoneId};
use workflow::transfer::State;

use super::duties::task;
use crate::tests::samples::{T0, commit, decision, people, request, transfer, user_id};
use crate::tests::{World, on_both};

on_both! { everything_of_one_person, places_of_many }

fn question() -> HomeQuestion {
    HomeQuestion {
        user: user_id(1),
        zone: ZoneId::new("lgwan"),
        now: T0,
        own_transfers: None,
        own_requests: None,
        deciding: Vec::new(),
        desks: Vec::new(),
        overdue: None,
        held: None,
        readings: false,
    }
}

async fn everything_of_one_person(world: &World) {
    let store = &world.store;
    people(store).await;
    assert_eq!(store.home(&question()).await.unwrap(), Default::default());
    commit(store, 1, async |tx| {
        // One of each state of his own, and the same of somebody else.
        for (n, state) in (1..).zip(State::ALL.into_iter().chain(State::ALL)) {
            let mut t = transfer(n);
            t.state = state;
            t.submitter = user_id(if n <= 11 { 1 } else { 2 });
            t.recipients.truncate(1);
            t.recipients[0].user = user_id(if n <= 11 { 3 } else { 1 });
            t.approval.decisions.clear();
            if n == 14 {
                t.approval.decisions = vec![decision(2, Some(1), T0)];
            }
            tx.insert_transfer(&t, &format!("key-{n}")).await.unwrap();
        }
        for n in 1..=6 {
            let mut r = request(n);
            r.applicant = user_id(if n <= 4 { 1 } else { 2 });
            r.zone = ZoneId::new(if n == 4 { "internet" } else { "lgwan" });
            if n == 2 {
                r.withdraw(T0).unwrap();
            }
            tx.insert_request(&r, &format!("key-{n}")).await.unwrap();
        }
    })
    .await;
    let asked = HomeQuestion { own_transfers: Some(20), own_requests: Some(20), ..question() };
    let found = store.home(&asked).await.unwrap();
    let mut states: Vec<State> = found.own.iter().map(|r| r.state).collect();
    states.sort_unstable();
    let mut open = vec![
        State::Sanitising,
        State::Held,
        State::AwaitingApproval,
        State::Returned,
        State::PulledBack,
        State::Ready,
    ];
    open.sort_unstable();
    assert_eq!(states, open);
    assert!(found.own.iter().all(|r| r.submitter == user_id(1)));
    assert_eq!(found.to_receive.len(), 1);
    assert_eq!(found.to_receive[0].state, State::Ready);
    let reviews: Vec<_> = found.reviews.iter().map(|(r, place)| (r.number, *place)).collect();
    assert_eq!(
        reviews,
        store
            .reviews_due(&user_id(1), 9)
            .await
            .unwrap()
            .iter()
            .map(|(r, p)| (r.number, *p))
            .collect::<Vec<_>>()
    );
    assert_eq!(reviews.len(), 1);
    let mut numbers: Vec<i64> = found.own_requests.iter().map(|r| r.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers, [1, 3], "what was given up, and what is of another zone or person, does not wait");
    assert!(found.request_reviews.is_empty());

    // Of a third zone nothing is told.
    let elsewhere = HomeQuestion { zone: ZoneId::new("mynumber"), ..asked };
    let found = store.home(&elsewhere).await.unwrap();
    assert!(found.own.is_empty() && found.to_receive.is_empty() && found.own_requests.is_empty());
}

async fn places_of_many(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| {
        for n in 1..=9 {
            let mut t = transfer(n);
            t.section = SectionId::new(format!("s-{}", n % 3));
            if n % 2 == 0 {
                t.state = State::Held;
            }
            tx.insert_transfer(&t, &format!("key-{n}")).await.unwrap();
            tx.insert_request(&request(n), &format!("key-{n}")).await.unwrap();
        }
        tx.insert_tasks(&(0..40).map(task).collect::<Vec<_>>()).await.unwrap();
    })
    .await;
    // As many places as take several statements; most of them nobody's.
    let mut deciding: Vec<(String, String)> =
        (0..6).map(|n| ("nobody".to_owned(), format!("s:{n}"))).collect();
    let open = store.request(&crate::tests::samples::request_id(1)).await.unwrap().unwrap();
    let step = open.open_step().unwrap().clone();
    deciding.push((step.role.clone(), step.scope.column()));
    let desks: Vec<String> = (0..40).filter_map(|n| task(n).desk().map(|d| d.to_string())).collect();
    let sections: Vec<SectionId> = (0..7).map(|n| SectionId::new(format!("s-{n}"))).collect();
    let late = i64::MAX / 2;
    let asked = HomeQuestion {
        own_transfers: Some(20),
        own_requests: Some(4),
        deciding: deciding.clone(),
        desks: desks.clone(),
        overdue: Some(Some(sections.clone())),
        held: Some(Some(sections)),
        now: late,
        ..question()
    };
    let found = store.home(&asked).await.unwrap();
    assert_eq!(found.requests_to_decide.len(), 5, "one more than asked for tells that there are more");
    assert!(found.requests_to_decide.windows(2).all(|w| w[0].submitted_at >= w[1].submitted_at));
    let held: Vec<State> = found.held.iter().map(|r| r.state).collect();
    assert_eq!(held, [State::Held; 4]);
    assert!(!found.tasks.is_empty());
    assert!(found.tasks.windows(2).all(|w| (w[0].due_at, &w[0].id) < (w[1].due_at, &w[1].id)), "each once");
    assert!(found.overdue.iter().all(|t| t.section.is_some()));
    // The same without a bound of sections: of the whole body.
    let whole = HomeQuestion { overdue: Some(None), held: Some(None), ..asked };
    let whole = store.home(&whole).await.unwrap();
    assert_eq!(whole.held.len(), 4);
    assert!(whole.overdue.len() >= found.overdue.len());
}
