//! Files as material of a course: handed in by who runs it, opened by who takes it, in one zone, and gone with the record.

use app::{
    Error,
    actor::Actor,
    records::{
        RecordAct,
        store::{RecordKey, RecordStore as _},
    },
    training::{NewRun, store::TrainingStore as _},
    uploads::{ATTACHMENT_BYTES_MAX, UploadedFile},
};
use jiff::civil::date;
use tokio::io::AsyncReadExt as _;
use workflow::{
    id::{FileId, SectionId},
    record::Stage,
    request::ATTACHMENTS_MAX,
};

use crate::{
    city::City,
    records::{settle, stage, until},
    training::YEARLY,
};

/// A city with the course of the year open, and its id; people are there who decide about its record.
pub(crate) async fn opened() -> (City, String) {
    let mut city = City::open().await;
    settle(&mut city).await;
    city.settle(&[
        ("somu", "general-affairs", "general-affairs-director", Some("general-affairs")),
        ("somukacho", "general-affairs", "section-manager", Some("general-affairs")),
        ("somubucho", "residents", "director", Some("general-affairs")),
    ])
    .await;
    let somu = city.at("somu", "lgwan").await;
    let new = NewRun { course: YEARLY.to_owned(), ..NewRun::default() };
    let run = city.app.open_course(&somu, new).await.unwrap();
    (city, run)
}

impl City {
    async fn upload_material(
        &self,
        actor: &Actor,
        run: &str,
        name: &str,
        bytes: &[u8],
    ) -> app::Result<UploadedFile> {
        let mut upload = self.app.begin_course_file(actor, run, name).await?;
        upload.write(bytes).await?;
        upload.finish().await
    }

    /// Hands in one file; its id.
    pub(crate) async fn add_material(&self, actor: &Actor, run: &str, name: &str, bytes: &[u8]) -> FileId {
        let file = self.upload_material(actor, run, name, bytes).await.unwrap();
        let id = file.id().clone();
        self.app.add_course_files(actor, run, vec![file]).await.unwrap();
        id
    }
}

async fn read(mut download: app::downloads::Download) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    download.reader.read_to_end(&mut bytes).await.unwrap();
    (download.name, bytes)
}

#[tokio::test]
async fn who_runs_a_course_hands_in_and_who_takes_it_opens() {
    let (city, run) = opened().await;
    let somu = city.at("somu", "lgwan").await;
    let file = city.add_material(&somu, &run, "資料.pdf", b"untrusted bytes").await;
    let task = city.task_of("hanako", YEARLY).await;
    let hanako = city.at("hanako", "lgwan").await;
    let mine = city.app.my_course(&hanako, &task).await.unwrap();
    assert_eq!(
        mine.files.here.iter().map(|f| f.file.untrusted_name.as_str()).collect::<Vec<_>>(),
        ["資料.pdf"]
    );
    assert!(!mine.files.may_change && mine.files.elsewhere.is_empty());
    let before = mine.progress.clone();
    let opened = city.app.open_my_course_file(&hanako, &task, &file).await.unwrap();
    assert_eq!(read(opened).await, ("資料.pdf".to_owned(), b"untrusted bytes".to_vec()));
    // Each time is evidence for the statements of the course; how far she is goes by what she confirms having read.
    assert_eq!(city.kinds(task.as_str()).await.last().map(String::as_str), Some("course-file-opened"));
    let last = city.evidence().await.into_iter().rfind(|row| row.entry.kind == "course-file-opened").unwrap();
    assert!(last.entry.statements.contains(&"base/training-held".to_owned()));
    assert_eq!(city.app.my_course(&hanako, &task).await.unwrap().progress, before);

    // Who runs it sees what is there, for each opening.
    let year = city.app.course_year(&somu, YEARLY, None).await.unwrap();
    assert!(year.files[&run].may_change);
    assert_eq!(year.files[&run].here[0].added_by, *city.id_of("somu"));
    read(city.app.open_course_file(&somu, &run, &file).await.unwrap()).await;
    let kacho = city.at("kacho", "lgwan").await;
    assert!(city.app.course_year(&kacho, YEARLY, None).await.unwrap().files.is_empty(), "heads see rates");

    // In another zone it is there for nobody, but they are told where.
    let outside = city.at("hanako", "internet").await;
    let seen = city.app.my_course(&outside, &task).await.unwrap().files;
    assert!(seen.here.is_empty());
    assert_eq!(seen.elsewhere.iter().map(|z| z.as_str()).collect::<Vec<_>>(), ["lgwan"]);
    let taro = city.at("taro", "lgwan").await;
    let somu_outside = city.at("somu", "internet").await;
    let nothing = FileId::new("nothing");
    for refused in [
        city.app.open_my_course_file(&outside, &task, &file).await.map(|_| ()),
        city.app.open_my_course_file(&taro, &task, &file).await.map(|_| ()),
        city.app.open_my_course_file(&hanako, &task, &nothing).await.map(|_| ()),
        city.app.open_course_file(&somu_outside, &run, &file).await.map(|_| ()),
        city.app.open_course_file(&somu, "nothing.2026", &file).await.map(|_| ()),
        city.app.open_course_file(&somu, &format!("{YEARLY}@2026"), &file).await.map(|_| ()),
        city.app.begin_course_file(&somu, "newcomers@+2026", "x").await.map(|_| ()),
        city.app.open_course_file(&somu, "newcomers@x", &file).await.map(|_| ()),
        city.app.remove_course_file(&somu_outside, &run, &file).await,
    ] {
        assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
    }
    for refused in [
        city.app.begin_course_file(&hanako, &run, "x").await.map(|_| ()),
        city.app.open_course_file(&kacho, &run, &file).await.map(|_| ()),
        city.app.remove_course_file(&kacho, &run, &file).await,
    ] {
        assert!(matches!(refused, Err(Error::Denied { .. })), "{refused:?}");
    }

    // Taken away, its bytes go with it.
    let stored = year.files[&run].here[0].file.stored.clone();
    city.app.remove_course_file(&somu, &run, &file).await.unwrap();
    assert!(!city.has_blob(&stored).await);
    let gone = city.app.remove_course_file(&somu, &run, &file).await;
    assert!(matches!(gone, Err(Error::NotFound)), "{gone:?}");
    assert!(city.app.my_course(&hanako, &task).await.unwrap().files.here.is_empty());
}

#[tokio::test]
async fn files_have_bounds_and_come_all_or_none() {
    let (city, run) = opened().await;
    let somu = city.at("somu", "lgwan").await;
    let empty = city.app.add_course_files(&somu, &run, Vec::new()).await;
    assert!(matches!(empty, Err(Error::Form(ref found)) if found[0].problem == "empty"), "{empty:?}");
    let large = vec![0; usize::try_from(ATTACHMENT_BYTES_MAX).unwrap() + 1];
    let too_large = city.upload_material(&somu, &run, "大.bin", &large).await.map(|_| ());
    assert!(matches!(too_large, Err(Error::TooLarge { limit_bytes }) if limit_bytes == ATTACHMENT_BYTES_MAX));
    // An upload belongs to the zone of the listener that took it.
    let outside = city.at("somu", "internet").await;
    let from_outside = city.upload_material(&outside, &run, "外.txt", b"outside").await.unwrap();
    let smuggled = city.app.add_course_files(&somu, &run, vec![from_outside]).await;
    assert!(
        matches!(smuggled, Err(Error::Form(ref found)) if found[0].problem == "not-allowed"),
        "{smuggled:?}"
    );

    let some = async |count: usize, word: &str| {
        let mut files = Vec::new();
        for n in 0..count {
            let bytes = format!("{word} {n}");
            files.push(city.upload_material(&somu, &run, &bytes, bytes.as_bytes()).await.unwrap());
        }
        files
    };
    let count = async || city.store.real.course_files(&run).await.unwrap().len();
    city.app.add_course_files(&somu, &run, some(ATTACHMENTS_MAX - 1, "a").await).await.unwrap();
    let two = some(2, "b").await;
    let many = city.app.add_course_files(&somu, &run, two).await;
    assert!(matches!(many, Err(Error::TooMany { .. })), "{many:?}");
    assert_eq!(count().await, ATTACHMENTS_MAX - 1, "none of them");
    city.app.add_course_files(&somu, &run, some(1, "c").await).await.unwrap();
    let one_more = city.app.add_course_files(&somu, &run, some(1, "d").await).await;
    assert!(matches!(one_more, Err(Error::TooMany { .. })), "{one_more:?}");
    // A place that became free is taken again; the newest stands last.
    let first = city.store.real.course_files(&run).await.unwrap()[0].file.id.clone();
    city.app.remove_course_file(&somu, &run, &first).await.unwrap();
    city.pass(1_000);
    city.app.add_course_files(&somu, &run, some(1, "e").await).await.unwrap();
    let year = city.app.course_year(&somu, YEARLY, None).await.unwrap();
    assert_eq!(year.files[&run].here.last().unwrap().file.untrusted_name, "e 0");

    // What waits too long for its form is gone, and says so.
    let late = some(1, "late").await;
    let removed = city.store.real.course_files(&run).await.unwrap()[3].file.id.clone();
    city.app.remove_course_file(&somu, &run, &removed).await.unwrap();
    city.app.abandon(&late).await;
    let gone = city.app.add_course_files(&somu, &run, late).await;
    assert!(matches!(gone, Err(Error::Conflict)), "{gone:?}");

    // A closed course keeps its files as they are.
    let kept = some(1, "kept").await;
    city.app.close_course(&somu, &run).await.unwrap();
    let there = city.store.real.course_files(&run).await.unwrap()[0].file.id.clone();
    for closed in [
        city.app.add_course_files(&somu, &run, kept).await,
        city.app.begin_course_file(&somu, &run, "x").await.map(|_| ()),
        city.app.remove_course_file(&somu, &run, &there).await,
    ] {
        assert!(matches!(closed, Err(Error::Conflict)), "{closed:?}");
    }
    assert_eq!(count().await, ATTACHMENTS_MAX - 1);
    assert!(!city.app.course_year(&somu, YEARLY, None).await.unwrap().files[&run].may_change);
}

#[tokio::test]
async fn files_go_with_the_record_of_their_course() {
    let (city, run) = opened().await;
    let somu = city.at("somu", "lgwan").await;
    let file = city.add_material(&somu, &run, "秘密の名.pdf", b"untrusted bytes").await;
    let another = city.add_material(&somu, "newcomers@2026", "はじめに.pdf", b"untrusted welcome").await;
    read(city.app.open_course_file(&somu, &run, &file).await.unwrap()).await;
    let task = city.task_of("hanako", YEARLY).await;
    let hanako = city.at("hanako", "lgwan").await;
    read(city.app.open_my_course_file(&hanako, &task, &file).await.unwrap()).await;
    let stored = city.store.real.course_files(&run).await.unwrap()[0].file.stored.clone();
    city.app.close_course(&somu, &run).await.unwrap();
    // Nothing that is in use is swept.
    city.pass(10 * test_city::doubles::DAY);
    city.tidy_all().await;
    assert!(city.has_blob(&stored).await);

    let key = RecordKey::course_run(&run);
    until(&city, date(2030, 4, 1)).await;
    city.app.act_on_record(&city.at("somukacho", "lgwan").await, &key, &RecordAct::Propose).await.unwrap();
    city.app.act_on_record(&city.at("somubucho", "lgwan").await, &key, &RecordAct::Decide).await.unwrap();
    while stage(&city, &key).await != Some(Stage::Destroyed) {
        city.app.tidy().await.unwrap();
    }
    assert!(!city.has_blob(&stored).await);
    assert_eq!(city.store.real.course_files(&run).await.unwrap(), []);
    assert_eq!(city.store.real.course_files("newcomers@2026").await.unwrap()[0].file.id, another);
    let rows = city.evidence().await;
    let named =
        rows.iter().filter(|r| String::from_utf8_lossy(&r.entry.payload).contains("秘密の名")).count();
    assert_eq!(named, 0);
    let emptied = rows.iter().filter(|r| r.entry.kind == "record-emptied");
    assert!(emptied.into_iter().any(|r| String::from_utf8_lossy(&r.entry.payload).contains(&stored.sha256)));
    assert_eq!(city.store.real.record(&key).await.unwrap().unwrap().disposal.stage, Stage::Destroyed);
    city.verify().await;
}

#[tokio::test]
async fn a_course_that_begins_by_itself_has_the_files_of_the_year() {
    let (city, _) = opened().await;
    let somu = city.at("somu", "lgwan").await;
    let file = city.add_material(&somu, "newcomers@2026", "はじめに.pdf", b"untrusted welcome").await;
    let past = city.app.begin_course_file(&somu, "newcomers@2025", "x").await.map(|_| ());
    assert!(matches!(past, Err(Error::Conflict)), "{past:?}");
    let digital = city.at("digital", "lgwan").await;
    let new = app::people::NewPerson {
        login: "shin".to_owned(),
        name: "新人".to_owned(),
        kana: "しんじん".to_owned(),
        section: SectionId::new("residents"),
    };
    let (id, first) = city.app.add_person(&digital, new).await.unwrap();
    city.app.give_post(&digital, &id, "staff", Some("residents")).await.unwrap();
    let door = crate::city::door("lgwan");
    let opened = city.app.login(&door, "shin", &first).await.unwrap();
    let actor = city.app.resume(&door, &opened.secret).await.unwrap();
    let own = test_city::password("shin");
    city.app.change_password(&actor, &opened.secret, &first, &own).await.unwrap();
    let shin = city.at("shin", "lgwan").await;
    let task = city.task_of("shin", "newcomers").await;
    assert_eq!(city.app.my_course(&shin, &task).await.unwrap().files.here[0].file.id, file);
    read(city.app.open_my_course_file(&shin, &task, &file).await.unwrap()).await;
    let year = city.app.course_year(&somu, "newcomers", Some(2026)).await.unwrap();
    assert_eq!(year.files.keys().collect::<Vec<_>>(), ["newcomers@2026"]);
}
