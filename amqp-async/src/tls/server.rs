//! The listener's settings: who we are, and whether clients have to say who they are.

use super::MaybeTls;
use super::build::builds;
use crate::Transport;
use amqp_proto::Secret;
use std::fmt;
#[cfg(feature = "rustls-no-provider")]
use std::sync::Arc;

/// How a listener secures its connections. Cheap to clone.
#[derive(Clone)]
pub struct TlsServer {
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    #[cfg(feature = "rustls-no-provider")]
    Rustls(Arc<::rustls::ServerConfig>),
    #[cfg(feature = "native-tls")]
    Native(::native_tls::TlsAcceptor),
}

/// Whether clients show a certificate. Its roots, as PEM, are those who vouch for clients. native-tls has no verb to ask
/// for one, so that anything but [`Ignored`](Self::Ignored) is an error of the settings there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientCertificates {
    /// They are not asked.
    Ignored,
    /// They are asked and need none; one that they show has to be good.
    Accepted(Vec<u8>),
    /// Without a good one they are not let in.
    Demanded(Vec<u8>),
}

/// Settings of a [`TlsServer`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct TlsServerBuilder {
    pub(super) chain: Vec<u8>,
    pub(super) key: Secret,
    pub(super) clients: ClientCertificates,
    #[cfg(feature = "rustls-no-provider")]
    pub(super) provider: Option<Arc<::rustls::crypto::CryptoProvider>>,
}

impl TlsServer {
    /// Starts with the server's certificate and those between it and the root, as PEM, and its private key, as PEM
    /// (PKCS #8; with rustls also PKCS #1 and SEC1).
    pub fn builder(chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> TlsServerBuilder {
        TlsServerBuilder {
            chain: chain.into(),
            key: key.into().into(),
            clients: ClientCertificates::Ignored,
            #[cfg(feature = "rustls-no-provider")]
            provider: None,
        }
    }

    /// With settings of rustls's own.
    #[cfg(feature = "rustls-no-provider")]
    #[must_use]
    pub fn from_rustls(config: Arc<::rustls::ServerConfig>) -> Self {
        Self { engine: Engine::Rustls(config) }
    }

    /// With settings of native-tls's own.
    #[cfg(feature = "native-tls")]
    #[must_use]
    pub fn from_native(acceptor: ::native_tls::TlsAcceptor) -> Self {
        Self { engine: Engine::Native(acceptor) }
    }

    /// Serves TLS on the stream. The handshake happens as the stream is read and written; it is part of the
    /// connection's handshake, and has its deadline.
    pub fn accept<T: Transport>(&self, stream: T) -> MaybeTls<T> {
        match &self.engine {
            #[cfg(feature = "rustls-no-provider")]
            Engine::Rustls(config) => super::rustls::accept(config, stream),
            #[cfg(feature = "native-tls")]
            Engine::Native(acceptor) => super::native::accept(acceptor, stream),
            #[cfg(not(any(feature = "rustls-no-provider", feature = "native-tls")))]
            _ => match self.engine {},
        }
    }
}

impl TlsServerBuilder {
    /// Whether clients show a certificate. Default: [`ClientCertificates::Ignored`].
    pub fn client_certificates(self, clients: ClientCertificates) -> Self {
        Self { clients, ..self }
    }
}

builds!(TlsServerBuilder => TlsServer, server_config, acceptor);

impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsServer").finish_non_exhaustive()
    }
}

impl fmt::Debug for TlsServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsServerBuilder").field("clients", &self.clients).finish_non_exhaustive()
    }
}
