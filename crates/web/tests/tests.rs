//! Every screen rendered from sample values: what must be on it, and, with `SEKISHO_GALLERY` naming a directory, all
//! pages as files to look at and to run an accessibility checker on.

#[cfg(test)]
mod samples;

use std::path::Path;

/// A tag that opens and never closes, an inline style or script, or a value that escaped its attribute would show
/// in every page alike, so these are checked on all of them.
#[test]
fn pages_keep_the_strict_policy_and_name_their_place() {
    for (name, html) in samples::pages() {
        for banned in [" style=", "<script>", "<style", "onclick=", "javascript:", "http://", "https://"] {
            assert!(!html.contains(banned), "{name} contains {banned}");
        }
        assert!(html.contains("<html lang=\"ja\">"), "{name}");
        assert!(html.contains("いまいる系"), "{name} does not say the zone");
        assert_eq!(html.matches("<h1").count(), 1, "{name} has one heading of the first level");
        assert_eq!(html.matches("<main").count(), 1, "{name}");
        for (open, close) in
            [("<div", "</div>"), ("<section", "</section>"), ("<form", "</form>"), ("<dl", "</dl>")]
        {
            assert_eq!(html.matches(open).count(), html.matches(close).count(), "{name}: {open}");
        }
        assert!(!html.contains("<script>alert"), "{name} does not escape outside text");
    }
}

#[test]
fn what_a_person_must_see_is_there() {
    let pages = samples::pages();
    for (name, wanted) in [
        ("home", "ファイルを送る"),
        ("home", "/decide\">見て判断する"),
        ("new", "data-file-bytes-max=\"268435456\""),
        ("new", "formmethod=\"get\""),
        ("new", "name=\"submission\" value=\"key-1\""),
        ("home", "No such file or directory"),
        ("decide", "元の名前: <bdi>固定資産税_集計表.xlsm</bdi>"),
        ("decide", "1,234/1,234"),
        ("decide", "上位の役割として判断します"),
        ("decide", "<span class=\"hidden\">重さ: </span>重"),
        ("evidence", "href=\"/account\">アカウント画面で二要素認証を登録</a>"),
        ("detail-held", "パスワードで再検査"),
        ("detail-held", "&#60;script&#62;alert"),
        ("detail-running", "data-final=\"false\""),
        ("detail-ready", "受け取る"),
        ("decide", "name=\"seen_hash\" value=\"abc123\""),
        ("decide", "代決です"),
        ("decide", "マクロ"),
        ("decide-inspect", "無害化していないファイルが 2個あります"),
        ("decide-inspect", "action=\"/transfers/1/files/f5/original\""),
        ("decide-inspect", "form=\"act\" name=\"vouch\" value=\"f5\""),
        ("decide-inspect", "name=\"sha256.f5\" value=\"5f2c5f2c"),
        ("decide-inspect", "図面/平面図.jww"),
        ("decide-inspect", "value=\"f6\" checked"),
        ("decide-inspect", "一部だけ開いた</textarea>"),
        ("decide-inspect", "検査確認して承認"),
        ("decide-inspect-elsewhere", "この画面では開けません"),
        ("decide-inspect-opened", "に開きました"),
        ("detail-inspecting", "原本を開く"),
        ("detail-inspected", "に原本を開いて確かめ、安全と判断しました"),
        ("received", "無害化していないファイルです"),
        ("transfers", "検査確認</span>"),
        ("new", "(検査確認)を経て、そのまま渡します"),
        ("clause", "未設定"),
        ("clause", "予定: メールのテキスト化"),
        ("clause", "指針との違い"),
        ("coverage", "aria-label=\"仕組みあり 120件、予定 400件\""),
        ("coverage", "520 件のうち 2 件を示しています"),
        ("coverage", "予定: メールのテキスト化"),
        ("coverage", "href=\"/evidence/e1\""),
        ("coverage", "&#60;script&#62;alert"),
        ("coverage", "10 以上"),
        ("evidence-entry", "sekisho-verify DIR"),
        ("error-503", "受付番号"),
        ("person", "初期パスワード"),
        ("imports", "OCR で文字にしてから"),
        ("import", "25000 文字のうち <b>25000</b> 文字を割り当て済み(100 %)"),
        ("import", "id=\"src-12\" href=\"#s-12\""),
        ("import", "name=\"version\" value=\"9\""),
        ("import", "&#60;script&#62;alert"),
        ("import-conflict", "あなたの操作は行われていません"),
        ("import-out", "はじめの 1 件を示しています"),
    ] {
        let html = &pages.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("no page {name}")).1;
        assert!(html.contains(wanted), "{name} lacks {wanted}");
    }
}

/// Where nothing can be opened no button offers it, and where nothing passes unchanged nobody is asked for a word.
#[test]
fn what_a_person_must_not_see_is_not_there() {
    let pages = samples::pages();
    for (name, unwanted) in [
        ("decide-inspect-elsewhere", "/original"),
        ("decide-inspect-elsewhere", "name=\"vouch\" value=\"f5\""),
        ("decide", "name=\"vouch\""),
        ("decide", "検査確認して"),
        ("detail-inspected", "/original"),
        ("detail-ready", "/original"),
    ] {
        let html = &pages.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("no page {name}")).1;
        assert!(!html.contains(unwanted), "{name} shows {unwanted}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may be told where to put its pictures")]
fn gallery() {
    let Some(directory) = std::env::var_os("SEKISHO_GALLERY") else {
        eprintln!("skipped: SEKISHO_GALLERY names no directory to write the sample pages to");
        return;
    };
    let directory = Path::new(&directory);
    let assets = directory.join(web::assets::url("x").trim_start_matches('/').trim_end_matches("/x"));
    std::fs::create_dir_all(&assets).unwrap();
    for (name, bytes) in web::assets::all() {
        std::fs::write(assets.join(name), bytes).unwrap();
    }
    for (name, html) in samples::pages() {
        std::fs::write(directory.join(format!("{name}.html")), html).unwrap();
    }
}
