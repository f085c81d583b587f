//! The words of registers.
//!
//! Owns one row for each code. Leaves titles of registers and columns to the pack.

use app::registers::store::RowStage;
use workflow::register::Cause;

use super::{Tone, Trouble, trouble};

/// Which rows a list shows.
#[must_use]
pub fn stage(stage: RowStage) -> &'static str {
    match stage {
        RowStage::InUse => "使用中",
        RowStage::Waiting => "分類待ち",
        RowStage::Breaking => "規則に合わない",
        RowStage::Ended => "登録終了",
    }
}

/// How a row stands: its word and its tone.
#[must_use]
pub fn standing(ended: bool, waits: bool) -> (&'static str, Tone) {
    match (ended, waits) {
        (true, _) => ("登録終了", Tone::Plain),
        (false, true) => ("分類待ち", Tone::Wait),
        (false, false) => ("使用中", Tone::Good),
    }
}

/// What led to a version of a row.
#[must_use]
pub fn cause(cause: &Cause) -> &'static str {
    match cause {
        Cause::Added => "登録",
        Cause::Changed => "変更",
        Cause::Ended => "登録終了",
        Cause::Followed { .. } => "つながる行の変更による更新",
        Cause::Planned { .. } => "一括の取込み",
        Cause::Requested => "申請",
        Cause::Rederived { .. } => "方針の改定",
    }
}

/// What is wrong with a column, where only registers have the code.
#[must_use]
pub fn problem(code: &str) -> Option<&'static str> {
    Some(match code {
        "not-a-row" => "行の番号(例: A-0001)で入力してください。複数のときは空白で区切ります。",
        "too-many-rows" => "つなげる行が多すぎます。減らしてください。",
        "ended-row" => "登録が終わった行です。使用中の行を選んでください。",
        "itself" => "この行自身は選べません。ほかの行を選んでください。",
        "copy-of-copy" => "選んだ行も複製です。その元の行を選んでください。",
        "has-copies" => "この行を元にした行があるため、複製にはできません。空にしてください。",
        "taken-by-row" => "同じ値の行がほかにあります。値を確かめてください。",
        "twice-in-plan" => "取込みの中に同じ値の行があります。どちらかを直してください。",
        "manager-classifies" => "この分類は、管理する人だけが決められます。空のままにしてください。",
        "row-too-long" => "行の内容が多すぎます。文を短くしてください。",
        "no-column" => "この台帳にない欄です。欄の名前を確かめてください。",
        _ => return None,
    })
}

/// What an error page says of codes that only registers have.
#[must_use]
pub fn error(code: &str) -> Option<Trouble> {
    Some(match code {
        "row-ended" => trouble(
            "登録が終わった行は変えられません。",
            "台帳の行は、登録を終えた後も記録として残り、内容は変わりません。",
            "まだ使っているものなら、新しい行として登録してください。",
        ),
        "row-same" => trouble(
            "変わるところがありません。",
            "入力された内容は、いまの内容と同じです。",
            "変える欄を直してから、もう一度登録してください。",
        ),
        "row-reason" => trouble(
            "登録を終える理由を入力してください。",
            "理由は履歴と証跡に残ります(400文字まで)。",
            "理由を書いてから、もう一度押してください。",
        ),
        _ => return None,
    })
}

/// What a token may do with registers.
#[must_use]
pub fn token_scope(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "read-registers" => "台帳を見る",
        "write-registers" => "台帳に登録する・変える・分類する",
        _ => return None,
    })
}

/// The kinds of evidence that registers leave.
#[must_use]
pub fn evidence(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "register-row-added" => "台帳への登録",
        "register-row-changed" => "台帳の変更",
        "register-row-ended" => "台帳の登録終了",
        "register-rules-applied" => "改めた規則による台帳の見直し",
        "register-plan-applied" => "台帳への一括の取込み",
        _ => return None,
    })
}

/// The messages that a redirect may ask for.
#[must_use]
pub fn flash(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "row-added" => ("登録しました", "変更の履歴は、この画面に残ります。"),
        "row-changed" => ("変更しました", "何が変わったかは、履歴に残りました。"),
        "row-gone" => ("登録を終えました", "行は消えず、登録終了の一覧に残ります。"),
        "table-imported" => ("台帳に取り込みました", "取り込んだ内容の指紋と行の数は、証跡に残りました。"),
        "filter-saved" => ("条件を保存しました", ""),
        "filter-forgotten" => ("保存した条件を消しました", ""),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_stage_reads_differently() {
        let words: BTreeSet<_> = RowStage::ALL.iter().map(|s| stage(*s)).collect();
        assert_eq!(words.len(), RowStage::ALL.len());
        assert_eq!((error("no such"), problem("no such"), flash("no such")), (None, None, None));
    }
}
