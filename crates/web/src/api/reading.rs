//! Reading the policy, for programs: duties by role, search, clauses.
//!
//! Owns the shapes. Leaves what the policy says to `policy` and `app`.

use app::reading::RoleSummary;
use axum::{Json, extract::State};
use policy::{
    Clause, Pack,
    duties::{Duties, DutyItem, Group, When},
    search::{Found, HITS_MAX, ItemKind, Part, Query},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    caller::{Caller, Named, Params},
    errors::Failure,
};

/// Results unless another number is asked for.
const HITS_USUAL: usize = 20;

/// What the policy asks of some roles.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutiesView {
    /// The roles asked about; empty for the body as a whole.
    roles: Vec<DutyRole>,
    /// Duties that apply at the same time.
    groups: Vec<DutyGroup>,
    /// Duties of others in which the roles have a part; `act` says what they do.
    parts: Vec<DutyEntry>,
    /// How many statements are left out because the body's own text has replaced them.
    replaced: usize,
}

/// A role.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyRole {
    id: String,
    title: String,
}

/// Duties that apply at the same time.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyGroup {
    /// `always`, `recurring`, `triggered`, or `known` for what is only to be known.
    when: &'static str,
    /// What triggers them, in words.
    trigger: Option<String>,
    duties: Vec<DutyEntry>,
}

/// One duty.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyEntry {
    /// The statement's id.
    id: String,
    /// The layer that wrote it.
    layer: String,
    /// The text's number for it.
    label: String,
    /// Number and title of its clause.
    clause: String,
    gist_ja: String,
    /// `must`, `should`, `may` or `must-not`.
    modality: &'static str,
    /// What the roles do about another's duty, such as `approve`.
    act: Option<&'static str>,
    /// Everybody obliged.
    roles: Vec<DutyRole>,
    /// What others do about it.
    counterparties: Vec<DutyOther>,
    /// Values that it leaves open.
    parameters: Vec<DutyParameter>,
    /// Ids of what of the software serves it.
    mechanisms: Vec<&'static str>,
}

/// What others do about a duty.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyOther {
    /// Such as `approve`.
    act: &'static str,
    roles: Vec<DutyRole>,
}

/// A value that a duty leaves open.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyParameter {
    id: String,
    title: String,
    /// Absent while the body has not set it.
    value: Option<String>,
}

/// Every role.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleList {
    /// The highest first; the body as a whole comes last.
    roles: Vec<RoleEntry>,
}

/// A role and how much is asked of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleEntry {
    /// Absent for the body as a whole.
    id: Option<String>,
    title: String,
    /// Titles of the posts that bring it.
    posts: Vec<String>,
    always: usize,
    recurring: usize,
    triggered: usize,
    known: usize,
    /// Duties of others in which it has a part.
    parts: usize,
}

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchQuery {
    /// Words apart by blanks; all of them are wanted.
    q: String,
    /// `term`, `statement`, `clause`, `parameter`, `role`, `document` or `annotation`; absent: everything.
    kind: Option<String>,
    /// Results, 1 to 200; 20 unless asked.
    limit: Option<usize>,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundView {
    /// The words as they were read.
    words: Vec<String>,
    total: usize,
    /// How many of each kind, whatever `kind` asks for.
    kinds: Vec<FoundKind>,
    /// Whether no item has every word, so that those are told that have the most of them.
    some_words: bool,
    /// The best first.
    hits: Vec<FoundHit>,
    /// Words of the policy that are near those of which it has none.
    suggestions: Vec<String>,
}

/// How many items of a kind were found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundKind {
    kind: &'static str,
    count: usize,
}

/// An item that was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundHit {
    kind: &'static str,
    id: String,
    /// The text's own number for it.
    label: Option<String>,
    /// What it is called, in pieces.
    heading: Vec<FoundPart>,
    /// Where else in it the words stand.
    fields: Vec<FoundField>,
}

/// A place of an item in which a word stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundField {
    /// The key of the pack.
    key: &'static str,
    parts: Vec<FoundPart>,
}

/// A piece of a text as it was written.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundPart {
    text: String,
    /// Whether it is what was looked for.
    found: bool,
}

/// The text as a tree.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClauseList {
    /// In the order of the layers and their text.
    clauses: Vec<ClauseEntry>,
}

/// A clause.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClauseEntry {
    id: String,
    /// Its number in the text.
    section: String,
    title: String,
    /// The clause above.
    parent: Option<String>,
    /// The document it is in.
    document: Option<String>,
}

/// A clause with what hangs on it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClauseNodeView {
    clause: ClauseEntry,
    /// The clauses above, the outermost first.
    above: Vec<ClauseEntry>,
    /// The clauses right below.
    below: Vec<ClauseEntry>,
    statements: Vec<ClauseStatement>,
    /// Words that it uses, with their meaning.
    terms: Vec<ClauseTerm>,
    /// Remarks on slips of its text.
    annotations: Vec<ClauseAnnotation>,
}

/// A statement of a clause.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClauseStatement {
    id: String,
    label: String,
    gist_ja: String,
    /// `must`, `should`, `may` or `must-not`.
    modality: &'static str,
    /// Ids of the roles obliged; empty for the body as a whole.
    roles: Vec<String>,
    /// Ids of the body's own statements that have replaced it.
    replaced_by: Vec<String>,
    /// How it stands to statements of other texts.
    relations: Vec<ClauseRelation>,
}

/// How a statement stands to one of another text.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClauseRelation {
    /// `same`, `variant`, `stricter` or `weaker`: this one beside the other.
    kind: &'static str,
    id: String,
    /// Whether the other is in the pack in force.
    loaded: bool,
}

/// A defined word.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClauseTerm {
    id: String,
    word: String,
    meaning: String,
}

/// A remark on a slip.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClauseAnnotation {
    /// The characters in question.
    quoted: Option<String>,
    note: String,
}

fn role(titled: policy::Titled) -> DutyRole {
    DutyRole { id: titled.id, title: titled.title }
}

impl From<DutyItem> for DutyEntry {
    fn from(item: DutyItem) -> Self {
        Self {
            id: item.id,
            layer: item.layer,
            label: item.label,
            clause: item.clause,
            gist_ja: item.gist_ja,
            modality: item.modality,
            act: item.act,
            roles: item.roles.into_iter().map(role).collect(),
            counterparties: item
                .counterparties
                .into_iter()
                .map(|c| DutyOther { act: c.act, roles: c.roles.into_iter().map(role).collect() })
                .collect(),
            parameters: item
                .parameters
                .into_iter()
                .map(|p| DutyParameter { id: p.id, title: p.title, value: p.value })
                .collect(),
            mechanisms: item.mechanisms.iter().map(|m| m.id).collect(),
        }
    }
}

fn duties_view(pack: &Pack, duties: &Duties<'_>) -> DutiesView {
    let group = |group: &Group<'_>| DutyGroup {
        when: group.when.id(),
        trigger: group.trigger.map(str::to_owned),
        duties: group.duties.iter().map(|d| DutyItem::of(pack, d).into()).collect(),
    };
    DutiesView {
        roles: duties.roles.iter().map(|r| DutyRole { id: r.id.clone(), title: r.title.clone() }).collect(),
        groups: duties.groups.iter().map(group).collect(),
        parts: duties.parts.iter().map(|p| DutyItem::of_part(pack, p).into()).collect(),
        replaced: duties.replaced,
    }
}

pub(crate) async fn own_duties(
    State(api): State<Api>,
    Caller(actor): Caller,
) -> Result<Json<DutiesView>, Failure> {
    let duties = api.app.own_duties(&actor).await?;
    Ok(Json(duties_view(api.app.pack(), &duties)))
}

pub(crate) async fn duties_of(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<DutiesView>, Failure> {
    let duties = api.app.duties_of(&actor, Some(&id)).await?;
    Ok(Json(duties_view(api.app.pack(), &duties)))
}

pub(crate) async fn body_duties(
    State(api): State<Api>,
    Caller(actor): Caller,
) -> Result<Json<DutiesView>, Failure> {
    let duties = api.app.duties_of(&actor, None).await?;
    Ok(Json(duties_view(api.app.pack(), &duties)))
}

pub(crate) async fn roles(State(api): State<Api>, Caller(actor): Caller) -> Result<Json<RoleList>, Failure> {
    let entry = |summary: RoleSummary<'_>| {
        let [always, recurring, triggered, known] = summary.counts;
        RoleEntry {
            id: summary.role.map(|r| r.id.clone()),
            title: summary.role.map_or("団体全体", |r| r.title.as_str()).to_owned(),
            posts: summary.posts.iter().map(|p| (*p).to_owned()).collect(),
            always,
            recurring,
            triggered,
            known,
            parts: summary.parts,
        }
    };
    const { assert!(When::ALL.len() == 4) };
    Ok(Json(RoleList { roles: api.app.role_summaries(&actor).await?.into_iter().map(entry).collect() }))
}

pub(crate) async fn search(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<SearchQuery>,
) -> Result<Json<FoundView>, Failure> {
    let kind = match query.kind.as_deref() {
        None => None,
        Some(word) => Some(ItemKind::from_id(word).ok_or_else(|| Failure::malformed("unknown kind"))?),
    };
    let limit = query.limit.unwrap_or(HITS_USUAL).clamp(1, HITS_MAX);
    Ok(Json(api.app.search(&actor, &Query::new(&query.q), kind, limit).await?.into()))
}

fn parts(parts: Vec<Part>) -> Vec<FoundPart> {
    parts.into_iter().map(|p| FoundPart { text: p.text, found: p.found }).collect()
}

impl From<Found> for FoundView {
    fn from(found: Found) -> Self {
        Self {
            words: found.words,
            total: found.total,
            kinds: found.kinds.iter().map(|k| FoundKind { kind: k.kind.id(), count: k.count }).collect(),
            some_words: found.some_words,
            hits: found
                .hits
                .into_iter()
                .map(|hit| FoundHit {
                    kind: hit.kind.id(),
                    id: hit.id,
                    label: hit.label,
                    heading: parts(hit.heading),
                    fields: hit
                        .fields
                        .into_iter()
                        .map(|f| FoundField { key: f.key, parts: parts(f.parts) })
                        .collect(),
                })
                .collect(),
            suggestions: found.suggestions,
        }
    }
}

impl From<&Clause> for ClauseEntry {
    fn from(clause: &Clause) -> Self {
        Self {
            id: clause.id.clone(),
            section: clause.section.clone(),
            title: clause.title.clone(),
            parent: clause.parent.clone(),
            document: clause.document.clone(),
        }
    }
}

pub(crate) async fn clauses(State(api): State<Api>, Caller(_actor): Caller) -> Json<ClauseList> {
    Json(ClauseList { clauses: api.app.pack().clauses().iter().map(Into::into).collect() })
}

pub(crate) async fn clause(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<ClauseNodeView>, Failure> {
    let page = api.app.clause(&actor, &id).await?;
    let pack = api.app.pack();
    let gists: Vec<&str> = page.statements.iter().map(|(s, _)| s.gist_ja.as_str()).collect();
    Ok(Json(ClauseNodeView {
        clause: page.clause.into(),
        above: page.above.into_iter().map(Into::into).collect(),
        below: page.below.into_iter().map(Into::into).collect(),
        statements: page
            .statements
            .iter()
            .map(|(s, by)| ClauseStatement {
                id: s.id.clone(),
                label: s.label.clone(),
                gist_ja: s.gist_ja.clone(),
                modality: s.modality.id(),
                roles: s.roles.clone(),
                replaced_by: by.iter().map(|s| s.id.clone()).collect(),
                relations: pack
                    .related(s)
                    .iter()
                    .map(|r| ClauseRelation {
                        kind: r.kind.id(),
                        id: r.id.to_owned(),
                        loaded: r.statement.is_some(),
                    })
                    .collect(),
            })
            .collect(),
        terms: pack
            .terms_in(&format!("{}\n{}", page.clause.title, gists.join("\n")))
            .into_iter()
            .map(|t| ClauseTerm { id: t.id.clone(), word: t.word.clone(), meaning: t.meaning.clone() })
            .collect(),
        annotations: pack
            .annotations_of(&id)
            .map(|a| ClauseAnnotation { quoted: a.quoted.clone(), note: a.note.clone() })
            .collect(),
    }))
}
