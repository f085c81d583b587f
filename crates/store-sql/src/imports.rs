//! Imported texts under review in the database.
//!
//! Owns their rows: a small head for lists, the large text apart, the journal of steps.
//! Leaves what a step means, and the state that the steps lead to, to `app`.

use app::{
    imports::model::{ImportHead, ImportState, ImportStep, ImportText},
    model::{Cursor, PAGE_ROWS_MAX, Page, PageRequest},
    ports::StoreError,
};
use workflow::id::UserId;

use crate::{
    db::{Conn, Row, args, json},
    lists, sql,
};

pub(crate) async fn import(conn: &mut Conn<'_>, id: &str) -> Result<Option<ImportHead>, StoreError> {
    conn.row(&sql::IMPORT, &args![id]).await?.map(|row| read_head(&row)).transpose()
}

pub(crate) async fn page(conn: &mut Conn<'_>, page: &PageRequest) -> Result<Page<ImportHead>, StoreError> {
    let limit = page.limit.clamp(1, PAGE_ROWS_MAX);
    let (at, id) = lists::start(page.after.as_ref());
    // One more than wanted tells whether there is a next page.
    let rows = conn.rows(&sql::IMPORTS, &args![at, id, limit + 1]).await?;
    let heads = rows.iter().map(read_head).collect::<Result<Vec<_>, _>>()?;
    Ok(lists::cut(heads, limit, |head| Cursor { at: head.created_at, id: head.id.clone() }))
}

pub(crate) async fn text(conn: &mut Conn<'_>, id: &str) -> Result<Option<ImportText>, StoreError> {
    conn.row(&sql::IMPORT_TEXT, &args![id])
        .await?
        .map(|row| Ok(ImportText { source: row.bytes("source")?, reading: row.bytes("reading")? }))
        .transpose()
}

pub(crate) async fn steps(conn: &mut Conn<'_>, id: &str, behind: i64) -> Result<Vec<ImportStep>, StoreError> {
    let rows = conn.rows(&sql::IMPORT_STEPS, &args![id, behind]).await?;
    rows.iter()
        .map(|row| {
            Ok(ImportStep {
                import: row.text("import_id")?,
                version: row.int("version")?,
                by: UserId::new(row.text("made_by")?),
                by_name: row.text_maybe("by_name")?,
                at: row.int("made_at")?,
                step: row.text("step")?,
            })
        })
        .collect()
}

pub(crate) async fn insert(
    conn: &mut Conn<'_>,
    head: &ImportHead,
    text: &ImportText,
) -> Result<(), StoreError> {
    let values = args![
        &head.id,
        &head.layer,
        &head.title,
        &head.file,
        &head.file_sha256,
        &head.read_as,
        head.damaged,
        head.chars,
        json(&head.against)?,
        head.state.id(),
        head.statements,
        head.decided,
        &head.by,
        head.created_at,
        head.changed_at,
        head.version,
    ];
    conn.run_one(&sql::INSERT_IMPORT, &values).await?;
    conn.run_one(&sql::INSERT_IMPORT_TEXT, &args![&head.id, &text.source, &text.reading]).await
}

pub(crate) async fn update(conn: &mut Conn<'_>, head: &ImportHead) -> Result<(), StoreError> {
    let values =
        args![&head.id, head.state.id(), head.statements, head.decided, head.changed_at, head.version];
    conn.run_one(&sql::UPDATE_IMPORT, &values).await
}

pub(crate) async fn insert_step(conn: &mut Conn<'_>, step: &ImportStep) -> Result<(), StoreError> {
    let ImportStep { import, version, by, at, step, .. } = step;
    conn.run_one(&sql::INSERT_IMPORT_STEP, &args![import, *version, by, *at, step]).await
}

/// Erasing what is gone already is no error.
pub(crate) async fn erase_text(conn: &mut Conn<'_>, id: &str) -> Result<(), StoreError> {
    conn.run(&sql::ERASE_IMPORT_TEXT, &args![id]).await.map(|_| ())
}

fn read_head(row: &Row) -> Result<ImportHead, StoreError> {
    Ok(ImportHead {
        id: row.text("id")?,
        layer: row.text("layer")?,
        title: row.text("title")?,
        file: row.text("file")?,
        file_sha256: row.text("file_sha256")?,
        read_as: row.text("read_as")?,
        damaged: row.number("damaged")?,
        chars: row.number("chars")?,
        against: row.json("against")?,
        state: row.word("state", ImportState::from_id)?,
        statements: row.number("statements")?,
        decided: row.number("decided")?,
        by: UserId::new(row.text("imported_by")?),
        created_at: row.int("created_at")?,
        changed_at: row.int("changed_at")?,
        version: row.int("version")?,
    })
}
