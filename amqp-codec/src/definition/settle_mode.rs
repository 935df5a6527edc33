//! sender-settle-mode (§2.8.2) and receiver-settle-mode (§2.8.3).

use super::choices;

choices! {
    /// When the sender settles deliveries (§2.8.2).
    #[derive(Default)]
    pub enum SenderSettleMode: u8 = "sender-settle-mode" {
        /// All deliveries are sent unsettled.
        Unsettled = 0 "unsettled",
        /// All deliveries are sent settled.
        Settled = 1 "settled",
        /// Some are sent settled, some not.
        #[default]
        Mixed = 2 "mixed",
    }
}

choices! {
    /// When the receiver settles deliveries (§2.8.3).
    #[derive(Default)]
    pub enum ReceiverSettleMode: u8 = "receiver-settle-mode" {
        /// On its own, as soon as it has the delivery's outcome.
        #[default]
        First = 0 "first",
        /// After the sender has settled.
        Second = 1 "second",
    }
}
