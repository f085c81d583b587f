//! A new body's own layer: from answers to the files of a pack that can run.
//!
//! Owns: the questions in their order ([`Step`]), what can be answered ([`Answers`]), and the plan that follows
//! ([`plan`]): every problem at once, each with its step, what is wrong and what to write instead.
//! Leaves to others: asking, files, keys and accounts.
//!
//! The layer says only what the body decides: its name, its organisation, its names of zones, its values. Everything else
//! stays with the pack that it stands on.

mod checks;
mod files;
mod roster;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use roster::{PEOPLE_MAX, Person, ROSTER_HEAD, Roster, RowError};

use crate::{Code, GUIDELINE, Library, Pack, Parameter, ParameterValue, Severity, SourceFile, check};

/// The newest `format = …` of answers this version reads.
pub const ANSWERS_FORMAT: u32 = 1;

/// The role that administers accounts; the first administrator holds it.
pub const ADMINISTRATOR_ROLE: &str = "system-manager";

/// The answers of a first run. Every one may be missing while it goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    /// Version of this form.
    pub format: u32,
    /// The layer to stand on: `base`, the analysis of another body's text, an imported draft.
    pub pack: String,
    /// The name of the body's own layer.
    pub id: String,
    /// The name of the ledger, part of every checkpoint, never changed.
    pub ledger: String,
    /// Where state and evidence are kept: `postgres://…`, or nothing for a file in the folder of the house.
    pub database: String,
    /// 初めて施行する日, in a Japanese or a Western year; may stay empty.
    pub effective_from: String,
    /// Who decided the values and when, in words.
    pub decided: String,
    /// Login of the first administrator, one of the roster's.
    pub administrator: String,
    /// A file with the roster, beside the answers; instead of `roster`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub roster_file: String,
    /// The roster: a table with commas or tabs, its first line the heads.
    pub roster: String,
    /// Who the body is.
    pub municipality: Municipality,
    /// The body's own names of zones, by id.
    pub zones: BTreeMap<String, String>,
    /// A listener for each zone, by id.
    pub listeners: BTreeMap<String, Listener>,
    /// Values, by the parameter's id, as they were typed.
    pub parameters: BTreeMap<String, String>,
}

/// Who the body is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Municipality {
    /// Its name.
    pub name: String,
    /// Its name in kana; may stay empty.
    pub kana: String,
    /// 全国地方公共団体コード, six digits.
    pub code: String,
}

/// Where a zone is listened to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listener {
    /// Address and port.
    pub address: String,
    /// Path of the certificate, from the folder of the house.
    pub certificate: String,
    /// Path of its key.
    pub private_key: String,
}

/// The steps, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Which pack to stand on, and the name of the own layer.
    Pack,
    /// Who the body is.
    Municipality,
    /// Who works there and holds which post.
    People,
    /// What the zones are called and where they are listened to.
    Zones,
    /// The values that the text leaves open.
    Parameters,
    /// The first administrator.
    Administrator,
}

impl Step {
    /// All of them.
    pub const ALL: [Step; 6] =
        [Step::Pack, Step::Municipality, Step::People, Step::Zones, Step::Parameters, Step::Administrator];

    /// The word in addresses.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Step::Pack => "pack",
            Step::Municipality => "municipality",
            Step::People => "people",
            Step::Zones => "zones",
            Step::Parameters => "parameters",
            Step::Administrator => "administrator",
        }
    }

    /// The heading.
    #[must_use]
    pub fn title_ja(self) -> &'static str {
        match self {
            Step::Pack => "土台にする方針",
            Step::Municipality => "団体",
            Step::People => "職員と職",
            Step::Zones => "系と待受け",
            Step::Parameters => "定める値",
            Step::Administrator => "最初の管理者",
        }
    }
}

/// Something that stops the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupProblem {
    /// In which step it can be put right.
    pub step: Step,
    /// Which answer, as a key of [`Answers`].
    pub field: String,
    /// What is wrong, in Japanese.
    pub message: String,
    /// What to write instead.
    pub instead: String,
}

/// A value that somebody has to decide, as it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The parameter.
    pub parameter: Parameter,
    /// What it is for: a checkpoint that cannot work without it. Empty when it may stay open.
    pub needed_for: String,
    /// The clause that leaves it open: number and title.
    pub clause: String,
}

/// What will be written.
#[derive(Debug, Clone)]
pub struct BodyPlan {
    /// The files of the body's own layer.
    pub files: Vec<SourceFile>,
    /// The layers it needs, its own not among them.
    pub layers: Vec<String>,
    /// The pack that results.
    pub pack: Pack,
    /// The people in the order of the roster.
    pub people: Vec<Person>,
    /// The first administrator among them.
    pub administrator: usize,
    /// Values that stay open.
    pub unset: Vec<String>,
}

/// The values of a pack that are asked for: those a checkpoint needs first.
#[must_use]
pub fn questions(pack: &Pack) -> Vec<Question> {
    let needed = check::needed(pack);
    let clause = |parameter: &Parameter| {
        let clause = parameter.clause.as_deref().and_then(|id| pack.clause(id));
        clause.map(|c| format!("{} {}", c.section, c.title)).unwrap_or_default()
    };
    let mut questions: Vec<Question> = Vec::new();
    for parameter in pack.parameters() {
        let needed_for = needed.iter().find(|(id, _)| *id == parameter.id).map(|(_, what)| what.trim());
        questions.push(Question {
            clause: clause(parameter),
            needed_for: needed_for.map(purpose).unwrap_or_default().to_owned(),
            parameter: parameter.clone(),
        });
    }
    questions.sort_by_key(|q| q.needed_for.is_empty());
    questions
}

/// What needs a value, in the words of an office rather than those of a pack.
fn purpose(needs: &str) -> &'static str {
    match needs.split(['「', ' ']).next().unwrap_or_default() {
        "[retention]" => "保管と消去",
        "channel" => "ファイルの授受",
        "request" => "申請の期限",
        _ => "利用者の認証と承認",
    }
}

/// The unit of a kind of value, behind the number.
#[must_use]
pub fn unit_ja(kind: crate::ParameterType) -> &'static str {
    use crate::ParameterType as T;
    match kind {
        T::Days => "日",
        T::Hours => "時間",
        T::Minutes => "分",
        T::Years => "年",
        T::Bytes => "バイト",
        T::Flag => "(はい か いいえ)",
        T::Count | T::Text | T::Choice => "",
    }
}

/// A value as it was typed, by the kind of its parameter.
///
/// # Errors
/// What is wrong and what to write instead.
pub fn value(parameter: &Parameter, typed: &str) -> Result<ParameterValue, (String, String)> {
    use crate::ParameterType as T;
    let typed = typed.trim();
    let plain = plain(typed);
    let wrong = |instead: String| {
        Err((format!("「{}」の値「{}」は使えません。", parameter.title, short(typed)), instead))
    };
    match parameter.kind {
        T::Text if typed.is_empty() || typed.chars().count() > 400 => {
            wrong("400 文字までの言葉で書いてください。".to_owned())
        }
        T::Text => Ok(ParameterValue::Text(typed.to_owned())),
        T::Choice if parameter.choices.iter().any(|c| c == typed) => {
            Ok(ParameterValue::Text(typed.to_owned()))
        }
        T::Choice => wrong(format!("{} のどれかを書いてください。", parameter.choices.join("、"))),
        T::Flag => match plain.as_str() {
            "true" | "yes" | "はい" | "有" => Ok(ParameterValue::Flag(true)),
            "false" | "no" | "いいえ" | "無" => Ok(ParameterValue::Flag(false)),
            _ => wrong("はい か いいえ で書いてください。".to_owned()),
        },
        T::Days | T::Hours | T::Minutes | T::Years | T::Count | T::Bytes => {
            let (min, max) = (parameter.min.unwrap_or(0), parameter.max.unwrap_or(u64::MAX));
            match plain.parse::<u64>() {
                Ok(number) if (min..=max).contains(&number) => Ok(ParameterValue::Number(number)),
                _ => wrong(match parameter.max {
                    Some(max) => format!("{min} から {max} までの数で書いてください。"),
                    None => format!("{min} 以上の数で書いてください。"),
                }),
            }
        }
    }
}

/// What follows from the answers.
///
/// # Errors
/// Every problem, in the order of the steps.
pub fn plan(answers: &Answers, policies: &[SourceFile]) -> Result<BodyPlan, Vec<SetupProblem>> {
    let mut problems = Problems::default();
    if answers.format != ANSWERS_FORMAT {
        problems.add(
            Step::Pack,
            "format",
            format!("答えのファイルの format = {} は読めません。", answers.format),
            format!("format = {ANSWERS_FORMAT} と書いてください。"),
        );
    }
    let library = Library::new(policies);
    let Some(below) = checks::ground(answers, &library, &mut problems) else { return Err(problems.0) };
    checks::body(answers, &mut problems);
    let roster = roster::read(&answers.roster, &below, &mut problems);
    checks::zones(answers, &below, &mut problems);
    let unset = checks::parameters(answers, &below, &mut problems);
    let administrator = checks::administrator(answers, &roster, &below, &mut problems);
    if !problems.0.is_empty() {
        return Err(problems.sorted());
    }
    let own = files::write(answers, &below, &roster);
    let layers: Vec<String> = below
        .layers()
        .iter()
        .map(|l| l.id.clone())
        .chain(library.folders().any(|f| f == GUIDELINE).then(|| GUIDELINE.to_owned()))
        .collect();
    let folder = format!("{}/", answers.id);
    let mut all: Vec<SourceFile> =
        policies.iter().filter(|f| !f.path.starts_with(&folder)).cloned().collect();
    all.extend(own.iter().cloned());
    let resolved = match Pack::resolve(&all, &answers.id) {
        Ok(resolved) => resolved,
        Err(found) => {
            for problem in found.iter().filter(|p| p.severity == Severity::Error) {
                problems.found(problem);
            }
            return Err(problems.sorted());
        }
    };
    for missing in resolved.readiness() {
        problems.found(&missing);
    }
    if !problems.0.is_empty() {
        return Err(problems.sorted());
    }
    Ok(BodyPlan {
        files: own,
        layers,
        pack: resolved.pack,
        people: roster.people,
        administrator: administrator.unwrap_or(0),
        unset,
    })
}

/// Problems as they are found.
#[derive(Default)]
struct Problems(Vec<SetupProblem>);

impl Problems {
    fn add(&mut self, step: Step, field: &str, message: impl Into<String>, instead: impl Into<String>) {
        self.0.push(SetupProblem {
            step,
            field: field.to_owned(),
            message: message.into(),
            instead: instead.into(),
        });
    }

    /// One of the check of packs, under the step whose file it stands in.
    fn found(&mut self, problem: &crate::Problem) {
        let file = problem.file.rsplit('/').next().unwrap_or_default();
        let step = match (problem.code, file) {
            (Code::ParameterNeeded | Code::ParameterUnset, _) | (_, "parameters.toml") => Step::Parameters,
            (_, "sections.toml" | "posts.toml") => Step::People,
            (_, "zones.toml") => Step::Zones,
            (Code::CheckDigit, _) => Step::Municipality,
            _ => Step::Pack,
        };
        self.add(step, "", problem.message.clone(), problem.instead.clone());
    }

    fn sorted(mut self) -> Vec<SetupProblem> {
        self.0.sort_by_key(|p| p.step);
        self.0
    }
}

/// A day in a Japanese or Western year, as `YYYY-MM-DD`.
#[must_use]
pub fn date(typed: &str) -> Option<String> {
    crate::import::one_day(typed)
}

/// Full width made half width, without blanks around it.
fn plain(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    text.trim().nfkc().collect()
}

/// As much of what was typed as a message repeats.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}
