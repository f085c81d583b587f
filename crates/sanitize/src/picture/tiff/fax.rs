//! Black and white pages as fax machines code them (ITU-T T.4 and T.6).
//!
//! Owns: decoding groups 3 and 4 out of a TIFF's strips; encoding group 4.
//! Leaves to others: the tags around them.

use fax::encoder::Encoder;
use fax::{Color, VecWriter};
use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};
use worker_protocol::Reason;

use super::directory::Directory;
use crate::Refusal;
use crate::picture::raster::{Layout, Raster};

/// Rows as they come, one byte a pixel: 1 is white.
struct Rows {
    width: usize,
    pixels: Vec<u8>,
    black: u8,
}

impl hayro_ccitt::Decoder for Rows {
    fn push_row(&mut self, changes: &[u32]) {
        let mut value = 1 - self.black;
        let mut at = 0usize;
        let ends = changes.iter().map(|c| *c as usize).chain(std::iter::once(self.width));
        for end in ends {
            let end = end.min(self.width);
            self.pixels.extend(std::iter::repeat_n(value, end.saturating_sub(at)));
            at = end.max(at);
            value = 1 - value;
        }
    }
}

pub(super) fn decode(untrusted: &[u8], page: &Directory, width: u32, height: u32) -> Result<Raster, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    if width == 0 || height == 0 {
        return Err(damaged);
    }
    let one = |tag| page.number(untrusted, tag, 0);
    if one(258).unwrap_or(1) != 1 || one(277).unwrap_or(1) != 1 || page.count(324) > 0 {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let compression = one(259);
    let options = one(292).unwrap_or(0);
    let (encoding, aligned, end_of_line) = match compression {
        Some(2) => (EncodingMode::Group3_1D, true, false),
        Some(3) if options & 1 != 0 => (EncodingMode::Group3_2D, false, true),
        Some(3) => (EncodingMode::Group3_1D, false, true),
        _ => (EncodingMode::Group4, false, false),
    };
    let is_reversed = one(266) == Some(2);
    // In a file that says 0 is black the coded black is its white.
    let is_white_zero = one(262).unwrap_or(0) == 0;
    let rows_per_strip = one(278).map_or(u64::from(height), |r| r.clamp(1, u64::from(height).max(1)));
    let strips = u64::from(height).div_ceil(rows_per_strip);
    let mut rows = Rows {
        width: width as usize,
        pixels: Vec::with_capacity(width as usize * height as usize),
        black: if is_white_zero { 0 } else { 1 },
    };
    let mut left = u64::from(height);
    for strip in 0..strips {
        let strip = usize::try_from(strip).map_err(|_| damaged)?;
        let part = |tag| page.number(untrusted, tag, strip).and_then(|v| usize::try_from(v).ok());
        let at = part(273).ok_or(damaged)?;
        // A page of one strip may leave its length out.
        let length = part(279).unwrap_or(untrusted.len().saturating_sub(at));
        let coded = untrusted.get(at..at.checked_add(length).ok_or(damaged)?).ok_or(damaged)?;
        let turned: Vec<u8>;
        let coded = if is_reversed {
            turned = coded.iter().map(|b| b.reverse_bits()).collect();
            &turned
        } else {
            coded
        };
        let wanted = left.min(rows_per_strip);
        left -= wanted;
        let settings = DecodeSettings {
            columns: width,
            rows: u32::try_from(wanted).map_err(|_| damaged)?,
            end_of_block: true,
            end_of_line,
            rows_are_byte_aligned: aligned,
            encoding,
            strict: false,
        };
        let before = rows.pixels.len();
        // What decoded before an error counts: a line lost on the telephone is no reason to lose the page.
        let _ = hayro_ccitt::decode(coded, &mut rows, &mut DecoderContext::new(settings));
        let wanted = usize::try_from(wanted).map_err(|_| damaged)? * width as usize;
        let got = rows.pixels.len() - before;
        if got == 0 || got < wanted / 100 * 98 {
            return Err(damaged);
        }
        rows.pixels.resize(before + wanted, 1);
    }
    Ok(Raster::new(width, height, Layout::Gray, 1, rows.pixels))
}

/// Group 4, white as 0.
pub(super) fn encode(picture: &Raster) -> Result<Vec<u8>, Refusal> {
    let failed = |_| Refusal::held(Reason::VerifyFailed);
    let width = u16::try_from(picture.width).map_err(|_| Refusal::held(Reason::TooComplex))?;
    let mut encoder = Encoder::new(VecWriter::new());
    for row in picture.samples.chunks_exact(usize::from(width).max(1)) {
        let pixels = row.iter().map(|v| if *v == 0 { Color::Black } else { Color::White });
        encoder.encode_line(pixels, width).map_err(|e: std::convert::Infallible| failed(e))?;
    }
    let writer = encoder.finish().map_err(|e: std::convert::Infallible| failed(e))?;
    Ok(writer.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn group_4_is_read_back_as_it_was(
            width in 1u32..3000,
            runs in proptest::collection::vec(1usize..400, 1..60),
        ) {
            // Runs of either colour, wrapped into rows.
            let pixels: Vec<u8> = runs
                .iter()
                .enumerate()
                .flat_map(|(i, run)| std::iter::repeat_n(u8::from(i % 2 == 0), *run))
                .collect();
            let height = (pixels.len() as u32).div_ceil(width);
            let mut pixels = pixels;
            pixels.resize((width * height) as usize, 1);
            let picture = Raster::new(width, height, Layout::Gray, 1, pixels);
            let coded = encode(&picture).unwrap();
            let mut rows = Rows { width: width as usize, pixels: Vec::new(), black: 0 };
            let settings = DecodeSettings {
                columns: width,
                rows: height,
                end_of_block: true,
                end_of_line: false,
                rows_are_byte_aligned: false,
                encoding: EncodingMode::Group4,
                strict: true,
            };
            hayro_ccitt::decode(&coded, &mut rows, &mut DecoderContext::new(settings)).unwrap();
            prop_assert_eq!(rows.pixels, picture.samples);
        }
    }
}
