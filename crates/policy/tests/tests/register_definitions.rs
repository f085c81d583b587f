//! The registers that every body gets: what people must be able to write down, and for which statements.

use std::collections::BTreeSet;

use policy::{ColumnType, Mechanism, Pack, StatementType};

use crate::support::{everything, resolved, shipped};

fn base() -> Pack {
    resolved(&shipped(), "base").pack
}

#[test]
fn every_register_of_the_policies_is_there_and_can_be_read_on_paper() {
    let pack = base();
    let ids: BTreeSet<&str> = pack.registers().iter().map(|r| r.id.as_str()).collect();
    let wanted = [
        "assets",
        "media",
        "equipment",
        "systems",
        "areas",
        "entries",
        "software",
        "connections",
        "services",
        "sns",
        "contractors",
        "contractor-checks",
        "vulnerabilities",
        "work",
        "faults",
        "backups",
        "documents",
        "consents",
        "training",
        "disposals",
        "attacks",
        "violations",
        "risks",
        "contacts",
    ];
    assert_eq!(ids, BTreeSet::from(wanted));
    for register in pack.registers() {
        assert!(!register.statements.is_empty(), "{} cites nothing", register.id);
        let listed = register.columns.iter().filter(|c| c.shown_in_list).count();
        assert!((2..=9).contains(&listed), "{}: {listed} columns in the list", register.id);
        assert!(
            register.name_column().is_some_and(|c| c.shown_in_list),
            "{}: no name in the list",
            register.id
        );
        assert!(register.columns.iter().any(|c| c.filter), "{}: nothing to filter by", register.id);
        let titles: BTreeSet<&str> = register.columns.iter().map(|c| c.title.as_str()).collect();
        assert_eq!(titles.len(), register.columns.len(), "{}: two columns of one title", register.id);
        for taken in ["番号", "所属", "終了日"] {
            // Files that are taken out and back have these of their own.
            assert!(!titles.contains(taken), "{}: {taken}", register.id);
        }
    }
}

#[test]
fn every_statement_about_a_register_is_bound_to_one() {
    let files = everything();
    let library = policy::Library::new(&files);
    let mut seen = 0;
    for id in library.packs() {
        let pack = library.resolve(id).unwrap().pack;
        let kept: BTreeSet<Mechanism> = pack.registers().iter().filter_map(|r| r.mechanism).collect();
        for statement in pack.statements().iter().filter(|s| s.kind == StatementType::Register) {
            let is_cited = pack.registers().iter().any(|r| r.statements.contains(&statement.id));
            let is_kept = statement.mechanisms.iter().any(|m| m.ships() || kept.contains(m));
            assert!(is_cited || is_kept, "{} is bound to no register", statement.id);
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn who_is_shown_little_and_who_waits_for_a_class_is_as_the_policies_ask() {
    let pack = base();
    let violations = pack.register("violations").unwrap();
    assert_eq!(violations.readers.roles(), ["supervising-officer", "ciso", "auditor"]);
    assert!(violations.editors.is_empty());
    let upstream = pack.register("contractors").unwrap().column("upstream").unwrap();
    assert_eq!((upstream.kind, upstream.to.as_deref()), (ColumnType::Link, Some("contractors")));
    for register in pack.registers() {
        for column in register.columns.iter().filter(|c| c.kind == ColumnType::Level && c.derived.is_none()) {
            assert!(column.unknown_to_manager, "{} {}", register.id, column.id);
        }
    }
}
