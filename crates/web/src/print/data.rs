//! What a print form is given, made of what the page of the same thing shows.
//!
//! Owns the words and days in it. Its shape is `policy::PrintOf::fields`, which docs/print-forms.md tells to those who write forms;
//! a test holds both together. Leaves who may see what to the use cases of `app` that give the details.

use app::{
    App,
    duties::{DutyYear, TaskDetail},
    evidence::EvidenceItem,
    registers::{
        store::RowStage,
        views::{RowDetail, ShownRow},
    },
    requests::RequestDetail,
    transfers::TransferDetail,
};
use policy::{Column, PrintForm, Register};
use serde_json::{Map, Value, json};
use workflow::{
    Millis,
    calendar::{begin_of, fiscal_year_begins},
    duty::{Covers, Scope},
    id::UserId,
    request::{Attachment, State},
    route::{Approval, Verdict},
};

use crate::{
    dates::{self, When},
    screens::view::size,
    words,
};

/// The data of a form.
pub(super) type Data = Map<String, Value>;

/// What every form is given.
pub(super) fn common(app: &App, form: &PrintForm) -> Data {
    let now = app.now();
    let body = app.pack().municipality().map_or_else(|| app.pack().title().to_owned(), |m| m.name.clone());
    object(json!({
        "form": { "title": form.title, "number": form.number.clone().unwrap_or_default() },
        "body": body,
        "printed": day(now),
        "fiscal_year": dates::fiscal_year(now),
    }))
}

/// The members of an object; nothing for anything else, which no caller gives.
fn object(value: Value) -> Data {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// `令和8年11月20日`, without the weekday that forms have no room for.
fn day(at: Millis) -> String {
    policy::wareki(&dates::day_field(at))
}

fn moment(at: Millis) -> String {
    When::at(at).short
}

fn clauses(app: &App, statements: &[String]) -> Value {
    let of = |id: &String| match app.pack().statement(id) {
        Some(s) => json!({ "label": s.label, "title": s.short(), "gist": s.gist_ja }),
        None => json!({ "label": id, "title": "", "gist": "" }),
    };
    statements.iter().map(of).collect()
}

fn evidence(timeline: &[EvidenceItem]) -> Value {
    let of = |item: &EvidenceItem| {
        json!({
            "number": item.index.map(|n| n.to_string()).unwrap_or_default(),
            "at": moment(item.at),
            "what": words::evidence(&item.kind).unwrap_or("記録"),
            "who": item.actor_name.clone().unwrap_or_else(|| "システム".to_owned()),
        })
    };
    timeline.iter().map(of).collect()
}

fn attachments(attachments: &[Attachment]) -> Value {
    let of = |a: &Attachment| json!({ "name": a.untrusted_name, "size": size(a.stored.bytes), "sha256": a.stored.sha256 });
    attachments.iter().map(of).collect()
}

/// The name that fits into a stamp: what stands before the first space, or as much as there is room for.
fn surname(name: &str) -> String {
    name.split(char::is_whitespace).next().unwrap_or_default().chars().take(4).collect()
}

/// Each step of the route as it stands in the round that is under way.
fn steps(app: &App, approval: &Approval, name: &dyn Fn(&UserId) -> String) -> Value {
    let of = |(index, step): (usize, &workflow::route::Step)| {
        let of_step = |d: &&workflow::route::Decision| d.round == approval.round && d.step == index;
        let decision = approval.decisions.iter().rev().find(of_step);
        let stamped = decision.filter(|d| d.verdict == Verdict::Approve);
        json!({
            "title": step.title,
            "role": app.pack().role_title(&step.role),
            "verdict": decision.map(|d| words::verdict(d.verdict)).unwrap_or_default(),
            "name": decision.map(|d| name(&d.by)).unwrap_or_default(),
            "stamp": stamped.map(|d| surname(&name(&d.by))).unwrap_or_default(),
            "date": decision.map(|d| day(d.at)).unwrap_or_default(),
            "stamp_date": decision.map(|d| dates::stamp_day(d.at)).unwrap_or_default(),
            "deputy_for": decision.and_then(|d| d.on_behalf_of.as_ref()).map(name).unwrap_or_default(),
            "reviewed": decision.and_then(|d| d.reviewed_at).map(day).unwrap_or_default(),
            "comment": decision.map(|d| d.comment.clone()).unwrap_or_default(),
        })
    };
    approval.route.steps.iter().enumerate().map(of).collect()
}

/// A request.
pub(super) fn request(app: &App, detail: &RequestDetail) -> Data {
    let r = &detail.request;
    let name = |id: &UserId| detail.names.get(id).cloned().unwrap_or_default();
    let ends = ["request-approved", "request-rejected"];
    let decided = detail.timeline.iter().rev().find(|item| ends.contains(&item.kind.as_str()));
    let permit = r.permit.as_ref().map(|p| {
        let note = match (&p.returned, &p.revoked) {
            (Some((at, by)), _) => format!("{} {}が返却", day(*at), name(by)),
            (None, Some((at, by))) => format!("{} {}が取消し", day(*at), name(by)),
            (None, None) if p.terms.return_asked => "終わったら返却".to_owned(),
            (None, None) => String::new(),
        };
        // The end is the beginning of the day after.
        let standing = words::requests::standing(p.standing(app.now())).0;
        json!({ "standing": standing, "from": day(p.terms.from), "until": day(p.terms.until - 1), "note": note })
    });
    object(json!({
        "number": crate::screens::requests::number_shown(r.number, r.submitted_at),
        "title": r.title,
        "state": words::requests::state(r.state).0,
        "is_decided": if r.state == State::Approved { "はい" } else { "いいえ" },
        "submitted": day(r.submitted_at),
        "decided": decided.map(|item| day(item.at)).unwrap_or_default(),
        "round": r.approval.round.to_string(),
        "applicant": { "name": name(&r.applicant), "section": detail.section_name },
        "late": r.content.late_by.map(crate::screens::requests::late_words).unwrap_or_default(),
        "answers": r.content.answers.iter().map(|a| json!({ "label": a.title, "value": a.shown })).collect::<Value>(),
        "attachments": attachments(&r.content.attachments),
        "steps": steps(app, &r.approval, &name),
        "permit": permit.unwrap_or_else(|| json!({ "standing": "", "from": "", "until": "", "note": "" })),
        "clauses": clauses(app, &detail.statements),
        "evidence": evidence(&detail.timeline),
        "content_hash": detail.content_hash,
        "evidence_number": decided.and_then(|item| item.index).map(|n| n.to_string()).unwrap_or_default(),
    }))
}

/// Rows of a register.
pub(super) fn register_list(
    app: &App,
    register: &Register,
    stage: RowStage,
    conditions: &[String],
    rows: &[ShownRow],
) -> Data {
    let name = register.name_column().map(|c| c.id.clone()).unwrap_or_default();
    let columns: Vec<&Column> = register.columns.iter().filter(|c| c.shown_in_list && c.id != name).collect();
    let row = |row: &ShownRow| {
        let cell = |c: &&Column| row.shown.get(&c.id).map(|s| s.text.clone()).unwrap_or_default();
        json!({
            "number": row.number,
            "name": row.name,
            "section": row.section_name,
            "cells": columns.iter().map(cell).collect::<Vec<_>>(),
        })
    };
    object(json!({
        "register": register.title,
        "description": register.description,
        "manager": app.pack().role_title(&register.manager),
        "stage": words::registers::stage(stage),
        "conditions": conditions,
        "count": rows.len().to_string(),
        "columns": columns.iter().map(|c| c.title.clone()).collect::<Vec<_>>(),
        "rows": rows.iter().map(row).collect::<Value>(),
    }))
}

/// A row of a register.
pub(super) fn register_row(app: &App, detail: &RowDetail<'_>) -> Data {
    let RowDetail { register, row, .. } = detail;
    let field = |c: &Column| {
        let shown = row.shown.get(&c.id).cloned().unwrap_or_default();
        let links: Vec<String> = shown
            .links
            .iter()
            .map(|l| format!("{} {}", l.number, l.name.clone().unwrap_or_default()).trim_end().to_owned())
            .collect();
        json!({ "label": c.title, "value": if links.is_empty() { shown.text } else { links.join("、") } })
    };
    let history = |h: &app::registers::views::ShownHistory| {
        let entry = &h.entry.entry;
        let changed: Vec<&str> = h.changes.iter().map(|(title, ..)| title.as_str()).collect();
        let what = words::registers::cause(&entry.cause);
        json!({
            "at": moment(entry.at),
            "who": h.entry.by_name.clone().unwrap_or_default(),
            "what": if changed.is_empty() { what.to_owned() } else { format!("{what}({})", changed.join("、")) },
            "reason": entry.reason,
        })
    };
    object(json!({
        "register": register.title,
        "number": row.number,
        "name": if row.name.is_empty() { &row.number } else { &row.name },
        "section": row.section_name,
        "state": words::registers::standing(row.row.end.is_some(), row.row.waits).0,
        "changed": moment(row.row.changed_at),
        "fields": register.columns.iter().map(field).collect::<Value>(),
        "history": detail.history.iter().map(history).collect::<Value>(),
        "linking": detail.linking.iter().map(|l| json!({
            "register": l.register_title,
            "number": l.link.number,
            "name": l.link.name.clone().unwrap_or_default(),
        })).collect::<Value>(),
        "clauses": clauses(app, &detail.statements),
    }))
}

/// A task of a duty.
pub(super) fn task(app: &App, detail: &TaskDetail) -> Data {
    let task = &detail.task;
    let name = |id: &UserId| detail.names.get(id).cloned().unwrap_or_default();
    let on = |day: jiff::civil::Date| policy::wareki(&day.to_string());
    let section = detail.section_name.clone().unwrap_or_default();
    let covers = match &task.covers {
        Covers::Event { what, on: day, .. } if what.is_empty() => on(*day),
        Covers::Event { what, on: day, .. } => format!("{what}({})", on(*day)),
        Covers::Period(period) => format!("{}から{}まで", on(period.first), on(period.last)),
    };
    let role = |id: &str| app.pack().role_title(id).to_owned();
    let report = task.report.as_ref();
    let confirmed = task.confirmed.as_ref();
    object(json!({
        "title": task.title,
        "help": detail.duty.as_ref().map(|d| d.help.clone()).unwrap_or_default(),
        "state": words::duties::state(task.state, task.is_overdue(app.now())).0,
        "covers": covers,
        "for_whom": match &task.scope {
            Scope::Body => "全庁".to_owned(),
            Scope::Section(_) => section,
            Scope::Person(user, _) => format!("{section} {}", name(user)),
            Scope::Row(_) => detail.row.as_ref().map_or(section, |row| format!("{} {}", row.number, row.name.as_deref().unwrap_or_default())),
        },
        "owner": role(&task.terms.owner),
        "confirmer": task.terms.confirm_by.as_deref().map(role).unwrap_or_default(),
        "due": on(task.due_on),
        "done_on": report.map(|r| on(r.done_on)).unwrap_or_default(),
        "reported_by": report.map(|r| name(&r.by)).unwrap_or_default(),
        "reported_at": report.map(|r| day(r.at)).unwrap_or_default(),
        "note": report.map(|r| r.note.clone()).unwrap_or_default(),
        "answers": report.map(|r| r.answers.iter()
            .map(|a| json!({ "label": a.title, "value": a.shown }))
            .collect::<Value>()).unwrap_or_else(|| json!([])),
        "attachments": attachments(report.map_or(&[][..], |r| &r.attachments)),
        "confirmed": {
            "name": confirmed.map(|w| name(&w.by)).unwrap_or_default(),
            "stamp": confirmed.map(|w| surname(&name(&w.by))).unwrap_or_default(),
            "date": confirmed.map(|w| day(w.at)).unwrap_or_default(),
            "stamp_date": confirmed.map(|w| dates::stamp_day(w.at)).unwrap_or_default(),
            "comment": confirmed.map(|w| w.comment.clone()).unwrap_or_default(),
        },
        "clauses": clauses(app, &detail.statements),
        "evidence": evidence(&detail.timeline),
    }))
}

/// A transfer.
pub(super) fn transfer(app: &App, detail: &TransferDetail) -> Data {
    let t = &detail.transfer;
    let name = |id: &UserId| detail.names.get(id).cloned().unwrap_or_default();
    let zone = |id: &str| app.pack().zone(id).map_or_else(|| id.to_owned(), |z| z.label.clone());
    let level =
        app.pack().level(&t.classification).map_or_else(|| t.classification.clone(), |l| l.title.clone());
    let file = |f: &workflow::transfer::File| {
        let kept = f.clean.as_ref().or(f.original.as_ref());
        json!({
            "name": f.untrusted_name,
            "size": kept.map(|s| size(s.bytes)).unwrap_or_default(),
            "result": words::file_state(f.state).0,
            "sha256": f.clean.as_ref().map(|s| s.sha256.clone()).unwrap_or_default(),
        })
    };
    object(json!({
        "number": dates::transfer_number(t.number, t.submitted_at),
        "purpose": if t.purpose.is_empty() { t.subject.clone() } else { format!("{}: {}", t.subject, t.purpose) },
        "state": words::state(t.state).0,
        "from_zone": zone(t.from_zone.as_str()),
        "to_zone": zone(t.to_zone.as_str()),
        "submitted": day(t.submitted_at),
        "sender": { "name": name(&t.submitter), "section": detail.section_name },
        "recipients": t.recipients.iter().map(|r| json!({
            "name": name(&r.user),
            "received": r.received_at.map(day).unwrap_or_default(),
        })).collect::<Value>(),
        "classification": level,
        "files": t.files.iter().map(file).collect::<Value>(),
        "steps": steps(app, &t.approval, &name),
        "clauses": clauses(app, &detail.statements),
        "evidence": evidence(&detail.timeline),
        "content_hash": detail.content_hash,
    }))
}

/// The duties of a fiscal year.
pub(super) fn fiscal_year(year: &DutyYear) -> Data {
    let month = |m: &Option<app::duties::DutyMonth>| match m {
        None => "",
        Some(m) if m.to_come => "予",
        Some(m) if m.tally.overdue > 0 => "×",
        Some(m) if m.tally.is_satisfied() => "○",
        Some(_) => "△",
    };
    let duty = |row: &app::duties::YearRow| {
        json!({
            "title": row.title,
            "months": row.months.iter().map(month).collect::<Vec<_>>(),
            "done": row.all.done.to_string(),
            "all": row.all.asked.to_string(),
            "rate": (row.all.permille() / 10).to_string(),
        })
    };
    object(json!({
        "year": dates::fiscal_year(begin_of(fiscal_year_begins(year.year))),
        "duties": year.rows.iter().map(duty).collect::<Value>(),
        "done": year.all.done.to_string(),
        "all": year.all.asked.to_string(),
    }))
}

/// What was destroyed.
pub(super) fn record_book(app: &App, list: &app::records::RecordList) -> Data {
    let on = |day: jiff::civil::Date| policy::wareki(&day.to_string());
    let who = |said: &Option<(UserId, Millis)>| {
        said.as_ref().and_then(|(by, _)| list.names.get(by)).cloned().unwrap_or_default()
    };
    let row = |row: &app::records::ShownRecord| {
        let record = &row.record;
        json!({
            "kind": words::records::kind(record.key.kind),
            "label": record.label,
            "title": record.title,
            "section": record.section.as_ref().map(|s| app.section_name(s)).unwrap_or_default(),
            "class": record.class_title,
            "begun": on(record.begun_on),
            "ended": on(record.ended_on),
            "destroyed": record.disposal.destroyed_at.map(day).unwrap_or_default(),
            "proposed_by": who(&record.disposal.proposed),
            "decided_by": who(&record.disposal.decided),
        })
    };
    object(
        json!({ "count": list.rows.len().to_string(), "rows": list.rows.iter().map(row).collect::<Value>() }),
    )
}
