//! The words of duties and their tasks.
//!
//! Owns one row for each code, and what a duty's times are in a sentence.

use policy::{DayCount, DueRule, DutyType, Occurs};
use workflow::duty::State;

use super::{Tone, Trouble, trouble};

/// Where a task stands: its word, its tone, and who acts next. `overdue` is one that should have been reported by now.
#[must_use]
pub fn state(state: State, overdue: bool) -> (&'static str, Tone, &'static str) {
    match state {
        State::Open if overdue => ("期限超過", Tone::Bad, "期限を過ぎています。行って、報告してください。"),
        State::Open => ("実施待ち", Tone::Wait, "行ったら、報告してください。"),
        State::Reported => ("確認待ち", Tone::Wait, "報告されました。別の人が確かめます。"),
        State::WaiverAsked => ("免除の承認待ち", Tone::Mixed, "行わないことの承認を待っています。"),
        State::Done => ("実施済", Tone::Good, "終わりました。"),
        State::Waived => ("免除", Tone::Plain, "理由を認めて、行わないことにしました。"),
        State::Dropped => ("対象終了", Tone::Plain, "対象の登録が終わったので、行わなくてよくなりました。"),
    }
}

/// When a duty is to be done, in a sentence.
#[must_use]
pub fn occurs(duty: &DutyType) -> String {
    match &duty.occurs {
        Occurs::Every { every, times, due } => {
            let due = match due {
                DueRule::BusinessDay(n) => format!("{n}開庁日目まで"),
                DueRule::Date { month, day } => format!("{month}月{day}日まで"),
                DueRule::BeforeEnd(0) => "末日まで".to_owned(),
                DueRule::BeforeEnd(n) => format!("末日の{n}日前まで"),
                DueRule::AfterEnd(n) => format!("終わって{n}開庁日目まで"),
            };
            let times = times.value.map_or_else(|| "未定の".to_owned(), |n| n.to_string());
            format!("{}に{times}回、{due}", every.title_ja())
        }
        Occurs::On { on, within_days, days } => {
            let within = within_days.value.map_or_else(|| "未定の".to_owned(), |n| n.to_string());
            let days = match days {
                DayCount::Calendar => "日以内",
                DayCount::Business => "開庁日以内",
            };
            format!("{}のとき、{within}{days}", on.title_ja())
        }
    }
}

/// The name of a list and what it holds.
#[must_use]
pub fn tray(id: &str) -> (&'static str, &'static str, &'static str) {
    match id {
        "own" => ("自分の実施", "あなた自身の実施事項です。", "あなた自身の実施事項はまだありません。"),
        "overdue" => (
            "期限超過",
            "役割によって見られる範囲で、期限を過ぎたものです。",
            "期限を過ぎたものはありません。",
        ),
        "units" => (
            "課の実施",
            "役割によって見られる範囲のすべてです。期限の新しい順です。",
            "見られる実施事項はありません。",
        ),
        _ => (
            "やること",
            "あなたが行うか、確かめるか、決めるものです。期限の近い順です。",
            "いま、あなたがすることはありません。",
        ),
    }
}

const STATE: Trouble = trouble(
    "いまの状態ではこの操作はできません。",
    "ほかの人の操作によって、実施事項の状態が変わっています。",
    "最新の状態を確かめてください。",
);

/// What an error page says of codes that only duties have.
#[must_use]
pub fn error(code: &str) -> Option<Trouble> {
    Some(match code {
        "task-state" => STATE,
        "task-own-report" => trouble(
            "自分の報告は、自分では確かめられません。",
            "報告した人と、確かめる人や免除を決める人は、別の人でなければなりません。",
            "同じ役割のほかの人か、上位の役割の人に頼んでください。",
        ),
        "task-changed" => trouble(
            "見ていた報告が変わっています。",
            "画面を開いた後に、報告が出し直されました。見ていない内容は確認できません。",
            "新しい内容を見直してから、もう一度判断してください。",
        ),
        "task-day" => trouble(
            "実施した日が正しくありません。",
            "対象の期間が始まる前の日か、これから来る日になっています。",
            "実際に行った日を入力してください。",
        ),
        "task-comment" => trouble(
            "理由を入力してください。",
            "相手に伝わり、証跡に残ります(2,000文字まで)。",
            "理由を書いてから、もう一度押してください。",
        ),
        "task-too-much" => trouble(
            "報告が大きすぎます。",
            "文は4,000文字まで、添付ファイルは20個までです。",
            "減らして、もう一度出してください。",
        ),
        "task-no-waiver" => trouble(
            "この実施事項は免除できません。",
            "方針が、行わないことを認める役割を定めていません。",
            "行って報告するか、例外措置の申請をしてください。",
        ),
        _ => return None,
    })
}

/// What a token may do with duties.
#[must_use]
pub fn token_scope(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "read-duties" => "実施事項を見る",
        "write-duties" => "実施事項を報告する",
        _ => return None,
    })
}

/// The kinds of evidence that duties leave.
#[must_use]
pub fn evidence(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "tasks-made" => "実施事項の発生",
        "task-started" => "事由による実施事項の発生",
        "task-reported" => "実施の報告",
        "task-confirmed" => "実施の確認",
        "task-sent-back" => "報告の差戻し",
        "task-waiver-asked" => "免除の申出",
        "task-waived" => "免除の承認",
        "task-waiver-refused" => "免除の否認",
        "tasks-reminded" => "実施の督促",
        "tasks-overdue" => "実施の期限超過",
        "tasks-escalated" => "期限超過の上申",
        "tasks-dropped" => "対象の終了による実施事項の終了",
        "tasks-moved" => "実施事項の担当の変更",
        _ => return None,
    })
}

/// The messages after what people do with tasks.
#[must_use]
pub fn flash(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "task-reported" => ("報告しました", "報告は証跡に残りました。"),
        "task-confirmed" => ("確認しました", "確認は証跡に残りました。"),
        "task-sent-back" => ("差し戻しました", "報告した人に届きます。"),
        "waiver-asked" => ("免除を申し出ました", "決める人に届きます。"),
        "waived" => ("免除しました", "判断は証跡に残りました。"),
        "waiver-refused" => ("免除を認めませんでした", "申し出た人に届きます。"),
        "task-started" => ("実施事項を起こしました", "行ったら、報告してください。"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn states_have_words_of_their_own() {
        let words: BTreeSet<_> = State::ALL.iter().map(|s| state(*s, false).0).collect();
        assert_eq!(words.len(), State::ALL.len());
        assert_eq!(state(State::Open, true).1, Tone::Bad);
        assert_eq!(state(State::Done, true), state(State::Done, false), "what is done is not overdue");
    }
}
