//! The words of tables that come into a register: what is wrong with a file, a heading, a cell, and what is worth a look.

use app::register_imports::TableRefusal;
use policy::{Column, ColumnType};
use workflow::register::Problem;
use workflow::register_plan::{CellNote, CellProblem, HeadingProblem};

use super::{Trouble, trouble};

/// Why a file was not read as a table of the register.
#[must_use]
pub fn refusal(refusal: &TableRefusal) -> Trouble {
    match refusal {
        TableRefusal::Held(reason) => super::reason(*reason),
        TableRefusal::TooMuch => trouble(
            "表が大きすぎます。",
            "一度に読めるのは、100シート、2万行、200万の値までです。",
            "使っていないシートや列を消すか、いくつかのファイルに分けてください。",
        ),
        TableRefusal::NoSheet => trouble(
            "読むシートがありません。",
            "その名前のシートがないか、どのシートにも値がありません。",
            "シートの名前を確かめてください。隠したシートは、名前を書くと読みます。",
        ),
        TableRefusal::Headings { .. } => trouble(
            "見出しの行が、この台帳と合いません。",
            "列を見分けられません。",
            "下に示したことを直してください。今の台帳をExcelで受け取り、その見出しを使うと確実です。",
        ),
    }
}

/// What is wrong with the headings.
#[must_use]
pub fn heading(problem: &HeadingProblem) -> String {
    match problem {
        HeadingProblem::None => "はじめの20行に、台帳の見出しが2つ以上並んだ行がありません。".to_owned(),
        HeadingProblem::Missing { title } => format!("見出し「{title}」がなく、「番号」もありません。"),
        HeadingProblem::Twice { title, at } => {
            format!("見出し「{title}」が2つあります({}と{})。", column_letters(at.0), column_letters(at.1))
        }
        HeadingProblem::Merged { title } => {
            format!(
                "見出し「{title}」のセルが横に結合されています。結合をやめて、列ごとに見出しを書いてください。"
            )
        }
        HeadingProblem::TooMany { most } => format!("行が多すぎます(一度に {most} 行まで)。"),
        HeadingProblem::Empty => "見出しの下に行がありません。".to_owned(),
    }
}

/// What is wrong with a cell or a line, and what to do.
#[must_use]
pub fn cell(problem: &CellProblem) -> String {
    match problem {
        CellProblem::Column { problem } => column(problem),
        CellProblem::Merged => {
            "結合されたセルなので、どの行の値かわかりません。結合をやめて、行ごとに書いてください。"
                .to_owned()
        }
        CellProblem::ShowsError { code } => format!("エラー {code} になっています。値を書いてください。"),
        CellProblem::NoResult => "数式の結果がファイルに入っていません。値を書いてください。".to_owned(),
        CellProblem::NoHeading => "見出しのない列に値があります。見出しを書くか、消してください。".to_owned(),
        CellProblem::NotANumberOfARow => {
            "台帳の番号ではありません。新しい行なら、番号を空にしてください。".to_owned()
        }
        CellProblem::NoRow => {
            "この番号の行がないか、扱える行ではありません。新しい行なら、番号を空にしてください。".to_owned()
        }
        CellProblem::EndedRow => "この番号の行は登録を終えています。".to_owned(),
        CellProblem::NotKept => "扱える課の行ではありません。".to_owned(),
        CellProblem::SameRow { line } => {
            format!("{line} 行目と同じ行についてのものです。一つにまとめてください。")
        }
        CellProblem::Twice { line } => format!("{line} 行目と同じ値です。同じ値は一つの行だけに書けます。"),
    }
}

fn column(problem: &Problem) -> String {
    match problem {
        Problem::Empty => "必ず書いてください。".to_owned(),
        Problem::TooLong { most } => format!("長すぎます({most} 文字まで)。"),
        Problem::NotAllowed => "選べる値ではないか、使えない文字があります。".to_owned(),
        Problem::NotANumber => "0以上の整数を書いてください。".to_owned(),
        Problem::OutOfBounds { min, max } => format!("{min} から {max} までの数を書いてください。"),
        Problem::NoDate => "暦にある日付を書いてください(例: 2026/4/1、令和8年4月1日、R8.4.1)。".to_owned(),
        Problem::NotAFlag => "有・無、はい・いいえ、○・×のどれかを書いてください。".to_owned(),
        Problem::Unknown => "見つかりません。名前や番号を確かめてください。".to_owned(),
        Problem::NotARow => "台帳の番号を書いてください(例: A-0001)。".to_owned(),
        Problem::TooMany { most } => format!("{most} つまで書けます。"),
        Problem::Ended => "登録を終えた行は選べません。".to_owned(),
        Problem::Itself => "この行自身は選べません。".to_owned(),
        Problem::CopyOfCopy => "複製の複製になります。もとの行の番号を書いてください。".to_owned(),
        Problem::HasCopies => "ほかの行がこの行を引き継いでいるので、選べません。".to_owned(),
        Problem::Taken { by } => format!("番号 {by} の行と同じ値です。"),
        Problem::ManagerClassifies => "分類は、台帳を管理する役割の者だけが決められます。".to_owned(),
        Problem::RowTooLong => "行全体の文字が多すぎます。".to_owned(),
        Problem::NoColumn => "この台帳にない欄です。".to_owned(),
        // A code of the definition that has no words of its own here still says what to do.
        other => format!("取り込めません({})。", other.id()),
    }
}

/// What is worth a look.
#[must_use]
pub fn note(note: CellNote) -> &'static str {
    match note {
        CellNote::Formula => "数式の結果の値を読みました。",
        CellNote::Counted => "数を日付として読みました。",
        CellNote::DayInText => {
            "表計算ソフトが日付にした値です。もとが「1-2」のような番号なら、直してください。"
        }
        CellNote::HiddenRow => "隠れている行ですが、読みました。",
    }
}

/// What a column takes, for whoever fills a table.
#[must_use]
pub fn takes(column: &Column) -> String {
    let kind = match column.kind {
        ColumnType::Text => format!("{}文字まで", column.chars_max),
        ColumnType::LongText => format!("{}文字まで、改行できます", column.chars_max),
        ColumnType::Number => format!("{} から {} までの数", column.min, column.max),
        ColumnType::Date => "日付(2026/4/1、令和8年4月1日、R8.4.1)".to_owned(),
        ColumnType::Choice => column.choices.join("、"),
        ColumnType::Flag => "有・無".to_owned(),
        ColumnType::Level => "分類の名前".to_owned(),
        ColumnType::Person => "氏名またはログインID".to_owned(),
        ColumnType::Section => "課の名前".to_owned(),
        ColumnType::Zone => "系の名前".to_owned(),
        ColumnType::Link if column.many => "台帳の番号(いくつでも、読点で区切る)".to_owned(),
        ColumnType::Link => "台帳の番号".to_owned(),
    };
    if column.required { format!("{kind}(必須)") } else { kind }
}

/// The letters by which a spreadsheet calls a column, counted from 1.
#[must_use]
pub fn column_letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column;
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + u8::try_from(left % 26).unwrap_or(0)));
        left /= 26;
    }
    letters.iter().rev().collect::<String>() + "列"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_called_as_spreadsheets_call_them() {
        let called = [1, 26, 27, 52, 702, 703].map(column_letters);
        assert_eq!(called, ["A列", "Z列", "AA列", "AZ列", "ZZ列", "AAA列"]);
    }

    #[test]
    fn every_note_has_words() {
        for note in CellNote::ALL {
            assert!(super::note(note).ends_with('。'), "{}", note.id());
        }
    }
}
