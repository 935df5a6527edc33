//! A listener that takes everything, and clients of both kinds.

use amqp_blocking::proto::codec::SaslCode;
use amqp_blocking::proto::{Config, ConfigBuilder, CreditMode, LinkOptions, Mechanism, SaslListener, SessionOptions};
use amqp_blocking::{
    Builder, Connection, Error, IncomingConnection, IncomingLink, Listener, Options, Pump, Receiver, Sender, Session,
    Timeouts,
};
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Who drives a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Thread,
    Caller,
}

pub(crate) const MODES: [Mode; 2] = [Mode::Thread, Mode::Caller];

/// Long enough for what takes no time, on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// How long a test waits for what does not come.
pub(crate) const BRIEF: Duration = Duration::from_millis(60);

pub(crate) fn config(name: &str) -> ConfigBuilder {
    Config::builder(name.to_owned())
}

pub(crate) fn options(config: ConfigBuilder) -> Options {
    Options::listener(config.build().expect("a valid configuration"))
}

pub(crate) fn offered() -> SaslListener {
    SaslListener::new([Mechanism::Anonymous, Mechanism::Plain])
}

/// Listens, clients being serviced by threads of their own.
pub(crate) fn listener(config: ConfigBuilder) -> Listener {
    Listener::bind("127.0.0.1:0", options(config), Some(offered())).expect("a free port")
}

pub(crate) fn address(listener: &Listener) -> SocketAddr {
    listener.local_addr().expect("an address")
}

/// Settings of a client that is driven so.
pub(crate) fn builder(mode: Mode, config: ConfigBuilder) -> Builder {
    match mode {
        Mode::Thread => Builder::new(config),
        Mode::Caller => Builder::new(config).serviced_by(&Pump::new().expect("a pump")),
    }
}

/// A client of the listener at `address`.
pub(crate) fn client(mode: Mode, address: SocketAddr, config: ConfigBuilder) -> Connection {
    builder(mode, config).addresses([address]).connect().expect("a connection")
}

/// A client with defaults.
pub(crate) fn plain_client(mode: Mode, listener: &Listener) -> Connection {
    client(mode, address(listener), config("client"))
}

/// A client whose steps have all the same, short deadline.
pub(crate) fn hasty_client(mode: Mode, address: SocketAddr) -> Connection {
    let builder = builder(mode, config("client").close_timeout(BRIEF)).addresses([address]);
    builder.timeouts(Timeouts::all(BRIEF)).connect().expect("a connection")
}

/// Lets a client in.
pub(crate) fn open(mut incoming: IncomingConnection) -> Result<Connection, Error> {
    if incoming.login()?.is_some() {
        incoming.answer(SaslCode::Ok)?;
    }
    incoming.open()
}

pub(crate) fn accept(listener: &Listener) -> Connection {
    open(listener.within(SOON).accept().expect("a client").0).expect("the client opens")
}

pub(crate) fn accept_session(connection: &Connection) -> Session {
    let incoming = connection.within(SOON).incoming_session().expect("a session");
    incoming.accept(SessionOptions::default()).expect("accepted")
}

pub(crate) fn accept_receiver(session: &Session, credit: CreditMode) -> Receiver {
    let IncomingLink::Receiver(link) = session.within(SOON).incoming_link().expect("a link") else {
        panic!("the client receives")
    };
    let options = LinkOptions { credit, ..LinkOptions::answering(link.attach()) };
    link.accept(options).expect("accepted")
}

pub(crate) fn accept_sender(session: &Session) -> Sender {
    let IncomingLink::Sender(link) = session.within(SOON).incoming_link().expect("a link") else {
        panic!("the client sends")
    };
    let options = LinkOptions::answering(link.attach());
    link.accept(options).expect("accepted")
}

/// A client that is driven so, while its listener does something else with the other end.
pub(crate) fn meet<T: Send + 'static>(
    mode: Mode,
    other: impl FnOnce(Connection) -> T + Send + 'static,
) -> (Connection, JoinHandle<T>) {
    let listener = listener(config("server"));
    let accepting = listener.clone();
    let other = thread::spawn(move || other(accept(&accepting)));
    (plain_client(mode, &listener), other)
}

/// A client that is driven so and sends to one who accepts everything; see [`serve`].
pub(crate) fn sending(mode: Mode) -> (Connection, Sender, JoinHandle<(usize, Error)>) {
    let (connection, serving) = meet(mode, take_all);
    let sender = connection.session().expect("a session").sender("queue").expect("a link");
    (connection, sender, serving)
}

/// Serves one client: accepts all that comes on one link, and says how many that were and how the connection ended.
pub(crate) fn serve(listener: Listener) -> JoinHandle<(usize, Error)> {
    thread::spawn(move || take_all(accept(&listener)))
}

#[expect(clippy::needless_pass_by_value, reason = "nobody else holds it")]
fn take_all(connection: Connection) -> (usize, Error) {
    let session = accept_session(&connection);
    let receiver = accept_receiver(&session, CreditMode::default());
    let mut count = 0;
    while let Ok(delivery) = receiver.recv() {
        count += 1;
        // the link may be gone meanwhile
        let _ = delivery.accept();
    }
    (count, connection.closed().expect("waits for ever"))
}

/// Runs `act` and fails if it takes as long as [`SOON`].
pub(crate) fn soon<T>(act: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = act();
    assert!(begun.elapsed() < SOON, "took {:?}", begun.elapsed());
    result
}
