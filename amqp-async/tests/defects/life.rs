//! Locks, closing, idling, failing: what a connection does as a whole.

use super::frames::tapped;
use crate::support::*;
use amqp_async::proto::codec::{self, Condition, Outcome};
use amqp_async::proto::{CreditMode, LinkOptions, SessionOptions};
use amqp_async::{
    Connection, Delivery, Error, IncomingConnection, IncomingLink, Options, Receiver, Recovery, Sender, Session,
    Settlement, Transport,
};
use bytes::BytesMut;
use std::future::Future;
use std::io::{self, IoSlice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

/// Parks the thread until `future` is ready.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

fn shared<T: Send + Sync>() {}

/// There is no lock that a caller could hold, and none that could be taken from it: threads use the same handles at
/// once, and each gets its own answers.
#[test]
fn b_01_many_threads_use_one_connection() {
    const THREADS: u64 = 4;
    const EACH: u64 = 500;
    shared::<Connection>();
    shared::<Session>();
    shared::<Sender>();
    shared::<Receiver>();
    shared::<Delivery>();
    shared::<Settlement>();
    let world = World::new();
    let (near, far, _) = pipe(4096);
    let (client, client_driver) = Connection::client(&client_options(), None, near.stream(), world.own_timer());
    let (incoming, listener_driver) =
        IncomingConnection::new(&listener_options(), None, far.stream(), world.own_timer());
    let drivers = [thread::spawn(|| drop(block_on(client_driver))), thread::spawn(|| drop(block_on(listener_driver)))];
    let serving = thread::spawn(|| block_on(serve(incoming)));
    let sender = block_on(async { client.session().await.unwrap().sender("queue").await.unwrap() });
    thread::scope(|scope| {
        for number in 0..THREADS {
            let sender = &sender;
            scope.spawn(move || {
                for _ in 0..EACH {
                    let outcome = block_on(sender.send(codec::Value::from(number))).unwrap();
                    let even = number % 2 == 0;
                    assert_eq!(outcome, if even { Outcome::Accepted } else { Outcome::Released });
                }
            });
        }
    });
    block_on(client.close()).unwrap();
    assert_eq!(serving.join().unwrap(), THREADS * EACH);
    drivers.into_iter().for_each(|driver| driver.join().unwrap());
}

/// Accepts even numbers, releases odd ones, and counts.
async fn serve(incoming: IncomingConnection) -> u64 {
    let connection = incoming.open().await.unwrap();
    let session = connection.incoming_session().await.unwrap().accept(SessionOptions::default()).unwrap();
    let IncomingLink::Receiver(link) = session.incoming_link().await.unwrap() else { panic!("wrong role") };
    let options = LinkOptions::answering(link.attach());
    let receiver = link.accept(options).unwrap();
    let mut count = 0;
    while let Ok(delivery) = receiver.recv().await {
        count += 1;
        let number = delivery.message().unwrap().body;
        let even = [0_u64, 2].iter().any(|even| number.as_value() == Some(&codec::Value::from(*even)));
        if even { delivery.accept() } else { delivery.release() }.unwrap();
    }
    count
}

/// The peer sees detach, end and close; also where handles are only dropped, as far as there is something to be said.
#[test]
fn b_17_ends_are_flushed() {
    let (pair, _, listener) = tapped();
    let sessions = pair.session();
    let (sender, _receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    listener.clear();
    pair.world.run(sender.close()).unwrap();
    pair.world.run(sessions.0.end()).unwrap();
    pair.world.run(pair.client.close()).unwrap();
    assert_eq!(listener.kinds_received(), ["Detach", "End", "Close"]);

    let (pair, _, listener) = tapped();
    let (ours, theirs) = pair.session();
    let sessions = (ours, theirs);
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let (ours, theirs) = sessions;
    listener.clear();
    drop(sender);
    pair.world.settle();
    drop(ours);
    pair.world.settle();
    let Pair { world, client, listener_driver, client_driver, .. } = pair;
    drop(client);
    world.settle();
    assert_eq!(listener.kinds_received(), ["Detach", "End", "Close"]);
    drop((receiver, theirs));
    world.settle();
    assert!(client_driver.take().is_some() && listener_driver.take().is_some());
}

/// After each loss the error says from where to begin again, and doing so works.
#[test]
fn b_18_what_is_lost_can_be_had_again() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    pair.world.run(receiver.close_with(codec::Error::new(Condition::DETACH_FORCED, "idle"))).unwrap();
    let error = pair.world.run(sender.send("x")).unwrap_err();
    assert_eq!(error.cause().recovery(), Recovery::Reattach);
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let settlement = pair.world.run(sender.submit("x")).unwrap();
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    assert_eq!(pair.world.run(settlement).unwrap(), Outcome::Accepted);

    let why = codec::Error::new(Condition::RESOURCE_LIMIT_EXCEEDED, "enough");
    pair.world.run(sessions.1.end_with(why.clone())).unwrap();
    let error = pair.world.run(sender.send("x")).unwrap_err();
    assert_eq!(error.cause().recovery(), Recovery::Rebegin);
    pair.check_sound();

    let _ = pair.world.run(pair.listener.close_with(why));
    assert_eq!(pair.world.run(pair.client.closed()).recovery(), Recovery::Reconnect);
    Pair::open().check_sound();
}

/// A redirect whose info map is missing, or says nothing.
#[test]
fn b_19_a_redirect_without_details() {
    for info in [None, Some(codec::Fields::default())] {
        let pair = Pair::open();
        let sessions = pair.session();
        let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
        let mut redirect = codec::Error::new(Condition::LINK_REDIRECT, "elsewhere");
        redirect.info = info.map(Into::into);
        pair.world.run(receiver.close_with(redirect.clone())).unwrap();
        let error = pair.world.run(sender.send("x")).unwrap_err();
        assert_eq!(error.cause().condition(), Some(Condition::LINK_REDIRECT));
        assert_eq!(error.cause().remote().unwrap().description, redirect.description);
        pair.check_sound();
    }
}

/// Nothing runs while nothing happens, but heartbeats; waiting for an outcome is waiting.
#[test]
fn b_20_idling_costs_nothing() {
    const HOUR: Duration = Duration::from_secs(3600);
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let settlement = pair.world.run(sender.submit("x")).unwrap();
    let waiting = pair.world.spawn("outcome", settlement);
    let receiving = pair.world.spawn("receive", async move {
        let delivery = receiver.recv().await.unwrap();
        receiver.recv().await.map(drop).unwrap_err();
        drop(delivery);
    });
    pair.world.settle();
    let tasks = || [pair.client_driver.wakes(), pair.listener_driver.wakes(), waiting.wakes(), receiving.wakes()];
    let before = tasks();
    pair.world.advance(STEP / 2);
    assert_eq!(tasks(), before, "nobody was woken");
    pair.world.advance(HOUR);
    let times: usize = tasks().iter().sum::<usize>() - before.iter().sum::<usize>();
    assert!(times <= 4, "a deadline passed, and woke {times} times");

    let options = |options: Options, name| Options {
        config: config_builder(name).idle_time_out(Some(Duration::from_secs(60))).build().unwrap(),
        ..options
    };
    let pair = Pair::open_as(4096, &options(client_options(), "client"), &options(listener_options(), "listener"));
    pair.world.settle();
    let wakes = || pair.client_driver.wakes() + pair.listener_driver.wakes();
    let (before, written) = (wakes(), pair.tap.written());
    pair.world.advance(HOUR);
    let beats = (pair.tap.written()[0] - written[0] + pair.tap.written()[1] - written[1]) / 8;
    assert!(beats >= 120, "{beats} heartbeats");
    let times = wakes() - before;
    assert!(times <= 4 * beats, "{times} times woken for {beats} heartbeats");
}

/// A transport whose code fails.
struct Failing;

impl Transport for Failing {
    fn poll_read(&mut self, _: &mut Context<'_>, _: &mut BytesMut) -> Poll<io::Result<usize>> {
        panic!("not the connection's fault")
    }

    fn poll_write(&mut self, _: &mut Context<'_>, _: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

/// Whatever drives the connection and stops, everybody who waits learns it.
#[test]
fn b_29_a_driver_that_fails_is_noticed() {
    let world = World::new();
    let (client, driver) = Connection::client(&client_options(), None, Failing, world.timer());
    let opening = client.clone();
    let waiting = world.spawn("open", async move { opening.opened().await });
    world.settle();
    assert!(waiting.take().is_none());
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let mut driver = Box::pin(driver);
        let _ = driver.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }))
    .unwrap_err();
    world.settle();
    assert!(matches!(waiting.take(), Some(Err(Error::Undriven))));
    assert!(matches!(world.run(client.session()), Err(Error::Undriven)));
}
