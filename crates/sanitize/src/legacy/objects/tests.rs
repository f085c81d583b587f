//! Workbooks with drawings, made here: what of them stays, and that a broken one costs nothing else.

use std::io::{Cursor, Write};

use image::ImageFormat;
use worker_protocol::{Mode, Outcome, Threat};

use super::super::tests::{atom, compound, converted_workbook, records, run};
use super::*;

fn png(shade: u8) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image::GrayImage::from_pixel(2, 2, image::Luma([shade])).write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

/// A drawing of Windows that draws a line, without the head that tells its size.
fn wmf() -> Vec<u8> {
    let words: [u16; 9 + 5 + 5 + 3] =
        [1, 9, 0x300, 0, 0, 0, 5, 0, 0, 5, 0, 0x0214, 0, 0, 5, 0, 0x0213, 50, 100, 3, 0, 0];
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn entry(picture: &[u8]) -> Vec<u8> {
    atom(0x62, drawn::PICTURE, &[&[0; ENTRY_BYTES], picture].concat())
}

fn raster(bytes: &[u8]) -> Vec<u8> {
    entry(&atom(0x6E00, drawn::PNG, &[&[7; 16], &[0xFF][..], bytes].concat()))
}

/// With two digests, and packed.
fn metafile(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    let packed = packer.finish().unwrap();
    let numbers = [bytes.len() as u32, 0, 0, 100, 50, 914_400, 457_200, packed.len() as u32];
    let head: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).chain([0, 0xFE]).collect();
    entry(&atom(0x2170, drawn::WMF, &[&[7; 32][..], &head, &packed].concat()))
}

fn shape(properties: &[(u16, u32)], anchor: [u16; 8]) -> Vec<u8> {
    let all: Vec<u8> = properties
        .iter()
        .flat_map(|(number, value)| [number.to_le_bytes().to_vec(), value.to_le_bytes().to_vec()].concat())
        .collect();
    let anchor: Vec<u8> = [2].iter().chain(&anchor).flat_map(|number| number.to_le_bytes()).collect();
    let inside = [
        atom((properties.len() as u16) << 4 | 3, drawn::PROPERTIES, &all),
        atom(0, drawn::ANCHOR, &anchor),
        atom(0, drawn::OBJECT, &[]),
    ];
    atom(0x0F, drawn::SHAPE, &inside.concat())
}

fn object(token: Option<u8>) -> Vec<u8> {
    let common: &[u8] = &[0x15, 0, 4, 0, 8, 0, 1, 0];
    let formula = token.map(|token| [0x09, 0, 9, 0, 7, 0, 5, 0, 0, 0, 0, 0, token]);
    [common, formula.as_ref().map_or(&[], |formula| formula.as_slice()), &[0; 4]].concat()
}

/// A workbook of one sheet with a picture, a control, a hidden control and an object.
fn book() -> Vec<u8> {
    let begin: &[u8] = &[0, 6, 5, 0, 0, 0, 0, 0];
    let list = atom(0x3F, drawn::PICTURES, &[raster(&png(1)), metafile(&wmf()), raster(&png(9))].concat());
    let pictures = atom(0x0F, 0xF000, &list);
    let (some, more) = pictures.split_at(pictures.len() / 2);
    let globals = |start: u32| {
        let named = [start.to_le_bytes().as_slice(), &[0, 0, 2, 1, 0x0E, 0x7A, 0x4D, 0x98]].concat();
        records(&[
            (0x809, begin),
            (0x85, &named),
            (record::PICTURES, some),
            (record::CONTINUE, more),
            (0x0A, &[]),
        ])
    };
    let anchor = [1, 512, 2, 128, 3, 0, 4, 256];
    let framed = [
        (0x4104, 2),
        (property::FILL, 0x0800_0041),
        (property::FILL_FLAGS, 0x0010_0010),
        (property::LINE, 0x0000_00FF),
        (property::LINE_FLAGS, 0x0008_0008),
    ];
    let shapes = [
        shape(&[(0x4104, 1)], anchor),
        shape(&framed, anchor),
        shape(&[(0x4104, 1), (property::GROUP_FLAGS, 0x0002_0002)], anchor),
        shape(&[(0x4104, 3)], [0, 0, 0, 0, 1, 0, 1, 0]),
    ];
    let drawing = atom(0x0F, 0xF002, &atom(0x0F, 0xF003, &shapes.concat()));
    let (first, second) = drawing.split_at(90);
    let sheet = records(&[
        (0x809, begin),
        (0x7D, &[1, 0, 1, 0, 0, 20, 0, 0, 0, 0]),
        (record::ROW, &[2, 0, 0, 0, 0, 0, 0x2C, 1]),
        (record::DRAWING, first),
        (record::OBJECT, &object(None)),
        (record::DRAWING, second),
        (record::OBJECT, &object(Some(2))),
        (record::OBJECT, &object(Some(2))),
        (record::OBJECT, &object(Some(2))),
        (0x0A, &[]),
    ]);
    let start = globals(0).len() as u32;
    [globals(start), sheet].concat()
}

fn parts(outcome: &Outcome) -> Vec<(String, String)> {
    let clean = outcome.clean.as_ref().unwrap_or_else(|| panic!("{:?}", outcome.report));
    let mut archive = zip::ZipArchive::new(Cursor::new(clean)).unwrap();
    let names: Vec<String> =
        (0..archive.len()).map(|n| archive.by_index(n).unwrap().name().unwrap().into_owned()).collect();
    let mut parts = Vec::new();
    for name in names {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut archive.by_name(&name).unwrap(), &mut bytes).unwrap();
        parts.push((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
    parts.sort();
    parts
}

#[test]
fn what_objects_and_controls_showed_stays() {
    let file = compound(&[("/Workbook", &book())]);
    let (outcome, _) = run("a.xls", &file, Mode::Rebuild, Ok(converted_workbook("")));
    assert!(
        !outcome.report.removals.iter().any(|removal| removal.what == Threat::HiddenData),
        "{:?}",
        outcome.report
    );
    let parts = parts(&outcome);
    let one = |name: &str| &parts.iter().find(|part| part.0 == name).unwrap_or_else(|| panic!("{parts:?}")).1;
    let drawing = one("xl/drawings/drawing.xml");
    let corner = |name: &str, [column, x, row, y]: [u32; 4]| {
        let [x, y] = [x, y].map(|pixels| pixels * 9_525);
        format!(
            "<xdr:{name}><xdr:col>{column}</xdr:col><xdr:colOff>{x}</xdr:colOff><xdr:row>{row}</xdr:row><xdr:rowOff>{y}</xdr:rowOff></xdr:{name}>"
        )
    };
    // Half of a column of 20 characters, and half of a row of 15 points.
    for expected in [
        corner("from", [1, 70, 2, 10]),
        corner("to", [3, 0, 4, 17]),
        corner("from", [0; 4]),
        corner("to", [1, 0, 1, 0]),
        "<a:solidFill><a:srgbClr val=\"ffffff\"/></a:solidFill><a:ln w=\"9525\"><a:solidFill><a:srgbClr val=\"ff0000\"/>".to_owned(),
    ] {
        assert!(drawing.contains(&expected), "{expected}: {drawing}");
    }
    assert_eq!(drawing.matches("<xdr:pic>").count(), 2, "one is carried over, one is hidden");
    let pictures: Vec<&str> =
        parts.iter().map(|part| part.0.as_str()).filter(|name| name.starts_with("xl/media/")).collect();
    assert_eq!(pictures, ["xl/media/shown0_0.wmf", "xl/media/shown0_1.png"]);
    assert!(!parts.iter().any(|part| part.0.ends_with(".vml")), "{parts:?}");
    assert!(one("xl/worksheets/sheet1.xml").contains("<drawing "));
}

/// An office program that writes objects itself is not corrected.
#[test]
fn an_object_is_not_shown_twice() {
    let objects = "<c r=\"A1\"/></row></sheetData><oleObjects/><sheetData><row>";
    let file = compound(&[("/Workbook", &book())]);
    let (outcome, _) = run("a.xls", &file, Mode::Rebuild, Ok(converted_workbook(objects)));
    assert!(!parts(&outcome).iter().any(|part| part.0.starts_with("xl/media/")));
}

#[test]
fn a_drawing_that_is_cut_off_costs_no_more_than_its_pictures() {
    let book = book();
    for end in (0x14..book.len()).step_by(3) {
        let file = compound(&[("/Workbook", &book[..end])]);
        let (outcome, _) = run("a.xls", &file, Mode::Rebuild, Ok(converted_workbook("")));
        assert!(outcome.clean.is_some(), "{end}: {:?}", outcome.report);
    }
}
