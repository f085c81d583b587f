//! Requests from the form to the permit, and everything that is refused on the way.

use std::collections::BTreeMap;

use app::{
    Error,
    actor::Actor,
    model::PageRequest,
    ports::BlobStore as _,
    requests::{NewRequest, RequestBallot, RequestTray, store::RequestStore as _},
    uploads::UploadedFile,
};
use workflow::{
    id::RequestId,
    request::{Refusal, Request, Standing, State},
    route::{self, Verdict},
};

use crate::city::City;
use test_city::doubles::{DAY, HOUR};

pub(crate) fn answers(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

/// A form for taking a computer out for two days, from today, a Tuesday.
fn take_out() -> BTreeMap<String, String> {
    answers(&[
        ("what", "申請書の控え"),
        ("kind", "書類"),
        ("quantity", "1"),
        ("place", "支所"),
        ("carrier", "hanako"),
        ("from", "2026-11-24"),
        ("until", "2026-11-25"),
        ("purpose", "出張窓口のため"),
    ])
}

fn exception() -> BTreeMap<String, String> {
    answers(&[
        ("clause", "5(1) 端末の固定"),
        ("reason", "工事の間"),
        ("instead", "鍵のかかる部屋"),
        ("from", "2026-11-24"),
        ("until", "2026-12-24"),
    ])
}

impl City {
    pub(crate) async fn apply(
        &self,
        actor: &Actor,
        form: &str,
        answers: BTreeMap<String, String>,
    ) -> app::Result<RequestId> {
        self.apply_with(actor, form, answers, Vec::new()).await
    }

    pub(crate) async fn apply_with(
        &self,
        actor: &Actor,
        form: &str,
        answers: BTreeMap<String, String>,
        attachments: Vec<UploadedFile>,
    ) -> app::Result<RequestId> {
        let app = self.app.current();
        let submission = app.submission_key();
        app.apply(actor, NewRequest { submission, form: form.to_owned(), answers, attachments }).await
    }

    /// Looks at a request and decides what was seen.
    pub(crate) async fn say(&self, actor: &Actor, id: &RequestId, verdict: Verdict) -> app::Result<()> {
        let app = self.app.current();
        let seen = app.request(actor, id).await?;
        let ballot = RequestBallot {
            verdict,
            comment: "確認しました",
            seen_hash: &seen.content_hash,
            stands_in_for: seen.may.decide_for.as_ref(),
            step: None,
        };
        app.decide_request(actor, id, &ballot).await
    }

    pub(crate) async fn stored_request(&self, id: &RequestId) -> Request {
        self.store.real.request(id).await.unwrap().unwrap()
    }
}

fn problems(result: app::Result<RequestId>) -> Vec<(String, &'static str)> {
    match result {
        Err(Error::Form(problems)) => problems.into_iter().map(|p| (p.field, p.problem)).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_taken_out_is_permitted_by_two_and_given_back() {
    let city = City::open().await;
    // Before he has a second factor: a session that lacks it, not one that waits for a code.
    let opened = city.login("digital", "lgwan").await;
    let weak = city.app.resume(&crate::city::door("lgwan"), &opened.secret).await.unwrap();
    let (hanako, taro) = (city.at("hanako", "lgwan").await, city.at("taro", "lgwan").await);
    let (kacho, digital) = (city.at("kacho", "lgwan").await, city.at("digital", "lgwan").await);
    let id = city.apply(&hanako, "take-out", take_out()).await.unwrap();

    // Nobody decides his own, a colleague does not see it, and the order of the steps holds.
    let own = city.say(&hanako, &id, Verdict::Approve).await;
    assert!(matches!(own, Err(Error::Denied { .. })), "{own:?}");
    assert!(matches!(city.app.request(&taro, &id).await, Err(Error::NotFound)));
    let early = city.say(&digital, &id, Verdict::Approve).await;
    assert!(matches!(early, Err(Error::Denied { reason: "role-missing", .. })), "{early:?}");
    city.say(&kacho, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.stored_request(&id).await.state, State::Waiting);
    // Without a second factor his page offers no decision, and says so.
    for (actor, may) in [(&weak, (false, true)), (&digital, (true, false)), (&hanako, (false, false))] {
        let shown = city.app.request(actor, &id).await.unwrap().may;
        assert_eq!((shown.decide, shown.decide_after_factor), may, "{}", actor.user().login);
    }
    city.say(&digital, &id, Verdict::Approve).await.unwrap();

    let seen = city.app.request(&hanako, &id).await.unwrap();
    assert_eq!((seen.request.state, seen.standing), (State::Approved, Some(Standing::InForce)));
    assert!(seen.may.give_back && !seen.may.revoke && !seen.may.withdraw);
    assert!(city.app.request(&kacho, &id).await.unwrap().may.revoke);
    city.pass(DAY);
    assert_eq!(city.app.request(&hanako, &id).await.unwrap().standing, Some(Standing::ReturnDue));
    assert_eq!(city.app.requests_at_home(&hanako).await.unwrap().to_give_back.len(), 1);
    // The head of the section may, for who left cannot; whoever else decided may not.
    assert!(city.app.request(&kacho, &id).await.unwrap().may.give_back);
    let other = city.app.give_back(&digital, &id).await;
    assert!(matches!(other, Err(Error::Denied { .. })), "{other:?}");
    city.app.give_back(&hanako, &id).await.unwrap();
    assert!(city.app.give_back(&hanako, &id).await.is_err(), "once");
    assert_eq!(city.app.request(&hanako, &id).await.unwrap().standing, Some(Standing::Returned));

    // Evidence, each for the statements that ask for it and for no other form's.
    let rows = city.evidence().await;
    let about: Vec<_> = rows.iter().filter(|r| r.entry.subject_id == id.as_str()).collect();
    let kinds: Vec<&str> = about.iter().map(|r| r.entry.kind.as_str()).collect();
    let expected = [
        "request-submitted",
        "step-opened",
        "access-denied",
        "access-denied",
        "step-decided",
        "step-opened",
        "step-decided",
        "request-approved",
        "access-denied",
        "permit-returned",
    ];
    // What the rights refuse is evidence too; the second return was refused by the permit.
    assert_eq!(kinds, expected);
    let of = |kind: &str| about.iter().find(|r| r.entry.kind == kind).unwrap().entry.statements.clone();
    let submitted = of("request-submitted");
    assert!(submitted.contains(&"base/take-out-permitted".to_owned()), "{submitted:?}");
    assert!(!submitted.contains(&"base/exception-permitted".to_owned()), "of another form");
    assert!(of("permit-returned").contains(&"base/take-out-recorded".to_owned()));
    let decided = of("step-decided");
    assert!(decided.contains(&"base/transport-permitted".to_owned()), "{decided:?}");
    assert!(!decided.contains(&"base/classified-inbound".to_owned()), "a channel had no part in it");
    city.verify().await;
}

#[tokio::test]
async fn a_form_says_everything_that_is_wrong_at_once() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let with = |base: &BTreeMap<String, String>, changes: &[(&str, &str)]| {
        let mut all = base.clone();
        all.extend(answers(changes));
        all
    };
    let long = "あ".repeat(201);
    for (form, filled, expected) in [
        ("take-out", with(&take_out(), &[("what", " ")]), vec![("what", "empty")]),
        ("take-out", with(&take_out(), &[("what", &long)]), vec![("what", "too-long")]),
        ("take-out", with(&take_out(), &[("what", "一\n二")]), vec![("what", "not-allowed")]),
        ("take-out", with(&take_out(), &[("kind", "自動車")]), vec![("kind", "not-allowed")]),
        ("take-out", with(&take_out(), &[("quantity", "一")]), vec![("quantity", "not-a-number")]),
        ("take-out", with(&take_out(), &[("quantity", "-1")]), vec![("quantity", "not-a-number")]),
        ("take-out", with(&take_out(), &[("carrier", "nobody")]), vec![("carrier", "unknown")]),
        ("take-out", with(&take_out(), &[("from", "2026-11-23")]), vec![("from", "past")]),
        ("take-out", with(&take_out(), &[("from", "2026-11-31")]), vec![("from", "no-date")]),
        ("take-out", with(&take_out(), &[("until", "2026-11-23")]), vec![("until", "before-from")]),
        (
            "take-out",
            BTreeMap::new(),
            ["what", "kind", "quantity", "place", "carrier", "from", "until", "purpose"]
                .map(|f| (f, "empty"))
                .to_vec(),
        ),
        ("exception", with(&exception(), &[("until", "2027-11-24")]), vec![("until", "too-long-period")]),
        (
            "emergency-exception",
            answers(&[("clause", "a"), ("done", "2026-11-25"), ("what", "b"), ("reason", "c")]),
            vec![("done", "future")],
        ),
    ] {
        let before = city.evidence().await.len();
        let found = problems(city.apply(&hanako, form, filled).await);
        let expected: Vec<_> = expected.into_iter().map(|(f, p)| (f.to_owned(), p)).collect();
        assert_eq!(found, expected, "{form}");
        assert_eq!(city.evidence().await.len(), before, "a form that was not taken leaves nothing");
    }
    // The longest exception there is, and full-width digits.
    city.apply(&hanako, "exception", with(&exception(), &[("until", "2027-11-23")])).await.unwrap();
    let id = city.apply(&hanako, "take-out", with(&take_out(), &[("quantity", "１２")])).await.unwrap();
    assert_eq!(city.stored_request(&id).await.answer("quantity"), Some("12"));
    assert!(matches!(city.apply(&hanako, "no-such", BTreeMap::new()).await, Err(Error::NotFound)));
    let of_transfers = city.apply(&hanako, "transfer-in", BTreeMap::new()).await;
    assert!(matches!(of_transfers, Err(Error::NotFound)), "such a form belongs to a transfer");
    let kansa = city.at("kansa", "lgwan").await;
    let audits = city.apply(&kansa, "take-out", take_out()).await;
    assert!(matches!(audits, Err(Error::Denied { reason: "read-only", .. })), "{audits:?}");
}

#[tokio::test]
async fn fields_that_are_not_asked_are_not_kept() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    for _ in 0..2 {
        crate::rows::add(&city, "media", &[]).await;
    }
    let id = |kind: &'static str, encrypted: &'static str, medium: &'static str| {
        let mut filled = take_out();
        filled.extend(answers(&[("kind", kind), ("encrypted", encrypted), ("medium", medium)]));
        city.apply(&hanako, "take-out", filled)
    };
    let medium = id("電磁的記録媒体", "true", "M-0001").await.unwrap();
    assert_eq!(city.stored_request(&medium).await.answer("encrypted"), Some("true"));
    let unticked = id("電磁的記録媒体", "", "M-0002").await.unwrap();
    assert_eq!(city.stored_request(&unticked).await.answer("encrypted"), Some("false"));
    let paper = id("書類", "true", "M-0001").await.unwrap();
    assert_eq!(city.stored_request(&paper).await.answer("encrypted"), None);

    let mut provision = answers(&[
        ("what", "統計"),
        ("recipient", "県"),
        ("protection", "その他"),
        ("from", "2026-11-24"),
        ("until", "2026-11-24"),
        ("purpose", "照会への回答"),
    ]);
    let missing = problems(city.apply(&hanako, "provision", provision.clone()).await);
    assert_eq!(missing, [("protection-other".to_owned(), "empty")], "asked, so it must be filled");
    provision.insert("protection".to_owned(), "封をして手渡す".to_owned());
    city.apply(&hanako, "provision", provision).await.unwrap();
}

#[tokio::test]
async fn a_return_is_changed_and_decided_anew() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let (kacho, digital) = (city.at("kacho", "lgwan").await, city.at("digital", "lgwan").await);
    let id = city.apply(&hanako, "take-out", take_out()).await.unwrap();
    let stale = city.app.request(&kacho, &id).await.unwrap().content_hash;
    let silent = RequestBallot {
        verdict: Verdict::Return,
        comment: " ",
        seen_hash: &stale,
        stands_in_for: None,
        step: None,
    };
    let refused = city.app.decide_request(&kacho, &id, &silent).await;
    let comment = Refusal::Approval(route::Refusal::Comment);
    assert!(matches!(&refused, Err(Error::RequestRefused(r)) if *r == comment), "{refused:?}");
    city.say(&kacho, &id, Verdict::Return).await.unwrap();
    assert_eq!(city.app.requests_at_home(&hanako).await.unwrap().with_me.len(), 1);
    let mut changed = take_out();
    changed.insert("place".to_owned(), "本庁舎".to_owned());
    let by_another = city.app.resubmit_request(&kacho, &id, &changed, Vec::new(), &[]).await;
    assert!(by_another.is_err());
    city.app.resubmit_request(&hanako, &id, &changed, Vec::new(), &[]).await.unwrap();
    // What was seen before is not what there is now.
    let old = RequestBallot {
        verdict: Verdict::Approve,
        comment: "",
        seen_hash: &stale,
        stands_in_for: None,
        step: None,
    };
    let refused = city.app.decide_request(&kacho, &id, &old).await;
    let content = Refusal::Approval(route::Refusal::ContentChanged);
    assert!(matches!(&refused, Err(Error::RequestRefused(r)) if *r == content), "{refused:?}");
    city.say(&kacho, &id, Verdict::Approve).await.unwrap();

    city.app.pull_back_request(&hanako, &id).await.unwrap();
    assert!(city.say(&digital, &id, Verdict::Approve).await.is_err(), "it is with the applicant");
    city.app.resubmit_request(&hanako, &id, &changed, Vec::new(), &[]).await.unwrap();
    let r = city.stored_request(&id).await;
    assert_eq!((r.approval.round, r.approval.step, r.approval.decisions.len()), (3, 0, 2));
    city.say(&kacho, &id, Verdict::Reject).await.unwrap();
    assert!(city.app.withdraw_request(&hanako, &id).await.is_err(), "it has ended");
    let other = city.apply(&hanako, "take-out", take_out()).await.unwrap();
    city.app.withdraw_request(&hanako, &other).await.unwrap();
    assert_eq!(city.stored_request(&other).await.state, State::Withdrawn);
    city.verify().await;
}

#[tokio::test]
async fn a_deputy_decides_for_who_is_away_and_it_is_reviewed() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let (kacho, hosa) = (city.at("kacho", "lgwan").await, city.at("hosa", "lgwan").await);
    let id = city.apply(&hanako, "take-out", take_out()).await.unwrap();
    assert!(matches!(city.app.request(&hosa, &id).await, Err(Error::NotFound)), "nobody is away");
    city.app.set_absence(&kacho, city.now(), city.now() + DAY, "出張").await.unwrap();
    let waiting = city.app.requests(&hosa, RequestTray::ToDecide, PageRequest::default()).await.unwrap();
    assert_eq!(waiting.rows.len(), 1);
    city.say(&hosa, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.app.requests_at_home(&kacho).await.unwrap().reviews.len(), 1);
    assert_eq!(city.app.request(&kacho, &id).await.unwrap().may.review, [0]);
    city.app.review_request(&kacho, &id, 0).await.unwrap();
    assert!(city.app.review_request(&kacho, &id, 0).await.is_err(), "once");
    let kinds = city.kinds(id.as_str()).await;
    assert!(
        kinds.contains(&"step-decided-by-deputy".to_owned()) && kinds.contains(&"deputy-reviewed".to_owned())
    );
}

#[tokio::test]
async fn time_reminds_ends_and_notes_what_is_overdue() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let forgotten = city.apply(&hanako, "exception", exception()).await.unwrap();
    city.pass(24 * HOUR + 1);
    assert_eq!(city.app.tidy().await.unwrap().overdue, 1);
    assert_eq!(city.app.tidy().await.unwrap().overdue, 0, "reminded once");
    city.pass(15 * DAY);
    assert_eq!(city.app.tidy().await.unwrap().overdue, 1);
    assert_eq!(city.stored_request(&forgotten).await.state, State::Expired);

    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let taken = city.apply(&hanako, "take-out", take_out()).await.unwrap();
    for login in ["kacho", "digital"] {
        city.say(&city.at(login, "lgwan").await, &taken, Verdict::Approve).await.unwrap();
    }
    city.pass(2 * DAY);
    assert_eq!(city.app.tidy().await.unwrap().overdue, 1);
    assert_eq!(city.app.tidy().await.unwrap().overdue, 0, "noted once");
    assert_eq!(city.last_kind().await, "permit-overdue");
    let hanako = city.at("hanako", "lgwan").await;
    assert_eq!(city.app.request(&hanako, &taken).await.unwrap().standing, Some(Standing::Overdue));
    city.app.give_back(&hanako, &taken).await.unwrap();

    // An exception is taken back before its end.
    let mut filled = exception();
    filled.insert("from".to_owned(), "2026-11-27".to_owned());
    let id = city.apply(&hanako, "exception", filled).await.unwrap();
    for login in ["kacho", "fukushicho"] {
        city.say(&city.at(login, "lgwan").await, &id, Verdict::Approve).await.unwrap();
    }
    let kacho = city.at("kacho", "lgwan").await;
    assert!(city.app.revoke_permit(&kacho, &id, "").await.is_err(), "a reason is needed");
    assert!(city.app.revoke_permit(&hanako, &id, "要らない").await.is_err(), "not by the applicant");
    city.app.revoke_permit(&kacho, &id, "工事が終わった").await.unwrap();
    assert_eq!(city.app.request(&hanako, &id).await.unwrap().standing, Some(Standing::Revoked));
    city.verify().await;
}

#[tokio::test]
async fn an_emergency_is_reported_with_a_clock() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let filled = |done: &str| {
        answers(&[("clause", "13(2)"), ("done", done), ("what", "回線を切った"), ("reason", "感染の疑い")])
    };
    // Now it is three in the afternoon of the 24th; 24 hours from the end of the 22nd have passed.
    for (done, late) in [("2026-11-24", None), ("2026-11-23", None), ("2026-11-22", Some(15 * HOUR))] {
        let id = city.apply(&hanako, "emergency-exception", filled(done)).await.unwrap();
        assert_eq!(city.stored_request(&id).await.content.late_by, late, "{done}");
    }
}

#[tokio::test]
async fn attachments_stay_in_their_zone() {
    use tokio::io::AsyncReadExt as _;
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let upload = |zone: &'static str| {
        let city = &city;
        async move {
            let actor = city.at("hanako", zone).await;
            let mut upload = city.app.begin_attachment(&actor, "take-out", "見積.pdf").await.unwrap();
            upload.write(b"untrusted bytes").await.unwrap();
            upload.finish().await.unwrap()
        }
    };
    let id = city.apply_with(&hanako, "take-out", take_out(), vec![upload("lgwan").await]).await.unwrap();
    let file = city.stored_request(&id).await.content.attachments[0].id.clone();
    let kacho = city.at("kacho", "lgwan").await;
    let mut opened = city.app.open_attachment(&kacho, &id, &file).await.unwrap();
    let mut bytes = Vec::new();
    opened.reader.read_to_end(&mut bytes).await.unwrap();
    assert_eq!((opened.name.as_str(), bytes.as_slice()), ("見積.pdf", &b"untrusted bytes"[..]));
    // Elsewhere there is neither the file nor the request, for nobody.
    for login in ["hanako", "kacho", "fukushicho"] {
        let elsewhere = city.at(login, "internet").await;
        let opened = city.app.open_attachment(&elsewhere, &id, &file).await;
        assert!(matches!(opened, Err(Error::NotFound)), "{login}");
        assert!(matches!(city.app.request(&elsewhere, &id).await, Err(Error::NotFound)));
        let rows = city.app.requests(&elsewhere, RequestTray::Mine, PageRequest::default()).await.unwrap();
        assert_eq!(rows.rows, []);
    }
    let taro = city.at("taro", "lgwan").await;
    assert!(matches!(city.app.open_attachment(&taro, &id, &file).await, Err(Error::NotFound)));

    // A file of another zone is not taken, and nothing is left of it; nor of a form that is refused.
    let from_outside = upload("internet").await;
    let found = problems(city.apply_with(&hanako, "take-out", take_out(), vec![from_outside]).await);
    assert_eq!(found, [("attachments".to_owned(), "not-allowed")]);
    let mut broken = take_out();
    broken.remove("what");
    let other = upload("lgwan").await;
    problems(city.apply_with(&hanako, "take-out", broken, vec![other]).await);
    assert_eq!(city.blobs.count().await, 1, "the same bytes are still used by the first");
    let taken = city.app.begin_attachment(&hanako, "parameter-change", "x.pdf").await;
    assert!(taken.is_ok(), "a form that takes files");
    // Taken off when it is handed in again, it is erased.
    city.app.pull_back_request(&hanako, &id).await.unwrap();
    city.app.resubmit_request(&hanako, &id, &take_out(), Vec::new(), &[file]).await.unwrap();
    assert_eq!(city.blobs.count().await, 0);
    let zone = workflow::id::ZoneId::new("lgwan");
    assert!(city.blobs.list(&zone, 0).await.unwrap().is_empty());
}

#[tokio::test]
async fn lists_show_what_may_be_seen() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    for _ in 0..3 {
        city.apply(&hanako, "take-out", take_out()).await.unwrap();
    }
    let count = |login: &'static str, tray| {
        let city = &city;
        async move {
            let actor = city.at(login, "lgwan").await;
            let mut rows = 0;
            let mut page = PageRequest { after: None, limit: 2 };
            loop {
                let part = city.app.requests(&actor, tray, page.clone()).await.unwrap();
                rows += part.rows.len();
                page.after = part.next;
                if page.after.is_none() {
                    return rows;
                }
            }
        }
    };
    for (login, mine, to_decide, units) in [
        ("hanako", 3, 0, 0),
        ("taro", 0, 0, 0),
        ("kacho", 0, 3, 3),
        ("fukushi", 0, 0, 0),
        ("digital", 0, 0, 3),
        ("fukushicho", 0, 0, 3),
        ("kansa", 0, 0, 3),
    ] {
        let found = (
            count(login, RequestTray::Mine).await,
            count(login, RequestTray::ToDecide).await,
            count(login, RequestTray::Units).await,
        );
        assert_eq!(found, (mine, to_decide, units), "{login}");
    }
}

#[tokio::test]
async fn the_same_form_twice_is_one_request() {
    let city = City::open().await;
    let (hanako, taro) = (city.at("hanako", "lgwan").await, city.at("taro", "lgwan").await);
    let form = NewRequest {
        submission: "the-same-form".to_owned(),
        form: "take-out".to_owned(),
        answers: take_out(),
        attachments: Vec::new(),
    };
    let (one, other) =
        futures_of_two(city.app.apply(&hanako, form.clone()), city.app.apply(&hanako, form.clone())).await;
    assert_eq!(one.unwrap(), other.unwrap());
    assert!(matches!(city.app.apply(&taro, form.clone()).await, Err(Error::NotFound)), "not his");
    let unnamed = NewRequest { submission: String::new(), ..form };
    assert!(matches!(
        city.app.apply(&hanako, unnamed).await,
        Err(Error::Invalid { field: "submission", .. })
    ));
}

async fn futures_of_two<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    tokio::join!(a, b)
}

/// The database fails at each call in turn: nothing is left of an attempt that failed.
#[tokio::test]
async fn no_failure_leaves_half_a_request() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let form = NewRequest {
        submission: "one-form".to_owned(),
        form: "take-out".to_owned(),
        answers: take_out(),
        attachments: Vec::new(),
    };
    let mut calls = 0;
    let id = loop {
        let before = city.evidence().await.len();
        city.store.faults.arm(calls, 1);
        let applied = city.app.apply(&hanako, form.clone()).await;
        if city.store.faults.disarm() {
            break applied.unwrap();
        }
        assert!(matches!(applied, Err(Error::Unavailable(_))), "call {calls}: {applied:?}");
        assert_eq!(city.evidence().await.len(), before, "call {calls}");
        calls += 1;
    };
    assert!(calls > 5, "{calls}");
    let kacho = city.at("kacho", "lgwan").await;
    let hash = city.app.request(&kacho, &id).await.unwrap().content_hash;
    let ballot = RequestBallot {
        verdict: Verdict::Approve,
        comment: "",
        seen_hash: &hash,
        stands_in_for: None,
        step: None,
    };
    for calls in 0.. {
        let before = (city.stored_request(&id).await, city.evidence().await.len());
        city.store.faults.arm(calls, 1);
        let decided = city.app.decide_request(&kacho, &id, &ballot).await;
        if city.store.faults.disarm() {
            decided.unwrap();
            break;
        }
        assert!(matches!(decided, Err(Error::Unavailable(_))), "call {calls}: {decided:?}");
        assert_eq!((city.stored_request(&id).await, city.evidence().await.len()), before, "call {calls}");
    }
    city.verify().await;
}

/// Every kind of evidence that requests leave, in a few weeks of one city.
pub(crate) async fn tour(city: &City) {
    let both = async |id: &RequestId, second: &str| {
        for login in ["kacho", second] {
            city.say(&city.at(login, "lgwan").await, id, Verdict::Approve).await.unwrap();
        }
    };
    let today = async || {
        let now = city.now() + 9 * HOUR;
        let day = now - now.rem_euclid(DAY);
        let days = day / DAY;
        // The tests begin on the 24th of November 2026 and end before the year does.
        let since = days - 20_781;
        if since < 7 { format!("2026-11-{:02}", 24 + since) } else { format!("2026-12-{:02}", since - 6) }
    };
    let hanako = city.at("hanako", "lgwan").await;
    let dated = |base: BTreeMap<String, String>, day: &str| {
        let mut all = base;
        all.extend(answers(&[("from", day), ("until", day)]));
        all
    };
    let day = today().await;
    let returned = city.apply(&hanako, "take-out", dated(take_out(), &day)).await.unwrap();
    both(&returned, "digital").await;
    let hanako = city.at("hanako", "lgwan").await;
    city.app.give_back(&hanako, &returned).await.unwrap();
    let revoked = city.apply(&hanako, "exception", dated(exception(), &day)).await.unwrap();
    both(&revoked, "fukushicho").await;
    let kacho = city.at("kacho", "lgwan").await;
    city.app.revoke_permit(&kacho, &revoked, "工事が終わった").await.unwrap();
    let hanako = city.at("hanako", "lgwan").await;
    let rejected = city.apply(&hanako, "take-out", dated(take_out(), &day)).await.unwrap();
    city.app.pull_back_request(&hanako, &rejected).await.unwrap();
    let again = dated(take_out(), &day);
    city.app.resubmit_request(&hanako, &rejected, &again, Vec::new(), &[]).await.unwrap();
    city.say(&kacho, &rejected, Verdict::Reject).await.unwrap();
    let withdrawn = city.apply(&hanako, "take-out", dated(take_out(), &day)).await.unwrap();
    city.app.withdraw_request(&hanako, &withdrawn).await.unwrap();
    let change =
        answers(&[("parameter", "log-retention"), ("value", ""), ("from", &day), ("reason", "見直し")]);
    let change = city.apply(&hanako, "parameter-change", change).await.unwrap();
    for login in ["digital", "fukushicho"] {
        city.say(&city.at(login, "lgwan").await, &change, Verdict::Approve).await.unwrap();
    }
    // Nobody decides one, and nothing comes back of the other.
    let hanako = city.at("hanako", "lgwan").await;
    city.apply(&hanako, "take-out", dated(take_out(), &day)).await.unwrap();
    let kept = city.apply(&hanako, "take-out", dated(take_out(), &day)).await.unwrap();
    both(&kept, "digital").await;
    city.pass(2 * DAY);
    city.app.tidy().await.unwrap();
    city.pass(15 * DAY);
    city.app.tidy().await.unwrap();
}
