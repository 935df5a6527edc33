//! begin (§2.5.1, §2.7.2): ours, the peer's, and which of them waits for what.

use super::window::Incoming;
use super::{Session, SessionOptions};
use crate::context::Context;
use crate::event::Event;
use crate::kept::Kept;
use crate::link::Half;
use crate::{EndReason, Misuse};
use alloc::boxed::Box;
use amqp_codec::Begin;

impl Session {
    /// Sets what our begin will say.
    pub(crate) fn prepare(&mut self, ctx: &mut Context, options: SessionOptions) {
        let incoming = Incoming {
            transfers: options.incoming_window,
            octets: options.incoming_octets,
            low_water: options.low_water,
        };
        let SessionOptions { outgoing_window, next_outgoing_id, .. } = options;
        self.window.configure(&mut ctx.memory, incoming, outgoing_window, next_outgoing_id);
        self.handle_max = options.handle_max.0;
        self.next_delivery_id = options.initial_delivery_id;
        self.waiting = Some(Box::new(options));
    }

    /// Answers the peer's begin.
    pub(crate) fn accept(&mut self, ctx: &mut Context, options: SessionOptions) -> Result<(), Misuse> {
        if !self.usable() {
            return Err(Misuse::SessionEnded);
        }
        if self.local != Half::Idle || self.remote != Half::Active {
            return Err(Misuse::NothingToAnswer);
        }
        options.check(ctx)?;
        self.prepare(ctx, options);
        self.try_begin(ctx);
        Ok(())
    }

    /// Lets our begin leave if it waits and may, and then what waited for it.
    pub(crate) fn try_begin(&mut self, ctx: &mut Context) {
        if !ctx.may_begin || self.waiting.is_none() {
            return;
        }
        if self.channel() > ctx.remote_channel_max {
            self.waiting = None;
            self.gone(ctx, EndReason::ChannelMax);
            return;
        }
        let Some(options) = self.waiting.take() else { return };
        let mut begin =
            Begin::new(options.next_outgoing_id, self.window.view().incoming_window, options.outgoing_window);
        begin.remote_channel = self.remote_channel;
        begin.handle_max = options.handle_max;
        begin.offered_capabilities = options.offered_capabilities;
        begin.desired_capabilities = options.desired_capabilities;
        begin.properties = options.properties;
        ctx.output.seldom(self.channel(), &begin);
        self.local = Half::Active;
        // A flow may have been asked for before it could leave.
        self.mark(ctx);
        self.try_attach_all(ctx);
    }

    /// The peer's begin: a request, or the answer to ours.
    pub(crate) fn received_begin(&mut self, ctx: &mut Context, channel: u16, begin: Begin) {
        self.remote = Half::Active;
        self.remote_channel = Some(channel);
        self.window.begun(begin.next_outgoing_id, begin.incoming_window, begin.outgoing_window);
        self.window.note_closed(true, ctx.now);
        self.remote_begin = Some(Kept::of(&begin));
        self.remote_handle_max = begin.handle_max.0;
        let begin = Box::new(begin);
        if self.local == Half::Ended {
            return;
        }
        if self.local == Half::Idle {
            ctx.seldom(Event::BeginRequested { session: self.id, begin });
            return;
        }
        ctx.seldom(Event::Begun { session: self.id, begin });
        self.try_attach_all(ctx);
    }

    /// Whether our attach frames may leave (§2.4.2).
    pub(crate) fn may_attach(&self, ctx: &Context) -> bool {
        self.local == Half::Active && (self.remote == Half::Active || ctx.pipelining.is_on())
    }
}
