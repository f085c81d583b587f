//! Files of courses, as programs hand them in and take them.
//!
//! Owns the endpoints and the shapes of files. Leaves every decision to `app`.

use app::training::{CourseFiles, store::CourseFile};
use axum::{
    extract::{FromRequest as _, Multipart, Request, State},
    http::StatusCode,
    response::Response,
};
use serde::Serialize;
use utoipa::ToSchema;
use workflow::id::{FileId, TaskId};

use crate::{
    api::{
        Api,
        caller::{Caller, Named},
        dto::time,
        errors::Failure,
        transfers::Arrived,
    },
    attachment, upload,
};

/// A file of a course.
#[derive(Serialize, ToSchema)]
pub(crate) struct CourseFileView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
    pub(super) added_at: String,
}

impl From<CourseFile> for CourseFileView {
    fn from(of: CourseFile) -> Self {
        Self {
            id: of.file.id.to_string(),
            name: of.file.untrusted_name,
            bytes: of.file.stored.bytes,
            sha256: of.file.stored.sha256,
            added_at: time(of.added_at),
        }
    }
}

/// The files of an opening of a course, or of a year of one that begins by itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct CourseFilesView {
    /// The id under which they are handed in.
    pub(super) run: String,
    /// Those of this zone.
    pub(super) files: Vec<CourseFileView>,
    /// Other zones in which there are some.
    pub(super) elsewhere: Vec<String>,
    /// Whether files still come and go.
    pub(super) may_change: bool,
}

impl From<(String, CourseFiles)> for CourseFilesView {
    fn from((run, of): (String, CourseFiles)) -> Self {
        Self {
            run,
            files: of.here.into_iter().map(Into::into).collect(),
            elsewhere: of.elsewhere.into_iter().map(|zone| zone.to_string()).collect(),
            may_change: of.may_change,
        }
    }
}

/// Files of a course to be handed in.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document only; the handler reads the parts as a stream")]
pub(crate) struct CourseFileParts {
    /// Each file is a part of this name.
    #[schema(content_media_type = "application/octet-stream")]
    file: Vec<String>,
}

pub(crate) async fn add_files(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    request: Request,
) -> Result<StatusCode, Failure> {
    let mut parts = Multipart::from_request(request, &api).await.map_err(|_| Failure::media_type())?;
    let app = api.app();
    let mut arrived = Arrived::new(app.clone());
    let begin = |name: String| {
        let (app, actor, id) = (&app, &actor, &id);
        async move { app.begin_course_file(actor, id, &name).await }
    };
    if let Err(failure) = arrived.take_files(&mut parts, begin).await {
        upload::read_on(&mut parts).await;
        return Err(failure);
    }
    app.add_course_files(&actor, &id, arrived.take()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn remove_file(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, file)): Named<(String, String)>,
) -> Result<StatusCode, Failure> {
    api.app().remove_course_file(&actor, &id, &FileId::new(file)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn run_file(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, file)): Named<(String, String)>,
) -> Result<Response, Failure> {
    Ok(attachment::opened(api.app().open_course_file(&actor, &id, &FileId::new(file)).await)?)
}

pub(crate) async fn own_file(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, file)): Named<(String, String)>,
) -> Result<Response, Failure> {
    Ok(attachment::opened(api.app().open_my_course_file(&actor, &TaskId::new(id), &FileId::new(file)).await)?)
}
