//! Courses at the end of their retention: who took them goes, that they were held and how many passed stays.

use app::{
    Error,
    model::PageRequest,
    notices::NoticeTray,
    people::NewPerson,
    records::{
        RecordAct,
        store::{RecordKey, RecordStore as _},
    },
    training::NewAttendance,
};
use jiff::civil::date;
use serde_json::Value;
use workflow::{id::SectionId, record::Stage, training::Standing};

use crate::{
    city::City,
    course_files::opened,
    records::{stage, until},
    training::YEARLY,
};

/// A city in which the course of the year was opened, taken in a room and in part, told again, and closed.
async fn closed() -> (City, String) {
    let (city, run) = opened().await;
    let somu = city.at("somu", "lgwan").await;
    city.pass_of("hanako", YEARLY).await;
    let room = NewAttendance {
        course: YEARLY.to_owned(),
        on: "2026-11-20".to_owned(),
        place: "大会議室".to_owned(),
        people: "taro".to_owned(),
    };
    city.app.record_attendance(&somu, room).await.unwrap();
    let kacho = city.at("kacho", "lgwan").await;
    city.app.remind_course(&kacho, YEARLY, 2026, &SectionId::new("residents")).await.unwrap();
    city.app.close_course(&somu, &run).await.unwrap();
    (city, run)
}

async fn decide(city: &City, key: &RecordKey) {
    city.app.act_on_record(&city.at("somukacho", "lgwan").await, key, &RecordAct::Propose).await.unwrap();
    city.app.act_on_record(&city.at("somubucho", "lgwan").await, key, &RecordAct::Decide).await.unwrap();
}

/// Rounds until it is gone.
async fn destroy(city: &City, key: &RecordKey) {
    for _ in 0..20 {
        if stage(city, key).await == Some(Stage::Destroyed) {
            return;
        }
        city.app.tidy().await.unwrap();
    }
    panic!("{key} is still there");
}

#[tokio::test]
async fn a_closed_course_ends_by_two_persons_and_leaves_its_rates() {
    let (city, run) = closed().await;
    let key = RecordKey::course_run(&run);
    let hanako = city.at("hanako", "lgwan").await;
    let task = city.task_of("hanako", YEARLY).await;
    let kansa = city.at("kansa", "lgwan").await;
    let before = city.app.course_year(&kansa, YEARLY, Some(2026)).await.unwrap();
    assert!(before.all.asked > 3 && before.all.done == 1 && before.records.is_empty());
    drop(hanako);

    // Three years from 1 April 2027, listed six months before.
    until(&city, date(2029, 9, 30)).await;
    assert_eq!(stage(&city, &key).await, None);
    until(&city, date(2029, 10, 1)).await;
    let record = city.store.real.record(&key).await.unwrap().unwrap();
    assert_eq!(
        (record.class.as_str(), record.years, record.disposal.stage),
        ("three-years", 3, Stage::Listed)
    );
    assert_eq!(record.disposal.destroyed_from, date(2030, 4, 1));
    assert_eq!(
        (record.form.as_str(), record.section.as_ref().map(|s| s.as_str()), record.zone.as_ref()),
        (YEARLY, Some("general-affairs"), None)
    );
    let kacho = city.at("somukacho", "lgwan").await;
    let early = city.app.act_on_record(&kacho, &key, &RecordAct::Propose).await;
    assert!(matches!(early, Err(Error::Record(_))), "{early:?}");
    let hanako = city.at("hanako", "lgwan").await;
    let not_hers = city.app.act_on_record(&hanako, &key, &RecordAct::Propose).await;
    assert!(matches!(not_hers, Err(Error::NotFound)), "{not_hers:?}");
    assert_eq!(city.app.my_course(&hanako, &task).await.unwrap().standing, Standing::Passed);

    until(&city, date(2030, 4, 1)).await;
    decide(&city, &key).await;
    destroy(&city, &key).await;

    // Who took it is gone from every page.
    let hanako = city.at("hanako", "lgwan").await;
    assert!(city.app.my_courses(&hanako).await.unwrap().is_empty());
    for gone in [
        city.app.my_course(&hanako, &task).await.map(|_| ()),
        city.app.certificate(&hanako, &task).await.map(|_| ()),
        city.app.begin_test(&hanako, &task).await,
    ] {
        assert!(matches!(gone, Err(Error::NotFound)), "{gone:?}");
    }
    let kacho = city.at("kacho", "lgwan").await;
    let section =
        city.app.course_section(&kacho, YEARLY, Some(2026), &SectionId::new("residents")).await.unwrap();
    assert!(section.people.is_empty() && !section.may_remind);
    assert_eq!(section.gone.unwrap().done, 1);

    // That it was held, for whom, and the rates are not.
    let kansa = city.at("kansa", "lgwan").await;
    let after = city.app.course_year(&kansa, YEARLY, Some(2026)).await.unwrap();
    assert_eq!((after.all.asked, after.all.done, after.all.waived), (before.all.asked, 1, before.all.waived));
    assert_eq!(after.sections.len(), before.sections.len());
    assert_eq!(after.runs.len(), 1);
    assert_eq!(after.records[&run].disposal.stage, Stage::Destroyed);

    // Evidence about each person has no words any more, and neither has who was in the room or told to come.
    let rows = city.evidence().await;
    let payload =
        |row: &app::model::EvidenceRow| -> Value { serde_json::from_slice(&row.entry.payload).unwrap() };
    let mut held = 0;
    for row in &rows {
        let about_person = row.entry.subject_kind == "task"
            && row.entry.subject_id.starts_with("course.security-yearly.2026.");
        let names_people = ["course-attended", "course-reminded"].contains(&row.entry.kind.as_str());
        if about_person || names_people {
            assert!(row.payload_erased_at.is_some() && row.entry.payload.is_empty(), "{}", row.entry.kind);
        }
        if ["course-opened", "course-closed"].contains(&row.entry.kind.as_str()) {
            assert!(row.payload_erased_at.is_none(), "{}", row.entry.kind);
            held += 1;
        }
    }
    assert_eq!(held, 2);
    let last = rows.iter().find(|r| r.entry.kind == "record-destroyed").unwrap();
    let told = payload(last);
    assert_eq!(told.pointer("/details/all/passed"), Some(&Value::from(1)));
    assert_eq!(told.pointer("/details/all/people"), Some(&Value::from(before.all.asked)));
    assert!(last.entry.erase_payload_at.is_none());
    for login in ["hanako", "taro"] {
        let id = city.id_of(login).as_str();
        assert!(!told.to_string().contains(login) && !told.to_string().contains(id));
    }
    city.verify().await;
    assert_eq!(city.app.tidy().await.unwrap().destroyed, 0, "once");
}

#[tokio::test]
async fn what_is_open_is_kept_and_what_is_never_done_goes_with_the_rest() {
    let (city, run) = opened().await;
    let key = RecordKey::course_run(&run);
    until(&city, date(2036, 4, 1)).await;
    assert_eq!(stage(&city, &key).await, None, "nobody closed it");
    let somu = city.at("somu", "lgwan").await;
    city.app.close_course(&somu, &run).await.unwrap();
    until(&city, date(2040, 4, 1)).await;
    let taro = city.at("taro", "lgwan").await;
    let of_it = |cards: Vec<app::training::CourseCard>| {
        cards.into_iter().filter(|c| c.task.as_str().contains(".2026.")).count()
    };
    assert_eq!(of_it(city.app.my_courses(&taro).await.unwrap()), 1, "still to be done");
    let page = PageRequest { after: None, limit: 100 };
    let waiting = city.app.notices(&taro, NoticeTray::Waiting, None, page).await.unwrap().page.rows;
    assert!(
        waiting
            .iter()
            .any(|row| row.path.as_ref().is_some_and(|p| p.contains("course.security-yearly.2026.")))
    );
    decide(&city, &key).await;
    destroy(&city, &key).await;
    let taro = city.at("taro", "lgwan").await;
    assert_eq!(of_it(city.app.my_courses(&taro).await.unwrap()), 0);
    // Nobody is asked for it any more.
    let page = PageRequest { after: None, limit: 100 };
    let waiting = city.app.notices(&taro, NoticeTray::Waiting, None, page).await.unwrap();
    let paths: Vec<_> = waiting.page.rows.into_iter().filter_map(|row| row.path).collect();
    assert!(paths.iter().all(|path| !path.contains("course.security-yearly.2026.")), "{paths:?}");
}

#[tokio::test]
async fn a_course_that_begins_by_itself_ends_by_the_year() {
    let mut city = City::open().await;
    city.settle(&[
        ("somu", "general-affairs", "general-affairs-director", Some("general-affairs")),
        ("somukacho", "general-affairs", "section-manager", Some("general-affairs")),
        ("somubucho", "residents", "director", Some("general-affairs")),
    ])
    .await;
    let digital = city.at("digital", "lgwan").await;
    for login in ["shin", "atarashi"] {
        let new = NewPerson {
            login: login.to_owned(),
            name: login.to_owned(),
            kana: login.to_owned(),
            section: SectionId::new("residents"),
        };
        let (id, password) = city.app.add_person(&digital, new).await.unwrap();
        city.keep_secret(&password);
        city.app.give_post(&digital, &id, "staff", Some("residents")).await.unwrap();
    }
    let key = RecordKey::course_year("newcomers", 2026);
    let tasks = city.store.real.course_record_tasks(&key, 100).await.unwrap();
    assert_eq!(tasks.len(), 2);
    until(&city, date(2029, 10, 1)).await;
    let record = city.store.real.record(&key).await.unwrap().unwrap();
    assert_eq!((record.begun_on, record.ended_on), (date(2026, 4, 1), date(2027, 3, 31)));
    assert_eq!((record.label.as_str(), record.form.as_str()), ("2026年度", "newcomers"));
    until(&city, date(2030, 4, 1)).await;
    decide(&city, &key).await;
    destroy(&city, &key).await;
    assert_eq!(city.store.real.course_record_tasks(&key, 100).await.unwrap(), []);
    let kansa = city.at("kansa", "lgwan").await;
    let after = city.app.course_year(&kansa, "newcomers", Some(2026)).await.unwrap();
    assert_eq!((after.all.asked, after.all.done), (2, 0));
    city.verify().await;
}

/// Whatever fails on the way, the next round goes on, and nothing is counted twice.
#[tokio::test]
async fn an_interrupted_destruction_goes_on() {
    let mut interrupted = 0;
    // Every ninth call of a round fails once, in a house of its own each.
    for calls in (0..400).step_by(9) {
        let (city, run) = closed().await;
        let key = RecordKey::course_run(&run);
        let kansa = city.at("kansa", "lgwan").await;
        let before = city.app.course_year(&kansa, YEARLY, Some(2026)).await.unwrap().all;
        until(&city, date(2030, 4, 1)).await;
        decide(&city, &key).await;
        city.store.faults.arm(calls, 1);
        let first = city.app.tidy().await;
        if city.store.faults.disarm() {
            break;
        }
        if stage(&city, &key).await != Some(Stage::Destroyed) {
            assert!(first.is_err(), "{calls}");
            interrupted += 1;
        }
        destroy(&city, &key).await;
        let kansa = city.at("kansa", "lgwan").await;
        let after = city.app.course_year(&kansa, YEARLY, Some(2026)).await.unwrap().all;
        assert_eq!((after.asked, after.done), (before.asked, before.done), "{calls}");
        city.verify().await;
    }
    assert!(interrupted > 3, "{interrupted}");
}
