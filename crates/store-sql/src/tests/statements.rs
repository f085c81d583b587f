//! Every text in `sql` is one that both databases accept.

use sqlx::{Executor as _, SqlStr};

use super::{World, on_both};
use crate::{db::Conn, sql};

on_both! { each_is_prepared }

async fn each_is_prepared(world: &World) {
    let mut link = world.db().writer().await.unwrap();
    for statement in sql::all() {
        let result = match link.conn() {
            Conn::Lite(c) => c.prepare(SqlStr::from_static(statement.lite)).await.map(|_| ()),
            Conn::Pg(c, _) => c.prepare(SqlStr::from_static(statement.pg)).await.map(|_| ()),
        };
        assert!(result.is_ok(), "{}: {result:?}", statement.name);
    }
}

#[test]
fn few_texts_differ() {
    let differing: Vec<_> = sql::all().filter(|s| s.lite != s.pg).map(|s| s.name).collect();
    assert_eq!(
        differing,
        [
            "TRANSFER_TO_CHANGE",
            "REQUEST_TO_CHANGE",
            "CLAIM_JOB",
            "MIGRATION_LOCK",
            "INDICES",
            "TASK_TO_CHANGE",
            "CLAIM_MAIL",
            "TAKE_CHANGES",
            "CHANGES_SHARED",
            "CHANGES_ALONE",
            "CHANGES_CONTINUE",
            "RECORD_TO_CHANGE",
            "ROW_TO_CHANGE",
            "ROSTER_PLAN_TO_CHANGE",
        ]
    );
}

#[test]
fn rows_of_values_have_their_places() {
    let text = |places| {
        format!(
            "UPDATE evidence SET seq = v.column2 FROM (VALUES {places}) AS v \
             WHERE evidence.id = v.column1 AND evidence.seq IS NULL RETURNING kind, statements"
        )
    };
    assert_eq!(sql::SEAL.lite(2), text("(?, ?), (?, ?)"));
    assert_eq!(sql::SEAL.pg(2), text("($1, $2), ($3, $4)"));
}
