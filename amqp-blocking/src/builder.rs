//! Connecting: the settings of `amqp-async`, and a pump to wait on.

use crate::connection::Connection;
use crate::pump::Pump;
use crate::socket::{Socket, StdStream};
use amqp_async::client::Attempt;
use amqp_async::connect::{self, ClearTextLogin, ConnectError, ConnectTimeouts, TcpOptions, Url};
use amqp_async::proto::{ConfigBuilder, SaslClient};
use amqp_async::tls::TlsClient;
use amqp_async::{Incoming, Timeouts};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

/// A connection that is being made.
type Connecting = Pin<Box<dyn Future<Output = Result<amqp_async::Connection, amqp_async::Error>> + Send>>;

/// Settings of a client's connection, those of [`connect::Builder`]. A thread of its own services the connection, unless
/// it is given [another pump](Self::serviced_by).
///
/// ```no_run
/// use amqp_blocking::{Builder, proto::{Config, SaslClient}};
/// use std::time::Duration;
///
/// # fn example() -> Result<(), amqp_blocking::ConnectError> {
/// let connection = Builder::new(Config::builder("my-container").max_frame_size(1 << 20))
///     .host("localhost")
///     .port(5672)
///     .login(SaslClient::plain("guest", "guest"))
///     .connect_timeout(Some(Duration::from_secs(2)))
///     .connect()?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `connect` is called"]
pub struct Builder {
    settings: connect::Builder<()>,
    /// None: one of the connection's own, with a thread.
    pump: Option<Pump>,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new(connect::default_config())
    }
}

macro_rules! settings {
    ($($name:ident($($argument:ident: $type:ty)?);)*) => {
        $(
            #[doc = concat!("See [`", stringify!($name), "`](connect::Builder::", stringify!($name), ") of `amqp-async`.")]
            pub fn $name(self $(, $argument: $type)?) -> Self {
                Self { settings: self.settings.$name($($argument)?), ..self }
            }
        )*
    };
}

impl Builder {
    /// Starts with the protocol's parameters, as [`connect::Builder::new`] does.
    pub fn new(config: ConfigBuilder) -> Self {
        Self { settings: connect::Builder::on((), config), pump: None }
    }

    /// Which pump services the connection, and any others that it has. Default: one of its own, with a thread.
    pub fn serviced_by(self, pump: &Pump) -> Self {
        Self { pump: Some(pump.clone()), ..self }
    }

    /// Takes host, port, login and whether to use TLS from a URL, as text.
    ///
    /// # Errors
    /// [`ConnectError::Url`] says what is wrong with it.
    pub fn url(self, url: &str) -> Result<Self, ConnectError> {
        Ok(Self { settings: self.settings.url(url)?, ..self })
    }

    settings! {
        peer(url: &Url);
        host(name: impl Into<String>);
        port(port: u16);
        addresses(addresses: impl IntoIterator<Item = SocketAddr>);
        tls(tls: TlsClient);
        virtual_host(name: impl Into<String>);
        login(login: SaslClient);
        without_login();
        clear_text_login(clear_text: ClearTextLogin);
        tcp(tcp: TcpOptions);
        connect_timeouts(timeouts: ConnectTimeouts);
        connect_timeout(timeout: Option<Duration>);
        timeouts(timeouts: Timeouts);
        incoming(incoming: Incoming);
    }

    /// Connects, and waits until the connection is open. Each step has the deadline that the settings say.
    ///
    /// The addresses of a name are looked up by a thread that ends when the system answers; those of an address, or where
    /// there are [`addresses`](Self::addresses), need none.
    ///
    /// # Errors
    /// [`ConnectError`] says what was tried and what came of it.
    pub fn connect(self) -> Result<Connection, ConnectError> {
        let pump = of_its_own(self.pump.as_ref()).map_err(ConnectError::System)?;
        let connection = pump.block_on(self.settings.with_runtime(pump.clone()).connect())?;
        Ok(Connection::new(connection, &pump))
    }

    /// What makes connections with these settings on a pump, for [`client`](amqp_async::client): the endpoint of each
    /// attempt is a URL, or empty, and then the settings say whom to connect to.
    ///
    /// ```no_run
    /// use amqp_async::client::{ReconnectPolicy, Resilient};
    /// use amqp_blocking::{Pump, builder, connect::Runtime, proto::LinkOptions};
    /// use std::time::Duration;
    ///
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let pump = Pump::with_thread()?; // or `new`: whoever waits does the work
    /// let policy = ReconnectPolicy::to(["amqp://one.example", "amqp://two.example"]);
    /// let (resilient, supervisor) = Resilient::new(policy, builder().connector(&pump), pump.timer());
    /// pump.spawn(supervisor);
    ///
    /// let sender = resilient.sender(LinkOptions::sender("out", "orders"));
    /// pump.within(Duration::from_secs(30), sender.send("12 crates"))??;
    /// pump.block_on(resilient.close())?;
    /// # Ok(()) }
    /// ```
    pub fn connector(self, pump: &Pump) -> impl FnMut(Attempt) -> Connecting + Send + use<> {
        // what a pump drives does not keep it
        let settings = self.settings.with_runtime(pump.downgrade());
        move |attempt| Box::pin(settings.clone().connect_for(attempt))
    }

    /// Opens a connection on a stream that exists already; see [`connect_on`](connect::Builder::connect_on) of
    /// `amqp-async`.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub fn connect_on(self, stream: impl StdStream) -> Result<Connection, ConnectError> {
        let pump = of_its_own(self.pump.as_ref()).map_err(ConnectError::System)?;
        let socket = Socket::over(pump.reactor(), stream).map_err(ConnectError::System)?;
        let connecting = self.settings.with_runtime(pump.clone()).connect_on(socket);
        Ok(Connection::new(pump.block_on(connecting)?, &pump))
    }
}

/// The pump that was chosen, or else a new one with a thread.
pub(crate) fn of_its_own(pump: Option<&Pump>) -> io::Result<Pump> {
    pump.map_or_else(Pump::with_thread, |pump| Ok(pump.clone()))
}
