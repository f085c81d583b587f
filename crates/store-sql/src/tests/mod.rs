//! The tests of this package: one suite that runs on both databases, the plans of every list, and crashes.
//!
//! SQLite needs nothing. PostgreSQL runs when `SEKISHO_TEST_POSTGRES` holds the URL of a server on which databases
//! may be made; otherwise its half says that it is skipped.

mod conformance;
mod crash;
mod plans;
mod round_trip;
mod samples;
mod statements;

use std::sync::atomic::{AtomicU32, Ordering};

use crate::{
    Config, SqlStore,
    db::{Db, Link, args},
};

/// A fresh database, and what must be thrown away after it.
pub(super) struct World {
    pub(super) store: SqlStore,
    dir: tempfile::TempDir,
    /// The server and the name of the database there.
    postgres: Option<(String, String)>,
}

impl World {
    pub(super) async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&format!("sqlite:{}", dir.path().join("city.db").display())).await;
        migrate_twice(&store).await;
        Self { store, dir, postgres: None }
    }

    /// `None`, said aloud, when there is no server.
    pub(super) async fn postgres() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        #[expect(clippy::disallowed_methods, reason = "tests are configured by the environment")]
        let Ok(server) = std::env::var("SEKISHO_TEST_POSTGRES") else {
            eprintln!("skipped: SEKISHO_TEST_POSTGRES is not set");
            return None;
        };
        let name = format!("sekisho_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        admin(&server, format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await;
        let (base, _) = server.rsplit_once('/').unwrap();
        let store = open(&format!("{base}/{name}")).await;
        migrate_twice(&store).await;
        Some(Self { store, dir: tempfile::tempdir().unwrap(), postgres: Some((server, name)) })
    }

    pub(super) fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    pub(super) fn db(&self) -> &Db {
        &self.store.db
    }

    /// Where the database is, on PostgreSQL.
    pub(super) fn url(&self) -> Option<String> {
        let (server, name) = self.postgres.as_ref()?;
        let (base, _) = server.rsplit_once('/')?;
        Some(format!("{base}/{name}"))
    }

    /// Ends every connection of this world from the side of the server.
    pub(super) async fn cut_connections(&self) {
        if let Some((server, name)) = &self.postgres {
            let statement =
                format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
            admin(server, statement).await;
        }
    }

    pub(super) async fn end(self) {
        self.store.close().await;
        if let Some((server, name)) = self.postgres {
            admin(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

/// As two programs that start together do: one waits for the other.
async fn migrate_twice(store: &SqlStore) {
    let (one, other) = futures::join!(store.migrate(), store.migrate());
    one.unwrap();
    other.unwrap();
}

pub(super) async fn open(url: &str) -> SqlStore {
    SqlStore::open(url, Config { create_if_missing: true, ..Config::default() }).await.unwrap()
}

async fn admin(server: &str, statement: String) {
    use sqlx::Connection as _;
    let mut connection = sqlx::PgConnection::connect(server).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Makes of each `async fn name(world: &World)` one test for each database.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let world = crate::tests::World::sqlite().await;
                super::$name(&world).await;
                world.end().await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let Some(world) = crate::tests::World::postgres().await else { return };
                super::$name(&world).await;
                world.end().await;
            })+
        }
    };
}
use on_both;

/// Asserts what a result looks like, and shows what it was instead.
macro_rules! assert_matches {
    ($value:expr, $pattern:pat $(if $guard:expr)?) => {{
        let value = $value;
        assert!(matches!(&value, $pattern $(if $guard)?), "{value:?}");
    }};
}
use assert_matches;

/// Runs a statement that only tests need.
pub(super) async fn show(db: &Db, statement: String) -> Vec<String> {
    show_on(&mut db.reader().await.unwrap(), statement).await
}

/// As [`show`], on a connection that keeps what was set on it.
pub(super) async fn show_on(link: &mut Link, statement: String) -> Vec<String> {
    let sql = crate::sql::Sql { name: "test", lite: String::leak(statement), pg: "" };
    let sql = crate::sql::Sql { pg: sql.lite, ..sql };
    link.conn().rows(&sql, &args![]).await.unwrap().iter().map(crate::db::Row::show).collect()
}
