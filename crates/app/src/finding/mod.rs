//! Finding by words whatever somebody may see: requests, rows of registers, tasks, transfers, people, editions, and beside
//! them the policy, its forms and its duties.
//!
//! Owns what is looked for and in which order of groups. An index of words ([`ports::WordIndex`]) names candidates, narrowed by
//! who may see them; each candidate is then read anew, decided by the rule of its own page, and looked through for the words
//! as that person would read it. So what the index holds too much or too late is never shown.
//! A new kind is: a word in [`FoundKind`], an arm in `documents` (what is found of it) and one in `sight` (who sees it).
//! Leaves the index to `search`, which subjects changed to the store, pages to `web`.

mod documents;
mod indexing;
pub mod ports;
mod sight;

use authz::{Action, Resource};
use policy::search::{Found, Part, Query};
use workflow::{
    Millis, duty,
    id::{EvidenceId, SectionId},
    request, transfer,
};

pub use documents::Texts;
pub use indexing::IndexHealth;
pub(crate) use indexing::Words;

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    model::EvidenceRow,
};
use ports::{IndexError, IndexQuestion};

/// Kinds of things that are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FoundKind {
    /// A form that one can apply with.
    Form,
    /// A request.
    Request,
    /// A task of a duty.
    Task,
    /// A duty.
    Duty,
    /// A row of a register.
    Row,
    /// A transfer.
    Transfer,
    /// A person.
    Person,
    /// An edition of the policy.
    Edition,
    /// An entry of evidence, by its number or id.
    Evidence,
}

impl FoundKind {
    /// Every kind in the order of the page, with the word of programs and that under which the store tells its changes:
    /// none for what is not in the index.
    const TABLE: &'static [(FoundKind, &'static str, &'static str)] = &[
        (FoundKind::Form, "form", ""),
        (FoundKind::Task, "task", "task"),
        (FoundKind::Request, "request", "request"),
        (FoundKind::Transfer, "transfer", "transfer"),
        (FoundKind::Row, "row", "register-row"),
        (FoundKind::Duty, "duty", ""),
        (FoundKind::Person, "person", "user"),
        (FoundKind::Edition, "edition", "edition"),
        (FoundKind::Evidence, "evidence", ""),
    ];

    /// Every kind in the order of the page.
    pub fn all() -> impl Iterator<Item = FoundKind> {
        Self::TABLE.iter().map(|(kind, ..)| *kind)
    }

    /// The word of programs.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::TABLE.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, id, _)| id)
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::TABLE.iter().find(|(_, word, _)| *word == id).map(|(kind, ..)| *kind)
    }

    /// The word under which the store tells its changes.
    #[must_use]
    pub fn subject_kind(self) -> &'static str {
        Self::TABLE.iter().find(|(kind, ..)| *kind == self).map_or("", |(.., word)| word)
    }

    fn from_subject_kind(word: &str) -> Option<Self> {
        Self::TABLE.iter().find(|(.., kind)| !kind.is_empty() && *kind == word).map(|(kind, ..)| *kind)
    }

    /// Whether the store tells changes of this kind of subject to indexes.
    #[must_use]
    pub fn is_told(subject_kind: &str) -> bool {
        Self::from_subject_kind(subject_kind).is_some()
    }

    fn is_indexed(self) -> bool {
        !self.subject_kind().is_empty()
    }
}

/// Whose things are looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Whose {
    /// Whatever one may see.
    #[default]
    All,
    /// Only those in which one has a part oneself.
    Mine,
    /// Only those of one's own section.
    Section,
}

impl Whose {
    /// Every one with its word in addresses.
    pub const WORDS: &'static [(&'static str, Whose)] =
        &[("", Whose::All), ("mine", Whose::Mine), ("section", Whose::Section)];

    /// The one with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(word, _)| *word == id).map(|(_, whose)| *whose)
    }
}

/// What somebody looks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindQuestion {
    /// The words as they were typed. Anything can be typed.
    pub untrusted_words: String,
    /// Only this kind; all kinds and the policy otherwise.
    pub kind: Option<FoundKind>,
    /// Whose.
    pub whose: Whose,
    /// Only of this fiscal year.
    pub year: Option<i16>,
    /// Only what is still open, or what has ended.
    pub open: Option<bool>,
    /// The place at which the page before ended.
    pub after: usize,
    /// Most items of each kind.
    pub limit: usize,
}

/// How something stands that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundState {
    /// Nothing to say.
    None,
    /// A transfer.
    Transfer(transfer::State),
    /// A request.
    Request(request::State),
    /// A task.
    Task(duty::State),
    /// What ended.
    Ended,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundItem {
    /// What it is.
    pub kind: FoundKind,
    /// Its id, as its address has it: of a row `register/number`.
    pub id: String,
    /// Its number as people write it; empty without one.
    pub number: String,
    /// What it is called.
    pub title: Vec<Part>,
    /// Where else in it the words stand: the name of the place and a piece of its text.
    pub pieces: Vec<(String, Vec<Part>)>,
    /// The name of its section; empty without one.
    pub section_name: String,
    /// When: handed in, due, opened, proposed.
    pub at: Option<Millis>,
    /// How it stands.
    pub state: FoundState,
}

/// Things of one kind that were found, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundGroup {
    /// The kind.
    pub kind: FoundKind,
    /// The things.
    pub items: Vec<FoundItem>,
    /// Where the next page begins, when something is known to be there that this person sees.
    pub next: Option<usize>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FoundAll {
    /// The words that were looked for, as they were typed.
    pub words: Vec<String>,
    /// Groups with something in them, in the order of the page.
    pub groups: Vec<FoundGroup>,
    /// What the policy says; empty when one kind was asked for.
    pub policy: Option<Found>,
    /// What is said about the index: that it is still being made, or cannot be used.
    pub index: IndexHealth,
}

/// Most items of a kind on one page.
pub const ITEMS_MAX: usize = 50;
/// How deep pages go: whoever needs more narrows the words.
pub const DEPTH_MAX: usize = 1_000;
/// Candidates that are read for a page at most: nearly all of them can be seen, as the index knows who sees what.
const CANDIDATES_MAX: usize = 200;
/// Items of the policy among all kinds.
const POLICY_MAX: usize = 5;
/// Places of an item that are told.
const PIECES_MAX: usize = 3;
/// Characters of a piece before and behind the word.
const AROUND_CHARS: usize = 30;

impl App {
    /// Finds by words whatever this person may see at this door.
    ///
    /// # Errors
    /// [`Error::SessionEnded`], [`Error::Denied`], [`Error::Unavailable`] of the store. That the index cannot be used is no
    /// error: what needs none is found all the same, and [`FoundAll::index`] says so.
    pub async fn find(&self, actor: &Actor, question: &FindQuestion) -> Result<FoundAll> {
        let own = Resource::OwnAccount { user: actor.id().as_str().to_owned() };
        let _allowed = self.permit(actor, Action::ViewHome, &own).await?;
        let query = Query::new(&question.untrusted_words);
        let mut all =
            FoundAll { words: query.written().to_vec(), index: self.index_health(), ..FoundAll::default() };
        if query.is_empty() {
            return Ok(all);
        }
        let kinds = FoundKind::all().filter(|kind| question.kind.is_none_or(|wanted| wanted == *kind));
        for kind in kinds {
            let group = if kind.is_indexed() {
                match self.find_indexed(actor, &query, question, kind).await {
                    Ok(group) => group,
                    Err(Trouble::Index(error)) => {
                        self.mend_index(&error).await;
                        all.index = self.index_health();
                        continue;
                    }
                    Err(Trouble::Other(error)) => return Err(error),
                }
            } else {
                self.find_listed(actor, &query, question, kind).await?
            };
            if !group.items.is_empty() {
                all.groups.push(group);
            }
        }
        if question.kind.is_none() && question.whose == Whose::All {
            all.policy = Some(self.search(actor, &query, None, POLICY_MAX).await?);
        }
        Ok(all)
    }

    async fn find_indexed(
        &self,
        actor: &Actor,
        query: &Query,
        question: &FindQuestion,
        kind: FoundKind,
    ) -> std::result::Result<FoundGroup, Trouble> {
        let mut group = FoundGroup { kind, items: Vec::new(), next: None };
        let Some(index) = self.words() else { return Err(Trouble::Index(IndexError::Missing)) };
        let Some(mut any) = self.sight_of(actor, kind) else { return Ok(group) };
        let mut token = |token: String| any.push(vec![token]);
        match question.whose {
            Whose::All => {}
            Whose::Mine => token(sight::mine(actor.id())),
            Whose::Section => token(sight::section(&actor.user().section)),
        }
        if let Some(year) = question.year {
            token(sight::year(year));
        }
        if let Some(open) = question.open {
            token(sight::open(open));
        }
        let wanted = question.limit.clamp(1, ITEMS_MAX);
        let mut at = question.after.min(DEPTH_MAX);
        let end = at.saturating_add(CANDIDATES_MAX).min(DEPTH_MAX);
        while at < end {
            let candidates = index
                .find(IndexQuestion {
                    kind: kind.subject_kind(),
                    words: query.folded().to_vec(),
                    any: any.clone(),
                    skip: at,
                    limit: (wanted + 1).min(end - at),
                })
                .await
                .map_err(Trouble::Index)?;
            if candidates.is_empty() {
                break;
            }
            for subject in candidates {
                if let Some(item) = self.decided(actor, kind, &subject, query).await? {
                    if group.items.len() == wanted {
                        // One more that he sees: only then is a next page told.
                        group.next = Some(at);
                        return Ok(group);
                    }
                    group.items.push(item);
                }
                at += 1;
            }
        }
        Ok(group)
    }

    /// A candidate as this person may see it: by the rule of its own page, with the words in what he reads there.
    async fn decided(
        &self,
        actor: &Actor,
        kind: FoundKind,
        subject: &str,
        query: &Query,
    ) -> Result<Option<FoundItem>> {
        let texts = match self.seen_texts(actor, kind, subject).await {
            Ok(texts) => texts,
            Err(Error::NotFound | Error::Denied { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(texts.holds(query).then(|| item(kind, subject, texts, query)))
    }

    /// Kinds that are few, or that nobody finds by a word: looked through as they are.
    async fn find_listed(
        &self,
        actor: &Actor,
        query: &Query,
        question: &FindQuestion,
        kind: FoundKind,
    ) -> Result<FoundGroup> {
        let mut group = FoundGroup { kind, items: Vec::new(), next: None };
        if question.whose != Whose::All || question.year.is_some() || question.open.is_some() {
            return Ok(group);
        }
        let listed: Vec<(String, Texts)> = match kind {
            FoundKind::Form => self.forms_seen(actor),
            FoundKind::Duty => self.duties_seen(actor),
            FoundKind::Evidence => {
                let entries = self.evidence_numbered(actor, query).await?;
                group.items = entries.into_iter().map(evidence_item).collect();
                return Ok(group);
            }
            _ => Vec::new(),
        };
        let wanted = question.limit.clamp(1, ITEMS_MAX);
        let mut found = listed
            .into_iter()
            .filter(|(_, texts)| texts.holds(query))
            .skip(question.after.min(DEPTH_MAX))
            .map(|(id, texts)| item(kind, &id, texts, query));
        group.items = found.by_ref().take(wanted).collect();
        group.next = found.next().map(|_| question.after + wanted);
        Ok(group)
    }

    /// The entry with the number or the id that was typed, for those who may see evidence of the whole body.
    async fn evidence_numbered(&self, actor: &Actor, query: &Query) -> Result<Vec<EvidenceRow>> {
        let [typed] = query.written() else { return Ok(Vec::new()) };
        if !self.sees_evidence(actor) {
            return Ok(Vec::new());
        }
        let digits = typed.trim_start_matches(['#', '＃']);
        if let Ok(number) = digits.parse::<u64>() {
            let rows = self.store().evidence_range(number, 1).await?;
            return Ok(rows.into_iter().filter(|row| row.index == Some(number)).collect());
        }
        if typed.len() == 36 && typed.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            let id = EvidenceId::new(typed.to_ascii_lowercase());
            return Ok(self.store().evidence_by_id(&id).await?.into_iter().collect());
        }
        Ok(Vec::new())
    }
}

/// Why a kind could not be looked for.
enum Trouble {
    Index(IndexError),
    Other(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

fn item(kind: FoundKind, id: &str, texts: Texts, query: &Query) -> FoundItem {
    let title = query.mark(&texts.title);
    let mut pieces = Vec::new();
    for (place, text) in &texts.fields {
        let marked = query.mark(text);
        if pieces.len() < PIECES_MAX && marked.iter().any(|part| part.found) {
            pieces.push((place.clone(), around(marked)));
        }
    }
    FoundItem {
        kind,
        id: id.to_owned(),
        number: texts.number,
        title,
        pieces,
        section_name: texts.section.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
        at: texts.at,
        state: texts.state,
    }
}

/// The part of a long text in which the first word stands.
fn around(parts: Vec<Part>) -> Vec<Part> {
    let Some(first) = parts.iter().position(|part| part.found) else { return parts };
    let mut out = Vec::new();
    let mut room = AROUND_CHARS * 2;
    for (n, mut part) in parts.into_iter().enumerate() {
        if n + 1 < first || room == 0 {
            continue;
        }
        let length = part.text.chars().count();
        if n < first && length > AROUND_CHARS {
            let kept: String = part.text.chars().skip(length - AROUND_CHARS).collect();
            part.text = format!("…{kept}");
        } else if n > first && !part.found && length > room {
            let kept: String = part.text.chars().take(room).collect();
            part.text = format!("{kept}…");
        }
        if n > first {
            room = room.saturating_sub(length);
        }
        out.push(part);
    }
    out
}

fn evidence_item(row: EvidenceRow) -> FoundItem {
    let number = row.index.map(|n| n.to_string()).unwrap_or_default();
    FoundItem {
        kind: FoundKind::Evidence,
        id: row.entry.id.as_str().to_owned(),
        number,
        title: vec![Part { text: row.entry.kind, found: false }],
        pieces: Vec::new(),
        section_name: String::new(),
        at: Some(row.entry.at),
        state: FoundState::None,
    }
}

/// A section with its name, as texts carry it.
pub(crate) type NamedSection = (SectionId, String);
