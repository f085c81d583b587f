//! A register from a table (Excel, CSV): read by a cell, shown as a plan, applied as it was shown.
//!
//! Owns the road of the file, what has to be looked up for a plan, and keeping the plan until somebody applies it.
//! Leaves reading a line to `workflow::register_plan`, applying a plan and its evidence to [`crate::registers`].
//!
//! The server opens no workbook: a cell writes its cells down. The file itself is erased as soon as that is done. The plan
//! waits in the store of files, encrypted with the key of the zone like any other; what nobody applies is swept away within two days.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Resource};
use policy::{Register, RegisterScope};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use worker_protocol::table::{Sheet, TABLE_BYTES_MAX, Table};
use worker_protocol::{FilePolicy, Hint, Job, Kind as FileKind, Limits, Mode, Notes, Reason, Road};
use workflow::{
    id::{BlobId, SectionId, UserId},
    register::{self, Change, REASON_CHARS_MAX, Row, RowKey, Value, Values},
    register_plan::{self, HeadingProblem, Lines, Outcome, Plan, PlanFacts, Wanted},
    transfer::Stored,
};

use crate::{
    App,
    actor::Actor,
    arriving::{Arriving, WrittenDown},
    error::{Error, Result},
    ports::{SanitiseError, Sanitiser},
    registers::{
        plan::{Applied, PlanLine, RegisterPlan},
        work::{inside_links, key_of},
    },
    rosters::Meant,
    sanitising::PASSWORD_BYTES_MAX,
};

/// Largest file that is taken.
pub const FILE_BYTES_MAX: u64 = 32 << 20;
/// Longest plan that is kept, in bytes.
const PLAN_BYTES_MAX: u64 = 64 << 20;
/// Most bytes that a workbook may expand to.
const EXPANDED_BYTES_MAX: u64 = 512 << 20;
/// Kinds that have cells.
const KINDS: [FileKind; 5] = [FileKind::Xlsx, FileKind::Xls, FileKind::Xlsb, FileKind::Ods, FileKind::Csv];
/// Characters of a file's name that evidence keeps.
const SOURCE_NAME_CHARS_MAX: usize = 100;

/// What a person says about the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableInput {
    /// The sheet to read, by its name; without one the first that fits.
    pub sheet: Option<String>,
    /// The password of an encrypted workbook.
    pub password: Option<String>,
    /// Why, for the history of every row.
    pub reason: String,
}

/// Why a file is no table of a register. Answers, not failures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableRefusal {
    /// The cell could not read it.
    Held(Reason),
    /// It has more in it than a table may have.
    TooMuch,
    /// There is no sheet of this name, or none with anything in it.
    NoSheet,
    /// No sheet can be read as a list of the register.
    Headings {
        /// The sheet that came nearest.
        sheet: String,
        /// What is wrong with it.
        problems: Vec<HeadingProblem>,
    },
}

/// A plan as it is shown before it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablePlan {
    /// The name of the file.
    pub file: String,
    /// The sheet that was read.
    pub sheet: String,
    /// Sheets that were not read and hold something.
    pub other_sheets: Vec<String>,
    /// How its columns were understood.
    pub lines: Lines,
    /// What becomes of each line.
    pub plan: Plan,
    /// What is named when it is applied; none when it cannot be.
    pub kept: Option<KeptPlan>,
}

/// A plan that waits to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPlan {
    /// Where it waits.
    pub id: String,
    /// The digest of what was shown.
    pub digest: String,
}

/// What is kept of a plan.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    by: UserId,
    plan: RegisterPlan,
}

impl App {
    /// Starts taking a table for a register.
    ///
    /// # Errors
    /// [`Error::Denied`] for who keeps none of its rows, [`Error::NotFound`] for who does not see it, [`Error::StorageFull`].
    pub async fn begin_table(&self, actor: &Actor, register: &str, untrusted_name: &str) -> Result<Arriving> {
        let register = self.register(register)?;
        self.permit_import(actor, register).await?;
        self.arrive(actor, untrusted_name, FILE_BYTES_MAX).await
    }

    async fn permit_import(&self, actor: &Actor, register: &Register) -> Result<()> {
        self.sight(actor, register).ok_or(Error::NotFound)?;
        if self.keeps(actor, register).is_none() {
            // The refusal is evidence.
            let nobody = self.row_facts(register, &register.id, None);
            let _refused = self.permit(actor, Action::KeepRow, &Resource::from(nobody)).await?;
        }
        Ok(())
    }

    /// Ends the upload and shows what it would do. Nothing changes; a plan that can be applied is kept.
    ///
    /// # Errors
    /// As [`App::begin_table`]; [`Error::Invalid`] for what was typed.
    pub async fn finish_table(
        &self,
        actor: &Actor,
        register: &str,
        upload: Arriving,
        input: &TableInput,
    ) -> Result<std::result::Result<TablePlan, TableRefusal>> {
        let register = self.register(register)?;
        self.permit_import(actor, register).await?;
        if input.password.as_ref().is_some_and(|p| p.len() > PASSWORD_BYTES_MAX) {
            return Err(Error::Invalid { field: "password", problem: "too-long" });
        }
        if input.reason.chars().count() > REASON_CHARS_MAX {
            return Err(Error::Invalid { field: "reason", problem: "too-long" });
        }
        let (file, stored) = upload.finish().await?;
        let table = self.table_of(&stored, &file, input).await;
        if let Err(error) = self.erase_unused(&stored).await {
            tracing::warn!(%error, "a table could not be erased yet");
        }
        let table = match table? {
            Ok(table) => table,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (sheet, lines) = match chosen(register, &[], &table, input.sheet.as_deref()) {
            Ok(chosen) => chosen,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let plan = self.plan_of(actor, register, &lines).await?;
        let kept = match plan.is_applicable() {
            false => None,
            true => {
                let source = source(&file, &stored.sha256);
                let plan = self.register_plan(register, &lines, &plan, source, &input.reason).await?;
                Some(self.keep_plan(actor, plan).await?)
            }
        };
        let is_other = |other: &&Sheet| other.untrusted_name != sheet && !other.rows.is_empty();
        let other_sheets = table.sheets.iter().filter(is_other).map(|s| s.untrusted_name.clone()).collect();
        Ok(Ok(TablePlan { file, sheet, other_sheets, lines, plan, kept }))
    }

    /// Applies a plan as it was shown: all of it or nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such plan of this person, [`Error::Conflict`] when it is another than was shown, or
    /// the register was changed meanwhile, and what [`App::apply_plan`] refuses.
    pub async fn apply_table(
        &self,
        actor: &Actor,
        register: &str,
        untrusted_plan: &str,
        digest: &str,
    ) -> Result<Applied> {
        let register = self.register(register)?;
        self.permit_import(actor, register).await?;
        let blob = BlobId::new(untrusted_plan);
        let mut bytes = Vec::new();
        let source = self.blobs().open(actor.zone(), &blob).await.map_err(|_| Error::NotFound)?;
        source.take(PLAN_BYTES_MAX + 1).read_to_end(&mut bytes).await.map_err(|_| Error::NotFound)?;
        // Whatever else lies there is no plan, and nothing is said of it.
        let kept: Kept = serde_json::from_slice(&bytes).map_err(|_| Error::NotFound)?;
        if kept.by != *actor.id() || kept.plan.register != register.id {
            return Err(Error::NotFound);
        }
        if kept.plan.digest() != digest {
            return Err(Error::Conflict);
        }
        let applied = self.apply_plan(actor, &kept.plan).await?;
        let stored = Stored {
            zone: actor.zone().clone(),
            blob,
            sha256: String::new(),
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        };
        if let Err(error) = self.erase_unused(&stored).await {
            tracing::warn!(%error, "a plan could not be erased yet");
        }
        Ok(applied)
    }

    /// The cells of a file, or why there are none.
    pub(crate) async fn table_of(
        &self,
        file: &Stored,
        name: &str,
        input: &TableInput,
    ) -> Result<std::result::Result<Table, TableRefusal>> {
        let source = self.blobs().open(&file.zone, &file.blob).await?;
        cells_of(self.cell(), source, name, input.password.as_deref()).await
    }

    /// Looks up what the lines need, and makes the plan.
    async fn plan_of(&self, actor: &Actor, register: &Register, lines: &Lines) -> Result<Plan> {
        let wanted = register_plan::wanted(self.pack(), register, lines);
        let people = self.people_named(&wanted.people).await?;
        let owners = self.owners(register, &wanted).await?;
        let numbers: BTreeSet<i64> = wanted.numbers.iter().copied().chain(owners.values().copied()).collect();
        let rows: BTreeMap<i64, Row> = self
            .rows_of(numbers.iter().map(|number| RowKey::new(register.id.clone(), *number)))
            .await?
            .into_iter()
            .map(|row| (row.key.number, row))
            .collect();
        // Links that the file does not have stay, and are judged with the rest.
        let kept = rows.values().flat_map(|row| register::reads(register, &row.values));
        let links: BTreeSet<RowKey> = wanted.linked.iter().cloned().chain(kept).collect();
        let linked = self.rows_of(links.into_iter()).await?;
        let linked = linked.iter().map(|row| (row.key.clone(), row.into())).collect();
        let mut heirs = BTreeMap::new();
        for row in rows.values() {
            let found = self.inheriting_links(register, row).await?;
            if !found.is_empty() {
                heirs.insert(row.key.number, found);
            }
        }
        let kept = self.keeps(actor, register).unwrap_or_default();
        let by_section = register.scope == RegisterScope::Section;
        let sections: Option<BTreeSet<SectionId>> = by_section.then(|| kept.iter().cloned().collect());
        let own = Some(&actor.user().section).filter(|own| kept.contains(own));
        let own = own.or(if kept.len() == 1 { kept.first() } else { None });
        let classifies = |section: Option<&SectionId>| {
            let facts = self.row_facts(register, &register.id, section);
            self.may(actor, Action::ClassifyRow, &Resource::from(facts))
        };
        let facts = PlanFacts {
            pack: self.pack(),
            register,
            people: &people,
            rows: &rows,
            owners: &owners,
            linked: &linked,
            heirs: &heirs,
            sections: sections.as_ref(),
            own_section: own,
            classifies: if by_section { kept.iter().all(|s| classifies(Some(s))) } else { classifies(None) },
        };
        Ok(register_plan::plan(facts, lines))
    }

    async fn rows_of(&self, keys: impl Iterator<Item = RowKey>) -> Result<Vec<Row>> {
        let keys: Vec<RowKey> = keys.collect();
        Ok(if keys.is_empty() { Vec::new() } else { self.store().rows(&keys).await? })
    }

    /// Link columns over which other rows take their values from this one.
    async fn inheriting_links(&self, register: &Register, row: &Row) -> Result<Vec<String>> {
        let mut links = Vec::new();
        for column in inside_links(register) {
            if !self.store().rows_linking_over(&row.key, &register.id, column, 1).await?.is_empty() {
                links.push(column.to_owned());
            }
        }
        Ok(links)
    }

    async fn owners(&self, register: &Register, wanted: &Wanted) -> Result<BTreeMap<(String, String), i64>> {
        let mut owners = BTreeMap::new();
        for (id, key) in &wanted.uniques {
            let Some(column) = register.column(id) else { continue };
            let found = self.store().unique_owner(&register.id, id, &key_of(column, key)).await?;
            if let Some(number) = found {
                owners.insert((id.clone(), key.clone()), number);
            }
        }
        Ok(owners)
    }

    /// Who is meant: by id, by login, or by a name that only one person has.
    async fn people_named(&self, named: &BTreeSet<String>) -> Result<BTreeMap<String, String>> {
        let mut people = BTreeMap::new();
        for typed in named {
            if let Meant::One(user) = self.person_meant(typed).await? {
                people.insert(typed.clone(), user.id.as_str().to_owned());
            }
        }
        Ok(people)
    }

    /// The same plan in the form in which it is applied: what the file says, with people by their ids.
    async fn register_plan(
        &self,
        register: &Register,
        lines: &Lines,
        plan: &Plan,
        source: String,
        reason: &str,
    ) -> Result<RegisterPlan> {
        let persons: Vec<&str> = register
            .columns
            .iter()
            .filter(|column| column.kind == policy::ColumnType::Person)
            .map(|column| column.id.as_str())
            .collect();
        let mut planned = Vec::new();
        for (line, shown) in lines.lines.iter().zip(&plan.lines) {
            let (written, section, of_row) = match &shown.outcome {
                Outcome::Add { values, section, .. } => (values, section, None),
                Outcome::Change { values, section, number, version, .. } => {
                    (values, section, Some((*number, *version)))
                }
                Outcome::Same { .. } | Outcome::Refused { .. } => continue,
            };
            let mut typed = line.typed.clone();
            for id in &persons {
                // Who was meant was found when the plan was made, and is named so that it stays so.
                if let (Some(said), Some(value)) = (typed.get_mut(*id), written.get(*id)) {
                    *said = value.as_text().unwrap_or_default().to_owned();
                }
            }
            let section = section.as_ref().map(|section| section.as_str().to_owned());
            planned.push(match of_row {
                None => PlanLine::Add { section, values: typed },
                Some((number, seen)) => {
                    for id in lines.columns.iter().filter(|id| !line.typed.contains_key(*id)) {
                        typed.insert(id.clone(), String::new());
                    }
                    PlanLine::Change { number, seen, section, values: typed }
                }
            });
        }
        Ok(RegisterPlan {
            register: register.id.clone(),
            source,
            reason: reason.trim().to_owned(),
            lines: planned,
        })
    }

    async fn keep_plan(&self, actor: &Actor, plan: RegisterPlan) -> Result<KeptPlan> {
        let digest = plan.digest();
        let kept = Kept { by: actor.id().clone(), plan };
        let bytes = serde_json::to_vec(&kept).map_err(|e| Error::Internal(format!("plan: {e}")))?;
        if bytes.len() as u64 > PLAN_BYTES_MAX {
            return Err(Error::TooLarge { limit_bytes: PLAN_BYTES_MAX });
        }
        let mut writer = self.blobs().create(actor.zone()).await?;
        for piece in bytes.chunks(1 << 20) {
            writer.write(piece).await?;
        }
        let blob = writer.finish().await?;
        Ok(KeptPlan { id: blob.id.as_str().to_owned(), digest })
    }
}

/// The sheet that is read: the one that was named, or the first that a reader sees and that is a list of the register.
pub(crate) fn chosen(
    register: &Register,
    others: &register_plan::OtherTitles<'_>,
    table: &Table,
    named: Option<&str>,
) -> std::result::Result<(String, Lines), TableRefusal> {
    let named = named.map(str::trim).filter(|name| !name.is_empty());
    let is_meant = |sheet: &&Sheet| match named {
        Some(name) => sheet.untrusted_name == name,
        None => !sheet.hidden && !sheet.rows.is_empty(),
    };
    let mut nearest = None;
    for sheet in table.sheets.iter().filter(is_meant) {
        match register_plan::lines_also_called(register, others, sheet) {
            Ok(lines) => return Ok((sheet.untrusted_name.clone(), lines)),
            Err(problems) => {
                // What has a heading at all is nearer than what has none.
                let has_heading = !problems.contains(&HeadingProblem::None);
                if nearest.is_none() || has_heading {
                    nearest = Some(TableRefusal::Headings { sheet: sheet.untrusted_name.clone(), problems });
                }
            }
        }
    }
    Err(nearest.unwrap_or(TableRefusal::NoSheet))
}

/// Where a plan comes from, for evidence: the name of the file, and its hash.
pub(crate) fn source(file: &str, sha256: &str) -> String {
    let name: String = file.chars().take(SOURCE_NAME_CHARS_MAX).collect();
    format!("{name} sha256:{sha256}")
}

/// The cells of a table that nobody keeps, or why there are none.
pub(crate) async fn cells_of(
    cell: &dyn Sanitiser,
    untrusted: Box<dyn AsyncRead + Send + Unpin>,
    name: &str,
    password: Option<&str>,
) -> Result<std::result::Result<Table, TableRefusal>> {
    let job = Job {
        hint: Hint {
            untrusted_name: name.to_owned(),
            passwords: password.into_iter().filter(|p| !p.is_empty()).map(ToOwned::to_owned).collect(),
        },
        policy: FilePolicy {
            modes: KINDS.iter().map(|kind| (*kind, Mode::Cells)).collect(),
            ..FilePolicy::default()
        },
        limits: Limits {
            input_bytes_max: FILE_BYTES_MAX,
            expanded_bytes_max: EXPANDED_BYTES_MAX,
            ..Limits::default()
        },
        want_preview: false,
        mark: None,
        notes: Notes::default(),
    };
    let mut written = WrittenDown::new(usize::try_from(TABLE_BYTES_MAX).unwrap_or(usize::MAX));
    let answer = match cell.sanitise(job, untrusted, &mut written, &|_| {}).await {
        Ok(answer) => answer,
        Err(SanitiseError::Sink(_)) if written.too_much => return Ok(Err(TableRefusal::TooMuch)),
        Err(SanitiseError::Sink(error)) => return Err(error.into()),
        Err(SanitiseError::Source(error)) => return Err(Error::Internal(format!("table: {error}"))),
        Err(SanitiseError::Start(error)) => {
            return Err(Error::Internal(format!("no cell can be started: {error}")));
        }
    };
    let report = answer.report;
    if !report.hands_over() || !answer.clean_complete {
        return Ok(Err(match report.reason.unwrap_or(Reason::WorkerDied) {
            Reason::TooComplex => TableRefusal::TooMuch,
            reason => TableRefusal::Held(reason),
        }));
    }
    let is_table = report.road == Some(Road::Cells);
    // A cell that writes something else has broken its word; nothing of it is believed.
    let table = is_table.then(|| Table::decode(&written.untrusted).ok()).flatten();
    Ok(table.ok_or(TableRefusal::Held(Reason::WorkerDied)))
}

/// What is different in a line: title, old, new.
pub type ShownChange = (String, String, String);

impl App {
    /// What the first lines of each kind change, as people read it, by the line's number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn shown_plan(
        &self,
        register: &str,
        plan: &Plan,
        most: usize,
    ) -> Result<BTreeMap<u32, Vec<ShownChange>>> {
        let register = self.register(register)?;
        let (mut added, mut changed) = (0, 0);
        let mut told: Vec<(u32, Vec<Change>)> = Vec::new();
        for line in &plan.lines {
            let (count, changes) = match &line.outcome {
                Outcome::Add { values, .. } => (&mut added, register::changes(&Values::new(), values)),
                Outcome::Change { changes, .. } => (&mut changed, changes.clone()),
                Outcome::Same { .. } | Outcome::Refused { .. } => continue,
            };
            *count += 1;
            if *count <= most {
                told.push((line.line, changes));
            }
        }
        let is_person = |change: &&Change| {
            register.column(&change.column).is_some_and(|c| c.kind == policy::ColumnType::Person)
        };
        let persons: BTreeSet<UserId> = told
            .iter()
            .flat_map(|(_, changes)| changes)
            .filter(is_person)
            .flat_map(|change| change.old.iter().chain(&change.new))
            .filter_map(|value| value.as_text().map(UserId::new))
            .collect();
        let names = self.names_of(persons.iter().collect()).await?;
        let place = |id: &str| register.columns.iter().position(|c| c.id == id).unwrap_or(usize::MAX);
        Ok(told
            .into_iter()
            .map(|(line, mut changes)| {
                changes.sort_by_key(|change| place(&change.column));
                let shown = changes.iter().map(|change| self.shown_change(register, change, &names));
                (line, shown.collect())
            })
            .collect())
    }

    fn shown_change(
        &self,
        register: &Register,
        change: &Change,
        names: &BTreeMap<UserId, String>,
    ) -> ShownChange {
        let nothing = BTreeMap::new();
        let words = |value: &Option<Value>| match (value, register.column(&change.column)) {
            (None, _) => String::new(),
            (Some(value), Some(column)) => self.shown(column, value, names, &nothing).text,
            // The section, which is no column.
            (Some(value), None) => {
                value.as_text().map_or_else(String::new, |id| self.section_name(&SectionId::new(id)))
            }
        };
        let title =
            register.column(&change.column).map_or(register_plan::SECTION_TITLE, |c| c.title.as_str());
        (title.to_owned(), words(&change.old), words(&change.new))
    }
}
