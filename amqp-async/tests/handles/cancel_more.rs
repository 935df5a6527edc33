//! As [`cancel`](super::cancel), for pieces, batches, confirmations and what has a deadline of its own.

use crate::support::*;
use amqp_async::proto::codec::{Message, Outcome};
use amqp_async::proto::{CreditMode, LinkOptions, Outgoing, Resume};
use amqp_async::{Receiver, Sender, Session};
use std::time::Duration;

/// A link from the client to the listener, and what it lives on.
struct Line {
    pair: Pair,
    _sessions: (Session, Session),
    sender: Sender,
    receiver: Receiver,
}

/// Runs `attempt` with one more poll each time until it says that it completes within its polls.
fn with_more_polls(mut attempt: impl FnMut(usize) -> bool) {
    let completes = (0..200).find(|polls| attempt(*polls)).expect("it never completes");
    assert!(completes > 0, "nothing was tested");
}

/// The same on a fresh link each time; then a message must make its way, and both ends count the same.
fn at_every_point(credit: CreditMode, attempt: impl Fn(&Line, usize) -> bool) {
    with_more_polls(|polls| {
        let pair = Pair::open();
        let sessions = pair.session();
        let (sender, receiver) = pair.sending(&sessions, credit);
        let line = Line { pair, _sessions: sessions, sender, receiver };
        let done = attempt(&line, polls);
        line.check();
        done
    });
}

/// The same for what ends the link from one side: the other sees it end as soon as that was polled once.
fn ends_once_polled(
    attempt: impl Fn(&Pair, usize, &Sender, &Receiver) -> bool,
    ended: impl Fn(&Sender, &Receiver) -> bool,
) {
    with_more_polls(|polls| {
        let pair = Pair::open();
        let sessions = pair.session();
        let (sender, receiver) = pair.sending_as(&sessions, LinkOptions::sender("name", "queue"), |_| {});
        let done = attempt(&pair, polls, &sender, &receiver);
        pair.world.settle();
        assert_eq!(ended(&sender, &receiver), polls > 0, "once polled it takes its course");
        drop((sender, receiver));
        pair.check_sound();
        done
    });
}

impl Line {
    #[track_caller]
    fn check(&self) {
        let Self { pair, sender, receiver, .. } = self;
        if receiver.credit() == 0 {
            receiver.add_credit(1).unwrap();
        }
        pair.world.settle();
        let settlement = pair.world.run(sender.submit("next")).unwrap();
        let delivery = loop {
            let delivery = pair.world.run(receiver.recv()).unwrap();
            match delivery.message() {
                Ok(message) if message.body.as_str() == Some("next") => break delivery,
                _ => delivery.release().unwrap(),
            }
        };
        delivery.accept().unwrap();
        assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
        pair.world.settle();
        assert_eq!((sender.unsettled(), receiver.unsettled()), (0, 0));
        assert_eq!(sender.credit(), receiver.credit(), "both ends count the same credit");
        pair.check_sound();
    }
}

#[test]
fn beginning_a_message_in_pieces() {
    at_every_point(CreditMode::Auto(10), |line, polls| {
        // whatever comes of it is dropped at once
        poll_at_most(&line.pair.world, polls, line.sender.writer(Outgoing::new(vec![1; 100_000]))).is_some()
    });
    at_every_point(CreditMode::Manual, |line, polls| {
        assert!(poll_at_most(&line.pair.world, polls, line.sender.writer(Outgoing::default())).is_none());
        polls == 5
    });
}

#[test]
fn writing_a_piece() {
    at_every_point(CreditMode::Auto(10), |line, polls| {
        let mut writer = line.pair.world.run(line.sender.writer(Outgoing::new(vec![1; 100_000]))).unwrap();
        let done = poll_at_most(&line.pair.world, polls, writer.write(vec![2; 100_000])).is_some();
        // it can be gone on with
        let settlement = line.pair.world.run(writer.finish(vec![3; 10])).unwrap();
        let delivery = line.pair.world.run(line.receiver.recv()).unwrap();
        let expected = 100_010 + if done { 100_000 } else { 0 };
        assert_eq!(delivery.payload().len(), expected, "all of a piece or nothing");
        delivery.accept().unwrap();
        assert!(matches!(line.pair.world.run(settlement), Ok(Outcome::Accepted)));
        done
    });
}

#[test]
fn finishing_a_message_in_pieces() {
    at_every_point(CreditMode::Auto(10), |line, polls| {
        let writer = line.pair.world.run(line.sender.writer(Outgoing::new(vec![1; 100_000]))).unwrap();
        let done = poll_at_most(&line.pair.world, polls, writer.finish(vec![2; 100_000])).is_some();
        line.pair.world.settle();
        let got = line.receiver.try_recv().unwrap().map(|delivery| delivery.payload().len());
        assert_eq!(got, done.then_some(200_000), "whole or not at all");
        done
    });
}

#[test]
fn reading_in_pieces() {
    at_every_point(CreditMode::Auto(10), |line, polls| {
        let settlement = line.pair.world.run(line.sender.submit(vec![1; 50_000])).unwrap();
        let reader = poll_at_most(&line.pair.world, polls, line.receiver.reader());
        let done = reader.is_some();
        drop(reader);
        if !done {
            line.pair.world.run(line.receiver.recv()).unwrap().release().unwrap();
        }
        assert!(matches!(line.pair.world.run(settlement), Ok(Outcome::Released)));
        done
    });
    at_every_point(CreditMode::Auto(10), |line, polls| {
        let mut reader = Box::pin(line.receiver.reader());
        assert!(poll_at_most(&line.pair.world, 1, reader.as_mut()).is_none());
        let mut writer = line.pair.world.run(line.sender.writer(Outgoing::new(&b"one"[..]))).unwrap();
        let mut reader = line.pair.world.run(reader).unwrap();
        assert_eq!(line.pair.world.run(reader.piece()).unwrap().unwrap(), "one");
        line.pair.world.run(writer.write(&b"two"[..])).unwrap();
        let piece = poll_at_most(&line.pair.world, polls, reader.piece());
        let done = piece.is_some();
        let piece = piece.unwrap_or_else(|| line.pair.world.run(reader.piece()));
        assert_eq!(piece.unwrap().unwrap(), "two", "a dropped future takes nothing");
        let settlement = line.pair.world.run(writer.finish(Vec::new())).unwrap();
        assert!(line.pair.world.run(reader.piece()).unwrap().is_none());
        reader.accept().unwrap();
        assert!(matches!(line.pair.world.run(settlement), Ok(Outcome::Accepted)));
        done
    });
}

#[test]
fn flush() {
    at_every_point(CreditMode::Auto(10), |line, polls| {
        let settlement = line.pair.world.run(line.sender.submit("x")).unwrap();
        assert!(poll_at_most(&line.pair.world, polls.min(3), line.sender.flush()).is_none());
        line.pair.world.run(line.receiver.recv()).unwrap().accept().unwrap();
        let done = poll_at_most(&line.pair.world, polls, line.sender.flush()).is_some();
        assert!(matches!(line.pair.world.run(settlement), Ok(Outcome::Accepted)));
        done
    });
}

#[test]
fn sending_and_receiving_within_a_time() {
    let limit = Duration::from_secs(1);
    at_every_point(CreditMode::Auto(10), |line, polls| {
        let sent = poll_at_most(&line.pair.world, polls, line.sender.send_timeout("x", limit));
        assert!(sent.is_none(), "nobody settles it");
        line.pair.world.settle();
        let got = line.receiver.try_recv().unwrap();
        assert_eq!(got.is_some(), polls > 0, "once polled it is handed over, since nothing blocks");
        polls == 4
    });
    at_every_point(CreditMode::Manual, |line, polls| {
        assert!(poll_at_most(&line.pair.world, polls, line.sender.send_timeout("x", limit)).is_none());
        polls == 4
    });
    at_every_point(CreditMode::Auto(10), |line, polls| {
        let settlement = line.pair.world.run(line.sender.submit("x")).unwrap();
        let got = poll_at_most(&line.pair.world, polls, line.receiver.recv_timeout(limit));
        let done = got.is_some();
        match got {
            Some(delivery) => delivery.unwrap().unwrap().accept().unwrap(),
            None => line.pair.world.run(line.receiver.recv()).unwrap().accept().unwrap(),
        }
        assert!(matches!(line.pair.world.run(settlement), Ok(Outcome::Accepted)));
        done
    });
}

#[test]
fn confirmation() {
    with_more_polls(|polls| {
        let pair = Pair::open();
        let sessions = pair.session();
        let (sender, receiver) = pair.sending_second(&sessions);
        let settlement = pair.world.run(sender.submit("x")).unwrap();
        let delivery = pair.world.run(receiver.recv()).unwrap();
        let confirmation = delivery.settle_confirmed(Outcome::Accepted).unwrap();
        let done = poll_at_most(&pair.world, polls, confirmation).is_some();
        assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
        pair.world.settle();
        assert_eq!((sender.unsettled(), receiver.unsettled()), (0, 0), "it is settled whoever looks");
        pair.check_sound();
        done
    });
}

#[test]
fn drain() {
    with_more_polls(|polls| {
        let pair = Pair::open();
        let sessions = pair.session();
        let (receiver, sender) = pair.receiving(&sessions, CreditMode::Auto(10));
        let done = poll_at_most(&pair.world, polls, receiver.drain_timeout(STEP)).is_some();
        pair.world.settle();
        assert_eq!(sender.credit() == 0, polls > 0);
        receiver.set_credit_mode(CreditMode::Auto(10)).unwrap();
        pair.world.settle();
        assert_eq!((sender.credit(), receiver.credit()), (10, 10), "automatic again");
        pair.check_sound();
        done
    });
}

#[test]
fn detach_and_close() {
    let sender_gone = |sender: &Sender, _: &Receiver| sender.snapshot().is_none();
    let receiver_gone = |_: &Sender, receiver: &Receiver| receiver.snapshot().is_none();
    let detach =
        |pair: &Pair, polls, sender: &Sender, _: &Receiver| poll_at_most(&pair.world, polls, sender.detach()).is_some();
    ends_once_polled(detach, receiver_gone);
    let close =
        |pair: &Pair, polls, sender: &Sender, _: &Receiver| poll_at_most(&pair.world, polls, sender.close()).is_some();
    ends_once_polled(close, receiver_gone);
    let detach = |pair: &Pair, polls, _: &Sender, receiver: &Receiver| {
        poll_at_most(&pair.world, polls, receiver.detach()).is_some()
    };
    ends_once_polled(detach, sender_gone);
    let close = |pair: &Pair, polls, _: &Sender, receiver: &Receiver| {
        poll_at_most(&pair.world, polls, receiver.close()).is_some()
    };
    ends_once_polled(close, sender_gone);
}

#[test]
fn waiting_for_an_end() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    for polls in 0..4 {
        assert!(poll_at_most(&pair.world, polls, sessions.0.ended()).is_none());
        assert!(poll_at_most(&pair.world, polls, sender.detached()).is_none());
        assert!(poll_at_most(&pair.world, polls, receiver.detached()).is_none());
        assert!(poll_at_most(&pair.world, polls, pair.client.closed()).is_none());
        assert!(poll_at_most(&pair.world, polls, sender.ready()).is_some() == (polls > 0));
    }
    pair.check_sound();
}

#[test]
fn suspending_and_waiting_for_what_is_resumed() {
    // its `suspend` takes its course as `detach` does, and nothing of what is left or resumed is lost
    with_more_polls(|polls| {
        let pair = Pair::open();
        let sessions = pair.session();
        let options = |resume| LinkOptions { resume, ..LinkOptions::sender("name", "queue") };
        let (sender, receiver) =
            pair.sending_as(&sessions, options(Resume::keep()), |options| options.resume = Resume::keep());
        let settlement = pair.world.run(sender.submit("here")).unwrap();
        pair.world.run(receiver.recv()).unwrap().leave_unsettled();
        let suspended = poll_at_most(&pair.world, polls, sender.suspend());
        let left = match suspended {
            Some(left) => left.unwrap(),
            None => pair.world.run(sender.suspend()).unwrap(),
        };
        pair.world.settle();
        drop(settlement);
        let theirs = receiver.take_unsettled().unwrap();
        assert_eq!((left.len(), theirs.len()), (1, 1));
        let (sender, receiver) =
            pair.sending_as(&sessions, options(Resume::with(left)), |options| options.resume = Resume::with(theirs));
        let comparison = sender.comparison().unwrap();
        assert!(comparison.remembers);
        let tag = comparison.deliveries[0].tag;
        let again = Outgoing::new(Message::from("here").to_bytes());
        let settlement = pair.world.run(sender.resume_encoded(tag, again)).unwrap();
        let resumed = poll_at_most(&pair.world, polls, receiver.resumed());
        let done = resumed.is_some();
        let delivery = resumed.unwrap_or_else(|| pair.world.run(receiver.resumed())).unwrap();
        assert_eq!((delivery.tag(), delivery.payload().len()), (tag, 0));
        delivery.accept().unwrap();
        assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
        assert!(receiver.try_recv().unwrap().is_none(), "it comes no second time");
        drop((sender, receiver));
        pair.check_sound();
        done
    });
}
