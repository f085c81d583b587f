//! Files as material of a course (資料): who runs it hands them in, whoever takes it opens them.
//!
//! Owns what they belong to, how many there are, and that opening one is evidence. They are taken, bounded and given out as the files
//! of requests and reports are: as they came, in the zone in which they were handed in and in no other. A course that was opened has
//! its own; one that begins by itself has those of the fiscal year. Leaves their end to [`crate::records`].

use std::collections::BTreeSet;

use authz::{Action, Place};
use policy::Course;
use serde_json::{Value, json};
use workflow::{
    calendar::{day_of, fiscal_year},
    id::{FileId, TaskId, ZoneId},
    request::{ATTACHMENTS_MAX, Attachment},
};

use super::{is_opened, running::problem, store::CourseFile};
use crate::{
    App,
    actor::Actor,
    downloads::Download,
    error::{Error, Result},
    evidence::{By, Kind},
    records::store::{CourseTasks, RecordKey},
    uploads::{Upload, UploadedFile},
};

/// The files of a course as somebody sees them at his door.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CourseFiles {
    /// Those of this zone, in the order in which they were handed in.
    pub here: Vec<CourseFile>,
    /// Other zones in which there are some.
    pub elsewhere: BTreeSet<ZoneId>,
    /// Whether this person may hand in more, or take some away.
    pub may_change: bool,
}

/// To what files of a course belong.
struct Belongs<'a> {
    course: &'a Course,
    year: i16,
    /// Whether files still come and go.
    is_open: bool,
}

impl App {
    /// The course and the fiscal year of what files belong to: an opening, by its id, or a year of a course that begins by itself.
    async fn place_of_files(&self, key: &RecordKey) -> Result<Belongs<'_>> {
        let part = key.course().ok_or(Error::NotFound)?;
        let course = self.course_type(part.course)?;
        match part.of {
            CourseTasks::Run(_) => {
                let run = self.store().course_run(&key.subject).await?.ok_or(Error::NotFound)?;
                Ok(Belongs { course, year: fiscal_year(run.covers.first()), is_open: run.closed.is_none() })
            }
            CourseTasks::Year(year) if !is_opened(course) => {
                Ok(Belongs { course, year, is_open: year == fiscal_year(day_of(self.now())) })
            }
            CourseTasks::Year(_) => Err(Error::NotFound),
        }
    }

    /// The course that such files belong to and the fiscal year, for the page that leads there.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn course_of_files(&self, id: &str) -> Result<(String, i16)> {
        let place = self.place_of_files(&RecordKey::course_run(id)).await?;
        Ok((place.course.id.clone(), place.year))
    }

    /// What files belong to, for somebody who runs the course.
    async fn managed_files(&self, actor: &Actor, key: &RecordKey) -> Result<Belongs<'_>> {
        let place = self.place_of_files(key).await?;
        let facts = self.course_facts(place.course, Place::City);
        let _allowed = self.permit(actor, Action::ManageCourse, &facts).await?;
        Ok(place)
    }

    /// The files of a course at this door; `runs` says whether this person runs it.
    pub(super) async fn course_files(
        &self,
        actor: &Actor,
        key: &RecordKey,
        runs: bool,
    ) -> Result<CourseFiles> {
        let all = self.store().course_files(&key.subject).await?;
        let (mut here, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|f| f.file.stored.zone == *actor.zone());
        // A place that became free is taken again.
        here.sort_by_key(|f| (f.added_at, f.place));
        Ok(CourseFiles {
            here,
            elsewhere: others.into_iter().map(|f| f.file.stored.zone).collect(),
            may_change: runs && self.place_of_files(key).await?.is_open,
        })
    }

    /// Starts taking a file that belongs to a course; it stays in this zone.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Conflict`] when the course is closed, [`Error::StorageFull`].
    pub async fn begin_course_file(&self, actor: &Actor, id: &str, untrusted_name: &str) -> Result<Upload> {
        // Asked before the first byte: who may not run it must not fill the disk either.
        if !self.managed_files(actor, &RecordKey::course_run(id)).await?.is_open {
            return Err(Error::Conflict);
        }
        self.begin_upload(actor, untrusted_name).await
    }

    /// Hands in files, stored by [`App::begin_course_file`]: all of them or, when anything is wrong, none.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Form`], [`Error::TooMany`], [`Error::Conflict`] when the course was closed, a
    /// file was erased meanwhile, or somebody else handed in files at this moment.
    pub async fn add_course_files(&self, actor: &Actor, id: &str, files: Vec<UploadedFile>) -> Result<()> {
        let uploaded = files.clone();
        let added = self.add_checked(actor, &RecordKey::course_run(id), files).await;
        if added.is_err() {
            self.abandon(&uploaded).await;
        }
        added
    }

    async fn add_checked(&self, actor: &Actor, key: &RecordKey, files: Vec<UploadedFile>) -> Result<()> {
        let now = self.now();
        let place = self.managed_files(actor, key).await?;
        let wrong = if files.is_empty() {
            Some("empty")
        } else {
            // An upload belongs to the zone of the listener that took it.
            files.iter().any(|f| f.stored.zone != *actor.zone()).then_some("not-allowed")
        };
        if let Some(wrong) = wrong {
            return Err(Error::Form(vec![problem("files", "資料のファイル", wrong)]));
        }
        let taken: BTreeSet<u32> =
            self.store().course_files(&key.subject).await?.into_iter().map(|f| f.place).collect();
        let free = (0..).take(ATTACHMENTS_MAX).filter(|place| !taken.contains(place));
        let added: Vec<CourseFile> = free
            .zip(files.iter())
            .map(|(place, f)| CourseFile {
                place,
                file: f.clone().into_attachment(),
                added_at: now,
                added_by: actor.id().clone(),
            })
            .collect();
        if added.len() < files.len() {
            return Err(Error::TooMany { limit: u32::try_from(ATTACHMENTS_MAX).unwrap_or(u32::MAX) });
        }
        let _open = self.house.blob_gate.read().await;
        let attached: Vec<Attachment> = added.iter().map(|f| f.file.clone()).collect();
        self.check_stored(&attached).await?;
        let mut tx = self.store().begin().await?;
        let is_closed = tx.course_run(&key.subject).await?.is_some_and(|run| run.closed.is_some());
        if is_closed || !place.is_open {
            return Err(Error::Conflict);
        }
        for file in &added {
            tx.add_course_file(&key.subject, file).await?;
        }
        let details = json!({ "course": place.course.id, "files": told(attached.iter()) });
        let subject = ("course", key.subject.as_str(), place.course.id.as_str());
        let entry = self.course_entry(now, Kind::CourseFilesAdded, By::Actor(actor), subject, details)?;
        self.commit(tx, vec![entry]).await
    }

    /// Takes a file away while the course is open, at the door of its zone.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Conflict`] when the course is closed or it is gone already.
    pub async fn remove_course_file(&self, actor: &Actor, id: &str, file: &FileId) -> Result<()> {
        let now = self.now();
        let key = RecordKey::course_run(id);
        let place = self.managed_files(actor, &key).await?;
        let file = self.course_file(actor, &key, file).await?;
        if !place.is_open {
            return Err(Error::Conflict);
        }
        let details = json!({ "course": place.course.id, "files": told([&file].into_iter()) });
        let subject = ("course", key.subject.as_str(), place.course.id.as_str());
        let entry = self.course_entry(now, Kind::CourseFileRemoved, By::Actor(actor), subject, details)?;
        let mut tx = self.store().begin().await?;
        tx.remove_course_file(&key.subject, &file.id).await?;
        self.commit(tx, vec![entry]).await?;
        self.erase_unused(&file.stored).await
    }

    /// A file of a course at this door.
    async fn course_file(&self, actor: &Actor, key: &RecordKey, file: &FileId) -> Result<Attachment> {
        let files = self.store().course_files(&key.subject).await?.into_iter().map(|f| f.file);
        files.into_iter().find(|f| f.id == *file && f.stored.zone == *actor.zone()).ok_or(Error::NotFound)
    }

    /// Opens a file for somebody who runs the course. Each time is evidence, written before the first byte leaves.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`] also for a file of another zone.
    pub async fn open_course_file(&self, actor: &Actor, id: &str, file: &FileId) -> Result<Download> {
        let key = RecordKey::course_run(id);
        let place = self.managed_files(actor, &key).await?;
        let file = self.course_file(actor, &key, file).await?;
        let subject = ("course", key.subject.as_str(), place.course.id.as_str());
        self.hand_out(actor, subject, file).await
    }

    /// The same for somebody who takes it, from his own course.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for another's course and for a file of another zone, [`Error::Denied`].
    pub async fn open_my_course_file(&self, actor: &Actor, id: &TaskId, file: &FileId) -> Result<Download> {
        let (task, course) = self.own_course(actor, id).await?;
        let key = RecordKey::of_course(&course.id, &task.covers);
        let file = self.course_file(actor, &key, file).await?;
        self.hand_out(actor, ("task", id.as_str(), course.id.as_str()), file).await
    }

    async fn hand_out(
        &self,
        actor: &Actor,
        subject: (&'static str, &str, &str),
        file: Attachment,
    ) -> Result<Download> {
        let details = json!({ "course": subject.2, "files": told([&file].into_iter()) });
        // Opened before anything is recorded: what cannot be given was not taken.
        let download = self.open_attached(file).await?;
        let entry =
            self.course_entry(self.now(), Kind::CourseFileOpened, By::Actor(actor), subject, details)?;
        self.store().append(vec![entry]).await?;
        self.wake_sealer();
        Ok(download)
    }
}

/// What evidence says of files.
fn told<'a>(files: impl Iterator<Item = &'a Attachment>) -> Vec<Value> {
    files
        .map(|a| {
            json!({
                "id": a.id.as_str(),
                "name": a.untrusted_name,
                "sha256": a.stored.sha256,
                "bytes": a.stored.bytes,
            })
        })
        .collect()
}
