//! What a receiver grants, drains and rejects.

use super::frames::{Raw, tapped};
use crate::host::Host;
use crate::support::*;
use amqp_async::proto::codec::{self, Attach, Condition, Handle, Outcome, Role, SequenceNo, Source, Target, Transfer};
use amqp_async::proto::{CreditMode, LinkOptions, Outgoing, SessionOptions};
use amqp_async::{BatchOptions, Error, Receiver};
use std::time::Duration;

/// Nobody sees the message, nobody settles it, and its credit is granted anew.
#[test]
fn b_08_an_aborted_delivery_is_nothing() {
    let (pair, _, listener) = tapped();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(4));
    pair.world.settle();
    for number in 1..=20 {
        let mut writer = pair.world.run(sender.writer(Outgoing::new(&b"begun"[..]))).unwrap();
        pair.world.run(writer.write(vec![0; 1000])).unwrap();
        pair.world.settle();
        writer.abort();
        pair.world.settle();
        assert!(receiver.try_recv().unwrap().is_none());
        assert_eq!(receiver.snapshot().unwrap().delivery_count, SequenceNo(number));
    }
    assert_eq!(listener.sent("Disposition"), [""; 0]);
    assert_eq!((sender.credit(), sender.unsettled(), receiver.unsettled()), (receiver.credit(), 0, 0));
    assert!(sender.credit() >= 2);
    let settlement = pair.world.run(sender.submit("whole")).unwrap();
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    assert_eq!(pair.world.run(settlement).unwrap(), Outcome::Accepted);
}

#[test]
fn b_09_credit_after_a_drain_is_what_was_granted() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Manual);
    receiver.set_credit(10).unwrap();
    pair.world.settle();
    for _ in 0..3 {
        drop(pair.world.run(sender.submit("x")).unwrap());
    }
    pair.world.run(receiver.drain()).unwrap();
    assert_eq!((sender.credit(), receiver.credit()), (0, 0));
    receiver.set_credit(5).unwrap();
    pair.world.settle();
    assert_eq!((sender.credit(), receiver.credit()), (5, 5));
    for _ in 0..5 {
        drop(pair.world.run(sender.submit("y")).unwrap());
    }
    assert!(sender.try_send("no more").is_err());
    let arrived = std::iter::from_fn(|| {
        pair.world.settle();
        receiver.try_recv().unwrap()
    });
    assert_eq!(arrived.count(), 8);
}

/// No flow for each message, and no disposition for each.
#[test]
fn b_10_flows_and_dispositions_are_few() {
    let batches = flows_and_dispositions(async |receiver| {
        // the clock stands still: each is full
        let options = BatchOptions { linger: Duration::from_secs(1), ..BatchOptions::new(50) };
        for _ in 0..2000 / 50 {
            receiver.recv_batch(options).await.unwrap().accept().unwrap();
        }
    });
    assert!(batches.1 <= 2000 / 50, "{batches:?} for 2,000 messages in batches of 50");
    let alone = flows_and_dispositions(async |receiver| {
        for _ in 0..2000 {
            receiver.recv().await.unwrap().accept().unwrap();
        }
    });
    // a driver that runs beside the receiver may find each alone
    assert!(Host::AT_ONCE || alone.1 <= 200, "{alone:?} for 2,000 messages, one by one");
    for (flows, dispositions) in [batches, alone] {
        assert!(flows <= 2000 / 50 + 1, "{flows} flows for 2,000 messages at a credit of 100");
        assert!(dispositions <= 2000, "{dispositions} dispositions for 2,000 messages");
    }
}

/// How many of each a receiver sends that takes 2,000 messages so.
fn flows_and_dispositions(take: impl AsyncFnOnce(&Receiver) + 'static) -> (usize, usize) {
    let (pair, _, listener) = tapped();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(100));
    pair.world.settle();
    listener.clear();
    let sending = pair.world.spawn("send", async move {
        let mut last = None;
        for _ in 0..2000 {
            last = Some(sender.submit("x").await.unwrap());
        }
        last.expect("there was one").await.unwrap();
    });
    let receiving = pair.world.spawn("receive", async move { take(&receiver).await });
    pair.world.settle();
    assert!(sending.take().is_some() && receiving.take().is_some());
    (listener.sent("Flow").len(), listener.sent("Disposition").len())
}

#[test]
fn b_11_a_message_that_cannot_be_read_harms_nothing() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    for octets in [&b"\xff\xff"[..], b"\0\x53\x75", b"\0\x53\x77\xa1\xffx"] {
        let settlement = pair.world.run(sender.submit_encoded(Outgoing::new(octets))).unwrap();
        let delivery = pair.world.run(receiver.recv()).unwrap();
        let error = delivery.message().unwrap_err();
        delivery.reject(codec::Error::new(error.condition(), error.to_string())).unwrap();
        let Ok(Outcome::Rejected(rejected)) = pair.world.run(settlement) else { panic!("not rejected") };
        assert_eq!(rejected.error.unwrap().condition, Condition::DECODE_ERROR);
    }
    let settlement = pair.world.run(sender.submit("next")).unwrap();
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    assert_eq!(pair.world.run(settlement).unwrap(), Outcome::Accepted);
}

/// The window opens before it is used up, and a peer that does not keep to it loses its session.
#[test]
fn b_26_the_window_is_renewed_early_and_enforced() {
    let (pair, _, listener) = tapped();
    let sessions = pair.session_with(SessionOptions { incoming_window: 10, ..SessionOptions::default() });
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(1000));
    pair.world.settle();
    listener.clear();
    for number in 0..9 {
        drop(pair.world.run(sender.submit("x")).unwrap());
        pair.world.run(receiver.recv()).unwrap().accept().unwrap();
        pair.world.settle();
        let window = sessions.0.windows().unwrap().remote_incoming_window;
        assert!(window > 1, "{window} after {number}");
    }
    assert!((1..=3).contains(&listener.sent("Flow").len()), "{:?}", listener.sent("Flow"));

    let raw = Raw::open();
    let (session, _receiver) = receiving(&raw, 2);
    for id in 0..3 {
        raw.say(&transfer(id), b"x");
    }
    let error = raw.world.run(session.ended());
    assert_eq!(error.condition(), Some(Condition::WINDOW_VIOLATION), "{error:?}");
    assert!(raw.has_written("amqp:session:window-violation"));
}

/// A receiver of the client's, attached, on a session with this window.
fn receiving(raw: &Raw, window: u32) -> (amqp_async::Session, Receiver) {
    let session = raw.session(window);
    let attaching = session.clone();
    let options = LinkOptions { credit: CreditMode::Auto(100), ..LinkOptions::receiver("in", "queue") };
    let receiver = raw.world.spawn("attach", async move { attaching.attach_receiver(options).await.unwrap() });
    raw.world.settle();
    let mut attach = Attach::new("in", Handle(0), Role::Sender);
    attach.source = Some(Source::new("queue").into());
    attach.target = Some(Target::default().into());
    attach.initial_delivery_count = Some(SequenceNo(0));
    raw.say(&attach, &[]);
    (session, receiver.take().expect("attached"))
}

fn transfer(id: u32) -> Transfer {
    let mut transfer = Transfer::new(Handle(0));
    transfer.delivery_id = Some(SequenceNo(id));
    transfer.delivery_tag = Some(id.into());
    transfer
}

/// Each fault has its condition, and the peer is told.
#[test]
fn b_27_what_cannot_be_read_is_answered_by_its_own_condition() {
    let raw = Raw::open();
    raw.far.say(b"\0\0\0\x08\xff\0\0\0");
    let error = raw.world.run(raw.client.closed());
    assert_eq!(error.condition(), Some(Condition::FRAMING_ERROR));
    assert!(raw.has_written("amqp:connection:framing-error"));

    // a transfer whose handle is a string, a performative that nobody knows, and none at all
    for body in [&b"\0\x53\x14\xc0\x04\x01\xa1\x01x"[..], b"\0\x53\x99\x45", b"\x40"] {
        let raw = Raw::open();
        let _session = raw.session(100);
        let frame = [&[0, 0, 0, 8 + body.len() as u8, 2, 0, 0, 0], body].concat();
        raw.far.say(&frame);
        let error = raw.world.run(raw.client.closed());
        assert!(matches!(error, Error::Closed(_)), "{error:?}");
        assert_eq!(error.condition(), Some(Condition::DECODE_ERROR), "{body:?}");
        assert!(raw.has_written("amqp:decode-error"));
    }
}
