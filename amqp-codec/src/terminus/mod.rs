//! The ends of a link: source and target (§3.5).

mod lifetime;
mod policy;
mod source;
mod target;

pub use self::lifetime::{
    DeleteOnClose, DeleteOnNoLinks, DeleteOnNoLinksOrMessages, DeleteOnNoMessages, LifetimePolicy,
};
pub use self::policy::{
    COPY, DYNAMIC_LIFETIME_POLICY, DYNAMIC_SUPPORTED_DIST_MODES, MOVE, TerminusDurability, TerminusExpiryPolicy,
};
pub use self::source::{Source, SourceTerminus};
pub use self::target::{Target, TargetTerminus};
