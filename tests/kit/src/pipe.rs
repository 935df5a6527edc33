//! A byte pipe that cuts, joins and delays as it is told, and always the same way.

use amqp_proto::Instant;
use bytes::BytesMut;
use std::collections::VecDeque;
use std::time::Duration;

/// Where a pipe cuts what goes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nowhere: what waits comes out in one piece.
    Nowhere,
    /// After every so many octets (0 counts as 1).
    Every(usize),
    /// At places that follow from this seed.
    Random(u64),
}

/// How long what goes in takes to come out. Nothing overtakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lag {
    /// Always so long.
    Constant(Duration),
    /// For each write a time that follows from the seed, in whole milliseconds and at most so many.
    Random(u64, u32),
}

impl From<Duration> for Lag {
    fn from(delay: Duration) -> Self {
        Self::Constant(delay)
    }
}

/// One direction of a connection.
#[derive(Clone, Debug)]
pub struct Pipe {
    cut: Cut,
    lag: Lag,
    /// When what went in last comes out.
    last: Instant,
    /// What went in, with the time at which it comes out.
    waiting: VecDeque<(Instant, BytesMut)>,
    end: End,
}

/// The end of what goes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    NotYet,
    At(Instant),
    Told,
}

/// What a pipe has to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// These octets.
    Octets(Vec<u8>),
    /// The end; only once.
    End,
    /// Nothing yet.
    Nothing,
}

impl Pipe {
    /// An empty pipe.
    pub fn new(cut: Cut, lag: impl Into<Lag>) -> Self {
        Self { cut, lag: lag.into(), last: Instant::ZERO, waiting: VecDeque::new(), end: End::NotYet }
    }

    /// Puts octets in.
    pub fn push(&mut self, now: Instant, octets: &[u8]) {
        if !octets.is_empty() {
            let arrival = self.arrival(now);
            self.waiting.push_back((arrival, BytesMut::from(octets)));
        }
    }

    /// When what goes in now comes out.
    fn arrival(&mut self, now: Instant) -> Instant {
        let delay = match &mut self.lag {
            Lag::Constant(delay) => *delay,
            Lag::Random(state, most) => Duration::from_millis(u64::from(random(state) % most.saturating_add(1))),
        };
        self.last = self.last.max(now.saturating_add(delay));
        self.last
    }

    /// Closes the way in.
    pub fn close(&mut self, now: Instant) {
        if self.end == End::NotYet {
            self.end = End::At(self.arrival(now));
        }
    }

    /// Takes the next piece out.
    pub fn pull(&mut self, now: Instant) -> Pulled {
        let length = self.next_length().max(1);
        let mut piece = Vec::new();
        while let Some((arrival, octets)) = self.waiting.front_mut() {
            let room = length - piece.len();
            if *arrival > now || room == 0 {
                break;
            }
            piece.extend_from_slice(&octets.split_to(room.min(octets.len())));
            if octets.is_empty() {
                self.waiting.pop_front();
            }
        }
        match self.end {
            _ if !piece.is_empty() => Pulled::Octets(piece),
            End::At(end) if self.waiting.is_empty() && end <= now => {
                self.end = End::Told;
                Pulled::End
            }
            End::At(_) | End::NotYet | End::Told => Pulled::Nothing,
        }
    }

    /// When the next octet, or the end, comes out.
    pub fn next_arrival(&self) -> Option<Instant> {
        match (self.waiting.front(), self.end) {
            (Some((arrival, _)), _) => Some(*arrival),
            (None, End::At(end)) => Some(end),
            (None, End::NotYet | End::Told) => None,
        }
    }

    fn next_length(&mut self) -> usize {
        match &mut self.cut {
            Cut::Nowhere => usize::MAX,
            Cut::Every(octets) => *octets,
            Cut::Random(state) => usize::try_from(random(state) % 97).unwrap_or(0),
        }
    }
}

/// SplitMix64: the state counts, the output is a hash of it.
fn random(state: &mut u64) -> u32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let hash = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(pipe: &mut Pipe) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        while let Pulled::Octets(piece) = pipe.pull(Instant::ZERO) {
            pieces.push(piece);
        }
        pieces
    }

    #[test]
    fn cuts_lose_and_add_nothing() {
        let octets: Vec<u8> = (0..=255).collect();
        for cut in [Cut::Nowhere, Cut::Every(0), Cut::Every(7), Cut::Random(1), Cut::Random(2)] {
            let mut pipe = Pipe::new(cut, Duration::ZERO);
            pipe.push(Instant::ZERO, &octets);
            assert_eq!(drain(&mut pipe).concat(), octets, "{cut:?}");
        }
    }

    #[test]
    fn nothing_overtakes() {
        let mut pipe = Pipe::new(Cut::Nowhere, Lag::Random(7, 50));
        let mut came = Vec::new();
        for octet in 0..100u8 {
            let now = Instant::from_millis(u64::from(octet));
            pipe.push(now, &[octet]);
            let arrival = pipe.next_arrival().expect("something is under way");
            assert!(arrival <= now.saturating_add(Duration::from_millis(100)));
            while let Pulled::Octets(piece) = pipe.pull(now) {
                came.extend(piece);
            }
        }
        while let Pulled::Octets(piece) = pipe.pull(Instant::from_millis(1000)) {
            came.extend(piece);
        }
        assert_eq!(came, (0..100).collect::<Vec<u8>>());
    }

    #[test]
    fn nothing_comes_before_its_time() {
        let mut pipe = Pipe::new(Cut::Nowhere, Duration::from_millis(5));
        pipe.push(Instant::ZERO, b"x");
        pipe.close(Instant::ZERO);
        assert_eq!(pipe.pull(Instant::from_millis(4)), Pulled::Nothing);
        assert_eq!(pipe.next_arrival(), Some(Instant::from_millis(5)));
        assert_eq!(pipe.pull(Instant::from_millis(5)), Pulled::Octets(b"x".to_vec()));
        assert_eq!(pipe.pull(Instant::from_millis(5)), Pulled::End);
        assert_eq!(pipe.pull(Instant::from_millis(9)), Pulled::Nothing);
    }
}
