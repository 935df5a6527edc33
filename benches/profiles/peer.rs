//! Both ends: a listener in a thread of its own that takes messages, and sends back those that ask for it; and its client.

use crate::relay;
use amqp10::client::Profile;
use amqp10::proto::{Config, ConfigBuilder, CreditMode, LinkOptions, SessionOptions};
use amqp10::tokio::{Builder, Listener};
use amqp10::{Connection, Error, IncomingLink, Options, Receiver, Session};
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;
use tokio::runtime::Runtime;

fn config(profile: Option<Profile>) -> ConfigBuilder {
    let config = Config::builder("profiles");
    profile.map_or(config.clone(), |profile| profile.config(config))
}

pub(crate) fn session(profile: Option<Profile>) -> SessionOptions {
    profile.map_or_else(SessionOptions::default, |profile| profile.session())
}

pub(crate) fn receiver(profile: Option<Profile>, options: LinkOptions) -> LinkOptions {
    match profile {
        Some(profile) => profile.receiver(options),
        None => LinkOptions { credit: CreditMode::default(), ..options },
    }
}

pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A listener for one client, and where to connect to.
pub(crate) fn start(profile: Option<Profile>, round_trip: Duration) -> SocketAddr {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = socket.local_addr().expect("an address").port();
    drop(socket);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let (ready, is_ready) = std::sync::mpsc::channel();
    thread::spawn(move || {
        runtime().block_on(async {
            let options = Options::listener(config(profile).build().expect("valid"));
            let listener = Listener::bind(address, options, None).await.expect("the port is free");
            ready.send(()).expect("awaited");
            let (incoming, _) = listener.accept().await.expect("a client");
            let connection = incoming.open().await.expect("open");
            // until the client leaves
            let _ = serve(&connection, profile).await;
        });
    });
    is_ready.recv().expect("the listener is there");
    if round_trip.is_zero() { address } else { relay::start(address, round_trip / 2) }
}

async fn serve(connection: &Connection, profile: Option<Profile>) -> Result<(), Error> {
    let session = connection.incoming_session().await?.accept(session(profile))?;
    let taking = take(&session, profile).await?;
    let back = match taking.remote_attach().and_then(|attach| attach.source?.as_source()?.address.clone()) {
        Some(address) if address == "echo" => match session.incoming_link().await? {
            IncomingLink::Sender(link) => {
                let options = LinkOptions::answering(link.attach());
                Some(link.accept(options)?)
            }
            IncomingLink::Receiver(_) => panic!("the client receives"),
        },
        _ => None,
    };
    loop {
        let delivery = taking.recv().await?;
        if let Some(back) = &back {
            let message = delivery.message().expect("a message");
            drop(back.submit(message).await.expect("there is credit"));
        }
        delivery.accept()?;
    }
}

async fn take(session: &Session, profile: Option<Profile>) -> Result<Receiver, Error> {
    let IncomingLink::Receiver(link) = session.incoming_link().await? else { panic!("the client sends") };
    let options = receiver(profile, LinkOptions::answering(link.attach()));
    link.accept(options)
}

pub(crate) async fn connect(profile: Option<Profile>, address: SocketAddr) -> Connection {
    let builder = Builder::new(config(profile)).without_login().addresses([address]);
    builder.connect().await.expect("the listener is there")
}
