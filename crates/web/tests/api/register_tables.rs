//! Tables in and out of a register, for programs and for people.

use web::{ZoneSetting, live::Streams};
use worker_protocol::table::{Cell, Row, Sheet, Table, Value};
use workflow::id::ZoneId;

use crate::city::{Answer, City, Way, multipart};
use crate::coverage::page;

/// What the cell is told to write down: these rows.
fn file(rows: &[&[&str]]) -> String {
    let row = |(number, cells): (u32, &&[&str])| Row {
        number,
        hidden: false,
        cells: (1u32..)
            .zip(cells.iter())
            .filter(|(_, text)| !text.is_empty())
            .map(|(column, text)| Cell { column, value: Value::Text((*text).to_owned()), formula: false })
            .collect(),
    };
    let sheet = Sheet {
        untrusted_name: "機器".to_owned(),
        rows: (1u32..).zip(rows).map(row).collect(),
        ..Sheet::default()
    };
    format!("cells {}", String::from_utf8(Table { sheets: vec![sheet] }.encode().unwrap()).unwrap())
}

async fn hand_in(city: &City, way: &Way, rows: &[&[&str]]) -> Answer {
    let parts = multipart(&[("reason", None, "移行".to_owned()), ("file", Some("table.xlsx"), file(rows))]);
    let path = "/registers/equipment/imports";
    city.raw(way, "POST", path, "multipart/form-data; boundary=XX", parts).await
}

async fn planned(city: &City, way: &Way, rows: &[&[&str]]) -> serde_json::Value {
    hand_in(city, way, rows).await.with(200)
}

const HEADING: &[&str] = &["番号", "名称", "種類", "製造番号", "置き場所", "所属"];

#[tokio::test]
async fn a_program_sees_the_plan_and_applies_it() {
    let city = City::open().await;
    let kacho = city.log_in_strongly("kacho", "lgwan").await;
    let rows: &[&[&str]] = &[HEADING, &["", "窓口PC", "ノートPC", "SN-1", "市民課", ""]];
    let plan = planned(&city, &kacho, rows).await;
    assert_eq!((plan["added"].as_u64(), plan["refused"].as_u64()), (Some(1), Some(0)));
    assert_eq!(plan["lines"][0]["do"], "add");
    let path = format!("/registers/equipment/imports/{}", plan["plan"].as_str().unwrap());
    let digest = serde_json::json!({ "digest": plan["digest"] });
    let wrong = serde_json::json!({ "digest": "0" });
    assert_eq!(city.call(&kacho, "POST", &path, &wrong).await.refusal(), (409, "conflict".into()));
    let applied = city.call(&kacho, "POST", &path, &digest).await.with(200);
    assert_eq!(applied["numbers"], serde_json::json!([1, 1]));
    assert_eq!(city.call(&kacho, "POST", &path, &digest).await.refusal().0, 404, "once applied it is gone");
    let rows: &[&[&str]] = &[HEADING, &["1", "窓口PC", "電話", "SN-1", "", ""]];
    let plan = planned(&city, &kacho, rows).await;
    assert!(plan["plan"].is_null());
    let problems = plan["lines"][0]["problems"].as_array().unwrap();
    assert!(problems.iter().all(|p| !p["words"].as_str().unwrap().is_empty()), "{plan}");
    let refused = hand_in(&city, &kacho, &[&["あ"], &["い"]]).await.with(422);
    assert_eq!(refused["refused"], "headings");
}

#[tokio::test]
async fn people_take_the_list_and_print_labels() {
    let city = City::open().await;
    let kacho = city.log_in_strongly("kacho", "lgwan").await;
    let rows: &[&[&str]] = &[HEADING, &["", "窓口PC", "ノートPC", "SN-1", "市民課", ""]];
    let plan = planned(&city, &kacho, rows).await;
    let path = format!("/registers/equipment/imports/{}", plan["plan"].as_str().unwrap());
    let digest = serde_json::json!({ "digest": plan["digest"] });
    city.call(&kacho, "POST", &path, &digest).await.with(200);
    let setting = ZoneSetting { zone: ZoneId::new("lgwan"), tls: false, request_bytes_max: 1 << 20 };
    let site = web::router(city.app.clone(), setting, Streams::default());
    let (status, csv) = page(&site, &kacho, "/registers/equipment/table?format=csv").await;
    assert_eq!(status, 200);
    assert!(csv.starts_with("\u{feff}番号,名称,種類,型番,製造番号"), "{csv}");
    assert!(csv.contains("E-0001,窓口PC,ノートPC,,SN-1"), "{csv}");
    let (_, labels) = page(&site, &kacho, "/registers/equipment/labels").await;
    assert!(labels.contains("番号 E-0001 のQRコード") && labels.contains("市民課"));
    let (_, one) = page(&site, &kacho, "/registers/equipment/labels?row=7").await;
    assert!(one.contains("印刷する行がありません"));
    let (_, form) = page(&site, &kacho, "/registers/equipment/import").await;
    assert!(form.contains("action=\"/registers/equipment/import\""));
    for path in ["/registers/nothing/import", "/registers/nothing/labels", "/registers/nothing/table"] {
        assert_eq!(page(&site, &kacho, path).await.0, 404, "{path}");
    }
}
