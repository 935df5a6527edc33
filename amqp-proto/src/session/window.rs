//! The two windows of a session (§2.5.6): how many transfer frames each side may still send.
//!
//! Our incoming-window is reopened only as the application takes what has arrived. All ids are serial
//! numbers.

use crate::Instant;
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
    /// Transfers that have arrived and wait for the application.
    pub buffered: u32,
    /// The transfer-id of the next transfer that we send.
    pub next_outgoing_id: SequenceNo,
    /// The outgoing-window that we state; a constant.
    pub outgoing_window: u32,
    /// Transfers that we may still send.
    pub remote_incoming_window: u32,
    /// Transfers that the peer says it could send.
    pub remote_outgoing_window: u32,
}

#[derive(Debug)]
pub(crate) struct Window {
    view: Windows,
    initial_outgoing_id: SequenceNo,
    /// Since when the peer's incoming-window has been closed, while it is.
    closed_since: Instant,
}

impl Window {
    pub(crate) fn new(incoming_window: u32, outgoing_window: u32, next_outgoing_id: SequenceNo) -> Self {
        Self {
            view: Windows {
                next_incoming_id: None,
                incoming_window,
                incoming_window_max: incoming_window,
                buffered: 0,
                next_outgoing_id,
                outgoing_window,
                remote_incoming_window: 0,
                remote_outgoing_window: 0,
            },
            initial_outgoing_id: next_outgoing_id,
            closed_since: Instant::ZERO,
        }
    }

    pub(crate) fn view(&self) -> Windows {
        self.view
    }

    /// Takes our values, where the peer's begin came first.
    pub(crate) fn configure(&mut self, incoming_window: u32, outgoing_window: u32, next_outgoing_id: SequenceNo) {
        let view = &mut self.view;
        view.incoming_window = incoming_window;
        view.incoming_window_max = incoming_window;
        view.outgoing_window = outgoing_window;
        view.next_outgoing_id = next_outgoing_id;
        self.initial_outgoing_id = next_outgoing_id;
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
    pub(crate) fn received(&mut self) -> Result<(), Violation> {
        let view = &mut self.view;
        view.incoming_window = view.incoming_window.checked_sub(1).ok_or(Violation::WindowExceeded)?;
        view.buffered += 1;
        view.remote_outgoing_window = view.remote_outgoing_window.saturating_sub(1);
        if let Some(id) = &mut view.next_incoming_id {
            *id += 1;
        }
        Ok(())
    }

    /// The application has taken, or we have dropped, so many transfers. Whether the peer should be
    /// told now: at half, before it can run dry (req: TR-2.5.6-13).
    pub(crate) fn released(&mut self, transfers: u32) -> bool {
        let view = &mut self.view;
        view.buffered = view.buffered.saturating_sub(transfers);
        let free = view.incoming_window_max.saturating_sub(view.buffered);
        free.saturating_sub(view.incoming_window) >= view.incoming_window_max.div_ceil(2).max(1)
    }

    /// Whether the peer has run dry although there is room: deliveries in progress hold the rest, and
    /// nothing of them may be taken before they are whole.
    pub(crate) fn dry(&self) -> bool {
        self.view.incoming_window == 0 && self.view.buffered < self.view.incoming_window_max
    }

    /// The session fields of a flow of ours; sending it reopens the window.
    pub(crate) fn flow(&mut self) -> Flow {
        let view = &mut self.view;
        view.incoming_window = view.incoming_window_max.saturating_sub(view.buffered);
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
mod tests {
    use super::*;

    const NEAR: SequenceNo = SequenceNo(u32::MAX - 1);

    fn flow(next_incoming_id: Option<SequenceNo>, incoming_window: u32) -> Flow {
        let mut flow = Flow::new(incoming_window, SequenceNo(7), 5);
        flow.next_incoming_id = next_incoming_id;
        flow
    }

    #[test]
    fn remote_window_in_serial_arithmetic() {
        // req: TR-2.5.6-02 TR-2.5.6-03 TR-2.5.6-04 TR-2.5.6-08 TR-2.5.6-10
        let mut window = Window::new(8, 8, NEAR);
        window.begun(NEAR, 4, 0);
        for _ in 0..4 {
            assert!(window.can_send());
            window.sent();
        }
        assert!(!window.can_send());
        assert_eq!(window.view().next_outgoing_id, SequenceNo(2));
        window.received_flow(&flow(Some(SequenceNo(0)), 4)).expect("valid");
        assert_eq!(window.view().remote_incoming_window, 2);
        window.received_flow(&flow(None, 3)).expect("valid");
        assert_eq!(window.view().remote_incoming_window, 0, "never a huge unsigned window");
        assert_eq!(window.received_flow(&flow(Some(SequenceNo(3)), 9)), Err(Violation::IncomingIdAhead));
    }

    #[test]
    fn incoming_window_opens_as_it_is_taken() {
        // req: TR-2.5.6-05 TR-2.5.6-12 TR-2.5.6-13 TR-2.5.6-17
        let mut window = Window::new(4, 8, SequenceNo(0));
        window.begun(NEAR, 4, 0);
        for _ in 0..4 {
            window.received().expect("window open");
        }
        assert_eq!(window.received(), Err(Violation::WindowExceeded));
        assert_eq!(window.flow().incoming_window, 0);
        assert!(!window.released(1));
        assert!(window.released(1), "half is free");
        let flow = window.flow();
        assert_eq!((flow.incoming_window, flow.next_incoming_id), (2, Some(SequenceNo(2))));
    }
}
