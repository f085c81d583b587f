//! The lines of a roster's table: columns, the words that personnel offices use, sections and posts by their names.
//!
//! Owns: which headings there are and what else they are called, kinds of change, the day of a line, and reading one line.
//! Leaves to others: finding the headings and what a cell says ([`crate::register_plan`]), what the lines of a person come to
//! (the parent).

use std::collections::BTreeMap;

use policy::{Column, ColumnType, Origin, Pack, Readers, Register, RegisterScope, Scope, folded};

use super::{Form, LineProblem, Post, Trouble};
use crate::id::SectionId;
use crate::register_plan::Lines;

/// The columns: id, heading, and what else offices call it.
pub const TITLES: [(&str, &str, &[&str]); 9] = [
    (
        "login",
        "職員番号",
        &["利用者名", "利用者ID", "ユーザー名", "ユーザーID", "ログインID", "職員コード", "職員ID"],
    ),
    ("name", "氏名", &["名前", "職員氏名", "新氏名"]),
    ("kana", "ふりがな", &["フリガナ", "カナ", "かな", "氏名カナ", "カナ氏名", "氏名(カナ)"]),
    (
        "section",
        "所属",
        &["課", "課名", "所属課", "所属名", "部署", "新所属", "異動先", "配属先", "所属コード"],
    ),
    ("post", "職", &["職名", "役職", "役職名", "新職名", "職位"]),
    ("also", "兼務", &["兼職", "併任", "兼務先"]),
    ("kind", "区分", &["異動区分", "発令区分", "異動種別", "発令種別", "種別"]),
    ("day", "異動日", &["発令日", "発令年月日", "異動年月日", "退職日", "年月日"]),
    ("mail", "メール", &["メールアドレス", "Eメール", "E-mail", "email"]),
];

/// Longest name, as accounts have it.
const NAME_CHARS_MAX: usize = 60;
/// Longest cell that is looked at.
const CELL_CHARS_MAX: usize = 400;
/// Signs between posts of one cell.
const BETWEEN: [char; 7] = [';', '；', '、', ',', '，', '\n', '\r'];
/// Signs between the section and the post of one that is held besides.
const INSIDE: [char; 4] = ['/', '／', ' ', '\u{3000}'];

/// What a line says of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Said {
    /// As he is to be: a line of a whole roster.
    AsIs,
    /// 採用.
    Join,
    /// 異動.
    Move,
    /// 退職.
    Leave,
    /// 休職.
    Suspend,
    /// 復職.
    Resume,
    /// 氏名変更.
    Rename,
    /// 兼務.
    Also,
    /// 兼務解除.
    EndAlso,
}

impl Said {
    /// Whether it says where the person works; of such lines one person has one.
    #[must_use]
    pub fn is_main(self) -> bool {
        !matches!(self, Said::Rename | Said::Also | Said::EndAlso)
    }

    /// The kind that a word means.
    #[must_use]
    pub fn from_word(untrusted: &str) -> Option<Self> {
        let word: String = folded(untrusted).chars().filter(|c| !c.is_whitespace()).collect();
        WORDS.iter().find(|(_, words)| words.iter().any(|w| folded(w) == word)).map(|(said, _)| *said)
    }
}

/// The words for each kind, the usual one first.
pub const WORDS: [(Said, &[&str]); 9] = [
    (Said::AsIs, &["現職", "変更なし", "異動なし", "在職", "留任"]),
    (Said::Join, &["採用", "新規採用", "新採用", "新採", "転入", "任用", "再任用", "帰任"]),
    (
        Said::Move,
        &["異動", "転任", "配置換", "配置換え", "配属", "昇任", "昇格", "降任", "転補", "兼務替", "任命"],
    ),
    (
        Said::Leave,
        &[
            "退職",
            "定年退職",
            "普通退職",
            "勧奨退職",
            "離職",
            "任期満了",
            "失職",
            "免職",
            "死亡",
            "転出",
            "割愛",
        ],
    ),
    (Said::Suspend, &["休職", "病気休職", "育児休業", "育休", "産休", "派遣", "出向", "休業", "停職"]),
    (Said::Resume, &["復職", "復帰", "職務復帰"]),
    (Said::Rename, &["氏名変更", "改姓", "改名"]),
    (Said::Also, &["兼務", "併任", "兼職"]),
    (Said::EndAlso, &["兼務解除", "併任解除", "兼務免", "免兼務"]),
];

/// One line that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number in the file, from 1.
    pub line: u32,
    /// Login, in the form in which accounts have it.
    pub login: String,
    /// 氏名; empty where the line says none.
    pub name: String,
    /// ふりがな; empty where the line says none.
    pub kana: String,
    /// The section.
    pub section: Option<SectionId>,
    /// Ids of the posts.
    pub posts: Vec<String>,
    /// Posts besides, each with its unit.
    pub also: Vec<Post>,
    /// Where mails for him are to go; empty where the line does not say, or the body sends none.
    pub mail: String,
    /// What it says.
    pub said: Said,
}

impl Row {
    /// Whether it says what another line of the same person says.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        Self { line: other.line, ..self.clone() } == *other
    }

    /// The posts of the line, held for the units that belong to them; of most posts the person's own section.
    pub(super) fn held(&self, pack: &Pack, section: &SectionId) -> Vec<Post> {
        self.posts.iter().filter_map(|id| held_for(pack, id, section.as_str())).collect()
    }
}

/// A post of one unit is held for that unit, wherever its holder sits.
fn held_for(pack: &Pack, id: &str, section: &str) -> Option<Post> {
    let post = pack.post(id)?;
    let unit = match post.scope {
        Scope::City => None,
        Scope::Department => {
            let own = || pack.section(section).map(|s| s.department.clone());
            Some(post.department.clone().or_else(own)?)
        }
        Scope::Section => Some(post.section.clone().unwrap_or_else(|| section.to_owned())),
    };
    Some(Post { post: post.id.clone(), unit })
}

/// The table as a register, so that its headings and cells are read as those of any other table.
#[must_use]
pub fn table() -> Register {
    let origin = Origin { layer: "".into(), file: "".into(), line: 0, column: 0 };
    let column = |(id, title, _): &(&str, &str, &[&str])| Column {
        id: (*id).to_owned(),
        title: (*title).to_owned(),
        kind: if *id == "day" { ColumnType::Date } else { ColumnType::LongText },
        required: *id == "login",
        choices: Vec::new(),
        chars_max: u32::try_from(CELL_CHARS_MAX).unwrap_or(u32::MAX),
        min: 0,
        max: 0,
        axis: None,
        to: None,
        many: false,
        filter: false,
        unique: false,
        shown_in_list: false,
        derived: None,
        unknown_to_manager: false,
        help: None,
        origin: origin.clone(),
    };
    Register {
        id: "roster".to_owned(),
        title: "人事異動".to_owned(),
        description: String::new(),
        number: String::new(),
        scope: RegisterScope::City,
        manager: String::new(),
        editors: Vec::new(),
        readers: Readers::Roles(Vec::new()),
        zones: Vec::new(),
        mechanism: None,
        statements: Vec::new(),
        statements_unknown: Vec::new(),
        order: 0,
        record_class: None,
        columns: TITLES.iter().map(column).collect(),
        origin: origin.clone(),
    }
}

/// What else the columns are called, as [`crate::register_plan::lines_also_called`] takes it.
#[must_use]
pub fn other_titles() -> Vec<(&'static str, &'static [&'static str])> {
    TITLES.iter().map(|(id, _, others)| (*id, *others)).collect()
}

/// Reads the lines of a table. `day` is the first day of the plan and `eve` the one before, both as `YYYY-MM-DD`: who leaves
/// has his last day written in the table, everybody else the first day on which something is different.
#[must_use]
pub fn rows(pack: &Pack, form: Form, day: &str, eve: &str, lines: &Lines) -> (Vec<Row>, Vec<LineProblem>) {
    let reader = Reader { pack, form, day, eve, sections: sections(pack), posts: posts(pack) };
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for line in &lines.lines {
        let unread = line.problems.iter().map(|p| LineProblem {
            line: line.line,
            title: column_of(&p.title).to_owned(),
            what: Trouble::Cell(p.what.clone()),
        });
        let before = problems.len();
        problems.extend(unread);
        let cell = |id: &str| line.typed.get(id).map(|text| text.trim()).unwrap_or_default();
        match reader.row(line.line, &cell) {
            Ok(row) if problems.len() == before => rows.push(row),
            Ok(_) => {}
            Err(found) => {
                // What could not be read is not empty.
                let unread: Vec<String> = problems.iter().skip(before).map(|p| p.title.clone()).collect();
                problems.extend(
                    found.into_iter().filter(|p| p.what != Trouble::Empty || !unread.contains(&p.title)),
                );
            }
        }
    }
    (rows, problems)
}

/// The id of a column by its heading.
fn column_of(title: &str) -> &str {
    TITLES
        .iter()
        .find(|(id, known, also)| *known == title || also.contains(&title) || *id == title)
        .map_or("", |(id, _, _)| id)
}

fn sections(pack: &Pack) -> BTreeMap<String, SectionId> {
    let mut found = BTreeMap::new();
    for section in pack.sections() {
        for word in [&section.id, &section.code, &section.name] {
            found.insert(bare(word), SectionId::new(section.id.clone()));
        }
    }
    found
}

fn posts(pack: &Pack) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for post in pack.posts() {
        for word in [&post.id, &post.title] {
            let ids = found.entry(bare(word)).or_default();
            if !ids.contains(&post.id) {
                ids.push(post.id.clone());
            }
        }
    }
    found
}

/// A name without what spellings of it differ in.
fn bare(word: &str) -> String {
    folded(&word.chars().filter(|c| !c.is_whitespace()).collect::<String>())
}

struct Reader<'a> {
    pack: &'a Pack,
    form: Form,
    day: &'a str,
    eve: &'a str,
    sections: BTreeMap<String, SectionId>,
    /// Ids by title: several where one title is that of several posts.
    posts: BTreeMap<String, Vec<String>>,
}

impl Reader<'_> {
    fn row<'c>(&self, line: u32, cell: &impl Fn(&str) -> &'c str) -> Result<Row, Vec<LineProblem>> {
        let mut problems = Vec::new();
        let mut wrong = |title: &str, what: Trouble| {
            problems.push(LineProblem { line, title: title.to_owned(), what });
        };
        for (id, ..) in &TITLES {
            if cell(id).chars().count() > CELL_CHARS_MAX {
                wrong(id, Trouble::NotAllowed);
            }
        }
        let login = narrow(cell("login")).to_ascii_lowercase();
        let is_sound = (2..=64).contains(&login.len())
            && login.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b));
        match (login.is_empty(), is_sound) {
            (true, _) => wrong("login", Trouble::Empty),
            (_, false) => wrong("login", Trouble::BadLogin),
            _ => {}
        }
        let (name, kana) = (spaced(cell("name")), spaced(cell("kana")));
        for (id, text) in [("name", &name), ("kana", &kana)] {
            if text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control) {
                wrong(id, Trouble::NotAllowed);
            }
        }
        let said = match (cell("kind"), self.form) {
            ("", Form::Whole) => Some(Said::AsIs),
            ("", Form::Changes) => {
                wrong("kind", Trouble::Empty);
                None
            }
            (word, form) => {
                let said = Said::from_word(word).filter(|said| form == Form::Whole || *said != Said::AsIs);
                if said.is_none() {
                    wrong("kind", Trouble::UnknownKind);
                }
                // Whoever is in a whole roster with the word for a move or a new person is to be as the line says.
                said.map(|said| match (form, said) {
                    (Form::Whole, Said::Join | Said::Move | Said::Resume) => Said::AsIs,
                    _ => said,
                })
            }
        };
        if let Some(said) = said.filter(|_| !cell("day").is_empty()) {
            let meant = if said == Said::Leave { self.eve } else { self.day };
            match policy::day_typed(cell("day")) {
                None => wrong("day", Trouble::NoDay),
                // In a whole roster the day tells since when somebody is where he is.
                Some(day) if self.form == Form::Whole && said != Said::Leave && *day <= *self.day => {}
                Some(day) if day != meant => wrong("day", Trouble::OtherDay),
                Some(_) => {}
            }
        }
        // A body that sends no mails has no domain that an address could have: the column is not read.
        let hours = self.pack.notice_hours();
        let mail = if hours.domains.is_empty() { String::new() } else { narrow(cell("mail")) };
        if !mail.is_empty() && !policy::is_mail_address(&mail) {
            wrong("mail", Trouble::BadMail);
        } else if !mail.is_empty() && !hours.may_mail(&mail) {
            wrong("mail", Trouble::OtherDomain);
        }
        let section = match cell("section") {
            "" => None,
            word => {
                let found = self.sections.get(&bare(word)).cloned();
                if found.is_none() {
                    wrong("section", Trouble::UnknownSection);
                }
                found
            }
        };
        let mut posts = Vec::new();
        for word in words(cell("post")).flat_map(|word| word.split(['/', '／'])) {
            match self.post(word, section.as_ref()) {
                Some(id) if !posts.contains(&id) => posts.push(id),
                Some(_) => {}
                None => wrong("post", Trouble::UnknownPost),
            }
        }
        let mut also = Vec::new();
        for word in words(cell("also")) {
            match self.besides(word) {
                Ok(post) => also.push(post),
                Err(what) => wrong("also", what),
            }
        }
        match said {
            Some(said) if problems.is_empty() => {
                Ok(Row { line, login, name, kana, section, posts, also, mail, said })
            }
            _ => Err(problems),
        }
    }

    /// The post of a title: of several with one title the section's own.
    fn post(&self, word: &str, section: Option<&SectionId>) -> Option<String> {
        let ids = self.posts.get(&bare(word))?;
        let own = |id: &&String| {
            let post = self.pack.post(id);
            post.is_some_and(|p| {
                p.section.as_deref() == section.map(SectionId::as_str) && p.section.is_some()
            })
        };
        match ids.as_slice() {
            [one] => Some(one.clone()),
            many => {
                let free = |id: &&String| self.pack.post(id).is_some_and(|p| p.section.is_none());
                many.iter().find(own).or_else(|| many.iter().find(free)).cloned()
            }
        }
    }

    /// `課/職`, `課 職`, or a post of one unit by itself.
    fn besides(&self, word: &str) -> Result<Post, Trouble> {
        let parts: Vec<&str> = word.split(INSIDE).filter(|part| !part.is_empty()).collect();
        let (section, post) = match parts.as_slice() {
            [post] => (None, *post),
            [section, post] => {
                let found = self.sections.get(&bare(section)).ok_or(Trouble::UnknownSection)?;
                (Some(found), *post)
            }
            _ => return Err(Trouble::UnknownPost),
        };
        let id = self.post(post, section).ok_or(Trouble::UnknownPost)?;
        let named = section.map_or("", SectionId::as_str);
        let held = held_for(self.pack, &id, named).ok_or(Trouble::UnknownSection)?;
        match &held.unit {
            Some(unit) if unit.is_empty() => Err(Trouble::UnknownSection),
            _ => Ok(held),
        }
    }
}

/// The posts of a cell.
fn words(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(BETWEEN).map(str::trim).filter(|word| !word.is_empty())
}

/// A name with one blank between its parts.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Offices type numbers in full width too.
fn narrow(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            _ => c,
        })
        .collect()
}
