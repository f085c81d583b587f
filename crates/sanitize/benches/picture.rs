//! Sanitising a photograph, a screenshot and a fax page, against decoding and encoding them with the same codecs.
//!
//! Owns: the samples, made here, and the peers. What a peer leaves out is what sanitising adds: looking at every marker,
//! profiles, leaving out what a picture does not need, and reading the result again.

use divan::Bencher;
use worker_protocol::{FilePolicy, Hint, Job, Limits};
use zune_jpeg::zune_core::bytestream::ZCursor;

fn main() {
    divan::main();
}

const WIDTH: u16 = 1600;
const HEIGHT: u16 = 1200;

/// Smooth colour with some noise, as a camera sees it.
fn photograph() -> Vec<u8> {
    let mut noise = 12_345u32;
    let mut samples = Vec::new();
    for y in 0..u32::from(HEIGHT) {
        for x in 0..u32::from(WIDTH) {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = noise >> 29;
            for value in [x * 200 / 1600, y * 200 / 1200, (x + y) * 200 / 2800] {
                samples.push(u8::try_from(value + grain).unwrap_or(255));
            }
        }
    }
    samples
}

/// Flat areas and sharp edges.
fn screenshot() -> Vec<u8> {
    let mut samples = Vec::new();
    for y in 0..u32::from(HEIGHT) {
        for x in 0..u32::from(WIDTH) {
            let is_ink = (y / 14) % 2 == 0 && (x * x / 97 + y * 3) % 11 < 3;
            samples.extend_from_slice(if is_ink { &[30, 30, 40] } else { &[250, 250, 245] });
        }
    }
    samples
}

fn jpeg_of(samples: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 85);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_2_0);
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(samples, WIDTH, HEIGHT, jpeg_encoder::ColorType::Rgb).ok();
    out
}

fn png_of(samples: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, WIDTH.into(), HEIGHT.into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Balanced);
    if let Ok(mut writer) = encoder.write_header() {
        writer.write_image_data(samples).ok();
    }
    out
}

fn sanitised(name: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let job = Job {
        hint: Hint { untrusted_name: name.to_owned(), passwords: Vec::new() },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: Default::default(),
    };
    let clean = sanitize::sanitise(&job, bytes.to_vec(), &mut |_, _| ()).clean;
    assert!(clean.is_some(), "{name} came through");
    clean
}

fn png_samples(bytes: &[u8]) -> Vec<u8> {
    let Ok(mut reader) = png::Decoder::new(std::io::Cursor::new(bytes)).read_info() else {
        return Vec::new();
    };
    let mut samples = vec![0; reader.output_buffer_size().unwrap_or(0)];
    reader.next_frame(&mut samples).ok();
    samples
}

#[divan::bench]
fn jpeg_sanitised(bencher: Bencher<'_, '_>) {
    let bytes = jpeg_of(&photograph());
    bencher.bench_local(|| sanitised("a.jpg", &bytes));
}

#[divan::bench]
fn jpeg_recoded(bencher: Bencher<'_, '_>) {
    let bytes = jpeg_of(&photograph());
    bencher.bench_local(|| {
        let samples = zune_jpeg::JpegDecoder::new(ZCursor::new(&bytes)).decode().unwrap_or_default();
        jpeg_of(&samples)
    });
}

#[divan::bench]
fn photograph_png_sanitised(bencher: Bencher<'_, '_>) {
    let bytes = png_of(&photograph());
    bencher.bench_local(|| sanitised("a.png", &bytes));
}

#[divan::bench]
fn photograph_png_recoded(bencher: Bencher<'_, '_>) {
    let bytes = png_of(&photograph());
    bencher.bench_local(|| png_of(&png_samples(&bytes)));
}

#[divan::bench]
fn screenshot_png_sanitised(bencher: Bencher<'_, '_>) {
    let bytes = png_of(&screenshot());
    bencher.bench_local(|| sanitised("a.png", &bytes));
}

#[divan::bench]
fn screenshot_png_recoded(bencher: Bencher<'_, '_>) {
    let bytes = png_of(&screenshot());
    bencher.bench_local(|| png_of(&png_samples(&bytes)));
}
