//! Sending and receiving: outcomes, credit, windows, back-pressure, and that nothing blocks anything else.

use crate::support::*;
use amqp_async::proto::codec::message::Body;
use amqp_async::proto::codec::{self, Condition, Message, Modified, Outcome, SenderSettleMode};
use amqp_async::proto::{Blocked, CreditMode, LinkOptions, Outgoing, SessionOptions};
use amqp_async::{Delivery, Error, IncomingLink, Receiver, SendError, Sender, TrySendError};
use std::cell::Cell;
use std::rc::Rc;

/// Sends one message and settles it with `settle`; the outcome that the sender gets.
fn outcome_of(settle: impl FnOnce(Delivery)) -> Outcome {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let settlement = pair.world.run(sender.submit("hello")).unwrap();
    settle(pair.world.run(receiver.recv()).unwrap());
    let outcome = pair.world.run(settlement).unwrap();
    assert_eq!((sender.unsettled(), receiver.unsettled()), (0, 0));
    outcome
}

#[test]
fn every_outcome_arrives_as_it_was_given() {
    // B-03: with and without an error
    assert_eq!(outcome_of(|delivery| delivery.accept().unwrap()), Outcome::Accepted);
    assert_eq!(outcome_of(|delivery| delivery.release().unwrap()), Outcome::Released);
    let modified = Modified { delivery_failed: true, undeliverable_here: true, ..Modified::default() };
    let given = modified.clone();
    assert_eq!(outcome_of(move |delivery| delivery.modify(given).unwrap()), Outcome::Modified(Box::new(modified)));
    let error = codec::Error::new(Condition::DECODE_ERROR, "no sense in it");
    for error in [None, Some(error)] {
        let given = error.clone();
        let Outcome::Rejected(rejected) = outcome_of(move |delivery| delivery.reject(given).unwrap()) else {
            panic!("not rejected")
        };
        assert_eq!(rejected.error, error);
    }
}

#[test]
fn a_dropped_delivery_is_released() {
    assert_eq!(outcome_of(drop), Outcome::Released);
}

#[test]
fn a_delivery_left_unsettled_stays_so_until_the_link_ends() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let settlement = pair.world.run(sender.submit("hello")).unwrap();
    pair.world.run(receiver.recv()).unwrap().leave_unsettled();
    pair.world.settle();
    assert_eq!((sender.unsettled(), receiver.unsettled()), (1, 1));
    drop(receiver);
    assert!(matches!(pair.world.run(settlement), Err(SendError::InDoubt(_))));
}

#[test]
fn an_undecodable_message_harms_nothing() {
    // B-11
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let settlement = pair.world.run(sender.submit_encoded(Outgoing::new(&b"\xff\xff"[..]))).unwrap();
    let delivery = pair.world.run(receiver.recv()).unwrap();
    let error = delivery.message().unwrap_err();
    delivery.reject(codec::Error::new(error.condition(), error.to_string())).unwrap();
    let Ok(Outcome::Rejected(rejected)) = pair.world.run(settlement) else { panic!("not rejected") };
    assert_eq!(rejected.error.unwrap().condition, Condition::DECODE_ERROR);
    let settlement = pair.world.run(sender.submit("next")).unwrap();
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
}

#[test]
fn a_presettled_link_waits_for_nothing() {
    let pair = Pair::open();
    let (ours, theirs) = pair.session();
    let accepting = pair.world.spawn("accept", async move {
        let IncomingLink::Receiver(link) = theirs.incoming_link().await.unwrap() else { panic!("wrong role") };
        let options = LinkOptions { credit: CreditMode::Auto(10), ..LinkOptions::answering(link.attach()) };
        link.accept(options).unwrap()
    });
    let options = LinkOptions { snd_settle_mode: SenderSettleMode::Settled, ..LinkOptions::sender("fast", "queue") };
    let sender = pair.world.run(ours.attach_sender(options)).unwrap();
    let receiver = accepting.take().unwrap();
    for _ in 0..50 {
        let settlement = pair.world.run(sender.submit("x")).unwrap();
        assert!(settlement.is_sent_settled());
        assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
        let delivery = pair.world.run(receiver.recv()).unwrap();
        assert!(delivery.is_settled());
        delivery.accept().unwrap();
    }
    assert_eq!((sender.unsettled(), receiver.unsettled()), (0, 0));
}

#[test]
fn sending_waits_for_credit() {
    // B-02: one credit, one transfer
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Manual);
    let Err(TrySendError::Blocked(message, Blocked::NoCredit)) = sender.try_send("kept") else { panic!("sent") };
    assert_eq!(message.body, Body::from("kept"), "the message comes back");
    let waiting: Vec<_> = (0..5_u64)
        .map(|number| {
            let sender = sender.clone();
            pair.world.spawn("send", async move { sender.submit(codec::Value::from(number)).await.map(drop) })
        })
        .collect();
    for number in 0..5_u64 {
        pair.world.settle();
        assert_eq!(waiting.iter().filter(|waiting| waiting.take().is_some()).count(), usize::from(number > 0));
        receiver.add_credit(1).unwrap();
        let delivery = pair.world.run(receiver.recv()).unwrap();
        assert_eq!(delivery.message().unwrap().body.as_value(), Some(&codec::Value::from(number)), "in turn");
        delivery.accept().unwrap();
        assert!(receiver.try_recv().unwrap().is_none());
    }
}

#[test]
fn submitting_at_once_is_what_submitting_begins_with() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Manual);
    let message = Message::from("x");
    assert!(sender.submit_at_once(&message).is_none(), "there is no credit");
    receiver.add_credit(2).unwrap();
    pair.world.settle();
    let large = Message::from(codec::Value::from("x".repeat(5_000)));
    assert!(sender.submit_at_once(&large).is_none(), "what takes long to encode is for submit");
    let settlement = sender.submit_at_once(&message).unwrap().unwrap();
    assert!(!settlement.is_sent_settled());
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
    assert!(receiver.try_recv().unwrap().is_none(), "nothing else was sent");
    drop(receiver);
    pair.world.settle();
    let refused = sender.submit_at_once(&message).unwrap();
    assert!(matches!(refused, Err(SendError::NotSent(error)) if error.is_clean()), "it says that the link is gone");
}

#[test]
fn ready_tells_when_a_message_could_leave() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Manual);
    let waiting = sender.clone();
    let ready = pair.world.spawn("ready", async move { waiting.ready().await });
    pair.world.settle();
    assert!(ready.take().is_none());
    receiver.add_credit(1).unwrap();
    pair.world.settle();
    assert!(matches!(ready.take(), Some(Ok(()))));
    assert!(sender.try_send("x").is_ok(), "the credit is still there");
    let waiting = sender.clone();
    let ready = pair.world.spawn("ready", async move { waiting.ready().await });
    pair.world.settle();
    drop(receiver);
    pair.world.settle();
    assert!(matches!(ready.take(), Some(Err(error)) if error.is_clean()), "it learns that the link is gone");
}

#[test]
fn a_message_too_large_is_not_sent() {
    // B-07
    let pair = Pair::open();
    let (ours, theirs) = pair.session();
    let accepting = pair.world.spawn("accept", async move {
        let IncomingLink::Receiver(link) = theirs.incoming_link().await.unwrap() else { panic!("wrong role") };
        let options = LinkOptions { max_message_size: Some(100), ..LinkOptions::answering(link.attach()) };
        link.accept(options).unwrap()
    });
    let sender = pair.world.run(ours.sender("queue")).unwrap();
    pair.world.settle();
    let error = pair.world.run(sender.send(vec![0; 200])).unwrap_err();
    assert!(matches!(error, SendError::NotSent(Error::TooLarge { size: 205, limit: 100 })), "{error:?}");
    assert!(accepting.take().unwrap().try_recv().unwrap().is_none());
}

#[test]
fn a_receiver_that_takes_nothing_holds_no_more_than_its_window() {
    let pair = Pair::open();
    let sessions = pair.session_with(SessionOptions { incoming_window: 8, ..SessionOptions::default() });
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(1000));
    let sent = Rc::new(Cell::new(0));
    let (count, sending) = (Rc::clone(&sent), sender.clone());
    pair.world.spawn("send", async move {
        while sending.submit("x").await.is_ok() {
            count.set(count.get() + 1);
        }
    });
    pair.world.settle();
    assert_eq!(sent.get(), 8);
    assert_eq!(sender.why_blocked(), Some(Blocked::WindowClosed));
    for _ in 0..100 {
        pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    }
    pair.world.settle();
    assert!((100..=108).contains(&sent.get()), "{}", sent.get());
    // another session is not concerned
    pair.check_sound();
}

#[test]
fn a_sender_faster_than_the_transport_is_held_back() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, _receiver) = pair.sending(&sessions, CreditMode::Auto(100_000));
    pair.listener_driver.freeze();
    let sent = Rc::new(Cell::new(0));
    let (count, sending) = (Rc::clone(&sent), sender.clone());
    pair.world.spawn("send", async move {
        while sending.submit(vec![0; 1000]).await.is_ok() {
            count.set(count.get() + 1);
        }
    });
    pair.world.settle();
    assert_eq!(sender.why_blocked(), Some(Blocked::OutputFull));
    // two times the high-water mark of 16 KiB (one in the core, one with the driver), and the pipe
    assert!(sent.get() <= 40, "{} messages of 1,000 octets are under way", sent.get());
}

/// Sends `count` messages of `size` octets and takes as many, at the same time.
fn both_ways(pair: &Pair, sender: Sender, receiver: Receiver, count: usize, size: usize) -> [Handle<()>; 2] {
    [
        pair.world.spawn("send", async move {
            let mut last = None;
            for _ in 0..count {
                last = Some(sender.submit(vec![7; size]).await.unwrap());
            }
            last.expect("there was one").await.unwrap();
        }),
        pair.world.spawn("receive", async move {
            for _ in 0..count {
                let delivery = receiver.recv().await.unwrap();
                assert_eq!(delivery.message().unwrap().body, Body::from(vec![7; size]));
                delivery.accept().unwrap();
            }
        }),
    ]
}

#[test]
fn two_way_saturation_never_stops() {
    // fe2o3-amqp deadlocks here (rust-peers.md §3.3)
    for size in [10, 3000, 100_000] {
        let pair = Pair::open();
        let sessions = pair.session();
        let (client_sender, listener_receiver) = pair.sending(&sessions, CreditMode::Auto(20));
        let (client_receiver, listener_sender) = pair.receiving(&sessions, CreditMode::Auto(20));
        let client = both_ways(&pair, client_sender, client_receiver, 500, size);
        let listener = both_ways(&pair, listener_sender, listener_receiver, 500, size);
        pair.world.settle();
        assert!(client.iter().chain(&listener).all(|task| task.take().is_some()), "{size} octets");
    }
}

#[test]
fn two_way_saturation_never_stops_however_small_the_buffers() {
    for capacity in [1, 7, 100] {
        let pair = Pair::open_over(capacity);
        let sessions = pair.session_with(SessionOptions { incoming_window: 2, ..SessionOptions::default() });
        let (client_sender, listener_receiver) = pair.sending(&sessions, CreditMode::Auto(2));
        let (client_receiver, listener_sender) = pair.receiving(&sessions, CreditMode::Auto(2));
        let client = both_ways(&pair, client_sender, client_receiver, 20, 300);
        let listener = both_ways(&pair, listener_sender, listener_receiver, 20, 300);
        pair.world.settle();
        assert!(client.iter().chain(&listener).all(|task| task.take().is_some()), "{capacity} octets");
    }
}

#[test]
fn a_backlog_that_nobody_reads_does_not_delay_another_session() {
    let pair = Pair::open();
    let (unread, busy) = (pair.session(), pair.session());
    let (backlog, _kept) = pair.sending(&unread, CreditMode::Auto(10_000));
    pair.world.spawn("backlog", async move { while backlog.submit(vec![0; 1000]).await.is_ok() {} });
    pair.world.settle();
    let (sender, receiver) = pair.sending(&busy, CreditMode::Auto(10));
    let before = pair.client_driver.wakes() + pair.listener_driver.wakes();
    for _ in 0..100 {
        let settlement = pair.world.run(sender.submit("quick")).unwrap();
        pair.world.run(receiver.recv()).unwrap().accept().unwrap();
        assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)), "at once: no time has passed");
    }
    let wakes = pair.client_driver.wakes() + pair.listener_driver.wakes() - before;
    assert!(wakes <= 1000, "the drivers were woken {wakes} times for 100 messages there and back");
}

#[test]
fn a_large_message_of_many_frames_is_put_together() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let body: Vec<u8> = (0..1_000_000_u32).map(|octet| (octet % 251) as u8).collect();
    let settlement = pair.world.run(sender.submit(body.clone())).unwrap();
    let delivery = pair.world.run(receiver.recv()).unwrap();
    assert!(delivery.payload().chunks().len() > 1);
    assert_eq!(delivery.message().unwrap(), Message::from(body));
    delivery.accept().unwrap();
    assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
}

#[test]
fn receiving_and_settling_do_not_exclude_each_other() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let first = pair.world.run(sender.submit("1")).unwrap();
    let delivery = pair.world.run(receiver.recv()).unwrap();
    let receiver = Rc::new(receiver);
    let receiving = Rc::clone(&receiver);
    let waiting = pair.world.spawn("receive", async move { receiving.recv().await });
    pair.world.settle();
    delivery.accept().unwrap();
    assert!(matches!(pair.world.run(first), Ok(Outcome::Accepted)), "while another task receives");
    let _second = pair.world.run(sender.submit("2")).unwrap();
    pair.world.settle();
    assert!(matches!(waiting.take(), Some(Ok(_))));
}

#[test]
fn several_tasks_share_what_arrives() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let receiver = Rc::new(receiver);
    let taken = Rc::new(Cell::new(0));
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (receiver, taken) = (Rc::clone(&receiver), Rc::clone(&taken));
            pair.world.spawn("worker", async move {
                while let Ok(delivery) = receiver.recv().await {
                    taken.set(taken.get() + 1);
                    delivery.accept().unwrap();
                }
            })
        })
        .collect();
    pair.world.settle();
    let before: usize = workers.iter().map(Handle::wakes).sum();
    drop(pair.world.run(sender.submit("one")).unwrap());
    pair.world.settle();
    assert_eq!(workers.iter().map(Handle::wakes).sum::<usize>() - before, 1, "one message wakes one task");
    for _ in 0..50 {
        drop(pair.world.run(sender.submit("more")).unwrap());
    }
    pair.world.settle();
    assert_eq!(taken.get(), 51);
}

#[test]
fn draining_gives_the_credit_back() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (receiver, sender) = pair.receiving(&sessions, CreditMode::Manual);
    receiver.set_credit(5).unwrap();
    pair.world.settle();
    drop(pair.world.run(sender.submit("one")).unwrap());
    pair.world.run(receiver.drain()).unwrap();
    assert_eq!((sender.credit(), receiver.credit()), (0, 0));
    assert!(receiver.try_recv().unwrap().is_some(), "what was sent before is here");
    assert!(receiver.try_recv().unwrap().is_none());
    // B-09: the next credit is whole
    receiver.set_credit(3).unwrap();
    pair.world.settle();
    assert_eq!(sender.credit(), 3);
}

#[test]
fn a_drain_that_is_held_waits_for_what_the_application_has() {
    // Scenario: a node with messages gets credit and drain in one flow (req: TR-2.6.7-14)
    let pair = Pair::open();
    let sessions = pair.session();
    let (receiver, sender) = pair.receiving(&sessions, CreditMode::Manual);
    sender.hold_drains();
    assert!(poll_at_most(&pair.world, 2, sender.drain_wanted()).is_none(), "nobody drains");
    receiver.set_credit(5).unwrap();
    assert!(poll_at_most(&pair.world, 3, receiver.drain()).is_none(), "not before the application says so");
    pair.world.run(sender.drain_wanted()).unwrap();
    assert_eq!(sender.credit(), 5);
    drop(pair.world.run(sender.submit("one")).unwrap());
    sender.drained().unwrap();
    pair.world.run(receiver.drain()).unwrap();
    assert_eq!((sender.credit(), receiver.credit()), (0, 0));
    assert!(receiver.try_recv().unwrap().is_some(), "what was sent meanwhile is here");
    assert!(poll_at_most(&pair.world, 2, sender.drain_wanted()).is_none(), "the drain is over");
}

#[test]
fn a_dropped_receiver_stays_for_its_deliveries_and_takes_no_more() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let settlement = pair.world.run(sender.submit("1")).unwrap();
    let delivery = pair.world.run(receiver.recv()).unwrap();
    drop(receiver);
    pair.world.settle();
    assert_eq!(sender.why_blocked(), Some(Blocked::NoCredit));
    delivery.accept().unwrap();
    assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
    assert!(pair.world.run(sender.detached()).is_clean());
}
