//! Permits of those who leave a section with a personnel change: each is taken over by the one who was named or comes back, somebody
//! is told, somebody sees to it until a day, and evidence says what became of it.

use std::collections::BTreeMap;

use app::{
    Error,
    actor::Actor,
    duties::TaskTray,
    model::PageRequest,
    notices::NoticeTray,
    ports::Store as _,
    requests::store::RequestStore as _,
    rosters::{
        RosterPart, ShownThing,
        store::{RosterStore as _, Thing},
    },
};
use policy::NoticeKind;
use workflow::{
    id::RequestId,
    request::{Refusal, Request, Standing},
};

use crate::{
    city::City,
    forms::filled,
    rosters::{HEADING, LAST, approve, approve_all, draft, open, outcomes, read_for},
};
use test_city::doubles::DAY;

/// Somebody takes something out, approved by whoever has to.
pub(crate) async fn taken_out(city: &City, login: &str, until: &str) -> RequestId {
    permitted(city, login, "take-out", until, |answers| {
        answers.insert("kind".to_owned(), "その他".to_owned());
        answers.remove("device");
    })
    .await
}

async fn permitted(
    city: &City,
    login: &str,
    form: &str,
    until: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>),
) -> RequestId {
    let actor = city.at(login, "lgwan").await;
    let mut answers = filled(test_city::pack().request(form).unwrap(), 0);
    answers.insert("from".to_owned(), workflow::calendar::day_of(city.now()).to_string());
    answers.insert("until".to_owned(), until.to_owned());
    change(&mut answers);
    let id = city.apply(&actor, form, answers).await.unwrap();
    approve_all(city, &id).await;
    id
}

/// The open tasks of a section's head about handing over.
async fn to_see_to(city: &City, head: &str) -> Vec<String> {
    let head = city.at(head, "lgwan").await;
    let page = PageRequest { after: None, limit: 100 };
    let rows = city.app.tasks(&head, TaskTray::Mine, page).await.unwrap().rows;
    let of = rows.into_iter().filter(|row| row.duty == "permit-handover");
    let mut told: Vec<String> = of
        .map(|row| match row.covers {
            workflow::duty::Covers::Event { what, .. } => what,
            other => panic!("{other:?}"),
        })
        .collect();
    told.sort();
    told
}

async fn told(city: &City, login: &str) -> usize {
    let actor = city.at(login, "lgwan").await;
    let page = PageRequest { after: None, limit: 100 };
    let kind = Some(NoticeKind::PermitHandOver);
    let rows = city.app.notices(&actor, NoticeTray::Waiting, kind, page).await.unwrap().page.rows;
    rows.iter().filter(|row| row.waits && row.due_at.is_some()).count()
}

async fn refused(result: app::Result<()>) {
    assert!(
        matches!(
            result,
            Err(Error::NotFound | Error::Denied { .. } | Error::RequestRefused(Refusal::Permit))
        ),
        "{result:?}"
    );
}

fn keeper(request: &Request) -> Option<&str> {
    request.permit.as_ref()?.keeper.as_ref().map(workflow::id::UserId::as_str)
}

async fn named(
    city: &City,
    plan: &workflow::id::RosterPlanId,
    place: u32,
    id: &RequestId,
    to: &str,
) -> app::Result<()> {
    let digital = city.at("digital", "lgwan").await;
    city.app.choose_permit_keeper(&digital, plan, place, id, to).await
}

#[tokio::test]
async fn each_permit_is_taken_over_by_the_one_who_was_named_or_comes_back() {
    let city = open().await;
    let (given, kept) =
        (taken_out(&city, "hanako", "2026-12-18").await, taken_out(&city, "hanako", "2026-12-18").await);
    let moving = taken_out(&city, "taro", "2026-12-18").await;
    let lines: &[&[&str]] = &[
        &["hanako", "hanakoさん", "", "", "", "退職", LAST],
        &["taro", "taroさん", "", "福祉課", "係長", "昇任", "R8.12.1"],
    ];
    let plan = draft(&city, lines).await;
    let digital = city.at("digital", "lgwan").await;
    let hand = city.app.roster(&digital, &plan).await.unwrap().hand;
    assert_eq!((hand.permits, hand.to_give_back), (3, 3), "also of the one who moves");

    // Who takes what is said by permit, and is part of what is approved.
    let digest = async || city.store.real.roster_plan(&plan).await.unwrap().unwrap().digest;
    let before = digest().await;
    refused_choice(named(&city, &plan, 1, &given, "nobody").await, "unknown");
    refused_choice(named(&city, &plan, 1, &given, "hanako").await, "not-allowed");
    for (place, id) in [(2, &given), (1, &moving), (1, &RequestId::new("none"))] {
        let wrong = named(&city, &plan, place, id, "hosa").await;
        assert!(matches!(wrong, Err(Error::Conflict)), "not in the hand of line {place}: {wrong:?}");
    }
    let hanako = city.at("hanako", "lgwan").await;
    assert!(matches!(
        city.app.choose_permit_keeper(&hanako, &plan, 1, &given, "hosa").await,
        Err(Error::Denied { .. })
    ));
    assert_eq!(digest().await, before);
    named(&city, &plan, 1, &given, "hosa").await.unwrap();
    named(&city, &plan, 1, &kept, "kakaricho").await.unwrap();
    let chosen = digest().await;
    named(&city, &plan, 1, &kept, "").await.unwrap();
    assert_ne!(digest().await, chosen, "somebody or nobody is another plan");
    named(&city, &plan, 1, &kept, "kakaricho").await.unwrap();
    assert_eq!(digest().await, chosen);
    approve(&city, &plan).await;
    let late = named(&city, &plan, 1, &given, "kakaricho").await;
    assert!(matches!(late, Err(Error::Roster(_))), "{late:?}");

    assert_eq!(
        (told(&city, "hosa").await, to_see_to(&city, "kacho").await.len()),
        (0, 0),
        "not before the day"
    );
    city.pass(8 * DAY);
    city.app.tidy().await.unwrap();
    let notes = outcomes(&city, &plan).await;
    assert!(notes[0].2.contains("permit-offered") && notes[1].2.contains("return-owed"), "{notes:?}");
    assert_eq!(
        to_see_to(&city, "kacho").await.len(),
        3,
        "the head of the section that they leave sees to it"
    );
    assert_eq!(to_see_to(&city, "fukushi").await.len(), 0);
    for login in ["hosa", "kakaricho", "taro"] {
        assert_eq!(told(&city, login).await, 1, "{login}");
    }
    let request = city.stored_request(&moving).await;
    assert_eq!(request.permit.as_ref().unwrap().standing(city.now()), Standing::Revoked);

    // Only who was named says that he has it.
    for login in ["kakaricho", "kacho", "taro", "digital"] {
        let stranger = city.at(login, "lgwan").await;
        refused(city.app.take_over_permit(&stranger, &given).await).await;
    }
    let hosa = city.at("hosa", "lgwan").await;
    let offered = city.app.permits_to_take_over(&hosa).await.unwrap();
    assert_eq!(
        offered.iter().map(|o| (&o.request, o.from_name.as_str())).collect::<Vec<_>>(),
        [(&given, "hanakoさん")]
    );
    assert!(city.app.request(&hosa, &given).await.unwrap().may.take_over);
    city.app.take_over_permit(&hosa, &given).await.unwrap();
    refused(city.app.take_over_permit(&hosa, &given).await).await;
    assert_eq!(keeper(&city.stored_request(&given).await), Some(city.id("hosa").as_str()));
    assert!(city.app.permits_to_take_over(&hosa).await.unwrap().is_empty());
    assert_eq!(
        (told(&city, "hosa").await, to_see_to(&city, "kacho").await.len()),
        (0, 2),
        "that one is settled"
    );

    // Who did not get it says so, with a reason.
    let kakaricho = city.at("kakaricho", "lgwan").await;
    let without = city.app.decline_permit(&kakaricho, &kept, " ").await;
    assert!(matches!(without, Err(Error::RequestRefused(Refusal::Reason))), "{without:?}");
    city.app.decline_permit(&kakaricho, &kept, "手元に来ていない").await.unwrap();
    assert_eq!(
        (told(&city, "kakaricho").await, to_see_to(&city, "kacho").await.len()),
        (0, 2),
        "it is to come back"
    );
    let kacho = city.at("kacho", "lgwan").await;
    city.app.give_back(&kacho, &kept).await.unwrap();
    assert_eq!(to_see_to(&city, "kacho").await.len(), 1);

    // What nobody gives back is overdue from the day that was set, long before the permit would have ended.
    city.pass(8 * DAY);
    city.app.tidy().await.unwrap();
    assert!(city.kinds(moving.as_str()).await.contains(&"permit-overdue".to_owned()));
    assert!(
        !city.kinds(given.as_str()).await.contains(&"permit-overdue".to_owned()),
        "who has it may have it"
    );
    let taro = city.at("taro", "lgwan").await;
    assert_eq!(city.app.requests_at_home(&taro).await.unwrap().to_give_back.len(), 1);
    city.app.give_back(&taro, &moving).await.unwrap();
    assert_eq!(to_see_to(&city, "kacho").await.len(), 0);

    let mut kinds = city.kinds(given.as_str()).await;
    kinds.retain(|kind| kind.starts_with("permit-"));
    assert_eq!(kinds, ["permit-offered", "permit-taken-over"]);
    let kinds = city.kinds(moving.as_str()).await;
    assert!(kinds.contains(&"permit-called-in".to_owned()), "{kinds:?}");
    for row in city.evidence().await.iter().filter(|r| r.entry.kind.starts_with("permit-")) {
        if ["permit-offered", "permit-called-in", "permit-taken-over", "permit-declined"]
            .contains(&row.entry.kind.as_str())
        {
            assert!(row.entry.statements.contains(&"base/assets-returned".to_owned()), "{:?}", row.entry);
        }
    }
    city.verify().await;
}

fn refused_choice(result: app::Result<()>, problem: &str) {
    assert!(
        matches!(result, Err(Error::Invalid { field: "successor", problem: p }) if p == problem),
        "{problem}: {result:?}"
    );
}

async fn second_plan(city: &City, login: &str) -> workflow::id::RosterPlanId {
    let digital = city.at("digital", "lgwan").await;
    let day = workflow::calendar::day_of(city.now() + 2 * DAY).to_string();
    let rows: &[&[&str]] = &[HEADING, &[login, "", "", "", "", "退職", ""]];
    read_for(city, &digital, rows, &day).await.unwrap().unwrap().kept.unwrap()
}

/// From hand to hand: whoever took something over and leaves hands it on, and who leaves before he took it is not waited for.
#[tokio::test]
async fn who_took_something_over_hands_it_on_when_he_leaves() {
    let city = open().await;
    let (first, second) =
        (taken_out(&city, "hanako", "2026-12-25").await, taken_out(&city, "hanako", "2026-12-25").await);
    let plan = draft(&city, &[&["hanako", "", "", "", "", "退職", LAST]]).await;
    for id in [&first, &second] {
        named(&city, &plan, 1, id, "hosa").await.unwrap();
    }
    approve(&city, &plan).await;
    city.pass(8 * DAY);
    city.app.tidy().await.unwrap();
    let hosa = city.at("hosa", "lgwan").await;
    city.app.take_over_permit(&hosa, &first).await.unwrap();

    let plan = second_plan(&city, "hosa").await;
    let digital = city.at("digital", "lgwan").await;
    assert_eq!(
        city.app.roster(&digital, &plan).await.unwrap().hand.permits,
        2,
        "what he has, and what he is to take"
    );
    named(&city, &plan, 1, &first, "kakaricho").await.unwrap();
    approve(&city, &plan).await;
    city.pass(3 * DAY);
    city.app.tidy().await.unwrap();
    let kakaricho = city.at("kakaricho", "lgwan").await;
    city.app.take_over_permit(&kakaricho, &first).await.unwrap();
    assert_eq!(keeper(&city.stored_request(&first).await), Some(city.id("kakaricho").as_str()));
    let request = city.stored_request(&second).await;
    let permit = request.permit.as_ref().unwrap();
    assert_eq!(
        (permit.standing(city.now()), permit.open_handover().unwrap().to.as_ref()),
        (Standing::Revoked, None)
    );
    assert!(city.store.real.request(&second).await.unwrap().is_some());
    let kacho = city.at("kacho", "lgwan").await;
    city.app.give_back(&kacho, &second).await.unwrap();
    city.verify().await;
}

#[tokio::test]
async fn who_only_gets_another_post_in_his_section_keeps_what_he_has() {
    let city = open().await;
    let out = taken_out(&city, "taro", "2026-12-18").await;
    let plan = draft(&city, &[&["taro", "", "", "市民課", "係長", "昇任", ""]]).await;
    let digital = city.at("digital", "lgwan").await;
    assert_eq!(city.app.roster(&digital, &plan).await.unwrap().hand.permits, 0);
    approve(&city, &plan).await;
    city.pass(8 * DAY);
    city.app.tidy().await.unwrap();
    let request = city.stored_request(&out).await;
    let permit = request.permit.as_ref().unwrap();
    assert!(permit.standing(city.now()).permits() && permit.handover.is_none());
    let user = city.store.real.user(city.id_of("taro")).await.unwrap().unwrap();
    assert!(user.enabled);
}

/// What a person may do for a purpose of his own ends with his going, whoever was named; what a section may do goes on.
#[tokio::test]
async fn a_permit_of_a_person_himself_is_asked_for_anew() {
    let city = open().await;
    let (own, of_section) = (
        permitted(&city, "hanako", "remote-access", "2026-12-25", |_| ()).await,
        permitted(&city, "hanako", "exchange", "2026-12-25", |_| ()).await,
    );
    let plan = draft(&city, &[&["hanako", "", "", "", "", "退職", LAST]]).await;
    refused_choice(named(&city, &plan, 1, &own, "hosa").await, "own-permit");
    named(&city, &plan, 1, &own, "").await.unwrap();
    named(&city, &plan, 1, &of_section, "hosa").await.unwrap();
    let digital = city.at("digital", "lgwan").await;
    let shown = city.app.roster_lines(&digital, &plan, &RosterPart::All, 0, 100).await.unwrap();
    let goes_on: Vec<bool> = [&own, &of_section]
        .into_iter()
        .map(|id| {
            let is_it = |t: &&ShownThing| matches!(&t.thing, Thing::Permit(of, ..) if of == id);
            shown[0].things.iter().find(is_it).unwrap().goes_on
        })
        .collect();
    assert_eq!(goes_on, [false, true]);
    approve(&city, &plan).await;
    city.pass(8 * DAY);
    city.app.tidy().await.unwrap();
    let permit = city.stored_request(&own).await.permit.unwrap();
    assert_eq!((permit.standing(city.now()), &permit.handover), (Standing::Revoked, &None));
    let hosa = city.at("hosa", "lgwan").await;
    refused(city.app.take_over_permit(&hosa, &own).await).await;
    city.app.take_over_permit(&hosa, &of_section).await.unwrap();
    let permit = city.stored_request(&of_section).await.permit.unwrap();
    assert!(permit.standing(city.now()).permits());
    assert_eq!(permit.keeper.as_ref(), Some(city.id_of("hosa")));
    let kinds = city.kinds(own.as_str()).await;
    assert!(kinds.contains(&"permit-revoked".to_owned()), "{kinds:?}");
    city.verify().await;
}

/// Every act about permits of leavers, for the tour of all evidence: those who leave are there already.
pub(crate) async fn tour(city: &City, leavers: [&str; 3]) -> [RequestId; 3] {
    let until = workflow::calendar::day_of(city.now() + 12 * DAY).to_string();
    let mut ids = Vec::new();
    for login in leavers {
        ids.push(taken_out(city, login, &until).await);
    }
    ids.try_into().unwrap()
}

/// What those who were named say to it, once the day has come.
pub(crate) async fn answered(city: &City, taken: &RequestId, declined: &RequestId, by: &Actor) {
    city.app.take_over_permit(by, taken).await.unwrap();
    city.app.decline_permit(by, declined, "手元に来ていない").await.unwrap();
}
