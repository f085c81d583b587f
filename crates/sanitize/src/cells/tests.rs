//! Workbooks and files of values made here, from sound to broken, through the whole road.

use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use worker_protocol::table::{Area, Cell, Table, Value};
use worker_protocol::{Kind, Limits, Mode, Reason, Road, Verdict};

use crate::trial;
use crate::zip_writer;

const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TYPES: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const SPACE: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// A workbook with these sheets: name, state, and what stands in the worksheet.
fn workbook(sheets: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut types = String::new();
    let mut list = String::new();
    let mut relations = String::new();
    let mut parts: Vec<(String, String)> = Vec::new();
    for (at, (name, state, inside)) in sheets.iter().enumerate() {
        let n = at + 1;
        types += &format!(
            "<Override PartName=\"/xl/worksheets/sheet{n}.xml\" ContentType=\"{TYPES}.worksheet+xml\"/>"
        );
        list += &format!("<sheet name=\"{name}\" sheetId=\"{n}\" state=\"{state}\" r:id=\"rId{n}\"/>");
        relations += &format!(
            "<Relationship Id=\"rId{n}\" Type=\"{REL}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>"
        );
        parts.push((
            format!("xl/worksheets/sheet{n}.xml"),
            format!("<worksheet xmlns=\"{SPACE}\">{inside}</worksheet>"),
        ));
    }
    let package = "http://schemas.openxmlformats.org/package/2006";
    let all = [
        (
            "[Content_Types].xml".to_owned(),
            format!(
                "<Types xmlns=\"{package}/content-types\"><Override PartName=\"/xl/workbook.xml\" ContentType=\"{TYPES}.sheet.main+xml\"/><Override PartName=\"/xl/styles.xml\" ContentType=\"{TYPES}.styles+xml\"/><Override PartName=\"/xl/sharedStrings.xml\" ContentType=\"{TYPES}.sharedStrings+xml\"/>{types}</Types>"
            ),
        ),
        (
            "_rels/.rels".to_owned(),
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"rId1\" Type=\"{REL}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels".to_owned(),
            format!(
                "<Relationships xmlns=\"{package}/relationships\">{relations}<Relationship Id=\"rS\" Type=\"{REL}/styles\" Target=\"styles.xml\"/><Relationship Id=\"rT\" Type=\"{REL}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml".to_owned(),
            format!("<workbook xmlns=\"{SPACE}\" xmlns:r=\"{REL}\"><sheets>{list}</sheets></workbook>"),
        ),
        (
            "xl/styles.xml".to_owned(),
            format!(
                "<styleSheet xmlns=\"{SPACE}\"><numFmts count=\"1\"><numFmt numFmtId=\"176\" formatCode=\"[$-411]ggge&quot;年&quot;m&quot;月&quot;d&quot;日&quot;\"/></numFmts><fonts count=\"1\"><font/></fonts><fills count=\"1\"><fill/></fills><borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs><cellXfs count=\"4\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"176\"/><xf numFmtId=\"20\"/></cellXfs></styleSheet>"
            ),
        ),
        (
            "xl/sharedStrings.xml".to_owned(),
            format!(
                "<sst xmlns=\"{SPACE}\"><si><t>税務課</t><rPh sb=\"0\" eb=\"3\"><t>ゼイムカ</t></rPh></si><si><r><t>住民</t></r><r><t>記録</t></r></si><si><t>{}</t></si></sst>",
                "長".repeat(10_000)
            ),
        ),
    ];
    let all: Vec<(String, String)> = all.into_iter().chain(parts).collect();
    zip_writer::write(all.iter().map(|(name, text)| (name, text.as_bytes()))).unwrap()
}

fn open_document(rows: &str) -> Vec<u8> {
    let media_type = "application/vnd.oasis.opendocument.spreadsheet";
    let content = format!(
        "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:of=\"urn:oasis:names:tc:opendocument:xmlns:of:1.2\" office:version=\"1.2\"><office:body><office:spreadsheet><table:table table:name=\"台帳\">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    );
    let manifest = format!(
        "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{media_type}\"/></manifest:manifest>"
    );
    let members = [("content.xml", content.as_bytes()), ("META-INF/manifest.xml", manifest.as_bytes())];
    zip_writer::write_after_stored(("mimetype", media_type.as_bytes()), members).unwrap()
}

/// A workbook of Excel 97 with one sheet, a number and a word.
fn excel_97() -> Vec<u8> {
    let record = |number: u16, body: &[u8]| {
        let length = u16::try_from(body.len()).unwrap();
        [&number.to_le_bytes()[..], &length.to_le_bytes(), body].concat()
    };
    let begin = |kind: u16| {
        let fields = [0x0600, kind, 0x0DBB, 0x07CC, 0, 0, 6, 0].map(u16::to_le_bytes);
        record(0x0809, &fields.concat())
    };
    let name: Vec<u8> = "台帳".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let head = |offset: u32| {
        let sheet = [&offset.to_le_bytes()[..], &[0, 0, 2, 1], &name].concat();
        [begin(5), record(0x0085, &sheet), record(0x000A, &[])].concat()
    };
    let offset = u32::try_from(head(0).len()).unwrap();
    let place = |row: u16, column: u16| [row, column, 0].map(u16::to_le_bytes).concat();
    let word: Vec<u8> = "庁内".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cells = [
        record(0x0204, &[&place(0, 0)[..], &2u16.to_le_bytes(), &[1], &word].concat()),
        record(0x0203, &[&place(1, 2)[..], &1.5f64.to_le_bytes()].concat()),
    ];
    let stream = [head(offset), begin(0x0010), cells.concat(), record(0x000A, &[])].concat();
    let mut file = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new())).unwrap();
    // A short stream lies elsewhere in the file, and not every reader looks there.
    let padded = [stream, vec![0; 8192]].concat();
    file.create_stream("/Workbook").unwrap().write_all(&padded).unwrap();
    file.into_inner().into_inner()
}

fn read(name: &str, bytes: &[u8]) -> Table {
    let outcome = trial::run(&trial::job_in(name, Mode::Cells), bytes);
    assert_eq!(outcome.report.reason, None, "{name}");
    assert_eq!((outcome.report.clean_kind, outcome.report.road), (Some(Kind::Json), Some(Road::Cells)));
    Table::decode(&outcome.clean.unwrap()).unwrap()
}

fn refused(name: &str, bytes: &[u8], limits: Limits) -> (Verdict, Option<Reason>) {
    let mut job = trial::job_in(name, Mode::Cells);
    job.limits = limits;
    let outcome = trial::run(&job, bytes);
    assert!(outcome.clean.is_none(), "{name}");
    (outcome.report.verdict, outcome.report.reason)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn found(table: &Table) -> Vec<(u32, u32, Value, bool)> {
    let rows = table.sheets.iter().flat_map(|sheet| &sheet.rows);
    rows.flat_map(|row| row.cells.iter().map(|c| (row.number, c.column, c.value.clone(), c.formula)))
        .collect()
}

#[test]
fn a_workbook_is_written_down_cell_by_cell() {
    let rows = "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c>\
                <c r=\"D1\" t=\"inlineStr\"><is><t>直接</t></is></c></row>\
                <row r=\"3\" hidden=\"1\"><c r=\"A3\"><v>46113</v></c><c r=\"B3\" s=\"1\"><v>46113</v></c>\
                <c r=\"C3\" s=\"2\"><v>46113.75</v></c><c r=\"D3\" s=\"3\"><v>0.5625</v></c></row>\
                <row r=\"4\"><c r=\"A4\"><f>1+2</f><v>3</v></c><c r=\"B4\"><f>SUM(A1:A3)</f></c>\
                <c r=\"C4\" t=\"b\"><v>1</v></c><c r=\"D4\" t=\"e\"><v>#N/A</v></c><c r=\"E4\" t=\"inlineStr\"><is><t>　 </t></is></c>\
                <c r=\"F4\"><v>0.1</v></c><c r=\"G4\"><v>-12</v></c></row></sheetData>\
                <mergeCells count=\"1\"><mergeCell ref=\"A1:A3\"/></mergeCells>";
    let table = read("a.xlsx", &workbook(&[("台帳", "visible", rows), ("裏", "hidden", "<sheetData/>")]));
    assert_eq!(
        table.sheets.iter().map(|s| (s.untrusted_name.as_str(), s.hidden)).collect::<Vec<_>>(),
        [("台帳", false), ("裏", true)]
    );
    let number = |digits: &str| Value::Number(digits.to_owned());
    let day = || Value::Date("2026-04-01".to_owned());
    assert_eq!(
        found(&table),
        [
            (1, 1, text("税務課"), false),
            (1, 2, text("住民記録"), false),
            (1, 4, text("直接"), false),
            (3, 1, number("46113"), false),
            (3, 2, day(), false),
            (3, 3, day(), false),
            (3, 4, text("13:30"), false),
            (4, 1, number("3"), true),
            (4, 2, Value::Nothing, true),
            (4, 3, Value::Bool(true), false),
            (4, 4, Value::Error("#N/A".to_owned()), false),
            (4, 6, number("0.1"), false),
            (4, 7, number("-12"), false),
        ]
    );
    let sheet = &table.sheets[0];
    assert_eq!(sheet.rows.iter().map(|r| r.hidden).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(sheet.merged, [Area { first_row: 1, first_column: 1, last_row: 3, last_column: 1 }]);
}

#[test]
fn a_formula_that_fetches_is_gone_and_its_value_stays() {
    let rows = "<sheetData><row r=\"1\"><c r=\"A1\" t=\"str\"><f>WEBSERVICE(\"http://x/\")</f><v>値</v></c></row></sheetData>";
    let bytes = workbook(&[("台帳", "visible", rows)]);
    let outcome = trial::run(&trial::job_in("a.xlsx", Mode::Cells), &bytes);
    assert!(trial::has(&outcome, worker_protocol::Threat::DangerousFormula));
    let table = Table::decode(&outcome.clean.unwrap()).unwrap();
    assert_eq!(table.sheets[0].rows[0].cells[0].value, text("値"));
}

#[test]
fn open_documents_and_workbooks_of_1997_have_cells_as_well() {
    let rows = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>庁内</text:p></table:table-cell>\
                <table:table-cell office:value-type=\"date\" office:date-value=\"2026-04-01\"><text:p>2026/4/1</text:p></table:table-cell>\
                </table:table-row><table:table-row><table:table-cell table:formula=\"of:=1+2\" office:value-type=\"float\" office:value=\"3\"><text:p>3</text:p></table:table-cell></table:table-row>";
    assert_eq!(
        found(&read("a.ods", &open_document(rows))),
        [
            (1, 1, text("庁内"), false),
            (1, 2, Value::Date("2026-04-01".to_owned()), false),
            (2, 1, Value::Number("3".to_owned()), true),
        ]
    );
    let old = read("a.xls", &excel_97());
    assert_eq!(old.sheets[0].untrusted_name, "台帳");
    assert_eq!(found(&old), [(1, 1, text("庁内"), false), (2, 3, Value::Number("1.5".to_owned()), false)]);
}

#[test]
fn values_come_in_any_encoding_and_without_their_guards() {
    let plain = "番号,名称\r\n=\"0012\",住民記録\r\n\"a,\"\"b\"\"\nc\",'=1+1\r\n=1+1,'だけ\r\n,-5\r\n";
    let wanted = [
        (1, 1, text("番号"), false),
        (1, 2, text("名称"), false),
        (2, 1, text("0012"), false),
        (2, 2, text("住民記録"), false),
        (3, 1, text("a,\"b\"\nc"), false),
        (3, 2, text("=1+1"), false),
        (4, 1, Value::Nothing, true),
        (4, 2, text("'だけ"), false),
        (5, 2, text("-5"), false),
    ];
    let utf_16: Vec<u8> =
        [0xFEFF].into_iter().chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for bytes in [
        plain.as_bytes().to_vec(),
        [b"\xef\xbb\xbf".as_slice(), plain.as_bytes()].concat(),
        encoding_rs::SHIFT_JIS.encode(plain).0.into_owned(),
        encoding_rs::EUC_JP.encode(plain).0.into_owned(),
        encoding_rs::ISO_2022_JP.encode(plain).0.into_owned(),
        utf_16,
    ] {
        assert_eq!(found(&read("a.csv", &bytes)), wanted);
    }
    let by_tabs = plain.replace("番号,名称", "番号\t名称");
    assert_eq!(read("a.csv", by_tabs.as_bytes()).sheets[0].rows[0].cells.len(), 2);
}

#[test]
fn what_cannot_be_read_is_held_and_what_is_too_much_is_blocked() {
    let cell = "<c r=\"A1\"><v>1</v></c>";
    let sound = workbook(&[("a", "visible", &format!("<sheetData><row r=\"1\">{cell}</row></sheetData>"))]);
    let wide =
        workbook(&[("a", "visible", "<sheetData><row r=\"1\"><c r=\"XFD1\"><v>1</v></c></row></sheetData>")]);
    let many: Vec<(String, &str, &str)> =
        (0..101).map(|n| (format!("s{n}"), "visible", "<sheetData/>")).collect();
    let many: Vec<(&str, &str, &str)> =
        many.iter().map(|(name, state, rows)| (name.as_str(), *state, *rows)).collect();
    let long = format!("a,{}\n", "あ".repeat(32_768));
    let tall = "a\n".repeat(100_001);
    let again: String =
        (1..3000).map(|n| format!("<row r=\"{n}\"><c r=\"A{n}\" t=\"s\"><v>2</v></c></row>")).collect();
    let repeated = workbook(&[("a", "visible", &format!("<sheetData>{again}</sheetData>"))]);
    let (held, blocked) = (Verdict::Held, Verdict::Blocked);
    let usual = Limits::default();
    let small = Limits { input_bytes_max: 10, ..usual };
    for (name, bytes, limits, verdict, reason) in [
        ("a.xlsx", sound[..sound.len() / 2].to_vec(), usual, held, Reason::Damaged),
        ("a.xlsx", sound.clone(), small, held, Reason::TooLarge),
        ("a.csv", sound, usual, held, Reason::NameMismatch),
        ("a.xlsx", wide, usual, blocked, Reason::TooComplex),
        ("a.xlsx", repeated, usual, blocked, Reason::TooComplex),
        ("a.xlsx", workbook(&many), usual, blocked, Reason::TooComplex),
        ("a.csv", long.into_bytes(), usual, blocked, Reason::TooComplex),
        ("a.csv", tall.into_bytes(), usual, blocked, Reason::TooComplex),
        ("a.csv", Vec::new(), usual, held, Reason::Empty),
        ("a.txt", b"words\n".to_vec(), usual, held, Reason::NotRebuilt),
        ("a.xls", excel_97()[..2048].to_vec(), usual, held, Reason::Damaged),
    ] {
        assert_eq!(refused(name, &bytes, limits), (verdict, Some(reason)), "{name} {}", bytes.len());
    }
}

#[test]
fn cells_out_of_order_and_twice_are_put_in_order() {
    let rows = "<sheetData><row r=\"5\"><c r=\"B5\"><v>2</v></c><c r=\"A5\"><v>1</v></c></row>\
                <row r=\"2\"><c r=\"A2\"><v>3</v></c><c r=\"A2\"><v>4</v></c></row></sheetData>";
    let number = |digits: &str| Value::Number(digits.to_owned());
    assert_eq!(
        found(&read("a.xlsx", &workbook(&[("a", "visible", rows)]))),
        [(2, 1, number("3"), false), (5, 1, number("1"), false), (5, 2, number("2"), false)]
    );
}

proptest! {
    #[test]
    fn any_words_come_back_as_they_were(
        cells in proptest::collection::vec("[^\\p{C}\\p{Z}=+@'\\-][^\\p{C}]{0,12}", 1..6),
    ) {
        let row: Vec<String> = cells.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
        let table = read("a.csv", format!("見出し,あ\n{}\n", row.join(",")).as_bytes());
        let back: Vec<Option<&str>> = table.sheets[0].rows[1].cells.iter().map(as_text).collect();
        prop_assert_eq!(back, cells.iter().map(|cell| Some(cell.as_str())).collect::<Vec<_>>());
    }

    #[test]
    fn broken_workbooks_end_in_a_table_or_a_refusal(at in 0usize..4000, byte in any::<u8>(), cut in any::<bool>()) {
        let rows = "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" s=\"2\"><v>46113</v></c></row></sheetData>";
        for (name, mut bytes) in [("a.xlsx", workbook(&[("a", "visible", rows)])), ("a.xls", excel_97())] {
            let at = at % bytes.len();
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            let outcome = trial::run(&trial::job_in(name, Mode::Cells), &bytes);
            if let Some(clean) = outcome.clean {
                prop_assert!(Table::decode(&clean).is_ok());
            }
        }
    }
}

fn as_text(cell: &Cell) -> Option<&str> {
    match &cell.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
