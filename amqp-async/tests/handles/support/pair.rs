//! A client and a listener, connected by a pipe in one world.

use super::{Driven, PipeEnd, Stream, Tap, TestTimer, World, pipe};
use amqp_async::proto::codec::ReceiverSettleMode;
use amqp_async::proto::{Config, ConfigBuilder, CreditMode, LinkOptions, SessionOptions};
use amqp_async::{
    Connection, Driver, Error, IncomingConnection, IncomingLink, Options, Receiver, Sender, Session, Timeouts,
};
use bytes::Bytes;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Deadline of every step in these tests.
pub(crate) const STEP: Duration = Duration::from_secs(7);

/// Both ends of a connection, open.
pub(crate) struct Pair {
    pub(crate) world: World,
    pub(crate) client: Connection,
    pub(crate) listener: Connection,
    pub(crate) client_driver: Driven<Result<(), Error>>,
    pub(crate) listener_driver: Driven<Result<(), Error>>,
    pub(crate) tap: Tap,
}

pub(crate) fn config_builder(name: &'static str) -> ConfigBuilder {
    Config::builder(name)
        .idle_time_out(None)
        .handshake_timeout(Some(STEP))
        .close_timeout(STEP)
        .output_high_water(16 * 1024)
}

pub(crate) fn config(name: &'static str) -> Config {
    config_builder(name).build().unwrap()
}

pub(crate) fn client_options() -> Options {
    Options { timeouts: Timeouts::all(STEP), ..Options::client(config("client")) }
}

pub(crate) fn listener_options() -> Options {
    Options { timeouts: Timeouts::all(STEP), ..Options::listener(config("listener")) }
}

/// A client with nothing but a raw pipe at the other end.
pub(crate) fn client_alone() -> (World, Connection, Driven<Result<(), Error>>, PipeEnd, Tap) {
    let world = World::new();
    let (near, far, tap) = pipe(4096);
    let (client, driver) = Connection::client(&client_options(), None, near.stream(), world.timer());
    let driver = world.drive(driver);
    (world, client, driver, far, tap)
}

/// A client and an unopened listener.
pub(crate) fn unopened()
-> (World, Connection, Driver<Stream, TestTimer>, IncomingConnection, Driver<Stream, TestTimer>, Tap) {
    unopened_as(4096, &client_options(), &listener_options())
}

/// The same over a pipe that holds so many octets each way, with these options.
fn unopened_as(
    capacity: usize,
    client: &Options,
    listener: &Options,
) -> (World, Connection, Driver<Stream, TestTimer>, IncomingConnection, Driver<Stream, TestTimer>, Tap) {
    let world = World::new();
    let (near, far, tap) = pipe(capacity);
    let (client, client_driver) = Connection::client(client, None, near.stream(), world.timer());
    let (listener, listener_driver) = IncomingConnection::new(listener, None, far.stream(), world.timer());
    (world, client, client_driver, listener, listener_driver, tap)
}

impl Pair {
    pub(crate) fn open() -> Self {
        Self::open_over(4096)
    }

    /// Over a pipe that holds so many octets each way.
    pub(crate) fn open_over(capacity: usize) -> Self {
        Self::open_as(capacity, &client_options(), &listener_options())
    }

    /// The same, with these options.
    pub(crate) fn open_as(capacity: usize, client: &Options, listener: &Options) -> Self {
        let (world, client, client_driver, incoming, listener_driver, tap) = unopened_as(capacity, client, listener);
        let client_driver = world.drive(client_driver);
        let listener_driver = world.drive(listener_driver);
        let listener = world.run(incoming.open()).unwrap();
        world.run(client.opened()).unwrap();
        Self { world, client, listener, client_driver, listener_driver, tap }
    }

    /// A session, at both ends.
    pub(crate) fn session(&self) -> (Session, Session) {
        self.session_with(SessionOptions::default())
    }

    /// A session whose listener's end has these options.
    pub(crate) fn session_with(&self, options: SessionOptions) -> (Session, Session) {
        let listener = self.listener.clone();
        let theirs =
            self.world.spawn("session", async move { listener.incoming_session().await.unwrap().accept(options) });
        let ours = self.world.run(self.client.session()).unwrap();
        (ours, theirs.take().unwrap().unwrap())
    }

    /// A link on which the client sends and the listener receives.
    pub(crate) fn sending(&self, (ours, theirs): &(Session, Session), credit: CreditMode) -> (Sender, Receiver) {
        let session = theirs.clone();
        let receiver = self.world.spawn("link", async move {
            let IncomingLink::Receiver(link) = session.incoming_link().await.unwrap() else { panic!("wrong role") };
            let options = LinkOptions { credit, ..LinkOptions::answering(link.attach()) };
            link.accept(options).unwrap()
        });
        let sender = self.world.run(ours.sender("queue")).unwrap();
        (sender, receiver.take().unwrap())
    }

    /// The same, with the client's options, and the listener's edited.
    pub(crate) fn sending_as(
        &self,
        (ours, theirs): &(Session, Session),
        options: LinkOptions,
        edit: impl FnOnce(&mut LinkOptions) + 'static,
    ) -> (Sender, Receiver) {
        let session = theirs.clone();
        let receiver = self.world.spawn("link", async move {
            let IncomingLink::Receiver(link) = session.incoming_link().await.unwrap() else { panic!("wrong role") };
            let mut options = LinkOptions::answering(link.attach());
            edit(&mut options);
            link.accept(options).unwrap()
        });
        let sender = self.world.run(ours.attach_sender(options)).unwrap();
        (sender, receiver.take().unwrap())
    }

    /// A link on which the receiver, the listener, settles second.
    pub(crate) fn sending_second(&self, sessions: &(Session, Session)) -> (Sender, Receiver) {
        let options =
            LinkOptions { rcv_settle_mode: ReceiverSettleMode::Second, ..LinkOptions::sender("second", "queue") };
        self.sending_as(sessions, options, |options| options.rcv_settle_mode = ReceiverSettleMode::Second)
    }

    /// A link on which the client receives and the listener sends.
    pub(crate) fn receiving(&self, (ours, theirs): &(Session, Session), credit: CreditMode) -> (Receiver, Sender) {
        let session = theirs.clone();
        let sender = self.world.spawn("link", async move {
            let IncomingLink::Sender(link) = session.incoming_link().await.unwrap() else { panic!("wrong role") };
            let options = LinkOptions::answering(link.attach());
            link.accept(options).unwrap()
        });
        let options = LinkOptions { credit, ..LinkOptions::receiver("in", "queue") };
        let receiver = self.world.run(ours.attach_receiver(options)).unwrap();
        (receiver, sender.take().unwrap())
    }

    /// Accepts whatever the client asks for from now on; see [`Served`].
    pub(crate) fn serve(&self) -> Rc<RefCell<Served>> {
        let served = Rc::<RefCell<Served>>::default();
        let (world, listener, log) = (self.world.clone(), self.listener.clone(), Rc::clone(&served));
        self.world.spawn("serve", async move {
            while let Ok(incoming) = listener.incoming_session().await {
                let Ok(session) = incoming.accept(SessionOptions::default()) else { continue };
                world.spawn("serve session", serve_session(world.clone(), session, Rc::clone(&log)));
            }
        });
        served
    }

    /// Whether a message makes its way on a link of its own: the connection is sound.
    #[track_caller]
    pub(crate) fn check_sound(&self) {
        let sessions = self.session();
        let (sender, receiver) = self.sending(&sessions, CreditMode::Auto(10));
        let sending = self.world.spawn("check", async move { sender.send("still sound").await });
        let delivery = self.world.run(receiver.recv()).unwrap();
        assert_eq!(delivery.message().unwrap().body.as_str(), Some("still sound"));
        delivery.accept().unwrap();
        self.world.settle();
        assert!(matches!(sending.take(), Some(Ok(amqp_async::proto::codec::Outcome::Accepted))));
    }
}

/// What [`Pair::serve`] has taken in.
#[derive(Default)]
pub(crate) struct Served {
    pub(crate) bodies: Vec<Bytes>,
    /// The receivers, to look at their credit.
    pub(crate) receivers: Vec<Rc<Receiver>>,
}

async fn serve_session(world: World, session: Session, served: Rc<RefCell<Served>>) {
    while let Ok(link) = session.incoming_link().await {
        match link {
            IncomingLink::Receiver(link) => {
                let options = LinkOptions { credit: CreditMode::Auto(10), ..LinkOptions::answering(link.attach()) };
                let Ok(receiver) = link.accept(options) else { continue };
                world.spawn("serve receiver", serve_receiver(receiver, Rc::clone(&served)));
            }
            IncomingLink::Sender(link) => {
                let options = LinkOptions::answering(link.attach());
                let Ok(sender) = link.accept(options) else { continue };
                world.spawn("serve sender", serve_sender(sender));
            }
        }
    }
}

async fn serve_receiver(receiver: Receiver, served: Rc<RefCell<Served>>) {
    let receiver = Rc::new(receiver);
    served.borrow_mut().receivers.push(Rc::clone(&receiver));
    while let Ok(delivery) = receiver.recv().await {
        served.borrow_mut().bodies.push(delivery.message().unwrap().body.to_data().unwrap());
        // refused only if the link has just gone
        let _ = delivery.accept();
    }
}

/// Sends 0, 1, 2, … in octets.
async fn serve_sender(sender: Sender) {
    let mut number = 0_u64;
    while let Ok(settlement) = sender.submit(number.to_be_bytes().to_vec()).await {
        drop(settlement);
        number += 1;
    }
}
