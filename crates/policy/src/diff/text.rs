//! A comparison as people read it.
//!
//! Owns: its order and its Japanese words. Leaves to others: what is in it (`diff`).

use std::fmt::Write as _;

use super::{DiffReport, DiffStatement, ItemDiff, KeyChange};
use crate::model::{Modality, RelationKind};

const STATEMENTS: &str = "遵守事項";
const ZONES: &str = "系";

/// The word people read for a key of this kind of item.
pub(crate) fn key_ja<'k>(heading: &str, key: &'k str) -> &'k str {
    if heading == ZONES && key == "label" {
        return "名称";
    }
    match key {
        "modality" => "義務の強さ",
        "roles" => "義務を負う者",
        "type" => "種類",
        "assurance" => "担保の方法",
        "trigger" => "いつ",
        "gist_ja" => "趣旨",
        "gist_en" => "趣旨(英)",
        "counterparty" => "相手方",
        "clause" => "条項",
        "label" => "番号",
        "ascii" => "英数の id",
        "title" => "題",
        "evidence" => "証拠",
        "capability" => "機能の分野",
        "parameters" => "定めるべき値",
        "mechanisms" => "仕組み",
        "acts" => "証跡の種類",
        "sources" => "もとの遵守事項",
        "note" => "備考",
        "relations" => "関係",
        "value" => "値",
        "min" => "下限",
        "max" => "上限",
        "choices" => "選べる値",
        "suggested" => "目安",
        "decided" => "決定",
        "short" => "短い名称",
        "kind" => "区分",
        "description" => "説明",
        "order" => "順番",
        "second_factor" => "二要素認証",
        "mode" => "通し方",
        "notice" => "案内",
        "senders" => "送れる者",
        "kinds" => "ファイルの種類",
        "request" => "申請",
        "rule" => "追加の手続",
        "file_bytes_max" => "1ファイルの上限",
        "files_max" => "ファイル数の上限",
        "field" => "記入欄",
        "step" => "承認の段階",
        "column" => "欄",
        "question" => "質問",
        "outcome" => "着くところ",
        "number" => "番号の頭",
        "scope" => "範囲",
        "manager" => "管理する役割",
        "editors" => "記入する役割",
        "readers" => "読める者",
        "posts" => "職",
        "above" => "上位の役割",
        "city_wide" => "全庁の役割",
        "public" => "公開",
        "maker" => "定める者",
        "legal_basis" => "根拠",
        "date" => "施行日",
        "document" => "文書",
        "excluded" => "対象かどうか",
        "reason" => "理由",
        "word" => "ことば",
        "meaning" => "意味",
        "same_as" => "同じことば",
        "quoted" => "引用",
        "urgency" => "届け方",
        "binding" => "弱められない",
        "wording" => "ことば",
        "remind_days" => "何日前に知らせるか",
        other => other,
    }
}

pub(super) fn text(report: &DiffReport) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, report);
    out
}

fn write(out: &mut String, r: &DiffReport) -> std::fmt::Result {
    writeln!(out, "{}({} {}) → {}({} {})", r.a.title, r.a.id, r.a.version, r.b.title, r.b.id, r.b.version)?;
    if let Some(role) = &r.role {
        writeln!(out, "役割「{}」({})にかかわる違いだけを示します。", role.title, role.id)?;
    }
    let s = &r.statements;
    writeln!(
        out,
        "遵守事項: 加わるもの {} 件、なくなるもの {} 件、変わるもの {} 件、同じもの {} 件",
        s.added.len(),
        s.removed.len(),
        s.changed.len(),
        s.same
    )?;
    for (heading, list) in [("加わる遵守事項", &s.added), ("なくなる遵守事項", &s.removed)] {
        if !list.is_empty() {
            writeln!(out, "\n■ {heading}")?;
        }
        for statement in list {
            one(out, statement)?;
        }
    }
    if !s.changed.is_empty() {
        writeln!(out, "\n■ 変わる遵守事項")?;
    }
    for change in &s.changed {
        if change.a.id == change.b.id {
            writeln!(out, "  {} {} {}", change.b.id, change.b.label, change.b.gist_ja)?;
        } else {
            let how = change.relation.and_then(RelationKind::from_id).map_or("", RelationKind::title_ja);
            writeln!(out, "  {} → {}({how}) {}", change.a.id, change.b.id, change.b.gist_ja)?;
        }
        keys(out, STATEMENTS, &change.keys)?;
    }
    for (heading, diff) in [
        ("定めるべき値", &r.parameters),
        (ZONES, &r.zones),
        ("通信路", &r.channels),
        ("申請", &r.requests),
        ("台帳", &r.registers),
        ("分類をさがす質問", &r.classifiers),
        ("役割と職", &r.roles),
        ("文書", &r.documents),
        ("定める者", &r.makers),
        ("適用範囲", &r.scope),
        ("用語", &r.terms),
        ("注記", &r.annotations),
        ("改定", &r.revisions),
        ("実施事項", &r.duties),
        ("閉庁日", &r.closed_days),
        ("研修の講座", &r.courses),
        ("お知らせ", &r.notices),
    ] {
        items(out, heading, diff)?;
    }
    Ok(())
}

fn one(out: &mut String, s: &DiffStatement) -> std::fmt::Result {
    let roles: Vec<&str> = s.roles.iter().map(|r| r.title.as_str()).collect();
    let who = if roles.is_empty() { "団体".to_owned() } else { roles.join("・") };
    let modality = Modality::from_id(s.modality).map_or(s.modality, Modality::title_ja);
    writeln!(out, "  {} {} [{modality}] {who}: {}", s.id, s.label, s.gist_ja)
}

fn keys(out: &mut String, heading: &str, keys: &[KeyChange]) -> std::fmt::Result {
    for k in keys {
        let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "(なし)".to_owned());
        writeln!(out, "      {}: {} → {}", key_ja(heading, k.key), said(&k.a), said(&k.b))?;
    }
    Ok(())
}

fn items(out: &mut String, heading: &str, diff: &ItemDiff) -> std::fmt::Result {
    if diff.added.is_empty() && diff.removed.is_empty() && diff.changed.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n■ {heading}")?;
    for item in &diff.added {
        writeln!(out, "  加わる: {}({})", item.title, item.id)?;
    }
    for item in &diff.removed {
        writeln!(out, "  なくなる: {}({})", item.title, item.id)?;
    }
    for item in &diff.changed {
        writeln!(out, "  変わる: {}({})", item.title, item.id)?;
        keys(out, heading, &item.keys)?;
    }
    Ok(())
}
