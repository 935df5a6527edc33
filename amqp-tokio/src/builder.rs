//! Everything that can be said about a connection before it is made.

use crate::error::ConnectError;
use crate::io::Io;
use crate::stays_here;
use crate::timer::TokioTimer;
use crate::url::{Target, redacted};
use amqp_async::proto::{Config, ConfigBuilder, SaslClient};
use amqp_async::{Connection, Incoming, Options, Timeouts};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Starts from defaults and a container-id made up at random.
pub fn builder() -> Builder {
    Builder::new(default_config())
}

pub(crate) fn default_config() -> ConfigBuilder {
    // the hasher's keys are drawn at random by the standard library
    let random = RandomState::new().build_hasher().finish();
    Config::builder(format!("amqp10-{random:016x}"))
}

pub(crate) fn default_options() -> Options {
    #[expect(clippy::expect_used, reason = "the defaults are valid, and tested to be")]
    let config = default_config().build().expect("the default configuration is valid");
    Options::listener(config)
}

/// Whether a password may cross a network in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ClearTextLogin {
    /// Only to a loopback address.
    #[default]
    Loopback,
    /// To any address. Whoever can listen on the way reads the password.
    Anywhere,
}

/// Settings of a client's connection.
///
/// ```no_run
/// use amqp_tokio::{Builder, proto::{Config, SaslClient}};
/// use std::time::Duration;
///
/// # async fn example() -> Result<(), amqp_tokio::ConnectError> {
/// let connection = Builder::new(Config::builder("my-container").max_frame_size(1 << 20))
///     .host("localhost")
///     .port(5672)
///     .login(SaslClient::plain("guest", "guest"))
///     .connect_timeout(Some(Duration::from_secs(2)))
///     .connect()
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `connect` is called"]
pub struct Builder {
    config: ConfigBuilder,
    host: String,
    port: u16,
    virtual_host: Option<String>,
    login: Option<SaslClient>,
    /// The login is PLAIN, from a URL.
    has_password: bool,
    clear_text: ClearTextLogin,
    connect_timeout: Option<Duration>,
    timeouts: Timeouts,
    incoming: Incoming,
}

impl Builder {
    /// Starts with the protocol's parameters: container-id, frame size, idle time-out, deadlines of
    /// handshake and close, and whatever else open can say.
    pub fn new(config: ConfigBuilder) -> Self {
        Self {
            config,
            host: "localhost".to_owned(),
            port: 5672,
            virtual_host: None,
            login: Some(SaslClient::anonymous()),
            has_password: false,
            clear_text: ClearTextLogin::default(),
            connect_timeout: Some(Duration::from_secs(5)),
            timeouts: Timeouts::default(),
            incoming: Incoming::Refuse,
        }
    }

    /// Takes host, port and login from a URL; see [`connect`](crate::connect).
    ///
    /// # Errors
    /// [`ConnectError::Url`] says what is wrong with it.
    pub fn url(mut self, url: &str) -> Result<Self, ConnectError> {
        let target = Target::parse(url).map_err(|source| ConnectError::Url { url: redacted(url), source })?;
        if let Some((user, password)) = target.login {
            self.login = Some(SaslClient::plain(user, password.into_bytes()));
            self.has_password = true;
        }
        Ok(Self { host: target.host, port: target.port, ..self })
    }

    /// The name or address to connect to. Default `localhost`.
    pub fn host(self, host: impl Into<String>) -> Self {
        Self { host: host.into(), ..self }
    }

    /// The TCP port. Default 5672.
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// What open (§2.7.1) says the host is. Default: the [`host`](Self::host).
    pub fn virtual_host(self, name: impl Into<String>) -> Self {
        Self { virtual_host: Some(name.into()), ..self }
    }

    /// How to log in (§5.3). Default: ANONYMOUS. Whether PLAIN or a token may be used in clear is for `login` itself
    /// to say ([`SaslClient::insecure_allowed`]), besides [`clear_text_login`](Self::clear_text_login).
    pub fn login(self, login: SaslClient) -> Self {
        Self { login: Some(login), has_password: false, ..self }
    }

    /// Begins with AMQP at once, without any SASL exchange. Few peers take that.
    pub fn without_login(self) -> Self {
        Self { login: None, has_password: false, ..self }
    }

    /// Whether a password may cross a network in clear. Default [`ClearTextLogin::Loopback`].
    pub fn clear_text_login(self, clear_text: ClearTextLogin) -> Self {
        Self { clear_text, ..self }
    }

    /// How long finding the host and connecting to it may take together; `None`: as long as the system
    /// tries. Default 5 s. The handshake after that has a deadline of its own, in
    /// [`ConfigBuilder::handshake_timeout`].
    pub fn connect_timeout(self, timeout: Option<Duration>) -> Self {
        Self { connect_timeout: timeout, ..self }
    }

    /// Deadlines of the steps on the open connection. Default: [`Timeouts::default`].
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// What to do with sessions and links that the peer asks for. Default [`Incoming::Refuse`].
    pub fn incoming(self, incoming: Incoming) -> Self {
        Self { incoming, ..self }
    }

    /// Connects over TCP and waits until the connection is open. Nagle's algorithm is off.
    ///
    /// Cancel-safe: dropping the future drops the connection.
    ///
    /// # Errors
    /// [`ConnectError`] says what was tried and what came of it.
    pub async fn connect(self) -> Result<Connection, ConnectError> {
        let target = self.target();
        let reached = self.reach();
        let stream = match self.connect_timeout {
            Some(after) => match tokio::time::timeout(after, reached).await {
                Ok(reached) => reached?,
                Err(_) => return Err(ConnectError::TimedOut { target, after }),
            },
            None => reached.await?,
        };
        let safe = stays_here(stream.peer_addr());
        stream.set_nodelay(true).map_err(|source| ConnectError::Connect { target: target.clone(), source })?;
        self.open(Io::new(stream), safe, target).await
    }

    /// Opens a connection on a stream that exists already and waits until it is open. A password is sent
    /// only with [`ClearTextLogin::Anywhere`], since nothing is known of the stream.
    ///
    /// Cancel-safe: dropping the future drops the connection.
    ///
    /// # Errors
    /// [`ConnectError`] says what came of it.
    pub async fn connect_on<S>(self, stream: S) -> Result<Connection, ConnectError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.open(Io::new(stream), false, "the peer".to_owned()).await
    }

    fn target(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Tries the addresses of the host, one after the other.
    async fn reach(&self) -> Result<TcpStream, ConnectError> {
        let addresses = tokio::net::lookup_host((self.host.as_str(), self.port))
            .await
            .map_err(|source| ConnectError::Resolve { host: self.host.clone(), source })?;
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(ConnectError::Connect { target: self.target(), source: last })
    }

    async fn open<S>(self, stream: Io<S>, safe: bool, target: String) -> Result<Connection, ConnectError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut login = self.login;
        if safe || self.clear_text == ClearTextLogin::Anywhere {
            login = login.map(|login| login.insecure_allowed(true));
        } else if self.has_password {
            return Err(ConnectError::ClearText { target });
        }
        let config = self.config.hostname(self.virtual_host.unwrap_or(self.host)).build()?;
        let options = Options { config, timeouts: self.timeouts, incoming: self.incoming };
        let (connection, driver) = Connection::client(&options, login, stream, TokioTimer::new());
        tokio::spawn(driver);
        match connection.opened().await {
            Ok(()) => Ok(connection),
            Err(source) => Err(ConnectError::Open { target, source: source.into() }),
        }
    }
}
