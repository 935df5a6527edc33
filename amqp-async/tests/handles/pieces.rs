//! Messages written and read in pieces: larger than memory, aborted, settled early, and the link for others afterwards.

use crate::host::Host;
use crate::support::*;
use amqp_async::proto::codec::message::Body;
use amqp_async::proto::codec::{Condition, Message, Outcome, SenderSettleMode};
use amqp_async::proto::{CreditMode, LinkOptions, Misuse, Outgoing, SessionOptions};
use amqp_async::{DeliveryReader, DeliveryWriter, Error, Receiver, SendError, Sender, Session};
use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;

/// A link from the client to the listener, and what it lives on.
struct Line {
    pair: Pair,
    sessions: (Session, Session),
    sender: Sender,
    receiver: Receiver,
}

fn line() -> Line {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    Line { pair, sessions, sender, receiver }
}

impl Line {
    fn writer(&self) -> DeliveryWriter {
        self.pair.world.run(self.sender.writer(Outgoing::default())).unwrap()
    }

    fn write(&self, writer: &mut DeliveryWriter, piece: &'static [u8]) {
        self.pair.world.run(writer.write(piece)).unwrap();
        self.pair.world.settle();
    }

    fn reader(&self) -> DeliveryReader {
        self.pair.world.run(self.receiver.reader()).unwrap()
    }

    fn piece(&self, reader: &mut DeliveryReader) -> Vec<u8> {
        self.pair.world.run(reader.piece()).unwrap().expect("a piece").to_vec()
    }

    /// Another message makes its way on the same link, and both ends count the same.
    #[track_caller]
    fn check(&self) {
        let settlement = self.pair.world.run(self.sender.submit("next")).unwrap();
        let delivery = self.pair.world.run(self.receiver.recv()).unwrap();
        assert_eq!(delivery.message().unwrap().body.as_str(), Some("next"));
        delivery.accept().unwrap();
        assert!(matches!(self.pair.world.run(settlement), Ok(Outcome::Accepted)));
        self.pair.world.settle();
        assert_eq!((self.sender.unsettled(), self.receiver.unsettled()), (0, 0));
        assert_eq!(self.sender.credit(), self.receiver.credit());
        let windows = self.sessions.1.windows().unwrap();
        assert!(windows.incoming_window > 1000, "the window is whole: {windows:?}");
        self.pair.check_sound();
    }
}

#[test]
fn pieces_go_through_as_they_are_given() {
    let line = line();
    let mut writer = line.writer();
    line.write(&mut writer, b"one");
    let mut reader = line.reader();
    assert_eq!(line.piece(&mut reader), b"one", "before the message is whole");
    line.write(&mut writer, b"two");
    assert_eq!(line.piece(&mut reader), b"two");
    let settlement = line.pair.world.run(writer.finish(&b"three"[..])).unwrap();
    assert_eq!(line.piece(&mut reader), b"three");
    assert!(line.pair.world.run(reader.piece()).unwrap().is_none());
    assert!(!reader.is_settled());
    reader.accept().unwrap();
    assert!(matches!(line.pair.world.run(settlement), Ok(Outcome::Accepted)));
    line.check();
}

#[test]
fn data_sections_make_one_message() {
    let line = line();
    let head = Message { body: Body::Empty, ..Message::from("") };
    let first = Outgoing::new(head.to_bytes());
    let mut writer = line.pair.world.run(line.sender.writer(first)).unwrap();
    for piece in [&b"a"[..], b"bc"] {
        line.pair.world.run(writer.write_data(piece)).unwrap();
    }
    let settlement = line.pair.world.run(writer.finish(Vec::new())).unwrap();
    let delivery = line.pair.world.run(line.receiver.recv()).unwrap();
    assert_eq!(delivery.message().unwrap().body.to_data().unwrap(), "abc", "whole for whoever reads no pieces");
    delivery.accept().unwrap();
    assert!(matches!(line.pair.world.run(settlement), Ok(Outcome::Accepted)));
    line.check();
}

#[test]
fn a_message_larger_than_what_is_held_goes_through() {
    const PIECE: usize = 8 * 1024;
    const PIECES: usize = 2000;
    let pair = Pair::open();
    let sessions = pair.session_with(SessionOptions { incoming_window: 4, ..SessionOptions::default() });
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(2));
    let (given, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let count = Rc::clone(&given);
    let sending = pair.world.spawn("write", async move {
        let mut writer = sender.writer(Outgoing::default()).await.unwrap();
        for _ in 0..PIECES {
            writer.write(vec![7; PIECE]).await.unwrap();
            count.set(count.get() + PIECE);
        }
        writer.finish(Vec::new()).await.unwrap().await.unwrap()
    });
    let (given, peak) = (Rc::clone(&given), Rc::clone(&most));
    let receiving = pair.world.spawn("read", async move {
        let mut reader = receiver.reader().await.unwrap();
        let mut taken = 0;
        while let Some(piece) = reader.piece().await.unwrap() {
            taken += piece.len();
            peak.set(peak.get().max(given.get() - taken));
        }
        reader.accept().unwrap();
        (taken, receiver)
    });
    pair.world.settle();
    assert_eq!(receiving.take().map(|(taken, _)| taken), Some(PIECE * PIECES));
    assert_eq!(sending.take(), Some(Outcome::Accepted));
    // one piece with the writer, two times the high-water mark of 16 KiB, the pipe, four frames of the window: they are
    // full, 64 KiB, where the driver runs beside the writer
    let bound = if Host::AT_ONCE { 304 * 1024 } else { 200 * 1024 };
    assert!(most.get() <= bound, "{} octets were under way of {}", most.get(), PIECE * PIECES);
}

#[test]
fn a_slow_reader_stops_the_writer() {
    let pair = Pair::open();
    let sessions = pair.session_with(SessionOptions { incoming_window: 4, ..SessionOptions::default() });
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(2));
    // whoever reads pieces says so before one comes: else a message is taken in whole
    assert!(poll_at_most(&pair.world, 1, receiver.reader()).is_none());
    let given = Rc::new(Cell::new(0));
    let count = Rc::clone(&given);
    let sending = pair.world.spawn("write", async move {
        let mut writer = sender.writer(Outgoing::default()).await.unwrap();
        while writer.write(vec![7; 1000]).await.is_ok() {
            count.set(count.get() + 1);
        }
    });
    let mut reader = pair.world.run(receiver.reader()).unwrap();
    pair.world.settle();
    let before = given.get();
    assert!(before <= 16, "{before} pieces of 1,000 octets, none of them read");
    // another session is not concerned
    pair.check_sound();
    for _ in 0..100 {
        pair.world.run(reader.piece()).unwrap().unwrap();
    }
    pair.world.settle();
    assert!((80..=120).contains(&given.get()), "{} pieces, 100 of them read", given.get());
    drop(reader);
    assert!(sending.take().is_none(), "what is not wanted is dropped as it comes");
}

#[test]
fn a_dropped_writer_aborts() {
    let line = line();
    let mut writer = line.writer();
    line.write(&mut writer, b"one");
    let mut reader = line.reader();
    assert_eq!(line.piece(&mut reader), b"one");
    drop(writer);
    let aborted = line.pair.world.run(reader.piece());
    assert!(matches!(aborted, Err(Error::Aborted)), "{aborted:?}");
    // B-08: nothing of it is settled, and nothing remains of it
    assert_eq!((line.sender.unsettled(), line.receiver.unsettled()), (0, 0));
    drop(reader);
    line.check();
    // one that nobody has begun to read is never seen
    let mut writer = line.writer();
    line.write(&mut writer, b"lost");
    writer.abort();
    line.check();
}

#[test]
fn a_reader_may_settle_before_the_end() {
    let line = line();
    let mut writer = line.writer();
    line.write(&mut writer, b"one");
    let reader = line.reader();
    assert!(!writer.is_settled());
    reader.reject(amqp_async::proto::codec::Error::new(Condition::NOT_ALLOWED, "no more of this")).unwrap();
    line.pair.world.settle();
    assert!(writer.is_settled(), "the writer can know");
    line.write(&mut writer, b"two");
    let settlement = line.pair.world.run(writer.finish(&b"three"[..])).unwrap();
    assert!(matches!(line.pair.world.run(settlement), Ok(Outcome::Rejected(_))));
    line.check();
}

#[test]
fn a_dropped_reader_releases_and_drops_the_rest() {
    for whole in [false, true] {
        let line = line();
        let mut writer = line.writer();
        line.write(&mut writer, b"one");
        let mut reader = line.reader();
        assert_eq!(line.piece(&mut reader), b"one");
        let settlement = if whole {
            let settlement = line.pair.world.run(writer.finish(&b"two"[..])).unwrap();
            line.pair.world.settle();
            drop(reader);
            settlement
        } else {
            drop(reader);
            line.pair.world.run(writer.finish(&b"two"[..])).unwrap()
        };
        assert!(matches!(line.pair.world.run(settlement), Ok(Outcome::Released)), "whole: {whole}");
        line.check();
    }
}

#[test]
fn the_link_is_the_writers_until_it_ends() {
    for finish in [true, false] {
        let line = line();
        let writer = line.writer();
        let others: Vec<_> = (0..3)
            .map(|_| {
                let sender = line.sender.clone();
                line.pair.world.spawn("other", async move { sender.submit("other").await.map(drop) })
            })
            .collect();
        line.pair.world.settle();
        assert!(others.iter().all(|other| other.take().is_none()), "deliveries of one link do not interleave");
        if finish {
            drop(line.pair.world.run(writer.finish(&b"end"[..])).unwrap());
        } else {
            drop(writer);
        }
        line.pair.world.settle();
        assert!(others.iter().all(|other| matches!(other.take(), Some(Ok(())))), "finished: {finish}");
        for _ in 0..3 + usize::from(finish) {
            line.pair.world.run(line.receiver.recv()).unwrap().accept().unwrap();
        }
        line.check();
    }
}

#[test]
fn the_link_is_the_readers_until_the_end() {
    let Line { pair, sessions: _sessions, sender, receiver } = line();
    let mut writer = pair.world.run(sender.writer(Outgoing::new(&b"one"[..]))).unwrap();
    let receiver = Rc::new(receiver);
    let mut reader = pair.world.run(receiver.reader()).unwrap();
    let other = Rc::clone(&receiver);
    let waiting = pair.world.spawn("other", async move { other.recv().await });
    pair.world.run(writer.write(&b"two"[..])).unwrap();
    let first = pair.world.run(writer.finish(Vec::new())).unwrap();
    let second = pair.world.run(sender.submit("second")).unwrap();
    pair.world.settle();
    assert!(waiting.take().is_none(), "the rest of the first is not a delivery of its own");
    assert!(receiver.try_recv().unwrap().is_none(), "for nobody");
    let mut content = Vec::new();
    while let Some(piece) = pair.world.run(reader.piece()).unwrap() {
        content.extend_from_slice(&piece);
    }
    assert_eq!(content, b"onetwo");
    reader.accept().unwrap();
    pair.world.settle();
    let delivery = waiting.take().expect("its turn has come").unwrap();
    assert_eq!(delivery.message().unwrap().body.as_str(), Some("second"));
    delivery.accept().unwrap();
    assert!(matches!(pair.world.run(first), Ok(Outcome::Accepted)));
    assert!(matches!(pair.world.run(second), Ok(Outcome::Accepted)));
}

#[test]
fn a_writer_that_has_closed_its_message_leaves_the_next_ones_alone() {
    let line = line();
    let world = &line.pair.world;
    let mut one = line.writer();
    line.write(&mut one, b"one");
    world.run(poll_fn(|cx| one.poll_close(cx))).unwrap();
    let mut two = line.writer();
    line.write(&mut two, b"two");
    let no_delivery = |error: &SendError| matches!(error, SendError::NotSent(Error::Misuse(Misuse::NoDelivery)));
    let error = world.run(poll_fn(|cx| one.poll_write(cx, b"stray"))).unwrap_err();
    assert!(no_delivery(&error), "{error:?}");
    assert!(no_delivery(&world.run(one.write(&b"stray"[..])).unwrap_err()));
    assert!(no_delivery(&world.run(one.finish(&b"stray"[..])).unwrap_err()));
    line.write(&mut two, b"three");
    let settlement = world.run(two.finish(Vec::new())).unwrap();
    for content in [&b"one"[..], b"twothree"] {
        let delivery = world.run(line.receiver.recv()).unwrap();
        assert_eq!(delivery.payload().clone().into_bytes(), content);
        delivery.accept().unwrap();
    }
    assert!(matches!(world.run(settlement), Ok(Outcome::Accepted)));
    line.check();
}

#[test]
fn pieces_of_a_message_that_is_sent_settled() {
    let pair = Pair::open();
    let sessions = pair.session();
    let options = LinkOptions { snd_settle_mode: SenderSettleMode::Settled, ..LinkOptions::sender("fast", "queue") };
    let (sender, receiver) = pair.sending_as(&sessions, options, |_| {});
    let mut writer = pair.world.run(sender.writer(Outgoing::default())).unwrap();
    pair.world.run(writer.write(&b"one"[..])).unwrap();
    let mut reader = pair.world.run(receiver.reader()).unwrap();
    assert!(reader.is_settled());
    assert_eq!(pair.world.run(reader.piece()).unwrap().unwrap(), "one");
    // given up half-way: the rest is not taken for a message
    drop(reader);
    let settlement = pair.world.run(writer.finish(&b"two"[..])).unwrap();
    assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
    drop(pair.world.run(sender.submit("next")).unwrap());
    let delivery = pair.world.run(receiver.recv()).unwrap();
    assert_eq!(delivery.message().unwrap().body.as_str(), Some("next"));
}

#[test]
fn a_message_that_grows_too_large_is_given_up() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) =
        pair.sending_as(&sessions, LinkOptions::sender("x", "queue"), |options| options.max_message_size = Some(100));
    assert_eq!(sender.max_message_size(), Some(100));
    let mut writer = pair.world.run(sender.writer(Outgoing::new(vec![0; 60]))).unwrap();
    let error = pair.world.run(writer.write(vec![0; 60])).unwrap_err();
    assert!(matches!(error, SendError::NotSent(Error::TooLarge { limit: 100, .. })), "{error:?}");
    drop(writer);
    pair.world.settle();
    assert_eq!((sender.unsettled(), receiver.unsettled()), (0, 0));
    drop(pair.world.run(sender.submit("small")).unwrap());
    assert!(pair.world.run(receiver.recv()).is_ok());
}

#[test]
fn either_end_learns_that_the_link_is_gone() {
    let line = line();
    let mut writer = line.writer();
    line.write(&mut writer, b"one");
    let mut reader = line.reader();
    assert_eq!(line.piece(&mut reader), b"one");
    let Line { pair, sender, receiver, .. } = line;
    pair.world.run(receiver.close_with(Condition::DETACH_FORCED.into())).unwrap();
    let error = pair.world.run(reader.piece()).unwrap_err();
    assert!(error.is_clean(), "closed here: {error:?}");
    assert!(reader.accept().is_err());
    let error = pair.world.run(writer.write(&b"two"[..])).unwrap_err();
    assert!(matches!(&error, SendError::NotSent(cause) if cause.condition() == Some(Condition::DETACH_FORCED)));
    let error = pair.world.run(writer.finish(Vec::new())).unwrap_err();
    assert!(matches!(error, SendError::NotSent(Error::Detached(_))), "{error:?}");
    drop(sender);
    pair.check_sound();
}

#[test]
fn what_has_arrived_behind_a_message_in_pieces_can_be_taken_when_the_link_is_gone() {
    let Line { pair, sessions: _sessions, sender, receiver } = line();
    let mut waiting = Box::pin(receiver.reader());
    assert!(poll_at_most(&pair.world, 1, waiting.as_mut()).is_none());
    let writer = pair.world.run(sender.writer(Outgoing::new(&b"one"[..]))).unwrap();
    let mut reader = pair.world.run(waiting).unwrap();
    let first = pair.world.run(writer.finish(&b"two"[..])).unwrap();
    let second = pair.world.run(sender.submit("second")).unwrap();
    pair.world.settle();
    let receiver = Rc::new(receiver);
    let other = Rc::clone(&receiver);
    let behind = pair.world.spawn("behind", async move { [other.recv().await, other.recv().await] });
    pair.world.settle();
    pair.world.run(sender.close()).unwrap();
    pair.world.settle();
    assert!(behind.take().is_none());
    for piece in ["one", "two"] {
        assert_eq!(pair.world.run(reader.piece()).unwrap().unwrap(), piece);
    }
    assert!(pair.world.run(reader.piece()).unwrap().is_none());
    pair.world.settle();
    let [delivery, end] = behind.take().expect("it is called");
    assert_eq!(delivery.unwrap().message().unwrap().body.as_str(), Some("second"));
    assert!(end.is_err());
    assert!(reader.accept().is_err());
    for settlement in [first, second] {
        assert!(matches!(pair.world.run(settlement), Err(SendError::InDoubt(_))));
    }
}

#[test]
fn pieces_both_ways_through_buffers_of_a_few_octets() {
    let pair = Pair::open_over(7);
    let sessions = pair.session_with(SessionOptions { incoming_window: 2, ..SessionOptions::default() });
    let one = pair.sending(&sessions, CreditMode::Auto(2));
    let (receiver, sender) = pair.receiving(&sessions, CreditMode::Auto(2));
    let mut tasks = Vec::new();
    for (sender, receiver) in [one, (sender, receiver)] {
        tasks.push(pair.world.spawn("write", async move {
            let mut writer = sender.writer(Outgoing::default()).await.unwrap();
            for _ in 0..50 {
                writer.write(vec![7; 300]).await.unwrap();
            }
            assert_eq!(writer.finish(Vec::new()).await.unwrap().await.unwrap(), Outcome::Accepted);
        }));
        tasks.push(pair.world.spawn("read", async move {
            let mut reader = receiver.reader().await.unwrap();
            let mut octets = 0;
            while let Some(piece) = reader.piece().await.unwrap() {
                octets += piece.len();
            }
            assert_eq!(octets, 50 * 300);
            reader.accept().unwrap();
            // the link stays for the outcome
            receiver.detached().await;
        }));
    }
    pair.world.settle();
    assert!(tasks.iter().step_by(2).all(|writing| writing.take().is_some()), "both have been accepted");
}
