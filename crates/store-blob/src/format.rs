//! The bytes of one file: header, then chunks sealed with ChaCha20-Poly1305 in the STREAM construction.
//!
//! Owns sealing and opening over any `Write` and `Read`, as docs/format-blob.md describes it. Leaves files to
//! `shelf`, keys to `keys`.
//!
//! STREAM puts the number of the chunk and a flag for the last one into the nonce. A file that was cut, extended, or
//! whose chunks were exchanged therefore does not open, at any chunk boundary.

use std::io::{self, Read};

use aead_stream::{DecryptorBE32, EncryptorBE32, NewStream as _, StreamBE32};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _};

use crate::keys::{FileKey, ZoneKeys};

/// Plain bytes of every chunk but the last, which has between none and this many.
pub(crate) const CHUNK_BYTES: usize = 1 << 16;
/// What sealing adds to a chunk.
const TAG_BYTES: usize = 16;
/// Magic, version, chunk size, salt.
pub(crate) const HEADER_BYTES: usize = 44;
/// "This is a blob of Sekisho, format 1, chunks of 2^16 bytes."
const PREAMBLE: [u8; 12] = *b"sekishoB\x01\x10\x00\x00";

/// Why a file did not open.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// Not the bytes that were sealed, or sealed under another key.
    Damaged,
    /// The disk failed.
    Io(io::Error),
}

/// The header of a file with this salt.
fn header(salt: &[u8; 32]) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    let (preamble, rest) = header.split_at_mut(PREAMBLE.len());
    preamble.copy_from_slice(&PREAMBLE);
    rest.copy_from_slice(salt);
    header
}

fn stream(file: &FileKey) -> StreamBE32<ChaCha20Poly1305> {
    let aead = ChaCha20Poly1305::new((&*file.key).into());
    StreamBE32::from_aead(aead, (&file.nonce_prefix).into())
}

/// Turns plain bytes into the bytes of a file. Writes nothing itself: `out` grows by what is ready.
pub(crate) struct Sealer {
    stream: EncryptorBE32<ChaCha20Poly1305>,
    /// Authenticated with every chunk, so a changed header opens nothing.
    header: [u8; HEADER_BYTES],
    /// Plain bytes that wait until it is known whether they are the last: at most one chunk.
    chunk: Vec<u8>,
}

/// The file would be longer than the format can number: 2^32 chunks, 256 TiB.
#[derive(Debug)]
pub(crate) struct TooLong;

impl Sealer {
    /// Starts a file; its header goes to `out`. A salt must never be used twice.
    pub(crate) fn start(keys: &ZoneKeys, salt: &[u8; 32], out: &mut Vec<u8>) -> Self {
        let header = header(salt);
        out.extend_from_slice(&header);
        let stream = EncryptorBE32::from_stream_primitive(stream(&keys.file(salt)));
        Self { stream, header, chunk: Vec::with_capacity(CHUNK_BYTES + TAG_BYTES) }
    }

    /// Adds plain bytes.
    pub(crate) fn update(&mut self, mut plain: &[u8], out: &mut Vec<u8>) -> Result<(), TooLong> {
        while !plain.is_empty() {
            // A full chunk is sealed only when more follows, because the last one is sealed differently.
            if self.chunk.len() == CHUNK_BYTES {
                self.stream.encrypt_next_in_place(&self.header, &mut self.chunk).map_err(|_| TooLong)?;
                out.append(&mut self.chunk);
            }
            let now = plain.len().min(CHUNK_BYTES.saturating_sub(self.chunk.len()));
            let (first, rest) = plain.split_at(now);
            self.chunk.extend_from_slice(first);
            plain = rest;
        }
        Ok(())
    }

    /// Seals what is left as the last chunk. An empty file has one empty chunk.
    pub(crate) fn finish(mut self, out: &mut Vec<u8>) -> Result<(), TooLong> {
        self.stream.encrypt_last_in_place(&self.header, &mut self.chunk).map_err(|_| TooLong)?;
        out.append(&mut self.chunk);
        Ok(())
    }
}

/// Turns the bytes of a file into plain bytes. Gives out nothing that was not authenticated.
pub(crate) struct Opener<R> {
    source: R,
    header: [u8; HEADER_BYTES],
    /// Gone once the last chunk is open.
    stream: Option<DecryptorBE32<ChaCha20Poly1305>>,
    /// The sealed chunk after the one being opened: whether it is there decides which one is the last.
    ahead: Vec<u8>,
}

impl<R: Read> Opener<R> {
    /// Reads the header and the first chunk.
    pub(crate) fn start(keys: &ZoneKeys, mut source: R) -> Result<Self, OpenError> {
        let mut found = [0; HEADER_BYTES];
        source.read_exact(&mut found).map_err(short)?;
        let (_, salt) = found.split_at(PREAMBLE.len());
        let salt: &[u8; 32] = salt.try_into().map_err(|_| OpenError::Damaged)?;
        if found != header(salt) {
            return Err(OpenError::Damaged);
        }
        let stream = Some(DecryptorBE32::from_stream_primitive(stream(&keys.file(salt))));
        let ahead = sealed_chunk(&mut source)?;
        Ok(Self { source, header: found, stream, ahead })
    }

    /// Whether the last chunk was opened.
    pub(crate) fn is_at_end(&self) -> bool {
        self.stream.is_none()
    }

    /// The next plain bytes; `None` after the last. The last may be empty.
    pub(crate) fn chunk(&mut self) -> Result<Option<Vec<u8>>, OpenError> {
        let Some(mut stream) = self.stream.take() else { return Ok(None) };
        let mut chunk = std::mem::take(&mut self.ahead);
        self.ahead = sealed_chunk(&mut self.source)?;
        if self.ahead.is_empty() {
            stream.decrypt_last_in_place(&self.header, &mut chunk).map_err(|_| OpenError::Damaged)?;
        } else {
            stream.decrypt_next_in_place(&self.header, &mut chunk).map_err(|_| OpenError::Damaged)?;
            self.stream = Some(stream);
        }
        Ok(Some(chunk))
    }
}

/// Up to one sealed chunk; empty at the end of the file.
fn sealed_chunk(source: &mut impl Read) -> Result<Vec<u8>, OpenError> {
    let mut chunk = Vec::with_capacity(CHUNK_BYTES + TAG_BYTES);
    source.take((CHUNK_BYTES + TAG_BYTES) as u64).read_to_end(&mut chunk).map_err(OpenError::Io)?;
    Ok(chunk)
}

/// A file too short to have a header was never sealed here.
fn short(error: io::Error) -> OpenError {
    if error.kind() == io::ErrorKind::UnexpectedEof { OpenError::Damaged } else { OpenError::Io(error) }
}
