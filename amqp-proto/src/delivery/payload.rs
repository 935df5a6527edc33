//! What has come of a message, in the pieces in which it came (§2.6.14).

use alloc::vec::Vec;
use amqp_codec::Encode;
use bytes::{Bytes, BytesMut};

/// The octets of a message in the pieces in which they came; slices of the read buffers.
#[derive(Clone, Debug, Default)]
pub struct Payload {
    pieces: Pieces,
}

/// Mostly there is one.
#[derive(Clone, Debug)]
enum Pieces {
    /// Or none, if it is empty.
    One(Bytes),
    Many(Vec<Bytes>),
}

impl Default for Pieces {
    fn default() -> Self {
        Self::One(Bytes::new())
    }
}

impl Payload {
    pub(crate) fn push(&mut self, chunk: Bytes) {
        if chunk.is_empty() {
            return;
        }
        match &mut self.pieces {
            Pieces::One(first) if first.is_empty() => *first = chunk,
            Pieces::One(first) => self.pieces = Pieces::Many(alloc::vec![core::mem::take(first), chunk]),
            Pieces::Many(pieces) => pieces.push(chunk),
        }
    }

    /// The pieces in order, none of them empty.
    #[must_use]
    pub fn chunks(&self) -> &[Bytes] {
        match &self.pieces {
            Pieces::One(piece) if piece.is_empty() => &[],
            Pieces::One(piece) => core::slice::from_ref(piece),
            Pieces::Many(pieces) => pieces,
        }
    }

    /// All octets together; counted piece by piece.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.pieces {
            Pieces::One(piece) => piece.len(),
            Pieces::Many(pieces) => pieces.iter().map(Bytes::len).sum(),
        }
    }

    /// Whether there are no octets.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chunks().is_empty()
    }

    /// The octets in one run: without a copy if there is one piece, joined if there are several.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self.pieces {
            Pieces::One(piece) => piece,
            Pieces::Many(pieces) => {
                let mut joined = BytesMut::with_capacity(pieces.iter().map(Bytes::len).sum());
                pieces.iter().for_each(|piece| joined.extend_from_slice(piece));
                joined.freeze()
            }
        }
    }
}

/// As it came: [`send_encoded`](crate::SenderMut::send_encoded) passes it on, and copies no large piece.
impl Encode for Payload {
    fn encoded_len(&self) -> usize {
        self.len()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.chunks().iter().for_each(|piece| out.extend_from_slice(piece));
    }

    fn shared_len(&self, large: usize) -> usize {
        self.chunks().iter().map(Bytes::len).filter(|&len| len >= large).sum()
    }

    fn encode_sharing(&self, out: &mut Vec<u8>, large: usize, share: &mut dyn FnMut(usize, &Bytes)) {
        for piece in self.chunks() {
            if piece.len() >= large {
                share(out.len(), piece);
            } else {
                out.extend_from_slice(piece);
            }
        }
    }
}

impl From<Bytes> for Payload {
    fn from(piece: Bytes) -> Self {
        Self { pieces: Pieces::One(piece) }
    }
}

/// Octets that are encoded already.
pub(crate) struct Octets<'a>(pub(crate) &'a Bytes);

impl Encode for Octets<'_> {
    #[inline]
    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0);
    }

    #[inline]
    fn shared_len(&self, large: usize) -> usize {
        if self.0.len() >= large { self.0.len() } else { 0 }
    }

    fn encode_sharing(&self, out: &mut Vec<u8>, _large: usize, share: &mut dyn FnMut(usize, &Bytes)) {
        share(out.len(), self.0);
    }
}
