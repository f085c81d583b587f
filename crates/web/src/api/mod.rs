//! The JSON API: everything the screens do, for programs.
//!
//! Owns the addresses under `/api/v1` ([`router`]), their OpenAPI document, and the public addresses of the ledger
//! ([`ledger_routes`]). Each endpoint reads its input, calls one use case of `app` and shapes the answer; handlers lie
//! in the file of their noun. Leaves every decision to `app`, and mounting, CSRF checks and the [`app::actor::Door`]
//! of each request to the listener.

mod account;
mod caller;
mod classify;
mod coverage;
mod cursor;
mod dto;
mod duties;
mod editions;
mod errors;
mod evidence;
mod find;
mod forms;
mod imports;
mod ledger;
mod notices;
mod oscal;
mod people;
mod policy;
mod printing;
mod reading;
mod records;
mod register_tables;
mod registers;
mod requests;
mod rosters;
mod session;
mod table;
mod training;
mod transfers;

use std::sync::LazyLock;

use app::{App, Error};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::header,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
};

pub(crate) use dto::time;
#[cfg(test)]
pub(crate) use errors::OWN_CODES;
pub use ledger::ledger_routes;

use self::{
    errors::Failure,
    table::{Endpoint, Verb, row},
};
use crate::live::Streams;

/// Largest body that is no file, in bytes.
const BODY_BYTES_MAX: usize = 512 << 10;

/// What the API needs.
#[derive(Clone)]
pub struct Api {
    app: App,
    streams: Streams,
    tls: bool,
}

impl Api {
    /// `streams` are those of the whole server, shared with the screens. `tls` says whether the listener speaks TLS:
    /// cookies are then marked Secure.
    #[must_use]
    pub fn new(app: App, streams: Streams, tls: bool) -> Self {
        Self { app, streams, tls }
    }

    /// The use cases, with the policy that is in force now.
    fn app(&self) -> App {
        self.app.current()
    }
}

/// The API, to be mounted at `/api/v1`. Each request must carry an [`app::actor::Door`] as extension; without one every
/// endpoint fails closed. The check of cross-site requests that come with a cookie is the mounting router's.
pub fn router(api: Api) -> Router {
    table::router(rows())
        .fallback(|| async { Failure::from(Error::NotFound) })
        .method_not_allowed_fallback(|| async { Failure::method_not_allowed() })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(api.app.clone(), errors::finish))
        .with_state(api)
}

/// The OpenAPI 3.1 document of [`router`], as JSON.
///
/// # Errors
/// None that can happen: the document is made of plain values.
pub fn document() -> serde_json::Result<String> {
    serde_json::to_string_pretty(&table::document(&rows()))
}

/// Each endpoint: method, path as the document writes it, and whether strangers may call it.
#[must_use]
pub fn endpoints() -> Vec<(&'static str, String, bool)> {
    let method = |verb| match verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Delete => "DELETE",
    };
    rows().iter().map(|row| (method(row.verb), row.document_path(), row.open)).collect()
}

async fn openapi() -> Result<Response, Failure> {
    static DOCUMENT: LazyLock<Result<String, String>> =
        LazyLock::new(|| document().map_err(|error| error.to_string()));
    let text = DOCUMENT.as_ref().map_err(|e| Error::Internal(format!("OpenAPI document: {e}")))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text.as_str()).into_response())
}

/// The table. Every address of the API stands here and nowhere else.
fn rows() -> Vec<Endpoint> {
    use Verb::{Delete, Get, Post, Put};
    vec![
        row(Get, "/openapi.json", "This document", openapi).open().sends("application/json"),
        row(Post, "/session", "Log in: sets the session's cookie", session::log_in)
            .open()
            .takes::<dto::LoginForm>()
            .gives::<dto::SessionState>(),
        row(Post, "/session/code", "Prove the second factor of a new session", session::prove)
            .takes::<dto::CodeForm>()
            .gives::<dto::SessionState>(),
        row(Delete, "/session", "Log out", session::log_out),
        row(Get, "/me", "Who calls", account::me).gives::<dto::Me>(),
        row(Put, "/me/password", "Change one's own password", account::change_password)
            .takes::<dto::PasswordForm>(),
        row(Post, "/me/second-factor", "Start setting up a second factor", account::begin_factor)
            .gives::<dto::EnrolmentView>(),
        row(Put, "/me/second-factor", "Finish it with a first code", account::confirm_factor)
            .takes::<dto::EnrolmentForm>(),
        row(Get, "/me/tokens", "One's own API tokens", account::tokens).gives::<dto::TokenList>(),
        row(Post, "/me/tokens", "Make an API token", account::make_token)
            .takes::<dto::TokenForm>()
            .makes::<dto::TokenMade>(),
        row(Delete, "/me/tokens/{id}", "Take a token back", account::revoke_token),
        row(Get, "/me/absences", "One's own absences", account::absences).gives::<dto::AbsenceList>(),
        row(Post, "/me/absences", "Say when one is away", account::set_absence).takes::<dto::AbsenceForm>(),
        row(Delete, "/me/absences/{id}", "Be back early", account::end_absence),
        row(Get, "/notices", "One's own notices, newest first", notices::list)
            .query::<notices::NoticeListQuery>()
            .gives::<notices::NoticeList>(),
        row(Post, "/notices/read", "Note that one looked at notices", notices::read)
            .takes::<notices::NoticeReadForm>()
            .gives::<notices::NoticeReadResult>(),
        row(Get, "/me/notices", "How notices reach the caller", notices::settings)
            .gives::<notices::NoticeSettingsView>(),
        row(Put, "/me/notices", "Choose how notices reach oneself", notices::choose)
            .takes::<notices::NoticeSettingsForm>(),
        row(Get, "/mails", "How mails about notices fare", notices::mails)
            .query::<notices::MailQuery>()
            .gives::<notices::MailOverviewView>(),
        row(Post, "/mails/{id}/again", "Have a mail tried again", notices::again),
        row(Get, "/home", "What waits for the caller", transfers::home).gives::<dto::HomeView>(),
        row(Get, "/channels", "What can be submitted at this listener", transfers::channels)
            .gives::<dto::ChannelList>(),
        row(Get, "/candidates", "People who can be recipients", transfers::candidates)
            .query::<dto::TextQuery>()
            .gives::<dto::CandidateList>(),
        row(Get, "/transfers", "A list of transfers, newest first", transfers::list)
            .query::<dto::TransferListQuery>()
            .gives::<dto::TransferList>(),
        row(Post, "/transfers", "Submit files", transfers::submit)
            .takes_parts::<dto::SubmissionParts>()
            .makes::<dto::Made>(),
        row(Get, "/transfers/{id}", "One transfer", transfers::show).gives::<dto::TransferView>(),
        row(Post, "/transfers/{id}/decision", "Decide the open step", transfers::decide)
            .takes::<dto::DecisionForm>(),
        row(Post, "/transfers/{id}/review", "Review a deputy's decision", transfers::review)
            .takes::<dto::ReviewForm>(),
        row(Post, "/transfers/{id}/pull-back", "Take it back to change it", transfers::pull_back),
        row(Post, "/transfers/{id}/withdraw", "Give it up", transfers::withdraw),
        row(Post, "/transfers/{id}/resubmit", "Submit it again", transfers::resubmit)
            .takes::<dto::ContentForm>(),
        row(Get, "/transfers/{id}/events", "Follow it: events progress and changed", transfers::follow)
            .sends("text/event-stream"),
        row(Get, "/transfers/{id}/files/{file}", "Take a clean file", transfers::download)
            .sends("application/octet-stream")
            .taken(),
        row(
            Get,
            "/transfers/{id}/files/{file}/original",
            "Open the original of a file that passes unchanged, to inspect it",
            transfers::open_original,
        )
        .sends("application/octet-stream")
        .taken(),
        row(
            Post,
            "/transfers/{id}/files/{file}/retry",
            "Send a held file through the cell again",
            transfers::retry,
        )
        .takes::<dto::RetryForm>(),
        row(Post, "/transfers/{id}/files/{file}/block", "Take a held file out", transfers::block),
        row(
            Get,
            "/transfers/{id}/files/{file}/preview",
            "What an approver sees of a file",
            transfers::preview,
        )
        .gives::<dto::PreviewView>(),
        row(
            Get,
            "/transfers/{id}/files/{file}/preview/{page}",
            "A page of it, named 0.png and so on",
            transfers::preview_page,
        )
        .sends("image/png"),
        row(Get, "/request-types", "The forms that people apply with", requests::types)
            .gives::<requests::RequestTypeList>(),
        row(Get, "/requests", "A list of requests of this zone, newest first", requests::list)
            .query::<requests::RequestListQuery>()
            .gives::<requests::RequestList>(),
        row(Post, "/requests", "Hand in a filled form", requests::apply)
            .takes_parts::<requests::RequestParts>()
            .makes::<dto::Made>(),
        row(Get, "/requests/{id}", "One request", requests::show).gives::<requests::RequestDetailView>(),
        row(Post, "/requests/{id}/decision", "Decide the open step", requests::decide)
            .takes::<requests::RequestDecisionForm>(),
        row(Post, "/requests/{id}/review", "Review a deputy's decision", requests::review)
            .takes::<dto::ReviewForm>(),
        row(Post, "/requests/{id}/pull-back", "Take it back to change it", requests::pull_back),
        row(Post, "/requests/{id}/withdraw", "Give it up", requests::withdraw),
        row(Post, "/requests/{id}/resubmit", "Hand it in again", requests::resubmit)
            .takes::<requests::ResubmitForm>(),
        row(
            Post,
            "/requests/{id}/return",
            "Report that what was permitted was given back",
            requests::give_back,
        ),
        row(
            Post,
            "/requests/{id}/give-up",
            "Do without what was permitted, before its first day",
            requests::give_up,
        ),
        row(
            Post,
            "/requests/{id}/take-over",
            "Say that one took over what was permitted to another who leaves his section",
            requests::take_over,
        ),
        row(Post, "/requests/{id}/decline", "Say that one did not", requests::decline)
            .takes::<requests::RevokeForm>(),
        row(Post, "/requests/{id}/revoke", "Take the permit back", requests::revoke)
            .takes::<requests::RevokeForm>(),
        row(
            Get,
            "/requests/{id}/attachments/{file}",
            "A file of a request, as it came",
            requests::attachment,
        )
        .sends("application/octet-stream")
        .taken(),
        row(
            Get,
            "/duty-types",
            "What is to be done again and again, or when something happens",
            duties::types,
        )
        .gives::<duties::DutyTypeList>(),
        row(Get, "/tasks", "A list of tasks of duties", duties::list)
            .query::<duties::TaskListQuery>()
            .gives::<duties::TaskList>(),
        row(Post, "/tasks", "Say that something happened that sets off a duty", duties::start)
            .takes::<duties::StartForm>()
            .makes::<dto::Made>(),
        row(Get, "/tasks/{id}", "One task", duties::show).gives::<duties::TaskView>(),
        row(Post, "/tasks/{id}/report", "Report a task as done", duties::report)
            .takes::<duties::ReportForm>(),
        row(Post, "/tasks/{id}/decision", "Confirm a report or send it back", duties::decide)
            .takes::<duties::TaskDecisionForm>(),
        row(Post, "/tasks/{id}/waiver", "Ask to let a task go", duties::ask_waiver)
            .takes::<duties::WaiverForm>(),
        row(Post, "/tasks/{id}/waiver/decision", "Let it go, or not", duties::decide_waiver)
            .takes::<duties::WaiverDecisionForm>(),
        row(Get, "/tasks/{id}/attachments/{file}", "A file of a report, as it came", duties::attachment)
            .sends("application/octet-stream")
            .taken(),
        row(Get, "/duty-year", "A fiscal year: how far each section and each duty is", duties::year)
            .query::<duties::YearQuery>()
            .gives::<duties::DutyYearView>(),
        row(Get, "/courses", "One's own courses, those to be taken first", training::mine)
            .gives::<training::CourseList>(),
        row(Get, "/courses/{id}", "One's own course with its pages", training::show)
            .gives::<training::CourseDetailView>(),
        row(Get, "/courses/{id}/files/{file}", "A file of one's own course, as it came", training::own_file)
            .sends("application/octet-stream")
            .taken(),
        row(Post, "/courses/{id}/pages/{page}", "Confirm having read a page", training::read),
        row(Get, "/courses/{id}/test", "The paper of the try that is under way", training::paper)
            .gives::<training::PaperView>(),
        row(Post, "/courses/{id}/test", "Begin a try; one that is under way goes on", training::begin),
        row(Post, "/courses/{id}/test/answers", "End the try with what is chosen", training::answer)
            .takes::<training::AnswerForm>()
            .gives::<training::AnsweredView>(),
        row(Get, "/course-types", "The courses of a year as rates", training::overview)
            .query::<training::CourseYearQuery>()
            .gives::<training::CourseOverviewView>(),
        row(Get, "/course-types/{id}", "One course in a year: rates by section", training::year)
            .query::<training::CourseYearQuery>()
            .gives::<training::CourseYearView>(),
        row(Post, "/course-types/{id}/runs", "Open a course for those it is for", training::open)
            .takes::<training::OpenForm>()
            .makes::<dto::Made>(),
        row(Post, "/course-types/{id}/attendance", "Note who was in the room", training::attendance)
            .takes::<training::AttendanceForm>()
            .gives::<training::AttendedView>(),
        row(
            Get,
            "/course-types/{id}/sections/{section}",
            "The people of a section: who has passed and who has not",
            training::section,
        )
        .query::<training::CourseYearQuery>()
        .gives::<training::CourseSectionView>(),
        row(
            Post,
            "/course-types/{id}/sections/{section}/reminders",
            "Tell everybody of a section who has not passed to take the course",
            training::remind,
        )
        .query::<training::CourseYearQuery>()
        .gives::<training::RemindedView>(),
        row(Post, "/course-runs/{id}/close", "Close a course: nobody comes to it any more", training::close),
        row(
            Post,
            "/course-runs/{id}/files",
            "Hand in files as material of a course: all of them or none",
            training::add_files,
        )
        .takes_parts::<training::CourseFileParts>(),
        row(Get, "/course-runs/{id}/files/{file}", "A file of a course, as it came", training::run_file)
            .sends("application/octet-stream")
            .taken(),
        row(Delete, "/course-runs/{id}/files/{file}", "Take a file of a course away", training::remove_file),
        row(Get, "/print-forms", "The forms in which things can be printed", printing::forms)
            .gives::<printing::PrintFormList>(),
        row(Get, "/requests/{id}/prints/{form}", "A request in one of its forms", printing::request)
            .sends("application/octet-stream"),
        row(Get, "/tasks/{id}/prints/{form}", "A task in one of its forms", printing::task)
            .sends("application/octet-stream"),
        row(Get, "/transfers/{id}/prints/{form}", "A transfer in one of its forms", printing::transfer)
            .sends("application/octet-stream"),
        row(Get, "/registers/{id}/rows/{number}/prints/{form}", "A row in one of its forms", printing::row)
            .sends("application/octet-stream"),
        row(Get, "/registers/{id}/prints/{form}", "Rows of a register in one of its forms", printing::rows)
            .sends("application/octet-stream"),
        row(Get, "/duty-year/prints/{form}", "A fiscal year in one of its forms", printing::year)
            .query::<printing::PrintYearQuery>()
            .sends("application/octet-stream"),
        row(Get, "/records", "Records whose retention ends, or that were destroyed", records::list)
            .query::<records::RecordListQuery>()
            .gives::<records::RecordListView>(),
        row(Post, "/records/{kind}/{id}", "Hold a record, or say that it is to be destroyed", records::act)
            .takes::<records::RecordActForm>(),
        row(
            Get,
            "/records/prints/{form}",
            "The book of what was destroyed in one of its forms",
            printing::book,
        )
        .sends("application/octet-stream"),
        row(Get, "/parameters", "The values that the policy leaves open", requests::parameters)
            .gives::<requests::OpenValueList>(),
        row(Get, "/parameters/{id}", "One of them with its history", requests::parameter)
            .gives::<requests::OpenValueView>(),
        row(Get, "/registers", "The registers that the caller sees, with their columns", registers::list)
            .gives::<registers::RegisterList>(),
        row(Get, "/registers/{id}/rows", "Rows of a register, the highest number first", registers::rows)
            .query::<registers::RowListQuery>()
            .gives::<registers::RowListView>(),
        row(Post, "/registers/{id}/rows", "Add a row", registers::add)
            .takes::<registers::RowForm>()
            .makes::<dto::Made>(),
        row(Get, "/registers/{id}/rows/{number}", "One row with its history", registers::show)
            .gives::<registers::RowDetailView>(),
        row(Put, "/registers/{id}/rows/{number}", "Change a row as it was read", registers::change)
            .takes::<registers::RowChangeForm>(),
        row(
            Post,
            "/registers/{id}/rows/{number}/end",
            "End a row; it stays with its history",
            registers::end,
        )
        .takes::<registers::RowEndForm>(),
        row(Post, "/registers/{id}/plans", "Try or apply changes of many rows, all or none", registers::plan)
            .takes::<registers::PlanForm>()
            .bytes_max(registers::PLAN_BYTES_MAX)
            .gives::<registers::PlanResult>(),
        row(Get, "/policy", "The policy in force", policy::show).gives::<dto::PolicyView>(),
        row(
            Get,
            "/policy/compare/{pack}",
            "The policy in force beside a pack of the folder; the JSON of `policy diff`",
            policy::compare,
        )
        .query::<policy::CompareQuery>()
        .sends("application/json"),
        row(Get, "/policy/oscal/{model}", "The policy in OSCAL: catalog, profile or component", oscal::show)
            .query::<oscal::OscalQuery>()
            .sends("application/json")
            .taken(),
        row(Get, "/statements", "Every statement of the policy", policy::statements)
            .gives::<dto::StatementList>(),
        row(Get, "/statements/{*id}", "One statement with its evidence", policy::statement)
            .query::<dto::PageQuery>()
            .gives::<dto::StatementView>(),
        row(Get, "/editions", "Editions of the policy, newest first", editions::list)
            .query::<dto::PageQuery>()
            .gives::<editions::EditionList>(),
        row(Post, "/editions", "Propose an edition; one with errors is not kept", editions::propose)
            .takes::<editions::ProposalForm>()
            .bytes_max(crate::screens::editions::PROPOSAL_BYTES_MAX)
            .gives::<editions::ProposalResult>(),
        row(Get, "/editions/{id}", "One edition: what is wrong with it and what it changes", editions::show)
            .gives::<editions::EditionView>(),
        row(Post, "/editions/{id}/analysis", "Attach an analysis of the risks", editions::attach)
            .takes::<editions::AnalysisForm>(),
        row(Post, "/editions/{id}/withdraw", "Give an edition up before its first day", editions::withdraw),
        row(
            Get,
            "/readings",
            "What the policy changed for the caller and he has not read",
            editions::to_read,
        )
        .gives::<editions::ReadingList>(),
        row(Post, "/readings/{id}", "Confirm having read what an edition changed", editions::confirm),
        row(Get, "/coverage", "How every statement is kept today", coverage::show)
            .gives::<coverage::CoverageView>(),
        row(
            Post,
            "/registers/{id}/imports",
            "See what a table would do to a register",
            register_tables::plan,
        )
        .takes_parts::<register_tables::TableParts>()
        .gives::<register_tables::TablePlanView>(),
        row(
            Post,
            "/registers/{id}/imports/{plan}",
            "Apply a table exactly as it was shown",
            register_tables::apply,
        )
        .takes::<register_tables::ApplyForm>()
        .gives::<register_tables::AppliedView>(),
        row(Get, "/classifiers", "Questions that lead to a level", classify::list)
            .gives::<classify::ClassifierList>(),
        row(Get, "/classifiers/{id}", "Where answers to these questions lead", classify::walk)
            .query::<classify::ClassifyQuery>()
            .gives::<classify::ClassifyView>(),
        row(Get, "/duties", "What the policy asks of the caller, by his roles", reading::own_duties)
            .gives::<reading::DutiesView>(),
        row(Get, "/duties/body", "What it asks of the body as a whole", reading::body_duties)
            .gives::<reading::DutiesView>(),
        row(Get, "/roles", "Every role and how much is asked of it", reading::roles)
            .gives::<reading::RoleList>(),
        row(Get, "/roles/{id}/duties", "What the policy asks of a role", reading::duties_of)
            .gives::<reading::DutiesView>(),
        row(Get, "/search", "Words in the policy, whatever their spelling", reading::search)
            .query::<reading::SearchQuery>()
            .gives::<reading::FoundView>(),
        row(Get, "/find", "Whatever the caller may see, by words", find::find)
            .query::<find::FindQuery>()
            .gives::<find::FindView>(),
        row(Get, "/clauses", "The text as a tree", reading::clauses).gives::<reading::ClauseList>(),
        row(Get, "/clauses/{*id}", "One clause with what hangs on it", reading::clause)
            .gives::<reading::ClauseNodeView>(),
        row(Get, "/imports", "Imported texts, newest first", imports::list)
            .query::<dto::PageQuery>()
            .gives::<imports::ImportList>(),
        row(Post, "/imports", "Import a body's own text for review", imports::make)
            .takes_parts::<imports::ImportParts>()
            .makes::<dto::Made>(),
        row(Get, "/imports/{id}", "A review as it is now", imports::show).gives::<imports::ImportDetail>(),
        row(Delete, "/imports/{id}", "Give a review up and erase its text", imports::discard)
            .query::<imports::DiscardQuery>(),
        row(Get, "/imports/{id}/steps", "The steps of a review", imports::steps)
            .query::<imports::StepQuery>()
            .gives::<imports::StepList>(),
        row(Post, "/imports/{id}/steps", "Make corrections together", imports::correct)
            .takes::<imports::StepForm>()
            .gives::<imports::StepMade>(),
        row(Post, "/imports/{id}/undo", "Take the last corrections back", imports::undo)
            .takes::<imports::SeenForm>()
            .gives::<imports::StepMade>(),
        row(Post, "/imports/{id}/confirmation", "Stand by the whole review", imports::confirm)
            .takes::<imports::SeenForm>()
            .gives::<imports::StepMade>(),
        row(Post, "/imports/{id}/reopen", "Go on with a confirmed review", imports::reopen)
            .takes::<imports::SeenForm>()
            .gives::<imports::StepMade>(),
        row(
            Post,
            "/imports/{id}/proposal",
            "Propose a confirmed review as an edition; one with errors is not kept",
            imports::propose,
        )
        .takes::<imports::ProposalForm>()
        .gives::<editions::ProposalResult>(),
        row(Get, "/imports/{id}/points", "What is still open about the draft", imports::points)
            .gives::<imports::PointsList>(),
        row(Get, "/imports/{id}/files", "The files of the draft pack", imports::files)
            .gives::<imports::DraftFiles>()
            .taken(),
        row(Get, "/imports/{id}/bundle", "The same as one text", imports::bundle).sends("text/plain").taken(),
        row(Get, "/evidence", "Evidence, newest first", evidence::list)
            .query::<dto::EvidenceListQuery>()
            .gives::<dto::EvidenceList>(),
        row(Get, "/evidence/{id}", "One entry with its proof", evidence::show)
            .gives::<dto::EvidenceEntryView>(),
        row(Get, "/evidence/{id}/bundle", "The entry as a bundle for sekisho-verify", evidence::bundle)
            .sends("application/zip"),
        row(Get, "/personnel-changes", "Plans of personnel changes, newest first", rosters::list)
            .query::<dto::PageQuery>()
            .gives::<rosters::RosterList>(),
        row(
            Post,
            "/personnel-changes",
            "Make a plan of a table; with a line that cannot be taken nothing is kept",
            rosters::make,
        )
        .takes_parts::<rosters::RosterParts>()
        .makes::<rosters::RosterMade>(),
        row(Get, "/personnel-changes/{id}", "A plan, and what its people have in hand", rosters::show)
            .gives::<rosters::RosterDetailView>(),
        row(Get, "/personnel-changes/{id}/lines", "Its people, one by one", rosters::lines)
            .query::<rosters::RosterLinesQuery>()
            .gives::<rosters::RosterLines>(),
        row(
            Post,
            "/personnel-changes/{id}/lines/{place}",
            "Say who takes what a person has in hand",
            rosters::choose,
        )
        .takes::<rosters::SuccessorForm>(),
        row(
            Post,
            "/personnel-changes/{id}/lines/{place}/permits",
            "Say who takes over a permit that a person has",
            rosters::choose_permit,
        )
        .takes::<rosters::PermitKeeperForm>(),
        row(Post, "/personnel-changes/{id}/withdraw", "Give a plan up before its day", rosters::withdraw),
        row(Get, "/people", "People with accounts", people::list)
            .query::<dto::PeopleQuery>()
            .gives::<dto::PeopleList>(),
        row(Post, "/people", "Open an account", people::add)
            .takes::<dto::PersonForm>()
            .makes::<dto::PersonMade>(),
        row(Get, "/people/{id}", "One person", people::show).gives::<dto::PersonView>(),
        row(Put, "/people/{id}/enabled", "Open or close an account", people::set_enabled)
            .takes::<dto::EnabledForm>(),
        row(Post, "/people/{id}/password", "Give a new first password", people::reset_password)
            .gives::<dto::FirstPassword>(),
        row(Delete, "/people/{id}/second-factor", "Remove a lost second factor", people::reset_factor),
        row(Post, "/people/{id}/posts", "Give a post", people::give_post).takes::<dto::PostForm>(),
        row(Delete, "/people/{id}/posts", "End a post", people::end_post).query::<dto::PostForm>(),
    ]
}
