//! Notices over the API: reading and marking them, choosing, mails, what is refused.

use serde_json::{Value, json};

use crate::city::{City, stranger};

#[tokio::test]
async fn notices_are_read_marked_and_chosen() {
    let city = City::open().await;
    let kacho = city.log_in("kacho", "lgwan").await;
    let start =
        json!({ "submission": "s-1", "duty": "guidance", "what": "持出しの相談", "on": "2026-11-20" });
    city.call(&kacho, "POST", "/tasks", &start).await.with(201);
    let mine = city.get(&kacho, "/notices").await.with(200);
    let rows = mine["rows"].as_array().unwrap();
    let row = rows.iter().find(|r| r["path"].as_str().is_some_and(|p| p.starts_with("/tasks/"))).unwrap();
    assert_eq!((&row["unread"], &row["waits"]), (&json!(true), &json!(true)));
    let unread = mine["unread"].as_u64().unwrap();
    let read = json!({ "ids": [row["id"]] });
    assert_eq!(city.call(&kacho, "POST", "/notices/read", &read).await.with(200)["read"], 1);
    let kind = row["kind"].as_str().unwrap();
    let same = city.get(&kacho, &format!("/notices?kind={kind}&limit=1")).await.with(200);
    assert_eq!((same["unread"].as_u64().unwrap(), &same["rows"][0]["waits"]), (unread - 1, &json!(true)));
    city.call(&kacho, "POST", "/notices/read", &json!({})).await.with(200);
    assert_eq!(city.get(&kacho, "/notices?tray=news").await.with(200)["unread"], 0);

    let settings = city.get(&kacho, "/me/notices").await.with(200);
    assert_eq!(settings["mails_go_to"], "kacho@city.hoshimi.example");
    let chosen = json!({ "choices": { "decide": "digest" }, "address": "k.s@city.hoshimi.example" });
    city.call(&kacho, "PUT", "/me/notices", &chosen).await.with(204);
    let settings = city.get(&kacho, "/me/notices").await.with(200);
    let of =
        |id: &str| settings["choices"].as_array().unwrap().iter().find(|c| c["kind"] == id).unwrap().clone();
    assert_eq!((&of("decide")["chosen"], &settings["address"]), (&json!("digest"), &chosen["address"]));
    assert_eq!(of("decide-late")["least"], "at-once");
}

#[tokio::test]
async fn what_is_wrong_or_not_allowed_is_refused() {
    let city = City::open().await;
    let (kacho, hanako) = (city.log_in("kacho", "lgwan").await, city.log_in("hanako", "lgwan").await);
    for path in ["/notices?tray=all", "/notices?kind=nothing", "/notices?after=%21"] {
        city.get(&kacho, path).await.with(422);
    }
    let many: Vec<Value> = (0..201).map(|n| json!(n.to_string())).collect();
    city.call(&kacho, "POST", "/notices/read", &json!({ "ids": many })).await.with(422);
    for wrong in [
        json!({ "choices": { "decide-late": "screen-only" } }),
        json!({ "choices": { "decide": "soon" } }),
        json!({ "choices": { "nothing": "digest" } }),
        json!({ "address": "k@elsewhere.example" }),
        json!({ "address": "k@city.hoshimi.example\r\nBcc: x@elsewhere.example" }),
    ] {
        city.call(&kacho, "PUT", "/me/notices", &wrong).await.with(422);
    }
    city.get(&hanako, "/mails").await.with(403);
    city.call(&hanako, "POST", "/mails/1/again", &json!({})).await.with(403);
    city.get(&stranger("lgwan"), "/notices").await.with(401);
}
