//! Deliveries that either end settles while pieces of them are still to come (§2.6.12, §2.6.14).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "test code")]

mod support;

use amqp_proto::codec::{DeliveryState, Disposition, Handle, Performative, Role, SequenceNo, Transfer};
use amqp_proto::{
    CreditMode, DeliveryId, Event, LinkId, LinkOptions, Misuse, Outgoing, Progress, ReceiverId, SenderId,
};
use amqp_proto::{Sent, SessionOptions};
use support::{Pair, Raw, attach, config, requested_link, transfer};

/// A client that sends in frames of 512 octets, and has begun a delivery of which two pieces have arrived.
fn begun() -> (Pair, SenderId, ReceiverId, Sent, DeliveryId) {
    let small = |name| config(name).max_frame_size(512).build().unwrap();
    let mut pair = Pair::new(small("c"), small("l"));
    let window = SessionOptions { incoming_window: 8, ..SessionOptions::default() };
    let (session, _) = pair.session(SessionOptions::default(), window);
    let receiver = LinkOptions { credit: CreditMode::Auto(4), ..LinkOptions::receiver("a", "q") };
    let (sender, receiver) = pair.link(session, LinkOptions::sender("a", "q"), receiver);
    let sent = pair.client.core.sender(sender).unwrap().start(Outgoing::new(vec![1; 600])).unwrap();
    pair.pump();
    let chunk = pair.listener.core.receiver(receiver).unwrap().read().expect("two pieces");
    assert_eq!((chunk.progress, chunk.delivery.payload.len()), (Progress::More, 600));
    (pair, sender, receiver, sent, chunk.delivery.id)
}

/// The rest of the delivery, over several windows, and the next one, which has to arrive.
fn go_on(pair: &mut Pair, sender: SenderId, receiver: ReceiverId) {
    for more in [true, true, false] {
        pair.client.core.sender(sender).unwrap().write(vec![2; 3000].into(), more).unwrap();
        pair.pump();
    }
    pair.client.core.sender(sender).unwrap().send(Outgoing::new("next")).unwrap();
    pair.pump();
    let delivery = pair.listener.core.receiver(receiver).unwrap().recv().expect("the next");
    assert_eq!(&delivery.payload.into_bytes()[..], b"next");
    pair.listener.core.receiver(receiver).unwrap().accept_delivery(delivery.id).unwrap();
    pair.pump();
    for side in [&mut pair.client, &mut pair.listener] {
        let snapshot = side.core.snapshot();
        let session = &snapshot.sessions[0];
        assert_eq!((session.unsettled_outgoing, session.unsettled_incoming), (0, 0));
        assert_eq!((session.links[0].unsettled, session.links[0].in_progress), (0, false));
        assert_eq!(session.windows.buffered, 0, "nothing of the window is lost");
        assert_eq!(side.count(|event| matches!(event, Event::Detached { .. } | Event::Ended { .. })), 0);
    }
}

fn outcomes(events: &[Event]) -> Vec<(DeliveryId, Option<DeliveryState>, bool)> {
    let outcome = |event: &Event| match event {
        Event::Disposition { delivery, state, settled, .. } => Some((*delivery, state.clone(), *settled)),
        _ => None,
    };
    events.iter().filter_map(outcome).collect()
}

#[test]
fn by_the_receiver() {
    for state in [DeliveryState::Accepted, DeliveryState::Released] {
        let (mut pair, sender, receiver, sent, id) = begun();
        pair.client.take();
        pair.listener.core.receiver(receiver).unwrap().dispose(id, Some(state.clone()), true).unwrap();
        pair.pump();
        assert_eq!(outcomes(&pair.client.take()), [(sent.delivery, Some(state), true)], "told at once");
        assert_eq!(pair.client.core.sender(sender).unwrap().unsettled(), 0);
        go_on(&mut pair, sender, receiver);
        assert_eq!(outcomes(&pair.client.take()).len(), 1, "only of the next one");
    }
}

#[test]
fn by_the_receiver_and_then_aborted() {
    let (mut pair, sender, receiver, _, id) = begun();
    pair.listener.core.receiver(receiver).unwrap().accept_delivery(id).unwrap();
    pair.pump();
    pair.client.core.sender(sender).unwrap().write(vec![2; 3000].into(), true).unwrap();
    pair.pump();
    pair.client.core.sender(sender).unwrap().abort().unwrap();
    pair.pump();
    assert!(pair.listener.core.receiver(receiver).unwrap().read().is_none(), "it knows what it said");
    pair.client.core.sender(sender).unwrap().start(Outgoing::new("")).unwrap();
    go_on_whole(&mut pair, sender, receiver);
}

/// The delivery begun last becomes whole, and is taken.
fn go_on_whole(pair: &mut Pair, sender: SenderId, receiver: ReceiverId) {
    pair.client.core.sender(sender).unwrap().write("next".into(), false).unwrap();
    pair.pump();
    let delivery = pair.listener.core.receiver(receiver).unwrap().recv().expect("the next");
    pair.listener.core.receiver(receiver).unwrap().accept_delivery(delivery.id).unwrap();
    pair.pump();
    assert_eq!(pair.client.core.sender(sender).unwrap().unsettled(), 0);
    assert_eq!(pair.listener.core.snapshot().sessions[0].windows.buffered, 0);
}

#[test]
fn by_the_sender() {
    let (mut pair, sender, receiver, sent, id) = begun();
    pair.listener.take();
    pair.client.core.sender(sender).unwrap().dispose(sent.delivery, None, true).unwrap();
    assert_eq!(pair.client.core.sender(sender).unwrap().unsettled(), 0);
    pair.pump();
    assert_eq!(outcomes(&pair.listener.take()), [(id, None, true)], "told at once");
    let mut link = pair.listener.core.receiver(receiver).unwrap();
    assert_eq!(link.unsettled(), 0);
    assert_eq!(link.accept_delivery(id), Err(Misuse::StaleId), "there is nothing to say any more");
    let (mut octets, mut last) = (0, Progress::More);
    for more in [true, false] {
        pair.client.core.sender(sender).unwrap().write(vec![2; 3000].into(), more).unwrap();
        // Over two windows.
        for _ in 0..2 {
            pair.pump();
            let mut link = pair.listener.core.receiver(receiver).unwrap();
            for chunk in std::iter::from_fn(|| link.read()) {
                octets += chunk.delivery.payload.len();
                last = chunk.progress;
            }
        }
    }
    assert_eq!((octets, last), (6000, Progress::Complete), "sent all the same");
    pair.pump();
    pair.client.core.sender(sender).unwrap().start(Outgoing::new("")).unwrap();
    go_on_whole(&mut pair, sender, receiver);
}

#[test]
fn by_both_at_once() {
    let (mut pair, sender, receiver, sent, id) = begun();
    pair.client.core.sender(sender).unwrap().dispose(sent.delivery, None, true).unwrap();
    pair.listener.core.receiver(receiver).unwrap().accept_delivery(id).unwrap();
    pair.pump();
    go_on(&mut pair, sender, receiver);
}

/// A receiver of the core whose peer is written by hand, and a delivery of which a piece has come.
fn arriving() -> (Raw, ReceiverId) {
    let (mut raw, _) = Raw::session();
    raw.send(0, &attach("a", 0, Role::Sender));
    let LinkId::Receiver(id) = requested_link(&mut raw.side) else { panic!("no receiver") };
    raw.side.core.receiver(id).unwrap().accept(LinkOptions::receiver("a", "q")).unwrap();
    raw.transfer(&Transfer { more: true, ..transfer(0, 0) }, b"one");
    raw.frames();
    (raw, id)
}

#[test]
fn the_tag_is_free_once_either_has_settled() {
    for by_peer in [true, false] {
        let (mut raw, id) = arriving();
        if by_peer {
            let settled = Disposition {
                role: Role::Sender,
                first: SequenceNo(0),
                last: None,
                settled: true,
                state: None,
                batchable: false,
            };
            raw.send(0, &settled);
        } else {
            let delivery = raw.side.core.receiver(id).unwrap().read().expect("a piece").delivery.id;
            raw.side.core.receiver(id).unwrap().accept_delivery(delivery).unwrap();
        }
        raw.transfer(&Transfer::new(Handle(0)), b"two");
        let again = Transfer { delivery_tag: transfer(0, 0).delivery_tag, ..transfer(0, 1) };
        raw.transfer(&again, b"three");
        let frames = raw.frames();
        let ended = |frame: &Performative| matches!(frame, Performative::Detach(_) | Performative::End(_));
        assert!(!frames.iter().any(|(_, frame)| ended(frame)), "{frames:?}");
        let mut link = raw.side.core.receiver(id).unwrap();
        let received: Vec<_> =
            std::iter::from_fn(|| link.recv()).map(|delivery| delivery.payload.into_bytes()).collect();
        let expected: &[&[u8]] = if by_peer { &[b"onetwo", b"three"] } else { &[b"three"] };
        assert_eq!(received, expected);
    }
}
