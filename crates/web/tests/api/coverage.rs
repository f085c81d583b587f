//! 条項の遵守状況, for programs and for people.

use axum::{Router, body::Body, extract::Request, http::StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;
use web::{ZoneSetting, live::Streams};
use workflow::id::ZoneId;

use crate::city::{City, Way, stranger};

/// The statements of an answer of which `field` is `value`.
fn of<'v>(coverage: &'v Value, field: &str, value: &str) -> Vec<&'v Value> {
    coverage["statements"].as_array().unwrap().iter().filter(|s| s[field] == value).collect()
}

fn mechanism<'v>(coverage: &'v Value, id: &str) -> &'v Value {
    let found = coverage["mechanisms"].as_array().unwrap().iter().find(|m| m["id"] == id);
    found.unwrap_or_else(|| panic!("{id} is not told"))
}

#[tokio::test]
async fn programs_read_what_keeps_each_statement() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let coverage = city.get(&hanako, "/coverage").await.with(200);
    let pack = city.app.pack();
    assert_eq!(coverage["format"], 1);
    let statements = coverage["statements"].as_array().unwrap();
    assert_eq!(statements.len(), pack.statements().len());
    for (told, written) in statements.iter().zip(pack.statements()) {
        assert_eq!(told["id"], written.id.as_str());
        assert_eq!(told["status"], written.coverage().id());
        assert_eq!(told["mechanisms"].as_array().unwrap().len(), written.mechanisms.len());
    }
    let totals = &coverage["totals"];
    let count = |name: &str| totals[name].as_u64().unwrap();
    assert_eq!(count("statements"), statements.len() as u64);
    assert_eq!(count("kept") + count("planned") + count("defined") + count("unbound"), count("statements"));
    for status in ["kept", "defined", "unbound", "partly"] {
        assert_eq!(of(&coverage, "status", status).len() as u64, count(status), "{status}");
    }
    // Somebody has logged in; nobody has taken evidence away; rules of channels leave no entries of their own.
    let login = mechanism(&coverage, "login");
    assert_eq!((&login["state"], &login["ships"]), (&"seen".into(), &true.into()));
    assert!(login["evidence_count"].as_u64().unwrap() >= 1);
    assert!(login["last_evidence"]["at"].as_str().unwrap().ends_with("+09:00"));
    assert_eq!(mechanism(&coverage, "evidence-export")["state"], "unseen");
    assert_eq!(mechanism(&coverage, "evidence-export")["last_evidence"], Value::Null);
    assert_eq!(mechanism(&coverage, "channel-rules")["state"], "silent");
    // Which entry it is, is for those who may see evidence of the whole body.
    assert_eq!(login["last_evidence"]["id"], Value::Null);
    let kansa = city.log_in_strongly("kansa", "lgwan").await;
    let coverage = city.get(&kansa, "/coverage").await.with(200);
    let id = mechanism(&coverage, "login")["last_evidence"]["id"].as_str().unwrap().to_owned();
    let entry = city.get(&kansa, &format!("/evidence/{id}")).await.with(200);
    assert!(entry.to_string().contains("\"login-succeeded\""), "{entry}");
    let required = &of(&coverage, "id", "base/login-required")[0];
    assert!(required["evidence_count"].as_u64().unwrap() >= 1);
    assert_eq!(city.get(&stranger("lgwan"), "/coverage").await.refusal().0, 401);
}

/// A page of the LGWAN zone's listener: status and text.
pub(crate) async fn page(site: &Router, way: &Way, path: &str) -> (StatusCode, String) {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    if let Some((name, value)) = &way.header {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let response = site.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn people_read_filter_and_follow() {
    let city = City::open().await;
    let setting = ZoneSetting { zone: ZoneId::new("lgwan"), tls: false, request_bytes_max: 1 << 20 };
    let site = web::router(city.app.clone(), setting, Streams::default());
    let hanako = city.log_in("hanako", "lgwan").await;
    let pack = city.app.pack();
    let rows = |html: &str| html.matches("data-label=\"状況\"").count();
    let (status, html) = page(&site, &hanako, "/coverage").await;
    assert_eq!(status, 200);
    assert!(html.contains("<h1>条項の遵守状況</h1>"));
    assert_eq!(rows(&html), pack.statements().len());
    assert!(html.contains("href=\"/clauses/base/sanitise-inbound\""));
    assert!(!html.contains("href=\"/evidence/"), "entries are for those who may see them");
    for (query, wanted) in [
        ("status=kept", pack.statements().iter().filter(|s| s.coverage().id() == "kept").count()),
        ("status=unbound", pack.statements().iter().filter(|s| s.coverage().id() == "unbound").count()),
        ("status=nothing", pack.statements().len()),
        ("capability=logs", pack.statements().iter().filter(|s| s.capability == "logs").count()),
        ("role=auditor", pack.statements().iter().filter(|s| s.roles.iter().any(|r| r == "auditor")).count()),
        ("q=base/login-required", 1),
        ("q=%3Cscript%3E&status=kept", 0),
        ("role=nobody", 0),
    ] {
        let (status, html) = page(&site, &hanako, &format!("/coverage?{query}")).await;
        assert_eq!((status.as_u16(), rows(&html)), (200, wanted), "{query}");
        assert!(!html.contains("<script>"), "{query}");
        assert_eq!(html.contains("当たる条項はありません"), wanted == 0, "{query}");
    }
    let kansa = city.log_in_strongly("kansa", "lgwan").await;
    let (_, html) = page(&site, &kansa, "/coverage").await;
    let entry = html.split("href=\"/evidence/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert_eq!(
        page(&site, &kansa, &format!("/evidence/{entry}")).await.0,
        200,
        "the link leads to the entry"
    );
    let (_, clauses) = page(&site, &hanako, "/clauses").await;
    assert!(clauses.contains("href=\"/coverage\""), "it is reached from the list of clauses");
    let (_, clause) = page(&site, &hanako, "/clauses/base/sanitise-inbound").await;
    assert!(clause.contains("href=\"/coverage\"") && clause.contains("仕組みあり"));
    let (status, _) = page(&site, &stranger("lgwan"), "/coverage").await;
    assert!(status.is_redirection(), "strangers are sent to log in");
}
