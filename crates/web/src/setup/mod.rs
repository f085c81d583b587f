//! The screen of the guided first run, before there is a house: `/setup` on a loopback address.
//!
//! Owns who may come in (whoever types the one-time code that the program printed, once), the pages of the steps, and
//! keeping each step's answers as soon as it is sent.
//! Leaves what follows from answers to `policy::setup`, and writing to the [`Desk`].

mod pages;

use std::sync::{Arc, Mutex, PoisonError};

use app::first_factor::{FirstFactor, OfferedFactor};
use async_trait::async_trait;
use axum::{
    Form, Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use axum_extra::extract::CookieJar;
use policy::{
    SourceFile,
    setup::{Answers, BodyPlan, Listener, Step, plan},
};
use subtle_text::same;
use workflow::Millis;

use crate::{
    assets, door,
    screens::{Pairs, one},
    site::render,
};
use pages::{CodePage, DonePage, PlanPage, StartPage, StepPage};

/// What the screen needs of the program that shows it.
#[async_trait]
pub trait Desk: Send + Sync {
    /// The packs there are.
    fn policies(&self) -> &[SourceFile];
    /// The answers so far.
    ///
    /// # Errors
    /// In words for the person.
    fn kept(&self) -> Result<Answers, String>;
    /// Keeps answers.
    ///
    /// # Errors
    /// In words for the person.
    fn keep(&self, answers: &Answers) -> Result<(), String>;
    /// The plan in words.
    fn summary(&self, answers: &Answers, plan: &BodyPlan) -> String;
    /// A new secret for the administrator's authenticator.
    fn offer(&self) -> OfferedFactor;
    /// Now.
    fn now(&self) -> Millis;
    /// Writes everything or nothing; what to tell the operator.
    ///
    /// # Errors
    /// In words for the person.
    async fn finish(
        &self,
        answers: &Answers,
        plan: &BodyPlan,
        password: String,
        factor: FirstFactor,
    ) -> Result<String, String>;
}

/// What opens the door: the code that is typed once, and the secret that the browser holds then.
pub struct Pass {
    /// Printed by the program.
    pub code: String,
    /// Never shown.
    pub secret: String,
}

/// Wrong codes before the screen closes for good.
const TRIES_MAX: u32 = 5;
/// A roster of twenty thousand people.
const FORM_BYTES_MAX: usize = 8 << 20;
const COOKIE: &str = "sekisho-setup";

struct Inner {
    desk: Arc<dyn Desk>,
    host: Vec<String>,
    state: Mutex<Gate>,
}

struct Gate {
    /// Gone once it was used.
    code: Option<String>,
    secret: String,
    tries: u32,
    factor: OfferedFactor,
    done: bool,
}

#[derive(Clone)]
struct Room {
    inner: Arc<Inner>,
}

impl Room {
    fn gate(&self) -> std::sync::MutexGuard<'_, Gate> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

mod subtle_text {
    //! Comparing secrets without telling by the time how much of them was right.
    use sha2::{Digest as _, Sha256};

    pub(super) fn same(a: &str, b: &str) -> bool {
        // Hashes of different texts differ from the first byte on, whoever chose them.
        Sha256::digest(a.as_bytes()) == Sha256::digest(b.as_bytes())
    }
}

/// The routes of the screen at this port of the loopback address.
pub fn router(desk: Arc<dyn Desk>, pass: Pass, port: u16) -> Router {
    let factor = desk.offer();
    let gate = Gate { code: Some(pass.code), secret: pass.secret, tries: 0, factor, done: false };
    let host = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}")).to_vec();
    let room = Room { inner: Arc::new(Inner { desk, host, state: Mutex::new(gate) }) };
    Router::new()
        .route("/", get(|| async { Redirect::to("/setup") }))
        .route("/setup", get(start).post(enter))
        .route("/setup/plan", get(plan_page))
        .route("/setup/finish", post(finish))
        .route("/setup/{step}", get(step_page).post(answer))
        .route("/assets/{hash}/{name}", get(assets::serve))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn_with_state(room.clone(), own_host))
        .layer(from_fn(door::headers))
        .with_state(room)
}

/// Refuses what another site's page, or a name that leads here by a trick, asks for.
async fn own_host(State(room): State<Room>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let changes = !matches!(*request.method(), axum::http::Method::GET | axum::http::Method::HEAD);
    if !room.inner.host.iter().any(|own| own == host) || (changes && !door::is_same_site(request.headers())) {
        return (StatusCode::FORBIDDEN, "この画面は、この機械のブラウザーからだけ使えます。").into_response();
    }
    next.run(request).await
}

/// Whether the browser typed the code before.
fn is_in(room: &Room, headers: &HeaderMap) -> bool {
    let jar = CookieJar::from_headers(headers);
    let gate = room.gate();
    gate.code.is_none() && jar.get(COOKIE).is_some_and(|c| same(c.value(), &gate.secret))
}

fn code_page(wrong: bool, closed: bool, status: StatusCode) -> Response {
    let mut answer = render(&CodePage { wrong, closed });
    *answer.status_mut() = status;
    answer
}

/// What stands before a page: the code, or the end.
fn outside(room: &Room, headers: &HeaderMap) -> Option<Response> {
    if !is_in(room, headers) {
        let gate = room.gate();
        let closed = gate.tries >= TRIES_MAX || gate.code.is_none();
        return Some(code_page(false, closed, StatusCode::UNAUTHORIZED));
    }
    if room.gate().done {
        return Some((StatusCode::GONE, "準備は終わりました。この画面は閉じてください。").into_response());
    }
    None
}

async fn enter(State(room): State<Room>, Form(form): Form<Pairs>) -> Response {
    let mut gate = room.gate();
    let typed: String = one(&form, "code")
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect::<String>()
        .to_lowercase();
    let right =
        gate.tries < TRIES_MAX && gate.code.as_ref().is_some_and(|code| same(&code.replace('-', ""), &typed));
    if !right {
        gate.tries = gate.tries.saturating_add(1);
        return code_page(true, gate.tries >= TRIES_MAX, StatusCode::UNAUTHORIZED);
    }
    // Once only: whoever reads it over a shoulder comes too late.
    gate.code = None;
    let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", gate.secret);
    let mut answer = Redirect::to("/setup").into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().insert(header::SET_COOKIE, value);
    }
    answer
}

async fn start(State(room): State<Room>, headers: HeaderMap) -> Response {
    if let Some(answer) = outside(&room, &headers) {
        return answer;
    }
    match room.inner.desk.kept() {
        Ok(answers) => {
            let planned = plan(&answers, room.inner.desk.policies());
            let problems = planned.err().unwrap_or_default();
            render(&StartPage { steps: pages::steps(&problems, None), ready: problems.is_empty() })
        }
        Err(words) => failed(&words),
    }
}

fn failed(words: &str) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, words.to_owned()).into_response()
}

fn named(id: &str) -> Option<Step> {
    Step::ALL.into_iter().find(|step| step.id() == id)
}

async fn step_page(State(room): State<Room>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(answer) = outside(&room, &headers) {
        return answer;
    }
    let Some(step) = named(&id) else { return StatusCode::NOT_FOUND.into_response() };
    match room.inner.desk.kept() {
        Ok(answers) => render(&page(&room, &answers, step, false)),
        Err(words) => failed(&words),
    }
}

fn page(room: &Room, answers: &Answers, step: Step, sent: bool) -> StepPage {
    StepPage::of(answers, room.inner.desk.policies(), step, sent)
}

async fn answer(
    State(room): State<Room>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    if let Some(answer) = outside(&room, &headers) {
        return answer;
    }
    let Some(step) = named(&id) else { return StatusCode::NOT_FOUND.into_response() };
    let desk = &room.inner.desk;
    let mut answers = match desk.kept() {
        Ok(answers) => answers,
        Err(words) => return failed(&words),
    };
    take(&mut answers, step, &form);
    if let Err(words) = desk.keep(&answers) {
        return failed(&words);
    }
    let problems = plan(&answers, desk.policies()).err().unwrap_or_default();
    // Looking at what was pasted is not going on.
    if problems.iter().any(|p| p.step == step) || one(&form, "do") == "look" {
        let mut answer = render(&page(&room, &answers, step, true));
        if problems.iter().any(|p| p.step == step) {
            *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        }
        return answer;
    }
    let next = problems.first().map_or("plan", |p| p.step.id());
    Redirect::to(&format!("/setup/{next}")).into_response()
}

/// Puts what was typed into the answers.
fn take(answers: &mut Answers, step: Step, form: &Pairs) {
    let text = |name: &str| one(form, name).trim().to_owned();
    let below = |prefix: &str| -> Vec<(String, String)> {
        form.iter()
            .filter_map(|(name, value)| {
                Some((name.strip_prefix(prefix)?.to_owned(), value.trim().to_owned()))
            })
            .collect()
    };
    match step {
        Step::Pack => {
            answers.pack = text("pack");
            answers.id = text("id");
        }
        Step::Municipality => {
            answers.municipality.name = text("name");
            answers.municipality.kana = text("kana");
            answers.municipality.code = text("code");
            answers.effective_from = text("effective_from");
            answers.ledger = text("ledger");
        }
        Step::People => answers.roster = one(form, "roster").to_owned(),
        Step::Zones => {
            answers.zones = below("label.").into_iter().filter(|(_, label)| !label.is_empty()).collect();
            answers.database = text("database");
            answers.listeners = below("address.")
                .into_iter()
                .map(|(zone, address)| {
                    let listener = Listener {
                        address,
                        certificate: text(&format!("certificate.{zone}")),
                        private_key: text(&format!("private_key.{zone}")),
                    };
                    (zone, listener)
                })
                .collect();
        }
        Step::Parameters => {
            answers.decided = text("decided");
            answers.parameters = below("value.").into_iter().filter(|(_, value)| !value.is_empty()).collect();
        }
        Step::Administrator => answers.administrator = text("administrator"),
    }
}

/// The answers with their plan, or where to go first.
fn planned(room: &Room) -> Result<(Answers, BodyPlan), Box<Response>> {
    let answers = room.inner.desk.kept().map_err(|words| Box::new(failed(&words)))?;
    match plan(&answers, room.inner.desk.policies()) {
        Ok(plan) => Ok((answers, plan)),
        Err(problems) => {
            let first = problems.first().map_or("pack", |p| p.step.id());
            Err(Box::new(Redirect::to(&format!("/setup/{first}")).into_response()))
        }
    }
}

async fn plan_page(State(room): State<Room>, headers: HeaderMap) -> Response {
    if let Some(answer) = outside(&room, &headers) {
        return answer;
    }
    match planned(&room) {
        Ok((answers, plan)) => render(&plan_view(&room, &answers, &plan, "")),
        Err(answer) => *answer,
    }
}

fn plan_view(room: &Room, answers: &Answers, plan: &BodyPlan, error: &str) -> PlanPage {
    PlanPage {
        steps: pages::steps(&[], None),
        summary: room.inner.desk.summary(answers, plan),
        login: plan.people.get(plan.administrator).map(|p| p.login.clone()).unwrap_or_default(),
        secret: room.gate().factor.secret_base32(),
        error: error.to_owned(),
    }
}

async fn finish(State(room): State<Room>, headers: HeaderMap, Form(form): Form<Pairs>) -> Response {
    if let Some(answer) = outside(&room, &headers) {
        return answer;
    }
    let (answers, plan) = match planned(&room) {
        Ok(planned) => planned,
        Err(answer) => return *answer,
    };
    let refuse = |error: &str| {
        let mut answer = render(&plan_view(&room, &answers, &plan, error));
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        answer
    };
    let password = one(&form, "password");
    if password != one(&form, "again") {
        return refuse("二つのパスワードが同じではありません。もう一度入力してください。");
    }
    let proven = room.gate().factor.prove(one(&form, "code"), room.inner.desk.now());
    let Ok(factor) = proven else {
        return refuse("ワンタイムコードが違います。認証アプリに今出ている6桁を入力してください。");
    };
    {
        let mut gate = room.gate();
        if gate.done {
            return (StatusCode::CONFLICT, "もう書き込んでいます。").into_response();
        }
        // Taken before the work begins, so that a second press does not start it again.
        gate.done = true;
    }
    match room.inner.desk.finish(&answers, &plan, password.to_owned(), factor).await {
        Ok(words) => render(&DonePage { words }),
        Err(words) => {
            room.gate().done = false;
            refuse(&words)
        }
    }
}
