//! open (§2.4.1, §2.7.1): ours, the peer's, and what waits for them.

use super::{Connection, Side};
use crate::link::Half;
use crate::store::oldest_first;
use crate::violation::Violation;
use crate::{Event, Instant, TimeoutReason};
use alloc::boxed::Box;
use amqp_codec::Open;
use amqp_codec::frame::MIN_MAX_FRAME_SIZE;
use core::time::Duration;

/// An idle-time-out of the peer's below this cannot be kept (req: TR-2.4.5-06).
const MIN_IDLE_TIME_OUT: u32 = 100;

impl Connection {
    /// Our header has left: with pipelining open follows at once (§2.4.2).
    pub(super) fn pipeline_open(&mut self) {
        if self.config.pipelining.is_on() {
            self.send_open();
            self.ctx.may_begin = true;
        }
    }

    /// Headers have been exchanged.
    pub(super) fn entered_amqp(&mut self, now: Instant) {
        if self.side == Side::Client {
            self.send_open();
        }
        self.restart_idle(now);
    }

    /// Our open, once.
    pub(super) fn send_open(&mut self) {
        if self.local == Half::Idle {
            self.local = Half::Active;
            self.ctx.output.seldom(0, &self.config.open);
        }
    }

    /// The peer's open.
    pub(super) fn received_open(&mut self, now: Instant, channel: u16, open: Box<Open>) -> Result<(), Violation> {
        if self.remote != Half::Idle {
            return Err(Violation::OpenedTwice);
        }
        if channel != 0 {
            return Err(Violation::OpenChannel);
        }
        if open.max_frame_size < MIN_MAX_FRAME_SIZE {
            return Err(Violation::MaxFrameSize);
        }
        let idle_time_out = open.idle_time_out.filter(|milliseconds| *milliseconds > 0);
        if idle_time_out.is_some_and(|milliseconds| milliseconds < MIN_IDLE_TIME_OUT) {
            return Err(Violation::IdleTimeOutTooShort);
        }
        // req: TR-2.7.1-11
        if !self.config.required_capabilities.iter().all(|required| open.offered_capabilities.contains(required)) {
            return Err(Violation::CapabilityMissing);
        }
        self.remote = Half::Active;
        self.timers.clear(TimeoutReason::Handshake);
        self.ctx.output.set_max_frame_size(open.max_frame_size);
        self.ctx.remote_channel_max = open.channel_max;
        // req: TR-2.4.5-04
        let percent = u64::from(self.config.heartbeat_percent);
        self.heartbeat =
            idle_time_out.map(|milliseconds| Duration::from_micros(u64::from(milliseconds) * percent * 10));
        self.remote_open = Some(open.clone());
        self.send_open();
        self.restart_heartbeat(now);
        self.ctx.seldom(Event::Open(open));
        self.ctx.may_begin = true;
        self.begin_all();
        Ok(())
    }

    /// Lets all begins leave that waited, in the order in which they were asked for.
    fn begin_all(&mut self) {
        let waiting = self.sessions.iter().filter(|(_, session)| session.waiting.is_some());
        for (_, index) in oldest_first(waiting.map(|(index, session)| (session.id.generation, index))) {
            if let Some(session) = self.sessions.get_mut(index) {
                session.try_begin(&mut self.ctx);
            }
        }
    }
}
