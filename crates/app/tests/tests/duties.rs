//! Duties from the task that time makes to the word of a second person, and everything that is refused on the way.

use app::{
    Error,
    duties::{
        NewReport, NewStart, TaskTray,
        store::{DutyStore as _, TaskRow},
    },
    model::{EvidenceQuery, PageRequest},
    ports::Store as _,
    uploads::UploadedFile,
};
use workflow::{
    duty::{Covers, Refusal, State},
    id::{SectionId, TaskId},
};

use crate::city::City;
use test_city::doubles::DAY;

const LOG_REVIEW: &str = "log-review.2026-11.1.body";

fn page() -> PageRequest {
    PageRequest { after: None, limit: 100 }
}

fn report(done_on: &str, answers: &[(&str, &str)]) -> NewReport {
    NewReport {
        done_on: done_on.to_owned(),
        answers: answers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        note: "ログを見た".to_owned(),
        attachments: Vec::new(),
        without: Vec::new(),
    }
}

fn id(text: &str) -> TaskId {
    TaskId::new(text)
}

fn problems<T: std::fmt::Debug>(result: app::Result<T>) -> Vec<(String, &'static str)> {
    match result {
        Err(Error::Form(problems)) => problems.into_iter().map(|p| (p.field, p.problem)).collect(),
        other => panic!("{other:?}"),
    }
}

impl City {
    async fn tray(&self, login: &str, zone: &str, tray: TaskTray) -> Vec<TaskRow> {
        let actor = self.at(login, zone).await;
        self.app.tasks(&actor, tray, page()).await.unwrap().rows
    }

    async fn told(&self, subject: (&str, &str)) -> Vec<(String, Vec<String>)> {
        let query = EvidenceQuery {
            subject: Some((subject.0.to_owned(), subject.1.to_owned())),
            page: Some(page()),
            ..EvidenceQuery::default()
        };
        let rows = self.store.real.evidence(&query).await.unwrap().rows;
        rows.into_iter().rev().map(|row| (row.entry.kind, row.entry.statements)).collect()
    }
}

#[tokio::test]
async fn time_makes_each_task_once() {
    let city = City::open().await;
    let made = city.app.tidy().await.unwrap().tasks_made;
    assert!(made > 10, "{made}");
    assert_eq!(city.app.tidy().await.unwrap().tasks_made, 0, "the same day");
    // A clock that goes back and forth, and a start in between.
    for step in [-3 * DAY, DAY, 2 * DAY] {
        city.clock.pass(step);
        assert_eq!(city.app.tidy().await.unwrap().tasks_made, 0);
    }
    let sections = city.app.pack().sections().len();
    let months = city.store.real.task_months(2026, None, city.now()).await.unwrap();
    let of = |duty: &str| months.iter().filter(|m| m.duty == duty).count();
    assert_eq!((of("training"), of("log-review"), of("account-review")), (sections, 1, 1));
    city.clock.pass(40 * DAY);
    assert!(city.app.tidy().await.unwrap().tasks_made > 0, "the next month and quarter");
    let entries = city.told(("duty", "log-review")).await;
    assert_eq!(entries.iter().filter(|(kind, _)| kind == "tasks-made").count(), 3, "December was missed");
    assert!(entries[0].1.contains(&"base/business-use-only".to_owned()), "{entries:?}");
}

#[tokio::test]
async fn a_task_is_done_by_one_and_confirmed_by_another() {
    let city = City::open().await;
    city.app.tidy().await.unwrap();
    let (tanto, digital) = (city.at("tanto", "lgwan").await, city.at("digital", "lgwan").await);
    let task = id(LOG_REVIEW);
    let home = city.app.tasks_at_home(&tanto).await.unwrap();
    assert!(home.mine.iter().any(|row| row.id == task), "{home:?}");
    let hanako = city.at("hanako", "lgwan").await;
    assert!(matches!(city.app.task(&hanako, &task).await, Err(Error::NotFound)), "not hers to see");
    assert!(matches!(city.app.task(&tanto, &id("nothing")).await, Err(Error::NotFound)));

    // Everything that is wrong is told at once.
    let wrong = city.app.report_task(&tanto, &task, report("2026-11-25", &[])).await;
    assert_eq!(problems(wrong), [("found".to_owned(), "empty"), ("done-on".to_owned(), "future")]);
    let early = city.app.report_task(&tanto, &task, report("2026-10-31", &[("found", "なし")])).await;
    assert_eq!(problems(early), [("done-on".to_owned(), "before-covered")]);
    let odd = city.app.report_task(&tanto, &task, report("令和8年", &[("found", "なし")])).await;
    assert_eq!(problems(odd), [("done-on".to_owned(), "no-date")]);
    let long = NewReport { note: "あ".repeat(4_001), ..report("2026-11-24", &[("found", "なし")]) };
    assert_eq!(problems(city.app.report_task(&tanto, &task, long).await), [("note".to_owned(), "too-long")]);
    // Only its owner reports.
    let not_his = city.app.report_task(&digital, &task, report("2026-11-24", &[("found", "なし")])).await;
    assert!(matches!(not_his, Err(Error::Denied { .. })), "{not_his:?}");

    let mut upload = city.app.begin_task_file(&tanto, &task, "../一覧.csv").await.unwrap();
    upload.write(b"a,b").await.unwrap();
    let file: UploadedFile = upload.finish().await.unwrap();
    let with_file = NewReport { attachments: vec![file], ..report("2026-11-20", &[("found", "なし")]) };
    city.app.report_task(&tanto, &task, with_file).await.unwrap();
    // No file that a report refers to is swept, however long it waits.
    city.clock.pass(3 * DAY);
    for _ in 0..256 {
        city.app.tidy().await.unwrap();
    }

    let seen = city.app.task(&digital, &task).await.unwrap();
    assert_eq!((seen.task.state, seen.may.confirm, seen.may.report), (State::Reported, true, false));
    let attached = &seen.task.report.as_ref().unwrap().attachments[0];
    let opened = city.app.open_task_file(&digital, &task, &attached.id).await.unwrap();
    assert_eq!((opened.bytes, opened.name.as_str()), (3, "../一覧.csv"));
    // In another zone it is known that it was reported, and nothing of what was written; nobody confirms there.
    let elsewhere = city.at("digital", "internet").await;
    let outside = city.app.task(&elsewhere, &task).await.unwrap();
    let there = outside.task.report.as_ref().unwrap();
    assert_eq!(
        (outside.written_in.as_deref(), there.answers.len(), there.note.as_str()),
        (Some("lgwan"), 0, "")
    );
    assert!(outside.timeline.iter().filter(|i| i.zone.is_some()).all(|i| i.payload.is_none()));
    assert!(city.app.open_task_file(&elsewhere, &task, &attached.id).await.is_err());
    let far = city.app.confirm_task(&elsewhere, &task, &seen.report_hash, "").await;
    assert!(matches!(far, Err(Error::Denied { reason: "wrong-zone", .. })), "{far:?}");

    let own = city.app.confirm_task(&tanto, &task, &seen.report_hash, "").await;
    assert!(matches!(own, Err(Error::Denied { .. })), "{own:?}");
    let other = city.app.confirm_task(&digital, &task, "another", "").await;
    assert!(matches!(other, Err(Error::Duty(Refusal::Changed))), "{other:?}");
    city.app.send_task_back(&digital, &task, &seen.report_hash, "時間帯も書いてください").await.unwrap();
    let again = city.app.report_task(&tanto, &task, report("2026-11-20", &[("found", "深夜に1件")])).await;
    again.unwrap();
    let stale = city.app.confirm_task(&digital, &task, &seen.report_hash, "").await;
    assert!(matches!(stale, Err(Error::Duty(Refusal::Changed))), "{stale:?}");
    let seen = city.app.task(&digital, &task).await.unwrap();
    assert_eq!(seen.task.report.as_ref().unwrap().attachments.len(), 1, "the file stays");
    city.app.confirm_task(&digital, &task, &seen.report_hash, "確かめた").await.unwrap();
    let twice = city.app.confirm_task(&digital, &task, &seen.report_hash, "").await;
    assert!(matches!(twice, Err(Error::Denied { reason: "state", .. })), "{twice:?}");

    let entries = city.told(("task", LOG_REVIEW)).await;
    let kinds: Vec<&str> =
        entries.iter().map(|(kind, _)| kind.as_str()).filter(|k| *k != "access-denied").collect();
    assert_eq!(kinds, ["task-reported", "task-sent-back", "task-reported", "task-confirmed"]);
    for (_, statements) in entries.iter().filter(|(kind, _)| kind.starts_with("task-")) {
        assert_eq!(statements, &["base/business-use-only"]);
    }
}

#[tokio::test]
async fn what_is_not_done_is_noted_and_told() {
    let city = City::open().await;
    city.app.tidy().await.unwrap();
    let task = "log-copy.2026-11.1.body";
    for pause in [3 * DAY, 4 * DAY] {
        city.clock.pass(pause);
        city.app.tidy().await.unwrap();
    }
    let overdue = city.tray("digital", "lgwan", TaskTray::Overdue).await;
    assert!(overdue.iter().any(|row| row.id == id(task)), "{overdue:?}");
    let hers = city.tray("hanako", "lgwan", TaskTray::Overdue).await;
    assert_eq!(hers, [], "whoever answers for nobody sees nothing of others");
    city.clock.pass(30 * DAY);
    city.app.tidy().await.unwrap();
    let kinds: Vec<String> =
        city.told(("duty", "log-copy")).await.into_iter().map(|(kind, _)| kind).collect();
    for kind in ["tasks-made", "tasks-reminded", "tasks-overdue", "tasks-escalated"] {
        assert!(kinds.iter().any(|k| k == kind), "{kind}: {kinds:?}");
    }
    let before = kinds.len();
    city.app.tidy().await.unwrap();
    assert_eq!(city.told(("duty", "log-copy")).await.len(), before, "each is told once");

    // Late is late, also when it is done at last.
    let tanto = city.at("tanto", "lgwan").await;
    city.app.report_task(&tanto, &id(task), report("2026-12-30", &[("medium", "LTO")])).await.unwrap();
    let done = city.app.task(&tanto, &id(task)).await.unwrap();
    assert_eq!((done.task.state, done.task.is_late()), (State::Done, true));
    let months = city.store.real.task_months(2026, None, city.now()).await.unwrap();
    let november = months.iter().find(|m| m.duty == "log-copy" && m.month == "2026-11").unwrap();
    assert_eq!((november.all.asked, november.all.done, november.all.late), (1, 1, 1));
}

#[tokio::test]
async fn a_task_is_let_go_only_by_another_person() {
    let city = City::open().await;
    city.app.tidy().await.unwrap();
    let task = id("log-copy.2026-11.1.body");
    let (tanto, digital) = (city.at("tanto", "lgwan").await, city.at("digital", "lgwan").await);
    let empty = city.app.ask_waiver(&tanto, &task, " ").await;
    assert!(matches!(empty, Err(Error::Duty(Refusal::Comment))), "{empty:?}");
    city.app.ask_waiver(&tanto, &task, "サーバを入れ替えたばかり").await.unwrap();
    let own = city.app.decide_waiver(&tanto, &task, true, "").await;
    assert!(matches!(own, Err(Error::Denied { .. })), "{own:?}");
    assert!(city.tray("digital", "lgwan", TaskTray::Mine).await.iter().any(|row| row.id == task));
    city.app.decide_waiver(&digital, &task, true, "").await.unwrap();
    assert_eq!(city.app.task(&tanto, &task).await.unwrap().task.state, State::Waived);
    let late = city.app.report_task(&tanto, &task, report("2026-11-24", &[("medium", "LTO")])).await;
    assert!(matches!(late, Err(Error::Denied { reason: "state", .. })), "{late:?}");
}

fn start(duty: &str, submission: &str) -> NewStart {
    NewStart {
        submission: submission.to_owned(),
        duty: duty.to_owned(),
        what: "窓口の端末が動かない".to_owned(),
        on: "2026-11-23".to_owned(),
        ..NewStart::default()
    }
}

#[tokio::test]
async fn what_happens_sets_off_tasks() {
    let city = City::open().await;
    let (kacho, hanako) = (city.at("kacho", "lgwan").await, city.at("hanako", "lgwan").await);
    let first = city.app.start_task(&kacho, start("incident-first", "key-1")).await.unwrap();
    let again = city.app.start_task(&kacho, start("incident-first", "key-1")).await.unwrap();
    assert_eq!(first, again, "handed in twice");
    let row = city.tray("kacho", "lgwan", TaskTray::Mine).await.into_iter().find(|r| r.id == first).unwrap();
    assert_eq!(
        (row.due_on.to_string(), row.section),
        ("2026-11-24".to_owned(), Some(SectionId::new("residents")))
    );
    // What was written stays in its zone; that there is a task is known everywhere.
    let outside = city.tray("kacho", "internet", TaskTray::Mine).await.into_iter().find(|r| r.id == first);
    let Covers::Event { what, .. } = outside.unwrap().covers else { panic!("no event") };
    assert_eq!(what, "");
    let elsewhere = city.app.task(&city.at("kacho", "internet").await, &first).await.unwrap();
    assert_eq!(elsewhere.written_in.as_deref(), Some("lgwan"));
    let hers = city.app.start_task(&hanako, start("incident-first", "key-2")).await;
    assert!(matches!(hers, Err(Error::Denied { .. })), "{hers:?}");
    for wrong in ["training", "nothing"] {
        let refused = city.app.start_task(&kacho, start(wrong, "key-3")).await;
        assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
    }
    let bad = NewStart {
        what: " ".to_owned(),
        on: "2026-11-30".to_owned(),
        section: "nowhere".to_owned(),
        ..start("incident-first", "key-4")
    };
    let found = problems(city.app.start_task(&kacho, bad).await);
    let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["what", "on", "section"]);
    let key = city.app.start_task(&kacho, start("incident-first", "a/b")).await;
    assert!(matches!(key, Err(Error::Invalid { field: "submission", .. })), "{key:?}");

    // An account that is opened or closed by an administrator sets off what the pack says of it.
    let digital = city.at("digital", "lgwan").await;
    let new = app::people::NewPerson {
        login: "shin".to_owned(),
        name: "新人".to_owned(),
        kana: "しんじん".to_owned(),
        section: SectionId::new("residents"),
    };
    let (shin, password) = city.app.add_person(&digital, new).await.unwrap();
    city.keep_secret(&password);
    let mine = city.tray("kacho", "lgwan", TaskTray::Mine).await;
    assert!(mine.iter().any(|row| row.duty == "newcomer-briefing"), "{mine:?}");
    city.app.set_enabled(&digital, &shin, false).await.unwrap();
    let mine = city.tray("kacho", "lgwan", TaskTray::Mine).await;
    assert!(mine.iter().any(|row| row.duty == "assets-return"), "{mine:?}");
    assert!(city.tray("fukushi", "lgwan", TaskTray::Mine).await.iter().all(|r| r.duty != "assets-return"));
}

#[tokio::test]
async fn each_sees_the_year_of_whom_he_answers_for() {
    let city = City::open().await;
    city.app.tidy().await.unwrap();
    let ciso = city.at("fukushicho", "lgwan").await;
    let year = city.app.duty_year(&ciso, None).await.unwrap();
    assert_eq!((year.year, year.whole_body), (2026, true));
    assert_eq!(year.sections.len(), city.app.pack().sections().len() + 1, "each section and the body");
    let audit = year.rows.iter().find(|row| row.duty == "audit").unwrap();
    let due: Vec<usize> =
        audit.months.iter().enumerate().filter(|(_, m)| m.is_some()).map(|(n, _)| n).collect();
    assert_eq!(due, [10], "February");
    assert!(year.rows.iter().all(|row| row.months.len() == 12));
    let total = year.rows.iter().fold(0, |sum, row| sum + row.all.asked);
    assert_eq!(total, year.all.asked);

    let kacho = city.at("kacho", "lgwan").await;
    let own = city.app.duty_year(&kacho, Some(2026)).await.unwrap();
    assert!(!own.whole_body && own.sections.len() == 1, "{:?}", own.sections);
    let next = city.app.duty_year(&kacho, Some(2027)).await.unwrap();
    assert_eq!(next.all.asked, 0);
    assert!(
        next.rows.iter().any(|row| row.duty == "training" && row.months.iter().flatten().any(|m| m.to_come))
    );
    let hanako = city.at("hanako", "lgwan").await;
    assert!(matches!(city.app.duty_year(&hanako, None).await, Err(Error::Denied { .. })));
    let card = city.app.duty(&ciso, "log-review").await.unwrap();
    assert_eq!((card.periods.len(), card.tasks.len()), (1, 1));
    assert!(matches!(city.app.duty(&ciso, "nothing").await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_failing_store_leaves_state_and_evidence_together() {
    let city = City::open().await;
    city.app.tidy().await.unwrap();
    let tanto = city.at("tanto", "lgwan").await;
    let task = id("log-copy.2026-11.1.body");
    let mut failed = 0;
    for skip in 0..12 {
        city.store.faults.arm(skip, 1);
        let result = city.app.report_task(&tanto, &task, report("2026-11-24", &[("medium", "LTO")])).await;
        city.store.faults.disarm();
        let stored = city.store.real.task(&task).await.unwrap().unwrap();
        let said = city.told(("task", task.as_str())).await;
        let reported = said.iter().filter(|(kind, _)| kind == "task-reported").count();
        assert_eq!(stored.state == State::Done, reported == 1, "after {skip} calls: {said:?}");
        if result.is_ok() {
            break;
        }
        failed += 1;
    }
    assert!(failed >= 3, "{failed}");
}

/// Everything that people do with tasks, each at least once.
pub(crate) async fn tour(city: &City) {
    city.app.tidy().await.unwrap();
    let (tanto, digital) = (city.at("tanto", "lgwan").await, city.at("digital", "lgwan").await);
    let today = workflow::calendar::day_of(city.now()).to_string();
    let waiting = city.tray("tanto", "lgwan", TaskTray::Mine).await;
    let of = |duty: &str| waiting.iter().find(|row| row.duty == duty).unwrap().id.clone();
    let task = of("log-review");
    for confirms in [false, true] {
        city.app.report_task(&tanto, &task, report(&today, &[("found", "なし")])).await.unwrap();
        let hash = city.app.task(&digital, &task).await.unwrap().report_hash;
        if confirms {
            city.app.confirm_task(&digital, &task, &hash, "").await.unwrap();
        } else {
            city.app.send_task_back(&digital, &task, &hash, "時刻も").await.unwrap();
        }
    }
    let task = of("log-copy");
    for granted in [false, true] {
        city.app.ask_waiver(&tanto, &task, "入替えの間").await.unwrap();
        city.app.decide_waiver(&digital, &task, granted, "見た").await.unwrap();
    }
    let kacho = city.at("kacho", "lgwan").await;
    let on = NewStart { on: today, ..start("guidance", "tour-1") };
    city.app.start_task(&kacho, on).await.unwrap();
}

/// An answer that a field takes.
fn filled(field: &policy::FormField) -> String {
    match field.kind {
        policy::FormFieldType::Number => "3".to_owned(),
        policy::FormFieldType::Flag => "true".to_owned(),
        policy::FormFieldType::Choice => field.choices[0].clone(),
        policy::FormFieldType::Date => "2026-11-24".to_owned(),
        _ => "済".to_owned(),
    }
}

/// A row in each register that duties are about, and the tasks of the day.
pub(crate) async fn begin(city: &City) {
    city.app.tidy().await.unwrap();
    // Duties about rows of registers have a task once there is a row.
    let about: std::collections::BTreeSet<&str> = city
        .app
        .pack()
        .duty_types()
        .iter()
        .filter_map(|d| Some(d.rows.as_ref()?.register.as_str()))
        .collect();
    assert!(about.len() > 3, "{about:?}");
    for register in about {
        crate::rows::add(city, register, &[]).await;
    }
    city.app.tidy().await.unwrap();
}

/// One duty from its start to the report; its task.
pub(crate) async fn drive(city: &City, duty: &policy::DutyType) -> TaskId {
    let who = match duty.owner.as_str() {
        // Whom the row names.
        _ if duty.rows.as_ref().is_some_and(|rows| rows.person.is_some()) => "hanako",
        "supervising-officer" => "somu",
        "system-manager" => "digital",
        "system-operator" => "tanto",
        "security-manager" => "kacho",
        other => panic!("{}: nobody plays the {other}", duty.id),
    };
    let actor = city.at(who, "lgwan").await;
    let task = if matches!(duty.occurs, policy::Occurs::Every { .. }) {
        let made = city.told(("duty", &duty.id)).await;
        assert_eq!(made[0].0, "tasks-made", "{}", duty.id);
        let mine = city.app.tasks(&actor, TaskTray::Mine, page()).await.unwrap().rows;
        mine.into_iter().find(|row| row.duty == duty.id).unwrap_or_else(|| panic!("{}", duty.id)).id
    } else {
        let made = city.app.start_task(&actor, start(&duty.id, &format!("key-{}", duty.id))).await;
        made.unwrap_or_else(|error| panic!("{}: {error}", duty.id))
    };
    let mut new = report("2026-11-24", &[]);
    new.answers.extend(duty.fields.iter().map(|f| (f.id.clone(), filled(f))));
    if duty.files == policy::Attachments::Required {
        let mut upload = city.app.begin_task_file(&actor, &task, "報告書.pdf").await.unwrap();
        upload.write(b"%PDF").await.unwrap();
        new.attachments.push(upload.finish().await.unwrap());
    } else if duty.files == policy::Attachments::None {
        let refused = city.app.begin_task_file(&actor, &task, "a").await;
        assert!(matches!(refused, Err(Error::Invalid { field: "attachments", .. })), "{}", duty.id);
    }
    let without = NewReport { attachments: Vec::new(), ..new.clone() };
    if duty.files == policy::Attachments::Required {
        let found = problems(city.app.report_task(&actor, &task, without).await);
        assert_eq!(found, [("attachments".to_owned(), "empty")], "{}", duty.id);
    }
    city.app.report_task(&actor, &task, new).await.unwrap_or_else(|e| panic!("{}: {e}", duty.id));
    task
}

/// Every duty of the shipped policy, driven from its start to evidence for each statement that it names.
#[tokio::test]
async fn every_duty_leaves_evidence_for_its_statements() {
    let mut city = City::open().await;
    city.settle(&[("somu", "general-affairs", "general-affairs-director", Some("general-affairs"))]).await;
    begin(&city).await;
    assert!(city.app.pack().duty_types().len() > 30);
    for duty in city.app.pack().duty_types() {
        let task = drive(&city, duty).await;
        let entries = city.told(("task", task.as_str())).await;
        let (_, served) = entries.iter().find(|(kind, _)| kind == "task-reported").unwrap();
        assert!(duty.statements.iter().all(|s| served.contains(s)), "{}: {served:?}", duty.id);
        let stands = city.store.real.task(&task).await.unwrap().unwrap().state;
        let wanted = if duty.confirm_by.is_some() { State::Reported } else { State::Done };
        assert_eq!(stands, wanted, "{}", duty.id);
    }
}
