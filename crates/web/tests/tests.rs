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
        ("home", "<span class=\"hidden\">、未読 </span><span data-count>3</span>"),
        ("notices", "href=\"/requests/1\">承認待ち: 情報機器等の持出し</a>"),
        ("notices", "<b>ファイルが届いています</b>"),
        ("notices", "ここでは開けません"),
        ("notices", "差し戻されました: &#60;script&#62;alert"),
        ("notices-none", "あなたを待っているものはありません"),
        ("notice-settings", "(方針による)"),
        ("notice-settings", "aria-invalid=\"true\""),
        ("notice-settings-no-mail", "お知らせのメールを送っていません"),
        ("mails", "メールサーバーを使えません"),
        ("mails", "450 &#60;b&#62;later"),
        ("mails", "宛先がありません"),
        ("mails-folder", "だれにも届きません"),
        ("mails-off", "設定ファイルに [mail] がありません"),
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
        ("clause", "href=\"/policy/clauses/base/4\">4 ファイルの授受</a>"),
        ("clause", "星見市情報セキュリティ基本方針"),
        ("clause", "平成28年4月1日"),
        ("clause", "CISOが承認する"),
        ("clause", "団体の定めが、これに代わっています"),
        ("clause", "この方針パックは読み込まれていません"),
        ("clause", "代わりになった定め"),
        ("clause", "動くものを残さないこと"),
        ("clause", "「機密正２」: 誤記とみられる"),
        ("clause", "action=\"/policy/search\""),
        ("clauses", "href=\"/policy/clauses/base/4\">4 ネットワークの分離</a>"),
        ("clauses", "<a href=\"/clauses\">すべて見る</a>"),
        ("duties", "aria-current=\"page\">自分のすべきこと"),
        ("duties", "いつも守ること"),
        ("duties", "行う画面: <a href=\"/transfers/new\">ファイルを送る</a>"),
        ("duties", "関所が自動で行います: 保管時の暗号化"),
        ("duties", "いまは関所の外で行います(画面は予定)"),
        ("duties", "持出しごと</h3>"),
        ("duties", "tone--bad"),
        ("duties-nobody", "いま職に就いていないため"),
        ("duties-role", "この役割の職: 課長、所長"),
        ("roles", "data-label=\"いつも\">12"),
        ("roles", "あなた</span>"),
        ("search", "<mark>サーバー</mark>の管理&#60;script&#62;alert"),
        ("search", "2 件あります"),
        ("search", "aria-current=\"true\">すべて 2"),
        ("search-nothing", "近いことば: <a href=\"/policy/search?q=%E6%A9%9F%E5%AF%86%E6%80%A7\">機密性</a>"),
        ("search-nothing", "見つかりません"),
        ("search-start", "強靱と強じん"),
        ("find", "<mark>サーバー</mark>の見積書&#60;script&#62;alert"),
        ("find", "6件以上"),
        ("find", "href=\"/find?q=x&#38;kind=transfer\">もっと見る"),
        ("find", "方針の 12 件を見る"),
        ("find-nothing", "「機蜜性」は見つかりません"),
        ("find-nothing", "索引を作っています"),
        ("find-start", "ディスクがいっぱいです"),
        ("home", "全庁のいま"),
        ("home", "ほかの課に 4 件あります"),
        ("home", "action=\"/find\""),
        ("node", "下の条項"),
        ("node", "代わりの定め: "),
        ("text", "<h4 id=\"c-base/4.1\""),
        ("text", "href=\"#c-base/4\""),
        ("text", "id=\"d-basic\""),
        ("text", "対象外(別の方針があるため)"),
        ("text", "rel=\"stylesheet\" href=\"/policy/print.css\" media=\"print\""),
        ("clause", "予定: メールのテキスト化"),
        ("clause", "指針との違い"),
        ("oscal", "href=\"/policy/export/catalog.json?public=1\""),
        ("classifiers", "href=\"/classify/integrity\""),
        ("classifiers-none", "質問が定められていません"),
        ("classify", "質問 2(多くても 3 つ)"),
        ("classify", "href=\"/classify/confidentiality?a=3&#38;a=1\""),
        ("classify", "&#60;script&#62;alert"),
        ("classify-found", "自治体機密性3C"),
        ("register-import", "enctype=\"multipart/form-data\""),
        ("register-import", "/registers/equipment/table?format=xlsx"),
        ("register-import-refused", "見出しの行が、この台帳と合いません"),
        ("register-import-refused", "&#60;script&#62;alert"),
        ("register-plan", "name=\"digest\" value=\"0123abcd\""),
        ("register-plan", "<del>市民課</del> → <ins>倉庫</ins>"),
        ("register-plan", "<del>古い</del> → (空)"),
        ("register-plan", "はじめの 100 行"),
        ("register-plan-refused", "設置日(F列)"),
        ("register-plan-refused", "まだ取り込めません"),
        ("register-plan-same", "変わる行がありません"),
        ("register-labels", "E-0026"),
        ("register-labels", "機密性2・可用性2"),
        ("register-labels", "番号 E-0001 のQRコード"),
        ("register-labels-none", "印刷する行がありません"),
        ("oscal", "href=\"/policy/export/component.json\""),
        ("oscal", "&#60;script&#62;alert"),
        ("coverage", "aria-label=\"仕組みあり 120件、予定 400件\""),
        ("coverage", "520 件のうち 2 件を示しています"),
        ("coverage", "予定: メールのテキスト化"),
        ("coverage", "href=\"/evidence/e1\""),
        ("coverage", "&#60;script&#62;alert"),
        ("coverage", "10 以上"),
        ("password", "minlength=\"14\""),
        ("home", "承認待ちの申請"),
        ("requests", "返却の期限を過ぎています"),
        ("requests-empty", "まだ申請はありません。"),
        ("request-forms", "決裁の順: 所属の許可 → 情報システム管理者の許可"),
        ("request-form", "name=\"submission\" value=\"key-1\""),
        ("request-form", "&#60;script&#62;alert"),
        ("request-form", "「種類」が「電磁的記録媒体」のとき。"),
        ("request-form-errors", "href=\"#f-what\""),
        ("request-form-errors", "aria-describedby=\"h-what e-what\" aria-invalid=\"true\""),
        ("request-form-errors", "鈴木 課長さんからの差戻し"),
        ("request-confirm", "name=\"answer.what\" value=\"&#34;端末&#34;\""),
        ("request-confirm-again", "図面&#60;1&#62;.pdf"),
        ("request-confirm-again", "報告の期限を過ぎています"),
        ("request", "返却を報告する"),
        ("request", "許可を取り消す"),
        ("request-decide", "name=\"seen_hash\" value=\"abc123\""),
        ("request-decide", "代決で承認"),
        ("request-decide", "承認すると決裁となります。"),
        ("home", "報告する<span class=\"hidden\">: 自己点検"),
        ("tasks", "2回のうち1回目"),
        ("tasks", "期限の後の報告"),
        ("tasks-empty", "いま、あなたがすることはありません。"),
        ("task-open", "href=\"#f-answered\""),
        ("task-open", "鈴木 課長さんからの差戻し"),
        ("task-open", "name=\"without\" value=\"f1\""),
        ("task-open", "免除を申し出る"),
        ("task-open", "&#60;script&#62;alert"),
        ("task-confirm", "name=\"seen_hash\" value=\"abc123\""),
        ("task-waiver", "書かれた内容は、インターネット接続系で見られます"),
        ("task-done", "免除を認めました"),
        ("task-open", "研修の記録から入る数"),
        ("courses", "続ける"),
        ("courses", "督促"),
        ("courses-none", "いま、受ける講座はありません。"),
        ("course", "href=\"/training/mine/1/pages/2\">教材を読む"),
        ("course", "action=\"/tasks/1/waiver\""),
        ("course", "&#60;script&#62;alert"),
        ("course-tried", "理解度の確認を始める"),
        ("course-tried", "正しい答え"),
        ("course-tried", "&#60;script&#62;alert"),
        ("course-passed", "保存期間が過ぎ、消去しました"),
        ("course-page", "<progress id=\"progress\" max=\"8\" value=\"2\">"),
        ("course-page", "&#60;script&#62;alert"),
        ("course-test", "type=\"radio\" name=\"q0\" value=\"1\" checked"),
        ("course-test", "type=\"checkbox\" name=\"q1\""),
        ("course-test-errors", "href=\"#f-q0\""),
        ("course-year", "name=\"run\" value=\"security-yearly.2026\""),
        ("course-year", "aria-label=\"税務課: 修了 5人、期限超過 5人\""),
        ("course-year-errors", "href=\"#f-people\""),
        ("course-section", "終えていない職員に督促する"),
        ("course-section", "&#60;b&#62;花子"),
        ("course-overview", "対象ごとの修了率"),
        ("course-certificate", "証跡の番号 course.security-yearly.2026.1.p-1"),
        ("duty-year", "aria-label=\"税務課: 実施済 6件、期限超過 4件\""),
        ("duty-year", "class=\"covered__unbound\" x=\"600\""),
        ("duty", "年度に1回、9月30日まで"),
        ("task-start", "name=\"submission\" value=\"key-1\""),
        ("task-start-errors", "href=\"#f-what\""),
        ("parameters", "1 件が定められていません"),
        ("parameters", "未設定"),
        ("parameter", "変更を申請"),
        ("parameter", "いまの値</span>"),
        ("registers", "2件<span class=\"hidden\">の分類待ちを見る"),
        ("registers", "見るだけ"),
        ("registers-none", "見られる台帳はありません。"),
        ("register", "&#60;script&#62;alert"),
        ("register", "name=\"f.confidentiality\""),
        ("register", "(2件の条件)"),
        ("register", "href=\"/registers/assets?f.confidentiality=c3\">重いもの"),
        ("register-empty", "当てはまる行はありません"),
        ("register-row", "href=\"/registers/assets/30\">A-0030 窓口日誌</a>"),
        ("register-row", "のうち最も高い分類です"),
        ("register-row", "あなたが決められます。"),
        ("register-row", "<del>機密性2</del> → <ins>機密性3</ins>"),
        ("register-row", "name=\"seen\" value=\"3\""),
        ("register-row-ended", "令和8年11月24日に登録を終えました"),
        ("register-form", "href=\"#f-name\""),
        ("register-form-conflict", "ほかの人が先に変更しました"),
        ("register-form-conflict", "金庫に\nしまう</textarea>"),
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
        ("search-start", "見つかりません"),
        ("duties-role", "あなたの職"),
        ("detail-inspected", "/original"),
        ("detail-ready", "/original"),
        ("register-row-ended", "/edit"),
        ("register-row-ended", "あなたが決められます"),
        ("register-form", "ほかの人が先に"),
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
