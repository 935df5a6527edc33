//! No octets make the decoders panic, disagree, or allocate more than a small multiple of their number.

use amqp_codec::{Bytes, DecodeErrorKind, Decoder, FrameHeader, Message, ProtocolHeader, Value};
use proptest::collection::vec;
use proptest::prelude::*;

use super::everything::decode_as_everything;
use super::support::check::{BASE, PER_OCTET, encode};
use super::support::heap::measure;
use super::support::mutation::{canonical, codes, mutated, sections, spliced};
use super::support::strategies::values::value;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    // req: TY-D-01 TY-D-02 TY-1.2-07 TY-1.2.2-01 TY-1.2.3-02 TY-1.2.3-03 TY-1.2.3-04 TY-1.2.4-02
    #[test]
    fn changed_octets(octets in mutated(canonical())) {
        decode_as_everything(&octets);
    }

    // req: TY-D-02 TY-1.2-07
    #[test]
    fn halves_of_two(octets in spliced(canonical(), canonical())) {
        decode_as_everything(&octets);
    }

    // req: TY-D-02 TY-1.2-05
    #[test]
    fn codes_in_any_order(octets in codes()) {
        decode_as_everything(&octets);
    }

    #[test]
    fn sections_in_any_order(octets in sections()) {
        decode_as_everything(&octets);
    }

    #[test]
    fn any_octets(octets in vec(any::<u8>(), 0..200)) {
        let _ = FrameHeader::parse(&octets, 512);
        let _ = ProtocolHeader::parse(&octets);
        decode_as_everything(&octets.into());
    }

    // req: TY-1.2.1-01 TY-1.2.2-01 TY-1.2-07
    #[test]
    fn every_prefix_of_a_value_is_incomplete(value in value()) {
        let octets = encode(&value);
        for len in 0..octets.len().min(400) {
            let prefix = octets.slice(..len);
            let (result, heap) = measure(|| Decoder::new(&prefix).decode::<Value>());
            prop_assert_eq!(result.map_err(|error| error.kind()), Err(DecodeErrorKind::Incomplete));
            prop_assert!(heap.peak <= PER_OCTET * len + BASE);
        }
    }

    #[test]
    fn every_prefix_is_survived(octets in canonical(), cut: prop::sample::Index) {
        decode_as_everything(&octets.slice(..cut.index(octets.len() + 1)));
    }
}

/// The most memory that we know how to ask for.
// req: TY-D-02 TY-1.2.4-02
#[test]
fn the_costliest_inputs_keep_the_bound() {
    let list = |body: &[u8], count: u32| {
        let size = u32::try_from(body.len() + 4).expect("short").to_be_bytes();
        [&[0xd0][..], &size, &count.to_be_bytes(), body].concat()
    };
    // A value for an octet, just after the vector grew.
    let nulls: Vec<Vec<u8>> = [33_u32, 1_025, 32_769].map(|count| list(&vec![0x40; count as usize], count)).into();
    // Each of 32 levels makes room for as many elements as it can, and none is ever complete.
    let claims = (0..32).rev().fold(vec![0x40; 64], |inner, _| [&[0xc1, 0xff, 64][..], &inner].concat());
    // The same with as many as the input has octets: what was claimed at 32 levels must not be made room for.
    let nested_claims = (0..31).fold(list(&vec![0x40; 20_000], 20_000), |inner, _| {
        let claimed = u32::try_from(inner.len()).expect("short");
        list(&inner, claimed)
    });
    // An array that has more elements than octets.
    let array = vec![0xf0, 0, 0, 0, 5, 0, 1, 0, 0, 0x40];
    let arrays = list(&array.repeat(1000), 1000);
    for input in nulls.into_iter().chain([claims, nested_claims, array, arrays]) {
        decode_as_everything(&input.into());
    }
}

/// A size or count that is far beyond the input is refused before anything is allocated.
// req: TY-1.2.2-01 TY-1.2.3-04
#[test]
fn nothing_is_allocated_for_what_has_not_arrived() {
    let claims: [&[u8]; 8] = [
        b"\xb0\x7f\xff\xff\xff",
        b"\xb1\xff\xff\xff\xff",
        b"\xb3\x7f\xff\xff\xffabc",
        b"\xd0\x7f\xff\xff\xff\x10\x00\x00\x00",
        b"\xd0\x00\x00\x00\x04\x10\x00\x00\x00",
        b"\xd1\x00\x00\x00\x05\x10\x00\x00\x00\x40",
        b"\xf0\x00\x00\x00\x05\x10\x00\x00\x00\x50",
        b"\xf0\x00\x00\x00\x05\xff\xff\xff\xff\x40",
    ];
    for claim in claims {
        let input = Bytes::from_static(claim);
        let (result, heap) = measure(|| Decoder::new(&input).decode::<Value>());
        assert!(result.is_err(), "{claim:02x?}");
        assert_eq!(heap.total, 0, "{claim:02x?}");
    }
}

/// Wherever in a message it stands: a chain of descriptors, or of lists, that is far too long.
// req: TY-D-01
#[test]
fn endless_nesting_is_refused_in_every_section() {
    let descriptors = vec![0x00; 100_000];
    let nested = (0..100).fold(Value::Null, |inner, _| Value::List(vec![inner]));
    let lists = encode(&nested).to_vec();
    for section in 0x70..=0x78 {
        for content in [&descriptors, &lists] {
            let input = Bytes::from([&[0x00, 0x53, section][..], content].concat());
            assert!(Decoder::new(&input).decode::<Message>().is_err());
            decode_as_everything(&input);
        }
    }
}
