//! Framing on the pipe: a tag byte, a big-endian 64-bit length, that many bytes.
//!
//! Owns: the tags, the bound on each tag's length, the order in which frames may come, and encoding and
//! decoding of headers and of progress. Everything here is pure or works on plain `Read`/`Write`, so that the
//! blocking cell and the async client use the same code.
//! Leaves to others: what the payloads mean (the crate root), timeouts and killing (`worker-client`).
//!
//! One process serves one job. The order is
//!
//! ```text
//! server → cell   Job, Data*, End, (Converted*, (ConvertedEnd | NotConverted))*
//! cell → server   Ready, (Convert, ConvertData*, ConvertEnd)*, Report, (Clean*, CleanEnd), (Preview, Page*)?, End
//! ```
//!
//! with `Progress` anywhere after `Ready`.
//!
//! Before its report a cell may ask for conversions, one after the other (see [`crate::conversion`]). The cell of the
//! office program speaks the same frames from the other side: after its `Ready` it is sent `Convert`, `ConvertData*`,
//! `ConvertEnd`, answers as above, and ends.
//!
//! `Ready` comes after the cell has closed itself in and before it reads its first byte, so a pool can start
//! cells ahead of the work. `Clean` and `CleanEnd` come exactly when the report's verdict hands bytes over.
//! Previews come last because drawing them runs the most code: if the cell dies there, the clean bytes are
//! already safe on the other side and only the preview is lost.

use std::io::{Read, Write};

use serde::{Deserialize, Serialize};

use crate::conversion::Conversion;

/// Bytes of an encoded [`Header`].
pub const HEADER_BYTES: usize = 9;

/// The longest piece of a file in one frame, in bytes.
pub const CHUNK_BYTES_MAX: u64 = 1 << 20;

/// The longest job as JSON, in bytes.
pub const JOB_BYTES_MAX: u64 = 1 << 20;

/// The longest report as JSON, in bytes.
pub const REPORT_BYTES_MAX: u64 = 8 << 20;

/// The longest preview as JSON, in bytes. The text in it is bounded to 200 KiB; quoting may double it.
pub const PREVIEW_BYTES_MAX: u64 = 2 << 20;

/// The longest picture of one preview page, in bytes.
pub const PAGE_BYTES_MAX: u64 = 8 << 20;

/// The most pages of one preview.
pub const PAGES_SHOWN_MAX: u32 = 10;

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tag {
    /// Server → cell: a [`crate::Job`] as JSON.
    Job,
    /// Server → cell: the next piece of the untrusted file.
    Data,
    /// Both ways: nothing more follows. Empty.
    End,
    /// Cell → server: the cell is closed and waits for its job. Empty.
    Ready,
    /// Cell → server: a [`Progress`].
    Progress,
    /// Cell → server: a [`crate::Report`] as JSON.
    Report,
    /// Cell → server: the next piece of the clean file.
    Clean,
    /// Cell → server: the clean file is complete. Empty.
    CleanEnd,
    /// Cell → server: a [`crate::Preview`] as JSON.
    Preview,
    /// Cell → server: one page of the preview as PNG.
    Page,
    /// Cell → server: a [`crate::conversion::Conversion`] is asked for.
    Convert,
    /// Cell → server: the next piece of the file to convert.
    ConvertData,
    /// Cell → server: the file to convert is complete. Empty.
    ConvertEnd,
    /// Server → cell: the next piece of what came of it.
    Converted,
    /// Server → cell: what came of it is complete. Empty.
    ConvertedEnd,
    /// Server → cell: nothing came of it, whatever was sent before; a [`crate::Reason`] by its id.
    NotConverted,
}

impl Tag {
    /// Every tag.
    pub const ALL: [Tag; 16] = [
        Tag::Job,
        Tag::Data,
        Tag::End,
        Tag::Ready,
        Tag::Progress,
        Tag::Report,
        Tag::Clean,
        Tag::CleanEnd,
        Tag::Preview,
        Tag::Page,
        Tag::Convert,
        Tag::ConvertData,
        Tag::ConvertEnd,
        Tag::Converted,
        Tag::ConvertedEnd,
        Tag::NotConverted,
    ];

    /// The byte on the pipe.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Tag::Job => 1,
            Tag::Data => 2,
            Tag::End => 3,
            Tag::Ready => 4,
            Tag::Progress => 5,
            Tag::Report => 6,
            Tag::Clean => 7,
            Tag::CleanEnd => 8,
            Tag::Preview => 9,
            Tag::Page => 10,
            Tag::Convert => 11,
            Tag::ConvertData => 12,
            Tag::ConvertEnd => 13,
            Tag::Converted => 14,
            Tag::ConvertedEnd => 15,
            Tag::NotConverted => 16,
        }
    }

    /// The tag of this byte, if there is one.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|tag| tag.byte() == byte)
    }

    /// The longest payload of this tag, in bytes.
    #[must_use]
    pub fn length_max(self) -> u64 {
        match self {
            Tag::Job => JOB_BYTES_MAX,
            Tag::Data | Tag::Clean | Tag::ConvertData | Tag::Converted => CHUNK_BYTES_MAX,
            Tag::End | Tag::Ready | Tag::CleanEnd | Tag::ConvertEnd | Tag::ConvertedEnd => 0,
            Tag::Convert | Tag::NotConverted => Conversion::BYTES_MAX,
            Tag::Progress => Progress::BYTES,
            Tag::Report => REPORT_BYTES_MAX,
            Tag::Preview => PREVIEW_BYTES_MAX,
            Tag::Page => PAGE_BYTES_MAX,
        }
    }
}

/// The start of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What follows.
    pub tag: Tag,
    /// How many bytes of it follow; never more than [`Tag::length_max`].
    pub length_bytes: usize,
}

impl Header {
    /// A header for a payload of this length.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] when the tag may not carry that much.
    pub fn new(tag: Tag, length_bytes: usize) -> Result<Self, FrameError> {
        if u64::try_from(length_bytes).map_or(true, |length| length > tag.length_max()) {
            return Err(FrameError::TooLong);
        }
        Ok(Self { tag, length_bytes })
    }

    /// The nine bytes on the pipe.
    #[must_use]
    pub fn encode(self) -> [u8; HEADER_BYTES] {
        let [a, b, c, d, e, f, g, h] = (self.length_bytes as u64).to_be_bytes();
        [self.tag.byte(), a, b, c, d, e, f, g, h]
    }

    /// Reads nine bytes from the pipe.
    ///
    /// # Errors
    /// [`FrameError::UnknownTag`] or [`FrameError::TooLong`]; nothing has been allocated by then.
    pub fn decode(untrusted: [u8; HEADER_BYTES]) -> Result<Self, FrameError> {
        let [tag, a, b, c, d, e, f, g, h] = untrusted;
        let tag = Tag::from_byte(tag).ok_or(FrameError::UnknownTag)?;
        let length = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        if length > tag.length_max() {
            return Err(FrameError::TooLong);
        }
        let length_bytes = usize::try_from(length).map_err(|_| FrameError::TooLong)?;
        Ok(Self { tag, length_bytes })
    }
}

/// What the cell is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Taking in the file.
    Receive,
    /// Finding the real type.
    Detect,
    /// Taking apart and building anew.
    Rebuild,
    /// Checking the result.
    Verify,
    /// Handing over the result.
    Deliver,
}

impl Stage {
    /// Every stage in the order it happens.
    pub const ALL: [Stage; 5] =
        [Stage::Receive, Stage::Detect, Stage::Rebuild, Stage::Verify, Stage::Deliver];

    fn byte(self) -> u8 {
        match self {
            Stage::Receive => 0,
            Stage::Detect => 1,
            Stage::Rebuild => 2,
            Stage::Verify => 3,
            Stage::Deliver => 4,
        }
    }
}

/// How far the cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub stage: Stage,
    /// How much of this stage is done, 0 to 1000.
    pub permille: u16,
}

impl Progress {
    /// Bytes of an encoded progress.
    pub const BYTES: u64 = 3;

    /// The three bytes on the pipe. More than 1000 is written as 1000.
    #[must_use]
    pub fn encode(self) -> [u8; 3] {
        let [high, low] = self.permille.min(1000).to_be_bytes();
        [self.stage.byte(), high, low]
    }

    /// Reads the payload of a [`Tag::Progress`] frame.
    ///
    /// # Errors
    /// [`FrameError::Malformed`] when it is not three bytes, the stage is unknown or more than 1000.
    pub fn decode(untrusted: &[u8]) -> Result<Self, FrameError> {
        let [stage, high, low] = untrusted else { return Err(FrameError::Malformed) };
        let stage = Stage::ALL.into_iter().find(|s| s.byte() == *stage).ok_or(FrameError::Malformed)?;
        let permille = u16::from_be_bytes([*high, *low]);
        if permille > 1000 {
            return Err(FrameError::Malformed);
        }
        Ok(Self { stage, permille })
    }
}

/// Why a frame could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The first byte names no tag.
    #[error("unknown frame tag")]
    UnknownTag,
    /// The length is above what the tag may carry.
    #[error("frame longer than its tag allows")]
    TooLong,
    /// The payload does not have the form of its tag.
    #[error("malformed frame payload")]
    Malformed,
    /// A known frame where another was due.
    #[error("frame out of order")]
    OutOfOrder,
    /// The pipe failed or ended inside a frame.
    #[error("pipe failed")]
    Pipe(#[from] std::io::Error),
}

/// Writes one frame.
///
/// # Errors
/// [`FrameError::TooLong`] before anything was written, or the failure of the pipe.
pub fn write_frame(pipe: &mut impl Write, tag: Tag, payload: &[u8]) -> Result<(), FrameError> {
    pipe.write_all(&Header::new(tag, payload.len())?.encode())?;
    pipe.write_all(payload)?;
    Ok(())
}

/// Reads one frame into `payload`, whose earlier content is dropped.
///
/// # Errors
/// A malformed header, or a pipe that failed or ended.
pub fn read_frame(pipe: &mut impl Read, payload: &mut Vec<u8>) -> Result<Tag, FrameError> {
    let mut header = [0; HEADER_BYTES];
    pipe.read_exact(&mut header)?;
    let header = Header::decode(header)?;
    payload.clear();
    payload.resize(header.length_bytes, 0);
    pipe.read_exact(payload)?;
    Ok(header.tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_tag() -> impl Strategy<Value = Tag> {
        prop::sample::select(Tag::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn headers_round_trip(tag in any_tag(), share in 0u64..=1000) {
            let length = usize::try_from(tag.length_max() * share / 1000).unwrap();
            let header = Header::new(tag, length).unwrap();
            prop_assert_eq!(Header::decode(header.encode()).unwrap(), header);
        }

        #[test]
        fn no_header_escapes_its_bound(bytes in any::<[u8; HEADER_BYTES]>()) {
            if let Ok(header) = Header::decode(bytes) {
                prop_assert!(header.length_bytes as u64 <= header.tag.length_max());
                prop_assert_eq!(header.encode(), bytes);
            }
        }

        #[test]
        fn frames_round_trip(payload in prop::collection::vec(any::<u8>(), 0..5000)) {
            let mut pipe = Vec::new();
            write_frame(&mut pipe, Tag::Data, &payload).unwrap();
            let mut read = vec![7];
            let tag = read_frame(&mut pipe.as_slice(), &mut read).unwrap();
            prop_assert_eq!((tag, read), (Tag::Data, payload));
        }

        #[test]
        fn garbage_is_an_error_or_a_bounded_frame(garbage in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut payload = Vec::new();
            match read_frame(&mut garbage.as_slice(), &mut payload) {
                Ok(tag) => prop_assert!(payload.len() as u64 <= tag.length_max()),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }

        #[test]
        fn progress_round_trips(stage in prop::sample::select(Stage::ALL.to_vec()), permille in 0u16..=1000) {
            let progress = Progress { stage, permille };
            prop_assert_eq!(Progress::decode(&progress.encode()).unwrap(), progress);
        }

        #[test]
        fn progress_garbage(bytes in prop::collection::vec(any::<u8>(), 0..5)) {
            if let Ok(progress) = Progress::decode(&bytes) {
                prop_assert_eq!(progress.encode().to_vec(), bytes);
            }
        }
    }

    #[test]
    fn a_frame_that_claims_two_gibibytes_is_refused_before_memory_is_taken() {
        let mut bytes = vec![Tag::Data.byte()];
        bytes.extend((2u64 << 30).to_be_bytes());
        assert!(matches!(read_frame(&mut bytes.as_slice(), &mut Vec::new()), Err(FrameError::TooLong)));
    }
}
