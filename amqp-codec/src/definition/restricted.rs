//! Restricted types: encoded as their source type (§1.3.5).

/// `Decode` and `Encode` of a newtype, as its content.
macro_rules! restricted {
    ($Name:ident($source:ty)) => {
        impl $crate::Decode for $Name {
            #[inline(always)]
            fn decode(decoder: &mut $crate::Decoder<'_>) -> Result<Self, $crate::DecodeError> {
                <$source as $crate::Decode>::decode(decoder).map(Self)
            }

            const QUICK: bool = <$source as $crate::Decode>::QUICK;

            #[inline(always)]
            fn quick(input: &[u8]) -> Option<(Self, &[u8])> {
                <$source as $crate::Decode>::quick(input).map(|(value, rest)| (Self(value), rest))
            }
        }

        impl $crate::Encode for $Name {
            #[inline]
            fn encoded_len(&self) -> usize {
                $crate::Encode::encoded_len(&self.0)
            }

            #[inline(always)]
            fn encode(&self, out: &mut ::alloc::vec::Vec<u8>) {
                $crate::Encode::encode(&self.0, out);
            }
        }
    };
}

/// An enum whose choices are values of its source type.
macro_rules! choices {
    (
        $(#[$meta:meta])*
        pub enum $Name:ident: $source:ty = $name:literal {
            $($(#[$choice_meta:meta])* $Choice:ident = $value:literal $text:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $Name {
            $($(#[$choice_meta])* #[doc = concat!("\n\nOn the wire: `", $value, "`.")] $Choice,)*
        }

        impl $Name {
            /// The value on the wire.
            #[inline]
            pub const fn value(self) -> $source {
                match self {
                    $(Self::$Choice => $value,)*
                }
            }

            /// The specification's name of the choice.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$Choice => $text,)*
                }
            }
        }

        impl ::core::fmt::Debug for $Name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl ::core::fmt::Display for $Name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl $crate::Decode for $Name {
            #[inline(always)]
            fn decode(decoder: &mut $crate::Decoder<'_>) -> Result<Self, $crate::DecodeError> {
                match <$source as $crate::Decode>::decode(decoder)? {
                    $($value => Ok(Self::$Choice),)*
                    // Of a boolean, both values are choices.
                    #[allow(unreachable_patterns, reason = "not of every source type")]
                    _ => Err(decoder.error($crate::DecodeErrorKind::InvalidChoice, $name)),
                }
            }

            const QUICK: bool = true;

            #[inline(always)]
            fn quick(input: &[u8]) -> Option<(Self, &[u8])> {
                let (value, rest) = <$source as $crate::Decode>::quick(input)?;
                match value {
                    $($value => Some((Self::$Choice, rest)),)*
                    #[allow(unreachable_patterns, reason = "not of every source type")]
                    _ => None,
                }
            }
        }

        impl $crate::Encode for $Name {
            #[inline]
            fn encoded_len(&self) -> usize {
                $crate::Encode::encoded_len(&self.value())
            }

            #[inline(always)]
            fn encode(&self, out: &mut ::alloc::vec::Vec<u8>) {
                $crate::Encode::encode(&self.value(), out);
            }
        }
    };
}

pub(crate) use {choices, restricted};
