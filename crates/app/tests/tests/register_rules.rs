//! An edition that changes a register under its rows: derivations are found anew, lists find by new conditions, and what the new
//! rules would not take is listed and kept.

use std::collections::BTreeMap;

use app::registers::{
    RowInput,
    store::RowStage,
    views::{RowList, RowQuestion},
};
use workflow::register::{Cause, RowKey, Value};

use crate::{city::City, rows};

fn register(columns: &str) -> String {
    format!(
        "[[register]]\nid = \"safes\"\ntitle = \"金庫の台帳\"\ndescription = \"金庫\"\nnumber = \"ZZ-\"\n\
         scope = \"section\"\nmanager = \"security-manager\"\nreaders = \"everybody\"\n\
         statements = [\"base/assets-registered\"]\n\n\
         [[register.column]]\nid = \"name\"\ntitle = \"名称\"\ntype = \"text\"\nrequired = true\n\n\
         [[register.column]]\nid = \"holds\"\ntitle = \"入っている情報資産\"\ntype = \"link\"\nto = \"assets\"\nmany = true\n\n\
         {columns}"
    )
}

const BEFORE: &str = "[[register.column]]\nid = \"kind\"\ntitle = \"種類\"\ntype = \"choice\"\nchoices = [\"手提げ\", \"据置き\"]\n\n\
    [[register.column]]\nid = \"class\"\ntitle = \"機密性\"\ntype = \"level\"\naxis = \"confidentiality\"\n";
const AFTER: &str = "[[register.column]]\nid = \"kind\"\ntitle = \"種類\"\ntype = \"choice\"\nchoices = [\"据置き\"]\nfilter = true\n\n\
    [[register.column]]\nid = \"class\"\ntitle = \"機密性\"\ntype = \"level\"\naxis = \"confidentiality\"\n\
    derived = \"highest-level\"\nover = \"holds\"\n";

fn question(stage: RowStage, filters: &[(&str, &str)]) -> RowQuestion {
    RowQuestion {
        stage,
        section: None,
        filters: filters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        words: String::new(),
        after: None,
        limit: 50,
    }
}

fn numbers(list: &RowList<'_>) -> Vec<i64> {
    list.rows.iter().map(|r| r.row.key.number).collect()
}

/// A register is there, and then its rules are others. A house of its own, which no edition governs.
pub(crate) async fn tour() -> City {
    let mut city = City::open_with(&register(BEFORE)).await;
    rows::add(&city, "safes", &[("kind", "手提げ"), ("class", "c1")]).await;
    city.tidy_all().await;
    city.govern(&register(AFTER));
    city.tidy_all().await;
    city
}

#[tokio::test]
async fn rows_follow_rules_that_changed_and_what_breaks_them_is_listed() {
    let mut city = City::open_with(&register(BEFORE)).await;
    rows::add(&city, "assets", &[("confidentiality", "c3")]).await;
    for (kind, class, holds) in [("手提げ", "c1", "A-0001"), ("据置き", "c1", ""), ("手提げ", "c1", "")]
    {
        rows::add(&city, "safes", &[("kind", kind), ("class", class), ("holds", holds)]).await;
    }
    city.app.tidy().await.unwrap();
    assert_eq!(city.app.tidy().await.unwrap().rows_looked_at, 0, "nothing changed");
    let kinds = city.evidence().await.len();

    city.govern(&register(AFTER));
    assert_eq!(city.app.tidy().await.unwrap().rows_looked_at, 3);
    assert_eq!(city.app.tidy().await.unwrap().rows_looked_at, 0, "once");
    let kacho = city.at("kacho", "lgwan").await;
    let app = city.app.current();
    let list =
        async |question: RowQuestion| numbers(&app.register_rows(&kacho, "safes", &question).await.unwrap());
    assert_eq!(list(question(RowStage::Breaking, &[])).await, [3, 1], "a choice that is gone");
    assert_eq!(list(question(RowStage::InUse, &[])).await, [3, 2, 1], "nothing is lost");
    assert_eq!(
        list(question(RowStage::InUse, &[("kind", "手提げ")])).await,
        [3, 1],
        "found by what is new to lists"
    );
    // The class comes from what it holds now; a row that holds nothing has none.
    let first = app.register_row(&kacho, &RowKey::new("safes", 1)).await.unwrap();
    assert_eq!(first.row.row.values.get("class").and_then(Value::as_text), Some("c3"));
    let newest = &first.history[0].entry.entry;
    assert!(matches!(&newest.cause, Cause::Rederived { pack } if pack == app.pack().version()), "{newest:?}");
    assert_eq!(newest.by, None);
    assert_eq!(
        first.breaks.iter().map(|p| (p.field.as_str(), p.problem)).collect::<Vec<_>>(),
        [("kind", "not-allowed")]
    );
    let second = app.register_row(&kacho, &RowKey::new("safes", 2)).await.unwrap();
    assert!(second.breaks.is_empty() && !second.row.row.values.contains_key("class"));
    assert_eq!(city.evidence().await.len(), kinds + 1, "one entry");

    // Put right, it breaks nothing any more.
    let mut values: BTreeMap<String, String> = app.typed(first.register, &first.row.row);
    values.insert("kind".to_owned(), "据置き".to_owned());
    let input = RowInput { section: Some("residents".to_owned()), values, reason: String::new() };
    app.change_row(&kacho, &RowKey::new("safes", 1), first.row.row.version, &input).await.unwrap();
    assert_eq!(list(question(RowStage::Breaking, &[])).await, [3]);
    city.verify().await;
}

#[tokio::test]
async fn many_rows_follow_some_at_a_time() {
    let mut city = City::open_with(&register(BEFORE)).await;
    let kacho = city.at("kacho", "lgwan").await;
    let lines = (0..450).map(|n| app::registers::plan::PlanLine::Add {
        section: Some("residents".to_owned()),
        values: [("name", format!("金庫{n}")), ("kind", "手提げ".to_owned())]
            .map(|(k, v)| (k.to_owned(), v))
            .into(),
    });
    let plan = app::registers::plan::RegisterPlan {
        register: "safes".to_owned(),
        source: "移行".to_owned(),
        reason: String::new(),
        lines: lines.collect(),
    };
    city.app.apply_plan(&kacho, &plan).await.unwrap();
    city.app.tidy().await.unwrap();
    city.govern(&register(AFTER));
    let mut looked = Vec::new();
    for _ in 0..4 {
        looked.push(city.app.tidy().await.unwrap().rows_looked_at);
    }
    assert_eq!(looked, [200, 200, 50, 0]);
    let kacho = city.at("kacho", "lgwan").await;
    let summary = city.app.registers(&kacho).await.unwrap();
    assert_eq!(summary.iter().find(|s| s.register.id == "safes").unwrap().in_use, 450);
}
