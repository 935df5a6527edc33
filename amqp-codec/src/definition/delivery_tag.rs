//! delivery-tag (§2.8.7).

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::num::NonZeroU8;

use crate::code;
use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::types::list::wire_octet;
use crate::types::octets::copy_short;
use crate::write::{has_room, put};

/// What identifies a delivery on its link while it is unsettled (§2.8.7): up
/// to 32 octets, held in place.
#[derive(Clone, Copy)]
pub struct DeliveryTag {
    octets: [u8; Self::MAX_LEN],
    /// One more than how many octets there are: never zero, so that an option of a tag takes no more room than a tag.
    len: NonZeroU8,
}

/// Octets that cannot be a delivery-tag, because they are more than 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a delivery-tag has at most 32 octets")]
pub struct DeliveryTagTooLong;

impl DeliveryTag {
    /// The longest tag, in octets.
    pub const MAX_LEN: usize = 32;

    /// The octets.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.octets.get(..self.len()).unwrap_or_default()
    }

    #[inline(always)]
    fn len(&self) -> usize {
        usize::from(self.len.get()).saturating_sub(1)
    }

    /// The first `len` of these octets, behind which there are zeros.
    #[inline(always)]
    fn new(octets: [u8; Self::MAX_LEN], len: u8) -> Self {
        Self { octets, len: NonZeroU8::MIN.saturating_add(len) }
    }

    /// The number that up to eight octets are, big-endian; `None` of more.
    #[must_use]
    #[inline]
    pub fn as_u64(&self) -> Option<u64> {
        let octets: &[u8; 8] = self.octets.first_chunk()?;
        // What is behind the tag's octets is zero.
        let behind = u32::try_from(8_usize.checked_sub(self.len())?).ok()?;
        Some(u64::from_be_bytes(*octets).checked_shr(behind.saturating_mul(8)).unwrap_or(0))
    }

    /// The first octets of a number that was shifted so far up that they are not zero.
    #[inline]
    fn first<const N: usize>(number: [u8; N], len: u8) -> Self {
        let mut octets = [0; Self::MAX_LEN];
        if let Some(place) = octets.first_chunk_mut() {
            *place = number;
        }
        Self::new(octets, len)
    }
}

impl Default for DeliveryTag {
    fn default() -> Self {
        Self::new([0; Self::MAX_LEN], 0)
    }
}

impl TryFrom<&[u8]> for DeliveryTag {
    type Error = DeliveryTagTooLong;

    #[inline(always)]
    fn try_from(octets: &[u8]) -> Result<Self, DeliveryTagTooLong> {
        let mut copy = [0; Self::MAX_LEN];
        copy_short(octets, copy.get_mut(..octets.len()).ok_or(DeliveryTagTooLong)?);
        Ok(Self::new(copy, wire_octet(octets.len())))
    }
}

/// Big-endian, without leading zeros: short tags for numbered deliveries.
impl From<u32> for DeliveryTag {
    #[inline]
    fn from(number: u32) -> Self {
        let zeros = (number.leading_zeros() / 8).min(3);
        Self::first(number.wrapping_shl(zeros.saturating_mul(8)).to_be_bytes(), 4_u8.saturating_sub(zeros as u8))
    }
}

/// Big-endian, without leading zeros: short tags for numbered deliveries.
impl From<u64> for DeliveryTag {
    #[inline]
    fn from(number: u64) -> Self {
        let zeros = (number.leading_zeros() / 8).min(7);
        Self::first(number.wrapping_shl(zeros.saturating_mul(8)).to_be_bytes(), 8_u8.saturating_sub(zeros as u8))
    }
}

impl AsRef<[u8]> for DeliveryTag {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq for DeliveryTag {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for DeliveryTag {}

impl Ord for DeliveryTag {
    #[inline(never)]
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl PartialOrd for DeliveryTag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for DeliveryTag {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for DeliveryTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.as_bytes().iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl Decode for DeliveryTag {
    #[inline(always)]
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        const NAME: &str = "delivery-tag";
        let code = decoder.code(NAME)?;
        let octets = decoder.sized(code, (code::BINARY_8, code::BINARY_32), NAME)?;
        Self::try_from(octets).map_err(|_| decoder.error(DecodeErrorKind::TooLong, NAME))
    }

    const QUICK: bool = true;

    #[inline(always)]
    fn quick(input: &[u8]) -> Option<(Self, &[u8])> {
        let mut place = None;
        let rest = Self::quick_to_some(&mut place, input)?;
        Some((place?, rest))
    }

    #[inline(always)]
    fn quick_to_some<'i>(place: &mut Option<Self>, input: &'i [u8]) -> Option<&'i [u8]> {
        let [code::BINARY_8, len, data @ ..] = input else {
            return None;
        };
        let (octets, rest) =
            data.split_at_checked(usize::from(*len)).filter(|(octets, _)| octets.len() <= Self::MAX_LEN)?;
        let tag = place.insert(Self::new([0; Self::MAX_LEN], *len));
        copy_short(octets, tag.octets.get_mut(..octets.len())?);
        Some(rest)
    }
}

impl Encode for DeliveryTag {
    #[inline]
    fn encoded_len(&self) -> usize {
        self.len().saturating_add(2)
    }

    #[inline(always)]
    fn encode(&self, out: &mut Vec<u8>) {
        // All that is held, and then cut: a copy of known length needs no call.
        let end = out.len().saturating_add(2).saturating_add(self.len());
        let mut whole = [code::BINARY_8; Self::MAX_LEN + 2];
        let [_, size, octets @ ..] = &mut whole;
        *size = wire_octet(self.len());
        *octets = self.octets;
        if has_room(out, whole.len()) {
            out.extend_from_slice(&whole);
            out.truncate(end);
        } else {
            put(out, [code::BINARY_8, wire_octet(self.len())]);
            out.extend_from_slice(self.as_bytes());
        }
    }
}
