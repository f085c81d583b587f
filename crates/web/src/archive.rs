//! ZIP archives for taking several files home in one piece: a bundle of evidence, or the files of a transfer.
//!
//! Only writes. Nothing from outside is ever opened here: archives that people send are taken apart in the cell.

use std::io::{self, BufWriter, Cursor, Write};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use ledger::bundle::BundleFile;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    runtime::Handle,
    sync::mpsc,
};
use workflow::Millis;
use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipResult, write::SimpleFileOptions};

use crate::{attachment, dates};

/// Bytes of a piece on its way to the client, and how many pieces may wait for him.
const PIECE_BYTES: usize = 64 << 10;
const PIECES_WAITING: usize = 4;

/// A file on its way into an archive.
pub(crate) struct Member {
    /// Its path inside: relative, of parts that can be names, unlike all others.
    pub(crate) name: String,
    /// Number of bytes.
    pub(crate) bytes: u64,
    /// Its time.
    pub(crate) at: Millis,
    /// The bytes; an error ends the archive.
    pub(crate) reader: Box<dyn AsyncRead + Send + Unpin>,
}

/// An answer that is an archive, written while it is read, so that its size bounds neither memory nor disk. `next` is asked for
/// each member when the one before is through. After an error the connection ends before the archive does, which every
/// client notices.
///
/// # Errors
/// [`app::Error::Internal`] when a header cannot be written, which no name causes.
pub(crate) fn stream<F>(untrusted_name: &str, mut next: F) -> app::Result<Response>
where
    F: AsyncFnMut() -> Option<io::Result<Member>> + Send + 'static,
{
    let disposition = HeaderValue::from_str(&attachment::disposition(untrusted_name))
        .map_err(|error| app::Error::Internal(format!("archive: {error}")))?;
    let (send, mut pieces) = mpsc::channel(PIECES_WAITING);
    let house = Handle::current();
    tokio::task::spawn_blocking(move || {
        let mut archive = ZipWriter::new_stream(BufWriter::with_capacity(PIECE_BYTES, Pieces(send.clone())));
        let mut piece = vec![0; PIECE_BYTES];
        let written = (|| {
            while let Some(member) = house.block_on(next()) {
                let mut member = member?;
                archive.start_file(member.name.as_str(), options(&member))?;
                loop {
                    let read = house.block_on(member.reader.read(&mut piece))?;
                    match piece.get(..read) {
                        Some(read) if !read.is_empty() => archive.write_all(read)?,
                        _ => break,
                    }
                }
            }
            archive.finish()?.into_inner().flush()
        })();
        if let Err(error) = written {
            tracing::warn!(%error, "an archive was not sent to its end");
            // Nobody listens when it was the client who left.
            let _ = send.blocking_send(Err(error));
        }
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    let body = Body::from_stream(futures::stream::poll_fn(move |context| pieces.poll_recv(context)));
    Ok((headers, body).into_response())
}

/// Uncompressed: nearly all that passes is compressed already.
fn options(member: &Member) -> SimpleFileOptions {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(member.bytes >= u64::from(u32::MAX));
    match zip_time(member.at) {
        Some(time) => options.last_modified_time(time),
        None => options,
    }
}

/// In Japan Standard Time, as ZIP knows no zones; `None` outside its years, 1980 to 2107.
fn zip_time(at: Millis) -> Option<DateTime> {
    let at = dates::local(at)?;
    let part = |number: i8| u8::try_from(number).ok();
    DateTime::from_date_and_time(
        u16::try_from(at.year()).ok()?,
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    )
    .ok()
}

/// Hands on what is written as pieces of an answer; waits when the client is slower.
struct Pieces(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        self.0.blocking_send(Ok(piece)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Puts the files into one archive, in their order, uncompressed: a bundle is hashes and short JSON.
///
/// # Errors
/// When the archive becomes larger than a ZIP can be.
pub(crate) fn write(files: &[BundleFile]) -> ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        archive.start_file(file.path.as_str(), options)?;
        archive.write_all(&file.bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn member(name: &str, bytes: &'static [u8]) -> io::Result<Member> {
        Ok(Member {
            name: name.to_owned(),
            bytes: bytes.len() as u64,
            at: 1_795_305_600_000,
            reader: Box::new(bytes),
        })
    }

    async fn read(members: Vec<io::Result<Member>>) -> Result<Vec<u8>, axum::Error> {
        let mut members = members.into_iter();
        let answer = stream("令8-000001.zip", async move || members.next()).unwrap();
        axum::body::to_bytes(answer.into_body(), 1 << 30).await.map(Vec::from)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_streamed_archive_is_whole_or_breaks_off() {
        let long: &'static [u8] = vec![7; 3 * PIECE_BYTES + 1].leak();
        let members = || vec![member("計画.docx", b"plan"), member("a/empty", b""), member("long", long)];
        let mut archive = zip::ZipArchive::new(Cursor::new(read(members()).await.unwrap())).unwrap();
        let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        assert_eq!(names, ["計画.docx", "a/empty", "long"]);
        let mut file = archive.by_name("long").unwrap();
        let time = file.last_modified().unwrap();
        assert_eq!((time.year(), time.month(), time.day()), (2026, 11, 22));
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, long);

        let mut broken = members();
        broken.push(Err(io::Error::other("damaged")));
        assert!(read(broken).await.is_err(), "an archive that lacks a file must not look complete");
    }

    #[test]
    fn what_goes_in_comes_out() {
        let file = |path: &str, bytes: &[u8]| BundleFile { path: path.to_owned(), bytes: bytes.to_vec() };
        let files = [file("checkpoint", b"one\n"), file("tile/0/000.p/1", &[0; 32]), file("empty", b"")];
        let packed = write(&files).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
        assert_eq!(archive.len(), files.len());
        for file in &files {
            let mut bytes = Vec::new();
            archive.by_name(&file.path).unwrap().read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, file.bytes, "{}", file.path);
        }
    }
}
