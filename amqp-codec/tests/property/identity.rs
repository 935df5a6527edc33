//! decode ∘ encode is the identity on values, and encode ∘ decode on the octets that we write.

use amqp_codec::message::{Body, DeliveryAnnotations, Footer, MessageAnnotations};
use amqp_codec::{Bytes, Encode, EncodedMessage, Message};
use proptest::collection::vec;
use proptest::prelude::*;

use super::support::check::{identity, identity_of_a_value};
use super::support::strategies::{messages, performatives, sasl, states, termini, values};

/// A test of both identities for each strategy.
macro_rules! identity {
    ($($name:ident: $strategy:expr;)*) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(64))]
            $(
                #[test]
                fn $name(value in $strategy) {
                    identity_of_a_value(&value);
                }
            )*
        }
    };
}

// req: TY-1.2-06 TY-1.6.1-01 TY-1.6.2-01 TY-1.6.3-01 TY-1.6.4-01 TY-1.6.5-01 TY-1.6.6-01 TY-1.6.7-01 TY-1.6.8-01
// req: TY-1.6.9-01 TY-1.6.10-01 TY-1.6.11-01 TY-1.6.12-01 TY-1.6.13-01 TY-1.6.14-01 TY-1.6.15-01 TY-1.6.16-01
// req: TY-1.6.17-01 TY-1.6.18-01 TY-1.6.19-01 TY-1.6.20-01 TY-1.6.21-01 TY-1.6.22-01 TY-1.6.23-01 TY-1.6.24-01
// req: TY-1.2.3-01 TY-1.2.4-01 TY-1.2.4-02 TY-1.2.4-03 TY-1.6.23-03 TY-1.6.24-02 TY-1.6-30
identity! {
    simple_values: values::simple();
    arrays_of_primitives: values::flat_array();
    nested_values: values::value();
    booleans: any::<bool>();
    ubytes: any::<u8>();
    ushorts: any::<u16>();
    uints: any::<u32>();
    ulongs: any::<u64>();
    bytes: any::<i8>();
    shorts: any::<i16>();
    ints: any::<i32>();
    longs: any::<i64>();
    chars: any::<char>();
    timestamps: values::timestamp();
    uuids: values::uuid();
    binaries: values::octets();
    strings: values::text();
    symbols: values::symbol();
    multiple_symbols: values::symbols(0..300);
    optional_values: proptest::option::of(values::text());
    fields: values::fields();
    delivery_tags: values::delivery_tag();
    conditions: values::condition();
    errors: values::error();
}

// req: TY-1.4-01 TY-1.4-02 TY-1.3.4-05
identity! {
    open: performatives::open();
    begin: performatives::begin();
    attach: performatives::attach();
    flow: performatives::flow();
    transfer: performatives::transfer();
    disposition: performatives::disposition();
    detach: performatives::detach();
    end: performatives::end();
    close: performatives::close();
    performatives: performatives::performative();
    unsettled_maps: performatives::unsettled_map();
    roles: performatives::role();
    sender_settle_modes: performatives::sender_settle_mode();
    receiver_settle_modes: performatives::receiver_settle_mode();
}

identity! {
    sasl_mechanisms: sasl::mechanisms();
    sasl_init: sasl::init();
    sasl_challenge: sasl::challenge();
    sasl_response: sasl::response();
    sasl_outcome: sasl::outcome();
    sasl_frames: sasl::sasl_frame();
}

identity! {
    sources: termini::source();
    targets: termini::target();
    coordinators: termini::coordinator();
    target_termini: termini::target_terminus();
    lifetime_policies: termini::lifetime_policy();
    terminus_durability: termini::durability();
    terminus_expiry_policies: termini::expiry_policy();
}

identity! {
    received: states::received();
    rejected: states::rejected();
    modified: states::modified();
    declared: states::declared();
    transactional_states: states::transactional();
    outcomes: states::outcome();
    delivery_states: states::delivery_state();
    declare: states::declare();
    discharge: states::discharge();
}

identity! {
    headers: messages::header();
    properties: messages::properties();
    delivery_annotations: messages::annotations().prop_map(DeliveryAnnotations);
    message_annotations: messages::annotations().prop_map(MessageAnnotations);
    footers: messages::annotations().prop_map(Footer);
    message_ids: messages::message_id();
    simple_properties: messages::simple_value();
    application_properties: messages::application_properties();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // req: MS-3.2-01 MS-3.2-03 MS-3.2-05
    #[test]
    fn messages(message in messages::message()) {
        let octets = identity(&message);
        prop_assert_eq!(message.to_bytes(), octets.clone());

        let encoded = EncodedMessage::parse(octets.clone()).expect("what we write can be read");
        prop_assert_eq!(&encoded.to_message().expect("and decoded"), &message);
        prop_assert_eq!(encoded.into_bytes(), octets);
    }

    // What is shared instead of written is what would have been written there.
    #[test]
    fn messages_that_share_their_data(message in messages::message(), large in 0_usize..400, data in vec(250_usize..300, 0..3)) {
        let mut message = message;
        if let Body::Data(sections) = &mut message.body {
            sections.extend(data.into_iter().map(|len| Bytes::from(vec![7; len])));
        }
        let (shared, whole) = shared_and_whole(&message, large);
        prop_assert!(shared.iter().all(|octets| octets.len() >= large.max(256)));
        prop_assert_eq!(&whole, &message.to_bytes());
        // As much through what only leads to a message.
        let expected = (shared, whole);
        prop_assert_eq!(&shared_and_whole(&&&message, large), &expected);
        prop_assert_eq!(&shared_and_whole(&Some(&message), large), &expected);
        prop_assert_eq!(&shared_and_whole(&Box::new(message), large), &expected);
        prop_assert_eq!(shared_and_whole(&None::<Box<Message>>, large), (vec![], vec![0x40]));
    }
}

/// What a value shares, and what is written once that stands where it belongs.
fn shared_and_whole(value: &impl Encode, large: usize) -> (Vec<Bytes>, Vec<u8>) {
    let (mut out, mut shared) = (b"before".to_vec(), Vec::new());
    value.encode_sharing(&mut out, large, &mut |at, octets| shared.push((at, octets.clone())));
    assert_eq!(shared.iter().map(|(_, octets)| octets.len()).sum::<usize>(), value.shared_len(large));
    for (at, octets) in shared.iter().rev() {
        drop(out.splice(at..at, octets.iter().copied()));
    }
    (shared.into_iter().map(|(_, octets)| octets).collect(), out.split_off(6))
}
