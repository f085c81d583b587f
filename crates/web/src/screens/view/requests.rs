//! What the pages of 申請 and 定めるべき値 show.

use askama::Template;

use super::{ActButton, Chip, ClauseChip, Downloads, FieldError, Frame, Happening, RowLink, Station, Tab};
use crate::dates::When;

/// A row in a list of requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestRowView {
    /// Its page.
    pub href: String,
    /// 番号.
    pub number: String,
    /// The form's title.
    pub title: String,
    /// What it is about; outside text.
    pub about: String,
    /// State.
    pub state: Chip,
    /// How its permit stands, if it has one.
    pub permit: Option<Chip>,
    /// 申請した人.
    pub applicant: String,
    /// 所属.
    pub section: String,
    /// When handed in.
    pub submitted: When,
    /// Until when somebody should have acted.
    pub due: Option<When>,
    /// Whether that has passed.
    pub overdue: bool,
    /// The words of the button beside it; empty: none.
    pub action: String,
}

/// 申請の一覧.
#[derive(Debug, Template)]
#[template(path = "requests.html")]
pub struct RequestsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The trays.
    pub tabs: Vec<Tab>,
    /// What the list holds.
    pub lead: String,
    /// Whether this person applies for things at all.
    pub may_apply: bool,
    /// The rows.
    pub rows: Vec<RequestRowView>,
    /// What is said when there are none.
    pub empty: String,
    /// The next part.
    pub next_href: Option<String>,
    /// The list in every format.
    pub downloads: Downloads,
    /// The first part.
    pub first_href: String,
    /// Whether this is not the first part.
    pub later: bool,
}

/// Forms that belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormGroup {
    /// Its heading.
    pub title: String,
    /// The forms, in the order of the pack.
    pub forms: Vec<FormChoice>,
}

/// A form that can be chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormChoice {
    /// The page with the form.
    pub href: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Who decides, in order.
    pub steps: Vec<String>,
    /// The statements that ask for it.
    pub clauses: Vec<ClauseChip>,
}

/// 申請を選ぶ.
#[derive(Debug, Template)]
#[template(path = "request_forms.html")]
pub struct FormsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The forms under their headings.
    pub groups: Vec<FormGroup>,
}

/// A field of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormFieldView {
    /// Name in the form: `answer.` and the pack's id.
    pub name: String,
    /// The pack's id, for the anchors of messages.
    pub id: String,
    /// Its label.
    pub title: String,
    /// Help under the label.
    pub help: String,
    /// When it is asked for, in words; empty: always.
    pub when: String,
    /// The name of the field that it depends on, and the value with which it is asked for.
    pub asked_by: Option<(String, String)>,
    /// The word of its type.
    pub kind: &'static str,
    /// Whether it must be filled.
    pub required: bool,
    /// Choices: value and words.
    pub choices: Vec<(String, String)>,
    /// Longest answer in characters.
    pub chars_max: u32,
    /// What was filled in.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Of a row of a register: whether rows were looked for, and those that were found, value and words.
    pub found: Option<Vec<(String, String)>>,
}

impl FormFieldView {
    /// The ids of what explains the field: its help and its error. Empty: nothing does.
    #[must_use]
    pub fn described_by(&self) -> String {
        let mut ids = Vec::new();
        if !self.when.is_empty() || !self.help.is_empty() || self.kind == "row" {
            ids.push(format!("h-{}", self.id));
        }
        if self.error.is_some() {
            ids.push(format!("e-{}", self.id));
        }
        ids.join(" ")
    }
}

/// The form of a request.
#[derive(Debug, Template)]
#[template(path = "request_form.html")]
pub struct RequestFormPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The way back: address and words.
    pub back: (String, String),
    /// The form's title.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Who decides, in order.
    pub steps: Vec<String>,
    /// Who sent it back, why, and when.
    pub came_back: Option<(String, String, When)>,
    /// Where the form goes to be checked.
    pub check_action: String,
    /// Its fields.
    pub fields: Vec<FormFieldView>,
    /// Makes a repeated submission recognisable.
    pub submission: String,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// The page on which a form is read once more before it is handed in.
#[derive(Debug, Template)]
#[template(path = "request_confirm.html")]
pub struct RequestConfirmPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The form's title.
    pub title: String,
    /// Who decides, in order.
    pub steps: Vec<String>,
    /// The answers as an approver will read them: label and answer.
    pub answers: Vec<(String, String)>,
    /// That it is reported too late, in words.
    pub late: Option<String>,
    /// The fields as they were typed: name and value.
    pub hidden: Vec<(String, String)>,
    /// Where it is handed in.
    pub action: String,
    /// Where the form is shown again.
    pub edit_action: String,
    /// The words of the button.
    pub button: String,
    /// Whether files may be added, and whether one must.
    pub attachments: Option<bool>,
    /// Files that are there already: id and name.
    pub attached: Vec<(String, String)>,
    /// The largest file, in words.
    pub bytes_max: String,
    /// The statements that ask for it.
    pub clauses: Vec<ClauseChip>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// A decision that was made: step, who, verdict, comment, when.
pub type Decided = (String, String, Chip, String, When);

/// The form in which the open step is decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecideForm {
    /// The open step.
    pub step: String,
    /// Those of the open steps that this person may decide: place in the route and title.
    pub steps: Vec<(String, String)>,
    /// Whether approving is the last word (決裁).
    pub last: bool,
    /// For whom a deputy decides: name and id.
    pub deputy_of: Option<(String, String)>,
    /// The role that the step was raised from, and the one that decides.
    pub raised: Option<(String, String)>,
    /// The hash of exactly what is shown.
    pub seen_hash: String,
    /// The comment typed so far.
    pub comment: String,
    /// The statements that ask for the step.
    pub clauses: Vec<ClauseChip>,
}

/// An open step and who can decide it now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaitingView {
    /// The step.
    pub step: String,
    /// Whether others are decided beside it (合議).
    pub together: bool,
    /// The roles, in words.
    pub roles: String,
    /// Who can decide it, with until when each is away.
    pub people: Vec<String>,
    /// Who stands in while all of them are away.
    pub deputies: Vec<String>,
}

/// A request.
#[derive(Debug, Template)]
#[template(path = "request.html")]
pub struct RequestPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Its page.
    pub href: String,
    /// 番号.
    pub number: String,
    /// The form's title.
    pub title: String,
    /// State.
    pub state: Chip,
    /// What that means.
    pub said: String,
    /// That it was destroyed when its retention had ended, in words.
    pub gone: Option<String>,
    /// Until when somebody should have acted.
    pub due: Option<When>,
    /// Whether that has passed.
    pub overdue: bool,
    /// The way it takes.
    pub stations: Vec<Station>,
    /// 申請した人 and 所属.
    pub applicant: String,
    /// When handed in.
    pub submitted: When,
    /// Which time.
    pub round: u32,
    /// The answers: label and answer.
    pub answers: Vec<(String, String)>,
    /// That it was reported too late, in words.
    pub late: Option<String>,
    /// Files: address, name, size.
    pub attachments: Vec<(String, String, String)>,
    /// The permit: how it stands, its first and last day, what became of it.
    pub permit: Option<(Chip, When, When, String)>,
    /// Where the permit can be taken back.
    pub revoke_action: Option<String>,
    /// Where somebody says that he did not take it over; none for whoever is not asked.
    pub decline_action: Option<String>,
    /// Who can decide the open steps now.
    pub waiting: Vec<WaitingView>,
    /// The rows of registers that it names.
    pub rows: Vec<RowLink>,
    /// What was decided.
    pub decided: Vec<Decided>,
    /// The form for who decides.
    pub decide: Option<DecideForm>,
    /// Buttons.
    pub acts: Vec<ActButton>,
    /// What happened.
    pub timeline: Vec<Happening>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// A group of requests on the first screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestGroup {
    /// The heading's id.
    pub id: &'static str,
    /// Its title.
    pub title: String,
    /// What to do with them.
    pub hint: String,
    /// The rows.
    pub rows: Vec<RequestRowView>,
    /// Where all of them are.
    pub all_href: String,
}

/// A value that was decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueChange {
    /// The value in words.
    pub value: String,
    /// From which day.
    pub from: When,
    /// Whether it is still to come.
    pub to_come: bool,
    /// Whether it holds now.
    pub holds: bool,
    /// Who approved it.
    pub by: String,
    /// When.
    pub at: When,
    /// The request: its page and number.
    pub request: (String, String),
}

/// A parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueView {
    /// Its page.
    pub href: String,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The clause that leaves it open.
    pub clause: String,
    /// The value with its unit; `None`: unset.
    pub value: Option<String>,
    /// What others use.
    pub suggested: String,
    /// What may be set.
    pub bounds: String,
    /// Whether the server cannot run without it.
    pub needed: bool,
    /// Who decided it and when.
    pub decided: String,
    /// A value that is approved and still to come: value and day.
    pub to_come: Option<(String, When)>,
    /// Help.
    pub note: String,
}

/// 定めるべき値.
#[derive(Debug, Template)]
#[template(path = "parameters.html")]
pub struct ParametersPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Whose policy.
    pub policy: String,
    /// All of them, by the title of their clause.
    pub groups: Vec<(String, Vec<ValueView>)>,
    /// How many there are.
    pub total: usize,
    /// How many are unset.
    pub unset: usize,
}

/// One parameter.
#[derive(Debug, Template)]
#[template(path = "parameter.html")]
pub struct ParameterPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The parameter.
    pub parameter: ValueView,
    /// What was decided, the newest first.
    pub history: Vec<ValueChange>,
    /// The statements that leave it open.
    pub clauses: Vec<ClauseChip>,
    /// The form with which it is changed.
    pub change_href: Option<String>,
}
