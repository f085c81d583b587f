//! What registers need from the store.
//!
//! Owns the contracts, whose comments are binding, and the shapes of lists. Leaves the implementation to `store-sql`.

use async_trait::async_trait;
use workflow::{
    Millis,
    id::{SectionId, UserId},
    register::{History, Row, RowKey},
};

use crate::ports::StoreError;

/// Most conditions by which a list is narrowed.
pub const FILTERS_MAX: usize = 4;
/// Most words that are looked for.
pub const WORDS_MAX: usize = 4;

/// Which rows of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowStage {
    /// Rows that have not ended.
    InUse,
    /// Those of them that wait for the manager to classify them.
    Waiting,
    /// Rows in use that the rules of their register, which changed, would not take any more.
    Breaking,
    /// Rows that have ended.
    Ended,
}

impl RowStage {
    /// Every one.
    pub const ALL: [RowStage; 4] = [RowStage::InUse, RowStage::Waiting, RowStage::Breaking, RowStage::Ended];

    /// The word in addresses, the API and the store.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            RowStage::InUse => "in-use",
            RowStage::Waiting => "waiting",
            RowStage::Breaking => "breaking",
            RowStage::Ended => "ended",
        }
    }

    /// The one with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.id() == id)
    }
}

/// Whose rows a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowSight {
    /// All.
    All,
    /// Of these sections.
    Sections(Vec<SectionId>),
}

/// A condition of a list: the column has a key between these two, which are the same for one value. The keys are those of
/// [`workflow::register::Value::keys`]; of a column that is not filled the key is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFilter {
    /// The column.
    pub column: String,
    /// The least key.
    pub from: String,
    /// The greatest key.
    pub to: String,
}

/// A question for a list of rows, the highest number first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowQuery {
    /// Of which register.
    pub register: String,
    /// Whose.
    pub sight: RowSight,
    /// Which.
    pub stage: RowStage,
    /// All of them must hold; at most [`FILTERS_MAX`].
    pub filters: Vec<RowFilter>,
    /// Every one must occur among the row's words; in the normal form of spelling, at most [`WORDS_MAX`].
    pub words: Vec<String>,
    /// The number of the last row of the page before.
    pub after: Option<i64>,
    /// How many.
    pub limit: u32,
}

/// A page of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowPage {
    /// Highest number first.
    pub rows: Vec<Row>,
    /// Where the next page starts, when there is one.
    pub next: Option<i64>,
}

/// A row with what the store finds it by, and what its history says of this version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowEntry {
    /// The row as it is to be stored.
    pub row: Row,
    /// Column and key of each column that lists are narrowed by; an empty key where the column is not filled.
    pub keys: Vec<(String, String)>,
    /// Link column and row of every link.
    pub links: Vec<(String, RowKey)>,
    /// Column and key of each value that no other row in use may have.
    pub unique: Vec<(String, String)>,
    /// The words under which it is found.
    pub words: String,
    /// What happened.
    pub history: History,
}

/// How far the rows of a register were brought to the rules of the policy in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesMark {
    /// Names the rules: a digest.
    pub rules: String,
    /// The number of the last row that was looked at, from the highest down; `None`: all were.
    pub after: Option<i64>,
}

/// An entry of a row's history with the name of who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// The entry.
    pub entry: History,
    /// The name.
    pub by_name: Option<String>,
}

/// Conditions that somebody keeps under a name, for himself. No evidence: it changes nothing but a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFilter {
    /// Whose.
    pub user: UserId,
    /// Of which register.
    pub register: String,
    /// Its name.
    pub name: String,
    /// The conditions as an address has them.
    pub query: String,
    /// When it was last saved.
    pub saved_at: Millis,
}

/// Reading registers.
#[async_trait]
pub trait RegisterStore: Send + Sync {
    /// A row.
    async fn row(&self, key: &RowKey) -> Result<Option<Row>, StoreError>;
    /// Those of these rows that exist, in no order. Costs a step for each.
    async fn rows(&self, keys: &[RowKey]) -> Result<Vec<Row>, StoreError>;
    /// A list of rows. Without words it walks an index from the first to the last row of the page; with words, or with several
    /// conditions, it may pass over rows that do not fit, at most once over those of the register that fit the first condition.
    async fn row_list(&self, query: &RowQuery) -> Result<RowPage, StoreError>;
    /// How many rows of a register are at this stage, counted up to `cap`.
    async fn count_rows(
        &self,
        register: &str,
        sight: &RowSight,
        stage: RowStage,
        cap: u32,
    ) -> Result<u32, StoreError>;
    /// The history of a row before this version, the newest first.
    async fn row_history(
        &self,
        key: &RowKey,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<HistoryRow>, StoreError>;
    /// Rows that lead to this one, with the link column, by register, column and number.
    async fn rows_linking(&self, key: &RowKey, limit: u32) -> Result<Vec<(RowKey, String)>, StoreError>;
    /// Numbers of rows of a register that lead to this one over a link column, in ascending order.
    async fn rows_linking_over(
        &self,
        to: &RowKey,
        register: &str,
        column: &str,
        limit: u32,
    ) -> Result<Vec<i64>, StoreError>;
    /// The number of the row in use that has this key in a unique column.
    async fn unique_owner(&self, register: &str, column: &str, key: &str) -> Result<Option<i64>, StoreError>;
    /// How far the rows of a register were brought to its rules; `None`: never.
    async fn rules_mark(&self, register: &str) -> Result<Option<RulesMark>, StoreError>;
    /// Notes that all rows of a register stand under these rules, where nothing was noted yet. No evidence: nothing changes.
    async fn begin_rules(&self, register: &str, rules: &str) -> Result<(), StoreError>;
    /// What somebody saved for a register, by name.
    async fn saved_filters(&self, user: &UserId, register: &str) -> Result<Vec<SavedFilter>, StoreError>;
    /// Saves conditions, in place of those of the same name.
    async fn save_filter(&self, filter: &SavedFilter) -> Result<(), StoreError>;
    /// Forgets them; nothing happens when there are none.
    async fn forget_filter(&self, user: &UserId, register: &str, name: &str) -> Result<(), StoreError>;
}

/// Changing registers inside a transaction.
#[async_trait]
pub trait RegisterTx: Send {
    /// Takes numbers for new rows; the first of them. They are used or lost, never given again.
    async fn take_row_numbers(&mut self, register: &str, count: u32) -> Result<i64, StoreError>;
    /// A row as it is now, to be changed or to take a value from: nobody else changes it before this transaction ends.
    async fn row(&mut self, key: &RowKey) -> Result<Option<Row>, StoreError>;
    /// As [`RegisterStore::rows_linking_over`], inside the transaction.
    async fn rows_linking_over(
        &mut self,
        to: &RowKey,
        register: &str,
        column: &str,
        limit: u32,
    ) -> Result<Vec<i64>, StoreError>;
    /// As [`RegisterStore::unique_owner`], inside the transaction.
    async fn unique_owner(
        &mut self,
        register: &str,
        column: &str,
        key: &str,
    ) -> Result<Option<i64>, StoreError>;
    /// Whether a row of a register waits to be classified: of this section, or any.
    async fn rows_wait(&mut self, register: &str, section: Option<&SectionId>) -> Result<bool, StoreError>;
    /// Adds rows with the first entry of their history: thousands in a second.
    /// [`StoreError::Duplicate`]`("register-value")` when another row in use has a unique value, and
    /// [`StoreError::Duplicate`]`("row")` when a number is used.
    async fn add_rows(&mut self, rows: &[RowEntry]) -> Result<(), StoreError>;
    /// Replaces rows, each with another entry of its history; [`StoreError::Conflict`] unless each stored version is one less than
    /// the row's. Otherwise as [`RegisterTx::add_rows`].
    async fn change_rows(&mut self, rows: &[RowEntry]) -> Result<(), StoreError>;
    /// Writes anew what a row is found by, and nothing else: its version and its history stay. `breaking` marks it for
    /// [`RowStage::Breaking`], until it is changed. [`StoreError::Duplicate`] as for [`RegisterTx::add_rows`].
    async fn index_row(&mut self, row: &RowEntry, breaking: bool) -> Result<(), StoreError>;
    /// Notes how far the rows of a register were brought to its rules.
    async fn set_rules_mark(&mut self, register: &str, mark: &RulesMark) -> Result<(), StoreError>;
}
