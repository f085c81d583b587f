//! Each migration exists for SQLite and for PostgreSQL, under the same name.
//!
//! Owns: where migrations lie and how they are numbered.
//! Leaves to others: whether the two leave the same tables behind; the conformance suite of `store-sql` judges that.

use std::collections::BTreeSet;

use super::Problem;
use super::house::House;

const STORE: &str = "crates/store-sql/";
const FOLDERS: [&str; 2] = ["crates/store-sql/migrations/sqlite/", "crates/store-sql/migrations/postgres/"];

/// Compares the two folders.
pub(crate) fn check(house: &House) -> Vec<Problem> {
    let mut problems = Vec::new();
    let [sqlite, postgres] = FOLDERS.map(|folder| names(house, folder));
    for (mine, theirs, other) in [(&sqlite, &postgres, 1), (&postgres, &sqlite, 0)] {
        for name in mine.difference(theirs) {
            let missing = FOLDERS.get(other).copied().unwrap_or_default();
            problems.push(Problem::new(
                format!("{missing}{name}"),
                "the migration exists for the other database only",
                "write it for both under the same name",
            ));
        }
    }
    for (folder, names) in FOLDERS.iter().zip([&sqlite, &postgres]) {
        let mut numbers = BTreeSet::new();
        for name in names {
            let number = name.split_once('_').map_or("", |(number, _)| number);
            if number.len() != 4 || !number.bytes().all(|b| b.is_ascii_digit()) || !numbers.insert(number) {
                problems.push(Problem::new(
                    format!("{folder}{name}"),
                    "the name does not start with a number of its own",
                    "name it NNNN_what_it_adds.sql with the next free number",
                ));
            }
        }
    }
    for path in house.files.keys().filter(|p| p.starts_with(STORE) && p.ends_with(".sql")) {
        if !FOLDERS.iter().any(|folder| path.starts_with(folder)) {
            problems.push(Problem::new(
                path,
                "SQL lies outside the two folders of migrations",
                format!("put migrations into {} and {}, queries into Rust", FOLDERS[0], FOLDERS[1]),
            ));
        }
    }
    problems
}

fn names<'a>(house: &'a House, folder: &str) -> BTreeSet<&'a str> {
    house.files.keys().filter_map(|path| path.strip_prefix(folder)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::house::samples;
    use super::*;

    const S: &str = "crates/store-sql/migrations/sqlite/";
    const P: &str = "crates/store-sql/migrations/postgres/";

    #[test]
    fn a_migration_missing_on_one_side_or_misnamed_is_found() {
        let rows: [(&[String], &[String]); 6] = [
            (&[format!("{S}0001_start.sql"), format!("{P}0001_start.sql")], &[]),
            (
                &[format!("{S}0001_start.sql")],
                &[format!("{P}0001_start.sql: the migration exists for the other database only")],
            ),
            (
                &[format!("{P}0001_start.sql")],
                &[format!("{S}0001_start.sql: the migration exists for the other database only")],
            ),
            (
                &[format!("{S}start.sql"), format!("{P}start.sql")],
                &[
                    format!("{S}start.sql: the name does not start with a number of its own"),
                    format!("{P}start.sql: the name does not start with a number of its own"),
                ],
            ),
            (
                &[
                    format!("{S}0001_a.sql"),
                    format!("{S}0001_b.sql"),
                    format!("{P}0001_a.sql"),
                    format!("{P}0001_b.sql"),
                ],
                &[
                    format!("{S}0001_b.sql: the name does not start with a number of its own"),
                    format!("{P}0001_b.sql: the name does not start with a number of its own"),
                ],
            ),
            (
                &["crates/store-sql/src/extra.sql".to_owned()],
                &["crates/store-sql/src/extra.sql: SQL lies outside the two folders of migrations"
                    .to_owned()],
            ),
        ];
        for (paths, expected) in rows {
            let files: Vec<(&str, &str)> = paths.iter().map(|p| (p.as_str(), "")).collect();
            assert_eq!(samples::faults(&check(&samples::files(&files))), expected, "{paths:?}");
        }
    }
}
