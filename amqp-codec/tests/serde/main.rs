//! Rust types through serde (feature `serde`).
#![cfg(feature = "serde")]

mod described;
mod hostile;
mod messages;
mod other_formats;
mod random;
mod refused;
mod wire;

use std::fmt::Debug;

use amqp_codec::serde::{from_bytes, from_value, to_bytes, to_value};
use amqp_codec::{Bytes, Decoder, Encode, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The octets of a value of ours.
fn encode(value: &impl Encode) -> Bytes {
    let mut out = Vec::new();
    value.encode(&mut out);
    out.into()
}

/// Writes and reads by each of the ways, which agree.
#[track_caller]
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(rust: &T) -> Value {
    let octets = to_bytes(rust).unwrap();
    let mut decoder = Decoder::new(&octets);
    let value: Value = decoder.decode().expect("an AMQP value");
    assert!(decoder.is_empty());
    assert_eq!(encode(&value), octets, "the shortest form");
    assert_eq!(to_value(rust).unwrap(), value);
    assert_eq!(&from_bytes::<T>(&octets).unwrap(), rust);
    assert_eq!(&from_value::<T>(value.clone()).unwrap(), rust);
    value
}

/// Takes these octets as one `T`.
#[track_caller]
fn read<T: DeserializeOwned>(octets: &[u8]) -> T {
    from_bytes(&Bytes::copy_from_slice(octets)).unwrap()
}
