//! Rebuilding office files against unpacking and packing the same file, which is the least that any tool does.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "samples are made here; one that cannot be made measures nothing"
)]

use std::io::{Cursor, Read, Write};

use divan::{Bencher, black_box};
use worker_protocol::{FilePolicy, Hint, Job, Limits};

fn main() {
    divan::main();
}

const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A package of these parts; each is the main part's relation in turn, the first the package's own.
fn package(parts: &[(&str, &str, &str, String)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, text: &str| {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    };
    let mut types = String::from(
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>",
    );
    let mut relations = String::new();
    for (number, (name, content_type, relation, _)) in parts.iter().enumerate() {
        types += &format!(
            "<Override PartName=\"/{name}\" ContentType=\"application/vnd.openxmlformats-officedocument.{content_type}+xml\"/>"
        );
        relations +=
            &format!("<Relationship Id=\"r{number}\" Type=\"{REL}/{relation}\" Target=\"/{name}\"/>");
    }
    let main = parts[0].0;
    let (folder, file) = main.split_once('/').unwrap();
    let wrap = |inner: &str| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{inner}</Relationships>"
        )
    };
    let (root, rest) = relations.split_at(relations.find("/>").unwrap() + 2);
    add("[Content_Types].xml", &format!("{types}</Types>"));
    add("_rels/.rels", &wrap(root));
    add(&format!("{folder}/_rels/{file}.rels"), &wrap(rest));
    for (name, _, _, text) in parts {
        add(name, text);
    }
    archive.finish().unwrap().into_inner()
}

/// 20,000 paragraphs, each of three runs.
fn words() -> Vec<u8> {
    let mut body = String::new();
    for number in 0..20_000 {
        body += &format!(
            "<w:p w:rsidR=\"00{number:06X}\"><w:pPr><w:jc w:val=\"both\"/></w:pPr><w:r><w:rPr><w:rFonts w:hint=\"eastAsia\"/></w:rPr><w:t>第{number}条　情報資産は、</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>分類{}</w:t></w:r><w:r><w:t>に従い取り扱う。</w:t></w:r></w:p>",
            number * 7 % 31
        );
    }
    let space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:document xmlns:w=\"{space}\" xmlns:r=\"{REL}\"><w:body>{body}</w:body></w:document>"
    );
    package(&[("word/document.xml", "wordprocessingml.document.main", "officeDocument", text)])
}

/// 12,000 rows of twelve cells, every fourth with a formula.
fn sheet() -> Vec<u8> {
    let mut rows = String::new();
    for row in 1..=12_000 {
        rows += &format!("<row r=\"{row}\" spans=\"1:12\">");
        for (column, name) in ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"].iter().enumerate()
        {
            let formula =
                if column % 4 == 3 { format!("<f>SUM(A{row}:C{row})*1.08</f>") } else { String::new() };
            rows += &format!(
                "<c r=\"{name}{row}\" s=\"{}\">{formula}<v>{}</v></c>",
                column % 3,
                row * 37 % 9973 + column
            );
        }
        rows += "</row>";
    }
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let start = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
    let book = format!(
        "{start}<workbook xmlns=\"{space}\" xmlns:r=\"{REL}\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let text = format!("{start}<worksheet xmlns=\"{space}\"><sheetData>{rows}</sheetData></worksheet>");
    package(&[
        ("xl/workbook.xml", "spreadsheetml.sheet.main", "officeDocument", book),
        ("xl/worksheets/sheet1.xml", "spreadsheetml.worksheet", "worksheet", text),
    ])
}

fn rebuild(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    let job = Job {
        hint: Hint { untrusted_name: name.to_owned(), passwords: Vec::new() },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: Default::default(),
    };
    sanitize::sanitise(&job, bytes, &mut |_, _| ()).clean.unwrap()
}

/// Every member unpacked and packed again with the usual effort.
fn repack(bytes: &[u8]) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut member = from.by_index(index).unwrap();
        let mut text = Vec::new();
        member.read_to_end(&mut text).unwrap();
        let name = member.name().unwrap().into_owned();
        to.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(&text).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[divan::bench]
fn words_rebuilt(bencher: Bencher<'_, '_>) {
    let bytes = words();
    bencher.with_inputs(|| bytes.clone()).bench_values(|bytes| rebuild("a.docx", black_box(bytes)));
}

#[divan::bench]
fn words_repacked(bencher: Bencher<'_, '_>) {
    let bytes = words();
    bencher.bench(|| repack(black_box(&bytes)));
}

#[divan::bench]
fn sheet_rebuilt(bencher: Bencher<'_, '_>) {
    let bytes = sheet();
    bencher.with_inputs(|| bytes.clone()).bench_values(|bytes| rebuild("a.xlsx", black_box(bytes)));
}

#[divan::bench]
fn sheet_repacked(bencher: Bencher<'_, '_>) {
    let bytes = sheet();
    bencher.bench(|| repack(black_box(&bytes)));
}
