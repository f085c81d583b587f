//! The result in Japanese, for the auditor.
//!
//! Owns: every sentence that a person reads.
//! Leaves to others: the result itself (`ledger::bundle`).

use std::fmt::Write as _;

use ledger::bundle::{BundleKind, Previous, Problem, Verification};
use ledger::{CheckpointError, EntryTime, VerifyNoteError};

/// Japan has had one offset from UTC since 1951, and entries start in 1970.
const JST_MILLIS: i64 = 9 * 3_600_000;

/// The whole report.
pub(crate) fn result(verification: &Verification) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_result(&mut text, verification);
    text
}

fn write_result(out: &mut String, verification: &Verification) -> std::fmt::Result {
    if verification.is_verified() {
        writeln!(out, "結果: 検証できました")?;
    } else {
        writeln!(out, "結果: 検証できません(問題 {} 件)", verification.problems_total)?;
    }
    if verification.vkey.is_some() && !verification.key_is_pinned {
        writeln!(out)?;
        writeln!(out, "【注意】検証鍵が指定されていないため、書き出しの中の鍵で検証しました。")?;
        writeln!(
            out,
            "  この鍵が本物であることは確かめていません。書き出した側が鍵ごと作り直していても気付けません。"
        )?;
        writeln!(out, "  別の経路で受け取った鍵を --vkey または --vkey-file で指定してください。")?;
    }
    write_subject(out, verification)?;
    write_counts(out, verification)?;
    if verification.is_verified() {
        write_checked(out, verification)?;
    } else {
        write_problems(out, verification)?;
    }
    Ok(())
}

fn write_subject(out: &mut String, verification: &Verification) -> std::fmt::Result {
    if verification.kind.is_none() {
        return Ok(());
    }
    writeln!(out, "\n対象")?;
    if let Some(checkpoint) = &verification.checkpoint {
        writeln!(out, "  台帳: {}", checkpoint.origin)?;
        writeln!(out, "  署名された件数: {} 件", checkpoint.size)?;
        writeln!(out, "  署名されたルート: {}", checkpoint.root.to_base64())?;
    }
    match verification.kind {
        Some(BundleKind::Full) => writeln!(out, "  種類: 全件")?,
        Some(BundleKind::Selection) => {
            writeln!(out, "  種類: 抜粋(載っていない記録については何も示しません)")?;
        }
        None => {}
    }
    if let Some(vkey) = &verification.vkey {
        let from = if verification.key_is_pinned { "指定された鍵" } else { "書き出しの中の鍵" };
        writeln!(out, "  検証鍵: {vkey}({from})")?;
    }
    Ok(())
}

fn write_counts(out: &mut String, verification: &Verification) -> std::fmt::Result {
    if verification.checkpoint.is_none() {
        return Ok(());
    }
    writeln!(out, "\n記録")?;
    writeln!(out, "  調べた記録: {} 件", verification.entries)?;
    writeln!(out, "  内容がある記録: {} 件", verification.payloads)?;
    writeln!(
        out,
        "  内容が消去された記録: {} 件(うち消去の記録が確かめられたもの {} 件)",
        verification.erased, verification.erased_explained
    )?;
    if let Some((first, last)) = verification.times {
        writeln!(out, "  期間: {} から {} まで", japan_time(first), japan_time(last))?;
    }
    if verification.times_backward > 0 {
        writeln!(
            out,
            "  時刻が前の記録より早い記録: {} 件(順序は証明されていますが、時刻はサーバーの時計によります)",
            verification.times_backward
        )?;
    }
    if !verification.kinds.is_empty() {
        writeln!(out, "  種類ごとの件数:")?;
        for (kind, count) in &verification.kinds {
            writeln!(out, "    {kind}: {count} 件")?;
        }
    }
    Ok(())
}

fn write_checked(out: &mut String, verification: &Verification) -> std::fmt::Result {
    writeln!(out, "\n確かめたこと")?;
    writeln!(out, "  ・チェックポイントの署名が検証鍵のものであること")?;
    match verification.kind {
        Some(BundleKind::Full) => {
            writeln!(out, "  ・すべての記録から計算したルートが、署名されたルートと一致すること")?;
            writeln!(out, "  ・ハッシュのファイルがすべて記録と一致すること")?;
            writeln!(out, "  ・消去された内容のすべてに、消去の記録があること")?;
        }
        _ => writeln!(out, "  ・載っている記録のすべてが、署名された台帳のその位置にあること")?,
    }
    writeln!(out, "  ・ある内容のすべてが、記録されたときの内容と一致すること")?;
    writeln!(out, "  ・記録の番号に重複がなく、余分なファイルがないこと")?;
    for (which, size) in &verification.continues {
        let whose = previous(*which);
        writeln!(out, "  ・{whose}(件数 {size})の後、それまでの記録が変えられていないこと")?;
    }
    if !verification.continues.iter().any(|(which, _)| *which == Previous::Given) {
        writeln!(
            out,
            "\n前回の checkpoint は指定されていません。次回の監査で --previous に指定できるよう、"
        )?;
        writeln!(out, "この書き出しの checkpoint ファイルを保管してください。")?;
    }
    Ok(())
}

fn write_problems(out: &mut String, verification: &Verification) -> std::fmt::Result {
    writeln!(out, "\n問題")?;
    for found in &verification.problems {
        writeln!(out, "  ・{}", problem(found))?;
    }
    let hidden = verification.problems_total - verification.problems.len() as u64;
    if hidden > 0 {
        writeln!(out, "  ・ほか {hidden} 件")?;
    }
    if !verification.is_complete {
        writeln!(out, "  この問題のため、残りは調べていません。")?;
    }
    Ok(())
}

/// One problem, in one sentence.
pub(crate) fn problem(problem: &Problem) -> String {
    match problem {
        Problem::Missing { path } => format!("{path} がありません。"),
        Problem::TooLarge { path } => format!("{path} が、この形式で許される大きさを超えています。"),
        Problem::Unexpected { path } => {
            format!("{path} は書き出しに属さないファイルです。何の証明もありません。")
        }
        Problem::Manifest(_) => "manifest.json がこの形式のものではありません。".into(),
        Problem::ManifestContradicts(field) => {
            format!("manifest.json の {field} が、署名されたチェックポイントと食い違っています。")
        }
        Problem::Key(_) => "書き出しの中の vkey が検証鍵の形ではありません。".into(),
        Problem::KeyDiffers => "書き出しの中の vkey が、指定された検証鍵と違います。".into(),
        Problem::Checkpoint(error) => format!("checkpoint: {}", checkpoint_error(error)),
        Problem::Previous { which, error } => format!("{}: {}", previous(*which), checkpoint_error(error)),
        Problem::PreviousIsLarger { previous, size } => format!(
            "前回の checkpoint は {previous} 件なのに、この書き出しは {size} 件です。記録が減ったか、古い書き出しです。"
        ),
        Problem::PreviousNotCovered { previous } => format!(
            "この抜粋には、前回の checkpoint(件数 {previous})からの証明がありません。その証明を付けた書き出しを求めてください。"
        ),
        Problem::PreviousInconsistent { which, previous: size } => {
            format!("{}(件数 {size})の後に、それまでの記録が変えられています。", previous(*which))
        }
        Problem::Consistency(_) => "consistency-proof が、署名されたチェックポイントに至りません。".into(),
        Problem::Record { path, .. } => format!("{path} の中がこの形式になっていません。"),
        Problem::Leaf { index, .. } => format!("{index} 番の記録がこの形式になっていません。"),
        Problem::Tile { path } => format!("{path} のハッシュが記録と一致しません。"),
        Problem::Root { .. } => {
            "記録から計算したルートが、署名されたルートと一致しません。記録が変えられています。".into()
        }
        Problem::Inclusion { index, .. } => {
            format!("{index} 番の記録は、署名された台帳のその位置にありません。")
        }
        Problem::Commitment { index } => format!("{index} 番の内容が、記録されたときの内容と一致しません。"),
        Problem::DuplicateId { index, first } => {
            format!("{index} 番と {first} 番の記録の番号(ID)が同じです。")
        }
        Problem::Erasure { index, .. } => {
            format!("{index} 番の消去の記録から、何を消去したかを読み取れません。")
        }
        Problem::ErasureErased { index } => {
            format!("{index} 番の消去の記録の内容が、それ自体消去されています。")
        }
        Problem::ErasureUnknown { index, id } => {
            format!("{index} 番の消去の記録が指す {id} は、それより前の記録にありません。")
        }
        Problem::ErasureUndone { index, erasure } => {
            format!("{index} 番の内容は、{erasure} 番で消去したと記録されているのに残っています。")
        }
        Problem::ErasedUnexplained { index } => {
            format!("{index} 番の内容がなく、消去したという記録もありません。")
        }
    }
}

fn checkpoint_error(error: &CheckpointError) -> &'static str {
    match error {
        CheckpointError::Note(_) => "署名付きの文書の形ではありません。",
        CheckpointError::Signature(VerifyNoteError::Unsigned) => "検証鍵による署名がありません。",
        CheckpointError::Signature(VerifyNoteError::Wrong) => "検証鍵の名による署名が正しくありません。",
        CheckpointError::Text => "台帳の名・件数・ルートが書かれていません。",
        CheckpointError::Origin => "別の台帳のものです。",
    }
}

fn previous(which: Previous) -> &'static str {
    match which {
        Previous::Given => "指定された前回の checkpoint",
        Previous::Bundled => "書き出しの中の前回の checkpoint",
    }
}

/// The time in Japan, to the second. Near the end of 9999 there is no later day, so the time in UTC is shown.
fn japan_time(time: EntryTime) -> String {
    match EntryTime::from_unix_millis(time.unix_millis() + JST_MILLIS) {
        Ok(local) => local.to_string().replace('T', " ").split('.').next().unwrap_or_default().to_owned(),
        Err(_) => time.to_string(),
    }
}
