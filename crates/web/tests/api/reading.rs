//! Reading the policy, for programs and for people.

use axum::{Router, body::Body, extract::Request, http::StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;
use web::{ZoneSetting, live::Streams};
use workflow::id::ZoneId;

use crate::city::{City, Way, stranger};

fn site(city: &City) -> Router {
    let setting = ZoneSetting { zone: ZoneId::new("lgwan"), tls: false, request_bytes_max: 1 << 20 };
    web::router(city.app.clone(), setting, Streams::default())
}

/// A page of the LGWAN zone's listener: status, media type, text.
async fn page(site: &Router, way: &Way, path: &str) -> (StatusCode, String, String) {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    if let Some((name, value)) = &way.header {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let response = site.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let media = response.headers().get("content-type").map_or("", |v| v.to_str().unwrap()).to_owned();
    let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await.unwrap();
    (status, media, String::from_utf8(bytes.to_vec()).unwrap())
}

/// The ids of all duties of an answer.
fn ids(duties: &Value) -> Vec<&str> {
    let groups = duties["groups"].as_array().unwrap().iter();
    groups.flat_map(|g| g["duties"].as_array().unwrap()).map(|d| d["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn everybody_is_told_what_is_asked_of_him() {
    let city = City::open().await;
    let pack = city.app.pack();
    let hanako = city.log_in("hanako", "lgwan").await;
    let duties = city.get(&hanako, "/duties").await.with(200);
    assert_eq!(duties["roles"][0]["id"], "staff");
    let of_staff = pack.statements().iter().filter(|s| s.roles.iter().any(|r| r == "staff"));
    let mut wanted: Vec<&str> = of_staff.map(|s| s.id.as_str()).collect();
    let mut told = ids(&duties);
    wanted.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, wanted);
    // A head of section has the duties of staff and those of his role, and a part in those of others.
    let kacho = city.log_in("kacho", "lgwan").await;
    let duties = city.get(&kacho, "/duties").await.with(200);
    let roles: Vec<&str> =
        duties["roles"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(roles, ["security-manager", "staff"]);
    assert!(ids(&duties).len() > told.len());
    let parts = duties["parts"].as_array().unwrap();
    assert!(parts.iter().any(|p| p["id"] == "base/password-leak" && p["act"] == "report"), "{parts:?}");
    // Whoever may read the policy may read what it asks of others.
    let of_auditor = city.get(&hanako, "/roles/auditor/duties").await.with(200);
    assert_eq!(of_auditor["roles"][0]["id"], "auditor");
    assert_eq!(city.get(&hanako, "/roles/nobody/duties").await.refusal(), (404, "not-found".into()));
    let body = city.get(&hanako, "/duties/body").await.with(200);
    assert!(body["roles"].as_array().unwrap().is_empty() && ids(&body).contains(&"hoshimi/links-removed"));
    let roles = city.get(&hanako, "/roles").await.with(200);
    let roles = roles["roles"].as_array().unwrap();
    assert_eq!(roles.len(), pack.roles().len() + 1);
    let staff = roles.iter().find(|r| r["id"] == "staff").unwrap();
    let counted: u64 =
        ["always", "recurring", "triggered", "known"].iter().map(|k| staff[k].as_u64().unwrap()).sum();
    assert_eq!(counted, told.len() as u64);
}

#[tokio::test]
async fn programs_search_and_walk_the_tree() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let found = city.get(&hanako, "/search?q=%E3%82%B5%E3%83%BC%E3%83%90%E3%83%BC").await.with(200);
    assert!(found["total"].as_u64().unwrap() > 0, "サーバー is found where サーバ stands");
    let sought = serde_json::json!({ "text": "サーバ", "found": true });
    let in_heading = |hit: &Value| hit["heading"].as_array().unwrap().contains(&sought);
    let marked = found["hits"].as_array().unwrap().iter().any(in_heading);
    assert!(marked, "{found}");
    let one = city.get(&hanako, "/search?q=%E6%83%85%E5%A0%B1&kind=term&limit=1").await.with(200);
    assert_eq!((one["hits"].as_array().unwrap().len(), &one["hits"][0]["kind"]), (1, &"term".into()));
    let none = city.get(&hanako, "/search?q=%E6%A9%9F%E8%9C%9C%E6%80%A7").await.with(200);
    assert_eq!((&none["total"], &none["suggestions"][0]), (&0.into(), &"機密性".into()));
    for (query, code) in [
        ("", "malformed"),
        ("?q=x&kind=person", "malformed"),
        ("?q=x&limit=many", "malformed"),
        ("?q=x&color=red", "malformed"),
    ] {
        assert_eq!(city.get(&hanako, &format!("/search{query}")).await.refusal().1, code, "{query}");
    }
    let all = city.get(&hanako, "/search?q=%E6%83%85&limit=99999").await.with(200);
    assert!(all["hits"].as_array().unwrap().len() <= 200);
    let clauses = city.get(&hanako, "/clauses").await.with(200);
    assert_eq!(clauses["clauses"].as_array().unwrap().len(), city.app.pack().clauses().len());
    let node = city.get(&hanako, "/clauses/base/5").await.with(200);
    assert_eq!(node["clause"]["document"], "model-standard");
    let statements = node["statements"].as_array().unwrap();
    assert_eq!(statements.len(), city.app.pack().statements_of("base/5").count());
    assert_eq!(city.get(&hanako, "/clauses/base/999").await.refusal().0, 404);
}

#[tokio::test]
async fn people_read_search_and_print() {
    let city = City::open().await;
    let site = site(&city);
    let hanako = city.log_in("hanako", "lgwan").await;
    let pack = city.app.pack();
    let (status, _, duties) = page(&site, &hanako, "/policy/duties").await;
    assert_eq!(status, 200);
    assert!(duties.contains("いつも守ること") && duties.contains("href=\"/clauses/base/own-id-only\""));
    assert!(duties.contains("行う画面: ") && duties.contains("href=\"/transfers/new\">ファイルを送る</a>"));
    assert!(!duties.contains("href=\"/people\">職員</a>、"), "a page that is not in the menu is not offered");
    // A page may be offered to those only who have it in their menu.
    let (_, _, of_manager) = page(&site, &hanako, "/policy/roles/system-manager").await;
    assert!(!of_manager.contains("href=\"/people\">職員</a>"), "{of_manager}");
    let kansa = city.log_in_strongly("kansa", "lgwan").await;
    let (_, _, of_manager) = page(&site, &kansa, "/policy/roles/system-manager").await;
    assert!(of_manager.contains("href=\"/people\">職員</a>"));
    let (_, _, roles) = page(&site, &hanako, "/policy/roles").await;
    assert!(roles.contains("href=\"/policy/body\">団体全体</a>") && roles.contains("あなた</span>"));
    assert!(page(&site, &hanako, "/policy/body").await.2.contains("団体に求めていること"));
    assert_eq!(page(&site, &hanako, "/policy/roles/nobody").await.0, 404);

    let (_, _, html) = page(&site, &hanako, "/policy/search?q=%EF%BD%BB%EF%BD%B0%EF%BE%8A%EF%BE%9E").await;
    assert!(html.contains("<mark>サーバ</mark>") && html.contains("value=\"ｻｰﾊﾞ\""), "{html}");
    let (_, _, html) = page(&site, &hanako, "/policy/search?q=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(!html.contains("<script>alert") && html.contains("見つかりません"));
    let (_, _, html) = page(&site, &hanako, "/policy/search").await;
    assert!(html.contains("<h1>方針の中を探す</h1>") && !html.contains("見つかりません"));
    // The box stands on every page of the policy, and lists of clauses search in the same way.
    for path in [
        "/policy/duties",
        "/clauses",
        "/clauses/base/own-id-only",
        "/coverage",
        "/policy/text",
        "/policy/clauses/base/5",
    ] {
        let (status, _, html) = page(&site, &hanako, path).await;
        assert_eq!((status.as_u16(), html.matches("action=\"/policy/search\"").count()), (200, 1), "{path}");
    }
    let rows = |html: &str| html.matches("data-label=\"拘束\"").count();
    let (_, _, clauses) = page(&site, &hanako, "/clauses?q=%E3%82%B5%E3%83%BC%E3%83%90%E3%83%BC").await;
    assert!(rows(&clauses) > 0 && rows(&clauses) < pack.statements().len());

    let (_, _, node) = page(&site, &hanako, "/policy/clauses/base/5").await;
    assert!(node.contains("<h1>5 利用者と権限</h1>") && node.contains("星見市情報セキュリティ対策基準"));
    assert_eq!(page(&site, &hanako, "/policy/clauses/base/999").await.0, 404);
    let (_, _, clause) = page(&site, &hanako, "/clauses/base/password-leak").await;
    for wanted in ["href=\"/policy/clauses/base/5\"", "定める者", "市長", "報告を受ける", "令和8年4月1日"]
    {
        assert!(clause.contains(wanted), "{wanted}\n{clause}");
    }
    let (_, _, text) = page(&site, &hanako, "/policy/text").await;
    assert_eq!(text.matches("class=\"lines__label\"").count(), pack.statements().len());
    for term in pack.terms() {
        assert!(text.contains(&format!("id=\"t-{}\"", term.id)), "{}", term.id);
    }
    // Every link within the text leads somewhere.
    for target in text.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(target == "main" || text.contains(&format!("id=\"{target}\"")), "#{target}");
    }
    let (status, media, css) = page(&site, &hanako, "/policy/print.css").await;
    assert_eq!((status.as_u16(), media.as_str()), (200, "text/css; charset=utf-8"));
    assert!(
        css.contains("星見市情報セキュリティポリシー")
            && css.contains("令和8年度第1版")
            && css.contains("counter(pages)")
    );
    for path in [
        "/policy/duties",
        "/policy/roles",
        "/policy/search?q=x",
        "/policy/text",
        "/policy/clauses/base/5",
        "/policy/print.css",
        "/policy/body",
    ] {
        assert!(
            page(&site, &stranger("lgwan"), path).await.0.is_redirection(),
            "{path}: strangers are sent to log in"
        );
    }
}
