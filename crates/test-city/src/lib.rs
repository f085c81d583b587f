//! A small city for tests: the shipped policy, a real database and real files in a temporary folder, a few people, and
//! stand-ins for time, randomness, secrets and the cell.
//!
//! Owns what the tests of several packages need alike. Leaves faults, routers and short words for calls to them.
//! A dependency for tests only; `cargo xtask tidy` sees to that.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "linked into tests only: what fails here is a failed test"
)]

pub mod doubles;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use app::{App, people::NewPerson};
use doubles::{Cell, Counter, TestClock};
use policy::{EditionText, Pack, SourceFile};
use store_blob::{LocalBlobs, MasterSecret};
use store_sql::{Config, SqlStore};
use tempfile::TempDir;
use totp_rs::{Builder, Secret};
use workflow::{
    Millis,
    id::{SectionId, UserId},
};

/// Someone to register: login, section, post, unit of the post.
pub type Row = (&'static str, &'static str, &'static str, Option<&'static str>);

/// The ground a city stands on.
pub struct Ground {
    /// The folder; it goes with this value.
    pub dir: TempDir,
    /// Time.
    pub clock: Arc<TestClock>,
    /// Randomness.
    pub entropy: Arc<Counter>,
    /// The cell.
    pub cell: Arc<Cell>,
    /// A migrated SQLite database.
    pub store: SqlStore,
    /// Files on disk.
    pub blobs: LocalBlobs,
}

impl Ground {
    /// Prepares an empty one.
    pub async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let entropy = Arc::new(Counter::default());
        let config = Config { create_if_missing: true, ..Config::default() };
        let url = format!("sqlite:{}", database(&dir).display());
        let store = SqlStore::open(&url, config).await.unwrap();
        store.migrate().await.unwrap();
        let secret = MasterSecret::new([7; 32]);
        let blobs = LocalBlobs::open(&dir.path().join("blobs"), secret, entropy.clone()).unwrap();
        Self { dir, clock: Arc::default(), entropy, cell: Arc::default(), store, blobs }
    }
}

/// The database's file.
#[must_use]
pub fn database(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("city.db")
}

/// The policy `hoshimi` as it is shipped.
#[must_use]
pub fn pack() -> Pack {
    text().resolve().unwrap().pack
}

/// The whole text of it.
#[must_use]
pub fn text() -> EditionText {
    EditionText::new("hoshimi", policies(), &[]).unwrap()
}

/// The files of `hoshimi` and of what it stands on, as they are shipped.
#[must_use]
pub fn policies() -> Vec<SourceFile> {
    layers(&["base", "guideline", "hoshimi"])
}

/// The files of these folders of the shipped policies.
#[must_use]
pub fn layers(folders: &[&str]) -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut files = Vec::new();
    for layer in folders {
        for entry in std::fs::read_dir(root.join(layer)).unwrap() {
            let entry = entry.unwrap();
            files.push(SourceFile {
                path: format!("{layer}/{}", entry.file_name().to_string_lossy()),
                text: std::fs::read_to_string(entry.path()).unwrap(),
            });
        }
    }
    files
}

/// Loads the organisation and registers people with their posts.
pub async fn settle(app: &App, people: &[Row]) -> BTreeMap<&'static str, UserId> {
    app.load_organisation().await.unwrap();
    let mut ids = BTreeMap::new();
    for (login, section, post, unit) in people {
        let new = NewPerson {
            login: (*login).to_owned(),
            name: format!("{login}さん"),
            kana: (*login).to_owned(),
            section: SectionId::new(*section),
        };
        let id = app.install_person(new, &password(login), false).await.unwrap();
        app.install_post(&id, post, *unit).await.unwrap();
        ids.insert(*login, id);
    }
    ids
}

/// The password of everybody with this login.
#[must_use]
pub fn password(login: &str) -> String {
    format!("Sakura-7-michi-{}", login.chars().rev().collect::<String>())
}

/// The one-time code of this secret at that moment.
#[must_use]
pub fn code_at(secret_base32: &str, now: Millis) -> String {
    let secret = Secret::try_from_base32(secret_base32).unwrap();
    let totp = Builder::new().with_secret(secret).with_skew(1).with_step_duration(30).build().unwrap();
    totp.generate(u64::try_from(now / 1_000).unwrap()).to_string()
}
