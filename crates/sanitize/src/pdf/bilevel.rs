//! Pictures of black and white: CCITT and JBIG2 in, CCITT group 4 out.
//!
//! Owns: decoding with a bound on pixels, and encoding row by row.
//! Leaves to others: where the parameters come from (`stream`), what stands in for a picture that cannot be read
//! (`image`).

use fax::encoder::Encoder;
use fax::{Color, VecWriter};
use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};
use lopdf::{Dictionary, Object, Stream, dictionary};

use super::stream::{Filter, packed};

/// Rows of pixels, eight to a byte, each row from a new byte; a set bit is black.
pub(super) struct Rows {
    bytes: Vec<u8>,
    row_bytes: usize,
}

impl Rows {
    fn white(width: u32, height: u32) -> Self {
        let row_bytes = (width as usize).div_ceil(8);
        Self { bytes: vec![0; row_bytes.saturating_mul(height as usize)], row_bytes }
    }

    fn blacken(&mut self, row: usize, from: usize, to: usize) {
        let Some(row) = self.bytes.get_mut(row * self.row_bytes..(row + 1) * self.row_bytes) else { return };
        let mut at = from;
        while at < to {
            let Some(byte) = row.get_mut(at / 8) else { return };
            if at.is_multiple_of(8) && to - at >= 8 {
                *byte = 0xFF;
                at += 8;
            } else {
                *byte |= 0x80 >> (at % 8);
                at += 1;
            }
        }
    }
}

/// How much so many pixels count against a bound that is meant for colours.
pub(super) fn weight(pixels: u64) -> u64 {
    pixels.div_ceil(8)
}

struct CcittRows {
    rows: Rows,
    width: usize,
    height: usize,
    done: usize,
}

impl hayro_ccitt::Decoder for CcittRows {
    fn push_row(&mut self, changes: &[u32]) {
        if self.done < self.height {
            for run in changes.chunks(2) {
                let from = run.first().map_or(0, |at| *at as usize);
                let to = run.get(1).map_or(self.width, |at| *at as usize);
                self.rows.blacken(self.done, from, to.min(self.width));
            }
        }
        self.done += 1;
    }
}

/// Decodes CCITT data and encodes it anew. `None` if not one row could be read.
pub(super) fn ccitt(
    bytes: &[u8],
    filter: &Filter,
    width: u32,
    height: u32,
    dictionary: Dictionary,
) -> Option<Stream> {
    let k = filter.number(b"K").unwrap_or(0);
    let columns = u32::try_from(filter.number(b"Columns").unwrap_or(1728)).ok()?;
    // Rows beyond the picture are not drawn; a width that disagrees is the filter's, as readers take it.
    if columns == 0
        || columns > 60_000
        || (columns as usize).div_ceil(8) > (width as usize).div_ceil(8) * 4 + 4096
    {
        return None;
    }
    let settings = DecodeSettings {
        columns,
        rows: height,
        end_of_block: filter.is_set(b"EndOfBlock").unwrap_or(true),
        end_of_line: filter.is_set(b"EndOfLine").unwrap_or(false),
        rows_are_byte_aligned: filter.is_set(b"EncodedByteAlign").unwrap_or(false),
        encoding: match k {
            ..0 => EncodingMode::Group4,
            0 => EncodingMode::Group3_1D,
            _ => EncodingMode::Group3_2D,
        },
        strict: false,
    };
    let mut decoder = CcittRows {
        rows: Rows::white(columns, height),
        width: columns as usize,
        height: height as usize,
        done: 0,
    };
    // An error in the middle leaves the rows before it, which is what readers show.
    let _ = hayro_ccitt::decode(bytes, &mut decoder, &mut DecoderContext::new(settings));
    if decoder.done == 0 {
        return None;
    }
    let black_is_one = filter.is_set(b"BlackIs1").unwrap_or(false);
    Some(written(decoder.rows, columns, height, black_is_one, dictionary))
}

struct Jbig2Rows {
    rows: Rows,
    row: usize,
    at: usize,
}

impl hayro_jbig2::Decoder for Jbig2Rows {
    fn push_pixel(&mut self, black: bool) {
        if black {
            self.rows.blacken(self.row, self.at, self.at + 1);
        }
        self.at += 1;
    }

    fn push_pixel_chunk(&mut self, black: bool, chunk_count: u32) {
        let end = self.at + chunk_count as usize * 8;
        if black {
            self.rows.blacken(self.row, self.at, end);
        }
        self.at = end;
    }

    fn next_line(&mut self) {
        self.row += 1;
        self.at = 0;
    }
}

/// Width, height and pixels of a JBIG2 picture.
pub(super) fn jbig2(bytes: &[u8], globals: Option<&[u8]>, pixels_max: u64) -> Option<(u32, u32, Rows)> {
    let settings = hayro_jbig2::DecodeSettings { strict: false };
    let globals = globals.map(|globals| hayro_jbig2::Globals::new(globals, &settings)).transpose().ok()?;
    let page = hayro_jbig2::Page::new_embedded(bytes, globals.as_ref(), &settings).ok()?;
    let (width, height) = (page.width(), page.height());
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || weight(pixels) > pixels_max {
        return None;
    }
    let mut decoder = Jbig2Rows { rows: Rows::white(width, height), row: 0, at: 0 };
    page.decode(&mut decoder).ok()?;
    Some((width, height, decoder.rows))
}

/// A stream of these rows, as CCITT group 4 where that is possible.
pub(super) fn written(
    rows: Rows,
    width: u32,
    height: u32,
    black_is_one: bool,
    mut dictionary: Dictionary,
) -> Stream {
    dictionary.set("Height", i64::from(height));
    dictionary.set("BitsPerComponent", 1);
    let encoded = u16::try_from(width).ok().filter(|width| *width <= 32_000).and_then(|columns| {
        let mut encoder = Encoder::new(VecWriter::new());
        for row in rows.bytes.chunks(rows.row_bytes.max(1)) {
            let pixels = row.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0));
            let pixels = pixels.take(usize::from(columns));
            let pixels = pixels.map(|black| if black { Color::Black } else { Color::White });
            encoder.encode_line(pixels, columns).ok()?;
        }
        Some(encoder.finish().ok()?.finish())
    });
    let Some(encoded) = encoded else {
        let bytes = rows.bytes.into_iter().map(|byte| if black_is_one { byte } else { !byte }).collect();
        return packed(dictionary, bytes);
    };
    dictionary.set("Filter", Object::Name(b"CCITTFaxDecode".to_vec()));
    let mut parameters =
        dictionary! { "K" => -1, "Columns" => i64::from(width), "Rows" => i64::from(height) };
    if black_is_one {
        parameters.set("BlackIs1", true);
    }
    dictionary.set("DecodeParms", parameters);
    let mut stream = Stream::new(dictionary, encoded);
    stream.allows_compression = false;
    stream
}
