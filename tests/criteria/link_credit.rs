//! S7: credit-based flow control (§2.6.7).

use crate::sim::{Chance, NEAR, Sim, send_all, take_all};
use amqp_proto::codec::SequenceNo;
use amqp_proto::{
    CreditMode, CreditRenewal, CreditUntil, DeliveryId, LinkOptions, LinkSnapshot, Outgoing, ReceiverId, SenderId,
    SessionOptions,
};
use std::time::Duration;

fn auto(credit: u32) -> LinkOptions {
    LinkOptions { credit: CreditMode::Auto(credit), ..LinkOptions::receiver("a", "q") }
}

#[test]
fn s7_2_automatic_credit_keeps_a_distant_sender_busy_with_few_flows() {
    let round_trip = Duration::from_millis(50);
    let mut sim = Sim::new(round_trip / 2);
    let (session, _) = sim.session(SessionOptions::default(), SessionOptions::default());
    // half of it is what is left when it is renewed, by default
    let (sender, receiver) = sim.link(session, LinkOptions::sender("a", "q"), auto(300));
    let flows = sim.said("Flow");
    let (mut sent, mut taken) = (0, 0);
    let message = Outgoing::new("one of many");
    let time = Duration::from_secs(20);
    sim.run(time, |pair| {
        let (more, done) = (send_all(&mut pair.client, sender, &message), take_all(&mut pair.listener, receiver));
        (sent, taken) = (sent + more, taken + done);
        more + done > 0
    });
    let ideal = 300 * usize::try_from(time.as_millis() / round_trip.as_millis()).unwrap();
    assert!(taken * 100 >= ideal * 95, "{taken} of {ideal}");
    let flows = sim.said("Flow") - flows;
    assert!(flows <= taken / 150 + 2, "{flows} flows for {taken} messages");
    assert!(sent >= taken);
}

#[test]
fn s7_3_renewed_on_settlement_no_more_is_out_and_unsettled_than_was_granted() {
    const MOST: u32 = 20;
    for seed in 0..20 {
        let mut chance = Chance(seed);
        let mut sim = Sim::new(Duration::from_millis(5));
        let (session, _) = sim.session(SessionOptions::default(), SessionOptions::default());
        let low_water = (seed % 2 == 0).then_some(u32::MAX);
        let renewal = CreditRenewal { until: CreditUntil::Settled, low_water };
        let options = LinkOptions { credit_renewal: renewal, ..auto(MOST) };
        let (sender, receiver) = sim.link(session, LinkOptions::sender("a", "q"), options);
        let mut held: Vec<DeliveryId> = Vec::new();
        let (mut settled, mut fullest) = (0, 0);
        for _ in 0..500 {
            let step = Duration::from_millis(chance.below(4));
            sim.run(step, |pair| {
                let message = Outgoing::new("held for a while");
                let more = send_all(&mut pair.client, sender, &message);
                let mut receiver = pair.listener.core.receiver(receiver).unwrap();
                assert!(receiver.credit() + receiver.unsettled() <= MOST, "the receiver's account");
                let sender = pair.client.core.sender(sender).unwrap();
                assert!(sender.credit() + sender.unsettled() <= MOST, "the sender's account");
                fullest = fullest.max(receiver.unsettled());
                if chance.below(3) == 0 {
                    held.extend(receiver.recv().map(|delivery| delivery.id));
                }
                if !held.is_empty() && chance.below(3) == 0 {
                    let place = usize::try_from(chance.below(held.len() as u64)).unwrap();
                    receiver.accept_delivery(held.swap_remove(place)).unwrap();
                    settled += 1;
                }
                more > 0
            });
        }
        assert!(settled > 10 * MOST && fullest == MOST, "seed {seed}: {settled} settled, {fullest} at once");
    }
}

/// What either end says of a link.
fn accounts(sim: &mut Sim, sender: SenderId, receiver: ReceiverId) -> [LinkSnapshot; 2] {
    let ours = sim.pair.client.core.sender(sender).unwrap().snapshot().unwrap();
    let theirs = sim.pair.listener.core.receiver(receiver).unwrap().snapshot().unwrap();
    [ours, theirs]
}

#[test]
fn s7_6_delivery_count_and_credit_wrap() {
    let near = SessionOptions { next_outgoing_id: NEAR, initial_delivery_id: NEAR, ..SessionOptions::default() };
    let begins = LinkOptions { initial_delivery_count: NEAR, ..LinkOptions::sender("a", "q") };
    let message = Outgoing::new("counted");
    // by hand, in steps that end before, at and beyond the end of the range
    let mut sim = Sim::new(Duration::from_millis(1));
    let (session, _) = sim.session(near.clone(), near.clone());
    let by_hand = LinkOptions { credit: CreditMode::Manual, ..LinkOptions::receiver("a", "q") };
    let (sender, receiver) = sim.link(session, begins.clone(), by_hand);
    let mut count = NEAR;
    for grant in [2, 1, 1, 5, u32::MAX, 7] {
        sim.pair.listener.core.receiver(receiver).unwrap().set_credit(grant).unwrap();
        sim.rest();
        for account in accounts(&mut sim, sender, receiver) {
            assert_eq!((account.delivery_count, account.link_credit), (count, grant));
        }
        let mut use_up = grant.min(10);
        while use_up > 0 {
            sim.pair.client.core.sender(sender).unwrap().send(message.clone()).unwrap();
            (count, use_up) = (count + 1, use_up - 1);
        }
        sim.rest();
        assert_eq!(take_all(&mut sim.pair.listener, receiver), usize::try_from(grant.min(10)).unwrap());
        for account in accounts(&mut sim, sender, receiver) {
            assert_eq!((account.delivery_count, account.link_credit), (count, grant - grant.min(10)));
        }
    }
    // a drain that gives credit back across it
    let mut sim = Sim::new(Duration::from_millis(1));
    let (session, _) = sim.session(near.clone(), near.clone());
    let (sender, receiver) = sim.link(session, begins.clone(), auto(0));
    sim.pair.listener.core.receiver(receiver).unwrap().set_credit(10).unwrap();
    sim.pair.listener.core.receiver(receiver).unwrap().drain().unwrap();
    sim.rest();
    sim.pair.client.core.sender(sender).unwrap().drained().unwrap();
    sim.rest();
    for account in accounts(&mut sim, sender, receiver) {
        assert_eq!((account.delivery_count, account.link_credit), (SequenceNo(7), 0));
    }
    // and automatically, for some time
    let mut sim = Sim::new(Duration::from_millis(1));
    let (session, _) = sim.session(near.clone(), near);
    let (sender, receiver) = sim.link(session, begins, auto(8));
    let (mut sent, mut taken) = (0, 0);
    sim.run(Duration::from_secs(1), |pair| {
        let more = send_all(&mut pair.client, sender, &message);
        let done = take_all(&mut pair.listener, receiver);
        (sent, taken) = (sent + more, taken + done);
        more + done > 0 && sent < 1000
    });
    sim.rest();
    taken += take_all(&mut sim.pair.listener, receiver);
    assert!(sent >= 1000 && sent == taken, "{sent} sent, {taken} taken");
    sim.rest();
    let [ours, theirs] = accounts(&mut sim, sender, receiver);
    assert_eq!(ours.delivery_count, NEAR + u32::try_from(sent).unwrap());
    assert_eq!((ours.delivery_count, ours.link_credit), (theirs.delivery_count, theirs.link_credit));
    assert_eq!((ours.unsettled, theirs.unsettled), (0, 0));
}
