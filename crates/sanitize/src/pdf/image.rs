//! Pictures in a PDF.
//!
//! Owns: what becomes of each codec. Pictures that zlib packs stay packed once they are known to expand to what they
//! claim. JPEG is decoded to see that it can be, and written again marker by marker: encoding its pixels anew would
//! cost quality with every passage and break CMYK. CCITT, JBIG2 and JPEG 2000 are decoded here, in Rust, and
//! written in another form, so that a reader's decoder never meets the original bytes of these codecs.
//! Leaves to others: the dictionary (`schema`), the filters around the picture (`stream`).

use lopdf::{Dictionary, Object, Stream, dictionary};
use worker_protocol::{Mode, Reason, Threat};

use super::copy::Copy;
use super::stream::{Filter, as_packed, packed};
use super::{bilevel, jpeg};
use crate::bounded::{Budget, Size};
use crate::{Refusal, picture};

/// JPEG instead of zlib for decoded JPEG 2000, once zlib needs this many times the original.
const ZLIB_GROWTH_MAX: usize = 3;

/// Pieces of a picture that are packed to see whether packing all of it would pay.
const PROBE_BYTES: usize = 4 << 10;
const PROBES: usize = 8;

/// Whether pieces of this from all over it pack well. Packing a photograph in vain is work for nothing.
fn is_loose(bytes: &[u8]) -> bool {
    if bytes.len() <= PROBES * PROBE_BYTES {
        return true;
    }
    let pieces = (0..PROBES).filter_map(|probe| {
        let at = (bytes.len() - PROBE_BYTES) / (PROBES - 1) * probe;
        bytes.get(at..at + PROBE_BYTES)
    });
    let probe: Vec<u8> = pieces.flatten().copied().collect();
    Budget::deflated(&probe).len() * 5 < probe.len() * 4
}

/// What a picture's dictionary says.
struct Facts {
    width: u32,
    height: u32,
    bits: u64,
    channels: Option<u64>,
    is_indexed: bool,
}

impl Facts {
    /// The pixels, as far as they are to be feared. Plans of a square metre are scanned in black and white, where eight
    /// pixels are a byte and none ever becomes more.
    fn weight(&self) -> u64 {
        let pixels = u64::from(self.width).saturating_mul(u64::from(self.height));
        if self.bits == 1 && self.channels == Some(1) { bilevel::weight(pixels) } else { pixels }
    }

    /// The most bytes the samples can have; what is behind them is not of the picture.
    fn bytes_max(&self) -> u64 {
        let row = u64::from(self.width).saturating_mul(self.channels.unwrap_or(4)).saturating_mul(self.bits);
        row.div_ceil(8).saturating_mul(u64::from(self.height))
    }
}

impl Copy<'_, '_, '_> {
    /// The picture anew, or a grey dot in its place where it cannot be read.
    pub(super) fn image(&mut self, stream: &Stream, mut kept: Dictionary) -> Result<Object, Refusal> {
        self.fidelity.pictures.before += 1;
        let facts = self.facts(&stream.dict)?;
        let pixels = u64::from(facts.width).saturating_mul(u64::from(facts.height));
        if facts.weight() > self.work.budget.limits.pixels_max {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        kept.set("Type", Object::Name(b"XObject".to_vec()));
        kept.set("Subtype", Object::Name(b"Image".to_vec()));
        let written = if pixels == 0 { None } else { self.samples(stream, &facts, kept.clone())? };
        if let Some(written) = written {
            return Ok(Object::Stream(written));
        }
        self.report(Threat::Unknown);
        self.pictures_lost += 1;
        let is_mask = kept.get(b"ImageMask").is_ok_and(|mask| self.resolved(mask).as_bool().unwrap_or(false));
        for key in [b"ColorSpace".as_slice(), b"Decode", b"SMask", b"Mask", b"Matte", b"SMaskInData"] {
            kept.remove(key);
        }
        kept.set("Width", 1);
        kept.set("Height", 1);
        kept.set("BitsPerComponent", if is_mask { 1 } else { 8 });
        if !is_mask {
            kept.set("ColorSpace", Object::Name(b"DeviceGray".to_vec()));
        }
        Ok(Object::Stream(packed(kept, vec![if is_mask { 0x80 } else { 0xD9 }])))
    }

    fn facts(&self, dictionary: &Dictionary) -> Result<Facts, Refusal> {
        let number = |key: &[u8]| {
            let value = dictionary.get(key).ok().map(|value| self.resolved(value));
            value.and_then(|value| value.as_i64().ok().or_else(|| value.as_float().ok().map(|f| f as i64)))
        };
        let side = |key: &[u8]| match number(key) {
            Some(side @ 0..=0x7fff_ffff) => Ok(u32::try_from(side).unwrap_or(u32::MAX)),
            Some(_) => Err(Refusal::blocked(Reason::TooComplex)),
            None => Ok(0),
        };
        let is_mask =
            dictionary.get(b"ImageMask").is_ok_and(|mask| self.resolved(mask).as_bool().unwrap_or(false));
        let bits = if is_mask { 1 } else { number(b"BitsPerComponent").unwrap_or(8).clamp(1, 16) };
        let colours = dictionary.get(b"ColorSpace").ok().map(|space| self.resolved(space));
        let is_indexed = colours.and_then(|space| space.as_array().ok()).is_some_and(|items| {
            items.first().is_some_and(|name| matches!(self.resolved(name).as_name(), Ok(b"Indexed" | b"I")))
        });
        let channels = if is_mask { Some(1) } else { colours.and_then(|space| self.channels(space, 0)) };
        Ok(Facts {
            width: side(b"Width")?,
            height: side(b"Height")?,
            bits: bits.unsigned_abs(),
            channels,
            is_indexed,
        })
    }

    /// How many numbers a colour has in this space.
    fn channels(&self, space: &Object, depth: u32) -> Option<u64> {
        if depth > 8 {
            return None;
        }
        let by_name = |name: &[u8]| match name {
            b"DeviceGray" | b"G" | b"CalGray" | b"Indexed" | b"I" | b"Separation" => Some(1),
            b"DeviceRGB" | b"RGB" | b"CalRGB" | b"Lab" => Some(3),
            b"DeviceCMYK" | b"CMYK" => Some(4),
            _ => None,
        };
        match self.resolved(space) {
            Object::Name(name) => by_name(name),
            Object::Array(items) => {
                let name = self.resolved(items.first()?).as_name().ok()?;
                match name {
                    b"ICCBased" => {
                        let Object::Stream(profile) = self.resolved(items.get(1)?) else { return None };
                        let count = self.resolved(profile.dict.get(b"N").ok()?).as_i64().ok()?;
                        u64::try_from(count).ok().filter(|count| (1..=4).contains(count))
                    }
                    b"DeviceN" => match self.resolved(items.get(1)?) {
                        Object::Array(names) => Some(names.len().clamp(1, 32) as u64),
                        _ => None,
                    },
                    name => by_name(name),
                }
            }
            _ => None,
        }
    }

    /// `None` if it is no picture.
    fn samples(
        &mut self,
        stream: &Stream,
        facts: &Facts,
        dictionary: Dictionary,
    ) -> Result<Option<Stream>, Refusal> {
        let filters = self.filters(&stream.dict)?;
        let bytes_max = facts.bytes_max().saturating_add(u64::from(facts.height)).saturating_add(64 << 10);
        if let [only] = filters.as_slice()
            && only.name == b"FlateDecode"
            && Budget::zlib_is_whole(&stream.content, bytes_max).is_some()
        {
            let mut kept = as_packed(dictionary, stream.content.clone());
            let mut parameters = Dictionary::new();
            for key in [b"Predictor".as_slice(), b"Colors", b"BitsPerComponent", b"Columns"] {
                if let Some(number) = only.number(key) {
                    parameters.set(key, number);
                }
            }
            if parameters.get(b"Predictor").is_ok() {
                kept.dict.set("DecodeParms", parameters);
            }
            return Ok(Some(kept));
        }
        let (limit, size) = match filters.iter().any(Filter::is_for_pictures) {
            // Still packed; it cannot be larger than a page of noise.
            true => (self.stream_bytes_max(), Size::Unknown),
            false => (bytes_max.clamp(1 << 20, 1 << 30), Size::Picture),
        };
        let data = match self.unfiltered(stream, limit, size) {
            Ok(data) => data,
            Err(refusal) if refusal.reason == Reason::Damaged => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        match data.picture {
            None => {
                let mut samples = data.bytes;
                if samples.is_empty() {
                    return Ok(None);
                }
                samples.truncate(usize::try_from(facts.bytes_max()).unwrap_or(usize::MAX));
                Ok(Some(packed(dictionary, samples)))
            }
            Some(filter) => match filter.name.as_slice() {
                b"DCTDecode" => Ok(self.photograph(&data.bytes, &filter, facts, dictionary)),
                b"JPXDecode" => Ok(self.jpeg2000(&data.bytes, facts, dictionary)),
                b"JBIG2Decode" => self.jbig2(&data.bytes, &filter, facts, dictionary),
                _ => Ok(bilevel::ccitt(&data.bytes, &filter, facts.width, facts.height, dictionary)),
            },
        }
    }

    fn photograph(
        &mut self,
        bytes: &[u8],
        filter: &Filter,
        facts: &Facts,
        mut dictionary: Dictionary,
    ) -> Option<Stream> {
        let rewritten = jpeg::rewritten(bytes)?;
        let pixels_max = self.work.budget.limits.pixels_max;
        let is_plain = matches!(rewritten.channels, 1 | 3) && filter.number(b"ColorTransform").is_none();
        let is_drawn_anew =
            self.mode == Mode::Strict && is_plain && facts.channels == Some(rewritten.channels.into());
        let pixels = match is_drawn_anew {
            true => Some(jpeg::decoded(&rewritten.bytes, pixels_max)?),
            false if jpeg::decodes(&rewritten.bytes, pixels_max) => None,
            false => return None,
        };
        if rewritten.had_metadata {
            self.report(Threat::Metadata);
        }
        if rewritten.had_trailing_bytes {
            self.report(Threat::HiddenData);
        }
        let content = match pixels {
            // Security first: not even the coefficients come from outside.
            Some(pixels) => picture::photograph(&pixels).ok()?,
            None => rewritten.bytes,
        };
        dictionary.set("Filter", Object::Name(b"DCTDecode".to_vec()));
        if let Some(transform @ 0..=1) = filter.number(b"ColorTransform") {
            dictionary.set("DecodeParms", dictionary! { "ColorTransform" => transform });
        }
        // A page of one colour is mostly zeros even as JPEG; then zlib around it pays.
        let around = is_loose(&content).then(|| Budget::deflated(&content));
        let around = around.filter(|around| around.len() * 4 < content.len() * 3);
        let content = if let Some(around) = around {
            let filters = [b"FlateDecode".as_slice(), b"DCTDecode"].map(|name| Object::Name(name.to_vec()));
            dictionary.set("Filter", Object::Array(filters.to_vec()));
            if let Ok(parameters) = dictionary.get(b"DecodeParms").cloned() {
                dictionary.set("DecodeParms", Object::Array(vec![Object::Null, parameters]));
            }
            around
        } else {
            content
        };
        let mut stream = Stream::new(dictionary, content);
        stream.allows_compression = false;
        Some(stream)
    }

    fn jpeg2000(&mut self, bytes: &[u8], facts: &Facts, mut dictionary: Dictionary) -> Option<Stream> {
        use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};
        let settings =
            DecodeSettings { resolve_palette_indices: !facts.is_indexed, ..DecodeSettings::default() };
        let image = Image::new(bytes, &settings).ok()?;
        let (width, height) = (image.width(), image.height());
        let pixels = usize::try_from(u64::from(width) * u64::from(height)).ok()?;
        if pixels as u64 > self.work.budget.limits.pixels_max || pixels == 0 {
            return None;
        }
        let mut context = DecoderContext::default();
        let decoded = image.decode(&mut context).ok()?;
        let parts = decoded.components();
        let has_alpha = image.has_alpha() && parts.len() > 1;
        let colours = parts.len() - usize::from(has_alpha);
        if parts.iter().any(|part| part.samples().len() < pixels) || colours == 0 || colours > 4 {
            return None;
        }
        let sample = |part: &hayro_jpeg2000::ComponentData, at: usize| {
            let value = part.samples().get(at).copied().unwrap_or(0.0);
            let most = (1u64 << part.bit_depth().clamp(1, 32)) - 1;
            let scaled = if facts.is_indexed { value } else { value * 255.0 / most as f32 };
            scaled.round().clamp(0.0, 255.0) as u8
        };
        let mut samples = Vec::with_capacity(pixels * colours);
        for at in 0..pixels {
            samples.extend(parts.iter().take(colours).map(|part| sample(part, at)));
        }
        let alpha: Option<Vec<u8>> = has_alpha
            .then(|| parts.get(colours))
            .flatten()
            .map(|part| (0..pixels).map(|at| sample(part, at)).collect());
        if facts.channels != Some(colours as u64) {
            let space: &[u8] = match (image.color_space(), colours) {
                (ColorSpace::Gray, 1) | (_, 1) => b"DeviceGray",
                (_, 3) => b"DeviceRGB",
                (_, 4) => b"DeviceCMYK",
                _ => return None,
            };
            dictionary.set("ColorSpace", Object::Name(space.to_vec()));
        }
        dictionary.set("Width", i64::from(width));
        dictionary.set("Height", i64::from(height));
        dictionary.set("BitsPerComponent", 8);
        let wants_alpha = dictionary.get(b"SMaskInData").and_then(Object::as_i64).unwrap_or(0) > 0;
        dictionary.remove(b"SMaskInData");
        if let Some(alpha) = alpha.filter(|_| wants_alpha && !dictionary.has(b"SMask")) {
            let mask = dictionary! {
                "Type" => "XObject", "Subtype" => "Image", "Width" => i64::from(width), "Height" => i64::from(height),
                "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8,
            };
            let mask = self.clean.add_object(packed(mask, alpha));
            dictionary.set("SMask", mask);
        }
        let plain = packed(dictionary.clone(), samples.clone());
        if plain.content.len() > bytes.len().saturating_mul(ZLIB_GROWTH_MAX).max(16 << 10)
            && !facts.is_indexed
        {
            let photograph = match colours {
                1 => image::GrayImage::from_raw(width, height, samples).map(image::DynamicImage::ImageLuma8),
                3 => image::RgbImage::from_raw(width, height, samples).map(image::DynamicImage::ImageRgb8),
                _ => None,
            };
            if let Some(content) = photograph.and_then(|p| picture::photograph(&p).ok())
                && content.len() < plain.content.len()
            {
                dictionary.set("Filter", Object::Name(b"DCTDecode".to_vec()));
                let mut stream = Stream::new(dictionary, content);
                stream.allows_compression = false;
                return Some(stream);
            }
        }
        Some(plain)
    }

    fn jbig2(
        &mut self,
        bytes: &[u8],
        filter: &Filter,
        facts: &Facts,
        dictionary: Dictionary,
    ) -> Result<Option<Stream>, Refusal> {
        let globals = filter.parameters.get(b"JBIG2Globals").ok().map(|globals| self.resolved(globals));
        let globals = match globals {
            Some(Object::Stream(globals)) => {
                let globals = globals.clone();
                Some(self.unfiltered(&globals, 64 << 20, Size::Unknown)?.bytes)
            }
            _ => None,
        };
        let pixels_max = self.work.budget.limits.pixels_max;
        let Some((width, height, rows)) = bilevel::jbig2(bytes, globals.as_deref(), pixels_max) else {
            return Ok(None);
        };
        if (width, height) != (facts.width, facts.height) && facts.is_indexed {
            return Ok(None);
        }
        Ok(Some(bilevel::written(rows, width, height, false, dictionary)))
    }
}
