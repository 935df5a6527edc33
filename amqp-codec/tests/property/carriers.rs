//! A composite is read the same from a list8, whose fields are first tried the quick way, and from a list32, whose
//! fields are read one by one.

use amqp_codec::{Bytes, DecodeError, DecodeErrorKind, Decoder, Limits, Performative};
use proptest::prelude::*;

use super::support::check::encode;
use super::support::mutation::mutated;
use super::support::strategies::performatives::performative;

/// How much longer the head of a list32 is.
const LONGER: u32 = 6;

/// The performative in a list32, if it is in a list8.
fn in_list32(octets: &[u8]) -> Option<Bytes> {
    let [0x00, 0x53, code, 0xc0, size, count, fields @ ..] = octets else {
        return None;
    };
    // The count is a part of the size.
    let size = (u32::from(*size).checked_sub(1)? + 4).to_be_bytes();
    Some([&[0x00, 0x53, *code, 0xd0][..], &size, &u32::from(*count).to_be_bytes(), fields].concat().into())
}

type What = (DecodeErrorKind, &'static str, Option<&'static str>);

fn what(error: &DecodeError) -> What {
    (error.kind(), error.type_name(), error.field())
}

/// Limits that are met, now and then, or the usual ones.
fn limits() -> impl Strategy<Value = Limits> {
    let tight = (0..5_u8, 0..20_u32, 0..20_u32, 0..5_u32, 0..30_u32).prop_map(|(depth, items, total, zero, symbol)| {
        Limits::new().depth(depth).items(items).total(total).zero_width_items(zero).symbol_len(symbol)
    });
    prop_oneof![Just(Limits::new()), tight]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    // req: TY-1.4-01 TY-1.4-02
    #[test]
    fn both_say_the_same(
        octets in mutated(performative().prop_map(|performative| encode(&performative)).boxed()),
        limits in limits(),
    ) {
        let Some(long) = in_list32(&octets) else {
            return Ok(());
        };
        let (mut short, mut long) = (Decoder::with_limits(&octets, &limits), Decoder::with_limits(&long, &limits));
        match (short.decode::<Performative>(), long.decode::<Performative>()) {
            (Ok(left), Ok(right)) => {
                prop_assert_eq!(left, right);
                prop_assert_eq!(short.rest(), long.rest());
            }
            (Err(left), Err(right)) => {
                prop_assert_eq!(what(&left), what(&right));
                // What is wrong with the head itself is said where its size or its count ends.
                if left.field().is_some() {
                    prop_assert_eq!(left.offset() + LONGER, right.offset());
                }
            }
            (left, right) => prop_assert!(false, "{:?} and {:?}", left, right),
        }
    }
}
