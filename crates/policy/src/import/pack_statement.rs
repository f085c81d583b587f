//! A statement of a draft as TOML.
//!
//! Owns: its keys, from what was found, what a structured source gave, and what a person decided.
//! Leaves to others: its id and its clause (`pack_text`).

use std::fmt::Write as _;

use crate::model::Modality;
use crate::show::quoted;

use super::draft::{Draft, Review, WORDS_CHARS_MAX};
use super::pack_text::{GIST_CHARS_MAX, one_line, short};
use super::result::{Force, Found};
use super::structured::{GivenStatement, Stand};

impl Draft {
    pub(super) fn statement(
        &self,
        number: usize,
        found: &Found,
        id: &str,
        clause: &str,
        token: &str,
    ) -> String {
        let nothing = GivenStatement::default();
        let given = self.given.statements.get(number).unwrap_or(&nothing);
        let structured = self.given.head.is_some();
        let mut out = String::new();
        for near in &found.matches {
            let _ = writeln!(out, "# 近い遵守事項: {} ({:.2})", near.statement, near.score);
        }
        let _ = writeln!(out, "[[statement]]\nid = {}\nclause = {}", quoted(id), quoted(clause));
        if given.stand == Stand::Override {
            out.push_str("override = true\n");
        }
        let label = given.label.as_deref().unwrap_or(&found.label);
        let label = if label.trim().is_empty() { "前文" } else { label };
        let _ = writeln!(out, "label = {}", quoted(&one_line(&short(label, 80))));
        let kind = given.kind.map_or_else(|| kind(found), |k| k.id());
        let _ = writeln!(out, "ascii = {}\ntype = \"{kind}\"", quoted(token));
        list(&mut out, "roles", &found.roles);
        let gist = self.gists.get(number).and_then(Clone::clone).unwrap_or_else(|| found.text.clone());
        if let Some(title) = &given.title {
            let _ = writeln!(out, "title = {}", quoted(title));
        }
        let chars_max = if structured { WORDS_CHARS_MAX } else { GIST_CHARS_MAX };
        let _ = writeln!(
            out,
            "modality = \"{}\"\ngist_ja = {}",
            found.modality.id(),
            quoted(&one_line(&short(&gist, chars_max)))
        );
        let english = given.gist_en.as_deref().unwrap_or("Draft of an import; not yet said in English");
        let _ = writeln!(out, "gist_en = {}", quoted(english));
        if let Some(trigger) = &found.trigger {
            let chars_max = if structured { chars_max } else { 200 };
            let _ = writeln!(out, "trigger = {}", quoted(&one_line(&short(trigger, chars_max))));
        }
        if let Some(evidence) = &given.evidence {
            let _ = writeln!(out, "evidence = {}", quoted(evidence));
        }
        let assurance = given.assurance.unwrap_or_else(|| found.assurance()).id();
        let capability = given.capability.as_deref().or(found.capability.as_deref()).unwrap_or("unsorted");
        let _ = writeln!(out, "assurance = \"{assurance}\"\ncapability = {}", quoted(capability));
        list(&mut out, "parameters", &given.parameters);
        let mechanisms: Vec<String> = given.mechanisms.iter().map(|m| m.id().to_owned()).collect();
        list(&mut out, "mechanisms", &mechanisms);
        list(&mut out, "acts", &given.acts);
        list(&mut out, "sources", &given.sources);
        if !found.counterparties.is_empty() {
            let acts: Vec<String> = found
                .counterparties
                .iter()
                .enumerate()
                .map(|(place, c)| {
                    let roles: Vec<String> = c.roles.iter().map(|r| quoted(r)).collect();
                    let note = given.counterparty_notes.get(place).and_then(Option::as_deref);
                    let note = note.map(|n| format!(", note = {}", quoted(n))).unwrap_or_default();
                    format!("{{ act = \"{}\", roles = [{}]{note} }}", c.act.id(), roles.join(", "))
                })
                .collect();
            let _ = writeln!(out, "counterparty = [{}]", acts.join(", "));
        }
        let same = self.same.get(number).and_then(Option::as_deref).map(|to| ("same", to));
        let relations = given.relations.iter().map(|r| (r.kind.id(), r.to.as_str()));
        let relations: Vec<String> = relations
            .filter(|(_, to)| same.is_none_or(|(_, other)| other != *to))
            .chain(same)
            .map(|(kind, to)| format!("{{ kind = \"{kind}\", to = {} }}", quoted(to)))
            .collect();
        if !relations.is_empty() {
            let _ = writeln!(out, "relations = [{}]", relations.join(", "));
        }
        let mut notes: Vec<String> = given.note.iter().cloned().collect();
        // What a body's own export says was confirmed when it was written.
        if self.reviews.get(number) != Some(&Review::Confirmed) && given.id.is_none() {
            notes.push("取込み案(未確認)".to_owned());
        }
        if !found.open_words.is_empty() {
            notes.push(format!("値を決める言葉: {}", found.open_words.join("、")));
        }
        if !notes.is_empty() {
            let _ = writeln!(out, "note = {}", quoted(&notes.join("。")));
        }
        out
    }
}

/// A list of texts, unless it is empty.
fn list(out: &mut String, key: &str, texts: &[String]) {
    if !texts.is_empty() {
        let texts: Vec<String> = texts.iter().map(|t| quoted(t)).collect();
        let _ = writeln!(out, "{key} = [{}]", texts.join(", "));
    }
}

/// What sort of statement it looks like.
fn kind(found: &Found) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| found.text.contains(word));
    let by_event = found.trigger.is_some();
    if matches!(found.force, Force::Definition | Force::Designation) {
        return "organisational-rule";
    }
    if has(&["許可を得", "承認を得", "許可なく", "許可を受け"]) {
        return "approval-procedure";
    }
    if has(&["記録を作成", "記録しなければ", "管理簿", "台帳", "記録を保存"]) {
        return "register";
    }
    if has(&["定期的", "毎年度", "毎年", "毎月", "少なくとも年"]) {
        return "recurring-duty";
    }
    if by_event && has(&["報告", "通知", "連絡", "対処", "対応"]) {
        return "triggered-duty";
    }
    if found.modality != Modality::May
        && has(&["暗号化", "アクセス制御", "設定し", "遮断", "監視", "バックアップ", "認証"])
    {
        return "technical-control";
    }
    if found.roles.len() == 1 && found.roles.first().is_some_and(|r| r == "staff") {
        return "staff-rule";
    }
    "organisational-rule"
}
