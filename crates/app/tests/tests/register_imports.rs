//! Tables into registers: from a file to rows, all or nothing, and as it was shown.

use app::{
    Error,
    actor::Actor,
    register_imports::{TableInput, TablePlan, TableRefusal},
    registers::store::RegisterStore as _,
};
use worker_protocol::Reason;
use worker_protocol::table::{Cell, Row, Sheet, Table, Value};
use workflow::register::RowKey;
use workflow::register_plan::{CellProblem, Counts, HeadingProblem, Outcome};

use crate::city::City;

const HEADING: &[&str] = &["番号", "名称", "種類", "製造番号", "置き場所", "使う者", "所属"];

fn sheet(name: &str, rows: &[&[&str]]) -> Sheet {
    let row = |(number, cells): (u32, &&[&str])| {
        let cells: Vec<Cell> = (1u32..)
            .zip(cells.iter())
            .filter(|(_, text)| !text.is_empty())
            .map(|(column, text)| Cell { column, value: Value::Text((*text).to_owned()), formula: false })
            .collect();
        (!cells.is_empty()).then_some(Row { number, hidden: false, cells })
    };
    Sheet {
        untrusted_name: name.to_owned(),
        rows: (1u32..).zip(rows).filter_map(row).collect(),
        ..Sheet::default()
    }
}

/// What the cell is told to write down.
fn file(sheets: Vec<Sheet>) -> Vec<u8> {
    [b"cells ".to_vec(), Table { sheets }.encode().unwrap()].concat()
}

fn one(rows: &[&[&str]]) -> Vec<u8> {
    file(vec![sheet("機器", rows)])
}

async fn read(
    city: &City,
    actor: &Actor,
    bytes: &[u8],
    input: &TableInput,
) -> app::Result<Result<TablePlan, TableRefusal>> {
    let mut upload = city.app.begin_table(actor, "equipment", "機器.xlsx").await?;
    upload.write(bytes).await?;
    city.app.finish_table(actor, "equipment", upload, input).await
}

async fn planned(city: &City, actor: &Actor, bytes: &[u8]) -> TablePlan {
    read(city, actor, bytes, &TableInput::default()).await.unwrap().unwrap()
}

async fn apply(city: &City, actor: &Actor, plan: &TablePlan) -> app::Result<app::registers::plan::Applied> {
    let kept = plan.kept.as_ref().expect("a plan that can be applied");
    city.app.apply_table(actor, "equipment", &kept.id, &kept.digest).await
}

const TWO: &[&[&str]] = &[
    HEADING,
    &["", "窓口PC 1", "ノートPC", "SN-1", "市民課", "hanako", ""],
    &["", "窓口PC 2", "ノートPC", "SN-2", "市民課", "", "市民課"],
];

#[tokio::test]
async fn a_table_is_shown_then_applied_as_it_was_shown() {
    let city = City::open().await;
    let kacho = city.at("kacho", "lgwan").await;
    let blobs = city.blobs.count().await;
    let plan = planned(&city, &kacho, &one(TWO)).await;
    assert_eq!(plan.plan.counts(), Counts { added: 2, ..Counts::default() });
    assert_eq!((plan.file.as_str(), plan.sheet.as_str()), ("機器.xlsx", "機器"));
    let before = city.store.real.row(&RowKey::new("equipment", 1)).await.unwrap();
    assert!(before.is_none(), "nothing is written before somebody applies it");
    assert_eq!(city.blobs.count().await, blobs + 1, "the file is gone, the plan waits");
    let shown = city.app.shown_plan("equipment", &plan.plan, 1).await.unwrap();
    assert_eq!(shown.len(), 1, "of each kind the first line only");
    assert!(shown[&2].contains(&("種類".to_owned(), String::new(), "ノートPC".to_owned())));
    let applied = apply(&city, &kacho, &plan).await.unwrap();
    assert_eq!((applied.done.added, applied.numbers), (2, Some((1, 2))));
    assert_eq!(city.blobs.count().await, blobs, "the plan is gone, too");
    let row = city.store.real.row(&RowKey::new("equipment", 1)).await.unwrap().unwrap();
    let user = row.values.get("user").and_then(|v| v.as_text()).unwrap();
    assert_eq!(user, city.at("hanako", "lgwan").await.id().as_str());
    // The same file again changes nothing, and a changed one changes what is different.
    let again = planned(&city, &kacho, &one(TWO)).await;
    assert_eq!(again.plan.counts(), Counts { same: 2, ..Counts::default() });
    assert!(again.kept.is_none());
    let moved = one(&[HEADING, &["E-1", "窓口PC 1", "ノートPC", "SN-1", "倉庫", "hanako", ""]]);
    let moved = planned(&city, &kacho, &moved).await;
    assert_eq!(moved.plan.counts(), Counts { changed: 1, ..Counts::default() });
    apply(&city, &kacho, &moved).await.unwrap();
    let row = city.store.real.row(&RowKey::new("equipment", 1)).await.unwrap().unwrap();
    assert_eq!(row.values.get("place").and_then(|v| v.as_text()), Some("倉庫"));
    assert_eq!(row.version, 2);
}

#[tokio::test]
async fn with_one_wrong_line_nothing_can_be_applied() {
    let city = City::open().await;
    let kacho = city.at("kacho", "lgwan").await;
    let wrong: &[&[&str]] = &[
        HEADING,
        &["", "窓口PC 1", "ノートPC", "SN-1", "市民課", "", ""],
        &["", "窓口PC 2", "電話", "SN-1", "", "だれか", "宇宙課"],
    ];
    let plan = planned(&city, &kacho, &one(wrong)).await;
    assert_eq!(plan.plan.counts(), Counts { added: 1, refused: 1, ..Counts::default() });
    assert!(plan.kept.is_none());
    let Outcome::Refused { problems } = &plan.plan.lines[1].outcome else { panic!("{plan:?}") };
    let told: Vec<String> = problems.iter().map(|p| format!("{}:{}", p.title, p.what.id())).collect();
    for expected in ["種類:not-allowed", "使う者:unknown", "所属:unknown", "置き場所:empty", "製造番号:twice"]
    {
        assert!(told.contains(&expected.to_owned()), "{expected}: {told:?}");
    }
    assert!(problems.iter().any(|p| p.what == CellProblem::Twice { line: 2 }));
}

#[tokio::test]
async fn what_changed_meanwhile_is_refused_and_another_person_finds_no_plan() {
    let city = City::open().await;
    let kacho = city.at("kacho", "lgwan").await;
    let first = planned(&city, &kacho, &one(TWO)).await;
    apply(&city, &kacho, &first).await.unwrap();
    let change =
        |place: &'static str| one(&[HEADING, &["E-1", "窓口PC 1", "ノートPC", "SN-1", place, "", ""]]);
    let (a, b) = (change("棚A"), change("棚B"));
    let (a, b) = (planned(&city, &kacho, &a).await, planned(&city, &kacho, &b).await);
    let kept = a.kept.clone().unwrap();
    for (who, plan, digest, expected) in [
        ("kacho", kept.id.as_str(), "0000", "conflict"),
        ("kacho", "no-such-plan", kept.digest.as_str(), "not-found"),
        ("digital", kept.id.as_str(), kept.digest.as_str(), "not-found"),
    ] {
        let actor = city.at(who, "lgwan").await;
        let refused = city.app.apply_table(&actor, "equipment", plan, digest).await.unwrap_err();
        assert_eq!(refused.code(), expected, "{who} {plan}");
    }
    let elsewhere = city.at("kacho", "internet").await;
    let refused = city.app.apply_table(&elsewhere, "equipment", &kept.id, &kept.digest).await;
    assert!(matches!(refused, Err(Error::NotFound)), "a plan stays in its zone");
    apply(&city, &kacho, &a).await.unwrap();
    assert!(matches!(apply(&city, &kacho, &b).await, Err(Error::Conflict)), "the second saw what is no more");
    let row = city.store.real.row(&RowKey::new("equipment", 1)).await.unwrap().unwrap();
    assert_eq!(row.values.get("place").and_then(|v| v.as_text()), Some("棚A"));
}

#[tokio::test]
async fn files_that_are_no_table_say_why() {
    let city = City::open().await;
    let kacho = city.at("kacho", "lgwan").await;
    let hidden = Sheet { hidden: true, ..sheet("裏", TWO) };
    let named = |name: &str| TableInput { sheet: Some(name.to_owned()), ..TableInput::default() };
    let usual = TableInput::default();
    let headings =
        |sheet: &str, problem| TableRefusal::Headings { sheet: sheet.to_owned(), problems: vec![problem] };
    let missing = HeadingProblem::Missing { title: "名称".to_owned() };
    let half: &[&[&str]] = &[&["種類", "置き場所"], &["ノートPC", "棚"]];
    for (bytes, input, expected) in [
        (b"held".to_vec(), &usual, TableRefusal::Held(Reason::TooComplex)),
        (b"locked secret".to_vec(), &usual, TableRefusal::Held(Reason::PasswordNeeded)),
        (b"dies".to_vec(), &usual, TableRefusal::Held(Reason::WorkerDied)),
        (b"clean words".to_vec(), &usual, TableRefusal::Held(Reason::WorkerDied)),
        (b"cells no table".to_vec(), &usual, TableRefusal::Held(Reason::WorkerDied)),
        (file(Vec::new()), &usual, TableRefusal::NoSheet),
        (file(vec![hidden.clone()]), &usual, TableRefusal::NoSheet),
        (one(TWO), &named("ない"), TableRefusal::NoSheet),
        (one(&[&["あ", "い"], &["1", "2"]]), &usual, headings("機器", HeadingProblem::None)),
        (file(vec![sheet("表紙", &[&["台帳"]]), sheet("機器", half)]), &usual, headings("機器", missing)),
    ] {
        let refused = read(&city, &kacho, &bytes, input).await.unwrap().unwrap_err();
        let expected = match expected {
            // The double of the cell has one reason for what it holds; too complex is told as too much.
            TableRefusal::Held(Reason::TooComplex) => TableRefusal::TooMuch,
            other => other,
        };
        assert_eq!(refused, expected);
    }
    let plan = read(&city, &kacho, &file(vec![hidden]), &named("裏")).await.unwrap().unwrap();
    assert_eq!(plan.plan.counts().added, 2, "a hidden sheet that is named is read");
    let several = file(vec![sheet("表紙", &[&["機器台帳"]]), sheet("機器", TWO), sheet("覚え", &[&["x"]])]);
    let plan = planned(&city, &kacho, &several).await;
    assert_eq!(plan.other_sheets, ["表紙", "覚え"]);
}

#[tokio::test]
async fn who_keeps_no_rows_brings_no_table() {
    let city = City::open().await;
    for who in ["hanako", "kansa"] {
        let actor = city.at(who, "lgwan").await;
        let refused = city.app.begin_table(&actor, "equipment", "a.xlsx").await.err().unwrap();
        assert_eq!(refused.code(), "denied", "{who}");
    }
    let kacho = city.at("kacho", "lgwan").await;
    assert!(matches!(city.app.begin_table(&kacho, "nothing", "a.xlsx").await, Err(Error::NotFound)));
    let wordy = TableInput { reason: "x".repeat(401), ..TableInput::default() };
    assert!(matches!(
        read(&city, &kacho, &one(TWO), &wordy).await,
        Err(Error::Invalid { field: "reason", .. })
    ));
    let long = TableInput { password: Some("x".repeat(2_000)), ..TableInput::default() };
    assert!(matches!(
        read(&city, &kacho, &one(TWO), &long).await,
        Err(Error::Invalid { field: "password", .. })
    ));
}
