//! Deliveries (§2.6.11 to §2.6.14): what a message is while it travels.
//!
//! [`outgoing`] sends them, [`rest`] being what has not left; [`incoming`] puts them together again, [`arrived`] is one
//! that waits, [`arrivals`] all of them, [`payload`] its octets; [`unsettled`] remembers those that are not settled, [`tags`]
//! their tags, and [`disposition`] gathers what is said about them into ranges.

pub(crate) mod arrivals;
mod arrived;
pub(crate) mod disposition;
pub(crate) mod incoming;
pub(crate) mod outgoing;
pub(crate) mod payload;
pub(crate) mod rest;
pub(crate) mod tags;
pub(crate) mod unsettled;

pub use payload::Payload;

use crate::DeliveryId;
use amqp_codec::{DeliveryState, DeliveryTag, ReceiverSettleMode};
use bytes::Bytes;
use core::ops::{AddAssign, SubAssign};

/// What something that has arrived takes of the incoming-window of its session (§2.5.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) transfers: u32,
    /// Of payload.
    pub(crate) octets: u64,
    /// Octets that the window has been given back although they are still here.
    pub(crate) hidden: u64,
}

impl Load {
    /// One transfer.
    pub(crate) fn one(octets: usize) -> Self {
        Self { transfers: 1, octets: octets as u64, hidden: 0 }
    }

    /// Gives all of it back to the window.
    pub(crate) fn hide(&mut self) {
        *self = Self { hidden: self.hidden.saturating_add(self.octets), ..Self::default() };
    }
}

impl AddAssign for Load {
    fn add_assign(&mut self, other: Self) {
        self.transfers = self.transfers.saturating_add(other.transfers);
        self.octets = self.octets.saturating_add(other.octets);
        self.hidden = self.hidden.saturating_add(other.hidden);
    }
}

impl SubAssign for Load {
    fn sub_assign(&mut self, other: Self) {
        self.transfers = self.transfers.saturating_sub(other.transfers);
        self.octets = self.octets.saturating_sub(other.octets);
        self.hidden = self.hidden.saturating_sub(other.hidden);
    }
}

/// A message to send.
///
/// ```
/// use amqp_proto::Outgoing;
///
/// let message = Outgoing { settled: true, ..Outgoing::new(&b"\x00\x53\x77\xa1\x02hi"[..]) };
/// assert_eq!(message.tag, None, "a tag will be made");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    /// The encoded message, opaque to the core. Large ones are never copied.
    pub payload: Bytes,
    /// Unique among the unsettled deliveries of the link (§2.6.12). Default: made from the delivery-id.
    pub tag: Option<DeliveryTag>,
    /// What kind of message it is; 0 is that of §3.2. Default 0.
    pub message_format: u32,
    /// Send it and forget it (§2.6.12). On a link of mode settled every message is, whatever this says;
    /// on one of mode unsettled none may be. Default false.
    pub settled: bool,
    /// Asks for another mode than that of the link, for this delivery (§2.7.5). Default none.
    pub rcv_settle_mode: Option<ReceiverSettleMode>,
    /// The state of the delivery at the sender (§2.7.5). Default none.
    pub state: Option<DeliveryState>,
    /// A hint that the receiver may wait before it answers (§2.7.5). Default false.
    pub batchable: bool,
    /// Comes back in each [`Event::Disposition`](crate::Event::Disposition) of this delivery: an index into a
    /// table of the caller's, say. Never sent. Default 0.
    pub token: u64,
}

/// A message that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its name for what is said about it later.
    pub delivery: DeliveryId,
    /// It was sent settled: nothing will be said about it.
    pub settled: bool,
}

impl Outgoing {
    /// An unsettled message of format 0.
    #[must_use]
    pub fn new(payload: impl Into<Bytes>) -> Self {
        Self { payload: payload.into(), ..Self::default() }
    }
}

/// A message that has arrived whole.
#[derive(Debug)]
#[must_use = "an unsettled delivery has to be settled"]
pub struct Delivery {
    /// Its name for settling it.
    pub id: DeliveryId,
    /// The sender's name for it (§2.6.12).
    pub tag: DeliveryTag,
    /// What kind of message it is; 0 is that of §3.2.
    pub message_format: u32,
    /// The sender has settled it already: there is nothing to settle.
    pub settled: bool,
    /// Whether to settle at once ([`First`](ReceiverSettleMode::First)) or after the sender (§2.7.5).
    pub rcv_settle_mode: ReceiverSettleMode,
    /// The state of the delivery at the sender.
    pub state: Option<DeliveryState>,
    /// The sender does not mind if the answer waits for others (§2.7.5). A hint.
    pub batchable: bool,
    /// The encoded message.
    pub payload: Payload,
}

impl Delivery {
    /// Whether an outcome of ours settles the delivery at once (§2.6.12). Where the receiver settles second the
    /// outcome is reported, and settled when the sender settles: what to give
    /// [`dispose`](crate::ReceiverMut::dispose) for `settled`.
    #[must_use]
    pub fn settles_at_once(&self) -> bool {
        self.rcv_settle_mode != ReceiverSettleMode::Second
    }
}

/// A piece of a message that may not have arrived whole.
#[derive(Debug)]
#[must_use = "an unsettled delivery has to be settled"]
pub struct Chunk {
    /// What has come since the last piece, and all that is known of the delivery.
    pub delivery: Delivery,
    /// What follows.
    pub progress: Progress,
}

/// What follows a piece of a message (§2.6.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More will come.
    More,
    /// This was the last piece.
    Complete,
    /// The sender gave the delivery up: forget what came of it; it is settled.
    Aborted,
}
