//! What time does to records: they are listed some time before their end, holds end, and what was decided is erased.
//!
//! Owns what goes and what stays: words, answers, files and the payloads of evidence go; the row with number, form, dates and who
//! decided stays, and so does every leaf of the ledger. Each act is a use case of its own with evidence: a crash in the middle leaves
//! the rest for the next round, and what is half erased is erased on. What goes of courses is told in `courses`.

use jiff::civil::Date;
use policy::Register;
use serde_json::json;
use workflow::{
    Millis,
    calendar::{begin_of, day_of, fiscal_year, fiscal_year_begins},
    duty::Covers,
    id::{RequestId, TaskId, ZoneId},
    record::{Disposal, Stage, destroyed_from, listed_from},
    register::RowKey,
    transfer::Stored,
};

use super::{
    courses::Emptied,
    described,
    store::{Record, RecordKey, RecordKind},
};
use crate::{
    App,
    error::{Error, Result},
    evidence::{Act, By, Kind},
    ports::StoreError,
};

/// Payloads that are erased in one transaction.
pub(super) const PAYLOADS: u32 = 100;

impl App {
    /// Lists what ends soon, ends holds whose day has come, and erases what was decided. How many records were listed, and how many
    /// destroyed.
    pub(crate) async fn pass_records(&self, round: u32) -> Result<(usize, usize)> {
        if self.pack().retention().records.is_none() {
            return Ok((0, 0));
        }
        let today = day_of(self.now());
        let listed = self.list_todays_records(today, round).await?;
        for key in self.store().records_to_do(Stage::Held, today, round).await? {
            self.end_hold(&key, today).await?;
        }
        let mut destroyed = 0;
        for key in self.store().records_to_do(Stage::Decided, today, round).await? {
            destroyed += usize::from(self.destroy(&key).await?);
        }
        Ok((listed, destroyed))
    }

    /// Looks once a day, and again when the policy changed; a round that was full is followed by another one.
    async fn list_todays_records(&self, today: Date, round: u32) -> Result<usize> {
        let mark = (today, self.pack().version().to_owned());
        let listed_for =
            || self.house.records_listed_for.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if listed_for().as_ref() == Some(&mark) {
            return Ok(0);
        }
        let listed = self.list_records(today, round).await?;
        if u32::try_from(listed).is_ok_and(|listed| listed < round) {
            *listed_for() = Some(mark);
        }
        Ok(listed)
    }

    async fn list_records(&self, today: Date, round: u32) -> Result<usize> {
        let mut listed = 0;
        let left = |listed: usize| round.saturating_sub(u32::try_from(listed).unwrap_or(u32::MAX));
        for form in self.pack().requests() {
            let Some(before) = self.ended_before(form.record_class.as_deref(), today) else { continue };
            for id in self.store().unrecorded_requests(&form.id, before, left(listed)).await? {
                listed += usize::from(self.record_request(&id).await?);
            }
        }
        for duty in self.pack().duty_types() {
            let Some(before) = self.ended_before(duty.record_class.as_deref(), today) else { continue };
            for id in self.store().unrecorded_tasks(&duty.id, before, left(listed)).await? {
                listed += usize::from(self.record_task(&id).await?);
            }
        }
        for register in self.pack().registers() {
            let Some(before) = self.ended_before_day(register.record_class.as_deref(), today) else {
                continue;
            };
            for key in self.store().unrecorded_rows(&register.id, before, left(listed)).await? {
                listed += usize::from(self.record_row(register, &key).await?);
            }
        }
        for course in self.pack().courses() {
            listed += self.list_courses(course, today, left(listed)).await?;
        }
        Ok(listed)
    }

    /// The moment before which records of this class must have ended to stand on the list today; `None` for a class that never ends.
    fn ended_before(&self, class: Option<&str>, today: Date) -> Option<Millis> {
        self.ended_before_day(class, today).map(begin_of)
    }

    /// As [`App::ended_before`], the day that begins then.
    pub(super) fn ended_before_day(&self, class: Option<&str>, today: Date) -> Option<Date> {
        let class = self.pack().record_class_of(class)?;
        let months = self.notice_months();
        let years = u16::try_from(class.years?).ok()?;
        // The newest fiscal year whose records are listed already: ends are counted from the year after, so it is found by trying
        // the few years around.
        let newest = fiscal_year(today).checked_add(3)?;
        let oldest = newest.checked_sub(i16::try_from(years).ok()?)?.checked_sub(8)?;
        let year = (oldest..=newest).rev().find(|year| {
            let last = fiscal_year_begins(year.saturating_add(1)).yesterday().ok();
            let end = last.and_then(|last| destroyed_from(last, years));
            end.is_some_and(|end| listed_from(end, months) <= today)
        })?;
        Some(fiscal_year_begins(year.checked_add(1)?))
    }

    fn notice_months(&self) -> u8 {
        let months = self.pack().retention().records.as_ref().map_or(0, |office| office.notice_months);
        u8::try_from(months).unwrap_or(u8::MAX)
    }

    async fn record_request(&self, id: &RequestId) -> Result<bool> {
        let Some(request) = self.store().request(id).await? else { return Ok(false) };
        let of_form = self.pack().request(&request.form).and_then(|f| f.record_class.as_deref());
        // A permit outlives its decision.
        let ended = match &request.permit {
            Some(permit) => day_of(request.changed_at).max(day_of(permit.terms.until.saturating_sub(1))),
            None => day_of(request.changed_at),
        };
        let record = self.new_record(NewRecord {
            key: RecordKey::request(id),
            label: request.number.to_string(),
            title: request.title.clone(),
            form: request.form.clone(),
            section: Some(request.section.clone()),
            zone: Some(request.zone.clone()),
            class: of_form,
            begun_on: day_of(request.submitted_at),
            ended_on: ended,
        });
        self.insert_record(record).await
    }

    async fn record_task(&self, id: &TaskId) -> Result<bool> {
        let Some(task) = self.store().task(id).await? else { return Ok(false) };
        let Some(ended_at) = task.ended_at else { return Ok(false) };
        let of_duty = self.pack().duty_type(&task.duty).and_then(|d| d.record_class.as_deref());
        let words = [task.confirmed.as_ref(), task.returned.as_ref(), task.waiver.as_ref().map(|w| &w.asked)];
        let zone: Option<ZoneId> = task
            .report
            .as_ref()
            .map(|r| r.zone.clone())
            .or_else(|| words.into_iter().flatten().map(|w| w.zone.clone()).next());
        let record = self.new_record(NewRecord {
            key: RecordKey::task(id),
            label: task.due_on.to_string(),
            title: task.title.clone(),
            form: task.duty.clone(),
            section: task.scope.section().cloned(),
            zone,
            class: of_duty,
            begun_on: day_of(task.made_at),
            ended_on: day_of(ended_at),
        });
        self.insert_record(record).await
    }

    async fn record_row(&self, register: &Register, key: &RowKey) -> Result<bool> {
        let Some(row) = self.store().row(key).await? else { return Ok(false) };
        let Some(ended_on) = row.end.as_ref().and_then(|end| end.on.parse().ok()) else { return Ok(false) };
        // Whoever decides about it does so where the register is kept.
        let zones = self.row_facts(register, &register.id, None).zones;
        let kept_in = self.pack().zones().iter().find(|zone| zones.contains(&zone.id));
        let record = self.new_record(NewRecord {
            key: RecordKey::of_row(key),
            label: register.number_shown(key.number),
            title: register.title.clone(),
            form: register.id.clone(),
            section: row.section.clone(),
            zone: kept_in.map(|zone| ZoneId::new(zone.id.clone())),
            class: register.record_class.as_deref(),
            begun_on: day_of(row.created_at),
            ended_on,
        });
        self.insert_record(record).await
    }

    pub(super) fn new_record(&self, new: NewRecord<'_>) -> Option<Record> {
        let class = self.pack().record_class_of(new.class)?;
        let years = u16::try_from(class.years?).ok()?;
        Some(Record {
            key: new.key,
            label: new.label,
            title: new.title,
            form: new.form,
            section: new.section,
            zone: new.zone,
            class: class.id.clone(),
            class_title: class.title.clone(),
            years,
            begun_on: new.begun_on,
            ended_on: new.ended_on,
            disposal: Disposal::listed(destroyed_from(new.ended_on, years)?),
            version: 0,
        })
    }

    pub(super) async fn insert_record(&self, record: Option<Record>) -> Result<bool> {
        let Some(record) = record else { return Ok(false) };
        let now = self.now();
        let entry = self.record_entry(&record, Kind::RecordListed, json!({}), now)?;
        let mut tx = self.store().begin().await?;
        match tx.insert_record(&record).await {
            Ok(()) => self.commit(tx, vec![entry]).await.map(|()| true),
            // Another round was first.
            Err(StoreError::Conflict) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }

    async fn end_hold(&self, key: &RecordKey, today: Date) -> Result<()> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let Some(mut record) = tx.record(key).await? else { return Ok(()) };
        let is_over = record.disposal.hold.as_ref().is_some_and(|hold| hold.until <= today);
        if !is_over || record.disposal.release().is_err() {
            return Ok(());
        }
        let entry = self.record_entry(&record, Kind::RecordReleased, json!({}), now)?;
        tx.update_record(&record).await?;
        self.commit(tx, vec![entry]).await
    }

    /// Erases a record: first what was written and the names of its files, then the files, then the payloads of its evidence, and at
    /// last the note that it is gone. Until that note it is decided, and the next round goes on where this one stopped.
    /// Whether it is gone now: of what is long, one round takes a part.
    async fn destroy(&self, key: &RecordKey) -> Result<bool> {
        let now = self.now();
        let (blobs, numbers) = match key.kind {
            RecordKind::Request => (self.empty_request(&RequestId::new(&*key.subject), now).await?, None),
            RecordKind::Task => (self.empty_task(&TaskId::new(&*key.subject), now).await?, None),
            RecordKind::Row => (self.empty_row(key, now).await?, None),
            RecordKind::Course => match self.empty_course(key, now).await? {
                Emptied::More => return Ok(false),
                Emptied::Done { numbers } => (Vec::new(), Some(numbers)),
            },
        };
        for stored in &blobs {
            self.erase_unused(stored).await?;
        }
        let details = match numbers {
            Some(numbers) => numbers,
            None => {
                let ids = self.payloads_about((key.kind.id(), &key.subject), None, |_| true).await?;
                self.erase_all_payloads(&ids, now).await?;
                json!({ "payloads": ids.len(), "files": blobs.len() })
            }
        };
        let mut tx = self.store().begin().await?;
        let Some(mut record) = tx.record(key).await? else { return Ok(false) };
        record.disposal.destroy(now).map_err(Error::Record)?;
        let mut entry = self.record_entry(&record, Kind::RecordDestroyed, details, now)?;
        // What stays of a record stays for good, and so does what says that it is gone.
        entry.erase_payload_at = None;
        tx.update_record(&record).await?;
        self.commit(tx, vec![entry]).await.map(|()| true)
    }

    fn record_entry(
        &self,
        record: &Record,
        kind: Kind,
        details: serde_json::Value,
        now: Millis,
    ) -> Result<crate::model::NewEvidence> {
        let details = described(record, details);
        let subject = record.key.to_string();
        let statements = self.statements_of_record(record);
        self.entry(
            now,
            &Act { kind, by: By::System, subject: ("record", &subject), details, statements: &statements },
        )
    }

    /// Erases what was written in a request. Its files, which the caller erases.
    async fn empty_request(&self, id: &RequestId, now: Millis) -> Result<Vec<Stored>> {
        let mut tx = self.store().begin().await?;
        let Some(mut request) = tx.request(id).await? else { return Ok(Vec::new()) };
        let files: Vec<Stored> = request.content.attachments.drain(..).map(|a| a.stored).collect();
        request.content.answers.clear();
        for decision in &mut request.approval.decisions {
            decision.comment.clear();
            decision.vouches.clear();
        }
        let entry = self.emptied(&RecordKey::request(id), of_files(&files), now)?;
        tx.update_request(&request).await?;
        self.commit(tx, vec![entry]).await?;
        Ok(files)
    }

    /// The same of a task.
    async fn empty_task(&self, id: &TaskId, now: Millis) -> Result<Vec<Stored>> {
        let mut tx = self.store().begin().await?;
        let Some(mut task) = tx.task(id).await? else { return Ok(Vec::new()) };
        let mut files = Vec::new();
        if let Some(report) = &mut task.report {
            files.extend(report.attachments.drain(..).map(|a| a.stored));
            report.answers.clear();
            report.note.clear();
        }
        let words = [task.returned.as_mut(), task.confirmed.as_mut()];
        words.into_iter().flatten().for_each(|word| word.comment.clear());
        if let Some(waiver) = &mut task.waiver {
            waiver.asked.comment.clear();
            waiver.granted.iter_mut().for_each(|word| word.comment.clear());
        }
        if let Covers::Event { what, .. } = &mut task.covers {
            what.clear();
            tx.replace_covers(id, &task.covers).await?;
        }
        let entry = self.emptied(&RecordKey::task(id), of_files(&files), now)?;
        tx.update_task(&task).await?;
        self.commit(tx, vec![entry]).await?;
        Ok(files)
    }

    /// The same of a row. No files belong to rows. What an approved request had copied into it goes with the row and not with the
    /// request: in the register it is a record of its own, with the register's class.
    async fn empty_row(&self, key: &RecordKey, now: Millis) -> Result<Vec<Stored>> {
        let Some(row) = key.row() else { return Ok(Vec::new()) };
        let mut tx = self.store().begin().await?;
        let entry = self.emptied(key, of_files(&[]), now)?;
        tx.empty_row(&row).await?;
        self.commit(tx, vec![entry]).await?;
        Ok(Vec::new())
    }

    /// That something of a record was erased.
    pub(super) fn emptied(
        &self,
        key: &RecordKey,
        details: serde_json::Value,
        now: Millis,
    ) -> Result<crate::model::NewEvidence> {
        let subject = key.to_string();
        self.entry(
            now,
            &Act {
                kind: Kind::RecordEmptied,
                by: By::System,
                subject: ("record", &subject),
                details,
                statements: &[],
            },
        )
    }
}

/// What evidence says of the files that go with a record.
pub(super) fn of_files(files: &[Stored]) -> serde_json::Value {
    let files: Vec<&str> = files.iter().map(|stored| stored.sha256.as_str()).collect();
    json!({ "files": files })
}

/// What a record is made of.
pub(super) struct NewRecord<'a> {
    pub(super) key: RecordKey,
    pub(super) label: String,
    pub(super) title: String,
    pub(super) form: String,
    pub(super) section: Option<workflow::id::SectionId>,
    pub(super) zone: Option<ZoneId>,
    pub(super) class: Option<&'a str>,
    pub(super) begun_on: Date,
    pub(super) ended_on: Date,
}
