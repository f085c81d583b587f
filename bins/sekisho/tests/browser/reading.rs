//! Reading the policy in the browser: search, duties, and the paper that comes out of the printer.
//!
//! Owns printing the whole text as a PDF and reading it again. Programs that read PDF are not ours; where they are not
//! installed that part says so.

use std::path::Path;
use std::process::Command;

use fantoccini::{Locator, wd::PrintConfiguration};

use crate::ground::{Ground, Look, environment};

#[tokio::test]
async fn a_word_is_found_from_any_page_of_the_policy() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("lgwan", "momiji").await;
    ground.go("lgwan", "/policy/duties").await;
    let duties = ground.text("main").await;
    assert!(duties.contains("いつも守ること") && duties.contains("職員"), "{duties}");
    ground.picture("duties").await;
    // With the keyboard alone: into the box, type, Enter.
    ground.write("#p-q", "強じん化 ｻｰﾊﾞｰ").await;
    let field = ground.find("#p-q").await;
    field.send_keys("\u{e007}").await.unwrap();
    ground.wait_for(".hits").await;
    assert_eq!(ground.path().await, "/policy/search");
    ground.go("lgwan", "/policy/search?q=%E3%82%B5%E3%83%BC%E3%83%90%E3%83%BC").await;
    let marked = ground.text("mark").await;
    assert_eq!(marked, "サーバ", "the text is marked as it stands, whatever was typed");
    ground.picture("search").await;
    ground.click_at(Locator::Css(".hits a")).await;
    ground.wait_for(".facts").await;
    assert!(ground.path().await.starts_with("/clauses/"));
}

#[tokio::test]
async fn the_policy_comes_out_of_the_printer_as_a_paper() {
    let Some(ground) = Ground::open(Look::default()).await else { return };
    ground.enter("lgwan", "momiji").await;
    ground.go("lgwan", "/policy/text").await;
    let on_screen = ground.text(".book").await;
    // What Ctrl+P does: size and margins are those that the page itself asks for.
    let printer = PrintConfiguration::builder().shrink_to_fit(false).build().unwrap();
    let pdf = ground.client.print(printer).await.unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.pdf");
    std::fs::write(&file, &pdf).unwrap();
    if let Some(kept) = environment("SEKISHO_SCREENSHOTS") {
        std::fs::write(Path::new(&kept).join("policy.pdf"), &pdf).unwrap();
    }
    let (Some(facts), Some(text)) = (
        read("pdfinfo", &[file.as_os_str()]),
        read("pdftotext", &["-layout".as_ref(), file.as_os_str(), "-".as_ref()]),
    ) else {
        eprintln!("skipped: pdfinfo and pdftotext are not installed, so that nobody reads the paper");
        return;
    };
    let pages: usize = facts
        .lines()
        .find_map(|line| line.strip_prefix("Pages:"))
        .and_then(|count| count.trim().parse().ok())
        .unwrap();
    assert!(facts.contains("(A4)"), "{facts}");
    assert!((4..80).contains(&pages), "{pages} pages");
    let papers: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert_eq!(papers.len(), pages);
    for (number, paper) in papers.iter().enumerate() {
        let squeezed: String = paper.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(squeezed.contains("星見市情報セキュリティポリシー"), "page {number} does not name the body");
        assert!(squeezed.contains("令和8年度第1版"), "page {number} does not name the version");
        assert!(squeezed.contains(&format!("{}/{pages}", number + 1)), "page {number} has no number");
        for screen in ["方針の中を探す", "いまいる系", "授受の一覧"] {
            assert!(!squeezed.contains(screen), "page {number} shows {screen}, which is for the screen");
        }
        assert!(squeezed.chars().count() > 60, "page {number} is empty");
    }
    // Nothing of the text is lost on the way to the paper.
    let squeeze = |text: &str| -> String { text.chars().filter(|c| !c.is_whitespace()).collect() };
    let paper = squeeze(&text);
    let mut looked = 0;
    for gist in [
        "自分の利用者IDを他人に使わせない",
        "外から取り込むファイルのリンクは働かないようにする",
        "目次",
        "適用範囲",
        "役割と職",
    ] {
        assert!(squeeze(&on_screen).contains(gist) && paper.contains(gist), "{gist}");
        looked += 1;
    }
    assert_eq!(looked, 5);
}

/// What a program says, or nothing where it is not installed.
#[expect(clippy::disallowed_methods, reason = "a reader that is not ours judges the paper")]
fn read(program: &str, arguments: &[&std::ffi::OsStr]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
