//! Courses: runs, how far people are, tries and their erasure, who moves.

use std::collections::{BTreeMap, BTreeSet};

use app::{
    duties::store::DutyStore as _,
    ports::{Store as _, StoreError},
    training::store::{Answers, Attempt, CourseFile, CourseRun, StoredProgress, TrainingStore as _},
};
use jiff::civil::date;
use workflow::{
    calendar::Every,
    duty::{Covers, Scope, State, Task, Terms, task::NewTask},
    id::{FileId, SectionId, TaskId},
    request::Attachment,
    training::{Begun, How, Progress},
};

use crate::tests::samples::{T0, commit, people, stored, user_id};
use crate::tests::{World, assert_matches, on_both};

on_both! { runs, progress, attempts, moving, files }

fn covers() -> Covers {
    Covers::Period(Every::FiscalYear.period(date(2026, 5, 1)))
}

/// A person's task of a course.
pub(crate) fn course_task(n: u32, course: &str) -> Task {
    let terms = Terms {
        owner: "officer".to_owned(),
        confirm_by: None,
        waiver_by: Some("manager".to_owned()),
        wide: Vec::new(),
        remind_days: vec![7],
        escalations: Vec::new(),
    };
    let scope = Scope::Person(user_id(n), SectionId::new("s-1"));
    let new = NewTask {
        duty: format!("course.{course}"),
        title: "研修".to_owned(),
        scope,
        covers: covers(),
        nth: 1,
        times: 1,
        due_on: date(2026, 12, 10),
        terms,
    };
    Task::new(new, T0)
}

/// A run of a course.
pub(crate) fn course_run(course: &str, opened_at: i64) -> CourseRun {
    CourseRun {
        id: CourseRun::id_of(course, &covers()),
        course: course.to_owned(),
        covers: covers(),
        due_on: date(2026, 12, 10),
        opened_at,
        opened_by: user_id(1),
        closed: None,
        version: 1,
    }
}

/// A try that was not enough.
pub(crate) fn course_attempt(task: &TaskId, nth: u32, erase_at: i64) -> Attempt {
    Attempt {
        task: task.clone(),
        nth,
        begun_at: T0 + 1,
        ended_at: T0 + 2,
        passed: nth > 1,
        answers: Some(Answers {
            seed: "5eed".to_owned(),
            content: "digest".to_owned(),
            chosen: BTreeMap::from([(0, BTreeSet::from([1, 2])), (1, BTreeSet::new())]),
            rights: vec![true, false],
        }),
        erase_at: Some(erase_at),
    }
}

fn far() -> Progress {
    Progress {
        pages: BTreeSet::from(["a".to_owned(), "b\n".to_owned()]),
        read_at: Some(T0),
        attempts: 2,
        begun: Some(Begun { seed: "s".to_owned(), content: "c".to_owned(), at: T0 }),
        ended_at: Some(T0 + 3),
        passed: Some((T0 + 4, How::Test)),
        reminded_at: Some(T0 + 5),
    }
}

async fn runs(world: &World) {
    let store = &world.store;
    people(store).await;
    let (first, second) = (course_run("a", T0), course_run("b", T0 + 1));
    commit(store, 1, async |tx| {
        tx.insert_course_run(&first).await.unwrap();
        tx.insert_course_run(&second).await.unwrap();
    })
    .await;
    assert_eq!(store.course_run(&first.id).await.unwrap().as_ref(), Some(&first));
    assert_eq!(store.course_run("nothing").await.unwrap(), None);
    assert_eq!(store.course_runs("a", 10).await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(store.open_course_runs(10).await.unwrap(), [first.clone(), second.clone()]);
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.insert_course_run(&first).await, Err(StoreError::Duplicate("course-run")));
    drop(tx);
    let closed = CourseRun { closed: Some((T0 + 9, user_id(2))), ..first.clone() };
    commit(store, 2, async |tx| tx.update_course_run(&closed).await.unwrap()).await;
    assert_eq!(store.course_run(&first.id).await.unwrap(), Some(CourseRun { version: 2, ..closed.clone() }));
    assert_eq!(store.open_course_runs(10).await.unwrap(), [second]);
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.update_course_run(&closed).await, Err(StoreError::Conflict));
}

async fn progress(world: &World) {
    let store = &world.store;
    people(store).await;
    let task = course_task(1, "a");
    commit(store, 1, async |tx| assert_eq!(tx.insert_tasks(std::slice::from_ref(&task)).await.unwrap(), 1))
        .await;
    let new = StoredProgress::default();
    store.put_bookmark(&task.id, &new).await.unwrap();
    assert_matches!(store.put_bookmark(&task.id, &new).await, Err(StoreError::Conflict));
    commit(store, 2, async |tx| {
        let stored = tx.progress_of(&task.id).await.unwrap();
        assert_eq!(stored, StoredProgress { version: 1, ..StoredProgress::default() });
        tx.put_progress(&task.id, &StoredProgress { progress: far(), version: 1 }).await.unwrap();
    })
    .await;
    let ids = [task.id.clone(), TaskId::new("nothing")];
    let found = store.course_progress(&ids).await.unwrap();
    assert_eq!(found, BTreeMap::from([(task.id.clone(), StoredProgress { progress: far(), version: 2 })]));
    let stale = StoredProgress { progress: Progress::default(), version: 1 };
    assert_matches!(store.put_bookmark(&task.id, &stale).await, Err(StoreError::Conflict));
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.put_progress(&task.id, &stale).await, Err(StoreError::Conflict));
}

async fn attempts(world: &World) {
    let store = &world.store;
    people(store).await;
    let task = course_task(1, "a");
    let (first, second) = (course_attempt(&task.id, 1, T0 + 100), course_attempt(&task.id, 2, T0 + 50));
    commit(store, 1, async |tx| {
        tx.insert_tasks(std::slice::from_ref(&task)).await.unwrap();
        tx.insert_attempt(&first).await.unwrap();
        tx.insert_attempt(&second).await.unwrap();
    })
    .await;
    assert_eq!(store.course_attempts(&task.id, 10).await.unwrap(), [second.clone(), first.clone()]);
    assert_eq!(store.due_answers(T0 + 49, 10).await.unwrap(), []);
    let due = store.due_answers(T0 + 100, 10).await.unwrap();
    assert_eq!(due, [(task.id.clone(), 2), (task.id.clone(), 1)], "the longest waiting first");
    commit(store, 2, async |tx| tx.erase_answers(&task.id, 2).await.unwrap()).await;
    let left = Attempt { answers: None, erase_at: None, ..second };
    assert_eq!(store.course_attempts(&task.id, 10).await.unwrap(), [left, first]);
    assert_eq!(store.due_answers(T0 + 100, 10).await.unwrap(), [(task.id.clone(), 1)]);
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.erase_answers(&task.id, 9).await, Err(StoreError::Conflict));
}

/// A file of a course at this place.
pub(crate) fn course_file(n: u32, place: u32) -> CourseFile {
    CourseFile {
        place,
        file: Attachment {
            id: FileId::new(format!("cf-{n}")),
            untrusted_name: format!("資料\0{n}.pdf"),
            stored: stored("lgwan", n),
        },
        added_at: T0 + i64::from(n),
        added_by: user_id(1),
    }
}

async fn files(world: &World) {
    let store = &world.store;
    people(store).await;
    let (first, second, other) = (course_file(1, 1), course_file(2, 0), course_file(3, 1));
    assert_eq!(store.course_files("a.2026").await.unwrap(), []);
    commit(store, 1, async |tx| {
        tx.add_course_file("a.2026", &first).await.unwrap();
        tx.add_course_file("a.2026", &second).await.unwrap();
        tx.add_course_file("a@2026", &other).await.unwrap();
    })
    .await;
    assert_eq!(store.course_files("a.2026").await.unwrap(), [second.clone(), first.clone()], "by place");
    assert_eq!(store.course_files("a@2026").await.unwrap(), [other]);
    // Two at once at one place: the second is told.
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.add_course_file("a.2026", &course_file(4, 1)).await, Err(StoreError::Conflict));
    drop(tx);
    let stored = &first.file.stored;
    assert!(store.blob_in_use(&stored.zone, &stored.blob).await.unwrap());
    commit(store, 2, async |tx| tx.remove_course_file("a.2026", &first.file.id).await.unwrap()).await;
    assert_eq!(store.course_files("a.2026").await.unwrap(), std::slice::from_ref(&second));
    assert!(!store.blob_in_use(&stored.zone, &stored.blob).await.unwrap());
    for (record, gone) in [("a.2026", &first), ("a@2026", &second)] {
        let mut tx = store.begin().await.unwrap();
        assert_matches!(tx.remove_course_file(record, &gone.file.id).await, Err(StoreError::Conflict));
    }
}

async fn moving(world: &World) {
    let store = &world.store;
    people(store).await;
    let (open, done, another) = (course_task(1, "a"), course_task(1, "b"), course_task(2, "a"));
    let duty = super::duties::task(2);
    commit(store, 1, async |tx| {
        tx.insert_tasks(&[open.clone(), done.clone(), another.clone(), duty.clone()]).await.unwrap();
        let ended = Task { state: State::Waived, ended_at: Some(T0 + 1), ..done.clone() };
        tx.update_task(&ended).await.unwrap();
    })
    .await;
    let to = SectionId::new("s-2");
    commit(store, 2, async |tx| assert_eq!(tx.move_courses(&user_id(1), &to).await.unwrap(), 1)).await;
    let section = async |id: &TaskId| store.task(id).await.unwrap().unwrap().scope.section().unwrap().clone();
    assert_eq!(section(&open.id).await, to);
    for stays in [&done, &another, &duty] {
        assert_eq!(section(&stays.id).await, SectionId::new("s-1"), "{}", stays.id);
    }
    commit(store, 3, async |tx| assert_eq!(tx.move_courses(&user_id(1), &to).await.unwrap(), 0)).await;
}
