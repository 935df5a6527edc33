//! attach and detach of one link (§2.6.3 to §2.6.6, §2.7.3, §2.7.7).

use super::check::{Asked, check};
use super::{End, Half, Link, Refusal};
use crate::context::Context;
use crate::event::Event;
use crate::kept::Kept;
use crate::violation::Violation;
use crate::{DetachReason, LinkOptions, Misuse};
use alloc::boxed::Box;
use amqp_codec::{Attach, DeliveryState, Detach, Error, Handle};

impl Link {
    /// Sets what our attach will say.
    pub(crate) fn prepare(&mut self, options: LinkOptions) {
        match &mut self.end {
            End::Sender(_) => {
                self.cold.initial_delivery_count = options.initial_delivery_count;
                self.credit.start_at(options.initial_delivery_count);
                self.modes.snd = options.snd_settle_mode;
                self.cold.default_outcome =
                    options.source.as_ref().and_then(|source| source.default_outcome.clone()).map(DeliveryState::from);
            }
            End::Receiver(receiver) => {
                receiver.mode = options.credit;
                receiver.renewal = options.credit_renewal;
                self.modes.rcv = options.rcv_settle_mode;
                self.modes.max_message_size = options.max_message_size.unwrap_or(0);
            }
        }
        self.cold.waiting = Some(Box::new(options));
    }

    /// Lets our attach leave, if one waits. If it cannot, the link is not usable.
    pub(crate) fn send_attach(&mut self, ctx: &mut Context, channel: u16, remote_max: u32) -> Result<(), Misuse> {
        let Some(mut options) = self.cold.waiting.take() else { return Ok(()) };
        if self.key.index > remote_max {
            return Err(Misuse::HandleMax);
        }
        self.cold.asked = Asked::of(self.role(), &options);
        let resume = core::mem::take(&mut options.resume);
        let mut attach = options.attach(self.role(), Handle(self.key.index));
        self.list_unsettled(&mut attach, resume, ctx.output.max_body());
        ctx.output.checked_frame(channel, &attach).map_err(|_| Misuse::FrameSize)?;
        self.local = Half::Active;
        self.cold.empty_since = ctx.now;
        if self.remote == Half::Active {
            self.compare_asked().into_iter().for_each(|event| ctx.seldom(event));
        }
        Ok(())
    }

    /// The peer's attach where we have none of that name: returns it for the application to judge.
    pub(crate) fn received_request(&mut self, ctx: &Context, mut attach: Attach) -> Result<Box<Attach>, Violation> {
        let valid = check(&attach, &ctx.limits);
        if valid.is_ok() {
            self.asked_to_resume(&attach);
        }
        self.received_attach(&mut attach);
        valid.map(|()| Box::new(attach))
    }

    /// The peer's attach in answer to ours.
    pub(crate) fn received_answer(&mut self, ctx: &mut Context, mut attach: Attach) -> Result<(), Violation> {
        self.received_attach(&mut attach);
        // Only the terminus that the peer owns tells whether it refuses (req: TR-2.6.3-03).
        self.refused = match self.end {
            End::Sender(_) => attach.target.is_none(),
            End::Receiver(_) => attach.source.is_none(),
        };
        if self.local == Half::Ended {
            return Ok(());
        }
        check(&attach, &ctx.limits)?;
        self.cold.empty_since = ctx.now;
        if !self.refused {
            self.cold.asked.check(&attach)?;
            let compared = self.compare_answer(&attach);
            ctx.seldom(Event::Attached { link: self.id(), attach: Box::new(attach) });
            compared.into_iter().for_each(|event| ctx.seldom(event));
        }
        Ok(())
    }

    /// The peer's attach, once it has come, without its `unsettled`.
    pub(crate) fn remote_attach(&self) -> Option<Attach> {
        self.cold.remote_attach.as_ref()?.get()
    }

    fn received_attach(&mut self, attach: &mut Attach) {
        // What is unsettled may be much, and is judged once.
        let unsettled = attach.unsettled.take();
        self.cold.remote_attach = Some(Kept::of(attach));
        attach.unsettled = unsettled;
        self.remote = Half::Active;
        self.cold.remote_handle = Some(attach.handle.0);
        match self.end {
            End::Sender(_) => {
                self.modes.rcv = attach.rcv_settle_mode;
                self.modes.max_message_size = attach.max_message_size.unwrap_or(0);
            }
            End::Receiver(_) => {
                self.modes.snd = attach.snd_settle_mode;
                self.credit.attached(attach.initial_delivery_count.unwrap_or_default());
            }
        }
    }

    /// The application takes the peer's attach.
    pub(crate) fn accept(&mut self, mut options: LinkOptions) -> Result<(), Misuse> {
        if self.gone {
            return Err(Misuse::Detached);
        }
        if !self.is_asked() {
            return Err(Misuse::NothingToAnswer);
        }
        options.name = self.cold.name.clone();
        self.prepare(options);
        Ok(())
    }

    /// Whether the peer's attach waits for the application to answer it.
    pub(crate) fn is_asked(&self) -> bool {
        self.local == Half::Idle
            && self.remote == Half::Active
            && self.cold.waiting.is_none()
            && self.cold.refusal.is_none()
    }

    /// Our begin has left: a refusal that waited for it may follow.
    pub(crate) fn send_refusal(&mut self, ctx: &mut Context, channel: u16) {
        if let Some(refusal) = self.cold.refusal.take_if(|_| self.local == Half::Idle) {
            let Refusal { error } = *refusal;
            self.refuse(ctx, Some(channel), error);
        }
    }

    /// Answers the peer's attach with our terminus null, and detaches at once (req: TR-2.6.3-02). `channel`: that of
    /// the session if it is begun on our side; a peer may attach before we have answered its begin, and no frame of
    /// ours can come before that (req: TR-2.5.1-02).
    pub(crate) fn refuse(&mut self, ctx: &mut Context, channel: Option<u16>, error: Option<Error>) {
        let Some(channel) = channel else {
            self.cold.waiting = None;
            self.cold.refusal.get_or_insert_with(|| Box::new(Refusal { error }));
            return;
        };
        if self.local == Half::Idle {
            let mut options = self.remote_attach().as_ref().map(LinkOptions::answering).unwrap_or_default();
            // ours says that there is no link; the peer's own is left out too: go-amqp sees a refusal only in both
            (options.source, options.target) = (None, None);
            options.name = self.cold.name.clone();
            ctx.output.seldom(channel, &options.attach(self.role(), Handle(self.key.index)));
        }
        self.send_detach(ctx, channel, true, error);
    }

    /// Detaches for the application.
    pub(crate) fn detach(
        &mut self,
        ctx: &mut Context,
        channel: Option<u16>,
        closed: bool,
        error: Option<Error>,
    ) -> Result<(), Misuse> {
        if self.gone || self.local == Half::Ended || self.cold.refusal.is_some() {
            return Err(Misuse::Detached);
        }
        if self.local == Half::Idle && self.remote == Half::Idle {
            self.cold.waiting = None;
            self.gone(ctx, DetachReason::Local);
            return Ok(());
        }
        match channel {
            Some(channel) if self.local == Half::Active => self.send_detach(ctx, channel, closed, error),
            _ => self.refuse(ctx, channel, error),
        }
        Ok(())
    }

    /// Detaches because the peer broke a rule (req: TR-2.6.5-01).
    #[cold]
    #[inline(never)]
    pub(crate) fn fail(&mut self, ctx: &mut Context, channel: Option<u16>, violation: Violation) {
        if self.local != Half::Ended {
            self.refuse(ctx, channel, Some(violation.to_error()));
        }
        self.gone(ctx, DetachReason::Violation(violation));
    }

    /// The peer's detach (req: TR-2.6.4-01, TR-2.6.6-01).
    pub(crate) fn received_detach(
        &mut self,
        ctx: &mut Context,
        channel: Option<u16>,
        closed: bool,
        error: Option<Error>,
    ) {
        self.remote = Half::Ended;
        self.cold.remote_handle = None;
        let closes_suspended = closed && self.cold.suspended && !self.refused && !self.gone;
        if closes_suspended && error.is_none() && channel.is_some_and(|channel| self.close_too(ctx, channel)) {
            return;
        }
        let reason = if self.refused {
            DetachReason::Refused(error)
        } else if self.cold.refusal.is_some()
            || (self.local == Half::Ended && !closes_suspended && !self.cold.closes_too)
        {
            DetachReason::Local
        } else {
            DetachReason::Remote { closed, error }
        };
        match (self.local, channel) {
            (Half::Active, Some(channel)) => self.send_detach(ctx, channel, closed, None),
            (Half::Idle, channel) => self.refuse(ctx, channel, None),
            (Half::Active, None) | (Half::Ended, _) => {}
        }
        self.gone(ctx, reason);
    }

    /// The peer has closed the link while we suspended it: it has to hear that we close it too, and only after
    /// another attach can we say so (req: TR-2.6.6-02). The link is gone when that has been answered: rhea, which
    /// closes whatever is suspended, cannot tell a new link of the same name from this one before. Whether it could
    /// be said.
    fn close_too(&mut self, ctx: &mut Context, channel: u16) -> bool {
        let mut options = self.remote_attach().as_ref().map(LinkOptions::answering).unwrap_or_default();
        options.name = self.cold.name.clone();
        let attach = options.attach(self.role(), Handle(self.key.index));
        if ctx.output.checked_frame(channel, &attach).is_err() {
            return false;
        }
        self.remote = Half::Idle;
        self.cold.closes_too = true;
        self.send_detach(ctx, channel, true, None);
        true
    }

    /// The link is over for the application; said once. What is not whole will never be.
    pub(crate) fn gone(&mut self, ctx: &mut Context, reason: DetachReason) {
        if self.gone {
            return;
        }
        self.gone = true;
        self.cold.waiting = None;
        self.flow_due = None;
        if let End::Sender(sender) = &mut self.end {
            sender.sending = None;
        }
        ctx.seldom(Event::Detached { link: self.id(), reason: Box::new(reason) });
    }

    /// Nothing more may be written for the link.
    pub(crate) fn silence(&mut self) {
        self.local = Half::Ended;
        self.cold.waiting = None;
        self.flow_due = None;
        if let End::Sender(sender) = &mut self.end {
            sender.sending = None;
        }
    }

    fn send_detach(&mut self, ctx: &mut Context, channel: u16, closed: bool, error: Option<Error>) {
        ctx.output.detach(channel, Detach { handle: Handle(self.key.index), closed, error });
        self.cold.suspended = !closed;
        self.silence();
    }
}
