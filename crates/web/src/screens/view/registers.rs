//! What the pages of 台帳 show.

use askama::Template;

use super::{Chip, Choice, ClauseChip, Downloads, FieldError, FormFieldView, Frame, Tab};
use crate::dates::When;

/// A register in the list of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegisterCard {
    /// Its list.
    pub href: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// 全庁 or 課ごと.
    pub scope: String,
    /// Who keeps it.
    pub manager: String,
    /// Rows in use.
    pub in_use: u32,
    /// Rows that wait to be classified.
    pub waiting: u32,
    /// Where those are.
    pub waiting_href: String,
    /// Where a row is added, if this person may.
    pub new_href: Option<String>,
    /// The statements that ask for it.
    pub clauses: Vec<ClauseChip>,
}

/// 台帳の一覧.
#[derive(Debug, Template)]
#[template(path = "registers.html")]
pub struct RegistersPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The registers.
    pub registers: Vec<RegisterCard>,
}

/// A condition that a list can be narrowed by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilterView {
    /// Its name in the address.
    pub name: String,
    /// The anchor of its field.
    pub id: String,
    /// Its label.
    pub title: String,
    /// `choice`, `date` or `text`.
    pub kind: &'static str,
    /// What can be chosen.
    pub choices: Vec<Choice>,
    /// What was typed.
    pub value: String,
}

/// A row of a register in its list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegisterRowView {
    /// Its page.
    pub href: String,
    /// 番号.
    pub number: String,
    /// What it is called.
    pub name: String,
    /// Whether it waits to be classified.
    pub waits: bool,
    /// The other columns of the list: title and words.
    pub cells: Vec<(String, String)>,
    /// 所属; empty in a register of the whole body.
    pub section: String,
    /// When it was last changed.
    pub changed: When,
}

/// Conditions that somebody saved: name, address, and the name for forgetting them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavedView {
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub href: String,
}

/// A list of rows.
#[derive(Debug, Template)]
#[template(path = "register.html")]
pub struct RegisterPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Its address.
    pub href: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Where a row is added, if this person may.
    pub new_href: Option<String>,
    /// The stages.
    pub tabs: Vec<Tab>,
    /// The stage that is shown.
    pub stage: &'static str,
    /// The words that are looked for.
    pub words: String,
    /// The sections to choose from.
    pub sections: Vec<Choice>,
    /// The other conditions.
    pub filters: Vec<FilterView>,
    /// How many conditions are set.
    pub conditions: usize,
    /// The address of this list without its page, for saving it.
    pub query: String,
    /// What was saved.
    pub saved: Vec<SavedView>,
    /// The titles of the columns besides name and number.
    pub heads: Vec<String>,
    /// Whether rows belong to sections.
    pub by_section: bool,
    /// The rows.
    pub rows: Vec<RegisterRowView>,
    /// What is said when there are none.
    pub empty: String,
    /// The list as a file.
    pub downloads: Downloads,
    /// Labels to print.
    pub labels_href: String,
    /// Where a table is handed in, for who keeps rows.
    pub import_href: Option<String>,
    /// The next part.
    pub next_href: Option<String>,
    /// The first part.
    pub first_href: String,
    /// Whether this is not the first part.
    pub later: bool,
    /// What is wrong with the conditions.
    pub errors: Vec<FieldError>,
}

/// A link to a row: address and words; no address where it may not be seen.
pub type RowLink = (Option<String>, String);

/// A column of a row: title, words, links, whether the value is one that nobody types.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CellView {
    /// Its title.
    pub title: String,
    /// The words; empty where there is nothing.
    pub text: String,
    /// The rows that it leads to.
    pub links: Vec<RowLink>,
    /// Where the value comes from, in words; empty: somebody typed it.
    pub derived: String,
    /// Whether it waits for the manager.
    pub waits: bool,
}

/// An entry of a row's history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowHistoryView {
    /// What happened.
    pub what: String,
    /// When.
    pub at: When,
    /// By whom; empty: by the system.
    pub who: String,
    /// Why.
    pub reason: String,
    /// The row whose change it followed.
    pub followed: Option<RowLink>,
    /// The request that asked for it.
    pub request: Option<String>,
    /// The version that it made.
    pub version: i64,
    /// What is different: column, before, after.
    pub changes: Vec<(String, String, String)>,
}

/// The page of a row.
#[derive(Debug, Template)]
#[template(path = "register_row.html")]
pub struct RowPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The register: address and title.
    pub register: (String, String),
    /// Its own address.
    pub href: String,
    /// 番号.
    pub number: String,
    /// What it is called.
    pub name: String,
    /// How it stands.
    pub standing: Chip,
    /// 所属; empty in a register of the whole body.
    pub section: String,
    /// The day and the reason of its end.
    pub end: Option<(String, String)>,
    /// The columns.
    pub cells: Vec<CellView>,
    /// When it was added.
    pub created: When,
    /// When it was last changed.
    pub changed: When,
    /// Its version.
    pub version: i64,
    /// What happened, newest first.
    pub history: Vec<RowHistoryView>,
    /// What of its values the rules, which changed, would not take any more.
    pub breaks: Vec<String>,
    /// Who has it along: the name, the first and the last day, and whether that is over.
    pub out: Vec<(String, When, When, bool)>,
    /// The requests that name it.
    pub requests: Vec<super::RequestRowView>,
    /// What leads here: the register, the column, the row.
    pub linking: Vec<(String, String, RowLink)>,
    /// Where it is changed, if this person may.
    pub edit_href: Option<String>,
    /// Where it is ended, and today.
    pub end_action: Option<(String, String)>,
    /// Whether this person may classify what waits.
    pub may_classify: bool,
    /// The statements that ask for it.
    pub clauses: Vec<ClauseChip>,
    /// That it was destroyed at the end of its retention.
    pub gone: Option<String>,
    /// What is wrong with ending it.
    pub errors: Vec<FieldError>,
}

/// The form of a row.
#[derive(Debug, Template)]
#[template(path = "register_form.html")]
pub struct RowFormPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The register: address and title.
    pub register: (String, String),
    /// Whether there is a level to choose, which questions help to find.
    pub has_levels: bool,
    /// The title of the page.
    pub title: String,
    /// Where it goes back to.
    pub back: String,
    /// Where it is sent.
    pub action: String,
    /// The sections to choose from; empty where it is not asked.
    pub sections: Vec<Choice>,
    /// The fields.
    pub fields: Vec<FormFieldView>,
    /// Why.
    pub reason: String,
    /// The version that the person saw.
    pub seen: Option<i64>,
    /// What somebody else did meanwhile.
    pub meanwhile: Vec<RowHistoryView>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}
