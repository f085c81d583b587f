//! From the merged layers to the checked pack.
//!
//! Owns: the order of the whole road, and which keys each kind of item has.
//! Leaves to others: finding the layers (`layers`), typed keys and references (`fields`), laying over
//! (`merged`), checks that look at more than one item (`check`).

use worker_protocol::{CsvFormulaPolicy, Inspection, Kind as FileKind, LinkPolicy};

use crate::check::check;
use crate::fields::{Fields, ParameterValues};
use crate::layers::{self, Head};
use crate::merged::{Merged, MergedItem};
use crate::model::{
    Assurance, Axis, Channel, ChannelMode, Clause, Department, FormField, FormFieldType, Layer, Level,
    Mechanism, Modality, Pack, Parameter, ParameterType, ParameterValue, Permit, Post, RequestType,
    Retention, Role, Rule, RuleAction, Scope, Section, Setting, Statement, Step, StepMode, Treatment, Zone,
    ZoneKind,
};
use crate::problem::{Code, Origin, Problem, Sink};
use crate::toml_text::{Node, Value};
use crate::written::Kind;
use crate::{Resolved, SourceFile};

/// Colours of the screens' palette that a zone may take.
const COLOURS: &[(&str, &str)] = &[
    ("blue", "blue"),
    ("cyan", "cyan"),
    ("green", "green"),
    ("lime", "lime"),
    ("magenta", "magenta"),
    ("orange", "orange"),
    ("purple", "purple"),
    ("red", "red"),
    ("yellow", "yellow"),
];

const LINKS: &[(&str, LinkPolicy)] = &[("keep", LinkPolicy::Keep), ("remove", LinkPolicy::Remove)];

const CSV_FORMULAS: &[(&str, CsvFormulaPolicy)] =
    &[("neutralise", CsvFormulaPolicy::Neutralise), ("keep", CsvFormulaPolicy::Keep)];

pub(crate) fn resolve(files: &[SourceFile], id: &str) -> Result<Resolved, Vec<Problem>> {
    let mut sink = Sink::default();
    let Some(layers) = layers::find(files, id, &mut sink) else {
        // Without all layers every reference into the absent ones would be reported as well.
        return Err(sink.into_problems());
    };
    let heads: Vec<Head> = layers.iter().filter_map(|l| layers::head(l, &mut sink)).collect();
    let merged = Merged::new(layers, &mut sink);
    let mut reader = Reader { merged: &merged, sink, values: ParameterValues::new() };
    let pack = reader.pack(id, heads);
    let Reader { mut sink, .. } = reader;
    match pack {
        Some(pack) => {
            check(&pack, &mut sink);
            if sink.has_errors() {
                Err(sink.into_problems())
            } else {
                Ok(Resolved { pack, warnings: sink.into_problems(), merged })
            }
        }
        None => Err(sink.into_problems()),
    }
}

struct Reader<'m> {
    merged: &'m Merged,
    sink: Sink,
    values: ParameterValues,
}

impl<'m> Reader<'m> {
    fn pack(&mut self, id: &str, heads: Vec<Head>) -> Option<Pack> {
        let layers: Vec<Layer> = heads.iter().map(|h| h.layer.clone()).collect();
        let municipality = heads.iter().rev().find_map(|h| h.municipality.clone());
        // Without any [pack] there is nothing to point at; that was reported when the layers were found.
        let top = heads.into_iter().next_back()?;
        let parameters = self.each(Kind::Parameter, Self::parameter);
        self.values = parameters.iter().map(|p| (p.id.clone(), (p.kind, number(p.value.as_ref())))).collect();
        let retention = self.retention(&top.at);
        let mut zones = self.each(Kind::Zone, Self::zone);
        zones.sort_by_key(|z| z.order);
        let mut levels = self.each(Kind::Level, Self::level);
        levels.sort_by_key(|l| (l.axis, l.rank));
        let clauses = self.each(Kind::Clause, Self::clause);
        let statements = self.each(Kind::Statement, Self::statement);
        let roles = self.each(Kind::Role, Self::role);
        let departments = self.each(Kind::Department, Self::department);
        let sections = self.each(Kind::Section, Self::section);
        let posts = self.each(Kind::Post, Self::post);
        let requests = self.each(Kind::Request, Self::request);
        let channels = self.each(Kind::Channel, Self::channel);
        Some(Pack {
            id: id.to_owned(),
            title: top.layer.title,
            version: top.layer.version,
            effective_from: top.effective_from,
            municipality,
            layers,
            clauses,
            statements,
            parameters,
            roles,
            departments,
            sections,
            posts,
            levels,
            zones,
            requests,
            channels,
            retention: retention?,
        })
    }

    /// Reads every item of a kind with its keys.
    fn each<T>(&mut self, kind: Kind, read: fn(&mut Self, &MergedItem, &mut Fields<'m>) -> T) -> Vec<T> {
        let merged = self.merged;
        merged
            .items(kind)
            .iter()
            .map(|item| {
                let what = format!("{}「{}」", kind.key(), item.id);
                let mut fields = Fields::new(what, item.at.clone(), &item.table, merged);
                let value = read(self, item, &mut fields);
                fields.finish(&mut self.sink);
                value
            })
            .collect()
    }

    fn clause(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Clause {
        let s = &mut self.sink;
        Clause {
            id: item.id.clone(),
            section: f.text("section", s),
            title: f.text("title", s),
            origin: item.at.clone(),
        }
    }

    fn statement(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Statement {
        let s = &mut self.sink;
        Statement {
            id: item.id.clone(),
            clause: f.reference("clause", Kind::Clause, s),
            roles: f.references("roles", Kind::Role, s),
            modality: f.word("modality", Modality::WORDS, Modality::Must, s),
            title: f.text_opt("title", s),
            gist_ja: f.text("gist_ja", s),
            gist_en: f.text("gist_en", s),
            trigger: f.text_opt("trigger", s),
            evidence: f.text_opt("evidence", s),
            assurance: f.word("assurance", Assurance::WORDS, Assurance::Attest, s),
            capability: f.text("capability", s),
            parameters: f.references("parameters", Kind::Parameter, s),
            mechanisms: f.words("mechanisms", Mechanism::WORDS, s),
            acts: f.texts("acts", s).into_iter().map(|(text, _)| text).collect(),
            sources: f.texts("sources", s).into_iter().map(|(text, _)| text).collect(),
            origin: item.at.clone(),
        }
    }

    fn parameter(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Parameter {
        let s = &mut self.sink;
        let kind = f.word("type", ParameterType::WORDS, ParameterType::Text, s);
        let mut parameter = Parameter {
            id: item.id.clone(),
            title: f.text("title", s),
            clause: f.reference_opt("clause", Kind::Clause, s),
            kind,
            min: f.number_opt("min", s),
            max: f.number_opt("max", s),
            choices: f.texts("choices", s).into_iter().map(|(text, _)| text).collect(),
            value: None,
            suggested: None,
            needed: f.flag("needed", false, s),
            decided: f.text_opt("decided", s),
            note: f.text_opt("note", s),
            origin: item.at.clone(),
            value_origin: None,
        };
        for key in ["min", "max"] {
            if f.has(key) && !kind.is_number() {
                no_effect(f, key, "数のパラメータではないので", s);
            }
        }
        if f.has("choices") && kind != ParameterType::Choice {
            no_effect(f, "choices", "type が choice ではないので", s);
        }
        if kind == ParameterType::Choice && parameter.choices.is_empty() {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}は選択ですが choices がありません。", f.what()),
                "choices = [\"…\", \"…\"] を書き足してください。",
            );
        }
        if let (Some(min), Some(max)) = (parameter.min, parameter.max)
            && min > max
        {
            s.push(
                Code::OutOfBounds,
                &f.at_key("min"),
                format!("{}の min({min})が max({max})より大きいです。", f.what()),
                "min を max 以下にしてください。",
            );
        }
        if let Some(node) = f.any("value") {
            parameter.value = value(f.what(), "value", node, &parameter, s);
            parameter.value_origin = Some(node.at.clone());
        }
        if let Some(node) = f.any("suggested") {
            parameter.suggested = value(f.what(), "suggested", node, &parameter, s);
        }
        parameter
    }

    fn role(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Role {
        let s = &mut self.sink;
        Role {
            id: item.id.clone(),
            title: f.text("title", s),
            note: f.text_opt("note", s),
            city_wide: f.flag("city_wide", false, s),
            second_factor: f.flag("second_factor", false, s),
            above: f.reference_opt("above", Kind::Role, s),
            origin: item.at.clone(),
        }
    }

    fn department(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Department {
        Department { id: item.id.clone(), name: f.text("name", &mut self.sink), origin: item.at.clone() }
    }

    fn section(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Section {
        let s = &mut self.sink;
        Section {
            id: item.id.clone(),
            code: f.text("code", s),
            name: f.text("name", s),
            kana: f.text("kana", s),
            department: f.reference("department", Kind::Department, s),
            origin: item.at.clone(),
        }
    }

    fn post(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Post {
        let s = &mut self.sink;
        let post = Post {
            id: item.id.clone(),
            title: f.text("title", s),
            roles: f.references("roles", Kind::Role, s),
            scope: f.word("scope", Scope::WORDS, Scope::Section, s),
            section: f.reference_opt("section", Kind::Section, s),
            department: f.reference_opt("department", Kind::Department, s),
            origin: item.at.clone(),
        };
        if post.roles.is_empty() {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}に役割がありません。", f.what()),
                "roles = [\"staff\"] のように一つ以上書いてください。",
            );
        }
        for (key, scope) in [("section", Scope::Section), ("department", Scope::Department)] {
            if f.has(key) && post.scope != scope {
                no_effect(f, key, &format!("scope が {} なので", post.scope.id()), s);
            }
        }
        post
    }

    fn level(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Level {
        let s = &mut self.sink;
        Level {
            id: item.id.clone(),
            axis: f.word("axis", Axis::WORDS, Axis::Confidentiality, s),
            rank: f.number("rank", s),
            title: f.text("title", s),
            meaning: f.text("meaning", s),
            handling: f.texts("handling", s).into_iter().map(|(text, _)| text).collect(),
            mark: f.text_opt("mark", s),
            origin: item.at.clone(),
        }
    }

    fn zone(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Zone {
        let s = &mut self.sink;
        let zone = Zone {
            id: item.id.clone(),
            label: f.text("label", s),
            short: f.text("short", s),
            kind: f.word("kind", ZoneKind::WORDS, ZoneKind::Other, s),
            colour: f.word("colour", COLOURS, "blue", s).to_owned(),
            description: f.text("description", s),
            order: f.number("order", s),
            second_factor: f.flag("second_factor", false, s),
            origin: item.at.clone(),
        };
        if zone.short.chars().count() > 8 {
            s.push(
                Code::WrongValue,
                &f.at_key("short"),
                format!("{}の short が長すぎます(上限 8 文字)。", f.what()),
                "画面の狭い所に出す短い名前を書いてください。",
            );
        }
        zone
    }

    fn request(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> RequestType {
        let request = RequestType {
            id: item.id.clone(),
            title: f.text("title", &mut self.sink),
            description: f.text("description", &mut self.sink),
            fields: f
                .tables("field", &mut self.sink)
                .into_iter()
                .map(|(id, f)| self.form_field(id, f))
                .collect(),
            steps: f.tables("step", &mut self.sink).into_iter().map(|(id, f)| self.step(id, f)).collect(),
            permit: f.word("permit", Permit::WORDS, Permit::None, &mut self.sink),
            statements: f.references("statements", Kind::Statement, &mut self.sink),
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
        request
    }

    fn form_field(&mut self, id: String, mut f: Fields<'_>) -> FormField {
        let s = &mut self.sink;
        let field = FormField {
            id,
            title: f.text("title", s),
            kind: f.word("type", FormFieldType::WORDS, FormFieldType::Text, s),
            required: f.flag("required", false, s),
            choices: f.texts("choices", s).into_iter().map(|(text, _)| text).collect(),
            help: f.text_opt("help", s),
            chars_max: if f.has("chars_max") { f.number("chars_max", s) } else { 1_000 },
        };
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

    fn step(&mut self, id: String, mut f: Fields<'_>) -> Step {
        let s = &mut self.sink;
        let step = Step {
            id,
            title: f.text("title", s),
            approver: f.reference("approver", Kind::Role, s),
            scope: f.word("scope", Scope::WORDS, Scope::Section, s),
            mode: f.word("mode", StepMode::WORDS, StepMode::AnyOne, s),
            deadline_hours: f.setting("deadline_hours", ParameterType::Hours, &self.values, s),
            deputies: f.references("deputies", Kind::Post, s),
            statements: f.references("statements", Kind::Statement, s),
            origin: f.at.clone(),
        };
        f.finish(s);
        step
    }

    fn channel(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Channel {
        let s = &mut self.sink;
        let mode = f.word("mode", ChannelMode::WORDS, ChannelMode::Deny, s);
        let from = f.reference("from", Kind::Zone, s);
        let to = f.reference("to", Kind::Zone, s);
        let notice = f.text("notice", s);
        let statements = f.references("statements", Kind::Statement, s);
        let senders = f.references("senders", Kind::Role, s);
        let kinds = file_kinds(f, "kinds", s);
        let links = f.word_opt("links", LINKS, s).unwrap_or(LinkPolicy::Remove);
        let csv_formulas =
            f.word_opt("csv_formulas", CSV_FORMULAS, s).unwrap_or(CsvFormulaPolicy::Neutralise);
        let request = f.reference_opt("request", Kind::Request, s);
        let file_bytes_max = f.setting_opt("file_bytes_max", ParameterType::Bytes, &self.values, s);
        let files_max = f.setting_opt("files_max", ParameterType::Count, &self.values, s);
        let rules: Vec<Rule> =
            f.tables("rule", s).into_iter().map(|(id, f)| rule(id, f, &mut self.sink)).collect();
        let s = &mut self.sink;
        if from == to && f.has("from") && f.has("to") {
            s.push(
                Code::ChannelSameZone,
                &f.at_key("to"),
                format!("{}の from と to が同じ系です。", f.what()),
                "同じ系の中の受渡しに通信路は要りません。[[channel]] ごと消してください。",
            );
        }
        let only_for_passing =
            ["senders", "kinds", "links", "csv_formulas", "request", "rule", "file_bytes_max", "files_max"];
        if mode == ChannelMode::Deny {
            for key in only_for_passing.into_iter().filter(|key| f.has(key)) {
                no_effect(f, key, "mode が deny(通信不可)なので", s);
            }
        } else {
            for (key, empty, example) in [
                ("senders", senders.is_empty(), "[\"staff\"]"),
                ("kinds", kinds.is_empty(), "[\"docx\", \"xlsx\", \"pdf\"]"),
                ("file_bytes_max", file_bytes_max.is_none(), "104857600"),
                ("files_max", files_max.is_none(), "100"),
            ] {
                if empty && (!f.has(key) || matches!(key, "senders" | "kinds")) {
                    s.push(
                        Code::MissingKey,
                        &f.at_key(key),
                        format!("{}はファイルを通すので「{key}」が要ります。", f.what()),
                        format!("{key} = {example} のように書いてください。"),
                    );
                }
            }
        }
        match (mode, &request) {
            (ChannelMode::Approve | ChannelMode::Inspect, None) if !f.has("request") => s.push(
                Code::RouteMissing,
                &f.at,
                format!("{}は承認を求めますが、承認経路を決める申請がありません。", f.what()),
                "request = \"申請の id\" を書き足してください。",
            ),
            (ChannelMode::Inspect, Some(_)) => {
                let treated =
                    |kind: &FileKind| rules.iter().any(|r| r.treatment.is_some() && r.kinds.contains(kind));
                let whole: Vec<FileKind> = kinds.iter().filter(|kind| !treated(kind)).copied().collect();
                not_inspectable(f, &whole, s);
            }
            (ChannelMode::Sanitise, Some(_)) => {
                no_effect_instead(
                    f,
                    "request",
                    "mode が approve ではないのに全件が承認待ちになります。",
                    "全件承認なら mode = \"approve\"、一部だけなら [[channel.rule]] に書いてください。",
                    s,
                );
            }
            _ => {}
        }
        let unset = || Setting { parameter: None, value: None };
        Channel {
            id: item.id.clone(),
            from,
            to,
            mode,
            notice,
            senders,
            kinds,
            links,
            csv_formulas,
            request,
            rules,
            file_bytes_max: file_bytes_max.unwrap_or_else(unset),
            files_max: files_max.unwrap_or_else(unset),
            statements,
            origin: item.at.clone(),
        }
    }

    fn retention(&mut self, at: &Origin) -> Option<Retention> {
        let Some(single) = &self.merged.retention else {
            self.sink.push(
                Code::MissingKey,
                at,
                "[retention] の表がありません。",
                "[retention] に originals_days、results_days、evidence_years を書いてください。",
            );
            return None;
        };
        let mut f = Fields::new("[retention]".to_owned(), single.at.clone(), &single.table, self.merged);
        let s = &mut self.sink;
        let retention = Retention {
            originals_days: f.setting("originals_days", ParameterType::Days, &self.values, s),
            results_days: f.setting("results_days", ParameterType::Days, &self.values, s),
            evidence_years: f.setting("evidence_years", ParameterType::Years, &self.values, s),
            origin: single.at.clone(),
        };
        f.finish(s);
        Some(retention)
    }
}

fn rule(id: String, mut f: Fields<'_>, s: &mut Sink) -> Rule {
    let rule = Rule {
        id,
        title: f.text("title", s),
        at_least: f.references("at_least", Kind::Level, s),
        kinds: file_kinds(&mut f, "kinds", s),
        personal_data: f.has("personal_data").then(|| f.flag("personal_data", true, s)),
        action: f.word("action", RuleAction::WORDS, RuleAction::Deny, s),
        request: f.reference_opt("request", Kind::Request, s),
        treatment: f.word_opt("treatment", Treatment::WORDS, s),
        statements: f.references("statements", Kind::Statement, s),
        origin: f.at.clone(),
    };
    // Asked for above only when present; known either way.
    f.any("personal_data");
    if rule.at_least.is_empty() && rule.kinds.is_empty() && rule.personal_data.is_none() {
        s.push(
            Code::MissingKey,
            &f.at,
            format!("{}に条件がありません。", f.what()),
            "at_least(分類)、kinds(ファイルの種類)、personal_data のどれかを書いてください。",
        );
    }
    match (rule.action, f.has("request")) {
        (RuleAction::Approve, false) => s.push(
            Code::RouteMissing,
            &f.at,
            format!("{}は承認を求めますが、承認経路を決める申請がありません。", f.what()),
            "request = \"申請の id\" を書き足してください。",
        ),
        (RuleAction::Deny, true) => no_effect(&f, "request", "action が deny なので", s),
        _ => {}
    }
    treatment(&rule, &f, s);
    f.finish(s);
    rule
}

/// What a rule about the treatment of files must say, and what only such a rule may say.
fn treatment(rule: &Rule, f: &Fields<'_>, s: &mut Sink) {
    if rule.action != RuleAction::Treat {
        if f.has("treatment") {
            no_effect(f, "treatment", "action が treat ではないので", s);
        }
        return;
    }
    if !f.has("treatment") {
        s.push(
            Code::MissingKey,
            &f.at,
            format!("{}は扱いを決めますが、「treatment」がありません。", f.what()),
            "treatment = \"strict\" のように書いてください。",
        );
    }
    match (rule.treatment, f.has("request")) {
        // Unchanged files pass by a person's word only.
        (Some(Treatment::InspectOnly), false) => s.push(
            Code::RouteMissing,
            &f.at,
            format!("{}は検査確認で通しますが、確認する人を決める申請がありません。", f.what()),
            "request = \"申請の id\" を書き足してください。",
        ),
        (Some(other), true) if other != Treatment::InspectOnly => {
            no_effect(f, "request", "treatment が inspect-only ではないので", s);
        }
        _ => {}
    }
    if rule.treatment == Some(Treatment::InspectOnly) {
        not_inspectable(f, &rule.kinds, s);
    }
}

/// Points out kinds that never pass unchanged, whoever vouches for them.
fn not_inspectable(f: &Fields<'_>, kinds: &[FileKind], s: &mut Sink) {
    let never: Vec<&str> =
        kinds.iter().filter(|k| k.inspection() == Inspection::Never).map(|k| k.id()).collect();
    if !never.is_empty() {
        s.push(
            Code::NotInspectable,
            &f.at_key("kinds"),
            format!("{}の kinds のうち {} は、検査確認では通せません。", f.what(), never.join("、")),
            "中に別のファイルやプログラムを含めるため、見ただけでは確かめられない種類です。kinds から外すか、\
             treatment を rebuild か strict にしてください。",
        );
    }
}

fn file_kinds(f: &mut Fields<'_>, key: &'static str, sink: &mut Sink) -> Vec<FileKind> {
    let words: Vec<(&'static str, FileKind)> = FileKind::ALL.iter().map(|k| (k.id(), *k)).collect();
    f.words(key, &words, sink)
}

fn no_effect(f: &Fields<'_>, key: &str, because: &str, sink: &mut Sink) {
    sink.push(
        Code::NoEffect,
        &f.at_key(key),
        format!("{}の「{key}」は、{because}効き目がありません。", f.what()),
        "この行を消してください。",
    );
}

fn no_effect_instead(f: &Fields<'_>, key: &str, message: &str, instead: &str, sink: &mut Sink) {
    sink.push(Code::NoEffect, &f.at_key(key), format!("{}は、{message}", f.what()), instead);
}

fn number(value: Option<&ParameterValue>) -> Option<u64> {
    match value {
        Some(ParameterValue::Number(number)) => Some(*number),
        _ => None,
    }
}

/// A parameter's value, of its type and inside its bounds.
fn value(what: &str, key: &str, node: &Node, p: &Parameter, sink: &mut Sink) -> Option<ParameterValue> {
    match (&node.value, p.kind) {
        (Value::Text(text), ParameterType::Text) => Some(ParameterValue::Text(text.clone())),
        (Value::Bool(flag), ParameterType::Flag) => Some(ParameterValue::Flag(*flag)),
        (Value::Text(text), ParameterType::Choice) => {
            if !p.choices.contains(text) {
                sink.push(
                    Code::OutOfBounds,
                    &node.at,
                    format!("{what}の {key}「{text}」は選べる値ではありません。"),
                    format!("次のどれかを書いてください: {}", p.choices.join("、")),
                );
            }
            Some(ParameterValue::Text(text.clone()))
        }
        (Value::Integer(integer), kind) if kind.is_number() => {
            let (min, max) = (p.min.unwrap_or(0), p.max.unwrap_or(i64::MAX as u64));
            match u64::try_from(*integer) {
                Ok(number) if (min..=max).contains(&number) => Some(ParameterValue::Number(number)),
                _ => {
                    let bounds = match (p.min, p.max) {
                        (Some(min), Some(max)) => format!("{min} から {max} まで"),
                        (Some(min), None) => format!("{min} 以上"),
                        (None, Some(max)) => format!("{max} 以下"),
                        (None, None) => "0 以上".to_owned(),
                    };
                    sink.push(
                        Code::OutOfBounds,
                        &node.at,
                        format!("{what}の {key}({integer})が範囲の外です。"),
                        format!("{bounds}の整数を書いてください({})。", kind.title_ja()),
                    );
                    None
                }
            }
        }
        (other, kind) => {
            sink.push(
                Code::WrongType,
                &node.at,
                format!(
                    "{what}の {key} は {}({})で書きます({}になっています)。",
                    kind.id(),
                    kind.title_ja(),
                    other.type_ja()
                ),
                match kind {
                    ParameterType::Text | ParameterType::Choice => {
                        format!("{key} = \"…\" のように書いてください。")
                    }
                    ParameterType::Flag => format!("{key} = true か {key} = false と書いてください。"),
                    _ => format!("{key} = 1 のように、引用符なしの整数で書いてください。"),
                },
            );
            None
        }
    }
}
