//! Requests over the API: the forms, handing in with a file, deciding, what is refused, the values that they set.

use serde_json::{Value, json};

use crate::city::{City, Way, bearer, multipart, stranger};

fn take_out(submission: &str) -> Value {
    json!({
        "submission": submission,
        "form": "provision",
        "answers": {
            "what": "統計の原票", "recipient": "県", "protection": "封をして手渡す",
            "from": "2026-11-24", "until": "2026-11-25", "purpose": "調査",
        },
    })
}

async fn hand_in(city: &City, way: &Way, form: &Value, files: &[(&str, &str)]) -> crate::city::Answer {
    let mut parts = vec![("request", None, form.to_string())];
    parts.extend(files.iter().map(|(name, text)| ("file", Some(*name), (*text).to_owned())));
    city.raw(way, "POST", "/requests", "multipart/form-data; boundary=XX", multipart(&parts)).await
}

#[tokio::test]
async fn a_form_is_handed_in_decided_and_taken_back() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let types = city.get(&hanako, "/request-types").await.with(200);
    let provision = types["types"].as_array().unwrap().iter().find(|t| t["id"] == "provision").unwrap();
    assert_eq!((&provision["permit"], &provision["attachments"]), (&json!("period"), &json!("optional")));
    let other = provision["fields"].as_array().unwrap().iter().find(|f| f["id"] == "protection-other");
    assert_eq!(other.unwrap()["shown_when"], json!(["protection", "その他"]));

    let made = hand_in(&city, &hanako, &take_out("s-1"), &[("庁内/見積.pdf", "untrusted")]).await;
    let id = made.with(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(made.headers["location"], format!("/api/v1/requests/{id}"));
    let again = hand_in(&city, &hanako, &take_out("s-1"), &[]).await.with(201);
    assert_eq!(again["id"], id.as_str(), "the same form twice");
    let mine = city.get(&hanako, "/requests?tray=mine").await.with(200);
    assert_eq!((mine["rows"].as_array().unwrap().len(), &mine["next"]), (1, &Value::Null));

    // Elsewhere it is not there, for anybody.
    let outside = city.log_in("hanako", "internet").await;
    assert_eq!(city.get(&outside, &format!("/requests/{id}")).await.refusal(), (404, "not-found".into()));

    let kacho = city.log_in_strongly("kacho", "lgwan").await;
    let seen = city.get(&kacho, &format!("/requests/{id}")).await.with(200);
    assert_eq!((&seen["state"], &seen["may"]["decide"]), (&json!("waiting"), &json!(true)));
    let file = &seen["attachments"][0];
    assert_eq!(file["name"], "見積.pdf");
    let path = format!("/requests/{id}/attachments/{}", file["id"].as_str().unwrap());
    let taken = city.get(&kacho, &path).await;
    assert_eq!((taken.status.as_u16(), &taken.bytes[..]), (200, b"untrusted".as_slice()));
    assert_eq!(taken.headers["content-type"], "application/octet-stream");
    assert!(taken.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"));
    assert_eq!(city.get(&outside, &path).await.refusal().0, 404);

    let decision = |hash: &str| json!({ "verdict": "approve", "seen_hash": hash });
    let path = format!("/requests/{id}/decision");
    let other = city.call(&kacho, "POST", &path, &decision("another")).await;
    assert_eq!(other.refusal(), (409, "content-changed".into()));
    let hash = seen["content_hash"].as_str().unwrap();
    assert_eq!(city.call(&hanako, "POST", &path, &decision(hash)).await.refusal().0, 403);
    city.call(&kacho, "POST", &path, &decision(hash)).await.with(204);
    let approved = city.get(&hanako, &format!("/requests/{id}")).await.with(200);
    assert_eq!(
        (&approved["state"], &approved["permit"]["standing"]),
        (&json!("approved"), &json!("in-force"))
    );
    let back = city.call(&hanako, "POST", &format!("/requests/{id}/return"), &json!({})).await;
    assert_eq!(back.refusal(), (409, "permit-state".into()), "nothing is to be given back");
    let revoke = format!("/requests/{id}/revoke");
    let silent = city.call(&kacho, "POST", &revoke, &json!({ "reason": " " })).await;
    assert_eq!(silent.refusal(), (422, "reason-needed".into()));
    city.call(&kacho, "POST", &revoke, &json!({ "reason": "取りやめ" })).await.with(204);
}

#[tokio::test]
async fn what_is_wrong_is_told_field_by_field() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let before = city.stored_files();
    let mut form = take_out("s-2");
    form["answers"]["until"] = json!("2026-11-01");
    form["answers"]["what"] = json!("");
    let refused = hand_in(&city, &hanako, &form, &[("a.txt", "x")]).await;
    assert_eq!(refused.refusal(), (422, "form".into()));
    let error = &refused.json()["error"];
    assert_eq!(error["detail"], "what: empty, until: before-from");
    assert!(error["message"].as_str().unwrap().contains("提供する情報: 入力してください。"));
    assert_eq!(city.stored_files(), before, "nothing is left of it");
    let unknown =
        hand_in(&city, &hanako, &json!({ "submission": "s", "form": "x", "answers": {} }), &[]).await;
    assert_eq!(unknown.refusal(), (404, "not-found".into()));
    let late = city.raw(
        &hanako,
        "POST",
        "/requests",
        "multipart/form-data; boundary=XX",
        multipart(&[("file", Some("a"), "x".to_owned())]),
    );
    assert_eq!(late.await.refusal(), (422, "invalid".into()), "the form comes first");
    assert_eq!(city.get(&hanako, "/requests?tray=all").await.refusal(), (422, "invalid".into()));
    assert_eq!(city.get(&stranger("lgwan"), "/parameters").await.refusal().0, 401);
}

#[tokio::test]
async fn tokens_do_what_their_scopes_say() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let reader = city.token(&hanako, &["read-requests"]).await;
    let writer = city.token(&hanako, &["write-requests"]).await;
    let refused = hand_in(&city, &reader, &take_out("s-3"), &[]).await;
    assert_eq!(refused.refusal(), (403, "denied".into()));
    let id =
        hand_in(&city, &writer, &take_out("s-3"), &[]).await.with(201)["id"].as_str().unwrap().to_owned();
    city.get(&reader, &format!("/requests/{id}")).await.with(200);
    assert_eq!(city.get(&writer, &format!("/requests/{id}")).await.refusal().0, 404);
    assert_eq!(city.get(&bearer("lgwan", "none"), "/requests").await.refusal().0, 401);
}

#[tokio::test]
async fn values_are_told_with_their_bounds() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let all = city.get(&hanako, "/parameters").await.with(200);
    assert_eq!(all["parameters"].as_array().unwrap().len(), city.app.pack().parameters().len());
    let one = city.get(&hanako, "/parameters/password-length").await.with(200);
    assert_eq!((&one["value"], &one["min"], &one["needed"]), (&json!("12"), &json!(8), &json!(true)));
    assert_eq!(one["history"], json!([]));
    assert_eq!(city.get(&hanako, "/parameters/none").await.refusal(), (404, "not-found".into()));
}
