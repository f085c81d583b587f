//! ファイルを送る and 再提出: choosing, uploading as a stream, handing over to the use case.
//!
//! Owns the order in which a submission arrives: every field comes before the first file, so that a file is stored
//! while it arrives and never held in memory.

use app::{
    Error,
    actor::Actor,
    transfers::{NewTransfer, Outcome},
    uploads::UploadedFile,
};
use axum::{
    Form,
    extract::{Multipart, Path, Query, State, multipart::Field},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use policy::{ChannelMode, Mechanism, Treatment};
use workflow::{
    id::{TransferId, UserId},
    transfer::{Content, FILES_MAX, RECIPIENTS_MAX},
};

use super::{Pairs, all, one, requests, show, view};
use crate::{
    door::Signed,
    site::{Site, at_form, render, when},
    words,
};

/// Bytes of one text field.
const FIELD_BYTES_MAX: usize = 64 << 10;
/// Fields of one submission.
pub(super) const FIELDS_MAX: usize = 200;
/// Before the id of a field that the chosen channel asks for.
const ANSWER: &str = "answer.";
const BASIS: &[Mechanism] = &[
    Mechanism::ChannelSanitise,
    Mechanism::ChannelApprove,
    Mechanism::ClassificationMark,
    Mechanism::ChannelDeny,
];

pub(crate) async fn new_page(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    new_form(&site, &who.actor, &query, Vec::new()).await
}

async fn new_form(site: &Site, actor: &Actor, pairs: &Pairs, errors: Vec<view::FieldError>) -> Response {
    let app = site.app();
    let options = app.new_transfer_options(actor);
    let mut channels: Vec<view::ChannelView> = options
        .channels
        .iter()
        .map(|option| {
            let channel = option.channel;
            view::ChannelView {
                id: channel.id.clone(),
                chosen: channel.id == one(pairs, "channel"),
                to: site.zone_view(&option.to_zone.id),
                denied: channel.mode == ChannelMode::Deny,
                mode: channel.mode.title_ja().to_owned(),
                note: channel.notice.clone(),
                file_bytes_max: channel.file_bytes_max.value.unwrap_or(0),
                files_max: channel
                    .files_max
                    .value
                    .and_then(|n| u32::try_from(n).ok())
                    .unwrap_or(u32::try_from(FILES_MAX).unwrap_or(u32::MAX)),
                kinds: words::families(&channel.kinds),
                inspected: inspected(site, channel),
                approvals: approvals(site, &option.outcomes),
                clauses: site.chips(&channel.statements),
            }
        })
        .collect();
    // One open way needs no choosing.
    let mut open = channels.iter_mut().filter(|c| !c.denied);
    if let (Some(only), None) = (open.next(), open.next()) {
        only.chosen = true;
    }
    let submission = match one(pairs, "submission") {
        "" => site.app().submission_key(),
        key => key.to_owned(),
    };
    let (chosen, found) = match people(site, actor, pairs).await {
        Ok(people) => people,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let bad = !errors.is_empty();
    let mut answer = render(&view::NewPage {
        frame: site.frame(Some(actor), "ファイルを送る", "/transfers/new", BASIS, ""),
        answers: answer_fields(site, options.channels.iter().map(|o| o.channel), pairs),
        channels,
        levels: show::levels(site, one(pairs, "classification")),
        subject: one(pairs, "subject").to_owned(),
        purpose: one(pairs, "purpose").to_owned(),
        personal_data: !one(pairs, "personal_data").is_empty(),
        chosen,
        search: one(pairs, "q").to_owned(),
        found,
        search_action: "/transfers/new".to_owned(),
        submission,
        total_bytes_max: site.setting().request_bytes_max,
        errors,
    });
    if bad {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

/// What passes unchanged on a channel, and who inspects it.
fn inspected(site: &Site, channel: &policy::Channel) -> Option<(String, String)> {
    let app = site.app();
    let pack = app.pack();
    let rules: Vec<_> =
        channel.rules.iter().filter(|r| r.treatment == Some(Treatment::InspectOnly)).collect();
    let kinds: Vec<_> = if channel.mode == ChannelMode::Inspect {
        channel.kinds.clone()
    } else {
        rules
            .iter()
            .flat_map(|r| if r.kinds.is_empty() { &channel.kinds } else { &r.kinds })
            .copied()
            .collect()
    };
    let asked = channel.request.iter().filter(|_| channel.mode == ChannelMode::Inspect);
    let requests =
        asked.chain(rules.iter().filter_map(|r| r.request.as_ref())).filter_map(|id| pack.request(id));
    let mut steps: Vec<&str> = Vec::new();
    for step in requests.flat_map(|r| &r.steps) {
        if !steps.contains(&step.title.as_str()) {
            steps.push(&step.title);
        }
    }
    (!kinds.is_empty()).then(|| (words::families(&kinds), steps.join(" → ")))
}

fn approvals(site: &Site, outcomes: &[Outcome<'_>]) -> Vec<view::ApprovalPreview> {
    outcomes
        .iter()
        .filter(|o| {
            // Personal data is named only where it changes something.
            !o.personal_data
                || outcomes.iter().any(|other| {
                    other.level == o.level
                        && !other.personal_data
                        && (other.denied != o.denied
                            || other.request.map(|r| &r.id) != o.request.map(|r| &r.id))
                })
        })
        .map(|o| {
            let suffix = if o.personal_data { "(個人情報あり)" } else { "" };
            let steps = match (o.denied, o.request) {
                (Some(why), _) => vec![format!("送れません({why})")],
                (None, Some(request)) => request.steps.iter().map(|s| s.title.clone()).collect(),
                (None, None) => Vec::new(),
            };
            view::ApprovalPreview {
                level: if o.personal_data { format!("{}+", o.level) } else { o.level.to_owned() },
                title: format!("{}{suffix}", show::level_title(site, o.level)),
                steps,
            }
        })
        .collect()
}

/// The further fields of every request type that these channels may ask for, each once.
fn answer_fields<'p>(
    site: &'p Site,
    channels: impl Iterator<Item = &'p policy::Channel>,
    pairs: &Pairs,
) -> Vec<view::AnswerField> {
    let app = site.app();
    let pack = app.pack();
    let mut fields: Vec<view::AnswerField> = Vec::new();
    for channel in channels {
        let asked = channel.request.iter().chain(channel.rules.iter().filter_map(|r| r.request.as_ref()));
        for request in asked.filter_map(|id| pack.request(id)) {
            for field in &request.fields {
                let name = format!("{ANSWER}{}", field.id);
                if fields.iter().any(|f| f.name == name) || is_on_every_form(&field.id) {
                    continue;
                }
                fields.push(view::AnswerField {
                    value: one(pairs, &name).to_owned(),
                    name,
                    title: field.title.clone(),
                    help: field.help.clone().unwrap_or_default(),
                    kind: field.kind.id(),
                    required_for: if field.required {
                        format!("{}では必須", request.title)
                    } else {
                        "任意".to_owned()
                    },
                    choices: field.choices.clone(),
                    chars_max: field.chars_max,
                });
            }
        }
    }
    fields
}

/// Subject and purpose have fields of their own on every form.
fn is_on_every_form(field: &str) -> bool {
    matches!(field, "subject" | "purpose")
}

/// The messages at the form for a failure that the person can put right there.
fn at_fields(error: &Error) -> Option<Vec<view::FieldError>> {
    let Error::Form(problems) = error else { return at_form(error).map(|message| vec![message]) };
    let mut messages = requests::messages(problems);
    for message in messages.iter_mut().filter(|m| !is_on_every_form(&m.field)) {
        message.field.insert_str(0, ANSWER);
    }
    Some(messages)
}

/// The recipients chosen so far and those that a search found.
async fn people(
    site: &Site,
    actor: &Actor,
    pairs: &Pairs,
) -> app::Result<(Vec<view::PersonChoice>, Vec<view::PersonChoice>)> {
    let ids: Vec<&str> = all(pairs, "recipient").take(RECIPIENTS_MAX).collect();
    let mut chosen = Vec::new();
    for id in &ids {
        if let Some(person) = site.app().candidate(actor, &UserId::new(*id)).await? {
            chosen.push(choice(person));
        }
    }
    let text = one(pairs, "q").trim();
    let found = if text.is_empty() { Vec::new() } else { site.app().candidates(actor, text).await? };
    let found = found.into_iter().map(choice).filter(|p| !ids.contains(&p.id.as_str())).collect();
    Ok((chosen, found))
}

fn choice(person: app::people::Candidate) -> view::PersonChoice {
    view::PersonChoice { id: person.id.to_string(), name: person.name, section: person.section_name }
}

pub(crate) async fn recipients(
    State(site): State<Site>,
    who: Signed,
    Query(query): Query<Pairs>,
) -> Response {
    match site.app().candidates(&who.actor, one(&query, "q").trim()).await {
        Ok(found) => render(&view::FoundPeople { found: found.into_iter().map(choice).collect() }),
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

fn content(pairs: &Pairs) -> Content {
    Content {
        subject: one(pairs, "subject").trim().to_owned(),
        purpose: one(pairs, "purpose").trim().to_owned(),
        classification: one(pairs, "classification").to_owned(),
        personal_data: !one(pairs, "personal_data").is_empty(),
        answers: pairs
            .iter()
            .filter_map(|(name, value)| {
                Some((name.strip_prefix(ANSWER)?.to_owned(), value.trim().to_owned()))
            })
            .filter(|(_, value)| !value.is_empty())
            .collect(),
        recipients: all(pairs, "recipient").map(UserId::new).collect(),
    }
}

pub(crate) async fn submit(State(site): State<Site>, who: Signed, mut parts: Multipart) -> Response {
    let mut pairs = Pairs::new();
    let mut files = Vec::new();
    let result = arrive(&site, &who.actor, &mut parts, &mut pairs, &mut files).await;
    let passwords: Vec<String> = one(&pairs, "passwords")
        .lines()
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .take(app::transfers::PASSWORDS_MAX)
        .map(str::to_owned)
        .collect();
    pairs.retain(|(name, _)| name != "passwords");
    let result = match result {
        Ok(()) => {
            let new = NewTransfer {
                submission: one(&pairs, "submission").to_owned(),
                channel: one(&pairs, "channel").to_owned(),
                content: content(&pairs),
                files,
                passwords,
            };
            site.app().submit(&who.actor, new).await
        }
        Err(error) => {
            super::attached::let_go(&site, &files, &mut parts).await;
            Err(error)
        }
    };
    match result {
        Ok(id) => {
            Redirect::to(&format!("/transfers/{}?done=sent", view::path_part(id.as_str()))).into_response()
        }
        Err(error) => match at_fields(&error) {
            Some(messages) => new_form(&site, &who.actor, &pairs, messages).await,
            None => site.fail(Some(&who.actor), &error),
        },
    }
}

/// Takes fields and stores files as they come.
async fn arrive(
    site: &Site,
    actor: &Actor,
    parts: &mut Multipart,
    pairs: &mut Pairs,
    files: &mut Vec<UploadedFile>,
) -> app::Result<()> {
    let broken = |_| Error::Invalid { field: "files", problem: "unknown" };
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let Some(path) = field.file_name().map(str::to_owned) else {
            if pairs.len() >= FIELDS_MAX {
                return Err(Error::Invalid { field: "files", problem: "too-long" });
            }
            let value = text(&mut field).await?;
            pairs.push((name, value));
            continue;
        };
        // A browser sends an empty part for a file field that was left alone.
        if path.is_empty() {
            continue;
        }
        if files.len() >= FILES_MAX {
            return Err(Error::TooMany { limit: u32::try_from(FILES_MAX).unwrap_or(u32::MAX) });
        }
        let (folder, file) = path.rsplit_once(['/', '\\']).unwrap_or(("", path.as_str()));
        let mut upload = site.app().begin_file(actor, one(pairs, "channel"), file, folder).await?;
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            upload.write(&chunk).await?;
        }
        files.push(upload.finish().await?);
    }
    Ok(())
}

pub(super) async fn text(field: &mut Field<'_>) -> app::Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) =
        field.chunk().await.map_err(|_| Error::Invalid { field: "files", problem: "unknown" })?
    {
        if bytes.len() + chunk.len() > FIELD_BYTES_MAX {
            return Err(Error::Invalid { field: "purpose", problem: "too-long" });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(crate) async fn resubmit_page(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    resubmit_form(&site, &who.actor, &id, &query, Vec::new()).await
}

async fn resubmit_form(
    site: &Site,
    actor: &Actor,
    id: &str,
    pairs: &Pairs,
    errors: Vec<view::FieldError>,
) -> Response {
    let detail = match site.app().transfer(actor, &TransferId::new(id)).await {
        Ok(detail) => detail,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let t = &detail.transfer;
    let transfer = show::transfer(site, &detail);
    if !detail.may.resubmit {
        return Redirect::to(&transfer.href).into_response();
    }
    // The first time the form shows what was submitted; a search or an error brings back what was typed.
    let typed: Pairs = if pairs.iter().any(|(name, _)| name == "subject") {
        pairs.clone()
    } else {
        let mut typed = vec![
            ("subject".to_owned(), t.subject.clone()),
            ("purpose".to_owned(), t.purpose.clone()),
            ("classification".to_owned(), t.classification.clone()),
        ];
        if t.personal_data {
            typed.push(("personal_data".to_owned(), "1".to_owned()));
        }
        typed.extend(t.answers.iter().map(|(name, value)| (format!("{ANSWER}{name}"), value.clone())));
        typed.extend(t.recipients.iter().map(|r| ("recipient".to_owned(), r.user.to_string())));
        typed
    };
    let (chosen, found) = match people(site, actor, &typed).await {
        Ok(people) => people,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let came_back = t
        .approval
        .decisions
        .last()
        .filter(|d| d.verdict == workflow::route::Verdict::Return)
        .map(|d| (detail.names.get(&d.by).cloned().unwrap_or_default(), d.comment.clone(), when(d.at)));
    let bad = !errors.is_empty();
    let mut answer = render(&view::ResubmitPage {
        frame: site.frame(Some(actor), "直して再提出", "/transfers", BASIS, ""),
        came_back,
        subject: one(&typed, "subject").to_owned(),
        purpose: one(&typed, "purpose").to_owned(),
        personal_data: !one(&typed, "personal_data").is_empty(),
        answers: answer_fields(site, site.app().pack().channel_by_id(&t.channel).into_iter(), &typed),
        levels: show::levels(site, one(&typed, "classification")),
        chosen,
        search: one(&typed, "q").to_owned(),
        found,
        search_action: format!("{}/resubmit", transfer.href),
        errors,
        transfer,
    });
    if bad {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

pub(crate) async fn resubmit(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    match site.app().resubmit(&who.actor, &TransferId::new(&*id), content(&form)).await {
        Ok(()) => {
            Redirect::to(&format!("/transfers/{}?done=resubmitted", view::path_part(&id))).into_response()
        }
        Err(error) => match at_fields(&error) {
            Some(messages) => resubmit_form(&site, &who.actor, &id, &form, messages).await,
            None => site.fail(Some(&who.actor), &error),
        },
    }
}
