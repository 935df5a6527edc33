//! Faults of other Rust libraries (fe2o3-amqp by number, and ramqp), as far as no test of `handles` has them already.

use super::frames::tapped;
use crate::support::*;
use amqp_async::proto::codec::{Message, Outcome, SenderSettleMode};
use amqp_async::proto::{CreditMode, LinkOptions, Outgoing};
use amqp_async::{Error, SendError};

/// A sender that has been told to close or end waits, and does not ask again and again.
#[test]
fn peer_05_waiting_for_the_peers_end_is_waiting() {
    type Act = fn(&Pair, amqp_async::Session, amqp_async::Sender);
    let acts: [Act; 4] = [
        |pair, session, _| drop(pair.world.spawn("end", async move { session.end().await })),
        |pair, _, sender| drop(pair.world.spawn("detach", async move { sender.close().await })),
        |_, session, sender| drop((session, sender)),
        |pair, _, _| {
            let client = pair.client.clone();
            pair.world.spawn("close", async move { client.close().await });
        },
    ];
    for act in acts {
        let pair = Pair::open();
        let sessions = pair.session();
        let (sender, _receiver) = pair.sending(&sessions, CreditMode::Auto(10));
        pair.listener_driver.freeze();
        let (ours, _theirs) = sessions;
        act(&pair, ours, sender);
        pair.world.settle();
        let before = pair.client_driver.wakes();
        pair.world.advance(STEP / 2);
        assert!(pair.client_driver.wakes() - before <= 2, "{} times", pair.client_driver.wakes() - before);
    }
}

/// Whole, in many frames, aborted, settled, in pieces: both ends count the same deliveries.
#[test]
fn peer_07_both_ends_count_the_same_deliveries() {
    let pair = Pair::open();
    let sessions = pair.session();
    let options = LinkOptions { snd_settle_mode: SenderSettleMode::Mixed, ..LinkOptions::sender("mixed", "queue") };
    let (sender, receiver) = pair.sending_as(&sessions, options, |options| options.credit = CreditMode::Auto(3));
    let mut taken = 0;
    for round in 0..100 {
        drop(pair.world.run(sender.submit(vec![0; 10])).unwrap());
        let writer = pair.world.run(sender.writer(Outgoing::new(&b"begun"[..]))).unwrap();
        pair.world.settle();
        writer.abort();
        drop(pair.world.run(sender.submit_encoded(Outgoing { settled: true, ..Outgoing::new(vec![0; 5]) })).unwrap());
        if round % 10 == 0 {
            drop(pair.world.spawn("large", {
                let sender = sender.clone();
                async move { sender.submit(vec![0; 150_000]).await.map(drop) }
            }));
        }
        pair.world.settle();
        while let Some(delivery) = receiver.try_recv().unwrap() {
            taken += 1;
            delivery.accept().unwrap();
            pair.world.settle();
        }
        let counts = [sender.snapshot(), receiver.snapshot()].map(|link| link.unwrap().delivery_count);
        assert_eq!(counts[0], counts[1], "round {round}");
    }
    assert_eq!((taken, sender.unsettled(), receiver.unsettled()), (210, 0, 0));
    assert_eq!(sender.credit(), receiver.credit());
}

/// Credit is renewed for messages that come settled as for others.
#[test]
fn peer_08_settled_messages_do_not_stall_the_credit() {
    let pair = Pair::open();
    let sessions = pair.session();
    let options = LinkOptions { snd_settle_mode: SenderSettleMode::Settled, ..LinkOptions::sender("fast", "queue") };
    let (sender, receiver) = pair.sending_as(&sessions, options, |options| options.credit = CreditMode::Auto(10));
    let sending = pair.world.spawn("send", async move {
        for _ in 0..1000 {
            sender.send("x").await.unwrap();
        }
    });
    // taken and dropped: nothing is to be settled
    let receiving = pair.world.spawn("receive", async move {
        for _ in 0..1000 {
            drop(receiver.recv().await.unwrap());
        }
    });
    pair.world.settle();
    assert!(sending.take().is_some() && receiving.take().is_some());
}

/// Octets of a body that look like the beginning of a section are octets.
#[test]
fn peer_14_a_body_that_looks_like_sections() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let body = b"\0\x53\x75\xa0\x01x\0\x53\x77\x40\0\x53\x78\xc1\x01\0".repeat(20_000);
    let settlement = pair.world.run(sender.submit(body.clone())).unwrap();
    let delivery = pair.world.run(receiver.recv()).unwrap();
    assert_eq!(delivery.message().unwrap(), Message::from(body));
    delivery.accept().unwrap();
    assert_eq!(pair.world.run(settlement).unwrap(), Outcome::Accepted);
}

/// Transfers under way to a link that its receiver has just closed are nobody's; the session stands.
#[test]
fn peer_15_transfers_to_a_link_that_is_gone() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (gone, receiver) = pair.sending(&sessions, CreditMode::Auto(100));
    let (stays, staying) = pair.sending(&sessions, CreditMode::Auto(100));
    pair.world.settle();
    let sent: Vec<_> = (0..50).map(|_| gone.try_send("under way").unwrap()).collect();
    drop(receiver);
    pair.world.settle();
    for settlement in sent {
        assert!(matches!(pair.world.run(settlement), Ok(Outcome::Released) | Err(SendError::InDoubt(_))));
    }
    assert!(matches!(pair.world.run(gone.detached()), Error::Detached(_)));
    let settlement = pair.world.run(stays.submit("x")).unwrap();
    pair.world.run(staying.recv()).unwrap().accept().unwrap();
    assert_eq!(pair.world.run(settlement).unwrap(), Outcome::Accepted);
}

/// detach, end and close end when the peer has answered, not before.
#[test]
fn peer_ramqp_detach_waits_for_the_peer() {
    let (pair, client, _) = tapped();
    let sessions = pair.session();
    let (sender, _receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    pair.world.settle();
    client.clear();
    pair.world.run(sender.close()).unwrap();
    assert_eq!(client.kinds_received(), ["Detach"]);
    pair.world.run(sessions.0.end()).unwrap();
    assert_eq!(client.kinds_received(), ["Detach", "End"]);
    pair.world.run(pair.client.close()).unwrap();
    assert_eq!(client.kinds_received(), ["Detach", "End", "Close"]);
}
