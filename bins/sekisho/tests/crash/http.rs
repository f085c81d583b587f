//! As much HTTP as the tests need, on a plain socket: one request per connection, so that a killed server is noticed
//! at once, and so that bodies can be sent that no decent client would send. Over TLS where the server speaks it.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};
use serde_json::Value;

/// Longest silence that is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a request goes.
#[derive(Clone)]
pub(crate) struct Road {
    /// `host:port`.
    pub(crate) address: String,
    /// The name that the server must prove, and by whose word, where it speaks TLS.
    pub(crate) tls: Option<(ServerName<'static>, Arc<ClientConfig>)>,
}

/// A connection, plain or not.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Road {
    fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let stream = connect(&self.address)?;
        Ok(match &self.tls {
            None => Box::new(stream),
            Some((name, config)) => {
                let tls =
                    ClientConnection::new(Arc::clone(config), name.clone()).map_err(io::Error::other)?;
                Box::new(StreamOwned::new(tls, stream))
            }
        })
    }
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The JSON of an answer with this status.
    #[track_caller]
    pub(crate) fn with(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}

/// Sends a request and reads the answer. `Err` when the server went away before the answer was whole.
pub(crate) fn send(
    road: &Road,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    send_in_two(road, method, path, headers, body, || ())
}

/// Sends a request, and does something else in the middle of its body.
pub(crate) fn send_in_two(
    road: &Road,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    between: impl FnOnce(),
) -> io::Result<Answer> {
    let mut stream = road.connect()?;
    let (first, second) = body.split_at(body.len() / 2);
    let mut begin = head(&road.address, method, path, headers, body.len() as u64);
    begin.extend_from_slice(first);
    let begun = stream.write_all(&begin).and_then(|()| stream.flush());
    between();
    let sent = begun.and_then(|()| stream.write_all(second)).and_then(|()| stream.flush());
    // A server that needs no more of it answers and closes; what it said counts, not that it stopped listening.
    read(stream).map_err(|error| sent.err().unwrap_or(error))
}

/// Says that `claimed` bytes come and sends `piece` again and again until the server answers or `sent_max` is reached.
/// Gives the answer and how much was sent.
pub(crate) fn pour(
    address: &str,
    path: &str,
    headers: &[(&str, &str)],
    begin: &[u8],
    claimed: u64,
    sent_max: u64,
) -> io::Result<(Answer, u64)> {
    let mut stream = connect(address)?;
    // Read beside writing: a server that refuses early closes its side while we are still sending.
    let reader = stream.try_clone()?;
    let answer = std::thread::spawn(move || read(reader));
    stream.write_all(&head(address, "POST", path, headers, claimed))?;
    stream.write_all(begin)?;
    let piece = vec![b'x'; 1 << 20];
    let mut sent = begin.len() as u64;
    while sent < sent_max && !answer.is_finished() && stream.write_all(&piece).is_ok() {
        sent += piece.len() as u64;
    }
    let answer = answer.join().map_err(|_| io::Error::other("the reader panicked"))?;
    Ok((answer?, sent))
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn head(address: &str, method: &str, path: &str, headers: &[(&str, &str)], length: u64) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    if method != "GET" {
        head.push_str(&format!("content-length: {length}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    (head + "\r\n").into_bytes()
}

fn read(mut stream: impl Read) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    // A server that refuses early resets the connection after its answer; what came before counts.
    let ended = stream.read_to_end(&mut bytes);
    let broken = |why: &str| io::Error::new(io::ErrorKind::UnexpectedEof, why.to_owned());
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Err(ended.err().unwrap_or_else(|| broken("no whole head")));
    };
    let body = bytes.split_off(end + 4);
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let answer = Answer { status: status.ok_or_else(|| broken("no status"))?, headers, body };
    let chunked = answer.header("transfer-encoding").is_some();
    assert!(!chunked, "nothing that the tests read is sent in chunks");
    let length: usize = answer.header("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
    if answer.body.len() < length {
        return Err(ended.err().unwrap_or_else(|| broken("the body is cut off")));
    }
    Ok(answer)
}
