//! Two databases behind one set of calls: connections, transactions, values, rows and the meaning of errors.
//!
//! Owns everything that knows which of the two is in use, besides the migrations and the few texts in [`crate::sql`]
//! that differ. Leaves what is asked to `sql` and what it means to the modules named for nouns.

use std::{fmt::Write as _, path::Path};

use app::ports::StoreError;
use sqlx::{
    AssertSqlSafe, Connection as _, Decode, PgConnection, PgPool, Postgres, Row as _, SqlSafeStr, Sqlite,
    SqliteConnection, SqlitePool, Transaction, Type,
    error::ErrorKind,
    pool::PoolConnection,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
    query::Query,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
        SqliteSynchronous,
    },
};

use crate::{
    Config, OpenError,
    patience::Patience,
    sql::{Bulk, Sql},
};

/// The pools. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) enum Db {
    /// SQLite has one writer at a time, so there is one writing connection: waiting for it is a fair queue in the
    /// pool instead of busy retries in the file. Readers see the last commit (WAL) and never wait.
    Lite { read: SqlitePool, write: SqlitePool },
    /// PostgreSQL, with how long an answer may take.
    Pg(PgPool, Patience),
}

impl Db {
    pub(crate) async fn open(url: &str, config: &Config) -> Result<Self, OpenError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            Self::open_lite(Path::new(path.strip_prefix("//").unwrap_or(path)), config).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::open_pg(url, config).await
        } else {
            Err(OpenError::Url)
        }
    }

    async fn open_lite(path: &Path, config: &Config) -> Result<Self, OpenError> {
        if path.as_os_str().is_empty() {
            return Err(OpenError::Url);
        }
        if !config.create_if_missing && !path.exists() {
            return Err(OpenError::Missing(path.to_owned()));
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(config.create_if_missing)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit is on the disk when it returns, also after a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // Other processes (a backup, a command line tool) may hold the file for a moment.
            .busy_timeout(config.wait_max)
            .pragma("cache_size", "-32768");
        let writing = options
            .clone()
            // Erased payloads leave no copy in free pages. The write-ahead log is overwritten by later commits.
            .pragma("secure_delete", "ON")
            .pragma("journal_size_limit", "67108864");
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(is_outside_transaction(connection)))
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(config.wait_max)
            .connect_with(writing)
            .await
            .map_err(OpenError::Connect)?;
        let read = SqlitePoolOptions::new()
            .max_connections(config.readers_max)
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(is_outside_transaction(connection)))
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(config.wait_max)
            .connect_with(options.pragma("query_only", "ON"))
            .await
            .map_err(OpenError::Connect)?;
        Ok(Self::Lite { read, write })
    }

    async fn open_pg(url: &str, config: &Config) -> Result<Self, OpenError> {
        let wait = format!("{}ms", config.wait_max.as_millis());
        let options = url
            .parse::<PgConnectOptions>()
            .map_err(|_| OpenError::Url)?
            .application_name("sekisho")
            // A lock that does not come is an error that the caller can tell, not a hanging request.
            .options([("lock_timeout", wait.as_str()), ("idle_in_transaction_session_timeout", "60s")]);
        let patience = Patience(config.answer_max);
        let pool = PgPoolOptions::new()
            .max_connections(config.connections_max)
            .acquire_timeout(config.wait_max)
            // Without this a connection to a machine that vanished keeps its place in the pool for as long as the kernel
            // hopes, a quarter of an hour, after whoever used it gave up.
            .after_release(move |connection, _| Box::pin(async move { patience.alive(connection).await }))
            .connect_with(options)
            .await
            .map_err(OpenError::Connect)?;
        Ok(Self::Pg(pool, patience))
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Lite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Pg(pool, patience) => patience.closed(pool).await,
        }
    }

    /// A connection for single reads, each its own snapshot.
    pub(crate) async fn reader(&self) -> Result<Link, StoreError> {
        Ok(match self {
            Self::Lite { read, .. } => Link::Lite(read.acquire().await.map_err(failed)?),
            Self::Pg(pool, patience) => Link::Pg(pool.acquire().await.map_err(failed)?, *patience),
        })
    }

    /// A connection for single writes outside a transaction.
    pub(crate) async fn writer(&self) -> Result<Link, StoreError> {
        Ok(match self {
            Self::Lite { write, .. } => Link::Lite(write.acquire().await.map_err(failed)?),
            Self::Pg(pool, patience) => Link::Pg(pool.acquire().await.map_err(failed)?, *patience),
        })
    }

    /// Several reads that see the same moment.
    pub(crate) async fn snapshot(&self) -> Result<Changes, StoreError> {
        Ok(match self {
            Self::Lite { read, .. } => Changes::Lite(read.begin().await.map_err(failed)?),
            Self::Pg(pool, patience) => Changes::Pg(
                patience.answer(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")).await?,
                *patience,
            ),
        })
    }

    /// Several writes that become durable together. On SQLite this is the one writer; on PostgreSQL rows are locked
    /// as they are read for change.
    pub(crate) async fn changes(&self) -> Result<Changes, StoreError> {
        Ok(match self {
            Self::Lite { write, .. } => {
                Changes::Lite(write.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?)
            }
            Self::Pg(pool, patience) => Changes::Pg(
                patience.answer(pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED")).await?,
                *patience,
            ),
        })
    }
}

/// Whether a connection may be used again. When the disk is full or fails, SQLite undoes the transaction by itself;
/// the driver's own ROLLBACK then fails, and it believes for ever to be inside. Such a connection is thrown away.
async fn is_outside_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // An undoing that was queued when a transaction was dropped has happened once this answers.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// A connection out of a pool.
pub(crate) enum Link {
    Lite(PoolConnection<Sqlite>),
    Pg(PoolConnection<Postgres>, Patience),
}

impl Link {
    pub(crate) fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Lite(c) => Conn::Lite(c),
            Self::Pg(c, patience) => Conn::Pg(c, *patience),
        }
    }
}

/// A transaction; dropping it undoes everything.
pub(crate) enum Changes {
    Lite(Transaction<'static, Sqlite>),
    Pg(Transaction<'static, Postgres>, Patience),
}

impl Changes {
    pub(crate) fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Lite(c) => Conn::Lite(c),
            Self::Pg(c, patience) => Conn::Pg(c, *patience),
        }
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Lite(c) => c.commit().await.map_err(failed),
            // When the answer does not come nobody knows whether it is committed: not a success.
            Self::Pg(c, patience) => patience.answer(c.commit()).await,
        }
    }
}

/// Where statements are run.
pub(crate) enum Conn<'c> {
    Lite(&'c mut SqliteConnection),
    Pg(&'c mut PgConnection, Patience),
}

/// Rows of one bulk statement when there are many; the rest goes by [`BULK_ROWS_FEW`] and one by one, so that few
/// texts are prepared. 128 rows of the widest table (28 columns) stay far below the 32,766 parameters of SQLite.
const BULK_ROWS_MANY: usize = 128;
const BULK_ROWS_FEW: usize = 16;

impl Conn<'_> {
    pub(crate) async fn rows(&mut self, sql: &Sql, args: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        check(args)?;
        match self {
            Self::Lite(c) => {
                let rows =
                    bind_lite(sqlx::query(sql.lite), args).fetch_all(&mut **c).await.map_err(failed)?;
                Ok(rows.into_iter().map(Row::Lite).collect())
            }
            Self::Pg(c, patience) => {
                let asked = bind_pg(sqlx::query(sql.pg), args).fetch_all(&mut **c);
                let rows = patience.answer(asked).await?;
                Ok(rows.into_iter().map(Row::Pg).collect())
            }
        }
    }

    pub(crate) async fn row(&mut self, sql: &Sql, args: &[Value<'_>]) -> Result<Option<Row>, StoreError> {
        check(args)?;
        Ok(match self {
            Self::Lite(c) => bind_lite(sqlx::query(sql.lite), args)
                .fetch_optional(&mut **c)
                .await
                .map_err(failed)?
                .map(Row::Lite),
            Self::Pg(c, patience) => {
                let asked = bind_pg(sqlx::query(sql.pg), args).fetch_optional(&mut **c);
                patience.answer(asked).await?.map(Row::Pg)
            }
        })
    }

    /// Runs it; the number of rows that it changed.
    pub(crate) async fn run(&mut self, sql: &Sql, args: &[Value<'_>]) -> Result<u64, StoreError> {
        check(args)?;
        Ok(match self {
            Self::Lite(c) => bind_lite(sqlx::query(sql.lite), args)
                .execute(&mut **c)
                .await
                .map_err(failed)?
                .rows_affected(),
            Self::Pg(c, patience) => {
                let asked = bind_pg(sqlx::query(sql.pg), args).execute(&mut **c);
                patience.answer(asked).await?.rows_affected()
            }
        })
    }

    /// Runs it and refuses with [`StoreError::Conflict`] unless it changed exactly one row: what the caller read is
    /// no longer so.
    pub(crate) async fn run_one(&mut self, sql: &Sql, args: &[Value<'_>]) -> Result<(), StoreError> {
        if self.run(sql, args).await? == 1 { Ok(()) } else { Err(StoreError::Conflict) }
    }

    /// Runs a statement over many rows of values in as few round trips as is sensible; what it returned.
    pub(crate) async fn bulk(
        &mut self,
        bulk: &Bulk,
        values: &[Vec<Value<'_>>],
    ) -> Result<Vec<Row>, StoreError> {
        let mut out = Vec::new();
        let mut rest = values;
        while !rest.is_empty() {
            let size = [BULK_ROWS_MANY, BULK_ROWS_FEW, 1].into_iter().find(|n| *n <= rest.len()).unwrap_or(1);
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            rest = after;
            let args = chunk.concat();
            check(&args)?;
            match self {
                Self::Lite(c) => out.extend(
                    bind_lite(sqlx::query(AssertSqlSafe(bulk.lite(chunk.len()))), &args)
                        .fetch_all(&mut **c)
                        .await
                        .map_err(failed)?
                        .into_iter()
                        .map(Row::Lite),
                ),
                Self::Pg(c, patience) => {
                    let query = sqlx::query(AssertSqlSafe(bulk.pg(chunk.len())));
                    let asked = bind_pg(query, &args).fetch_all(&mut **c);
                    out.extend(patience.answer(asked).await?.into_iter().map(Row::Pg));
                }
            }
        }
        Ok(out)
    }

    /// Runs a text that may hold several statements and takes no values: migrations and settings. It may take as long as
    /// it takes: a migration of an old city builds indices.
    pub(crate) async fn script(&mut self, text: impl SqlSafeStr + Send) -> Result<(), StoreError> {
        match self {
            Self::Lite(c) => sqlx::raw_sql(text).execute(&mut **c).await.map(|_| ()),
            Self::Pg(c, _) => sqlx::raw_sql(text).execute(&mut **c).await.map(|_| ()),
        }
        .map_err(failed)
    }
}

/// A value on its way into a statement. Three types are enough: flags and times are whole numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Text(Option<std::borrow::Cow<'a, str>>),
    Int(Option<i64>),
    Bytes(Option<&'a [u8]>),
}

/// PostgreSQL cannot keep U+0000 in text. Refusing it on both keeps them equal; fields are checked before they come
/// here, and what is untrusted is stored as bytes.
fn check(args: &[Value<'_>]) -> Result<(), StoreError> {
    if args.iter().any(|v| matches!(v, Value::Text(Some(t)) if t.contains('\0'))) {
        return Err(StoreError::Corrupt("text with U+0000 cannot be stored".to_owned()));
    }
    Ok(())
}

macro_rules! values_from {
    ($($type:ty => |$v:ident| $value:expr;)+) => {$(
        impl<'a> From<$type> for Value<'a> {
            fn from($v: $type) -> Self { $value }
        }
    )+};
}

values_from! {
    &'a str => |v| Value::Text(Some(v.into()));
    &'a String => |v| Value::Text(Some(v.as_str().into()));
    String => |v| Value::Text(Some(v.into()));
    Option<&'a str> => |v| Value::Text(v.map(Into::into));
    Option<String> => |v| Value::Text(v.map(Into::into));
    i64 => |v| Value::Int(Some(v));
    Option<i64> => |v| Value::Int(v);
    u32 => |v| Value::Int(Some(v.into()));
    u8 => |v| Value::Int(Some(v.into()));
    bool => |v| Value::Int(Some(v.into()));
    &'a [u8] => |v| Value::Bytes(Some(v));
    &'a Vec<u8> => |v| Value::Bytes(Some(v));
    Option<&'a [u8]> => |v| Value::Bytes(v);
    &'a workflow::id::UserId => |v| v.as_str().into();
    &'a workflow::id::SectionId => |v| v.as_str().into();
    &'a workflow::id::ZoneId => |v| v.as_str().into();
    &'a workflow::id::TransferId => |v| v.as_str().into();
    &'a workflow::id::FileId => |v| v.as_str().into();
    &'a workflow::id::EvidenceId => |v| v.as_str().into();
    &'a workflow::id::BlobId => |v| v.as_str().into();
    &'a workflow::id::TokenId => |v| v.as_str().into();
    &'a workflow::id::EditionId => |v| v.as_str().into();
    Option<&'a workflow::id::UserId> => |v| v.map(|id| id.as_str()).into();
    Option<&'a workflow::id::ZoneId> => |v| v.map(|id| id.as_str()).into();
}

/// The values of a statement in order.
macro_rules! args {
    ($($value:expr),* $(,)?) => { [$($crate::db::Value::from($value)),*] };
}
pub(crate) use args;

/// A count or index for a column. What does not fit cannot have been counted here.
pub(crate) fn int(value: impl TryInto<i64>) -> Result<i64, StoreError> {
    value.try_into().map_err(|_| StoreError::Corrupt("a number is too large to be stored".to_owned()))
}

type LiteQuery<'q> = Query<'q, Sqlite, SqliteArguments>;
type PgQuery<'q> = Query<'q, Postgres, PgArguments>;

fn bind_lite<'q>(mut query: LiteQuery<'q>, args: &[Value<'_>]) -> LiteQuery<'q> {
    for value in args {
        query = match value {
            Value::Text(v) => query.bind(v.as_deref()),
            Value::Int(v) => query.bind(*v),
            Value::Bytes(v) => query.bind(*v),
        };
    }
    query
}

fn bind_pg<'q>(mut query: PgQuery<'q>, args: &[Value<'_>]) -> PgQuery<'q> {
    for value in args {
        query = match value {
            Value::Text(v) => query.bind(v.as_deref()),
            Value::Int(v) => query.bind(*v),
            Value::Bytes(v) => query.bind(*v),
        };
    }
    query
}

/// A row that came back.
pub(crate) enum Row {
    Lite(SqliteRow),
    Pg(PgRow),
}

impl Row {
    fn get<T>(&self, column: &str) -> Result<T, StoreError>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Lite(row) => row.try_get(column),
            Self::Pg(row) => row.try_get(column),
        }
        .map_err(failed)
    }

    pub(crate) fn text(&self, column: &str) -> Result<String, StoreError> {
        self.get(column)
    }

    pub(crate) fn text_maybe(&self, column: &str) -> Result<Option<String>, StoreError> {
        self.get(column)
    }

    pub(crate) fn int(&self, column: &str) -> Result<i64, StoreError> {
        self.get(column)
    }

    pub(crate) fn int_maybe(&self, column: &str) -> Result<Option<i64>, StoreError> {
        self.get(column)
    }

    pub(crate) fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        self.get(column)
    }

    pub(crate) fn bytes_maybe(&self, column: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(column)
    }

    /// A whole number of a smaller or unsigned type.
    pub(crate) fn number<T: TryFrom<i64>>(&self, column: &str) -> Result<T, StoreError> {
        T::try_from(self.int(column)?).map_err(|_| corrupt(column))
    }

    pub(crate) fn flag(&self, column: &str) -> Result<bool, StoreError> {
        match self.int(column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(corrupt(column)),
        }
    }

    /// A word of a closed list.
    pub(crate) fn word<T>(&self, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        parse(&self.text(column)?).ok_or_else(|| corrupt(column))
    }

    /// What was kept as JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|_| corrupt(column))
    }

    /// The columns as text in their order, for plans of queries.
    #[cfg(test)]
    pub(crate) fn show(&self) -> String {
        use sqlx::Column as _;
        fn all<R: sqlx::Row>(row: &R, show: impl Fn(usize) -> String) -> String {
            row.columns().iter().map(|c| show(c.ordinal())).collect::<Vec<_>>().join("|")
        }
        match self {
            Self::Lite(row) => all(row, |i| {
                row.try_get_unchecked::<String, _>(i)
                    .or_else(|_| row.try_get_unchecked::<i64, _>(i).map(|n| n.to_string()))
                    .unwrap_or_default()
            }),
            Self::Pg(row) => all(row, |i| row.try_get_unchecked::<String, _>(i).unwrap_or_default()),
        }
    }
}

/// A stored value that is none of those that this program writes.
pub(crate) fn corrupt(column: &str) -> StoreError {
    StoreError::Corrupt(format!("column `{column}` holds a value that is not understood"))
}

/// A value as JSON text.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Corrupt(e.to_string()))
}

/// Unique things that a caller can tell apart: how SQLite names them in its message, PostgreSQL's constraint, the
/// word of the contract.
const DUPLICATES: &[(&str, &str, &str)] = &[
    ("app_user.id", "app_user_pkey", "user"),
    ("app_user.login", "app_user_login_key", "login"),
    ("post_holding_once", "post_holding_once", "post"),
    ("absence.id", "absence_pkey", "absence"),
    ("session.secret_hash", "session_pkey", "session"),
    ("api_token.id", "api_token_pkey", "token"),
    ("api_token.secret_hash", "api_token_secret_hash_key", "token"),
    ("transfer.id", "transfer_pkey", "transfer"),
    ("transfer.number", "transfer_number_key", "number"),
    ("transfer.submission", "transfer_submission_key", "submission"),
    ("transfer_file.id", "transfer_file_id_key", "file"),
    ("policy_edition.id", "policy_edition_pkey", "edition"),
    ("policy_edition_one_in_force", "policy_edition_one_in_force", "edition-in-force"),
    ("policy_edition_one_under_way", "policy_edition_one_under_way", "edition-under-way"),
    ("request.id", "request_pkey", "request"),
    ("request.number", "request_number_key", "number"),
    ("request.submission", "request_submission_key", "submission"),
    ("request_attachment.id", "request_attachment_id_key", "file"),
    ("evidence.id", "evidence_pkey", "evidence"),
    ("register_row.number", "register_row_pkey", "row"),
    ("register_unique.value", "register_unique_pkey", "register-value"),
];

/// What an error of the driver means to a use case.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(e) => match e.kind() {
            ErrorKind::UniqueViolation => {
                let constraint = e.constraint().unwrap_or_default();
                let message = e.message();
                let word = DUPLICATES.iter().find(|(lite, pg, _)| {
                    *pg == constraint || message.split([' ', ',', '\'']).any(|part| part == *lite)
                });
                StoreError::Duplicate(word.map_or("row", |(_, _, word)| word))
            }
            ErrorKind::ForeignKeyViolation | ErrorKind::NotNullViolation | ErrorKind::CheckViolation => {
                StoreError::Corrupt(chain(&*e))
            }
            _ => {
                let code = e.code().unwrap_or_default().into_owned();
                if matches!(code.as_str(), "40001" | "40P01") {
                    StoreError::Conflict
                } else if is_passing(&code) {
                    StoreError::Unavailable(Box::new(sqlx::Error::Database(e)))
                } else {
                    StoreError::Corrupt(chain(&*e))
                }
            }
        },
        e @ (sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::Encode(_)
        | sqlx::Error::TypeNotFound { .. }
        | sqlx::Error::RowNotFound) => StoreError::Corrupt(chain(&e)),
        e => StoreError::Unavailable(Box::new(e)),
    }
}

/// Whether the same statement may succeed later: the server or the disk, not the statement, is the matter.
fn is_passing(code: &str) -> bool {
    match code.parse::<u32>() {
        // SQLite's result codes are small numbers, the lowest byte the primary one: busy, locked, no memory,
        // read-only, interrupted, I/O, full, cannot open.
        Ok(lite) if code.len() < 5 => matches!(lite & 0xff, 5..=10 | 13 | 14),
        // PostgreSQL's classes: connection, resources, lock not available, operator intervention, system.
        _ => ["08", "25P03", "53", "55P03", "57", "58"].iter().any(|class| code.starts_with(class)),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(e) = cause {
        // Writing to a String cannot fail.
        let _ = write!(text, ": {e}");
        cause = e.source();
    }
    text
}
