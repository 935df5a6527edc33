//! The way out: what was held back is let go, then all output changes hands.

use super::Connection;
use crate::Instant;
use crate::output::REST;
use crate::segments::Segments;

/// What to do after [`poll_transmit`](Connection::poll_transmit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Transmit {
    /// Write what there is; nothing comes after it until something happens.
    Idle,
    /// Write what there is, then ask again: more waits.
    More,
    /// Write what there is, then end the transport's sending side: nothing will come after it.
    Closing,
}

impl Connection {
    /// Moves everything that is to be written to the end of `out`. Dispositions and flows that were held
    /// back to be put together leave now.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut Segments) -> Transmit {
        self.ctx.now = now;
        self.flush_sessions();
        if self.ctx.output.pending() > 0 {
            if let Some(tap) = &self.config.frame_tap {
                self.ctx.output.show(tap);
            }
            self.ctx.output.drain_into(now, out);
            self.answers = 0;
            self.restart_heartbeat(now);
        } else if self.ctx.output.rest(now) && now.saturating_duration_since(self.last_in) >= REST {
            self.ctx.events.rest();
            self.sessions.iter_mut().for_each(|(_, session)| session.rest());
        }
        if self.finished {
            Transmit::Closing
        } else if self.has_more() {
            Transmit::More
        } else {
            Transmit::Idle
        }
    }

    fn has_more(&self) -> bool {
        !self.ctx.dirty.is_empty() || (!self.ctx.turns.is_empty() && !self.ctx.output.is_stopped())
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) would have anything to say: octets, or that nothing more comes.
    #[must_use]
    pub fn has_output(&self) -> bool {
        self.ctx.output.pending() > 0 || self.has_more() || self.finished
    }

    /// How many octets [`poll_transmit`](Self::poll_transmit) has at least: those that are encoded already.
    #[must_use]
    pub fn encoded_output(&self) -> usize {
        self.ctx.output.pending()
    }

    /// Lets leave what waits: frames of deliveries as far as the output has room, everything else.
    pub(super) fn flush_sessions(&mut self) {
        self.take_turns();
        for _ in 0..self.ctx.dirty.len() {
            let Some(index) = self.ctx.dirty.pop_front() else { return };
            if let Some(session) = self.sessions.get_mut(u32::from(index)) {
                session.flush(&mut self.ctx);
            }
            self.reap(u32::from(index));
        }
    }

    /// Deliveries in progress take turns. They get half of the output even where those that begin have filled it.
    fn take_turns(&mut self) {
        if self.ctx.turns.is_empty() || self.ctx.output.is_stopped() {
            return;
        }
        let high_water = self.ctx.output.make_room();
        while !self.ctx.output.is_full() {
            let Some(index) = self.ctx.turns.pop_front() else { break };
            if let Some(session) = self.sessions.get_mut(u32::from(index)) {
                session.take_turn(&mut self.ctx);
            }
        }
        self.ctx.output.replace_high_water(high_water);
    }

    /// There may be room for senders that were refused: tells the one that began a delivery longest ago, of any session.
    pub(super) fn tell_waiting(&mut self) {
        while self.ctx.events.len() == 0 && !self.ctx.output.is_full() {
            let Some(((_, index), ())) = self.ctx.offers.pop_first() else { return };
            if let Some(session) = self.sessions.get_mut(index) {
                session.tell_first(&mut self.ctx);
            }
        }
    }
}
