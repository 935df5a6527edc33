//! The windows of a session as they are shown, and who is told when the incoming one is getting full.

use super::{Published, Show, Watching};
use crate::slots::Slots;
use crate::watermark::{Crossing, Watermark};
use amqp_proto::codec::SequenceNo;
use amqp_proto::{Connection, SessionId, Windows};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Poll, Waker};

const WORDS: usize = 6;

/// In the first word: there is a next-incoming-id.
const SOME: u64 = 1 << 32;

/// Windows that are shown, and watermarks on them.
pub(crate) struct WatchedWindows {
    published: Arc<Published<Windows, WORDS>>,
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

impl Show<WORDS> for Windows {
    type Id = SessionId;

    fn of(machine: &mut Connection, id: SessionId) -> Option<Self> {
        Some(machine.session(id).ok()?.windows())
    }

    fn words(&self) -> [u64; WORDS] {
        let two = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        [
            self.next_incoming_id.map_or(0, |id| SOME | u64::from(id.0)),
            two(self.incoming_window, self.incoming_window_max),
            two(self.buffered, self.next_outgoing_id.0),
            two(self.outgoing_window, self.remote_incoming_window),
            u64::from(self.remote_outgoing_window),
            self.buffered_octets,
        ]
    }

    fn from_words(words: [u64; WORDS]) -> Self {
        let [next_incoming_id, incoming, buffered, outgoing, remote_outgoing_window, buffered_octets] = words;
        let (high, low) = (|word: u64| (word >> 32) as u32, |word: u64| word as u32);
        Self {
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

    fn watch(watching: &mut Watching, published: Arc<Published<Self, WORDS>>) {
        watching.sessions.insert(published.id, WatchedWindows { published, marks: Slots::default() });
    }
}

impl WatchedWindows {
    /// Shows what the machine says; whether the session is there.
    #[inline(never)]
    pub(super) fn show(&mut self, machine: &mut Connection, wake: &mut Vec<Waker>) -> bool {
        let Self { published, marks } = self;
        published.show(machine, |windows| marks.iter_mut().for_each(|(_, mark)| mark.look(windows, wake)))
    }

    /// Somebody wants to be told. Under which key.
    pub(crate) fn mark(&mut self, watermark: Watermark) -> usize {
        let mut mark = Mark { watermark, crossings: VecDeque::new(), waker: None };
        if let Some(windows) = self.published.get() {
            mark.look(&windows, &mut Vec::new());
        }
        self.marks.insert(|| mark)
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
