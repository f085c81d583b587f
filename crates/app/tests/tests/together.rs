//! Steps that are decided side by side (合議), steps that go on to others when nobody decides, and who can decide now.

use app::model::PageRequest;
use app::{
    Error,
    requests::{RequestBallot, RequestTray},
};
use workflow::{request::State, route::Verdict};

use crate::{city::City, requests::answers};
use test_city::doubles::{DAY, HOUR};

/// A form that two departments and the systems decide side by side, and then the CISO.
const JOINT: &str = r#"
[[request]]
id = "joint"
title = "合議の申請"
description = "二つの部と情報システム管理者が並んで決裁する。"
group = "試験"
permit = "none"
statements = ["base/system-manager-duty"]

[[request.field]]
id = "what"
title = "内容"
type = "text"
required = true

[[request.step]]
id = "manager"
title = "所属長"
approver = "security-manager"
scope = "section"
deadline_hours = 24
parallel = "round"
deputies = ["assistant-manager"]

[[request.step]]
id = "system"
title = "情報システム管理者"
approver = "system-manager"
scope = "city"
deadline_hours = 48
parallel = "round"
remind_days = [1]
escalations = [{ after_days = 2, to = "supervising-officer" }, { after_days = 4, to = "ciso" }]

[[request.step]]
id = "ciso"
title = "CISO"
approver = "ciso"
scope = "city"
deadline_hours = 24
"#;

/// A step that nobody decides goes on to others. The house is governed anew for it: its form is not of the city.
pub(crate) async fn tour(city: &mut City) {
    city.govern(JOINT);
    let hanako = city.at("hanako", "lgwan").await;
    city.apply(&hanako, "joint", answers(&[("what", "網の変更")])).await.unwrap();
    for _ in 0..2 {
        city.pass(3 * DAY);
        city.tidy_all().await;
    }
}

async fn city() -> City {
    let mut city = City::open_with(JOINT).await;
    city.settle(&[("somu", "general-affairs", "general-affairs-director", Some("general-affairs"))]).await;
    city
}

async fn trays(city: &City, login: &str) -> usize {
    let actor = city.at(login, "lgwan").await;
    let page = PageRequest { after: None, limit: 10 };
    city.app.requests(&actor, RequestTray::ToDecide, page).await.unwrap().rows.len()
}

#[tokio::test]
async fn side_by_side_in_any_order_and_all_must_agree() {
    for order in [["kacho", "digital"], ["digital", "kacho"]] {
        let city = city().await;
        let hanako = city.at("hanako", "lgwan").await;
        let id = city.apply(&hanako, "joint", answers(&[("what", "網の変更")])).await.unwrap();
        let open =
            |r: &workflow::request::Request| r.open_steps().iter().map(|(i, _)| *i).collect::<Vec<_>>();
        assert_eq!(open(&city.stored_request(&id).await), [0, 1]);
        for login in order {
            assert_eq!(trays(&city, login).await, 1, "{login}");
        }
        assert_eq!(trays(&city, "fukushicho").await, 0, "its turn has not come");
        let early = city.say(&city.at("fukushicho", "lgwan").await, &id, Verdict::Approve).await;
        assert!(matches!(early, Err(Error::Denied { .. })), "{early:?}");

        let [first, second] = order;
        let actor = city.at(first, "lgwan").await;
        let seen = city.app.request(&actor, &id).await.unwrap();
        let mine = usize::from(first == "digital");
        assert_eq!(seen.may.decide_at, [mine]);
        // The other step is not his.
        let hash = seen.content_hash.clone();
        let wrong = RequestBallot {
            verdict: Verdict::Approve,
            comment: "",
            seen_hash: &hash,
            stands_in_for: None,
            step: Some(1 - mine),
        };
        let refused = city.app.decide_request(&actor, &id, &wrong).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "step", .. })), "{refused:?}");
        city.say(&actor, &id, Verdict::Approve).await.unwrap();
        assert_eq!(open(&city.stored_request(&id).await), [1 - mine]);
        assert_eq!((trays(&city, first).await, trays(&city, second).await), (0, 1));
        let again = city.say(&actor, &id, Verdict::Approve).await;
        assert!(matches!(again, Err(Error::Denied { .. })), "{again:?}");
        city.say(&city.at(second, "lgwan").await, &id, Verdict::Approve).await.unwrap();
        city.say(&city.at("fukushicho", "lgwan").await, &id, Verdict::Approve).await.unwrap();
        assert_eq!(city.stored_request(&id).await.state, State::Approved);
        city.verify().await;
    }
}

#[tokio::test]
async fn who_sends_it_back_does_so_for_all() {
    let city = city().await;
    let hanako = city.at("hanako", "lgwan").await;
    let id = city.apply(&hanako, "joint", answers(&[("what", "網の変更")])).await.unwrap();
    city.say(&city.at("digital", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    city.say(&city.at("kacho", "lgwan").await, &id, Verdict::Return).await.unwrap();
    assert_eq!(city.stored_request(&id).await.state, State::Returned);
    for login in ["kacho", "digital"] {
        assert_eq!(trays(&city, login).await, 0, "{login}");
    }
    let again = answers(&[("what", "網の変更(直した)")]);
    city.app.resubmit_request(&hanako, &id, &again, Vec::new(), &[]).await.unwrap();
    let stored = city.stored_request(&id).await;
    assert_eq!(stored.open_steps().len(), 2, "all are asked again");
    let said: Vec<_> = stored.approval.decisions.iter().map(|d| (d.round, d.step, d.verdict)).collect();
    assert_eq!(said, [(1, 1, Verdict::Approve), (1, 0, Verdict::Return)], "and what each said is kept");
}

#[tokio::test]
async fn the_page_says_who_can_decide_now() {
    let city = city().await;
    let hanako = city.at("hanako", "lgwan").await;
    let id = city.apply(&hanako, "joint", answers(&[("what", "網の変更")])).await.unwrap();
    let kacho = city.at("kacho", "lgwan").await;
    let until = city.now() + 3 * DAY;
    let away = city.app.set_absence(&kacho, city.now(), until, "出張").await;
    away.unwrap();
    city.pass(1);
    let waiting = city.app.request(&hanako, &id).await.unwrap().waiting;
    let told: Vec<_> = waiting
        .iter()
        .map(|w| {
            let people: Vec<_> = w.people.iter().map(|p| (p.name.as_str(), p.away_until.is_some())).collect();
            (w.step, w.title.as_str(), people, w.deputies.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(
        told,
        [
            (0, "所属長", vec![("kachoさん", true)], vec!["hosaさん"]),
            (1, "情報システム管理者", vec![("digitalさん", false)], vec![]),
        ]
    );
    assert!(waiting.iter().all(|w| w.together && w.escalated.is_empty()));
    // The deputy decides the step that he stands in at, and not the other one.
    let hosa = city.at("hosa", "lgwan").await;
    assert_eq!(city.app.request(&hosa, &id).await.unwrap().may.decide_for_at, Some(0));
    city.say(&hosa, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.stored_request(&id).await.approval.decisions[0].step, 0);
}

#[tokio::test]
async fn what_nobody_decides_goes_on_to_others_with_evidence() {
    let city = city().await;
    let hanako = city.at("hanako", "lgwan").await;
    let id = city.apply(&hanako, "joint", answers(&[("what", "網の変更")])).await.unwrap();
    let tidied = async |time| {
        city.pass(time);
        city.app.tidy().await.unwrap().overdue
    };
    // The manager's step is due after a day, the reminder of the systems' one comes then as well.
    assert_eq!(tidied(24 * HOUR - 1).await, 0);
    assert_eq!(tidied(2).await, 1);
    assert_eq!(city.app.tidy().await.unwrap().overdue, 0, "once");
    assert_eq!(tidied(24 * HOUR).await, 1, "the systems' one is due");
    assert_eq!(trays(&city, "somu").await, 0);
    assert_eq!(tidied(2 * DAY).await, 1);
    assert_eq!(city.last_kind().await, "step-escalated");
    assert_eq!(trays(&city, "somu").await, 1, "who is above may decide as well");
    assert_eq!(trays(&city, "digital").await, 1, "and who was asked still may");
    let hanako = city.at("hanako", "lgwan").await;
    let waiting = city.app.request(&hanako, &id).await.unwrap().waiting;
    assert_eq!(waiting[1].escalated, ["統括情報セキュリティ責任者"]);
    assert_eq!(waiting[1].people.len(), 2);
    city.say(&city.at("somu", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.stored_request(&id).await.approval.decisions[0].step, 1);
    city.verify().await;
}

#[tokio::test]
async fn an_approver_who_left_does_not_hold_it_up() {
    let city = city().await;
    let hanako = city.at("hanako", "lgwan").await;
    let id = city.apply(&hanako, "joint", answers(&[("what", "網の変更")])).await.unwrap();
    let admin = city.at("digital", "lgwan").await;
    city.app.set_enabled(&admin, city.id_of("kacho"), false).await.unwrap();
    let waiting = city.app.request(&hanako, &id).await.unwrap().waiting;
    assert!(waiting[0].people.is_empty(), "the page says that nobody can");
    // With the next reminder it goes to the role above that somebody holds.
    city.pass(25 * HOUR);
    city.app.tidy().await.unwrap();
    let stored = city.stored_request(&id).await;
    assert_eq!(stored.approval.route.steps[0].role, "supervising-officer");
    let hanako = city.at("hanako", "lgwan").await;
    let waiting = city.app.request(&hanako, &id).await.unwrap().waiting;
    assert_eq!(waiting[0].people.len(), 1);
    let kinds = city.kinds(id.as_str()).await;
    assert!(kinds.contains(&"step-raised".to_owned()), "{kinds:?}");
}

/// Whoever decided one of the steps may not decide the other: where nobody else is left, it goes up at once.
#[tokio::test]
async fn one_person_in_two_roles_decides_once() {
    let twice = JOINT.replace(
        "approver = \"security-manager\"\nscope = \"section\"",
        "approver = \"system-manager\"\nscope = \"city\"",
    );
    let mut city = City::open_with(&twice).await;
    city.settle(&[("somu", "general-affairs", "general-affairs-director", Some("general-affairs"))]).await;
    let hanako = city.at("hanako", "lgwan").await;
    let id = city.apply(&hanako, "joint", answers(&[("what", "網の変更")])).await.unwrap();
    let digital = city.at("digital", "lgwan").await;
    assert_eq!(city.app.request(&digital, &id).await.unwrap().may.decide_at, [0, 1]);
    city.say(&digital, &id, Verdict::Approve).await.unwrap();
    let stored = city.stored_request(&id).await;
    let open = stored.open_step().unwrap();
    assert_eq!(
        (open.role.as_str(), open.raised_from.as_deref()),
        ("supervising-officer", Some("system-manager"))
    );
    city.say(&city.at("somu", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    assert_eq!(trays(&city, "fukushicho").await, 1);
}
