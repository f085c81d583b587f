//! TIFF files, written tag by tag.
//!
//! Owns: the classic little-endian layout with one directory for each page.
//! Leaves to others: coding fax and JPEG.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use worker_protocol::{Mark, Reason};

use crate::Refusal;
use crate::picture::mark;
use crate::picture::raster::{Layout, Raster, pack};

/// Bytes of samples in one strip: readers load a strip at a time.
const STRIP_BYTES: usize = 256 << 10;

/// A page's samples, coded.
pub(super) struct Coded {
    compression: u16,
    rows_per_strip: u32,
    has_predictor: bool,
    /// How much coarser colour is than brightness, in JPEG.
    sampling: (u8, u8),
    strips: Vec<Vec<u8>>,
}

impl Coded {
    pub(super) fn fax(strip: Vec<u8>) -> Self {
        Self {
            compression: 4,
            rows_per_strip: u32::MAX,
            has_predictor: false,
            sampling: (1, 1),
            strips: vec![strip],
        }
    }

    pub(super) fn jpeg(strip: Vec<u8>, sampling: (u8, u8)) -> Self {
        Self { compression: 7, rows_per_strip: u32::MAX, has_predictor: false, sampling, strips: vec![strip] }
    }

    pub(super) fn deflated(picture: &Raster) -> Result<Self, Refusal> {
        let row_samples = picture.row_bytes().max(1);
        let rows_per_strip = (STRIP_BYTES / row_samples).clamp(1, picture.height.max(1) as usize);
        let has_predictor = picture.depth >= 8 && picture.layout != Layout::Index;
        let mut strips = Vec::new();
        for rows in picture.samples.chunks(row_samples * rows_per_strip) {
            let bytes = if has_predictor {
                rows.chunks_exact(row_samples).flat_map(|row| differences(row, picture)).collect()
            } else {
                // Samples of two bytes lie high byte first here and low byte first in the file.
                swapped(&pack(rows, row_samples, picture.depth), picture.depth)
            };
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
            encoder.write_all(&bytes).map_err(|_| Refusal::held(Reason::VerifyFailed))?;
            strips.push(encoder.finish().map_err(|_| Refusal::held(Reason::VerifyFailed))?);
        }
        let rows_per_strip = u32::try_from(rows_per_strip).unwrap_or(u32::MAX);
        Ok(Self { compression: 8, rows_per_strip, has_predictor, sampling: (1, 1), strips })
    }

    pub(super) fn bytes(&self) -> usize {
        self.strips.iter().map(Vec::len).sum()
    }
}

fn swapped(bytes: &[u8], depth: u8) -> Vec<u8> {
    if depth <= 8 {
        return bytes.to_vec();
    }
    bytes.chunks_exact(2).flat_map(|pair| pair.iter().rev()).copied().collect()
}

/// Each sample less its left neighbour's (TIFF 6.0 section 14).
fn differences(row: &[u8], picture: &Raster) -> Vec<u8> {
    let channels = picture.layout.channels();
    if picture.depth <= 8 {
        let left = std::iter::repeat_n(&0u8, channels).chain(row);
        return row.iter().zip(left).map(|(now, left)| now.wrapping_sub(*left)).collect();
    }
    let wide: Vec<u16> = row
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0u16, |value, byte| (value << 8) | u16::from(*byte)))
        .collect();
    let left = std::iter::repeat_n(&0u16, channels).chain(&wide);
    wide.iter().zip(left).flat_map(|(now, left)| now.wrapping_sub(*left).to_le_bytes()).collect()
}

/// A file under way.
pub(super) struct Writer {
    out: Vec<u8>,
    /// Where the place of the next directory is to be written.
    link_at: usize,
}

/// The values of one tag.
pub(super) enum Value {
    Short(Vec<u16>),
    Long(Vec<u32>),
    /// As hundredths.
    Ratio(f64),
    Bytes(Vec<u8>),
    Double(Vec<f64>),
}

impl Value {
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Value::Short(v) if v.is_empty())
    }
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { out: b"II*\0\0\0\0\0".to_vec(), link_at: 4 }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }

    fn here(&self) -> Result<u32, Refusal> {
        u32::try_from(self.out.len()).map_err(|_| Refusal::held(Reason::TooComplex))
    }

    fn even(&mut self) {
        if self.out.len() % 2 == 1 {
            self.out.push(0);
        }
    }

    pub(super) fn push(
        &mut self,
        picture: &Raster,
        coded: Coded,
        is_alpha_premultiplied: bool,
        (index, total): (usize, usize),
        mark: Option<&Mark>,
        extra: Vec<(u16, Value)>,
    ) -> Result<(), Refusal> {
        let (mut places, mut lengths) = (Vec::new(), Vec::new());
        for strip in &coded.strips {
            places.push(self.here()?);
            lengths.push(u32::try_from(strip.len()).unwrap_or(u32::MAX));
            self.out.extend_from_slice(strip);
            self.even();
        }
        let is_jpeg = coded.compression == 7;
        let channels = picture.layout.channels();
        let photometric = match picture.layout {
            Layout::Gray if coded.compression == 4 => 0,
            Layout::Gray | Layout::GrayAlpha => 1,
            Layout::Rgb if is_jpeg => 6,
            Layout::Rgb | Layout::Rgba => 2,
            Layout::Index => 3,
            Layout::Cmyk => 5,
        };
        let short = |v: u16| Value::Short(vec![v]);
        let page = |v: usize| u16::try_from(v).unwrap_or(u16::MAX);
        let mut tags: Vec<(u16, Value)> = vec![
            (254, Value::Long(vec![if total > 1 { 2 } else { 0 }])),
            (256, Value::Long(vec![picture.width])),
            (257, Value::Long(vec![picture.height])),
            (258, Value::Short(vec![u16::from(picture.depth); channels])),
            (259, short(coded.compression)),
            (262, short(photometric)),
            (266, short(1)),
            (273, Value::Long(places)),
            (277, short(u16::try_from(channels).unwrap_or(1))),
            (278, Value::Long(vec![coded.rows_per_strip.min(picture.height)])),
            (279, Value::Long(lengths)),
        ];
        if let Some(density) = picture.density {
            let (x, y) = density.per_inch().unwrap_or((density.x, density.y));
            tags.push((282, Value::Ratio(x)));
            tags.push((283, Value::Ratio(y)));
        }
        tags.push((284, short(1)));
        if let Some(density) = picture.density {
            tags.push((296, short(if density.per_metre { 2 } else { 1 })));
        }
        if total > 1 {
            tags.push((297, Value::Short(vec![page(index), page(total)])));
        }
        if coded.has_predictor {
            tags.push((317, short(2)));
        }
        if picture.layout == Layout::Index {
            let colours = 1usize << picture.depth;
            let wide = |channel: usize| {
                (0..colours).map(move |i| {
                    let value = picture.palette.get(i).and_then(|c| c.get(channel)).copied().unwrap_or(0);
                    u16::from(value) * 257
                })
            };
            tags.push((320, Value::Short(wide(0).chain(wide(1)).chain(wide(2)).collect())));
        }
        if matches!(picture.layout, Layout::GrayAlpha | Layout::Rgba) {
            tags.push((338, short(if is_alpha_premultiplied { 1 } else { 2 })));
        }
        if is_jpeg && picture.layout == Layout::Rgb {
            tags.push((530, Value::Short(vec![u16::from(coded.sampling.0), u16::from(coded.sampling.1)])));
        }
        if let Some(mark) = mark {
            tags.push((mark::TIFF_TAG, Value::Bytes(mark::packet(mark).into_bytes())));
        }
        tags.extend(extra);
        tags.sort_by_key(|(tag, _)| *tag);
        self.write_directory(&tags)
    }

    fn write_directory(&mut self, tags: &[(u16, Value)]) -> Result<(), Refusal> {
        let mut entries = Vec::new();
        for (tag, value) in tags {
            let (kind, count, bytes): (u16, usize, Vec<u8>) = match value {
                Value::Short(v) => (3, v.len(), v.iter().flat_map(|v| v.to_le_bytes()).collect()),
                Value::Long(v) => (4, v.len(), v.iter().flat_map(|v| v.to_le_bytes()).collect()),
                Value::Ratio(v) => {
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
                    let hundredths = (v * 100.0).round().clamp(1.0, 4e9) as u32;
                    (5, 1, [hundredths.to_le_bytes(), 100u32.to_le_bytes()].concat())
                }
                Value::Double(v) => (12, v.len(), v.iter().flat_map(|v| v.to_le_bytes()).collect()),
                Value::Bytes(v) => (1, v.len(), v.clone()),
            };
            let count = u32::try_from(count).map_err(|_| Refusal::held(Reason::TooComplex))?;
            let field = if bytes.len() <= 4 {
                let mut field = bytes;
                field.resize(4, 0);
                field
            } else {
                let at = self.here()?;
                self.out.extend_from_slice(&bytes);
                self.even();
                at.to_le_bytes().to_vec()
            };
            entries.extend_from_slice(&[tag.to_le_bytes(), kind.to_le_bytes()].concat());
            entries.extend_from_slice(&count.to_le_bytes());
            entries.extend_from_slice(&field);
        }
        let at = self.here()?;
        if let Some(link) = self.out.get_mut(self.link_at..self.link_at + 4) {
            link.copy_from_slice(&at.to_le_bytes());
        }
        self.out.extend_from_slice(&u16::try_from(tags.len()).unwrap_or(0).to_le_bytes());
        self.out.extend_from_slice(&entries);
        self.link_at = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        Ok(())
    }
}
