//! Duties about rows of registers: a task for each row, done by whom it names, that goes with the row.

use std::collections::BTreeMap;

use app::{duties::TaskTray, model::PageRequest, registers::RowInput};
use workflow::{
    duty::{Scope, State},
    register::RowKey,
};

use crate::{city::City, rows};
use test_city::doubles::DAY;

async fn tasks(city: &City, login: &str, duty: &str) -> Vec<app::duties::store::TaskRow> {
    let actor = city.at(login, "lgwan").await;
    let page = PageRequest { after: None, limit: 100 };
    let rows = city.app.tasks(&actor, TaskTray::Mine, page).await.unwrap().rows;
    rows.into_iter().filter(|row| row.duty == duty).collect()
}

async fn told(city: &City, kind: &str) -> usize {
    city.evidence().await.iter().filter(|row| row.entry.kind == kind).count()
}

async fn change(city: &City, key: &RowKey, seen: i64, pairs: &[(&str, &str)]) {
    let kacho = city.at("kacho", "lgwan").await;
    let before = city.app.register_row(&kacho, key).await.unwrap().row.row;
    let mut values: BTreeMap<String, String> =
        city.app.typed(city.app.register(&key.register).unwrap(), &before);
    values.extend(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    let input = RowInput { section: Some("residents".to_owned()), values, reason: String::new() };
    city.app.change_row(&kacho, key, seen, &input).await.unwrap();
}

/// What becomes of tasks when what they are about changes hands, and ends.
pub(crate) async fn tour(city: &City) {
    let key = rows::add(city, "contractors", &[("name", "丁社")]).await;
    city.app.tidy().await.unwrap();
    change(city, &key, 1, &[("responsible", "taro")]).await;
    let kacho = city.at("kacho", "lgwan").await;
    let today = workflow::calendar::day_of(city.now()).to_string();
    city.app.end_row(&kacho, &key, 2, &today, "契約の終わり").await.unwrap();
}

#[tokio::test]
async fn each_row_in_use_has_a_task_for_whom_it_names() {
    let city = City::open().await;
    city.app.tidy().await.unwrap();
    assert!(tasks(&city, "hanako", "contractor-check").await.is_empty(), "there is nobody to check");
    for name in ["甲社", "乙社"] {
        rows::add(&city, "contractors", &[("name", name)]).await;
    }
    // A new row has its task with the next round, on the same day.
    city.app.tidy().await.unwrap();
    let mine = tasks(&city, "hanako", "contractor-check").await;
    assert_eq!(mine.len(), 2);
    let mut about: Vec<RowKey> = mine.iter().filter_map(|t| t.row.clone()).collect();
    about.sort();
    assert_eq!(about, [RowKey::new("contractors", 1), RowKey::new("contractors", 2)]);
    city.app.tidy().await.unwrap();
    assert_eq!(tasks(&city, "hanako", "contractor-check").await.len(), 2, "made once");
    let hanako = city.at("hanako", "lgwan").await;
    let task = city.app.task(&hanako, &mine[0].id).await.unwrap();
    assert!(task.row.as_ref().is_some_and(|link| link.name.is_some()) && task.may.report);
    // Whoever answers for the section may report it as well, a colleague may not.
    let kacho = city.at("kacho", "lgwan").await;
    assert!(city.app.task(&kacho, &mine[0].id).await.unwrap().may.report);
    let fukushi = city.at("fukushi", "lgwan").await;
    assert!(city.app.task(&fukushi, &mine[0].id).await.is_err());
    city.verify().await;
}

#[tokio::test]
async fn a_row_that_changes_hands_takes_its_task_along() {
    let city = City::open().await;
    let key = rows::add(&city, "contractors", &[]).await;
    city.app.tidy().await.unwrap();
    change(&city, &key, 1, &[("responsible", "taro")]).await;
    assert_eq!(tasks(&city, "hanako", "contractor-check").await.len(), 0);
    assert_eq!(tasks(&city, "taro", "contractor-check").await.len(), 1);
    assert_eq!(told(&city, "tasks-moved").await, 1);
    // A change of something else moves nothing.
    change(&city, &key, 2, &[("subject", "印刷")]).await;
    assert_eq!(told(&city, "tasks-moved").await, 1);
    // Whose account is closed does nothing any more: the head of the section does.
    let admin = city.at("digital", "lgwan").await;
    city.app.set_enabled(&admin, city.id_of("taro"), false).await.unwrap();
    change(&city, &key, 3, &[("subject", "印刷と発送")]).await;
    let task = tasks(&city, "kacho", "contractor-check").await.remove(0);
    let kacho = city.at("kacho", "lgwan").await;
    let detail = city.app.task(&kacho, &task.id).await.unwrap();
    assert!(matches!(&detail.task.scope, Scope::Row(of) if of.person.is_none() && of.row == key));
    city.verify().await;
}

#[tokio::test]
async fn what_ends_takes_its_open_tasks_with_it() {
    let city = City::open().await;
    let keys = [rows::add(&city, "contractors", &[]).await, rows::add(&city, "contractors", &[]).await];
    city.app.tidy().await.unwrap();
    let mine = tasks(&city, "hanako", "contractor-check").await;
    let of = |key: &RowKey| mine.iter().find(|t| t.row.as_ref() == Some(key)).unwrap().id.clone();
    let kacho = city.at("kacho", "lgwan").await;
    city.app.end_row(&kacho, &keys[0], 1, "2026-11-24", "契約の終わり").await.unwrap();
    let ended = city.app.task(&kacho, &of(&keys[0])).await.unwrap().task;
    assert_eq!(ended.state, State::Dropped);
    assert!(ended.dropped.as_deref().unwrap().ends_with("契約の終わり"), "{:?}", ended.dropped);
    assert_eq!(told(&city, "tasks-dropped").await, 1);
    assert_eq!(tasks(&city, "hanako", "contractor-check").await.len(), 1, "the other one goes on");
    // It neither comes back, nor is it late.
    city.pass(40 * DAY);
    city.app.tidy().await.unwrap();
    assert_eq!(tasks(&city, "hanako", "contractor-check").await.len(), 1);
    let kacho = city.at("kacho", "lgwan").await;
    let ended = city.app.task(&kacho, &of(&keys[0])).await.unwrap().task;
    assert_eq!((ended.overdue_at, ended.is_overdue(city.now())), (None, false));
    city.verify().await;
}

#[tokio::test]
async fn nothing_is_asked_of_a_row_for_what_lay_behind_it() {
    let often = "[[duty]]\nid = \"often\"\ntitle = \"見回り\"\nhelp = \"見る。\"\nowner = \"security-manager\"\n\
         each = \"register\"\nregister = \"contractors\"\nperson = \"responsible\"\nevery = \"fiscal-year\"\n\
         times = 4\nstatements = [\"base/contractor-checked\"]\n";
    let city = City::open_with(often).await;
    rows::add(&city, "contractors", &[]).await;
    city.app.tidy().await.unwrap();
    // In November the third quarter of the year runs.
    let mine = tasks(&city, "hanako", "often").await;
    assert_eq!(mine.iter().map(|t| t.nth).collect::<Vec<_>>(), [3]);
    city.pass(60 * DAY);
    city.app.tidy().await.unwrap();
    let mine = tasks(&city, "hanako", "often").await;
    assert_eq!(mine.iter().map(|t| t.nth).collect::<Vec<_>>(), [3, 4]);
}
