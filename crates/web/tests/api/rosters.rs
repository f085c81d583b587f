//! Personnel changes, for programs and on the screens: from the table to the day.

use serde_json::json;
use test_city::doubles::DAY;
use web::{ZoneSetting, live::Streams};
use worker_protocol::table::{Cell, Row, Sheet, Table, Value};
use workflow::id::ZoneId;

use crate::city::{Answer, City, Way, multipart};
use crate::coverage::page;

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
        untrusted_name: "異動".to_owned(),
        rows: (1u32..).zip(rows).map(row).collect(),
        ..Sheet::default()
    };
    format!("cells {}", String::from_utf8(Table { sheets: vec![sheet] }.encode().unwrap()).unwrap())
}

const HEADING: &[&str] = &["職員番号", "氏名", "ふりがな", "所属", "職", "区分"];

async fn hand_in(city: &City, way: &Way, form: &str, rows: &[&[&str]]) -> Answer {
    let parts = multipart(&[
        ("form", None, form.to_owned()),
        ("day", None, "2026-12-01".to_owned()),
        ("file", Some("異動.xlsx"), file(rows)),
    ]);
    city.raw(way, "POST", "/personnel-changes", "multipart/form-data; boundary=XX", parts).await
}

#[tokio::test]
async fn a_table_becomes_a_plan_that_is_read_line_by_line_and_given_up() {
    let city = City::open().await;
    let digital = city.log_in_strongly("digital", "lgwan").await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let rows: &[&[&str]] = &[
        HEADING,
        &["hanako", "", "", "", "", "退職"],
        &["taro", "", "", "福祉課", "係長", "異動"],
        &["n-1", "新 人", "しん じん", "市民課", "課員", "採用"],
    ];
    assert_eq!(hand_in(&city, &hanako, "changes", rows).await.refusal().0, 403);
    assert_eq!(hand_in(&city, &digital, "other", rows).await.refusal().0, 422);
    let wrong: &[&[&str]] = &[HEADING, &["nobody", "", "", "", "", "退職"]];
    let refused = hand_in(&city, &digital, "changes", wrong).await.with(422);
    assert!(refused["plan"].is_null());
    assert_eq!(refused["problems"][0]["problem"], "unknown-person");
    assert!(!refused["problems"][0]["words"].as_str().unwrap().is_empty());
    assert_eq!(
        hand_in(&city, &digital, "changes", &[&["あ"], &["い"]]).await.with(422)["refused"],
        "headings"
    );

    let made = hand_in(&city, &digital, "changes", rows).await.with(201);
    assert_eq!((made["counts"]["joins"].as_u64(), made["counts"]["leaves"].as_u64()), (Some(1), Some(1)));
    let path = format!("/personnel-changes/{}", made["plan"].as_str().unwrap());
    let shown = city.get(&digital, &path).await.with(200);
    assert_eq!(shown["plan"]["stage"], "draft");
    assert_eq!(city.get(&hanako, &path).await.refusal().0, 403);
    let lines = city.get(&digital, &format!("{path}/lines?limit=2")).await.with(200);
    assert_eq!((lines["rows"].as_array().unwrap().len(), lines["next"].as_u64()), (2, Some(2)));
    let moved = city.get(&digital, &format!("{path}/lines?part=move")).await.with(200);
    assert_eq!(moved["rows"][0]["after"]["posts"], json!(["chief@welfare"]));
    assert_eq!(city.get(&digital, &format!("{path}/lines?part=x")).await.refusal().0, 422);
    let nobody = json!({ "successor": "nobody", "requests": "withdraw" });
    assert_eq!(city.call(&digital, "POST", &format!("{path}/lines/1"), &nobody).await.refusal().0, 422);
    let kacho = json!({ "successor": "kacho", "requests": "hand-over" });
    assert_eq!(city.call(&digital, "POST", &format!("{path}/lines/1"), &kacho).await.status, 204);
    assert_eq!(city.call(&digital, "POST", &format!("{path}/withdraw"), &json!({})).await.status, 204);
    let again = city.call(&digital, "POST", &format!("{path}/withdraw"), &json!({})).await;
    assert_eq!(again.refusal(), (409, "roster-stage".into()));
    let list = city.get(&digital, "/personnel-changes").await.with(200);
    assert_eq!(list["rows"][0]["stage"], "withdrawn");
}

#[tokio::test]
async fn the_pages_show_the_plan_and_what_a_section_has_of_it() {
    let city = City::open().await;
    let digital = city.log_in_strongly("digital", "lgwan").await;
    let rows: &[&[&str]] = &[HEADING, &["hanako", "", "", "", "", "退職"]];
    let made = hand_in(&city, &digital, "changes", rows).await.with(201);
    let id = made["plan"].as_str().unwrap();
    let setting = ZoneSetting { zone: ZoneId::new("lgwan"), tls: false, request_bytes_max: 1 << 20 };
    let site = web::router(city.app.clone(), setting, Streams::default());
    let (status, list) = page(&site, &digital, "/personnel").await;
    assert!(status == 200 && list.contains("退職 1"), "{list}");
    let (_, upload) = page(&site, &digital, "/personnel/new").await;
    assert!(upload.contains("action=\"/personnel/new\"") && upload.contains("新規採用"));
    let (_, plan) = page(&site, &digital, &format!("/personnel/{id}")).await;
    assert!(plan.contains("承認を申請する") && plan.contains("引継ぎ先"), "{plan}");
    assert!(plan.contains(&format!("/requests/new/personnel-change?answer.plan={id}")), "{plan}");
    let (_, empty) = page(&site, &digital, &format!("/personnel/{id}?part=join")).await;
    assert!(empty.contains("この区分の人はいません"));
    let kacho = city.log_in_strongly("kacho", "lgwan").await;
    let (status, part) = page(&site, &kacho, "/handover").await;
    assert!(status == 200 && part.contains("この課に関わる人事異動はありません"), "{part}");
    let hanako = city.log_in("hanako", "lgwan").await;
    for path in ["/personnel", "/handover", &format!("/personnel/{id}")] {
        assert_eq!(page(&site, &hanako, path).await.0, 403, "{path}");
    }
    assert_eq!(page(&site, &hanako, "/personnel/new").await.0, 404);
    // A draft changes nobody, however much time passes.
    city.clock.pass(9 * DAY);
    assert_eq!(city.app.tidy().await.unwrap().people, 0);
}
