//! Tables as plans: one table of wrong files, one of wrong cells, and what always holds of a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use policy::{Pack, Register, SourceFile};
use proptest::prelude::*;
use worker_protocol::table::{Area, Cell, Row as TableRow, Sheet, Value as InCell};
use workflow::id::SectionId;
use workflow::register::{Problem, Row, RowKey, Value, Values, judge, read, waits};
use workflow::register_plan::{
    CellNote, CellProblem, Counts, HeadingProblem, LINES_MAX, Lines, Outcome, Plan, PlanFacts, lines, plan,
    wanted,
};

use crate::fixtures::T0;

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

fn equipment() -> &'static Register {
    PACK.register("equipment").unwrap()
}

fn text(words: &str) -> InCell {
    InCell::Text(words.to_owned())
}

/// A sheet of these rows, the first being row 1; an empty text is an empty cell.
fn sheet(rows: &[&[&str]]) -> Sheet {
    let row = |(number, cells): (u32, &&[&str])| {
        let cells: Vec<Cell> = (1u32..)
            .zip(cells.iter())
            .filter(|(_, words)| !words.is_empty())
            .map(|(column, words)| Cell { column, value: text(words), formula: false })
            .collect();
        (!cells.is_empty()).then_some(TableRow { number, hidden: false, cells })
    };
    Sheet { rows: (1u32..).zip(rows).filter_map(row).collect(), ..Sheet::default() }
}

const HEADING: &[&str] = &["番号", "名称", "種類", "製造番号", "置き場所", "設置日", "所属"];

/// A heading and one line.
fn one(line: &[&str]) -> Sheet {
    sheet(&[HEADING, line])
}

/// What the house knows: two rows of equipment, one of which has ended, and what a person may do.
struct House {
    rows: BTreeMap<i64, Row>,
    owners: BTreeMap<(String, String), i64>,
    people: BTreeMap<String, String>,
    sections: Option<BTreeSet<SectionId>>,
    own: SectionId,
}

fn values(pairs: &[(&str, &str)]) -> Values {
    let typed = pairs.iter().map(|(c, v)| ((*c).to_owned(), (*v).to_owned())).collect();
    let reading = read(&PACK, equipment(), &BTreeMap::new(), &typed);
    assert_eq!(reading.problems, []);
    let facts = workflow::register::Facts {
        pack: &PACK,
        register: equipment(),
        key: None,
        before: None,
        linked: &BTreeMap::new(),
        taken: &BTreeMap::new(),
        heirs: &[],
        classifies: true,
    };
    judge(facts, reading.values).unwrap()
}

impl House {
    fn new() -> Self {
        let of = |number: i64, name: &str, serial: &str| {
            let said =
                values(&[("name", name), ("kind", "ノートPC"), ("serial", serial), ("place", "市民課")]);
            let key = RowKey::new("equipment", number);
            let is_waiting = waits(equipment(), &said);
            Row::add(key, Some(section("市民課")), said, is_waiting, T0).0
        };
        let mut ended = of(2, "古いPC", "SN-2");
        ended.end("2026-03-31", "廃棄した", T0).unwrap();
        let owners = BTreeMap::from([(("serial".to_owned(), "SN-1".to_owned()), 1)]);
        Self {
            rows: BTreeMap::from([(1, of(1, "窓口PC", "SN-1")), (2, ended)]),
            owners,
            people: BTreeMap::new(),
            sections: None,
            own: section("市民課"),
        }
    }

    fn plan(&self, lines: &Lines) -> Plan {
        let facts = PlanFacts {
            pack: &PACK,
            register: equipment(),
            people: &self.people,
            rows: &self.rows,
            owners: &self.owners,
            linked: &BTreeMap::new(),
            heirs: &BTreeMap::new(),
            sections: self.sections.as_ref(),
            own_section: Some(&self.own),
            classifies: true,
        };
        plan(facts, lines)
    }

    fn of(&self, sheet: &Sheet) -> Plan {
        self.plan(&lines(equipment(), sheet).unwrap())
    }
}

fn section(name: &str) -> SectionId {
    let found = PACK.sections().iter().find(|s| s.name == name);
    SectionId::new(found.unwrap_or_else(|| panic!("{name}")).id.clone())
}

/// What is wrong with the first line, in words.
fn wrong(plan: &Plan) -> Vec<String> {
    match &plan.lines[0].outcome {
        Outcome::Refused { problems } => {
            problems.iter().map(|p| format!("{}:{}", p.title, p.what.id())).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn lines_add_change_and_leave_rows() {
    let plan = House::new().of(&sheet(&[
        &["機器台帳 令和8年4月"],
        HEADING,
        &["", "新しいPC", "ノートPC", "SN-9", "市民課の棚", "令和8年4月1日", ""],
        &["E-0001", "窓口PC", "ノートPC", "SN-1", "別の棚", "", "市民課"],
        &[],
        &["１", "窓口PC", "ノートPC", "SN-1", "市民課", "", ""],
    ]));
    assert_eq!(plan.counts(), Counts { added: 1, changed: 1, same: 0, refused: 1 });
    assert_eq!(plan.lines.iter().map(|l| l.line).collect::<Vec<_>>(), [3, 4, 6]);
    let Outcome::Add { section: of, values, .. } = &plan.lines[0].outcome else { panic!("{plan:#?}") };
    assert_eq!(of.as_ref(), Some(&section("市民課")));
    assert_eq!(values["installed"], Value::Text("2026-04-01".to_owned()));
    let Outcome::Change { number, version, changes, .. } = &plan.lines[1].outcome else { panic!() };
    assert_eq!((*number, *version), (1, 1));
    let told: Vec<&str> = changes.iter().map(|c| c.column.as_str()).collect();
    assert_eq!(told, ["place"]);
    assert!(!plan.is_applicable(), "the third line is about the same row as the second");
    let alone = House::new().of(&one(&["1", "窓口PC", "ノートPC", "SN-1", "市民課", "", ""]));
    assert_eq!(alone.lines[0].outcome, Outcome::Same { number: 1 });
    assert!(!alone.is_applicable(), "nothing is different");
}

#[test]
fn columns_may_move_and_be_absent_and_a_row_is_found_by_its_unique_value() {
    let moved = sheet(&[&["置き場所*", "ﾒﾓ", "製 造番号", "名称"], &["書庫", "見ない", "SN-1", "窓口PC"]]);
    let read = lines(equipment(), &moved).unwrap();
    let known: Vec<bool> = read.headings.iter().map(|h| h.is_known).collect();
    assert_eq!(known, [true, false, true, true]);
    assert!(read.absent.contains(&"種類".to_owned()) && !read.absent.contains(&"名称".to_owned()));
    let plan = House::new().plan(&read);
    let Outcome::Change { number: 1, values, .. } = &plan.lines[0].outcome else { panic!("{plan:#?}") };
    assert_eq!(values["kind"], Value::Text("ノートPC".to_owned()), "what the file does not have stays");
    let emptied = House::new().of(&sheet(&[&["番号", "製造番号"], &["1"]]));
    let Outcome::Change { values, .. } = &emptied.lines[0].outcome else { panic!("{emptied:#?}") };
    assert!(
        !values.contains_key("serial") && values.contains_key("name"),
        "what is there and empty is emptied"
    );
}

#[test]
fn a_sheet_that_is_no_list_of_the_register_is_refused_as_a_whole() {
    let many: Vec<Vec<&str>> = std::iter::repeat_n(vec!["a", "b"], LINES_MAX + 1).collect();
    let mut long: Vec<&[&str]> = vec![&["名称", "種類"]];
    long.extend(many.iter().map(Vec::as_slice));
    let mut spanned = one(&["", "a", "ノートPC", "", "b", "", ""]);
    spanned.merged = vec![Area { first_row: 1, first_column: 2, last_row: 1, last_column: 3 }];
    let title = |t: &str| t.to_owned();
    for (what, sheet, expected) in [
        ("nothing", Sheet::default(), vec![HeadingProblem::None]),
        ("another list", sheet(&[&["氏名", "住所"], &["a", "b"]]), vec![HeadingProblem::None]),
        ("one word by chance", sheet(&[&["備考"], &["a"]]), vec![HeadingProblem::None]),
        ("a heading alone", sheet(&[HEADING]), vec![HeadingProblem::Empty]),
        (
            "no name and no number",
            sheet(&[&["種類", "置き場所"], &["ノートPC", "b"]]),
            vec![HeadingProblem::Missing { title: title("名称") }],
        ),
        (
            "twice",
            sheet(&[&["名称", "種類", "名称＊"], &["a", "b", "c"]]),
            vec![HeadingProblem::Twice { title: title("名称＊"), at: (1, 3) }],
        ),
        ("spanned", spanned, vec![HeadingProblem::Merged { title: title("名称") }]),
        ("too long", sheet(&long), vec![HeadingProblem::TooMany { most: LINES_MAX }]),
    ] {
        assert_eq!(lines(equipment(), &sheet), Err(expected), "{what}");
    }
}

#[test]
fn what_is_wrong_with_a_line_is_told_by_column_all_at_once() {
    let rows: &[(&[&str], &[&str])] = &[
        (&["", "", "ノートPC", "", "棚", "", ""], &["名称:empty"]),
        (
            &["", "a", "電話", "", "", "26/4/1", "宇宙課"],
            &["種類:not-allowed", "設置日:no-date", "所属:unknown", "置き場所:empty"],
        ),
        (&["E-9", "a", "ノートPC", "", "棚", "", ""], &["番号:no-row"]),
        (&["2", "a", "ノートPC", "", "棚", "", ""], &["番号:ended"]),
        (&["A-1", "a", "ノートPC", "", "棚", "", ""], &["番号:not-a-number-of-a-row"]),
        (&["", "a", "ノートPC", "", "棚", "令和8年2月30日", ""], &["設置日:no-date"]),
        (&["", "a", "ノートPC", "", "棚", "", "", "はみ出し"], &[":no-heading"]),
    ];
    for (line, expected) in rows {
        let plan = House::new().of(&one(line));
        assert_eq!(wrong(&plan), *expected, "{line:?}");
        assert!(!plan.is_applicable());
    }
    let twice = House::new().of(&sheet(&[
        HEADING,
        &["", "a", "ノートPC", "SN-7", "棚", "", ""],
        &["", "b", "ノートPC", "SN-7", "棚", "", ""],
    ]));
    let Outcome::Refused { problems } = &twice.lines[1].outcome else { panic!("{twice:#?}") };
    assert_eq!(problems[0].what, CellProblem::Twice { line: 2 });
    assert_eq!((problems[0].title.as_str(), problems[0].at), ("製造番号", Some(4)));
    // A value of another row, in a line that names its own.
    let mut house = House::new();
    house.owners.insert(("serial".to_owned(), "SN-5".to_owned()), 5);
    let taken = house.of(&one(&["1", "窓口PC", "ノートPC", "SN-5", "市民課", "", ""]));
    let Outcome::Refused { problems } = &taken.lines[0].outcome else { panic!("{taken:#?}") };
    assert_eq!(problems[0].what, CellProblem::Column { problem: Problem::Taken { by: 5 } });
}

#[test]
fn nobody_writes_into_the_rows_of_another_section() {
    let mut house = House::new();
    let other = PACK.sections().iter().find(|s| s.name != "市民課").unwrap();
    house.sections = Some(BTreeSet::from([SectionId::new(other.id.clone())]));
    house.own = SectionId::new(other.id.clone());
    for (line, expected) in [
        (["1", "窓口PC", "ノートPC", "", "棚", "", ""], "番号:no-row"),
        (["", "窓口PC", "ノートPC", "SN-1", "棚", "", ""], ":not-kept"),
        (["", "b", "ノートPC", "", "棚", "", "市民課"], "所属:not-kept"),
    ] {
        assert_eq!(wrong(&house.of(&one(&line))), [expected], "{line:?}");
    }
    assert_eq!(house.of(&one(&["", "b", "ノートPC", "", "棚", "", ""])).counts().added, 1);
}

#[test]
fn cells_of_every_type_are_understood_or_told() {
    let line = |at: usize, value: InCell, formula: bool| {
        let mut sheet = one(&["", "a", "ノートPC", "SN-8", "棚", "", ""]);
        let column = u32::try_from(at).unwrap();
        let row = &mut sheet.rows[1];
        row.cells.retain(|cell| cell.column != column);
        row.cells.push(Cell { column, value, formula });
        row.cells.sort_by_key(|cell| cell.column);
        sheet
    };
    let day = Value::Text("2026-04-01".to_owned());
    for (what, sheet, value, notes) in [
        ("a day", line(6, InCell::Date("2026-04-01".to_owned()), false), &day, vec![]),
        ("a counted day", line(6, InCell::Number("46113".to_owned()), false), &day, vec![CellNote::Counted]),
        (
            "the result of a formula",
            line(6, InCell::Date("2026-04-01".to_owned()), true),
            &day,
            vec![CellNote::Formula],
        ),
        ("in full width", line(6, text("Ｒ８．４．１"), false), &day, vec![]),
    ] {
        let plan = House::new().of(&sheet);
        let Outcome::Add { values, .. } = &plan.lines[0].outcome else { panic!("{what}: {plan:#?}") };
        assert_eq!(values.get("installed"), Some(value), "{what}");
        assert_eq!(plan.lines[0].notes.iter().map(|n| n.what).collect::<Vec<_>>(), notes, "{what}");
    }
    let in_text = House::new().of(&line(4, InCell::Date("2026-01-02".to_owned()), false));
    assert_eq!(in_text.lines[0].notes[0].what, CellNote::DayInText);
    let number = House::new().of(&line(4, InCell::Number("12".to_owned()), false));
    let Outcome::Add { values, .. } = &number.lines[0].outcome else { panic!() };
    assert_eq!(values["serial"], Value::Text("12".to_owned()));
    for (what, sheet, expected) in [
        ("an error", line(5, InCell::Error("#N/A".to_owned()), false), "置き場所:shows-error"),
        ("no result", line(5, InCell::Nothing, true), "置き場所:no-result"),
        ("no day", line(6, InCell::Number("0".to_owned()), false), "設置日:no-date"),
        ("a day that is none", line(6, InCell::Date("1900-02-29".to_owned()), false), "設置日:no-date"),
    ] {
        assert_eq!(wrong(&House::new().of(&sheet)), [expected], "{what}");
    }
    let mut merged = one(&["", "a", "ノートPC", "SN-8", "棚", "", ""]);
    merged.merged = vec![Area { first_row: 2, first_column: 5, last_row: 3, last_column: 5 }];
    merged.rows[1].hidden = true;
    let plan = House::new().of(&merged);
    assert_eq!(wrong(&plan), ["置き場所:merged"]);
    assert_eq!(plan.lines[0].notes[0].what, CellNote::HiddenRow);
}

#[test]
fn what_must_be_looked_up_is_told_once() {
    let links = PACK.register("media").unwrap();
    let found = sheet(&[
        &["番号", "名称", "製造番号", "入っている情報資産", "管理担当者"],
        &["M-0003", "USB 1", "S1", "A-1、A-2", "星野 花子"],
        &["", "USB 2", "", "A-2", " 星野 花子 "],
    ]);
    let wanted = wanted(&PACK, links, &lines(links, &found).unwrap());
    assert_eq!(wanted.people, BTreeSet::from(["星野 花子".to_owned()]));
    assert_eq!(wanted.numbers, BTreeSet::from([3]));
    assert_eq!(wanted.uniques, BTreeSet::from([("serial".to_owned(), "S1".to_owned())]));
    assert_eq!(wanted.linked, BTreeSet::from([RowKey::new("assets", 1), RowKey::new("assets", 2)]));
}

fn any_cell() -> impl Strategy<Value = InCell> {
    prop_oneof![
        "[\\PC]{1,6}".prop_map(InCell::Text),
        (-5i64..60_000).prop_map(|n| InCell::Number(n.to_string())),
        Just(InCell::Date("2026-04-01".to_owned())),
        Just(InCell::Date("2026-02-30".to_owned())),
        any::<bool>().prop_map(InCell::Bool),
        Just(InCell::Error("#REF!".to_owned())),
        Just(InCell::Nothing),
        Just(text("ノートPC")),
        Just(text("1")),
        Just(text("SN-1")),
        Just(text("市民課")),
    ]
}

proptest! {
    #[test]
    fn a_plan_tells_every_line_and_what_it_writes_may_stand_there(
        cells in proptest::collection::vec(proptest::collection::btree_map(1u32..9, any_cell(), 1..8), 1..12),
        merged in proptest::option::of((1u32..9, 1u32..9, 0u32..3, 0u32..3)),
    ) {
        let mut sheet = sheet(&[HEADING]);
        for (number, cells) in (2u32..).zip(&cells) {
            let cells = cells.iter().map(|(column, value)| Cell {
                column: *column,
                value: value.clone(),
                formula: *value == InCell::Nothing,
            });
            sheet.rows.push(TableRow { number, hidden: false, cells: cells.collect() });
        }
        sheet.merged = merged
            .into_iter()
            .map(|(row, column, down, right)| Area {
                first_row: row + 1,
                first_column: column,
                last_row: row + 1 + down,
                last_column: column + right,
            })
            .collect();
        let house = House::new();
        let read = lines(equipment(), &sheet).unwrap();
        let plan = house.plan(&read);
        prop_assert_eq!(plan.lines.len(), cells.len());
        prop_assert_eq!(&house.plan(&read), &plan);
        let counts = plan.counts();
        prop_assert_eq!(counts.added + counts.changed + counts.same + counts.refused, cells.len());
        let mut numbers = BTreeSet::new();
        for line in &plan.lines {
            match &line.outcome {
                Outcome::Add { values, section, .. } => {
                    prop_assert!(section.is_some());
                    for column in equipment().columns.iter().filter(|c| c.required) {
                        prop_assert!(values.contains_key(&column.id), "{}", column.id);
                    }
                }
                Outcome::Change { number, changes, .. } => {
                    prop_assert!(!changes.is_empty());
                    prop_assert!(numbers.insert(*number), "two lines change one row");
                }
                Outcome::Same { .. } => {}
                Outcome::Refused { problems } => prop_assert!(!problems.is_empty()),
            }
        }
    }
}
