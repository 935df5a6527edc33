//! What must hold of a value that is encoded, and of whatever octets decode to.

use std::fmt::{self, Debug, Write as _};

use amqp_codec::{Bytes, Decode, DecodeError, Decoder, Encode, EncodedMessage, Limits, Message, Value};

use super::heap::measure;
use super::maps::maps_agree;

/// How many octets of memory an octet of input may cost.
///
/// The most that one buys is a [`Value`], with a null or an empty list. They are kept in a vector, and a vector that
/// grows has for a moment its old place and its new one, which is twice as large: three times the values it holds.
pub(crate) const PER_OCTET: usize = 3 * size_of::<Value>();

/// How many octets of memory any input may cost, however short.
///
/// Before its elements are read, each list or map makes room for up to 32 of them (an entry of a map is two values),
/// if what is left of the input could hold as many; and 32 levels may nest.
pub(crate) const BASE: usize = 32 * 32 * 2 * size_of::<Value>();

/// The octets of a value, of which `encoded_len` must have said the number.
pub(crate) fn encode(value: &impl Encode) -> Bytes {
    let mut out = Vec::new();
    value.encode(&mut out);
    assert_eq!(out.len(), value.encoded_len(), "encoded_len is exact");
    out.into()
}

/// decode ∘ encode is the identity on the value, and encode ∘ decode on its octets, which are returned.
pub(crate) fn identity<T: Decode + Encode + PartialEq + Debug>(value: &T) -> Bytes {
    let octets = encode(value);
    let mut decoder = Decoder::new(&octets);
    let decoded = decoder.decode::<T>().expect("what we write can be read");
    assert_eq!(decoded, *value);
    assert!(decoder.is_empty(), "octets left over");
    assert_eq!(encode(&decoded), octets);

    // Behind what is in the buffer already.
    let mut behind = vec![0xaa, 0xbb];
    value.encode(&mut behind);
    assert_eq!(behind[..2], [0xaa, 0xbb]);
    assert_eq!(behind[2..], octets[..]);

    print(value);
    octets
}

/// As [`identity`], and as a value of any type, which is read and written by other code: the same octets.
pub(crate) fn identity_of_a_value<T: Decode + Encode + PartialEq + Debug>(value: &T) {
    let octets = identity(value);
    let mut decoder = Decoder::new(&octets);
    let generic = decoder.decode::<Value>().expect("a value of a known type is a value");
    assert!(decoder.is_empty(), "octets left over");
    assert_eq!(encode(&generic), octets);

    let mut decoder = Decoder::new(&octets);
    assert_eq!(decoder.skip(), Ok(()));
    assert!(decoder.is_empty(), "octets left over");
}

/// Decodes any octets within the bounds of memory, and looks at the result from all sides. Returns it, and what
/// follows it.
pub(crate) fn decode_as<T: Decode + Encode + PartialEq + Clone + Debug>(input: &Bytes) -> Option<(T, Bytes)> {
    let mut decoder = Decoder::new(input);
    let (result, heap) = measure(|| decoder.decode::<T>());
    let name = std::any::type_name::<T>();
    if let Some((quick, rest)) = T::quick(input) {
        assert_eq!(result.as_ref(), Ok(&quick), "{name}: the quick way reads what the other does");
        assert_eq!(decoder.rest(), rest, "{name}: the quick way ends where the other does");
    }
    let bound = PER_OCTET * input.len() + BASE;
    assert!(heap.peak <= bound, "{name}: {heap:?} for {} octets", input.len());
    assert!(heap.count <= 2 * input.len() + 64, "{name}: {heap:?} for {} octets", input.len());
    let value = result.ok()?;

    // Its octets in our form are read as the same, and are in our form.
    let octets = encode(&value);
    let again = Decoder::new(&octets).decode::<T>();
    assert_eq!(again.as_ref(), Ok(&value), "{name}");
    assert_eq!(encode(&value.clone()), octets, "{name}");
    print(&value);
    Some((value, decoder.rest()))
}

/// Formats a value, up to a point: an array of many elements without octets prints at length.
fn print(value: &impl Debug) {
    struct Sink(usize);
    impl fmt::Write for Sink {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 = self.0.checked_sub(text.len()).ok_or(fmt::Error)?;
            Ok(())
        }
    }
    let _ = write!(Sink(16 * 1024), "{value:?}");
}

/// Where a value of a known type ends, there the same octets end as a value of any type, decoded or skipped.
///
/// A composite type counts as one level of nesting and a described list as two, hence the other limit.
pub(crate) fn ends_as_any_value<T: Decode>(input: &Bytes) {
    let limits = Limits::new().depth(64);
    let (mut typed, mut generic) = (Decoder::new(input), Decoder::with_limits(input, &limits));
    let mut skipping = generic.clone();
    if typed.decode::<T>().is_ok() {
        generic.decode::<Value>().expect("a value of a known type is a value");
        assert_eq!(generic.position(), typed.position());
        assert_eq!(skipping.skip(), Ok(()));
        assert_eq!(skipping.position(), typed.position());
    }
}

/// The sections one by one and the whole message accept the same octets, and hold the same.
pub(crate) fn sections_agree(input: &Bytes) -> Option<Message> {
    let whole = decode_as::<Message>(input).map(|(message, _)| message);
    let octets = input.clone();
    let (view, heap) = measure(|| EncodedMessage::parse(octets));
    assert_eq!(heap.total, 0, "finding the sections allocates nothing");
    let Ok(view) = view else {
        assert_eq!(whole, None, "a message whose sections are not found");
        return None;
    };
    assert_eq!(by_sections(&view).ok(), whole);
    assert_eq!(view.to_message().ok(), whole);
    maps_agree(&view);

    let bare = EncodedMessage::parse(view.bare()).expect("a bare message is a message");
    assert_eq!(bare.bare(), view.bare());
    assert_eq!(bare.properties().ok(), view.properties().ok());
    assert_eq!(bare.body_section(), view.body_section());
    whole
}

fn by_sections(view: &EncodedMessage) -> Result<Message, DecodeError> {
    let mut message = Message::from(view.body()?);
    message.header = view.header()?;
    message.delivery_annotations = view.delivery_annotations()?;
    message.message_annotations = view.message_annotations()?;
    message.properties = view.properties()?.map(Box::new);
    message.application_properties = view.application_properties()?;
    message.footer = view.footer()?;
    Ok(message)
}
