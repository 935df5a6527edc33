//! source (§3.5.3).

use alloc::boxed::Box;

use super::{TerminusDurability, TerminusExpiryPolicy};
use crate::composite;
use crate::composite::one_of;
use crate::definition::Fields;
use crate::delivery_state::Outcome;
use crate::types::{Multiple, Str, Symbol};

composite! {
    /// Where a link's messages come from (§3.5.3).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Source = "amqp:source:list" 0x28 {
        /// The node; none if it is to be created (`dynamic`).
        address: Option<Str>;
        /// What of the terminus survives its container.
        durable: TerminusDurability = TerminusDurability::None;
        /// When the timer of `timeout` starts.
        expiry_policy: TerminusExpiryPolicy = TerminusExpiryPolicy::SESSION_END;
        /// How long the terminus is kept after that, in seconds.
        timeout: u32 = 0;
        /// Whether the node is to be created for this link.
        dynamic: bool = false;
        /// Properties of the node to be created.
        dynamic_node_properties: Option<Fields>;
        /// Whether messages move to the link or are copied.
        distribution_mode: Option<Symbol>;
        /// The filters that select messages, by name.
        filter: Option<Fields>;
        /// The outcome of deliveries for which the receiver has none.
        default_outcome: Option<Outcome>;
        /// The outcomes that the receiver may choose from, by descriptor.
        outcomes: Multiple<Symbol>;
        /// The extensions that the source supports or should.
        capabilities: Multiple<Symbol>;
    }
}

impl Source {
    /// The node with this address.
    pub fn new(address: impl Into<Str>) -> Self {
        Self { address: Some(address.into()), ..Self::default() }
    }

    /// A node to be created for the link.
    pub fn dynamic() -> Self {
        Self { dynamic: true, ..Self::default() }
    }
}

one_of! {
    /// What a link can begin in.
    pub enum SourceTerminus = "source" {
        /// A node (§3.5.3).
        Source(Box<Source>) = Source "source",
    }
    else
    /// A type that this crate does not know, octet for octet as it came.
    Other
}

impl SourceTerminus {
    /// The source, if it is one that this crate knows.
    pub fn as_source(&self) -> Option<&Source> {
        match self {
            Self::Source(source) => Some(source),
            Self::Other(_) => None,
        }
    }
}
