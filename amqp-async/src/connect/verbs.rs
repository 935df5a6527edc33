//! The verbs that every asynchronous binding offers, which differ in the name of the runtime only.

/// Defines the verbs of a binding in the module where it is called: `Builder`, `Listener`, `builder`, `connect`,
/// `connect_on` and `listen`, on the runtime `$runtime` (a [`Runtime`](crate::connect::Runtime) with a default). `$io` makes a
/// [`Transport`](crate::Transport) of any stream with the traits `$read` and `$write`.
#[macro_export]
macro_rules! runtime_verbs {
    ($runtime:ty, $io:ident over $read:path, $write:path) => {
        /// Settings of a client's connection, on this runtime.
        pub type Builder = $crate::connect::Builder<$runtime>;

        /// Waits for clients on a TCP address, on this runtime.
        pub type Listener = $crate::connect::Listener<$runtime>;

        /// Starts from defaults and a container-id made up at random.
        pub fn builder() -> Builder {
            Builder::default()
        }

        /// Connects to the address that a URL names: `amqp://[USER[:PASSWORD]@]HOST[:PORT]`, or `amqps://…` for TLS
        /// from the first octet.
        ///
        /// User and password are percent-decoded; without them the login is ANONYMOUS. The port is 5672, with TLS
        /// 5671, unless given. In clear a password is sent only to a loopback address: for another, say so with
        /// [`Builder::clear_text_login`]. The handshake is complete when this returns; each step has the deadline that
        /// [`Builder`] describes.
        ///
        /// Cancel-safe: dropping the future drops the connection.
        ///
        /// # Errors
        /// [`ConnectError`](amqp_async::connect::ConnectError) says what was tried and what came of it.
        pub async fn connect(url: &str) -> Result<$crate::Connection, $crate::connect::ConnectError> {
            builder().url(url)?.connect().await
        }

        #[doc = concat!("Opens a connection on a stream that exists already, with ANONYMOUS login; for more, give [`",
                                            stringify!($io), "::new`] of the stream to [`Builder::connect_on`].")]
        ///
        /// # Errors
        /// [`ConnectError`](amqp_async::connect::ConnectError) says what came of it.
        pub async fn connect_on<S>(stream: S) -> Result<$crate::Connection, $crate::connect::ConnectError>
        where
            S: $read + $write + Send + Unpin + 'static,
        {
            builder().connect_on($io::new(stream)).await
        }

        /// Listens on a TCP address with default options, offering what `sasl` says; see [`Listener::bind`]. PLAIN and
        /// tokens are offered to clients on this machine; to others only over TLS, or where
        /// [`insecure_allowed`](amqp_async::proto::SaslListener::insecure_allowed) says so.
        ///
        /// # Errors
        /// If the address cannot be had.
        pub async fn listen(
            address: impl std::net::ToSocketAddrs,
            sasl: $crate::proto::SaslListener,
        ) -> std::io::Result<Listener> {
            Listener::bind(address, $crate::Options::default_listener(), Some(sasl)).await
        }
    };
}
