//! Pages of a clean PDF as pictures.
//!
//! Owns: the resolution, and the bounds on how large a page is drawn.
//! Leaves to others: drawing (hayro), making a PDF of the pictures (`picture_pdf`).

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use image::{DynamicImage, RgbImage};
use worker_protocol::Reason;
use worker_protocol::frame::Stage;

use crate::picture_pdf::{PagePicture, PicturePdf};
use crate::{Refusal, Work};

/// Dots per point: 150 to the inch, at which an official form stays legible.
const SCALE: f32 = 150.0 / 72.0;

/// The longest side in pixels: A2 at that resolution.
const SIDE_MAX: f32 = 3600.0;

/// A PDF of the pages' pictures.
pub(super) fn draw(clean: &[u8], work: &mut Work<'_>) -> Result<Vec<u8>, Refusal> {
    let failed = Refusal::held(Reason::VerifyFailed);
    let pdf = Pdf::new(clean.to_vec()).map_err(|_| failed)?;
    let total = pdf.pages().len().max(1);
    let mut drawn = PicturePdf::new();
    for (index, page) in pdf.pages().iter().enumerate() {
        let (width, height) = page.render_dimensions();
        let longest = width.max(height);
        if !longest.is_finite() || width < 0.5 || height < 0.5 {
            return Err(Refusal::held(Reason::Damaged));
        }
        let scale = (SIDE_MAX / longest).min(SCALE);
        let scale_to = |side: f32| if side * scale < 1.0 { 1.0 / side } else { scale };
        let size = PixmapSettings { x_scale: scale_to(width), y_scale: scale_to(height), bg_color: WHITE };
        // One cache for each page: what glyphs cost is little beside what a cache of thousands of pages holds.
        let cache = RenderCache::new();
        let pixels =
            hayro::render(page, &cache, &InterpreterSettings::default(), &RenderSettings::default(), &size);
        let (columns, rows) = (u32::from(pixels.width()), u32::from(pixels.height()));
        let rgb: Vec<u8> =
            pixels.data_as_u8_slice().chunks(4).flat_map(|pixel| pixel.iter().take(3).copied()).collect();
        let picture = RgbImage::from_raw(columns, rows, rgb).ok_or(failed)?;
        drawn.add(PagePicture { picture: DynamicImage::ImageRgb8(picture), width, height })?;
        if work.depth == 0 {
            let permille = u16::try_from((index + 1) * 1000 / total).unwrap_or(1000);
            (work.progress)(Stage::Rebuild, permille);
        }
    }
    drawn.finish(work.job.mark.as_ref())
}
