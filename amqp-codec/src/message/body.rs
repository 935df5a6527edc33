//! The body of a message: `data`, `amqp-sequence` or `amqp-value` (§3.2.6 to §3.2.8).

use alloc::{string::String, vec, vec::Vec};

use bytes::{Bytes, BytesMut};
use smallvec::{SmallVec, smallvec};

use super::section::{DESCRIPTOR_LEN, Section};
use crate::types::binary::encode_long_size;
use crate::write::put;
use crate::{
    Array, Dec32, Dec64, Dec128, DecodeError, DecodeErrorKind, Decoder, Described, Encode, Map, Str, Symbol, Timestamp,
    Uuid, Value, code,
};

/// The body of a message (§3.2.6 to §3.2.8).
///
/// Octets (`Bytes`, `Vec<u8>`) become a `data` section, text and [`Value`]s an `amqp-value`
/// section. The default is one empty `data` section.
///
/// ```
/// use amqp_codec::message::Body;
///
/// assert_eq!(Body::from("text").as_str(), Some("text"));
/// assert_eq!(Body::from(vec![1, 2]).to_data().as_deref(), Some(&[1, 2][..]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// No body at all.
    ///
    /// §3.2 requires a body, and yet real senders (Qpid Proton, Azure's Python client) leave it
    /// out, so it can be received. Neither a conversion nor the
    /// [`MessageBuilder`](super::MessageBuilder) makes it unless told to; do not send it: there
    /// are brokers that fail on it.
    Empty,
    /// Octets, in one or more `data` sections (§3.2.6). They follow each other to form the
    /// content; the borders are kept. Without any section, one empty section is encoded.
    Data(SmallVec<[Bytes; 1]>),
    /// Lists, one for each `amqp-sequence` section (§3.2.7). Without any, one empty list is
    /// encoded.
    Sequence(Vec<Vec<Value>>),
    /// One `amqp-value` section (§3.2.8); the value may be null.
    Value(Value),
}

impl Body {
    /// The text of a string value, or of a single `data` section that holds UTF-8: senders use
    /// both for text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Value(Value::String(text)) => Some(text.as_str()),
            Self::Data(sections) => match sections.as_slice() {
                [only] => core::str::from_utf8(only).ok(),
                _ => None,
            },
            Self::Empty | Self::Sequence(_) | Self::Value(_) => None,
        }
    }

    /// The value of an `amqp-value` section.
    #[must_use]
    pub const fn as_value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Empty | Self::Data(_) | Self::Sequence(_) => None,
        }
    }

    /// The octets of a `data` body, all sections joined.
    ///
    /// A single section is shared, not copied; several are copied into one buffer.
    #[must_use]
    pub fn to_data(&self) -> Option<Bytes> {
        let Self::Data(sections) = self else {
            return None;
        };
        if let [only] = sections.as_slice() {
            return Some(only.clone());
        }
        let mut joined = BytesMut::new();
        for section in sections {
            joined.extend_from_slice(section);
        }
        Some(joined.freeze())
    }

    /// Reads the sections of a body of this kind, which are all that is left; their order is known to be right.
    #[inline]
    pub(super) fn decode_sections(kind: Section, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut body = Self::Empty;
        while !decoder.is_empty() {
            decoder.descriptor(&[kind.descriptors()], "message")?;
            body.decode_section(kind, decoder).map_err(|error| error.in_section(kind))?;
        }
        Ok(body)
    }

    /// Reads a section of the body, whose descriptor has been read. Of other sections it knows nothing.
    #[inline]
    pub(super) fn decode_section(&mut self, section: Section, decoder: &mut Decoder<'_>) -> Result<(), DecodeError> {
        match section {
            Section::Data => self.push_data(decoder.decode()?),
            Section::AmqpSequence => self.push_list(decoder.decode()?),
            Section::AmqpValue => *self = Self::Value(decoder.decode()?),
            Section::Header
            | Section::DeliveryAnnotations
            | Section::MessageAnnotations
            | Section::Properties
            | Section::ApplicationProperties
            | Section::Footer => return Err(decoder.error(DecodeErrorKind::SectionOrder, section.name())),
        }
        Ok(())
    }

    /// Adds a `data` section, behind those that are there.
    fn push_data(&mut self, data: Bytes) {
        match self {
            Self::Data(sections) => sections.push(data),
            Self::Empty | Self::Sequence(_) | Self::Value(_) => *self = data.into(),
        }
    }

    /// Adds an `amqp-sequence` section, behind those that are there.
    fn push_list(&mut self, list: Vec<Value>) {
        match self {
            Self::Sequence(lists) => lists.push(list),
            Self::Empty | Self::Data(_) | Self::Value(_) => *self = list.into(),
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::from(Bytes::new())
    }
}

impl From<Bytes> for Body {
    #[inline]
    fn from(data: Bytes) -> Self {
        Self::Data(smallvec![data])
    }
}

impl From<Vec<u8>> for Body {
    #[inline]
    fn from(data: Vec<u8>) -> Self {
        Bytes::from(data).into()
    }
}

impl From<&'static [u8]> for Body {
    #[inline]
    fn from(data: &'static [u8]) -> Self {
        Bytes::from_static(data).into()
    }
}

impl<const N: usize> From<&'static [u8; N]> for Body {
    #[inline]
    fn from(data: &'static [u8; N]) -> Self {
        Bytes::from_static(data).into()
    }
}

impl From<Value> for Body {
    #[inline]
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<Str> for Body {
    #[inline]
    fn from(text: Str) -> Self {
        Self::Value(Value::String(text))
    }
}

impl From<String> for Body {
    #[inline]
    fn from(text: String) -> Self {
        Str::from(text).into()
    }
}

impl From<&str> for Body {
    #[inline]
    fn from(text: &str) -> Self {
        Str::from(text).into()
    }
}

impl From<Map> for Body {
    #[inline]
    fn from(map: Map) -> Self {
        Self::Value(Value::Map(map))
    }
}

/// Values of other types, each an `amqp-value` section.
macro_rules! from_value {
    ($($type:ty)*) => {$(
        impl From<$type> for Body {
            #[inline]
            fn from(value: $type) -> Self {
                Self::Value(value.into())
            }
        }
    )*};
}

from_value! {
    bool u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 char Dec32 Dec64 Dec128 Timestamp Uuid Symbol Array Described
}

/// One `amqp-sequence` section.
impl From<Vec<Value>> for Body {
    #[inline]
    fn from(list: Vec<Value>) -> Self {
        Self::Sequence(vec![list])
    }
}

impl Encode for Body {
    fn encoded_len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Data(sections) => sections_len(sections),
            Self::Sequence(lists) => sections_len(lists),
            Self::Value(value) => section_len(value),
        }
    }

    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Empty => {}
            Self::Data(sections) => encode_data(sections, out),
            Self::Sequence(lists) => encode_sections(Section::AmqpSequence, lists, out),
            Self::Value(value) => encode_section(Section::AmqpValue, value, out),
        }
    }

    fn shared_len(&self, large: usize) -> usize {
        match self {
            Self::Data(sections) => sections.iter().map(Bytes::len).filter(|&len| is_shared(len, large)).sum(),
            Self::Empty | Self::Sequence(_) | Self::Value(_) => 0,
        }
    }

    fn encode_sharing(&self, out: &mut Vec<u8>, large: usize, share: &mut dyn FnMut(usize, &Bytes)) {
        let Self::Data(sections) = self else { return self.encode(out) };
        if sections.is_empty() {
            return self.encode(out);
        }
        for data in sections {
            if is_shared(data.len(), large) {
                put(out, Section::Data.descriptor_octets());
                encode_long_size(data.len(), code::BINARY_32, out);
                share(out.len(), data);
            } else {
                encode_section(Section::Data, data, out);
            }
        }
    }
}

/// Whether so many octets are shared where `large` is asked for. Those that a `vbin8` holds never are.
fn is_shared(len: usize, large: usize) -> bool {
    len >= large && len > usize::from(u8::MAX)
}

/// The length of one section, its descriptor included.
#[inline]
fn section_len(value: &impl Encode) -> usize {
    value.encoded_len().saturating_add(DESCRIPTOR_LEN)
}

fn sections_len<T: Encode + Default>(values: &[T]) -> usize {
    if values.is_empty() {
        return section_len(&T::default());
    }
    values.iter().fold(0, |len, value| len.saturating_add(section_len(value)))
}

#[inline]
fn encode_section(section: Section, value: &impl Encode, out: &mut Vec<u8>) {
    put(out, section.descriptor_octets());
    value.encode(out);
}

/// Most bodies are one short data section.
#[inline]
fn encode_data(sections: &[Bytes], out: &mut Vec<u8>) {
    if let [only] = sections {
        if let Ok(len) = u8::try_from(only.len()) {
            let [described, small, descriptor] = Section::Data.descriptor_octets();
            put(out, [described, small, descriptor, code::BINARY_8, len]);
            return out.extend_from_slice(only);
        }
    }
    encode_sections(Section::Data, sections, out);
}

/// Encodes a section for each value, or one of the default value if there is none: a message has
/// a body.
#[inline(never)]
fn encode_sections<T: Encode + Default>(section: Section, values: &[T], out: &mut Vec<u8>) {
    if values.is_empty() {
        return encode_section(section, &T::default(), out);
    }
    for value in values {
        encode_section(section, value, out);
    }
}
