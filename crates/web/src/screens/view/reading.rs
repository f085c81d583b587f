//! What the pages show on which people read the policy: duties, roles, search, clauses, the whole text.

use askama::Template;

use super::{Chip, Frame};

/// What stands on top of every page of the policy: the ways to the others, and the box to search in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyBar {
    /// The page of [`PolicyBar::TABS`] that is open; empty: none of them.
    pub current: &'static str,
    /// What was searched for.
    pub search: String,
}

impl PolicyBar {
    /// The pages with their names.
    pub const TABS: [(&'static str, &'static str); 8] = [
        ("/policy/duties", "自分のすべきこと"),
        ("/clauses", "条項"),
        ("/policy/text", "本文"),
        ("/policy/roles", "役割"),
        ("/coverage", "遵守状況"),
        ("/parameters", "定めるべき値"),
        ("/editions", "方針の版"),
        ("/compare", "他団体との比較"),
    ];

    /// The bar of a page.
    #[must_use]
    pub fn at(current: &'static str) -> Self {
        Self { current, search: String::new() }
    }
}

/// Words that lead somewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// Where.
    pub href: String,
    /// The words.
    pub text: String,
}

/// A value that a statement leaves open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenValue {
    /// Its title.
    pub title: String,
    /// Its value with unit; `None` is shown as 未設定.
    pub value: Option<String>,
}

/// Where in the software a duty is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doing {
    /// Pages.
    pub places: Vec<Link>,
    /// What the software does by itself.
    pub automatic: Vec<String>,
    /// Whether this version has nothing for it yet, and a later one will.
    pub outside: bool,
}

/// One duty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DutyView {
    /// The statement's page.
    pub href: String,
    /// What it asks for.
    pub gist: String,
    /// The text's number for it.
    pub label: String,
    /// The clause it stands in.
    pub clause: Link,
    /// 義務, 禁止, …; for a part in others' duties what is done.
    pub modality: Chip,
    /// Whose duty it is besides, or, for a part, whose it is.
    pub with: String,
    /// What others do about it, in sentences.
    pub others: Vec<String>,
    /// Values that it leaves open.
    pub values: Vec<OpenValue>,
    /// Where it is done.
    pub doing: Doing,
}

/// Duties with one trigger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DutyGroupView {
    /// The trigger in words; empty where there is none.
    pub trigger: String,
    /// Them.
    pub duties: Vec<DutyView>,
}

/// Duties that apply at the same time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DutySection {
    /// For links within the page.
    pub id: &'static str,
    /// When they apply.
    pub title: &'static str,
    /// How many.
    pub count: usize,
    /// By trigger.
    pub groups: Vec<DutyGroupView>,
}

/// 自分のすべきこと, or what is asked of a role.
#[derive(Debug, Template)]
#[template(path = "duties.html")]
pub struct DutiesPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The pages of the policy.
    pub bar: PolicyBar,
    /// The heading.
    pub title: String,
    /// Whether they are the reader's own.
    pub own: bool,
    /// The roles asked about.
    pub roles: Vec<Link>,
    /// Posts: the reader's, or those that bring the role.
    pub posts: Vec<String>,
    /// What the role is for.
    pub note: String,
    /// The duties.
    pub sections: Vec<DutySection>,
    /// How many have been replaced by the body's own text.
    pub replaced: usize,
}

/// A role in the table of all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleRow {
    /// Its page.
    pub href: String,
    /// Its title.
    pub title: String,
    /// Whether the reader has it.
    pub own: bool,
    /// The posts that bring it.
    pub posts: String,
    /// How many duties apply always, from time to time, when something happens.
    pub counts: [usize; 3],
    /// Duties of others in which it has a part.
    pub parts: usize,
}

/// 役割.
#[derive(Debug, Template)]
#[template(path = "roles.html")]
pub struct RolesPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The pages of the policy.
    pub bar: PolicyBar,
    /// Every role, and the body as a whole.
    pub rows: Vec<RoleRow>,
}

/// A piece of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextPart {
    /// The piece as it was written.
    pub text: String,
    /// Whether it was looked for.
    pub found: bool,
}

/// Something that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HitView {
    /// What it is.
    pub kind: &'static str,
    /// Its page.
    pub href: String,
    /// The text's number for it.
    pub label: String,
    /// What it is called.
    pub heading: Vec<TextPart>,
    /// Other places in which the words stand: name of the place, text.
    pub fields: Vec<(&'static str, Vec<TextPart>)>,
}

/// A kind of thing that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KindView {
    /// The page with only these.
    pub href: String,
    /// Its name.
    pub title: &'static str,
    /// How many.
    pub count: usize,
    /// Whether only these are shown.
    pub chosen: bool,
}

/// 方針を探す.
#[derive(Debug, Template)]
#[template(path = "search.html")]
pub struct SearchPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The pages of the policy.
    pub bar: PolicyBar,
    /// How many there are.
    pub total: usize,
    /// Whether nothing has every word.
    pub some_words: bool,
    /// The kinds, all of them first.
    pub kinds: Vec<KindView>,
    /// What was found.
    pub hits: Vec<HitView>,
    /// Words that are near.
    pub suggestions: Vec<Link>,
}

/// A document of the body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// 基本方針, 対策基準, …
    pub kind: String,
    /// 公開 or 非公開.
    pub public: &'static str,
    /// 定める者.
    pub maker: String,
    /// The ordinance that it stands on.
    pub legal_basis: String,
    /// When it came into force, in the years of the eras.
    pub in_force: Vec<String>,
}

/// How a statement stands to one of another text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelatedView {
    /// How.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// What it asks for and its page, when its pack is loaded.
    pub link: Option<Link>,
}

/// A word and its meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TermView {
    /// For links within a page.
    pub id: String,
    /// The word.
    pub word: String,
    /// What it means.
    pub meaning: String,
}

/// What stands around a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// The clauses above, the outermost first, and its own.
    pub above: Vec<Link>,
    /// The document it is in.
    pub document: Option<DocumentView>,
    /// Who is obliged, with their pages; empty for the body as a whole.
    pub roles: Vec<Link>,
    /// What others do about it, in sentences.
    pub others: Vec<String>,
    /// A remark of the pack's writers.
    pub note: String,
    /// What stands for it in the body's own text.
    pub replaced_by: Vec<Link>,
    /// What it stands for in the layers beneath.
    pub replaces: Vec<Link>,
    /// Statements of other texts.
    pub related: Vec<RelatedView>,
    /// Defined words that it uses.
    pub terms: Vec<TermView>,
    /// Remarks on slips of the clause: the characters in question, the remark.
    pub annotations: Vec<(String, String)>,
}

/// A statement in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatementLine {
    /// Its page.
    pub href: String,
    /// The text's number for it.
    pub label: String,
    /// What it asks for.
    pub gist: String,
    /// 義務を負う者.
    pub roles: String,
    /// 義務, 禁止, …
    pub modality: Chip,
    /// When it applies.
    pub trigger: String,
    /// Values that it leaves open.
    pub values: Vec<OpenValue>,
    /// What stands for it in the body's own text.
    pub replaced_by: Vec<Link>,
}

/// A clause of the text.
#[derive(Debug, Template)]
#[template(path = "node.html")]
pub struct NodePage {
    /// What surrounds it.
    pub frame: Frame,
    /// The pages of the policy.
    pub bar: PolicyBar,
    /// The clauses above, the outermost first.
    pub above: Vec<Link>,
    /// Its number and title.
    pub title: String,
    /// The document it is in.
    pub document: Option<DocumentView>,
    /// The clauses right below.
    pub below: Vec<Link>,
    /// Its statements.
    pub statements: Vec<StatementLine>,
    /// Values that it leaves open.
    pub values: Vec<OpenValue>,
    /// Words that it defines or uses.
    pub terms: Vec<TermView>,
    /// Remarks on slips: the characters in question, the remark.
    pub annotations: Vec<(String, String)>,
    /// Its place in the whole text.
    pub text_href: String,
}

/// A clause in the whole text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextNode {
    /// For links within the page.
    pub anchor: String,
    /// Its page.
    pub href: String,
    /// Its number and title.
    pub title: String,
    /// The level of its heading, 3 to 6.
    pub level: usize,
    /// Its statements.
    pub statements: Vec<StatementLine>,
    /// Remarks on slips: the characters in question, the remark.
    pub annotations: Vec<(String, String)>,
}

/// A document in the whole text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextChapter {
    /// For links within the page.
    pub anchor: String,
    /// Its title.
    pub title: String,
    /// The document, where there is one.
    pub document: Option<DocumentView>,
    /// Its clauses.
    pub nodes: Vec<TextNode>,
}

/// Whom or what the policy covers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeView {
    /// 組織, 情報資産, …
    pub kind: &'static str,
    /// What.
    pub title: String,
    /// Why it is left out; `None` when it is covered.
    pub left_out: Option<String>,
}

/// The whole policy.
#[derive(Debug, Template)]
#[template(path = "text.html")]
pub struct TextPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The pages of the policy.
    pub bar: PolicyBar,
    /// The title of the policy.
    pub title: String,
    /// Its version.
    pub version: String,
    /// The day from which it is in force.
    pub in_force: String,
    /// How many statements.
    pub total: usize,
    /// How many statements of the layers beneath were replaced.
    pub replaced: usize,
    /// Every document of the body.
    pub documents: Vec<DocumentView>,
    /// The documents that have clauses, in the order of reading.
    pub chapters: Vec<TextChapter>,
    /// Whom and what it covers.
    pub scope: Vec<ScopeView>,
    /// Roles and the posts that bring them.
    pub roles: Vec<(Link, String)>,
    /// Words that it defines.
    pub terms: Vec<TermView>,
}
