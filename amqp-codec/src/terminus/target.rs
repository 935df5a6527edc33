//! target (§3.5.4).

use alloc::boxed::Box;

use super::{TerminusDurability, TerminusExpiryPolicy};
use crate::composite;
use crate::composite::one_of;
use crate::definition::Fields;
use crate::transaction::Coordinator;
use crate::types::{Multiple, Str, Symbol};

composite! {
    /// Where a link's messages go (§3.5.4).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Target = "amqp:target:list" 0x29 {
        /// The node; none if it is to be created (`dynamic`), or if each
        /// message says where it goes.
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
        /// The extensions that the target supports or should.
        capabilities: Multiple<Symbol>;
    }
}

impl Target {
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
    /// What a link can end in: a node, a transaction coordinator.
    pub enum TargetTerminus = "target" {
        /// A node (§3.5.4).
        Target(Box<Target>) = Target "target",
        /// A transaction coordinator (§4.5.1).
        Coordinator(Coordinator) = Coordinator "coordinator",
    }
    else
    /// A type that this crate does not know, octet for octet as it came.
    Other
}

impl TargetTerminus {
    /// The target, if it is a node.
    pub fn as_target(&self) -> Option<&Target> {
        match self {
            Self::Target(target) => Some(target),
            Self::Coordinator(_) | Self::Other(_) => None,
        }
    }
}
