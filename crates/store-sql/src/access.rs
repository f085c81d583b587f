//! Sessions and API tokens in the database. Only hashes of their secrets are known here.
//!
//! Owns their rows. Leaves what they are worth, and when they end, to `app`.

use app::{
    model::{ApiToken, PostHolding, Session, Strength, User},
    ports::StoreError,
};
use workflow::{
    Millis,
    id::{TokenId, UserId, ZoneId},
};

use crate::{
    db::{Conn, Db, Row, args, json},
    people,
    sql::{self, Sql},
};

/// Tokens of one person that are listed at most.
const TOKENS_MAX: i64 = 200;

/// A use is noted at most this often: reading a page must not become a write.
const TOUCH_EVERY: Millis = 60_000;

pub(crate) async fn session(conn: &mut Conn<'_>, secret_hash: &str) -> Result<Option<Session>, StoreError> {
    conn.row(&sql::SESSION, &args![secret_hash]).await?.map(|row| read_session(&row)).transpose()
}

pub(crate) async fn session_person(
    conn: &mut Conn<'_>,
    secret_hash: &str,
    at: Millis,
) -> Result<Option<(Session, User, Vec<PostHolding>)>, StoreError> {
    let rows = conn.rows(&sql::SESSION_PERSON, &args![secret_hash, at]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let session = Session { created_at: first.int("opened_at")?, ..read_session(first)? };
    let user = people::read_user(first)?;
    let mut posts = Vec::new();
    for row in &rows {
        if let Some(post) = row.text_maybe("post")? {
            posts.push(PostHolding {
                user: user.id.clone(),
                post,
                unit: row.text_maybe("unit")?,
                from: row.int("from_at")?,
                until: row.int_maybe("until_at")?,
            });
        }
    }
    posts.sort_by(|a, b| (&a.post, &a.unit, a.from).cmp(&(&b.post, &b.unit, b.from)));
    Ok(Some((session, user, posts)))
}

pub(crate) async fn insert_session(conn: &mut Conn<'_>, session: &Session) -> Result<(), StoreError> {
    // How many notices there are is no part of it.
    let Session { secret_hash, user, zone, strength, created_at, seen_at, expires_at, unread_notices: _ } =
        session;
    let strength = strength_id(*strength);
    let values = args![secret_hash, user, zone, strength, *created_at, *seen_at, *expires_at];
    conn.run_one(&sql::INSERT_SESSION, &values).await
}

/// Removing what is gone already is no error: the person is logged out.
pub(crate) async fn remove_session(conn: &mut Conn<'_>, secret_hash: &str) -> Result<(), StoreError> {
    conn.run(&sql::REMOVE_SESSION, &args![secret_hash]).await.map(|_| ())
}

pub(crate) async fn remove_sessions_of(conn: &mut Conn<'_>, user: &UserId) -> Result<(), StoreError> {
    conn.run(&sql::REMOVE_SESSIONS_OF, &args![user]).await.map(|_| ())
}

pub(crate) async fn token(conn: &mut Conn<'_>, secret_hash: &str) -> Result<Option<ApiToken>, StoreError> {
    conn.row(&sql::TOKEN, &args![secret_hash]).await?.map(|row| read_token(&row)).transpose()
}

pub(crate) async fn tokens_of(conn: &mut Conn<'_>, user: &UserId) -> Result<Vec<ApiToken>, StoreError> {
    conn.rows(&sql::TOKENS_OF, &args![user, TOKENS_MAX]).await?.iter().map(read_token).collect()
}

pub(crate) async fn insert_token(conn: &mut Conn<'_>, token: &ApiToken) -> Result<(), StoreError> {
    let values = args![
        &token.id,
        &token.secret_hash,
        &token.user,
        &token.zone,
        &token.name,
        json(&token.scopes)?,
        token.created_at,
        token.expires_at,
        token.revoked_at,
        token.used_at,
    ];
    conn.run_one(&sql::INSERT_TOKEN, &values).await
}

pub(crate) async fn revoke_token(
    conn: &mut Conn<'_>,
    id: &TokenId,
    user: &UserId,
    at: Millis,
) -> Result<(), StoreError> {
    conn.run_one(&sql::REVOKE_TOKEN, &args![id, user, at]).await
}

/// Reads first, so that of the many uses in a minute only one waits for the writer.
pub(crate) async fn touch(db: &Db, secret_hash: &str, now: Millis) -> Result<(), StoreError> {
    let limit = now.saturating_sub(TOUCH_EVERY);
    let mut link = db.reader().await?;
    let statement: &Sql = if let Some(session) = session(&mut link.conn(), secret_hash).await? {
        if session.seen_at > limit {
            return Ok(());
        }
        &sql::TOUCH_SESSION
    } else if let Some(token) = token(&mut link.conn(), secret_hash).await? {
        if token.used_at.is_some_and(|at| at > limit) {
            return Ok(());
        }
        &sql::TOUCH_TOKEN
    } else {
        return Ok(());
    };
    drop(link);
    db.writer().await?.conn().run(statement, &args![secret_hash, now, limit]).await.map(|_| ())
}

fn strength_id(strength: Strength) -> &'static str {
    match strength {
        Strength::Password => "password",
        Strength::SecondFactor => "second-factor",
    }
}

fn read_session(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        secret_hash: row.text("secret_hash")?,
        user: UserId::new(row.text("user_id")?),
        zone: ZoneId::new(row.text("zone")?),
        strength: row.word("strength", |word| {
            [Strength::Password, Strength::SecondFactor].into_iter().find(|s| strength_id(*s) == word)
        })?,
        created_at: row.int("created_at")?,
        seen_at: row.int("seen_at")?,
        expires_at: row.int("expires_at")?,
        unread_notices: row.number("unread")?,
    })
}

fn read_token(row: &Row) -> Result<ApiToken, StoreError> {
    Ok(ApiToken {
        id: TokenId::new(row.text("id")?),
        secret_hash: row.text("secret_hash")?,
        user: UserId::new(row.text("user_id")?),
        zone: ZoneId::new(row.text("zone")?),
        name: row.text("name")?,
        scopes: row.json("scopes")?,
        created_at: row.int("created_at")?,
        expires_at: row.int("expires_at")?,
        revoked_at: row.int_maybe("revoked_at")?,
        used_at: row.int_maybe("used_at")?,
    })
}
