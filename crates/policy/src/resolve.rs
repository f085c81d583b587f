//! From the merged layers to the checked pack.
//!
//! Owns: finding the layers, which keys each kind of item has, and every check that looks at more than one
//! value: references, routes, channels between all zones, bounds, order of levels.
//! Leaves to others: places and typed keys (`fields`), laying over (`merged`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use worker_protocol::{CsvFormulaPolicy, Kind as FileKind, LinkPolicy};

use crate::fields::{Fields, ParameterValues};
use crate::merged::{Merged, MergedItem};
use crate::model::{
    Assurance, Axis, Channel, ChannelMode, Clause, Department, FormField, FormFieldType, Layer, Level,
    Mechanism, Modality, Municipality, Pack, Parameter, ParameterType, ParameterValue, Permit, Post,
    RequestType, Retention, Role, Rule, RuleAction, Scope, Section, Setting, Statement, Step, StepMode, Zone,
    ZoneKind,
};
use crate::problem::{Code, Origin, Problem, Sink, nearest};
use crate::toml_text::{Node, Value};
use crate::written::{self, Kind, Written};
use crate::{FILES_MAX, Resolved, SourceFile};

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
    let layers = find_layers(files, id, &mut sink);
    let heads: Vec<Head> = layers.iter().filter_map(|l| head(l, &mut sink)).collect();
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

// ---- layers --------------------------------------------------------------------------------------------------

/// The layer `id` and those below it, the lowest first.
fn find_layers(files: &[SourceFile], id: &str, sink: &mut Sink) -> Vec<Written> {
    let folders = by_folder(files, sink);
    let mut chain: Vec<Written> = Vec::new();
    // Where the next layer was named; the first one was named by the caller.
    let mut named: Option<Origin> = None;
    let mut next = Some(id.to_owned());
    while let Some(folder) = next.take() {
        let at = named.clone().unwrap_or_else(|| Origin {
            layer: folder.as_str().into(),
            file: format!("{folder}/pack.toml").into(),
            line: 1,
            column: 1,
        });
        if chain.iter().any(|w| *w.layer == *folder) {
            let path: Vec<&str> = chain.iter().map(|w| &*w.layer).chain([folder.as_str()]).collect();
            sink.push(
                Code::LayerCycle,
                &at,
                format!("層が自分自身に重なっています({})。", path.join(" → ")),
                "extends の行を消すか、下の層だけを指してください。",
            );
            break;
        }
        let Some(files) = folders.get(folder.as_str()) else {
            let instead = match nearest(&folder, folders.keys().copied()) {
                Some(near) => format!("「{near}」ではありませんか。"),
                None => format!("フォルダ {folder} を作り、pack.toml を置いてください。"),
            };
            sink.push(Code::LayerMissing, &at, format!("層「{folder}」のフォルダがありません。"), instead);
            break;
        };
        let written = written::read(&Arc::from(folder.as_str()), files, sink);
        match &written.pack {
            None => sink.push(
                Code::LayerMissing,
                &at,
                format!("フォルダ {folder} に [pack] の表がありません。"),
                format!("{folder}/pack.toml に [pack] と id = \"{folder}\" などを書いてください。"),
            ),
            Some(single) => {
                if let Some(entry) = single.table.get("extends")
                    && let Value::Text(below) = &entry.node.value
                {
                    named = Some(entry.node.at.clone());
                    next = Some(below.clone());
                }
            }
        }
        chain.push(written);
    }
    chain.reverse();
    chain
}

fn by_folder<'f>(files: &'f [SourceFile], sink: &mut Sink) -> BTreeMap<&'f str, Vec<&'f SourceFile>> {
    let mut folders: BTreeMap<&str, Vec<&SourceFile>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (number, file) in files.iter().enumerate() {
        let at = Origin { layer: "".into(), file: file.path.as_str().into(), line: 1, column: 1 };
        if number >= FILES_MAX {
            sink.push(
                Code::TooLarge,
                &at,
                format!("ファイルが多すぎます(上限 {FILES_MAX} 個)。"),
                "一つのファイルにまとめてください。",
            );
            break;
        }
        match file.path.split_once('/') {
            Some((folder, name)) if !folder.is_empty() && !name.is_empty() => {
                if seen.insert(&file.path) {
                    folders.entry(folder).or_default().push(file);
                } else {
                    sink.push(Code::Path, &at, "同じファイルが2回渡されました。", "一度だけ渡してください。");
                }
            }
            _ => sink.push(
                Code::Path,
                &at,
                "ファイルが層のフォルダの中にありません。",
                "base/roles.toml のように、層の名前のフォルダに置いてください。",
            ),
        }
    }
    for files in folders.values_mut() {
        files.sort_by(|a, b| a.path.cmp(&b.path));
    }
    folders
}

/// The `[pack]` of one layer.
struct Head {
    at: Origin,
    layer: Layer,
    effective_from: Option<String>,
    municipality: Option<Municipality>,
}

fn head(written: &Written, sink: &mut Sink) -> Option<Head> {
    let single = written.pack.as_ref()?;
    // References to items cannot occur in [pack], so it is read against nothing.
    let nothing = Merged::default();
    let mut f = Fields::new("[pack]".to_owned(), single.at.clone(), &single.table, &nothing);
    let id = f.text("id", sink);
    if !id.is_empty() && id != *written.layer {
        sink.push(
            Code::WrongValue,
            &f.at_key("id"),
            format!("[pack] の id「{id}」がフォルダの名前と違います。"),
            format!("id = \"{}\" と書いてください。", written.layer),
        );
    }
    let layer = Layer { id, title: f.text("title", sink), version: f.text("version", sink) };
    let effective_from = f.date_opt("effective_from", sink);
    f.text_opt("extends", sink);
    let municipality = f.table_opt("municipality", sink).map(|f| municipality(f, sink));
    f.finish(sink);
    Some(Head { at: single.at.clone(), layer, effective_from, municipality })
}

fn municipality(mut f: Fields<'_>, sink: &mut Sink) -> Municipality {
    let municipality = Municipality {
        name: f.text("name", sink),
        kana: f.text_opt("kana", sink),
        code: f.text("code", sink),
    };
    if f.has("code") && !municipality.code.is_empty() {
        let at = f.at_key("code");
        match check_digit(&municipality.code) {
            None => sink.push(
                Code::CheckDigit,
                &at,
                format!("団体コード「{}」が6桁の数字ではありません。", municipality.code),
                "全国地方公共団体コード6桁(最後が検査数字)を \" で囲んで書いてください。",
            ),
            Some(digit) if !municipality.code.ends_with(digit) => sink.push(
                Code::CheckDigit,
                &at,
                format!("団体コード「{}」の検査数字が合いません。", municipality.code),
                format!("初めの5桁が正しければ、最後の桁は {digit} です。"),
            ),
            Some(_) => {}
        }
    }
    f.finish(sink);
    municipality
}

/// The check digit of a six-digit 全国地方公共団体コード: the first five digits weighted 6, 5, 4, 3, 2 are
/// summed; the last digit of 11 minus the remainder by 11 (of the sum itself when it is below 11).
fn check_digit(code: &str) -> Option<char> {
    let digits: Vec<u32> = code.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    if digits.len() != 6 || !code.is_ascii() {
        return None;
    }
    let sum: u32 = digits.iter().zip([6, 5, 4, 3, 2]).map(|(d, weight)| d * weight).sum();
    char::from_digit((11 - sum % 11) % 10, 10)
}

// ---- items ---------------------------------------------------------------------------------------------------

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
            gist_ja: f.text("gist_ja", s),
            gist_en: f.text("gist_en", s),
            trigger: f.text_opt("trigger", s),
            evidence: f.text_opt("evidence", s),
            assurance: f.word("assurance", Assurance::WORDS, Assurance::Attest, s),
            capability: f.text("capability", s),
            parameters: f.references("parameters", Kind::Parameter, s),
            mechanisms: f.words("mechanisms", Mechanism::WORDS, s),
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
                format!("{} は選択ですが choices がありません。", f.what()),
                "choices = [\"…\", \"…\"] を書き足してください。",
            );
        }
        if let (Some(min), Some(max)) = (parameter.min, parameter.max)
            && min > max
        {
            s.push(
                Code::OutOfBounds,
                &f.at_key("min"),
                format!("{} の min({min})が max({max})より大きいです。", f.what()),
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
            second_factor: f.flag("second_factor", false, s),
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
                format!("{} に役割がありません。", f.what()),
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
                format!("{} の short が長すぎます(上限 8 文字)。", f.what()),
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
                format!("{} に承認の段階がありません。", f.what()),
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
                format!("{} は選択ですが choices がありません。", f.what()),
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
                format!("{} の from と to が同じ系です。", f.what()),
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
                        format!("{} はファイルを通すので「{key}」が要ります。", f.what()),
                        format!("{key} = {example} のように書いてください。"),
                    );
                }
            }
        }
        match (mode, &request) {
            (ChannelMode::Approve, None) if !f.has("request") => s.push(
                Code::RouteMissing,
                &f.at,
                format!("{} は承認を求めますが、承認経路を決める申請がありません。", f.what()),
                "request = \"申請の id\" を書き足してください。",
            ),
            (ChannelMode::Sanitise | ChannelMode::Inspect, Some(_)) => {
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
        statements: f.references("statements", Kind::Statement, s),
        origin: f.at.clone(),
    };
    // Asked for above only when present; known either way.
    f.any("personal_data");
    if rule.at_least.is_empty() && rule.kinds.is_empty() && rule.personal_data.is_none() {
        s.push(
            Code::MissingKey,
            &f.at,
            format!("{} に条件がありません。", f.what()),
            "at_least(分類)、kinds(ファイルの種類)、personal_data のどれかを書いてください。",
        );
    }
    match (rule.action, f.has("request")) {
        (RuleAction::Approve, false) => s.push(
            Code::RouteMissing,
            &f.at,
            format!("{} は承認を求めますが、承認経路を決める申請がありません。", f.what()),
            "request = \"申請の id\" を書き足してください。",
        ),
        (RuleAction::Deny, true) => no_effect(&f, "request", "action が deny なので", s),
        _ => {}
    }
    f.finish(s);
    rule
}

fn file_kinds(f: &mut Fields<'_>, key: &'static str, sink: &mut Sink) -> Vec<FileKind> {
    let words: Vec<(&'static str, FileKind)> = FileKind::ALL.into_iter().map(|k| (k.id(), k)).collect();
    f.words(key, &words, sink)
}

fn no_effect(f: &Fields<'_>, key: &str, because: &str, sink: &mut Sink) {
    sink.push(
        Code::NoEffect,
        &f.at_key(key),
        format!("{} の「{key}」は、{because}効き目がありません。", f.what()),
        "この行を消してください。",
    );
}

fn no_effect_instead(f: &Fields<'_>, key: &str, message: &str, instead: &str, sink: &mut Sink) {
    sink.push(Code::NoEffect, &f.at_key(key), format!("{} は、{message}", f.what()), instead);
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
                    format!("{what} の {key}「{text}」は選べる値ではありません。"),
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
                        format!("{what} の {key}({integer})が範囲の外です。"),
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
                    "{what} の {key} は {}({})で書きます({}になっています)。",
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

// ---- checks over the whole pack ------------------------------------------------------------------------------

fn check(pack: &Pack, sink: &mut Sink) {
    check_levels(pack, sink);
    check_zones(pack, sink);
    check_channels(pack, sink);
    check_routes(pack, sink);
    check_statements(pack, sink);
    check_settings(pack, sink);
    distinct("section の code", pack.sections.iter().map(|s| (&s.code, &s.origin)), sink);
    distinct("section の name", pack.sections.iter().map(|s| (&s.name, &s.origin)), sink);
    distinct("department の name", pack.departments.iter().map(|d| (&d.name, &d.origin)), sink);
    distinct("role の title", pack.roles.iter().map(|r| (&r.title, &r.origin)), sink);
    distinct("level の title", pack.levels.iter().map(|l| (&l.title, &l.origin)), sink);
}

fn check_levels(pack: &Pack, sink: &mut Sink) {
    for (_, axis) in Axis::WORDS {
        for (want, level) in (1_u32..).zip(pack.levels_of(*axis)) {
            if level.rank != want {
                sink.push(
                    Code::LevelOrder,
                    &level.origin,
                    format!("level「{}」の rank({})が順番どおりではありません。", level.id, level.rank),
                    format!("{}の rank は 1、2、3 と続けます。ここは rank = {want} です。", axis.title_ja()),
                );
                break;
            }
        }
    }
}

fn check_zones(pack: &Pack, sink: &mut Sink) {
    distinct("zone の label", pack.zones.iter().map(|z| (&z.label, &z.origin)), sink);
    distinct("zone の short", pack.zones.iter().map(|z| (&z.short, &z.origin)), sink);
    for (want, zone) in (1_u32..).zip(&pack.zones) {
        if zone.order != want {
            sink.push(
                Code::NotDistinct,
                &zone.origin,
                format!("zone「{}」の order({})が順番どおりではありません。", zone.id, zone.order),
                format!("系の order は 1、2、3 と重なりも欠けもなく続けます。ここは order = {want} です。"),
            );
            break;
        }
    }
}

fn check_channels(pack: &Pack, sink: &mut Sink) {
    let mut seen: BTreeMap<(&str, &str), &Channel> = BTreeMap::new();
    for channel in &pack.channels {
        if let Some(first) = seen.insert((&channel.from, &channel.to), channel) {
            sink.push(
                Code::ChannelDuplicate,
                &channel.origin,
                format!(
                    "{} から {} への通信路が2つあります(もう一つは「{}」、{}:{})。",
                    channel.from, channel.to, first.id, first.origin.file, first.origin.line
                ),
                "一つにまとめてください。下の層のものを変えるなら、その id で override = true と書きます。",
            );
        }
    }
    for from in &pack.zones {
        for to in pack.zones.iter().filter(|to| to.id != from.id) {
            if !seen.contains_key(&(from.id.as_str(), to.id.as_str())) {
                sink.push(
                    Code::ChannelMissing,
                    &from.origin,
                    format!("{} から {} への通信路がありません。", from.id, to.id),
                    format!(
                        "通さないなら [[channel]] に id = \"{}-to-{}\"、from、to、mode = \"deny\"、notice を書いて\
                         ください。",
                        from.id, to.id
                    ),
                );
            }
        }
    }
}

fn check_routes(pack: &Pack, sink: &mut Sink) {
    for request in &pack.requests {
        for (number, step) in request.steps.iter().enumerate() {
            let holders: Vec<&Post> = pack.posts_deciding(step).collect();
            if holders.is_empty() && pack.role(&step.approver).is_some() {
                sink.push(
                    Code::RoleWithoutPost,
                    &step.origin,
                    format!(
                        "request「{}」の step「{}」を決裁する役割「{}」を、{}ごとに持つ職がありません。",
                        request.id,
                        step.id,
                        step.approver,
                        step.scope.title_ja()
                    ),
                    format!(
                        "scope = \"{}\" の [[post]] の roles に \"{}\" を加えるか、step の scope を変えてください。",
                        step.scope.id(),
                        step.approver
                    ),
                );
            }
            for earlier in request.steps.iter().take(number) {
                if let Some(post) = holders.iter().find(|p| p.roles.contains(&earlier.approver)) {
                    sink.push(
                        Code::OnePostTwoSteps,
                        &step.origin,
                        format!(
                            "request「{}」の step「{}」と「{}」を、一つの職「{}」が両方とも決裁できます。",
                            request.id, earlier.id, step.id, post.title
                        ),
                        "同じ人は2つの段階を決裁できません。その職のほかに決裁できる人がいることを確かめるか、\
                         役割を別の職に分けてください。",
                    );
                }
            }
        }
    }
}

fn check_statements(pack: &Pack, sink: &mut Sink) {
    for statement in &pack.statements {
        if statement.assurance == Assurance::Gate && statement.mechanisms.is_empty() {
            sink.push(
                Code::GateWithoutMechanism,
                &statement.origin,
                format!(
                    "statement「{}」は関所で止める義務ですが、それを担う仕組みがありません。",
                    statement.id
                ),
                "mechanisms に仕組みを書くか、assurance を measure か attest にしてください。",
            );
        }
        if pack.municipality.is_some() {
            for parameter in statement.parameters.iter().filter_map(|id| pack.parameter(id)) {
                if parameter.value.is_none() {
                    sink.push(
                        Code::ParameterUnset,
                        &parameter.origin,
                        format!("パラメータ「{}」({})が定められていません。", parameter.id, parameter.title),
                        set_it(parameter),
                    );
                }
            }
        }
    }
}

/// Settings that a checkpoint needs must have values once a municipality stands behind the pack.
fn check_settings(pack: &Pack, sink: &mut Sink) {
    if pack.municipality.is_none() {
        return;
    }
    let retention = &pack.retention;
    let mut needed: Vec<(&Setting, String)> = vec![
        (&retention.originals_days, "[retention] の originals_days".to_owned()),
        (&retention.results_days, "[retention] の results_days".to_owned()),
        (&retention.evidence_years, "[retention] の evidence_years".to_owned()),
    ];
    for channel in pack.channels.iter().filter(|c| c.mode != ChannelMode::Deny) {
        needed.push((&channel.file_bytes_max, format!("channel「{}」の file_bytes_max", channel.id)));
        needed.push((&channel.files_max, format!("channel「{}」の files_max", channel.id)));
    }
    for request in &pack.requests {
        for step in &request.steps {
            let what = format!("request「{}」の step「{}」の deadline_hours", request.id, step.id);
            needed.push((&step.deadline_hours, what));
        }
    }
    let mut told = BTreeSet::new();
    for parameter in pack.parameters.iter().filter(|p| p.needed && p.value.is_none()) {
        told.insert(parameter.id.as_str());
        sink.push(
            Code::ParameterNeeded,
            &parameter.origin,
            format!(
                "動かすのに要るパラメータ「{}」({})が定められていません。",
                parameter.id, parameter.title
            ),
            set_it(parameter),
        );
    }
    for (setting, what) in needed {
        let Some(id) = setting.parameter.as_deref().filter(|_| setting.value.is_none()) else { continue };
        if let Some(parameter) = pack.parameter(id)
            && told.insert(id)
        {
            sink.push(
                Code::ParameterNeeded,
                &parameter.origin,
                format!("{what} に要るパラメータ「{id}」({})が定められていません。", parameter.title),
                set_it(parameter),
            );
        }
    }
}

fn set_it(parameter: &Parameter) -> String {
    let suggested = match &parameter.suggested {
        Some(value) => format!("(目安は {value})"),
        None => String::new(),
    };
    format!(
        "自団体のフォルダに [[parameter]]、id = \"{}\"、override = true、value = … を書いてください{suggested}。",
        parameter.id
    )
}

fn distinct<'p>(what: &str, names: impl Iterator<Item = (&'p String, &'p Origin)>, sink: &mut Sink) {
    let mut seen: BTreeMap<&String, &Origin> = BTreeMap::new();
    for (name, origin) in names {
        if let Some(first) = seen.get(name) {
            sink.push(
                Code::NotDistinct,
                origin,
                format!("{what}「{name}」が2つあります(もう一つは {}:{})。", first.file, first.line),
                "区別できるように、どちらかを変えてください。",
            );
        } else {
            seen.insert(name, origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check_digit;

    #[test]
    fn check_digits_of_real_codes() {
        for (code, digit) in [
            ("122114", Some('4')),
            ("122157", Some('7')),
            ("122173", Some('3')),
            ("331007", Some('7')),
            ("132241", Some('1')),
            ("082082", Some('2')),
            ("010006", Some('6')),
            ("011002", Some('2')),
            ("992011", Some('1')),
            ("01100", None),
            ("0110022", None),
            ("01100x", None),
            ("", None),
            ("０１１００２", None),
        ] {
            assert_eq!(check_digit(code), digit, "{code}");
        }
    }
}
