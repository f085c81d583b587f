//! Requests that name rows of registers: finding them, what is out, and what a decision and a return do to rows.

use std::collections::BTreeMap;

use app::{Error, requests::rows::RowRequest};
use workflow::{
    id::RequestId,
    register::{Cause, RowKey, Value},
    request::{Standing, State},
    route::Verdict,
};

use crate::{city::City, requests::answers, rows};
use test_city::doubles::DAY;

fn take_out(device: &str, from: &str, until: &str) -> BTreeMap<String, String> {
    answers(&[
        ("what", "ノートPC"),
        ("kind", "端末"),
        ("device", device),
        ("quantity", "1"),
        ("place", "支所"),
        ("carrier", "hanako"),
        ("from", from),
        ("until", until),
        ("purpose", "出張窓口のため"),
    ])
}

fn wrong<T: std::fmt::Debug>(result: app::Result<T>) -> Vec<(String, &'static str)> {
    match result {
        Err(Error::Form(problems)) => problems.into_iter().map(|p| (p.field, p.problem)).collect(),
        other => panic!("{other:?}"),
    }
}

impl City {
    async fn approve(&self, id: &RequestId, logins: &[&str]) {
        for login in logins {
            self.say(&self.at(login, "lgwan").await, id, Verdict::Approve).await.unwrap();
        }
    }

    async fn status(&self, key: &RowKey) -> Option<String> {
        let row = self.app.register_row(&self.at("kacho", "lgwan").await, key).await.unwrap().row.row;
        row.values.get("status").and_then(Value::as_text).map(str::to_owned)
    }
}

/// A machine is permitted to be taken out, and is not needed after all.
pub(crate) async fn tour(city: &City) {
    let machine = rows::add(city, "equipment", &[("status", "保管中")]).await;
    let day = |days: i64| workflow::calendar::day_of(city.now() + days * DAY).to_string();
    let hanako = city.at("hanako", "lgwan").await;
    let form = take_out(&machine.number.to_string(), &day(2), &day(3));
    let id = city.apply(&hanako, "take-out", form).await.unwrap();
    city.approve(&id, &["kacho", "digital"]).await;
    city.app.give_up_permit(&hanako, &id).await.unwrap();
}

#[tokio::test]
async fn a_machine_is_taken_out_and_given_back_and_its_row_tells() {
    let city = City::open().await;
    let machine = rows::add(&city, "equipment", &[("name", "ノートPC 7"), ("status", "使用中")]).await;
    let hanako = city.at("hanako", "lgwan").await;
    let id = city.apply(&hanako, "take-out", take_out("E-0001", "2026-11-24", "2026-11-25")).await.unwrap();
    let stored = city.stored_request(&id).await;
    let answer = stored.content.answers.iter().find(|a| a.field == "device").unwrap();
    assert_eq!((answer.value.as_str(), answer.shown.as_str()), ("E-0001", "E-0001 ノートPC 7"));
    assert_eq!(answer.row.as_ref(), Some(&machine));
    assert_eq!(
        city.status(&machine).await.as_deref(),
        Some("使用中"),
        "nothing happens before it is approved"
    );
    city.approve(&id, &["kacho", "digital"]).await;

    let kacho = city.at("kacho", "lgwan").await;
    let page = city.app.register_row(&kacho, &machine).await.unwrap();
    assert_eq!(city.status(&machine).await.as_deref(), Some("持出しを許可"));
    let [(who, permit)] = &page.out[..] else { panic!("{:?}", page.out) };
    assert_eq!((who.as_str(), permit.terms.until), ("hanakoさん", stored.content.terms.unwrap().until));
    let told: Vec<_> =
        page.requests.iter().map(|r: &RowRequest| (r.request.id.clone(), r.standing)).collect();
    assert_eq!(told, [(id.clone(), Some(Standing::InForce))]);
    let newest = &page.history[0].entry.entry;
    assert_eq!((&newest.cause, newest.request.as_ref()), (&Cause::Requested, Some(&id)));
    assert_eq!(newest.by.as_ref(), Some(city.id_of("digital")));
    // A colleague of the section sees the row and who has it, and not the request.
    let taro = city.at("taro", "lgwan").await;
    let seen = city.app.register_row(&taro, &machine).await.unwrap();
    assert_eq!((seen.out.len(), seen.requests.len()), (1, 0));

    city.app.give_back(&hanako, &id).await.unwrap();
    assert_eq!(city.status(&machine).await.as_deref(), Some("使用中"));
    assert!(city.app.register_row(&kacho, &machine).await.unwrap().out.is_empty());
    let kinds: Vec<String> = city.evidence().await.into_iter().map(|r| r.entry.kind).collect();
    assert_eq!(kinds.iter().filter(|k| *k == "register-row-changed").count(), 2);
    city.verify().await;
}

#[tokio::test]
async fn what_is_out_cannot_be_taken_out_again() {
    let city = City::open().await;
    let machine = rows::add(&city, "equipment", &[("name", "ノートPC 7")]).await;
    let hanako = city.at("hanako", "lgwan").await;
    let first = city.apply(&hanako, "take-out", take_out("1", "2026-11-24", "2026-11-25")).await.unwrap();
    // Two wait for the same days: the first that is approved has it.
    let second = city.apply(&hanako, "take-out", take_out("1", "2026-11-25", "2026-11-26")).await.unwrap();
    city.approve(&first, &["kacho", "digital"]).await;
    city.approve(&second, &["kacho"]).await;
    let digital = city.at("digital", "lgwan").await;
    let before = city.evidence().await.len();
    assert_eq!(wrong(city.say(&digital, &second, Verdict::Approve).await), [("device".to_owned(), "out")]);
    assert_eq!(city.stored_request(&second).await.state, State::Waiting);
    assert_eq!(city.evidence().await.len(), before, "nothing was written");

    let asked = async |from: &str, until: &str| {
        let hanako = city.at("hanako", "lgwan").await;
        city.app.check_form(&hanako, "take-out", &take_out("1", from, until)).await
    };
    assert_eq!(wrong(asked("2026-11-24", "2026-11-24").await), [("device".to_owned(), "out")]);
    assert!(asked("2026-11-26", "2026-11-27").await.is_ok(), "another time is free");
    // Overdue, it is out until it is back.
    city.pass(3 * DAY);
    assert_eq!(wrong(asked("2026-12-10", "2026-12-11").await), [("device".to_owned(), "out")]);
    let hanako = city.at("hanako", "lgwan").await;
    city.app.give_back(&hanako, &first).await.unwrap();
    assert!(asked("2026-12-10", "2026-12-11").await.is_ok());
    assert!(city.app.register_row(&hanako, &machine).await.unwrap().out.is_empty());
}

#[tokio::test]
async fn what_was_never_taken_is_not_given_back() {
    let city = City::open().await;
    let machine = rows::add(&city, "equipment", &[("status", "保管中")]).await;
    let hanako = city.at("hanako", "lgwan").await;
    let id = city.apply(&hanako, "take-out", take_out("1", "2026-11-26", "2026-11-27")).await.unwrap();
    city.approve(&id, &["kacho", "digital"]).await;
    let may = city.app.request(&hanako, &id).await.unwrap().may;
    assert!(may.give_up && !may.give_back);
    let early = city.app.give_back(&hanako, &id).await;
    assert_eq!(early.unwrap_err().code(), "not-taken");
    assert!(city.app.register_row(&hanako, &machine).await.unwrap().out.is_empty(), "it is still there");
    let taro = city.at("taro", "lgwan").await;
    assert!(city.app.give_up_permit(&taro, &id).await.is_err(), "not his");
    city.app.give_up_permit(&hanako, &id).await.unwrap();
    assert_eq!(city.status(&machine).await.as_deref(), Some("使用中"));
    assert!(city.app.give_up_permit(&hanako, &id).await.is_err(), "once");
    let hanako = city.at("hanako", "lgwan").await;
    assert!(
        city.app.check_form(&hanako, "take-out", &take_out("1", "2026-11-26", "2026-11-27")).await.is_ok()
    );
    city.pass(9 * DAY);
    city.app.tidy().await.unwrap();
    assert!(!city.kinds(id.as_str()).await.contains(&"permit-overdue".to_owned()), "nothing is owed");
    city.verify().await;
}

#[tokio::test]
async fn a_row_is_found_by_number_name_and_words_among_those_one_sees() {
    let city = City::open().await;
    for name in ["ノートPC 7", "ノートPC 8", "プリンタ"] {
        rows::add(&city, "equipment", &[("name", name)]).await;
    }
    let hanako = city.at("hanako", "lgwan").await;
    let field = |answer: &str| take_out(answer, "2026-11-24", "2026-11-25");
    let shown = async |answer: &str| {
        let filled = city.app.check_form(&hanako, "take-out", &field(answer)).await.unwrap();
        filled.answers.into_iter().find(|a| a.field == "device").unwrap().shown
    };
    for typed in ["E-0002", "2", "e-2", "Ｅ－０００２", "ノートPC 8"] {
        assert_eq!(shown(typed).await, "E-0002 ノートPC 8", "{typed}");
    }
    assert_eq!(shown("プリンタ").await, "E-0003 プリンタ");
    for (typed, problem) in
        [("E-0009", "unknown"), ("ノート", "several"), ("掃除機", "unknown"), ("\u{0}", "unknown")]
    {
        let found = wrong(city.app.check_form(&hanako, "take-out", &field(typed)).await);
        assert_eq!(found, [("device".to_owned(), problem)], "{typed:?}");
    }
    // Of another section he sees none, by number or by name.
    let fukushi = city.at("fukushi", "lgwan").await;
    for typed in ["E-0001", "プリンタ"] {
        let found = wrong(city.app.check_form(&fukushi, "take-out", &field(typed)).await);
        assert!(found.contains(&("device".to_owned(), "unknown")), "{typed}: {found:?}");
    }
    let pack = city.app.pack();
    let device = pack.request("take-out").unwrap().field("device").unwrap();
    let numbers = async |words: &str| {
        let rows = city.app.row_choices(&hanako, device, words).await.unwrap();
        rows.into_iter().map(|r| r.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers("ノートPC 8").await, ["E-0002"]);
    assert_eq!(numbers("プリンタ").await, ["E-0003"]);
    assert_eq!(numbers("").await.len(), 3);
    assert_eq!(numbers("掃除機").await.len(), 0);
    assert!(city.app.row_choices(&fukushi, device, "").await.unwrap().is_empty());
    let other = pack.request("take-out").unwrap().field("place").unwrap();
    assert!(matches!(city.app.row_choices(&hanako, other, "").await, Err(Error::NotFound)));
    // Ended, it cannot be named any more.
    let kacho = city.at("kacho", "lgwan").await;
    city.app.end_row(&kacho, &RowKey::new("equipment", 3), 1, "2026-11-24", "廃棄した").await.unwrap();
    let found = wrong(city.app.check_form(&hanako, "take-out", &field("E-0003")).await);
    assert_eq!(found, [("device".to_owned(), "ended-row")]);
}

#[tokio::test]
async fn a_row_that_changed_meanwhile_refuses_the_decision_before_anything_is_written() {
    let city = City::open().await;
    let machine = rows::add(&city, "equipment", &[]).await;
    let hanako = city.at("hanako", "lgwan").await;
    let filled = answers(&[
        ("target", "機器台帳の機器"),
        ("device", "E-0001"),
        ("kind", "端末"),
        ("end", "廃棄"),
        ("method", "物理的な破壊"),
        ("by", "職員"),
        ("witness", "kacho"),
        ("day", "2026-11-30"),
    ]);
    let id = city.apply(&hanako, "disposal-equipment", filled).await.unwrap();
    city.approve(&id, &["kacho"]).await;
    let kacho = city.at("kacho", "lgwan").await;
    city.app.end_row(&kacho, &machine, 1, "2026-11-24", "紛失した").await.unwrap();
    let digital = city.at("digital", "lgwan").await;
    let before = city.evidence().await.len();
    let refused = city.say(&digital, &id, Verdict::Approve).await;
    assert_eq!(wrong(refused), [("device".to_owned(), "ended-row")]);
    assert_eq!(city.evidence().await.len(), before);
    assert_eq!(city.stored_request(&id).await.state, State::Waiting);
}

#[tokio::test]
async fn approved_requests_add_change_and_end_rows() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let base = [
        ("service", "つぶやき"),
        ("account", "@hoshimi"),
        ("responsible", "kacho"),
        ("operators", "広報担当"),
        ("from", "2026-12-01"),
        ("purpose", "催しの案内"),
        ("impostor", "公式の一覧に載せる"),
    ];
    let form = |more: &[(&str, &str)]| {
        let mut all = answers(&base);
        all.extend(answers(more));
        all
    };
    let opened = form(&[("act", "開く"), ("address", "https://sns.example/hoshimi"), ("official", "市の印")]);
    let id = city.apply(&hanako, "sns-account", opened.clone()).await.unwrap();
    city.approve(&id, &["kacho", "digital"]).await;
    let kacho = city.at("kacho", "lgwan").await;
    let key = RowKey::new("sns", 1);
    let row = city.app.register_row(&kacho, &key).await.unwrap();
    assert_eq!((row.row.name.as_str(), row.row.section_name.is_empty()), ("@hoshimi", false));
    assert_eq!(row.history[0].entry.entry.request.as_ref(), Some(&id));
    assert_eq!(row.requests.len(), 0, "the request that added it does not name it: its history does");
    // The register's own rule refuses the same account a second time, when it is asked for already.
    let twice = wrong(city.app.check_form(&hanako, "sns-account", &opened).await);
    assert_eq!(twice, [(String::new(), "taken-by-row")]);

    let changed = form(&[("act", "責任者を替える"), ("changed", "P-0001"), ("responsible", "hanako")]);
    let id = city.apply(&hanako, "sns-account", changed).await.unwrap();
    city.approve(&id, &["kacho", "digital"]).await;
    let row = city.app.register_row(&kacho, &key).await.unwrap();
    assert_eq!(row.row.shown["responsible"].text, "hanakoさん");
    assert_eq!(row.requests.len(), 1);

    let id = city.apply(&hanako, "sns-account", form(&[("act", "閉じる"), ("closed", "1")])).await.unwrap();
    city.approve(&id, &["kacho", "digital"]).await;
    let row = city.app.register_row(&kacho, &key).await.unwrap();
    assert_eq!(
        row.row.row.end.as_ref().map(|e| (e.on.as_str(), e.reason.as_str())),
        Some(("2026-11-24", "SNSのアカウントの申請"))
    );
    let kinds: Vec<String> = city.evidence().await.into_iter().map(|r| r.entry.kind).collect();
    for kind in ["register-row-added", "register-row-changed", "register-row-ended"] {
        assert_eq!(kinds.iter().filter(|k| *k == kind).count(), 1, "{kind}");
    }
    city.verify().await;
}
