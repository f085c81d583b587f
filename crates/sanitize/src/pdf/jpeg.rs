//! JPEG, marker by marker.
//!
//! Owns: keeping the markers that make the picture and nothing else; seeing whether it decodes.
//! Leaves to others: JPEG files of their own (`picture`).

use image::{DynamicImage, ImageDecoder};
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// A picture with nothing in it but what draws it.
pub(super) struct Rewritten {
    pub(super) bytes: Vec<u8>,
    pub(super) channels: u8,
    pub(super) had_metadata: bool,
    pub(super) had_trailing_bytes: bool,
}

/// `None` if the markers do not make a picture.
pub(super) fn rewritten(bytes: &[u8]) -> Option<Rewritten> {
    let mut at = bytes.windows(3).take(4096).position(|w| w == b"\xff\xd8\xff")? + 2;
    let mut out = b"\xff\xd8".to_vec();
    let (mut channels, mut had_metadata, mut has_ended) = (None, false, false);
    while let Some(marker) = next_marker(bytes, &mut at) {
        match marker {
            0xD9 => {
                has_ended = true;
                break;
            }
            0x01 | 0xD0..=0xD8 => continue,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        let segment = bytes.get(at + 2..at.checked_add(length)?)?;
        at += length;
        match marker {
            // How the picture was meant to be coloured hangs on whether this marker is there, not on its content.
            0xE0 if segment.starts_with(b"JFIF\0") => {
                out.extend_from_slice(b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
            }
            0xEE if segment.starts_with(b"Adobe") && segment.len() >= 12 => {
                out.extend_from_slice(&[0xFF, 0xEE, 0, 14]);
                out.extend_from_slice(segment.get(..12)?);
            }
            0xE0..=0xEF | 0xFE => had_metadata = true,
            0xC0..=0xCF | 0xDA | 0xDB | 0xDC | 0xDD => {
                if matches!(marker, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF) {
                    channels = segment.get(5).copied();
                }
                out.extend_from_slice(&[0xFF, marker]);
                out.extend_from_slice(&u16::try_from(length).ok()?.to_be_bytes());
                out.extend_from_slice(segment);
                if marker == 0xDA {
                    let rest = bytes.get(at..)?;
                    let end = end_of_scan(rest);
                    out.extend_from_slice(rest.get(..end)?);
                    at += end;
                }
            }
            _ => return None,
        }
    }
    out.extend_from_slice(b"\xff\xd9");
    let rest = bytes.get(at..).unwrap_or_default();
    let had_trailing_bytes =
        has_ended && rest.iter().any(|byte| !matches!(byte, 0 | b'\r' | b'\n' | b' ' | 0xFF));
    Some(Rewritten { bytes: out, channels: channels?, had_metadata, had_trailing_bytes })
}

fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    // Whatever stands between segments is not of the picture.
    loop {
        let rest = bytes.get(*at..)?;
        *at += rest.iter().position(|byte| *byte == 0xFF)? + 1;
        while bytes.get(*at) == Some(&0xFF) {
            *at += 1;
        }
        let marker = *bytes.get(*at)?;
        *at += 1;
        if marker != 0 {
            return Some(marker);
        }
    }
}

/// Where the coded data ends: at the next marker that is no restart.
fn end_of_scan(rest: &[u8]) -> usize {
    let is_marker =
        |at: &usize| rest.get(at + 1).is_some_and(|second| !matches!(second, 0 | 0xD0..=0xD7 | 0xFF));
    memchr::memchr_iter(0xFF, rest).find(is_marker).unwrap_or(rest.len())
}

/// Whether this decodes, to its end and to no more pixels than these. The brightness is made as it would be shown; of
/// colour the coded numbers are read, but not turned into pixels: that step only calculates and cannot fail, and it is
/// much of the work.
pub(super) fn decodes(bytes: &[u8], pixels_max: u64) -> bool {
    let options =
        DecoderOptions::default().set_max_width(usize::MAX).set_max_height(usize::MAX).set_strict_mode(false);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    if decoder.decode_headers().is_err() {
        return false;
    }
    let pixels = decoder.dimensions().map(|(width, height)| (width as u64).saturating_mul(height as u64));
    if pixels.is_none_or(|pixels| pixels > pixels_max) {
        return false;
    }
    if decoder.input_colorspace() == Some(ColorSpace::YCbCr) {
        decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::Luma));
    }
    decoder.decode().is_ok()
}

/// The pixels, if there are any and not too many.
pub(super) fn decoded(bytes: &[u8], pixels_max: u64) -> Option<DynamicImage> {
    let mut decoder = image::codecs::jpeg::JpegDecoder::new(std::io::Cursor::new(bytes)).ok()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > pixels_max {
        return None;
    }
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(decoder.total_bytes().saturating_mul(3).max(64 << 20));
    decoder.set_limits(limits).ok()?;
    DynamicImage::from_decoder(decoder).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_draws_stays() {
        let picture = image::RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8 * 6, y as u8 * 8, 90]));
        let mut plain = Vec::new();
        picture
            .write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut plain, 80))
            .unwrap();
        let exif = b"\xff\xe1\x00\x0cExif\0\0evil";
        let loaded = [&plain[..2], exif, &plain[2..], b"PK\x03\x04"].concat();
        let clean = rewritten(&loaded).unwrap();
        assert!(clean.had_metadata && clean.had_trailing_bytes);
        assert_eq!(clean.channels, 3);
        assert!(!clean.bytes.windows(4).any(|w| w == b"evil" || w == b"PK\x03\x04"));
        assert_eq!(decoded(&clean.bytes, 10_000), decoded(&plain, 10_000));
        assert!(decoded(&clean.bytes, 1_000).is_none() && !decodes(&clean.bytes, 1_000));
        let mut gray = Vec::new();
        image::DynamicImage::from(picture)
            .to_luma8()
            .write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut gray, 80))
            .unwrap();
        for sample in [plain, gray] {
            // Whatever is broken: the short look says what the long one says.
            for at in 0..sample.len() {
                let mut broken = sample.clone();
                broken[at] ^= 0x5a;
                for bytes in [&sample[..at], &broken] {
                    if let Some(clean) = rewritten(bytes) {
                        assert_eq!(
                            decodes(&clean.bytes, 10_000),
                            decoded(&clean.bytes, 10_000).is_some(),
                            "{at}"
                        );
                    }
                }
            }
        }
    }
}
