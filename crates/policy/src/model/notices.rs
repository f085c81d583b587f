//! Notices (お知らせ): what people are told, how urgently, and when mails go.
//!
//! Owns: the closed list of kinds, what a body says about each, the hours of mails.
//! Leaves to others: what makes a notice and who is addressed (`app`), sending (`mailer`).

use super::text::Setting;
use super::words::words;
use crate::problem::Origin;

words! {
    /// What a notice is about. Those that wait for a person end when it is done, whoever does it; the others are news.
    NoticeKind {
        /// A decision waits.
        Decide = "decide" "承認待ち",
        /// It waits longer than it should.
        DecideLate = "decide-late" "期限を過ぎた承認待ち",
        /// What a deputy decided waits to be looked at.
        Review = "review" "後閲待ち",
        /// What I handed in came back.
        Returned = "returned" "差戻し",
        /// A file that I sent is held.
        Held = "held" "保留",
        /// Files arrived for me.
        Arrived = "arrived" "受取待ち",
        /// A permit of mine ends soon.
        PermitEnding = "permit-ending" "許可の終わり",
        /// Something was to be given back and was not.
        PermitOverdue = "permit-overdue" "返却の期限超過",
        /// Whoever had what was permitted leaves the section: I am to take it over, or to give it back.
        PermitHandOver = "permit-hand-over" "許可の引継ぎ・返却",
        /// Something happened that gives me something to do.
        TaskNew = "task-new" "新しい実施事項",
        /// Something is to be done soon.
        TaskDue = "task-due" "期限の近い実施事項",
        /// It was not done in time.
        TaskOverdue = "task-overdue" "期限を過ぎた実施事項",
        /// Somebody below did not do something in time.
        TaskEscalated = "task-escalated" "上げられた実施事項",
        /// My report came back.
        TaskReturned = "task-returned" "実施事項の差戻し",
        /// A report waits to be confirmed.
        TaskConfirm = "task-confirm" "確認待ち",
        /// A wish to let a task go waits.
        TaskWaiver = "task-waiver" "免除の承認待ち",
        /// What changed for me in the policy is to be read.
        ToRead = "to-read" "方針の変更の確認",
        /// What my unit is late with.
        SectionLate = "section-late" "課の期限超過",
        /// Rows of a register wait to be classified.
        RowClass = "row-class" "分類待ちの行",
        /// An imported text waits to be reviewed.
        ImportReview = "import-review" "取込みの確認待ち",
        /// Nobody may decide what was handed in.
        Vacancy = "vacancy" "承認する人がいない申請",
        /// What I handed in was approved.
        Approved = "approved" "承認",
        /// It was refused.
        Refused = "refused" "否認・遮断",
        /// Its time ended.
        Expired = "expired" "期限切れ",
        /// A permit of mine was taken back.
        Revoked = "revoked" "許可の取消し",
        /// Somebody took the files that I sent.
        Received = "received" "受領",
        /// What I reported was confirmed, or what I asked to let go was.
        TaskEnded = "task-ended" "実施事項の確認",
        /// Somebody changed my account or my posts.
        Account = "account" "アカウントの変更",
    }
}

impl NoticeKind {
    /// Whether it waits for a person, and ends when what it waits for is done by anybody.
    #[must_use]
    pub fn waits(self) -> bool {
        !matches!(
            self,
            Self::Vacancy
                | Self::Approved
                | Self::Refused
                | Self::Expired
                | Self::Revoked
                | Self::Received
                | Self::TaskEnded
                | Self::Account
        )
    }

    /// Whether it is addressed to whoever holds a role. The others are for one person in his own matter.
    #[must_use]
    pub fn by_role(self) -> bool {
        matches!(
            self,
            Self::Decide
                | Self::DecideLate
                | Self::TaskNew
                | Self::TaskDue
                | Self::TaskOverdue
                | Self::TaskEscalated
                | Self::TaskReturned
                | Self::TaskConfirm
                | Self::TaskWaiver
                | Self::SectionLate
                | Self::RowClass
                | Self::ImportReview
                | Self::Vacancy
        )
    }

    /// Whether the pack alone says which roles are told.
    #[must_use]
    pub fn names_roles(self) -> bool {
        matches!(self, Self::SectionLate | Self::ImportReview | Self::Vacancy)
    }

    /// Whether it comes so many days before something ends.
    #[must_use]
    pub fn counts_days(self) -> bool {
        matches!(self, Self::PermitEnding | Self::Arrived)
    }
}

words! {
    /// How a notice reaches a person besides the screen. The order is that of strength.
    Urgency {
        /// On the screen only.
        ScreenOnly = "screen-only" "画面だけ",
        /// In the one mail of the day.
        Digest = "digest" "1日1通のまとめ",
        /// In a mail at once.
        AtOnce = "at-once" "すぐに",
    }
}

/// What a body says about one kind of notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRule {
    /// Id.
    pub id: String,
    /// Which kind.
    pub kind: NoticeKind,
    /// What people read first.
    pub title: String,
    /// What to do about it, in one sentence.
    pub wording: Option<String>,
    /// How it reaches people who did not choose otherwise.
    pub urgency: Urgency,
    /// Whether nobody may choose something weaker.
    pub binding: bool,
    /// The roles in which somebody is addressed for whom this rule is; none: for everybody else.
    pub roles: Vec<String>,
    /// How many days before the end it comes, the most first.
    pub remind_days: Vec<u32>,
    /// Where it was written.
    pub origin: Origin,
}

/// When mails go, and what they may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeHours {
    /// The hour at which the one mail of an open day goes, 0 to 23.
    pub digest_hour: u8,
    /// From which hour on no mail goes until [`NoticeHours::quiet_until`]; the same hour: there is no quiet.
    pub quiet_from: u8,
    /// Until which hour.
    pub quiet_until: u8,
    /// For how many days notices that have ended are kept.
    pub keep_days: Setting,
    /// Request types that no mail names.
    pub unnamed: Vec<String>,
    /// The domains to which mails may go; none: to none.
    pub domains: Vec<String>,
    /// Whether somebody without an address of his own has his login at the first domain.
    pub by_login: bool,
    /// Where it was written; absent where nothing was.
    pub origin: Option<Origin>,
}

impl Default for NoticeHours {
    fn default() -> Self {
        Self {
            digest_hour: 8,
            quiet_from: 20,
            quiet_until: 7,
            keep_days: Setting { parameter: None, value: Some(400) },
            unnamed: Vec::new(),
            domains: Vec::new(),
            by_login: false,
            origin: None,
        }
    }
}

impl NoticeHours {
    /// Whether no mail goes in this hour of the day.
    #[must_use]
    pub fn is_quiet(&self, hour: u8) -> bool {
        match self.quiet_from.cmp(&self.quiet_until) {
            std::cmp::Ordering::Less => (self.quiet_from..self.quiet_until).contains(&hour),
            std::cmp::Ordering::Equal => false,
            std::cmp::Ordering::Greater => hour >= self.quiet_from || hour < self.quiet_until,
        }
    }

    /// Whether a mail may go to this address: its domain is one of the body's.
    #[must_use]
    pub fn may_mail(&self, address: &str) -> bool {
        address
            .rsplit_once('@')
            .is_some_and(|(_, domain)| self.domains.iter().any(|d| d.eq_ignore_ascii_case(domain)))
    }
}

/// Longest address of a mail, by RFC 5321.
const ADDRESS_BYTES_MAX: usize = 254;
/// Longest part of it before the `@`.
const LOCAL_PART_BYTES_MAX: usize = 64;

/// Whether a text is an address that a mail can be sent to and that says nothing but itself: no spaces, no control
/// characters, nothing that could be read as a second one.
#[must_use]
pub fn is_mail_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-+".contains(&b);
    let dots = |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    text.len() <= ADDRESS_BYTES_MAX
        && (1..=LOCAL_PART_BYTES_MAX).contains(&local.len())
        && local.bytes().all(plain)
        && dots(local)
        && domain.contains('.')
        && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b))
        && dots(domain)
}

#[cfg(test)]
mod tests {
    use super::{NoticeHours, NoticeKind, Urgency, is_mail_address};

    #[test]
    fn quiet_hours_may_pass_midnight() {
        let hours =
            |from, until| NoticeHours { quiet_from: from, quiet_until: until, ..NoticeHours::default() };
        for (from, until, quiet, loud) in [
            (20, 7, vec![20, 23, 0, 6], vec![7, 12, 19]),
            (12, 13, vec![12], vec![11, 13, 0]),
            (0, 0, vec![], vec![0, 12, 23]),
        ] {
            assert!(quiet.iter().all(|h| hours(from, until).is_quiet(*h)), "{from}-{until}");
            assert!(!loud.iter().any(|h| hours(from, until).is_quiet(*h)), "{from}-{until}");
        }
    }

    #[test]
    fn mails_go_to_the_domains_of_the_body_only() {
        let hours = NoticeHours { domains: vec!["city.example".into()], ..NoticeHours::default() };
        for (address, may) in [
            ("a@city.example", true),
            ("a@CITY.example", true),
            ("a@city.example.evil", false),
            ("a@b@city.example", true),
            ("city.example", false),
            ("a@elsewhere.example", false),
        ] {
            assert_eq!(hours.may_mail(address), may, "{address}");
        }
        assert!(!NoticeHours::default().may_mail("a@city.example"));
    }

    #[test]
    fn strengths_are_ordered_and_only_what_waits_ends_by_itself() {
        assert!(Urgency::ScreenOnly < Urgency::Digest && Urgency::Digest < Urgency::AtOnce);
        let news = NoticeKind::WORDS.iter().filter(|(_, kind)| !kind.waits()).count();
        assert_eq!((NoticeKind::WORDS.len(), news), (28, 8));
    }

    #[test]
    fn an_address_is_one_address_and_nothing_else() {
        for (text, is) in [
            ("hanako.sakura@city.example", true),
            ("a+b_c-d@city.example.lg.jp", true),
            ("hanako@city", false),
            ("@city.example", false),
            ("hanako", false),
            ("hanako@city.example\r\nBcc: all@elsewhere.example", false),
            ("hanako@city.example, other@elsewhere.example", false),
            ("Hanako <hanako@city.example>", false),
            ("\"a b\"@city.example", false),
            ("a..b@city.example", false),
            (".a@city.example", false),
            ("a@.example", false),
            ("花子@city.example", false),
            ("a@city.example@elsewhere.example", false),
        ] {
            assert_eq!(is_mail_address(text), is, "{text:?}");
        }
        assert!(!is_mail_address(&format!("{}@city.example", "a".repeat(65))));
    }
}
