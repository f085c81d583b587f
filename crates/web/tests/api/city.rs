//! A small city behind the API, and short words for calling it.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use app::{App, PasswordCost, Ports, actor::Door, ports::Clock as _, sanitising::CellSettings};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use ledger::SigningKey;
use serde_json::{Value, json};
use tempfile::TempDir;
use test_city::{
    Ground, Row, code_at,
    doubles::{GlassVault, TestClock},
    pack, password,
};
use tower::ServiceExt as _;
use web::{api, live::Streams};
use workflow::id::{UserId, ZoneId};

/// Login, section, post, unit.
const PEOPLE: &[Row] = &[
    ("hanako", "residents", "staff", Some("residents")),
    ("taro", "residents", "staff", Some("residents")),
    ("kacho", "residents", "section-manager", Some("residents")),
    ("digital", "digital", "it-manager", Some("digital")),
    ("kansa", "general-affairs", "auditor", None),
];

/// A city with its API; one router serves every zone, told by the door of each request.
pub(crate) struct City {
    pub(crate) app: App,
    pub(crate) clock: Arc<TestClock>,
    router: Router,
    ids: BTreeMap<&'static str, UserId>,
    dir: TempDir,
}

/// Somebody's way of calling: a cookie or a token at a zone.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) zone: &'static str,
    pub(crate) header: Option<(header::HeaderName, String)>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The JSON of an answer with this status.
    #[track_caller]
    pub(crate) fn with(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        if self.bytes.is_empty() { Value::Null } else { self.json() }
    }

    /// The status and the code of an error.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
    }
}

impl City {
    pub(crate) async fn open() -> Self {
        let Ground { dir, clock, entropy, cell, store, blobs } = Ground::open().await;
        let ports = Ports {
            store: Arc::new(store),
            blobs: Arc::new(blobs),
            sanitiser: cell,
            clock: clock.clone(),
            entropy,
            vault: Arc::new(GlassVault),
            policies: test_city::policies().into(),
            printer: Some(Arc::new(crate::printing::Echo)),
        };
        let key = SigningKey::from_seed("hoshimi.example/log", &[9; 32]).unwrap();
        let app = App::open(ports, pack(), key, PasswordCost::WeakForTestPurposesOnly).unwrap();
        app.runs(test_city::text(), None);
        let ids = test_city::settle(&app, PEOPLE).await;
        let api = api::Api::new(app.clone(), Streams::default(), false);
        let router = Router::new().nest("/api/v1", api::router(api)).merge(api::ledger_routes(app.clone()));
        Self { app, clock, router, ids, dir }
    }

    pub(crate) fn id(&self, login: &str) -> String {
        self.ids[login].to_string()
    }

    /// Sends a request as the listener of the way's zone would hand it on.
    pub(crate) async fn send(&self, way: &Way, mut request: Request) -> Response {
        let door = Door { zone: ZoneId::new(way.zone), address: "192.0.2.7".to_owned() };
        request.extensions_mut().insert(door);
        if let Some((name, value)) = &way.header {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn ask(&self, way: &Way, request: Request) -> Answer {
        let response = self.send(way, request).await;
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 16 << 20).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    pub(crate) async fn get(&self, way: &Way, path: &str) -> Answer {
        self.ask(way, Request::get(format!("/api/v1{path}")).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn call(&self, way: &Way, method: &str, path: &str, body: &Value) -> Answer {
        self.raw(way, method, path, "application/json", body.to_string()).await
    }

    pub(crate) async fn raw(
        &self,
        way: &Way,
        method: &str,
        path: &str,
        media_type: &str,
        body: impl Into<Body>,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::CONTENT_TYPE, media_type)
            .body(body.into())
            .unwrap();
        self.ask(way, request).await
    }

    /// Logs in over the API.
    pub(crate) async fn log_in(&self, login: &str, zone: &'static str) -> Way {
        let form = json!({ "login": login, "password": password(login) });
        let answer = self.call(&stranger(zone), "POST", "/session", &form).await;
        answer.with(200);
        session(zone, &answer)
    }

    /// Logs in and sets up a second factor, both over the API.
    pub(crate) async fn log_in_strongly(&self, login: &str, zone: &'static str) -> Way {
        let way = self.log_in(login, zone).await;
        let begun = self.call(&way, "POST", "/me/second-factor", &json!({})).await.with(200);
        let code = self.code(begun["secret_base32"].as_str().unwrap());
        let form = json!({ "sealed": begun["sealed"], "code": code });
        self.call(&way, "PUT", "/me/second-factor", &form).await.with(204);
        way
    }

    pub(crate) fn code(&self, secret_base32: &str) -> String {
        code_at(secret_base32, self.clock.now())
    }

    /// A token of the caller with these scopes.
    pub(crate) async fn token(&self, way: &Way, scopes: &[&str]) -> Way {
        let form = json!({ "name": "試験", "scopes": scopes, "days": 7 });
        let made = self.call(way, "POST", "/me/tokens", &form).await.with(201);
        bearer(way.zone, made["secret"].as_str().unwrap())
    }

    /// Hanako's submission to Taro.
    pub(crate) fn form(&self, submission: &str, level: &str) -> Value {
        json!({
            "submission": submission,
            "channel": "internet-to-lgwan",
            "subject": "申請書の様式",
            "purpose": "窓口で使うため",
            "classification": level,
            "answers": { "origin": "県庁" },
            "recipients": [self.id("taro")],
        })
    }

    pub(crate) async fn submit(&self, way: &Way, form: &Value, files: &[(&str, &str)]) -> Answer {
        let mut parts = vec![("transfer", None, form.to_string())];
        parts.extend(files.iter().map(|(name, text)| ("file", Some(*name), (*text).to_owned())));
        self.post_parts(way, &parts).await
    }

    /// Sends a multipart body of (part, file name, contents).
    pub(crate) async fn post_parts(&self, way: &Way, parts: &[(&str, Option<&str>, String)]) -> Answer {
        self.raw(way, "POST", "/transfers", "multipart/form-data; boundary=XX", multipart(parts)).await
    }

    /// How many files the store of blobs holds on disk.
    pub(crate) fn stored_files(&self) -> usize {
        fn below(path: &Path) -> usize {
            let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
            entries.map(|path| if path.is_dir() { below(&path) } else { 1 }).sum()
        }
        below(&self.dir.path().join("blobs"))
    }

    pub(crate) async fn drain(&self) {
        self.app.drain_cells(CellSettings::default()).await.unwrap();
    }
}

pub(crate) fn multipart(parts: &[(&str, Option<&str>, String)]) -> String {
    let mut body = String::new();
    for (name, file, text) in parts {
        body.push_str(&format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\""));
        if let Some(file) = file {
            body.push_str(&format!("; filename=\"{file}\""));
        }
        body.push_str(&format!("\r\n\r\n{text}\r\n"));
    }
    body + "--XX--\r\n"
}

pub(crate) fn stranger(zone: &'static str) -> Way {
    Way { zone, header: None }
}

pub(crate) fn bearer(zone: &'static str, secret: &str) -> Way {
    Way { zone, header: Some((header::AUTHORIZATION, format!("Bearer {secret}"))) }
}

/// The way that an answer's cookie opens.
pub(crate) fn session(zone: &'static str, answer: &Answer) -> Way {
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let pair = cookie.split(';').next().unwrap().to_owned();
    assert!(pair.starts_with(&format!("sekisho-{zone}=")), "{pair}");
    Way { zone, header: Some((header::COOKIE, pair)) }
}
