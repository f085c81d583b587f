//! Pictures as pages of a PDF.
//!
//! Owns: how large a page is, the colour of the paper, and what becomes of pictures that move.
//! Leaves to others: decoding (one module for each format), the PDF (`picture_pdf`).

use image::{DynamicImage, RgbImage};
use worker_protocol::{Fidelity, Kept, Kind, Reason, Road, Threat};

use super::{Picture, Raster};
use crate::picture_pdf::{PagePicture, PicturePdf};
use crate::{Rebuilt, Refusal, Work};

/// Points of an inch.
const INCH: f64 = 72.0;

/// Dots in an inch of a picture that does not say how large it is.
const DOTS_PER_INCH: f64 = 96.0;

/// The longest side of a page that readers show, in points.
const SIDE_MAX: f64 = 14_400.0;

/// The shortest side of a page, in points.
const SIDE_MIN: f64 = 3.0;

/// A PDF with a page for each page of the picture. Of one that moves there is one page, which the report says.
pub(super) fn document(picture: Picture, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    let before = picture.pages();
    let pages: Vec<Raster> = match picture {
        Picture::Tiff(pages) => pages.into_iter().map(|page| page.picture).collect(),
        moving => moving.into_first().into_iter().collect(),
    };
    let after = pages.len() as u64;
    if after < before {
        work.findings.add(Threat::Multimedia, "#frames");
    }
    let mut document = PicturePdf::new();
    for page in pages {
        document.add(on_paper(&page)?)?;
    }
    let clean = document.finish(work.job.mark.as_ref())?;
    // What was written must be a document of as many pages to a reader that starts from its bytes.
    let again = lopdf::Document::load_mem(&clean).map_err(|_| Refusal::held(Reason::VerifyFailed))?;
    if again.get_pages().len() as u64 != after {
        return Err(Refusal::held(Reason::VerifyFailed));
    }
    let pages = Kept { before, after };
    let fidelity = Some(Fidelity { pages, pictures: pages, ..Fidelity::default() });
    Ok(Rebuilt { road: Road::Pictures, fidelity, ..Rebuilt::same(clean, Kind::Pdf) })
}

/// A picture as large as it says, on white paper where it is transparent.
fn on_paper(picture: &Raster) -> Result<PagePicture, Refusal> {
    let failed = Refusal::held(Reason::VerifyFailed);
    if !picture.is_sound() {
        return Err(failed);
    }
    let over_white = |colour: u8, alpha: u8| {
        let mixed = u32::from(colour) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
        u8::try_from((mixed + 127) / 255).unwrap_or(255)
    };
    let rgb: Vec<u8> = picture
        .rgba8()
        .chunks_exact(4)
        .flat_map(|pixel| match pixel {
            [red, green, blue, alpha] => [*red, *green, *blue].map(|colour| over_white(colour, *alpha)),
            _ => [255; 3],
        })
        .collect();
    let pixels = RgbImage::from_raw(picture.width, picture.height, rgb).ok_or(failed)?;
    let (across, down) =
        picture.density.and_then(|density| density.per_inch()).unwrap_or((DOTS_PER_INCH, DOTS_PER_INCH));
    let (width, height) = (f64::from(picture.width) * INCH / across, f64::from(picture.height) * INCH / down);
    // Both sides alike, so that the shape stays.
    let scale = (SIDE_MAX / width.max(height)).min(1.0);
    #[expect(clippy::cast_possible_truncation, reason = "bounded on both sides")]
    let side = |points: f64| (points * scale).clamp(SIDE_MIN, SIDE_MAX) as f32;
    Ok(PagePicture { picture: DynamicImage::ImageRgb8(pixels), width: side(width), height: side(height) })
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgba, RgbaImage};
    use worker_protocol::{Kind, Mode, Preview, Reason, Road, Threat, Verdict};

    use crate::trial;

    fn picture(format: ImageFormat) -> Vec<u8> {
        // One half see-through red, one half blue.
        let pixels =
            RgbaImage::from_fn(
                64,
                32,
                |x, _| if x < 32 { Rgba([255, 0, 0, 128]) } else { Rgba([0, 0, 255, 255]) },
            );
        let pixels = image::DynamicImage::ImageRgba8(pixels);
        let pixels = match format {
            ImageFormat::Jpeg | ImageFormat::Bmp => image::DynamicImage::ImageRgb8(pixels.to_rgb8()),
            _ => pixels,
        };
        if format == ImageFormat::WebP {
            let mut out = Vec::new();
            let encoder = image_webp::WebPEncoder::new(&mut out);
            encoder.encode(pixels.as_bytes(), 64, 32, image_webp::ColorType::Rgba8).unwrap();
            return out;
        }
        let mut out = std::io::Cursor::new(Vec::new());
        pixels.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[test]
    fn every_picture_becomes_a_page() {
        let rows = [
            ("a.png", ImageFormat::Png),
            ("a.jpg", ImageFormat::Jpeg),
            ("a.gif", ImageFormat::Gif),
            ("a.bmp", ImageFormat::Bmp),
            ("a.tif", ImageFormat::Tiff),
            ("a.webp", ImageFormat::WebP),
        ];
        for (name, format) in rows {
            let mut job = trial::job_in(name, Mode::ImagePdf);
            job.mark = Some(trial::mark("機密性2", "c2"));
            let outcome = trial::run(&job, &picture(format));
            let report = &outcome.report;
            assert_eq!(
                (report.clean_kind, report.road),
                (Some(Kind::Pdf), Some(Road::Pictures)),
                "{name} {report:?}"
            );
            assert_eq!((report.verdict, report.clean_name.as_str()), (Verdict::Clean, "a.pdf"), "{name}");
            assert!(!trial::has(&outcome, Threat::MarkNotPossible));
            let clean = outcome.clean.unwrap();
            let (shown, pages) = crate::preview(Kind::Pdf, &clean, &job.limits).unwrap();
            assert_eq!(shown, Preview::Pages { shown: 1, total: 1 }, "{name}");
            let drawn = image::load_from_memory(&pages[0]).unwrap().to_rgb8();
            let blue = drawn.get_pixel(drawn.width() * 3 / 4, drawn.height() / 2).0;
            assert!(blue[2] > 200 && blue[0] < 60, "{name} {blue:?}");
            if format == ImageFormat::Png {
                let pale = drawn.get_pixel(drawn.width() / 4, drawn.height() / 2).0;
                assert!(pale[0] > 240 && (100..160).contains(&pale[1]), "{pale:?}");
            }
            // The result is a file like any other.
            let again = trial::run(&trial::job("a.pdf"), &clean);
            assert_eq!(again.report.verdict, Verdict::Clean, "{name} {:?}", again.report);
        }
    }

    #[test]
    fn what_moves_is_one_page_and_damage_is_held() {
        let frame = |colour: u8| {
            let pixels = RgbaImage::from_pixel(8, 8, Rgba([colour, 0, 0, 255]));
            image::Frame::from_parts(pixels, 0, 0, image::Delay::from_numer_denom_ms(100, 1))
        };
        let mut bytes = Vec::new();
        image::codecs::gif::GifEncoder::new(&mut bytes).encode_frames([frame(0), frame(255)]).unwrap();
        let job = trial::job_in("a.gif", Mode::ImagePdf);
        let outcome = trial::run(&job, &bytes);
        assert!(trial::has(&outcome, Threat::Multimedia));
        let pages = outcome.report.fidelity.unwrap().pages;
        assert_eq!((outcome.report.verdict, pages.before, pages.after), (Verdict::Partial, 2, 1));
        for length in (10..bytes.len()).step_by(7) {
            assert!(!trial::run(&job, &bytes[..length]).report.hands_over(), "{length}");
        }
        // There are no fonts here to draw a drawing with.
        let drawing =
            trial::run(&trial::job_in("a.svg", Mode::ImagePdf), b"<svg xmlns='http://www.w3.org/2000/svg'/>");
        assert_eq!(drawing.report.reason, Some(Reason::NotRebuilt));
    }
}
