//! WebP, also animated.
//!
//! Owns: decoding both of its codecs; writing the lossless one, alone or frame by frame.
//! Leaves to others: JPEG, which a lossy photograph becomes. There is no upkept, permissive encoder of the lossy codec
//! in Rust, and the lossless one makes photographs several times as large.

use std::io::Cursor;

use image_webp::{ColorType, LoopCount, WebPDecoder, WebPEncoder};
use worker_protocol::{Reason, Threat};

use super::raster::{Layout, Raster};
use super::{Choices, colour, mark, take_pixels};
use crate::{Refusal, Work};

/// A decoded file.
pub(super) struct Webp {
    /// The picture, or the first frame.
    pub(super) still: Raster,
    pub(super) is_lossy: bool,
    source_bytes: usize,
    animation: Option<Animation>,
}

struct Animation {
    loops: u16,
    background: [u8; 4],
    /// Each frame on the whole canvas, and how many milliseconds it is shown.
    frames: Vec<(Raster, u32)>,
}

impl Webp {
    /// Whether so many bytes are a quarter more than the file had. The encoder knows no palettes.
    pub(super) fn is_outgrown_by(&self, bytes: usize) -> bool {
        bytes > self.source_bytes + self.source_bytes / 4
    }

    pub(super) fn frames(&self) -> u64 {
        self.animation.as_ref().map_or(1, |a| a.frames.len() as u64)
    }
}

/// Bytes that a mark adds to a still picture: its packet, the head of its chunk, and the chunk that says there is one.
pub(super) fn mark_bytes(mark: &worker_protocol::Mark) -> usize {
    mark::packet(mark).len() + 8 + 18
}

fn damaged<E>(_: E) -> Refusal {
    Refusal::held(Reason::Damaged)
}

pub(super) fn decode(untrusted: &[u8], place: &str, work: &mut Work<'_>) -> Result<Webp, Refusal> {
    report_chunks(untrusted, place, work)?;
    let mut decoder = WebPDecoder::new(Cursor::new(untrusted)).map_err(damaged)?;
    decoder.set_memory_limit(usize::try_from(work.budget.bytes_left()).unwrap_or(usize::MAX));
    let (width, height) = decoder.dimensions();
    let layout = if decoder.has_alpha() { Layout::Rgba } else { Layout::Rgb };
    let bytes = decoder.output_buffer_size().ok_or(Refusal::blocked(Reason::TooComplex))?;
    take_pixels(width, height, bytes as u64, work)?;
    let profile = decoder.icc_profile().ok().flatten();
    let exif = decoder.exif_metadata().ok().flatten();
    let orientation = exif.as_deref().map_or(1, super::exif_orientation);
    let srgb = |picture: Raster| match &profile {
        Some(profile) => colour::to_srgb(picture, profile),
        None => picture,
    };
    if !decoder.is_animated() {
        let mut samples = vec![0; bytes];
        decoder.read_image(&mut samples).map_err(damaged)?;
        let still = srgb(Raster::new(width, height, layout, 8, samples)).turned(orientation);
        return Ok(Webp {
            still,
            is_lossy: decoder.is_lossy(),
            source_bytes: untrusted.len(),
            animation: None,
        });
    }
    let count = decoder.num_frames();
    if count == 0 || count > work.budget.limits.pages_max {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    let mut frames = Vec::new();
    for _ in 0..count {
        work.budget.spend(bytes as u64)?;
        let mut samples = vec![0; bytes];
        let shown = decoder.read_frame(&mut samples).map_err(damaged)?;
        frames.push((srgb(Raster::new(width, height, layout, 8, samples)), shown));
    }
    let still = frames.first().map(|f| f.0.clone()).ok_or(Refusal::held(Reason::Damaged))?;
    let loops = match decoder.loop_count() {
        LoopCount::Forever => 0,
        LoopCount::Times(times) => times.get(),
    };
    let background = decoder.background_color_hint().unwrap_or([0; 4]);
    let animation = Some(Animation { loops, background, frames });
    Ok(Webp { still, is_lossy: decoder.is_lossy(), source_bytes: untrusted.len(), animation })
}

pub(super) fn encode(picture: &Webp, choices: &Choices<'_>) -> Result<Vec<u8>, Refusal> {
    let round = |picture: Raster| if choices.strict { picture.rounded() } else { picture };
    let packet = choices.mark.map(|mark| mark::packet(mark).into_bytes());
    let Some(animation) = &picture.animation else {
        return lossless(&round(picture.still.clone()), packet);
    };
    let (width, height) = (picture.still.width, picture.still.height);
    let alpha = if picture.still.layout == Layout::Rgba { 0x10 } else { 0 };
    let marked = if packet.is_some() { 0x04 } else { 0 };
    let mut body = Vec::new();
    push_chunk(
        &mut body,
        b"VP8X",
        &[[0x02 | alpha | marked, 0, 0, 0].as_slice(), &three(width - 1), &three(height - 1)].concat(),
    );
    push_chunk(
        &mut body,
        b"ANIM",
        &[animation.background.as_slice(), &animation.loops.to_le_bytes()].concat(),
    );
    let mut before: Option<Raster> = None;
    for (frame, shown) in &animation.frames {
        let frame = round(frame.clone());
        // Only what changed is written; without blending, so that it also becomes transparent again.
        let (x, y, part) = changed(before.as_ref(), &frame);
        let coded = lossless(&part, None)?;
        let chunk = coded.get(12..).unwrap_or_default();
        let header = [
            three(x / 2).as_slice(),
            &three(y / 2),
            &three(part.width - 1),
            &three(part.height - 1),
            &three(*shown),
            &[0x02],
        ]
        .concat();
        push_chunk(&mut body, b"ANMF", &[header.as_slice(), chunk].concat());
        before = Some(frame);
    }
    if let Some(packet) = packet {
        push_chunk(&mut body, b"XMP ", &packet);
    }
    let size = u32::try_from(body.len() + 4).map_err(|_| Refusal::held(Reason::TooComplex))?;
    Ok([b"RIFF".as_slice(), &size.to_le_bytes(), b"WEBP", &body].concat())
}

/// The smallest part, beginning at even places, in which a frame differs from the one before.
fn changed(before: Option<&Raster>, now: &Raster) -> (u32, u32, Raster) {
    let Some(before) = before else { return (0, 0, now.clone()) };
    let bytes = now.pixel_bytes();
    let rows = || before.samples.chunks_exact(now.row_bytes()).zip(now.samples.chunks_exact(now.row_bytes()));
    let differs = |(a, b): (&[u8], &[u8])| a != b;
    let height = now.height as usize;
    let top = rows().position(differs).unwrap_or(0);
    let bottom = height - rows().rev().position(differs).unwrap_or(height - 1);
    let bottom = bottom.max(top + 1);
    let mut left = now.width as usize;
    let mut right = 0;
    for (a, b) in rows() {
        let pixels = || a.chunks_exact(bytes).zip(b.chunks_exact(bytes));
        if let Some(first) = pixels().position(differs) {
            left = left.min(first);
            right = right.max(now.width as usize - pixels().rev().position(differs).unwrap_or(0));
        }
    }
    let (left, right) = if right == 0 { (0, 1) } else { (left / 2 * 2, right) };
    let top = top / 2 * 2;
    let samples = now
        .samples
        .chunks_exact(now.row_bytes())
        .skip(top)
        .take(bottom - top)
        .flat_map(|row| row.get(left * bytes..right * bytes).unwrap_or_default())
        .copied()
        .collect();
    let size = |v: usize| u32::try_from(v).unwrap_or(u32::MAX);
    (size(left), size(top), Raster::new(size(right - left), size(bottom - top), now.layout, 8, samples))
}

fn lossless(picture: &Raster, packet: Option<Vec<u8>>) -> Result<Vec<u8>, Refusal> {
    let colours = match picture.layout {
        Layout::Rgb => ColorType::Rgb8,
        Layout::Rgba => ColorType::Rgba8,
        _ => return Err(Refusal::held(Reason::VerifyFailed)),
    };
    if !picture.is_sound() || picture.width > 16_384 || picture.height > 16_384 {
        return Err(Refusal::held(Reason::VerifyFailed));
    }
    let mut out = Vec::new();
    let mut encoder = WebPEncoder::new(&mut out);
    if let Some(packet) = packet {
        encoder.set_xmp_metadata(packet);
    }
    encoder
        .encode(&picture.samples, picture.width, picture.height, colours)
        .map_err(|_| Refusal::held(Reason::VerifyFailed))?;
    Ok(out)
}

fn three(value: u32) -> [u8; 3] {
    let [a, b, c, _] = value.to_le_bytes();
    [a, b, c]
}

fn push_chunk(out: &mut Vec<u8>, name: &[u8; 4], body: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(body);
    if body.len() % 2 == 1 {
        out.push(0);
    }
}

/// Says what is left behind, and holds a file that ends before its claimed size.
fn report_chunks(untrusted: &[u8], place: &str, work: &mut Work<'_>) -> Result<(), Refusal> {
    let number = |at: usize| {
        let bytes: [u8; 4] = untrusted.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes) as usize)
    };
    let end = number(4).map_or(usize::MAX, |size| size.saturating_add(8));
    if end > untrusted.len() {
        return Err(Refusal::held(Reason::Damaged));
    }
    if untrusted.get(end..).is_some_and(|rest| rest.iter().any(|b| *b != 0)) {
        work.findings.add(Threat::HiddenData, &format!("{place}#trailing"));
    }
    let mut at = 12usize;
    while let (Some(name), Some(size)) =
        (untrusted.get(at..at.saturating_add(4)), number(at.saturating_add(4)))
    {
        if at >= end {
            break;
        }
        match name {
            b"EXIF" | b"XMP " => work.findings.add(Threat::Metadata, &format!("{place}#metadata")),
            b"VP8 " | b"VP8L" | b"VP8X" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => {}
            _ => work.findings.add(Threat::HiddenData, &format!("{place}#chunk")),
        }
        at = at.saturating_add(8).saturating_add(size).saturating_add(size % 2);
    }
    Ok(())
}
