//! Courses among the records: which openings and years are not recorded, whose tasks they are, and what is left of them.

use app::{
    duties::store::{DutyStore as _, TaskQuery, TaskView},
    finding::ports::ChangeStore as _,
    model::PageRequest,
    ports::{Store as _, StoreError},
    records::store::{Record, RecordKey, RecordStore as _},
    training::store::{CourseRun, StoredProgress, TrainingStore as _},
};
use jiff::civil::date;
use workflow::{
    duty::{Covers, Scope, State, Tally, Task, task::NewTask},
    id::SectionId,
    record::Disposal,
};

use super::training::{course_attempt, course_run, course_task};
use crate::tests::samples::{T0, commit, people, user_id};
use crate::tests::{World, assert_matches, on_both};

on_both! { openings, years, what_is_left }

fn record(key: RecordKey) -> Record {
    Record {
        key,
        label: "2026年度".to_owned(),
        title: "研修".to_owned(),
        form: "a".to_owned(),
        section: None,
        zone: None,
        class: "three-years".to_owned(),
        class_title: "3年保存".to_owned(),
        years: 3,
        begun_on: date(2026, 4, 1),
        ended_on: date(2027, 3, 31),
        disposal: Disposal::listed(date(2030, 4, 1)),
        version: 0,
    }
}

/// A task that began by itself for somebody on this day.
fn begun(n: u32, course: &str, on: jiff::civil::Date, key: &str) -> Task {
    let like = course_task(n, course);
    let covers = Covers::Event { key: format!("{key}-{n}"), what: String::new(), on, zone: None };
    let new = NewTask {
        duty: like.duty.clone(),
        title: like.title.clone(),
        scope: Scope::Person(user_id(n), SectionId::new("s-1")),
        covers,
        nth: 1,
        times: 1,
        due_on: on,
        terms: like.terms,
    };
    Task::new(new, T0)
}

async fn openings(world: &World) {
    let store = &world.store;
    people(store).await;
    let closed = |run: CourseRun, at| CourseRun { closed: Some((at, user_id(2))), ..run };
    let other = Covers::Event {
        key: "opened-2026-11-01".to_owned(),
        what: "紛失".to_owned(),
        on: date(2026, 11, 1),
        zone: None,
    };
    let second = CourseRun { id: CourseRun::id_of("a", &other), covers: other, ..course_run("a", T0 + 5) };
    let runs = [course_run("a", T0), second, course_run("b", T0 + 1)];
    commit(store, 1, async |tx| {
        for run in &runs {
            tx.insert_course_run(run).await.unwrap();
        }
    })
    .await;
    let find =
        async |course: &str, before, limit| store.unrecorded_runs(course, before, limit).await.unwrap();
    assert_eq!(find("a", T0 + 100, 10).await, [""; 0], "what is open is no record");
    // Nor can it be made one.
    let mut tx = store.begin().await.unwrap();
    let early = tx.insert_record(&record(RecordKey::course_run(&runs[0].id))).await;
    assert_matches!(early, Err(StoreError::Conflict));
    drop(tx);
    commit(store, 2, async |tx| {
        for (run, at) in [(&runs[0], T0 + 30), (&runs[1], T0 + 20), (&runs[2], T0 + 10)] {
            tx.update_course_run(&closed(CourseRun { version: 1, ..run.clone() }, at)).await.unwrap();
        }
    })
    .await;
    assert_eq!(
        find("a", T0 + 100, 10).await,
        [runs[1].id.as_str(), runs[0].id.as_str()],
        "the first closed first"
    );
    assert_eq!(find("a", T0 + 30, 10).await, [runs[1].id.as_str()], "closed before that moment");
    assert_eq!(find("a", T0 + 100, 1).await, [runs[1].id.as_str()]);
    assert_eq!(find("b", T0 + 100, 10).await, [runs[2].id.as_str()]);
    let of = record(RecordKey::course_run(&runs[1].id));
    commit(store, 3, async |tx| tx.insert_record(&of).await.unwrap()).await;
    assert_eq!(find("a", T0 + 100, 10).await, [runs[0].id.as_str()], "each once");
    assert_eq!(store.record(&of.key).await.unwrap(), Some(of.clone()));
    let nothing = record(RecordKey::course_run("nothing.2026"));
    for wrong in [of, nothing] {
        let mut tx = store.begin().await.unwrap();
        assert_matches!(tx.insert_record(&wrong).await, Err(StoreError::Conflict));
    }
    // The words about what happened can go.
    let mut emptied = store.course_run(&runs[1].id).await.unwrap().unwrap();
    if let Covers::Event { what, .. } = &mut emptied.covers {
        what.clear();
    }
    commit(store, 4, async |tx| tx.update_course_run(&emptied).await.unwrap()).await;
    emptied.version += 1;
    assert_eq!(store.course_run(&runs[1].id).await.unwrap(), Some(emptied));
}

async fn years(world: &World) {
    let store = &world.store;
    people(store).await;
    let (old, new) = (date(2025, 6, 1), date(2026, 5, 1));
    let tasks = [
        begun(1, "a", old, "hire"),
        begun(2, "a", new, "hire"),
        begun(3, "a", new, "transfer"),
        begun(4, "a", old, "opened"),
        begun(5, "b", old, "hire"),
        course_task(6, "a"),
    ];
    commit(store, 1, async |tx| assert_eq!(tx.insert_tasks(&tasks).await.unwrap(), 6)).await;
    let find = async |course: &str, before, limit| {
        store.unrecorded_course_years(course, before, limit).await.unwrap()
    };
    assert_eq!(find("a", 2025, 10).await, [0_i16; 0]);
    assert_eq!(find("a", 2027, 10).await, [2025, 2026], "each once, and not what somebody opened");
    assert_eq!(find("a", 2027, 1).await, [2025]);
    assert_eq!(find("c", 2027, 10).await, [0_i16; 0]);
    let key = RecordKey::course_year("a", 2026);
    let whose = async |key: &RecordKey, limit| {
        let mut ids = store.course_record_tasks(key, limit).await.unwrap();
        ids.sort();
        ids
    };
    let mut wanted = vec![tasks[1].id.clone(), tasks[2].id.clone()];
    wanted.sort();
    assert_eq!(whose(&key, 10).await, wanted);
    assert_eq!(whose(&key, 1).await.len(), 1);
    let of_run = RecordKey::course_run(&course_run("a", T0).id);
    assert_eq!(whose(&of_run, 10).await, [tasks[5].id.clone()]);
    assert_eq!(whose(&RecordKey::task(&tasks[1].id), 10).await, []);
    commit(store, 2, async |tx| tx.insert_record(&record(key.clone())).await.unwrap()).await;
    assert_eq!(find("a", 2027, 10).await, [2025], "each once");
    for again in [key, RecordKey::course_year("c", 2026)] {
        let mut tx = store.begin().await.unwrap();
        assert_matches!(tx.insert_record(&record(again)).await, Err(StoreError::Conflict));
    }
}

async fn what_is_left(world: &World) {
    let store = &world.store;
    people(store).await;
    let elsewhere = SectionId::new("s-2");
    let mut tasks: Vec<Task> = (1..=5).map(|n| course_task(n, "a")).collect();
    tasks[4].scope = Scope::Person(user_id(5), elsewhere.clone());
    let another = course_task(6, "b");
    commit(store, 1, async |tx| {
        tx.insert_tasks(&tasks).await.unwrap();
        tx.insert_tasks(std::slice::from_ref(&another)).await.unwrap();
        for (n, state) in [(0, State::Done), (1, State::Waived), (4, State::Done)] {
            let ended = Task { state, ended_at: Some(T0 + 1), ..tasks[n].clone() };
            tx.update_task(&ended).await.unwrap();
            tx.put_progress(&ended.id, &StoredProgress::default()).await.unwrap();
            tx.insert_attempt(&course_attempt(&ended.id, 1, T0 + 9)).await.unwrap();
        }
    })
    .await;
    let key = RecordKey::course_run(&course_run("a", T0).id);
    let months =
        async |sections: Option<&[SectionId]>| store.task_months(2026, sections, i64::MAX).await.unwrap();
    let whole = months(None).await;
    let of_one = months(Some(std::slice::from_ref(&elsewhere))).await;
    assert_eq!(store.course_record_tallies(&key).await.unwrap(), []);
    let ids: Vec<_> = tasks.iter().map(|t| t.id.clone()).collect();
    let (_, before) = store.change_head().await.unwrap();
    // In two parts; one that is gone is passed over.
    commit(store, 2, async |tx| {
        assert_eq!(tx.forget_course_tasks(&key, &ids[..2]).await.unwrap(), 2);
    })
    .await;
    assert_eq!(months(None).await, whole, "the picture of the year stays while half is gone");
    commit(store, 3, async |tx| assert_eq!(tx.forget_course_tasks(&key, &ids).await.unwrap(), 3)).await;
    assert_eq!(months(None).await, whole, "and when all is");
    assert_eq!(months(Some(std::slice::from_ref(&elsewhere))).await, of_one);
    let tally = |asked, done, waived, overdue| Tally { asked, done, late: 0, waived, overdue };
    assert_eq!(
        store.course_record_tallies(&key).await.unwrap(),
        [(SectionId::new("s-1"), tally(4, 1, 1, 2)), (elsewhere, tally(1, 1, 0, 0))]
    );
    // Nothing of the persons is there.
    for id in &ids {
        assert_eq!(store.task(id).await.unwrap(), None);
        assert_eq!(store.course_attempts(id, 10).await.unwrap(), []);
    }
    assert!(store.course_progress(&ids).await.unwrap().is_empty());
    assert_eq!(store.course_record_tasks(&key, 10).await.unwrap(), []);
    let view = TaskView::OfDuty(another.duty.clone(), None);
    let query = TaskQuery { view, page: PageRequest { after: None, limit: 10 } };
    assert_eq!(store.tasks(&query).await.unwrap().rows.len(), 1, "others stay");
    // The indexes of words are told of each.
    let changed: Vec<String> =
        store.changes_behind(before, 100).await.unwrap().into_iter().map(|c| c.subject).collect();
    assert!(ids.iter().all(|id| changed.contains(&id.to_string())), "{changed:?}");
    // A task of another course is never forgotten with it.
    let mut tx = store.begin().await.unwrap();
    let wrong = tx.forget_course_tasks(&key, std::slice::from_ref(&another.id)).await;
    assert_matches!(wrong, Err(StoreError::Conflict));
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.forget_course_tasks(&RecordKey::task(&another.id), &[]).await.is_err());
}
