//! What octets are decoded as, and our verdict on them in the common form.

use std::fmt;

use amqp_codec::{Bytes, Decode, DecodeError, Decoder, Encode, Limits, Message, Performative, SaslFrame, Value};

use crate::support::check::encode;

/// What octets are decoded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// A value of any type.
    Value,
    /// One of the nine performatives.
    Performative,
    /// One of the five SASL frames.
    Sasl,
    /// A message.
    Message,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "value",
            Self::Performative => "performative",
            Self::Sasl => "sasl",
            Self::Message => "message",
        })
    }
}

impl Subject {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Value, Self::Performative, Self::Sasl, Self::Message];
        all.into_iter().find(|subject| subject.to_string() == name)
    }

    /// Our verdict: what was read, as a value of any type, and how many octets it had.
    ///
    /// Types other than [`Subject::Value`] are written again first, in our form, where a field that is left out and one
    /// that has its default are the same. A message is the list of its sections.
    pub(crate) fn decode(self, octets: &Bytes) -> Result<(Value, usize), DecodeError> {
        match self {
            Self::Value => {
                let mut decoder = Decoder::new(octets);
                decoder.decode().map(|value| (value, decoder.position()))
            }
            Self::Performative => rewritten::<Performative>(octets),
            Self::Sasl => rewritten::<SaslFrame>(octets),
            Self::Message => rewritten::<Message>(octets),
        }
    }
}

fn rewritten<T: Decode + Encode>(octets: &Bytes) -> Result<(Value, usize), DecodeError> {
    let mut decoder = Decoder::new(octets);
    let octets = encode(&decoder.decode::<T>()?);
    // A composite type counts as one level of nesting and a described list as two.
    let limits = Limits::new().depth(64);
    let mut rewritten = Decoder::with_limits(&octets, &limits);
    let mut parts = Vec::new();
    while !rewritten.is_empty() {
        parts.push(rewritten.decode::<Value>()?);
    }
    let value = if parts.len() == 1 { parts.remove(0) } else { Value::List(parts) };
    Ok((value, decoder.position()))
}
