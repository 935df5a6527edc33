//! The listener's side: what a peer asks for, to be accepted or refused. Whatever is dropped unanswered is refused.

use crate::connection::{Connection, Session};
use crate::handle::Waiting;
use crate::pump::Pump;
use crate::receiver::Receiver;
use crate::sender::Sender;
use amqp_async::proto::codec::{self, Attach, Begin};
use amqp_async::proto::{LinkOptions, SaslAnswer, SaslRequest, SessionOptions};
use amqp_async::{Error, Step};

/// A peer that has connected to us and is not let in yet. Its steps have the deadline of
/// [`handshake_timeout`](amqp_async::proto::ConfigBuilder::handshake_timeout).
#[derive(Debug)]
pub struct IncomingConnection {
    inner: amqp_async::IncomingConnection,
    waiting: Waiting,
}

impl IncomingConnection {
    pub(crate) fn new(inner: amqp_async::IncomingConnection, pump: &Pump) -> Self {
        Self { inner, waiting: Waiting::on(pump) }
    }

    /// The client's certificates (§5.2), in DER; see [`amqp_async::IncomingConnection::peer_certificates`].
    #[must_use]
    pub fn peer_certificates(&self) -> &[Vec<u8>] {
        self.inner.peer_certificates()
    }

    /// Waits for the client's wish to be let in (§5.3.3.2); `None` if it comes without SASL, which it can only where the
    /// [`SaslListener`](amqp_async::proto::SaslListener) allows it.
    ///
    /// # Errors
    /// Why it will not come: time-out, violation, transport.
    pub fn login(&mut self) -> Result<Option<SaslRequest>, Error> {
        self.waiting.wait(Step::Login, self.inner.login())
    }

    /// Answers [`login`](Self::login), as [`amqp_async::IncomingConnection::answer`] describes.
    ///
    /// # Errors
    /// Misuse if there is nothing to answer; why the connection is gone.
    pub fn answer(&mut self, answer: impl Into<SaslAnswer>) -> Result<(), Error> {
        self.inner.answer(answer)
    }

    /// Waits for the client's open, which is answered at once (§2.4.1). Whoever does not like it
    /// [closes](Connection::close_with) the connection.
    ///
    /// # Errors
    /// Why it will not come: time-out, violation, transport.
    pub fn open(self) -> Result<Connection, Error> {
        let inner = self.waiting.wait(Step::Open, self.inner.open())?;
        Ok(Connection::new(inner, &self.waiting.pump))
    }
}

/// Something that the peer asks for: `$inner` is that of `amqp-async`, and is dropped before its pump.
macro_rules! incoming {
    ($(#[$attribute:meta])* $name:ident, $ask:ident: $asked:ty, $options:ty => $handle:ident) => {
        $(#[$attribute])*
        #[derive(Debug)]
        #[must_use = "what is dropped is refused"]
        pub struct $name {
            inner: amqp_async::$name,
            pump: Pump,
        }

        impl $name {
            pub(crate) fn new(inner: amqp_async::$name, pump: &Pump) -> Self {
                Self { inner, pump: pump.clone() }
            }

            /// What the peer sent.
            #[must_use]
            pub fn $ask(&self) -> &$asked {
                self.inner.$ask()
            }

            /// Accepts it. A name in `options` is ignored: it is the peer's.
            ///
            /// # Errors
            /// Why it is gone meanwhile.
            pub fn accept(self, options: $options) -> Result<$handle, Error> {
                Ok($handle::new(self.inner.accept(options)?, &self.pump))
            }

            /// Refuses it with `error`.
            pub fn refuse(self, error: codec::Error) {
                self.inner.refuse(error);
            }
        }
    };
}

incoming! {
    /// A session that the peer has begun (§2.5.1). Dropped unanswered, it is ended with `amqp:not-allowed`.
    IncomingSession, begin: Begin, SessionOptions => Session
}

incoming! {
    /// The peer wants to receive on this link (§2.6.3). Dropped unanswered, it is refused.
    IncomingSender, attach: Attach, LinkOptions => Sender
}

incoming! {
    /// The peer wants to send on this link (§2.6.3). Dropped unanswered, it is refused.
    IncomingReceiver, attach: Attach, LinkOptions => Receiver
}

/// A link that the peer has attached (§2.6.3). Dropped unanswered, it is refused with `amqp:not-allowed`.
#[derive(Debug)]
#[must_use = "a link that is dropped is refused"]
pub enum IncomingLink {
    /// The peer wants to receive: accepting makes us the sender.
    Sender(IncomingSender),
    /// The peer wants to send: accepting makes us the receiver.
    Receiver(IncomingReceiver),
}

impl IncomingLink {
    pub(crate) fn new(inner: amqp_async::IncomingLink, pump: &Pump) -> Self {
        match inner {
            amqp_async::IncomingLink::Sender(link) => Self::Sender(IncomingSender::new(link, pump)),
            amqp_async::IncomingLink::Receiver(link) => Self::Receiver(IncomingReceiver::new(link, pump)),
        }
    }

    /// What the peer sent (§2.7.3).
    #[must_use]
    pub fn attach(&self) -> &Attach {
        match self {
            Self::Sender(link) => link.attach(),
            Self::Receiver(link) => link.attach(),
        }
    }

    /// Refuses it: attach without the terminus that was asked for, then detach with `error` (§2.6.3).
    pub fn refuse(self, error: codec::Error) {
        match self {
            Self::Sender(link) => link.refuse(error),
            Self::Receiver(link) => link.refuse(error),
        }
    }
}
