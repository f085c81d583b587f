//! The daily work of the policy in a large city: home, registers, requests, and a register's list as a workbook.
//!
//! One person asks one page after the other, over 6,500 people, 20,000 assets, 100,000 requests and three years of tasks. Prints a
//! line of JSON for each page: the median of 200 samples and the slowest of them, beside `/healthz` of the same run; for the workbook, of five
//! samples, beside the same rows as CSV. Every page is looked at for a word that it would not have when it was empty. The workbook is
//! then given back, read in a cell and compared with the register, as far as the plan that a person is shown; for this
//! `cargo build --release -p sekisho-worker` has to have been run.
//!
//! `SEKISHO_DAILY_REQUESTS` (100000) and `SEKISHO_LOAD_ASSETS` (20000) make it smaller. The database is kept in the target folder
//! for the next run.

mod city;

use anyhow::{Context as _, Result, bail, ensure};
use app::{
    model::NewEvidence, ports::Store as _, register_imports::TableInput, requests::store::RequestStore as _,
};
use store_sql::SqlStore;
use tokio::{io::BufReader, net::TcpStream};
use workflow::{
    Millis,
    calendar::{Every, Period, day_of},
    duty::{Covers, Scope, State as Stage, Task, Terms, task::NewTask},
    id::{EvidenceId, RequestId, SectionId, UserId, ZoneId},
    register::RowKey,
    register_plan::Outcome,
    request::{Answer, Application, Content, Patience, Request},
    route::{self, Route, Step, Verdict, Vote, Watch},
};

use city::{SECTIONS, SECTIONS_COUNT, Size, clock, enter, get, measure, section, setting};

/// Who sees the whole body and keeps the rows of every section: not one of the auditors, who change nothing.
const WIDE: u64 = 3;
/// Pages are asked so often.
const SAMPLES: usize = 200;
/// Tables are taken so often.
const TABLES: usize = 5;
/// Requests and tasks of one transaction.
const AT_ONCE: u64 = 1_000;
/// Milliseconds between two requests.
const STEP: Millis = 900_000;

fn main() -> Result<()> {
    let size = Size {
        transfers: 2_000,
        assets: setting("SEKISHO_LOAD_ASSETS", 20_000).max(SECTIONS_COUNT),
        people: 200,
    };
    let requests = setting("SEKISHO_DAILY_REQUESTS", 100_000).max(100);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(size, requests))
}

async fn run(size: Size, requests: u64) -> Result<()> {
    let name = format!("daily-{requests}");
    let (app, store) = city::open(&name, size).await?;
    if store.request(&request_id(0)).await?.is_none() {
        let begun = clock();
        let wide = store.user_by_login(&city::login(WIDE)).await?.context("nobody sees everything")?;
        app.install_post(&wide.id, "deputy-mayor", None).await?;
        for section in SECTIONS.into_iter().filter(|id| *id != wide.section.as_str()) {
            app.install_post(&wide.id, "staff", Some(section)).await?;
        }
        fill(&app, &store, requests).await.context("requests and tasks cannot be filled")?;
        measure("filling requests and tasks", begun.elapsed().as_secs_f64(), "s", None)?;
    }
    let (address, server) = city::serve(&app)?;
    // Somebody of the staff, and who sees the whole body.
    let (staff, wide) = (enter(&app, 1).await?, enter(&app, WIDE).await?);
    let everywhere = app.resume(&city::door(), wide.split_once('=').map_or("", |(_, secret)| secret)).await?;
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    let mut samples = async |path: &dyn Fn(usize) -> String, cookie: &str, count: usize, word: &str| {
        let mut taken = Vec::new();
        let mut body = Vec::new();
        for n in 0..count {
            let asked = clock();
            body = get(&mut stream, &path(n), cookie).await.with_context(|| path(n))?;
            taken.push(asked.elapsed().as_secs_f64() * 1_000.0);
            ensure!(String::from_utf8_lossy(&body).contains(word), "{} has no {word}", path(n));
        }
        taken.sort_by(f64::total_cmp);
        let middle = taken.get(taken.len() / 2).copied().unwrap_or(f64::NAN);
        anyhow::Ok((middle, taken.last().copied().unwrap_or(f64::NAN), body))
    };
    let (alone, alone_slowest, _) = samples(&|_| "/healthz".to_owned(), &staff, SAMPLES, "").await?;
    let each = usize::try_from(size.assets / SECTIONS_COUNT)?.max(1);
    type Path = fn(usize, usize) -> String;
    let pages: [(&str, Path, &str, &str); 9] = [
        ("home", |_, _| "/".to_owned(), &staff, "試験 00001"),
        ("home of the whole body", |_, _| "/".to_owned(), &wide, "試験 00003"),
        ("registers", |_, _| "/registers".to_owned(), &staff, "情報資産台帳"),
        ("register list", |_, _| "/registers/assets".to_owned(), &staff, "窓口業務の記録"),
        (
            "register search",
            |n, _| format!("/registers/assets?words=%E8%A8%98%E9%8C%B2%20{n}"),
            &staff,
            "窓口業務の記録",
        ),
        (
            "register row",
            |n, each| format!("/registers/assets/{}", 1 + n.wrapping_mul(7_919) % each),
            &staff,
            "窓口業務の記録",
        ),
        ("requests of mine", |_, _| "/requests?tray=mine".to_owned(), &staff, "申請書の控え"),
        ("requests of all", |_, _| "/requests?tray=units".to_owned(), &wide, "申請書の控え"),
        ("tasks", |_, _| "/tasks".to_owned(), &staff, "試験 00001"),
    ];
    for (name, path, cookie, word) in pages {
        let (middle, slowest, _) = samples(&|n| path(n, each), cookie, SAMPLES, word).await?;
        measure(name, middle, "ms", Some((alone, "healthz")))?;
        measure(&format!("{name}, slowest"), slowest, "ms", Some((alone_slowest, "healthz, slowest")))?;
    }
    let table = |format: &'static str| move |_| format!("/registers/assets/table?format={format}");
    let (plain, _, _) = samples(&table("csv"), &wide, TABLES, "窓口業務の記録").await?;
    let (middle, _, workbook) = samples(&table("xlsx"), &wide, TABLES, "xl/worksheets").await?;
    measure("workbook of a register", middle, "ms", Some((plain, "the same rows as CSV")))?;
    server.abort();
    if !city::worker().is_file() {
        bail!("the workbook cannot be read again: cargo build --release -p sekisho-worker");
    }
    let mut taken = Vec::new();
    for _ in 0..TABLES {
        let asked = clock();
        let mut upload = app.begin_table(&everywhere, "assets", "台帳.xlsx").await?;
        upload.write(&workbook).await?;
        let read = app.finish_table(&everywhere, "assets", upload, &TableInput::default()).await?;
        let plan = read.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?.plan;
        taken.push(asked.elapsed().as_secs_f64() * 1_000.0);
        ensure!(
            plan.lines.len() as u64 >= size.assets / SECTIONS_COUNT * SECTIONS_COUNT,
            "{} lines",
            plan.lines.len()
        );
        let same = |outcome: &Outcome| matches!(outcome, Outcome::Same { .. });
        ensure!(plan.lines.iter().all(|line| same(&line.outcome)), "a list that comes back changes nothing");
    }
    taken.sort_by(f64::total_cmp);
    let read = taken.get(taken.len() / 2).copied().unwrap_or(f64::NAN);
    measure("the workbook back, as far as its plan", read, "ms", Some((middle, "taking it out")))?;
    Ok(())
}

fn request_id(n: u64) -> RequestId {
    RequestId::new(format!("00000000-0000-7000-a000-{n:012}"))
}

/// Requests of the past years, nearly all of them ended, and the tasks of three years.
async fn fill(app: &app::App, store: &SqlStore, requests: u64) -> Result<()> {
    let person = store.user_by_login(&city::login(1)).await?.context("nobody applies")?;
    let approver = store.user_by_login(&city::login(2)).await?.context("nobody approves")?;
    let now = app.now();
    let first = now - STEP * Millis::try_from(requests)?;
    for begin in (0..requests).step_by(usize::try_from(AT_ONCE)?) {
        let mut tx = store.begin().await?;
        let mut traces = Vec::new();
        for n in begin..(begin + AT_ONCE).min(requests) {
            let number = tx.next_request_number().await?;
            let at = first + STEP * Millis::try_from(n)?;
            let request = request(n, number, &person.id, &approver.id, at, n.is_multiple_of(200))?;
            tx.insert_request(&request, &format!("daily-{n}")).await?;
            traces.push(trace(n, ("request-submitted", "request", request.id.as_str()), &person.id, at));
        }
        tx.commit(traces).await?;
    }
    let terms = Terms {
        owner: "staff".to_owned(),
        confirm_by: None,
        waiver_by: None,
        wide: Vec::new(),
        remind_days: vec![7],
        escalations: Vec::new(),
    };
    let mut periods: Vec<Period> = vec![Every::Month.period(day_of(now))];
    while periods.len() < 36 {
        let Some(last) = periods.last() else { break };
        periods.push(Every::Month.period(workflow::calendar::plus(last.first, -1)));
    }
    for (age, period) in (0..).zip(&periods) {
        let mut tasks = Vec::new();
        for (n, duty) in (0..).zip(app.pack().duty_types()) {
            for of in 0..SECTIONS_COUNT {
                tasks.push(task(&duty.id, &duty.title, Scope::Section(section(of)), period, &terms, age > 0));
            }
            let whose = Scope::Person(UserId::new(format!("u-{:06}", n * 97)), section(n));
            tasks.push(task(&duty.id, &duty.title, whose, period, &terms, age > 0));
        }
        let mut tx = store.begin().await?;
        tx.insert_tasks(&tasks).await?;
        let traces = (0..).zip(&tasks).map(|(n, task)| {
            let n = requests + age * 100_000 + n;
            trace(n, ("task-started", "task", task.id.as_str()), &person.id, task.made_at)
        });
        tx.commit(traces.collect()).await?;
    }
    while app.seal().await? > 0 {}
    Ok(())
}

/// The entry that a change is written with: nothing is without one. Its number is its own.
fn trace(n: u64, (kind, subject, id): (&str, &str, &str), by: &UserId, at: Millis) -> NewEvidence {
    NewEvidence {
        id: EvidenceId::new(format!("00000000-0000-7000-9001-{n:012}")),
        at,
        kind: kind.to_owned(),
        subject_kind: subject.to_owned(),
        subject_id: id.to_owned(),
        ..city::evidence(n, by.clone(), at)
    }
}

fn request(n: u64, number: i64, by: &UserId, approver: &UserId, at: Millis, waits: bool) -> Result<Request> {
    let section = SectionId::new("digital");
    let step = Step {
        id: "manager".to_owned(),
        title: "所属の情報セキュリティ管理者の許可".to_owned(),
        role: "security-manager".to_owned(),
        scope: route::Scope::Section(section.clone()),
        deadline_hours: 24,
        deputies: Vec::new(),
        statements: vec!["base/take-out-permitted".to_owned()],
        raised_from: None,
        group: None,
        watch: Watch::default(),
    };
    let row = RowKey::new("assets", i64::try_from(n % 1_000)? + 1);
    let answer = |field: &str, shown: String, row: Option<RowKey>| Answer {
        field: field.to_owned(),
        title: "持ち出すもの".to_owned(),
        value: shown.clone(),
        shown,
        row,
    };
    let content = Content {
        answers: vec![
            answer("what", format!("申請書の控え {n}"), None),
            answer("asset", format!("A-{:04}", row.number), Some(row)),
        ],
        attachments: Vec::new(),
        terms: None,
        late_by: None,
    };
    let patience = Patience { days: 14 };
    let application = Application {
        id: request_id(n),
        number,
        form: "take-out".to_owned(),
        title: "持出しの申請".to_owned(),
        zone: ZoneId::new(city::ZONE),
        applicant: by.clone(),
        section,
        content,
        route: Route { steps: vec![step] },
        pack_version: "2026.1".to_owned(),
    };
    let (mut request, _) = Request::apply(application, patience, at)?;
    if !waits {
        let hash = request.content_hash();
        let vote = Vote {
            by: approver,
            on_behalf_of: None,
            verdict: Verdict::Approve,
            comment: "",
            seen_hash: &hash,
            step: None,
        };
        request.decide(&vote, patience, at + 3_600_000)?;
    }
    Ok(request)
}

fn task(duty: &str, title: &str, scope: Scope, period: &Period, terms: &Terms, done: bool) -> Task {
    let new = NewTask {
        duty: duty.to_owned(),
        title: title.to_owned(),
        scope,
        covers: Covers::Period(period.clone()),
        nth: 1,
        times: 1,
        due_on: period.last,
        terms: terms.clone(),
    };
    let mut task = Task::new(new, workflow::calendar::begin_of(period.first));
    if done {
        task.state = Stage::Done;
        task.ended_at = Some(task.due_at());
    }
    task
}
