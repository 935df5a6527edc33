//! Who settles what, and what the other end hears of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "test code")]

mod support;

use amqp_proto::codec::{
    Bytes, Condition, DeliveryState, Disposition, Performative, ReceiverSettleMode, Role, SequenceNo,
    TransactionalState,
};
use amqp_proto::{
    CreditMode, CreditRenewal, CreditUntil, Event, LinkId, LinkOptions, Misuse, Outgoing, ReceiverId, SenderId,
    SessionOptions,
};
use support::{NEAR, Pair, Raw, attach, config, credit, requested_link};

fn pair(mode: ReceiverSettleMode) -> (Pair, SenderId, ReceiverId) {
    let mut pair = Pair::new(config("c").build().unwrap(), config("l").build().unwrap());
    let options = SessionOptions { next_outgoing_id: NEAR, ..SessionOptions::default() };
    let (session, _) = pair.session(options.clone(), options);
    let sender = LinkOptions { rcv_settle_mode: mode, initial_delivery_count: NEAR, ..LinkOptions::sender("a", "q") };
    let receiver = LinkOptions { rcv_settle_mode: mode, ..LinkOptions::receiver("a", "q") };
    let (sender, receiver) = pair.link(session, sender, receiver);
    (pair, sender, receiver)
}

fn unsettled(pair: &Pair) -> [usize; 2] {
    let (client, listener) = (pair.client.core.snapshot(), pair.listener.core.snapshot());
    [client.sessions[0].unsettled_outgoing, listener.sessions[0].unsettled_incoming]
}

#[test]
fn at_most_once() {
    // req: TR-2.6.12-05 TR-2.6.12-09
    let (mut pair, sender, receiver) = pair(ReceiverSettleMode::First);
    let message = Outgoing { settled: true, ..Outgoing::new("m") };
    assert!(pair.client.core.sender(sender).unwrap().send(message).unwrap().settled);
    pair.pump();
    let delivery = pair.listener.core.receiver(receiver).unwrap().recv().unwrap();
    assert!(delivery.settled);
    assert_eq!(pair.listener.core.receiver(receiver).unwrap().accept_delivery(delivery.id), Err(Misuse::StaleId));
    assert_eq!(unsettled(&pair), [0, 0]);
}

#[test]
fn at_least_once_in_one_range() {
    // req: TR-2.6.12-03 TR-2.6.12-04 TR-2.6.12-09 TR-2.7.6-03
    let (mut pair, sender, receiver) = pair(ReceiverSettleMode::First);
    for token in 0..10 {
        pair.client.core.sender(sender).unwrap().send(Outgoing { token, ..Outgoing::new("m") }).unwrap();
    }
    pair.pump();
    let before = pair.listener.core.snapshot().frames_out;
    let mut link = pair.listener.core.receiver(receiver).unwrap();
    while let Some(delivery) = link.recv() {
        link.accept_delivery(delivery.id).unwrap();
        assert_eq!(link.accept_delivery(delivery.id), Err(Misuse::StaleId), "announced at most once");
    }
    pair.pump();
    assert_eq!(pair.listener.core.snapshot().frames_out - before, 1, "one disposition for all");
    let tokens = pair.client.take().into_iter().filter_map(|event| match event {
        Event::Disposition { token, settled: true, state: Some(DeliveryState::Accepted), .. } => Some(token),
        _ => None,
    });
    let tokens = tokens.collect::<Vec<_>>();
    assert_eq!(tokens, (0..10).collect::<Vec<_>>());
    assert_eq!(unsettled(&pair), [0, 0]);
}

#[test]
fn of_many_links_at_once_also_around_what_is_settled_or_gone() {
    // req: TR-2.7.6-03
    let mut pair = Pair::new(config("c").build().unwrap(), config("l").build().unwrap());
    let options = SessionOptions { initial_delivery_id: NEAR, ..SessionOptions::default() };
    let (session, _) = pair.session(options, SessionOptions::default());
    let credit = (CreditMode::Auto(2), CreditRenewal { until: CreditUntil::Settled, ..CreditRenewal::default() });
    let links = ["a", "b", "c"].map(|name| {
        let receiver = LinkOptions { credit: credit.0, credit_renewal: credit.1, ..LinkOptions::receiver(name, "q") };
        pair.link(session, LinkOptions::sender(name, "q"), receiver)
    });
    let mut deliveries = Vec::new();
    for _ in 0..2 {
        for (sender, receiver) in links {
            pair.client.core.sender(sender).unwrap().send(Outgoing::new("m")).unwrap();
            pair.pump();
            deliveries.push(pair.listener.core.receiver(receiver).unwrap().recv().unwrap().id);
        }
    }
    let accepted = Some(&DeliveryState::Accepted);
    let dispose = |pair: &mut Pair, first: usize, last: usize, settled| {
        let mut session = pair.listener.core.session(deliveries[0].session()).unwrap();
        session.dispose_received(deliveries[first], deliveries[last], accepted, settled)
    };
    assert_eq!(dispose(&mut pair, 1, 0, true), Err(Misuse::NotARange));
    assert_eq!(dispose(&mut pair, 1, 2, false), Ok(None), "reported");
    assert_eq!(dispose(&mut pair, 1, 2, true), Ok(None), "and settled");
    assert_eq!(unsettled(&pair)[1], 4);
    let credits = links.map(|(_, receiver)| pair.listener.core.receiver(receiver).unwrap().credit());
    assert_eq!(credits, [0, 1, 1], "renewed where something was settled");
    assert_eq!(dispose(&mut pair, 0, 2, true), Ok(Some(deliveries[1])));
    pair.client.core.sender(links[2].0).unwrap().detach(true, None).unwrap();
    pair.pump();
    assert_eq!(dispose(&mut pair, 3, 5, true), Ok(Some(deliveries[5])));
    assert_eq!(dispose(&mut pair, 3, 3, true), Ok(Some(deliveries[3])));
    pair.pump();
    assert_eq!(unsettled(&pair), [0, 0]);
}

#[test]
fn exactly_once() {
    // req: TR-2.6.12-09 TR-2.7.5-16
    let (mut pair, sender, receiver) = pair(ReceiverSettleMode::Second);
    let sent = pair.client.core.sender(sender).unwrap().send(Outgoing::new("m")).unwrap();
    pair.pump();
    let delivery = pair.listener.core.receiver(receiver).unwrap().recv().unwrap();
    assert_eq!(delivery.rcv_settle_mode, ReceiverSettleMode::Second);
    let accepted = Some(DeliveryState::Accepted);
    pair.listener.core.receiver(receiver).unwrap().dispose(delivery.id, accepted.clone(), false).unwrap();
    pair.pump();
    assert_eq!(unsettled(&pair), [1, 1]);
    pair.client.core.sender(sender).unwrap().dispose(sent.delivery, accepted, true).unwrap();
    pair.pump();
    assert_eq!(pair.listener.count(|event| matches!(event, Event::Disposition { settled: true, .. })), 1);
    assert_eq!(unsettled(&pair), [0, 0]);
}

#[test]
fn the_rest_of_a_suspended_or_closed_link_is_forgotten() {
    for closed in [false, true] {
        let (mut pair, sender, receiver) = pair(ReceiverSettleMode::First);
        for _ in 0..5 {
            pair.client.core.sender(sender).unwrap().send(Outgoing::new("m")).unwrap();
        }
        pair.pump();
        pair.listener.core.receiver(receiver).unwrap().forget();
        pair.client.core.sender(sender).unwrap().detach(closed, None).unwrap();
        pair.pump();
        assert_eq!(unsettled(&pair), [0, 0]);
    }
}

#[test]
fn ranges_from_a_careless_peer() {
    // req: TR-2.7.6-02 TR-2.7.6-04 TR-2.7.6-05 TR-2.7.6-06 TR-2.7.6-08 TR-2.7.6-10
    let (mut raw, session) = Raw::session();
    raw.send(0, &attach("a", 0, Role::Receiver));
    let LinkId::Sender(id) = requested_link(&mut raw.side) else { panic!("no sender") };
    raw.side.core.sender(id).unwrap().accept(LinkOptions::sender("a", "q")).unwrap();
    raw.send(0, &credit(0, 50, 50));
    for _ in 0..3 {
        raw.side.core.sender(id).unwrap().send(Outgoing::new("m")).unwrap();
    }
    raw.side.core.sender(id).unwrap().start(Outgoing::new("piece")).unwrap();
    raw.frames();
    let range = |role, first: u32, last: u32| Disposition {
        role,
        first: SequenceNo(first),
        last: Some(SequenceNo(last)),
        settled: true,
        state: None,
        batchable: false,
    };
    raw.send(0, &range(Role::Sender, 0, 100));
    assert_eq!(raw.side.count(|event| matches!(event, Event::Disposition { .. })), 0);
    raw.send(0, &range(Role::Receiver, u32::MAX - 10, i32::MAX as u32 - 11));
    raw.send(0, &range(Role::Receiver, 0, 100));
    assert_eq!(raw.side.count(|event| matches!(event, Event::Disposition { settled: true, .. })), 4);
    assert_eq!(raw.side.core.sender(id).unwrap().unsettled(), 0);
    raw.side.core.sender(id).unwrap().write("end".into(), false).unwrap();
    assert_eq!(raw.names(), ["transfer"]);
    raw.side.core.session(session).unwrap();
    raw.send(0, &range(Role::Receiver, 5, 4));
    let frames = raw.frames();
    let [(_, Performative::End(end))] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!(end.error.as_ref().map(|error| error.condition.clone()), Some(Condition::INVALID_FIELD));
}

#[test]
fn states_of_transactions_are_refused() {
    // req: TR-2.7.6-08
    let (mut raw, _) = Raw::session();
    let state = TransactionalState { txn_id: Bytes::from_static(b"t").try_into().unwrap(), outcome: None };
    let state = Some(DeliveryState::Transactional(Box::new(state)));
    raw.send(0, &Disposition { state, ..Disposition::new(Role::Receiver, SequenceNo(0)) });
    let frames = raw.frames();
    let Some((0, Performative::End(end))) = frames.last() else { panic!("{frames:?}") };
    assert_eq!(end.error.as_ref().unwrap().condition, Condition::NOT_IMPLEMENTED);
}

/// A receiver that takes and never settles, at a peer that sends what it may.
fn unsettled_at_most(max: u32, window: u32, links: u32) -> Vec<u32> {
    let listener = config("l").max_unsettled(max).build().unwrap();
    let mut pair = Pair::new(config("c").build().unwrap(), listener);
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let ids: Vec<_> = (0..links)
        .map(|number| {
            let name = format!("l{number}");
            let receiver = LinkOptions { credit: CreditMode::Auto(window), ..LinkOptions::receiver(name.clone(), "q") };
            pair.link(session, LinkOptions::sender(name, "q"), receiver)
        })
        .collect();
    let mut deliveries = Vec::new();
    let mut round = |pair: &mut Pair, settle: usize| {
        for (sender, receiver) in &ids {
            while pair.client.core.sender(*sender).unwrap().send(Outgoing::new("m")).is_ok() {}
            pair.pump();
            let mut receiver = pair.listener.core.receiver(*receiver).unwrap();
            let id = receiver.id();
            deliveries.extend(std::iter::from_fn(|| receiver.recv()).map(|delivery| (id, delivery.id)));
        }
        for (receiver, delivery) in deliveries.drain(..settle.min(deliveries.len())) {
            pair.listener.core.receiver(receiver).unwrap().accept_delivery(delivery).unwrap();
        }
        pair.pump();
    };
    let mut unsettled = Vec::new();
    // Never settled, then all, then one by one.
    for settle in [vec![0; 20], vec![usize::MAX; 3], vec![1; 20]].concat() {
        round(&mut pair, settle);
        let snapshot = pair.listener.core.snapshot();
        unsettled.push(snapshot.sessions[0].unsettled_incoming.try_into().unwrap());
    }
    unsettled
}

#[test]
fn automatic_credit_respects_what_may_be_unsettled() {
    for (max, window) in [(10, 1000), (10, 10), (10, 3), (1, 1000)] {
        let unsettled = unsettled_at_most(max, window, 1);
        assert!(unsettled.iter().all(|unsettled| *unsettled <= max), "{max} {window}: {unsettled:?}");
        assert_eq!(unsettled[19], max, "all of it is used");
        assert!(unsettled[20..23].iter().all(|unsettled| *unsettled <= max - max.min(window)), "{unsettled:?}");
        assert!(unsettled[42] >= max.saturating_sub(1), "it goes on: {unsettled:?}");
    }
    let unsettled = unsettled_at_most(10, 1000, 3);
    assert!(unsettled.iter().all(|unsettled| *unsettled <= 30), "{unsettled:?}");
    assert!(unsettled[42] >= 9, "{unsettled:?}");
}
