//! Everything that can be said about a connection before it is made.

use crate::connect::{ConnectError, Runtime, TcpOptions, Url, default_config, redacted};
use crate::tls::TlsClient;
use crate::{Incoming, Timeouts};
use amqp_proto::codec::definition::{PORT, SECURE_PORT};
use amqp_proto::{ConfigBuilder, SaslClient, Secret};
use std::net::SocketAddr;
use std::time::Duration;

/// Whether a password may cross a network in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ClearTextLogin {
    /// Only to a loopback address.
    #[default]
    Loopback,
    /// To any address. Whoever can listen on the way reads the password.
    Anywhere,
}

/// How long each step before the protocol's own may take; `None`: as long as the system tries. Those after them, login
/// and open, share [`ConfigBuilder::handshake_timeout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectTimeouts {
    /// Finding the addresses of the host. Default 5 s.
    pub resolve: Option<Duration>,
    /// Reaching one of them, all taken together. Default 5 s.
    pub tcp: Option<Duration>,
    /// The handshake of TLS. Default 5 s.
    pub tls: Option<Duration>,
}

impl ConnectTimeouts {
    /// The same deadline for each step.
    #[must_use]
    pub fn all(deadline: Option<Duration>) -> Self {
        Self { resolve: deadline, tcp: deadline, tls: deadline }
    }
}

impl Default for ConnectTimeouts {
    fn default() -> Self {
        Self::all(Some(Duration::from_secs(5)))
    }
}

/// Settings of a client's connection.
///
/// Whatever a URL can say can be said by a method. The settings are checked when the connection is made, before
/// anything is sent or looked up.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `connect` is called"]
pub struct Builder<R> {
    pub(super) runtime: R,
    pub(super) config: ConfigBuilder,
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) security: Security,
    pub(super) virtual_host: Option<String>,
    pub(super) login: Login,
    pub(super) clear_text: ClearTextLogin,
    pub(super) tcp: TcpOptions,
    pub(super) connect_timeouts: ConnectTimeouts,
    pub(super) timeouts: Timeouts,
    pub(super) incoming: Incoming,
}

/// What is between TCP and AMQP.
#[derive(Clone, Debug)]
pub(super) enum Security {
    Clear,
    /// TLS as the library has it by default, since a URL asks for it.
    DefaultTls,
    Tls(TlsClient),
}

/// Who logs in.
#[derive(Clone, Debug)]
pub(super) enum Login {
    WithoutSasl,
    Sasl(SaslClient),
    /// From a URL.
    Password(String, Secret),
}

impl<R: Runtime + Default> Builder<R> {
    /// Starts with the protocol's parameters: container-id, frame size, idle time-out, deadlines of handshake and close,
    /// and whatever else open can say.
    pub fn new(config: ConfigBuilder) -> Self {
        Self::on(R::default(), config)
    }
}

impl<R: Runtime + Default> Default for Builder<R> {
    fn default() -> Self {
        Self::new(default_config())
    }
}

impl<R> Builder<R> {
    /// As [`new`](Self::new), for a runtime that has a state of its own.
    pub fn on(runtime: R, config: ConfigBuilder) -> Self {
        Self {
            runtime,
            config,
            host: "localhost".to_owned(),
            port: None,
            addresses: Vec::new(),
            security: Security::Clear,
            virtual_host: None,
            login: Login::Sasl(SaslClient::anonymous()),
            clear_text: ClearTextLogin::default(),
            tcp: TcpOptions::default(),
            connect_timeouts: ConnectTimeouts::default(),
            timeouts: Timeouts::default(),
            incoming: Incoming::Refuse,
        }
    }

    /// The same settings on another runtime, for one that is made only when it is needed.
    pub fn with_runtime<S>(self, runtime: S) -> Builder<S> {
        Builder {
            runtime,
            config: self.config,
            host: self.host,
            port: self.port,
            addresses: self.addresses,
            security: self.security,
            virtual_host: self.virtual_host,
            login: self.login,
            clear_text: self.clear_text,
            tcp: self.tcp,
            connect_timeouts: self.connect_timeouts,
            timeouts: self.timeouts,
            incoming: self.incoming,
        }
    }

    /// Takes host, port, login and whether to use TLS from a URL, as text.
    ///
    /// # Errors
    /// [`ConnectError::Url`] says what is wrong with it.
    pub fn url(self, url: &str) -> Result<Self, ConnectError> {
        let parsed = url.parse().map_err(|source| ConnectError::Url { url: redacted(url), source })?;
        Ok(self.peer(&parsed))
    }

    /// Takes host, port, login and whether to use TLS from a [`Url`]. TLS that was set before stays, whatever the scheme.
    pub fn peer(self, url: &Url) -> Self {
        let login = url.login().map(|(user, password)| Login::Password(user.to_owned(), password.clone()));
        let security = match self.security {
            Security::Clear if url.is_secure() => Security::DefaultTls,
            security => security,
        };
        let login = login.unwrap_or(self.login);
        Self { host: url.host().to_owned(), port: Some(url.port()), login, security, ..self }
    }

    /// The name or address to connect to; IPv6 without brackets. Default `localhost`.
    pub fn host(self, host: impl Into<String>) -> Self {
        Self { host: host.into(), ..self }
    }

    /// The TCP port. Default 5672, with TLS 5671 (§2.8.19).
    pub fn port(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    /// Connects to one of these addresses, without looking up the host. Its name still is what a certificate and open
    /// have to do with.
    pub fn addresses(self, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self { addresses: addresses.into_iter().collect(), ..self }
    }

    /// TLS from the first octet (§5.2.1), with these settings.
    pub fn tls(self, tls: TlsClient) -> Self {
        Self { security: Security::Tls(tls), ..self }
    }

    /// What open (§2.7.1) and the login (§5.3.3.2) say the host is. Default: the [`host`](Self::host).
    pub fn virtual_host(self, name: impl Into<String>) -> Self {
        Self { virtual_host: Some(name.into()), ..self }
    }

    /// How to log in (§5.3). Default: ANONYMOUS. In clear PLAIN and tokens are used only at a loopback address, or where
    /// `login` itself ([`SaslClient::insecure_allowed`]) or [`clear_text_login`](Self::clear_text_login) says so.
    pub fn login(self, login: SaslClient) -> Self {
        Self { login: Login::Sasl(login), ..self }
    }

    /// Begins with AMQP at once, without any SASL exchange. Few peers take that.
    pub fn without_login(self) -> Self {
        Self { login: Login::WithoutSasl, ..self }
    }

    /// Whether a password may cross a network in clear. Default [`ClearTextLogin::Loopback`].
    pub fn clear_text_login(self, clear_text: ClearTextLogin) -> Self {
        Self { clear_text, ..self }
    }

    /// Options of the TCP socket.
    pub fn tcp(self, tcp: TcpOptions) -> Self {
        Self { tcp, ..self }
    }

    /// Deadlines of the steps before login. Default: 5 s each.
    pub fn connect_timeouts(self, timeouts: ConnectTimeouts) -> Self {
        Self { connect_timeouts: timeouts, ..self }
    }

    /// The same deadline for each step before login; `None`: as long as the system tries. Default 5 s.
    pub fn connect_timeout(self, timeout: Option<Duration>) -> Self {
        self.connect_timeouts(ConnectTimeouts::all(timeout))
    }

    /// Deadlines of the steps on the open connection. Default: [`Timeouts::default`].
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// What to do with sessions and links that the peer asks for. Default [`Incoming::Refuse`].
    pub fn incoming(self, incoming: Incoming) -> Self {
        Self { incoming, ..self }
    }

    /// The port, or that of the scheme.
    pub(super) fn effective_port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::Clear => PORT,
            Security::DefaultTls | Security::Tls(_) => SECURE_PORT,
        })
    }

    /// Host and port, for errors.
    pub(super) fn target(&self) -> String {
        let port = self.effective_port();
        if self.host.contains(':') { format!("[{}]:{port}", self.host) } else { format!("{}:{port}", self.host) }
    }
}
