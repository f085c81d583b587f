//! Reading what is said about notices.
//!
//! Owns: which keys they have. Leaves to others: whether two rules are about the same, and whether somebody holds the roles
//! (`check`).

use super::{Reader, duties, no_effect};
use crate::fields::Fields;
use crate::merged::MergedItem;
use crate::model::{NoticeHours, NoticeKind, NoticeRule, ParameterType, Urgency};
use crate::problem::{Code, Sink};
use crate::written::Kind;

/// Longest sentence of a notice, in characters: it stands in a line of a mail.
const WORDING_CHARS_MAX: usize = 120;
/// Most domains of one body.
const DOMAINS_MAX: usize = 20;

impl Reader<'_> {
    pub(super) fn notice(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> NoticeRule {
        let s = &mut self.sink;
        let kind = f.word("kind", NoticeKind::WORDS, NoticeKind::Decide, s);
        let title = line(f, "title", s);
        if title.is_none() && !f.has("title") {
            f.missing("title", "\"承認待ち\"");
        }
        let rule = NoticeRule {
            id: item.id.clone(),
            kind,
            title: title.unwrap_or_default(),
            wording: line(f, "wording", s),
            urgency: f.word("urgency", Urgency::WORDS, Urgency::ScreenOnly, s),
            binding: f.flag("binding", false, s),
            roles: f.references("roles", Kind::Role, s),
            remind_days: if f.has("remind_days") { duties::remind_days(f, s) } else { Vec::new() },
            origin: item.at.clone(),
        };
        if rule.kind.names_roles() && rule.roles.is_empty() {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}({})に、誰に知らせるかがありません。", f.what(), kind.title_ja()),
                "roles = [\"security-manager\"] のように、知らせる役割を書いてください。",
            );
        }
        if !rule.kind.by_role() && !rule.roles.is_empty() {
            no_effect(f, "roles", &format!("「{}」は本人だけに知らせるので", kind.title_ja()), s);
        }
        if !rule.kind.counts_days() && f.has("remind_days") {
            no_effect(
                f,
                "remind_days",
                &format!("「{}」は終わりの日の前に知らせるものではないので", kind.title_ja()),
                s,
            );
        }
        if rule.binding && rule.urgency == Urgency::ScreenOnly {
            no_effect(f, "binding", "urgency が screen-only なので", s);
        }
        rule
    }

    /// `[notices]`. Without it mails go nowhere, at the hours that the software has.
    pub(super) fn notice_hours(&mut self) -> NoticeHours {
        let Some(single) = &self.merged.notices else { return NoticeHours::default() };
        let mut f = Fields::new("[notices]".to_owned(), single.at.clone(), &single.table, self.merged);
        let s = &mut self.sink;
        let plain = NoticeHours::default();
        let hours = NoticeHours {
            digest_hour: hour(&mut f, "digest_hour", plain.digest_hour, s),
            quiet_from: hour(&mut f, "quiet_from", plain.quiet_from, s),
            quiet_until: hour(&mut f, "quiet_until", plain.quiet_until, s),
            keep_days: f
                .setting_opt("keep_days", ParameterType::Days, &self.values, s)
                .unwrap_or(plain.keep_days),
            unnamed: f.references("unnamed", Kind::Request, s),
            domains: domains(&mut f, s),
            by_login: f.flag("by_login", false, s),
            origin: Some(single.at.clone()),
        };
        if hours.is_quiet(hours.digest_hour) {
            s.push(
                Code::WrongValue,
                &f.at_key("digest_hour"),
                format!(
                    "[notices]の「digest_hour」({}時)は、メールを送らない時間({}時から{}時まで)の中にあります。",
                    hours.digest_hour, hours.quiet_from, hours.quiet_until
                ),
                format!("digest_hour = {} のように、静かな時間の外にしてください。", hours.quiet_until),
            );
        }
        if hours.by_login && hours.domains.is_empty() {
            no_effect(&f, "by_login", "domains がないので", s);
        }
        f.finish(s);
        hours
    }
}

/// A text of one line that fits into one.
fn line(f: &mut Fields<'_>, key: &'static str, s: &mut Sink) -> Option<String> {
    let text = f.text_opt(key, s)?;
    if text.chars().count() > WORDING_CHARS_MAX || text.chars().any(char::is_control) {
        s.push(
            Code::WrongValue,
            &f.at_key(key),
            format!("{}の「{key}」は、改行のない{WORDING_CHARS_MAX}字までの文です。", f.what()),
            "一文に縮めてください。くわしいことは、お知らせから開く画面に書かれています。",
        );
    }
    Some(text)
}

fn hour(f: &mut Fields<'_>, key: &'static str, absent: u8, s: &mut Sink) -> u8 {
    let Some(number) = f.number_opt(key, s) else { return absent };
    u8::try_from(number).ok().filter(|h| *h < 24).unwrap_or_else(|| {
        s.push(
            Code::WrongValue,
            &f.at_key(key),
            format!("{}の「{key}」は 0 から 23 までの時です。", f.what()),
            format!("{key} = {absent} のように書いてください。"),
        );
        absent
    })
}

fn domains(f: &mut Fields<'_>, s: &mut Sink) -> Vec<String> {
    let written = f.texts("domains", s);
    if written.len() > DOMAINS_MAX {
        s.push(
            Code::TooLarge,
            &f.at_key("domains"),
            format!("{}の「domains」が多すぎます(上限 {DOMAINS_MAX})。", f.what()),
            "団体が使うものだけを書いてください。",
        );
    }
    let is_domain = |d: &str| {
        let part = |p: &str| {
            (1..=63).contains(&p.len())
                && !p.starts_with('-')
                && !p.ends_with('-')
                && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        d.len() <= 253 && d.contains('.') && d.split('.').all(part)
    };
    let mut domains = Vec::new();
    for (domain, at) in written {
        if is_domain(&domain) {
            domains.push(domain);
        } else {
            s.push(
                Code::WrongValue,
                &at,
                format!("{}の「domains」の「{domain}」はドメイン名ではありません。", f.what()),
                "\"city.example.lg.jp\" のように、@ を付けず小文字で書いてください。",
            );
        }
    }
    domains
}
