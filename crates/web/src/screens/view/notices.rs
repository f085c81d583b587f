//! What the pages of お知らせ show.

use askama::Template;

use super::{Chip, Choice, FieldError, Frame, Tab, ZoneView, error_of};
use crate::dates::When;

/// A notice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeRowView {
    /// Id.
    pub id: String,
    /// What it says.
    pub title: String,
    /// What to do.
    pub wording: String,
    /// What it is about; empty where it cannot be opened.
    pub name: String,
    /// Its number, in words; empty without one.
    pub number: String,
    /// Where it is opened; `None` at this listener.
    pub href: Option<String>,
    /// The zones in which it is, when it cannot be opened here.
    pub elsewhere: Vec<ZoneView>,
    /// Until when.
    pub due: Option<When>,
    /// Whether that is over.
    pub overdue: bool,
    /// When it was made.
    pub made: When,
    /// Whether it was not looked at yet.
    pub unread: bool,
    /// Whether what it waited for is done.
    pub done: bool,
}

/// お知らせ.
#[derive(Debug, Template)]
#[template(path = "notices.html")]
pub struct NoticesPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The lists.
    pub tabs: Vec<Tab>,
    /// What this one is.
    pub lead: String,
    /// The word of the list, for the forms.
    pub tray: String,
    /// Kinds to narrow by.
    pub kinds: Vec<Choice>,
    /// The rows.
    pub rows: Vec<NoticeRowView>,
    /// How many are unread altogether.
    pub unread: u32,
    /// What stands there without any.
    pub empty: String,
    /// The next page.
    pub next_href: Option<String>,
    /// The first.
    pub first_href: String,
    /// Whether this is a later one.
    pub later: bool,
}

/// What may be chosen for a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeChoiceView {
    /// The word of the kind, as the field's name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Ways that may be chosen.
    pub ways: Vec<Choice>,
    /// Whether the policy leaves nothing to choose.
    pub fixed: bool,
}

/// お知らせの届け方.
#[derive(Debug, Template)]
#[template(path = "notice_settings.html")]
pub struct NoticeSettingsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// By kind.
    pub choices: Vec<NoticeChoiceView>,
    /// What was typed as address.
    pub address: String,
    /// Where mails go now; empty: nowhere.
    pub mails_go_to: String,
    /// Domains that an address may have; empty: the body sends no mails.
    pub domains: String,
    /// What each way means.
    pub meanings: Vec<(String, String)>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

impl NoticeSettingsPage {
    /// The message for a field, if there is one.
    #[must_use]
    pub fn error(&self, field: &str) -> Option<&str> {
        error_of(&self.errors, field)
    }
}

/// A mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailRowView {
    /// Id.
    pub id: String,
    /// To whom.
    pub person: String,
    /// What it is: まとめ or すぐ.
    pub what: String,
    /// State.
    pub state: Chip,
    /// When it was made.
    pub made: When,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next: Option<When>,
    /// Why not; empty before the first try.
    pub error: String,
}

/// メールの状況.
#[derive(Debug, Template)]
#[template(path = "mails.html")]
pub struct MailsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// How mails leave; empty: they do not.
    pub road: String,
    /// Whether it is a folder.
    pub folder: bool,
    /// Whether the body wrote domains.
    pub has_domains: bool,
    /// Why the mail server cannot be used, and when it is asked again.
    pub down: Option<(String, When)>,
    /// How many wait; counted up to a thousand.
    pub waiting: u32,
    /// Those that wait.
    pub waiting_rows: Vec<MailRowView>,
    /// Those that were refused for good.
    pub refused_rows: Vec<MailRowView>,
    /// Sent, refused, not needed any more: today.
    pub today: (u64, u64, u64),
    /// The next page of refused ones.
    pub next_href: Option<String>,
    /// The first.
    pub first_href: String,
    /// Whether this is a later one.
    pub later: bool,
}
