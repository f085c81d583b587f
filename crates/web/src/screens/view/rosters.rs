//! What the pages of personnel changes show: plans, one plan, its lines, first passwords, a section's part.

use askama::Template;

use super::{Chip, Choice, FieldError, Frame};
use crate::words::Trouble;

/// A number with its word, and how long its bar is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CountView {
    /// The word.
    pub word: String,
    /// How many.
    pub count: u32,
    /// Of a hundred: how much of the longest bar.
    pub percent: u32,
    /// Where these lines are; none where there are no lines.
    pub href: Option<String>,
}

/// A plan in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterRowView {
    /// Its page.
    pub href: String,
    /// Its day.
    pub day: String,
    /// Where it stands.
    pub state: Chip,
    /// How many change.
    pub changed: u32,
    /// The numbers in words.
    pub counts: String,
    /// Where it comes from.
    pub source: String,
}

/// The list of plans.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "rosters.html")]
pub struct RostersPage {
    /// Around it.
    pub frame: Frame,
    /// The newest first.
    pub rows: Vec<RosterRowView>,
    /// Whether the person prepares plans.
    pub may_prepare: bool,
    /// The next page.
    pub next_href: Option<String>,
}

/// The page where a table is handed in.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "roster_new.html")]
pub struct RosterNewPage {
    /// Around it.
    pub frame: Frame,
    /// What was typed.
    pub day: String,
    /// What was typed.
    pub sheet: String,
    /// The two forms of a table.
    pub forms: Vec<Choice>,
    /// The headings, and what else they may be called.
    pub columns: Vec<(String, String)>,
    /// The words for kinds of change.
    pub kinds: Vec<(String, String)>,
    /// The largest file, in words.
    pub file_max: String,
    /// What can be put right at the form.
    pub errors: Vec<FieldError>,
    /// Why the file was not taken.
    pub trouble: Option<Trouble>,
    /// What is wrong with its headings.
    pub headings: Vec<String>,
}

/// A line that cannot be taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterProblemView {
    /// Its number in the file.
    pub line: u32,
    /// The heading.
    pub title: String,
    /// What is wrong, and what to do.
    pub words: String,
}

/// A table that was read and not kept.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "roster_problems.html")]
pub struct RosterProblemsPage {
    /// Around it.
    pub frame: Frame,
    /// The file.
    pub file: String,
    /// The sheet.
    pub sheet: String,
    /// Sheets that were not read.
    pub other_sheets: Vec<String>,
    /// Headings that were not read.
    pub unknown: Vec<String>,
    /// How many would change.
    pub counts: Vec<CountView>,
    /// How many problems there are.
    pub problems_count: usize,
    /// The first of them.
    pub problems: Vec<RosterProblemView>,
}

/// Something that a person has in hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThingView {
    /// What kind of thing.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// Where it is.
    pub href: String,
    /// What becomes of it.
    pub follows: String,
    /// Of a row that may be given to somebody of its own: the register, the number, the column.
    pub row: Option<(String, i64, String)>,
    /// Of a permit that may be given to somebody: its request.
    pub permit: Option<String>,
    /// Who takes that over, by name; empty: nobody.
    pub taker: String,
}

/// A line of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterLineView {
    /// Its place.
    pub place: u32,
    /// The person's page; none for somebody who is not there yet.
    pub href: Option<String>,
    /// Number and name.
    pub login: String,
    /// Name.
    pub name: String,
    /// What becomes of him.
    pub kind: Chip,
    /// What is different: title, old, new.
    pub changes: Vec<(String, String, String)>,
    /// The lines of the table.
    pub lines: String,
    /// What he has in hand.
    pub things: Vec<ThingView>,
    /// Whether somebody may be named who takes it.
    pub may_choose: bool,
    /// Who takes it.
    pub successor: String,
    /// Whether open requests go on in the successor's name.
    pub hands_over: bool,
    /// Whether that can be chosen.
    pub leaves: bool,
    /// What became of him.
    pub outcome: Option<Chip>,
    /// Why not, or what stays.
    pub notes: Vec<String>,
}

impl RosterLineView {
    /// Things that are seen without opening anything: a line of somebody with forty stays a line.
    const THINGS_OPEN: usize = 5;

    /// Those.
    #[must_use]
    pub fn first_things(&self) -> &[ThingView] {
        self.things.get(..Self::THINGS_OPEN).unwrap_or(&self.things)
    }

    /// The others.
    #[must_use]
    pub fn further_things(&self) -> &[ThingView] {
        self.things.get(Self::THINGS_OPEN..).unwrap_or_default()
    }
}

/// What a section gives and gets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterSectionView {
    /// Its name.
    pub name: String,
    /// Who joins.
    pub joins: u32,
    /// Who comes from another section.
    pub comes: u32,
    /// Who goes to another section.
    pub goes: u32,
    /// Who leaves.
    pub leaves: u32,
    /// Others who change.
    pub others: u32,
}

/// A tab above the lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterTabView {
    /// Where it leads.
    pub href: String,
    /// Its word with the number.
    pub label: String,
    /// Whether it is shown.
    pub current: bool,
}

/// A plan.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "roster.html")]
pub struct RosterPage {
    /// Around it.
    pub frame: Frame,
    /// Its page.
    pub href: String,
    /// Its day.
    pub day: String,
    /// Where it stands.
    pub state: Chip,
    /// What happens next, in a sentence.
    pub next: String,
    /// Who drew it up, and when.
    pub made: String,
    /// Where it comes from.
    pub source: String,
    /// Whether the table named everybody.
    pub whole: bool,
    /// The digest.
    pub digest: String,
    /// The numbers as bars.
    pub counts: Vec<CountView>,
    /// Who stays as he is.
    pub unchanged: u32,
    /// What became of everybody, once the day has come.
    pub results: Vec<CountView>,
    /// What nobody would hold any more.
    pub vacancies: Vec<String>,
    /// What is in hand.
    pub hand: Vec<CountView>,
    /// By section.
    pub sections: Vec<RosterSectionView>,
    /// Above the lines.
    pub tabs: Vec<RosterTabView>,
    /// The lines.
    pub lines: Vec<RosterLineView>,
    /// The next lines.
    pub more_href: Option<String>,
    /// Where it is applied for.
    pub ask_href: Option<String>,
    /// The request that carries it.
    pub request_href: Option<String>,
    /// Whether it may be given up.
    pub may_withdraw: bool,
    /// Whether first passwords may be printed.
    pub may_print: bool,
    /// What can be put right at the form.
    pub errors: Vec<FieldError>,
}

/// One person's first login.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FirstLoginView {
    /// His section.
    pub section: String,
    /// 氏名.
    pub name: String,
    /// What he types.
    pub login: String,
    /// The password.
    pub password: String,
}

/// The sheet of first passwords.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "roster_passwords.html")]
pub struct RosterPasswordsPage {
    /// Around it.
    pub frame: Frame,
    /// Back to the plan.
    pub href: String,
    /// The day of the plan.
    pub day: String,
    /// The people.
    pub rows: Vec<FirstLoginView>,
}

/// One plan's part for a section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandoverView {
    /// Its day.
    pub day: String,
    /// Where it stands.
    pub state: Chip,
    /// Who goes.
    pub going: Vec<RosterLineView>,
    /// Who comes.
    pub coming: Vec<RosterLineView>,
}

/// A section's part of the newest plans.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "handover.html")]
pub struct HandoverPage {
    /// Around it.
    pub frame: Frame,
    /// The section's name.
    pub section: String,
    /// Other sections of the same person.
    pub sections: Vec<RosterTabView>,
    /// What the one who looks is to take over: its page, what it is, from whom and until when.
    pub offered: Vec<(String, String, String)>,
    /// The plans.
    pub plans: Vec<HandoverView>,
}
