//! State and evidence in SQLite or PostgreSQL behind [`app::ports::Store`].
//!
//! Owns the schema and its migrations, every SQL text, and the meaning of a database's errors. Both databases are
//! equals: one text serves both (`sql` holds the few that cannot, `db` the rest of the difference), and one suite
//! of tests runs on both. Leaves what may change, and what is evidence, to `app`.
//!
//! A change enters by [`SqlStore::begin`](app::ports::Store::begin) → `tx` → the module of its noun (`people`,
//! `access`, `transfers`, `requests`, `duties`, `training`, `registers`, `editions`, `jobs`, `evidence`) → `sql`; a list by the store → `lists` or `evidence` → `sql`. Evidence
//! that belongs to no other state is gathered in `append`. The load test fills a database by [`load`].

mod access;
mod append;
mod changes;
mod course_records;
mod db;
mod duties;
mod editions;
mod evidence;
mod home;
mod imports;
mod jobs;
mod lists;
pub mod load;
mod migrate;
mod notices;
mod patience;
mod people;
mod records;
mod registers;
mod requests;
mod rosters;
mod sql;
mod store;
#[cfg(test)]
mod tests;
mod training;
mod transfers;
mod tx;

use std::{path::PathBuf, time::Duration};

use app::ports::StoreError;

/// How a database is opened. Start from [`Config::default`].
#[derive(Debug, Clone)]
pub struct Config {
    /// Whether an SQLite file that is not there is made. Off unless asked for: a slip in the path would otherwise
    /// look like an empty city.
    pub create_if_missing: bool,
    /// Most connections that read from an SQLite file at once.
    pub readers_max: u32,
    /// Most connections to PostgreSQL.
    pub connections_max: u32,
    /// How long a call waits for a connection, the writer or a lock before it fails with
    /// [`StoreError::Unavailable`].
    pub wait_max: Duration,
    /// How long PostgreSQL may take to answer a statement before the call fails with [`StoreError::Unavailable`] and
    /// its connection is given up: a machine that vanished says nothing. Migrations may take longer.
    pub answer_max: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            create_if_missing: false,
            readers_max: 8,
            connections_max: 16,
            wait_max: Duration::from_secs(10),
            answer_max: Duration::from_secs(30),
        }
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is neither `sqlite:PATH` nor `postgres://…`.
    #[error("the database must be given as `sqlite:PATH` or `postgres://USER@HOST/NAME`")]
    Url,
    /// The SQLite file does not exist and was not asked to be made.
    #[error("there is no database file `{}`", .0.display())]
    Missing(PathBuf),
    /// It cannot be reached or is not a database.
    #[error("the database cannot be opened")]
    Connect(#[source] sqlx::Error),
}

/// Why a database was not brought to the shape that this program knows. It is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A newer program has been here: use that one, or restore the backup made before the upgrade.
    #[error("the database was written by a newer version (migration {version} `{name}`)")]
    Newer {
        /// Number of the unknown migration.
        version: i64,
        /// Its name.
        name: String,
    },
    /// The migration that was applied under this name is another one.
    #[error("the migration `{name}` of the database is not the one of this program")]
    Changed {
        /// Its name.
        name: &'static str,
    },
    /// The database refused.
    #[error("the migration failed")]
    Store(#[source] StoreError),
}

/// The store. Cheap to clone; all clones share the pools and the writer of evidence.
#[derive(Debug, Clone)]
pub struct SqlStore {
    db: db::Db,
    appender: append::Appender,
}

impl SqlStore {
    /// Opens `sqlite:PATH` or `postgres://USER[:PASSWORD]@HOST[:PORT]/NAME`, and starts the writer of evidence on the
    /// current Tokio runtime. Call [`SqlStore::migrate`] before anything else.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(url: &str, config: Config) -> Result<Self, OpenError> {
        let db = db::Db::open(url, &config).await?;
        Ok(Self { appender: append::Appender::start(db.clone()), db })
    }

    /// Brings the database to the shape that this program knows, in one transaction under a lock.
    ///
    /// # Errors
    /// [`MigrateError`]; the database is as it was.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        migrate::run(&self.db).await
    }

    /// How many commits the calls of [`append`](app::ports::Store::append) shared since the start, retries of single
    /// calls not counted.
    #[must_use]
    pub fn append_commits(&self) -> u64 {
        self.appender.commits.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Waits for what is under way and closes every connection. Later calls fail with [`StoreError::Unavailable`].
    pub async fn close(&self) {
        self.db.close().await;
    }
}
