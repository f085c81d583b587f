//! The classification mark: a label at the top right of every page, and words for programs in the document's keywords.
//!
//! Owns: how both look, and knowing them again.
//! Leaves to others: adding to pages (`flatten`), what a mark is (`worker_protocol`).
//!
//! The label is text in a font that every Japanese viewer has or replaces (a font of the Adobe-Japan1 collection that
//! is not embedded), so that the mark can be searched, and the file does not grow by a font. Its characters are written
//! as numbers of that collection, together with what they mean: a reader without tables for Japanese still finds them.

use hayro::hayro_interpret::hayro_cmap::{CMap, CMapName, load_embedded};
use lopdf::{Dictionary, Document, Object, ObjectId, StringFormat, dictionary};
use worker_protocol::Mark;

use super::flatten::{add_resources, draw_over, numbers};
use super::pages::Written;
use super::stream::packed;

/// What stands before the content of a page that something is drawn over.
pub(super) const BEFORE: &[u8] = b"q\n";

const TAG: &[u8] = b"/SekishoMark BMC";
const FONT: &str = "SkMarkFont";
const KEYWORDS: &str = "sekisho-mark";

/// Whether a stream of page content is the mark of an earlier passage: closing brackets, then the tag.
pub(super) fn is_own(content: &[u8]) -> bool {
    let rest =
        content.iter().position(|byte| !matches!(byte, b'Q' | b' ' | b'\n')).and_then(|at| content.get(at..));
    rest.is_some_and(|rest| rest.starts_with(TAG))
}

/// Whether an information dictionary holds nothing but a mark.
pub(super) fn is_own_information(information: &Dictionary) -> bool {
    let is_mark = |value: &Object| match value {
        Object::String(bytes, _) => {
            let expected: Vec<u8> = KEYWORDS.encode_utf16().flat_map(u16::to_be_bytes).collect();
            bytes.starts_with(&[&[0xFE, 0xFF], expected.as_slice()].concat()) && bytes.len() < 2000
        }
        _ => false,
    };
    information.len() == 1 && information.get(b"Keywords").is_ok_and(is_mark)
}

/// Puts the mark on every page and into the document's keywords.
pub(super) fn write(clean: &mut Document, pages: &[Written], mark: &Mark) {
    let keywords = format!("{KEYWORDS}; levels={}; label={}", mark.levels.join(" "), mark.label);
    let information = dictionary! { "Keywords" => text_string(&keywords) };
    let information = clean.add_object(information);
    clean.trailer.set("Info", information);
    let glyphs = glyphs(&mark.label);
    let font = font(clean, &glyphs);
    for page in pages {
        let Some(Object::Dictionary(dictionary)) = clean.objects.get(&page.id) else { continue };
        let mut dictionary = dictionary.clone();
        let content = label(clean, &dictionary, &glyphs);
        add_resources(clean, &mut dictionary, b"Font", vec![(FONT.to_owned(), Object::Reference(font))]);
        draw_over(clean, &mut dictionary, page.open_states, content.as_bytes());
        clean.objects.insert(page.id, Object::Dictionary(dictionary));
    }
}

fn text_string(text: &str) -> Object {
    let mut bytes = vec![0xFE, 0xFF];
    bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    Object::String(bytes, StringFormat::Hexadecimal)
}

/// The characters of the label, each with its number in Adobe-Japan1. What the collection lacks becomes 〓.
fn glyphs(label: &str) -> Vec<(char, u16)> {
    let tables = load_embedded(CMapName::UniJisUtf16H).and_then(|bytes| CMap::parse(bytes, load_embedded));
    let number = |c: char| {
        let mut units = [0; 2];
        let code = c.encode_utf16(&mut units).iter().fold(0u32, |code, unit| code << 16 | u32::from(*unit));
        let bytes = if code > 0xFFFF { 4 } else { 2 };
        let number = tables.as_ref()?.lookup_cid_code(code, bytes)?;
        u16::try_from(number).ok().filter(|number| *number > 0)
    };
    label.chars().filter_map(|c| Some((c, number(c).or_else(|| number('〓'))?))).collect()
}

/// What the numbers mean, as a table that viewers search text with.
fn meanings(glyphs: &[(char, u16)]) -> Vec<u8> {
    let rows: String = glyphs
        .iter()
        .map(|(c, number)| {
            let mut units = [0; 2];
            let units: String = c.encode_utf16(&mut units).iter().map(|unit| format!("{unit:04X}")).collect();
            format!("<{number:04X}> <{units}>\n")
        })
        .collect();
    format!(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /SkMark def /CMapType 2 def\n\
         1 begincodespacerange <0000> <FFFF> endcodespacerange\n{} beginbfchar\n{rows}endbfchar\n\
         endcmap CMapName currentdict /CMap defineresource pop end end\n",
        glyphs.len()
    )
    .into_bytes()
}

fn font(clean: &mut Document, glyphs: &[(char, u16)]) -> ObjectId {
    let meanings = clean.add_object(packed(Dictionary::new(), meanings(glyphs)));
    let name = "HeiseiKakuGo-W5";
    let descriptor = clean.add_object(dictionary! {
        "Type" => "FontDescriptor", "FontName" => name, "Flags" => 4, "ItalicAngle" => 0, "Ascent" => 752,
        "Descent" => -221, "CapHeight" => 737, "StemV" => 114,
        "FontBBox" => vec![(-92).into(), (-250).into(), 1010.into(), 922.into()],
    });
    let descendant = clean.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "CIDFontType0", "BaseFont" => name, "FontDescriptor" => descriptor, "DW" => 1000,
        "W" => vec![1.into(), 632.into(), 500.into()],
        "CIDSystemInfo" => dictionary! {
            "Registry" => Object::string_literal("Adobe"), "Ordering" => Object::string_literal("Japan1"),
            "Supplement" => 2,
        },
    });
    clean.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type0", "BaseFont" => format!("{name}-Identity-H"),
        "Encoding" => "Identity-H", "DescendantFonts" => vec![descendant.into()], "ToUnicode" => meanings,
    })
}

/// The drawing of the label, in the coordinates of this page.
fn label(clean: &Document, page: &Dictionary, glyphs: &[(char, u16)]) -> String {
    let bounds = |key: &[u8]| page.get(key).map(|value| numbers(clean, value)).unwrap_or_default();
    let bounds = [bounds(b"CropBox"), bounds(b"MediaBox")].into_iter().find(|numbers| numbers.len() == 4);
    let bounds = bounds.and_then(|numbers| <[f32; 4]>::try_from(numbers.as_slice()).ok());
    let [x1, y1, x2, y2] = bounds.unwrap_or([0.0, 0.0, 612.0, 792.0]);
    let (left, bottom, right, top) = (x1.min(x2), y1.min(y2), x1.max(x2), y1.max(y2));
    let turn = page.get(b"Rotate").and_then(Object::as_i64).unwrap_or(0).rem_euclid(360);
    // From the page as it is seen, origin at the lower left, to the page as it is written.
    let (matrix, width, height) = match turn {
        90 => (format!("0 1 -1 0 {right} {bottom}"), top - bottom, right - left),
        180 => (format!("-1 0 0 -1 {right} {top}"), right - left, top - bottom),
        270 => (format!("0 -1 1 0 {left} {top}"), top - bottom, right - left),
        _ => (format!("1 0 0 1 {left} {bottom}"), right - left, top - bottom),
    };
    let size = (width.min(height) / 50.0).clamp(4.0, 60.0);
    let ems: f32 = glyphs.iter().map(|(c, _)| if c.is_ascii() { 0.5 } else { 1.0 }).sum();
    let (box_width, box_height) = ((ems + 1.0) * size, size * 1.6);
    let margin = size * 0.8;
    let (x, y) = ((width - margin - box_width).max(0.0), (height - margin - box_height).max(0.0));
    let codes: String = glyphs.iter().map(|(_, number)| format!("{number:04X}")).collect();
    format!(
        "{} q {matrix} cm 1 g 0.7 0 0 RG {line:.2} w {x:.2} {y:.2} {box_width:.2} {box_height:.2} re B 0.7 0 0 rg \
         BT /{FONT} {size:.2} Tf {text_x:.2} {text_y:.2} Td <{codes}> Tj ET Q EMC\n",
        String::from_utf8_lossy(TAG),
        line = size / 14.0,
        text_x = x + size * 0.5,
        text_y = y + size * 0.42,
    )
}
