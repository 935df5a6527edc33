//! What the peer has said once, for those who ask later: encoded, which takes a fraction of the room.

use alloc::boxed::Box;
use alloc::vec::Vec;
use amqp_codec::{Decode, Decoder, Encode, Limits};
use core::fmt::Debug;
use core::marker::PhantomData;

/// For octets that we have written ourselves, of what was read within the limits.
const CHECKED: Limits =
    Limits { depth: u8::MAX, items: u32::MAX, total: u32::MAX, zero_width_items: u32::MAX, symbol_len: u32::MAX };

/// A performative of the peer's.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    octets: Box<[u8]>,
    of: PhantomData<T>,
}

impl<T: Encode + Decode + Debug> Kept<T> {
    pub(crate) fn of(value: &T) -> Self {
        let mut octets = Vec::with_capacity(value.encoded_len());
        value.encode(&mut octets);
        Self { octets: octets.into(), of: PhantomData }
    }

    /// It again, in octets of its own: what is made of it shares nothing with what is kept.
    pub(crate) fn get(&self) -> Option<T> {
        let again = Decoder::with_limits(&self.octets.to_vec().into(), &CHECKED).decode();
        debug_assert!(again.is_ok(), "what we have written ourselves: {again:?}");
        again.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use amqp_codec::{Attach, Handle, Role, Source};

    #[test]
    fn comes_back_as_it_was() {
        let source = Source { address: Some("queue".into()), ..Source::default() };
        let attach = Attach { source: Some(source.into()), ..Attach::new("name", Handle(7), Role::Sender) };
        let kept = Kept::of(&attach);
        assert_eq!(kept.get(), Some(attach));
        assert!(kept.octets.len() < 100, "{}", kept.octets.len());
    }
}
