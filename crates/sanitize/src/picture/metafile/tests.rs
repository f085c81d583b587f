//! Windows drawings made here record by record, good and bad.

use super::*;
use crate::picture::tests::with_work;
use proptest::prelude::*;
use worker_protocol::Limits;

pub(super) fn run(bytes: &[u8]) -> (Result<Drawing, Refusal>, Vec<Threat>) {
    with_work(Limits::default(), None, |work| rebuild(bytes, "", work))
}

pub(super) fn longs(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

pub(super) fn shorts(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

pub(super) fn record(kind: u32, fields: Vec<u8>) -> Vec<u8> {
    let mut fields = fields;
    fields.resize(fields.len().next_multiple_of(4), 0);
    [longs(&[kind, u32::try_from(fields.len() + 8).unwrap()]), fields].concat()
}

/// A drawing of these records, with its header and end.
pub(super) fn emf(records: &[Vec<u8>]) -> Vec<u8> {
    let body = records.concat();
    let mut out = longs(&[1, 108, 0, 0, 100, 80, 0, 0, 2600, 2100]);
    out.extend_from_slice(b" EMF\0\0\x01\0");
    let total = u32::try_from(108 + body.len() + 20).unwrap();
    out.extend(longs(&[total, u32::try_from(records.len() + 2).unwrap()]));
    out.extend(shorts(&[3, 0]));
    out.extend(longs(&[0, 0, 0, 1920, 1080, 508, 286, 0, 0, 0, 508_000, 286_000]));
    out.extend(body);
    out.extend(longs(&[14, 20, 0, 16, 20]));
    out
}

pub(super) fn words(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut fields = longs(&[0, 0, 50, 20, 1, 0x3F80_0000, 0x3F80_0000, 5, 9]);
    let string = 76 + 8;
    fields.extend(longs(&[u32::try_from(units.len()).unwrap(), string, 0, 0, 0, 0, 0, 76]));
    // Distances before the string, and a gap in between.
    fields.extend(longs(&[7, 7]));
    fields.extend(shorts(&units));
    record(84, fields)
}

/// A bitmap of 2 by 2 pixels, 24 bits.
fn bitmap() -> (Vec<u8>, Vec<u8>) {
    let info = [longs(&[40, 2, 2]), shorts(&[1, 24]), longs(&[0, 0, 0, 0, 0, 0])].concat();
    (info, vec![1, 2, 3, 4, 5, 6, 0xEE, 0xEE, 7, 8, 9, 10, 11, 12, 0xEE, 0xEE])
}

fn stretch(info: &[u8], bits: &[u8]) -> Vec<u8> {
    let at = 80u32;
    let info_bytes = u32::try_from(info.len()).unwrap();
    let mut fields = longs(&[0, 0, 9, 9, 0, 0, 0, 0, 2, 2, at, info_bytes, at + info_bytes]);
    fields.extend(longs(&[u32::try_from(bits.len()).unwrap(), 0, 0x00CC_0020, 9, 9]));
    record(81, [fields, info.to_vec(), bits.to_vec()].concat())
}

pub(super) fn kinds(clean: &[u8]) -> Vec<u32> {
    let mut at = 0;
    let mut found = Vec::new();
    while let (Some(kind), Some(size)) = (Fields(clean).long(at), Fields(clean).size(at + 4)) {
        found.push(kind);
        at += size.max(8);
    }
    assert_eq!(at, clean.len());
    found
}

#[test]
fn an_emf_keeps_what_it_draws() {
    let (info, bits) = bitmap();
    let records = [
        record(17, longs(&[8])),
        record(38, longs(&[1, 0, 1, 0, 255])),
        record(37, longs(&[1])),
        record(86, [longs(&[0, 0, 9, 9, 2]), shorts(&[1, 2, 3, 4])].concat()),
        words("納品書"),
        stretch(&info, &bits),
        record(70, [longs(&[8]), b"secret!!".to_vec()].concat()),
        record(106, longs(&[15, 4, 0])),
        record(105, longs(&[15, 4, 0])),
        record(200, longs(&[1])),
        // Handle beyond the table, points fewer than counted, bitmap beyond its record.
        record(38, longs(&[9, 0, 1, 0, 255])),
        record(86, longs(&[0, 0, 9, 9, 4000])),
        stretch(&info, &bits[..3]),
    ];
    let (drawing, threats) = run(&emf(&records));
    let drawing = drawing.unwrap();
    assert_eq!(kinds(&drawing.clean), [1, 17, 38, 37, 86, 84, 81, 14]);
    assert_eq!((drawing.format, drawing.texts.as_slice()), (Format::Emf, ["納品書".to_owned()].as_slice()));
    assert_eq!(threats, [Threat::HiddenData, Threat::Action, Threat::Unknown, Threat::Unknown]);
    assert!(!drawing.clean.windows(2).any(|w| w == [0xEE, 0xEE]), "padding says nothing");
    assert_eq!(Fields(&drawing.clean).size(48), Some(drawing.clean.len()));
    assert_eq!(Fields(&drawing.clean).size(52), Some(8));
    let (again, threats) = run(&drawing.clean);
    assert_eq!((again.unwrap().clean, threats), (drawing.clean, Vec::new()));
}

pub(super) fn wmf(records: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"\xd7\xcd\xc6\x9a\0\0".to_vec();
    out.extend(shorts(&[0, 0, 1000, 800, 1440, 0, 0, 0]));
    out.extend(shorts(&[1, 9, 0x300, 0, 0, 2, 0, 0, 0]));
    for (function, parameters) in records {
        out.extend(longs(&[u32::try_from(3 + parameters.len() / 2).unwrap()]));
        out.extend(shorts(&[*function]));
        out.extend(parameters);
    }
    out.extend(shorts(&[3, 0, 0]));
    out
}

fn functions(clean: &[u8]) -> Vec<u16> {
    let mut at = 22 + 18;
    let mut found = Vec::new();
    while let (Some(words), Some(function)) = (Fields(clean).size(at), Fields(clean).short(at + 4)) {
        found.push(function);
        at += words * 2;
    }
    assert_eq!(at, clean.len());
    found
}

#[test]
fn a_wmf_keeps_what_it_draws_and_the_numbers_of_its_objects() {
    let (info, bits) = bitmap();
    let text: Vec<u8> = encoding_rs::SHIFT_JIS.encode("表題").0.into_owned();
    let picture = [shorts(&[0x20, 0xCC, 0, 2, 2, 0, 0, 9, 9, 0, 0]), info, bits].concat();
    let records = [
        (0x0103, shorts(&[8])),
        (0x01F9, vec![0; 40]),
        (0x02FA, shorts(&[0, 1, 0, 255, 0])),
        (0x012D, shorts(&[1])),
        (0x0325, shorts(&[2, 1, 2, 3, 4])),
        (0x0521, [shorts(&[4]), text, shorts(&[10, 20])].concat()),
        (0x0F43, picture),
        (0x0626, shorts(&[9, 2, 0])),
        (0x0626, shorts(&[15, 2, 0])),
        (0x0325, shorts(&[4000, 1])),
    ];
    let (drawing, threats) = run(&wmf(&records));
    let drawing = drawing.unwrap();
    assert_eq!(functions(&drawing.clean), [0x0103, 0x02FC, 0x02FA, 0x012D, 0x0325, 0x0521, 0x0F43, 0]);
    assert_eq!((drawing.format, drawing.texts), (Format::Wmf, vec!["表題".to_owned()]));
    assert_eq!(threats, [Threat::Unknown, Threat::Action, Threat::HiddenData]);
    let (again, threats) = run(&drawing.clean);
    assert_eq!((again.unwrap().clean, threats), (drawing.clean, Vec::new()));
}

#[test]
fn every_form_of_bitmap_is_written_plainly() {
    let info = |depth: u16, compression: u32, colours: u32| {
        [longs(&[40, 4, 2]), shorts(&[1, depth]), longs(&[compression, 0, 0, 0, colours, 0])].concat()
    };
    let core = [longs(&[12]), shorts(&[4, 2, 1, 24])].concat();
    let palette = longs(&[0x0001_0203, 0xFF04_0506]);
    let rows: [(&str, Vec<u8>, Vec<u8>, bool); 7] = [
        ("24 bits in the oldest header", core, vec![5; 24], true),
        ("1 bit", [info(1, 0, 2), palette.clone()].concat(), vec![0xA0, 0, 0, 0, 0x50, 0, 0, 0], true),
        ("packed rows", [info(8, 1, 2), palette].concat(), vec![4, 1, 0, 0, 4, 0, 0, 1], true),
        ("masks", [info(32, 3, 0), longs(&[0xFF0000, 0xFF00, 0xFF])].concat(), vec![9; 32], true),
        ("too few rows", info(24, 0, 0), vec![5; 20], false),
        ("no such depth", info(7, 0, 0), vec![5; 64], false),
        ("no such packing", info(24, 77, 0), vec![5; 64], false),
    ];
    for (name, info, bits, is_good) in rows {
        let (clean, _) =
            with_work(Limits::default(), None, |work| dib::clean(&info, &bits, 0, None, work).is_ok());
        assert_eq!(clean, is_good, "{name}");
    }
    let brush = info(1, 0, 0);
    let (clean, _) = with_work(Limits::default(), None, |work| dib::clean(&brush, &[0xAA; 8], 2, None, work));
    assert_eq!(clean.unwrap().info.len(), 40, "a brush without colours of its own");
    let huge = [longs(&[40, 60_000, 60_000]), shorts(&[1, 24]), longs(&[0; 6])].concat();
    let (clean, _) = with_work(Limits::default(), None, |work| dib::clean(&huge, &[], 0, None, work).err());
    assert_eq!(clean, Some(Refusal::blocked(Reason::TooComplex)));
}

#[test]
fn what_is_seen_through_a_path_is_bounded_by_closed_figures() {
    let line = record(89, [longs(&[0, 0, 9, 9, 2]), shorts(&[0, 5, 5, 5])].concat());
    let plain = |kind| record(kind, Vec::new());
    let clip = record(67, longs(&[5]));
    let rows = [
        // Left open, closed already, nothing in it, drawn and not looked through.
        (vec![plain(59), line.clone(), plain(60), clip.clone()], vec![1, 59, 89, 61, 60, 67, 14]),
        (vec![plain(59), line.clone(), plain(61), plain(60), clip.clone()], vec![1, 59, 89, 61, 60, 67, 14]),
        (vec![plain(59), plain(60), clip.clone()], vec![1, 59, 60, 67, 14]),
        (
            vec![plain(59), line.clone(), plain(60), record(64, longs(&[0, 0, 9, 9]))],
            vec![1, 59, 89, 60, 64, 14],
        ),
        (
            [vec![plain(59), line.clone(), plain(60), clip.clone()], vec![plain(59), line, plain(60), clip]]
                .concat(),
            vec![1, 59, 89, 61, 60, 67, 59, 89, 61, 60, 67, 14],
        ),
    ];
    for (records, expected) in rows {
        let clean = run(&emf(&records)).0.unwrap().clean;
        assert_eq!(kinds(&clean), expected);
        assert_eq!(Fields(&clean).size(52), Some(expected.len()));
        assert_eq!(Fields(&clean).size(48), Some(clean.len()));
        let (again, threats) = run(&clean);
        assert_eq!((again.unwrap().clean, threats), (clean, Vec::new()));
    }
}

#[test]
fn masks_that_say_nothing_are_left_out_and_the_transparent_part_stays() {
    let info = |depth: u16, masks: [u32; 3]| {
        [longs(&[40, 1, 2]), shorts(&[1, depth]), longs(&[3, 0, 0, 0, 0, 0]), longs(&masks)].concat()
    };
    let half_seen = vec![1, 2, 3, 0x80, 4, 5, 6, 0xFF];
    let rows = [
        (info(32, [0xFF_0000, 0xFF00, 0xFF]), 40, 0),
        (info(32, [0xFF, 0xFF00, 0xFF_0000]), 52, 3),
        (info(16, [0x7C00, 0x03E0, 0x1F]), 40, 0),
        (info(16, [0xF800, 0x07E0, 0x1F]), 52, 3),
    ];
    for (info, length, packing) in rows {
        let (clean, _) =
            with_work(Limits::default(), None, |work| dib::clean(&info, &half_seen, 0, None, work));
        let clean = clean.unwrap();
        assert_eq!((clean.info.len(), Fields(&clean.info).long(16)), (length, Some(packing)));
        if Fields(&info).short(14) == Some(32) {
            assert_eq!(clean.bits, half_seen);
        }
        let (again, _) =
            with_work(Limits::default(), None, |work| dib::clean(&clean.info, &clean.bits, 0, None, work));
        assert_eq!(again.unwrap().info, clean.info);
    }
}

proptest! {
    #[test]
    fn damage_anywhere_is_survived(
        is_emf: bool,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let (info, bits) = bitmap();
        let mut bytes = if is_emf {
            emf(&[words("abc"), stretch(&info, &bits), record(86, [longs(&[0, 0, 9, 9, 2]), shorts(&[1, 2, 3, 4])].concat())])
        } else {
            wmf(&[(0x0325, shorts(&[2, 1, 2, 3, 4])), (0x0521, [shorts(&[2, 0x4142]), shorts(&[1, 2])].concat())])
        };
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let whole = bytes.len();
        bytes.truncate(whole - cut.index(whole) / 4);
        if let Ok(drawing) = run(&bytes).0 {
            let (again, threats) = run(&drawing.clean);
            prop_assert!(again.is_ok() && threats.is_empty());
        }
    }
}

#[test]
fn the_name_follows_the_sort_of_drawing() {
    let (plain, packed) = (wmf(&[]), crate::archive::samples::gzip(&wmf(&[]), None));
    let emf = emf(&[words("a")]);
    let rows: [(&str, &[u8], &str); 5] = [
        ("a.wmf", &plain, "a.wmf"),
        ("a.emf", &plain, "a.wmf"),
        ("a.emz", &packed, "a.wmf"),
        ("a.wmf", &emf, "a.emf"),
        ("a.wmz", &crate::archive::samples::gzip(&emf, None), "a.emf"),
    ];
    for (name, bytes, expected) in rows {
        let outcome = crate::trial::run(&crate::trial::job(name), bytes);
        assert_eq!(outcome.report.clean_name, expected, "{name} {:?}", outcome.report);
        assert_eq!(crate::trial::has(&outcome, Threat::FileName), name != expected);
    }
}
