//! The words of 方針の取込み: why a text is not imported, what a step did, what is open, what just happened.

use app::imports::{ImportRefusal, model::Step, points::PointKind};
use policy::import::{Correction, CorrectionError, ImportError};

use super::{Tone, Trouble, trouble};
use crate::screens::view::{Chip, Flash};

/// Why a text is not imported or its review does not go on.
#[must_use]
pub fn refusal(refusal: ImportRefusal) -> Trouble {
    match refusal {
        ImportRefusal::Held(reason) => super::reason(reason),
        ImportRefusal::NotOneDocument => trouble(
            "この種類のファイルは取り込めません。",
            "一つの文書ではありません(圧縮ファイル、画像、メールなど)。",
            "Word・PDF・テキストの文書を、一つずつ選んでください。",
        ),
        ImportRefusal::Text(ImportError::Empty) => trouble(
            "文字が一つもありません。",
            "紙を写した画像だけの PDF には、文字の情報がありません。",
            "OCR で文字にしてから取り込むか、元の Word ファイルを選んでください。",
        ),
        ImportRefusal::Text(ImportError::NotText) => trouble(
            "文字のファイルとして読めません。",
            "知られている文字コードのどれでもありません。",
            "UTF-8 か Shift_JIS(CP932)で保存し直すか、Word・PDF のまま選んでください。",
        ),
        ImportRefusal::Text(ImportError::TooLong) => trouble(
            "文書が長すぎます。",
            "一度に読めるのは 200 万文字までです。",
            "文書ごとにファイルを分けて、一つずつ取り込んでください。",
        ),
        ImportRefusal::Text(ImportError::TooManyParts) => trouble(
            "条や項目が多すぎます。",
            "一度に読めるのは 5 万までです。",
            "規程の文書かどうかを確かめ、文書ごとに分けて取り込んでください。",
        ),
        ImportRefusal::NoPolicy => trouble(
            "規程の文書ではないようです。",
            "決まりを述べる文がほとんど見つかりませんでした。",
            "別のファイルを選んでいないか、文字が正しく取り出せる文書かを確かめてください。",
        ),
        ImportRefusal::Closed => trouble(
            "この取込みは確認が終わっています。",
            "全体を確認した後は、内容を直せません。",
            "直すときは「確認をやり直す」を押してください。",
        ),
        ImportRefusal::Undecided(_) => trouble(
            "まだ全体を確認できません。",
            "判断していない遵守事項が残っています。",
            "「未確認」で絞り込み、一件ずつ確かめてください。",
        ),
        ImportRefusal::NotConfirmed => trouble(
            "まだ版として提案できません。",
            "この取込みは、全体の確認が終わっていません。",
            "すべての遵守事項を判断し、「全体を確認済みにする」を押してから提案してください。",
        ),
        ImportRefusal::NoLayer => trouble(
            "いまの方針の土台にできません。",
            "取込み案の名前が、動いている方針の別の層と同じです。または、動いている方針に土台となる層がありません。",
            "別の層の名前で取り込み直すか、方針パックのファイルを書き出して「新しい版を提案する」で提案してください。",
        ),
        ImportRefusal::NothingToUndo => trouble(
            "元に戻す操作がありません。",
            "最初の状態まで戻っています。",
            "そのまま確認を続けてください。",
        ),
        ImportRefusal::Correction(error) => correction_error(error),
        ImportRefusal::Pack(_) => trouble(
            "方針パックの形にできません。",
            "条項か遵守事項の数が、一つのパックの上限を超えています。",
            "文書を分けて取り込み直してください。",
        ),
    }
}

fn correction_error(error: CorrectionError) -> Trouble {
    match error {
        CorrectionError::NoSuchNode => trouble(
            "その部分はありません。",
            "ほかの操作で番号が変わったか、文書全体には行えない操作です。",
            "最新の画面で選び直してください。",
        ),
        CorrectionError::NoSuchStatement => trouble(
            "その遵守事項はありません。",
            "ほかの操作で番号が変わっています。",
            "最新の画面で選び直してください。",
        ),
        CorrectionError::NotInside => trouble(
            "そこでは分けられません。",
            "分ける場所が、その部分の中ほどにありません。",
            "別の場所を選んでください。",
        ),
        CorrectionError::Circle => trouble(
            "そこへは移せません。",
            "移す先が、移すものの中にあります。",
            "別の移し先を選んでください。",
        ),
        CorrectionError::NothingNext => trouble(
            "つなぐ相手がありません。",
            "同じ部分に、続きの文がありません。",
            "先に部分をつないでから、もう一度試してください。",
        ),
        CorrectionError::Words => trouble(
            "入力した文字が使えません。",
            "空か、長すぎます。",
            "1 文字以上、決められた長さまでで入力してください。",
        ),
    }
}

/// What happened, for evidence.
#[must_use]
pub fn evidence(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "policy-import-made" => "方針の取込み",
        "policy-import-refused" => "方針の取込みができなかった",
        "policy-import-corrected" => "取込み案の確認・訂正",
        "policy-import-confirmed" => "取込み案の全体の確認",
        "policy-import-reopened" => "取込み案の確認のやり直し",
        "policy-import-discarded" => "取込み案の取りやめ",
        "policy-import-exported" => "取込み案の書出し",
        _ => return None,
    })
}

/// What was just done.
#[must_use]
pub fn flash(code: &str) -> Option<Flash> {
    let (title, body) = match code {
        "imported" => ("取り込みました", "左の木から選び、遵守事項を一件ずつ確かめてください。"),
        "step" => ("記録しました", ""),
        "undone" => ("直前の操作を元に戻しました", ""),
        "import-confirmed" => ("全体を確認しました", "方針パックのファイルを書き出せます。"),
        "import-reopened" => ("確認をやり直せます", ""),
        "import-discarded" => ("取込みを取りやめました", "本文は消しました。操作の記録は証跡に残ります。"),
        "all-decided" => ("未確認の遵守事項はありません", "「書出しと残りの確認」へ進んでください。"),
        _ => return None,
    };
    Some(Flash {
        tone: Tone::Good,
        title: title.to_owned(),
        body: body.to_owned(),
        while_state: Default::default(),
    })
}

/// What a step did, in one line. Statements and parts are numbered from 1, as on the screen.
#[must_use]
pub fn step(step: &Step) -> String {
    match step {
        Step::Correct { corrections } => match corrections.as_slice() {
            [one] => correction(one),
            [first, rest @ ..] => format!("{} ほか {} 件", correction(first), rest.len()),
            [] => String::new(),
        },
        Step::Undo => "直前の操作を元に戻した".to_owned(),
        Step::Confirm => "全体を確認した".to_owned(),
        Step::Reopen => "確認をやり直すことにした".to_owned(),
        Step::Discard { reason } => format!("取りやめた({reason})"),
    }
}

fn correction(correction: &Correction) -> String {
    let (number, did) = match correction {
        Correction::Confirm { statement } => (statement, "を確認"),
        Correction::Drop { statement, .. } => (statement, "を除外"),
        Correction::Roles { statement, .. } => (statement, "の役割を変更"),
        Correction::Modality { statement, .. } => (statement, "の強さを変更"),
        Correction::Same { statement, .. } => (statement, "と同じものを変更"),
        Correction::Gist { statement, .. } => (statement, "の要旨を変更"),
        Correction::SplitStatement { statement, .. } => (statement, "を二つに分割"),
        Correction::MergeStatements { statement } => (statement, "を次と結合"),
        Correction::SplitNode { label, .. } => return format!("部分「{label}」を新しく分けた"),
        Correction::MergeNode { node } => return format!("部分 {} を前の部分に結合", node + 1),
        Correction::Move { node, .. } => return format!("部分 {} を移動", node + 1),
        Correction::Name { label, .. } => return format!("部分「{label}」の名前を変更"),
        Correction::Annotate { note, .. } => {
            return format!("注記「{}」", note.chars().take(20).collect::<String>());
        }
    };
    format!("遵守事項 {}{did}", number + 1)
}

/// The heading of a sort of open points, and what to do about them.
#[must_use]
pub fn point(kind: PointKind) -> (&'static str, &'static str) {
    match kind {
        PointKind::Problem => ("方針パックの検査の誤り", "直してから書き出してください。"),
        PointKind::Undecided => ("未確認の遵守事項", "文と役割を確かめ、確認するか除いてください。"),
        PointKind::RoleUnsure => {
            ("役割が確かでない遵守事項", "主語がないか、前の文から補いました。誰の義務かを確かめてください。")
        }
        PointKind::OpenWord => ("値を決める言葉", "「定期的に」などの値を、パラメータとして定めてください。"),
        PointKind::Reference => ("参照先が見つからない所", "どこを指すかを確かめ、注記してください。"),
        PointKind::Finding => ("本文の気になる所", "原文のままにしています。必要なら注記してください。"),
        PointKind::Unmatched => {
            ("土台に近いものがない遵守事項", "独自の定めです。守らせる仕組みを後で選びます。")
        }
    }
}

/// The word of a review's state.
#[must_use]
pub fn state(state: app::imports::model::ImportState) -> Chip {
    use app::imports::model::ImportState as S;
    let (word, tone) = match state {
        S::Open => ("確認中", Tone::Busy),
        S::Confirmed => ("確認済", Tone::Good),
        S::Discarded => ("取りやめ", Tone::Plain),
    };
    Chip { word: word.to_owned(), tone }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::import::PackError;
    use worker_protocol::Reason;

    #[test]
    fn every_refusal_says_what_why_and_what_to_do() {
        for value in [
            ImportRefusal::Held(Reason::Damaged),
            ImportRefusal::NotOneDocument,
            ImportError::Empty.into(),
            ImportError::NotText.into(),
            ImportError::TooLong.into(),
            ImportError::TooManyParts.into(),
            ImportRefusal::NoPolicy,
            ImportRefusal::Closed,
            ImportRefusal::Undecided(3),
            ImportRefusal::NothingToUndo,
            CorrectionError::NoSuchNode.into(),
            CorrectionError::NoSuchStatement.into(),
            CorrectionError::NotInside.into(),
            CorrectionError::Circle.into(),
            CorrectionError::NothingNext.into(),
            CorrectionError::Words.into(),
            PackError::TooMany.into(),
        ] {
            let Trouble { what, why, how } = refusal(value);
            assert!([what, why, how].iter().all(|t| t.ends_with('。')), "{value:?}: {what}{why}{how}");
        }
        let scan = refusal(ImportError::Empty.into());
        assert!(scan.why.contains("PDF") && scan.how.contains("OCR"));
    }

    #[test]
    fn steps_are_told_in_one_line() {
        let confirm = |n: usize| Correction::Confirm { statement: n };
        assert_eq!(step(&Step::Correct { corrections: vec![confirm(0)] }), "遵守事項 1を確認");
        assert_eq!(
            step(&Step::Correct { corrections: vec![confirm(0), confirm(1)] }),
            "遵守事項 1を確認 ほか 1 件"
        );
        for (_, kind) in PointKind::WORDS {
            assert!(!point(*kind).0.is_empty() && point(*kind).1.ends_with('。'));
        }
    }
}
