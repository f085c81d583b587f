//! GIF, also animated.
//!
//! Owns: decoding every frame to its indices and writing frames, delays and loop anew, with the mark as a comment. Comments, foreign extensions,
//! colours that no pixel uses and bytes after the end stay behind.
//! Leaves to others: nothing; a GIF stays one, since no other format keeps an animation that every program shows.

use std::borrow::Cow;
use std::io::Cursor;

use worker_protocol::{Reason, Threat};

use super::raster::{Layout, Raster};
use super::{Choices, take_pixels};
use crate::{Refusal, Work, mark};

/// A decoded file.
pub(super) struct Gif {
    width: u16,
    height: u16,
    global: Option<Vec<u8>>,
    repeat: gif::Repeat,
    frames: Vec<gif::Frame<'static>>,
}

impl Gif {
    pub(super) fn frames(&self) -> u64 {
        self.frames.len() as u64
    }

    /// The first frame on its canvas.
    pub(super) fn first(&self) -> Option<Raster> {
        let frame = self.frames.first()?;
        let palette = frame.palette.as_ref().or(self.global.as_ref())?;
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        let mut samples = vec![0u8; width * height * 4];
        let rows = frame.buffer.chunks_exact(usize::from(frame.width).max(1));
        for (y, row) in rows.enumerate() {
            for (x, index) in row.iter().enumerate() {
                let (x, y) = (x + usize::from(frame.left), y + usize::from(frame.top));
                if x >= width || y >= height || Some(*index) == frame.transparent {
                    continue;
                }
                let at = usize::from(*index) * 3;
                let colour = palette.get(at..at + 3).unwrap_or(&[0, 0, 0]);
                let to = (y * width + x) * 4;
                if let Some([r, g, b, a]) = samples.get_mut(to..to + 4)
                    && let [new_r, new_g, new_b] = colour
                {
                    (*r, *g, *b, *a) = (*new_r, *new_g, *new_b, 255);
                }
            }
        }
        Some(Raster::new(self.width.into(), self.height.into(), Layout::Rgba, 8, samples))
    }
}

pub(super) fn decode(untrusted: &[u8], place: &str, work: &mut Work<'_>) -> Result<Gif, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    report_blocks(untrusted, place, work).ok_or(damaged)?;
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::Indexed);
    let most = work.budget.limits.pixels_max;
    options.set_memory_limit(
        std::num::NonZeroU64::new(most).map_or(gif::MemoryLimit::Unlimited, gif::MemoryLimit::Bytes),
    );
    options.allow_unknown_blocks(true);
    let mut decoder = options.read_info(Cursor::new(untrusted)).map_err(|_| damaged)?;
    let (width, height) = (decoder.width(), decoder.height());
    take_pixels(width.into(), height.into(), 0, work)?;
    let global = decoder.global_palette().map(<[u8]>::to_vec);
    let mut frames = Vec::new();
    while let Some(frame) = decoder.read_next_frame().map_err(|_| damaged)? {
        let pixels = u64::from(frame.width) * u64::from(frame.height);
        work.budget.spend(pixels)?;
        if frames.len() as u64 >= u64::from(work.budget.limits.pages_max) {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        if pixels == 0 || frame.buffer.len() as u64 != pixels {
            return Err(damaged);
        }
        frames.push(frame.clone());
    }
    if frames.is_empty() {
        return Err(damaged);
    }
    // A screen of no size is read as the size of its first frame.
    let first =
        frames.first().map_or((0, 0), |f| (f.left.saturating_add(f.width), f.top.saturating_add(f.height)));
    let (width, height) =
        (if width == 0 { first.0 } else { width }, if height == 0 { first.1 } else { height });
    take_pixels(width.into(), height.into(), 0, work)?;
    Ok(Gif { width, height, global, repeat: decoder.repeat(), frames })
}

pub(super) fn encode(mut picture: Gif, choices: &Choices<'_>) -> Result<Vec<u8>, Refusal> {
    let failed = |_| Refusal::held(Reason::VerifyFailed);
    if choices.strict {
        let palettes = picture.frames.iter_mut().filter_map(|f| f.palette.as_mut());
        palettes.chain(picture.global.as_mut()).flatten().for_each(|v| *v = (*v & 0xFE) | (*v >> 7));
    }
    // Colours that nothing is painted with are bytes anyone can write anything into.
    let mut used = [false; 256];
    for frame in &mut picture.frames {
        let mut own = [false; 256];
        for index in frame.buffer.iter() {
            if let Some(seen) = own.get_mut(usize::from(*index)) {
                *seen = true;
            }
        }
        match &mut frame.palette {
            Some(palette) => trim(palette, &own),
            None => used.iter_mut().zip(own).for_each(|(used, own)| *used |= own),
        }
    }
    let mut global = picture.global.take().unwrap_or_default();
    trim(&mut global, &used);
    let mut out = Vec::new();
    let mut encoder = gif::Encoder::new(&mut out, picture.width, picture.height, &global).map_err(failed)?;
    if picture.frames.len() > 1 {
        encoder.set_repeat(picture.repeat).map_err(failed)?;
    }
    if let Some(mark) = choices.mark {
        let line = mark::line(mark);
        encoder.write_raw_extension(gif::Extension::Comment.into(), &[line.as_bytes()]).map_err(failed)?;
    }
    for mut frame in picture.frames {
        frame.interlaced = false;
        if frame.palette.is_none() && global.is_empty() {
            // No colours at all: viewers show shades of their own, mostly black and white.
            frame.palette = Some(vec![0, 0, 0, 255, 255, 255]);
            frame.buffer = Cow::Owned(frame.buffer.iter().map(|i| (*i).min(1)).collect());
        }
        encoder.write_frame(&frame).map_err(failed)?;
    }
    drop(encoder);
    Ok(out)
}

/// Cuts the palette after the last colour in use and blanks those that are not.
fn trim(palette: &mut Vec<u8>, used: &[bool; 256]) {
    let last = used.iter().rposition(|used| *used).unwrap_or(0);
    palette.truncate((last + 1) * 3);
    for (colour, used) in palette.chunks_exact_mut(3).zip(used) {
        if !used {
            colour.fill(0);
        }
    }
}

/// Says what is left behind; `None` when the file ends before its trailer.
fn report_blocks(untrusted: &[u8], place: &str, work: &mut Work<'_>) -> Option<()> {
    let table = |flags: u8| if flags & 0x80 != 0 { 3usize << ((flags & 7) + 1) } else { 0 };
    let skip_blocks = |mut at: usize| {
        loop {
            let length = usize::from(*untrusted.get(at)?);
            at += 1 + length;
            if length == 0 {
                return Some(at);
            }
        }
    };
    let mut at = 13 + table(*untrusted.get(10)?);
    loop {
        match untrusted.get(at)? {
            0x2C => {
                at += 10 + table(*untrusted.get(at + 9)?) + 1;
                at = skip_blocks(at)?;
            }
            0x21 => {
                let label = *untrusted.get(at + 1)?;
                let first = untrusted.get(at + 3..at + 14).unwrap_or_default();
                let is_loop = matches!(first, b"NETSCAPE2.0" | b"ANIMEXTS1.0");
                match label {
                    0xF9 => {}
                    0xFF if is_loop => {}
                    0xFE => work.findings.add(Threat::Metadata, &format!("{place}#comment")),
                    0xFF if first.starts_with(b"XMP Data") => {
                        work.findings.add(Threat::Metadata, &format!("{place}#metadata"));
                    }
                    _ => work.findings.add(Threat::HiddenData, &format!("{place}#extension")),
                }
                at = skip_blocks(at + 2)?;
            }
            0x3B => {
                if untrusted.get(at + 1..).is_some_and(|rest| rest.iter().any(|b| *b != 0)) {
                    work.findings.add(Threat::HiddenData, &format!("{place}#trailing"));
                }
                return Some(());
            }
            // Some writers pad with zeros between blocks.
            0 => at += 1,
            _ => return None,
        }
    }
}
