//! Messages in pieces as the streams of octets of futures-io.

use crate::support::*;
use amqp_async::proto::codec::Outcome;
use amqp_async::proto::codec::message::EncodedMessage;
use amqp_async::proto::{CreditMode, Outgoing};
use futures_io::{AsyncRead, AsyncWrite};
use std::future::poll_fn;
use std::pin::Pin;

#[test]
fn a_message_is_written_and_read() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let mut writer = pair.world.run(sender.writer(Outgoing::default())).unwrap();
    for octets in [&b"one"[..], b"", b"two"] {
        let written = pair.world.run(poll_fn(|cx| AsyncWrite::poll_write(Pin::new(&mut writer), cx, octets)));
        assert_eq!(written.unwrap(), octets.len());
        pair.world.run(poll_fn(|cx| Pin::new(&mut writer).poll_flush(cx))).unwrap();
    }
    pair.world.run(poll_fn(|cx| AsyncWrite::poll_close(Pin::new(&mut writer), cx))).unwrap();
    let settlement = pair.world.run(writer.finish(Vec::new())).unwrap();

    let mut reader = pair.world.run(receiver.reader()).unwrap();
    let (mut encoded, mut room) = (Vec::new(), [0; 3]);
    // who has no room is not kept waiting
    assert_eq!(pair.world.run(poll_fn(|cx| Pin::new(&mut reader).poll_read(cx, &mut []))).unwrap(), 0);
    loop {
        let read = pair.world.run(poll_fn(|cx| Pin::new(&mut reader).poll_read(cx, &mut room))).unwrap();
        if read == 0 {
            break;
        }
        encoded.extend_from_slice(&room[..read]);
    }
    reader.accept().unwrap();
    assert_eq!(EncodedMessage::parse(encoded).unwrap().to_message().unwrap().body.to_data().unwrap(), "onetwo");
    assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
}
