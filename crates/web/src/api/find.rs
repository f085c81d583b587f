//! Finding by words, for programs.
//!
//! Owns the shapes. What is found, and for whom, is decided by `app`; words of the policy itself are at `/search`.

use app::finding::{FindQuestion, FoundItem, FoundKind, FoundState, ITEMS_MAX, IndexHealth, Whose};
use axum::{Json, extract::State};
use policy::search::Part;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    caller::{Caller, Params},
    errors::Failure,
};

/// Things of a kind unless asked.
const EACH_USUAL: usize = 10;

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindQuery {
    /// Words apart by blanks; all of them are wanted.
    q: String,
    /// `form`, `task`, `request`, `transfer`, `row`, `duty`, `person`, `edition` or `evidence`; absent: each of them.
    kind: Option<String>,
    /// `mine` or `section`; absent: whatever the caller sees.
    whose: Option<String>,
    /// Only of this fiscal year.
    year: Option<i16>,
    /// Only what is still open (`true`) or has ended (`false`).
    open: Option<bool>,
    /// `next` of the page before; with `kind` only.
    after: Option<usize>,
    /// Things of each kind, 1 to 50; 10 unless asked.
    limit: Option<usize>,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FindView {
    /// The words as they were read.
    words: Vec<String>,
    /// `ready`; `behind` while the index is being made; `full`, `failed` or `none` when it cannot be used, so that only
    /// what needs none is found.
    index: &'static str,
    /// Kinds of which something was found.
    groups: Vec<FindGroup>,
}

/// Things of one kind, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct FindGroup {
    kind: &'static str,
    items: Vec<FindThing>,
    /// Where the next page begins; absent when nothing more is known that the caller sees.
    next: Option<usize>,
}

/// A thing that was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FindThing {
    /// As its address has it: of a row the register, a slash and the number.
    id: String,
    /// As people write it, without ornaments.
    number: Option<String>,
    /// What it is called, in pieces.
    title: Vec<FindPart>,
    /// Where else in it the words stand.
    pieces: Vec<FindPiece>,
    /// Name of its section.
    section: Option<String>,
    /// When it came about or is due, in milliseconds since 1970.
    at: Option<i64>,
    /// How it stands, in the word of its kind; `ended` for what has ended otherwise.
    state: Option<&'static str>,
}

/// A place of a thing in which a word stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct FindPiece {
    place: String,
    parts: Vec<FindPart>,
}

/// A piece of a text as it was written.
#[derive(Serialize, ToSchema)]
pub(crate) struct FindPart {
    text: String,
    /// Whether it is what was looked for.
    found: bool,
}

fn parts(parts: Vec<Part>) -> Vec<FindPart> {
    parts.into_iter().map(|p| FindPart { text: p.text, found: p.found }).collect()
}

impl From<FoundItem> for FindThing {
    fn from(item: FoundItem) -> Self {
        let filled = |text: String| (!text.is_empty()).then_some(text);
        Self {
            id: item.id,
            number: filled(item.number),
            title: parts(item.title),
            pieces: item
                .pieces
                .into_iter()
                .map(|(place, of)| FindPiece { place, parts: parts(of) })
                .collect(),
            section: filled(item.section_name),
            at: item.at,
            state: match item.state {
                FoundState::None => None,
                FoundState::Transfer(state) => Some(state.id()),
                FoundState::Request(state) => Some(state.id()),
                FoundState::Task(state) => Some(state.id()),
                FoundState::Ended => Some("ended"),
            },
        }
    }
}

pub(crate) async fn find(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<FindQuery>,
) -> Result<Json<FindView>, Failure> {
    let kind = match query.kind.as_deref() {
        None => None,
        Some(word) => Some(FoundKind::from_id(word).ok_or_else(|| Failure::malformed("unknown kind"))?),
    };
    let whose = match query.whose.as_deref() {
        None => Whose::All,
        Some(word) => Whose::from_id(word).ok_or_else(|| Failure::malformed("unknown whose"))?,
    };
    if query.after.is_some() && kind.is_none() {
        return Err(Failure::malformed("after needs a kind"));
    }
    let question = FindQuestion {
        untrusted_words: query.q,
        kind,
        whose,
        year: query.year,
        open: query.open,
        after: query.after.unwrap_or_default(),
        limit: query.limit.unwrap_or(EACH_USUAL).clamp(1, ITEMS_MAX),
    };
    let found = api.app().find(&actor, &question).await?;
    let groups = found.groups.into_iter().map(|group| FindGroup {
        kind: group.kind.id(),
        next: group.next.filter(|_| kind.is_some()),
        items: group.items.into_iter().map(Into::into).collect(),
    });
    Ok(Json(FindView {
        words: found.words,
        index: match found.index {
            IndexHealth::Ready => "ready",
            IndexHealth::Behind(_) => "behind",
            IndexHealth::Full => "full",
            IndexHealth::Failed => "failed",
            IndexHealth::None => "none",
        },
        groups: groups.collect(),
    }))
}
