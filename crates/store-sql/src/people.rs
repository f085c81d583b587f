//! People, sections, posts and absences in the database.
//!
//! Owns their rows and how a person is searched for. Leaves who may see them to `authz`.

use app::{
    model::{Absence, PAGE_ROWS_MAX, PostHolding, Section, User},
    ports::StoreError,
};
use unicode_normalization::UnicodeNormalization;
use workflow::{
    Millis,
    id::{SectionId, UserId},
};

use crate::{
    db::{Conn, Row, Value, args},
    sql,
};

/// Longest text that is searched for, in characters; the rest of it is not looked at.
const SEARCH_CHARS_MAX: usize = 64;

/// Holders of one post for one unit that are read at most.
const HOLDERS_MAX: i64 = 1_000;

pub(crate) async fn user(conn: &mut Conn<'_>, id: &UserId) -> Result<Option<User>, StoreError> {
    conn.row(&sql::USER, &args![id]).await?.map(|row| read_user(&row)).transpose()
}

pub(crate) async fn user_by_login(conn: &mut Conn<'_>, login: &str) -> Result<Option<User>, StoreError> {
    conn.row(&sql::USER_BY_LOGIN, &args![login]).await?.map(|row| read_user(&row)).transpose()
}

pub(crate) async fn users(
    conn: &mut Conn<'_>,
    text: &str,
    after: Option<&UserId>,
    limit: u32,
) -> Result<Vec<User>, StoreError> {
    let (section, kana, id) = match after {
        None => (String::new(), String::new(), String::new()),
        Some(id) => match user(conn, id).await? {
            Some(last) => (last.section.as_str().to_owned(), last.kana, id.as_str().to_owned()),
            None => return Ok(Vec::new()),
        },
    };
    let limit = limit.min(PAGE_ROWS_MAX);
    let wanted = search_key(text);
    let rows = if wanted.is_empty() {
        conn.rows(&sql::USERS, &args![section, kana, id, limit]).await?
    } else {
        conn.rows(&sql::USERS_WITH, &args![section, kana, id, limit, like_part(&wanted)]).await?
    };
    rows.iter().map(read_user).collect()
}

pub(crate) async fn insert_user(conn: &mut Conn<'_>, user: &User) -> Result<(), StoreError> {
    conn.bulk(&sql::INSERT_USERS, &[user_values(user)]).await.map(|_| ())
}

pub(crate) async fn update_user(conn: &mut Conn<'_>, user: &User) -> Result<(), StoreError> {
    conn.run_one(&sql::UPDATE_USER, &user_values(user)).await
}

pub(crate) async fn posts_of(
    conn: &mut Conn<'_>,
    user: &UserId,
    at: Millis,
) -> Result<Vec<PostHolding>, StoreError> {
    conn.rows(&sql::POSTS_OF, &args![user, at]).await?.iter().map(read_holding).collect()
}

pub(crate) fn read_holding(row: &Row) -> Result<PostHolding, StoreError> {
    Ok(PostHolding {
        user: UserId::new(row.text("user_id")?),
        post: row.text("post")?,
        unit: row.text_maybe("unit")?,
        from: row.int("from_at")?,
        until: row.int_maybe("until_at")?,
    })
}

pub(crate) async fn holders_of(
    conn: &mut Conn<'_>,
    post: &str,
    unit: Option<&str>,
    at: Millis,
) -> Result<Vec<User>, StoreError> {
    conn.rows(&sql::HOLDERS_OF, &args![post, unit, at, HOLDERS_MAX]).await?.iter().map(read_user).collect()
}

pub(crate) async fn insert_post(conn: &mut Conn<'_>, holding: &PostHolding) -> Result<(), StoreError> {
    let PostHolding { user, post, unit, from, until } = holding;
    conn.run_one(&sql::INSERT_POST, &args![user, post, unit.as_deref(), *from, *until]).await
}

pub(crate) async fn end_post(
    conn: &mut Conn<'_>,
    holding: &PostHolding,
    until: Millis,
) -> Result<(), StoreError> {
    let PostHolding { user, post, unit, from, .. } = holding;
    conn.run_one(&sql::END_POST, &args![user, post, unit.as_deref(), *from, until]).await
}

pub(crate) async fn sections(conn: &mut Conn<'_>) -> Result<Vec<Section>, StoreError> {
    let rows = conn.rows(&sql::SECTIONS, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Section {
                id: SectionId::new(row.text("id")?),
                name: row.text("name")?,
                department: row.text("department")?,
            })
        })
        .collect()
}

pub(crate) async fn put_sections(conn: &mut Conn<'_>, sections: &[Section]) -> Result<(), StoreError> {
    for Section { id, name, department } in sections {
        conn.run(&sql::PUT_SECTION, &args![id, name, department]).await?;
    }
    Ok(())
}

pub(crate) async fn absences_of(
    conn: &mut Conn<'_>,
    user: &UserId,
    after: Millis,
) -> Result<Vec<Absence>, StoreError> {
    let rows = conn.rows(&sql::ABSENCES_OF, &args![user, after]).await?;
    rows.iter()
        .map(|row| {
            Ok(Absence {
                id: row.text("id")?,
                user: UserId::new(row.text("user_id")?),
                from: row.int("from_at")?,
                until: row.int("until_at")?,
                reason: row.text("reason")?,
            })
        })
        .collect()
}

pub(crate) async fn insert_absence(conn: &mut Conn<'_>, absence: &Absence) -> Result<(), StoreError> {
    let Absence { id, user, from, until, reason } = absence;
    conn.run_one(&sql::INSERT_ABSENCE, &args![id, user, *from, *until, reason]).await
}

pub(crate) async fn end_absence(
    conn: &mut Conn<'_>,
    id: &str,
    user: &UserId,
    until: Millis,
) -> Result<(), StoreError> {
    conn.run_one(&sql::END_ABSENCE, &args![id, user, until]).await
}

/// In the order of the columns of [`sql::INSERT_USERS`]; the version is the 14th, which [`sql::UPDATE_USER`] expects.
pub(crate) fn user_values(user: &User) -> Vec<Value<'_>> {
    let search = [&user.name, &user.kana, &user.login].map(|field| search_key_of(field.chars())).join("\n");
    args![
        &user.id,
        &user.login,
        &user.name,
        &user.kana,
        &user.section,
        &user.password_hash,
        user.totp_sealed.as_deref(),
        user.totp_last_step,
        user.enabled,
        user.must_change_password,
        user.failures,
        user.locked_until,
        user.created_at,
        user.version,
        search,
    ]
    .into()
}

pub(crate) fn read_user(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: UserId::new(row.text("id")?),
        login: row.text("login")?,
        name: row.text("name")?,
        kana: row.text("kana")?,
        section: SectionId::new(row.text("section")?),
        password_hash: row.text("password_hash")?,
        totp_sealed: row.bytes_maybe("totp_sealed")?,
        totp_last_step: row.int_maybe("totp_last_step")?,
        enabled: row.flag("enabled")?,
        must_change_password: row.flag("must_change_password")?,
        failures: row.number("failures")?,
        locked_until: row.int_maybe("locked_until")?,
        created_at: row.int("created_at")?,
        version: row.int("version")?,
    })
}

/// What is compared when a person is searched for: without spaces, width, case and the difference of the two kana,
/// because nobody types a name as it was registered.
fn search_key(text: &str) -> String {
    search_key_of(text.chars().take(SEARCH_CHARS_MAX))
}

fn search_key_of(text: impl Iterator<Item = char>) -> String {
    text.nfkc()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            // Katakana to hiragana: the blocks are parallel.
            'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
            c => c,
        })
        .collect()
}

/// A LIKE pattern for texts that hold this part, with `!` before what LIKE would take for a wildcard.
pub(crate) fn like_part(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_folds_what_people_type() {
        for (typed, key) in [
            ("ヤマダ　タロウ", "やまだたろう"),
            ("ﾔﾏﾀﾞ", "やまだ"),
            ("Ｙａｍａｄａ", "yamada"),
            ("山田 太郎", "山田太郎"),
            ("\0\u{7}", ""),
            ("100%_!", "100%_!"),
        ] {
            assert_eq!(search_key(typed), key, "{typed}");
        }
        assert_eq!(like_part("a%_!"), "%a!%!_!!%");
    }
}
