//! Reading request types: forms, routes, permits, effects.
//!
//! Owns: which keys they have, and that what a form says of its own fields is true of them.
//! Leaves to others: typed keys and references (`fields`), whether posts can walk the route (`check`).

use super::duties::{escalations, remind_days};
use super::{Reader, effects, no_effect};
use crate::fields::Fields;
use crate::merged::MergedItem;
use crate::model::{
    Afterwards, AnswerIs, Attachments, Effect, EffectKind, FormField, FormFieldType, Mechanism,
    ParameterType, Period, Permit, RequestType, Scope, Step,
};
use crate::problem::{Code, Sink, nearest};
use crate::written::Kind;

impl Reader<'_> {
    pub(super) fn request(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> RequestType {
        let title = f.text("title", &mut self.sink);
        let description = f.text("description", &mut self.sink);
        let group = f.text_opt("group", &mut self.sink);
        let tables = f.tables("field", &mut self.sink);
        let mut fields: Vec<FormField> = Vec::new();
        for (id, f) in tables {
            let field = self.form_field(id, f, &fields);
            fields.push(field);
        }
        let steps: Vec<Step> =
            f.tables("step", &mut self.sink).into_iter().map(|(id, f)| self.step(id, f, &fields)).collect();
        let permit = f.word("permit", Permit::WORDS, Permit::None, &mut self.sink);
        let period = self.period(f, permit, &fields);
        let returns = period.as_ref().is_some_and(|p| p.return_asked);
        let request = RequestType {
            id: item.id.clone(),
            title,
            description,
            group,
            steps,
            permit,
            period,
            effects: self.effects(f, &fields, returns),
            attachments: f
                .word_opt("attachments", Attachments::WORDS, &mut self.sink)
                .unwrap_or(Attachments::None),
            afterwards: self.afterwards(f, &fields),
            mechanism: f.word_opt("mechanism", Mechanism::WORDS, &mut self.sink),
            record_class: f.reference_opt("record_class", Kind::RecordClass, &mut self.sink),
            statements: f.references("statements", Kind::Statement, &mut self.sink),
            fields,
            origin: item.at.clone(),
        };
        if request.steps.is_empty() {
            self.sink.push(
                Code::RouteMissing,
                &f.at,
                format!("{}に承認の段階がありません。", f.what()),
                "[[request.step]] を一つ以上書いてください。",
            );
        }
        if permit == Permit::Transfer {
            for key in ["group", "effects", "attachments", "afterwards"].into_iter().filter(|key| f.has(key))
            {
                no_effect(f, key, "permit が transfer(ファイル授受)なので", &mut self.sink);
            }
            // What a transfer's route depends on is its classification and the like, which the channel's rules speak of.
            for step in request.steps.iter().filter(|step| step.only_when.is_some()) {
                self.sink.push(
                    Code::NoEffect,
                    &step.origin,
                    format!("request「{}」の step「{}」の only_when は、permit が transfer(ファイル授受)なので効きません。", request.id, step.id),
                    "条件による違いは [[channel.rule]] に書いてください。",
                );
            }
            let timed =
                |s: &&Step| s.parallel.is_some() || !s.remind_days.is_empty() || !s.escalations.is_empty();
            for step in request.steps.iter().filter(timed) {
                self.sink.push(
                    Code::NoEffect,
                    &step.origin,
                    format!("request「{}」の step「{}」の parallel、remind_days、escalations は、permit が transfer(ファイル授受)なので効きません。", request.id, step.id),
                    "これらの行を消してください。",
                );
            }
        }
        request
    }

    pub(super) fn form_field(&mut self, id: String, mut f: Fields<'_>, earlier: &[FormField]) -> FormField {
        let s = &mut self.sink;
        let field = FormField {
            id,
            title: f.text("title", s),
            kind: f.word("type", FormFieldType::WORDS, FormFieldType::Text, s),
            required: f.flag("required", false, s),
            choices: f.texts("choices", s).into_iter().map(|(text, _)| text).collect(),
            help: f.text_opt("help", s),
            chars_max: if f.has("chars_max") { f.number("chars_max", s) } else { 1_000 },
            shown_when: f.table_opt("shown_when", s).and_then(|f| answer_is(f, earlier, s)),
            register: f.reference_opt("register", Kind::Register, s),
        };
        match (field.kind == FormFieldType::Row, &field.register) {
            (true, None) if !f.has("register") => s.push(
                Code::MissingKey,
                &f.at,
                format!("{}は台帳の一件ですが、どの台帳かがありません。", f.what()),
                "register = \"台帳の id\" を書き足してください。",
            ),
            (false, Some(_)) => no_effect(&f, "register", "type が row ではないので", s),
            _ => {}
        }
        if field.kind == FormFieldType::Choice && field.choices.is_empty() {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}は選択ですが choices がありません。", f.what()),
                "choices = [\"…\", \"…\"] を書き足してください。",
            );
        }
        f.finish(s);
        field
    }

    fn step(&mut self, id: String, mut f: Fields<'_>, fields: &[FormField]) -> Step {
        let s = &mut self.sink;
        let step = Step {
            id,
            title: f.text("title", s),
            approver: f.reference("approver", Kind::Role, s),
            scope: f.word("scope", Scope::WORDS, Scope::Section, s),
            persons: persons(&mut f, s),
            only_when: f.table_opt("only_when", s).and_then(|f| answer_is(f, fields, s)),
            deadline_hours: f.setting("deadline_hours", ParameterType::Hours, &self.values, s),
            deputies: f.references("deputies", Kind::Post, s),
            parallel: f.text_opt("parallel", s),
            remind_days: if f.has("remind_days") { remind_days(&mut f, s) } else { Vec::new() },
            escalations: escalations(&mut f, s),
            statements: f.references("statements", Kind::Statement, s),
            origin: f.at.clone(),
        };
        f.finish(s);
        step
    }

    fn period(&mut self, f: &mut Fields<'_>, permit: Permit, fields: &[FormField]) -> Option<Period> {
        let s = &mut self.sink;
        let table = f.table_opt("period", s);
        match (&table, permit) {
            (None, Permit::Period) if !f.has("period") => s.push(
                Code::MissingKey,
                &f.at,
                format!("{}は期間の許可ですが、期間を書く欄が決まっていません。", f.what()),
                "period = { from = \"日付の欄の id\", until = \"日付の欄の id\", return = false } を書き足してください。",
            ),
            (Some(_), other) if other != Permit::Period => {
                no_effect(f, "period", "permit が period ではないので", s);
            }
            _ => {}
        }
        let mut f = table?;
        let return_asked = f.flag("return", false, s);
        let period = Period {
            from: field_named(&mut f, "from", &[FormFieldType::Date], true, fields, s),
            until: field_named(&mut f, "until", &[FormFieldType::Date], true, fields, s),
            days_max: f.setting_opt("days_max", ParameterType::Days, &self.values, s),
            return_asked,
            // A thing that is out goes on in somebody else's hands; what a person may do is his own.
            hand_over: f.flag("hand_over", return_asked, s),
        };
        f.finish(s);
        Some(period)
    }

    fn afterwards(&mut self, f: &mut Fields<'_>, fields: &[FormField]) -> Option<Afterwards> {
        let s = &mut self.sink;
        let mut f = f.table_opt("afterwards", s)?;
        let afterwards = Afterwards {
            done: field_named(&mut f, "done", &[FormFieldType::Date], true, fields, s),
            within_hours: f.setting("within_hours", ParameterType::Hours, &self.values, s),
        };
        f.finish(s);
        Some(afterwards)
    }

    fn effects(&mut self, f: &mut Fields<'_>, fields: &[FormField], returns: bool) -> Vec<Effect> {
        let s = &mut self.sink;
        let rows = f.rows("effects", "[{ do = \"set-parameter\", … }]", s);
        let mut effects = Vec::new();
        for mut f in rows {
            let kind = f.word("do", EffectKind::WORDS, EffectKind::SetParameter, s);
            effects.push(match kind {
                EffectKind::SetParameter => Effect::SetParameter {
                    parameter: field_named(&mut f, "parameter", &[FormFieldType::Parameter], true, fields, s),
                    value: field_named(
                        &mut f,
                        "value",
                        &[FormFieldType::Text, FormFieldType::LongText],
                        false,
                        fields,
                        s,
                    ),
                    from: field_named(&mut f, "from", &[FormFieldType::Date], true, fields, s),
                },
                EffectKind::AdoptRevision => Effect::AdoptRevision {
                    edition: field_named(&mut f, "edition", &[FormFieldType::Edition], true, fields, s),
                    from: field_named(&mut f, "from", &[FormFieldType::Date], true, fields, s),
                },
                EffectKind::Publish => Effect::Publish {
                    edition: field_named(&mut f, "edition", &[FormFieldType::Edition], true, fields, s),
                },
                EffectKind::ChangePersonnel => Effect::ChangePersonnel {
                    plan: field_named(&mut f, "plan", &[FormFieldType::RosterPlan], true, fields, s),
                },
                EffectKind::SetColumn | EffectKind::AddRow | EffectKind::EndRow => {
                    effects::on_register(kind, &mut f, fields, returns, s)
                }
            });
            f.finish(s);
        }
        effects
    }
}

/// The id of a field of the same form, of one of these types, that must be filled wherever `filled` says so.
pub(super) fn field_named(
    f: &mut Fields<'_>,
    key: &'static str,
    kinds: &[FormFieldType],
    filled: bool,
    fields: &[FormField],
    s: &mut Sink,
) -> String {
    let id = f.text(key, s);
    if id.is_empty() {
        return id;
    }
    let Some(field) = fields.iter().find(|field| field.id == id) else {
        unknown_field(f, key, &id, fields, s);
        return id;
    };
    if !kinds.contains(&field.kind) {
        let words: Vec<&str> = kinds.iter().map(|k| k.id()).collect();
        s.push(
            Code::WrongValue,
            &f.at_key(key),
            format!("{}の「{key}」が指す field「{id}」の type は {} です。", f.what(), field.kind.id()),
            format!("type が {} の field を指してください。", words.join(" か ")),
        );
    } else if filled && (!field.required || field.shown_when.is_some()) {
        s.push(
            Code::WrongValue,
            &f.at_key(key),
            format!("{}の「{key}」が指す field「{id}」は、空のままでも申請できます。", f.what()),
            "その field に required = true と書き、shown_when は付けないでください。",
        );
    }
    id
}

pub(super) fn unknown_field(f: &Fields<'_>, key: &str, id: &str, fields: &[FormField], s: &mut Sink) {
    let instead = match nearest(id, fields.iter().map(|field| field.id.as_str())) {
        Some(near) => format!("「{near}」ではありませんか。"),
        None => "同じ申請の [[request.field]] の id を書いてください。".to_owned(),
    };
    s.push(
        Code::UnknownReference,
        &f.at_key(key),
        format!("{}の「{key}」が指す field「{id}」が、この申請の様式にありません。", f.what()),
        instead,
    );
}

/// How many persons decide a step; one where nothing is written.
fn persons(f: &mut Fields<'_>, s: &mut Sink) -> u32 {
    if !f.has("persons") {
        return 1;
    }
    let persons = f.number("persons", s);
    if persons > Step::PERSONS_MAX {
        s.push(
            Code::WrongValue,
            &f.at_key("persons"),
            format!("{}の persons は {persons} 人です。", f.what()),
            format!("1 から {} までの数を書いてください。", Step::PERSONS_MAX),
        );
    }
    // A zero was told already.
    persons.clamp(1, Step::PERSONS_MAX)
}

/// A condition can only speak of what was asked before, and of answers that can be given.
pub(super) fn answer_is(mut f: Fields<'_>, earlier: &[FormField], s: &mut Sink) -> Option<AnswerIs> {
    let (field, is) = (f.text("field", s), f.text("is", s));
    if let Some(asked) = earlier.iter().find(|e| e.id == field) {
        let answers: Vec<&str> = match asked.kind {
            FormFieldType::Choice => asked.choices.iter().map(String::as_str).collect(),
            FormFieldType::Flag => vec!["true", "false"],
            _ => Vec::new(),
        };
        if answers.is_empty() {
            s.push(
                Code::WrongValue,
                &f.at_key("field"),
                format!("{}の field「{field}」は、選択でも確認欄でもありません。", f.what()),
                "type が choice か bool の field を条件にしてください。",
            );
        } else if !is.is_empty() && !answers.contains(&is.as_str()) {
            s.push(
                Code::WrongValue,
                &f.at_key("is"),
                format!("{}の「{is}」は、field「{field}」の答えにありません。", f.what()),
                format!("次のどれかを書いてください: {}", answers.join("、")),
            );
        }
    } else if !field.is_empty() {
        s.push(
            Code::UnknownReference,
            &f.at_key("field"),
            format!("{}の field「{field}」が、この欄より前にありません。", f.what()),
            "同じ様式の、この欄より前に書いた field の id を書いてください。",
        );
    }
    f.finish(s);
    Some(AnswerIs { field, is })
}
