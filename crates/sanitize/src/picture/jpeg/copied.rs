//! Photographs as they were coded, in a file of our own.
//!
//! Owns: following the coded data block by block to its end, and writing every marker anew around it. What comes out decodes to
//! the same samples, without a second loss, and holds no byte that draws nothing: the coded data ends where its last block ends.
//! Leaves to others: whatever is coded in another way than most cameras do it (several passes, ink, arithmetic coding), which is
//! decoded and encoded (`super`); what stands in the lowest bits of the samples, which only coarser pictures destroy.

use super::super::exif_orientation;
use super::{ZIGZAG, entropy_end};

/// A photograph with nothing in it but what draws it.
pub(super) struct Copied {
    pub(super) bytes: Vec<u8>,
    pub(super) has_metadata: bool,
    pub(super) has_trailing_bytes: bool,
    pub(super) pixels: u64,
}

/// Parts of a picture that are coded for themselves.
const COMPONENTS_MAX: usize = 3;

/// Samples along one side of a block.
const BLOCK: u32 = 8;

#[derive(Clone, Copy)]
struct Component {
    id: u8,
    /// Blocks across and down in each unit.
    across: u32,
    down: u32,
    table: u8,
}

struct Frame {
    marker: u8,
    width: u32,
    height: u32,
    components: Vec<Component>,
}

/// What was read so far.
#[derive(Default)]
struct State {
    /// Tables of steps by their number, as they are written.
    steps: [Option<Vec<u8>>; 4],
    /// Tables of codes: those for the first number of a block, and those for the others.
    codes: [[Option<Codes>; 4]; 2],
    interval: u32,
    frame: Option<Frame>,
    jfif: Option<[u8; 5]>,
    adobe: Option<u8>,
    scanned: Vec<u8>,
    /// The file from the first table on.
    body: Vec<u8>,
    has_metadata: bool,
}

/// The photograph, if it is of the common sort and sound to its last bit.
pub(super) fn copied(untrusted: &[u8], pixels_max: u64) -> Option<Copied> {
    let mut state = State::default();
    let mut at = 2;
    loop {
        while untrusted.get(at) == Some(&0xFF) && untrusted.get(at + 1) == Some(&0xFF) {
            at += 1;
        }
        let (0xFF, marker) = (*untrusted.get(at)?, *untrusted.get(at + 1)?) else { return None };
        at += 2;
        if marker == 0xD9 {
            break;
        }
        let length = usize::from(u16::from_be_bytes([*untrusted.get(at)?, *untrusted.get(at + 1)?]));
        let segment = untrusted.get(at + 2..at.checked_add(length)?)?;
        at += length;
        match marker {
            0xDB => state.steps(segment)?,
            0xC4 => state.codes(segment)?,
            0xC0 | 0xC1 => state.frame(marker, segment, pixels_max)?,
            0xDD => {
                let [high, low] = segment else { return None };
                state.interval = u32::from(u16::from_be_bytes([*high, *low]));
            }
            0xDA => {
                let end = state.scan(segment, untrusted.get(at..)?)?;
                if entropy_end(untrusted, at)? != at + end {
                    return None;
                }
                at += end;
            }
            0xE0 if segment.starts_with(b"JFIF\0") => {
                let density: [u8; 5] = segment.get(7..12)?.try_into().ok()?;
                // The number of the unit says how to read the others; no other than these means anything.
                state.jfif = Some(if density.first()? > &2 { [0, 0, 1, 0, 1] } else { density });
            }
            0xEE if segment.starts_with(b"Adobe") => state.adobe = Some(*segment.get(11)?),
            // Colours that a profile explains, and a picture that stands on its side, have to be drawn anew.
            0xE2 if segment.starts_with(b"ICC_PROFILE\0") => return None,
            0xE1 if segment.starts_with(b"Exif\0\0") => {
                state.has_metadata = true;
                if exif_orientation(segment) != 1 {
                    return None;
                }
            }
            0xE0 => {}
            0xE1..=0xEF | 0xFE => state.has_metadata = true,
            _ => return None,
        }
    }
    let frame = state.frame.as_ref()?;
    if state.scanned.len() != frame.components.len() {
        return None;
    }
    let pixels = u64::from(frame.width) * u64::from(frame.height);
    let mut bytes = b"\xff\xd8".to_vec();
    if let Some(density) = state.jfif {
        bytes.extend_from_slice(b"\xff\xe0\x00\x10JFIF\0\x01\x01");
        bytes.extend_from_slice(&density);
        bytes.extend_from_slice(&[0, 0]);
    }
    if let Some(transform) = state.adobe {
        bytes.extend_from_slice(b"\xff\xee\x00\x0eAdobe\x00\x64\0\0\0\0");
        bytes.push(transform);
    }
    bytes.extend_from_slice(&state.body);
    bytes.extend_from_slice(b"\xff\xd9");
    let has_trailing_bytes = at < untrusted.len();
    Some(Copied { bytes, has_metadata: state.has_metadata, has_trailing_bytes, pixels })
}

impl State {
    /// Tables of steps. They stay as they are once something was drawn with them.
    fn steps(&mut self, mut segment: &[u8]) -> Option<()> {
        while let [head, rest @ ..] = segment {
            if !self.scanned.is_empty() || head >> 4 != 0 {
                return None;
            }
            let values = rest.get(..64)?;
            *self.steps.get_mut(usize::from(head & 15))? = Some(values.to_vec());
            segment = rest.get(64..)?;
        }
        Some(())
    }

    fn codes(&mut self, mut segment: &[u8]) -> Option<()> {
        while let [head, rest @ ..] = segment {
            let counts = rest.get(..16)?;
            let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let symbols = rest.get(16..16 + total)?;
            let codes = Codes::new(counts, symbols)?;
            // The first number of a block has no more bits than these.
            if head >> 4 == 0 && symbols.iter().any(|size| *size > 15) {
                return None;
            }
            *self.codes.get_mut(usize::from(head >> 4))?.get_mut(usize::from(head & 15))? = Some(codes);
            segment = rest.get(16 + total..)?;
        }
        Some(())
    }

    fn frame(&mut self, marker: u8, segment: &[u8], pixels_max: u64) -> Option<()> {
        let [8, h1, h0, w1, w0, count, rest @ ..] = segment else { return None };
        let (height, width) = (u16::from_be_bytes([*h1, *h0]), u16::from_be_bytes([*w1, *w0]));
        let is_known = matches!(count, 1 | 3) && rest.len() == usize::from(*count) * 3;
        let pixels = u64::from(width) * u64::from(height);
        if self.frame.is_some() || !is_known || pixels == 0 || pixels > pixels_max {
            return None;
        }
        let mut components: Vec<Component> = Vec::with_capacity(COMPONENTS_MAX);
        for component in rest.chunks_exact(3) {
            let [id, factors, table] = component else { return None };
            let (across, down) = (u32::from(factors >> 4), u32::from(factors & 15));
            let is_new = components.iter().all(|other| other.id != *id);
            if !is_new || !(1..=4).contains(&across) || !(1..=4).contains(&down) || *table > 3 {
                return None;
            }
            components.push(Component { id: *id, across, down, table: *table });
        }
        self.frame = Some(Frame { marker, width: width.into(), height: height.into(), components });
        Some(())
    }

    /// Follows one scan; where its coded data ends.
    fn scan(&mut self, segment: &[u8], data: &[u8]) -> Option<usize> {
        let frame = self.frame.as_ref()?;
        let [count, rest @ ..] = segment else { return None };
        let (chosen, [0, 63, 0]) = rest.split_at_checked(usize::from(*count) * 2)? else { return None };
        let mut parts = Vec::with_capacity(COMPONENTS_MAX);
        for pair in chosen.chunks_exact(2) {
            let [id, tables] = pair else { return None };
            let component = frame.components.iter().find(|component| component.id == *id)?;
            if self.scanned.contains(id)
                || parts.iter().any(|(other, ..): &(Component, _, _)| other.id == *id)
            {
                return None;
            }
            parts.push((*component, usize::from(tables >> 4), usize::from(tables & 15)));
        }
        if parts.is_empty() {
            return None;
        }
        let units = units(frame, &parts.iter().map(|part| part.0).collect::<Vec<_>>());
        let table = |sort: usize, number: usize| self.codes.get(sort)?.get(number)?.as_ref();
        // What a unit is made of: so many blocks, coded with these tables.
        let mut blocks = Vec::new();
        for (component, first, others) in &parts {
            let count = if parts.len() == 1 { 1 } else { component.across * component.down };
            blocks.push((count, table(0, *first)?, table(1, *others)?));
        }
        let mut bits = Bits { data, at: 0, buffer: 0, count: 0 };
        for unit in 0..units {
            if self.interval > 0 && unit > 0 && unit % self.interval == 0 {
                let number = (unit / self.interval - 1) % 8;
                bits.restart(u8::try_from(number).ok()?)?;
            }
            for (count, first, others) in &blocks {
                for _ in 0..*count {
                    bits.block(first, others)?;
                }
            }
        }
        bits.end()?;
        let end = bits.at;
        let coded = data.get(..end)?;
        // Everything before it in an order of our own, and only what this scan uses.
        let mut body = std::mem::take(&mut self.body);
        if self.scanned.is_empty() {
            self.write_frame(&mut body)?;
        }
        if self.interval > 0 {
            push_segment(&mut body, 0xDD, &u16::try_from(self.interval).ok()?.to_be_bytes())?;
        }
        let mut written = Vec::new();
        for (sort, number) in parts.iter().flat_map(|(_, first, others)| [(0, *first), (1, *others)]) {
            if !written.contains(&(sort, number)) {
                written.push((sort, number));
                let codes = self.codes.get(sort)?.get(number)?.as_ref()?;
                let head = u8::try_from(sort << 4 | number).ok()?;
                push_segment(&mut body, 0xC4, &[&[head], codes.written.as_slice()].concat())?;
            }
        }
        push_segment(&mut body, 0xDA, segment)?;
        body.extend_from_slice(coded);
        self.body = body;
        self.scanned.extend(parts.iter().map(|(component, ..)| component.id));
        Some(end)
    }

    fn write_frame(&self, body: &mut Vec<u8>) -> Option<()> {
        let frame = self.frame.as_ref()?;
        let mut tables: Vec<u8> = frame.components.iter().map(|component| component.table).collect();
        tables.sort_unstable();
        tables.dedup();
        for number in tables {
            let steps = self.steps.get(usize::from(number))?.as_ref()?;
            if steps.len() != ZIGZAG.len() {
                return None;
            }
            push_segment(body, 0xDB, &[&[number], steps.as_slice()].concat())?;
        }
        let mut segment = vec![8];
        segment.extend_from_slice(&u16::try_from(frame.height).ok()?.to_be_bytes());
        segment.extend_from_slice(&u16::try_from(frame.width).ok()?.to_be_bytes());
        segment.push(u8::try_from(frame.components.len()).ok()?);
        for component in &frame.components {
            let factors = u8::try_from(component.across << 4 | component.down).ok()?;
            segment.extend_from_slice(&[component.id, factors, component.table]);
        }
        push_segment(body, frame.marker, &segment)
    }
}

fn push_segment(out: &mut Vec<u8>, marker: u8, content: &[u8]) -> Option<()> {
    let length = u16::try_from(content.len() + 2).ok()?;
    out.extend_from_slice(&[0xFF, marker]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(content);
    Some(())
}

/// How many units a scan of these components has (T.81, A.2).
fn units(frame: &Frame, chosen: &[Component]) -> u32 {
    let most = |side: fn(&Component) -> u32| frame.components.iter().map(side).max().unwrap_or(1);
    let (across, down) = (most(|component| component.across), most(|component| component.down));
    match chosen {
        [only] => {
            let samples_across = (frame.width * only.across).div_ceil(across);
            let samples_down = (frame.height * only.down).div_ceil(down);
            samples_across.div_ceil(BLOCK) * samples_down.div_ceil(BLOCK)
        }
        _ => frame.width.div_ceil(BLOCK * across) * frame.height.div_ceil(BLOCK * down),
    }
}

/// Codes of this length and shorter are found at once.
const QUICK_BITS: u32 = 9;

/// A table of codes.
struct Codes {
    /// By the next bits: length and symbol; a length of zero for longer codes and for none.
    quick: Vec<(u8, u8)>,
    /// For each length: the first code that is too large, filled up to sixteen bits, and what to add to get the symbol's place.
    longer: [(u32, i32); 17],
    symbols: Vec<u8>,
    /// As it stands in the file.
    written: Vec<u8>,
}

impl Codes {
    fn new(counts: &[u8], symbols: &[u8]) -> Option<Self> {
        let mut quick = vec![(0, 0); 1 << QUICK_BITS];
        let mut longer = [(0, 0); 17];
        let (mut code, mut place) = (0u32, 0usize);
        for (length, count) in (1u32..).zip(counts) {
            let first = code;
            let offset = i32::try_from(place).ok()? - i32::try_from(first).ok()?;
            for symbol in symbols.get(place..place + usize::from(*count))? {
                if length <= QUICK_BITS {
                    let spread = QUICK_BITS - length;
                    let from = usize::try_from(code << spread).ok()?;
                    quick.get_mut(from..from + (1 << spread))?.fill((u8::try_from(length).ok()?, *symbol));
                }
                code += 1;
            }
            place += usize::from(*count);
            // More codes than fit; no code is all ones (T.81, C.2).
            if code >= 1 << length {
                return None;
            }
            *longer.get_mut(usize::try_from(length).ok()?)? = (code << (16 - length), offset);
            code <<= 1;
        }
        let written = [counts, symbols].concat();
        Some(Self { quick, longer, symbols: symbols.to_vec(), written })
    }
}

/// Coded data, bit by bit.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, from the highest on.
    buffer: u64,
    count: u32,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.count <= 56 {
            let Some(byte) = self.data.get(self.at) else { return };
            self.at += match (byte, self.data.get(self.at + 1)) {
                (0xFF, Some(0)) => 2,
                // A marker.
                (0xFF, _) => return,
                _ => 1,
            };
            self.buffer |= u64::from(*byte) << (56 - self.count);
            self.count += 8;
        }
    }

    fn skip(&mut self, bits: u32) -> Option<()> {
        self.count = self.count.checked_sub(bits)?;
        self.buffer <<= bits;
        Some(())
    }

    /// The next symbol. At least sixteen bits are there, or all that there are.
    fn symbol(&mut self, codes: &Codes) -> Option<u32> {
        let (length, symbol) = *codes.quick.get(usize::try_from(self.buffer >> (64 - QUICK_BITS)).ok()?)?;
        if length > 0 {
            self.skip(u32::from(length))?;
            return Some(u32::from(symbol));
        }
        let next = u32::try_from(self.buffer >> 48).ok()?;
        for length in QUICK_BITS + 1..=16 {
            let (limit, offset) = *codes.longer.get(usize::try_from(length).ok()?)?;
            if next < limit {
                self.skip(length)?;
                let code = i32::try_from(next >> (16 - length)).ok()?;
                return codes
                    .symbols
                    .get(usize::try_from(code + offset).ok()?)
                    .map(|symbol| u32::from(*symbol));
            }
        }
        None
    }

    /// One block: its first number, then the others with the zeros between them.
    fn block(&mut self, first: &Codes, others: &Codes) -> Option<()> {
        self.fill();
        let size = self.symbol(first)?;
        if size > 11 {
            return None;
        }
        self.skip(size)?;
        let mut place = 1;
        while place < 64 {
            if self.count < 32 {
                self.fill();
            }
            let symbol = self.symbol(others)?;
            let (zeros, size) = (symbol >> 4, symbol & 15);
            match (zeros, size) {
                (0, 0) => return Some(()),
                (15, 0) => place += 16,
                (_, 0 | 11..) => return None,
                _ => {
                    place += zeros + 1;
                    self.skip(size)?;
                }
            }
            if place > 64 {
                return None;
            }
        }
        Some(())
    }

    /// The end of the coded data: less than a byte is left, filled up with the same bit, and a marker follows.
    fn end(&mut self) -> Option<()> {
        self.fill();
        if self.count >= 8 || self.data.get(self.at) != Some(&0xFF) {
            return None;
        }
        let left = self.buffer >> (64 - self.count.max(1));
        let is_filled = self.count == 0 || left == 0 || left == (1 << self.count) - 1;
        self.buffer = 0;
        self.count = 0;
        is_filled.then_some(())
    }

    fn restart(&mut self, number: u8) -> Option<()> {
        self.end()?;
        (self.data.get(self.at + 1) == Some(&(0xD0 + number))).then(|| self.at += 2)
    }
}

#[cfg(test)]
mod tests;
