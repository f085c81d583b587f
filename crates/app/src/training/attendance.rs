//! 集合研修: who was in the room.
//!
//! Owns reading a list of user names, whose every line must be right before any of it is noted. Leaves what having been there
//! means for a course to `workflow`.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Place};
use policy::Course;
use serde_json::json;
use workflow::{calendar::day_of, duty::State, id::TaskId, training};

use super::running::{complete, problem, words};
use crate::{
    App,
    actor::Actor,
    error::{Error, FieldProblem, Result},
    evidence::{By, Kind},
    model::User,
    records::store::RecordKey,
    requests::days,
};

/// Who was in the room.
#[derive(Debug, Clone, Default)]
pub struct NewAttendance {
    /// The course.
    pub course: String,
    /// The day, as it was typed.
    pub on: String,
    /// Where, in words.
    pub place: String,
    /// User names, apart by lines, commas, tabs or blanks; a line of headings is passed over.
    pub people: String,
}

/// What became of a list of those who were in the room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attended {
    /// Noted.
    pub noted: usize,
    /// Of them, those who are done with it now.
    pub passed: usize,
    /// Who was done before.
    pub before: usize,
}

/// Longest list of people, and how many can be on it.
const PEOPLE_CHARS_MAX: usize = 20_000;
const PEOPLE_MAX: usize = 500;
/// Problems of a list that are told.
const PROBLEMS_MAX: usize = 50;
/// Words that head a column of user names.
const HEADINGS: &[&str] = &["login", "user", "利用者id", "利用者名", "職員"];

impl App {
    /// 集合研修: notes who was in the room. All of the list, or, when anything on it is wrong, nothing of it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::Form`] naming each line that is wrong.
    pub async fn record_attendance(&self, actor: &Actor, new: NewAttendance) -> Result<Attended> {
        let now = self.now();
        let course = self.course_type(&new.course)?.clone();
        let facts = self.course_facts(&course, Place::City);
        let _allowed = self.permit(actor, Action::ManageCourse, &facts).await?;
        let mut found = Vec::new();
        let on = match days::begin_of(new.on.trim()).map(day_of) {
            None => Err(if new.on.trim().is_empty() { "empty" } else { "no-date" }),
            Some(day) if day > day_of(now) => Err("future"),
            Some(day) => Ok(day),
        };
        if let Err(wrong) = on {
            found.push(problem("on", "開いた日", wrong));
        }
        found.extend(words("place", "場所", &new.place, false));
        let people = self.people_listed(&course, &new.people, &mut found).await?;
        let (true, Ok(on)) = (found.is_empty(), on) else { return Err(Error::Form(found)) };
        let mut tx = self.store().begin().await?;
        let mut attended = Attended::default();
        let mut noted: BTreeMap<RecordKey, (Vec<String>, bool)> = BTreeMap::new();
        for (user, task) in people {
            let Some(mut task) = tx.task(&task).await? else { continue };
            if task.state != State::Open {
                attended.before += 1;
                continue;
            }
            let mut stored = tx.progress_of(&task.id).await?;
            let enough = stored.progress.attend(&course, now);
            tx.put_progress(&task.id, &stored).await?;
            attended.noted += 1;
            let (logins, suffices) = noted.entry(RecordKey::of_course(&course.id, &task.covers)).or_default();
            logins.push(user.login);
            *suffices |= enough;
            if enough {
                attended.passed += 1;
                complete(&mut task, actor, on, now)?;
                tx.update_task(&task).await?;
            }
        }
        if attended.noted == 0 {
            return Ok(attended);
        }
        let mut evidence = Vec::new();
        // One entry for each record that it belongs to: who was in the room is erased with that one.
        for (key, (people, suffices)) in noted {
            let details = json!({
                "course": course.id,
                "run": key.subject,
                "on": on.to_string(),
                "place": new.place.trim(),
                "people": people,
                "suffices": suffices,
            });
            let subject = ("course", course.id.as_str(), course.id.as_str());
            evidence.push(self.course_entry(
                now,
                Kind::CourseAttended,
                By::Actor(actor),
                subject,
                details,
            )?);
        }
        self.commit(tx, evidence).await?;
        Ok(attended)
    }

    /// The people on a list, each with his task of the course; what is wrong with the list.
    async fn people_listed(
        &self,
        course: &Course,
        untrusted: &str,
        found: &mut Vec<FieldProblem>,
    ) -> Result<Vec<(User, TaskId)>> {
        if untrusted.trim().is_empty() {
            found.push(problem("people", "受けた職員", "empty"));
            return Ok(Vec::new());
        }
        if untrusted.chars().count() > PEOPLE_CHARS_MAX {
            found.push(problem("people", "受けた職員", "too-long"));
            return Ok(Vec::new());
        }
        let duty = training::duty_of(&course.id);
        let (mut people, mut seen) = (Vec::new(), BTreeSet::new());
        for (line, text) in (1_usize..).zip(untrusted.trim_start_matches('\u{feff}').lines()) {
            let names =
                text.split([',', '\t', ' ', '\u{3000}', ';', '、']).map(|n| n.trim().trim_matches('"'));
            for name in names.filter(|n| !n.is_empty()) {
                let login = name.to_ascii_lowercase();
                if (line == 1 && HEADINGS.contains(&login.as_str())) || !seen.insert(login.clone()) {
                    continue;
                }
                if found.len() >= PROBLEMS_MAX || people.len() >= PEOPLE_MAX {
                    found.push(problem("people", "受けた職員", "too-long"));
                    return Ok(people);
                }
                let title = format!("{line}行目「{}」", name.chars().take(40).collect::<String>());
                let Some(user) = self.store().user_by_login(&login).await? else {
                    found.push(problem("people", &title, "unknown"));
                    continue;
                };
                let task = self.courses_of(&user.id).await?.into_iter().find(|row| row.duty == duty);
                match task {
                    Some(row) => people.push((user, row.id)),
                    None => found.push(problem("people", &title, "not-asked")),
                }
            }
        }
        Ok(people)
    }
}
