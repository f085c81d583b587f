//! The contract: the document is as it was agreed, and every address refuses strangers but those listed here.

use axum::body::Body;
use axum::extract::Request;

use crate::city::{City, bearer, stranger};

/// Who is nobody may call these.
const OPEN: [&str; 2] = ["GET /openapi.json", "POST /session"];

#[test]
fn the_document_is_the_agreed_one() {
    // UPDATE_EXPECT=1 rewrites it: a change of the contract is a change of this file.
    expect_test::expect_file!["../openapi.json"].assert_eq(&(web::api::document().unwrap() + "\n"));
}

#[test]
fn the_document_speaks_of_every_endpoint_and_no_other() {
    let document: serde_json::Value = serde_json::from_str(&web::api::document().unwrap()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut written: Vec<String> = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        written.extend(methods.as_object().unwrap().keys().map(|m| format!("{} {path}", m.to_uppercase())));
    }
    let mut routed: Vec<String> =
        web::api::endpoints().iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    written.sort();
    routed.sort();
    assert_eq!(written, routed);
    // Every reference leads somewhere.
    let text = document.to_string();
    for name in text.split("#/components/schemas/").skip(1).filter_map(|t| t.split('"').next()) {
        assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn every_address_refuses_strangers() {
    let city = City::open().await;
    let mut open = Vec::new();
    for (method, path, said_open) in web::api::endpoints() {
        let address = format!("/api/v1{}", path.replace('{', "x").replace('}', ""));
        for way in [stranger("internet"), bearer("internet", "no-such-token")] {
            let request = Request::builder().method(method).uri(&address).body(Body::empty()).unwrap();
            let answer = city.ask(&way, request).await;
            if said_open {
                assert_ne!(answer.status, 401, "{method} {path}");
                continue;
            }
            assert_eq!(answer.refusal(), (401, "unauthorised".into()), "{method} {path}");
            assert!(answer.headers.contains_key("www-authenticate"), "{method} {path}");
            assert_eq!(answer.headers["cache-control"], "no-store", "{method} {path}");
        }
        if said_open {
            open.push(format!("{method} {path}"));
        }
    }
    assert_eq!(open, OPEN);
}

#[tokio::test]
async fn a_request_without_a_door_is_not_served() {
    use tower::ServiceExt as _;
    let city = City::open().await;
    let api = web::api::Api::new(city.app.clone(), web::live::Streams::default(), false);
    let request = Request::get("/me").body(Body::empty()).unwrap();
    let response = web::api::router(api).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 500);
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    let error: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(error["error"]["code"], "internal");
    assert!(error["error"]["incident"].as_str().unwrap().contains('-'));
    assert!(!error.to_string().contains("listener"), "causes stay in the log");
}
