//! What an approver sees of a result, made from the clean bytes.
//!
//! Owns: text of documents and sheets in reading order, pages of a PDF, a small picture, the list of an archive, each
//! within its bound.
//! Leaves to others: sanitising. Nothing here may ever see the original: it runs after the clean bytes left.

mod beside;
mod number_format;
mod office;
mod old_book;
mod old_document;
mod old_show;
mod open;
mod pages;

use worker_protocol::frame::PAGES_SHOWN_MAX;
use worker_protocol::{Kind, Limits, Preview, Reason, TextBlock};

use crate::{Refusal, html, mail, markup_file, picture, text, vobject, zip_reader};

/// The most text of one preview, in bytes.
const TEXT_BYTES_MAX: usize = 200 << 10;

/// The most text of a whole file, with what its cells take, in bytes. More than that no reader wants as one text; it is many
/// cells that name the same string.
const WHOLE_BYTES_MAX: usize = 256 << 20;

/// The longest side of a picture in a preview, in pixels.
const SIDE_MAX: u32 = 1000;

/// A preview of clean bytes and the PNG of its pages; `None` when there is nothing that can be shown.
///
/// May take long or die on a strange PDF; call it last.
#[must_use]
pub fn preview(kind: Kind, clean: &[u8], limits: &Limits) -> Option<(Preview, Vec<Vec<u8>>)> {
    match kind {
        Kind::Pdf => pages::draw(clean),
        Kind::Png | Kind::Jpeg | Kind::Gif | Kind::Bmp | Kind::Tiff | Kind::Webp => {
            picture_pages(clean, kind, limits)
        }
        Kind::Svg | Kind::Metafile => drawing(clean, kind, limits).map(TextPreview::finish),
        Kind::Docx => office::words(TextPreview::default(), clean, limits).map(TextPreview::finish),
        Kind::Xlsx => office::sheets(TextPreview::default(), clean, limits).map(TextPreview::finish),
        Kind::Pptx => office::slides(TextPreview::default(), clean, limits).map(TextPreview::finish),
        Kind::Doc => old_document::words(TextPreview::default(), clean, limits).map(TextPreview::finish),
        Kind::Xls => old_book::sheets(TextPreview::default(), clean).map(TextPreview::finish),
        Kind::Ppt => old_show::slides(TextPreview::default(), clean).map(TextPreview::finish),
        Kind::Odt | Kind::Ods | Kind::Odp | Kind::Odg => {
            open::document(kind, clean, limits).map(TextPreview::finish)
        }
        Kind::Rtf => Some(open::rich_text(clean).finish()),
        Kind::Text => plain(clean).map(TextPreview::finish),
        Kind::Csv => table(clean).map(TextPreview::finish),
        Kind::Html => lines(html::clean_words(clean)?).map(TextPreview::finish),
        Kind::Xml => lines(markup_file::clean_words(clean)?).map(TextPreview::finish),
        Kind::Json => plain(clean).map(TextPreview::finish),
        Kind::Calendar | Kind::Contact => properties(clean).map(TextPreview::finish),
        Kind::Mail => message(clean, limits).map(TextPreview::finish),
        Kind::Zip => listing(clean, limits).map(TextPreview::finish),
        _ => None,
    }
}

fn picture_pages(clean: &[u8], kind: Kind, limits: &Limits) -> Option<(Preview, Vec<Vec<u8>>)> {
    let (pages, total) = picture::preview_pages(clean, kind, SIDE_MAX, PAGES_SHOWN_MAX as usize, limits)?;
    let shown = u32::try_from(pages.len()).ok()?;
    (shown > 0).then_some((Preview::Pages { shown, total }, pages))
}

/// The words of a drawing. Drawing it would need fonts, which the cell has not.
fn drawing(clean: &[u8], kind: Kind, limits: &Limits) -> Option<TextPreview> {
    let mut preview = TextPreview::default();
    for text in picture::drawn_lines(clean, kind, limits)? {
        if !preview.push(TextBlock::Paragraph { text }) {
            break;
        }
    }
    (!preview.blocks.is_empty()).then_some(preview)
}

/// Blocks of text up to the bound.
struct TextPreview {
    blocks: Vec<TextBlock>,
    bytes: usize,
    truncated: bool,
    bytes_max: usize,
    /// Whether everything is wanted that a reader finds in the file, besides what he sees first.
    is_whole: bool,
}

impl Default for TextPreview {
    fn default() -> Self {
        Self { blocks: Vec::new(), bytes: 0, truncated: false, bytes_max: TEXT_BYTES_MAX, is_whole: false }
    }
}

pub(crate) use office::hidden_rows;

/// All the words of a clean office file as plain text: paragraphs as lines, cells between tabs.
///
/// # Errors
/// Held when the file is of no such kind, blocked when its words are more than is written down.
pub(crate) fn whole_text(kind: Kind, clean: &[u8], limits: &Limits) -> Result<String, Refusal> {
    let read = read_whole(kind, clean, limits).ok_or(Refusal::held(Reason::NotRebuilt))?;
    if read.truncated {
        return Err(Refusal::blocked(Reason::Bomb));
    }
    Ok(written(read.blocks))
}

fn read_whole(kind: Kind, clean: &[u8], limits: &Limits) -> Option<TextPreview> {
    let whole = TextPreview { bytes_max: WHOLE_BYTES_MAX, is_whole: true, ..TextPreview::default() };
    match kind {
        Kind::Docx => office::words(whole, clean, limits),
        Kind::Xlsx => office::sheets(whole, clean, limits),
        Kind::Pptx => office::slides(whole, clean, limits),
        Kind::Doc => old_document::words(whole, clean, limits),
        Kind::Xls => old_book::sheets(whole, clean),
        Kind::Ppt => old_show::slides(whole, clean),
        _ => None,
    }
}

fn written(blocks: Vec<TextBlock>) -> String {
    let mut text = String::new();
    for block in blocks {
        match block {
            TextBlock::Heading { text: line } | TextBlock::Paragraph { text: line } => {
                text.push_str(&line);
                text.push_str("\r\n");
            }
            TextBlock::Table { rows } => {
                for row in rows {
                    // A line or a tab inside a cell would look like another cell.
                    let row: Vec<String> =
                        row.iter().map(|cell| cell.replace(['\t', '\r', '\n'], " ")).collect();
                    text.push_str(&row.join("\t"));
                    text.push_str("\r\n");
                }
            }
        }
    }
    text
}

impl TextPreview {
    /// Takes one more block unless the bound is reached. False when it is.
    fn push(&mut self, block: TextBlock) -> bool {
        let cell_bytes = |rows: &Vec<Vec<String>>| rows.iter().flatten().map(|cell| cell.len() + 4).sum();
        let bytes: usize = 8 + match &block {
            TextBlock::Heading { text } | TextBlock::Paragraph { text } => text.len(),
            TextBlock::Table { rows } => cell_bytes(rows),
        };
        if self.bytes.saturating_add(bytes) > self.bytes_max {
            self.truncated = true;
            return false;
        }
        self.bytes += bytes;
        self.blocks.push(block);
        true
    }

    fn finish(self) -> (Preview, Vec<Vec<u8>>) {
        (Preview::Text { blocks: self.blocks, truncated: self.truncated }, Vec::new())
    }
}

fn plain(clean: &[u8]) -> Option<TextPreview> {
    lines(text::decode(clean)?.text)
}

/// The envelope, the words, the names of what is attached.
fn message(clean: &[u8], limits: &Limits) -> Option<TextPreview> {
    let shown = mail::clean_words(clean, limits)?;
    let mut preview = TextPreview::default();
    preview.push(TextBlock::Table { rows: shown.rows });
    for line in shown.words.lines() {
        if !preview.push(TextBlock::Paragraph { text: line.to_owned() }) {
            break;
        }
    }
    if !shown.attachments.is_empty() {
        preview.push(TextBlock::Heading { text: "添付ファイル".to_owned() });
        preview
            .push(TextBlock::Table { rows: shown.attachments.into_iter().map(|name| vec![name]).collect() });
    }
    Some(preview)
}

/// Properties and their values.
fn properties(clean: &[u8]) -> Option<TextPreview> {
    let mut preview = TextPreview::default();
    let mut rows = Vec::new();
    let mut bytes = 0;
    for row in vobject::clean_rows(clean)? {
        bytes += row.iter().map(|cell| cell.len() + 4).sum::<usize>();
        if bytes > TEXT_BYTES_MAX - 64 {
            preview.truncated = true;
            break;
        }
        rows.push(row);
    }
    preview.push(TextBlock::Table { rows });
    Some(preview)
}

fn lines(words: String) -> Option<TextPreview> {
    let mut preview = TextPreview::default();
    for line in words.lines() {
        if !preview.push(TextBlock::Paragraph { text: line.to_owned() }) {
            break;
        }
    }
    Some(preview)
}

fn table(clean: &[u8]) -> Option<TextPreview> {
    let mut preview = TextPreview::default();
    let decoded = text::decode(clean)?;
    let mut rows = Vec::new();
    let mut bytes = 0;
    for row in crate::csv::rows(&decoded.text) {
        bytes += row.iter().map(|cell| cell.len() + 4).sum::<usize>();
        if bytes > TEXT_BYTES_MAX - 64 {
            preview.truncated = true;
            break;
        }
        rows.push(row);
    }
    preview.push(TextBlock::Table { rows });
    Some(preview)
}

fn listing(clean: &[u8], limits: &Limits) -> Option<TextPreview> {
    let mut preview = TextPreview::default();
    let listing = zip_reader::read(clean, limits).ok()?;
    let mut rows = vec![vec!["名前".to_owned(), "大きさ(バイト)".to_owned()]];
    for entry in listing.entries.iter().take(2000) {
        let name = String::from_utf8_lossy(&entry.untrusted_name).into_owned();
        rows.push(vec![name, entry.expanded_bytes().to_string()]);
    }
    preview.truncated = listing.entries.len() > 2000;
    preview.push(TextBlock::Table { rows });
    Some(preview)
}
