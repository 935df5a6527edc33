//! Any bytes, in any pieces, after any preamble, on either side: never a panic, and no more output and
//! events than the input is worth.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "test code")]

mod support;

use amqp_proto::codec::{Begin, Close, Detach, Disposition, End, Flow, Handle, Open, ProtocolHeader, Role};
use amqp_proto::codec::{SaslCode, SequenceNo};
use amqp_proto::{Connection, Event, Instant, LinkId, LinkOptions, Mechanism, Outgoing, SaslClient, SaslListener};
use amqp_proto::{SessionOptions, TimeoutReason};
use proptest::prelude::*;
use support::{Side, attach, config, frame, transfer};

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Sender), Just(Role::Receiver)]
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![6 => 0u32..4, 1 => any::<u32>(), 1 => Just(u32::MAX), 1 => Just(u32::MAX / 2 + 1)]
}

/// A frame that a peer may send, with fields that it may not.
fn valid_frame() -> impl Strategy<Value = Vec<u8>> {
    let channel = prop_oneof![9 => 0u16..2, 1 => any::<u16>()];
    let fields = (number(), number(), number(), number(), any::<[bool; 6]>(), role());
    (channel, 0..9u8, fields).prop_map(|(channel, kind, (a, b, c, d, flags, role))| {
        let [f0, f1, f2, f3, f4, f5] = flags;
        match kind {
            0 => frame(channel, &Open::new("raw"), &[]),
            1 => {
                let mut begin = Begin::new(SequenceNo(a), b, c);
                begin.remote_channel = f0.then_some(d as u16);
                begin.handle_max = Handle(if f1 { d } else { u32::MAX });
                frame(channel, &begin, &[])
            }
            2 => frame(channel, &attach(["a", "b", "c"][(a % 3) as usize], b, role), &[]),
            3 | 4 => {
                let mut flow = Flow::new(a, SequenceNo(b), c);
                flow.next_incoming_id = f0.then_some(SequenceNo(d));
                flow.handle = f1.then_some(Handle(d));
                flow.delivery_count = (f1 && f2).then_some(SequenceNo(c));
                flow.link_credit = f1.then_some(a);
                (flow.drain, flow.echo) = (f1 && f4, f5);
                frame(channel, &flow, &[])
            }
            5 => {
                let mut transfer = transfer(a, b);
                transfer.delivery_id = f0.then_some(SequenceNo(b));
                transfer.delivery_tag = transfer.delivery_tag.filter(|_| f0 || f1);
                (transfer.more, transfer.aborted, transfer.settled) = (f2, f3 && f4, f5.then_some(f4));
                frame(channel, &transfer, &[7; 40][..(c % 41) as usize])
            }
            6 => {
                let last = f0.then_some(SequenceNo(b));
                let first = SequenceNo(a);
                frame(channel, &Disposition { role, first, last, settled: f1, state: None, batchable: f2 }, &[])
            }
            7 => frame(channel, &Detach { handle: Handle(a), closed: f0, error: None }, &[]),
            _ if f0 && f1 && f2 => frame(channel, &Close { error: None }, &[]),
            _ => frame(channel, &End { error: None }, &[]),
        }
    })
}

fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let bent = (valid_frame(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut octets, at, value)| {
        let at = at.index(octets.len());
        octets[at] = value;
        octets
    });
    prop_oneof![12 => valid_frame(), 1 => bent, 1 => prop::collection::vec(any::<u8>(), 0..60)]
}

fn preamble(length: usize, client: bool) -> Vec<u8> {
    let mut begin = Begin::new(SequenceNo(u32::MAX), 5, 5);
    begin.remote_channel = client.then_some(0);
    let steps = [
        ProtocolHeader::AMQP.to_bytes().to_vec(),
        frame(0, &Open::new("raw"), &[]),
        frame(0, &begin, &[]),
        frame(0, &attach("a", 0, Role::Sender), &[]),
        frame(0, &attach("b", 1, Role::Receiver), &[]),
    ];
    steps[..length].concat()
}

/// An application that takes whatever it is offered and never stops sending.
fn obey(side: &mut Side, eager: bool) -> usize {
    let events = side.take();
    let count = events.len();
    for event in events {
        match event {
            Event::BeginRequested { session, .. } => {
                let _ = side.core.session(session).map(|mut session| session.accept(SessionOptions::default()));
            }
            Event::AttachRequested { link: LinkId::Receiver(id), attach } if eager => {
                let _ = side.core.receiver(id).map(|mut link| link.accept(LinkOptions::answering(&attach)));
            }
            Event::AttachRequested { link: LinkId::Sender(id), attach } if eager => {
                let _ = side.core.sender(id).map(|mut link| link.accept(LinkOptions::answering(&attach)));
            }
            Event::Arrived { receiver } => {
                let Ok(mut link) = side.core.receiver(receiver) else { continue };
                while let Some(chunk) = if eager { link.read() } else { None } {
                    let _ = link.accept_delivery(chunk.delivery.id);
                }
            }
            Event::Flow { link: LinkId::Sender(id), .. }
            | Event::Writable { sender: id }
            | Event::Drain { sender: id } => {
                let Ok(mut link) = side.core.sender(id) else { continue };
                let _ = link.send(Outgoing::new(vec![1; 700]));
                let _ = link.start(Outgoing::new(""));
                let _ = link.drained();
            }
            Event::SaslInit(_) => side.core.sasl_outcome(Instant::ZERO, SaslCode::Ok).unwrap(),
            _ => {}
        }
    }
    count
}

/// Feeds it all and then ends; `at most once` is checked on the way.
fn attack(core: Connection, octets: &[u8], split: usize, eager: bool, close: bool) {
    let mut side = Side::new(core);
    let (mut written, mut events) = (0, 0);
    for part in octets.chunks(split) {
        side.feed(Instant::ZERO, part);
        events += obey(&mut side, eager);
        written += side.output(Instant::ZERO).len();
        events += obey(&mut side, eager);
    }
    // A frame has at least 8 octets; what an obedient application sends is bounded by credit and windows.
    assert!(events <= 200 + octets.len() * 4, "{events} events from {} octets", octets.len());
    assert!(written <= 400_000 + octets.len() * 100, "{written} octets from {}", octets.len());
    if close {
        side.core.close(Instant::ZERO, None);
        side.output(Instant::ZERO);
        while let Some((at, reason)) = side.core.poll_timeout() {
            side.core.handle_timeout(at);
            assert!(reason == TimeoutReason::Close || side.core.is_closed());
        }
    } else {
        side.core.handle_eof(Instant::ZERO);
    }
    side.output(Instant::ZERO);
    obey(&mut side, true);
    assert!(side.closing && side.core.is_closed());
    assert!(side.output(Instant::ZERO).is_empty());
}

fn listener(sasl: Option<SaslListener>) -> Connection {
    Connection::listener(config("l").max_frame_size(512).build().unwrap(), sasl, Instant::ZERO)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    // req: TR-2.4.6-01 TR-2.4.6-02 TR-2.6.2-01 TR-2.7.2-04
    #[test]
    fn frames_at_a_listener(
        length in 0usize..6, split in 1usize..200, eager in any::<bool>(), close in any::<bool>(),
        input in prop::collection::vec(hostile(), 0..60),
    ) {
        let octets = [preamble(length, false), input.concat()].concat();
        attack(listener(None), &octets, split, eager, close);
    }

    #[test]
    fn frames_at_a_client(
        length in 0usize..6, split in 1usize..200, eager in any::<bool>(), close in any::<bool>(),
        input in prop::collection::vec(hostile(), 0..60),
    ) {
        let mut core = Connection::client(config("c").max_frame_size(512).build().unwrap(), None, Instant::ZERO);
        let session = core.begin(SessionOptions::default()).unwrap();
        let mut view = core.session(session).unwrap();
        view.attach_receiver(LinkOptions::receiver("a", "q")).unwrap();
        view.attach_sender(LinkOptions::sender("b", "q")).unwrap();
        let octets = [preamble(length, true), input.concat()].concat();
        attack(core, &octets, split, eager, close);
    }

    #[test]
    fn octets_at_either_side(
        header in prop_oneof![Just(&b""[..]), Just(&b"AMQP\x00\x01\x00\x00"[..]), Just(&b"AMQP\x03\x01\x00\x00"[..])],
        split in 1usize..64, client in any::<bool>(), sasl in any::<bool>(),
        input in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let octets = [header, &input].concat();
        let core = if client {
            let sasl = sasl.then(|| SaslClient::plain("u", "p").insecure_allowed(true));
            Connection::client(config("c").build().unwrap(), sasl, Instant::ZERO)
        } else {
            listener(sasl.then(|| SaslListener::new([Mechanism::Plain, Mechanism::Anonymous]).insecure_allowed(true)))
        };
        attack(core, &octets, split, true, false);
    }
}
