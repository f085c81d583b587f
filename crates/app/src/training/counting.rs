//! The numbers of a duty's report that a course knows.
//!
//! Owns who is counted as what. Leaves which field takes which number to the pack, and the share to `workflow`.

use std::collections::BTreeMap;

use policy::{CourseCount, DutyType};
use workflow::{
    calendar::{day_of, fiscal_year, fiscal_year_begins},
    duty::Task,
    training::{Share, Standing},
};

use super::{running::is_missing, views::CourseRow};
use crate::{App, error::Result};

/// What a course knows of the report of a duty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// What each counted field says.
    pub values: BTreeMap<String, String>,
    /// The field that must be filled, because too few have passed.
    pub needed: Option<String>,
}

/// Characters of names in a report: what a field of words takes.
const NAMES_CHARS_MAX: usize = 900;

impl App {
    /// What a course knows of the report of a task; `None` where the duty takes nothing from one, or nobody has to take it.
    pub(crate) async fn counted(&self, duty: &DutyType, task: &Task) -> Result<Option<Counted>> {
        let Some(numbers) = &duty.numbers else { return Ok(None) };
        let Some(course) = self.pack().course(&numbers.course) else { return Ok(None) };
        let year = fiscal_year(task.covers.first());
        let rows = self.course_rows(course, year, task.scope.section()).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut share = Share::default();
        let mut counts: BTreeMap<CourseCount, u32> = BTreeMap::new();
        let mut missing = Vec::new();
        let begin = fiscal_year_begins(year);
        for CourseRow { row, progress, standing } in &rows {
            share.add(*standing);
            let mut count = |what: CourseCount, is: bool| {
                *counts.entry(what).or_default() += u32::from(is);
            };
            let attended = progress.read_at.is_some() || progress.passed.is_some();
            count(CourseCount::Attended, attended);
            count(CourseCount::Passed, *standing == Standing::Passed);
            count(CourseCount::Excused, *standing == Standing::Excused);
            count(CourseCount::Subject, *standing != Standing::Excused);
            let Some((user, name)) = &row.person else { continue };
            if is_missing(*standing) {
                missing.push(name.clone());
            }
            if attended && self.store().user(user).await?.is_some_and(|u| day_of(u.created_at) >= begin) {
                count(CourseCount::Newcomers, true);
            }
            if attended && !course.executives.is_empty() {
                let held = self.grants(&self.store().posts_of(user, self.now()).await?);
                count(CourseCount::Executives, held.iter().any(|g| course.executives.contains(&g.role)));
            }
        }
        missing.sort();
        let names = if missing.is_empty() { "なし".to_owned() } else { missing.join("、") };
        let values = numbers
            .counts
            .iter()
            .map(|(field, what)| {
                let shown = match what {
                    CourseCount::Missing => names.chars().take(NAMES_CHARS_MAX).collect(),
                    what => counts.get(what).copied().unwrap_or(0).to_string(),
                };
                (field.clone(), shown)
            })
            .collect();
        let needed = numbers.when_short.clone().filter(|_| !share.reaches(numbers.share));
        Ok(Some(Counted { values, needed }))
    }
}
