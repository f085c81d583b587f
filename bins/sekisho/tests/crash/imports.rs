//! A body's own text through the real cell at the server: large ones, old ones, and what has no words.
//!
//! Owns what the person who imports is told. Leaves what is read in a text to `policy`.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{
    files,
    house::{House, MULTIPART, Person, can_run, copy_of_a_city},
    http::{self, Answer},
    production::Office,
};

const PAGES: usize = 300;

/// A regulation of as many articles; few different characters, so that a simple font has a code for each.
fn articles(count: usize) -> Vec<String> {
    let mut lines = vec!["情報資産の規程".to_owned(), "第1章 職員".to_owned()];
    for number in 1..=count {
        lines.push(format!("第{number}条 職員は、情報資産を庁外に持ち出してはならない。"));
        lines.push(format!("2 職員は、前項の{number}の記録を保存しなければならない。"));
    }
    lines
}

/// A Word document with a page for each of these lists of lines.
fn docx(pages: &[Vec<String>]) -> Vec<u8> {
    let mut body = String::new();
    for (number, page) in pages.iter().enumerate() {
        if number > 0 {
            body.push_str("<w:p><w:r><w:br w:type=\"page\"/></w:r></w:p>");
        }
        for line in page {
            write!(body, "<w:p><w:r><w:t>{line}</w:t></w:r></w:p>").unwrap();
        }
    }
    let parts = [
        ("[Content_Types].xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>".to_owned()),
        ("_rels/.rels", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>".to_owned()),
        ("word/document.xml", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}</w:body></w:document>")),
    ];
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A PDF with a page for each of these lists of lines, and a text layer; without lines it is pictures only.
fn pdf(pages: &[Vec<String>]) -> Vec<u8> {
    let mut codes: BTreeMap<char, u8> = BTreeMap::new();
    for c in pages.iter().flatten().flat_map(|line| line.chars()) {
        let next = 0x21 + u8::try_from(codes.len()).unwrap();
        codes.entry(c).or_insert(next);
    }
    assert!(codes.len() < 0x7f - 0x21, "one code for each character: {}", codes.len());
    let mut objects: Vec<String> = vec!["<< /Type /Catalog /Pages 2 0 R >>".to_owned()];
    let first_page = 5;
    let kids: Vec<String> = (0..pages.len()).map(|n| format!("{} 0 R", first_page + n * 2)).collect();
    objects.push(format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()));
    objects.push("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 4 0 R >>".to_owned());
    let mut meanings = String::from(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def /CMapType 2 def \
         1 begincodespacerange <00> <FF> endcodespacerange\n",
    );
    for chunk in codes.iter().collect::<Vec<_>>().chunks(90) {
        writeln!(meanings, "{} beginbfchar", chunk.len()).unwrap();
        for (c, code) in chunk {
            writeln!(meanings, "<{code:02X}> <{:04X}>", u32::from(**c)).unwrap();
        }
        meanings.push_str("endbfchar\n");
    }
    meanings.push_str("endcmap end end");
    let stream = |text: &str| format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len());
    objects.push(stream(&meanings));
    for page in pages {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {} 0 R >>",
            objects.len() + 2
        ));
        let mut content = String::from("0.5 g 20 20 5 5 re f\n");
        for (number, line) in page.iter().enumerate() {
            let hex: String = line.chars().map(|c| format!("{:02X}", codes[&c])).collect();
            writeln!(content, "BT /F1 10 Tf 40 {} Td <{hex}> Tj ET", 800 - number * 20).unwrap();
        }
        objects.push(stream(&content));
    }
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).as_bytes());
    }
    let start = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).as_bytes());
    for place in places {
        bytes.extend(format!("{place:010} 00000 n \n").as_bytes());
    }
    let end = format!("trailer << /Root 1 0 R /Size {} >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    bytes.extend(end.as_bytes());
    bytes
}

fn import(person: &Person, layer: &str, name: &str, bytes: &[u8]) -> Answer {
    let form = json!({ "layer": layer }).to_string();
    let mut body = format!(
        "--XXsekishoXX\r\nContent-Disposition: form-data; name=\"import\"\r\n\r\n{form}\r\n--XXsekishoXX\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
    )
    .into_bytes();
    body.extend(bytes);
    body.extend(b"\r\n--XXsekishoXX--\r\n");
    let headers = [("cookie", person.cookie()), ("content-type", MULTIPART)];
    http::send(person.road(), "POST", "/api/v1/imports", &headers, &body).unwrap()
}

/// A city, and the one of its staff who looks after the policy.
fn open() -> (tempfile::TempDir, House, Person) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("city");
    copy_of_a_city(&data);
    let house = House::open(&data);
    let operator = house.log_in("isono", "lgwan");
    Office::prove(&operator);
    (folder, house, operator)
}

fn review(person: &Person, answer: &Answer) -> Value {
    let id = answer.with(201)["id"].as_str().unwrap().to_owned();
    person.api(&format!("/imports/{id}")).unwrap().with(200)
}

#[test]
fn large_documents_and_old_texts_are_read_whole() {
    if !can_run() {
        return;
    }
    let (_folder, house, operator) = open();
    let lines = articles(PAGES);
    let pages: Vec<Vec<String>> = lines.chunks(2).map(<[String]>::to_vec).collect();
    assert!(pages.len() > PAGES);
    let text = lines.join("\r\n");
    let (cp932, _, lossy) = encoding_rs::SHIFT_JIS.encode(&text);
    assert!(!lossy);
    for (layer, name, bytes, read_as) in [
        ("from-word", "規程.docx", docx(&pages), "docx"),
        ("from-pdf", "規程.pdf", pdf(&pages), "pdf"),
        ("from-text", "規程.txt", cp932.into_owned(), "text"),
    ] {
        let found = review(&operator, &import(&operator, layer, name, &bytes));
        assert_eq!(found["read_as"], read_as, "{name}: {}", house.log());
        let totals = &found["import"]["totals"];
        assert_eq!(totals["chars"], totals["chars_accounted"], "{name}: nothing is lost on the way");
        assert_eq!(totals["statements"], PAGES * 2, "{name}: {totals}");
        assert_eq!(found["damaged"], 0, "{name}");
        let last = format!("第{PAGES}条");
        assert!(found["text"].as_str().unwrap().contains(&last), "{name}");
        let page = operator.get(&format!("/imports/{}", found["id"].as_str().unwrap())).unwrap();
        assert!(page.status == 200 && page.text().contains("割り当て済み"), "{name}: {}", page.text());
    }
    assert!(!house.log().contains("panicked"), "{}", house.log());
}

#[test]
fn what_gives_no_words_is_refused_with_what_to_do() {
    if !can_run() {
        return;
    }
    let (_folder, house, operator) = open();
    let scanned = pdf(&vec![Vec::new(); 20]);
    let story = "昔々、ある所に人がいた。山へ出かけた。".as_bytes().to_vec();
    for (name, bytes, reason, words) in [
        ("走査.pdf", scanned, "empty", "OCR で文字にしてから"),
        ("空.txt", Vec::new(), "empty", "文字が一つもありません"),
        ("昔話.txt", story, "no-policy", "規程の文書ではないようです"),
        ("偽.pdf", files::text("偽"), "name-mismatch", "ファイル名と中身が合っていません"),
        ("一式.zip", files::locked(), "password-needed", "パスワード"),
    ] {
        let answer = import(&operator, "nothing", name, &bytes);
        let error = answer.with(422);
        assert_eq!(error["error"]["code"], "import-refused", "{name}: {error}");
        assert_eq!(error["error"]["reason"], reason, "{name}: {error}");
        assert!(error["error"]["message"].as_str().unwrap().contains(words), "{name}: {error}");
    }
    let list = operator.api("/imports").unwrap().with(200);
    let kept = list["rows"].as_array().unwrap().iter().filter(|row| row["layer"] == "nothing").count();
    assert_eq!(kept, 0, "{list}");
    assert!(!house.log().contains("panicked"), "{}", house.log());
}
