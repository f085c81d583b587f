//! Workbooks are made here record by record; what a converter would be asked is refused, so that the road taken shows.

use std::io::Read;

use proptest::prelude::*;
use worker_protocol::{Job, Kind, LinkPolicy, Mode, Outcome, Reason, Road, Spot, TextBlock, Threat, Verdict};

use super::formula::{self, Formula};
use super::links::Links;
use super::records::{self, Item, Reader, Record};
use super::shown;
use super::strings::Strings;
use crate::legacy::drawn::{self, hyperlink};
use crate::legacy::tests::{atom, compound, told};
use crate::trial;

/// A record of a workbook.
type Made = (u16, Vec<u8>);

/// Tokens, and those that stay of them or why they go.
type Judged = (Vec<u8>, Result<Vec<u8>, Threat>);

fn words(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    records::put_text(&mut out, &text.encode_utf16().collect::<Vec<_>>());
    out
}

fn short_words(text: &str) -> Vec<u8> {
    let characters: Vec<u16> = text.encode_utf16().collect();
    let mut out = vec![characters.len() as u8];
    records::put_characters(&mut out, &characters);
    out
}

fn begin(kind: u16) -> Vec<u8> {
    [&[0, 6], kind.to_le_bytes().as_slice(), &[0; 12]].concat()
}

fn put_all(out: &mut Vec<u8>, records: &[Made]) {
    for (number, body) in records {
        records::put(out, *number, body);
    }
}

/// What every sheet needs: a page header and a window.
fn plain_sheet(more: &[Made]) -> Vec<Made> {
    let mut records = vec![(0x0014, Vec::new()), (0x0015, words("&P"))];
    records.extend_from_slice(more);
    records.push((0x023E, vec![0xB6, 6, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    records
}

/// A sheet for [`stream`]: its kind in the list, the kind of its part, its name, its records.
type MadeSheet<'a> = (u8, u16, &'a str, Vec<Made>);

/// The stream of a workbook with these sheets, and with these records before the list of texts.
fn stream(more: &[Made], sheets: &[MadeSheet<'_>], texts: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    records::put(&mut out, records::BEGIN, &begin(0x0005));
    put_all(&mut out, &[(0x0042, vec![0xB0, 4]), (0x005C, vec![b'x'; 112]), (0x0022, vec![0, 0])]);
    let font =
        [vec![0xC8, 0, 0, 0, 0xFF, 0x7F, 0x90, 1, 0, 0, 0, 3, 0x80, 0], short_words("ＭＳ Ｐゴシック")]
            .concat();
    let day = [vec![0xA4, 0], words("yyyy\"年\"m\"月\"")].concat();
    let format = |number: u16| [&[0, 0], number.to_le_bytes().as_slice(), &[0; 16]].concat();
    put_all(&mut out, &[(0x0031, font), (0x041E, day), (0x00E0, format(0)), (0x00E0, format(0xA4))]);
    let mut places = Vec::new();
    for (sort, _, name, _) in sheets {
        places.push(out.len() + 4);
        records::put(&mut out, 0x0085, &[vec![0, 0, 0, 0, 0, *sort], short_words(name)].concat());
    }
    put_all(&mut out, more);
    let mut strings = Strings::default();
    for text in texts {
        strings.add(text.encode_utf16().collect());
    }
    strings.put(&mut out);
    records::put(&mut out, records::END, &[]);
    for ((_, kind, _, sheet), place) in sheets.iter().zip(places) {
        let start = (out.len() as u32).to_le_bytes();
        out[place..place + 4].copy_from_slice(&start);
        records::put(&mut out, records::BEGIN, &begin(*kind));
        put_all(&mut out, sheet);
        records::put(&mut out, records::END, &[]);
    }
    out
}

fn file(more: &[Made], sheets: &[MadeSheet<'_>], texts: &[&str]) -> Vec<u8> {
    compound(&[("/Workbook", &stream(more, sheets, texts))])
}

fn one_sheet(more: &[Made], sheet: &[Made]) -> Vec<u8> {
    file(more, &[(0, 0x0010, "表", plain_sheet(sheet))], &["住民", "a"])
}

/// Row, column, first look.
fn place(row: u16, column: u16) -> Vec<u8> {
    [row, column, 0].map(u16::to_le_bytes).concat()
}

fn number(row: u16, column: u16, value: f64) -> Made {
    (0x0203, [place(row, column), value.to_le_bytes().to_vec()].concat())
}

/// A formula with its result.
fn calculated(row: u16, column: u16, result: [u8; 8], tokens: &[u8]) -> Made {
    let count = (tokens.len() as u16).to_le_bytes();
    (0x0006, [&place(row, column), result.as_slice(), &[0; 6], &count, tokens].concat())
}

const TEXT_FOLLOWS: [u8; 8] = [0, 0, 0, 0, 0, 0, 0xFF, 0xFF];

/// This workbook, another one, an add-in; where the numbers 0, 1 and 2 lead; two names of the add-in; three names.
fn links() -> Vec<Made> {
    let other = "\u{1}http://203.0.113.1/[b.xls]";
    let add_in = |name: &str| (0x0023, [vec![0; 6], short_words(name), vec![2, 0, 0x1C, 0x17]].concat());
    let sheets = [3u16, 0, 0, 0, 1, 0, 0, 2, 0xFFFE, 0xFFFE];
    vec![
        (0x01AE, vec![1, 0, 1, 4]),
        (0x01AE, [vec![1, 0], words(other), words("S")].concat()),
        (0x0059, vec![0, 0, 0, 0]),
        (0x01AE, vec![1, 0, 1, 0x3A]),
        add_in("EDATE"),
        add_in("EVIL"),
        (0x0017, sheets.map(u16::to_le_bytes).concat()),
        name(0, 0, "Auto_Open", &[0x1E, 1, 0]),
        name(0, 0, "税率", &[0x1E, 5, 0]),
        name(0, 0, "外", &[0x3A, 1, 0, 0, 0, 0, 0]),
        // The area to print of the first sheet, which strayed.
        name(0x20, 1, "\u{6}", &[0x3B, 1, 0, 0, 0, 9, 0, 0, 0, 3, 0]),
        name(0x0E, 0, "Makro", &[]),
        name(0x0F, 0, "_xlfn.IFERROR", &[0x1C, 0x1D]),
        name(0x0F, 0, "_xlfn.WEBSERVICE", &[0x1C, 0x1D]),
    ]
}

fn name(flags: u16, sheet: u16, text: &str, tokens: &[u8]) -> Made {
    let characters: Vec<u16> = text.encode_utf16().collect();
    let mut body = [flags.to_le_bytes(), [0, characters.len() as u8]].concat();
    body.extend((tokens.len() as u16).to_le_bytes());
    body.extend([0, 0]);
    body.extend(sheet.to_le_bytes());
    body.extend([0; 4]);
    records::put_characters(&mut body, &characters);
    body.extend(tokens);
    (0x0018, body)
}

/// Runs a workbook for which no office program is there.
fn run(bytes: &[u8]) -> Outcome {
    trial::run(&trial::job("a.xls"), bytes)
}

/// The records of a clean workbook, those of charts too.
fn clean_records(outcome: &Outcome) -> Vec<Made> {
    let clean = outcome.clean.as_ref().unwrap_or_else(|| panic!("{:?}", outcome.report));
    let mut stream = Vec::new();
    let mut file = crate::compound::open(clean).unwrap();
    file.open_stream("/Workbook").unwrap().read_to_end(&mut stream).unwrap();
    let mut all = Vec::new();
    let mut waiting: Vec<Item<'_>> =
        records::read(&stream).unwrap().into_iter().rev().map(Item::Part).collect();
    while let Some(item) = waiting.pop() {
        match item {
            Item::Record(record) => all.push((record.number, record.pieces().flatten().copied().collect())),
            Item::Part(part) => waiting.extend(part.items().collect::<Vec<_>>().into_iter().rev()),
        }
    }
    all
}

fn bodies(records: &[Made], number: u16) -> Vec<&[u8]> {
    records.iter().filter(|(known, _)| *known == number).map(|(_, body)| body.as_slice()).collect()
}

/// What is clean comes out as it is, and nothing is told of it.
fn assert_clean(outcome: &Outcome) {
    let clean = outcome.clean.as_ref().unwrap_or_else(|| panic!("{:?}", outcome.report));
    let again = run(clean);
    assert_eq!((again.report.verdict, &again.report.removals), (Verdict::Clean, &Vec::new()));
    assert_eq!(again.clean.as_ref(), Some(clean));
}

#[test]
fn formulas_are_judged_token_by_token() {
    let records = links();
    let stream = stream(&records, &[(0, 0x0010, "表", plain_sheet(&[]))], &[]);
    let parts = records::read(&stream).unwrap();
    let links = Links::read(&parts[0], 1, LinkPolicy::Keep).unwrap();
    let text = |text: &str| [&[0x17], short_words(text).as_slice()].concat();
    let dangerous = || Err(Threat::DangerousFormula);
    let external = || Err(Threat::ExternalContent);
    let kept = |tokens: Vec<u8>| (tokens.clone(), Ok(tokens));
    let rows: Vec<Judged> = vec![
        kept(vec![0x1E, 1, 0, 0x1E, 2, 0, 0x03]),
        kept([text("cmd|'/c calc'!A0"), text("乙"), vec![0x08]].concat()),
        // SUM of cells, IF with its places, a choice with two.
        kept(vec![0x25, 0, 0, 9, 0, 0, 0xC0, 0, 0xC0, 0x19, 0x10, 0, 0]),
        kept(vec![0x19, 0x04, 2, 0, 6, 0, 8, 0, 12, 0]),
        kept(vec![0x24, 0, 0, 0, 0, 0x42, 1, 4, 0]),
        // Cells of this workbook, of another one, of nowhere.
        kept(vec![0x3A, 0, 0, 0, 0, 0, 0]),
        (vec![0x5A, 1, 0, 0, 0, 0, 0], external()),
        (vec![0x3B, 1, 0, 0, 0, 9, 0, 0, 0, 3, 0], external()),
        (vec![0x3A, 9, 0, 0, 0, 0, 0], dangerous()),
        // Functions of the add-in: one that is known, one that is not, one that there is not.
        kept(vec![0x39, 2, 0, 1, 0, 0, 0, 0x1E, 1, 0, 0x42, 2, 0xFF, 0]),
        (vec![0x39, 2, 0, 2, 0, 0, 0, 0x42, 1, 0xFF, 0], dangerous()),
        (vec![0x39, 2, 0, 9, 0, 0, 0, 0x42, 1, 0xFF, 0], dangerous()),
        // Names have other numbers now: the first one ran, the third led elsewhere, the fifth was a macro.
        (vec![0x23, 2, 0, 0, 0], Ok(vec![0x23, 1, 0, 0, 0])),
        (vec![0x23, 4, 0, 0, 0], Ok(vec![0x23, 2, 0, 0, 0])),
        (vec![0x23, 1, 0, 0, 0], dangerous()),
        (vec![0x23, 3, 0, 0, 0], dangerous()),
        (vec![0x23, 5, 0, 0, 0, 0x42, 1, 0xFF, 0], dangerous()),
        (vec![0x23, 6, 0, 0, 0, 0x42, 1, 0xFF, 0], Ok(vec![0x23, 3, 0, 0, 0, 0x42, 1, 0xFF, 0])),
        (vec![0x23, 7, 0, 0, 0, 0x42, 1, 0xFF, 0], dangerous()),
        (vec![0x23, 0, 0, 0, 0], dangerous()),
        // CALL, REGISTER.ID, EXEC, a command, RTD.
        (vec![0x42, 1, 150, 0], dangerous()),
        (vec![0x42, 1, 0x0B, 1], dangerous()),
        (vec![0x41, 110, 0], Err(Threat::DangerousFormula)),
        (vec![0x42, 1, 4, 0x80], dangerous()),
        (vec![0x42, 1, 0x7B, 1], dangerous()),
        // Links: written out, one with words to show, to a file, put together, with something behind.
        kept([text("https://www.city.example/"), vec![0x42, 1, 0x67, 1]].concat()),
        kept([text("#表!A1"), text("目次"), vec![0x42, 2, 0x67, 1]].concat()),
        ([text("file:///c:/x"), vec![0x42, 1, 0x67, 1]].concat(), Err(Threat::Hyperlink)),
        ([text("https:"), text("//a"), vec![0x08, 0x42, 1, 0x67, 1]].concat(), Err(Threat::Hyperlink)),
        ([text("https://a/"), vec![0x42, 1, 0x67, 1, 0x1E, 1, 0, 0x03]].concat(), Err(Threat::Hyperlink)),
        (vec![0x24, 0, 0, 0, 0, 0x42, 1, 0x67, 1], Err(Threat::Hyperlink)),
        // Cut off, unknown, beyond all tokens.
        (vec![0x1F, 0, 0], dangerous()),
        (vec![0x17, 9, 1, 0], dangerous()),
        (vec![0x18, 1, 0, 0, 0, 0], dangerous()),
        (vec![0x80], dangerous()),
        (vec![0x1E, 1, 0, 0x01, 0, 0, 0, 0], dangerous()),
    ];
    for (tokens, expected) in rows {
        let judged = formula::judge(&tokens, &[], &links, LinkPolicy::Keep);
        assert_eq!(judged.map(|formula| formula.tokens), expected, "{tokens:02x?}");
    }
    // A list in braces has its values behind the tokens, and what stands behind those goes.
    let values = [vec![1, 0, 0, 0x01], 2f64.to_le_bytes().to_vec(), vec![0x02], words("乙")].concat();
    let formula = formula::judge(
        &[0x60, 0, 0, 0, 0, 0, 0, 0],
        &[&values, b"more".as_slice()].concat(),
        &links,
        LinkPolicy::Keep,
    );
    assert_eq!(formula.map(|formula| formula.extra), Ok(values));
    let shared = formula::judge(&[0x01, 3, 0, 0, 0], &[], &links, LinkPolicy::Keep);
    assert_eq!(shared, Ok(Formula { tokens: vec![0x01, 3, 0, 0, 0], extra: Vec::new(), is_shared: true }));
}

#[test]
fn formulas_that_reach_out_leave_their_values() {
    let external = [0x5A, 1, 0, 0, 0, 0, 0];
    let sheet = [
        calculated(0, 0, 3f64.to_le_bytes(), &[0x1E, 3, 0]),
        calculated(0, 1, 5f64.to_le_bytes(), &external),
        calculated(0, 2, TEXT_FOLLOWS, &external),
        (0x0207, words("値")),
        calculated(0, 3, [1, 0, 1, 0, 0, 0, 0xFF, 0xFF], &external),
        calculated(0, 4, [2, 0, 0x2A, 0, 0, 0, 0xFF, 0xFF], &external),
        calculated(0, 5, [3, 0, 0, 0, 0, 0, 0xFF, 0xFF], &external),
        calculated(0, 6, TEXT_FOLLOWS, &[0x17, 1, 0, b'b']),
        (0x0207, words("b")),
        // A formula that two cells share, and that may not stay.
        calculated(1, 0, 7f64.to_le_bytes(), &[0x01, 1, 0, 0, 0]),
        (0x04BC, [vec![1, 0, 2, 0, 0, 0, 0, 2, 7, 0], external.to_vec()].concat()),
        calculated(2, 0, 8f64.to_le_bytes(), &[0x01, 1, 0, 0, 0]),
        (0x00FD, [place(3, 0), vec![0, 0, 0, 0]].concat()),
    ];
    let outcome = run(&one_sheet(&links(), &sheet));
    assert_eq!(told(&outcome), [Threat::MacroXlm, Threat::ExternalContent]);
    let places = outcome.report.removals.iter().filter_map(|removal| match &removal.spot {
        Some(Spot::Cell { untrusted_sheet, reference }) => Some(format!("{untrusted_sheet}!{reference}")),
        _ => None,
    });
    assert_eq!(places.collect::<Vec<_>>(), ["表!A2", "表!B1", "表!C1", "表!D1", "表!E1", "表!F1"]);
    let records = clean_records(&outcome);
    assert_eq!(bodies(&records, 0x0006).len(), 2);
    assert_eq!(bodies(&records, 0x04BC).len(), 0);
    assert_eq!(bodies(&records, 0x0207), [words("b").as_slice()]);
    assert_eq!(
        bodies(&records, 0x0205),
        [[place(0, 3), vec![1, 0]].concat(), [place(0, 4), vec![0x2A, 1]].concat()]
    );
    assert_eq!(bodies(&records, 0x0201), [place(0, 5)]);
    assert_eq!(bodies(&records, 0x0203).len(), 3);
    // This workbook and the add-in are left; what the formulas led to is a sheet that is no more.
    assert_eq!(bodies(&records, 0x01AE), [&[1, 0, 1, 4], &[1, 0, 1, 0x3A]]);
    let sheets: Vec<u16> = bodies(&records, 0x0017)[0]
        .chunks(2)
        .map(|two| u16::from_le_bytes(two.try_into().unwrap()))
        .collect();
    assert_eq!(sheets, [4, 0, 0, 0, 0, 0xFFFF, 0xFFFF, 1, 0xFFFE, 0xFFFE, 0, 0, 0]);
    // The area to print came home, by a number of its own.
    let area = bodies(&records, 0x0018)[1];
    assert!(area.ends_with(&[0x3B, 3, 0, 0, 0, 9, 0, 0, 0, 3, 0]), "{area:02x?}");
    let all = format!("{records:?}");
    assert!(
        !all.contains(&format!("{:?}", b"203.0".to_vec()).replace(['[', ']'], "")),
        "nothing of the path is left"
    );
    assert_clean(&outcome);
    // The same file twice is the same result.
    assert_eq!(run(&one_sheet(&links(), &sheet)).clean, outcome.clean);
}

#[test]
fn a_workbook_may_be_called_as_older_ones_were() {
    let stream = stream(&[], &[(0, 0x0010, "表", plain_sheet(&[number(0, 0, 1.0)]))], &[]);
    for name in ["/Book", "/BOOK", "/WORKBOOK"] {
        let outcome = run(&compound(&[(name, &stream)]));
        assert_eq!(bodies(&clean_records(&outcome), 0x0203).len(), 1, "{name}");
        assert_clean(&outcome);
    }
}

#[test]
fn a_pivot_table_leaves_its_cells() {
    let source = [vec![0; 6], vec![1, 0, 2], b"S".to_vec()].concat();
    let more = [(0x00D5, vec![1, 0]), (0x00E3, vec![1, 0]), (0x0051, source)];
    let sheet = [
        number(0, 0, 3.0),
        calculated(0, 1, 5f64.to_le_bytes(), &[0x17, 1, 0, b'a', 0x42, 1, 0x66, 1]),
        (0x00B0, vec![0; 61]),
        (0x00B1, vec![0; 10]),
        (0x00B2, vec![0; 8]),
        (0x0100, vec![0; 20]),
        (0x0802, vec![0; 32]),
    ];
    let outcome = run(&one_sheet(&more, &sheet));
    assert_eq!(outcome.report.verdict, Verdict::Partial);
    assert_eq!(told(&outcome), [Threat::Unknown]);
    let records = clean_records(&outcome);
    assert_eq!((bodies(&records, 0x0203).len(), bodies(&records, 0x0006).len()), (2, 0));
    for gone in [0x0051, 0x00B0, 0x00B1, 0x00B2, 0x00D5, 0x00E3, 0x0100, 0x0802] {
        assert_eq!(bodies(&records, gone).len(), 0, "{gone:04x}");
    }
    assert_clean(&outcome);
}

#[test]
fn a_sheet_of_macros_becomes_a_plain_one() {
    let macros = plain_sheet(&[
        calculated(0, 0, 1f64.to_le_bytes(), &[0x17, 4, 0, b'c', b'a', b'l', b'c', 0x42, 1, 110, 0]),
        (0x00FD, [place(1, 0), vec![0, 0, 0, 0]].concat()),
    ]);
    let sheets = [(1, 0x0040, "マクロ", macros), (0, 0x0010, "表", plain_sheet(&[]))];
    let outcome = run(&file(&[], &sheets, &["注記"]));
    assert_eq!(told(&outcome), [Threat::MacroXlm]);
    let records = clean_records(&outcome);
    assert_eq!(bodies(&records, 0x0006).len(), 0);
    assert_eq!(bodies(&records, 0x0203).len(), 1);
    assert!(bodies(&records, 0x0085).iter().all(|sheet| sheet[5] == 0));
    assert_eq!(outcome.report.fidelity.unwrap().pages.after, 2);
    assert_clean(&outcome);
}

/// A link of a cell: flags, then what they say there is.
fn link(flags: u32, parts: &[Vec<u8>]) -> Vec<u8> {
    let mark =
        [0xD0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA, 0xCE, 0x11, 0x8C, 0x82, 0x00, 0xAA, 0x00, 0x4B, 0xA9, 0x0B];
    [
        vec![0, 0, 0, 0, 1, 0, 1, 0],
        mark.to_vec(),
        vec![2, 0, 0, 0],
        flags.to_le_bytes().to_vec(),
        parts.concat(),
    ]
    .concat()
}

fn counted(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    [((units.len() / 2) as u32).to_le_bytes().to_vec(), units].concat()
}

fn address(target: &str) -> Vec<u8> {
    let mark =
        [0xE0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA, 0xCE, 0x11, 0x8C, 0x82, 0x00, 0xAA, 0x00, 0x4B, 0xA9, 0x0B];
    let units: Vec<u8> = target.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    // What some versions add behind an address.
    let more = [7; 24];
    [mark.to_vec(), ((units.len() + more.len()) as u32).to_le_bytes().to_vec(), units, more.to_vec()].concat()
}

#[test]
fn links_lead_where_they_may() {
    let web = link(0x17, &[counted("市"), address("https://www.city.example/")]);
    let place = link(0x08, &[counted("表!A1")]);
    let rows = [
        (web.clone(), true),
        (place.clone(), true),
        (link(0x1B, &[counted("x"), address("mailto:a@b.example"), counted("p")]), true),
        (link(0x03, &[address("javascript:x")]), false),
        (link(0x103, &[counted(r"\\203.0.113.1\x")]), false),
        (link(0x103, &[counted("https://a.example/")]), true),
        // A file, by its own sort of target.
        (
            link(0x03, &[[vec![3, 3, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46], vec![0; 40]].concat()]),
            false,
        ),
        (link(0x03, &[address("https://a/")[..20].to_vec()]), false),
        (link(0x00, &[]), false),
        (web[..web.len() - 30].to_vec(), false),
    ];
    for (body, stays) in rows {
        let written = hyperlink::of_cells(&body, LinkPolicy::Keep);
        assert_eq!(written.is_some(), stays, "{body:02x?}");
        if let Some(written) = written {
            assert_eq!(hyperlink::of_cells(&written, LinkPolicy::Keep), Some(written));
        }
    }
    assert_eq!(hyperlink::of_cells(&web, LinkPolicy::Remove), None);
    let tip =
        [vec![0, 8, 0, 0, 0, 0, 1, 0, 1, 0], "説明\0".encode_utf16().flat_map(u16::to_le_bytes).collect()]
            .concat();
    let sheet =
        [(0x01B8, web), (0x0800, tip.clone()), (0x01B8, link(0x03, &[address("file:///x")])), (0x0800, tip)];
    let outcome = run(&one_sheet(&[], &sheet));
    assert_eq!(told(&outcome), [Threat::Hyperlink]);
    let records = clean_records(&outcome);
    assert_eq!((bodies(&records, 0x01B8).len(), bodies(&records, 0x0800).len()), (1, 1));
    assert_clean(&outcome);
}

/// A drawing with one shape for each of these: kind, properties, flags; and what the shape is on the sheet.
fn drawn(shapes: &[(u16, Vec<u8>, Vec<u8>)]) -> Vec<Made> {
    let mut inside = atom(
        0x0F,
        0xF004,
        &[atom(0x01, 0xF009, &[0; 16]), atom(0x02, 0xF00A, &[0, 4, 0, 0, 5, 0, 0, 0])].concat(),
    );
    let mut ends = Vec::new();
    for (at, (kind, properties, _)) in shapes.iter().enumerate() {
        let number = [1 + at as u8, 4, 0, 0, 0x10, 0x0A, 0, 0];
        let count = (properties.len() / 6) as u16;
        let shape = [
            atom(kind << 4 | 2, 0xF00A, &number),
            atom(count << 4 | 3, 0xF00B, properties),
            atom(0, 0xF010, &[0; 18]),
            atom(0, 0xF011, &[]),
        ];
        inside.extend(atom(0x0F, 0xF004, &shape.concat()));
        ends.push(inside.len());
    }
    let counts = atom(0x10, 0xF008, &[shapes.len() as u8 + 1, 0, 0, 0, 1, 4, 0, 0]);
    let all = atom(0x0F, 0xF002, &[counts.clone(), atom(0x0F, 0xF003, &inside)].concat());
    let before = 8 + counts.len() + 8;
    let mut records = Vec::new();
    let mut start = 0;
    for (end, (.., object)) in ends.into_iter().zip(shapes) {
        records.push((0x00EC, all[start..before + end].to_vec()));
        records.push((0x005D, object.clone()));
        start = before + end;
    }
    records
}

fn object(kind: u16, parts: &[(u16, &[u8])]) -> Vec<u8> {
    let common = [kind.to_le_bytes().as_slice(), &[1, 0, 0x11, 0x60], &[0; 12]].concat();
    let mut out = Vec::new();
    for (number, inside) in [(0x15, common.as_slice())].iter().chain(parts).chain(&[(0u16, [].as_slice())]) {
        out.extend(number.to_le_bytes());
        out.extend((inside.len() as u16).to_le_bytes());
        out.extend_from_slice(inside);
    }
    out
}

/// The list of pictures with one PNG.
fn pictures() -> Made {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(2, 2, image::Rgb([9, 8, 7]))
        .write_to(&mut png, image::ImageFormat::Png)
        .unwrap();
    let picture =
        atom(0x6E00, 0xF01E, &[vec![1; 16], vec![0xFF], png.into_inner(), b"trailing".to_vec()].concat());
    let entry = [
        vec![6, 6],
        vec![1; 16],
        vec![0xFF, 0],
        (picture.len() as u32).to_le_bytes().to_vec(),
        vec![1, 0, 0, 0],
        vec![0; 8],
        picture,
    ];
    let clusters = atom(
        0,
        0xF006,
        &[vec![2, 4, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0], vec![1, 0, 0, 0, 2, 0, 0, 0]].concat(),
    );
    let list = atom(0x1F, 0xF001, &atom(0x62, 0xF007, &entry.concat()));
    (0x00EB, atom(0x0F, 0xF000, &[clusters, list].concat()))
}

fn property(number: u16, value: u32) -> Vec<u8> {
    [number.to_le_bytes().as_slice(), &value.to_le_bytes()].concat()
}

#[test]
fn objects_leave_their_pictures() {
    let leads: &[u8] = &[0x1E, 0, 5, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0];
    let shows = property(0x4104, 1);
    let shapes = [
        (75, shows.clone(), object(8, &[(7, &[2, 0]), (8, &[0x11, 0]), (9, leads)])),
        // A control, whose edges are in its picture; one that shows nothing; a picture that there is not.
        (201, [shows.clone(), property(0x01FF, 0x0008_0008)].concat(), object(8, &[(9, leads)])),
        (201, property(0x01FF, 0), object(8, &[(9, leads)])),
        (75, property(0x4104, 9), object(8, &[(9, leads)])),
        // A button that runs a macro, and a shape that looks like others and names a picture elsewhere.
        (201, property(0x007F, 0), object(7, &[(4, &[5, 0, 0, 0, 0, 0, 0])])),
        (1, [property(0x0106, 0x0A), property(0x0181, 255), property(0x03A9, 4)].concat(), object(2, &[])),
    ];
    let outcome = run(&one_sheet(&[pictures()], &drawn(&shapes)));
    assert_eq!(told(&outcome), [Threat::Action, Threat::HiddenData]);
    let records = clean_records(&outcome);
    let objects = bodies(&records, 0x005D);
    assert_eq!(objects.len(), 4);
    assert_eq!(objects[0], object(8, &[(7, &[2, 0]), (8, &[1, 0])]));
    assert_eq!(objects[2], object(7, &[]));
    let drawing: Vec<u8> = bodies(&records, 0x00EC).concat();
    let nodes = drawn::parse(&drawing).unwrap_or_else(|_| panic!("a drawing"));
    // Two of seven shapes went, and both places that count them know.
    assert_eq!(bodies(&records, 0x00EB)[0][24..28], [5, 0, 0, 0]);
    let [counts, group] = nodes[0].inside.as_slice() else { panic!("counts and a group") };
    assert_eq!(counts.body[..4], [5, 0, 0, 0]);
    let kinds: Vec<_> = group
        .inside
        .iter()
        .map(|shape| shape.inside[if shape.inside[0].number == 0xF009 { 1 } else { 0 }].head >> 4)
        .collect();
    assert_eq!(kinds, [0, 75, 75, 201, 1]);
    let control = &group.inside[2].inside[1];
    assert!(control.body.windows(6).any(|one| one == property(0x01FF, 0x0008_0000)));
    assert_eq!(group.inside[4].inside[1].body, property(0x0181, 255));
    assert_clean(&outcome);
}

#[test]
fn what_is_not_read_here_is_converted() {
    let cell = |body: Vec<u8>| one_sheet(&[], &[(0x0203, body)]);
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("a box with controls", one_sheet(&[], &[(0x0081, vec![0x10, 0])])),
        ("a look that there is not", cell([place(0, 0)[..4].to_vec(), vec![9, 0], vec![0; 8]].concat())),
        ("a column that there is not", cell([place(0, 256), vec![0; 8]].concat())),
        ("a cell that is too short", cell([place(0, 0), vec![0; 7]].concat())),
        ("a text that there is not", one_sheet(&[], &[(0x00FD, [place(0, 0), vec![2, 0, 0, 0]].concat())])),
        ("cells that are counted wrongly", one_sheet(&[], &[(0x00BE, vec![0, 0, 0, 0, 0, 0, 0, 0, 3, 0])])),
        ("an error that there is not", one_sheet(&[], &[(0x0205, [place(0, 0), vec![1, 1]].concat())])),
        ("areas that are counted wrongly", one_sheet(&[], &[(0x00E5, vec![2, 0, 0, 0, 0, 0, 0, 0, 0, 0])])),
        ("a style that there is not", one_sheet(&[(0x0293, vec![9, 0x80, 0, 0])], &[])),
        ("colours that are counted wrongly", one_sheet(&[(0x0092, vec![56, 0, 1, 2, 3, 0])], &[])),
        (
            "two drawings",
            one_sheet(
                &[],
                &[drawn(&[]), vec![(0x00EC, vec![]), (0x0012, vec![0, 0]), (0x00EC, vec![])]].concat(),
            ),
        ),
        ("a shape of no known sort", one_sheet(&[], &drawn(&[(1, property(0x0181, 0), object(0x0F, &[]))]))),
        ("a cell of an older version", one_sheet(&[], &[(0x0406, vec![0; 35])])),
        ("names that lead to names that lead elsewhere", {
            // Seven come before them; each leads to the next one, and the last one to another workbook.
            let next = |at: u16| [&[0x23], (8 + at + 1).to_le_bytes().as_slice(), &[0, 0]].concat();
            let chain = (0..200).map(|at| name(0, 0, "n", &next(at)));
            let last = name(0, 0, "n", &[0x3A, 1, 0, 0, 0, 0, 0]);
            one_sheet(&[links(), chain.chain([last]).collect()].concat(), &[])
        }),
        ("a project", file(&[], &[(6, 0x0010, "Module1", plain_sheet(&[]))], &[])),
        ("a sheet that is named twice", {
            let sheet = || (0, 0x0010, "表", plain_sheet(&[]));
            let mut stream = stream(&[], &[sheet(), sheet()], &[]);
            let named: Vec<_> = stream.windows(2).enumerate().filter(|(_, two)| *two == [0x85, 0]).collect();
            let places: Vec<usize> = named.iter().map(|(at, _)| at + 4).take(2).collect();
            stream.copy_within(places[0]..places[0] + 4, places[1]);
            compound(&[("/Workbook", &stream)])
        }),
        ("a sheet that there is not", {
            let mut stream = stream(&[], &[(0, 0x0010, "表", plain_sheet(&[]))], &[]);
            let at = stream.windows(2).position(|two| two == [0x85, 0]).unwrap();
            stream[at + 4] ^= 1;
            compound(&[("/Workbook", &stream)])
        }),
    ];
    for (what, bytes) in rows {
        let outcome = run(&bytes);
        assert_eq!(outcome.report.reason, Some(Reason::NotRebuilt), "{what}: {:?}", outcome.report);
    }
    // Security first: what the office program makes of the clean workbook is rebuilt once more.
    let outcome = trial::run(&trial::job_in("a.xls", Mode::Strict), &one_sheet(&[], &[]));
    assert_eq!(outcome.report.reason, Some(Reason::NotRebuilt));
}

#[test]
fn rules_stay_as_far_as_their_formulas_do() {
    let look = |tokens: &[u8]| {
        let count = (tokens.len() as u16).to_le_bytes();
        (0x01B1, [&[2, 0], count.as_slice(), &[0; 2], &[0, 0, 0, 0x20, 0, 0], &[1, 2, 3, 4], tokens].concat())
    };
    let looks = (0x01B0, [vec![1, 0, 0, 0], vec![0; 8], vec![1, 0], vec![0; 8]].concat());
    let input = |tokens: &[u8]| {
        let texts = [words("題"), words("\0"), words("b"), words("c")].concat();
        let count = (tokens.len() as u16).to_le_bytes();
        (
            0x01BE,
            [
                vec![3, 1, 0, 0],
                texts,
                count.to_vec(),
                vec![0, 0],
                tokens.to_vec(),
                vec![0; 4],
                vec![1, 0],
                vec![0; 8],
            ]
            .concat(),
        )
    };
    let (fine, external) = ([0x1E, 1, 0].as_slice(), [0x5A, 1, 0, 0, 0, 0, 0].as_slice());
    let sheet = [
        looks.clone(),
        look(fine),
        looks.clone(),
        look(external),
        (0x01B2, [vec![0; 14], vec![2, 0, 0, 0]].concat()),
        input(fine),
        input(external),
        // Two comparisons, of which one is with a text.
        (0x009E, [vec![0; 4], vec![6, 2, 0, 0, 0, 0, 2, 0, 0, 0], vec![0; 10], vec![0, b'a', b'b']].concat()),
        // How another person saw the sheet.
        (0x01AA, vec![0; 50]),
        (0x0014, words("other")),
        (0x01AB, vec![1, 0]),
    ];
    let outcome = run(&one_sheet(&links(), &sheet));
    assert_eq!(told(&outcome), [Threat::MacroXlm, Threat::ExternalContent]);
    let records = clean_records(&outcome);
    assert_eq!((bodies(&records, 0x01B0).len(), bodies(&records, 0x01B1).len()), (1, 1));
    assert_eq!(bodies(&records, 0x01B2)[0][14..], [1, 0, 0, 0]);
    assert_eq!((bodies(&records, 0x01BE).len(), bodies(&records, 0x009E).len()), (1, 1));
    assert_eq!(bodies(&records, 0x0014).len(), 1);
    assert_clean(&outcome);
}

#[test]
fn records_on_no_list_go_and_are_told() {
    let sheet = [
        (0x004D, b"\0\0printer".to_vec()),
        (0x01BA, words("Sheet1")),
        (0x0872, vec![0; 40]),
        (0x08A4, vec![0; 40]),
        (0x0B0B, vec![1, 2, 3]),
        (0x003C, vec![4]),
    ];
    let outcome =
        run(&one_sheet(&[(0x00D3, vec![]), (0x0896, vec![0; 40]), (0x01BA, words("Book"))], &sheet));
    assert_eq!(told(&outcome), [Threat::Extension, Threat::AuxiliaryPart, Threat::Unknown]);
    assert_eq!(outcome.report.verdict, Verdict::Partial);
    let records = clean_records(&outcome);
    for number in [0x004D, 0x01BA, 0x0872, 0x08A4, 0x0B0B, 0x00D3, 0x0896, 0x003C] {
        assert_eq!(bodies(&records, number).len(), 0, "{number:x}");
    }
    assert_eq!(bodies(&records, 0x005C)[0][..5], [1, 0, 0, b' ', b' ']);
    assert_clean(&outcome);
}

#[test]
fn the_mark_is_printed_and_read() {
    let job = |mark| Job { mark: Some(mark), ..trial::job("a.xls") };
    let (old, new) = (trial::mark("機密性3", "c3"), trial::mark("機密性2", "c2"));
    let mut sheet = plain_sheet(&[]);
    sheet[0].1 = words("&L左&R右");
    let others = [vec![0x9C, 8], vec![0; 26], vec![3, 0], vec![0, 0, 0, 0, 1, 0, 0, 0], words("先")].concat();
    sheet.push((0x089C, others));
    let bytes = file(&[], &[(0, 0x0010, "表", sheet)], &["a"]);
    let once = trial::run(&job(new.clone()), &bytes);
    assert!(!trial::has(&once, Threat::MarkNotPossible), "{:?}", once.report);
    let records = clean_records(&once);
    assert_eq!(bodies(&records, 0x0014), [words("&L左&R&B【機密性2】&B\n右").as_slice()]);
    let mut reader = Reader::new(&bodies(&records, 0x089C)[0][38..]);
    assert_eq!(reader.text().map(|text| records::shown(&text)).as_deref(), Some("&R&B【機密性2】&B"));
    assert_eq!(reader.text().map(|text| records::shown(&text)).as_deref(), Some("先&R&B【機密性2】&B"));
    let clean = once.clean.as_ref().unwrap();
    // A pass that asks for none leaves it; another mark takes its place.
    assert_clean(&once);
    assert_eq!(trial::run(&job(new.clone()), clean).clean.as_ref(), Some(clean));
    let other = trial::run(&job(old), clean);
    let back = trial::run(&job(new), other.clean.as_ref().unwrap());
    assert_eq!(back.clean.as_ref(), Some(clean));
    assert_ne!(other.clean.as_ref(), Some(clean));
}

#[test]
fn an_approver_sees_the_cells() {
    let sheet = [
        (0x00FD, [place(0, 0), vec![0, 0, 0, 0]].concat()),
        (0x0203, [[0u16, 1, 1].map(u16::to_le_bytes).concat(), 45_658f64.to_le_bytes().to_vec()].concat()),
        // 1, then a hundredth of 250, both in four bytes.
        (0x00BD, vec![1, 0, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0xEB, 3, 0, 0, 1, 0]),
        (0x0205, [place(2, 2), vec![0x17, 1]].concat()),
        calculated(3, 0, TEXT_FOLLOWS, &[0x17, 1, 0, b'b']),
        (0x0207, words("結果")),
    ];
    let bytes = one_sheet(&[], &sheet);
    let clean = run(&bytes).clean.unwrap();
    let (preview, _) = crate::preview(Kind::Xls, &clean, &trial::job("a.xls").limits).unwrap();
    let worker_protocol::Preview::Text { blocks, truncated } = preview else { panic!("text") };
    assert!(!truncated);
    let [TextBlock::Heading { text }, TextBlock::Table { rows }] = blocks.as_slice() else {
        panic!("{blocks:?}")
    };
    assert_eq!(text, "表");
    assert_eq!(rows, &[vec!["住民", "2025-01-01"], vec!["1", "2.5"], vec!["", "", "#REF!"], vec!["結果"]]);
    let text = trial::run(&trial::job_in("a.xls", Mode::TextOnly), &bytes);
    assert_eq!(text.report.road, Some(Road::Text));
    assert_eq!(
        String::from_utf8(text.clean.unwrap()).unwrap(),
        "表\r\n住民\t2025-01-01\r\n1\t2.5\r\n\t\t#REF!\r\n結果\r\n"
    );
}

/// A text with a font from its second character on, and with how it is read in this font.
fn read_aloud(font: u16) -> Vec<u8> {
    let reading: Vec<u8> = "ジュウミン".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let numbers = |list: &[u16]| list.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    let inside = [numbers(&[font, 0x37, 1, 5, 5]), reading, numbers(&[0, 0, 2])].concat();
    let reading = [numbers(&[1, inside.len() as u16]), inside].concat();
    let text: Vec<u8> = "住民".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let head = [&[2, 0, 0x0D, 1, 0][..], &(reading.len() as u32).to_le_bytes()].concat();
    [&[1, 0, 0, 0, 1, 0, 0, 0][..], &head, &text, &numbers(&[1, 1]), &reading].concat()
}

#[test]
fn a_text_keeps_how_it_is_read() {
    for (font, stays) in [(1, true), (9, false)] {
        let body = read_aloud(font);
        let strings = Strings::read(&Record::new(0x00FC, &body), 1).unwrap_or_else(|_| panic!("texts"));
        let mut out = Vec::new();
        strings.put(&mut out);
        let is_same = out.get(4..4 + body.len()) == Some(body.as_slice());
        assert_eq!(is_same, stays);
        let again = Strings::read(&Record::new(0x00FC, &out[4..4 + usize::from(out[2])]), 1);
        assert_eq!(again.unwrap_or_else(|_| panic!("texts")).text(0), strings.text(0));
    }
}

#[test]
fn no_number_of_a_reading_is_cut() {
    const BODY_BYTES_MAX: usize = 8224;
    let mut cut = 0;
    for length in 8_100..8_220u16 {
        let aloud = read_aloud(1);
        let first =
            [&[2, 0, 0, 0, 2, 0, 0, 0][..], &length.to_le_bytes(), &[0], &vec![b'a'; length.into()]].concat();
        let body = [&first, &aloud[8..]].concat();
        let strings = Strings::read(&Record::new(0x00FC, &body), 1).unwrap_or_else(|_| panic!("texts"));
        let mut out = Vec::new();
        strings.put(&mut out);
        let here = usize::from(u16::from_le_bytes([out[2], out[3]]));
        // A head of nine bytes, two characters, a run.
        let reading = first.len() + 9 + 4 + 4;
        if here > reading && here < body.len() {
            cut += 1;
            assert!((here - reading).is_multiple_of(2) && here >= BODY_BYTES_MAX - 1, "{length}: {here}");
        }
    }
    assert!(cut > 20, "{cut}");
}

/// Texts as they may stand in a workbook: short ones, and ones that need several records.
fn texts() -> impl Strategy<Value = Vec<Vec<u16>>> {
    let short = prop::collection::vec(prop_oneof![0x20u16..0x7F, 0x3040u16..0x30FF], 0..40);
    let long = (any::<u16>(), 4_000usize..20_000).prop_map(|(character, count)| vec![character; count]);
    prop::collection::vec(prop_oneof![8 => short, 1 => long], 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However texts fall onto records, they are read as they were written, and the list finds each of them.
    #[test]
    fn texts_are_read_as_they_were_written(texts in texts()) {
        let mut strings = Strings::default();
        for text in &texts {
            strings.add(text.clone());
        }
        let mut out = Vec::new();
        records::put(&mut out, records::BEGIN, &begin(0x0005));
        strings.put(&mut out);
        records::put(&mut out, records::END, &[]);
        let parts = records::read(&out).unwrap();
        let records: Vec<Record<'_>> = parts[0].items().map(|item| match item {
            Item::Record(record) => record,
            Item::Part(_) => panic!("no part"),
        }).collect();
        let read = Strings::read(&records[0], 1).unwrap();
        prop_assert_eq!(read.len(), texts.len());
        for (number, text) in texts.iter().enumerate() {
            prop_assert_eq!(read.text(number), Some(text.as_slice()));
        }
        let list = &records[1].body[2..];
        let each = usize::from(u16::from_le_bytes(records[1].body[..2].try_into().unwrap()));
        for (entry, text) in list.chunks(8).zip(texts.iter().step_by(each)) {
            let at = u32::from_le_bytes(entry[..4].try_into().unwrap()) as usize;
            prop_assert_eq!(usize::from(u16::from_le_bytes(out[at..at + 2].try_into().unwrap())), text.len());
        }
    }

    /// A formula that stays is one that stays.
    #[test]
    fn any_formula_is_judged_once(tokens in prop::collection::vec(prop_oneof![0u8..0x80, any::<u8>()], 0..40), extra in prop::collection::vec(any::<u8>(), 0..40)) {
        let stream = stream(&links(), &[(0, 0x0010, "表", plain_sheet(&[]))], &[]);
        let parts = records::read(&stream).unwrap();
        let links = Links::read(&parts[0], 1, LinkPolicy::Keep).unwrap();
        if let Ok(formula) = formula::judge(&tokens, &extra, &links, LinkPolicy::Keep) {
            prop_assert!(formula.tokens.len() == tokens.len() && formula.extra.len() <= extra.len());
        }
    }

    /// Whatever is changed in a workbook: it goes another road, or what comes out stays what it is.
    #[test]
    fn any_change_is_read_to_an_end(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let leads: &[u8] = &[0x1E, 0, 5, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0];
        let shapes = [(75, property(0x4104, 1), object(8, &[(9, leads)])), (1, property(0x0181, 255), object(2, &[]))];
        let mut sheet = vec![number(0, 0, 1.0), calculated(0, 1, TEXT_FOLLOWS, &[0x23, 2, 0, 0, 0]), (0x0207, words("b"))];
        sheet.extend(drawn(&shapes));
        sheet.push((0x01B8, link(0x17, &[counted("市"), address("https://www.city.example/")])));
        let mut stream = stream(&[links(), vec![pictures()]].concat(), &[(0, 0x0010, "表", plain_sheet(&sheet))], &["a", "乙"]);
        for (at, byte) in changes {
            let at = at.index(stream.len());
            stream[at] = byte;
        }
        let outcome = run(&compound(&[("/Workbook", &stream)]));
        if outcome.clean.is_some() {
            assert_clean(&outcome);
            shown::read(outcome.clean.as_ref().unwrap());
        }
    }
}
