//! 方針の版, for programs and for people.

use axum::{body::Body, extract::Request, http::header};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use web::{ZoneSetting, live::Streams};
use workflow::id::ZoneId;

use crate::city::{City, Way, stranger};

/// The city's own folder, with a second version's changes.
fn second() -> Vec<(String, String)> {
    let text = test_city::text();
    let own = text.files().iter().filter(|f| f.path.starts_with("hoshimi/"));
    own.map(|f| {
        let text = f.text.replacen("令和8年度第1版", "令和8年度第2版", 1).replacen(
            "職員は、方針とその改定を読み",
            "職員は、方針とその改定をすぐに読み",
            1,
        );
        (f.path.replace("hoshimi/", ""), text)
    })
    .collect()
}

fn proposal(files: &[(String, String)]) -> Value {
    let files: Vec<Value> = files.iter().map(|(path, text)| json!({ "path": path, "text": text })).collect();
    json!({ "note": "年次の見直し", "files": files })
}

async fn page(city: &City, way: &Way, path: &str) -> (u16, String) {
    let setting = ZoneSetting { zone: ZoneId::new(way.zone), tls: false, request_bytes_max: 1 << 20 };
    let site = web::router(city.app.clone(), setting, Streams::default());
    let mut request = Request::get(path);
    if let Some((name, value)) = &way.header {
        request = request.header(name, value);
    }
    answer(site, request.body(Body::empty()).unwrap()).await
}

async fn answer(site: axum::Router, request: Request) -> (u16, String) {
    let response = site.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let to = response.headers().get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned());
    let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await.unwrap();
    (status, to.unwrap_or_else(|| String::from_utf8(bytes.to_vec()).unwrap()))
}

async fn send(city: &City, way: &Way, path: &str, media_type: &str, body: String) -> (u16, String) {
    let setting = ZoneSetting { zone: ZoneId::new(way.zone), tls: false, request_bytes_max: 1 << 20 };
    let site = web::router(city.app.clone(), setting, Streams::default());
    let mut request =
        Request::post(path).header(header::CONTENT_TYPE, media_type).header("sec-fetch-site", "same-origin");
    if let Some((name, value)) = &way.header {
        request = request.header(name, value);
    }
    answer(site, request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn programs_propose_and_read() {
    let city = City::open().await;
    let digital = city.log_in_strongly("digital", "lgwan").await;
    let token = city.token(&digital, &["manage-policy", "read-evidence"]).await;
    let made = city.call(&token, "POST", "/editions", &proposal(&second())).await.with(200);
    assert_eq!(made["kept"], true);
    let id = made["id"].as_str().unwrap();
    let shown = city.get(&token, &format!("/editions/{id}")).await.with(200);
    assert_eq!((&shown["stage"], &shown["label"]), (&"draft".into(), &"令和8年度第2版".into()));
    assert_eq!(shown["role_changes"][0]["changed"], json!(["hoshimi/b-staff"]));
    assert_eq!((&shown["needs_analysis"], &shown["has_analysis"]), (&true.into(), &false.into()));
    let form = json!({ "title": "分析", "text": "小さい" });
    city.call(&token, "POST", &format!("/editions/{id}/analysis"), &form).await.with(204);
    let list = city.get(&token, "/editions").await.with(200);
    assert_eq!((list["editions"].as_array().unwrap().len(), &list["from_folder"]), (1, &true.into()));
    city.call(&token, "POST", &format!("/editions/{id}/withdraw"), &json!({})).await.with(204);
    let again = city.call(&token, "POST", &format!("/editions/{id}/withdraw"), &json!({})).await;
    assert_eq!(again.refusal(), (409, "edition-stage".into()));

    // A slip: told with its place, and nothing kept.
    let mut slip = second();
    let zones = slip.iter_mut().find(|(path, _)| path == "zones.toml").unwrap();
    zones.1 = zones.1.replacen("label =", "lable =", 1);
    let refused = city.call(&token, "POST", "/editions", &proposal(&slip)).await.with(200);
    assert_eq!((&refused["kept"], &refused["id"]), (&false.into(), &Value::Null));
    let told = &refused["problems"][0];
    assert_eq!((&told["code"], &told["file"]), (&"unknown-key".into(), &"hoshimi/zones.toml".into()));
    assert!(told["line"].as_u64().unwrap() > 1 && told["instead"].as_str().unwrap().contains("label"));
    assert_eq!(city.get(&token, "/editions").await.with(200)["editions"].as_array().unwrap().len(), 1);

    // No right, no scope, no such thing, no such field.
    let hanako = city.log_in("hanako", "lgwan").await;
    let refusal = city.call(&hanako, "POST", "/editions", &proposal(&second())).await.refusal();
    assert_eq!(refusal, (403, "denied".into()));
    let narrow = city.token(&digital, &["read-evidence"]).await;
    let refusal = city.call(&narrow, "POST", "/editions", &proposal(&second())).await.refusal();
    assert_eq!(refusal, (403, "denied".into()));
    assert_eq!(city.get(&hanako, &format!("/editions/{id}")).await.refusal().0, 404);
    assert_eq!(city.get(&token, "/editions/nowhere").await.refusal().0, 404);
    let odd =
        city.call(&token, "POST", "/editions", &json!({ "note": "n", "files": [], "zip": "UEs=" })).await;
    assert_eq!(odd.refusal(), (422, "malformed".into()));
    let none = city.call(&token, "POST", "/editions", &json!({ "note": "n", "files": [] })).await;
    assert_eq!(none.refusal(), (422, "invalid".into()));
    assert_eq!(city.get(&hanako, "/readings").await.with(200)["readings"], json!([]));
    let confirmed = city.call(&hanako, "POST", &format!("/readings/{id}"), &json!({})).await;
    assert_eq!(confirmed.refusal().0, 404, "he was not asked to");
}

#[tokio::test]
async fn people_propose_with_a_form_and_see_what_is_wrong() {
    let city = City::open().await;
    let digital = city.log_in_strongly("digital", "lgwan").await;
    let (status, html) = page(&city, &digital, "/editions").await;
    assert!(status == 200 && html.contains("フォルダーの文で動いています") && html.contains("/editions/new"));
    let parts = |files: &[(String, String)]| {
        let mut parts = vec![("note", None, "年次の見直し".to_owned())];
        parts.extend(files.iter().map(|(path, text)| ("files", Some(path.as_str()), text.clone())));
        crate::city::multipart(&parts)
    };
    let form = "multipart/form-data; boundary=XX";
    let mut slip = second();
    slip[0].1.push_str("\n[[zoen]]\nid = \"x\"\n");
    let (status, html) = send(&city, &digital, "/editions", form, parts(&slip)).await;
    assert_eq!(status, 422);
    assert!(html.contains("文の検査") && html.contains("「zone」と書いてください"), "{html}");
    assert!(html.contains("年次の見直し"), "what was typed stays");
    // An archive is no text.
    let zip = [("pack.zip".to_owned(), "PK\u{3}\u{4}".to_owned())];
    let (status, html) = send(&city, &digital, "/editions", form, parts(&zip)).await;
    assert!(status == 422 && html.contains("入力を確かめてください"), "{status}");

    let (status, to) = send(&city, &digital, "/editions", form, parts(&second())).await;
    assert_eq!(status, 303, "{to}");
    let (path, query) = to.split_once('?').unwrap();
    assert_eq!(query, "done=proposed");
    let (status, html) = page(&city, &digital, &to).await;
    assert_eq!(status, 200);
    for said in [
        "案として保存しました",
        "リスク分析を求めています",
        "役割ごとの影響",
        "すぐに読み",
        "前の方針との違い",
    ] {
        assert!(html.contains(said), "{said}");
    }
    let urlencoded = "application/x-www-form-urlencoded";
    let analysis = format!("{path}/analysis");
    let (status, html) =
        send(&city, &digital, &analysis, urlencoded, "analysis-title=&analysis-text=b".to_owned()).await;
    assert!(status == 422 && html.contains("リスク分析の題: 入力してください"), "{status}");
    let (status, _) =
        send(&city, &digital, &analysis, urlencoded, "analysis-title=a&analysis-text=b".to_owned()).await;
    assert_eq!(status, 303);
    let id = path.rsplit('/').next().unwrap();
    let (status, html) = page(&city, &digital, &format!("/editions/compare?b={id}")).await;
    assert!(status == 200 && html.contains("すぐに読み"), "{status}");
    // Others neither see nor change it, and strangers are sent to log in.
    let hanako = city.log_in("hanako", "lgwan").await;
    assert_eq!(page(&city, &hanako, path).await.0, 404);
    assert_eq!(send(&city, &hanako, &format!("{path}/withdraw"), urlencoded, String::new()).await.0, 403);
    for path in ["/editions", "/editions/new", path, "/editions/compare", &format!("/readings/{id}")] {
        let (status, to) = page(&city, &stranger("lgwan"), path).await;
        assert!(status == 303 && to.starts_with("/login"), "{path}: {status} {to}");
    }
    // Nothing was published yet.
    for path in ["/public", "/public/policy.json"] {
        assert_eq!(page(&city, &stranger("lgwan"), path).await.0, 404, "{path}");
    }
}

/// The second version without the zone of personal numbers.
fn without_a_zone() -> Vec<(String, String)> {
    let mut files = second();
    let text = |files: &mut Vec<(String, String)>, path: &str| -> usize {
        files.iter().position(|(p, _)| p == path).unwrap()
    };
    let zones = text(&mut files, "zones.toml");
    let at = files[zones].1.find("[[zone]]\nid = \"mynumber\"").unwrap();
    files[zones].1.truncate(at);
    let pack = text(&mut files, "pack.toml");
    let mut removed = vec![("zone", "mynumber")];
    removed.extend(
        ["mynumber-to-lgwan", "lgwan-to-mynumber", "internet-to-mynumber", "mynumber-to-internet"]
            .map(|channel| ("channel", channel)),
    );
    for (kind, id) in removed {
        files[pack]
            .1
            .push_str(&format!("\n[[remove]]\nkind = \"{kind}\"\nid = \"{id}\"\nreason = \"移した\"\n"));
    }
    files
}

#[tokio::test]
async fn other_zones_say_that_a_restart_is_needed() {
    let city = City::open().await;
    let digital = city.log_in_strongly("digital", "lgwan").await;
    let plain = city.call(&digital, "POST", "/editions", &proposal(&second())).await.with(200);
    assert_eq!(plain["needs_restart"], false);
    let made = city.call(&digital, "POST", "/editions", &proposal(&without_a_zone())).await.with(200);
    assert_eq!((&made["kept"], &made["needs_restart"]), (&true.into(), &true.into()), "{made}");
    let id = made["id"].as_str().unwrap();
    let shown = city.get(&digital, &format!("/editions/{id}")).await.with(200);
    assert_eq!((&shown["needs_restart"], &shown["in_use"]), (&true.into(), &json!([])));
    let (status, html) = page(&city, &digital, &format!("/editions/{id}?done=proposed-restart")).await;
    assert_eq!(status, 200);
    assert!(html.contains("施行には再起動が要ります") && html.contains("施行には関所の再起動が要ります"));
}

#[tokio::test]
async fn what_is_in_use_is_named_with_what_to_do() {
    let city = City::open().await;
    let digital = city.log_in_strongly("digital", "lgwan").await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let form = json!({
        "submission": "in-use", "form": "provision",
        "answers": {
            "what": "統計の原票", "recipient": "県", "protection": "封をして手渡す",
            "from": "2026-11-24", "until": "2026-11-25", "purpose": "調査",
        },
    });
    let parts = [("request", None, form.to_string())];
    let body = crate::city::multipart(&parts);
    city.raw(&hanako, "POST", "/requests", "multipart/form-data; boundary=XX", body).await.with(201);
    let mut files = second();
    files
        .iter_mut()
        .find(|(path, _)| path == "pack.toml")
        .unwrap()
        .1
        .push_str("\n[[remove]]\nkind = \"request\"\nid = \"provision\"\nreason = \"紙で行う\"\n");
    let made = city.call(&digital, "POST", "/editions", &proposal(&files)).await.with(200);
    let id = made["id"].as_str().unwrap();
    let analysis = json!({ "title": "分析", "text": "小さい" });
    city.call(&digital, "POST", &format!("/editions/{id}/analysis"), &analysis).await.with(204);
    let shown = city.get(&digital, &format!("/editions/{id}")).await.with(200);
    let taken = &shown["in_use"][0];
    assert_eq!(
        (&taken["kind"], &taken["id"], &taken["count"]),
        (&"form".into(), &"provision".into(), &1.into())
    );
    let (_, html) = page(&city, &digital, &format!("/editions/{id}")).await;
    assert!(
        html.contains("使われているものがなくなります") && !html.contains("改定を申請する</a>"),
        "{html}"
    );
    let revision = json!({
        "submission": "revision", "form": "policy-revision",
        "answers": { "edition": id, "from": "2099-01-01", "reason": "見直し" },
    });
    let parts = [("request", None, revision.to_string())];
    let body = crate::city::multipart(&parts);
    let answer = city.raw(&digital, "POST", "/requests", "multipart/form-data; boundary=XX", body).await;
    assert_eq!(answer.refusal(), (409, "edition-in-use".into()));
    let error = &answer.json()["error"];
    assert_eq!(error["reason"], "form");
    assert!(error["message"].as_str().unwrap().contains("取り下げて"), "{error}");
}

#[tokio::test]
async fn what_runs_is_set_beside_a_pack_of_the_folder() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let diff = city.get(&hanako, "/policy/compare/base").await.with(200);
    assert_eq!(
        (&diff["a"]["id"], &diff["b"]["id"], &diff["role"]),
        (&"hoshimi".into(), &"base".into(), &Value::Null)
    );
    let count = |diff: &Value, key: &str| diff["statements"][key].as_array().unwrap().len();
    assert!(count(&diff, "removed") > 3, "what only the city has: {diff}");
    let staff = city.get(&hanako, "/policy/compare/base?role=staff").await.with(200);
    assert_eq!(staff["role"]["id"], "staff");
    assert!(count(&staff, "removed") < count(&diff, "removed"));
    for path in ["/policy/compare/nobody", "/policy/compare/base?role=nobody", "/policy/compare/..%2Fbase"] {
        assert_eq!(city.get(&hanako, path).await.refusal(), (404, "not-found".into()), "{path}");
    }
    assert_eq!(city.get(&hanako, "/policy/compare/base?rule=1").await.refusal().0, 400);
    assert_eq!(city.get(&stranger("lgwan"), "/policy/compare/base").await.refusal().0, 401);
    let (status, html) = page(&city, &hanako, "/compare").await;
    assert!(status == 200 && html.contains("<option value=\"base\">") && !html.contains("当方の章ごと"));
    let (status, html) = page(&city, &hanako, "/compare?pack=base").await;
    assert!(status == 200 && html.contains("当方の章ごと") && html.contains("当方だけ"), "{html}");
    assert_eq!(page(&city, &hanako, "/compare?pack=nobody").await.0, 404);
}
