//! https for the tests: an authority of their own, certificates of its making,
//! and a front that ends TLS before a server of plain HTTP.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempPath;
use tokio::net::TcpStream;
use tokio::sync::oneshot::{self, Receiver, Sender};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ALL_VERSIONS, ServerConfig};

/// Signs certificates; nobody trusts it who has not its file.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: TempPath,
}

impl Authority {
    pub fn new() -> Self {
        // Each has a name of its own: under the same one, another's signature
        // would be wrong rather than unknown.
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("Authority {}", MADE.fetch_add(1, Ordering::SeqCst));
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let own = params.self_signed(&key).unwrap();
        Self {
            file: file_of(&pem("CERTIFICATE", own.der())),
            issuer: Issuer::new(params, key),
        }
    }

    /// Its own certificate, in PEM.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

/// A file with this text, which is there as long as what comes back is.
pub fn file_of(text: &str) -> TempPath {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    std::fs::write(&path, text).unwrap();
    path
}

pub fn pem(what: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    format!("-----BEGIN {what}-----\n{text}\n-----END {what}-----\n")
}

/// A server of https on a loopback port. It stops when this is dropped.
pub struct Tls {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Tls {
    /// Shows a certificate for `names`, and passes on what it is sent to
    /// `server`, an `http://127.0.0.1:port`.
    pub fn before(server: &str, authority: &Authority, names: &[&str]) -> Self {
        let config = shown(authority, names);
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::<AtomicUsize>::default();
        let (stop, stopped) = oneshot::channel();
        let count = Arc::clone(&accepted);
        let thread = thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(accept(listener, config, server, count, stopped));
        });
        Self {
            address,
            accepted,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn endpoint(&self, host: &str) -> String {
        format!("https://{host}:{}", self.address.port())
    }

    /// Connections so far, whatever became of them.
    pub fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().unwrap().join();
    }
}

fn shown(authority: &Authority, names: &[&str]) -> Arc<ServerConfig> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let params = CertificateParams::new(names).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &authority.issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(default_provider().into())
        .with_protocol_versions(ALL_VERSIONS)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key);
    Arc::new(config.unwrap())
}

async fn accept(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    server: String,
    count: Arc<AtomicUsize>,
    mut stopped: Receiver<()>,
) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let acceptor = TlsAcceptor::from(config);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => return,
        };
        let Ok((socket, _)) = accepted else {
            continue;
        };
        count.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(pass_on(socket, acceptor.clone(), server.clone()));
    }
}

/// An error is the end of the connection: a client's that does not trust us,
/// or either side's going away.
async fn pass_on(socket: TcpStream, acceptor: TlsAcceptor, server: String) -> Option<()> {
    socket.set_nodelay(true).ok()?;
    let mut client = acceptor.accept(socket).await.ok()?;
    let mut upstream = TcpStream::connect(server).await.ok()?;
    upstream.set_nodelay(true).ok()?;
    tokio::io::copy_bidirectional(&mut client, &mut upstream)
        .await
        .ok()?;
    Some(())
}
