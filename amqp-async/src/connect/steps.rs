//! The steps of connecting: look up the host, reach an address, secure it, log in and open. Each has its deadline, and
//! all happen inside the caller's future, driver included: whoever drops that future leaves nothing behind.

use super::builder::{Builder, ClearTextLogin, Login, Security};
use super::deadline::within;
use super::race::race;
use crate::client;
use crate::connect::{ConnectError, Runtime, stays_here};
use crate::tls::{MaybeTls, TlsClient};
use crate::{Connection, Driver, Error, Options, Step, Timer, Transport};
use amqp_proto::SaslClient;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

/// What may cross the stream unsecured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Privacy {
    /// TLS, or it does not leave the machine.
    Private,
    /// Others may read along.
    Unknown,
}

impl<R: Runtime> Builder<R> {
    /// Connects over TCP, and TLS if that is asked for; waits until the connection is open; leaves its driver to the
    /// runtime. The addresses of the host are tried side by side, each with a head start of 250 ms (RFC 8305).
    ///
    /// Cancel-safe: dropping the future drops the connection.
    ///
    /// # Errors
    /// [`ConnectError`] says what was tried and what came of it.
    pub async fn connect(self) -> Result<Connection, ConnectError> {
        let runtime = self.runtime.clone();
        let (connection, driver) = self.start().await?;
        runtime.spawn(driver);
        Ok(connection)
    }

    /// As [`connect`](Self::connect), to the endpoint of an attempt, a URL; where that is empty, to whom the settings say.
    /// The settings, login included, serve as many attempts as one likes:
    ///
    /// ```
    /// use amqp_async::client::{Attempt, Connector};
    /// use amqp_async::connect::{Builder, Runtime};
    ///
    /// fn connector(builder: Builder<impl Runtime>) -> impl Connector {
    ///     move |attempt: Attempt| Box::pin(builder.clone().connect_for(attempt))
    /// }
    /// ```
    ///
    /// # Errors
    /// As for [`connect`](Self::connect), told in one type with what ends a connection.
    pub async fn connect_for(self, attempt: client::Attempt) -> Result<Connection, Error> {
        let builder = if attempt.endpoint.is_empty() { Ok(self) } else { self.url(&attempt.endpoint) };
        Ok(builder?.connect().await?)
    }

    /// As [`connect`](Self::connect), for whoever drives the connection himself: from here on nothing happens on it
    /// unless the driver is polled.
    ///
    /// Cancel-safe: dropping the future drops the connection.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn start(self) -> Result<(Connection, Driver<MaybeTls<R::Stream>, R::Timer>), ConnectError> {
        let tls = self.check()?;
        let addresses = self.resolve().await?;
        let (stream, address) = self.reach(&addresses).await?;
        let stream = self.secure(stream, tls.as_ref()).await?;
        let privacy = match tls.is_some() || stays_here(address.ip()) {
            true => Privacy::Private,
            false => Privacy::Unknown,
        };
        self.open(stream, privacy).await
    }

    /// Opens a connection on a stream that exists already, secured as is asked for; waits until it is open; leaves its
    /// driver to the runtime. Without TLS a password is sent only with [`ClearTextLogin::Anywhere`], since nothing is
    /// known of the stream.
    ///
    /// Cancel-safe: dropping the future drops the connection.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn connect_on<T>(self, stream: T) -> Result<Connection, ConnectError>
    where
        T: Transport + Unpin + Send + 'static,
    {
        let runtime = self.runtime.clone();
        let (connection, driver) = self.start_on(stream).await?;
        runtime.spawn(driver);
        Ok(connection)
    }

    /// As [`connect_on`](Self::connect_on), for whoever drives the connection himself; see [`start`](Self::start).
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn start_on<T>(self, stream: T) -> Result<(Connection, Driver<MaybeTls<T>, R::Timer>), ConnectError>
    where
        T: Transport + Unpin,
    {
        let tls = self.check()?;
        let stream = self.secure(stream, tls.as_ref()).await?;
        let privacy = if tls.is_some() { Privacy::Private } else { Privacy::Unknown };
        self.open(stream, privacy).await
    }

    /// Finds mistakes before anything is sent.
    fn check(&self) -> Result<Option<TlsClient>, ConnectError> {
        self.config.check()?;
        let tls = match &self.security {
            Security::Clear => None,
            Security::DefaultTls => Some(TlsClient::new().map_err(ConnectError::TlsSetUp)?),
            Security::Tls(tls) => Some(tls.clone()),
        };
        if let Some(tls) = &tls {
            tls.check(&self.host).map_err(ConnectError::TlsSetUp)?;
        }
        Ok(tls)
    }

    fn timed_out(&self, step: Step, after: Option<Duration>) -> ConnectError {
        ConnectError::TimedOut { target: self.target(), step, after, attempts: Vec::new() }
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, ConnectError> {
        if !self.addresses.is_empty() {
            return Ok(self.addresses.clone());
        }
        let after = self.connect_timeouts.resolve;
        let resolved = self.runtime.resolve(&self.host, self.effective_port());
        match within(self.runtime.timer(), after, resolved).await {
            Some(resolved) => resolved.map_err(|source| ConnectError::Resolve { host: self.host.clone(), source }),
            None => Err(self.timed_out(Step::Resolve, after)),
        }
    }

    async fn reach(&self, addresses: &[SocketAddr]) -> Result<(R::Stream, SocketAddr), ConnectError> {
        let after = self.connect_timeouts.tcp;
        let (target, step) = (self.target(), Step::Connect);
        let mut attempts = Vec::new();
        let raced = race(&self.runtime, &self.tcp, addresses, &mut attempts);
        match within(self.runtime.timer(), after, raced).await {
            Some(Some(reached)) => Ok(reached),
            Some(None) => Err(ConnectError::Connect { target, attempts }),
            None => Err(ConnectError::TimedOut { target, step, after, attempts }),
        }
    }

    async fn secure<T>(&self, stream: T, tls: Option<&TlsClient>) -> Result<MaybeTls<T>, ConnectError>
    where
        T: Transport + Unpin,
    {
        let Some(tls) = tls else { return Ok(MaybeTls::clear(stream)) };
        let after = self.connect_timeouts.tls;
        match within(self.runtime.timer(), after, tls.connect(stream, &self.host)).await {
            Some(secured) => secured.map_err(|source| ConnectError::Tls { target: self.target(), source }),
            None => Err(self.timed_out(Step::Tls, after)),
        }
    }

    async fn open<T>(self, stream: T, privacy: Privacy) -> Result<(Connection, Driver<T, R::Timer>), ConnectError>
    where
        T: Transport + Unpin,
    {
        let target = self.target();
        let host = self.virtual_host.unwrap_or(self.host);
        let may_show = privacy == Privacy::Private || self.clear_text == ClearTextLogin::Anywhere;
        let login = match self.login {
            Login::WithoutSasl => None,
            Login::Password(..) if !may_show => return Err(ConnectError::ClearText { target }),
            Login::Password(user, password) => Some(SaslClient::plain(user, password)),
            Login::Sasl(login) => Some(login),
        };
        // req: SE-5.2-04
        let login = login.map(|login| login.or_hostname(host.clone()));
        let login = if may_show { login.map(|login| login.insecure_allowed(true)) } else { login };
        let config = self.config.hostname(host).build()?;
        let options = Options { config, timeouts: self.timeouts, incoming: self.incoming };
        let (connection, mut driver) = Connection::client(&options, login, stream, self.runtime.timer());
        match drive_until_open(&connection, &mut driver).await {
            Ok(()) => Ok((connection, driver)),
            Err(error) => Err(ConnectError::of_handshake(target, error)),
        }
    }
}

/// Drives the connection until it is open; where it fails, until what has to be said to the peer has left.
async fn drive_until_open<T, C>(connection: &Connection, driver: &mut Driver<T, C>) -> Result<(), Error>
where
    T: Transport + Unpin,
    C: Timer + Unpin,
{
    let mut opened = pin!(connection.opened());
    let mut failure = None;
    poll_fn(|cx| {
        let driven = Pin::new(&mut *driver).poll(cx);
        if failure.is_none() {
            match opened.as_mut().poll(cx) {
                Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => failure = Some(error),
                Poll::Pending => {}
            }
        }
        match failure.take() {
            Some(error) if driven.is_ready() => Poll::Ready(Err(error)),
            waiting => {
                failure = waiting;
                Poll::Pending
            }
        }
    })
    .await
}
