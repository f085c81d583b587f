//! The policy in OSCAL, for programs and for people: who may take what, and what is left behind.

use serde_json::Value;
use web::{ZoneSetting, live::Streams};
use workflow::id::ZoneId;

use crate::city::{City, Way, stranger};
use crate::coverage::page;

/// Entries that say that the policy was taken out.
async fn taken(city: &City, kansa: &Way) -> Vec<Value> {
    let list = city.get(kansa, "/evidence?kind=policy-exported").await.with(200);
    list["rows"].as_array().unwrap_or_else(|| panic!("{list}")).clone()
}

#[tokio::test]
async fn programs_take_the_policy_as_far_as_they_may() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let public = city.get(&hanako, "/policy/oscal/catalog?public=true").await.with(200);
    let metadata = &public["catalog"]["metadata"];
    assert_eq!(metadata["oscal-version"], "1.2.1");
    assert!(metadata["last-modified"].as_str().unwrap().ends_with("+09:00"));
    assert!(!public.to_string().contains("\"mechanism\""));
    for (path, wanted) in [
        ("/policy/oscal/catalog", (403, "denied")),
        ("/policy/oscal/component", (403, "denied")),
        ("/policy/oscal/component?public=true", (404, "not-found")),
        ("/policy/oscal/profile", (403, "denied")),
        ("/policy/oscal/nothing", (404, "not-found")),
        ("/policy/oscal/catalog?public=perhaps", (400, "malformed")),
        ("/policy/oscal/catalog?secret=1", (400, "malformed")),
    ] {
        assert_eq!(city.get(&hanako, path).await.refusal(), (wanted.0, wanted.1.to_owned()), "{path}");
    }
    assert_eq!(city.get(&stranger("lgwan"), "/policy/oscal/catalog?public=true").await.refusal().0, 401);
    let kansa = city.log_in_strongly("kansa", "lgwan").await;
    assert!(taken(&city, &kansa).await.is_empty(), "what is public leaves no entry");
    let catalog = city.get(&kansa, "/policy/oscal/catalog").await.with(200);
    let pack = city.app.pack();
    let text = catalog.to_string();
    for statement in pack.statements() {
        assert!(text.contains(&format!("\"{}\"", statement.ascii)), "{}", statement.id);
    }
    let profile = city.get(&hanako, "/policy/oscal/profile?public=true").await.with(200);
    assert!(profile["profile"]["imports"].as_array().is_some_and(|all| !all.is_empty()), "{profile}");
    let component = city.get(&kansa, "/policy/oscal/component").await.with(200);
    assert!(component["component-definition"]["components"].as_array().unwrap().len() > 10);
    let entries = taken(&city, &kansa).await;
    assert_eq!(entries.len(), 2, "{entries:?}");
    let id = entries[0]["id"].as_str().unwrap();
    let entry = city.get(&kansa, &format!("/evidence/{id}")).await.with(200).to_string();
    assert!(entry.contains("component") && entry.contains(pack.version()), "{entry}");
}

#[tokio::test]
async fn people_see_what_they_may_take() {
    let city = City::open().await;
    let setting = ZoneSetting { zone: ZoneId::new("lgwan"), tls: false, request_bytes_max: 1 << 20 };
    let site = web::router(city.app.clone(), setting, Streams::default());
    let hanako = city.log_in("hanako", "lgwan").await;
    let (status, html) = page(&site, &hanako, "/policy/export").await;
    assert_eq!(status, 200);
    assert!(html.contains("<h1>方針の書出し</h1>") && !html.contains("/policy/export/component.json"));
    let kansa = city.log_in_strongly("kansa", "lgwan").await;
    let (_, html) = page(&site, &kansa, "/policy/export").await;
    for model in ["catalog", "profile", "component"] {
        let path = format!("/policy/export/{model}.json");
        assert!(html.contains(&format!("href=\"{path}\"")), "{model}");
        let (status, text) = page(&site, &kansa, &path).await;
        assert_eq!(status, 200);
        serde_json::from_str::<Value>(&text).unwrap();
        assert_eq!(page(&site, &hanako, &path).await.0, 403, "{model}");
    }
    for path in
        ["/policy/export/catalog", "/policy/export/nothing.json", "/policy/export/component.json?public=1"]
    {
        assert_eq!(page(&site, &kansa, path).await.0, 404, "{path}");
    }
    let (_, clauses) = page(&site, &hanako, "/clauses").await;
    assert!(clauses.contains("href=\"/policy/export\""), "it is reached from the list of clauses");
    assert!(page(&site, &stranger("lgwan"), "/policy/export").await.0.is_redirection());
}
