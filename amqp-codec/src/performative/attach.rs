//! attach (§2.7.3).

use super::UnsettledMap;
use crate::composite;
use crate::definition::{Fields, Handle, ReceiverSettleMode, Role, SenderSettleMode, SequenceNo};
use crate::terminus::{SourceTerminus, TargetTerminus};
use crate::types::{Multiple, Str, Symbol};

composite! {
    /// Attaches a link to a session: its termini and modes (§2.7.3).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Attach = "amqp:attach:list" 0x12 {
        /// The name of the link, unique between the two containers and for
        /// each direction.
        name: Str, mandatory;
        /// The number that the sender's frames will have for the link.
        handle: Handle, mandatory;
        /// The end of the link that the frame's sender plays.
        role: Role, mandatory;
        /// When the link's sender settles.
        snd_settle_mode: SenderSettleMode = SenderSettleMode::Mixed;
        /// When the link's receiver settles.
        rcv_settle_mode: ReceiverSettleMode = ReceiverSettleMode::First;
        /// Where the messages come from; none if there is no such node.
        source: Option<SourceTerminus>;
        /// Where the messages go; none if there is no such node.
        target: Option<TargetTerminus>;
        /// The deliveries that the sender of the frame knows as unsettled.
        unsettled: Option<UnsettledMap>;
        /// Whether `unsettled` holds only a part of them.
        incomplete_unsettled: bool = false;
        /// The link's delivery-count to begin with; required of its sender.
        initial_delivery_count: Option<SequenceNo>;
        /// The largest message that the frame's sender accepts, in octets;
        /// none or zero: any.
        max_message_size: Option<u64>;
        /// The extensions that the frame's sender supports.
        offered_capabilities: Multiple<Symbol>;
        /// The extensions that it may use if the peer offers them.
        desired_capabilities: Multiple<Symbol>;
        /// Information about the link.
        properties: Option<Fields>;
    }
}

impl Attach {
    /// An attach without termini, with the defaults.
    pub fn new(name: impl Into<Str>, handle: Handle, role: Role) -> Self {
        Self {
            name: name.into(),
            handle,
            role,
            snd_settle_mode: SenderSettleMode::Mixed,
            rcv_settle_mode: ReceiverSettleMode::First,
            source: None,
            target: None,
            unsettled: None,
            incomplete_unsettled: false,
            initial_delivery_count: None,
            max_message_size: None,
            offered_capabilities: Multiple::new(),
            desired_capabilities: Multiple::new(),
            properties: None,
        }
    }
}
