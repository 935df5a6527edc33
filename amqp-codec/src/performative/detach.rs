//! detach (§2.7.7).

use crate::composite;
use crate::definition::{Error, Handle};

composite! {
    /// Detaches a link from its session, or closes it (§2.7.7).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Detach = "amqp:detach:list" 0x16 {
        /// The link.
        handle: Handle, mandatory;
        /// Whether the link ends for good.
        closed: bool = false;
        /// Why, if not as planned.
        error: Option<Error>, rare;
    }
}
