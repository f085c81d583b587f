//! The queue of files that wait for a cell.
//!
//! Owns leases: a file taken from the queue is nobody else's until its lease ends, and then it is taken again, so a
//! server that dies in the middle loses no file. Leaves running the cell to `app`.

use app::{model::SanitiseJob, ports::StoreError};
use workflow::{
    Millis,
    id::{FileId, TransferId},
};

use crate::{
    db::{Conn, Db, args},
    sql,
};

pub(crate) async fn enqueue(conn: &mut Conn<'_>, job: &SanitiseJob, now: Millis) -> Result<(), StoreError> {
    let SanitiseJob { file, transfer, attempts } = job;
    conn.run_one(&sql::ENQUEUE, &args![file, transfer, *attempts, now]).await
}

/// Taking out what is gone already is no error: the file is not waiting.
pub(crate) async fn dequeue(conn: &mut Conn<'_>, file: &FileId) -> Result<(), StoreError> {
    conn.run(&sql::DEQUEUE, &args![file]).await.map(|_| ())
}

/// Looks first on a reading connection: idle cells ask often, and must not keep the writer busy.
pub(crate) async fn claim(
    db: &Db,
    now: Millis,
    lease_until: Millis,
) -> Result<Option<SanitiseJob>, StoreError> {
    if db.reader().await?.conn().row(&sql::JOB_WAITS, &args![now]).await?.is_none() {
        return Ok(None);
    }
    // All rows are fetched, of which there is at most one: only then is the statement's commit known to have happened.
    let rows = db.writer().await?.conn().rows(&sql::CLAIM_JOB, &args![now, lease_until]).await?;
    rows.first()
        .map(|row| {
            Ok(SanitiseJob {
                file: FileId::new(row.text("file_id")?),
                transfer: TransferId::new(row.text("transfer_id")?),
                attempts: row.number("attempts")?,
            })
        })
        .transpose()
}

/// One statement, which commits by itself.
pub(crate) async fn postpone(db: &Db, file: &FileId, until: Millis) -> Result<(), StoreError> {
    db.writer().await?.conn().run(&sql::POSTPONE_JOB, &args![file, until]).await.map(|_| ())
}

/// One statement, which commits by itself.
pub(crate) async fn release(db: &Db) -> Result<u64, StoreError> {
    db.writer().await?.conn().run(&sql::RELEASE_JOBS, &[]).await
}
