//! 検査確認 over the API and the pages: a drawing that passes unchanged.

use axum::{body::Body, extract::Request, http::header};
use serde_json::json;
use tower::ServiceExt as _;
use web::{ZoneSetting, live::Streams};
use workflow::id::ZoneId;

use crate::city::{City, Way};

const DRAWING: &str = "drawing 配置図";

/// A drawing of Hanako's that waits for the manager: the transfer and the file.
async fn waiting(city: &City) -> (String, String) {
    let hanako = city.log_in("hanako", "internet").await;
    let made = city.submit(&hanako, &city.form("s-1", "c1"), &[("配置図.jww", DRAWING)]).await.with(201);
    let id = made["id"].as_str().unwrap().to_owned();
    city.drain().await;
    let shown = city.get(&hanako, &format!("/transfers/{id}")).await.with(200);
    assert_eq!(
        (&shown["state"], &shown["files"][0]["state"]),
        (&json!("awaiting-approval"), &json!("inspected"))
    );
    assert_eq!(shown["may"]["inspect"], false, "the sender");
    assert_eq!(shown["files"][0]["inspection"]["zone"], "internet");
    let file = shown["files"][0]["id"].as_str().unwrap().to_owned();
    (id, file)
}

#[tokio::test]
async fn a_drawing_is_opened_vouched_for_and_taken() {
    let city = City::open().await;
    let (id, file) = waiting(&city).await;
    let kacho = city.log_in("kacho", "internet").await;
    let home = city.get(&kacho, "/home").await.with(200);
    assert_eq!(home["to_decide"][0]["inspected_count"], 1);
    let seen = city.get(&kacho, &format!("/transfers/{id}")).await.with(200);
    let sha256 = seen["files"][0]["inspection"]["sha256"].clone();
    assert_eq!(seen["files"][0]["clean"]["sha256"], sha256, "what passes is what came");
    let decide = async |vouches: serde_json::Value| {
        let form = json!({ "verdict": "approve", "seen_hash": seen["content_hash"], "vouches": vouches });
        city.call(&kacho, "POST", &format!("/transfers/{id}/decision"), &form).await
    };
    let word =
        |sha256: &serde_json::Value, note: &str| json!([{ "file": file, "sha256": sha256, "note": note }]);
    let unseen = decide(word(&sha256, "見た")).await;
    assert_eq!(unseen.refusal(), (409, "not-inspected".into()));
    assert_eq!(unseen.json()["error"]["field"], "vouches");
    assert!(unseen.json()["error"]["detail"].as_str().unwrap().contains(&file));

    let path = format!("/transfers/{id}/files/{file}/original");
    let head = Request::head(format!("/api/v1{path}")).body(Body::empty()).unwrap();
    assert_eq!(city.ask(&kacho, head).await.status, 405, "headers alone open nothing");
    let original = city.get(&kacho, &path).await;
    assert_eq!((original.status.as_u16(), &original.bytes[..]), (200, DRAWING.as_bytes()));
    assert_saved_only(&original.headers);
    let opened = city.get(&kacho, &format!("/transfers/{id}")).await.with(200);
    assert_eq!(opened["files"][0]["inspection"]["openings"][0]["by"]["name"], "kachoさん");
    assert_eq!(opened["content_hash"], seen["content_hash"], "looking changes nothing that is decided");

    for (vouches, refusal) in [
        (json!([]), (422, "not-vouched")),
        (word(&json!("00"), "見た"), (422, "not-vouched")),
        (word(&sha256, " "), (422, "note-needed")),
        (json!([{ "file": file, "sha256": sha256 }]), (422, "malformed")),
        (json!([{ "file": "none", "sha256": sha256, "note": "見た" }]), (409, "file-state")),
    ] {
        assert_eq!(decide(vouches.clone()).await.refusal(), (refusal.0, refusal.1.to_owned()), "{vouches}");
    }
    decide(word(&sha256, "Jw_cadで開いて見た")).await.with(204);

    let taro = city.log_in("taro", "lgwan").await;
    let shown = city.get(&taro, &format!("/transfers/{id}")).await.with(200);
    let vouched = &shown["files"][0]["inspection"]["vouched"][0];
    assert_eq!(
        (&vouched["by"]["name"], &vouched["note"]),
        (&json!("kachoさん"), &json!("Jw_cadで開いて見た"))
    );
    let taken = city.get(&taro, &format!("/transfers/{id}/files/{file}")).await;
    assert_eq!(&taken.bytes[..], DRAWING.as_bytes());
    assert_saved_only(&taken.headers);
    assert_eq!(
        city.get(&taro, &path).await.refusal(),
        (403, "denied".into()),
        "no original for the recipient"
    );
}

fn assert_saved_only(headers: &axum::http::HeaderMap) {
    assert!(headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment; "));
    assert_eq!(headers[header::CONTENT_TYPE], "application/octet-stream");
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("sandbox"));
}

#[tokio::test]
async fn an_original_is_refused_in_the_wrong_zone_and_to_programs() {
    let city = City::open().await;
    let (id, file) = waiting(&city).await;
    let path = format!("/transfers/{id}/files/{file}/original");
    let inside = city.log_in("kacho", "lgwan").await;
    let refused = city.get(&inside, &path).await;
    assert_eq!(
        (refused.refusal(), &refused.json()["error"]["reason"]),
        ((403, "denied".into()), &json!("wrong-zone"))
    );
    let outside = city.log_in("kacho", "internet").await;
    let program = city.token(&outside, &["read-transfers", "decide-transfers"]).await;
    assert_eq!(city.get(&program, &path).await.json()["error"]["reason"], "token-scope");
    let hanako = city.log_in("hanako", "internet").await;
    assert_eq!(city.get(&hanako, &path).await.refusal(), (403, "denied".into()));
    let taro = city.log_in("taro", "lgwan").await;
    assert_eq!(city.get(&taro, &path).await.refusal(), (404, "not-found".into()));
}

/// The pages of one listener, asked as a browser asks them.
async fn page(city: &City, way: &Way, request: Request) -> (u16, axum::http::HeaderMap, String) {
    let setting = ZoneSetting { zone: ZoneId::new(way.zone), tls: false, request_bytes_max: 1 << 20 };
    let router = web::router(city.app.clone(), setting, Streams::default());
    let mut request = request;
    if let Some((name, value)) = &way.header {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    (parts.status.as_u16(), parts.headers, String::from_utf8_lossy(&bytes).into_owned())
}

fn post(path: &str, body: String) -> Request {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap()
}

/// The whole way on the pages: what is missing is said with the file and the zone, and what was typed stays.
#[tokio::test]
async fn the_pages_lead_through_an_inspection() {
    let city = City::open().await;
    let (id, file) = waiting(&city).await;
    let (outside, inside) = (city.log_in("kacho", "internet").await, city.log_in("kacho", "lgwan").await);
    let decide = format!("/transfers/{id}/decide");
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let (_, _, here) = page(&city, &outside, get(&decide)).await;
    assert!(here.contains(&format!("action=\"/transfers/{id}/files/{file}/original\"")), "{here}");
    let (_, _, there) = page(&city, &inside, get(&decide)).await;
    assert!(!there.contains("/original\"") && there.contains("この画面では開けません"), "{there}");

    let seen = city.get(&inside, &format!("/transfers/{id}")).await.with(200);
    let (hash, sha256) =
        (seen["content_hash"].as_str().unwrap(), seen["files"][0]["inspection"]["sha256"].as_str().unwrap());
    let form = |note: &str| {
        format!(
            "verdict=approve&seen_hash={hash}&vouch={file}&sha256.{file}={sha256}&note.{file}={note}&comment=kept"
        )
    };
    let (status, _, refused) = page(&city, &inside, post(&decide, form("seen"))).await;
    assert_eq!(status, 409);
    for words in [
        "まだ開いていません",
        "インターネット系(公開系)",
        "配置図.jww",
        ">seen</textarea>",
        ">kept</textarea>",
        " checked",
    ] {
        assert!(refused.contains(words), "{words} is not said: {refused}");
    }
    // A GET opens nothing: whoever follows links by himself must not count as having looked.
    let original = format!("/transfers/{id}/files/{file}/original");
    assert_eq!(page(&city, &outside, get(&original)).await.0, 405);
    assert_eq!(page(&city, &inside, post(&original, String::new())).await.0, 403);
    let (status, headers, body) = page(&city, &outside, post(&original, String::new())).await;
    assert_eq!((status, body.as_str()), (200, DRAWING));
    assert_saved_only(&headers);
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    let (status, _, refused) = page(&city, &inside, post(&decide, form(""))).await;
    assert!(status == 422 && refused.contains("確かめ方"), "{status}: {refused}");
    let (status, headers, _) = page(&city, &inside, post(&decide, form("seen"))).await;
    assert_eq!(
        (status, headers[header::LOCATION].to_str().unwrap()),
        (303, format!("/transfers/{id}?done=approved").as_str())
    );
    let taro = city.log_in("taro", "lgwan").await;
    let (_, _, received) = page(&city, &taro, get("/received")).await;
    assert!(
        received.contains("無害化していないファイルです") && received.contains("kachoさん"),
        "{received}"
    );
    let (_, _, list) = page(&city, &taro, get("/transfers?tray=received")).await;
    assert!(list.contains("検査確認</span>"), "{list}");
}
