//! 文書の保存: what ends soon (廃棄予定), holds, the two words that destroy, and the book of what was destroyed (廃棄簿).
//!
//! Owns rows, forms and files of the two lists. Leaves who sees and does what to `app`.

use app::{
    App, Error,
    actor::Actor,
    records::{
        RecordAct, RecordList, ShownRecord,
        store::{RecordCursor, RecordKey, RecordKind},
    },
};
use axum::{
    Form,
    extract::{Path, Query, State},
    response::Response,
};
use jiff::civil::Date;
use policy::{Mechanism, PrintOf};
use workflow::{
    Millis,
    calendar::{begin_of, fiscal_year},
    id::UserId,
    record::Stage,
};

use super::{
    Pairs,
    acts::{self, Done},
    csv, one, taken, training, view,
};
use crate::{
    dates,
    door::Signed,
    print,
    site::{Site, at_form, render, when},
    words,
};

const BASIS: &[Mechanism] = &[Mechanism::RetentionErase];
const LIST_ROWS: u32 = 50;
/// Rows that are read at once for a file.
const FILE_ROWS: u32 = 200;

fn on(day: Date) -> dates::When {
    when(begin_of(day))
}

/// Every row of a list, up to so many.
///
/// # Errors
/// [`Error::TooMany`] when there are more; otherwise as [`App::records`].
pub(crate) async fn whole(app: &App, actor: &Actor, book: bool, rows_max: usize) -> app::Result<RecordList> {
    let mut all = RecordList::default();
    let mut after = None;
    loop {
        let part = app.records(actor, book, after, FILE_ROWS).await?;
        all.rows.extend(part.rows);
        all.names.extend(part.names);
        if all.rows.len() > rows_max {
            return Err(Error::TooMany { limit: u32::try_from(rows_max).unwrap_or(u32::MAX) });
        }
        after = part.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// A place in a list, as an address carries it.
pub(crate) fn cursor_text(cursor: &RecordCursor) -> String {
    format!("{}~{}~{}", cursor.at, cursor.key.kind.id(), cursor.key.subject)
}

pub(crate) fn cursor(text: &str) -> Option<RecordCursor> {
    let (at, rest) = text.split_once('~')?;
    let (kind, subject) = rest.split_once('~')?;
    let key = RecordKey { kind: RecordKind::from_id(kind)?, subject: subject.to_owned() };
    Some(RecordCursor { at: at.to_owned(), key })
}

pub(crate) async fn list(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    list_page(&site, &who.actor, &query, Vec::new()).await
}

async fn list_page(site: &Site, actor: &Actor, query: &Pairs, errors: Vec<view::FieldError>) -> Response {
    let app = site.app();
    let book = one(query, "tray") == "book";
    if let Some(answer) = taken::file_if_asked(site, actor, query, taken_out(&app, actor, book)).await {
        return answer;
    }
    let after = cursor(one(query, "after"));
    let later = after.is_some();
    let list = match app.records(actor, book, after, LIST_ROWS).await {
        Ok(list) => list,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let base = if book { "/records?tray=book" } else { "/records" };
    let mark = if book { '&' } else { '?' };
    let tab = |href: &str, label: &str, current| view::Tab {
        href: href.to_owned(),
        label: label.to_owned(),
        current,
    };
    let mut frame = site.frame(Some(actor), "文書の保存期間", "/records", BASIS, one(query, "done"));
    if book {
        frame.prints = print::offers(&app, PrintOf::RecordBook, "", "/records", "");
    }
    render(&view::RecordsPage {
        frame,
        tabs: vec![tab("/records", "廃棄予定", !book), tab("/records?tray=book", "廃棄簿", book)],
        book,
        rows: list.rows.iter().map(|row| row_view(&app, row, &list)).collect(),
        next_href: list
            .next
            .as_ref()
            .map(|c| format!("{base}{mark}after={}", view::query_part(&cursor_text(c)))),
        first_href: base.to_owned(),
        later,
        downloads: taken::Format::hrefs(base),
        errors,
    })
}

/// That a thing was destroyed, for its page.
pub(crate) fn gone(record: Option<&app::records::store::Record>) -> Option<String> {
    let record = record?;
    let at = record.disposal.destroyed_at?;
    Some(format!(
        "{}が終わり、{}に廃棄しました。内容は、添付ファイルや変更の履歴の言葉も含めて、消してあります。だれが決めたかは廃棄簿にあります。",
        record.class_title,
        when(at).day
    ))
}

fn row_view(app: &App, row: &ShownRecord, list: &RecordList) -> view::RecordRowView {
    let record = &row.record;
    let disposal = &record.disposal;
    let (word, tone) = words::records::stage(disposal.stage);
    let name = |id: &UserId| list.names.get(id).cloned().unwrap_or_default();
    let said = |verb: &str, said: &Option<(UserId, Millis)>| {
        said.as_ref().map(|(by, at)| format!("{} {}さんが{verb}", when(*at).short, name(by)))
    };
    let mut words = Vec::new();
    if let Some(hold) = &disposal.hold {
        words.push(format!("{}まで保留({}さん): {}", on(hold.until).day, name(&hold.by), hold.reason));
    }
    words.extend(said("廃棄を起案", &disposal.proposed));
    words.extend(said("廃棄を決裁", &disposal.decided));
    words.extend(disposal.destroyed_at.map(|at| format!("{} 廃棄", when(at).short)));
    let path = format!("{}/{}", record.key.kind.id(), view::path_part(&record.key.subject));
    view::RecordRowView {
        href: match record.key.kind {
            RecordKind::Request => format!("/requests/{}", view::path_part(&record.key.subject)),
            RecordKind::Task => format!("/tasks/{}", view::path_part(&record.key.subject)),
            // A register and a number: neither has a letter that an address would not take.
            RecordKind::Row => format!("/registers/{}", record.key.subject),
            RecordKind::Course => training::year_href(&record.form, fiscal_year(record.begun_on)),
        },
        action: format!("/records/{path}"),
        id: path.replace(['/', '%'], "-"),
        kind: words::records::kind(record.key.kind).to_owned(),
        label: record.label.clone(),
        title: record.title.clone(),
        section: record.section.as_ref().map(|s| app.section_name(s)).unwrap_or_else(|| "全庁".to_owned()),
        class: record.class_title.clone(),
        ended: on(record.ended_on),
        from: on(disposal.destroyed_from),
        stage: view::Chip { word: word.to_owned(), tone },
        words,
        may_hold: row.may.hold,
        is_held: disposal.stage == Stage::Held,
        may_propose: row.may.propose,
        may_decide: row.may.decide,
    }
}

async fn taken_out(app: &App, actor: &Actor, book: bool) -> app::Result<taken::Taken> {
    use workbook::Kind::{Day, LongText, Moment, Number, Text};
    let list = whole(app, actor, book, csv::ROWS_MAX).await?;
    let heads = [
        ("種類", Text),
        ("番号", Text),
        ("名前", Text),
        ("課", Text),
        ("保存期間の区分", Text),
        ("年数", Number),
        ("始まった日", Day),
        ("終わった日", Day),
        ("廃棄できる日", Day),
        ("状態", Text),
        ("保留の理由", LongText),
        ("保留の期限", Day),
        ("起案した人", Text),
        ("決裁した人", Text),
        ("廃棄した日時", Moment),
    ];
    let row = |row: &ShownRecord| {
        let record = &row.record;
        let disposal = &record.disposal;
        let who = |said: &Option<(UserId, Millis)>| {
            said.as_ref().and_then(|(by, _)| list.names.get(by)).cloned().unwrap_or_default()
        };
        vec![
            words::records::kind(record.key.kind).to_owned(),
            record.label.clone(),
            record.title.clone(),
            record.section.as_ref().map(|s| app.section_name(s)).unwrap_or_default(),
            record.class_title.clone(),
            record.years.to_string(),
            record.begun_on.to_string(),
            record.ended_on.to_string(),
            disposal.destroyed_from.to_string(),
            words::records::stage(disposal.stage).0.to_owned(),
            disposal.hold.as_ref().map(|h| h.reason.clone()).unwrap_or_default(),
            disposal.hold.as_ref().map(|h| h.until.to_string()).unwrap_or_default(),
            who(&disposal.proposed),
            who(&disposal.decided),
            disposal.destroyed_at.map(dates::iso).unwrap_or_default(),
        ]
    };
    let (name, title) = if book { ("record-book", "廃棄簿") } else { ("records-ending", "廃棄予定") };
    Ok(taken::Taken::new(name, title, heads, list.rows.iter().map(row)))
}

pub(crate) async fn act(
    State(site): State<Site>,
    who: Signed,
    Path((kind, subject)): Path<(String, String)>,
    Form(form): Form<Pairs>,
) -> Response {
    let Some(kind) = RecordKind::from_id(&kind) else { return site.fail(Some(&who.actor), &Error::NotFound) };
    let (act, done) = match one(&form, "act") {
        "hold" => match policy::day_typed(one(&form, "until")).and_then(|day| day.parse().ok()) {
            Some(until) => {
                (RecordAct::Hold { reason: one(&form, "reason").to_owned(), until }, "record-held")
            }
            None => {
                let error = Error::Invalid { field: "until", problem: "not-allowed" };
                return list_page(&site, &who.actor, &Pairs::new(), at_form(&error).into_iter().collect())
                    .await;
            }
        },
        "release" => (RecordAct::Release, "record-released"),
        "propose" => (RecordAct::Propose, "record-proposed"),
        "decide" => (RecordAct::Decide, "record-decided"),
        "decline" => (RecordAct::Decline, "record-declined"),
        _ => return site.fail(Some(&who.actor), &Error::Invalid { field: "verdict", problem: "unknown" }),
    };
    let result = site.app().act_on_record(&who.actor, &RecordKey { kind, subject }, &act).await;
    let again = async |error: &Error| {
        list_page(&site, &who.actor, &Pairs::new(), at_form(error).into_iter().collect()).await
    };
    let is_told = |error: &Error| matches!(error, Error::Invalid { .. });
    acts::after(&site, &who.actor, Done { href: "/records", word: done }, result, is_told, again).await
}
