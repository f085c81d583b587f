//! The words of personnel changes: stages, kinds, what is wrong with a line, what became of a person.

use app::rosters::store::Outcome;
use workflow::roster::{Form, Kind, MailAddress, Trouble as LineTrouble, life::Stage};

use super::{Tone, Trouble, register_tables, trouble};

/// Where a plan stands.
#[must_use]
pub fn stage(stage: Stage) -> (&'static str, Tone) {
    match stage {
        Stage::Draft => ("作成中", Tone::Wait),
        Stage::Asked => ("申請中", Tone::Wait),
        Stage::Approved => ("承認済・反映待ち", Tone::Good),
        Stage::Running => ("反映中", Tone::Wait),
        Stage::Done => ("反映済", Tone::Good),
        Stage::Withdrawn => ("取下げ", Tone::Plain),
    }
}

/// What happens next.
#[must_use]
pub fn next(stage: Stage) -> &'static str {
    match stage {
        Stage::Draft => "引継ぎ先を決めてから、申請してください。まだ、だれも変わっていません。",
        Stage::Asked => "承認を待っています。承認されるまで、何も変わりません。",
        Stage::Approved => "この日の0時に反映します。それまでは取りやめられます。",
        Stage::Running => "一人ずつ反映しています。途中で止まっても、続きから進みます。",
        Stage::Done => "全員を確かめました。",
        Stage::Withdrawn => "取りやめた計画です。何も変わりません。",
    }
}

/// What becomes of a person.
#[must_use]
pub fn kind(kind: Kind) -> (&'static str, Tone) {
    match kind {
        Kind::Join => ("採用", Tone::Good),
        Kind::Move => ("異動", Tone::Plain),
        Kind::Leave => ("退職", Tone::Bad),
        Kind::Suspend => ("休職", Tone::Wait),
        Kind::Resume => ("復職", Tone::Good),
        Kind::Rename => ("氏名・メール変更", Tone::Plain),
    }
}

/// What became of a person.
#[must_use]
pub fn outcome(outcome: Outcome) -> (&'static str, Tone) {
    match outcome {
        Outcome::Done => ("反映しました", Tone::Good),
        Outcome::Already => ("反映済でした", Tone::Plain),
        Outcome::Differs => ("違いがあり止めました", Tone::Bad),
        Outcome::Failed => ("反映できません", Tone::Bad),
    }
}

/// The two forms of a table.
#[must_use]
pub fn form(form: Form) -> &'static str {
    match form {
        Form::Changes => "変わる人だけの表(区分の列が要る)",
        Form::Whole => "全職員の名簿(載っていない人は退職になる)",
    }
}

/// The heading of a column.
#[must_use]
pub fn column(id: &str) -> &str {
    workflow::roster::TITLES.iter().find(|(known, ..)| *known == id).map_or(id, |(_, title, _)| *title)
}

/// What a change of where mails go is called; of one that replaces an address: whether the person wrote that himself.
#[must_use]
pub fn mail_change(replaced: Option<&MailAddress>) -> &'static str {
    match replaced.map(|replaced| replaced.own) {
        None => "メール",
        Some(Some(true)) => "メール(本人が登録した宛先を替えます)",
        Some(Some(false)) => "メール(前の異動の表で登録した宛先を替えます)",
        Some(None) => "メール(登録してある宛先を替えます。本人が登録したかどうかの記録はありません)",
    }
}

/// What is wrong with a line, and what to do.
#[must_use]
pub fn line(problem: &LineTrouble) -> String {
    match problem {
        LineTrouble::Cell(problem) => return register_tables::cell(problem),
        LineTrouble::OtherName { known } => {
            return format!(
                "この番号の人は「{known}」です。番号を確かめてください。氏名が変わったのなら、区分を「氏名変更」にした行を足してください。"
            );
        }
        LineTrouble::Twice { line } => return format!("{line} 行目と同じです。一つにしてください。"),
        LineTrouble::Contradicts { line } => {
            return format!(
                "{line} 行目と食い違っています。一人の異動は一行にし、兼ねる職は「兼務」の列か、区分「兼務」の行に書いてください。"
            );
        }
        _ => {}
    }
    match problem {
        LineTrouble::Empty => "必ず書いてください。",
        LineTrouble::NotAllowed => "長すぎるか、使えない文字があります。",
        LineTrouble::BadLogin => "英小文字・数字・ . - _ の 2 文字から 64 文字にしてください。",
        LineTrouble::UnknownKind => {
            "採用、異動、退職、休職、復職、氏名変更、兼務、兼務解除のどれかを書いてください。"
        }
        LineTrouble::UnknownSection => "この課は組織にありません。課の名前か番号を確かめてください。",
        LineTrouble::UnknownPost => "この職は方針にありません。職の名前を確かめてください。",
        LineTrouble::BadMail => "メールアドレスではありません(例: hanako@city.example)。一つだけ書いてください。",
        LineTrouble::OtherDomain => {
            "庁外のアドレスです。お知らせのメールは、方針で決めたドメインにだけ送ります。"
        }
        LineTrouble::NoDay => "暦にある日付を書いてください(例: 2027/4/1、令和9年4月1日、R9.4.1)。",
        LineTrouble::OtherDay => {
            "計画の日と違います。退職は最後の勤務日(前日)を、ほかは計画の日を書いてください。違う日の異動は、別の計画にしてください。"
        }
        LineTrouble::UnknownPerson => "この番号の人はいません。番号を確かめてください。",
        LineTrouble::AlreadyThere => "この番号はもう使われています。番号を確かめてください。",
        LineTrouble::Closed => "利用を停止している人です。戻るのなら、区分を「復職」にしてください。",
        LineTrouble::NotClosed => "利用を停止していない人です。区分を確かめてください。",
        LineTrouble::NotHeld => "この職には就いていません。",
        _ => "取り込めません。",
    }
    .to_owned()
}

/// Why a person was not changed, or what of his stays in hand.
#[must_use]
pub fn note(word: &str) -> String {
    let (code, rest) = word.split_once(' ').unwrap_or((word, ""));
    match code {
        "changed-meanwhile" => "計画のあとで、ほかの人がこの人の登録を変えました。上書きはしていません。登録を確かめて、要るなら新しい計画を作ってください。".to_owned(),
        "login-taken" => "この番号の利用者が、計画のあとで登録されました。".to_owned(),
        "no-section" => "異動先の課が、いまの組織にありません。".to_owned(),
        "no-post" => "新しい職が、いまの方針にありません。".to_owned(),
        "read-back" => "反映したあとで、ほかの変更がありました。登録を確かめてください。".to_owned(),
        "mail-kept" => "計画のあとで、本人がメールの宛先を変えました。宛先は替えていません。".to_owned(),
        "row-kept" => format!("台帳の行 {rest} は、引継ぎ先が決まっていないので、この人の名前のままです。"),
        "row-refused" => format!("台帳の行 {rest} は、引継ぎ先の名前にできませんでした。"),
        "return-owed" => "返すものが残っています。所属長が返却を確かめてください。".to_owned(),
        "permit-offered" => "許可を引き継ぐ人の受取りを待っています。".to_owned(),
        "task-open" => "この人の実施事項が残っています。".to_owned(),
        other => other.to_owned(),
    }
}

/// The words for a failure.
#[must_use]
pub fn error(code: &str) -> Option<Trouble> {
    Some(match code {
        "roster-stage" => trouble(
            "この計画では、いまその操作はできません。",
            "計画の状態が変わりました。",
            "計画の画面を開き直して、状態を確かめてください。",
        ),
        "roster-other-request" => trouble(
            "計画の内容が、申請したときと違います。",
            "申請のあとで引継ぎ先などが変わりました。",
            "計画の画面から、申請し直してください。",
        ),
        "roster-late" => trouble(
            "計画の日を過ぎています。",
            "過ぎた日の異動は、申請することも取りやめることもできません。",
            "日を改めた計画を作ってください。",
        ),
        _ => return None,
    })
}
