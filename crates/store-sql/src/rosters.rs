//! Personnel changes in the database.
//!
//! Owns how a plan and its lines are taken apart and put together again, and finding what people have in hand. Leaves what may
//! change to `workflow`.

use std::collections::{BTreeMap, BTreeSet};

use app::{
    model::{Cursor, PAGE_ROWS_MAX, Page, PageRequest, PostHolding},
    ports::StoreError,
    rosters::store::{
        Choice, EntryPart, InHand, Keeper, OpenRequests, Outcome, PermitKeeper, PlannedEntry, RosterStore,
        RosterTx, SectionTally, Thing, Wanted,
    },
};
use async_trait::async_trait;
use workflow::{
    Millis,
    id::{RequestId, RosterPlanId, SectionId, TaskId, TransferId, UserId},
    register::RowKey,
    request::{Permit, State as RequestState},
    roster::{
        Entry, Form, Kind, Known, Post, Standing,
        life::{RosterPlan, Stage},
    },
};

use crate::{
    SqlStore,
    db::{Conn, Row, Value, args, corrupt, json},
    lists, notices, people,
    sql::rosters as sql,
    tx::{SqlTx, step},
};

/// Lines that one question brings.
const LINES_MAX: u32 = 1_000;
/// Things that one question brings.
const THINGS_MAX: u32 = 5_000;

fn read_plan(row: &Row) -> Result<RosterPlan, StoreError> {
    Ok(RosterPlan {
        id: RosterPlanId::new(row.text("id")?),
        source: row.text("source")?,
        form: row.word("form", Form::from_id)?,
        day: row.text("day")?,
        effective_at: row.int("effective_at")?,
        lines_digest: row.text("lines_digest")?,
        digest: row.text("digest")?,
        stage: row.word("stage", Stage::from_id)?,
        made_by: UserId::new(row.text("made_by")?),
        made_at: row.int("made_at")?,
        request: row.text_maybe("request_id")?,
        approved_at: row.int_maybe("approved_at")?,
        started_at: row.int_maybe("started_at")?,
        ended_at: row.int_maybe("ended_at")?,
        counts: row.json("counts")?,
        results: row.json("results")?,
        version: row.int("version")?,
    })
}

/// In the order of the columns of [`sql::INSERT_ROSTER_PLAN`]; the version is the last, which [`sql::UPDATE_ROSTER_PLAN`] expects.
fn plan_values(plan: &RosterPlan) -> Result<Vec<Value<'_>>, StoreError> {
    Ok(args![
        plan.id.as_str(),
        &plan.source,
        plan.form.id(),
        &plan.day,
        plan.effective_at,
        &plan.lines_digest,
        &plan.digest,
        plan.stage.id(),
        &plan.made_by,
        plan.made_at,
        plan.request.as_deref(),
        plan.approved_at,
        plan.started_at,
        plan.ended_at,
        json(&plan.counts)?,
        json(&plan.results)?,
        plan.version,
    ]
    .into())
}

fn choice(row: &Row) -> Result<Choice, StoreError> {
    Ok(Choice {
        successor: row.text_maybe("successor")?.map(UserId::new),
        requests: row.word("requests", OpenRequests::from_id)?,
    })
}

fn read_line(row: &Row) -> Result<PlannedEntry, StoreError> {
    let outcome = row.text_maybe("outcome")?;
    Ok(PlannedEntry {
        place: row.number("place")?,
        entry: row.json("entry")?,
        choice: choice(row)?,
        outcome: outcome.map(|word| Outcome::from_id(&word).ok_or_else(|| corrupt("outcome"))).transpose()?,
        why: row.text("why")?,
    })
}

fn line_values<'l>(plan: &'l RosterPlanId, line: &'l PlannedEntry) -> Result<Vec<Value<'l>>, StoreError> {
    let Entry { person, kind, before, after, .. } = &line.entry;
    let person = person.as_ref().ok_or_else(|| StoreError::Corrupt("a line without a person".to_owned()))?;
    Ok(args![
        plan.as_str(),
        line.place,
        person,
        kind.id(),
        before.as_ref().map(|before| before.section.as_str()),
        &after.section,
        kind.hands_over(),
        json(&line.entry)?,
        line.choice.successor.as_ref(),
        line.choice.requests.id(),
        line.outcome.map(Outcome::id),
        &line.why,
    ]
    .into())
}

fn read_keeper(row: &Row) -> Result<Keeper, StoreError> {
    Ok(Keeper {
        place: row.number("place")?,
        row: RowKey::new(row.text("register_id")?, row.int("number")?),
        column: row.text("column_id")?,
        successor: UserId::new(row.text("successor")?),
    })
}

async fn keepers(
    conn: &mut Conn<'_>,
    plan: &RosterPlanId,
    first: u32,
    last: u32,
) -> Result<Vec<Keeper>, StoreError> {
    let rows = conn.rows(&sql::ROSTER_KEEPERS, &args![plan.as_str(), first, last]).await?;
    rows.iter().map(read_keeper).collect()
}

async fn permit_keepers(
    conn: &mut Conn<'_>,
    plan: &RosterPlanId,
    first: u32,
    last: u32,
) -> Result<Vec<PermitKeeper>, StoreError> {
    let rows = conn.rows(&sql::ROSTER_PERMITS, &args![plan.as_str(), first, last]).await?;
    let read = |row: &Row| {
        Ok(PermitKeeper {
            place: row.number("place")?,
            request: RequestId::new(row.text("request_id")?),
            successor: UserId::new(row.text("successor")?),
        })
    };
    rows.iter().map(read).collect()
}

/// The permit of a row, if the person of the line has it or is to take it over.
fn permit_in_hand(row: &Row) -> Result<Option<Permit>, StoreError> {
    let permit: Permit = row.json("permit")?;
    let (person, applicant) = (UserId::new(row.text("person")?), UserId::new(row.text("applicant")?));
    let offered = permit.open_handover().and_then(|handover| handover.to.as_ref());
    let is_his = *permit.holder(&applicant) == person || offered == Some(&person);
    Ok(is_his.then_some(permit))
}

async fn in_hand(
    conn: &mut Conn<'_>,
    plan: &RosterPlanId,
    wanted: &Wanted,
    (first, last): (u32, u32),
    limit: u32,
) -> Result<Vec<InHand>, StoreError> {
    let limit = limit.min(THINGS_MAX);
    let walk: [Value<'_>; 4] = args![plan.as_str(), first, last, limit];
    let with = |more: &[Value<'static>]| [walk.as_slice(), more].concat();
    let place = |row: &Row| row.number("place");
    let mut found = Vec::new();
    match wanted {
        Wanted::Requests => {
            for state in [RequestState::Waiting, RequestState::Returned, RequestState::PulledBack] {
                for row in conn.rows(&sql::REQUESTS_IN_HAND, &with(&args![state.id()])).await? {
                    let id = RequestId::new(row.text("id")?);
                    let thing = Thing::Request(id, row.int("number")?, row.text("title")?);
                    found.push(InHand { place: place(&row)?, thing });
                }
            }
            found.sort_by_key(|thing| thing.place);
        }
        Wanted::Permits => {
            // What he took over stands beside what he applied for; what another took over from him is not his any more.
            for list in [&sql::PERMITS_IN_HAND, &sql::PERMITS_KEPT_IN_HAND] {
                for row in conn.rows(list, &walk).await? {
                    let Some(permit) = permit_in_hand(&row)? else { continue };
                    let id = RequestId::new(row.text("id")?);
                    let (form, title) = (row.text("form")?, row.text("title")?);
                    let thing = Thing::Permit(id, form, row.int("number")?, title, Box::new(permit));
                    let in_hand = InHand { place: place(&row)?, thing };
                    if !found.contains(&in_hand) {
                        found.push(in_hand);
                    }
                }
            }
            found.sort_by_key(|thing| thing.place);
        }
        Wanted::Tasks => {
            for row in conn.rows(&sql::TASKS_IN_HAND, &walk).await? {
                let thing = Thing::Task(TaskId::new(row.text("id")?), row.text("title")?);
                found.push(InHand { place: place(&row)?, thing });
            }
        }
        Wanted::Transfers(zone) => {
            let values = with(&args![zone.as_str().to_owned()]);
            for row in conn.rows(&sql::TRANSFERS_IN_HAND, &values).await? {
                let id = TransferId::new(row.text("id")?);
                let thing = Thing::Transfer(id, row.int("number")?, row.text("subject")?);
                found.push(InHand { place: place(&row)?, thing });
            }
        }
        Wanted::Rows(register, column) => {
            let values = with(&args![register.clone(), column.clone()]);
            for row in conn.rows(&sql::ROWS_IN_HAND, &values).await? {
                let key = RowKey::new(row.text("register_id")?, row.int("number")?);
                found.push(InHand { place: place(&row)?, thing: Thing::Row(key, row.text("column_id")?) });
            }
        }
    }
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

#[async_trait]
impl RosterStore for SqlStore {
    async fn roster_people(
        &self,
        after: Option<&UserId>,
        at: Millis,
        limit: u32,
    ) -> Result<Vec<(String, Known)>, StoreError> {
        let after = after.map_or("", UserId::as_str);
        let values = args![after, limit.min(LINES_MAX), at];
        let rows = self.db.reader().await?.conn().rows(&sql::ROSTER_PEOPLE, &values).await?;
        let mut people: BTreeMap<String, (String, Known)> = BTreeMap::new();
        for row in &rows {
            let id = row.text("id")?;
            if !people.contains_key(&id) {
                let standing = Standing {
                    name: row.text("name")?,
                    kana: row.text("kana")?,
                    section: SectionId::new(row.text("section")?),
                    enabled: row.flag("enabled")?,
                    posts: BTreeSet::new(),
                };
                let mail = notices::read_address(row)?;
                let known = Known { id: UserId::new(id.clone()), standing, mail };
                people.insert(id.clone(), (row.text("login")?, known));
            }
            if let (Some((_, known)), Some(post)) = (people.get_mut(&id), row.text_maybe("post")?) {
                known.standing.posts.insert(Post { post, unit: row.text_maybe("unit")? });
            }
        }
        Ok(people.into_values().collect())
    }

    async fn count_holders(&self, post: &Post, at: Millis) -> Result<i64, StoreError> {
        let values = args![&post.post, post.unit.as_deref().unwrap_or_default(), at];
        let found = self.db.reader().await?.conn().row(&sql::COUNT_HOLDERS, &values).await?;
        found.map_or(Ok(0), |row| row.int("n"))
    }

    async fn post_history(&self, user: &UserId, limit: u32) -> Result<Vec<PostHolding>, StoreError> {
        let values = args![user, limit.min(LINES_MAX)];
        let rows = self.db.reader().await?.conn().rows(&sql::POST_HISTORY, &values).await?;
        let mut held = rows.iter().map(people::read_holding).collect::<Result<Vec<_>, _>>()?;
        // A person holds a handful in his whole life, and no index has them in this order.
        held.sort_by(|a, b| (b.from, &b.post, &b.unit).cmp(&(a.from, &a.post, &a.unit)));
        Ok(held)
    }

    async fn roster_plan(&self, id: &RosterPlanId) -> Result<Option<RosterPlan>, StoreError> {
        let found = self.db.reader().await?.conn().row(&sql::ROSTER_PLAN, &args![id.as_str()]).await?;
        found.map(|row| read_plan(&row)).transpose()
    }

    async fn roster_plans(&self, page: &PageRequest) -> Result<Page<RosterPlan>, StoreError> {
        let limit = page.limit.clamp(1, PAGE_ROWS_MAX);
        let (at, id) = lists::start(page.after.as_ref());
        // One more than wanted tells whether there is a next page.
        let values = args![at, id, limit + 1];
        let rows = self.db.reader().await?.conn().rows(&sql::ROSTER_PLANS, &values).await?;
        let plans = rows.iter().map(read_plan).collect::<Result<Vec<_>, _>>()?;
        Ok(lists::cut(plans, limit, |p| Cursor { at: p.made_at, id: p.id.as_str().to_owned() }))
    }

    async fn rosters_due(&self, now: Millis, limit: u32) -> Result<Vec<RosterPlanId>, StoreError> {
        let rows = self.db.reader().await?.conn().rows(&sql::ROSTERS_DUE, &args![now, limit]).await?;
        rows.iter().map(|row| row.text("id").map(RosterPlanId::new)).collect()
    }

    async fn roster_entries(
        &self,
        plan: &RosterPlanId,
        part: &EntryPart,
        after: u32,
        limit: u32,
    ) -> Result<Vec<PlannedEntry>, StoreError> {
        let mut values: Vec<Value<'_>> = args![plan.as_str(), after, limit.min(LINES_MAX)].into();
        let list = match part {
            EntryPart::All => &sql::ROSTER_LINES,
            EntryPart::Kind(kind) => {
                values.push(kind.id().into());
                &sql::ROSTER_LINES_KIND
            }
            EntryPart::Outcome(outcome) => {
                values.push(outcome.id().into());
                &sql::ROSTER_LINES_OUTCOME
            }
            EntryPart::From(section) => {
                values.push(section.into());
                &sql::ROSTER_LINES_FROM
            }
            EntryPart::To(section) => {
                values.push(section.into());
                &sql::ROSTER_LINES_TO
            }
        };
        let rows = self.db.reader().await?.conn().rows(list, &values).await?;
        rows.iter().map(read_line).collect()
    }

    async fn roster_entries_of(
        &self,
        user: &UserId,
        limit: u32,
    ) -> Result<Vec<(RosterPlanId, PlannedEntry)>, StoreError> {
        let values = args![user, limit.min(LINES_MAX)];
        let rows = self.db.reader().await?.conn().rows(&sql::ROSTER_LINES_OF, &values).await?;
        rows.iter().map(|row| Ok((RosterPlanId::new(row.text("plan_id")?), read_line(row)?))).collect()
    }

    async fn roster_sections(&self, plan: &RosterPlanId) -> Result<Vec<SectionTally>, StoreError> {
        let mut snapshot = self.db.snapshot().await?;
        let mut conn = snapshot.conn();
        let mut tallies: BTreeMap<(String, Kind), (u32, u32)> = BTreeMap::new();
        for row in conn.rows(&sql::ROSTER_SECTIONS_FROM, &args![plan.as_str()]).await? {
            let key = (row.text("section")?, row.word("kind", Kind::from_id)?);
            tallies.entry(key).or_default().0 = row.number("n")?;
        }
        for row in conn.rows(&sql::ROSTER_SECTIONS_TO, &args![plan.as_str()]).await? {
            let key = (row.text("section")?, row.word("kind", Kind::from_id)?);
            tallies.entry(key).or_default().1 = row.number("n")?;
        }
        let tally = |((section, kind), (from, to)): ((String, Kind), (u32, u32))| SectionTally {
            section: SectionId::new(section),
            kind,
            from,
            to,
        };
        Ok(tallies.into_iter().map(tally).collect())
    }

    async fn roster_keepers(
        &self,
        plan: &RosterPlanId,
        first: u32,
        last: u32,
    ) -> Result<Vec<Keeper>, StoreError> {
        keepers(&mut self.db.reader().await?.conn(), plan, first, last).await
    }

    async fn roster_permits(
        &self,
        plan: &RosterPlanId,
        first: u32,
        last: u32,
    ) -> Result<Vec<PermitKeeper>, StoreError> {
        permit_keepers(&mut self.db.reader().await?.conn(), plan, first, last).await
    }

    async fn in_hand(
        &self,
        plan: &RosterPlanId,
        wanted: &Wanted,
        first: u32,
        last: u32,
        limit: u32,
    ) -> Result<Vec<InHand>, StoreError> {
        in_hand(&mut self.db.reader().await?.conn(), plan, wanted, (first, last), limit).await
    }
}

#[async_trait]
impl RosterTx for SqlTx {
    async fn posts_of(&mut self, user: &UserId, at: Millis) -> Result<Vec<PostHolding>, StoreError> {
        step!(self, people::posts_of(&mut self.conn(), user, at))
    }

    async fn revoke_tokens_of(&mut self, user: &UserId, at: Millis) -> Result<u64, StoreError> {
        step!(self, self.conn().run(&sql::REVOKE_TOKENS_OF, &args![user, at]))
    }

    async fn insert_roster_plan(
        &mut self,
        plan: &RosterPlan,
        lines: &[PlannedEntry],
    ) -> Result<(), StoreError> {
        let values = plan_values(plan)?;
        let rows = lines.iter().map(|line| line_values(&plan.id, line)).collect::<Result<Vec<_>, _>>()?;
        step!(self, async {
            self.changes.conn().run_one(&sql::INSERT_ROSTER_PLAN, &values).await?;
            self.changes.conn().bulk(&sql::INSERT_ROSTER_LINES, &rows).await.map(|_| ())
        })
    }

    async fn roster_plan(&mut self, id: &RosterPlanId) -> Result<Option<RosterPlan>, StoreError> {
        let row = step!(self, self.conn().row(&sql::ROSTER_PLAN_TO_CHANGE, &args![id.as_str()]))?;
        row.map(|row| read_plan(&row)).transpose()
    }

    async fn update_roster_plan(&mut self, plan: &RosterPlan) -> Result<(), StoreError> {
        let values = plan_values(plan)?;
        step!(self, self.conn().run_one(&sql::UPDATE_ROSTER_PLAN, &values))
    }

    async fn choose_successor(
        &mut self,
        plan: &RosterPlanId,
        place: u32,
        choice: &Choice,
    ) -> Result<(), StoreError> {
        let values = args![plan.as_str(), place, choice.successor.as_ref(), choice.requests.id()];
        step!(self, self.conn().run_one(&sql::CHOOSE_SUCCESSOR, &values))
    }

    async fn choose_keeper(&mut self, plan: &RosterPlanId, keeper: &Keeper) -> Result<(), StoreError> {
        let Keeper { place, row, column, successor } = keeper;
        let values = args![plan.as_str(), *place, &row.register, row.number, column, successor];
        step!(self, self.conn().run_one(&sql::CHOOSE_KEEPER, &values))
    }

    async fn roster_choices(&mut self, plan: &RosterPlanId) -> Result<Vec<(u32, Choice)>, StoreError> {
        let rows = step!(self, self.conn().rows(&sql::ROSTER_CHOICES, &args![plan.as_str()]))?;
        rows.iter().map(|row| Ok((row.number("place")?, choice(row)?))).collect()
    }

    async fn roster_keepers(
        &mut self,
        plan: &RosterPlanId,
        first: u32,
        last: u32,
    ) -> Result<Vec<Keeper>, StoreError> {
        step!(self, keepers(&mut self.conn(), plan, first, last))
    }

    async fn choose_permit_keeper(
        &mut self,
        plan: &RosterPlanId,
        place: u32,
        request: &RequestId,
        successor: Option<&UserId>,
    ) -> Result<(), StoreError> {
        let mut values: Vec<Value<'_>> = args![plan.as_str(), place, request.as_str()].into();
        let Some(successor) = successor else {
            return step!(self, self.conn().run(&sql::FORGET_PERMIT_KEEPER, &values)).map(|_| ());
        };
        values.push(successor.into());
        step!(self, self.conn().run_one(&sql::CHOOSE_PERMIT_KEEPER, &values))
    }

    async fn roster_permits(
        &mut self,
        plan: &RosterPlanId,
        first: u32,
        last: u32,
    ) -> Result<Vec<PermitKeeper>, StoreError> {
        step!(self, permit_keepers(&mut self.conn(), plan, first, last))
    }

    async fn roster_open(
        &mut self,
        plan: &RosterPlanId,
        limit: u32,
    ) -> Result<Vec<PlannedEntry>, StoreError> {
        let values = args![plan.as_str(), 0_u32, limit.min(LINES_MAX)];
        let rows = step!(self, self.conn().rows(&sql::ROSTER_LINES_OPEN, &values))?;
        rows.iter().map(read_line).collect()
    }

    async fn end_roster_line(
        &mut self,
        plan: &RosterPlanId,
        place: u32,
        outcome: Outcome,
        why: &str,
        at: Millis,
    ) -> Result<(), StoreError> {
        let values = args![plan.as_str(), place, outcome.id(), why, at];
        step!(self, self.conn().run_one(&sql::END_ROSTER_LINE, &values))
    }

    async fn roster_outcomes(&mut self, plan: &RosterPlanId) -> Result<Vec<(Outcome, u32)>, StoreError> {
        let rows = step!(self, self.conn().rows(&sql::ROSTER_OUTCOMES, &args![plan.as_str()]))?;
        rows.iter().map(|row| Ok((row.word("outcome", Outcome::from_id)?, row.number("n")?))).collect()
    }

    async fn in_hand(
        &mut self,
        plan: &RosterPlanId,
        wanted: &Wanted,
        first: u32,
        last: u32,
        limit: u32,
    ) -> Result<Vec<InHand>, StoreError> {
        step!(self, in_hand(&mut self.conn(), plan, wanted, (first, last), limit))
    }
}
