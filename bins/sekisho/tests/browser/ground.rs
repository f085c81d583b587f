//! What the stories stand on: one demo city for all of them, and a browser of its own for each.
//!
//! Owns the processes, their ports and folders, and that all of them end with the tests.
//! Leaves what people do to `person`.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex, Weak},
    thread,
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

/// How long the city may take to prepare its week on a busy machine.
const CITY_SECONDS_MAX: u64 = 300;

/// The one place where the tests start programs.
fn program(path: impl AsRef<std::ffi::OsStr>) -> Command {
    #[expect(clippy::disallowed_methods, reason = "these tests drive the built programs and a browser")]
    Command::new(path)
}

/// The one place where the tests read their environment.
pub(crate) fn environment(name: &str) -> Option<OsString> {
    #[expect(clippy::disallowed_methods, reason = "these tests are told where the browser is")]
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Runs the program under test to its end.
pub(crate) fn sekisho(arguments: &[&str]) -> Output {
    program(env!("CARGO_BIN_EXE_sekisho")).args(arguments).output().unwrap()
}

/// What `sekisho demo --json` says when the city is open; the test reads it as a stranger's program would.
#[derive(Deserialize)]
struct Invitation {
    zones: Vec<InvitedZone>,
    password: String,
    users: Vec<InvitedUser>,
}

#[derive(Deserialize)]
struct InvitedZone {
    id: String,
    label: String,
    url: String,
}

#[derive(Deserialize)]
struct InvitedUser {
    login: String,
    name: String,
}

/// The fictional 星見市, open on ports of its own.
pub(crate) struct City {
    server: Child,
    pub(crate) password: String,
    zones: BTreeMap<String, InvitedZone>,
    names: BTreeMap<String, String>,
    /// The authenticator applications of those who registered one: name and secret.
    pub(crate) factors: Mutex<BTreeMap<String, String>>,
    _data: TempDir,
}

/// Preparing the city takes seconds, so stories that overlap in time share one; the last to finish closes it.
static OPEN: Mutex<Weak<City>> = Mutex::new(Weak::new());

impl City {
    fn enter() -> Arc<Self> {
        let mut open = OPEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(city) = open.upgrade() {
            return city;
        }
        let city = Arc::new(Self::found(&policies()));
        *open = Arc::downgrade(&city);
        city
    }

    /// A city of its own on the policies in this folder.
    pub(crate) fn found(policies: &Path) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut server = program(env!("CARGO_BIN_EXE_sekisho"))
            .args(["demo", "--json", "--port", "0"])
            .arg("--data")
            .arg(data.path().join("city"))
            .arg("--policies")
            .arg(policies)
            .env("SEKISHO_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let line = first_line(&mut server, CITY_SECONDS_MAX, |line| line.starts_with('{'));
        let invitation: Invitation = serde_json::from_str(&line).unwrap();
        Self {
            server,
            password: invitation.password,
            zones: invitation.zones.into_iter().map(|zone| (zone.id.clone(), zone)).collect(),
            names: invitation.users.into_iter().map(|user| (user.login, user.name)).collect(),
            factors: Mutex::default(),
            _data: data,
        }
    }

    /// The address of a zone's listener, without a slash at its end.
    pub(crate) fn url(&self, zone: &str) -> &str {
        self.zones[zone].url.trim_end_matches('/')
    }

    /// The words a zone carries on its screens.
    pub(crate) fn label(&self, zone: &str) -> &str {
        &self.zones[zone].label
    }

    /// Where it keeps its data.
    pub(crate) fn data(&self) -> PathBuf {
        self._data.path().join("city")
    }

    /// The name of a person of the city.
    pub(crate) fn name(&self, login: &str) -> &str {
        &self.names[login]
    }
}

impl Drop for City {
    fn drop(&mut self) {
        // What it wrote is thrown away with its folder; whether it survives being killed is tested elsewhere.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The policies as they are shipped.
pub(crate) fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}

/// Reads a child's output until a line fits, and keeps reading behind it so that the child never blocks.
fn first_line(child: &mut Child, seconds_max: u64, fits: impl Fn(&str) -> bool + Send + 'static) -> String {
    let output = child.stdout.take().unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if fits(&line) {
                let _ = tell.send(line);
            }
        }
    });
    match told.recv_timeout(Duration::from_secs(seconds_max)) {
        Ok(line) => line,
        Err(why) => {
            let _ = child.kill();
            panic!("a program that the test started said nothing: {why}");
        }
    }
}

/// A program that prints and goes on.
pub(crate) struct Program {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Program {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = program(env!("CARGO_BIN_EXE_sekisho"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&said);
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                heard.lock().unwrap().push(line);
            }
        });
        Self { child, said }
    }

    /// What it has printed.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// Waits for a line with these words.
    pub(crate) fn line(&mut self, seconds_max: u32, words: &str) -> String {
        for _ in 0..seconds_max * 10 {
            if let Some(line) = self.said().into_iter().find(|line| line.contains(words)) {
                return line;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("it did not say {words}: {:?}", self.said());
    }

    /// Waits for its end; its exit code.
    pub(crate) fn ended(&mut self, seconds_max: u32) -> Option<i32> {
        for _ in 0..seconds_max * 10 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(100));
        }
        None
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an authenticator application with this secret shows now.
pub(crate) fn code_of(secret_base32: &str) -> String {
    let shown: String = secret_base32.chars().filter(|c| !c.is_whitespace()).collect();
    let secret = totp_rs::Secret::try_from_base32(&shown).unwrap();
    #[expect(clippy::disallowed_methods, reason = "an authenticator application has a clock of its own")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    totp_rs::Builder::new().with_secret(secret).build().unwrap().generate(now.as_secs()).to_string()
}

/// How a browser is to be.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) script: bool,
    /// A telephone: narrower than any window may be.
    pub(crate) handheld: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: 1280, height: 1000, script: true, handheld: false }
    }
}

/// A city and a browser in it.
pub(crate) struct Ground {
    // Fields are dropped in this order: first the browser, then the city.
    pub(crate) client: Client,
    _driver: Driver,
    pub(crate) downloads: PathBuf,
    pub(crate) samples: PathBuf,
    _folder: TempDir,
    pub(crate) city: Arc<City>,
}

impl Ground {
    /// Opens a browser, or says why not.
    pub(crate) async fn open(look: Look) -> Option<Self> {
        Self::open_in(look, City::enter).await
    }

    /// The same in a city of one's own.
    pub(crate) async fn open_in(look: Look, city: impl FnOnce() -> Arc<City>) -> Option<Self> {
        let (Some(chromium), Some(chromedriver)) =
            (environment("SEKISHO_CHROMIUM"), environment("SEKISHO_CHROMEDRIVER"))
        else {
            eprintln!("skipped: SEKISHO_CHROMIUM and SEKISHO_CHROMEDRIVER are not set");
            return None;
        };
        if !Path::new(env!("CARGO_BIN_EXE_sekisho")).with_file_name("sekisho-worker").exists() {
            eprintln!("skipped: sekisho-worker is not built beside sekisho");
            return None;
        }
        let city = city();
        let folder = tempfile::tempdir().unwrap();
        let [downloads, profile, samples] =
            ["downloads", "profile", "samples"].map(|name| folder.path().join(name));
        for made in [&downloads, &profile, &samples] {
            std::fs::create_dir(made).unwrap();
        }
        lay_out_samples(&samples);
        let driver = Driver::start(&chromedriver);
        let capabilities = capabilities(&chromium, &downloads, &profile, look);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .unwrap();
        if !look.handheld {
            client.set_window_size(look.width, look.height).await.unwrap();
        }
        Some(Self { client, _driver: driver, downloads, samples, _folder: folder, city })
    }

    /// A sample under the name a person gave it.
    pub(crate) fn sample(&self, name: &str) -> PathBuf {
        let path = self.samples.join(name);
        assert!(path.exists(), "{name}");
        path
    }
}

/// The samples of the demo, named as people name files.
const NAMES: [(&str, &str); 13] = [
    ("notice.docx", "停電のお知らせ.docx"),
    ("survey.docm", "住民アンケート調査票.docm"),
    ("budget.xlsx", "予算要求書.xlsx"),
    ("plan.pptx", "中心市街地計画案.pptx"),
    ("guide.pdf", "手続の手引.pdf"),
    ("photo.jpg", "現地写真.jpg"),
    ("map.png", "位置図.png"),
    ("residents.csv", "自治会一覧.csv"),
    ("memo.txt", "会議メモ.txt"),
    ("bundle.zip", "申請書類一式.zip"),
    ("locked.zip", "見積書.zip"),
    ("fake.pdf", "案内.pdf"),
    ("tool.zip", "入力補助.zip"),
];

/// The beginning of a drawing of Jw_cad, version 6.00: enough to be known as one, and nothing to draw.
pub(crate) const DRAWING: &[u8] = b"JwwData.\x58\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

fn lay_out_samples(folder: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    for (file, name) in NAMES {
        std::fs::copy(from.join(file), folder.join(name)).unwrap();
    }
    std::fs::write(folder.join("窓口の配置図.jww"), DRAWING).unwrap();
    let inner = folder.join("現地調査/写真");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::copy(from.join("photo.jpg"), inner.join("現地写真.jpg")).unwrap();
    std::fs::copy(from.join("memo.txt"), folder.join("現地調査/会議メモ.txt")).unwrap();
}

fn capabilities(chromium: &OsString, downloads: &Path, profile: &Path, look: Look) -> Capabilities {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--lang=ja",
        // The city is on this machine; nothing may ask any other.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ];
    let mut arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    let mut preferences = json!({
        "download.default_directory": downloads,
        "download.prompt_for_download": false,
        "credentials_enable_service": false,
        "intl.accept_languages": "ja",
    });
    if !look.script {
        preferences["profile.managed_default_content_settings.javascript"] = json!(2);
    }
    let mut options = json!({
        "binary": chromium.to_string_lossy(),
        "args": arguments,
        "prefs": preferences,
    });
    if look.handheld {
        options["mobileEmulation"] =
            json!({ "deviceMetrics": { "width": look.width, "height": look.height, "pixelRatio": 1 } });
    }
    let mut all = Capabilities::new();
    all.insert("browserName".to_owned(), json!("chrome"));
    all.insert("goog:chromeOptions".to_owned(), options);
    all.insert("unhandledPromptBehavior".to_owned(), json!("accept"));
    all
}

/// The program between the test and the browser.
struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    fn start(chromedriver: &OsString) -> Self {
        let mut child = program(chromedriver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let line = first_line(&mut child, 60, |line| line.contains("started successfully on port "));
        let port = line.rsplit(' ').next().unwrap().trim_end_matches('.').parse().unwrap();
        Self { child, port }
    }
}

impl Drop for Driver {
    /// Asked to stop, the driver ends its browser too; killed, it would leave it behind.
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let _ =
                stream.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
            let _ = stream.read(&mut [0; 512]);
        }
        for _ in 0..50 {
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
