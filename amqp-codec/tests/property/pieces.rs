//! How the input was cut into pieces makes no difference: the same frames, the same errors.

use amqp_codec::frame::{FRAME_TYPE_AMQP, FRAME_TYPE_SASL, encode_frame};
use amqp_codec::message::{MessagePieces, Section};
use amqp_codec::{Bytes, EncodedMessage, FrameHeader, HeaderStatus, ProtocolHeader};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::support::check::encode;
use super::support::mutation::{canonical, mutated, sections};
use super::support::reader::{MAX_FRAME_SIZE, Reader};
use super::support::strategies::{messages, performatives, sasl};

/// Frames of either type, with payload and without, and now and then octets that are none.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let framed = |frame_type, channel, body: Bytes, payload: &[u8]| {
        let mut out = Vec::new();
        encode_frame(&mut out, frame_type, channel, &Raw(body), payload);
        out
    };
    let small = performatives::performative().prop_map(|body| encode(&body));
    prop_oneof![
        6 => (small, any::<u16>(), vec(any::<u8>(), 0..30))
            .prop_map(move |(body, channel, payload)| framed(FRAME_TYPE_AMQP, channel, body, &payload)),
        2 => sasl::sasl_frame().prop_map(move |body| framed(FRAME_TYPE_SASL, 0, encode(&body), &[])),
        2 => Just(vec![0, 0, 0, 8, 2, 0, 0, 0]),
        1 => mutated(canonical()).prop_map(move |body| framed(FRAME_TYPE_AMQP, 1, body, &[])),
        1 => vec(any::<u8>(), 0..20),
        1 => Just(vec![0, 0, 0, 12, 3, 0, 0, 0, 1, 2, 3, 4]),
    ]
}

/// Octets that are encoded already.
struct Raw(Bytes);

impl amqp_codec::Encode for Raw {
    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

/// A message, mostly.
fn payload() -> impl Strategy<Value = Bytes> {
    prop_oneof![2 => messages::message().prop_map(|message| encode(&message)), 1 => mutated(canonical()), 1 => sections()]
}

/// A protocol header, mostly, and frames.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let header = prop_oneof![
        8 => Just(ProtocolHeader::AMQP.to_bytes().to_vec()),
        8 => Just(ProtocolHeader::SASL.to_bytes().to_vec()),
        1 => Just(b"AMQP\x01\x01\x00\x0a".to_vec()),
        1 => vec(any::<u8>(), 0..12),
    ];
    (header, vec(frame(), 0..4)).prop_map(|(header, frames)| [vec![header], frames].concat().concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // req: TY-D-03 TR-2.3.1-01 TR-2.3.1-07
    #[test]
    fn frames_in_pieces(stream in stream()) {
        let whole = Reader::read([&stream[..]]);
        prop_assert_eq!(&Reader::read(stream.chunks(1)), &whole);
        for at in 0..stream.len().min(300) {
            let (head, tail) = stream.split_at(at);
            prop_assert_eq!(&Reader::read([head, tail]), &whole, "cut at {}", at);
        }
    }

    // req: TY-D-03
    #[test]
    fn frames_in_pieces_of_any_sizes(stream in stream(), cuts in vec(any::<Index>(), 0..8)) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &stream[cut[0]..cut[1]]);
        prop_assert_eq!(Reader::read(pieces), Reader::read([&stream[..]]));
    }

    /// What a header is found to be does not depend on what follows it.
    // req: TY-D-03 TR-2.3.1-07
    #[test]
    fn a_verdict_on_a_prefix_stands(
        octets in vec(any::<u8>(), 0..16),
        size in prop_oneof![0..12_u32, MAX_FRAME_SIZE - 2..MAX_FRAME_SIZE + 3, any::<u32>()],
    ) {
        let frame = [&size.to_be_bytes()[..], &octets].concat();
        let whole = FrameHeader::parse(&frame, MAX_FRAME_SIZE);
        for len in 0..frame.len() {
            match FrameHeader::parse(&frame[..len], MAX_FRAME_SIZE) {
                Ok(None) => prop_assert!(len < FrameHeader::LEN),
                verdict => prop_assert_eq!(verdict, whole),
            }
        }
        for octets in [&octets, &b"AMQP\x00\x01\x00\x00"[..], b"AMQX"] {
            let whole = ProtocolHeader::parse(octets);
            for len in 0..octets.len() {
                match ProtocolHeader::parse(&octets[..len]) {
                    HeaderStatus::Incomplete => prop_assert!(len < ProtocolHeader::LEN),
                    verdict => prop_assert_eq!(verdict, whole),
                }
            }
        }
    }

    // req: TY-D-03 MS-3.2-05
    #[test]
    fn messages_in_payloads(octets in payload()) {
        let whole = EncodedMessage::parse(octets.clone());
        let read = whole.as_ref().map(EncodedMessage::to_message);
        for at in 0..=octets.len().min(300) {
            let payloads = [octets.slice(..at), octets.slice(at..)];
            let pieces = EncodedMessage::from_payloads(&payloads);
            prop_assert_eq!(&pieces, &whole, "cut at {}", at);
            if at % 16 == 0 {
                prop_assert_eq!(pieces.as_ref().map(EncodedMessage::to_message), read.clone());
            }
        }
        let single: Vec<Bytes> = (0..octets.len()).map(|at| octets.slice(at..=at)).collect();
        prop_assert_eq!(&EncodedMessage::from_payloads(&single), &whole);
    }

    // req: MS-3.2-05
    #[test]
    fn data_in_pieces(octets in payload()) {
        let whole = EncodedMessage::parse(octets.clone());
        let single: Vec<Bytes> = (0..octets.len()).map(|at| octets.slice(at..=at)).collect();
        let cuts = (0..=octets.len().min(300)).map(|at| vec![octets.slice(..at), Bytes::new(), octets.slice(at..)]);
        for payloads in cuts.chain([single, vec![octets.clone()]]) {
            let pieces = MessagePieces::parse(&payloads);
            prop_assert_eq!(pieces.as_ref().err(), whole.as_ref().err());
            let (Ok(pieces), Ok(whole)) = (pieces, &whole) else { continue };
            let is_data = whole.body_section() == Some(Section::Data);
            let data = whole.body().ok().and_then(|body| body.to_data()).filter(|_| is_data);
            prop_assert_eq!(pieces.data().map(<[Bytes]>::concat), data.map(Vec::from));
            let apart = pieces.sections();
            for section in Section::ALL.into_iter().filter(|section| *section != Section::Data) {
                prop_assert_eq!(apart.section(section), whole.section(section));
            }
            prop_assert_eq!(apart.section(Section::Data), None);
            let shared = pieces.data().unwrap_or_default().iter().all(|run| octets.as_ptr_range().contains(&run.as_ptr()));
            prop_assert!(shared, "slices of what came");
        }
    }
}
