//! The client's settings: whom to trust, who we are.

#[cfg(feature = "native-tls")]
use super::TlsErrorKind;
use super::build::builds;
use super::{MaybeTls, TlsError};
use crate::Transport;
use amqp_proto::Secret;
use std::fmt;
#[cfg(feature = "rustls-no-provider")]
use std::sync::Arc;

/// How a client secures its connections. The server's certificate is always checked: chain, time and name; there is no
/// switch to forget that. Cheap to clone, to be used for many connections.
///
/// ```no_run
/// use amqp_async::tls::TlsClient;
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = TlsClient::builder()
///     .roots_pem(std::fs::read("our-ca.pem")?) // besides those of the system
///     .identity_pem(std::fs::read("me.pem")?, std::fs::read("me.key")?)
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TlsClient {
    engine: Engine,
    server_name: Option<String>,
}

#[derive(Clone)]
enum Engine {
    #[cfg(feature = "rustls-no-provider")]
    Rustls(Arc<::rustls::ClientConfig>),
    #[cfg(feature = "native-tls")]
    Native(::native_tls::TlsConnector),
}

/// Settings of a [`TlsClient`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct TlsClientBuilder {
    pub(super) platform_roots: bool,
    pub(super) roots: Vec<Vec<u8>>,
    pub(super) identity: Option<(Vec<u8>, Secret)>,
    #[cfg(feature = "rustls-no-provider")]
    pub(super) provider: Option<Arc<::rustls::crypto::CryptoProvider>>,
}

impl TlsClient {
    /// Trusts whom the system trusts, and shows no certificate.
    ///
    /// # Errors
    /// If no TLS library is built in, or the system names nobody to trust.
    pub fn new() -> Result<Self, TlsError> {
        Self::builder().build()
    }

    /// Starts with what [`new`](Self::new) has.
    pub fn builder() -> TlsClientBuilder {
        TlsClientBuilder {
            platform_roots: true,
            roots: Vec::new(),
            identity: None,
            #[cfg(feature = "rustls-no-provider")]
            provider: None,
        }
    }

    /// With settings of rustls's own.
    #[cfg(feature = "rustls-no-provider")]
    #[must_use]
    pub fn from_rustls(config: Arc<::rustls::ClientConfig>) -> Self {
        Self { engine: Engine::Rustls(config), server_name: None }
    }

    /// With settings of native-tls's own.
    #[cfg(feature = "native-tls")]
    #[must_use]
    pub fn from_native(connector: ::native_tls::TlsConnector) -> Self {
        Self { engine: Engine::Native(connector), server_name: None }
    }

    /// The name that the server's certificate has to be for, and that the server is told (SNI), where that is not the
    /// host that is connected to.
    #[must_use]
    pub fn server_name(self, name: impl Into<String>) -> Self {
        Self { server_name: Some(name.into()), ..self }
    }

    /// Whether the name can be one.
    pub(crate) fn check(&self, host: &str) -> Result<(), TlsError> {
        match &self.engine {
            #[cfg(feature = "rustls-no-provider")]
            Engine::Rustls(_) => super::rustls::server_name(self.name(host)).map(drop),
            #[cfg(feature = "native-tls")]
            Engine::Native(_) => match self.name(host) {
                "" => Err(TlsError::new(TlsErrorKind::Configuration, "the server has no name")),
                _ => Ok(()),
            },
            #[cfg(not(any(feature = "rustls-no-provider", feature = "native-tls")))]
            _ => match self.engine {},
        }
    }

    /// Does the handshake, as the client, with a server that is to be `host`.
    ///
    /// Cancel-safe: dropping the future drops the stream.
    ///
    /// # Errors
    /// What is wrong with the server, or with the stream.
    pub async fn connect<T: Transport + Unpin>(&self, stream: T, host: &str) -> Result<MaybeTls<T>, TlsError> {
        let name = self.name(host);
        match &self.engine {
            #[cfg(feature = "rustls-no-provider")]
            Engine::Rustls(config) => super::rustls::connect(config, stream, name).await,
            #[cfg(feature = "native-tls")]
            Engine::Native(connector) => super::native::connect(connector, stream, name).await,
            #[cfg(not(any(feature = "rustls-no-provider", feature = "native-tls")))]
            _ => match self.engine {},
        }
    }

    fn name<'a>(&'a self, host: &'a str) -> &'a str {
        self.server_name.as_deref().unwrap_or(host)
    }
}

impl TlsClientBuilder {
    /// Trusts these certificates, one or more as PEM, besides those of the system.
    pub fn roots_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Does not trust whom the system trusts, but only [`roots_pem`](Self::roots_pem).
    pub fn without_platform_roots(self) -> Self {
        Self { platform_roots: false, ..self }
    }

    /// Who we are: our certificate and those between it and the root, as PEM, and its private key, as PEM (PKCS #8; with
    /// rustls also PKCS #1 and SEC1). Shown if the server asks; SASL EXTERNAL refers to it.
    pub fn identity_pem(self, chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        Self { identity: Some((chain.into(), key.into().into())), ..self }
    }
}

builds!(TlsClientBuilder => TlsClient, client_config, connector);

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsClient").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

impl fmt::Debug for TlsClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (roots, identity) = (self.roots.len(), self.identity.is_some());
        let debug = &mut f.debug_struct("TlsClientBuilder");
        debug.field("platform_roots", &self.platform_roots).field("roots", &roots).field("identity", &identity);
        debug.finish_non_exhaustive()
    }
}
