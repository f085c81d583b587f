//! The story of a course: an officer opens it, a head takes it, the rate shows it, the section's list and the evidence do too.
//!
//! Owns what people do in which order and what they must see. The people are those of the demo city.

use serde_json::Value;

use crate::ground::{Ground, Look};

/// What is right in the course of the managers, by the first words of the question.
const RIGHT: &[(&str, &[&str])] = &[
    ("部下から", &["除いたものと見本を見てから決める"]),
    ("職員が、誤送信を", &["報告に礼を言う", "広がりを止める指示を出す"]),
    ("育児休業中の", &["理由を添えて免除とし、復帰したときに受けさせる"]),
];

/// Chooses these words under the question that begins so; whether both were there.
async fn choose(ground: &Ground, question: &str, words: &str) -> Value {
    let script = format!(
        "const set = [...document.querySelectorAll('fieldset')].find(f => f.querySelector('legend').textContent.includes('{question}')); \
         const label = set && [...set.querySelectorAll('label')].find(l => l.textContent.trim() === '{words}'); \
         if (label) label.click(); return Boolean(label)"
    );
    ground.ask(&script).await
}

#[tokio::test]
async fn annual_training_from_opening_to_rate_and_evidence() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("lgwan", "tsukishima").await;
    ground.enrol_second_factor("lgwan").await;
    ground.go("lgwan", "/training/overview").await;
    ground.until("対象ごとの修了率").await;
    ground.picture("course-overview").await;
    ground.press("管理職のための情報セキュリティ研修").await;
    ground.until("開講する").await;
    ground.press("開講する").await;
    ground.wait_for(".notice--good").await;
    // A file as material: handed in, told of, and refused where it is none.
    ground.press("資料を加える").await;
    ground.until("資料のファイル: 入力してください。").await;
    ground.attach("#f-files-1", &[ground.sample("自治会一覧.csv")]).await;
    ground.press("資料を加える").await;
    ground.until("資料を加えました").await;
    ground.picture("course-year").await;
    // A list with a name that nobody has notes nobody, and says which line is wrong.
    ground.go("lgwan", "/training/courses/security-yearly").await;
    ground.write("#f-people", "ikeda\nnobody").await;
    ground.press("出席を記録する").await;
    ground.until("2行目「nobody」: この利用者IDの職員がいません。").await;

    ground.enter("lgwan", "mizuno").await;
    ground.go("lgwan", "/").await;
    ground.press("受ける: 管理職のための情報セキュリティ研修").await;
    ground.until("教材を最後まで読むと").await;
    assert!(ground.text("main").await.contains("自治会一覧.csv"));
    ground.picture("course").await;
    ground.press("教材を読む").await;
    for page in ["承認は、見て決める", "課の台帳と実施事項", "事故の報告を受けたら"]
    {
        ground.until(page).await;
        ground.picture("course-page").await;
        ground.press("読みました").await;
    }
    ground.until("理解度の確認を始める").await;
    ground.press("理解度の確認を始める").await;
    ground.wait_for("fieldset input").await;
    let source = ground.ask("return document.documentElement.outerHTML").await.to_string();
    assert!(!source.contains("承認は内容への判断です"), "no reason before the end");
    // One question without an answer: what was chosen stays.
    for (question, answers) in RIGHT.iter().take(2) {
        for words in *answers {
            assert_eq!(choose(&ground, question, words).await, true, "{question}");
        }
    }
    ground.press("採点する").await;
    ground.wait_for("[data-errors] .notice").await;
    ground.picture("course-test").await;
    for words in RIGHT[2].1 {
        assert_eq!(choose(&ground, RIGHT[2].0, words).await, true);
    }
    ground.press("採点する").await;
    ground.until("修了しました").await;
    assert!(ground.text("main").await.contains("3問のうち3問"));
    ground.picture("course-passed").await;
    ground.press("修了証").await;
    ground.until("証跡の番号").await;
    ground.picture("course-certificate").await;

    // His own section has not taken the course of the year: he sees who, and tells them.
    ground.go("lgwan", "/training/courses/security-yearly").await;
    ground.press("上下水道課").await;
    ground.until("上下水道課の受講状況").await;
    ground.press("終えていない職員に督促する").await;
    ground.until("督促しました").await;
    ground.picture("course-section").await;
    ground.enter("lgwan", "ikeda").await;
    ground.go("lgwan", "/training").await;
    ground.until("督促").await;
    ground.picture("courses").await;

    ground.enter("lgwan", "tsukishima").await;
    ground.go("lgwan", "/training/courses/managers").await;
    let rates = ground.text("main").await;
    assert!(rates.contains("上下水道課") && rates.contains("100%"), "{rates}");
    ground.go("lgwan", "/evidence?kind=course-passed").await;
    ground.until("研修の修了").await;
    assert!(ground.text("main").await.contains("水野 勉"));
}
