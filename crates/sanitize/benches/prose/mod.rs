//! Text to measure with: the same each time, and packed about as small as what people write. Words repeated over and over
//! pack to next to nothing, and make packing look free.

/// Numbers that look like chance and are the same each time.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

/// Text of so many bytes or a little more, of words that are seldom the same.
pub(crate) fn text(noise: &mut Noise, bytes: usize) -> String {
    let mut out = String::with_capacity(bytes + 64);
    while out.len() < bytes {
        for _ in 0..2 + noise.next() % 5 {
            // Few letters are common and many are rare, as in any language.
            let rank = noise.next() % 1_000;
            let letter = 0x4E00 + u32::try_from(rank * rank / 400).unwrap_or(0);
            out.extend(char::from_u32(letter));
        }
        match noise.next() % 16 {
            0 => out.push_str("。\n"),
            1 | 2 => out.push('、'),
            n => out.push(char::from_u32(0x3042 + u32::try_from(n).unwrap_or(0)).unwrap_or('の')),
        }
    }
    out
}
