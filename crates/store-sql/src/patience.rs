//! How long PostgreSQL is waited for.
//!
//! Owns the bound on every answer, and giving up connections that are silent. A server that ends says so; a machine that
//! lost power, or a cable that was pulled, says nothing, and the kernel goes on hoping for a quarter of an hour. Leaves
//! waiting for a free connection and for locks to the pool and the server.

use std::time::Duration;

use app::ports::StoreError;
use sqlx::{Connection as _, PgConnection, PgPool};

use crate::db::failed;

/// The longest that an answer may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience(pub(crate) Duration);

impl Patience {
    /// What the server answers. The question is boxed at once: the driver's futures are large, and every one of them
    /// would be in its caller's future twice.
    pub(crate) fn answer<T>(
        self,
        asked: impl Future<Output = Result<T, sqlx::Error>> + Send,
    ) -> impl Future<Output = Result<T, StoreError>> + Send {
        let asked = tokio::time::timeout(self.0, Box::pin(asked));
        async move {
            match asked.await {
                Ok(answer) => answer.map_err(failed),
                Err(_) => Err(StoreError::Unavailable("the database does not answer".into())),
            }
        }
    }

    /// Whether a connection that comes back to the pool may stay. An error throws it away without a word to the server,
    /// which undoes what was not committed.
    pub(crate) async fn alive(self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        match tokio::time::timeout(self.0, connection.ping()).await {
            Ok(answer) => answer.map(|()| true),
            Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
        }
    }

    /// Closes the pool. Connections that do not hear it end with the program.
    pub(crate) async fn closed(self, pool: &PgPool) {
        if tokio::time::timeout(self.0, pool.close()).await.is_err() {
            tracing::warn!("the database does not answer; its connections are left to it");
        }
    }
}
