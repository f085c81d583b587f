//! The server under test: started, spoken to, killed.
//!
//! Preparing a demo city takes seconds, so it is done once; every test gets a copy of the folder of a city whose
//! server was killed right after it had opened.

use std::{
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

use crate::http::{self, Answer};

/// A running server.
pub(crate) struct House {
    process: Child,
    invitation: Value,
    data: PathBuf,
}

#[expect(clippy::disallowed_methods, reason = "the test starts the program under test")]
fn sekisho() -> Command {
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
        let invitation = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{}", said(&e)));
        Self { process, invitation, data: data.to_owned() }
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

    /// The listener of a zone, as `host:port`.
    pub(crate) fn address(&self, zone: &str) -> String {
        let zones = self.invitation["zones"].as_array().unwrap();
        let url = zones.iter().find(|z| z["id"] == zone).unwrap()["url"].as_str().unwrap();
        url.trim_start_matches("http://").trim_end_matches('/').to_owned()
    }

    fn password(&self) -> &str {
        self.invitation["password"].as_str().unwrap()
    }

    /// Logs somebody in at a zone's listener.
    pub(crate) fn log_in(&self, login: &str, zone: &'static str) -> Person {
        let form = json!({ "login": login, "password": self.password() }).to_string();
        let headers = [("content-type", "application/json")];
        let answer =
            http::send(&self.address(zone), "POST", "/api/v1/session", &headers, form.as_bytes()).unwrap();
        answer.with(200);
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Person { zone, cookie, address: self.address(zone) }
    }

    /// The newest checkpoint.
    pub(crate) fn checkpoint(&self) -> String {
        let answer = http::send(&self.address("internet"), "GET", "/ledger/checkpoint", &[], &[]).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    }

    /// Exports the ledger of a folder, beside a server that may be running.
    pub(crate) fn export(data: &Path, to: &Path) {
        let output =
            sekisho().args(["ledger", "export", "--data"]).arg(data).arg("-o").arg(to).output().unwrap();
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
        fs::read_to_string(self.data.with_extension("log")).unwrap_or_default()
    }
}

fn text(output: &Output) -> String {
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
    address: String,
}

impl Person {
    /// The same session after the server was started again.
    pub(crate) fn at(&self, house: &House) -> Self {
        Self { address: house.address(self.zone), ..self.clone() }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    pub(crate) fn get(&self, path: &str) -> io::Result<Answer> {
        http::send(&self.address, "GET", path, &[("cookie", &self.cookie)], &[])
    }

    pub(crate) fn api(&self, path: &str) -> io::Result<Answer> {
        self.get(&format!("/api/v1{path}"))
    }

    pub(crate) fn post(&self, path: &str, form: &Value) -> io::Result<Answer> {
        let headers = [("cookie", self.cookie()), ("content-type", "application/json")];
        http::send(&self.address, "POST", &format!("/api/v1{path}"), &headers, form.to_string().as_bytes())
    }

    /// Submits files; each name goes into the request as the bytes it is.
    pub(crate) fn submit(&self, form: &Value, files: &[(Vec<u8>, Vec<u8>)]) -> io::Result<Answer> {
        let headers = [("cookie", self.cookie()), ("content-type", MULTIPART)];
        let mut body = first_part(form);
        for (name, bytes) in files {
            body.extend(file_head(name));
            body.extend(bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--XXsekishoXX--\r\n");
        http::send(&self.address, "POST", "/api/v1/transfers", &headers, &body)
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
