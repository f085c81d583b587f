//! Stream data: undoing filters within bounds, and writing it again.
//!
//! Owns: the chain of filters of a stream, when packed bytes may stay as they are, and packing.
//! Leaves to others: what the data means (`content`, `image`, `font`).

use lopdf::{Dictionary, Object, Stream};
use worker_protocol::{Reason, Threat};

use super::copy::Copy;
use super::font;
use crate::Refusal;
use crate::bounded::{Budget, Size};

/// The longest chain of filters; writers use one or two.
const FILTERS_MAX: usize = 8;

/// One filter with its parameters, both without references.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub(super) name: Vec<u8>,
    pub(super) parameters: Dictionary,
}

impl Filter {
    pub(super) fn is_for_pictures(&self) -> bool {
        matches!(self.name.as_slice(), b"DCTDecode" | b"JPXDecode" | b"JBIG2Decode" | b"CCITTFaxDecode")
    }

    pub(super) fn number(&self, key: &[u8]) -> Option<i64> {
        self.parameters.get(key).ok().and_then(|value| value.as_i64().ok())
    }

    pub(super) fn is_set(&self, key: &[u8]) -> Option<bool> {
        self.parameters.get(key).ok().and_then(|value| value.as_bool().ok())
    }
}

/// What came out of a stream.
pub(super) struct Data {
    pub(super) bytes: Vec<u8>,
    /// Whether the packed bytes are one plain zlib stream and nothing else, so that they may stay.
    pub(super) is_plainly_packed: bool,
    /// The filter for pictures at which unfiltering stopped.
    pub(super) picture: Option<Filter>,
}

impl Copy<'_, '_, '_> {
    /// The filters of a stream, in the order in which they are undone.
    pub(super) fn filters(&self, dictionary: &Dictionary) -> Result<Vec<Filter>, Refusal> {
        let listed = |long: &[u8], short: &[u8]| match dictionary.get(long).or_else(|_| dictionary.get(short))
        {
            Ok(value) => match self.resolved(value) {
                Object::Array(items) => items.clone(),
                Object::Null => Vec::new(),
                other => vec![other.clone()],
            },
            Err(_) => Vec::new(),
        };
        let names = listed(b"Filter", b"Filter");
        let parameters = listed(b"DecodeParms", b"DP");
        if names.len() > FILTERS_MAX {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        let mut filters = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let name: &[u8] = match self.resolved(name).as_name().unwrap_or_default() {
                b"Fl" => b"FlateDecode",
                b"LZW" => b"LZWDecode",
                b"A85" => b"ASCII85Decode",
                b"AHx" => b"ASCIIHexDecode",
                b"RL" => b"RunLengthDecode",
                b"CCF" => b"CCITTFaxDecode",
                b"DCT" => b"DCTDecode",
                b"Crypt" => continue,
                name => name,
            };
            let mut plain = Dictionary::new();
            if let Some(Object::Dictionary(given)) = parameters.get(index).map(|p| self.resolved(p)) {
                for (key, value) in given.iter() {
                    // The symbols of JBIG2 are a stream of their own and stay a reference.
                    let value = if key == b"JBIG2Globals" { value } else { self.resolved(value) };
                    plain.set(key.clone(), value.clone());
                }
            }
            filters.push(Filter { name: name.to_vec(), parameters: plain });
        }
        Ok(filters)
    }

    /// Undoes all filters up to the first one for pictures.
    pub(super) fn unfiltered(
        &mut self,
        stream: &Stream,
        bytes_max: u64,
        size: Size,
    ) -> Result<Data, Refusal> {
        let filters = self.filters(&stream.dict)?;
        let until = filters.iter().position(Filter::is_for_pictures).unwrap_or(filters.len());
        let picture = filters.get(until).cloned();
        let first = filters.get(..until).unwrap_or_default();
        match first {
            [] => {
                self.work.budget.spend(stream.content.len() as u64)?;
                Ok(Data { bytes: stream.content.clone(), is_plainly_packed: false, picture })
            }
            [only] if only.name == b"FlateDecode" && only.number(b"Predictor").unwrap_or(1) < 2 => {
                let (bytes, is_whole) = self.work.budget.zlib(&stream.content, bytes_max, size)?;
                if bytes.is_empty() && !stream.content.is_empty() && !is_whole {
                    // Some writers leave the zlib header out; the library knows how.
                    let bytes = self.unfilter(stream, first, bytes_max, size)?;
                    return Ok(Data { bytes, is_plainly_packed: false, picture });
                }
                Ok(Data { bytes, is_plainly_packed: is_whole && picture.is_none(), picture })
            }
            several => {
                let bytes = self.unfilter(stream, several, bytes_max, size)?;
                Ok(Data { bytes, is_plainly_packed: false, picture })
            }
        }
    }

    fn unfilter(
        &mut self,
        stream: &Stream,
        filters: &[Filter],
        bytes_max: u64,
        size: Size,
    ) -> Result<Vec<u8>, Refusal> {
        let mut dictionary = Dictionary::new();
        let name = |filter: &Filter| Object::Name(filter.name.clone());
        let parameters = |filter: &Filter| Object::Dictionary(filter.parameters.clone());
        dictionary.set("Filter", Object::Array(filters.iter().map(name).collect()));
        dictionary.set("DecodeParms", Object::Array(filters.iter().map(parameters).collect()));
        self.work.budget.unfilter(&Stream::new(dictionary, stream.content.clone()), bytes_max, size)
    }

    /// A font program without what does not belong there, or null if it is none.
    pub(super) fn font_program(&mut self, stream: &Stream, mut kept: Dictionary) -> Result<Object, Refusal> {
        let data = self.unfiltered(stream, 64 << 20, Size::Unknown)?;
        let program = match font::check(&data.bytes) {
            font::Program::Kept => None,
            font::Program::Changed(bytes) => {
                self.report(Threat::AuxiliaryPart);
                Some(bytes)
            }
            font::Program::Bad => {
                // A viewer takes a font of its own, as it would for a program it cannot read.
                self.report(Threat::Unknown);
                return Ok(Object::Null);
            }
        };
        let bytes = program.as_ref().unwrap_or(&data.bytes);
        let length = bytes.len() as i64;
        let given = |key: &[u8]| {
            let value = stream.dict.get(key).ok().map(|value| self.resolved(value));
            value.and_then(|value| value.as_i64().ok()).filter(|number| (0..=length).contains(number))
        };
        if bytes.starts_with(b"%!") || bytes.starts_with(&[0x80]) {
            let lengths = (given(b"Length1"), given(b"Length2"), given(b"Length3"));
            let clear = bytes.windows(5).position(|word| word == b"eexec").map_or(0, |at| at as i64 + 6);
            let (first, second, third) = match lengths {
                (Some(first), Some(second), third) if first + second + third.unwrap_or(0) <= length => {
                    (first, second, third.unwrap_or(0))
                }
                _ => (clear.min(length), length - clear.min(length), 0),
            };
            kept.set("Length1", first);
            kept.set("Length2", second);
            kept.set("Length3", third);
        } else {
            kept.set("Length1", length);
        }
        Ok(Object::Stream(match program {
            None if data.is_plainly_packed => as_packed(kept, stream.content.clone()),
            None => packed(kept, data.bytes),
            Some(bytes) => packed(kept, bytes),
        }))
    }

    /// The most that one stream that is no picture may expand to.
    pub(super) fn stream_bytes_max(&self) -> u64 {
        self.work.budget.bytes_left().min(256 << 20)
    }

    /// Data that is only carried: written again, packed, with nothing before or behind it.
    pub(super) fn data_stream(&mut self, stream: &Stream, dictionary: Dictionary) -> Result<Stream, Refusal> {
        let data = self.unfiltered(stream, self.stream_bytes_max(), Size::Unknown)?;
        if data.picture.is_some() {
            return Err(Refusal::held(Reason::Damaged));
        }
        Ok(if data.is_plainly_packed {
            as_packed(dictionary, stream.content.clone())
        } else {
            packed(dictionary, data.bytes)
        })
    }
}

/// A stream whose bytes are one zlib stream already.
pub(super) fn as_packed(mut dictionary: Dictionary, content: Vec<u8>) -> Stream {
    dictionary.set("Filter", Object::Name(b"FlateDecode".to_vec()));
    let mut stream = Stream::new(dictionary, content);
    stream.allows_compression = false;
    stream
}

/// A stream of these bytes, packed if that makes it smaller.
pub(super) fn packed(mut dictionary: Dictionary, bytes: Vec<u8>) -> Stream {
    dictionary.remove(b"Filter");
    dictionary.remove(b"DecodeParms");
    let packed = Budget::deflated(&bytes);
    if packed.len() + 20 < bytes.len() {
        return as_packed(dictionary, packed);
    }
    let mut stream = Stream::new(dictionary, bytes);
    stream.allows_compression = false;
    stream
}
