//! What is written is opened again by another library.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use proptest::prelude::*;

use super::*;

fn columns() -> Vec<Column> {
    [
        ("番号", Kind::Text),
        ("数", Kind::Number),
        ("日", Kind::Day),
        ("時刻", Kind::Moment),
        ("備考", Kind::LongText),
    ]
    .map(|(title, kind)| Column::new(title, kind))
    .to_vec()
}

fn list<'a>(columns: &'a [Column], rows: &'a [Vec<String>]) -> List<'a> {
    List { title: "情報資産台帳", columns, rows, made_at: 1_774_983_600 }
}

fn row(values: [&str; 5]) -> Vec<String> {
    values.map(str::to_owned).to_vec()
}

fn open(bytes: &[u8]) -> Xlsx<Cursor<&[u8]>> {
    Xlsx::new(Cursor::new(bytes)).unwrap()
}

/// The rows below the heading, as another program sees them.
fn seen(columns: &[Column], rows: &[Vec<String>]) -> Vec<Vec<Data>> {
    let bytes = write(&list(columns, rows)).unwrap();
    let mut book = open(&bytes);
    let name = book.sheet_names()[0].clone();
    let formulas = book.worksheet_formula(&name).unwrap();
    assert!(formulas.used_cells().all(|(_, _, formula)| formula.is_empty()));
    book.worksheet_range(&name).unwrap().rows().skip(1).map(<[Data]>::to_vec).collect()
}

#[test]
fn values_have_the_type_of_their_column() {
    let rows = [
        row(["A-0001", "12", "2026-04-01", "2026-04-01T09:05:00+09:00", "一行\n二行"]),
        row(["0012", "0012", "令和8年", "2026-04-01", "=1+1"]),
        row(["=1+1", "9999999999999999", "1899-01-01", "2026-04-01T25:00:00+09:00", "http://x/"]),
        row(["+1", "-3", "2026-02-30", "", ""]),
    ];
    let found = seen(&columns(), &rows);
    let text = |text: &str| Data::String(text.to_owned());
    assert_eq!(found[0][0], text("A-0001"));
    assert_eq!(found[0][1], Data::Float(12.0));
    let Data::DateTime(day) = found[0][2] else { panic!("{:?}", found[0][2]) };
    assert_eq!(day.to_ymd_hms_milli().0, 2026);
    let Data::DateTime(moment) = found[0][3] else { panic!("{:?}", found[0][3]) };
    assert_eq!(moment.to_ymd_hms_milli(), (2026, 4, 1, 9, 5, 0, 0));
    assert_eq!(found[0][4], text("一行\n二行"));
    assert_eq!(found[1], ["0012", "0012", "令和8年", "2026-04-01", "=1+1"].map(text));
    assert_eq!(
        found[2],
        ["=1+1", "9999999999999999", "1899-01-01", "2026-04-01T25:00:00+09:00", "http://x/"].map(text)
    );
    assert_eq!(found[3][..3], [text("+1"), Data::Float(-3.0), text("2026-02-30")]);
    assert!(found[3][3..].iter().all(|cell| *cell == Data::Empty));
}

#[test]
fn the_sheet_bears_the_title_and_the_same_list_gives_the_same_bytes() {
    let columns = columns();
    let bytes = write(&list(&columns, &[])).unwrap();
    assert_eq!(open(&bytes).sheet_names(), ["情報資産台帳"]);
    assert_eq!(bytes, write(&list(&columns, &[])).unwrap());
    for (title, name) in [
        ("a/b:c[d]", "abcd"),
        ("'quoted'", "quoted"),
        ("*?", "一覧"),
        ("", "一覧"),
        (
            "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみ",
            "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほま",
        ),
    ] {
        let bytes = write(&List { title, ..list(&columns, &[]) }).unwrap();
        assert_eq!(open(&bytes).sheet_names(), [name], "{title}");
    }
}

#[test]
fn what_is_too_much_is_refused_and_what_is_too_long_is_cut_with_a_sign() {
    let columns = [Column::new("a", Kind::Text)];
    let rows = vec![vec!["x".to_owned()]; ROWS_MAX + 1];
    assert!(matches!(write(&list(&columns, &rows)), Err(WorkbookError::TooManyRows)));
    let long = vec![vec!["あ".repeat(CELL_CHARS_MAX + 1)]];
    let Data::String(text) = &seen(&columns, &long)[0][0] else { panic!() };
    assert_eq!((text.chars().count(), text.chars().last()), (CELL_CHARS_MAX, Some('…')));
    // A row that is shorter or longer than the heading.
    assert!(seen(&columns, &[vec![], vec!["a".to_owned(), "b".to_owned()]]).len() <= 2);
    assert!(write(&List { title: "a", columns: &[], rows: &[vec!["a".to_owned()]], made_at: 0 }).is_ok());
}

proptest! {
    #[test]
    fn any_text_is_written_and_none_runs(cells in proptest::collection::vec(any::<String>(), 5..=5), made_at in 0i64..4_000_000_000) {
        let columns = columns();
        let rows = [cells];
        let bytes = write(&List { made_at, ..list(&columns, &rows) }).unwrap();
        let mut book = open(&bytes);
        let formulas = book.worksheet_formula("情報資産台帳").unwrap();
        prop_assert!(formulas.used_cells().all(|(_, _, formula)| formula.is_empty()));
    }
}
