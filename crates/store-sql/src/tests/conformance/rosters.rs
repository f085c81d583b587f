//! Personnel changes: whole and again, lists by part, choices, what is in hand, what time has to do.

use std::collections::BTreeSet;

use app::requests::store::RequestStore as _;
use app::{
    model::{PageRequest, PostHolding},
    ports::{Store as _, StoreError},
    rosters::store::{
        Choice, EntryPart, Keeper, OpenRequests, Outcome, PermitKeeper, PlannedEntry, RosterStore as _,
        Thing, Wanted,
    },
};
use workflow::{
    id::{RosterPlanId, SectionId, UserId},
    register::RowKey,
    request::Patience,
    roster::{
        Entry, Form, Kind, MailAddress, Post, Standing,
        life::{Counts, Results, RosterPlan, Stage},
    },
    route::{Verdict, Vote},
};

use crate::tests::samples::{T0, commit, people, request, row_entry, user, user_id};
use crate::tests::{World, assert_matches, on_both};

on_both! { whole_and_again, parts_and_choices, everybody_with_posts, in_hand, permits_in_hand, what_time_has_to_do }

pub(crate) fn plan(n: u32) -> RosterPlan {
    RosterPlan {
        id: RosterPlanId::new(format!("rp-{n:06}")),
        source: "異動.xlsx sha256:00".to_owned(),
        form: if n.is_multiple_of(2) { Form::Whole } else { Form::Changes },
        day: "2027-04-01".to_owned(),
        effective_at: T0 + i64::from(n),
        lines_digest: "l".to_owned(),
        digest: "d\n".to_owned(),
        stage: Stage::Draft,
        made_by: user_id(1),
        made_at: T0,
        request: None,
        approved_at: None,
        started_at: None,
        ended_at: None,
        counts: Counts { leave: 3, ..Counts::default() },
        results: Results::default(),
        version: 0,
    }
}

fn standing(n: u32, section: u32) -> Standing {
    let user = user(n);
    Standing {
        name: user.name,
        kana: user.kana,
        section: SectionId::new(format!("s-{section}")),
        enabled: true,
        posts: BTreeSet::from([Post { post: "kacho".to_owned(), unit: None }]),
    }
}

/// People 1 to `count`: who leaves, who moves, who joins, in turn.
pub(crate) fn lines(count: u32) -> Vec<PlannedEntry> {
    let line = |n: u32| {
        let (kind, before) = match n % 3 {
            1 => (Kind::Leave, Some(standing(n, n % 7))),
            2 => (Kind::Move, Some(standing(n, n % 7))),
            _ => (Kind::Join, None),
        };
        let after = Standing { enabled: kind != Kind::Leave, ..standing(n, 3) };
        PlannedEntry {
            place: n,
            entry: Entry {
                login: user(n).login,
                person: Some(user_id(n)),
                kind,
                before,
                after,
                mail: (n == 2).then(|| "a@city.example".to_owned()),
                mail_before: (n == 2)
                    .then(|| MailAddress { address: "b@city.example".to_owned(), own: Some(true) }),
                lines: vec![n + 1],
            },
            choice: Choice::default(),
            outcome: None,
            why: String::new(),
        }
    };
    (1..=count).map(line).collect()
}

async fn whole_and_again(world: &World) {
    let store = &world.store;
    people(store).await;
    let (first, lines) = (plan(1), lines(3));
    commit(store, 1, async |tx| tx.insert_roster_plan(&first, &lines).await.unwrap()).await;
    assert_eq!(store.roster_plan(&first.id).await.unwrap(), Some(first.clone()));
    assert_eq!(store.roster_plan(&RosterPlanId::new("none")).await.unwrap(), None);
    assert_eq!(store.roster_entries(&first.id, &EntryPart::All, 0, 10).await.unwrap(), lines);
    let changed = RosterPlan {
        stage: Stage::Done,
        request: Some("r".to_owned()),
        approved_at: Some(1),
        started_at: Some(2),
        ended_at: Some(3),
        results: Results { done: 2, differs: 1, ..Results::default() },
        ..first.clone()
    };
    commit(store, 2, async |tx| {
        assert_eq!(tx.roster_plan(&first.id).await.unwrap(), Some(first.clone()));
        tx.update_roster_plan(&changed).await.unwrap();
    })
    .await;
    let stored = store.roster_plan(&first.id).await.unwrap();
    assert_eq!(stored, Some(RosterPlan { version: 1, ..changed.clone() }));
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.update_roster_plan(&changed).await, Err(StoreError::Conflict));
    drop(tx);
    // Pages over plans of one moment.
    commit(store, 3, async |tx| {
        for n in 2..=5 {
            tx.insert_roster_plan(&plan(n), &[]).await.unwrap();
        }
    })
    .await;
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store.roster_plans(&PageRequest { after, limit: 2 }).await.unwrap();
        seen.extend(page.rows.into_iter().map(|p| p.id.as_str().to_owned()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["rp-000005", "rp-000004", "rp-000003", "rp-000002", "rp-000001"]);
}

async fn parts_and_choices(world: &World) {
    let store = &world.store;
    people(store).await;
    let one = plan(1);
    commit(store, 1, async |tx| tx.insert_roster_plan(&one, &lines(9)).await.unwrap()).await;
    let places = async |part: &EntryPart, after| {
        let found = store.roster_entries(&one.id, part, after, 2).await.unwrap();
        found.into_iter().map(|line| line.place).collect::<Vec<_>>()
    };
    assert_eq!(places(&EntryPart::All, 4).await, [5, 6]);
    assert_eq!(places(&EntryPart::Kind(Kind::Leave), 1).await, [4, 7]);
    assert_eq!(places(&EntryPart::From(SectionId::new("s-1")), 0).await, [1, 8]);
    assert_eq!(places(&EntryPart::To(SectionId::new("s-3")), 7).await, [8, 9]);
    let tallies = store.roster_sections(&one.id).await.unwrap();
    assert_eq!(tallies.iter().map(|t| t.to).sum::<u32>(), 9);
    assert_eq!(tallies.iter().map(|t| t.from).sum::<u32>(), 6, "who joins comes from nowhere");
    let choice = Choice { successor: Some(user_id(2)), requests: OpenRequests::HandOver };
    let keeper = Keeper {
        place: 1,
        row: RowKey::new("assets", 7),
        column: "keeper".to_owned(),
        successor: user_id(3),
    };
    commit(store, 2, async |tx| {
        tx.choose_successor(&one.id, 1, &choice).await.unwrap();
        tx.choose_keeper(&one.id, &Keeper { successor: user_id(2), ..keeper.clone() }).await.unwrap();
        tx.choose_keeper(&one.id, &keeper).await.unwrap();
        assert_eq!(tx.roster_choices(&one.id).await.unwrap(), [(1, choice.clone())]);
        assert_eq!(tx.roster_keepers(&one.id, 0, 9).await.unwrap(), std::slice::from_ref(&keeper));
        tx.end_roster_line(&one.id, 2, Outcome::Differs, "changed-meanwhile", T0).await.unwrap();
        let open = tx.roster_open(&one.id, 3).await.unwrap();
        assert_eq!(open.iter().map(|l| l.place).collect::<Vec<_>>(), [1, 3, 4]);
        assert_eq!(tx.roster_outcomes(&one.id).await.unwrap(), [(Outcome::Differs, 1)]);
    })
    .await;
    assert_eq!(places(&EntryPart::Outcome(Outcome::Differs), 0).await, [2]);
    assert_eq!(store.roster_keepers(&one.id, 2, 9).await.unwrap(), []);
    let of = store.roster_entries_of(&user_id(1), 5).await.unwrap();
    assert_eq!((of.len(), &of[0].1.choice), (1, &choice));
    // Whoever joins has nothing in hand.
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.choose_successor(&one.id, 3, &choice).await, Err(StoreError::Conflict));
}

async fn everybody_with_posts(world: &World) {
    let store = &world.store;
    people(store).await;
    let holding = |post: &str, unit: Option<&str>, from, until| PostHolding {
        user: user_id(2),
        post: post.to_owned(),
        unit: unit.map(ToOwned::to_owned),
        from,
        until,
    };
    commit(store, 1, async |tx| {
        tx.insert_post(&holding("kacho", Some("s-1"), T0, None)).await.unwrap();
        tx.insert_post(&holding("ciso", None, T0, None)).await.unwrap();
        tx.insert_post(&holding("staff", Some("s-1"), T0 - 10, Some(T0))).await.unwrap();
        assert_eq!(tx.posts_of(&user_id(2), T0).await.unwrap().len(), 2);
    })
    .await;
    let mut everybody = Vec::new();
    let mut after: Option<UserId> = None;
    loop {
        let part = store.roster_people(after.as_ref(), T0, 2).await.unwrap();
        let Some((_, last)) = part.last() else { break };
        after = Some(last.id.clone());
        everybody.extend(part);
    }
    let ids: BTreeSet<&str> = everybody.iter().map(|(_, known)| known.id.as_str()).collect();
    assert_eq!(ids.len(), everybody.len(), "each once, however many posts he holds");
    let (login, second) = everybody.iter().find(|(_, k)| k.id == user_id(2)).unwrap();
    assert_eq!((login, second.standing.posts.len()), (&user(2).login, 2));
    let post = Post { post: "kacho".to_owned(), unit: Some("s-1".to_owned()) };
    assert_eq!(store.count_holders(&post, T0).await.unwrap(), 1);
    assert_eq!(store.count_holders(&post, T0 - 1).await.unwrap(), 0);
    let history = store.post_history(&user_id(2), 10).await.unwrap();
    assert_eq!(history.iter().map(|h| h.post.as_str()).collect::<Vec<_>>(), ["kacho", "ciso", "staff"]);
}

async fn in_hand(world: &World) {
    let store = &world.store;
    people(store).await;
    let one = plan(1);
    let mut waits = request(1);
    waits.applicant = user_id(1);
    let mut withdrawn = request(2);
    withdrawn.applicant = user_id(1);
    withdrawn.withdraw(T0).unwrap();
    let mut of_mover = request(3);
    of_mover.applicant = user_id(2);
    let mut kept = row_entry(1);
    kept.keys.push(("keeper".to_owned(), "u-000001".to_owned()));
    let mut moved = row_entry(2);
    moved.keys.push(("keeper".to_owned(), "u-000002".to_owned()));
    commit(store, 1, async |tx| {
        tx.insert_roster_plan(&one, &lines(3)).await.unwrap();
        for (n, request) in [&waits, &withdrawn, &of_mover].into_iter().enumerate() {
            tx.insert_request(request, &format!("key-{n}")).await.unwrap();
        }
        tx.add_rows(&[kept.clone(), moved.clone()]).await.unwrap();
    })
    .await;
    let found = store.in_hand(&one.id, &Wanted::Requests, 0, 9, 10).await.unwrap();
    let ids: Vec<_> = found
        .iter()
        .map(|found| match &found.thing {
            Thing::Request(id, ..) => (found.place, id.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, [(1, waits.id.clone())], "of who leaves, and only what is under way");
    let rows = Wanted::Rows(kept.row.key.register.clone(), "keeper".to_owned());
    let found = store.in_hand(&one.id, &rows, 0, 9, 10).await.unwrap();
    assert_eq!(found.iter().map(|f| f.place).collect::<Vec<_>>(), [1, 2], "and rows of who moves");
    assert_eq!(store.in_hand(&one.id, &rows, 2, 2, 10).await.unwrap().len(), 1);
    for wanted in [Wanted::Permits, Wanted::Tasks, Wanted::Transfers(workflow::id::ZoneId::new("lgwan"))] {
        assert_eq!(store.in_hand(&one.id, &wanted, 0, 9, 10).await.unwrap(), [], "{wanted:?}");
    }
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.in_hand(&one.id, &rows, 1, 1, 10).await.unwrap().len(), 1);
}

/// A permit is in the hand of who applied for it, until another took it over; and of whoever is to take it over.
async fn permits_in_hand(world: &World) {
    let store = &world.store;
    people(store).await;
    let one = plan(1);
    let permitted = |n: u32, applicant: u32| {
        let mut request = request(n);
        request.applicant = user_id(applicant);
        let hash = request.content_hash();
        for by in [4, 5] {
            let by = user_id(by);
            let vote = Vote {
                by: &by,
                on_behalf_of: None,
                verdict: Verdict::Approve,
                comment: "",
                seen_hash: &hash,
                step: None,
            };
            request.decide(&vote, Patience { days: 14 }, T0 + 5).unwrap();
        }
        assert!(request.permit.is_some());
        request
    };
    let office = user_id(9);
    let now = permitted(1, 1).permit.unwrap().terms.from;
    let of_leaver = permitted(1, 1);
    let mut offered = permitted(2, 3);
    offered.hand_on(Some(&user_id(2)), &office, "異動", Some(now + 9), now).unwrap();
    let mut taken = permitted(3, 1);
    taken.hand_on(Some(&user_id(2)), &office, "異動", None, now).unwrap();
    taken.take_over(&user_id(2), now).unwrap();
    commit(store, 1, async |tx| {
        tx.insert_roster_plan(&one, &lines(3)).await.unwrap();
        for (n, request) in [&of_leaver, &offered, &taken].into_iter().enumerate() {
            tx.insert_request(request, &format!("key-{n}")).await.unwrap();
        }
    })
    .await;
    assert_eq!(store.request(&taken.id).await.unwrap(), Some(taken.clone()));
    let places = async |first, last| {
        let found = store.in_hand(&one.id, &Wanted::Permits, first, last, 10).await.unwrap();
        let mut told: Vec<_> = found
            .into_iter()
            .map(|found| match found.thing {
                Thing::Permit(id, ..) => (found.place, id),
                other => panic!("{other:?}"),
            })
            .collect();
        told.sort();
        told
    };
    let all = [(1, of_leaver.id.clone()), (2, offered.id.clone()), (2, taken.id.clone())];
    assert_eq!(places(0, 9).await, all);
    assert_eq!(places(1, 1).await, all[..1]);
    // What was said no to is nobody's but the applicant's.
    let mut declined = offered.clone();
    declined.decline(&user_id(2), "手元にない", now).unwrap();
    let request = declined.id.clone();
    commit(store, 2, async |tx| {
        tx.update_request(&declined).await.unwrap();
        for to in [user_id(4), user_id(5)] {
            tx.choose_permit_keeper(&one.id, 1, &request, Some(&to)).await.unwrap();
        }
        let keeper = PermitKeeper { place: 1, request: request.clone(), successor: user_id(5) };
        assert_eq!(tx.roster_permits(&one.id, 0, 9).await.unwrap(), [keeper]);
    })
    .await;
    assert_eq!(places(0, 9).await, [(1, of_leaver.id.clone()), (2, taken.id.clone())]);
    assert_eq!(store.roster_permits(&one.id, 1, 1).await.unwrap().len(), 1);
    assert_eq!(store.roster_permits(&one.id, 2, 9).await.unwrap(), []);
    commit(store, 3, async |tx| {
        tx.choose_permit_keeper(&one.id, 1, &request, None).await.unwrap();
        tx.choose_permit_keeper(&one.id, 1, &request, None).await.unwrap();
    })
    .await;
    assert_eq!(store.roster_permits(&one.id, 0, 9).await.unwrap(), []);
}

async fn what_time_has_to_do(world: &World) {
    let store = &world.store;
    people(store).await;
    let stages = [Stage::Draft, Stage::Approved, Stage::Running, Stage::Done, Stage::Approved];
    commit(store, 1, async |tx| {
        for (n, stage) in (1..).zip(stages) {
            tx.insert_roster_plan(&RosterPlan { stage, ..plan(n) }, &[]).await.unwrap();
        }
    })
    .await;
    let due = async |now| {
        let due = store.rosters_due(now, 10).await.unwrap();
        due.into_iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(due(T0 + 1).await, Vec::<String>::new());
    assert_eq!(due(T0 + 4).await, ["rp-000002", "rp-000003"]);
    assert_eq!(due(T0 + 5).await, ["rp-000002", "rp-000003", "rp-000005"]);
}
