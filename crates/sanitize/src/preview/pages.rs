//! Pages of a clean PDF as PNG.
//!
//! Owns: drawing the first pages at a size an approver can read.
//! Leaves to others: everything about safety: this is the code most likely to die, and it runs last for that reason.

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use worker_protocol::Preview;
use worker_protocol::frame::{PAGE_BYTES_MAX, PAGES_SHOWN_MAX};

/// The longest side of a drawn page, in pixels: A4 at about 85 dots per inch.
const SIDE_MAX: f32 = 1000.0;

pub(super) fn draw(clean: &[u8]) -> Option<(Preview, Vec<Vec<u8>>)> {
    let pdf = Pdf::new(clean.to_vec()).ok()?;
    let pages = pdf.pages();
    let total = u32::try_from(pages.len()).ok()?;
    let cache = RenderCache::new();
    let mut drawn = Vec::new();
    for page in pages.iter().take(PAGES_SHOWN_MAX as usize) {
        let (width, height) = page.render_dimensions();
        let longest = width.max(height);
        if !longest.is_finite() || longest < 1.0 {
            break;
        }
        let scale = (SIDE_MAX / longest).min(1.2);
        if width * scale < 1.0 || height * scale < 1.0 {
            break;
        }
        let size = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
        let pixels =
            hayro::render(page, &cache, &InterpreterSettings::default(), &RenderSettings::default(), &size);
        match pixels.into_png() {
            Ok(png) if png.len() as u64 <= PAGE_BYTES_MAX => drawn.push(png),
            _ => break,
        }
    }
    let shown = u32::try_from(drawn.len()).ok()?;
    (shown > 0).then_some((Preview::Pages { shown, total }, drawn))
}
