//! Lists, the page of one transfer, approval, previews, receiving.

use app::{
    Error,
    actor::Actor,
    deciding::Ballot,
    model::PageRequest,
    transfers::{TransferDetail, Tray},
};
use axum::{
    Form,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use policy::{Mechanism, PrintOf};
use worker_protocol::{Preview, TextBlock};
use workflow::{
    id::{FileId, TransferId, UserId},
    route::{Verdict, Vouch},
    transfer::{FILES_MAX, Refusal, State as Stage},
};

use super::{Pairs, all, csv, one, show, taken, view};
use crate::{
    attachment, dates,
    door::Signed,
    failure,
    live::{self, Unopened},
    print,
    site::{Site, at_form, render, when},
    words,
};

const LIST_ROWS: u32 = 30;
/// Previews shown inside the approval page; further files have a page of their own.
const INLINE_PREVIEWS_MAX: usize = 20;
/// Pages of one preview shown at once.
const PREVIEW_PAGES_MAX: u32 = 50;

fn tray_words(tray: Tray) -> (&'static str, &'static str, &'static str) {
    match tray {
        Tray::Submitted => ("送った授受", "あなたが送ったファイルです。", "まだ何も送っていません。"),
        Tray::Received => {
            ("受け取った授受", "この系であなた宛てに届いたファイルです。", "あなた宛てのものはありません。")
        }
        Tray::ToDecide => {
            ("承認待ち", "あなたの判断を待っている授受です。", "判断を待っているものはありません。")
        }
        Tray::Units => ("所属の授受", "役割によって見られる範囲の授受です。", "見られる授受はありません。"),
    }
}

pub(crate) async fn list(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let tray = Tray::from_id(one(&query, "tray")).unwrap_or(Tray::Submitted);
    let chosen = Stage::from_id(one(&query, "state"));
    let states: Vec<Stage> = chosen.into_iter().collect();
    let after = show::cursor(one(&query, "after"));
    let later = after.is_some();
    let list = list_taken(&site, &who.actor, tray, &states);
    if let Some(answer) = taken::file_if_asked(&site, &who.actor, &query, list).await {
        return answer;
    }
    let page = match site
        .app()
        .transfers(&who.actor, tray, &states, PageRequest { after, limit: LIST_ROWS })
        .await
    {
        Ok(page) => page,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let (heading, lead, empty) = tray_words(tray);
    let base = format!("/transfers?tray={}&state={}", tray.id(), chosen.map(Stage::id).unwrap_or_default());
    let current = if tray == Tray::ToDecide { "/transfers?tray=to-decide" } else { "/transfers" };
    render(&view::TransfersPage {
        frame: site.frame(
            Some(&who.actor),
            heading,
            current,
            &[Mechanism::EvidenceLedger],
            one(&query, "done"),
        ),
        heading: heading.to_owned(),
        lead: lead.to_owned(),
        tabs: Tray::ALL
            .into_iter()
            .map(|t| view::Tab {
                href: format!("/transfers?tray={}", t.id()),
                label: tray_words(t).0.to_owned(),
                current: t == tray,
            })
            .collect(),
        tray: tray.id().to_owned(),
        states: Stage::ALL
            .into_iter()
            .map(|s| view::Choice {
                id: s.id().to_owned(),
                title: words::state(s).0.to_owned(),
                chosen: Some(s) == chosen,
            })
            .collect(),
        rows: page.rows.iter().map(|r| show::row(&site, r, "")).collect(),
        next_href: page.next.as_ref().map(|c| format!("{base}&after={}", show::cursor_text(c))),
        first_href: base.clone(),
        later,
        downloads: taken::Format::hrefs(&base),
        empty: empty.to_owned(),
    })
}

async fn list_taken(site: &Site, actor: &Actor, tray: Tray, states: &[Stage]) -> app::Result<taken::Taken> {
    use workbook::Kind::{Moment, Number, Text};
    let columns = [
        ("番号", Text),
        ("件名", Text),
        ("状態", Text),
        ("送り元", Text),
        ("宛先", Text),
        ("機密性", Text),
        ("所属", Text),
        ("送った人", Text),
        ("個数", Number),
        ("検査確認", Number),
        ("提出", Moment),
        ("期限", Moment),
    ];
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = site.app().transfers(actor, tray, states, PageRequest { after, limit: 200 }).await?;
        for r in &page.rows {
            rows.push(vec![
                dates::transfer_number(r.number, r.submitted_at),
                r.subject.clone(),
                words::state(r.state).0.to_owned(),
                site.zone_view(r.from_zone.as_str()).label,
                site.zone_view(r.to_zone.as_str()).label,
                show::level_title(site, &r.classification),
                site.app().section_name(&r.section),
                r.submitter_name.clone(),
                r.file_count.to_string(),
                r.inspected_count.to_string(),
                dates::iso(r.submitted_at),
                show::due(r.state, r.due_at).map(dates::iso).unwrap_or_default(),
            ]);
        }
        after = page.next;
        if after.is_none() || rows.len() >= csv::ROWS_MAX {
            break;
        }
    }
    Ok(taken::Taken::new("transfers", "授受の一覧", columns, rows))
}

const DETAIL_BASIS: &[Mechanism] =
    &[Mechanism::ChannelSanitise, Mechanism::MalwareFreeRebuild, Mechanism::EvidenceLedger];

/// A transfer for the person who asks, or the page that says why not.
async fn look(site: &Site, actor: &Actor, id: &str) -> Result<TransferDetail, Response> {
    site.app().transfer(actor, &TransferId::new(id)).await.map_err(|error| site.fail(Some(actor), &error))
}

fn timeline(site: &Site, detail: &TransferDetail) -> Vec<view::Happening> {
    detail.timeline.iter().rev().map(|item| show::happening(site, item)).collect()
}

pub(crate) async fn detail(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    let detail = match look(&site, &who.actor, &id).await {
        Ok(detail) => detail,
        Err(answer) => return answer,
    };
    let transfer = show::transfer(&site, &detail);
    let mut frame =
        site.frame(Some(&who.actor), &transfer.subject, "/transfers", DETAIL_BASIS, one(&query, "done"));
    frame.flash = frame.flash.filter(|f| f.while_state.is_empty() || f.while_state == transfer.state_id);
    if !detail.statements.is_empty() {
        frame.clauses = site.chips(&detail.statements);
    }
    let app = site.app();
    frame.prints = print::offers(&app, PrintOf::Transfer, &detail.transfer.channel, &transfer.href, "");
    render(&view::DetailPage {
        frame,
        acts: show::acts(&detail),
        timeline: timeline(&site, &detail),
        events_href: format!("{}/events", transfer.href),
        fragment_href: format!("{}/fragment", transfer.href),
        stamps: show::stamps(&detail),
        transfer,
    })
}

pub(crate) async fn fragment(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let detail = match look(&site, &who.actor, &id).await {
        Ok(detail) => detail,
        Err(answer) => return answer,
    };
    let transfer = show::transfer(&site, &detail);
    render(&view::DetailFragment {
        acts: &show::acts(&detail),
        timeline: &timeline(&site, &detail),
        events_href: &format!("{}/events", transfer.href),
        fragment_href: &format!("{}/fragment", transfer.href),
        transfer: &transfer,
    })
}

/// Tells an open page to look again; see `crate::live`.
pub(crate) async fn events(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    match live::events(site.app().clone(), site.streams(), who.actor, TransferId::new(id)).await {
        Ok(stream) => stream.into_response(),
        Err(Unopened::TooMany) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Err(Unopened::App(error)) => site.fail(None, &error),
    }
}

pub(crate) async fn decide_page(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    decide_form(&site, &who.actor, &id, &Pairs::new(), None).await
}

/// The page on which a step is decided; after an error with what was typed.
async fn decide_form(site: &Site, actor: &Actor, id: &str, typed: &Pairs, error: Option<&Error>) -> Response {
    let detail = match look(site, actor, id).await {
        Ok(detail) => detail,
        Err(answer) => return answer,
    };
    let transfer = show::transfer(site, &detail);
    let Some(step) =
        detail.transfer.open_step().filter(|_| detail.may.decide || detail.may.decide_for.is_some())
    else {
        // Nothing to decide here for this person: the detail page says where the transfer stands.
        return Redirect::to(&transfer.href).into_response();
    };
    let mut files = Vec::new();
    for (file, shown) in detail.transfer.files.iter().zip(&transfer.files) {
        let preview = if files.len() < INLINE_PREVIEWS_MAX && file.state.passes() {
            match preview_of(site, actor, &detail.transfer.id, &file.id).await {
                Ok(preview) => preview,
                Err(error) => return site.fail(Some(actor), &error),
            }
        } else {
            view::PreviewView::None
        };
        let mut shown = shown.clone();
        if let Some(inspection) = &mut shown.inspection {
            inspection.ticked = all(typed, "vouch").any(|ticked| ticked == shown.id);
            inspection.note = one(typed, &format!("note.{}", shown.id)).to_owned();
        }
        files.push(view::FilePreview { file: shown, preview });
    }
    let inspections = || files.iter().filter_map(|f| f.file.inspection.as_ref());
    let inspected = (inspections().count(), inspections().filter(|i| i.opened.is_some()).count());
    let t = &detail.transfer;
    let name = |id: &UserId| detail.names.get(id).cloned().unwrap_or_default();
    let decided = t
        .approval
        .decisions
        .iter()
        .map(|d| {
            let title = t.approval.route.steps.get(d.step).map(|s| s.title.clone()).unwrap_or_default();
            let tone = if d.verdict == Verdict::Approve { words::Tone::Good } else { words::Tone::Wait };
            let said = view::Chip { word: words::verdict(d.verdict).to_owned(), tone };
            let deputy = if d.on_behalf_of.is_some() { "(代決)" } else { "" };
            (title, format!("{}{deputy}", name(&d.by)), said, d.comment.clone(), when(d.at))
        })
        .collect();
    // Deciding in one's own right comes before standing in for someone.
    let stands_in = detail.may.decide_for.as_ref().filter(|_| !detail.may.decide);
    let mut answer = render(&view::DecidePage {
        frame: site.frame(
            Some(actor),
            &format!("{}: {}", step.title, transfer.subject),
            "/transfers?tray=to-decide",
            &[Mechanism::ApprovalContent, Mechanism::ApprovalTwoPersons],
            "",
        ),
        raised: step.raised_from.as_ref().map(|from| {
            let title = |id| site.app().pack().role_title(id).to_owned();
            (title(from), title(&step.role))
        }),
        step: step.title.clone(),
        last: t.approval.step + 1 >= t.approval.route.steps.len(),
        files,
        inspected,
        opens_here: detail.may.inspect,
        deputy_of: stands_in.map(&name),
        deputy_of_id: stands_in.map(UserId::to_string).unwrap_or_default(),
        seen_hash: detail.content_hash.clone(),
        comment: one(typed, "comment").to_owned(),
        clauses: site.chips(&step.statements),
        decided,
        errors: error.and_then(|e| at_decision(site, &detail, e)).into_iter().collect(),
        transfer,
    });
    if let Some(error) = error {
        *answer.status_mut() = failure::status(error);
    }
    answer
}

/// The message for a decision that was not taken; for a file that passes unchanged it says which, what to do and where.
fn at_decision(site: &Site, detail: &TransferDetail, error: &Error) -> Option<view::FieldError> {
    let (id, text) = match error {
        Error::Refused(Refusal::NotInspected(id)) => (
            id,
            format!(
                "の原本を、あなたはまだ開いていません。「{}」の画面でこの授受({})を開き、「原本を開く」で中身を確かめてから、\
                 もう一度判断してください。",
                site.zone_view(detail.transfer.from_zone.as_str()).label,
                dates::transfer_number(detail.transfer.number, detail.transfer.submitted_at),
            ),
        ),
        Error::Refused(Refusal::NotVouched(id)) => {
            (id, "に、安全と判断した印がありません。印を付けるか、差し戻してください。".to_owned())
        }
        Error::Refused(Refusal::Note(id)) => {
            (id, "の「確かめ方」を、500文字までで書いてください。証跡に残ります。".to_owned())
        }
        other => return at_form(other),
    };
    let name = detail.transfer.files.iter().find(|f| f.id == *id).map(|f| f.untrusted_name.as_str());
    Some(view::FieldError {
        field: format!("inspect-{id}"),
        text: format!("「{}」{text}", name.unwrap_or_default()),
    })
}

/// The words given for files that pass unchanged: those whose box was ticked, each for the hash that was shown.
fn vouches(form: &Pairs) -> Vec<Vouch> {
    let typed = |name: &str, id: &str| one(form, &format!("{name}.{id}")).to_owned();
    all(form, "vouch")
        .take(FILES_MAX)
        .map(|id| Vouch { file: FileId::new(id), sha256: typed("sha256", id), note: typed("note", id) })
        .collect()
}

pub(crate) async fn decide(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let Some(verdict) = Verdict::from_id(one(&form, "verdict")) else {
        return site.fail(Some(&who.actor), &Error::Invalid { field: "verdict", problem: "unknown" });
    };
    let holder = Some(one(&form, "as_deputy_of")).filter(|h| !h.is_empty()).map(UserId::new);
    let vouches = vouches(&form);
    let ballot = Ballot {
        vouches: &vouches,
        stands_in_for: holder.as_ref(),
        ..Ballot::new(verdict, one(&form, "comment"), one(&form, "seen_hash"))
    };
    let result = site.app().decide(&who.actor, &TransferId::new(&*id), &ballot).await;
    match result {
        Ok(()) => {
            let done = match verdict {
                Verdict::Approve => "approved",
                Verdict::Return => "returned",
                Verdict::Reject => "rejected",
            };
            back(&id, done)
        }
        Err(error @ (Error::Refused(_) | Error::Invalid { .. })) => {
            decide_form(&site, &who.actor, &id, &form, Some(&error)).await
        }
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

fn back(id: &str, done: &str) -> Response {
    Redirect::to(&format!("/transfers/{}?done={done}", view::path_part(id))).into_response()
}

fn done(site: &Site, actor: &Actor, id: &str, result: app::Result<()>, code: &str) -> Response {
    match result {
        Ok(()) => back(id, code),
        Err(error) => site.fail(Some(actor), &error),
    }
}

pub(crate) async fn review(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let Ok(decision) = one(&form, "value").parse() else {
        return site.fail(Some(&who.actor), &Error::Invalid { field: "value", problem: "unknown" });
    };
    let result = site.app().review(&who.actor, &TransferId::new(&*id), decision).await;
    done(&site, &who.actor, &id, result, "reviewed")
}

pub(crate) async fn pull_back(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let result = site.app().pull_back(&who.actor, &TransferId::new(&*id)).await;
    done(&site, &who.actor, &id, result, "pulled-back")
}

pub(crate) async fn withdraw(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let result = site.app().withdraw(&who.actor, &TransferId::new(&*id)).await;
    done(&site, &who.actor, &id, result, "withdrawn")
}

pub(crate) async fn retry(
    State(site): State<Site>,
    who: Signed,
    Path((id, file)): Path<(String, String)>,
    Form(form): Form<Pairs>,
) -> Response {
    let password = Some(one(&form, "password").to_owned()).filter(|p| !p.is_empty());
    let result =
        site.app().retry_file(&who.actor, &TransferId::new(&*id), &FileId::new(file), password).await;
    done(&site, &who.actor, &id, result, "retried")
}

pub(crate) async fn block(
    State(site): State<Site>,
    who: Signed,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    let result = site.app().block_file(&who.actor, &TransferId::new(&*id), &FileId::new(file)).await;
    done(&site, &who.actor, &id, result, "blocked")
}

pub(crate) async fn download(
    State(site): State<Site>,
    who: Signed,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    let taken = site.app().download(&who.actor, &TransferId::new(id), &FileId::new(file)).await;
    attachment::opened(taken).unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}

/// What stands before the name of an original that was saved to be inspected: on the desk of whoever opens it, it must not
/// be taken for what was made safe.
const TO_INSPECT: &str = "【検査用・未無害化】";

/// A POST, so that nothing that follows links by itself opens one: each opening is evidence.
pub(crate) async fn open_original(
    State(site): State<Site>,
    who: Signed,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    let opened = site.app().open_original(&who.actor, &TransferId::new(id), &FileId::new(file)).await;
    let answer = opened.and_then(|download| {
        let name = format!("{TO_INSPECT}{}", download.name);
        attachment::answer(download, &name)
    });
    answer.unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}

async fn preview_of(
    site: &Site,
    actor: &Actor,
    id: &TransferId,
    file: &FileId,
) -> app::Result<view::PreviewView> {
    Ok(match site.app().preview(actor, id, file).await? {
        None => view::PreviewView::None,
        Some(Preview::Pages { shown, total }) => view::PreviewView::Pages {
            pages: (0..shown.min(PREVIEW_PAGES_MAX))
                .map(|page| {
                    let (id, file) = (view::path_part(id.as_str()), view::path_part(file.as_str()));
                    format!("/transfers/{id}/files/{file}/pages/{page}")
                })
                .collect(),
            total,
        },
        Some(Preview::Text { blocks, truncated }) => view::PreviewView::Text {
            blocks: blocks
                .into_iter()
                .map(|block| match block {
                    TextBlock::Heading { text } => view::BlockView::Heading(text),
                    TextBlock::Paragraph { text } => view::BlockView::Paragraph(text),
                    TextBlock::Table { rows } => view::BlockView::Table(rows),
                })
                .collect(),
            truncated,
        },
    })
}

pub(crate) async fn preview(
    State(site): State<Site>,
    who: Signed,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    let detail = match look(&site, &who.actor, &id).await {
        Ok(detail) => detail,
        Err(answer) => return answer,
    };
    let transfer = show::transfer(&site, &detail);
    let Some(shown) = transfer.files.into_iter().find(|f| f.id == file) else {
        return site.fail(Some(&who.actor), &Error::NotFound);
    };
    let preview = match preview_of(&site, &who.actor, &detail.transfer.id, &FileId::new(file)).await {
        Ok(preview) => preview,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    render(&view::PreviewPage {
        frame: site.frame(
            Some(&who.actor),
            &format!("{} の結果", shown.name),
            "/transfers",
            &[Mechanism::ApprovalContent, Mechanism::MalwareFreeRebuild],
            "",
        ),
        transfer_href: transfer.href,
        transfer_title: format!("{} {}", transfer.number, transfer.subject),
        file: view::FilePreview { file: shown, preview },
    })
}

pub(crate) async fn page(
    State(site): State<Site>,
    who: Signed,
    Path((id, file, page)): Path<(String, String, usize)>,
) -> Response {
    match site.app().preview_page(&who.actor, &TransferId::new(id), &FileId::new(file), page).await {
        Ok(png) => ([(header::CONTENT_TYPE, "image/png")], png).into_response(),
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

pub(crate) async fn received(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    /// Transfers shown with all their files; further ones follow in the list of the tray.
    const WAITING_MAX: u32 = 20;
    let ask = |states: &'static [Stage], after, limit| {
        let (site, actor) = (&site, &who.actor);
        async move { site.app().transfers(actor, Tray::Received, states, PageRequest { after, limit }).await }
    };
    let waiting_rows = match ask(&[Stage::Ready], None, WAITING_MAX).await {
        Ok(page) => page.rows,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let taken = match ask(&[Stage::Received], show::cursor(one(&query, "after")), LIST_ROWS).await {
        Ok(page) => page,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let mut waiting = Vec::new();
    for row in &waiting_rows {
        let detail = match look(&site, &who.actor, row.id.as_str()).await {
            Ok(detail) => detail,
            Err(answer) => return answer,
        };
        let transfer = show::transfer(&site, &detail);
        let files = transfer.files.into_iter().filter(|f| f.download_href.is_some()).collect();
        waiting.push(view::ReceivedView { row: show::row(&site, row, ""), files });
    }
    render(&view::ReceivedPage {
        frame: site.frame(
            Some(&who.actor),
            "受け取る",
            "/received",
            &[Mechanism::ReceiptRecord, Mechanism::ClassificationMark],
            one(&query, "done"),
        ),
        waiting,
        taken: taken.rows.iter().map(|r| show::row(&site, r, "")).collect(),
        next_href: taken.next.as_ref().map(|c| format!("/received?after={}", show::cursor_text(c))),
    })
}
