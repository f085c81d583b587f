//! The server under test: started, spoken to, killed.
//!
//! Preparing a demo city takes seconds, so it is done once; every test gets a copy of the folder of a city whose
//! server was killed right after it had opened.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
    thread::sleep,
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{self, Answer, Road};

/// A running server.
pub(crate) struct House {
    process: Child,
    /// Its listeners.
    roads: BTreeMap<String, Road>,
    /// The demo's, for everybody; empty in a house of production.
    password: String,
    log: PathBuf,
}

#[expect(clippy::disallowed_methods, reason = "the test starts the program under test")]
pub(crate) fn sekisho() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sekisho"))
}

/// A variable that steers the tests.
#[expect(clippy::disallowed_methods, reason = "the tests are steered by the environment")]
pub(crate) fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Whether the cells can run here. Says so when not.
pub(crate) fn can_run() -> bool {
    let there = Path::new(env!("CARGO_BIN_EXE_sekisho")).with_file_name("sekisho-worker").is_file();
    if !there {
        eprintln!("skipped: sekisho-worker is not built; run `cargo build -p sekisho-worker` first");
    }
    there
}

/// A copy of a city that was prepared once and whose server was killed.
pub(crate) fn copy_of_a_city(to: &Path) {
    static CITY: OnceLock<TempDir> = OnceLock::new();
    let city = CITY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        House::open(&folder.path().join("city")).kill();
        folder
    });
    copy(&city.path().join("city"), to);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl House {
    /// Starts the server on a folder and waits until it has opened.
    pub(crate) fn open(data: &Path) -> Self {
        let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
        let log = data.with_extension("log");
        let log = fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut process = sekisho()
            .args(["demo", "--port", "0", "--json", "--data"])
            .arg(data)
            .arg("--policies")
            .arg(policies)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said = |e: &dyn std::fmt::Display| {
            let log = fs::read_to_string(data.with_extension("log")).unwrap_or_default();
            format!("the server did not open: {e}: {line}\n{log}")
        };
        let invitation: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{}", said(&e)));
        let road = |zone: &Value| {
            let url = zone["url"].as_str().unwrap();
            let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
            (zone["id"].as_str().unwrap().to_owned(), Road { address, tls: None })
        };
        Self {
            process,
            roads: invitation["zones"].as_array().unwrap().iter().map(road).collect(),
            password: invitation["password"].as_str().unwrap().to_owned(),
            log: data.with_extension("log"),
        }
    }

    /// A server that somebody else started.
    pub(crate) fn opened(process: Child, roads: BTreeMap<String, Road>, log: PathBuf) -> Self {
        Self { process, roads, password: String::new(), log }
    }

    /// Asks the server to end, as a service manager does.
    #[expect(clippy::disallowed_methods, reason = "the standard library sends no signal but the hard one")]
    pub(crate) fn ask_to_end(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        assert!(asked.unwrap().success());
    }

    /// Waits for a server that was asked to end; its exit code.
    pub(crate) fn wait(mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }

    /// Ends the server as a power cut would, as far as a process can. Its cells end when their pipes close.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// How the server ended, if it did by itself.
    pub(crate) fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.process.try_wait().unwrap()
    }

    /// The listener of a zone.
    pub(crate) fn road(&self, zone: &str) -> &Road {
        &self.roads[zone]
    }

    /// Logs somebody of the demo in at a zone's listener.
    pub(crate) fn log_in(&self, login: &str, zone: &'static str) -> Person {
        let (person, state) = self.log_in_with(login, &self.password, zone);
        assert_eq!(state["must_change_password"], false, "{login}");
        person
    }

    /// Logs somebody in with a password; what he must do first.
    pub(crate) fn log_in_with(&self, login: &str, password: &str, zone: &'static str) -> (Person, Value) {
        let form = json!({ "login": login, "password": password }).to_string();
        let headers = [("content-type", "application/json")];
        let road = self.road(zone).clone();
        let answer = http::send(&road, "POST", "/api/v1/session", &headers, form.as_bytes()).unwrap();
        let state = answer.with(200);
        let cookie = answer.header("set-cookie").unwrap();
        assert_eq!(cookie.contains("; Secure"), road.tls.is_some(), "{cookie}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        (Person { zone, cookie, road }, state)
    }

    /// The newest checkpoint.
    pub(crate) fn checkpoint(&self) -> String {
        let answer = http::send(self.road("internet"), "GET", "/ledger/checkpoint", &[], &[]).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    }

    /// Exports the ledger of a demo's folder (`--data`) or of a house of production (`--config`), beside a server that
    /// may be running.
    pub(crate) fn export(which: &str, place: &Path, to: &Path) {
        let output =
            sekisho().args(["ledger", "export", which]).arg(place).arg("-o").arg(to).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
    }

    /// Verifies an export that must continue an earlier checkpoint.
    pub(crate) fn verify(export: &Path, previous: &Path) -> Result<(), String> {
        let output = sekisho()
            .args(["ledger", "verify"])
            .arg(export)
            .arg("--previous")
            .arg(previous)
            .output()
            .unwrap();
        if output.status.success() { Ok(()) } else { Err(text(&output)) }
    }

    /// What the server said on standard error, all its lives together.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.stdout, &output.stderr].concat()).into_owned()
}

impl Drop for House {
    fn drop(&mut self) {
        // A test that failed must not leave a server behind; one that was killed before cannot be killed again.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Somebody who is logged in. Sessions outlive the server; its addresses do not.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) zone: &'static str,
    cookie: String,
    road: Road,
}

impl Person {
    /// The same session after the server was started again.
    pub(crate) fn at(&self, house: &House) -> Self {
        Self { road: house.road(self.zone).clone(), ..self.clone() }
    }

    pub(crate) fn address(&self) -> &str {
        &self.road.address
    }

    pub(crate) fn road(&self) -> &Road {
        &self.road
    }

    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    pub(crate) fn get(&self, path: &str) -> io::Result<Answer> {
        http::send(&self.road, "GET", path, &[("cookie", &self.cookie)], &[])
    }

    pub(crate) fn api(&self, path: &str) -> io::Result<Answer> {
        self.get(&format!("/api/v1{path}"))
    }

    pub(crate) fn post(&self, path: &str, form: &Value) -> io::Result<Answer> {
        self.send("POST", path, form)
    }

    pub(crate) fn send(&self, method: &str, path: &str, form: &Value) -> io::Result<Answer> {
        let headers = [("cookie", self.cookie()), ("content-type", "application/json")];
        http::send(&self.road, method, &format!("/api/v1{path}"), &headers, form.to_string().as_bytes())
    }

    /// Submits files; each name goes into the request as the bytes it is.
    pub(crate) fn submit(&self, form: &Value, files: &[(Vec<u8>, Vec<u8>)]) -> io::Result<Answer> {
        let headers = [("cookie", self.cookie()), ("content-type", MULTIPART)];
        let body = submission_body(form, files);
        http::send(&self.road, "POST", "/api/v1/transfers", &headers, &body)
    }

    /// The id of somebody who can be a recipient.
    pub(crate) fn candidate(&self, name: &str) -> String {
        let found = self.api(&format!("/candidates?text={name}")).unwrap().with(200);
        found["candidates"][0]["id"].as_str().unwrap().to_owned()
    }

    /// A transfer once no file of it waits for a cell any more.
    pub(crate) fn transfer_at_rest(&self, id: &str, seconds_max: u32) -> Value {
        for _ in 0..seconds_max * 10 {
            let transfer = self.api(&format!("/transfers/{id}")).unwrap().with(200);
            if transfer["state"] != "sanitising" {
                return transfer;
            }
            sleep(Duration::from_millis(100));
        }
        panic!("{id} did not come to rest in {seconds_max} s");
    }
}

pub(crate) const MULTIPART: &str = "multipart/form-data; boundary=XXsekishoXX";

/// A whole submission.
pub(crate) fn submission_body(form: &Value, files: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut body = first_part(form);
    for (name, bytes) in files {
        body.extend(file_head(name));
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--XXsekishoXX--\r\n");
    body
}

/// The part that says what is submitted.
pub(crate) fn first_part(form: &Value) -> Vec<u8> {
    format!("--XXsekishoXX\r\nContent-Disposition: form-data; name=\"transfer\"\r\n\r\n{form}\r\n")
        .into_bytes()
}

/// What stands before the bytes of a file.
pub(crate) fn file_head(name: &[u8]) -> Vec<u8> {
    let head = b"--XXsekishoXX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"";
    [head, name, b"\"\r\n\r\n"].concat()
}

/// A form of the inbound channel.
pub(crate) fn inbound(submission: &str, level: &str, recipient: &str) -> Value {
    json!({
        "submission": submission,
        "channel": "internet-to-lgwan",
        "subject": format!("障害試験 {submission}"),
        "purpose": "障害試験のため",
        "classification": level,
        "answers": { "origin": "県庁から電子メールで受領" },
        "recipients": [recipient],
    })
}

/// How many finished or unfinished blobs lie in a data folder.
pub(crate) fn stored_files(data: &Path) -> usize {
    fn below(path: &Path) -> usize {
        let entries = fs::read_dir(path).into_iter().flatten().map(|entry| entry.unwrap().path());
        entries.map(|path| if path.is_dir() { below(&path) } else { 1 }).sum()
    }
    below(&data.join("files"))
}
