//! Tasks of duties: whole and again, made once, lists, counts, what time has to say, files that are kept.

use app::{
    duties::store::{DutyStore as _, TaskQuery, TaskView},
    model::PageRequest,
    ports::{Store as _, StoreError},
};
use jiff::civil::date;
use workflow::{
    calendar::{Every, begin_of, plus},
    duty::{
        Covers, Report, Scope, State, Tally, Task, Terms,
        task::{NewTask, Waiver, Word},
    },
    id::{FileId, SectionId, TaskId, ZoneId},
    request::{Answer, Attachment},
};

use crate::tests::samples::{T0, commit, people, stored, user_id};
use crate::tests::{World, assert_matches, on_both};

on_both! { whole_and_again, made_once, lists, counts, alarms, files_are_kept, people_of_a_post }

/// Tasks of three duties: a section's each month, the body's each quarter, a person's own after an event.
pub(crate) fn task(n: u32) -> Task {
    let month = plus(date(2026, 4, 1), i32::try_from(31 * (n % 12)).unwrap());
    let (duty, scope, covers) = match n % 3 {
        0 => {
            let scope = Scope::Section(SectionId::new(format!("s-{}", n / 36)));
            ("monthly", scope, Covers::Period(Every::Month.period(month)))
        }
        1 => ("quarterly", Scope::Body, Covers::Period(Every::Quarter.period(month))),
        _ => {
            let scope = Scope::Person(user_id(1 + n % 2), SectionId::new("s-1"));
            let covers = Covers::Event {
                key: format!("hire-{n}"),
                what: "採用\n".to_owned(),
                on: month,
                zone: Some(ZoneId::new("lgwan")),
            };
            ("once", scope, covers)
        }
    };
    let due_on = covers.last();
    let terms = Terms {
        owner: "manager".to_owned(),
        confirm_by: n.is_multiple_of(2).then(|| "officer".to_owned()),
        waiver_by: Some("officer".to_owned()),
        wide: Vec::new(),
        remind_days: vec![7],
        escalations: vec![(7, "ciso".to_owned())],
    };
    let title = format!("実施 {n}");
    let new = NewTask { duty: duty.to_owned(), title, scope, covers, nth: 1, times: 1, due_on, terms };
    Task::new(new, T0)
}

fn word(n: u32) -> Word {
    Word { by: user_id(n), at: T0 + 5, zone: ZoneId::new("lgwan"), comment: "二行\n目".to_owned() }
}

fn report(n: u32) -> Report {
    Report {
        by: user_id(1),
        at: T0 + 4,
        done_on: date(2026, 5, 2),
        zone: ZoneId::new("lgwan"),
        answers: vec![Answer {
            field: "count".to_owned(),
            title: "数".to_owned(),
            value: "3".to_owned(),
            shown: "3".to_owned(),
            row: None,
        }],
        note: "済".to_owned(),
        attachments: vec![Attachment {
            id: FileId::new(format!("f-{n}")),
            untrusted_name: "a\u{0}b/..".to_owned(),
            stored: stored("lgwan", n),
        }],
    }
}

fn page(limit: u32) -> PageRequest {
    PageRequest { after: None, limit }
}

async fn whole_and_again(world: &World) {
    let store = &world.store;
    people(store).await;
    for n in 0..3 {
        let mut kept = task(n);
        commit(store, n, async |tx| {
            assert_eq!(tx.insert_tasks(std::slice::from_ref(&kept)).await.unwrap(), 1)
        })
        .await;
        assert_eq!(store.task(&kept.id).await.unwrap().as_ref(), Some(&kept));
        kept.state = State::Waived;
        kept.report = Some(report(n));
        kept.returned = Some(word(2));
        kept.confirmed = Some(word(1));
        kept.waiver = Some(Waiver { asked: word(1), granted: Some(word(2)) });
        kept.ended_at = Some(T0 + 9);
        (kept.reminded, kept.overdue_at, kept.escalated) = (1, Some(T0 + 6), 1);
        commit(store, 10 + n, async |tx| {
            assert_eq!(
                app::duties::store::DutyTx::task(&mut *tx, &kept.id).await.unwrap().map(|t| t.version),
                Some(0)
            );
            tx.update_task(&kept).await.unwrap();
        })
        .await;
        let stale = kept.clone();
        kept.version = 1;
        assert_eq!(store.task(&kept.id).await.unwrap(), Some(kept));
        let mut tx = store.begin().await.unwrap();
        assert_matches!(tx.update_task(&stale).await, Err(StoreError::Conflict));
    }
    assert_eq!(store.task(&TaskId::new("nothing")).await.unwrap(), None);
}

async fn made_once(world: &World) {
    let store = &world.store;
    people(store).await;
    let (first, second) = (task(0), task(1));
    commit(store, 1, async |tx| assert_eq!(tx.insert_tasks(std::slice::from_ref(&first)).await.unwrap(), 1))
        .await;
    let again = Task { title: "別の題".to_owned(), ..first.clone() };
    commit(store, 2, async |tx| {
        assert_eq!(tx.insert_tasks(&[again, second.clone()]).await.unwrap(), 1);
    })
    .await;
    assert_eq!(store.task(&first.id).await.unwrap(), Some(first.clone()), "what is there stays as it is");
    let ids = store.task_ids("monthly", first.covers.key(), 1).await.unwrap();
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), std::slice::from_ref(&first.id));
    assert!(store.task_ids("monthly", first.covers.key(), 2).await.unwrap().is_empty());
    assert_eq!(store.newest_period("monthly").await.unwrap(), Some(first.covers.last()));
    assert_eq!(store.newest_period("once").await.unwrap(), None);
}

async fn lists(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut tasks: Vec<Task> = (0..72).map(task).collect();
    tasks.sort_by(|a, b| a.id.cmp(&b.id));
    tasks.dedup_by(|a, b| a.id == b.id);
    commit(store, 1, async |tx| {
        tx.insert_tasks(&tasks).await.unwrap();
    })
    .await;
    let now = begin_of(date(2026, 8, 1));
    let due = |t: &Task| (t.due_at(), t.id.clone());
    let one = SectionId::new("s-1");
    let views: Vec<(TaskView, Vec<&Task>, bool)> = vec![
        (
            TaskView::Desks(vec![
                "r:manager@s:s-1".to_owned(),
                "r:manager@body".to_owned(),
                "p:nobody".to_owned(),
            ]),
            tasks
                .iter()
                .filter(|t| matches!(&t.scope, Scope::Body) || t.scope == Scope::Section(one.clone()))
                .collect(),
            true,
        ),
        (TaskView::Overdue(None, now), tasks.iter().filter(|t| t.is_overdue(now)).collect(), true),
        (
            TaskView::Overdue(Some(vec![one.clone()]), now),
            tasks.iter().filter(|t| t.is_overdue(now) && t.scope.section() == Some(&one)).collect(),
            true,
        ),
        (
            TaskView::OfSections(vec![one.clone(), SectionId::new("s-0")]),
            tasks.iter().filter(|t| t.scope.section().is_some()).collect(),
            false,
        ),
        (
            TaskView::OfPerson(user_id(1)),
            tasks.iter().filter(|t| matches!(&t.scope, Scope::Person(u, _) if *u == user_id(1))).collect(),
            false,
        ),
        (
            TaskView::OfDuty("quarterly".to_owned(), None),
            tasks.iter().filter(|t| t.duty == "quarterly").collect(),
            false,
        ),
        (
            TaskView::OfDuty("monthly".to_owned(), Some(vec![one.clone()])),
            tasks.iter().filter(|t| t.duty == "monthly" && t.scope.section() == Some(&one)).collect(),
            false,
        ),
        (TaskView::All, tasks.iter().collect(), false),
    ];
    for (view, mut wanted, rising) in views {
        wanted.sort_by_key(|t| due(t));
        if !rising {
            wanted.reverse();
        }
        assert!(!wanted.is_empty(), "{view:?}");
        // In parts, over rows that are due at the same moment.
        let mut query = TaskQuery { view: view.clone(), page: page(5) };
        let mut found = Vec::new();
        loop {
            let part = store.tasks(&query).await.unwrap();
            found.extend(part.rows);
            match part.next {
                Some(next) => query.page.after = Some(next),
                None => break,
            }
        }
        let ids: Vec<&TaskId> = found.iter().map(|row| &row.id).collect();
        assert_eq!(ids, wanted.iter().map(|t| &t.id).collect::<Vec<_>>(), "{view:?}");
        for (row, task) in found.iter().zip(wanted) {
            assert_eq!(
                (row.due_at, row.due_on, &row.covers, row.state),
                (task.due_at(), task.due_on, &task.covers, task.state)
            );
            assert_eq!(row.section.as_ref(), task.scope.section());
            assert_eq!(row.person.is_some(), matches!(task.scope, Scope::Person(..)));
        }
    }
    assert_eq!(
        store.tasks(&TaskQuery { view: TaskView::Desks(vec![]), page: page(5) }).await.unwrap().rows,
        []
    );
}

async fn counts(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut tasks: Vec<Task> = [0, 3, 6, 9].into_iter().map(task).collect();
    commit(store, 1, async |tx| assert_eq!(tx.insert_tasks(&tasks).await.unwrap(), 4)).await;
    let now = begin_of(date(2026, 12, 1));
    tasks[0].state = State::Done;
    tasks[0].report = Some(Report { at: now, ..report(0) });
    tasks[1].state = State::Waived;
    tasks[2].state = State::Reported;
    commit(store, 2, async |tx| {
        for task in &tasks {
            tx.update_task(task).await.unwrap();
        }
    })
    .await;
    let months = store.task_months(2026, None, now).await.unwrap();
    assert!(months.iter().all(|m| m.duty == "monthly" && m.section == Some(SectionId::new("s-0"))));
    let sum = months.iter().fold(Tally::default(), |sum, m| sum.and(m.all));
    assert_eq!(sum, Tally { asked: 4, done: 1, late: 1, waived: 1, overdue: 0 });
    let later = begin_of(date(2027, 5, 1));
    let of = |sections: Vec<&str>| {
        let sections: Vec<SectionId> = sections.into_iter().map(SectionId::new).collect();
        async move { store.task_months(2026, Some(&sections), later).await.unwrap() }
    };
    let sum = of(vec!["s-0", "s-1", "s-0"]).await.into_iter().fold(Tally::default(), |sum, m| sum.and(m.all));
    assert_eq!((sum.asked, sum.overdue), (4, 1), "a section named twice is counted once");
    assert_eq!(of(vec!["s-1"]).await, []);
    assert_eq!(store.task_months(2025, None, now).await.unwrap(), []);
    let periods = store.task_periods("monthly", later, 3).await.unwrap();
    assert_eq!(periods.len(), 3, "the newest ones");
    assert!(periods[0].first > periods[1].first);
    assert_eq!(periods[0].all.asked, 1);
}

async fn alarms(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut early = task(0);
    let late = task(9);
    commit(store, 1, async |tx| {
        tx.insert_tasks(&[late.clone(), early.clone()]).await.unwrap();
    })
    .await;
    let at = early.alarm_at().unwrap();
    assert_eq!(store.due_tasks(at - 1, 9).await.unwrap(), []);
    assert_eq!(store.due_tasks(at, 9).await.unwrap(), [early.id.clone()]);
    assert_eq!(store.due_tasks(i64::MAX, 9).await.unwrap(), [early.id.clone(), late.id.clone()]);
    assert_eq!(store.due_tasks(i64::MAX, 1).await.unwrap().len(), 1);
    early.state = State::Done;
    commit(store, 2, async |tx| tx.update_task(&early).await.unwrap()).await;
    assert_eq!(store.due_tasks(i64::MAX, 9).await.unwrap(), [late.id]);
}

async fn files_are_kept(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut kept = task(0);
    let file = stored("lgwan", 7);
    assert!(!store.blob_in_use(&file.zone, &file.blob).await.unwrap());
    commit(store, 1, async |tx| {
        tx.insert_tasks(std::slice::from_ref(&kept)).await.unwrap();
        kept.report = Some(report(7));
        tx.update_task(&kept).await.unwrap();
    })
    .await;
    assert!(store.blob_in_use(&file.zone, &file.blob).await.unwrap());
    assert!(!store.blob_in_use(&ZoneId::new("internet"), &file.blob).await.unwrap());
    kept = store.task(&kept.id).await.unwrap().unwrap();
    kept.report = Some(report(8));
    commit(store, 2, async |tx| tx.update_task(&kept).await.unwrap()).await;
    assert!(!store.blob_in_use(&file.zone, &file.blob).await.unwrap(), "another report took its place");
}

async fn people_of_a_post(world: &World) {
    let store = &world.store;
    people(store).await;
    let holding = |n: u32, until| app::model::PostHolding {
        user: user_id(n),
        post: "staff".to_owned(),
        unit: Some("s-1".to_owned()),
        from: T0,
        until,
    };
    commit(store, 1, async |tx| {
        tx.insert_post(&holding(1, None)).await.unwrap();
        tx.insert_post(&holding(2, Some(T0 + 10))).await.unwrap();
    })
    .await;
    let who = async |at| -> Vec<_> {
        let mut found: Vec<_> =
            store.people_of_post("staff", at).await.unwrap().into_iter().map(|(u, _)| u).collect();
        found.sort();
        found
    };
    assert_eq!(who(T0 - 1).await, []);
    assert_eq!(who(T0).await, [user_id(1), user_id(2)]);
    assert_eq!(who(T0 + 10).await, [user_id(1)]);
    assert!(store.people_of_post("kacho", T0).await.unwrap().iter().all(|(u, _)| *u != user_id(1)));
}
