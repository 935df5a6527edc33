//! S12: what holds for handles that are shared among tasks and threads, and what a panic of the application leaves.

use crate::broker::Broker;
use crate::support::*;
use amqp_async::client::{
    BatchSender, Classifier, Events, OnFailure, ReconnectEvent, ReconnectPolicy, RequestClient, Resilient,
    ResilientReceiver, ResilientSender, ResilientSession, SendQueue, Submitted, TunedReceiver, monitor, pool,
};
use amqp_async::proto::codec::Outcome;
use amqp_async::proto::{CreditMode, FrameTap, LinkOptions};
use amqp_async::{
    Batch, Confirmation, Connection, Delivery, DeliveryReader, DeliveryWriter, Error, IncomingConnection, IncomingLink,
    IncomingReceiver, IncomingSender, IncomingSession, Receiver, Sender, Session, Settlement,
};
use std::convert::Infallible;
use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn s12_1_every_handle_may_go_to_any_thread_and_the_core_may_too() {
    fn shared<T: Send + Sync>() {}
    fn sent<T: Send>() {}
    shared::<(Connection, Session, Sender, Receiver, Settlement)>();
    shared::<(Delivery, Batch, DeliveryReader, DeliveryWriter, Confirmation)>();
    shared::<(IncomingConnection, IncomingSession, IncomingLink, IncomingSender, IncomingReceiver)>();
    shared::<(Resilient, ResilientSession, ResilientSender, ResilientReceiver, Events<ReconnectEvent>)>();
    shared::<(pool::Pool, pool::Lease, monitor::Watch, monitor::Health, RequestClient, SendQueue, BatchSender)>();
    shared::<(pool::PooledSender, pool::PooledReceiver, TunedReceiver, monitor::WindowWatch)>();
    sent::<Submitted>();
    fn future(_: &impl Send) {}
    let _ = |sender: &'static pool::PooledSender| future(&sender.send("x"));
    let _ = |receiver: &'static TunedReceiver| future(&receiver.recv());
    shared::<(Error, amqp_async::SendError, pool::PoolError)>();
    shared::<(amqp_async::proto::Connection, amqp_async::proto::Config)>();
    sent::<amqp_async::Driver<SentPipe, SentTimer>>();
}

/// A transport and a timer that may go to another thread, as those of the runtimes may.
type SentPipe = std::net::TcpStream;
type SentTimer = std::time::Instant;

/// What is on everybody's mind but the test's.
fn panics(act: impl FnOnce()) {
    let caught = catch_unwind(AssertUnwindSafe(act)).expect_err("it panics");
    assert_eq!(caught.downcast_ref::<&str>(), Some(&"the application's own fault"));
}

#[test]
fn s12_5_a_handler_that_panics_loses_its_delivery_and_poisons_nothing() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let receiver = Rc::new(receiver);
    let settlements: Vec<_> = (0..3).map(|_| pair.world.run(sender.submit("x")).unwrap()).collect();
    let handling = Rc::clone(&receiver);
    let mut count = 0;
    let processing = pair.world.spawn("process", async move {
        handling
            .process(OnFailure::Release, |_| {
                count += 1;
                assert!(count != 2, "the application's own fault");
                ready(Ok::<(), Infallible>(()))
            })
            .await
    });
    panics(|| pair.world.settle());
    pair.world.settle();
    assert!(processing.take().is_none());
    let [first, second, third] = <[_; 3]>::try_from(settlements).unwrap();
    assert_eq!(pair.world.run(first).unwrap(), Outcome::Accepted);
    assert_eq!(pair.world.run(second).unwrap(), Outcome::Released, "it was in the handler's hands");
    // the third waits for whoever comes next, on the same receiver
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    assert_eq!(pair.world.run(third).unwrap(), Outcome::Accepted);
    pair.check_sound();
}

#[test]
fn s12_5_a_tap_that_panics_takes_its_own_driver_and_every_handle_is_told() {
    let armed = Arc::new(AtomicBool::new(false));
    let trigger = Arc::clone(&armed);
    let tap = FrameTap::new(move |_| assert!(!trigger.load(Ordering::SeqCst), "the application's own fault"));
    let options = amqp_async::Options::client(config("client").tapped(tap));
    let pair = Pair::open_as(4096, &options, &listener_options());
    let (sender, _receiver) = pair.sending(&pair.session(), CreditMode::Auto(10));
    let waiting = pair.world.spawn("closed", {
        let client = pair.client.clone();
        async move { client.closed().await }
    });
    armed.store(true, Ordering::SeqCst);
    // the lock is held there: it is poisoned, and nobody minds
    let settlement = pair.world.spawn("send", async move { sender.send("x").await });
    panics(|| pair.world.settle());
    pair.world.settle();
    assert!(matches!(waiting.take(), Some(Error::Undriven)));
    assert!(settlement.take().expect("the sender is told").is_err());
    assert!(pair.client.health().closed.is_some());
}

#[test]
fn s12_5_a_judge_of_errors_that_panics_ends_the_supervision_and_every_handle_is_told() {
    let broker = Broker::new();
    let policy = ReconnectPolicy {
        classifier: Classifier::new(|_| panic!("the application's own fault")),
        ..ReconnectPolicy::default()
    };
    let (resilient, supervisor) = Resilient::new(policy, broker.connector(), broker.world.timer());
    broker.world.spawn("supervisor", supervisor);
    let sender = resilient.sender(LinkOptions::sender("out", "queue"));
    assert_eq!(broker.world.run(sender.send("x")).unwrap(), Outcome::Accepted);
    panics(|| broker.stop());
    let closed = broker.world.run(resilient.closed());
    assert!(matches!(closed, Error::Undriven), "{closed:?}");
    assert!(broker.world.run(sender.send("y")).is_err());
}
