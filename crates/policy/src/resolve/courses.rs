//! Reading courses, and the numbers that duties take from them.
//!
//! Owns: which keys they have, that every question has an answer that can be chosen, and that a paper can be drawn.
//! Leaves to others: when a course is held (`duties`), the parts of a page (`material`), whether somebody holds the roles (`check`).

use std::collections::BTreeSet;

use super::duties::{escalations, remind_days};
use super::{Reader, no_effect};
use crate::fields::Fields;
use crate::material;
use crate::merged::MergedItem;
use crate::model::{
    Audience, Course, CourseCount, CourseNumbers, CoursePage, CourseQuestion, DutyTrigger, FormField,
    FormFieldType, Mechanism, Occurs, ParameterType, Setting,
};
use crate::problem::{Code, Sink, nearest};
use crate::toml_text::{Node, Value};
use crate::written::Kind;

/// Most questions of a pool.
const QUESTIONS_MAX: usize = 200;
/// Most tries, and most minutes between two of them: a week.
const ATTEMPTS_MAX: u64 = 100;
const WAIT_MINUTES_MAX: u64 = 7 * 24 * 60;
/// Longest course in minutes.
const MINUTES_MAX: u64 = 24 * 60;
/// How long answers are kept where nothing is said: until the year after is over.
const ANSWERS_DAYS: u64 = 400;

/// What may set off a course. What else sets off duties concerns no single person's learning.
const TRIGGERS: [DutyTrigger; 4] =
    [DutyTrigger::Hire, DutyTrigger::Transfer, DutyTrigger::Incident, DutyTrigger::Manual];

impl Reader<'_> {
    pub(super) fn course(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Course {
        let occurs = self.occurs(f);
        when(f, &occurs, &mut self.sink);
        let audience = f.word("audience", Audience::WORDS, Audience::Everyone, &mut self.sink);
        let joined_within_days =
            f.setting_opt("joined_within_days", ParameterType::Days, &self.values, &mut self.sink);
        let answers_days = f
            .setting_opt("answers_days", ParameterType::Days, &self.values, &mut self.sink)
            .unwrap_or(Setting { parameter: None, value: Some(ANSWERS_DAYS) });
        let s = &mut self.sink;
        let pages: Vec<CoursePage> = f.tables("page", s).into_iter().map(|(id, f)| page(id, f, s)).collect();
        let questions: Vec<CourseQuestion> =
            f.tables("question", s).into_iter().map(|(id, f)| question(id, f, s)).collect();
        let all = u32::try_from(questions.len()).unwrap_or(u32::MAX);
        let course = Course {
            id: item.id.clone(),
            title: f.text("title", s),
            help: f.text("help", s),
            audience,
            roles: f.references("roles", Kind::Role, s),
            joined_within_days,
            sections: f.references("sections", Kind::Section, s),
            occurs,
            minutes: within(f, "minutes", 1, MINUTES_MAX, s).unwrap_or(30),
            draw: within(f, "draw", 1, u64::from(all.max(1)), s).unwrap_or(all),
            pass: within(f, "pass", 1, 100, s).unwrap_or(100),
            attempts_max: within(f, "attempts_max", 1, ATTEMPTS_MAX, s),
            wait_minutes: within(f, "wait_minutes", 0, WAIT_MINUTES_MAX, s).unwrap_or(0),
            certificate: f.flag("certificate", false, s),
            lecture_suffices: f.flag("lecture_suffices", false, s),
            manager: f.reference("manager", Kind::Role, s),
            executives: f.references("executives", Kind::Role, s),
            confirm_by: f.reference_opt("confirm_by", Kind::Role, s),
            excuse_by: f.reference_opt("excuse_by", Kind::Role, s),
            remind_days: remind_days(f, s),
            escalations: escalations(f, s),
            answers_days,
            record_class: f.reference_opt("record_class", Kind::RecordClass, s),
            mechanism: f.word_opt("mechanism", Mechanism::WORDS, s),
            statements: f.references("statements", Kind::Statement, s),
            pages,
            questions,
            origin: item.at.clone(),
        };
        whole(f, &course, s);
        course
    }
}

/// What fits together of one course.
fn whole(f: &Fields<'_>, course: &Course, s: &mut Sink) {
    let by_role = matches!(course.audience, Audience::Roles | Audience::Managers);
    if by_role && course.roles.is_empty() {
        s.push(
            Code::MissingKey,
            &f.at,
            format!("{}は役割のある人の講座ですが、roles がありません。", f.what()),
            "roles = [\"security-manager\"] のように、受ける役割の id を書いてください。",
        );
    } else if !by_role && f.has("roles") {
        no_effect(f, "roles", "audience が役割によらないので", s);
    }
    let recurs = matches!(course.occurs, Occurs::Every { .. });
    let lately = recurs && course.audience == Audience::NewHires;
    if lately && course.joined_within_days.is_none() && !f.has("joined_within_days") {
        s.push(
            Code::MissingKey,
            &f.at,
            format!(
                "{}は新任者の講座ですが、joined_within_days(何日前までに来た人か)がありません。",
                f.what()
            ),
            "joined_within_days = 365 のように書くか、on = \"hire\" にしてください。",
        );
    } else if !lately && f.has("joined_within_days") {
        no_effect(f, "joined_within_days", "繰り返す新任者の講座ではないので", s);
    }
    if course.questions.is_empty() {
        for key in ["draw", "pass", "attempts_max", "wait_minutes"].into_iter().filter(|key| f.has(key)) {
            no_effect(f, key, "question がないので", s);
        }
        if course.pages.is_empty() && !course.lecture_suffices {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}に、読むものも問いもありません。", f.what()),
                "[[course.page]] か [[course.question]] を書くか、集合研修だけなら lecture_suffices = true と書いてください。",
            );
        }
    } else if !f.has("pass") {
        s.push(
            Code::MissingKey,
            &f.at,
            format!("{}に、合格の割合がありません。", f.what()),
            "pass = 80 のように、正しく答える割合を百分率で書いてください。",
        );
    }
    for (key, count, bound) in
        [("page", course.pages.len(), Course::PAGES_MAX), ("question", course.questions.len(), QUESTIONS_MAX)]
    {
        if count > bound {
            s.push(
                Code::TooLarge,
                &f.at_key(key),
                format!("{}の {key} が多すぎます(上限 {bound})。", f.what()),
                "講座を分けてください。",
            );
        }
    }
}

/// `every` once in a period, or one of the events that concern learning.
fn when(f: &Fields<'_>, occurs: &Occurs, s: &mut Sink) {
    match occurs {
        Occurs::Every { .. } if f.has("times") => s.push(
            Code::WrongValue,
            &f.at_key("times"),
            format!("{}に times は書けません。講座は期間に一度開きます。", f.what()),
            "この行を消し、年に何度も開くなら every を half や quarter にしてください。",
        ),
        Occurs::On { on, .. } if !TRIGGERS.contains(on) => {
            let words: Vec<&str> = TRIGGERS.iter().map(|t| t.id()).collect();
            s.push(
                Code::WrongValue,
                &f.at_key("on"),
                format!("{}の on = \"{}\" では、だれが受けるかが決まりません。", f.what(), on.id()),
                format!("次のどれかを書いてください: {}", words.join("、")),
            );
        }
        _ => {}
    }
}

fn within(f: &mut Fields<'_>, key: &'static str, least: u64, most: u64, s: &mut Sink) -> Option<u32> {
    let number = f.number_opt(key, s)?;
    if !(least..=most).contains(&number) {
        s.push(
            Code::WrongValue,
            &f.at_key(key),
            format!("{}の「{key}」は {least} から {most} までです。", f.what()),
            "この範囲の整数を書いてください。",
        );
    }
    u32::try_from(number.clamp(least, most)).ok()
}

fn page(id: String, mut f: Fields<'_>, s: &mut Sink) -> CoursePage {
    let title = f.text("title", s);
    let text = f.text("text", s);
    let blocks = material::blocks(&text, &f.at_key("text"), s);
    f.finish(s);
    CoursePage { id, title, blocks }
}

fn question(id: String, mut f: Fields<'_>, s: &mut Sink) -> CourseQuestion {
    let text = f.text("text", s);
    let why = f.text("why", s);
    let choices: Vec<String> = f.texts("choices", s).into_iter().map(|(choice, _)| choice).collect();
    if !(2..=Course::CHOICES_MAX).contains(&choices.len()) {
        s.push(
            Code::WrongValue,
            &f.at_key("choices"),
            format!("{}の choices が {} 個です。", f.what(), choices.len()),
            format!("2 個から {} 個までの選択肢を書いてください。", Course::CHOICES_MAX),
        );
    }
    let answers = answers(&mut f, &choices, s);
    f.finish(s);
    CourseQuestion { id, text, choices, answers, why }
}

/// The right choices, by their words: a choice that is moved stays right.
fn answers(f: &mut Fields<'_>, choices: &[String], s: &mut Sink) -> BTreeSet<usize> {
    if !f.has("answer") {
        f.missing("answer", "\"正しい選択肢\"");
    }
    let at = f.at_key("answer");
    let Some(node) = f.any("answer") else { return BTreeSet::new() };
    let word = |node: &'_ Node| match &node.value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    let said: Option<Vec<String>> = match &node.value {
        Value::Text(text) => Some(vec![text.clone()]),
        Value::List(list) if !list.is_empty() => list.iter().map(word).collect(),
        _ => None,
    };
    let Some(said) = said else {
        s.push(
            Code::WrongType,
            &at,
            format!("{}の「answer」は、選択肢の文字列か、その並びで書きます。", f.what()),
            "answer = \"…\" か answer = [\"…\", \"…\"] と書いてください。",
        );
        return BTreeSet::new();
    };
    let mut right = BTreeSet::new();
    for words in said {
        match choices.iter().position(|choice| *choice == words) {
            Some(place) => {
                right.insert(place);
            }
            None => {
                let instead = match nearest(&words, choices.iter().map(String::as_str)) {
                    Some(near) => format!("「{near}」ではありませんか。"),
                    None => "choices に書いたとおりの文字列を書いてください。".to_owned(),
                };
                let message = format!("{}の answer「{words}」が、choices にありません。", f.what());
                s.push(Code::UnknownReference, &at, message, instead);
            }
        }
    }
    if !choices.is_empty() && right.len() == choices.len() {
        s.push(
            Code::WrongValue,
            &at,
            format!("{}は、どの選択肢も正しいことになっています。", f.what()),
            "正しくない選択肢を一つ以上書いてください。",
        );
    }
    right
}

/// `numbers` of a duty: which of its fields a course fills.
pub(super) fn numbers(f: &mut Fields<'_>, fields: &[FormField], s: &mut Sink) -> Option<CourseNumbers> {
    let mut t = f.table_opt("numbers", s)?;
    let course = t.reference("course", Kind::Course, s);
    let mut counts: Vec<(String, CourseCount)> = Vec::new();
    for mut row in t.rows("counts", "[{ field = \"…\", is = \"attended\" }]", s) {
        let field = row.text("field", s);
        let is = row.word("is", CourseCount::WORDS, CourseCount::Subject, s);
        let kinds: &[FormFieldType] = match is {
            CourseCount::Missing => &[FormFieldType::LongText],
            _ => &[FormFieldType::Number],
        };
        field_of(&row, "field", &field, fields, kinds, s);
        if counts.iter().any(|(id, _)| *id == field) {
            s.push(
                Code::DuplicateId,
                &row.at_key("field"),
                format!("{}の field「{field}」が2回あります。", row.what()),
                "一方を消してください。",
            );
        }
        row.finish(s);
        counts.push((field, is));
    }
    let when_short = t.text_opt("when_short", s);
    if let Some(field) = &when_short {
        field_of(&t, "when_short", field, fields, &[FormFieldType::LongText, FormFieldType::Text], s);
    }
    let share = within(&mut t, "share", 1, 100, s).unwrap_or(100);
    t.finish(s);
    Some(CourseNumbers { course, counts, when_short, share })
}

fn field_of(
    f: &Fields<'_>,
    key: &str,
    id: &str,
    fields: &[FormField],
    kinds: &[FormFieldType],
    s: &mut Sink,
) {
    let words: Vec<&str> = kinds.iter().map(|k| k.id()).collect();
    match fields.iter().find(|field| field.id == id) {
        Some(field) if kinds.contains(&field.kind) => {}
        Some(field) => s.push(
            Code::WrongValue,
            &f.at_key(key),
            format!("{}の「{key}」が指す field「{id}」の type は {} です。", f.what(), field.kind.id()),
            format!("type が {} の field を指してください。", words.join(" か ")),
        ),
        None if id.is_empty() => {}
        None => s.push(
            Code::UnknownReference,
            &f.at_key(key),
            format!("{}の「{key}」が指す field「{id}」が、この実施事項の様式にありません。", f.what()),
            "同じ実施事項の [[duty.field]] の id を書いてください。",
        ),
    }
}
