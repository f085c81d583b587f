//! From what the use cases return to what pages show.
//!
//! Owns that mapping only: no rights, no decisions. What may be done comes from the use case as a value.

use std::collections::BTreeMap;

use app::{
    evidence::EvidenceItem,
    model::{Cursor, TransferRow},
    outage::CellsStopped,
    transfers::TransferDetail,
};
use policy::Axis;
use worker_protocol::{Fidelity, Kind, Report, Road, Severity, Verdict as FileVerdict};
use workflow::{
    Millis,
    id::UserId,
    route::Verdict,
    transfer::{File, FileState, State, Transfer},
};

use super::view::{
    ActButton, Chip, EvidenceRowView, FileView, Happening, InspectionView, KeptView, LevelView, MemberView,
    OutageView, RemovalView, RowView, Station, TransferView, VouchView, path_part, size,
};
use crate::{
    dates,
    site::{Site, when},
    words::{self, Tone},
};

/// Progress of a cell that has ended.
const DONE: u16 = 1_000;
/// Places named in one removal; the rest is in the evidence.
const PLACES_MAX: usize = 5;
/// Members of an archive listed on the page.
const MEMBERS_MAX: usize = 200;

pub(crate) fn state_chip(state: State) -> Chip {
    let (word, tone, _) = words::state(state);
    Chip { word: word.to_owned(), tone }
}

pub(crate) fn row(site: &Site, row: &TransferRow, action: &str) -> RowView {
    RowView {
        href: format!("/transfers/{}", path_part(row.id.as_str())),
        number: dates::transfer_number(row.number, row.submitted_at),
        subject: row.subject.clone(),
        from: site.zone_view(row.from_zone.as_str()),
        to: site.zone_view(row.to_zone.as_str()),
        classification: level_title(site, &row.classification),
        state: state_chip(row.state),
        inspected: row.inspected_count,
        submitter: row.submitter_name.clone(),
        section: site.app().section_name(&row.section),
        files: row.file_count,
        submitted: when(row.submitted_at),
        due: due(row.state, row.due_at).map(when),
        overdue: due(row.state, row.due_at).is_some_and(|due| due < site.app().now()),
        action: action.to_owned(),
    }
}

/// Until when somebody must act. Of what has ended the files may be taken again for a while, which nobody must.
pub(crate) fn due(state: State, due_at: Option<Millis>) -> Option<Millis> {
    due_at.filter(|_| !state.is_final())
}

pub(crate) fn outage(stopped: &CellsStopped) -> OutageView {
    OutageView { since: when(stopped.since), next_try: when(stopped.next_try), cause: stopped.cause.clone() }
}

pub(crate) fn level_title(site: &Site, id: &str) -> String {
    site.app().pack().levels().iter().find(|l| l.id == id).map_or_else(|| id.to_owned(), |l| l.title.clone())
}

pub(crate) fn levels(site: &Site, chosen: &str) -> Vec<LevelView> {
    site.app()
        .pack()
        .levels_of(Axis::Confidentiality)
        .map(|level| LevelView {
            id: level.id.clone(),
            title: level.title.clone(),
            handling: level.meaning.clone(),
            chosen: level.id == chosen,
        })
        .collect()
}

pub(crate) fn transfer(site: &Site, detail: &TransferDetail) -> TransferView {
    let t = &detail.transfer;
    let app = site.app();
    let pack = app.pack();
    let (_, _, mut said) = words::state(t.state);
    if t.state == State::AwaitingApproval && t.files.iter().any(|f| f.state == FileState::Inspected) {
        said =
            "無害化していないファイルがあります。承認する人が原本を確かめて認めるまで、相手には渡りません。";
    }
    let name = |id: &UserId| detail.names.get(id).cloned().unwrap_or_else(|| "(不明)".to_owned());
    let level = pack.levels().iter().find(|l| l.id == t.classification);
    TransferView {
        href: format!("/transfers/{}", path_part(t.id.as_str())),
        number: dates::transfer_number(t.number, t.submitted_at),
        subject: t.subject.clone(),
        purpose: t.purpose.clone(),
        classification: level_title(site, &t.classification),
        handling: level.map(|l| l.handling.join(" ")).unwrap_or_default(),
        personal_data: t.personal_data,
        answers: t.answers.iter().map(|(id, answer)| (field_title(site, id), answer.clone())).collect(),
        from: site.zone_view(t.from_zone.as_str()),
        to: site.zone_view(t.to_zone.as_str()),
        submitter: name(&t.submitter),
        section: detail.section_name.clone(),
        recipients: t.recipients.iter().map(|r| (name(&r.user), r.received_at.map(when))).collect(),
        submitted: when(t.submitted_at),
        round: t.approval.round,
        state: state_chip(t.state),
        state_id: t.state.id(),
        said: said.to_owned(),
        next: next_actor(site, t, &name),
        due: due(t.state, t.term.due_at).map(when),
        overdue: due(t.state, t.term.due_at).is_some_and(|due| due < site.app().now()),
        is_final: t.state.is_final(),
        stations: stations(site, t, &name),
        files: t.files.iter().map(|f| file(site, detail, f)).collect(),
        outage: detail.cells_stopped.as_ref().map(outage),
    }
}

fn field_title(site: &Site, id: &str) -> String {
    let app = site.app();
    app.pack()
        .requests()
        .iter()
        .flat_map(|r| &r.fields)
        .find(|f| f.id == id)
        .map_or_else(|| id.to_owned(), |f| f.title.clone())
}

fn next_actor(site: &Site, t: &Transfer, name: &dyn Fn(&UserId) -> String) -> String {
    match t.state {
        State::AwaitingApproval => t.open_step().map_or_else(String::new, |step| {
            let app = site.app();
            let role = app.pack().role_title(&step.role);
            let raised = if step.raised_from.is_some() { "(上位の役割)" } else { "" };
            format!("{role}{raised}が「{}」を行います", step.title)
        }),
        State::Held => format!("{}さんが、保留のファイルの扱いを決めます", name(&t.submitter)),
        State::Returned | State::PulledBack => {
            format!("{}さんが、直して再提出するか取り下げます", name(&t.submitter))
        }
        State::Ready => {
            let waiting: Vec<_> =
                t.recipients.iter().filter(|r| r.received_at.is_none()).map(|r| name(&r.user)).collect();
            format!(
                "{}の画面で、{}さんが受け取ります",
                site.zone_view(t.to_zone.as_str()).label,
                waiting.join("さん、")
            )
        }
        State::Sanitising => "検査が終わるまで、どなたの操作も要りません".to_owned(),
        State::Refused | State::Rejected | State::Withdrawn | State::Expired | State::Received => {
            String::new()
        }
    }
}

fn stations(site: &Site, t: &Transfer, name: &dyn Fn(&UserId) -> String) -> Vec<Station> {
    let station = |title: &str, who: String, standing| Station { title: title.to_owned(), who, standing };
    let past_cell = matches!(
        t.state,
        State::AwaitingApproval | State::Ready | State::Received | State::Rejected | State::Returned
    );
    let mut all = vec![
        station("提出", name(&t.submitter), "done"),
        station(
            "無害化",
            String::new(),
            match t.state {
                State::Sanitising | State::Held => "now",
                State::Refused => "stop",
                _ if past_cell => "done",
                _ => "todo",
            },
        ),
    ];
    for (index, step) in t.approval.route.steps.iter().enumerate() {
        let decision =
            t.approval.decisions.iter().rev().find(|d| d.round == t.approval.round && d.step == index);
        let standing = match decision.map(|d| d.verdict) {
            Some(Verdict::Approve) => "done",
            Some(Verdict::Return | Verdict::Reject) => "stop",
            None if t.state == State::AwaitingApproval && t.approval.step == index => "now",
            None => "todo",
        };
        let who = decision.map_or_else(
            || {
                let raised = if step.raised_from.is_some() { "(上位の役割)" } else { "" };
                format!("{}{raised}", site.app().pack().role_title(&step.role))
            },
            |d| {
                let deputy = if d.on_behalf_of.is_some() { "(代決)" } else { "" };
                format!("{}{deputy}", name(&d.by))
            },
        );
        all.push(station(&step.title, who, standing));
    }
    let receipt = match t.state {
        State::Ready => "now",
        State::Received => "done",
        State::Expired | State::Withdrawn => "stop",
        _ => "todo",
    };
    let title = match t.state {
        State::Expired => "期限切れ",
        State::Withdrawn => "取下げ",
        _ => "受取",
    };
    all.push(station(title, String::new(), receipt));
    all
}

/// 検査確認 of one file, as the person who looks stands to it.
fn inspection(site: &Site, detail: &TransferDetail, f: &File, base: &str) -> Option<InspectionView> {
    if f.state != FileState::Inspected {
        return None;
    }
    let t = &detail.transfer;
    let name = |id: &UserId| detail.names.get(id).cloned().unwrap_or_default();
    let vouched: Vec<VouchView> = t
        .vouches_of(&f.id)
        .map(|(decision, vouch)| {
            let deputy = if decision.on_behalf_of.is_some() { "(代決)" } else { "" };
            let who = format!("{}{deputy}", name(&decision.by));
            VouchView { who, at: when(decision.at), note: vouch.note.clone() }
        })
        .collect();
    let (word, tone) = if vouched.is_empty() { ("未検査", Tone::Wait) } else { ("検査済", Tone::Good) };
    Some(InspectionView {
        standing: Chip { word: word.to_owned(), tone },
        sha256: f.original.as_ref().map(|o| o.sha256.clone()).unwrap_or_default(),
        opened: t.opened_at(f, &detail.viewer).map(when),
        open_action: (detail.may.inspect && f.original.is_some()).then(|| format!("{base}/original")),
        zone: site.zone_view(t.from_zone.as_str()),
        members: f.report.as_ref().map(unchanged_members).unwrap_or_default(),
        vouched,
        ticked: false,
        note: String::new(),
    })
}

/// The paths of the members that pass unchanged.
fn unchanged_members(report: &Report) -> Vec<String> {
    let mut names = Vec::new();
    for member in &report.members {
        if member.report.road == Some(Road::Inspected) {
            names.push(member.untrusted_name.clone());
        }
        let inner = unchanged_members(&member.report);
        names.extend(inner.into_iter().map(|name| format!("{}/{name}", member.untrusted_name)));
    }
    names.truncate(MEMBERS_MAX);
    names
}

fn file(site: &Site, detail: &TransferDetail, f: &File) -> FileView {
    let (word, tone, said) = words::file_state(f.state);
    let base =
        format!("/transfers/{}/files/{}", path_part(detail.transfer.id.as_str()), path_part(f.id.as_str()));
    let report = f.report.as_ref();
    let bytes = f.original.as_ref().or(f.clean.as_ref()).map(|s| s.bytes);
    let resolve = detail.may.resolve_held && f.state == FileState::Held;
    let wants_password = Transfer::wants_password(f);
    let mut members = Vec::new();
    if let Some(report) = report {
        flatten(report, "", &mut members);
    }
    let clean_name = report.filter(|_| f.state.passes()).map(|r| r.clean_name.as_str());
    let name = clean_name.unwrap_or(&f.untrusted_name).to_owned();
    let at_work = f.state == FileState::Queued;
    let progress = detail.progress.get(&f.id).copied().filter(|_| at_work);
    FileView {
        id: f.id.to_string(),
        original: Some(f.untrusted_name.clone()).filter(|o| *o != name),
        name,
        folder: f.untrusted_folder.clone(),
        kind: report.and_then(|r| r.kind).map(words::kind).unwrap_or_default().to_owned(),
        size: bytes.map(size).unwrap_or_default(),
        state: Chip { word: word.to_owned(), tone },
        said: match progress {
            None if detail.cells_stopped.is_some() && at_work => {
                "無害化のしくみを起動できないため、待っています。".to_owned()
            }
            None if at_work => "検査の順番を待っています。".to_owned(),
            Some(DONE) => "検査が終わり、結果を記録しています。".to_owned(),
            Some(_) => "検査し、無害な形に作り直しています。".to_owned(),
            None => said.to_owned(),
        },
        passes: f.state.passes(),
        at_work,
        permille: progress,
        road: report
            .filter(|_| f.state.passes())
            .and_then(|r| r.road)
            // What was not made says so at length, below its name.
            .filter(|road| *road != Road::Inspected)
            .map(|road| words::road(road).to_owned())
            .unwrap_or_default(),
        kept: report
            .filter(|_| f.state.passes())
            .and_then(|r| r.fidelity.as_ref().map(|fidelity| kept(fidelity, r.kind)))
            .unwrap_or_default(),
        removals: report.map(removals).unwrap_or_default(),
        removals_unlisted: report.map_or(0, |r| r.removals_unlisted),
        members,
        inspection: inspection(site, detail, f, &base),
        trouble: report.and_then(|r| r.reason).map(words::reason).filter(|_| !f.state.passes()),
        preview_href: (detail.may.preview && f.preview.is_some()).then(|| format!("{base}/preview")),
        download_href: (detail.may.receive && f.state.passes() && f.clean.is_some())
            .then(|| format!("{base}/download")),
        password_action: (resolve && wants_password).then(|| format!("{base}/retry")),
        retry_action: (resolve && !wants_password).then(|| format!("{base}/retry")),
        block_action: resolve.then(|| format!("{base}/block")),
        erased: f.clean_erased_at.map(when),
    }
}

/// How much of a file is there after sanitising. What it never had is not spoken of.
fn kept(fidelity: &Fidelity, kind: Option<Kind>) -> Vec<KeptView> {
    [
        ("文字", fidelity.characters),
        ("セル", fidelity.cells),
        (words::leaves(kind), fidelity.pages),
        ("画像", fidelity.pictures),
    ]
    .into_iter()
    .filter(|(_, count)| count.before > 0)
    .map(|(what, count)| KeptView {
        what,
        after: grouped(count.after),
        before: grouped(count.before),
        less: count.after < count.before,
    })
    .collect()
}

/// A number with a comma before every third digit.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// One line for the same removal in several places, what matters most first.
fn removals(report: &Report) -> Vec<RemovalView> {
    let mut found: BTreeMap<_, (u32, Vec<String>)> = BTreeMap::new();
    for removal in &report.removals {
        let (count, places) = found.entry(removal.what).or_default();
        *count = count.saturating_add(removal.count);
        places.push(words::place(removal));
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(what, _)| std::cmp::Reverse(what.severity()));
    found
        .into_iter()
        .map(|(what, (count, mut places))| {
            places.retain(|p| !p.is_empty());
            places.dedup();
            let more = places.len().saturating_sub(PLACES_MAX);
            places.truncate(PLACES_MAX);
            let mut listed = places.join("、");
            if more > 0 {
                listed.push_str(&format!(" ほか{more}か所"));
            }
            let (words, why) = words::threat(what);
            let severity = what.severity();
            RemovalView {
                what: words.to_owned(),
                count,
                why: why.to_owned(),
                places: listed,
                severity: Chip { word: words::severity(severity).to_owned(), tone: severity_tone(severity) },
            }
        })
        .collect()
}

fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::High => Tone::Bad,
        Severity::Medium => Tone::Mixed,
        Severity::Low => Tone::Plain,
    }
}

fn flatten(report: &Report, path: &str, into: &mut Vec<MemberView>) {
    for member in &report.members {
        if into.len() >= MEMBERS_MAX {
            return;
        }
        let name = format!("{path}{}", member.untrusted_name);
        let state = match member.report.verdict {
            FileVerdict::Clean | FileVerdict::Partial if member.report.is_inspected() => FileState::Inspected,
            FileVerdict::Clean => FileState::Clean,
            FileVerdict::Partial => FileState::Partial,
            FileVerdict::Held => FileState::Held,
            FileVerdict::Blocked => FileState::Blocked,
        };
        let (word, tone, _) = words::file_state(state);
        into.push(MemberView {
            name: name.clone(),
            state: Chip { word: word.to_owned(), tone },
            removals: removals(&member.report),
            trouble: member.report.reason.map(words::reason),
        });
        flatten(&member.report, &format!("{name}/"), into);
    }
}

/// What stands in the place of a decision for whoever has to prove himself with a second factor first.
pub(crate) fn factor_first() -> ActButton {
    ActButton {
        href: "/account".to_owned(),
        label: "判断するには、二要素認証を登録してください".to_owned(),
        main: true,
        link: true,
        ..ActButton::default()
    }
}

/// The buttons of the detail page.
pub(crate) fn acts(detail: &TransferDetail) -> Vec<ActButton> {
    let href = format!("/transfers/{}", path_part(detail.transfer.id.as_str()));
    let act = |path: &str, label: &str, confirm: &str| ActButton {
        href: format!("{href}/{path}"),
        label: label.to_owned(),
        confirm: confirm.to_owned(),
        ..ActButton::default()
    };
    let may = &detail.may;
    let mut acts = Vec::new();
    acts.extend(may.decide_after_factor.then(factor_first));
    if may.decide || may.decide_for.is_some() {
        let unchanged = detail.transfer.files.iter().any(|f| f.state == FileState::Inspected);
        let label = match (may.decide, unchanged) {
            (true, false) => "内容を見て判断する",
            (true, true) => "原本を確かめて判断する",
            (false, _) => "代決する",
        };
        acts.push(ActButton { main: true, link: true, ..act("decide", label, "") });
    }
    for index in &may.review {
        acts.push(ActButton {
            main: true, value: index.to_string(), ..act("review", "後閲しました", "")
        });
    }
    if may.resubmit {
        acts.push(ActButton { main: true, link: true, ..act("resubmit", "直して再提出する", "") });
    }
    if may.pull_back {
        acts.push(act("pull-back", "引き戻す", "承認の手続を止めて引き戻します。よろしいですか。"));
    }
    if may.withdraw {
        acts.push(act("withdraw", "取り下げる", "取り下げると、元に戻せません。よろしいですか。"));
    }
    acts
}

pub(crate) fn happening(site: &Site, item: &EvidenceItem) -> Happening {
    Happening {
        at: when(item.at),
        what: what_happened(item),
        who: item.actor_name.clone().unwrap_or_else(|| "システム".to_owned()),
        zone: item.zone.as_ref().map(|z| site.zone_view(z.as_str()).label).unwrap_or_default(),
        said: said(site, item),
        cites: matches!(item.kind.as_str(), "step-raised" | "approver-missing"),
        href: format!("/evidence/{}", path_part(item.id.as_str())),
        index: item.index,
        clauses: site.chips(&item.statements),
    }
}

fn what_happened(item: &EvidenceItem) -> String {
    let words = words::evidence(&item.kind).unwrap_or("記録");
    let verdict = item
        .payload
        .as_ref()
        .and_then(|p| p.pointer("/details/verdict"))
        .and_then(|v| v.as_str())
        .and_then(Verdict::from_id);
    verdict.map_or_else(|| words.to_owned(), |v| format!("{words}: {}", words::verdict(v)))
}

fn said(site: &Site, item: &EvidenceItem) -> String {
    let text = |pointer| item.payload.as_ref()?.pointer(pointer)?.as_str().map(str::to_owned);
    let role = |pointer| text(pointer).map(|id| site.app().pack().role_title(&id).to_owned());
    let told = match item.kind.as_str() {
        "step-raised" => role("/details/from").zip(role("/details/to")).map(|(from, to)| {
            format!("{from}には申請した本人などのほかに決められる人がいないため、{to}が決めます。")
        }),
        "approver-missing" => role("/details/role").map(|role| {
            format!(
                "{role}にも、その上位の役割にも、決められる人がいません。\
                 情報システム管理者が職を登録してから、もう一度送ってください。"
            )
        }),
        "cells-stopped" => text("/details/cause"),
        "file-vouched" => {
            text("/details/name").zip(text("/details/note")).map(|(name, note)| format!("{name}\n{note}"))
        }
        _ => None,
    };
    if let Some(told) = told {
        return told;
    }
    text("/details/comment").or_else(|| text("/details/name")).unwrap_or_default()
}

pub(crate) fn evidence_row(site: &Site, item: &EvidenceItem) -> EvidenceRowView {
    let id = path_part(&item.subject_id);
    let subject_href = match item.subject_kind.as_str() {
        "transfer" => Some(format!("/transfers/{id}")),
        "user" => Some(format!("/people/{id}")),
        "register-row" => Some(super::registers::row_href(&item.subject_id)),
        "request" => Some(format!("/requests/{id}")),
        "task" => Some(format!("/tasks/{id}")),
        "edition" => Some(format!("/editions/{id}")),
        "parameter" => Some(format!("/parameters/{id}")),
        "clause" => Some(format!("/clauses/{id}")),
        _ => None,
    };
    let subject = words::subject(&item.subject_kind).unwrap_or(&item.subject_kind).to_owned();
    EvidenceRowView {
        happening: happening(site, item),
        subject,
        subject_href,
        erased: item.erased_at.is_some(),
        proof_href: item.index.map(|_| format!("/evidence/{}/proof.zip", path_part(item.id.as_str()))),
    }
}

/// A cursor in an address: time and id of the last row.
pub(crate) fn cursor_text(cursor: &Cursor) -> String {
    format!("{}.{}", cursor.at, super::view::query_part(&cursor.id))
}

/// The cursor in an address, if it is one.
pub(crate) fn cursor(text: &str) -> Option<Cursor> {
    let (at, id) = text.split_once('.')?;
    // The longest id is that of a notice about a task.
    (id.len() <= 400).then_some(())?;
    Some(Cursor { at: at.parse::<Millis>().ok()?, id: id.to_owned() })
}

/// The printed stamps: title, name, day, whether a deputy.
pub(crate) fn stamps(detail: &TransferDetail) -> Vec<(String, String, String, bool)> {
    let t = &detail.transfer;
    t.approval
        .decisions
        .iter()
        .filter(|d| d.round == t.approval.round && d.verdict == Verdict::Approve)
        .map(|d| {
            let title = t.approval.route.steps.get(d.step).map(|s| s.title.clone()).unwrap_or_default();
            let name = detail.names.get(&d.by).cloned().unwrap_or_default();
            (title, name, when(d.at).day, d.on_behalf_of.is_some())
        })
        .collect()
}
