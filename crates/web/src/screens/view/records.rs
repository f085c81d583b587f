//! What the pages of 文書の保存期間 show.

use askama::Template;

use super::{Chip, Downloads, FieldError, Frame, Tab};
use crate::dates::When;

/// A record on one of the lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordRowView {
    /// The page of what it is.
    pub href: String,
    /// Where words about it go.
    pub action: String,
    /// Tells its fields from those of the other rows.
    pub id: String,
    /// 申請, 実施事項, 台帳の行 or 研修.
    pub kind: String,
    /// 番号.
    pub label: String,
    /// 名前.
    pub title: String,
    /// 課.
    pub section: String,
    /// Its class.
    pub class: String,
    /// When it ended.
    pub ended: When,
    /// From when it may be destroyed.
    pub from: When,
    /// Its stage.
    pub stage: Chip,
    /// What was said about it.
    pub words: Vec<String>,
    /// Whether it may be held, or its hold ended.
    pub may_hold: bool,
    /// Whether it is held.
    pub is_held: bool,
    /// Whether its destruction may be proposed.
    pub may_propose: bool,
    /// Whether its destruction may be decided.
    pub may_decide: bool,
}

/// 文書の保存期間.
#[derive(Debug, Template)]
#[template(path = "records.html")]
pub struct RecordsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The two lists.
    pub tabs: Vec<Tab>,
    /// Whether it is the book.
    pub book: bool,
    /// The rows.
    pub rows: Vec<RecordRowView>,
    /// The next part.
    pub next_href: Option<String>,
    /// The first part.
    pub first_href: String,
    /// Whether this is not the first part.
    pub later: bool,
    /// The list as a file.
    pub downloads: Downloads,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}
