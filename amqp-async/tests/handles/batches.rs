//! Deliveries taken together, settled together, and as a stream.

use crate::support::*;
use amqp_async::proto::CreditMode;
use amqp_async::proto::codec::{self, Outcome};
use amqp_async::{Batch, BatchOptions, Delivery, Error, Receiver, Sender, Settlement};
use futures_core::Stream;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

fn submit(pair: &Pair, sender: &Sender, numbers: std::ops::Range<u64>) -> Vec<Settlement> {
    numbers.map(|number| pair.world.run(sender.submit(codec::Value::from(number))).unwrap()).collect()
}

fn number(delivery: &Delivery) -> u64 {
    match delivery.message().unwrap().body.as_value() {
        Some(codec::Value::Ulong(number)) => *number,
        other => panic!("{other:?}"),
    }
}

fn numbers(batch: &Batch) -> Vec<u64> {
    batch.iter().map(number).collect()
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_batch_is_what_is_there() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(100));
    let settlements = submit(&pair, &sender, 0..7);
    pair.world.settle();
    let batch = pair.world.run(receiver.recv_batch(BatchOptions::new(5))).unwrap();
    assert_eq!(numbers(&batch), [0, 1, 2, 3, 4]);
    let rest = pair.world.run(receiver.recv_batch(BatchOptions::new(5))).unwrap();
    assert_eq!(numbers(&rest), [5, 6]);
    let before = pair.listener.snapshot().frames_out;
    batch.accept().unwrap();
    pair.world.settle();
    assert_eq!(pair.listener.snapshot().frames_out - before, 1, "B-10: one disposition for all");
    rest.reject(None).unwrap();
    for (number, settlement) in settlements.into_iter().enumerate() {
        let outcome = pair.world.run(settlement).unwrap();
        assert_eq!(matches!(outcome, Outcome::Accepted), number < 5, "{number}: {outcome:?}");
    }
}

#[test]
fn what_is_taken_out_of_a_batch_is_settled_by_itself() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(100));
    let settlements = submit(&pair, &sender, 0..7);
    pair.world.settle();
    let batch = pair.world.run(receiver.recv_batch(BatchOptions::new(7))).unwrap();
    let mut deliveries: Vec<Delivery> = batch.into_iter().collect();
    deliveries.remove(3).release().unwrap();
    // not in the order in which they came
    deliveries.swap(0, 1);
    Batch::from_iter(deliveries).accept().unwrap();
    for (number, settlement) in settlements.into_iter().enumerate() {
        let outcome = pair.world.run(settlement).unwrap();
        let expected = if number == 3 { Outcome::Released } else { Outcome::Accepted };
        assert_eq!(outcome, expected, "{number}");
    }
    assert_eq!(receiver.unsettled(), 0);
}

#[test]
fn a_batch_may_be_larger_than_the_credit() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(4));
    pair.world.spawn("send", async move {
        for number in 0..50_u64 {
            drop(sender.submit(codec::Value::from(number)).await.unwrap());
        }
        std::future::pending::<()>().await;
    });
    let options = BatchOptions { linger: SECOND, ..BatchOptions::new(30) };
    let start = pair.world.now();
    let batch = pair.world.run_within(SECOND, receiver.recv_batch(options)).unwrap().unwrap();
    assert_eq!(numbers(&batch), (0..30).collect::<Vec<_>>());
    assert_eq!(pair.world.now(), start, "without waiting");
    batch.release().unwrap();
}

#[test]
fn lingering_and_deadlines() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(100));
    // nothing there: an empty batch at the deadline
    let options = BatchOptions { linger: SECOND, deadline: Some(SECOND * 3), ..BatchOptions::new(5) };
    let start = pair.world.now();
    let batch = pair.world.run_within(SECOND * 9, receiver.recv_batch(options)).unwrap().unwrap();
    assert!(batch.is_empty());
    assert_eq!(pair.world.now() - start, SECOND * 3);
    // something there: lingers for more
    let receiver = Rc::new(receiver);
    let receiving = Rc::clone(&receiver);
    let _settlements = submit(&pair, &sender, 0..1);
    pair.world.settle();
    let gathering = pair.world.spawn("gather", async move { receiving.recv_batch(options).await });
    pair.world.settle();
    pair.world.advance(SECOND / 2);
    let _more = submit(&pair, &sender, 1..3);
    pair.world.settle();
    assert!(gathering.take().is_none(), "there may be more");
    pair.world.advance(SECOND / 2);
    let batch = gathering.take().expect("its time is over").unwrap();
    assert_eq!(numbers(&batch), [0, 1, 2]);
    batch.accept().unwrap();
    // the deadline holds for lingering too
    let _settlements = submit(&pair, &sender, 0..1);
    let options = BatchOptions { linger: SECOND * 10, deadline: Some(SECOND), ..BatchOptions::new(5) };
    let start = pair.world.now();
    let batch = pair.world.run_within(SECOND * 9, receiver.recv_batch(options)).unwrap().unwrap();
    assert_eq!((batch.len(), pair.world.now() - start), (1, SECOND));
    batch.accept().unwrap();
}

#[test]
fn recv_with_a_deadline() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(100));
    let start = pair.world.now();
    assert!(pair.world.run_within(SECOND * 9, receiver.recv_timeout(SECOND)).unwrap().unwrap().is_none());
    assert_eq!(pair.world.now() - start, SECOND);
    let settlements = submit(&pair, &sender, 0..1);
    let delivery = pair.world.run(receiver.recv_timeout(SECOND)).unwrap().expect("it is there");
    delivery.accept().unwrap();
    drop((sender, settlements));
    pair.world.settle();
    assert!(pair.world.run(receiver.recv_timeout(SECOND)).is_err());
}

#[test]
fn what_a_dropped_batch_had_taken_is_given_out_again_in_order() {
    // more polls each time, until the batch is complete within them
    for polls in 0..20 {
        let pair = Pair::open();
        let sessions = pair.session();
        let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(4));
        let sending = pair.world.spawn("send", async move {
            for number in 0..20_u64 {
                drop(sender.submit(codec::Value::from(number)).await.unwrap());
            }
            sender
        });
        let options = BatchOptions { linger: SECOND, ..BatchOptions::new(12) };
        let batch = poll_at_most(&pair.world, polls, receiver.recv_batch(options));
        let done = batch.is_some();
        let mut got = Vec::new();
        if let Some(batch) = batch {
            let batch = batch.unwrap();
            got.extend(numbers(&batch));
            batch.accept().unwrap();
        }
        while got.len() < 20 {
            let delivery = pair.world.run(receiver.recv()).unwrap();
            got.push(number(&delivery));
            delivery.accept().unwrap();
        }
        assert_eq!(got, (0..20).collect::<Vec<_>>(), "{polls} polls");
        pair.world.settle();
        assert_eq!((receiver.unsettled(), sending.take().unwrap().unsettled()), (0, 0));
        if done {
            assert!(polls > 1);
            return;
        }
    }
    panic!("it never completes");
}

#[test]
fn what_a_dropped_batch_had_taken_calls_whoever_waits() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(4));
    let receiver = Rc::new(receiver);
    let (gathering, receiving) = (Rc::clone(&receiver), Rc::clone(&receiver));
    let options = BatchOptions { linger: SECOND, ..BatchOptions::new(12) };
    let batch = pair.world.spawn("batch", async move { gathering.recv_batch(options).await });
    pair.world.settle();
    let one = pair.world.spawn("one", async move { receiving.recv().await });
    let _settlements = submit(&pair, &sender, 0..1);
    pair.world.settle();
    assert!(one.take().is_none(), "the batch was first");
    batch.cancel();
    pair.world.settle();
    assert_eq!(number(&one.take().expect("it was called").unwrap()), 0);
}

#[test]
fn a_receiver_dropped_with_what_a_batch_left_releases_it() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(4));
    let settlements = submit(&pair, &sender, 0..2);
    pair.world.settle();
    let options = BatchOptions { linger: SECOND, ..BatchOptions::new(12) };
    assert!(poll_at_most(&pair.world, 3, receiver.recv_batch(options)).is_none());
    drop(receiver);
    for settlement in settlements {
        assert!(matches!(pair.world.run(settlement), Ok(Outcome::Released)));
    }
}

#[test]
fn deliveries_of_several_links_are_settled_together() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (one, first) = pair.sending(&sessions, CreditMode::Auto(100));
    let (other, second) = pair.sending(&sessions, CreditMode::Auto(100));
    let (ones, others) = (submit(&pair, &one, 0..3), submit(&pair, &other, 3..6));
    pair.world.settle();
    let take = |receiver: &Receiver| pair.world.run(receiver.recv_batch(BatchOptions::new(9))).unwrap();
    let mut batch = take(&first);
    batch.extend(take(&second));
    let mut deliveries: Vec<_> = batch.into_iter().collect();
    deliveries.remove(1).reject(None).unwrap();
    deliveries.into_iter().rev().collect::<Batch>().accept().unwrap();
    let outcomes: Vec<_> =
        ones.into_iter().chain(others).map(|settlement| pair.world.run(settlement).unwrap()).collect();
    assert!(matches!(outcomes[1], Outcome::Rejected(_)));
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Accepted).count(), 5);
}

#[test]
fn settling_a_batch_of_a_link_that_is_gone_says_why() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(100));
    let _settlements = submit(&pair, &sender, 0..3);
    pair.world.settle();
    let batch = pair.world.run(receiver.recv_batch(BatchOptions::new(9))).unwrap();
    pair.world.run(sender.close()).unwrap();
    let error = batch.accept().unwrap_err();
    assert!(matches!(error, Error::Detached(_)), "{error:?}");
}

async fn next(receiver: &mut Receiver) -> Option<Result<Delivery, Error>> {
    poll_fn(|cx| Pin::new(&mut *receiver).poll_next(cx)).await
}

#[test]
fn a_receiver_is_a_stream() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, mut receiver) = pair.sending(&sessions, CreditMode::Auto(4));
    assert!(poll_at_most(&pair.world, 2, next(&mut receiver)).is_none());
    let mut settlements = submit(&pair, &sender, 0..1);
    // the place that the dropped future left does not keep others from being called
    let delivery = pair.world.run(receiver.recv()).unwrap();
    assert_eq!(number(&delivery), 0);
    delivery.accept().unwrap();
    assert!(poll_at_most(&pair.world, 2, next(&mut receiver)).is_none());
    let mut receiving = Box::pin(receiver.recv());
    let signal = Signal::new();
    let waker = std::task::Waker::from(std::sync::Arc::clone(&signal));
    let mut cx = std::task::Context::from_waker(&waker);
    assert!(receiving.as_mut().poll(&mut cx).is_pending());
    settlements.extend(submit(&pair, &sender, 1..2));
    pair.world.settle();
    assert!(receiving.as_mut().poll(&mut cx).is_ready(), "it was called");
    assert_eq!(signal.count.load(std::sync::atomic::Ordering::SeqCst), 1);
    drop(receiving);
    for expected in 2..20 {
        settlements.extend(submit(&pair, &sender, expected..expected + 1));
        let delivery = pair.world.run(next(&mut receiver)).unwrap().unwrap();
        assert_eq!(number(&delivery), expected);
        delivery.accept().unwrap();
    }
    drop((sender, settlements));
    assert!(pair.world.run(next(&mut receiver)).is_none(), "a clean end");
    assert!(pair.world.run(next(&mut receiver)).is_none());
}

#[test]
fn a_stream_ends_with_the_error_once() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (_sender, mut receiver) = pair.sending(&sessions, CreditMode::Auto(4));
    pair.tap.reset();
    assert!(matches!(pair.world.run(next(&mut receiver)), Some(Err(Error::Transport(_)))));
    assert!(pair.world.run(next(&mut receiver)).is_none());
}
