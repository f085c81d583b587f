//! Shells of workbooks of Excel 97 that are sound but for one piece.
//!
//! Owns: the records around that piece.
//! Leaves to others: locks and older workbooks (`legacy`), what must hold (`judge`).

use std::io::{Cursor, Write};

use super::pieces::seed;
use super::{File, Target};

const BOOK: u8 = 0x05;
const SHEET: u8 = 0x10;
const CHART: u8 = 0x20;

/// Records of a sheet (variant 0) and of the workbook (1), the tokens of a formula (2), a drawing (3), the list of pictures (4),
/// the texts (5), records of a chart (6), the whole stream (7).
pub(super) const OLD_BOOK: Target = Target {
    name: "old_book",
    shell: |variant, rest| {
        let plain = || texts(&[8, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, b'a', 1, 0, 1, 0x42, 0x30]);
        let stream = match variant {
            0 => book(&plain(), SHEET, rest),
            1 => book(&[rest, &plain()].concat(), SHEET, &[]),
            2 => book(&plain(), SHEET, &formula(rest)),
            3 => book(&[pictures(&picture()), plain()].concat(), SHEET, &drawing(rest)),
            4 => book(&[pictures(rest), plain()].concat(), SHEET, &drawing(&shape())),
            5 => book(&texts(rest), SHEET, &cell()),
            6 => book(&plain(), CHART, rest),
            _ => rest.to_vec(),
        };
        File::new("a.xls", file(&stream))
    },
    seeds,
    words: &[
        "\x09\x08\x10\0",
        "\x0a\0\0\0",
        "\x3c\0",
        "\x06\0",
        "\x18\0",
        "\x17\0",
        "\x23\0",
        "\u{ae}\x01",
        "\u{b8}\x01",
        "\u{bc}\x04",
        "\u{be}\x01",
        "\u{b0}\x01",
        "\u{b6}\x01",
        "\u{ec}\0",
        "\u{eb}\0",
        "\u{5d}\0",
        "\u{fc}\0",
        "\x51\x10",
        "\x66\x10",
        "\x7d\x08",
        "\u{92}\x08",
        "\u{9c}\x08",
        "\x02\u{f0}",
        "\x03\u{f0}",
        "\x04\u{f0}",
        "\x05\u{f0}",
        "\x0a\u{f0}",
        "\x0b\u{f0}",
        "\x0d\u{f0}",
        "\x11\u{f0}",
        "\x42\x01\u{ff}\0",
        "\x39\0\0\x01\0\0\0",
        "\x23\x01\0\0\0",
        "\x5a\0\0\0\0\0\0",
    ],
};

fn record(number: u16, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut number = number;
    let mut chunks = content.chunks(8224);
    let first = chunks.next().unwrap_or_default();
    for chunk in std::iter::once(first).chain(chunks) {
        let length = u16::try_from(chunk.len()).unwrap_or(u16::MAX).to_le_bytes();
        out.extend([&number.to_le_bytes(), &length, chunk].concat());
        number = 0x003C;
    }
    out
}

fn drawn(form: u16, number: u16, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or_default().to_le_bytes();
    [&form.to_le_bytes()[..], &number.to_le_bytes(), &length, content].concat()
}

/// A workbook with these records besides those that every one needs, and one sheet or chart.
fn book(more: &[u8], kind: u8, sheet: &[u8]) -> Vec<u8> {
    let begin = |kind: u8| record(0x0809, &[&[0, 6, kind, 0][..], &[0; 12]].concat());
    let mut out = begin(BOOK);
    out.extend(record(0x005C, &[b' '; 112]));
    out.extend(record(0x0031, &[&[200, 0][..], &[0; 12], &[1, 0, b'A']].concat()));
    out.extend(record(0x00E0, &[0; 20]));
    let place = out.len() + 4;
    let sort = if kind == CHART { 2 } else { 0 };
    out.extend(record(0x0085, &[&[0; 5][..], &[sort, 1, 0, b'S']].concat()));
    // This workbook, an add-in with a function, another workbook; a name.
    out.extend(record(0x01AE, &[1, 0, 1, 4]));
    out.extend(record(0x01AE, &[1, 0, 1, 0x3A]));
    out.extend(record(0x0023, &[&[0; 6][..], &[5, 0], b"EDATE", &[2, 0, 0x1C, 0x17]].concat()));
    out.extend(record(0x01AE, &[1, 0, 3, 0, 0, 1, b'b', b'c', 1, 0, 0, b'S']));
    out.extend(record(0x0017, &[3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0xFE, 0xFF, 0xFE, 0xFF, 2, 0, 0, 0, 0, 0]));
    out.extend(record(0x0018, &[0, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'n', 0x1E, 1, 0]));
    out.extend(more);
    out.extend(record(0x000A, &[]));
    let start = u32::try_from(out.len()).unwrap_or_default().to_le_bytes();
    out[place..place + 4].copy_from_slice(&start);
    out.extend(begin(kind));
    out.extend(record(0x0014, &[]));
    out.extend(sheet);
    out.extend(record(0x000A, &[]));
    out
}

fn texts(body: &[u8]) -> Vec<u8> {
    record(0x00FC, body)
}

fn cell() -> Vec<u8> {
    record(0x00FD, &[0; 10])
}

fn formula(tokens: &[u8]) -> Vec<u8> {
    let count = u16::try_from(tokens.len()).unwrap_or_default().to_le_bytes();
    let own = record(0x0006, &[&[0; 20][..], &count, tokens].concat());
    let shared = record(0x04BC, &[&[0; 8][..], &count, tokens].concat());
    let rule = record(0x01B1, &[&[2, 0][..], &count, &[0; 8], tokens].concat());
    let rules = record(0x01B0, &[&[1, 0, 0, 0][..], &[0; 10]].concat());
    [own, shared, rules, rule].concat()
}

/// A drawing, and behind it what its shapes are: pictures of objects, words.
fn drawing(nodes: &[u8]) -> Vec<u8> {
    let count = |number: u8| nodes.windows(2).filter(|two| *two == [number, 0xF0]).count();
    let common = [&[0x15, 0, 18, 0, 8, 0, 1, 0, 0x11, 0x60][..], &[0; 12]].concat();
    let leads = [9u8, 0, 13, 0, 0x1E, 0, 5, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0];
    let object = record(0x005D, &[&common[..], &leads].concat());
    let words = [
        record(0x01B6, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 16, 0, 0, 0, 0, 0]),
        record(0x003C, &[0, b'w']),
        record(0x003C, &[0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
    ]
    .concat();
    [record(0x00EC, nodes), object.repeat(count(0x11)), words.repeat(count(0x0D))].concat()
}

/// A drawing of one shape that shows the first picture.
fn shape() -> Vec<u8> {
    let patriarch = [drawn(1, 0xF009, &[0; 16]), drawn(2, 0xF00A, &[0, 4, 0, 0, 5, 0, 0, 0])].concat();
    let properties = [[4, 0x41, 1, 0, 0, 0], [0xBF, 1, 0x10, 0, 0x10, 0], [0xFF, 1, 8, 0, 8, 0]].concat();
    let one = [
        drawn(0x04B2, 0xF00A, &[1, 4, 0, 0, 0, 0x0A, 0, 0]),
        drawn(0x33, 0xF00B, &properties),
        drawn(0, 0xF010, &[0; 18]),
        drawn(0, 0xF011, &[]),
    ]
    .concat();
    let shapes = [drawn(0x0F, 0xF004, &patriarch), drawn(0x0F, 0xF004, &one)].concat();
    let inside = [drawn(0x10, 0xF008, &[2, 0, 0, 0, 1, 4, 0, 0]), drawn(0x0F, 0xF003, &shapes)].concat();
    drawn(0x0F, 0xF002, &inside)
}

fn pictures(nodes: &[u8]) -> Vec<u8> {
    record(0x00EB, nodes)
}

/// The list of pictures with a drawing of Windows in it.
fn picture() -> Vec<u8> {
    let metafile = [&[0; 16][..], &[9; 32], &[0, 0xFE], &[0x78, 0x9C, 3, 0, 0, 0, 0, 1]].concat();
    let metafile = drawn(0x2160, 0xF01B, &metafile);
    let entry = [&[3, 4][..], &[0; 22], &[0, 0, 0, 0], &[0; 8], &metafile].concat();
    let clusters = [2u8, 4, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0];
    let inside = [drawn(0, 0xF006, &clusters), drawn(0x1F, 0xF001, &drawn(0x32, 0xF007, &entry))].concat();
    drawn(0x0F, 0xF000, &inside)
}

fn seeds() -> Vec<Vec<u8>> {
    let number = record(0x0203, &[&[0; 6][..], &1.5f64.to_le_bytes()].concat());
    let link = [
        &[
            0, 0, 0, 0, 0, 0, 0, 0, 0xD0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA, 0xCE, 0x11, 0x8C, 0x82, 0x00, 0xAA,
            0x00, 0x4B,
        ][..],
        &[0xA9, 0x0B, 2, 0, 0, 0, 8, 0, 0, 0, 3, 0, 0, 0, b'A', 0, b'1', 0, 0, 0],
    ]
    .concat();
    let input =
        [&[0, 1, 0, 0][..], &[1, 0, 0, 0].repeat(4), &[3, 0, 0, 0, 0x1E, 1, 0], &[0; 4], &[0; 2]].concat();
    let sheet = [
        number.clone(),
        cell(),
        record(0x00BD, &[1, 0, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 2, 0, 0, 0, 1, 0]),
        record(0x007D, &[0, 0, 3, 0, 0, 10, 0, 0, 0, 0, 0, 0]),
        record(0x01B8, &link),
        record(0x01B2, &[&[0; 14][..], &[1, 0, 0, 0]].concat()),
        record(0x01BE, &input),
        record(0x00E5, &[1, 0, 0, 0, 1, 0, 0, 0, 1, 0]),
        record(0x023E, &[0; 18]),
    ]
    .concat();
    let chart = [
        record(0x1002, &[0; 16]),
        record(0x1033, &[]),
        record(0x1003, &[0; 12]),
        record(0x1033, &[]),
        record(0x1051, &[1, 2, 0, 0, 0, 0, 7, 0, 0x3A, 0, 0, 0, 0, 0, 0]),
        record(0x100D, &[0, 0, 1, 0, b't']),
        record(0x1034, &[]),
        record(0x1034, &[]),
        number.clone(),
    ]
    .concat();
    let style = record(0x0293, &[0, 0x80, 0, 0]);
    let pattern = record(0x041E, &[0xA4, 0, 3, 0, 0, b'0', b'.', b'0']);
    vec![
        seed(b'@', &sheet),
        seed(b'H', [style, pattern].concat()),
        seed(b'P', [0x1E, 1, 0, 0x39, 1, 0, 1, 0, 0, 0, 0x42, 2, 0xFF, 0]),
        seed(b'P', [0x23, 1, 0, 0, 0, 0x5A, 2, 0, 0, 0, 0, 0, 0x03]),
        seed(b'X', shape()),
        seed(b'`', picture()),
        seed(b'h', [8, 0, 0, 0, 1, 0, 0, 0, 2, 0, 8, 1, 0, b'a', b'b', 1, 0, 0, 0]),
        seed(b'p', chart),
        seed(b'x', book(&[], SHEET, &sheet)),
    ]
}

fn file(stream: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a compound file");
    let mut workbook = file.create_stream("/Workbook").expect("a stream");
    workbook.write_all(stream).expect("memory can be written");
    drop(workbook);
    file.into_inner().into_inner()
}
