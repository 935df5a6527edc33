//! A stream in memory: two ends, each with a buffer of limited size in either direction.

use super::{Drives, Stream};
use amqp_async::{READ_SIZE, Transport};
use bytes::BytesMut;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// One direction.
#[derive(Default)]
struct Lane {
    octets: Vec<u8>,
    /// All that ever went through.
    total: usize,
    capacity: usize,
    /// Nothing more will be written.
    ended: bool,
    /// Reading and writing fail from now on.
    broken: bool,
    /// Octets that both lanes may carry before the pipe breaks.
    left: Option<Arc<Mutex<usize>>>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// One end of a pipe.
pub(crate) struct PipeEnd {
    incoming: Arc<Mutex<Lane>>,
    outgoing: Arc<Mutex<Lane>>,
}

/// A look at a pipe from outside, to break it or to see what went through.
#[derive(Clone)]
pub(crate) struct Tap {
    lanes: [Arc<Mutex<Lane>>; 2],
}

/// A pipe that holds `capacity` octets in each direction.
pub(crate) fn pipe(capacity: usize) -> (PipeEnd, PipeEnd, Tap) {
    let lane = || Arc::new(Mutex::new(Lane { capacity, ..Lane::default() }));
    let lanes = [lane(), lane()];
    let end = |incoming: usize, outgoing: usize| PipeEnd {
        incoming: Arc::clone(&lanes[incoming]),
        outgoing: Arc::clone(&lanes[outgoing]),
    };
    (end(1, 0), end(0, 1), Tap { lanes: lanes.clone() })
}

impl Lane {
    fn wake(&mut self) {
        self.reader.take().into_iter().chain(self.writer.take()).for_each(Waker::wake);
    }

    fn check(&self) -> io::Result<()> {
        if self.broken { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl Tap {
    /// Breaks the pipe when so many octets have been written, in both directions together.
    pub(crate) fn break_after(&self, octets: usize) {
        let left = Arc::new(Mutex::new(octets));
        for lane in &self.lanes {
            lane.lock().unwrap().left = Some(Arc::clone(&left));
        }
    }

    /// Fails reading and writing at both ends.
    pub(crate) fn reset(&self) {
        // both before anybody notices the one
        let [mut one, mut other] = self.lanes.each_ref().map(|lane| lane.lock().unwrap());
        (one.broken, other.broken) = (true, true);
        one.wake();
        other.wake();
    }

    /// Octets that the first end has written, and the second.
    pub(crate) fn written(&self) -> [usize; 2] {
        [self.lanes[0].lock().unwrap().total, self.lanes[1].lock().unwrap().total]
    }
}

impl PipeEnd {
    /// The host's stream over it.
    pub(crate) fn stream(self) -> Stream {
        <crate::host::Host as Drives>::stream(self)
    }

    /// Writes at once, for a peer that is played by the test.
    pub(crate) fn say(&self, octets: &[u8]) {
        let mut lane = self.outgoing.lock().unwrap();
        lane.octets.extend_from_slice(octets);
        lane.total += octets.len();
        lane.wake();
    }

    /// Takes all that has come.
    pub(crate) fn hear(&self) -> Vec<u8> {
        let mut lane = self.incoming.lock().unwrap();
        let octets = std::mem::take(&mut lane.octets);
        lane.wake();
        octets
    }

    /// Writes no more.
    pub(crate) fn end(&self) {
        let mut lane = self.outgoing.lock().unwrap();
        lane.ended = true;
        lane.wake();
    }
}

impl Transport for PipeEnd {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        let mut lane = self.incoming.lock().unwrap();
        lane.check()?;
        if lane.octets.is_empty() && !lane.ended {
            lane.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let octets = lane.octets.len().min(READ_SIZE);
        buffer.extend(lane.octets.drain(..octets));
        if let Some(writer) = lane.writer.take() {
            writer.wake();
        }
        Poll::Ready(Ok(octets))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let mut lane = self.outgoing.lock().unwrap();
        lane.check()?;
        if let Some(left) = &lane.left {
            if *left.lock().unwrap() == 0 {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
        }
        let mut room = lane.capacity.saturating_sub(lane.octets.len());
        if room == 0 {
            lane.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if let Some(left) = &lane.left {
            room = room.min(*left.lock().unwrap());
        }
        let mut written = 0;
        for slice in slices {
            let part = slice.len().min(room);
            lane.octets.extend_from_slice(&slice[..part]);
            (room, written) = (room - part, written + part);
        }
        lane.total += written;
        if let Some(left) = &lane.left {
            *left.lock().unwrap() -= written;
        }
        if let Some(reader) = lane.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.outgoing.lock().unwrap().check())
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end();
        Poll::Ready(Ok(()))
    }
}

impl Drop for PipeEnd {
    fn drop(&mut self) {
        self.end();
    }
}
