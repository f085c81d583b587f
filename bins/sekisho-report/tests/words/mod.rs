//! The words of the forms that ship, read back out of their PDFs as a search or a copy reads them.
//!
//! Owns that each word of the data is in the file, that the words follow one another as they are read, and that title and language
//! are said. Reads with a library that knows nothing of the one that wrote.

use std::path::Path;

use serde_json::{Value, json};
use worker_protocol::print::{PdfStandard, PrintAnswer};

use super::{answer, has_fonts, job, run};

/// A letter that no font has, and how a form says so.
const NOWHERE: char = '\u{E001}';
const SAID: &str = "〓は、この印刷機にない文字です(U+E001)。";

/// One printed form as a stranger's program reads it.
struct Read {
    title: String,
    language: String,
    /// Every page's words in the order in which they stand in the file, without any white space: where a line breaks is no matter here.
    words: String,
    pages: usize,
    unprintable: Vec<char>,
}

fn printed(template: &str, data: &Value) -> Read {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/base").join(template);
    let text = std::fs::read_to_string(path).unwrap();
    let output = run(&[], &job(&text, data.clone()));
    let (PrintAnswer::Printed { standard, pages, unprintable, .. }, pdf) = answer(&output) else {
        panic!("{template}: {}", String::from_utf8_lossy(&output.stdout))
    };
    assert_eq!(standard, PdfStandard::ArchiveAccessible, "{template}");
    let document = lopdf::Document::load_mem(pdf).unwrap();
    let numbers: Vec<u32> = document.get_pages().keys().copied().collect();
    let info = document.trailer.get(b"Info").and_then(|info| document.dereference(info)).unwrap().1;
    let said = |of: &lopdf::Dictionary, key: &[u8]| lopdf::decode_text_string(of.get(key).unwrap()).unwrap();
    Read {
        title: said(info.as_dict().unwrap(), b"Title"),
        language: said(document.catalog().unwrap(), b"Lang"),
        words: bare(&document.extract_text(&numbers).unwrap()),
        pages: usize::try_from(pages).unwrap(),
        unprintable,
    }
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{200B}').collect()
}

/// Finds these one behind the other; where one is missing, what stands there instead.
fn in_order(read: &str, wanted: &[&str]) {
    let mut rest = read;
    for word in wanted {
        let bare = bare(word);
        let Some((_, after)) = rest.split_once(bare.as_str()) else {
            let there = if read.contains(&bare) { "is out of its place" } else { "is missing" };
            panic!("{word} {there} before: {rest}\nin: {read}");
        };
        rest = after;
    }
}

fn with_head(number: &str, title: &str, own: Value) -> Value {
    let mut data = json!({
        "form": { "title": title, "number": number }, "body": "星見市", "printed": "令和8年11月20日", "fiscal_year": "令和8年度",
    });
    data.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    data
}

#[test]
fn a_request_is_read_back_word_for_word_and_in_its_order() {
    if !has_fonts() {
        return;
    }
    let step = |title: &str, verdict: &str, name: &str, stamp: &str, comment: &str| {
        json!({
            "title": title, "role": "情報セキュリティ管理者", "verdict": verdict, "name": name, "stamp": stamp, "date": "令和8年11月18日",
            "stamp_date": "8.11.18", "deputy_for": "", "reviewed": "", "comment": comment,
        })
    };
    let sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let data = with_head(
        "様式第1号",
        "申請書・決裁書",
        json!({
            "number": "申令8-000123", "title": "情報資産持出申請", "state": "決裁済", "is_decided": "はい", "submitted": "令和8年11月17日",
            "decided": "令和8年11月18日", "round": "1", "late": "",
            // A variant of a letter is printed as the letter; letters beyond the first plane are letters.
            "applicant": { "name": format!("髙橋 𠮷子{NOWHERE}"), "section": "税務課" },
            "answers": [
                { "label": "持ち出す情報", "value": "固定資産税の課税台帳の抄本(令和8年度分)" },
                { "label": "理由", "value": "現地調査で使うため。\n調査員2人が手分けして、葛\u{E0100}城町と﨑浦町を回り、ヴ・ー・㎡・①・ｶﾅ・Wi-Fi を含む長い文がそのまま読めることを確かめる。" },
            ],
            "attachments": [{ "name": "持出し一覧(令和8年度).xlsx", "size": "48 KB", "sha256": sha256 }],
            "steps": [step("所属長承認", "承認", "山﨑 健", "山﨑", "暗号化した媒体に限ること。"), step("統括承認", "承認", "佐々木 直", "佐々木", "")],
            "permit": { "standing": "有効", "from": "令和8年11月20日", "until": "令和8年11月27日", "note": "" },
            "clauses": [{ "label": "第6章 第3条", "title": "情報の持出し", "gist": "情報資産を庁外に持ち出すときは、許可を得なければならない。" }],
            "evidence": [], "content_hash": sha256, "evidence_number": "1031",
        }),
    );
    let read = printed("print-request.typ", &data);
    assert_eq!(read.title, "申請書・決裁書 申令8-000123");
    assert_eq!(read.language, "ja-JP");
    assert_eq!(read.unprintable, [NOWHERE]);
    in_order(
        &read.words,
        &[
            "様式第1号",
            "番号 申令8-000123",
            "情報資産持出申請",
            "所属長承認",
            "統括承認",
            // The label beside both lines of stamps stands where the first of them ends.
            "決裁",
            "承認8.11.18山﨑",
            "承認8.11.18佐々木",
            "申請した人",
            "税務課",
            "髙橋 𠮷子〓",
            "提出した日",
            "令和8年11月17日",
            "状態",
            "決裁済",
            "決裁の日",
            "令和8年11月18日",
            "申請の内容",
            "持ち出す情報",
            "固定資産税の課税台帳の抄本(令和8年度分)",
            "理由",
            "現地調査で使うため。調査員2人が手分けして、葛城町と﨑浦町を回り、ヴ・ー・㎡・①・ｶﾅ・Wi-Fi を含む長い文がそのまま読めることを確かめる。",
            "添付ファイル",
            "持出し一覧(令和8年度).xlsx",
            "48 KB",
            sha256,
            "許可",
            "令和8年11月20日 から 令和8年11月27日 まで",
            "有効",
            "決裁の経過",
            "所属長承認山﨑 健暗号化した媒体に限ること。承認令和8年11月18日",
            "統括承認佐々木 直承認令和8年11月18日",
            "根拠",
            "第6章 第3条情報資産を庁外に持ち出すときは、許可を得なければならない。",
            "証跡の番号1031",
            sha256,
            SAID,
        ],
    );
    assert!(!read.words.contains(NOWHERE) && !read.words.contains('\u{FFFD}'), "{}", read.words);
}

#[test]
fn the_sheet_of_an_asset_is_read_back_word_for_word_and_in_its_order() {
    if !has_fonts() {
        return;
    }
    let data = with_head(
        "様式第7号",
        "取扱台帳 個票",
        json!({
            "register": "情報資産台帳", "number": "情-0042", "name": "住民基本台帳の写し", "section": "市民課", "state": "使用中",
            "changed": "令和8年11月20日(金) 10:05",
            "fields": [
                { "label": "機密性", "value": "機密性3" },
                { "label": "取扱い", "value": "複製・持出しには許可が要る。\n廃棄するときは復元できないようにする。" },
            ],
            "linking": [{ "register": "媒体台帳", "number": "媒-0007", "name": "控えのディスク" }],
            "history": [{ "at": "令和8年11月20日(金) 10:05", "who": "髙橋 𠮷子", "what": "変更(保存場所)", "reason": "サーバの更新" }],
            "clauses": [{ "label": "第3章 第2条", "title": "台帳", "gist": "情報資産を台帳に記さなければならない。" }],
        }),
    );
    let read = printed("print-row.typ", &data);
    assert_eq!((read.title.as_str(), read.language.as_str()), ("取扱台帳 個票 情-0042", "ja-JP"));
    assert_eq!(read.unprintable, []);
    in_order(
        &read.words,
        &[
            "様式第7号",
            "番号 情-0042",
            "情報資産台帳 個票",
            "名称住民基本台帳の写し",
            "課市民課状態使用中",
            "最後の変更令和8年11月20日(金) 10:05",
            "登録の内容",
            "機密性機密性3",
            "取扱い複製・持出しには許可が要る。廃棄するときは復元できないようにする。",
            "この行を指すもの",
            "媒体台帳媒-0007控えのディスク",
            "履歴",
            "令和8年11月20日(金) 10:05髙橋 𠮷子変更(保存場所)理由: サーバの更新",
            "根拠",
            "第3章 第2条情報資産を台帳に記さなければならない。",
        ],
    );
    assert!(!read.words.contains('〓'), "{}", read.words);
}

#[test]
fn a_list_over_several_pages_keeps_each_row_together() {
    if !has_fonts() {
        return;
    }
    let rows: Vec<Value> = (1..=90)
        .map(|n| {
            let name = if n == 77 { format!("{NOWHERE}町の図面") } else { format!("𠮷野町調査票その{n}") };
            json!({
                "number": format!("情-{n:04}"), "name": name, "section": "税務課", "cells": ["機密性3", "書庫", "5年", "令和8年4月1日"],
            })
        })
        .collect();
    let data = with_head(
        "",
        "取扱台帳",
        json!({
            "register": "情報資産台帳", "description": "", "manager": "情報セキュリティ管理者", "stage": "使用中",
            "conditions": ["課: 税務課"], "count": "90", "columns": ["機密性", "保存場所", "保存期間", "登録日"], "rows": rows,
        }),
    );
    let read = printed("print-register.typ", &data);
    assert!(read.pages > 1, "{}", read.pages);
    assert_eq!((read.title.as_str(), read.language.as_str()), ("取扱台帳 情報資産台帳", "ja-JP"));
    let head = ["情報資産台帳", "管理: 情報セキュリティ管理者", "使用中", "90 件", "絞り込み: 課: 税務課"];
    let columns = ["番号名称課機密性保存場所保存期間登録日"];
    let lines: Vec<String> = (1..=90)
        .map(|n| {
            let name =
                if n == 77 { "〓町の図面".to_owned() } else { format!("𠮷野町調査票その{n}") };
            format!("情-{n:04}{name}税務課機密性3書庫5年令和8年4月1日")
        })
        .collect();
    let wanted: Vec<&str> =
        head.into_iter().chain(columns).chain(lines.iter().map(String::as_str)).chain([SAID]).collect();
    in_order(&read.words, &wanted);
    assert_eq!(read.words.matches(columns[0]).count(), read.pages, "each page says what its columns are");
    assert_eq!(read.unprintable, [NOWHERE]);
}
