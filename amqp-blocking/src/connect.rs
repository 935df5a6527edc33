//! Connecting: finding the peer's address, the socket, the handshake, and who services the connection.

use crate::clock::Clock;
use crate::connection::Connection;
use crate::io::Io;
use crate::pump::Pump;
use crate::socket::{self, Socket, StdStream, Stream};
use amqp_async::proto::codec::definition::PORT;
use amqp_async::proto::{Config, SaslClient};
use amqp_async::{Driver, Error, Options, Timer, Transport};
use fluent_uri::Uri;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

/// How long connecting to the addresses of a host may take.
const CONNECT: Duration = Duration::from_secs(5);

/// Who drives a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Servicing {
    /// A thread of its own.
    Thread,
    /// Whoever waits.
    Caller,
}

impl Servicing {
    pub(crate) fn start<T, C>(self, pump: &Pump, driver: Driver<T, C>) -> io::Result<()>
    where
        T: Transport + Unpin + Send + 'static,
        C: Timer + Unpin + Send + 'static,
    {
        // the handles tell how the connection ended
        let driven = async move { drop(driver.await) };
        match self {
            Self::Thread => pump.spawn_thread(driven),
            Self::Caller => {
                pump.spawn(driven);
                Ok(())
            }
        }
    }
}

/// Why a connection did not come about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL cannot be used.
    #[error("cannot use the URL: {0}")]
    Url(String),
    /// No address of the host could be found or reached.
    #[error("cannot connect to {target}: {source}")]
    Connect {
        /// Host and port.
        target: String,
        /// What the system says.
        source: io::Error,
    },
    /// A password would be sent in clear over a network.
    #[error("will not send a password in clear to {target}: it is not a loopback address")]
    ClearText {
        /// Host and port.
        target: String,
    },
    /// The peer was reached, and then login or open failed.
    #[error("cannot open a connection to {target}: {source}")]
    Open {
        /// Host and port.
        target: String,
        /// What came of it.
        source: Box<Error>,
    },
}

/// Where a URL points, and who is to log in there.
struct Target {
    host: String,
    port: u16,
    login: Option<(String, String)>,
}

impl Target {
    fn parse(url: &str) -> Option<Self> {
        let uri = Uri::parse(url).ok()?;
        let authority = uri.authority().filter(|_| uri.scheme().as_str().eq_ignore_ascii_case("amqp"))?;
        let decoded = |text: &fluent_uri::pct_enc::EStr<_>| Some(text.decode().to_string().ok()?.into_owned());
        let login = match authority.userinfo() {
            Some(info) => Some(match info.split_once(':') {
                Some((user, password)) => (decoded(user)?, decoded(password)?),
                None => (decoded(info)?, String::new()),
            }),
            None => None,
        };
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        Some(Self { host, port: authority.port_to_u16().ok()?.unwrap_or(PORT), login })
    }
}

pub(crate) fn default_config() -> amqp_async::proto::ConfigBuilder {
    // the hasher's keys are drawn at random by the standard library
    let random = RandomState::new().build_hasher().finish();
    Config::builder(format!("amqp10-{random:016x}"))
}

pub(crate) fn connect(pump: &Pump, servicing: Servicing, url: &str) -> Result<Connection, ConnectError> {
    let wrong = || ConnectError::Url("it is not amqp://[USER[:PASSWORD]@]HOST[:PORT]".to_owned());
    let target = Target::parse(url).ok_or_else(wrong)?;
    let name = format!("{}:{}", target.host, target.port);
    let failed = |source| ConnectError::Connect { target: name.clone(), source };
    let addresses: Vec<SocketAddr> = (target.host.as_str(), target.port).to_socket_addrs().map_err(failed)?.collect();
    let safe = addresses.iter().all(|address| address.ip().is_loopback());
    if target.login.is_some() && !safe {
        return Err(ConnectError::ClearText { target: name });
    }
    let reached = pump.wait(Instant::now().checked_add(CONNECT), reach(pump, addresses));
    let socket = reached.unwrap_or(Err(io::ErrorKind::TimedOut.into())).map_err(failed)?;
    let login = target.login.map_or_else(SaslClient::anonymous, |(user, password)| {
        SaslClient::plain(user, password.into_bytes()).insecure_allowed(safe)
    });
    let config =
        default_config().hostname(target.host).build().map_err(|error| ConnectError::Url(error.to_string()))?;
    open(pump, servicing, socket, &Options::client(config), Some(login), name)
}

async fn reach(pump: &Pump, addresses: Vec<SocketAddr>) -> io::Result<Socket<mio::net::TcpStream>> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match socket::connect(pump.reactor(), address).await {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

pub(crate) fn open<S: Stream>(
    pump: &Pump,
    servicing: Servicing,
    socket: Socket<S>,
    options: &Options,
    login: Option<SaslClient>,
    target: String,
) -> Result<Connection, ConnectError> {
    let (connection, driver) =
        amqp_async::Connection::client(options, login, Io::new(socket), Clock::new(pump.reactor()));
    if let Err(source) = servicing.start(pump, driver) {
        return Err(ConnectError::Connect { target, source });
    }
    // the handshake has a deadline of its own
    match pump.wait(None, connection.opened()) {
        Some(Err(source)) => Err(ConnectError::Open { target, source: source.into() }),
        Some(Ok(())) | None => Ok(Connection::new(connection, pump)),
    }
}

pub(crate) fn connect_on(
    pump: &Pump,
    servicing: Servicing,
    stream: impl StdStream,
    options: &Options,
    login: Option<SaslClient>,
) -> Result<Connection, ConnectError> {
    let target = "the peer".to_owned();
    match stream.into_stream().and_then(|stream| Socket::new(pump.reactor(), stream)) {
        Ok(socket) => open(pump, servicing, socket, options, login, target),
        Err(source) => Err(ConnectError::Connect { target, source }),
    }
}

pub(crate) fn default_options() -> Options {
    #[expect(clippy::expect_used, reason = "the defaults are valid, and tested to be")]
    let config = default_config().build().expect("the default configuration is valid");
    Options::listener(config)
}
