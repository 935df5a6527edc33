//! The unsettled map of an attach (§2.7.3).

use alloc::vec::Vec;
use core::fmt;

use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::definition::DeliveryTag;
use crate::delivery_state::DeliveryState;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::series::Series;
use crate::types::{decode_entries_by, distinct, encode_entries, entries_len};

/// The unsettled deliveries of a link by tag, each with its state as far as it
/// has one (§2.7.3).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UnsettledMap(pub Vec<(DeliveryTag, Option<DeliveryState>)>);

impl UnsettledMap {
    /// The state of a delivery: `None` if it is not in the map, `Some(None)`
    /// if it has no state.
    pub fn get(&self, tag: &DeliveryTag) -> Option<Option<&DeliveryState>> {
        let entry = self.0.iter().find(|(found, _)| found == tag);
        entry.map(|(_, state)| state.as_ref())
    }
}

/// A map, as other maps are printed; a delivery without state has `null`.
impl fmt::Debug for UnsettledMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = Series::new(f, "{");
        for (tag, state) in &self.0 {
            match state {
                Some(state) => map.entry(tag, state),
                None => map.entry(tag, &format_args!("null")),
            };
        }
        map.finish("}")
    }
}

impl FromIterator<(DeliveryTag, Option<DeliveryState>)> for UnsettledMap {
    fn from_iter<I>(entries: I) -> Self
    where
        I: IntoIterator<Item = (DeliveryTag, Option<DeliveryState>)>,
    {
        Self(entries.into_iter().collect())
    }
}

/// An entry has at least so many octets: a code of the key, and one of the state.
const ENTRY_MIN: usize = 2;

/// A key of the map: not null.
fn decode_key(decoder: &mut Decoder<'_>) -> Result<DeliveryTag, DecodeError> {
    if decoder.take_null() {
        return Err(decoder.error(DecodeErrorKind::NullKey, "unsettled"));
    }
    DeliveryTag::decode(decoder)
}

impl distinct::Key for DeliveryTag {
    fn fingerprint(&self) -> u64 {
        distinct::fingerprint(self.as_bytes())
    }
}

impl Decode for UnsettledMap {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let code = decoder.code("unsettled")?;
        // Such a map is in no other, and its entries are large: no more room than for what has arrived, but that at once.
        let room = decoder.remaining() / ENTRY_MIN;
        decode_entries_by(code, decoder, room, "unsettled", decode_key).map(Self)
    }
}

impl Encode for UnsettledMap {
    fn encoded_len(&self) -> usize {
        entries_len(&self.0)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        encode_entries(&self.0, out);
    }
}
