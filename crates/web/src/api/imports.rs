//! 方針の取込み, for programs: upload, review step by step, take the draft out.
//!
//! Owns the shapes. What was read in a text is the JSON of docs/format-import.md; a correction is one of its list there.
//! Leaves what may be done to `app::imports`.

use app::{
    Error,
    imports::{
        arrive::NewImport,
        model::{ImportHead, ImportStep, Step},
        points::OpenPoints,
        propose::ProposeImport,
    },
    model::{PAGE_ROWS_MAX, PageRequest},
};
use axum::{
    Json,
    extract::{
        FromRequest as _, Multipart, Request, State,
        multipart::{Field, MultipartError},
    },
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use policy::import::{Correction, Review};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Api, BODY_BYTES_MAX,
    caller::{Body, Caller, Named, Params},
    cursor,
    dto::{Made, PageQuery},
    editions::ProposalResult,
    errors::Failure,
};
use crate::{screens::imports::bundled, upload};

/// What is said about the file; the part `import` before the part `file`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportForm {
    /// The name of the layer that it becomes: lower-case letters, digits, hyphens.
    layer: String,
    /// Packs to compare with besides `base`.
    #[serde(default)]
    against: Vec<String>,
    /// The password of an encrypted document.
    #[serde(default)]
    password: Option<String>,
}

/// The parts of an upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the document reads it")]
pub(crate) struct ImportParts {
    import: ImportForm,
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// An import as a list shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportView {
    id: String,
    layer: String,
    title: String,
    file: String,
    file_sha256: String,
    /// An encoding or a kind of document.
    read_as: String,
    damaged: u32,
    chars: u32,
    against: Vec<String>,
    /// `open` or `confirmed`.
    state: &'static str,
    statements: u32,
    /// Of these, the ones that somebody confirmed or dropped.
    decided: u32,
    imported_at: String,
    changed_at: String,
    /// The number of the last step; corrections name the one they were made on.
    version: i64,
}

impl From<&ImportHead> for ImportView {
    fn from(head: &ImportHead) -> Self {
        Self {
            id: head.id.clone(),
            layer: head.layer.clone(),
            title: head.title.clone(),
            file: head.file.clone(),
            file_sha256: head.file_sha256.clone(),
            read_as: head.read_as.clone(),
            damaged: head.damaged,
            chars: head.chars,
            against: head.against.clone(),
            state: head.state.id(),
            statements: head.statements,
            decided: head.decided,
            imported_at: super::time(head.created_at),
            changed_at: super::time(head.changed_at),
            version: head.version,
        }
    }
}

/// Imports, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportList {
    rows: Vec<ImportView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What was decided about a statement.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReviewView {
    /// `open`, `confirmed` or `dropped`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The statement of another pack that a person said it is the same as.
    #[serde(skip_serializing_if = "Option::is_none")]
    same: Option<String>,
    /// The gist a person gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    gist: Option<String>,
}

/// A review as it is now.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportDetail {
    #[serde(flatten)]
    head: ImportView,
    /// What was read, with every correction made: the key `import` of docs/format-import.md.
    #[schema(value_type = Object)]
    import: serde_json::Value,
    /// For each statement of `import`, in its order.
    reviews: Vec<ReviewView>,
    /// The source.
    text: String,
}

/// Corrections made together, all or none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepForm {
    /// The version that was seen.
    version: i64,
    /// Such as `{"do": "confirm", "statement": 3}`; see docs/format-import.md.
    #[schema(value_type = Vec<Object>)]
    corrections: Vec<Correction>,
}

/// The version that was seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenForm {
    version: i64,
}

/// Proposing a confirmed review as an edition.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportProposalForm)]
pub(crate) struct ProposalForm {
    /// The version that was seen.
    version: i64,
    /// Why the policy is to be revised.
    note: String,
    /// The version that the revised policy gets, in the body's words.
    label: String,
}

/// Giving an import up.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiscardQuery {
    /// The version that was seen.
    version: i64,
    /// Why.
    reason: String,
}

/// Which steps.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepQuery {
    /// Only those behind this version.
    #[serde(default)]
    after: i64,
}

/// The version that a step led to.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepMade {
    version: i64,
}

/// A step of a review.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepView {
    version: i64,
    by: String,
    by_name: Option<String>,
    at: String,
    /// What, such as `{"step": "correct", "corrections": […]}`.
    #[schema(value_type = Object)]
    did: Step,
}

/// The steps of a review in their order.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepList {
    rows: Vec<StepView>,
}

/// Something still open.
#[derive(Serialize, ToSchema)]
pub(crate) struct PointView {
    node: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<usize>,
    label: String,
    words: String,
}

/// What is still open, of one kind.
#[derive(Serialize, ToSchema)]
pub(crate) struct PointsView {
    /// `problem`, `undecided`, `role-unsure`, `open-word`, `reference`, `finding` or `unmatched`.
    kind: &'static str,
    count: usize,
    /// The first of them.
    points: Vec<PointView>,
}

/// What is still open about a draft.
#[derive(Serialize, ToSchema)]
pub(crate) struct PointsList {
    rows: Vec<PointsView>,
}

/// A file of the draft pack.
#[derive(Serialize, ToSchema)]
pub(crate) struct DraftFileView {
    /// Below the folder of packs.
    path: String,
    text: String,
}

/// The draft pack.
#[derive(Serialize, ToSchema)]
pub(crate) struct DraftFiles {
    rows: Vec<DraftFileView>,
}

pub(crate) async fn list(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<PageQuery>,
) -> Result<Json<ImportList>, Failure> {
    let page = PageRequest {
        after: cursor::read(query.after.as_deref())?,
        limit: cursor::limit(query.limit, PAGE_ROWS_MAX),
    };
    let found = api.app.imports(&actor, page).await?;
    Ok(Json(ImportList {
        rows: found.rows.iter().map(Into::into).collect(),
        next: found.next.as_ref().map(cursor::text),
    }))
}

pub(crate) async fn make(
    State(api): State<Api>,
    Caller(actor): Caller,
    request: Request,
) -> Result<Response, Failure> {
    let mut parts = Multipart::from_request(request, &api).await.map_err(|_| Failure::media_type())?;
    let arrived = async {
        let form = match parts.next_field().await.map_err(unread)? {
            Some(field) if field.name() == Some("import") => read_form(field).await?,
            _ => return Err(Failure::invalid("import", "not-first")),
        };
        let Some(mut field) = parts.next_field().await.map_err(unread)? else {
            return Err(Failure::invalid("file", "empty"));
        };
        if field.name() != Some("file") {
            return Err(Failure::malformed("the second part is not `file`"));
        }
        let name = field.file_name().unwrap_or_default();
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let mut taken = api.app.begin_import(&actor, &name).await?;
        while let Some(chunk) = field.chunk().await.map_err(unread)? {
            taken.write(&chunk).await?;
        }
        drop(field);
        if parts.next_field().await.map_err(unread)?.is_some() {
            return Err(Error::TooMany { limit: 1 }.into());
        }
        Ok((form, taken))
    }
    .await;
    let (form, taken) = match arrived {
        Ok(whole) => whole,
        Err(failure) => {
            upload::read_on(&mut parts).await;
            return Err(failure);
        }
    };
    let new = NewImport { layer: form.layer, against: form.against, password: form.password };
    let id = api.app.finish_import(&actor, taken, new).await?;
    let location = HeaderValue::from_str(&format!("/api/v1/imports/{id}"))
        .map_err(|e| Error::Internal(format!("location: {e}")))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(Made { id })).into_response())
}

async fn read_form(mut untrusted: Field<'_>) -> Result<ImportForm, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = untrusted.chunk().await.map_err(unread)? {
        if bytes.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(Failure::body_too_large(u64::try_from(BODY_BYTES_MAX).unwrap_or(u64::MAX)));
        }
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes).map_err(|error| Failure::malformed(&format!("part `import`: {error}")))
}

fn unread(error: MultipartError) -> Failure {
    tracing::debug!(%error, "a multipart body could not be read");
    Failure::interrupted()
}

pub(crate) async fn show(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<ImportDetail>, Failure> {
    let review = api.app.import_review(&actor, &id).await?;
    let draft = &review.draft;
    let import = serde_json::to_value(draft.import()).map_err(|e| Error::Internal(format!("import: {e}")))?;
    let reviews = draft.reviews().iter().enumerate().map(|(number, review)| ReviewView {
        state: match review {
            Review::Open => "open",
            Review::Confirmed => "confirmed",
            Review::Dropped { .. } => "dropped",
        },
        reason: match review {
            Review::Dropped { reason } => Some(reason.clone()),
            _ => None,
        },
        same: draft.same(number).map(str::to_owned),
        gist: draft.gist(number).map(str::to_owned),
    });
    Ok(Json(ImportDetail {
        head: (&review.head).into(),
        import,
        reviews: reviews.collect(),
        text: draft.source().to_owned(),
    }))
}

pub(crate) async fn correct(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<StepForm>,
) -> Result<Json<StepMade>, Failure> {
    let version = api.app.correct_import(&actor, &id, form.version, form.corrections).await?;
    Ok(Json(StepMade { version }))
}

pub(crate) async fn steps(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Params(query): Params<StepQuery>,
) -> Result<Json<StepList>, Failure> {
    let steps = api.app.import_steps(&actor, &id, query.after).await?;
    let view = |step: ImportStep| -> Result<StepView, Failure> {
        Ok(StepView {
            version: step.version,
            by: step.by.to_string(),
            at: super::time(step.at),
            did: step.read()?,
            by_name: step.by_name,
        })
    };
    Ok(Json(StepList { rows: steps.into_iter().map(view).collect::<Result<_, _>>()? }))
}

pub(crate) async fn undo(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<SeenForm>,
) -> Result<Json<StepMade>, Failure> {
    Ok(Json(StepMade { version: api.app.undo_import(&actor, &id, form.version).await? }))
}

pub(crate) async fn confirm(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<SeenForm>,
) -> Result<Json<StepMade>, Failure> {
    Ok(Json(StepMade { version: api.app.confirm_import(&actor, &id, form.version).await? }))
}

pub(crate) async fn reopen(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<SeenForm>,
) -> Result<Json<StepMade>, Failure> {
    Ok(Json(StepMade { version: api.app.reopen_import(&actor, &id, form.version).await? }))
}

pub(crate) async fn propose(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<ProposalForm>,
) -> Result<Json<ProposalResult>, Failure> {
    let wanted = ProposeImport { seen: form.version, note: form.note, label: form.label };
    Ok(Json(api.app.propose_import(&actor, &id, wanted).await?.into()))
}

pub(crate) async fn discard(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Params(query): Params<DiscardQuery>,
) -> Result<StatusCode, Failure> {
    api.app.discard_import(&actor, &id, query.version, &query.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn points(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<PointsList>, Failure> {
    let view = |points: OpenPoints| PointsView {
        kind: points.kind.id(),
        count: points.count,
        points: points
            .points
            .into_iter()
            .map(|p| PointView { node: p.node, statement: p.statement, label: p.label, words: p.words })
            .collect(),
    };
    let all = api.app.import_points(&actor, &id).await?;
    Ok(Json(PointsList { rows: all.into_iter().map(view).collect() }))
}

pub(crate) async fn files(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<DraftFiles>, Failure> {
    let files = api.app.export_import(&actor, &id).await?;
    Ok(Json(DraftFiles {
        rows: files.into_iter().map(|(path, text)| DraftFileView { path, text }).collect(),
    }))
}

pub(crate) async fn bundle(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Response, Failure> {
    let files = api.app.export_import(&actor, &id).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], bundled(&files)).into_response())
}
