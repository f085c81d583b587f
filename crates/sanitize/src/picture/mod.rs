//! Pictures, written anew from what a viewer shows.
//!
//! Owns: which format a picture is, the bound on its pixels, and what each format becomes. What is not a pixel stays
//! behind: metadata, thumbnails, comments, bytes after the end.
//! Leaves to others: each format's bytes (one module for each); pictures inside documents call in here with their
//! part name as the place.

mod bmp;
mod colour;
mod gif;
mod jpeg;
mod mark;
mod metafile;
mod pages;
mod png;
mod raster;
mod svg;
mod tiff;
mod webp;

pub(crate) use bmp::dib_as_file;

use std::borrow::Cow;

use worker_protocol::{
    Fidelity, FilePolicy, Hint, Job, Kept, Kind, Limits, Mark, Mode, Reason, Road, Spot, Threat,
};

use crate::bounded::Budget;
use crate::findings::Findings;
use crate::{Rebuilt, Refusal, Work, text};
#[cfg(test)]
use raster::Density;
use raster::{Layout, Raster};

/// What a clean picture is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Png,
    Jpeg,
    Gif,
    Bmp,
    Tiff,
    Webp,
    Svg,
    Emf,
    Wmf,
}

impl Format {
    /// The media type, as documents declare it.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Format::Png => "image/png",
            Format::Jpeg => "image/jpeg",
            Format::Gif => "image/gif",
            Format::Bmp => "image/bmp",
            Format::Tiff => "image/tiff",
            Format::Webp => "image/webp",
            Format::Svg => "image/svg+xml",
            Format::Emf => "image/x-emf",
            Format::Wmf => "image/x-wmf",
        }
    }

    /// The extension that a part of a document has in this format.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::Png => "png",
            Format::Jpeg => "jpeg",
            Format::Gif => "gif",
            Format::Bmp => "bmp",
            Format::Tiff => "tiff",
            Format::Webp => "webp",
            Format::Svg => "svg",
            Format::Emf => "emf",
            Format::Wmf => "wmf",
        }
    }

    /// All of them.
    pub(crate) const ALL: [Format; 9] = [
        Format::Png,
        Format::Jpeg,
        Format::Gif,
        Format::Bmp,
        Format::Tiff,
        Format::Webp,
        Format::Svg,
        Format::Emf,
        Format::Wmf,
    ];

    fn kind(self) -> Kind {
        match self {
            Format::Png => Kind::Png,
            Format::Jpeg => Kind::Jpeg,
            Format::Gif => Kind::Gif,
            Format::Bmp => Kind::Bmp,
            Format::Tiff => Kind::Tiff,
            Format::Webp => Kind::Webp,
            Format::Svg => Kind::Svg,
            Format::Emf | Format::Wmf => Kind::Metafile,
        }
    }

    fn of_kind(kind: Kind) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.kind() == kind)
    }

    /// The format by its first bytes.
    fn of_content(untrusted: &[u8]) -> Option<Self> {
        let starts = |magic: &[u8]| untrusted.starts_with(magic);
        Some(match () {
            () if starts(b"\x89PNG\r\n\x1a\n") => Format::Png,
            () if starts(b"\xff\xd8\xff") => Format::Jpeg,
            () if starts(b"GIF87a") || starts(b"GIF89a") => Format::Gif,
            () if starts(b"BM") => Format::Bmp,
            () if [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|m| starts(*m)) => Format::Tiff,
            () if starts(b"RIFF") && untrusted.get(8..12) == Some(b"WEBP") => Format::Webp,
            () => return None,
        })
    }
}

/// What is done besides decoding and encoding.
#[derive(Debug, Clone, Copy, Default)]
struct Choices<'a> {
    /// Also destroy what could be hidden in the pixels themselves.
    strict: bool,
    mark: Option<&'a Mark>,
}

impl Choices<'_> {
    fn without_mark(&self) -> Choices<'static> {
        Choices { strict: self.strict, mark: None }
    }
}

/// A decoded picture of any format.
enum Picture {
    Png(png::Png),
    Jpeg(Box<jpeg::Jpeg>),
    Gif(gif::Gif),
    Bmp(Raster),
    Tiff(Vec<tiff::Page>),
    Webp(webp::Webp),
}

impl Picture {
    /// A library that panics has met bytes it cannot read; inside a document that must cost this picture only.
    fn decode(untrusted: &[u8], format: Format, place: &str, work: &mut Work<'_>) -> Result<Self, Refusal> {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Self::read(untrusted, format, place, work)))
            .unwrap_or(Err(Refusal::held(Reason::Damaged)))
    }

    fn read(untrusted: &[u8], format: Format, place: &str, work: &mut Work<'_>) -> Result<Self, Refusal> {
        Ok(match format {
            Format::Png => Picture::Png(png::decode(untrusted, place, work)?),
            Format::Jpeg => Picture::Jpeg(Box::new(jpeg::decode(untrusted, place, work)?)),
            Format::Gif => Picture::Gif(gif::decode(untrusted, place, work)?),
            Format::Bmp => Picture::Bmp(bmp::decode(untrusted, place, work)?),
            Format::Tiff => Picture::Tiff(tiff::decode(untrusted, place, work)?),
            Format::Webp => Picture::Webp(webp::decode(untrusted, place, work)?),
            Format::Svg | Format::Emf | Format::Wmf => return Err(Refusal::held(Reason::NotRebuilt)),
        })
    }

    /// Pages or frames.
    fn pages(&self) -> u64 {
        match self {
            Picture::Png(png) => png.frames(),
            Picture::Gif(gif) => gif.frames(),
            Picture::Tiff(pages) => pages.len() as u64,
            Picture::Webp(webp) => webp.frames(),
            Picture::Jpeg(_) | Picture::Bmp(_) => 1,
        }
    }

    /// The first page or frame.
    fn into_first(self) -> Option<Raster> {
        match self {
            Picture::Png(png) => Some(png.still),
            Picture::Jpeg(jpeg) => Some(jpeg.picture),
            Picture::Gif(gif) => gif.first(),
            Picture::Bmp(picture) => Some(picture),
            Picture::Tiff(pages) => pages.into_iter().next().map(|p| p.picture),
            Picture::Webp(webp) => Some(webp.still),
        }
    }

    /// As the format it was, except lossy WebP.
    fn encode(self, choices: &Choices<'_>) -> Result<(Vec<u8>, Format), Refusal> {
        Ok(match self {
            Picture::Png(picture) => (png::encode(picture, choices)?, Format::Png),
            Picture::Jpeg(picture) => (jpeg::encode(*picture, choices)?, Format::Jpeg),
            Picture::Gif(picture) => (gif::encode(picture, choices)?, Format::Gif),
            Picture::Bmp(picture) => (bmp::encode(picture, choices), Format::Bmp),
            Picture::Tiff(pages) => (tiff::encode(pages, choices)?, Format::Tiff),
            Picture::Webp(picture)
                if picture.is_lossy && picture.frames() == 1 && picture.still.layout == Layout::Rgb =>
            {
                (jpeg::encode(jpeg::Jpeg::of_still(picture.still), choices)?, Format::Jpeg)
            }
            Picture::Webp(picture) if picture.frames() == 1 => {
                let kept = webp::encode(&picture, choices)?;
                // What a mark takes is no fault of the encoder.
                let own_bytes = kept.len().saturating_sub(choices.mark.map_or(0, webp::mark_bytes));
                if !picture.is_outgrown_by(own_bytes) {
                    return Ok((kept, Format::Webp));
                }
                let other = png::encode(png::Png::of_still(picture.still), choices)?;
                if other.len() < kept.len() { (other, Format::Png) } else { (kept, Format::Webp) }
            }
            Picture::Webp(picture) => (webp::encode(&picture, choices)?, Format::Webp),
        })
    }
}

/// Builds a picture file of this kind anew.
///
/// # Errors
/// Held when it is damaged, cut off or of a sort that no decoder here reads; blocked beyond the bounds.
pub(crate) fn rebuild(
    untrusted: &[u8],
    kind: Kind,
    mode: Mode,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Refusal> {
    let not_rebuilt = Refusal::held(Reason::NotRebuilt);
    if kind == Kind::Svg {
        return rebuild_svg(untrusted, mode, work);
    }
    if kind == Kind::Metafile {
        return rebuild_metafile(untrusted, mode, work);
    }
    if !matches!(mode, Mode::Rebuild | Mode::Strict | Mode::ImagePdf) {
        return Err(not_rebuilt);
    }
    let format = Format::of_kind(kind).ok_or(not_rebuilt)?;
    let picture = Picture::decode(untrusted, format, "", work)?;
    if mode == Mode::ImagePdf {
        return pages::document(picture, work);
    }
    let before = picture.pages();
    let job = work.job;
    let choices = Choices { strict: mode == Mode::Strict, mark: job.mark.as_ref() };
    let (clean, written) = picture.encode(&choices)?;
    // Read again: what no reader opens is no clean file, and the pages are counted by the same reader.
    let after = reading(&work.budget.limits, |work| Picture::decode(&clean, written, "", work));
    let after = after.map_err(|_| Refusal::held(Reason::VerifyFailed))?.pages();
    let pages = Kept { before, after };
    Ok(Rebuilt {
        road: if written == format { Road::Rebuilt } else { Road::Converted },
        fidelity: Some(Fidelity { pages, pictures: pages, ..Fidelity::default() }),
        ..Rebuilt::same(clean, written.kind())
    })
}

/// A drawing as a file. Its words can be had alone; as a picture of a page it cannot be drawn without fonts.
fn rebuild_svg(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if !matches!(mode, Mode::Rebuild | Mode::Strict | Mode::TextOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let expanded = expanded(untrusted, work)?;
    let job = work.job;
    let drawing = svg::rebuild(&expanded, "", mode == Mode::Strict, job.mark.as_ref(), work)?;
    let (before, after) = drawing.characters;
    let fidelity = Some(Fidelity {
        characters: Kept { before, after },
        pages: Kept { before: 1, after: 1 },
        ..Fidelity::default()
    });
    if mode == Mode::TextOnly {
        return Ok(as_text(&drawing.lines, fidelity, work));
    }
    Ok(Rebuilt { fidelity, ..Rebuilt::same(drawing.clean, Kind::Svg) })
}

fn rebuild_metafile(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if !matches!(mode, Mode::Rebuild | Mode::Strict | Mode::TextOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let expanded = expanded(untrusted, work)?;
    let drawing = metafile::rebuild(&expanded, "", work)?;
    let limits = work.budget.limits;
    let again = reading(&limits, |work| metafile::rebuild(&drawing.clean, "", work));
    let again = again.map_err(|_| Refusal::held(Reason::VerifyFailed))?;
    let count = |texts: &[String]| {
        texts.iter().map(|t| t.chars().filter(|c| !c.is_whitespace()).count() as u64).sum()
    };
    let characters = Kept { before: count(&drawing.texts), after: count(&again.texts) };
    let fidelity = Some(Fidelity { characters, pages: Kept { before: 1, after: 1 }, ..Fidelity::default() });
    if mode == Mode::TextOnly {
        return Ok(as_text(&drawing.texts, fidelity, work));
    }
    Ok(Rebuilt { fidelity, ..Rebuilt::same(drawing.clean, Kind::Metafile) })
}

fn as_text(lines: &[String], fidelity: Option<Fidelity>, work: &mut Work<'_>) -> Rebuilt {
    let words = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>();
    Rebuilt { fidelity, ..text::written_down(words, work) }
}

/// Drawings come gzipped, too.
fn expanded<'a>(untrusted: &'a [u8], work: &mut Work<'_>) -> Result<Cow<'a, [u8]>, Refusal> {
    if untrusted.starts_with(b"\x1f\x8b") {
        return Ok(Cow::Owned(work.budget.gunzip(untrusted)?.bytes));
    }
    Ok(Cow::Borrowed(untrusted))
}

/// What a clean metafile is called: there are two sorts, and programs go by the name.
pub(crate) fn metafile_extension(clean: &[u8]) -> Option<&'static str> {
    metafile::format_of(clean).map(Format::extension)
}

/// The lines of text that a clean drawing shows.
pub(crate) fn drawn_lines(clean: &[u8], kind: Kind, limits: &Limits) -> Option<Vec<String>> {
    reading(limits, |work| match kind {
        Kind::Metafile => metafile::rebuild(clean, "", work).ok().map(|drawing| drawing.texts),
        _ => svg::rebuild(clean, "", false, None, work).ok().map(|drawing| drawing.lines),
    })
}

/// A picture inside a document, in whatever format it is. PNG, JPEG and moving GIF keep their format; others become
/// PNG, which every program that opens documents shows.
pub(crate) fn rebuild_any(
    untrusted: &[u8],
    place: &str,
    work: &mut Work<'_>,
) -> Result<(Vec<u8>, Format), Refusal> {
    let expanded = expanded(untrusted, work)?;
    if svg::is_svg(&expanded) {
        let strict = work.job.policy.modes.get(&Kind::Svg) == Some(&Mode::Strict);
        return Ok((svg::rebuild(&expanded, place, strict, None, work)?.clean, Format::Svg));
    }
    if metafile::format_of(&expanded).is_some() {
        let drawing = metafile::rebuild(&expanded, place, work)?;
        return Ok((drawing.clean, drawing.format));
    }
    rebuild_raster(&expanded, place, work)
}

/// A picture of pixels inside a document or a drawing.
fn rebuild_raster(untrusted: &[u8], place: &str, work: &mut Work<'_>) -> Result<(Vec<u8>, Format), Refusal> {
    let format = Format::of_content(untrusted).ok_or(Refusal::held(Reason::UnknownKind))?;
    // The document's own mode is not known here; what the pack says of such pictures as files holds inside, too.
    let mode = work.job.policy.modes.get(&format.kind()).copied();
    let choices = Choices { strict: mode == Some(Mode::Strict), mark: None };
    if format == Format::Jpeg
        && !choices.strict
        && let Some(copied) = jpeg::copied(untrusted, place, work)?
    {
        return Ok((copied, Format::Jpeg));
    }
    if format == Format::Png
        && !choices.strict
        && let Some(copied) = png::copied(untrusted, place, work)?
    {
        return Ok((copied, Format::Png));
    }
    let picture = Picture::decode(untrusted, format, place, work)?;
    let picture = match picture {
        Picture::Png(_) | Picture::Jpeg(_) => picture,
        Picture::Gif(gif) if gif.frames() > 1 => Picture::Gif(gif),
        Picture::Webp(webp) if webp.is_lossy && webp.frames() == 1 && webp.still.layout == Layout::Rgb => {
            Picture::Webp(webp)
        }
        other => {
            if other.pages() > 1 {
                // No document shows them; say so all the same.
                work.findings.add_at(Threat::HiddenData, &format!("{place}#pages"), Spot::Page { number: 2 });
            }
            let first = other.into_first().ok_or(Refusal::held(Reason::Damaged))?;
            Picture::Png(png::Png::of_still(shown(first)))
        }
    };
    picture.encode(&choices)
}

/// Ink as colours of the screen, for a format that has no ink.
fn shown(picture: Raster) -> Raster {
    if picture.layout != Layout::Cmyk {
        return picture;
    }
    let rgba = picture.rgba8();
    Raster { density: picture.density, ..Raster::new(picture.width, picture.height, Layout::Rgba, 8, rgba) }
}

/// Counts one picture against the bounds of the job.
fn take_pixels(width: u32, height: u32, bytes: u64, work: &mut Work<'_>) -> Result<(), Refusal> {
    if u64::from(width) * u64::from(height) > work.budget.limits.pixels_max {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    work.budget.spend(bytes)
}

/// The same for a picture of black and white. Plans of a square metre are scanned so, and what fills their pixels is little:
/// eight of them count as one, as they do in a file.
fn take_bilevel_pixels(width: u32, height: u32, work: &mut Work<'_>) -> Result<(), Refusal> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels.div_ceil(8) > work.budget.limits.pixels_max {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    work.budget.spend(pixels)
}

/// The turn that EXIF asks for, 1 for none.
fn exif_orientation(untrusted_exif: &[u8]) -> raster::Orientation {
    let exif = untrusted_exif.strip_prefix(b"Exif\0\0").unwrap_or(untrusted_exif);
    image::metadata::Orientation::from_exif_chunk(exif).map_or(1, |o| o.to_exif())
}

/// Pictures for an approver: each page or the first frame, at most `side_max` pixels wide and high, as PNG; and how
/// many pages there are. From clean bytes.
pub(crate) fn preview_pages(
    clean: &[u8],
    kind: Kind,
    side_max: u32,
    pages_max: usize,
    limits: &Limits,
) -> Option<(Vec<Vec<u8>>, u32)> {
    let picture = reading(limits, |work| Picture::decode(clean, Format::of_kind(kind)?, "", work).ok())?;
    let rasters: Vec<Raster> = match picture {
        Picture::Tiff(pages) => pages.into_iter().map(|p| p.picture).collect(),
        other => vec![other.into_first()?],
    };
    let total = u32::try_from(rasters.len()).ok()?;
    let pages = rasters.into_iter().take(pages_max).map_while(|r| scaled_png(&r, side_max)).collect();
    Some((pages, total))
}

/// Reads without a job, for what is clean already.
fn reading<T>(limits: &Limits, read: impl FnOnce(&mut Work<'_>) -> T) -> T {
    let job = Job {
        hint: Hint::default(),
        policy: FilePolicy::default(),
        limits: *limits,
        want_preview: false,
        mark: None,
        notes: Default::default(),
    };
    let mut budget = Budget::new(*limits);
    read(&mut Work {
        job: &job,
        budget: &mut budget,
        findings: Findings::default(),
        depth: 0,
        converter: &mut crate::NoConverter,
        progress: &mut |_, _| (),
    })
}

fn scaled_png(picture: &Raster, side_max: u32) -> Option<Vec<u8>> {
    let coarse = picture.coarser(side_max.saturating_mul(2));
    let picture = coarse.as_ref().unwrap_or(picture);
    let pixels = image::RgbaImage::from_raw(picture.width, picture.height, picture.rgba8())?;
    let pixels = image::DynamicImage::ImageRgba8(pixels);
    let pixels = if picture.width.max(picture.height) > side_max {
        pixels.thumbnail(side_max, side_max).into_rgba8()
    } else {
        pixels.into_rgba8()
    };
    let small = Raster::new(pixels.width(), pixels.height(), Layout::Rgba, 8, pixels.into_raw());
    png::encode(png::Png::of_still(small), &Choices::default()).ok()
}

/// Pixels of 8 bits, grey or in colour, as a JPEG: for pages that are drawn and pictures of documents that lose nothing
/// by it.
pub(crate) fn photograph(pixels: &image::DynamicImage) -> Result<Vec<u8>, Refusal> {
    let raster = match pixels {
        image::DynamicImage::ImageLuma8(grey) => {
            Raster::new(grey.width(), grey.height(), Layout::Gray, 8, grey.as_raw().clone())
        }
        other => {
            let rgb = other.to_rgb8();
            Raster::new(rgb.width(), rgb.height(), Layout::Rgb, 8, rgb.into_raw())
        }
    };
    jpeg::encode(jpeg::Jpeg::of_still(raster), &Choices::default())
}

/// A small grey PNG that stands where a picture could not be kept.
pub(crate) fn placeholder() -> Result<Vec<u8>, Refusal> {
    let grey = Raster::new(32, 32, Layout::Gray, 8, vec![0xD9; 32 * 32]);
    png::encode(png::Png::of_still(grey), &Choices::default())
}

#[cfg(test)]
pub(crate) mod tests;
