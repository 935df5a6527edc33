//! What the application asks of a connection: sessions, and the views to work with them.

use super::Connection;
use crate::link::Half;
use crate::link::receiver::ReceiverMut;
use crate::link::sender::SenderMut;
use crate::session::view::SessionMut;
use crate::{DeliveryId, FrameTap, Misuse, ReceiverId, SenderId, SessionId, SessionOptions};
use amqp_codec::{DeliveryState, Outcome, Role};

impl Connection {
    /// Begins a session (§2.5.1). [`Event::Begun`](crate::Event::Begun) or
    /// [`Event::Ended`](crate::Event::Ended) follows. Before open has been exchanged the begin waits for it.
    ///
    /// # Errors
    /// [`Misuse::ConnectionClosed`], [`Misuse::ChannelMax`] if the peer's channel-max leaves no channel, or
    /// [`Misuse::WindowTooSmall`].
    pub fn begin(&mut self, options: SessionOptions) -> Result<SessionId, Misuse> {
        if self.local == Half::Ended || self.gone {
            return Err(Misuse::ConnectionClosed);
        }
        options.check(&self.ctx)?;
        let index = self.new_session_of_ours().ok_or(Misuse::ChannelMax)?;
        let session = self.sessions.get_mut(index).ok_or(Misuse::ChannelMax)?;
        session.prepare(&mut self.ctx, options);
        session.try_begin(&mut self.ctx);
        Ok(session.id)
    }

    /// Another [`output_high_water`](crate::ConfigBuilder::output_high_water), in octets. With 0 no delivery is sent
    /// until there is another; everything else is.
    pub fn set_output_high_water(&mut self, octets: usize) {
        self.ctx.output.replace_high_water(octets);
    }

    /// Another [`frame_tap`](crate::ConfigBuilder::frame_tap), or none, from now on.
    pub fn set_frame_tap(&mut self, tap: Option<FrameTap>) {
        self.config.frame_tap = tap;
    }

    /// A session to work with.
    ///
    /// # Errors
    /// [`Misuse::StaleId`] if it is gone.
    pub fn session(&mut self, id: SessionId) -> Result<SessionMut<'_>, Misuse> {
        let session = self.sessions.get_mut(u32::from(id.index)).filter(|session| session.id == id);
        Ok(SessionMut { session: session.ok_or(Misuse::StaleId)?, ctx: &mut self.ctx })
    }

    /// The sending end of a link to work with.
    ///
    /// # Errors
    /// [`Misuse::StaleId`] if it is gone.
    pub fn sender(&mut self, id: SenderId) -> Result<SenderMut<'_>, Misuse> {
        let session = self
            .sessions
            .get_mut(u32::from(id.0.session.index))
            .filter(|session| session.id == id.0.session && session.has(id.0, Role::Sender));
        Ok(SenderMut { session: session.ok_or(Misuse::StaleId)?, ctx: &mut self.ctx, key: id.0 })
    }

    /// What the receiver's [`Event::Disposition`](crate::Event::Disposition) means for the message (§2.6.12): its outcome,
    /// once there is one. An outcome is final, so it is settled here if the receiver has not done so. A message that
    /// the receiver forgot without an outcome is as good as never taken: released.
    pub fn conclude(
        &mut self,
        sender: SenderId,
        delivery: DeliveryId,
        state: Option<DeliveryState>,
        settled: bool,
    ) -> Option<Outcome> {
        // most are settled: nothing is answered then
        let answer = if settled { None } else { state.clone() };
        let Some(outcome) = state.and_then(|state| Outcome::try_from(state).ok()) else {
            return settled.then_some(Outcome::Released);
        };
        if answer.is_some() {
            // Stale if it was settled meanwhile.
            let _ = self.sender(sender).and_then(|mut link| link.dispose(delivery, answer, true));
        }
        Some(outcome)
    }

    /// The receiving end of a link to work with.
    ///
    /// # Errors
    /// [`Misuse::StaleId`] if it is gone.
    pub fn receiver(&mut self, id: ReceiverId) -> Result<ReceiverMut<'_>, Misuse> {
        let session = self
            .sessions
            .get_mut(u32::from(id.0.session.index))
            .filter(|session| session.id == id.0.session && session.has(id.0, Role::Receiver));
        Ok(ReceiverMut { session: session.ok_or(Misuse::StaleId)?, ctx: &mut self.ctx, key: id.0 })
    }
}
