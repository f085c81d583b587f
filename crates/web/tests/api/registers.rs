//! Registers over the API: rows added, found, changed, ended; plans; what is refused.

use serde_json::{Value, json};

use crate::city::City;

fn asset(name: &str, class: &str) -> Value {
    json!({
        "section": "residents",
        "values": {
            "name": name, "kind": "電子データ", "confidentiality": class, "integrity": "i1", "availability": "a1",
            "place": "共有サーバ",
        },
    })
}

#[tokio::test]
async fn a_row_is_added_found_changed_and_ended() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let made = city.call(&hanako, "POST", "/registers/assets/rows", &asset("台帳", "機密性2")).await;
    assert_eq!(made.with(201)["id"], "1");
    assert_eq!(made.headers["location"], "/api/v1/registers/assets/rows/1");
    let registers = city.get(&hanako, "/registers").await.with(200);
    let assets = registers["registers"].as_array().unwrap().iter().find(|r| r["id"] == "assets").unwrap();
    assert_eq!((&assets["in_use"], &assets["may_add"]), (&json!(1), &json!(true)));
    let found =
        city.get(&hanako, "/registers/assets/rows?filter=confidentiality:c2&words=A-0001").await.with(200);
    let row = &found["rows"][0];
    assert_eq!(
        (&row["shown"], &row["values"]["confidentiality"]["shown"]),
        (&json!("A-0001"), &json!("機密性2"))
    );
    let none = city.get(&hanako, "/registers/assets/rows?filter=confidentiality:c3").await.with(200);
    assert_eq!(none["rows"], json!([]));

    let path = "/registers/assets/rows/A-0001";
    let mut form = asset("台帳(窓口)", "c3");
    form["seen"] = json!(1);
    city.call(&hanako, "PUT", path, &form).await.with(204);
    let late = city.call(&hanako, "PUT", path, &form).await;
    assert_eq!(late.refusal(), (409, "conflict".into()));
    form["seen"] = json!(2);
    assert_eq!(city.call(&hanako, "PUT", path, &form).await.refusal(), (422, "row-same".into()));
    let seen = city.get(&hanako, path).await.with(200);
    assert_eq!(
        seen["history"][0]["changes"][0],
        json!({ "title": "機密性", "before": "機密性2", "after": "機密性3" })
    );
    let end = json!({ "seen": 2, "on": "2026-11-20", "reason": "統合した" });
    city.call(&hanako, "POST", &format!("{path}/end"), &end).await.with(204);
    let again = city.call(&hanako, "POST", &format!("{path}/end"), &end).await;
    assert_eq!(again.refusal(), (409, "row-ended".into()));
    let ended = city.get(&hanako, "/registers/assets/rows?stage=ended").await.with(200);
    assert_eq!(ended["rows"][0]["end_reason"], "統合した");
}

#[tokio::test]
async fn what_is_wrong_is_told_and_others_find_nothing() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let wrong = city.call(&hanako, "POST", "/registers/assets/rows", &asset("", "c9")).await;
    assert_eq!(wrong.refusal(), (422, "form".into()));
    assert_eq!(wrong.json()["error"]["detail"], "name: empty, confidentiality: unknown");
    city.call(&hanako, "POST", "/registers/assets/rows", &asset("台帳", "c2")).await.with(201);
    for (path, refusal) in [
        ("/registers/nothing/rows", (404, "not-found")),
        ("/registers/assets/rows/99", (404, "not-found")),
        ("/registers/assets/rows/x", (404, "not-found")),
        ("/registers/assets/rows?stage=all", (422, "invalid")),
        ("/registers/assets/rows?filter=place:x", (422, "invalid")),
        ("/registers/assets/rows?filter=x", (422, "invalid")),
    ] {
        assert_eq!(city.get(&hanako, path).await.refusal(), (refusal.0, refusal.1.into()), "{path}");
    }
    let reader = city.token(&hanako, &["read-registers"]).await;
    city.get(&reader, "/registers/assets/rows/1").await.with(200);
    let refused = city.call(&reader, "POST", "/registers/assets/rows", &asset("x", "c1")).await;
    assert_eq!(refused.refusal(), (403, "denied".into()));
    let other = city.token(&hanako, &["read-requests"]).await;
    assert_eq!(city.get(&other, "/registers/assets/rows/1").await.refusal().0, 404);
}

#[tokio::test]
async fn a_plan_is_tried_and_then_applied() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let mut lines: Vec<Value> = (0..3)
        .map(|n| {
            let mut line = asset(&format!("資産 {n}"), "c1");
            line["do"] = json!("add");
            line
        })
        .collect();
    let plan = |lines: &[Value], apply: bool| json!({ "apply": apply, "source": "a.xlsx", "lines": lines });
    let path = "/registers/assets/plans";
    let tried = city.call(&hanako, "POST", path, &plan(&lines, false)).await.with(200);
    assert_eq!((&tried["applied"], &tried["added"]), (&json!(false), &json!(3)));
    let done = city.call(&hanako, "POST", path, &plan(&lines, true)).await.with(200);
    assert_eq!((&done["applied"], &done["numbers"]), (&json!(true), &json!([1, 3])));
    lines.push(json!({ "do": "change", "number": 77, "seen": 1, "section": null, "values": {} }));
    lines[0]["values"]["kind"] = json!("巻物");
    let refused = city.call(&hanako, "POST", path, &plan(&lines, true)).await.with(200);
    assert_eq!(refused["applied"], false);
    assert_eq!(
        refused["problems"][0],
        json!({ "line": 1, "problem": "columns", "columns": [["kind", "not-allowed"]] })
    );
    assert_eq!(refused["problems"][1]["problem"], "no-row");
}
