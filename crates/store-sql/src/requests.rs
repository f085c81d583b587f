//! Requests and the values of parameters in the database.
//!
//! Owns how a request is taken apart into rows and put together again, its lists, and the rows of values. Leaves what may
//! change to `workflow`, and which value holds to `app`.

use std::collections::BTreeSet;

use app::{
    model::{Cursor, PAGE_ROWS_MAX, Page},
    ports::StoreError,
    requests::store::{ParameterChange, RequestQuery, RequestRow, RequestStore, RequestTx, RequestView},
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use workflow::{
    Millis,
    id::{BlobId, FileId, RequestId, SectionId, UserId, ZoneId},
    register::RowKey,
    request::{Answer, Attachment, Content, Permit, Request, State, Terms},
    route::Approval,
    transfer::Stored,
};

use crate::{
    SqlStore,
    db::{Conn, Db, Row, Value, args, corrupt, int, json},
    lists::{cut, start},
    sql::{self, Sql},
    transfers::{decision_values, read_decision, read_term},
    tx::{SqlTx, step},
};

/// What the applicant handed in besides its files.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    answers: Vec<Answer>,
    terms: Option<Terms>,
    late_by: Option<Millis>,
}

async fn read(conn: &mut Conn<'_>, statement: &Sql, id: &RequestId) -> Result<Option<Request>, StoreError> {
    let Some(row) = conn.row(statement, &args![id.as_str()]).await? else { return Ok(None) };
    let attachments = conn.rows(&sql::REQUEST_ATTACHMENTS, &args![id.as_str()]).await?;
    let decisions = conn.rows(&sql::REQUEST_DECISIONS, &args![id.as_str()]).await?;
    let form: Form = row.json("content")?;
    Ok(Some(Request {
        id: RequestId::new(row.text("id")?),
        number: row.int("number")?,
        form: row.text("form")?,
        title: row.text("title")?,
        zone: ZoneId::new(row.text("zone")?),
        applicant: UserId::new(row.text("applicant")?),
        section: SectionId::new(row.text("section")?),
        content: Content {
            answers: form.answers,
            attachments: attachments.iter().map(read_attachment).collect::<Result<_, _>>()?,
            terms: form.terms,
            late_by: form.late_by,
        },
        state: row.word("state", State::from_id)?,
        approval: Approval {
            round: row.number("round")?,
            route: row.json("route")?,
            step: row.number("step")?,
            decisions: decisions.iter().map(read_decision).collect::<Result<_, _>>()?,
        },
        term: read_term(&row)?,
        permit: read_permit(&row)?,
        pack_version: row.text("pack_version")?,
        submitted_at: row.int("submitted_at")?,
        changed_at: row.int("changed_at")?,
        version: row.int("version")?,
    }))
}

fn read_permit(row: &Row) -> Result<Option<Permit>, StoreError> {
    row.text_maybe("permit")?
        .map(|text| serde_json::from_str(&text).map_err(|_| corrupt("permit")))
        .transpose()
}

pub(crate) fn read_attachment(row: &Row) -> Result<Attachment, StoreError> {
    let name = String::from_utf8(row.bytes("untrusted_name")?).map_err(|_| corrupt("untrusted_name"))?;
    Ok(Attachment {
        id: FileId::new(row.text("id")?),
        untrusted_name: name,
        stored: Stored {
            zone: ZoneId::new(row.text("zone")?),
            blob: BlobId::new(row.text("blob")?),
            sha256: row.text("sha256")?,
            bytes: row.number("bytes")?,
        },
    })
}

/// The values of the first 20 columns of [`sql::INSERT_REQUESTS`] and of [`sql::UPDATE_REQUEST`].
fn request_values(r: &Request) -> Result<Vec<Value<'_>>, StoreError> {
    let form =
        Form { answers: r.content.answers.clone(), terms: r.content.terms, late_by: r.content.late_by };
    Ok(args![
        r.id.as_str(),
        r.number,
        &r.form,
        &r.title,
        &r.zone,
        &r.applicant,
        &r.section,
        json(&form)?,
        r.state.id(),
        r.approval.round,
        json(&r.approval.route)?,
        int(r.approval.step)?,
        r.permit.as_ref().map(json).transpose()?,
        r.term.due_at,
        r.term.reminded_at,
        r.term.expires_at,
        &r.pack_version,
        r.submitted_at,
        r.changed_at,
        r.alarm_at(),
    ]
    .into())
}

async fn insert(conn: &mut Conn<'_>, request: &Request, submission: &str) -> Result<(), StoreError> {
    let mut values = request_values(request)?;
    values.push(Value::from(request.version));
    values.push(Value::from(submission));
    conn.bulk(&sql::INSERT_REQUESTS, &[values]).await?;
    insert_parts(conn, request).await
}

async fn insert_parts(conn: &mut Conn<'_>, request: &Request) -> Result<(), StoreError> {
    let id = request.id.as_str();
    let attachments: Vec<Vec<Value<'_>>> = request
        .content
        .attachments
        .iter()
        .enumerate()
        .map(|(place, a)| {
            Ok(args![
                id,
                int(place)?,
                &a.id,
                a.untrusted_name.as_bytes(),
                &a.stored.zone,
                a.stored.blob.as_str(),
                &a.stored.sha256,
                int(a.stored.bytes)?,
            ]
            .into())
        })
        .collect::<Result<_, StoreError>>()?;
    conn.bulk(&sql::INSERT_ATTACHMENTS, &attachments).await?;
    let decisions: Vec<Vec<Value<'_>>> = request
        .approval
        .decisions
        .iter()
        .enumerate()
        .map(|(place, d)| decision_values(id, place, d))
        .collect::<Result<_, StoreError>>()?;
    conn.bulk(&sql::INSERT_REQUEST_DECISIONS, &decisions).await?;
    let open = request.open_steps();
    let desks: BTreeSet<(&str, String)> =
        open.iter().flat_map(|(_, step)| step.desks()).map(|(role, scope)| (role, scope.column())).collect();
    let desks: Vec<Vec<Value<'_>>> = desks
        .into_iter()
        .map(|(role, scope)| args![id, role, scope, &request.zone, request.submitted_at].into())
        .collect();
    conn.bulk(&sql::INSERT_REQUEST_DESKS, &desks).await?;
    let owes = request.permit.as_ref().is_some_and(Permit::owes_return);
    let rows: Vec<Vec<Value<'_>>> = request
        .rows()
        .into_iter()
        .map(|row| args![id, &row.register, row.number, request.submitted_at, owes].into())
        .collect();
    conn.bulk(&sql::INSERT_REQUEST_ROWS, &rows).await?;
    let permit = request.permit.as_ref();
    let offered = permit.and_then(Permit::open_handover).and_then(|handover| handover.to.as_ref());
    let keepers: BTreeSet<&UserId> =
        permit.and_then(|p| p.keeper.as_ref()).into_iter().chain(offered).collect();
    let keepers: Vec<Vec<Value<'_>>> = keepers
        .into_iter()
        .map(|person| args![id, person, &request.zone, request.submitted_at].into())
        .collect();
    conn.bulk(&sql::INSERT_REQUEST_KEEPERS, &keepers).await.map(|_| ())
}

/// Decisions, attachments, desks and rows are a handful, so they are written anew.
async fn update(conn: &mut Conn<'_>, request: &Request) -> Result<(), StoreError> {
    let mut values = request_values(request)?;
    values.push(Value::from(request.version));
    conn.run_one(&sql::UPDATE_REQUEST, &values).await?;
    conn.run(&sql::REMOVE_ATTACHMENTS, &args![request.id.as_str()]).await?;
    conn.run(&sql::REMOVE_REQUEST_DECISIONS, &args![request.id.as_str()]).await?;
    conn.run(&sql::REMOVE_REQUEST_DESKS, &args![request.id.as_str()]).await?;
    conn.run(&sql::REMOVE_REQUEST_ROWS, &args![request.id.as_str()]).await?;
    conn.run(&sql::REMOVE_REQUEST_KEEPERS, &args![request.id.as_str()]).await?;
    insert_parts(conn, request).await
}

fn walks(query: &RequestQuery) -> Vec<(&'static Sql, Vec<Value<'_>>)> {
    let zone = || Value::from(&query.zone);
    match &query.view {
        RequestView::All => vec![(&sql::REQUESTS_ALL, vec![zone()])],
        RequestView::By(user) => vec![(&sql::REQUESTS_BY, vec![zone(), Value::from(user)])],
        RequestView::OfSections(sections) => {
            let sections: std::collections::BTreeSet<_> = sections.iter().collect();
            let walk = |section| (&sql::REQUESTS_OF_SECTION, vec![zone(), Value::from(section)]);
            sections.into_iter().map(walk).collect()
        }
        RequestView::AwaitingRoles(roles) => {
            let roles: std::collections::BTreeSet<_> = roles.iter().collect();
            let walk = |(role, scope): &'_ (String, String)| (role.clone(), scope.clone());
            roles
                .into_iter()
                .map(walk)
                .map(|(role, scope)| {
                    (&sql::REQUESTS_OPEN, vec![zone(), Value::from(role), Value::from(scope)])
                })
                .collect()
        }
    }
}

async fn page(db: &Db, query: &RequestQuery) -> Result<Page<RequestRow>, StoreError> {
    let limit = query.page.limit.clamp(1, PAGE_ROWS_MAX);
    let (at, id) = start(query.page.after.as_ref());
    // Several walks must see one moment.
    let mut snapshot = db.snapshot().await?;
    let mut conn = snapshot.conn();
    let mut rows = Vec::new();
    for (list, mut values) in walks(query) {
        // One more than wanted tells whether there is a next page.
        values.extend(args![at, id, limit + 1]);
        for row in conn.rows(list, &values).await? {
            rows.push(read_row(&row)?);
        }
    }
    rows.sort_unstable_by(|a, b| (b.submitted_at, &b.id).cmp(&(a.submitted_at, &a.id)));
    // What is open at several desks was found at each.
    rows.dedup_by(|a, b| a.id == b.id);
    Ok(cut(rows, limit, |row| Cursor { at: row.submitted_at, id: row.id.as_str().to_owned() }))
}

pub(crate) fn read_row(row: &Row) -> Result<RequestRow, StoreError> {
    Ok(RequestRow {
        id: RequestId::new(row.text("id")?),
        number: row.int("number")?,
        form: row.text("form")?,
        title: row.text("title")?,
        about: workflow::request::about(&row.json::<Form>("content")?.answers),
        state: row.word("state", State::from_id)?,
        applicant: UserId::new(row.text("applicant")?),
        applicant_name: row.text("applicant_name")?,
        section: SectionId::new(row.text("section")?),
        permit: read_permit(row)?,
        submitted_at: row.int("submitted_at")?,
        changed_at: row.int("changed_at")?,
        due_at: row.int_maybe("due_at")?,
    })
}

fn read_permit_of_row(row: &Row) -> Result<(RequestId, UserId, Permit), StoreError> {
    let permit = read_permit(row)?.ok_or_else(|| corrupt("permit"))?;
    let applicant = UserId::new(row.text("applicant")?);
    let holder = permit.holder(&applicant).clone();
    Ok((RequestId::new(row.text("id")?), holder, permit))
}

fn read_change(row: &Row) -> Result<ParameterChange, StoreError> {
    Ok(ParameterChange {
        parameter: row.text("parameter")?,
        value: row.text_maybe("value")?,
        from: row.int("from_at")?,
        number: row.int("number")?,
        request: RequestId::new(row.text("request_id")?),
        approved_by: UserId::new(row.text("approved_by")?),
        approved_by_name: row.text("approved_by_name")?,
        approved_at: row.int("approved_at")?,
    })
}

#[async_trait]
impl RequestStore for SqlStore {
    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        // Three statements, one moment.
        read(&mut self.db.snapshot().await?.conn(), &sql::REQUEST, id).await
    }

    async fn requests(&self, query: &RequestQuery) -> Result<Page<RequestRow>, StoreError> {
        page(&self.db, query).await
    }

    async fn request_reviews_due(
        &self,
        user: &UserId,
        zone: &ZoneId,
        limit: u32,
    ) -> Result<Vec<(RequestRow, usize)>, StoreError> {
        let values = args![user, zone, limit.min(PAGE_ROWS_MAX)];
        let rows = self.db.reader().await?.conn().rows(&sql::REQUEST_REVIEWS_DUE, &values).await?;
        rows.iter().map(|row| Ok((read_row(row)?, row.number("place")?))).collect()
    }

    async fn overdue_requests(&self, now: Millis, limit: u32) -> Result<Vec<RequestId>, StoreError> {
        let rows = self.db.reader().await?.conn().rows(&sql::REQUESTS_OVERDUE, &args![now, limit]).await?;
        rows.iter().map(|row| row.text("id").map(RequestId::new)).collect()
    }

    async fn requests_of_row(&self, key: &RowKey, limit: u32) -> Result<Vec<RequestRow>, StoreError> {
        let values = args![&key.register, key.number, limit.min(PAGE_ROWS_MAX)];
        let rows = self.db.reader().await?.conn().rows(&sql::REQUESTS_OF_ROW, &values).await?;
        rows.iter().map(read_row).collect()
    }

    async fn permits_of_row(&self, key: &RowKey) -> Result<Vec<(RequestId, UserId, Permit)>, StoreError> {
        let values = args![&key.register, key.number];
        let rows = self.db.reader().await?.conn().rows(&sql::PERMITS_OF_ROW, &values).await?;
        rows.iter().map(read_permit_of_row).collect()
    }

    async fn parameter_values(&self) -> Result<Vec<ParameterChange>, StoreError> {
        let rows = self.db.reader().await?.conn().rows(&sql::PARAMETER_VALUES, &[]).await?;
        rows.iter().map(read_change).collect()
    }
}

#[async_trait]
impl RequestTx for SqlTx {
    async fn next_request_number(&mut self) -> Result<i64, StoreError> {
        let row = step!(self, self.conn().row(&sql::NEXT_REQUEST_NUMBER, &[]))?;
        row.ok_or(StoreError::Conflict)?.int("value")
    }

    async fn request_of_submission(&mut self, key: &str) -> Result<Option<RequestId>, StoreError> {
        let row = step!(self, self.conn().row(&sql::REQUEST_OF_SUBMISSION, &args![key]))?;
        row.map(|row| row.text("id").map(RequestId::new)).transpose()
    }

    async fn insert_request(&mut self, request: &Request, submission: &str) -> Result<(), StoreError> {
        self.touched.insert(("request".to_owned(), request.id.as_str().to_owned()));
        step!(self, insert(&mut self.conn(), request, submission))
    }

    async fn request(&mut self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        step!(self, read(&mut self.conn(), &sql::REQUEST_TO_CHANGE, id))
    }

    async fn update_request(&mut self, request: &Request) -> Result<(), StoreError> {
        self.touched.insert(("request".to_owned(), request.id.as_str().to_owned()));
        step!(self, update(&mut self.conn(), request))
    }

    async fn permits_of_row(&mut self, key: &RowKey) -> Result<Vec<(RequestId, UserId, Permit)>, StoreError> {
        let values = args![&key.register, key.number];
        let rows = step!(self, self.conn().rows(&sql::PERMITS_OF_ROW, &values))?;
        rows.iter().map(read_permit_of_row).collect()
    }

    async fn parameter_values(&mut self) -> Result<Vec<ParameterChange>, StoreError> {
        let rows = step!(self, self.conn().rows(&sql::PARAMETER_VALUES, &[]))?;
        rows.iter().map(read_change).collect()
    }

    async fn insert_parameter_value(&mut self, change: &ParameterChange) -> Result<(), StoreError> {
        step!(
            self,
            self.conn().run_one(
                &sql::INSERT_PARAMETER_VALUE,
                &args![
                    &change.parameter,
                    change.from,
                    change.number,
                    change.value.as_deref(),
                    change.request.as_str(),
                    &change.approved_by,
                    change.approved_at,
                ],
            )
        )
    }
}
