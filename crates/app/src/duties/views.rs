//! What people see of duties: their tasks, those of their units, the fiscal year, one duty, what waits on the first screen.
//!
//! Owns who sees what. Leaves every change to its use case.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Grant, Reach, Resource};
use policy::DutyType;
use workflow::{
    calendar::{Period, day_of, fiscal_year},
    duty::{Covers, Scope, Tally, Task},
    id::{SectionId, TaskId, UserId},
};

use super::{
    recurrence,
    store::{MonthTally, PeriodTally, TaskQuery, TaskRow, TaskView},
};
use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    evidence::EvidenceItem,
    model::{Page, PageRequest},
    registers::views::ShownLink,
    training::Counted,
};

/// A list of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskTray {
    /// やること: what waits for me.
    Mine,
    /// 自分の実施: my own tasks, also those that are done.
    Own,
    /// 期限超過: of my units, as far as I answer for them.
    Overdue,
    /// 課の実施: of my units.
    Units,
}

impl TaskTray {
    /// Every tray.
    pub const ALL: [TaskTray; 4] = [TaskTray::Mine, TaskTray::Own, TaskTray::Overdue, TaskTray::Units];

    /// The word in addresses and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            TaskTray::Mine => "mine",
            TaskTray::Own => "own",
            TaskTray::Overdue => "overdue",
            TaskTray::Units => "units",
        }
    }

    /// The tray with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.id() == id)
    }
}

/// What the person who looks may do with a task now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskMay {
    /// Report it.
    pub report: bool,
    /// Ask to let it go.
    pub ask_waiver: bool,
    /// Confirm it, or send it back.
    pub confirm: bool,
    /// Let it go, or not.
    pub waive: bool,
}

/// A task as its page shows it.
#[derive(Debug, Clone)]
pub struct TaskDetail {
    /// The task. What was written in another zone than that in which the person stands is left out.
    pub task: Task,
    /// The zone in which something was written that is left out here.
    pub written_in: Option<String>,
    /// What a confirmation made now would sign.
    pub report_hash: String,
    /// The duty, if the pack still has it.
    pub duty: Option<DutyType>,
    /// What a course knows of its report.
    pub counted: Option<Counted>,
    /// The course whose task it is: it is read and tested on a page of its own.
    pub course: Option<String>,
    /// The names of the people in it.
    pub names: BTreeMap<UserId, String>,
    /// The name of the section.
    pub section_name: Option<String>,
    /// The row of a register that it is about.
    pub row: Option<ShownLink>,
    /// The statements it serves.
    pub statements: Vec<String>,
    /// What the person who looks may do.
    pub may: TaskMay,
    /// What happened, oldest first.
    pub timeline: Vec<EvidenceItem>,
    /// How far it is on its way out, once its retention ends.
    pub record: Option<crate::records::store::Record>,
}

/// What waits for a person among tasks, for the first screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TasksAtHome {
    /// What waits for him, the first due first.
    pub mine: Vec<TaskRow>,
    /// What is overdue in the units that he answers for, besides that.
    pub overdue: Vec<TaskRow>,
}

/// One duty in a fiscal year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearRow {
    /// The duty.
    pub duty: String,
    /// Its title.
    pub title: String,
    /// By month from April, what is due in it. None where nothing is.
    pub months: Vec<Option<DutyMonth>>,
    /// All of the year so far.
    pub all: Tally,
}

/// What is due in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DutyMonth {
    /// What became of the tasks that are there.
    pub tally: Tally,
    /// Whether there are none yet, because the time has not come.
    pub to_come: bool,
}

/// How far a section is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionRate {
    /// The section; none for the body's own tasks.
    pub section: Option<SectionId>,
    /// Its name.
    pub name: String,
    /// What became of its tasks.
    pub tally: Tally,
}

/// A fiscal year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyYear {
    /// Which.
    pub year: i16,
    /// Whether it is the whole body, or only some units.
    pub whole_body: bool,
    /// The duties.
    pub rows: Vec<YearRow>,
    /// The sections in the order of the pack, the body's own tasks first.
    pub sections: Vec<SectionRate>,
    /// All of it.
    pub all: Tally,
}

/// A duty and its history.
#[derive(Debug, Clone)]
pub struct DutyCard {
    /// The duty.
    pub duty: DutyType,
    /// The title of the role that does it.
    pub owner: String,
    /// What became of it in its periods, the newest first; for those who may see the whole body.
    pub periods: Vec<PeriodTally>,
    /// Its tasks as far as the person may see them, the last due first.
    pub tasks: Vec<TaskRow>,
    /// Whether the person may say that it was set off.
    pub may_start: bool,
    /// The statements it serves.
    pub statements: Vec<String>,
}

const TIMELINE_MAX: u32 = 200;
const CARD_ROWS: u32 = 50;
const CARD_PERIODS: u32 = 24;

impl App {
    /// A task as its page shows it.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for what the person may not see.
    pub async fn task(&self, actor: &Actor, id: &TaskId) -> Result<TaskDetail> {
        let mut task = self.task_to(actor, id, Action::ViewTask).await?;
        let resource = Resource::from(self.task_facts(&task));
        let can = |action| self.may(actor, action, &resource);
        let course = workflow::training::course_of(&task.duty).map(ToOwned::to_owned);
        let duty = self.pack().duty_type(&task.duty);
        let may = TaskMay {
            // Nobody says by himself that he passed.
            report: can(Action::ReportTask) && course.is_none(),
            ask_waiver: task.terms.waiver_by.is_some() && can(Action::ReportTask),
            confirm: can(Action::ConfirmTask),
            waive: can(Action::WaiveTask),
        };
        let mut timeline = self.timeline("task", id.as_str(), TIMELINE_MAX).await?;
        let report_hash = task.report.as_ref().map(workflow::duty::Report::hash).unwrap_or_default();
        let names = self.task_names(&task).await?;
        let written_in = leave_out(&mut task, actor);
        // What is written in a report stands in its evidence as well.
        for item in timeline.iter_mut().filter(|i| i.zone.as_ref().is_some_and(|z| z != actor.zone())) {
            item.payload = None;
        }
        let row = task.scope.row().cloned().into_iter().collect();
        let record = self.record_of(&crate::records::store::RecordKey::task(id)).await?;
        Ok(TaskDetail {
            row: self.links_to(actor, row).await?.into_values().next(),
            record,
            written_in,
            report_hash,
            counted: match duty {
                Some(duty) if may.report => self.counted(duty, &task).await?,
                _ => None,
            },
            duty: duty.cloned(),
            course,
            names,
            section_name: task.scope.section().map(|s| self.section_name(s)),
            statements: self.statements_of_duty(&task.duty),
            may,
            timeline,
            task,
        })
    }

    async fn task_names(&self, task: &Task) -> Result<BTreeMap<UserId, String>> {
        let mut ids: BTreeSet<&UserId> = BTreeSet::new();
        ids.extend(task.scope.person());
        ids.extend(task.report.as_ref().map(|r| &r.by));
        ids.extend([&task.returned, &task.confirmed].into_iter().flatten().map(|w| &w.by));
        if let Some(waiver) = &task.waiver {
            ids.insert(&waiver.asked.by);
            ids.extend(waiver.granted.as_ref().map(|w| &w.by));
        }
        self.names_of(ids).await
    }

    /// The desks at which tasks wait for this person.
    pub(crate) fn desks(&self, actor: &Actor) -> Vec<String> {
        let mut desks = vec![format!("p:{}", actor.id())];
        for Grant { role, scope } in actor.roles() {
            let at = |section: &str| format!("r:{role}@s:{section}");
            match scope {
                authz::Scope::City => {
                    desks.push(format!("r:{role}@body"));
                    // A role that is not the whole body's by itself, held by a post that is.
                    if self.pack().role(role).is_some_and(|r| !r.city_wide) {
                        desks.extend(self.pack().sections().iter().map(|s| at(&s.id)));
                    }
                }
                authz::Scope::Department(id) => {
                    let sections = self.pack().sections().iter().filter(|s| s.department == *id);
                    desks.extend(sections.map(|s| at(&s.id)));
                }
                authz::Scope::Section(id) => desks.push(at(id)),
            }
        }
        desks.sort();
        desks.dedup();
        desks
    }

    /// The sections whose tasks this person may see: `Some(None)` for all of them, `None` for none but his own.
    pub(crate) fn sections_seen(&self, actor: &Actor) -> Option<Option<Vec<SectionId>>> {
        match self.authorizer().visible_tasks(actor.principal()) {
            Reach::All => Some(None),
            Reach::Units { departments, sections } => Some(Some(
                self.pack()
                    .sections()
                    .iter()
                    .filter(|s| departments.contains(&s.department) || sections.contains(&s.id))
                    .map(|s| SectionId::new(s.id.clone()))
                    .collect(),
            )),
            Reach::OwnAndReceived | Reach::Nothing => None,
        }
    }

    /// A list of tasks.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] while a one-time code is still to come, [`Error::Denied`].
    pub async fn tasks(&self, actor: &Actor, tray: TaskTray, page: PageRequest) -> Result<Page<TaskRow>> {
        let own = Resource::OwnAccount { user: actor.id().as_str().to_owned() };
        let _allowed = self.permit(actor, Action::ViewHome, &own).await?;
        let now = self.now();
        let none = || Ok(Page { rows: Vec::new(), next: None });
        let view = match tray {
            TaskTray::Mine => TaskView::Desks(self.desks(actor)),
            TaskTray::Own => TaskView::OfPerson(actor.id().clone()),
            TaskTray::Overdue => match self.sections_seen(actor) {
                Some(sections) => TaskView::Overdue(sections, now),
                None => return none(),
            },
            TaskTray::Units => match self.sections_seen(actor) {
                Some(None) => TaskView::All,
                Some(Some(sections)) => TaskView::OfSections(sections),
                None => return none(),
            },
        };
        let mut page = self.store().tasks(&TaskQuery { view, page }).await?;
        for row in &mut page.rows {
            leave_out_event(&mut row.covers, actor);
        }
        Ok(page)
    }

    /// Whether this person sees more than his own tasks.
    #[must_use]
    pub fn sees_tasks_of_others(&self, actor: &Actor) -> bool {
        self.sections_seen(actor).is_some()
    }

    /// A fiscal year as far as this person answers for units: `None` for the current one.
    ///
    /// # Errors
    /// [`Error::Denied`] for who answers for none.
    pub async fn duty_year(&self, actor: &Actor, year: Option<i16>) -> Result<DutyYear> {
        let now = self.now();
        let current = fiscal_year(day_of(now));
        let year = year.unwrap_or(current);
        let Some(seen) = self.sections_seen(actor) else {
            let _refused = self.permit(actor, Action::ViewAllTasks, &Resource::City).await?;
            return Err(Error::NotFound);
        };
        let mut months = self.store().task_months(year, seen.as_deref(), now).await?;
        // Each person has his courses; beside them what a section does would not be seen. They have a page of their own.
        months.retain(|m| workflow::training::course_of(&m.duty).is_none());
        let rows = self.year_rows(year, &months, seen.is_none());
        let mut sections = Vec::new();
        let of = |section: Option<&SectionId>| {
            months
                .iter()
                .filter(|m| m.section.as_ref() == section)
                .fold(Tally::default(), |sum, m| sum.and(m.all))
        };
        let own = of(None);
        if seen.is_none() && own.asked > 0 {
            sections.push(SectionRate { section: None, name: "全庁".to_owned(), tally: own });
        }
        for section in self.pack().sections() {
            let id = SectionId::new(section.id.clone());
            let tally = of(Some(&id));
            if tally.asked > 0 {
                sections.push(SectionRate { section: Some(id), name: section.name.clone(), tally });
            }
        }
        Ok(DutyYear {
            year,
            whole_body: seen.is_none(),
            all: months.iter().fold(Tally::default(), |sum, m| sum.and(m.all)),
            rows,
            sections,
        })
    }

    /// The duties with something due in the year: what is there, and what the rules will bring.
    fn year_rows(&self, year: i16, months: &[MonthTally], whole_body: bool) -> Vec<YearRow> {
        let calendar = self.calendar();
        let names = months_of(year);
        let today = day_of(self.now());
        let mut by_duty: BTreeMap<&str, BTreeMap<&str, Tally>> = BTreeMap::new();
        for m in months {
            let sum = by_duty.entry(&m.duty).or_default().entry(&m.month).or_default();
            *sum = sum.and(m.all);
        }
        let mut rows = Vec::new();
        for duty in self.pack().duty_types() {
            let there = by_duty.remove(duty.id.as_str()).unwrap_or_default();
            let mut to_come: BTreeSet<String> = BTreeSet::new();
            if let Some(recurrence) = recurrence(&duty.occurs)
                && (whole_body || duty.each != policy::DutyEach::Body)
            {
                let periods: Vec<Period> = recurrence.every.of_fiscal_year(year);
                let slots = periods.iter().flat_map(|p| recurrence.slots(p, &calendar));
                // What was due before the house was opened has no task, and never will have.
                let slots = slots.filter(|slot| slot.due >= today);
                to_come.extend(slots.map(|slot| month_of(&slot.due.to_string())));
            }
            rows.push(year_row(&duty.id, &duty.title, &names, &there, &to_come));
        }
        // Tasks of duties that the policy no longer has.
        for (id, there) in by_duty {
            rows.push(year_row(id, id, &names, &there, &BTreeSet::new()));
        }
        rows.retain(|row| row.months.iter().any(Option::is_some));
        rows
    }

    /// A duty with its history.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`].
    pub async fn duty(&self, actor: &Actor, id: &str) -> Result<DutyCard> {
        let clause = Resource::Clause { id: "all".to_owned() };
        let _allowed = self.permit(actor, Action::ViewClause, &clause).await?;
        let duty = self.pack().duty_type(id).ok_or(Error::NotFound)?.clone();
        let seen = self.sections_seen(actor);
        let page = PageRequest { after: None, limit: CARD_ROWS };
        let mut tasks = match &seen {
            Some(sections) => {
                let view = TaskView::OfDuty(id.to_owned(), sections.clone());
                self.store().tasks(&TaskQuery { view, page }).await?.rows
            }
            None => {
                let view = TaskView::OfPerson(actor.id().clone());
                let mut rows = self.store().tasks(&TaskQuery { view, page }).await?.rows;
                rows.retain(|row| row.duty == id);
                rows
            }
        };
        for row in &mut tasks {
            leave_out_event(&mut row.covers, actor);
        }
        let periods = match seen {
            Some(None) => self.store().task_periods(id, self.now(), CARD_PERIODS).await?,
            _ => Vec::new(),
        };
        Ok(DutyCard {
            owner: self.pack().role_title(&duty.owner).to_owned(),
            statements: self.statements_of_duty(id),
            may_start: self.may_start(actor, &duty),
            periods,
            tasks,
            duty,
        })
    }

    /// Whether this person may say, for himself or his section, that a duty was set off.
    fn may_start(&self, actor: &Actor, duty: &DutyType) -> bool {
        let section = actor.user().section.clone();
        let scope = match duty.each {
            policy::DutyEach::Body => Scope::Body,
            // Which row it is will be said; his section's is what he may say it of.
            policy::DutyEach::Section | policy::DutyEach::Register => Scope::Section(section),
            policy::DutyEach::Person => Scope::Person(actor.id().clone(), section),
        };
        let now = self.now();
        let event =
            Covers::Event { key: "draft".to_owned(), what: String::new(), on: day_of(now), zone: None };
        let tasks = self.tasks_of_event(duty, vec![scope], &event, now);
        tasks
            .first()
            .is_some_and(|task| self.may(actor, Action::StartTask, &Resource::from(self.task_facts(task))))
    }

    /// The duties that people set off themselves, as far as this person may.
    #[must_use]
    pub fn startable(&self, actor: &Actor) -> Vec<&DutyType> {
        self.pack().duty_types().iter().filter(|d| self.may_start(actor, d)).collect()
    }
}

/// Takes out the words on an event that were written in another zone; that zone.
pub(crate) fn leave_out_event(covers: &mut Covers, actor: &Actor) -> Option<String> {
    match covers {
        Covers::Event { what, zone: Some(zone), .. } if zone != actor.zone() => {
            what.clear();
            Some(zone.to_string())
        }
        _ => None,
    }
}

/// Takes out what was written in another zone than the one in which the person stands; that zone.
fn leave_out(task: &mut Task, actor: &Actor) -> Option<String> {
    let elsewhere = |zone: &workflow::id::ZoneId| zone != actor.zone();
    let mut written_in = leave_out_event(&mut task.covers, actor);
    if let Some(report) = task.report.as_mut().filter(|r| elsewhere(&r.zone)) {
        written_in = Some(report.zone.to_string());
        report.answers.clear();
        report.note.clear();
        report.attachments.clear();
    }
    let of_waiver = task.waiver.as_mut().map(|w| (&mut w.asked, w.granted.as_mut()));
    let (asked, granted) = of_waiver.map_or((None, None), |(asked, granted)| (Some(asked), granted));
    for word in [task.returned.as_mut(), task.confirmed.as_mut(), asked, granted].into_iter().flatten() {
        if elsewhere(&word.zone) {
            written_in.get_or_insert_with(|| word.zone.to_string());
            word.comment.clear();
        }
    }
    written_in
}

/// `YYYY-MM` of a day.
fn month_of(day: &str) -> String {
    day.chars().take(7).collect()
}

/// The months of a fiscal year, and those before and after whose days its tasks may be due on are put to its ends.
fn months_of(year: i16) -> Vec<String> {
    (0..12_i16)
        .map(|n| {
            let (year, month) = if n < 9 { (year, n + 4) } else { (year.saturating_add(1), n - 8) };
            format!("{year:04}-{month:02}")
        })
        .collect()
}

fn year_row(
    id: &str,
    title: &str,
    names: &[String],
    there: &BTreeMap<&str, Tally>,
    to_come: &BTreeSet<String>,
) -> YearRow {
    let mut months: Vec<Option<DutyMonth>> = names
        .iter()
        .map(|name| match there.get(name.as_str()) {
            Some(tally) => Some(DutyMonth { tally: *tally, to_come: false }),
            None => to_come.contains(name).then(|| DutyMonth { tally: Tally::default(), to_come: true }),
        })
        .collect();
    // What is due after the year, such as a look back on March, stands in its last month.
    let after = |month: &str| names.last().is_some_and(|last| month > last.as_str());
    let late = there.iter().filter(|(m, _)| after(m)).fold(Tally::default(), |sum, (_, t)| sum.and(*t));
    let comes_late = to_come.iter().any(|m| after(m));
    if let Some(last) = months.last_mut()
        && (late.asked > 0 || comes_late)
    {
        let here = last.map(|m| m.tally).unwrap_or_default();
        let tally = here.and(late);
        *last = Some(DutyMonth { tally, to_come: tally.asked == 0 });
    }
    YearRow {
        duty: id.to_owned(),
        title: title.to_owned(),
        months,
        all: there.values().fold(Tally::default(), |sum, t| sum.and(*t)),
    }
}
