//! A road to PostgreSQL on loopback that the tests cut, and on which it speaks TLS though the server behind it does not.

use std::{net::SocketAddr, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    sync::watch,
};
use tokio_rustls::TlsAcceptor;

use crate::production::{Authority, provider};

/// What a client of PostgreSQL sends before a TLS handshake.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// How the road is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Everything passes.
    Open,
    /// Connections are cut, new ones too, as by a server that is shutting down or starting.
    Cut,
    /// Nothing passes and nobody says so, as when the machine behind it lost power.
    Silent,
    /// Nobody listens.
    Gone,
}

/// The road. It ends with this value.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: watch::Sender<State>,
    _runtime: Runtime,
}

impl Proxy {
    /// To a server at `host:port`; over TLS with a certificate of this authority for this name, if told so.
    pub(crate) fn start(to: &str, tls: Option<(&Authority, &str)>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let acceptor = tls.map(|(authority, name)| {
            let (certificate, key) = authority.issue(name);
            let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
            let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
            let config = ServerConfig::builder_with_provider(provider())
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(chain, key)
                .unwrap();
            TlsAcceptor::from(Arc::new(config))
        });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (state, seen) = watch::channel(State::Open);
        runtime.spawn(run(listener, to.to_owned(), acceptor, seen));
        Self { address, state, _runtime: runtime }
    }

    pub(crate) fn set(&self, state: State) {
        self.state.send_replace(state);
    }
}

async fn run(
    listener: TcpListener,
    to: String,
    acceptor: Option<TlsAcceptor>,
    mut state: watch::Receiver<State>,
) -> Option<()> {
    let address = listener.local_addr().ok()?;
    let mut listener = Some(listener);
    loop {
        if *state.borrow_and_update() == State::Gone {
            listener = None;
            state.changed().await.ok()?;
            continue;
        }
        let open = match listener.take() {
            Some(open) => open,
            None => TcpListener::bind(address).await.ok()?,
        };
        tokio::select! {
            Ok((client, _)) = open.accept() => {
                tokio::spawn(carry(client, to.clone(), acceptor.clone(), state.clone()));
            }
            changed = state.changed() => changed.ok()?,
        }
        listener = Some(open);
    }
}

/// Carries one connection until either side ends it or the road is cut.
async fn carry(
    mut client: TcpStream,
    to: String,
    acceptor: Option<TlsAcceptor>,
    mut state: watch::Receiver<State>,
) -> Option<()> {
    let mut watched = state.clone();
    let cut = watched.wait_for(|state| matches!(state, State::Cut | State::Gone));
    let work = async {
        let server = TcpStream::connect(&to).await.ok()?;
        match acceptor {
            None => pump(client, server, &mut state).await,
            Some(acceptor) => {
                let mut request = [0; 8];
                client.read_exact(&mut request).await.ok()?;
                assert_eq!(request, TLS_REQUEST, "the client wants to speak without TLS");
                client.write_all(b"S").await.ok()?;
                pump(acceptor.accept(client).await.ok()?, server, &mut state).await
            }
        }
    };
    tokio::select! {
        _ = cut => None,
        done = work => done,
    }
}

/// Both directions in small pieces, and none while the road is silent.
async fn pump(
    client: impl AsyncRead + AsyncWrite,
    server: TcpStream,
    state: &mut watch::Receiver<State>,
) -> Option<()> {
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = server.into_split();
    let mut other = state.clone();
    tokio::select! {
        done = one_way(&mut from_client, &mut to_server, state) => done,
        done = one_way(&mut from_server, &mut to_client, &mut other) => done,
    }
}

async fn one_way(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    state: &mut watch::Receiver<State>,
) -> Option<()> {
    let mut piece = vec![0; 16 << 10];
    loop {
        let length = from.read(&mut piece).await.ok()?;
        state.wait_for(|state| *state != State::Silent).await.ok()?;
        if length == 0 {
            return Some(());
        }
        to.write_all(&piece[..length]).await.ok()?;
        to.flush().await.ok()?;
    }
}
