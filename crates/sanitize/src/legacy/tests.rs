//! Compound files are made here; the office program is played by a double that hands back a document of our own.

use std::io::{Cursor, Write};

use worker_protocol::conversion::Conversion;
use worker_protocol::{
    FilePolicy, Hint, Job, Kind, Limits, Mode, Outcome, Reason, Road, Spot, Threat, Verdict,
};

use crate::{Converter, NoConverter, sanitise_with, zip_writer};

/// A compound file with these streams; the storages on the way are made.
fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, content) in streams {
        if let Some((storage, _)) = path.rsplit_once('/').filter(|(storage, _)| !storage.is_empty()) {
            file.create_storage_all(storage).unwrap();
        }
        file.create_stream(path).unwrap().write_all(content).unwrap();
    }
    file.into_inner().into_inner()
}

/// The main stream of a document with this text, and its table.
fn document(text: &str, flags: u16) -> [(&'static str, Vec<u8>); 2] {
    let mut main = vec![0; 0x400];
    main[..2].copy_from_slice(&0xA5ECu16.to_le_bytes());
    main[2..4].copy_from_slice(&0xC1u16.to_le_bytes());
    main[0x0A..0x0C].copy_from_slice(&(flags | 0x0200).to_le_bytes());
    let chars = text.encode_utf16().count() as u32;
    main.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let mut table = vec![2];
    table.extend(16u32.to_le_bytes());
    table.extend(0u32.to_le_bytes());
    table.extend(chars.to_le_bytes());
    table.extend([0, 0]);
    table.extend(0x400u32.to_le_bytes());
    table.extend([0, 0]);
    main[0x1A2..0x1A6].copy_from_slice(&0u32.to_le_bytes());
    main[0x1A6..0x1AA].copy_from_slice(&(table.len() as u32).to_le_bytes());
    let template = r"\\203.0.113.1\share\a.dot";
    let strings_at = table.len() as u32;
    table.extend([0xFF, 0xFF, 2, 0, 0, 0, 0, 0]);
    table.extend((template.len() as u16).to_le_bytes());
    table.extend(template.encode_utf16().flat_map(u16::to_le_bytes));
    main[0x19A..0x19E].copy_from_slice(&strings_at.to_le_bytes());
    main[0x19E..0x1A2].copy_from_slice(&(table.len() as u32 - strings_at).to_le_bytes());
    [("/WordDocument", main), ("/1Table", table)]
}

fn records(list: &[(u16, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, body) in list {
        bytes.extend(number.to_le_bytes());
        bytes.extend((body.len() as u16).to_le_bytes());
        bytes.extend_from_slice(body);
    }
    bytes
}

fn atom(form: u16, number: u16, body: &[u8]) -> Vec<u8> {
    let head = [form.to_le_bytes(), number.to_le_bytes()].concat();
    [head, (body.len() as u32).to_le_bytes().to_vec(), body.to_vec()].concat()
}

fn sheet(kind: u8, name: &str) -> Vec<u8> {
    [&[0, 0, 0, 0, 0, kind, name.len() as u8, 0], name.as_bytes()].concat()
}

/// What the double hands back: a document with words, a field that fetches, and a VBA project.
fn converted_document() -> Vec<u8> {
    let types = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
    let relations = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
    let body = r#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>条例の本文</w:t></w:r><w:fldSimple w:instr=" INCLUDETEXT http://203.0.113.1/x "><w:r><w:t>結果</w:t></w:r></w:fldSimple></w:p></w:body></w:document>"#;
    zip_writer::write([
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", relations.as_bytes()),
        ("word/document.xml", body.as_bytes()),
        ("word/vbaProject.bin", b"\xd0\xcf\x11\xe0".as_slice()),
    ])
    .unwrap()
}

/// Hands back what it was made with, and remembers what it was asked.
struct Double {
    answer: Result<Vec<u8>, Reason>,
    asked: Vec<(Kind, Kind, usize)>,
}

impl Converter for Double {
    fn convert(&mut self, what: Conversion, untrusted: &[u8]) -> Result<Vec<u8>, Reason> {
        self.asked.push((what.from(), what.to(), untrusted.len()));
        self.answer.clone()
    }
}

fn job(name: &str, mode: Mode) -> Job {
    Job {
        hint: Hint { untrusted_name: name.to_owned(), passwords: Vec::new() },
        policy: FilePolicy {
            modes: Kind::ALL.iter().map(|kind| (*kind, mode)).collect(),
            ..FilePolicy::default()
        },
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: worker_protocol::Notes::default(),
    }
}

fn run(name: &str, bytes: &[u8], mode: Mode, answer: Result<Vec<u8>, Reason>) -> (Outcome, Double) {
    let mut double = Double { answer, asked: Vec::new() };
    let outcome = sanitise_with(&job(name, mode), bytes.to_vec(), &mut double, &mut |_, _| ());
    assert!(outcome.report.is_consistent(), "{:?}", outcome.report);
    (outcome, double)
}

fn without(name: &str, bytes: &[u8]) -> Outcome {
    sanitise_with(&job(name, Mode::Rebuild), bytes.to_vec(), &mut NoConverter, &mut |_, _| ())
}

fn found(outcome: &Outcome) -> Vec<Threat> {
    let mut found: Vec<Threat> = outcome.report.removals.iter().map(|removal| removal.what).collect();
    found.sort();
    found.dedup();
    found
}

fn with<'a>(parts: &'a [(&'static str, Vec<u8>)], more: &[(&'a str, &'a [u8])]) -> Vec<u8> {
    let parts = parts.iter().map(|(path, bytes)| (*path, bytes.as_slice()));
    compound(&parts.chain(more.iter().copied()).collect::<Vec<_>>())
}

fn hostile_document() -> Vec<u8> {
    let text = "題名 \u{13} DDEAUTO c:\\\\x \u{14}値\u{15} \u{13} PAGE \u{14}1\u{15} \u{13} EMBED Excel.Sheet \u{14}\u{1}\u{15}";
    with(
        &document(text, 0),
        &[
            ("/Macros/VBA/_VBA_PROJECT", b"x"),
            ("/Macros/VBA/dir", b"x"),
            ("/ObjectPool/_100/\u{1}Ole10Native", b"x"),
            ("/ObjectPool/_200/\u{3}OCXNAME", b"x"),
            ("/MsoDataStore/a", b"x"),
            ("/_signatures", b"x"),
            ("/\u{5}SummaryInformation", b"x"),
            ("/Payload", b"MZ"),
        ],
    )
}

#[test]
fn a_document_is_read_converted_and_rebuilt() {
    let bytes = hostile_document();
    let (outcome, double) = run("規則.doc", &bytes, Mode::Rebuild, Ok(converted_document()));
    assert_eq!(double.asked, [(Kind::Doc, Kind::Docx, bytes.len())]);
    let report = &outcome.report;
    assert_eq!(report.verdict, Verdict::Partial, "{report:?}");
    assert_eq!(
        (report.kind, report.clean_kind, report.road),
        (Some(Kind::Doc), Some(Kind::Docx), Some(Road::Converted))
    );
    assert_eq!(report.clean_name, "規則.docx");
    assert_eq!(
        found(&outcome),
        [
            Threat::MacroVba,
            Threat::ActiveX,
            Threat::EmbeddedObject,
            Threat::ExternalTemplate,
            Threat::DangerousField,
            Threat::HiddenData,
            Threat::Extension,
            Threat::Signature,
            Threat::Metadata,
            // The ending of the name is another.
            Threat::FileName,
        ]
    );
    // Told once, by the place in the file that came.
    let macros: Vec<&str> = report
        .removals
        .iter()
        .filter(|removal| removal.what == Threat::MacroVba)
        .map(|removal| removal.untrusted_place.as_str())
        .collect();
    assert_eq!(macros, ["Macros/VBA"]);
    let clean = outcome.clean.unwrap();
    let text = crate::preview::whole_text(Kind::Docx, &clean, &Limits::default()).unwrap();
    assert!(text.contains("条例の本文") && text.contains("結果"), "{text}");
    for gone in [b"INCLUDETEXT".as_slice(), b"vbaProject"] {
        assert!(!clean.windows(gone.len()).any(|window| window == gone));
    }
}

#[test]
fn modes_go_by_way_of_the_converted_file() {
    let bytes = with(&document("題名", 0), &[]);
    let (outcome, _) = run("a.doc", &bytes, Mode::TextOnly, Ok(converted_document()));
    assert_eq!((outcome.report.clean_kind, outcome.report.road), (Some(Kind::Text), Some(Road::Text)));
    let (outcome, _) = run("a.doc", &bytes, Mode::Strict, Ok(converted_document()));
    assert_eq!(outcome.report.road, Some(Road::Converted));
    let (outcome, double) = run("a.doc", &bytes, Mode::ImagePdf, Err(Reason::TimedOut));
    assert_eq!(double.asked[0].1, Kind::Pdf);
    assert_eq!(outcome.report.reason, Some(Reason::TimedOut));
    let (outcome, double) = run("a.doc", &bytes, Mode::InspectOnly, Ok(converted_document()));
    assert!(double.asked.is_empty() || outcome.report.road == Some(Road::Inspected));
}

#[test]
fn without_a_result_the_file_is_held_and_what_was_found_is_told() {
    let bytes = hostile_document();
    let outcome = without("a.doc", &bytes);
    assert_eq!((outcome.report.verdict, outcome.report.reason), (Verdict::Held, Some(Reason::NotRebuilt)));
    assert!(found(&outcome).contains(&Threat::MacroVba));
    let answers: [(Result<Vec<u8>, Reason>, Reason); 7] = [
        (Err(Reason::TimedOut), Reason::TimedOut),
        (Err(Reason::ConversionFailed), Reason::ConversionFailed),
        (Err(Reason::Bomb), Reason::Bomb),
        // What comes back is asked what it is, and is no more believed than what went in.
        (Ok(Vec::new()), Reason::ConversionFailed),
        (Ok(bytes.clone()), Reason::ConversionFailed),
        (Ok(b"MZ\x90\0\x03\0\0\0".to_vec()), Reason::ConversionFailed),
        (
            Ok(zip_writer::write([("[Content_Types].xml", b"<x/>".as_slice()), ("word/x", b"x")]).unwrap()),
            Reason::ConversionFailed,
        ),
    ];
    for (answer, reason) in answers {
        let (outcome, _) = run("a.doc", &bytes, Mode::Rebuild, answer.clone());
        assert_eq!(outcome.report.reason, Some(reason), "{answer:?}");
        assert!(outcome.clean.is_none());
    }
}

#[test]
fn a_workbook_is_read_record_by_record() {
    let begin: &[u8] = &[0, 6, 5, 0, 0, 0, 0, 0];
    let name = |flags: u16, name: &[u8]| {
        [&flags.to_le_bytes(), [0, name.len() as u8].as_slice(), &[0; 10], &[0], name].concat()
    };
    let link =
        |path: &str| [&[1, 0], (path.len() as u16).to_le_bytes().as_slice(), &[0], path.as_bytes()].concat();
    let rows: [(Vec<u8>, &[Threat]); 15] = [
        (records(&[(0x85, &sheet(0, "表"))]), &[]),
        (records(&[(0x85, &sheet(1, "m"))]), &[Threat::MacroXlm]),
        (records(&[(0x85, &sheet(6, "Module1"))]), &[Threat::MacroVba]),
        (records(&[(0x18, &name(0x20, &[1]))]), &[Threat::MacroXlm]),
        (records(&[(0x18, &name(0, b"Auto_Open"))]), &[Threat::MacroXlm]),
        (records(&[(0x18, &name(0, b"total"))]), &[]),
        (records(&[(0x1AE, &[1, 0, 1, 4])]), &[]),
        (records(&[(0x1AE, &link("\u{1}other.xls"))]), &[Threat::ExternalContent]),
        (records(&[(0x1AE, &link("cmd\u{3}/c calc"))]), &[Threat::DangerousField]),
        (records(&[(0x1AD, &[0; 4])]), &[Threat::DataConnection]),
        (records(&[(0xDC, &[0; 4])]), &[Threat::DataConnection]),
        (records(&[(0x51, b"\0\0\x09\0\0\x02\x06\0\0\x02Sheet")]), &[]),
        (records(&[(0x51, b"\0\0\x09\0\0\x02\x06\0\0\x01a.xls")]), &[Threat::DataConnection]),
        (records(&[(0x52, b"\x01\0\0n\0\0")]), &[]),
        (records(&[(0x52, b"\x01\0\0n\x06\0\0\x01a.xls")]), &[Threat::DataConnection]),
    ];
    for (more, expected) in rows {
        let book = [records(&[(0x809, begin)]), more.clone()].concat();
        let outcome = without("a.xls", &compound(&[("/Workbook", &book)]));
        assert_eq!(outcome.report.reason, Some(Reason::NotRebuilt));
        assert_eq!(found(&outcome), expected, "{more:?}");
    }
    let book = records(&[(0x809, begin)]);
    let outcome = without(
        "a.xls",
        &compound(&[("/Workbook", &book), ("/MBD0012/Package", b"x"), ("/LNK0034/x", b"x"), ("/Ctls", b"x")]),
    );
    assert_eq!(found(&outcome), [Threat::ActiveX, Threat::EmbeddedObject, Threat::ExternalContent]);
    // Before Excel 97 names have one byte a character, and links are another record.
    let old =
        records(&[(0x809, &[0, 5, 5, 0]), (0x85, &[0, 0, 0, 0, 0, 1, 1, b'm']), (0x17, b"\x05\x01a.xls")]);
    assert_eq!(
        found(&without("a.xls", &compound(&[("/Book", &old)]))),
        [Threat::MacroXlm, Threat::ExternalContent]
    );
}

#[test]
fn a_presentation_is_read_record_by_record() {
    let action = |what: u8| atom(0, 0x0FF3, &[0, 0, 0, 0, 0, 0, 0, 0, what, 0, 0, 0, 0, 0, 0, 0]);
    let inner = |record: Vec<u8>| atom(0xF, 0x03E8, &record);
    let rows: [(Vec<u8>, &[Threat]); 10] = [
        (inner(atom(0, 0x1234, b"x")), &[]),
        (inner(atom(0xF, 0x03FF, &atom(2, 0x0400, &[0; 12]))), &[]),
        (inner(atom(0xF, 0x03FF, &atom(2, 0x0400, &[1; 12]))), &[Threat::MacroVba]),
        ([inner(atom(0xF, 0x0FCC, b"")), inner(Vec::new())].concat(), &[Threat::HiddenData]),
        (inner(atom(0xF, 0x0FCC, b"")), &[Threat::EmbeddedObject]),
        (inner(atom(0xF, 0x0FEE, b"")), &[Threat::ActiveX]),
        (inner(atom(0xF, 0x0FCE, b"")), &[Threat::ExternalContent]),
        (inner(action(2)), &[Threat::Action]),
        (inner(action(4)), &[]),
        (inner(atom(0xF, 0x100F, b"")), &[Threat::Multimedia]),
    ];
    for (stream, expected) in rows {
        let outcome =
            without("a.ppt", &compound(&[("/PowerPoint Document", &stream), ("/Current User", &[0; 20])]));
        assert_eq!(outcome.report.reason, Some(Reason::NotRebuilt));
        assert_eq!(found(&outcome), expected, "{stream:?}");
    }
}

#[test]
fn a_binary_workbook_is_read_part_by_part() {
    let bytes = zip_writer::write([
        ("[Content_Types].xml", b"<x/>".as_slice()),
        ("xl/workbook.bin", b"x"),
        ("xl/vbaProject.bin", b"x"),
        ("xl/macrosheets/sheet1.bin", b"x"),
        ("xl/externalLinks/externalLink1.bin", b"x"),
        ("xl/embeddings/oleObject1.bin", b"x"),
        ("docProps/core.xml", b"x"),
    ])
    .unwrap();
    let outcome = without("a.xlsb", &bytes);
    assert_eq!(outcome.report.reason, Some(Reason::NotRebuilt));
    assert_eq!(
        found(&outcome),
        [
            Threat::MacroVba,
            Threat::MacroXlm,
            Threat::EmbeddedObject,
            Threat::ExternalContent,
            Threat::Metadata
        ]
    );
}

#[test]
fn encrypted_files_are_not_handed_on() {
    let begin: &[u8] = &[0, 6, 5, 0, 0, 0, 0, 0];
    let user = [[0; 12].as_slice(), &0xF3D1_C4DFu32.to_le_bytes(), &[0; 4]].concat();
    let rows = [
        ("a.doc", with(&document("x", 0x0100), &[])),
        ("a.xls", compound(&[("/Workbook", &records(&[(0x809, begin), (0x2F, &[0; 6])]))])),
        ("a.ppt", compound(&[("/PowerPoint Document", b""), ("/Current User", &user)])),
        (
            "a.ppt",
            compound(&[("/PowerPoint Document", &atom(0xF, 0x2F14, b"x")), ("/Current User", &[0; 20])]),
        ),
        ("a.ppt", compound(&[("/PowerPoint Document", b"x"), ("/EncryptedSummary", b"x")])),
    ];
    for (name, bytes) in rows {
        let (outcome, double) = run(name, &bytes, Mode::Rebuild, Ok(converted_document()));
        assert_eq!(outcome.report.reason, Some(Reason::PasswordNeeded), "{name}");
        assert!(double.asked.is_empty(), "{name}");
    }
}

#[test]
fn members_of_archives_are_converted_too() {
    let archive = zip_writer::write([
        ("a.doc", hostile_document().as_slice()),
        ("b.doc", with(&document("x", 0), &[]).as_slice()),
    ])
    .unwrap();
    let (outcome, double) = run("a.zip", &archive, Mode::Rebuild, Ok(converted_document()));
    assert_eq!(double.asked.len(), 2);
    let members: Vec<_> =
        outcome.report.members.iter().map(|m| (m.report.clean_name.as_str(), m.report.road)).collect();
    assert_eq!(members, [("a.docx", Some(Road::Converted)), ("b.docx", Some(Road::Converted))]);
}

/// Cut off at any place, and with any byte turned, reading ends, and nothing but the converted file ever comes out.
#[test]
fn broken_files_end_in_a_refusal_or_in_the_converted_file() {
    let begin: &[u8] = &[0, 6, 5, 0, 0, 0, 0, 0];
    let book = records(&[
        (0x809, begin),
        (0x85, &sheet(1, "m")),
        (0x18, &[0x20, 0, 0, 1]),
        (0x1AE, &[1, 0, 9, 0, 1]),
    ]);
    let slides = atom(
        0xF,
        0x03E8,
        &[atom(0xF, 0x0FF0, &atom(0, 0x03F3, &[0; 20])), atom(0xF, 0x0FCC, b"xx")].concat(),
    );
    let samples = [
        ("a.doc", hostile_document()),
        ("a.xls", compound(&[("/Workbook", &book)])),
        ("a.ppt", compound(&[("/PowerPoint Document", &slides), ("/Current User", &[0; 20])])),
    ];
    for (name, sample) in samples {
        for step in 0..300_usize {
            let at = step * sample.len() / 300;
            let mut turned = sample.clone();
            turned[at] ^= 1 << (step % 8);
            turned[sample.len() - 1 - at] ^= 0xFF;
            for bytes in [&sample[..at], &turned] {
                let (outcome, _) = run(name, bytes, Mode::Rebuild, Ok(converted_document()));
                assert!(
                    outcome.clean.is_none() || outcome.report.clean_kind == Some(Kind::Docx),
                    "{name} {at}"
                );
            }
        }
    }
}

/// What the double hands back for a workbook of one sheet.
fn converted_workbook(cells: &str) -> Vec<u8> {
    let types = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#;
    let root = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let book = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="税額" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let relations = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let sheet = format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">{cells}</row></sheetData></worksheet>"#
    );
    zip_writer::write([
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
    .unwrap()
}

fn sheet_of(outcome: &Outcome) -> String {
    let clean = outcome.clean.as_ref().unwrap_or_else(|| panic!("{:?}", outcome.report));
    let mut archive = zip::ZipArchive::new(Cursor::new(clean)).unwrap();
    std::io::read_to_string(archive.by_name("xl/worksheets/sheet1.xml").unwrap()).unwrap()
}

/// The office program has no macro to call, and throws the dice again; people saw other values.
#[test]
fn cells_show_what_they_showed() {
    let formula =
        |column: u8, value: f64| [&[0, 0, column, 0, 0, 0], value.to_le_bytes().as_slice(), &[0; 8]].concat();
    let begin: &[u8] = &[0, 6, 5, 0, 0, 0, 0, 0];
    let globals = |start: u32| {
        let named = [start.to_le_bytes().as_slice(), &[0, 0, 2, 1, 0x0E, 0x7A, 0x4D, 0x98]].concat();
        records(&[(0x809, begin), (0x85, &named), (0x0A, &[])])
    };
    let start = globals(0).len() as u32;
    let cells = records(&[(0x809, begin), (6, &formula(0, 35.5)), (6, &formula(1, 0.25)), (0x0A, &[])]);
    let book = compound(&[("/Workbook", &[globals(start), cells].concat())]);
    let converted = converted_workbook(
        r#"<c r="A1" t="e"><f>rate(1)</f><v>#NAME?</v></c><c r="B1"><f>RAND()</f><v>0.5</v></c><c r="C1"><v>7</v></c>"#,
    );
    let (outcome, _) = run("a.xls", &book, Mode::Rebuild, Ok(converted.clone()));
    let sheet = sheet_of(&outcome);
    assert!(
        sheet.contains(
            r#"<c r="A1"><v>35.5</v></c><c r="B1"><f>RAND()</f><v>0.25</v></c><c r="C1"><v>7</v></c>"#
        ),
        "{sheet}"
    );
    let formulas: Vec<_> =
        outcome.report.removals.iter().filter(|removal| removal.what == Threat::DangerousFormula).collect();
    let spot = Spot::Cell { untrusted_sheet: "税額".to_owned(), reference: "A1".to_owned() };
    assert_eq!(formulas.len(), 1);
    assert_eq!(formulas[0].spot, Some(spot));
    assert_eq!(outcome.report.verdict, Verdict::Partial);
    // What comes back without a workbook in it is no workbook, also when there are values for it.
    let other = zip_writer::write([("[Content_Types].xml", b"<x/>".as_slice()), ("xl/x", b"x")]).unwrap();
    let (outcome, _) = run("a.xls", &book, Mode::Rebuild, Ok(other));
    assert_eq!(outcome.report.reason, Some(Reason::ConversionFailed));
}
