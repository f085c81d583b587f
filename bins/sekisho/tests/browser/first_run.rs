//! The screen of `sekisho setup`, from the code to the last page.

use std::path::Path;

use fantoccini::Locator;

use crate::{
    ground::{Ground, Look, Program, code_of, environment},
    looks::judge,
};

const ROSTER: &str = "ログインID,氏名,ふりがな,部,課,職
suzuki,鈴木 望,すずき のぞみ,総務部,情報課,情報システム主管課長
sato,佐藤 葵,さとう あおい,総務部,情報課,課員";

#[tokio::test]
async fn a_body_is_founded_in_the_browser() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    let axe = environment("SEKISHO_AXE").map(|path| std::fs::read_to_string(path).unwrap());
    let mut found = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let house = folder.path().join("yukimi");
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let arguments = [
        "setup",
        "--screen",
        "--port",
        "0",
        "--folder",
        house.to_str().unwrap(),
        "--policies",
        policies.to_str().unwrap(),
    ];
    let mut program = Program::start(&arguments);
    let said = program.line(60, "合言葉");
    let url = program.said().iter().find_map(|l| l.split("http://").nth(1)).unwrap().to_owned();
    let url = format!("http://{}", url.trim());
    let code = said.rsplit(' ').next().unwrap();
    let client = &ground.client;
    let look = async |found: &mut Vec<String>| {
        if let Some(axe) = &axe {
            judge(&ground, axe, "setup", found).await;
        }
    };

    client.goto(&url).await.unwrap();
    ground.write("#f-code", "wrong-code").await;
    ground.press("始める").await;
    ground.until("合言葉が違います").await;
    look(&mut found).await;
    ground.write("#f-code", code).await;
    ground.press("始める").await;
    ground.wait_for(".steps").await;
    look(&mut found).await;
    ground.picture("setup").await;

    ground.press("続ける").await;
    ground.wait_for("#f-id").await;
    ground.click("#p-base").await;
    ground.write("#f-id", "yukimi").await;
    look(&mut found).await;
    ground.press("答えて次へ").await;
    ground.wait_for("#f-name").await;
    // A wrong check digit is told with the right one, and what was typed stays.
    ground.write("#f-name", "雪見市").await;
    ground.write("#f-code", "992012").await;
    ground.press("答えて次へ").await;
    ground.until("最後の桁は 1").await;
    ground.write("#f-code", "992011").await;
    ground.press("答えて次へ").await;
    ground.wait_for("#f-roster").await;
    ground.write("#f-roster", &format!("{ROSTER}\nsato,別,べつ,総務部,情報課,課員")).await;
    ground.press("答えて次へ").await;
    ground.until("名簿の 4 行目").await;
    look(&mut found).await;
    ground.write("#f-roster", ROSTER).await;
    ground.press("読み取りを確かめる").await;
    ground.until("読み取れた人 2 人").await;
    ground.press("答えて次へ").await;
    ground.wait_for("#a-internet").await;
    for (n, zone) in ["internet", "lgwan", "mynumber"].iter().enumerate() {
        ground.write(&format!("#a-{zone}"), &format!("127.0.0.1:{}", 18_441 + n)).await;
    }
    look(&mut found).await;
    ground.press("答えて次へ").await;
    ground.wait_for("#f-decided").await;
    ground.write("#f-decided", "令和8年3月24日 委員会").await;
    // Every needed value is typed as it is suggested; nothing is filled in by itself.
    ground
        .ask(
            "document.querySelectorAll('form > .field .setup__value input').forEach(i => { \
             const help = document.getElementById('h-' + i.id.slice(2)).textContent; \
             const suggested = help.match(/目安は ([0-9]+)/); if (suggested) i.value = suggested[1]; })",
        )
        .await;
    look(&mut found).await;
    ground.picture("setup-parameters").await;
    ground.press("答えて次へ").await;
    ground.wait_for("#m-suzuki").await;
    ground.click("#m-suzuki").await;
    look(&mut found).await;
    ground.press("答えて次へ").await;
    ground.wait_for("#f-password").await;
    ground.until("職員: 2 人、部 1、課 1").await;
    assert!(!house.join("sekisho.toml").exists(), "nothing is written before the plan was seen");
    look(&mut found).await;
    ground.picture("setup-plan").await;

    let secret = ground.text(".secret").await;
    ground.write("#f-password", "yuki-no-asa-31").await;
    ground.write("#f-again", "yuki-no-asa-31").await;
    ground.write("#f-code", "000000").await;
    ground.press("この内容で書き込む").await;
    assert!(
        ground.text("main").await.contains("ワンタイムコードが違います"),
        "{}",
        ground.text("main").await
    );
    ground.write("#f-password", "yuki-no-asa-31").await;
    ground.write("#f-again", "yuki-no-asa-31").await;
    ground.write("#f-code", &code_of(&secret)).await;
    ground.press("この内容で書き込む").await;
    let last = ground.text("main").await;
    assert!(last.contains("準備ができました") && last.contains("sekisho serve --config"), "{last}");
    look(&mut found).await;
    assert!(house.join("sekisho.toml").exists() && house.join("data/keys/master.key").exists());
    assert!(!house.join("setup-answers.json").exists(), "what was answered is not needed any more");
    assert_eq!(program.ended(30), Some(0), "{:?}", program.said());
    let gone = client.find_all(Locator::Css("body")).await.unwrap();
    assert_eq!(gone.len(), 1);
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}
