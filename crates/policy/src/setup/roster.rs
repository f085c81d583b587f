//! The roster: who works at a new body, in which section, with which posts.
//!
//! Owns: reading a table pasted from a spreadsheet (commas or tabs, quoted cells), the organisation that follows from it,
//! and what is wrong in which row.
//! Leaves to others: opening the accounts.

use std::collections::BTreeMap;

use super::{Problems, Step, plain, short};
use crate::{Pack, Post, Scope};

/// The heads of the table, in any order.
pub const ROSTER_HEAD: [&str; 6] = ["ログインID", "氏名", "ふりがな", "部", "課", "職"];
/// Most rows.
pub const PEOPLE_MAX: usize = 20_000;
/// Longest text of a roster.
const ROSTER_BYTES_MAX: usize = 8 << 20;
/// Longest cell, in characters.
const CELL_CHARS_MAX: usize = 60;
/// Problems of rows that are told; reading more of them helps nobody.
const ERRORS_MAX: usize = 50;

/// Somebody of the roster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Login.
    pub login: String,
    /// 氏名.
    pub name: String,
    /// ふりがな.
    pub kana: String,
    /// Id of the section.
    pub section: String,
    /// Posts, each with the unit it is held for.
    pub posts: Vec<(String, Option<String>)>,
}

/// What is wrong in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Its number; the heads are row 1.
    pub row: usize,
    /// What.
    pub message: String,
    /// What to write instead.
    pub instead: String,
}

/// A roster as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    /// The people of the rows without errors.
    pub people: Vec<Person>,
    /// Departments that the pack does not have: id and name.
    pub departments: Vec<(String, String)>,
    /// Sections that the pack does not have: id, name, id of the department.
    pub sections: Vec<(String, String, String)>,
    /// What is wrong.
    pub errors: Vec<RowError>,
}

impl Roster {
    /// Reads a table. Never fails: what is wrong is told by row.
    #[must_use]
    pub fn read(text: &str, below: &Pack) -> Self {
        let mut roster = Self::default();
        let mut error = |row: usize, message: String, instead: String| {
            roster.errors.push(RowError { row, message, instead });
        };
        if text.len() > ROSTER_BYTES_MAX {
            error(1, "名簿が大きすぎます。".to_owned(), format!("{PEOPLE_MAX} 人までにしてください。"));
            return roster;
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let rows = cells(text);
        let Some((_, head)) = rows.first() else {
            error(
                1,
                "名簿が空です。".to_owned(),
                format!("1行目に {} と書いてください。", ROSTER_HEAD.join(",")),
            );
            return roster;
        };
        let column = |name: &str| head.iter().position(|cell| plain(cell) == plain(name));
        let columns: Vec<Option<usize>> = ROSTER_HEAD.iter().map(|name| column(name)).collect();
        let missing: Vec<&str> =
            ROSTER_HEAD.iter().zip(&columns).filter(|(_, c)| c.is_none()).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            error(
                1,
                format!("1行目に見出し {} がありません。", missing.join("、")),
                format!("1行目に {} と書いてください。", ROSTER_HEAD.join(",")),
            );
            return roster;
        }
        if rows.len() > PEOPLE_MAX + 1 {
            error(
                PEOPLE_MAX + 2,
                "行が多すぎます。".to_owned(),
                format!("{PEOPLE_MAX} 人までにしてください。"),
            );
            return roster;
        }
        let mut reader = Reader { below, roster, logins: BTreeMap::new(), units: Units::of(below) };
        for (line, cells) in rows.iter().skip(1) {
            let row: Vec<&str> =
                columns.iter().map(|c| c.and_then(|c| cells.get(c)).map_or("", |cell| cell.trim())).collect();
            if row.iter().any(|cell| !cell.is_empty()) {
                reader.row(*line, &row);
            }
        }
        if reader.roster.people.is_empty() && reader.roster.errors.is_empty() {
            reader.error(1, "名簿に人がいません。".to_owned(), "2行目から一人一行で書いてください。");
        }
        reader.roster
    }
}

/// Reads a roster, and tells the problems of the whole plan.
pub(super) fn read(text: &str, below: &Pack, problems: &mut Problems) -> Roster {
    let roster = Roster::read(text, below);
    for error in roster.errors.iter().take(ERRORS_MAX) {
        problems.add(
            Step::People,
            "roster",
            format!("名簿の {} 行目: {}", error.row, error.message),
            error.instead.clone(),
        );
    }
    if let Some(more) = roster.errors.len().checked_sub(ERRORS_MAX).filter(|n| *n > 0) {
        problems.add(
            Step::People,
            "roster",
            format!("名簿の誤りは、ほかに {more} 件あります。"),
            "上から直してください。",
        );
    }
    roster
}

/// Names of units with their ids: those of the pack and those that the roster brings.
struct Units {
    departments: BTreeMap<String, String>,
    /// By name, which is unique in a body: id and department.
    sections: BTreeMap<String, (String, String)>,
}

impl Units {
    fn of(below: &Pack) -> Self {
        Self {
            departments: below.departments().iter().map(|d| (d.name.clone(), d.id.clone())).collect(),
            sections: below
                .sections()
                .iter()
                .map(|s| (s.name.clone(), (s.id.clone(), s.department.clone())))
                .collect(),
        }
    }
}

struct Reader<'p> {
    below: &'p Pack,
    roster: Roster,
    /// Logins with the row they first stood in.
    logins: BTreeMap<String, usize>,
    units: Units,
}

impl<'p> Reader<'p> {
    fn error(&mut self, row: usize, message: String, instead: impl Into<String>) {
        self.roster.errors.push(RowError { row, message, instead: instead.into() });
    }

    fn row(&mut self, line: usize, row: &[&str]) {
        let [login, name, kana, department, section, posts] = row else { return };
        let before = self.roster.errors.len();
        for (head, cell) in ROSTER_HEAD.iter().zip(row) {
            if cell.is_empty() {
                self.error(line, format!("{head}が空です。"), "入力してください。");
            } else if cell.chars().count() > CELL_CHARS_MAX || cell.chars().any(char::is_control) {
                self.error(
                    line,
                    format!("{head}が長すぎるか、使えない文字があります。"),
                    "60 文字以内にしてください。",
                );
            }
        }
        let login = plain(login).to_ascii_lowercase();
        let sound = (2..=64).contains(&login.len())
            && login.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b));
        if !login.is_empty() && !sound {
            self.error(
                line,
                format!("ログインID「{}」は使えません。", short(&login)),
                "英小文字・数字・ . - _ の 2 文字から 64 文字にしてください。",
            );
        }
        if sound {
            if let Some(first) = self.logins.get(&login) {
                let first = *first;
                self.error(
                    line,
                    format!("ログインID「{login}」が {first} 行目と重なっています。"),
                    "一人に一行とし、兼ねる職は「課長;施設管理主管課長」のように一つの欄に書いてください。",
                );
            } else {
                self.logins.insert(login.clone(), line);
            }
        }
        let known = self.posts(line, posts);
        let elsewhere = self.units.sections.get(*section).map(|(_, of)| of.clone());
        if elsewhere.is_some_and(|of| self.units.departments.get(*department) != Some(&of)) {
            self.error(
                line,
                format!("課「{}」が、ほかの部にもあります。", short(section)),
                "課の名前は団体の中で一つにしてください(例: 市民部庶務課)。",
            );
        }
        if self.roster.errors.len() > before {
            return;
        }
        let (department, section) = self.place(department, section);
        let posts = known
            .into_iter()
            .map(|post| {
                // A post of one unit is held for that unit, wherever its holder sits.
                let unit = match post.scope {
                    Scope::City => None,
                    Scope::Department => Some(post.department.clone().unwrap_or_else(|| department.clone())),
                    Scope::Section => Some(post.section.clone().unwrap_or_else(|| section.clone())),
                };
                (post.id.clone(), unit)
            })
            .collect();
        self.roster.people.push(Person {
            login,
            name: (*name).to_owned(),
            kana: (*kana).to_owned(),
            section,
            posts,
        });
    }

    /// The posts of a cell, by title or id.
    fn posts(&mut self, line: usize, cell: &str) -> Vec<&'p Post> {
        let mut found: Vec<&'p Post> = Vec::new();
        for word in cell.split([';', '；', '、', '/', '／']).map(str::trim).filter(|w| !w.is_empty()) {
            match self.below.posts().iter().find(|p| p.title == word || p.id == word) {
                Some(post) if found.iter().any(|known| known.id == post.id) => {}
                Some(post) => found.push(post),
                None => {
                    let titles: Vec<&str> = self.below.posts().iter().map(|p| p.title.as_str()).collect();
                    self.error(
                        line,
                        format!("職「{}」は方針にありません。", short(word)),
                        format!("次のどれかにしてください: {}", titles.join("、")),
                    );
                }
            }
        }
        found
    }

    /// The ids of a department and a section, new ones where the names are new.
    fn place(&mut self, department: &str, section: &str) -> (String, String) {
        let departments = &mut self.units.departments;
        let below = self.below;
        let department_id = match departments.get(department) {
            Some(id) => id.clone(),
            None => {
                let id = fresh("bu", self.roster.departments.len(), |id| below.department(id).is_some());
                departments.insert(department.to_owned(), id.clone());
                self.roster.departments.push((id.clone(), department.to_owned()));
                id
            }
        };
        let section_id = match self.units.sections.get(section) {
            Some((id, _)) => id.clone(),
            None => {
                let id = fresh("ka", self.roster.sections.len(), |id| below.section(id).is_some());
                self.units.sections.insert(section.to_owned(), (id.clone(), department_id.clone()));
                self.roster.sections.push((id.clone(), section.to_owned(), department_id.clone()));
                id
            }
        };
        (department_id, section_id)
    }
}

/// `bu-01`, `bu-02`, …, none that the pack has.
fn fresh(mark: &str, made: usize, taken: impl Fn(&str) -> bool) -> String {
    let mut number = made + 1;
    loop {
        let id = format!("{mark}-{number:02}");
        if !taken(&id) {
            return id;
        }
        number += 1_000;
    }
}

/// The cells of a table, each row with the line it begins on. Tabs when the first line has any: a paste from a spreadsheet.
fn cells(text: &str) -> Vec<(usize, Vec<String>)> {
    let first = text.lines().next().unwrap_or_default();
    let mark = if first.contains('\t') { '\t' } else { ',' };
    let mut rows = Vec::new();
    let (mut row, mut cell) = (Vec::new(), String::new());
    let (mut line, mut begins) = (1, 1);
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            '\n' | '\r' if !quoted => {
                if c == '\r' && chars.peek() == Some(&'\n') {
                    chars.next();
                }
                row.push(std::mem::take(&mut cell));
                rows.push((begins, std::mem::take(&mut row)));
                line += 1;
                begins = line;
            }
            c if c == mark && !quoted => row.push(std::mem::take(&mut cell)),
            c => {
                line += usize::from(c == '\n');
                cell.push(c);
            }
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push((begins, row));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::cells;

    #[test]
    fn tables_are_read_as_spreadsheets_write_them() {
        let rows = |text: &str| -> Vec<(usize, Vec<String>)> { cells(text) };
        let row = |line: usize, cells: &[&str]| (line, cells.iter().map(|c| (*c).to_owned()).collect());
        assert_eq!(rows("a,b\r\nc,d"), [row(1, &["a", "b"]), row(2, &["c", "d"])]);
        assert_eq!(rows("a\tb,x\n"), [row(1, &["a", "b,x"])]);
        assert_eq!(rows("\"a,\"\"b\"\"\nc\",d\ne"), [row(1, &["a,\"b\"\nc", "d"]), row(3, &["e"])]);
        assert_eq!(rows("a,,\n\n"), [row(1, &["a", "", ""]), row(2, &[""])]);
        assert_eq!(rows("\"never closed,\n"), [row(1, &["never closed,\n"])]);
        assert!(rows("").is_empty());
    }
}
