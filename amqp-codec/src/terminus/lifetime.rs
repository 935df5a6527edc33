//! How long a dynamically created node lasts (§3.5.10 to §3.5.13).

use crate::composite;
use crate::composite::one_of;
use crate::types::{Described, Value};

composite! {
    /// Until the link that created it closes (§3.5.10).
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct DeleteOnClose = "amqp:delete-on-close:list" 0x2b {}
}

composite! {
    /// Until it has no links (§3.5.11).
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct DeleteOnNoLinks = "amqp:delete-on-no-links:list" 0x2c {}
}

composite! {
    /// Until it has no messages, and the link that created it is closed
    /// (§3.5.12).
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct DeleteOnNoMessages = "amqp:delete-on-no-messages:list" 0x2d {}
}

composite! {
    /// Until it has neither links nor messages (§3.5.13).
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct DeleteOnNoLinksOrMessages = "amqp:delete-on-no-links-or-messages:list" 0x2e {}
}

one_of! {
    /// How long a dynamically created node lasts (§3.5.9).
    #[derive(Copy)]
    pub enum LifetimePolicy = "lifetime-policy" {
        /// Until the link that created it closes.
        DeleteOnClose(DeleteOnClose) = DeleteOnClose "delete-on-close",
        /// Until it has no links.
        DeleteOnNoLinks(DeleteOnNoLinks) = DeleteOnNoLinks "delete-on-no-links",
        /// Until it has no messages, and the link that created it is closed.
        DeleteOnNoMessages(DeleteOnNoMessages) = DeleteOnNoMessages "delete-on-no-messages",
        /// Until it has neither links nor messages.
        DeleteOnNoLinksOrMessages(DeleteOnNoLinksOrMessages) = DeleteOnNoLinksOrMessages
            "delete-on-no-links-or-messages",
    }
}

/// As a value, to be set as a node property.
impl From<LifetimePolicy> for Value {
    fn from(policy: LifetimePolicy) -> Self {
        let code = match policy {
            LifetimePolicy::DeleteOnClose(_) => DeleteOnClose::CODE,
            LifetimePolicy::DeleteOnNoLinks(_) => DeleteOnNoLinks::CODE,
            LifetimePolicy::DeleteOnNoMessages(_) => DeleteOnNoMessages::CODE,
            LifetimePolicy::DeleteOnNoLinksOrMessages(_) => DeleteOnNoLinksOrMessages::CODE,
        };
        Described::new(code, Self::List(alloc::vec::Vec::new())).into()
    }
}
