//! Taking the policy out in OSCAL: who may, and what it leaves behind.

use app::{Error, actor::Prospect, policy_export::MODELS};
use policy::oscal::Model;

use crate::city::City;

fn written(_: workflow::Millis) -> String {
    "2026-04-01T09:00:00+09:00".to_owned()
}

#[tokio::test]
async fn the_whole_is_for_few_and_leaves_evidence() {
    let city = City::open().await;
    for login in ["kansa", "digital"] {
        let actor = city.at(login, "lgwan").await;
        assert_eq!(city.app.taking_policy(&actor), Prospect::Now, "{login}");
        for model in MODELS {
            let file = city.app.export_policy(&actor, model, false, "1.2.3", written).await.unwrap();
            assert!(file.text.contains("2026-04-01T09:00:00+09:00"));
            let row = city.evidence().await.pop().unwrap();
            assert_eq!(row.entry.kind, "policy-exported", "{login}");
            let payload: serde_json::Value = serde_json::from_slice(&row.entry.payload).unwrap();
            assert_eq!(payload["subject"]["id"], city.app.pack().id());
            assert_eq!(payload["details"]["model"], model.id());
            assert_eq!(payload["details"]["version"], city.app.pack().version());
            let documents = payload["details"]["documents"].as_array().unwrap();
            assert_eq!(documents.len(), file.internal.len());
        }
    }
    for login in ["hanako", "kacho"] {
        let actor = city.at(login, "lgwan").await;
        assert_eq!(city.app.taking_policy(&actor), Prospect::Never, "{login}");
        let refused = city.app.export_policy(&actor, Model::Catalog, false, "1", written).await;
        assert!(matches!(refused, Err(Error::Denied { action: "export-policy", .. })), "{login}");
        assert_eq!(city.last_kind().await, "access-denied", "{login}");
    }
}

#[tokio::test]
async fn what_is_public_is_for_everybody_and_leaves_none() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let before = city.evidence().await.len();
    let file = city.app.export_policy(&hanako, Model::Catalog, true, "1", written).await.unwrap();
    assert!(file.internal.is_empty());
    let profile = city.app.export_policy(&hanako, Model::Profile, true, "1", written).await.unwrap();
    assert!(
        profile.text.contains("catalogs/hoshimi-own/catalog.json"),
        "what the body adds: {}",
        profile.text
    );
    let refused = city.app.export_policy(&hanako, Model::Component, true, "1", written).await;
    assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
    let broken = city.app.export_policy(&hanako, Model::Catalog, true, "1", |_| String::new()).await;
    assert!(matches!(broken, Err(Error::Internal(_))));
    assert_eq!(city.evidence().await.len(), before);
    let digital = city.at("digital", "lgwan").await;
    let whole = city.app.export_policy(&digital, Model::Profile, false, "1", written).await.unwrap();
    assert!(whole.text.contains("catalogs/base/catalog.json"), "what it stands on: {}", whole.text);
}
