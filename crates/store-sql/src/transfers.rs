//! Transfers in the database: one with its files, recipients and decisions.
//!
//! Owns how a transfer is taken apart into rows and put together again, and the derived columns that the lists
//! walk. Leaves the lists to [`crate::lists`] and what may change to `workflow`.

use app::ports::StoreError;
use workflow::{
    Millis,
    id::{BlobId, FileId, SectionId, TransferId, UserId, ZoneId},
    route::{Approval, Decision, Term, Verdict},
    transfer::{File, FileState, Recipient, State, Stored, Transfer},
};

use crate::{
    db::{Conn, Row, Value, args, corrupt, int, json},
    sql::{self, Bulk, Sql},
};

/// The transfer as it is. The caller sees to it that nobody changes it between the statements: by a snapshot, or by
/// a transaction that has it locked.
pub(crate) async fn read(conn: &mut Conn<'_>, id: &TransferId) -> Result<Option<Transfer>, StoreError> {
    read_with(conn, &sql::TRANSFER, id).await
}

/// As [`read`], and nobody else changes it until this transaction ends. SQLite has one writer and needs no lock for
/// that; PostgreSQL locks the row, which every writer of any part of the transfer locks first.
pub(crate) async fn read_to_change(
    conn: &mut Conn<'_>,
    id: &TransferId,
) -> Result<Option<Transfer>, StoreError> {
    read_with(conn, &sql::TRANSFER_TO_CHANGE, id).await
}

async fn read_with(
    conn: &mut Conn<'_>,
    statement: &Sql,
    id: &TransferId,
) -> Result<Option<Transfer>, StoreError> {
    let Some(row) = conn.row(statement, &args![id]).await? else { return Ok(None) };
    let files = conn.rows(&sql::TRANSFER_FILES, &args![id]).await?;
    let recipients = conn.rows(&sql::TRANSFER_RECIPIENTS, &args![id]).await?;
    let decisions = conn.rows(&sql::TRANSFER_DECISIONS, &args![id]).await?;
    let form: Form = row.json("form")?;
    Ok(Some(Transfer {
        id: TransferId::new(row.text("id")?),
        number: row.int("number")?,
        channel: row.text("channel")?,
        from_zone: ZoneId::new(row.text("from_zone")?),
        to_zone: ZoneId::new(row.text("to_zone")?),
        submitter: UserId::new(row.text("submitter")?),
        section: SectionId::new(row.text("section")?),
        subject: row.text("subject")?,
        purpose: row.text("purpose")?,
        classification: row.text("classification")?,
        personal_data: form.personal_data,
        answers: form.answers,
        recipients: recipients.iter().map(read_recipient).collect::<Result<_, _>>()?,
        files: files.iter().map(read_file).collect::<Result<_, _>>()?,
        state: row.word("state", State::from_id)?,
        approval: Approval {
            round: row.number("round")?,
            route: row.json("route")?,
            step: row.number("step")?,
            decisions: decisions.iter().map(read_decision).collect::<Result<_, _>>()?,
        },
        openings: row.json("openings")?,
        term: read_term(&row)?,
        pack_version: row.text("pack_version")?,
        submitted_at: row.int("submitted_at")?,
        changed_at: row.int("changed_at")?,
        version: row.int("version")?,
    }))
}

pub(crate) async fn of_submission(conn: &mut Conn<'_>, key: &str) -> Result<Option<TransferId>, StoreError> {
    let row = conn.row(&sql::TRANSFER_OF_SUBMISSION, &args![key]).await?;
    row.map(|row| row.text("id").map(TransferId::new)).transpose()
}

pub(crate) async fn next_number(conn: &mut Conn<'_>) -> Result<i64, StoreError> {
    conn.row(&sql::NEXT_NUMBER, &[]).await?.ok_or(StoreError::Conflict)?.int("value")
}

/// Makes the next number higher than this one, for the bulk loader.
pub(crate) async fn raise_number(conn: &mut Conn<'_>, number: i64) -> Result<(), StoreError> {
    conn.run(&sql::RAISE_NUMBER, &args![number]).await.map(|_| ())
}

/// Inserts several at once, each with its submission key.
pub(crate) async fn insert(conn: &mut Conn<'_>, transfers: &[(&Transfer, &str)]) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(transfers.len());
    let (mut files, mut recipients, mut decisions) = (Vec::new(), Vec::new(), Vec::new());
    for (transfer, submission) in transfers {
        let mut values = transfer_values(transfer)?;
        values.push(Value::from(transfer.version));
        values.push(Value::from(*submission));
        rows.push(values);
        let parts = Parts::of(transfer)?;
        files.extend(parts.files);
        recipients.extend(parts.recipients);
        decisions.extend(parts.decisions);
    }
    conn.bulk(&sql::INSERT_TRANSFERS, &rows).await?;
    conn.bulk(&sql::INSERT_FILES, &files).await?;
    conn.bulk(&sql::INSERT_RECIPIENTS, &recipients).await?;
    conn.bulk(&sql::INSERT_DECISIONS, &decisions).await?;
    Ok(())
}

/// Replaces `before`, which is what is stored, by `after`; only parts that differ are written, so that a transfer of
/// 200 files does not write 200 reports when one of them is done.
pub(crate) async fn update(
    conn: &mut Conn<'_>,
    before: &Transfer,
    after: &Transfer,
) -> Result<(), StoreError> {
    let mut values = transfer_values(after)?;
    values.push(Value::from(after.version));
    conn.run_one(&sql::UPDATE_TRANSFER, &values).await?;
    let (old, new) = (Parts::of(before)?, Parts::of(after)?);
    replace(conn, &after.id, &sql::REMOVE_FILE, &sql::INSERT_FILES, &old.files, new.files).await?;
    replace(
        conn,
        &after.id,
        &sql::REMOVE_RECIPIENT,
        &sql::INSERT_RECIPIENTS,
        &old.recipients,
        new.recipients,
    )
    .await?;
    replace(conn, &after.id, &sql::REMOVE_DECISION, &sql::INSERT_DECISIONS, &old.decisions, new.decisions)
        .await
}

/// Removes the rows that differ or are gone before it inserts: a file may have moved to another place.
async fn replace(
    conn: &mut Conn<'_>,
    id: &TransferId,
    remove: &Sql,
    insert: &Bulk,
    old: &[Vec<Value<'_>>],
    new: Vec<Vec<Value<'_>>>,
) -> Result<(), StoreError> {
    for (place, row) in old.iter().enumerate() {
        if new.get(place) != Some(row) {
            conn.run_one(remove, &args![id, int(place)?]).await?;
        }
    }
    let changed: Vec<_> = new
        .into_iter()
        .enumerate()
        .filter(|(place, row)| old.get(*place) != Some(row))
        .map(|(_, row)| row)
        .collect();
    conn.bulk(insert, &changed).await.map(|_| ())
}

/// The values of the first 29 columns of [`sql::INSERT_TRANSFERS`] and of [`sql::UPDATE_TRANSFER`].
fn transfer_values(t: &Transfer) -> Result<Vec<Value<'_>>, StoreError> {
    let open = t.open_step();
    Ok(args![
        &t.id,
        t.number,
        &t.channel,
        &t.from_zone,
        &t.to_zone,
        &t.submitter,
        &t.section,
        &t.subject,
        &t.purpose,
        &t.classification,
        t.state.id(),
        t.approval.round,
        json(&t.approval.route)?,
        int(t.approval.step)?,
        int(t.files.len())?,
        t.term.due_at,
        t.term.reminded_at,
        t.term.expires_at,
        &t.pack_version,
        t.submitted_at,
        t.changed_at,
        open.map(|step| step.role.as_str()),
        open.map(|step| step.scope.column()),
        alarm_at(t),
        originals_since(t),
        results_since(t),
        json(&Form { personal_data: t.personal_data, answers: t.answers.clone() })?,
        json(&t.openings)?,
        int(t.files.iter().filter(|f| f.state == FileState::Inspected).count())?,
    ]
    .into())
}

/// What the submitter filled in besides the columns that lists show.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    personal_data: bool,
    answers: std::collections::BTreeMap<String, String>,
}

/// The next moment after which [`Transfer::remind`] or [`Transfer::expire`] has something to do.
fn alarm_at(t: &Transfer) -> Option<Millis> {
    let end = match t.state {
        State::AwaitingApproval | State::Held | State::Returned | State::PulledBack | State::Ready => {
            t.term.expires_at
        }
        _ => None,
    };
    let reminder = match (t.state, t.term.reminded_at) {
        (State::AwaitingApproval, None) => t.term.due_at,
        _ => None,
    };
    [end, reminder].into_iter().flatten().min()
}

/// Since when the originals are of no use: the transfer has ended, or waits for its submitter, who has them.
fn originals_since(t: &Transfer) -> Option<Millis> {
    let waits = t.state.is_final() || t.state.is_with_submitter() || t.state == State::Held;
    (waits && t.files.iter().any(|f| f.original.is_some())).then_some(t.changed_at)
}

/// Since when the clean files and previews are of no use: the transfer has ended, and a received one may not be
/// taken again.
fn results_since(t: &Transfer) -> Option<Millis> {
    let left = t.files.iter().any(|f| f.clean.is_some() || f.preview.is_some());
    let end = match t.state {
        State::Received => t.term.expires_at.map_or(t.changed_at, |end| end.max(t.changed_at)),
        _ => t.changed_at,
    };
    (left && t.state.is_final()).then_some(end)
}

/// The rows of the other tables.
struct Parts<'a> {
    files: Vec<Vec<Value<'a>>>,
    recipients: Vec<Vec<Value<'a>>>,
    decisions: Vec<Vec<Value<'a>>>,
}

impl<'a> Parts<'a> {
    fn of(t: &'a Transfer) -> Result<Self, StoreError> {
        let files = t.files.iter().enumerate().map(|(place, file)| file_values(t, place, file));
        let recipients = t.recipients.iter().enumerate().map(|(place, r)| {
            let values =
                args![&t.id, int(place)?, &r.user, r.received_at, &t.to_zone, t.state.id(), t.submitted_at];
            Ok(values.into())
        });
        let decisions = t
            .approval
            .decisions
            .iter()
            .enumerate()
            .map(|(place, d)| decision_values(t.id.as_str(), place, d));
        Ok(Self {
            files: files.collect::<Result<_, StoreError>>()?,
            recipients: recipients.collect::<Result<_, StoreError>>()?,
            decisions: decisions.collect::<Result<_, StoreError>>()?,
        })
    }
}

fn file_values<'a>(t: &'a Transfer, place: usize, f: &'a File) -> Result<Vec<Value<'a>>, StoreError> {
    let mut values: Vec<Value<'a>> =
        args![&t.id, int(place)?, &f.id, f.untrusted_name.as_bytes(), f.untrusted_folder.as_bytes()].into();
    for stored in [&f.original, &f.clean, &f.preview] {
        let stored = stored.as_ref();
        values.extend(args![
            stored.map(|s| &s.zone),
            stored.map(|s| s.blob.as_str()),
            stored.map(|s| s.sha256.as_str()),
            stored.map(|s| int(s.bytes)).transpose()?,
        ]);
    }
    values.extend(args![
        f.state.id(),
        f.report.as_ref().map(json).transpose()?,
        f.attempts,
        f.original_erased_at,
        f.clean_erased_at,
    ]);
    Ok(values)
}

/// The values of a row of decisions about whatever has this id.
pub(crate) fn decision_values<'a>(
    id: &'a str,
    place: usize,
    d: &'a Decision,
) -> Result<Vec<Value<'a>>, StoreError> {
    Ok(args![
        id,
        int(place)?,
        d.round,
        int(d.step)?,
        &d.by,
        d.on_behalf_of.as_ref(),
        d.verdict.id(),
        &d.comment,
        &d.content_hash,
        d.at,
        d.reviewed_at,
        json(&d.vouches)?,
    ]
    .into())
}

fn read_recipient(row: &Row) -> Result<Recipient, StoreError> {
    Ok(Recipient { user: UserId::new(row.text("user_id")?), received_at: row.int_maybe("received_at")? })
}

pub(crate) fn read_term(row: &Row) -> Result<Term, StoreError> {
    Ok(Term {
        due_at: row.int_maybe("due_at")?,
        reminded_at: row.int_maybe("reminded_at")?,
        expires_at: row.int_maybe("expires_at")?,
    })
}

pub(crate) fn read_decision(row: &Row) -> Result<Decision, StoreError> {
    Ok(Decision {
        round: row.number("round")?,
        step: row.number("step")?,
        by: UserId::new(row.text("decided_by")?),
        on_behalf_of: row.text_maybe("on_behalf_of")?.map(UserId::new),
        verdict: row.word("verdict", Verdict::from_id)?,
        comment: row.text("comment")?,
        content_hash: row.text("content_hash")?,
        at: row.int("decided_at")?,
        reviewed_at: row.int_maybe("reviewed_at")?,
        vouches: row.json("vouches")?,
    })
}

fn read_file(row: &Row) -> Result<File, StoreError> {
    Ok(File {
        id: FileId::new(row.text("id")?),
        untrusted_name: read_untrusted(row, "untrusted_name")?,
        untrusted_folder: read_untrusted(row, "untrusted_folder")?,
        original: read_stored(row, ["original_zone", "original_blob", "original_sha256", "original_bytes"])?,
        clean: read_stored(row, ["clean_zone", "clean_blob", "clean_sha256", "clean_bytes"])?,
        preview: read_stored(row, ["preview_zone", "preview_blob", "preview_sha256", "preview_bytes"])?,
        state: row.word("state", FileState::from_id)?,
        report: row
            .text_maybe("report")?
            .map(|text| serde_json::from_str(&text).map_err(|_| corrupt("report")))
            .transpose()?,
        attempts: row.number("attempts")?,
        original_erased_at: row.int_maybe("original_erased_at")?,
        clean_erased_at: row.int_maybe("clean_erased_at")?,
    })
}

fn read_untrusted(row: &Row, column: &str) -> Result<String, StoreError> {
    String::from_utf8(row.bytes(column)?).map_err(|_| corrupt(column))
}

fn read_stored(row: &Row, columns: [&str; 4]) -> Result<Option<Stored>, StoreError> {
    let [zone, blob, sha256, bytes] = columns;
    let Some(address) = row.text_maybe(blob)? else { return Ok(None) };
    Ok(Some(Stored {
        zone: ZoneId::new(row.text(zone)?),
        blob: BlobId::new(address),
        sha256: row.text(sha256)?,
        bytes: row.number(bytes)?,
    }))
}
