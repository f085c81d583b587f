//! 方針の取込み, for programs and for people.

use axum::{Router, body::Body, extract::Request, http::StatusCode, http::header};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use web::{ZoneSetting, live::Streams};
use workflow::id::ZoneId;

use crate::city::{City, Way, multipart, stranger};

const RULES: &str = "words 星見市情報管理規程

第1章 総則

(目的)
第1条 この規程は、情報セキュリティに関し必要な事項を定めるものとする。

第2章 職員の<script>alert(1)</script>義務

(持出し)
第2条 職員は、情報資産を庁外に持ち出してはならない。
2 職員は、端末を持ち出すときは、情報セキュリティ管理者の許可を得なければならない。

(報告)
第3条 職員は、情報セキュリティに関する事故を発見したときは、速やかに情報セキュリティ管理者に報告しなければならない。
";

/// Uploads a file as a program does.
async fn upload(city: &City, way: &Way, form: &Value, text: &str) -> crate::city::Answer {
    let parts = [("import", None, form.to_string()), ("file", Some("規程.docx"), text.to_owned())];
    city.raw(way, "POST", "/imports", "multipart/form-data; boundary=XX", multipart(&parts)).await
}

#[tokio::test]
async fn programs_import_review_and_take_out() {
    let city = City::open().await;
    let digital = city.log_in_strongly("digital", "lgwan").await;
    let made = upload(&city, &digital, &json!({ "layer": "yukimi" }), RULES).await;
    let id = made.with(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(made.headers[header::LOCATION], format!("/api/v1/imports/{id}"));
    let list = city.get(&digital, "/imports").await.with(200);
    assert_eq!((&list["rows"][0]["id"], &list["rows"][0]["state"]), (&json!(id), &json!("open")));

    let path = format!("/imports/{id}");
    let review = city.get(&digital, &path).await.with(200);
    let all = review["import"]["statements"].as_array().unwrap().len();
    assert_eq!(review["text"].as_str().unwrap(), RULES.strip_prefix("words ").unwrap());
    assert_eq!(review["import"]["totals"]["chars"], review["import"]["totals"]["chars_accounted"]);
    assert_eq!((review["reviews"].as_array().unwrap().len(), &review["version"]), (all, &json!(1)));
    assert_eq!(review["reviews"][0]["state"], "open");

    let steps = format!("{path}/steps");
    let confirm: Vec<Value> = (1..all).map(|n| json!({ "do": "confirm", "statement": n })).collect();
    let step = json!({ "version": 1, "corrections": confirm });
    assert_eq!(city.call(&digital, "POST", &steps, &step).await.with(200)["version"], 2);
    let again = city.call(&digital, "POST", &steps, &step).await;
    assert_eq!(again.refusal(), (409, "conflict".into()), "the version was seen by somebody who is late");
    let seen = |version: i64| json!({ "version": version });
    let early = city.call(&digital, "POST", &format!("{path}/confirmation"), &seen(2)).await;
    assert_eq!(early.refusal(), (409, "import-refused".into()));
    assert_eq!(early.json()["error"]["reason"], "undecided");
    let drop = json!({ "version": 2, "corrections": [{ "do": "drop", "statement": 0, "reason": "目的" }] });
    city.call(&digital, "POST", &steps, &drop).await.with(200);
    city.call(&digital, "POST", &format!("{path}/undo"), &seen(3)).await.with(200);
    let drop = json!({ "version": 4, "corrections": [{ "do": "drop", "statement": 0, "reason": "目的" }] });
    city.call(&digital, "POST", &steps, &drop).await.with(200);
    let journal = city.get(&digital, &format!("{steps}?after=2")).await.with(200);
    let did: Vec<&Value> = journal["rows"].as_array().unwrap().iter().map(|s| &s["did"]["step"]).collect();
    assert_eq!(did, ["correct", "undo", "correct"]);
    let points = city.get(&digital, &format!("{path}/points")).await.with(200);
    let kinds: Vec<&str> =
        points["rows"].as_array().unwrap().iter().map(|p| p["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"open-word") && !kinds.contains(&"undecided"), "{kinds:?}");
    city.call(&digital, "POST", &format!("{path}/confirmation"), &seen(5)).await.with(200);

    let files = city.get(&digital, &format!("{path}/files")).await.with(200);
    let paths: Vec<&str> =
        files["rows"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&"yukimi/pack.toml") && paths.contains(&"yukimi/clauses.toml"), "{paths:?}");
    let bundle = city.get(&digital, &format!("{path}/bundle")).await;
    assert!(String::from_utf8_lossy(&bundle.bytes).contains("# ==== yukimi/pack.toml\n"));

    for (body, expected) in [
        (json!({ "version": 6, "corrections": [{ "do": "perhaps" }] }), (422, "malformed")),
        (json!({ "version": 6, "corrections": [], "more": 1 }), (422, "malformed")),
        (json!({ "version": 6, "corrections": [] }), (422, "invalid")),
        (
            json!({ "version": 6, "corrections": [{ "do": "confirm", "statement": 0 }] }),
            (409, "import-refused"),
        ),
    ] {
        let (status, code) = city.call(&digital, "POST", &steps, &body).await.refusal();
        assert_eq!((status, code.as_str()), expected, "{body}");
    }
    // What was confirmed is proposed as an edition of what runs.
    let proposal = format!("{path}/proposal");
    let wanted = |version: i64, label: &str| json!({ "version": version, "note": "取込み", "label": label });
    let late = city.call(&digital, "POST", &proposal, &wanted(5, "第2版")).await;
    assert_eq!(late.refusal(), (409, "conflict".into()));
    let nameless = city.call(&digital, "POST", &proposal, &wanted(6, " ")).await;
    assert_eq!(
        (nameless.refusal(), &nameless.json()["error"]["field"]),
        ((422, "invalid".into()), &json!("label"))
    );
    let made = city.call(&digital, "POST", &proposal, &wanted(6, "第2版")).await.with(200);
    assert_eq!((&made["kept"], &made["needs_restart"]), (&json!(true), &json!(false)), "{made}");
    let edition = format!("/editions/{}", made["id"].as_str().unwrap());
    assert_eq!(city.get(&digital, &edition).await.with(200)["label"], "第2版");

    city.call(&digital, "POST", &format!("{path}/reopen"), &seen(6)).await.with(200);
    let early = city.call(&digital, "POST", &proposal, &wanted(7, "第3版")).await;
    assert_eq!((early.refusal().0, &early.json()["error"]["reason"]), (409, &json!("not-confirmed")));
    let gone = city
        .call(&digital, "DELETE", &format!("{path}?version=7&reason=%E8%A9%A6%E3%81%97"), &json!({}))
        .await;
    gone.with(204);
    assert_eq!(city.get(&digital, &path).await.refusal().0, 404);
}

#[tokio::test]
async fn what_cannot_be_imported_says_why_and_what_to_do() {
    let city = City::open().await;
    let digital = city.log_in_strongly("digital", "lgwan").await;
    let form = json!({ "layer": "yukimi" });
    let before = city.stored_files();
    for (text, reason, words) in [
        ("emptied", "empty", "OCR"),
        ("words こんにちは。", "no-policy", "規程の文書ではない"),
        ("locked 1", "password-needed", "パスワード"),
        ("clean x", "not-one-document", "一つずつ"),
    ] {
        let answer = upload(&city, &digital, &form, text).await;
        assert_eq!(answer.refusal(), (422, "import-refused".into()), "{text}");
        let error = &answer.json()["error"];
        assert_eq!(error["reason"], reason);
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    }
    for (form, refusal) in [
        (json!({ "layer": "Yuki" }), "invalid"),
        (json!({ "layer": "yukimi", "against": ["nobody"] }), "invalid"),
        (json!({ "layer": "yukimi", "other": 1 }), "malformed"),
        (json!({}), "malformed"),
    ] {
        assert_eq!(upload(&city, &digital, &form, RULES).await.refusal().1, refusal, "{form}");
    }
    let file_first = [("file", Some("a"), "x".to_owned()), ("import", None, form.to_string())];
    let answer = city
        .raw(&digital, "POST", "/imports", "multipart/form-data; boundary=XX", multipart(&file_first))
        .await;
    assert_eq!(answer.refusal(), (422, "invalid".into()));
    let none = city.raw(&digital, "POST", "/imports", "application/json", "{}").await;
    assert_eq!(none.refusal().1, "media-type");
    let hanako = city.log_in("hanako", "lgwan").await;
    assert_eq!(upload(&city, &hanako, &form, RULES).await.refusal(), (403, "denied".into()));
    assert_eq!(city.get(&hanako, "/imports").await.refusal(), (403, "denied".into()));
    // A token reads, and never confirms for a person.
    let token = city.token(&digital, &["read-evidence", "manage-users"]).await;
    city.get(&token, "/imports").await.with(200);
    assert_eq!(upload(&city, &token, &form, RULES).await.refusal(), (403, "denied".into()));
    assert_eq!(city.stored_files(), before, "no file is kept");
}

/// A page or a form of the LGWAN zone's listener: status, where it leads, and text.
async fn page(
    site: &Router,
    way: &Way,
    method: &str,
    path: &str,
    body: &str,
) -> (StatusCode, String, String) {
    let media = "application/x-www-form-urlencoded";
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, media)
        .body(Body::from(body.to_owned()))
        .unwrap();
    if let Some((name, value)) = &way.header {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let response = site.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let to =
        response.headers().get(header::LOCATION).map(|l| l.to_str().unwrap().to_owned()).unwrap_or_default();
    let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await.unwrap();
    (status, to, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn people_review_without_script() {
    let city = City::open().await;
    let setting = ZoneSetting { zone: ZoneId::new("lgwan"), tls: false, request_bytes_max: 1 << 20 };
    let site = web::router(city.app.clone(), setting, Streams::default());
    let digital = city.log_in_strongly("digital", "lgwan").await;
    let (status, _, html) = page(&site, &digital, "GET", "/imports", "").await;
    assert!(
        status == 200 && html.contains("文書を取り込む") && html.contains("enctype=\"multipart/form-data\"")
    );
    assert_eq!(page(&site, &stranger("lgwan"), "GET", "/imports", "").await.0, 303);
    let hanako = city.log_in("hanako", "lgwan").await;
    assert_eq!(page(&site, &hanako, "GET", "/imports", "").await.0, 403);

    let parts = [("layer", None, "yukimi".to_owned()), ("file", Some("規程.docx"), RULES.to_owned())];
    let mut request = Request::post("/imports")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX")
        .body(Body::from(multipart(&parts)))
        .unwrap();
    let (name, value) = digital.header.clone().unwrap();
    request.headers_mut().insert(name.clone(), value.parse().unwrap());
    let response = site.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 303);
    let home = response.headers()[header::LOCATION].to_str().unwrap().split('?').next().unwrap().to_owned();

    let (status, _, html) = page(&site, &digital, "GET", &home, "").await;
    assert_eq!(status, 200);
    let chars = RULES.strip_prefix("words ").unwrap().chars().count();
    assert!(
        html.contains(&format!("本文 {chars} 文字のうち <b>{chars}</b> 文字を割り当て済み(100 %)")),
        "{html}"
    );
    assert!(!html.contains("<script>alert") && html.contains("&#60;script&#62;alert"));
    assert!(html.contains("<mark>") && html.contains("正しい。次へ"));
    for filter in ["undecided", "unsure", "no-role", "unmatched", "nonsense"] {
        let (status, _, html) = page(&site, &digital, "GET", &format!("{home}?filter={filter}"), "").await;
        assert!(status == 200 && html.contains("条項の木"), "{filter}");
    }
    for node in ["0", "1", "3", "999", "-1", "x"] {
        assert_eq!(page(&site, &digital, "GET", &format!("{home}?node={node}"), "").await.0, 200, "{node}");
    }

    // Confirm and go on; the second editor with the old page is told who did what.
    let steps = format!("{home}/steps");
    let (status, to, _) =
        page(&site, &digital, "POST", &steps, "version=1&node=3&statement=0&do=confirm-next").await;
    assert!(status == 303 && to.contains("done=step") && to.contains("#s-2"), "{to}");
    let (status, _, html) =
        page(&site, &digital, "POST", &steps, "version=1&node=3&statement=1&do=confirm").await;
    assert_eq!(status, 409);
    assert!(html.contains("ほかの人が先に直していました") && html.contains("遵守事項 1を確認"), "{html}");
    assert!(html.contains("行おうとした操作: 遵守事項 2を確認") && html.contains("digitalさん"));
    // Correcting is confirming: role, modality, the same statement and a gist in one press.
    let form = "version=2&node=5&statement=1&do=correct&role=staff&role=security-manager&modality=should\
                &same=*&other=base/roles-assigned&gist=%E6%8C%81%E3%81%A1%E5%87%BA%E3%81%95%E3%81%AA%E3%81%84";
    assert_eq!(page(&site, &digital, "POST", &steps, form).await.0, 303);
    let review = city.get(&digital, &format!("/{}", home.trim_start_matches('/'))).await.with(200);
    assert_eq!(review["import"]["statements"][1]["modality"], "should");
    assert_eq!(review["import"]["statements"][1]["roles"], json!(["staff", "security-manager"]));
    assert_eq!(
        (&review["reviews"][1]["same"], &review["reviews"][1]["gist"], &review["reviews"][1]["state"]),
        (&json!("base/roles-assigned"), &json!("持ち出さない"), &json!("confirmed"))
    );
    // What the page offers as places to cut can be cut.
    let node = review["import"]["statements"][3]["node"].as_u64().unwrap();
    let (_, _, html) = page(&site, &digital, "GET", &format!("{home}?node={node}"), "").await;
    let at = html.split("name=\"at\"><option value=\"").nth(1).and_then(|t| t.split('"').next()).unwrap();
    let form = format!("version=3&node={node}&statement=3&do=split-statement&at={at}");
    assert_eq!(page(&site, &digital, "POST", &steps, &form).await.0, 303, "{form}");
    for (form, status) in [
        ("version=4&node=0&do=merge-node", 422),
        ("version=4&node=1&do=name&label=&title=", 422),
        ("version=4&node=1&do=dance", 422),
        ("version=4&do=confirm", 422),
        ("version=4&statement=99&do=correct&modality=must", 422),
        ("version=4&statement=1&do=correct&modality=perhaps", 422),
        ("version=4&statement=1&do=drop&reason=", 422),
    ] {
        let (got, _, html) = page(&site, &digital, "POST", &steps, form).await;
        assert!(got == status || (form.contains("99") && got == 404), "{form}: {got}");
        assert!(html.contains("入力を確かめてください") || got == 404, "{form}");
    }
    for form in [
        "version=4&node=1&do=name&label=%E7%AC%AC1%E7%AB%A0&title=x",
        "version=5&node=2&do=annotate&quoted=&note=y",
        "version=6&node=3&do=move&parent=0",
    ] {
        assert_eq!(page(&site, &digital, "POST", &steps, form).await.0, 303, "{form}");
    }
    let (status, to, _) = page(&site, &digital, "POST", &format!("{home}/undo"), "version=7").await;
    assert!(status == 303 && to.ends_with("done=undone"), "{to}");

    let (status, _, html) = page(&site, &digital, "GET", &format!("{home}/out"), "").await;
    assert!(
        status == 200 && html.contains("未確認の遵守事項") && html.contains("yukimi/pack.toml"),
        "{html}"
    );
    let (status, _, html) = page(&site, &digital, "POST", &format!("{home}/confirmation"), "version=8").await;
    assert!(status == 409 && html.contains("まだ全体を確認できません"), "{status}");
    let (status, _, text) = page(&site, &digital, "GET", &format!("{home}/files/pack.toml"), "").await;
    assert!(status == 200 && text.contains("id = \"yukimi\""), "{text}");
    assert_eq!(page(&site, &digital, "GET", &format!("{home}/files/nothing.toml"), "").await.0, 404);
    assert_eq!(page(&site, &digital, "GET", &format!("{home}/bundle.txt"), "").await.0, 200);
    // A draft binds nobody yet, and may be another body's text: it is for those who make it.
    let kansa = city.log_in_strongly("kansa", "lgwan").await;
    assert_eq!(page(&site, &kansa, "GET", &home, "").await.0, 403);
    let (_, _, html) = page(&site, &kansa, "GET", "/clauses", "").await;
    assert!(!html.contains("href=\"/imports\""), "{html}");
    assert_eq!(page(&site, &kansa, "POST", &steps, "version=8&statement=0&do=confirm").await.0, 403);
    let (status, to, _) =
        page(&site, &digital, "POST", &format!("{home}/discard"), "version=8&reason=%E8%A9%A6%E3%81%97")
            .await;
    assert!(status == 303 && to == "/imports?done=import-discarded", "{to}");
    assert_eq!(page(&site, &digital, "GET", &home, "").await.0, 404);
}
