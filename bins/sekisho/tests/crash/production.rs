//! A house of production for the tests: prepared by `sekisho init`, with certificates of an authority of its own.
//!
//! Owns its folder and configuration. Leaves the running server to `house`.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName},
};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    house::{House, Person, sekisho, text},
    http::Road,
};

/// Every zone of the pack.
pub(crate) const ZONES: [&str; 3] = ["internet", "lgwan", "mynumber"];
/// The first administrator.
const ADMINISTRATOR: &str = "suzuki";
/// What everybody changes the first password to.
const PASSWORD: &str = "ame-nochi-hare-77";

/// A throw-away authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    /// Its certificate as a file's text.
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let (pem, der) = (certificate.pem(), certificate.der().clone());
        Self { issuer: Issuer::new(params, key), certificate: der, pem }
    }

    /// Certificate and key for a server of this name.
    pub(crate) fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// A client that believes this authority and no other.
    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }
}

pub(crate) fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The folder of a house, whether or not its server runs.
pub(crate) struct Office {
    folder: TempDir,
    pub(crate) authority: Authority,
}

impl Office {
    /// A folder with certificates and nothing else.
    pub(crate) fn bare() -> Self {
        let office = Self { folder: tempfile::tempdir().unwrap(), authority: Authority::new() };
        fs::create_dir(office.path("tls")).unwrap();
        for zone in ZONES {
            let (certificate, key) = office.authority.issue("127.0.0.1");
            fs::write(office.path(&format!("tls/{zone}.pem")), certificate.pem()).unwrap();
            office.write_secret(&format!("tls/{zone}.key"), &key.serialize_pem());
        }
        office
    }

    /// A folder with a configuration and certificates, not yet prepared.
    pub(crate) fn new(database: Option<&str>) -> Self {
        let office = Self::bare();
        let database = database.map(|url| format!("database = \"{url}\"\n")).unwrap_or_default();
        let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
        let mut text = format!(
            "format = 1\ndata = \"data\"\npack = \"hoshimi\"\nledger = \"hoshimi.example/test\"\n\
             policies = \"{}\"\n{database}",
            policies.display()
        );
        for zone in ZONES {
            text += &format!(
                "[listener.{zone}]\naddress = \"127.0.0.1:0\"\ncertificate = \"tls/{zone}.pem\"\n\
                 private_key = \"tls/{zone}.key\"\n"
            );
        }
        fs::create_dir(office.path("data")).unwrap();
        fs::write(office.config(), text).unwrap();
        office
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path("sekisho.toml")
    }

    /// A file that only its owner reads.
    pub(crate) fn write_secret(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// `sekisho init`, for an administrator in this section.
    pub(crate) fn init(&self, section: &str) -> Output {
        let person = ["--login", ADMINISTRATOR, "--name", "鈴木 望", "--kana", "すずき のぞみ"];
        sekisho()
            .args(["init", "--config"])
            .arg(self.config())
            .args(person)
            .args(["--section", section, "--post", "it-manager"])
            .output()
            .unwrap()
    }

    /// Prepares the house; the administrator's first password.
    pub(crate) fn prepare(&self) -> String {
        let output = self.init("digital");
        let said = text(&output);
        assert!(output.status.success(), "{said}");
        let line = said.lines().find(|line| line.contains("最初のパスワード")).expect(&said);
        line.rsplit_once(": ").unwrap().1.to_owned()
    }

    /// `sekisho serve` that is expected to end by itself.
    pub(crate) fn serve_in_vain(&self) -> Output {
        let mut child = sekisho()
            .args(["serve", "--config"])
            .arg(self.config())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It ends, or says that it has opened: then it must not go on for ever.
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        if !said.is_empty() {
            child.kill().unwrap();
        }
        let mut output = child.wait_with_output().unwrap();
        output.stdout = said.into_bytes();
        output
    }

    /// Starts the server and waits until it has opened.
    pub(crate) fn open(&self) -> House {
        let log = self.path("log");
        let appended = fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let mut process = sekisho()
            .args(["serve", "--config"])
            .arg(self.config())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(appended)
            .spawn()
            .unwrap();
        let client = self.authority.client();
        let mut roads = std::collections::BTreeMap::new();
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let Some((zone, url)) = line.split_once(" https://") else { break };
            let name = ServerName::try_from("127.0.0.1").unwrap();
            let address = url.trim_end_matches('/').to_owned();
            roads.insert(zone.to_owned(), Road { address, tls: Some((name, Arc::clone(&client))) });
        }
        let said = fs::read_to_string(&log).unwrap_or_default();
        assert_eq!(roads.keys().collect::<Vec<_>>(), ZONES, "the server did not open: {said}");
        House::opened(process, roads, log)
    }

    /// Somebody's first login: he changes his password.
    pub(crate) fn first_login(house: &House, login: &str, password: &str, zone: &'static str) -> Person {
        let (person, state) = house.log_in_with(login, password, zone);
        assert_eq!(state["must_change_password"], true, "{login}");
        let form = json!({ "old": password, "new": PASSWORD });
        person.send("PUT", "/me/password", &form).unwrap().with(204);
        Self::log_in(house, login, zone)
    }

    /// A later login.
    pub(crate) fn log_in(house: &House, login: &str, zone: &'static str) -> Person {
        let (person, state) = house.log_in_with(login, PASSWORD, zone);
        assert_eq!(state["must_change_password"], false, "{login}");
        person
    }

    /// The administrator's second factor: his session is good for everything after it.
    pub(crate) fn prove(administrator: &Person) {
        let begun = administrator.post("/me/second-factor", &json!({})).unwrap().with(200);
        let secret = totp_rs::Secret::try_from_base32(begun["secret_base32"].as_str().unwrap()).unwrap();
        #[expect(clippy::disallowed_methods, reason = "an authenticator application has a clock of its own")]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let code = totp_rs::Builder::new().with_secret(secret).build().unwrap().generate(now.as_secs());
        let form = json!({ "sealed": begun["sealed"], "code": code.to_string() });
        administrator.send("PUT", "/me/second-factor", &form).unwrap().with(204);
    }

    /// The house's first day: somebody who sends, somebody who receives, and the id of the latter.
    pub(crate) fn staff(house: &House, first_password: &str) -> (Person, Person, String) {
        let administrator = Self::first_login(house, ADMINISTRATOR, first_password, "lgwan");
        Self::prove(&administrator);
        let hire = |login: &str, name: &str, zone: &'static str| {
            let form = json!({ "login": login, "name": name, "kana": "しけん", "section": "residents" });
            let made = administrator.post("/people", &form).unwrap().with(201);
            let (id, password) = (made["id"].as_str().unwrap(), made["first_password"].as_str().unwrap());
            let post = json!({ "post": "staff", "unit": "residents" });
            administrator.post(&format!("/people/{id}/posts"), &post).unwrap().with(204);
            (Self::first_login(house, login, password, zone), id.to_owned())
        };
        let (sender, _) = hire("sakura", "桜田 花", "internet");
        let (recipient, id) = hire("momiji", "紅葉 実", "lgwan");
        (sender, recipient, id)
    }

    /// Exports the ledger and verifies it against a checkpoint that was shown.
    pub(crate) fn verify(&self, checkpoint: &str) {
        let (export, shown) = (self.path("export"), self.path("checkpoint"));
        House::export("--config", &self.config(), &export);
        fs::write(&shown, checkpoint).unwrap();
        House::verify(&export, &shown).unwrap();
    }
}
