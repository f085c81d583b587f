//! Rebuilding office files against unpacking and packing the same file, which is the least that any tool does.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "samples are made here; one that cannot be made measures nothing"
)]

mod prose;
mod repack;

use std::io::{Cursor, Write as _};

use divan::{Bencher, black_box};
use worker_protocol::{FilePolicy, Hint, Job, Limits};

fn main() {
    divan::main();
}

const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A picture with grain, as a camera makes it.
fn picture(noise: &mut prose::Noise) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(1200, 900, |x, y| {
        let grain = (noise.next() & 7) as u8;
        image::Rgb([(x / 6) as u8 + grain, (y / 5) as u8 + grain, 90 + grain])
    });
    let mut out = Vec::new();
    picture.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 80)).unwrap();
    out
}

const DOCUMENT: (&str, &str, &str) =
    ("word/document.xml", "wordprocessingml.document.main", "officeDocument");

fn document(body: &str) -> String {
    let space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:document xmlns:w=\"{space}\" xmlns:r=\"{REL}\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\" xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\"><w:body>{body}</w:body></w:document>"
    )
}

/// Paragraphs of words that are seldom the same, with the marks of editing that Word leaves.
fn paragraphs(noise: &mut prose::Noise, bytes: usize) -> String {
    let text = prose::text(noise, bytes);
    let mut body = String::new();
    for line in text.lines() {
        let (first, second) = (noise.next() as u32, noise.next() as u32);
        let middle = line.char_indices().nth(line.chars().count() / 2).map_or(0, |(at, _)| at);
        let (start, rest) = line.split_at(middle);
        body += &format!(
            "<w:p w:rsidR=\"{first:08X}\" w:rsidRDefault=\"{second:08X}\"><w:pPr><w:jc w:val=\"both\"/></w:pPr><w:r><w:rPr><w:rFonts w:hint=\"eastAsia\"/></w:rPr><w:t>{start}</w:t></w:r><w:r><w:t xml:space=\"preserve\">{rest}</w:t></w:r></w:p>"
        );
    }
    body
}

/// 600 KB of words, about 200 pages.
fn prose() -> Vec<u8> {
    let body = paragraphs(&mut prose::Noise::new(3), 600_000);
    package(&[(DOCUMENT.0, DOCUMENT.1, DOCUMENT.2, document(&body))])
}

/// Five pictures among words.
fn pictures() -> Vec<u8> {
    let mut noise = prose::Noise::new(5);
    let mut body = paragraphs(&mut noise, 60_000);
    let mut pictures = Vec::new();
    for number in 0..5 {
        body += &format!(
            "<w:p><w:r><w:drawing><wp:inline><wp:extent cx=\"4000000\" cy=\"3000000\"/><wp:docPr id=\"{number}\" name=\"p\"/><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic><pic:nvPicPr><pic:cNvPr id=\"{number}\" name=\"p\"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed=\"i{number}\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr/></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
        );
        pictures.push((format!("media/image{number}.jpeg"), picture(&mut noise)));
    }
    package_with(&[(DOCUMENT.0, DOCUMENT.1, DOCUMENT.2, document(&body))], &pictures)
}

/// A package of these parts; each is the main part's relation in turn, the first the package's own.
fn package(parts: &[(&str, &str, &str, String)]) -> Vec<u8> {
    package_with(parts, &[])
}

/// The same with pictures beside the main part.
fn package_with(parts: &[(&str, &str, &str, String)], pictures: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut add_bytes = |name: &str, bytes: &[u8]| {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    };
    let mut types = String::from(
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"jpeg\" ContentType=\"image/jpeg\"/>",
    );
    let mut relations = String::new();
    for (number, (name, content_type, relation, _)) in parts.iter().enumerate() {
        types += &format!(
            "<Override PartName=\"/{name}\" ContentType=\"application/vnd.openxmlformats-officedocument.{content_type}+xml\"/>"
        );
        relations +=
            &format!("<Relationship Id=\"r{number}\" Type=\"{REL}/{relation}\" Target=\"/{name}\"/>");
    }
    for (number, (name, _)) in pictures.iter().enumerate() {
        relations += &format!("<Relationship Id=\"i{number}\" Type=\"{REL}/image\" Target=\"{name}\"/>");
    }
    let main = parts[0].0;
    let (folder, file) = main.split_once('/').unwrap();
    let wrap = |inner: &str| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{inner}</Relationships>"
        )
    };
    let (root, rest) = relations.split_at(relations.find("/>").unwrap() + 2);
    for (name, bytes) in pictures {
        add_bytes(&format!("{folder}/{name}"), bytes);
    }
    let mut add = |name: &str, text: &str| add_bytes(name, text.as_bytes());
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
#[divan::bench]
fn words_rebuilt(bencher: Bencher<'_, '_>) {
    let bytes = words();
    bencher.with_inputs(|| bytes.clone()).bench_values(|bytes| rebuild("a.docx", black_box(bytes)));
}

#[divan::bench]
fn words_repacked(bencher: Bencher<'_, '_>) {
    let bytes = words();
    bencher.bench(|| repack::repack(black_box(&bytes)).unwrap());
}

#[divan::bench]
fn sheet_rebuilt(bencher: Bencher<'_, '_>) {
    let bytes = sheet();
    bencher.with_inputs(|| bytes.clone()).bench_values(|bytes| rebuild("a.xlsx", black_box(bytes)));
}

#[divan::bench]
fn sheet_repacked(bencher: Bencher<'_, '_>) {
    let bytes = sheet();
    bencher.bench(|| repack::repack(black_box(&bytes)).unwrap());
}

#[divan::bench]
fn prose_rebuilt(bencher: Bencher<'_, '_>) {
    let bytes = prose();
    bencher.with_inputs(|| bytes.clone()).bench_values(|bytes| rebuild("a.docx", black_box(bytes)));
}

#[divan::bench]
fn prose_repacked(bencher: Bencher<'_, '_>) {
    let bytes = prose();
    bencher.bench(|| repack::repack(black_box(&bytes)).unwrap());
}

#[divan::bench]
fn pictures_rebuilt(bencher: Bencher<'_, '_>) {
    let bytes = pictures();
    bencher.with_inputs(|| bytes.clone()).bench_values(|bytes| rebuild("a.docx", black_box(bytes)));
}

#[divan::bench]
fn pictures_repacked(bencher: Bencher<'_, '_>) {
    let bytes = pictures();
    bencher.bench(|| repack::repack(black_box(&bytes)).unwrap());
}
