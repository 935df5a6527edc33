//! What is left of a message on its way out (§2.6.14): pieces that others may share, cut into frames.

use crate::segments::Segments;
use alloc::vec::Vec;
use amqp_codec::Encode;
use bytes::Bytes;
use smallvec::{SmallVec, smallvec};

/// Octets that have not left, in pieces, none of them empty.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    /// The next one last. Mostly there is one, or the sections before a large body and that.
    pieces: SmallVec<[Bytes; 2]>,
    len: usize,
}

impl Rest {
    /// A message that is yet to be encoded. What is large of it, and shared, is not copied.
    pub(crate) fn encoded(content: &impl Encode, len: usize) -> Self {
        let mut octets = Vec::with_capacity(len.saturating_sub(content.shared_len(Segments::EXTERNAL)));
        let mut shared: SmallVec<[(usize, Bytes); 1]> = SmallVec::new();
        content.encode_sharing(&mut octets, Segments::EXTERNAL, &mut |at, piece| shared.push((at, piece.clone())));
        let mut octets = Bytes::from(octets);
        let mut rest = Self::default();
        for (at, piece) in shared.into_iter().rev() {
            rest.put_before(octets.split_off(at.min(octets.len())));
            rest.put_before(piece);
        }
        rest.put_before(octets);
        rest
    }

    fn put_before(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.len = self.len.saturating_add(piece.len());
            self.pieces.push(piece);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The next octets, in one run, at most so many.
    #[inline]
    pub(crate) fn take(&mut self, most: usize) -> Bytes {
        let Some(next) = self.pieces.last_mut() else { return Bytes::new() };
        let piece = if next.len() > most { next.split_to(most) } else { self.pieces.pop().unwrap_or_default() };
        self.len -= piece.len();
        piece
    }
}

impl From<Bytes> for Rest {
    #[inline]
    fn from(piece: Bytes) -> Self {
        let len = piece.len();
        Self { pieces: if len == 0 { SmallVec::new() } else { smallvec![piece] }, len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Payload;

    fn all(mut rest: Rest, most: usize) -> (Vec<u8>, usize) {
        let (mut octets, mut runs) = (Vec::new(), 0);
        while !rest.is_empty() {
            octets.extend_from_slice(&rest.take(most));
            runs += 1;
        }
        assert!(rest.pieces.is_empty());
        (octets, runs)
    }

    #[test]
    fn pieces_keep_their_order_and_large_ones_their_place() {
        // req: TR-2.6.14-01
        let pieces: Vec<Bytes> = [10, 3_000, 20, 30, 5_000, 40]
            .iter()
            .zip(1..)
            .map(|(&len, octet)| Bytes::from(alloc::vec![octet; len]))
            .collect();
        let mut payload = Payload::default();
        pieces.iter().for_each(|piece| payload.push(piece.clone()));
        let rest = Rest::encoded(&payload, payload.len());
        assert_eq!((rest.len(), rest.pieces.len()), (8_100, 5), "20 and 30 are one");
        assert_eq!(rest.pieces[3].as_ptr(), pieces[1].as_ptr());
        assert_eq!(all(rest, usize::MAX), (pieces.concat(), 5));
        assert_eq!(all(Rest::encoded(&payload, payload.len()), 1_000).0, pieces.concat());
    }

    #[test]
    fn nothing_has_no_pieces() {
        assert_eq!(all(Rest::from(Bytes::new()), 1), (Vec::new(), 0));
        assert_eq!(all(Rest::from(Bytes::from_static(b"abc")), 2), (b"abc".to_vec(), 2));
        assert_eq!(Rest::encoded(&Payload::default(), 0).take(1), Bytes::new());
    }
}
