//! What a sender does with its credit, its ids, and the outcome of its messages.

use super::frames::tapped;
use crate::support::*;
use amqp_async::proto::codec::{self, Condition, Modified, Outcome, Rejected, SequenceNo};
use amqp_async::proto::{CreditMode, LinkOptions, SessionOptions};
use amqp_async::{BatchOptions, Error, SendError};

/// uAMQP's sender topped up its own credit and sent five messages on a credit of one.
#[test]
fn b_02_a_sender_leaves_its_credit_alone() {
    let (pair, client, _) = tapped();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Manual);
    receiver.set_credit(1).unwrap();
    pair.world.settle();
    client.clear();
    for _ in 0..5 {
        let sender = sender.clone();
        pair.world.spawn("send", async move { sender.submit("x").await.map(drop) });
    }
    pair.world.settle();
    assert_eq!(client.sent("Transfer").len(), 1);
    assert_eq!(client.sent("Flow"), [""; 0]);
    assert_eq!((sender.credit(), receiver.credit()), (0, 0));
}

fn every_outcome() -> Vec<Outcome> {
    let error = codec::Error::new(Condition::NOT_FOUND, "why");
    let modified = Modified { delivery_failed: true, undeliverable_here: true, ..Modified::default() };
    vec![
        Outcome::Accepted,
        Outcome::Released,
        Outcome::Rejected(Box::default()),
        Outcome::Rejected(Box::new(Rejected { error: Some(error) })),
        Outcome::Modified(Box::default()),
        Outcome::Modified(Box::new(modified)),
    ]
}

/// In uAMQP some of these never completed the send.
#[test]
fn b_03_every_outcome_completes_the_send() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    for outcome in every_outcome() {
        let settlement = pair.world.run(sender.submit("x")).unwrap();
        pair.world.run(receiver.recv()).unwrap().settle(outcome.clone()).unwrap();
        assert_eq!(pair.world.run(settlement).unwrap(), outcome);
    }
    assert_eq!(sender.unsettled(), 0);
}

/// An outcome that the receiver has not settled yet: the sender learns it, and settles.
#[test]
fn b_04_an_unsettled_outcome_completes_the_send() {
    let (pair, client, _) = tapped();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending_second(&sessions);
    for outcome in every_outcome() {
        let settlement = pair.world.run(sender.submit("x")).unwrap();
        client.clear();
        let delivery = pair.world.run(receiver.recv()).unwrap();
        let confirmation = delivery.settle_confirmed(outcome.clone()).unwrap();
        assert_eq!(pair.world.run(settlement).unwrap(), outcome);
        pair.world.run(confirmation).unwrap();
        let dispositions = (client.received("Disposition"), client.sent("Disposition"));
        assert!(!dispositions.0[0].contains("settled=true") && dispositions.1[0].contains("settled=true"));
    }
    assert_eq!((sender.unsettled(), receiver.unsettled()), (0, 0));
}

/// Each transfer frame has a transfer-id, not each delivery.
#[test]
fn b_06_every_frame_of_a_delivery_counts() {
    let (pair, client, _) = tapped();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let ids = || {
        let [ours, theirs] = [&sessions.0, &sessions.1].map(|session| session.windows().unwrap());
        (ours.next_outgoing_id, theirs.next_incoming_id.unwrap())
    };
    let before = ids();
    let settlement = pair.world.run(sender.submit(vec![7; 300_000])).unwrap();
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    pair.world.run(settlement).unwrap();
    let frames = client.sent("Transfer").len() as u32;
    assert!(frames >= 5, "{frames}");
    assert_eq!(ids(), (SequenceNo(before.0.0 + frames), SequenceNo(before.1.0 + frames)));
    let windows = sessions.0.windows().unwrap();
    let theirs = sessions.1.windows().unwrap();
    assert!(windows.remote_incoming_window <= theirs.incoming_window_max);
}

#[test]
fn b_07_a_message_too_large_for_the_peer_is_not_sent() {
    let (pair, client, _) = tapped();
    let sessions = pair.session();
    let options = LinkOptions::sender("small", "queue");
    let (sender, _receiver) = pair.sending_as(&sessions, options, |options| options.max_message_size = Some(1000));
    pair.world.settle();
    let error = pair.world.run(sender.send(vec![0; 5000])).unwrap_err();
    assert!(matches!(error, SendError::NotSent(Error::TooLarge { size: 5008, limit: 1000 })), "{error:?}");
    assert_eq!(client.sent("Transfer"), [""; 0]);
    assert_eq!(sender.credit(), _receiver.credit(), "no credit was used");
}

/// Ids and counts are serial numbers: they go on after 2³² − 1. And what is said of our deliveries by their receiver is
/// not taken for the peer's, though the ids are the same.
#[test]
fn b_25_ids_wrap_and_dispositions_have_a_role() {
    const NEAR: SequenceNo = SequenceNo(u32::MAX - 2);
    let pair = Pair::open();
    let near = || SessionOptions { next_outgoing_id: NEAR, initial_delivery_id: NEAR, ..SessionOptions::default() };
    let (client, listener) = (pair.client.clone(), pair.listener.clone());
    let theirs =
        pair.world.spawn("session", async move { listener.incoming_session().await.unwrap().accept(near()).unwrap() });
    let ours = pair.world.run(client.begin(near())).unwrap();
    let sessions = (ours, theirs.take().unwrap());
    let options = LinkOptions { initial_delivery_count: NEAR, ..LinkOptions::sender("wraps", "queue") };
    let (sender, receiver) = pair.sending_as(&sessions, options, |options| options.credit = CreditMode::Auto(20));
    let (back_receiver, back_sender) = pair.receiving(&sessions, CreditMode::Auto(20));
    pair.world.settle();

    let back: Vec<_> = (0..10).map(|_| pair.world.run(back_sender.submit("back")).unwrap()).collect();
    let sent: Vec<_> = (0..10).map(|_| pair.world.run(sender.submit("x")).unwrap()).collect();
    pair.world.run(receiver.recv_batch(BatchOptions::new(10))).unwrap().accept().unwrap();
    for settlement in sent {
        assert_eq!(pair.world.run(settlement).unwrap(), Outcome::Accepted);
    }
    assert_eq!((sender.unsettled(), back_sender.unsettled(), back_receiver.unsettled()), (0, 10, 10));
    pair.world.run(back_receiver.recv_batch(BatchOptions::new(10))).unwrap().release().unwrap();
    for settlement in back {
        assert_eq!(pair.world.run(settlement).unwrap(), Outcome::Released);
    }
    // and the window too: many more transfers than remain before the wrap
    for _ in 0..1000 {
        let settlement = pair.world.run(sender.submit("x")).unwrap();
        pair.world.run(receiver.recv()).unwrap().accept().unwrap();
        pair.world.run(settlement).unwrap();
    }
    assert_eq!(sender.snapshot().unwrap().delivery_count, receiver.snapshot().unwrap().delivery_count);
}

/// What was settled has left before the link, the session or the connection goes; and whoever wants to know waits for
/// the peer.
#[test]
fn b_30_what_is_settled_is_written() {
    let (pair, client, _) = tapped();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let settlement = pair.world.run(sender.submit("x")).unwrap();
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    pair.world.run(pair.listener.close()).unwrap();
    assert_eq!(pair.world.run(settlement).unwrap(), Outcome::Accepted);
    let kinds = client.kinds_received();
    assert_eq!(kinds[kinds.len() - 2..], ["Disposition", "Close"]);

    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending_second(&sessions);
    drop(pair.world.run(sender.submit("x")).unwrap());
    let delivery = pair.world.run(receiver.recv()).unwrap();
    pair.client_driver.freeze();
    let confirmation = delivery.settle_confirmed(Outcome::Accepted).unwrap();
    let error = pair.world.run_within(STEP, confirmation).expect("a deadline").unwrap_err();
    assert!(matches!(error, Error::Timeout(amqp_async::Step::Settle)), "{error:?}");
}
