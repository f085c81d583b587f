//! The statement about unknown classes is named by evidence where a class is unknown, and nowhere else.

use app::registers::{
    RowInput,
    plan::{PlanLine, RegisterPlan},
};

use crate::{city::City, requests::answers};

const ASKS: &str = "base/class-unknown-asks";
const KEEPS: &str = "base/assets-registered";

fn asset(name: &str, confidentiality: &str) -> RowInput {
    let values = answers(&[
        ("name", name),
        ("kind", "電子データ"),
        ("confidentiality", confidentiality),
        ("integrity", "i2"),
        ("availability", "a1"),
        ("place", "共有サーバ"),
        ("keeper", "hanako"),
    ]);
    RowInput { section: Some("residents".to_owned()), values, reason: "点検".to_owned() }
}

/// Whether the newest entry about a register names the statement; it names that of the register in any case.
async fn asks(city: &City) -> bool {
    let evidence = city.evidence().await;
    let newest = evidence.iter().rev().find(|e| e.entry.kind.starts_with("register-")).unwrap();
    let statements = &newest.entry.statements;
    assert!(statements.iter().any(|s| s == KEEPS), "{statements:?}");
    statements.iter().any(|s| s == ASKS)
}

#[tokio::test]
async fn a_change_names_it_while_the_class_is_open_and_when_it_is_given() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let kacho = city.at("kacho", "lgwan").await;
    city.app.add_row(&hanako, "assets", &asset("名簿", "c2")).await.unwrap();
    assert!(!asks(&city).await, "known from the first");

    let key = city.app.add_row(&hanako, "assets", &asset("録音", "")).await.unwrap();
    assert!(asks(&city).await, "left to the manager");
    city.app.change_row(&hanako, &key, 1, &asset("録音(会議)", "")).await.unwrap();
    assert!(asks(&city).await, "still open");
    city.app.change_row(&kacho, &key, 2, &asset("録音(会議)", "c2")).await.unwrap();
    assert!(asks(&city).await, "his answer");
    city.app.change_row(&kacho, &key, 3, &asset("録音(会議)", "c1")).await.unwrap();
    assert!(!asks(&city).await, "another class is a change like any other");
    city.app.change_row(&hanako, &key, 4, &asset("録音(会議その2)", "c1")).await.unwrap();
    assert!(!asks(&city).await, "known since");
    assert!(
        city.app.register_row(&hanako, &key).await.unwrap().statements.iter().all(|s| s != ASKS),
        "nor does its page say so"
    );
    city.app.end_row(&kacho, &key, 5, "2026-11-20", "消去した").await.unwrap();
    assert!(!asks(&city).await);
}

#[tokio::test]
async fn many_rows_at_once_name_it_when_one_of_them_is_open() {
    let city = City::open().await;
    let kacho = city.at("kacho", "lgwan").await;
    for (classes, expected) in [(["c1", "c2"], false), (["c1", ""], true)] {
        let lines = classes.map(|class| {
            let one = asset("台帳", class);
            PlanLine::Add { section: one.section, values: one.values }
        });
        let plan = RegisterPlan {
            register: "assets".to_owned(),
            source: "資産.xlsx".to_owned(),
            reason: "移行".to_owned(),
            lines: lines.into(),
        };
        city.app.apply_plan(&kacho, &plan).await.unwrap();
        assert_eq!(asks(&city).await, expected, "{classes:?}");
    }
}
