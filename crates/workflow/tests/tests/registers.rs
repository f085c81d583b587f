//! Rows of registers: what is refused and told at once, what is derived, and what always holds, whatever is typed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use policy::{Pack, Register, SourceFile};
use proptest::prelude::*;
use proptest::sample::select;
use workflow::id::SectionId;
use workflow::register::{
    Change, Facts, LINKS_MAX, Linked, Problem, Refusal, Row, RowKey, Value, Values, changes, derive,
    handling, judge, read, reads, undone, waits, words,
};

use crate::fixtures::T0;

/// The shipped fictional city: the registers that every body gets.
static PACK: LazyLock<Pack> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut files = Vec::new();
    for folder in ["base", "hoshimi"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let entry = entry.unwrap();
            files.push(SourceFile {
                path: format!("{folder}/{}", entry.file_name().into_string().unwrap()),
                text: std::fs::read_to_string(entry.path()).unwrap(),
            });
        }
    }
    Pack::resolve(&files, "hoshimi").unwrap().pack
});

fn register(id: &str) -> &'static Register {
    PACK.register(id).unwrap()
}

fn text(words: &str) -> Value {
    Value::Text(words.to_owned())
}

fn typed(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(c, v)| ((*c).to_owned(), (*v).to_owned())).collect()
}

fn people() -> BTreeMap<String, String> {
    BTreeMap::from([("hoshino".to_owned(), "u-1".to_owned())])
}

/// An asset that is right.
fn asset() -> Values {
    let all = typed(&[
        ("name", "住民基本台帳"),
        ("kind", "データベース"),
        ("confidentiality", "c3"),
        ("integrity", "完全性2"),
        ("availability", "a2"),
        ("personal-data", "有"),
        ("place", "住民情報システム"),
        ("kept-until", "令和10年3月31日"),
    ]);
    let reading = read(&PACK, register("assets"), &people(), &all);
    assert_eq!(reading.problems, []);
    reading.values
}

struct World {
    linked: BTreeMap<RowKey, Linked>,
    taken: BTreeMap<String, i64>,
    heirs: Vec<String>,
    before: Option<Values>,
    key: Option<RowKey>,
    classifies: bool,
}

impl World {
    fn new() -> Self {
        Self {
            linked: BTreeMap::new(),
            taken: BTreeMap::new(),
            heirs: Vec::new(),
            before: None,
            key: None,
            classifies: false,
        }
    }

    fn with(mut self, key: &str, number: i64, values: Values, ended: bool) -> Self {
        self.linked.insert(RowKey::new(key, number), Linked { values, ended });
        self
    }

    fn facts(&self, register: &'static Register) -> Facts<'_> {
        Facts {
            pack: &PACK,
            register,
            key: self.key.as_ref(),
            before: self.before.as_ref(),
            linked: &self.linked,
            taken: &self.taken,
            heirs: &self.heirs,
            classifies: self.classifies,
        }
    }

    fn judge(&self, id: &str, values: Values) -> Result<Values, Vec<(String, Problem)>> {
        judge(self.facts(register(id)), values)
            .map_err(|all| all.into_iter().map(|p| (p.column, p.problem)).collect())
    }
}

fn of(pairs: &[(&str, Problem)]) -> Vec<(String, Problem)> {
    pairs.iter().map(|(c, p)| ((*c).to_owned(), p.clone())).collect()
}

#[test]
fn what_people_write_is_read() {
    let values = asset();
    assert_eq!(values.get("integrity"), Some(&text("i2")), "a level by its title");
    assert_eq!(values.get("kept-until"), Some(&text("2028-03-31")), "a day in years of an era");
    assert_eq!(values.get("personal-data"), Some(&Value::Flag(true)));
    for (column, said, value) in [
        ("keeper", "hoshino", Some(text("u-1"))),
        ("zone", "LGWAN系(内部情報系)", Some(text("lgwan"))),
        ("zone", "lgwan", Some(text("lgwan"))),
        ("copy-of", "A-0003", Some(Value::Rows(vec![3]))),
        ("copy-of", "３", Some(Value::Rows(vec![3]))),
        ("note", "一行目\r\n二行目", Some(text("一行目\n二行目"))),
        ("personal-data", "無", Some(Value::Flag(false))),
        ("name", "  ", None),
        ("handling", "何でも", None),
    ] {
        let reading = read(&PACK, register("assets"), &people(), &typed(&[(column, said)]));
        assert_eq!(
            (reading.values.get(column), reading.problems.len()),
            (value.as_ref(), 0),
            "{column} {said}"
        );
    }
    let several = read(&PACK, register("media"), &people(), &typed(&[("assets", "A-0007、3 A-3,12")]));
    assert_eq!(several.values.get("assets"), Some(&Value::Rows(vec![3, 7, 12])));
}

#[test]
fn what_cannot_be_read_is_told_all_at_once() {
    let wrong = typed(&[
        ("name", "改\u{0}行"),
        ("kind", "巻物"),
        ("confidentiality", "i1"),
        ("personal-data", "たぶん"),
        ("zone", "第四の系"),
        ("keeper", "nobody"),
        ("kept-until", "2027-02-29"),
        ("copy-of", "A-1 A-2"),
        ("colour", "赤"),
    ]);
    let reading = read(&PACK, register("assets"), &people(), &wrong);
    let told: Vec<(&str, &str)> =
        reading.problems.iter().map(|p| (p.column.as_str(), p.problem.id())).collect();
    assert_eq!(
        told,
        [
            ("name", "not-allowed"),
            ("kind", "not-allowed"),
            ("copy-of", "too-many-rows"),
            ("confidentiality", "unknown"),
            ("personal-data", "not-a-flag"),
            ("zone", "unknown"),
            ("keeper", "unknown"),
            ("kept-until", "no-date"),
            ("colour", "no-column"),
        ]
    );
    assert!(reading.values.is_empty());
    let links = (1..=LINKS_MAX + 1).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let many = read(&PACK, register("media"), &people(), &typed(&[("assets", &links)]));
    assert_eq!(many.problems.first().map(|p| &p.problem), Some(&Problem::TooMany { most: LINKS_MAX }));
    for number in ["1,2,3", "1.5", "-1", "１２３４５６７８９０１２３４５６７８９", "十"] {
        let pack = small();
        let register = pack.register("papers").unwrap();
        let reading = read(&pack, register, &people(), &typed(&[("sheets", number)]));
        assert_eq!(reading.problems.first().map(|p| p.problem.id()), Some("not-a-number"), "{number}");
    }
    let pack = small();
    let reading =
        read(&pack, pack.register("papers").unwrap(), &people(), &typed(&[("sheets", "１，２３４")]));
    assert_eq!(reading.values.get("sheets"), Some(&Value::Number(1234)));
}

/// The small pack of the tests of `policy`, where every type of column occurs.
fn small() -> Pack {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy/tests/tests/small.toml");
    let text = std::fs::read_to_string(path).unwrap();
    Pack::resolve(&[SourceFile { path: "small/pack.toml".to_owned(), text }], "small").unwrap().pack
}

#[test]
fn every_broken_rule_is_told_at_once() {
    let world = World { taken: BTreeMap::from([("serial".to_owned(), 4)]), ..World::new() };
    let bad = Values::from([
        ("serial".to_owned(), text("X-1")),
        ("place".to_owned(), text(&"棚".repeat(201))),
        ("assets".to_owned(), Value::Rows(vec![9])),
        ("encrypted".to_owned(), text("yes")),
    ]);
    assert_eq!(
        world.judge("media", bad),
        Err(of(&[
            ("name", Problem::Empty),
            ("kind", Problem::Empty),
            ("serial", Problem::Taken { by: 4 }),
            ("assets", Problem::Unknown),
            ("encrypted", Problem::NotAllowed),
            ("place", Problem::TooLong { most: 200 }),
        ]))
    );
    let pack = small();
    let register = pack.register("papers").unwrap();
    let facts = Facts { pack: &pack, register, ..world.facts(super::registers::register("assets")) };
    let values = Values::from([
        ("name".to_owned(), text("台帳")),
        ("sheets".to_owned(), Value::Number(0)),
        ("shelf".to_owned(), text("南")),
    ]);
    let told: Vec<&str> = judge(facts, values).unwrap_err().iter().map(|p| p.problem.id()).collect();
    assert_eq!(told, ["not-allowed", "out-of-bounds"]);
}

/// What the pack no longer offers may stay where it is, and is not chosen anew.
#[test]
fn what_was_chosen_before_the_pack_changed_may_stay() {
    let mut values = asset();
    values.insert("kind".to_owned(), text("巻物"));
    assert_eq!(World::new().judge("assets", values.clone()), Err(of(&[("kind", Problem::NotAllowed)])));
    let world = World { before: Some(values.clone()), ..World::new() };
    assert!(world.judge("assets", values).is_ok());
}

#[test]
fn copies_have_the_class_of_their_original() {
    let original = asset();
    let copy = |class: Option<&str>| {
        let mut values = asset();
        values.remove("confidentiality");
        values.insert("copy-of".to_owned(), Value::Rows(vec![1]));
        if let Some(class) = class {
            values.insert("confidentiality".to_owned(), text(class));
        }
        values
    };
    let world = World::new().with("assets", 1, original.clone(), false);
    // Whatever is typed: the original says it.
    for class in [None, Some("c1")] {
        let judged = world.judge("assets", copy(class)).unwrap();
        assert_eq!(judged.get("confidentiality"), Some(&text("c3")), "{class:?}");
        assert!(!waits(register("assets"), &judged));
    }
    // A copy of what nobody classified is not classified either; it is the original that waits.
    let mut unknown = original.clone();
    unknown.remove("confidentiality");
    assert!(waits(register("assets"), &unknown));
    let judged = World::new().with("assets", 1, unknown, false).judge("assets", copy(Some("c1"))).unwrap();
    assert_eq!(judged.get("confidentiality"), None);
    assert!(!waits(register("assets"), &judged));
    // Copies name their original, so nothing goes round.
    let told = |world: &World| world.judge("assets", copy(None)).unwrap_err();
    let is_copy = World::new().with("assets", 1, copy(Some("c3")), false);
    assert_eq!(told(&is_copy), of(&[("copy-of", Problem::CopyOfCopy)]));
    let itself = World {
        key: Some(RowKey::new("assets", 1)),
        ..World::new().with("assets", 1, original.clone(), false)
    };
    assert_eq!(told(&itself), of(&[("copy-of", Problem::Itself)]));
    let has_copies = World {
        heirs: vec!["copy-of".to_owned()],
        ..World::new().with("assets", 1, original.clone(), false)
    };
    assert_eq!(told(&has_copies), of(&[("copy-of", Problem::HasCopies)]));
    let ended = World::new().with("assets", 1, original, true);
    assert_eq!(told(&ended), of(&[("copy-of", Problem::Ended)]));
    let was_linked = World { before: Some(copy(None)), ..ended };
    assert!(was_linked.judge("assets", copy(None)).is_ok());
}

#[test]
fn a_medium_has_the_highest_class_of_what_it_holds() {
    let class = |c: Option<&str>| {
        let mut values = asset();
        values.remove("confidentiality");
        if let Some(c) = c {
            values.insert("confidentiality".to_owned(), text(c));
        }
        values
    };
    let medium = |rows: &[i64]| {
        let mut values = Values::from([
            ("name".to_owned(), text("USB 1")),
            ("kind".to_owned(), text("USBメモリ")),
            ("place".to_owned(), text("書庫")),
            ("confidentiality".to_owned(), text("c1")),
        ]);
        if !rows.is_empty() {
            values.insert("assets".to_owned(), Value::Rows(rows.to_vec()));
        }
        values
    };
    let world = World::new()
        .with("assets", 1, class(Some("c1")), false)
        .with("assets", 2, class(Some("c2")), false)
        .with("assets", 3, class(None), false)
        .with("assets", 4, class(Some("c3")), true);
    for (rows, expected) in [
        (&[][..], None),
        (&[1], Some("c1")),
        (&[1, 2], Some("c2")),
        // What nobody classified counts as the highest there is.
        (&[1, 3], Some("c3")),
    ] {
        let judged = world.judge("media", medium(rows)).unwrap();
        assert_eq!(judged.get("confidentiality"), expected.map(text).as_ref(), "{rows:?}");
    }
    // What has ended is in it no more.
    let before = World { before: Some(medium(&[1, 4])), ..world };
    let judged = before.judge("media", medium(&[1, 4])).unwrap();
    assert_eq!(judged.get("confidentiality"), Some(&text("c1")));
    let restrictions = handling(&PACK, register("media"), &judged);
    let expected: Vec<&str> = PACK.level("c1").unwrap().handling.iter().map(String::as_str).collect();
    let of_axes: Vec<&str> = restrictions.iter().copied().filter(|r| expected.contains(r)).collect();
    assert_eq!(of_axes, expected);
}

#[test]
fn the_manager_alone_classifies_what_waits() {
    let mut waiting = asset();
    waiting.remove("confidentiality");
    let anybody = World { before: Some(waiting.clone()), ..World::new() };
    assert_eq!(anybody.judge("assets", asset()), Err(of(&[("confidentiality", Problem::ManagerClassifies)])));
    assert!(anybody.judge("assets", waiting.clone()).is_ok(), "it goes on waiting");
    let manager = World { classifies: true, ..anybody };
    assert!(!waits(register("assets"), &manager.judge("assets", asset()).unwrap()));
    // Who adds a row may know its class.
    assert!(World::new().judge("assets", asset()).is_ok());
}

#[test]
fn a_row_is_changed_and_ended_with_its_history() {
    let section = Some(SectionId::new("residents"));
    let (mut row, told) = Row::add(RowKey::new("assets", 7), section.clone(), asset(), false, T0);
    assert_eq!((row.version, told.len()), (1, asset().len() + 1));
    assert_eq!(row.must_be(1), Ok(()));
    assert_eq!(row.must_be(2), Err(Refusal::Stale { seen: 2, now: 1 }));
    assert_eq!(row.change(section.clone(), asset(), false, T0 + 1), Err(Refusal::Same));
    let mut other = asset();
    other.insert("name".to_owned(), text("戸籍"));
    let told = row.change(section, other, false, T0 + 2).unwrap();
    assert_eq!(
        told,
        [Change {
            column: "name".to_owned(), old: Some(text("住民基本台帳")), new: Some(text("戸籍"))
        }]
    );
    assert_eq!(undone(row.values.clone(), &told), asset(), "the version before can be read again");
    assert_eq!((row.version, row.changed_at), (2, T0 + 2));
    let moved = row.change(Some(SectionId::new("welfare")), row.values.clone(), false, T0 + 3).unwrap();
    assert_eq!(moved.len(), 1);
    assert_eq!(row.end("2026-11-24", "  ", T0 + 4), Err(Refusal::Reason));
    assert_eq!(row.end("2026-11-24", &"長".repeat(401), T0 + 4), Err(Refusal::Reason));
    assert_eq!(row.version, 3);
    row.end("2026-11-24", " 統合した ", T0 + 4).unwrap();
    assert_eq!(row.end.as_ref().map(|e| e.reason.as_str()), Some("統合した"));
    assert_eq!(row.end("2026-11-24", "もう一度", T0 + 5), Err(Refusal::Ended));
    assert_eq!(row.change(None, Values::new(), false, T0 + 5), Err(Refusal::Ended));
    assert_eq!(row.must_be(4), Err(Refusal::Ended));
}

#[test]
fn a_row_is_found_by_its_words() {
    let found = words(&PACK, register("assets"), 12, &asset());
    for word in ["A-0012", "住民基本台帳", "住民情報システム", "機密性3", "データベース"]
    {
        assert!(found.contains(&policy::folded(word)), "{word} in {found}");
    }
    assert!(!found.contains("c3"), "ids are not words");
}

#[test]
fn a_row_has_a_bound() {
    let mut values = asset();
    values.insert("note".to_owned(), text(&"長".repeat(2_000)));
    assert!(World::new().judge("assets", values).is_ok());
    // Sixty long columns would be more than a row holds: seen from the bytes, whatever the columns allow.
    let pack = small();
    let register = pack.register("papers").unwrap();
    let world = World::new();
    let facts = Facts { pack: &pack, register, ..world.facts(super::registers::register("assets")) };
    let values = Values::from([("name".to_owned(), text(&"長".repeat(20_000)))]);
    let told: Vec<&str> = judge(facts, values).unwrap_err().iter().map(|p| p.problem.id()).collect();
    assert_eq!(told, ["too-long", "row-too-long"]);
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Flag),
        any::<u64>().prop_map(Value::Number),
        prop::collection::btree_set(1_i64..8, 1..5).prop_map(|rows| Value::Rows(rows.into_iter().collect())),
        select(vec!["c1", "c2", "c3", "i1", "a2", "データベース", "USBメモリ", "x", "2026-04-01"])
            .prop_map(text),
        "\\PC{1,12}".prop_map(Value::Text),
    ]
}

fn any_values(id: &'static str) -> impl Strategy<Value = Values> {
    let columns: Vec<String> = register(id).columns.iter().map(|c| c.id.clone()).collect();
    prop::collection::btree_map(select(columns), any_value(), 0..12)
}

fn level() -> impl Strategy<Value = Option<&'static str>> {
    select(vec![None, Some("c1"), Some("c2"), Some("c3")])
}

proptest! {
    /// Whatever is typed, nothing panics; what is taken is right by every rule, and judging it again changes nothing.
    #[test]
    fn what_is_taken_stands(id in select(vec!["assets", "media", "equipment"]), values in any_values("assets"), more in any_values("media")) {
        let world = World::new().with("assets", 1, asset(), false).with("assets", 2, asset(), true);
        let all: Values = values.into_iter().chain(more).collect();
        if let Ok(judged) = world.judge(id, all) {
            let register = register(id);
            for column in register.columns.iter().filter(|c| c.required) {
                prop_assert!(judged.contains_key(&column.id));
            }
            prop_assert!(judged.keys().all(|c| register.column(c).is_some()));
            let again = World { before: Some(judged.clone()), classifies: true, ..world };
            prop_assert_eq!(again.judge(id, judged.clone()), Ok(judged));
        }
    }

    /// Any typed text is read or refused, and what was read is read the same from the way the house writes it.
    #[test]
    fn any_text_is_read_or_refused(column in select(register("assets").columns.iter().map(|c| c.id.clone()).collect::<Vec<_>>()), said in "\\PC{0,40}") {
        let reading = read(&PACK, register("assets"), &people(), &BTreeMap::from([(column, said)]));
        prop_assert!(reading.values.len() + reading.problems.len() <= 1);
    }

    /// The class of a medium is never below that of anything that it holds and that has not ended.
    #[test]
    fn no_medium_is_below_what_it_holds(held in prop::collection::vec((level(), any::<bool>()), 1..7)) {
        let mut world = World::new();
        for (n, (class, ended)) in (1..).zip(&held) {
            let mut values = asset();
            match class {
                Some(class) => values.insert("confidentiality".to_owned(), text(class)),
                None => values.remove("confidentiality"),
            };
            world = world.with("assets", n, values, *ended);
        }
        let rows: Vec<i64> = (1..).take(held.len()).collect();
        let values = Values::from([("assets".to_owned(), Value::Rows(rows))]);
        let derived = derive(&PACK, register("media"), values, &world.linked);
        let rank = |id: &str| PACK.level(id).unwrap().rank;
        let highest = held.iter().filter(|(_, ended)| !ended).map(|(class, _)| class.map_or(3, rank)).max();
        prop_assert_eq!(derived.get("confidentiality").and_then(Value::as_text).map(rank), highest);
    }

    /// What a change says of old and new leads from each to the other.
    #[test]
    fn changes_lead_back(before in any_values("assets"), after in any_values("assets")) {
        let told = changes(&before, &after);
        prop_assert_eq!(undone(after.clone(), &told), before.clone());
        prop_assert_eq!(told.is_empty(), before == after);
        for change in &told {
            let text = serde_json::to_string(change).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Change>(&text).unwrap(), change);
        }
    }

    /// Every row that a judgement looks at is among those that are asked for before it.
    #[test]
    fn the_rows_to_read_are_the_linked_ones(rows in prop::collection::btree_set(1_i64..50, 1..9)) {
        let rows: Vec<i64> = rows.into_iter().collect();
        let values = Values::from([("assets".to_owned(), Value::Rows(rows.clone()))]);
        let asked: Vec<i64> = reads(register("media"), &values).map(|k| k.number).collect();
        prop_assert_eq!(asked, rows);
    }
}
