//! Files of courses on the screens: handing them in, taking them away, opening them.
//!
//! Owns how they are shown on the page of a course and on one's own. Leaves who may what, and that opening is evidence, to `app`.

use app::{
    Error,
    actor::Actor,
    training::{CourseFiles, CourseYear},
    uploads::ATTACHMENT_BYTES_MAX,
};
use axum::{
    extract::{Multipart, Path, State},
    response::Response,
};
use workflow::id::{FileId, TaskId, ZoneId};

use super::{after, year_name};
use crate::{
    attachment,
    door::Signed,
    screens::{Pairs, attached, duties, view},
    site::{Site, when},
};

fn run_href(id: &str) -> String {
    format!("/training/runs/{}/files", view::path_part(id))
}

/// Files as a page shows them; `base` is what stands before the id of each.
fn shown(site: &Site, files: &CourseFiles, covers: String, base: &str) -> view::CourseFilesView {
    let file = |f: &app::training::store::CourseFile| {
        let href = format!("{base}/{}", view::path_part(f.file.id.as_str()));
        view::CourseFileView {
            remove: files.may_change.then(|| format!("{href}/remove")),
            href,
            name: f.file.untrusted_name.clone(),
            size: view::size(f.file.stored.bytes),
            added: when(f.added_at),
        }
    };
    let zone = |zone: &ZoneId| site.zone_view(zone.as_str()).label;
    view::CourseFilesView {
        covers,
        files: files.here.iter().map(file).collect(),
        elsewhere: files.elsewhere.iter().map(zone).collect::<Vec<_>>().join("、"),
        add: files.may_change.then(|| base.to_owned()),
        bytes_max: view::size(ATTACHMENT_BYTES_MAX),
    }
}

/// The files on the page of a course, for who runs it: those of each opening, or of the year.
pub(super) fn of_year(site: &Site, of: &CourseYear) -> Vec<view::CourseFilesView> {
    let covers = |id: &str| {
        let run = of.runs.iter().find(|run| run.id == id);
        run.map_or_else(|| year_name(of.year), |run| duties::covers_words(&run.covers))
    };
    of.files.iter().map(|(id, files)| shown(site, files, covers(id), &run_href(id))).collect()
}

/// The files on one's own page; `None` where there are none.
pub(super) fn of_mine(site: &Site, files: &CourseFiles, href: &str) -> Option<view::CourseFilesView> {
    let any = !files.here.is_empty() || !files.elsewhere.is_empty();
    any.then(|| shown(site, files, String::new(), &format!("{href}/files")))
}

/// The page of the course after an act on the files of one of its openings.
async fn course_after(site: &Site, actor: &Actor, id: &str, done: &str, result: app::Result<()>) -> Response {
    match site.app().course_of_files(id).await {
        Ok((course, _)) => after(site, actor, &course, done, &Pairs::new(), result).await,
        Err(error) => site.fail(Some(actor), &error),
    }
}

/// Stores the files as they come, and hands them in.
pub(crate) async fn add(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    mut parts: Multipart,
) -> Response {
    let app = site.app();
    let (mut pairs, mut files) = (Pairs::new(), Vec::new());
    let begin = |name: String| {
        let (app, actor, id) = (&app, &who.actor, &id);
        async move { app.begin_course_file(actor, id, &name).await }
    };
    let result = match attached::arrive(begin, &mut parts, &mut pairs, &mut files).await {
        Ok(()) => app.add_course_files(&who.actor, &id, files).await,
        Err(error) => {
            attached::let_go(&site, &files, &mut parts).await;
            Err(error)
        }
    };
    course_after(&site, &who.actor, &id, "course-files-added", result).await
}

pub(crate) async fn remove(
    State(site): State<Site>,
    who: Signed,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    let result = site.app().remove_course_file(&who.actor, &id, &FileId::new(file)).await;
    course_after(&site, &who.actor, &id, "course-file-removed", result).await
}

/// Opens a file for who runs the course.
pub(crate) async fn open(
    State(site): State<Site>,
    who: Signed,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    let opened = site.app().open_course_file(&who.actor, &id, &FileId::new(file)).await;
    attachment::opened(opened).unwrap_or_else(|error: Error| site.fail(Some(&who.actor), &error))
}

/// Opens a file of one's own course.
pub(crate) async fn open_mine(
    State(site): State<Site>,
    who: Signed,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    let opened = site.app().open_my_course_file(&who.actor, &TaskId::new(id), &FileId::new(file)).await;
    attachment::opened(opened).unwrap_or_else(|error: Error| site.fail(Some(&who.actor), &error))
}
