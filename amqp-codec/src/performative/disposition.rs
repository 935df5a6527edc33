//! disposition (§2.7.6).

use crate::composite;
use crate::definition::{DeliveryNumber, Role};
use crate::delivery_state::DeliveryState;

composite! {
    /// Tells the state of a range of deliveries (§2.7.6).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Disposition = "amqp:disposition:list" 0x15, often {
        /// The end that the frame's sender plays for these deliveries.
        role: Role, mandatory;
        /// The first delivery.
        first: DeliveryNumber, mandatory;
        /// The last delivery; none: `first`.
        last: Option<DeliveryNumber>;
        /// Whether the frame's sender has settled them.
        settled: bool = false;
        /// Their state.
        state: Option<DeliveryState>;
        /// Whether the peer may hold back its answer.
        batchable: bool = false;
    }
}

impl Disposition {
    /// A disposition of one delivery.
    pub const fn new(role: Role, first: DeliveryNumber) -> Self {
        Self { role, first, last: None, settled: false, state: None, batchable: false }
    }
}
