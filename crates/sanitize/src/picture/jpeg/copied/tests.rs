//! Photographs are made here by another encoder, and what came of them is judged by another decoder.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use proptest::prelude::*;

use super::*;

fn pixels(width: u32, height: u32) -> Vec<u8> {
    (0..width * height)
        .flat_map(|at| {
            let (x, y) = (at % width, at / width);
            let noise = (x.wrapping_mul(7919) ^ y.wrapping_mul(104_729)) % 61;
            [(x * 5 + noise) as u8, (y * 3) as u8, ((x ^ y) * 2 + noise) as u8]
        })
        .collect()
}

fn photograph(width: u16, height: u16, sampling: SamplingFactor, interval: u16) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 88);
    encoder.set_sampling_factor(sampling);
    // The encoder cannot do both.
    encoder.set_optimized_huffman_tables(interval == 0);
    if interval > 0 {
        encoder.set_restart_interval(interval);
    }
    encoder.encode(&pixels(width.into(), height.into()), width, height, ColorType::Rgb).unwrap();
    out
}

fn decoded(bytes: &[u8]) -> image::DynamicImage {
    image::load_from_memory_with_format(bytes, image::ImageFormat::Jpeg).unwrap()
}

fn gray() -> Vec<u8> {
    let mut out = Vec::new();
    let samples: Vec<u8> = pixels(33, 17).chunks(3).map(|pixel| pixel[0]).collect();
    Encoder::new(&mut out, 70).encode(&samples, 33, 17, ColorType::Luma).unwrap();
    out
}

#[test]
fn samples_stay_and_nothing_else_does() {
    let mut all = vec![gray()];
    for sampling in
        [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_2_2, SamplingFactor::F_1_2]
    {
        for (width, height) in [(8, 8), (40, 30), (129, 65)] {
            all.extend([0, 1, 4].map(|interval| photograph(width, height, sampling, interval)));
        }
    }
    for given in all {
        let copied = copied(&given, 1 << 20).unwrap();
        assert!(!copied.has_metadata && !copied.has_trailing_bytes);
        assert_eq!(decoded(&copied.bytes), decoded(&given));
        // What is clean stays as it is.
        assert_eq!(super::copied(&copied.bytes, 1 << 20).unwrap().bytes, copied.bytes);

        let words = b"\xff\xfe\x00\x07evil!\xff\xe1\x00\x0bExif\0\0abc";
        let loaded = [&given[..2], words, &given[2..], b"PK\x03\x04evil!"].concat();
        let clean = super::copied(&loaded, 1 << 20).unwrap();
        assert!(clean.has_metadata && clean.has_trailing_bytes);
        assert_eq!(clean.bytes, copied.bytes);
    }
}

/// Where the coded data of the only scan stands.
fn coded(bytes: &[u8]) -> (usize, usize) {
    let start = bytes.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let start = start + 2 + usize::from(bytes[start + 3]);
    (start, entropy_end(bytes, start).unwrap())
}

#[test]
fn what_hides_or_is_of_another_sort_is_not_copied() {
    let plain = photograph(40, 30, SamplingFactor::F_2_2, 0);
    let (start, end) = coded(&plain);
    let mut progressive = Vec::new();
    let mut encoder = Encoder::new(&mut progressive, 88);
    encoder.set_progressive(true);
    encoder.encode(&pixels(40, 30), 40, 30, ColorType::Rgb).unwrap();
    let ink = {
        let mut out = Vec::new();
        Encoder::new(&mut out, 88).encode(&[9; 400], 10, 10, ColorType::Cmyk).unwrap();
        out
    };
    let segment = |marker: u8, content: &[u8]| {
        let head = [&[0xFF, marker], (content.len() as u16 + 2).to_be_bytes().as_slice()].concat();
        [&plain[..2], &head, content, &plain[2..]].concat()
    };
    // A second description of the picture.
    let frame = plain.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let rows = [
        ("behind the last block", [&plain[..end], b"evil", &plain[end..]].concat()),
        ("behind the last block, as a fill", [&plain[..end], b"\xff\x00", &plain[end..]].concat()),
        ("cut off", [&plain[..end - 4], &plain[end..]].concat()),
        ("no end", plain[..end].to_vec()),
        ("no scan", [&plain[..start - 14], b"\xff\xd9"].concat()),
        ("twice", [&plain[..frame], &plain[frame..frame + 19], &plain[frame..]].concat()),
        ("a restart that nobody announced", [&plain[..start + 9], b"\xff\xd0", &plain[start + 9..]].concat()),
        ("several passes", progressive),
        ("ink", ink),
        ("profile", segment(0xE2, b"ICC_PROFILE\0\x01\x01")),
        (
            "on its side",
            segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"),
        ),
        ("steps with a tail", segment(0xDB, &[&[0], [1; 64].as_slice(), b"tail"].concat())),
        ("codes with a tail", segment(0xC4, &[&[0, 1], [0; 15].as_slice(), b"\0tail"].concat())),
        ("too many codes", segment(0xC4, &[&[0, 3], [0; 15].as_slice(), b"abc"].concat())),
        ("another interval", segment(0xDD, &[0, 4, 0])),
        ("arithmetic coding", segment(0xCC, &[0, 0])),
    ];
    for (what, bytes) in rows {
        assert!(copied(&bytes, 1 << 20).is_none(), "{what}");
    }
    assert!(copied(&plain, 40 * 30 - 1).is_none());
    assert!(copied(&plain, 40 * 30).is_some());
    // Tables that no scan uses do not come out.
    let unused = segment(0xDB, &[&[3], b"0123456789abcdef".repeat(4).as_slice()].concat());
    assert_eq!(copied(&unused, 1 << 20).unwrap().bytes, copied(&plain, 1 << 20).unwrap().bytes);
}

#[test]
fn whatever_is_broken_what_comes_out_decodes() {
    for sample in [photograph(40, 30, SamplingFactor::F_2_2, 3), gray()] {
        for at in 0..sample.len() {
            for flip in [0x01, 0x5A] {
                let mut broken = sample.clone();
                broken[at] ^= flip;
                for bytes in [&sample[..at], &broken] {
                    if let Some(clean) = copied(bytes, 1 << 20) {
                        decoded(&clean.bytes);
                    }
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..300), keep in 0..700usize) {
        let sample = gray();
        let head = &sample[..keep.min(sample.len())];
        if let Some(clean) = copied(&[head, &bytes].concat(), 1 << 20) {
            decoded(&clean.bytes);
        }
    }
}
