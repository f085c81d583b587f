//! PNG, also animated.
//!
//! Owns: decoding each image of the file, and writing it with no chunk but those that say what the pixels look like.
//! Leaves to others: which samples a still picture needs at all (`raster`), profiles (`colour`), pictures that stay as they
//! were packed (`copied`).

mod copied;

use std::io::Cursor;

use png::{BitDepth, ColorType, Transformations};
use worker_protocol::{Reason, Threat};

use super::raster::{Density, Layout, Raster, pack, unpack};
use super::{Choices, colour, mark, take_pixels};
use crate::{Refusal, Work};

/// A decoded file.
pub(super) struct Png {
    /// The picture, or what is shown where the animation is not.
    pub(super) still: Raster,
    animation: Option<Animation>,
    gamma: Option<png::ScaledFloat>,
}

struct Animation {
    plays: u32,
    /// Whether the still picture is the first frame.
    starts_with_still: bool,
    frames: Vec<Frame>,
}

struct Frame {
    control: png::FrameControl,
    /// Nothing for the still picture.
    samples: Vec<u8>,
}

impl Png {
    pub(super) fn of_still(still: Raster) -> Self {
        Self { still, animation: None, gamma: None }
    }

    /// How many pictures a viewer shows one after the other.
    pub(super) fn frames(&self) -> u64 {
        self.animation.as_ref().map_or(1, |a| a.frames.len() as u64)
    }
}

fn damaged<E>(_: E) -> Refusal {
    Refusal::held(Reason::Damaged)
}

/// A still picture as it was packed, without what draws nothing; nothing when it has to be decoded and encoded.
pub(super) fn copied(untrusted: &[u8], place: &str, work: &mut Work<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(copied) = copied::copied(untrusted, work.budget.limits.pixels_max) else { return Ok(None) };
    if copied.may_lack_colours {
        decode(untrusted, place, work)?;
    } else {
        // What a viewer makes of it counts, as for any other picture.
        work.budget.spend(copied.expanded_bytes)?;
        report_chunks(untrusted, place, work);
    }
    Ok(Some(copied.bytes))
}

pub(super) fn decode(untrusted: &[u8], place: &str, work: &mut Work<'_>) -> Result<Png, Refusal> {
    report_chunks(untrusted, place, work);
    let limits = png::Limits { bytes: 64 << 20 };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(untrusted), limits);
    decoder.set_transformations(Transformations::IDENTITY);
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (width, height) = reader.info().size();
    let bytes = reader.output_buffer_size().ok_or(Refusal::blocked(Reason::TooComplex))?;
    take_pixels(width, height, bytes as u64, work)?;
    let animation = reader.info().animation_control;
    let frames = animation.map_or(0, |a| a.num_frames);
    if frames > work.budget.limits.pages_max {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    let mut still = read_frame(&mut reader, bytes)?;
    let starts_with_still = reader.info().frame_control.is_some();
    let mut shown = Vec::new();
    if let Some(control) = reader.info().frame_control {
        shown.push(Frame { control, samples: Vec::new() });
    }
    while (shown.len() as u64) < u64::from(frames) {
        let size = reader.next_frame_info().map_err(damaged)?;
        let pixels = u64::from(size.width) * u64::from(size.height);
        work.budget.spend(pixels.saturating_mul(still.pixel_bytes() as u64))?;
        let frame = read_frame(&mut reader, bytes)?;
        let control = reader.info().frame_control.ok_or(Refusal::held(Reason::Damaged))?;
        shown.push(Frame { control, samples: frame.samples });
    }
    reader.finish().map_err(damaged)?;
    let info = reader.info();
    still.density = info
        .pixel_dims
        .and_then(|d| Density::plausible(f64::from(d.xppu), f64::from(d.yppu), d.unit == png::Unit::Meter));
    if still.layout == Layout::Index {
        let colours = info.palette.as_deref().unwrap_or_default().chunks_exact(3);
        let alpha = info.trns.as_deref().unwrap_or_default().iter().copied().chain(std::iter::repeat(255));
        still.palette = colours
            .zip(alpha)
            .filter_map(|(c, a)| if let [r, g, b] = c { Some([*r, *g, *b, a]) } else { None })
            .collect();
    }
    let key = (still.layout != Layout::Index).then(|| info.trns.clone()).flatten();
    let profile = info.icc_profile.clone();
    let gamma =
        info.gama_chunk.filter(|gamma| profile.is_none() && info.srgb.is_none() && changes_colours(*gamma));
    let orientation = info.exif_metadata.as_deref().map_or(1, super::exif_orientation);
    let mut animation = (!shown.is_empty()).then(|| Animation {
        plays: animation.map_or(0, |a| a.num_plays),
        starts_with_still,
        frames: shown,
    });
    if let Some(key) = key {
        each_image(&mut still, animation.as_mut(), &|image| apply_key(image, &key));
    }
    if let Some(profile) = profile {
        each_image(&mut still, animation.as_mut(), &|image| colour::to_srgb(image, &profile));
    }
    if animation.is_none() {
        still = still.turned(orientation);
    }
    let sound = still.is_sound()
        && animation.iter().flat_map(|a| &a.frames).all(|f| {
            f.samples.is_empty()
                || still.layout != Layout::Index
                || f.samples.iter().all(|i| usize::from(*i) < still.palette.len())
        });
    if !sound {
        return Err(Refusal::held(Reason::Damaged));
    }
    Ok(Png { still, animation, gamma })
}

/// Does the same to the still picture and to every frame. Palette, layout and depth are shared, so each frame goes
/// with those the still picture had before.
fn each_image(still: &mut Raster, animation: Option<&mut Animation>, change: &dyn Fn(Raster) -> Raster) {
    for frame in animation.into_iter().flat_map(|a| &mut a.frames).filter(|f| !f.samples.is_empty()) {
        let samples = std::mem::take(&mut frame.samples);
        let mut image =
            Raster::new(frame.control.width, frame.control.height, still.layout, still.depth, samples);
        image.palette.clone_from(&still.palette);
        frame.samples = change(image).samples;
    }
    let taken = std::mem::replace(still, Raster::new(0, 0, still.layout, still.depth, Vec::new()));
    *still = change(taken);
}

/// The one colour that is transparent becomes an alpha channel.
fn apply_key(image: Raster, key: &[u8]) -> Raster {
    let wide: Vec<u8> =
        if image.depth > 8 { key.to_vec() } else { key.iter().skip(1).step_by(2).copied().collect() };
    let (layout, channels) = match image.layout {
        Layout::Gray => (Layout::GrayAlpha, 1),
        Layout::Rgb => (Layout::Rgba, 3),
        _ => return image,
    };
    if wide.len() != channels * if image.depth > 8 { 2 } else { 1 } {
        return image;
    }
    let top = ((1u16 << image.depth.min(8)) - 1).max(1);
    let scale = |v: u8| u8::try_from(u16::from(v) * 255 / top).unwrap_or(255);
    let mut samples = Vec::with_capacity(image.samples.len() * 2);
    for pixel in image.samples.chunks_exact(image.pixel_bytes()) {
        let alpha = if pixel == wide { 0 } else { 255 };
        if image.depth > 8 {
            samples.extend_from_slice(pixel);
            samples.extend_from_slice(&[alpha, alpha]);
        } else {
            samples.extend(pixel.iter().map(|v| scale(*v)));
            samples.push(alpha);
        }
    }
    Raster { layout, samples, depth: image.depth.max(8), ..image }
}

fn read_frame(reader: &mut png::Reader<Cursor<&[u8]>>, bytes: usize) -> Result<Raster, Refusal> {
    let mut buffer = vec![0; bytes];
    let frame = reader.next_frame(&mut buffer).map_err(damaged)?;
    buffer.truncate(frame.buffer_size());
    // A small frame of a large animation must not keep the room of the whole.
    buffer.shrink_to_fit();
    let layout = match frame.color_type {
        ColorType::Grayscale => Layout::Gray,
        ColorType::GrayscaleAlpha => Layout::GrayAlpha,
        ColorType::Rgb => Layout::Rgb,
        ColorType::Rgba => Layout::Rgba,
        ColorType::Indexed => Layout::Index,
    };
    let depth = frame.bit_depth as u8;
    let per_row = frame.width as usize * layout.channels();
    let samples = unpack(buffer, frame.line_size, per_row, depth);
    Ok(Raster::new(frame.width, frame.height, layout, depth, samples))
}

pub(super) fn encode(mut picture: Png, choices: &Choices<'_>) -> Result<Vec<u8>, Refusal> {
    if picture.animation.is_none() {
        if choices.strict {
            picture.still = picture.still.rounded();
        }
        picture.still = picture.still.minimised();
    } else if choices.strict {
        round_frames(&mut picture);
    }
    write(&picture, choices, better_filter(&picture.still)?)
}

/// A gamma that viewers would draw otherwise than none: most programs write that of screens.
fn changes_colours(gamma: png::ScaledFloat) -> bool {
    let value = gamma.into_value();
    (0.1..5.0).contains(&value) && (value - 0.45455).abs() > 0.001
}

/// Samples with which both ways of preparing rows are tried.
const TRIED_BYTES: usize = 256 << 10;

/// Palettes and few shades compress best as they are, photographs after prediction; drawings may go either way, so rows
/// from the middle are tried.
fn better_filter(still: &Raster) -> Result<png::Filter, Refusal> {
    if still.depth < 8 {
        return Ok(png::Filter::NoFilter);
    }
    let height = still.height as usize;
    let rows = (TRIED_BYTES / still.row_bytes().max(1)).clamp(1, height.max(1));
    let from = (height - rows) / 2 * still.row_bytes();
    let samples = still.samples.get(from..from + rows * still.row_bytes()).unwrap_or_default().to_vec();
    let mut tried =
        Raster::new(still.width, u32::try_from(rows).unwrap_or(1), still.layout, still.depth, samples);
    tried.palette.clone_from(&still.palette);
    let tried = Png::of_still(tried);
    let size = |filter| write(&tried, &Choices::default(), filter).map(|out| out.len());
    let is_better_plain = size(png::Filter::NoFilter)? < size(png::Filter::Adaptive)?;
    Ok(if is_better_plain { png::Filter::NoFilter } else { png::Filter::Adaptive })
}

fn round_frames(picture: &mut Png) {
    let round = |v: &mut u8| *v = (*v & 0xFE) | (*v >> 7);
    if picture.still.layout == Layout::Index {
        picture.still.palette.iter_mut().flatten().for_each(round);
    } else if picture.still.depth >= 8 {
        let skip = usize::from(picture.still.depth > 8);
        let step = skip + 1;
        let frames = picture.animation.iter_mut().flat_map(|a| &mut a.frames).map(|f| &mut f.samples);
        for samples in frames.chain(std::iter::once(&mut picture.still.samples)) {
            samples.iter_mut().step_by(step).for_each(round);
            if skip == 1 {
                samples.iter_mut().skip(1).step_by(2).for_each(|v| *v = 0);
            }
        }
    }
}

fn write(picture: &Png, choices: &Choices<'_>, filter: png::Filter) -> Result<Vec<u8>, Refusal> {
    let failed = |_| Refusal::held(Reason::VerifyFailed);
    let still = &picture.still;
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, still.width, still.height);
    encoder.set_color(match still.layout {
        Layout::Gray => ColorType::Grayscale,
        Layout::GrayAlpha => ColorType::GrayscaleAlpha,
        Layout::Rgb => ColorType::Rgb,
        Layout::Rgba => ColorType::Rgba,
        Layout::Index => ColorType::Indexed,
        Layout::Cmyk => return Err(Refusal::held(Reason::NotRebuilt)),
    });
    encoder.set_depth(BitDepth::from_u8(still.depth).ok_or(Refusal::held(Reason::VerifyFailed))?);
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_filter(filter);
    if still.layout == Layout::Index {
        encoder.set_palette(still.palette.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect::<Vec<u8>>());
        let opaque_from = still.palette.iter().rposition(|[.., a]| *a < 255).map_or(0, |last| last + 1);
        if opaque_from > 0 {
            let alpha: Vec<u8> = still.palette.iter().take(opaque_from).map(|[.., a]| *a).collect();
            encoder.set_trns(alpha);
        }
    }
    if let Some(density) = still.density {
        let unit = if density.per_metre { png::Unit::Meter } else { png::Unit::Unspecified };
        let (xppu, yppu) = density.whole();
        encoder.set_pixel_dims(Some(png::PixelDimensions { xppu, yppu, unit }));
    }
    if let Some(gamma) = picture.gamma {
        encoder.set_source_gamma(gamma);
    }
    if let Some(mark) = choices.mark {
        encoder.add_itxt_chunk(mark::PNG_KEYWORD.to_owned(), mark::packet(mark)).map_err(failed)?;
    }
    if let Some(animation) = &picture.animation {
        let frames = u32::try_from(animation.frames.len()).unwrap_or(u32::MAX);
        encoder.set_animated(frames, animation.plays).map_err(failed)?;
        encoder.set_sep_def_img(!animation.starts_with_still).map_err(failed)?;
        // What the header's writer puts before the first image is the first frame's.
        if let Some(first) = animation.frames.first().filter(|_| animation.starts_with_still) {
            encoder.set_frame_delay(first.control.delay_num, first.control.delay_den).map_err(failed)?;
            encoder.set_blend_op(first.control.blend_op).map_err(failed)?;
            encoder.set_dispose_op(first.control.dispose_op).map_err(failed)?;
        }
    }
    let mut writer = encoder.write_header().map_err(failed)?;
    let row = |width: u32| width as usize * still.layout.channels();
    writer.write_image_data(&pack(&still.samples, row(still.width), still.depth)).map_err(failed)?;
    let later = picture.animation.iter().flat_map(|a| &a.frames).filter(|f| !f.samples.is_empty());
    for frame in later {
        let control = &frame.control;
        writer.reset_frame_position().map_err(failed)?;
        writer.set_frame_dimension(control.width, control.height).map_err(failed)?;
        writer.set_frame_position(control.x_offset, control.y_offset).map_err(failed)?;
        writer.set_frame_delay(control.delay_num, control.delay_den).map_err(failed)?;
        writer.set_blend_op(control.blend_op).map_err(failed)?;
        writer.set_dispose_op(control.dispose_op).map_err(failed)?;
        writer.write_image_data(&pack(&frame.samples, row(control.width), still.depth)).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    Ok(out)
}

/// Says what is left behind: the decoder does not tell.
fn report_chunks(untrusted: &[u8], place: &str, work: &mut Work<'_>) {
    let mut at = 8usize;
    while let Some([a, b, c, d, kind @ ..]) = untrusted.get(at..at.saturating_add(8)) {
        at = at.saturating_add(u32::from_be_bytes([*a, *b, *c, *d]) as usize).saturating_add(12);
        match kind {
            b"IEND" => {
                if at < untrusted.len() {
                    work.findings.add(Threat::HiddenData, &format!("{place}#trailing"));
                }
                return;
            }
            b"tEXt" | b"zTXt" | b"iTXt" | b"eXIf" | b"tIME" => {
                work.findings.add(Threat::Metadata, &format!("{place}#metadata"));
            }
            b"IHDR" | b"PLTE" | b"IDAT" | b"tRNS" | b"gAMA" | b"cHRM" | b"sRGB" | b"iCCP" | b"pHYs"
            | b"sBIT" | b"bKGD" | b"hIST" | b"cICP" | b"mDCV" | b"cLLI" | b"acTL" | b"fcTL" | b"fdAT" => {}
            _ => work.findings.add(Threat::HiddenData, &format!("{place}#chunk")),
        }
    }
}
