//! Tasks of somebody who left.
//!
//! Owns letting them go in one step, in the words of who drew the personnel change up and of who approved it. Leaves who leaves to
//! [`crate::rosters`].

use serde_json::json;
use workflow::{
    duty::{Scope, task::Word},
    id::{TaskId, UserId},
};

use crate::{
    App,
    error::Result,
    evidence::{By, Kind},
};

impl App {
    /// Lets a task of a person's own go; false when it is not his any more, or its duty lets none go.
    pub(crate) async fn let_go(
        &self,
        id: &TaskId,
        person: &UserId,
        asked: &Word,
        granted: &Word,
    ) -> Result<bool> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let Some(mut task) = tx.task(id).await? else { return Ok(true) };
        let is_his = matches!(&task.scope, Scope::Person(user, _) if user == person);
        let word = |word: &Word| Word { at: now, ..word.clone() };
        if !is_his
            || task.ask_waiver(word(asked)).is_err()
            || task.decide_waiver(word(granted), true).is_err()
        {
            return Ok(false);
        }
        let details = json!({
            "asked_by": asked.by.as_str(),
            "granted_by": granted.by.as_str(),
            "comment": granted.comment,
        });
        let entry = self.task_entry(now, Kind::TaskWaived, By::System, &task, details)?;
        tx.update_task(&task).await?;
        self.commit(tx, vec![entry]).await?;
        Ok(true)
    }
}
