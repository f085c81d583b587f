//! 人事異動: who works where from a day on, as a plan: what is different for each person, and what of it cannot be taken.
//!
//! Owns: the two forms of a table (everybody as he is to be, or the changes alone), what the lines of one person mean together,
//! lines that contradict, and whether a person still stands as the plan found him when its day has come.
//! Leaves to others: reading the file (a cell does), cells and headings ([`crate::register_plan`]), words and posts of a line
//! (`read`), places that nobody holds afterwards (`vacancy`), the life of a plan ([`life`]), and what follows from a change (`app`).

pub mod life;
mod read;
mod vacancy;

use std::collections::{BTreeMap, BTreeSet};

use policy::Pack;
use serde::{Deserialize, Serialize};

use crate::id::{SectionId, UserId};

pub use read::{Row, Said, TITLES, WORDS, other_titles, rows, table};
pub use vacancy::{Held, Vacancy, vacancies, waited_for};

/// What the lines of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Everybody as he is to be; who is not there leaves.
    Whole,
    /// Only what is to be different, each line with its kind.
    Changes,
}

impl Form {
    /// Both.
    pub const ALL: [Form; 2] = [Form::Whole, Form::Changes];

    /// The word in forms, the API and the store.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Form::Whole => "whole",
            Form::Changes => "changes",
        }
    }

    /// The one with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.id() == id)
    }
}

/// What becomes of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// 採用: an account is opened.
    Join,
    /// 異動: other section or other posts.
    Move,
    /// 退職: the account is closed and kept.
    Leave,
    /// 休職: the account is closed for a time; the posts stay.
    Suspend,
    /// 復職: it is opened again.
    Resume,
    /// Only the name or the mail address is different.
    Rename,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 6] =
        [Kind::Join, Kind::Move, Kind::Leave, Kind::Suspend, Kind::Resume, Kind::Rename];

    /// The word in the store, evidence and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Kind::Join => "join",
            Kind::Move => "move",
            Kind::Leave => "leave",
            Kind::Suspend => "suspend",
            Kind::Resume => "resume",
            Kind::Rename => "rename",
        }
    }

    /// The one with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// Whether what the person has in hand must go to somebody else.
    #[must_use]
    pub fn hands_over(self) -> bool {
        matches!(self, Kind::Move | Kind::Leave)
    }
}

/// A post that is held, for a unit or for the whole body.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// The pack's id.
    pub post: String,
    /// The section or the department.
    pub unit: Option<String>,
}

/// How a person stands at a moment, as far as a roster says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// 氏名.
    pub name: String,
    /// ふりがな.
    pub kana: String,
    /// The section he belongs to.
    pub section: SectionId,
    /// Whether his account may be used.
    pub enabled: bool,
    /// What he holds.
    pub posts: BTreeSet<Post>,
}

/// Where mails for somebody go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailAddress {
    /// The address.
    pub address: String,
    /// Whether he wrote it himself, or a table of a personnel change did; `None` where nobody noted that.
    pub own: Option<bool>,
}

/// A person of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Id.
    pub id: UserId,
    /// How he stands.
    pub standing: Standing,
    /// Where mails for him go, if somebody wrote that.
    pub mail: Option<MailAddress>,
}

/// What is different for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// His login, which is the number that the personnel office knows him by.
    pub login: String,
    /// The account; none for one that is to be opened.
    pub person: Option<UserId>,
    /// What becomes of him.
    pub kind: Kind,
    /// How he stood when the plan was made.
    pub before: Option<Standing>,
    /// How he is to stand.
    pub after: Standing,
    /// Where mails for him are to go, where that is different.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// Where they went when the plan was made, where that is to be replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_before: Option<MailAddress>,
    /// The lines of the table that say so; none for one who is not in it.
    pub lines: Vec<u32>,
}

impl Entry {
    /// Posts that he gets.
    #[must_use]
    pub fn gained(&self) -> Vec<&Post> {
        let had = self.before.as_ref().map(|before| &before.posts);
        self.after.posts.iter().filter(|post| had.is_none_or(|had| !had.contains(post))).collect()
    }

    /// Posts that he loses.
    #[must_use]
    pub fn lost(&self) -> Vec<&Post> {
        let had = self.before.iter().flat_map(|before| &before.posts);
        had.filter(|post| !self.after.posts.contains(post)).collect()
    }

    /// What is to be done when the day has come, given how he stands then and where mails for him go.
    #[must_use]
    pub fn due(&self, now: Option<&Standing>, mail: Option<&str>) -> Due {
        let is_there = now == Some(&self.after);
        if is_there && (self.mail.is_none() || self.mail.as_deref() == mail) {
            Due::Nothing
        } else if now != self.before.as_ref() || (is_there && !self.replaces(mail)) {
            Due::Differs
        } else {
            Due::Change
        }
    }

    /// Whether its address may take the place of this one, to which mails go now: only of that which the plan showed.
    #[must_use]
    pub fn replaces(&self, mail: Option<&str>) -> bool {
        self.mail_before.as_ref().map(|before| before.address.as_str()) == mail
    }
}

/// What a plan has to do to a person on its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// He stands as the plan found him.
    Change,
    /// He stands already as he is to.
    Nothing,
    /// Somebody changed him meanwhile: nothing is done, and that is told.
    Differs,
}

/// Why a line cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The cell cannot be read.
    Cell(crate::register_plan::CellProblem),
    /// It must be filled.
    Empty,
    /// Longer than names are, or with signs that no name has.
    NotAllowed,
    /// A login has other signs.
    BadLogin,
    /// No kind of change.
    UnknownKind,
    /// No section of this name.
    UnknownSection,
    /// No post of this title.
    UnknownPost,
    /// No address of a mail.
    BadMail,
    /// An address that the body sends no mails to.
    OtherDomain,
    /// No day.
    NoDay,
    /// A day that this plan is not for.
    OtherDay,
    /// Nobody has this login.
    UnknownPerson,
    /// Somebody has it already.
    AlreadyThere,
    /// The account is closed.
    Closed,
    /// The account is not closed.
    NotClosed,
    /// He does not hold the post that is to end.
    NotHeld,
    /// The name is another than that of the account.
    OtherName {
        /// That of the account.
        known: String,
    },
    /// The same line stands further up.
    Twice {
        /// There.
        line: u32,
    },
    /// Another line of the same person says otherwise.
    Contradicts {
        /// That line.
        line: u32,
    },
}

impl Trouble {
    /// The word for the catalogue and the API.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Trouble::Cell(problem) => problem.id(),
            Trouble::Empty => "empty",
            Trouble::NotAllowed => "not-allowed",
            Trouble::BadLogin => "bad-login",
            Trouble::UnknownKind => "unknown-kind",
            Trouble::UnknownSection => "unknown-section",
            Trouble::UnknownPost => "unknown-post",
            Trouble::BadMail => "bad-mail",
            Trouble::OtherDomain => "other-domain",
            Trouble::NoDay => "no-date",
            Trouble::OtherDay => "other-day",
            Trouble::UnknownPerson => "unknown-person",
            Trouble::AlreadyThere => "already-there",
            Trouble::Closed => "closed",
            Trouble::NotClosed => "not-closed",
            Trouble::NotHeld => "not-held",
            Trouble::OtherName { .. } => "other-name",
            Trouble::Twice { .. } => "twice",
            Trouble::Contradicts { .. } => "contradicts",
        }
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProblem {
    /// Its number in the file, from 1.
    pub line: u32,
    /// The heading of the column; empty when it is about the whole line.
    pub title: String,
    /// What.
    pub what: Trouble,
}

/// What a plan is made from, besides the lines.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The pack in force.
    pub pack: &'a Pack,
    /// What the lines are.
    pub form: Form,
    /// Those whom the lines name, by login; of a whole roster everybody.
    pub people: &'a BTreeMap<String, Known>,
}

/// What would become of everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Those for whom something is different, by login.
    pub entries: Vec<Entry>,
    /// How many stay as they are: of those whom the table names.
    pub unchanged: usize,
    /// What cannot be taken. With any of it the plan is none.
    pub problems: Vec<LineProblem>,
}

impl Plan {
    /// How many are of this kind.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.entries.iter().filter(|entry| entry.kind == kind).count()
    }
}

/// Makes the plan. The same lines and the same facts always give the same plan.
#[must_use]
pub fn plan(facts: Facts<'_>, rows: &[Row]) -> Plan {
    let mut by_login: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        by_login.entry(row.login.as_str()).or_default().push(row);
    }
    let mut plan = Plan::default();
    for (login, rows) in &by_login {
        let known = facts.people.get(*login);
        match person(facts, known, rows) {
            Ok((said, after)) => match mail_of(rows) {
                Ok(mail) => plan.take(login, known, said, (after, mail), rows),
                Err(problem) => plan.problems.push(problem),
            },
            Err(problems) => plan.problems.extend(problems),
        }
    }
    if facts.form == Form::Whole {
        let absent = facts
            .people
            .iter()
            .filter(|(login, known)| known.standing.enabled && !by_login.contains_key(login.as_str()));
        for (login, known) in absent {
            let after = left(&known.standing);
            plan.take(login, Some(known), Said::Leave, (after, None), &[]);
        }
    }
    plan.entries.sort_by(|a, b| a.login.cmp(&b.login));
    plan.problems.sort_by_key(|problem| problem.line);
    plan
}

impl Plan {
    fn take(
        &mut self,
        login: &str,
        known: Option<&Known>,
        said: Said,
        (after, mail): (Standing, Option<&str>),
        rows: &[&Row],
    ) {
        let before = known.map(|known| known.standing.clone());
        // Nobody who is away is told anything by mail.
        let mail_before = known.and_then(|k| k.mail.clone());
        let old = mail_before.as_ref().map(|before| before.address.as_str());
        let mail = mail.filter(|mail| after.enabled && old != Some(*mail)).map(ToOwned::to_owned);
        let kind = match &before {
            Some(before) if *before == after && mail.is_none() => {
                self.unchanged += 1;
                return;
            }
            None => Kind::Join,
            Some(before) => match (before.enabled, after.enabled) {
                (true, false) if said == Said::Suspend => Kind::Suspend,
                (_, false) => Kind::Leave,
                (false, true) => Kind::Resume,
                (true, true) if before.section == after.section && before.posts == after.posts => {
                    Kind::Rename
                }
                (true, true) => Kind::Move,
            },
        };
        self.entries.push(Entry {
            login: login.to_owned(),
            person: known.map(|known| known.id.clone()),
            kind,
            before,
            after,
            mail_before: mail_before.filter(|_| mail.is_some()),
            mail,
            lines: rows.iter().map(|row| row.line).collect(),
        });
    }
}

/// Where mails for one person are to go, by all his lines.
fn mail_of<'r>(rows: &[&'r Row]) -> Result<Option<&'r str>, LineProblem> {
    let mut said = rows.iter().filter(|row| !row.mail.is_empty());
    let Some(first) = said.next() else { return Ok(None) };
    match said.find(|row| row.mail != first.mail) {
        None => Ok(Some(&first.mail)),
        Some(other) => {
            let what = Trouble::Contradicts { line: first.line };
            Err(LineProblem { line: other.line, title: "mail".to_owned(), what })
        }
    }
}

/// Somebody who left: nothing is held any more, the rest stays for whoever reads old records.
fn left(before: &Standing) -> Standing {
    Standing { enabled: false, posts: BTreeSet::new(), ..before.clone() }
}

/// What the lines of one person come to.
fn person(
    facts: Facts<'_>,
    known: Option<&Known>,
    rows: &[&Row],
) -> Result<(Said, Standing), Vec<LineProblem>> {
    let mut problems = Vec::new();
    let mut wrong = |row: &Row, title: &str, what: Trouble| {
        problems.push(LineProblem { line: row.line, title: title.to_owned(), what });
    };
    let (main, besides): (Vec<&Row>, Vec<&Row>) = rows.iter().copied().partition(|row| row.said.is_main());
    let first = main.first().copied();
    for row in main.iter().skip(1) {
        let Some(first) = first else { break };
        let what = match row.says_the_same(first) {
            true => Trouble::Twice { line: first.line },
            false => Trouble::Contradicts { line: first.line },
        };
        wrong(row, "", what);
    }
    let renames = rows.iter().any(|row| row.said == Said::Rename);
    let standing = known.map(|known| &known.standing);
    if let (Some(standing), Form::Changes, false) = (standing, facts.form, renames) {
        for row in rows.iter().filter(|row| !row.name.is_empty()) {
            // A number that was copied wrongly is somebody else's: the name tells.
            if squeezed(&row.name) != squeezed(&standing.name) {
                wrong(row, "name", Trouble::OtherName { known: standing.name.clone() });
            }
        }
    }
    let mut after = standing.cloned();
    if let Some(row) = first {
        match begun(facts, standing, row) {
            Ok(begun) => after = Some(begun),
            Err(found) => found.into_iter().for_each(|(title, what)| wrong(row, title, what)),
        }
    }
    for row in besides {
        let Some(after) = after.as_mut() else {
            if first.is_none() {
                wrong(row, "login", Trouble::UnknownPerson);
            }
            continue;
        };
        if let Some(first) = first.filter(|first| first.said == Said::Leave) {
            wrong(row, "", Trouble::Contradicts { line: first.line });
            continue;
        }
        match row.said {
            Said::Rename if row.name.is_empty() => wrong(row, "name", Trouble::Empty),
            Said::Rename => {
                after.name.clone_from(&row.name);
                if !row.kana.is_empty() {
                    after.kana.clone_from(&row.kana);
                }
            }
            Said::Also | Said::EndAlso => {
                let named: Vec<Post> = row
                    .held(facts.pack, &after.section)
                    .into_iter()
                    .chain(row.also.iter().cloned())
                    .collect();
                if named.is_empty() {
                    wrong(row, "post", Trouble::Empty);
                }
                for post in named {
                    if row.said == Said::Also {
                        after.posts.insert(post);
                    } else if !after.posts.remove(&post) {
                        wrong(row, "post", Trouble::NotHeld);
                    }
                }
            }
            _ => {}
        }
    }
    match after {
        Some(after) if problems.is_empty() => Ok((first.map_or(Said::Also, |row| row.said), after)),
        _ => Err(problems),
    }
}

/// How a person stands after the line that says the main thing of him.
fn begun(
    facts: Facts<'_>,
    before: Option<&Standing>,
    row: &Row,
) -> Result<Standing, Vec<(&'static str, Trouble)>> {
    let joins = row.said == Said::Join || (row.said == Said::AsIs && before.is_none());
    let mut problems = Vec::new();
    match (before, row.said) {
        (Some(_), Said::Join) => problems.push(("login", Trouble::AlreadyThere)),
        (None, Said::Move | Said::Leave | Said::Suspend | Said::Resume) => {
            problems.push(("login", Trouble::UnknownPerson));
        }
        (Some(before), Said::Move | Said::Leave | Said::Suspend) if !before.enabled => {
            problems.push(("login", Trouble::Closed));
        }
        (Some(before), Said::Resume) if before.enabled => problems.push(("login", Trouble::NotClosed)),
        _ => {}
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if let Some(before) = before {
        match row.said {
            Said::Leave => return Ok(left(before)),
            Said::Suspend => return Ok(Standing { enabled: false, ..before.clone() }),
            Said::Resume if row.section.is_none() && row.posts.is_empty() => {
                return Ok(Standing { enabled: true, ..before.clone() });
            }
            _ => {}
        }
    }
    let named = |said: &str, known: Option<&String>| match (said, known) {
        ("", known) => known.cloned().unwrap_or_default(),
        (said, _) => said.to_owned(),
    };
    let name = named(&row.name, before.map(|b| &b.name));
    let kana = named(&row.kana, before.map(|b| &b.kana));
    let section = row.section.clone().or_else(|| before.filter(|_| !joins).map(|b| b.section.clone()));
    if name.is_empty() {
        problems.push(("name", Trouble::Empty));
    }
    if kana.is_empty() {
        problems.push(("kana", Trouble::Empty));
    }
    if row.posts.is_empty() && row.also.is_empty() {
        problems.push(("post", Trouble::Empty));
    }
    let Some(section) = section else {
        problems.push(("section", Trouble::Empty));
        return Err(problems);
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    let posts = row.held(facts.pack, &section).into_iter().chain(row.also.iter().cloned()).collect();
    Ok(Standing { name, kana, section, enabled: true, posts })
}

/// A name without the blanks that tables put between its parts.
fn squeezed(name: &str) -> String {
    policy::folded(&name.chars().filter(|c| !c.is_whitespace()).collect::<String>())
}
