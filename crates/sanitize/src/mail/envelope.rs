//! The header fields of a message that stay.
//!
//! Owns: the list of fields, reading each by its sort, writing it so that it can mean only one thing.
//! Leaves to others: the parts below them (`mod`).

use worker_protocol::{Mark, Mode, Threat};

use crate::mime::Part;
use crate::mime::field::{self, Mailbox};
use crate::{Work, text};

/// Mailboxes of one field.
const MAILBOXES_MAX: usize = 2_000;

/// The mark of classification, for programs: its levels, and the label that stands before the subject.
const LEVELS: &str = "X-Classification";
const LABEL: &str = "X-Classification-Label";

/// How a field is read.
enum Sort {
    Mailboxes,
    Words,
    /// Identifiers, dates and codes: ASCII without anything that needs decoding.
    Token,
}

fn sort(name: &str, mode: Mode) -> Option<(&'static str, Sort)> {
    Some(match name {
        "from" => ("From", Sort::Mailboxes),
        "sender" => ("Sender", Sort::Mailboxes),
        "reply-to" => ("Reply-To", Sort::Mailboxes),
        "to" => ("To", Sort::Mailboxes),
        "cc" => ("Cc", Sort::Mailboxes),
        "bcc" => ("Bcc", Sort::Mailboxes),
        "resent-from" => ("Resent-From", Sort::Mailboxes),
        "resent-to" => ("Resent-To", Sort::Mailboxes),
        "date" => ("Date", Sort::Token),
        "resent-date" => ("Resent-Date", Sort::Token),
        "message-id" => ("Message-ID", Sort::Token),
        "in-reply-to" => ("In-Reply-To", Sort::Token),
        "references" => ("References", Sort::Token),
        "subject" => ("Subject", Sort::Words),
        "organization" => ("Organization", Sort::Words),
        "keywords" => ("Keywords", Sort::Words),
        "comments" if mode != Mode::Strict => ("Comments", Sort::Words),
        "importance" => ("Importance", Sort::Token),
        "priority" => ("Priority", Sort::Token),
        "x-priority" => ("X-Priority", Sort::Token),
        "sensitivity" => ("Sensitivity", Sort::Token),
        "auto-submitted" => ("Auto-Submitted", Sort::Token),
        "content-language" => ("Content-Language", Sort::Token),
        "x-classification" => (LEVELS, Sort::Token),
        "x-classification-label" => (LABEL, Sort::Words),
        _ => return None,
    })
}

/// The fields of a clean message, in the order in which they came.
pub(super) struct Envelope {
    pub(super) fields: Vec<(String, String)>,
    /// The same as a person reads them.
    words: Vec<(&'static str, String)>,
}

impl Envelope {
    pub(super) fn read(message: &Part<'_>, mode: Mode, work: &mut Work<'_>) -> Self {
        let mut envelope = Self { fields: Vec::new(), words: Vec::new() };
        for (name, value) in message.fields() {
            // Fields of bare bytes are in the alphabet of the words below them.
            let labelled = message.alphabet().and_then(|label| text::only_by_label(value, label));
            let value = labelled.as_ref().map_or(value, String::as_bytes);
            let Some((written, sort)) = sort(name, mode) else {
                // What describes the parts is written anew with them.
                if !name.starts_with("content-") && name != "mime-version" {
                    work.findings.add(Threat::Metadata, "headers");
                }
                continue;
            };
            if envelope.words.iter().any(|(known, _)| *known == written) {
                // Which of two counts is what mail programs disagree on.
                work.findings.add(Threat::HiddenData, written);
                continue;
            }
            match sort {
                Sort::Mailboxes => envelope.mailboxes(written, field::mailboxes(value)),
                Sort::Words => envelope.words(written, &field::words(value)),
                Sort::Token => {
                    let token: String = String::from_utf8_lossy(value)
                        .chars()
                        .filter(|c| matches!(c, ' '..='~'))
                        .take(2_000)
                        .collect();
                    envelope.push(written, token.clone(), token);
                }
            }
        }
        envelope
    }

    /// An envelope to be filled by someone who read another format.
    pub(super) fn empty() -> Self {
        Self { fields: Vec::new(), words: Vec::new() }
    }

    pub(super) fn mailboxes(&mut self, name: &'static str, mut mailboxes: Vec<Mailbox>) {
        mailboxes.truncate(MAILBOXES_MAX);
        field::close_group(&mut mailboxes);
        let written: Vec<String> = mailboxes.iter().map(field::written).collect();
        let shown: Vec<String> = mailboxes
            .iter()
            .map(|m| {
                let group = m.opens.as_ref().map(|group| format!("{group}: ")).unwrap_or_default();
                match m.name.is_empty() {
                    true => format!("{group}{}", m.address),
                    false => format!("{group}{} <{}>", m.name, m.address),
                }
            })
            .collect();
        self.push(name, written.join(", "), shown.join(", "));
    }

    pub(super) fn words(&mut self, name: &'static str, value: &str) {
        let value = field::visible(value);
        self.push(name, field::encoded(value.trim()), value);
    }

    pub(super) fn push(&mut self, name: &'static str, written: String, shown: String) {
        if !written.trim().is_empty() {
            self.fields.push((name.to_owned(), written));
            self.words.push((name, shown));
        }
    }

    /// Puts the mark that the job asks for into the envelope and before the subject; one of an earlier pass gives way.
    pub(super) fn mark(&mut self, mark: Option<&Mark>) {
        let Some(mark) = mark else { return };
        let shown =
            |name: &str| self.words.iter().find(|(known, _)| *known == name).map(|(_, shown)| shown.clone());
        let subject = shown("Subject").unwrap_or_default();
        let older = shown(LABEL).map(|label| format!("【{label}】"));
        let bare =
            older.as_deref().and_then(|older| subject.strip_prefix(older)).unwrap_or(&subject).to_owned();
        for name in [LEVELS, LABEL, "Subject"] {
            self.fields.retain(|(known, _)| known != name);
            self.words.retain(|(known, _)| *known != name);
        }
        let levels = mark.levels.join(" ");
        let levels: String = levels.chars().filter(|c| matches!(c, ' '..='~')).take(200).collect();
        self.words("Subject", &format!("【{}】{bare}", mark.label));
        self.push(LEVELS, levels.clone(), levels);
        self.words(LABEL, &mark.label);
    }

    pub(super) fn characters(&self) -> u64 {
        self.words.iter().map(|(_, shown)| text::visible_characters(shown)).sum()
    }

    /// The fields that a reader sees first, as lines.
    pub(super) fn as_text(&self) -> String {
        let wanted = ["From", "To", "Cc", "Date", "Subject"];
        let mut out = String::new();
        for name in wanted {
            if let Some((_, shown)) = self.words.iter().find(|(known, _)| *known == name) {
                out.push_str(&format!("{name}: {shown}\n"));
            }
        }
        out.push('\n');
        out
    }
}
