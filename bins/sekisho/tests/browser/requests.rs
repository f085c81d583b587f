//! The story of a request: a value of the policy is changed, and the house asks for the new one at once.
//!
//! Owns what people do in which order and what they must see. The people are those of the demo city.

use crate::ground::{Ground, Look};

/// Fills a field of a form by the pack's id of it.
pub(crate) async fn answer(ground: &Ground, field: &str, text: &str) {
    let place = format!("[name='answer.{field}']");
    let element = ground.find(&place).await;
    match element.tag_name().await.unwrap().as_str() {
        "select" => element.select_by_value(text).await.unwrap(),
        _ => {
            // A date field is typed differently in each locale; its value is always the same.
            let script = format!("document.querySelector(\"{place}\").value = '{text}'");
            ground.ask(&script).await;
        }
    }
}

#[tokio::test]
async fn a_value_is_changed_by_request_and_holds_at_once() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    // Somebody of the staff asks for longer passwords.
    ground.enter("lgwan", "kumoi").await;
    ground.go("lgwan", "/parameters").await;
    ground.picture("parameters").await;
    ground.go("lgwan", "/parameters/password-length").await;
    assert!(ground.text("main").await.contains("8から64まで"));
    ground.press("変更を申請").await;
    ground.wait_for("[name='answer.parameter']").await;
    assert_eq!(
        ground.find("[name='answer.parameter']").await.prop("value").await.unwrap().as_deref(),
        Some("password-length"),
        "the parameter is chosen already"
    );
    let today = ground.ask("return new Date(Date.now() + 9 * 3600000).toISOString().slice(0, 10)").await;
    let today = today.as_str().unwrap().to_owned();
    answer(&ground, "value", "7").await;
    answer(&ground, "from", &today).await;
    answer(&ground, "reason", "基準の改定").await;
    ground.press("内容を確かめる").await;
    ground.wait_for("[data-errors] .notice").await;
    let refused = ground.text("[data-errors]").await;
    assert!(refused.contains("8から64までの数にしてください"), "{refused}");
    ground.picture("request-form-errors").await;
    answer(&ground, "value", "20").await;
    ground.press("内容を確かめる").await;
    ground.wait_for("input[name='answer.value'][type='hidden']").await;
    assert!(ground.text("main").await.contains("基準の改定"));
    ground.picture("request-confirm").await;
    ground.press("申請する").await;
    ground.wait_for(".standing").await;
    let page = ground.path().await;
    assert!(ground.text(".standing").await.contains("承認待ち"));
    assert!(!ground.see("button[value='approve']").await, "nobody decides on his own request");
    ground.picture("request").await;

    // Two persons of two roles approve what they see, each with his one-time code.
    for (login, last) in [("akatsuki", false), ("hoshino", true)] {
        ground.enter("lgwan", login).await;
        ground.enrol_second_factor("lgwan").await;
        ground.go("lgwan", "/").await;
        assert!(ground.text("main").await.contains("定める値の変更"), "{login} is not asked on his home");
        ground.go("lgwan", &page).await;
        let seen = ground.text("main").await;
        for words in ["パスワードの最も短い文字数", "20", "基準の改定"] {
            assert!(seen.contains(words), "{login} does not see {words}");
        }
        assert_eq!(seen.contains("承認すると決裁となります"), last);
        ground.picture(if last { "request-decide" } else { "request-decide-first" }).await;
        ground.click("button[value='approve']").await;
    }
    assert!(ground.text(".standing").await.contains("決裁済"));

    // It holds: for the page of values, and for the next password.
    ground.enter("lgwan", "minegishi").await;
    ground.go("lgwan", "/parameters/password-length").await;
    let now = ground.text("main").await;
    assert!(now.contains("20") && now.contains("いまの値"), "{now}");
    ground.picture("parameter").await;
    ground.go("lgwan", "/account/password").await;
    assert!(ground.text("main").await.contains("20文字以上"));
    ground.write("#f-old", &ground.city.password).await;
    for field in ["#f-new", "#f-again"] {
        ground.write(field, "Kiku-no-niwa-31").await;
    }
    // The browser would not even send it; the house refuses it all the same.
    ground.ask("document.querySelector('form[action=\"/account/password\"]').noValidate = true").await;
    ground.click("form[action='/account/password'] button").await;
    ground.wait_for("[data-errors] .notice").await;
    let refused = ground.text("main").await;
    assert!(refused.contains("短すぎます"), "{refused}");
}

#[tokio::test]
async fn what_is_taken_out_is_sent_back_permitted_and_returned() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("lgwan", "kaede").await;
    ground.go("lgwan", "/requests").await;
    ground.press("申請する").await;
    ground.picture("request-forms").await;
    ground.click("a[href='/requests/new/provision']").await;
    ground.wait_for("[name='answer.what']").await;
    let today = ground.ask("return new Date(Date.now() + 9 * 3600000).toISOString().slice(0, 10)").await;
    let today = today.as_str().unwrap().to_owned();
    for (field, text) in [
        ("what", "統計の原票"),
        ("recipient", "星見県 統計課"),
        ("protection", "封をして手渡す"),
        ("from", today.as_str()),
        ("until", today.as_str()),
        ("purpose", "県の調査"),
    ] {
        answer(&ground, field, text).await;
    }
    ground.press("内容を確かめる").await;
    ground.wait_for("#f-attachments").await;
    ground.attach("#f-attachments", &[ground.sample("会議メモ.txt")]).await;
    ground.press("申請する").await;
    ground.wait_for(".standing").await;
    let page = ground.path().await;

    ground.enter("lgwan", "wakaba").await;
    ground.go("lgwan", &page).await;
    assert!(ground.text("main").await.contains("会議メモ.txt"));
    ground.click("button[value='return']").await;
    ground.wait_for("[data-errors] .notice").await;
    ground.write("#f-comment", "枚数を書いてください。").await;
    ground.click("button[value='return']").await;

    ground.enter("lgwan", "kaede").await;
    ground.go("lgwan", &page).await;
    ground.press("直して再提出する").await;
    ground.wait_for("[name='answer.what']").await;
    assert!(ground.text("main").await.contains("枚数を書いてください。"));
    answer(&ground, "what", "統計の原票 12枚").await;
    ground.press("内容を確かめる").await;
    ground.wait_for("#f-attachments").await;
    ground.press("再提出する").await;
    ground.wait_for(".standing").await;

    ground.enter("lgwan", "wakaba").await;
    ground.go("lgwan", &page).await;
    assert!(ground.text("main").await.contains("統計の原票 12枚"));
    ground.click("button[value='approve']").await;
    let permitted = ground.text("main").await;
    assert!(permitted.contains("決裁済") && permitted.contains("有効"), "{permitted}");
    // Lists say what each is about, on the page and where they are taken out.
    ground.go("lgwan", "/requests?tray=units").await;
    assert!(ground.text("main").await.contains("統計の原票 12枚、星見県 統計課"));
    let taken = async |path: &str| {
        let ask = format!(
            "const ask = new XMLHttpRequest(); ask.open('GET', '{path}', false); ask.send(); \
             return ask.status + ' ' + ask.responseText"
        );
        ground.ask(&ask).await.as_str().unwrap().to_owned()
    };
    let list = taken("/requests?tray=units&format=csv").await;
    assert!(list.starts_with("200 ") && list.contains("統計の原票 12枚、星見県 統計課"), "{list}");
    assert!(taken("/tasks?tray=mine&format=csv").await.contains("実施事項,対象,回,だれの,状態,期限"));
    assert!(taken("/tasks?tray=mine&format=xlsx").await.starts_with("200 PK"));
    let refused = taken("/people?format=csv").await;
    assert!(refused.starts_with("403 ") && !refused.contains("ログインID"), "{refused}");
    ground.enter("lgwan", "akatsuki").await;
    assert!(taken("/people?q=&format=csv").await.contains("ログインID,氏名,ふりがな,所属"));
    // What was handed in here is not there elsewhere.
    ground.enter("internet", "wakaba").await;
    ground.go("internet", &page).await;
    assert!(!ground.text("main").await.contains("統計の原票"));
}
