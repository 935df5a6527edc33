//! Decoding octets as each type in turn.

use amqp_codec::message::{DeliveryAnnotations, Footer, Header, MessageAnnotations};
use amqp_codec::{
    ApplicationProperties, Array, Bytes, Condition, Coordinator, Declare, DeliveryState, DeliveryTag, Described,
    Discharge, Error, Fields, LifetimePolicy, Map, MessageId, Multiple, Outcome, Performative, Properties, Role,
    SaslFrame, SenderSettleMode, Source, SourceTerminus, Str, Symbol, TargetTerminus, TerminusDurability, UnsettledMap,
    Uuid, Value,
};

use super::support::check::{decode_as, ends_as_any_value, sections_agree};

macro_rules! decode_as_each {
    ($input:expr, $($type:ty)*) => {{
        $(
            decode_as::<$type>($input);
            ends_as_any_value::<$type>($input);
        )*
    }};
}

/// Decodes as each type, and checks what must hold of any octets.
pub(crate) fn decode_as_everything(input: &Bytes) {
    sections_agree(input);
    decode_as_each! { input,
        Value Described Map Array Vec<Value> Fields
        bool u8 u16 u32 u64 i8 i16 i32 i64 char Bytes Str Symbol Uuid
        Multiple<Symbol> Multiple<Bytes> Multiple<u64> Option<u32>
        Performative SaslFrame
        DeliveryState Outcome Source SourceTerminus TargetTerminus LifetimePolicy TerminusDurability UnsettledMap
        Coordinator Declare Discharge Error Condition DeliveryTag Role SenderSettleMode
        Header DeliveryAnnotations MessageAnnotations Properties ApplicationProperties Footer MessageId
    }
}
