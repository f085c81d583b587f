//! Shells of presentations of PowerPoint 97 that are sound but for one piece.
//!
//! Owns: the records around that piece.
//! Leaves to others: locks (`legacy`), what must hold (`judge`).

use std::io::{Cursor, Write};

use super::pieces::seed;
use super::{File, Target};

/// Records of a shape (variant 0), words (1), records of the document (2), of a slide (3), tags of a slide (4), what all
/// drawings share (5), the pictures (6), the whole stream (7).
pub(super) const OLD_SHOW: Target = Target {
    name: "old_show",
    shell: |variant, rest| {
        let plain = || Show::default();
        let show = match variant {
            0 => Show { shape: rest.to_vec(), ..plain() },
            1 => Show { shape: record(0x0F, 0xF00D, rest), ..plain() },
            2 => Show { document: rest.to_vec(), ..plain() },
            3 => Show { slide: rest.to_vec(), ..plain() },
            4 => Show { slide: tags("___PPT10", rest), shape: with(&tags("___PPT9", rest)), ..plain() },
            5 => Show { shared: rest.to_vec(), ..plain() },
            6 => Show { shape: shown(), shared: picture(), pictures: rest.to_vec(), ..plain() },
            _ => return File::new("a.ppt", file(rest, rest.len().saturating_sub(36), &[])),
        };
        File::new("a.ppt", show.file())
    },
    seeds,
    words: &[
        "\x0f\0\u{e8}\x03",
        "\x0f\0\u{ee}\x03",
        "\x0f\0\u{f0}\x0f",
        "\0\0\u{9f}\x0f",
        "\0\0\u{a0}\x0f",
        "\0\0\u{a1}\x0f",
        "\0\0\u{a6}\x0f",
        "\0\0\u{a8}\x0f",
        "\0\0\u{aa}\x0f",
        "\x0f\0\u{f2}\x0f",
        "\0\0\u{f3}\x0f",
        "\0\0\u{df}\x0f",
        "\x0f\0\u{d7}\x0f",
        "\x0f\0\x09\x04",
        "\x0f\0\u{88}\x13",
        "\x0f\0\u{8a}\x13",
        "\0\0\u{8b}\x13",
        "\0\0\u{ac}\x0f",
        "\0\0\u{ad}\x0f",
        "\x1f\0\x44\u{f1}",
        "\x0f\0\x02\x2b",
        "\x0f\0\u{e0}\x2e",
        "\0\0\u{f5}\x0f",
        "\0\0\x72\x17",
        "\x02\u{f0}",
        "\x03\u{f0}",
        "\x04\u{f0}",
        "\x0a\u{f0}",
        "\x0b\u{f0}",
        "\x0d\u{f0}",
        "\x10\u{f0}",
        "\x11\u{f0}",
    ],
};

/// The pieces of a presentation of one slide, each besides what every one has.
struct Show {
    document: Vec<u8>,
    slide: Vec<u8>,
    shape: Vec<u8>,
    shared: Vec<u8>,
    pictures: Vec<u8>,
}

impl Default for Show {
    fn default() -> Self {
        let [document, slide, shape, pictures] = [const { Vec::new() }; 4];
        Self { document, slide, shape, shared: record(0x0F, 0xF000, &clusters()), pictures }
    }
}

impl Show {
    fn file(&self) -> Vec<u8> {
        let fonts = record(0x0F, 0x07D5, &record(0, 0x0FB7, &[&[b'A'][..], &[0; 67]].concat()));
        let listed = |object: u8, own: [u8; 4]| {
            record(0, 0x03F3, &[&[object, 0, 0, 0][..], &[0; 8], &own, &[0; 4]].concat())
        };
        let document = [
            record(1, 0x03E9, &[&[0x80, 0x16, 0, 0, 0xE0, 0x10, 0, 0][..], &[0; 32]].concat()),
            record(0x0F, 0x03F2, &fonts),
            record(0x0F, 0x040B, &self.shared),
            record(0x1F, 0x0FF0, &listed(2, [1, 0, 0, 0x80])),
            record(0x0F, 0x0FF0, &listed(3, [0, 1, 0, 0])),
            self.document.clone(),
        ]
        .concat();
        let atom = |master: [u8; 4]| record(2, 0x03EF, &[&[0; 12][..], &master, &[0; 8]].concat());
        let master = [atom([0; 4]), drawing(&[])].concat();
        let slide = [atom([1, 0, 0, 0x80]), drawing(&self.shape), self.slide.clone()].concat();
        let mut stream = Vec::new();
        let mut places = Vec::new();
        for (number, object) in [(0x03E8, document), (0x03F8, master), (0x03EE, slide)] {
            places.push(u32::try_from(stream.len()).unwrap_or_default());
            stream.extend(record(0x0F, number, &object));
        }
        let directory = u32::try_from(stream.len()).unwrap_or_default();
        let run = std::iter::once(1 | 3 << 20).chain(places);
        stream.extend(record(0, 0x1772, &run.flat_map(u32::to_le_bytes).collect::<Vec<u8>>()));
        let edit = stream.len();
        stream.extend(record(0, 0x0FF5, &[0, 0, 0, directory, 1, 3, 1].map(u32::to_le_bytes).concat()));
        file(&stream, edit, &self.pictures)
    }
}

fn record(form: u16, number: u16, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or_default().to_le_bytes();
    [&form.to_le_bytes()[..], &number.to_le_bytes(), &length, content].concat()
}

/// A drawing of one shape with these records.
fn drawing(shape: &[u8]) -> Vec<u8> {
    let patriarch = [record(1, 0xF009, &[0; 16]), record(2, 0xF00A, &[0, 4, 0, 0, 5, 0, 0, 0])].concat();
    let one = [
        record(0x04B2, 0xF00A, &[1, 4, 0, 0, 0, 0x0A, 0, 0]),
        record(0, 0xF010, &[0, 0, 0, 0, 64, 0, 64, 0]),
        shape.to_vec(),
    ]
    .concat();
    let shapes = [record(0x0F, 0xF004, &patriarch), record(0x0F, 0xF004, &one)].concat();
    let inside = [record(0x10, 0xF008, &[2, 0, 0, 0, 1, 4, 0, 0]), record(0x0F, 0xF003, &shapes)].concat();
    record(0x0F, 0x040C, &record(0x0F, 0xF002, &inside))
}

/// What PowerPoint keeps with a shape.
fn with(records: &[u8]) -> Vec<u8> {
    record(0x0F, 0xF011, records)
}

/// Records of a later version.
fn tags(name: &str, records: &[u8]) -> Vec<u8> {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let tag = [record(0, 0x0FBA, &name), record(0, 0x138B, records)].concat();
    record(0x0F, 0x1388, &record(0x0F, 0x138A, &tag))
}

fn clusters() -> Vec<u8> {
    record(0, 0xF006, &[2, 4, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0])
}

/// A list of pictures with one that stands at the beginning of their stream.
fn picture() -> Vec<u8> {
    let entry = record(0x32, 0xF007, &[&[3, 4][..], &[0; 22], &[1, 0, 0, 0], &[0; 8]].concat());
    record(0x0F, 0xF000, &[clusters(), record(0x1F, 0xF001, &entry)].concat())
}

/// Properties that show that picture.
fn shown() -> Vec<u8> {
    record(0x13, 0xF00B, &[4, 0x41, 1, 0, 0, 0])
}

fn seeds() -> Vec<Vec<u8>> {
    let header = record(0, 0x0F9F, &[4, 0, 0, 0]);
    let looks = [
        &[2, 0, 0, 0, 0, 0, 0, 8, 0, 0, 1, 0][..],
        &[2, 0, 0, 0, 1, 0, 7, 0, 1, 0, 0, 0, 12, 0, 1, 2, 3, 0xFE],
    ]
    .concat();
    let click = record(0x0F, 0x0FF2, &record(0, 0x0FF3, &[0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0]));
    let words = [
        header.clone(),
        record(0, 0x0FA0, &[b'a', 0]),
        record(0, 0x0FA1, &looks),
        record(0, 0x0FA6, &[1, 0, 0, 0, 64, 2]),
        record(0, 0x0FAA, &[2, 0, 0, 0, 6, 0, 0, 0, 17, 4, 9, 4]),
        click.clone(),
        record(0, 0x0FDF, &[0, 0, 0, 0, 1, 0, 0, 0]),
    ]
    .concat();
    let placeholder = record(0, 0x0BC3, &[0, 0, 0, 0, 13, 0, 0, 0]);
    let moves = record(0x0F, 0x1014, &record(1, 0x0FF1, &[0; 28]));
    let shape = [
        record(0x13, 0xF00B, &[0xBF, 1, 0x10, 0, 0x10, 0]),
        with(&[placeholder, moves, click].concat()),
        record(0x0F, 0xF00D, &words),
    ]
    .concat();
    let address: Vec<u8> = "https://a.example/".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let link = [record(0, 0x0FD3, &[1, 0, 0, 0]), record(0x10, 0x0FBA, &address)].concat();
    let links =
        record(0x0F, 0x0409, &[record(0, 0x040A, &[1, 0, 0, 0]), record(0x0F, 0x0FD7, &link)].concat());
    let bullet = record(0, 0x07F9, &[&[6, 0][..], &pixels()].concat());
    let info = record(0x0F, 0x07D0, &tags("___PPT9", &record(0x0F, 0x07F8, &bullet)));
    let change = record(0, 0x03F9, &[0; 16]);
    let levels = record(0, 0x0FA3, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let visual = record(0, 0x2AFB, &[0, 0, 0, 0, 1, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let value = record(0x90, 0xF142, &[3, b'x', 0]);
    let node =
        [record(0, 0xF127, &[0; 32]), record(0x0F, 0xF13C, &visual), record(0x0F, 0xF13D, &value)].concat();
    let timing = [record(0x1F, 0xF144, &node), record(0, 0x2B00, &[0; 4])].concat();
    let numbered = record(0, 0x0FAC, &[0, 0, 0, 3, 1, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let whole = Show { shape: shape.clone(), document: links.clone(), ..Show::default() };
    let mut file = cfb::CompoundFile::open(Cursor::new(whole.file())).expect("our own file");
    let mut stream = Vec::new();
    let mut document = file.open_stream("/PowerPoint Document").expect("our own stream");
    std::io::Read::read_to_end(&mut document, &mut stream).expect("memory can be read");
    vec![
        seed(b'@', &shape),
        seed(b'H', &words),
        seed(b'P', [links, info].concat()),
        seed(b'X', [change, levels].concat()),
        seed(b'`', [timing, numbered].concat()),
        seed(b'h', picture()),
        seed(b'p', pixels()),
        seed(b'x', &stream),
    ]
}

/// A drawing of Windows as a picture.
fn pixels() -> Vec<u8> {
    record(0x2160, 0xF01B, &[&[0; 16][..], &[9; 32], &[0, 0xFE], &[0x78, 0x9C, 3, 0, 0, 0, 0, 1]].concat())
}

/// The file, with an edit that stands here.
fn file(stream: &[u8], edit: usize, pictures: &[u8]) -> Vec<u8> {
    let edit = u32::try_from(edit).unwrap_or_default().to_le_bytes();
    let user = record(0, 0x0FF6, &[&[20, 0, 0, 0, 0x5F, 0xC0, 0x91, 0xE3][..], &edit, &[0; 12]].concat());
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a compound file");
    for (name, bytes) in
        [("/Current User", &user[..]), ("/PowerPoint Document", stream), ("/Pictures", pictures)]
    {
        let mut part = file.create_stream(name).expect("a stream");
        part.write_all(bytes).expect("memory can be written");
    }
    file.into_inner().into_inner()
}
