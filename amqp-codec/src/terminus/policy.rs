//! How long a terminus lasts (§3.5.5, §3.5.6), and how its messages are shared
//! out (§3.5.7).

use crate::definition::{choices, restricted};
use crate::types::Symbol;

choices! {
    /// What of a terminus survives its container (§3.5.5).
    #[derive(Default)]
    pub enum TerminusDurability: u32 = "terminus-durability" {
        /// Nothing.
        #[default]
        None = 0 "none",
        /// That it exists, and how it is set up.
        Configuration = 1 "configuration",
        /// Also its unsettled deliveries.
        UnsettledState = 2 "unsettled-state",
    }
}

/// When the timer starts after which a terminus is given up (§3.5.6).
///
/// Open: a value that the specification does not have is kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TerminusExpiryPolicy(pub Symbol);

restricted!(TerminusExpiryPolicy(Symbol));

impl TerminusExpiryPolicy {
    /// When the link is detached.
    pub const LINK_DETACH: Self = Self(Symbol::from_static("link-detach"));
    /// When the last session that the link was attached to ends.
    pub const SESSION_END: Self = Self(Symbol::from_static("session-end"));
    /// When the last connection that the link was attached to closes.
    pub const CONNECTION_CLOSE: Self = Self(Symbol::from_static("connection-close"));
    /// Never.
    pub const NEVER: Self = Self(Symbol::from_static("never"));
}

impl Default for TerminusExpiryPolicy {
    fn default() -> Self {
        Self::SESSION_END
    }
}

/// Distribution mode: a message sent over the link leaves the node (§3.5.7).
pub const MOVE: Symbol = Symbol::from_static("move");

/// Distribution mode: a message sent over the link stays at the node (§3.5.7).
pub const COPY: Symbol = Symbol::from_static("copy");

/// Node property: how long a dynamic node lasts, a
/// [`LifetimePolicy`](super::LifetimePolicy) (§3.5.9).
pub const DYNAMIC_LIFETIME_POLICY: Symbol = Symbol::from_static("lifetime-policy");

/// Node property: the distribution modes of a dynamic node (§3.5.9).
pub const DYNAMIC_SUPPORTED_DIST_MODES: Symbol = Symbol::from_static("supported-dist-modes");
