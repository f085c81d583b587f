//! 分類をさがす, for programs and for people: at most three answers, and nowhere by wrong ones.

use web::{ZoneSetting, live::Streams};
use workflow::id::ZoneId;

use crate::city::{City, stranger};
use crate::coverage::page;

#[tokio::test]
async fn programs_walk_through_the_questions() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let list = city.get(&hanako, "/classifiers").await.with(200);
    let ids: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["confidentiality", "integrity", "availability"]);
    let begin = city.get(&hanako, "/classifiers/confidentiality").await.with(200);
    assert_eq!(begin["questions_max"], 3);
    assert_eq!(begin["question"]["answers"].as_array().unwrap().len(), 3);
    let end = city.get(&hanako, "/classifiers/confidentiality?answers=3,2,2").await.with(200);
    assert_eq!(end["found"]["level"], "c2");
    assert_eq!(end["found"]["also"][1]["value"], "自治体機密性3C");
    assert_eq!(end["answered"].as_array().unwrap().len(), 3);
    assert!(end["question"].is_null());
    for (path, wanted) in [
        ("/classifiers/nothing", (404, "not-found")),
        ("/classifiers/confidentiality?answers=9", (422, "invalid")),
        ("/classifiers/confidentiality?answers=1,1", (422, "invalid")),
        ("/classifiers/confidentiality?answers=3,2,2,1", (422, "invalid")),
        ("/classifiers/confidentiality?answers=yes", (422, "invalid")),
        ("/classifiers/confidentiality?answer=1", (400, "malformed")),
    ] {
        assert_eq!(city.get(&hanako, path).await.refusal(), (wanted.0, wanted.1.to_owned()), "{path}");
    }
    assert_eq!(city.get(&stranger("lgwan"), "/classifiers").await.refusal().0, 401);
}

#[tokio::test]
async fn people_follow_links_from_the_form_to_the_level() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let setting = ZoneSetting { zone: ZoneId::new("lgwan"), tls: false, request_bytes_max: 1 << 20 };
    let site = web::router(city.app.clone(), setting, Streams::default());
    let (status, form) = page(&site, &hanako, "/transfers/new").await;
    assert_eq!(status, 200);
    assert!(form.contains("href=\"/classify/confidentiality\""));
    let (_, first) = page(&site, &hanako, "/classify/confidentiality").await;
    assert!(first.contains("href=\"/classify/confidentiality?a=3\""), "{first}");
    let (_, last) = page(&site, &hanako, "/classify/confidentiality?a=3&a=1").await;
    for wanted in ["機密性3</h2>", "自治体機密性3A", "取扱制限", "href=\"/classify/confidentiality?a=3\""]
    {
        assert!(last.contains(wanted), "{wanted}");
    }
    for wrong in [
        "/classify/nothing",
        "/classify/integrity?a=7",
        "/classify/integrity?a=x",
        "/classify/integrity?a=1&a=1",
    ] {
        assert_eq!(page(&site, &hanako, wrong).await.0, 404, "{wrong}");
    }
}
