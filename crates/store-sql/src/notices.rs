//! Notices and mails in the database.
//!
//! Owns their rows, what a choice of a person does to a new notice, and the leases of mails. Leaves what makes a notice and what
//! a mail says to `app`.

use std::collections::{BTreeMap, BTreeSet};

use app::{
    model::{Cursor, PAGE_ROWS_MAX, Page, PageRequest},
    notices::store::{
        About, Mail, MailState, MailTally, NewNotice, Notice, NoticeStore, NoticeTx, NoticeView, Told, Way,
    },
    ports::StoreError,
};
use async_trait::async_trait;
use jiff::civil::Date;
use policy::{NoticeKind, Urgency};
use workflow::{
    Millis,
    id::{EditionId, SectionId, UserId},
    roster::MailAddress,
};

use crate::{
    SqlStore,
    db::{Conn, Row, Value, args},
    lists::cut,
    sql::{FIRST_AT, notices as sql},
    tx::{SqlTx, step},
};

/// Rows that are read to find the people of one round: a person may have many.
const ROWS_OF_PERSON: u32 = 25;
/// Notices that one mail names, or that wait about one thing, are read up to here.
const LOOKS_MAX: u32 = 1_000;

fn strength(urgency: Urgency) -> i64 {
    match urgency {
        Urgency::ScreenOnly => 0,
        Urgency::Digest => 1,
        Urgency::AtOnce => 2,
    }
}

fn urgency(row: &Row) -> Result<Urgency, StoreError> {
    match row.int("strength")? {
        0 => Ok(Urgency::ScreenOnly),
        1 => Ok(Urgency::Digest),
        2 => Ok(Urgency::AtOnce),
        _ => Err(crate::db::corrupt("strength")),
    }
}

/// When a mail names a notice that reaches its person in this way, and whether that is the digest.
fn mail_at(chosen: Option<Urgency>, way: Way) -> (Option<Millis>, bool) {
    match chosen.unwrap_or(way.urgency).max(way.least) {
        Urgency::ScreenOnly => (None, false),
        Urgency::Digest => (Some(way.digest_at), true),
        Urgency::AtOnce => (Some(way.at_once_at), false),
    }
}

fn read(row: &Row) -> Result<Notice, StoreError> {
    Ok(Notice {
        id: row.text("id")?,
        person: UserId::new(row.text("person")?),
        told: Told {
            kind: row.word("kind", NoticeKind::from_id)?,
            about: About { kind: row.text("about_kind")?, id: row.text("about")? },
            occasion: row.text("occasion")?,
            zones: row.text("zones")?.split(' ').filter(|z| !z.is_empty()).map(str::to_owned).collect(),
            title: row.text("title")?,
            unnamed: row.flag("unnamed")?,
            number: row.int_maybe("number")?,
            due_at: row.int_maybe("due_at")?,
            made_at: row.int("made_at")?,
        },
        waits: row.flag("waits")?,
        unread: row.flag("unread")?,
        ended_at: row.int_maybe("ended_at")?,
    })
}

fn read_mail(row: &Row, person_name: String) -> Result<Mail, StoreError> {
    Ok(Mail {
        id: row.text("id")?,
        person: UserId::new(row.text("person")?),
        person_name,
        digest: row.text_maybe("digest_day")?.is_some(),
        made_at: row.int("made_at")?,
        state: row.word("state", MailState::from_id)?,
        tries: row.number("tries")?,
        next_at: row.int_maybe("next_at")?,
        error: row.text_maybe("error")?,
    })
}

/// Where mails go, of a row that may have none.
pub(crate) fn read_address(row: &Row) -> Result<Option<MailAddress>, StoreError> {
    let Some(address) = row.text_maybe("address")? else { return Ok(None) };
    Ok(Some(MailAddress { address, own: row.int_maybe("own")?.map(|own| own != 0) }))
}

async fn choice_of(
    conn: &mut Conn<'_>,
    person: &UserId,
    kind: NoticeKind,
) -> Result<Option<Urgency>, StoreError> {
    let found = conn.row(&sql::NOTICE_CHOICE, &args![person, kind.id()]).await?;
    found.map(|row| urgency(&row)).transpose()
}

/// A new notice as it is stored, by what its person chose.
async fn row_of<'n>(
    conn: &mut Conn<'_>,
    new: &'n NewNotice,
    id: String,
) -> Result<Vec<Value<'n>>, StoreError> {
    let NewNotice { person, told, way } = new;
    let (mail_at, digest) = mail_at(choice_of(conn, person, told.kind).await?, *way);
    Ok(args![
        id,
        person,
        told.kind.id(),
        &told.about.kind,
        &told.about.id,
        &told.occasion,
        told.zones.join(" "),
        &told.title,
        told.unnamed,
        told.number,
        told.due_at,
        told.made_at,
        told.kind.waits(),
        true,
        None::<i64>,
        mail_at,
        digest,
        None::<&str>,
    ]
    .into())
}

/// Notices about new things: nothing of theirs is to end, so nothing is read but what their people chose.
async fn add(conn: &mut Conn<'_>, wanted: &[NewNotice]) -> Result<Vec<UserId>, StoreError> {
    let mut rows = Vec::with_capacity(wanted.len());
    for new in wanted {
        rows.push(row_of(conn, new, new.id()).await?);
    }
    let made = conn.bulk(&sql::INSERT_NOTICES, &rows).await?;
    let people: BTreeSet<UserId> =
        made.iter().map(|row| row.text("person").map(UserId::new)).collect::<Result<_, _>>()?;
    Ok(people.into_iter().collect())
}

/// The one place where the notices of a thing change.
async fn replace(
    conn: &mut Conn<'_>,
    about: &About,
    wanted: &[NewNotice],
    look_again: Option<Millis>,
    now: Millis,
) -> Result<Vec<UserId>, StoreError> {
    let mut open: BTreeMap<String, UserId> = BTreeMap::new();
    for row in conn.rows(&sql::NOTICES_ABOUT, &args![&about.kind, &about.id]).await? {
        open.insert(row.text("id")?, UserId::new(row.text("person")?));
    }
    let mut people: BTreeSet<UserId> = BTreeSet::new();
    let mut rows: Vec<Vec<Value<'_>>> = Vec::new();
    for new in wanted {
        let id = new.id();
        if open.remove(&id).is_some() {
            continue;
        }
        rows.push(row_of(conn, new, id).await?);
    }
    for (id, person) in open {
        conn.run(&sql::END_NOTICE, &args![id, now]).await?;
        people.insert(person);
    }
    for row in conn.bulk(&sql::INSERT_NOTICES, &rows).await? {
        people.insert(UserId::new(row.text("person")?));
    }
    match look_again {
        Some(at) => conn.run(&sql::PUT_LOOK, &args![&about.kind, &about.id, at]).await?,
        None => conn.run(&sql::REMOVE_LOOK, &args![&about.kind, &about.id]).await?,
    };
    Ok(people.into_iter().collect())
}

async fn look_at_waiting(conn: &mut Conn<'_>, kinds: &[NoticeKind], now: Millis) -> Result<u64, StoreError> {
    let mut things = 0;
    for kind in kinds {
        things += conn.run(&sql::LOOK_AT_WAITING, &args![kind.id(), now]).await?;
    }
    Ok(things)
}

async fn tell_readers(
    conn: &mut Conn<'_>,
    edition: &EditionId,
    told: &Told,
    way: Way,
) -> Result<Vec<UserId>, StoreError> {
    let prefix = format!("{}:{}:{edition}:{}:", told.kind.id(), told.about.kind, told.occasion);
    let values = args![
        prefix,
        told.kind.id(),
        &told.about.kind,
        edition,
        &told.title,
        told.due_at,
        told.made_at,
        strength(way.urgency),
        strength(way.least),
        way.at_once_at,
        way.digest_at,
    ];
    let made = conn.rows(&sql::TELL_READERS, &values).await?;
    made.iter().map(|row| row.text("person").map(UserId::new)).collect()
}

async fn put_choices(
    conn: &mut Conn<'_>,
    person: &UserId,
    choices: &BTreeMap<NoticeKind, Urgency>,
    address: Option<&str>,
) -> Result<(), StoreError> {
    conn.run(&sql::FORGET_CHOICES, &args![person]).await?;
    let rows: Vec<Vec<Value<'_>>> =
        choices.iter().map(|(kind, chosen)| args![person, kind.id(), strength(*chosen)].into()).collect();
    conn.bulk(&sql::INSERT_CHOICES, &rows).await?;
    match address {
        Some(address) => conn.run(&sql::PUT_ADDRESS, &args![person, address, true]).await?,
        None => conn.run(&sql::FORGET_ADDRESS, &args![person]).await?,
    };
    Ok(())
}

#[async_trait]
impl NoticeStore for SqlStore {
    async fn unread_notices(&self, person: &UserId, cap: u32) -> Result<u32, StoreError> {
        let found = self.db.reader().await?.conn().row(&sql::UNREAD_NOTICES, &args![person, cap]).await?;
        found.map_or(Ok(0), |row| row.number("n"))
    }

    async fn notices(
        &self,
        person: &UserId,
        view: NoticeView,
        page: &PageRequest,
    ) -> Result<Page<Notice>, StoreError> {
        let limit = page.limit.clamp(1, PAGE_ROWS_MAX);
        let (at, id) = page.after.as_ref().map_or((FIRST_AT, ""), |c| (c.at, c.id.as_str()));
        let mut link = self.db.reader().await?;
        let mut conn = link.conn();
        // One more than wanted tells whether there is a next page.
        let rows = match view {
            NoticeView::Waiting => {
                conn.rows(&sql::NOTICES_WAITING, &args![person, at, id, limit + 1]).await?
            }
            NoticeView::News => conn.rows(&sql::NOTICES_NEWS, &args![person, at, id, limit + 1]).await?,
            NoticeView::OfKind(kind) => {
                conn.rows(&sql::NOTICES_OF_KIND, &args![person, kind.id(), at, id, limit + 1]).await?
            }
        };
        let rows = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(cut(rows, limit, |n| Cursor { at: n.told.made_at, id: n.id.clone() }))
    }

    async fn read_notices(&self, person: &UserId, ids: &[String], now: Millis) -> Result<u64, StoreError> {
        let mut changes = self.db.changes().await?;
        let mut read = 0;
        for id in ids {
            read += changes.conn().run(&sql::READ_NOTICE, &args![person, id, now]).await?;
        }
        changes.commit().await?;
        Ok(read)
    }

    async fn read_all_notices(&self, person: &UserId, now: Millis) -> Result<u64, StoreError> {
        self.db.writer().await?.conn().run(&sql::READ_ALL_NOTICES, &args![person, now]).await
    }

    async fn renew_notices(
        &self,
        about: &About,
        wanted: &[NewNotice],
        look_again: Option<Millis>,
        now: Millis,
    ) -> Result<Vec<UserId>, StoreError> {
        let mut changes = self.db.changes().await?;
        let people = replace(&mut changes.conn(), about, wanted, look_again, now).await?;
        changes.commit().await?;
        Ok(people)
    }

    async fn due_notice_looks(&self, now: Millis, limit: u32) -> Result<Vec<About>, StoreError> {
        let limit = limit.min(LOOKS_MAX);
        let rows = self.db.reader().await?.conn().rows(&sql::DUE_LOOKS, &args![now, limit]).await?;
        rows.iter().map(|row| Ok(About { kind: row.text("about_kind")?, id: row.text("about")? })).collect()
    }

    async fn look_at_waiting(&self, kinds: &[NoticeKind], now: Millis) -> Result<u64, StoreError> {
        look_at_waiting(&mut self.db.writer().await?.conn(), kinds, now).await
    }

    async fn erase_notices(&self, before: Millis, limit: u32) -> Result<u64, StoreError> {
        let mut link = self.db.writer().await?;
        let notices = link.conn().run(&sql::ERASE_NOTICES, &args![before, limit]).await?;
        let mails = link.conn().run(&sql::ERASE_MAILS, &args![before, limit]).await?;
        Ok(notices + mails)
    }

    async fn overdue_of_section(&self, section: &SectionId, now: Millis) -> Result<u32, StoreError> {
        let mut link = self.db.reader().await?;
        let found = link.conn().row(&sql::OVERDUE_OF_SECTION, &args![section, now]).await?;
        found.map_or(Ok(0), |row| row.number("n"))
    }

    async fn notice_choices(&self, person: &UserId) -> Result<BTreeMap<NoticeKind, Urgency>, StoreError> {
        let rows = self.db.reader().await?.conn().rows(&sql::NOTICE_CHOICES, &args![person]).await?;
        rows.iter()
            // A kind that this version does not know any more was chosen in another.
            .filter_map(|row| match row.text("kind") {
                Ok(word) => NoticeKind::from_id(&word).map(|kind| Ok((kind, urgency(row)?))),
                Err(error) => Some(Err(error)),
            })
            .collect()
    }

    async fn mail_address(&self, person: &UserId) -> Result<Option<MailAddress>, StoreError> {
        let found = self.db.reader().await?.conn().row(&sql::MAIL_ADDRESS, &args![person]).await?;
        found.map_or(Ok(None), |row| read_address(&row))
    }

    async fn due_mail_people(&self, now: Millis, limit: u32) -> Result<Vec<UserId>, StoreError> {
        let rows = args![now, limit.saturating_mul(ROWS_OF_PERSON)];
        let rows = self.db.reader().await?.conn().rows(&sql::DUE_MAIL_PEOPLE, &rows).await?;
        let mut people: Vec<UserId> = Vec::new();
        let mut seen = BTreeSet::new();
        for row in rows {
            let person = row.text("person")?;
            if seen.insert(person.clone()) && people.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
                people.push(UserId::new(person));
            }
        }
        Ok(people)
    }

    async fn make_mail(
        &self,
        person: &UserId,
        id: &str,
        now: Millis,
        today: Date,
        next_digest: Millis,
    ) -> Result<bool, StoreError> {
        let mut changes = self.db.changes().await?;
        let mut conn = changes.conn();
        let digest = conn.row(&sql::DIGEST_DUE, &args![person, now]).await?.is_some();
        let day = digest.then(|| today.to_string());
        let mut made = conn.run(&sql::INSERT_MAIL, &args![id, person, day, now]).await?;
        if made == 0 {
            // Today's digest went, and the clock was put back: what was for it waits for the next.
            conn.run(&sql::DIGEST_LATER, &args![person, now, next_digest]).await?;
            made = conn.run(&sql::INSERT_MAIL, &args![id, person, None::<&str>, now]).await?;
        }
        let named = conn.run(&sql::PUT_INTO_MAIL, &args![person, now, id]).await?;
        if named == 0 {
            // Nothing to tell, but what was put off must stay so.
            conn.run(&sql::REMOVE_MAIL, &args![id]).await?;
        }
        changes.commit().await?;
        Ok(made > 0 && named > 0)
    }

    async fn forget_late_mails(&self, before: Millis) -> Result<u64, StoreError> {
        // Most rounds find nothing, and must not keep the writer busy.
        let due =
            self.db.reader().await?.conn().row(&sql::DUE_MAIL_PEOPLE, &args![before - 1, 1_u32]).await?;
        if due.is_none() {
            return Ok(0);
        }
        self.db.writer().await?.conn().run(&sql::FORGET_LATE_MAILS, &args![before]).await
    }

    async fn claim_mail(&self, now: Millis, lease_until: Millis) -> Result<Option<Mail>, StoreError> {
        if self.db.reader().await?.conn().row(&sql::MAIL_WAITS, &args![now]).await?.is_none() {
            return Ok(None);
        }
        // All rows are fetched, of which there is at most one: only then is the statement's commit known to have happened.
        let rows = self.db.writer().await?.conn().rows(&sql::CLAIM_MAIL, &args![now, lease_until]).await?;
        rows.first().map(|row| read_mail(row, String::new())).transpose()
    }

    async fn notices_of_mail(&self, mail: &str) -> Result<Vec<Notice>, StoreError> {
        let rows = self.db.reader().await?.conn().rows(&sql::NOTICES_OF_MAIL, &args![mail]).await?;
        rows.iter().map(read).collect()
    }

    async fn mail_done(
        &self,
        mail: &str,
        state: MailState,
        next_at: Option<Millis>,
        error: Option<&str>,
        now: Millis,
    ) -> Result<(), StoreError> {
        let ended = (state != MailState::Waiting).then_some(now);
        let values = args![mail, state.id(), next_at, error, ended];
        self.db.writer().await?.conn().run_one(&sql::MAIL_DONE, &values).await
    }

    async fn postpone_mail(&self, mail: &str, until: Millis) -> Result<(), StoreError> {
        self.db.writer().await?.conn().run(&sql::POSTPONE_MAIL, &args![mail, until]).await.map(|_| ())
    }

    async fn mails(&self, state: MailState, page: &PageRequest) -> Result<Page<Mail>, StoreError> {
        let limit = page.limit.clamp(1, PAGE_ROWS_MAX);
        let (at, id) = page.after.as_ref().map_or((FIRST_AT, ""), |c| (c.at, c.id.as_str()));
        let values = args![state.id(), at, id, limit + 1];
        let rows = self.db.reader().await?.conn().rows(&sql::MAILS, &values).await?;
        let rows = rows
            .iter()
            .map(|row| read_mail(row, row.text("person_name")?))
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(cut(rows, limit, |m| Cursor { at: m.made_at, id: m.id.clone() }))
    }

    async fn mails_waiting(&self, cap: u32) -> Result<u32, StoreError> {
        let found = self.db.reader().await?.conn().row(&sql::MAILS_WAITING, &args![cap]).await?;
        found.map_or(Ok(0), |row| row.number("n"))
    }

    async fn try_mail_again(&self, mail: &str, now: Millis) -> Result<bool, StoreError> {
        let run = self.db.writer().await?.conn().run(&sql::TRY_MAIL_AGAIN, &args![mail, now]).await?;
        Ok(run > 0)
    }

    async fn mail_tally(&self, from: Millis, until: Millis) -> Result<MailTally, StoreError> {
        let found = self.db.reader().await?.conn().row(&sql::MAIL_TALLY, &args![from, until]).await?;
        found.map_or(Ok(MailTally::default()), |row| {
            Ok(MailTally {
                sent: row.number("sent")?,
                refused: row.number("refused")?,
                moot: row.number("moot")?,
            })
        })
    }
}

#[async_trait]
impl NoticeTx for SqlTx {
    async fn replace_notices(
        &mut self,
        about: &About,
        wanted: &[NewNotice],
        look_again: Option<Millis>,
        now: Millis,
    ) -> Result<(), StoreError> {
        let people = step!(self, replace(&mut self.conn(), about, wanted, look_again, now))?;
        self.noticed.extend(people);
        Ok(())
    }

    async fn add_notices(&mut self, wanted: &[NewNotice]) -> Result<(), StoreError> {
        let people = step!(self, add(&mut self.conn(), wanted))?;
        self.noticed.extend(people);
        Ok(())
    }

    async fn look_at_waiting(&mut self, kinds: &[NoticeKind], now: Millis) -> Result<u64, StoreError> {
        step!(self, look_at_waiting(&mut self.conn(), kinds, now))
    }

    async fn tell_readers(&mut self, edition: &EditionId, told: &Told, way: Way) -> Result<(), StoreError> {
        let people = step!(self, tell_readers(&mut self.conn(), edition, told, way))?;
        self.noticed.extend(people);
        Ok(())
    }

    async fn end_notices_of(
        &mut self,
        about: &About,
        person: &UserId,
        now: Millis,
    ) -> Result<(), StoreError> {
        let values = args![&about.kind, &about.id, person, now];
        if step!(self, self.conn().run(&sql::END_NOTICES_OF, &values))? > 0 {
            self.noticed.insert(person.clone());
        }
        Ok(())
    }

    async fn put_notice_choices(
        &mut self,
        person: &UserId,
        choices: &BTreeMap<NoticeKind, Urgency>,
        address: Option<&str>,
    ) -> Result<(), StoreError> {
        step!(self, put_choices(&mut self.conn(), person, choices, address))
    }

    async fn put_mail_address(&mut self, person: &UserId, address: &str) -> Result<(), StoreError> {
        step!(self, self.conn().run(&sql::PUT_ADDRESS, &args![person, address, false])).map(|_| ())
    }

    async fn note_mail_day(&mut self, day: Date) -> Result<bool, StoreError> {
        step!(self, self.conn().run(&sql::NOTE_MAIL_DAY, &args![day.to_string()])).map(|n| n == 1)
    }
}
