//! The peer's frames, led to what they concern (§2.4).

use super::Connection;
use crate::context::Context;
use crate::error::said;
use crate::input::Body;
use crate::link::Half;
use crate::session::Session;
use crate::violation::{Scope, Violation};
use crate::{Instant, SessionId};
use alloc::boxed::Box;
use amqp_codec::{Begin, End, Performative};
use bytes::Bytes;

/// Where the peer's channel leads while it answers a session that has a successor on our channel: to none.
const GIVEN_UP: u32 = u32::MAX - 1;
/// Sessions of ours take turns on so many channels, or on twice those in use.
const TURN: u32 = 64;

impl Connection {
    /// One AMQP frame that has a body.
    // into the loop over frames: called, it is 15 instructions a frame more
    #[inline(always)]
    pub(crate) fn received_frame(&mut self, now: Instant, channel: u16, body: &Body<'_>) -> Result<(), Violation> {
        if channel > self.config.open.channel_max {
            return Err(Violation::ChannelTooHigh);
        }
        let mut decoder = body.decoder(&self.config.limits);
        let decoded = decoder.decode::<Performative>();
        let payload = match &decoded {
            Err(error) => return self.received_unreadable(channel, body.violation(*error)),
            Ok(Performative::Transfer(_)) => decoder.rest(),
            Ok(_) if decoder.is_empty() => Bytes::new(),
            Ok(_) => return Err(Violation::PayloadNotAllowed),
        };
        if self.remote == Half::Idle && !matches!(decoded, Ok(Performative::Open(_))) {
            return Err(Violation::NotOpened);
        }
        // What comes often is not moved.
        match decoded {
            Ok(Performative::Transfer(ref transfer)) => {
                self.lead_to_session(channel, |session, ctx| session.received_transfer(ctx, transfer, payload))
            }
            Ok(Performative::Disposition(ref disposition)) => {
                self.lead_to_session(channel, |session, ctx| session.received_disposition(ctx, disposition))
            }
            Ok(Performative::Flow(ref flow)) => {
                self.lead_to_session(channel, |session, ctx| session.received_flow(ctx, flow))
            }
            Ok(other) => self.received_control(now, channel, other),
            Err(_) => Ok(()),
        }
    }

    /// A frame that opens, closes, begins, ends, attaches or detaches; out of the way of messages.
    #[cold]
    #[inline(never)]
    fn received_control(&mut self, now: Instant, channel: u16, performative: Performative) -> Result<(), Violation> {
        match performative {
            Performative::Open(open) => self.received_open(now, channel, open),
            Performative::Close(close) => {
                self.received_close(now, said(close.error));
                Ok(())
            }
            Performative::Begin(begin) => self.received_begin(channel, begin),
            Performative::End(end) => self.received_end(channel, end),
            Performative::Attach(attach) => {
                self.lead_to_session(channel, |session, ctx| session.received_attach(ctx, *attach))
            }
            Performative::Detach(detach) => {
                self.lead_to_session(channel, |session, ctx| session.received_detach(ctx, detach))
            }
            // Those have been led to their sessions.
            Performative::Transfer(_) | Performative::Disposition(_) | Performative::Flow(_) => Ok(()),
        }
    }

    /// A frame that cannot be read; some of what is wrong concerns the frame's session only.
    fn received_unreadable(&mut self, channel: u16, violation: Violation) -> Result<(), Violation> {
        if violation.scope() == Scope::Connection || self.remote == Half::Idle {
            return Err(violation);
        }
        let index = self.channels.get(u32::from(channel)).ok_or(Violation::ChannelNotBegun)?;
        if let Some(session) = self.sessions.get_mut(index).filter(|session| !session.discards()) {
            session.fail(&mut self.ctx, violation);
        }
        Ok(())
    }

    /// Leads a frame to its session; a violation of session scope ends that session only. A session that we have
    /// ended drops what comes (req: TR-2.5.4-01).
    fn lead_to_session(
        &mut self,
        channel: u16,
        receive: impl FnOnce(&mut Session, &mut Context) -> Result<(), Violation>,
    ) -> Result<(), Violation> {
        let index = self.channels.get(u32::from(channel)).ok_or(Violation::ChannelNotBegun)?;
        let Some(session) = self.sessions.get_mut(index).filter(|session| !session.discards()) else { return Ok(()) };
        receive(session, &mut self.ctx).or_else(|violation| session.breach(&mut self.ctx, violation))
    }

    fn received_begin(&mut self, channel: u16, begin: Begin) -> Result<(), Violation> {
        if self.channels.get(u32::from(channel)).is_some() {
            return Err(Violation::BegunTwice);
        }
        let one_too_many =
            begin.remote_channel.is_none() && self.sessions.len() >= self.ctx.limits.max_sessions as usize;
        let index = match begin.remote_channel {
            None => self.new_session().ok_or(Violation::NoChannelLeft)?,
            Some(ours) => {
                let answers = |session: &Session| session.remote == Half::Idle && session.local != Half::Idle;
                let index = u32::from(ours);
                let owed =
                    self.sessions.get(index).filter(|session| answers(session)).ok_or(Violation::RemoteChannel)?.owed;
                self.sessions.get_mut(index).filter(|_| owed > 0).map_or(index, |session| {
                    session.owed -= 1;
                    GIVEN_UP
                })
            }
        };
        self.channels.insert(u32::from(channel), index);
        let Some(session) = self.sessions.get_mut(index) else { return Ok(()) };
        if begin.remote_channel.is_none() {
            self.ctx.budget.requested();
        }
        if one_too_many {
            session.turn_away(&mut self.ctx, channel);
        } else {
            session.received_begin(&mut self.ctx, channel, begin);
        }
        Ok(())
    }

    fn received_end(&mut self, channel: u16, end: End) -> Result<(), Violation> {
        let index = self.channels.get(u32::from(channel)).ok_or(Violation::ChannelNotBegun)?;
        // Its channel may be begun again from now on (req: TR-2.5.2-03).
        self.channels.remove(u32::from(channel));
        self.ctx.budget.ended();
        if let Some(session) = self.sessions.get_mut(index) {
            session.received_end(&mut self.ctx, said(end.error));
        }
        self.reap(index);
        Ok(())
    }

    /// A session of ours, on the channels in turn: one that was ended is left alone for a while.
    pub(super) fn new_session_of_ours(&mut self) -> Option<u32> {
        let in_use = u32::try_from(self.sessions.len()).unwrap_or(u32::MAX);
        let next = self.sessions.next_index_from(self.next_channel);
        let next = if next < in_use.saturating_mul(2).max(TURN) { next } else { self.sessions.next_index() };
        let index = self.session_at(next).or_else(|| self.new_session())?;
        self.next_channel = index.saturating_add(1);
        Some(index)
    }

    /// A session in the lowest free slot, which is its channel (§2.5.1). Where the peer's channel-max leaves none,
    /// it succeeds one that was given up: its channel is free since its end has left (req: TR-2.5.2-03).
    pub(super) fn new_session(&mut self) -> Option<u32> {
        let lowest = self.sessions.next_index();
        if let Some(index) = self.session_at(lowest) {
            return Some(index);
        }
        let generation = self.ctx.generation.next();
        let (index, session) = self.sessions.iter_mut().find(|(_, session)| session.given_up())?;
        session.succeed(&mut self.ctx, SessionId { generation, index: session.channel() });
        Some(index)
    }

    /// A session in this free slot, if the peer's channel-max allows it.
    fn session_at(&mut self, index: u32) -> Option<u32> {
        let channel = u16::try_from(index).ok().filter(|channel| *channel <= self.ctx.remote_channel_max)?;
        let id = SessionId { generation: self.ctx.generation.next(), index: channel };
        self.sessions.insert_at(index, Box::new(Session::new(id)));
        Some(index)
    }

    /// Frees the slot of a session that nobody needs any more.
    pub(super) fn reap(&mut self, index: u32) {
        if self.sessions.get(index).is_some_and(|session| session.finished()) {
            let session = self.sessions.remove(index);
            debug_assert_eq!(session.map_or(0, |session| session.window.used()), 0, "memory that nobody uses");
            debug_assert!(self.sessions.len() > 0 || self.ctx.links == 0, "links of no session");
        }
    }
}
