//! What a cell may ask of its server while it works: to have a file of an old format turned into a current one, or a clean
//! document laid out in pages.
//!
//! Owns: which conversions there are, the bounds on them, and how a request and a refusal are written.
//! Leaves to others: the frames that carry them ([`crate::frame`]), the office program and its own cell
//! (`sekisho-worker`), starting it (`worker-client`), and rebuilding what comes back (`sanitize`).
//!
//! What comes back is as untrusted as what went in: the program that made it had read the file.

use crate::frame::FrameError;
use crate::{Kind, Reason};

/// The most conversions that are made for one job.
pub const CONVERSIONS_MAX: u32 = 20;

/// The longest file that is converted and the longest that comes back, in bytes.
pub const CONVERSION_BYTES_MAX: u64 = 256 << 20;

/// From what to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Conversion {
    from: Kind,
    to: Kind,
}

/// Every old format, and the current one that a reader goes on with.
const PAIRS: [(Kind, Kind); 4] =
    [(Kind::Doc, Kind::Docx), (Kind::Xls, Kind::Xlsx), (Kind::Xlsb, Kind::Xlsx), (Kind::Ppt, Kind::Pptx)];

/// Current formats that are laid out as they are, once they are clean.
const LAID_OUT: [Kind; 7] = [Kind::Docx, Kind::Xlsx, Kind::Pptx, Kind::Odt, Kind::Ods, Kind::Odp, Kind::Rtf];

impl Conversion {
    /// The longest encoded request, in bytes.
    pub const BYTES_MAX: u64 = 64;

    /// From this format to the current one of its family, if it is an old one.
    #[must_use]
    pub fn to_current(from: Kind) -> Option<Self> {
        PAIRS.iter().find(|(old, _)| *old == from).map(|(from, to)| Self { from: *from, to: *to })
    }

    /// From this format to pages in a PDF, if it is one that an office program lays out.
    #[must_use]
    pub fn to_pages(from: Kind) -> Option<Self> {
        let is_known = LAID_OUT.contains(&from) || Self::to_current(from).is_some();
        is_known.then_some(Self { from, to: Kind::Pdf })
    }

    /// What it is.
    #[must_use]
    pub fn from(self) -> Kind {
        self.from
    }

    /// What it becomes.
    #[must_use]
    pub fn to(self) -> Kind {
        self.to
    }

    /// The two kinds on the pipe.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        format!("{} {}", self.from.id(), self.to.id()).into_bytes()
    }

    /// Reads the payload of a [`crate::frame::Tag::Convert`] frame.
    ///
    /// # Errors
    /// [`FrameError::Malformed`] when it is no conversion that there is.
    pub fn decode(untrusted: &[u8]) -> Result<Self, FrameError> {
        let text = std::str::from_utf8(untrusted).map_err(|_| FrameError::Malformed)?;
        let (from, to) = text.split_once(' ').ok_or(FrameError::Malformed)?;
        let from = Kind::from_id(from).ok_or(FrameError::Malformed)?;
        [Self::to_current(from), Self::to_pages(from)]
            .into_iter()
            .flatten()
            .find(|known| known.to.id() == to)
            .ok_or(FrameError::Malformed)
    }
}

/// Why nothing was converted, on the pipe.
#[must_use]
pub fn encode_refusal(reason: Reason) -> &'static [u8] {
    reason.id().as_bytes()
}

/// Reads the payload of a [`crate::frame::Tag::NotConverted`] frame.
///
/// # Errors
/// [`FrameError::Malformed`] when it names no reason.
pub fn decode_refusal(untrusted: &[u8]) -> Result<Reason, FrameError> {
    let found = Reason::ALL.iter().find(|reason| reason.id().as_bytes() == untrusted);
    found.copied().ok_or(FrameError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_conversion_and_refusal_round_trips() {
        let all = Kind::ALL.iter().flat_map(|k| [Conversion::to_current(*k), Conversion::to_pages(*k)]);
        let all: Vec<Conversion> = all.flatten().collect();
        assert_eq!(all.len(), 15);
        for conversion in all {
            let bytes = conversion.encode();
            assert!(bytes.len() as u64 <= Conversion::BYTES_MAX);
            assert_eq!(Conversion::decode(&bytes).unwrap(), conversion);
        }
        for reason in Reason::ALL {
            let bytes = encode_refusal(*reason);
            assert!(bytes.len() as u64 <= Conversion::BYTES_MAX);
            assert_eq!(decode_refusal(bytes).unwrap(), *reason);
        }
    }

    #[test]
    fn nothing_else_is_asked_for() {
        for bad in [
            "",
            "doc",
            "doc ",
            "doc doc",
            "doc xlsx",
            "docx docx",
            "pdf pdf",
            "doc docx ",
            "doc  docx",
            "../x y",
        ] {
            assert!(Conversion::decode(bad.as_bytes()).is_err(), "{bad:?}");
            assert!(decode_refusal(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(Conversion::decode(b"doc\xff docx").is_err());
    }
}
