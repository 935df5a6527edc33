//! Annotations (§3.2.10), and the three sections that consist of them.

use alloc::vec::{self, Vec};
use core::{
    fmt,
    ops::{Deref, DerefMut},
};

use super::Section;
use super::entries::Entries;
use super::key::KeyRef;
use crate::{Decode, DecodeError, Decoder, Encode, Primitive, Symbol, Value, code};

/// The key of an annotation: a symbol, or a ulong (§3.2.10).
///
/// All ulong keys are reserved, as are symbols that do not start with `x-`. Who does not
/// understand a key that starts with `x-opt-` ignores it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnnotationKey {
    /// A name.
    Symbol(Symbol),
    /// A number; reserved.
    Ulong(u64),
}

impl AnnotationKey {
    /// The name, if the key is a symbol.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Symbol(name) => Some(name.as_str()),
            Self::Ulong(_) => None,
        }
    }

    /// Whether a receiver that does not understand the key ignores it: it starts with `x-opt-`.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.as_str().is_some_and(|name| name.starts_with("x-opt-"))
    }
}

impl fmt::Debug for AnnotationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Symbol(name) => fmt::Debug::fmt(name, f),
            Self::Ulong(number) => fmt::Debug::fmt(number, f),
        }
    }
}

/// Any other type than symbol and ulong is refused, as is null.
impl Decode for AnnotationKey {
    #[inline]
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        match decoder.code(KEY)? {
            code @ (code::SYMBOL_8 | code::SYMBOL_32) => Symbol::decode_data(code, decoder).map(Self::Symbol),
            code @ (code::ULONG | code::SMALL_ULONG | code::ULONG_0) => {
                u64::decode_data(code, decoder).map(Self::Ulong)
            }
            code => Err(decoder.unexpected(code, KEY)),
        }
    }
}

/// What a key is called in errors.
const KEY: &str = "annotation key";

impl Encode for AnnotationKey {
    #[inline]
    fn encoded_len(&self) -> usize {
        match self {
            Self::Symbol(name) => name.encoded_len(),
            Self::Ulong(number) => number.encoded_len(),
        }
    }

    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Symbol(name) => name.encode(out),
            Self::Ulong(number) => number.encode(out),
        }
    }
}

impl From<Symbol> for AnnotationKey {
    #[inline]
    fn from(name: Symbol) -> Self {
        Self::Symbol(name)
    }
}

/// A name that is part of the program; what comes from elsewhere goes through
/// [`Symbol::try_from`].
///
/// # Panics
/// As [`Symbol::from_static`], if the text is not ASCII.
impl From<&'static str> for AnnotationKey {
    #[inline]
    fn from(name: &'static str) -> Self {
        Self::Symbol(Symbol::from_static(name))
    }
}

impl From<u64> for AnnotationKey {
    #[inline]
    fn from(number: u64) -> Self {
        Self::Ulong(number)
    }
}

/// A map from symbols or ulongs to values of any type, in the order of the wire (§3.2.10).
///
/// A key occurs once: [`insert`](Self::insert) replaces, decoding refuses. Lookup is linear,
/// since annotations are few.
///
/// The entries are kept encoded, as those of
/// [`ApplicationProperties`](super::ApplicationProperties) are: what a peer annotated is passed
/// on as it came.
///
/// ```
/// use amqp_codec::message::Annotations;
///
/// let mut annotations = Annotations::new();
/// annotations.insert("x-opt-partition-key", "north");
/// assert_eq!(annotations.get("x-opt-partition-key"), Some("north".into()));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Annotations(Entries<AnnotationKey, Value>);

impl Annotations {
    /// No annotations; allocates nothing.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self(Entries::new())
    }

    /// Number of annotations.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value under a symbol: a part of the message that it came in, or copied from what was set
    /// here.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value> {
        self.0.get(KeyRef::Text(key.as_bytes()))
    }

    /// The value under a ulong.
    #[must_use]
    pub fn get_ulong(&self, key: u64) -> Option<Value> {
        self.0.get(KeyRef::Number(key))
    }

    /// Sets the value of a key; returns the value that it had.
    pub fn insert(&mut self, key: impl Into<AnnotationKey>, value: impl Into<Value>) -> Option<Value> {
        self.0.insert(KeyRef::from(&key.into()), &value.into())
    }

    /// Takes out the value under a symbol.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.remove(KeyRef::Text(key.as_bytes()))
    }

    /// The annotations in their order.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (AnnotationKey, Value)> + use<> {
        self.0.iter()
    }
}

/// Every key is a symbol or a ulong, and occurs once.
impl fmt::Debug for Annotations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<K: Into<AnnotationKey>, V: Into<Value>> FromIterator<(K, V)> for Annotations {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let mut annotations = Self::new();
        annotations.extend(iter);
        annotations
    }
}

impl<K: Into<AnnotationKey>, V: Into<Value>> Extend<(K, V)> for Annotations {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, iter: I) {
        self.0.extend(iter, |entries, (key, value)| entries.append(KeyRef::from(&key.into()), &value.into()));
    }
}

impl IntoIterator for Annotations {
    type Item = (AnnotationKey, Value);
    type IntoIter = vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter().collect::<Vec<_>>().into_iter()
    }
}

/// Writes a section that is nothing but annotations.
macro_rules! annotation_section {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct $name(pub Annotations);

        impl $name {
            /// Reads what follows the descriptor.
            pub(super) fn decode_map(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
                Entries::decode_section(Section::$name, decoder).map(Annotations).map(Self)
            }
        }

        impl Deref for $name {
            type Target = Annotations;

            #[inline]
            fn deref(&self) -> &Annotations {
                &self.0
            }
        }

        impl DerefMut for $name {
            #[inline]
            fn deref_mut(&mut self) -> &mut Annotations {
                &mut self.0
            }
        }

        impl From<Annotations> for $name {
            #[inline]
            fn from(annotations: Annotations) -> Self {
                Self(annotations)
            }
        }

        impl<K: Into<AnnotationKey>, V: Into<Value>> FromIterator<(K, V)> for $name {
            fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
                Self(iter.into_iter().collect())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl Encode for $name {
            fn encoded_len(&self) -> usize {
                self.0.0.section_len()
            }

            fn encode(&self, out: &mut Vec<u8>) {
                self.0.0.encode_section(Section::$name, out);
            }
        }

        impl Decode for $name {
            fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
                let section = Section::$name;
                decoder.expect_descriptor(section.code(), section.descriptor())?;
                Self::decode_map(decoder)
            }
        }
    };
}

annotation_section! {
    /// Annotations for the next hop (`delivery-annotations`, §3.2.2).
    ///
    /// Not part of the bare message, and not passed on unless understood. An absent section is
    /// an empty map.
    DeliveryAnnotations
}

annotation_section! {
    /// Annotations for the infrastructure, passed on at every hop (`message-annotations`,
    /// §3.2.3).
    ///
    /// Not part of the bare message: an intermediary may change them. An absent section is an
    /// empty map.
    MessageAnnotations
}

annotation_section! {
    /// What can only be computed from the whole bare message, such as hashes and signatures
    /// (`footer`, §3.2.9).
    ///
    /// An absent section is an empty map.
    Footer
}
