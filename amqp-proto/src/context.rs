//! What every layer needs beside its own state: where frames go, where events go, and what was agreed.

use crate::budget::Budget;
use crate::config::{Config, Pipelining};
use crate::event::{Event, Events};
use crate::id::Generation;
use crate::output::Output;
use crate::session::memory::Memory;
use crate::session::turns::Offers;
use crate::{Instant, PeerLimits};
use alloc::collections::VecDeque;

#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) output: Output,
    pub(crate) events: Events,
    pub(crate) generation: Generation,
    pub(crate) pipelining: Pipelining,
    /// The time when the caller told it last; commands do not tell it.
    pub(crate) now: Instant,
    /// begin may leave: open has been exchanged, or ours has left and nothing waits for answers.
    pub(crate) may_begin: bool,
    /// The peer's channel-max, once known.
    pub(crate) remote_channel_max: u16,
    pub(crate) max_unsettled: u32,
    pub(crate) limits: PeerLimits,
    /// What the peer has cost so far, by what is counted over time.
    pub(crate) budget: Budget,
    /// What the sessions share for what waits to be read.
    pub(crate) memory: Memory,
    /// Links on all sessions.
    pub(crate) links: usize,
    /// Sessions that have room for senders that were refused.
    pub(crate) offers: Offers,
    /// Sessions with frames of deliveries to send, in the order of their turns.
    pub(crate) turns: VecDeque<u16>,
    /// Sessions with something to flush, each once.
    pub(crate) dirty: VecDeque<u16>,
}

impl Context {
    pub(crate) fn new(config: &Config, now: Instant) -> Self {
        Self {
            output: Output::new(config.output_high_water),
            events: Events::default(),
            generation: Generation(0),
            pipelining: config.pipelining,
            now,
            may_begin: false,
            remote_channel_max: u16::MAX,
            max_unsettled: config.max_unsettled,
            limits: config.peer_limits.clone(),
            budget: Budget::default(),
            memory: Memory::new(config.peer_limits.max_unread, config.open.max_frame_size),
            links: 0,
            offers: Offers::new(),
            turns: VecDeque::new(),
            dirty: VecDeque::new(),
        }
    }

    #[inline]
    pub(crate) fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    /// The same of an event that is not one of many: in code that all of those share.
    #[cold]
    #[inline(never)]
    pub(crate) fn seldom(&mut self, event: Event) {
        self.events.push(event);
    }
}
