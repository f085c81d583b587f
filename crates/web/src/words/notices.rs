//! The words of notices and mails.
//!
//! Owns one row for each code; leaves what a notice says to the pack.

use app::notices::{NoticeTray, store::MailState};
use policy::Urgency;

use super::Tone;

/// A list: its name, what it is, and what stands there when it is empty.
#[must_use]
pub fn tray(tray: NoticeTray) -> (&'static str, &'static str, &'static str) {
    match tray {
        NoticeTray::Waiting => (
            "待っているもの",
            "あなたの対応を待っています。誰かが済ませると、ここから消えます。",
            "いま、あなたを待っているものはありません。",
        ),
        NoticeTray::News => {
            ("お知らせ", "あなたが出したものの結果と、もう済んだものです。", "お知らせはありません。")
        }
    }
}

/// How a notice reaches a person: the word, and what it means.
#[must_use]
pub fn urgency(urgency: Urgency) -> (&'static str, &'static str) {
    match urgency {
        Urgency::AtOnce => ("すぐにメール", "1、2分のうちにメールが届きます。夜間は朝まで待ちます。"),
        Urgency::Digest => ("1日1通のメール", "開庁日に1通、まとめて届きます。"),
        Urgency::ScreenOnly => ("画面だけ", "メールは届きません。"),
    }
}

/// What became of a mail.
#[must_use]
pub fn mail_state(state: MailState) -> (&'static str, Tone) {
    match state {
        MailState::Waiting => ("送信待ち", Tone::Wait),
        MailState::Sent => ("送信済", Tone::Good),
        MailState::Refused => ("送れません", Tone::Bad),
        MailState::Moot => ("不要になった", Tone::Plain),
    }
}

/// Why a mail could not be sent: the house's own codes in words, an answer of the mail server as it came.
#[must_use]
pub fn mail_error(error: &str) -> &str {
    match error {
        "no-address" => {
            "宛先がありません。職員にアドレスを登録してもらうか、方針の [notices] の domains を確かめてください。"
        }
        answer => answer,
    }
}

/// The word for a kind of evidence.
#[must_use]
pub fn evidence(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "notices-chosen" => "お知らせの届け方の変更",
        "notices-mailed" => "お知らせのメール(1日の件数)",
        _ => return None,
    })
}

/// The messages after what people do with notices and mails.
#[must_use]
pub fn flash(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "notices-read" => ("既読にしました", ""),
        "notices-chosen" => ("お知らせの届け方を変えました", ""),
        "mail-again" => ("もう一度送ります", "1分ほどしてから、この画面を開き直してください。"),
        _ => return None,
    })
}

/// The name of a field in a message.
#[must_use]
pub fn field(field: &str) -> Option<&'static str> {
    Some(match field {
        "mail-address" => "メールアドレス",
        "urgency" => "届け方",
        "id" => "お知らせ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_words_of_its_own() {
        let words: BTreeSet<_> = MailState::ALL.iter().map(|s| mail_state(*s).0).collect();
        assert_eq!(words.len(), MailState::ALL.len());
        let ways: BTreeSet<_> = Urgency::WORDS.iter().map(|(_, u)| urgency(*u).0).collect();
        assert_eq!(ways.len(), Urgency::WORDS.len());
        assert_eq!(mail_error("550 no such user"), "550 no such user");
    }
}
