//! Files to measure with, made here: text that packs as real text does, in packages, pictures and archives.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use super::Failed;
use super::prose::{Noise, text};

fn zipped(members: &[(String, Vec<u8>)]) -> Result<Vec<u8>, Failed> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(name.as_str(), zip::write::SimpleFileOptions::default())?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Ten archives in an archive, of texts that make it so many bytes large.
pub(crate) fn nested(bytes: usize) -> Result<Vec<u8>, Failed> {
    let mut noise = Noise::new(7);
    let mut outer = Vec::new();
    for number in 0..10 {
        let (mut inner, mut size) = (Vec::new(), 0);
        while size < bytes / 10 {
            // Letters of six bits: packed they are three quarters, as a dense file is.
            let mut content: Vec<u8> = (0..1 << 20).map(|_| b' ' + (noise.next() % 64) as u8).collect();
            content.push(b'\n');
            size += content.len() * 3 / 4;
            inner.push((format!("{}.txt", inner.len()), content));
        }
        outer.push((format!("{number}.zip"), zipped(&inner)?));
    }
    zipped(&outer)
}

/// A few files in this folder.
pub(crate) fn write(folder: &Path) -> Result<PathBuf, Failed> {
    std::fs::create_dir_all(folder)?;
    let mut noise = Noise::new(1);
    for number in 0..20 {
        let words = text(&mut noise, 2_000 << (number % 6));
        std::fs::write(folder.join(format!("{number}.txt")), &words)?;
        std::fs::write(folder.join(format!("{number}.docx")), document(&words)?)?;
        let picture = image::RgbImage::from_fn(300 + number * 20, 200, |x, y| {
            let grain = (noise.next() & 7) as u8;
            image::Rgb([(x / 3) as u8, (y / 2) as u8, 90]).map_grain(grain)
        });
        picture.save(folder.join(format!("{number}.png")))?;
        picture.save(folder.join(format!("{number}.jpg")))?;
    }
    Ok(folder.to_owned())
}

trait Grain {
    fn map_grain(self, grain: u8) -> Self;
}

impl Grain for image::Rgb<u8> {
    fn map_grain(self, grain: u8) -> Self {
        image::Rgb(self.0.map(|value| value.saturating_add(grain)))
    }
}

fn document(words: &str) -> Result<Vec<u8>, Failed> {
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";
    const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let paragraphs: String = words
        .lines()
        .map(|line| format!("<w:p><w:pPr><w:jc w:val=\"both\"/></w:pPr><w:r><w:t>{line}</w:t></w:r></w:p>"))
        .collect();
    zipped(&[
        (
            "[Content_Types].xml".to_owned(),
            b"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>".to_vec(),
        ),
        (
            "_rels/.rels".to_owned(),
            format!("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"{OFFICE}\" Target=\"word/document.xml\"/></Relationships>").into_bytes(),
        ),
        (
            "word/document.xml".to_owned(),
            format!("<w:document xmlns:w=\"{WORD}\"><w:body>{paragraphs}</w:body></w:document>").into_bytes(),
        ),
    ])
}
