//! The words of printing.

use super::{Trouble, trouble};

/// Why a form was not printed, by the code of the use case's error.
#[must_use]
pub fn error(code: &str) -> Option<Trouble> {
    Some(match code {
        "print-not-installed" => trouble(
            "様式をPDFで印刷できません。",
            "印刷のプログラム(sekisho-report)か、日本語のフォントが入っていません。",
            "元のページの「印刷」か、Excelの様式を使ってください。続くときは情報システム担当に知らせてください。",
        ),
        "print-too-large" => trouble(
            "1つの様式に収まりません。",
            "印刷する内容が多すぎます。",
            "条件で絞り込むか、Excelの一覧を使ってください。",
        ),
        "print-too-long" => trouble(
            "時間内に印刷できませんでした。",
            "内容が多いか、サーバが混み合っています。",
            "条件で絞り込むか、少し待ってから、もう一度お試しください。",
        ),
        "print-template" => trouble(
            "様式に誤りがあります。",
            "この団体の様式のひな形が、内容に合っていません。",
            "元のページの「印刷」を使い、情報システム担当に様式の名前を知らせてください。担当は sekisho policy check --forms で調べられます。",
        ),
        "print-failed" => trouble(
            "様式を印刷できませんでした。",
            "印刷のプログラムが途中で止まりました。",
            "もう一度お試しください。続くときは情報システム担当に知らせてください。",
        ),
        _ => return None,
    })
}
