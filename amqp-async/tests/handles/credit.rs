//! How many messages may come: low-water marks, pausing, draining; detaching without closing.

use crate::support::*;
use amqp_async::proto::{CreditMode, CreditRenewal, CreditUntil, LinkOptions};
use amqp_async::{BatchOptions, Receiver, Sender};

fn renewed(pair: &Pair, renewal: CreditRenewal) -> (Sender, Receiver) {
    let sessions = pair.session();
    pair.sending_as(&sessions, LinkOptions::sender("x", "queue"), move |options| {
        (options.credit, options.credit_renewal) = (CreditMode::Auto(10), renewal);
    })
}

#[test]
fn automatic_credit_is_renewed_when_taken_or_when_settled() {
    for until in [CreditUntil::Taken, CreditUntil::Settled] {
        let pair = Pair::open();
        let (sender, receiver) = renewed(&pair, CreditRenewal { low_water: Some(3), until });
        for _ in 0..10 {
            drop(pair.world.run(sender.submit("x")).unwrap());
        }
        let batch = pair.world.run(receiver.recv_batch(BatchOptions::new(7))).unwrap();
        pair.world.settle();
        let taken = until == CreditUntil::Taken;
        assert_eq!(sender.credit(), if taken { 7 } else { 0 }, "{until:?}: seven were taken, none settled");
        batch.accept().unwrap();
        pair.world.settle();
        assert_eq!(sender.credit(), 7, "{until:?}");
    }
}

#[test]
fn pausing_takes_the_credit_back_and_resuming_grants_it() {
    for mode in [CreditMode::Auto(10), CreditMode::Manual] {
        let pair = Pair::open();
        let sessions = pair.session();
        let (sender, receiver) = pair.sending(&sessions, mode);
        if mode == CreditMode::Manual {
            receiver.set_credit(10).unwrap();
        }
        pair.world.settle();
        drop(pair.world.run(sender.submit("1")).unwrap());
        receiver.pause().unwrap();
        receiver.pause().unwrap();
        pair.world.settle();
        assert_eq!((sender.credit(), receiver.credit()), (0, 0));
        pair.world.run(receiver.recv()).unwrap().accept().unwrap();
        pair.world.settle();
        assert_eq!(sender.credit(), 0, "taking does not end the pause");
        receiver.resume().unwrap();
        pair.world.settle();
        let expected = if mode == CreditMode::Manual { 9 } else { 10 };
        assert!((expected..=10).contains(&sender.credit()), "{mode:?}: {}", sender.credit());
        assert_eq!(sender.credit(), receiver.credit());
        // once: a resume without a pause grants nothing
        receiver.set_credit(1).unwrap();
        receiver.resume().unwrap();
        pair.world.settle();
        assert_eq!(sender.credit(), 1);
        // whatever grants credit ends the pause
        receiver.pause().unwrap();
        receiver.add_credit(2).unwrap();
        receiver.resume().unwrap();
        pair.world.settle();
        assert_eq!(sender.credit(), 2);
    }
}

#[test]
fn draining_and_going_on() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (receiver, sender) = pair.receiving(&sessions, CreditMode::Auto(10));
    pair.world.run(receiver.drain_timeout(STEP)).unwrap();
    assert_eq!((sender.credit(), receiver.credit()), (0, 0));
    receiver.set_credit_mode(CreditMode::Auto(5)).unwrap();
    pair.world.settle();
    assert_eq!(sender.credit(), 5);
    let snapshot = receiver.snapshot().unwrap();
    assert_eq!((snapshot.link_credit, snapshot.drain, snapshot.unsettled), (5, false, 0));
    assert_eq!(sender.snapshot().unwrap().link_credit, 5);
}

#[test]
fn a_link_that_is_detached_can_be_attached_again() {
    let pair = Pair::open();
    let sessions = pair.session();
    for _ in 0..3 {
        let (sender, receiver) = pair.sending_as(&sessions, LinkOptions::sender("name", "queue"), |_| {});
        assert_eq!(sender.remote_attach().unwrap().name.as_str(), "name");
        pair.world.run(sender.detach()).unwrap();
        let error = pair.world.run(receiver.recv()).unwrap_err();
        assert!(
            matches!(
                error,
                amqp_async::Error::Detached(amqp_async::proto::DetachReason::Remote { closed: false, error: None })
            ),
            "{error:?}"
        );
        drop((sender, receiver));
        pair.world.settle();
    }
    pair.check_sound();
}

#[test]
fn the_handles_know_where_they_belong() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    assert_eq!(sender.session().snapshot().unwrap().links.len(), 1);
    assert_eq!(receiver.session().connection().remote_open().unwrap().container_id.as_str(), "client");
    sessions.1.set_incoming_window(3).unwrap();
    pair.world.settle();
    assert_eq!(sessions.0.windows().unwrap().remote_incoming_window, 3);
    pair.world.run(sessions.0.end()).unwrap();
    assert!(sessions.0.snapshot().is_none() && sessions.0.set_incoming_window(1).is_err());
    assert!(pair.world.run(sessions.0.ended()).is_clean());
}

#[test]
fn a_flush_is_called_when_the_last_is_settled_or_aborted() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    drop(pair.world.run(sender.submit("x")).unwrap());
    let writer = pair.world.run(sender.writer(amqp_async::proto::Outgoing::default())).unwrap();
    let flushing = sender.clone();
    let waiting = pair.world.spawn("flush", async move { flushing.flush().await });
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    pair.world.settle();
    assert!(waiting.take().is_none(), "one is not settled");
    drop(writer);
    pair.world.settle();
    assert!(matches!(waiting.take(), Some(Ok(()))));
    drop(pair.world.run(sender.submit("x")).unwrap());
    let waiting = pair.world.spawn("flush", async move { sender.flush().await });
    pair.world.settle();
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    pair.world.settle();
    assert!(matches!(waiting.take(), Some(Ok(()))));
}
