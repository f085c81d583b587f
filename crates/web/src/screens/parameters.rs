//! 定めるべき値: what the policy leaves to the body, what holds, who decided it.
//!
//! Owns the words for values, units and bounds. Changing one is a request.

use app::parameters::ParameterRow;
use axum::{
    extract::{Path, State},
    response::Response,
};
use policy::{Mechanism, Parameter, ParameterType};

use super::{requests, view};
use crate::{
    door::Signed,
    site::{Site, render, when},
};

const BASIS: &[Mechanism] = &[Mechanism::ParameterRegister, Mechanism::ParameterApproval];

/// What stands behind a number of this type.
fn unit(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::Days => "日",
        ParameterType::Hours => "時間",
        ParameterType::Minutes => "分",
        ParameterType::Years => "年",
        ParameterType::Bytes => "バイト",
        ParameterType::Count | ParameterType::Text | ParameterType::Choice | ParameterType::Flag => "",
    }
}

fn bounds(p: &Parameter) -> String {
    let unit = unit(p.kind);
    match (p.kind, p.min, p.max) {
        (ParameterType::Choice, ..) => p.choices.join("、"),
        (ParameterType::Flag, ..) => "有、無".to_owned(),
        (ParameterType::Text, ..) => "文".to_owned(),
        (_, Some(min), Some(max)) => format!("{min}から{max}{unit}まで"),
        (_, Some(min), None) => format!("{min}{unit}以上"),
        (_, None, Some(max)) => format!("{max}{unit}以下"),
        (_, None, None) => format!("0{unit}以上"),
    }
}

fn parameter_view(row: &ParameterRow<'_>, now: workflow::Millis) -> view::ValueView {
    let p = row.parameter;
    let with_unit = |text: String| format!("{text}{}", unit(p.kind));
    let to_come = row.history.iter().rev().find(|c| c.from > now);
    view::ValueView {
        href: format!("/parameters/{}", view::path_part(&p.id)),
        id: p.id.clone(),
        title: p.title.clone(),
        clause: row.clause.map(|c| format!("{} {}", c.section, c.title)).unwrap_or_default(),
        value: p.value.as_ref().map(|v| with_unit(v.to_string())),
        suggested: p.suggested.as_ref().map(|v| with_unit(v.to_string())).unwrap_or_default(),
        bounds: bounds(p),
        needed: p.needed,
        decided: p.decided.clone().unwrap_or_default(),
        to_come: to_come
            .map(|c| (c.value.clone().map_or_else(|| "定めない".to_owned(), with_unit), when(c.from))),
        note: p.note.clone().unwrap_or_default(),
    }
}

pub(crate) async fn list(State(site): State<Site>, who: Signed) -> Response {
    let app = site.app();
    let rows = match app.parameters(&who.actor).await {
        Ok(rows) => rows,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let now = app.now();
    // In the order of the text, not of the file in which the values happen to stand.
    let place = |row: &ParameterRow<'_>| {
        let clause = row.clause.map(|c| c.id.as_str());
        app.pack().clauses().iter().position(|c| Some(c.id.as_str()) == clause).unwrap_or(usize::MAX)
    };
    let mut rows = rows;
    rows.sort_by_key(place);
    let mut groups: Vec<(String, Vec<view::ValueView>)> = Vec::new();
    for row in &rows {
        let shown = parameter_view(row, now);
        match groups.iter_mut().find(|(title, _)| *title == shown.clause) {
            Some((_, group)) => group.push(shown),
            None => groups.push((shown.clause.clone(), vec![shown])),
        }
    }
    render(&view::ParametersPage {
        frame: site.frame(Some(&who.actor), "定めるべき値", "/clauses", BASIS, ""),
        policy: app.pack().title().to_owned(),
        total: rows.len(),
        unset: rows.iter().filter(|r| r.parameter.value.is_none()).count(),
        groups,
    })
}

pub(crate) async fn page(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let app = site.app();
    let row = match app.parameter(&who.actor, &id).await {
        Ok(row) => row,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let now = app.now();
    let leaves_open = |s: &&policy::Statement| s.parameters.contains(&row.parameter.id);
    let change_href = app.parameter_form().filter(|_| requests::applies(&who.actor)).map(|(form, field)| {
        format!(
            "/requests/new/{}?answer.{}={}",
            view::path_part(form),
            view::query_part(field),
            view::query_part(&row.parameter.id)
        )
    });
    render(&view::ParameterPage {
        frame: site.frame(Some(&who.actor), &row.parameter.title, "/clauses", BASIS, ""),
        parameter: parameter_view(&row, now),
        history: row
            .history
            .iter()
            .map(|c| requests::change_view(c, now, row.set_by.as_ref() == Some(c)))
            .collect(),
        clauses: app.pack().statements().iter().filter(leaves_open).map(view::ClauseChip::of).collect(),
        change_href,
    })
}
