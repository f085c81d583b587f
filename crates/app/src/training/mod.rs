//! Courses (研修): opened for those they are for, read and tested, or attended in a room; who has passed, and who has not.
//!
//! Owns what of the pack a person's course is made of, the facts that rights depend on, and evidence. A person's course is a task
//! of [`crate::duties`], whose clocks, excuses, confirmations and lists it shares. Leaves opening and what time brings to
//! `running`, lectures to `attendance`, reading and tests to `taking`, what people see to `views`, what a duty counts to `counting`, files to `materials`, papers and states to `workflow`.

mod attendance;
mod counting;
mod materials;
mod running;
pub mod store;
mod taking;
mod views;

use authz::{DutyStage, Place, Resource};
use policy::{Audience, Course, Occurs};
use serde_json::Value;
use workflow::{
    Millis,
    duty::{Covers, Scope, Task, Terms, task::NewTask},
    training,
};

use crate::{
    App,
    error::{Error, Result},
    evidence::{Act, By, Kind},
    model::NewEvidence,
};

pub use attendance::{Attended, NewAttendance};
pub use counting::Counted;
pub use materials::CourseFiles;
pub use running::NewRun;
pub use taking::{ShownItem, ShownPaper};
pub use views::{
    Certificate, CourseCard, CourseOverview, CoursePerson, CourseSection, CourseYear, MarkedItem, MyCourse,
    YearShare,
};

impl App {
    /// The course with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub(crate) fn course_type(&self, id: &str) -> Result<&Course> {
        self.pack().course(id).ok_or(Error::NotFound)
    }

    /// The facts of a course that rights depend on: it stands as a task of the role that opens it.
    pub(crate) fn course_facts(&self, course: &Course, place: Place) -> Resource {
        Resource::from(authz::DutyTask {
            id: training::duty_of(&course.id),
            place,
            person: None,
            owner: Some(course.manager.clone()),
            confirmer: course.confirm_by.clone(),
            waiver: course.excuse_by.clone(),
            reported_by: None,
            zone: None,
            stage: DutyStage::Open,
        })
    }

    /// What a person's task of this course goes by.
    fn course_terms(&self, course: &Course) -> Terms {
        let roles =
            std::iter::once(&course.manager).chain(&course.confirm_by).chain(&course.excuse_by).cloned();
        Terms {
            owner: course.manager.clone(),
            confirm_by: course.confirm_by.clone(),
            waiver_by: course.excuse_by.clone(),
            wide: roles.filter(|id| self.pack().role(id).is_some_and(|r| r.city_wide)).collect(),
            remind_days: course.remind_days.clone(),
            escalations: course.escalations.iter().map(|e| (e.after_days, e.to.clone())).collect(),
        }
    }

    /// A person's task of a course.
    fn course_task(
        &self,
        course: &Course,
        covers: &Covers,
        scope: Scope,
        due_on: jiff::civil::Date,
        now: Millis,
    ) -> Task {
        let new = NewTask {
            duty: training::duty_of(&course.id),
            title: course.title.clone(),
            scope,
            covers: covers.clone(),
            nth: 1,
            times: 1,
            due_on,
            terms: self.course_terms(course),
        };
        Task::new(new, now)
    }

    /// The statements that a course is evidence for: those that it names, and those that name its mechanism, unless they belong
    /// to another course or to a duty.
    pub(crate) fn statements_of_course(&self, id: &str) -> Vec<String> {
        let pack = self.pack();
        let Some(course) = pack.course(id) else { return Vec::new() };
        let is_anothers = |id: &String| {
            pack.courses().iter().any(|c| c.statements.contains(id))
                || pack.duty_types().iter().any(|d| d.statements.contains(id))
        };
        let by_mechanism = course.mechanism.into_iter().flat_map(|m| pack.served_by(m));
        let mut statements = course.statements.clone();
        statements.extend(by_mechanism.map(|s| s.id.clone()).filter(|id| !is_anothers(id)));
        statements.sort();
        statements.dedup();
        statements
    }

    /// Evidence about a course as a whole, or about one person's.
    fn course_entry(
        &self,
        now: Millis,
        kind: Kind,
        by: By<'_>,
        (subject, id, course): (&'static str, &str, &str),
        details: Value,
    ) -> Result<NewEvidence> {
        let statements = self.statements_of_course(course);
        let act = Act { kind, by, subject: (subject, id), details, statements: &statements };
        // The statements are exactly these: kinds and mechanisms are shared by all courses.
        self.entry_by(now, &act, None, &[])
    }
}

/// Whether a course begins by itself for one person when something happens to him.
fn is_set_off(course: &Course, trigger: policy::DutyTrigger) -> bool {
    matches!(&course.occurs, Occurs::On { on, .. } if *on == trigger)
}

/// Whether a course is opened by people.
fn is_opened(course: &Course) -> bool {
    !is_set_off(course, policy::DutyTrigger::Hire) && !is_set_off(course, policy::DutyTrigger::Transfer)
}

/// Whether roles decide who takes it.
fn goes_by_roles(course: &Course) -> bool {
    matches!(course.audience, Audience::Roles | Audience::Managers)
}
