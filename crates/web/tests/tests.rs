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
    ] {
        let html = &pages.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("no page {name}")).1;
        assert!(html.contains(wanted), "{name} lacks {wanted}");
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
