//! A house as its own machine reads it: its database, its policy, its index of words, whether it runs or not.
//!
//! Owns where these lie. Leaves what is read of them to the commands.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use policy::Pack;
use store_sql::{Config as StoreConfig, SqlStore};

use crate::{config::Config, demo, house};

/// Where the house is.
#[derive(Args)]
pub(crate) struct At {
    /// 本番の設定ファイル
    #[arg(long, conflicts_with = "data")]
    config: Option<PathBuf>,
    /// デモのデータのフォルダー
    #[arg(long, default_value = demo::DATA)]
    data: PathBuf,
    /// 方針パックのフォルダー
    #[arg(long, default_value = "policies")]
    policies: PathBuf,
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
        let (database, pack, words) = match &at.config {
            Some(path) => {
                let config = Config::read(path)?;
                let words = config.words();
                (config.database, config.pack, words)
            }
            None => (demo::place(&at.data)?.0, demo::PACK.to_owned(), demo::words(&at.data)),
        };
        let store =
            SqlStore::open(&database, StoreConfig::default()).await.context("データベースを開けません")?;
        let pack = house::policy(&store, &at.policies, &pack).await?.pack;
        Ok(Self { store, pack, words })
    }
}
