//! What sanitising a PDF costs beside reading and writing it with the same library and looking at nothing.
//!
//! Run with `cargo bench -p sanitize --bench pdf`. The ratio of `rebuild_1_*` to `rebuild_2_*` is the price of
//! everything that disarming does: unpacking and reading every stream, decoding pictures, and reading the result again.

#![expect(clippy::unwrap_used, reason = "a bench that cannot build its sample has nothing to measure")]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use lopdf::{Document, Object, SaveOptions, Stream, dictionary};
use worker_protocol::{FilePolicy, Hint, Job, Limits};

fn main() {
    divan::main();
}

/// Pages of text as an office writes them: small operators, a font, a link on each.
fn text() -> Vec<u8> {
    document(|document, index| {
        let mut content = String::from("BT /F1 10 Tf 14 TL 72 780 Td ");
        for line in 0..50 {
            content.push_str(&format!(
                "[(line {line} of page {index}) -250 (and what it says about it)] TJ T* "
            ));
        }
        content.push_str("ET");
        let mut content = Stream::new(dictionary! {}, content.into_bytes());
        content.compress().unwrap();
        (document.add_object(content).into(), dictionary! {})
    })
}

/// Pages that are scans: one JPEG each.
fn scan() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(1240, 1754, |x, y| {
        let ink = if (x / 9 + y / 17) % 5 == 0 { 40 } else { 235 };
        image::Rgb([ink, ink, ink.saturating_sub((x % 7) as u8)])
    });
    let mut jpeg = Vec::new();
    picture.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 80)).unwrap();
    document(move |document, _| {
        let picture = dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "Width" => 1240, "Height" => 1754, "ColorSpace" => "DeviceRGB",
            "BitsPerComponent" => 8, "Filter" => "DCTDecode",
        };
        let picture = document.add_object(Stream::new(picture, jpeg.clone()).with_compression(false));
        let content = Stream::new(dictionary! {}, b"q 595 0 0 842 0 0 cm /P Do Q".to_vec());
        (document.add_object(content).into(), dictionary! { "XObject" => dictionary! { "P" => picture } })
    })
}

fn document(mut page: impl FnMut(&mut Document, usize) -> (Object, lopdf::Dictionary)) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let tree = document.new_object_id();
    let font = document
        .add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" });
    let mut kids: Vec<Object> = Vec::new();
    for index in 0..40 {
        let (content, mut resources) = page(&mut document, index);
        resources.set("Font", dictionary! { "F1" => font });
        let link = dictionary! {
            "Type" => "Annot", "Subtype" => "Link", "Rect" => vec![9.into(), 9.into(), 99.into(), 20.into()],
            "A" => dictionary! { "S" => "URI", "URI" => Object::string_literal("https://www.city.example/") },
        };
        let page = dictionary! {
            "Type" => "Page", "Parent" => tree, "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
            "Contents" => content, "Resources" => resources, "Annots" => vec![link.into()],
        };
        kids.push(document.add_object(page).into());
    }
    let count = kids.len() as i64;
    document.objects.insert(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count }.into());
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    save(&mut document)
}

fn save(document: &mut Document) -> Vec<u8> {
    let options =
        SaveOptions::builder().use_object_streams(true).use_xref_streams(true).compression_level(9).build();
    let mut bytes = Vec::new();
    document.save_with_options(&mut bytes, options).unwrap();
    bytes
}

fn sanitise(bencher: Bencher<'_, '_>, sample: Vec<u8>) {
    let job = Job {
        hint: Hint { untrusted_name: "a.pdf".to_owned(), passwords: Vec::new() },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: Default::default(),
    };
    bencher.counter(BytesCount::of_slice(&sample)).bench(|| {
        let outcome = sanitize::sanitise(&job, black_box(&sample).clone(), &mut |_, _| ());
        assert!(outcome.clean.is_some());
        outcome
    });
}

fn load_and_save(bencher: Bencher<'_, '_>, sample: Vec<u8>) {
    bencher
        .counter(BytesCount::of_slice(&sample))
        .bench(|| save(&mut Document::load_mem(black_box(&sample)).unwrap()));
}

#[divan::bench]
fn rebuild_1_text(bencher: Bencher<'_, '_>) {
    sanitise(bencher, text());
}

#[divan::bench]
fn rebuild_2_text_load_and_save(bencher: Bencher<'_, '_>) {
    load_and_save(bencher, text());
}

#[divan::bench]
fn rebuild_1_scan(bencher: Bencher<'_, '_>) {
    sanitise(bencher, scan());
}

#[divan::bench]
fn rebuild_2_scan_load_and_save(bencher: Bencher<'_, '_>) {
    load_and_save(bencher, scan());
}
