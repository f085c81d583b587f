//! The story of a duty: whoever is asked reports it, another person sends it back and then confirms it, and the year shows it.
//!
//! Owns what people do in which order and what they must see. The people are those of the demo city.

use crate::ground::{Ground, Look};

/// Types into a field by its name, whatever it is.
async fn fill(ground: &Ground, name: &str, text: &str) {
    let script = format!("document.querySelector(\"[name='{name}']\").value = '{text}'");
    ground.ask(&script).await;
}

#[tokio::test]
async fn a_duty_is_reported_sent_back_and_confirmed() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("lgwan", "tomari").await;
    ground.go("lgwan", "/tasks").await;
    ground.picture("tasks").await;
    ground.press("ログの点検").await;
    ground.wait_for("[name='answer.found']").await;
    ground.picture("task-open").await;
    // Nothing is filled: what is missing is told, and nothing is lost.
    ground.press("報告する").await;
    ground.wait_for("[data-errors] .notice").await;
    assert!(ground.text("[data-errors]").await.contains("気付いたこと: 入力してください。"));
    fill(&ground, "answer.found", "深夜の接続が1件").await;
    ground.press("報告する").await;
    ground.wait_for(".notice--good").await;
    assert!(ground.text("main").await.contains("確認待ち"));

    ground.enter("lgwan", "akatsuki").await;
    // Nobody confirms what he reads without a second factor.
    ground.enrol_second_factor("lgwan").await;
    ground.go("lgwan", "/").await;
    ground.press("確かめる: ログの点検").await;
    ground.wait_for("[name='seen_hash']").await;
    assert!(ground.text("main").await.contains("深夜の接続が1件"));
    fill(&ground, "comment", "時刻と相手も書いてください。").await;
    ground.press("差戻し").await;
    ground.wait_for(".notice--good").await;

    ground.enter("lgwan", "tomari").await;
    ground.go("lgwan", "/tasks").await;
    ground.press("ログの点検").await;
    ground.wait_for("[name='answer.found']").await;
    assert!(ground.text("main").await.contains("時刻と相手も書いてください。"));
    fill(&ground, "answer.found", "23時10分、保守会社からの接続").await;
    ground.press("報告する").await;
    ground.wait_for(".notice--good").await;

    ground.enter("lgwan", "akatsuki").await;
    ground.go("lgwan", "/tasks").await;
    ground.press("ログの点検").await;
    ground.wait_for("[name='seen_hash']").await;
    ground.press("確認する").await;
    ground.wait_for(".notice--good").await;
    assert!(ground.text("main").await.contains("実施済"));
    ground.picture("task-done").await;
    ground.go("lgwan", "/tasks/year").await;
    assert!(ground.text("main").await.contains("課ごとの実施率"));
    ground.picture("duty-year").await;
    ground.go("lgwan", "/tasks/duties/log-review").await;
    assert!(ground.text("main").await.contains("1/1"));
}
