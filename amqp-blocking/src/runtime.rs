//! Plain threads as a [`Runtime`]: what connecting needs of a pump. Looking up a name blocks in the system, so a thread
//! of its own waits for that.

use crate::clock::Clock;
use crate::pump::{Pump, WeakPump};
use crate::reactor::lock;
use crate::socket::{Acceptor, Socket};
use amqp_async::connect::{Runtime, TcpOptions};
use amqp_async::{Driver, Transport};
use mio::net::TcpStream;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;

macro_rules! runtime {
    ($($pump:ty)*) => {$(
        impl Runtime for $pump {
            type Stream = Socket<TcpStream>;
            type Listener = Acceptor;
            type Timer = Clock;

            fn timer(&self) -> Clock {
                Clock::new(self.reactor())
            }

            async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
                match host.parse::<IpAddr>() {
                    Ok(address) => Ok(vec![(address, port).into()]),
                    Err(_) => look_up(host.to_owned(), port).await,
                }
            }

            async fn connect(&self, address: SocketAddr, tcp: &TcpOptions) -> io::Result<Self::Stream> {
                let socket = Socket::new(self.reactor(), TcpStream::from_std(tcp.start(address)?))?;
                socket.connected().await?;
                Ok(socket)
            }

            fn listen(&self, socket: std::net::TcpListener) -> io::Result<Acceptor> {
                Acceptor::new(self.reactor(), socket)
            }

            async fn accept(&self, listener: &Acceptor, tcp: &TcpOptions) -> io::Result<(Self::Stream, SocketAddr)> {
                let (stream, address) = listener.accept().await?;
                tcp.apply(&stream)?;
                Ok((Socket::new(self.reactor(), stream)?, address))
            }

            fn spawn<T: Transport + Unpin + Send + 'static>(&self, driver: Driver<T, Clock>) {
                // the handles tell how the connection ended
                Self::spawn(self, driver);
            }
        }
    )*};
}

runtime!(Pump WeakPump);

/// What the system has found, and who waits for it.
#[derive(Default)]
struct Answer {
    found: Option<io::Result<Vec<SocketAddr>>>,
    waiting: Option<Waker>,
}

/// Asks the system. Its thread ends when that answers, whether anybody waits still or not.
async fn look_up(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    let answer = Arc::<Mutex<Answer>>::default();
    let asked = Arc::clone(&answer);
    thread::Builder::new().name("amqp10-resolver".to_owned()).spawn(move || {
        let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
        let mut answer = lock(&asked);
        answer.found = Some(found);
        if let Some(waiting) = answer.waiting.take() {
            waiting.wake();
        }
    })?;
    poll_fn(|cx| {
        let mut answer = lock(&answer);
        answer.waiting = Some(cx.waker().clone());
        answer.found.take().map_or(Poll::Pending, Poll::Ready)
    })
    .await
}
