//! The `header` section (§3.2.1).

use crate::composite;

composite! {
    /// Delivery details, for each hop (`header`, §3.2.1).
    ///
    /// It is not part of the bare message: an intermediary may change it. A message without a
    /// header is delivered as if it had `Header::default()`.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct Header = "amqp:header:list" 0x70, often {
        /// The message must survive a restart of whoever holds it.
        durable: bool = false;
        /// Relative importance, higher first.
        priority: u8 = 4;
        /// Milliseconds for which the message lives, counted from its arrival; without, it lives
        /// for ever.
        ttl: Option<u32>;
        /// Nobody has acquired the message before.
        first_acquirer: bool = false;
        /// Number of earlier delivery attempts that failed.
        delivery_count: u32 = 0;
    }
}
