//! What open screens are told: that somebody's notices are others now, whatever changed them, and only once it is written.

use std::collections::{BTreeMap, BTreeSet};

use app::registers::RowInput;
use policy::import::Correction;
use tokio::sync::broadcast::{Receiver, error::TryRecvError};
use workflow::id::UserId;

use crate::{city::City, editions::adopt_second, requests::answers};

/// Whom the screens were told of since the last question.
fn told(screens: &mut Receiver<UserId>) -> BTreeSet<UserId> {
    let mut people = BTreeSet::new();
    loop {
        match screens.try_recv() {
            Ok(person) => people.insert(person),
            Err(TryRecvError::Empty) => return people,
            Err(error) => panic!("{error}"),
        };
    }
}

fn only(city: &City, login: &str) -> BTreeSet<UserId> {
    BTreeSet::from([city.id(login)])
}

fn of_residents(values: &BTreeMap<String, String>) -> RowInput {
    RowInput { section: Some("residents".to_owned()), values: values.clone(), reason: String::new() }
}

#[tokio::test]
async fn rows_that_wait_and_wait_no_longer_are_told_to_open_screens() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let kacho = city.at("kacho", "lgwan").await;
    let mut values =
        answers(&[("name", "録音"), ("kind", "電子データ"), ("place", "書庫"), ("keeper", "hanako")]);
    let mut screens = city.app.live().subscribe_told();

    // Whatever fails on the way, nobody is told of what is not there.
    let mut skip = 0;
    let key = loop {
        city.store.faults.arm(skip, 1_000);
        let answer = city.app.add_row(&hanako, "assets", &of_residents(&values)).await;
        city.store.faults.disarm();
        match answer {
            Ok(key) => break key,
            Err(_) => assert_eq!(told(&mut screens), BTreeSet::new(), "after {skip} calls"),
        }
        skip += 1;
    };
    assert!(skip > 3, "the change takes several calls: {skip}");
    assert_eq!(told(&mut screens), only(&city, "kacho"));

    // A second row that waits changes nothing for him.
    values.insert("name".to_owned(), "録音その2".to_owned());
    let other = city.app.add_row(&hanako, "assets", &of_residents(&values)).await.unwrap();
    assert_eq!(told(&mut screens), BTreeSet::new());
    let mut ends = Vec::new();
    for key in [key, other] {
        let row = city.app.register_row(&kacho, &key).await.unwrap().row.row;
        let mut values = city.app.typed(city.app.register("assets").unwrap(), &row);
        for (axis, level) in [("confidentiality", "c2"), ("integrity", "i1"), ("availability", "a1")] {
            values.insert(axis.to_owned(), level.to_owned());
        }
        city.app.change_row(&kacho, &key, row.version, &of_residents(&values)).await.unwrap();
        ends.push(told(&mut screens));
    }
    assert_eq!(ends, [BTreeSet::new(), only(&city, "kacho")], "with the last one");
}

#[tokio::test]
async fn a_text_that_waits_for_its_review_is_told_to_open_screens() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let mut screens = city.app.live().subscribe_told();
    let id = crate::importing::imported(&city, &digital).await;
    assert_eq!(told(&mut screens), only(&city, "digital"));
    let all = city.app.import_review(&digital, &id).await.unwrap().draft.import().statements.len();
    let confirm = (0..all).map(|statement| Correction::Confirm { statement }).collect();
    city.app.correct_import(&digital, &id, 1, confirm).await.unwrap();
    assert_eq!(told(&mut screens), BTreeSet::new(), "a step is not the end");
    city.app.confirm_import(&digital, &id, 2).await.unwrap();
    assert_eq!(told(&mut screens), only(&city, "digital"));
}

#[tokio::test]
async fn what_is_to_be_read_is_told_to_open_screens_and_ends_for_whoever_read_it() {
    let city = City::open().await;
    let mut screens = city.app.live().subscribe_told();
    let id = adopt_second(&city).await;
    assert!(told(&mut screens).contains(city.id_of("hanako")));
    let hanako = city.at("hanako", "lgwan").await;
    city.app.current().confirm_reading(&hanako, &id).await.unwrap();
    assert_eq!(told(&mut screens), only(&city, "hanako"));
}
