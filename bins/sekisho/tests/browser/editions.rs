//! 方針の版: an edition from its proposal to the public page, by the hands of those who have a part in it.
//!
//! Owns what people do in which order and what they must see. The people are those of the demo city, whose own edition in
//! force and proposal are looked at on the way.

use std::path::{Path, PathBuf};

use crate::{
    ground::{Ground, Look, environment},
    looks::judge,
    requests::answer,
};

/// What changes: the version still says which one it came from, because other stories read it on paper meanwhile.
const CHANGES: [(&str, &str); 2] = [
    ("version = \"令和8年度第1版\"", "version = \"令和8年度第1版の改\""),
    (
        "職員は、方針とその改定を読み、定めに従って仕事をする",
        "職員は、方針とその改定を読み、定めに従って仕事をし、分からないことは所属長に尋ねる",
    ),
];
const NEW_WORDS: &str = "分からないことは所属長に尋ねる";

/// The city's own folder with the changes, as somebody edited a copy of it.
fn folder(ground: &Ground) -> Vec<PathBuf> {
    let to = ground.samples.join("方針");
    std::fs::create_dir(&to).unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/hoshimi");
    let mut changed = 0;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let mut text = std::fs::read_to_string(&path).unwrap();
        for (old, new) in CHANGES {
            changed += usize::from(text.contains(old));
            text = text.replace(old, new);
        }
        let file = to.join(path.file_name().unwrap());
        std::fs::write(&file, text).unwrap();
        files.push(file);
    }
    assert_eq!(changed, CHANGES.len(), "the folder has what is to be changed");
    files
}

#[tokio::test]
async fn an_edition_from_its_proposal_to_the_public_page() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    let axe = environment("SEKISHO_AXE").map(|path| std::fs::read_to_string(path).unwrap());
    let mut found = Vec::new();
    let look = async |who: &str, found: &mut Vec<String>| {
        if let Some(axe) = &axe {
            judge(&ground, axe, who, found).await;
        }
    };
    // A text with a slip is told what is wrong with it, and not kept.
    let files = folder(&ground);
    ground.enter("lgwan", "tomari").await;
    ground.go("lgwan", "/editions").await;
    let list = ground.text("main").await;
    assert!(list.contains("施行中") && list.contains("案"), "the city is in the middle of its life: {list}");
    look("tomari", &mut found).await;
    ground.press("新しい版を提案する").await;
    ground.wait_for("#f-files").await;
    ground.write("#f-note", "尋ねることを加える。").await;
    let slip = ground.samples.join("pack.toml");
    std::fs::write(&slip, "format = 1\n[pack]\nid = \"hoshimi\"\ntitel = \"誤り\"\n").unwrap();
    ground.attach("#f-files", &[slip]).await;
    ground.press("調べて保存する").await;
    ground.until("文の検査").await;
    look("tomari", &mut found).await;
    ground.write("#f-note", "尋ねることを加える。").await;
    ground.attach("#f-files", &files).await;
    ground.press("調べて保存する").await;
    ground.until("案として保存しました").await;
    let edition = ground.path().await;
    assert!(ground.text("main").await.contains(NEW_WORDS), "what changes is not shown");
    ground.write("#f-analysis-title", "変更の分析").await;
    ground.write("#f-analysis-text", "所属長の手間が増える。損失は小さい。").await;
    ground.press("添える").await;
    ground.until("リスク分析を添えました").await;
    look("tomari", &mut found).await;
    ground.picture("edition-draft").await;

    // It is applied for from today on, and two approve what they see.
    ground.press("改定を申請する").await;
    ground.wait_for("[name='answer.from']").await;
    let today = ground.ask("return new Date(Date.now() + 9 * 3600000).toISOString().slice(0, 10)").await;
    answer(&ground, "from", today.as_str().unwrap()).await;
    answer(&ground, "reason", "尋ねることを加える。").await;
    ground.press("内容を確かめる").await;
    ground.wait_for("input[name='answer.from'][type='hidden']").await;
    ground.press("申請する").await;
    ground.wait_for(".standing").await;
    let request = ground.path().await;
    for login in ["akatsuki", "hoshino"] {
        ground.enter("lgwan", login).await;
        ground.enrol_second_factor("lgwan").await;
        ground.go("lgwan", &request).await;
        assert!(ground.text("main").await.contains("令和8年度第1版の改"), "{login} does not see which text");
        look(login, &mut found).await;
        ground.click("button[value='approve']").await;
    }
    assert!(ground.text(".standing").await.contains("決裁済"));

    // Within a minute of its day it is in force, without anybody's doing.
    ground.enter("lgwan", "momiji").await;
    ground.go("lgwan", &edition).await;
    ground.reload_until_says("いま動いている方針です").await;
    let page = ground.text("main").await;
    assert!(!page.contains("既読の状況"), "rates are not for everybody");
    look("momiji", &mut found).await;
    ground.go("lgwan", "/policy/text").await;
    assert!(ground.text("main").await.contains(NEW_WORDS), "the house does not run it");

    // Staff read what changes for them.
    ground.go("lgwan", "/").await;
    let reading = edition.replace("/editions/", "/readings/");
    ground.click(&format!("a[href='{reading}']")).await;
    ground.wait_for("form[action^='/readings/'] button").await;
    assert!(ground.text("main").await.contains(NEW_WORDS), "what changed is not told");
    look("momiji", &mut found).await;
    ground.picture("reading").await;
    ground.click("form[action^='/readings/'] button").await;
    ground.until("既読を記録しました").await;

    // Its public part is decided by one more, and anybody may read it.
    ground.enter("lgwan", "tomari").await;
    ground.go("lgwan", &edition).await;
    ground.press("公表を申請する").await;
    ground.wait_for("[name='answer.edition']").await;
    ground.press("内容を確かめる").await;
    ground.wait_for("input[name='answer.edition'][type='hidden']").await;
    ground.press("申請する").await;
    ground.wait_for(".standing").await;
    let request = ground.path().await;
    ground.go("lgwan", "/public").await;
    assert!(!ground.text("body").await.contains(NEW_WORDS), "it is public before that was decided");
    ground.enter("lgwan", "hoshino").await;
    ground.go("lgwan", &request).await;
    ground.click("button[value='approve']").await;
    ground.go("lgwan", "/logout").await;
    ground.click("form[action='/logout'] button").await;
    ground.go("internet", "/public").await;
    let public = ground.text("body").await;
    assert!(public.contains(NEW_WORDS), "{public}");
    look("nobody", &mut found).await;
    ground.picture("public").await;
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

#[tokio::test]
async fn what_runs_stands_beside_another_body_s_policy() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    let axe = environment("SEKISHO_AXE").map(|path| std::fs::read_to_string(path).unwrap());
    let mut found = Vec::new();
    ground.enter("lgwan", "kumoi").await;
    ground.go("lgwan", "/compare").await;
    ground.find("#f-pack").await.select_by_value("asahi").await.unwrap();
    ground.press("比べる").await;
    ground.until("相手だけの遵守事項").await;
    ground.ask("document.querySelectorAll('main details').forEach(d => d.open = true)").await;
    let all = ground.text("main").await;
    assert!(all.contains("旭市") && all.contains("当方だけ") && all.contains("相手だけ"), "{all}");
    if let Some(axe) = &axe {
        judge(&ground, axe, "kumoi", &mut found).await;
    }
    ground.picture("beside").await;
    ground.find("#f-role").await.select_by_value("staff").await.unwrap();
    ground.press("比べる").await;
    ground.until("相手だけの遵守事項").await;
    ground.ask("document.querySelectorAll('main details').forEach(d => d.open = true)").await;
    let staff = ground.text("main").await;
    assert!(staff.len() < all.len(), "a role narrows it");
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}
