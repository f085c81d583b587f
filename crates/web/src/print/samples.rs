//! Sample data of each thing that can be printed: for trying a form before anybody has something to print with it.
//!
//! Owns data with every field filled, and the letters that make forms fail. Its shape is checked against the table that people read.

use policy::PrintOf;
use serde_json::{Map, Value, json};

/// Data as a form of this kind is given it, with every field filled.
#[must_use]
pub fn sample(of: PrintOf) -> Map<String, Value> {
    let mut data = json!({
        "form": { "title": "見本の様式", "number": "様式第1号" },
        "body": "星見市",
        "printed": "令和8年11月20日",
        "fiscal_year": "令和8年度",
    });
    let own = match of {
        PrintOf::Request => request(),
        PrintOf::RegisterList => register_list(),
        PrintOf::RegisterRow => register_row(),
        PrintOf::Duty => duty(),
        PrintOf::Transfer => transfer(),
        PrintOf::FiscalYear => fiscal_year(),
        PrintOf::RecordBook => record_book(),
    };
    if let (Some(data), Value::Object(own)) = (data.as_object_mut(), own) {
        data.extend(own);
    }
    match data {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn clauses() -> Value {
    json!([
        { "label": "第6章 第3条", "title": "情報の持出し", "gist": "情報資産を庁外に持ち出すときは、情報セキュリティ管理者の許可を得なければならない。" },
        { "label": "第6章 第4条", "title": "記録", "gist": "持ち出した記録を作成し、保管しなければならない。" },
    ])
}

fn evidence() -> Value {
    json!([
        { "number": "1024", "at": "令和8年11月18日(水) 09:12", "what": "申請が提出された", "who": "髙橋 𠮷子" },
        { "number": "1031", "at": "令和8年11月19日(木) 16:40", "what": "決裁された", "who": "山﨑 健" },
    ])
}

fn steps() -> Value {
    json!([
        {
            "title": "所属長承認", "role": "情報セキュリティ管理者", "verdict": "承認", "name": "山﨑 健", "stamp": "山﨑",
            "date": "令和8年11月18日", "stamp_date": "8.11.18", "deputy_for": "", "reviewed": "",
            "comment": "暗号化した媒体に限ること。",
        },
        {
            "title": "統括承認", "role": "統括情報セキュリティ責任者", "verdict": "承認", "name": "佐々木 直", "stamp": "佐々木",
            "date": "令和8年11月19日", "stamp_date": "8.11.19", "deputy_for": "大久保 進", "reviewed": "令和8年11月20日", "comment": "",
        },
        {
            "title": "最高責任者決裁", "role": "CISO", "verdict": "", "name": "", "stamp": "", "date": "", "stamp_date": "",
            "deputy_for": "", "reviewed": "", "comment": "",
        },
    ])
}

fn attachments() -> Value {
    let sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    json!([{ "name": "持出し一覧(令和8年度).xlsx", "size": "48 KB", "sha256": sha256 }])
}

fn answers() -> Value {
    json!([
        { "label": "持ち出す情報", "value": "固定資産税の課税台帳の抄本(令和8年度分)" },
        { "label": "理由", "value": "現地調査で使うため。\n調査員2人が手分けして、葛󠄀城町と﨑浦町を回る。" },
        { "label": "連絡先", "value": "内線 2214" },
    ])
}

fn request() -> Value {
    json!({
        "number": "申令8-000123", "title": "情報資産持出申請", "state": "決裁済", "is_decided": "はい",
        "submitted": "令和8年11月18日", "decided": "令和8年11月19日", "round": "2",
        "applicant": { "name": "髙橋 𠮷子", "section": "税務課" }, "late": "期限を3時間過ぎています。",
        "answers": answers(), "attachments": attachments(), "steps": steps(),
        "permit": { "standing": "有効", "from": "令和8年11月20日", "until": "令和8年11月27日", "note": "終わったら返却" },
        "clauses": clauses(), "evidence": evidence(),
        "content_hash": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", "evidence_number": "1031",
    })
}

fn register_list() -> Value {
    let row = |n: u32, name: &str| json!({ "number": format!("情-{n:04}"), "name": name, "section": "税務課", "cells": ["機密性3", "庁内サーバ", "5年", "令和8年4月1日"] });
    json!({
        "register": "情報資産管理台帳", "description": "どのような情報があり、どの分類かを記す。", "manager": "情報セキュリティ管理者",
        "stage": "使用中", "conditions": ["課: 税務課"], "count": "3", "columns": ["機密性", "保存場所", "保存期間", "登録日"],
        "rows": [row(1, "固定資産課税台帳"), row(2, "住民税申告書"), row(3, "𠮷田町調査票")],
    })
}

fn register_row() -> Value {
    json!({
        "register": "情報資産管理台帳", "number": "情-0001", "name": "固定資産課税台帳", "section": "税務課", "state": "使用中",
        "changed": "令和8年11月20日(金) 10:05",
        "fields": [
            { "label": "機密性", "value": "機密性3" }, { "label": "保存場所", "value": "庁内サーバ" },
            { "label": "取扱い", "value": "複製・持出しには許可が要る。\n廃棄するときは復元できないようにする。" },
        ],
        "history": [{ "at": "令和8年11月20日(金) 10:05", "who": "髙橋 𠮷子", "what": "変更(保存場所)", "reason": "サーバの更新" }],
        "linking": [{ "register": "媒体管理台帳", "number": "媒-0007", "name": "バックアップ用ディスク" }],
        "clauses": clauses(),
    })
}

fn duty() -> Value {
    json!({
        "title": "情報資産の棚卸し", "help": "台帳と実物を突き合わせ、違いがあれば台帳を直す。", "state": "実施済",
        "covers": "令和8年4月1日から令和9年3月31日まで", "for_whom": "税務課", "owner": "情報セキュリティ管理者",
        "confirmer": "統括情報セキュリティ責任者", "due": "令和8年12月25日", "done_on": "令和8年11月18日", "reported_by": "山﨑 健",
        "reported_at": "令和8年11月19日", "note": "2件の保存場所を直した。", "answers": answers(), "attachments": attachments(),
        "confirmed": {
            "name": "佐々木 直", "stamp": "佐々木", "date": "令和8年11月20日", "stamp_date": "8.11.20", "comment": "確認した。",
        },
        "clauses": clauses(), "evidence": evidence(),
    })
}

fn transfer() -> Value {
    json!({
        "number": "令8-000456", "purpose": "工事写真: 現場から受け取った写真を課内で使うため", "state": "受取済",
        "from_zone": "インターネット系", "to_zone": "LGWAN系", "submitted": "令和8年11月18日",
        "sender": { "name": "髙橋 𠮷子", "section": "建設課" },
        "recipients": [{ "name": "山﨑 健", "received": "令和8年11月19日" }, { "name": "佐々木 直", "received": "" }],
        "classification": "機密性2",
        "files": [
            { "name": "現場写真_001.jpg", "size": "2.1 MB", "result": "無害化済", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" },
            { "name": "数量表.xlsx", "size": "88 KB", "result": "一部無害化", "sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae" },
        ],
        "steps": steps(), "clauses": clauses(), "evidence": evidence(),
        "content_hash": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    })
}

fn fiscal_year() -> Value {
    json!({
        "year": "令和8年度",
        "duties": [
            { "title": "情報資産の棚卸し", "months": ["", "", "", "", "", "", "", "○", "", "", "", "予"], "done": "1", "all": "2", "rate": "50" },
            { "title": "情報セキュリティ研修", "months": ["○", "", "", "×", "", "", "", "△", "", "", "", ""], "done": "1", "all": "3", "rate": "33" },
        ],
        "done": "2", "all": "5",
    })
}

fn record_book() -> Value {
    let row = |n: u32| {
        json!({
            "kind": "申請", "label": n.to_string(), "title": "情報資産持出申請", "section": "税務課", "class": "5年保存",
            "begun": "令和2年5月11日", "ended": "令和2年5月20日", "destroyed": "令和8年4月3日", "proposed_by": "山﨑 健",
            "decided_by": "佐々木 直",
        })
    };
    json!({ "count": "2", "rows": [row(12), row(15)] })
}
