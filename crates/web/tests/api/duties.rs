//! Duties over the API: what there is, saying that something happened, reporting, the year, what is refused.

use serde_json::{Value, json};

use crate::city::{City, stranger};

fn start(submission: &str) -> Value {
    json!({ "submission": submission, "duty": "guidance", "what": "持出しの可否の相談", "on": "2026-11-20" })
}

#[tokio::test]
async fn what_happened_becomes_a_task_that_is_reported() {
    let city = City::open().await;
    city.app.tidy().await.unwrap();
    let kacho = city.log_in("kacho", "lgwan").await;
    let types = city.get(&kacho, "/duty-types").await.with(200);
    let of = |id: &str| types["duties"].as_array().unwrap().iter().find(|d| d["id"] == id).unwrap().clone();
    assert_eq!((&of("guidance")["on"], &of("guidance")["every"]), (&json!("manual"), &Value::Null));
    assert_eq!(of("training")["every"], "fiscal-year");

    let made = city.call(&kacho, "POST", "/tasks", &start("s-1")).await;
    let id = made.with(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(made.headers["location"], format!("/api/v1/tasks/{id}"));
    let again = city.call(&kacho, "POST", "/tasks", &start("s-1")).await.with(201);
    assert_eq!(again["id"], id.as_str(), "the same twice");
    let mine = city.get(&kacho, "/tasks").await.with(200);
    let rows = mine["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == id.as_str()).unwrap();
    assert_eq!((&row["state"], &row["covers"]["event"]), (&json!("open"), &json!("持出しの可否の相談")));

    let path = format!("/tasks/{id}");
    let wrong = city
        .call(&kacho, "POST", &format!("{path}/report"), &json!({ "done_on": "2026-11-20" }))
        .await
        .with(422);
    assert_eq!(wrong["error"]["code"], "form");
    let report =
        json!({ "done_on": "2026-11-20", "answers": { "question": "可否", "answer": "可" }, "note": "済" });
    city.call(&kacho, "POST", &format!("{path}/report"), &report).await.with(204);
    let done = city.get(&kacho, &path).await.with(200);
    assert_eq!((&done["state"], &done["report"]["done_on"]), (&json!("done"), &json!("2026-11-20")));
    assert_eq!(done["may"]["report"], false);
    city.call(&kacho, "POST", &format!("{path}/report"), &report).await.with(403);
    city.call(&kacho, "POST", &format!("{path}/waiver"), &json!({ "reason": "不要" })).await.with(403);
    let decision = json!({ "verdict": "perhaps", "seen_hash": "" });
    city.call(&kacho, "POST", &format!("{path}/decision"), &decision).await.with(422);
    city.call(&kacho, "POST", &format!("{path}/waiver/decision"), &json!({ "granted": true }))
        .await
        .with(403);
    city.get(&kacho, &format!("{path}/attachments/none")).await.with(404);
}

#[tokio::test]
async fn a_year_is_for_those_who_answer_for_somebody() {
    let city = City::open().await;
    city.app.tidy().await.unwrap();
    let (kacho, hanako) = (city.log_in("kacho", "lgwan").await, city.log_in("hanako", "lgwan").await);
    let year = city.get(&kacho, "/duty-year?year=2026").await.with(200);
    assert_eq!((&year["year"], &year["whole_body"]), (&json!(2026), &json!(false)));
    assert_eq!(year["duties"][0]["months"].as_array().unwrap().len(), 12);
    city.get(&kacho, "/duty-year?year=1").await.with(422);
    city.get(&hanako, "/duty-year").await.with(403);
    city.get(&hanako, "/tasks?tray=everything").await.with(422);
    let theirs = year["duties"].as_array().unwrap().iter().any(|d| d["tally"]["asked"].as_u64() > Some(0));
    assert!(theirs);
    let task = city.get(&kacho, "/tasks").await.with(200)["rows"][0]["id"].as_str().unwrap().to_owned();
    city.get(&hanako, &format!("/tasks/{task}")).await.with(404);
    city.get(&stranger("lgwan"), "/tasks").await.with(401);
}
