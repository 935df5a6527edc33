//! Receivers that settle second (§2.6.12): the sender settles in between, and either side can know.

use crate::support::*;
use amqp_async::proto::Misuse;
use amqp_async::proto::codec::{self, Condition, Modified, Outcome, Rejected};
use amqp_async::{Batch, BatchOptions, Error, OnDrop, Step};
use std::time::Duration;

#[test]
fn an_outcome_is_reported_and_settled_when_the_sender_has() {
    // B-04
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending_second(&sessions);
    let settlement = pair.world.run(sender.submit("x")).unwrap();
    let delivery = pair.world.run(receiver.recv()).unwrap();
    pair.client_driver.freeze();
    delivery.accept().unwrap();
    pair.world.settle();
    assert_eq!(receiver.unsettled(), 1, "not before the sender");
    drop(settlement);

    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending_second(&sessions);
    let settlement = pair.world.run(sender.submit("x")).unwrap();
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
    pair.world.settle();
    assert_eq!((sender.unsettled(), receiver.unsettled()), (0, 0));
}

#[test]
fn the_confirmation_comes_when_the_sender_has_settled() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending_second(&sessions);
    let settlement = pair.world.run(sender.submit("x")).unwrap();
    let delivery = pair.world.run(receiver.recv()).unwrap();
    let confirmation = delivery.settle_confirmed(Outcome::Accepted).unwrap();
    let waiting = pair.world.spawn("confirmation", confirmation);
    assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
    pair.world.settle();
    assert!(matches!(waiting.take(), Some(Ok(()))));
    assert_eq!(receiver.unsettled(), 0);
}

#[test]
fn nothing_to_confirm_where_the_receiver_settles_first() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, amqp_async::proto::CreditMode::Auto(10));
    let settlement = pair.world.run(sender.submit("x")).unwrap();
    let delivery = pair.world.run(receiver.recv()).unwrap();
    let confirmation = delivery.settle_confirmed(Outcome::Released).unwrap();
    assert_eq!(receiver.unsettled(), 0);
    assert!(pair.world.run(confirmation).is_ok());
    assert!(matches!(pair.world.run(settlement), Ok(Outcome::Released)));
}

#[test]
fn a_confirmation_has_its_deadline_and_learns_why_it_will_not_come() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending_second(&sessions);
    for _ in 0..2 {
        drop(pair.world.run(sender.submit("x")).unwrap());
    }
    let first = pair.world.run(receiver.recv()).unwrap();
    let second = pair.world.run(receiver.recv()).unwrap();
    pair.client_driver.freeze();
    let first = first.settle_confirmed(Outcome::Accepted).unwrap();
    let start = pair.world.now();
    let error = pair.world.run_within(STEP * 2, first).expect("a deadline").unwrap_err();
    assert!(matches!(error, Error::Timeout(Step::Settle)), "{error:?}");
    assert_eq!(pair.world.now() - start, STEP);
    let second = second.settle_confirmed(Outcome::Accepted).unwrap();
    let waiting = pair.world.spawn("confirmation", second);
    pair.world.settle();
    pair.tap.reset();
    pair.world.settle();
    assert!(matches!(waiting.take(), Some(Err(Error::Transport(_)))));
}

#[test]
fn what_is_dropped_follows_the_policy() {
    for (on_drop, outcome) in [
        (OnDrop::Release, Some(Outcome::Released)),
        (OnDrop::Fail, Some(Outcome::Modified(Box::new(Modified { delivery_failed: true, ..Modified::default() })))),
        (OnDrop::LeaveUnsettled, None),
    ] {
        for second in [false, true] {
            let pair = Pair::open();
            let sessions = pair.session();
            let (sender, receiver) = if second {
                pair.sending_second(&sessions)
            } else {
                pair.sending(&sessions, amqp_async::proto::CreditMode::Auto(10))
            };
            receiver.set_on_drop(on_drop);
            let settlement = pair.world.run(sender.submit("x")).unwrap();
            drop(pair.world.run(receiver.recv()).unwrap());
            let got = pair.world.run_within(Duration::ZERO, settlement).map(Result::unwrap);
            assert_eq!(got, outcome, "{on_drop:?}, second: {second}");
        }
    }
}

#[test]
fn a_batch_settles_second_too() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending_second(&sessions);
    for _ in 0..20 {
        drop(pair.world.run(sender.submit("x")).unwrap());
    }
    pair.world.settle();
    let batch: Batch = pair.world.run(receiver.recv_batch(BatchOptions::new(20))).unwrap();
    assert_eq!(batch.len(), 20);
    batch.accept().unwrap();
    pair.world.run(sender.flush()).unwrap();
    pair.world.settle();
    assert_eq!((sender.unsettled(), receiver.unsettled()), (0, 0));
}

#[test]
fn an_outcome_that_no_frame_carries_leaves_its_delivery_unsettled() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending_second(&sessions);
    let settlements = ["1", "2"].map(|message| pair.world.run(sender.submit(message)).unwrap());
    let deliveries = [(); 2].map(|()| pair.world.run(receiver.recv()).unwrap());
    let too_much = || {
        let error = codec::Error::new(Condition::INTERNAL_ERROR, "x".repeat(1 << 21));
        Outcome::Rejected(Box::new(Rejected { error: Some(error) }))
    };
    let [first, second] = deliveries;
    assert!(matches!(first.settle(too_much()), Err(Error::Misuse(Misuse::FrameSize))));
    assert!(matches!(second.settle_confirmed(too_much()), Err(Error::Misuse(Misuse::FrameSize))));
    pair.world.settle();
    assert_eq!((sender.unsettled(), receiver.unsettled()), (2, 2), "and not released");
    drop(settlements);
}
