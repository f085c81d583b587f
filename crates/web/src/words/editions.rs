//! Words about editions (版) of the policy.
//!
//! Owns the Japanese of their stages, refusals and evidence.

use app::editions::in_use::InUse;
use workflow::edition::Stage;

use super::{Tone, Trouble, trouble};

/// The word of a stage, its tone, and what it means.
#[must_use]
pub fn stage(stage: Stage) -> (&'static str, Tone, &'static str) {
    match stage {
        Stage::Draft => ("案", Tone::Plain, "改定を申請できます。"),
        Stage::Applied => ("承認待ち", Tone::Wait, "申請の経路で判断を待っています。"),
        Stage::Approved => ("施行待ち", Tone::Wait, "承認されました。施行日に自動で切り替わります。"),
        Stage::InForce => ("施行中", Tone::Good, "いま動いている方針です。"),
        Stage::Superseded => ("旧版", Tone::Plain, "次の版に替わりました。"),
        Stage::Withdrawn => ("取下げ", Tone::Plain, "施行しません。"),
    }
}

pub(super) fn error(code: &str) -> Option<Trouble> {
    Some(match code {
        "edition-stage" => trouble(
            "この版は、いまその操作ができません。",
            "承認や施行が進んでいるか、取り下げられています。",
            "版の画面を開き直して、いまの状態を見てください。",
        ),
        "edition-no-analysis" => trouble(
            "リスク分析が添えられていません。",
            "改定の前にリスクを分析することを、方針が求めています。",
            "版の画面でリスク分析を添えてから、申請してください。",
        ),
        "edition-errors" => trouble(
            "方針の文に誤りがあるので、申請できません。",
            "提案のあとで関所の版が変わった場合などに起こります。",
            "版の画面で誤りの場所と直し方を見て、直した文を提案し直してください。",
        ),
        "edition-in-use" => trouble(
            "使われているものがなくなるので、進められません。",
            "この版には、いま進行中の手続に要るものがありません。",
            "次の手続を終わらせるか、版を直してください。",
        ),
        "edition-under-way" => trouble(
            "別の版が承認または施行を待っています。",
            "一度に一つの版だけが進みます。比べる相手が途中で変わらないようにするためです。",
            "その版が施行されるか取り下げられてから、申請してください。",
        ),
        "edition-same" => trouble(
            "いま動いている方針と同じ内容です。",
            "変わるところがないので、申請する理由がありません。",
            "直した文を提案してください。",
        ),
        "edition-past" => trouble(
            "施行日が過ぎています。",
            "方針をさかのぼって変えることはできません。",
            "今日か、それより後の日を選んでください。",
        ),
        "edition-other-request" => trouble(
            "この版は、別の申請で判断されています。",
            "この申請の後に、取下げや出し直しがありました。",
            "版の画面から、いまの申請を開いてください。",
        ),
        "edition-base-changed" => trouble(
            "申請した後に、動いている方針が変わりました。",
            "承認は、見比べた相手に対してだけ有効です。",
            "差し戻して、いまの方針と比べ直したうえで申請し直してください。",
        ),
        "edition-early" => trouble(
            "施行日がまだ来ていません。",
            "版は施行日に切り替わります。",
            "施行日まで待ってください。",
        ),
        "broken-text" => trouble(
            "保存されている方針の文を、この版の関所では読めません。",
            "関所を更新した後に、古い書き方が使えなくなった場合に起こります。",
            "システム担当者に伝え、直した文を提案してもらってください。",
        ),
        "cannot-run" => trouble(
            "この方針は、この版の関所では動かせません。",
            "関所がまだできないことを求めているか、要る値が定められていません。",
            "sekisho policy check --ready で確かめ、文を直してください。",
        ),
        "not-public" => trouble(
            "公開できる文書がありません。",
            "方針パックが、どの文書も公開しないとしています。",
            "公開する文書の public を確かめてください。",
        ),
        _ => return None,
    })
}

/// What is in use and would be taken away, and what to do.
#[must_use]
pub fn in_use(taken: &InUse) -> String {
    match taken {
        InUse::Channel { zones: (from, to), transfers, .. } => format!(
            "「{from}」から「{to}」への通信路がなくなりますが、進行中のファイル授受が {transfers} 件あります。受取りを待つだけになるか終わるまで待つか、取り下げてもらってください。"
        ),
        InUse::Form { title, requests, .. } => format!(
            "申請「{title}」がなくなりますが、決まっていない申請が {requests} 件あります。決裁するか、取り下げてもらってください。"
        ),
        InUse::Manager { posts } => format!(
            "情報システム管理者の役割をもつ人がいなくなります(いまの職: {})。この版で役割をもつ職を、先にだれかに与えてください。職そのものが新しいときは、いまの職にも役割を残した版を先に施行してください。",
            posts.join("、")
        ),
    }
}

/// All of them in one text.
#[must_use]
pub fn all_in_use(taken: &[InUse]) -> String {
    taken.iter().map(in_use).collect::<Vec<_>>().join(" ")
}

pub(super) fn evidence(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "edition-proposed" => "方針の版の提案",
        "edition-analysed" => "リスク分析の添付",
        "edition-applied" => "方針の改定の申請",
        "edition-sent-back" => "方針の改定の差戻し",
        "edition-approved" => "方針の改定の承認",
        "edition-withdrawn" => "方針の版の取下げ",
        "policy-adopted" => "方針の施行",
        "policy-read" => "方針の変更の既読",
        "policy-published" => "方針の公表",
        _ => return None,
    })
}

pub(super) fn field(name: &str) -> Option<&'static str> {
    Some(match name {
        "note" => "改定の理由",
        "analysis-title" => "リスク分析の題",
        "analysis-text" => "リスク分析の内容",
        "effective-from" => "施行日",
        "label" => "新しい版の名前",
        _ => return None,
    })
}

/// The messages after an act on an edition.
pub(crate) fn flash(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "proposed" => ("案として保存しました", "違いと役割ごとの影響を確かめてください。"),
        "proposed-restart" => (
            "案として保存しました。施行には関所の再起動が要ります",
            "系が変わるためです。違いと役割ごとの影響を確かめてください。",
        ),
        "analysed" => ("リスク分析を添えました", ""),
        "edition-applied" => ("改定を申請しました", "承認されると、施行日に自動で切り替わります。"),
        "edition-withdrawn" => ("版を取り下げました", "いま動いている方針はそのままです。"),
        "read" => ("既読を記録しました", ""),
        _ => return None,
    })
}
