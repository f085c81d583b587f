//! The story of the 1 April change: a table is refused by its rows, read, shown line by line, approved by another person, and on its
//! day everybody stands where it says; what was in hand goes where it was said, and the newcomer comes in.
//!
//! Owns what people do in which order and what they must see. The people are those of a demo city of its own: who left would be
//! missing in the other stories. The day of the plan is today, so that it has come once it is approved.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    ground::{City, Ground, Look, environment, policies, sekisho},
    looks::judge,
    requests::answer,
};

/// The number of the one who joins: the first in the order of lines.
const NEWCOMER: &str = "20270401";
const NEWCOMER_NAME: &str = "初雪 望";
const OWN_PASSWORD: &str = "yuki-no-asa-kaze-2027";
const HEADING: &str = "職員番号,氏名,ふりがな,所属,職,区分,異動日";

/// The page that is open keeps nobody out.
async fn look(ground: &Ground, name: &str) {
    ground.picture(name).await;
    let Some(axe) = environment("SEKISHO_AXE") else { return };
    let mut found = Vec::new();
    judge(ground, &std::fs::read_to_string(axe).unwrap(), name, &mut found).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A day from today, as the city counts days.
async fn day(ground: &Ground, from_today: i64) -> String {
    let script =
        format!("return new Date(Date.now() + (9 + 24 * {from_today}) * 3600000).toISOString().slice(0, 10)");
    ground.ask(&script).await.as_str().unwrap().to_owned()
}

/// Fills the answers of a form of today and hands it in; its page.
async fn hand_in(ground: &Ground, form: &str, answers: &[(&str, &str)], picks: Option<&str>) -> String {
    ground.go("lgwan", &format!("/requests/new/{form}")).await;
    ground.wait_for("[name^='answer.']").await;
    for (field, text) in answers {
        answer(ground, field, text).await;
    }
    if let Some(field) = picks {
        ground.click(&format!("button[name='find'][value='{field}']")).await;
        ground.wait_for(&format!("#found-{field} input")).await;
        ground.click(&format!("#found-{field} input")).await;
    }
    ground.press("内容を確かめる").await;
    ground.wait_for("input[name^='answer.'][type='hidden']").await;
    ground.press("申請する").await;
    ground.wait_for(".standing").await;
    ground.path().await
}

/// Types a name and a password at the door, whoever was there before.
async fn knock(ground: &Ground, login: &str, password: &str) {
    ground.go("lgwan", "/logout").await;
    if ground.see("form[action='/logout'] button").await {
        ground.click("form[action='/logout'] button").await;
    }
    ground.go("lgwan", "/login").await;
    ground.write("#f-login", login).await;
    ground.write("#f-password", password).await;
    ground.click("form[action='/login'] button").await;
}

/// Approves what is open, with a one-time code where the person has none yet.
async fn approve(ground: &Ground, login: &str, page: &str) {
    ground.enter("lgwan", login).await;
    let known = ground.city.factors.lock().unwrap().contains_key(ground.city.name(login));
    if !known {
        ground.enrol_second_factor("lgwan").await;
    }
    ground.go("lgwan", page).await;
    ground.click("button[value='approve']").await;
    ground.until("判断は証跡に残りました").await;
    ground.wait_for(".standing").await;
}

/// Hands a table in; the page that comes of it is open afterwards.
async fn upload(ground: &Ground, name: &str, lines: &[String], day: &str) {
    let file = ground.samples.join(name);
    let rows: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    // As a program of tables writes it.
    std::fs::write(&file, format!("\u{feff}{HEADING}\r\n{rows}")).unwrap();
    ground.go("lgwan", "/personnel/new").await;
    ground.write("#f-day", day).await;
    ground.attach("#f-file", &[file]).await;
    ground.press("読み取って確かめる").await;
}

/// What the page says of each person of the plan.
async fn lines(ground: &Ground) -> Vec<String> {
    let script = "document.querySelectorAll('main details').forEach(d => d.open = true); \
                  return [...document.querySelectorAll('.change')].map(c => c.innerText)";
    serde_json::from_value(ground.ask(script).await).unwrap()
}

/// What the command line says of a plan, or of a table, with its exit code.
fn people(ground: &Ground, arguments: &[&str]) -> (Option<i32>, Value) {
    let (data, packs) = (ground.city.data(), policies());
    let place = ["--data", data.to_str().unwrap(), "--policies", packs.to_str().unwrap(), "--json"];
    let done = sekisho(&[&["people"], arguments, &place].concat());
    let told = String::from_utf8_lossy(&done.stdout);
    let told = serde_json::from_str(&told)
        .unwrap_or_else(|error| panic!("{error}: {told}\n{}", String::from_utf8_lossy(&done.stderr)));
    (done.status.code(), told)
}

fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "「{word}」 is not in:\n{text}");
    }
}

#[tokio::test]
async fn the_change_of_the_first_of_april_from_the_table_to_the_newcomer_s_first_day() {
    let city = || Arc::new(City::found(&policies()));
    let Some(ground) = Ground::open_in(Look::default(), city).await else { return };
    let name = |login: &str| ground.city.name(login).to_owned();
    let (today, yesterday, later) = (day(&ground, 0).await, day(&ground, -1).await, day(&ground, 5).await);

    // Who is to leave has a machine out, an open request, and the course of the year before him.
    ground.enter("lgwan", "momiji").await;
    ground.go("lgwan", "/").await;
    ground.until("情報セキュリティ研修(全職員)").await;
    let taken_out = [
        ("what", "ノートPC"),
        ("kind", "端末"),
        ("device", "ノートPC"),
        ("quantity", "1"),
        ("place", "駅前の出張窓口"),
        ("carrier", "momiji"),
        ("from", today.as_str()),
        ("until", later.as_str()),
        ("purpose", "出張窓口"),
    ];
    let out = hand_in(&ground, "take-out", &taken_out, Some("device")).await;
    let provided = [
        ("what", "統計の原票"),
        ("recipient", "星見県 統計課"),
        ("protection", "封をして手渡す"),
        ("from", today.as_str()),
        ("until", later.as_str()),
        ("purpose", "県の調査"),
    ];
    let open = hand_in(&ground, "provision", &provided, None).await;
    for login in ["wakaba", "akatsuki"] {
        approve(&ground, login, &out).await;
    }
    says(&ground.text(".standing").await, &["決裁済"]);

    // A table with slips is refused by its rows, and nothing of it is kept.
    ground.enter("lgwan", "isono").await;
    ground.enrol_second_factor("lgwan").await;
    ground.go("lgwan", "/personnel").await;
    let plans = "return document.querySelectorAll('main tbody tr').length";
    let before = ground.ask(plans).await;
    let slips = [
        format!("yanagi,{},,宇宙課,係長,異動,{today}", name("yanagi")),
        format!("momiji,{},,,,退職,{yesterday}", name("momiji")),
        "99999,,,,,退職,".to_owned(),
        format!("sakura,{},,市民課,係長,昇任,", name("yanagi")),
    ];
    upload(&ground, "人事異動(下書き).csv", &slips, &today).await;
    ground.until("直すところが").await;
    let script = "return [...document.querySelectorAll('main tbody tr')].map(r => r.innerText)";
    let told: Vec<String> = serde_json::from_value(ground.ask(script).await).unwrap();
    assert_eq!(told.len(), 3, "{told:?}");
    for (row, (number, words)) in told.iter().zip([
        ("2", "この課は組織にありません"),
        ("4", "この番号の人はいません"),
        ("5", "この番号の人は「桜木 花」です"),
    ]) {
        assert!(row.starts_with(number) && row.contains(words), "{number} {words}: {row}");
    }
    look(&ground, "roster-problems").await;
    // The command line says the same of it, row by row.
    let file = ground.samples.join("人事異動(下書き).csv").display().to_string();
    let (code, told) = people(&ground, &["plan", &file, "--date", &today]);
    let rows: Vec<i64> =
        told["problems"].as_array().unwrap().iter().map(|p| p["line"].as_i64().unwrap()).collect();
    assert_eq!((code, rows), (Some(3), vec![2, 4, 5]), "{told}");
    ground.go("lgwan", "/personnel").await;
    assert_eq!(ground.ask(plans).await, before, "nothing was kept");

    // The right one is shown line by line, with what follows.
    let table = [
        format!("momiji,{},,,,退職,{yesterday}", name("momiji")),
        format!("yanagi,{},,福祉課,係長,異動,{today}", name("yanagi")),
        format!("{NEWCOMER},{NEWCOMER_NAME},はつゆき のぞみ,市民課,課員,新規採用,{today}"),
    ];
    upload(&ground, "人事異動.csv", &table, &today).await;
    ground.until("一人ずつ").await;
    let plan = ground.path().await;
    let file = ground.samples.join("人事異動.csv").display().to_string();
    let (code, told) = people(&ground, &["plan", &file, "--date", &today]);
    assert_eq!((code, told["people"].as_array().unwrap().len()), (Some(0), 3), "{told}");
    assert_eq!(told["people"][0]["kind"], "join");
    says(&ground.text("main").await, &["作成中", "まだ、だれも変わっていません", "引き継ぐもの"]);
    let shown = lines(&ground).await;
    assert_eq!(shown.len(), 3, "{shown:?}");
    says(&shown[0], &[NEWCOMER_NAME, NEWCOMER, "採用", "4行目", "市民課", "市民課の課員", "使える"]);
    says(&shown[1], &["紅葉 翔", "退職", "2行目", "使えない", "手元にあるもの"]);
    says(&shown[1], &["持出しの申請", "返すもの", "取り下げます", "実施事項"]);
    says(&shown[2], &["柳 遼", "異動", "3行目", "市民課 → 福祉課", "市民課の課員 → 福祉課の係長"]);
    says(&shown[2], &["許可", "終わります"]);
    look(&ground, "roster").await;

    // Who takes what is said while it is a draft, and is part of what is approved.
    let digest = ground.text("dd.mono").await;
    let choose = "form[action$='/lines/2'] button";
    ground.write("#s-2", "いない人").await;
    ground.click(choose).await;
    ground.wait_for("[data-errors] .notice").await;
    ground.write("#s-2", &name("suzuran")).await;
    ground.find("#q-2").await.select_by_value("hand-over").await.unwrap();
    ground.click(choose).await;
    ground.wait_for(".notice--good").await;
    assert_ne!(ground.text("dd.mono").await, digest, "the digest is over who takes what, too");
    says(&lines(&ground).await[1], &["鈴蘭 奈々さんが引き継ぎます"]);
    let permit = "form[action$='/lines/3/permits']";
    ground.write(&format!("{permit} input[name='successor']"), &name("suzuran")).await;
    ground.click(&format!("{permit} button")).await;
    let chosen = lines(&ground).await;
    says(&chosen[2], &["鈴蘭 奈々さんが引き継ぎます。本人が受け取ったことを記録します"]);
    says(&chosen[1], &["終わります。返すものは、所属長が返却を確かめます"]);

    ground.press("承認を申請する").await;
    ground.wait_for("[name='answer.reason']").await;
    answer(&ground, "reason", "発令と突き合わせた。").await;
    ground.press("内容を確かめる").await;
    ground.wait_for("input[name='answer.plan'][type='hidden']").await;
    says(&ground.text("main").await, &["採用 1 人、異動 1 人、退職 1 人"]);
    ground.press("申請する").await;
    ground.wait_for(".standing").await;
    let request = ground.path().await;
    assert!(!ground.see("button[value='approve']").await, "nobody approves his own plan");
    ground.go("lgwan", &plan).await;
    says(&ground.text("main").await, &["申請中"]);
    assert!(!ground.see("#s-2").await, "what was applied for is not changed any more");

    approve(&ground, "tsukishima", &request).await;
    says(&ground.text(".standing").await, &["決裁済"]);

    // Within a minute of its day everybody stands where the table says, without anybody's doing.
    ground.enter("lgwan", "akatsuki").await;
    ground.go("lgwan", &plan).await;
    ground.reload_until_says("全員を確かめました").await;
    says(&ground.text("main").await, &["反映済", "全員を確かめました", "反映の結果"]);
    let shown = lines(&ground).await;
    for line in &shown {
        says(line, &["反映しました"]);
    }
    says(&shown[1], &["返すものが残っています"]);
    says(&shown[2], &["許可を引き継ぐ人の受取りを待っています"]);
    look(&ground, "roster-done").await;
    let id = plan.rsplit('/').next().unwrap().to_owned();
    let (code, told) = people(&ground, &["show", &id]);
    assert_eq!(
        (code, &told["stage"], &told["results"]["done"]),
        (Some(0), &"done".into(), &3.into()),
        "{told}"
    );
    assert_eq!(told["people"][1]["outcome"], "done");
    let (code, told) = people(&ground, &["list"]);
    assert_eq!((code, &told["plans"][0]["id"]), (Some(0), &id.as_str().into()), "{told}");
    ground.press("柳 遼").await;
    ground.until("登録内容").await;
    says(&ground.text("main").await, &["福祉課", "係長", "市民課", "異動"]);
    look(&ground, "person-moved").await;

    // First passwords are printed once.
    ground.go("lgwan", &plan).await;
    ground.press("初期パスワードの用紙を作る").await;
    ground.wait_for(".slip .secret").await;
    says(&ground.text(".slip").await, &["市民課", NEWCOMER_NAME, NEWCOMER]);
    let first = ground.text(".slip .secret").await;
    look(&ground, "roster-passwords").await;

    // Who left cannot come in; the newcomer can, and makes a password of his own before anything else.
    knock(&ground, "momiji", &ground.city.password).await;
    ground.wait_for(".notice--bad").await;
    says(&ground.text("main").await, &["このアカウントは停止されています"]);
    knock(&ground, NEWCOMER, &first).await;
    ground.wait_for("#f-new").await;
    says(&ground.text("main").await, &["最初に、自分だけが知っているパスワードに変えてください"]);
    ground.go("lgwan", "/requests").await;
    ground.wait_for("#f-new").await;
    ground.write("#f-old", &first).await;
    for field in ["#f-new", "#f-again"] {
        ground.write(field, OWN_PASSWORD).await;
    }
    ground.click("form[action='/account/password'] button").await;
    assert!(!ground.see("#f-new").await, "{}", ground.text("main").await);
    knock(&ground, NEWCOMER, &first).await;
    ground.wait_for(".notice--bad").await;
    knock(&ground, NEWCOMER, OWN_PASSWORD).await;
    ground.wait_for(".site__user").await;
    says(&ground.text(".site__user").await, &[NEWCOMER_NAME]);
    ground.go("lgwan", "/").await;
    look(&ground, "home-newcomer").await;

    // The request goes on in the successor's name, and is decided anew.
    ground.enter("lgwan", "suzuran").await;
    ground.go("lgwan", &open).await;
    says(&ground.text(".standing").await, &["承認待ち"]);
    says(&ground.text("main").await, &["市民課 鈴蘭 奈々"]);
    // What was permitted to who moved is offered to whoever was named: he is told, and says that he has it.
    ground.go("lgwan", "/notices").await;
    says(&ground.text("main").await, &["許可の引継ぎ・返却があります"]);
    ground.go("lgwan", "/requests").await;
    ground.go("lgwan", "/").await;
    says(&ground.text("main").await, &["引き継ぐもの"]);
    ground.go("lgwan", "/handover").await;
    says(&ground.text("main").await, &["あなたが引き継ぐもの 1件", "柳 遼さんから"]);
    look(&ground, "handover-mine").await;
    ground.press("受け取りました").await;
    ground.until("受け取ったことを記録しました").await;
    let taken = ground.path().await;
    says(&ground.text("main").await, &["鈴蘭 奈々さんが引き継いでいます", "許可の引継ぎ"]);
    look(&ground, "permit-taken-over").await;

    // The head sees who goes and comes and what is to be done, and sees to what is still to come back.
    ground.enter("lgwan", "wakaba").await;
    ground.go("lgwan", "/handover").await;
    says(
        &ground.text("main").await,
        &["出る人", "紅葉 翔", "柳 遼", "来る人", NEWCOMER_NAME, "返すものが残っています"],
    );
    look(&ground, "handover").await;
    ground.go("lgwan", "/tasks").await;
    says(
        &ground.text("main").await,
        &[
            "異動・退職に伴う返却と抹消の確認",
            "紅葉 翔さんの退職",
            "初雪 望さんの採用",
            "紅葉 翔さんからの返却",
        ],
    );
    let tasks = ground.text("main").await;
    assert!(!tasks.contains("柳 遼さんから鈴蘭 奈々さんへの引継ぎ"), "that one is settled: {tasks}");
    ground.go("lgwan", &out).await;
    says(&ground.text("main").await, &["取消", "紅葉 翔さんの異動・退職により"]);
    look(&ground, "permit-called-in").await;
    ground.press("返却を報告する").await;
    ground.until("返却済").await;
    ground.go("lgwan", "/tasks").await;
    assert!(!ground.text("main").await.contains("紅葉 翔さんからの返却"), "the task ends with the return");
    ground.go("lgwan", &taken).await;
    says(&ground.text("main").await, &["鈴蘭 奈々さんが引き継いでいます"]);
    ground.enter("lgwan", "izumi").await;
    ground.go("lgwan", "/tasks").await;
    says(&ground.text("main").await, &["異動した職員の権限と資産の確認", "柳 遼さんの異動(福祉課へ)"]);
    ground.go("lgwan", "/handover").await;
    says(&ground.text("main").await, &["来る人", "柳 遼"]);

    // The evidence tells it.
    ground.enter("lgwan", "auditor").await;
    for (kind, words) in [
        ("personnel-planned", ground.city.name("isono")),
        ("personnel-successor", ground.city.name("isono")),
        ("personnel-approved", ground.city.name("tsukishima")),
        ("personnel-applied", "人事異動の反映と確かめ"),
        ("personnel-passwords", ground.city.name("akatsuki")),
        ("user-added", "利用者の登録"),
        ("user-disabled", "利用の停止"),
        ("person-moved", "異動の反映"),
        ("request-handed-over", "申請"),
        ("permit-called-in", "許可の返却の依頼"),
        ("permit-offered", "許可の引継ぎの依頼"),
        ("permit-taken-over", ground.city.name("suzuran")),
        ("permit-returned", ground.city.name("wakaba")),
    ] {
        ground.go("lgwan", &format!("/evidence?kind={kind}")).await;
        assert!(ground.see("main tbody tr").await, "no evidence of {kind}");
        says(&ground.text("main tbody").await, &[words]);
    }
    ground.go("lgwan", "/evidence?kind=personnel-applied").await;
    ground.press("人事異動の反映と確かめ").await;
    look(&ground, "evidence-roster").await;
}
