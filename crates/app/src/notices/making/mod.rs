//! Which notices the state of a thing asks for, and telling the people.
//!
//! Owns what all of them have in common: who is told once, what a step or a deputy asks for, putting notices in place of those that
//! are there. Leaves each kind of thing to its file, when mails go to [`hours`], who holds a role and who stands in to
//! [`crate::deciding`], keeping them to the store.

mod hours;
mod imports;
mod people;
mod registers;
mod requests;
mod tasks;
mod transfers;

use std::collections::BTreeSet;

use policy::NoticeKind;
use workflow::{
    Millis,
    id::{SectionId, UserId},
    route::{Approval, Scope, Term},
};

use super::store::{About, NewNotice, Told};
use crate::{App, deciding::Matter, error::Result, ports::Tx};

const MINUTE: Millis = 60_000;
const HOUR: Millis = 3_600_000;
const DAY: Millis = 86_400_000;

/// The notices that a thing asks for, and when to look at it again.
#[derive(Debug)]
pub(in crate::notices) struct Wanted {
    about: About,
    notices: Vec<NewNotice>,
    /// Theirs.
    ids: BTreeSet<String>,
    look_again: Option<Millis>,
}

impl Wanted {
    fn new(kind: &str, id: &str) -> Self {
        Self { about: About::new(kind, id), notices: Vec::new(), ids: BTreeSet::new(), look_again: None }
    }

    fn look(&mut self, at: Option<Millis>) {
        self.look_again = [self.look_again, at].into_iter().flatten().min();
    }

    pub(in crate::notices) fn about(&self) -> &About {
        &self.about
    }

    pub(in crate::notices) fn notices(&self) -> &[NewNotice] {
        &self.notices
    }

    pub(in crate::notices) fn look_again(&self) -> Option<Millis> {
        self.look_again
    }
}

/// Somebody who is told, and the role in which, if it is one.
type Addressee = (UserId, Option<String>);

fn in_role(people: Vec<UserId>, role: &str) -> Vec<Addressee> {
    people.into_iter().map(|person| (person, Some(role.to_owned()))).collect()
}

fn himself(person: &UserId) -> Vec<Addressee> {
    vec![(person.clone(), None)]
}

/// How many of the days before an end have come, and when the next does.
fn passed(days: &[u32], end: Millis, now: Millis) -> (usize, Option<Millis>) {
    let moments = || days.iter().map(|d| end.saturating_sub(Millis::from(*d) * DAY));
    (moments().filter(|at| *at <= now).count(), moments().filter(|at| *at > now).min())
}

/// What a matter with an approval is, for its notices.
struct Course<'a> {
    approval: &'a Approval,
    term: Term,
    submitter: &'a UserId,
}

impl App {
    fn tell(&self, wanted: &mut Wanted, told: &Told, people: Vec<Addressee>) {
        for (person, role) in people {
            if let Some(way) = self.way(told.kind, role.as_deref(), told.made_at) {
                let notice = NewNotice { person, told: told.clone(), way };
                // Two roles of one person ask him once.
                if wanted.ids.insert(notice.id()) {
                    wanted.notices.push(notice);
                }
            }
        }
    }

    /// The roles that are told of a kind by the pack alone, for a section or the whole body.
    async fn told_by_rule(
        &self,
        kind: NoticeKind,
        section: Option<&SectionId>,
        now: Millis,
    ) -> Result<Vec<Addressee>> {
        let mut people = Vec::new();
        for rule in self.pack().notice_rules().iter().filter(|r| r.kind == kind) {
            for role in &rule.roles {
                let scope = section.map_or(Scope::City, |s| Scope::Section(s.clone()));
                people.extend(in_role(self.holders(role, &scope, now).await?, role));
            }
        }
        Ok(people)
    }

    /// What approvals have in common: the open steps, what deputies decided.
    async fn approval_notices(
        &self,
        wanted: &mut Wanted,
        told: &Told,
        matter: &Matter<'_>,
        course: &Course<'_>,
    ) -> Result<()> {
        let (approval, now) = (course.approval, told.made_at);
        for (index, step) in &matter.open_steps {
            let late = course.term.reminded_at.is_some();
            let told = Told {
                kind: if late { NoticeKind::DecideLate } else { NoticeKind::Decide },
                occasion: format!("{}.{index}", approval.round),
                due_at: course.term.due_at,
                ..told.clone()
            };
            let people = self.deciders(matter, step, now).await?;
            self.tell(wanted, &told, people.into_iter().map(|(id, role)| (id, Some(role))).collect());
        }
        for (index, decision) in approval.decisions.iter().enumerate() {
            if let (Some(holder), None) = (&decision.on_behalf_of, decision.reviewed_at) {
                let told = Told {
                    kind: NoticeKind::Review,
                    occasion: index.to_string(),
                    due_at: None,
                    ..told.clone()
                };
                self.tell(wanted, &told, himself(holder));
            }
        }
        Ok(())
    }

    /// What a step that nobody may decide tells those who fill posts.
    async fn vacancy_notice(&self, wanted: &mut Wanted, told: &Told, course: &Course<'_>) -> Result<()> {
        let told = Told {
            kind: NoticeKind::Vacancy,
            occasion: format!("{}.{}", course.approval.round, course.approval.step),
            // What was handed in is not theirs to see.
            title: String::new(),
            unnamed: true,
            ..told.clone()
        };
        let people = self.told_by_rule(NoticeKind::Vacancy, None, told.made_at).await?;
        self.tell(wanted, &told, people);
        Ok(())
    }

    async fn put(&self, tx: &mut dyn Tx, wanted: &Wanted, now: Millis) -> Result<()> {
        Ok(tx.replace_notices(&wanted.about, &wanted.notices, wanted.look_again, now).await?)
    }

    /// Says to open screens that these people have other notices now.
    pub(crate) fn noticed(&self, people: &[UserId]) {
        for person in people {
            self.live().told(person);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, passed};

    #[test]
    fn days_before_an_end_come_one_after_the_other() {
        let end = 100 * DAY;
        for (now, wanted) in [
            (0, (0, Some(93 * DAY))),
            (93 * DAY - 1, (0, Some(93 * DAY))),
            (93 * DAY, (1, Some(99 * DAY))),
            (99 * DAY, (2, None)),
            (200 * DAY, (2, None)),
        ] {
            assert_eq!(passed(&[7, 1], end, now), wanted, "{now}");
        }
        assert_eq!(passed(&[], end, 0), (0, None));
    }
}
