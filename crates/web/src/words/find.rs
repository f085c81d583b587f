//! The words of searching.
//!
//! Owns what kinds of things and troubles of the index are called. Leaves the words of the policy's own items to `policy`.

use app::finding::{FoundKind, IndexHealth};

/// What a kind is called.
#[must_use]
pub fn kind(kind: FoundKind) -> &'static str {
    match kind {
        FoundKind::Form => "申請の様式",
        FoundKind::Request => "申請",
        FoundKind::Task => "実施事項",
        FoundKind::Duty => "定められた実施事項",
        FoundKind::Row => "台帳",
        FoundKind::Transfer => "授受",
        FoundKind::Person => "職員",
        FoundKind::Edition => "方針の版",
        FoundKind::Evidence => "証跡",
    }
}

/// What is said about the index, where there is something to say: in short, and what it means.
#[must_use]
pub fn trouble(health: &IndexHealth) -> Option<(&'static str, &'static str)> {
    Some(match health {
        IndexHealth::Ready => return None,
        IndexHealth::Behind(_) => (
            "索引を作っています",
            "まだ見つからないものがあります。しばらくしてから、もう一度さがしてください。",
        ),
        IndexHealth::None => (
            "ことばの索引を使えません",
            "方針、様式、実施事項だけからさがしました。情報システム担当にお知らせください。ほかの画面は使えます。",
        ),
        IndexHealth::Full => (
            "索引を置くディスクがいっぱいです",
            "新しいものは見つかりません。情報システム担当にお知らせください。ほかの画面は使えます。",
        ),
        IndexHealth::Failed => (
            "ことばの索引を使えません",
            "しばらくしてから、もう一度さがしてください。続くときは情報システム担当にお知らせください。ほかの画面は使えます。",
        ),
    })
}
