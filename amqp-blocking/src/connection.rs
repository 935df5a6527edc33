//! The connection (§2.4) and the session (§2.5) of a thread.

use crate::handle::{convertible, handle, same};
use crate::incoming::{IncomingLink, IncomingSession};
use crate::pump::Pump;
use crate::receiver::Receiver;
use crate::sender::Sender;
use amqp_async::proto::codec::{self, Begin, Open, Str};
use amqp_async::proto::{LinkOptions, SessionOptions, SessionSnapshot, Snapshot, Windows};
use amqp_async::{Error, Step};
use std::time::Duration;

handle! {
    /// A connection to a peer (§2.4). Cheap to clone; all clones are the same connection, and any number of threads may
    /// use it.
    ///
    /// Sessions and links keep their connection alive. When the last handle of any kind is dropped, the connection is
    /// closed. To learn how that went, call [`close`](Self::close).
    Connection(amqp_async::Connection)
}

convertible!(Connection(amqp_async::Connection));

/// What [`Connection::work`] has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Work {
    /// Octets that have come.
    pub octets_in: u64,
    /// Octets that have left.
    pub octets_out: u64,
    /// Deliveries that are there to be taken now, on all links.
    pub deliveries: usize,
    /// Messages that were sent and are not settled yet, on all links.
    pub unsettled: usize,
}

impl Work {
    /// Whether nothing has moved, and nothing is there to be taken.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.octets_in == 0 && self.octets_out == 0 && self.deliveries == 0
    }
}

impl Connection {
    /// Does the work that there is on the connection's [`Pump`], waiting for some for at most `timeout`, and says what
    /// came of it on this connection. A connection with a thread of its own only waits.
    ///
    /// # Errors
    /// Why the connection is gone.
    pub fn work(&self, timeout: Duration) -> Result<Work, Error> {
        let before = self.inner.snapshot();
        if let Err(Some(error)) = self.waiting.pump.work_until(timeout, self.inner.closed()) {
            return Err(error);
        }
        let now = self.inner.snapshot();
        Ok(Work {
            octets_in: now.octets_in - before.octets_in,
            octets_out: now.octets_out - before.octets_out,
            deliveries: now.sessions.iter().flat_map(|session| &session.links).map(|link| link.buffered).sum(),
            unsettled: now.sessions.iter().map(|session| session.unsettled_outgoing).sum(),
        })
    }

    /// Sleeps, and keeps the connection serviced meanwhile, whichever way it is driven.
    ///
    /// # Errors
    /// Why the connection is gone, as soon as it is.
    pub fn sleep(&self, duration: Duration) -> Result<(), Error> {
        self.waiting.within(duration).maybe(self.inner.closed()).map_or(Ok(()), Err)
    }

    /// What the connection is driven by.
    #[must_use]
    pub fn pump(&self) -> &Pump {
        &self.waiting.pump
    }

    /// Begins a session with the default windows (§2.5.1).
    ///
    /// # Errors
    /// Refusal, time-out, or why the connection is gone.
    pub fn session(&self) -> Result<Session, Error> {
        self.begin(SessionOptions::default())
    }

    /// Begins a session (§2.5.1).
    ///
    /// # Errors
    /// Refusal, time-out, or why the connection is gone.
    pub fn begin(&self, options: SessionOptions) -> Result<Session, Error> {
        let inner = self.waiting.wait(Step::Begin, self.inner.begin(options))?;
        Ok(Session::new(inner, &self.waiting.pump))
    }

    /// Waits for a session that the peer begins (§2.5.1), by default for ever. On connections made with
    /// [`Incoming::Refuse`](amqp_async::Incoming::Refuse) none ever comes.
    ///
    /// # Errors
    /// Time-out; why no more can come: the connection is gone.
    pub fn incoming_session(&self) -> Result<IncomingSession, Error> {
        let inner = self.waiting.wait(Step::Begin, self.inner.incoming_session())?;
        Ok(IncomingSession::new(inner, &self.waiting.pump))
    }

    /// Closes the connection (§2.4.3): what was submitted before leaves first, as far as the peer's windows allow, then
    /// close is sent and the peer's is awaited. Whoever waits for anything on the connection gets an error, so wait for
    /// the outcome of what matters before.
    ///
    /// # Errors
    /// How it ended instead, if the peer did not agree: its error, time-out, transport. A connection that had ended
    /// before answers with the same error as then.
    pub fn close(&self) -> Result<(), Error> {
        self.waiting.wait(Step::Close, self.inner.close())
    }

    /// Closes the connection and tells the peer why (§2.4.3).
    ///
    /// # Errors
    /// As for [`close`](Self::close).
    pub fn close_with(&self, error: codec::Error) -> Result<(), Error> {
        self.waiting.wait(Step::Close, self.inner.close_with(error))
    }

    /// Waits until the connection is over, by default for ever, and says how it ended; `None` if it stands.
    ///
    /// [`Error::Misuse`] here means that this side closed it.
    #[must_use]
    pub fn closed(&self) -> Option<Error> {
        self.waiting.maybe(self.inner.closed())
    }
}

same! {
    Connection {
        /// The peer's open (§2.7.1).
        #[must_use]
        remote_open(&self) -> Option<Open>;
        /// States, windows, credit and counters at this moment.
        #[must_use]
        snapshot(&self) -> Snapshot;
    }
}

handle! {
    /// A session: an ordered conversation in both directions, with its windows (§2.5). Cheap to clone; all clones are
    /// the same session.
    ///
    /// Links keep their session alive. When the last handle is dropped the session is ended.
    Session(amqp_async::Session)
}

convertible!(Session(amqp_async::Session));

impl Session {
    /// Attaches a link that sends to `address`, unsettled, under a name of its own making.
    ///
    /// # Errors
    /// Refusal with the peer's condition, time-out, or why the session is gone.
    pub fn sender(&self, address: impl Into<Str>) -> Result<Sender, Error> {
        let inner = self.waiting.wait(Step::Attach, self.inner.sender(address))?;
        Ok(Sender::new(inner, &self.waiting.pump))
    }

    /// Attaches a link that receives from `address`, with automatic credit, under a name of its own making.
    ///
    /// # Errors
    /// Refusal with the peer's condition, time-out, or why the session is gone.
    pub fn receiver(&self, address: impl Into<Str>) -> Result<Receiver, Error> {
        let inner = self.waiting.wait(Step::Attach, self.inner.receiver(address))?;
        Ok(Receiver::new(inner, &self.waiting.pump))
    }

    /// Attaches a sending link with everything that attach can say (§2.7.3).
    ///
    /// # Errors
    /// As for [`sender`](Self::sender); misuse if the name is taken.
    pub fn attach_sender(&self, options: LinkOptions) -> Result<Sender, Error> {
        let inner = self.waiting.wait(Step::Attach, self.inner.attach_sender(options))?;
        Ok(Sender::new(inner, &self.waiting.pump))
    }

    /// Attaches a receiving link with everything that attach can say (§2.7.3).
    ///
    /// # Errors
    /// As for [`receiver`](Self::receiver); misuse if the name is taken.
    pub fn attach_receiver(&self, options: LinkOptions) -> Result<Receiver, Error> {
        let inner = self.waiting.wait(Step::Attach, self.inner.attach_receiver(options))?;
        Ok(Receiver::new(inner, &self.waiting.pump))
    }

    /// Waits for a link that the peer attaches (§2.6.3), by default for ever.
    ///
    /// On connections made with [`Incoming::Refuse`](amqp_async::Incoming::Refuse) none ever comes; on others, keep a
    /// handle of the session as long as links are to be answered.
    ///
    /// # Errors
    /// Time-out; why no more can come: the session is gone.
    pub fn incoming_link(&self) -> Result<IncomingLink, Error> {
        let inner = self.waiting.wait(Step::Attach, self.inner.incoming_link())?;
        Ok(IncomingLink::new(inner, &self.waiting.pump))
    }

    /// Ends the session (§2.5.2) and waits for the peer's end. Links on it are gone with it.
    ///
    /// # Errors
    /// How it ended instead; time-out.
    pub fn end(&self) -> Result<(), Error> {
        self.waiting.wait(Step::End, self.inner.end())
    }

    /// As [`end`](Self::end), and tells the peer why.
    ///
    /// # Errors
    /// As for [`end`](Self::end).
    pub fn end_with(&self, error: codec::Error) -> Result<(), Error> {
        self.waiting.wait(Step::End, self.inner.end_with(error))
    }

    /// Waits until the session is gone, by default for ever, and says why; `None` if it stands. [`Error::Misuse`] means
    /// that this side ended it.
    #[must_use]
    pub fn ended(&self) -> Option<Error> {
        self.waiting.maybe(self.inner.ended())
    }

    /// The connection that the session belongs to.
    #[must_use]
    pub fn connection(&self) -> Connection {
        Connection::new(self.inner.connection(), &self.waiting.pump)
    }
}

same! {
    Session {
        /// Another incoming-window, in transfer frames (§2.5.6): how many the peer may send before what came is taken. 0
        /// stops it until there is another.
        set_incoming_window(&self, transfers: u32) -> Result<(), Error>;
        /// State and counters of the session and its links at this moment; `None` when it is gone.
        #[must_use]
        snapshot(&self) -> Option<SessionSnapshot>;
        /// The windows on both sides (§2.5.6); `None` when the session is gone.
        #[must_use]
        windows(&self) -> Option<Windows>;
        /// The peer's begin (§2.7.2).
        #[must_use]
        remote_begin(&self) -> Option<Begin>;
    }
}
