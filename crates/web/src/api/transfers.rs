//! Transfers: lists, submitting, deciding, following, taking files.
//!
//! Owns reading a submission as a stream: the form first, then one file after the other, each straight to the store.
//! Leaves what may be done to `app`.

use app::{
    App, Error,
    actor::Actor,
    deciding::Ballot,
    model::{PAGE_ROWS_MAX, PageRequest},
    transfers::{NewTransfer, Tray},
    uploads::{Upload, UploadedFile},
};
use axum::{
    Json,
    extract::{
        FromRequest, Multipart, Request, State,
        multipart::{Field, MultipartError},
    },
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use workflow::{
    id::{FileId, TransferId, UserId},
    request::ATTACHMENTS_MAX,
    route::{Verdict, Vouch},
    transfer::{Content, FILES_MAX, State as TransferState},
};

use super::{
    Api, BODY_BYTES_MAX,
    caller::{Body, Caller, Named, Params},
    cursor,
    dto::{
        CandidateList, ChannelList, ContentForm, DecisionForm, HomeView, Made, PreviewView, RetryForm,
        ReviewForm, TextQuery, TransferForm, TransferList, TransferListQuery, TransferView, search_text,
    },
    errors::Failure,
};
use crate::{
    attachment,
    live::{self, STREAMS_PER_PERSON_MAX, Unopened},
    upload::{self, ReceiveError},
};

pub(crate) async fn home(State(api): State<Api>, Caller(actor): Caller) -> Result<Json<HomeView>, Failure> {
    Ok(Json(api.app().home(&actor).await?.into()))
}

pub(crate) async fn channels(State(api): State<Api>, Caller(actor): Caller) -> Json<ChannelList> {
    Json(api.app().new_transfer_options(&actor).into())
}

pub(crate) async fn candidates(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<TextQuery>,
) -> Result<Json<CandidateList>, Failure> {
    let text = search_text(query.text.as_deref())?;
    let candidates = api.app().candidates(&actor, text).await?.into_iter().map(Into::into).collect();
    Ok(Json(CandidateList { candidates }))
}

pub(crate) async fn list(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<TransferListQuery>,
) -> Result<Json<TransferList>, Failure> {
    let tray = query.tray.as_deref().map_or(Some(Tray::Submitted), Tray::from_id);
    let tray = tray.ok_or_else(|| Failure::invalid("tray", "unknown"))?;
    let states = query
        .state
        .as_deref()
        .filter(|text| !text.is_empty())
        .map_or(Some(Vec::new()), |text| {
            // One more than there are: repeating states is no reason to build a long question.
            text.split(',').take(TransferState::ALL.len() + 1).map(TransferState::from_id).collect()
        })
        .ok_or_else(|| Failure::invalid("state", "unknown"))?;
    let page = PageRequest {
        after: cursor::read(query.after.as_deref())?,
        limit: cursor::limit(query.limit, PAGE_ROWS_MAX),
    };
    Ok(Json(api.app().transfers(&actor, tray, &states, page).await?.into()))
}

pub(crate) async fn show(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<TransferView>, Failure> {
    Ok(Json(api.app().transfer(&actor, &TransferId::new(id)).await?.into()))
}

// ---------------------------------------------------------------- submitting

pub(crate) async fn submit(
    State(api): State<Api>,
    Caller(actor): Caller,
    request: Request,
) -> Result<Response, Failure> {
    let mut parts = Multipart::from_request(request, &api).await.map_err(|_| Failure::media_type())?;
    let (form, arrived) = match arrive(&api, &actor, &mut parts).await {
        Ok(whole) => whole,
        Err(failure) => {
            upload::read_on(&mut parts).await;
            return Err(failure);
        }
    };
    let id = make(&api.app(), &actor, form, arrived).await?;
    let location = HeaderValue::from_str(&format!("/api/v1/transfers/{id}"))
        .map_err(|e| Error::Internal(format!("location: {e}")))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(Made { id: id.to_string() }))
        .into_response())
}

/// Takes the form and stores the files as they come.
async fn arrive(api: &Api, actor: &Actor, parts: &mut Multipart) -> Result<(TransferForm, Arrived), Failure> {
    let form = match parts.next_field().await.map_err(unread)? {
        Some(field) if field.name() == Some("transfer") => {
            read_part::<TransferForm>(field, "transfer").await?
        }
        _ => return Err(Failure::invalid("transfer", "not-first")),
    };
    let files_max =
        api.app().pack().channel_by_id(&form.channel).and_then(|c| c.files_max.value).unwrap_or(0);
    let mut arrived = Arrived::new(api.app());
    while let Some(field) = parts.next_field().await.map_err(unread)? {
        if field.name() != Some("file") {
            return Err(Failure::malformed("a part is neither `transfer` nor `file`"));
        }
        // Counted before it is stored; `app` counts again.
        if u64::try_from(arrived.len()).unwrap_or(u64::MAX) >= files_max.max(1) {
            return Err(Error::TooMany { limit: u32::try_from(files_max).unwrap_or(u32::MAX) }.into());
        }
        let file = upload::receive(&api.app(), actor, &form.channel, field).await.map_err(|e| match e {
            ReceiveError::App(error) => error.into(),
            ReceiveError::Part(error) => unread(error),
        })?;
        arrived.push(file);
    }
    Ok((form, arrived))
}

/// Files that were stored and are not yet part of a transfer. Whatever ends the request before they are, a lost
/// connection too, erases them.
pub(super) struct Arrived {
    app: App,
    files: Vec<UploadedFile>,
}

impl Arrived {
    pub(super) fn new(app: App) -> Self {
        Self { app, files: Vec::new() }
    }

    pub(super) fn push(&mut self, file: UploadedFile) {
        self.files.push(file);
    }

    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Takes the rest of a body, whose parts are files that belong to one thing; `begin` starts each under the name that was claimed.
    pub(super) async fn take_files<F>(
        &mut self,
        parts: &mut Multipart,
        mut begin: impl FnMut(String) -> F,
    ) -> Result<(), Failure>
    where
        F: Future<Output = app::Result<Upload>> + Send,
    {
        while let Some(mut field) = parts.next_field().await.map_err(unread)? {
            if field.name() != Some("file") {
                return Err(Failure::malformed("a part is not `file`"));
            }
            if self.len() >= ATTACHMENTS_MAX {
                let limit = u32::try_from(ATTACHMENTS_MAX).unwrap_or(u32::MAX);
                return Err(Error::TooMany { limit }.into());
            }
            let path = field.file_name().unwrap_or_default().to_owned();
            let name = path.rsplit_once(['/', '\\']).map_or(path.as_str(), |(_, name)| name);
            let mut upload = begin(name.to_owned()).await?;
            while let Some(chunk) = field.chunk().await.map_err(unread)? {
                upload.write(&chunk).await?;
            }
            self.push(upload.finish().await?);
        }
        Ok(())
    }

    /// Hands them over: from now on somebody else answers for them.
    pub(super) fn take(&mut self) -> Vec<UploadedFile> {
        std::mem::take(&mut self.files)
    }
}

impl Drop for Arrived {
    fn drop(&mut self) {
        let files = self.take();
        if files.is_empty() {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let app = self.app.clone();
            runtime.spawn(async move { app.abandon(&files).await });
        }
    }
}

async fn make(
    app: &App,
    actor: &Actor,
    form: TransferForm,
    mut arrived: Arrived,
) -> Result<TransferId, Failure> {
    let new = NewTransfer {
        submission: form.submission,
        channel: form.channel,
        content: Content {
            subject: form.subject,
            purpose: form.purpose,
            classification: form.classification,
            personal_data: form.personal_data,
            answers: form.answers,
            recipients: form.recipients.into_iter().map(UserId::new).collect(),
        },
        files: arrived.take(),
        passwords: form.passwords,
    };
    Ok(app.submit(actor, new).await?)
}

/// Reads a part that is JSON, within the bound of a body.
pub(super) async fn read_part<T: serde::de::DeserializeOwned>(
    mut untrusted: Field<'_>,
    name: &str,
) -> Result<T, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = untrusted.chunk().await.map_err(unread)? {
        if bytes.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(Failure::body_too_large(u64::try_from(BODY_BYTES_MAX).unwrap_or(u64::MAX)));
        }
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes).map_err(|error| Failure::malformed(&format!("part `{name}`: {error}")))
}

pub(super) fn unread(error: MultipartError) -> Failure {
    tracing::debug!(%error, "a multipart body could not be read");
    Failure::interrupted()
}

// ---------------------------------------------------------------- acting on one

pub(crate) async fn decide(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<DecisionForm>,
) -> Result<StatusCode, Failure> {
    let verdict = Verdict::from_id(&form.verdict).ok_or_else(|| Failure::invalid("verdict", "unknown"))?;
    let stands_in_for = form.stands_in_for.map(UserId::new);
    if form.vouches.len() > FILES_MAX {
        return Err(Failure::invalid("vouches", "too-long"));
    }
    let vouches: Vec<Vouch> = form.vouches.into_iter().map(Into::into).collect();
    let ballot = Ballot {
        vouches: &vouches,
        stands_in_for: stands_in_for.as_ref(),
        ..Ballot::new(verdict, &form.comment, &form.seen_hash)
    };
    api.app().decide(&actor, &TransferId::new(id), &ballot).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn review(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<ReviewForm>,
) -> Result<StatusCode, Failure> {
    api.app().review(&actor, &TransferId::new(id), form.decision).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn pull_back(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().pull_back(&actor, &TransferId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn withdraw(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().withdraw(&actor, &TransferId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn resubmit(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<ContentForm>,
) -> Result<StatusCode, Failure> {
    api.app().resubmit(&actor, &TransferId::new(id), form.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn retry(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, file)): Named<(String, String)>,
    Body(form): Body<RetryForm>,
) -> Result<StatusCode, Failure> {
    /// As long as a password of a login may be.
    const PASSWORD_BYTES_MAX: usize = 256;
    if form.password.as_ref().is_some_and(|p| p.len() > PASSWORD_BYTES_MAX) {
        return Err(Failure::invalid("password", "too-long"));
    }
    api.app().retry_file(&actor, &TransferId::new(id), &FileId::new(file), form.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn block(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, file)): Named<(String, String)>,
) -> Result<StatusCode, Failure> {
    api.app().block_file(&actor, &TransferId::new(id), &FileId::new(file)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn follow(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Response, Failure> {
    match live::events(api.app(), &api.streams, actor, TransferId::new(id)).await {
        Ok(events) => Ok(events.into_response()),
        Err(Unopened::TooMany) => Err(Failure::too_many_streams(STREAMS_PER_PERSON_MAX)),
        Err(Unopened::App(error)) => Err(error.into()),
    }
}

// ---------------------------------------------------------------- taking what passed

pub(crate) async fn download(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, file)): Named<(String, String)>,
) -> Result<Response, Failure> {
    let download = api.app().download(&actor, &TransferId::new(id), &FileId::new(file)).await?;
    let name = download.name.clone();
    Ok(attachment::answer(download, &name)?)
}

/// Opens the original of a file that passes unchanged, in the zone it came from. As taking: every time is evidence.
pub(crate) async fn open_original(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, file)): Named<(String, String)>,
) -> Result<Response, Failure> {
    let original = api.app().open_original(&actor, &TransferId::new(id), &FileId::new(file)).await?;
    let name = original.name.clone();
    Ok(attachment::answer(original, &name)?)
}

pub(crate) async fn preview(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, file)): Named<(String, String)>,
) -> Result<Json<PreviewView>, Failure> {
    let preview = api.app().preview(&actor, &TransferId::new(id), &FileId::new(file)).await?;
    Ok(Json(PreviewView { preview: preview.map(Into::into) }))
}

pub(crate) async fn preview_page(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, file, page)): Named<(String, String, String)>,
) -> Result<Response, Failure> {
    let page = page.strip_suffix(".png").and_then(|n| n.parse().ok()).ok_or(Error::NotFound)?;
    let png = api.app().preview_page(&actor, &TransferId::new(id), &FileId::new(file), page).await?;
    Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
}
