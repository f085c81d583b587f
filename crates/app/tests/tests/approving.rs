//! Approvals: what is decided, by whom, for whom, and until when.

use std::sync::atomic::Ordering;

use app::{Error, deciding::Ballot};
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
    let blind = city.app.decide(&kacho, &id, &Ballot::new(Verdict::Approve, "", &seen)).await;
    assert!(matches!(blind, Err(Error::Refused(Refusal::ContentChanged))), "{blind:?}");
    let t = city.stored(&id).await;
    assert_eq!((t.state, t.approval.round, t.approval.decisions.len()), (State::AwaitingApproval, 2, 0));
    city.decide(&kacho, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.state(&id).await, State::Ready);
}

/// Another classification is another mark and may be another treatment: the files go through the cell once more. Another
/// subject is not.
#[tokio::test]
async fn another_class_is_treated_again() {
    let city = City::open().await;
    let id = city.inbound("c2", &["clean a", "clean b"]).await;
    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro")];
    let rows =
        [("c2", State::AwaitingApproval, 2), ("c3", State::Sanitising, 4), ("c1", State::Sanitising, 6)];
    for (class, state, runs) in rows {
        city.app.pull_back(&hanako, &id).await.unwrap();
        city.app.resubmit(&hanako, &id, content(class, &to)).await.unwrap();
        assert_eq!(city.state(&id).await, state, "{class}");
        city.drain().await;
        assert_eq!(city.cell.runs.load(Ordering::SeqCst), runs, "{class}");
        if class != "c1" {
            assert_eq!(city.state(&id).await, State::AwaitingApproval, "{class}");
        }
    }
    let marks = city.cell.marks.lock().unwrap().clone();
    let label = |class: u32| Some(format!("機密性{class}"));
    assert_eq!(marks, [label(2), label(2), label(3), label(3), None, None]);
    assert_eq!(city.state(&id).await, State::Ready, "what anybody may read needs no approval here");
}

/// Nobody decides his own request: it is for the role above, as far up as it takes, and that is evidence.
#[tokio::test]
async fn the_own_request_of_an_only_approver_is_for_the_role_above() {
    let city = City::open().await;
    let id = two_persons(&city, "kacho").await;
    let (kacho, ciso) = (city.at("kacho", "lgwan").await, city.at("fukushicho", "lgwan").await);
    let own = city.decide(&kacho, &id, Verdict::Approve).await;
    assert!(matches!(own, Err(Error::Denied { .. })), "{own:?}");
    assert_eq!(city.last_kind().await, "access-denied");
    assert!(city.app.home(&kacho).await.unwrap().to_decide.is_empty());
    // The city has no director and no supervising officer, so the first step goes to the top.
    let step = &city.stored(&id).await.approval.route.steps[0];
    assert_eq!((step.role.as_str(), step.raised_from.as_deref()), ("ciso", Some("security-manager")));
    assert!(step.deputies.is_empty());
    assert_eq!(city.app.home(&ciso).await.unwrap().to_decide.len(), 1);
    city.decide(&ciso, &id, Verdict::Approve).await.unwrap();
    city.decide(&city.at("digital", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.state(&id).await, State::Ready);
    let raised: Vec<_> =
        city.evidence().await.into_iter().filter(|r| r.entry.kind == "step-raised").collect();
    let [raised] = &raised[..] else { panic!("{raised:?}") };
    assert!(raised.entry.statements.contains(&"base/decided-above".to_owned()));
    let said = String::from_utf8_lossy(&raised.entry.payload).into_owned();
    assert!(said.contains(r#""from":"security-manager""#) && said.contains(r#""to":"ciso""#), "{said}");
}

/// The nearest role above wins, and whoever decided an earlier step is not asked again.
#[tokio::test]
async fn a_step_goes_no_higher_than_it_must() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let give = |login, post, unit| city.app.give_post(&digital, city.id_of(login), post, unit);
    give("fukushi", "director", Some("citizens")).await.unwrap();
    let by_manager = two_persons(&city, "kacho").await;
    assert_eq!(city.stored(&by_manager).await.approval.route.steps[0].role, "security-officer");
    let director = city.at("fukushi", "lgwan").await;
    assert_eq!(city.app.home(&director).await.unwrap().to_decide.len(), 1);
    // One person in both roles: he decides the first step, so the second is for the role above it.
    city.app.give_post(&digital, &city.id("kacho"), "it-manager", Some("digital")).await.unwrap();
    city.app
        .end_post(&city.at("kacho", "lgwan").await, &city.id("digital"), "it-manager", Some("digital"))
        .await
        .unwrap();
    let id = two_persons(&city, "hanako").await;
    city.decide(&city.at("kacho", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    let step = &city.stored(&id).await.approval.route.steps[1];
    assert_eq!((step.role.as_str(), step.raised_from.as_deref()), ("ciso", Some("system-manager")));
    city.decide(&city.at("fukushicho", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.state(&id).await, State::Ready);
}

/// An approver who leaves while a step is open: with the reminder it is for the role above.
#[tokio::test]
async fn a_vacancy_that_comes_later_is_found_with_the_reminder() {
    let city = City::open().await;
    let id = city.inbound("c2", &["clean a"]).await;
    let digital = city.at("digital", "lgwan").await;
    city.app.end_post(&digital, &city.id("kacho"), "section-manager", Some("residents")).await.unwrap();
    assert_eq!(city.stored(&id).await.approval.route.steps[0].role, "security-manager");
    city.pass(24 * HOUR + 1);
    assert_eq!(city.app.tidy().await.unwrap().overdue, 1);
    assert_eq!(city.stored(&id).await.approval.route.steps[0].role, "ciso");
    assert!(city.kinds(id.as_str()).await.ends_with(&["step-raised".to_owned(), "step-reminded".to_owned()]));
    city.decide(&city.at("fukushicho", "lgwan").await, &id, Verdict::Approve).await.unwrap();
}

/// Nobody left up to the top: a new submission is refused at once, and one under way comes back.
#[tokio::test]
async fn what_nobody_may_decide_does_not_wait() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro")];
    let waiting = city.submit(&hanako, "internet-to-lgwan", content("c2", &to), &["clean a"]).await.unwrap();
    city.app.end_post(&digital, &city.id("kacho"), "section-manager", Some("residents")).await.unwrap();
    city.app.set_enabled(&digital, &city.id("fukushicho"), false).await.unwrap();
    city.drain().await;
    assert_eq!(city.state(&waiting).await, State::Returned);
    let kinds = city.kinds(waiting.as_str()).await;
    assert_eq!(kinds, ["transfer-submitted", "file-sanitised", "approver-missing"]);
    assert_eq!(city.app.home(&hanako).await.unwrap().with_me.len(), 1);
    let again = city.app.resubmit(&hanako, &waiting, content("c2", &to)).await;
    assert!(matches!(again, Err(Error::NoApprover { .. })), "{again:?}");
    let new = city.submit(&hanako, "internet-to-lgwan", content("c2", &to), &["clean b"]).await;
    assert!(matches!(new, Err(Error::NoApprover { ref role }) if role == "security-manager"), "{new:?}");
    let told = city.evidence().await.pop().unwrap().entry;
    assert_eq!(told.kind, "approver-missing");
    assert!(told.statements.contains(&"base/decided-above".to_owned()), "{:?}", told.statements);
    // Without an approval nobody is needed.
    city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["clean c"]).await.unwrap();
    // The vacancy is filled.
    city.pass(HOUR);
    city.app.give_post(&digital, &city.id("kacho"), "section-manager", Some("residents")).await.unwrap();
    city.app.resubmit(&hanako, &waiting, content("c2", &to)).await.unwrap();
    assert_eq!(city.state(&waiting).await, State::AwaitingApproval);
}

/// The list of what waits for a person holds exactly what he may decide, whatever posts are held and whoever is away.
#[tokio::test]
async fn the_list_to_decide_is_what_may_be_decided() {
    const PEOPLE: [&str; 8] =
        ["hanako", "kacho", "hosa", "kakaricho", "fukushi", "digital", "tanto", "fukushicho"];
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let give = |login, post, unit| city.app.give_post(&digital, city.id_of(login), post, unit);
    give("tanto", "director", Some("citizens")).await.unwrap();
    give("fukushi", "chief", Some("residents")).await.unwrap();
    give("hosa", "section-manager", Some("welfare")).await.unwrap();
    let mut ids = Vec::new();
    for by in ["hanako", "kacho", "fukushi", "digital", "hosa"] {
        ids.push(two_persons(&city, by).await);
    }
    ids.push(city.inbound("c2", &["clean a"]).await);
    let mut seen = 0;
    for away in [&[][..], &["kacho"], &["kacho", "hosa"], &["kacho", "digital", "fukushi"]] {
        let mut absences = Vec::new();
        for login in away {
            let actor = city.at(login, "lgwan").await;
            city.app.set_absence(&actor, city.now(), city.now() + HOUR, "出張").await.unwrap();
            absences.push((*login, city.app.absences(&actor).await.unwrap().remove(0).id));
        }
        for login in PEOPLE {
            let actor = city.at(login, "lgwan").await;
            let page = app::model::PageRequest::default();
            let listed = city.app.transfers(&actor, app::transfers::Tray::ToDecide, &[], page).await.unwrap();
            let mut listed: Vec<_> = listed.rows.into_iter().map(|r| r.id).collect();
            let mut may = Vec::new();
            for id in &ids {
                if let Ok(detail) = city.app.transfer(&actor, id).await
                    && (detail.may.decide || detail.may.decide_for.is_some())
                {
                    may.push(id.clone());
                }
            }
            listed.sort();
            may.sort();
            assert_eq!(listed, may, "{login} while {away:?} are away");
            seen += may.len();
        }
        for (login, id) in absences {
            city.app.end_absence(&city.at(login, "lgwan").await, &id).await.unwrap();
        }
        // The first step of one is decided, so that second steps are seen as well.
        let kacho = city.at("kacho", "lgwan").await;
        let _may_be_decided = city.decide(&kacho, &ids[0], Verdict::Approve).await;
    }
    assert!(seen > 20, "a list of nothing proves nothing: {seen}");
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
        let refused =
            city.app.decide(&actor, &id, &Ballot::new(Verdict::Approve, "", &hash)).await.unwrap_err();
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
    // His page says so before he tries; that of others does not.
    for (actor, may) in [
        (&weak, (false, true)),
        (&city.at("digital", "lgwan").await, (true, false)),
        (&city.at("hanako", "lgwan").await, (false, false)),
    ] {
        let shown = city.app.transfer(actor, &id).await.unwrap().may;
        assert_eq!((shown.decide, shown.decide_after_factor), may, "{}", actor.user().login);
    }
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
    assert_eq!(t.approval.decisions.len(), 1);
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
    assert_eq!(
        (t.state, t.approval.round, t.approval.step),
        (State::AwaitingApproval, 2, 0),
        "the first step decides again"
    );
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
    let wordless = city.app.decide(&kacho, &rejected, &Ballot::new(Verdict::Reject, " ", &seen)).await;
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
            city.app
                .decide(&kacho, &id, &Ballot::new(Verdict::Approve, "", &before.content_hash()))
                .await
                .is_err()
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
    let present = city
        .app
        .decide(
            &hosa,
            &id,
            &Ballot { stands_in_for: Some(&holder), ..Ballot::new(Verdict::Approve, "", &hash) },
        )
        .await;
    assert!(present.is_err(), "the holder is there");
    city.app.set_absence(&kacho, city.now(), city.now() + 3 * DAY, "出張").await.unwrap();
    let out_of_line = city
        .app
        .decide(
            &kakaricho,
            &id,
            &Ballot { stands_in_for: Some(&holder), ..Ballot::new(Verdict::Approve, "", &hash) },
        )
        .await;
    assert!(out_of_line.is_err(), "the assistant manager comes first");
    assert!(city.app.home(&kakaricho).await.unwrap().to_decide.is_empty());
    let for_nobody = city.app.decide(&hosa, &id, &Ballot::new(Verdict::Approve, "", &hash)).await;
    assert!(for_nobody.is_err(), "a deputy says for whom");
    let for_another = city
        .app
        .decide(
            &hosa,
            &id,
            &Ballot { stands_in_for: Some(&city.id("digital")), ..Ballot::new(Verdict::Approve, "", &hash) },
        )
        .await;
    assert!(for_another.is_err());
    assert_eq!(city.app.home(&hosa).await.unwrap().to_decide.len(), 1);
    city.decide(&hosa, &id, Verdict::Approve).await.unwrap();
    let t = city.stored(&id).await;
    assert_eq!(t.state, State::Ready);
    assert_eq!(t.approval.decisions[0].on_behalf_of, Some(holder));
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
