//! What the API refuses: wrong zones, short tokens, bodies of every wrong shape.

use proptest::prelude::*;
use serde_json::json;

use test_city::password;

use crate::city::{City, bearer, multipart, stranger};

#[tokio::test]
async fn a_token_does_what_its_scopes_say_at_its_zone() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "internet").await;
    let reads = city.token(&hanako, &["read-transfers"]).await;
    city.get(&reads, "/transfers").await.with(200);
    assert_eq!(city.get(&reads, "/me").await.with(200)["via_token"], true);
    let form = city.form("s", "c2");
    let submitted = city.submit(&reads, &form, &[("a.txt", "clean a")]).await;
    assert_eq!(submitted.refusal(), (403, "denied".into()));
    assert_eq!(submitted.json()["error"]["reason"], "token-scope");
    for (method, path, body) in [
        ("POST", "/me/tokens", json!({ "name": "x", "scopes": ["read-users"], "days": 1 })),
        ("PUT", "/me/password", json!({ "old": password("hanako"), "new": "Kawa-no-nagare-8" })),
        ("POST", "/me/second-factor", json!({})),
        ("DELETE", "/session", json!({})),
    ] {
        let answer = city.call(&reads, method, path, &body).await;
        assert_eq!(answer.refusal(), (403, "denied".into()), "{method} {path}");
    }
    let writes = city.token(&hanako, &["read-transfers", "write-transfers"]).await;
    city.submit(&writes, &form, &[("a.txt", "clean a")]).await.with(201);

    let mut elsewhere = writes.clone();
    elsewhere.zone = "lgwan";
    assert_eq!(city.get(&elsewhere, "/transfers").await.refusal(), (401, "unauthorised".into()));
    // A wrong token is not made good by a cookie that is right.
    assert_eq!(city.get(&bearer("internet", ""), "/me").await.status, 401);

    let listed = city.get(&hanako, "/me/tokens").await.with(200);
    for token in listed["tokens"].as_array().unwrap() {
        let path = format!("/me/tokens/{}", token["id"].as_str().unwrap());
        city.call(&hanako, "DELETE", &path, &json!({})).await.with(204);
    }
    assert_eq!(city.get(&writes, "/transfers").await.status, 401);
}

#[tokio::test]
async fn a_session_is_worth_nothing_at_another_zone() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "internet").await;
    for name in ["sekisho-internet", "sekisho-lgwan"] {
        let mut elsewhere = hanako.clone();
        elsewhere.zone = "lgwan";
        if let Some((_, pair)) = &mut elsewhere.header {
            *pair = pair.replace("sekisho-internet", name);
        }
        assert_eq!(city.get(&elsewhere, "/me").await.refusal(), (401, "unauthorised".into()), "{name}");
    }
    let lgwan = city.log_in("hanako", "lgwan").await;
    let wrong = city.submit(&lgwan, &city.form("s", "c2"), &[("a.txt", "clean a")]).await;
    assert_eq!(wrong.json()["error"]["field"], "channel", "{wrong:?}");
}

#[tokio::test]
async fn bodies_of_the_wrong_shape_are_refused_with_a_reason() {
    let city = City::open().await;
    let nobody = stranger("internet");
    let json = "application/json";
    let huge = format!("{{\"login\":\"{}\"}}", "x".repeat(600 << 10));
    let deep = "[".repeat(100_000);
    for (media_type, body, expected) in [
        (json, "", (400, "malformed")),
        (json, "{", (400, "malformed")),
        (json, "{\"login\":\"a\"}", (422, "malformed")),
        (json, "{\"login\":\"a\",\"password\":\"b\",\"zone\":\"lgwan\"}", (422, "malformed")),
        (json, "{\"login\":1,\"password\":\"b\"}", (422, "malformed")),
        (json, "{\"login\":\"\u{0}\",\"password\":\"\"}", (400, "malformed")),
        (json, &huge, (413, "too-large")),
        (json, &deep, (422, "malformed")),
        ("text/plain", "{}", (415, "media-type")),
        ("application/x-www-form-urlencoded", "login=a&password=b", (415, "media-type")),
    ] {
        let answer = city.raw(&nobody, "POST", "/session", media_type, body.to_owned()).await;
        let shown: String = body.chars().take(60).collect();
        assert_eq!(answer.refusal(), (expected.0, expected.1.to_owned()), "{shown}");
        let error = &answer.json()["error"];
        assert!(error["message"].as_str().unwrap().ends_with('。'), "{shown}");
        assert!(answer.bytes.len() < 2_000, "{shown}");
    }
    let wrong = json!({ "login": "hanako", "password": "wrong" });
    for _ in 0..5 {
        city.call(&nobody, "POST", "/session", &wrong).await;
    }
    let locked = city.call(&nobody, "POST", "/session", &wrong).await;
    assert_eq!(locked.refusal(), (429, "locked".into()));
    assert!(locked.headers["retry-after"].to_str().unwrap().ends_with("GMT"));
}

#[tokio::test]
async fn addresses_and_queries_that_mean_nothing_are_refused() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "internet").await;
    for (path, expected) in [
        ("/nothing", (404, "not-found")),
        ("/transfers/none", (404, "not-found")),
        ("/transfers/none/files/none", (404, "not-found")),
        ("/transfers/none/files/none/preview/1.gif", (404, "not-found")),
        ("/transfers?tray=all", (422, "invalid")),
        ("/transfers?state=done", (422, "invalid")),
        ("/transfers?after=!", (422, "invalid")),
        ("/transfers?page=2", (400, "malformed")),
        ("/transfers?limit=-1", (400, "malformed")),
        ("/statements/none/at-all", (404, "not-found")),
        ("/evidence", (403, "denied")),
        ("/evidence?kind=none", (422, "invalid")),
        ("/evidence?subject_kind=user", (422, "invalid")),
        ("/people", (403, "denied")),
    ] {
        let answer = city.get(&hanako, path).await;
        assert_eq!(answer.refusal(), (expected.0, expected.1.to_owned()), "{path}");
    }
    let put = city.call(&hanako, "PUT", "/home", &json!({})).await;
    assert_eq!(put.refusal(), (405, "method-not-allowed".into()));
}

#[tokio::test]
async fn a_submission_of_the_wrong_shape_makes_nothing() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "internet").await;
    let before = city.stored_files();
    let form = city.form("s", "c2");
    let text = form.to_string();
    let file = ("file", Some("a.txt"), "clean a".to_owned());
    let mut unknown = form.clone();
    unknown["zone"] = json!("lgwan");
    let mut closed = form.clone();
    closed["channel"] = json!("internet-to-mynumber");
    let mut nowhere = form.clone();
    nowhere["channel"] = json!("nowhere");
    let mut unanswered = form.clone();
    unanswered["answers"] = json!({});
    let mut nobody = form.clone();
    nobody["recipients"] = json!(["nobody"]);
    let many: Vec<_> =
        std::iter::once(("transfer", None, text.clone())).chain((0..101).map(|_| file.clone())).collect();
    let cases: Vec<(&str, Vec<_>, (u16, &str))> = vec![
        ("no parts", vec![], (422, "invalid")),
        ("the file first", vec![file.clone(), ("transfer", None, text.clone())], (422, "invalid")),
        ("no file", vec![("transfer", None, text.clone())], (422, "field")),
        ("no JSON", vec![("transfer", None, "{".into()), file.clone()], (400, "malformed")),
        ("a large form", vec![("transfer", None, " ".repeat(600 << 10)), file.clone()], (413, "too-large")),
        ("an unknown field", vec![("transfer", None, unknown.to_string()), file.clone()], (400, "malformed")),
        (
            "an unknown part",
            vec![("transfer", None, text.clone()), ("more", None, "x".into())],
            (400, "malformed"),
        ),
        (
            "the form twice",
            vec![("transfer", None, text.clone()), ("transfer", None, text.clone())],
            (400, "malformed"),
        ),
        (
            "a closed channel",
            vec![("transfer", None, closed.to_string()), file.clone()],
            (403, "channel-denied"),
        ),
        ("no such channel", vec![("transfer", None, nowhere.to_string()), file.clone()], (422, "invalid")),
        (
            "a question without an answer",
            vec![("transfer", None, unanswered.to_string()), file.clone()],
            (422, "form"),
        ),
        ("no such recipient", vec![("transfer", None, nobody.to_string()), file.clone()], (422, "invalid")),
        ("too many files", many, (422, "too-many")),
    ];
    for (what, parts, expected) in cases {
        let answer = city.post_parts(&hanako, &parts).await;
        assert_eq!(answer.refusal(), (expected.0, expected.1.to_owned()), "{what}: {answer:?}");
        if expected.1 == "channel-denied" {
            assert_eq!(answer.json()["error"]["statements"][0], "base/mynumber-isolated");
        }
    }
    let whole = multipart(&[("transfer", None, text), file]);
    for cut in [10, whole.len() / 2, whole.len() - 8] {
        let answer = city
            .raw(
                &hanako,
                "POST",
                "/transfers",
                "multipart/form-data; boundary=XX",
                whole.as_bytes()[..cut].to_vec(),
            )
            .await;
        assert_eq!(answer.refusal(), (400, "interrupted".into()), "{cut}");
    }
    let plain = city.raw(&hanako, "POST", "/transfers", "application/json", "{}").await;
    assert_eq!(plain.refusal(), (415, "media-type".into()));
    let rows = city.get(&hanako, "/transfers").await.with(200);
    assert_eq!(rows["rows"], json!([]));
    // What was stored on the way is erased, by a task of its own.
    for _ in 0..200 {
        if city.stored_files() == before {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(city.stored_files(), before);
}

/// No bytes make it fail on our side, and none get through by accident.
#[test]
fn any_multipart_is_refused_politely() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let city = runtime.block_on(City::open());
    let hanako = runtime.block_on(city.log_in("hanako", "internet"));
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    let bodies = (prop::collection::vec(any::<u8>(), 0..400), any::<bool>());
    proptest::test_runner::TestRunner::new(config)
        .run(&bodies, |(bytes, framed)| {
            let mut body = bytes;
            if framed {
                let head = b"--XX\r\nContent-Disposition: form-data; name=\"transfer\"\r\n\r\n";
                body = [head.as_slice(), &body, b"\r\n--XX--\r\n"].concat();
            }
            let media_type = "multipart/form-data; boundary=XX";
            let answer = runtime.block_on(city.raw(&hanako, "POST", "/transfers", media_type, body));
            prop_assert!(answer.status.is_client_error(), "{:?}", answer);
            Ok(())
        })
        .unwrap();
}
