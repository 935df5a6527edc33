//! close (§2.7.9).

use crate::composite;
use crate::definition::Error;

composite! {
    /// Closes the connection (§2.7.9).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Close = "amqp:close:list" 0x18 {
        /// Why, if not as planned.
        error: Option<Error>, rare;
    }
}
