//! What every layer needs beside its own state: where frames go, where events go, and what was agreed.

use crate::Instant;
use crate::config::{Config, Pipelining};
use crate::event::{Event, Events};
use crate::id::Generation;
use crate::output::Output;
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
    /// A sender was told that the output is full.
    pub(crate) starved: bool,
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
            starved: false,
            dirty: VecDeque::new(),
        }
    }

    #[inline]
    pub(crate) fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}
