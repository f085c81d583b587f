//! A small city on the shipped policy `hoshimi`: its people, and short words for what they do.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use app::{
    App, Error, PasswordCost, Ports,
    accounts::Login,
    actor::{Actor, Door},
    deciding::Ballot,
    model::{EvidenceQuery, EvidenceRow, PageRequest},
    ports::{BlobStore as _, Clock as _, Store},
    sanitising::CellSettings,
    sealing::LedgerReader,
    transfers::NewTransfer,
    uploads::UploadedFile,
};
use ledger::SigningKey;
use tempfile::TempDir;
use workflow::{
    Millis,
    id::{TransferId, UserId, ZoneId},
    route::{Verdict, Vouch},
    transfer::{Content, FileState, State, Transfer},
};

use crate::flaky::{Faults, FlakyBlobs, FlakyStore};
use test_city::{
    Ground, code_at,
    doubles::{Cell, GlassVault, TestClock},
    password,
};

/// Login, section, post, unit of the post.
const PEOPLE: &[test_city::Row] = &[
    ("hanako", "residents", "staff", Some("residents")),
    ("taro", "residents", "staff", Some("residents")),
    ("kacho", "residents", "section-manager", Some("residents")),
    ("hosa", "residents", "assistant-manager", Some("residents")),
    ("kakaricho", "residents", "chief", Some("residents")),
    ("fukushi", "welfare", "section-manager", Some("welfare")),
    ("digital", "digital", "it-manager", Some("digital")),
    ("tanto", "digital", "it-operator", Some("digital")),
    ("kansa", "general-affairs", "auditor", None),
    ("fukushicho", "general-affairs", "deputy-mayor", None),
];

/// Those whose roles ask for a second factor.
const STRONG: &[&str] = &[
    "kacho",
    "fukushi",
    "digital",
    "tanto",
    "kansa",
    "fukushicho",
    "bucho",
    "somu",
    "somukacho",
    "somubucho",
    "itkacho",
];

pub(crate) struct City {
    pub(crate) app: App,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) cell: Arc<Cell>,
    entropy: Arc<dyn app::ports::Entropy>,
    pub(crate) store: Arc<FlakyStore>,
    pub(crate) blobs: Arc<FlakyBlobs>,
    ids: BTreeMap<&'static str, UserId>,
    factors: Mutex<HashMap<String, (String, Millis)>>,
    sessions: Mutex<HashMap<(String, String), String>>,
    /// Everything that must never be in evidence.
    pub(crate) secrets: Mutex<Vec<String>>,
    forms: AtomicUsize,
    dir: TempDir,
}

pub(crate) fn door(zone: &str) -> Door {
    Door { zone: ZoneId::new(zone), address: "192.0.2.7".to_owned() }
}

pub(crate) fn content(level: &str, to: &[UserId]) -> Content {
    let answers = [("origin", "県庁"), ("recipient", "印刷会社"), ("protection", "暗号化して送る")];
    Content {
        subject: "申請書の様式".to_owned(),
        purpose: "窓口で使うため".to_owned(),
        classification: level.to_owned(),
        personal_data: false,
        answers: answers.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        recipients: to.to_vec(),
    }
}

/// The shipped policy with this text as another file of its folder.
fn more(toml: &str) -> Vec<policy::SourceFile> {
    let mut files = test_city::policies();
    if !toml.is_empty() {
        let text = format!("format = 1\n{toml}");
        files.push(policy::SourceFile { path: "hoshimi/more.toml".to_owned(), text });
    }
    files
}

fn opened(ports: Ports, policies: Vec<policy::SourceFile>) -> App {
    let text = policy::EditionText::new("hoshimi", policies, &[]).unwrap();
    let pack = text.resolve().unwrap_or_else(|problems| panic!("{problems:#?}")).pack;
    let key = SigningKey::from_seed("hoshimi.example/log", &[9; 32]).unwrap();
    let app = App::open(ports, pack, key, PasswordCost::WeakForTestPurposesOnly).unwrap();
    app.runs(text, None);
    app
}

impl City {
    pub(crate) async fn open() -> Self {
        Self::open_with("").await
    }

    /// The same, with something more written in its policy: the text of another file of its folder.
    pub(crate) async fn open_with(toml: &str) -> Self {
        Self::open_on(more(toml)).await
    }

    /// The same on other files, whose topmost folder is called hoshimi and has the sections of that city.
    pub(crate) async fn open_on(policies: Vec<policy::SourceFile>) -> Self {
        let Ground { dir, clock, entropy, cell, store, blobs } = Ground::open().await;
        let store = Arc::new(FlakyStore { real: store, faults: Arc::new(Faults::default()) });
        let blobs = Arc::new(FlakyBlobs {
            real: Arc::new(blobs),
            vanish: Arc::default(),
            clock: Arc::clone(&clock),
            faults: Arc::new(Faults::default()),
            finished: Arc::default(),
        });
        let ports = Ports {
            store: store.clone(),
            blobs: blobs.clone(),
            sanitiser: cell.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            vault: Arc::new(GlassVault),
            policies: policies.clone().into(),
            printer: None,
        };
        let app = opened(ports, policies);
        let ids = test_city::settle(&app, PEOPLE).await;
        let secrets = PEOPLE.iter().map(|(login, ..)| password(login)).collect();
        Self {
            app,
            clock,
            cell,
            entropy,
            store,
            blobs,
            ids,
            factors: Mutex::default(),
            sessions: Mutex::default(),
            secrets: Mutex::new(secrets),
            forms: AtomicUsize::new(0),
            dir,
        }
    }

    /// Opens the house again, with something else written in its policy.
    pub(crate) fn govern(&mut self, toml: &str) {
        let policies = more(toml);
        let ports = Ports {
            store: self.store.clone(),
            blobs: self.blobs.clone(),
            sanitiser: self.cell.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            vault: Arc::new(GlassVault),
            policies: policies.clone().into(),
            printer: None,
        };
        self.app = opened(ports, policies);
    }

    /// More people, for those tests that need them.
    pub(crate) async fn settle(&mut self, people: &[test_city::Row]) {
        self.secrets.lock().unwrap().extend(people.iter().map(|(login, ..)| password(login)));
        self.ids.extend(test_city::settle(&self.app, people).await);
    }

    pub(crate) fn id(&self, login: &str) -> UserId {
        self.ids[login].clone()
    }

    pub(crate) fn id_of(&self, login: &str) -> &UserId {
        &self.ids[login]
    }

    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    pub(crate) fn pass(&self, time: Millis) {
        self.clock.pass(time);
    }

    pub(crate) fn keep_secret(&self, secret: &str) {
        self.secrets.lock().unwrap().push(secret.to_owned());
    }

    /// The database's file.
    pub(crate) fn database(&self) -> std::path::PathBuf {
        test_city::database(&self.dir)
    }

    pub(crate) async fn login(&self, login: &str, zone: &str) -> Login {
        let opened = self.app.login(&door(zone), login, &password(login)).await.unwrap();
        self.keep_secret(&opened.secret);
        opened
    }

    /// A code of this person that was not used yet; waits for the next one if it must.
    pub(crate) fn code(&self, login: &str) -> String {
        let mut factors = self.factors.lock().unwrap();
        let (secret, last) = factors.get_mut(login).unwrap();
        if self.now() / 30_000 <= *last {
            self.clock.pass(30_000);
        }
        *last = self.now() / 30_000;
        code_at(secret, self.now())
    }

    /// Sets up a second factor in this session.
    pub(crate) async fn enrol(&self, actor: &Actor, secret: &str) {
        let enrolment = self.app.begin_second_factor(actor).await.unwrap();
        self.keep_secret(&enrolment.secret_base32);
        let login = actor.user().login.clone();
        let fresh = (enrolment.secret_base32, self.now() / 30_000 - 1);
        self.factors.lock().unwrap().insert(login.clone(), fresh);
        let code = self.code(&login);
        self.app.confirm_second_factor(actor, secret, &enrolment.sealed, &code).await.unwrap();
    }

    /// This person at this listener, as strongly proven as his roles ask for.
    pub(crate) async fn at(&self, login: &str, zone: &str) -> Actor {
        let place = (login.to_owned(), zone.to_owned());
        let known = self.sessions.lock().unwrap().get(&place).cloned();
        if let Some(secret) = known {
            match self.app.resume(&door(zone), &secret).await {
                Ok(actor) => return actor,
                Err(Error::SessionEnded) => {}
                Err(error) => panic!("{error}"),
            }
        }
        let opened = self.login(login, zone).await;
        let mut secret = opened.secret;
        if opened.needs_code {
            secret = self.app.second_factor(&door(zone), &secret, &self.code(login)).await.unwrap();
            self.keep_secret(&secret);
        } else if STRONG.contains(&login) {
            let weak = self.app.resume(&door(zone), &secret).await.unwrap();
            self.enrol(&weak, &secret).await;
        }
        self.sessions.lock().unwrap().insert(place, secret.clone());
        self.app.resume(&door(zone), &secret).await.unwrap()
    }

    pub(crate) async fn upload(
        &self,
        actor: &Actor,
        channel: &str,
        name: &str,
        bytes: &[u8],
    ) -> app::Result<UploadedFile> {
        let mut upload = self.app.begin_file(actor, channel, name, "").await?;
        upload.write(bytes).await?;
        upload.finish().await
    }

    /// Uploads files with these texts and submits them.
    pub(crate) async fn submit(
        &self,
        actor: &Actor,
        channel: &str,
        content: Content,
        texts: &[&str],
    ) -> app::Result<TransferId> {
        let new = self.form(actor, channel, content, texts).await?;
        self.app.submit(actor, new).await
    }

    /// A form that is filled in and not yet sent.
    pub(crate) async fn form(
        &self,
        actor: &Actor,
        channel: &str,
        content: Content,
        texts: &[&str],
    ) -> app::Result<NewTransfer> {
        let mut files = Vec::new();
        for (n, text) in texts.iter().enumerate() {
            files.push(self.upload(actor, channel, &format!("{n}.txt"), text.as_bytes()).await?);
        }
        // Unique, and the same in every run.
        let submission = format!("{}-{}", actor.user().login, self.forms.fetch_add(1, Ordering::SeqCst));
        Ok(NewTransfer { submission, channel: channel.to_owned(), content, files, passwords: Vec::new() })
    }

    /// Hanako sends these texts inwards to Taro, and the cell has looked at them.
    pub(crate) async fn inbound(&self, level: &str, texts: &[&str]) -> TransferId {
        let hanako = self.at("hanako", "internet").await;
        let to = [self.id("taro")];
        let id = self.submit(&hanako, "internet-to-lgwan", content(level, &to), texts).await.unwrap();
        self.drain().await;
        id
    }

    /// Hanako sends a file while no cell can be started; after a while one can.
    pub(crate) async fn inbound_without_cells(&self) -> TransferId {
        let hanako = self.at("hanako", "internet").await;
        let to = [self.id("taro")];
        let waiting = &["clean waiting"];
        let id = self.submit(&hanako, "internet-to-lgwan", content("c1", &to), waiting).await.unwrap();
        self.cell.absent.store(true, Ordering::SeqCst);
        assert!(self.app.drain_cells(CellSettings::default()).await.is_err());
        self.cell.absent.store(false, Ordering::SeqCst);
        self.pass(10_000);
        self.drain().await;
        id
    }

    pub(crate) async fn drain(&self) -> usize {
        self.app.drain_cells(CellSettings::default()).await.unwrap()
    }

    /// The transfer as it is stored.
    pub(crate) async fn stored(&self, id: &TransferId) -> Transfer {
        self.store.real.transfer(id).await.unwrap().unwrap()
    }

    pub(crate) async fn state(&self, id: &TransferId) -> State {
        self.stored(id).await.state
    }

    /// Looks at a transfer and decides what was seen.
    pub(crate) async fn decide(&self, actor: &Actor, id: &TransferId, verdict: Verdict) -> app::Result<()> {
        let seen = self.app.transfer(actor, id).await?;
        let vouches = self.vouches(&seen.transfer);
        let ballot = Ballot {
            vouches: &vouches,
            stands_in_for: seen.may.decide_for.as_ref(),
            ..Ballot::new(verdict, "確認しました", &seen.content_hash)
        };
        self.app.decide(actor, id, &ballot).await
    }

    /// A word for each file that passes unchanged.
    pub(crate) fn vouches(&self, transfer: &Transfer) -> Vec<Vouch> {
        let unchanged = transfer.files.iter().filter(|f| f.state == FileState::Inspected);
        unchanged
            .map(|f| Vouch {
                file: f.id.clone(),
                sha256: f.original.as_ref().map(|o| o.sha256.clone()).unwrap_or_default(),
                note: "開いて全体を見ました".to_owned(),
            })
            .collect()
    }

    /// Opens the original of a file and reads it to its end.
    pub(crate) async fn open_original(
        &self,
        actor: &Actor,
        id: &TransferId,
        file: usize,
    ) -> app::Result<Vec<u8>> {
        use tokio::io::AsyncReadExt as _;
        let file = self.stored(id).await.files[file].id.clone();
        let mut original = self.app.open_original(actor, id, &file).await?;
        let mut bytes = Vec::new();
        original.reader.read_to_end(&mut bytes).await.unwrap();
        Ok(bytes)
    }

    /// Every entry of evidence, oldest first, sealed or not.
    pub(crate) async fn evidence(&self) -> Vec<EvidenceRow> {
        let mut rows = Vec::new();
        let mut after = None;
        loop {
            let query =
                EvidenceQuery { page: Some(PageRequest { after, limit: 200 }), ..EvidenceQuery::default() };
            let page = self.store.real.evidence(&query).await.unwrap();
            rows.extend(page.rows);
            after = page.next;
            if after.is_none() {
                rows.reverse();
                return rows;
            }
        }
    }

    /// The kinds of the entries about one thing, oldest first.
    pub(crate) async fn kinds(&self, subject: &str) -> Vec<String> {
        let rows = self.evidence().await;
        rows.into_iter().filter(|r| r.entry.subject_id == subject).map(|r| r.entry.kind).collect()
    }

    pub(crate) async fn last_kind(&self) -> String {
        self.evidence().await.pop().unwrap().entry.kind
    }

    /// Seals, exports as the operator at the machine does and verifies with the key.
    pub(crate) async fn verify(&self) -> ledger::bundle::Verification {
        while self.app.seal().await.unwrap() > 0 {}
        let mut files = BTreeMap::new();
        let store: Arc<dyn Store> = self.store.clone();
        LedgerReader::new(store, self.app.vkey().clone())
            .export(|file| {
                files.insert(file.path, file.bytes);
                Ok(())
            })
            .await
            .unwrap();
        let trust = ledger::bundle::Trust { vkey: Some(self.app.vkey().clone()), previous: None };
        let verification = ledger::bundle::verify(&files, &trust).unwrap();
        assert!(verification.is_verified(), "{:#?}", verification.problems);
        verification
    }

    pub(crate) async fn has_blob(&self, stored: &workflow::transfer::Stored) -> bool {
        self.blobs.exists(&stored.zone, &stored.blob).await
    }

    /// Housekeeping until every part of the blobs was looked through.
    pub(crate) async fn tidy_all(&self) -> app::housekeeping::Tidied {
        let mut all = app::housekeeping::Tidied::default();
        for _ in 0..256 {
            let one = self.app.tidy().await.unwrap();
            all.overdue += one.overdue;
            all.erased += one.erased;
            all.payloads += one.payloads;
            all.swept += one.swept;
        }
        all
    }

    pub(crate) async fn open_blob(&self, stored: &workflow::transfer::Stored) -> Vec<u8> {
        use tokio::io::AsyncReadExt as _;
        let mut bytes = Vec::new();
        let mut reader = self.blobs.open(&stored.zone, &stored.blob).await.unwrap();
        reader.read_to_end(&mut bytes).await.unwrap();
        bytes
    }
}
