//! Plain things that use cases read and write besides transfers: people, sessions, tokens, evidence, lists.
//!
//! Owns the shapes only. Who may see them is decided by `authz`; how they are kept is the store's matter.

use std::collections::HashMap;

use workflow::{
    Millis,
    id::{EvidenceId, FileId, SectionId, TokenId, TransferId, UserId, ZoneId},
    transfer::State,
};

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Id.
    pub id: UserId,
    /// What is typed at login: lower-case ASCII letters, digits, `.`, `-`, `_`; unique.
    pub login: String,
    /// 氏名.
    pub name: String,
    /// ふりがな, for sorting.
    pub kana: String,
    /// The section the person belongs to.
    pub section: SectionId,
    /// PHC string of argon2id.
    pub password_hash: String,
    /// The sealed secret of the second factor, once enrolled.
    pub totp_sealed: Option<Vec<u8>>,
    /// The last time step a code was accepted for: a code works once.
    pub totp_last_step: Option<i64>,
    /// Whether the account may be used.
    pub enabled: bool,
    /// Whether the password must be changed before anything else.
    pub must_change_password: bool,
    /// Wrong passwords or codes in a row.
    pub failures: u32,
    /// Until when further attempts are refused.
    pub locked_until: Option<Millis>,
    /// When the account was made.
    pub created_at: Millis,
    /// Raised by every change.
    pub version: i64,
}

/// A post (職) that a person holds; the pack says which roles it brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostHolding {
    /// Who.
    pub user: UserId,
    /// The pack's id of the post.
    pub post: String,
    /// For which section (posts of a section) or department (posts of a department); `None` for the whole body.
    pub unit: Option<String>,
    /// From when.
    pub from: Millis,
    /// Until when; open if `None`.
    pub until: Option<Millis>,
}

/// The times a person is away, so that a deputy may decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// Id: UUIDv7 text.
    pub id: String,
    /// Who is away.
    pub user: UserId,
    /// From when.
    pub from: Millis,
    /// Until when.
    pub until: Millis,
    /// Why; shown to the deputy.
    pub reason: String,
}

/// How strongly a session proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Password only; a second factor is still to come, or the account has none.
    Password,
    /// Password and one-time code.
    SecondFactor,
}

/// A browser's session. Only the hash of its secret is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie's secret, lower-case hex.
    pub secret_hash: String,
    /// Whose.
    pub user: UserId,
    /// The zone of the listener it was opened at; it is worth nothing anywhere else.
    pub zone: ZoneId,
    /// How strongly it was proven.
    pub strength: Strength,
    /// When it was opened.
    pub created_at: Millis,
    /// When it was last used, to the minute.
    pub seen_at: Millis,
    /// When it ends whatever happens.
    pub expires_at: Millis,
    /// How many unread notices its person has, counted up to a hundred. Not part of the session: read with it, because every
    /// page shows it.
    pub unread_notices: u32,
}

/// A token for the API: scoped, bound to a zone, and it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its public id.
    pub id: TokenId,
    /// SHA-256 of its secret, lower-case hex.
    pub secret_hash: String,
    /// Whose rights it carries.
    pub user: UserId,
    /// The zone at whose listener it works.
    pub zone: ZoneId,
    /// What its owner calls it.
    pub name: String,
    /// What it may do; see `authz`.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
    /// When it was taken back.
    pub revoked_at: Option<Millis>,
    /// When it was last used, to the minute.
    pub used_at: Option<Millis>,
}

/// A section of the organisation. Comes from the pack; kept with the people for joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Id.
    pub id: SectionId,
    /// Its name, such as 税務課.
    pub name: String,
    /// The department it belongs to.
    pub department: String,
}

/// One entry of evidence, ready to be written with the state it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvidence {
    /// Id.
    pub id: EvidenceId,
    /// When.
    pub at: Millis,
    /// What happened: a kebab word of [`crate::evidence::Kind`].
    pub kind: String,
    /// Who did it; `None` for the system itself.
    pub actor: Option<UserId>,
    /// The zone it happened in, if at a listener.
    pub zone: Option<ZoneId>,
    /// What it is about, such as `transfer` or `user`.
    pub subject_kind: String,
    /// The id of that.
    pub subject_id: String,
    /// The statements it is evidence for.
    pub statements: Vec<String>,
    /// The payload's exact bytes: JSON.
    pub payload: Vec<u8>,
    /// The salt of the commitment: 32 bytes.
    pub salt: Vec<u8>,
    /// The leaf's bytes, which commit to the payload.
    pub leaf: Vec<u8>,
    /// When the payload is to be erased.
    pub erase_payload_at: Option<Millis>,
}

/// One entry of evidence as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRow {
    /// The entry as it was written; `payload` and `salt` are empty once erased.
    pub entry: NewEvidence,
    /// Its index in the ledger, once it was sealed there.
    pub index: Option<u64>,
    /// When the payload was erased.
    pub payload_erased_at: Option<Millis>,
    /// The name of the actor today, for the screen.
    pub actor_name: Option<String>,
}

/// How much evidence there is of something, and the newest of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvidenceTally {
    /// How many entries.
    pub count: u64,
    /// When the newest was written, and its id.
    pub last: Option<(Millis, EvidenceId)>,
}

/// The tallies of everything that has any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvidenceTallies {
    /// By statement.
    pub statements: HashMap<String, EvidenceTally>,
    /// By kind.
    pub kinds: HashMap<String, EvidenceTally>,
}

/// A place in a list that is sorted by time, newest first: the last row of the page before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Its time.
    pub at: Millis,
    /// Its id, which breaks ties.
    pub id: String,
}

/// What part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// After which row.
    pub after: Option<Cursor>,
    /// At most how many rows; the store caps it at [`PAGE_ROWS_MAX`].
    pub limit: u32,
}

/// Most rows of one page.
pub const PAGE_ROWS_MAX: u32 = 200;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next part starts; `None` at the end.
    pub next: Option<Cursor>,
}

/// Which transfers a list shows. Each variant is served by one index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferView {
    /// Submitted by this person.
    SubmittedBy(UserId),
    /// Addressed to this person, released, at this zone's listener.
    AddressedTo {
        /// The recipient.
        user: UserId,
        /// The zone he stands in.
        zone: ZoneId,
    },
    /// Waiting for a decision by a holder of one of these roles (role, scope column).
    AwaitingRoles(Vec<(String, String)>),
    /// Of one of these sections.
    OfSections(Vec<SectionId>),
    /// All.
    All,
}

/// A question for a list of transfers, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferQuery {
    /// Which.
    pub view: TransferView,
    /// Only in one of these states; empty: any.
    pub states: Vec<State>,
    /// Which part.
    pub page: PageRequest,
}

/// A row of such a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRow {
    /// Id.
    pub id: TransferId,
    /// Number.
    pub number: i64,
    /// Subject.
    pub subject: String,
    /// From.
    pub from_zone: ZoneId,
    /// To.
    pub to_zone: ZoneId,
    /// Level of confidentiality.
    pub classification: String,
    /// State.
    pub state: State,
    /// Who submitted it.
    pub submitter: UserId,
    /// His name.
    pub submitter_name: String,
    /// Of which section.
    pub section: SectionId,
    /// How many files.
    pub file_count: u32,
    /// How many of them pass unchanged, on somebody's word (検査確認).
    pub inspected_count: u32,
    /// When submitted.
    pub submitted_at: Millis,
    /// When last changed.
    pub changed_at: Millis,
    /// When somebody should have acted.
    pub due_at: Option<Millis>,
}

/// A question for a list of evidence, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvidenceQuery {
    /// Only entries for this statement.
    pub statement: Option<String>,
    /// Only entries about this thing (kind, id).
    pub subject: Option<(String, String)>,
    /// Only entries of this kind.
    pub kind: Option<String>,
    /// Only entries by this person.
    pub actor: Option<UserId>,
    /// Which part.
    pub page: Option<PageRequest>,
}

/// A file that waits for a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanitiseJob {
    /// The file.
    pub file: FileId,
    /// Its transfer.
    pub transfer: TransferId,
    /// How often it was taken from the queue, this time included.
    pub attempts: u32,
}

/// The head of the ledger as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerHead {
    /// Number of sealed entries.
    pub size: u64,
    /// The signed checkpoint's text.
    pub checkpoint: String,
}

/// A transfer's blob that retention says to erase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueErasure {
    /// The transfer.
    pub transfer: TransferId,
    /// Whether originals are due (else clean files and previews).
    pub originals: bool,
}
