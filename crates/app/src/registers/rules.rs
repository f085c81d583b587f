//! Rows under rules that changed: an edition of the policy may derive a value in another way, offer other choices, or ask for a
//! column that was not there.
//!
//! Owns bringing the rows of a register to the rules in force, some at a time, and marking those that the rules would not take, for
//! the register's manager. Nothing is lost: a value that does not fit stays until somebody changes it. Leaves the rules to
//! `workflow::register`.

use std::collections::BTreeMap;

use policy::{Pack, Register};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use workflow::{
    Millis,
    register::{self, Cause, ColumnProblem, Linked, Row, RowKey},
};

use super::{
    AboutRows, any_class_unknown,
    store::{RowQuery, RowSight, RowStage, RulesMark},
    work::{Source, Work, form_problems},
};
use crate::{
    App,
    error::{FieldProblem, Result},
    evidence::{By, Kind},
};

/// Rows that one round of housekeeping looks at.
const AT_ONCE: u32 = 200;

/// Names the rules of a register: other rules have another name. Where a definition was written does not matter.
fn rules_of(pack: &Pack, register: &Register) -> String {
    let mut hash = Sha256::new();
    let levels: Vec<_> = pack.levels().iter().map(|l| (&l.id, l.axis, l.rank)).collect();
    hash.update(format!("{:?}{levels:?}", (&register.id, register.scope)));
    for c in &register.columns {
        let kind = (&c.id, c.kind, c.required, &c.choices, c.chars_max, c.min, c.max, c.axis);
        let links = (&c.to, c.many, c.filter, c.unique, &c.derived, c.unknown_to_manager);
        hash.update(format!("{kind:?}{links:?}"));
    }
    hex::encode(hash.finalize())
}

impl App {
    /// Brings some rows to the rules of the policy in force, where those are others than before. How many were looked at.
    pub(crate) async fn rows_to_rules(&self) -> Result<u64> {
        let now = self.now();
        let mut looked = 0;
        for register in self.pack().registers() {
            let rules = rules_of(self.pack(), register);
            let after = match self.store().rules_mark(&register.id).await? {
                Some(mark) if mark.rules == rules && mark.after.is_none() => continue,
                Some(mark) if mark.rules == rules => mark.after,
                Some(_) => None,
                // A register that was not there before, or not under this care: its rows stand under the rules they were made by.
                None => {
                    self.store().begin_rules(&register.id, &rules).await?;
                    continue;
                }
            };
            looked += self.some_to_rules(register, rules, after, now).await?;
        }
        Ok(looked)
    }

    async fn some_to_rules(
        &self,
        register: &Register,
        rules: String,
        after: Option<i64>,
        now: Millis,
    ) -> Result<u64> {
        let query = RowQuery {
            register: register.id.clone(),
            sight: RowSight::All,
            stage: RowStage::InUse,
            filters: Vec::new(),
            words: Vec::new(),
            after,
            limit: AT_ONCE,
        };
        let page = self.store().row_list(&query).await?;
        let mut tx = self.store().begin().await?;
        let mut work = Work::new(self, None, now);
        let cause = Cause::Rederived { pack: self.pack().version().to_owned() };
        for row in &page.rows {
            work.rederive_for(&mut Source::Tx(&mut *tx), register, &row.key, cause.clone()).await?;
        }
        tx.change_rows(&work.changed).await?;
        let mut breaking = Vec::new();
        for row in &page.rows {
            // As it is now: changed above, or by somebody meanwhile.
            let Some(row) = tx.row(&row.key).await?.filter(|row| row.end.is_none()) else { continue };
            let mut linked = BTreeMap::new();
            for key in register::reads(register, &row.values) {
                if let Some(other) = tx.row(&key).await? {
                    linked.insert(key, Linked::from(&other));
                }
            }
            let found = register::breaks(self.pack(), register, &row.key, &row.values, &linked);
            if !found.is_empty() {
                breaking.push(row.key.number);
            }
            tx.index_row(&work.indexed(register, &row), !found.is_empty()).await?;
        }
        tx.set_rules_mark(&register.id, &RulesMark { rules, after: page.next }).await?;
        let numbers = |keys: &mut dyn Iterator<Item = i64>| keys.collect::<Vec<_>>();
        let details = json!({
            "register": register.id,
            "title": register.title,
            "looked_at": page.rows.len(),
            "changed": numbers(&mut work.changed.iter().map(|e| e.row.key.number)),
            "breaking": breaking,
            "finished": page.next.is_none(),
            "pack": self.pack().version(),
        });
        let subject = RowKey::new(register.id.clone(), 0);
        let unknown = any_class_unknown(register, &work.changed);
        let about = AboutRows { register, key: &subject, unknown };
        let entry = self.row_entry(now, By::System, Kind::RegisterRulesApplied, &about, details)?;
        self.commit(tx, vec![entry]).await?;
        Ok(u64::try_from(page.rows.len()).unwrap_or(u64::MAX))
    }

    /// What of a row's values the rules in force would not take.
    pub(crate) async fn broken_rules(&self, register: &Register, row: &Row) -> Result<Vec<FieldProblem>> {
        if row.end.is_some() {
            return Ok(Vec::new());
        }
        let keys: Vec<RowKey> = register::reads(register, &row.values).collect();
        let rows = self.store().rows(&keys).await?;
        let linked = rows.iter().map(|row| (row.key.clone(), Linked::from(row))).collect();
        let found: Vec<ColumnProblem> =
            register::breaks(self.pack(), register, &row.key, &row.values, &linked);
        Ok(form_problems(register, &found))
    }
}
