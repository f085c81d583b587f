//! The stories: a file through the checkpoint from the hand that sends it to the proof the auditor takes home.
//!
//! Owns what people do in which order and what they must see. The people are those of the demo city.

use std::{
    io::{Cursor, Read as _},
    path::Path,
};

use fantoccini::{
    Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    key::Key,
};

use crate::{
    ground::{DRAWING, Ground, Look, sekisho},
    person::Draft,
};

/// The most a member of an archive may be here; the samples are small.
const MEMBER_BYTES_MAX: u64 = 4 << 20;

/// Names and contents of an archive.
fn members(path: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = std::fs::read(path).unwrap();
    assert!(bytes.starts_with(b"PK\x03\x04"), "{} is no archive", path.display());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|i| {
            let member = archive.by_index(i).unwrap();
            let name = member.name().unwrap().into_owned();
            let mut content = Vec::new();
            member.take(MEMBER_BYTES_MAX).read_to_end(&mut content).unwrap();
            (name, content)
        })
        .collect()
}

/// Opens a Word file as a reader would and looks for anything that acts.
fn assert_harmless_word(path: &Path, must_say: &str) {
    let members = members(path);
    let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"[Content_Types].xml"), "{names:?}");
    for name in &names {
        let lower = name.to_lowercase();
        for bad in ["vba", "activex", "embeddings", "macro", "customui", "attachedtoolbars", ".bin"] {
            assert!(!lower.contains(bad), "{name}");
        }
    }
    for (name, content) in &members {
        let text = String::from_utf8_lossy(content);
        assert!(!text.contains("TargetMode=\"External\""), "{name} refers to something outside");
        assert!(!text.contains("macroEnabled"), "{name} allows macros");
    }
    let (_, document) = members.iter().find(|(name, _)| name == "word/document.xml").unwrap();
    assert!(String::from_utf8_lossy(document).contains(must_say), "{must_say} is gone");
}

#[tokio::test]
async fn public_files_pass_without_waiting_for_anybody() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("internet", "sakura").await;
    ground.picture("home").await;
    ground.click("a[href='/transfers/new']").await;
    let files =
        ["停電のお知らせ.docx", "手続の手引.pdf", "予算要求書.xlsx", "中心市街地計画案.pptx", "位置図.png"];
    let draft = Draft {
        channel: "internet-to-lgwan",
        to: "momiji",
        subject: "国からの通知と添付の一式",
        class: "c1",
        purpose: "窓口で使う",
        answers: &[],
        files: files.iter().map(|name| ground.sample(name)).collect(),
    };
    ground.fill(&draft).await;
    // A folder goes in whole, with the files in its folders.
    ground.attach("#f-folder", &[ground.samples.join("現地調査")]).await;
    ground.wait_for("[data-chosen] li:nth-child(7)").await;
    let chosen = ground.text("[data-chosen]").await;
    assert!(chosen.contains("現地調査/写真/現地写真.jpg"), "{chosen}");
    let summary = ground.text("[data-summary]").await;
    assert!(summary.contains("7個") && summary.contains("紅葉 翔"), "{summary}");
    ground.picture("new").await;
    let page = ground.send().await;
    // What is marked here is gone when the page is loaded again.
    ground.ask("window.markOfThisPage = 1").await;
    ground.picture("detail-running").await;
    ground.wait_state("ready").await;
    assert_eq!(ground.ask("return window.markOfThisPage").await, 1, "the page was loaded again");
    assert!(ground.text(".standing").await.contains("受取可"));
    assert_eq!(ground.files().await.len(), 7);
    assert!(ground.text("main").await.contains("スクリプト"), "the removal in the PDF is not shown");
    ground.picture("detail").await;

    ground.enter("lgwan", "momiji").await;
    ground.click("a[href='/received']").await;
    assert!(ground.text("main").await.contains(draft.subject));
    ground.picture("received").await;
    ground.go("lgwan", &page).await;
    // All at once, with the folders that they were sent in.
    let by_head = "const ask = new XMLHttpRequest(); ask.open('HEAD', location.pathname + '/files.zip', false); \
                   ask.send(); return ask.status";
    assert_eq!(ground.ask(by_head).await, 405, "headers alone take nothing");
    let number = ground.text(".crumbs li:last-child").await;
    let all = members(&ground.take("7個をまとめて受け取る", &format!("{}.zip", number.trim())).await);
    let mut names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names.len(), 7);
    assert!(names.contains(&"現地調査/写真/現地写真.jpg") && names.contains(&"位置図.png"), "{names:?}");
    ground.reload_until("received").await;
    for (name, _) in ground.files().await {
        let link = format!("//article[@aria-label='{name}']//a[contains(., '受け取る')]");
        let file = ground.take_at(Locator::XPath(&link), &name).await;
        assert!(file.metadata().unwrap().len() > 0, "{name}");
    }
    assert_harmless_word(&ground.downloads.join("停電のお知らせ.docx"), "庁舎電気設備の点検");
    let pdf = std::fs::read(ground.downloads.join("手続の手引.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    for bad in [b"/JavaScript".as_slice(), b"/OpenAction", b"/URI"] {
        assert!(!pdf.windows(bad.len()).any(|part| part == bad), "{}", String::from_utf8_lossy(bad));
    }
    assert!(ground.text(".standing").await.contains("受領済"));
}

#[tokio::test]
async fn classified_files_pass_when_the_manager_has_seen_them() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("internet", "sakura").await;
    ground.go("internet", "/transfers/new").await;
    let draft = Draft {
        channel: "internet-to-lgwan",
        to: "yanagi",
        subject: "アンケートの調査票(県から)",
        class: "c2",
        purpose: "調査に答える",
        answers: &[("origin", "県の担当者から電子メールで受領")],
        files: vec![ground.sample("住民アンケート調査票.docm")],
    };
    ground.fill(&draft).await;
    let page = ground.send().await;
    ground.wait_state("awaiting-approval").await;
    assert!(!ground.see("a[href$='/decide']").await, "nobody decides on his own request");

    ground.enter("lgwan", "wakaba").await;
    assert!(ground.text("main").await.contains(draft.subject), "it does not wait on the manager's home");
    ground.go("lgwan", &page).await;
    ground.press("内容を見て判断する").await;
    ground.wait_for(".verdicts").await;
    let seen = ground.text("main").await;
    for words in ["マクロ", "調査票", "県の担当者から電子メールで受領", "根拠"] {
        assert!(seen.contains(words), "the manager does not see {words}");
    }
    assert!(ground.text(".preview").await.contains("星見市の窓口について"), "the preview shows nothing");
    ground.picture("approval").await;
    // Returning needs a reason.
    ground.click("button[value='return']").await;
    ground.wait_for("[data-errors] .notice").await;
    ground.write("#f-comment", "件名に年度を書いてください。").await;
    ground.click("button[value='return']").await;
    ground.go("lgwan", &page).await;
    ground.wait_state("returned").await;

    ground.enter("internet", "sakura").await;
    ground.go("internet", &page).await;
    ground.press("直して再提出する").await;
    assert!(ground.text("main").await.contains("件名に年度を書いてください。"));
    let subject = "令和8年度アンケートの調査票(県から)";
    ground.write("#f-subject", subject).await;
    ground.press("再提出する").await;
    ground.wait_state("awaiting-approval").await;

    ground.enter("lgwan", "wakaba").await;
    ground.go("lgwan", &format!("{page}/decide")).await;
    assert!(ground.text("main").await.contains(subject));
    ground.click("button[value='approve']").await;
    ground.go("lgwan", &page).await;
    ground.wait_state("ready").await;

    ground.enter("lgwan", "yanagi").await;
    ground.go("lgwan", &page).await;
    // The class goes with the file, in its name.
    let file = ground.take("受け取る", "【機密性2】住民アンケート調査票.docx").await;
    assert_harmless_word(&file, "住民アンケート");
}

#[tokio::test]
async fn a_drawing_passes_when_the_manager_has_opened_the_original() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("internet", "sakura").await;
    ground.go("internet", "/transfers/new").await;
    assert!(ground.text("#step-1").await.contains("検査確認"), "nobody is told that drawings wait");
    let draft = Draft {
        channel: "internet-to-lgwan",
        to: "momiji",
        subject: "窓口の改修案(設計事務所から)",
        class: "c1",
        purpose: "改修の打合せ",
        answers: &[],
        files: vec![ground.sample("窓口の配置図.jww"), ground.sample("位置図.png")],
    };
    ground.fill(&draft).await;
    let page = ground.send().await;
    ground.wait_state("awaiting-approval").await;
    let states = ground.files().await;
    assert!(states[0].1.contains("検査確認") && states[1].1.contains("無害化済"), "{states:?}");
    assert!(!ground.text("main").await.contains("原本を開く"), "the sender inspects");

    // Where the file goes nothing can be opened, and without having seen it nobody lets it pass.
    ground.enter("lgwan", "wakaba").await;
    assert!(
        ground.text("main").await.contains("検査確認"),
        "the list does not say that it is to be inspected"
    );
    ground.go("lgwan", &page).await;
    ground.press("原本を確かめて判断する").await;
    ground.wait_for(".verdicts").await;
    assert!(ground.text("main").await.contains("この画面では開けません"));
    ground.picture("inspect-elsewhere").await;
    assert!(!ground.see("input[name='vouch']").await, "a word is asked for that nobody can give");
    ground.click("button[value='approve']").await;
    ground.wait_for("[data-errors] .notice").await;
    let refused = ground.text("[data-errors]").await;
    for words in ["窓口の配置図.jww", "まだ開いていません", ground.city.label("internet")] {
        assert!(refused.contains(words), "{words}: {refused}");
    }

    ground.enter("internet", "wakaba").await;
    ground.go("internet", &format!("{page}/decide")).await;
    ground.picture("inspect").await;
    ground.ask("window.markOfThisPage = 1").await;
    let original = ground.take("原本を開く", "【検査用・未無害化】窓口の配置図.jww").await;
    assert_eq!(std::fs::read(original).unwrap(), DRAWING);
    ground.wait_for(".opening__done").await;
    assert_eq!(ground.ask("return window.markOfThisPage").await, 1, "the page was loaded again");
    ground.click("input[name='vouch']").await;
    ground.write("textarea[name^='note.']", "Jw_cadで全体を見た。設計事務所に電話で確かめた。").await;
    ground.picture("inspect-opened").await;
    ground.click("button[value='approve']").await;
    ground.go("internet", &page).await;
    ground.wait_state("ready").await;
    assert!(ground.text("main").await.contains("設計事務所に電話で確かめた"), "the word is not shown");

    ground.enter("lgwan", "momiji").await;
    ground.click("a[href='/received']").await;
    let received = ground.text("main").await;
    assert!(received.contains("無害化していないファイルです"), "{received}");
    assert!(received.contains(&format!("{}が", ground.city.name("wakaba"))), "{received}");
    ground.picture("inspect-received").await;
    ground.go("lgwan", &page).await;
    let link = "//article[@aria-label='窓口の配置図.jww']//a[contains(., '受け取る')]";
    let taken = ground.take_at(Locator::XPath(link), "窓口の配置図.jww").await;
    assert_eq!(std::fs::read(taken).unwrap(), DRAWING, "what passed is not what came");
}

#[tokio::test]
async fn a_locked_archive_waits_for_its_password() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("internet", "hatano").await;
    ground.go("internet", "/transfers/new").await;
    let draft = Draft {
        channel: "internet-to-lgwan",
        to: "morita",
        subject: "業者の見積書",
        class: "c1",
        purpose: "契約の準備",
        answers: &[],
        files: vec![ground.sample("見積書.zip")],
    };
    ground.fill(&draft).await;
    ground.send().await;
    ground.wait_state("held").await;
    assert!(ground.text("main").await.contains("パスワード"));
    for (password, state) in [("wrong", "保留"), ("hoshimi", "無害化済")] {
        ground.write("input[name='password']", password).await;
        ground.press("パスワードで再検査").await;
        ground
            .wait_for(if password == "wrong" { "input[name='password']" } else { "[data-state='ready']" })
            .await;
        if password == "wrong" {
            ground.wait_state("held").await;
        }
        let files = ground.files().await;
        assert!(files.iter().all(|(_, said)| said.contains(state)), "{password}: {files:?}");
    }
    assert!(ground.text(".standing").await.contains("受取可"));
    assert!(!ground.text("main").await.contains("hoshimi"), "a password is shown");
}

#[tokio::test]
async fn nothing_leaves_without_the_manager() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("lgwan", "numata").await;
    ground.go("lgwan", "/transfers/new").await;
    let mut draft = Draft {
        channel: "lgwan-to-internet",
        to: "ikeda",
        subject: "工事説明会の案内図",
        class: "c3",
        purpose: "説明会で配る",
        answers: &[],
        files: vec![ground.sample("位置図.png")],
    };
    ground.fill(&draft).await;
    // What this way asks for and was not answered is named, all at once, and leads to its field.
    ground.click("input[name='classification'][value='c1']").await;
    ground.click("#step-4 .button--main").await;
    ground.wait_for("[data-errors] a").await;
    let told = ground.text("[data-errors]").await;
    assert!(told.contains("渡す相手: ") && told.contains("送るときの守り方: "), "{told}");
    ground.press("送るときの守り方: ").await;
    assert!(ground.has_focus("select[name='answer.protection']").await);
    ground
        .answer(&[("recipient", "星見建設 担当"), ("protection", "公表する情報なので守りは要らない")])
        .await;
    ground.click("input[name='classification'][value='c3']").await;
    // What is secret does not leave at all; the form says so and keeps what was typed.
    ground.click("#step-4 .button--main").await;
    ground.wait_for("[data-errors] .trouble").await;
    assert!(ground.path().await.ends_with("/transfers/new"));
    assert_eq!(ground.ask("return document.querySelector('[data-status]').textContent").await, "");
    draft.class = "c1";
    ground.click("input[name='classification'][value='c1']").await;
    let page = ground.send().await;
    ground.wait_state("awaiting-approval").await;

    ground.enter("internet", "ikeda").await;
    ground.go("internet", &page).await;
    assert!(!ground.see("a[href$='/download']").await, "it can be taken before the decision");
    ground.enter("lgwan", "mizuno").await;
    ground.go("lgwan", &format!("{page}/decide")).await;
    assert!(ground.see(".preview img").await, "the picture is not shown to the manager");
    ground.click("button[value='approve']").await;
    ground.go("lgwan", &page).await;
    ground.wait_state("ready").await;
    ground.enter("internet", "ikeda").await;
    ground.go("internet", &page).await;
    let file = ground.take("受け取る", "位置図.png").await;
    assert!(std::fs::read(file).unwrap().starts_with(b"\x89PNG\r\n\x1a\n"));
}

impl Ground {
    async fn strike(&self, keys: &[char]) {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for key in keys {
            actions = actions.then(KeyAction::Down { value: *key }).then(KeyAction::Up { value: *key });
        }
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Presses Tab until the focus is on something; the focus must be visible at every stop.
    async fn tab_to(&self, css: &str) {
        for _ in 0..80 {
            if self.has_focus(css).await {
                // The ring may be around the box that a control stands in.
                let ring = "return [document.activeElement, document.activeElement.parentElement].some(e => { \
                            const s = getComputedStyle(e); return s.outlineStyle !== 'none' && s.boxShadow !== 'none' })";
                assert_eq!(self.ask(ring).await, true, "the focus on {css} cannot be seen");
                return;
            }
            self.strike(&[char::from(Key::Tab)]).await;
        }
        panic!("Tab never reaches {css} on {}", self.path().await);
    }

    async fn type_text(&self, text: &str) {
        self.client.active_element().await.unwrap().send_keys(text).await.unwrap();
    }
}

#[tokio::test]
async fn the_keyboard_alone_is_enough() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    let enter = [char::from(Key::Enter)];
    ground.go("internet", "/login").await;
    ground.tab_to("#f-login").await;
    ground.type_text("yanagi").await;
    ground.tab_to("#f-password").await;
    ground.type_text(&ground.city.password).await;
    ground.strike(&enter).await;
    ground.wait_for("a[href='/transfers/new']").await;
    // The first stop of every page jumps over the menu.
    ground.strike(&[char::from(Key::Tab)]).await;
    assert!(ground.has_focus(".skip").await);
    ground.tab_to("a[href='/transfers/new']").await;
    ground.strike(&enter).await;
    ground.wait_for("#step-1").await;
    ground.tab_to("input[name='channel']").await;
    ground.strike(&[' ']).await;
    ground.tab_to("#f-q").await;
    ground.type_text("楓").await;
    ground.strike(&enter).await;
    ground.wait_for("[data-found] input").await;
    ground.tab_to("[data-found] input").await;
    ground.strike(&[' ']).await;
    ground.wait_for("[data-chosen-people] input:checked").await;
    ground.tab_to("#f-subject").await;
    ground.type_text("会議のメモ").await;
    ground.tab_to("input[name='classification']").await;
    ground.strike(&[' ']).await;
    ground.tab_to("#f-purpose").await;
    ground.type_text("次回の準備").await;
    ground.tab_to("#f-file").await;
    // The window that the system opens here is not the page's; the driver answers it.
    ground.attach("#f-file", &[ground.sample("会議メモ.txt")]).await;
    ground.wait_for("[data-chosen] li").await;
    ground.tab_to("#step-4 .button--main").await;
    ground.strike(&enter).await;
    ground.wait_state("ready").await;
    assert_eq!(ground.files().await.len(), 1);
}

#[tokio::test]
async fn without_script_everything_can_be_sent() {
    let Some(ground) = Ground::open(Look { script: false, ..Look::default() }).await else { return };
    ground.enter("internet", "kumoi").await;
    ground.go("internet", "/transfers/new").await;
    assert!(!ground.find("#f-folder").await.is_displayed().await.unwrap(), "script ran");
    // A search is a page of its own that keeps what was chosen.
    ground.write("#f-q", "峰岸").await;
    ground.click("button[name='search']").await;
    ground.click("[data-found] input[name='recipient']").await;
    ground.write("#f-subject", "研修の案内").await;
    ground.click("input[name='classification'][value='c1']").await;
    ground.write("#f-purpose", "職員へ知らせる").await;
    ground.attach("#f-file", &[ground.sample("会議メモ.txt"), ground.sample("自治会一覧.csv")]).await;
    ground.click("#step-4 .button--main").await;
    ground.wait_for("[data-live]").await;
    ground.reload_until("ready").await;
    assert_eq!(ground.files().await.len(), 2);
}

#[tokio::test]
async fn a_proof_is_checked_away_from_the_server() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("lgwan", "auditor").await;
    ground.go("lgwan", "/people").await;
    ground.picture("people").await;
    ground.go("lgwan", "/clauses").await;
    ground.picture("clauses").await;
    ground.click("main a[href='/coverage']").await;
    ground.wait_for(".covered").await;
    ground.picture("coverage").await;
    ground.go("lgwan", "/clauses/base/sanitise-inbound").await;
    assert!(ground.text("main").await.contains("この条項の証跡"));
    ground.picture("clause").await;
    ground.click(".timeline a[href^='/evidence/']").await;
    ground.picture("evidence-entry").await;
    let entry = ground.path().await;
    // A password alone is not enough to carry evidence away, and the page says what is instead of offering it.
    let page = ground.text("main").await;
    assert!(page.contains("二要素認証を登録") && !page.contains("証明を取る(ZIP)"), "{page}");
    ground.enter("lgwan", "tsukishima").await;
    ground.enrol_second_factor("lgwan").await;
    ground.go("lgwan", &entry).await;
    let proof = ground.take("証明を取る(ZIP)", "sekisho-proof.zip").await;
    ground.go("lgwan", "/evidence").await;
    ground.picture("evidence").await;

    let away = tempfile::tempdir().unwrap();
    for (name, content) in members(&proof) {
        let path = away.path().join(&name);
        assert!(path.starts_with(away.path()) && !name.contains(".."), "{name}");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    // The bundle is the folder that holds its manifest.
    let mut folder = away.path().to_path_buf();
    while let [only] =
        &std::fs::read_dir(&folder).unwrap().flatten().map(|e| e.path()).collect::<Vec<_>>()[..]
    {
        folder = only.clone();
    }
    let checked = sekisho(&["ledger", "verify", folder.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success(), "{said}{}", String::from_utf8_lossy(&checked.stderr));

    // One changed letter anywhere in what is claimed, and it is not verified any more.
    let checkpoint = folder.join("checkpoint");
    let text = std::fs::read_to_string(&checkpoint).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let root = lines[2].clone();
    let other = if root.starts_with('A') { "B" } else { "A" };
    lines[2] = other.chars().chain(root.chars().skip(1)).collect();
    std::fs::write(&checkpoint, lines.join("\n") + "\n").unwrap();
    let checked = sekisho(&["ledger", "verify", folder.to_str().unwrap()]);
    assert!(!checked.status.success(), "a changed checkpoint was believed");
}
