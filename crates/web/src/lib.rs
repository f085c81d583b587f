//! Screens and the JSON API: one router for each listener, and a listener is a zone.
//!
//! Owns routes, pages, words and assets. A request goes: [`router`] → `door` (who, from which zone) → a handler in
//! `screens` → a use case of `app` → back to a page or a redirect.
//! Leaves decisions, state and evidence to `app`; listening and TLS to the binary.

pub mod api;
mod archive;
pub mod assets;
mod attachment;
pub mod dates;
mod door;
mod failure;
pub mod live;
mod parts;
pub mod print;
pub mod public;
pub mod screens;
pub mod setup;
mod site;
pub mod upload;
pub mod words;

use std::time::Duration;

use app::App;
use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tower_http::timeout::TimeoutLayer;

pub use api::Api;
pub use live::Streams;
pub use site::ZoneSetting;

use attachment::taking;
use screens::{
    account, beside, classify, coverage, duties, editions, find, home, imports, notices, oscal, parameters,
    people, policy as policies, reading, records, register_tables, registers, requests, rosters, send,
    session, together, training, transfers,
};
use site::Site;

/// Bytes of a form that brings no files.
const FORM_BYTES_MAX: usize = 1 << 20;
/// A text to import, with its form.
const IMPORT_BYTES_MAX: usize = 65 << 20;
/// How long a handler may take before its first byte; uploads and streams have no such end.
const ANSWER_SECONDS_MAX: u64 = 60;

/// The routes of one listener. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that evidence
/// names the peer's address.
/// `streams` are those of the whole server: every listener gets a clone of the same ones.
pub fn router(app: App, setting: ZoneSetting, streams: Streams) -> Router {
    let upload_bytes_max = usize::try_from(setting.request_bytes_max).unwrap_or(usize::MAX);
    let api = Api::new(app.clone(), streams.clone(), setting.tls);
    let ledger = api::ledger_routes(app.clone());
    let site = Site::new(app, setting, streams);
    let uploads = Router::new()
        .route("/transfers/new", get(send::new_page).post(send::submit))
        .route("/requests/new/{form}", get(requests::new_page).post(requests::apply))
        .route("/tasks/{id}/report", post(duties::report))
        .route("/training/runs/{id}/files", post(training::add_files))
        .route("/requests/{id}/resubmit", get(requests::resubmit_page).post(requests::resubmit))
        .layer(DefaultBodyLimit::max(upload_bytes_max));
    let proposals = Router::new()
        .route("/editions", get(editions::list).post(editions::propose))
        .layer(DefaultBodyLimit::max(editions::PROPOSAL_BYTES_MAX));
    // The cell may take as long as for any file, so these have no time to answer either.
    let texts = Router::new()
        .route("/imports", get(imports::list).post(imports::upload))
        .route("/registers/{id}/import", get(register_tables::import_page).post(register_tables::upload))
        .route("/personnel/new", get(rosters::new_page).post(rosters::upload))
        .layer(DefaultBodyLimit::max(IMPORT_BYTES_MAX));
    let pages = Router::new()
        .route("/", get(home::home))
        .route("/help", get(home::help))
        .route("/find", get(find::page))
        .route("/login", get(session::login_page).post(session::login))
        .route("/login/code", get(session::code_page).post(session::code))
        .route("/logout", get(session::logout_page).post(session::logout))
        .route("/account", get(account::page))
        .route("/account/password", get(account::password_page).post(account::password))
        .route("/account/second-factor", post(account::begin_factor))
        .route("/account/second-factor/confirm", post(account::confirm_factor))
        .route("/account/tokens", post(account::create_token))
        .route("/account/tokens/revoke", post(account::revoke_token))
        .route("/account/notices", get(notices::settings).post(notices::choose))
        .route("/notices", get(notices::page))
        .route("/notices/read", post(notices::read))
        .route("/notices/read-all", post(notices::read_all))
        .route("/mails", get(notices::mails))
        .route("/mails/{id}/again", post(notices::again))
        .route("/account/absences", post(account::set_absence))
        .route("/account/absences/end", post(account::end_absence))
        .route("/transfers", get(transfers::list))
        .route("/transfers/new/recipients", get(send::recipients))
        .route("/transfers/{id}", get(transfers::detail))
        .route("/transfers/{id}/fragment", get(transfers::fragment))
        .route("/transfers/{id}/decide", get(transfers::decide_page).post(transfers::decide))
        .route("/transfers/{id}/review", post(transfers::review))
        .route("/transfers/{id}/pull-back", post(transfers::pull_back))
        .route("/transfers/{id}/withdraw", post(transfers::withdraw))
        .route("/transfers/{id}/resubmit", get(send::resubmit_page).post(send::resubmit))
        .route("/transfers/{id}/files/{file}/retry", post(transfers::retry))
        .route("/transfers/{id}/files/{file}/block", post(transfers::block))
        .route("/transfers/{id}/files/{file}/download", taking(transfers::download))
        .route("/transfers/{id}/files.zip", taking(together::download_all))
        .route("/transfers/{id}/files/{file}/original", post(transfers::open_original))
        .route("/transfers/{id}/files/{file}/preview", get(transfers::preview))
        .route("/transfers/{id}/files/{file}/pages/{page}", get(transfers::page))
        .route("/transfers/{id}/print/{form}", get(print::transfer))
        .route("/received", get(transfers::received))
        .route("/requests", get(requests::list))
        .route("/requests/new", get(requests::forms))
        .route("/requests/new/{form}/check", post(requests::new_check))
        .route("/requests/new/{form}/edit", post(requests::new_edit))
        .route("/requests/{id}", get(requests::detail))
        .route("/requests/{id}/resubmit/check", post(requests::resubmit_check))
        .route("/requests/{id}/resubmit/edit", post(requests::resubmit_edit))
        .route("/requests/{id}/decide", post(requests::decide))
        .route("/requests/{id}/review", post(requests::review))
        .route("/requests/{id}/pull-back", post(requests::pull_back))
        .route("/requests/{id}/withdraw", post(requests::withdraw))
        .route("/requests/{id}/return", post(requests::give_back))
        .route("/requests/{id}/give-up", post(requests::give_up))
        .route("/requests/{id}/take-over", post(requests::take_over))
        .route("/requests/{id}/decline", post(requests::decline))
        .route("/requests/{id}/revoke", post(requests::revoke))
        .route("/requests/{id}/files/{file}", taking(requests::file))
        .route("/requests/{id}/print/{form}", get(print::request))
        .route("/tasks", get(duties::list))
        .route("/tasks/new", get(duties::start_page).post(duties::start))
        .route("/tasks/year", get(duties::year))
        .route("/tasks/duties/{id}", get(duties::duty))
        .route("/tasks/{id}", get(duties::detail))
        .route("/tasks/{id}/confirm", post(duties::confirm))
        .route("/tasks/{id}/waiver", post(duties::waiver))
        .route("/tasks/{id}/waiver/decision", post(duties::waiver_decision))
        .route("/tasks/{id}/files/{file}", taking(duties::file))
        .route("/training", get(training::mine))
        .route("/training/overview", get(training::overview))
        .route("/training/courses/{id}", get(training::year))
        .route("/training/courses/{id}/open", post(training::open))
        .route("/training/courses/{id}/close", post(training::close))
        .route("/training/courses/{id}/attendance", post(training::attendance))
        .route("/training/courses/{id}/table", get(training::table))
        .route("/training/courses/{id}/sections/{section}", get(training::section))
        .route("/training/courses/{id}/sections/{section}/remind", post(training::remind))
        .route("/training/courses/{id}/sections/{section}/table", get(training::section_table))
        .route("/training/runs/{id}/files/{file}", taking(training::open_file))
        .route("/training/runs/{id}/files/{file}/remove", post(training::remove_file))
        .route("/training/mine/{id}", get(training::course))
        .route("/training/mine/{id}/files/{file}", taking(training::open_own_file))
        .route("/training/mine/{id}/pages/{number}", get(training::page).post(training::read))
        .route("/training/mine/{id}/test", get(training::test_page).post(training::test))
        .route("/training/mine/{id}/test/begin", post(training::begin))
        .route("/training/mine/{id}/certificate", get(training::certificate))
        .route("/tasks/{id}/print/{form}", get(print::task))
        .route("/tasks/year/print/{form}", get(print::year))
        .route("/registers", get(registers::all_registers))
        .route("/registers/{id}", get(registers::list))
        .route("/registers/{id}/rows.csv", get(registers::csv))
        .route("/registers/{id}/filters", post(registers::save_filter))
        .route("/registers/{id}/filters/forget", post(registers::forget_filter))
        .route("/registers/{id}/new", get(registers::new_page).post(registers::add))
        .route("/registers/{id}/{number}", get(registers::detail))
        .route("/registers/{id}/{number}/edit", get(registers::edit_page).post(registers::change))
        .route("/registers/{id}/{number}/end", post(registers::end))
        .route("/registers/{id}/{number}/print/{form}", get(print::row))
        .route("/registers/{id}/print/{form}", get(print::list))
        .route("/parameters", get(parameters::list))
        .route("/parameters/{id}", get(parameters::page))
        .route("/clauses", get(policies::clauses))
        .route("/clauses/{*id}", get(policies::clause))
        .route("/registers/{id}/import/{plan}", post(register_tables::apply))
        .route("/registers/{id}/table", get(register_tables::table))
        .route("/registers/{id}/labels", get(register_tables::labels))
        .route("/classify", get(classify::list))
        .route("/classify/{id}", get(classify::page))
        .route("/coverage", get(coverage::page))
        .route("/policy/duties", get(reading::own_duties))
        .route("/policy/roles", get(reading::all_roles))
        .route("/policy/roles/{id}", get(reading::role))
        .route("/policy/body", get(reading::body))
        .route("/policy/search", get(reading::search))
        .route("/policy/text", get(reading::text))
        .route("/policy/clauses/{*id}", get(reading::clause))
        .route("/policy/print.css", get(reading::print_css))
        .route("/editions/new", get(editions::new_page))
        .route("/editions/compare", get(editions::compare))
        .route("/compare", get(beside::page))
        .route("/editions/{id}", get(editions::page))
        .route("/editions/{id}/analysis", post(editions::analysis))
        .route("/editions/{id}/withdraw", post(editions::withdraw))
        .route("/readings/{id}", get(editions::reading).post(editions::confirm))
        .route("/public", get(editions::public_page))
        .route("/public/policy.css", get(editions::public_css))
        .route("/public/policy.json", get(editions::public_json))
        .route("/policy/export", get(oscal::page))
        .route("/policy/export/{model}", taking(oscal::file))
        .route("/imports/{id}", get(imports::page))
        .route("/imports/{id}/steps", post(imports::step))
        .route("/imports/{id}/undo", post(imports::undo))
        .route("/imports/{id}/confirmation", post(imports::confirm))
        .route("/imports/{id}/reopen", post(imports::reopen))
        .route("/imports/{id}/discard", post(imports::discard))
        .route("/imports/{id}/proposal", post(imports::propose))
        .route("/imports/{id}/out", get(imports::out))
        .route("/imports/{id}/files/{name}", taking(imports::file))
        .route("/imports/{id}/bundle.txt", taking(imports::bundle))
        .route("/evidence", get(policies::evidence))
        .route("/evidence/{id}", get(policies::entry))
        .route("/evidence/{id}/proof.zip", taking(policies::proof))
        .route("/records", get(records::list))
        .route("/records/print/{form}", get(print::book))
        .route("/records/{kind}/{subject}", post(records::act))
        .route("/people", get(people::list).post(people::add))
        .route("/people/{id}", get(people::person))
        .route("/people/{id}/enable", post(people::enable))
        .route("/people/{id}/disable", post(people::disable))
        .route("/people/{id}/password", post(people::password))
        .route("/people/{id}/second-factor", post(people::second_factor))
        .route("/people/{id}/posts", post(people::give_post))
        .route("/people/{id}/posts/end", post(people::end_post))
        .route("/personnel", get(rosters::list))
        .route("/personnel/{id}", get(rosters::show))
        .route("/personnel/{id}/lines/{place}", post(rosters::choose))
        .route("/personnel/{id}/lines/{place}/rows", post(rosters::choose_row))
        .route("/personnel/{id}/lines/{place}/permits", post(rosters::choose_permit))
        .route("/personnel/{id}/withdraw", post(rosters::withdraw))
        .route("/personnel/{id}/passwords", post(rosters::passwords))
        .route("/handover", get(rosters::handover))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            Duration::from_secs(ANSWER_SECONDS_MAX),
        ));
    let for_programs = Router::new()
        .nest("/api/v1", api::router(api))
        .merge(ledger)
        .layer(from_fn_with_state(site.clone(), door::stand));
    Router::new()
        .merge(uploads)
        .merge(proposals)
        .merge(texts)
        .merge(pages)
        // A stream of events lasts; it has its own end instead of a time to answer.
        .route("/transfers/{id}/events", get(transfers::events))
        .route("/notices/events", get(notices::events))
        .route("/assets/{hash}/{name}", get(assets::serve))
        .route("/healthz", get(healthz))
        .fallback(no_such_page)
        .layer(from_fn_with_state(site.clone(), door::same_site))
        .layer(from_fn(door::headers))
        .with_state(site.clone())
        .merge(for_programs.layer(from_fn_with_state(site, door::same_site)).layer(from_fn(door::headers)))
}

/// `GET /healthz`: whether this process answers; it asks nothing of the database.
async fn healthz() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain")], "ok")
}

async fn no_such_page(State(site): State<Site>) -> Response {
    site.fail(None, &app::Error::NotFound)
}
