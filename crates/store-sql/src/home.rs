//! The first screen, over one connection.
//!
//! Owns how few statements it takes: what is asked of every person is one statement for transfers, one for requests, and one
//! for each four of his desks, sections and steps. Leaves who sees what to `app`.

use app::{
    duties::store::TaskRow,
    home::{HomeQuestion, HomeRows, HomeStore, OverviewQuestion, OverviewRows},
    model::{PAGE_ROWS_MAX, TransferRow},
    ports::StoreError,
    requests::store::RequestRow,
};
use async_trait::async_trait;
use workflow::id::{EditionId, SectionId};

use crate::{
    SqlStore,
    db::{Conn, Row, Value, args},
    duties, lists, requests,
    sql::{self, FIRST_AT, home as texts},
};

/// Places that one statement looks at.
const ARMS: usize = 4;
/// Tasks of one group; more of them are told by the list behind it.
const TASKS_MAX: u32 = 50;
/// Editions that are told as unread at most.
const UNREAD_MAX: i64 = 20;

#[async_trait]
impl HomeStore for SqlStore {
    async fn overview(&self, question: &OverviewQuestion) -> Result<OverviewRows, StoreError> {
        let mut link = self.db.reader().await?;
        let mut conn = link.conn();
        let mut found = OverviewRows::default();
        let values = args![question.now, question.overdue_max];
        for row in conn.rows(&sql::duties::OVERDUE_SECTIONS, &values).await? {
            found.overdue.push(row.text_maybe("section")?.map(SectionId::new));
        }
        for form in &question.forms {
            let values = args![form, &question.zone, question.permits_max];
            for row in conn.rows(&texts::PERMITS_OF_FORM, &values).await? {
                found.permits.push(requests::read_row(&row)?);
            }
        }
        Ok(found)
    }

    async fn home(&self, question: &HomeQuestion) -> Result<HomeRows, StoreError> {
        let mut link = self.db.reader().await?;
        let mut conn = link.conn();
        let mut found = HomeRows::default();
        if let Some(limit) = question.own_transfers {
            transfers(&mut conn, question, limit.min(PAGE_ROWS_MAX), &mut found).await?;
        }
        if let Some(limit) = question.own_requests {
            own_requests(&mut conn, question, limit.min(PAGE_ROWS_MAX), &mut found).await?;
        }
        tasks(&mut conn, question, &mut found).await?;
        if question.readings {
            for row in conn.rows(&texts::HOME_READINGS, &args![&question.user, UNREAD_MAX]).await? {
                let edition = EditionId::new(row.text("edition")?);
                found.readings.push((edition, row.text("label")?, row.int_maybe("due_at")?));
            }
        }
        Ok(found)
    }
}

async fn transfers(
    conn: &mut Conn<'_>,
    question: &HomeQuestion,
    limit: u32,
    found: &mut HomeRows,
) -> Result<(), StoreError> {
    for row in conn.rows(&texts::HOME_TRANSFERS, &args![&question.user, &question.zone, limit]).await? {
        let transfer = lists::read_row(&row)?;
        match row.text("part")?.as_str() {
            "receive" => found.to_receive.push(transfer),
            "review" => found.reviews.push((transfer, row.number("place")?)),
            _ => found.own.push(transfer),
        }
    }
    for pairs in question.deciding.chunks(ARMS) {
        let mut values = pairs_of(pairs);
        values.extend(args![&question.zone, limit + 1]);
        for row in conn.rows(&texts::HOME_OPEN, &values).await? {
            found.to_decide.push(lists::read_row(&row)?);
        }
    }
    newest(&mut found.to_decide, limit + 1);
    match &question.held {
        None => {}
        Some(None) => {
            let values = args!["held", FIRST_AT, "", limit];
            push_near(&mut found.held, &conn.rows(&sql::LIST_STATE, &values).await?, question)?;
        }
        Some(Some(sections)) => {
            for section in sections {
                let values = args![section, "held", FIRST_AT, "", limit];
                push_near(&mut found.held, &conn.rows(&sql::LIST_SECTION_STATE, &values).await?, question)?;
            }
            newest(&mut found.held, limit);
        }
    }
    Ok(())
}

/// Only what begins or ends in the zone in which the person stands.
fn push_near(to: &mut Vec<TransferRow>, rows: &[Row], question: &HomeQuestion) -> Result<(), StoreError> {
    for row in rows {
        let row = lists::read_row(row)?;
        if row.from_zone == question.zone || row.to_zone == question.zone {
            to.push(row);
        }
    }
    Ok(())
}

fn newest(rows: &mut Vec<TransferRow>, limit: u32) {
    rows.sort_unstable_by(|a, b| (b.submitted_at, &b.id).cmp(&(a.submitted_at, &a.id)));
    // Between two statements one may have moved from a place to the next.
    rows.dedup_by(|a, b| a.id == b.id);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
}

async fn own_requests(
    conn: &mut Conn<'_>,
    question: &HomeQuestion,
    limit: u32,
    found: &mut HomeRows,
) -> Result<(), StoreError> {
    for row in conn.rows(&texts::HOME_REQUESTS, &args![&question.user, &question.zone, limit]).await? {
        let request = requests::read_row(&row)?;
        match row.text("part")?.as_str() {
            "review" => found.request_reviews.push((request, row.number("place")?)),
            _ => found.own_requests.push(request),
        }
    }
    for pairs in question.deciding.chunks(ARMS) {
        let mut values = pairs_of(pairs);
        values.extend(args![&question.zone, limit + 1]);
        for row in conn.rows(&texts::HOME_OPEN_REQUESTS, &values).await? {
            found.requests_to_decide.push(requests::read_row(&row)?);
        }
    }
    let rows: &mut Vec<RequestRow> = &mut found.requests_to_decide;
    rows.sort_unstable_by(|a, b| (b.submitted_at, &b.id).cmp(&(a.submitted_at, &a.id)));
    rows.dedup_by(|a, b| a.id == b.id);
    rows.truncate(usize::try_from(limit + 1).unwrap_or(usize::MAX));
    Ok(())
}

async fn tasks(conn: &mut Conn<'_>, question: &HomeQuestion, found: &mut HomeRows) -> Result<(), StoreError> {
    for desks in question.desks.chunks(ARMS) {
        let mut values = padded(desks.iter().map(String::as_str));
        values.push(Value::from(TASKS_MAX));
        for row in conn.rows(&sql::duties::HOME_TASKS, &values).await? {
            found.tasks.push(duties::read_row(&row)?);
        }
    }
    match &question.overdue {
        None => {}
        Some(None) => {
            let values = args![question.now, TASKS_MAX];
            for row in conn.rows(&sql::duties::HOME_OVERDUE_ALL, &values).await? {
                found.overdue.push(duties::read_row(&row)?);
            }
        }
        Some(Some(sections)) => {
            for sections in sections.chunks(ARMS) {
                let mut values = padded(sections.iter().map(SectionId::as_str));
                values.extend(args![question.now, TASKS_MAX]);
                for row in conn.rows(&sql::duties::HOME_OVERDUE, &values).await? {
                    found.overdue.push(duties::read_row(&row)?);
                }
            }
        }
    }
    let order = |rows: &mut Vec<TaskRow>| {
        rows.sort_unstable_by(|a, b| (a.due_at, &a.id).cmp(&(b.due_at, &b.id)));
        rows.dedup_by(|a, b| a.id == b.id);
    };
    order(&mut found.tasks);
    order(&mut found.overdue);
    Ok(())
}

/// Roles with their scopes; where there are fewer, nobody's.
fn pairs_of(pairs: &[(String, String)]) -> Vec<Value<'_>> {
    let given = pairs.iter().flat_map(|(role, scope)| [role.as_str(), scope.as_str()]);
    given.chain(std::iter::repeat("")).take(ARMS * 2).map(Value::from).collect()
}

/// Places; where there are fewer, those that nothing has.
fn padded<'v>(given: impl Iterator<Item = &'v str>) -> Vec<Value<'v>> {
    given.chain(std::iter::repeat("")).take(ARMS).map(Value::from).collect()
}
