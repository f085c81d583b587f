//! Writing changes of rows that were put together, with what else hangs on rows.
//!
//! Owns that rows are written in one order, that the tasks of duties about them go with them, that managers are told what waits for them, and the evidence of changes that a
//! request asked for. Leaves putting changes together to [`super::work`], and tasks themselves to [`crate::duties`].

use std::collections::BTreeSet;

use serde_json::json;
use workflow::{
    Millis,
    register::{Cause, RowKey},
};

use super::{AboutRows, class_unknown, store::RowEntry, work::Work};
use crate::{
    App,
    error::{Error, Result},
    evidence::{By, Kind},
    model::NewEvidence,
    ports::Tx,
};

impl App {
    /// Writes the changes, and what they mean for tasks of duties: the evidence of that.
    pub(crate) async fn keep_rows(
        &self,
        tx: &mut dyn Tx,
        by: By<'_>,
        work: &Work<'_>,
        now: Millis,
    ) -> Result<Vec<NewEvidence>> {
        // Values that changed rows give free may be taken by those that are added.
        tx.change_rows(&work.changed).await?;
        tx.add_rows(&work.new).await?;
        self.tell_of_rows(tx, work, now).await?;
        self.tasks_of_rows(tx, by, work, now).await
    }

    /// The same with an entry of evidence for each row that was asked for by name.
    pub(crate) async fn write_rows(
        &self,
        tx: &mut dyn Tx,
        by: By<'_>,
        work: &Work<'_>,
        now: Millis,
    ) -> Result<Vec<NewEvidence>> {
        if work.new.is_empty() && work.changed.is_empty() {
            return Ok(Vec::new());
        }
        let of_tasks = self.keep_rows(tx, by, work, now).await?;
        let mut evidence = Vec::new();
        for entry in work.new.iter().chain(&work.changed) {
            if matches!(entry.history.cause, Cause::Followed { .. }) {
                continue;
            }
            evidence.push(self.row_written(by, entry, &followers(work, &entry.row.key), now)?);
        }
        evidence.extend(of_tasks);
        Ok(evidence)
    }

    fn row_written(
        &self,
        by: By<'_>,
        entry: &RowEntry,
        followed: &[RowKey],
        now: Millis,
    ) -> Result<NewEvidence> {
        let RowEntry { row, history, .. } = entry;
        let register = self.pack().register(&row.key.register).ok_or(Error::FormChanged)?;
        let kind = match (row.version, &row.end) {
            (_, Some(_)) => Kind::RegisterRowEnded,
            (1, None) => Kind::RegisterRowAdded,
            (_, None) => Kind::RegisterRowChanged,
        };
        let mut details = self.told(register, row, &history.changes, &history.reason, followed);
        if let (Some(request), Some(told)) = (&history.request, details.as_object_mut()) {
            told.insert("request".to_owned(), json!(request.as_str()));
        }
        let unknown = class_unknown(register, row, &history.changes);
        self.row_entry(now, by, kind, &AboutRows { register, key: &row.key, unknown }, details)
    }
}

/// The rows that changed because this one did, or one of them.
fn followers(work: &Work<'_>, key: &RowKey) -> Vec<RowKey> {
    let mut found: BTreeSet<&RowKey> = BTreeSet::from([key]);
    let mut followed = Vec::new();
    for entry in &work.changed {
        if let Cause::Followed { row } = &entry.history.cause
            && found.contains(row)
        {
            found.insert(&entry.row.key);
            followed.push(entry.row.key.clone());
        }
    }
    followed
}
