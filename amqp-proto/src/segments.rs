//! Output on its way to the transport: runs of bytes, some of them payloads that nobody copied.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use amqp_codec::Encode;
use bytes::{Buf, Bytes};
use core::fmt;
use core::iter;
use core::mem;

/// A buffer that grew beyond this is given back when it has been written.
const KEEP: usize = 512 * 1024;

/// Bytes for the transport, as [`Connection::poll_transmit`](crate::Connection::poll_transmit) hands
/// them out: frames in order, large payloads as separate segments that were never copied.
///
/// Write [`chunks`](Self::chunks) with one vectored write, then [`advance`](Self::advance) by what
/// was taken. It also is a [`bytes::Buf`]. Keep one `Segments` and pass it again when it is empty: its
/// buffers go back to the core, so steady traffic allocates nothing.
#[derive(Default)]
pub struct Segments {
    inline: Vec<u8>,
    /// Octets of `inline` already written.
    start: usize,
    external: VecDeque<External>,
    len: usize,
}

struct External {
    /// The payload goes before this offset of `inline`.
    at: usize,
    payload: Bytes,
}

impl Segments {
    /// A payload of at least this many octets is a segment of its own, never copied: 2,048. A smaller one is copied
    /// once, to stand beside its performative.
    pub const EXTERNAL: usize = 2048;

    /// An empty output.
    #[must_use]
    pub const fn new() -> Self {
        Self { inline: Vec::new(), start: 0, external: VecDeque::new(), len: 0 }
    }

    /// Octets still to be written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether everything has been written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The runs of bytes in order, none of them empty.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let (mut from, mut external, mut payload) = (self.start, self.external.iter(), &[][..]);
        // written with each message that comes alone, where iterators put together took more instructions
        iter::from_fn(move || {
            loop {
                if !payload.is_empty() {
                    return Some(mem::take(&mut payload));
                }
                let next = external.next();
                let at = next.map_or(self.inline.len(), |external| external.at);
                let run = self.inline.get(mem::replace(&mut from, at)..at).unwrap_or_default();
                payload = next.map_or(&[], |external| &external.payload);
                if !run.is_empty() {
                    return Some(run);
                }
                next?;
            }
        })
    }

    /// Takes note that the first `written` octets have left. More than there are counts as all.
    pub fn advance(&mut self, written: usize) {
        let mut left = written.min(self.len);
        self.len -= left;
        while left > 0 {
            let run_end = self.external.front().map_or(self.inline.len(), |external| external.at);
            let run = left.min(run_end - self.start);
            self.start += run;
            left -= run;
            let Some(external) = self.external.front_mut().filter(|_| left > 0) else { continue };
            let part = left.min(external.payload.len());
            external.payload.advance(part);
            left -= part;
            if external.payload.is_empty() {
                self.external.pop_front();
            }
        }
        if self.len == 0 {
            self.reset();
        }
    }

    fn reset(&mut self) {
        self.inline.clear();
        self.start = 0;
        if self.inline.capacity() > KEEP {
            self.inline.shrink_to(0);
        }
    }

    /// Gives the buffers back, if nothing is left to write.
    pub(crate) fn release(&mut self) {
        if self.is_empty() {
            *self = Self::new();
        }
    }

    /// Moves all of `other` behind what is here; swaps buffers if there is nothing here.
    pub(crate) fn append(&mut self, other: &mut Segments) {
        if self.is_empty() {
            mem::swap(self, other);
            return;
        }
        let base = self.inline.len();
        self.inline.extend_from_slice(other.inline.get(other.start..).unwrap_or_default());
        for External { at, payload } in other.external.drain(..) {
            self.external.push_back(External { at: base + at - other.start, payload });
        }
        self.len += mem::take(&mut other.len);
        other.reset();
    }

    /// Lets `write` append to the inline buffer; it must not remove what is there.
    #[inline]
    pub(crate) fn write<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let before = self.inline.len();
        let result = write(&mut self.inline);
        self.len += self.inline.len() - before;
        result
    }

    /// Appends a part of a payload; copied if it is short.
    #[inline]
    pub(crate) fn append_piece(&mut self, piece: Bytes) {
        if piece.len() >= Self::EXTERNAL {
            self.push(piece);
        } else {
            self.write(|out| out.extend_from_slice(&piece));
        }
    }

    /// Appends what `content` writes, its large pieces uncopied; how many octets those are.
    pub(crate) fn encode_sharing(&mut self, content: &impl Encode) -> usize {
        let Self { inline, external, len, .. } = self;
        let (before, mut shared) = (inline.len(), 0);
        let pieces = external.len();
        content.encode_sharing(inline, Self::EXTERNAL, &mut |at, payload| {
            shared += payload.len();
            external.push_back(External { at, payload: payload.clone() });
        });
        // whoever encodes may be wrong about where
        let mut least = before;
        for piece in external.range_mut(pieces..) {
            piece.at = piece.at.clamp(least, inline.len());
            least = piece.at;
        }
        *len += inline.len() - before + shared;
        shared
    }

    /// Appends a payload without copying it.
    pub(crate) fn push(&mut self, payload: Bytes) {
        self.len += payload.len();
        self.external.push_back(External { at: self.inline.len(), payload });
    }
}

impl Buf for Segments {
    fn remaining(&self) -> usize {
        self.len
    }

    fn chunk(&self) -> &[u8] {
        self.chunks().next().unwrap_or_default()
    }

    fn advance(&mut self, count: usize) {
        Segments::advance(self, count);
    }
}

impl fmt::Debug for Segments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segments({} octets)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn sample() -> Segments {
        let mut segments = Segments::new();
        segments.write(|out| out.extend_from_slice(b"ab"));
        segments.push(Bytes::from_static(b"CDE"));
        segments.push(Bytes::from_static(b"F"));
        segments.write(|out| out.extend_from_slice(b"gh"));
        segments
    }

    fn all(segments: &Segments) -> Vec<u8> {
        segments.chunks().flatten().copied().collect()
    }

    #[test]
    fn order_is_kept_at_every_cut() {
        for cut in 0..=8 {
            let mut segments = sample();
            segments.advance(cut);
            assert_eq!(all(&segments), b"abCDEFgh"[cut..], "cut at {cut}");
            assert_eq!(segments.len(), 8 - cut);
        }
    }

    #[test]
    fn one_octet_at_a_time() {
        let mut segments = sample();
        let mut seen = vec![];
        while !segments.is_empty() {
            seen.push(segments.chunk()[0]);
            segments.advance(1);
        }
        assert_eq!(seen, b"abCDEFgh");
    }

    #[test]
    fn append_to_a_half_written_one() {
        for cut in 0..=8 {
            let (mut first, mut second) = (sample(), sample());
            first.advance(3);
            second.advance(cut);
            first.append(&mut second);
            assert_eq!(all(&first), [&b"DEFgh"[..], &b"abCDEFgh"[cut..]].concat());
            assert_eq!((first.len(), second.len()), (13 - cut, 0));
        }
    }
}
