//! Many threads, and more than sockets hold.

use crate::support::{
    MODES, Mode, SOON, accept_receiver, accept_session, builder, config, listener, open, plain_client, serve, soon,
};
use amqp_blocking::proto::codec::{Outcome, Value};
use amqp_blocking::proto::{CreditMode, LinkOptions};
use amqp_blocking::{IncomingLink, Receiver, Sender};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::thread;

#[test]
fn many_threads_on_one_sender() {
    const THREADS: u64 = 8;
    const EACH: u64 = 100;
    for mode in MODES {
        let listener = listener(config("server"));
        let serving = serve(listener.clone());
        let connection = plain_client(mode, &listener);
        let sender = connection.session().unwrap().sender("queue").unwrap();
        soon(|| {
            thread::scope(|scope| {
                for thread in 0..THREADS {
                    let sender = &sender;
                    scope.spawn(move || {
                        for number in 0..EACH {
                            let outcome = sender.send(Value::from(thread * EACH + number)).unwrap();
                            assert_eq!(outcome, Outcome::Accepted);
                        }
                    });
                }
            });
        });
        connection.close().unwrap();
        assert_eq!(serving.join().unwrap().0 as u64, THREADS * EACH, "{mode:?}");
    }
}

const MESSAGES: usize = 60;
const SIZE: usize = 40_000;

/// Sends and receives at the same time, much more than fits into the buffers.
fn exchange(sender: &Sender, receiver: &Receiver) {
    thread::scope(|scope| {
        scope.spawn(|| {
            let body = vec![7_u8; SIZE];
            let mut settlements: Vec<_> = (0..MESSAGES).map(|_| sender.submit(body.clone()).unwrap()).collect();
            for settlement in &mut settlements {
                assert_eq!(settlement.outcome().unwrap(), Outcome::Accepted);
            }
        });
        for _ in 0..MESSAGES {
            let delivery = receiver.recv().unwrap();
            assert!(delivery.payload().len() > SIZE);
            delivery.accept().unwrap();
        }
    });
}

/// Two streams joined, whose buffers hold next to nothing.
#[cfg(unix)]
fn narrow() -> [UnixStream; 2] {
    let (near, far) = UnixStream::pair().unwrap();
    for stream in [&near, &far] {
        socket2::SockRef::from(stream).set_send_buffer_size(4096).unwrap();
        socket2::SockRef::from(stream).set_recv_buffer_size(4096).unwrap();
    }
    [near, far]
}

#[cfg(unix)]
#[test]
fn both_directions_full_do_not_block_each_other() {
    for mode in MODES {
        let [near, far] = narrow();
        let serving = thread::spawn(move || {
            let connection = open(listener(config("server")).accept_on(far).unwrap()).unwrap();
            let session = accept_session(&connection);
            let receiver = accept_receiver(&session, CreditMode::Auto(10));
            let IncomingLink::Sender(link) = session.incoming_link().unwrap() else { panic!("wrong role") };
            let options = LinkOptions::answering(link.attach());
            exchange(&link.accept(options).unwrap(), &receiver);
            connection.closed()
        });
        soon(|| {
            let connection = builder(mode, config("client")).connect_on(near).unwrap();
            let session = connection.session().unwrap();
            let (sender, receiver) = (session.sender("there").unwrap(), session.receiver("back").unwrap());
            exchange(&sender, &receiver);
            connection.close().unwrap();
            assert!(serving.join().unwrap().unwrap().is_clean(), "{mode:?}");
        });
    }
}

/// A listener accepts on several threads at once, and gives each client to one of them.
#[test]
fn many_threads_on_one_listener() {
    const CLIENTS: usize = 4;
    let listener = listener(config("server"));
    soon(|| {
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    let (incoming, _) = listener.within(SOON).accept().unwrap();
                    drop(open(incoming).unwrap().closed());
                });
            }
            for _ in 0..CLIENTS {
                plain_client(Mode::Thread, &listener).close().unwrap();
            }
        });
    });
}
