//! Messages in pieces for those who poll: what is written becomes a body, what is read comes as a stream.

use crate::support::*;
use amqp_async::proto::codec::Outcome;
use amqp_async::proto::codec::message::EncodedMessage;
use amqp_async::proto::{CreditMode, Outgoing, SessionOptions};
use amqp_async::{DeliveryReader, DeliveryWriter, Error, Fault, Receiver, SendError, Sender, Step};
use futures_core::Stream;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// More than the pipe and both ends hold.
const SIZE: usize = 1 << 20;

fn octets() -> Vec<u8> {
    (0..SIZE).map(|number| number as u8).collect()
}

fn line() -> (Pair, DeliveryWriter, Receiver) {
    let (pair, sender, receiver) = link();
    let writer = pair.world.run(sender.writer(Outgoing::default())).unwrap();
    (pair, writer, receiver)
}

fn link() -> (Pair, Sender, Receiver) {
    let pair = Pair::open();
    let sessions = pair.session_with(SessionOptions { incoming_window: 4, ..SessionOptions::default() });
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    (pair, sender, receiver)
}

async fn write_all(writer: &mut DeliveryWriter, mut octets: &[u8]) -> Result<(), SendError> {
    while !octets.is_empty() {
        let written = poll_fn(|cx| writer.poll_write(cx, octets)).await?;
        octets = &octets[written..];
    }
    Ok(())
}

async fn next(reader: &mut DeliveryReader) -> Option<Result<Vec<u8>, Error>> {
    poll_fn(|cx| Pin::new(&mut *reader).poll_next(cx)).await.map(|piece| piece.map(|piece| piece.to_vec()))
}

#[test]
fn what_is_written_is_the_body_that_is_read() {
    let (pair, mut writer, receiver) = line();
    let writing = pair.world.spawn("write", async move {
        write_all(&mut writer, &octets()).await.unwrap();
        poll_fn(|cx| writer.poll_close(cx)).await.unwrap();
        // once is enough
        poll_fn(|cx| writer.poll_close(cx)).await.unwrap();
        writer.finish(Vec::new()).await.unwrap().await
    });
    let reading = pair.world.spawn("read", async move {
        let mut reader = receiver.reader().await.unwrap();
        let mut encoded = Vec::new();
        while let Some(piece) = next(&mut reader).await {
            encoded.extend(piece.unwrap());
        }
        assert!(next(&mut reader).await.is_none());
        reader.accept().unwrap();
        (encoded, receiver)
    });
    pair.world.settle();
    let (encoded, _receiver) = reading.take().unwrap();
    let message = EncodedMessage::parse(encoded).unwrap().to_message().unwrap();
    assert!(message.body.to_data().unwrap() == octets(), "octet by octet");
    assert!(matches!(writing.take(), Some(Ok(Outcome::Accepted))));
    pair.check_sound();
}

#[test]
fn a_polled_writer_waits_no_longer_than_it_may_and_aborts() {
    let (pair, sender, receiver) = link();
    let mut writer = pair.world.run(sender.writer(Outgoing::default())).unwrap();
    pair.world.run(write_all(&mut writer, b"begun")).unwrap();
    let mut reader = pair.world.run(receiver.reader()).unwrap();
    let begun = pair.world.now();
    // nobody reads on
    let error = pair.world.run_within(STEP * 2, write_all(&mut writer, &octets())).unwrap().unwrap_err();
    assert!(matches!(error, SendError::NotSent(Error::Timeout(Step::Send))), "{error:?}");
    assert_eq!(pair.world.now() - begun, STEP);
    let error = std::io::Error::from(error);
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    let inside = error.get_ref().and_then(|inside| inside.downcast_ref::<SendError>()).unwrap();
    assert!(matches!(inside, SendError::NotSent(cause) if cause.fault() == Fault::Timeout));
    drop(writer);
    let ended = pair.world.run(async {
        loop {
            match next(&mut reader).await {
                Some(Ok(_)) => {}
                other => break (other, next(&mut reader).await),
            }
        }
    });
    assert!(matches!(ended, (Some(Err(Error::Aborted)), None)), "{ended:?}");
    drop(reader);
    pair.check_sound();
}

#[test]
fn the_time_of_a_polled_write_ends_with_the_next_write_of_any_kind() {
    let (pair, sender, receiver) = link();
    let mut writer = pair.world.run(sender.writer(Outgoing::default())).unwrap();
    pair.world.run(write_all(&mut writer, b"begun")).unwrap();
    let mut reader = pair.world.run(receiver.reader()).unwrap();
    // nobody reads on, and whoever writes gives up
    assert!(pair.world.run_within(Duration::ZERO, write_all(&mut writer, &octets())).is_none());
    pair.world.advance(STEP - SECOND);
    while poll_at_most(&pair.world, 1, pin!(next(&mut reader))).is_some() {
        pair.world.settle();
    }
    // as much as can leave goes another way
    let others = async {
        loop {
            writer.write(vec![7; 1000]).await.unwrap();
        }
    };
    assert!(pair.world.run_within(Duration::ZERO, others).is_none());
    let begun = pair.world.now();
    let error = pair.world.run_within(STEP * 2, write_all(&mut writer, &octets())).unwrap().unwrap_err();
    assert!(matches!(error, SendError::NotSent(Error::Timeout(Step::Send))), "{error:?}");
    assert_eq!(pair.world.now() - begun, STEP, "all the time that there is");
}

#[test]
fn a_message_made_whole_and_dropped_is_on_its_way() {
    let (pair, mut writer, receiver) = line();
    pair.world.run(write_all(&mut writer, b"short")).unwrap();
    pair.world.run(poll_fn(|cx| writer.poll_close(cx))).unwrap();
    drop(writer);
    let delivery = pair.world.run(receiver.recv()).unwrap();
    assert_eq!(delivery.message().unwrap().body.to_data().unwrap(), "short");
    // the link went with its last handle
    assert!(matches!(delivery.accept(), Err(Error::Detached(_))));
    pair.check_sound();
}
