//! The stories of registers: a machine is taken out by a request and comes back, two people change one row, a list goes out as a
//! workbook and comes back, labels; and a form that somebody added to the policy without a program.
//!
//! Owns what people do in which order and what they must see. The people are those of the demo city.

use std::{path::Path, sync::Arc};

use crate::{
    ground::{City, Ground, Look, environment, policies},
    looks::judge,
    requests::answer,
};

/// The page that is open keeps nobody out.
async fn look(ground: &Ground, name: &str) {
    ground.picture(name).await;
    let Some(axe) = environment("SEKISHO_AXE") else { return };
    let mut found = Vec::new();
    judge(ground, &std::fs::read_to_string(axe).unwrap(), name, &mut found).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Waits until a file of this kind was taken.
async fn taken(ground: &Ground, ending: &str) -> std::path::PathBuf {
    for _ in 0..300 {
        let files = std::fs::read_dir(&ground.downloads).unwrap().flatten();
        let done = |e: &std::fs::DirEntry| {
            e.file_name().to_string_lossy().ends_with(ending) && e.metadata().is_ok_and(|m| m.len() > 0)
        };
        if let Some(file) = files.into_iter().find(done) {
            return file.path();
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("nothing was taken");
}

async fn today(ground: &Ground) -> String {
    let today = ground.ask("return new Date(Date.now() + 9 * 3600000).toISOString().slice(0, 10)").await;
    today.as_str().unwrap().to_owned()
}

/// Which of these fields of a form are not out of sight.
async fn seen<'f>(ground: &Ground, fields: &[&'f str]) -> Vec<&'f str> {
    let mut seen = Vec::new();
    for field in fields {
        if ground.find(&format!("#f-{field}")).await.is_displayed().await.unwrap() {
            seen.push(*field);
        }
    }
    seen
}

#[tokio::test]
async fn a_machine_of_the_register_is_taken_out_and_comes_back() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("lgwan", "kaede").await;
    ground.go("lgwan", "/requests/new/take-out").await;
    let today = today(&ground).await;
    // Machine and medium are asked for once it is said which of them goes out.
    assert_eq!(seen(&ground, &["device", "medium", "encrypted", "place"]).await, ["place"]);
    for (field, text) in [
        ("what", "ノートPC"),
        ("kind", "端末"),
        ("device", "ノートPC"),
        ("quantity", "1"),
        ("place", "駅前の出張窓口"),
        ("carrier", "kaede"),
        ("from", today.as_str()),
        ("until", today.as_str()),
        ("purpose", "出張窓口"),
    ] {
        answer(&ground, field, text).await;
    }
    assert_eq!(seen(&ground, &["device", "medium", "encrypted", "place"]).await, ["device", "place"]);
    // Found among the rows that she sees, and picked.
    ground.click("button[name='find'][value='device']").await;
    ground.wait_for("#found-device input").await;
    look(&ground, "request-form-rows").await;
    let place = "#found-device input";
    let number = ground.find(place).await.prop("value").await.unwrap().unwrap();
    ground.click(place).await;
    ground.press("内容を確かめる").await;
    ground.wait_for("#f-attachments").await;
    assert!(ground.text("main").await.contains(&number));
    ground.press("申請する").await;
    ground.wait_for(".standing").await;
    let page = ground.path().await;
    let waiting = ground.text("main").await;
    assert!(waiting.contains("いま決裁できる人"), "{waiting}");

    for login in ["wakaba", "akatsuki"] {
        ground.enter("lgwan", login).await;
        ground.enrol_second_factor("lgwan").await;
        ground.go("lgwan", &page).await;
        ground.click("button[value='approve']").await;
    }
    assert!(ground.text(".standing").await.contains("決裁済"));
    let row = format!("/registers/equipment/{number}");
    ground.enter("lgwan", "wakaba").await;
    ground.go("lgwan", &row).await;
    let told = ground.text("main").await;
    assert!(told.contains("持出し中") && told.contains(ground.city.name("kaede")), "{told}");
    assert!(told.contains("この行についての申請") && told.contains("持出しを許可"), "{told}");
    look(&ground, "register-row-out").await;

    ground.enter("lgwan", "kaede").await;
    ground.go("lgwan", &page).await;
    ground.press("返却を報告する").await;
    assert!(ground.text("main").await.contains("返却済"));
    ground.go("lgwan", &row).await;
    let told = ground.text("main").await;
    assert!(!told.contains("持出し中") && told.contains("使用中"), "{told}");
}

#[tokio::test]
async fn two_people_change_one_row_and_the_second_sees_what_the_first_did() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("lgwan", "yanagi").await;
    ground.go("lgwan", "/registers/assets/new").await;
    ground.write("[name='v.name']", "窓口の呼出し番号").await;
    ground.find("[name='v.kind']").await.select_by_value("電子データ").await.unwrap();
    ground.write("[name='v.place']", "共有ファイルサーバ").await;
    look(&ground, "register-form").await;
    ground.press("登録する").await;
    ground.wait_for("#history-title").await;
    let row = ground.path().await;
    assert!(ground.text("main").await.contains("分類待ち"));
    look(&ground, "register-row").await;

    // Both look at the same version.
    let edit = format!("{row}/edit");
    ground.go("lgwan", &edit).await;
    let seen = ground.find("[name='seen']").await.prop("value").await.unwrap().unwrap();
    ground.write("[name='v.users']", "市民課").await;
    ground.press("登録する").await;
    ground.wait_for("#history-title").await;
    ground.enter("lgwan", "wakaba").await;
    ground.go("lgwan", &edit).await;
    ground.ask(&format!("document.querySelector(\"[name='seen']\").value = '{seen}'")).await;
    ground.write("[name='v.users']", "市民課と福祉課").await;
    ground.press("登録する").await;
    ground.wait_for("main .notice").await;
    let told = ground.text("main").await;
    assert!(told.contains(ground.city.name("yanagi")), "{told}");
    let kept = ground.find("[name='v.users']").await.prop("value").await.unwrap();
    assert_eq!(kept.as_deref(), Some("市民課と福祉課"), "what the second typed is still there");
    look(&ground, "register-conflict").await;
}

#[tokio::test]
async fn a_list_goes_out_as_a_workbook_and_comes_back_and_labels_are_printed() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("lgwan", "tomari").await;
    ground.go("lgwan", "/registers/equipment").await;
    look(&ground, "register").await;
    ground.ask("location.href = '/registers/equipment/table?format=xlsx'").await;
    let file = taken(&ground, ".xlsx").await;
    assert!(std::fs::metadata(&file).unwrap().len() > 1_000, "an empty workbook");
    ground.go("lgwan", "/registers/equipment/import").await;
    ground.attach("input[type='file']", &[file]).await;
    ground.click("main form button.button--main").await;
    ground.until("変わらない行").await;
    look(&ground, "register-plan").await;
    ground.go("lgwan", "/registers/equipment/labels").await;
    ground.wait_for("svg").await;
    look(&ground, "register-labels").await;
}

/// One file in the folder of the policy, and the form is there: no program was made.
#[tokio::test]
async fn a_form_is_added_by_writing_one_file() {
    const FORM: &str = "format = 1\n\n[[request]]\nid = \"visitor-camera\"\ntitle = \"撮影の申請\"\n\
        description = \"庁舎の中で写真を撮る。\"\ngroup = \"庁舎\"\npermit = \"none\"\n\
        statements = [\"base/area-entry-permitted\"]\n\n\
        [[request.field]]\nid = \"what\"\ntitle = \"撮るもの\"\ntype = \"text\"\nrequired = true\n\n\
        [[request.step]]\nid = \"manager\"\ntitle = \"所属長の許可\"\napprover = \"security-manager\"\n\
        scope = \"section\"\ndeadline_hours = 24\n";
    let folder = tempfile::tempdir().unwrap();
    copy(&policies(), folder.path());
    std::fs::write(folder.path().join("hoshimi/camera.toml"), FORM).unwrap();
    let city = || Arc::new(City::found(folder.path()));
    let Some(ground) = Ground::open_in(Look::default(), city).await else { return };
    ground.enter("lgwan", "kaede").await;
    ground.go("lgwan", "/requests/new").await;
    assert!(ground.text("main").await.contains("撮影の申請"));
    ground.go("lgwan", "/requests/new/visitor-camera").await;
    answer(&ground, "what", "新しい窓口").await;
    ground.press("内容を確かめる").await;
    ground.wait_for("input[name='answer.what'][type='hidden']").await;
    ground.press("申請する").await;
    ground.wait_for(".standing").await;
    let page = ground.path().await;
    ground.enter("lgwan", "wakaba").await;
    ground.enrol_second_factor("lgwan").await;
    ground.go("lgwan", &page).await;
    ground.click("button[value='approve']").await;
    assert!(ground.text(".standing").await.contains("決裁済"));
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&place).unwrap();
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}
