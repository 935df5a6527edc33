//! A session, as the application works with it.

use super::{Session, SessionOptions};
use crate::context::Context;
use crate::session::window::Windows;
use crate::{DeliveryId, LinkOptions, Misuse, ReceiverId, SenderId, SessionId, SessionSnapshot};
use amqp_codec::{Begin, DeliveryState, Error, Role};

/// A session; see [`Connection::session`](crate::Connection::session).
#[derive(Debug)]
pub struct SessionMut<'a> {
    pub(crate) ctx: &'a mut Context,
    pub(crate) session: &'a mut Session,
}

impl SessionMut<'_> {
    /// The name of the session on this connection.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.session.id
    }

    /// The peer's begin, once it has come (§2.7.2). It is kept encoded, and decoded each time.
    #[must_use]
    pub fn remote_begin(&self) -> Option<Begin> {
        self.session.remote_begin.as_ref()?.get()
    }

    /// The windows, both ways (§2.5.6).
    #[must_use]
    pub fn windows(&self) -> Windows {
        self.session.window.view()
    }

    /// The state of the session and its links at this moment.
    #[must_use]
    pub fn snapshot(&self) -> SessionSnapshot {
        SessionSnapshot::of(self.session, self.ctx)
    }

    /// Answers the peer's begin (§2.5.1).
    ///
    /// # Errors
    /// [`Misuse::NothingToAnswer`] unless [`Event::BeginRequested`](crate::Event::BeginRequested) was
    /// raised for this session and has not been answered; [`Misuse::WindowTooSmall`].
    pub fn accept(&mut self, options: SessionOptions) -> Result<(), Misuse> {
        self.session.accept(self.ctx, options)
    }

    /// Attaches a link on which we send (§2.6.3). [`Event::Attached`](crate::Event::Attached) or
    /// [`Event::Detached`](crate::Event::Detached) follows.
    ///
    /// # Errors
    /// [`Misuse::NameInUse`], [`Misuse::HandleMax`], [`Misuse::FrameSize`] or [`Misuse::SessionEnded`].
    pub fn attach_sender(&mut self, options: LinkOptions) -> Result<SenderId, Misuse> {
        self.session.attach(self.ctx, Role::Sender, options).map(SenderId)
    }

    /// Attaches a link on which we receive (§2.6.3). [`Event::Attached`](crate::Event::Attached) or
    /// [`Event::Detached`](crate::Event::Detached) follows.
    ///
    /// # Errors
    /// As for [`attach_sender`](Self::attach_sender).
    pub fn attach_receiver(&mut self, options: LinkOptions) -> Result<ReceiverId, Misuse> {
        self.session.attach(self.ctx, Role::Receiver, options).map(ReceiverId)
    }

    /// Sends a flow with the fields of the session alone (§2.7.4); with `echo` the peer answers it.
    ///
    /// # Errors
    /// [`Misuse::SessionEnded`].
    pub fn flow(&mut self, echo: bool) -> Result<(), Misuse> {
        if !self.session.usable() {
            return Err(Misuse::SessionEnded);
        }
        self.session.owe_flow(self.ctx, echo);
        Ok(())
    }

    /// Another incoming-window, in transfer frames; the peer is told by a flow (§2.5.6). With 0 it stops sending until
    /// there is another. Of a window that shrinks, what was granted before may be under way, and is taken still.
    ///
    /// # Errors
    /// [`Misuse::SessionEnded`].
    pub fn set_incoming_window(&mut self, transfers: u32) -> Result<(), Misuse> {
        if !self.session.usable() {
            return Err(Misuse::SessionEnded);
        }
        self.session.window.resize(&self.ctx.memory, transfers);
        self.session.owe_flow(self.ctx, false);
        self.session.unjam(self.ctx);
        Ok(())
    }

    /// Reports the state of all unsettled deliveries that have come on the session from `first` to `last`, on whichever
    /// links, and settles them or not (§2.7.6): for many links, what
    /// [`dispose_range`](crate::ReceiverMut::dispose_range) is for one. Returns the first of these numbers that is of no
    /// unsettled delivery.
    ///
    /// # Errors
    /// [`Misuse::NotARange`] if `last` comes before `first`, [`Misuse::StaleId`] if they are not of this session.
    pub fn dispose_received(
        &mut self,
        first: DeliveryId,
        last: DeliveryId,
        state: Option<&DeliveryState>,
        settled: bool,
    ) -> Result<Option<DeliveryId>, Misuse> {
        self.session.dispose_received(self.ctx, (first, last), state, settled)
    }

    /// Ends the session and its links (§2.5.2). [`Event::Ended`](crate::Event::Ended) follows.
    ///
    /// # Errors
    /// [`Misuse::SessionEnded`] if it has ended already.
    pub fn end(&mut self, error: Option<Error>) -> Result<(), Misuse> {
        self.session.end(self.ctx, error)
    }
}
