//! The windows of a session as they were when the connection's lock was last released: for whoever wants to look without
//! taking it, and for whoever wants to be told when they are getting full.
//!
//! Two copies take turns: the one that is not shown is written, then shown. So whoever reads never waits for whoever
//! writes, and reads again only if a whole copy was written meanwhile. Only one writes at a time: under the lock.

use crate::slots::Slots;
use crate::sync::{AtomicU64, AtomicUsize, Ordering, fence};
use crate::watermark::{Crossing, Watermark};
use amqp_proto::codec::SequenceNo;
use amqp_proto::{SessionId, Windows};
use std::collections::VecDeque;
use std::fmt;
use std::hint::spin_loop;
use std::sync::Arc;
use std::task::{Poll, Waker};

const WORDS: usize = 6;

/// The words of a session that is gone: no windows have them.
const GONE: [u64; WORDS] = [u64::MAX; WORDS];

/// In the first word: there is a next-incoming-id.
const SOME: u64 = 1 << 32;

/// What is shown of one session.
#[derive(Debug)]
pub(crate) struct Published {
    /// How many copies were written; the last of them is the one to read.
    written: AtomicUsize,
    copies: [[AtomicU64; WORDS]; 2],
}

/// What the lock guards of it.
pub(crate) struct Watched {
    pub(crate) id: SessionId,
    shown: Windows,
    published: Arc<Published>,
    marks: Slots<Mark>,
}

/// Somebody who is told when the incoming-window is getting full.
struct Mark {
    watermark: Watermark,
    crossings: VecDeque<Crossing>,
    waker: Option<Waker>,
}

/// So many crossings wait for whoever does not ask.
const CROSSINGS: usize = 16;

impl Published {
    fn new(words: [u64; WORDS]) -> Self {
        Self { written: AtomicUsize::new(0), copies: [words, GONE].map(|words| words.map(AtomicU64::new)) }
    }

    /// The windows, or `None` if the session is gone.
    pub(crate) fn get(&self) -> Option<Windows> {
        loop {
            let written = self.written.load(Ordering::Acquire);
            let words = self.copy(written).each_ref().map(|word| word.load(Ordering::Relaxed));
            // orders what was read before what is read now: whoever began to write over it had counted before
            fence(Ordering::Acquire);
            if self.written.load(Ordering::Relaxed) == written {
                return (words != GONE).then(|| windows(words));
            }
            spin_loop();
        }
    }

    /// Shows these from now on. One at a time.
    fn set(&self, words: [u64; WORDS]) {
        let next = self.written.load(Ordering::Relaxed).wrapping_add(1);
        // orders the count that was stored before ahead of the words that are stored now
        fence(Ordering::Release);
        for (to, word) in self.copy(next).iter().zip(words) {
            to.store(word, Ordering::Relaxed);
        }
        self.written.store(next, Ordering::Release);
    }

    fn copy(&self, number: usize) -> &[AtomicU64; WORDS] {
        let [even, odd] = &self.copies;
        if number % 2 == 0 { even } else { odd }
    }
}

impl Watched {
    pub(crate) fn new(id: SessionId, windows: Windows) -> (Self, Arc<Published>) {
        let published = Arc::new(Published::new(words(&windows)));
        (Self { id, shown: windows, published: Arc::clone(&published), marks: Slots::default() }, published)
    }

    /// Shows what the machine says; whether the session is there.
    pub(crate) fn show(&mut self, machine: &mut amqp_proto::Connection, wake: &mut Vec<Waker>) -> bool {
        let Ok(session) = machine.session(self.id) else {
            self.published.set(GONE);
            return false;
        };
        let windows = session.windows();
        if windows != self.shown {
            self.published.set(words(&windows));
            self.shown = windows;
            self.marks.iter_mut().for_each(|(_, mark)| mark.look(&windows, wake));
        }
        true
    }

    /// Somebody wants to be told. Under which key.
    pub(crate) fn mark(&mut self, watermark: Watermark) -> usize {
        let mut mark = Mark { watermark, crossings: VecDeque::new(), waker: None };
        mark.look(&self.shown, &mut Vec::new());
        self.marks.insert(mark)
    }

    /// The next crossing.
    pub(crate) fn poll_mark(&mut self, key: usize, waker: &Waker) -> Poll<Crossing> {
        let Some(mark) = self.marks.get_mut(key) else { return Poll::Pending };
        match mark.crossings.pop_front() {
            Some(crossing) => Poll::Ready(crossing),
            None => {
                mark.waker = Some(waker.clone());
                Poll::Pending
            }
        }
    }

    /// Nobody wants to be told any more.
    pub(crate) fn unmark(&mut self, key: usize) {
        self.marks.remove(key);
    }
}

impl Mark {
    fn look(&mut self, windows: &Windows, wake: &mut Vec<Waker>) {
        let Some(crossing) = self.watermark.incoming(windows) else { return };
        if self.crossings.len() == CROSSINGS {
            // up and down: what remains still takes turns
            self.crossings.drain(..2);
        }
        self.crossings.push_back(crossing);
        wake.extend(self.waker.take());
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watched").field(&self.id).finish()
    }
}

fn words(windows: &Windows) -> [u64; WORDS] {
    let two = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
    [
        windows.next_incoming_id.map_or(0, |id| SOME | u64::from(id.0)),
        two(windows.incoming_window, windows.incoming_window_max),
        two(windows.buffered, windows.next_outgoing_id.0),
        two(windows.outgoing_window, windows.remote_incoming_window),
        u64::from(windows.remote_outgoing_window),
        windows.buffered_octets,
    ]
}

fn windows(words: [u64; WORDS]) -> Windows {
    let [next_incoming_id, incoming, buffered, outgoing, remote_outgoing_window, buffered_octets] = words;
    let (high, low) = (|word: u64| (word >> 32) as u32, |word: u64| word as u32);
    Windows {
        next_incoming_id: (next_incoming_id & SOME != 0).then_some(SequenceNo(low(next_incoming_id))),
        incoming_window: high(incoming),
        incoming_window_max: low(incoming),
        buffered: high(buffered),
        buffered_octets,
        next_outgoing_id: SequenceNo(low(buffered)),
        outgoing_window: high(outgoing),
        remote_incoming_window: low(outgoing),
        remote_outgoing_window: low(remote_outgoing_window),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_was_shown() {
        let mut number = 0;
        let mut next = || {
            number += 0x0123_4567;
            number
        };
        let all = Windows {
            next_incoming_id: Some(SequenceNo(next())),
            incoming_window: next(),
            incoming_window_max: next(),
            buffered: next(),
            buffered_octets: u64::MAX - 1,
            next_outgoing_id: SequenceNo(next()),
            outgoing_window: next(),
            remote_incoming_window: next(),
            remote_outgoing_window: next(),
        };
        let published = Published::new(words(&all));
        assert_eq!(published.get(), Some(all));
        let begun = Windows { next_incoming_id: None, ..all };
        published.set(words(&begun));
        assert_eq!(published.get(), Some(begun));
        let full = Windows { next_incoming_id: Some(SequenceNo(u32::MAX)), buffered_octets: u64::MAX, ..all };
        published.set(words(&full));
        assert_eq!(published.get(), Some(full));
        published.set(GONE);
        assert_eq!(published.get(), None);
    }
}
