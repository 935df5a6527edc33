//! A listener that lets in whom it knows and accepts every message, raw peers, and two futures at once.

use amqp_async::connect::{Builder, Listener, Runtime, default_config};
use amqp_async::proto::codec::{Outcome, SaslCode};
use amqp_async::proto::{Config, LinkOptions, Mechanism, SaslListener, SaslRequest, SessionOptions};
use amqp_async::{Connection, Error, IncomingConnection, IncomingLink, Options};
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// Longer than this nothing here takes, unless it hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Both, to their ends.
pub(super) async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|cx| {
        if first.is_none() {
            if let Poll::Ready(value) = one.as_mut().poll(cx) {
                first = Some(value);
            }
        }
        if second.is_none() {
            if let Poll::Ready(value) = other.as_mut().poll(cx) {
                second = Some(value);
            }
        }
        if first.is_some() && second.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (first.unwrap(), second.unwrap())
}

/// Whichever ends first is all that counts; the other is dropped.
pub(super) async fn first<A>(one: impl Future<Output = A>, other: impl Future<Output = A>) -> A {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Pending => other.as_mut().poll(cx),
        ready => ready,
    })
    .await
}

pub(super) fn options() -> Options {
    Options::listener(default_config().build().unwrap())
}

pub(super) async fn listener<R: Runtime + Default>() -> Listener<R> {
    let offered = SaslListener::new([Mechanism::Plain, Mechanism::External, Mechanism::Anonymous]);
    Listener::bind("127.0.0.1:0", options(), Some(offered)).await.unwrap()
}

/// A builder with short deadlines, for a port of this machine.
pub(super) fn builder<R: Runtime + Default>(address: SocketAddr) -> Builder<R> {
    Builder::<R>::new(Config::builder("client").handshake_timeout(Some(PATIENCE)))
        .host("localhost")
        .port(address.port())
        .addresses([address])
        .connect_timeout(Some(PATIENCE))
}

/// Lets in `guest`, strangers without a name, and whoever has shown a certificate; accepts every message. Gives the
/// number of messages, and how the connection ended.
pub(super) async fn serve(mut incoming: IncomingConnection) -> (usize, Error) {
    let known = match incoming.login().await {
        Err(error) => return (0, error),
        Ok(Some(SaslRequest::Plain { user, password, .. })) => user.as_str() == "guest" && password.matches(b"guest"),
        Ok(Some(SaslRequest::External { .. })) => !incoming.peer_certificates().is_empty(),
        Ok(_) => true,
    };
    if let Err(error) = incoming.answer(if known { SaslCode::Ok } else { SaslCode::Auth }) {
        return (0, error);
    }
    let mut count = 0;
    let error = match incoming.open().await {
        Ok(connection) => take_all(&connection, &mut count).await,
        Err(error) => error,
    };
    (count, error)
}

/// Accepts every message on one link, and counts them; gives how the connection ended.
pub(super) async fn take_all(connection: &Connection, count: &mut usize) -> Error {
    let served: Result<(), Error> = async {
        let session = connection.incoming_session().await?.accept(SessionOptions::default())?;
        let IncomingLink::Receiver(link) = session.incoming_link().await? else { panic!("wrong role") };
        let options = LinkOptions::answering(link.attach());
        let receiver = link.accept(options)?;
        loop {
            receiver.recv().await?.accept()?;
            *count += 1;
        }
    }
    .await;
    served.unwrap_err()
}

/// Sends so many messages, large and small, and closes.
pub(super) async fn send(connection: &Connection, messages: usize) {
    let session = connection.session().await.unwrap();
    let sender = session.sender("queue").await.unwrap();
    for number in 0..messages {
        let outcome = sender.send("x".repeat(number * 1000)).await;
        assert_eq!(outcome.unwrap(), Outcome::Accepted);
    }
    connection.close().await.unwrap();
}

/// Waits on a thread of its own for a client of a plain socket, and plays the peer there: whatever is read, each of
/// `lines` is written after it; then the socket is kept, silent, or shut.
pub(super) fn raw_peer(lines: Vec<&'static [u8]>, then: Then) -> SocketAddr {
    use std::io::{Read, Write};
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = socket.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut room = [0; 4096];
        for line in lines {
            let _ = stream.read(&mut room);
            let _ = stream.write_all(line);
        }
        match then {
            // until the other side is gone
            Then::Silence => while stream.read(&mut room).is_ok_and(|read| read > 0) {},
            Then::End => {
                let _ = stream.read(&mut room);
                let _ = stream.shutdown(std::net::Shutdown::Write);
                while stream.read(&mut room).is_ok_and(|read| read > 0) {}
            }
        }
    });
    address
}

/// What a raw peer does after its lines.
#[derive(Clone, Copy)]
pub(super) enum Then {
    Silence,
    End,
}

/// The header of SASL and the offer of ANONYMOUS.
pub(super) const OFFER: &[u8] = b"AMQP\x03\x01\x00\x00\0\0\0\x19\x02\x01\0\0\0\x53\x40\xc0\x0c\x01\xa3\x09ANONYMOUS";
/// The outcome ok, and the header of AMQP.
pub(super) const WELCOME: &[u8] = b"\0\0\0\x10\x02\x01\0\0\0\x53\x44\xc0\x03\x01\x50\0AMQP\0\x01\0\0";
