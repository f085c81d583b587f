//! Reading duties and the days on which a body is closed.
//!
//! Owns: which keys they have, and that they say when something is due in a way that can come about.
//! Leaves to others: typed keys and references (`fields`), fields of forms (`requests`), whether somebody holds the roles
//! (`check`).

use super::{Reader, no_effect};
use crate::fields::Fields;
use crate::merged::MergedItem;
use crate::model::{
    Attachments, ClosedDay, ClosedDays, DayCount, DueRule, DutyEach, DutyRows, DutyTrigger, DutyType,
    Escalation, Every, FormField, Mechanism, Occurs, ParameterType, Setting,
};
use crate::problem::{Code, Sink};
use crate::toml_text::{Node, Value};
use crate::written::Kind;

/// Most times in one period.
const TIMES_MAX: u64 = 12;
/// The longest time in days that a reminder, an escalation or a due day lies away.
const DAYS_MAX: u32 = 366;

impl Reader<'_> {
    pub(super) fn duty(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> DutyType {
        let title = f.text("title", &mut self.sink);
        let help = f.text("help", &mut self.sink);
        let tables = f.tables("field", &mut self.sink);
        let mut fields: Vec<FormField> = Vec::new();
        for (id, f) in tables {
            let field = self.form_field(id, f, &fields);
            fields.push(field);
        }
        let numbers = super::courses::numbers(f, &fields, &mut self.sink);
        let occurs = self.occurs(f);
        let s = &mut self.sink;
        DutyType {
            id: item.id.clone(),
            title,
            help,
            owner: f.reference("owner", Kind::Role, s),
            each: f.word("each", DutyEach::WORDS, DutyEach::Section, s),
            rows: rows(f, s),
            occurs,
            fields,
            numbers,
            note: f.word_opt("note", Attachments::WORDS, s).unwrap_or(Attachments::Optional),
            files: f.word_opt("files", Attachments::WORDS, s).unwrap_or(Attachments::None),
            confirm_by: f.reference_opt("confirm_by", Kind::Role, s),
            waiver_by: f.reference_opt("waiver_by", Kind::Role, s),
            remind_days: remind_days(f, s),
            escalations: escalations(f, s),
            mechanism: f.word_opt("mechanism", Mechanism::WORDS, s),
            record_class: f.reference_opt("record_class", Kind::RecordClass, s),
            statements: f.references("statements", Kind::Statement, s),
            origin: item.at.clone(),
        }
    }

    /// `every` or `on`: exactly one of them, each with keys of its own.
    pub(super) fn occurs(&mut self, f: &mut Fields<'_>) -> Occurs {
        let s = &mut self.sink;
        let (recurs, triggered) = (f.has("every"), f.has("on"));
        if recurs == triggered {
            s.push(
                Code::MissingKey,
                &f.at,
                if recurs {
                    format!("{}に every と on の両方があります。", f.what())
                } else {
                    format!("{}に、いつするのかがありません。", f.what())
                },
                "繰り返すなら every = \"fiscal-year\" のように、何かが起きたときなら on = \"hire\" のように、どちらか一つを\
                 書いてください。",
            );
        }
        let once = Setting { parameter: None, value: Some(1) };
        if triggered && !recurs {
            let on = f.word("on", DutyTrigger::WORDS, DutyTrigger::Manual, s);
            let within_days = f.setting("within_days", ParameterType::Days, &self.values, s);
            let days = f.word_opt("days", DayCount::WORDS, s).unwrap_or(DayCount::Calendar);
            // Asked for, so that they are known keys; in the wrong place they say so.
            for key in ["times", "due"] {
                if f.has(key) {
                    no_effect(f, key, "on(何かが起きたとき)の実施事項なので", s);
                }
                f.any(key);
            }
            return Occurs::On { on, within_days, days };
        }
        let every = f.word_opt("every", Every::WORDS, s).unwrap_or(Every::FiscalYear);
        if triggered {
            // Both were written and that was said.
            f.any("on");
            f.any("within_days");
            f.any("days");
        } else {
            for key in ["within_days", "days"] {
                if f.has(key) {
                    no_effect(f, key, "every(繰り返し)の実施事項なので", s);
                }
                f.any(key);
            }
        }
        let times = f.setting_opt("times", ParameterType::Count, &self.values, s).unwrap_or(once);
        if times.value.is_some_and(|n| n > TIMES_MAX) {
            s.push(
                Code::WrongValue,
                &f.at_key("times"),
                format!("{}の「times」が多すぎます(上限 {TIMES_MAX})。", f.what()),
                "every をもっと短い期間にしてください。",
            );
        }
        let due = due(f, every, s);
        Occurs::Every { every, times, due }
    }

    pub(super) fn closed_day(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> ClosedDay {
        let s = &mut self.sink;
        let title = f.text("title", s);
        let date = f.date_opt("date", s);
        let (from, until) = (month_day(f, "from", s), month_day(f, "until", s));
        if f.has("date") == f.has("from") || (f.has("until") && !f.has("from")) {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}に、いつ閉じるのかがありません。", f.what()),
                "毎年なら from = \"12-29\"、until = \"01-03\"、一日だけなら date = 2026-05-01 と書いてください。",
            );
        }
        let days = match (date, from) {
            (Some(date), _) => ClosedDays::Once(date),
            // What was not understood was said, and such a pack is not used.
            (None, from) => {
                let from = from.unwrap_or((1, 1));
                ClosedDays::Yearly { from, until: until.unwrap_or(from) }
            }
        };
        ClosedDay { id: item.id.clone(), title, days, origin: item.at.clone() }
    }
}

/// The rows that a duty is about: asked for where it is one for each, and nowhere else. Columns are looked at by `check`.
fn rows(f: &mut Fields<'_>, s: &mut Sink) -> Option<DutyRows> {
    let is_each = matches!(f.written("each").map(|e| &e.node.value), Some(Value::Text(text)) if text == DutyEach::Register.id());
    let register = f.reference_opt("register", Kind::Register, s);
    let (person, section) = (f.text_opt("person", s), f.text_opt("section", s));
    for key in ["register", "person", "section"] {
        if f.has(key) && !is_each {
            no_effect(f, key, "each が register(台帳の一件ごと)ではないので", s);
        }
    }
    if is_each && !f.has("register") {
        s.push(
            Code::MissingKey,
            &f.at,
            format!("{}は台帳の一件ごとですが、どの台帳かがありません。", f.what()),
            "register = \"台帳の id\" を書き足してください。",
        );
    }
    register.filter(|_| is_each).map(|register| DutyRows { register, person, section })
}

fn due(f: &mut Fields<'_>, every: Every, s: &mut Sink) -> DueRule {
    let Some(mut t) = f.table_opt("due", s) else { return DueRule::BeforeEnd(0) };
    let forms = ["business_day", "month", "before_end", "after_end"];
    let written: Vec<&str> = forms.into_iter().filter(|key| t.has(key)).collect();
    if written.len() != 1 {
        s.push(
            Code::MissingKey,
            &t.at,
            format!("{}に、期限の書き方が{}。", t.what(), if written.is_empty() { "ありません" } else { "二つあります" }),
            "{ business_day = 10 }、{ month = 6, day = 30 }、{ before_end = 14 }、{ after_end = 5 } のどれか一つを書いてください。",
        );
    }
    let small = |t: &mut Fields<'_>, key: &'static str, least: u64, most: u64, s: &mut Sink| {
        let number = t.number_opt(key, s).unwrap_or(least);
        if !(least..=most).contains(&number) {
            s.push(
                Code::WrongValue,
                &t.at_key(key),
                format!("{}の「{key}」は {least} から {most} までです。", t.what()),
                "この期間の中に収まる数にしてください。",
            );
        }
        u32::try_from(number.clamp(least, most)).unwrap_or(1)
    };
    // The fewest open days that a period of this length always has.
    let open_days = match every {
        Every::FiscalYear => 230,
        Every::Half => 110,
        Every::Quarter => 50,
        Every::Month => 15,
        Every::Week => 1,
    };
    let rule = match written.first().copied() {
        Some("business_day") => DueRule::BusinessDay(small(&mut t, "business_day", 1, open_days, s)),
        Some("after_end") => DueRule::AfterEnd(small(&mut t, "after_end", 1, 60, s)),
        Some("month") => {
            let month = small(&mut t, "month", 1, 12, s);
            if !t.has("day") {
                t.missing("day", "30");
            }
            let day = small(&mut t, "day", 1, 31, s);
            if every != Every::FiscalYear {
                s.push(
                    Code::WrongValue,
                    &t.at_key("month"),
                    format!("{}の「month」は、年度ごとの実施事項だけに書けます。", t.what()),
                    "{ business_day = 10 } か { before_end = 14 } と書いてください。",
                );
            }
            let longest = match month {
                2 => 29,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            if day > longest {
                s.push(
                    Code::WrongValue,
                    &t.at_key("day"),
                    format!("{}の {month}月{day}日 は暦にありません。", t.what()),
                    format!("day を {longest} 以下にしてください。"),
                );
            }
            DueRule::Date { month: u8::try_from(month).unwrap_or(1), day: u8::try_from(day).unwrap_or(1) }
        }
        Some("before_end") => {
            let longest = match every {
                Every::FiscalYear => 364,
                Every::Half => 181,
                Every::Quarter => 88,
                Every::Month => 27,
                Every::Week => 6,
            };
            DueRule::BeforeEnd(small(&mut t, "before_end", 0, longest, s))
        }
        _ => DueRule::BeforeEnd(0),
    };
    // Known keys, also where another one was written beside them and said to be too much.
    for key in ["business_day", "month", "day", "before_end", "after_end"] {
        t.any(key);
    }
    t.finish(s);
    rule
}

pub(super) fn remind_days(f: &mut Fields<'_>, s: &mut Sink) -> Vec<u32> {
    let at = f.at_key("remind_days");
    let what = f.what().to_owned();
    let Some(node) = f.any("remind_days") else { return vec![7] };
    let read = |node: &Node| match node.value {
        Value::Integer(n) => u32::try_from(n).ok().filter(|n| (1..=DAYS_MAX).contains(n)),
        _ => None,
    };
    let days: Option<Vec<u32>> = match &node.value {
        Value::List(list) if list.len() <= 5 => list.iter().map(read).collect(),
        _ => None,
    };
    let Some(mut days) = days else {
        s.push(
            Code::WrongType,
            &at,
            format!("{what}の「remind_days」は、1 から {DAYS_MAX} までの整数を5つまで並べて書きます。"),
            "remind_days = [14, 3] のように書いてください。知らせないなら [] です。",
        );
        return vec![7];
    };
    days.sort_unstable_by(|a, b| b.cmp(a));
    days.dedup();
    days
}

pub(super) fn escalations(f: &mut Fields<'_>, s: &mut Sink) -> Vec<Escalation> {
    let rows = f.rows("escalations", "[{ after_days = 7, to = \"…\" }]", s);
    let mut escalations = Vec::new();
    for mut row in rows {
        let after_days = row.number("after_days", s).min(DAYS_MAX);
        let to = row.reference("to", Kind::Role, s);
        row.finish(s);
        escalations.push(Escalation { after_days, to });
    }
    escalations.sort_by_key(|e| e.after_days);
    escalations
}

/// `12-29`.
fn month_day(f: &mut Fields<'_>, key: &'static str, s: &mut Sink) -> Option<(u8, u8)> {
    let at = f.at_key(key);
    let text = f.text_opt(key, s)?;
    let read = text.split_once('-').and_then(|(month, day)| {
        let two = |t: &str| (t.len() == 2).then(|| t.parse::<u8>().ok()).flatten();
        let (month, day) = (two(month)?, two(day)?);
        let longest = match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=longest).contains(&day).then_some((month, day))
    });
    if read.is_none() {
        s.push(
            Code::WrongValue,
            &at,
            format!("{}の「{key}」の「{text}」は、月と日になっていません。", f.what()),
            format!("{key} = \"12-29\" のように、2桁ずつ書いてください。"),
        );
    }
    read
}
