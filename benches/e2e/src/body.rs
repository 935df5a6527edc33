//! The octets of a body, made by the sender and checked by the receiver.

use crate::now;
use amqp10::codec::EncodedMessage;
use amqp10::codec::message::MessagePieces;
use amqp10::proto::Payload;
use bytes::Bytes;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const NOT_DATA: &str = "one data section was to come";

/// Makes bodies: the message's number, 64 bits little-endian, then octet `i` is `(i * 131 + 17) % 251`.
#[derive(Debug)]
pub struct Bodies {
    pattern: Vec<u8>,
}

impl Bodies {
    /// Bodies of `size` octets, at least 8.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { pattern: (0..size).map(|at| ((at * 131 + 17) % 251) as u8).collect() }
    }

    /// The body of a message: one copy, as from whatever an application has its data in.
    #[inline]
    pub fn make(&mut self, number: u64) -> Bytes {
        self.number(number).to_vec().into()
    }

    /// The body in place, for who has no message around it.
    #[inline]
    pub fn number(&mut self, number: u64) -> &[u8] {
        self.pattern[..8].copy_from_slice(&number.to_le_bytes());
        &self.pattern
    }
}

/// The wrapping sum of a body's little-endian words of 64 bits, the last one padded with zeros.
#[inline]
fn sum(body: &[u8]) -> u64 {
    #[allow(clippy::incompatible_msrv, reason = "the bench is built by what is here, not by the oldest compiler")]
    let (words, rest) = body.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    words.iter().fold(u64::from_le_bytes(last), |sum, word| sum.wrapping_add(u64::from_le_bytes(*word)))
}

/// The same of a piece that begins at octet `at` of the body.
fn sum_from(at: usize, piece: &[u8]) -> u64 {
    let (head, rest) = piece.split_at(piece.len().min(at.wrapping_neg() % 8));
    let octets = head.iter().zip(at % 8..);
    octets.fold(sum(rest), |sum, (octet, place)| sum.wrapping_add(u64::from(*octet) << (8 * place)))
}

/// Where one receiving link is: the least number that its next message may have.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order(u64);

/// What a receiving task has seen, on all its links.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Messages.
    pub count: u64,
    octets: u64,
    sum: u64,
    /// Messages whose number was not above the one before on their link.
    disorder: u64,
    started: u64,
}

impl Tally {
    /// Takes a message of that link apart, which is one data section, and checks its body.
    ///
    /// # Errors
    /// It is not.
    #[inline]
    pub fn take(&mut self, order: &mut Order, message: &Payload) -> Result<(), Box<dyn Error + Send + Sync>> {
        if let [only] = message.chunks() {
            self.add(order, EncodedMessage::data_of(only)?.ok_or(NOT_DATA)?);
            return Ok(());
        }
        let message = MessagePieces::parse(message.chunks())?;
        self.add_pieces(order, message.data().ok_or(NOT_DATA)?);
        Ok(())
    }

    /// As [`add`](Self::add), of a body in pieces.
    fn add_pieces(&mut self, order: &mut Order, body: &[Bytes]) {
        let mut first = [0; 8];
        first.iter_mut().zip(body.iter().flatten()).for_each(|(to, from)| *to = *from);
        let (mut at, mut all) = (0, 0_u64);
        for piece in body {
            all = all.wrapping_add(sum_from(at, piece));
            at += piece.len();
        }
        self.count_one(order, u64::from_le_bytes(first), at, all);
    }

    /// Takes a body of a message of that link, which has at least 8 octets.
    #[inline]
    pub fn add(&mut self, order: &mut Order, body: &[u8]) {
        let number = body.first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
        self.count_one(order, number, body.len(), sum(body));
    }

    #[inline]
    fn count_one(&mut self, Order(next): &mut Order, number: u64, octets: usize, sum: u64) {
        if self.count == 0 {
            self.started = now();
        }
        self.disorder += u64::from(number < *next);
        *next = number + 1;
        self.count += 1;
        self.octets += octets as u64;
        self.sum = self.sum.wrapping_add(sum);
    }

    /// Puts two tasks together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            octets: self.octets + other.octets,
            sum: self.sum.wrapping_add(other.sum),
            disorder: self.disorder + other.disorder,
            started: match (self.count, other.count) {
                (0, _) => other.started,
                (_, 0) => self.started,
                _ => self.started.min(other.started),
            },
        }
    }

    /// Prints the receiver's line; the last message came at `ended`.
    pub fn print(&self, ended: u64) {
        println!(
            "RESULT role=receiver n={} bytes={} sum={:016x} ooo={} t0={} t1={ended}",
            self.count, self.octets, self.sum, self.disorder, self.started
        );
    }
}

/// Counts down over all links, so that the last message of all is noticed without a lock.
#[derive(Debug)]
pub struct SharedTally(AtomicU64);

impl SharedTally {
    /// So many messages are to come.
    #[must_use]
    pub fn new(count: u64) -> Self {
        Self(AtomicU64::new(count))
    }

    /// So many have come. Whether the last was among them.
    #[inline]
    pub fn are_last(&self, count: u64) -> bool {
        self.0.fetch_sub(count, Relaxed) == count
    }
}
