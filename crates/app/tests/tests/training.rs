//! Courses from opening to the rate of a section, and everything that is refused on the way.

use std::collections::{BTreeMap, BTreeSet};

use app::{
    Error,
    duties::{NewReport, TaskTray, store::DutyStore as _},
    model::{EvidenceQuery, PageRequest},
    people::NewPerson,
    ports::Store as _,
    training::{NewAttendance, NewRun, store::TrainingStore as _},
};
use policy::Course;
use test_city::doubles::DAY;
use workflow::{
    duty::State,
    id::{SectionId, TaskId},
    training::{Paper, Refusal, Standing},
};

use crate::city::City;

pub(crate) const YEARLY: &str = "security-yearly";

fn run(course: &str) -> NewRun {
    NewRun { course: course.to_owned(), ..NewRun::default() }
}

fn section(id: &str) -> SectionId {
    SectionId::new(id)
}

/// A city with somebody who opens courses, and the course of the year open.
async fn opened() -> City {
    let mut city = City::open().await;
    city.settle(&[("somu", "general-affairs", "general-affairs-director", Some("general-affairs"))]).await;
    let somu = city.at("somu", "lgwan").await;
    city.app.open_course(&somu, run(YEARLY)).await.unwrap();
    city
}

impl City {
    async fn course_of(&self, login: &str) -> TaskId {
        self.task_of(login, YEARLY).await
    }

    pub(crate) async fn task_of(&self, login: &str, course: &str) -> TaskId {
        let actor = self.at(login, "lgwan").await;
        let cards = self.app.my_courses(&actor).await.unwrap();
        cards.into_iter().find(|c| c.course == course).unwrap_or_else(|| panic!("{course}: {login}")).task
    }

    async fn read_all(&self, login: &str, id: &TaskId) {
        let actor = self.at(login, "lgwan").await;
        for page in &self.course(id).await.pages {
            self.app.read_course_page(&actor, id, &page.id).await.unwrap();
        }
    }

    /// The course that a task is about.
    async fn course(&self, id: &TaskId) -> Course {
        let task = self.store.real.task(id).await.unwrap().unwrap();
        let course = workflow::training::course_of(&task.duty).unwrap().to_owned();
        self.app.pack().course(&course).unwrap().clone()
    }

    /// What is right, or wrong, on the paper that is under way.
    async fn answers(&self, id: &TaskId, right: bool) -> BTreeMap<usize, BTreeSet<usize>> {
        let stored = self.store.real.course_progress(std::slice::from_ref(id)).await.unwrap();
        let course = self.course(id).await;
        let paper = Paper::draw(&course, &stored[id].progress.begun.as_ref().unwrap().seed);
        let places = |item: &workflow::training::PaperItem| -> BTreeSet<usize> {
            let answers = &course.questions[item.question].answers;
            let all = 0..item.choices.len();
            all.filter(|place| answers.contains(&item.choices[*place]) == right).collect()
        };
        paper.items.iter().enumerate().map(|(n, item)| (n, places(item))).collect()
    }

    async fn pass_course(&self, login: &str) -> TaskId {
        self.pass_of(login, YEARLY).await
    }

    /// Reads a course to its end and passes its test.
    pub(crate) async fn pass_of(&self, login: &str, course: &str) -> TaskId {
        let id = self.task_of(login, course).await;
        let actor = self.at(login, "lgwan").await;
        self.read_all(login, &id).await;
        self.app.begin_test(&actor, &id).await.unwrap();
        assert!(self.app.end_test(&actor, &id, self.answers(&id, true).await).await.unwrap());
        id
    }

    async fn told_of(&self, subject: (&str, &str)) -> Vec<(String, Vec<String>)> {
        let query = EvidenceQuery {
            subject: Some((subject.0.to_owned(), subject.1.to_owned())),
            page: Some(PageRequest { after: None, limit: 100 }),
            ..EvidenceQuery::default()
        };
        let rows = self.store.real.evidence(&query).await.unwrap().rows;
        rows.into_iter().rev().map(|row| (row.entry.kind, row.entry.statements)).collect()
    }
}

#[tokio::test]
async fn a_course_is_opened_once_for_everybody_it_is_for() {
    let city = opened().await;
    let somu = city.at("somu", "lgwan").await;
    let again = city.app.open_course(&somu, run(YEARLY)).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    let kacho = city.at("kacho", "lgwan").await;
    let not_his = city.app.open_course(&kacho, run("managers")).await;
    assert!(matches!(not_his, Err(Error::Denied { .. })), "{not_his:?}");
    for course in ["nothing", "newcomers"] {
        let refused = city.app.open_course(&somu, run(course)).await;
        assert!(matches!(refused, Err(Error::NotFound)), "{course}: {refused:?}");
    }
    for (due_on, problem) in [("2026-11-01", "past"), ("someday", "no-date"), ("2030-01-01", "not-allowed")] {
        let new = NewRun { due_on: due_on.to_owned(), ..run("managers") };
        match city.app.open_course(&somu, new).await {
            Err(Error::Form(found)) => {
                assert_eq!((found[0].field.as_str(), found[0].problem), ("due-on", problem))
            }
            other => panic!("{other:?}"),
        }
    }
    // Only those who hold a role of managers take theirs.
    city.app.open_course(&somu, run("managers")).await.unwrap();
    let courses = async |login: &str| -> BTreeSet<String> {
        let actor = city.at(login, "lgwan").await;
        city.app.my_courses(&actor).await.unwrap().into_iter().map(|c| c.course).collect()
    };
    assert_eq!(courses("hanako").await, BTreeSet::from([YEARLY.to_owned()]));
    assert_eq!(courses("kacho").await, BTreeSet::from([YEARLY.to_owned(), "managers".to_owned()]));
    let home = city.app.tasks_at_home(&city.at("hanako", "lgwan").await).await.unwrap();
    let row = home.mine.iter().find(|row| row.duty == "course.security-yearly").unwrap();
    assert_eq!(row.due_on.to_string(), "2026-12-10");

    // Who comes later gets it as well, with time to take it, and the newcomers' course at once.
    let digital = city.at("digital", "lgwan").await;
    let new = NewPerson {
        login: "shin".to_owned(),
        name: "新人".to_owned(),
        kana: "しんじん".to_owned(),
        section: section("residents"),
    };
    let (shin, password) = city.app.add_person(&digital, new).await.unwrap();
    city.keep_secret(&password);
    city.pass(DAY);
    assert!(city.app.tidy().await.unwrap().tasks_made > 0);
    let page = PageRequest { after: None, limit: 50 };
    let view = app::duties::store::TaskView::OfPerson(shin.clone());
    let query = app::duties::store::TaskQuery { view, page };
    let rows = city.store.real.tasks(&query).await.unwrap().rows;
    let of = |duty: &str| rows.iter().find(|r| r.duty == duty).unwrap();
    assert_eq!(of("course.security-yearly").due_on.to_string(), "2026-12-25");
    assert_eq!(of("course.newcomers").state, State::Open);
    // Who leaves has nothing to do any more, and is not counted among those who have not passed.
    city.app.set_enabled(&digital, &shin, false).await.unwrap();
    let rows = city.store.real.tasks(&query).await.unwrap().rows;
    assert!(rows.iter().all(|r| r.state == State::Waived), "{rows:?}");
    city.pass(DAY);
    assert_eq!(city.app.tidy().await.unwrap().tasks_made, 0, "nobody gets it twice");
}

#[tokio::test]
async fn reading_a_test_and_a_second_try_lead_to_a_pass() {
    let city = opened().await;
    let hanako = city.at("hanako", "lgwan").await;
    let id = city.course_of("hanako").await;
    let taro = city.at("taro", "lgwan").await;
    for refused in [
        city.app.my_course(&taro, &id).await.map(|_| ()),
        city.app.begin_test(&taro, &id).await,
        city.app.read_course_page(&taro, &id, "why").await,
        city.app.certificate(&hanako, &id).await.map(|_| ()),
    ] {
        assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
    }
    let early = city.app.begin_test(&hanako, &id).await;
    assert!(matches!(early, Err(Error::Course(Refusal::ReadFirst))), "{early:?}");
    let nothing = city.app.read_course_page(&hanako, &id, "nothing").await;
    assert!(matches!(nothing, Err(Error::Course(Refusal::NoPage))), "{nothing:?}");
    // Nobody says by himself that he passed.
    let said = city
        .app
        .report_task(&hanako, &id, NewReport { done_on: "2026-11-24".into(), ..NewReport::default() })
        .await;
    assert!(matches!(said, Err(Error::NotFound)), "{said:?}");
    assert!(!city.app.task(&hanako, &id).await.unwrap().may.report);

    city.read_all("hanako", &id).await;
    let paper = city.app.test_paper(&hanako, &id).await;
    assert!(matches!(paper, Err(Error::Course(Refusal::NotBegun))), "{paper:?}");
    city.app.begin_test(&hanako, &id).await.unwrap();
    let first = city.app.test_paper(&hanako, &id).await.unwrap();
    city.app.begin_test(&hanako, &id).await.unwrap();
    assert_eq!(city.app.test_paper(&hanako, &id).await.unwrap(), first, "one try, one paper");
    assert_eq!((first.items.len(), first.nth), (8, 1));
    let gap = city.app.end_test(&hanako, &id, BTreeMap::new()).await;
    assert!(matches!(gap, Err(Error::Course(Refusal::Unanswered(ref n))) if n.len() == 8), "{gap:?}");
    assert!(
        city.app.my_course(&hanako, &id).await.unwrap().marked.is_empty(),
        "nothing is told before the end"
    );
    let wrong = city.answers(&id, false).await;
    assert!(!city.app.end_test(&hanako, &id, wrong).await.unwrap());
    let mine = city.app.my_course(&hanako, &id).await.unwrap();
    assert_eq!((mine.marked.len(), mine.attempts.len(), mine.standing), (8, 1, Standing::Tried));
    assert!(mine.marked.iter().all(|item| !item.right && !item.why.is_empty()));

    city.app.begin_test(&hanako, &id).await.unwrap();
    let right = city.answers(&id, true).await;
    assert!(city.app.end_test(&hanako, &id, right.clone()).await.unwrap());
    let twice = city.app.end_test(&hanako, &id, right).await;
    assert!(matches!(twice, Err(Error::Denied { reason: "state", .. })), "{twice:?}");
    let mine = city.app.my_course(&hanako, &id).await.unwrap();
    assert_eq!((mine.task.state, mine.standing), (State::Done, Standing::Passed));
    assert_eq!(city.app.certificate(&hanako, &id).await.unwrap().name, "hanakoさん");

    let told = city.told_of(("task", id.as_str())).await;
    let kinds: Vec<&str> = told.iter().map(|(k, _)| k.as_str()).filter(|k| *k != "access-denied").collect();
    assert_eq!(
        kinds,
        ["course-read", "course-test-begun", "course-test-failed", "course-test-begun", "course-passed"]
    );
    assert!(
        told.iter()
            .filter(|(k, _)| k.starts_with("course"))
            .all(|(_, s)| s.contains(&"base/training-held".to_owned()))
    );
    // Evidence never says how many were right.
    let query = EvidenceQuery { kind: Some("course-passed".to_owned()), ..EvidenceQuery::default() };
    let entry = city.store.real.evidence(&query).await.unwrap().rows.remove(0).entry;
    let payload: serde_json::Value = serde_json::from_slice(&entry.payload).unwrap();
    let fields: BTreeSet<&str> = payload["details"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, BTreeSet::from(["content", "course", "covers", "how", "late", "title"]));
}

#[tokio::test]
async fn answers_go_and_the_pass_stays() {
    let city = opened().await;
    let id = city.pass_course("hanako").await;
    city.pass(401 * DAY);
    let tidied = city.app.tidy().await.unwrap();
    assert_eq!(tidied.answers, 1);
    assert_eq!(city.app.tidy().await.unwrap().answers, 0);
    let hanako = city.at("hanako", "lgwan").await;
    let mine = city.app.my_course(&hanako, &id).await.unwrap();
    assert!(mine.marked.is_empty() && mine.attempts[0].answers.is_none());
    assert_eq!((mine.attempts[0].passed, mine.standing), (true, Standing::Passed));
    assert!(city.app.certificate(&hanako, &id).await.is_ok());
}

#[tokio::test]
async fn a_section_is_told_and_its_duty_takes_the_numbers() {
    let city = opened().await;
    city.app.tidy().await.unwrap();
    city.pass_course("hanako").await;
    let kacho = city.at("kacho", "lgwan").await;
    let here = section("residents");
    let of = city.app.course_section(&kacho, YEARLY, None, &here).await.unwrap();
    let people = u32::try_from(of.people.len()).unwrap();
    assert_eq!((of.share.all(), of.share.of(Standing::Passed), of.may_remind), (people, 1, true));
    assert!(people > 3);
    let elsewhere = city.app.course_section(&kacho, YEARLY, None, &section("welfare")).await;
    assert!(matches!(elsewhere, Err(Error::NotFound)), "{elsewhere:?}");
    let hanako = city.at("hanako", "lgwan").await;
    for refused in [
        city.app.course_section(&hanako, YEARLY, None, &here).await.map(|_| ()),
        city.app.course_year(&hanako, YEARLY, None).await.map(|_| ()),
        city.app.remind_course(&hanako, YEARLY, 2026, &here).await.map(|_| ()),
    ] {
        assert!(matches!(refused, Err(Error::Denied { .. })), "{refused:?}");
    }
    assert_eq!(city.app.remind_course(&kacho, YEARLY, 2026, &here).await.unwrap() as u32, people - 1);
    let taro = city.at("taro", "lgwan").await;
    assert!(city.app.my_courses(&taro).await.unwrap()[0].reminded_at.is_some());
    assert!(city.app.my_courses(&hanako).await.unwrap()[0].reminded_at.is_none(), "she is done");

    // The auditor sees rates; the head of another section sees none of this one's people.
    let kansa = city.at("kansa", "lgwan").await;
    let year = city.app.course_year(&kansa, YEARLY, None).await.unwrap();
    assert_eq!((year.whole_body, year.all.done, year.may_manage), (true, 1, false));
    let overview = city.app.course_overview(&kansa, None).await.unwrap();
    assert_eq!(overview.courses.iter().map(|(_, t, _)| t.asked).sum::<u32>(), year.all.asked);

    // Somebody on long leave asks, the head of the section decides.
    let task = city.course_of("taro").await;
    city.app.ask_waiver(&taro, &task, "育児休業(令和9年3月まで)").await.unwrap();
    city.app.decide_waiver(&kacho, &task, true, "").await.unwrap();
    let of = city.app.course_section(&kacho, YEARLY, None, &here).await.unwrap();
    assert_eq!((of.share.of(Standing::Excused), of.share.subject()), (1, people - 1));

    // The numbers of the duty are what is recorded, whatever is typed.
    let mine = city.app.tasks(&kacho, TaskTray::Mine, PageRequest { after: None, limit: 100 }).await.unwrap();
    let duty = mine.rows.into_iter().find(|row| row.duty == "training").unwrap().id;
    let counted = city.app.task(&kacho, &duty).await.unwrap().counted.unwrap();
    assert_eq!(counted.values["members"], (people - 1).to_string());
    assert_eq!((counted.values["passed"].as_str(), counted.needed.as_deref()), ("1", Some("absent")));
    assert!(counted.values["missing"].contains("kachoさん"), "{counted:?}");
    let report = |answers: &[(&str, &str)]| NewReport {
        done_on: "2026-11-24".to_owned(),
        answers: answers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        ..NewReport::default()
    };
    let short = city.app.report_task(&kacho, &duty, report(&[("material", "教材"), ("passed", "999")])).await;
    let Err(Error::Form(found)) = short else { panic!("{short:?}") };
    assert_eq!(found.iter().map(|p| p.field.as_str()).collect::<Vec<_>>(), ["absent"]);
    let all = report(&[("material", "教材"), ("passed", "999"), ("absent", "12月中に受けさせる")]);
    city.app.report_task(&kacho, &duty, all).await.unwrap();
    let answers = city.app.task(&kacho, &duty).await.unwrap().task.report.unwrap().answers;
    let answer = |field: &str| answers.iter().find(|a| a.field == field).unwrap().value.clone();
    assert_eq!((answer("passed"), answer("members")), ("1".to_owned(), (people - 1).to_string()));
}

#[tokio::test]
async fn who_was_in_the_room_is_noted_all_or_none() {
    let city = opened().await;
    let somu = city.at("somu", "lgwan").await;
    let list = |people: &str| NewAttendance {
        course: YEARLY.to_owned(),
        on: "2026-11-20".to_owned(),
        place: "大会議室".to_owned(),
        people: people.to_owned(),
    };
    let kacho = city.at("kacho", "lgwan").await;
    let not_his = city.app.record_attendance(&kacho, list("hanako")).await;
    assert!(matches!(not_his, Err(Error::Denied { .. })), "{not_his:?}");
    let wrong = city.app.record_attendance(&somu, list("hanako\nnobody, taro\n<b>x</b>")).await;
    let Err(Error::Form(found)) = wrong else { panic!("{wrong:?}") };
    let titles: Vec<&str> = found.iter().map(|p| p.title.as_str()).collect();
    assert_eq!(titles, ["2行目「nobody」", "3行目「<b>x</b>」"]);
    let empty = NewAttendance { on: "2030-01-01".to_owned(), ..list(" \n") };
    let Err(Error::Form(found)) = city.app.record_attendance(&somu, empty).await else { panic!() };
    assert_eq!(found.iter().map(|p| p.problem).collect::<Vec<_>>(), ["future", "empty"]);
    let id = city.course_of("hanako").await;
    let hanako = city.at("hanako", "lgwan").await;
    assert_eq!(
        city.app.my_course(&hanako, &id).await.unwrap().standing,
        Standing::NotBegun,
        "nobody was noted"
    );

    let noted =
        city.app.record_attendance(&somu, list("\u{feff}login\r\nhanako\r\nTARO,hanako\r\n")).await.unwrap();
    assert_eq!((noted.noted, noted.passed, noted.before), (2, 0, 0));
    // The test is still to come, and can begin without reading.
    city.app.begin_test(&hanako, &id).await.unwrap();
    assert!(city.app.end_test(&hanako, &id, city.answers(&id, true).await).await.unwrap());
    let again = city.app.record_attendance(&somu, list("hanako")).await.unwrap();
    assert_eq!((again.noted, again.before), (0, 1));
    let kinds = city.told_of(("course", YEARLY)).await;
    assert_eq!(kinds.iter().filter(|(k, _)| k == "course-attended").count(), 1);
}

#[tokio::test]
async fn a_closed_course_takes_nobody_more_and_time_tells_of_the_rest() {
    let city = opened().await;
    city.pass_course("hanako").await;
    let somu = city.at("somu", "lgwan").await;
    let runs = city.app.course_year(&somu, YEARLY, None).await.unwrap().runs;
    assert_eq!(runs.len(), 1);
    city.pass(20 * DAY);
    city.app.tidy().await.unwrap();
    let kinds: Vec<String> =
        city.told_of(("duty", "course.security-yearly")).await.into_iter().map(|(k, _)| k).collect();
    assert!(kinds.contains(&"tasks-overdue".to_owned()), "{kinds:?}");
    let taro = city.course_of("taro").await;
    let hers = city.at("taro", "lgwan").await;
    assert_eq!(city.app.my_course(&hers, &taro).await.unwrap().standing, Standing::Overdue);
    city.app.close_course(&city.at("somu", "lgwan").await, &runs[0].id).await.unwrap();
    let twice = city.app.close_course(&city.at("somu", "lgwan").await, &runs[0].id).await;
    assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
    let entries = city.told_of(("course", &runs[0].id)).await;
    let (kind, statements) = entries.last().unwrap();
    assert_eq!(
        (kind.as_str(), statements.as_slice()),
        ("course-closed", &["base/training-held".to_owned()][..])
    );
    let digital = city.at("digital", "lgwan").await;
    let new = NewPerson {
        login: "ato".to_owned(),
        name: "後".to_owned(),
        kana: "あと".to_owned(),
        section: section("residents"),
    };
    let (_, password) = city.app.add_person(&digital, new).await.unwrap();
    city.keep_secret(&password);
    let before = city.app.course_year(&digital, YEARLY, None).await.unwrap().all.asked;
    city.pass(DAY);
    city.app.tidy().await.unwrap();
    let digital = city.at("digital", "lgwan").await;
    assert_eq!(city.app.course_year(&digital, YEARLY, None).await.unwrap().all.asked, before);
}

#[tokio::test]
async fn who_moves_counts_where_he_is_now() {
    let city = opened().await;
    let digital = city.at("digital", "lgwan").await;
    let fukushi = city.at("fukushi", "lgwan").await;
    let there = section("welfare");
    let before = city.app.course_section(&fukushi, YEARLY, None, &there).await.unwrap().people.len();
    city.app.give_post(&digital, city.id_of("taro"), "staff", Some("welfare")).await.unwrap();
    let after = city.app.course_section(&fukushi, YEARLY, None, &there).await.unwrap();
    assert_eq!(after.people.len(), before + 1);
    assert!(after.people.iter().any(|p| p.user == *city.id_of("taro")));
}

#[tokio::test]
async fn a_failing_store_leaves_state_and_evidence_together() {
    let city = opened().await;
    let id = city.course_of("hanako").await;
    city.read_all("hanako", &id).await;
    let hanako = city.at("hanako", "lgwan").await;
    city.app.begin_test(&hanako, &id).await.unwrap();
    let right = city.answers(&id, true).await;
    let mut failed = 0;
    for skip in 0..14 {
        city.store.faults.arm(skip, 1);
        let result = city.app.end_test(&hanako, &id, right.clone()).await;
        city.store.faults.disarm();
        let state = city.store.real.task(&id).await.unwrap().unwrap().state;
        let passed =
            city.told_of(("task", id.as_str())).await.iter().filter(|(k, _)| k == "course-passed").count();
        assert_eq!(state == State::Done, passed == 1, "after {skip} calls");
        if result.is_ok() {
            break;
        }
        failed += 1;
    }
    assert!(failed >= 4, "{failed}");
}

/// A course from the day on which it is opened, or sets itself off, to somebody who passed it.
pub(crate) async fn drive(city: &City, course: &Course) {
    if !matches!(course.occurs, policy::Occurs::Every { .. }) {
        // Whoever comes takes it.
        let digital = city.at("digital", "lgwan").await;
        let new = NewPerson {
            login: "shinnin".to_owned(),
            name: "新任".to_owned(),
            kana: "しんにん".to_owned(),
            section: section("residents"),
        };
        let (id, first) = city.app.add_person(&digital, new).await.unwrap();
        city.app.give_post(&digital, &id, "staff", Some("residents")).await.unwrap();
        let door = crate::city::door("lgwan");
        let opened = city.app.login(&door, "shinnin", &first).await.unwrap();
        let actor = city.app.resume(&door, &opened.secret).await.unwrap();
        let own = test_city::password("shinnin");
        city.app.change_password(&actor, &opened.secret, &first, &own).await.unwrap();
        city.pass_of("shinnin", &course.id).await;
        return;
    }
    let somu = city.at("somu", "lgwan").await;
    let new = NewRun { due_on: "2026-12-25".to_owned(), ..run(&course.id) };
    city.app.open_course(&somu, new).await.unwrap_or_else(|error| panic!("{}: {error:?}", course.id));
    city.pass_of(if course.id == YEARLY { "hanako" } else { "kacho" }, &course.id).await;
}

/// Everything that people do with courses, each at least once. The time of the tour brings the erasure of answers.
pub(crate) async fn tour(city: &City) {
    let new = NewPerson {
        login: "somu".to_owned(),
        name: "総務部長".to_owned(),
        kana: "そうむ".to_owned(),
        section: section("general-affairs"),
    };
    let password = test_city::password("somu");
    city.keep_secret(&password);
    let id = city.app.install_person(new, &password, false).await.unwrap();
    city.app.install_post(&id, "general-affairs-director", Some("general-affairs")).await.unwrap();
    let somu = city.at("somu", "lgwan").await;
    let id = city.app.open_course(&somu, run(YEARLY)).await.unwrap();
    let today = workflow::calendar::day_of(city.now()).to_string();
    let list = NewAttendance {
        course: YEARLY.to_owned(),
        on: today,
        place: String::new(),
        people: "taro".to_owned(),
    };
    city.app.record_attendance(&somu, list).await.unwrap();
    let (task, hanako) = (city.course_of("hanako").await, city.at("hanako", "lgwan").await);
    let file = city.add_material(&somu, &id, "資料.pdf", b"untrusted material").await;
    drop(city.app.open_my_course_file(&hanako, &task, &file).await.unwrap());
    city.app.remove_course_file(&somu, &id, &file).await.unwrap();
    city.read_all("hanako", &task).await;
    for right in [false, true] {
        city.app.begin_test(&hanako, &task).await.unwrap();
        let answers = city.answers(&task, right).await;
        assert_eq!(city.app.end_test(&hanako, &task, answers).await.unwrap(), right);
    }
    let year = workflow::calendar::fiscal_year(workflow::calendar::day_of(city.now()));
    city.app.remind_course(&somu, YEARLY, year, &section("residents")).await.unwrap();
    city.app.close_course(&somu, &id).await.unwrap();
}
