//! Objects of the newer sort made here, good and bad.

use super::*;
use crate::picture::{Layout, Raster, bmp, png};

#[test]
fn every_object_stays_with_the_parts_its_flags_name() {
    let matrix = longs(&[1, 2, 3, 4, 5, 6]);
    let blend = longs(&[2, 0, 0x3F80_0000, 7, 8]);
    let cap =
        [longs(&[VERSION, 0, 3, 0xFF, 0, 2, 2, 1, 4, 5, 6, 7, 8, 9]), sized(path()), sized(path())].concat();
    let arrow = longs(&[VERSION, 1, 1, 2, 3, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9]);
    let every_part = [
        longs(&[VERSION, 0, 0x1FFF, 2, 5]),
        matrix.clone(),
        longs(&[0xFF, 0xFF, 2, 9, 5, 3, 1]),
        longs(&[2, 1, 2]),
        longs(&[1]),
        longs(&[2, 3, 4]),
        sized(cap.clone()),
        sized(arrow),
        brush(),
    ];
    let palette =
        [longs(&[VERSION, 1, 3, 2, 4, 0x0003_0101, 0, 0, 2, 5, 6]), vec![0xA0, 0, 0, 0, 0x40, 0, 0, 0]];
    let same: Vec<(&str, u16, Vec<u8>)> = vec![
        ("hatch", 1, longs(&[VERSION, 1, 52, 1, 2])),
        ("texture without a picture", 1, longs(&[VERSION, 2, 0, 4])),
        ("texture", 1, [longs(&[VERSION, 2, 0x182, 4]), matrix.clone(), image()].concat()),
        (
            "gradient along a path",
            1,
            [
                longs(&[VERSION, 3, 0x47, 0, 1, 2, 3, 1, 9]),
                sized(path()),
                matrix.clone(),
                blend.clone(),
                longs(&[2, 4, 5]),
            ]
            .concat(),
        ),
        (
            "gradient along points",
            1,
            [longs(&[VERSION, 3, 0x88, 0, 1, 2, 3, 1, 9, 1, 1, 1]), blend.clone()].concat(),
        ),
        (
            "gradient along a line",
            1,
            [longs(&[VERSION, 4, 0x9A, 3, 1, 2, 3, 4, 5, 6, 5, 6]), matrix, blend.clone(), blend].concat(),
        ),
        ("pen with every part", 2, every_part.concat()),
        (
            "path of fractions",
            3,
            [longs(&[VERSION, 2, 0x2000]), longs(&[1, 2, 3, 4]), vec![0, 0xB3, 0, 0]].concat(),
        ),
        ("path of steps", 3, [longs(&[VERSION, 2, 0x0800]), vec![1, 2, 0xFF, 0xFE, 3, 0, 0x81, 0]].concat()),
        ("path of nothing", 3, longs(&[VERSION, 0, 0])),
        ("region of all", 4, longs(&[VERSION, 0, 0x1000_0003])),
        ("colours of a palette", 5, palette.concat()),
        ("end of a line", 9, cap),
    ];
    for (name, sort, data) in same {
        let whole = object(sort, 63, &data);
        let (drawing, threats) = clean(&alone(std::slice::from_ref(&whole)));
        assert_eq!((only_record(&drawing), threats), (whole, Vec::new()), "{name}");
        for length in 0..data.len() {
            let is_sound_before =
                name.starts_with("texture") && (16..=40).contains(&length) && length % 24 == 16;
            if data[length..].iter().any(|byte| *byte != 0) && !is_sound_before {
                assert_held(name, &[object(sort, 63, &data[..length])]);
            }
        }
    }
}

#[test]
fn what_says_nothing_is_not_carried_over() {
    let pixels = |data: Vec<u8>| [longs(&[VERSION, 1]), data].concat();
    let rows: Vec<(&str, u16, Vec<u8>, Vec<u8>)> = vec![
        (
            "fields of a gradient",
            1,
            longs(&[VERSION, 4, 0, 0, 1, 2, 3, 4, 5, 6, 0xBAD, 0xBAD]),
            longs(&[VERSION, 4, 0, 0, 1, 2, 3, 4, 5, 6, 5, 6]),
        ),
        (
            "a name behind the name",
            6,
            [longs(&[VERSION, 1, 2, 0xFF, 0xBAD, 4]), shorts(&[0x41, 0x42, 0, 0x43])].concat(),
            [longs(&[VERSION, 1, 2, 0x0F, 0, 2]), shorts(&[0x41, 0x42])].concat(),
        ),
        (
            "fields of attributes",
            8,
            longs(&[VERSION, 0xBAD, 0, 1, 0, 0xBAD]),
            longs(&[VERSION, 0, 0, 1, 0, 0]),
        ),
        (
            "what fills rows",
            5,
            pixels([longs(&[1, 2, 8, 0x0002_1808, 0]), vec![1, 2, 3, 9, 9, 9, 9, 9, 4, 5, 6, 9]].concat()),
            pixels([longs(&[1, 2, 4, 0x0002_1808, 0]), vec![1, 2, 3, 0, 4, 5, 6, 0]].concat()),
        ),
        (
            "a byte to spare",
            5,
            pixels(longs(&[2, 1, 8, 0x0002_2009, 0, 0x1234_5678, 0x9ABC_DEF0])),
            pixels(longs(&[2, 1, 8, 0x0002_2009, 0, 0xFF34_5678, 0xFFBC_DEF0])),
        ),
    ];
    for (name, sort, data, expected) in rows {
        let (drawing, threats) = clean(&alone(&[object(sort, 0, &data)]));
        assert_eq!((only_record(&drawing), threats), (object(sort, 0, &expected), Vec::new()), "{name}");
    }
}

#[test]
fn runs_of_points_are_written_one_by_one() {
    let runs = |types: &[u8]| [longs(&[VERSION, 4, 0x5000]), shorts(&[1; 8]), types.to_vec()].concat();
    let plain = |types: &[u8; 4]| {
        object(3, 0, &[longs(&[VERSION, 4, 0x4000]), shorts(&[1; 8]), types.to_vec()].concat())
    };
    let rows: [(&[u8], Option<[u8; 4]>); 6] = [
        (&[0, 0x42, 1, 0x81], Some([0, 1, 1, 0x81])),
        (&[0, 0xC3, 3], Some([0, 3, 3, 3])),
        (&[0, 0x01, 0x01, 0xB1], Some([0, 1, 1, 0xB1])),
        // More than there are, fewer, a sort that is none.
        (&[0, 0x44, 1], None),
        (&[0, 0x41, 1, 1], None),
        (&[0, 0x43, 2], None),
    ];
    for (types, expected) in rows {
        let drawing = run(&alone(&[object(3, 0, &runs(types))])).0;
        assert_eq!(
            drawing.ok().map(|drawing| only_record(&drawing)),
            expected.map(|e| plain(&e)),
            "{types:?}"
        );
    }
}

#[test]
fn pictures_and_drawings_inside_are_rebuilt() {
    let with = |text: &[u8]| {
        let still = Raster::new(2, 1, Layout::Rgb, 8, vec![1, 2, 3, 4, 5, 6]);
        let mut bytes = png::encode(png::Png::of_still(still), &Default::default()).unwrap();
        bytes.extend_from_slice(text);
        bytes
    };
    let file = |bytes: Vec<u8>| object(5, 4, &[longs(&[VERSION, 1, 7, 7, 7, 7, 1]), bytes].concat());
    let (drawing, threats) = clean(&alone(&[file(with(b"secret"))]));
    assert!(!has(&drawing.clean, b"secret") && threats == [Threat::HiddenData]);
    assert_eq!(only_record(&drawing)[12..40], longs(&[VERSION, 1, 0, 0, 0, 0, 1]));
    for filling in [&b"\x01"[..], b"\0\0", b"\xFF\x01\x02"] {
        let (filled, threats) = clean(&alone(&[file(with(filling))]));
        assert_eq!((filled.clean, threats), (drawing.clean.clone(), Vec::new()));
    }
    let rows = bmp::encode(Raster::new(2, 1, Layout::Rgb, 8, vec![1, 2, 3, 4, 5, 6]), &Default::default());
    let (drawing, _) = clean(&alone(&[file(rows)]));
    assert_eq!(only_record(&drawing)[40..44], *b"\x89PNG");

    let inner = |sort: u32, bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).unwrap();
        object(5, 4, &[longs(&[VERSION, 2, sort, length]), bytes.to_vec()].concat())
    };
    // A drawing of the oldest sort, filled up as it is here and as it is in a file.
    let old = wmf(&[(0x0626, shorts(&[15, 4, 0x6573, 0x7263]))]);
    let filled = [&old[..22], &[0; 2], &old[22..]].concat();
    for old in [old, filled] {
        let (drawing, threats) = clean(&alone(&[inner(2, &old)]));
        assert_eq!(threats, [Threat::HiddenData]);
        let record = only_record(&drawing);
        assert_eq!(record[12..28], longs(&[VERSION, 2, 2, 24]));
        assert_eq!(record[28 + 22..28 + 28], [0, 0, 1, 0, 9, 0]);
    }
    let plain = emf(&[words("内"), record(70, [longs(&[8]), b"secret!!".to_vec()].concat())]);
    let mut drawing = plain.clone();
    for depth in 1..=5 {
        drawing = alone(&[inner(if depth == 1 { 3 } else { 4 }, &drawing)]);
        if depth == 5 {
            assert_eq!(run(&drawing).0.err(), Some(Refusal::held(Reason::NotRebuilt)));
            continue;
        }
        let (drawing, threats) = clean(&drawing);
        assert_eq!((drawing.texts.as_slice(), drawing.format), (["内".to_owned()].as_slice(), Format::Emf));
        assert!(!has(&drawing.clean, b"secret") && threats == [Threat::HiddenData]);
    }
    // One that says of itself what it is not.
    let (drawing, _) = clean(&alone(&[inner(5, &plain)]));
    assert_eq!(only_record(&drawing)[16..24], longs(&[2, 3]));
}
