//! Messages in pieces, whoever drives the connection.

use crate::support::{BRIEF, MODES, SOON, accept_receiver, accept_session, meet, soon};
use amqp_blocking::proto::codec::message::EncodedMessage;
use amqp_blocking::proto::codec::{Modified, Outcome};
use amqp_blocking::proto::{CreditMode, Outgoing};
use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

/// Long enough for a message to begin.
const WHILE: Duration = Duration::from_millis(500);

/// A message in pieces, which are read as they come; another that is given up.
#[test]
fn piece_by_piece() {
    for mode in MODES {
        let (connection, reading) = meet(mode, |connection| {
            let receiver = accept_receiver(&accept_session(&connection), CreditMode::default());
            let mut reader = receiver.reader().unwrap();
            let mut octets = 0;
            while let Some(piece) = reader.piece().unwrap() {
                octets += piece.len();
            }
            reader.accept().unwrap();
            // nothing comes of the one that was given up, if it is seen at all
            if let Ok(mut reader) = receiver.reader() {
                while let Ok(Some(_)) = reader.piece() {}
            }
            let _ = connection.closed();
            octets
        });
        let sender = connection.session().unwrap().sender("queue").unwrap();
        let mut writer = sender.writer(Outgoing::new(bytes::Bytes::new())).unwrap();
        for _ in 0..10 {
            writer.write_data(vec![7; 100_000]).unwrap();
        }
        let mut settlement = soon(|| writer.finish(bytes::Bytes::new()).unwrap());
        assert_eq!(settlement.outcome().unwrap(), Outcome::Accepted, "{mode:?}");
        let mut writer = sender.writer(Outgoing::new(bytes::Bytes::new())).unwrap();
        writer.write_data(vec![7; 100_000]).unwrap();
        writer.abort();
        soon(|| sender.flush().unwrap());
        connection.close().unwrap();
        assert!(reading.join().unwrap() > 1_000_000, "{mode:?}");
    }
}

/// A message that is read in pieces is settled as any other, read to its end or not.
#[test]
fn each_outcome_of_a_reader() {
    for mode in MODES {
        let (connection, reading) = meet(mode, |connection| {
            let receiver = accept_receiver(&accept_session(&connection), CreditMode::default());
            let read = || receiver.within(SOON).reader().unwrap();
            assert!(!read().is_settled());
            read().accept().unwrap();
            read().reject(None).unwrap();
            read().release().unwrap();
            read().modify(Modified::default()).unwrap();
            read().settle(Outcome::Accepted).unwrap();
            let confirmation = read().settle_confirmed(Outcome::Released).unwrap();
            receiver.within(SOON).confirmed(confirmation).unwrap();
            let _ = connection.closed();
        });
        let sender = connection.session().unwrap().sender("queue").unwrap();
        let rejected = Outcome::Rejected(Default::default());
        let modified = Outcome::Modified(Default::default());
        for expected in [
            Outcome::Released,
            Outcome::Accepted,
            rejected,
            Outcome::Released,
            modified,
            Outcome::Accepted,
            Outcome::Released,
        ] {
            assert_eq!(sender.within(SOON).send("x").unwrap(), expected, "{mode:?}");
        }
        connection.close().unwrap();
        reading.join().unwrap();
    }
}

/// As any stream of octets: what is written is the body, what is read the whole encoded message.
#[test]
fn streams_of_octets() {
    let body: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
    for mode in MODES {
        let (connection, reading) = meet(mode, |connection| {
            let receiver = accept_receiver(&accept_session(&connection), CreditMode::default());
            let mut reader = receiver.within(SOON).reader().unwrap();
            let mut encoded = Vec::new();
            reader.read_to_end(&mut encoded).unwrap();
            reader.accept().unwrap();
            // of the second nothing follows
            let mut reader = receiver.within(WHILE).reader().unwrap();
            let late = reader.read_to_end(&mut Vec::new()).unwrap_err();
            (encoded, late, connection)
        });
        let sender = connection.session().unwrap().sender("queue").unwrap();
        let mut writer = sender.writer(Outgoing::default()).unwrap();
        io::copy(&mut &*body, &mut writer).unwrap();
        writer.flush().unwrap();
        let mut settlement = writer.finish(Vec::new()).unwrap();
        assert_eq!(settlement.outcome().unwrap(), Outcome::Accepted, "{mode:?}");
        let mut unfinished = sender.writer(Outgoing::default()).unwrap();
        unfinished.write_all(b"begun").unwrap();
        while !reading.is_finished() {
            connection.sleep(BRIEF).unwrap();
        }
        drop(unfinished);
        let (encoded, late, _peer) = reading.join().unwrap();
        let message = EncodedMessage::parse(encoded).unwrap().to_message().unwrap();
        assert!(message.body.to_data().unwrap() == body, "{mode:?}");
        assert_eq!(late.kind(), ErrorKind::TimedOut, "{mode:?}: {late}");
    }
}
