//! Taking the files.

use app::{Error, model::PageRequest, transfers::Tray};
use tokio::io::AsyncReadExt as _;
use worker_protocol::Preview;
use workflow::{
    route::Verdict,
    transfer::{Refusal, State},
};

use crate::city::{City, content};
use test_city::doubles::DAY;

#[tokio::test]
async fn a_recipient_takes_what_was_released() {
    let city = City::open().await;
    let id = city.inbound("c2", &["partial a", "blocked b"]).await;
    let t = city.stored(&id).await;
    let (file, blocked) = (t.files[0].id.clone(), t.files[1].id.clone());
    let taro = city.at("taro", "lgwan").await;
    assert!(matches!(city.app.download(&taro, &id, &file).await, Err(Error::NotFound)), "not released yet");
    city.decide(&city.at("kacho", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.app.home(&taro).await.unwrap().to_receive.len(), 1);

    for (login, zone, code) in [
        ("taro", "internet", "denied"),
        ("taro", "mynumber", "not-found"),
        ("hanako", "lgwan", "denied"),
        ("kacho", "lgwan", "denied"),
        ("digital", "lgwan", "denied"),
        ("kansa", "lgwan", "denied"),
        ("fukushi", "lgwan", "not-found"),
    ] {
        let actor = city.at(login, zone).await;
        let refused = city.app.download(&actor, &id, &file).await.err().unwrap();
        assert_eq!(refused.code(), code, "{login} at {zone}");
        if code == "denied" {
            assert_eq!(city.last_kind().await, "access-denied");
        }
    }
    assert!(matches!(city.app.download(&taro, &id, &blocked).await, Err(Error::NotFound)));
    assert_eq!(city.state(&id).await, State::Ready);

    let mut taken = city.app.download(&taro, &id, &file).await.unwrap();
    // Before a byte was read.
    let kinds = city.kinds(id.as_str()).await;
    assert!(kinds.ends_with(&["file-downloaded".to_owned(), "transfer-received".to_owned()]), "{kinds:?}");
    assert_eq!(taken.name, "【機密性2】0.txt");
    let mut bytes = Vec::new();
    taken.reader.read_to_end(&mut bytes).await.unwrap();
    assert_eq!(bytes, b"rebuilt: partial a");
    assert_eq!(taken.bytes, bytes.len() as u64);
    assert_eq!(city.state(&id).await, State::Received);

    drop(city.app.download(&taro, &id, &file).await.unwrap());
    let kinds = city.kinds(id.as_str()).await;
    assert_eq!(kinds.iter().filter(|k| *k == "file-downloaded").count(), 2, "every time is evidence");
    assert_eq!(kinds.iter().filter(|k| *k == "transfer-received").count(), 1);
    let page = PageRequest::default();
    let tray = city.app.transfers(&taro, Tray::Received, &[], page).await.unwrap();
    assert_eq!(tray.rows.len(), 1);
}

#[tokio::test]
async fn a_name_carries_no_mark_where_the_level_has_none() {
    let city = City::open().await;
    let id = city.inbound("c1", &["clean a"]).await;
    let file = city.stored(&id).await.files[0].id.clone();
    let taro = city.at("taro", "lgwan").await;
    assert_eq!(city.app.download(&taro, &id, &file).await.unwrap().name, "0.txt");
}

#[tokio::test]
async fn what_nobody_takes_in_time_is_gone() {
    let city = City::open().await;
    let id = city.inbound("c1", &["clean a"]).await;
    let file = city.stored(&id).await.files[0].id.clone();
    city.pass(14 * DAY + 1);
    let taro = city.at("taro", "lgwan").await;
    let late = city.app.download(&taro, &id, &file).await.err().unwrap();
    assert!(matches!(late, Error::Refused(Refusal::Overdue)), "{late}");
    assert_eq!(city.app.tidy().await.unwrap().overdue, 1);
    assert_eq!(city.state(&id).await, State::Expired);
    assert!(city.app.download(&taro, &id, &file).await.is_err());
}

#[tokio::test]
async fn two_recipients_at_once() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro"), city.id("hosa")];
    let id = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["clean a"]).await.unwrap();
    city.drain().await;
    let file = city.stored(&id).await.files[0].id.clone();
    let (taro, hosa) = (city.at("taro", "lgwan").await, city.at("hosa", "lgwan").await);
    let (a, b) = tokio::join!(city.app.download(&taro, &id, &file), city.app.download(&hosa, &id, &file));
    assert!(a.is_ok() && b.is_ok());
    assert_eq!(city.state(&id).await, State::Received);
}

#[tokio::test]
async fn a_preview_is_for_those_who_decide_or_receive() {
    let city = City::open().await;
    let id = city.inbound("c2", &["clean secret words"]).await;
    let file = city.stored(&id).await.files[0].id.clone();
    for (login, zone, sees) in [
        ("kacho", "lgwan", true),
        ("kacho", "internet", true),
        ("hanako", "internet", true),
        ("digital", "lgwan", false),
        ("kansa", "lgwan", false),
        ("taro", "lgwan", false),
    ] {
        let actor = city.at(login, zone).await;
        match city.app.preview(&actor, &id, &file).await {
            Ok(Some(Preview::Text { blocks, .. })) => {
                assert!(sees, "{login} at {zone}");
                assert!(format!("{blocks:?}").contains("secret words"));
            }
            Ok(other) => panic!("{other:?}"),
            Err(_) => assert!(!sees, "{login} at {zone}"),
        }
    }
    let kacho = city.at("kacho", "lgwan").await;
    assert!(matches!(city.app.preview_page(&kacho, &id, &file, 0).await, Err(Error::NotFound)), "no pages");
    let unknown = workflow::id::FileId::new("x");
    assert!(matches!(city.app.preview(&kacho, &id, &unknown).await, Err(Error::NotFound)));
}
