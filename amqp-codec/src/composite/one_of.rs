//! Values that are one of several composite types.

/// An enum over composites, told apart by their descriptors.
///
/// With `else Other`, described values of other types are kept, octet for
/// octet; without, they are refused.
macro_rules! one_of {
    (
        $(#[$meta:meta])*
        pub enum $Name:ident = $expected:literal {
            $($(#[$variant_meta:meta])* $Variant:ident($content:ty) = $Composite:ident $name:literal,)*
        }
        $(else $(#[$other_meta:meta])* $Other:ident)?
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq)]
        pub enum $Name {
            $($(#[$variant_meta])* $Variant($content),)*
            $($(#[$other_meta])* $Other(::alloc::boxed::Box<$crate::types::EncodedValue>),)?
        }

        impl $Name {
            const TABLE: &[(&str, u64)] = &[$(($Composite::NAME, $Composite::CODE)),*];

            /// The specification's name of the type.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$Variant(_) => $name,)*
                    $(Self::$Other(_) => $expected,)?
                }
            }
        }

        $(
            impl From<$Composite> for $Name {
                #[inline]
                fn from(composite: $Composite) -> Self {
                    Self::$Variant(composite.into())
                }
            }
        )*

        impl $crate::Decode for $Name {
            fn decode(decoder: &mut $crate::Decoder<'_>) -> Result<Self, $crate::DecodeError> {
                #[allow(unused_variables, reason = "not every such type keeps others")]
                let value = decoder.rest_slice();
                let error = match decoder.descriptor(Self::TABLE, $expected) {
                    $(Ok($Composite::CODE) => return $Composite::decode_as::<$content, _>(decoder, Self::$Variant),)*
                    Ok(_) => decoder.error($crate::DecodeErrorKind::UnknownDescriptor, $expected),
                    Err(error) => error,
                };
                $(if error.kind() == $crate::DecodeErrorKind::UnknownDescriptor {
                    decoder.set_rest(value);
                    return $crate::Decode::decode(decoder).map(Self::$Other);
                })?
                Err(error)
            }
        }

        impl $crate::Encode for $Name {
            fn encoded_len(&self) -> usize {
                match self {
                    $(Self::$Variant(composite) => $crate::Encode::encoded_len(composite),)*
                    $(Self::$Other(value) => $crate::Encode::encoded_len(value),)?
                }
            }

            fn encode(&self, out: &mut ::alloc::vec::Vec<u8>) {
                match self {
                    $(Self::$Variant(composite) => $crate::Encode::encode(composite, out),)*
                    $(Self::$Other(value) => $crate::Encode::encode(value, out),)?
                }
            }
        }

        impl ::core::fmt::Debug for $Name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self {
                    $(Self::$Variant(composite) => ::core::fmt::Debug::fmt(composite, f),)*
                    $(Self::$Other(value) => ::core::fmt::Debug::fmt(value, f),)?
                }
            }
        }
    };
}

pub(crate) use one_of;
