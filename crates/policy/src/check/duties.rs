//! Checks of duties that look at more than one item.
//!
//! Owns: that somebody can do, confirm and answer for each task, and that a body's set intervals are kept.
//! Leaves to others: the keys of one duty (`resolve`).

use crate::model::{
    ColumnType, DutyEach, DutyType, Every, Occurs, Pack, ParameterType, ParameterValue, RegisterScope,
};
use crate::problem::{Code, Sink};

pub(super) fn check(pack: &Pack, sink: &mut Sink) {
    for duty in &pack.duty_types {
        roles(pack, duty, sink);
        intervals(pack, duty, sink);
        rows(pack, duty, sink);
        if duty.statements.is_empty() {
            sink.push(
                Code::Uncited,
                &duty.origin,
                format!("duty「{}」が、どの遵守事項によるものか書かれていません。", duty.id),
                "statements = [\"…\"] に、この実施事項が守る statement の id を書いてください。",
            );
        }
        if duty.confirm_by.as_ref() == Some(&duty.owner) && !is_shared(pack, duty) {
            sink.push(
                Code::OnePostTwoSteps,
                &duty.origin,
                format!("duty「{}」を行う役割と確かめる役割が同じです。", duty.id),
                "行った人は自分では確かめられません。confirm_by を別の役割にしてください。",
            );
        }
    }
}

/// Whether two persons may hold the owner's role for one task: one of the body as a whole, or held by several posts.
fn is_shared(pack: &Pack, duty: &DutyType) -> bool {
    pack.posts.iter().filter(|p| p.roles.contains(&duty.owner)).count() > 1
}

fn roles(pack: &Pack, duty: &DutyType, sink: &mut Sink) {
    for (key, id) in duty.roles() {
        // One that does not exist was reported where it was read.
        let Some(role) = pack.role(id) else { continue };
        if !pack.posts.iter().any(|p| p.roles.contains(&role.id)) {
            sink.push(
                Code::RoleWithoutPost,
                &duty.origin,
                format!("duty「{}」の「{key}」の役割「{id}」を持つ職がありません。", duty.id),
                format!("どれかの [[post]] の roles に \"{id}\" を加えるか、「{key}」を変えてください。"),
            );
        } else if !role.city_wide && is_of_the_body(pack, duty) {
            sink.push(
                Code::RoleWithoutPost,
                &duty.origin,
                format!("duty「{}」は課を問わない実施事項ですが、「{key}」の役割「{id}」は全庁に責任を持ちません。", duty.id),
                format!(
                    "[[role]]「{id}」に city_wide = true と書くか、each = \"section\" とするか、全庁の役割に変えてください。"
                ),
            );
        }
    }
}

/// Whether its tasks belong to no section: one for the body, or for rows that name none.
fn is_of_the_body(pack: &Pack, duty: &DutyType) -> bool {
    let of_rows = duty.rows.as_ref().is_some_and(|rows| {
        let is_city = |r: &crate::model::Register| r.scope == RegisterScope::City;
        rows.section.is_none() && pack.register(&rows.register).is_some_and(is_city)
    });
    duty.each == DutyEach::Body || of_rows
}

/// The columns that say who answers for a row.
fn rows(pack: &Pack, duty: &DutyType, sink: &mut Sink) {
    let Some(rows) = &duty.rows else { return };
    let Some(register) = pack.register(&rows.register) else { return };
    let named =
        [("person", &rows.person, ColumnType::Person), ("section", &rows.section, ColumnType::Section)];
    for (key, id, kind) in named {
        let Some(id) = id else { continue };
        if register.column(id).is_none_or(|c| c.kind != kind) {
            sink.push(
                Code::UnknownReference,
                &duty.origin,
                format!(
                    "duty「{}」の「{key}」が指す column「{id}」は、register「{}」の{}の欄ではありません。",
                    duty.id,
                    register.id,
                    kind.title_ja()
                ),
                format!("type = \"{}\" の欄の id を書くか、この行を消してください。", kind.id()),
            );
        }
    }
}

/// A body that sets an interval for what a statement asks for must not be asked for it less often.
fn intervals(pack: &Pack, duty: &DutyType, sink: &mut Sink) {
    let Occurs::Every { every, times, .. } = &duty.occurs else { return };
    let longest: u64 = match every {
        Every::FiscalYear => 366,
        Every::Half => 183,
        Every::Quarter => 92,
        Every::Month => 31,
        Every::Week => 7,
    };
    let between = longest.div_ceil(times.value.unwrap_or(1).max(1));
    let set = duty
        .statements
        .iter()
        .filter_map(|id| pack.statement(id))
        .flat_map(|s| &s.parameters)
        .filter_map(|id| pack.parameter(id))
        .filter(|p| p.kind == ParameterType::Days && p.id.ends_with("-interval"));
    for parameter in set {
        if let Some(ParameterValue::Number(days)) = parameter.value
            && days < between.saturating_sub(3)
        {
            sink.push(
                Code::DutyTooRare,
                &duty.origin,
                format!(
                    "duty「{}」は{}に{}回ですが、パラメータ「{}」({})は {days} 日と定められています。",
                    duty.id,
                    every.title_ja(),
                    times.value.unwrap_or(1),
                    parameter.id,
                    parameter.title
                ),
                "every か times を、定めた間隔より長くならないように変えてください。",
            );
        }
    }
}
