//! end (§2.7.8).

use crate::composite;
use crate::definition::Error;

composite! {
    /// Ends a session (§2.7.8).
    #[derive(Clone, PartialEq, Eq)]
    pub struct End = "amqp:end:list" 0x17 {
        /// Why, if not as planned.
        error: Option<Error>, rare;
    }
}
