//! Mails about notices: words, bytes, and the way out.
//!
//! Owns the text of a mail, its headers, the conversation with a mail server (SMTP with TLS) or the file in a folder, and what
//! an answer of a mail server means: nothing can be sent now, this mail not now, this mail never.
//! Leaves what a mail tells and to whom, when it goes and how often it is tried to `app`. Nothing is received here.

mod message;
mod text;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use app::notices::{Letter, LetterItem, MailError, MailRoad, Mailer};
use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::Mailbox,
    transport::smtp::{
        Error as SmtpError,
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
        extension::ClientId,
    },
};
use tokio::io::AsyncWriteExt as _;
use workflow::Millis;

/// How the conversation with the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the first byte.
    Tls,
    /// TLS before anything is said; a server that offers none is not used.
    StartTls,
    /// Everything can be read and changed on the way: for a network that is closed, where somebody said so.
    NoneOnClosedNetwork,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name, which its certificate must carry.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the conversation is protected.
    pub protection: Protection,
    /// The certificates that are believed, in PEM, in place of those of the machine.
    pub ca_pem: Option<Vec<u8>>,
    /// Login and password there.
    pub login: Option<(String, String)>,
    /// How long it may take to take one mail.
    pub patience: Duration,
}

/// Where mails go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Road {
    /// To a mail server.
    Server(Box<Server>),
    /// As files into a folder: for a body without a mail server, and to look at.
    Folder(PathBuf),
}

/// Everything that a mailer is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where mails go.
    pub road: Road,
    /// Who they are from: an address, or `名前 <address>`.
    pub from: String,
    /// The address of each zone's server, as `https://…` without a slash behind it.
    pub bases: BTreeMap<String, String>,
    /// The zone in which people are sent to what can be opened in all of them.
    pub home: Option<String>,
    /// Mails in a minute at most, 1 to 6,000.
    pub per_minute: u32,
}

/// Why there is no mailer.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The sender is no address.
    #[error("`{0}` is not an address that mails can come from")]
    From(String),
    /// The certificates cannot be read.
    #[error("the certificates that are to be believed cannot be read")]
    Certificates(#[source] SmtpError),
    /// TLS cannot be used with these settings.
    #[error("TLS cannot be set up")]
    Tls(#[source] SmtpError),
    /// Too many or too few mails in a minute.
    #[error("the number of mails in a minute is not between 1 and {PER_MINUTE_MAX}")]
    Rate,
    /// The folder cannot be made.
    #[error("the folder for mails cannot be made: {0}")]
    Folder(PathBuf, #[source] std::io::Error),
}

/// Most mails in a minute.
pub const PER_MINUTE_MAX: u32 = 6_000;

/// What a mail is made with besides what it tells.
struct Form {
    from: Mailbox,
    bases: BTreeMap<String, String>,
    home: Option<String>,
}

impl Form {
    fn message(&self, letter: &Letter) -> Result<Message, MailError> {
        message::of(self, letter)
    }
}

struct ToServer {
    form: Form,
    place: String,
    pause: Duration,
    patience: Duration,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

struct ToFolder {
    form: Form,
    folder: PathBuf,
}

/// Makes what sends mails. Nothing is sent, and no server is asked, before the first mail.
///
/// # Errors
/// [`OpenError`].
pub fn open(settings: Settings) -> Result<Arc<dyn Mailer>, OpenError> {
    let Settings { road, from, bases, home, per_minute } = settings;
    if !(1..=PER_MINUTE_MAX).contains(&per_minute) {
        return Err(OpenError::Rate);
    }
    let from: Mailbox = from.parse().map_err(|_| OpenError::From(from))?;
    let form = Form { from, bases, home };
    Ok(match road {
        Road::Server(server) => {
            let pause = Duration::from_secs(60) / per_minute;
            let place = format!("{}:{}", server.host, server.port);
            let patience = server.patience;
            let transport = transport(*server, &form)?;
            Arc::new(ToServer { form, place, pause, patience, transport })
        }
        Road::Folder(folder) => {
            std::fs::create_dir_all(&folder).map_err(|e| OpenError::Folder(folder.clone(), e))?;
            Arc::new(ToFolder { form, folder })
        }
    })
}

fn transport(server: Server, form: &Form) -> Result<AsyncSmtpTransport<Tokio1Executor>, OpenError> {
    let tls = || -> Result<TlsParameters, OpenError> {
        let mut builder = TlsParameters::builder(server.host.clone());
        if let Some(pem) = &server.ca_pem {
            // These in place of the machine's: whoever names them trusts no others.
            builder = builder.certificate_store(CertificateStore::None);
            builder =
                builder.add_root_certificate(Certificate::from_pem(pem).map_err(OpenError::Certificates)?);
        }
        builder.build_rustls().map_err(OpenError::Tls)
    };
    let tls = match server.protection {
        Protection::Tls => Tls::Wrapper(tls()?),
        Protection::StartTls => Tls::Required(tls()?),
        Protection::NoneOnClosedNetwork => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host)
        .port(server.port)
        .tls(tls)
        .timeout(Some(server.patience))
        .hello_name(ClientId::Domain(form.from.email.domain().to_owned()));
    if let Some((login, password)) = server.login {
        builder = builder.credentials(Credentials::new(login, password));
    }
    Ok(builder.build())
}

/// What an answer of a mail server means.
fn meaning(error: &SmtpError) -> MailError {
    let said = whole(error);
    let Some(code) = error.status() else {
        // No answer to this mail: the network, TLS, or something that is no mail server.
        return MailError::Down(said);
    };
    match u16::from(code) {
        // The service is closing, wants another login or TLS, or does not take ours: whatever mail comes next will fare alike.
        421 | 454 | 530 | 534 | 535 | 538 => MailError::Down(said),
        400..500 => MailError::Later(said),
        _ => MailError::Never(said),
    }
}

/// The whole chain of causes in one line.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(e) = cause {
        let said = e.to_string();
        // The library already says its first cause itself.
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = e.source();
    }
    text
}

#[async_trait]
impl Mailer for ToServer {
    fn road(&self) -> MailRoad {
        MailRoad::Server(self.place.clone())
    }

    fn pause(&self) -> Duration {
        self.pause
    }

    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let message = self.form.message(letter)?;
        // The library waits as long as a server keeps silent in the middle of a conversation.
        match tokio::time::timeout(self.patience, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(meaning(&error)),
            Err(_) => Err(MailError::Down(format!("no answer within {} seconds", self.patience.as_secs()))),
        }
    }
}

#[async_trait]
impl Mailer for ToFolder {
    fn road(&self) -> MailRoad {
        MailRoad::Folder(self.folder.display().to_string())
    }

    fn pause(&self) -> Duration {
        Duration::ZERO
    }

    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let bytes = self.form.message(letter)?.formatted();
        let name: String = letter.id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        put(&self.folder, &name, &bytes).await.map_err(|e| MailError::Down(whole(&e)))
    }
}

/// Whole or not at all: whoever takes files out of the folder never sees half a mail.
async fn put(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = folder.join(format!(".{name}.part"));
    let mut file = tokio::fs::File::create(&unfinished).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    drop(file);
    tokio::fs::rename(&unfinished, folder.join(format!("{name}.eml"))).await
}

/// A mail that tells nothing but that mails arrive.
#[must_use]
pub fn test_letter(to: &str, body: &str, id: &str, at: Millis) -> Letter {
    Letter {
        to: to.to_owned(),
        id: id.to_owned(),
        made_at: at,
        digest: false,
        body: body.to_owned(),
        items: vec![LetterItem {
            title: "メールの試し".to_owned(),
            wording: Some("このメールが届けば、お知らせもこの宛先に届きます。".to_owned()),
            name: None,
            number: None,
            due_on: None,
            zone: None,
            zone_label: None,
            path: "/notices".to_owned(),
        }],
        more: 0,
    }
}
