//! PNG and JPEG, written anew from their pixels.
//!
//! Owns: decoding under a bound, turning a photograph the right way up, encoding. What is not a pixel stays behind:
//! metadata, thumbnails, comments, bytes after the end.
//! Leaves to others: pictures inside documents call in here with their part name as the place.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageEncoder};
use worker_protocol::{Reason, Threat};

use crate::{Refusal, Work};

/// The two formats that are read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Png,
    Jpeg,
}

/// Quality of JPEG output: high enough that a scanned form read again stays legible.
const JPEG_QUALITY: u8 = 92;

/// Decodes and encodes one picture. `place` names it in findings.
pub(crate) fn rebuild(
    untrusted: &[u8],
    format: Format,
    place: &str,
    work: &mut Work<'_>,
) -> Result<Vec<u8>, Refusal> {
    let picture = decode(untrusted, format, place, work)?;
    if has_trailing_bytes(untrusted, format) {
        work.findings.add(Threat::HiddenData, &format!("{place}#trailing"));
    }
    encode(&picture, format)
}

/// A picture inside a document, in whatever raster format it is. PNG and JPEG keep their format, others become PNG.
pub(crate) fn rebuild_any(
    untrusted: &[u8],
    place: &str,
    work: &mut Work<'_>,
) -> Result<(Vec<u8>, Format), Refusal> {
    let damaged = |_| Refusal::held(Reason::Damaged);
    let reader = Cursor::new(untrusted);
    let picture = match image::guess_format(untrusted).map_err(|_| Refusal::held(Reason::UnknownKind))? {
        image::ImageFormat::Png => return Ok((rebuild(untrusted, Format::Png, place, work)?, Format::Png)),
        image::ImageFormat::Jpeg => {
            return Ok((rebuild(untrusted, Format::Jpeg, place, work)?, Format::Jpeg));
        }
        image::ImageFormat::Gif => {
            decode_bounded(image::codecs::gif::GifDecoder::new(reader).map_err(damaged)?, place, work)?
        }
        image::ImageFormat::Bmp => {
            decode_bounded(image::codecs::bmp::BmpDecoder::new(reader).map_err(damaged)?, place, work)?
        }
        image::ImageFormat::Tiff => {
            decode_bounded(image::codecs::tiff::TiffDecoder::new(reader).map_err(damaged)?, place, work)?
        }
        _ => return Err(Refusal::held(Reason::UnknownKind)),
    };
    Ok((encode(&picture, Format::Png)?, Format::Png))
}

fn decode(
    untrusted: &[u8],
    format: Format,
    place: &str,
    work: &mut Work<'_>,
) -> Result<DynamicImage, Refusal> {
    let damaged = |_| Refusal::held(Reason::Damaged);
    let reader = Cursor::new(untrusted);
    match format {
        Format::Png => {
            let decoder = image::codecs::png::PngDecoder::new(reader).map_err(damaged)?;
            if decoder.is_apng().map_err(damaged)? {
                work.findings.add(Threat::Multimedia, &format!("{place}#animation"));
            }
            decode_bounded(decoder, place, work)
        }
        Format::Jpeg => {
            decode_bounded(image::codecs::jpeg::JpegDecoder::new(reader).map_err(damaged)?, place, work)
        }
    }
}

fn decode_bounded(
    mut decoder: impl ImageDecoder,
    place: &str,
    work: &mut Work<'_>,
) -> Result<DynamicImage, Refusal> {
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > work.budget.limits.pixels_max {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    work.budget.spend(decoder.total_bytes())?;
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(decoder.total_bytes().saturating_mul(3).max(64 << 20));
    decoder.set_limits(limits).map_err(|_| Refusal::held(Reason::TooComplex))?;
    let has_metadata = matches!(decoder.exif_metadata(), Ok(Some(_)))
        || matches!(decoder.xmp_metadata(), Ok(Some(_)))
        || matches!(decoder.iptc_metadata(), Ok(Some(_)));
    if has_metadata {
        work.findings.add(Threat::Metadata, &format!("{place}#metadata"));
    }
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| Refusal::held(Reason::Damaged))?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn encode(picture: &DynamicImage, format: Format) -> Result<Vec<u8>, Refusal> {
    let failed = |_| Refusal::held(Reason::VerifyFailed);
    let mut out = Vec::new();
    match format {
        Format::Png => {
            let encoder = image::codecs::png::PngEncoder::new(&mut out);
            picture.write_with_encoder(encoder).map_err(failed)?;
        }
        Format::Jpeg => {
            let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY);
            match picture {
                DynamicImage::ImageLuma8(_) => picture.write_with_encoder(encoder).map_err(failed)?,
                _ => {
                    let rgb = picture.to_rgb8();
                    encoder
                        .write_image(&rgb, rgb.width(), rgb.height(), image::ExtendedColorType::Rgb8)
                        .map_err(failed)?;
                }
            }
        }
    }
    Ok(out)
}

/// A picture for an approver: at most `side_max` pixels wide and high, as PNG. From clean bytes.
pub(crate) fn scaled_png(clean: &[u8], format: Format, side_max: u32) -> Option<Vec<u8>> {
    let format = match format {
        Format::Png => image::ImageFormat::Png,
        Format::Jpeg => image::ImageFormat::Jpeg,
    };
    let picture = image::load_from_memory_with_format(clean, format).ok()?;
    let picture = if picture.width().max(picture.height()) > side_max {
        picture.thumbnail(side_max, side_max)
    } else {
        picture
    };
    encode(&DynamicImage::ImageRgba8(picture.to_rgba8()), Format::Png).ok()
}

/// A small grey PNG that stands where a picture could not be kept.
pub(crate) fn placeholder() -> Result<Vec<u8>, Refusal> {
    let grey = image::GrayImage::from_pixel(32, 32, image::Luma([0xD9]));
    encode(&DynamicImage::ImageLuma8(grey), Format::Png)
}

fn has_trailing_bytes(untrusted: &[u8], format: Format) -> bool {
    match format {
        Format::Png => {
            let mut at = 8usize;
            while let Some(header) = untrusted.get(at..at.saturating_add(8)) {
                let [a, b, c, d, kind @ ..] = header else { return false };
                let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
                at = at.saturating_add(length).saturating_add(12);
                if kind == b"IEND" {
                    return at < untrusted.len();
                }
            }
            false
        }
        Format::Jpeg => !untrusted.ends_with(b"\xff\xd9"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounded::Budget;
    use crate::findings::Findings;
    use worker_protocol::{FilePolicy, Hint, Job, Limits};

    fn sample(format: Format, width: u32, height: u32) -> Vec<u8> {
        let picture = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 128]));
        encode(&DynamicImage::ImageRgb8(picture), format).unwrap()
    }

    fn run(bytes: &[u8], format: Format, pixels_max: u64) -> (Result<Vec<u8>, Refusal>, Vec<Threat>) {
        let limits = Limits { pixels_max, ..Limits::default() };
        let job = Job {
            hint: Hint::default(),
            policy: FilePolicy::default(),
            limits,
            want_preview: false,
            mark: None,
            notes: worker_protocol::Notes::default(),
        };
        let mut budget = Budget::new(limits);
        let mut work = Work {
            job: &job,
            budget: &mut budget,
            findings: Findings::default(),
            depth: 0,
            progress: &mut |_, _| (),
        };
        let rebuilt = rebuild(bytes, format, "", &mut work);
        (rebuilt, work.findings.into_list().0.into_iter().map(|r| r.what).collect())
    }

    #[test]
    fn pixels_stay_and_the_rest_goes() {
        let png = sample(Format::Png, 40, 30);
        let glued = [png.clone(), b"PK\x03\x04".to_vec()].concat();
        let (clean, threats) = run(&glued, Format::Png, 10_000);
        assert_eq!(threats, [Threat::HiddenData]);
        let clean = image::load_from_memory(&clean.unwrap()).unwrap();
        assert_eq!(clean, image::load_from_memory(&png).unwrap());
        assert_eq!(run(&png, Format::Png, 1000).0, Err(Refusal::blocked(Reason::TooComplex)));
        assert_eq!(run(&png[..60], Format::Png, 10_000).0, Err(Refusal::held(Reason::Damaged)));
    }

    #[test]
    fn a_photograph_is_turned_the_right_way_up() {
        let plain = sample(Format::Jpeg, 40, 30);
        // An EXIF block with one entry: orientation 6, a quarter turn.
        let exif: &[u8] = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let turned = [&plain[..2], b"\xff\xe1", &length, exif, &plain[2..]].concat();
        let (clean, threats) = run(&turned, Format::Jpeg, 10_000);
        let clean = clean.unwrap();
        let picture = image::load_from_memory(&clean).unwrap();
        assert_eq!((picture.width(), picture.height()), (30, 40));
        assert_eq!(threats, [Threat::Metadata]);
        assert!(!clean.windows(4).any(|w| w == b"Exif"));
    }
}
