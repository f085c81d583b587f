//! What each page shows, as plain values: every screen can be rendered from these without a server.
//!
//! Owns the page structs and the small parts that several pages share. Strings here are text, escaped by the
//! templates; addresses are paths of this server.
//! Leaves gathering the values to the handlers beside it, words to `crate::words`, dates to `crate::dates`.

mod beside;
mod classify;
mod coverage;
mod downloads;
mod duties;
mod editions;
mod find;
mod imports;
mod notices;
mod oscal;
mod overview;
mod reading;
mod records;
mod register_tables;
mod registers;
mod requests;
mod rosters;
mod training;

use askama::Template;

pub use beside::*;
pub use classify::*;
pub use coverage::*;
pub use downloads::*;
pub use duties::*;
pub use editions::*;
pub use find::*;
pub use imports::*;
pub use notices::*;
pub use oscal::*;
pub use overview::*;
pub use reading::*;
pub use records::*;
pub use register_tables::*;
pub use registers::*;
pub use requests::*;
pub use rosters::*;
pub use training::*;

use crate::{
    dates::When,
    words::{Tone, Trouble},
};

/// A zone as it is shown: in words, in a colour, with a pattern and an icon of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ZoneView {
    /// The pack's id.
    pub id: String,
    /// Its local name.
    pub label: String,
    /// What it is for, in one line.
    pub note: String,
    /// `internet`, `lgwan`, `my-number` or `other`: chooses the pattern and the icon.
    pub kind: String,
    /// The pack's colour token; unknown ones are shown grey.
    pub colour: String,
}

impl ZoneView {
    /// The icon that goes with the kind.
    #[must_use]
    pub fn icon(&self) -> &'static str {
        match self.kind.as_str() {
            "internet" => "globe",
            "lgwan" => "building",
            "my-number" => "key",
            _ => "box",
        }
    }
}

/// A link to a statement of the policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClauseChip {
    /// The statement's id.
    pub id: String,
    /// A few words for it.
    pub title: String,
    /// What it asks for, shown as the chip's tooltip.
    pub gist: String,
}

impl ClauseChip {
    /// The chip of a statement.
    #[must_use]
    pub fn of(statement: &policy::Statement) -> Self {
        Self {
            id: statement.id.clone(),
            title: statement.short().to_owned(),
            gist: statement.gist_ja.clone(),
        }
    }

    /// The clause's page.
    #[must_use]
    pub fn href(&self) -> String {
        format!("/clauses/{}", path_part(&self.id))
    }
}

/// Percent-encodes what may not stand in a path; `/` stays.
#[must_use]
pub fn path_part(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Percent-encodes a value of a query.
#[must_use]
pub fn query_part(text: &str) -> String {
    path_part(text).replace('/', "%2F")
}

/// Bytes as people read them.
#[must_use]
pub fn size(bytes: u64) -> String {
    let (mut whole, mut rest, mut unit) = (bytes, 0, 0);
    while whole >= 1024 && unit < 3 {
        rest = whole % 1024;
        whole /= 1024;
        unit += 1;
    }
    let unit_name = ["B", "KB", "MB", "GB"].get(unit).copied().unwrap_or("GB");
    if unit == 0 || whole >= 100 {
        format!("{whole} {unit_name}")
    } else {
        format!("{whole}.{} {unit_name}", rest * 10 / 1024)
    }
}

/// Who is logged in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// 氏名.
    pub name: String,
    /// 所属.
    pub section: String,
    /// How many notices he has not looked at, counted up to a hundred.
    pub unread: u32,
    /// Whether that number follows what happens while the page is open. Few pages do: a browser keeps few connections.
    pub follows: bool,
}

impl Who {
    /// The count beside the bell.
    #[must_use]
    pub fn count(&self) -> String {
        if self.unread >= 100 { "99+".to_owned() } else { self.unread.to_string() }
    }
}

/// One entry of the menu.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MenuItem {
    /// Where it goes.
    pub href: String,
    /// Its words.
    pub label: String,
    /// Its icon.
    pub icon: &'static str,
    /// Things that wait there.
    pub count: u32,
    /// Whether it is the page shown.
    pub current: bool,
    /// Whether a new group begins.
    pub group: bool,
}

/// A message on top of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flash {
    /// How it is shown.
    pub tone: Tone,
    /// What happened.
    pub title: String,
    /// What follows.
    pub body: String,
    /// The state of the transfer for as long as which it is true; empty: always.
    pub while_state: &'static str,
}

/// What surrounds every page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// The page's name, for the title bar.
    pub title: String,
    /// 自治体名.
    pub municipality: String,
    /// The zone of the listener.
    pub zone: ZoneView,
    /// Who is logged in; `None` before login.
    pub who: Option<Who>,
    /// The menu; empty before login.
    pub menu: Vec<MenuItem>,
    /// What just happened.
    pub flash: Option<Flash>,
    /// The statements that ask for this page.
    pub clauses: Vec<ClauseChip>,
    /// The pack in force: `星見市 2026.1`.
    pub pack: String,
    /// The forms in which its thing can be printed.
    pub prints: Vec<crate::print::Offer>,
}

/// A word with a tone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chip {
    /// The word.
    pub word: String,
    /// Its tone.
    pub tone: Tone,
}

/// An error at a form: a message and, if it belongs to one, the field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the field; empty for the whole form.
    pub field: String,
    /// What is wrong, why, what to do.
    pub text: String,
}

/// A row in a list of transfers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowView {
    /// The page to open.
    pub href: String,
    /// 番号.
    pub number: String,
    /// 件名.
    pub subject: String,
    /// From which zone.
    pub from: ZoneView,
    /// To which zone.
    pub to: ZoneView,
    /// 分類 in words.
    pub classification: String,
    /// State.
    pub state: Chip,
    /// How many of its files pass unchanged (検査確認).
    pub inspected: u32,
    /// Who sent it.
    pub submitter: String,
    /// 所属 of the sender.
    pub section: String,
    /// Number of files.
    pub files: u32,
    /// When submitted.
    pub submitted: When,
    /// When somebody should have acted.
    pub due: Option<When>,
    /// Whether that time has passed.
    pub overdue: bool,
    /// What the button says on the home page.
    pub action: String,
}

/// The login page.
#[derive(Debug, Template)]
#[template(path = "login.html")]
pub struct LoginPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Where to go afterwards: a path of this server.
    pub next: String,
    /// What was typed.
    pub login: String,
    /// Why the attempt failed.
    pub trouble: Option<Trouble>,
    /// Until when attempts are refused.
    pub locked_until: Option<When>,
}

/// The second step of the login.
#[derive(Debug, Template)]
#[template(path = "code.html")]
pub struct CodePage {
    /// What surrounds it.
    pub frame: Frame,
    /// Where to go afterwards.
    pub next: String,
    /// Why the attempt failed.
    pub trouble: Option<Trouble>,
}

/// Changing the password.
#[derive(Debug, Template)]
#[template(path = "password.html")]
pub struct PasswordPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Whether nothing else is possible before.
    pub forced: bool,
    /// The shortest password, in characters.
    pub chars_min: usize,
    /// Where to go afterwards.
    pub next: String,
    /// Why the attempt failed.
    pub errors: Vec<FieldError>,
}

/// A number on the home page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tile {
    /// What is counted.
    pub label: String,
    /// How many.
    pub count: u32,
    /// Whether there are more than `count`.
    pub more: bool,
    /// The list behind it.
    pub href: String,
    /// Whether something must be done there.
    pub act: bool,
}

/// That no cell can be started, and what to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutageView {
    /// Since when.
    pub since: When,
    /// When the next attempt is due.
    pub next_try: When,
    /// What the operating system says, for those who can repair it.
    pub cause: Option<String>,
}

/// A group of things to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskGroup {
    /// The heading's id.
    pub id: &'static str,
    /// Its title.
    pub title: String,
    /// What to do with them.
    pub hint: String,
    /// Its icon.
    pub icon: &'static str,
    /// The rows.
    pub rows: Vec<RowView>,
    /// Where all of them are.
    pub all_href: String,
}

/// ホーム.
#[derive(Debug, Template)]
#[template(path = "home.html")]
pub struct HomePage {
    /// What surrounds it.
    pub frame: Frame,
    /// That no cell can be started, for whoever waits or can repair it.
    pub outage: Option<OutageView>,
    /// Whether files may be sent from here at all.
    pub may_send: bool,
    /// Numbers.
    pub tiles: Vec<Tile>,
    /// The whole body, for those who answer for it.
    pub overview: Option<OverviewView>,
    /// Requests that wait; groups without rows are left out.
    pub requests: Vec<RequestGroup>,
    /// Tasks of duties that wait; groups without rows are left out.
    pub duties: Vec<DutyGroup>,
    /// やること, groups without rows are left out.
    pub tasks: Vec<TaskGroup>,
    /// What the policy changed for him and he has not read: the page, the edition, until when.
    pub to_read: Vec<(String, String, Option<When>)>,
    /// 授受 that are under way.
    pub open: Vec<RowView>,
}

/// The approvals that a classification brings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApprovalPreview {
    /// The level's id.
    pub level: String,
    /// Its title.
    pub title: String,
    /// Titles of the steps in order; empty: none.
    pub steps: Vec<String>,
}

/// A way out of this zone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChannelView {
    /// The pack's id.
    pub id: String,
    /// Whether it is the one chosen.
    pub chosen: bool,
    /// To which zone.
    pub to: ZoneView,
    /// Whether nothing passes.
    pub denied: bool,
    /// What it does, in one word.
    pub mode: String,
    /// The rule in a sentence.
    pub note: String,
    /// Bytes of one file at most.
    pub file_bytes_max: u64,
    /// Files of one transfer at most.
    pub files_max: u32,
    /// Kinds that pass, as words.
    pub kinds: String,
    /// Kinds among them that pass unchanged, as words, and the titles of the steps that inspect them.
    pub inspected: Option<(String, String)>,
    /// Approvals by classification.
    pub approvals: Vec<ApprovalPreview>,
    /// The statements behind the rule.
    pub clauses: Vec<ClauseChip>,
}

impl ChannelView {
    /// The limit of one file, for reading.
    #[must_use]
    pub fn limit(&self) -> String {
        size(self.file_bytes_max)
    }
}

/// A level that may be chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LevelView {
    /// The pack's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it means and how it is handled.
    pub handling: String,
    /// Whether it is the one chosen.
    pub chosen: bool,
}

/// A further field that a request type asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnswerField {
    /// Name in the form: `answer.` and the pack's id.
    pub name: String,
    /// Its title.
    pub title: String,
    /// How it is filled in.
    pub help: String,
    /// `text`, `long-text`, `date`, `choice` or `bool`.
    pub kind: &'static str,
    /// Where it must be filled in.
    pub required_for: String,
    /// Choices.
    pub choices: Vec<String>,
    /// Longest answer in characters.
    pub chars_max: u32,
    /// What was filled in.
    pub value: String,
}

/// A person who may be chosen as recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonChoice {
    /// The person's id.
    pub id: String,
    /// 氏名.
    pub name: String,
    /// 所属.
    pub section: String,
}

/// ファイルを送る.
#[derive(Debug, Default, Template)]
#[template(path = "new.html")]
pub struct NewPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The ways out of this zone.
    pub channels: Vec<ChannelView>,
    /// The levels of confidentiality.
    pub levels: Vec<LevelView>,
    /// 件名 typed so far.
    pub subject: String,
    /// 理由・用途 typed so far.
    pub purpose: String,
    /// Whether there is personal data in it.
    pub personal_data: bool,
    /// Further fields.
    pub answers: Vec<AnswerField>,
    /// Recipients chosen so far.
    pub chosen: Vec<PersonChoice>,
    /// What was searched for.
    pub search: String,
    /// Who was found.
    pub found: Vec<PersonChoice>,
    /// Where the search goes without script.
    pub search_action: String,
    /// The key that makes a repeated submission recognisable.
    pub submission: String,
    /// Bytes of one request at most.
    pub total_bytes_max: u64,
    /// What is wrong with the form.
    pub errors: Vec<FieldError>,
}

impl NewPage {
    /// Whether any way is open.
    #[must_use]
    pub fn any_way(&self) -> bool {
        self.channels.iter().any(|channel| !channel.denied)
    }

    /// Whether anything may pass unchanged from here.
    #[must_use]
    pub fn any_inspected(&self) -> bool {
        self.channels.iter().any(|channel| channel.inspected.is_some())
    }

    /// Bytes of one file and number of files, before a channel is chosen.
    #[must_use]
    pub fn first_limits(&self) -> (u64, u32) {
        self.channels
            .iter()
            .find(|channel| !channel.denied)
            .map_or((0, 0), |c| (c.file_bytes_max, c.files_max))
    }

    /// The message for a field, if there is one.
    #[must_use]
    pub fn error(&self, field: &str) -> Option<&str> {
        error_of(&self.errors, field)
    }
}

fn error_of<'e>(errors: &'e [FieldError], field: &str) -> Option<&'e str> {
    errors.iter().find(|error| error.field == field).map(|error| error.text.as_str())
}

/// Only the rows of people who were found: what the picker's script asks for.
#[derive(Debug, Template)]
#[template(path = "found.html")]
pub struct FoundPeople {
    /// Who was found.
    pub found: Vec<PersonChoice>,
}

/// A tab over a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tab {
    /// Where it goes.
    pub href: String,
    /// Its words.
    pub label: String,
    /// Whether it is shown now.
    pub current: bool,
}

/// A choice in a select.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// The value.
    pub id: String,
    /// The words.
    pub title: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// A list of transfers.
#[derive(Debug, Template)]
#[template(path = "transfers.html")]
pub struct TransfersPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The heading.
    pub heading: String,
    /// What the list holds.
    pub lead: String,
    /// The trays.
    pub tabs: Vec<Tab>,
    /// The tray shown.
    pub tray: String,
    /// States to filter by.
    pub states: Vec<Choice>,
    /// The rows.
    pub rows: Vec<RowView>,
    /// The next part, if there is one.
    pub next_href: Option<String>,
    /// The first part.
    pub first_href: String,
    /// Whether this is not the first part.
    pub later: bool,
    /// The list as a file.
    pub downloads: Downloads,
    /// What to do when the list is empty.
    pub empty: String,
}

/// A station on a transfer's way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Station {
    /// Its name.
    pub title: String,
    /// Who or when.
    pub who: String,
    /// `done`, `now`, `todo` or `stop`.
    pub standing: &'static str,
}

/// Something that was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemovalView {
    /// What.
    pub what: String,
    /// How many.
    pub count: u32,
    /// Why.
    pub why: String,
    /// Where, at most some places; outside text.
    pub places: String,
    /// How much it matters.
    pub severity: Chip,
}

/// A member of an archive, with the nesting flattened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberView {
    /// Its path inside.
    pub name: String,
    /// What became of it.
    pub state: Chip,
    /// What was removed.
    pub removals: Vec<RemovalView>,
    /// Why it did not pass.
    pub trouble: Option<Trouble>,
}

/// A count before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptView {
    /// Of what.
    pub what: &'static str,
    /// After, with separators.
    pub after: String,
    /// Before, with separators.
    pub before: String,
    /// Whether some are missing.
    pub less: bool,
}

/// Somebody's word for a file that passes unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VouchView {
    /// Who; a deputy is marked as one.
    pub who: String,
    /// When.
    pub at: When,
    /// How he made sure.
    pub note: String,
}

/// 検査確認 of a file that passes unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InspectionView {
    /// 未検査 or 検査済.
    pub standing: Chip,
    /// SHA-256 of the original, which a word is given for.
    pub sha256: String,
    /// When the person who looks opened the original.
    pub opened: Option<When>,
    /// Where it is opened, if this person may at this door.
    pub open_action: Option<String>,
    /// The zone where originals of this transfer are opened.
    pub zone: ZoneView,
    /// Members of an archive that pass unchanged, so that the rest need not be looked for.
    pub members: Vec<String>,
    /// Who vouched.
    pub vouched: Vec<VouchView>,
    /// Whether the box was ticked in a form that came back.
    pub ticked: bool,
    /// The note typed in a form that came back.
    pub note: String,
}

impl InspectionView {
    /// Whether this person is asked for his word here: not before he can have looked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.opened.is_some() || self.open_action.is_some() || self.ticked || !self.note.is_empty()
    }

    /// What tells the page's script that an original was opened anew.
    #[must_use]
    pub fn opened_mark(&self) -> &str {
        self.opened.as_ref().map_or("", |when| when.iso.as_str())
    }
}

/// A file of a transfer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileView {
    /// Its id.
    pub id: String,
    /// Its name, that of the clean file once there is one; outside text.
    pub name: String,
    /// The name it was sent with, if that is another; outside text.
    pub original: Option<String>,
    /// The folder it came from; outside text.
    pub folder: String,
    /// Kind in words.
    pub kind: String,
    /// Its size as it came, in words.
    pub size: String,
    /// Its state.
    pub state: Chip,
    /// One sentence about the state.
    pub said: String,
    /// Whether it goes to the recipients, as far as the cell can say.
    pub passes: bool,
    /// Whether it waits for a cell or is in one.
    pub at_work: bool,
    /// How far, of 1000, while a cell has it.
    pub permille: Option<u16>,
    /// How the clean file was made, in words; empty before.
    pub road: String,
    /// How much of it was kept: what, how many of how many, whether some are missing.
    pub kept: Vec<KeptView>,
    /// What was removed.
    pub removals: Vec<RemovalView>,
    /// Removals that are not listed.
    pub removals_unlisted: u64,
    /// Members of an archive.
    pub members: Vec<MemberView>,
    /// 検査確認, for a file that passes unchanged.
    pub inspection: Option<InspectionView>,
    /// Why it did not pass.
    pub trouble: Option<Trouble>,
    /// The preview's page.
    pub preview_href: Option<String>,
    /// The clean file.
    pub download_href: Option<String>,
    /// Where a password goes.
    pub password_action: Option<String>,
    /// Where another attempt is asked for.
    pub retry_action: Option<String>,
    /// Where it is taken out.
    pub block_action: Option<String>,
    /// When the files were erased, if they were.
    pub erased: Option<When>,
}

/// An entry in a timeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub at: When,
    /// What.
    pub what: String,
    /// By whom.
    pub who: String,
    /// In which zone.
    pub zone: String,
    /// What was said.
    pub said: String,
    /// The entry's page.
    pub href: String,
    /// Its index in the ledger, once sealed.
    pub index: Option<u64>,
    /// The statements it serves.
    pub clauses: Vec<ClauseChip>,
    /// Whether the timeline names them too: where the way was another than usual.
    pub cites: bool,
}

/// A button that does something to a transfer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActButton {
    /// Where it posts to, or the page it opens.
    pub href: String,
    /// Its words.
    pub label: String,
    /// Whether it is the main one.
    pub main: bool,
    /// Whether it only opens a page.
    pub link: bool,
    /// What is asked before.
    pub confirm: String,
    /// The value of a hidden field `value`; empty: none.
    pub value: String,
}

/// What is known of a transfer, shared by its pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransferView {
    /// Its page.
    pub href: String,
    /// 番号.
    pub number: String,
    /// 件名.
    pub subject: String,
    /// 理由・用途.
    pub purpose: String,
    /// 分類.
    pub classification: String,
    /// How that is handled.
    pub handling: String,
    /// Whether the sender said that there is personal data in it.
    pub personal_data: bool,
    /// Answers to further fields: title, answer.
    pub answers: Vec<(String, String)>,
    /// From which zone.
    pub from: ZoneView,
    /// To which zone.
    pub to: ZoneView,
    /// Who sent it.
    pub submitter: String,
    /// 所属.
    pub section: String,
    /// Who takes it, each with the time of the receipt if there was one.
    pub recipients: Vec<(String, Option<When>)>,
    /// When.
    pub submitted: When,
    /// Which submission.
    pub round: u32,
    /// State.
    pub state: Chip,
    /// The state's code word.
    pub state_id: &'static str,
    /// One sentence about it.
    pub said: String,
    /// Who acts next and what they do; empty at the end.
    pub next: String,
    /// Until when.
    pub due: Option<When>,
    /// Whether that time has passed.
    pub overdue: bool,
    /// Whether nothing changes any more.
    pub is_final: bool,
    /// The way.
    pub stations: Vec<Station>,
    /// Files.
    pub files: Vec<FileView>,
    /// That it waits because no cell can be started.
    pub outage: Option<OutageView>,
}

/// 授受の詳細.
#[derive(Debug, Default, Template)]
#[template(path = "detail.html")]
pub struct DetailPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The transfer.
    pub transfer: TransferView,
    /// What may be done.
    pub acts: Vec<ActButton>,
    /// What happened, newest first.
    pub timeline: Vec<Happening>,
    /// The stream that tells of changes.
    pub events_href: String,
    /// This part alone.
    pub fragment_href: String,
    /// The decisions for the printed stamps: title, name, day, whether a deputy.
    pub stamps: Vec<(String, String, String, bool)>,
}

/// The part of the detail page that changes while the checkpoint works.
#[derive(Debug, Template)]
#[template(path = "detail_fragment.html")]
pub struct DetailFragment<'p> {
    /// The transfer.
    pub transfer: &'p TransferView,
    /// What may be done.
    pub acts: &'p [ActButton],
    /// What happened.
    pub timeline: &'p [Happening],
    /// The stream that tells of changes.
    pub events_href: &'p str,
    /// This part alone.
    pub fragment_href: &'p str,
}

/// What a preview shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviewView {
    /// Addresses of pages as pictures, and how many there are in all.
    Pages {
        /// Addresses.
        pages: Vec<String>,
        /// In all.
        total: u32,
    },
    /// Text and tables.
    Text {
        /// The blocks.
        blocks: Vec<BlockView>,
        /// Whether more was left out.
        truncated: bool,
    },
    /// There is none.
    None,
}

/// A block of a text preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockView {
    /// Title of a sheet, slide or member.
    Heading(String),
    /// One paragraph.
    Paragraph(String),
    /// Rows of cells.
    Table(Vec<Vec<String>>),
}

impl PreviewView {
    /// Pages that are left out.
    #[must_use]
    pub fn hidden_pages(&self) -> u32 {
        match self {
            Self::Pages { pages, total } => {
                total.saturating_sub(u32::try_from(pages.len()).unwrap_or(u32::MAX))
            }
            _ => 0,
        }
    }
}

/// A file with its preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePreview {
    /// The file.
    pub file: FileView,
    /// What is shown of it.
    pub preview: PreviewView,
}

/// 承認.
#[derive(Debug, Template)]
#[template(path = "decide.html")]
pub struct DecidePage {
    /// What surrounds it.
    pub frame: Frame,
    /// The role that the step was raised from, if it was: title of that and of the one that decides.
    pub raised: Option<(String, String)>,
    /// The transfer.
    pub transfer: TransferView,
    /// The open step.
    pub step: String,
    /// Whether approving is the last word (決裁).
    pub last: bool,
    /// The files with previews.
    pub files: Vec<FilePreview>,
    /// Files that pass unchanged, and how many of them this person has opened.
    pub inspected: (usize, usize),
    /// Whether originals can be opened at this door.
    pub opens_here: bool,
    /// For whom a deputy decides.
    pub deputy_of: Option<String>,
    /// The id of that person.
    pub deputy_of_id: String,
    /// The hash of exactly what is shown.
    pub seen_hash: String,
    /// A comment typed before.
    pub comment: String,
    /// The statements that ask for this step.
    pub clauses: Vec<ClauseChip>,
    /// What was decided before: step, who, what, comment, when.
    pub decided: Vec<(String, String, Chip, String, When)>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// 無害化の結果を見る.
#[derive(Debug, Template)]
#[template(path = "preview.html")]
pub struct PreviewPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The transfer's page.
    pub transfer_href: String,
    /// 番号 and 件名.
    pub transfer_title: String,
    /// The file.
    pub file: FilePreview,
}

/// 再提出.
#[derive(Debug, Template)]
#[template(path = "resubmit.html")]
pub struct ResubmitPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The transfer as it is.
    pub transfer: TransferView,
    /// The comment with which it came back: who, what, when.
    pub came_back: Option<(String, String, When)>,
    /// 件名.
    pub subject: String,
    /// 理由・用途.
    pub purpose: String,
    /// Whether there is personal data in it.
    pub personal_data: bool,
    /// Further fields.
    pub answers: Vec<AnswerField>,
    /// The levels.
    pub levels: Vec<LevelView>,
    /// Recipients chosen.
    pub chosen: Vec<PersonChoice>,
    /// What was searched for.
    pub search: String,
    /// Who was found.
    pub found: Vec<PersonChoice>,
    /// Where the search goes without script.
    pub search_action: String,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

impl ResubmitPage {
    /// The message for a field, if there is one.
    #[must_use]
    pub fn error(&self, field: &str) -> Option<&str> {
        error_of(&self.errors, field)
    }
}

/// A transfer that waits to be taken, with its files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceivedView {
    /// The row.
    pub row: RowView,
    /// Its files.
    pub files: Vec<FileView>,
}

/// 受け取る.
#[derive(Debug, Template)]
#[template(path = "received.html")]
pub struct ReceivedPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Waiting for me.
    pub waiting: Vec<ReceivedView>,
    /// Taken before.
    pub taken: Vec<RowView>,
    /// The next part of those.
    pub next_href: Option<String>,
}

/// A statement in the list of clauses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClauseRow {
    /// The statement.
    pub chip: ClauseChip,
    /// 義務を負う者.
    pub roles: String,
    /// 義務, 努力義務, …
    pub modality: String,
    /// 関所で止める, …
    pub assurance: String,
    /// What in this software serves it.
    pub mechanisms: String,
    /// Entries of evidence.
    pub evidence: u64,
    /// Parameters that are not set.
    pub unset: u32,
}

/// A section of the policy with its statements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClauseSection {
    /// Its title.
    pub title: String,
    /// The page of its clause; empty for what stands in none.
    pub href: String,
    /// Its statements.
    pub rows: Vec<ClauseRow>,
}

/// 条項の一覧.
#[derive(Debug, Template)]
#[template(path = "clauses.html")]
pub struct ClausesPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The pages of the policy.
    pub bar: PolicyBar,
    /// Title of the policy.
    pub policy: String,
    /// What was searched for.
    pub search: String,
    /// The sections.
    pub sections: Vec<ClauseSection>,
    /// Statements in all.
    pub total: usize,
}

/// A parameter as shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParameterView {
    /// Its title.
    pub title: String,
    /// Its page, with its history and the form that changes it.
    pub href: String,
    /// Its value; `None` is shown as 未設定.
    pub value: Option<String>,
    /// Where it was decided, or what is suggested.
    pub note: String,
}

/// 条項.
#[derive(Debug, Template)]
#[template(path = "clause.html")]
pub struct ClausePageView {
    /// What surrounds it.
    pub frame: Frame,
    /// The pages of the policy.
    pub bar: PolicyBar,
    /// The statement.
    pub row: ClauseRow,
    /// What stands around it.
    pub around: Around,
    /// When it applies.
    pub trigger: Option<String>,
    /// What evidence it expects.
    pub expected: Option<String>,
    /// The text's own number for it.
    pub label: String,
    /// What the mechanisms make of it.
    pub status: Chip,
    /// What serves it.
    pub mechanisms: Vec<MechanismChip>,
    /// Its parameters.
    pub parameters: Vec<ParameterView>,
    /// Values of it that are not what a guideline recommends.
    pub divergences: Vec<DivergenceView>,
    /// Which layer and file it comes from.
    pub origin: String,
    /// Its evidence, newest first.
    pub evidence: Vec<Happening>,
    /// How many entries.
    pub count: u64,
    /// The next part.
    pub next_href: Option<String>,
}

/// A row in the list of evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvidenceRowView {
    /// The happening.
    pub happening: Happening,
    /// What it is about, in words.
    pub subject: String,
    /// The page of that, if there is one.
    pub subject_href: Option<String>,
    /// Whether its payload was erased.
    pub erased: bool,
    /// The bundle with the proof, once sealed.
    pub proof_href: Option<String>,
}

/// 証跡.
#[derive(Debug, Template)]
#[template(path = "evidence.html")]
pub struct EvidencePage {
    /// What surrounds it.
    pub frame: Frame,
    /// Kinds to filter by.
    pub kinds: Vec<Choice>,
    /// The statement filtered by.
    pub statement: String,
    /// Whether proofs can be taken only after a second factor.
    pub factor_needed: bool,
    /// The rows.
    pub rows: Vec<EvidenceRowView>,
    /// The next part.
    pub next_href: Option<String>,
    /// The first part.
    pub first_href: String,
    /// Whether this is not the first part.
    pub later: bool,
    /// The list as a file.
    pub downloads: Downloads,
}

/// One entry of evidence.
#[derive(Debug, Template)]
#[template(path = "evidence_entry.html")]
pub struct EvidenceEntryPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Whether its proof can be taken only after a second factor.
    pub factor_needed: bool,
    /// The entry.
    pub row: EvidenceRowView,
    /// Its id.
    pub id: String,
    /// The code of its kind.
    pub kind_id: String,
    /// The payload's text.
    pub payload: Option<String>,
    /// When it was erased.
    pub erased: Option<When>,
    /// The leaf, hex.
    pub leaf: String,
    /// The salt, hex; empty once erased.
    pub salt: String,
    /// The hashes of the proof, hex.
    pub proof: Vec<String>,
    /// The signed checkpoint.
    pub checkpoint: Option<String>,
}

/// A person in the administrators' list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonView {
    /// The person's page.
    pub href: String,
    /// Login.
    pub login: String,
    /// 氏名.
    pub name: String,
    /// ふりがな.
    pub kana: String,
    /// 所属.
    pub section: String,
    /// 職.
    pub posts: String,
    /// 役割.
    pub roles: String,
    /// 利用中, 停止中, …
    pub state: Chip,
    /// Whether a second factor is enrolled.
    pub second_factor: bool,
}

/// 職員の一覧.
#[derive(Debug, Template)]
#[template(path = "people.html")]
pub struct PeoplePage {
    /// What surrounds it.
    pub frame: Frame,
    /// What was searched for.
    pub search: String,
    /// The rows.
    pub rows: Vec<PersonView>,
    /// The next part.
    pub next_href: Option<String>,
    /// The list in every format.
    pub downloads: Downloads,
    /// Whether people may be added.
    pub may_manage: bool,
    /// Sections for the form.
    pub sections: Vec<Choice>,
    /// What was typed: login, name, kana.
    pub typed: (String, String, String),
    /// What is wrong with the form.
    pub errors: Vec<FieldError>,
}

/// A post that a person holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostView {
    /// The pack's id.
    pub id: String,
    /// Its title with the unit's name.
    pub title: String,
    /// The unit's id.
    pub unit: String,
    /// Since when.
    pub from: When,
}

/// 職員.
#[derive(Debug, Template)]
#[template(path = "person.html")]
pub struct PersonPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The person.
    pub person: PersonView,
    /// Whether changes may be made.
    pub may_manage: bool,
    /// Whether the account may be used.
    pub enabled: bool,
    /// Posts held.
    pub posts: Vec<PostView>,
    /// Posts that can be given.
    pub post_choices: Vec<Choice>,
    /// Units for those posts.
    pub units: Vec<Choice>,
    /// Every post that was held: what, and from when until when.
    pub history: Vec<(String, String)>,
    /// Personnel changes: the day, what, what became of it.
    pub changes: Vec<(String, String, String)>,
    /// A new password to hand over, shown once.
    pub password: Option<String>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// An API token as shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it may do, in words.
    pub scopes: String,
    /// Until when.
    pub expires: When,
    /// When last used.
    pub used: Option<When>,
    /// 有効, 取消済, 期限切れ.
    pub state: Chip,
    /// Whether it can be taken back.
    pub live: bool,
}

/// An absence as shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AbsenceView {
    /// Its id.
    pub id: String,
    /// From.
    pub from: When,
    /// Until.
    pub until: When,
    /// Why.
    pub reason: String,
}

/// A second factor that is being enrolled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnrolmentView {
    /// The secret in groups of four.
    pub secret: String,
    /// The address that an authenticator opens.
    pub uri: String,
    /// Goes back with the code.
    pub sealed: String,
}

/// アカウント.
#[derive(Debug, Default, Template)]
#[template(path = "account.html")]
pub struct AccountPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Login.
    pub login: String,
    /// 職 and 役割 in words.
    pub posts: String,
    /// Whether a second factor is enrolled.
    pub second_factor: bool,
    /// Whether this session proved it.
    pub second_factor_used: bool,
    /// A second factor being enrolled.
    pub enrolment: Option<EnrolmentView>,
    /// Tokens.
    pub tokens: Vec<TokenView>,
    /// Scopes to choose from.
    pub scopes: Vec<Choice>,
    /// A new token's secret, shown once.
    pub new_token: Option<String>,
    /// Absences.
    pub absences: Vec<AbsenceView>,
    /// Deputies by rank: 第1代決者, name.
    pub deputies: Vec<(String, String)>,
    /// Where mails about notices go; empty: nowhere.
    pub mails_go_to: String,
    /// Today, for the date fields.
    pub today: String,
    /// What is wrong: fields are `totp`, `token`, `absence`.
    pub errors: Vec<FieldError>,
}

impl AccountPage {
    /// The message for a part of the page, if there is one.
    #[must_use]
    pub fn error(&self, field: &str) -> Option<&str> {
        error_of(&self.errors, field)
    }
}

/// ヘルプ.
#[derive(Debug, Template)]
#[template(path = "help.html")]
pub struct HelpPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Every state with its word and sentence.
    pub states: Vec<(Chip, String)>,
    /// Every verdict on a file.
    pub file_states: Vec<(Chip, String)>,
    /// Every reason why a file does not pass.
    pub reasons: Vec<Trouble>,
}

/// An error page.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The HTTP status.
    pub status: u16,
    /// What, why, what to do.
    pub trouble: Trouble,
    /// 受付番号, to tell the operators.
    pub incident: String,
    /// Where to go on.
    pub back_href: String,
    /// Its words.
    pub back: String,
}

impl TransferView {
    /// How many of its files can be taken here and now.
    #[must_use]
    pub fn takable(&self) -> usize {
        takable(&self.files)
    }
}

impl ReceivedView {
    /// How many of its files can be taken here and now.
    #[must_use]
    pub fn takable(&self) -> usize {
        takable(&self.files)
    }
}

fn takable(files: &[FileView]) -> usize {
    files.iter().filter(|file| file.download_href.is_some()).count()
}

impl DecidePage {
    /// How many of the files the recipients get.
    #[must_use]
    pub fn passing(&self) -> usize {
        self.files.iter().filter(|f| f.file.passes).count()
    }

    /// What tells the page's script that an original was opened.
    #[must_use]
    pub fn opened_mark(&self) -> String {
        let marks = self.files.iter().filter_map(|f| f.file.inspection.as_ref());
        marks.map(InspectionView::opened_mark).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_addresses() {
        for (bytes, words) in
            [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KB"), (256 << 20, "256 MB"), (5 << 30, "5.0 GB")]
        {
            assert_eq!(size(bytes), words);
        }
        assert_eq!(path_part("base/a b?#"), "base/a%20b%3F%23");
        assert_eq!(query_part("/x?税"), "%2Fx%3F%E7%A8%8E");
    }
}
