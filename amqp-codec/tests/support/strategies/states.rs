//! Delivery states and outcomes (§3.4), those of transactions (§4.5), and what a coordinator is sent.

use std::fmt::Debug;

use amqp_codec::{
    Bytes, Declare, Declared, Decode, Decoder, DeliveryState, Described, Discharge, Encode, Modified, Outcome,
    Received, Rejected, TransactionId, TransactionalState, Value,
};
use proptest::option;
use proptest::prelude::*;

use super::values::{error, fields, octets, symbol, value};

pub(crate) fn received() -> impl Strategy<Value = Received> {
    any::<(u32, u64)>().prop_map(|(section_number, section_offset)| Received { section_number, section_offset })
}

pub(crate) fn rejected() -> impl Strategy<Value = Rejected> {
    option::of(error()).prop_map(|error| Rejected { error })
}

pub(crate) fn modified() -> impl Strategy<Value = Modified> {
    let fields = (any::<bool>(), any::<bool>(), option::of(fields()));
    fields.prop_map(|(delivery_failed, undeliverable_here, message_annotations)| Modified {
        delivery_failed,
        undeliverable_here,
        message_annotations,
    })
}

pub(crate) fn outcome() -> BoxedStrategy<Outcome> {
    prop_oneof![
        Just(Outcome::Accepted),
        rejected().prop_map(|rejected| Outcome::Rejected(rejected.into())),
        Just(Outcome::Released),
        modified().prop_map(|modified| Outcome::Modified(modified.into())),
        unknown(),
    ]
    .boxed()
}

fn transaction_id() -> impl Strategy<Value = TransactionId> {
    octets().prop_map(|octets| {
        let len = octets.len().min(TransactionId::MAX_LEN);
        TransactionId::try_from(octets.slice(..len)).unwrap()
    })
}

pub(crate) fn declared() -> impl Strategy<Value = Declared> {
    transaction_id().prop_map(|txn_id| Declared { txn_id })
}

pub(crate) fn transactional() -> impl Strategy<Value = TransactionalState> {
    (transaction_id(), option::of(outcome())).prop_map(|(txn_id, outcome)| TransactionalState { txn_id, outcome })
}

/// A described value that the codec does not know: read from its octets, whatever it is kept as.
pub(crate) fn unknown<T: Decode + Debug>() -> impl Strategy<Value = T> {
    let descriptor = prop_oneof![
        (0x100..u64::MAX).prop_map(Value::from),
        symbol().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
    ];
    (descriptor, value()).prop_map(|(descriptor, value)| {
        let mut octets = Vec::new();
        Described::new(descriptor, value).encode(&mut octets);
        Decoder::new(&Bytes::from(octets)).decode().expect("what is unknown is kept")
    })
}

pub(crate) fn delivery_state() -> BoxedStrategy<DeliveryState> {
    prop_oneof![
        2 => received().prop_map(DeliveryState::from),
        4 => outcome().prop_map(DeliveryState::from),
        1 => declared().prop_map(DeliveryState::from),
        2 => transactional().prop_map(DeliveryState::from),
        1 => unknown(),
    ]
    .boxed()
}

pub(crate) fn declare() -> impl Strategy<Value = Declare> {
    // A field that holds null has no value.
    let id = value().prop_filter("null is none", |id| *id != Value::Null);
    option::of(id).prop_map(|global_id| Declare { global_id: global_id.map(Box::new) })
}

pub(crate) fn discharge() -> impl Strategy<Value = Discharge> {
    (transaction_id(), any::<bool>()).prop_map(|(txn_id, fail)| Discharge { txn_id, fail })
}
