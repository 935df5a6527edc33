//! Where reads go: buffers that are used again once nobody has a slice of them, so that steady traffic is read into
//! memory that is there; of sizes that let large frames lie in one buffer each, so that they are not moved.

use crate::{READ_SIZE, Transport};
use amqp_proto::Instant;
use bytes::BytesMut;
use std::collections::VecDeque;
use std::io;
use std::mem;
use std::task::{Context, Poll};
use std::time::Duration;

/// Octets of room for the first read; it grows as reads fill it, so that a quiet connection keeps little.
const FIRST_ROOM: usize = 4 * 1024;

/// How much of the next frame is read with a large one, so that its size is known when it needs a buffer; and what is
/// moved into that.
const AHEAD: usize = 2 * 1024;

/// Octets of full buffers that are remembered at most, to be used again.
const REMEMBERED: usize = 2 * 1024 * 1024;

/// How long they are remembered while nothing comes.
const REST: Duration = Duration::from_secs(1);

/// What has arrived and was not taken, and room for more.
pub(crate) struct Intake {
    octets: BytesMut,
    /// How much room is made where there is too little.
    room: usize,
    /// Those that were filled, oldest first, as empty handles: the octets are with whoever has a slice of them.
    full: VecDeque<BytesMut>,
    /// When something came last.
    used: Instant,
}

impl Intake {
    pub(crate) fn new() -> Self {
        Self { octets: BytesMut::new(), room: FIRST_ROOM, full: VecDeque::new(), used: Instant::ZERO }
    }

    /// What has arrived and was not taken.
    pub(crate) fn octets(&mut self) -> &mut BytesMut {
        &mut self.octets
    }

    /// Something came by now: see [`rests_at`](Self::rests_at).
    pub(crate) fn used(&mut self, now: Instant) {
        self.used = now;
    }

    /// As [`Transport::poll_read`], into a buffer of ours.
    pub(crate) fn poll_read(
        &mut self,
        transport: &mut impl Transport,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.make_room();
        let read = transport.poll_read(cx, &mut self.octets);
        let is_full = self.octets.len() == self.octets.capacity();
        if matches!(read, Poll::Ready(Ok(FIRST_ROOM..))) && is_full && self.room < READ_SIZE {
            self.room *= 2;
        }
        read
    }

    /// When there is memory to be given back, if nothing comes until then.
    pub(crate) fn rests_at(&self) -> Option<Instant> {
        (!self.full.is_empty()).then(|| self.used.saturating_add(REST))
    }

    /// Gives memory back: nothing has been moving for a while.
    pub(crate) fn rest(&mut self) {
        self.full = VecDeque::new();
        if self.octets.is_empty() {
            self.octets = BytesMut::new();
            self.room = FIRST_ROOM;
        }
    }

    /// Makes room for the next read where there is too little. A frame that has come in part needs room for all of it.
    fn make_room(&mut self) {
        let held = self.octets.len();
        if self.octets.capacity() == 0 && self.room == FIRST_ROOM {
            return; // there will be a buffer when there is something to put into it
        }
        let frame = large_frame(&self.octets);
        let needed = match frame {
            Some(size) if size <= self.room => size - held,
            _ => self.room / 8,
        };
        if self.octets.capacity() - held >= needed || self.octets.try_reclaim(self.room) {
            return;
        }
        let mut next = self.reuse(match frame {
            Some(size) if size <= self.room => self.room - self.room % size + AHEAD,
            // a size is what the peer says: the bound is by what has come
            Some(size) => size.min(self.room.max(held * 2)) + AHEAD,
            None => self.room + held,
        });
        next.extend_from_slice(&self.octets);
        let full = mem::replace(&mut self.octets, next);
        self.remember(full);
    }

    /// Small ones are not worth it: they are of a connection that is quiet.
    fn remember(&mut self, mut full: BytesMut) {
        if self.room < READ_SIZE {
            return;
        }
        full.clear();
        self.full.push_back(full);
        if self.full.len() > REMEMBERED / self.room {
            self.full.pop_front();
        }
    }

    /// A buffer with so much room. Of those that nobody uses any more the one that was filled last: it may still be in
    /// the processor's caches.
    fn reuse(&mut self, room: usize) -> BytesMut {
        let free = self.full.iter_mut().rposition(|full| full.try_reclaim(room));
        free.and_then(|at| self.full.remove(at)).unwrap_or_else(|| BytesMut::with_capacity(room))
    }
}

/// The size of the frame that has come in part, if that is large enough to lose something by moving it (§2.3.1).
fn large_frame(octets: &[u8]) -> Option<usize> {
    let size = u32::from_be_bytes(*octets.first_chunk()?) as usize;
    (size > AHEAD && size > octets.len()).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use std::collections::BTreeSet;
    use std::io::IoSlice;
    use std::task::Waker;

    /// Gives as much of these octets as there is room for, at most so many at once; never ends.
    #[derive(Default)]
    struct Script {
        octets: Vec<u8>,
        at: usize,
        most: usize,
        reads: usize,
    }

    impl Transport for Script {
        fn poll_read(&mut self, _: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
            let spare = buffer.capacity() - buffer.len();
            let most = self.most.min(if spare == 0 { FIRST_ROOM } else { spare });
            let part = &self.octets[self.at..][..most.min(self.octets.len() - self.at)];
            buffer.extend_from_slice(part);
            self.at += part.len();
            self.reads += 1;
            if part.is_empty() { Poll::Pending } else { Poll::Ready(Ok(part.len())) }
        }

        fn poll_write(&mut self, _: &mut Context<'_>, _: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }

        fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }

        fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    /// Frames of those sizes, each of its number's octets behind its size.
    fn frames(sizes: impl IntoIterator<Item = usize>) -> Script {
        let mut octets = Vec::new();
        for (number, size) in sizes.into_iter().enumerate() {
            octets.extend_from_slice(&u32::try_from(size).unwrap().to_be_bytes());
            octets.resize(octets.len() + size - 4, number as u8);
        }
        Script { octets, most: usize::MAX, ..Script::default() }
    }

    /// An intake, and how many octets of partial frames it has moved from one buffer into another.
    struct Reader {
        intake: Intake,
        script: Script,
        moved: usize,
    }

    impl Reader {
        fn new(script: Script) -> Self {
            Self { intake: Intake::new(), script, moved: 0 }
        }

        /// One read, and the frames that are whole by then; none once nothing comes any more.
        fn read(&mut self) -> Option<Vec<Bytes>> {
            let before = (self.intake.octets.as_ptr(), self.intake.octets.len());
            let read = self.intake.poll_read(&mut self.script, &mut Context::from_waker(Waker::noop()));
            if self.intake.octets.as_ptr() != before.0 {
                self.moved += before.1;
            }
            let octets = self.intake.octets();
            let mut whole = Vec::new();
            while let Some(size) = octets.first_chunk().map(|size| u32::from_be_bytes(*size) as usize) {
                if size > octets.len() {
                    break;
                }
                whole.push(octets.split_to(size).freeze());
            }
            read.is_ready().then_some(whole)
        }

        fn read_all(&mut self) -> Vec<Bytes> {
            let mut all = Vec::new();
            while let Some(frames) = self.read() {
                all.extend(frames);
            }
            all
        }
    }

    fn check(frames: &[Bytes], sizes: &[usize]) {
        assert_eq!(frames.iter().map(Bytes::len).collect::<Vec<_>>(), sizes);
        for (number, frame) in frames.iter().enumerate() {
            assert!(frame[4..].iter().all(|octet| *octet == number as u8), "frame {number}");
        }
    }

    #[test]
    fn what_somebody_keeps_stays_as_it_was() {
        let sizes: Vec<usize> = (0..400).map(|number| [8, 100, 9_000, 65_536, 300_000][number % 5]).collect();
        let mut reader = Reader::new(frames(sizes.clone()));
        let mut kept = reader.read_all();
        check(&kept, &sizes);
        // every other one is given back, and others come in their place
        let mut at = 0;
        kept.retain(|_| {
            at += 1;
            at % 2 == 0
        });
        let copies: Vec<Bytes> = kept.iter().map(|frame| Bytes::copy_from_slice(frame)).collect();
        reader.script = frames(sizes);
        drop(reader.read_all());
        assert!(kept == copies);
    }

    #[test]
    fn large_frames_are_not_moved() {
        for size in [AHEAD + 1, 4_096, 16_384, 30_000, 65_000, 65_536] {
            let mut reader = Reader::new(frames((0..400).map(|number| if number % 17 == 16 { 377 } else { size })));
            let warm: Vec<Bytes> = (0..8).flat_map(|_| reader.read().unwrap()).collect();
            reader.moved = 0;
            let (octets, reads) = (reader.script.at, reader.script.reads);
            let frames = warm.len() + reader.read_all().len();
            assert_eq!(frames, 400);
            let (octets, reads) = (reader.script.octets.len() - octets, reader.script.reads - reads);
            assert!(reader.moved <= reads * (AHEAD + size / 17), "{size}: {} in {reads} reads", reader.moved);
            assert!(reads <= octets.div_ceil(READ_SIZE / 2) + 1, "{size}: {octets} in {reads} reads");
        }
    }

    #[test]
    fn steady_traffic_is_read_into_the_same_buffers() {
        for size in [100, 10_000, 65_536] {
            let mut reader = Reader::new(frames((0..(8 << 20) / size).map(|_| size)));
            let mut buffers = BTreeSet::new();
            let mut held = VecDeque::new();
            while let Some(frames) = reader.read() {
                held.push_back(frames);
                // who reads is four reads behind
                held.drain(..held.len().saturating_sub(4));
                if reader.intake.room == READ_SIZE {
                    buffers.insert(reader.intake.octets.as_ptr() as usize + reader.intake.octets.capacity());
                }
            }
            assert!(buffers.len() <= 8, "{size}: {} buffers", buffers.len());
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_and_given_back() {
        let mut reader = Reader::new(frames((0..200).map(|_| 65_536)));
        reader.intake.used(Instant::from_millis(5));
        let all = reader.read_all();
        assert!(reader.intake.full.len() <= REMEMBERED / READ_SIZE, "although {} frames are held", all.len());
        drop(all);
        assert_eq!(reader.intake.rests_at(), Some(Instant::from_millis(1_005)));
        reader.intake.rest();
        assert_eq!((reader.intake.octets.capacity(), reader.intake.full.capacity()), (0, 0));
        assert_eq!(reader.intake.rests_at(), None);
    }

    #[test]
    fn a_frame_that_says_it_is_huge_gets_room_as_it_comes() {
        for most in [1_000, usize::MAX] {
            let octets = [&[0xff; 4], &[0; 5_000_000][..]].concat();
            let mut reader = Reader::new(Script { octets, most, ..Script::default() });
            while reader.read().is_some() {
                let (held, room) = (reader.intake.octets.len(), reader.intake.octets.capacity());
                assert!(room <= 2 * held + READ_SIZE + AHEAD, "{room} for {held}");
            }
            assert_eq!(reader.intake.octets.len(), 5_000_004);
            assert!(reader.moved <= 3 * 5_000_004, "moved {}", reader.moved);
        }
    }
}
