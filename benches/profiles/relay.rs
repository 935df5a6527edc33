//! A line as long as one likes: what comes in at one end goes out at the other when its time has come.

use crate::peer::runtime;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Takes one client to `address`, `delay` away; where to connect to instead.
pub(crate) fn start(address: SocketAddr, delay: Duration) -> SocketAddr {
    let (told, at) = std::sync::mpsc::channel();
    thread::spawn(move || {
        runtime().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            told.send(listener.local_addr().expect("an address")).expect("awaited");
            let (near, _) = listener.accept().await.expect("a client");
            let far = TcpStream::connect(address).await.expect("the listener is there");
            near.set_nodelay(true).and_then(|()| far.set_nodelay(true)).expect("an option");
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            tokio::join!(carry(near_in, far_out, delay), carry(far_in, near_out, delay));
        });
    });
    at.recv().expect("the relay is there")
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) {
    let (under_way, mut arriving) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let reading = async move {
        let mut room = vec![0; 1 << 18];
        while let Ok(octets @ 1..) = from.read(&mut room).await {
            let due = Instant::now() + delay;
            if under_way.send((due, room[..octets].to_vec())).is_err() {
                return;
            }
        }
    };
    let writing = async move {
        while let Some((due, octets)) = arriving.recv().await {
            sleep_until(due).await;
            if to.write_all(&octets).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(reading, writing);
}
