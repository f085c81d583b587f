//! The words of requests, permits and values.
//!
//! Owns one row for each code; leaves those of approvals that transfers share to [`super`].

use app::FieldProblem;
use workflow::{
    request::{Refusal, Standing, State},
    route,
};

use super::{Tone, Trouble, trouble};

/// Where a request stands: its word, its tone, and who acts next.
#[must_use]
pub fn state(state: State) -> (&'static str, Tone, &'static str) {
    match state {
        State::Waiting => ("承認待ち", Tone::Wait, "承認者の判断を待っています。"),
        State::Returned => ("差戻し", Tone::Mixed, "申請した人が直して再提出するか、取り下げます。"),
        State::PulledBack => ("引戻し", Tone::Mixed, "申請した人が直して再提出するか、取り下げます。"),
        State::Approved => ("決裁済", Tone::Good, "すべての段階で承認されました。"),
        State::Rejected => ("否認", Tone::Bad, "認められませんでした。"),
        State::Withdrawn => ("取下げ", Tone::Plain, "申請した人が取り下げました。"),
        State::Expired => ("期限切れ", Tone::Plain, "期限までに判断も再提出もありませんでした。"),
    }
}

/// How a permit stands.
#[must_use]
pub fn standing(standing: Standing) -> (&'static str, Tone) {
    match standing {
        Standing::NotYet => ("開始前", Tone::Plain),
        Standing::InForce => ("有効", Tone::Good),
        Standing::ReturnDue => ("今日が返却日", Tone::Wait),
        Standing::Overdue => ("返却の期限を過ぎています", Tone::Bad),
        Standing::Returned => ("返却済", Tone::Good),
        Standing::Ended => ("期間終了", Tone::Plain),
        Standing::Revoked => ("許可を取消し", Tone::Bad),
    }
}

/// Why a request did not take a command.
#[must_use]
pub fn refusal(refusal: &Refusal) -> Trouble {
    use workflow::transfer::Refusal as Same;
    match refusal {
        Refusal::State(_) | Refusal::Approval(route::Refusal::NoStep) => STATE,
        Refusal::Approval(route::Refusal::ContentChanged) => trouble(
            "見ていた内容が変わっています。",
            "画面を開いた後に、申請が出し直されました。見ていない内容は承認できません。",
            "新しい内容を見直してから、もう一度判断してください。",
        ),
        Refusal::Approval(route::Refusal::OwnRequest) => super::refusal(&Same::OwnRequest),
        Refusal::Approval(route::Refusal::SamePerson) => super::refusal(&Same::SamePerson),
        Refusal::Approval(route::Refusal::NoDeputy) => super::refusal(&Same::NoDeputy),
        Refusal::Approval(route::Refusal::Comment) => super::refusal(&Same::Comment),
        Refusal::Approval(route::Refusal::NoReview) => trouble(
            "後閲を待っている判断ではありません。",
            "もう後閲が済んでいるか、あなたに代わって行われた判断ではありません。",
            "最新の状態を確かめてください。",
        ),
        Refusal::Approval(route::Refusal::Overdue) => trouble(
            "期限を過ぎています。",
            "決められた期間が終わりました。",
            "必要な場合は、申請した人がもう一度申請してください。",
        ),
        Refusal::Field(_) => trouble(
            "申請の内容が決められた範囲を外れています。",
            "項目が多すぎるか、長すぎるか、添付ファイルが多すぎます(20個まで)。",
            "内容を減らして、もう一度出してください。",
        ),
        Refusal::Permit => PERMIT,
        Refusal::NotTaken => NOT_TAKEN,
        Refusal::Reason => REASON,
    }
}

const STATE: Trouble = trouble(
    "いまの状態ではこの操作はできません。",
    "ほかの人の操作や期限によって、申請の状態が変わっています。",
    "最新の状態を確かめてください。",
);
const PERMIT: Trouble = trouble(
    "この許可には行えない操作です。",
    "許可がないか、返却や取消しがもう済んでいます。",
    "最新の状態を確かめてください。",
);
const NOT_TAKEN: Trouble = trouble(
    "まだ始まっていない許可です。",
    "始まる日の前なので、持ち出したものや借りたものがありません。返却は報告できません。",
    "使わないことにしたときは、「使わないことにする」を押してください。",
);
const REASON: Trouble = trouble(
    "取消しの理由を入力してください。",
    "申請した人に伝わり、証跡に残ります(2,000文字まで)。",
    "理由を書いてから、もう一度押してください。",
);

/// What an error page says of codes that only requests have.
#[must_use]
pub fn error(code: &str) -> Option<Trouble> {
    Some(match code {
        "request-state" => STATE,
        "permit-state" => PERMIT,
        "not-taken" => NOT_TAKEN,
        "reason-needed" => REASON,
        "form-changed" => trouble(
            "この申請の様式は、申請の後に改められました。",
            "申請した人が答えた項目と、いまの様式が求める項目が合わないため、このままでは承認できません。",
            "差し戻して、いまの様式で申請し直してもらってください。",
        ),
        "form" => trouble(
            "申請の項目に誤りがあります。",
            "足りない項目か、決められた範囲を外れた項目があります。",
            "示された項目を直して、もう一度出してください。",
        ),
        _ => return None,
    })
}

/// What is wrong with the answer to a field, and what to do.
#[must_use]
pub fn problem(problem: &FieldProblem) -> String {
    let text = match (problem.problem, problem.bounds) {
        ("out-of-bounds", Some((min, max))) => return format!("{min}から{max}までの数にしてください。"),
        ("too-long-period", Some((_, most))) => return format!("期間は{most}日までにしてください。"),
        ("empty", _) => "入力してください。",
        ("too-long", _) => "長すぎます。短くしてください。",
        ("not-allowed", _) => "ここでは使えません。選び直してください。",
        ("not-a-number", _) => "0以上の整数を、数字だけで入力してください。",
        ("out-of-bounds", _) => "決められた範囲の数にしてください。",
        ("no-date", _) => "暦にある日付を選んでください。",
        ("past", _) => "今日か、その後の日にしてください。",
        ("future", _) => "今日か、その前の日にしてください。",
        ("before-covered", _) => "対象が始まる日か、その後の日にしてください。",
        ("before-from", _) => "始まる日か、その後の日にしてください。",
        ("too-long-period", _) => "期間が長すぎます。短くしてください。",
        ("unknown", _) => "見つかりません。選び直してください。",
        ("not-a-flag", _) => "「有」か「無」と入力してください。",
        ("length", _) => "1文字から1,000文字までで入力してください。",
        ("zero", _) => "0にはできません。1以上にしてください。",
        ("needed", _) => "この値は関所を動かすのに必要です。空にはできません。",
        ("out", _) => {
            "その期間は、ほかの許可で持ち出されています。返却されるまで、期間か物を変えてください。"
        }
        ("several", _) => {
            "当てはまるものが2つ以上あります。番号(職員はログインID)を入力するか、検索して選んでください。"
        }
        ("same", _) => "その日の値と同じです。変わる値を入力してください。",
        (code, _) => super::registers::problem(code).unwrap_or("正しくありません。入力を確かめてください。"),
    };
    text.to_owned()
}

/// What a token may do with requests.
#[must_use]
pub fn token_scope(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "read-requests" => "申請を見る",
        "write-requests" => "申請する・引き戻す・取り下げる・返却する",
        "decide-requests" => "申請を承認する",
        _ => return None,
    })
}

/// The kinds of evidence that requests leave.
#[must_use]
pub fn evidence(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "request-submitted" => "申請",
        "request-resubmitted" => "申請の再提出",
        "request-approved" => "申請の決裁",
        "request-rejected" => "申請の否認",
        "request-pulled-back" => "申請の引戻し",
        "request-withdrawn" => "申請の取下げ",
        "request-expired" => "申請の期限切れ",
        "permit-returned" => "返却",
        "permit-given-up" => "許可の取りやめ",
        "permit-revoked" => "許可の取消し",
        "permit-overdue" => "返却の期限切れ",
        "permit-offered" => "許可の引継ぎの依頼",
        "permit-called-in" => "許可の返却の依頼",
        "permit-taken-over" => "許可の引継ぎ",
        "permit-declined" => "許可を引き継がない",
        "parameter-changed" => "定める値の決定",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everything_has_words_of_its_own() {
        let states: BTreeSet<_> = State::ALL.iter().map(|s| state(*s).0).collect();
        assert_eq!(states.len(), State::ALL.len());
        let standings: BTreeSet<_> = Standing::ALL.iter().map(|s| standing(*s).0).collect();
        assert_eq!(standings.len(), Standing::ALL.len());
        let of = |code: &&'static str| {
            problem(&FieldProblem {
                field: "f".to_owned(),
                title: "t".to_owned(),
                problem: code,
                bounds: None,
            })
        };
        let problems: BTreeSet<_> = FieldProblem::CODES.iter().map(of).collect();
        assert_eq!(problems.len(), FieldProblem::CODES.len());
        assert!(!problems.contains("正しくありません。入力を確かめてください。"), "a code without words");
    }
}
