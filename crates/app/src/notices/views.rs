//! What a person sees of notices, looking at them, and what he chooses.
//!
//! Owns who sees what of a notice in which zone. Leaves mails to [`super::mails`].

use std::collections::BTreeMap;

use authz::{Action, Resource};
use policy::{NoticeKind, Urgency};
use serde_json::json;
use workflow::Millis;

use super::store::{NoticeView, Told};
use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    evidence::{Act, By, Kind},
    model::{Page, PageRequest},
};

/// The bell counts up to here.
pub(crate) const UNREAD_CAP: u32 = 100;
/// Most notices that one call marks as read.
const READ_AT_ONCE_MAX: usize = 200;

/// A list of one's notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeTray {
    /// 待っているもの.
    Waiting,
    /// お知らせ: what does not wait, or no longer.
    News,
}

impl NoticeTray {
    /// Every tray.
    pub const ALL: [NoticeTray; 2] = [NoticeTray::Waiting, NoticeTray::News];

    /// The word in addresses and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            NoticeTray::Waiting => "waiting",
            NoticeTray::News => "news",
        }
    }

    /// The tray with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.id() == id)
    }
}

/// A notice as its person sees it at a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Id.
    pub id: String,
    /// Kind.
    pub kind: NoticeKind,
    /// What it says, by the policy in force.
    pub title: String,
    /// What to do.
    pub wording: Option<String>,
    /// What it is about; `None` where it cannot be opened.
    pub name: Option<String>,
    /// Its number; likewise.
    pub number: Option<i64>,
    /// The page to open; `None` in a zone where it cannot be.
    pub path: Option<String>,
    /// The zones in which it can be opened, when this is not one of them.
    pub elsewhere: Vec<String>,
    /// Until when.
    pub due_at: Option<Millis>,
    /// When it was made.
    pub made_at: Millis,
    /// Whether it waits.
    pub waits: bool,
    /// Whether it was not looked at yet.
    pub unread: bool,
    /// When it ended.
    pub ended_at: Option<Millis>,
}

/// What a list shows.
#[derive(Debug, Clone)]
pub struct Noticed {
    /// The rows.
    pub page: Page<NoticeRow>,
    /// How many are unread altogether.
    pub unread: u32,
}

/// What may be chosen for a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The kind.
    pub kind: NoticeKind,
    /// What reaches a person who chose nothing.
    pub usual: Urgency,
    /// The weakest that may be chosen.
    pub least: Urgency,
    /// What he chose.
    pub chosen: Option<Urgency>,
}

/// What a person may choose, and where mails for him go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeSettings {
    /// By kind, in their order.
    pub choices: Vec<Choice>,
    /// The address that is written down for him, by himself or by a personnel change.
    pub address: Option<String>,
    /// Where mails go now; `None`: nowhere.
    pub mails_go_to: Option<String>,
    /// The domains that an address may have.
    pub domains: Vec<String>,
}

/// The page of what a notice is about.
pub(super) fn path_of(told: &Told) -> String {
    let id = &told.about.id;
    match (told.about.kind.as_str(), told.kind) {
        ("transfer", NoticeKind::Decide | NoticeKind::DecideLate) => format!("/transfers/{id}/decide"),
        // Who fills posts may not see what was handed in.
        (_, NoticeKind::Vacancy) => "/people".to_owned(),
        ("transfer", _) => format!("/transfers/{id}"),
        ("request", _) => format!("/requests/{id}"),
        ("task", _) => format!("/tasks/{id}"),
        ("edition", _) => format!("/readings/{id}"),
        ("section", _) => "/tasks?tray=overdue".to_owned(),
        // The id is that of the register, a point, and the section, if it is one's.
        ("rows", _) => {
            format!(
                "/registers/{}?stage=waiting",
                id.split_once('.').map_or(id.as_str(), |(register, _)| register)
            )
        }
        ("import", _) => format!("/imports/{id}"),
        ("account", _) => "/account".to_owned(),
        _ => "/".to_owned(),
    }
}

impl App {
    async fn permit_notices(&self, actor: &Actor, action: Action) -> Result<()> {
        let own = Resource::OwnAccount { user: actor.id().as_str().to_owned() };
        let _allowed = self.permit(actor, action, &own).await?;
        Ok(())
    }

    /// One's notices, newest first.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::SessionEnded`].
    pub async fn notices(
        &self,
        actor: &Actor,
        tray: NoticeTray,
        kind: Option<NoticeKind>,
        page: PageRequest,
    ) -> Result<Noticed> {
        self.permit_notices(actor, Action::ViewNotices).await?;
        let view = match (kind, tray) {
            (Some(kind), _) => NoticeView::OfKind(kind),
            (None, NoticeTray::Waiting) => NoticeView::Waiting,
            (None, NoticeTray::News) => NoticeView::News,
        };
        let found = self.store().notices(actor.id(), view, &page).await?;
        let unread = self.store().unread_notices(actor.id(), UNREAD_CAP).await?;
        let rows = found.rows.into_iter().map(|notice| {
            let here =
                notice.told.zones.is_empty() || notice.told.zones.iter().any(|z| z == actor.zone().as_str());
            let rule = self.rule_of(notice.told.kind);
            NoticeRow {
                title: rule.map_or_else(|| notice.told.kind.title_ja().to_owned(), |r| r.title.clone()),
                wording: rule.and_then(|r| r.wording.clone()).filter(|_| notice.waits || notice.unread),
                name: Some(notice.told.title.clone()).filter(|name| here && !name.is_empty()),
                number: notice.told.number.filter(|_| here),
                path: here.then(|| path_of(&notice.told)),
                elsewhere: if here { Vec::new() } else { notice.told.zones.clone() },
                due_at: notice.told.due_at,
                made_at: notice.told.made_at,
                kind: notice.told.kind,
                waits: notice.waits,
                unread: notice.unread,
                ended_at: notice.ended_at,
                id: notice.id,
            }
        });
        Ok(Noticed { page: Page { rows: rows.collect(), next: found.next }, unread })
    }

    /// The rule whose words a kind is shown with: that of everybody, or the first.
    pub(super) fn rule_of(&self, kind: NoticeKind) -> Option<&policy::NoticeRule> {
        let first = || self.pack().notice_rules().iter().find(|r| r.kind == kind);
        self.pack().notice_rule(kind, None).or_else(first)
    }

    /// How many notices of this person are unread now, counted up to a hundred.
    ///
    /// # Errors
    /// As [`App::notices`].
    pub async fn unread_notices(&self, actor: &Actor) -> Result<u32> {
        self.permit_notices(actor, Action::ViewNotices).await?;
        Ok(self.store().unread_notices(actor.id(), UNREAD_CAP).await?)
    }

    /// Notes that he looked at these; `None`: at everything. How many that were.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Invalid`] for too many.
    pub async fn read_notices(&self, actor: &Actor, ids: Option<&[String]>) -> Result<u64> {
        self.permit_notices(actor, Action::ReadNotices).await?;
        let now = self.now();
        let read = match ids {
            Some(ids) if ids.len() > READ_AT_ONCE_MAX => {
                return Err(Error::Invalid { field: "id", problem: "too-long" });
            }
            Some(ids) => self.store().read_notices(actor.id(), ids, now).await?,
            None => self.store().read_all_notices(actor.id(), now).await?,
        };
        if read > 0 {
            self.live().told(actor.id());
        }
        Ok(read)
    }

    /// What he may choose.
    ///
    /// # Errors
    /// As [`App::notices`].
    pub async fn notice_settings(&self, actor: &Actor) -> Result<NoticeSettings> {
        self.permit_notices(actor, Action::ViewNotices).await?;
        let chosen = self.store().notice_choices(actor.id()).await?;
        let address = self.store().mail_address(actor.id()).await?.map(|written| written.address);
        let choices = NoticeKind::WORDS.iter().filter_map(|(_, kind)| {
            let (usual, least) = self.bounds_of(actor, *kind)?;
            Some(Choice { kind: *kind, usual, least, chosen: chosen.get(kind).copied() })
        });
        Ok(NoticeSettings {
            choices: choices.collect(),
            mails_go_to: self.mails_go_to(&actor.user().login, address.as_deref()),
            address,
            domains: self.pack().notice_hours().domains.clone(),
        })
    }

    /// What reaches this person of a kind when he chose nothing, and the weakest that he may choose: the strongest over the
    /// roles that he holds. `None` where no rule is for him.
    fn bounds_of(&self, actor: &Actor, kind: NoticeKind) -> Option<(Urgency, Urgency)> {
        let roles = actor.roles().iter().map(|g| Some(g.role.as_str()));
        let rules = roles.chain([None]).filter_map(|role| self.pack().notice_rule(kind, role));
        let bounds = rules.map(|r| (r.urgency, if r.binding { r.urgency } else { Urgency::ScreenOnly }));
        bounds.reduce(|a, b| (a.0.max(b.0), a.1.max(b.1)))
    }

    /// Where mails for somebody go: to the address that he wrote, or to his login where the body says so. Never outside the
    /// body's domains, whatever was written when they were others.
    pub(super) fn mails_go_to(&self, login: &str, written: Option<&str>) -> Option<String> {
        let hours = self.pack().notice_hours();
        let of_login =
            || hours.domains.first().filter(|_| hours.by_login).map(|domain| format!("{login}@{domain}"));
        written
            .map(str::to_owned)
            .or_else(of_login)
            .filter(|to| policy::is_mail_address(to) && hours.may_mail(to))
    }

    /// Keeps what he chose, in place of all that he chose before. An empty address is none.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Invalid`] for an address outside the body and for what the policy does not leave to him.
    pub async fn choose_notices(
        &self,
        actor: &Actor,
        choices: &BTreeMap<NoticeKind, Urgency>,
        untrusted_address: &str,
    ) -> Result<()> {
        self.permit_notices(actor, Action::ChooseNotices).await?;
        let typed = untrusted_address.trim();
        let address = if typed.is_empty() {
            None
        } else if policy::is_mail_address(typed) && self.pack().notice_hours().may_mail(typed) {
            Some(typed.to_owned())
        } else {
            return Err(Error::Invalid { field: "mail-address", problem: "not-allowed" });
        };
        let mut kept = BTreeMap::new();
        for (kind, urgency) in choices {
            let (usual, least) = self
                .bounds_of(actor, *kind)
                .ok_or(Error::Invalid { field: "urgency", problem: "unknown" })?;
            if *urgency < least {
                return Err(Error::Invalid { field: "urgency", problem: "not-allowed" });
            }
            // What is as usual follows the policy when it changes.
            if *urgency != usual {
                kept.insert(*kind, *urgency);
            }
        }
        let now = self.now();
        let said: BTreeMap<&str, &str> = kept.iter().map(|(k, u)| (k.id(), u.id())).collect();
        let act = Act {
            kind: Kind::NoticesChosen,
            by: By::Actor(actor),
            subject: ("user", actor.id().as_str()),
            details: json!({ "choices": said, "address": address }),
            statements: &[],
        };
        let entry = self.entry(now, &act)?;
        let mut tx = self.store().begin().await?;
        tx.put_notice_choices(actor.id(), &kept, address.as_deref()).await?;
        self.commit(tx, vec![entry]).await
    }
}
