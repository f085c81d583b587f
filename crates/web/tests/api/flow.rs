//! The main job over the API: submit, approve, take, prove.

use std::{io::Cursor, time::Duration};

use axum::{body::Body, extract::Request};
use futures::StreamExt as _;
use serde_json::json;

use crate::city::{City, session, stranger};

#[tokio::test]
async fn files_go_from_zone_to_zone_with_an_approval() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "internet").await;
    let channels = city.get(&hanako, "/channels").await.with(200);
    assert_eq!(channels["channels"][0]["id"], "internet-to-lgwan");
    let found = city.get(&hanako, "/candidates?text=taro").await.with(200);
    assert_eq!(found["candidates"][0]["id"], city.id("taro"));

    let form = city.form("s-1", "c2");
    let made =
        city.submit(&hanako, &form, &[("令和8年度/様式.txt", "clean a"), ("表.txt", "partial b")]).await;
    let id = made.with(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(made.headers["location"], format!("/api/v1/transfers/{id}"));
    let shown = city.get(&hanako, &format!("/transfers/{id}")).await.with(200);
    assert_eq!(shown["state"], "sanitising");
    assert_eq!(shown["files"][0]["folder"], "令和8年度");
    city.drain().await;

    let kacho = city.log_in_strongly("kacho", "internet").await;
    let home = city.get(&kacho, "/home").await.with(200);
    assert_eq!(home["to_decide"][0]["id"], id);
    let seen = city.get(&kacho, &format!("/transfers/{id}")).await.with(200);
    assert_eq!((&seen["state"], &seen["may"]["decide"]), (&json!("awaiting-approval"), &json!(true)));
    assert_eq!(seen["files"][1]["report"]["removals"][0]["what"], "macro-vba");
    let file = seen["files"][1]["id"].as_str().unwrap();
    let preview = city.get(&kacho, &format!("/transfers/{id}/files/{file}/preview")).await.with(200);
    assert_eq!(preview["preview"]["blocks"][0]["text"], "partial b");

    let decision = |hash: &str| json!({ "verdict": "approve", "comment": "", "seen_hash": hash });
    let path = format!("/transfers/{id}/decision");
    let other = city.call(&kacho, "POST", &path, &decision("another")).await;
    assert_eq!(other.refusal(), (409, "content-changed".into()));
    let hash = seen["content_hash"].as_str().unwrap();
    city.call(&kacho, "POST", &path, &decision(hash)).await.with(204);
    let again = city.call(&kacho, "POST", &path, &decision(hash)).await;
    assert!(matches!(again.status.as_u16(), 403 | 409), "{again:?}");

    let taro = city.log_in("taro", "lgwan").await;
    let list = city.get(&taro, "/transfers?tray=received&state=ready&limit=10").await.with(200);
    assert_eq!((&list["rows"][0]["id"], &list["next"]), (&json!(id), &json!(null)));
    let path = format!("/transfers/{id}/files/{file}");
    let head = Request::head(format!("/api/v1{path}")).body(Body::empty()).unwrap();
    assert_eq!(city.ask(&taro, head).await.status, 405, "headers alone take nothing");
    let taken = city.get(&taro, &path).await;
    assert_eq!((taken.status.as_u16(), &taken.bytes[..]), (200, b"rebuilt: partial b".as_slice()));
    assert!(taken.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"));
    let etag = format!("\"sha256-{}\"", seen["files"][1]["clean"]["sha256"].as_str().unwrap());
    assert_eq!(taken.headers["etag"], etag);
    let after = city.get(&taro, &format!("/transfers/{id}")).await.with(200);
    assert_eq!(after["state"], "received");
}

#[tokio::test]
async fn what_passes_goes_by_the_name_of_its_clean_bytes_and_what_does_not_says_why() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "internet").await;
    let files = [("住民票.xls", "converted a"), ("道具.zip", "emptied b"), ("c.txt", "clean c")];
    let made = city.submit(&hanako, &city.form("s", "c2"), &files).await.with(201);
    let path = format!("/transfers/{}", made["id"].as_str().unwrap());
    city.drain().await;
    let seen = city.get(&hanako, &path).await.with(200);
    let names = |of: &str| -> Vec<String> {
        seen["files"].as_array().unwrap().iter().map(|f| f[of].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("name"), ["住民票.xls.converted.txt", "道具.zip", "c.txt"]);
    assert_eq!(names("original_name"), ["住民票.xls", "道具.zip", "c.txt"]);
    let report = &seen["files"][1]["report"];
    assert_eq!((&report["verdict"], &report["reason"]), (&json!("held"), &json!("nothing-left")));
    assert_eq!(report["members"][0]["name"], "道具.exe");
    assert_eq!(report["members"][0]["report"]["reason"], "executable");
    let file = |n: usize| format!("{path}/files/{}", seen["files"][n]["id"].as_str().unwrap());
    city.call(&hanako, "POST", &format!("{}/block", file(1)), &json!({})).await.with(204);

    let kacho = city.log_in_strongly("kacho", "internet").await;
    let hash = city.get(&kacho, &path).await.with(200)["content_hash"].clone();
    let decision = json!({ "verdict": "approve", "comment": "", "seen_hash": hash });
    city.call(&kacho, "POST", &format!("{path}/decision"), &decision).await.with(204);
    let taro = city.log_in("taro", "lgwan").await;
    let taken = city.get(&taro, &file(0)).await;
    let disposition = taken.headers["content-disposition"].to_str().unwrap();
    assert!(disposition.ends_with(".xls.converted.txt"), "{disposition}");
    let plain = city.get(&taro, &file(2)).await;
    let disposition = plain.headers["content-disposition"].to_str().unwrap();
    assert!(disposition.ends_with("c.txt"), "{disposition}");
}

#[tokio::test]
async fn the_same_submission_makes_one_transfer() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "internet").await;
    let form = city.form("twice", "c2");
    let first = city.submit(&hanako, &form, &[("a.txt", "clean a")]).await.with(201);
    let second = city.submit(&hanako, &form, &[("a.txt", "clean a")]).await.with(201);
    assert_eq!(first, second);
    city.drain().await;
    let rows = city.get(&hanako, "/transfers").await.with(200);
    assert_eq!(rows["rows"].as_array().unwrap().len(), 1);
    let shown = city.get(&hanako, &format!("/transfers/{}", first["id"].as_str().unwrap())).await.with(200);
    assert_eq!(shown["files"][0]["state"], "clean", "the bytes of the first are still there");
}

#[tokio::test]
async fn a_held_file_goes_on_with_its_password_or_is_taken_out() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "internet").await;
    let files = [("a.txt", "locked sesame"), ("b.txt", "locked other"), ("c.txt", "clean c")];
    let made = city.submit(&hanako, &city.form("s", "c2"), &files).await.with(201);
    let path = format!("/transfers/{}", made["id"].as_str().unwrap());
    city.drain().await;
    let held = city.get(&hanako, &path).await.with(200);
    assert_eq!(held["state"], "held");
    assert_eq!(held["files"][0]["report"]["reason"], "password-needed");
    let file = |n: usize| format!("{path}/files/{}", held["files"][n]["id"].as_str().unwrap());
    let retry = json!({ "password": "sesame" });
    city.call(&hanako, "POST", &format!("{}/retry", file(0)), &retry).await.with(204);
    city.drain().await;
    city.call(&hanako, "POST", &format!("{}/block", file(1)), &json!({})).await.with(204);
    let done = city.get(&hanako, &path).await.with(200);
    let states: Vec<_> = done["files"].as_array().unwrap().iter().map(|f| f["state"].clone()).collect();
    assert_eq!(states, ["clean", "blocked", "clean"]);
    city.call(&hanako, "POST", &format!("{path}/pull-back"), &json!({})).await.with(204);
    let content = json!({
        "subject": "直した件名", "purpose": "窓口で使うため", "classification": "c2",
        "answers": { "origin": "県庁" }, "recipients": [city.id("taro")],
    });
    city.call(&hanako, "POST", &format!("{path}/resubmit"), &content).await.with(204);
    city.call(&hanako, "POST", &format!("{path}/withdraw"), &json!({})).await.with(204);
    let ended = city.get(&hanako, &path).await.with(200);
    assert_eq!((&ended["state"], &ended["round"]), (&json!("withdrawn"), &json!(2)));
}

#[tokio::test]
async fn events_tell_of_progress_and_changes_until_the_end() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "internet").await;
    let made = city.submit(&hanako, &city.form("s", "c2"), &[("a.txt", "clean a")]).await.with(201);
    let path = format!("/transfers/{}", made["id"].as_str().unwrap());
    let request = Request::get(format!("/api/v1{path}/events")).body(Body::empty()).unwrap();
    let response = city.send(&hanako, request).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    city.drain().await;
    city.call(&hanako, "POST", &format!("{path}/withdraw"), &json!({})).await.with(204);
    let reading = async {
        let mut text = String::new();
        while let Some(chunk) = stream.next().await {
            text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
        text
    };
    let text = tokio::time::timeout(Duration::from_secs(10), reading).await.expect("ends with the transfer");
    let events: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("event: ")).collect();
    assert_eq!((events.first(), events.last()), (Some(&"changed"), Some(&"changed")), "{text}");
    assert!(events.contains(&"progress"), "{text}");
    assert!(text.contains("\"permille\":500"), "{text}");
    assert!(text.contains("\"final\":true"), "{text}");
    // A stream of what is over says so and ends.
    let over = city.get(&hanako, &format!("{path}/events")).await;
    assert_eq!(String::from_utf8_lossy(&over.bytes).matches("event: changed").count(), 1);
}

#[tokio::test]
async fn streams_are_bounded_and_only_for_those_who_see_the_transfer() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "internet").await;
    let made = city.submit(&hanako, &city.form("s", "c2"), &[("a.txt", "clean a")]).await.with(201);
    let path = format!("/transfers/{}/events", made["id"].as_str().unwrap());
    let open = || async {
        let request = Request::get(format!("/api/v1{path}")).body(Body::empty()).unwrap();
        city.send(&hanako, request).await
    };
    let mut held = Vec::new();
    for _ in 0..web::live::STREAMS_PER_PERSON_MAX {
        let response = open().await;
        assert_eq!(response.status(), 200);
        held.push(response);
    }
    let refused = city.get(&hanako, &path).await;
    assert_eq!(refused.refusal(), (429, "too-many-streams".into()));
    assert!(refused.headers.contains_key("retry-after"));
    drop(held);
    assert_eq!(open().await.status(), 200);
    let third_zone = city.log_in("hanako", "mynumber").await;
    assert_eq!(city.get(&third_zone, &path).await.refusal(), (404, "not-found".into()));
}

#[tokio::test]
async fn an_auditor_takes_a_bundle_that_verifies() {
    let city = City::open().await;
    let kansa = city.log_in_strongly("kansa", "lgwan").await;
    while city.app.seal().await.unwrap() > 0 {}
    let first = city.get(&kansa, "/evidence?limit=1").await.with(200);
    let next = first["next"].as_str().unwrap();
    let second = city.get(&kansa, &format!("/evidence?limit=1&after={next}")).await.with(200);
    assert_ne!(first["rows"][0]["id"], second["rows"][0]["id"]);
    let id = first["rows"][0]["id"].as_str().unwrap();
    let entry = city.get(&kansa, &format!("/evidence/{id}")).await.with(200);
    assert!(entry["proof"]["checkpoint"].as_str().unwrap().starts_with("hoshimi.example/log\n"));
    let bundle = city.get(&kansa, &format!("/evidence/{id}/bundle")).await;
    assert_eq!(bundle.headers["content-type"], "application/zip");
    let mut archive = zip::ZipArchive::new(Cursor::new(bundle.bytes.to_vec())).unwrap();
    let mut files = std::collections::BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
        files.insert(file.name().unwrap().into_owned(), bytes);
    }
    let trust = ledger::bundle::Trust { vkey: Some(city.app.vkey().clone()), previous: None };
    let verification = ledger::bundle::verify(&files, &trust).unwrap();
    assert!(verification.is_verified(), "{:#?}", verification.problems);

    let statements = city.get(&kansa, "/statements").await.with(200);
    let statement = statements["statements"][0]["id"].as_str().unwrap();
    let page = city.get(&kansa, &format!("/statements/{statement}?limit=5")).await.with(200);
    assert_eq!(page["statement"]["id"], statement);
    assert!(page["evidence"]["rows"].is_array());
    let policy = city.get(&kansa, "/policy").await.with(200);
    assert_eq!((&policy["id"], policy["zones"].as_array().unwrap().len()), (&json!("hoshimi"), 3));
}

#[tokio::test]
async fn strangers_read_the_ledger_as_tlog_tiles_lays_it_out() {
    let city = City::open().await;
    let nobody = stranger("internet");
    let read = |path: &'static str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        city.ask(&nobody, request)
    };
    assert_eq!(read("/ledger/checkpoint").await.status, 404, "nothing is sealed yet");
    while city.app.seal().await.unwrap() > 0 {}
    let checkpoint = read("/ledger/checkpoint").await;
    assert_eq!(checkpoint.headers["content-type"], "text/plain; charset=utf-8");
    let text = String::from_utf8(checkpoint.bytes.to_vec()).unwrap();
    let size: usize = text.lines().nth(1).unwrap().parse().unwrap();
    let vkey = read("/ledger/vkey").await;
    assert!(vkey.bytes.starts_with(b"hoshimi.example/log+"));
    for (path, bytes) in [
        (format!("/ledger/tile/0/000.p/{size}"), Some(size * 32)),
        (format!("/ledger/tile/0/000.p/{}", size + 1), None),
        ("/ledger/tile/0/000".into(), None),
        ("/ledger/tile/../secret".into(), None),
    ] {
        let answer = city.ask(&nobody, Request::get(&path).body(Body::empty()).unwrap()).await;
        match bytes {
            Some(bytes) => {
                assert_eq!((answer.status.as_u16(), answer.bytes.len()), (200, bytes), "{path}");
                assert_eq!(answer.headers["content-type"], "application/octet-stream");
            }
            None => assert_eq!(answer.status, 404, "{path}"),
        }
    }
}

#[tokio::test]
async fn an_administrator_opens_an_account_whose_owner_sets_it_up() {
    let city = City::open().await;
    let admin = city.log_in_strongly("digital", "lgwan").await;
    let form = json!({ "login": "jiro", "name": "次郎", "kana": "じろう", "section": "residents" });
    let made = city.call(&admin, "POST", "/people", &form).await.with(201);
    assert_eq!(city.call(&admin, "POST", "/people", &form).await.json()["error"]["reason"], "taken");
    let id = made["id"].as_str().unwrap();
    let post = json!({ "post": "staff", "unit": "residents" });
    city.call(&admin, "POST", &format!("/people/{id}/posts"), &post).await.with(204);
    let listed = city.get(&admin, "/people?limit=2").await.with(200);
    let rest = format!("/people?limit=100&after={}", listed["next"].as_str().unwrap());
    let all = city.get(&admin, &rest).await.with(200)["rows"].as_array().unwrap().len() + 2;
    assert_eq!(all, 6);
    let shown = city.get(&admin, &format!("/people/{id}")).await.with(200);
    assert_eq!(shown["posts"][0]["id"], "staff");

    let first = made["first_password"].as_str().unwrap();
    let login = json!({ "login": "jiro", "password": first });
    let opened = city.call(&stranger("lgwan"), "POST", "/session", &login).await;
    assert_eq!(opened.with(200)["must_change_password"], true);
    let jiro = session("lgwan", &opened);
    assert_eq!(city.get(&jiro, "/home").await.refusal(), (403, "password-change-needed".into()));
    city.get(&jiro, "/me").await.with(200);
    let change = json!({ "old": first, "new": "Kawa-no-nagare-8" });
    city.call(&jiro, "PUT", "/me/password", &change).await.with(204);
    city.get(&jiro, "/home").await.with(200);

    city.call(&admin, "PUT", &format!("/people/{id}/enabled"), &json!({ "enabled": false })).await.with(204);
    assert_eq!(city.get(&jiro, "/home").await.refusal(), (401, "unauthorised".into()));
    let end = format!("/people/{id}/posts?post=staff&unit=residents");
    city.call(&admin, "DELETE", &end, &json!({})).await.with(204);
    let reset = city.call(&admin, "POST", &format!("/people/{id}/password"), &json!({})).await.with(200);
    assert_ne!(reset["first_password"], made["first_password"]);
    city.call(&admin, "DELETE", &format!("/people/{id}/second-factor"), &json!({})).await.with(204);
}

#[tokio::test]
async fn a_session_with_a_second_factor_needs_its_code_and_ends() {
    let city = City::open().await;
    let weak = city.log_in("kacho", "lgwan").await;
    let begun = city.call(&weak, "POST", "/me/second-factor", &json!({})).await.with(200);
    let secret = begun["secret_base32"].as_str().unwrap();
    let confirm = json!({ "sealed": begun["sealed"], "code": city.code(secret) });
    city.call(&weak, "PUT", "/me/second-factor", &confirm).await.with(204);

    let way = city.log_in("kacho", "lgwan").await;
    assert_eq!(city.get(&way, "/home").await.refusal(), (403, "code-needed".into()));
    assert_eq!(city.get(&way, "/me").await.with(200)["needs_code"], true);
    let wrong = city.call(&way, "POST", "/session/code", &json!({ "code": "000000" })).await;
    assert_eq!(wrong.refusal(), (401, "credentials".into()));
    city.clock.pass(30_000);
    let right = city.call(&way, "POST", "/session/code", &json!({ "code": city.code(secret) })).await;
    right.with(200);
    let strong = session("lgwan", &right);
    city.get(&strong, "/home").await.with(200);
    assert_eq!(city.get(&way, "/home").await.status, 401, "the secret of before is worth nothing");

    let absence =
        json!({ "from": "2026-11-25T00:00:00Z", "until": "2026-11-26T00:00:00+09:00", "reason": "出張" });
    city.call(&strong, "POST", "/me/absences", &absence).await.with(204);
    let listed = city.get(&strong, "/me/absences").await.with(200);
    let id = listed["absences"][0]["id"].as_str().unwrap();
    assert_eq!(listed["absences"][0]["until"], "2026-11-25T15:00:00Z");
    city.call(&strong, "DELETE", &format!("/me/absences/{id}"), &json!({})).await.with(204);

    city.call(&strong, "DELETE", "/session", &json!({})).await.with(204);
    assert_eq!(city.get(&strong, "/me").await.status, 401);
}
