//! Still pictures as they were packed, in a file of our own.
//!
//! Owns: walking the packed rows to their end, and writing every chunk anew around them. What comes out decodes to the same
//! samples and holds no byte that draws nothing: there are exactly as many rows as the picture is high, each begins with a filter
//! that exists, and the chunk ends where the packed stream ends.
//! Leaves to others: whatever moves, comes in several passes, is turned by its metadata or explains its colours in another way
//! than most programs do, which is decoded and encoded (`super`); what stands in the lowest bits of the samples, which only coarser
//! pictures destroy.

use super::super::exif_orientation;
use super::super::raster::Density;
use super::changes_colours;
use crate::bounded::Budget;

/// A picture with nothing in it but what draws it.
pub(super) struct Copied {
    pub(super) bytes: Vec<u8>,
    /// What a viewer makes of it, in bytes.
    pub(super) expanded_bytes: u64,
    /// Whether there are fewer colours than numbers for them: a number without a colour is a fault, and nobody looked.
    pub(super) may_lack_colours: bool,
}

/// Rows are prepared in one of five ways (PNG, section 9.2).
const FILTER_MAX: u8 = 4;

/// What the header says of the samples.
struct Header {
    width: u32,
    height: u32,
    depth: u8,
    colour: u8,
}

const GRAY: u8 = 0;
const RGB: u8 = 2;
const INDEX: u8 = 3;

impl Header {
    fn read(chunk: &[u8]) -> Option<Self> {
        let (width, rest) = chunk.split_first_chunk::<4>()?;
        let (height, rest) = rest.split_first_chunk::<4>()?;
        // The last number says that the rows come one after the other.
        let [depth, colour, 0, 0, 0] = *rest else { return None };
        let (width, height) = (u32::from_be_bytes(*width), u32::from_be_bytes(*height));
        let is_known = match colour {
            GRAY => matches!(depth, 1 | 2 | 4 | 8 | 16),
            INDEX => matches!(depth, 1 | 2 | 4 | 8),
            RGB | 4 | 6 => matches!(depth, 8 | 16),
            _ => false,
        };
        (is_known && width > 0 && height > 0).then_some(Self { width, height, depth, colour })
    }

    /// Bytes of a row without its filter. Nothing for rows that end within a byte: what fills that byte draws nothing.
    fn row_bytes(&self) -> Option<u64> {
        let channels = match self.colour {
            GRAY | INDEX => 1,
            4 => 2,
            RGB => 3,
            _ => 4,
        };
        let bits = u64::from(self.width) * channels * u64::from(self.depth);
        (bits % 8 == 0).then_some(bits / 8)
    }
}

/// The picture, if it is of the common sort and sound to its last byte.
pub(super) fn copied(untrusted: &[u8], pixels_max: u64) -> Option<Copied> {
    let mut rest = untrusted.get(8..)?;
    let mut header = None;
    let (mut palette, mut alpha, mut density): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
    let mut packed: Vec<u8> = Vec::new();
    let mut packed_is_over = false;
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let (chunk, after) = after.split_at_checked(length)?;
        let (sum, after) = after.split_first_chunk::<4>()?;
        if u32::from_be_bytes(*sum) != checksum(kind, chunk) {
            return None;
        }
        rest = after;
        packed_is_over |= kind != b"IDAT" && !packed.is_empty();
        match kind {
            b"IHDR" if header.is_none() => header = Some(Header::read(chunk)?),
            // Every other chunk comes behind the header, and there is one header.
            _ if header.is_none() || kind == b"IHDR" => return None,
            b"PLTE" if palette.is_empty() && packed.is_empty() && chunk.len() % 3 == 0 => palette = chunk,
            b"tRNS" if alpha.is_empty() && packed.is_empty() => alpha = chunk,
            b"PLTE" | b"tRNS" => return None,
            b"IDAT" if !packed_is_over => packed.extend_from_slice(chunk),
            b"IEND" => break,
            // What moves, and colours that have to be changed into those of a screen.
            b"IDAT" | b"acTL" | b"fcTL" | b"fdAT" | b"iCCP" | b"cICP" => return None,
            b"gAMA" => {
                let gamma = u32::from_be_bytes(chunk.try_into().ok()?);
                if changes_colours(png::ScaledFloat::from_scaled(gamma)) {
                    return None;
                }
            }
            b"eXIf" if exif_orientation(chunk) != 1 => return None,
            b"pHYs" => density = chunk,
            // A reader that does not know a chunk with a capital has to give the picture up.
            [b'A'..=b'Z', ..] => return None,
            _ => {}
        }
    }
    let header = header?;
    let colours = palette.len() / 3;
    let is_sound = match header.colour {
        INDEX => (1..=1 << header.depth).contains(&colours) && alpha.len() <= colours,
        GRAY => alpha.is_empty() || alpha.len() == 2,
        RGB => alpha.is_empty() || alpha.len() == 6,
        _ => alpha.is_empty(),
    };
    let pixels = u64::from(header.width) * u64::from(header.height);
    if !is_sound || pixels > pixels_max {
        return None;
    }
    let row_bytes = header.row_bytes()?;
    let expanded_bytes = (row_bytes + 1).checked_mul(u64::from(header.height))?;
    let row = usize::try_from(row_bytes + 1).ok()?;
    // Bytes until the next row begins.
    let mut ahead = 0usize;
    let mut rows_are_sound = |piece: &[u8]| {
        while let Some(filter) = piece.get(ahead) {
            if *filter > FILTER_MAX {
                return None;
            }
            ahead += row;
        }
        ahead -= piece.len();
        Some(())
    };
    let walked = Budget::zlib_walked(&packed, expanded_bytes, &mut rows_are_sound)?;
    if walked != (expanded_bytes, packed.len()) {
        return None;
    }
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut described = [0; 13];
    described.get_mut(..4)?.copy_from_slice(&header.width.to_be_bytes());
    described.get_mut(4..8)?.copy_from_slice(&header.height.to_be_bytes());
    described.get_mut(8..10)?.copy_from_slice(&[header.depth, header.colour]);
    write(&mut bytes, b"IHDR", &described)?;
    if header.colour == INDEX {
        write(&mut bytes, b"PLTE", palette)?;
    }
    if !alpha.is_empty() {
        write(&mut bytes, b"tRNS", alpha)?;
    }
    if let Some(density) = density_of(density) {
        write(&mut bytes, b"pHYs", &density)?;
    }
    write(&mut bytes, b"IDAT", &packed)?;
    write(&mut bytes, b"IEND", &[])?;
    let may_lack_colours = header.colour == INDEX && colours < 1 << header.depth;
    Some(Copied { bytes, expanded_bytes, may_lack_colours })
}

/// Dots in a length, when they can be true.
fn density_of(chunk: &[u8]) -> Option<[u8; 9]> {
    let (across, rest) = chunk.split_first_chunk::<4>()?;
    let (down, rest) = rest.split_first_chunk::<4>()?;
    let [unit @ 0..=1] = *rest else { return None };
    let number = |bytes: &[u8; 4]| f64::from(u32::from_be_bytes(*bytes));
    Density::plausible(number(across), number(down), unit == 1)?;
    chunk.try_into().ok()
}

fn write(out: &mut Vec<u8>, kind: &[u8; 4], chunk: &[u8]) -> Option<()> {
    out.extend_from_slice(&u32::try_from(chunk.len()).ok()?.to_be_bytes());
    out.extend_from_slice(kind);
    out.extend_from_slice(chunk);
    out.extend_from_slice(&checksum(kind, chunk).to_be_bytes());
    Some(())
}

fn checksum(kind: &[u8; 4], chunk: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(kind);
    sum.update(chunk);
    sum.sum()
}

#[cfg(test)]
mod tests;
