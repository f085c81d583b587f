//! What every handler needs: the use cases, the listener's zone, the frame of pages, error pages.
//!
//! Owns how a failure of a use case becomes a status, a page and an incident number. The number goes to the log with
//! the whole chain of causes; the page never shows more than the catalogue's words.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use app::{App, Error, actor::Actor};
use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use policy::Mechanism;
use workflow::id::ZoneId;

use crate::{
    dates::When,
    failure,
    live::Streams,
    screens::view::{ClauseChip, ErrorPage, FieldError, Flash, Frame, MenuItem, Who, ZoneView},
    words::{self, Tone, Trouble},
};

/// What a listener is for.
#[derive(Debug, Clone)]
pub struct ZoneSetting {
    /// The zone whose listener this is; it is a property of the connection.
    pub zone: ZoneId,
    /// Whether the listener speaks TLS: cookies are then marked Secure.
    pub tls: bool,
    /// Bytes of one submission at most, all its files together.
    pub request_bytes_max: u64,
}

#[derive(Clone)]
pub(crate) struct Site {
    inner: Arc<Inner>,
}

struct Inner {
    app: App,
    setting: ZoneSetting,
    streams: Streams,
    zone: ZoneView,
    municipality: String,
    /// Numbers incidents within one run of the program.
    incidents: AtomicU64,
}

/// Most clause chips under one page.
const CHIPS_MAX: usize = 5;

impl Site {
    pub(crate) fn new(app: App, setting: ZoneSetting, streams: Streams) -> Self {
        let pack = app.pack();
        let zone = pack.zone(setting.zone.as_str()).map_or_else(
            || ZoneView {
                id: setting.zone.to_string(),
                label: setting.zone.to_string(),
                ..ZoneView::default()
            },
            zone_view,
        );
        let municipality = pack.municipality().map_or_else(|| pack.title().to_owned(), |m| m.name.clone());
        Self {
            inner: Arc::new(Inner {
                municipality,
                zone,
                setting,
                streams,
                incidents: AtomicU64::new(0),
                app,
            }),
        }
    }

    /// The use cases, with the policy that is in force now.
    pub(crate) fn app(&self) -> App {
        self.inner.app.current()
    }

    pub(crate) fn streams(&self) -> &Streams {
        &self.inner.streams
    }

    pub(crate) fn setting(&self) -> &ZoneSetting {
        &self.inner.setting
    }

    pub(crate) fn zone_view(&self, id: &str) -> ZoneView {
        self.app().pack().zone(id).map_or_else(
            || ZoneView {
                id: id.to_owned(),
                label: id.to_owned(),
                kind: "other".into(),
                ..ZoneView::default()
            },
            zone_view,
        )
    }

    pub(crate) fn chips(&self, ids: &[String]) -> Vec<ClauseChip> {
        let unknown = |id: &String| ClauseChip { id: id.clone(), title: id.clone(), ..ClauseChip::default() };
        ids.iter()
            .map(|id| self.app().pack().statement(id).map_or_else(|| unknown(id), ClauseChip::of))
            .collect()
    }

    fn chips_of(&self, mechanisms: &[Mechanism]) -> Vec<ClauseChip> {
        let mut chips: Vec<ClauseChip> = Vec::new();
        let app = self.app();
        for statement in mechanisms.iter().flat_map(|m| app.pack().served_by(*m)) {
            if chips.len() < CHIPS_MAX && chips.iter().all(|c| c.id != statement.id) {
                chips.push(ClauseChip::of(statement));
            }
        }
        chips
    }

    /// The frame of a page. `current` is the path of its menu entry; `done` the code of what just happened.
    pub(crate) fn frame(
        &self,
        actor: Option<&Actor>,
        title: &str,
        current: &str,
        mechanisms: &[Mechanism],
        done: &str,
    ) -> Frame {
        Frame {
            title: title.to_owned(),
            municipality: self.inner.municipality.clone(),
            zone: self.inner.zone.clone(),
            who: actor.map(|a| Who {
                name: a.user().name.clone(),
                section: self.app().section_name(&a.user().section),
                unread: a.unread_notices(),
                follows: matches!(current, "/" | "/notices"),
            }),
            menu: actor
                .map(|a| menu(a, current, self.app().pack().retention().records.as_ref()))
                .unwrap_or_default(),
            flash: flash(done),
            clauses: self.chips_of(mechanisms),
            pack: format!("{} {}", self.app().pack().title(), self.app().pack().version()),
            prints: Vec::new(),
        }
    }

    /// The page for a failure.
    pub(crate) fn fail(&self, actor: Option<&Actor>, error: &Error) -> Response {
        if matches!(error, Error::SessionEnded) {
            return Redirect::to("/login").into_response();
        }
        self.fail_as(actor, failure::status(error), failure::trouble(error), error)
    }

    pub(crate) fn fail_as(
        &self,
        actor: Option<&Actor>,
        status: StatusCode,
        trouble: Trouble,
        cause: &dyn std::error::Error,
    ) -> Response {
        let number = self.inner.incidents.fetch_add(1, Ordering::Relaxed);
        let incident = format!("{:X}-{number:04}", self.app().now() / 1000 % 0x0100_0000);
        let chain = failure::chain(cause);
        if status.is_server_error() {
            tracing::error!(%incident, status = status.as_u16(), zone = %self.inner.setting.zone, "{chain}");
        } else {
            tracing::info!(%incident, status = status.as_u16(), zone = %self.inner.setting.zone, "{chain}");
        }
        let mut answer = render(&ErrorPage {
            frame: self.frame(actor, trouble.what, "", &[], ""),
            status: status.as_u16(),
            trouble,
            incident,
            back_href: "/".into(),
            back: "ホームへ".into(),
        });
        if answer.status() == StatusCode::OK {
            *answer.status_mut() = status;
        }
        answer
    }
}

/// Renders a page. Templates cannot fail on these values; if one does, nothing half-made leaves.
pub(crate) fn render<T: Template>(page: &T) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!("a page cannot be rendered: {error}");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
                "内部の誤りが起きました。",
            )
                .into_response()
        }
    }
}

pub(crate) fn zone_view(zone: &policy::Zone) -> ZoneView {
    ZoneView {
        id: zone.id.clone(),
        label: zone.label.clone(),
        note: zone.description.clone(),
        kind: zone.kind.id().to_owned(),
        colour: zone.colour.clone(),
    }
}

/// The message at a form for a failure that the person can put right there; other failures get a page of their own.
pub(crate) fn at_form(error: &Error) -> Option<FieldError> {
    match error {
        Error::Invalid { field, problem } => Some(FieldError {
            field: (*field).to_owned(),
            text: format!("{}: {}", words::field(field), words::problem(problem)),
        }),
        Error::Refused(refusal) => {
            let words = words::refusal(refusal);
            let field = if let workflow::transfer::Refusal::Field(f) = refusal { *f } else { "" };
            Some(FieldError { field: field.to_owned(), text: format!("{}{}", words.what, words.how) })
        }
        Error::Import(refusal) => {
            let words = words::imports::refusal(*refusal);
            Some(FieldError { field: String::new(), text: words.line() })
        }
        Error::InUse(taken) => Some(FieldError {
            field: String::new(),
            text: format!("{}{}", crate::failure::trouble(error).line(), words::editions::all_in_use(taken)),
        }),
        Error::TooLarge { limit_bytes } => Some(FieldError {
            field: "files".into(),
            text: format!(
                "ファイルが大きすぎます。1つ{}までです。分けるか小さくしてください。",
                crate::screens::view::size(*limit_bytes)
            ),
        }),
        Error::TooMany { limit } => Some(FieldError {
            field: "files".into(),
            text: format!("ファイルが多すぎます。1回{limit}個までです。何回かに分けてください。"),
        }),
        Error::Credentials => Some(FieldError {
            field: String::new(),
            text: "パスワードまたはコードが違います。もう一度入力してください。".into(),
        }),
        _ => None,
    }
}

fn menu(actor: &Actor, current: &str, office: Option<&policy::RecordsOffice>) -> Vec<MenuItem> {
    let holds = |wanted: &[&str]| actor.roles().iter().any(|g| wanted.contains(&g.role.as_str()));
    let item = |href: &str, label: &str, icon: &'static str, group: bool| MenuItem {
        href: href.to_owned(),
        label: label.to_owned(),
        icon,
        count: 0,
        current: href == current,
        group,
    };
    use authz::role;
    let mut items = vec![item("/", "ホーム", "home", false)];
    // Who audits reads only; what he may not do is not offered to him.
    let acts = !holds(&[role::AUDITOR]);
    if acts {
        items.push(item("/transfers/new", "ファイルを送る", "send", false));
        items.push(item("/received", "受け取る", "inbox", false));
    }
    items.push(item("/transfers", "授受の一覧", "list", false));
    if acts {
        items.push(item("/transfers?tray=to-decide", "承認", "stamp", false));
    }
    items.push(item("/requests", "申請", "file", false));
    items.push(item("/tasks", "実施事項", "check", false));
    items.push(item("/training", "研修", "book", false));
    items.push(item("/registers", "台帳", "box", false));
    items.push(item("/policy/duties", "すべきこと", "check", true));
    items.push(item("/clauses", "条項", "book", false));
    if acts && holds(&[role::SUPERVISING_OFFICER, role::SYSTEM_MANAGER, role::SYSTEM_OPERATOR]) {
        items.push(item("/imports", "方針の取込み", "folder", false));
    }
    if holds(&[
        role::AUDITOR,
        role::CISO,
        role::SUPERVISING_OFFICER,
        role::SYSTEM_MANAGER,
        role::SYSTEM_OPERATOR,
        role::SECURITY_OFFICER,
    ]) {
        items.push(item("/evidence", "証跡", "seal", false));
    }
    if office.is_some_and(|o| holds(&[&o.manager, &o.decider, role::AUDITOR])) {
        items.push(item("/records", "文書の保存", "folder", false));
    }
    if holds(&[
        role::SYSTEM_MANAGER,
        role::SYSTEM_OPERATOR,
        role::AUDITOR,
        role::SUPERVISING_OFFICER,
        role::CISO,
    ]) {
        items.push(item("/people", "職員", "people", false));
        items.push(item("/personnel", "人事異動", "people", false));
    }
    if holds(&[role::SECURITY_MANAGER, role::SECURITY_OFFICER]) {
        items.push(item("/handover", "引継ぎ", "people", false));
    }
    if holds(&[role::SYSTEM_MANAGER, role::SYSTEM_OPERATOR]) {
        items.push(item("/mails", "メールの状況", "send", false));
    }
    items.push(item("/help", "ヘルプ", "help", true));
    items
}

/// The messages that a redirect may ask for: a closed list, so that no text travels in an address.
fn flash(code: &str) -> Option<Flash> {
    // What is said of work that is under way is true only as long as it is.
    let while_state = match code {
        "sent" | "retried" => "sanitising",
        _ => "",
    };
    let (tone, title, body) = match code {
        "sent" => (Tone::Good, "受け付けました", "無害化を始めました。この画面は自動で新しくなります。"),
        "approved" => (Tone::Good, "承認しました", "判断は証跡に残りました。"),
        "returned" => (Tone::Good, "差し戻しました", "送った人に届きます。"),
        "rejected" => (Tone::Good, "否認しました", "この授受は終わりました。"),
        "reviewed" => (Tone::Good, "後閲を記録しました", ""),
        "pulled-back" => (Tone::Good, "引き戻しました", "直して再提出するか、取り下げてください。"),
        "withdrawn" => (Tone::Good, "取り下げました", "相手には何も渡っていません。"),
        "resubmitted" => (Tone::Good, "再提出しました", ""),
        "applied" => (Tone::Good, "申請しました", "承認する人に届きます。"),
        "request-approved" => (Tone::Good, "承認しました", "判断は証跡に残りました。"),
        "request-returned" => (Tone::Good, "差し戻しました", "申請した人に届きます。"),
        "request-rejected" => (Tone::Good, "否認しました", "この申請は終わりました。"),
        "request-withdrawn" => (Tone::Good, "取り下げました", "この申請は終わりました。"),
        "given-back" => (Tone::Good, "返却を記録しました", ""),
        "given-up" => (Tone::Good, "許可を使わないことにしました", ""),
        "taken-over" => {
            (Tone::Good, "受け取ったことを記録しました", "これからは、あなたが返却まで受け持ちます。")
        }
        "take-over-declined" => {
            (Tone::Good, "受け取っていないことを記録しました", "返却を確かめるように、所属長に伝わります。")
        }
        "permit-revoked" => (Tone::Good, "許可を取り消しました", "申請した人の画面に示されます。"),
        "retried" => (Tone::Good, "再検査を始めました", "この画面は自動で新しくなります。"),
        "blocked" => (Tone::Good, "ファイルを外しました", ""),
        "password" => (Tone::Good, "パスワードを変更しました", ""),
        "factor" => (Tone::Good, "二要素認証を登録しました", ""),
        "absence" => (Tone::Good, "不在を登録しました", "この間は代決者が判断できます。"),
        "absence-ended" => (Tone::Good, "不在を終えました", ""),
        "revoked" => (Tone::Good, "トークンを取り消しました", ""),
        "saved" => (Tone::Good, "登録しました", ""),
        "roster-kept" => (
            Tone::Good,
            "表を読み取りました",
            "まだ、だれも変わっていません。内容を確かめて、申請してください。",
        ),
        "bye" => (Tone::Plain, "ログアウトしました", ""),
        other => match words::editions::flash(other)
            .or_else(|| words::duties::flash(other))
            .or_else(|| words::registers::flash(other))
            .or_else(|| words::training::flash(other))
            .or_else(|| words::notices::flash(other))
            .or_else(|| words::records::flash(other))
        {
            Some((title, body)) => (Tone::Good, title, body),
            None => return words::imports::flash(code),
        },
    };
    Some(Flash { tone, title: title.to_owned(), body: body.to_owned(), while_state })
}

/// A time in the forms of the pages.
pub(crate) fn when(at: workflow::Millis) -> When {
    When::at(at)
}
