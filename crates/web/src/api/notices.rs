//! One's own notices, and how mails fare, as programs read them.
//!
//! Owns the endpoints with what goes in and out. Leaves every decision to `app`.

use std::collections::BTreeMap;

use app::{
    model::{PAGE_ROWS_MAX, PageRequest},
    notices::{MailRoad, NoticeRow, NoticeTray, store::Mail},
};
use axum::{Json, extract::State, http::StatusCode};
use policy::{NoticeKind, Urgency};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    caller::{Body, Caller, Named, Params},
    cursor,
    dto::time,
    errors::Failure,
};

/// Which notices.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticeListQuery {
    /// `waiting` (as when absent) or `news`; without effect beside `kind`.
    pub(crate) tray: Option<String>,
    /// Only this kind, waiting or not.
    pub(crate) kind: Option<String>,
    /// From the `next` of the page before.
    pub(crate) after: Option<String>,
    /// Rows at most.
    pub(crate) limit: Option<u32>,
}

/// A notice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoticeView {
    /// Id.
    id: String,
    /// Kind, by the words of the pack format.
    kind: String,
    /// What it says.
    title: String,
    /// What to do.
    wording: Option<String>,
    /// What it is about; absent where it cannot be opened.
    name: Option<String>,
    /// Its number; likewise.
    number: Option<i64>,
    /// The page of this listener's server; absent where there is none.
    path: Option<String>,
    /// The zones in which it can be opened, when this is none of them.
    elsewhere: Vec<String>,
    /// Until when.
    due_at: Option<String>,
    /// When it was made.
    made_at: String,
    /// Whether what it waits for is still to be done.
    waits: bool,
    /// Whether it was not looked at yet.
    unread: bool,
    /// When it ended.
    ended_at: Option<String>,
}

impl From<NoticeRow> for NoticeView {
    fn from(row: NoticeRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind.id().to_owned(),
            title: row.title,
            wording: row.wording,
            name: row.name,
            number: row.number,
            path: row.path,
            elsewhere: row.elsewhere,
            due_at: row.due_at.map(time),
            made_at: time(row.made_at),
            waits: row.waits,
            unread: row.unread,
            ended_at: row.ended_at.map(time),
        }
    }
}

/// A page of notices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoticeList {
    /// The rows, newest first.
    rows: Vec<NoticeView>,
    /// How many are unread altogether, counted up to 100.
    unread: u32,
    /// For the next page.
    next: Option<String>,
}

/// Which notices were looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticeReadForm {
    /// Their ids, at most 200; absent: all.
    ids: Option<Vec<String>>,
}

/// How many that were.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoticeReadResult {
    /// Notices that were unread and are not any more.
    read: u64,
}

/// What may be chosen for a kind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoticeChoiceView {
    /// Kind.
    kind: String,
    /// What reaches whoever chose nothing: `at-once`, `digest`, `screen-only`.
    usual: String,
    /// The weakest that may be chosen.
    least: String,
    /// What was chosen.
    chosen: Option<String>,
}

/// How notices reach the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoticeSettingsView {
    /// By kind.
    choices: Vec<NoticeChoiceView>,
    /// The address that the caller wrote.
    address: Option<String>,
    /// Where mails go; absent: nowhere.
    mails_go_to: Option<String>,
    /// The domains that an address may have.
    domains: Vec<String>,
}

/// What the caller chooses, in place of everything before.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticeSettingsForm {
    /// By kind: `at-once`, `digest`, `screen-only`.
    #[serde(default)]
    choices: BTreeMap<String, String>,
    /// The address; absent: that of the body.
    #[serde(default)]
    address: String,
}

/// A mail of the outbox.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailView {
    /// Id.
    id: String,
    /// Whose, by id.
    person: String,
    /// His name.
    person_name: String,
    /// Whether it is the digest of a day.
    digest: bool,
    /// `waiting` or `refused`.
    state: String,
    /// When it was made.
    made_at: String,
    /// How often it was tried.
    tries: u32,
    /// When it is tried next.
    next_at: Option<String>,
    /// Why it could not be sent, as the mail server said.
    error: Option<String>,
}

impl From<Mail> for MailView {
    fn from(mail: Mail) -> Self {
        Self {
            id: mail.id,
            person: mail.person.to_string(),
            person_name: mail.person_name,
            digest: mail.digest,
            state: mail.state.id().to_owned(),
            made_at: time(mail.made_at),
            tries: mail.tries,
            next_at: mail.next_at.map(time),
            error: mail.error,
        }
    }
}

/// How mails fare.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailOverviewView {
    /// The mail server, when mails go to one.
    server: Option<String>,
    /// The folder, when they go into one.
    folder: Option<String>,
    /// Why the mail server cannot be used.
    down: Option<String>,
    /// How many wait, counted up to 1,000.
    waiting: u32,
    /// The newest of those.
    waiting_rows: Vec<MailView>,
    /// Those that were refused for good, newest first.
    refused: Vec<MailView>,
    /// Sent today.
    sent_today: u64,
    /// Refused for good today.
    refused_today: u64,
    /// For the next page of refused ones.
    next: Option<String>,
}

/// A page of it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailQuery {
    /// From the `next` of the page before.
    pub(crate) after: Option<String>,
    /// Rows at most.
    pub(crate) limit: Option<u32>,
}

fn page(after: Option<&str>, limit: Option<u32>) -> Result<PageRequest, Failure> {
    Ok(PageRequest { after: cursor::read(after)?, limit: cursor::limit(limit, PAGE_ROWS_MAX) })
}

pub(crate) async fn list(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<NoticeListQuery>,
) -> Result<Json<NoticeList>, Failure> {
    let tray = query.tray.as_deref().map_or(Some(NoticeTray::Waiting), NoticeTray::from_id);
    let tray = tray.ok_or_else(|| Failure::invalid("tray", "unknown"))?;
    let kind = query.kind.as_deref().map(NoticeKind::from_id);
    let kind = match kind {
        Some(None) => return Err(Failure::invalid("kind", "unknown")),
        Some(known) => known,
        None => None,
    };
    let page = page(query.after.as_deref(), query.limit)?;
    let found = api.app().notices(&actor, tray, kind, page).await?;
    Ok(Json(NoticeList {
        rows: found.page.rows.into_iter().map(Into::into).collect(),
        unread: found.unread,
        next: found.page.next.as_ref().map(cursor::text),
    }))
}

pub(crate) async fn read(
    State(api): State<Api>,
    Caller(actor): Caller,
    Body(form): Body<NoticeReadForm>,
) -> Result<Json<NoticeReadResult>, Failure> {
    let read = api.app().read_notices(&actor, form.ids.as_deref()).await?;
    Ok(Json(NoticeReadResult { read }))
}

pub(crate) async fn settings(
    State(api): State<Api>,
    Caller(actor): Caller,
) -> Result<Json<NoticeSettingsView>, Failure> {
    let settings = api.app().notice_settings(&actor).await?;
    Ok(Json(NoticeSettingsView {
        choices: settings
            .choices
            .iter()
            .map(|c| NoticeChoiceView {
                kind: c.kind.id().to_owned(),
                usual: c.usual.id().to_owned(),
                least: c.least.id().to_owned(),
                chosen: c.chosen.map(|u| u.id().to_owned()),
            })
            .collect(),
        address: settings.address,
        mails_go_to: settings.mails_go_to,
        domains: settings.domains,
    }))
}

pub(crate) async fn choose(
    State(api): State<Api>,
    Caller(actor): Caller,
    Body(form): Body<NoticeSettingsForm>,
) -> Result<StatusCode, Failure> {
    let mut choices = BTreeMap::new();
    for (kind, urgency) in &form.choices {
        let (Some(kind), Some(urgency)) = (NoticeKind::from_id(kind), Urgency::from_id(urgency)) else {
            return Err(Failure::invalid("choices", "unknown"));
        };
        choices.insert(kind, urgency);
    }
    api.app().choose_notices(&actor, &choices, &form.address).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn mails(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<MailQuery>,
) -> Result<Json<MailOverviewView>, Failure> {
    let page = page(query.after.as_deref(), query.limit)?;
    let seen = api.app().mails(&actor, page).await?;
    let (server, folder) = match seen.road {
        Some(MailRoad::Server(place)) => (Some(place), None),
        Some(MailRoad::Folder(place)) => (None, Some(place)),
        None => (None, None),
    };
    Ok(Json(MailOverviewView {
        server,
        folder,
        down: seen.down.map(|(why, _)| why),
        waiting: seen.waiting,
        waiting_rows: seen.waiting_rows.into_iter().map(Into::into).collect(),
        refused: seen.refused.rows.into_iter().map(Into::into).collect(),
        sent_today: seen.today.sent,
        refused_today: seen.today.refused,
        next: seen.refused.next.as_ref().map(cursor::text),
    }))
}

pub(crate) async fn again(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().try_mail_again(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
