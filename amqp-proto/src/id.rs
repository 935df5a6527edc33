//! Names for the things a connection holds. An id is a small `Copy` value; each carries a generation
//! that is used once in a connection's life, so an id of something that is gone is answered with
//! [`Misuse::StaleId`](crate::Misuse), never taken for its successor.

use amqp_codec::SequenceNo;
use core::fmt;

/// Distinguishes everything ever made on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Generation(pub(crate) u32);

impl Generation {
    /// Hands out the next generation.
    pub(crate) fn next(&mut self) -> Generation {
        let current = *self;
        self.0 = self.0.wrapping_add(1);
        current
    }
}

/// A session of one connection (§2.5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    pub(crate) generation: Generation,
    pub(crate) index: u16,
}

/// Where a link lives: which session, which slot, which generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LinkKey {
    pub(crate) generation: Generation,
    pub(crate) session: SessionId,
    pub(crate) index: u32,
}

/// The sending end of a link (§2.6): we are the sender, the peer is the receiver.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SenderId(pub(crate) LinkKey);

/// The receiving end of a link (§2.6): we are the receiver, the peer is the sender.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiverId(pub(crate) LinkKey);

/// Either end of a link, as named in events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkId {
    /// We are the sender.
    Sender(SenderId),
    /// We are the receiver.
    Receiver(ReceiverId),
}

/// A delivery on a session, in one direction (§2.6.12).
///
/// It stays valid until the delivery is settled; delivery numbers come again only after 2³²
/// deliveries on the same session.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliveryId {
    pub(crate) session: SessionId,
    pub(crate) number: SequenceNo,
}

impl SenderId {
    /// The session that the link is attached to.
    #[must_use]
    pub fn session(self) -> SessionId {
        self.0.session
    }

    /// A small number, unique among the links that live on the session at one time: a table index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0.index as usize
    }
}

impl ReceiverId {
    /// The session that the link is attached to.
    #[must_use]
    pub fn session(self) -> SessionId {
        self.0.session
    }

    /// A small number, unique among the links that live on the session at one time: a table index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0.index as usize
    }
}

impl LinkId {
    /// The session that the link is attached to.
    #[must_use]
    pub fn session(self) -> SessionId {
        match self {
            LinkId::Sender(id) => id.session(),
            LinkId::Receiver(id) => id.session(),
        }
    }
}

impl From<SenderId> for LinkId {
    fn from(id: SenderId) -> Self {
        LinkId::Sender(id)
    }
}

impl From<ReceiverId> for LinkId {
    fn from(id: ReceiverId) -> Self {
        LinkId::Receiver(id)
    }
}

impl DeliveryId {
    /// The session that the delivery travels on.
    #[must_use]
    pub fn session(self) -> SessionId {
        self.session
    }

    /// The delivery-id as it stands in the frames (§2.7.5).
    #[must_use]
    pub fn number(self) -> SequenceNo {
        self.number
    }
}

impl SessionId {
    /// A small number, unique among the sessions that live at one time: a table index.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.index)
    }
}

impl LinkKey {
    fn fmt_as(self, kind: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{kind}({}.{}#{})", self.session.index, self.index, self.generation.0)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}#{})", self.index, self.generation.0)
    }
}

impl fmt::Debug for SenderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_as("Sender", f)
    }
}

impl fmt::Debug for ReceiverId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_as("Receiver", f)
    }
}

impl fmt::Debug for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkId::Sender(id) => id.fmt(f),
            LinkId::Receiver(id) => id.fmt(f),
        }
    }
}

impl fmt::Debug for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delivery({}@{})", self.number.0, self.session.index)
    }
}
