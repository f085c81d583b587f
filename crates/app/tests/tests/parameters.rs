//! Values that the policy leaves open, set by request: bounds, days, what holds, and what no value may do.

use std::{collections::BTreeMap, sync::Arc};

use app::{
    App, Error, PasswordCost, Ports, actor::Actor, parameters::ParameterRow,
    requests::store::RequestStore as _,
};
use ledger::SigningKey;
use policy::ParameterValue;
use workflow::{id::RequestId, route::Verdict};

use crate::{city::City, requests::answers};
use test_city::{
    doubles::{Cell, Counter, DAY, GlassVault},
    pack, password,
};

fn change(parameter: &str, value: &str, from: &str) -> BTreeMap<String, String> {
    answers(&[("parameter", parameter), ("value", value), ("from", from), ("reason", "基準の改定")])
}

const TODAY: &str = "2026-11-24";

impl City {
    /// Applies for a value, and the two of the route approve it.
    pub(crate) async fn set(&self, parameter: &str, value: &str, from: &str) -> app::Result<RequestId> {
        let hanako = self.at("hanako", "lgwan").await;
        let id = self.apply(&hanako, "parameter-change", change(parameter, value, from)).await?;
        for login in ["digital", "fukushicho"] {
            let approver = self.at(login, "lgwan").await;
            self.say(&approver, &id, Verdict::Approve).await?;
        }
        Ok(id)
    }

    /// The same house, opened again.
    async fn reopened(&self) -> App {
        let ports = Ports {
            store: self.store.clone(),
            blobs: self.blobs.clone(),
            sanitiser: Arc::new(Cell::default()),
            clock: self.clock.clone(),
            entropy: Arc::new(Counter::default()),
            vault: Arc::new(GlassVault),
            policies: test_city::policies().into(),
            printer: None,
        };
        let key = SigningKey::from_seed("hoshimi.example/log", &[9; 32]).unwrap();
        let app = App::open(ports, pack(), key, PasswordCost::WeakForTestPurposesOnly).unwrap();
        assert_eq!(number(&app, "password-length"), Some(12), "as the files say, until values are read");
        app.load_values().await.unwrap();
        app.current()
    }
}

fn number(app: &App, parameter: &str) -> Option<u64> {
    match app.pack().parameter(parameter).unwrap().value {
        Some(ParameterValue::Number(number)) => Some(number),
        _ => None,
    }
}

async fn new_password(city: &City, actor: &Actor, secret: &str, new: &str) -> app::Result<()> {
    city.app.current().change_password(actor, secret, &password("hanako"), new).await
}

#[tokio::test]
async fn an_approved_value_holds_at_once_and_after_a_restart() {
    let city = City::open().await;
    let begun = city.app.current();
    let id = city.set("password-length", "20", TODAY).await.unwrap();
    assert_eq!(number(&city.app.current(), "password-length"), Some(20));
    assert_eq!(number(&begun, "password-length"), Some(12), "what was under way keeps its policy");
    assert_eq!(number(&city.reopened().await, "password-length"), Some(20));

    // The door asks for the new value.
    let opened = city.login("hanako", "lgwan").await;
    let hanako = city.app.resume(&crate::city::door("lgwan"), &opened.secret).await.unwrap();
    let short = new_password(&city, &hanako, &opened.secret, "Sakura-7-michi-xy").await;
    assert!(matches!(short, Err(Error::Invalid { problem: "too-short", .. })), "{short:?}");
    new_password(&city, &hanako, &opened.secret, "Sakura-7-michi-to-kawa-3").await.unwrap();

    // Evidence names what leaves this value open, and who asked for the approval of values.
    let rows = city.evidence().await;
    let entry = &rows.iter().find(|r| r.entry.kind == "parameter-changed").unwrap().entry;
    assert_eq!((entry.subject_kind.as_str(), entry.subject_id.as_str()), ("parameter", "password-length"));
    let leaves_open: Vec<_> = city
        .app
        .pack()
        .statements()
        .iter()
        .filter(|s| s.parameters.contains(&"password-length".to_owned()))
        .map(|s| s.id.clone())
        .collect();
    assert!(!leaves_open.is_empty());
    for statement in leaves_open.iter().map(String::as_str).chain(["base/values-approved"]) {
        assert!(entry.statements.iter().any(|s| s == statement), "{statement}: {:?}", entry.statements);
    }
    let payload: serde_json::Value = serde_json::from_slice(&entry.payload).unwrap();
    assert_eq!(payload.pointer("/details/before").unwrap(), "12");
    assert_eq!(payload.pointer("/details/after").unwrap(), "20");
    assert_eq!(payload.pointer("/details/request").unwrap(), id.as_str());
    city.verify().await;
}

#[tokio::test]
async fn a_value_of_a_later_day_waits_for_it() {
    let city = City::open().await;
    city.set("password-length", "16", "2026-11-26").await.unwrap();
    assert_eq!(number(&city.app.current(), "password-length"), Some(12));
    let hanako = city.at("hanako", "lgwan").await;
    let app = city.app.current();
    let row: ParameterRow<'_> = app.parameter(&hanako, "password-length").await.unwrap();
    assert_eq!((row.set_by, row.history.len()), (None, 1), "still to come");
    city.pass(DAY);
    city.app.tidy().await.unwrap();
    assert_eq!(number(&city.app.current(), "password-length"), Some(12), "the 25th");
    // Midnight of the 26th in Japan is nine hours after three in the afternoon of the 25th.
    city.pass(9 * 3_600_000 - 1);
    assert!(!city.app.load_values().await.unwrap());
    city.pass(1);
    city.app.tidy().await.unwrap();
    let app = city.app.current();
    assert_eq!(number(&app, "password-length"), Some(16));
    let hanako = city.at("hanako", "lgwan").await;
    let row = app.parameter(&hanako, "password-length").await.unwrap();
    assert_eq!(row.set_by.as_ref().map(|c| c.approved_by_name.as_str()), Some("fukushichoさん"));
    assert!(
        row.parameter.decided.as_ref().unwrap().contains("令和8年11月24日"),
        "{:?}",
        row.parameter.decided
    );

    // Of two for one day that has begun the one that was approved last holds.
    let hanako = city.at("hanako", "lgwan").await;
    let first = city.apply(&hanako, "parameter-change", change("password-length", "18", "2026-11-26"));
    let first = first.await.unwrap();
    city.set("password-length", "22", "2026-11-26").await.unwrap();
    city.pass(1);
    for login in ["digital", "fukushicho"] {
        city.say(&city.at(login, "lgwan").await, &first, Verdict::Approve).await.unwrap();
    }
    let values = city.store.real.parameter_values().await.unwrap();
    assert_eq!(values.len(), 3, "everything is kept");
    assert_eq!(number(&city.app.current(), "password-length"), Some(18));
}

#[tokio::test]
async fn a_value_that_cannot_be_is_refused_with_the_reason() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    for (parameter, value, from, expected) in [
        ("password-length", "7", TODAY, ("value", "out-of-bounds", Some((8, 64)))),
        ("password-length", "65", TODAY, ("value", "out-of-bounds", Some((8, 64)))),
        ("password-length", "十二", TODAY, ("value", "not-a-number", None)),
        ("password-length", "12", TODAY, ("value", "same", None)),
        ("password-length", "", TODAY, ("value", "needed", None)),
        // A number that a channel needs, which nothing asks for by its id.
        ("transfer-file-count", "", TODAY, ("value", "needed", None)),
        ("approval-deadline", "", TODAY, ("value", "needed", None)),
        ("password-regular-change", "はい", TODAY, ("value", "not-a-flag", None)),
        ("password-length", "20", "2026-11-23", ("from", "past", None)),
        ("no-such", "20", TODAY, ("parameter", "unknown", None)),
    ] {
        let applied = city.apply(&hanako, "parameter-change", change(parameter, value, from)).await;
        let Err(Error::Form(problems)) = applied else { panic!("{parameter} {value}: {applied:?}") };
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert_eq!(
            (problem.field.as_str(), problem.problem, problem.bounds),
            expected,
            "{parameter} {value}"
        );
    }
    assert_eq!(city.store.real.parameter_values().await.unwrap(), []);
    // What nothing needs may be unset again.
    city.set("log-retention", "", TODAY).await.unwrap();
    assert_eq!(city.app.current().pack().parameter("log-retention").unwrap().value, None);
    // A setting follows its parameter.
    city.set("approval-deadline", "48", TODAY).await.unwrap();
    let app = city.app.current();
    let deadline = &app.pack().request("take-out").unwrap().steps[0].deadline_hours;
    assert_eq!(deadline.value, Some(48));
}

#[tokio::test]
async fn a_refused_or_withdrawn_request_sets_nothing() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let digital = city.at("digital", "lgwan").await;
    let id = city.apply(&hanako, "parameter-change", change("password-length", "20", TODAY)).await.unwrap();
    city.say(&digital, &id, Verdict::Approve).await.unwrap();
    let again = city.say(&digital, &id, Verdict::Approve).await;
    assert!(again.is_err(), "two steps want two persons");
    city.say(&city.at("fukushicho", "lgwan").await, &id, Verdict::Reject).await.unwrap();
    city.app.tidy().await.unwrap();
    assert_eq!(number(&city.app.current(), "password-length"), Some(12));
    assert_eq!(city.store.real.parameter_values().await.unwrap(), []);
}

/// The database fails at each call of the last approval: either everything is there, or nothing.
#[tokio::test]
async fn no_failure_leaves_half_a_value() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let id = city.apply(&hanako, "parameter-change", change("password-length", "20", TODAY)).await.unwrap();
    city.say(&city.at("digital", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    let ciso = city.at("fukushicho", "lgwan").await;
    let hash = city.app.request(&ciso, &id).await.unwrap().content_hash;
    let ballot = app::requests::RequestBallot {
        verdict: Verdict::Approve,
        comment: "",
        seen_hash: &hash,
        stands_in_for: None,
        step: None,
    };
    for calls in 0.. {
        let before = city.evidence().await.len();
        city.store.faults.arm(calls, 1);
        let decided = city.app.decide_request(&ciso, &id, &ballot).await;
        city.store.faults.disarm();
        let values = city.store.real.parameter_values().await.unwrap().len();
        let told = city.evidence().await.len() - before;
        if decided.is_ok() {
            assert_eq!((values, told), (1, 3), "decided, approved, changed");
            break;
        }
        assert_eq!((values, told), (0, 0), "call {calls} left something behind");
    }
    // Should putting it in force have failed, the next round does it.
    city.app.tidy().await.unwrap();
    assert_eq!(number(&city.app.current(), "password-length"), Some(20));
}
