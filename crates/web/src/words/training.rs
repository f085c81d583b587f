//! The words of courses.
//!
//! Owns one row for each code, and what a course's rules are in a sentence.

use app::FieldProblem;
use policy::{Course, Occurs};
use workflow::training::{How, Refusal, Standing};

use super::{Tone, Trouble, trouble};

/// How far somebody is: its word, its tone, and what to do.
#[must_use]
pub fn standing(standing: Standing) -> (&'static str, Tone, &'static str) {
    match standing {
        Standing::NotBegun => ("未受講", Tone::Wait, "教材を読むところから始めてください。"),
        Standing::Reading => ("受講中", Tone::Wait, "続きを読み、理解度の確認に進んでください。"),
        Standing::Tried => ("確認の途中", Tone::Mixed, "理解度の確認を終えると修了です。"),
        Standing::Overdue => ("期限超過", Tone::Bad, "期限を過ぎています。すぐに受けてください。"),
        Standing::Confirming => ("確認待ち", Tone::Wait, "合格しました。別の人が確かめます。"),
        Standing::ExcuseAsked => ("免除の承認待ち", Tone::Mixed, "受けないことの承認を待っています。"),
        Standing::Passed => ("修了", Tone::Good, "この講座は終わりました。"),
        Standing::Excused => ("免除", Tone::Plain, "理由を認めて、受けないことにしました。"),
    }
}

/// How somebody passed.
#[must_use]
pub fn how(how: How) -> &'static str {
    match how {
        How::Read => "教材の通読",
        How::Test => "教材の通読と理解度の確認",
        How::Lecture => "集合研修の受講",
    }
}

/// Why a test cannot begin.
#[must_use]
pub fn not_yet(refusal: &Refusal, next: &str) -> String {
    match refusal {
        Refusal::ReadFirst => "教材を最後まで読むと、理解度の確認を始められます。".to_owned(),
        Refusal::NoneLeft => {
            "受けられる回数を使い切りました。課の情報セキュリティ管理者に相談してください。".to_owned()
        }
        Refusal::Wait(_) => format!("次の確認は、{next}から始められます。"),
        _ => String::new(),
    }
}

/// What a test asks for, in a sentence.
#[must_use]
pub fn test(course: &Course) -> String {
    if course.questions.is_empty() {
        return "なし(教材を最後まで読むと修了)".to_owned();
    }
    let tries = course.attempts_max.map_or_else(|| "何度でも受けられる".to_owned(), |n| format!("{n}回まで"));
    let wait = match course.wait_minutes {
        0 => String::new(),
        n => format!("、次まで{n}分おく"),
    };
    format!("{}問のうち{}%以上の正解で修了({tries}{wait})", course.draw, course.pass)
}

/// When a course is held.
#[must_use]
pub fn occurs(course: &Course) -> String {
    match &course.occurs {
        Occurs::Every { every, .. } => format!("{}ごとに開く", every.title_ja()),
        Occurs::On { on, within_days, .. } => {
            let within = within_days.value.map_or_else(|| "未定の".to_owned(), |n| n.to_string());
            format!("{}のとき、{within}日以内", on.title_ja())
        }
    }
}

/// What is wrong with a field of a form of courses.
#[must_use]
pub fn problem(problem: &FieldProblem) -> String {
    match problem.problem {
        "unknown" => "この利用者IDの職員がいません。".to_owned(),
        "not-asked" => "この講座の対象になっていません。".to_owned(),
        "not-allowed" => "使えない日か、使えない文字です。".to_owned(),
        _ => super::requests::problem(problem),
    }
}

/// What an error page says of codes that only courses have.
#[must_use]
pub fn error(code: &str) -> Option<Trouble> {
    Some(match code {
        "course-none" => trouble(
            "そのページや確認はありません。",
            "講座の内容が改められたか、アドレスが違います。",
            "研修の画面から開き直してください。",
        ),
        "course-read-first" => trouble(
            "先に教材を読んでください。",
            "理解度の確認は、教材を最後まで読んでから始められます。",
            "講座の画面から、読んでいないページを開いてください。",
        ),
        "course-passed" => trouble(
            "この講座は修了しています。",
            "合格した講座の確認は、もう受けられません。",
            "教材は、いつでも読み返せます。",
        ),
        "course-no-try" => trouble(
            "受けられる回数を使い切りました。",
            "方針が、理解度の確認の回数を定めています。",
            "課の情報セキュリティ管理者に相談してください。",
        ),
        "course-wait" => trouble(
            "次の確認は、まだ始められません。",
            "方針が、次の確認までの間を定めています。",
            "教材を読み返して、後で受けてください。",
        ),
        "course-not-begun" => trouble(
            "理解度の確認が始まっていません。",
            "ほかの窓で終えたか、まだ始めていません。",
            "講座の画面から始めてください。",
        ),
        "course-changed" => trouble(
            "講座の内容が改められました。",
            "確認を始めた後に、教材か問いが変わりました。この回は数えません。",
            "講座の画面から、もう一度始めてください。",
        ),
        "course-unanswered" => trouble(
            "答えていない問いがあります。",
            "すべての問いに答えると、採点できます。",
            "印の付いた問いに答えてください。",
        ),
        _ => return None,
    })
}

/// The kinds of evidence that courses leave.
#[must_use]
pub fn evidence(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "course-opened" => "研修の開講",
        "course-read" => "教材の読了",
        "course-test-begun" => "理解度の確認の開始",
        "course-test-failed" => "理解度の確認(合格に至らず)",
        "course-passed" => "研修の修了",
        "course-attended" => "集合研修の出席",
        "course-reminded" => "受講の督促",
        "course-closed" => "研修の終了",
        "course-files-added" => "研修の資料の追加",
        "course-file-removed" => "研修の資料の取り外し",
        "course-file-opened" => "研修の資料を開く",
        "course-answers-erased" => "理解度の確認の答えの消去(保存期間満了)",
        _ => return None,
    })
}

/// The messages after what people do with courses.
#[must_use]
pub fn flash(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "course-read" => ("最後まで読みました", "続けて、理解度の確認を受けてください。"),
        "course-passed" => ("修了しました", "修了は証跡に残りました。点数はあなたにだけ示します。"),
        "course-failed" => ("合格に届きませんでした", "下の解説と教材を読み返して、もう一度受けてください。"),
        "course-opened" => ("開講しました", "対象の職員のホームに、期限とともに出ます。"),
        "course-closed" => ("終了しました", "修了の割合が証跡に残りました。"),
        "course-attended" => ("出席を記録しました", ""),
        "course-files-added" => ("資料を加えました", "この系の中で、受ける職員の講座の画面に出ます。"),
        "course-file-removed" => ("資料を外しました", "ファイルは消しました。"),
        "course-reminded" => ("督促しました", "終えていない職員のホームと研修の画面に出ます。"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn standings_have_words_of_their_own() {
        let words: BTreeSet<_> = Standing::ALL.iter().map(|s| standing(*s).0).collect();
        assert_eq!(words.len(), Standing::ALL.len());
    }
}
