//! The words of records whose retention ends.

use app::records::store::RecordKind;
use workflow::record::Stage;

use super::{Tone, Trouble, trouble};

/// What a record is.
#[must_use]
pub fn kind(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Request => "申請",
        RecordKind::Task => "実施事項",
        RecordKind::Row => "台帳の行",
        RecordKind::Course => "研修",
    }
}

/// How far it is on its way out.
#[must_use]
pub fn stage(stage: Stage) -> (&'static str, Tone) {
    match stage {
        Stage::Listed => ("廃棄予定", Tone::Plain),
        Stage::Held => ("保留", Tone::Mixed),
        Stage::Proposed => ("廃棄の決裁待ち", Tone::Wait),
        Stage::Decided => ("廃棄決定", Tone::Wait),
        Stage::Destroyed => ("廃棄済", Tone::Bad),
    }
}

/// What was just done.
#[must_use]
pub fn flash(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "record-held" => ("保留にしました", "その日まで廃棄されません。"),
        "record-released" => ("保留を解きました", ""),
        "record-proposed" => ("廃棄を起案しました", "決裁する人の「承認」を待ちます。"),
        "record-decided" => ("廃棄を決裁しました", "次の見回りで消去し、廃棄簿に残します。"),
        "record-declined" => ("廃棄の起案を退けました", ""),
        _ => return None,
    })
}

/// Why something was not done, by the code of the use case's error.
#[must_use]
pub fn error(code: &str) -> Option<Trouble> {
    Some(match code {
        "record-stage" => trouble(
            "いまの状態ではこの操作はできません。",
            "ほかの人の操作か、見回りによって、状態が変わっています。",
            "一覧を開き直して、最新の状態を確かめてください。",
        ),
        "record-early" => trouble(
            "まだ廃棄できません。",
            "保存期間が終わっていません。",
            "「廃棄できる日」になってから、もう一度行ってください。",
        ),
        "record-same-person" => trouble(
            "自分が起案した廃棄は決裁できません。",
            "廃棄には、起案する人と決裁する人の2人が要ります。",
            "もう1人の、決裁できる人に頼んでください。",
        ),
        _ => return None,
    })
}
