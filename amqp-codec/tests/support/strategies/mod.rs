//! proptest strategies for every type of the codec.
//!
//! What is generated is valid; [`values`] prefers the borders between the encodings of a type.

pub(crate) mod messages;
pub(crate) mod performatives;
pub(crate) mod sasl;
pub(crate) mod states;
pub(crate) mod termini;
pub(crate) mod values;
