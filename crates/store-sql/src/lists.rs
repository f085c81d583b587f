//! Lists of transfers, newest submission first.
//!
//! Owns which index serves which question. A question with several roles, sections or states is asked once for each
//! of them, each a walk along one index that ends after a page, and the answers are merged here: the cost of a page
//! depends on the page, not on the table.

use app::{
    model::{Cursor, DueErasure, PAGE_ROWS_MAX, Page, TransferQuery, TransferRow, TransferView},
    ports::StoreError,
};
use workflow::{
    Millis,
    id::{BlobId, SectionId, TransferId, UserId, ZoneId},
    transfer::State,
};

use crate::{
    db::{Changes, Conn, Db, Link, Row, Value, args},
    sql::{self, FIRST_AT, Sql},
};

/// States in which a recipient sees a transfer.
const RELEASED: [State; 2] = [State::Ready, State::Received];

/// One walk: a list, the count of the same, and their first values.
struct Walk<'a> {
    list: &'static Sql,
    count: &'static Sql,
    key: Vec<Value<'a>>,
}

impl<'a> Walk<'a> {
    fn new(list: &'static Sql, count: &'static Sql, key: impl Into<Vec<Value<'a>>>) -> Self {
        Self { list, count, key: key.into() }
    }
}

fn walks(query: &TransferQuery) -> Vec<Walk<'_>> {
    // A state named twice would be counted twice.
    let mut states = query.states.clone();
    states.sort_unstable();
    states.dedup();
    match &query.view {
        TransferView::All if states.is_empty() => {
            vec![Walk::new(&sql::LIST_ALL, &sql::COUNT_ALL, args![])]
        }
        TransferView::All => states
            .iter()
            .map(|state| Walk::new(&sql::LIST_STATE, &sql::COUNT_STATE, args![state.id()]))
            .collect(),
        TransferView::SubmittedBy(user) if states.is_empty() => {
            vec![Walk::new(&sql::LIST_SUBMITTER, &sql::COUNT_SUBMITTER, args![user])]
        }
        TransferView::SubmittedBy(user) => states
            .iter()
            .map(|state| {
                Walk::new(&sql::LIST_SUBMITTER_STATE, &sql::COUNT_SUBMITTER_STATE, args![user, state.id()])
            })
            .collect(),
        TransferView::OfSections(sections) => {
            let sections: std::collections::BTreeSet<_> = sections.iter().collect();
            sections
                .into_iter()
                .flat_map(|section| {
                    if states.is_empty() {
                        vec![Walk::new(&sql::LIST_SECTION, &sql::COUNT_SECTION, args![section])]
                    } else {
                        states
                            .iter()
                            .map(|state| {
                                Walk::new(
                                    &sql::LIST_SECTION_STATE,
                                    &sql::COUNT_SECTION_STATE,
                                    args![section, state.id()],
                                )
                            })
                            .collect()
                    }
                })
                .collect()
        }
        TransferView::AwaitingRoles(roles) => {
            if !states.is_empty() && !states.contains(&State::AwaitingApproval) {
                return Vec::new();
            }
            let roles: std::collections::BTreeSet<_> = roles.iter().collect();
            roles
                .into_iter()
                .map(|(role, scope)| Walk::new(&sql::LIST_OPEN, &sql::COUNT_OPEN, args![role, scope]))
                .collect()
        }
        TransferView::AddressedTo { user, zone } => RELEASED
            .iter()
            .filter(|state| states.is_empty() || states.contains(state))
            .map(|state| {
                Walk::new(
                    &sql::LIST_RECIPIENT_STATE,
                    &sql::COUNT_RECIPIENT_STATE,
                    args![user, zone, state.id()],
                )
            })
            .collect(),
    }
}

/// What several walks must share so that a transfer that changes meanwhile is not seen twice or not at all. A single
/// statement sees one moment by itself.
enum Moment {
    One(Link),
    Many(Changes),
}

impl Moment {
    async fn of(db: &Db, walks: &[Walk<'_>]) -> Result<Self, StoreError> {
        Ok(if walks.len() > 1 { Self::Many(db.snapshot().await?) } else { Self::One(db.reader().await?) })
    }

    fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::One(link) => link.conn(),
            Self::Many(snapshot) => snapshot.conn(),
        }
    }
}

pub(crate) async fn page(db: &Db, query: &TransferQuery) -> Result<Page<TransferRow>, StoreError> {
    let limit = query.page.limit.clamp(1, PAGE_ROWS_MAX);
    let (at, id) = start(query.page.after.as_ref());
    let walks = walks(query);
    let mut moment = Moment::of(db, &walks).await?;
    let mut conn = moment.conn();
    let mut rows = Vec::new();
    for walk in walks {
        let mut values = walk.key;
        // One more than wanted tells whether there is a next page.
        values.extend(args![at, id, limit + 1]);
        for row in conn.rows(walk.list, &values).await? {
            rows.push(read_row(&row)?);
        }
    }
    rows.sort_unstable_by(|a, b| (b.submitted_at, &b.id).cmp(&(a.submitted_at, &a.id)));
    Ok(cut(rows, limit, |row| Cursor { at: row.submitted_at, id: row.id.as_str().to_owned() }))
}

pub(crate) async fn count(db: &Db, query: &TransferQuery, cap: u32) -> Result<u32, StoreError> {
    let mut found = 0_u32;
    let walks = walks(query);
    let mut moment = Moment::of(db, &walks).await?;
    let mut conn = moment.conn();
    for walk in walks {
        if found >= cap {
            break;
        }
        let mut values = walk.key;
        values.extend(args![cap - found]);
        if let Some(row) = conn.row(walk.count, &values).await? {
            found = found.saturating_add(row.number("n")?);
        }
    }
    Ok(found.min(cap))
}

pub(crate) async fn reviews_due(
    conn: &mut Conn<'_>,
    user: &UserId,
    limit: u32,
) -> Result<Vec<(TransferRow, usize)>, StoreError> {
    let rows = conn.rows(&sql::REVIEWS_DUE, &args![user, limit.min(PAGE_ROWS_MAX)]).await?;
    rows.iter().map(|row| Ok((read_row(row)?, row.number("place")?))).collect()
}

pub(crate) async fn overdue(
    conn: &mut Conn<'_>,
    now: Millis,
    limit: u32,
) -> Result<Vec<TransferId>, StoreError> {
    ids(conn, &sql::OVERDUE, now, limit).await
}

pub(crate) async fn due_erasures(
    conn: &mut Conn<'_>,
    originals_before: Millis,
    results_before: Millis,
    limit: u32,
) -> Result<Vec<DueErasure>, StoreError> {
    let mut due = Vec::new();
    for transfer in ids(conn, &sql::ORIGINALS_DUE, originals_before, limit).await? {
        due.push(DueErasure { transfer, originals: true });
    }
    let rest = limit.saturating_sub(u32::try_from(due.len()).unwrap_or(u32::MAX));
    for transfer in ids(conn, &sql::RESULTS_DUE, results_before, rest).await? {
        due.push(DueErasure { transfer, originals: false });
    }
    Ok(due)
}

pub(crate) async fn blob_in_use(
    conn: &mut Conn<'_>,
    zone: &ZoneId,
    blob: &BlobId,
) -> Result<bool, StoreError> {
    Ok(conn.row(&sql::BLOB_IN_USE, &args![blob, zone]).await?.is_some())
}

async fn ids(
    conn: &mut Conn<'_>,
    statement: &Sql,
    before: Millis,
    limit: u32,
) -> Result<Vec<TransferId>, StoreError> {
    let rows = conn.rows(statement, &args![before, limit]).await?;
    rows.iter().map(|row| row.text("id").map(TransferId::new)).collect()
}

/// Where a list starts: after the cursor, or before everything.
pub(crate) fn start(after: Option<&Cursor>) -> (Millis, &str) {
    after.map_or((FIRST_AT, ""), |cursor| (cursor.at, cursor.id.as_str()))
}

/// The first `limit` rows, and where the next page starts if there are more.
pub(crate) fn cut<T>(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> Cursor) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(cursor) } else { None };
    Page { rows, next }
}

pub(crate) fn read_row(row: &Row) -> Result<TransferRow, StoreError> {
    Ok(TransferRow {
        id: TransferId::new(row.text("id")?),
        number: row.int("number")?,
        subject: row.text("subject")?,
        from_zone: ZoneId::new(row.text("from_zone")?),
        to_zone: ZoneId::new(row.text("to_zone")?),
        classification: row.text("classification")?,
        state: row.word("state", State::from_id)?,
        submitter: UserId::new(row.text("submitter")?),
        submitter_name: row.text("submitter_name")?,
        section: SectionId::new(row.text("section")?),
        file_count: row.number("file_count")?,
        inspected_count: row.number("inspected_count")?,
        submitted_at: row.int("submitted_at")?,
        changed_at: row.int("changed_at")?,
        due_at: row.int_maybe("due_at")?,
    })
}
