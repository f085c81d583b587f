//! Approvals: what is decided, by whom, for whom, and until when.

use app::Error;
use workflow::{
    route::Verdict,
    transfer::{Content, Refusal, State},
};

use crate::city::{City, content};
use test_city::doubles::{DAY, HOUR};

/// Outbound with personal data: the section's manager, then the system manager.
async fn two_persons(city: &City, by: &str) -> workflow::id::TransferId {
    let actor = city.at(by, "lgwan").await;
    let content = Content { personal_data: true, ..content("c2", &[city.id("taro")]) };
    let id = city.submit(&actor, "lgwan-to-internet", content, &["clean a"]).await.unwrap();
    city.drain().await;
    id
}

#[tokio::test]
async fn two_persons_approve_and_the_files_are_released() {
    let city = City::open().await;
    let id = two_persons(&city, "hanako").await;
    let (kacho, digital) = (city.at("kacho", "lgwan").await, city.at("digital", "lgwan").await);
    assert!(city.app.home(&digital).await.unwrap().to_decide.is_empty(), "not his turn");
    let early = city.decide(&digital, &id, Verdict::Approve).await;
    assert!(matches!(early, Err(Error::Denied { .. })), "{early:?}");
    assert_eq!(city.app.home(&kacho).await.unwrap().to_decide.len(), 1);
    city.decide(&kacho, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.state(&id).await, State::AwaitingApproval);
    let twice = city.decide(&kacho, &id, Verdict::Approve).await;
    assert!(matches!(twice, Err(Error::Denied { .. })), "{twice:?}");
    assert_eq!(city.app.home(&digital).await.unwrap().to_decide.len(), 1);
    city.decide(&digital, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.state(&id).await, State::Ready);
    assert_eq!(
        city.kinds(id.as_str()).await.iter().filter(|k| *k != "access-denied").collect::<Vec<_>>(),
        [
            "transfer-submitted",
            "file-sanitised",
            "step-opened",
            "step-decided",
            "step-opened",
            "step-decided",
            "transfer-released"
        ]
    );
}

#[tokio::test]
async fn a_decision_is_bound_to_what_was_seen() {
    let city = City::open().await;
    let id = city.inbound("c2", &["clean a"]).await;
    let kacho = city.at("kacho", "lgwan").await;
    let seen = city.app.transfer(&kacho, &id).await.unwrap().content_hash;
    let hanako = city.at("hanako", "internet").await;
    city.app.pull_back(&hanako, &id).await.unwrap();
    let changed = Content { subject: "別の申請書".to_owned(), ..content("c2", &[city.id("taro")]) };
    city.app.resubmit(&hanako, &id, changed).await.unwrap();
    let blind = city.app.decide(&kacho, &id, Verdict::Approve, "", &seen, None).await;
    assert!(matches!(blind, Err(Error::Refused(Refusal::ContentChanged))), "{blind:?}");
    let t = city.stored(&id).await;
    assert_eq!((t.state, t.round, t.decisions.len()), (State::AwaitingApproval, 2, 0));
    city.decide(&kacho, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.state(&id).await, State::Ready);
}

#[tokio::test]
async fn nobody_decides_his_own_request() {
    let city = City::open().await;
    let id = two_persons(&city, "kacho").await;
    let kacho = city.at("kacho", "lgwan").await;
    let own = city.decide(&kacho, &id, Verdict::Approve).await;
    assert!(matches!(own, Err(Error::Denied { reason: "own-request", .. })), "{own:?}");
    assert_eq!(city.last_kind().await, "access-denied");
    assert!(city.app.home(&kacho).await.unwrap().to_decide.is_empty());
}

#[tokio::test]
async fn the_role_the_section_the_zone_and_the_factor_count() {
    let city = City::open().await;
    let id = city.inbound("c2", &["clean a"]).await;
    let hash = city.stored(&id).await.content_hash();
    for (login, zone, why) in [
        ("hanako", "lgwan", "denied"),
        ("taro", "lgwan", "not-found"),
        ("fukushi", "lgwan", "not-found"),
        ("hosa", "lgwan", "not-found"),
        ("digital", "lgwan", "denied"),
        ("kansa", "lgwan", "denied"),
        ("fukushicho", "lgwan", "denied"),
        ("kacho", "mynumber", "not-found"),
    ] {
        let actor = city.at(login, zone).await;
        let refused = city.app.decide(&actor, &id, Verdict::Approve, "", &hash, None).await.unwrap_err();
        assert_eq!(refused.code(), why, "{login} at {zone}: {refused}");
    }
    // The right person without the code.
    let city = City::open().await;
    let id = two_persons(&city, "hanako").await;
    city.decide(&city.at("kacho", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    let opened = city.login("digital", "lgwan").await;
    let weak = city.app.resume(&crate::city::door("lgwan"), &opened.secret).await.unwrap();
    let refused = city.decide(&weak, &id, Verdict::Approve).await;
    assert!(matches!(refused, Err(Error::Denied { reason: "second-factor-needed", .. })), "{refused:?}");
    city.decide(&city.at("digital", "internet").await, &id, Verdict::Approve).await.unwrap();
}

#[tokio::test]
async fn of_two_approvers_at_once_one_wins() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    city.app.give_post(&digital, &city.id("fukushi"), "section-manager", Some("residents")).await.unwrap();
    let id = city.inbound("c2", &["clean a"]).await;
    let (kacho, fukushi) = (city.at("kacho", "lgwan").await, city.at("fukushi", "lgwan").await);
    let (a, b) =
        tokio::join!(city.decide(&kacho, &id, Verdict::Approve), city.decide(&fukushi, &id, Verdict::Reject));
    assert_eq!(u8::from(a.is_ok()) + u8::from(b.is_ok()), 1, "{a:?} {b:?}");
    let t = city.stored(&id).await;
    assert_eq!(t.decisions.len(), 1);
    assert_eq!(t.state, if a.is_ok() { State::Ready } else { State::Rejected });
    let lost = a.err().or(b.err()).unwrap();
    assert!(matches!(lost.code(), "conflict" | "refused-state" | "denied"), "{lost}");
}

#[tokio::test]
async fn a_return_starts_the_route_again() {
    let city = City::open().await;
    let id = two_persons(&city, "hanako").await;
    let (kacho, digital) = (city.at("kacho", "lgwan").await, city.at("digital", "lgwan").await);
    city.decide(&kacho, &id, Verdict::Approve).await.unwrap();
    city.decide(&digital, &id, Verdict::Return).await.unwrap();
    assert_eq!(city.state(&id).await, State::Returned);
    let hanako = city.at("hanako", "lgwan").await;
    assert_eq!(city.app.home(&hanako).await.unwrap().with_me.len(), 1);
    let again = Content { personal_data: true, ..content("c2", &[city.id("taro")]) };
    let taro = city.at("taro", "lgwan").await;
    assert!(city.app.resubmit(&taro, &id, again.clone()).await.is_err());
    let secret = Content { classification: "c3".to_owned(), ..again.clone() };
    assert!(matches!(city.app.resubmit(&hanako, &id, secret).await, Err(Error::ChannelDenied { .. })));
    city.app.resubmit(&hanako, &id, again).await.unwrap();
    let t = city.stored(&id).await;
    assert_eq!((t.state, t.round, t.step), (State::AwaitingApproval, 2, 0), "the first step decides again");
    city.decide(&kacho, &id, Verdict::Approve).await.unwrap();
    city.decide(&digital, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.state(&id).await, State::Ready);
}

#[tokio::test]
async fn a_rejection_and_a_withdrawal_are_the_end() {
    let city = City::open().await;
    let kacho = city.at("kacho", "lgwan").await;
    let hanako = city.at("hanako", "internet").await;
    let rejected = city.inbound("c2", &["clean a"]).await;
    let seen = city.app.transfer(&kacho, &rejected).await.unwrap().content_hash;
    let wordless = city.app.decide(&kacho, &rejected, Verdict::Reject, " ", &seen, None).await;
    assert!(matches!(wordless, Err(Error::Refused(Refusal::Comment))));
    city.decide(&kacho, &rejected, Verdict::Reject).await.unwrap();
    let withdrawn = city.inbound("c2", &["clean b"]).await;
    city.app.withdraw(&hanako, &withdrawn).await.unwrap();
    for (id, state) in [(rejected, State::Rejected), (withdrawn, State::Withdrawn)] {
        let before = city.stored(&id).await;
        assert_eq!(before.state, state);
        assert!(city.app.pull_back(&hanako, &id).await.is_err());
        assert!(city.app.withdraw(&hanako, &id).await.is_err());
        assert!(city.app.resubmit(&hanako, &id, content("c2", &[city.id("taro")])).await.is_err());
        assert!(
            city.app.decide(&kacho, &id, Verdict::Approve, "", &before.content_hash(), None).await.is_err()
        );
        assert_eq!(city.stored(&id).await, before);
    }
}

#[tokio::test]
async fn deputies_decide_in_line_while_the_holder_is_away_and_he_reviews() {
    let city = City::open().await;
    let id = city.inbound("c2", &["clean a"]).await;
    let (hosa, kakaricho) = (city.at("hosa", "lgwan").await, city.at("kakaricho", "lgwan").await);
    let kacho = city.at("kacho", "lgwan").await;
    let hash = city.stored(&id).await.content_hash();
    let holder = city.id("kacho");
    let present = city.app.decide(&hosa, &id, Verdict::Approve, "", &hash, Some(&holder)).await;
    assert!(present.is_err(), "the holder is there");
    city.app.set_absence(&kacho, city.now(), city.now() + 3 * DAY, "出張").await.unwrap();
    let out_of_line = city.app.decide(&kakaricho, &id, Verdict::Approve, "", &hash, Some(&holder)).await;
    assert!(out_of_line.is_err(), "the assistant manager comes first");
    assert!(city.app.home(&kakaricho).await.unwrap().to_decide.is_empty());
    let for_nobody = city.app.decide(&hosa, &id, Verdict::Approve, "", &hash, None).await;
    assert!(for_nobody.is_err(), "a deputy says for whom");
    let for_another =
        city.app.decide(&hosa, &id, Verdict::Approve, "", &hash, Some(&city.id("digital"))).await;
    assert!(for_another.is_err());
    assert_eq!(city.app.home(&hosa).await.unwrap().to_decide.len(), 1);
    city.decide(&hosa, &id, Verdict::Approve).await.unwrap();
    let t = city.stored(&id).await;
    assert_eq!(t.state, State::Ready);
    assert_eq!(t.decisions[0].on_behalf_of, Some(holder));
    assert!(city.kinds(id.as_str()).await.contains(&"step-decided-by-deputy".to_owned()));

    let due = city.app.home(&kacho).await.unwrap().reviews;
    assert_eq!(due.iter().map(|(row, n)| (&row.id, *n)).collect::<Vec<_>>(), [(&id, 0)]);
    assert!(city.app.review(&hosa, &id, 0).await.is_err(), "not his own");
    city.app.review(&kacho, &id, 0).await.unwrap();
    assert_eq!(city.last_kind().await, "deputy-reviewed");
    assert!(city.app.home(&kacho).await.unwrap().reviews.is_empty());
    assert!(city.app.review(&kacho, &id, 0).await.is_err(), "once");
}

#[tokio::test]
async fn the_next_in_line_when_the_first_is_away_too_and_nobody_when_back() {
    let city = City::open().await;
    let id = city.inbound("c2", &["clean a"]).await;
    let kacho = city.at("kacho", "lgwan").await;
    let hosa = city.at("hosa", "lgwan").await;
    for actor in [&kacho, &hosa] {
        city.app.set_absence(actor, city.now(), city.now() + DAY, "休暇").await.unwrap();
    }
    let kakaricho = city.at("kakaricho", "lgwan").await;
    assert_eq!(city.app.home(&kakaricho).await.unwrap().to_decide.len(), 1);
    assert!(city.app.home(&hosa).await.unwrap().to_decide.is_empty());
    let absence = city.app.absences(&kacho).await.unwrap().remove(0);
    city.app.end_absence(&kacho, &absence.id).await.unwrap();
    assert!(city.app.home(&kakaricho).await.unwrap().to_decide.is_empty());
    assert!(city.decide(&kakaricho, &id, Verdict::Approve).await.is_err());
    city.decide(&kacho, &id, Verdict::Approve).await.unwrap();
    for (from, until, reason) in [(1, 1, "x"), (-2 * DAY, -DAY, "x"), (0, DAY, " "), (0, 367 * DAY, "x")]
        .map(|(f, u, r)| (city.now() + f, city.now() + u, r))
    {
        assert!(matches!(
            city.app.set_absence(&kacho, from, until, reason).await,
            Err(Error::Invalid { .. })
        ));
    }
}

#[tokio::test]
async fn a_step_that_nobody_decides_is_reminded_of_and_ends() {
    let city = City::open().await;
    let id = city.inbound("c2", &["clean a"]).await;
    city.pass(24 * HOUR);
    assert_eq!(city.app.tidy().await.unwrap().overdue, 0);
    city.pass(1);
    assert_eq!(city.app.tidy().await.unwrap().overdue, 1);
    assert_eq!(city.last_kind().await, "step-reminded");
    assert_eq!(city.app.tidy().await.unwrap().overdue, 0, "once");
    city.pass(14 * DAY);
    let kacho = city.at("kacho", "lgwan").await;
    let late = city.decide(&kacho, &id, Verdict::Approve).await;
    assert!(matches!(late, Err(Error::Refused(Refusal::Overdue))), "{late:?}");
    assert_eq!(city.app.tidy().await.unwrap().overdue, 1);
    assert_eq!(city.state(&id).await, State::Expired);
    assert!(city.kinds(id.as_str()).await.contains(&"transfer-expired".to_owned()));
}
