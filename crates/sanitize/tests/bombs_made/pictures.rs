//! Pictures that claim to be large, or have very many parts.
//!
//! Owns: claims of pixels in each format, and counts of frames, pages, scans and records.
//! Leaves to others: how they must end (`bombs`).

use std::io::Cursor;

use worker_protocol::Reason;

use crate::archives::{checksum, gzip};
use crate::{Bomb, bomb};

fn picture(format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::new(16, 16).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let inside = [name.as_slice(), content].concat();
    [&u32::try_from(content.len()).unwrap().to_be_bytes()[..], &inside, &checksum(&inside).to_be_bytes()]
        .concat()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A PNG of this size, in gray, with these chunks behind its header.
fn png(width: u32, height: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunks.concat(), chunk(b"IEND", b"")].concat()
}

fn longs(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn shorts(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn emf(body: &[u8], count: u32) -> Vec<u8> {
    let total = u32::try_from(108 + body.len() + 20).unwrap();
    [
        longs(&[1, 108, 0, 0, 100, 80, 0, 0, 2600, 2100]),
        b" EMF\0\0\x01\0".to_vec(),
        longs(&[total, count]),
        shorts(&[9, 0]),
        longs(&[0, 0, 0, 1920, 1080, 508, 286, 0, 0, 0, 508_000, 286_000]),
        body.to_vec(),
        longs(&[14, 20, 0, 16, 20]),
    ]
    .concat()
}

/// A GIF whose canvas is of this size, with many frames of one pixel.
fn gif(width: u16, height: u16, frames: usize) -> Vec<u8> {
    let frame = b"\x21\xf9\x04\x08\x01\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
    [
        b"GIF89a".to_vec(),
        shorts(&[width, height]),
        b"\x80\0\0\0\0\0\xff\xff\xff".to_vec(),
        frame.repeat(frames),
        b";".to_vec(),
    ]
    .concat()
}

/// A TIFF of many pages, or of one whose next page is itself.
fn tiff(pages: u32, circle: bool) -> Vec<u8> {
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    for page in 0..pages {
        let entry = |tag: u16, kind: u16, value: u32| [shorts(&[tag, kind]), longs(&[1, value])].concat();
        let at = u32::try_from(out.len()).unwrap();
        let entries =
            [(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 0), (277, 1), (278, 1), (279, 1)];
        out.extend(shorts(&[9]));
        entries.iter().for_each(|(tag, value)| out.extend(entry(*tag, 4, *value)));
        let next = if circle { 8 } else { at + 2 + 9 * 12 + 4 };
        out.extend(longs(&[if page + 1 == pages && !circle { 0 } else { next }]));
    }
    out
}

pub(crate) fn pictures() -> Vec<Bomb> {
    let mut jpeg = picture(image::ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
    let mut bmp = picture(image::ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&longs(&[0x7FFF_FFFF, 0x7FFF_FFFF]));
    let mut webp = Vec::new();
    image_webp::WebPEncoder::new(&mut webp)
        .encode(&[0; 16 * 16 * 3], 16, 16, image_webp::ColorType::Rgb8)
        .unwrap();
    let lossless = webp.windows(4).position(|w| w == b"VP8L").unwrap();
    webp[lossless + 9..lossless + 13].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0x0F]);
    let mut wide_tiff = tiff(1, false);
    wide_tiff[18..22].copy_from_slice(&[0xFF; 4]);
    let many_pixels = png(60_000, 60_000, &[chunk(b"IDAT", &zlib(&[0; 1 << 20]))]);
    let spoken = [b"Comment\0\0".to_vec(), zlib(&vec![b'a'; 64 << 20])].concat();
    let animated: Vec<Vec<u8>> =
        [chunk(b"acTL", &[0, 0, 0xFF, 0xFF, 0, 0, 0, 0]), chunk(b"IDAT", &zlib(&[0; 17 * 16]))]
            .into_iter()
            .chain((0..40_000u32).map(|n| {
                chunk(
                    b"fcTL",
                    &[&n.to_be_bytes()[..], &16u32.to_be_bytes(), &16u32.to_be_bytes(), &[0; 14]].concat(),
                )
            }))
            .collect();
    let polygons = [longs(&[8, 32, 0, 0, 9, 9, 0x4000_0000, 0x4000_0000])].concat();
    vec![
        bomb("a PNG of billions of pixels", "a.png", many_pixels, Some(Reason::TooComplex)),
        bomb(
            "a PNG with a packed comment",
            "a.png",
            png(16, 16, &[chunk(b"zTXt", &spoken), chunk(b"IDAT", &zlib(&[0; 17 * 16]))]),
            None,
        ),
        bomb(
            "a PNG with a packed profile",
            "a.png",
            png(
                16,
                16,
                &[
                    chunk(b"iCCP", &[b"p\0\0".to_vec(), zlib(&vec![0; 64 << 20])].concat()),
                    chunk(b"IDAT", &zlib(&[0; 17 * 16])),
                ],
            ),
            None,
        ),
        bomb(
            "a PNG that holds more than it claims",
            "a.png",
            png(16, 16, &[chunk(b"IDAT", &zlib(&vec![0; 200 << 20]))]),
            None,
        ),
        bomb("a PNG of many frames", "a.png", png(16, 16, &animated), Some(Reason::TooComplex)),
        bomb("a JPEG of billions of pixels", "a.jpg", jpeg, Some(Reason::TooComplex)),
        bomb("a JPEG of many scans", "a.jpg", scans(3_000), Some(Reason::Damaged)),
        bomb("a bitmap of billions of pixels", "a.bmp", bmp, Some(Reason::Damaged)),
        bomb("a WebP of many pixels", "a.webp", webp, Some(Reason::Damaged)),
        bomb("a TIFF of billions of pixels", "a.tif", wide_tiff, Some(Reason::TooComplex)),
        bomb("a TIFF of many pages", "a.tif", tiff(60_000, false), Some(Reason::TooComplex)),
        bomb("a TIFF whose next page is itself", "a.tif", tiff(1, true), Some(Reason::Damaged)),
        bomb("a GIF of billions of pixels", "a.gif", gif(65_535, 65_535, 1), Some(Reason::TooComplex)),
        bomb("a GIF of many frames on a large page", "a.gif", gif(3_000, 3_000, 4_000), None),
        bomb("a GIF of many frames", "a.gif", gif(1, 1, 60_000), Some(Reason::TooComplex)),
        bomb("a drawing of many records", "a.emf", emf(&longs(&[59, 8]).repeat(500_000), 500_002), None),
        bomb("a drawing that claims records", "a.emf", emf(&[], 0xFFFF_FFFF), None),
        bomb("a drawing that claims polygons", "a.emf", emf(&polygons, 3), None),
        bomb("a packed drawing", "a.emz", gzip(&emf(&vec![0; 40 << 20], 3), None), Some(Reason::Bomb)),
        bomb(
            "a drawing with a bitmap of billions of pixels",
            "a.emf",
            emf(&drawn(0x7FFF_FFFF), 3),
            Some(Reason::TooComplex),
        ),
    ]
}

/// A progressive picture in which one scan is repeated.
fn scans(count: usize) -> Vec<u8> {
    let quantisation = [b"\xff\xdb\0\x43\0".to_vec(), vec![1; 64]].concat();
    let frame = b"\xff\xc2\0\x0b\x08\x20\0\x20\0\x01\x01\x11\0".to_vec();
    // One code of one bit each for direct and alternating parts.
    let tables = b"\xff\xc4\0\x14\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xc4\0\x14\x10\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    let scan = b"\xff\xda\0\x08\x01\x01\0\x01\x3f\0\0".to_vec();
    [b"\xff\xd8".to_vec(), quantisation, frame, tables, scan.repeat(count), b"\xff\xd9".to_vec()].concat()
}

/// A record that draws a bitmap of this width and height.
fn drawn(size: u32) -> Vec<u8> {
    let info = [longs(&[40, size, size]), shorts(&[1, 24]), longs(&[0, 0, 0, 0, 0, 0])].concat();
    let fields =
        [longs(&[0, 0, 9, 9, 0, 0, 0, 0, 2, 2, 80, 40, 120, 16, 0, 0x00CC_0020, 9, 9]), info, vec![0; 16]]
            .concat();
    [longs(&[81, u32::try_from(fields.len() + 8).unwrap()]), fields].concat()
}
