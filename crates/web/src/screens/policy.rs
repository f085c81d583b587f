//! 条項 and 証跡: what the policy asks, and what shows that it is kept.

use app::{
    actor::{Actor, Prospect},
    evidence::EvidenceItem,
    model::{EvidenceQuery, PageRequest},
};
use axum::{
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use policy::{Mechanism, Parameter, Statement, search::ItemKind};
use workflow::id::EvidenceId;

use super::{Pairs, csv, one, show, taken, view};
use crate::{
    dates,
    door::Signed,
    site::{Site, render, when},
    words,
};

/// Rows that are read at once for a file.
const FILE_ROWS: u32 = 200;
const LIST_ROWS: u32 = 50;

fn clause_row(site: &Site, statement: &Statement, evidence: u64) -> view::ClauseRow {
    let app = site.app();
    let pack = app.pack();
    // What is planned serves nobody yet.
    let titles: Vec<_> = statement.mechanisms.iter().filter(|m| m.ships()).map(|m| m.title_ja()).collect();
    let unset =
        statement.parameters.iter().filter_map(|p| pack.parameter(p)).filter(|p| p.value.is_none()).count();
    view::ClauseRow {
        chip: view::ClauseChip::of(statement),
        roles: if statement.roles.is_empty() {
            "団体全体".to_owned()
        } else {
            statement.roles.iter().map(|r| pack.role_title(r)).collect::<Vec<_>>().join("、")
        },
        modality: statement.modality.title_ja().to_owned(),
        assurance: statement.assurance.title_ja().to_owned(),
        mechanisms: titles.join("、"),
        evidence,
        unset: u32::try_from(unset).unwrap_or(u32::MAX),
    }
}

pub(crate) async fn clauses(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let app = site.app();
    let summaries = match app.statements(&who.actor).await {
        Ok(summaries) => summaries,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let search = one(&query, "q").trim();
    let words = policy::search::Query::new(search);
    let wanted = app.index().ids(&words, ItemKind::Statement);
    let mut sections: Vec<view::ClauseSection> = Vec::new();
    for summary in &summaries {
        let statement = summary.statement;
        if !search.is_empty() && !wanted.contains(statement.id.as_str()) {
            continue;
        }
        let section = summary.clause.map(|c| format!("{} {}", c.section, c.title)).unwrap_or_default();
        let href = || summary.clause.map(|c| format!("/policy/clauses/{}", view::path_part(&c.id)));
        let row = clause_row(&site, statement, summary.evidence_count);
        // Statements stand in the order of the text, so that those of one clause follow each other.
        match sections.last_mut().filter(|s| s.title == section) {
            Some(found) => found.rows.push(row),
            None => {
                let href = href().unwrap_or_default();
                sections.push(view::ClauseSection { title: section, href, rows: vec![row] });
            }
        }
    }
    render(&view::ClausesPage {
        frame: site.frame(Some(&who.actor), "条項", "/clauses", &[Mechanism::PolicyVersion], ""),
        bar: view::PolicyBar::at("/clauses"),
        policy: app.pack().title().to_owned(),
        search: search.to_owned(),
        total: sections.iter().map(|s| s.rows.len()).sum(),
        sections,
    })
}

pub(crate) async fn clause(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    let request = PageRequest { after: show::cursor(one(&query, "after")), limit: LIST_ROWS };
    let app = site.app();
    let page = match app.statement(&who.actor, &id, request).await {
        Ok(page) => page,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let statement = page.summary.statement;
    let (rows, next) = page.evidence.map(|p| (p.rows, p.next)).unwrap_or_default();
    let origin = &statement.origin;
    render(&view::ClausePageView {
        frame: site.frame(Some(&who.actor), &statement.gist_ja, "/clauses", &[Mechanism::EvidenceLedger], ""),
        row: clause_row(&site, statement, page.summary.evidence_count),
        bar: view::PolicyBar::at("/clauses"),
        around: super::reading::around(app.pack(), statement),
        trigger: statement.trigger.clone(),
        expected: statement.evidence.clone(),
        label: statement.label.clone(),
        status: view::status_chip(statement.coverage()),
        mechanisms: statement.mechanisms.iter().map(|m| view::MechanismChip::of(*m)).collect(),
        divergences: app.pack().divergences_of(statement).map(super::coverage::divergence).collect(),
        parameters: page.parameters.iter().map(|p| parameter(p)).collect(),
        origin: format!("{} の {}行目", origin.file, origin.line),
        evidence: rows.iter().map(|item| show::happening(&site, item)).collect(),
        count: page.summary.evidence_count,
        next_href: next
            .as_ref()
            .map(|c| format!("/clauses/{}?after={}", view::path_part(&id), show::cursor_text(c))),
    })
}

/// A value that a statement leaves open, in a line of a list.
pub(super) fn open_value(parameter: &Parameter) -> view::OpenValue {
    let view::ParameterView { title, value, .. } = self::parameter(parameter);
    view::OpenValue { title, value }
}

fn parameter(parameter: &Parameter) -> view::ParameterView {
    let unit = if parameter.kind.is_number() { unit(parameter) } else { "" };
    let note = match (&parameter.value, &parameter.suggested) {
        (Some(_), _) => parameter.decided.clone().unwrap_or_default(),
        (None, Some(suggested)) => format!("目安 {suggested}{unit}"),
        (None, None) => String::new(),
    };
    view::ParameterView {
        title: parameter.title.clone(),
        href: format!("/parameters/{}", view::path_part(&parameter.id)),
        value: parameter.value.as_ref().map(|v| format!("{v}{unit}")),
        note,
    }
}

fn unit(parameter: &Parameter) -> &'static str {
    use policy::ParameterType as T;
    match parameter.kind {
        T::Days => "日",
        T::Hours => "時間",
        T::Minutes => "分",
        T::Years => "年",
        T::Count => "",
        T::Bytes => "バイト",
        T::Text | T::Choice | T::Flag => "",
    }
}

pub(crate) async fn evidence(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let app = site.app();
    let word = |name| Some(one(&query, name).trim().to_owned()).filter(|w| !w.is_empty());
    let (statement, kind) = (word("statement"), word("kind"));
    let after = show::cursor(one(&query, "after"));
    let later = after.is_some();
    let ask = |after, limit| EvidenceQuery {
        statement: statement.clone(),
        kind: kind.clone(),
        page: Some(PageRequest { after, limit }),
        ..EvidenceQuery::default()
    };
    let list = evidence_taken(&site, &who.actor, ask(None, FILE_ROWS));
    if let Some(answer) = taken::file_if_asked(&site, &who.actor, &query, list).await {
        return answer;
    }
    let page = match app.evidence(&who.actor, ask(after, LIST_ROWS)).await {
        Ok(page) => page,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let taking = app.taking_evidence(&who.actor);
    let base = format!(
        "/evidence?kind={}&statement={}",
        view::query_part(kind.as_deref().unwrap_or_default()),
        view::query_part(statement.as_deref().unwrap_or_default())
    );
    render(&view::EvidencePage {
        frame: site.frame(
            Some(&who.actor),
            "証跡",
            "/evidence",
            &[Mechanism::EvidenceLedger, Mechanism::EvidenceExport],
            "",
        ),
        kinds: app::evidence::Kind::ALL
            .iter()
            .map(|k| view::Choice {
                id: k.id().to_owned(),
                title: words::evidence(k.id()).unwrap_or(k.id()).to_owned(),
                chosen: kind.as_deref() == Some(k.id()),
            })
            .collect(),
        statement: statement.clone().unwrap_or_default(),
        factor_needed: taking == Prospect::AfterSecondFactor,
        rows: page.rows.iter().map(|item| row(&site, item, taking)).collect(),
        next_href: page.next.as_ref().map(|c| format!("{base}&after={}", show::cursor_text(c))),
        first_href: base.clone(),
        later,
        downloads: taken::Format::hrefs(&base),
    })
}

/// The whole list that a question asks for, as far as a file goes.
async fn evidence_taken(site: &Site, actor: &Actor, mut query: EvidenceQuery) -> app::Result<taken::Taken> {
    use workbook::Kind::{Moment, Number, Text};
    let columns = [
        ("いつ", Moment),
        ("出来事", Text),
        ("種類", Text),
        ("だれが", Text),
        ("系", Text),
        ("何について", Text),
        ("番号", Text),
        ("条項", Text),
        ("封印", Number),
    ];
    let app = site.app();
    let mut rows = Vec::new();
    loop {
        let page = app.evidence(actor, query.clone()).await?;
        for item in &page.rows {
            let shown = show::happening(site, item);
            rows.push(vec![
                dates::iso(item.at),
                shown.what,
                item.kind.clone(),
                shown.who,
                shown.zone,
                item.subject_kind.clone(),
                item.subject_id.clone(),
                item.statements.join(" "),
                item.index.map(|i| i.to_string()).unwrap_or_default(),
            ]);
        }
        match page.next {
            Some(next) if rows.len() < csv::ROWS_MAX => {
                query.page = Some(PageRequest { after: Some(next), limit: FILE_ROWS });
            }
            _ => return Ok(taken::Taken::new("evidence", "証跡", columns, rows)),
        }
    }
}

/// An entry in a list; its proof is offered only to whoever may take it now.
fn row(site: &Site, item: &EvidenceItem, taking: Prospect) -> view::EvidenceRowView {
    let mut row = show::evidence_row(site, item);
    row.proof_href = row.proof_href.filter(|_| taking == Prospect::Now);
    row
}

pub(crate) async fn entry(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let app = site.app();
    let entry = match app.evidence_entry(&who.actor, &EvidenceId::new(&*id)).await {
        Ok(entry) => entry,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let taking = app.taking_evidence(&who.actor);
    // People read it indented; the bytes that the leaf commits to are in the bundle.
    let payload = entry.payload.map(|text| {
        serde_json::from_str::<serde_json::Value>(&text)
            .ok()
            .and_then(|value| serde_json::to_string_pretty(&value).ok())
            .unwrap_or(text)
    });
    render(&view::EvidenceEntryPage {
        frame: site.frame(
            Some(&who.actor),
            "証跡の1件",
            "/evidence",
            &[Mechanism::EvidenceLedger, Mechanism::EvidenceExport],
            "",
        ),
        factor_needed: taking == Prospect::AfterSecondFactor,
        row: row(&site, &entry.item, taking),
        id,
        kind_id: entry.item.kind.clone(),
        payload,
        erased: entry.item.erased_at.map(when),
        leaf: entry.leaf,
        salt: entry.salt.unwrap_or_default(),
        checkpoint: entry.proof.as_ref().map(|p| p.checkpoint.clone()),
        proof: entry.proof.map(|p| p.hashes).unwrap_or_default(),
    })
}

pub(crate) async fn proof(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let app = site.app();
    let files = match app.export_selection(&who.actor, &[EvidenceId::new(&*id)]).await {
        Ok(files) => files,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    match crate::archive::write(&files) {
        Ok(bytes) => (
            [
                (header::CONTENT_TYPE, "application/zip"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"sekisho-proof.zip\""),
            ],
            bytes,
        )
            .into_response(),
        Err(error) => site.fail(Some(&who.actor), &app::Error::Internal(format!("proof bundle: {error}"))),
    }
}
