//! The shapes that the API takes and gives: the contract with programs outside, apart from the types inside.
//!
//! Owns the shapes and how they are filled. Requests refuse fields they do not know. Times are RFC 3339 in UTC; words
//! such as states and verdicts are those of the glossary's API column; a value that is not set is `null`.

use std::collections::BTreeMap;

use app::{
    App, Error,
    accounts::Enrolment,
    actor::Actor,
    evidence::EvidenceItem,
    model::{Absence, ApiToken, Page, TransferRow},
    people::{Candidate, Person},
    sealing::EvidenceEntry,
    transfers::{ChannelOption, Home, NewTransferOptions, TransferDetail},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use worker_protocol::{Preview, Report, TextBlock};
use workflow::{
    Millis,
    id::{FileId, UserId},
    route::Vouch,
    transfer::{Content, File, FileState},
};

use super::{cursor, errors::Failure};

/// A moment as text.
pub(crate) fn time(at: Millis) -> String {
    // Beyond the years that a calendar can name nothing is stored.
    jiff::Timestamp::from_millisecond(at).map(|t| t.to_string()).unwrap_or_default()
}

fn times(at: Option<Millis>) -> Option<String> {
    at.map(time)
}

/// Reads a moment that a caller wrote.
pub(crate) fn moment(field: &'static str, untrusted: &str) -> Result<Millis, Failure> {
    let parsed: Result<jiff::Timestamp, _> = untrusted.parse();
    parsed.map(jiff::Timestamp::as_millisecond).map_err(|_| Failure::invalid(field, "unknown"))
}

// ---------------------------------------------------------------- sessions and one's own account

/// Opens a session.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginForm {
    pub(crate) login: String,
    pub(crate) password: String,
}

/// A one-time code of six digits.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeForm {
    pub(crate) code: String,
}

/// What is still to be done before the session is good for anything else.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionState {
    /// The listener's zone; the session is worth nothing anywhere else.
    pub(crate) zone: String,
    /// The one-time code is to be sent to /session/code.
    pub(crate) needs_code: bool,
    /// A new password is to be sent to /me/password.
    pub(crate) must_change_password: bool,
}

/// Something with an id and a name that people read.
#[derive(Serialize, ToSchema)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) title: String,
}

/// The caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    pub(crate) id: String,
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) section: Named,
    pub(crate) zone: Named,
    /// The roles that his posts bring today.
    pub(crate) roles: Vec<Named>,
    /// The posts he holds today.
    pub(crate) posts: Vec<PostView>,
    pub(crate) via_token: bool,
    pub(crate) needs_code: bool,
    pub(crate) must_change_password: bool,
    /// His roles or the zone ask for a second factor that this session did not prove.
    pub(crate) lacks_second_factor: bool,
    /// Whether he has set up a second factor.
    pub(crate) has_second_factor: bool,
}

impl Me {
    pub(crate) fn new(app: &App, actor: &Actor) -> Self {
        let user = actor.user();
        let mut roles: Vec<Named> = Vec::new();
        for grant in actor.roles() {
            if roles.iter().all(|r| r.id != grant.role) {
                let title = app.pack().role_title(&grant.role).to_owned();
                roles.push(Named { id: grant.role.clone(), title });
            }
        }
        let zone = actor.zone().as_str();
        Self {
            id: user.id.to_string(),
            login: user.login.clone(),
            name: user.name.clone(),
            section: Named { id: user.section.to_string(), title: app.section_name(&user.section) },
            zone: Named { id: zone.to_owned(), title: zone_label(app, zone) },
            roles,
            posts: actor
                .posts()
                .iter()
                .map(|h| PostView {
                    id: h.post.clone(),
                    title: app.pack().post(&h.post).map_or_else(|| h.post.clone(), |p| p.title.clone()),
                    unit: h.unit.clone(),
                    from: time(h.from),
                })
                .collect(),
            via_token: actor.via_token(),
            needs_code: actor.awaits_code(),
            must_change_password: actor.must_change_password(),
            lacks_second_factor: actor.lacks_second_factor(),
            has_second_factor: user.totp_sealed.is_some(),
        }
    }
}

fn zone_label(app: &App, zone: &str) -> String {
    app.pack().zone(zone).map_or_else(|| zone.to_owned(), |z| z.label.clone())
}

/// A post that somebody holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct PostView {
    /// The pack's id of the post.
    pub(crate) id: String,
    pub(crate) title: String,
    /// The section or department it is for; `null` for the whole body.
    pub(crate) unit: Option<String>,
    #[schema(format = DateTime)]
    pub(crate) from: String,
}

/// Changes one's own password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordForm {
    pub(crate) old: String,
    pub(crate) new: String,
}

/// What an authenticator app needs. Nothing is stored until the first code comes back.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnrolmentView {
    pub(crate) secret_base32: String,
    /// An `otpauth` address for a QR code.
    pub(crate) uri: String,
    /// To be sent back with the first code.
    pub(crate) sealed: String,
}

impl From<Enrolment> for EnrolmentView {
    fn from(enrolment: Enrolment) -> Self {
        Self { secret_base32: enrolment.secret_base32, uri: enrolment.uri, sealed: enrolment.sealed }
    }
}

/// Confirms a second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnrolmentForm {
    pub(crate) sealed: String,
    pub(crate) code: String,
}

/// Makes a token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenForm {
    pub(crate) name: String,
    /// `read-transfers`, `write-transfers`, `receive-transfers`, `decide-transfers`, `read-evidence`, `read-users`,
    /// `manage-users`, `manage-policy`.
    #[schema(max_items = 20)]
    pub(crate) scopes: Vec<String>,
    /// Days until it ends.
    pub(crate) days: u32,
}

/// A token, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) zone: String,
    pub(crate) scopes: Vec<String>,
    #[schema(format = DateTime)]
    pub(crate) created_at: String,
    #[schema(format = DateTime)]
    pub(crate) expires_at: String,
    pub(crate) revoked_at: Option<String>,
    pub(crate) used_at: Option<String>,
}

impl From<ApiToken> for TokenView {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name,
            zone: token.zone.to_string(),
            scopes: token.scopes,
            created_at: time(token.created_at),
            expires_at: time(token.expires_at),
            revoked_at: times(token.revoked_at),
            used_at: times(token.used_at),
        }
    }
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenMade {
    pub(crate) token: TokenView,
    /// What goes behind `Bearer`. Shown this once.
    pub(crate) secret: String,
}

/// One's own tokens.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenList {
    pub(crate) tokens: Vec<TokenView>,
}

/// Says when one is away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AbsenceForm {
    #[schema(format = DateTime)]
    pub(crate) from: String,
    #[schema(format = DateTime)]
    pub(crate) until: String,
    pub(crate) reason: String,
}

/// A time one is away.
#[derive(Serialize, ToSchema)]
pub(crate) struct AbsenceView {
    pub(crate) id: String,
    #[schema(format = DateTime)]
    pub(crate) from: String,
    #[schema(format = DateTime)]
    pub(crate) until: String,
    pub(crate) reason: String,
}

impl From<Absence> for AbsenceView {
    fn from(absence: Absence) -> Self {
        Self { id: absence.id, from: time(absence.from), until: time(absence.until), reason: absence.reason }
    }
}

/// One's own absences that are not over.
#[derive(Serialize, ToSchema)]
pub(crate) struct AbsenceList {
    pub(crate) absences: Vec<AbsenceView>,
}

// ---------------------------------------------------------------- lists of transfers

/// A row of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct TransferRowView {
    pub(crate) id: String,
    pub(crate) number: i64,
    pub(crate) subject: String,
    pub(crate) from_zone: String,
    pub(crate) to_zone: String,
    pub(crate) classification: String,
    pub(crate) state: String,
    pub(crate) submitter: PersonName,
    pub(crate) section: String,
    pub(crate) file_count: u32,
    /// How many of them pass unchanged, on somebody's word (検査確認).
    pub(crate) inspected_count: u32,
    #[schema(format = DateTime)]
    pub(crate) submitted_at: String,
    #[schema(format = DateTime)]
    pub(crate) changed_at: String,
    /// When somebody should have acted.
    pub(crate) due_at: Option<String>,
}

impl From<TransferRow> for TransferRowView {
    fn from(row: TransferRow) -> Self {
        Self {
            id: row.id.to_string(),
            number: row.number,
            subject: row.subject,
            from_zone: row.from_zone.to_string(),
            to_zone: row.to_zone.to_string(),
            classification: row.classification,
            state: row.state.id().to_owned(),
            submitter: PersonName { id: row.submitter.to_string(), name: row.submitter_name },
            section: row.section.to_string(),
            file_count: row.file_count,
            inspected_count: row.inspected_count,
            submitted_at: time(row.submitted_at),
            changed_at: time(row.changed_at),
            due_at: times(row.due_at),
        }
    }
}

/// A person by name.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonName {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// What waits for the caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct HomeView {
    /// 承認待ち.
    to_decide: Vec<TransferRowView>,
    /// 受取可.
    to_receive: Vec<TransferRowView>,
    /// 差戻し and 引戻し.
    with_me: Vec<TransferRowView>,
    /// 保留, his own.
    held: Vec<TransferRowView>,
    /// 保留 of others that he answers for.
    held_of_units: Vec<TransferRowView>,
    /// 後閲.
    reviews: Vec<ReviewDue>,
    /// His own that are on their way.
    under_way: Vec<TransferRowView>,
    /// Since when no cell can be started, for whoever waits for one or can repair it.
    #[schema(format = DateTime)]
    cells_stopped_since: Option<String>,
}

/// A decision by a deputy that waits for the review of the person stood in for.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReviewDue {
    transfer: TransferRowView,
    /// Its index among the transfer's decisions.
    decision: usize,
}

impl From<Home> for HomeView {
    fn from(home: Home) -> Self {
        let rows = |rows: Vec<TransferRow>| rows.into_iter().map(TransferRowView::from).collect();
        Self {
            to_decide: rows(home.to_decide),
            to_receive: rows(home.to_receive),
            with_me: rows(home.with_me),
            held: rows(home.held),
            held_of_units: rows(home.held_of_units),
            reviews: home
                .reviews
                .into_iter()
                .map(|(row, decision)| ReviewDue { transfer: row.into(), decision })
                .collect(),
            under_way: rows(home.under_way),
            cells_stopped_since: home.cells_stopped.map(|s| time(s.since)),
        }
    }
}

/// Which transfers.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferListQuery {
    /// `submitted` (default), `received`, `to-decide` or `units`.
    pub(crate) tray: Option<String>,
    /// Only in these states, separated by commas.
    pub(crate) state: Option<String>,
    /// `next` of the page before.
    pub(crate) after: Option<String>,
    /// Rows, 1 to 200.
    pub(crate) limit: Option<u32>,
}

/// A page of transfers.
#[derive(Serialize, ToSchema)]
pub(crate) struct TransferList {
    pub(crate) rows: Vec<TransferRowView>,
    /// Goes into `after` of the next page; `null` at the end.
    pub(crate) next: Option<String>,
}

impl From<Page<TransferRow>> for TransferList {
    fn from(page: Page<TransferRow>) -> Self {
        Self {
            rows: page.rows.into_iter().map(Into::into).collect(),
            next: page.next.as_ref().map(cursor::text),
        }
    }
}

// ---------------------------------------------------------------- submitting

/// What can be submitted at this listener.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelList {
    channels: Vec<ChannelView>,
    /// The levels of confidentiality, the lowest first.
    levels: Vec<LevelView>,
}

/// A channel that begins here. Closed ones are listed too.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelView {
    id: String,
    to_zone: Named,
    /// `deny`, `sanitise`, `approve` or `inspect`.
    mode: String,
    notice: String,
    /// Kinds of files that may pass.
    kinds: Vec<String>,
    /// Bytes of one file.
    file_bytes_max: Option<u64>,
    /// Files of one transfer.
    files_max: Option<u64>,
    statements: Vec<String>,
    outcomes: Vec<OutcomeView>,
}

/// What a level leads to on a channel.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutcomeView {
    level: String,
    personal_data: bool,
    /// Why it does not pass, if it does not.
    denied: Option<String>,
    /// The request type that decides, if one does.
    request: Option<RequestView>,
    statements: Vec<String>,
}

/// A request type: its form and its steps.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestView {
    id: String,
    title: String,
    description: String,
    /// Further fields; their answers go into `answers` by id.
    fields: Vec<FormFieldView>,
    steps: Vec<StepTitle>,
}

/// A field of a form.
#[derive(Serialize, ToSchema)]
pub(crate) struct FormFieldView {
    id: String,
    title: String,
    /// `text`, `long-text`, `date`, `choice` or `bool`.
    kind: String,
    required: bool,
    choices: Vec<String>,
    help: Option<String>,
    chars_max: u32,
}

/// A step of approval, by name.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepTitle {
    id: String,
    title: String,
    /// The role that decides.
    role: String,
}

/// A level of confidentiality.
#[derive(Serialize, ToSchema)]
pub(crate) struct LevelView {
    id: String,
    title: String,
    meaning: String,
    rank: u32,
    handling: Vec<String>,
}

impl From<NewTransferOptions<'_>> for ChannelList {
    fn from(options: NewTransferOptions<'_>) -> Self {
        Self {
            channels: options.channels.iter().map(ChannelView::from).collect(),
            levels: options
                .levels
                .iter()
                .map(|level| LevelView {
                    id: level.id.clone(),
                    title: level.title.clone(),
                    meaning: level.meaning.clone(),
                    rank: level.rank,
                    handling: level.handling.clone(),
                })
                .collect(),
        }
    }
}

impl From<&ChannelOption<'_>> for ChannelView {
    fn from(option: &ChannelOption<'_>) -> Self {
        let channel = option.channel;
        Self {
            id: channel.id.clone(),
            to_zone: Named { id: option.to_zone.id.clone(), title: option.to_zone.label.clone() },
            mode: channel.mode.id().to_owned(),
            notice: channel.notice.clone(),
            kinds: channel.kinds.iter().map(|k| k.id().to_owned()).collect(),
            file_bytes_max: channel.file_bytes_max.value,
            files_max: channel.files_max.value,
            statements: channel.statements.clone(),
            outcomes: option
                .outcomes
                .iter()
                .map(|outcome| OutcomeView {
                    level: outcome.level.to_owned(),
                    personal_data: outcome.personal_data,
                    denied: outcome.denied.map(ToOwned::to_owned),
                    request: outcome.request.map(RequestView::from),
                    statements: outcome.statements.iter().map(|s| (*s).to_owned()).collect(),
                })
                .collect(),
        }
    }
}

impl From<&policy::RequestType> for RequestView {
    fn from(request: &policy::RequestType) -> Self {
        Self {
            id: request.id.clone(),
            title: request.title.clone(),
            description: request.description.clone(),
            fields: request
                .fields
                .iter()
                .map(|field| FormFieldView {
                    id: field.id.clone(),
                    title: field.title.clone(),
                    kind: field.kind.id().to_owned(),
                    required: field.required,
                    choices: field.choices.clone(),
                    help: field.help.clone(),
                    chars_max: field.chars_max,
                })
                .collect(),
            steps: request
                .steps
                .iter()
                .map(|step| StepTitle {
                    id: step.id.clone(),
                    title: step.title.clone(),
                    role: step.approver.clone(),
                })
                .collect(),
        }
    }
}

/// Part of a name.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextQuery {
    /// Part of a name, a reading or a login.
    pub(crate) text: Option<String>,
}

/// People who can be recipients.
#[derive(Serialize, ToSchema)]
pub(crate) struct CandidateList {
    pub(crate) candidates: Vec<CandidateView>,
}

/// Somebody who can be a recipient.
#[derive(Serialize, ToSchema)]
pub(crate) struct CandidateView {
    id: String,
    name: String,
    section: String,
}

impl From<Candidate> for CandidateView {
    fn from(candidate: Candidate) -> Self {
        Self { id: candidate.id.to_string(), name: candidate.name, section: candidate.section_name }
    }
}

/// A submission: `transfer` first, then the files.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document only; the handler reads the parts as a stream")]
pub(crate) struct SubmissionParts {
    /// As application/json, at most 512 KiB.
    transfer: TransferForm,
    /// Each file is a part of this name. The part's file name may hold folders, separated by `/`.
    #[schema(content_media_type = "application/octet-stream")]
    file: Vec<String>,
}

/// What is submitted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferForm {
    /// Chosen by the caller, 1 to 64 bytes: sent again, it gives the same transfer.
    pub(crate) submission: String,
    pub(crate) channel: String,
    pub(crate) subject: String,
    #[serde(default)]
    pub(crate) purpose: String,
    /// The id of a level of confidentiality.
    pub(crate) classification: String,
    #[serde(default)]
    pub(crate) personal_data: bool,
    /// Answers to the further fields of the request type, by id.
    #[serde(default)]
    pub(crate) answers: BTreeMap<String, String>,
    /// Ids of people.
    pub(crate) recipients: Vec<String>,
    /// Passwords of encrypted files.
    #[serde(default)]
    pub(crate) passwords: Vec<String>,
}

/// A returned or pulled-back transfer, written anew.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentForm {
    subject: String,
    #[serde(default)]
    purpose: String,
    classification: String,
    #[serde(default)]
    personal_data: bool,
    #[serde(default)]
    answers: BTreeMap<String, String>,
    recipients: Vec<String>,
}

impl From<ContentForm> for Content {
    fn from(form: ContentForm) -> Self {
        Self {
            subject: form.subject,
            purpose: form.purpose,
            classification: form.classification,
            personal_data: form.personal_data,
            answers: form.answers,
            recipients: form.recipients.into_iter().map(UserId::new).collect(),
        }
    }
}

/// What was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct Made {
    pub(crate) id: String,
}

// ---------------------------------------------------------------- one transfer

/// A transfer with its files, decisions, and what the caller may do with it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TransferView {
    id: String,
    number: i64,
    channel: String,
    from_zone: String,
    to_zone: String,
    subject: String,
    purpose: String,
    classification: String,
    personal_data: bool,
    answers: BTreeMap<String, String>,
    submitter: PersonName,
    section: Named,
    recipients: Vec<RecipientView>,
    files: Vec<FileView>,
    state: String,
    round: u32,
    route: Vec<StepView>,
    /// Since when its files wait because no cell can be started.
    #[schema(format = DateTime)]
    cells_stopped_since: Option<String>,
    /// The open step's index in `route`, while a decision is awaited.
    open_step: Option<usize>,
    decisions: Vec<DecisionView>,
    due_at: Option<String>,
    expires_at: Option<String>,
    pack_version: String,
    #[schema(format = DateTime)]
    submitted_at: String,
    #[schema(format = DateTime)]
    changed_at: String,
    /// What a decision made now signs: give it back as `seen_hash`.
    content_hash: String,
    /// The statements that the channel and the route serve.
    statements: Vec<String>,
    may: MayView,
    timeline: Vec<EvidenceView>,
}

/// A recipient, and when he first took a file.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecipientView {
    person: PersonName,
    received_at: Option<String>,
}

/// What is known of the inspection (検査確認) of a file that passes unchanged.
#[derive(Serialize, ToSchema)]
pub(crate) struct InspectionView {
    /// The zone at whose listener the original can be opened.
    zone: String,
    /// SHA-256 of the original: a word is given for exactly that.
    sha256: Option<String>,
    /// Who opened it in this round, each with the last time.
    openings: Vec<OpeningView>,
    /// Who vouched for it in this round.
    vouched: Vec<VouchedView>,
}

/// Somebody opened an original.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpeningView {
    by: PersonName,
    #[schema(format = DateTime)]
    at: String,
}

/// Somebody vouched for a file.
#[derive(Serialize, ToSchema)]
pub(crate) struct VouchedView {
    by: PersonName,
    /// 代決: for whom.
    on_behalf_of: Option<PersonName>,
    #[schema(format = DateTime)]
    at: String,
    /// How it was made sure.
    note: String,
}

/// One file. The original's bytes can be had only to inspect one that passes unchanged.
#[derive(Serialize, ToSchema)]
pub(crate) struct FileView {
    id: String,
    /// What it is called: once it passes, as its clean bytes are, which may be of another kind than the original.
    name: String,
    /// As it was when it was submitted.
    original_name: String,
    folder: String,
    state: String,
    original: Option<StoredView>,
    clean: Option<StoredView>,
    has_preview: bool,
    /// Parts of a thousand, while a cell works on it.
    progress_permille: Option<u16>,
    report: Option<ReportView>,
    /// Set exactly when the state is `inspected`: it was not made safe, and passes on somebody's word only.
    inspection: Option<InspectionView>,
    original_erased_at: Option<String>,
    clean_erased_at: Option<String>,
}

/// Size and hash of stored bytes.
#[derive(Serialize, ToSchema)]
pub(crate) struct StoredView {
    bytes: u64,
    /// SHA-256, lower-case hex.
    sha256: String,
}

impl From<&workflow::transfer::Stored> for StoredView {
    fn from(stored: &workflow::transfer::Stored) -> Self {
        Self { bytes: stored.bytes, sha256: stored.sha256.clone() }
    }
}

/// What the cell said about a file or a member of an archive.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportView {
    /// `clean`, `partial`, `held` or `blocked`.
    verdict: String,
    kind: Option<String>,
    /// What the clean file is; another kind when it was converted.
    clean_kind: Option<String>,
    /// `rebuilt`, `converted`, `text`, `pictures` or `inspected`, if it passes.
    road: Option<String>,
    clean_name: String,
    /// Why it does not pass, if it does not.
    reason: Option<String>,
    removals: Vec<RemovalView>,
    removals_unlisted: u64,
    members: Vec<MemberView>,
    rules_version: String,
}

/// Something that was taken out.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemovalView {
    what: String,
    /// `low`, `medium` or `high`.
    severity: String,
    /// The part of the file, as the file itself calls it.
    place: String,
    /// Where a reader finds it, in words.
    spot: String,
    count: u32,
}

/// A member of an archive.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberView {
    name: String,
    #[schema(no_recursion)]
    report: ReportView,
}

impl From<&Report> for ReportView {
    fn from(report: &Report) -> Self {
        let verdict = match report.verdict {
            worker_protocol::Verdict::Clean => "clean",
            worker_protocol::Verdict::Partial => "partial",
            worker_protocol::Verdict::Held => "held",
            worker_protocol::Verdict::Blocked => "blocked",
        };
        Self {
            verdict: verdict.to_owned(),
            kind: report.kind.map(|k| k.id().to_owned()),
            clean_kind: report.clean_kind.map(|k| k.id().to_owned()),
            road: report.road.map(|r| r.id().to_owned()),
            clean_name: report.clean_name.clone(),
            reason: report.reason.map(|r| r.id().to_owned()),
            removals: report
                .removals
                .iter()
                .map(|r| RemovalView {
                    what: r.what.id().to_owned(),
                    severity: r.what.severity().id().to_owned(),
                    place: r.untrusted_place.clone(),
                    spot: crate::words::place(r),
                    count: r.count,
                })
                .collect(),
            removals_unlisted: report.removals_unlisted,
            members: report
                .members
                .iter()
                .map(|m| MemberView { name: m.untrusted_name.clone(), report: (&m.report).into() })
                .collect(),
            rules_version: report.rules_version.clone(),
        }
    }
}

/// A step of approval.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepView {
    id: String,
    title: String,
    role: String,
    /// The role that the policy asks for, when nobody in it may decide and `role` is one above it.
    raised_from: Option<String>,
    deadline_hours: u32,
    statements: Vec<String>,
}

/// A decision that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecisionView {
    round: u32,
    step: usize,
    by: PersonName,
    /// 代決: for whom.
    on_behalf_of: Option<PersonName>,
    verdict: String,
    comment: String,
    content_hash: String,
    #[schema(format = DateTime)]
    at: String,
    reviewed_at: Option<String>,
}

/// What the caller may do with a transfer now.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "one answer for each button")]
pub(crate) struct MayView {
    decide: bool,
    /// The absent person he may decide for.
    decide_for: Option<String>,
    pull_back: bool,
    withdraw: bool,
    resubmit: bool,
    resolve_held: bool,
    receive: bool,
    preview: bool,
    /// Open originals of files that pass unchanged, at this listener.
    inspect: bool,
    /// Indices of decisions that wait for his review.
    review: Vec<usize>,
}

impl From<TransferDetail> for TransferView {
    fn from(detail: TransferDetail) -> Self {
        let TransferDetail {
            viewer: _,
            transfer,
            content_hash,
            names,
            section_name,
            statements,
            may,
            timeline,
            progress,
            cells_stopped,
        } = detail;
        let person = |id: &UserId| PersonName {
            id: id.to_string(),
            name: names.get(id).cloned().unwrap_or_else(|| id.to_string()),
        };
        let file = |file: &File| FileView {
            id: file.id.to_string(),
            name: match &file.report {
                Some(report) if file.state.passes() => report.clean_name.clone(),
                _ => file.untrusted_name.clone(),
            },
            original_name: file.untrusted_name.clone(),
            folder: file.untrusted_folder.clone(),
            state: file.state.id().to_owned(),
            original: file.original.as_ref().map(StoredView::from),
            clean: file.clean.as_ref().map(StoredView::from),
            has_preview: file.preview.is_some(),
            progress_permille: progress.get(&file.id).copied(),
            report: file.report.as_ref().map(ReportView::from),
            inspection: (file.state == FileState::Inspected).then(|| InspectionView {
                zone: transfer.from_zone.to_string(),
                sha256: file.original.as_ref().map(|o| o.sha256.clone()),
                openings: transfer
                    .openings
                    .iter()
                    .filter(|o| o.file == file.id)
                    .map(|o| OpeningView { by: person(&o.by), at: time(o.at) })
                    .collect(),
                vouched: transfer
                    .vouches_of(&file.id)
                    .map(|(decision, vouch)| VouchedView {
                        by: person(&decision.by),
                        on_behalf_of: decision.on_behalf_of.as_ref().map(person),
                        at: time(decision.at),
                        note: vouch.note.clone(),
                    })
                    .collect(),
            }),
            original_erased_at: times(file.original_erased_at),
            clean_erased_at: times(file.clean_erased_at),
        };
        Self {
            cells_stopped_since: cells_stopped.map(|s| time(s.since)),
            open_step: transfer.open_step().map(|_| transfer.approval.step),
            submitter: person(&transfer.submitter),
            section: Named { id: transfer.section.to_string(), title: section_name },
            recipients: transfer
                .recipients
                .iter()
                .map(|r| RecipientView { person: person(&r.user), received_at: times(r.received_at) })
                .collect(),
            files: transfer.files.iter().map(file).collect(),
            route: transfer
                .approval
                .route
                .steps
                .iter()
                .map(|s| StepView {
                    id: s.id.clone(),
                    title: s.title.clone(),
                    role: s.role.clone(),
                    raised_from: s.raised_from.clone(),
                    deadline_hours: s.deadline_hours,
                    statements: s.statements.clone(),
                })
                .collect(),
            decisions: transfer
                .approval
                .decisions
                .iter()
                .map(|d| DecisionView {
                    round: d.round,
                    step: d.step,
                    by: person(&d.by),
                    on_behalf_of: d.on_behalf_of.as_ref().map(person),
                    verdict: d.verdict.id().to_owned(),
                    comment: d.comment.clone(),
                    content_hash: d.content_hash.clone(),
                    at: time(d.at),
                    reviewed_at: times(d.reviewed_at),
                })
                .collect(),
            id: transfer.id.to_string(),
            number: transfer.number,
            channel: transfer.channel,
            from_zone: transfer.from_zone.to_string(),
            to_zone: transfer.to_zone.to_string(),
            subject: transfer.subject,
            purpose: transfer.purpose,
            classification: transfer.classification,
            personal_data: transfer.personal_data,
            answers: transfer.answers,
            state: transfer.state.id().to_owned(),
            round: transfer.approval.round,
            due_at: times(transfer.term.due_at),
            expires_at: times(transfer.term.expires_at),
            pack_version: transfer.pack_version,
            submitted_at: time(transfer.submitted_at),
            changed_at: time(transfer.changed_at),
            content_hash,
            statements,
            may: MayView {
                decide: may.decide,
                decide_for: may.decide_for.map(|u| u.to_string()),
                pull_back: may.pull_back,
                withdraw: may.withdraw,
                resubmit: may.resubmit,
                resolve_held: may.resolve_held,
                receive: may.receive,
                preview: may.preview,
                inspect: may.inspect,
                review: may.review,
            },
            timeline: timeline.into_iter().map(EvidenceView::from).collect(),
        }
    }
}

/// Decides the open step.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionForm {
    /// `approve`, `return` or `reject`.
    pub(crate) verdict: String,
    #[serde(default)]
    pub(crate) comment: String,
    /// `content_hash` of the transfer as it was read.
    pub(crate) seen_hash: String,
    /// 代決: the id of the absent person.
    #[serde(default)]
    pub(crate) stands_in_for: Option<String>,
    /// 検査確認: a word for each file whose state is `inspected`, needed to approve. Their originals must have been opened.
    #[serde(default)]
    pub(crate) vouches: Vec<VouchForm>,
}

/// A word for one file that passes unchanged: its content was looked at and judged safe.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VouchForm {
    /// The file's id.
    file: String,
    /// SHA-256 of the original that was opened.
    sha256: String,
    /// How it was made sure: 1 to 500 characters.
    note: String,
}

impl From<VouchForm> for Vouch {
    fn from(form: VouchForm) -> Self {
        Self { file: FileId::new(form.file), sha256: form.sha256, note: form.note }
    }
}

/// 後閲 of a deputy's decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewForm {
    /// Its index among the decisions.
    pub(crate) decision: usize,
}

/// Sends a held file through the cell again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetryForm {
    /// The file's own password, if it has one.
    #[serde(default)]
    pub(crate) password: Option<String>,
}

/// What an approver or recipient sees of a clean file.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreviewView {
    /// `null` when the cell could make none.
    pub(crate) preview: Option<PreviewBody>,
}

/// Pages as pictures, or text.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "as")]
pub(crate) enum PreviewBody {
    /// Pages, each a PNG at `preview/{n}.png` from 0.
    Pages {
        /// How many there are to see.
        shown: u32,
        /// How many the file has.
        total: u32,
    },
    /// Text.
    Text {
        /// In order.
        blocks: Vec<PreviewBlock>,
        /// Whether there is more than is shown.
        truncated: bool,
    },
}

/// A piece of text.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "block")]
pub(crate) enum PreviewBlock {
    /// A heading.
    Heading {
        /// Its text.
        text: String,
    },
    /// A paragraph.
    Paragraph {
        /// Its text.
        text: String,
    },
    /// A table.
    Table {
        /// Its rows of cells.
        rows: Vec<Vec<String>>,
    },
}

impl From<Preview> for PreviewBody {
    fn from(preview: Preview) -> Self {
        match preview {
            Preview::Pages { shown, total } => Self::Pages { shown, total },
            Preview::Text { blocks, truncated } => Self::Text {
                blocks: blocks
                    .into_iter()
                    .map(|block| match block {
                        TextBlock::Heading { text } => PreviewBlock::Heading { text },
                        TextBlock::Paragraph { text } => PreviewBlock::Paragraph { text },
                        TextBlock::Table { rows } => PreviewBlock::Table { rows },
                    })
                    .collect(),
                truncated,
            },
        }
    }
}

// ---------------------------------------------------------------- policy

/// Every statement, in the order of the text.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatementList {
    pub(crate) statements: Vec<StatementRow>,
}

/// A statement in the list.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatementRow {
    id: String,
    clause: Option<Named>,
    /// `must`, `should`, `may` or `must-not`.
    modality: String,
    /// A few Japanese words.
    title: String,
    gist_ja: String,
    gist_en: String,
    /// How it is assured: `gate`, `measure`, `attest` or `define`.
    assurance: String,
    /// The parts of the software that serve it.
    mechanisms: Vec<String>,
    evidence_count: u64,
}

impl From<&app::clauses::StatementSummary<'_>> for StatementRow {
    fn from(summary: &app::clauses::StatementSummary<'_>) -> Self {
        let statement = summary.statement;
        Self {
            id: statement.id.clone(),
            clause: summary.clause.map(|c| Named { id: c.id.clone(), title: c.title.clone() }),
            modality: statement.modality.id().to_owned(),
            title: statement.short().to_owned(),
            gist_ja: statement.gist_ja.clone(),
            gist_en: statement.gist_en.clone(),
            assurance: statement.assurance.id().to_owned(),
            mechanisms: statement.mechanisms.iter().map(|m| m.id().to_owned()).collect(),
            evidence_count: summary.evidence_count,
        }
    }
}

/// A statement with what it leaves open and its evidence.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatementView {
    statement: StatementRow,
    /// The titles of the roles obliged; empty for the body as a whole.
    roles: Vec<String>,
    trigger: Option<String>,
    parameters: Vec<ParameterView>,
    /// Where its text comes from.
    sources: Vec<String>,
    /// Newest first; `null` for those who may not see evidence of the whole body.
    evidence: Option<EvidenceList>,
}

impl From<app::clauses::StatementPage<'_>> for StatementView {
    fn from(page: app::clauses::StatementPage<'_>) -> Self {
        let statement = page.summary.statement;
        Self {
            statement: (&page.summary).into(),
            roles: page.roles.iter().map(|r| (*r).to_owned()).collect(),
            trigger: statement.trigger.clone(),
            parameters: page.parameters.iter().map(|p| ParameterView::from(*p)).collect(),
            sources: statement.sources.clone(),
            evidence: page.evidence.map(EvidenceList::from),
        }
    }
}

/// A value that the text leaves open.
#[derive(Serialize, ToSchema)]
pub(crate) struct ParameterView {
    id: String,
    title: String,
    clause: Option<String>,
    /// `days`, `hours`, `minutes`, `years`, `count`, `bytes`, `text`, `choice` or `bool`.
    kind: String,
    /// The value the body set; `null` while it is not set.
    #[schema(value_type = Option<Object>)]
    value: Option<serde_json::Value>,
    /// Who decided it, and when.
    decided: Option<String>,
    /// Whether a checkpoint cannot work without it.
    needed: bool,
    note: Option<String>,
}

impl From<&policy::Parameter> for ParameterView {
    fn from(parameter: &policy::Parameter) -> Self {
        Self {
            id: parameter.id.clone(),
            title: parameter.title.clone(),
            clause: parameter.clause.clone(),
            kind: parameter.kind.id().to_owned(),
            value: parameter.value.as_ref().map(|value| match value {
                policy::ParameterValue::Number(number) => (*number).into(),
                policy::ParameterValue::Text(text) => text.as_str().into(),
                policy::ParameterValue::Flag(flag) => (*flag).into(),
            }),
            decided: parameter.decided.clone(),
            needed: parameter.needed,
            note: parameter.note.clone(),
        }
    }
}

/// The policy in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct PolicyView {
    id: String,
    title: String,
    version: String,
    effective_from: Option<String>,
    municipality: Option<String>,
    /// The lowest first.
    layers: Vec<LayerView>,
    zones: Vec<ZoneView>,
    parameters: Vec<ParameterView>,
    /// Ids of parameters that nobody has set yet.
    unset: Vec<String>,
}

/// A layer of the pack.
#[derive(Serialize, ToSchema)]
pub(crate) struct LayerView {
    id: String,
    title: String,
    version: String,
}

/// A zone.
#[derive(Serialize, ToSchema)]
pub(crate) struct ZoneView {
    id: String,
    label: String,
    short: String,
    kind: String,
    description: String,
}

impl From<&policy::Pack> for PolicyView {
    fn from(pack: &policy::Pack) -> Self {
        Self {
            id: pack.id().to_owned(),
            title: pack.title().to_owned(),
            version: pack.version().to_owned(),
            effective_from: pack.effective_from().map(ToOwned::to_owned),
            municipality: pack.municipality().map(|m| m.name.clone()),
            layers: pack
                .layers()
                .iter()
                .map(|l| LayerView { id: l.id.clone(), title: l.title.clone(), version: l.version.clone() })
                .collect(),
            zones: pack
                .zones()
                .iter()
                .map(|z| ZoneView {
                    id: z.id.clone(),
                    label: z.label.clone(),
                    short: z.short.clone(),
                    kind: z.kind.id().to_owned(),
                    description: z.description.clone(),
                })
                .collect(),
            parameters: pack.parameters().iter().map(ParameterView::from).collect(),
            unset: pack.parameters().iter().filter(|p| p.value.is_none()).map(|p| p.id.clone()).collect(),
        }
    }
}

// ---------------------------------------------------------------- evidence

/// Part of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// `next` of the page before.
    pub(crate) after: Option<String>,
    /// Rows, 1 to 200.
    pub(crate) limit: Option<u32>,
}

/// Which evidence.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvidenceListQuery {
    /// Only for this statement.
    pub(crate) statement: Option<String>,
    /// Only about this kind of thing; goes with `subject_id`.
    pub(crate) subject_kind: Option<String>,
    /// Only about this thing; goes with `subject_kind`.
    pub(crate) subject_id: Option<String>,
    /// Only of this kind.
    pub(crate) kind: Option<String>,
    /// Only by this person.
    pub(crate) actor: Option<String>,
    /// `next` of the page before.
    pub(crate) after: Option<String>,
    /// Rows, 1 to 200.
    pub(crate) limit: Option<u32>,
}

/// A page of evidence.
#[derive(Serialize, ToSchema)]
pub(crate) struct EvidenceList {
    rows: Vec<EvidenceView>,
    /// Goes into `after` of the next page; `null` at the end.
    next: Option<String>,
}

impl From<Page<EvidenceItem>> for EvidenceList {
    fn from(page: Page<EvidenceItem>) -> Self {
        Self {
            rows: page.rows.into_iter().map(Into::into).collect(),
            next: page.next.as_ref().map(cursor::text),
        }
    }
}

/// An entry of evidence.
#[derive(Serialize, ToSchema)]
pub(crate) struct EvidenceView {
    id: String,
    #[schema(format = DateTime)]
    at: String,
    kind: String,
    actor: Option<PersonName>,
    zone: Option<String>,
    subject_kind: String,
    subject_id: String,
    statements: Vec<String>,
    /// Its index in the ledger, once sealed.
    index: Option<u64>,
    /// What it says; `null` once erased.
    #[schema(value_type = Option<Object>)]
    payload: Option<serde_json::Value>,
    erased_at: Option<String>,
}

impl From<EvidenceItem> for EvidenceView {
    fn from(item: EvidenceItem) -> Self {
        Self {
            id: item.id.to_string(),
            at: time(item.at),
            kind: item.kind,
            actor: item.actor.map(|id| PersonName {
                name: item.actor_name.unwrap_or_else(|| id.to_string()),
                id: id.to_string(),
            }),
            zone: item.zone.map(|z| z.to_string()),
            subject_kind: item.subject_kind,
            subject_id: item.subject_id,
            statements: item.statements,
            index: item.index,
            payload: item.payload,
            erased_at: times(item.erased_at),
        }
    }
}

/// An entry with everything that proves it.
#[derive(Serialize, ToSchema)]
pub(crate) struct EvidenceEntryView {
    entry: EvidenceView,
    /// The leaf's text, which commits to salt and payload.
    leaf: String,
    /// Lower-case hex; `null` once erased.
    salt: Option<String>,
    /// The payload's exact text; `null` once erased.
    payload_text: Option<String>,
    /// `null` until it is sealed.
    proof: Option<ProofView>,
}

/// Why an entry is in the ledger (RFC 6962 inclusion proof).
#[derive(Serialize, ToSchema)]
pub(crate) struct ProofView {
    index: u64,
    /// The signed checkpoint that the proof leads to.
    checkpoint: String,
    /// Sibling hashes, base64, from the leaf upwards.
    hashes: Vec<String>,
}

impl From<EvidenceEntry> for EvidenceEntryView {
    fn from(entry: EvidenceEntry) -> Self {
        Self {
            entry: entry.item.into(),
            leaf: entry.leaf,
            salt: entry.salt,
            payload_text: entry.payload,
            proof: entry.proof.map(|proof| ProofView {
                index: proof.index,
                checkpoint: proof.checkpoint,
                hashes: proof.hashes,
            }),
        }
    }
}

// ---------------------------------------------------------------- people

/// Which people.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeopleQuery {
    /// Part of a name, a reading or a login.
    pub(crate) text: Option<String>,
    /// `next` of the page before.
    pub(crate) after: Option<String>,
    /// Rows, 1 to 100.
    pub(crate) limit: Option<u32>,
}

/// A page of people, by section and reading.
#[derive(Serialize, ToSchema)]
pub(crate) struct PeopleList {
    pub(crate) rows: Vec<PersonView>,
    /// Goes into `after` of the next page; `null` at the end.
    pub(crate) next: Option<String>,
}

/// A person as an administrator sees him.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonView {
    id: String,
    login: String,
    name: String,
    kana: String,
    section: Named,
    enabled: bool,
    has_second_factor: bool,
    must_change_password: bool,
    locked_until: Option<String>,
    posts: Vec<PostView>,
    /// The titles of the roles that the posts bring.
    roles: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        let user = person.user;
        Self {
            id: user.id.to_string(),
            login: user.login,
            name: user.name,
            kana: user.kana,
            section: Named { id: user.section.to_string(), title: person.section_name },
            enabled: user.enabled,
            has_second_factor: user.totp_sealed.is_some(),
            must_change_password: user.must_change_password,
            locked_until: times(user.locked_until),
            posts: person
                .posts
                .into_iter()
                .map(|(h, title)| PostView { id: h.post, title, unit: h.unit, from: time(h.from) })
                .collect(),
            roles: person.roles,
            created_at: time(user.created_at),
        }
    }
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonForm {
    /// Lower-case ASCII letters, digits, `.`, `-`, `_`.
    pub(crate) login: String,
    pub(crate) name: String,
    /// ふりがな.
    pub(crate) kana: String,
    /// The section's id.
    pub(crate) section: String,
}

/// An account that was just opened.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonMade {
    pub(crate) id: String,
    /// Shown this once; must be changed at the first login.
    pub(crate) first_password: String,
}

/// A new first password.
#[derive(Serialize, ToSchema)]
pub(crate) struct FirstPassword {
    /// Shown this once; must be changed at the next login.
    pub(crate) first_password: String,
}

/// Opens or closes an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnabledForm {
    pub(crate) enabled: bool,
}

/// A post to give or to end.
#[derive(Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostForm {
    /// The pack's id of the post.
    pub(crate) post: String,
    /// The section or department, for posts that have one.
    #[serde(default)]
    pub(crate) unit: Option<String>,
}

/// Most characters of a text that is searched for.
const TEXT_CHARS_MAX: usize = 100;

/// A text to search for, within its bound.
pub(crate) fn search_text(untrusted: Option<&str>) -> Result<&str, Failure> {
    let text = untrusted.unwrap_or_default();
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(Error::Invalid { field: "text", problem: "too-long" }.into());
    }
    Ok(text)
}
