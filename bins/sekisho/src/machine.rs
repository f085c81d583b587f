//! A house as its own machine reads it: its database, its keys, its policy, its index of words, whether it runs or not.
//!
//! Owns where these lie. Leaves what is read of them to the commands.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use policy::Pack;
use store_sql::{Config as StoreConfig, SqlStore};

use crate::{config::Config, demo, house, keys::Keys};

/// Where the house is.
#[derive(Args)]
pub(crate) struct Place {
    /// 本番の設定ファイル
    #[arg(long, conflicts_with = "data")]
    config: Option<PathBuf>,
    /// デモのデータのフォルダー
    #[arg(long, default_value = demo::DATA)]
    data: PathBuf,
}

/// Where the house is, and the packs that it may run.
#[derive(Args)]
pub(crate) struct At {
    #[command(flatten)]
    place: Place,
    /// 方針パックのフォルダー
    #[arg(long, default_value = "policies")]
    policies: PathBuf,
}

/// What lies there.
struct Found {
    database: String,
    /// The folder of its keys.
    keys: PathBuf,
    /// The name of its ledger.
    ledger: String,
    /// The id of the pack that it began with.
    pack: String,
    /// The folder of its index of words.
    words: PathBuf,
}

impl Place {
    fn find(&self) -> anyhow::Result<Found> {
        Ok(match &self.config {
            Some(path) => {
                let config = Config::read(path)?;
                let words = config.words();
                let Config { database, keys, ledger, pack, .. } = config;
                Found { database, keys, ledger, pack, words }
            }
            None => {
                let (database, keys, ledger) = demo::place(&self.data)?;
                Found { database, keys, ledger, pack: demo::PACK.to_owned(), words: demo::words(&self.data) }
            }
        })
    }

    /// The database with the keys of the house and the name of its ledger.
    ///
    /// # Errors
    /// With what could not be opened.
    pub(crate) async fn ledger(&self) -> anyhow::Result<(SqlStore, Keys, String)> {
        let found = self.find()?;
        let keys = Keys::read(&found.keys)?;
        Ok((open(&found.database).await?, keys, found.ledger))
    }
}

async fn open(database: &str) -> anyhow::Result<SqlStore> {
    SqlStore::open(database, StoreConfig::default()).await.context("データベースを開けません")
}

/// What is read of it.
pub(crate) struct House {
    pub(crate) store: SqlStore,
    pub(crate) pack: Pack,
    /// The folder of its index of words.
    pub(crate) words: PathBuf,
}

impl House {
    /// # Errors
    /// With what could not be opened, and in which words that is wrong.
    pub(crate) async fn open(at: &At) -> anyhow::Result<Self> {
        let found = at.place.find()?;
        let store = open(&found.database).await?;
        let pack = house::policy(&store, &at.policies, &found.pack).await?.pack;
        Ok(Self { store, pack, words: found.words })
    }
}
