//! The story of a notice: it is seen, opened or marked, and how notices reach a person is chosen.
//!
//! Owns what people do in which order and what they must see. The people are those of the demo city.

use crate::ground::{Ground, Look};

#[tokio::test]
async fn what_waits_is_seen_marked_and_its_way_is_chosen() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("lgwan", "wakaba").await;
    assert!(ground.see(".bell__count:not([hidden])").await, "something waits in the demo city");
    ground.go("lgwan", "/notices").await;
    assert!(ground.text("main").await.contains("承認待ち"));
    ground.picture("notices").await;
    ground.press("すべて既読にする").await;
    ground.wait_for(".notice--good").await;
    assert!(!ground.see(".bell__count:not([hidden])").await);
    assert!(ground.text("main").await.contains("承認待ち"), "what waits stays");
    ground.go("lgwan", "/notices?tray=news").await;
    ground.picture("notices-news").await;

    ground.go("lgwan", "/account/notices").await;
    ground.write("#f-address", "wakaba@elsewhere.example").await;
    ground.press("この内容にする").await;
    ground.wait_for("#e-address").await;
    ground.picture("notice-settings").await;
    ground.write("#f-address", "w.wakaba@city.hoshimi.example").await;
    ground.press("この内容にする").await;
    ground.wait_for(".notice--good").await;
    ground.go("lgwan", "/account").await;
    assert!(ground.text("main").await.contains("w.wakaba@city.hoshimi.example"));
}
