//! `Serialize` and `Deserialize` of our own types.
//!
//! Through our serializer each is the AMQP type that it is, and is read back as that; in other formats it is what comes
//! closest, as the [module](super) lists it.

mod container;
mod octets;
mod text;
mod value;
