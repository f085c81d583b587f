//! The newer records of drawings (EMF+), in a comment of a drawing of older ones.
//!
//! Owns: the comment and the header, which must agree with what follows.
//! Leaves to others: the drawing around (`pictures`), what must hold.

const VERSION: u32 = 0xDBC0_1002;

fn longs(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn shorts(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// A comment of these records, behind the header that says what they are.
pub(super) fn comment(is_dual: bool, records: &[u8]) -> Vec<u8> {
    let header = record(1, is_dual.into(), &longs(&[VERSION, 1, 96, 96]));
    let mut inside = [b"EMF+", header.as_slice(), records].concat();
    let told = length(&inside);
    inside.resize(inside.len().next_multiple_of(4), 0);
    [longs(&[70, length(&inside).saturating_add(12), told]), inside].concat()
}

fn record(kind: u16, flags: u16, data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    data.resize(data.len().next_multiple_of(4), 0);
    [shorts(&[0x4000 | kind, flags]), longs(&[length(&data) + 12, length(&data)]), data].concat()
}

/// Objects of all sorts, and records that draw with them.
pub(super) fn all() -> Vec<u8> {
    let path = [longs(&[VERSION, 2, 0x4000]), shorts(&[1, 2, 30, 40]), vec![0, 0x81, 0, 0]].concat();
    let sized = |data: &[u8]| [longs(&[length(data)]), data.to_vec()].concat();
    let matrix = longs(&[0x3F80_0000, 0, 0, 0x3F80_0000, 0, 0]);
    let brush = longs(&[VERSION, 0, 0xFF12_3456]);
    let arrow = longs(&[VERSION, 1, 1, 2, 3, 1, 2, 2, 3, 4, 5, 6, 7, 0, 0]);
    let pen = [
        longs(&[VERSION, 0, 0x0977, 2, 0x3F80_0000]),
        matrix.clone(),
        longs(&[0xFF, 2, 9, 5, 3, 2, 1, 2]),
        sized(&arrow),
        brush.clone(),
    ];
    let gradient = [
        longs(&[VERSION, 3, 0x47, 0, 1, 2, 3, 1, 9]),
        sized(&path),
        matrix.clone(),
        longs(&[2, 0, 0x3F80_0000, 7, 8, 2, 4, 5]),
    ];
    let line =
        [longs(&[VERSION, 4, 0x1A, 0, 1, 2, 3, 4, 5, 6, 5, 6]), matrix.clone(), longs(&[1, 0, 1, 1, 0, 1])];
    let region = [longs(&[VERSION, 2, 1, 0x1000_0000, 1, 2, 3, 4, 0x1000_0001]), sized(&path)];
    let pixels = longs(&[VERSION, 1, 2, 2, 4, 0x0003_0803, 0, 0, 2, 0, u32::MAX, 0x0100, 0x0001]);
    let texture = [longs(&[VERSION, 2, 0x02, 0]), matrix.clone(), pixels.clone()];
    let font = [longs(&[VERSION, 0x4140_0000, 2, 1, 0, 2]), shorts(&[0x660E, 0x671D])];
    let format = longs(&[VERSION, 0, 0x411, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 9, 0, 2]);
    let attributes = longs(&[VERSION, 0, 3, 0, 0, 0]);
    let runs = [longs(&[VERSION, 3, 0x1800]), vec![1, 2, 0x81, 0, 3, 4, 5, 0x42, 1, 0]].concat();
    let inner = super::pictures::emf(&longs(&[17, 12, 8]));
    let drawing = [longs(&[VERSION, 2, 3, length(&inner)]), inner];
    [
        record(8, 0x0100, &brush),
        record(8, 0x0201, &pen.concat()),
        record(8, 0x0302, &path),
        record(8, 0x0403, &region.concat()),
        record(8, 0x0504, &pixels),
        record(8, 0x0605, &font.concat()),
        record(8, 0x0706, &format),
        record(8, 0x0807, &attributes),
        record(8, 0x0908, &arrow),
        record(8, 0x0109, &gradient.concat()),
        record(8, 0x010A, &line.concat()),
        record(8, 0x010B, &texture.concat()),
        record(8, 0x030C, &runs),
        record(8, 0x050D, &drawing.concat()),
        record(0x1E, 0x09, &[]),
        record(0x2A, 0, &matrix),
        record(0x14, 0x8002, &longs(&[0xFF00_0000])),
        record(0x15, 0x0002, &longs(&[1])),
        record(0x13, 0x0003, &longs(&[9])),
        record(0x0A, 0x4000, &[longs(&[10, 1]), shorts(&[1, 2, 3, 4])].concat()),
        record(0x0D, 0x0801, &[longs(&[2]), vec![1, 2, 3, 4]].concat()),
        record(0x18, 0x4001, &[longs(&[0, 0, 1, 2]), shorts(&[1, 2, 3, 4])].concat()),
        record(0x1A, 0x4004, &[longs(&[7, 2, 0, 0, 1, 1]), shorts(&[1, 2, 3, 4])].concat()),
        record(0x1B, 0x400D, &[longs(&[7, 2, 0, 0, 1, 1, 3]), shorts(&[1, 2, 3, 4, 5, 6])].concat()),
        record(0x1C, 0x8005, &[longs(&[0, 6, 2, 0, 0, 1, 1]), shorts(&[0x3042, 0x3044])].concat()),
        record(0x36, 0x8005, &[longs(&[0, 1, 1, 2]), shorts(&[0x41, 0x42]), longs(&[0; 4]), matrix].concat()),
        record(0x33, 0x0102, &[]),
        record(3, 0, b"secret!!"),
        record(4, 0, &[]),
        record(2, 0, &[]),
    ]
    .concat()
}
