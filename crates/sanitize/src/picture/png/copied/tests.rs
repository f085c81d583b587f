//! Pictures are packed here by a library, and what came of them is judged by its reader.

use png::{BitDepth, ColorType, Filter};
use proptest::prelude::*;

use super::*;

const PIXELS_MAX: u64 = 1 << 20;

fn rows(width: u32, height: u32, bytes: u32) -> Vec<u8> {
    (0..width * height * bytes).map(|at| (at.wrapping_mul(7919) >> 3) as u8).collect()
}

fn drawn(colour: ColorType, depth: BitDepth, filter: Filter, width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    encoder.set_filter(filter);
    if colour == ColorType::Indexed {
        encoder.set_palette(rows(1 << depth as u8, 1, 3));
        encoder.set_trns(vec![0, 128]);
    }
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: 3780, yppu: 3780, unit: png::Unit::Meter }));
    let bits = colour.samples() as u32 * depth as u32;
    let samples = rows(width * bits / 8, height, 1);
    encoder.write_header().unwrap().write_image_data(&samples).unwrap();
    out
}

/// What a reader makes of a picture.
#[derive(Debug, PartialEq)]
struct Decoded {
    samples: Vec<u8>,
    palette: Option<Vec<u8>>,
    density: Option<(u32, u32)>,
}

fn decoded(bytes: &[u8]) -> Decoded {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut samples).unwrap();
    reader.finish().unwrap();
    let info = reader.info();
    Decoded {
        samples,
        palette: info.palette.as_deref().map(<[u8]>::to_vec),
        density: info.pixel_dims.map(|d| (d.xppu, d.yppu)),
    }
}

/// The chunks of a file: what each is, and what is in it.
fn chunks(mut file: &[u8]) -> Vec<([u8; 4], Vec<u8>)> {
    let mut found = Vec::new();
    file = &file[8..];
    while let Some((length, rest)) = file.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let (kind, rest) = rest.split_first_chunk::<4>().unwrap();
        found.push((*kind, rest[..length].to_vec()));
        file = &rest[length + 4..];
    }
    found
}

fn file(chunks: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, chunk) in chunks {
        write(&mut out, kind, chunk).unwrap();
    }
    out
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A grey picture of four rows of three pixels, with other rows or another stream.
fn gray_of(stream: Vec<u8>) -> Vec<u8> {
    let mut all = chunks(&drawn(ColorType::Grayscale, BitDepth::Eight, Filter::NoFilter, 3, 4));
    all.iter_mut().find(|(kind, _)| kind == b"IDAT").unwrap().1 = stream;
    file(&all)
}

fn with(file_of: &[u8], kind: [u8; 4], chunk: &[u8], at: usize) -> Vec<u8> {
    let mut all = chunks(file_of);
    all.insert(at, (kind, chunk.to_vec()));
    file(&all)
}

#[test]
fn samples_stay_and_nothing_else_does() {
    use BitDepth::{Eight, Four, One, Sixteen, Two};
    let sorts = [
        (ColorType::Grayscale, vec![One, Two, Four, Eight, Sixteen]),
        (ColorType::Rgb, vec![Eight, Sixteen]),
        (ColorType::Indexed, vec![One, Two, Four, Eight]),
        (ColorType::GrayscaleAlpha, vec![Eight, Sixteen]),
        (ColorType::Rgba, vec![Eight, Sixteen]),
    ];
    for (colour, depths) in sorts {
        for depth in depths {
            for filter in
                [Filter::NoFilter, Filter::Sub, Filter::Up, Filter::Avg, Filter::Paeth, Filter::Adaptive]
            {
                let given = drawn(colour, depth, filter, 40, 19);
                let clean = copied(&given, PIXELS_MAX).unwrap();
                assert_eq!(decoded(&clean.bytes), decoded(&given), "{colour:?} {depth:?}");
                // What is clean stays as it is.
                assert_eq!(copied(&clean.bytes, PIXELS_MAX).unwrap().bytes, clean.bytes);

                let mut loaded = with(&given, *b"tEXt", b"Comment\0evil!", 1);
                loaded = with(&loaded, *b"vpAg", b"evil!", 2);
                loaded = with(&loaded, *b"gAMA", &45_455u32.to_be_bytes(), 1);
                loaded.extend_from_slice(b"PK\x03\x04evil!");
                let again = copied(&loaded, PIXELS_MAX).unwrap();
                assert_eq!(again.bytes, clean.bytes, "{colour:?} {depth:?}");
            }
        }
    }
}

#[test]
fn a_picture_in_many_chunks_comes_out_in_one() {
    let given = drawn(ColorType::Rgb, BitDepth::Eight, Filter::Up, 30, 30);
    let mut split: Vec<([u8; 4], Vec<u8>)> = Vec::new();
    for (kind, chunk) in chunks(&given) {
        let pieces: Vec<_> = chunk.chunks(10).map(|piece| (kind, piece.to_vec())).collect();
        split.extend(if kind == *b"IDAT" { pieces } else { vec![(kind, chunk)] });
    }
    assert!(split.len() > 5);
    assert_eq!(copied(&file(&split), PIXELS_MAX).unwrap().bytes, copied(&given, PIXELS_MAX).unwrap().bytes);
    // Not with another chunk between them.
    let between = split.iter().rposition(|(kind, _)| kind == b"IDAT").unwrap();
    split.insert(between, (*b"tEXt", b"a\0b".to_vec()));
    assert!(copied(&file(&split), PIXELS_MAX).is_none());
}

#[test]
fn what_has_more_or_less_than_its_rows_is_not_copied() {
    let row = |filter: u8| [filter, 1, 2, 3];
    let whole = [row(0), row(1), row(2), row(4)].concat();
    assert!(copied(&gray_of(packed(&whole)), PIXELS_MAX).is_some());
    let long = [whole.clone(), vec![0]].concat();
    let wrong_sum = {
        let mut stream = packed(&whole);
        *stream.last_mut().unwrap() ^= 1;
        stream
    };
    let rows = [
        ("a byte more", packed(&long)),
        ("a row less", packed(&whole[..12])),
        ("a filter that does not exist", packed(&[&whole[..8], &row(5), &whole[12..]].concat())),
        ("a second stream", [packed(&whole), packed(&whole)].concat()),
        ("a byte behind the stream", [packed(&whole), vec![b'\n']].concat()),
        ("a stream that is cut", packed(&whole)[..9].to_vec()),
        ("another checksum", wrong_sum),
        ("no stream", Vec::new()),
    ];
    for (what, stream) in rows {
        assert!(copied(&gray_of(stream), PIXELS_MAX).is_none(), "{what}");
    }
}

#[test]
fn every_number_has_its_colour_or_the_picture_is_damaged() {
    let rebuilt = |colours: usize| {
        let mut all = chunks(&drawn(ColorType::Indexed, BitDepth::Four, Filter::Sub, 16, 1));
        // All numbers but the last.
        let numbers: Vec<u8> = (0..8).map(|at| (at * 2) << 4 | (at * 2 + 1).min(14)).collect();
        all.iter_mut().find(|(kind, _)| kind == b"IDAT").unwrap().1 = packed(&[&[0], &numbers[..]].concat());
        all.iter_mut().find(|(kind, _)| kind == b"PLTE").unwrap().1.resize(colours * 3, 9);
        let given = file(&all);
        let limits = worker_protocol::Limits::default();
        let made = crate::picture::reading(&limits, |work| crate::picture::rebuild_any(&given, "a", work));
        (given, made.map(|(bytes, _)| bytes).map_err(|refusal| refusal.reason))
    };
    for colours in [15, 16] {
        let (given, made) = rebuilt(colours);
        assert_eq!(
            chunks(&made.unwrap()).last_chunk::<2>().unwrap()[0],
            chunks(&given).last_chunk::<2>().unwrap()[0]
        );
    }
    assert_eq!(rebuilt(14).1, Err(worker_protocol::Reason::Damaged));
}

#[test]
fn what_viewers_draw_in_another_way_is_not_copied() {
    let given = drawn(ColorType::Rgb, BitDepth::Eight, Filter::Sub, 4, 4);
    let turned = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let chunks_of: [([u8; 4], &[u8]); 8] = [
        (*b"iCCP", b"a\0\0x"),
        (*b"cICP", &[1, 13, 0, 1]),
        (*b"gAMA", &100_000u32.to_be_bytes()),
        (*b"acTL", &[0; 8]),
        (*b"eXIf", turned),
        (*b"ABCD", b"unknown and needed"),
        (*b"tRNS", b"five!"),
        (*b"IHDR", &[0; 13]),
    ];
    for (kind, chunk) in chunks_of {
        assert!(copied(&with(&given, kind, chunk, 1), PIXELS_MAX).is_none(), "{kind:?}");
    }
    let mut interlaced = chunks(&given);
    interlaced[0].1[12] = 1;
    let palette = |bytes| {
        let mut all = chunks(&drawn(ColorType::Indexed, BitDepth::Four, Filter::NoFilter, 4, 4));
        all.iter_mut().find(|(kind, _)| kind == b"PLTE").unwrap().1.resize(bytes, 0);
        file(&all)
    };
    assert!(!copied(&palette(48), PIXELS_MAX).unwrap().may_lack_colours);
    assert!(copied(&palette(45), PIXELS_MAX).unwrap().may_lack_colours);
    let mut narrow = chunks(&drawn(ColorType::Grayscale, BitDepth::One, Filter::NoFilter, 16, 3));
    narrow[0].1[3] = 9;
    for (what, bytes) in [
        ("rows in several passes", file(&interlaced)),
        ("more colours than numbers", palette(51)),
        ("no colours", palette(0)),
        ("a colour of two shades", palette(47)),
        ("bits behind a row", file(&narrow)),
        ("no end", given[..given.len() - 12].to_vec()),
        ("a wrong checksum", {
            let mut bytes = given.clone();
            *bytes.last_mut().unwrap() ^= 1;
            bytes
        }),
    ] {
        assert!(copied(&bytes, PIXELS_MAX).is_none(), "{what}");
    }
    assert!(copied(&given, 15).is_none(), "more pixels than the bound");
}

proptest! {
    #[test]
    fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = copied(&bytes, PIXELS_MAX);
    }

    #[test]
    fn a_changed_byte_is_copied_only_if_it_decodes(chosen in 0usize..4, at in 0usize..500, to: u8) {
        let given = drawn(ColorType::Rgba, BitDepth::Eight, Filter::Paeth, 12, 9);
        let mut all = chunks(&given);
        let chosen = chosen % all.len();
        let Some(byte) = all[chosen].1.len().checked_sub(1).map(|last| at.min(last)) else { return Ok(()) };
        all[chosen].1[byte] = to;
        // The checksum fits, so what is inside has to be read.
        let given = file(&all);
        if let Some(clean) = copied(&given, PIXELS_MAX) {
            let (clean, given) = (decoded(&clean.bytes), decoded(&given));
            prop_assert_eq!((clean.samples, clean.palette), (given.samples, given.palette));
        }
    }
}
