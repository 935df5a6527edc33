//! Composite types (§1.4): described lists whose elements are the fields.
//!
//! [`composite!`](crate::composite!) describes such a type as the
//! specification's tables do. What it writes is a struct and short functions
//! over readers and writers of fields.

mod debug;
mod elements;
mod name;
mod one_of;
mod places;
mod quick;
mod reader;
mod writer;

#[doc(hidden)]
pub use self::debug::{DebugFields, Shown, ShownValue};
#[doc(hidden)]
pub use self::elements::{Element, element, encode_fields, fields_len};
#[doc(hidden)]
pub use self::name::{FieldName, field_name};
pub(crate) use self::one_of::one_of;
#[doc(hidden)]
pub use self::places::{Field, Leading, Need, Place, read_fields};
#[doc(hidden)]
pub use self::quick::QuickReader;
#[doc(hidden)]
pub use self::reader::FieldReader;
#[doc(hidden)]
pub use self::writer::{FieldSink, ListLength, ListWriter, encode_tight, is_tight};

/// What a field holds before it has been read.
///
/// Of an optional field that is its value if there is none; of a mandatory one nobody sees it.
#[doc(hidden)]
pub trait Unread {
    /// Some value.
    fn unread() -> Self;
}

impl<T: Default> Unread for T {
    #[inline(always)]
    fn unread() -> Self {
        T::default()
    }
}

/// Defines a composite type (§1.4) as the specification's table of its fields.
///
/// ```
/// use amqp_codec::{Bytes, Decoder, Encode, Str, Symbol, Multiple, composite};
///
/// composite! {
///     /// Where a parcel goes.
///     #[derive(Clone, PartialEq)]
///     pub struct Label = "example:label:list" 0x0000_4d2f_0000_0001 {
///         /// The recipient.
///         recipient: Str, mandatory;
///         /// The postal code, if known.
///         postal_code: Option<u32>;
///         /// How many parcels.
///         count: u32 = 1;
///         /// Handling instructions.
///         handling: Multiple<Symbol>;
///     }
/// }
///
/// let label = Label {
///     recipient: "Ada".into(),
///     postal_code: Some(8000),
///     count: 1,
///     handling: Multiple::new(),
/// };
/// assert_eq!(format!("{label:?}"), r#"Label{recipient="Ada" postal-code=8000}"#);
///
/// let mut octets = Vec::new();
/// label.encode(&mut octets);
/// let octets = Bytes::from(octets);
/// assert_eq!(Decoder::new(&octets).decode::<Label>()?, label);
/// # Ok::<(), amqp_codec::DecodeError>(())
/// ```
///
/// A type is a name, its symbolic and its numeric descriptor, and its fields in
/// order. Of a field, the type says whether it is optional
/// (`Option<T>`), `multiple="true"` ([`Multiple<T>`](crate::Multiple)), or, with
/// `= default` or `mandatory`, always has a value. Further words:
///
/// * `mandatory`: null or missing is an error. The type has a `Default`, which is never seen.
/// * `leading`: null or missing is an error where a field behind it has a value.
/// * `rare`: most values leave it out. The others are read the quicker even if this field's type cannot be read
///   quickly, and those with it the slower. Stands alone: with no other word, and no default.
/// * `secret`: `Debug` prints only how many octets there are.
///
/// `, often` behind the descriptors: such values are written in code of their own, much of it and quick. Others share
/// theirs.
///
/// The macro writes
///
/// * the struct with public fields, and `CODE` and `NAME`, its descriptors;
/// * [`Decode`](crate::Decode): list0, list8 and list32, with a numeric descriptor of any
///   width or a symbolic one; trailing fields may be missing, and null is the
///   default. Errors name the field: `label.recipient`;
/// * [`Encode`](crate::Encode): the shortest form, without trailing nulls, and with null for
///   a default;
/// * `Debug` on one line: the fields that are set, by their names in the
///   specification;
/// * `Default`, if no field is mandatory.
#[macro_export]
macro_rules! composite {
    (
        $(#[$meta:meta])*
        $vis:vis struct $Name:ident = $symbol:literal $code:literal $(, $often:ident)? {
            $(
                $(#[$field_meta:meta])*
                $field:ident : $type:ty $(, $flag:ident)* $(= $default:expr)? ;
            )*
        }
    ) => {
        $(#[$meta])*
        #[doc = concat!("\n\nDescriptor: `", $symbol, "`, `", stringify!($code), "`.")]
        $vis struct $Name {
            $(
                $(#[$field_meta])*
                $(#[doc = concat!("\n\nThis field is ", stringify!($flag), ".")])*
                $(#[doc = concat!("\n\nDefault: `", stringify!($default), "`.")])?
                pub $field: $type,
            )*
        }

        impl $Name {
            /// The numeric descriptor.
            pub const CODE: u64 = $code;
            /// The symbolic descriptor.
            pub const NAME: &'static str = $symbol;
        }

        $crate::composite!(@encode [$($often)?] $Name { $($field [$($default)?];)* });
        $crate::composite!(@read [$($often)?] $Name { $($field : $type [$($flag)*];)* });

        impl $crate::Decode for $Name {
            fn decode(
                decoder: &mut $crate::Decoder<'_>,
            ) -> ::core::result::Result<Self, $crate::DecodeError> {
                decoder.expect_descriptor(Self::CODE, Self::NAME)?;
                Self::decode_fields(decoder)
            }
        }

        impl ::core::fmt::Debug for $Name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #[allow(unused_imports, reason = "a type may have no field that needs it")]
                use $crate::composite::ShownValue as _;
                #[allow(unused_mut, reason = "a type may have no fields")]
                let mut fields = $crate::composite::DebugFields::new(f, stringify!($Name));
                $(
                    $crate::composite!(
                        @debug fields,
                        $crate::composite!(@name $Name $field),
                        self.$field, [$($flag)*] $($default)?
                    );
                )*
                fields.finish()
            }
        }

        impl $Name {
            /// Reads the fields: what follows the descriptor.
            ///
            /// # Errors
            /// What follows is no list, or not of these fields.
            #[inline]
            pub fn decode_fields(
                decoder: &mut $crate::Decoder<'_>,
            ) -> ::core::result::Result<Self, $crate::DecodeError> {
                let mut composite = Self::unread();
                composite.fill(decoder)?;
                Ok(composite)
            }

            /// [`decode_fields`](Self::decode_fields) where they will stay, so that a large type is not moved, as part of a
            /// whole. Not in place of that one, which would then take 30 instructions more.
            #[inline(never)]
            #[allow(dead_code, reason = "not every type is one of several")]
            pub(crate) fn decode_as<Place, Whole>(
                decoder: &mut $crate::Decoder<'_>,
                wrap: impl FnOnce(Place) -> Whole,
            ) -> ::core::result::Result<Whole, $crate::DecodeError>
            where
                Place: ::core::convert::From<Self> + ::core::borrow::BorrowMut<Self>,
            {
                let mut composite = Place::from(Self::unread());
                composite.borrow_mut().fill(decoder)?;
                Ok(wrap(composite))
            }

            /// What [`fill`](Self::fill) begins with: every field as it is without a value.
            #[inline(always)]
            pub(crate) fn unread() -> Self {
                Self { $($field: $crate::composite!(@unread $($default)?),)* }
            }

            /// Reads fields of any form, and says what is wrong with them.
            #[inline(never)]
            fn fill_one_by_one(
                &mut self,
                decoder: &mut $crate::Decoder<'_>,
            ) -> ::core::result::Result<(), $crate::DecodeError> {
                $crate::composite::read_fields(decoder, Self::NAME, &mut [$(
                    $crate::composite::Field {
                        name: $crate::composite!(@name $Name $field),
                        need: $crate::composite!(@need [$($flag)*]),
                        place: $crate::composite!(@place self.$field, [$($flag)*]),
                    },
                )*])
            }
        }

        $crate::composite!(@default $Name { $($field: [$($flag)*];)* });
    };

    (@one $field:ident) => { 1 };

    (@name $Name:ident $field:ident) => {{
        const NAME: &$crate::composite::FieldName =
            &$crate::composite::field_name(stringify!($Name), stringify!($field));
        const { NAME.qualified() }
    }};

    (@quick $type:ty, [rare]) => { true };
    (@quick $type:ty, [leading]) => { false };
    (@quick $type:ty, [$($flag:ident)*]) => { <$type as $crate::Decode>::QUICK };

    (@fill_quickly $fields:ident, $place:expr, [mandatory $($flag:ident)*]) => {
        $fields.mandatory(&mut $place)
    };
    (@fill_quickly $fields:ident, $place:expr, [$($flag:ident)*]) => {
        $fields.optional(&mut $place)
    };

    // In code of its own: all fields in a straight line, or else one after another.
    (@read [often] $Name:ident { $($field:ident : $type:ty [$($flag:ident)*];)* }) => {
        impl $Name {
            const FIELDS: usize = 0 $(+ $crate::composite!(@one $field))*;

            /// Whether of most values all fields are of their usual forms.
            const QUICK: bool = true $(&& $crate::composite!(@quick $type, [$($flag)*]))*;

            /// Reads the fields to where they are.
            #[inline(always)]
            pub(crate) fn fill(
                &mut self,
                decoder: &mut $crate::Decoder<'_>,
            ) -> ::core::result::Result<(), $crate::DecodeError> {
                if Self::QUICK {
                    if let ::core::option::Option::Some(fields) = $crate::composite::QuickReader::new(decoder) {
                        if self.fill_quickly(fields, decoder) {
                            return Ok(());
                        }
                        return self.fill_again(decoder);
                    }
                    return self.fill_one_by_one(decoder);
                }
                self.fill_often(decoder)
            }

            /// Reads the fields if all of them are of their usual forms; whether they are.
            #[inline(always)]
            fn fill_quickly<'a>(
                &mut self,
                mut fields: $crate::composite::QuickReader<'a>,
                decoder: &mut $crate::Decoder<'a>,
            ) -> bool {
                $(
                    if !$crate::composite!(@fill_quickly fields, self.$field, [$($flag)*]) {
                        return false;
                    }
                )*
                fields.finish(decoder)
            }

            /// Reads the fields of which one was not of its usual form, all of them anew.
            #[cold]
            #[inline(never)]
            fn fill_again(
                &mut self,
                decoder: &mut $crate::Decoder<'_>,
            ) -> ::core::result::Result<(), $crate::DecodeError> {
                *self = Self::unread();
                self.fill_one_by_one(decoder)
            }

            #[inline(never)]
            fn fill_often(
                &mut self,
                decoder: &mut $crate::Decoder<'_>,
            ) -> ::core::result::Result<(), $crate::DecodeError> {
                let mut fields = $crate::composite::FieldReader::new(decoder, Self::FIELDS, Self::NAME)?;
                $($crate::composite!(
                    @fill fields, self.$field,
                    $crate::composite!(@name $Name $field), [$($flag)*]
                );)*
                fields.finish(Self::NAME)
            }
        }
    };
    (@read [] $Name:ident { $($field:ident : $type:ty [$($flag:ident)*];)* }) => {
        impl $Name {
            /// Reads the fields to where they are.
            #[inline(always)]
            pub(crate) fn fill(
                &mut self,
                decoder: &mut $crate::Decoder<'_>,
            ) -> ::core::result::Result<(), $crate::DecodeError> {
                self.fill_one_by_one(decoder)
            }
        }
    };

    (@fill $fields:ident, $place:expr, $name:expr, [mandatory $($flag:ident)*]) => {
        $fields.mandatory($name, &mut $place)?
    };
    (@fill $fields:ident, $place:expr, $name:expr, [$(rare)? $(secret)?]) => {
        $fields.optional($name, &mut $place)?
    };

    (@need [mandatory $($flag:ident)*]) => { $crate::composite::Need::Mandatory };
    (@need [leading $($flag:ident)*]) => { $crate::composite::Need::Leading };
    (@need [$($flag:ident)*]) => { $crate::composite::Need::Optional };

    (@place $place:expr, [leading $($flag:ident)*]) => { &mut $crate::composite::Leading::new(&mut $place) };
    (@place $place:expr, [$($flag:ident)*]) => { &mut $place };

    // In code of its own: no call for what most values have.
    (@encode [often] $Name:ident { $($field:ident [$($default:expr)?];)* }) => {
        impl $Name {
            #[inline(always)]
            fn write_fields(&self, sink: &mut impl $crate::composite::FieldSink) {
                $($crate::composite!(@write sink, self.$field, $($default)?);)*
                let _ = sink;
            }

            /// Encodes without a call, in what encodes more.
            #[inline(always)]
            pub(crate) fn encode_here(&self, out: &mut $crate::__Vec<u8>) {
                if $crate::composite::is_tight(out, Self::CODE)
                    && $crate::composite::encode_tight(self, Self::CODE, out)
                {
                    return;
                }
                let mut list = $crate::composite::ListWriter::new(out, Self::CODE);
                self.write_fields(&mut list);
                list.finish();
            }
        }

        impl $crate::Encode for $Name {
            fn encoded_len(&self) -> usize {
                let mut length = $crate::composite::ListLength::new(Self::CODE);
                self.write_fields(&mut length);
                length.finish()
            }

            fn encode(&self, out: &mut $crate::__Vec<u8>) {
                self.encode_here(out);
            }
        }
    };
    // In code that all share.
    (@encode [] $Name:ident { $($field:ident [$($default:expr)?];)* }) => {
        impl $crate::Encode for $Name {
            fn encoded_len(&self) -> usize {
                $crate::composite::fields_len(
                    Self::CODE,
                    &[$($crate::composite!(@element self.$field, $($default)?)),*],
                )
            }

            fn encode(&self, out: &mut $crate::__Vec<u8>) {
                $crate::composite::encode_fields(
                    Self::CODE,
                    &[$($crate::composite!(@element self.$field, $($default)?)),*],
                    out,
                );
            }
        }
    };

    (@write $sink:ident, $value:expr,) => { $sink.field(&$value) };
    (@write $sink:ident, $value:expr, $default:expr) => {
        if $value == $default { $sink.null() } else { $sink.field(&$value) }
    };

    (@element $value:expr,) => { $crate::composite::element(&$value) };
    (@element $value:expr, $default:expr) => {
        if $value == $default { None } else { $crate::composite::element(&$value) }
    };

    (@debug $fields:ident, $name:expr, $value:expr, [$(mandatory)? secret]) => {
        $fields.secret($name, $crate::composite::Shown(&$value).value())
    };
    (@debug $fields:ident, $name:expr, $value:expr, [$($flag:ident)*]) => {
        $fields.field($name, $crate::composite::Shown(&$value).value())
    };
    (@debug $fields:ident, $name:expr, $value:expr, [$($flag:ident)*] $default:expr) => {
        if $value != $default {
            $fields.field($name, ::core::option::Option::Some(&$value))
        }
    };

    // Without a mandatory field, what has no fields is a value.
    (@default $Name:ident { $($optional:ident: [$(leading)? $(rare)? $(secret)?];)* }) => {
        impl ::core::default::Default for $Name {
            fn default() -> Self {
                Self::unread()
            }
        }
    };
    (@default $Name:ident { $($flags:tt)* }) => {};

    (@unread) => { $crate::composite::Unread::unread() };
    (@unread $default:expr) => { $default };
}
