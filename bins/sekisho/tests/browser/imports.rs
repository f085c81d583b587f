//! 方針の取込み: a text comes in at a listener and is reviewed by hand and by keyboard.

use crate::{
    ground::{Ground, Look, environment},
    looks::judge,
};

const TEXT: &str = "雪見町情報セキュリティ対策基準

第1章 総則

(目的)
第1条 この基準は、情報セキュリティに関し必要な事項を定めるものとする。

第2章 職員の義務

(持出し)
第2条 職員は、情報資産を庁外に持ち出してはならない。
2 職員は、端末を持ち出すときは、速やかに情報セキュリティ管理者の許可を得なければならない。

(記録)
第3条 情報システム管理者は、記録を定期的に確認しなければならない。
";

#[tokio::test]
async fn a_text_is_reviewed_to_its_end() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    let axe = environment("SEKISHO_AXE").map(|path| std::fs::read_to_string(path).unwrap());
    let mut found = Vec::new();
    let file = ground.samples.join("対策基準.txt");
    std::fs::write(&file, TEXT).unwrap();
    ground.enter("lgwan", "tomari").await;
    ground.enrol_second_factor("lgwan").await;
    ground.go("lgwan", "/imports").await;
    ground.write("#f-layer", "yukimi").await;
    ground.attach("#f-file", &[file]).await;
    ground.press("取り込む").await;
    ground.wait_for(".review").await;
    let page = ground.text("main").await;
    let chars = TEXT.chars().count();
    assert!(page.contains(&format!("本文 {chars} 文字のうち {chars} 文字を割り当て済み")), "{page}");
    assert!(page.contains("取り込みました"), "{page}");
    ground.picture("import").await;
    if let Some(axe) = &axe {
        for details in [false, true] {
            let script = format!("document.querySelectorAll('details').forEach(d => d.open = {details})");
            ground.ask(&script).await;
            judge(&ground, axe, "tomari", &mut found).await;
        }
    }
    // The keyboard alone: the first button is reached by its key and confirms, again and again, to the end.
    let all = ground.text(".review__far p").await;
    let all: usize = all.split(['/', '件']).nth(1).unwrap().trim().parse().unwrap();
    for done in 1..=all {
        ground.find("button[value='confirm-next']").await.send_keys("\u{e007}").await.unwrap();
        ground.until(&format!("{done} / {all} 件を確認しました")).await;
    }
    ground.until("未確認の遵守事項はありません").await;
    ground.press("元に戻す").await;
    ground.until("直前の操作を元に戻しました").await;
    ground.press("次の未確認へ").await;
    ground.wait_for("button[value='confirm-next']").await;
    ground.click("button[value='confirm-next']").await;
    ground.until("未確認の遵守事項はありません").await;
    ground.press("書出しと残りの確認").await;
    ground.until("残っていること").await;
    ground.press("全体を確認済みにする").await;
    ground.until("全体を確認しました").await;
    ground.picture("import-out").await;
    if let Some(axe) = &axe {
        ground.ask("document.querySelectorAll('details').forEach(d => d.open = true)").await;
        judge(&ground, axe, "tomari", &mut found).await;
    }
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}
