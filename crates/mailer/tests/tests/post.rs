//! A mail server on loopback that speaks as much SMTP as it takes to receive one mail after another, and misbehaves as told.

use std::sync::{Arc, Mutex};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Takes everything.
    Kind,
    /// Says this to `RCPT TO`.
    AtRecipient(&'static str),
    /// Says this after the mail.
    AfterData(&'static str),
    /// Says nothing after the greeting.
    Silent,
    /// Wants a login, and takes only `user` with `secret`.
    Login,
    /// Is no mail server.
    Nonsense,
}

/// How the conversation is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cover {
    Plain,
    StartTls,
    Tls,
}

/// What was taken: who the envelope is from and to, and the mail.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Post {
    pub(crate) port: u16,
    /// The certificate to believe, in PEM.
    pub(crate) ca: Vec<u8>,
    pub(crate) taken: Arc<Mutex<Vec<Taken>>>,
}

impl Post {
    pub(crate) async fn open(manner: Manner, cover: Cover, name: &str) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                let (acceptor, kept) = (acceptor.clone(), Arc::clone(&kept));
                // What goes wrong in a conversation is seen by the other side.
                tokio::spawn(async move { drop(attend(stream, acceptor, manner, cover, kept).await) });
            }
        });
        Self { port, ca: cert.pem().into_bytes(), taken }
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

type Kept = Arc<Mutex<Vec<Taken>>>;

async fn attend(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    manner: Manner,
    cover: Cover,
    kept: Kept,
) -> std::io::Result<()> {
    match cover {
        Cover::Plain => {
            let mut talk = BufReader::new(stream);
            greet(&mut talk, manner).await?;
            converse(&mut talk, manner, false, &kept).await.map(|_| ())
        }
        Cover::Tls => {
            let mut talk = BufReader::new(acceptor.accept(stream).await?);
            greet(&mut talk, manner).await?;
            converse(&mut talk, manner, false, &kept).await.map(|_| ())
        }
        Cover::StartTls => {
            let mut talk = BufReader::new(stream);
            greet(&mut talk, manner).await?;
            if converse(&mut talk, manner, true, &kept).await? {
                let mut talk = BufReader::new(acceptor.accept(talk.into_inner()).await?);
                converse(&mut talk, manner, false, &kept).await?;
            }
            Ok(())
        }
    }
}

async fn greet<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut BufReader<S>,
    manner: Manner,
) -> std::io::Result<()> {
    let greeting: &[u8] = match manner {
        Manner::Nonsense => b"HTTP/1.1 400 Bad Request\r\n\r\n",
        _ => b"220 post.example ESMTP\r\n",
    };
    talk.write_all(greeting).await?;
    talk.flush().await
}

/// Whether the other side asked for TLS.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut BufReader<S>,
    manner: Manner,
    offers_tls: bool,
    kept: &Kept,
) -> std::io::Result<bool> {
    let mut mail = Taken { from: String::new(), to: Vec::new(), bytes: Vec::new() };
    let mut known = manner != Manner::Login;
    loop {
        let mut line = String::new();
        if talk.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        if manner == Manner::Silent {
            std::future::pending::<()>().await;
        }
        let line = line.trim_end().to_owned();
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let mut answer = "250 ok".to_owned();
        match verb.as_str() {
            "EHLO" => {
                answer = "250-post.example\r\n250-8BITMIME\r\n250-SMTPUTF8".to_owned();
                if offers_tls {
                    answer.push_str("\r\n250-STARTTLS");
                }
                if manner == Manner::Login {
                    answer.push_str("\r\n250-AUTH PLAIN");
                }
                answer.push_str("\r\n250 SIZE 1000000");
            }
            "STARTTLS" if offers_tls => {
                talk.write_all(b"220 go on\r\n").await?;
                talk.flush().await?;
                return Ok(true);
            }
            // `\0user\0secret` in base64.
            "AUTH" if line.ends_with("AHVzZXIAc2VjcmV0") => {
                known = true;
                answer = "235 welcome".to_owned();
            }
            "AUTH" => answer = "535 5.7.8 wrong login".to_owned(),
            "MAIL" if !known => answer = "530 5.7.0 log in first".to_owned(),
            "MAIL" => mail.from = line,
            "RCPT" => match manner {
                Manner::AtRecipient(says) => answer = says.to_owned(),
                _ => mail.to.push(line),
            },
            "DATA" => {
                talk.write_all(b"354 go on\r\n").await?;
                talk.flush().await?;
                mail.bytes = data(talk).await?;
                match manner {
                    Manner::AfterData(says) => answer = says.to_owned(),
                    _ => kept.lock().unwrap().push(mail.clone()),
                }
            }
            "QUIT" => {
                talk.write_all(b"221 bye\r\n").await?;
                talk.flush().await?;
                return Ok(false);
            }
            _ => {}
        }
        talk.write_all(format!("{answer}\r\n").as_bytes()).await?;
        talk.flush().await?;
    }
}

/// Lines up to the lone dot.
async fn data<S: AsyncRead + AsyncWrite + Unpin>(talk: &mut BufReader<S>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        if talk.read_until(b'\n', &mut line).await? == 0 || line == b".\r\n" {
            return Ok(bytes);
        }
        let line = line.strip_prefix(b".").filter(|_| line.starts_with(b"..")).unwrap_or(&line);
        bytes.extend_from_slice(line);
    }
}
