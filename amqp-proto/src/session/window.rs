//! The two windows of a session (§2.5.6): how many transfer frames each side may still send.
//!
//! Our incoming-window is reopened only as the application takes what has arrived, counted in transfers and, where
//! that is bounded too, in octets. All ids are serial numbers.

use super::memory::Memory;
use crate::Instant;
use crate::delivery::Load;
use crate::violation::Violation;
use amqp_codec::{Flow, SequenceNo};

/// A look at the windows of a session, in transfer frames (§2.5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// The transfer-id that the next incoming transfer will have; `None` before the peer's begin.
    pub next_incoming_id: Option<SequenceNo>,
    /// Transfers that the peer may still send.
    pub incoming_window: u32,
    /// The incoming-window when nothing waits to be taken.
    pub incoming_window_max: u32,
    /// Transfers that have arrived and wait for the application, as far as they count for the window.
    pub buffered: u32,
    /// Octets of payload that have arrived and wait for the application, whether or not they count for the window.
    pub buffered_octets: u64,
    /// The transfer-id of the next transfer that we send.
    pub next_outgoing_id: SequenceNo,
    /// The outgoing-window that we state; a constant.
    pub outgoing_window: u32,
    /// Transfers that we may still send.
    pub remote_incoming_window: u32,
    /// Transfers that the peer says it could send.
    pub remote_outgoing_window: u32,
}

impl Windows {
    /// Transfers of our incoming-window that the peer has used: that wait for the application, or were taken and not
    /// granted again. With [`incoming_window`](Self::incoming_window) they are
    /// [`incoming_window_max`](Self::incoming_window_max), unless octets bound the window too, or it has just been made
    /// smaller.
    #[must_use]
    pub fn incoming_used(&self) -> u32 {
        self.incoming_window_max.saturating_sub(self.incoming_window)
    }
}

/// What of our incoming-window is for us to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming {
    /// Transfers that may wait for the application.
    pub(crate) transfers: u32,
    /// Octets that may wait for it, if they are bounded too.
    pub(crate) octets: Option<u64>,
    /// What the peer may have left when the window is reopened; `None`: half.
    pub(crate) low_water: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Window {
    view: Windows,
    initial_outgoing_id: SequenceNo,
    incoming: Incoming,
    /// What has arrived and waits for the application.
    unread: Load,
    /// Transfers that were granted once and are no more: they may be under way (req: TR-2.5.6-12).
    excess: u32,
    /// What this session uses of the connection's memory, as last reported.
    used: u64,
    /// Of what the peer's window admits, what is for deliveries in progress until the next poll.
    share: Option<u32>,
    /// Whether they get the larger half next time.
    larger: bool,
    /// Since when the peer's incoming-window has been closed, while it is.
    closed_since: Instant,
}

impl Window {
    pub(crate) fn new() -> Self {
        Self {
            view: Windows {
                next_incoming_id: None,
                incoming_window: 0,
                incoming_window_max: 0,
                buffered: 0,
                buffered_octets: 0,
                next_outgoing_id: SequenceNo(0),
                outgoing_window: 0,
                remote_incoming_window: 0,
                remote_outgoing_window: 0,
            },
            initial_outgoing_id: SequenceNo(0),
            incoming: Incoming { transfers: 0, octets: None, low_water: None },
            unread: Load::default(),
            excess: 0,
            used: 0,
            share: None,
            larger: true,
            closed_since: Instant::ZERO,
        }
    }

    pub(crate) fn view(&self) -> Windows {
        let buffered_octets = self.unread.octets.saturating_add(self.unread.hidden);
        Windows { buffered: self.unread.transfers, buffered_octets, ..self.view }
    }

    /// Takes our values for begin.
    pub(crate) fn configure(
        &mut self,
        memory: &mut Memory,
        incoming: Incoming,
        outgoing_window: u32,
        next_outgoing_id: SequenceNo,
    ) {
        self.incoming = incoming;
        self.view.incoming_window_max = incoming.transfers;
        self.view.incoming_window = self.room(memory, self.unread);
        self.view.outgoing_window = outgoing_window;
        self.view.next_outgoing_id = next_outgoing_id;
        self.initial_outgoing_id = next_outgoing_id;
        self.account(memory);
    }

    /// Another incoming-window: a smaller one at once, a larger one from the next flow on. What is under way is taken.
    pub(crate) fn resize(&mut self, memory: &Memory, transfers: u32) {
        self.incoming.transfers = transfers;
        self.view.incoming_window_max = transfers;
        let left = self.view.incoming_window.min(self.room(memory, self.unread));
        self.excess = self.excess.saturating_add(self.view.incoming_window.saturating_sub(left));
        self.view.incoming_window = left;
    }

    /// The peer's begin (req: TR-2.5.6-06).
    pub(crate) fn begun(&mut self, next_outgoing_id: SequenceNo, incoming_window: u32, outgoing_window: u32) {
        self.view.next_incoming_id = Some(next_outgoing_id);
        self.view.remote_outgoing_window = outgoing_window;
        // What we sent before the peer's begin came has used its window already.
        let sent = self.view.next_outgoing_id.0.wrapping_sub(self.initial_outgoing_id.0);
        self.view.remote_incoming_window = incoming_window.saturating_sub(sent);
    }

    pub(crate) fn can_send(&self) -> bool {
        self.view.remote_incoming_window > 0
    }

    /// Whether a new delivery may begin: not with what is for those in progress.
    pub(crate) fn can_begin(&self) -> bool {
        self.view.remote_incoming_window > self.share.unwrap_or(0)
    }

    /// The window has opened: half of it is for deliveries in progress. Which half is the larger one changes.
    pub(crate) fn share(&mut self) {
        let admitted = self.view.remote_incoming_window;
        let odd = admitted % 2;
        self.share = Some(admitted / 2 + if self.larger { odd } else { 0 });
        self.larger ^= odd == 1;
    }

    /// Nothing of it is for deliveries in progress any more. Whether something was.
    pub(crate) fn unshare(&mut self) -> bool {
        self.share.take().is_some()
    }

    /// A delivery in progress takes its turn: whether it may. The first that may not ends the sharing.
    pub(crate) fn take_share(&mut self) -> bool {
        let Some(share) = self.share else { return true };
        self.share = share.checked_sub(1);
        self.share.is_some()
    }

    pub(crate) fn closed_since(&self) -> Instant {
        self.closed_since
    }

    /// After a change: remembers since when the peer's window has been closed.
    pub(crate) fn note_closed(&mut self, was_open: bool, now: Instant) {
        if was_open && !self.can_send() {
            self.closed_since = now;
        }
    }

    /// One transfer of ours leaves (req: TR-2.5.6-04).
    pub(crate) fn sent(&mut self) {
        self.view.next_outgoing_id += 1;
        self.view.remote_incoming_window = self.view.remote_incoming_window.saturating_sub(1);
    }

    /// One transfer of the peer has come (req: TR-2.5.6-05, TR-2.5.6-12).
    pub(crate) fn received(&mut self, memory: &mut Memory, octets: usize) -> Result<(), Violation> {
        let view = &mut self.view;
        let granted = if view.incoming_window > 0 { &mut view.incoming_window } else { &mut self.excess };
        *granted = granted.checked_sub(1).ok_or(Violation::WindowExceeded)?;
        view.remote_outgoing_window = view.remote_outgoing_window.saturating_sub(1);
        if let Some(id) = &mut view.next_incoming_id {
            *id += 1;
        }
        self.unread += Load::one(octets);
        self.account(memory);
        Ok(())
    }

    /// The application has taken, or we have dropped, so much. Whether the peer should be told now: before it can run
    /// dry, but not each time (req: TR-2.5.6-13).
    pub(crate) fn released(&mut self, memory: &mut Memory, load: Load) -> bool {
        self.unread -= load;
        self.account(memory);
        let octets = self.octets(memory);
        let all = self.room_of(memory, octets, Load::default());
        let low_water = self.incoming.low_water.unwrap_or(all / 2);
        let worth = all.saturating_sub(low_water).max(1).saturating_add(self.view.incoming_window);
        // Whether there is room for so many: without a division, and by their number first.
        self.incoming.transfers.saturating_sub(self.unread.transfers) >= worth
            && octets.saturating_sub(self.unread.octets) >= u64::from(worth).saturating_mul(memory.frame().max(1))
    }

    /// Gives back what is still here.
    pub(crate) fn hide(&mut self, memory: &mut Memory) {
        self.unread.hide();
        self.account(memory);
    }

    /// Whether the peer may send a transfer.
    pub(crate) fn admits(&self) -> bool {
        self.view.incoming_window > 0
    }

    /// Whether the application wants nothing at all.
    pub(crate) fn is_stopped(&self) -> bool {
        self.view.incoming_window_max == 0
    }

    /// Whether the peer has run dry although there is room.
    pub(crate) fn dry(&self, memory: &Memory) -> bool {
        self.view.incoming_window == 0 && self.room(memory, self.unread) > 0
    }

    /// How many transfers could be granted with so much waiting: by their number, and by what they may amount to.
    fn room(&self, memory: &Memory, unread: Load) -> u32 {
        self.room_of(memory, self.octets(memory), unread)
    }

    /// The octets that may wait.
    #[inline]
    fn octets(&self, memory: &Memory) -> u64 {
        let share = memory.share(self.used).saturating_sub(self.unread.hidden);
        share.min(self.incoming.octets.unwrap_or(u64::MAX))
    }

    #[inline]
    fn room_of(&self, memory: &Memory, octets: u64, unread: Load) -> u32 {
        let octets = octets.saturating_sub(unread.octets);
        let transfers = self.incoming.transfers.saturating_sub(unread.transfers);
        if u64::from(transfers).saturating_mul(memory.frame()) <= octets {
            return transfers;
        }
        u32::try_from(octets / memory.frame().max(1)).unwrap_or(transfers).min(transfers)
    }

    /// Reports to the connection what the session holds and has promised to take.
    fn account(&mut self, memory: &mut Memory) {
        let promised = u64::from(self.view.incoming_window) + u64::from(self.excess);
        let used = promised
            .saturating_mul(memory.frame())
            .saturating_add(self.unread.octets)
            .saturating_add(self.unread.hidden);
        memory.moved(self.used, used);
        self.used = used;
    }

    /// What the session uses of the connection's memory, in octets.
    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    /// Nothing more is taken: the session has ended.
    pub(crate) fn close(&mut self, memory: &mut Memory) {
        self.view.incoming_window = 0;
        self.excess = 0;
        self.account(memory);
    }

    /// The session fields of a flow of ours; sending it reopens the window (req: TR-2.5.6-17).
    pub(crate) fn flow(&mut self, memory: &mut Memory) -> Flow {
        let granted = self.view.incoming_window.saturating_add(self.excess);
        self.view.incoming_window = self.room(memory, self.unread);
        self.excess = granted.saturating_sub(self.view.incoming_window);
        self.account(memory);
        let view = &self.view;
        let mut flow = Flow::new(view.incoming_window, view.next_outgoing_id, view.outgoing_window);
        flow.next_incoming_id = view.next_incoming_id;
        flow
    }

    /// The session fields of the peer's flow (req: TR-2.5.6-07, TR-2.5.6-08, TR-2.5.6-09).
    pub(crate) fn received_flow(&mut self, flow: &Flow) -> Result<(), Violation> {
        let view = &mut self.view;
        let base = flow.next_incoming_id.unwrap_or(self.initial_outgoing_id);
        // Transfers that are under way to the peer.
        let in_flight = view.next_outgoing_id.0.wrapping_sub(base.0);
        if in_flight > u32::MAX / 2 {
            return Err(Violation::IncomingIdAhead);
        }
        view.remote_incoming_window = flow.incoming_window.saturating_sub(in_flight);
        view.next_incoming_id = Some(flow.next_outgoing_id);
        view.remote_outgoing_window = flow.outgoing_window;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
