//! Threads and descriptors end with the connection. Counted for the whole process, so in a process of its own.

#![cfg(target_os = "linux")]

use amqp_blocking::proto::codec::SaslCode;
use amqp_blocking::proto::{Config, Mechanism, SaslListener};
use amqp_blocking::{Connection, Listener, Options, Pump, builder, connect, listen};
use std::fs::read_dir;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// How many threads and descriptors this process has.
fn held() -> (usize, usize) {
    let count = |folder| read_dir(folder).expect("there is /proc").count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

/// Waits until no more is held than `before`, for at most a second.
#[track_caller]
fn is_released(before: (usize, usize)) {
    let begun = Instant::now();
    loop {
        let now = held();
        if now.0 <= before.0 && now.1 <= before.1 {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(1), "(threads, descriptors) {now:?}, before {before:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Lets clients in and forgets them when they leave, one after the other.
fn serve(listener: &Listener) {
    while let Ok((mut incoming, _)) = listener.accept() {
        if !matches!(incoming.login(), Ok(Some(_))) {
            return;
        }
        incoming.answer(SaslCode::Ok).unwrap();
        // it may have left already
        let _ = incoming.open().map(|connection| connection.closed());
    }
}

fn cycles(count: usize, address: SocketAddr, connect: impl Fn(&str) -> Connection) {
    for number in 0..count {
        let connection = connect(&format!("amqp://{address}"));
        if number % 2 == 0 {
            connection.close().unwrap();
        }
    }
}

#[test]
fn nothing_is_left() {
    let at_first = held();
    let listener = listen("127.0.0.1:0", SaslListener::new([Mechanism::Anonymous])).unwrap();
    let address = listener.local_addr().unwrap();
    let serving = thread::spawn(move || serve(&listener));
    // what it needs to wait for a client is there
    thread::sleep(Duration::from_millis(50));
    let before = held();

    // one connection: a thread on either side, and they are counted
    let connection = connect(&format!("amqp://{address}")).unwrap();
    let (threads, descriptors) = held();
    assert!(threads == before.0 + 2 && descriptors > before.1, "{threads}, {descriptors}, before {before:?}");
    let clone = connection.clone();
    drop(connection);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(held().0, threads, "a handle is left");
    drop(clone);
    is_released(before);

    // no thread on this side
    let pump = Pump::new().unwrap();
    let connection = pump.connect(&format!("amqp://{address}")).unwrap();
    assert_eq!(held().0, before.0 + 1);
    drop((connection, pump));
    is_released(before);

    cycles(1000, address, |url| connect(url).unwrap());
    is_released(before);
    cycles(1000, address, |url| Pump::new().unwrap().connect(url).unwrap());
    is_released(before);
    let pump = Pump::new().unwrap();
    cycles(1000, address, |url| pump.connect(url).unwrap());
    drop(pump);
    is_released(before);

    // a client that does not log in ends the listener
    drop(TcpStream::connect(address).unwrap());
    serving.join().unwrap();
    is_released(at_first);

    // a peer that answers nothing any more does not hold us either
    let pump = Pump::new().unwrap();
    let listener = pump.listen("127.0.0.1:0", options(), None).unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let client = thread::spawn(move || builder().without_login().connect_on(stream).unwrap());
    let silent = listener.accept().unwrap().0.open().unwrap();
    while !client.is_finished() {
        pump.sleep(Duration::from_millis(1));
    }
    let client = client.join().unwrap();
    let (threads, descriptors) = held();
    drop(client);
    is_released((threads - 1, descriptors - 4));
    drop((silent, listener, pump));
    is_released(at_first);
}

fn options() -> Options {
    Options::listener(Config::builder("peer").build().unwrap())
}
