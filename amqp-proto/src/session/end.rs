//! end (§2.5.2 to §2.5.4): ours, the peer's, and what becomes of the links.

use super::{Session, SessionOptions};
use crate::context::Context;
use crate::event::Event;
use crate::link::{End, Half};
use crate::store::oldest_first;
use crate::violation::{Scope, Violation};
use crate::{DetachReason, EndReason, Misuse};
use alloc::boxed::Box;
use amqp_codec::Error;

impl Session {
    /// Ends the session for the application.
    pub(crate) fn end(&mut self, ctx: &mut Context, error: Option<Error>) -> Result<(), Misuse> {
        if !self.usable() {
            return Err(Misuse::SessionEnded);
        }
        self.pump_out(ctx);
        self.detach_all(ctx);
        if self.local == Half::Idle && self.remote == Half::Idle {
            self.waiting = None;
            self.gone(ctx, EndReason::Local);
            return Ok(());
        }
        self.send_end(ctx, error);
        Ok(())
    }

    /// Ends a session of the peer's that is one too many, before anybody has heard of it (req: TR-2.5.1-07).
    pub(crate) fn turn_away(&mut self, ctx: &mut Context, channel: u16) {
        ctx.budget.violated();
        self.remote = Half::Active;
        self.remote_channel = Some(channel);
        self.gone = true;
        self.send_end(ctx, Some(Violation::SessionLimit.to_error()));
    }

    /// A frame of the session breaks a rule, which ends the session, or more.
    #[cold]
    #[inline(never)]
    pub(crate) fn breach(&mut self, ctx: &mut Context, violation: Violation) -> Result<(), Violation> {
        if violation.scope() == Scope::Connection {
            return Err(violation);
        }
        self.fail(ctx, violation);
        Ok(())
    }

    /// Ends the session because the peer broke a rule; from now on its input is dropped (§2.5.4).
    #[cold]
    #[inline(never)]
    pub(crate) fn fail(&mut self, ctx: &mut Context, violation: Violation) {
        ctx.budget.violated();
        if self.local != Half::Ended {
            self.send_end(ctx, Some(violation.to_error()));
        }
        self.gone(ctx, EndReason::Violation(violation));
    }

    /// The peer's end (req: TR-2.5.2-01, TR-2.5.3-01). Its channel is free from now on.
    pub(crate) fn received_end(&mut self, ctx: &mut Context, error: Option<Error>) {
        self.remote = Half::Ended;
        let reason = if self.local == Half::Ended { EndReason::Local } else { EndReason::Remote(error) };
        if self.local != Half::Ended {
            self.send_end(ctx, None);
        }
        // Not before: a begin that was still due names it (req: TR-2.5.1-02).
        self.remote_channel = None;
        self.gone(ctx, reason);
    }

    /// The session is over for the application: its links, then itself, each exactly once.
    pub(crate) fn gone(&mut self, ctx: &mut Context, reason: EndReason) {
        if self.gone {
            return;
        }
        self.detach_all(ctx);
        self.window.close(&mut ctx.memory);
        self.gone = true;
        self.waiting = None;
        self.sending.take();
        self.forget_all_waiting(ctx);
        self.flows.take();
        self.flow_due = None;
        ctx.seldom(Event::Ended { session: self.id, reason: Box::new(reason) });
        self.mark(ctx);
    }

    /// The connection's close has been written: commands are refused from now on, the events follow later.
    pub(crate) fn silence(&mut self) {
        self.local = Half::Ended;
        self.waiting = None;
        self.links.iter_mut().for_each(|(_, link)| link.silence());
    }

    /// Detaches what is attached; end says it for all of them (req: TR-2.5.2-02).
    fn detach_all(&mut self, ctx: &mut Context) {
        for (_, index) in oldest_first(self.links.iter().map(|(index, link)| (link.key.generation, index))) {
            let Some(link) = self.links.get_mut(index) else { continue };
            link.gone(ctx, DetachReason::Session);
            self.suspended(ctx, index);
            let Some(link) = self.links.get_mut(index) else { continue };
            if let End::Receiver(receiver) = &mut link.end {
                // req: TR-2.6.14-06
                let dropped = receiver.incoming.drop_partial();
                self.window.released(&mut ctx.memory, dropped);
            }
            link.local = Half::Ended;
            link.remote = Half::Ended;
            if link.finished() {
                self.remove_link(ctx, index);
            }
        }
        self.sent = super::Unsettled::new();
        self.received = super::Unsettled::new();
    }

    fn send_end(&mut self, ctx: &mut Context, error: Option<Error>) {
        if self.local == Half::Idle {
            // The peer's begin was never answered: that comes first (§2.5.1).
            self.prepare(ctx, SessionOptions::default());
            self.try_begin(ctx);
        }
        let channel = self.channel();
        self.as_sender.flush(ctx, channel);
        self.as_receiver.flush(ctx, channel);
        ctx.output.end(channel, amqp_codec::End { error });
        self.window.close(&mut ctx.memory);
        self.local = Half::Ended;
        self.mark(ctx);
    }
}
