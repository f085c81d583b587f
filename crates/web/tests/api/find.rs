//! Finding by words, for programs and for people.

use std::sync::Arc;

use axum::{Router, body::Body, extract::Request};
use tower::ServiceExt as _;
use web::{ZoneSetting, live::Streams};
use workflow::id::ZoneId;

use crate::city::{City, Way, stranger};

fn site(city: &City, zone: &str) -> Router {
    let setting = ZoneSetting { zone: ZoneId::new(zone), tls: false, request_bytes_max: 1 << 20 };
    web::router(city.app.clone(), setting, Streams::default())
}

async fn page(site: &Router, way: &Way, path: &str) -> (u16, String) {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    if let Some((name, value)) = &way.header {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let response = site.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_may_see_is_found() {
    let city = City::open().await;
    let folder = tempfile::tempdir().unwrap();
    city.app.use_words(Arc::new(search::NodeIndex::open(&folder.path().join("words")).unwrap()));
    while city.app.index_changes().await.unwrap() {}
    let hanako = city.log_in("hanako", "lgwan").await;
    let digital = city.log_in_strongly("digital", "lgwan").await;

    // A person, for those to whom the list of people is open.
    let found = city.get(&digital, "/find?q=TARO&kind=person").await.with(200);
    assert_eq!((found["index"].as_str(), found["words"][0].as_str()), (Some("ready"), Some("TARO")));
    let item = &found["groups"][0]["items"][0];
    assert_eq!((item["id"].as_str().unwrap(), item["state"].as_str()), (city.id("taro").as_str(), None));
    assert_eq!(item["title"][0], serde_json::json!({ "text": "taro", "found": true }));
    assert!(
        city.get(&hanako, "/find?q=TARO&kind=person").await.with(200)["groups"]
            .as_array()
            .unwrap()
            .is_empty()
    );

    // Forms and duties need no index.
    let found = city.get(&hanako, "/find?q=%E6%8C%81%E5%87%BA%E3%81%97").await.with(200);
    let kinds: Vec<&str> =
        found["groups"].as_array().unwrap().iter().map(|g| g["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"form"), "{kinds:?}");
    for bad in ["?q=x&kind=nothing", "?q=x&whose=all", "?q=x&after=3", "?q=x&limit=x", "", "?q=x&more=1"] {
        let answer = city.get(&hanako, &format!("/find{bad}")).await;
        assert!(answer.status.is_client_error(), "{bad}: {answer:?}");
    }

    let lgwan = site(&city, "lgwan");
    let (status, html) = page(&lgwan, &digital, "/find?q=taro").await;
    assert_eq!(status, 200);
    assert!(html.contains("<mark>taro</mark>") && html.contains("href=\"/people/"), "{html}");
    assert!(html.contains("name=\"q\" value=\"taro\""));
    let (status, html) =
        page(&lgwan, &hanako, "/find?q=%3Cscript%3Ealert(1)%3C/script%3E&year=x&kind=x&after=z").await;
    assert_eq!(status, 200);
    assert!(!html.contains("<script>alert") && html.contains("は見つかりません"));
    let (status, html) = page(&lgwan, &hanako, "/find").await;
    assert!(status == 200 && !html.contains("見つかりません"), "{html}");
    // The box stands on the head of every page, and not where nobody is known.
    let (_, html) = page(&lgwan, &hanako, "/").await;
    assert_eq!(html.matches("id=\"site-find\"").count(), 1);
    let (_, html) = page(&lgwan, &stranger("lgwan"), "/login").await;
    assert_eq!(html.matches("id=\"site-find\"").count(), 0);
    assert_eq!(page(&lgwan, &stranger("lgwan"), "/find?q=x").await.0 / 100, 3);
}

#[tokio::test]
async fn a_server_without_index_says_so() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let found = city.get(&hanako, "/find?q=x").await.with(200);
    assert_eq!(found["index"], "none");
    let (status, html) = page(&site(&city, "lgwan"), &hanako, "/find?q=x").await;
    assert!(status == 200 && html.contains("ことばの索引を使えません"));
}
