//! Reading the policy: 自分のすべきこと, 役割, 方針の中を探す, 本文, and the page of a clause.
//!
//! Owns the handlers, and what the other pages of the policy show around a statement. Leaves what the policy says to `policy`
//! and `app`.

use app::{actor::Actor, model::PAGE_ROWS_MAX};
use axum::{
    extract::{Path, Query as Asked, State},
    http::header,
    response::{IntoResponse, Response},
};
use policy::{
    Clause, Counterparty, Document, Mechanism, Modality, Pack, Statement,
    duties::{Duties, Duty, Part, Replacements, When},
    search::{Found, HITS_MAX, Hit, ItemKind, Query},
    wareki,
};

use super::{Pairs, one, policy::open_value, view};
use crate::{
    door::Signed,
    site::{Site, render},
    words::{Tone, reading as words},
};

/// Results on one page.
const HITS_SHOWN: usize = 50;

const _: () = assert!(HITS_SHOWN <= HITS_MAX && HITS_SHOWN <= PAGE_ROWS_MAX as usize);

pub(super) fn statement_href(id: &str) -> String {
    format!("/clauses/{}", view::path_part(id))
}

fn clause_href(id: &str) -> String {
    format!("/policy/clauses/{}", view::path_part(id))
}

fn role_link(pack: &Pack, id: &str) -> view::Link {
    view::Link {
        href: format!("/policy/roles/{}", view::path_part(id)),
        text: pack.role_title(id).to_owned(),
    }
}

fn clause_link(clause: &Clause) -> view::Link {
    view::Link { href: clause_href(&clause.id), text: named(clause) }
}

fn named(clause: &Clause) -> String {
    format!("{} {}", clause.section, clause.title)
}

fn statement_link(statement: &Statement) -> view::Link {
    let text = format!("{} {}", statement.label, statement.short());
    view::Link { href: statement_href(&statement.id), text }
}

fn modality(of: Modality) -> view::Chip {
    let (word, tone) = words::modality(of);
    view::Chip { word: word.to_owned(), tone }
}

fn roles(pack: &Pack, ids: &[String]) -> String {
    ids.iter().map(|id| pack.role_title(id)).collect::<Vec<_>>().join("、")
}

fn sentence(pack: &Pack, counterparty: &Counterparty) -> String {
    let who = counterparty.roles.iter().map(|id| pack.role_title(id)).collect::<Vec<_>>().join("・");
    let said = words::counterparty(&who, counterparty.act);
    match &counterparty.note {
        Some(note) => format!("{said}({note})"),
        None => said,
    }
}

fn values(pack: &Pack, ids: &[String]) -> Vec<view::OpenValue> {
    ids.iter().filter_map(|id| pack.parameter(id)).map(open_value).collect()
}

/// Where a statement is done, as far as the reader's menu leads there.
fn doing(frame: &view::Frame, statement: &Statement) -> view::Doing {
    let mut doing = view::Doing::default();
    for mechanism in &statement.mechanisms {
        match words::place(*mechanism) {
            words::Place::Page(href, name) => {
                let open = ["/account", "/coverage", "/policy/text"].contains(&href)
                    || frame.menu.iter().any(|item| item.href == href);
                let link = view::Link { href: href.to_owned(), text: name.to_owned() };
                if open && !doing.places.contains(&link) {
                    doing.places.push(link);
                }
            }
            words::Place::Automatic => doing.automatic.push(mechanism.title_ja().to_owned()),
            words::Place::Planned => doing.outside = true,
        }
    }
    doing.outside &= doing.places.is_empty() && doing.automatic.is_empty();
    doing
}

fn duty(pack: &Pack, frame: &view::Frame, duty: &Duty<'_>) -> view::DutyView {
    let s = duty.statement;
    let others: Vec<&str> = duty.with.iter().map(|id| pack.role_title(id)).collect();
    view::DutyView {
        href: statement_href(&s.id),
        gist: s.gist_ja.clone(),
        label: s.label.clone(),
        clause: duty.clause.map(clause_link).unwrap_or_default(),
        modality: modality(s.modality),
        with: if others.is_empty() { String::new() } else { format!("{}も同じ", others.join("、")) },
        others: duty.others.iter().map(|c| sentence(pack, c)).collect(),
        values: values(pack, &s.parameters),
        doing: doing(frame, s),
    }
}

fn part(pack: &Pack, frame: &view::Frame, part: &Part<'_>) -> view::DutyView {
    let s = part.statement;
    let whose = if s.roles.is_empty() {
        "団体の義務".to_owned()
    } else {
        format!("{}の義務", roles(pack, &s.roles))
    };
    view::DutyView {
        href: statement_href(&s.id),
        gist: s.gist_ja.clone(),
        label: s.label.clone(),
        clause: part.clause.map(clause_link).unwrap_or_default(),
        modality: view::Chip { word: part.act.title_ja().to_owned(), tone: Tone::Plain },
        with: whose,
        others: part.note.iter().map(|note| (*note).to_owned()).collect(),
        values: values(pack, &s.parameters),
        doing: doing(frame, s),
    }
}

fn sections(pack: &Pack, frame: &view::Frame, duties: &Duties<'_>) -> Vec<view::DutySection> {
    let mut sections: Vec<view::DutySection> = When::ALL
        .iter()
        .map(|when| view::DutySection {
            id: when.id(),
            title: when.title_ja(),
            count: duties.count(*when),
            groups: duties
                .groups
                .iter()
                .filter(|group| group.when == *when)
                .map(|group| view::DutyGroupView {
                    trigger: group.trigger.unwrap_or("").to_owned(),
                    duties: group.duties.iter().map(|d| duty(pack, frame, d)).collect(),
                })
                .collect(),
        })
        .collect();
    let parts: Vec<view::DutyView> = duties.parts.iter().map(|p| part(pack, frame, p)).collect();
    let others = view::DutySection {
        id: "parts",
        title: "ほかの人の義務で受け持つこと",
        count: parts.len(),
        groups: vec![view::DutyGroupView { trigger: String::new(), duties: parts }],
    };
    // What is only to be known comes behind everything that is to be done.
    sections.insert(sections.len().saturating_sub(1), others);
    sections.retain(|section| section.count > 0);
    sections
}

fn frame(site: &Site, actor: &Actor, title: &str, current: &str) -> view::Frame {
    site.frame(Some(actor), title, current, &[Mechanism::PolicyVersion], "")
}

pub(crate) async fn own_duties(State(site): State<Site>, who: Signed) -> Response {
    let app = site.app();
    let duties = match app.own_duties(&who.actor).await {
        Ok(duties) => duties,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let pack = app.pack();
    let title = "自分のすべきこと";
    let frame = frame(&site, &who.actor, title, "/policy/duties");
    let posts = who.actor.posts().iter().filter_map(|holding| pack.post(&holding.post));
    let mut posts: Vec<String> = posts.map(|p| p.title.clone()).collect();
    posts.dedup();
    render(&view::DutiesPage {
        sections: sections(pack, &frame, &duties),
        frame,
        bar: view::PolicyBar::at("/policy/duties"),
        title: title.to_owned(),
        own: true,
        roles: duties.roles.iter().map(|r| role_link(pack, &r.id)).collect(),
        posts,
        note: String::new(),
        replaced: duties.replaced,
    })
}

pub(crate) async fn role(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    of_role(&site, &who.actor, Some(&id)).await
}

pub(crate) async fn body(State(site): State<Site>, who: Signed) -> Response {
    of_role(&site, &who.actor, None).await
}

async fn of_role(site: &Site, actor: &Actor, id: Option<&str>) -> Response {
    let app = site.app();
    let duties = match app.duties_of(actor, id).await {
        Ok(duties) => duties,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let pack = app.pack();
    let role = id.and_then(|id| pack.role(id));
    let title = role.map_or("団体全体", |r| r.title.as_str()).to_owned();
    let frame = frame(site, actor, &title, "/clauses");
    let posts = pack.posts().iter().filter(|p| role.is_some_and(|r| p.roles.contains(&r.id)));
    let note = match role {
        Some(role) => role.note.clone().unwrap_or_default(),
        None => "だれと名指しせず、団体に求めていることです。".to_owned(),
    };
    render(&view::DutiesPage {
        sections: sections(pack, &frame, &duties),
        frame,
        bar: view::PolicyBar::at("/policy/roles"),
        title,
        own: false,
        roles: duties.roles.iter().map(|r| role_link(pack, &r.id)).collect(),
        posts: posts.map(|p| p.title.clone()).collect(),
        note,
        replaced: duties.replaced,
    })
}

pub(crate) async fn all_roles(State(site): State<Site>, who: Signed) -> Response {
    let app = site.app();
    let summaries = match app.role_summaries(&who.actor).await {
        Ok(summaries) => summaries,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let row = |summary: &app::reading::RoleSummary<'_>| {
        let [always, recurring, triggered, _known] = summary.counts;
        view::RoleRow {
            href: summary.role.map_or_else(
                || "/policy/body".to_owned(),
                |role| format!("/policy/roles/{}", view::path_part(&role.id)),
            ),
            title: summary.role.map_or("団体全体", |role| role.title.as_str()).to_owned(),
            own: summary.role.is_some_and(|role| who.actor.roles().iter().any(|g| g.role == role.id)),
            posts: summary.posts.join("、"),
            counts: [always, recurring, triggered],
            parts: summary.parts,
        }
    };
    render(&view::RolesPage {
        frame: frame(&site, &who.actor, "役割ごとのすべきこと", "/clauses"),
        bar: view::PolicyBar::at("/policy/roles"),
        rows: summaries.iter().map(row).collect(),
    })
}

pub(crate) async fn search(State(site): State<Site>, who: Signed, Asked(query): Asked<Pairs>) -> Response {
    let app = site.app();
    let typed = one(&query, "q").trim();
    let words = Query::new(typed);
    let kind = ItemKind::from_id(one(&query, "kind"));
    let found = match app.search(&who.actor, &words, kind, HITS_SHOWN).await {
        Ok(found) => found,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let pack = app.pack();
    let href = |words: &str, kind: &str| {
        let kind = if kind.is_empty() { String::new() } else { format!("&kind={kind}") };
        format!("/policy/search?q={}{kind}", view::query_part(words))
    };
    render(&view::SearchPage {
        frame: frame(&site, &who.actor, "方針の中を探す", "/clauses"),
        bar: view::PolicyBar { current: "", search: typed.chars().take(200).collect() },
        total: found.total,
        some_words: found.some_words,
        kinds: kinds(&found, kind, |kind| href(typed, kind)),
        hits: found.hits.iter().map(|hit| hit_view(pack, hit)).collect(),
        suggestions: found
            .suggestions
            .iter()
            .map(|word| view::Link { href: href(word, ""), text: word.clone() })
            .collect(),
    })
}

fn kinds(found: &Found, chosen: Option<ItemKind>, href: impl Fn(&str) -> String) -> Vec<view::KindView> {
    let all = view::KindView {
        href: href(""),
        title: "すべて",
        count: found.kinds.iter().map(|k| k.count).sum(),
        chosen: chosen.is_none(),
    };
    let each = found.kinds.iter().map(|k| view::KindView {
        href: href(k.kind.id()),
        title: k.kind.title_ja(),
        count: k.count,
        chosen: chosen == Some(k.kind),
    });
    std::iter::once(all).chain(each).collect()
}

pub(crate) fn hit_view(pack: &Pack, hit: &Hit) -> view::HitView {
    let parts = |parts: &[policy::search::Part]| -> Vec<view::TextPart> {
        parts.iter().map(|p| view::TextPart { text: p.text.clone(), found: p.found }).collect()
    };
    let of_clause = |clause: Option<&str>| clause.map_or_else(|| "/policy/text".to_owned(), clause_href);
    let href = match hit.kind {
        ItemKind::Statement => statement_href(&hit.id),
        ItemKind::Clause => clause_href(&hit.id),
        ItemKind::Role => format!("/policy/roles/{}", view::path_part(&hit.id)),
        ItemKind::Document => format!("/policy/text#d-{}", view::path_part(&hit.id)),
        ItemKind::Term => format!("/policy/text#t-{}", view::path_part(&hit.id)),
        ItemKind::Parameter => {
            let asks = pack.statements().iter().find(|s| s.parameters.contains(&hit.id));
            asks.map_or_else(
                || of_clause(pack.parameter(&hit.id).and_then(|p| p.clause.as_deref())),
                |s| statement_href(&s.id),
            )
        }
        ItemKind::Annotation => of_clause(pack.annotation(&hit.id).map(|a| a.clause.as_str())),
    };
    view::HitView {
        kind: hit.kind.title_ja(),
        href,
        label: hit.label.clone().unwrap_or_default(),
        heading: parts(&hit.heading),
        fields: hit.fields.iter().map(|f| (f.title, parts(&f.parts))).collect(),
    }
}

fn document(pack: &Pack, document: &Document) -> view::DocumentView {
    let own = pack.revisions_of(Some(&document.id)).filter(|r| r.document.is_some());
    view::DocumentView {
        id: document.id.clone(),
        title: document.title.clone(),
        kind: document.kind.title_ja().to_owned(),
        public: if document.public { "公開" } else { "非公開" },
        maker: pack.maker_of(document).map(|m| m.title.clone()).unwrap_or_default(),
        legal_basis: document.legal_basis.clone().unwrap_or_default(),
        in_force: own.map(|r| wareki(&r.date)).collect(),
    }
}

fn terms(pack: &Pack, text: &str) -> Vec<view::TermView> {
    pack.terms_in(text).into_iter().map(term).collect()
}

fn term(term: &policy::Term) -> view::TermView {
    view::TermView { id: term.id.clone(), word: term.word.clone(), meaning: term.meaning.clone() }
}

fn annotations(pack: &Pack, clause: &str) -> Vec<(String, String)> {
    pack.annotations_of(clause).map(|a| (a.quoted.clone().unwrap_or_default(), a.note.clone())).collect()
}

/// What stands around a statement, for its page.
pub(super) fn around(pack: &Pack, statement: &Statement) -> view::Around {
    let clause = pack.clause(&statement.clause);
    let replacements = Replacements::of(pack);
    let above = clause.map(|c| {
        let above = pack.clauses_above(c).into_iter();
        above.chain(std::iter::once(c)).map(clause_link).collect()
    });
    view::Around {
        above: above.unwrap_or_default(),
        document: clause
            .and_then(|c| pack.document(c.document.as_deref()?))
            .map(|found| document(pack, found)),
        roles: statement.roles.iter().map(|id| role_link(pack, id)).collect(),
        others: statement.counterparties.iter().map(|c| sentence(pack, c)).collect(),
        note: statement.note.clone().unwrap_or_default(),
        replaced_by: replacements.for_statement(&statement.id).iter().map(|s| statement_link(s)).collect(),
        replaces: replacements
            .replaced_by(&statement.id)
            .filter_map(|id| pack.statement(id))
            .map(statement_link)
            .collect(),
        related: pack
            .related(statement)
            .into_iter()
            .map(|related| view::RelatedView {
                kind: related.kind.title_ja().to_owned(),
                id: related.id.to_owned(),
                link: related.statement.map(statement_link),
            })
            .collect(),
        terms: terms(pack, &format!("{}\n{}", statement.short(), statement.gist_ja)),
        annotations: annotations(pack, &statement.clause),
    }
}

fn line(pack: &Pack, statement: &Statement) -> view::StatementLine {
    view::StatementLine {
        href: statement_href(&statement.id),
        label: statement.label.clone(),
        gist: statement.gist_ja.clone(),
        roles: if statement.roles.is_empty() {
            "団体全体".to_owned()
        } else {
            roles(pack, &statement.roles)
        },
        modality: modality(statement.modality),
        trigger: statement.trigger.clone().unwrap_or_default(),
        values: values(pack, &statement.parameters),
        replaced_by: Vec::new(),
    }
}

pub(crate) async fn clause(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let app = site.app();
    let page = match app.clause(&who.actor, &id).await {
        Ok(page) => page,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let pack = app.pack();
    let title = named(page.clause);
    let mut words = page.clause.title.clone();
    for (statement, _) in &page.statements {
        words.push('\n');
        words.push_str(&statement.gist_ja);
    }
    let statements = page.statements.iter().map(|(statement, by)| view::StatementLine {
        replaced_by: by.iter().map(|s| statement_link(s)).collect(),
        ..line(pack, statement)
    });
    let left_open = pack.parameters().iter().filter(|p| p.clause.as_deref() == Some(id.as_str()));
    render(&view::NodePage {
        frame: frame(&site, &who.actor, &title, "/clauses"),
        bar: view::PolicyBar::at("/clauses"),
        above: page.above.iter().map(|c| clause_link(c)).collect(),
        title,
        document: page
            .clause
            .document
            .as_deref()
            .and_then(|id| pack.document(id))
            .map(|found| document(pack, found)),
        below: page.below.iter().map(|c| clause_link(c)).collect(),
        statements: statements.collect(),
        values: left_open.map(open_value).collect(),
        terms: terms(pack, &words),
        annotations: annotations(pack, &id),
        text_href: format!("/policy/text#{}", view::path_part(&anchor(&id))),
    })
}

/// A clause's place in the whole text.
fn anchor(clause: &str) -> String {
    format!("c-{clause}")
}

pub(crate) async fn text(State(site): State<Site>, who: Signed) -> Response {
    let app = site.app();
    let chapters = match app.policy_text(&who.actor).await {
        Ok(chapters) => chapters,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let pack = app.pack();
    let told: usize = chapters.iter().flat_map(|c| &c.nodes).map(|n| n.statements.len()).sum();
    let chapters = chapters.iter().enumerate().map(|(number, chapter)| view::TextChapter {
        anchor: format!("part-{number}"),
        title: match (chapter.document, chapter.layer) {
            (Some(document), _) => document.title.clone(),
            (None, Some(layer)) => format!("{}(文書の定めのない条項)", layer.title),
            (None, None) => "文書の定めのない条項".to_owned(),
        },
        document: chapter.document.map(|found| document(pack, found)),
        nodes: chapter
            .nodes
            .iter()
            .map(|node| view::TextNode {
                anchor: anchor(&node.clause.id),
                href: clause_href(&node.clause.id),
                title: named(node.clause),
                level: (node.depth + 3).min(6),
                statements: node.statements.iter().map(|s| line(pack, s)).collect(),
                annotations: annotations(pack, &node.clause.id),
            })
            .collect(),
    });
    let posts = |role: &str| {
        let posts = pack.posts().iter().filter(|p| p.roles.iter().any(|r| r == role));
        posts.map(|p| p.title.as_str()).collect::<Vec<_>>().join("、")
    };
    render(&view::TextPage {
        frame: frame(&site, &who.actor, "本文", "/clauses"),
        bar: view::PolicyBar::at("/policy/text"),
        title: pack.title().to_owned(),
        version: pack.version().to_owned(),
        in_force: pack.effective_from().map(wareki).unwrap_or_default(),
        total: told,
        replaced: pack.statements().len().saturating_sub(told),
        documents: pack.documents().iter().map(|d| document(pack, d)).collect(),
        chapters: chapters.collect(),
        scope: pack
            .scope()
            .iter()
            .map(|item| view::ScopeView {
                kind: item.kind.title_ja(),
                title: item.title.clone(),
                left_out: item.excluded.then(|| item.reason.clone().unwrap_or_default()),
            })
            .collect(),
        roles: pack.roles().iter().map(|r| (role_link(pack, &r.id), posts(&r.id))).collect(),
        terms: pack.terms().iter().map(term).collect(),
    })
}

/// `GET /policy/print.css`: what the paper says in its margins. It is a style sheet of its own because the name of the body is
/// data, and pages bear no styles.
pub(crate) async fn print_css(State(site): State<Site>, _who: Signed) -> Response {
    let app = site.app();
    let pack = app.pack();
    let name = pack.municipality().map_or("", |m| m.name.as_str());
    let title = if pack.title().starts_with(name) {
        pack.title().to_owned()
    } else {
        format!("{name} {}", pack.title())
    };
    let css = format!(
        "@page {{ size: A4; margin: 18mm 15mm 16mm;\n\
         @top-left {{ content: {}; font-size: 8pt; color: #333; }}\n\
         @top-right {{ content: {}; font-size: 8pt; color: #333; }}\n\
         @bottom-center {{ content: counter(page) \" / \" counter(pages); font-size: 9pt; color: #333; }} }}\n",
        css_string(&title),
        css_string(pack.version()),
    );
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], css).into_response()
}

/// A string of a style sheet: letters, digits and Japanese as they are, everything else by its number.
fn css_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '・' | '(' | ')') {
            out.push(c);
        } else {
            out.push_str(&format!("\\{:x} ", u32::from(c)));
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::css_string;

    #[test]
    fn no_text_leaves_its_string() {
        for (text, css) in [
            (
                "星見市情報セキュリティポリシー 令和8年度第1版",
                "\"星見市情報セキュリティポリシー 令和8年度第1版\"",
            ),
            ("a\"; } body { display: none", "\"a\\22 \\3b  \\7d  body \\7b  display\\3a  none\""),
            ("\\\n</style>", "\"\\5c \\a \\3c \\2f style\\3e \""),
            ("", "\"\""),
        ] {
            assert_eq!(css_string(text), css);
        }
    }
}
