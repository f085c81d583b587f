//! Headers alone take nothing: HEAD is refused wherever GET is evidence that somebody took something.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, StatusCode},
};
use tower::ServiceExt as _;
use web::{ZoneSetting, live::Streams};
use workflow::id::ZoneId;

use crate::city::{City, Way};

/// Where GET hands something over and says so in evidence: on screens, and for programs.
const TAKEN: &[&str] = &[
    "/transfers/none/files/none/download",
    "/transfers/none/files.zip",
    "/requests/none/files/none",
    "/tasks/none/files/none",
    "/imports/none/files/none",
    "/imports/none/bundle.txt",
    "/policy/export/catalog.json",
    "/evidence/none/proof.zip",
    "/api/v1/transfers/none/files/none",
    "/api/v1/transfers/none/files/none/original",
    "/api/v1/requests/none/attachments/none",
    "/api/v1/tasks/none/attachments/none",
    "/api/v1/imports/none/files",
    "/api/v1/imports/none/bundle",
    "/api/v1/policy/oscal/catalog",
];

async fn answer(site: &Router, way: &Way, request: Request) -> (StatusCode, HeaderMap) {
    let mut request = request;
    let (name, value) = way.header.clone().unwrap();
    request.headers_mut().insert(name, value.parse().unwrap());
    let (parts, _) = site.clone().oneshot(request).await.unwrap().into_parts();
    (parts.status, parts.headers)
}

#[tokio::test]
async fn headers_alone_take_nothing_and_leave_no_evidence() {
    let city = City::open().await;
    let setting = ZoneSetting { zone: ZoneId::new("lgwan"), tls: false, request_bytes_max: 1 << 20 };
    let site = web::router(city.app.clone(), setting, Streams::default());
    let kansa = city.log_in_strongly("kansa", "lgwan").await;
    let entries = async || {
        let list = city.get(&kansa, "/evidence?kind=policy-exported").await.with(200);
        list["rows"].as_array().unwrap().len()
    };
    let ask = async |request: Request| answer(&site, &kansa, request).await;
    for path in TAKEN {
        let (status, headers) = ask(Request::head(*path).body(Body::empty()).unwrap()).await;
        assert_eq!(status, 405, "{path}");
        assert_eq!(headers["allow"], "GET", "{path}");
    }
    assert_eq!(entries().await, 0);
    // The same addresses answer whoever asks for the thing itself.
    for (path, made) in [("/policy/export/catalog.json", 1), ("/api/v1/policy/oscal/catalog", 2)] {
        assert_eq!(ask(Request::get(path).body(Body::empty()).unwrap()).await.0, 200, "{path}");
        assert_eq!(entries().await, made, "{path}");
    }
    // A page is no taking: its headers may be had.
    assert_eq!(ask(Request::head("/policy/text").body(Body::empty()).unwrap()).await.0, 200);
}
