//! Pictures in RTF.
//!
//! Owns: putting the bytes of a picture together from hex or `\bin`, its size on the page, writing the rebuilt one.
//! Leaves to others: the pixels (`picture` by way of `embedded`).

use std::fmt::Write as _;

use worker_protocol::{Reason, Threat};

use crate::{Refusal, Work, embedded, picture};

/// What a picture's group says.
#[derive(Debug, Default)]
pub(super) struct Picture {
    data: Vec<u8>,
    half: Option<u8>,
    sizes: Vec<(&'static str, i32)>,
    form: Form,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Form {
    #[default]
    File,
    Wmf,
    /// A bitmap without the header that a file has.
    Dib,
}

const SIZES: [&str; 10] = [
    "picw",
    "pich",
    "picwgoal",
    "pichgoal",
    "picscalex",
    "picscaley",
    "piccropl",
    "piccropr",
    "piccropt",
    "piccropb",
];

impl Picture {
    /// Takes a word of the group. False when it is none of a picture's own.
    pub(super) fn note(&mut self, word: &str, number: Option<i32>) -> bool {
        if let Some(name) = SIZES.iter().find(|name| **name == word) {
            self.sizes.retain(|(known, _)| known != name);
            self.sizes.push((name, number.unwrap_or(0)));
            return true;
        }
        match word {
            "wmetafile" => self.form = Form::Wmf,
            "dibitmap" => self.form = Form::Dib,
            "pngblip" | "jpegblip" | "emfblip" | "macpict" | "pmmetafile" | "wbitmap" | "wbmbitspixel"
            | "wbmplanes" | "wbmwidthbytes" | "wbmwidthb" | "picscaled" | "picbmp" | "picbpp" | "bliptag"
            | "blipupi" => {}
            _ => return false,
        }
        true
    }

    pub(super) fn hex(&mut self, byte: u8) {
        let Some(digit) = char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok()) else { return };
        match self.half.take() {
            Some(high) => self.data.push(high << 4 | digit),
            None => self.half = Some(digit),
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.data.extend_from_slice(bytes);
    }

    fn size(&self, name: &str) -> Option<i32> {
        self.sizes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// What stands in the clean group behind `\pict`.
    pub(super) fn finish(mut self, work: &mut Work<'_>) -> Result<Vec<u8>, Refusal> {
        if self.data.is_empty() {
            return Ok(Vec::new());
        }
        if self.form == Form::Dib {
            self.data = picture::dib_as_file(&self.data);
        }
        let rebuilt = embedded::rebuild(&self.data, "pict", work)?;
        let blip = |extension: &str| match extension {
            "png" => Some("pngblip"),
            "jpg" => Some("jpegblip"),
            "emf" => Some("emfblip"),
            "wmf" => Some("wmetafile8"),
            _ => None,
        };
        let (bytes, blip) = match rebuilt.and_then(|picture| Some((blip(picture.extension)?, picture.bytes)))
        {
            Some((blip, bytes)) => (bytes, blip),
            None => {
                work.findings.add(Threat::Unknown, "pict");
                if self.size("picwgoal").unwrap_or(0) == 0 && self.size("picw").unwrap_or(0) == 0 {
                    // It had no size of its own, so a scale would enlarge what only keeps its place.
                    self.sizes.clear();
                }
                (picture::placeholder()?, "pngblip")
            }
        };
        // A metafile's own size is told in hundredths of a millimetre, a picture's in pixels; what it is on the page must
        // not change when the one becomes the other.
        let was_metafile = self.form == Form::Wmf;
        let is_metafile = blip == "wmetafile8";
        if was_metafile && !is_metafile {
            for (from, to) in [("picw", "picwgoal"), ("pich", "pichgoal")] {
                if self.size(to).unwrap_or(0) == 0
                    && let Some(value) = self.size(from)
                {
                    let twips = i64::from(value) * 1440 / 2540;
                    self.sizes.retain(|(known, _)| *known != to);
                    self.sizes.push((to, i32::try_from(twips).unwrap_or(0)));
                }
            }
        }
        let mut out = String::new();
        for name in SIZES {
            if let Some(value) = self.size(name) {
                let _ = write!(out, "\\{name}{value}");
            }
        }
        let _ = write!(out, "\\{blip}");
        let capacity = bytes.len().checked_mul(2).ok_or(Refusal::blocked(Reason::Bomb))?;
        let mut out = out.into_bytes();
        out.reserve(capacity + capacity / 128);
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for line in bytes.chunks(64) {
            out.push(b'\n');
            for byte in line {
                let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or(b'0');
                out.push(digit(byte >> 4));
                out.push(digit(byte & 15));
            }
        }
        Ok(out)
    }
}
