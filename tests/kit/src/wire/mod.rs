//! The wire as the kit itself reads and writes it: values, composites, frames.
//!
//! This is a second, deliberately naive implementation of Part 1 and of the frame layout of §2.3: a trace is
//! encoded and the core's output is decoded without `amqp-codec`, so a fault there cannot hide itself. It favours
//! plain code over speed and keeps nothing but the meaning of a value (which of several encodings carried it is lost).

mod decode;
mod encode;
mod frame;
mod tables;
mod value;

pub use decode::{decode, decode_composite};
pub use encode::{encode, encode_record};
pub use frame::{Unit, decode_unit, encode_unit, next_unit};
pub use tables::{Kind, Table, by_descriptor, by_name, is_default};
pub use value::{IntKind, Record, Value, hex, unhex};
