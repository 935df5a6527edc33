//! role (§2.8.1).

use crate::composite::Unread;
use core::ops::Not;

use super::choices;

choices! {
    /// The end of a link that an endpoint plays (§2.8.1).
    pub enum Role: bool = "role" {
        /// Sends the messages.
        Sender = false "sender",
        /// Receives the messages.
        Receiver = true "receiver",
    }
}

impl Unread for Role {
    fn unread() -> Self {
        Self::Sender
    }
}

/// The role of the other end.
impl Not for Role {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Sender => Self::Receiver,
            Self::Receiver => Self::Sender,
        }
    }
}
