//! Pixels as every codec of this folder hands them on.
//!
//! Owns: one layout of samples in memory, turning a picture round, leaving out what it does not need (an alpha channel
//! that is opaque, colours that fit a palette), and rounding samples so that nothing hides in their lowest bits.
//! Leaves to others: how each format packs them.

use std::borrow::Cow;
use std::collections::HashMap;

/// What one pixel is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
    /// Ink: 0 is none.
    Cmyk,
    /// A place in the palette.
    Index,
}

impl Layout {
    pub(super) fn channels(self) -> usize {
        match self {
            Layout::Gray | Layout::Index => 1,
            Layout::GrayAlpha => 2,
            Layout::Rgb => 3,
            Layout::Rgba | Layout::Cmyk => 4,
        }
    }
}

/// How large the picture is on paper: dots in a metre, or only the shape of a dot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Density {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) per_metre: bool,
}

impl Density {
    /// A density a printer could have; anything else is noise.
    pub(super) fn plausible(x: f64, y: f64, per_metre: bool) -> Option<Self> {
        let bound = |v: f64| (1.0..=10_000_000.0).contains(&v).then_some(v);
        Some(Self { x: bound(x)?, y: bound(y)?, per_metre })
    }

    /// The two numbers without a fraction.
    pub(super) fn whole(self) -> (u32, u32) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bounded when it was made"
        )]
        let whole = |v: f64| v.round() as u32;
        (whole(self.x), whole(self.y))
    }

    /// Dots in an inch, to the hundredth.
    pub(super) fn per_inch(self) -> Option<(f64, f64)> {
        let inch = |v: f64| (v * 2.54).round() / 100.0;
        self.per_metre.then(|| (inch(self.x), inch(self.y)))
    }
}

/// One picture. Samples lie row by row without gaps: one byte each up to 8 bits, two bytes (high first) above.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Raster {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) layout: Layout,
    /// Bits of a sample: 1, 2, 4, 8 or 16.
    pub(super) depth: u8,
    pub(super) samples: Vec<u8>,
    /// Colours with alpha, for [`Layout::Index`].
    pub(super) palette: Vec<[u8; 4]>,
    pub(super) density: Option<Density>,
}

/// A turn or flip as EXIF numbers them, 1 to 8.
pub(super) type Orientation = u8;

impl Raster {
    pub(super) fn new(width: u32, height: u32, layout: Layout, depth: u8, samples: Vec<u8>) -> Self {
        Self { width, height, layout, depth, samples, palette: Vec::new(), density: None }
    }

    /// Bytes of one pixel in `samples`.
    pub(super) fn pixel_bytes(&self) -> usize {
        self.layout.channels() * if self.depth > 8 { 2 } else { 1 }
    }

    /// Bytes of one row in `samples`.
    pub(super) fn row_bytes(&self) -> usize {
        self.pixel_bytes() * self.width as usize
    }

    /// Whether the samples are as many as the size says and indices lie in the palette.
    pub(super) fn is_sound(&self) -> bool {
        self.width > 0
            && self.height > 0
            && self.samples.len() == self.row_bytes() * self.height as usize
            && (self.layout != Layout::Index
                || self.samples.iter().all(|index| usize::from(*index) < self.palette.len()))
    }

    /// The picture the right way up.
    pub(super) fn turned(mut self, orientation: Orientation) -> Self {
        if !(2..=8).contains(&orientation) {
            return self;
        }
        let (width, height) = (self.width as usize, self.height as usize);
        let bytes = self.pixel_bytes();
        let swaps = orientation >= 5;
        let (new_width, new_height) = if swaps { (height, width) } else { (width, height) };
        let mut samples = Vec::with_capacity(self.samples.len());
        for y in 0..new_height {
            for x in 0..new_width {
                let (from_x, from_y) = match orientation {
                    2 => (width - 1 - x, y),
                    3 => (width - 1 - x, height - 1 - y),
                    4 => (x, height - 1 - y),
                    5 => (y, x),
                    6 => (y, height - 1 - x),
                    7 => (width - 1 - y, height - 1 - x),
                    _ => (width - 1 - y, x),
                };
                let at = (from_y * width + from_x) * bytes;
                samples.extend_from_slice(self.samples.get(at..at + bytes).unwrap_or_default());
            }
        }
        self.samples = samples;
        if swaps {
            std::mem::swap(&mut self.width, &mut self.height);
            self.density = self.density.map(|d| Density { x: d.y, y: d.x, ..d });
        }
        self
    }

    /// A grey picture with one pixel for each square of so many that its longer side still has `side_min` of them; nothing
    /// when that would be the picture itself, or when it has colours. For drawing, where the whole in colours would need
    /// several times its memory.
    pub(super) fn coarser(&self, side_min: u32) -> Option<Self> {
        let square = (self.width.max(self.height) / side_min.max(1)) as usize;
        if square < 2 || self.layout != Layout::Gray || self.depth > 8 {
            return None;
        }
        let top = (1u64 << self.depth) - 1;
        let size = |side: u32| (side as usize / square).max(1);
        let (width, height) = (size(self.width), size(self.height));
        let mut out = Vec::with_capacity(width * height);
        let mut sums = vec![(0u64, 0u64); width];
        for (y, row) in self.samples.chunks_exact(self.row_bytes().max(1)).enumerate().take(height * square) {
            for (sum, part) in sums.iter_mut().zip(row.chunks(square)) {
                sum.0 += part.iter().map(|v| u64::from(*v)).sum::<u64>();
                sum.1 += part.len() as u64;
            }
            if (y + 1) % square == 0 || y + 1 == self.height as usize {
                let grey = |(sum, count): (u64, u64)| sum * 255 / (count * top).max(1);
                out.extend(sums.iter().map(|sum| u8::try_from(grey(*sum)).unwrap_or(255)));
                sums.fill((0, 0));
            }
        }
        let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
        Some(Self::new(width, height, Layout::Gray, 8, out)).filter(Self::is_sound)
    }

    /// Red, green, blue, alpha in 8 bits each: for drawing, not for keeping.
    pub(super) fn rgba8(&self) -> Vec<u8> {
        let top = (1u32 << self.depth.min(8)) - 1;
        let wide = |v: u8| u8::try_from(u32::from(v) * 255 / top.max(1)).unwrap_or(255);
        let high: Vec<u8>;
        let samples = if self.depth > 8 {
            high = self.samples.iter().step_by(2).copied().collect();
            &high
        } else {
            &self.samples
        };
        let mut out = Vec::with_capacity(self.width as usize * self.height as usize * 4);
        for pixel in samples.chunks_exact(self.layout.channels()) {
            let rgba = match (self.layout, pixel) {
                (Layout::Index, [i]) => self.palette.get(usize::from(*i)).copied().unwrap_or([0, 0, 0, 255]),
                (_, [v]) => [wide(*v), wide(*v), wide(*v), 255],
                (_, [v, a]) => [wide(*v), wide(*v), wide(*v), wide(*a)],
                (_, [r, g, b]) => [wide(*r), wide(*g), wide(*b), 255],
                (Layout::Cmyk, [c, m, y, k]) => {
                    let rest = |ink: u8| {
                        u8::try_from(u32::from(255 - ink) * u32::from(255 - k) / 255).unwrap_or(255)
                    };
                    [rest(*c), rest(*m), rest(*y), 255]
                }
                (_, [r, g, b, a]) => [wide(*r), wide(*g), wide(*b), wide(*a)],
                _ => [0; 4],
            };
            out.extend_from_slice(&rgba);
        }
        out
    }

    /// The same pixels with less: no opaque alpha, no colour where all is grey, a palette where one is enough.
    pub(super) fn minimised(mut self) -> Self {
        if self.depth != 8 || matches!(self.layout, Layout::Cmyk | Layout::Index) {
            return self;
        }
        self.drop_opaque_alpha();
        let channels = self.layout.channels();
        if self.layout == Layout::Rgb
            && self.samples.chunks_exact(3).all(|p| matches!(p, [r, g, b] if r == g && g == b))
        {
            self.samples = self.samples.iter().step_by(3).copied().collect();
            self.layout = Layout::Gray;
        }
        if self.layout == Layout::Gray {
            self.narrow_grey();
            if self.depth < 8 {
                return self;
            }
        }
        let pixels = self.samples.len() / self.layout.channels().max(1);
        match self.palette_of(if self.layout == Layout::Gray { 16 } else { 256 }) {
            // A palette costs three or four bytes a colour.
            Some((palette, indices)) if pixels >= palette.len() * 4 => {
                self.depth = index_depth(palette.len());
                self.layout = Layout::Index;
                self.palette = palette;
                self.samples = indices;
                self
            }
            _ => {
                debug_assert!(channels >= self.layout.channels());
                self
            }
        }
    }

    fn drop_opaque_alpha(&mut self) {
        let (keep, layout) = match self.layout {
            Layout::Rgba => (3, Layout::Rgb),
            Layout::GrayAlpha => (1, Layout::Gray),
            _ => return,
        };
        let channels = self.layout.channels();
        if self.samples.chunks_exact(channels).all(|p| p.last() == Some(&255)) {
            self.samples =
                self.samples.chunks_exact(channels).flat_map(|p| p.iter().take(keep)).copied().collect();
            self.layout = layout;
        }
    }

    fn narrow_grey(&mut self) {
        for (depth, step) in [(1u8, 255u8), (2, 85), (4, 17)] {
            if self.samples.iter().all(|v| v % step == 0) {
                self.samples.iter_mut().for_each(|v| *v /= step);
                self.depth = depth;
                return;
            }
        }
    }

    /// The colours and where each pixel finds its own, when they are no more than `most`.
    fn palette_of(&self, most: usize) -> Option<(Vec<[u8; 4]>, Vec<u8>)> {
        let mut seen: HashMap<[u8; 4], u8> = HashMap::new();
        let mut palette = Vec::new();
        let mut indices = Vec::with_capacity(self.samples.len() / self.layout.channels());
        let mut last = None;
        for pixel in self.samples.chunks_exact(self.layout.channels()) {
            let colour = match pixel {
                [v] => [*v, *v, *v, 255],
                [v, a] => [*v, *v, *v, *a],
                [r, g, b] => [*r, *g, *b, 255],
                [r, g, b, a] => [*r, *g, *b, *a],
                _ => return None,
            };
            if let Some((of, index)) = last
                && of == colour
            {
                indices.push(index);
                continue;
            }
            let index = match seen.get(&colour) {
                Some(index) => *index,
                None => {
                    if palette.len() >= most {
                        return None;
                    }
                    let index = u8::try_from(palette.len()).ok()?;
                    palette.push(colour);
                    seen.insert(colour, index);
                    index
                }
            };
            last = Some((colour, index));
            indices.push(index);
        }
        // Colours that are not opaque first: PNG lists alpha only up to the last of them.
        let mut order: Vec<usize> = (0..palette.len()).collect();
        order.sort_by_key(|i| palette.get(*i).map_or(255, |c| c.last().copied().unwrap_or(255)));
        let mut moved = vec![0u8; palette.len()];
        for (new, old) in order.iter().enumerate() {
            if let Some(slot) = moved.get_mut(*old) {
                *slot = u8::try_from(new).ok()?;
            }
        }
        for index in &mut indices {
            *index = moved.get(usize::from(*index)).copied()?;
        }
        let sorted = order.iter().filter_map(|i| palette.get(*i)).copied().collect();
        Some((sorted, indices))
    }

    /// Rounds away the bits in which data is hidden without being seen. One-bit pictures have none to spare.
    pub(super) fn rounded(mut self) -> Self {
        let round = |v: u8| (v & 0xFE) | (v >> 7);
        match (self.layout, self.depth) {
            (Layout::Index, _) => {
                for colour in &mut self.palette {
                    *colour = colour.map(round);
                }
                // The order of equal colours can hold data, too: make a new palette from what is seen.
                let rgba = self.rgba8();
                let density = self.density;
                self = Raster::new(self.width, self.height, Layout::Rgba, 8, rgba);
                self.density = density;
                self.minimised()
            }
            (_, 16) => {
                self.samples = self.samples.iter().step_by(2).map(|v| round(*v)).collect();
                self.depth = 8;
                self
            }
            (_, 8) => {
                self.samples.iter_mut().for_each(|v| *v = round(*v));
                self
            }
            _ => self,
        }
    }
}

/// The fewest bits that number this many colours.
pub(super) fn index_depth(colours: usize) -> u8 {
    match colours {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    }
}

/// Samples of less than 8 bits out of rows that begin on a byte. `per_row` counts samples.
pub(super) fn unpack(packed: Vec<u8>, row_bytes: usize, per_row: usize, depth: u8) -> Vec<u8> {
    if depth >= 8 {
        return packed;
    }
    let mask = (1u8 << depth) - 1;
    let in_byte = usize::from(8 / depth);
    let mut out = Vec::with_capacity(per_row * packed.len() / row_bytes.max(1));
    for row in packed.chunks_exact(row_bytes.max(1)) {
        let samples = row
            .iter()
            .flat_map(|byte| (0..in_byte).map(move |i| (byte >> (8 - usize::from(depth) * (i + 1))) & mask));
        out.extend(samples.take(per_row));
    }
    out
}

/// The reverse of [`unpack`].
pub(super) fn pack(samples: &[u8], per_row: usize, depth: u8) -> Cow<'_, [u8]> {
    if depth >= 8 {
        return Cow::Borrowed(samples);
    }
    let in_byte = usize::from(8 / depth);
    let mut out = Vec::with_capacity(samples.len() / in_byte + samples.len() / per_row.max(1) + 1);
    for row in samples.chunks(per_row.max(1)) {
        for group in row.chunks(in_byte) {
            let byte = group
                .iter()
                .enumerate()
                .fold(0u8, |byte, (i, sample)| byte | (sample << (8 - usize::from(depth) * (i + 1))));
            out.push(byte);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_turn_goes_to_its_corner() {
        // Where the first pixel of a 3 by 2 picture goes.
        let corners = [(1, 0), (2, 2), (3, 5), (4, 3), (5, 0), (6, 1), (7, 5), (8, 4)];
        for (orientation, place) in corners {
            let turned = Raster::new(3, 2, Layout::Gray, 8, vec![9, 0, 0, 0, 0, 0]).turned(orientation);
            assert_eq!(turned.samples.iter().position(|v| *v == 9), Some(place), "{orientation}");
            assert_eq!((turned.width, turned.height), if orientation > 4 { (2, 3) } else { (3, 2) });
        }
    }

    #[test]
    fn what_is_not_needed_is_left_out() {
        let of = |layout, samples: Vec<u8>| {
            let pixels = u32::try_from(samples.len() / Layout::channels(layout)).unwrap();
            let small = Raster::new(pixels, 1, layout, 8, samples).minimised();
            (small.layout, small.depth)
        };
        assert_eq!(of(Layout::Rgba, [0, 0, 0, 255, 255, 255, 255, 255].repeat(9)), (Layout::Gray, 1));
        assert_eq!(of(Layout::Rgb, [17, 17, 17, 34, 34, 34].repeat(9)), (Layout::Gray, 4));
        assert_eq!(of(Layout::Rgb, [1, 2, 3].repeat(9)), (Layout::Index, 1));
        assert_eq!(of(Layout::Rgba, [1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9].repeat(9)), (Layout::Index, 2));
        assert_eq!(of(Layout::Rgb, (0..=255).flat_map(|v| [v, 255 - v, 7]).collect()), (Layout::Rgb, 8));
    }

    #[test]
    fn the_lowest_bit_says_nothing_any_more() {
        let hidden = Raster::new(4, 1, Layout::Gray, 8, vec![10, 11, 254, 255]).rounded();
        assert_eq!(hidden.samples, [10, 10, 255, 255]);
    }

    #[test]
    fn a_coarser_picture_is_grey_where_lines_were() {
        // A line of one pixel down the middle of white.
        let line = |width: u32, height: u32| {
            let samples = (0..width * height).map(|at| u8::from(at % width != width / 2)).collect();
            Raster::new(width, height, Layout::Gray, 1, samples)
        };
        let coarse = line(41, 83).coarser(20).unwrap();
        assert_eq!((coarse.width, coarse.height, coarse.depth), (10, 20, 8));
        assert!(
            coarse.samples.chunks(10).all(|row| row == [255, 255, 255, 255, 255, 191, 255, 255, 255, 255])
        );
        for (width, height) in [(1, 900), (900, 1), (3, 2000)] {
            assert!(line(width, height).coarser(7).unwrap().is_sound(), "{width} {height}");
        }
        assert_eq!(line(41, 39).coarser(21), None);
        assert_eq!(Raster::new(90, 1, Layout::Rgb, 8, vec![0; 270]).coarser(9), None);
    }

    proptest! {
        #[test]
        fn minimising_changes_no_pixel(
            colours in proptest::collection::vec(any::<[u8; 4]>(), 1..300),
            opaque: bool,
        ) {
            let samples: Vec<u8> = colours
                .iter()
                .cycle()
                .take(colours.len() * 5)
                .flat_map(|[r, g, b, a]| [*r, *g, *b, if opaque { 255 } else { *a }])
                .collect();
            let width = u32::try_from(samples.len() / 4).unwrap();
            let before = Raster::new(width, 1, Layout::Rgba, 8, samples);
            let after = before.clone().minimised();
            prop_assert!(after.is_sound());
            prop_assert_eq!(after.rgba8(), before.rgba8());
        }

        #[test]
        fn packing_is_undone(
            samples in proptest::collection::vec(0u8..2, 1..200),
            per_row in 1usize..40,
            power in 0u32..3,
        ) {
            let depth = 1u8 << power;
            let rows = samples.len() / per_row;
            let samples: Vec<u8> = samples.into_iter().take(rows * per_row).collect();
            let packed = pack(&samples, per_row, depth);
            let row_bytes = (per_row * usize::from(depth)).div_ceil(8);
            prop_assert_eq!(unpack(packed.into_owned(), row_bytes, per_row, depth), samples);
        }
    }
}
