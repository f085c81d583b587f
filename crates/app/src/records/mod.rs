//! Records whose retention ends (保存期間の満了): the list, holds, and the two words that it takes to destroy one.
//!
//! Owns who sees and does what. Leaves counting years and the order of steps to `workflow`, listing and erasing to `ending`.

mod courses;
mod ending;
pub mod store;

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Place, Resource};
use jiff::civil::Date;
use serde_json::json;
use workflow::{
    Millis,
    calendar::day_of,
    id::UserId,
    record::{Refusal, Stage},
};

use self::store::{Record, RecordCursor, RecordKey, RecordQuery, RecordView};
use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    evidence::{Act, By, Kind},
};

/// What somebody may do with a record now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecordMay {
    /// Hold it, or end its hold.
    pub hold: bool,
    /// Propose that it be destroyed.
    pub propose: bool,
    /// Decide what was proposed.
    pub decide: bool,
}

/// A record as its list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownRecord {
    /// The record.
    pub record: Record,
    /// What the person who looks may do.
    pub may: RecordMay,
}

/// A list of records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordList {
    /// The rows.
    pub rows: Vec<ShownRecord>,
    /// The names of the people in them.
    pub names: BTreeMap<UserId, String>,
    /// Where the next page starts.
    pub next: Option<RecordCursor>,
}

/// What becomes of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordAct {
    /// 保留, for a reason, until a day.
    Hold {
        /// Why.
        reason: String,
        /// The first day on which it is listed again.
        until: Date,
    },
    /// Ends the hold.
    Release,
    /// 廃棄の起案.
    Propose,
    /// 廃棄の決裁.
    Decide,
    /// The proposal is not followed.
    Decline,
}

/// How many pages of rows are read to fill one page of rows that may be seen.
const REFILLS_MAX: usize = 5;
/// Rows of a page at most.
const ROWS_MAX: u32 = 200;

impl App {
    /// Records whose end comes or has come, or the book of what was destroyed, as far as the person looks after them.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] while a one-time code is still to come.
    pub async fn records(
        &self,
        actor: &Actor,
        book: bool,
        after: Option<RecordCursor>,
        limit: u32,
    ) -> Result<RecordList> {
        if actor.awaits_code() {
            return Err(Error::SessionEnded);
        }
        let view = if book { RecordView::Book } else { RecordView::Ending(self.listed_until()) };
        let mut query =
            RecordQuery { zone: actor.zone().clone(), view, after, limit: limit.clamp(1, ROWS_MAX) };
        let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let mut list = RecordList::default();
        for _ in 0..REFILLS_MAX {
            let mut part = self.store().records(&query).await?;
            let has_more = part.len() > wanted;
            part.truncate(wanted);
            let mut left = part.len();
            for record in part {
                left -= 1;
                query.after = Some(cursor(&record, view));
                let resource = Resource::from(self.record_facts(&record));
                if self.may(actor, Action::ViewRecord, &resource) {
                    list.rows.push(ShownRecord { may: self.record_may(actor, &record, &resource), record });
                }
                if list.rows.len() >= wanted {
                    break;
                }
            }
            let goes_on = has_more || left > 0;
            list.next = query.after.clone().filter(|_| goes_on);
            if list.rows.len() >= wanted || !goes_on {
                break;
            }
        }
        let ids: BTreeSet<UserId> = list.rows.iter().flat_map(|row| people(&row.record)).cloned().collect();
        list.names = self.names_of(ids.iter().collect()).await?;
        Ok(list)
    }

    /// How many records wait for a word of this person: his to propose, his to decide. Up to `limit` of each.
    ///
    /// # Errors
    /// As [`App::records`].
    pub async fn records_at_home(&self, actor: &Actor, limit: u32) -> Result<(usize, usize)> {
        let Some(office) = self.pack().retention().records.as_ref() else { return Ok((0, 0)) };
        // Most people look after none; their first screen is not to pay for a list that they do not see.
        if !actor.roles().iter().any(|grant| grant.role == office.manager || grant.role == office.decider) {
            return Ok((0, 0));
        }
        let list = self.records(actor, false, None, limit).await?;
        let count = |of: fn(&RecordMay) -> bool| list.rows.iter().filter(|row| of(&row.may)).count();
        Ok((count(|may| may.propose), count(|may| may.decide)))
    }

    /// What became of the record of a thing, for its page, whose right to be seen was decided.
    pub(crate) async fn record_of(&self, key: &RecordKey) -> Result<Option<Record>> {
        Ok(self.store().record(key).await?)
    }

    /// Holds a record, releases it, proposes to destroy it, or decides that.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for what the person may not see, [`Error::Denied`], [`Error::Record`].
    pub async fn act_on_record(&self, actor: &Actor, key: &RecordKey, act: &RecordAct) -> Result<()> {
        let now = self.now();
        let today = day_of(now);
        let mut tx = self.store().begin().await?;
        let mut record = tx.record(key).await?.ok_or(Error::NotFound)?;
        let resource = Resource::from(self.record_facts(&record));
        if !self.may(actor, Action::ViewRecord, &resource) {
            return Err(Error::NotFound);
        }
        let action = match act {
            RecordAct::Hold { .. } | RecordAct::Release | RecordAct::Propose => Action::KeepRecord,
            RecordAct::Decide | RecordAct::Decline => Action::DestroyRecord,
        };
        if !self.may(actor, action, &resource) {
            // The refusal is evidence, which needs the writer that this transaction holds.
            drop(tx);
            let _refused = self.permit(actor, action, &resource).await?;
            return Err(Error::Conflict);
        }
        let by = actor.id().clone();
        let (kind, details) = match act {
            RecordAct::Hold { reason, until } => {
                record.disposal.hold(by, reason, *until, today, now)?;
                (Kind::RecordHeld, json!({ "reason": reason.trim(), "until": until.to_string() }))
            }
            RecordAct::Release => {
                record.disposal.release()?;
                (Kind::RecordReleased, json!({}))
            }
            RecordAct::Propose => {
                record.disposal.propose(by, today, now)?;
                (Kind::RecordDestructionProposed, json!({}))
            }
            RecordAct::Decide => {
                record.disposal.decide(by, today, now)?;
                (Kind::RecordDestructionDecided, json!({}))
            }
            RecordAct::Decline => {
                record.disposal.decline()?;
                (Kind::RecordDestructionDeclined, json!({}))
            }
        };
        let details = described(&record, details);
        let statements = self.statements_of_record(&record);
        let entry = self.entry(
            now,
            &Act {
                kind,
                by: By::Actor(actor),
                subject: ("record", &key.to_string()),
                details,
                statements: &statements,
            },
        )?;
        tx.update_record(&record).await?;
        self.commit(tx, vec![entry]).await
    }

    /// What the class of a record serves, besides what asks for the erasure of records.
    fn statements_of_record(&self, record: &Record) -> Vec<String> {
        self.pack().record_class(&record.class).map(|class| class.statements.clone()).unwrap_or_default()
    }

    /// The last day whose ends stand on the list today.
    fn listed_until(&self) -> Date {
        let months = self.pack().retention().records.as_ref().map_or(0, |office| office.notice_months);
        let today = day_of(self.now());
        today.checked_add(jiff::Span::new().months(i64::from(months))).unwrap_or(Date::MAX)
    }

    fn record_facts(&self, record: &Record) -> authz::Record {
        let office = self.pack().retention().records.as_ref();
        authz::Record {
            id: record.key.to_string(),
            place: record.section.as_ref().map_or(Place::City, |section| self.place(section)),
            manager: office.map(|o| o.manager.clone()),
            decider: office.map(|o| o.decider.clone()),
            proposed_by: (record.disposal.stage == Stage::Proposed)
                .then(|| record.disposal.proposed.as_ref().map(|(by, _)| by.as_str().to_owned()))
                .flatten(),
            zone: record.zone.as_ref().map(|zone| zone.as_str().to_owned()),
        }
    }

    fn record_may(&self, actor: &Actor, record: &Record, resource: &Resource) -> RecordMay {
        let stage = record.disposal.stage;
        let has_ended = record.disposal.destroyed_from <= day_of(self.now());
        let keeps = self.may(actor, Action::KeepRecord, resource);
        RecordMay {
            hold: keeps && matches!(stage, Stage::Listed | Stage::Held | Stage::Proposed),
            propose: keeps && stage == Stage::Listed && has_ended,
            decide: stage == Stage::Proposed && self.may(actor, Action::DestroyRecord, resource),
        }
    }
}

/// What evidence says of a record in any case: what stays when it is gone.
fn described(record: &Record, more: serde_json::Value) -> serde_json::Value {
    let mut details = json!({
        "label": record.label,
        "title": record.title,
        "form": record.form,
        "class": record.class,
        "ended_on": record.ended_on.to_string(),
        "destroyed_from": record.disposal.destroyed_from.to_string(),
    });
    if let (Some(details), serde_json::Value::Object(more)) = (details.as_object_mut(), more) {
        details.extend(more);
    }
    details
}

fn people(record: &Record) -> impl Iterator<Item = &UserId> {
    let disposal = &record.disposal;
    let hold = disposal.hold.as_ref().map(|hold| &hold.by);
    let said = [disposal.proposed.as_ref(), disposal.decided.as_ref()];
    hold.into_iter().chain(said.into_iter().flatten().map(|(by, _): &(UserId, Millis)| by))
}

fn cursor(record: &Record, view: RecordView) -> RecordCursor {
    let at = match view {
        RecordView::Ending(_) => record.disposal.destroyed_from.to_string(),
        RecordView::Book => record.disposal.destroyed_at.unwrap_or(0).to_string(),
    };
    RecordCursor { at, key: record.key.clone() }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Reason => Error::Invalid { field: "reason", problem: "empty" },
            Refusal::Day => Error::Invalid { field: "until", problem: "not-allowed" },
            other => Error::Record(other),
        }
    }
}
