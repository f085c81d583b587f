//! Bringing the database to the shape that this program knows.
//!
//! Owns the list of migrations and the record of those that were applied. All that are missing are applied in one
//! transaction under a lock, so that of two programs that start together one waits, and a failure leaves the old
//! shape. A database that knows more than the program, or something else under the same name, is refused.

use app::ports::StoreError;
use sha2::{Digest, Sha256};

use crate::{
    MigrateError,
    db::{Conn, Db, args},
    sql,
};

/// One step, in the words of each database. Never changed once released: a new step follows instead.
struct Migration {
    version: i64,
    name: &'static str,
    lite: &'static str,
    pg: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            lite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            pg: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }
    };
}

const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_first"),
    migration!(2, "0002_evidence_kind_count"),
    migration!(3, "0003_inspection"),
    migration!(4, "0004_requests"),
    migration!(5, "0005_editions"),
    migration!(6, "0006_imports"),
    migration!(7, "0007_registers"),
    migration!(8, "0008_duties"),
    migration!(9, "0009_in_use"),
    migration!(10, "0010_notices"),
    migration!(11, "0011_rosters"),
    migration!(12, "0012_training"),
    migration!(13, "0013_records"),
    migration!(14, "0014_desks_and_rows"),
    migration!(15, "0015_home_and_search"),
    migration!(16, "0016_hand_over"),
    migration!(17, "0017_row_records"),
    migration!(18, "0018_course_records"),
    migration!(19, "0019_own_mail_address"),
];

pub(crate) async fn run(db: &Db) -> Result<(), MigrateError> {
    let mut changes = db.changes().await?;
    apply_missing(&mut changes.conn(), MIGRATIONS).await?;
    changes.commit().await?;
    Ok(())
}

async fn apply_missing(conn: &mut Conn<'_>, known: &[Migration]) -> Result<(), MigrateError> {
    conn.rows(&sql::MIGRATION_LOCK, &[]).await?;
    conn.run(&sql::MIGRATION_TABLE, &[]).await?;
    let mut applied = Vec::new();
    for row in conn.rows(&sql::MIGRATIONS, &[]).await? {
        applied.push((row.int("version")?, row.text("name")?, row.text("checksum")?));
    }
    for (version, name, _) in &applied {
        if !known.iter().any(|m| m.version == *version) {
            return Err(MigrateError::Newer { version: *version, name: name.clone() });
        }
    }
    for migration in known {
        let text = match conn {
            Conn::Lite(_) => migration.lite,
            Conn::Pg(..) => migration.pg,
        };
        let checksum = hex::encode(Sha256::digest(text.as_bytes()));
        match applied.iter().find(|(version, ..)| *version == migration.version) {
            Some((_, _, stored)) if *stored == checksum => {}
            Some(_) => return Err(MigrateError::Changed { name: migration.name }),
            None => {
                conn.script(text).await?;
                let values = args![migration.version, migration.name, checksum];
                conn.run_one(&sql::INSERT_MIGRATION, &values).await?;
                tracing::info!(migration = migration.name, "applied");
            }
        }
    }
    Ok(())
}

impl From<StoreError> for MigrateError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[cfg(test)]
pub(crate) mod checks {
    //! What a start refuses.
    use super::*;

    const BACK_TO_THE_FIRST: &str = "DROP TABLE course_file; DROP TABLE course_tally; DROP TABLE course_attempt; DROP TABLE course_progress; DROP TABLE course_run; DROP TABLE roster_permit; DROP TABLE request_keeper; DROP TABLE roster_keeper; \
         DROP TABLE roster_line; DROP TABLE roster_plan; DROP TABLE mail_day; DROP TABLE mail; \
         DROP TABLE mail_address; DROP TABLE notice_choice; DROP TABLE notice_look; DROP TABLE notice; \
         DROP TABLE register_rules; DROP TABLE request_register_row; DROP TABLE request_desk; \
         DROP TABLE search_change; DROP TABLE record; DROP TABLE duty_task_file; DROP TABLE duty_task; \
         DROP TABLE register_filter; DROP TABLE register_history; DROP TABLE register_unique; \
         DROP TABLE register_link; DROP TABLE register_key; DROP TABLE register_words; DROP TABLE register_row; \
         DROP TABLE policy_reading; DROP TABLE policy_edition_file; DROP TABLE policy_edition; \
         DROP TABLE parameter_value; DROP TABLE request_decision; DROP TABLE request_attachment; \
         DROP TABLE request; ALTER TABLE transfer DROP COLUMN openings; \
         ALTER TABLE transfer DROP COLUMN inspected_count; ALTER TABLE transfer_decision DROP COLUMN vouches; \
         DROP TABLE evidence_kind_count; DROP TABLE policy_import_step; DROP TABLE policy_import_text; \
         DROP TABLE policy_import; DELETE FROM schema_migration WHERE version > 1";
    const ROWS_OF_THE_FIRST: &str = "INSERT INTO app_user (id, login, name, kana, section, password_hash, enabled, \
         must_change_password, failures, created_at, search, version) \
         VALUES ('u', 'u', 'u', 'u', 's', 'p', 1, 0, 0, 0, 'u', 1); \
         INSERT INTO transfer (id, number, submission, channel, from_zone, to_zone, submitter, section, subject, \
         purpose, classification, state, round, route, step, form, file_count, pack_version, submitted_at, changed_at, \
         version) VALUES ('t', 1, 'k', 'c', 'a', 'b', 'u', 's', 's', 'p', 'c1', 'received', 1, '{}', 0, '{}', 1, '1', \
         0, 0, 1)";

    /// On a fresh database: applied once, and once more when it was of the first shape, with its rows; each again without effect; a changed and a newer one are refused, and a failing
    /// step leaves no trace.
    pub(crate) async fn check(db: &Db) {
        let try_with = async |known: &[Migration]| {
            let mut changes = db.changes().await.unwrap();
            let result = apply_missing(&mut changes.conn(), known).await;
            if result.is_ok() {
                changes.commit().await.unwrap();
            }
            result
        };
        let step = |version, name, text| Migration { version, name, lite: text, pg: text };
        run(db).await.unwrap();
        run(db).await.unwrap();
        // A database of the first release keeps its rows.
        let mut changes = db.changes().await.unwrap();
        changes.conn().script(BACK_TO_THE_FIRST).await.unwrap();
        changes.conn().script(ROWS_OF_THE_FIRST).await.unwrap();
        changes.commit().await.unwrap();
        run(db).await.unwrap();
        let kept = "SELECT openings, CAST(inspected_count AS TEXT) FROM transfer WHERE id = 't'";
        assert_eq!(crate::tests::show(db, kept.to_owned()).await, ["[]|0"]);

        let shipped = || {
            MIGRATIONS.iter().map(|m| Migration { version: m.version, name: m.name, lite: m.lite, pg: m.pg })
        };
        let and = |next: Migration| shipped().chain([next]).collect::<Vec<_>>();
        let next = MIGRATIONS.iter().map(|m| m.version).max().unwrap() + 1;

        let mut changed: Vec<_> = shipped().collect();
        changed[0] = step(1, "0001_first", "SELECT 1");
        let changed = try_with(&changed).await;
        assert!(matches!(changed, Err(MigrateError::Changed { name: "0001_first" })), "{changed:?}");

        let failing = step(next, "failing", "CREATE TABLE half (id TEXT); CREATE TABLE half (id TEXT)");
        assert!(matches!(try_with(&and(failing)).await, Err(MigrateError::Store(_))));
        try_with(&and(step(next, "another", "CREATE TABLE half (id TEXT)"))).await.unwrap();

        let older_program = run(db).await;
        assert!(
            matches!(older_program, Err(MigrateError::Newer { version, .. }) if version == next),
            "{older_program:?}"
        );
    }
}
