//! Newer records made here one by one, good and bad.

mod objects;

use super::super::Drawing;
use super::super::tests::{emf, kinds, longs, record, run, shorts, wmf, words};
use super::*;
use crate::picture::Format;
use proptest::prelude::*;

const VERSION: u32 = 0xDBC0_1002;

/// A record of the newer sort.
fn plus(kind: u16, flags: u16, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap();
    let mut out =
        [shorts(&[0x4000 | kind, flags]), longs(&[length.next_multiple_of(4) + 12, length])].concat();
    out.extend(data);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

fn comment(records: &[Vec<u8>]) -> Vec<u8> {
    let inside = [b"EMF+".to_vec(), records.concat()].concat();
    record(70, [longs(&[u32::try_from(inside.len()).unwrap()]), inside].concat())
}

fn header(is_dual: bool) -> Vec<u8> {
    plus(1, is_dual.into(), &longs(&[VERSION, 1, 96, 96]))
}

fn object(sort: u16, number: u16, data: &[u8]) -> Vec<u8> {
    plus(OBJECT, sort << 8 | number, data)
}

/// A drawing that says all it says in these records.
fn alone(records: &[Vec<u8>]) -> Vec<u8> {
    emf(&[comment(&[vec![header(false)], records.to_vec(), vec![plus(2, 0, &[])]].concat())])
}

fn path() -> Vec<u8> {
    [longs(&[VERSION, 2, 0x4000]), shorts(&[1, 2, 3, 4]), vec![0, 0x81, 0, 0]].concat()
}

fn sized(data: Vec<u8>) -> Vec<u8> {
    [longs(&[u32::try_from(data.len()).unwrap()]), data].concat()
}

/// A picture of 2 by 2 pixels with colours of their own.
fn image() -> Vec<u8> {
    longs(&[VERSION, 1, 2, 2, 8, 0x0026_200A, 0, 1, 2, 3, 0xFF00_0004])
}

fn brush() -> Vec<u8> {
    longs(&[VERSION, 0, 0xFF12_3456])
}

fn pen() -> Vec<u8> {
    [longs(&[VERSION, 0, 0, 2, 0x3F80_0000]), brush()].concat()
}

fn font() -> Vec<u8> {
    [longs(&[VERSION, 0x4140_0000, 2, 1, 0, 4]), shorts(&[0x41, 0x42, 0x43, 0x44])].concat()
}

fn string_format() -> Vec<u8> {
    longs(&[VERSION, 0x4000, 0x411, 1, 2, 1, 0, 0, 1, 5, 6, 7, 3, 1, 1, 9, 10, 11])
}

fn region() -> Vec<u8> {
    [longs(&[VERSION, 4, 1, 0x1000_0000, 1, 2, 3, 4, 5, 0x1000_0001]), sized(path()), longs(&[0x1000_0003])]
        .concat()
}

/// One object of each sort; brush 0, pen 1, path 2, region 3, picture 4, font 5, format 6, attributes 7, end of line 8.
fn all_objects() -> Vec<Vec<u8>> {
    let attributes = longs(&[VERSION, 0, 4, 0xFF00_FF00, 1, 0]);
    let arrow = longs(&[VERSION, 1, 1, 2, 3, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9]);
    let all = [brush(), pen(), path(), region(), image(), font(), string_format(), attributes, arrow];
    all.iter().zip(0..).map(|(data, number)| object(number + 1, number, data)).collect()
}

fn has(clean: &[u8], piece: &[u8]) -> bool {
    clean.windows(piece.len()).any(|window| window == piece)
}

/// What comes out, which comes out the same once more.
fn clean(bytes: &[u8]) -> (Drawing, Vec<Threat>) {
    let (drawing, threats) = run(bytes);
    let drawing = drawing.unwrap();
    let (again, more) = run(&drawing.clean);
    let again = again.unwrap();
    assert_eq!((&again.clean, &again.texts, more), (&drawing.clean, &drawing.texts, Vec::new()));
    (drawing, threats)
}

fn assert_held(name: &str, records: &[Vec<u8>]) {
    assert_eq!(run(&alone(records)).0.err(), Some(Refusal::held(Reason::NotRebuilt)), "{name}");
}

/// What stands in the comment after the header.
fn only_record(drawing: &Drawing) -> Vec<u8> {
    let records = &drawing.clean[108 + 16 + 28..];
    records[..Fields(records).size(4).unwrap()].to_vec()
}

#[test]
fn every_record_that_draws_stays_as_it_is() {
    let f = |count: usize| longs(&vec![0x3F80_0000; count]);
    let run_of = |counts: &[u32], bytes: Vec<u8>| [longs(counts), bytes].concat();
    let glyphs = |options, count, places: usize, matrix: usize| {
        [
            longs(&[9, options, u32::from(matrix > 0), count]),
            shorts(&vec![0x41; count as usize]),
            f(places),
            f(matrix),
        ]
        .concat()
    };
    let effect = |first: u32, second: u16, third: u16, tail: &[u8; 8], numbers: Vec<u8>| {
        [longs(&[first]), shorts(&[second, third]), tail.to_vec(), sized(numbers)].concat()
    };
    let rows: Vec<(&str, u16, u16, Vec<u8>)> = vec![
        ("clear", 0x09, 0, longs(&[0xFFFF_FFFF])),
        ("fill rectangles", 0x0A, 0x0000, run_of(&[0, 2], f(8))),
        ("fill rectangles of whole numbers", 0x0A, 0xC000, run_of(&[0xFF00_0000, 1], shorts(&[1, 2, 3, 4]))),
        ("draw rectangles", 0x0B, 0x4001, run_of(&[1], shorts(&[1, 2, 3, 4]))),
        ("fill a polygon", 0x0C, 0x8000, run_of(&[0xFF00_0000, 3], f(6))),
        (
            "fill a polygon by steps",
            0x0C,
            0x8800,
            run_of(&[0xFF00_0000, 2], vec![1, 0xFF, 0xFE, 2, 0x80, 9, 0, 0]),
        ),
        ("draw lines", 0x0D, 0x6001, run_of(&[2], shorts(&[1, 2, 3, 4]))),
        ("fill an ellipse", 0x0E, 0x8000, run_of(&[0xFF00_0000], f(4))),
        ("draw an ellipse", 0x0F, 0x4001, shorts(&[1, 2, 3, 4])),
        ("fill a pie", 0x10, 0x0000, run_of(&[0], f(6))),
        ("draw a pie", 0x11, 0x0001, f(6)),
        ("draw an arc", 0x12, 0x4001, run_of(&[1, 2], shorts(&[1, 2, 3, 4]))),
        ("fill a region", 0x13, 0x8003, longs(&[0xFF00_0000])),
        ("fill a path", 0x14, 0x0002, longs(&[0])),
        ("draw a path", 0x15, 0x0002, longs(&[1])),
        ("fill a closed curve", 0x16, 0xA000, run_of(&[0xFF00_0000, 0, 3], f(6))),
        ("draw a closed curve", 0x17, 0x0001, run_of(&[0, 3], f(6))),
        ("draw a curve", 0x18, 0x4001, run_of(&[0, 1, 1, 3], shorts(&[1, 2, 3, 4, 5, 6]))),
        ("draw curves", 0x19, 0x4001, run_of(&[4], shorts(&[1, 2, 3, 4, 5, 6, 7, 8]))),
        ("draw a picture", 0x1A, 0x4004, [longs(&[7, 2]), f(4), shorts(&[1, 2, 3, 4])].concat()),
        (
            "draw a picture askew",
            0x1B,
            0x6004,
            [longs(&[u32::MAX, 2]), f(4), longs(&[3]), shorts(&[1; 6])].concat(),
        ),
        ("draw a string", 0x1C, 0x0005, [longs(&[0, 6, 2]), f(4), shorts(&[0x41, 0x42])].concat()),
        ("where patterns begin", 0x1D, 0, longs(&[1, 2])),
        ("smooth edges", 0x1E, 0x09, vec![]),
        ("smooth letters", 0x1F, 0x05, vec![]),
        ("strong letters", 0x20, 0x3E8, vec![]),
        ("between pixels", 0x21, 0x07, vec![]),
        ("where pixels lie", 0x22, 0x04, vec![]),
        ("over each other", 0x23, 0x01, vec![]),
        ("over each other, how well", 0x24, 0x05, vec![]),
        ("save", 0x25, 0, longs(&[1])),
        ("restore", 0x26, 0, longs(&[1])),
        ("begin a container", 0x27, 0x0200, [f(8), longs(&[1])].concat()),
        ("begin a plain container", 0x28, 0, longs(&[1])),
        ("end a container", 0x29, 0, longs(&[1])),
        ("set the matrix", 0x2A, 0, f(6)),
        ("reset the matrix", 0x2B, 0, vec![]),
        ("multiply the matrix", 0x2C, 0x2000, f(6)),
        ("move", 0x2D, 0x2000, f(2)),
        ("scale", 0x2E, 0, f(2)),
        ("turn", 0x2F, 0x2000, f(1)),
        ("set the page", 0x30, 2, f(1)),
        ("see all", 0x31, 0, vec![]),
        ("see a rectangle", 0x32, 0x0100, f(4)),
        ("see a path", 0x33, 0x0402, vec![]),
        ("see a region", 0x34, 0x0503, vec![]),
        ("move what is seen", 0x35, 0, f(2)),
        ("draw glyphs", 0x36, 0x8005, glyphs(1, 2, 4, 6)),
        ("draw glyphs from one place", 0x36, 0x8005, glyphs(5, 4, 2, 0)),
        ("blur", 0x38, 0, effect(0x633C_80A4, 0x1843, 0x482B, b"\x9E\xF2\xBE\x28\x34\xC5\xFD\xD4", f(2))),
        (
            "red eyes",
            0x38,
            0,
            effect(
                0x74D2_9D05,
                0x69A4,
                0x4266,
                b"\x95\x49\x3C\xC5\x28\x36\xB6\x32",
                run_of(&[1], longs(&[1; 4])),
            ),
        ),
        ("the older records go on", 0x04, 0, vec![]),
    ];
    for (name, kind, flags, data) in rows {
        let whole = plus(kind, flags, &data);
        let (drawing, threats) = clean(&alone(&[all_objects(), vec![whole.clone()]].concat()));
        assert!(drawing.has_plus && has(&drawing.clean, &whole) && threats.is_empty(), "{name} {threats:?}");
        // Flags that mean nothing go, and so does what follows.
        let longer = [data.clone(), longs(&[0x1234_5678])].concat();
        let (drawing, threats) = clean(&alone(&[all_objects(), vec![plus(kind, flags, &longer)]].concat()));
        assert!(has(&drawing.clean, &whole) && threats == [Threat::HiddenData], "{name}");
        for length in 0..data.len() {
            // Steps take as many bytes as they say, and what is filled up is no part of them.
            if data[length..].iter().any(|byte| *byte != 0) {
                assert_held(name, &[all_objects(), vec![plus(kind, flags, &data[..length])]].concat());
            }
        }
    }
}

#[test]
fn what_is_on_no_list_makes_all_of_it_go() {
    let deep = |levels: u32| {
        let mut nodes = longs(&[VERSION, levels * 2]);
        for _ in 0..levels {
            nodes.extend(longs(&[2, 0x1000_0002]));
        }
        nodes.extend(longs(&[0x1000_0002]));
        object(4, 3, &nodes)
    };
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("several formats", plus(0x05, 0, &longs(&[0]))),
        ("a record of terminal servers", plus(0x3A, 1, &longs(&[0; 2]))),
        ("a record that is reserved", plus(0x37, 2, &[])),
        ("an unknown record", plus(0x3B, 0, &[])),
        ("a record without its mark", [shorts(&[0x0031, 0]), longs(&[12, 0])].concat()),
        ("a choice that is none", plus(0x23, 2, &[])),
        ("a unit that is none", plus(0x30, 8, &longs(&[1]))),
        ("a path that is a brush", plus(0x14, 0x8000, &longs(&[0]))),
        ("a path that is not there", plus(0x14, 0x8021, &longs(&[0]))),
        ("a brush beyond the table", plus(0x14, 0x0002, &longs(&[0xFFFF_FF00]))),
        ("attributes that are a brush", plus(0x1A, 0x4004, &longs(&[0, 2, 0, 0, 0, 0, 0, 0]))),
        ("a curve beyond its points", plus(0x18, 0x4001, &longs(&[0, 2, 1, 3, 0, 0, 0]))),
        ("an endless curve", plus(0x18, 0x4001, &longs(&[0, u32::MAX, 1, 3, 0, 0, 0]))),
        ("a picture by four points", plus(0x1B, 0x4004, &longs(&[7, 2, 0, 0, 0, 0, 4, 0, 0, 0, 0]))),
        ("endless rectangles", plus(0x0A, 0x8000, &longs(&[0, u32::MAX, 0]))),
        ("endless steps", plus(0x19, 0x0801, &longs(&[u32::MAX, 0]))),
        ("endless letters", plus(0x1C, 0x8005, &longs(&[0, 6, u32::MAX, 0, 0, 0, 0]))),
        ("an effect of somebody else", plus(0x38, 0, &longs(&[1, 2, 3, 4, 0]))),
        ("longer than its record", [shorts(&[0x4031, 0]), longs(&[12, 4]), longs(&[0])].concat()),
        ("longer than its comment", [shorts(&[0x4031, 0]), longs(&[400, 0])].concat()),
        ("shorter than its head", [shorts(&[0x4031, 0]), longs(&[8, 0])].concat()),
        ("an object of no sort", object(10, 0, &brush())),
        ("an object beyond the table", object(1, 64, &brush())),
        ("another version", object(1, 0, &longs(&[0xDBC0_1003, 0, 1]))),
        ("no version", object(1, 0, &longs(&[1, 0, 1]))),
        ("a brush of no sort", object(1, 0, &longs(&[VERSION, 5, 1]))),
        ("a flag of another brush", object(1, 0, &longs(&[VERSION, 2, 4, 0]))),
        ("colours and parts", object(1, 0, &longs(&[VERSION, 4, 0x0C, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))),
        ("a pen with an unknown part", object(2, 0, &longs(&[VERSION, 0, 0x2000, 0, 0, VERSION, 0, 0]))),
        ("endless dashes", object(2, 0, &longs(&[VERSION, 0, 0x100, 0, 0, u32::MAX, VERSION, 0, 0]))),
        ("an endless path", object(3, 0, &longs(&[VERSION, u32::MAX, 0, 0]))),
        ("an endless path in runs", object(3, 0, &longs(&[VERSION, u32::MAX, 0x1800, 0]))),
        ("a point of no sort", object(3, 0, &[longs(&[VERSION, 1, 0, 0, 0]), vec![2, 0, 0, 0]].concat())),
        ("a region of fewer nodes", object(4, 0, &longs(&[VERSION, 2, 0x1000_0002]))),
        ("a region of endless nodes", object(4, 0, &longs(&[VERSION, u32::MAX, 0x1000_0002]))),
        ("a region of no sort", object(4, 0, &longs(&[VERSION, 0, 6]))),
        ("a region too deep", deep(1001)),
        ("a picture of no sort", object(5, 0, &longs(&[VERSION, 0]))),
        ("pixels of no sort", object(5, 0, &longs(&[VERSION, 1, 1, 1, 4, 0x0002_2010, 0, 0]))),
        ("rows shorter than pixels", object(5, 0, &longs(&[VERSION, 1, 2, 1, 4, 0x0026_200A, 0, 0, 0]))),
        ("no rows", object(5, 0, &longs(&[VERSION, 1, 1, 0, 4, 0x0026_200A, 0]))),
        (
            "colours beyond the palette",
            object(5, 0, &longs(&[VERSION, 1, 1, 1, 4, 0x0003_0101, 0, 0, 3, 1, 2, 3, 0])),
        ),
        ("no file of a picture", object(5, 0, &longs(&[VERSION, 1, 0, 0, 0, 0, 1, 0x1234_5678]))),
        ("no drawing", object(5, 0, &longs(&[VERSION, 2, 3, 4, 1]))),
        (
            "a font with a novel for a name",
            object(6, 0, &[longs(&[VERSION, 1, 2, 0, 0, 300]), vec![65; 600]].concat()),
        ),
    ];
    for (name, wrong) in rows {
        assert_held(name, &[all_objects(), vec![wrong.clone()]].concat());
        // Where the older records say the same, only the newer ones go.
        let records = [vec![header(true)], all_objects(), vec![wrong]].concat();
        let (drawing, threats) = clean(&emf(&[comment(&records), words("a")]));
        assert_eq!(
            (kinds(&drawing.clean), threats),
            (vec![1, 84, 14], vec![Threat::AuxiliaryPart]),
            "{name}"
        );
    }
    let (drawing, _) = clean(&alone(&[deep(1000)]));
    assert!(drawing.has_plus);
    // Pixels beyond the bounds are a bomb wherever they are.
    let huge = object(5, 0, &longs(&[VERSION, 1, 60_000, 60_000, 240_000, 0x0026_200A, 0]));
    assert_eq!(run(&alone(&[huge])).0.err(), Some(Refusal::blocked(Reason::TooComplex)));
    // Without the record that says what they are, nobody reads the others.
    assert_eq!(run(&emf(&[comment(&[plus(0x31, 0, &[])])])).0.err(), Some(Refusal::held(Reason::NotRebuilt)));
}

#[test]
fn newer_and_older_records_keep_their_order_and_say_words_once() {
    let string = |text: &str| {
        let units: Vec<u16> = text.encode_utf16().collect();
        let count = u32::try_from(units.len()).unwrap();
        plus(0x1C, 0x8005, &[longs(&[0, 6, count, 0, 0, 0, 0]), shorts(&units)].concat())
    };
    let drawing = |is_dual| {
        emf(&[
            comment(
                &[vec![header(is_dual)], all_objects(), vec![string("納品書"), plus(4, 0, &[])]].concat(),
            ),
            words("納品書"),
            comment(&[plus(COMMENT, 0, b"secret!!"), plus(0x31, 0, &[])]),
            record(17, longs(&[8])),
            comment(&[plus(COMMENT, 0, b"secret!!")]),
            comment(&[plus(2, 0, &[])]),
        ])
    };
    for (is_dual, texts) in [(true, vec!["納品書"]), (false, vec!["納品書", "納品書"])] {
        let (drawing, threats) = clean(&drawing(is_dual));
        assert_eq!(
            (drawing.texts, threats),
            (texts.into_iter().map(str::to_owned).collect(), vec![Threat::HiddenData])
        );
        assert_eq!(kinds(&drawing.clean), [1, 70, 84, 70, 17, 70, 14]);
        assert_eq!(Fields(&drawing.clean).size(52), Some(7));
        assert!(!has(&drawing.clean, b"secret"));
    }
    // Numbers of glyphs are no words, and a line says none.
    let mut glyphs = words("納品書");
    glyphs[52] = 0x10;
    let line = record(86, [longs(&[0, 0, 9, 9, 2]), shorts(&[1, 2, 3, 4])].concat());
    for older in [glyphs, line, words("納品")] {
        let records = [vec![header(true)], all_objects(), vec![string("納品書")]].concat();
        let (drawing, _) = clean(&emf(&[comment(&records), older]));
        assert_eq!(drawing.texts, ["納品書"]);
    }
}

#[test]
fn an_object_in_pieces_is_joined_and_cut_again() {
    let rows = 200u32;
    let pixels: Vec<u8> = (0..rows * rows * 4).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let whole = [longs(&[VERSION, 1, rows, rows, rows * 4, 0x0026_200A, 0]), pixels].concat();
    let total = longs(&[u32::try_from(whole.len()).unwrap()]);
    let piece = |from: usize, to: usize| {
        comment(&[plus(OBJECT, 0x8504, &[total.clone(), whole[from..to].to_vec()].concat())])
    };
    let first = |rest: Vec<Vec<u8>>| emf(&[vec![comment(&[header(false)])], rest].concat());
    let last = comment(&[object(5, 4, &whole[100_000..])]);
    let end = comment(&[plus(2, 0, &[])]);
    let forms = [
        first(vec![comment(&[object(5, 4, &whole)]), end.clone()]),
        first(vec![piece(0, 100_000), piece(100_000, whole.len()), end.clone()]),
        first(vec![piece(0, 50_000), piece(50_000, 100_000), last.clone(), end.clone()]),
    ];
    for form in forms {
        let (drawing, threats) = clean(&form);
        assert_eq!((kinds(&drawing.clean), threats), (vec![1, 70, 70, 70, 70, 70, 14], Vec::new()));
        let piece = &drawing.clean[108 + 44..];
        assert_eq!(Fields(piece).size(4), Some(OBJECT_RECORD_MAX + 16));
        assert_eq!(&piece[16 + 16..16 + OBJECT_RECORD_MAX], &whole[..OBJECT_RECORD_MAX - 16]);
    }
    let other_length = comment(&[plus(OBJECT, 0x8504, &[longs(&[9]), whole[..9].to_vec()].concat())]);
    let other_name = comment(&[plus(OBJECT, 0x8503, &[total.clone(), whole[100_000..].to_vec()].concat())]);
    let wrong = [
        ("never ends", vec![piece(0, 100_000), piece(100_000, 100_100)]),
        (
            "ends too early",
            vec![piece(0, 100_000), comment(&[object(5, 4, &whole[100_000..100_100])]), end.clone()],
        ),
        ("of another length", vec![piece(0, 100_000), other_length, end.clone()]),
        ("of another object", vec![piece(0, 100_000), other_name, end.clone()]),
        ("something between", vec![piece(0, 100_000), end.clone(), piece(100_000, whole.len())]),
        ("pieces of nothing", vec![piece(0, 0), piece(0, whole.len()), end]),
    ];
    for (name, comments) in wrong {
        assert_eq!(run(&first(comments)).0.err(), Some(Refusal::held(Reason::NotRebuilt)), "{name}");
    }
}

#[test]
fn a_picture_that_goes_is_not_told_of() {
    let secret = plus(COMMENT, 0, b"secret!!");
    let records = [header(true), secret, plus(0x3B, 0, &[])];
    let (_, threats) = run(&emf(&[comment(&records), words("a")]));
    assert_eq!(threats, [Threat::AuxiliaryPart]);
}

proptest! {
    #[test]
    fn damage_anywhere_is_survived(
        is_dual: bool,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let records = [
            vec![header(is_dual)],
            all_objects(),
            vec![plus(0x14, 2, &longs(&[0])), plus(0x13, 3, &longs(&[0])), plus(0x15, 2, &longs(&[1]))],
        ];
        let mut bytes = emf(&[comment(&records.concat()), words("abc")]);
        for (at, value) in changes {
            let at = 108 + at.index(bytes.len() - 108);
            bytes[at] = value;
        }
        if let Ok(drawing) = run(&bytes).0 {
            let (again, threats) = run(&drawing.clean);
            prop_assert!(again.is_ok_and(|again| again.clean == drawing.clean) && threats.is_empty());
        }
    }
}
