//! Records at the end of their retention: listed, held, proposed and decided by two, erased, and proofs that still hold.

use std::collections::BTreeMap;

use app::{
    Error,
    records::{
        RecordAct,
        store::{RecordKey, RecordStore as _},
    },
    registers::{
        RowInput,
        store::{RegisterStore as _, RowStage},
        views::RowQuestion,
    },
};
use jiff::civil::date;
use workflow::{
    id::RequestId,
    record::{Refusal, Stage},
    register::RowKey,
    route::Verdict,
};

use crate::{city::City, requests::answers};
use test_city::doubles::DAY;

/// Somebody who decides about destruction.
pub(crate) async fn settle(city: &mut City) {
    city.settle(&[("bucho", "general-affairs", "director", Some("citizens"))]).await;
}

/// Everything that can be said about a record, of one that has ended.
pub(crate) async fn tour(city: &City) {
    let (kacho, bucho) = (city.at("kacho", "lgwan").await, city.at("bucho", "lgwan").await);
    let key = city.app.records(&kacho, false, None, 50).await.unwrap().rows[0].record.key.clone();
    let until = workflow::calendar::day_of(city.now()).tomorrow().unwrap();
    let hold = RecordAct::Hold { reason: "訴訟のため".to_owned(), until };
    for (actor, act) in [
        (&kacho, hold),
        (&kacho, RecordAct::Release),
        (&kacho, RecordAct::Propose),
        (&bucho, RecordAct::Decline),
        (&kacho, RecordAct::Propose),
        (&bucho, RecordAct::Decide),
    ] {
        city.app.act_on_record(actor, &key, &act).await.unwrap();
    }
    assert_eq!(city.app.tidy().await.unwrap().destroyed, 1);
}

/// An approved request with a file, from November 2026, and the hash of its file's bytes.
async fn approved(city: &City) -> RequestId {
    let hanako = city.at("hanako", "lgwan").await;
    let mut upload = city.app.begin_attachment(&hanako, "take-out", "見積.pdf").await.unwrap();
    upload.write(b"untrusted bytes").await.unwrap();
    let file = upload.finish().await.unwrap();
    let form = answers(&[
        ("what", "ノート端末 S-12"),
        ("kind", "その他"),
        ("quantity", "1"),
        ("place", "支所"),
        ("carrier", "hanako"),
        ("from", "2026-11-24"),
        ("until", "2026-11-25"),
        ("purpose", "出張窓口のため"),
    ]);
    let id = city.apply_with(&hanako, "take-out", form, vec![file]).await.unwrap();
    for login in ["kacho", "digital"] {
        city.say(&city.at(login, "lgwan").await, &id, Verdict::Approve).await.unwrap();
    }
    city.app.give_back(&hanako, &id).await.unwrap();
    id
}

/// Passes time until this day, and does a round.
pub(crate) async fn until(city: &City, day: jiff::civil::Date) {
    let to = workflow::calendar::begin_of(day);
    assert!(to > city.now());
    city.pass(to - city.now());
    for _ in 0..4 {
        city.app.tidy().await.unwrap();
    }
}

pub(crate) async fn stage(city: &City, key: &RecordKey) -> Option<Stage> {
    city.store.real.record(key).await.unwrap().map(|record| record.disposal.stage)
}

#[tokio::test]
async fn a_record_ends_by_two_persons_and_leaves_its_stub_and_its_proofs() {
    let mut city = City::open().await;
    settle(&mut city).await;
    let id = approved(&city).await;
    let key = RecordKey::request(&id);
    let attachment = city.stored_request(&id).await.content.attachments[0].stored.clone();

    // Five years from 1 April 2027, listed six months before.
    until(&city, date(2031, 9, 30)).await;
    assert_eq!(stage(&city, &key).await, None);
    until(&city, date(2031, 10, 1)).await;
    let record = city.store.real.record(&key).await.unwrap().unwrap();
    assert_eq!((record.disposal.stage, record.disposal.destroyed_from), (Stage::Listed, date(2032, 4, 1)));
    assert_eq!((record.years, record.ended_on), (5, date(2026, 11, 25)), "the permit outlives its decision");

    // Only those who look after it see it, and in its zone.
    let (kacho, hanako) = (city.at("kacho", "lgwan").await, city.at("hanako", "lgwan").await);
    assert_eq!(city.app.records(&kacho, false, None, 50).await.unwrap().rows.len(), 1);
    for other in [&hanako, &city.at("fukushi", "lgwan").await, &city.at("kacho", "internet").await] {
        assert!(city.app.records(other, false, None, 50).await.unwrap().rows.is_empty());
        let done = city.app.act_on_record(other, &key, &RecordAct::Propose).await;
        assert!(matches!(done, Err(Error::NotFound)), "{done:?}");
    }
    let early = city.app.act_on_record(&kacho, &key, &RecordAct::Propose).await;
    assert!(matches!(early, Err(Error::Record(Refusal::Early))), "{early:?}");

    // Held, and listed again when its day has come.
    let hold = RecordAct::Hold { reason: "訴訟のため".to_owned(), until: date(2033, 1, 10) };
    city.app.act_on_record(&kacho, &key, &hold).await.unwrap();
    until(&city, date(2032, 4, 1)).await;
    let kacho = city.at("kacho", "lgwan").await;
    let held = city.app.act_on_record(&kacho, &key, &RecordAct::Propose).await;
    assert!(matches!(held, Err(Error::Record(Refusal::Stage(Stage::Held)))), "{held:?}");
    until(&city, date(2033, 1, 10)).await;
    assert_eq!(stage(&city, &key).await, Some(Stage::Listed));

    // One proposes, another decides; until then nothing is gone.
    let (kacho, bucho) = (city.at("kacho", "lgwan").await, city.at("bucho", "lgwan").await);
    assert_eq!(city.app.records_at_home(&kacho, 50).await.unwrap(), (1, 0));
    city.app.act_on_record(&kacho, &key, &RecordAct::Propose).await.unwrap();
    let own = city.app.act_on_record(&kacho, &key, &RecordAct::Decide).await;
    assert!(matches!(own, Err(Error::Denied { .. })), "{own:?}");
    assert_eq!(city.app.records_at_home(&bucho, 50).await.unwrap(), (0, 1));
    city.app.tidy().await.unwrap();
    assert!(!city.stored_request(&id).await.content.answers.is_empty());
    city.app.act_on_record(&bucho, &key, &RecordAct::Decide).await.unwrap();
    assert_eq!(city.app.tidy().await.unwrap().destroyed, 1);

    // The stub stays: number, form, dates, who decided. Everything that was written is gone.
    let request = city.stored_request(&id).await;
    assert_eq!(request.form, "take-out");
    assert!(request.content.answers.is_empty() && request.content.attachments.is_empty());
    assert!(request.approval.decisions.iter().all(|d| d.comment.is_empty()));
    assert!(!city.has_blob(&attachment).await);
    for row in city.evidence().await.iter().filter(|row| row.entry.subject_id == id.as_str()) {
        assert!(row.payload_erased_at.is_some() && row.entry.payload.is_empty(), "{}", row.entry.kind);
    }
    let book = city.app.records(&bucho, true, None, 50).await.unwrap();
    assert_eq!(book.rows.len(), 1);
    let disposal = &book.rows[0].record.disposal;
    assert_eq!(disposal.proposed.as_ref().unwrap().0, *city.id_of("kacho"));
    assert_eq!(disposal.decided.as_ref().unwrap().0, *city.id_of("bucho"));
    assert!(city.app.records(&bucho, false, None, 50).await.unwrap().rows.is_empty());
    let seen = city.app.request(&hanako_again(&city).await, &id).await.unwrap();
    assert_eq!(seen.record.unwrap().disposal.stage, Stage::Destroyed);
    let kinds = city.kinds(&key.to_string()).await;
    assert_eq!(kinds.last().map(String::as_str), Some("record-destroyed"), "{kinds:?}");

    // A stranger's check still holds, and nothing happens twice.
    city.verify().await;
    assert_eq!(city.app.tidy().await.unwrap().destroyed, 0);
    // What says that it is gone stays for good.
    city.pass(40 * 365 * DAY);
    city.tidy_all().await;
    let last = city.evidence().await.into_iter().rfind(|row| row.entry.kind == "record-destroyed").unwrap();
    assert!(!last.entry.payload.is_empty());
    city.verify().await;
}

async fn hanako_again(city: &City) -> app::actor::Actor {
    city.at("hanako", "lgwan").await
}

/// A row of the residents' section, changed once and ended on this day.
async fn ended_row(city: &City, register: &str, on: &str) -> RowKey {
    let key = crate::rows::add(city, register, &[]).await;
    let kacho = city.at("kacho", "lgwan").await;
    let definition = city.app.pack().register(register).unwrap();
    let row = city.store.real.row(&key).await.unwrap().unwrap();
    let mut values = city.app.typed(definition, &row);
    values.insert("note".to_owned(), "秘密の言葉".to_owned());
    let input =
        RowInput { section: Some("residents".to_owned()), values, reason: "秘密の理由".to_owned() };
    city.app.change_row(&kacho, &key, 1, &input).await.unwrap();
    city.app.end_row(&kacho, &key, 2, on, "秘密の終わり").await.unwrap();
    key
}

#[tokio::test]
async fn a_row_that_ended_is_listed_and_destroyed_by_two_persons() {
    let mut city = City::open().await;
    settle(&mut city).await;
    // Written down only now, it ended years ago: its years count from then.
    let old = ended_row(&city, "assets", "2020-06-01").await;
    let new = ended_row(&city, "assets", "2026-11-24").await;
    let in_use = crate::rows::add(&city, "assets", &[]).await;
    city.app.tidy().await.unwrap();
    let of = RecordKey::of_row;
    let record = city.store.real.record(&of(&old)).await.unwrap().unwrap();
    assert_eq!((record.ended_on, record.years), (date(2020, 6, 1), 5));
    assert_eq!((record.disposal.stage, record.disposal.destroyed_from), (Stage::Listed, date(2026, 4, 1)));
    assert_eq!((record.label.as_str(), record.form.as_str()), ("A-0001", "assets"));
    assert_eq!(stage(&city, &of(&new)).await, None);

    // Only those who look after it see it, and only where its register is kept.
    let (kacho, bucho) = (city.at("kacho", "lgwan").await, city.at("bucho", "lgwan").await);
    let mine = city.app.records(&kacho, false, None, 50).await.unwrap();
    assert_eq!(mine.rows.iter().map(|r| &r.record.key).collect::<Vec<_>>(), [&of(&old)]);
    for other in [&city.at("hanako", "lgwan").await, &city.at("kacho", "internet").await] {
        assert!(city.app.records(other, false, None, 50).await.unwrap().rows.is_empty());
    }
    city.app.act_on_record(&kacho, &of(&old), &RecordAct::Propose).await.unwrap();
    let own = city.app.act_on_record(&kacho, &of(&old), &RecordAct::Decide).await;
    assert!(matches!(own, Err(Error::Denied { .. })), "{own:?}");
    city.app.act_on_record(&bucho, &of(&old), &RecordAct::Decide).await.unwrap();
    assert_eq!(city.app.tidy().await.unwrap().destroyed, 1);
    assert_eq!(city.app.tidy().await.unwrap().destroyed, 0, "once");

    // The number, the section, the days and who made which version stay; no word does.
    let row = city.store.real.row(&old).await.unwrap().unwrap();
    assert!(row.values.is_empty() && row.end.as_ref().is_some_and(|e| e.reason.is_empty()), "{row:?}");
    assert_eq!((row.section.as_ref().map(|s| s.as_str()), row.version), (Some("residents"), 3));
    let history = city.store.real.row_history(&old, None, 10).await.unwrap();
    assert_eq!(history.len(), 3);
    assert!(history.iter().all(|h| h.entry.changes.is_empty() && h.entry.reason.is_empty()));
    let rows = city.evidence().await;
    let about =
        |key: &RowKey| rows.iter().filter(|r| r.entry.subject_id == key.to_string()).collect::<Vec<_>>();
    assert!(about(&old).iter().all(|r| r.payload_erased_at.is_some() && r.entry.payload.is_empty()));
    assert!(about(&new).iter().chain(&about(&in_use)).all(|r| r.payload_erased_at.is_none()));
    let shown = city.app.register_row(&kacho, &old).await.unwrap();
    assert_eq!(shown.record.unwrap().disposal.stage, Stage::Destroyed);
    assert_eq!(city.app.records(&kacho, true, None, 50).await.unwrap().rows.len(), 1, "the book");
    let said = city.kinds(&of(&old).to_string()).await;
    assert_eq!(
        said.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "record-listed",
            "record-destruction-proposed",
            "access-denied",
            "record-destruction-decided",
            "record-emptied",
            "record-destroyed"
        ]
    );
    // What a class of records serves is shown by what becomes of its records.
    let class = city.app.pack().record_class("five-years").unwrap();
    assert!(!class.statements.is_empty());
    for row in rows.iter().filter(|r| r.entry.kind == "record-listed") {
        assert!(
            class.statements.iter().all(|s| row.entry.statements.contains(s)),
            "{:?}",
            row.entry.statements
        );
    }
    city.verify().await;
}

/// What a form had written into a register is the register's from then on: it stays when the request is destroyed.
#[tokio::test]
async fn what_a_request_wrote_into_a_register_ends_with_the_row() {
    let mut city = City::open().await;
    settle(&mut city).await;
    city.settle(&[("somu", "general-affairs", "general-affairs-director", Some("general-affairs"))]).await;
    let pack = test_city::pack();
    let form = pack.request("sns-account").unwrap();
    let (id, _) = crate::forms::drive(&city, form, 0).await;
    let hanako = city.at("hanako", "lgwan").await;
    let everything = RowQuestion {
        stage: RowStage::InUse,
        section: None,
        filters: BTreeMap::new(),
        words: String::new(),
        after: None,
        limit: 50,
    };
    let written = city.app.register_rows(&hanako, "sns", &everything).await.unwrap();
    let row = written.rows.first().expect("the form writes a row").row.clone();
    let key = RecordKey::request(&id);
    until(&city, date(2032, 4, 1)).await;
    assert_eq!(stage(&city, &key).await, Some(Stage::Listed));
    city.app.act_on_record(&city.at("kacho", "lgwan").await, &key, &RecordAct::Propose).await.unwrap();
    city.app.act_on_record(&city.at("bucho", "lgwan").await, &key, &RecordAct::Decide).await.unwrap();
    assert_eq!(city.app.tidy().await.unwrap().destroyed, 1);
    assert!(city.stored_request(&id).await.content.answers.is_empty());
    let after = city.store.real.row(&row.key).await.unwrap().unwrap();
    assert_eq!(after.values, row.values);
    let history = city.store.real.row_history(&row.key, None, 10).await.unwrap();
    assert!(history.iter().any(|h| h.entry.request.as_ref() == Some(&id) && !h.entry.changes.is_empty()));
}

/// Whatever fails on the way, the next round goes on, and the record is never noted as destroyed before all of it is gone.
#[tokio::test]
async fn an_interrupted_destruction_goes_on() {
    let mut interrupted = 0;
    // Every third call of a round fails once, in a house of its own each.
    for calls in (0..300).step_by(3) {
        let mut city = City::open().await;
        settle(&mut city).await;
        let id = approved(&city).await;
        let key = RecordKey::request(&id);
        until(&city, date(2032, 4, 1)).await;
        city.app.act_on_record(&city.at("kacho", "lgwan").await, &key, &RecordAct::Propose).await.unwrap();
        city.app.act_on_record(&city.at("bucho", "lgwan").await, &key, &RecordAct::Decide).await.unwrap();
        city.store.faults.arm(calls, 1);
        let first = city.app.tidy().await;
        if city.store.faults.disarm() {
            break;
        }
        if stage(&city, &key).await != Some(Stage::Destroyed) {
            assert!(first.is_err(), "{calls}");
            interrupted += 1;
            city.app.tidy().await.unwrap();
        }
        assert_eq!(stage(&city, &key).await, Some(Stage::Destroyed), "{calls}");
        assert!(city.stored_request(&id).await.content.answers.is_empty());
        let rows = city.evidence().await;
        assert!(
            rows.iter().filter(|r| r.entry.subject_id == id.as_str()).all(|r| r.payload_erased_at.is_some())
        );
        city.verify().await;
    }
    assert!(interrupted > 3, "{interrupted}");
}
