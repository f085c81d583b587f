//! Reading where acts are decided: levels, zones, channels, retention.
//!
//! Owns: which keys they have. Leaves to others: typed keys and references (`fields`), checks that look at more than
//! one item (`check`).

use worker_protocol::{CsvFormulaPolicy, Inspection, Kind as FileKind, LinkPolicy};

use super::{Reader, no_effect, no_effect_instead};
use crate::fields::Fields;
use crate::merged::MergedItem;
use crate::model::{
    Axis, Channel, ChannelMode, Level, ParameterType, Retention, Rule, RuleAction, Setting, Treatment, Zone,
    ZoneKind,
};
use crate::problem::{Code, Origin, Sink};
use crate::written::Kind;

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

impl Reader<'_> {
    pub(super) fn level(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Level {
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

    pub(super) fn zone(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Zone {
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

    pub(super) fn channel(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Channel {
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

    pub(super) fn retention(&mut self, at: &Origin) -> Option<Retention> {
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
            records: super::record::records_office(&mut f, s),
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
